//! The event log of a working tree: what has happened to tasks, votes, findings, runs and workers, as lines of JSON with a
//! cursor, and what is started when something does. `events`, `watch --exec`.
//!
//! Nobody writes events as they act: who reads the log looks at what is there, compares it with what was there, and appends the
//! difference. So a pull, a commit of somebody else and an edit by hand are events as well, and nothing runs while nobody
//! reads. What triggers start comes from the configuration that is committed on the branch which others are merged into.
//!
//! ```text
//! <git dir>/tracker/events/
//!     log.jsonl          the events that are kept
//!     seen.json          what was there at the last look, and events that are still to be appended
//!     branch-*.json      the same of branches that are not checked out
//!     triggers.json      how far triggers have come; there while somebody runs them
//!     running.json       the trigger that runs
//!     webhooks.json      how far each webhook has come
//!     triggers.log       what triggers print
//! ```

mod chain;
mod follow;
mod local;
mod log;
mod post;
mod records;
mod triggers;
mod webhooks;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub(crate) use follow::{EventsRequest, EventsView, events};
pub(in crate::ops) use triggers::TRIGGER_VARIABLE;
pub(crate) use triggers::{TriggerNews, TriggersView, run_triggers};

use crate::model::{EventData, EventKind};

/// Something that has happened, before it is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Happened {
    kind: EventKind,
    /// When; now if nobody knows.
    at: Option<DateTime<Utc>>,
    data: EventData,
}

impl Happened {
    fn now(kind: EventKind, data: Value) -> Self {
        Self { kind, at: None, data: data_of(data) }
    }

    fn at(kind: EventKind, at: DateTime<Utc>, data: Value) -> Self {
        Self { kind, at: Some(at), data: data_of(data) }
    }
}

/// Returns what an object has, without what is not there.
fn data_of(value: Value) -> EventData {
    let Value::Object(mut data) = value else { return EventData::new() };
    data.retain(|_, value| !value.is_null());
    data
}
