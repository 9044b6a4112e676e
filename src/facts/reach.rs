//! A history as the rules of sign-offs ask it ([`History`]), read from a repository as it is needed: who is whose
//! parent and which commits name which tasks from what is remembered of messages, entries and texts from the objects.
//!
//! No attribute, driver or setting of the repository has a say in a merge.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::Result;
use super::commits::graph_from;
use crate::git::{
    BlobId, CommitGraph, CommitId, DiffWork, FileChange, FileState, Hunks, MergedBlobs, People, Repository,
    TooMuchWork, merge_changes,
};
use crate::model::{RecordKind, RecordPath, TaskId, TreeEntry, is_daily_record};
use crate::policy::history::{Changes, Commit, History, PersonKey, maximal, merge_bases};
use crate::store::Error;

/// Two commits that are asked what they have in common.
type Pair = (Commit, Commit);

/// What is staged, as a commit that names no task.
struct Staged {
    commit: Commit,
    head: Commit,
    files: BTreeMap<String, TreeEntry>,
}

/// All that some tips can reach.
pub struct Reach<'a> {
    repository: &'a Repository,
    people: Rc<People>,
    graph: CommitGraph,
    /// All parents, those of one commit after those of the one before.
    parents: Vec<Commit>,
    /// Where the parents of each commit begin, and where those of the last end.
    starts: Vec<u32>,
    bases: RefCell<HashMap<Pair, Rc<[Commit]>>>,
    changed: RefCell<HashMap<Commit, Rc<[String]>>>,
    authors: RefCell<HashMap<Commit, Rc<[PersonKey]>>>,
    entries: RefCell<HashMap<Commit, HashMap<String, TreeEntry>>>,
    /// What is staged on top of a commit, as if it had been committed.
    staged: Option<Staged>,
    nothing: Option<Commit>,
    /// Texts that merges made, by the ids that they would have: no object has them.
    made: RefCell<HashMap<String, Rc<Vec<u8>>>>,
    /// What texts are made of that merges are known to give.
    recipes: RefCell<HashMap<String, MergedBlobs>>,
    /// Texts that were read for merges.
    read: RefCell<HashMap<String, Rc<Vec<u8>>>>,
    /// What changes of texts are, by the ids of both.
    hunks: RefCell<KnownHunks>,
    /// What merges may still cost: nobody stops a server with a few files.
    limits: RefCell<MergeLimits>,
    /// The sides of the texts that were not merged, since that is too much work.
    unmerged: RefCell<BTreeSet<String>>,
    /// How many merges were taken for conflicts that may be none, since a text is missing or that is too much work.
    undecided: Cell<usize>,
}

type Bounded<T> = std::result::Result<T, TooMuchWork>;

type KnownHunks = HashMap<(String, String), Bounded<Rc<Hunks>>>;

/// What the merges of one judgement may cost.
struct MergeLimits {
    work: DiffWork,
    /// Bytes of large files that may still be merged.
    bytes: u64,
}

impl Default for MergeLimits {
    fn default() -> Self {
        Self { work: DiffWork::default(), bytes: 512 * 1024 * 1024 }
    }
}

/// Of a merge of more, all is its own that it has otherwise than each of its parents.
const MOST_PARENTS: usize = 16;

/// A text, for a merge.
enum Text {
    Known(Rc<Vec<u8>>),
    Missing,
    TooLarge,
}

/// Larger files are not merged, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// From this many bytes on, files count against the limits.
const LARGE: usize = 1024 * 1024;
/// Most texts that are kept, and most bytes of them: the links of a chain change one text again and again.
const MOST_TEXTS: usize = 16;
const MOST_BYTES: usize = 64 * 1024 * 1024;

impl<'a> Reach<'a> {
    /// Reads the graph of commits; the rest is read when it is requested.
    pub fn from(repository: &'a Repository, people: Rc<People>, tips: &[CommitId]) -> Result<Self> {
        let graph = graph_from(repository, tips)?;
        let (parents, starts) = graph.parents();
        let parents = parents.into_iter().map(Commit).collect();
        Ok(Self {
            repository,
            people,
            graph,
            parents,
            starts,
            bases: RefCell::default(),
            changed: RefCell::default(),
            authors: RefCell::default(),
            entries: RefCell::default(),
            staged: None,
            nothing: None,
            made: RefCell::default(),
            recipes: RefCell::default(),
            read: RefCell::default(),
            hunks: RefCell::default(),
            limits: RefCell::default(),
            unmerged: RefCell::default(),
            undecided: Cell::default(),
        })
    }

    /// Adds what is staged on top of a commit, with what differs there, and returns its number.
    pub(super) fn stage(&mut self, head: Commit, files: BTreeMap<String, TreeEntry>) -> Commit {
        let commit = self.add(&[head]);
        self.staged = Some(Staged { commit, head, files });
        commit
    }

    /// Adds a commit that has nothing: the tip where there is no base.
    pub(super) fn nothing(&mut self) -> Commit {
        let commit = self.add(&[]);
        self.nothing = Some(commit);
        commit
    }

    fn add(&mut self, parents: &[Commit]) -> Commit {
        let commit = Commit(u32::try_from(self.starts.len() - 1).unwrap_or(u32::MAX));
        self.parents.extend_from_slice(parents);
        self.starts.push(u32::try_from(self.parents.len()).unwrap_or(u32::MAX));
        commit
    }

    /// Returns the id of a commit; none of what is not committed.
    pub(super) fn real_id(&self, commit: Commit) -> Option<CommitId> {
        self.graph.id(commit.0)
    }

    fn staged(&self, commit: Commit) -> Option<&Staged> {
        self.staged.as_ref().filter(|staged| staged.commit == commit)
    }

    /// Returns the commits that changed something in a task's folder of votes, ascending.
    pub(super) fn touching(&self, kind: RecordKind, task: &TaskId) -> Vec<Commit> {
        self.graph.touching(kind.folder(), task.as_str()).into_iter().map(Commit).collect()
    }

    /// Takes over what a commit is known to have changed.
    pub(super) fn know_changed(&self, commit: Commit, paths: impl Iterator<Item = String>) {
        let mut paths: Vec<String> = paths.filter(|path| !is_daily_record(path)).collect();
        paths.sort();
        self.changed.borrow_mut().insert(commit, paths.into());
    }

    /// Takes over what a commit is known to have at some paths, and its first parent at the same ones.
    pub(super) fn know_entries(&self, commit: Commit, changes: &[FileChange]) {
        let mut entries = self.entries.borrow_mut();
        let entry = |state: Option<FileState>| state.map_or(TreeEntry::Absent, |state| state.entry());
        for change in changes.iter().filter(|change| !is_daily_record(&change.path)) {
            entries.entry(commit).or_default().insert(change.path.clone(), entry(change.after));
            if let Some(parent) = self.parents(commit).first() {
                entries.entry(*parent).or_default().insert(change.path.clone(), entry(change.before));
            }
        }
    }

    /// Returns a commit's number; none where no tip reaches it.
    #[must_use]
    pub fn commit(&self, id: CommitId) -> Option<Commit> {
        self.graph.number(id).map(Commit)
    }

    /// Returns the id of a commit.
    ///
    /// # Panics
    /// Where the number is not one of this history.
    #[must_use]
    pub fn id(&self, commit: Commit) -> CommitId {
        self.graph.id(commit.0).expect("a commit of this history")
    }

    fn text(&self, id: &str) -> Result<Text> {
        for known in [&self.made, &self.read] {
            if let Some(text) = known.borrow().get(id) {
                return Ok(Text::Known(Rc::clone(text)));
            }
        }
        let Ok(blob_id) = id.parse::<BlobId>() else { return Ok(Text::Missing) };
        match self.repository.read_blob(blob_id, LARGEST) {
            Ok(text) => {
                let (text, mut read) = (Rc::new(text), self.read.borrow_mut());
                let bytes: usize = read.values().map(|text| text.len()).sum();
                if read.len() >= MOST_TEXTS || bytes + text.len() > MOST_BYTES {
                    read.clear();
                }
                read.insert(id.to_owned(), Rc::clone(&text));
                Ok(Text::Known(text))
            }
            Err(crate::git::Error::MissingObject { .. }) => {
                Ok(self.made_again(id)?.map_or(Text::Missing, Text::Known))
            }
            Err(crate::git::Error::TooLarge { .. }) => Ok(Text::TooLarge),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a text again of which only the id was remembered.
    fn made_again(&self, id: &str) -> Result<Option<Rc<Vec<u8>>>> {
        let Some(blobs) = self.recipes.borrow_mut().remove(id) else { return Ok(None) };
        let [base, one, other] = blobs.map(|id| id.to_string());
        let Ok(Some(text)) = self.merged([&base, &one, &other])? else { return Ok(None) };
        let text = Rc::new(text);
        self.made.borrow_mut().insert(id.to_owned(), Rc::clone(&text));
        Ok(Some(text))
    }

    /// Returns what a text changed of another, each with its id.
    fn hunks_of(&self, base: (&str, &[u8]), side: (&str, &[u8])) -> Bounded<Rc<Hunks>> {
        let mut hunks = self.hunks.borrow_mut();
        let compare = || Hunks::of(base.1, side.1, &mut self.limits.borrow_mut().work).map(Rc::new);
        hunks.entry((base.0.to_owned(), side.0.to_owned())).or_insert_with(compare).clone()
    }

    /// Merges two texts over a third, given by their ids; none where they conflict.
    fn merged(&self, ids: [&str; 3]) -> Result<Bounded<Option<Vec<u8>>>> {
        let [base_id, one_id, other_id] = ids;
        let texts = [self.text(base_id)?, self.text(one_id)?, self.text(other_id)?];
        let (base, one, other) = match &texts {
            [Text::Known(base), Text::Known(one), Text::Known(other)] => (base, one, other),
            texts if texts.iter().any(|text| matches!(text, Text::Missing)) => {
                self.undecided.update(|count| count + 1);
                return Ok(Ok(None));
            }
            _ => return Ok(Err(TooMuchWork)),
        };
        let large = [base, one, other].map(|text| if text.len() < LARGE { 0 } else { text.len() as u64 });
        let Some(left) = self.limits.borrow().bytes.checked_sub(large.iter().sum()) else {
            return Ok(Err(TooMuchWork));
        };
        self.limits.borrow_mut().bytes = left;
        let ours = self.hunks_of((base_id, base), (one_id, one));
        let both = ours.and_then(|ours| Ok([ours, self.hunks_of((base_id, base), (other_id, other))?]));
        Ok(both.map(|[ours, theirs]| merge_changes(base, [one, other], [&ours, &theirs])))
    }

    /// Returns the texts that were not merged, since that is too much work; they were taken for conflicts.
    #[must_use]
    pub(super) fn unmerged(&self) -> BTreeSet<String> {
        self.unmerged.borrow().clone()
    }

    fn paths_changed(&self, commit: Commit) -> Result<Vec<String>> {
        let parents = self.parents(commit);
        if parents.len() < 2 {
            let changes = self.repository.changes_of(self.id(commit))?;
            return Ok(changes.into_iter().map(|change| change.path).collect());
        }
        if let Some(known) = self.repository.remembered_own_of_merge(self.id(commit)) {
            return Ok(known);
        }
        let undecided = self.undecided.get();
        let own = self.own_of_merge(commit)?;
        if self.graph.is_complete() && self.undecided.get() == undecided {
            self.repository.know_own_of_merge(self.id(commit), &own);
        }
        Ok(own)
    }

    fn own_of_merge(&self, commit: Commit) -> Result<Vec<String>> {
        let parents = self.parents(commit);
        if parents.len() > 2 {
            let changes = self.repository.changes_of(self.id(commit))?;
            return self.own_of_octopus(commit, changes.into_iter().map(|change| change.path).collect());
        }
        let (one, other) = (parents[0], parents[1]);
        let bases = self.merge_bases(one, other)?;
        let bases = bases.iter().map(|base| Some(*base));
        let bases: Vec<Option<Commit>> = if bases.len() == 0 { vec![None] } else { bases.collect() };
        let mut own = BTreeSet::new();
        for base in bases {
            own.extend(self.differs_from_merge(commit, base, [one, other])?);
        }
        Ok(own.into_iter().collect())
    }

    /// Returns those of some paths of which a merge of several has otherwise than its parents merge to, one after the
    /// other, as git merges them.
    fn own_of_octopus(&self, merge: Commit, paths: Vec<String>) -> Result<Vec<String>> {
        let parents = self.parents(merge);
        if paths.is_empty() || parents.len() > MOST_PARENTS {
            return Ok(paths);
        }
        let mut bases = Vec::new();
        for (at, parent) in parents.iter().enumerate().skip(1) {
            let mut all = Vec::new();
            for before in &parents[..at] {
                all.extend_from_slice(&self.merge_bases(*before, *parent)?);
            }
            all.sort_unstable();
            all.dedup();
            bases.push(maximal(self, &all));
        }
        let (mut own, mut changes) = (Vec::new(), Changes::new(self, None));
        for path in paths {
            let mut merged = Some(self.entry(parents[0], &path)?);
            for (parent, bases) in parents[1..].iter().zip(&bases) {
                let (Some(ours), [base]) = (merged.take(), bases.as_slice()) else { break };
                merged = changes.merge(&self.entry(*base, &path)?, &ours, &self.entry(*parent, &path)?)?;
            }
            if merged != Some(self.entry(merge, &path)?) {
                own.push(path);
            }
        }
        Ok(own)
    }

    /// Returns where a merge is not the clean merge of its sides over a base.
    fn differs_from_merge(
        &self,
        merge: Commit,
        base: Option<Commit>,
        sides: [Commit; 2],
    ) -> Result<Vec<String>> {
        let (id, base) = (self.id(merge), base.map(|base| self.id(base)));
        let found = self.repository.merge_differences(id, base, sides.map(|side| self.id(side)))?;
        let mut paths = found.changed;
        let mut changes = Changes::new(self, None);
        let entry = |state: Option<FileState>| state.map_or(TreeEntry::Absent, |state| state.entry());
        for file in found.crossed.into_iter().filter(|file| !is_daily_record(&file.path)) {
            let [base, one, other, result] = [file.base, file.one, file.other, file.result].map(entry);
            if changes.merge(&base, &one, &other)? != Some(result) {
                paths.push(file.path);
            }
        }
        Ok(paths)
    }
}

impl History for Reach<'_> {
    type Error = Error;

    fn parents(&self, commit: Commit) -> &[Commit] {
        let at = commit.0 as usize;
        let Some([start, end]) = self.starts.get(at..at + 2).and_then(|ends| ends.first_chunk()) else {
            return &[];
        };
        &self.parents[*start as usize..*end as usize]
    }

    fn commits_of(&self, task: &TaskId) -> Result<Rc<[Commit]>> {
        Ok(self.graph.linking(task.as_str()).into_iter().map(Commit).collect())
    }

    fn tasks_of(&self, commit: Commit) -> Result<Rc<[TaskId]>> {
        Ok(self.graph.links_of(commit.0).into_iter().filter_map(|id| TaskId::parse(id).ok()).collect())
    }

    fn authors_of(&self, commit: Commit) -> Result<Rc<[PersonKey]>> {
        if let Some(known) = self.authors.borrow().get(&commit) {
            return Ok(Rc::clone(known));
        }
        if self.real_id(commit).is_none() {
            return Ok(Rc::default());
        }
        let authors = self.repository.commit_info(self.id(commit))?.authors();
        let authors: Rc<[PersonKey]> =
            authors.iter().map(|author| PersonKey::of(&self.people.canonical(author))).collect();
        self.authors.borrow_mut().insert(commit, Rc::clone(&authors));
        Ok(authors)
    }

    fn merge_bases(&self, one: Commit, other: Commit) -> Result<Rc<[Commit]>> {
        if [one, other].into_iter().any(|commit| self.nothing == Some(commit)) {
            return Ok(Rc::default());
        }
        let real = |commit: Commit| self.staged(commit).map_or(commit, |staged| staged.head);
        let (one, other) = (real(one), real(other));
        if let Some(known) = self.bases.borrow().get(&(one, other)) {
            return Ok(Rc::clone(known));
        }
        let mut bases = merge_bases(self, one, other);
        bases.sort_by_key(|base| self.real_id(*base));
        let bases: Rc<[Commit]> = bases.into();
        self.bases.borrow_mut().insert((one, other), Rc::clone(&bases));
        Ok(bases)
    }

    fn changed(&self, commit: Commit) -> Result<Rc<[String]>> {
        if let Some(known) = self.changed.borrow().get(&commit) {
            return Ok(Rc::clone(known));
        }
        let mut paths = match self.staged(commit) {
            Some(staged) => staged.files.keys().cloned().collect(),
            None if self.nothing == Some(commit) => Vec::new(),
            None => self.paths_changed(commit)?,
        };
        paths.retain(|path| !is_daily_record(path));
        let paths: Rc<[String]> = paths.into();
        self.changed.borrow_mut().insert(commit, Rc::clone(&paths));
        Ok(paths)
    }

    fn differences(&self, old: Option<Commit>, new: Commit) -> Result<Rc<[String]>> {
        if let Some(staged) = self.staged(new) {
            let mut paths: BTreeSet<String> = self.differences(old, staged.head)?.iter().cloned().collect();
            paths.extend(staged.files.keys().cloned());
            let mut differing = Vec::new();
            for path in paths {
                let before = old.map_or(Ok(TreeEntry::Absent), |old| self.entry(old, &path))?;
                if before != self.entry(new, &path)? {
                    differing.push(path);
                }
            }
            return Ok(differing.into());
        }
        let old = old.filter(|old| self.nothing != Some(*old));
        let changes = self.repository.changes_between(old.map(|old| self.id(old)), self.id(new))?;
        Ok(changes.into_iter().map(|change| change.path).collect())
    }

    fn entry(&self, commit: Commit, path: &str) -> Result<TreeEntry> {
        if let Some(known) = self.entries.borrow().get(&commit).and_then(|entries| entries.get(path)) {
            return Ok(known.clone());
        }
        if self.nothing == Some(commit) {
            return Ok(TreeEntry::Absent);
        }
        if let Some(staged) = self.staged(commit) {
            return match staged.files.get(path) {
                Some(entry) => Ok(entry.clone()),
                None => self.entry(staged.head, path),
            };
        }
        let file = self.repository.tree_file(self.id(commit), path)?;
        let entry = file.map_or(TreeEntry::Absent, |file| file.entry());
        let mut entries = self.entries.borrow_mut();
        entries.entry(commit).or_default().insert(path.to_owned(), entry.clone());
        Ok(entry)
    }

    fn merge_blobs(&self, base: &str, one: &str, other: &str) -> Result<Option<String>> {
        let ids = [base, one, other].map(|id| id.parse::<BlobId>().ok());
        let blobs =
            if let [Some(base), Some(one), Some(other)] = ids { Some([base, one, other]) } else { None };
        if let Some((blobs, known)) =
            blobs.and_then(|blobs| Some((blobs, self.repository.remembered_merge(blobs)?)))
        {
            let merged = known.map(|id| id.to_string());
            self.recipes.borrow_mut().extend(merged.clone().map(|id| (id, blobs)));
            return Ok(merged);
        }
        let undecided = self.undecided.get();
        let merged = match self.merged([base, one, other])? {
            Ok(merged) => merged,
            Err(TooMuchWork) => {
                self.undecided.update(|count| count + 1);
                self.repository.give_up_merges();
                self.unmerged.borrow_mut().extend([one.to_owned(), other.to_owned()]);
                return Ok(None);
            }
        };
        let id = merged.as_ref().map(|merged| self.repository.hash_blob(merged));
        if let Some(blobs) = blobs.filter(|_| id != Some(None) && self.undecided.get() == undecided) {
            self.repository.know_merge(blobs, id.flatten());
        }
        let Some((id, merged)) = id.flatten().zip(merged) else { return Ok(None) };
        let id = id.to_string();
        self.made.borrow_mut().insert(id.clone(), Rc::new(merged));
        Ok(Some(id))
    }

    fn commits_touching(&self, record: &str) -> Result<Rc<[Commit]>> {
        let Some(path) = RecordPath::parse(record) else { return Ok(Rc::default()) };
        let name = match (path.kind(), path.task()) {
            (RecordKind::Task, _) => path.file_name(),
            (_, Some(task)) => task.to_string(),
            _ => return Ok(Rc::default()),
        };
        let touching = self.graph.touching(path.kind().folder(), &name);
        let mut commits: BTreeSet<Commit> = touching.into_iter().map(Commit).collect();
        // A merge that takes the record of one side changes it for the other, and can be reverted as one commit.
        let Some(oldest) = commits.first().copied() else { return Ok(Rc::default()) };
        for commit in self.graph.numbers_after(oldest.0).map(Commit) {
            let [first, _, ..] = self.parents(commit) else { continue };
            if self.entry(*first, record)? != self.entry(commit, record)? {
                commits.insert(commit);
            }
        }
        commits.extend(
            self.staged.iter().filter(|staged| staged.files.contains_key(record)).map(|staged| staged.commit),
        );
        Ok(commits.into_iter().collect())
    }
}
