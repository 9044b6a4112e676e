//! Which live branches change the target files of a task: what somebody who begins it is shown.

use std::time::Duration;

use super::live;
use crate::model::{TaskId, is_selected};
use crate::ops::{Result, Session};

/// So long branches are looked at; whoever begins a task does not wait for the rest.
const PATIENCE: Duration = Duration::from_millis(300);
/// How many branches are named, and how many files of each.
const NAMED: usize = 5;

/// Returns which other live branches change the target files of some tasks, in words. What cannot be read changes nothing:
/// this is for people, and stops nobody.
pub(crate) fn also_changed(session: &Session<'_>, tasks: &[TaskId]) -> Vec<String> {
    read(session, tasks).unwrap_or_default()
}

fn read(session: &Session<'_>, tasks: &[TaskId]) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for id in tasks {
        files.extend(session.snapshot().readable_task(id)?.map(|task| task.files).unwrap_or_default());
    }
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let repository = session.workspace().repository()?;
    let Some(head) = repository.head()?.commit.filter(|_| !repository.is_shallow()) else {
        return Ok(Vec::new());
    };
    let begun = session.env().monotonic();
    let mut found = Vec::new();
    for branch in live(session, &repository, &[])?.0 {
        if session.env().monotonic().saturating_sub(begun) > PATIENCE || found.len() >= NAMED {
            break;
        }
        let Some(base) = repository.merge_base(head, branch.commit)? else { continue };
        if base == branch.commit {
            continue;
        }
        let changed = repository.changes_between(Some(base), branch.commit)?;
        let shared: Vec<&str> = changed
            .iter()
            .map(|change| change.path.as_str())
            .filter(|path| is_selected(&files, path))
            .collect();
        if !shared.is_empty() {
            let more = if shared.len() > NAMED { ", …" } else { "" };
            let shared = shared[..shared.len().min(NAMED)].join(", ");
            found.push(format!("{shared}{more} also changed on {} ({})", branch.name, branch.by));
        }
    }
    Ok(found)
}
