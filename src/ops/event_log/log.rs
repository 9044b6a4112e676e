//! The log on disk. An event is written once: what was seen is replaced together with the events that follow from it, and
//! these are appended after that; who is killed in between leaves them to the next.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::local::SeenLocal;
use super::records::SeenRecords;
use super::{Happened, chain};
use crate::env::fail_point;
use crate::git::{open_regular, open_to_append, read_regular};
use crate::model::{Cursor, EventKind, LogEvent, digest_of};
use crate::ops::{Error, Result, Session};
use crate::store::{Lock, remove_if_there, replace_unsynced};

const LOG: &str = "log.jsonl";
const SEEN: &str = "seen.json";
/// From this size on, in bytes, the older half of the log goes.
const LARGEST: u64 = 8_000_000;
/// How long a look at the records waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is remembered between two looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// Distinguishes this log from every other.
    log: String,
    /// The number of the last event.
    last: u64,
    /// The branch that the records are of.
    branch: Option<String>,
    records: SeenRecords,
    local: SeenLocal,
    /// The events that this look has brought, for a log that does not have them yet.
    pending: Vec<LogEvent>,
}

/// What is read for events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventSources {
    /// Records, runs and workers.
    All,
    /// Runs and workers.
    Local,
}

/// The log of a working tree.
#[derive(Debug, Clone)]
pub(in crate::ops) struct EventLog {
    folder: PathBuf,
}

impl EventLog {
    /// Returns the log of this working tree, which may not be there yet.
    pub(in crate::ops) fn of(session: &Session<'_>) -> Result<Self> {
        let folder = session.workspace().local_path("events");
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks at what has happened, and appends it. Returns the place of the last event.
    pub(super) fn update(&self, session: &Session<'_>, sources: EventSources) -> Result<Cursor> {
        let _lock = Lock::acquire(&self.folder.join("lock"), PATIENCE, "look for events")?;
        let known = self.known()?;
        let now = session.env().now();
        let mut happened = Vec::new();
        let mut seen = known.clone().unwrap_or_else(|| {
            happened.push(Happened::now(EventKind::LogStarted, serde_json::json!({})));
            let nonce = digest_of(session.env().nonce().as_bytes());
            let (records, local) = (SeenRecords::default(), SeenLocal::default());
            Seen { log: nonce[..8].to_owned(), last: 0, branch: None, records, local, pending: Vec::new() }
        });
        let (local, found) = SeenLocal::look(session, known.as_ref().map(|known| &known.local));
        seen.local = local;
        happened.extend(found);
        if sources == EventSources::All || known.is_none() {
            self.look_at_records(session, &mut seen, &mut happened)?;
        }
        self.commit(known.as_ref(), seen, happened, now)
    }

    /// Looks at the records of the branch that is checked out. Where HEAD is detached, as in a rebase, they are on the way
    /// from one state to another, and not looked at.
    fn look_at_records(
        &self,
        session: &Session<'_>,
        seen: &mut Seen,
        happened: &mut Vec<Happened>,
    ) -> Result<()> {
        let Some(branch) = session.workspace().repository()?.head()?.branch else { return Ok(()) };
        let is_same = seen.branch.as_ref() == Some(&branch);
        let old = if is_same {
            Some(seen.records.clone())
        } else {
            if let Some(left) = &seen.branch {
                let bytes = serde_json::to_vec(&seen.records).expect("plain data is always JSON");
                replace_unsynced(&self.of_branch(left), &bytes)?;
            }
            let known = read_regular(&self.of_branch(&branch)).ok();
            let known = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let repo_paths = session.workspace().repo_paths();
            let is_of_left = || seen.branch.as_ref().is_some_and(|left| repo_paths.begins_at(&branch, left));
            known.or_else(|| is_of_left().then(|| seen.records.clone()))
        };
        let (records, mut found) = SeenRecords::look(session, old.as_ref())?;
        for own in &mut found {
            own.data.insert("branch".into(), branch.clone().into());
        }
        happened.extend(found);
        (seen.records, seen.branch) = (records, Some(branch));
        Ok(())
    }

    /// Returns where the records of a branch are remembered while another is checked out.
    fn of_branch(&self, branch: &str) -> PathBuf {
        self.folder.join(format!("branch-{}.json", &digest_of(branch.as_bytes())[..16]))
    }

    /// Appends what somebody reports of itself, such as a trigger.
    pub(super) fn append(&self, session: &Session<'_>, happened: Happened) -> Result<Cursor> {
        let _lock = Lock::acquire(&self.folder.join("lock"), PATIENCE, "write an event")?;
        let known = self.known()?;
        let seen = known.clone().ok_or_else(|| Error::usage("the event log is gone"))?;
        self.commit(known.as_ref(), seen, vec![happened], session.env().now())
    }

    fn commit(
        &self,
        known: Option<&Seen>,
        mut seen: Seen,
        happened: Vec<Happened>,
        now: DateTime<Utc>,
    ) -> Result<Cursor> {
        seen.pending.clear();
        let depth = chain::depth(&self.folder);
        for own in happened {
            seen.last += 1;
            let cursor = Cursor { log: seen.log.clone(), number: seen.last }.to_string();
            let depth = if own.kind.can_trigger() { depth } else { 0 };
            let (kind, timestamp) = (own.kind, own.at.unwrap_or(now));
            seen.pending.push(LogEvent { cursor, kind, timestamp, depth, data: own.data });
        }
        let is_unchanged = known.is_some_and(|known| {
            seen.pending.is_empty()
                && (&known.branch, &known.records, &known.local) == (&seen.branch, &seen.records, &seen.local)
        });
        if !is_unchanged {
            if known.is_none() {
                remove_if_there(&self.folder.join(LOG))?;
            }
            let bytes = serde_json::to_vec(&seen).expect("plain data with text keys is always JSON");
            replace_unsynced(&self.folder.join(SEEN), &bytes)?;
            fail_point("events:seen");
            self.write(&seen.pending)?;
        }
        Ok(Cursor { log: seen.log, number: seen.last })
    }

    /// Reads what is remembered, and appends what the last who looked could not. One that cannot be read begins anew.
    fn known(&self) -> Result<Option<Seen>> {
        let seen = read_regular(&self.folder.join(SEEN)).ok();
        let seen: Option<Seen> = seen.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(seen) = &seen
            && !seen.pending.is_empty()
        {
            self.drop_torn_line()?;
            let last = self.after(None, 0)?.last().map_or(0, LogEvent::number);
            let missing: Vec<LogEvent> =
                seen.pending.iter().filter(|event| event.number() > last).cloned().collect();
            self.write(&missing)?;
        }
        Ok(seen)
    }

    fn drop_torn_line(&self) -> Result<()> {
        let path = self.folder.join(LOG);
        let text = read_regular(&path).unwrap_or_default();
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < text.len() {
            let file =
                open_regular(OpenOptions::new().write(true), &path).map_err(Error::io("open", &path))?;
            file.set_len(whole as u64).map_err(Error::io("shorten", &path))?;
        }
        Ok(())
    }

    fn write(&self, events: &[LogEvent]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let path = self.folder.join(LOG);
        self.shorten(&path)?;
        let lines: String = events.iter().map(line_of).collect();
        let written = open_to_append(&path).and_then(|mut file| file.write_all(lines.as_bytes()));
        written.map_err(Error::io("write", &path))
    }

    fn shorten(&self, path: &Path) -> Result<()> {
        if path.metadata().is_ok_and(|found| found.len() > LARGEST) {
            let events = self.after(None, 0)?;
            let kept: String = events[events.len() / 2..].iter().map(line_of).collect();
            replace_unsynced(path, kept.as_bytes())?;
        }
        Ok(())
    }

    /// Returns the events after a number. `place` is where the last reading ended, so that only what is new is read.
    pub(super) fn after(&self, place: Option<&mut LogPosition>, number: u64) -> Result<Vec<LogEvent>> {
        let path = self.folder.join(LOG);
        let Ok(mut file) = open_regular(OpenOptions::new().read(true), &path) else { return Ok(Vec::new()) };
        let inode = file.metadata().map_err(Error::io("read", &path))?.ino();
        let begin = place.as_ref().filter(|place| place.inode == inode).map_or(0, |place| place.read);
        let mut text = Vec::new();
        let read = file.seek(SeekFrom::Start(begin)).and_then(|_| file.read_to_end(&mut text));
        read.map_err(Error::io("read", &path))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if let Some(place) = place {
            *place = LogPosition { inode, read: begin + whole as u64 };
        }
        let lines = text[..whole].split(|byte| *byte == b'\n');
        let events = lines.filter_map(|line| serde_json::from_slice::<LogEvent>(line).ok());
        Ok(events.filter(|event| event.number() > number).collect())
    }

    /// Finds the number that a cursor means; fails where events after it are not there any more.
    pub(super) fn number_of(&self, cursor: &str, last: &Cursor) -> Result<u64> {
        if cursor == "start" {
            return Ok(0);
        }
        let hint = "`--since start` reads all that there is";
        let Some(given) = Cursor::parse(cursor) else {
            return Err(Error::usage_with(format!("invalid cursor `{}`", cursor.escape_debug()), hint));
        };
        if given.log != last.log || given.number > last.number {
            return Err(Error::not_found(
                format!("`{given}` is a cursor of another log than {}", last.log),
                hint,
            ));
        }
        let oldest = self.after(None, 0)?.first().map_or(0, LogEvent::number);
        if given.number + 1 < oldest {
            return Err(Error::not_found(
                format!("events right after `{given}` are not kept any more"),
                hint,
            ));
        }
        Ok(given.number)
    }
}

/// Where a reading of the log has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LogPosition {
    inode: u64,
    read: u64,
}

/// Returns an event as a line.
pub(super) fn line_of(event: &LogEvent) -> String {
    let line = serde_json::to_string(event).expect("plain data with text keys is always JSON");
    format!("{line}\n")
}
