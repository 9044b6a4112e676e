//! What a worker prints where a fleet has started it: the last lines, and what comes.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::desk::worker_folder;
use crate::git::{open_regular, read_regular};
use crate::model::{Suggestion, is_worker_name};
use crate::ops::{Error, Result, Session};
use crate::store::FolderWatcher;

/// Below the folder of a worker.
pub(super) const LOG: &str = "log";
/// How long is waited at most where the system does not tell of a write.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What a worker has printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerLogs {
    /// The worker.
    pub worker: String,
    /// The last lines, oldest first.
    pub lines: Vec<String>,
    /// How many are before these.
    pub more: usize,
}

/// Returns the last lines that a worker has printed, and where the next begins.
pub fn worker_logs(session: &Session<'_>, name: &str, most: usize) -> Result<(WorkerLogs, u64)> {
    let folder = worker_folder(session.workspace(), name);
    if !is_worker_name(name) || !folder.is_dir() {
        return Err(Error::not_found(format!("unknown worker `{}`", name.escape_debug()), "tracker worker"));
    }
    let Ok(bytes) = read_regular(&folder.join(LOG)) else {
        let rounds = Suggestion::tracker(["worker", "log", name]);
        let message = format!("no fleet has started {name}: what it prints is on its own terminal");
        return Err(Error::not_found(message, format!("its rounds: {rounds}")));
    };
    let lines: Vec<String> = lines_of(&bytes);
    let more = lines.len().saturating_sub(most);
    let view = WorkerLogs { worker: name.to_owned(), lines: lines[more..].to_vec(), more };
    Ok((view, whole_lines(&bytes) as u64))
}

/// Calls `observe` with each line that is printed from a place on, until it returns that nobody listens.
pub fn follow_worker_logs(
    session: &Session<'_>,
    name: &str,
    from: u64,
    mut observe: impl FnMut(&str) -> bool,
) -> Result<()> {
    let folder = worker_folder(session.workspace(), name);
    let path = folder.join(LOG);
    // Before the first look: what is written meanwhile is not missed.
    let watcher = FolderWatcher::of_files(&folder);
    let mut at = from;
    loop {
        let bytes = read_from(&path, &mut at).map_err(Error::io("read", &path))?;
        if !lines_of(&bytes).iter().all(|line| observe(line)) {
            return Ok(());
        }
        at += whole_lines(&bytes) as u64;
        watcher.wait(LONGEST_WAIT);
    }
}

/// Reads what is after a place; from the beginning where the file has become shorter.
fn read_from(path: &Path, at: &mut u64) -> std::io::Result<Vec<u8>> {
    let mut file = match open_regular(OpenOptions::new().read(true), path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() < *at {
        *at = 0;
    }
    file.seek(SeekFrom::Start(*at))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns how many bytes the lines have that are whole.
fn whole_lines(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

fn lines_of(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(&bytes[..whole_lines(bytes)]).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_read_and_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOG);
        let mut at = 0;
        let next = |at: &mut u64| {
            let bytes = read_from(&path, at).unwrap();
            *at += whole_lines(&bytes) as u64;
            lines_of(&bytes)
        };
        assert_eq!(next(&mut at), Vec::<String>::new(), "it is not there yet");
        std::fs::write(&path, "one\ntwo\nthr").unwrap();
        assert_eq!(next(&mut at), ["one", "two"]);
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(next(&mut at), ["three"]);
        assert_eq!(next(&mut at), Vec::<String>::new());
        std::fs::write(&path, "anew\n").unwrap();
        assert_eq!(next(&mut at), ["anew"], "it was begun again");
    }
}
