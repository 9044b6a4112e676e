//! `block`, `unblock`, `cancel`, `reopen`: whether a task can go on at all, beside its stage.

use super::moves::move_edits;
use super::session::Step;
use super::{Error, Result, Session, Written};
use crate::doc::{Edit, Value};
use crate::model::{Move, MoveKind, Stage, TaskId};
use crate::policy::{Attempt, Missing};

/// Blocks tasks by hand.
pub fn block(session: &Session<'_>, ids: &[String], why: &str) -> Result<Written> {
    mark(session, ("block", Attempt::Block), ids, "blocked", why)
}

/// Cancels tasks.
pub fn cancel(session: &Session<'_>, ids: &[String], why: &str) -> Result<Written> {
    let written = mark(session, ("cancel", Attempt::Cancel), ids, "cancelled", why)?;
    forget_closed(session, &written)?;
    Ok(written)
}

/// Unblocks tasks that were blocked by hand; open dependencies still block.
pub fn unblock(session: &Session<'_>, ids: &[String]) -> Result<Written> {
    session.change("unblock", ids, |task, _| {
        Ok(match &task.blocked {
            Some(_) => Step::new(vec![Edit::Remove { key: "blocked".to_owned() }], "unblocked"),
            None => Step::nothing("not blocked by hand"),
        })
    })
}

fn mark(
    session: &Session<'_>,
    (operation, attempt): (&str, fn(TaskId) -> Attempt),
    ids: &[String],
    key: &str,
    why: &str,
) -> Result<Written> {
    let why = super::fields::reason(why)?;
    if why.is_empty() {
        return Err(Error::usage_with(
            "the reason is empty",
            format!("give one: `tracker {operation} ID REASON`"),
        ));
    }
    session.change(operation, ids, |task, _| {
        if task.stage.is_complete() {
            return Err(Error::refused(attempt(task.id.clone()), Missing::Completed));
        }
        let value = Value::Text(why.clone());
        Ok(Step::new(vec![Edit::Set { key: key.to_owned(), value }], format!("{key}: {why}")))
    })
}

/// Reopens closed tasks: a cancelled one continues in its stage, a complete one in its first stage.
pub fn reopen(session: &Session<'_>, ids: &[String], why: Option<&str>) -> Result<Written> {
    let (config, actor) = (session.config()?, session.actor()?);
    let why = why.map(super::fields::reason).transpose()?;
    session.change("reopen", ids, |task, _| {
        let (mut edits, mut messages) = (Vec::new(), Vec::new());
        if task.cancelled.is_some() {
            edits.push(Edit::Remove { key: "cancelled".to_owned() });
            messages.push(format!("no longer cancelled, continues in {}", task.stage));
        }
        if task.stage.is_complete() {
            let first = config.stages_of(task.kind.as_deref()).first().cloned().unwrap_or_else(Stage::none);
            messages.push(format!("complete → {first}"));
            edits.extend(move_edits(&Move {
                at: session.env().now(),
                by: actor.clone(),
                agent: session.agent(),
                from: task.stage.clone(),
                to: first,
                kind: MoveKind::Reopen,
                why: why.clone(),
                signature: None,
            }));
        }
        if messages.is_empty() {
            messages.push("already open".to_owned());
        }
        Ok(Step { edits, messages })
    })
}

/// Clears the active task if it was just closed.
pub(super) fn forget_closed(session: &Session<'_>, written: &Written) -> Result<()> {
    let active = session.workspace().active_task();
    let is_closed = |id: &str| written.tasks.iter().any(|task| task.id == id);
    if !written.dry_run && session.writes_here() && active.is_some_and(|id| is_closed(id.as_str())) {
        session.workspace().set_active_task(None)?;
    }
    Ok(())
}
