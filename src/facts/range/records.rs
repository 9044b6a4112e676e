//! What commits did to records that are only ever added to, and records that cannot be read.

use std::collections::{BTreeMap, HashSet};

use super::changes::is_file;
use super::types::{FindingAction, RecordStep, SprintDoubt};
use super::{RangeReader, Result};
use crate::doc::{read_finding, read_note, read_sprint, record_problems};
use crate::git::{self, CommitId, FileChange, FileState};
use crate::model::{
    Finding, Problem, RecordKind, RecordPath, Severity, Sprint, SprintAction, SprintId, SprintState, TaskId,
    Verdict, is_in_tracker,
};
use crate::store::{self, Snapshot, SprintFile};

/// Findings whose files cannot be read any more, as they were when they could, by path.
type LastRead = BTreeMap<String, Finding>;

impl RangeReader<'_> {
    /// Returns what the commits did to histories, votes and findings, and last what is staged.
    pub fn steps(&self) -> Result<Vec<RecordStep>> {
        let (mut steps, mut last) = (Vec::new(), LastRead::new());
        for commit in &self.changes.commits {
            for (change, record) in commit.records() {
                steps.extend(self.step(Some(commit.info.id), (change, record), &mut last)?);
            }
        }
        if self.ends.is_staged {
            for change in self.changes.net.values() {
                let Some(record) = RecordPath::parse(&change.path) else { continue };
                steps.extend(self.step(None, (change, &record), &mut last)?);
            }
        }
        steps.extend(self.dropped_by_merges(&steps)?);
        Ok(steps)
    }

    fn step(
        &self,
        commit: Option<CommitId>,
        (change, record): (&FileChange, &RecordPath),
        last: &mut LastRead,
    ) -> Result<Option<RecordStep>> {
        let Some(before) = change.before else { return Ok(None) };
        if change.after.is_some_and(|after| after.blob_id == before.blob_id) {
            return Ok(None);
        }
        let (path, commit) = (change.path.clone(), commit.map(|id| id.to_string()));
        Ok(match record {
            RecordPath::Task(task) => {
                let before = self.texts.moves(Some(before))?;
                let (after, task) = (self.texts.moves(change.after)?, task.clone());
                (before != after).then_some(RecordStep::History { commit, task, path, before, after })
            }
            RecordPath::OfTask { kind: RecordKind::Vote, task, .. } => {
                let (verdict, task) = (self.verdict(task, Some(before))?, task.clone());
                Some(RecordStep::Vote { commit, task, path, is_deleted: change.after.is_none(), verdict })
            }
            RecordPath::OfTask { kind: RecordKind::Evidence, task, .. } => {
                let (task, is_deleted) = (task.clone(), change.after.is_none());
                Some(RecordStep::Receipt { commit, task, path, is_deleted })
            }
            // What is staged is not known to be anybody's yet.
            RecordPath::OfTask { kind: RecordKind::Note, task, .. }
                if commit.is_some() || !self.ends.is_staged =>
            {
                let (by, task) = (self.note_author(task, change.before)?, task.clone());
                Some(RecordStep::Note { commit, task, path, is_deleted: change.after.is_none(), by })
            }
            RecordPath::OfTask { kind: RecordKind::Finding, task, .. } => {
                let (action, task) = (self.action(task, change, last)?, task.clone());
                action.map(|action| RecordStep::Finding { commit, task, path, action })
            }
            _ => None,
        })
    }

    fn note_author(&self, task: &TaskId, state: Option<FileState>) -> Result<Option<String>> {
        let note = self.read(state)?.and_then(|bytes| read_note(task, &bytes).ok());
        Ok(note.map(|note| note.by))
    }

    fn verdict(&self, task: &TaskId, state: Option<FileState>) -> Result<Option<Verdict>> {
        let Some(state) = state.filter(is_file) else { return Ok(None) };
        Ok(self.texts.vote(task, state.blob_id)?.map(|vote| vote.verdict.clone()))
    }

    /// Says what was done to a finding that is more than adding what became of it. One that was broken in between is
    /// compared with what it was before that.
    fn action(
        &self,
        task: &TaskId,
        change: &FileChange,
        last: &mut LastRead,
    ) -> Result<Option<FindingAction>> {
        let read = |state: Option<FileState>| -> Result<Option<Finding>> {
            Ok(self.read(state)?.and_then(|bytes| read_finding(task, &bytes).ok()))
        };
        let old = match read(change.before)? {
            Some(old) => Some(old),
            None => last.remove(&change.path),
        };
        let Some(old) = old else { return Ok(None) };
        if change.after.is_none() {
            return Ok(Some(FindingAction::Deleted { id: old.id, severity: old.severity }));
        }
        let Some(new) = read(change.after)? else {
            last.insert(change.path.clone(), old);
            return Ok(None);
        };
        Ok(weakened(&old, &new))
    }

    /// A merge that takes one side's folder as it is drops what the other side brought, and looks as if nothing had
    /// happened: votes and findings that commits of the range brought and that are neither at the head nor deleted by
    /// a commit.
    fn dropped_by_merges(&self, steps: &[RecordStep]) -> Result<Vec<RecordStep>> {
        let path_of = |step: &RecordStep| match step {
            RecordStep::Vote { path, .. }
            | RecordStep::Receipt { path, .. }
            | RecordStep::Note { path, .. }
            | RecordStep::Finding { path, .. } => Some(path.clone()),
            RecordStep::History { .. } => None,
        };
        let known: HashSet<String> = steps.iter().filter_map(path_of).collect();
        let mut dropped = BTreeMap::new();
        for commit in &self.changes.commits {
            for (change, record) in commit.records().filter(|(change, _)| change.before.is_none()) {
                let is_here = self.changes.net.get(&change.path).is_some_and(|net| net.after.is_some());
                if is_here || known.contains(&change.path) || self.is_at_merge_base(&change.path) {
                    continue;
                }
                let (commit, path) = (None, change.path.clone());
                let step = match record {
                    RecordPath::OfTask { kind: RecordKind::Vote, task, .. } => {
                        let (verdict, task) = (self.verdict(task, change.after)?, task.clone());
                        RecordStep::Vote { commit, task, path, is_deleted: true, verdict }
                    }
                    RecordPath::OfTask { kind: RecordKind::Evidence, task, .. } => {
                        RecordStep::Receipt { commit, task: task.clone(), path, is_deleted: true }
                    }
                    RecordPath::OfTask { kind: RecordKind::Finding, task, .. } => {
                        let (action, task) = (FindingAction::DroppedByMerge, task.clone());
                        RecordStep::Finding { commit, task, path, action }
                    }
                    _ => continue,
                };
                dropped.insert(change.path.clone(), step);
            }
        }
        // What was there before and no commit took out, a merge did.
        let gone = self.changes.net.iter().filter(|(_, change)| change.after.is_none());
        for (path, change) in gone.filter(|(path, _)| !self.ends.is_staged && !known.contains(*path)) {
            if let Some(RecordPath::OfTask { kind: RecordKind::Note, task, .. }) = RecordPath::parse(path) {
                let (by, commit) = (self.note_author(&task, change.before)?, None);
                let step = RecordStep::Note { commit, task, path: path.clone(), is_deleted: true, by };
                dropped.insert(path.clone(), step);
            }
        }
        Ok(dropped.into_values().collect())
    }

    fn is_at_head(&self, path: &str) -> bool {
        self.head.read(path).is_ok_and(|bytes| bytes.is_some())
    }

    fn is_at_merge_base(&self, path: &str) -> bool {
        self.before.read(path).is_ok_and(|bytes| bytes.is_some())
    }

    /// Returns the files of sprints against which something speaks, sorted by path: those of sprints that are closed at the
    /// base's tip, where the range does not reopen them; what a sprint that has begun there has committed to, and how that
    /// changed; pages of sprints that are not closed; a list of closed sprints that has lost lines.
    pub fn sprint_doubts(&self) -> Result<Vec<(String, SprintDoubt)>> {
        let tip = self.tip();
        let mut known: BTreeMap<SprintId, SprintStatus> = BTreeMap::new();
        let mut found = Vec::new();
        for change in self.changes.net.values() {
            let record = RecordPath::parse(&change.path);
            let Some(record) = record else { continue };
            if record.kind() == RecordKind::SprintHistory && self.loses_lines(change)? {
                found.push((change.path.clone(), SprintDoubt::ListChanged));
            }
            let Some(id) = record.sprint().cloned() else { continue };
            let status = match known.get(&id) {
                Some(status) => *status,
                None => *known.entry(id.clone()).or_insert(self.sprint_status(tip, &id)?),
            };
            let is_sprint = record.kind() == RecordKind::Sprint;
            let is_scope = record.kind() == RecordKind::ScopeChange && change.before.is_some();
            let is_page = || is_page(&change.path) && self.closed_at_head(&id).is_none();
            let doubt = match status {
                SprintStatus::Closed => SprintDoubt::Closed(id),
                SprintStatus::Begun if is_scope => SprintDoubt::Begun(id),
                SprintStatus::CommittedOtherwise if is_sprint || is_scope => SprintDoubt::Begun(id),
                SprintStatus::NotBegun if is_sprint => SprintDoubt::NotBegun(id),
                _ if change.after.is_some() && is_page() => SprintDoubt::PageOfNone(id),
                _ => continue,
            };
            found.push((change.path.clone(), doubt));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// Returns the sprints that the range closes, also anew, with their files.
    #[must_use]
    pub fn sprints_closed(&self) -> Vec<SprintFile> {
        let tip = self.tip();
        let mut closed = Vec::new();
        for change in self.changes.net.values() {
            let Some(RecordPath::Sprint(id)) = RecordPath::parse(&change.path) else { continue };
            let Some(file) = self.closed_at_head(&id) else { continue };
            let known = tip.sprint(&id).ok().flatten();
            if known.is_none_or(|known| known.sprint.history != file.sprint.history) {
                closed.push(file);
            }
        }
        closed
    }

    /// Returns a sprint's file at the head, where it is closed there.
    fn closed_at_head(&self, id: &SprintId) -> Option<SprintFile> {
        // One that cannot be read is reported as that.
        let file = self.head.sprint(id).ok().flatten();
        file.filter(|file| file.sprint.state() == SprintState::Closed)
    }

    /// Whether a text has lines no more that it had.
    fn loses_lines(&self, change: &FileChange) -> Result<bool> {
        let (before, after) = (self.read(change.before)?, self.read(change.after)?);
        let [before, after] = [before, after].map(|text| text.unwrap_or_default());
        let kept: HashSet<&[u8]> = after.split(|byte| *byte == b'\n').collect();
        Ok(before.split(|byte| *byte == b'\n').any(|line| !kept.contains(line)))
    }

    /// Looks at a sprint at the tip and at the head. What cannot be read at the head is reported as that, and not reopened.
    fn sprint_status(&self, tip: &Snapshot, id: &SprintId) -> Result<SprintStatus> {
        let path = RecordPath::Sprint(id.clone()).to_string();
        let read = |snapshot: &Snapshot| -> Result<Option<Sprint>> {
            Ok(snapshot.read(&path)?.and_then(|bytes| read_sprint(id, &bytes).ok()))
        };
        let Some(before) = read(tip)?.filter(|sprint| sprint.state() != SprintState::Planned) else {
            return Ok(SprintStatus::Open);
        };
        let after = read(&self.head)?;
        let is_reopened = after.as_ref().is_some_and(|after| {
            after.history.starts_with(&before.history)
                && after.history.get(before.history.len()).map(|event| event.action)
                    == Some(SprintAction::Reopened)
        });
        let is_closed = before.state() == SprintState::Closed && !is_reopened;
        Ok(match after {
            _ if is_closed => SprintStatus::Closed,
            Some(after) if after.started() != before.started() => SprintStatus::NotBegun,
            Some(after) if after.committed != before.committed => SprintStatus::CommittedOtherwise,
            None if !self.is_at_head(&path) => SprintStatus::NotBegun,
            _ => SprintStatus::Begun,
        })
    }

    /// Returns the problems of records that the range changed.
    pub fn broken(&self) -> Result<Vec<Problem>> {
        let mut problems = Vec::new();
        for change in self.changes.net.values() {
            let Some(after) = change.after.filter(|_| is_in_tracker(&change.path)) else { continue };
            if let Some(problem) = store::unexpected(&change.path, after.mode.into()) {
                problems.extend(Some(problem).filter(|problem| problem.severity == Severity::Error));
                continue;
            }
            let Some(record) = RecordPath::parse(&change.path) else { continue };
            if self.is_sound(&record, after)? {
                continue;
            }
            let bytes = match self.read(Some(after)) {
                Ok(bytes) => bytes.unwrap_or_default(),
                Err(store::Error::Git(error @ git::Error::TooLarge { .. })) => {
                    problems.push(Problem::error(error.to_string()).in_file(&change.path));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let found = record_problems(&record, &bytes).into_iter();
            let errors = found.filter(|problem| problem.severity == Severity::Error);
            problems.extend(errors.map(|problem| problem.in_file(&change.path)));
        }
        Ok(problems)
    }
}

impl RangeReader<'_> {
    /// Whether a record has been read already, and nothing is wrong with it but what is warned of.
    fn is_sound(&self, record: &RecordPath, state: FileState) -> Result<bool> {
        Ok(match record {
            RecordPath::Task(id) => match self.texts.task(state.blob_id) {
                Ok(text) => text.task.as_ref().is_ok_and(|task| task.id == *id),
                Err(store::Error::Git(git::Error::TooLarge { .. })) => false,
                Err(error) => return Err(error),
            },
            RecordPath::OfTask { kind: RecordKind::Vote, task, .. } => {
                self.texts.vote(task, state.blob_id)?.is_some_and(|vote| vote.task == *task)
            }
            _ => false,
        })
    }
}

/// Whether a browser shows a file, and runs what is in it.
fn is_page(path: &str) -> bool {
    [".html", ".svg"].iter().any(|ending| path.ends_with(ending))
}

/// Says how a finding was made less than it was.
fn weakened(old: &Finding, new: &Finding) -> Option<FindingAction> {
    let id = || old.id.clone();
    if new.severity.rank() < old.severity.rank() {
        let (from, to) = (old.severity.clone(), new.severity.clone());
        return Some(FindingAction::Lowered { id: id(), from, to });
    }
    let kept = old.resolutions.len() <= new.resolutions.len()
        && old.resolutions.iter().all(|step| new.resolutions.contains(step));
    if !kept {
        return Some(FindingAction::TakenBack(id()));
    }
    let is_same = old.title == new.title && old.role == new.role && old.file == new.file && old.id == new.id;
    (!is_same).then(|| FindingAction::Rewritten(id()))
}

/// What has become at the head of a sprint of the base's tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SprintStatus {
    /// It is not there, or has not begun.
    Open,
    /// It has begun, and goes on.
    Begun,
    /// It has begun with other commitments than the head says.
    CommittedOtherwise,
    /// It has begun at the tip, and has not at the head, or at another time.
    NotBegun,
    /// It is closed.
    Closed,
}
