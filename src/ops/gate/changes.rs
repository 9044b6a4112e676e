//! What changed: commit by commit, and between the two ends.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::RangeReader;
use super::crossed;
use super::ends::Ends;
use crate::git::{CommitInfo, FileChange, FileMode, FileState, Repository, TreeFile};
use crate::ops::{Result, Session};
use crate::review::{self, FileFacts};

/// All changes of a range.
pub(super) struct Changes {
    /// The commits with what each changed, each behind its parents.
    pub(super) commits: Vec<(CommitInfo, Vec<FileChange>)>,
    /// What differs between the merge base and the head, by path.
    pub(super) net: BTreeMap<String, FileChange>,
}

impl Changes {
    pub(super) fn read(session: &Session<'_>, repository: &Repository, ends: &Ends) -> Result<Self> {
        let base = ends.base.as_ref().map(|(_, id)| *id);
        let infos = repository.commits_between(base, ends.head_commit)?;
        let shared = repository.shared();
        let of = |view: &mut Repository, info: CommitInfo| -> Result<(CommitInfo, Vec<FileChange>)> {
            let changed = view.changes_of(info.id)?;
            Ok((info, changed))
        };
        let commits: Result<Vec<_>> = infos.into_par_iter().map_init(|| shared.open(), of).collect();
        let net = if ends.is_staged {
            let index_file = session.workspace().places().index_file(session.env());
            let staged = repository.staged(&index_file)?.files("");
            let before =
                ends.merge_base.map(|id| repository.tree_files(id, "")).transpose()?.unwrap_or_default();
            differences(&before, &staged)
        } else {
            crossed::changes(repository, ends)?
        };
        Ok(Self { commits: commits?, net: crossed::by_path(net) })
    }
}

/// Compares two lists of files.
fn differences(before: &[TreeFile], after: &[TreeFile]) -> Vec<FileChange> {
    let state = |file: &TreeFile| FileState { mode: file.mode, blob_id: file.blob_id };
    let mut changes: BTreeMap<&str, (Option<FileState>, Option<FileState>)> = BTreeMap::new();
    for file in before {
        changes.entry(&file.path).or_default().0 = Some(state(file));
    }
    for file in after {
        changes.entry(&file.path).or_default().1 = Some(state(file));
    }
    let changed = changes.into_iter().filter(|(_, (before, after))| before != after);
    changed.map(|(path, (before, after))| FileChange { path: path.to_owned(), before, after }).collect()
}

impl RangeReader<'_> {
    /// Returns the files that differ between the two ends.
    pub(super) fn files(&self, counts_lines: bool) -> Result<Vec<FileFacts>> {
        let shared = self.repository.shared();
        let state =
            |state: FileState| review::FileState { mode: state.mode.bits(), blob: state.blob_id.to_string() };
        let of = |view: &mut Repository, change: &FileChange| -> Result<FileFacts> {
            let is_counted = counts_lines && !change.path.starts_with(".tracker/");
            let lines = if is_counted { view.count_lines(change)? } else { None };
            Ok(FileFacts {
                path: change.path.clone(),
                before: change.before.map(state),
                after: change.after.map(state),
                lines: lines.map(|lines| (lines.added, lines.removed)),
            })
        };
        self.changes.net.par_iter().map_init(|| shared.open(), |view, (_, change)| of(view, change)).collect()
    }

    /// Returns a file as it is at the head.
    pub(super) fn at_head(&self, path: &str) -> Result<Option<FileState>> {
        if let Some(change) = self.changes.net.get(path) {
            return Ok(change.after);
        }
        let file = self.repository.tree_file(self.ends.head_commit, path)?;
        Ok(file.map(|file| FileState { mode: file.mode, blob_id: file.blob_id }))
    }

    /// Reads one side of a change of a record; none where there is no file on that side.
    pub(super) fn read(&self, state: Option<FileState>) -> Result<Option<Vec<u8>>> {
        let Some(state) = state.filter(|state| matches!(state.mode, FileMode::Plain | FileMode::Executable))
        else {
            return Ok(None);
        };
        Ok(Some(self.repository.read_blob(state.blob_id, crate::store::LARGEST_FILE)?))
    }
}
