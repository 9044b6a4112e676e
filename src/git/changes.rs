//! What commits changed, by how many lines, and who made them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::diff::blob::{Algorithm, Diff, InternedInput};
use gix::objs::tree::EntryMode;
use rayon::prelude::*;

use crate::git::diff_work::{DiffWork, TooMuchWork};
use crate::git::malformed::{MalformedTree, TreeFault, is_valid_name};
use crate::git::merge::{Ends, common_ends};
use crate::git::tree::{file_mode, text_of};
use crate::git::trees::{Tree, TreeItem};
use crate::git::{
    BlobId, CommitId, CommitInfo, Error, FileMode, Person, Repository, Staged, TreeFile, TreeId,
};
use crate::model::TreeEntry;

/// A few small trees that name each other can represent more files than there is memory.
const MOST_CHANGES: usize = 1_000_000;

/// From this many commits on, they are looked at on several threads.
const WORTH_A_THREAD: usize = 64;

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

/// What a commit changed.
#[derive(Debug, Default)]
pub struct CommitChanges {
    /// The files, sorted by path.
    pub files: Vec<FileChange>,
    /// The malformed trees that it brings: its own trees that none of its parents has in their place.
    pub malformed: Vec<MalformedTree>,
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
        self.know_root(commit.raw(), found.tree_id().map_err(cannot)?.detach());
        let parents: Vec<CommitId> = found.parent_ids().map(|id| CommitId::new(id.detach())).collect();
        Ok(self.changes_on(commit, &parents)?.files)
    }

    fn changes_on(&self, commit: CommitId, parents: &[CommitId]) -> Result<CommitChanges, Error> {
        let mut before = Vec::new();
        for parent in parents {
            // The end of a shallow clone: what was there before is not known.
            if before.is_empty() && self.is_truncated_at(parent.raw()) {
                continue;
            }
            before.push(Some(self.root_tree_id(*parent)?));
        }
        self.tree_changes(commit, "", before, Some(self.root_tree_id(commit)?))
    }

    /// Returns what each of some commits changed, as [`Repository::changes_of`], and the malformed trees that it brings.
    /// The commits are each after its parents. What is remembered is not read again, and what is new is remembered for
    /// as long as this repository is open; see [`Repository::remember_changes`].
    pub fn changes_of_each(
        &self,
        commits: &[CommitInfo],
        seen: impl Fn() + Sync,
    ) -> Result<Vec<CommitChanges>, Error> {
        let known = |commit: &CommitInfo| {
            let files = self.remembered_changes(commit.id)?;
            seen();
            Some(CommitChanges { files, malformed: Vec::new() })
        };
        let known: Vec<Option<CommitChanges>> = commits.iter().map(known).collect();
        let unknown = commits.iter().zip(&known).filter(|(_, known)| known.is_none());
        let unknown: Vec<&CommitInfo> = unknown.map(|(commit, _)| commit).collect();
        let read = self.read_changes(&unknown, &seen)?;
        for (commit, changes) in unknown.iter().zip(&read) {
            if changes.malformed.is_empty() {
                self.know_changes(commit.id, &changes.files);
            }
        }
        let mut read = read.into_iter();
        Ok(known.into_iter().filter_map(|known| known.or_else(|| read.next())).collect())
    }

    /// Reads what each of some commits changed, on as many threads as there are. Neighbours share most trees, so each
    /// thread has a run of them; it begins with the newest, for what is older is packed as a difference of what is newer.
    fn read_changes(
        &self,
        commits: &[&CommitInfo],
        seen: &(impl Fn() + Sync),
    ) -> Result<Vec<CommitChanges>, Error> {
        let newest_first = |view: &Self, commits: &[&CommitInfo]| {
            let changes = commits.iter().rev().map(|commit| {
                let changes = view.changes_on(commit.id, &commit.parents);
                seen();
                changes
            });
            let mut changes = changes.collect::<Result<Vec<_>, Error>>()?;
            changes.reverse();
            Ok::<_, Error>(changes)
        };
        if commits.len() < WORTH_A_THREAD {
            return newest_first(self, commits);
        }
        let run = commits.len().div_ceil(rayon::current_num_threads().max(1)).max(WORTH_A_THREAD / 2);
        let (shared, roots) = (self.shared(), self.roots());
        let of_run = |commits: &[&CommitInfo]| {
            let view = Self::view(&shared, &roots);
            Ok((newest_first(&view, commits)?, view.trees.into_inner()))
        };
        let runs: Vec<Result<(Vec<CommitChanges>, _), Error>> = commits.par_chunks(run).map(of_run).collect();
        let mut all = Vec::with_capacity(commits.len());
        for run in runs {
            let (changes, trees) = run?;
            all.extend(changes);
            self.take_trees(trees);
        }
        Ok(all)
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
        Ok(self.tree_changes(new, folder, vec![old], tree(new)?)?.files)
    }

    /// Returns what is staged otherwise than in a commit, sorted by path; from nothing where there is none.
    pub fn staged_changes(&self, old: Option<CommitId>, staged: &Staged) -> Result<Vec<FileChange>, Error> {
        if let (Some(commit), Some(now)) = (old, staged.tree_id("")) {
            let before = vec![Some(self.root_tree_id(commit)?)];
            // The index may name a tree that was never written: then the files tell.
            if let Ok(found) = self.tree_changes(commit, "", before, Some(now.raw())) {
                return Ok(found.files);
            }
        }
        let before = old.map(|commit| self.tree_files(commit, "")).transpose()?.unwrap_or_default();
        Ok(differences(&before, &staged.files("")))
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
    ) -> Result<CommitChanges, Error> {
        let prefix = if folder.is_empty() { Vec::new() } else { format!("{folder}/").into_bytes() };
        let (mut changes, mut seen) = (CommitChanges::default(), 0);
        let mut waiting = vec![(prefix, before, now)];
        while let Some((prefix, before, now)) = waiting.pop() {
            if before.contains(&now) {
                continue;
            }
            let trees: Vec<Arc<Tree>> =
                before.iter().chain([&now]).map(|tree| self.tree(commit, *tree)).collect::<Result<_, _>>()?;
            let mut fault = trees.last().and_then(|now| now.fault());
            each_difference(&trees, |name, states, is_tree| {
                let path = [prefix.as_slice(), name].concat();
                let Some((now, before)) = states.split_last() else { return };
                if let Some((mode, _)) = now
                    && !is_valid_name(name, *mode)
                {
                    fault.get_or_insert_with(|| TreeFault::Name(text_of(name.as_bstr())));
                }
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
                    changes.files.push(FileChange { path, before, after });
                }
                seen += 1;
            });
            if let Some(fault) = fault {
                let folder = text_of(prefix.strip_suffix(b"/").unwrap_or(&prefix).as_bstr());
                changes.malformed.push(MalformedTree { commit_id: commit, folder, fault });
            }
            if seen > MOST_CHANGES {
                let reason = format!("there are more than {MOST_CHANGES}");
                let action = "compare the files";
                return Err(Error::Commit { action, commit_id: commit, reason, partial: false });
            }
        }
        changes.files.sort_unstable();
        Ok(changes)
    }
}

/// What a tree has under a name.
type Entry = Option<(EntryMode, ObjectId)>;

/// Shows each name under which the last of some trees has something otherwise than every other: what all of them have,
/// in their order, and whether it is a folder. A file and a folder of one name are two.
fn each_difference(trees: &[Arc<Tree>], mut see: impl FnMut(&[u8], &[Entry], bool)) {
    let mut rest: Vec<&[TreeItem]> = trees.iter().map(|tree| tree.items()).collect();
    let mut entries: Vec<Entry> = Vec::with_capacity(trees.len());
    loop {
        if let ([one, other], [ours, theirs]) = (trees, rest.as_mut_slice()) {
            let is_same = |(a, b): &(&TreeItem, &TreeItem)| one.entry(a) == other.entry(b);
            let same = ours.iter().zip(theirs.iter()).take_while(is_same).count();
            (*ours, *theirs) = (&ours[same..], &theirs[same..]);
        }
        let firsts = trees.iter().zip(&rest).filter_map(|(tree, items)| Some(tree.entry(items.first()?)));
        let Some(first) = firsts.min() else { return };
        entries.clear();
        for (tree, items) in trees.iter().zip(&mut rest) {
            let own = items.split_first().filter(|(item, _)| tree.entry(item).cmp(&first).is_eq());
            entries.push(own.map(|(item, _)| tree.held(item)));
            if let Some((_, others)) = own {
                *items = others;
            }
        }
        let is_same = entries.split_last().is_some_and(|(now, before)| before.contains(now));
        if !is_same {
            see(first.filename, &entries, first.mode.is_tree());
        }
    }
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

/// The people in a message's lines `Co-authored-by: Name <address>`, wherever they are: GitHub is as generous. A line that
/// begins with a space goes on with the one before it, as `git interpret-trailers` reads it, and one line may name several.
fn co_authors(message: &str) -> impl Iterator<Item = Person> + '_ {
    let mut lines = message.lines().peekable();
    let mut values = Vec::new();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.split_once(':') else { continue };
        if !key.trim_end().eq_ignore_ascii_case("co-authored-by") {
            continue;
        }
        let mut value = value.to_owned();
        let goes_on = |next: &&str| next.starts_with([' ', '\t']) && !next.trim().is_empty();
        while let Some(more) = lines.next_if(goes_on) {
            value.push(' ');
            value.push_str(more.trim());
        }
        values.push(value);
    }
    values.into_iter().flat_map(|value| people_in(&value))
}

/// Returns everybody whom a line names: by addresses in brackets, and by whatever else has an `@`.
fn people_in(value: &str) -> Vec<Person> {
    let mut people = Vec::new();
    let mut add = |name: &str, email: &str| {
        let (name, email) = (name.trim_matches(is_between).to_owned(), email.trim().to_owned());
        if !email.is_empty() {
            people.push(Person { name, email });
        }
    };
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('<') {
        let (email, next) = after.split_once('>').unwrap_or((after, ""));
        // Of several names before an address, the last is its own; the others may be addresses without brackets.
        let (others, name) = before.rsplit_once([',', ';']).unwrap_or(("", before));
        bare_addresses(others).for_each(|email| add("", email));
        add(name, email);
        rest = next;
    }
    bare_addresses(rest).for_each(|email| add("", email));
    people
}

/// An address without brackets names somebody all the same.
fn bare_addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_between).filter(|word| word.contains('@'))
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '&')
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
    /// binary files, submodules and files of more than 4 MiB.
    pub fn count_lines(
        &self,
        change: &FileChange,
        work: &mut DiffWork,
    ) -> Result<Result<Option<LineCount>, TooMuchWork>, Error> {
        if change.before.map(|state| state.blob_id) == change.after.map(|state| state.blob_id) {
            return Ok(Ok(Some(LineCount::default())));
        }
        // What was before is packed as a difference of what came after it.
        let after = self.text_of(change.after)?;
        let (Some(before), Some(after)) = (self.text_of(change.before)?, after) else { return Ok(Ok(None)) };
        let Ends { head, tail } = common_ends(&before, &after, 0);
        let [before, after] = [&before, &after].map(|text| &text[head..text.len() - tail]);
        let input = InternedInput::new(before, after);
        if let Err(error) = work.take(&input) {
            return Ok(Err(error));
        }
        let diff = Diff::compute(Algorithm::Histogram, &input);
        Ok(Ok(Some(LineCount { added: diff.count_additions(), removed: diff.count_removals() })))
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

    #[test]
    fn a_line_names_several_and_may_be_folded() {
        for (message, expected) in [
            ("Co-authored-by: Zed <zed@x>, Bob <bob@x>", &["Zed <zed@x>", "Bob <bob@x>"][..]),
            ("Co-authored-by: Zed <zed@x> Bob <bob@x>", &["Zed <zed@x>", "Bob <bob@x>"]),
            ("Co-authored-by: zed@x, Bob <bob@x>; kim@x", &[" <zed@x>", "Bob <bob@x>", " <kim@x>"]),
            ("Co-authored-by: Bob\n <bob@x>", &["Bob <bob@x>"]),
            ("Co-authored-by:\n\tBob\n\t<bob@x>\n\tKim <kim@x>", &["Bob <bob@x>", "Kim <kim@x>"]),
            ("Co-authored-by: Bob <bob@x>\n\n  Kim <kim@x>", &["Bob <bob@x>"]),
            ("Co-authored-by: Bob <bob@x>\nKim <kim@x>", &["Bob <bob@x>"]),
            ("Co-authored-by: Bob <bob@x>\r\n and Kim <kim@x>\r\n", &["Bob <bob@x>", "and Kim <kim@x>"]),
        ] {
            let found: Vec<String> = co_authors(message).map(|person| person.to_string()).collect();
            assert_eq!(found, expected, "{message:?}");
        }
    }
}
