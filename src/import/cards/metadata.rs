//! What a card's metadata lines say. A line that is not understood, or says more than its value, is not taken.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;

use crate::doc::cards::days::{self, Day};
use crate::doc::cards::field::{Key, Name};
use crate::doc::cards::section::{Entry, Parts};
use crate::doc::cards::status::{self, Reading};
use crate::doc::cards::{person, priority, value};
use crate::model::{Minutes, Priority, Problem, SprintId, Stage, Status, TaskId};

use super::{Lines, Placed};

/// A card's metadata.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) title: Option<String>,
    pub(super) status: Option<Reading>,
    pub(super) stage: Option<Stage>,
    pub(super) assignee: Option<String>,
    pub(super) priority: Option<Priority>,
    pub(super) date: Option<NaiveDate>,
    pub(super) created: Option<NaiveDate>,
    pub(super) updated: Option<NaiveDate>,
    pub(super) completed: Option<NaiveDate>,
    pub(super) kind: Option<String>,
    pub(super) area: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) sprint: Option<SprintId>,
    pub(super) depends_on: Vec<TaskId>,
    pub(super) estimate: Option<Minutes>,
    pub(super) spent: Option<Minutes>,
    pub(super) blocked: Option<String>,
    pub(super) cancelled: Option<String>,
    pub(super) unknown: Vec<(String, String)>,
    /// The names among `unknown`.
    kept: HashSet<String>,
    /// Numbers of the lines that need not stand in the body.
    pub(super) taken: BTreeSet<usize>,
    /// The lines of the keys, where they are given.
    pub(super) lines: BTreeMap<Key, usize>,
    pub(super) placed: Vec<Placed>,
    pub(super) problems: Vec<Problem>,
}

/// What became of a line.
enum Outcome {
    /// The task holds all that it says.
    Taken(&'static str),
    /// The task holds what it could; the line stays in the body for the rest.
    Understood(&'static str),
    /// The line stays in the body.
    Left,
}

/// Reads all metadata lines of a card.
pub(super) fn read(parts: &Parts<'_>) -> Metadata {
    let mut metadata = Metadata::default();
    let all = std::iter::once(&parts.preamble).chain(&parts.sections);
    for entry in all.flat_map(|part| &part.entries) {
        metadata.take(entry);
    }
    metadata
}

impl Metadata {
    fn take(&mut self, entry: &Entry<'_>) {
        let Some(field) = &entry.field else { return };
        let outcome = match &field.name {
            Name::Known(key) if self.lines.contains_key(key) => Outcome::Left,
            Name::Known(key) => {
                self.lines.insert(*key, entry.number);
                self.set(*key, field.value)
            }
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

    fn keep(&mut self, name: &str, text: &str) -> Outcome {
        if !self.kept.insert(name.to_owned()) {
            return Outcome::Left;
        }
        self.unknown.push((name.to_owned(), text.to_owned()));
        Outcome::Taken("a front matter key of that name")
    }

    fn set(&mut self, key: Key, text: &str) -> Outcome {
        match key {
            Key::Title => self.set_title(text),
            Key::Status => self.set_status(text),
            Key::Assignee => self.set_assignee(text),
            Key::Priority => self.set_priority(text),
            Key::Date => set_day(&mut self.date, text, "created and history"),
            Key::Created => set_day(&mut self.created, text, "created"),
            Key::Updated => set_day(&mut self.updated, text, "history"),
            Key::Completed => set_day(&mut self.completed, text, "history"),
            Key::Estimate => set_minutes(&mut self.estimate, text, "estimate"),
            Key::Spent => set_minutes(&mut self.spent, text, "spent"),
            Key::Blocked => set_reason(&mut self.blocked, text, "blocked"),
            Key::Cancelled => self.set_cancelled(text),
            Key::Tags => {
                self.tags = value::read_list(text);
                Outcome::Taken("tags")
            }
            Key::DependsOn => self.set_depends_on(text),
            Key::Branch => {
                let read = value::read(text);
                if read.text.is_empty() && !read.exact {
                    return Outcome::Taken("nothing: it is empty");
                }
                self.keep("branch", &read.text)
            }
            Key::Stage => set_parsed(&mut self.stage, text, Stage::parse, "stage"),
            Key::Sprint => set_parsed(&mut self.sprint, text, |text| SprintId::parse(text).ok(), "sprint"),
            Key::Kind => set_parsed(&mut self.kind, text, kind, "type"),
            Key::Area => set_parsed(&mut self.area, text, |text| Some(text.to_owned()), "area"),
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
            let line = self.lines.get(&Key::Status).copied().unwrap_or_default();
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
        if reading.says_more { Outcome::Understood(to) } else { Outcome::Taken(to) }
    }

    fn set_assignee(&mut self, text: &str) -> Outcome {
        let assignee = person::read(text);
        self.assignee = assignee.first;
        match assignee.whole {
            Some(whole) => match self.keep("assigned", &whole) {
                Outcome::Taken(_) => Outcome::Taken("assignee and the front matter key assigned"),
                _ => Outcome::Understood("assignee"),
            },
            None => Outcome::Taken("assignee"),
        }
    }

    fn set_priority(&mut self, text: &str) -> Outcome {
        let Some(reading) = priority::read(text) else {
            return if days::is_placeholder(text) {
                Outcome::Taken("nothing: it is empty")
            } else {
                Outcome::Left
            };
        };
        self.priority = Some(reading.priority);
        if reading.says_more { Outcome::Understood("priority") } else { Outcome::Taken("priority") }
    }

    fn set_cancelled(&mut self, text: &str) -> Outcome {
        let day = days::read(text).filter(|day| !day.says_more && !value::read(text).exact);
        if let Some(Day { day, .. }) = day {
            self.cancelled = Some(format!("imported as cancelled, {day}"));
            return Outcome::Taken("cancelled");
        }
        set_reason(&mut self.cancelled, text, "cancelled")
    }

    fn set_depends_on(&mut self, text: &str) -> Outcome {
        if days::is_placeholder(text) {
            return Outcome::Taken("nothing: it is empty");
        }
        let ids: Option<Vec<TaskId>> =
            value::read_list(text).iter().map(|id| TaskId::parse(id).ok()).collect();
        match ids {
            Some(ids) => {
                self.depends_on = ids;
                Outcome::Taken("depends_on")
            }
            None => Outcome::Left,
        }
    }
}

fn set_day(place: &mut Option<NaiveDate>, text: &str, to: &'static str) -> Outcome {
    if days::is_placeholder(text) {
        return Outcome::Taken("nothing: it is empty");
    }
    let Some(day) = days::read(text) else { return Outcome::Left };
    *place = Some(day.day);
    if day.says_more { Outcome::Understood(to) } else { Outcome::Taken(to) }
}

fn set_minutes(place: &mut Option<Minutes>, text: &str, to: &'static str) -> Outcome {
    let read = value::read(text);
    if !read.exact && days::is_placeholder(&read.text) {
        return Outcome::Taken("nothing: it is empty");
    }
    // A file cannot hold a length of nothing in the form of one.
    let minutes = |text: &str| Minutes::parse(text).filter(|minutes| read.exact || minutes.0 > 0);
    if let Some(minutes) = minutes(&read.text) {
        *place = Some(minutes);
        return Outcome::Taken(to);
    }
    let head = read.text.split(['(', '—', '–']).next().unwrap_or_default();
    *place = minutes(head.trim().trim_start_matches('~'));
    if place.is_some() { Outcome::Understood(to) } else { Outcome::Left }
}

fn set_reason(place: &mut Option<String>, text: &str, to: &'static str) -> Outcome {
    let read = value::read(text);
    if !read.exact && days::is_placeholder(&read.text) {
        return Outcome::Taken("nothing: it says no");
    }
    *place = Some(read.text);
    Outcome::Taken(to)
}

fn set_parsed<T>(
    place: &mut Option<T>,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    to: &'static str,
) -> Outcome {
    let read = value::read(text);
    if !read.exact && days::is_placeholder(&read.text) {
        return Outcome::Taken("nothing: it is empty");
    }
    *place = parse(&read.text);
    if place.is_some() { Outcome::Taken(to) } else { Outcome::Left }
}

/// A type is one word, or the task's file could not be read again.
fn kind(text: &str) -> Option<String> {
    let valid = text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    valid.then(|| text.to_owned())
}
