//! What somebody saw of a task before they voted: others may have committed since the page was made.

use crate::git::{CommitId, Repository};
use crate::model::{Suggestion, digest_of};
use crate::ops::{Error, Result, Session};
use crate::store::TaskFile;

/// Digits of a digest and of a commit that tell two states apart where nobody tries to make them alike.
const DIGITS: usize = 16;

/// Names the content that a vote on a task would cover: the commit that the session reads, and the task's document. None where
/// git cannot be read.
pub(in crate::ops) fn content_seen(session: &Session<'_>, file: &TaskFile) -> Option<String> {
    let repository = session.workspace().repository().ok()?;
    let tip = session.tip(&repository).ok()?;
    Some(seen(tip, file))
}

fn seen(commit: Option<CommitId>, file: &TaskFile) -> String {
    let commit = commit.map(|commit| commit.to_string()).unwrap_or_default();
    let digest = digest_of(&file.bytes);
    let start = |digits: &str| digits.chars().take(DIGITS).collect::<String>();
    format!("{}-{}", start(&commit), start(&digest))
}

/// Refuses a vote on what the voter did not see.
pub(super) fn refuse_unseen(
    session: &Session<'_>,
    repository: &Repository,
    file: &TaskFile,
    expected: &str,
) -> Result<()> {
    // Of a branch that is not checked out its own commit, as what was shown.
    let now = seen(session.tip(repository)?, file);
    if now == expected {
        return Ok(());
    }
    let commit = |seen: &str| seen.split('-').next().unwrap_or_default().chars().take(8).collect::<String>();
    let (before, after) = (commit(expected), commit(&now));
    let is_hex = !before.is_empty() && before.bytes().all(|digit| digit.is_ascii_hexdigit());
    let (what, look) = if before == after || !is_hex {
        ("its document has changed".to_owned(), Suggestion::tracker(["show", file.id.as_str()]))
    } else {
        (format!("HEAD was {before} and is {after}"), Suggestion::git(["diff", &before, &after]))
    };
    Err(Error::Unseen { id: file.id.to_string(), what, look })
}
