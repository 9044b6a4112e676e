//! The time that commits say was spent, compared with what their records show. Each commit counts by itself: what a later
//! one adds for its own message makes up for none before it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::doc::read_task;
use crate::facts::Commits;
use crate::git::{CommitId, CommitInfo, Repository};
use crate::model::{RecordKind, RecordPath, Task, TaskId};
use crate::ops::Result;
use crate::policy::{Action, Comments, Directives, parse_message};
use crate::store::{LARGEST_FILE, Snapshot};

/// Minutes by task.
pub(super) type Times = BTreeMap<TaskId, u32>;

/// Returns the time that a message says was spent, by task.
pub(super) fn times_of(directives: &Directives) -> Times {
    let mut times = Times::new();
    for directive in &directives.directives {
        if let Action::Time(time) = &directive.action {
            let sum = times.entry(directive.task.clone()).or_default();
            *sum = sum.saturating_add(time.0);
        }
    }
    times
}

/// Time of one commit that no record shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MissingTime {
    pub(super) commit_id: CommitId,
    pub(super) task: TaskId,
    pub(super) minutes: u32,
}

/// Returns what some commits, each after its parents, say was spent and no record shows. A later commit that adds more
/// than its own message says makes up for the earlier ones, the oldest first, as `tracker apply` does; so does
/// the record of `now`.
pub(super) fn missing_times<'c>(
    repository: &Repository,
    commits: impl Iterator<Item = &'c CommitInfo>,
    tip: CommitId,
    now: &Snapshot,
) -> Result<Vec<MissingTime>> {
    let commits: Vec<(&CommitInfo, Times)> =
        commits.map(|commit| (commit, times_of(&parse_message(&commit.message, Comments::None)))).collect();
    let mut records = SpentReader { repository, known: HashMap::new() };
    let mut tasks: Vec<(TaskId, usize)> = Vec::new();
    for (at, (commit, times)) in commits.iter().enumerate() {
        for (task, time) in times {
            let is_first = tasks.iter().all(|(known, _)| known != task);
            if is_first && records.excess(commit, task, *time)?.is_some_and(|excess| excess < 0) {
                tasks.push((task.clone(), at));
            }
        }
    }
    let index = Commits::new(repository, Some(tip));
    let mut missing = Vec::new();
    for (task, first) in tasks {
        let touching: HashSet<CommitId> = index.touching(RecordKind::Task, &task)?.into_iter().collect();
        let mut open: Vec<MissingTime> = Vec::new();
        for (commit, times) in &commits[first..] {
            let own = times.get(&task).copied();
            if own.is_none() && !touching.contains(&commit.id) {
                continue;
            }
            match records.excess(commit, &task, own.unwrap_or_default())? {
                Some(excess) if excess > 0 => make_up(&mut open, excess),
                Some(lack) if lack < 0 && own.is_some() => {
                    let minutes = u32::try_from(-lack).unwrap_or(u32::MAX);
                    open.push(MissingTime { commit_id: commit.id, task: task.clone(), minutes });
                }
                _ => {}
            }
        }
        let at_tip = records.at(tip, &task)?.unwrap_or_default();
        let at_last = now.readable_task(&task).ok().flatten().map_or(at_tip, |task| spent_of(&task));
        make_up(&mut open, i64::from(at_last) - i64::from(at_tip));
        missing.extend(open);
    }
    Ok(missing)
}

fn spent_of(task: &Task) -> u32 {
    task.spent.unwrap_or_default().0
}

/// Takes added time off what is missing, the oldest first.
fn make_up(open: &mut Vec<MissingTime>, mut excess: i64) {
    for missing in open.iter_mut() {
        let part = excess.clamp(0, i64::from(missing.minutes));
        missing.minutes -= u32::try_from(part).unwrap_or_default();
        excess -= part;
    }
    open.retain(|missing| missing.minutes > 0);
}

/// What records show, each read once.
struct SpentReader<'a> {
    repository: &'a Repository,
    known: HashMap<(CommitId, TaskId), Option<u32>>,
}

impl SpentReader<'_> {
    /// Returns the minutes that a commit's record shows; none where it has no such record.
    fn at(&mut self, commit: CommitId, task: &TaskId) -> Result<Option<u32>> {
        let key = (commit, task.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let file = self.repository.tree_file(commit, &RecordPath::task_file(task))?;
        let bytes = file.map(|file| self.repository.read_blob(file.blob_id, LARGEST_FILE)).transpose()?;
        let task = bytes.and_then(|bytes| read_task(&bytes).ok());
        let spent = task.map(|task| spent_of(&task));
        self.known.insert(key, spent);
        Ok(spent)
    }

    /// Returns by how much more a commit adds to a record than its message says; none where nothing can be known, or the
    /// commit creates the record. A merge adds what it has beyond the sum of its sides.
    fn excess(&mut self, commit: &CommitInfo, task: &TaskId, time: u32) -> Result<Option<i64>> {
        let Some(own) = self.at(commit.id, task)? else { return Ok(None) };
        let Some((&first, others)) = commit.parents.split_first() else { return Ok(None) };
        // The history of a shallow clone ends somewhere.
        let Ok(Some(before)) = self.at(first, task) else {
            return Ok((own < time).then(|| i64::from(own) - i64::from(time)));
        };
        let mut added = i64::from(own) - i64::from(before);
        for &other in others {
            let base = self.repository.merge_base(first, other)?;
            let base = base.map(|base| self.at(base, task)).transpose()?.flatten().unwrap_or_default();
            added -= i64::from(self.at(other, task)?.unwrap_or(base)) - i64::from(base);
        }
        // What a merge loses of its sides is for the rule about merges to say.
        let added = if others.is_empty() { added } else { added.max(0) };
        Ok(Some(added - i64::from(time)))
    }
}
