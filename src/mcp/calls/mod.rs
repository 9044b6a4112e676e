//! The tools, one file each: arguments, one op, the answer as text and as data.

mod card;
mod find;
mod get;
mod lines;
mod moves;
mod next;
mod run;
mod vote;
mod write;

pub(super) use card::card;
pub(super) use find::find;
pub(super) use get::get;
pub(super) use moves::moves;
pub(super) use next::next;
pub(super) use run::{begin, is_over, run, run_answer};
pub(super) use vote::vote;
pub(super) use write::write;

use super::world::{Caller, World};
use crate::ops::{ErrorKind, ErrorReport, Session};

/// Returns the ids that were given, else the active task's.
fn given_or_active(session: &Session<'_>, ids: Vec<String>) -> Result<Vec<String>, ErrorReport> {
    if !ids.is_empty() {
        return Ok(ids);
    }
    let active = session.workspace().active_task().map(|id| vec![id.to_string()]);
    active.ok_or_else(|| {
        ErrorReport::new(ErrorKind::Usage, "no task is active: say which by its id")
            .hint("`tracker queue` lists what can begin")
    })
}

/// Fails where an argument is missing that this action needs.
fn needed<T>(given: Option<T>, name: &str, action: &str) -> Result<T, ErrorReport> {
    given.ok_or_else(|| ErrorReport::new(ErrorKind::Usage, format!("`{action}` needs `{name}`")))
}
