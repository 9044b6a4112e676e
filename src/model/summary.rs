//! The part of a task that lists, queues and boards need: borrowed, so that ten thousand cost little.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Stage, Texts};

/// Ticked and all check boxes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BoxCount {
    /// How many are ticked.
    pub done: u32,
    /// How many there are.
    pub total: u32,
}

/// A task without its body, history and unknown keys. Borrows from a [`super::Task`] or from the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary<'a> {
    /// The id.
    pub id: &'a str,
    /// One line.
    pub title: &'a str,
    /// `type`.
    pub kind: Option<&'a str>,
    /// As written.
    pub priority: Option<&'a str>,
    /// Stage name.
    pub stage: &'a str,
    /// Who works on it.
    pub assignee: Option<&'a str>,
    /// The part of the product it belongs to.
    pub area: Option<&'a str>,
    /// Free labels.
    pub tags: Texts<'a>,
    /// Sprint id.
    pub sprint: Option<&'a str>,
    /// Ids of tasks that must be done first.
    pub depends_on: Texts<'a>,
    /// Target files.
    pub files: Texts<'a>,
    /// Minutes.
    pub estimate: Option<u32>,
    /// Minutes.
    pub spent: Option<u32>,
    /// Day of creation, counted from the common era.
    pub created: Option<i32>,
    /// Why it is blocked by hand.
    pub blocked: Option<&'a str>,
    /// Why it will not be done.
    pub cancelled: Option<&'a str>,
    /// Where it was imported from.
    pub source: Option<&'a str>,
    /// Seconds since 1970: the last move or the creation.
    pub updated: Option<i64>,
    /// Seconds since 1970: when it entered its stage.
    pub since: Option<i64>,
    /// Check boxes under Deliverables.
    pub deliverables: BoxCount,
    /// All check boxes.
    pub boxes: BoxCount,
}

#[cfg(test)]
impl<'a> Summary<'a> {
    /// Makes a task that has an id, a title and nothing else.
    pub(crate) fn bare(id: &'a str, title: &'a str) -> Self {
        Self {
            id,
            title,
            kind: None,
            priority: None,
            stage: Stage::NONE,
            assignee: None,
            area: None,
            tags: Texts::default(),
            sprint: None,
            depends_on: Texts::default(),
            files: Texts::default(),
            estimate: None,
            spent: None,
            created: None,
            blocked: None,
            cancelled: None,
            source: None,
            updated: None,
            since: None,
            deliverables: BoxCount::default(),
            boxes: BoxCount::default(),
        }
    }
}

impl Summary<'_> {
    /// Returns the day of creation.
    #[must_use]
    pub fn created_day(&self) -> Option<NaiveDate> {
        self.created.and_then(NaiveDate::from_num_days_from_ce_opt)
    }

    /// Returns when it last changed.
    #[must_use]
    pub fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.updated.and_then(|seconds| DateTime::from_timestamp(seconds, 0))
    }

    /// Returns when it entered its stage.
    #[must_use]
    pub fn since_at(&self) -> Option<DateTime<Utc>> {
        self.since.and_then(|seconds| DateTime::from_timestamp(seconds, 0))
    }

    /// Tells whether nothing is left to do: complete or cancelled.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.cancelled.is_some() || self.stage == Stage::COMPLETE
    }
}
