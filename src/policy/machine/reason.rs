//! Refusals in words: each thing that is missing, and the command that mends it.

use super::Missing;
use crate::model::{Requirement, TaskId};

/// How many boxes a reason names.
const NAMED: usize = 5;

/// One reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// One word or two, such as `missing`.
    pub label: &'static str,
    /// What it is about.
    pub text: String,
    /// The command that mends it.
    pub mend: Option<String>,
}

/// A considered no: all that stands against a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is refused, such as `TASK-K4ZD cannot leave qa`.
    pub what: String,
    /// All reasons.
    pub reasons: Vec<Reason>,
}

impl Refusal {
    /// Makes the refusal of what is missing.
    pub(super) fn of(what: String, task: &TaskId, missing: &[Missing]) -> Self {
        Self { what, reasons: missing.iter().map(|missing| missing.reason(task)).collect() }
    }

    /// Makes a refusal with one reason.
    pub(super) fn one(what: String, label: &'static str, text: String, mend: Option<String>) -> Self {
        Self { what, reasons: vec![Reason { label, text, mend }] }
    }
}

impl Missing {
    /// Returns the words for it, and the command that mends it.
    #[must_use]
    pub fn reason(&self, task: &TaskId) -> Reason {
        let (label, text, mend) = match self {
            Self::Cancelled => closed("cancelled", task),
            Self::Completed => closed("complete", task),
            Self::UnknownStage { stage, first } => {
                let text = format!("{stage} is no stage of its pipeline");
                ("stage", text, format!("tracker set-stage {task} {first}"))
            }
            Self::Blocked(why) => {
                let text = if why.trim().is_empty() { "by hand".to_owned() } else { why.clone() };
                ("blocked", text, format!("tracker unblock {task}"))
            }
            Self::WaitsFor(other) => ("waits for", other.to_string(), format!("tracker show {other}")),
            Self::Outdated => {
                let text = "its sign-offs were counted before it moved".to_owned();
                ("outdated", text, format!("tracker signoffs {task}"))
            }
            Self::Unticked { requirement, boxes } => unticked(task, *requirement, boxes),
            Self::Signoff { role, have, need, waiting_for } => {
                signoff(task, role, (*have, *need), waiting_for)
            }
            Self::Rejected { role, by, notes } => {
                let said = notes.as_ref().map(|notes| format!(": {notes}")).unwrap_or_default();
                let text = format!("by {by} as {role}{said}");
                ("rejected", text, format!("{by}: tracker approve {task} --as {role}"))
            }
            Self::Finding { id, severity, title, place } => {
                let place = place.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
                let text = format!("finding {id} {severity}: {title}{place}");
                ("open", text, format!("tracker findings settle {task} {id}"))
            }
        };
        Reason { label, text, mend: Some(mend) }
    }
}

fn closed(state: &str, task: &TaskId) -> (&'static str, String, String) {
    ("closed", format!("it is {state}"), format!("tracker reopen {task}"))
}

fn unticked(
    task: &TaskId,
    requirement: Requirement,
    boxes: &[(usize, String)],
) -> (&'static str, String, String) {
    let what = match (requirement, boxes.len()) {
        (Requirement::Deliverables, 1) => "deliverable",
        (Requirement::Deliverables, _) => "deliverables",
        (Requirement::Criteria, 1) => "acceptance criterion",
        (Requirement::Criteria, _) => "acceptance criteria",
        (Requirement::Boxes, 1) => "box",
        (Requirement::Boxes, _) => "boxes",
    };
    let named: Vec<String> =
        boxes.iter().take(NAMED).map(|(number, text)| format!("{number} {text}")).collect();
    let more = boxes.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let numbers: Vec<String> = boxes.iter().map(|(number, _)| number.to_string()).collect();
    let text = format!("{what} {}{more}", named.join(", "));
    ("unticked", text, format!("tracker tick {task} {}", numbers.join(" ")))
}

fn signoff(
    task: &TaskId,
    role: &str,
    (have, need): (u32, u32),
    waiting_for: &[String],
) -> (&'static str, String, String) {
    let mut text = format!("approval of {role}");
    if need > 1 {
        text.push_str(&format!(", {have} of {need}"));
    }
    if !waiting_for.is_empty() {
        text.push_str(&format!(", by {}", waiting_for.join(" or ")));
    }
    ("missing", text, format!("tracker approve {task} --as {role}"))
}
