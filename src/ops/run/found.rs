//! Finding runs: the folders of those that were started here.

use std::fs;
use std::path::{Path, PathBuf};

use super::tasks::open_runs;
use crate::doc::read_workflow;
use crate::engine::{self, Log, Logged, Moment, Run, recover, try_lock};
use crate::env::Env;
use crate::model::{RecordKind, RunId, RunState, Workflow};
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
pub(super) fn run_folder(session: &Session<'_>, id: &RunId) -> PathBuf {
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

/// Finds the run that a part of an id names, or the newest.
pub(super) fn find_run(session: &Session<'_>, given: Option<&str>) -> Result<RunId> {
    let ids = run_ids(session.workspace());
    let Some(given) = given else {
        return ids.last().cloned().ok_or_else(|| {
            Error::not_found(
                "there are no runs here",
                "start one: tracker run start NAME; `tracker workflow` lists what there is",
            )
        });
    };
    match meant(given, ids.iter().map(RunId::as_str)) {
        Meant::One(at) => Ok(ids[at].clone()),
        Meant::None => Err(Error::not_found(
            format!("no run matches `{}`", given.escape_debug()),
            "run `tracker run list` to see all runs",
        )),
        Meant::Several(names) => Err(ambiguous(given, "runs", &names)),
    }
}

/// Which of some ids of runs somebody means.
pub(super) enum Meant {
    /// The one at this place.
    One(usize),
    None,
    Several(Vec<String>),
}

/// Finds the id that is given whole, or by the beginning of what follows the hyphen.
pub(super) fn meant<'i>(given: &str, ids: impl Iterator<Item = &'i str> + Clone) -> Meant {
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
    let is_step_of = |id: RunId| {
        let workflow = frozen(&run_folder(session, &id));
        workflow.is_ok_and(|workflow| workflow.steps.iter().any(|step| step.name.as_str() == word))
    };
    !find_run(session, None).is_ok_and(is_step_of) && find_run(session, Some(word)).is_ok()
}

/// Reads the workflow that a run was frozen with.
pub(super) fn frozen(folder: &Path) -> Result<Workflow> {
    let path = folder.join(FROZEN);
    let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
    Ok(read_workflow(&bytes).map_err(Error::Broken)?.0)
}

/// Reads a run as its log has it.
pub(super) fn read_run(env: &Env, folder: &Path) -> Result<(Run, Vec<Logged>)> {
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
    let is_driven = try_lock(&folder)?.is_none();
    let (mut run, _) = read_run(session.env(), &folder)?;
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
