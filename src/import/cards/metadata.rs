//! What a card's metadata lines say. A line that is not understood, or says more than its value, is not taken.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;

use crate::doc::cards::field::{self, Key, Name};
use crate::doc::cards::section::{Entry, Parts};
use crate::doc::cards::status::{self, Reading};
use crate::doc::cards::value;
use crate::doc::cards::value::Day;
use crate::model::{
    Field, FieldKind, FieldValue, Minutes, Problem, Stage, Status, Task, TaskId, is_same_name,
};

use super::{Lines, Placed};

/// A card's metadata.
#[derive(Debug)]
pub(super) struct Metadata {
    /// The task as far as its fields are given.
    pub(super) task: Task,
    pub(super) title: Option<String>,
    pub(super) status: Option<Reading>,
    pub(super) stage: Option<Stage>,
    pub(super) date: Option<NaiveDate>,
    pub(super) updated: Option<NaiveDate>,
    pub(super) completed: Option<NaiveDate>,
    /// Completed, and no line says when.
    pub(super) is_undated: bool,
    /// The names among the task's unknown keys.
    kept: HashSet<String>,
    /// Numbers of the lines that need not be in the body.
    pub(super) taken: BTreeSet<usize>,
    /// The lines of the keys, where they are given.
    pub(super) lines: BTreeMap<Key, usize>,
    pub(super) placed: Vec<Placed>,
    pub(super) problems: Vec<Problem>,
}

/// What became of a line.
enum Outcome {
    /// The task contains all that it says.
    Taken(&'static str),
    /// The task contains what it could; the line stays in the body for the rest.
    Understood(&'static str),
    /// The line stays in the body.
    Left,
}

/// Reads all metadata lines of a card.
pub(super) fn read(id: TaskId, parts: &Parts<'_>) -> Metadata {
    let mut metadata = Metadata {
        task: Task::new(id, ""),
        title: None,
        status: None,
        stage: None,
        date: None,
        updated: None,
        completed: None,
        is_undated: false,
        kept: HashSet::new(),
        taken: BTreeSet::new(),
        lines: BTreeMap::new(),
        placed: Vec::new(),
        problems: Vec::new(),
    };
    let all = std::iter::once(&parts.preamble).chain(&parts.sections);
    for entry in all.flat_map(|part| &part.entries) {
        metadata.take(entry);
    }
    for entry in &parts.preamble.entries {
        metadata.warn_of_near_miss(entry);
    }
    metadata
}

impl Metadata {
    fn take(&mut self, entry: &Entry<'_>) {
        let Some(field) = &entry.field else { return };
        let outcome = match &field.name {
            Name::Known(key) => match self.lines.get(key) {
                Some(first) => {
                    let what = format!("is given on line {first} already");
                    self.warn(entry.number, format!("`{}` {what}", value::one_line(field.shown)));
                    Outcome::Left
                }
                None => {
                    self.lines.insert(*key, entry.number);
                    let (before, outcome) = (self.problems.len(), self.set(*key, field.value));
                    if matches!(outcome, Outcome::Left) && self.problems.len() == before {
                        let (value, shown) = (value::one_line(field.value), value::one_line(field.shown));
                        self.warn(entry.number, format!("cannot read `{value}` as {}", shown.to_lowercase()));
                    }
                    outcome
                }
            },
            Name::FrontMatter(name) => self.keep(name, &value::read(field.value).text),
            Name::Other => Outcome::Left,
        };
        let to = match outcome {
            Outcome::Taken(to) => {
                self.taken.insert(entry.number);
                to.to_owned()
            }
            Outcome::Understood(to) => format!("{to} and body"),
            Outcome::Left => "body".to_owned(),
        };
        let lines = Lines { first: entry.number, last: entry.number };
        self.placed.push(Placed { what: field.shown.to_owned(), lines, to });
    }

    fn warn(&mut self, line: usize, message: String) {
        self.problems.push(Problem::warning(message).at_line(line).with_hint("the line is kept in the body"));
    }

    /// Warns of a line above the sections that begins with a known name and is read as text.
    fn warn_of_near_miss(&mut self, entry: &Entry<'_>) {
        if let Some(field) = &entry.field {
            let meant = field::meant(field.shown).filter(|_| !matches!(field.name, Name::Known(_)));
            if let Some(meant) = meant {
                let (shown, is_key) =
                    (value::one_line(field.shown), matches!(field.name, Name::FrontMatter(_)));
                let what = if is_key { "is kept as a key of that name" } else { "is read as text" };
                let problem = Problem::warning(format!("`{shown}` {what}")).at_line(entry.number);
                self.problems.push(problem.with_hint(format!("did you mean `**{meant}:**`?")));
            }
            return;
        }
        if !entry.may_be_metadata {
            return;
        }
        let written = field::read(&entry.text).filter(|field| field.bold);
        let known = written.and_then(|field| match field.name {
            Name::Known(_) => Some(field.shown),
            _ => None,
        });
        if let Some(name) = known.or_else(|| field::nearly(&entry.text)) {
            let name = value::one_line(name);
            let problem = Problem::warning(format!("`{name}` is read as text")).at_line(entry.number);
            let hint = format!("write `**{name}:** …` directly below the heading");
            self.problems.push(problem.with_hint(hint));
        }
    }

    fn keep(&mut self, name: &str, text: &str) -> Outcome {
        if !self.kept.insert(name.to_owned()) {
            return Outcome::Left;
        }
        self.task.unknown.push((name.to_owned(), text.to_owned()));
        Outcome::Taken("a front matter key of that name")
    }

    fn set(&mut self, key: Key, text: &str) -> Outcome {
        match key {
            Key::Date => set_day(&mut self.date, text, "created and history"),
            Key::Completed => set_day(&mut self.completed, text, "history"),
            Key::Branch => {
                let read = value::read(text);
                if read.text.is_empty() && !read.exact {
                    return Outcome::Taken("nothing: it is empty");
                }
                self.keep("branch", &read.text)
            }
            Key::Field(Field::Title) => self.set_title(text),
            Key::Field(Field::Status) => self.set_status(text),
            Key::Field(Field::Updated) => set_day(&mut self.updated, text, "history"),
            Key::Field(Field::Cancelled) => self.set_cancelled(text),
            Key::Field(Field::Stage) => {
                let mut stage = None;
                let outcome = set_parsed(text, "stage", |text| {
                    stage = Stage::parse(text);
                    stage.is_some()
                });
                self.stage = stage;
                outcome
            }
            Key::Field(field) => self.set_field(field, text),
        }
    }

    fn set_field(&mut self, field: Field, text: &str) -> Outcome {
        let (key, task) = (field.key(), &mut self.task);
        match field.kind() {
            FieldKind::Person => self.set_assignee(text),
            FieldKind::Priority => self.set_priority(text),
            FieldKind::Reason => set_reason(field, task, text),
            FieldKind::Date => {
                let mut day = None;
                let outcome = set_day(&mut day, text, key);
                field.put(task, day.map_or(FieldValue::Missing, FieldValue::Day));
                outcome
            }
            FieldKind::Duration => set_minutes(field, task, text),
            FieldKind::Labels => {
                let mut items: Vec<String> = Vec::new();
                for item in value::read_list(text) {
                    if !items.iter().any(|other| is_same_name(other, &item)) {
                        items.push(item);
                    }
                }
                field.put(task, FieldValue::list(&items.iter().map(String::as_str).collect()));
                Outcome::Taken(key)
            }
            FieldKind::Tasks => {
                if value::is_placeholder(text) {
                    return Outcome::Taken("nothing: it is empty");
                }
                let (ids, has_more) = value::read_ids(text);
                if ids.iter().any(|id| field.parse_value(id).is_err()) {
                    return Outcome::Left;
                }
                field.put(task, FieldValue::list(&ids.iter().map(String::as_str).collect()));
                if has_more { Outcome::Understood(key) } else { Outcome::Taken(key) }
            }
            _ => set_parsed(text, key, |text| {
                field.parse_value(text).map(|value| field.put(task, value)).is_ok()
            }),
        }
    }

    fn set_title(&mut self, text: &str) -> Outcome {
        let title = value::read(text);
        if !title.exact {
            return Outcome::Left;
        }
        self.title = Some(title.text);
        Outcome::Taken("title")
    }

    fn set_status(&mut self, text: &str) -> Outcome {
        let Some(reading) = status::read(text) else {
            let line = self.lines.get(&Key::Field(Field::Status)).copied().unwrap_or_default();
            let problem =
                Problem::warning(format!("`{}` is not a status", value::one_line(text))).at_line(line);
            let hint = "write NOT_STARTED, IN_PROGRESS, COMPLETED, BLOCKED or CANCELLED; the line is kept in the body";
            self.problems.push(problem.with_hint(hint));
            return Outcome::Left;
        };
        self.status = Some(reading);
        let to = match reading.status {
            Status::Blocked => "blocked",
            Status::Cancelled => "cancelled",
            _ => "stage",
        };
        if reading.has_more { Outcome::Understood(to) } else { Outcome::Taken(to) }
    }

    fn set_assignee(&mut self, text: &str) -> Outcome {
        let assignee = value::read_person(text);
        self.task.assignee = assignee.first;
        match assignee.whole {
            Some(whole) => match self.keep("assigned", &whole) {
                Outcome::Taken(_) => Outcome::Taken("assignee and the front matter key assigned"),
                _ => Outcome::Understood("assignee"),
            },
            None => Outcome::Taken("assignee"),
        }
    }

    fn set_priority(&mut self, text: &str) -> Outcome {
        let Some(reading) = value::read_priority(text) else {
            return if value::is_placeholder(text) {
                Outcome::Taken("nothing: it is empty")
            } else {
                Outcome::Left
            };
        };
        self.task.priority = Some(reading.priority);
        if reading.has_more { Outcome::Understood("priority") } else { Outcome::Taken("priority") }
    }

    fn set_cancelled(&mut self, text: &str) -> Outcome {
        let day = value::read_day(text).filter(|day| !day.has_more && !value::read(text).exact);
        if let Some(Day { day, .. }) = day {
            self.task.cancelled = Some(format!("imported as cancelled, {day}"));
            return Outcome::Taken("cancelled");
        }
        set_reason(Field::Cancelled, &mut self.task, text)
    }
}

fn set_day(place: &mut Option<NaiveDate>, text: &str, to: &'static str) -> Outcome {
    if value::is_placeholder(text) {
        return Outcome::Taken("nothing: it is empty");
    }
    let Some(day) = value::read_day(text) else { return Outcome::Left };
    *place = Some(day.day);
    if day.has_more { Outcome::Understood(to) } else { Outcome::Taken(to) }
}

fn set_minutes(field: Field, task: &mut Task, text: &str) -> Outcome {
    let read = value::read(text);
    if !read.exact && value::is_placeholder(&read.text) {
        return Outcome::Taken("nothing: it is empty");
    }
    // A file cannot hold a duration of nothing in the form of one.
    let minutes = |text: &str| Minutes::parse(text).filter(|minutes| read.exact || minutes.0 > 0);
    let whole = minutes(&read.text);
    let head = read.text.split(['(', '—', '–']).next().unwrap_or_default();
    let Some(minutes) = whole.or_else(|| minutes(head.trim().trim_start_matches('~'))) else {
        return Outcome::Left;
    };
    field.put(task, FieldValue::Minutes(minutes));
    if whole.is_some() { Outcome::Taken(field.key()) } else { Outcome::Understood(field.key()) }
}

fn set_reason(field: Field, task: &mut Task, text: &str) -> Outcome {
    let read = value::read(text);
    if !read.exact && value::is_placeholder(&read.text) {
        return Outcome::Taken("nothing: it says no");
    }
    field.put(task, FieldValue::text(Some(&read.text)));
    Outcome::Taken(field.key())
}

fn set_parsed(text: &str, to: &'static str, mut set: impl FnMut(&str) -> bool) -> Outcome {
    let read = value::read(text);
    if !read.exact && value::is_placeholder(&read.text) {
        return Outcome::Taken("nothing: it is empty");
    }
    if set(&read.text) { Outcome::Taken(to) } else { Outcome::Left }
}
