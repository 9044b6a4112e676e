//! What has happened to a run, and the log that keeps it.
//!
//! A line is whole when its end is there. What a crash has left without one is not there, and the next that writes takes
//! it away. Several events that come together are written and synced as one.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::env::fail_point;
use crate::model::{AttemptEnd, RunState};

/// Values by name.
pub type Values = BTreeMap<String, String>;

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run was created.
    Created {
        run: String,
        workflow: String,
        path: String,
        /// SHA-256 of the workflow's document.
        digest: String,
        params: Values,
        jobs: u32,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
        /// The task that it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
    },
    /// An engine has begun to drive it.
    Began { process: u32 },
    /// An attempt has begun.
    Started {
        step: String,
        attempt: u32,
        pid: u32,
        /// What tells its process from others with the same number.
        birth: Option<String>,
        because: Cause,
    },
    /// An attempt has ended.
    Ended {
        step: String,
        attempt: u32,
        end: AttemptEnd,
        /// How long it took, by a clock that nobody sets back.
        millis: u64,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        outputs: Values,
        /// Milliseconds until another attempt, where one follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_in: Option<u64>,
        /// What is wrong where it is broken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// A step has not run, because nothing has changed since it last succeeded.
    Reused {
        step: String,
        /// The run in which it succeeded.
        from: String,
        /// How many files it reads.
        inputs: usize,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        outputs: Values,
    },
    /// A step does not run.
    Skipped { step: String, because: SkipReason },
    /// A person was asked.
    Asked { step: String },
    /// A person has answered.
    Answered { step: String, answer: String, approved: bool, by: String },
    /// A task that a step waits for is where it must be, or never will be.
    Awaited { step: String, task: String, reached: bool, message: String },
    /// Nothing begins any more.
    Paused { by: String },
    /// Everything that had not ended was cancelled.
    Cancelled { by: String },
    /// Steps that had ended are to run again.
    Retried {
        steps: Vec<String>,
        /// Whether they run even where they could be reused.
        forced: bool,
        /// Who wants that; none where an engine goes on after a crash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// What an attempt of an executor has come to for the task of a task run, or of a plan.
    Judged {
        step: String,
        attempt: u32,
        outcome: TaskOutcome,
        message: String,
        /// Where it had a working tree of its own, the commit that its branch is to end in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
    },
    /// The run executes a plan: its first event.
    Planned {
        plan: String,
        /// The plan's branch, whole.
        branch: String,
        /// The commit that it began with.
        base: String,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
    },
    /// A task of the plan has a working tree, on a branch of its own.
    Opened { step: String, branch: String, base: String },
    /// A task has got its working tree, its stages or its branch no further without a person.
    Waits {
        step: String,
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<String>,
    },
    /// A task has failed: nothing more is tried before somebody retries it.
    TaskFailed {
        step: String,
        message: String,
        /// Where its branch cannot be merged, the files in conflict, and the commit that the branch ended in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conflict: Option<Conflict>,
        /// What shows more of it, or brings it forward, where that is not what its attempts have printed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<String>,
    },
    /// The branch of a task is merged into the plan's.
    Integrated {
        step: String,
        commit: String,
        /// The files that it brought, without records.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<String>,
    },
    /// A task was closed before its turn came.
    Closed { step: String, cancelled: bool },
    /// The engine has ended before the run.
    Stopped { because: StopReason },
    /// The run has ended.
    Finished { state: RunState },
}

/// Why an attempt began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// It says nothing of its inputs, so it always runs.
    Always,
    /// It has not succeeded before.
    NeverSucceeded,
    /// What it does is not what it was.
    RecipeChanged,
    /// A parameter, or an output of an earlier step, is not what it was.
    ValueChanged { name: String, before: Option<String>, after: Option<String> },
    /// A file that it reads is not what it was: digests, none where there is no file.
    InputChanged { path: String, before: Option<String>, after: Option<String> },
    /// A file that it had written is not what it left.
    FileChanged { path: String },
    /// An attempt had failed.
    Failed { end: AttemptEnd, retry: u32 },
    /// Somebody retried it, or an engine that went on after a crash.
    Retried { by: Option<String> },
    /// It is a handler, and the run has ended like this.
    Handler { state: RunState },
    /// A task of a task run is in this stage after N moves, and waits for this executor.
    Task {
        executor: String,
        stage: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
        moves: usize,
        /// How many rejections of the task in this stage there are.
        #[serde(default)]
        rejections: usize,
        /// The commit that it begins with, in a working tree of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<String>,
    },
}

/// What kept a branch from being merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The files in conflict.
    pub files: Vec<String>,
    /// The commit that the branch ended in.
    pub commit: String,
}

/// What an attempt of an executor has come to for its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskOutcome {
    /// The work is done, or the approval given.
    Passed,
    /// The task was sent back, or the work was not done.
    Failed,
    /// The executor says yes, and the task could not leave its stage.
    Stays,
    /// It counts for nothing: it was interrupted, or the task had moved meanwhile.
    Void,
}

/// Why a step does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum SkipReason {
    /// Its condition is false.
    Condition { when: String },
    /// It needs this step, which was skipped.
    Need { step: String },
    /// It needs `need`, which has failed, was cancelled or could not begin, because of `root` in the end.
    Lost { need: String, root: String },
    /// It is a handler of another end.
    Handler { state: RunState },
}

/// Why an engine has ended before its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The run was paused.
    Paused,
    /// Only people can go on.
    WaitsForPerson,
    /// Only tasks that steps wait for can let it go on.
    WaitsForTask,
    /// It was interrupted.
    Interrupted,
}

/// An event with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// When, by the machine's clock.
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Logged {
    /// Returns it as the log has it, without the line's end.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("plain data with text keys is always JSON")
    }
}

mod millis {
    use super::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The log, open for the process that has the run's lock.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    pending: Vec<u8>,
    is_synced: bool,
}

impl Log {
    /// The name of its file.
    pub const FILE: &'static str = "events.jsonl";

    /// Reads what has happened. A last line without its end is left out.
    pub fn read(folder: &Path) -> Result<Vec<Logged>> {
        let path = folder.join(Self::FILE);
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|mut file| file.read_to_end(&mut text))
            .map_err(Error::io("read", &path))?;
        parse(&path, &text)
    }

    /// Whether a run was created: its log has a whole line.
    #[must_use]
    pub fn has_begun(folder: &Path) -> bool {
        /// The first line is not longer: names, and the values of parameters.
        const FIRST: u64 = 1024 * 1024;
        let mut text = Vec::new();
        let read = File::open(folder.join(Self::FILE)).and_then(|file| {
            let mut lines = std::io::BufReader::new(file.take(FIRST));
            std::io::BufRead::read_until(&mut lines, b'\n', &mut text)
        });
        read.is_ok() && text.ends_with(b"\n")
    }

    /// Whether the last whole line says that the run has ended. Only that is read.
    #[must_use]
    pub fn has_finished(folder: &Path) -> bool {
        /// A line that says so is shorter.
        const LAST: u64 = 256;
        let mut text = Vec::new();
        let read = File::open(folder.join(Self::FILE)).and_then(|mut file| {
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LAST)))?;
            file.read_to_end(&mut text)
        });
        let last = whole_lines(&text).trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
        let logged = last.and_then(|line| serde_json::from_slice::<Logged>(line).ok());
        read.is_ok() && logged.is_some_and(|logged| matches!(logged.event, Event::Finished { .. }))
    }

    /// Opens it to append, without what a crash has left of a line.
    pub fn open(folder: &Path, is_synced: bool) -> Result<Self> {
        let path = folder.join(Self::FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(Error::io("read", &path))?;
        let whole = whole_lines(&text).len();
        if whole < text.len() {
            file.set_len(whole as u64).map_err(Error::io("shorten", &path))?;
        }
        Ok(Self { path, file, pending: Vec::new(), is_synced })
    }

    /// Adds an event to those that the next [`Log::commit`] writes.
    pub fn append(&mut self, logged: &Logged) {
        self.pending.extend_from_slice(logged.to_line().as_bytes());
        self.pending.push(b'\n');
    }

    /// Writes what was added, and waits for the disk.
    pub fn commit(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        fail_point("log:before");
        #[cfg(debug_assertions)]
        {
            let (first, second) = self.pending.split_at(self.pending.len() / 2);
            self.file.write_all(first).map_err(Error::io("write", &self.path))?;
            fail_point("log:half");
            self.file.write_all(second).map_err(Error::io("write", &self.path))?;
        }
        #[cfg(not(debug_assertions))]
        self.file.write_all(&self.pending).map_err(Error::io("write", &self.path))?;
        fail_point("log:written");
        if self.is_synced {
            self.file.sync_data().map_err(Error::io("sync", &self.path))?;
        }
        fail_point("log:synced");
        self.pending.clear();
        Ok(())
    }
}

/// Reads a log as it grows: each event once.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    /// How many bytes were read, and how many lines.
    read: u64,
    lines: usize,
}

impl Follower {
    /// Begins at the beginning.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join(Log::FILE), read: 0, lines: 0 }
    }

    /// Returns what has come since it was last asked.
    pub fn more(&mut self) -> Result<Vec<Logged>> {
        let mut text = Vec::new();
        let mut file = File::open(&self.path).map_err(Error::io("open", &self.path))?;
        file.seek(SeekFrom::Start(self.read))
            .and_then(|_| file.read_to_end(&mut text))
            .map_err(Error::io("read", &self.path))?;
        let whole = whole_lines(&text);
        let events = parse(&self.path, whole).map_err(|error| match error {
            Error::Damaged { path, line, message } => {
                Error::Damaged { path, line: line + self.lines, message }
            }
            error => error,
        })?;
        self.read += whole.len() as u64;
        self.lines += events.len();
        Ok(events)
    }
}

fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &text[..end]
}

fn parse(path: &Path, text: &[u8]) -> Result<Vec<Logged>> {
    let lines = whole_lines(text).split(|byte| *byte == b'\n').enumerate();
    let mut events = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let logged = serde_json::from_slice(line).map_err(|error| Error::Damaged {
            path: path.to_path_buf(),
            line: index + 1,
            message: error.to_string(),
        })?;
        events.push(logged);
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(event: Event) -> Logged {
        Logged { at: "2026-11-11T09:00:00.250Z".parse().unwrap(), event }
    }

    #[test]
    fn what_is_written_is_read_and_a_torn_line_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let events = [
            logged(Event::Began { process: 7 }),
            logged(Event::Ended {
                step: "a".into(),
                attempt: 1,
                end: AttemptEnd::Exit(3),
                millis: 12,
                outputs: Values::new(),
                retry_in: Some(1000),
                message: None,
            }),
            logged(Event::Finished { state: RunState::PartialSuccess }),
        ];
        let mut log = Log::open(folder.path(), true).unwrap();
        events[..2].iter().for_each(|event| log.append(event));
        log.commit().unwrap();
        assert_eq!(Log::read(folder.path()).unwrap(), events[..2]);
        let path = folder.path().join(Log::FILE);
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..40 {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            assert_eq!(Log::read(folder.path()).unwrap(), events[..1], "{cut}");
            let mut log = Log::open(folder.path(), false).unwrap();
            log.append(&events[2]);
            log.commit().unwrap();
            assert_eq!(Log::read(folder.path()).unwrap(), [events[0].clone(), events[2].clone()]);
        }
        std::fs::write(&path, "{}\n{\"at\":\n").unwrap();
        assert!(Log::read(folder.path()).unwrap_err().to_string().contains("damaged at line 1"));
    }
}
