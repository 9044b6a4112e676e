//! The table: one row for each task.

use crate::model::RecordKind;
use std::collections::BTreeMap;

use super::super::escape::{address, text};
use super::parts::{NAME, TITLE, grouped, linked, with_commands};
use crate::model::Verdict;
use crate::policy::Trust;
use crate::review::{TaskReview, Web};

/// What is above the rows.
pub(super) const HEAD: &str = "| | task | move | votes | missing |\n|---|---|---|---|---|\n";

/// Maximum number of stages of a path shown.
const STAGES: usize = 8;
/// Maximum number of things that are missing shown.
const MISSING: usize = 2;

/// Returns the mark of a task: whether it has errors, or only something missing.
pub(super) fn mark(task: &TaskReview) -> &'static str {
    match (task.is_refused(), task.warnings) {
        (true, _) => "✗",
        (false, 0) if task.missing.is_empty() => "✓",
        (false, 0) => "○",
        (false, _) => "!",
    }
}

/// Returns the tasks with violations first, otherwise as they are.
pub(super) fn in_order(tasks: &[TaskReview]) -> Vec<&TaskReview> {
    let mut ordered: Vec<&TaskReview> = tasks.iter().collect();
    ordered.sort_by_key(|task| (!task.is_refused(), task.warnings == 0));
    ordered
}

/// Returns the row of a task.
pub(super) fn row(task: &TaskReview, web: Option<&Web>) -> String {
    let mark = mark(task);
    let name = id(task, web);
    let title = text(&task.title, TITLE);
    format!("| {mark} | {name} {title} | {} | {} | {} |\n", way(task), votes(task), missing(task))
}

/// Returns a task's id, a link to its file.
pub(super) fn id(task: &TaskReview, web: Option<&Web>) -> String {
    let file = format!("{}/{}.md", RecordKind::Task.folder(), task.id);
    let base = web.filter(|_| !task.is_deleted).map(|web| &web.file);
    format!("**{}**", linked(&text(&task.id, NAME), base, &address(&file)))
}

/// Returns the stages that a task went through, or what else became of it.
pub(super) fn way(task: &TaskReview) -> String {
    if task.is_deleted {
        return "deleted".to_owned();
    }
    let mut stages: Vec<&str> = task.moves.first().map(|first| first.from.as_str()).into_iter().collect();
    stages.extend(task.moves.iter().map(|made| made.to.as_str()));
    let joined =
        |stages: &[&str]| stages.iter().map(|stage| text(stage, NAME)).collect::<Vec<_>>().join(" → ");
    let way = match stages.len() {
        0 => text(&task.status(), NAME),
        count if count > STAGES => format!("{} → … → {}", joined(&stages[..3]), joined(&stages[count - 1..])),
        _ => joined(&stages),
    };
    if task.is_new && !stages.is_empty() { format!("new, {way}") } else { way }
}

/// Returns how many approvals count, and why others do not.
fn votes(task: &TaskReview) -> String {
    let mut cells = Vec::new();
    if task.required > 0 || task.approved > 0 {
        let counted: Vec<_> = task.votes.iter().filter(|vote| vote.counts).collect();
        let are_signed = !counted.is_empty() && counted.iter().all(|vote| vote.trust == Trust::Signed);
        let signed = if are_signed { " signed" } else { "" };
        cells.push(format!("{}/{}{signed}", task.approved, task.required));
    }
    if task.evidence > 0 {
        cells.push(format!("{}/{} verified", task.proven, task.evidence));
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for vote in &task.votes {
        if !vote.counts {
            *reasons.entry(vote.reason.unwrap_or("void")).or_default() += 1;
        } else if vote.verdict == Verdict::Rejected {
            *reasons.entry("rejected").or_default() += 1;
        }
    }
    cells.extend(
        reasons
            .into_iter()
            .take(4)
            .map(|(reason, count)| format!("{count} {}", text(&reason.replace('_', " "), NAME))),
    );
    cells.join(", ")
}

fn missing(task: &TaskReview) -> String {
    let shown: Vec<String> =
        task.missing.iter().take(MISSING).map(|missing| with_commands(&missing.to_string(), TITLE)).collect();
    let more = task.missing.len().saturating_sub(MISSING);
    let more = if more > 0 { format!("; and {} more", grouped(more)) } else { String::new() };
    format!("{}{more}", shown.join("; "))
}
