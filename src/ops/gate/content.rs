//! Which commits belong to which task, and what those changed, as it is at the head.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::RangeReader;
use crate::doc::acceptance_text;
use crate::git::{CommitId, Links};
use crate::model::{CoveredChange, Task, TaskId, TreeEntry};
use crate::ops::Result;
use crate::ops::signoffs::{linked_ids, links_from};
use crate::policy::{Content, LinkedCommit, criteria_digest};

/// Which commits link a task.
#[derive(Default)]
pub(super) struct TaskLinks {
    /// Those of the range, by their place in it.
    pub(super) own: Vec<usize>,
    /// Those before it.
    pub(super) earlier: Vec<CommitId>,
}

impl RangeReader<'_> {
    /// Returns which commits link the tasks that the range links or changes. Commits before the range are asked for
    /// only where a task of the range was there before.
    pub(super) fn links(&self) -> Result<BTreeMap<TaskId, TaskLinks>> {
        let mut links: BTreeMap<TaskId, TaskLinks> = BTreeMap::new();
        for (at, (info, _)) in self.changes.commits.iter().enumerate() {
            for id in linked_ids(&info.message) {
                links.entry(id).or_default().own.push(at);
            }
        }
        let records =
            self.changes.net.keys().filter_map(|path| super::records::Record::at(path)?.task().cloned());
        for id in records.collect::<BTreeSet<TaskId>>() {
            links.entry(id).or_default();
        }
        let Some(merge_base) = self.ends.merge_base else { return Ok(links) };
        let mut old = HashMap::new();
        for id in links.keys() {
            if self.is_voted_on(id)? && self.before_file(id)?.is_some() {
                old.insert(id.to_string(), Vec::new());
            }
        }
        if !old.is_empty() {
            for commit in &self.earlier_links(merge_base)?.commits {
                for id in &commit.ids {
                    if let Some(own) = old.get_mut(id) {
                        own.push(commit.id);
                    }
                }
            }
        }
        for (id, own) in &mut links {
            own.earlier = old.remove(id.as_str()).unwrap_or_default();
        }
        Ok(links)
    }

    /// Returns what the commits before the range link and changed, read once.
    pub(super) fn earlier_links(&self, merge_base: CommitId) -> Result<&Links> {
        if let Some(links) = self.earlier.get() {
            return Ok(links);
        }
        let links = links_from(self.repository, merge_base)?;
        Ok(self.earlier.get_or_init(|| links))
    }

    /// Tells whether anybody has voted on a task: else what it covers is asked by nobody.
    pub(super) fn is_voted_on(&self, id: &TaskId) -> Result<bool> {
        let folder = crate::store::Layout::signoffs_of(id);
        Ok(!self.head.list(&folder)?.is_empty() || !self.before.list(&folder)?.is_empty())
    }

    /// Reads what a task's linked commits changed, as it is at the head.
    pub(super) fn content(&self, task: &Task, links: &TaskLinks) -> Result<Content> {
        let (mut commits, mut paths) = (Vec::new(), BTreeSet::new());
        for at in &links.own {
            let (info, changes) = &self.changes.commits[*at];
            let changed: Vec<String> = changes.iter().map(|change| change.path.clone()).collect();
            paths.extend(changed.iter().cloned());
            commits.push(LinkedCommit { authors: info.authors(), paths: changed });
        }
        for commit in &links.earlier {
            let changed = self.repository.files_changed(&[*commit])?;
            paths.extend(changed.iter().cloned());
            commits.push(LinkedCommit { authors: self.repository.authors(&[*commit])?, paths: changed });
        }
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            files.push(match self.at_head(&path)? {
                Some(file) => CoveredChange::to(path, file.entry()),
                None => CoveredChange::to(path, TreeEntry::Absent),
            });
        }
        Ok(Content { criteria: criteria_digest(&acceptance_text(&task.body)), files, commits })
    }
}
