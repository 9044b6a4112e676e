//! What changed: commit by commit, and between the two ends.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::RangeReader;
use super::history::RangeHistory;
use super::types::{FileFacts, FileState as FactState};
use super::{RangeEnds, Result};
use crate::env::Env;
use crate::events::LongStep;
use crate::git::{
    CommitChanges, CommitId, CommitInfo, DiffWork, FileChange, FileMode, FileState, MalformedTree, Repository,
};
use crate::model::{RecordPath, TreeEntry, is_in_tracker};
use crate::store::Workspace;

/// All changes of a range.
pub(super) struct Changes {
    /// The commits with what each changed, each after its parents.
    pub(super) commits: Vec<RangeCommit>,
    /// What differs between the merge base and the head, by path.
    pub(super) net: BTreeMap<String, FileChange>,
    /// The malformed trees that the commits bring.
    pub(super) malformed: Vec<MalformedTree>,
}

/// A commit with what it changed.
pub(super) struct RangeCommit {
    pub(super) info: CommitInfo,
    pub(super) changes: Vec<FileChange>,
    /// The changes of records, by their positions.
    records: Vec<(usize, RecordPath)>,
}

impl RangeCommit {
    fn new(info: CommitInfo, changes: Vec<FileChange>) -> Self {
        let records = changes.iter().enumerate();
        let records = records.filter_map(|(at, change)| Some((at, RecordPath::parse(&change.path)?)));
        Self { records: records.collect(), info, changes }
    }

    /// Returns the changes of records.
    pub(super) fn records(&self) -> impl Iterator<Item = (&FileChange, &RecordPath)> {
        self.records.iter().map(|(at, record)| (&self.changes[*at], record))
    }
}

impl Changes {
    pub(super) fn read(
        (workspace, env): (&Workspace, &Env),
        repository: &Repository,
        ends: &RangeEnds,
        history: &RangeHistory<'_>,
    ) -> Result<Self> {
        let infos = history.commits(repository, ends.head_commit)?;
        let step = repository.events().begin(LongStep::ReadRange, Some(infos.len()));
        let changes = repository.changes_of_each(&infos, || step.advance(1))?;
        let (mut commits, mut malformed) = (Vec::with_capacity(infos.len()), Vec::new());
        for (info, CommitChanges { files, malformed: own }) in infos.into_iter().zip(changes) {
            commits.push(RangeCommit::new(info, files));
            malformed.extend(own);
        }
        let net = if ends.is_staged {
            let index_file = workspace.repo_paths().index_file(env);
            repository.staged_changes(history.merge_base(), &repository.staged(&index_file)?)?
        } else {
            net_changes(repository, ends, history)?
        };
        Ok(Self { commits, net: by_path(net), malformed })
    }

    /// Returns what the index has otherwise than the head, by path.
    pub(super) fn staged_on(
        &self,
        repository: &Repository,
        merge_base: Option<CommitId>,
        head: CommitId,
    ) -> Result<BTreeMap<String, TreeEntry>> {
        let mut files = BTreeMap::new();
        for change in repository.changes_between(merge_base, head)? {
            files.insert(change.path, change.before);
        }
        for change in self.net.values() {
            files.insert(change.path.clone(), change.after);
        }
        let entry = |state: Option<FileState>| state.map_or(TreeEntry::Absent, |state| state.entry());
        Ok(files.into_iter().map(|(path, state)| (path, entry(state))).collect())
    }
}

/// Whether it is a file, and no link or submodule.
pub(super) fn is_file(state: &FileState) -> bool {
    matches!(state.mode, FileMode::Plain | FileMode::Executable)
}

impl RangeReader<'_> {
    /// Returns the files that differ between the two ends.
    pub fn files(&self, counts_lines: bool) -> Result<Vec<FileFacts>> {
        let shared = self.repository.shared();
        let share = DiffWork::share(self.changes.net.len());
        let state = |state: FileState| FactState { mode: state.mode.bits(), blob: state.blob_id.to_string() };
        let lines = |view: &Repository, change: &FileChange, work: &mut DiffWork| -> Result<_> {
            let is_counted = counts_lines && !is_in_tracker(&change.path);
            let count = if is_counted { view.count_lines(change, work)? } else { Ok(None) };
            Ok(count.map(|lines| lines.map(|lines| (lines.added, lines.removed))))
        };
        let of = |view: &mut Repository, change: &FileChange| -> Result<(FileFacts, bool)> {
            let counted = lines(view, change, &mut share.clone())?;
            let facts = FileFacts {
                path: change.path.clone(),
                before: change.before.map(state),
                after: change.after.map(state),
                lines: counted.unwrap_or_default(),
            };
            Ok((facts, counted.is_err()))
        };
        let net = &self.changes.net;
        let found = net.par_iter().map_init(|| shared.open(), |view, (_, change)| of(view, change));
        let found: Vec<(FileFacts, bool)> = found.collect::<Result<_>>()?;
        // The few that take more than their share are counted with what is there for all of them, in their order.
        let mut whole = DiffWork::default();
        let counted = found.into_iter().zip(net.values()).map(|((facts, takes_more), change)| {
            if !takes_more {
                return Ok(facts);
            }
            Ok(FileFacts { lines: lines(self.repository, change, &mut whole)?.unwrap_or_default(), ..facts })
        });
        counted.collect()
    }

    /// Reads one side of a change of a record; none where there is no file on that side.
    pub(super) fn read(&self, state: Option<FileState>) -> Result<Option<Vec<u8>>> {
        let Some(state) = state.filter(is_file) else { return Ok(None) };
        Ok(Some(self.repository.read_blob(state.blob_id, crate::store::LARGEST_FILE)?))
    }
}

/// A file on one side; none where it is not there.
type State = Option<FileState>;

/// Returns what differs between where a range began and its head, sorted by path.
///
/// Where histories crossed, each side had merged an older state of the other, so that there are several places where
/// they parted. A file that is as one of those has it may still take back what the other one brought: it is compared
/// with what they give when they are merged, as git does it.
fn net_changes(
    repository: &Repository,
    ends: &RangeEnds,
    history: &RangeHistory<'_>,
) -> Result<Vec<FileChange>> {
    let head = ends.head_commit;
    let plain = repository.changes_between(history.merge_base(), head)?;
    let (Some(first), Some((_, base))) = (history.merge_base(), &ends.base) else { return Ok(plain) };
    if history.other_bases().is_empty() {
        return Ok(plain);
    }
    let side = |commit: Option<CommitId>| Side::of(repository, commit, head);
    let tip = side(Some(*base))?;
    let mut begun = Side { changes: by_path(plain) };
    for other in history.other_bases() {
        let root = side(history.base_of(first, *other)?)?;
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
