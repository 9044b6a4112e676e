//! `block`, `unblock`, `cancel`: what a person says of a task beside its stage.

use super::session::Step;
use super::{Error, Result, Session, Written};
use crate::doc::{Edit, Value};
use crate::model::TaskId;
use crate::policy::{Attempt, Missing};

/// Blocks tasks by hand.
pub fn block(session: &Session<'_>, wanted: &[String], why: &str) -> Result<Written> {
    mark(session, ("block", Attempt::Block), wanted, "blocked", why)
}

/// Says that tasks will not be done.
pub fn cancel(session: &Session<'_>, wanted: &[String], why: &str) -> Result<Written> {
    let written = mark(session, ("cancel", Attempt::Cancel), wanted, "cancelled", why)?;
    super::active::forget_closed(session, &written)?;
    Ok(written)
}

/// Takes back a block by hand. What still waits for other tasks stays blocked by them.
pub fn unblock(session: &Session<'_>, wanted: &[String]) -> Result<Written> {
    session.change("unblock", wanted, |task, _| {
        Ok(match &task.blocked {
            Some(_) => {
                Step::new(vec![Edit::Remove { key: "blocked".to_owned() }], "no longer blocked by hand")
            }
            None => Step::nothing("is not blocked by hand"),
        })
    })
}

fn mark(
    session: &Session<'_>,
    (operation, attempt): (&str, fn(TaskId) -> Attempt),
    wanted: &[String],
    key: &str,
    why: &str,
) -> Result<Written> {
    let why = super::fields::reason(why)?;
    if why.is_empty() {
        return Err(Error::usage_with(format!("say why it is {key}"), format!("tracker {operation} ID WHY")));
    }
    session.change(operation, wanted, |task, _| {
        if task.stage.is_complete() {
            return Err(Error::refused(attempt(task.id.clone()), Missing::Completed));
        }
        let value = Value::Text(why.clone());
        Ok(Step::new(vec![Edit::Set { key: key.to_owned(), value }], format!("{key}: {why}")))
    })
}
