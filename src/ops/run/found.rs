//! Finding runs: the folders of those that were started here.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::tasks::open_runs;
use crate::doc::{AnyRun, read_any_run, read_run, read_workflow};
use crate::engine::{self, Log, Logged, Moment, Run, is_driven, recover};
use crate::env::Env;
use crate::model::{
    Action, PlanId, Problem, RecordKind, RunId, RunRecord, RunState, StepState, Suggestion, Workflow,
};
use crate::ops::plan_execution::{plan_executed_by, plan_runs};
use crate::ops::{Error, Result, Session};
use crate::store::{EntryKind, Snapshot, Workspace};

/// The name of the frozen document in the folder of a run.
pub(super) const FROZEN: &str = "workflow.yaml";

/// A run that was started here.
#[derive(Debug)]
pub(super) struct FoundRun {
    pub(super) folder: PathBuf,
    pub(super) run: Run,
    /// Whether an engine drives it now.
    pub(super) is_driven: bool,
}

/// Returns the folder of all runs.
pub(super) fn runs_folder(workspace: &Workspace) -> PathBuf {
    workspace.local_path("runs")
}

/// Returns the folder of a run.
pub(in crate::ops) fn run_folder(session: &Session<'_>, id: &RunId) -> PathBuf {
    runs_folder(session.workspace()).join(id.as_str())
}

/// Returns the ids of the runs that were started here, the oldest first.
pub(super) fn run_ids(workspace: &Workspace) -> Vec<RunId> {
    let Ok(folder) = fs::read_dir(runs_folder(workspace)) else { return Vec::new() };
    let dated = folder.flatten().filter_map(|entry| {
        let id = RunId::parse(entry.file_name().to_str()?).ok()?;
        // Its document is written once, when it is created.
        let created = entry.path().join(FROZEN).metadata().and_then(|meta| meta.modified()).ok()?;
        Log::has_begun(&entry.path()).then_some((created, id))
    });
    let mut ids: Vec<_> = dated.collect();
    ids.sort();
    ids.into_iter().map(|(_, id)| id).collect()
}

/// Returns the ids of runs for completion, the newest first.
pub fn run_candidates(env: &Env) -> Result<Vec<String>> {
    let workspace = Workspace::open(env)?;
    let of_tasks = open_runs(&workspace.snapshot())?;
    let ids = run_ids(&workspace).into_iter().map(|id| id.to_string());
    Ok(ids.rev().chain(of_tasks.into_iter().rev()).collect())
}

/// What a word names where a run is expected.
pub(super) enum Located {
    /// A run that was started here.
    Here(RunId),
    /// A run of which there is only the record.
    Record(Box<RunRecord>),
    /// A run of tasks, which has no steps.
    Tasks(RunId),
}

/// Finds what a part of an id names: runs that were started here come before records. Without one it is the newest that was
/// started here, else the newest record.
pub(super) fn locate(session: &Session<'_>, given: Option<&str>) -> Result<Located> {
    let ids = run_ids(session.workspace());
    let Some(given) = given else {
        return match (ids.last(), newest_record(session)?) {
            (Some(newest), _) => Ok(Located::Here(newest.clone())),
            (None, Some(record)) => Ok(Located::Record(Box::new(record))),
            (None, None) => of_others(session),
        };
    };
    match meant(given, ids.iter().map(RunId::as_str)) {
        Meant::One(at) => return Ok(Located::Here(ids[at].clone())),
        Meant::Several(names) => return Err(ambiguous(given, "runs", &names)),
        Meant::None => {}
    }
    let mut files = record_files(session.snapshot())?;
    match meant(given, files.iter().map(|file| file.id.as_str())) {
        Meant::One(at) => {
            let RecordFile { id, path, bytes } = files.swap_remove(at);
            let in_file =
                |problems: Vec<Problem>| problems.into_iter().map(|own| own.in_file(&path)).collect();
            match read_any_run(&id, &bytes).map_err(|problems| Error::Broken(in_file(problems)))? {
                AnyRun::Workflow(record) => Ok(Located::Record(record)),
                AnyRun::Tasks(run) => Ok(Located::Tasks(run.run_id())),
            }
        }
        Meant::Several(names) => Err(ambiguous(given, "runs", &names)),
        Meant::None => match plan_executed_by(session, given) {
            Some(executed) => Err(of_a_plan(&executed)),
            None => Err(Error::not_found(
                format!("no run matches `{}`", given.escape_debug()),
                "run `tracker run list` to see all runs",
            )),
        },
    }
}

/// Finds what there is where no run of a workflow is: a run of tasks, or one that executes a plan.
fn of_others(session: &Session<'_>) -> Result<Located> {
    if let Some(newest) = open_runs(session.snapshot())?.pop().and_then(|id| RunId::parse(&id).ok()) {
        return Ok(Located::Tasks(newest));
    }
    let newest = plan_runs(session).into_iter().max_by(|a, b| a.created.cmp(&b.created));
    Err(match newest.and_then(|newest| plan_executed_by(session, &newest.run)) {
        Some(executed) => of_a_plan(&executed),
        None => Error::not_found(
            "there are no runs here",
            "start one: tracker run start NAME; `tracker workflow` lists what there is",
        ),
    })
}

fn of_a_plan((plan, run): &(PlanId, String)) -> Error {
    let status = Suggestion::tracker(["plan", "status", plan.as_str()]);
    Error::usage_with(format!("{run} executes {plan}: its steps are tasks"), status.to_string())
}

fn newest_record(session: &Session<'_>) -> Result<Option<RunRecord>> {
    let records = record_files(session.snapshot())?.into_iter();
    let records = records.filter_map(|file| read_run(&file.id, &file.bytes).ok());
    Ok(records.max_by(|a, b| (&a.created, &a.id).cmp(&(&b.created, &b.id))))
}

/// Finds the run that a part of an id names, or the newest, for whoever acts on it: it must have been started here.
pub(super) fn find_run(session: &Session<'_>, given: Option<&str>) -> Result<RunId> {
    match locate(session, given)? {
        Located::Here(id) => Ok(id),
        Located::Record(record) => {
            let show = Suggestion::tracker(["run", "status", &record.id, "--verbose"]);
            let message = format!("{} was not started here: there is only its record", record.id);
            Err(Error::usage_with(message, show.to_string()))
        }
        Located::Tasks(id) => {
            let show = Suggestion::tracker(["run", "progress", id.as_str()]);
            Err(Error::usage_with(format!("{id} is a run of tasks: it has no steps"), show.to_string()))
        }
    }
}

/// Which of some ids of runs somebody means.
pub(in crate::ops) enum Meant {
    /// The one at this place.
    One(usize),
    None,
    Several(Vec<String>),
}

/// Finds the id that is given whole, or by the beginning of what follows the hyphen.
pub(in crate::ops) fn meant<'i>(given: &str, ids: impl Iterator<Item = &'i str> + Clone) -> Meant {
    let query = given.to_ascii_uppercase();
    let part = query.trim_start_matches("RUN-");
    if let Some(at) = ids.clone().position(|id| id == query) {
        return Meant::One(at);
    }
    let is_meant = |id: &str| !part.is_empty() && id.trim_start_matches("RUN-").starts_with(part);
    let matches: Vec<(usize, &str)> = ids.enumerate().filter(|(_, id)| is_meant(id)).collect();
    match matches.as_slice() {
        [] => Meant::None,
        [(at, _)] => Meant::One(*at),
        several => Meant::Several(several.iter().map(|(_, id)| (*id).to_owned()).collect()),
    }
}

/// Says that a part of an id means several; `what` they are.
pub(super) fn ambiguous(given: &str, what: &str, names: &[String]) -> Error {
    let some: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
    Error::usage_with(
        format!("`{}` matches {} {what}", given.escape_debug(), names.len()),
        format!("use more of the id: {}", some.join(" ")),
    )
}

/// The file of a run's record.
pub(super) struct RecordFile {
    /// The id, by the file's name.
    pub(super) id: String,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// Reads the files of the records of runs, of workflows and of tasks, in the order of their names.
pub(super) fn record_files(snapshot: &Snapshot) -> Result<Vec<RecordFile>> {
    let folder = RecordKind::Run.folder();
    let mut found = Vec::new();
    for entry in snapshot.list(folder)?.into_iter().filter(|entry| entry.kind == EntryKind::File) {
        let Some(id) = entry.name.strip_suffix(".yaml") else { continue };
        let path = format!("{folder}/{}", entry.name);
        let Some(bytes) = snapshot.read(&path)? else { continue };
        found.push(RecordFile { id: id.to_owned(), path, bytes });
    }
    Ok(found)
}

/// Whether a word names a run rather than a step: a step of the newest run comes before a part of an id.
pub(super) fn names_run(session: &Session<'_>, word: &str) -> bool {
    let is_step = match locate(session, None) {
        Ok(Located::Here(id)) => frozen(&run_folder(session, &id))
            .is_ok_and(|workflow| workflow.steps.iter().any(|step| step.name.as_str() == word)),
        Ok(Located::Record(record)) => record.steps.iter().any(|step| step.step == word),
        _ => false,
    };
    !is_step && locate(session, Some(word)).is_ok()
}

/// Reads the workflow that a run was frozen with.
pub(super) fn frozen(folder: &Path) -> Result<Workflow> {
    let path = folder.join(FROZEN);
    let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
    Ok(read_workflow(&bytes).map_err(Error::Broken)?.0)
}

/// Reads a run as its log has it.
pub(super) fn replay_run(env: &Env, folder: &Path) -> Result<(Run, Vec<Logged>)> {
    let workflow = frozen(folder)?;
    let events = Log::read(folder)?;
    let run = Run::replay(workflow, &events, Moment::now(env));
    let run = run.ok_or_else(|| engine::Error::Damaged {
        path: folder.join(Log::FILE),
        line: 1,
        message: "it does not begin with the creation of a run".to_owned(),
    })?;
    Ok((run, events))
}

/// Reads a run for a person: of one that no engine drives, what its attempts have left counts as if it were in the log.
pub(super) fn look_at(session: &Session<'_>, id: &RunId) -> Result<FoundRun> {
    let folder = run_folder(session, id);
    let is_driven = is_driven(&folder)?;
    let (mut run, _) = replay_run(session.env(), &folder)?;
    if !is_driven {
        let now = Moment::now(session.env());
        let (events, _) = recover(&run, &folder);
        for event in events {
            run.apply(&Logged { at: now.wall, event }, now);
        }
        if run.state == RunState::Running {
            run.stopped = Some(engine::StopReason::Interrupted);
            run.state = RunState::Failed;
        }
    }
    run.find_blocked();
    Ok(FoundRun { folder, run, is_driven })
}

/// A question of a run that waits for a person.
#[derive(Debug)]
pub(in crate::ops) struct RunQuestion {
    pub(in crate::ops) run: String,
    pub(in crate::ops) workflow: String,
    /// What is asked, with what can be answered.
    pub(in crate::ops) text: String,
    /// What answers it.
    pub(in crate::ops) command: Suggestion,
    /// When the run last did anything.
    pub(in crate::ops) since: DateTime<Utc>,
}

/// Returns what runs of this working tree ask people now. Of runs that have ended only the last line is read.
pub(in crate::ops) fn run_questions(session: &Session<'_>) -> Vec<RunQuestion> {
    let mut questions = Vec::new();
    if !session.snapshot().is_work_tree() {
        return questions;
    }
    let has_not_ended = |id: &RunId| !Log::has_finished(&run_folder(session, id));
    for id in run_ids(session.workspace()).into_iter().filter(has_not_ended) {
        let Ok(FoundRun { run, .. }) = look_at(session, &id) else { continue };
        for (index, step) in run.workflow.steps.iter().enumerate() {
            let Action::Ask(question) = &step.action else { continue };
            if !run.steps[index].is_asked || run.steps[index].state != StepState::Pending {
                continue;
            }
            let (id, step) = (id.as_str(), step.name.as_str());
            let command = match &question.kind {
                None => Suggestion::tracker(["run", "approve", id, step]),
                Some(_) => Suggestion::tracker(["run", "answer", id, step, "VALUE"]),
            };
            let since = run.history.last().map_or(run.created, |(at, _)| *at);
            let workflow = run.name.clone();
            questions.push(RunQuestion {
                run: run.id.clone(),
                workflow,
                text: question.shown(),
                command,
                since,
            });
        }
    }
    questions
}

/// Returns what is wrong with the logs of runs of this working tree that cannot be read.
pub(in crate::ops) fn damaged_runs(session: &Session<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !session.snapshot().is_work_tree() {
        return problems;
    }
    for id in run_ids(session.workspace()) {
        let folder = run_folder(session, &id);
        if let Err(error) = replay_run(session.env(), &folder) {
            let hint = format!(
                "it cannot be gone on with; its record, if it had ended, stays: remove `{}`",
                folder.display()
            );
            problems.push(Problem::error(format!("{id}: {error}")).with_hint(hint));
        }
    }
    problems
}
