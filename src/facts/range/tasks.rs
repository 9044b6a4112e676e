//! The commits of a range and the tasks that it touches.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::changes::{RangeCommit, is_file};
use super::merges::FieldMerge;
use super::read::TaskText;
use super::types::{CommitFacts, Credit, RangeTask};
use super::{RangeReader, Result};
use crate::doc::{open_boxes, read_receipt, read_task, upgrade_task, verified_by};
use crate::facts::receipts::{ReceiptFile, ReceiptReader};
use crate::facts::{Prefixes, linked_ids, named_ids, waits_for};
use crate::git::{CommitInfo, FileMode, FileState};
use crate::model::{Finding, RecordKind, RecordPath, Task, TaskId};
use crate::policy::ReceiptRecord;
use crate::store::Snapshot;

impl RangeReader<'_> {
    /// Returns the commits, and the tasks that they link or whose records they change.
    pub fn tasks(&self) -> Result<(Vec<CommitFacts>, Vec<RangeTask>)> {
        let links = self.links()?;
        let mut notes: BTreeMap<TaskId, usize> = BTreeMap::new();
        for (path, change) in &self.changes.net {
            if let (Some(RecordPath::OfTask { kind: RecordKind::Note, task, .. }), None) =
                (RecordPath::parse(path), change.before)
            {
                *notes.entry(task).or_default() += 1;
            }
        }
        let mut credits: BTreeMap<TaskId, Vec<Credit>> = BTreeMap::new();
        for credit in self.credits()? {
            credits.entry(credit.task.clone()).or_default().push(credit);
        }
        let (mut tasks, mut missing) = (Vec::new(), BTreeSet::new());
        for (id, links) in &links {
            let before = self.before_state(id)?;
            let after = self.head.tree_file(&RecordPath::task_file(id))?.map(|file| file.state());
            if before.is_none() && after.is_none() {
                missing.insert(id);
                continue;
            }
            let mut facts = self.task((id, links), (before, after))?;
            facts.notes = notes.get(id).copied().unwrap_or_default();
            facts.credits.extend(credits.remove(id).unwrap_or_default());
            tasks.push(facts);
        }
        let prefixes = Prefixes::of(&self.head, &self.policy.config)?;
        let commit = |commit: &RangeCommit| {
            let paths = commit.changes.iter().map(|change| change.path.clone()).collect();
            self.commit(&commit.info, paths, (&missing, &prefixes))
        };
        Ok((self.changes.commits.iter().map(commit).collect(), tasks))
    }

    fn commit(
        &self,
        info: &CommitInfo,
        paths: Vec<String>,
        (missing, prefixes): (&BTreeSet<&TaskId>, &Prefixes),
    ) -> CommitFacts {
        let named = named_ids(&info.message, prefixes);
        let (unknown, _): (Vec<TaskId>, Vec<TaskId>) = named.into_iter().partition(|id| missing.contains(id));
        let mut links = linked_ids(&info.message);
        links.retain(|id| !missing.contains(id));
        CommitFacts {
            id: info.id.to_string(),
            subject: info.subject.clone(),
            author: info.author.clone(),
            committer: info.committer.clone(),
            co_authors: info.authors().into_iter().filter(|person| *person != info.author).collect(),
            parents: info.parents.len(),
            links,
            unknown,
            paths,
        }
    }

    /// Returns a task as it will be merged: what it says as the base's tip and the head have it together, with the head's
    /// moves, which are joined elsewhere.
    pub(super) fn as_merged(&self, id: &TaskId, own: &Task) -> Result<Task> {
        let Some(tip) = &self.tip else { return Ok(own.clone()) };
        let before = if self.merge_base().is_some() { state_in(&self.before, id)? } else { None };
        let (theirs, ours) = (state_in(tip, id)?, state_in(&self.head, id)?);
        if theirs.is_none() || ours.is_none() || before == theirs || ours == theirs {
            return Ok(own.clone());
        }
        let text = match before == ours {
            true => self.read(theirs)?,
            false => {
                let (theirs, ours) =
                    (self.read(theirs)?.unwrap_or_default(), self.read(ours)?.unwrap_or_default());
                match self.fields_merged(
                    &RecordPath::task_file(id),
                    self.read(before)?.as_deref(),
                    &ours,
                    &theirs,
                ) {
                    FieldMerge::Clean(text) => Some(text.into_bytes()),
                    FieldMerge::Conflict(_) | FieldMerge::TooMuchWork => None,
                }
            }
        };
        // A conflict is refused for that.
        let merged = text.and_then(|text| read_task(&text).ok());
        Ok(merged.map_or_else(
            || own.clone(),
            |merged| Task { stage: own.stage.clone(), history: own.history.clone(), ..merged },
        ))
    }

    /// Returns a task's file at the merge base.
    fn before_state(&self, id: &TaskId) -> Result<Option<FileState>> {
        let path = RecordPath::task_file(id);
        if let Some(change) = self.changes.net.get(&path) {
            return Ok(change.before.filter(is_file));
        }
        let file = if self.merge_base().is_some() { self.before.tree_file(&path)? } else { None };
        Ok(file.map(|file| file.state()))
    }

    /// Reads a task's text at the base's tip; none where the two have not parted, or it is not there.
    pub(super) fn text_at_tip(&self, id: &TaskId) -> Result<Option<Rc<TaskText>>> {
        let state = self.tip.as_ref().map(|tip| state_in(tip, id)).transpose()?.flatten();
        state.map(|state| self.texts.task(state.blob_id)).transpose()
    }

    /// Reads a task; none where its file is not there, is no file or cannot be read.
    fn parsed(&self, id: &TaskId, state: Option<FileState>) -> Result<Option<Task>> {
        let Some(state) = state.filter(is_file) else { return Ok(None) };
        let text = self.texts.task(state.blob_id)?;
        Ok(text.task.as_ref().ok().filter(|task| task.id == *id).cloned())
    }

    fn task(
        &self,
        (id, links): (&TaskId, &[usize]),
        (before, after): (Option<FileState>, Option<FileState>),
    ) -> Result<RangeTask> {
        // What is there and is no plain file is a broken one.
        let own = self.parsed(id, after.filter(|state| state.mode == FileMode::Plain))?;
        let new = own.as_ref().map(|own| self.as_merged(id, own)).transpose()?;
        let created = new.as_ref().and_then(|task| task.created);
        let old = match self.read(before)? {
            Some(bytes) if self.brings_format => {
                upgrade_task(&bytes, created).ok().and_then(|text| read_task(text.as_bytes()).ok())
            }
            _ => self.parsed(id, before)?,
        };
        let tip = self.text_at_tip(id)?;
        let tip = tip.as_ref().and_then(|text| text.in_head_format());
        let begun = tip.into_iter().chain(&old).find(|task| !task.stage.is_none());
        let judged_kind = begun.or(new.as_ref()).and_then(|task| task.kind.clone());
        let is_cancelled_at_tip = tip.is_some_and(|task| task.cancelled.is_some())
            && old.as_ref().is_none_or(|task| task.cancelled.is_none());
        let findings = |snapshot: &Snapshot| -> Result<Vec<Finding>> {
            Ok(snapshot.findings(id)?.0.into_iter().map(|(_, finding)| finding).collect())
        };
        let at_tip = self.tip.as_ref().map(findings).transpose()?.unwrap_or_default();
        let credits = self.landed(id, &at_tip)?;
        let findings_before = if before.is_some() { findings(&self.before)? } else { Vec::new() };
        Ok(RangeTask {
            id: id.clone(),
            path: RecordPath::Task(id.clone()).to_string(),
            is_cancelled_at_tip,
            is_deleted: after.is_none(),
            collides: before.is_none() && self.collides(id, new.as_ref())?,
            findings: self
                .not_passed_on(joined(findings(&self.head)?, at_tip, &findings_before), &findings_before),
            findings_before,
            credits,
            receipts: self.receipts(id, judged_kind.as_deref())?,
            judged_kind,
            verified_by: new.as_ref().map(|task| verified_by(&task.body)).unwrap_or_default(),
            open_boxes: new.as_ref().map(|task| open_boxes(&task.body)).unwrap_or_default(),
            waits_for: self.waits_for(new.as_ref().map_or(&[][..], |task| &task.depends_on))?,
            waited_for: self.waits_for(&no_longer_needed(old.as_ref(), new.as_ref()))?,
            notes: 0,
            commits: links.to_vec(),
            before: old,
            after: new,
        })
    }

    /// Returns the receipts of a task at the head. One that cannot be read is reported as a broken record.
    fn receipts(&self, id: &TaskId, kind: Option<&str>) -> Result<Vec<ReceiptRecord>> {
        let read = |bytes: &[u8]| Ok((read_receipt(id, bytes)?, bytes.to_owned()));
        let (there, _) = self.head.records(&RecordKind::Evidence.folder_of(id), read)?;
        let of = |(name, (receipt, bytes))| ReceiptFile { name, receipt, bytes };
        let files: Vec<ReceiptFile> = there.into_iter().map(of).collect();
        let reader = ReceiptReader {
            repository: self.repository,
            reach: &self.history.reach,
            tip: self.history.head,
            base: self.merge_base().and_then(|id| self.history.reach.commit(id)),
            people: &self.policy.people,
            signers: &self.policy.signers,
            config: &self.policy.config,
            now: self.policy.as_of,
        };
        reader.records((id, kind), files)
    }

    /// Returns the dependencies that are open as they will be merged: what the head has not changed is as the tip has it.
    fn waits_for(&self, all: &[TaskId]) -> Result<Vec<TaskId>> {
        let mut open = Vec::new();
        for id in all {
            let state = match &self.tip {
                Some(tip) if state_in(&self.head, id)? == state_in(&self.before, id)? => tip,
                _ => &self.head,
            };
            open.extend(waits_for(state, std::slice::from_ref(id))?);
        }
        Ok(open)
    }

    /// Returns the tasks in which the base's tip differs from where the two parted, as they will be merged; none for one
    /// that is gone.
    pub fn tasks_of_tip(&self) -> Result<Vec<(TaskId, Option<Task>)>> {
        let Some((_, tip)) = self.ends.base.as_ref().filter(|_| self.tip.is_some()) else {
            return Ok(Vec::new());
        };
        let (folder, mut tasks) = (RecordKind::Task.folder(), Vec::new());
        for change in self.repository.changes_below(folder, self.merge_base(), *tip)? {
            let Some(RecordPath::Task(id)) = RecordPath::parse(&change.path) else { continue };
            let theirs = self.parsed(&id, change.after)?;
            let task = match self.parsed(&id, state_in(&self.head, &id)?)? {
                Some(own) if state_in(&self.head, &id)? != change.before => Some(self.as_merged(&id, &own)?),
                _ => theirs,
            };
            tasks.push((id, task));
        }
        Ok(tasks)
    }

    /// A finding whose file is gone is as open as it was.
    fn not_passed_on(&self, mut findings: Vec<Finding>, before: &[Finding]) -> Vec<Finding> {
        let gone: Vec<&Finding> =
            before.iter().filter(|old| !findings.iter().any(|own| own.id == old.id)).collect();
        findings.extend(gone.into_iter().filter(|old| old.state().is_open()).cloned());
        findings
    }

    /// Whether the base has, since the two parted, got another task of this id.
    fn collides(&self, id: &TaskId, own: Option<&Task>) -> Result<bool> {
        let Some((_, base)) = self.ends.base.as_ref().filter(|(_, base)| Some(*base) != self.merge_base())
        else {
            return Ok(false);
        };
        let Some(file) = self.repository.tree_file(*base, &RecordPath::Task(id.clone()).to_string())? else {
            return Ok(false);
        };
        let text = self.texts.task(file.blob_id)?;
        let (Ok(theirs), Some(own)) = (&text.task, own) else { return Ok(false) };
        let is_same = theirs.title == own.title
            || theirs.history.first() == own.history.first() && !own.history.is_empty();
        Ok(!is_same)
    }
}

/// Returns where a task's file is in a snapshot; none where there is none, or no file under its name.
fn state_in(snapshot: &Snapshot, id: &TaskId) -> Result<Option<FileState>> {
    let file = snapshot.tree_file(&RecordPath::task_file(id))?;
    Ok(file.map(|file| file.state()).filter(is_file))
}

impl RangeReader<'_> {
    /// Returns which commits of the range link the tasks that the range links or changes, by their place in it.
    fn links(&self) -> Result<BTreeMap<TaskId, Vec<usize>>> {
        let mut links: BTreeMap<TaskId, Vec<usize>> = BTreeMap::new();
        for (at, commit) in self.changes.commits.iter().enumerate() {
            for id in linked_ids(&commit.info.message) {
                links.entry(id).or_default().push(at);
            }
        }
        let records = self.changes.net.keys().filter_map(|path| RecordPath::parse(path)?.task().cloned());
        for id in records.collect::<BTreeSet<TaskId>>() {
            links.entry(id).or_default();
        }
        Ok(links)
    }
}

/// Joins the findings of the head with what the base's tip has of them, or has got since the two parted.
fn joined(mut head: Vec<Finding>, tip: Vec<Finding>, before: &[Finding]) -> Vec<Finding> {
    for theirs in tip {
        match head.iter_mut().find(|own| own.id == theirs.id) {
            Some(own) => {
                let old = before.iter().find(|old| old.id == own.id);
                let is_unchanged = old.is_some_and(|old| old.severity == own.severity);
                if is_unchanged || theirs.severity.rank() > own.severity.rank() {
                    own.severity = theirs.severity.clone();
                }
                let known = own.resolutions.clone();
                own.resolutions.extend(theirs.resolutions.into_iter().filter(|step| !known.contains(step)));
            }
            None if before.iter().any(|old| old.id == theirs.id) => {}
            None => head.push(theirs),
        }
    }
    head
}

/// Returns what a task depended on and does not any more.
fn no_longer_needed(before: Option<&Task>, after: Option<&Task>) -> Vec<TaskId> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    before.depends_on.iter().filter(|id| !after.depends_on.contains(id)).cloned().collect()
}
