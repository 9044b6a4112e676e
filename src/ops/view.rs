//! Tasks as the doors show them: plain data with everything derived filled in. These are the JSON shapes too.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ClaimView, EvidenceView, FindingView, FlightView, SyncedView};
use crate::model::{Badge, BoxCount, Facts, Move, Note, Status, Summary, Task, Texts};
use crate::policy::{Dependency, Tally};

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskLine {
    /// The id.
    pub id: String,
    /// One line.
    pub title: String,
    /// Chooses the pipeline.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `critical`, `high`, `medium`, `low`, or as written.
    pub priority: Option<String>,
    /// `none`, one of the pipeline's, or `complete`.
    pub stage: String,
    /// Derived: `not_started`, `in_progress`, `blocked`, `completed`, `cancelled`.
    pub status: Status,
    /// Derived: `pending`, `in_progress`, `awaiting_qa`, `issues_found`, `ready_to_finalise`, `done`,
    /// `qa_approved`.
    pub badge: Badge,
    /// Derived: whether it can begin now: not begun, not blocked.
    pub ready: bool,
    /// Who works on it.
    pub assignee: Option<String>,
    /// The part of the product.
    pub area: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// The sprint it is planned for.
    pub sprint: Option<String>,
    /// The task run that it is part of.
    pub run: Option<String>,
    /// The day by which it should be done.
    pub due: Option<NaiveDate>,
    /// The task that it is a part of.
    pub parent: Option<String>,
    /// Tasks that must be done first.
    pub depends_on: Vec<String>,
    /// Derived: those of them that are still open.
    pub waiting_for: Vec<String>,
    /// Target files.
    pub files: Vec<String>,
    /// Estimate in minutes.
    pub estimate_minutes: Option<u32>,
    /// Time spent in minutes.
    pub spent_minutes: Option<u32>,
    /// The day it was written down.
    pub created: Option<NaiveDate>,
    /// When its file last tells of a change.
    pub updated: Option<DateTime<Utc>>,
    /// When it entered its stage.
    pub since: Option<DateTime<Utc>>,
    /// Why it is blocked by hand.
    pub blocked: Option<String>,
    /// Why it will not be done.
    pub cancelled: Option<String>,
    /// Where it was imported from.
    pub source: Option<String>,
    /// Checkboxes under Deliverables.
    pub deliverables: CountView,
    /// Checkboxes anywhere in the body.
    pub boxes: CountView,
    /// Sign-offs that the stage requires.
    pub signoffs: CountView,
    /// Evidence that is asked for, and how much of it is there; left out where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<CountView>,
    /// Who has claimed it, as far as this clone knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    /// Where somebody has moved it on, on other branches and in other working trees; the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_flight: Vec<FlightView>,
    /// The items of other trackers that it is linked to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synced: Vec<SyncedView>,
}

/// N of M.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CountView {
    /// How many are there.
    pub done: u32,
    /// How many there should be.
    pub total: u32,
}

impl From<BoxCount> for CountView {
    fn from(count: BoxCount) -> Self {
        Self { done: count.done, total: count.total }
    }
}

impl From<Tally> for CountView {
    fn from(tally: Tally) -> Self {
        Self { done: tally.approved, total: tally.required }
    }
}

impl TaskLine {
    /// Makes a line of a task and what is derived of it.
    pub(super) fn new<'a>(
        task: &Summary<'_>,
        facts: Facts,
        tally: Tally,
        open: impl Iterator<Item = Dependency<'a>>,
    ) -> Self {
        let text = |value: Option<&str>| value.map(str::to_owned);
        let texts = |values: &Texts<'_>| values.iter().map(str::to_owned).collect();
        Self {
            id: task.id.to_owned(),
            title: task.title.to_owned(),
            kind: text(task.kind),
            priority: text(task.priority),
            stage: task.stage.to_owned(),
            status: facts.status,
            badge: facts.badge,
            ready: facts.ready,
            assignee: text(task.assignee),
            area: text(task.area),
            tags: texts(&task.tags),
            sprint: text(task.sprint),
            run: text(task.run),
            due: task.due.and_then(NaiveDate::from_num_days_from_ce_opt),
            parent: text(task.parent),
            depends_on: texts(&task.depends_on),
            waiting_for: open.map(|dependency| dependency.id.to_owned()).collect(),
            files: texts(&task.files),
            estimate_minutes: task.estimate,
            spent_minutes: task.spent,
            created: task.created_day(),
            updated: task.updated_at(),
            since: task.since_at(),
            blocked: text(task.blocked),
            cancelled: text(task.cancelled),
            source: text(task.source),
            deliverables: task.deliverables.into(),
            boxes: task.boxes.into(),
            signoffs: tally.into(),
            evidence: (tally.evidence > 0).then_some(CountView { done: tally.proven, total: tally.evidence }),
            claim: None,
            in_flight: Vec::new(),
            synced: Vec::new(),
        }
    }
}

/// A task in full.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub line: TaskLine,
    /// Its file, below the top of the working tree.
    pub path: String,
    /// The stages of its pipeline, `none` and `complete` included, and which it has been through.
    pub pipeline: Vec<StepView>,
    /// What it depends on, with where that is.
    pub dependencies: Vec<DependencyView>,
    /// The tasks that are a part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<DependencyView>,
    /// Other open tasks that name one of its target files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_files: Vec<SharedFileView>,
    /// Every move between stages, oldest first.
    pub history: Vec<MoveView>,
    /// Findings that are open, or fixed and not yet reviewed, the worst first.
    pub findings: Vec<FindingView>,
    /// Checkboxes, numbered as `tick` takes them.
    pub checkboxes: Vec<BoxView>,
    /// The evidence of each role that is asked for some.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "evidence_by_role")]
    pub evidence: Vec<EvidenceView>,
    /// What its commits say that it has cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<super::CostSum>,
    /// Notes, oldest first.
    pub notes: Vec<NoteView>,
    /// Keys that the tracker does not know, with the text of their values.
    pub unknown: BTreeMap<String, String>,
    /// The Markdown below the front matter.
    pub body: String,
}

/// One stage of a task's pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepView {
    /// Its name.
    pub stage: String,
    /// `passed`, `current` or `ahead`.
    pub state: &'static str,
}

/// Something a task depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DependencyView {
    /// The id.
    pub id: String,
    /// Its title; none where no task has this id or its file is broken.
    pub title: Option<String>,
    /// Whether it still blocks the task.
    pub open: bool,
}

/// Another open task that names the same target file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharedFileView {
    /// The file.
    pub file: String,
    /// The other task's id.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Its stage.
    pub stage: String,
    /// Who works on it.
    pub assignee: Option<String>,
}

/// A move between stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MoveView {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// The stage it left.
    pub from: String,
    /// The stage it entered.
    pub to: String,
    /// What the move was where it was no plain advance: `start`, `fail`, `override`, `reopen`, `revert` or `import`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The agent that made it for that person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Why.
    pub why: Option<String>,
}

impl From<&Move> for MoveView {
    fn from(step: &Move) -> Self {
        Self {
            at: step.at,
            by: step.by.clone(),
            from: step.from.to_string(),
            to: step.to.to_string(),
            kind: step.kind.key().map(str::to_owned),
            agent: step.agent.clone(),
            why: step.why.clone(),
        }
    }
}

/// A checkbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoxView {
    /// Counted from 1 through the whole body.
    pub number: usize,
    /// The heading it is under.
    pub section: Option<String>,
    /// What it says.
    pub text: String,
    /// Whether it is ticked.
    pub done: bool,
}

impl BoxView {
    /// Whether a line of the body is the one that it is on.
    #[must_use]
    pub fn is_on(&self, line: &str) -> bool {
        let line = line.trim();
        line.ends_with(self.text.trim()) && line.contains('[') && line.contains(']')
    }
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoteView {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// What it tells: `decision`, `tried` or `cause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Markdown.
    pub text: String,
}

impl From<&Note> for NoteView {
    fn from(note: &Note) -> Self {
        let kind = note.kind.as_ref().map(|kind| kind.as_str().to_owned());
        Self { at: note.at, by: note.by.clone(), kind, text: note.text.clone() }
    }
}

/// Returns the checkboxes of a task's body.
pub(super) fn boxes_of(task: &Task) -> Vec<BoxView> {
    let view = |found: crate::doc::Checkbox| BoxView {
        number: found.number,
        section: found.section,
        text: found.text,
        done: found.done,
    };
    crate::doc::checkboxes(&task.body).into_iter().map(view).collect()
}
