//! Claims of files by who works on no task: a worker that fixes what it finds. They are claims as all others, by an id that
//! is no task's.

use chrono::TimeDelta;

use super::keep::{HeldRequest, ReleaseRequest, release};
use super::place::ClaimPlace;
use super::take::{ClaimResult, take};
use crate::model::TaskId;
use crate::ops::{Result, Session};
use crate::policy::ClaimedTask;

/// Returns the remote that decides about claims; none where it is the clone.
pub(in crate::ops) fn claims_remote(session: &Session<'_>, given: Option<&str>) -> Result<Option<String>> {
    Ok(ClaimPlace::find(session, given)?.remote)
}

/// Claims files, all of them or none. They are given as globs.
pub(in crate::ops) fn claim_files(
    session: &Session<'_>,
    remote: Option<&str>,
    claim: &TaskId,
    files: Vec<String>,
    lease: TimeDelta,
) -> Result<ClaimResult> {
    let place = ClaimPlace::find(session, remote)?;
    take(session, &place, vec![ClaimedTask { task: claim.clone(), files }], lease)
}

/// Gives up what an earlier process has claimed in this working tree and was killed before it could.
pub(in crate::ops) fn end_own_claims(
    session: &Session<'_>,
    remote: Option<&str>,
    worker: &str,
) -> Result<()> {
    let own = session.workspace().own_claims(worker);
    if own.is_empty() {
        return Ok(());
    }
    let ids = own.into_iter().map(|own| own.task.to_string()).collect();
    let held = HeldRequest { ids, nonce: None, remote: remote.map(str::to_owned) };
    release(session, &ReleaseRequest { held, force: false })?;
    Ok(())
}
