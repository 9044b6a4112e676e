//! A task as its file tells it, and what hangs on it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Field, FieldValue, Minutes, Move, MoveKind, Priority, Problem, RunId, SprintId, Stage, TaskId, Texts,
};

/// A task: the front matter of its file, typed, and the body as it is.
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
    /// Where it is; `none` where the file does not say.
    pub stage: Stage,
    /// Who works on it.
    pub assignee: Option<String>,
    /// The part of the product it belongs to.
    pub area: Option<String>,
    /// Free labels, in the file's order.
    pub tags: Vec<String>,
    /// The sprint it is planned for.
    pub sprint: Option<SprintId>,
    /// The task run that it is part of.
    pub run: Option<RunId>,
    /// The day by which it should be done.
    pub due: Option<NaiveDate>,
    /// The task that it is a part of.
    pub parent: Option<TaskId>,
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
    /// Digests of what its source gave it at the last import, such as `title=1a2b3c4d files=5e6f7a8b`.
    pub imported: Option<String>,
    /// Every move between stages, oldest first.
    pub history: Vec<Move>,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// The Markdown below the front matter, line endings as in the file.
    pub body: String,
    /// Checkboxes under the heading Deliverables.
    pub deliverables: BoxCount,
    /// All checkboxes of the body.
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
    /// What it tells, where that is given: whoever takes over looks for these.
    pub kind: Option<NoteKind>,
    /// Markdown.
    pub text: String,
    /// Of whom it names, over all of it: base64 without its frame.
    pub signature: Option<String>,
}

/// What a note tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteKind {
    /// `decision`: what was decided, and why.
    Decision,
    /// `tried`: what was tried and ruled out.
    Tried,
    /// `cause`: why something went wrong.
    Cause,
    /// `director`: what the director has found.
    Director,
    /// Another word, which is kept.
    Unknown(String),
}

impl NoteKind {
    /// Those that people write.
    pub const ALL: [Self; 3] = [Self::Decision, Self::Tried, Self::Cause];

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = Self::ALL.into_iter().chain([Self::Director]).find(|kind| kind.as_str() == text);
        known.unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Decision => "decision",
            Self::Tried => "tried",
            Self::Cause => "cause",
            Self::Director => "director",
            Self::Unknown(text) => text,
        }
    }
}

impl Task {
    /// Makes a task that has an id, a title and nothing else.
    #[must_use]
    pub fn new(id: TaskId, title: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            kind: None,
            priority: None,
            stage: Stage::none(),
            assignee: None,
            area: None,
            tags: Vec::new(),
            sprint: None,
            run: None,
            due: None,
            parent: None,
            depends_on: Vec::new(),
            files: Vec::new(),
            estimate: None,
            spent: None,
            created: None,
            blocked: None,
            cancelled: None,
            source: None,
            imported: None,
            history: Vec::new(),
            unknown: Vec::new(),
            body: String::new(),
            deliverables: BoxCount::default(),
            boxes: BoxCount::default(),
            warnings: Vec::new(),
        }
    }

    /// Returns when the task last changed, as far as its file tells: the last move, else the day of creation.
    #[must_use]
    pub fn updated(&self) -> Option<DateTime<Utc>> {
        let created = self.created.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|time| time.and_utc());
        self.history.iter().map(|step| step.at).max().max(created)
    }

    /// Returns the stage that the history leads to: its own, unless that was set by hand.
    #[must_use]
    pub fn recorded_stage(&self) -> Stage {
        self.history.last().map_or_else(Stage::none, |step| step.to.clone())
    }

    /// Whether a move of the history, counted from 0, is the very move before it once more.
    #[must_use]
    pub fn repeats_move(&self, at: usize) -> bool {
        at > 0 && at < self.history.len() && self.history[at - 1] == self.history[at]
    }

    /// Returns when the task entered the stage it is in.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.history.iter().rev().find(|step| step.to == self.stage).map(|step| step.at)
    }

    /// Returns the stages that the task left by a plain advance when it last left them, where it is complete.
    fn earned(&self) -> Texts<'_> {
        let mut earned: Vec<&str> = Vec::new();
        for step in self.history.iter().filter(|_| self.stage.is_complete()) {
            earned.retain(|stage| *stage != step.from.as_str());
            if step.kind == MoveKind::Advance {
                earned.push(step.from.as_str());
            }
        }
        earned.into()
    }

    /// Returns the value that its file gives a field.
    #[must_use]
    pub fn value(&self, field: Field) -> FieldValue<'_> {
        field.value(&self.summary())
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
            run: self.run.as_ref().map(RunId::as_str),
            due: self.due.map(|day| chrono::Datelike::num_days_from_ce(&day)),
            parent: self.parent.as_ref().map(TaskId::as_str),
            depends_on: self.depends_on.iter().map(TaskId::as_str).collect(),
            files: self.files.iter().map(String::as_str).collect(),
            estimate: self.estimate.map(|minutes| minutes.0),
            spent: self.spent.map(|minutes| minutes.0),
            created: self.created.map(|day| chrono::Datelike::num_days_from_ce(&day)),
            blocked: self.blocked.as_deref(),
            cancelled: self.cancelled.as_deref(),
            source: self.source.as_deref(),
            imported: self.imported.as_deref(),
            updated: self.updated().map(|time| time.timestamp()),
            since: self.since().map(|time| time.timestamp()),
            earned: self.earned(),
            deliverables: self.deliverables,
            boxes: self.boxes,
        }
    }
}

/// Ticked and all checkboxes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BoxCount {
    /// How many are ticked.
    pub done: u32,
    /// How many there are.
    pub total: u32,
}

/// A task without its body, history and unknown keys. Borrows from a [`Task`] or from the index.
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
    /// Id of the task run that it is part of.
    pub run: Option<&'a str>,
    /// The day by which it should be done, counted from the common era.
    pub due: Option<i32>,
    /// Id of the task that it is a part of.
    pub parent: Option<&'a str>,
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
    /// Digests of what its source gave it at the last import.
    pub imported: Option<&'a str>,
    /// Seconds since 1970: the last move or the creation.
    pub updated: Option<i64>,
    /// Seconds since 1970: when it entered its stage.
    pub since: Option<i64>,
    /// Stages that it left by a plain advance when it last left them; empty unless it is complete.
    pub earned: Texts<'a>,
    /// Checkboxes under Deliverables.
    pub deliverables: BoxCount,
    /// All checkboxes.
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
            run: None,
            due: None,
            parent: None,
            depends_on: Texts::default(),
            files: Texts::default(),
            estimate: None,
            spent: None,
            created: None,
            blocked: None,
            cancelled: None,
            source: None,
            imported: None,
            updated: None,
            since: None,
            earned: Texts::default(),
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

    /// Whether it went through all stages and is not cancelled.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cancelled.is_none() && self.stage == Stage::COMPLETE
    }

    /// Whether nothing is left to do: complete or cancelled.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.cancelled.is_some() || self.stage == Stage::COMPLETE
    }
}
