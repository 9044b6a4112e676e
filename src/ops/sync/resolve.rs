//! `sync resolve`: what both sides have changed, and pairs of which one is gone, decided by a person. The next run writes it.

use super::here::{append_log, link_change, read_links, task_of_broken};
use super::reach::reach;
use super::run::find_remote;
use super::view::{can_create, last_sync};
use crate::doc::Edit;
use crate::model::{
    Config, Field, FieldValue, Problem, SyncField, SyncLink, SyncOrphan, SyncRemote, SyncSide, TaskId,
};
use crate::ops::fields::edit_to;
use crate::ops::session::{parse, spliced};
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::sync::{Lost, Remote};

/// Decides for one side: in one field, or in all that wait.
pub fn resolve_sync(
    session: &Session<'_>,
    remote: &str,
    task: &str,
    field: Option<SyncField>,
    winner: SyncSide,
) -> Result<Written> {
    let config = session.config()?;
    let (name, settings) = find_remote(&config, Some(remote))?;
    let locked = session.lock(&format!("sync resolve {task}"))?;
    let (id, link) = find_link(session, name, task)?;
    let mut resolved = link.clone();
    let (mut lost, mut changes) = (Vec::new(), Vec::new());
    let mut cancelled = None;
    // An item that is to be created again is not there yet.
    let is_requested =
        link.orphan.is_none() && link.id.is_empty() && session.snapshot().task_file(&id)?.is_some();
    let orphan = link.orphan.or(is_requested.then_some(SyncOrphan::DeletedThere));
    match orphan.filter(|_| field.is_none()) {
        Some(orphan) => {
            let is_creation = orphan == SyncOrphan::DeletedThere && winner == SyncSide::Here;
            let can_create = is_creation && creates_there(session, &config, (name, settings))?;
            if orphan_resolved(&mut resolved, (orphan, winner), can_create) {
                cancelled = cancel(session, &id, name)?;
            }
        }
        None => lost = conflicts_resolved(&mut resolved, field, winner),
    }
    if resolved == link {
        let both =
            if link.orphan == Some(SyncOrphan::DeletedBoth) { ": it is gone on both sides" } else { "" };
        let message = format!("nothing about {id} waits for a decision{both}");
        return Err(Error::usage_with(message, format!("tracker sync status {name} shows what does")));
    }
    let mut tasks = Vec::new();
    if let Some((change, task)) = cancelled {
        changes.push(change);
        tasks.push(task);
    }
    changes.extend(link_change(session.snapshot(), name, &resolved)?);
    if !lost.is_empty() && !session.is_dry() {
        append_log(session, name, &lost)?;
    }
    session.finish(&locked, &changes, tasks)
}

/// Finds the link of a task by a part of its id, also of one that is gone.
fn find_link(session: &Session<'_>, remote: &str, task: &str) -> Result<(TaskId, SyncLink)> {
    let (mut links, problems) = read_links(session.snapshot(), remote)?;
    let part = task.trim().to_ascii_uppercase();
    let is_meant: Vec<&TaskId> =
        links.iter().map(|(own, _)| own).filter(|own| own.as_str().contains(&part)).collect();
    let id = match (session.resolve(task), is_meant.as_slice()) {
        (Ok(id), _) => id,
        (Err(_), [only]) if !part.is_empty() => (*only).clone(),
        (Err(error), _) => TaskId::parse(&part).map_err(|_| error)?,
    };
    let broken: Vec<Problem> =
        problems.into_iter().filter(|own| task_of_broken(own).as_deref() == Some(id.as_str())).collect();
    if !broken.is_empty() {
        return Err(Error::Broken(broken));
    }
    let Some(at) = links.iter().position(|(own, _)| *own == id) else {
        let hint = format!("tracker sync status {remote} lists the linked tasks");
        return Err(Error::not_found(format!("{id} is not linked to `{remote}`"), hint));
    };
    Ok(links.swap_remove(at))
}

/// Whether items can be created with another tracker. It is asked where no run here has found out.
fn creates_there(session: &Session<'_>, config: &Config, remote: (&str, &SyncRemote)) -> Result<bool> {
    match can_create(Some(remote.1), last_sync(session, remote.0).as_ref()) {
        Some(known) => Ok(known),
        None => Ok(reach(session, config, remote, None)?.capabilities()?.can_create()),
    }
}

/// Makes the field look as if only the winner had changed it.
fn conflicts_resolved(link: &mut SyncLink, field: Option<SyncField>, winner: SyncSide) -> Vec<Lost> {
    let fields: Vec<SyncField> =
        link.conflicts.keys().copied().filter(|own| field.is_none_or(|field| field == *own)).collect();
    let mut lost = Vec::new();
    for field in fields {
        let Some(conflict) = link.conflicts.remove(&field) else { continue };
        let (side, loser, kept) = match winner {
            SyncSide::Here => (SyncSide::There, conflict.there, conflict.here),
            SyncSide::There => (SyncSide::Here, conflict.here, conflict.there),
        };
        link.agreed.insert(field, loser.clone());
        let (task, item) = (link.task.clone(), link.id.clone());
        lost.push(Lost { task, item, field, side, lost: loser, kept });
    }
    lost
}

/// Decides about a pair of which one is gone. Returns whether the task is to be cancelled.
fn orphan_resolved(link: &mut SyncLink, (orphan, winner): (SyncOrphan, SyncSide), can_create: bool) -> bool {
    match (orphan, winner) {
        // What cannot be created there stays here alone.
        (SyncOrphan::DeletedThere, SyncSide::Here) if !can_create => {
            link.orphan = Some(SyncOrphan::Unlinked);
            false
        }
        // Without an id the item, or the task, is new to the other side.
        (SyncOrphan::DeletedThere, SyncSide::Here) | (SyncOrphan::DeletedHere, SyncSide::There) => {
            link.id.clear();
            link.orphan = None;
            false
        }
        (SyncOrphan::DeletedThere, SyncSide::There) => {
            link.orphan = Some(SyncOrphan::Unlinked);
            true
        }
        (SyncOrphan::DeletedHere, SyncSide::Here) => {
            link.orphan = Some(SyncOrphan::Unlinked);
            false
        }
        (SyncOrphan::DeletedBoth | SyncOrphan::Unlinked, _) => false,
    }
}

fn cancel(
    session: &Session<'_>,
    id: &TaskId,
    remote: &str,
) -> Result<Option<(crate::store::Change, WrittenTask)>> {
    let Some(file) = session.snapshot().task_file(id)? else { return Ok(None) };
    let task = parse(&file)?;
    if task.summary().is_closed() {
        return Ok(None);
    }
    let why = format!("deleted in {remote}");
    let edits: Vec<Edit> = vec![edit_to(Field::Cancelled.key().to_owned(), &FieldValue::text(Some(&why)))];
    let written = WrittenTask::changed(&task, vec![format!("cancelled: {why}")], true);
    Ok(Some((spliced(&file, &edits)?, written)))
}
