//! What other processes want of the engine of a run: files in a folder, which it takes one by one.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::{Error, Result};
use crate::env::Env;
use crate::store::{self, Lock};

/// How often requests of other processes and signals are looked for.
pub(super) const POLL: Duration = Duration::from_millis(50);

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
pub(super) fn on_signals() -> Arc<AtomicBool> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let _ = signal_hook::flag::register(signal, Arc::clone(&interrupted));
    }
    interrupted
}

/// Takes the lock of a run; none where an engine has it.
pub fn try_lock(folder: &Path) -> store::Result<Option<Lock>> {
    Lock::try_acquire(&folder.join("lock"))
}

/// Hands a request to the engine that drives a run, and waits until it is taken. Returns whether it was.
pub fn ask(env: &Env, folder: &Path, request: &Request) -> Result<bool> {
    let control = folder.join("control");
    fs::create_dir_all(&control).map_err(Error::io("create", &control))?;
    let name = format!("{}-{}", env.clock_nanos(), std::process::id());
    let (temporary, path) = (control.join(format!("{name}.tmp")), control.join(format!("{name}.json")));
    let bytes = serde_json::to_vec(request).expect("plain data with text keys is always JSON");
    fs::write(&temporary, bytes).map_err(Error::io("write", &temporary))?;
    fs::rename(&temporary, &path).map_err(Error::io("write", &path))?;
    for _ in 0..200 {
        if !path.exists() {
            return Ok(true);
        }
        // The engine may have ended meanwhile.
        if try_lock(folder)?.is_some() {
            break;
        }
        std::thread::park_timeout(POLL);
    }
    // What is taken back here nobody has seen.
    Ok(fs::remove_file(&path).is_err())
}
