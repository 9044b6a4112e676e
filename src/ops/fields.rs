//! Values of fields as people write them: checked, and brought into the form that a file has.

use std::borrow::Cow;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset};

use super::run::run_to_join;
use super::sprint::{misspelt, no_such_sprint};
use super::{Error, Result, Session};
use crate::doc::{Edit, Value};
use crate::model::{Editing, Field, FieldKind, FieldValue, SprintId, Task, TaskId, is_same_name};
use crate::query;

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

/// One field to change, such as `priority=high`, `tags+=ui` or `estimate=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The field's name or key, as given.
    pub name: String,
    /// What to do.
    pub operator: AssignmentOperator,
    /// The value as given.
    pub value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (left, value) =
            text.split_once('=').ok_or_else(|| format!("expected FIELD=VALUE, got `{text}`"))?;
        let (name, operator) = match left.strip_suffix(['+', '-']) {
            Some(name) if left.ends_with('+') => (name, AssignmentOperator::Add),
            Some(name) => (name, AssignmentOperator::Remove),
            None => (left, AssignmentOperator::Set),
        };
        if name.is_empty() {
            return Err(format!("expected FIELD=VALUE, got `{text}`"));
        }
        Ok(Self { name: name.to_owned(), operator, value: value.to_owned() })
    }
}

impl Assignment {
    /// Returns the field that it changes; none for a key of the task's own.
    #[must_use]
    pub fn field(&self) -> Option<Field> {
        Field::of_key(&self.name).or_else(|| Field::parse(&self.name))
    }

    /// Yields the items of a list as it is written on the command line.
    pub(super) fn items(&self) -> impl Iterator<Item = &str> {
        self.value.split(',').map(str::trim).filter(|item| !item.is_empty())
    }
}

/// Reads values that people write.
pub(super) struct ValueReader<'r> {
    /// Finds the id that a part of it means.
    pub(super) resolve: &'r dyn Fn(&str) -> Result<String>,
    /// Decides which day `today` is.
    pub(super) now: DateTime<FixedOffset>,
    /// The sprints that there are.
    sprints: Vec<SprintId>,
    session: &'r Session<'r>,
}

/// How users name themselves, as in queries.
const ME: &str = "@me";

/// Returns the name that a person gives, with [`ME`] replaced by the user's own.
pub(super) fn person(session: &Session<'_>, name: &str) -> Result<String> {
    if name.trim().eq_ignore_ascii_case(ME) { session.actor() } else { Ok(name.to_owned()) }
}

impl<'r> ValueReader<'r> {
    pub(super) fn new(session: &'r Session<'r>, resolve: &'r dyn Fn(&str) -> Result<String>) -> Self {
        // Where the folder cannot be read, the value is taken as it is written.
        let sprints = session.snapshot().sprint_ids().unwrap_or_default();
        Self { resolve, now: session.env().local_now(), sprints, session }
    }

    /// Checks the values that people give a field, and gives them to a task in the form that a file has.
    pub(super) fn put(&self, field: Field, values: &[String], task: &mut Task) -> Result<()> {
        let mut values = values.iter().map(|value| value.trim()).filter(|value| !value.is_empty());
        if !field.is_list() {
            if let Some(value) = values.next() {
                field.put(task, self.scalar(field, value)?);
            }
            return Ok(());
        }
        let mut items: Vec<String> = Vec::new();
        for value in values {
            let item = self.item(field, value)?;
            if !items.iter().any(|other| is_same_item(field, other, &item)) {
                items.push(item);
            }
        }
        field.put(task, FieldValue::list(&items.iter().map(String::as_str).collect()));
        Ok(())
    }

    /// Checks the value of a field that is no list.
    pub(super) fn scalar<'v>(&self, field: Field, value: &'v str) -> Result<FieldValue<'v>> {
        let key = field.key();
        refuse_control_characters(key, value)?;
        match field.kind() {
            FieldKind::Text | FieldKind::Label | FieldKind::Person if value.contains('\n') => {
                return Err(Error::usage(format!("`{key}` takes one line")));
            }
            FieldKind::Text if field == Field::Title && value.is_empty() => {
                return Err(Error::usage("a task needs a title"));
            }
            FieldKind::Person if value.eq_ignore_ascii_case(ME) => {
                return Ok(FieldValue::Text(Cow::Owned(person(self.session, value)?)));
            }
            _ if field == Field::Type => {
                // A type of another spelling would have another pipeline.
                let (config, _) = self.session.config_or_default();
                if let Some(name) = config.types.keys().find(|name| is_same_name(name, value)) {
                    return Ok(FieldValue::Text(Cow::Owned(name.clone())));
                }
            }
            FieldKind::Sprint => {
                if let Some(id) = self.sprints.iter().find(|id| id.as_str().eq_ignore_ascii_case(value)) {
                    return Ok(FieldValue::Text(Cow::Owned(id.to_string())));
                }
                // A sprint can be named before there is one, but hardly by a name that is almost another's.
                if misspelt(value, &self.sprints).is_some() {
                    return Err(no_such_sprint(value, &self.sprints));
                }
                // A name of the form of an id is written as ids are, before there is a sprint of that name.
                let upper = value.to_ascii_uppercase();
                if TaskId::check(&upper).is_ok() {
                    return Ok(FieldValue::Text(Cow::Owned(upper)));
                }
            }
            FieldKind::Run => return Ok(FieldValue::Text(Cow::Owned(run_to_join(self.session, value)?))),
            FieldKind::Task => return Ok(FieldValue::Text(Cow::Owned((self.resolve)(value)?))),
            FieldKind::Date => {
                if let Some(day) = query::read_day(value, self.now) {
                    return Ok(FieldValue::Day(day));
                }
                let error = field.parse_value(value).err().map(|error| error.to_string());
                return Err(Error::usage_with(error.unwrap_or_default(), query::DAY_HINT));
            }
            _ => {}
        }
        let read = field.parse_value(value);
        read.map_err(|error| Error::usage_with(error.to_string(), format!("expected {}", error.expected)))
    }

    /// Checks one item of a list.
    pub(super) fn item(&self, field: Field, value: &str) -> Result<String> {
        let key = field.key();
        refuse_control_characters(key, value)?;
        match field.kind() {
            FieldKind::Tasks => (self.resolve)(value),
            FieldKind::Paths => {
                if value.starts_with('/') || value.split('/').any(|part| part == "..") {
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

    /// Turns one assignment into edits.
    pub(super) fn edits(&self, assignment: &Assignment, task: &Task) -> Result<Vec<Edit>> {
        let (name, value) = (assignment.name.as_str(), assignment.value.trim());
        let is_own_key = task.unknown.iter().any(|(key, _)| key == name);
        let field = assignment.field().filter(|_| !is_own_key);
        let field = match field {
            Some(field) if field.row().editing == Editing::Set => Some(field),
            None if is_own_key => None,
            field => return Err(not_settable(name, field)),
        };
        if let Some(field) = field.filter(|field| field.is_list()) {
            return self.list_edits(field, assignment, task);
        }
        let key = field.map_or_else(|| name.to_owned(), |field| field.key().to_owned());
        if assignment.operator != AssignmentOperator::Set {
            let hint = format!("set it as a whole: {key}={value}");
            return Err(Error::usage_with(format!("`{key}` is not a list"), hint));
        }
        let value = match field {
            field if value.is_empty() && field != Some(Field::Title) => {
                return Ok(vec![Edit::Remove { key }]);
            }
            Some(field) => self.scalar(field, value)?,
            None if value.contains('\n') => return Err(Error::usage(format!("`{key}` takes one line"))),
            None => {
                refuse_control_characters(&key, value)?;
                FieldValue::text(Some(value))
            }
        };
        Ok(vec![edit_to(key, &value)])
    }

    fn list_edits(&self, field: Field, assignment: &Assignment, task: &Task) -> Result<Vec<Edit>> {
        let key = field.key();
        let checked = |value: &str| match assignment.operator {
            // What is to be removed may name a task that is no longer there.
            AssignmentOperator::Remove if field.kind() == FieldKind::Tasks => {
                Ok((self.resolve)(value).unwrap_or_else(|_| value.to_ascii_uppercase()))
            }
            _ => self.item(field, value),
        };
        let mut list: Vec<String> = Vec::new();
        for value in assignment.items() {
            let value = checked(value)?;
            // A tag that is there stays as it is spelled there.
            let own = task.value(field);
            let there = own.texts().find(|there| is_same_item(field, there, &value)).map(str::to_owned);
            let value = there.filter(|_| assignment.operator != AssignmentOperator::Set).unwrap_or(value);
            if !list.iter().any(|other| is_same_item(field, other, &value)) {
                list.push(value);
            }
        }
        if list.is_empty() && assignment.operator != AssignmentOperator::Set {
            let action =
                if assignment.operator == AssignmentOperator::Add { "add to" } else { "remove from" };
            let hint = format!("{key}= removes the whole list");
            return Err(Error::usage_with(format!("say what to {action} `{key}`"), hint));
        }
        let key = || key.to_owned();
        Ok(match assignment.operator {
            AssignmentOperator::Set if list.is_empty() => vec![Edit::Remove { key: key() }],
            AssignmentOperator::Set => vec![Edit::Set { key: key(), value: Value::List(list) }],
            AssignmentOperator::Add => {
                list.into_iter().map(|item| Edit::AddItem { key: key(), item }).collect()
            }
            // A list that contains nothing is left out.
            AssignmentOperator::Remove if is_all(&task.value(field), &list) => {
                vec![Edit::Remove { key: key() }]
            }
            AssignmentOperator::Remove => {
                list.into_iter().map(|item| Edit::RemoveItem { key: key(), item }).collect()
            }
        })
    }
}

/// Returns whether two items of a list are the same one: tags in whatever case and form of letters.
fn is_same_item(field: Field, a: &str, b: &str) -> bool {
    if field.kind() == FieldKind::Labels { is_same_name(a, b) } else { a == b }
}

/// Returns the edit that gives a key this value; a missing one removes the key.
pub(super) fn edit_to(key: String, value: &FieldValue<'_>) -> Edit {
    let value = match value {
        FieldValue::Missing => return Edit::Remove { key },
        FieldValue::List(items) => Value::List(items.iter().map(str::to_owned).collect()),
        FieldValue::Text(text) => Value::Text(text.clone().into_owned()),
        FieldValue::Minutes(minutes) => Value::Text(minutes.to_string()),
        value => Value::Plain(value.to_string()),
    };
    Edit::Set { key, value }
}

fn refuse_control_characters(key: &str, value: &str) -> Result<()> {
    if value.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::usage(format!("`{key}` takes no control characters")));
    }
    Ok(())
}

/// Checks a reason that a person gives, for the front matter: one line, nothing that a terminal obeys.
pub(super) fn reason(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Error::usage("a reason is one line, without control characters"));
    }
    Ok(text.to_owned())
}

/// Whether a list contains something, and nothing but these.
fn is_all(list: &FieldValue<'_>, items: &[String]) -> bool {
    !list.is_missing() && list.texts().all(|text| items.iter().any(|item| item == text))
}

fn not_settable(name: &str, field: Option<Field>) -> Error {
    let known = || Field::settable().map(Field::key);
    let hint = match field.map(|field| field.row().editing) {
        Some(Editing::Otherwise(hint)) => hint.to_owned(),
        _ => match query::nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "expected one of {}; a key of your own is added with tracker edit ID",
                known().collect::<Vec<_>>().join(", ")
            ),
        },
    };
    let what = if field.is_some() { "cannot be set" } else { "is not a field" };
    Error::usage_with(format!("`{name}` {what}"), hint)
}
