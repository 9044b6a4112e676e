//! Driving runs: a new one, one that is on hold, one that has ended and is to run again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::found::{FROZEN, find_run, replay_run, run_folder, run_ids, runs_folder};
use super::record::write_record;
use super::view::{RunView, view_of};
use super::why::{find_step, sentence};
use crate::engine::{self, Driver, Event, Log, Logged, Place, Run};
use crate::env::Env;
use crate::model::{
    Param, RecordPath, RunId, Stage, StepState, Suggestion, TaskGoal, TaskSight, Workflow, digest_of,
    first_overlap, nearest,
};
use crate::ops::ids::random_suffix;
use crate::ops::workflows::{LoadedWorkflow, load_workflow};
use crate::ops::{Error, Result, Session};
use crate::store::Lock;

/// Who is shown what happens, once it is on disk.
pub type RunObserver<'e> = Box<dyn FnMut(&Logged, &Run) + 'e>;

/// What to start.
#[derive(Debug, Clone, Default)]
pub struct RunRequest {
    /// A workflow's name, or the path of a file.
    pub workflow: String,
    /// Values of parameters, as `name=value`.
    pub params: Vec<String>,
    /// Most steps that run at once.
    pub jobs: Option<u32>,
    /// The task that it is for, by a part of its id.
    pub task: Option<String>,
    /// Whether nothing waits for the disk.
    pub unsynced: bool,
}

/// What to run again.
#[derive(Debug, Clone, Default)]
pub struct RetryRequest {
    /// A part of the run's id; the newest if none.
    pub run: Option<String>,
    /// These steps; what failed, and what depends on it, if none.
    pub steps: Vec<String>,
    /// Also what depends on these steps.
    pub downstream: bool,
}

/// Starts a run and drives it as far as it goes.
pub fn start_run<'e>(
    session: &'e Session<'_>,
    request: &RunRequest,
    mut observe: RunObserver<'e>,
) -> Result<RunView> {
    let Created { folder, lock, run, first, .. } = create_run(session, request)?;
    observe(&first, &run);
    drive(session, &folder, run, lock, !request.unsynced, observe, None)
}

/// A run of which nothing has begun.
pub(super) struct Created {
    pub(super) id: RunId,
    folder: PathBuf,
    lock: Lock,
    run: Run,
    first: Logged,
}

/// Creates a run, which nobody drives yet.
pub(super) fn create_run(session: &Session<'_>, request: &RunRequest) -> Result<Created> {
    let loaded = load_workflow(session, &request.workflow)?;
    let params = params(&loaded.workflow, &request.params)?;
    if session.is_dry() {
        let show = Suggestion::tracker(["workflow", "show", loaded.name.as_str()]);
        return Err(Error::usage_with(
            "`--dry-run` starts no step of a workflow",
            format!("see what would run: {show}"),
        ));
    }
    let task = request.task.as_deref().map(|task| session.resolve(task)).transpose()?;
    let by = session.actor()?;
    let (id, folder, lock) = create_folder(session, &loaded)?;
    let processors =
        || std::thread::available_parallelism().map_or(2, |count| u32::try_from(count.get()).unwrap_or(2));
    let LoadedWorkflow { name, path, bytes, workflow, .. } = loaded;
    let jobs = request.jobs.or(workflow.jobs).unwrap_or_else(processors);
    let (digest, agent, task) = (digest_of(&bytes), session.agent(), task.map(|task| task.to_string()));
    let event =
        Event::Created { run: id.to_string(), workflow: name, path, digest, params, jobs, by, agent, task };
    let first = Logged { at: session.env().now_millis(), event };
    let mut log = Log::open(&folder, !request.unsynced)?;
    log.append(&first);
    log.commit()?;
    let run = Run::new(workflow, &first).expect("the first event is its creation");
    Ok(Created { id, folder, lock, run, first })
}

/// Goes on with a run that is on hold: paused, interrupted, or waiting for a person who has answered.
pub fn resume_run<'e>(
    session: &'e Session<'_>,
    given: Option<&str>,
    mut observe: RunObserver<'e>,
) -> Result<RunView> {
    let id = find_run(session, given)?;
    let folder = run_folder(session, &id);
    let (lock, run, events) = take_up(session, &folder, &id)?;
    refuse_ended(&id, &run)?;
    observe(&events[0], &run);
    drive(session, &folder, run, lock, true, observe, None)
}

/// Refuses to go on with a run that has ended.
pub(super) fn refuse_ended(id: &RunId, run: &Run) -> Result<()> {
    if !run.state.is_end() || run.stopped.is_some() {
        return Ok(());
    }
    let retry = Suggestion::tracker(["run", "retry", id.as_str()]);
    let message = format!("{id} has ended as {}", run.state.as_str());
    let hint = if run.state == crate::model::RunState::Success {
        format!("start another: {}", Suggestion::tracker(["run", "start", &run.name]))
    } else {
        format!("run what failed again: {retry}")
    };
    Err(Error::usage_with(message, hint))
}

/// Runs again what failed, or these steps.
pub fn retry_run<'e>(
    session: &'e Session<'_>,
    request: &RetryRequest,
    mut observe: RunObserver<'e>,
) -> Result<RunView> {
    let id = find_run(session, request.run.as_deref())?;
    let folder = run_folder(session, &id);
    let (lock, run, events) = take_up(session, &folder, &id)?;
    let steps = steps_to_retry(session, request, (&id, &run, &folder))?;
    let event = Event::Retried { steps, forced: true, by: Some(session.actor()?) };
    observe(&events[0], &run);
    drive(session, &folder, run, lock, true, observe, Some(event))
}

/// Returns the steps of a run that are to be run again.
pub(super) fn steps_to_retry(
    session: &Session<'_>,
    request: &RetryRequest,
    (id, run, folder): (&RunId, &Run, &Path),
) -> Result<Vec<String>> {
    let is_stopped = run.stopped.is_some() || !run.state.is_end();
    if is_stopped && request.steps.is_empty() {
        let resume = Suggestion::tracker(["run", "resume", id.as_str()]);
        return Err(Error::wrong_state(format!("{id} has not ended"), format!("go on with it: {resume}")));
    }
    let selected = match request.steps.as_slice() {
        [] => run.to_retry(),
        names => chosen_steps(run, names, request.downstream, folder, session)?,
    };
    if selected.is_empty() {
        let hint =
            format!("run one again: {} --step STEP", Suggestion::tracker(["run", "retry", id.as_str()]));
        return Err(Error::wrong_state(format!("nothing of {id} has failed"), hint));
    }
    Ok(selected.iter().map(|index| run.workflow.steps[*index].name.to_string()).collect())
}

fn chosen_steps(
    run: &Run,
    names: &[String],
    downstream: bool,
    folder: &Path,
    session: &Session<'_>,
) -> Result<Vec<usize>> {
    let (mut selected, mut seen) = (Vec::new(), run.clone());
    seen.find_blocked();
    for name in names {
        let index = find_step(run, name)?;
        let state = run.steps[index].state;
        if !matches!(state, StepState::Success | StepState::Failed | StepState::Cancelled) {
            let why = sentence(&seen, index, folder, session.env().now_millis());
            let message = format!("`{name}` cannot be retried: {why}");
            return Err(Error::usage_with(message, "retry what decided that instead"));
        }
        selected.push(index);
    }
    Ok(if downstream { run.with_dependents(&selected) } else { selected })
}

/// Drives a run whose lock is held, after an event where there is one.
pub(super) fn drive<'e>(
    session: &'e Session<'_>,
    folder: &Path,
    run: Run,
    lock: Lock,
    is_synced: bool,
    observe: RunObserver<'e>,
    first: Option<Event>,
) -> Result<RunView> {
    let reuse = session.workspace().local_path("reuse");
    let place = Place { folder, reuse: &reuse, top: session.workspace().work_dir() };
    let own = folder.to_path_buf();
    let record = move |run: &Run| {
        write_record(session, run, &own).map_err(|error| match error {
            Error::Store(error) => engine::Error::Store(error),
            other => engine::Error::Io {
                action: "write the record of",
                path: own.clone(),
                source: std::io::Error::other(other.to_string()),
            },
        })
    };
    let driver = Driver::new(session.env(), &place, run, lock, is_synced, observe, Box::new(record))?;
    let mut driver = driver.looking_at(Box::new(|goal| sight_of(session, goal)));
    if let Some(event) = first {
        driver.emit_first(event)?;
    }
    driver.drive()?;
    let run = driver.run().clone();
    drop(driver);
    Ok(view_of(session, &run, folder, false))
}

/// Says how a task of the working tree is that a step waits for. A file that cannot be read now can be read later.
fn sight_of(session: &Session<'_>, goal: &TaskGoal) -> TaskSight {
    let snapshot = session.workspace().snapshot();
    let task = match snapshot.task_file(&goal.task) {
        Ok(None) => return TaskSight::Lost("is not there".to_owned()),
        Ok(Some(file)) => file.parse(),
        Err(error) => Err(error),
    };
    let Ok(task) = task else { return TaskSight::Open(Stage::none()) };
    if let Some(why) = &task.cancelled {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        return TaskSight::Lost(format!("was cancelled{why}"));
    }
    let (config, _) = snapshot.config_or_default();
    let stages: Vec<Stage> = config.all_stages_of(task.kind.as_deref()).collect();
    let place = |stage: &Stage| stages.iter().position(|own| own == stage);
    match &goal.stage {
        _ if task.stage.is_complete() => TaskSight::Reached(task.stage),
        None => TaskSight::Open(task.stage),
        Some(stage) if place(stage).is_none() => {
            TaskSight::Lost(format!("has no stage {stage} in its pipeline"))
        }
        Some(stage) if place(&task.stage) >= place(stage) => TaskSight::Reached(task.stage),
        Some(_) => TaskSight::Open(task.stage),
    }
}

/// Takes the lock of a run to go on with it, and reads it.
pub(super) fn take_up(session: &Session<'_>, folder: &Path, id: &RunId) -> Result<(Lock, Run, Vec<Logged>)> {
    let lock = take_lock(folder, id)?;
    let (run, events) = replay_run(session.env(), folder)?;
    // Whoever looks next sees this one as driven: of two, one at least finds the other.
    let _locked = session.lock("run")?;
    writes_alone(session, id, &run.workflow)?;
    Ok((lock, run, events))
}

/// Refuses a run that may write what a run under way in this working tree may write too: between the steps of two runs there
/// is no order.
fn writes_alone(session: &Session<'_>, id: &RunId, workflow: &Workflow) -> Result<()> {
    let files = |workflow: &Workflow, is_meant: &dyn Fn(usize) -> bool| -> Vec<String> {
        let steps = workflow.steps.iter().enumerate().filter(|(index, _)| is_meant(*index));
        steps.flat_map(|(_, step)| step.files.iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let own = files(workflow, &|_| true);
    if own.is_empty() {
        return Ok(());
    }
    for other in run_ids(session.workspace()).into_iter().filter(|other| other != id) {
        let folder = run_folder(session, &other);
        if !engine::is_driven(&folder)? {
            continue;
        }
        let Ok((run, _)) = replay_run(session.env(), &folder) else { continue };
        let theirs = files(&run.workflow, &|index| !run.steps[index].state.is_end());
        if let Some(file) = first_overlap(&own, &theirs) {
            return Err(engine::Error::Writes { run: other.to_string(), file: file.to_owned() }.into());
        }
    }
    Ok(())
}

/// Takes the lock of a run.
pub(in crate::ops) fn take_lock(folder: &Path, id: &RunId) -> Result<Lock> {
    const PATIENCE: std::time::Duration = std::time::Duration::from_millis(300);
    Lock::acquire(&folder.join("lock"), PATIENCE, "drive a run").map_err(|error| match error {
        crate::store::Error::Locked { .. } => engine::Error::Locked { run: id.to_string() }.into(),
        error => error.into(),
    })
}

/// Makes the folder of a new run, with its frozen document, and takes its lock.
fn create_folder(session: &Session<'_>, loaded: &LoadedWorkflow) -> Result<(RunId, PathBuf, Lock)> {
    let _locked = session.lock("run start")?;
    let all = runs_folder(session.workspace());
    fs::create_dir_all(&all).map_err(Error::io("create", &all))?;
    // Whoever else creates one waits for the tracker's lock.
    let id = free_id(session)?;
    writes_alone(session, &id, &loaded.workflow)?;
    let folder = run_folder(session, &id);
    fs::create_dir(&folder).map_err(Error::io("create", &folder))?;
    let path = folder.join(FROZEN);
    fs::write(&path, &loaded.bytes).map_err(Error::io("write", &path))?;
    fs::File::open(&path).and_then(|file| file.sync_all()).map_err(Error::io("sync", &path))?;
    let lock = take_lock(&folder, &id)?;
    Ok((id, folder, lock))
}

/// Makes an id that no run has.
pub(in crate::ops) fn free_id(session: &Session<'_>) -> Result<RunId> {
    for length in 4..12 {
        let id = random_id(session.env(), length);
        let record = RecordPath::run(&id).map(String::from).unwrap_or_default();
        let is_taken = |path: std::path::PathBuf| path.symlink_metadata().is_ok();
        let local = run_folder(session, &id);
        if !is_taken(session.workspace().work_dir().join(record)) && !is_taken(local) {
            return Ok(id);
        }
    }
    Err(Error::usage("no id is free for a run"))
}

/// Makes an id with this number of random characters.
fn random_id(env: &Env, length: usize) -> RunId {
    RunId::parse(&format!("RUN-{}", random_suffix(env, length))).expect("capital letters and digits")
}

/// Reads the values of parameters; everything that is wrong with them is reported at once.
pub(super) fn params(workflow: &Workflow, given: &[String]) -> Result<BTreeMap<String, String>> {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    let names = || workflow.params.iter().map(|param| param.name.as_str());
    for each in given {
        let Some((name, value)) = each.split_once('=') else {
            wrong.push(format!("expected a parameter such as `name=value`, got `{}`", each.escape_debug()));
            continue;
        };
        match workflow.params.iter().find(|param| param.name.as_str() == name) {
            None => {
                let meant = nearest(name, names())
                    .map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
                wrong.push(format!("unknown parameter `{}`{meant}", name.escape_debug()));
            }
            Some(param) => match param.kind.read(value) {
                Ok(value) => drop(values.insert(name.to_owned(), value)),
                Err(expected) => {
                    wrong.push(format!("invalid {name} `{}` (expected {expected})", value.escape_debug()));
                }
            },
        }
    }
    for Param { name, default, .. } in &workflow.params {
        match default {
            _ if values.contains_key(name.as_str())
                || given.iter().any(|each| each.starts_with(&format!("{name}="))) => {}
            Some(default) => drop(values.insert(name.to_string(), default.clone())),
            None => {
                wrong.push(format!("the parameter `{name}` has no default: give it with --param {name}=…"));
            }
        }
    }
    match wrong.as_slice() {
        [] => Ok(values),
        wrong => Err(Error::usage(wrong.join("; "))),
    }
}

/// Returns the moment for events that a command writes itself.
pub(super) fn logged(session: &Session<'_>, event: Event) -> Logged {
    Logged { at: session.env().now_millis(), event }
}
