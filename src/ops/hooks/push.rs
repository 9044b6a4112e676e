//! `pre-push`: where the configuration asks, what is about to be pushed is judged as a server would.

use super::judge::{Judge, Update};
use super::receive::{PushReport, existing};
use crate::env::Env;
use crate::git::{CommitId, Repository};
use crate::ops::{Result, Session};
use crate::store::Workspace;

/// Branches that are the default one of a remote of which nothing more is known.
const USUAL: [&str; 2] = ["main", "master"];

/// Judges the commits that git is about to push to a remote, each line as git hands it over: local ref, local
/// commit, remote ref, remote commit. A deletion is not looked at.
pub fn check_push(env: &Env, remote: &str, lines: &str) -> Result<PushReport> {
    let updates: Vec<Update> = lines.lines().filter_map(update).collect();
    if updates.is_empty() {
        return Ok(PushReport::default());
    }
    let workspace = Workspace::open(env)?;
    if !workspace.snapshot().config()?.0.hooks.pre_push {
        return Ok(PushReport::default());
    }
    let repository = workspace.repository()?;
    let default = default_branch(&repository, remote, &updates)?;
    let snapshot = workspace.snapshot();
    let session = Session::new(env, workspace, snapshot);
    let judge = Judge::new(&session, default)?;
    let mut report = PushReport::default();
    for mut update in updates {
        // What the remote has and this clone does not: git will ask to fetch it first.
        let is_here = |commit: &CommitId| repository.commit_info(*commit).is_ok();
        if update.old.is_some_and(|old| !is_here(&old)) {
            update.old = repository.ref_commit(&format!("refs/remotes/{remote}/{}", update.branch))?;
        }
        report.branches.push(judge.of(&update)?);
    }
    Ok(report)
}

fn update(line: &str) -> Option<Update> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, new, name, old] = words.as_slice() else { return None };
    let new = existing(new.parse().ok()?)?;
    let branch = name.strip_prefix("refs/heads/")?.to_owned();
    Some(Update { branch, old: old.parse().ok().and_then(existing), new: Some(new) })
}

/// Returns the default branch of a remote, as far as it is known here: where it is being pushed, as the remote has it.
fn default_branch(
    repository: &Repository,
    remote: &str,
    updates: &[Update],
) -> Result<Option<(String, Option<CommitId>)>> {
    let tracking = format!("refs/remotes/{remote}/");
    let named = repository.symbolic_target(&format!("{tracking}HEAD"))?;
    let named = named.as_deref().and_then(|name| name.strip_prefix(&tracking)).map(str::to_owned);
    for name in named.iter().map(String::as_str).chain(USUAL) {
        let pushed = updates.iter().find(|update| update.branch == name);
        let known = pushed.and_then(|update| update.old).filter(|old| repository.commit_info(*old).is_ok());
        let commit_id = match known {
            Some(old) => Some(old),
            None => repository.ref_commit(&format!("{tracking}{name}"))?,
        };
        if commit_id.is_some() {
            return Ok(Some((name.to_owned(), commit_id)));
        }
    }
    Ok(None)
}
