//! What commits changed, by how many lines, and who made them.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::diff::blob::{Algorithm, Diff, InternedInput};
use gix::diff::tree::Recorder;
use gix::diff::tree::recorder::Change;
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryMode;

use crate::git::tree::{file_mode, text_of};
use crate::git::{BlobId, CommitId, CommitInfo, Error, FileMode, Person, Repository};
use crate::model::TreeEntry;

/// A file's mode and content on one side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileState {
    /// What the file is.
    pub mode: FileMode,
    /// Its content; of a submodule, the commit.
    pub blob_id: BlobId,
}

impl FileState {
    /// Returns it as a vote names it.
    #[must_use]
    pub fn entry(&self) -> TreeEntry {
        TreeEntry::File { mode: self.mode.bits(), blob: self.blob_id.to_string() }
    }
}

/// One file that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileChange {
    /// The path from the top of the repository; bytes that are not UTF-8 are written as `�` and two digits.
    pub path: String,
    /// What it was; none where it was not there.
    pub before: Option<FileState>,
    /// What it is; none where it is gone.
    pub after: Option<FileState>,
}

impl Repository {
    /// Returns the files that the commits changed, against their parents: sorted, each once, however deep.
    ///
    /// A merge changed what it has otherwise than all of its parents; what it only took over was changed by
    /// others. A renamed file counts under both names. Bytes of a path that are not UTF-8 are written as `�` and two
    /// digits.
    pub fn files_changed(&self, commits: &[CommitId]) -> Result<Vec<String>, Error> {
        let mut changed = BTreeSet::new();
        for commit in commits {
            changed.extend(self.changes_of(*commit)?.into_iter().map(|change| change.path));
        }
        Ok(changed.into_iter().collect())
    }

    /// Returns what a commit changed against its parents, sorted by path. Of a merge, what it has otherwise than all
    /// of its parents, each as a change of the first one's file.
    pub fn changes_of(&self, commit: CommitId) -> Result<Vec<FileChange>, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "read the commit", &error);
        let found = self.inner.find_commit(commit.raw()).map_err(cannot)?;
        let tree = found.tree_id().map_err(cannot)?.detach();
        let mut against_all: Option<Vec<FileChange>> = None;
        for parent in found.parent_ids().map(gix::Id::detach) {
            // The end of a shallow clone: what was there before is not known.
            if against_all.is_none() && self.is_cut_at(parent) {
                continue;
            }
            let parent_tree = self.root_tree_id(CommitId::new(parent))?;
            let changed = self.tree_changes(commit, Some(parent_tree), tree)?;
            against_all = Some(match against_all {
                Some(mut before) => {
                    let others: BTreeSet<&str> = changed.iter().map(|change| change.path.as_str()).collect();
                    before.retain(|change| others.contains(change.path.as_str()));
                    before
                }
                None => changed,
            });
        }
        match against_all {
            Some(changed) => Ok(changed),
            None => self.tree_changes(commit, None, tree),
        }
    }

    /// Returns what differs between two commits, sorted by path; from nothing where there is no old one.
    pub fn changes_between(&self, old: Option<CommitId>, new: CommitId) -> Result<Vec<FileChange>, Error> {
        let old = old.map(|old| self.root_tree_id(old)).transpose()?;
        self.tree_changes(new, old, self.root_tree_id(new)?)
    }

    /// Returns who wrote the commits, and whom they name in `Co-authored-by:`: sorted, each once, as the commits
    /// say. See [`crate::git::People`] for who that is.
    pub fn authors(&self, commits: &[CommitId]) -> Result<Vec<Person>, Error> {
        let mut people = BTreeSet::new();
        for commit in commits {
            people.extend(self.commit_info(*commit)?.authors());
        }
        Ok(people.into_iter().collect())
    }

    fn is_cut_at(&self, parent: ObjectId) -> bool {
        self.is_shallow() && !self.inner.has_object(parent)
    }

    pub(super) fn root_tree_id(&self, commit: CommitId) -> Result<ObjectId, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "read the commit", &error);
        let found = self.inner.find_commit(commit.raw()).map_err(cannot)?;
        Ok(found.tree_id().map_err(cannot)?.detach())
    }

    fn tree_changes(
        &self,
        commit: CommitId,
        old: Option<ObjectId>,
        new: ObjectId,
    ) -> Result<Vec<FileChange>, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "read the files", &error);
        if old == Some(new) {
            return Ok(Vec::new());
        }
        let old = old.map(|old| self.inner.find_tree(old)).transpose().map_err(cannot)?;
        let new = self.inner.find_tree(new).map_err(cannot)?;
        let kind = self.inner.object_hash();
        let mut recorder = Recorder::default();
        gix::diff::tree(
            TreeRefIter::from_bytes(old.as_ref().map_or(&[], |old| &*old.data), kind),
            TreeRefIter::from_bytes(&new.data, kind),
            gix::diff::tree::State::default(),
            &self.inner.objects,
            &mut recorder,
        )
        .map_err(|error| Error::other("compare the files", error))?;
        Ok(joined(recorder.records))
    }
}

/// Makes one change a path of what the recorder tells of its two sides: a file that becomes a folder is told of as
/// a deletion and additions.
fn joined(records: Vec<Change>) -> Vec<FileChange> {
    let mut changes: BTreeMap<String, FileChange> = BTreeMap::new();
    let mut add = |path: &gix::bstr::BString, before: Option<FileState>, after: Option<FileState>| {
        if before.is_none() && after.is_none() {
            return;
        }
        let path = text_of(path.as_bstr());
        let change = changes.entry(path.clone()).or_insert(FileChange { path, before: None, after: None });
        change.before = change.before.or(before);
        change.after = change.after.or(after);
    };
    for record in records {
        match record {
            Change::Addition { entry_mode, oid, path, .. } => add(&path, None, state(entry_mode, oid)),
            Change::Deletion { entry_mode, oid, path, .. } => add(&path, state(entry_mode, oid), None),
            Change::Modification { previous_entry_mode, previous_oid, entry_mode, oid, path } => {
                add(&path, state(previous_entry_mode, previous_oid), state(entry_mode, oid));
            }
        }
    }
    changes.into_values().collect()
}

fn state(mode: EntryMode, id: ObjectId) -> Option<FileState> {
    Some(FileState { mode: file_mode(mode.kind())?, blob_id: BlobId::new(id) })
}

impl CommitInfo {
    /// Returns who wrote the commit, and whom its message names in `Co-authored-by:`, as the commit says.
    #[must_use]
    pub fn authors(&self) -> Vec<Person> {
        let mut people: Vec<Person> = co_authors(&self.message).collect();
        people.push(self.author.clone());
        people.sort();
        people.dedup();
        people
    }
}

/// The people in a message's lines `Co-authored-by: Name <address>`, wherever they stand: GitHub is as generous.
fn co_authors(message: &str) -> impl Iterator<Item = Person> + '_ {
    message.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        if !key.trim_end().eq_ignore_ascii_case("co-authored-by") {
            return None;
        }
        let (name, rest) = value.split_once('<')?;
        let (email, _) = rest.split_once('>')?;
        let (name, email) = (name.trim().to_owned(), email.trim().to_owned());
        (!email.is_empty()).then_some(Person { name, email })
    })
}

/// Larger files are not counted, in bytes: nobody reads such a difference.
const LARGEST: u64 = 4 * 1024 * 1024;
/// A zero byte among so many first ones tells a binary file, as in git.
const LOOKED_AT: usize = 8000;

/// Lines added and removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineCount {
    /// Lines that were not there before.
    pub added: u32,
    /// Lines that are gone.
    pub removed: u32,
}

impl Repository {
    /// Counts the lines that a change adds and removes, as `git diff --numstat` does. None for what has no lines:
    /// binary files, submodules, and files of more than 4 MiB.
    pub fn count_lines(&self, change: &FileChange) -> Result<Option<LineCount>, Error> {
        if change.before.map(|state| state.blob_id) == change.after.map(|state| state.blob_id) {
            return Ok(Some(LineCount::default()));
        }
        let (Some(before), Some(after)) = (self.text_of(change.before)?, self.text_of(change.after)?) else {
            return Ok(None);
        };
        let input = InternedInput::new(before.as_slice(), after.as_slice());
        let diff = Diff::compute(Algorithm::Histogram, &input);
        Ok(Some(LineCount { added: diff.count_additions(), removed: diff.count_removals() }))
    }

    /// Reads one side; one that is not there has no lines, and what is no text is none.
    fn text_of(&self, state: Option<FileState>) -> Result<Option<Vec<u8>>, Error> {
        let Some(state) = state else { return Ok(Some(Vec::new())) };
        if state.mode == FileMode::Submodule {
            return Ok(None);
        }
        match self.read_blob(state.blob_id, LARGEST) {
            Ok(bytes) if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) => Ok(None),
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn co_authors_are_read_in_any_case() {
        let message = "Subject\n\nCo-authored-by: Ada <ada@x>\nco-Authored-By:Eve E. < eve@x > \n\
            Co-authored-by: nobody\nNot-Co-authored-by: No <no@x>\n";
        let found: Vec<String> = co_authors(message).map(|person| person.to_string()).collect();
        assert_eq!(found, ["Ada <ada@x>", "Eve E. <eve@x>"]);
    }
}
