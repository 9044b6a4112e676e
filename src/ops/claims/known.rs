//! What claims say to commands that do not look at the network: who has which task, as it was known last.

use chrono::{DateTime, Utc};

use super::view::ClaimView;
use crate::facts::{KnownClaim, KnownClaims};
use crate::model::{Summary, TaskId};
use crate::ops::{Result, Session, TaskLine};
use crate::policy::{ClaimedTask, Reason};

/// Returns who works here: the agent, else the person.
pub(super) fn worker(session: &Session<'_>) -> Result<String> {
    session.agent().map_or_else(|| session.actor(), Ok)
}

/// Reads the claims that this clone knows; none where the session looks at a commit, and where refs cannot be read.
pub(in crate::ops) fn claims_of(session: &Session<'_>) -> KnownClaims {
    match session.snapshot().is_work_tree() {
        true => {
            KnownClaims::read(session.env(), session.workspace(), || worker(session).ok()).unwrap_or_default()
        }
        false => KnownClaims::default(),
    }
}

/// Adds to lines who has claimed their tasks.
pub(in crate::ops) fn add_claims(session: &Session<'_>, claims: &KnownClaims, lines: &mut [TaskLine]) {
    if claims.is_empty() {
        return;
    }
    let now = session.env().now();
    let view = |known: &KnownClaim| ClaimView {
        fetched: known.fetched,
        ..ClaimView::new(&known.held, known.is_own, claims.observer(now))
    };
    for line in lines {
        line.claim = claims.of(&line.id, now).map(view);
    }
}

/// Returns why somebody must not begin a task: it, or one of its target files, is claimed by somebody else.
pub(in crate::ops) fn in_the_way(
    session: &Session<'_>,
    claims: &KnownClaims,
    task: &TaskId,
    files: &[String],
) -> Option<Reason> {
    if claims.is_empty() {
        return None;
    }
    let task = ClaimedTask { task: task.clone(), files: files.to_vec() };
    let (known, file) = claims.in_the_way(&task, session.env().now())?;
    let claim = known.held.claim.as_ref().ok();
    Some(Reason::Claimed {
        worker: claim.map(|claim| claim.worker.clone()),
        host: claim.map(|claim| claim.host.clone()),
        until: claim.map(crate::model::Claim::ends),
        file: file.map(|file| (file, known.held.task.clone())),
        fetched: known.fetched,
    })
}

/// Whether somebody else has claimed a task, or one of its target files.
pub(in crate::ops) fn is_claimed(claims: &KnownClaims, task: &Summary<'_>, now: DateTime<Utc>) -> bool {
    let Ok(id) = TaskId::parse(task.id) else { return false };
    let files = task.files.iter().map(str::to_owned).collect();
    claims.in_the_way(&ClaimedTask { task: id, files }, now).is_some()
}
