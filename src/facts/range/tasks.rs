//! The commits of a range, the tasks that it touches, and what it did to their votes.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{CommitFacts, RangeTask};
use super::{RangeReader, Result};
use crate::doc::{acceptance_text, open_boxes, read_finding, read_task, read_vote, upgrade_task};
use crate::facts::votes::{CastVote, CastVotes, VoteFile, votes_cast};
use crate::facts::{linked_ids, named_ids, waits_for};
use crate::git::{CommitId, CommitInfo, FileChange, FileState};
use crate::model::{
    CoveredChange, Finding, FindingId, Person, RecordKind, RecordPath, Resolution, Task, TaskId, TreeEntry,
    Verdict, Vote,
};
use crate::policy::{Content, LinkedCommit, VoteRecord, criteria_digest};
use crate::store::{self, LARGEST_FILE, Snapshot, TaskFile};

impl RangeReader<'_> {
    /// Returns the commits, and the tasks that they link or whose records they change.
    pub fn tasks(&self) -> Result<(Vec<CommitFacts>, Vec<RangeTask>)> {
        let (links, cast) = (self.links()?, self.cast());
        let mut notes: BTreeMap<TaskId, usize> = BTreeMap::new();
        for (path, change) in &self.changes.net {
            if let (Some(RecordPath::Note { task, .. }), None) = (RecordPath::parse(path), change.before) {
                *notes.entry(task).or_default() += 1;
            }
        }
        let (mut tasks, mut missing) = (Vec::new(), BTreeSet::new());
        for (id, links) in &links {
            let before = self.before_file(id)?;
            let after = self.after_file(id)?;
            if before.is_none() && after.is_none() {
                missing.insert(id);
                continue;
            }
            let mut facts = self.task(id, before.as_ref(), after.as_ref(), links)?;
            (facts.votes, facts.new_votes) = self.votes(id, &cast)?;
            facts.notes = notes.get(id).copied().unwrap_or_default();
            tasks.push(facts);
        }
        let commit = |(info, changes): &(CommitInfo, Vec<FileChange>)| {
            let paths = changes.iter().map(|change| change.path.clone()).collect();
            self.commit(info, paths, &missing)
        };
        Ok((self.changes.commits.iter().map(commit).collect(), tasks))
    }

    fn commit(&self, info: &CommitInfo, paths: Vec<String>, missing: &BTreeSet<&TaskId>) -> CommitFacts {
        let named = named_ids(&info.message, &self.policy.config.id_prefix);
        let (unknown, _): (Vec<TaskId>, Vec<TaskId>) = named.into_iter().partition(|id| missing.contains(id));
        let mut links = linked_ids(&info.message);
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
    fn before_file(&self, id: &TaskId) -> Result<Option<TaskFile>> {
        let path = RecordPath::Task(id.clone()).to_string();
        if let Some(change) = self.changes.net.get(&path) {
            let bytes = self.read(change.before)?;
            return Ok(bytes.map(|bytes| TaskFile { id: id.clone(), path, bytes }));
        }
        Ok(if self.ends.merge_base.is_some() { self.before.task_file(id)? } else { None })
    }

    /// Reads a task's file at the head. What is there and is no file is a broken one.
    fn after_file(&self, id: &TaskId) -> Result<Option<TaskFile>> {
        match self.head.task_file(id) {
            Err(store::Error::Link { .. } | store::Error::WrongKind { .. }) => Ok(Some(TaskFile {
                id: id.clone(),
                path: RecordPath::Task(id.clone()).to_string(),
                bytes: Vec::new(),
            })),
            found => Ok(found?),
        }
    }

    fn task(
        &self,
        id: &TaskId,
        before: Option<&TaskFile>,
        after: Option<&TaskFile>,
        links: &TaskLinks,
    ) -> Result<RangeTask> {
        let parsed = |file: &TaskFile| file.parse().ok();
        let new = after.and_then(parsed);
        let created = new.as_ref().and_then(|task| task.created);
        let old = before.and_then(|file| match self.brings_format {
            true => read_task(upgrade_task(&file.bytes, created).ok()?.as_bytes()).ok(),
            false => parsed(file),
        });
        let findings = |snapshot: &Snapshot| -> Result<Vec<Finding>> {
            Ok(snapshot.findings(id)?.0.into_iter().map(|(_, finding)| finding).collect())
        };
        let findings_before = if before.is_some() { findings(&self.before)? } else { Vec::new() };
        let content = match &new {
            Some(task) => self.content(task, links)?,
            None => Content::default(),
        };
        Ok(RangeTask {
            id: id.clone(),
            path: RecordPath::Task(id.clone()).to_string(),
            is_deleted: after.is_none(),
            collides: before.is_none() && self.collides(id, new.as_ref())?,
            votes: Vec::new(),
            new_votes: BTreeSet::new(),
            content,
            findings: self.standing(findings(&self.head)?, &findings_before),
            findings_before,
            attributed: self.attributed(id)?,
            open_boxes: new.as_ref().map(|task| open_boxes(&task.body)).unwrap_or_default(),
            waits_for: new.as_ref().map(|task| waits_for(&self.head, task)).transpose()?.unwrap_or_default(),
            notes: 0,
            commits: links.own.clone(),
            before: old,
            after: new,
        })
    }

    /// Returns the resolutions that commits of the range added by whom they name. What is staged is its author's to be.
    fn attributed(&self, id: &TaskId) -> Result<Vec<(FindingId, Resolution)>> {
        let mut found = Vec::new();
        let staged = self.changes.net.values().filter(|_| self.ends.is_staged).map(|change| (None, change));
        let commits = self.changes.commits.iter();
        let committed =
            commits.flat_map(|(info, changes)| changes.iter().map(move |change| (Some(info), change)));
        for (info, change) in committed.chain(staged) {
            let Some(RecordPath::Finding { task, .. }) = RecordPath::parse(&change.path) else { continue };
            if task != *id {
                continue;
            }
            let read = |state: Option<FileState>| -> Result<Option<Finding>> {
                Ok(self.read(state)?.and_then(|bytes| read_finding(id, &bytes).ok()))
            };
            let Some(after) = read(change.after)? else { continue };
            let known = read(change.before)?.map(|before| before.resolutions).unwrap_or_default();
            let people = &self.policy.people;
            let is_own = |by: &Person| {
                info.is_none_or(|info| people.canonical(&info.author).is_same(&people.canonical(by)))
            };
            let new = after.resolutions.into_iter().filter(|step| !known.contains(step) && is_own(&step.by));
            found.extend(new.map(|step| (after.id.clone(), step)));
        }
        Ok(found)
    }

    /// A finding whose file is gone is as open as it was.
    fn standing(&self, mut findings: Vec<Finding>, before: &[Finding]) -> Vec<Finding> {
        let gone: Vec<&Finding> =
            before.iter().filter(|old| !findings.iter().any(|own| own.id == old.id)).collect();
        findings.extend(gone.into_iter().filter(|old| old.state().is_open()).cloned());
        findings
    }

    /// Whether the base has, since the two parted, got another task of this id.
    fn collides(&self, id: &TaskId, own: Option<&Task>) -> Result<bool> {
        let Some((_, base)) = self.ends.base.as_ref().filter(|(_, base)| Some(*base) != self.ends.merge_base)
        else {
            return Ok(false);
        };
        let Some(file) = self.repository.tree_file(*base, &RecordPath::Task(id.clone()).to_string())? else {
            return Ok(false);
        };
        let bytes = self.repository.read_blob(file.blob_id, LARGEST_FILE)?;
        let (Ok(theirs), Some(own)) = (read_task(&bytes), own) else { return Ok(false) };
        let is_same = theirs.title == own.title
            || theirs.history.first() == own.history.first() && !own.history.is_empty();
        Ok(!is_same)
    }
}

/// Which commits link a task.
#[derive(Default)]
struct TaskLinks {
    /// Those of the range, by their place in it.
    own: Vec<usize>,
    /// Those before it.
    earlier: Vec<CommitId>,
}

impl RangeReader<'_> {
    /// Returns which commits link the tasks that the range links or changes. Commits before the range are asked for
    /// only where a task of the range was there before.
    fn links(&self) -> Result<BTreeMap<TaskId, TaskLinks>> {
        let mut links: BTreeMap<TaskId, TaskLinks> = BTreeMap::new();
        for (at, (info, _)) in self.changes.commits.iter().enumerate() {
            for id in linked_ids(&info.message) {
                links.entry(id).or_default().own.push(at);
            }
        }
        let records = self.changes.net.keys().filter_map(|path| RecordPath::parse(path)?.task().cloned());
        for id in records.collect::<BTreeSet<TaskId>>() {
            links.entry(id).or_default();
        }
        for (id, own) in &mut links {
            if self.is_voted_on(id)? && self.before_file(id)?.is_some() {
                own.earlier = self.earlier.of(id)?;
            }
        }
        Ok(links)
    }

    /// Whether anybody has voted on a task: else nobody needs to know what it covers.
    fn is_voted_on(&self, id: &TaskId) -> Result<bool> {
        let folder = RecordKind::Vote.folder_of(id);
        Ok(!self.head.list(&folder)?.is_empty() || !self.before.list(&folder)?.is_empty())
    }

    /// Reads what a task's linked commits changed, as it is at the head.
    fn content(&self, task: &Task, links: &TaskLinks) -> Result<Content> {
        let (mut commits, mut paths) = (Vec::new(), BTreeSet::new());
        for at in &links.own {
            let (info, changes) = &self.changes.commits[*at];
            let changed: Vec<String> = changes.iter().map(|change| change.path.clone()).collect();
            paths.extend(changed.iter().cloned());
            commits.push(LinkedCommit { authors: info.authors(), paths: changed });
        }
        for commit in &links.earlier {
            let changed = self.earlier.changed(*commit)?;
            paths.extend(changed.paths.iter().cloned());
            commits.push((*changed).clone());
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

/// The votes of the range as they were first added, by task.
type RangeVotes = BTreeMap<TaskId, CastVotes>;

impl RangeReader<'_> {
    /// Returns the votes that commits of the range added, each as it was first added.
    fn cast(&self) -> RangeVotes {
        let mut cast = RangeVotes::new();
        for (info, changes) in &self.changes.commits {
            for change in changes.iter().filter(|change| change.before.is_none()) {
                let (Some(RecordPath::Vote { task, name }), Some(after)) =
                    (RecordPath::parse(&change.path), change.after)
                else {
                    continue;
                };
                let (blob_id, commit_id, committed_at) = (after.blob_id, info.id, info.committer_time);
                let new = || CastVote { blob_id, commit_id, author: info.author.clone(), committed_at };
                cast.entry(task).or_default().entry(name.to_string()).or_insert_with(new);
            }
        }
        cast
    }

    /// Returns a task's votes, and which of them the range brings: those at the head, and rejections that were taken
    /// away. An edited rejection counts as it was cast.
    fn votes(&self, id: &TaskId, cast: &RangeVotes) -> Result<(Vec<VoteRecord>, BTreeSet<String>)> {
        let folder = RecordKind::Vote.folder_of(id);
        let read = |bytes: &[u8]| Ok((read_vote(id, bytes)?, bytes.to_owned()));
        let (here, _) = self.head.records(&folder, read)?;
        let (old, _) = self.before.records(&folder, read)?;
        let old: BTreeMap<&str, &(Vote, Vec<u8>)> =
            old.iter().map(|(name, vote)| (name.as_str(), vote)).collect();
        let none = CastVotes::new();
        let own = cast.get(id).unwrap_or(&none);
        let names: BTreeSet<&str> = here.iter().map(|(name, _)| name.as_str()).collect();
        let earlier = match names.iter().any(|name| old.contains_key(name)) {
            true => votes_cast(self.repository, &self.earlier, id)?,
            false => CastVotes::new(),
        };
        let (reader, mut votes, mut new) = (self.vote_reader(), Vec::new(), BTreeSet::new());
        let gone = old
            .iter()
            .filter(|(name, (vote, _))| !names.contains(*name) && vote.verdict == Verdict::Rejected);
        votes.extend(gone.filter_map(|(name, (_, then))| reader.lost(id, name, then, None)));
        for (name, cast) in own.iter().filter(|(name, _)| !names.contains(name.as_str())) {
            let then = self.repository.read_blob(cast.blob_id, LARGEST_FILE)?;
            votes.extend(reader.lost(id, name, &then, Some(&cast.author)));
        }
        for (name, (vote, now)) in &here {
            let was = old.get(name.as_str());
            if was.is_none() {
                new.insert(name.clone());
            }
            let (then, author) = match (was, own.get(name)) {
                (Some((_, then)), _) => (Some(then.clone()), earlier.get(name).map(|cast| &cast.author)),
                (None, Some(cast)) => {
                    (Some(self.repository.read_blob(cast.blob_id, LARGEST_FILE)?), Some(&cast.author))
                }
                (None, None) => (None, None),
            };
            // A signature that the base has was good when it came there; one of the range must be good now.
            let brought = earlier.get(name).filter(|_| was.is_some());
            let verified_at = Some(brought.map_or(self.policy.as_of, |cast| cast.committed_at));
            let file = VoteFile { task: id, name, now, then: then.as_deref(), author, verified_at };
            votes.push(reader.record(vote.clone(), &file));
        }
        Ok((votes, new))
    }
}
