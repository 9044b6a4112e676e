//! The commits at which records have changed, for whoever goes through history commit by commit.

use chrono::{DateTime, Utc};

use super::{Result, Session};
use crate::model::TRACKER_FOLDER;

/// Most commits that are looked at.
const LOOKED_AT: usize = 2000;

/// A commit at which records have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCommit {
    /// Its id.
    pub commit: String,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// The first line of its message.
    pub subject: String,
    /// Whether its records are those that are shown.
    pub is_shown: bool,
}

/// Returns the last commits at which records have changed, the newest first: of HEAD and its first parents. `shown` is the
/// revision whose records are shown.
pub fn record_commits(session: &Session<'_>, shown: &str, most: usize) -> Result<Vec<RecordCommit>> {
    let repository = session.workspace().repository()?;
    let shown = repository.resolve(shown)?;
    let mut commits: Vec<RecordCommit> = Vec::new();
    let Some(mut id) = repository.head()?.commit else { return Ok(commits) };
    let mut records = repository.tree_id(id, TRACKER_FOLDER)?;
    // From the commit that is shown on, the first at which records have changed has those of it.
    let mut is_reached = false;
    for _ in 0..LOOKED_AT {
        let commit = repository.commit_info(id)?;
        is_reached |= id == shown;
        let parent = commit.parents.first().copied();
        // A clone may end before history does.
        let before = match parent.map(|parent| repository.tree_id(parent, TRACKER_FOLDER)) {
            Some(Ok(before)) => before,
            Some(Err(_)) => break,
            None => None,
        };
        if records != before {
            let is_shown = is_reached && !commits.iter().any(|other| other.is_shown);
            let (at, subject) = (commit.committer_time, commit.subject);
            commits.push(RecordCommit { commit: id.to_string(), at, subject, is_shown });
        }
        match parent {
            Some(parent) if commits.len() < most => (id, records) = (parent, before),
            _ => break,
        }
    }
    Ok(commits)
}
