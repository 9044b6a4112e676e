//! What a range changed where its histories crossed: each side had merged an older state of the other, so that there
//! are several places where they parted.
//!
//! A file that is as one of those places has it may still take back what the other one brought. So a file is compared
//! with what those places give when they are merged, as git does it.

use std::collections::{BTreeMap, BTreeSet};

use super::ends::Ends;
use crate::git::{CommitId, FileChange, FileState, Repository};
use crate::ops::Result;

/// A file on one side; none where it is not there.
type State = Option<FileState>;

/// Returns what differs between where a range began and its head, sorted by path.
pub(super) fn changes(repository: &Repository, ends: &Ends) -> Result<Vec<FileChange>> {
    let head = ends.head_commit;
    let plain = repository.changes_between(ends.merge_base, head)?;
    let (Some(first), Some((_, base))) = (ends.merge_base, &ends.base) else { return Ok(plain) };
    if ends.other_bases.is_empty() {
        return Ok(plain);
    }
    let side = |commit: Option<CommitId>| Side::of(repository, commit, head);
    let tip = side(Some(*base))?;
    let mut begun = Side { changes: by_path(plain) };
    for other in &ends.other_bases {
        let root = side(repository.merge_base(first, *other)?)?;
        begun = joined(&begun, &side(Some(*other))?, &root, &tip);
    }
    Ok(begun.changes.into_values().filter(|change| change.before != change.after).collect())
}

/// What a commit has otherwise than the head.
struct Side {
    changes: BTreeMap<String, FileChange>,
}

impl Side {
    fn of(repository: &Repository, commit: Option<CommitId>, head: CommitId) -> Result<Self> {
        Ok(Self { changes: by_path(repository.changes_between(commit, head)?) })
    }

    /// Returns a file of the commit; `head` is what the head has of it.
    fn state(&self, path: &str, head: State) -> State {
        self.changes.get(path).map_or(head, |change| change.before)
    }
}

/// Sorts changes by their paths.
pub(super) fn by_path(changes: Vec<FileChange>) -> BTreeMap<String, FileChange> {
    changes.into_iter().map(|change| (change.path.clone(), change)).collect()
}

/// Merges two sides file by file. Where both changed a file since their own common `root`, the base's `tip` has the
/// answer that was agreed upon.
fn joined(one: &Side, other: &Side, root: &Side, tip: &Side) -> Side {
    let paths: BTreeSet<&String> = one.changes.keys().chain(other.changes.keys()).collect();
    let of = |path: &String| {
        let change = one.changes.get(path).or_else(|| other.changes.get(path));
        let head = change.and_then(|change| change.after);
        let (ours, theirs) = (one.state(path, head), other.state(path, head));
        let root = root.state(path, head);
        let before = if ours == theirs || theirs == root {
            ours
        } else if ours == root {
            theirs
        } else {
            tip.state(path, head)
        };
        (path.clone(), FileChange { path: path.clone(), before, after: head })
    };
    Side { changes: paths.into_iter().map(of).collect() }
}
