//! Plans of breakdowns: tasks are imported as ever, and listed under the headings that they have in their source. A second time
//! the plan is known by its source, and gets what is new.

use std::time::Duration;

use super::found::at_hand;
use super::write::{PlanWritten, free_plan_id, retries, title};
use crate::doc::{self, PlanPlace, create_plan, read_plan};
use crate::facts::{PlanFile, plan_files, plan_path};
use crate::import::tasks::ImportFormat;
use crate::model::{Duty, Plan, PlanState, Problem, RecordKind, Severity, Suggestion, TaskId, executor_for};
use crate::ops::import::{ImportFiles, TasksToImport, standard_input, tasks_to_import};
use crate::ops::{Error, Result, Session};
use crate::process::Program;
use crate::store::Change;

/// How long whoever drafts a plan may take, where the executor does not say.
const LONGEST_DRAFT: Duration = Duration::from_secs(3600);

/// A plan of a breakdown.
#[derive(Debug, Clone, Default)]
pub struct PlanFrom {
    /// Its title, by default that of the document, else the outermost heading.
    pub title: Option<String>,
    /// How many more attempts each task has after the first.
    pub retries: Option<u32>,
    /// What is read.
    pub files: ImportFiles,
    /// The format, by default as it is detected.
    pub format: Option<ImportFormat>,
}

/// Creates a plan and its tasks in one write, or brings the plan of this source up to date.
pub fn plan_from(session: &Session<'_>, request: &PlanFrom) -> Result<(PlanWritten, Vec<Problem>)> {
    let locked = session.lock("plan new")?;
    let import = tasks_to_import(session, &request.files, request.format, false)?;
    if import.problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(Error::Broken(import.problems));
    }
    let TasksToImport { format, mut changes, written, lines, groups, summary, problems } = import;
    let parts = Parts::of(&groups);
    let mut tasks: Vec<(PlanPlace, (TaskId, String))> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let id = TaskId::parse(&line.id).map_err(|error| Error::usage(error.to_string()))?;
        tasks.push((parts.place_of(&groups[at]), (id, line.title.clone())));
    }
    let file = request.files.files.first().zip(format);
    let origin = file.and_then(|(file, format)| {
        file.plan_origin(format).map(|origin| format!("{}:{origin}", format.name()))
    });
    let known = plan_of_source(session, origin.as_deref())?;
    let (plan, change, action) = match known {
        Some(file) => updated(&file, &tasks)?,
        None => {
            let mut plan =
                Plan::new(free_plan_id(session)?, self::title(&parts.title(request, origin.as_deref()))?);
            plan.source = origin;
            plan.retries = request.retries.map(retries).transpose()?;
            plan.created = Some(session.env().today());
            plan.body = body_of(&tasks);
            let text = create_plan(&plan);
            let read = read_plan(&plan.id, text.as_bytes()).map_err(Error::Broken)?;
            if !read.tasks().map(|task| task.id).eq(tasks.iter().map(|(_, (id, _))| id)) {
                return Err(Error::usage("the headings of the breakdown would hide tasks of the plan"));
            }
            let change = Change::create(plan_path(&plan.id), text);
            (read, change, "created".to_owned())
        }
    };
    let state = match change.before {
        Some(_) => state_of(session, &plan, &change, &changes)?,
        None => PlanState::Draft,
    };
    changes.push(change);
    let written = session.finish(&locked, &changes, written)?;
    let next = Suggestion::tracker(["plan", "show", plan.id.as_str()]);
    let summary = vec![action, summary, format!("next: {next}")];
    Ok((PlanWritten { plan: plan.id.to_string(), title: plan.title, state, summary, written }, problems))
}

/// Returns the state of a plan that is known; where its tasks change too, an approval is one of other content.
fn state_of(session: &Session<'_>, plan: &Plan, change: &Change, others: &[Change]) -> Result<PlanState> {
    let config = session.config()?;
    let (path, text) = (change.path.clone(), change.after.clone());
    let state = at_hand(session, &config, PlanFile { plan: plan.clone(), path, text })?.state();
    Ok(if others.is_empty() { state } else { PlanState::Draft })
}

/// Finds the plan that was made of a source, unless it is rejected.
fn plan_of_source(session: &Session<'_>, source: Option<&str>) -> Result<Option<PlanFile>> {
    let config = session.config()?;
    let (files, _) = plan_files(session.snapshot())?;
    for file in files.into_iter().filter(|file| source.is_some() && file.plan.source.as_deref() == source) {
        let plan = at_hand(session, &config, file)?;
        if plan.state() != PlanState::Rejected {
            return Ok(Some(plan.file));
        }
    }
    Ok(None)
}

/// Puts the tasks into a plan that it does not list yet, each where its source has it.
fn updated(file: &PlanFile, tasks: &[(PlanPlace, (TaskId, String))]) -> Result<(Plan, Change, String)> {
    let (mut text, mut count) = (file.text.clone(), 0);
    let new = tasks.iter().filter(|(_, (id, _))| !file.plan.contains(id));
    for (place, task) in new {
        text = doc::add_to_plan(&file.plan.id, &text, std::slice::from_ref(task), place)
            .map_err(|problem| Error::Broken(vec![problem.in_file(&file.path)]))?;
        count += 1;
    }
    let plan = read_plan(&file.plan.id, text.as_bytes()).map_err(Error::Broken)?;
    let action = match count {
        0 => "has all of its tasks".to_owned(),
        count => format!("{} added", crate::model::counted(count, "task")),
    };
    Ok((plan, Change::replace(&file.path, &file.text, text), action))
}

/// The headings that all tasks have above them, and those that part them.
struct Parts {
    common: Vec<String>,
}

impl Parts {
    fn of(groups: &[Vec<String>]) -> Self {
        let first = groups.first().cloned().unwrap_or_default();
        let shared = |group: &Vec<String>| first.iter().zip(group).take_while(|(a, b)| a == b).count();
        let count = groups.iter().map(shared).min().unwrap_or_default();
        // Where one heading has all tasks, it is their phase.
        let is_all = groups.iter().all(|group| group.len() == count);
        Self { common: first[..if is_all { count.saturating_sub(1) } else { count }].to_vec() }
    }

    fn place_of(&self, group: &[String]) -> PlanPlace {
        let own = |at: usize| {
            group.get(self.common.len() + at).map(|name| heading(name)).filter(|own| !own.is_empty())
        };
        PlanPlace { phase: own(0), milestone: own(1) }
    }

    fn title(&self, request: &PlanFrom, origin: Option<&str>) -> String {
        let of_file = || {
            let path = origin?.split_once(':')?.1.rsplit_once('/')?.0;
            Some(path.rsplit('/').next().unwrap_or(path).to_owned())
        };
        let own = request.title.clone().or_else(|| document_title(&request.files));
        let own = own.or_else(|| self.common.first().cloned());
        own.or_else(of_file).filter(|title| !title.trim().is_empty()).unwrap_or_else(|| "Plan".to_owned())
    }
}

/// Returns the title of the only document of an import, where it is Markdown and has one.
fn document_title(files: &ImportFiles) -> Option<String> {
    let [file] = files.files.as_slice() else { return None };
    let first = file.text().lines().find(|line| !line.trim().is_empty() && !line.starts_with("<!--"))?;
    Some(heading(first.strip_prefix("# ")?.trim())).filter(|title| !title.is_empty())
}

/// Returns a text as a heading that hides nothing below it.
fn heading(text: &str) -> String {
    let text: String = text.replace("<!--", "&lt;!--").chars().filter(|c| !c.is_control()).collect();
    text.trim().trim_end_matches('#').trim_end().to_owned()
}

fn body_of(tasks: &[(PlanPlace, (TaskId, String))]) -> String {
    let mut body = String::new();
    let mut last: Option<&PlanPlace> = None;
    for (place, (id, title)) in tasks {
        if last.is_none_or(|last| last != place) {
            let is_new_phase = last.is_none_or(|last| last.phase != place.phase || place.milestone.is_none());
            let phase = place.phase.iter().filter(|_| is_new_phase).map(|name| format!("\n## {name}\n"));
            let milestone = place.milestone.iter().map(|name| format!("\n### {name}\n"));
            phase.chain(milestone).for_each(|line| body.push_str(&line));
            body.push('\n');
            last = Some(place);
        }
        let label = heading(title);
        body.push_str(format!("- {id} {label}").trim_end());
        body.push('\n');
    }
    body
}

/// Has the executor of a role draft a breakdown: its instructions and the requirements are on its standard input, and what it
/// prints is read like any other. Commands are taken from HEAD.
pub fn draft_by_role(session: &Session<'_>, role: &str, requirements: &[u8]) -> Result<ImportFiles> {
    let head = session.workspace().repository()?.head()?.commit;
    let committed = head.map(|head| session.workspace().snapshot_of_commit(Some(head))).transpose()?;
    let config = committed.as_ref().map(|snapshot| snapshot.config()).transpose()?;
    let executors = config.map(|(config, _)| config.executors).unwrap_or_default();
    let Some((name, executor)) = executor_for(&executors, Duty::Role(role), None) else {
        let message =
            format!("{} of HEAD has no executor for `{}`", RecordKind::Config.file(), role.escape_debug());
        let hint = format!(
            "add [executors.{role}] with command = [\"program\"], and commit it: tracker help config"
        );
        return Err(Error::usage_with(message, hint));
    };
    let guide = committed.as_ref().map(|snapshot| snapshot.role(role)).transpose()?.flatten();
    let mut input = guide.and_then(std::result::Result::ok).map(|guide| guide.prompt).unwrap_or_default();
    if !input.trim().is_empty() {
        input = format!("{}\n\n", input.trim_end());
    }
    let input = [input.as_bytes(), requirements].concat();
    let Some((program, arguments)) = executor.command.split_first() else {
        return Err(Error::usage(format!("[executors.{name}] has no command")));
    };
    let output = Program::new(program, "draft the plan")
        .args(arguments)
        .in_folder(session.workspace().work_dir())
        .variable("TRACKER_ROLE", role)
        .variable("TRACKER_AGENT", name)
        .input(&input)
        .time_limit(executor.timeout.unwrap_or(LONGEST_DRAFT))
        .output()
        .map_err(|error| Error::usage(error.to_string()))?;
    if output.is_success() {
        return standard_input(&output.stdout);
    }
    let last = output.stderr_text().lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
    let last: String = last.unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
    Err(Error::usage_with(format!("`{name}` drafted no plan: {}", output.status), last))
}
