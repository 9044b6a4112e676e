//! What one would write as a pull request's description.

use super::super::escape::text;
use super::page::LIMIT;
use super::parts::{NAME, TITLE, command, commit, counted, fitted, grouped};
use super::table::way;
use crate::review::{Review, TaskReview};

/// Maximum number of boxes of one task named.
const BOXES: usize = 20;
/// Maximum number of commits without a task named.
const COMMITS: usize = 20;
/// What commits without a task may take.
const UNLINKED: usize = 20_000;
/// Kept for what says that something is left out.
const RESERVE: usize = 1_200;

/// Returns the range as a list of its tasks, with their moves and the boxes that were ticked.
#[must_use]
pub fn brief(review: &Review) -> String {
    let (mut out, left_out) = fitted(&review.tasks, LIMIT - RESERVE - UNLINKED, bullet);
    if left_out > 0 {
        out.push_str(&format!("- … and {}: {}\n", counted(left_out, "more task"), command(&review.range)));
    }
    if !review.unlinked.commits.is_empty() {
        let unlinked = review.unlinked.commits.iter().take(COMMITS);
        let (list, left_out) = fitted(unlinked, UNLINKED, |one| format!("- {}\n", commit(one, None)));
        let more = left_out + review.unlinked.commits.len().saturating_sub(COMMITS);
        let more = if more > 0 { format!("- … and {} more\n", grouped(more)) } else { String::new() };
        let gap = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{gap}Without a task:\n\n{list}{more}"));
    }
    out
}

fn bullet(task: &TaskReview) -> String {
    let mut out = format!("- **{}** {}: {}\n", text(&task.id, NAME), text(&task.title, TITLE), way(task));
    for ticked in task.ticked.iter().take(BOXES) {
        out.push_str(&format!("  - [x] {}\n", text(ticked, TITLE)));
    }
    if task.ticked.len() > BOXES {
        out.push_str(&format!("  - … and {} more\n", grouped(task.ticked.len() - BOXES)));
    }
    out
}
