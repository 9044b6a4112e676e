//! What commits changed, by how many lines, and who made them.

use std::collections::BTreeSet;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::diff::blob::{Algorithm, Diff, InternedInput};
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryMode, EntryRef};

use crate::git::tree::{file_mode, text_of};
use crate::git::{BlobId, CommitId, CommitInfo, Error, FileMode, Person, Repository, TreeId};
use crate::model::TreeEntry;

/// A few small trees that name each other can represent more files than there is memory.
const MOST_CHANGES: usize = 1_000_000;

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
        let mut before = Vec::new();
        for parent in found.parent_ids().map(gix::Id::detach) {
            // The end of a shallow clone: what was there before is not known.
            if before.is_empty() && self.is_truncated_at(parent) {
                continue;
            }
            before.push(Some(self.root_tree_id(CommitId::new(parent))?));
        }
        self.tree_changes(commit, "", before, Some(tree))
    }

    /// Returns what differs between two commits, sorted by path; from nothing where there is no old one.
    pub fn changes_between(&self, old: Option<CommitId>, new: CommitId) -> Result<Vec<FileChange>, Error> {
        self.changes_below("", old, new)
    }

    /// Returns what differs between two commits below a folder, sorted by path; from nothing where there is no old one.
    pub fn changes_below(
        &self,
        folder: &str,
        old: Option<CommitId>,
        new: CommitId,
    ) -> Result<Vec<FileChange>, Error> {
        let tree = |commit| Ok::<_, Error>(self.tree_id(commit, folder)?.map(TreeId::raw));
        let old = old.map_or(Ok(None), tree)?;
        self.tree_changes(new, folder, vec![old], tree(new)?)
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

    fn is_truncated_at(&self, parent: ObjectId) -> bool {
        self.is_shallow() && !self.inner.has_object(parent)
    }

    pub(super) fn root_tree_id(&self, commit: CommitId) -> Result<ObjectId, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "read the commit", &error);
        let found = self.inner.find_commit(commit.raw()).map_err(cannot)?;
        Ok(found.tree_id().map_err(cannot)?.detach())
    }

    /// Returns the files below a folder that differ from those of each of some trees, as changes of the first one's.
    ///
    /// All trees are gone down side by side, as far as what is there now is in none of the others: a merge that took
    /// what one side has costs next to nothing.
    fn tree_changes(
        &self,
        commit: CommitId,
        folder: &str,
        before: Vec<Option<ObjectId>>,
        now: Option<ObjectId>,
    ) -> Result<Vec<FileChange>, Error> {
        let prefix = if folder.is_empty() { Vec::new() } else { format!("{folder}/").into_bytes() };
        let (mut changes, mut seen) = (Vec::new(), 0);
        let mut waiting = vec![(prefix, before, now)];
        while let Some((prefix, before, now)) = waiting.pop() {
            if before.contains(&now) {
                continue;
            }
            let trees: Vec<Vec<u8>> = before
                .iter()
                .chain([&now])
                .map(|tree| self.tree_bytes(commit, *tree))
                .collect::<Result<_, _>>()?;
            each_difference(&trees, self.inner.object_hash(), |name, states, is_tree| {
                let path = [prefix.as_slice(), name].concat();
                let Some((now, before)) = states.split_last() else { return };
                if is_tree {
                    let id = |entry: &Entry| entry.map(|(_, id)| id);
                    waiting.push((
                        [path.as_slice(), b"/"].concat(),
                        before.iter().map(id).collect(),
                        id(now),
                    ));
                } else {
                    let file = |entry: &Entry| entry.and_then(|(mode, id)| state(mode, id));
                    let (before, after) = (before.first().and_then(file), file(now));
                    let path = text_of(path.as_bstr());
                    changes.push(FileChange { path, before, after });
                }
                seen += 1;
            })
            .map_err(|error| self.unreadable(commit, "read the files", &error))?;
            if seen > MOST_CHANGES {
                let reason = format!("there are more than {MOST_CHANGES}");
                let action = "compare the files";
                return Err(Error::Commit { action, commit_id: commit, reason, partial: false });
            }
        }
        changes.sort_unstable();
        Ok(changes)
    }

    pub(super) fn tree_bytes(&self, commit: CommitId, tree: Option<ObjectId>) -> Result<Vec<u8>, Error> {
        let Some(tree) = tree else { return Ok(Vec::new()) };
        let cannot = |error: gix::Error| self.unreadable(commit, "read the files", &error);
        Ok(std::mem::take(&mut self.inner.find_tree(tree).map_err(cannot)?.data))
    }
}

/// What a tree has under a name.
type Entry = Option<(EntryMode, ObjectId)>;

/// Shows each name under which the last of some trees has something otherwise than every other: what all of them have,
/// in their order, and whether it is a folder. A file and a folder of one name are two.
fn each_difference(
    trees: &[Vec<u8>],
    hash: gix::hash::Kind,
    mut see: impl FnMut(&[u8], &[Entry], bool),
) -> Result<(), gix::Error> {
    let mut entries = Vec::with_capacity(trees.len());
    for tree in trees {
        let all: Result<Vec<EntryRef<'_>>, _> = TreeRefIter::from_bytes(tree, hash).collect();
        entries.push(all.map_err(gix::Error::from_error)?);
    }
    let mut rest: Vec<&[EntryRef<'_>]> = entries.iter().map(Vec::as_slice).collect();
    let mut entries: Vec<Entry> = Vec::with_capacity(trees.len());
    while let Some(first) = rest.iter().filter_map(|tree| tree.first().copied()).min() {
        entries.clear();
        for tree in &mut rest {
            let own = tree.split_first().filter(|(entry, _)| (*entry).cmp(&first).is_eq());
            entries.push(own.map(|(entry, _)| (entry.mode, entry.oid.to_owned())));
            if let Some((_, others)) = own {
                *tree = others;
            }
        }
        let is_same = entries.split_last().is_some_and(|(now, before)| before.contains(now));
        if !is_same {
            see(first.filename, &entries, first.mode.is_tree());
        }
    }
    Ok(())
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

/// The people in a message's lines `Co-authored-by: Name <address>`, wherever they are: GitHub is as generous.
fn co_authors(message: &str) -> impl Iterator<Item = Person> + '_ {
    message.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        if !key.trim_end().eq_ignore_ascii_case("co-authored-by") {
            return None;
        }
        let (name, email) = match value.split_once('<') {
            Some((name, rest)) => (name, rest.split_once('>').map_or(rest, |(email, _)| email)),
            // An address without brackets names somebody all the same.
            None => ("", value.split_whitespace().find(|word| word.contains('@'))?),
        };
        let (name, email) = (name.trim().to_owned(), email.trim().to_owned());
        (!email.is_empty()).then_some(Person { name, email })
    })
}

/// Larger files are not counted, in bytes: nobody reads such a difference.
const LARGEST: u64 = 4 * 1024 * 1024;
/// A zero byte among this many first ones marks a binary file, as in git.
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
            Co-authored-by: nobody\nCo-authored-by: Bob bob@x\nCo-authored-by: Kim <kim@x\nNot-Co-authored-by: No <no@x>\n";
        let found: Vec<String> = co_authors(message).map(|person| person.to_string()).collect();
        assert_eq!(found, ["Ada <ada@x>", "Eve E. <eve@x>", " <bob@x>", "Kim <kim@x>"]);
    }
}
