//! Claims as this clone knows them, without a look at the network: those of the clone itself, and those of remotes as they
//! were when they were fetched last.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Result;
use crate::doc::{LARGEST_CLAIM, read_claim};
use crate::env::Env;
use crate::git::{BlobId, ObjectRef};
use crate::model::{CLAIM_REFS, ClaimRef, FILES_REF, TaskId};
use crate::policy::{ClaimedTask, Observer, shared_file};
use crate::store::Workspace;

/// Where refs of ours are.
const TRACKER_REFS: &str = "refs/tracker";
/// What the names of refs begin with that are copies of a remote's, before its name.
const COPIES: &str = "refs/tracker/remotes/";
/// What is between the name of the remote and what is in [`CLAIM_REFS`] there.
const OF_COPIES: &str = "/claims/";

/// What the names of the claims' refs begin with in this clone: those of a remote, or its own.
#[must_use]
pub fn claim_refs_of(remote: Option<&str>) -> String {
    remote.map_or_else(|| CLAIM_REFS.to_owned(), |remote| format!("{COPIES}{remote}{OF_COPIES}"))
}

/// The claims of one place.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// By task.
    pub claims: Vec<ClaimRef>,
    /// What the ref leads to that every claim with target files changes.
    pub files: Option<BlobId>,
}

impl Claims {
    /// Reads the claims of a remote as they were fetched last, or those of this clone.
    pub fn read(workspace: &Workspace, remote: Option<&str>) -> Result<Self> {
        let prefix = claim_refs_of(remote);
        let refs = workspace.repo_paths().object_refs(prefix.trim_end_matches('/'))?;
        let mut found = Self::default();
        for each in refs {
            let Some(name) = each.name.strip_prefix(&prefix) else { continue };
            if name == FILES_REF {
                found.files = Some(each.object);
            } else {
                found.claims.extend(read(workspace, name, &each)?);
            }
        }
        Ok(found)
    }

    /// Returns the claim of a task, whatever it is worth.
    #[must_use]
    pub fn of(&self, task: &TaskId) -> Option<&ClaimRef> {
        self.claims.iter().find(|claim| claim.task == *task)
    }
}

/// Reads the object of a claim's ref; none where the name of the ref is no task's.
fn read(workspace: &Workspace, name: &str, found: &ObjectRef) -> Result<Option<ClaimRef>> {
    let Ok(task) = TaskId::parse(name) else { return Ok(None) };
    let bytes = workspace.repository()?.read_blob(found.object, LARGEST_CLAIM);
    let claim = bytes.map_err(|error| error.to_string()).and_then(|bytes| read_claim(&task, &bytes));
    Ok(Some(ClaimRef { task, object: found.object.to_string(), claim }))
}

/// A claim, and where it is known from.
#[derive(Debug, Clone)]
pub struct KnownClaim {
    /// The claim.
    pub held: ClaimRef,
    /// Whether it is of who looks, in this working tree.
    pub is_own: bool,
    /// When it was fetched; none of a claim of this clone, and where nobody knows.
    pub fetched: Option<DateTime<Utc>>,
}

/// All claims that this clone knows.
#[derive(Debug, Default)]
pub struct KnownClaims {
    claims: Vec<KnownClaim>,
    host: String,
}

impl KnownClaims {
    /// Reads them. Where there are none that costs one look for a folder, and a look at the packed refs.
    /// `worker` is who looks.
    pub fn read(env: &Env, workspace: &Workspace, worker: impl FnOnce() -> Option<String>) -> Result<Self> {
        let refs = workspace.repo_paths().object_refs(TRACKER_REFS)?;
        let mut found = Self::default();
        let (mut own, mut worker) = (None, Some(worker));
        let mut fetched: BTreeMap<String, Option<DateTime<Utc>>> = BTreeMap::new();
        for each in refs {
            let (remote, name) = match each.name.strip_prefix(COPIES) {
                Some(rest) => match rest.rsplit_once(OF_COPIES) {
                    Some((remote, name)) => (Some(remote), name),
                    None => continue,
                },
                None => match each.name.strip_prefix(CLAIM_REFS) {
                    Some(name) => (None, name),
                    None => continue,
                },
            };
            let Some(held) = read(workspace, name, &each)? else { continue };
            let own = own.get_or_insert_with(|| {
                let worker = worker.take().and_then(|worker| worker());
                worker.map(|worker| workspace.own_claims(&worker)).unwrap_or_default()
            });
            let is_own = own.iter().any(|own| own.task == held.task && held.is_of(&own.nonce));
            let fetched_at = |remote: &str| workspace.claims_fetched(remote).map(|fetched| fetched.at);
            let fetched = remote
                .and_then(|remote| *fetched.entry(remote.to_owned()).or_insert_with(|| fetched_at(remote)));
            found.claims.push(KnownClaim { held, is_own, fetched });
        }
        if !found.claims.is_empty() {
            found.host = env.host();
        }
        Ok(found)
    }

    /// Returns the claim of a task that is valid at a time.
    #[must_use]
    pub fn of(&self, task: &str, now: DateTime<Utc>) -> Option<&KnownClaim> {
        self.valid(now).find(|claim| claim.held.task.as_str() == task)
    }

    /// Returns the claim of somebody else that is in the way of who works on a task: of the task itself, or of a target file,
    /// which comes with it.
    #[must_use]
    pub fn in_the_way(
        &self,
        task: &ClaimedTask,
        now: DateTime<Utc>,
    ) -> Option<(&KnownClaim, Option<String>)> {
        let of_others = || self.valid(now).filter(|claim| !claim.is_own);
        let of_task = of_others().find(|claim| claim.held.task == task.task).map(|claim| (claim, None));
        let shared = |claim: &'_ KnownClaim| shared_file(task, &claim.held);
        of_task.or_else(|| of_others().find_map(|claim| Some((claim, Some(shared(claim)?)))))
    }

    /// Returns the worker who has a valid claim that was made on a branch.
    #[must_use]
    pub fn on_branch(&self, branch: &str, now: DateTime<Utc>) -> Option<&str> {
        let claims = self.valid(now).filter_map(|known| known.held.claim.as_ref().ok());
        let mut on_branch = claims.filter(|claim| claim.branch.as_deref() == Some(branch));
        on_branch.next().map(|claim| claim.worker.as_str())
    }

    /// Returns the worker who has a valid claim of a task that was made on no other branch.
    #[must_use]
    pub fn worker(&self, task: &str, branch: &str, now: DateTime<Utc>) -> Option<&str> {
        let claim = self.of(task, now)?.held.claim.as_ref().ok()?;
        claim.branch.as_deref().is_none_or(|own| own == branch).then_some(claim.worker.as_str())
    }

    /// Returns all of them, also those that have ended.
    pub fn all(&self) -> impl Iterator<Item = &KnownClaim> {
        self.claims.iter()
    }

    fn valid(&self, now: DateTime<Utc>) -> impl Iterator<Item = &KnownClaim> {
        let observer = self.observer(now);
        self.claims.iter().filter(move |claim| observer.is_valid(&claim.held))
    }

    /// Returns who looks at them at a time.
    #[must_use]
    pub fn observer(&self, now: DateTime<Utc>) -> Observer<'_> {
        Observer { now, host: &self.host }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }
}
