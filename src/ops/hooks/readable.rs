//! Records that a push brings and that cannot be read: refused on any branch, for every clone would stumble over them.

use std::collections::BTreeMap;

use crate::doc::record_problems;
use crate::git::{self, BlobId, CommitId, FileMode, Repository};
use crate::model::{GateRule, Level, Problem, RecordPath, Severity, TRACKER_FOLDER, is_in_tracker};
use crate::ops::Result;
use crate::review::Violation;
use crate::store::{LARGEST_FILE, unexpected};

/// Returns the records that differ between two commits and cannot be read in the new one.
pub(super) fn unreadable(
    repository: &Repository,
    old: Option<CommitId>,
    new: CommitId,
) -> Result<Vec<Violation>> {
    let mut problems = Vec::new();
    for (path, (mode, blob_id)) in changed(repository, old, new)? {
        let found = match (unexpected(&path, mode.into()), RecordPath::parse(&path)) {
            (Some(problem), _) => vec![problem],
            (None, Some(record)) => match repository.read_blob(blob_id, LARGEST_FILE) {
                Ok(bytes) => record_problems(&record, &bytes),
                Err(error @ git::Error::TooLarge { .. }) => vec![Problem::error(error.to_string())],
                Err(error) => return Err(error.into()),
            },
            (None, None) => Vec::new(),
        };
        let errors = found.into_iter().filter(|problem| problem.severity == Severity::Error);
        problems.extend(errors.map(|problem| violation(problem.in_file(&path))));
    }
    Ok(problems)
}

/// Returns the files below the tracker's folder that the new commit has otherwise than the old one.
fn changed(
    repository: &Repository,
    old: Option<CommitId>,
    new: CommitId,
) -> Result<BTreeMap<String, (FileMode, BlobId)>> {
    let Some(old) = old else {
        let files = repository.tree_files(new, TRACKER_FOLDER)?.into_iter();
        return Ok(files.map(|file| (file.path, (file.mode, file.blob_id))).collect());
    };
    if repository.tree_id(old, TRACKER_FOLDER)? == repository.tree_id(new, TRACKER_FOLDER)? {
        return Ok(BTreeMap::new());
    }
    let changes = repository.changes_between(Some(old), new)?.into_iter();
    let inside = changes.filter(|change| is_in_tracker(&change.path));
    Ok(inside
        .filter_map(|change| Some((change.path, change.after.map(|now| (now.mode, now.blob_id))?)))
        .collect())
}

fn violation(problem: Problem) -> Violation {
    Violation {
        file: Some(problem.file.clone()),
        line: problem.line,
        mend: problem.hint.clone(),
        ..Violation::of(GateRule::BrokenDocuments, Level::Error, problem.message)
    }
}
