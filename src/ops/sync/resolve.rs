//! `sync resolve`: what both sides have changed, and pairs of which one is gone, decided by a person. The next run writes it.

use super::here::{append_log, link_change, read_links};
use super::run::find_remote;
use crate::doc::Edit;
use crate::model::{Field, FieldValue, SyncField, SyncLink, SyncOrphan, SyncSide, TaskId};
use crate::ops::fields::edit_to;
use crate::ops::session::{parse, spliced};
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::sync::Lost;

/// Decides for one side: in one field, or in all that wait.
pub fn resolve_sync(
    session: &Session<'_>,
    remote: &str,
    task: &str,
    field: Option<SyncField>,
    winner: SyncSide,
) -> Result<Written> {
    let config = session.config()?;
    let (name, _) = find_remote(&config, Some(remote))?;
    let locked = session.lock(&format!("sync resolve {task}"))?;
    let (links, _) = read_links(session.snapshot(), name)?;
    let whole = task.trim().to_ascii_uppercase();
    let id = session.resolve(task).or_else(|error| TaskId::parse(&whole).map_err(|_| error))?;
    let Some((_, link)) = links.into_iter().find(|(own, _)| *own == id) else {
        let hint = format!("tracker sync status {name} lists the linked tasks");
        return Err(Error::not_found(format!("{id} is not linked to `{name}`"), hint));
    };
    let mut resolved = link.clone();
    let (mut lost, mut changes) = (Vec::new(), Vec::new());
    let mut cancelled = None;
    match link.orphan.filter(|_| field.is_none()) {
        Some(orphan) => {
            if orphan_resolved(&mut resolved, orphan, winner) {
                cancelled = cancel(session, &id, name)?;
            }
        }
        None => lost = conflicts_resolved(&mut resolved, field, winner),
    }
    if resolved == link {
        let message = format!("nothing about {id} waits for a decision");
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
fn orphan_resolved(link: &mut SyncLink, orphan: SyncOrphan, winner: SyncSide) -> bool {
    match (orphan, winner) {
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
        (SyncOrphan::DeletedHere | SyncOrphan::Unlinked, _) => {
            link.orphan = Some(SyncOrphan::Unlinked);
            false
        }
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
