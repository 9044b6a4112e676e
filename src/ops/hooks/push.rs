//! `pre-push`: where the configuration asks, what is about to be pushed must be records that can be read.

use crate::env::Env;
use crate::git::CommitId;
use crate::model::Severity;
use crate::ops::{Error, Reason, Refusal, Result};
use crate::store::{Layout, Workspace};

/// Checks the commits that git is about to push, each line as git hands it over: local ref, local commit, remote
/// ref, remote commit. A deletion is not looked at.
pub fn check_push(env: &Env, lines: &str) -> Result<()> {
    let workspace = Workspace::open(env)?;
    if !workspace.snapshot().config()?.0.hooks.pre_push {
        return Ok(());
    }
    let repository = workspace.repository()?;
    let mut reasons = Vec::new();
    for line in lines.lines() {
        let Some(commit_id) = line.split(' ').nth(1).and_then(|text| text.parse::<CommitId>().ok()) else {
            continue;
        };
        let is_deletion = commit_id.as_bytes().iter().all(|byte| *byte == 0);
        if is_deletion || repository.tree_id(commit_id, Layout::ROOT)?.is_none() {
            continue;
        }
        let tasks = workspace.snapshot_of_commit(Some(commit_id))?.tasks()?;
        let (_, problems) = tasks.read();
        let broken = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
        reasons.extend(broken.map(|problem| Reason {
            label: "broken",
            text: format!("{problem} (in {})", commit_id.short()),
            mend: problem.hint,
        }));
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let what = "what is about to be pushed holds records that cannot be read".to_owned();
    let kept = Some("nothing was pushed; git push --no-verify pushes all the same".to_owned());
    Err(Error::Refused(Refusal { what, reasons, kept }))
}
