//! What a worker leaves: its branch and its working tree. What is merged nowhere is not removed, and what is put away is kept
//! as a bundle for a while.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;

use super::desk::{Desk, git_in, last_line, worker_branch, worker_folder, workers_folder};
use crate::git::{CommitId, Repository};
use crate::model::is_worker_name;
use crate::ops::target_policy::policy_base;
use crate::ops::{Error, Result, Session};
use crate::store::Lock;

/// How long a bundle is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What was removed of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerRemoved {
    /// The worker.
    pub worker: String,
    /// The bundle that keeps its commits, where they are merged nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// Whether nothing was removed, and only shown what would be.
    pub dry_run: bool,
}

fn bundles(session: &Session<'_>) -> PathBuf {
    session.workspace().repo_paths().shared_folder().join("bundles")
}

/// Whether what a branch has is on another branch: its commits, or what they change, as a squash merge leaves it.
fn is_merged(session: &Session<'_>, branch: &str, commit: CommitId, into: &[CommitId]) -> Result<bool> {
    let repository = session.workspace().repository()?;
    let tips = session.workspace().repo_paths().branch_tips()?;
    let own = format!("refs/heads/{branch}");
    let others = tips.iter().filter(|tip| tip.name != own && !tip.name.starts_with("refs/heads/workers/"));
    let mut tips: Vec<CommitId> = into.to_vec();
    tips.extend(others.map(|tip| tip.commit));
    for tip in &tips {
        if repository.merge_base(*tip, commit).is_ok_and(|base| base == Some(commit)) {
            return Ok(true);
        }
    }
    into.iter()
        .try_fold(false, |is_merged, tip| Ok(is_merged || is_squashed(session, &repository, commit, *tip)?))
}

/// Whether merging a commit would change nothing.
pub(in crate::ops) fn is_squashed(
    session: &Session<'_>,
    repository: &Repository,
    commit: CommitId,
    tip: CommitId,
) -> Result<bool> {
    let (ours, theirs) = (tip.to_string(), commit.to_string());
    let merged = git_in(session.workspace(), "merge", &["merge-tree", "--write-tree", &ours, &theirs])?;
    let tree = repository.tree_id(tip, "")?.map(|tree| tree.to_string());
    Ok(merged.is_success() && merged.stdout_text().lines().next().map(str::to_owned) == tree)
}

/// Keeps what the branch of a worker has and no other, before it begins anew. Returns the bundle.
pub(super) fn keep_unmerged(session: &Session<'_>, name: &str, tip: CommitId) -> Result<Option<PathBuf>> {
    let repository = session.workspace().repository()?;
    let branch = worker_branch(name);
    let Some(commit) = repository.ref_commit(&format!("refs/heads/{branch}"))? else { return Ok(None) };
    if commit == tip || is_merged(session, &branch, commit, &[tip])? {
        return Ok(None);
    }
    let folder = bundles(session);
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    // The same work, made again on another commit, is kept once.
    let tree = repository.tree_id(commit, "")?.map(|tree| tree.short()).unwrap_or_default();
    let path = folder.join(format!("worker-{name}-{tree}.bundle"));
    if path.is_file() {
        return Ok(Some(path));
    }
    let whole = format!("refs/heads/{branch}");
    let base = repository.merge_base(tip, commit)?.map(|base| format!("^{base}"));
    let file = path.to_string_lossy();
    let mut words = vec!["bundle", "create", "--quiet", &file, &whole];
    words.extend(base.as_deref());
    let made = git_in(session.workspace(), "make a bundle", &words)?;
    if !made.is_success() {
        let reason = last_line(&made.stderr_text());
        return Err(Error::usage(format!("cannot keep what {branch} has and no other branch: {reason}")));
    }
    Ok(Some(path))
}

/// Removes bundles that have been kept long enough.
pub(super) fn prune_bundles(session: &Session<'_>) -> Result<()> {
    let Ok(entries) = fs::read_dir(bundles(session)) else { return Ok(()) };
    let now = u128::try_from(session.env().clock_nanos()).unwrap_or_default();
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("worker-"))
    {
        let written = entry.metadata().and_then(|found| found.modified()).ok();
        let written = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|at| at.as_nanos());
        if written.is_some_and(|written| now.saturating_sub(written) > KEPT.as_nanos()) {
            fs::remove_file(entry.path()).map_err(Error::io("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Removes the working tree, the branch and the memory of a worker. What its branch has and no other is refused, unless
/// `is_forced`: then a bundle keeps it.
pub fn remove_worker(session: &Session<'_>, name: &str, is_forced: bool) -> Result<WorkerRemoved> {
    let workspace = session.workspace();
    let folder = worker_folder(workspace, name);
    let repository = workspace.repository()?;
    let branch = worker_branch(name);
    let whole = format!("refs/heads/{branch}");
    let commit = repository.ref_commit(&whole)?;
    if !is_worker_name(name) || !folder.is_dir() && commit.is_none() {
        return Err(Error::not_found(format!("unknown worker `{name}`"), "tracker worker"));
    }
    let _lock = Lock::acquire(&folder.join("lock"), Duration::ZERO, &format!("remove worker {name}"))?;
    let base = policy_base(&repository)?.map(|(_, commit)| commit);
    let mut into: Vec<CommitId> = base.into_iter().collect();
    into.extend(repository.head()?.commit);
    let mut removed = WorkerRemoved { worker: name.to_owned(), bundle: None, dry_run: session.is_dry() };
    let is_kept = match commit {
        Some(commit) => into.contains(&commit) || is_merged(session, &branch, commit, &into)?,
        None => true,
    };
    if !is_kept && !is_forced {
        let message = format!("{branch} has commits that are merged nowhere");
        let hint = format!("git merge {branch}, or --force, which keeps them in a bundle for 30 days");
        return Err(Error::usage_with(message, hint));
    }
    if let Some(tip) = into.first().copied().or(commit).filter(|_| !is_kept && !session.is_dry()) {
        let bundle = keep_unmerged(session, name, tip)?;
        removed.bundle = bundle.map(|path| path.to_string_lossy().into_owned());
    }
    if session.is_dry() {
        return Ok(removed);
    }
    if let Some(desk) = Desk::find(workspace, name) {
        desk.remove(workspace)?;
    }
    if let Some(commit) = commit {
        repository.delete_ref(&whole, commit)?;
    }
    if folder.parent() == Some(&workers_folder(workspace)) && folder.is_dir() {
        fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
    }
    Ok(removed)
}
