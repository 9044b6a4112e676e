//! `pre-receive`: what a server takes. Every branch of a push is judged, by the rules of the repository that is pushed
//! to, before any of it is taken.
//!
//! Tags and other refs are nobody's business here. The policy judges the default branch, and those that `[hooks]
//! pre_receive` of the default branch names; to the other branches people push work in progress, which only has to be
//! records that can be read.

use crate::model::TRACKER_FOLDER;
use schemars::JsonSchema;
use serde::Serialize;

use super::judge::{BranchReport, Judge, Update};
use crate::env::Env;
use crate::git::{CommitId, Repository};
use crate::ops::{Error, Result, Session};
use crate::store::Workspace;

/// Branches that are the default one where HEAD names none that is there: the first that is.
const USUAL: [&str; 2] = ["main", "master"];

/// What a push was told.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PushReport {
    /// Each branch of the push that was looked at.
    pub branches: Vec<BranchReport>,
    /// What else those who run the repository should know.
    pub remarks: Vec<String>,
}

impl PushReport {
    /// Tells whether every branch may become what is pushed.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.branches.iter().all(|branch| branch.is_accepted)
    }
}

/// Judges what git is about to take, each line as git hands it over: old commit, new commit, ref.
pub fn judge_receive(env: &Env, lines: &str) -> Result<PushReport> {
    let updates = lines.lines().filter(|line| !line.is_empty()).map(update).collect::<Result<Vec<_>>>()?;
    if updates.iter().all(Option::is_none) {
        return Ok(PushReport::default());
    }
    let (workspace, _quarantine) = Workspace::receiving(env)?;
    let repository = workspace.repository()?;
    let default = default_branch(&repository)?;
    let snapshot = workspace.snapshot_of_commit(default.1)?;
    let session = Session::new(env, workspace, snapshot);
    let mut report = PushReport::default();
    let judge = Judge::new(&session, Some(default.clone()))?;
    for mut update in updates.into_iter().flatten() {
        let whole = format!("refs/heads/{}", update.branch);
        // A name for another branch: git moves that one.
        if let Some(target) = repository.symbolic_target(&whole)? {
            update.branch = target.strip_prefix("refs/heads/").unwrap_or(&target).to_owned();
        }
        let brings_tracker = match update.new {
            Some(new) => repository.tree_id(new, TRACKER_FOLDER)?.is_some(),
            None => false,
        };
        if default.1.is_none() && update.branch != default.0 && brings_tracker && report.remarks.is_empty() {
            report.remarks.push(format!(
                "HEAD names `{}`, which is not there, so no policy judges; on the server: git symbolic-ref \
                 HEAD refs/heads/{}",
                default.0, update.branch
            ));
        }
        report.branches.push(judge.of(&update)?);
    }
    Ok(report)
}

/// Reads a line; none for a ref that is no branch.
fn update(line: &str) -> Result<Option<Update>> {
    let strange =
        || Error::usage_with(format!("`{line}` is not what git tells a hook"), "git runs this hook");
    let mut words = line.splitn(3, ' ');
    let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) else {
        return Err(strange());
    };
    let commit = |text: &str| text.parse::<CommitId>().map(existing).map_err(|_| strange());
    let (old, new) = (commit(old)?, commit(new)?);
    Ok(name.strip_prefix("refs/heads/").map(|branch| Update { branch: branch.to_owned(), old, new }))
}

/// Git says "none" in zeros.
pub(super) fn existing(commit_id: CommitId) -> Option<CommitId> {
    commit_id.as_bytes().iter().any(|byte| *byte != 0).then_some(commit_id)
}

/// Returns the branch that HEAD names, with its commit.
fn default_branch(repository: &Repository) -> Result<(String, Option<CommitId>)> {
    let head = repository.symbolic_target("HEAD")?;
    let named =
        head.as_deref().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or("main").to_owned();
    for name in [named.as_str()].into_iter().chain(USUAL) {
        if let Some(commit_id) = repository.ref_commit(&format!("refs/heads/{name}"))? {
            return Ok((name.to_owned(), Some(commit_id)));
        }
    }
    Ok((named, None))
}
