//! What other processes want of the engine of a run: files in a folder, which it takes one by one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::{Error, Result};
use crate::env::Env;
use crate::process::birth;
use crate::store::{self, Lock};

/// How often requests of other processes and signals are looked for.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// How often, and how long after each other, is looked whether the lock of an engine that was killed is free.
const LOOKS_AFTER_DEATH: u32 = 100;
const LOOK_AFTER_DEATH: Duration = Duration::from_millis(2);

/// What another process wants of an engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Nothing is to begin any more.
    Pause { by: String },
    /// Everything is to end.
    Cancel { by: String },
    /// A person has answered.
    Answer { step: String, answer: String, approved: bool, by: String },
}

impl Request {
    /// Returns the event of it.
    #[must_use]
    pub fn into_event(self) -> Event {
        match self {
            Self::Pause { by } => Event::Paused { by },
            Self::Cancel { by } => Event::Cancelled { by },
            Self::Answer { step, answer, approved, by } => Event::Answered { step, answer, approved, by },
        }
    }
}

/// Returns a flag that is set when this process is asked to end.
pub fn on_signals() -> Arc<AtomicBool> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let _ = signal_hook::flag::register(signal, Arc::clone(&interrupted));
    }
    interrupted
}

/// Takes the lock of a run; none where an engine has it.
pub fn try_lock(folder: &Path) -> store::Result<Option<Lock>> {
    free(folder, |lock| Lock::try_acquire(lock, "run"))
}

/// Whether an engine drives a run. Nothing is written: this can be asked where nothing can be.
pub fn is_driven(folder: &Path) -> store::Result<bool> {
    Ok(free(folder, |lock| Ok((!Lock::is_held(lock)?).then_some(())))?.is_none())
}

/// Returns what a look finds where the lock of a run is free; none where an engine has it. For one that outlives its engine
/// is waited a moment.
fn free<T>(folder: &Path, look: impl Fn(&Path) -> store::Result<Option<T>>) -> store::Result<Option<T>> {
    let lock = folder.join("lock");
    for _ in 0..LOOKS_AFTER_DEATH {
        let found = look(&lock)?;
        if found.is_some() || !is_left_behind(&lock) {
            return Ok(found);
        }
        std::thread::park_timeout(LOOK_AFTER_DEATH);
    }
    look(&lock)
}

/// Whether a lock outlives its engine: a process that this was about to start when it was killed has the lock as well, until
/// it begins to do its own work.
fn is_left_behind(lock: &Path) -> bool {
    let is_gone = |pid| birth(pid).is_none();
    // Where the system does not say which processes there are, none is taken for gone.
    Lock::holder_process(lock).is_some_and(is_gone) && !is_gone(std::process::id())
}

/// A request with its file, which is removed once what it wants is in the log.
pub(super) type Waiting = (Option<Request>, PathBuf);

/// Returns the requests that wait for the engine of a run, in the order in which they came; none in the place of one that
/// cannot be read.
pub(super) fn waiting(folder: &Path) -> Vec<Waiting> {
    let Ok(entries) = fs::read_dir(folder.join("control")) else { return Vec::new() };
    let is_request = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_request).collect();
    paths.sort();
    let read = |path: &Path| serde_json::from_slice::<Request>(&fs::read(path).ok()?).ok();
    paths.into_iter().map(|path| (read(&path), path)).collect()
}

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The engine has taken it.
    Taken,
    /// The engine had ended before, and nobody has seen it.
    Ended,
    /// The engine does not answer: it was stopped, or the machine is busy. It finds the request when it goes on.
    Unanswered,
}

/// Hands a request to the engine that drives a run, and waits until it is taken.
pub fn ask(env: &Env, folder: &Path, request: &Request) -> Result<Asked> {
    ask_for(200, env, folder, request)
}

/// The same; `looks` is how often is looked whether it was taken.
fn ask_for(looks: u32, env: &Env, folder: &Path, request: &Request) -> Result<Asked> {
    let control = folder.join("control");
    fs::create_dir_all(&control).map_err(Error::io("create", &control))?;
    let name = format!("{}-{}", env.clock_nanos(), std::process::id());
    let (temporary, path) = (control.join(format!("{name}.tmp")), control.join(format!("{name}.json")));
    let bytes = serde_json::to_vec(request).expect("plain data with text keys is always JSON");
    fs::write(&temporary, bytes).map_err(Error::io("write", &temporary))?;
    fs::rename(&temporary, &path).map_err(Error::io("write", &path))?;
    for _ in 0..looks {
        if !path.exists() {
            return Ok(Asked::Taken);
        }
        if !is_driven(folder)? {
            // What is taken back here nobody has seen.
            return Ok(if fs::remove_file(&path).is_ok() { Asked::Ended } else { Asked::Taken });
        }
        std::thread::park_timeout(POLL);
    }
    Ok(Asked::Unanswered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_nobodys_as_soon_as_what_a_killed_engine_was_about_to_start_has_begun() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = try_lock(folder.path()).unwrap().unwrap();
        assert!(is_driven(folder.path()).unwrap());
        // The number of a process that is gone: no system has as many.
        fs::write(&path, "process 4294967295 (run)\n").unwrap();
        let begins = std::thread::spawn(move || {
            std::thread::park_timeout(Duration::from_millis(30));
            drop(lock);
        });
        assert!(!is_driven(folder.path()).unwrap());
        begins.join().unwrap();
        assert!(try_lock(folder.path()).unwrap().is_some());
    }

    #[test]
    fn a_request_is_kept_for_an_engine_that_does_not_answer_and_taken_back_from_one_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let request = Request::Cancel { by: "ada".to_owned() };
        let waiting = || fs::read_dir(folder.path().join("control")).unwrap().count();
        let env = Env::from_process().unwrap();
        let lock = try_lock(folder.path()).unwrap().unwrap();
        assert!(is_driven(folder.path()).unwrap());
        assert_eq!(ask_for(2, &env, folder.path(), &request).unwrap(), Asked::Unanswered);
        assert_eq!(waiting(), 1);
        drop(lock);
        assert_eq!(ask_for(2, &env, folder.path(), &request).unwrap(), Asked::Ended);
        assert_eq!(waiting(), 1);
    }
}
