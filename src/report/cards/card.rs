//! One task as a card: its data, and its metadata lines ready to be laid out.

use chrono::{NaiveDate, SecondsFormat};
use serde::Serialize;

use crate::doc::cards::{field, heading, moves, status, value};
use crate::model::{
    BoxCount, Field as TaskField, FieldKind, FieldValue, Minutes, Move, Priority, SprintId, Stage, Status,
    Task,
};

use super::CardInput;
use super::review::CardReview;
use super::sections::{self, Section};

/// A metadata line: both parts are safe on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A move between stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// The stage it left.
    pub from: String,
    /// The stage it entered.
    pub to: String,
    /// Why.
    pub why: Option<String>,
}

/// One task. Its values are as they are in its file, except where a field says that it is ready for a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The id.
    pub id: String,
    /// The title.
    pub title: String,
    /// Id and title, safe in a heading.
    pub heading: String,
    /// The derived status, such as `in_progress`.
    pub status: &'static str,
    /// The status as a card is written, such as `IN_PROGRESS 🚧`.
    pub status_shown: String,
    /// The stage.
    pub stage: String,
    /// The type.
    pub kind: Option<String>,
    /// The priority.
    pub priority: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// The part of the product it belongs to.
    pub area: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Sprint id.
    pub sprint: Option<String>,
    /// Ids of the tasks that come first.
    pub depends_on: Vec<String>,
    /// Target files.
    pub files: Vec<String>,
    /// The estimate, such as `1h 30m`.
    pub estimate: Option<String>,
    /// The time spent.
    pub spent: Option<String>,
    /// The day it was written down.
    pub created: Option<String>,
    /// The day it last changed.
    pub updated: Option<String>,
    /// The day it was completed.
    pub completed: Option<String>,
    /// Why it is blocked by hand.
    pub blocked: Option<String>,
    /// Why it will not be done.
    pub cancelled: Option<String>,
    /// Where it was imported from.
    pub source: Option<String>,
    /// Moves between stages.
    pub history: Vec<Step>,
    /// Checkboxes under Deliverables.
    pub deliverables: BoxCount,
    /// All checkboxes.
    pub boxes: BoxCount,
    /// What is known of its sign-offs and findings.
    pub review: Option<CardReview>,
    /// The metadata lines of the card, in order, ready to be written.
    pub metadata: Vec<Field>,
    /// The sections of the card, in order, ready to be written.
    pub sections: Vec<Section>,
    /// The body, to the letter.
    pub body: String,
}

impl Card {
    /// Builds the card of a task.
    pub(super) fn of(input: &CardInput<'_>) -> Self {
        let (task, status) = (input.task, input.status);
        let days = Days::of(task, status);
        let implied = days.implied_history(task, status);
        let laid_out = sections::of(task, implied != task.history);
        let (heading, title_is_shown) = heading::write(&task.id, &task.title);
        let mut lines = Lines { fields: Vec::new() };
        if !title_is_shown {
            lines.add("Title", value::quote(&task.title));
        }
        lines.add_status(task, status, &days);
        lines.add_plan(task, laid_out.shows_spent);
        lines.add_unknown(task);
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let texts = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
        Self {
            id: task.id.to_string(),
            title: task.title.clone(),
            heading,
            status: status.as_str(),
            status_shown: status::write(status, is_blocked_by_dependency(task, status)),
            stage: task.stage.to_string(),
            kind: task.kind.clone(),
            priority: task.priority.as_ref().map(Priority::to_string),
            assignee: task.assignee.clone(),
            area: task.area.clone(),
            tags: task.tags.clone(),
            sprint: task.sprint.as_ref().map(SprintId::to_string),
            depends_on: texts(task.depends_on.iter().map(AsRef::as_ref).collect()),
            files: task.files.clone(),
            estimate: task.estimate.map(|minutes| minutes.to_string()),
            spent: task.spent.map(|minutes| minutes.to_string()),
            created: day(task.created),
            updated: day(task.updated().map(|time| time.date_naive())),
            completed: day(days.completed),
            blocked: task.blocked.clone(),
            cancelled: task.cancelled.clone(),
            source: task.source.clone(),
            history: task.history.iter().map(step).collect(),
            deliverables: task.deliverables,
            boxes: task.boxes,
            review: input.review.clone(),
            metadata: lines.fields,
            sections: laid_out.sections,
            body: task.body.clone(),
        }
    }
}

fn step(step: &Move) -> Step {
    Step {
        at: step.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        by: step.by.clone(),
        from: step.from.to_string(),
        to: step.to.to_string(),
        why: step.why.clone(),
    }
}

fn is_blocked_by_dependency(task: &Task, status: Status) -> bool {
    status == Status::Blocked && task.blocked.is_none()
}

/// The days that a card shows.
struct Days {
    created: Option<NaiveDate>,
    /// Shown where it is neither of the other two.
    updated: Option<NaiveDate>,
    /// The day of the last move, if it completed the task.
    completed: Option<NaiveDate>,
}

impl Days {
    fn of(task: &Task, status: Status) -> Self {
        let last = task.history.last().filter(|step| step.to.is_complete() && status == Status::Completed);
        let completed = last.map(|step| step.at.date_naive());
        let updated = task.updated().map(|time| time.date_naive());
        let updated = updated.filter(|_| updated != task.created && updated != completed);
        Self { created: task.created, updated, completed }
    }

    /// Returns the history that these days alone tell a reader of the card.
    fn implied_history(&self, task: &Task, status: Status) -> Vec<Move> {
        let (day, to) = match status {
            Status::Completed => (self.completed.or(self.updated), Stage::complete()),
            Status::InProgress => (self.updated.or(self.created), task.stage.clone()),
            _ => (None, Stage::none()),
        };
        day.and_then(|day| moves::implied(status, day, task.assignee.as_deref(), &to)).into_iter().collect()
    }
}

/// The metadata lines of one card.
struct Lines {
    fields: Vec<Field>,
}

impl Lines {
    fn add(&mut self, name: &str, value: String) {
        self.fields.push(Field { name: name.to_owned(), value });
    }

    /// Adds stage, assignee and dates.
    fn add_status(&mut self, task: &Task, status: Status, days: &Days) {
        self.add("Status", status::write(status, is_blocked_by_dependency(task, status)));
        let is_complete = match status {
            Status::Completed => task.stage.is_complete(),
            Status::InProgress => false,
            Status::NotStarted | Status::Blocked | Status::Cancelled => task.stage.is_none(),
        };
        if !is_complete {
            self.add("Stage", task.stage.to_string());
        }
        if let Some(assignee) = &task.assignee {
            self.add(
                "Assigned",
                whole_assignment(task).map_or_else(|| value::write_person(assignee), str::to_owned),
            );
        }
        if let Some(priority) = &task.priority {
            self.add("Priority", value::write_priority(priority));
        }
        for (name, day) in
            [("Created", days.created), ("Updated", days.updated), ("Completed", days.completed)]
        {
            if let Some(day) = day {
                self.add(name, day.to_string());
            }
        }
    }

    /// Adds the other fields that have a line on a card.
    fn add_plan(&mut self, task: &Task, spent_is_shown: bool) {
        let summary = task.summary();
        for field in TaskField::in_file() {
            let Some(name) = field.row().cards.first() else { continue };
            let written = match (field.kind(), field.value(&summary)) {
                (FieldKind::Priority | FieldKind::Person | FieldKind::Stage, _) => continue,
                _ if matches!(field, TaskField::Title | TaskField::Created) => continue,
                (_, FieldValue::Missing) => continue,
                (FieldKind::Duration, _) if field == TaskField::Spent && spent_is_shown => continue,
                (_, FieldValue::Minutes(minutes)) => length(minutes),
                (FieldKind::Labels, value) => value::write_list(&value.into_list()),
                (_, FieldValue::Text(text)) => value::write_quoted(&text),
                (_, value) => value.to_string(),
            };
            self.add(name, written);
        }
    }

    fn add_unknown(&mut self, task: &Task) {
        let shown = usize::from(whole_assignment(task).is_some());
        for (name, text) in task.unknown.iter().skip(shown) {
            let name = if name == "branch" { "Branch".to_owned() } else { field::write_unknown(name) };
            self.add(&name, value::write(text));
        }
    }
}

/// Returns the text of an imported card that named more than one person, if it still tells who is assigned.
fn whole_assignment(task: &Task) -> Option<&str> {
    let (_, whole) = task.unknown.first().filter(|(name, _)| name == "assigned")?;
    let read = value::read_person(whole);
    let same = read.first == task.assignee && read.whole.as_ref() == Some(whole) && value::is_plain(whole);
    same.then_some(whole)
}

/// Writes a length of time. One of nothing has no form that a card reads, so it is quoted.
pub(super) fn length(minutes: Minutes) -> String {
    if minutes.0 == 0 { value::quote("0") } else { minutes.to_string() }
}
