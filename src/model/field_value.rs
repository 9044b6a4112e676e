//! The kinds of fields, and their values: for tables, JSON, sorting, and on their way into a task.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::{BoxCount, Field, Minutes, Priority, RunId, SprintId, Stage, TaskId, Texts};

/// What kind of value a field contains: how it is read, written, checked, requested, compared and merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Id,
    /// A sentence, of which people know a part.
    Text,
    /// One word of letters, digits, `-` and `_`.
    Word,
    /// A name that people know as a whole.
    Label,
    Person,
    Priority,
    Stage,
    Sprint,
    /// A run of tasks.
    Run,
    /// A sentence; the empty one is a bare yes.
    Reason,
    Task,
    Labels,
    Tasks,
    Paths,
    Duration,
    Date,
    /// The moves of a task.
    Moves,
    Status,
    Badge,
    Flag,
    Moment,
    Checkboxes,
    Body,
}

/// Where in a file a field is, so that a change of plan and a move touch no neighbouring lines: plans above
/// `created`, progress below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FieldPart {
    Planning,
    Progress,
    /// In no file's front matter: computed, or the body.
    Derived,
}

/// How a field is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editing {
    /// By `tracker set`.
    Set,
    /// In another way, which this tells.
    Otherwise(&'static str),
}

/// The value of one field of one task.
///
/// `Display` writes it for a table; `Serialize` writes it for JSON: a missing value as null, lists as arrays,
/// durations as minutes, days as `2026-11-11`, times in RFC 3339, checkboxes as `{"done":…,"total":…}`.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'a> {
    Missing,
    Text(Cow<'a, str>),
    /// Several texts, in the file's order; at least one.
    List(Texts<'a>),
    Minutes(Minutes),
    Day(NaiveDate),
    Moment(DateTime<Utc>),
    /// At least one.
    Checkboxes(BoxCount),
    Flag(bool),
}

impl<'a> FieldValue<'a> {
    #[must_use]
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Missing, |text| Self::Text(Cow::Borrowed(text)))
    }

    #[must_use]
    pub fn list(items: &Texts<'a>) -> Self {
        if items.is_empty() { Self::Missing } else { Self::List(items.clone()) }
    }

    #[must_use]
    pub fn minutes(minutes: Option<u32>) -> Self {
        minutes.map_or(Self::Missing, |minutes| Self::Minutes(Minutes(minutes)))
    }

    /// Makes a value of a day that is counted from the common era.
    #[must_use]
    pub fn day(day: Option<i32>) -> Self {
        day.and_then(NaiveDate::from_num_days_from_ce_opt).map_or(Self::Missing, Self::Day)
    }

    #[must_use]
    pub fn moment(moment: Option<DateTime<Utc>>) -> Self {
        moment.map_or(Self::Missing, Self::Moment)
    }

    #[must_use]
    pub fn checkboxes(count: BoxCount) -> Self {
        if count.total == 0 { Self::Missing } else { Self::Checkboxes(count) }
    }

    #[must_use]
    pub fn is_missing(&self) -> bool {
        *self == Self::Missing
    }

    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Yields the texts of a text or a list.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let list = if let Self::List(items) = self { Some(items.iter()) } else { None };
        self.as_text().into_iter().chain(list.into_iter().flatten())
    }

    #[must_use]
    pub fn into_text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text.into_owned()) } else { None }
    }

    #[must_use]
    pub fn into_list(self) -> Vec<String> {
        self.texts().map(str::to_owned).collect()
    }

    #[must_use]
    pub fn into_task(self) -> Option<TaskId> {
        TaskId::parse(self.as_text()?).ok()
    }

    #[must_use]
    pub fn into_tasks(self) -> Vec<TaskId> {
        self.texts().filter_map(|text| TaskId::parse(text).ok()).collect()
    }

    #[must_use]
    pub fn into_sprint(self) -> Option<SprintId> {
        SprintId::parse(self.as_text()?).ok()
    }

    #[must_use]
    pub fn into_run(self) -> Option<RunId> {
        RunId::parse(self.as_text()?).ok()
    }

    #[must_use]
    pub fn into_priority(self) -> Option<Priority> {
        self.as_text().map(Priority::parse)
    }

    #[must_use]
    pub fn into_stage(self) -> Option<Stage> {
        Stage::parse(self.as_text()?)
    }

    #[must_use]
    pub fn into_minutes(self) -> Option<Minutes> {
        if let Self::Minutes(minutes) = self { Some(minutes) } else { None }
    }

    #[must_use]
    pub fn into_day(self) -> Option<NaiveDate> {
        if let Self::Day(day) = self { Some(day) } else { None }
    }
}

impl fmt::Display for FieldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.pad(""),
            Self::Text(text) => f.pad(text),
            Self::List(items) => f.pad(&items.join(", ")),
            Self::Minutes(minutes) => minutes.fmt(f),
            Self::Day(day) => f.pad(&day.to_string()),
            Self::Moment(time) => f.pad(&time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Checkboxes(count) => f.pad(&format!("{}/{}", count.done, count.total)),
            Self::Flag(flag) => f.pad(if *flag { "yes" } else { "no" }),
        }
    }
}

impl Serialize for FieldValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Missing => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items.iter()),
            Self::Minutes(minutes) => serializer.serialize_u32(minutes.0),
            Self::Day(day) => serializer.collect_str(day),
            Self::Moment(time) => serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Checkboxes(count) => count.serialize(serializer),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

/// A text that is no value of its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {} `{}`", kind.noun(), on_one_line(text))]
pub struct InvalidValue {
    pub kind: FieldKind,
    pub text: String,
    /// What would have been one, such as `a date such as 2026-11-11`.
    pub expected: &'static str,
}

impl Field {
    /// Reads one value as a file or a person gives it: the whole of a scalar, or one item of a list.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse_value(self, text: &str) -> Result<FieldValue<'_>, InvalidValue> {
        let kind = self.kind();
        let invalid = || InvalidValue { kind, text: text.to_owned(), expected: kind.expected() };
        let valid = |is_valid: bool| is_valid.then_some(FieldValue::Text(Cow::Borrowed(text)));
        let value = match kind {
            FieldKind::Id | FieldKind::Task | FieldKind::Tasks => valid(TaskId::parse(text).is_ok()),
            FieldKind::Sprint => valid(SprintId::parse(text).is_ok()),
            FieldKind::Run => valid(RunId::parse(text).is_ok()),
            FieldKind::Stage => valid(Stage::parse(text).is_some()),
            FieldKind::Word => valid(is_word(text)),
            FieldKind::Priority => match Priority::parse(text) {
                Priority::Unknown(_) => None,
                known => Some(FieldValue::Text(Cow::Owned(known.as_str().to_owned()))),
            },
            FieldKind::Duration => Minutes::parse(text).map(FieldValue::Minutes),
            FieldKind::Date => text.parse().ok().map(FieldValue::Day),
            _ => valid(true),
        };
        value.ok_or_else(invalid)
    }
}

impl FieldKind {
    /// Returns what one of its values is called.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Id | Self::Task | Self::Tasks => "id",
            Self::Word => "type",
            Self::Priority => "priority",
            Self::Sprint => "sprint",
            Self::Run => "run",
            Self::Stage => "stage",
            Self::Paths => "path",
            Self::Duration => "duration",
            Self::Date => "date",
            _ => "value",
        }
    }

    /// Says what its values look like.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Self::Id | Self::Task | Self::Tasks => {
                "an id such as TASK-7Q2M: capital letters and digits, one hyphen"
            }
            Self::Word => "one word of letters, digits, `-` and `_`, such as feature",
            Self::Priority => "critical, high, medium or low",
            Self::Sprint => SprintId::EXPECTED,
            Self::Run => "the id of a task run, such as RUN-4F2K",
            Self::Stage => "lowercase letters, digits, `-` and `_`, such as dev",
            Self::Duration => "a duration such as 45m, 2h, 1h 30m or 3d (a day is 8 hours)",
            Self::Date => "a date such as 2026-11-11",
            Self::Paths => "a path below the top of the working tree",
            _ => "text",
        }
    }
}

/// Returns a text as an error may repeat it: not too long, and without what acts on a terminal.
fn on_one_line(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn is_word(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}
