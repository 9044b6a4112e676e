//! The commits of a range, and the tasks that it touches.

use std::collections::{BTreeMap, BTreeSet};

use super::RangeReader;
use super::content::TaskLinks;
use super::records::Record;
use crate::doc::{open_boxes, read_task};
use crate::git::CommitInfo;
use crate::model::{Finding, Task, TaskId};
use crate::ops::signoffs::{named_ids, waits_for};
use crate::ops::{Result, session};
use crate::policy::Content;
use crate::review::{CommitFacts, TaskFacts};
use crate::store::{self, Layout, TaskFile};

type Found = (Vec<CommitFacts>, Vec<TaskFacts>);

impl RangeReader<'_> {
    /// Returns the commits, and the tasks that they link or whose records they change.
    pub(super) fn tasks(&self, links: &BTreeMap<TaskId, TaskLinks>) -> Result<Found> {
        let cast = self.cast();
        let mut notes: BTreeMap<TaskId, usize> = BTreeMap::new();
        for (path, change) in &self.changes.net {
            if let (Some(Record::Note(id)), None) = (Record::at(path), change.before) {
                *notes.entry(id).or_default() += 1;
            }
        }
        let (mut tasks, mut missing) = (Vec::new(), BTreeSet::new());
        for (id, links) in links {
            let before = self.before_file(id)?;
            let after = self.after_file(id)?;
            if before.is_none() && after.is_none() {
                missing.insert(id);
                continue;
            }
            let mut facts = self.task(id, before.as_ref(), after.as_ref(), links)?;
            (facts.ballots, facts.new_votes) = self.ballots(id, &cast)?;
            facts.notes = notes.get(id).copied().unwrap_or_default();
            tasks.push(facts);
        }
        let commit = |(info, changes): &(CommitInfo, Vec<crate::git::FileChange>)| {
            let paths = changes.iter().map(|change| change.path.clone()).collect();
            self.commit(info, paths, &missing)
        };
        Ok((self.changes.commits.iter().map(commit).collect(), tasks))
    }

    fn commit(&self, info: &CommitInfo, paths: Vec<String>, missing: &BTreeSet<&TaskId>) -> CommitFacts {
        let named = named_ids(&info.message, &self.policy.config.id_prefix);
        let (unknown, _): (Vec<TaskId>, Vec<TaskId>) = named.into_iter().partition(|id| missing.contains(id));
        let mut links = crate::ops::signoffs::linked_ids(&info.message);
        links.retain(|id| !missing.contains(id));
        CommitFacts {
            id: info.id.to_string(),
            subject: info.subject.clone(),
            author: info.author.clone(),
            parents: info.parents.len(),
            links,
            unknown,
            paths,
        }
    }

    /// Reads a task's file at the merge base.
    pub(super) fn before_file(&self, id: &TaskId) -> Result<Option<TaskFile>> {
        let path = Layout::task(id);
        if let Some(change) = self.changes.net.get(&path) {
            let bytes = self.read(change.before)?;
            return Ok(bytes.map(|bytes| TaskFile { id: id.clone(), path, bytes }));
        }
        Ok(if self.ends.merge_base.is_some() { self.before.task_file(id)? } else { None })
    }

    /// Reads a task's file at the head. What is there and is no file is a broken one.
    fn after_file(&self, id: &TaskId) -> Result<Option<TaskFile>> {
        match self.head.task_file(id) {
            Err(store::Error::Link { .. } | store::Error::WrongKind { .. }) => {
                Ok(Some(TaskFile { id: id.clone(), path: Layout::task(id), bytes: Vec::new() }))
            }
            found => Ok(found?),
        }
    }

    fn task(
        &self,
        id: &TaskId,
        before: Option<&TaskFile>,
        after: Option<&TaskFile>,
        links: &TaskLinks,
    ) -> Result<TaskFacts> {
        let parsed = |file: &TaskFile| session::parse(file).ok();
        let (old, new) = (before.and_then(parsed), after.and_then(parsed));
        let findings = |snapshot: &crate::store::Snapshot| -> Result<Vec<Finding>> {
            Ok(snapshot.findings(id)?.0.into_iter().map(|(_, finding)| finding).collect())
        };
        let findings_before = if before.is_some() { findings(&self.before)? } else { Vec::new() };
        let content = match &new {
            Some(task) => self.content(task, links)?,
            None => Content::default(),
        };
        Ok(TaskFacts {
            id: id.clone(),
            path: Layout::task(id),
            is_deleted: after.is_none(),
            collides: before.is_none() && self.collides(id, new.as_ref())?,
            ballots: Vec::new(),
            new_votes: BTreeSet::new(),
            content,
            findings: self.standing(findings(&self.head)?, &findings_before),
            findings_before,
            open_boxes: new.as_ref().map(|task| open_boxes(&task.body)).unwrap_or_default(),
            waits_for: new.as_ref().map(|task| waits_for(&self.head, task)).transpose()?.unwrap_or_default(),
            notes: 0,
            commits: links.own.clone(),
            before: old,
            after: new,
        })
    }

    /// A finding whose file is gone is as open as it was.
    fn standing(&self, mut findings: Vec<Finding>, before: &[Finding]) -> Vec<Finding> {
        let gone: Vec<&Finding> =
            before.iter().filter(|old| !findings.iter().any(|own| own.id == old.id)).collect();
        findings.extend(gone.into_iter().filter(|old| old.state().is_open()).cloned());
        findings
    }

    /// Tells whether the base has, since the two parted, got another task of this id.
    fn collides(&self, id: &TaskId, own: Option<&Task>) -> Result<bool> {
        let Some((_, base)) = self.ends.base.as_ref().filter(|(_, base)| Some(*base) != self.ends.merge_base)
        else {
            return Ok(false);
        };
        let Some(file) = self.repository.tree_file(*base, &Layout::task(id))? else { return Ok(false) };
        let bytes = self.repository.read_blob(file.blob_id, crate::store::LARGEST_FILE)?;
        let (Ok(theirs), Some(own)) = (read_task(&bytes), own) else { return Ok(false) };
        let is_same = theirs.title == own.title
            || theirs.history.first() == own.history.first() && !own.history.is_empty();
        Ok(!is_same)
    }
}
