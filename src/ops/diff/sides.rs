//! The two sides of a comparison, which files of theirs differ, and a record on both; what differs besides tasks: the
//! configuration key by key, files of the policy and of reports by name.

use std::collections::{BTreeMap, BTreeSet};

use super::view::{DiffFile, DiffSide};
use crate::doc::config_values;
use crate::git::{CommitId, Repository};
use crate::model::{Problem, RecordKind, Severity, TRACKER_FOLDER};
use crate::ops::{Error, Result, Session};
use crate::review::{FieldChange, FileChange, differences};
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

/// A record as it was and as it is; none where it is not there or cannot be read.
pub(super) struct Pair<T> {
    pub(super) before: Option<T>,
    pub(super) after: Option<T>,
}

/// Reads a record on both sides. What cannot be read is a problem of its side, and an error only where the repository
/// itself cannot be read.
pub(super) fn pair<T>(
    sides: &Sides,
    path: &str,
    read: impl Fn(&[u8]) -> std::result::Result<T, Vec<Problem>>,
    problems: &mut Vec<Problem>,
) -> Result<Pair<T>> {
    let mut one = |side: &Side, is_before: bool| -> Result<Option<T>> {
        let bytes = match side.snapshot.read(path) {
            Ok(bytes) => bytes,
            Err(
                error
                @ (store::Error::Link { .. } | store::Error::WrongKind { .. } | store::Error::Io { .. }),
            ) => {
                problems.push(located(Problem::error(error.to_string()), side, is_before, path));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(bytes) = bytes else { return Ok(None) };
        match read(&bytes) {
            Ok(record) => Ok(Some(record)),
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| located(problem, side, is_before, path)));
                Ok(None)
            }
        }
    };
    Ok(Pair { before: one(&sides.from, true)?, after: one(&sides.to, false)? })
}

/// Says on which side it is. What was broken before is no fault of what came after.
fn located(mut problem: Problem, side: &Side, is_before: bool, path: &str) -> Problem {
    if is_before {
        problem.severity = Severity::Warning;
    }
    problem.message = format!("{} (in {})", problem.message, side.name);
    problem.in_file(path)
}

/// Compares the files that belong to no task.
pub(super) fn compare_files(
    sides: &Sides,
    paths: &[&str],
    problems: &mut Vec<Problem>,
) -> Result<(Vec<FieldChange>, Vec<DiffFile>)> {
    let (mut config, mut files) = (Vec::new(), Vec::new());
    for path in paths {
        if *path == RecordKind::Config.file() {
            let values = pair(sides, path, config_values, problems)?;
            let before = values.before.unwrap_or_default();
            config = differences(&before, &values.after.unwrap_or_default());
            if !config.is_empty() {
                continue;
            }
        }
        let is_there = |side: &Side| side.snapshot.read(path).map_or(true, |bytes| bytes.is_some());
        let change = match (is_there(&sides.from), is_there(&sides.to)) {
            (false, _) => FileChange::Added,
            (_, false) => FileChange::Deleted,
            _ => FileChange::Changed,
        };
        files.push(DiffFile { path: (*path).to_owned(), change });
    }
    Ok((config, files))
}
