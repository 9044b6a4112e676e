//! `show`: one task in full, with everything derived of it, its parts, and the open tasks that are about the same files.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::claims::{add_claims, claims_of};
use super::cost::cost_of_task;
use super::evidence::evidence_views;
use super::in_flight::{add_flights, in_flight_of};
use super::inbox::votes_elsewhere;
use super::session::parse;
use super::signoffs::{SignoffsView, content_seen, facts_of_task, unresolved_findings, view_of};
use super::sync::add_links;
use super::view::{
    DependencyView, MoveView, NoteView, SharedFileView, StepView, TaskLine, TaskView, boxes_of,
};
use super::{Error, Result, Session};
use crate::facts::{Flight, TaskFacts};
use crate::model::{
    Config, Problem, RecordKind, RecordPath, Stage, Status, Suggestion, Summary, Task, TaskId,
};
use crate::policy::{Dependency, Rerun, badge_of, blocking_findings, facts_of, status_of};
use crate::store::{self, TaskFile, Tasks};

/// A task, and what to do next with it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Shown {
    /// The id.
    pub id: String,
    /// Its file, below the top of the working tree.
    pub path: String,
    /// The branch that it is read from, where the working tree does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What a vote on the task is about whose sender has seen this: `--seen` of `approve` and `reject` refuses it where
    /// anything has changed since. None where the task is only on another branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// The task; none where its document is broken, and then the problems say why.
    pub task: Option<TaskView>,
    /// The document as it is; only where it is broken.
    pub text: Option<String>,
    /// The state of its sign-offs; none where nobody is asked and nobody has voted.
    pub signoffs: Option<SignoffsView>,
    /// What brings it forward, most useful first: commands, or whom to ask for what.
    pub next: Vec<String>,
}

/// Reads one task in full; problems are those of its notes and its odd values. Of a document that is broken the
/// text is shown: it must stay readable.
///
/// A task that the working tree does not have is looked for on the branches that this clone knows.
pub fn show(session: &Session<'_>, id: &str) -> Result<(Shown, Vec<Problem>)> {
    match show_here(session, id) {
        Err(error @ Error::Store(store::Error::NotFound { .. })) if session.snapshot().is_work_tree() => {
            show_elsewhere(session, id)?.ok_or(error)
        }
        shown => shown,
    }
}

/// Reads a task from the first branch that has it; none where no branch does.
fn show_elsewhere(session: &Session<'_>, id: &str) -> Result<Option<(Shown, Vec<Problem>)>> {
    let repository = session.workspace().repository()?;
    let mut seen = HashSet::new();
    for tip in session.workspace().repo_paths().branch_tips()? {
        // Most branches have the same tasks; one whose objects are not here has nothing to show.
        let tasks = repository.tree_id(tip.commit, RecordKind::Task.folder()).ok().flatten();
        if !tasks.is_some_and(|tasks| seen.insert(tasks)) {
            continue;
        }
        let workspace = session.workspace().again(session.env());
        let Ok(snapshot) = workspace.snapshot_of_commit(Some(tip.commit)) else { continue };
        let Ok((mut shown, problems)) = show_here(&Session::new(session.env(), workspace, snapshot), id)
        else {
            continue;
        };
        let remote = tip.name.strip_prefix("refs/remotes/");
        let branch = remote.or_else(|| tip.name.strip_prefix("refs/heads/")).unwrap_or(&tip.name);
        let local = remote.and_then(|name| Some(name.split_once('/')?.1)).unwrap_or(branch);
        shown.next = vec![Suggestion::git(["switch", local]).to_string()];
        shown.seen = None;
        shown.branch = Some(branch.to_owned());
        return Ok(Some((shown, problems)));
    }
    Ok(None)
}

fn show_here(session: &Session<'_>, id: &str) -> Result<(Shown, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let file = session.find_file(id)?;
    let task = match parse(&file) {
        Ok(task) => task,
        Err(Error::Broken(found)) => {
            problems.extend(found);
            return Ok((broken(&file), problems));
        }
        Err(error) => return Err(error),
    };
    problems.extend(task.warnings.iter().map(|problem| problem.clone().in_file(&file.path)));
    let (notes, unreadable) = session.snapshot().notes(&task.id)?;
    problems.extend(unreadable);
    let notes: Vec<NoteView> = notes.iter().map(NoteView::from).collect();
    // Before anything else of the commit is read: what comes meanwhile was not seen.
    let seen = content_seen(session, &file);
    let facts = facts_of_task(session, &config, task)?;
    problems.extend(facts.problems.iter().cloned());
    let task = &facts.task;
    let signoffs = view_of(session, &config, &facts);
    let mut view = view(session, &config, file.path, &facts, notes)?;
    let in_flight = in_flight_of(session);
    add_flights(&in_flight, std::slice::from_mut(&mut view.line));
    add_claims(session, &claims_of(session), std::slice::from_mut(&mut view.line));
    add_links(session, std::slice::from_mut(&mut view.line));
    let others = session.snapshot().tasks()?;
    view.children = parts(&others, &task.id);
    view.shared_files = shared_files(&others, &task.summary());
    view.cost = cost_of_task(session, &task.id, &config.budgets)?;
    let next = match in_flight.of(task.id.as_str(), task.since()).first() {
        Some(flight) => steps_elsewhere(session, &config, task, flight)?,
        None if view.line.claim.as_ref().is_some_and(|claim| !claim.own) => vec![step(["claims"])],
        None => next_steps(task, &view, &signoffs),
    };
    let (id, path) = (task.id.to_string(), view.path.clone());
    let is_idle = signoffs.roles.is_empty() && signoffs.others.is_empty();
    let signoffs = (!task.summary().is_closed() && !is_idle).then_some(signoffs);
    Ok((Shown { id, path, branch: None, seen, task: Some(view), text: None, signoffs, next }, problems))
}

fn broken(file: &TaskFile) -> Shown {
    Shown {
        id: file.id.to_string(),
        path: file.path.clone(),
        branch: None,
        seen: None,
        task: None,
        text: Some(String::from_utf8_lossy(&file.bytes).into_owned()),
        signoffs: None,
        next: vec![step(["edit", file.id.as_str()])],
    }
}

fn view(
    session: &Session<'_>,
    config: &Config,
    path: String,
    known: &TaskFacts,
    notes: Vec<NoteView>,
) -> Result<TaskView> {
    let task = &known.task;
    let dependencies = dependencies(session, task)?;
    let open: HashMap<&str, bool> =
        dependencies.iter().map(|dependency| (dependency.id.as_str(), dependency.open)).collect();
    let summary = task.summary();
    let blocking = blocking_findings(config, &known.findings);
    let tally = known.tally(config, blocking).or_required_by(&summary, config);
    let status = status_of(&summary, |id| open.get(id).copied().unwrap_or(true));
    let facts = facts_of(status, badge_of(&summary, config, tally));
    let waiting = dependencies.iter().filter(|dependency| dependency.open);
    let waiting = waiting.map(|dependency| Dependency { id: &dependency.id, task: None, open: true });
    Ok(TaskView {
        line: TaskLine::new(&summary, facts, tally, waiting),
        path,
        pipeline: pipeline(config, task),
        history: task.history.iter().map(MoveView::from).collect(),
        findings: unresolved_findings(&known.findings, config),
        checkboxes: boxes_of(task),
        evidence: evidence_views((&task.id, &task.stage), config, known.evidence(&Rerun::Not)),
        notes,
        unknown: task.unknown.iter().cloned().collect(),
        body: task.body.clone(),
        dependencies,
        children: Vec::new(),
        shared_files: Vec::new(),
        cost: None,
    })
}

/// Returns the tasks that name this one as their parent.
pub(super) fn parts(tasks: &Tasks, id: &TaskId) -> Vec<DependencyView> {
    let view = |child: &Summary<'_>| DependencyView {
        id: child.id.to_owned(),
        title: Some(child.title.to_owned()),
        open: !child.is_closed(),
    };
    tasks.parts_of(id.as_str()).iter().map(view).collect()
}

/// Returns the other open tasks that name a target file of this one, each with the first that it names; none where this
/// one is closed.
pub(super) fn shared_files(tasks: &Tasks, task: &Summary<'_>) -> Vec<SharedFileView> {
    if task.files.is_empty() || task.is_closed() {
        return Vec::new();
    }
    let view = |other: &Summary<'_>| {
        let is_own = |file: &&str| task.files.iter().any(|own| own == *file);
        SharedFileView {
            file: other.files.iter().find(is_own).unwrap_or_default().to_owned(),
            task: other.id.to_owned(),
            title: other.title.to_owned(),
            stage: other.stage.to_owned(),
            assignee: other.assignee.map(str::to_owned),
        }
    };
    let found = tasks.naming(task.files.iter());
    found.iter().filter(|other| other.id != task.id && !other.is_closed()).map(view).collect()
}

/// Reads what a task depends on. What cannot be read blocks the task, as an unknown id does.
fn dependencies(session: &Session<'_>, task: &Task) -> Result<Vec<DependencyView>> {
    let view = |id: &TaskId| {
        let read = session.snapshot().readable_task(id)?;
        let open = read.as_ref().is_none_or(|task| !task.summary().is_closed());
        Ok(DependencyView { id: id.to_string(), title: read.map(|task| task.title), open })
    };
    task.depends_on.iter().map(view).collect()
}

fn pipeline(config: &Config, task: &Task) -> Vec<StepView> {
    let mut stages: Vec<Stage> = config.all_stages_of(task.kind.as_deref()).collect();
    if !stages.contains(&task.stage) {
        // A stage that this pipeline does not have is still where the task is.
        stages.insert(1, task.stage.clone());
    }
    let current = stages.iter().position(|stage| *stage == task.stage).unwrap_or(0);
    let state = |at: usize| match at.cmp(&current) {
        std::cmp::Ordering::Less => "passed",
        std::cmp::Ordering::Equal => "current",
        std::cmp::Ordering::Greater => "ahead",
    };
    stages
        .iter()
        .enumerate()
        .map(|(at, stage)| StepView { stage: stage.to_string(), state: state(at) })
        .collect()
}

/// Maximum number of steps named at once.
const STEPS: usize = 4;

/// Returns what brings a task forward that goes on elsewhere: votes, and the way there.
fn steps_elsewhere(
    session: &Session<'_>,
    config: &Config,
    task: &Task,
    flight: &Flight,
) -> Result<Vec<String>> {
    let votes = votes_elsewhere(session, config, &task.id, flight)?;
    let votes = votes.iter().take(STEPS - 1).map(ToString::to_string);
    Ok(votes.chain([flight.place().way_there().to_string()]).collect())
}

/// Returns the first of what brings a task forward, as [`show`] says it; none where it cannot be read.
pub(super) fn next_step(session: &Session<'_>, config: &Config, id: &TaskId) -> Result<Option<String>> {
    let Some(task) = session.snapshot().readable_task(id)? else { return Ok(None) };
    let steps = match in_flight_of(session).of(id.as_str(), task.since()).first() {
        Some(flight) => steps_elsewhere(session, config, &task, flight)?,
        None => next_steps_of(session, config, &facts_of_task(session, config, task)?)?,
    };
    Ok(steps.into_iter().next())
}

/// Returns what brings a task forward that goes on nowhere else, as [`show`] says it.
pub(super) fn next_steps_of(
    session: &Session<'_>,
    config: &Config,
    facts: &TaskFacts,
) -> Result<Vec<String>> {
    let view = view(session, config, RecordPath::task_file(&facts.task.id), facts, Vec::new())?;
    Ok(next_steps(&facts.task, &view, &view_of(session, config, facts)))
}

fn next_steps(task: &Task, view: &TaskView, signoffs: &SignoffsView) -> Vec<String> {
    let id = task.id.as_str();
    let mut next = Vec::new();
    if view.line.status == Status::Completed {
        return next;
    }
    if task.cancelled.is_some() {
        return vec![step(["reopen", id])];
    }
    if task.blocked.is_some() {
        next.push(step(["unblock", id]));
    }
    next.extend(view.dependencies.iter().find(|found| found.open).map(|found| match found.title {
        Some(_) => step(["show", found.id.as_str()]),
        None => step(["set", id, format!("depends_on-={}", found.id).as_str()]),
    }));
    if !next.is_empty() {
        return next;
    }
    if task.stage.is_none() {
        return vec![step(["start", id])];
    }
    let open: Vec<String> =
        view.checkboxes.iter().filter(|found| !found.done).map(|found| found.number.to_string()).collect();
    let mut suggestions = signoffs.missing.iter().filter_map(|missing| missing.next.clone()).peekable();
    let requires_boxes = signoffs.missing.iter().any(|missing| missing.label == "unchecked");
    if !open.is_empty() && !requires_boxes {
        let boxes = open[..open.len().min(5)].iter().map(String::as_str);
        next.push(step(["tick", id].into_iter().chain(boxes)));
    }
    if suggestions.peek().is_none() {
        next.push(step(["advance", id]));
    }
    next.extend(suggestions);
    let mut open = signoffs.roles.iter().filter(|role| !role.done && role.prompt.is_some());
    next.extend(open.next().map(|role| step(["role", "show", role.role.as_str()])));
    next.truncate(STEPS);
    next
}

/// Writes a command of the tracker's, quoted for a shell.
fn step<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    Suggestion::tracker(words).to_string()
}
