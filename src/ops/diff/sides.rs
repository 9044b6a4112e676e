//! The two sides of a comparison, and which files of theirs differ.

use crate::model::TRACKER_FOLDER;
use std::collections::{BTreeMap, BTreeSet};

use super::view::DiffSide;
use crate::git::{CommitId, Repository};
use crate::ops::{Error, Result, Session};
use crate::store::{self, EntryKind, Snapshot, is_temporary};

/// One side.
pub(super) struct Side {
    pub(super) name: String,
    /// None for the working tree, and for the side before the first commit.
    pub(super) commit: Option<CommitId>,
    pub(super) snapshot: Snapshot,
}

/// Both.
pub(super) struct Sides {
    pub(super) from: Side,
    pub(super) to: Side,
    is_to_disk: bool,
}

impl Side {
    pub(super) fn view(&self) -> DiffSide {
        DiffSide { name: self.name.clone(), commit: self.commit.map(|id| id.to_string()) }
    }

    fn of_commit(session: &Session<'_>, name: &str, commit: Option<CommitId>) -> Result<Self> {
        let snapshot = session.workspace().snapshot_of_commit(commit)?;
        Ok(Self { name: name.to_owned(), commit, snapshot })
    }
}

impl Sides {
    /// Reads which sides are meant: `A..B`, `A...B`, `A B`, `A` against the working tree, or nothing, which is HEAD
    /// against the working tree. Returns the words that are no revisions as well.
    pub(super) fn named<'w>(
        session: &Session<'_>,
        repository: &Repository,
        words: &'w [String],
    ) -> Result<(Self, &'w [String])> {
        if let Some(range) = words.first().filter(|word| word.contains("..")) {
            let sides = Self::of_range(session, repository, range)?;
            return Ok((sides, &words[1..]));
        }
        let mut found = Vec::new();
        for word in words.iter().take(2) {
            match repository.resolve(word) {
                Ok(commit) => found.push((word.as_str(), commit)),
                Err(_) => break,
            }
        }
        let rest = &words[found.len()..];
        let sides = match found.as_slice() {
            [(from, one), (to, other)] => Self::of_commits(session, (from, Some(*one)), (to, *other))?,
            [(from, one)] => Self::to_disk(session, from, Some(*one))?,
            _ => Self::to_disk(session, "HEAD", repository.head()?.commit)?,
        };
        Ok((sides, rest))
    }

    fn of_range(session: &Session<'_>, repository: &Repository, range: &str) -> Result<Self> {
        let or_head = |name: &'_ str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        if let Some((from, to)) = range.split_once("...") {
            let (from, to) = (or_head(from), or_head(to));
            let (one, other) = (repository.resolve(&from)?, repository.resolve(&to)?);
            let parted = repository.merge_base(one, other)?;
            let name = format!("merge base of {from} and {to}");
            return Self::of_commits(session, (&name, parted), (&to, other));
        }
        let Some((from, to)) = range.split_once("..") else {
            return Err(Error::usage_with(format!("`{range}` is no range"), "such as main..HEAD"));
        };
        let (from, to) = (or_head(from), or_head(to));
        let (one, other) = (repository.resolve(&from)?, repository.resolve(&to)?);
        Self::of_commits(session, (&from, Some(one)), (&to, other))
    }

    fn of_commits(
        session: &Session<'_>,
        (from, one): (&str, Option<CommitId>),
        (to, other): (&str, CommitId),
    ) -> Result<Self> {
        let from = Side::of_commit(session, from, one)?;
        let to = Side::of_commit(session, to, Some(other))?;
        Ok(Self { from, to, is_to_disk: false })
    }

    fn to_disk(session: &Session<'_>, from: &str, commit: Option<CommitId>) -> Result<Self> {
        let workspace = session.workspace();
        if let (None, git_dir) = (&workspace.repo_paths().work_dir, &workspace.repo_paths().git_dir) {
            return Err(store::Error::Bare { git_dir: git_dir.clone() }.into());
        }
        let from = Side::of_commit(session, from, commit)?;
        let to = Side { name: "working tree".to_owned(), commit: None, snapshot: workspace.snapshot() };
        Ok(Self { from, to, is_to_disk: true })
    }

    /// Returns the tracker's files that differ, sorted.
    pub(super) fn changed(&self, session: &Session<'_>, repository: &Repository) -> Result<BTreeSet<String>> {
        if self.is_to_disk {
            return self.changed_on_disk(session, repository);
        }
        let Some(to) = self.to.commit else { return Ok(BTreeSet::new()) };
        let tree = |commit| repository.tree_id(commit, TRACKER_FOLDER);
        let (one, other) = (self.from.commit.map(tree).transpose()?.flatten(), tree(to)?);
        if one.is_none() && other.is_none() {
            return Err(store::Error::NoTrackerAt { rev: self.to.name.clone() }.into());
        }
        if one == other {
            return Ok(BTreeSet::new());
        }
        let changes = repository.changes_between(self.from.commit, to)?;
        Ok(changes.into_iter().map(|change| change.path).filter(|path| is_inside(path)).collect())
    }

    /// The index knows of most files that they are what it has, by their stats; the rest is read.
    fn changed_on_disk(&self, session: &Session<'_>, repository: &Repository) -> Result<BTreeSet<String>> {
        let workspace = session.workspace();
        let index = workspace.repo_paths().index_file(session.env());
        let staged = repository.staged(&index)?;
        let clean: BTreeMap<_, _> =
            staged.clean_files(TRACKER_FOLDER, workspace.work_dir()).into_iter().collect();
        let committed = match self.from.commit {
            Some(commit) => repository.tree_files(commit, TRACKER_FOLDER)?,
            None => Vec::new(),
        };
        let committed: BTreeMap<_, _> = committed.into_iter().map(|file| (file.path, file.blob_id)).collect();
        let walked = if workspace.has_tracker()? { self.to.snapshot.walk()? } else { Vec::new() };
        let is_file = |(path, kind): &(String, EntryKind)| {
            *kind != EntryKind::Folder && !path.rsplit('/').next().is_some_and(is_temporary)
        };
        let on_disk: BTreeSet<String> = walked.into_iter().filter(is_file).map(|(path, _)| path).collect();
        let gone = committed.keys().filter(|path| !on_disk.contains(*path)).cloned();
        let is_clean = |path: &String| clean.get(path).is_some_and(|blob| committed.get(path) == Some(blob));
        let mut changed: BTreeSet<String> =
            on_disk.iter().filter(|path| !is_clean(path)).cloned().chain(gone).collect();
        changed.retain(|path| {
            let read = |side: &Side| side.snapshot.read(path).ok();
            let (before, after) = (read(&self.from), read(&self.to));
            before.is_none() || after.is_none() || before != after
        });
        Ok(changed)
    }
}

fn is_inside(path: &str) -> bool {
    path.strip_prefix(TRACKER_FOLDER).is_some_and(|rest| rest.starts_with('/'))
}
