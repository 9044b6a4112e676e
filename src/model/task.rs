//! A task as its file tells it, and what hangs on it.

use chrono::{DateTime, NaiveDate, Utc};

use super::{BoxCount, Minutes, Move, Priority, Problem, SprintId, Stage, Summary, TaskId};

/// A task: the front matter of its file, typed, and the body as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The id, equal to the file's name without its ending.
    pub id: TaskId,
    /// One line.
    pub title: String,
    /// `type`: chooses the pipeline.
    pub kind: Option<String>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Where it stands; `none` where the file does not say.
    pub stage: Stage,
    /// Who works on it.
    pub assignee: Option<String>,
    /// The part of the product it belongs to.
    pub area: Option<String>,
    /// Free labels, in the file's order.
    pub tags: Vec<String>,
    /// The sprint it is planned for.
    pub sprint: Option<SprintId>,
    /// Tasks that must be done first, in the file's order.
    pub depends_on: Vec<TaskId>,
    /// Target files: paths below the repository.
    pub files: Vec<String>,
    /// How long it should take.
    pub estimate: Option<Minutes>,
    /// How long it has taken, as far as somebody wrote it down.
    pub spent: Option<Minutes>,
    /// The day it was written down.
    pub created: Option<NaiveDate>,
    /// Why it is blocked by hand.
    pub blocked: Option<String>,
    /// Why it will not be done.
    pub cancelled: Option<String>,
    /// Where it was imported from, such as `TASK_CARDS.md#TASK-161FA`.
    pub source: Option<String>,
    /// Every move between stages, oldest first.
    pub history: Vec<Move>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// The Markdown below the front matter, line endings as in the file.
    pub body: String,
    /// Check boxes under the heading Deliverables.
    pub deliverables: BoxCount,
    /// All check boxes of the body.
    pub boxes: BoxCount,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}

/// A note on a task: a file of its own, so that two people's notes never meet in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The task it is about.
    pub task: TaskId,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub by: String,
    /// Markdown.
    pub text: String,
}

impl Task {
    /// Returns when the task last changed, as far as its file tells: the last move, else the day of creation.
    #[must_use]
    pub fn updated(&self) -> Option<DateTime<Utc>> {
        let created = self.created.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|time| time.and_utc());
        self.history.iter().map(|step| step.at).max().max(created)
    }

    /// Returns when the task entered the stage it is in.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.history.iter().rev().find(|step| step.to == self.stage).map(|step| step.at)
    }

    /// Returns the part of the task that lists, queues and boards need.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            id: self.id.as_str(),
            title: &self.title,
            kind: self.kind.as_deref(),
            priority: self.priority.as_ref().map(Priority::as_str),
            stage: self.stage.as_str(),
            assignee: self.assignee.as_deref(),
            area: self.area.as_deref(),
            tags: self.tags.iter().map(String::as_str).collect(),
            sprint: self.sprint.as_ref().map(SprintId::as_str),
            depends_on: self.depends_on.iter().map(TaskId::as_str).collect(),
            files: self.files.iter().map(String::as_str).collect(),
            estimate: self.estimate.map(|minutes| minutes.0),
            spent: self.spent.map(|minutes| minutes.0),
            created: self.created.map(|day| chrono::Datelike::num_days_from_ce(&day)),
            blocked: self.blocked.as_deref(),
            cancelled: self.cancelled.as_deref(),
            source: self.source.as_deref(),
            updated: self.updated().map(|time| time.timestamp()),
            since: self.since().map(|time| time.timestamp()),
            deliverables: self.deliverables,
            boxes: self.boxes,
        }
    }
}
