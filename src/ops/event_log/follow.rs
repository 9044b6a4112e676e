//! `events`: reads the log from a cursor on, and goes on with what comes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::data_of;
use super::local::heartbeats;
use super::log::{EventLog, EventSources, LogPosition};
use super::webhooks::{OutboxLine, outbox};
use crate::model::{EventKind, KindPattern, LogEvent};
use crate::ops::log_folders;
use crate::ops::{Error, Result, Session};
use crate::store::{Watcher, Wrote};

/// How long nothing must be written before the records are looked at: a commit writes many files.
const QUIET: Duration = Duration::from_millis(30);
/// How long is waited for that at most, and again while git is at work.
const BUSY: Duration = Duration::from_millis(200);
/// How often git may be at work before what it has left is no sign of that any more.
const MOST_BUSY: u32 = 50;

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct EventsRequest {
    /// After which event; `start` for all. By default the last ones, and when following what comes.
    pub since: Option<String>,
    /// Kinds, such as `stage.entered` or `stage.*`; all if none.
    pub kinds: Vec<String>,
    /// Maximum number of events.
    pub limit: Option<usize>,
    /// Wait for what comes.
    pub follow: bool,
    /// What webhooks have still to send, instead.
    pub outbox: bool,
    /// How long to wait at most.
    pub timeout: Option<Duration>,
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EventsView {
    /// The oldest first.
    pub events: Vec<LogEvent>,
    /// Where to go on: the last event that was looked at.
    pub cursor: String,
    /// How many more match, where there is a maximum.
    pub more: usize,
    /// What each webhook has still to send, where that was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<OutboxLine>,
}

/// Reads the patterns of kinds.
fn patterns(kinds: &[String]) -> Result<Vec<KindPattern>> {
    let parse = |text: &String| {
        let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let hint = match crate::model::nearest(text, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`tracker help events` lists them".to_owned(),
        };
        let pattern = KindPattern::parse(text);
        pattern.ok_or_else(|| Error::usage_with(format!("unknown event `{}`", text.escape_debug()), hint))
    };
    kinds.iter().map(parse).collect()
}

/// Reads events. Where it follows, `observe` is given each as it comes, until it says no, the maximum is reached or the time is
/// over; none of them is in the answer then.
pub fn events(
    session: &mut Session<'_>,
    request: &EventsRequest,
    mut observe: impl FnMut(&LogEvent) -> bool,
) -> Result<EventsView> {
    let patterns = patterns(&request.kinds)?;
    let is_meant =
        |event: &LogEvent| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(event.kind));
    let log = EventLog::of(session)?;
    // Before the first look: what is written meanwhile is not missed.
    let mut feed = if request.follow { Some(Feed::new(session)?) } else { None };
    let last = log.update(session, EventSources::All)?;
    if request.outbox {
        let (events, cursor) = (Vec::new(), last.to_string());
        return Ok(EventsView { events, cursor, more: 0, outbox: outbox(session, &log, &last)? });
    }
    let number = match &request.since {
        Some(cursor) => log.number_of(cursor, &last)?,
        None if request.follow => last.number,
        None => 0,
    };
    let Some(feed) = &mut feed else {
        let mut events = log.after(None, number)?;
        events.retain(is_meant);
        return Ok(view_of(request, events, last.to_string()));
    };
    let (mut left, started) = (request.limit.unwrap_or(usize::MAX), session.env().monotonic());
    feed.number = number;
    let mut cursor = crate::model::Cursor { number, ..last }.to_string();
    feed.cursor.clone_from(&cursor);
    loop {
        for event in feed.more(session, &log)? {
            if event.kind.is_kept() {
                cursor.clone_from(&event.cursor);
            }
            if !is_meant(&event) {
                continue;
            }
            left -= 1;
            if !observe(&event) || left == 0 {
                return Ok(EventsView { events: Vec::new(), cursor, more: 0, outbox: Vec::new() });
            }
        }
        let rest = request.timeout.map(|limit| limit.saturating_sub(session.env().monotonic() - started));
        if !feed.wait(session, &log, rest)? {
            return Ok(EventsView { events: Vec::new(), cursor, more: 0, outbox: Vec::new() });
        }
    }
}

/// Returns what a reader gets who does not wait: after a cursor the first events, else the last ones.
fn view_of(request: &EventsRequest, mut events: Vec<LogEvent>, mut cursor: String) -> EventsView {
    /// Without a cursor.
    const LAST: usize = 20;
    let is_from_cursor = request.since.is_some();
    let most = request.limit.unwrap_or(if is_from_cursor { usize::MAX } else { LAST });
    let more = events.len().saturating_sub(most);
    if is_from_cursor {
        events.truncate(most);
        if let Some(end) = events.last().filter(|_| more > 0) {
            cursor.clone_from(&end.cursor);
        }
    } else {
        events.drain(..more);
    }
    EventsView { events, cursor, more, outbox: Vec::new() }
}

/// A reader that goes on.
pub(super) struct Feed {
    watcher: Watcher,
    roots: [PathBuf; 2],
    place: LogPosition,
    /// The last event that was read.
    pub(super) number: u64,
    cursor: String,
    beats: BTreeMap<String, std::time::SystemTime>,
}

impl Feed {
    /// Begins to watch.
    pub(super) fn new(session: &Session<'_>) -> Result<Self> {
        let roots = log_folders(session.workspace());
        let watcher = Watcher::with_local(session.workspace(), &roots)?;
        let (place, cursor, beats) = (LogPosition::default(), String::new(), BTreeMap::new());
        let mut feed = Self { watcher, roots, place, number: 0, cursor, beats };
        feed.watch_new();
        heartbeats(session, &mut feed.beats);
        Ok(feed)
    }

    /// Watches the folders of runs and workers that have come.
    fn watch_new(&mut self) {
        self.roots.iter().for_each(|root| self.watcher.watch_local_folders(root));
    }

    /// Returns what has come since.
    pub(super) fn more(&mut self, session: &Session<'_>, log: &EventLog) -> Result<Vec<LogEvent>> {
        let mut events = log.after(Some(&mut self.place), self.number)?;
        if let Some(last) = events.last() {
            (self.number, self.cursor) = (last.number(), last.cursor.clone());
        }
        for (at, data) in heartbeats(session, &mut self.beats) {
            let (kind, cursor) = (EventKind::WorkerHeartbeat, events.last().map(|own| own.cursor.clone()));
            let (cursor, data) = (cursor.unwrap_or_else(|| self.cursor.clone()), data_of(data));
            events.push(LogEvent { cursor, kind, timestamp: at, depth: 0, data });
        }
        Ok(events)
    }

    /// Waits until something is written, and looks at what has happened; or for a time, and returns that nothing was.
    pub(super) fn wait(
        &mut self,
        session: &mut Session<'_>,
        log: &EventLog,
        most: Option<Duration>,
    ) -> Result<bool> {
        let Some(mut wrote) = self.watcher.wait_for(most) else { return Ok(false) };
        let git_dir = session.workspace().repo_paths().git_dir.clone();
        let started = session.env().monotonic();
        for _ in 0..MOST_BUSY {
            while let Some(more) = self.watcher.wait_for(Some(QUIET)) {
                wrote = wrote.max(more);
                if session.env().monotonic() - started > BUSY {
                    break;
                }
            }
            // What git is about to write is not there as a whole.
            if !git_dir.join("index.lock").exists() {
                break;
            }
            let _ = self.watcher.wait_for(Some(BUSY));
            wrote = Wrote::Records;
        }
        session.refresh()?;
        self.watch_new();
        log.update(session, if wrote == Wrote::Records { EventSources::All } else { EventSources::Local })?;
        Ok(true)
    }
}
