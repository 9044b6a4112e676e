//! Fields as people set them: `priority=high`, `tags+=ui`, `estimate=`.

use std::str::FromStr;

use chrono::NaiveDate;

use super::{Error, Result};
use crate::doc::{Edit, Value};
use crate::model::{Minutes, Priority, SprintId, Task};

/// What an assignment does with the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentOperator {
    /// `=`: sets it; an empty value removes it.
    Set,
    /// `+=`: adds to a list.
    Add,
    /// `-=`: removes from a list.
    Remove,
}

/// One field to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The key, as the record writes it.
    pub key: String,
    /// What to do.
    pub operator: AssignmentOperator,
    /// The value as given.
    pub value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (left, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is no FIELD=VALUE"))?;
        let (key, operator) = match left.strip_suffix(['+', '-']) {
            Some(key) if left.ends_with('+') => (key, AssignmentOperator::Add),
            Some(key) => (key, AssignmentOperator::Remove),
            None => (left, AssignmentOperator::Set),
        };
        if key.is_empty() {
            return Err(format!("`{text}` names no field"));
        }
        let key = match key {
            "tag" => "tags",
            "file" => "files",
            "dep" | "deps" | "depends" | "depends-on" => "depends_on",
            other => other,
        };
        Ok(Self { key: key.to_owned(), operator, value: value.to_owned() })
    }
}

/// Keys that `set` knows, for suggestions.
const SETTABLE: [&str; 12] = [
    "title",
    "type",
    "priority",
    "assignee",
    "area",
    "tags",
    "sprint",
    "depends_on",
    "files",
    "estimate",
    "spent",
    "created",
];

/// Turns one assignment into edits. `resolve` finds the id that a part of it means.
pub(super) fn edits_for(
    assignment: &Assignment,
    task: &Task,
    resolve: &dyn Fn(&str) -> Result<String>,
) -> Result<Vec<Edit>> {
    let key = assignment.key.as_str();
    if matches!(key, "tags" | "files" | "depends_on") {
        return list_edits(assignment, task, resolve);
    }
    if assignment.operator != AssignmentOperator::Set {
        return Err(Error::usage_with(
            format!("`{key}` is no list"),
            format!("set it as a whole: {key}={}", assignment.value),
        ));
    }
    let value = assignment.value.trim();
    let known = SETTABLE.contains(&key) || task.unknown.iter().any(|(name, _)| name == key);
    if !known {
        return Err(not_settable(key));
    }
    if value.is_empty() && key != "title" {
        return Ok(vec![Edit::Remove { key: key.to_owned() }]);
    }
    Ok(vec![Edit::Set { key: key.to_owned(), value: scalar(key, value)? }])
}

/// Checks and normalises the value of a field that is no list.
pub(super) fn scalar(key: &str, value: &str) -> Result<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    if value.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::usage(format!("`{key}` takes no control characters")));
    }
    match key {
        "title" if value.is_empty() => Err(Error::usage("a task needs a title")),
        "priority" => match Priority::parse(value) {
            Priority::Unknown(_) => Err(Error::usage_with(
                format!("`{value}` is no priority"),
                format!("one of {}", Priority::KNOWN.join(", ")),
            )),
            priority => Ok(text(priority.as_str())),
        },
        "sprint" => match SprintId::parse(&value.to_ascii_uppercase()) {
            Ok(id) => Ok(text(id.as_str())),
            Err(_) => Err(Error::usage_with(format!("`{value}` is no sprint"), "such as SPRINT-1")),
        },
        "estimate" | "spent" => match Minutes::parse(value) {
            Some(minutes) => Ok(text(&minutes.to_string())),
            None => Err(Error::usage_with(
                format!("`{value}` is no length of time"),
                "such as 45m, 2h, 1h 30m or 3d (a day is 8 hours)",
            )),
        },
        "created" => match value.parse::<NaiveDate>() {
            Ok(day) => Ok(Value::Plain(day.to_string())),
            Err(_) => Err(Error::usage_with(format!("`{value}` is no date"), "such as 2026-11-20")),
        },
        "type" if !is_word(value) => Err(Error::usage_with(
            format!("`{value}` is no task type"),
            "letters, digits, `-` and `_`, such as feature or bug",
        )),
        _ if value.contains('\n') => Err(Error::usage(format!("`{key}` takes one line"))),
        _ => Ok(text(value)),
    }
}

/// Checks a reason that a person gives, for the front matter: one line, nothing that a terminal obeys.
pub(super) fn reason(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Error::usage("a reason is one line, without control characters"));
    }
    Ok(text.to_owned())
}

/// Checks one item of a list.
pub(super) fn item(key: &str, value: &str, resolve: &dyn Fn(&str) -> Result<String>) -> Result<String> {
    if value.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::usage(format!("an item of `{key}` takes no control characters")));
    }
    match key {
        "depends_on" => resolve(value),
        "files" => {
            let outside = value.starts_with('/') || value.split('/').any(|part| part == "..");
            if outside {
                return Err(Error::usage_with(
                    format!("`{value}` does not lie in the repository"),
                    "give a path below the top of the working tree",
                ));
            }
            Ok(value.trim_start_matches("./").to_owned())
        }
        _ if value.contains('\n') => Err(Error::usage(format!("an item of `{key}` takes one line"))),
        _ => Ok(value.to_owned()),
    }
}

/// Splits a list as it is written on the command line.
pub(super) fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn list_edits(
    assignment: &Assignment,
    task: &Task,
    resolve: &dyn Fn(&str) -> Result<String>,
) -> Result<Vec<Edit>> {
    let key = &assignment.key;
    let checked = |value: &str| match assignment.operator {
        // What is to be removed may name a task that is no longer there.
        AssignmentOperator::Remove if key == "depends_on" => {
            Ok(resolve(value).unwrap_or_else(|_| value.to_ascii_uppercase()))
        }
        _ => item(key, value, resolve),
    };
    let mut list = Vec::new();
    for value in items(&assignment.value) {
        let value = checked(value)?;
        if !list.contains(&value) {
            list.push(value);
        }
    }
    if list.is_empty() && assignment.operator != AssignmentOperator::Set {
        let deed = if assignment.operator == AssignmentOperator::Add { "add to" } else { "take out of" };
        return Err(Error::usage_with(
            format!("say what to {deed} `{key}`"),
            format!("{key}= removes it as a whole"),
        ));
    }
    let key = || key.clone();
    Ok(match assignment.operator {
        AssignmentOperator::Set if list.is_empty() => vec![Edit::Remove { key: key() }],
        AssignmentOperator::Set => vec![Edit::Set { key: key(), value: Value::List(list) }],
        AssignmentOperator::Add => list.into_iter().map(|item| Edit::AddItem { key: key(), item }).collect(),
        // A list that holds nothing is left out.
        AssignmentOperator::Remove if is_all(&assignment.key, task, &list) => {
            vec![Edit::Remove { key: key() }]
        }
        AssignmentOperator::Remove => {
            list.into_iter().map(|item| Edit::RemoveItem { key: key(), item }).collect()
        }
    })
}

/// Tells whether a list of the task holds something, and nothing but these.
fn is_all(key: &str, task: &Task, items: &[String]) -> bool {
    let summary = task.summary();
    let held = match key {
        "tags" => summary.tags,
        "files" => summary.files,
        _ => summary.depends_on,
    };
    !held.is_empty() && held.iter().all(|held| items.iter().any(|item| item == held))
}

fn not_settable(key: &str) -> Error {
    let hint = match key {
        "stage" => "a stage is moved to: tracker set-stage ID STAGE".to_owned(),
        "status" => "status is derived: tracker start, block, cancel, set-stage".to_owned(),
        "blocked" => "tracker block ID WHY, tracker unblock ID".to_owned(),
        "cancelled" => "tracker cancel ID WHY, tracker reopen ID".to_owned(),
        "id" | "history" => "it is written by the tracker alone".to_owned(),
        _ => match similar::get_close_matches(key, &SETTABLE, 1, 0.6).first() {
            Some(close) => format!("did you mean `{close}`?"),
            None => {
                format!("one of {}; a key of your own is added with tracker edit ID", SETTABLE.join(", "))
            }
        },
    };
    Error::usage_with(format!("`{key}` is no field that can be set"), hint)
}

fn is_word(text: &str) -> bool {
    text.len() <= 40 && text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}
