//! `move`: tasks between stages, and beside them.

use super::lines::written;
use super::{Caller, World, given_or_active, needed};
use crate::mcp::answer::Answer;
use crate::mcp::arguments::{MoveArguments, MoveKind};
use crate::ops::{self, ErrorKind, ErrorReport, Session, StartRequest, StartWhat, Written};

pub(in crate::mcp) fn moves(
    world: &World,
    caller: &Caller,
    given: &MoveArguments,
) -> Result<Answer, ErrorReport> {
    let session = world.write(caller)?;
    if given.query.is_some() && given.action != MoveKind::Start {
        return Err(ErrorReport::new(ErrorKind::Usage, "`query` is for `start` alone: give `ids`"));
    }
    if given.action == MoveKind::Stop {
        let stopped = ops::stop(&session)?;
        let text = format!("{} is no longer active, and stays in {}", stopped.id, stopped.stage);
        return Ok(Answer::new(text, ops::plain(&stopped)));
    }
    let done = moved(&session, given)?;
    let problems = ops::hooks_warning(&session);
    Ok(Answer::new(written(&done), ops::brief_written(&done)).with_problems(&problems))
}

fn moved(session: &Session<'_>, given: &MoveArguments) -> Result<Written, ErrorReport> {
    let why = || {
        let action = match given.action {
            MoveKind::Fail => "fail",
            MoveKind::Block => "block",
            _ => "cancel",
        };
        needed(given.why.clone(), "why", action)
    };
    let MoveArguments { action, ids, query, .. } = given;
    if *action == MoveKind::Start {
        let what = match (ids.as_slice(), query) {
            ([id], None) => StartWhat::Task(id.clone()),
            ([], query) => StartWhat::Next(query.clone().unwrap_or_default()),
            ([_], Some(_)) => {
                return Err(ErrorReport::new(ErrorKind::Usage, "`start` takes an id or a `query`, not both"));
            }
            _ => return Err(ErrorReport::new(ErrorKind::Usage, "`start` takes one id: one task is active")),
        };
        return Ok(ops::start(session, &StartRequest { what, assignee: None, force: false })?);
    }
    let ids = given_or_active(session, ids.clone())?;
    Ok(match action {
        MoveKind::Advance => ops::advance(session, &ids, given.why.as_deref())?,
        MoveKind::Done => ops::done(session, &ids, given.why.as_deref())?,
        MoveKind::Fail => match ids.as_slice() {
            [id] => ops::fail(session, id, &why()?)?,
            _ => return Err(ErrorReport::new(ErrorKind::Usage, "`fail` takes one id")),
        },
        MoveKind::Block => ops::block(session, &ids, &why()?)?,
        MoveKind::Unblock => ops::unblock(session, &ids)?,
        MoveKind::Cancel => ops::cancel(session, &ids, &why()?)?,
        MoveKind::Reopen => ops::reopen(session, &ids, given.why.as_deref())?,
        MoveKind::Start | MoveKind::Stop => unreachable!("handled before"),
    })
}
