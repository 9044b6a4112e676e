//! What somebody saw of a task before they voted: others may have committed since the page was made.

use crate::git::Repository;
use crate::model::{Suggestion, digest_of};
use crate::ops::{Error, Result, Session};
use crate::store::TaskFile;

/// Digits of a digest and of a commit that tell two states apart where nobody tries to make them alike.
const DIGITS: usize = 16;

/// Names the content that a vote on a task would cover now: the commit, and the task's document. None where nothing is
/// committed, or where the task cannot be read.
pub fn content_seen(session: &Session<'_>, id: &str) -> Option<String> {
    let file = session.find_file(id).ok()?;
    let repository = session.workspace().repository().ok()?;
    seen(&repository, &file).ok()
}

fn seen(repository: &Repository, file: &TaskFile) -> Result<String> {
    let commit = repository.head()?.commit.map(|commit| commit.to_string()).unwrap_or_default();
    let digest = digest_of(&file.bytes);
    let start = |digits: &str| digits.chars().take(DIGITS).collect::<String>();
    Ok(format!("{}-{}", start(&commit), start(&digest)))
}

/// Refuses a vote on what the voter did not see.
pub(super) fn refuse_unseen(repository: &Repository, file: &TaskFile, expected: &str) -> Result<()> {
    let now = seen(repository, file)?;
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
