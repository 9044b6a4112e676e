//! The value of a task's field, for tables, JSON and sorting.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::{Field, Subject};
use crate::model::{BoxCount, Minutes, Texts};

/// The value of one field of one task.
///
/// `Display` writes it for a table; `Serialize` writes it for JSON: a missing value as null, lists as arrays,
/// lengths as minutes, days as `2026-11-11`, times in RFC 3339, check boxes as `{"done":…,"total":…}`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// The task does not have the field.
    Missing,
    /// A text.
    Text(Cow<'a, str>),
    /// Several texts, in the file's order; at least one.
    List(&'a Texts<'a>),
    /// A length of working time.
    Length(Minutes),
    /// A day.
    Day(NaiveDate),
    /// A moment.
    Time(DateTime<Utc>),
    /// Check boxes; at least one.
    Boxes(BoxCount),
    /// Yes or no.
    Flag(bool),
}

impl Field {
    /// Returns the value this field has in a task.
    #[must_use]
    pub fn value<'a>(self, subject: &Subject<'a>) -> Value<'a> {
        let (task, facts) = (subject.summary, subject.facts);
        match self {
            Self::Id => text(Some(task.id)),
            Self::Title => text(Some(task.title)),
            Self::Type => text(task.kind),
            Self::Priority => text(task.priority),
            Self::Stage => text(Some(task.stage)),
            Self::Status => text(Some(facts.status.as_str())),
            Self::Badge => text(Some(facts.badge.as_str())),
            Self::Ready => Value::Flag(facts.ready),
            Self::Assignee => text(task.assignee),
            Self::Area => text(task.area),
            Self::Tag => list(&task.tags),
            Self::Sprint => text(task.sprint),
            Self::Dep => list(&task.depends_on),
            Self::File => list(&task.files),
            Self::Estimate => some(task.estimate, |minutes| Value::Length(Minutes(minutes))),
            Self::Spent => some(task.spent, |minutes| Value::Length(Minutes(minutes))),
            Self::Created => some(task.created_day(), Value::Day),
            Self::Updated => some(task.updated_at(), Value::Time),
            Self::Since => some(task.since_at(), Value::Time),
            Self::Blocked => text(task.blocked),
            Self::Cancelled => text(task.cancelled),
            Self::Source => text(task.source),
            Self::Deliverables => boxes(task.deliverables),
            Self::Boxes => boxes(task.boxes),
            Self::Body => some((subject.body)(), Value::Text),
        }
    }
}

fn some<'a, T>(value: Option<T>, wrap: impl FnOnce(T) -> Value<'a>) -> Value<'a> {
    value.map_or(Value::Missing, wrap)
}

fn text(text: Option<&str>) -> Value<'_> {
    some(text, |text| Value::Text(Cow::Borrowed(text)))
}

fn list<'a>(items: &'a Texts<'a>) -> Value<'a> {
    if items.is_empty() { Value::Missing } else { Value::List(items) }
}

fn boxes<'a>(count: BoxCount) -> Value<'a> {
    if count.total == 0 { Value::Missing } else { Value::Boxes(count) }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.pad(""),
            Self::Text(text) => f.pad(text),
            Self::List(items) => f.pad(&items.join(", ")),
            Self::Length(minutes) => minutes.fmt(f),
            Self::Day(day) => f.pad(&day.to_string()),
            Self::Time(time) => f.pad(&time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Boxes(count) => f.pad(&format!("{}/{}", count.done, count.total)),
            Self::Flag(flag) => f.pad(if *flag { "yes" } else { "no" }),
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Missing => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items.iter()),
            Self::Length(minutes) => serializer.serialize_u32(minutes.0),
            Self::Day(day) => serializer.collect_str(day),
            Self::Time(time) => serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Boxes(count) => count.serialize(serializer),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}
