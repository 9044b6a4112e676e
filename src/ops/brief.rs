//! `--json`: the keys of `--format json` that the text of an answer shows, and no others. What `--fields` names is there
//! as well.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Board, ClaimView, CountView, FlightView, Listing, Shown, TaskAction, TaskLine, Written, WrittenTask,
};
use crate::model::{Badge, Stage, Status};

/// A task in a list.
#[derive(Serialize)]
struct BriefLine<'t> {
    id: &'t str,
    title: &'t str,
    priority: Option<&'t str>,
    stage: &'t str,
    /// Only where the stage does not tell it.
    status: Option<Status>,
    /// Only where it tells more than the stage.
    badge: Option<Badge>,
    /// Only where the stage requires no sign-offs.
    deliverables: Option<CountView>,
    signoffs: Option<CountView>,
    evidence: Option<CountView>,
    assignee: Option<&'t str>,
    due: Option<NaiveDate>,
    /// The day it was written down, of a task that has not moved.
    created: Option<NaiveDate>,
    updated: Option<DateTime<Utc>>,
    claim: Option<&'t ClaimView>,
    #[serde(skip_serializing_if = "<[FlightView]>::is_empty")]
    in_flight: &'t [FlightView],
}

impl<'t> BriefLine<'t> {
    fn new(line: &'t TaskLine) -> Self {
        let has_moved = line.since.is_some() || line.stage != Stage::NONE;
        let is_open = !matches!(line.status, Status::Completed | Status::Cancelled);
        let asked = |count: CountView| Some(count).filter(|count| count.total > 0 && is_open);
        let signoffs = asked(line.signoffs).filter(|_| line.stage != Stage::NONE);
        let is_shown = |badge: &Badge| match badge {
            Badge::Pending | Badge::InProgress | Badge::Done => false,
            Badge::AwaitingQa => signoffs.is_none(),
            _ => true,
        };
        Self {
            id: &line.id,
            title: &line.title,
            priority: line.priority.as_deref(),
            stage: &line.stage,
            status: Some(line.status).filter(|status| matches!(status, Status::Blocked | Status::Cancelled)),
            badge: Some(line.badge).filter(is_shown),
            deliverables: asked(line.deliverables).filter(|_| signoffs.is_none()),
            signoffs,
            evidence: line.evidence.filter(|_| is_open),
            assignee: line.assignee.as_deref(),
            due: line.due,
            created: line.created.filter(|_| !has_moved),
            updated: line.updated.filter(|_| has_moved),
            claim: line.claim.as_ref(),
            in_flight: &line.in_flight,
        }
    }
}

/// Returns a list of tasks: their lines, and the counts that say more than these.
pub fn brief_listing(listing: &Listing) -> Value {
    let mut brief = Map::new();
    brief.insert("tasks".to_owned(), lines(&listing.tasks));
    if listing.matched > listing.tasks.len() {
        brief.insert("matched".to_owned(), listing.matched.into());
    }
    if listing.hidden > 0 {
        brief.insert("hidden".to_owned(), listing.hidden.into());
    }
    if let Some(claimed) = listing.claimed {
        brief.insert("claimed".to_owned(), claimed.into());
    }
    if let Some(held) = listing.held {
        brief.insert("held".to_owned(), held.into());
    }
    brief.into()
}

fn lines(tasks: &[TaskLine]) -> Value {
    plain(tasks.iter().map(BriefLine::new).collect::<Vec<_>>())
}

/// Returns a board: the columns that have tasks, and the counts that are not zero.
pub fn brief_board(board: &Board) -> Value {
    let columns = board.columns.iter().filter(|column| !column.tasks.is_empty());
    let columns: Vec<Value> =
        columns.map(|column| json!({"stage": column.stage, "tasks": lines(&column.tasks)})).collect();
    let mut brief = json!({"metrics": without_zeros(plain(board.metrics)), "columns": columns});
    if !board.findings.is_empty() {
        brief["findings"] = plain(&board.findings);
    }
    brief
}

/// Returns what was written: each task with what became of it, and the changed bytes where nothing was written.
pub fn brief_written(written: &Written) -> Value {
    let task = |task: &WrittenTask| {
        let mut brief = Map::new();
        brief.insert("id".to_owned(), task.id.as_str().into());
        match task.action {
            TaskAction::Changed => drop(brief.insert("stage".to_owned(), plain(&task.stage))),
            action => drop(brief.insert("action".to_owned(), plain(action))),
        }
        brief.insert("summary".to_owned(), plain(&task.summary));
        if task.counts == Some(false) {
            brief.insert("counts".to_owned(), false.into());
        }
        Value::Object(brief)
    };
    let mut brief = Map::new();
    brief.insert("tasks".to_owned(), written.tasks.iter().map(task).collect());
    if written.dry_run {
        brief.insert("dry_run".to_owned(), true.into());
        brief.insert("records".to_owned(), plain(&written.records));
    }
    brief.into()
}

/// Keys of a task in full that its text does not show, or shows by others.
const NOT_SHOWN: [&str; 14] = [
    "ready",
    "status",
    "badge",
    "updated",
    "deliverables",
    "boxes",
    "signoffs",
    "waiting_for",
    "source",
    "path",
    "pipeline",
    "history",
    "checkboxes",
    "unknown",
];

/// Returns a task in full: what its text shows, where the body has the checkboxes.
pub fn brief_shown(shown: &Shown) -> Value {
    let Some(task) = &shown.task else { return plain(shown) };
    let mut brief = plain(task);
    if let Value::Object(fields) = &mut brief {
        let line = &task.line;
        let is_shown = |key: &str| match key {
            "status" => matches!(line.status, Status::Blocked | Status::Cancelled),
            "badge" => BriefLine::new(line).badge.is_some(),
            "unknown" => !task.unknown.is_empty(),
            key => !NOT_SHOWN.contains(&key),
        };
        fields.retain(|key, _| is_shown(key));
        if task.body.trim().is_empty() {
            fields.remove("body");
        }
    }
    json!({"branch": shown.branch, "task": brief, "signoffs": plain(&shown.signoffs), "next": shown.next})
}

/// Returns counts that are not zero.
fn without_zeros(mut counts: Value) -> Value {
    if let Value::Object(counts) = &mut counts {
        counts.retain(|_, count| *count != 0);
    }
    counts
}

/// Returns plain data as JSON.
pub fn plain(value: impl Serialize) -> Value {
    let value: &dyn erased_serde::Serialize = &value;
    serde_json::to_value(value).expect("plain data with text keys is always JSON")
}
