//! Events of the log: their kinds, their lines, and where a reader is in it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Data of an event, in the order in which it is printed.
pub type EventData = serde_json::Map<String, serde_json::Value>;

macro_rules! event_kinds {
    ($($variant:ident $name:literal $about:literal,)*) => {
        /// What has happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventKind {
            $(#[doc = $about] #[serde(rename = $name)] $variant,)*
        }

        impl EventKind {
            /// All of them, in the order of the help.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns its name, as it is printed and configured.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Describes when it is in the log.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

event_kinds! {
    LogStarted "log.started" "the log begins; what was there before is no event",
    TaskCreated "task.created" "a task is new on this branch",
    TaskRemoved "task.removed" "the file of a task is gone",
    TaskReady "task.ready" "a task that nobody has begun can begin",
    TaskBlocked "task.blocked" "a task was blocked by hand",
    TaskUnblocked "task.unblocked" "such a block was lifted",
    TaskCancelled "task.cancelled" "a task will not be done",
    TaskCompleted "task.completed" "a task has gone through its last stage",
    StageEntered "stage.entered" "a task has entered a stage, in whatever way",
    StageFailed "stage.failed" "a task was sent back from a stage",
    VoteCast "vote.cast" "somebody has approved, rejected or withdrawn",
    FindingOpened "finding.opened" "a finding is new, or open again",
    FindingClosed "finding.closed" "a finding was marked as fixed, resolved or waived",
    RunStarted "run.started" "a run of a workflow or a plan was started here",
    RunStopped "run.stopped" "a run is on hold, or waits for somebody",
    RunEnded "run.ended" "a run has ended",
    WorkerRegistered "worker.registered" "the process of a worker has started",
    WorkerHeartbeat "worker.heartbeat" "a worker lives; shown by --follow alone, and not kept",
    WorkerStarted "worker.started" "a worker has begun a round",
    WorkerCompleted "worker.completed" "a round has ended",
    WorkerFailed "worker.failed" "a round has found nothing out, or could not land",
    EscalationNeeded "worker.escalation_needed" "something waits for a person",
    EscalationResolved "escalation.resolved" "it waits no longer",
    TriggerStarted "trigger.started" "a trigger has started what it is for",
    TriggerEnded "trigger.ended" "that has ended",
    TriggerRefused "trigger.refused" "a trigger was not started: it would go on for ever",
    WebhookDelivered "webhook.delivered" "a server has taken an event",
    WebhookFailed "webhook.failed" "a server has not; it is sent again, or given up",
}

impl EventKind {
    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether it is in the log: a heartbeat means nothing later.
    #[must_use]
    pub fn is_kept(self) -> bool {
        self != Self::WorkerHeartbeat
    }

    /// Whether a trigger or a webhook can be for it: their own events would go on without end.
    #[must_use]
    pub fn can_trigger(self) -> bool {
        let is_own = matches!(self.as_str().split_once('.'), Some(("trigger" | "webhook", _)));
        self.is_kept() && !is_own
    }
}

/// Which kinds are meant: a name, or `stage.*` for all that begin so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindPattern(Box<str>);

impl KindPattern {
    /// Reads it; none where no kind is meant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pattern = Self(text.into());
        EventKind::ALL.iter().any(|kind| pattern.matches(*kind)).then_some(pattern)
    }

    /// Whether it means a kind.
    #[must_use]
    pub fn matches(&self, kind: EventKind) -> bool {
        match self.0.strip_suffix(".*") {
            Some(group) => kind.as_str().split_once('.').is_some_and(|(own, _)| own == group),
            None => *self.0 == *kind.as_str(),
        }
    }

    /// Returns it as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place in a log: after which event a reader goes on. Of another log it means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The log.
    pub log: String,
    /// The number of the last event that was read; 0 before the first.
    pub number: u64,
}

impl Cursor {
    /// Reads it as it is printed: `3f9a01c2-17`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (log, number) = text.split_once('-')?;
        let is_log = !log.is_empty() && log.bytes().all(|c| c.is_ascii_hexdigit());
        let is_number = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
        (is_log && is_number).then_some(())?;
        Some(Self { log: log.to_owned(), number: number.parse().ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.log, self.number)
    }
}

/// An event, as it is printed and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogEvent {
    /// Where a reader goes on after it: `tracker events --since CURSOR`.
    pub cursor: String,
    /// What has happened, such as `stage.entered`.
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    pub kind: EventKind,
    /// When it was noticed; of runs and workers, when it happened.
    pub timestamp: DateTime<Utc>,
    /// How many triggers led to it, each started by what the one before has done.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// What it is about.
    pub data: EventData,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl LogEvent {
    /// Returns its number within the log.
    #[must_use]
    pub fn number(&self) -> u64 {
        Cursor::parse(&self.cursor).map_or(0, |cursor| cursor.number)
    }

    /// Returns a text of its data; none where it has none of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.data.get(name)?.as_str()
    }

    /// Returns what it is about: a task, a run or a worker.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        ["task_id", "run_id", "worker_id"].iter().find_map(|name| self.text(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_its_name_and_a_pattern_a_group_of_them() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        let stages = KindPattern::parse("stage.*").unwrap();
        assert!(stages.matches(EventKind::StageFailed) && !stages.matches(EventKind::TaskReady));
        assert!(KindPattern::parse("task.ready").unwrap().matches(EventKind::TaskReady));
        for none in ["", "stage", "stage.", "*", "stage.*.*", "STAGE.ENTERED"] {
            assert_eq!(KindPattern::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_is_printed_and_nothing_else_is_one() {
        let cursor = Cursor { log: "3f9a01c2".into(), number: 17 };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for none in ["", "17", "3f-", "-1", "x-1", "3f--1", "3f-+1", "3f-1 ", "3f-99999999999999999999999"] {
            assert_eq!(Cursor::parse(none), None, "{none}");
        }
    }
}
