//! Runs that are driven by a process of their own, for callers that live on and have other things to do, or end before them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::found::{find_run, look_at, run_folder};
use super::start::{RetryRequest, RunRequest, create_run, refuse_ended, steps_to_retry};
use super::view::{RunView, run_status, view_of};
use crate::engine;
use crate::model::RunId;
use crate::ops::{Error, Result, Session};
use crate::process::{self, Apart, JobEnd, Program};
use crate::store::FolderWatcher;

/// What the process that drives a run has to say where it cannot.
const ERRORS: &str = "apart.err";
/// How long a look lasts.
const LOOK: Duration = Duration::from_millis(20);
/// How long such a process may take before it drives the run.
const PATIENCE: Duration = Duration::from_secs(5);
/// An exit code above this says that there was no run to drive.
const NO: i32 = 1;

/// Starts a run that goes on by itself.
pub fn start_run_apart(session: &Session<'_>, request: &RunRequest) -> Result<RunView> {
    let id = create_run(session, request)?.id;
    drive_apart(session, &id, &["resume", id.as_str()])
}

/// Goes on with a run that is on hold.
pub fn resume_run_apart(session: &Session<'_>, given: Option<&str>) -> Result<RunView> {
    let id = find_run(session, given)?;
    refuse_ended(&id, &look_at(session, &id)?.run)?;
    drive_apart(session, &id, &["resume", id.as_str()])
}

/// Runs again what failed, or these steps.
pub fn retry_run_apart(session: &Session<'_>, request: &RetryRequest) -> Result<RunView> {
    let id = find_run(session, request.run.as_deref())?;
    let found = look_at(session, &id)?;
    steps_to_retry(session, request, (&id, &found.run, &found.folder))?;
    let steps = request.steps.iter().flat_map(|step| ["--step", step.as_str()]);
    let downstream = request.downstream.then_some("--downstream");
    let words: Vec<&str> = ["retry", id.as_str()].into_iter().chain(steps).chain(downstream).collect();
    drive_apart(session, &id, &words)
}

/// Cancels a run.
pub fn cancel_run_apart(session: &Session<'_>, given: Option<&str>) -> Result<RunView> {
    let id = find_run(session, given)?;
    let mut driver = start_driver(session, &id, &["cancel", id.as_str()])?;
    driver.wait_until(&run_folder(session, &id), &cannot_drive(&id), || Ok(false))?;
    run_status(session, Some(id.as_str()))
}

/// Waits until a run has ended, or is on hold, or the time is over.
pub fn wait_for_run(session: &Session<'_>, given: &str, most: Duration) -> Result<RunView> {
    let id = find_run(session, Some(given))?;
    let folder = run_folder(session, &id);
    // Before the first look: what is written meanwhile is not missed.
    let watcher = FolderWatcher::new(&folder);
    let (env, begun) = (session.env(), session.env().monotonic());
    let mut looks = most.as_millis() / LOOK.as_millis();
    loop {
        let found = look_at(session, &id)?;
        let view = view_of(session, &found.run, &found.folder, found.is_driven);
        let is_over = !found.is_driven && (view.state.is_end() || view.hold.is_some());
        // A clock that does not move is a test's.
        let is_late = if env.has_fixed_clock() { looks == 0 } else { env.monotonic() - begun >= most };
        if is_over || is_late {
            return Ok(view);
        }
        looks = looks.saturating_sub(1);
        watcher.wait(LOOK);
    }
}

/// Starts a process that drives a run, and returns the run once that does, or has ended.
fn drive_apart(session: &Session<'_>, id: &RunId, words: &[&str]) -> Result<RunView> {
    let folder = run_folder(session, id);
    let mut driver = start_driver(session, id, words)?;
    driver.wait_until(&folder, &cannot_drive(id), || Ok(engine::is_driven(&folder)?))?;
    run_status(session, Some(id.as_str()))
}

fn start_driver(session: &Session<'_>, id: &RunId, words: &[&str]) -> Result<TrackerApart> {
    let words: Vec<String> = ["run"].iter().chain(words).map(|word| (*word).to_owned()).collect();
    TrackerApart::start(session, &words, run_folder(session, id).join(ERRORS))
}

fn cannot_drive(id: &RunId) -> String {
    format!("{id} could not be driven")
}

/// This program in a process of its own, which does not end with this one.
pub(in crate::ops) struct TrackerApart {
    process: Apart,
    /// What it has to say where it cannot do what it is for.
    errors: PathBuf,
}

impl TrackerApart {
    /// Starts it with these arguments.
    pub(in crate::ops) fn start(session: &Session<'_>, words: &[String], errors: PathBuf) -> Result<Self> {
        let file = File::create(&errors).map_err(Error::io("create", &errors))?;
        let program = session.env().program().map_err(Error::io("find", Path::new("tracker")))?;
        let mut program = Program::new(program, "drive a run")
            .args(["--plain", "--quiet"])
            .args(words)
            .in_folder(session.workspace().work_dir());
        if let Some(agent) = session.agent() {
            program = program.variable("TRACKER_AGENT", agent);
        }
        let process = program.start_apart(file);
        let process = process.map_err(|error: process::Error| Error::usage(error.to_string()))?;
        Ok(Self { process, errors })
    }

    /// Waits until something is so, which is seen in a folder, or the process has ended; not for long. Fails with the messages
    /// of a process that could not do it.
    pub(in crate::ops) fn wait_until(
        &mut self,
        folder: &Path,
        cannot: &str,
        is_so: impl Fn() -> Result<bool>,
    ) -> Result<()> {
        let watcher = FolderWatcher::new(folder);
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if let Some(end) = self.process.ended().map_err(Error::io("wait for", Path::new("tracker")))? {
                return self.refuse_if_failed(cannot, end);
            }
            if is_so()? {
                break;
            }
            watcher.wait(LOOK);
        }
        Ok(())
    }

    fn refuse_if_failed(&self, cannot: &str, end: JobEnd) -> Result<()> {
        if matches!(end, JobEnd::Exit(code) if code <= NO || code == 130) {
            return Ok(());
        }
        let messages = std::fs::read(&self.errors).unwrap_or_default();
        let messages = String::from_utf8_lossy(&messages).into_owned();
        let mut lines = messages.lines();
        let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
        let hint = lines.next().map(|line| line.trim().trim_start_matches("hint: ").to_owned());
        let message = if message.is_empty() { cannot.to_owned() } else { message.to_owned() };
        Err(Error::WrongState { message, hint })
    }
}
