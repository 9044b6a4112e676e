//! What the numbers of a sprint are computed from: items of tasks, votes and findings, and the sprint's own scope.
//!
//! Everything comes from the files of one snapshot, a commit's or the working tree's, and nothing from the history of
//! git: the same commit gives the same items in a shallow clone, after a rebase and with another mailmap.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use rayon::prelude::*;

use super::Result;
use crate::doc::{read_finding, read_vote};
use crate::metrics::{
    Calendar, Commitment, Item, ItemFinding, ItemStage, ItemVote, Scope, ScopeChange, ScopeChangeKind, Window,
};
use crate::model::{
    Config, Finding, Minutes, Problem, RecordKind, ScopeAction, Severity, SprintAction, SprintId, Stage,
    Task, TaskId, Vote, digest_of,
};
use crate::store::{RecordBytes, Snapshot, SprintFile, TaskFile};

/// So few tasks are parsed on one thread: starting another costs more.
const FEW: usize = 64;
/// How long a sprint is that does not say when it ends, in days.
const USUAL_DAYS: u64 = 14;

/// The tasks of a snapshot as numbers take them.
#[derive(Debug, Default)]
pub struct SprintItems {
    /// The items, sorted by id.
    pub items: Vec<Item>,
    /// What each of them was made of.
    pub records: Vec<TaskRecords>,
    /// Ids that no task has, or whose task cannot be read.
    pub missing: Vec<TaskId>,
    /// What is wrong with the records that could not be read.
    pub problems: Vec<Problem>,
}

/// A task with its votes and its findings.
#[derive(Debug)]
pub struct TaskRecords {
    /// The task.
    pub task: Task,
    /// The votes that can be read, by the names of their files.
    pub votes: Vec<Vote>,
    /// The findings that can be read, by the names of their files.
    pub findings: Vec<Finding>,
}

impl TaskRecords {
    /// Reads the votes and the findings of a task; the problems are those of the files that cannot be read.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn read(snapshot: &Snapshot, task: Task) -> Result<(Self, Vec<Problem>)> {
        let (votes, findings) = Self::bytes(snapshot, &task.id)?;
        Ok(Self::parse(task, &votes, &findings))
    }

    /// Reads the files of the votes and of the findings.
    fn bytes(snapshot: &Snapshot, id: &TaskId) -> Result<(RecordBytes, RecordBytes)> {
        let of = |kind: RecordKind| snapshot.record_bytes(&kind.folder_of(id));
        Ok((of(RecordKind::Vote)?, of(RecordKind::Finding)?))
    }

    fn parse(task: Task, votes: &RecordBytes, findings: &RecordBytes) -> (Self, Vec<Problem>) {
        let (votes, mut problems) = votes.read(|bytes| read_vote(&task.id, bytes));
        let (findings, broken) = findings.read(|bytes| read_finding(&task.id, bytes));
        problems.extend(broken);
        let votes = votes.into_iter().map(|(_, vote)| vote).collect();
        let findings = findings.into_iter().map(|(_, finding)| finding).collect();
        (Self { task, votes, findings }, problems)
    }
}

/// Reads these tasks, their votes and their findings.
///
/// # Errors
/// Where the snapshot cannot be read at all.
pub fn sprint_items(snapshot: &Snapshot, config: &Config, ids: &BTreeSet<TaskId>) -> Result<SprintItems> {
    let mut found = SprintItems::default();
    let mut files = Vec::with_capacity(ids.len());
    for id in ids {
        match snapshot.task_file(id)? {
            Some(file) => files.push((file, TaskRecords::bytes(snapshot, id)?)),
            None => found.missing.push(id.clone()),
        }
    }
    let parse =
        |(file, (votes, findings)): &(TaskFile, _)| Ok(TaskRecords::parse(file.parse()?, votes, findings));
    let parsed: Vec<Result<_>> = files.par_iter().with_min_len(FEW).map(parse).collect();
    for ((file, _), parsed) in files.iter().zip(parsed) {
        match parsed {
            Ok((records, problems)) => {
                let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
                found.problems.extend(errors);
                found.records.push(records);
            }
            Err(crate::store::Error::Broken(problems)) => {
                found.problems.extend(problems);
                found.missing.push(file.id.clone());
            }
            Err(error) => return Err(error),
        }
    }
    found.missing.sort_unstable();
    let mut closed: HashMap<TaskId, bool> = HashMap::with_capacity(found.records.len());
    closed.extend(found.records.iter().map(|own| (own.task.id.clone(), own.task.summary().is_closed())));
    for records in &found.records {
        let mut blocked = records.task.blocked.is_some();
        for id in &records.task.depends_on {
            let is_closed = match closed.get(id) {
                Some(is_closed) => *is_closed,
                None => {
                    let task = snapshot.readable_task(id)?;
                    *closed.entry(id.clone()).or_insert(task.is_some_and(|task| task.summary().is_closed()))
                }
            };
            blocked |= !is_closed;
        }
        found.items.push(item_of(config, records, blocked));
    }
    Ok(found)
}

/// Turns one task into an item.
fn item_of(config: &Config, records: &TaskRecords, blocked: bool) -> Item {
    let votes = records.votes.iter().map(|vote| ItemVote {
        role: vote.role.clone(),
        verdict: vote.verdict.clone(),
        by: vote.by.name.clone(),
        at: vote.at,
        stage: vote.stage.clone(),
        round: vote.round,
    });
    let findings = records.findings.iter().map(|finding| ItemFinding {
        state: finding.state().clone(),
        resolved: finding.resolution().map(|resolution| resolution.at),
        severity: finding.severity.clone(),
        role: finding.role.clone(),
        opened: finding.at,
    });
    Item {
        votes: votes.collect(),
        findings: findings.collect(),
        blocked,
        ..item_without_votes(config, &records.task)
    }
}

/// Turns one task into an item that says where it was when: without votes, findings and what it waits for.
pub fn item_without_votes(config: &Config, task: &Task) -> Item {
    let stages: Vec<ItemStage> = config
        .stages_of(task.kind.as_deref())
        .iter()
        .map(|stage| ItemStage { stage: stage.clone(), roles: config.signoffs_of(stage.as_str()).to_vec() })
        .collect();
    let is_documentation = |stage: &&ItemStage| *stage.stage.as_str() == *config.sprints.documentation;
    let documentation: Option<Stage> = stages.iter().find(is_documentation).map(|found| found.stage.clone());
    Item {
        votes: Vec::new(),
        findings: Vec::new(),
        stages,
        documentation,
        blocked: task.blocked.is_some(),
        id: task.id.clone(),
        title: task.title.clone(),
        kind: task.kind.clone(),
        stage: task.stage.clone(),
        estimate: task.estimate,
        spent: task.spent,
        created: task.created,
        moves: task.history.clone(),
        cancelled: task.cancelled.is_some(),
        assignee: task.assignee.clone(),
    }
}

/// Returns every task that was ever in a sprint's scope since its start.
#[must_use]
pub fn tasks_ever_in(file: &SprintFile) -> BTreeSet<TaskId> {
    let committed = file.sprint.committed.iter().map(|one| &one.task);
    let changed = file.scope.iter().flat_map(|record| &record.changes).map(|entry| &entry.task);
    committed.chain(changed).cloned().collect()
}

/// Returns the tasks that are in a started sprint's scope, with their estimates as the scope has them.
#[must_use]
pub fn scope_now(file: &SprintFile) -> BTreeMap<TaskId, Option<Minutes>> {
    let committed = file.sprint.committed.iter().map(|one| (one.task.clone(), one.estimate));
    let mut scope: BTreeMap<TaskId, Option<Minutes>> = committed.collect();
    for entry in file.scope.iter().flat_map(|record| &record.changes) {
        match entry.action {
            ScopeAction::Added => {
                scope.insert(entry.task.clone(), entry.estimate);
            }
            ScopeAction::Removed => {
                scope.remove(&entry.task);
            }
            ScopeAction::Estimated => {
                scope.entry(entry.task.clone()).and_modify(|estimate| *estimate = entry.estimate);
            }
            // What became of it at the close: it was in the sprint to its end.
            ScopeAction::Cancelled | ScopeAction::Carried => {}
        }
    }
    scope
}

/// Returns the tasks that were dropped when the sprint was closed. Of a close that was taken back the tasks' own files
/// tell.
#[must_use]
pub fn dropped(file: &SprintFile) -> BTreeSet<TaskId> {
    let events = file.sprint.history.iter().rev();
    let reopened = events.filter(|event| event.action == SprintAction::Reopened).map(|event| event.at).next();
    let last = file.scope.iter().filter(|record| reopened.is_none_or(|reopened| record.at >= reopened));
    let entries = last.flat_map(|record| &record.changes);
    entries.filter(|entry| entry.action == ScopeAction::Cancelled).map(|entry| entry.task.clone()).collect()
}

/// Returns the tasks that go on in another sprint, with that.
#[must_use]
pub fn carried(file: &SprintFile) -> BTreeMap<TaskId, SprintId> {
    let entries = file.scope.iter().flat_map(|record| &record.changes);
    entries
        .filter(|entry| entry.action == ScopeAction::Carried)
        .filter_map(|entry| Some((entry.task.clone(), entry.to.clone()?)))
        .collect()
}

/// Returns the first and the last day of a sprint; where its file leaves one out, the start decides it.
#[must_use]
pub fn sprint_days(file: &SprintFile, started: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = file.sprint.starts.unwrap_or(started);
    let usual = || first.checked_add_days(Days::new(USUAL_DAYS - 1)).unwrap_or(first);
    (first, file.sprint.ends.unwrap_or_else(usual))
}

/// Returns a started sprint's scope as numbers take it; none before its start.
#[must_use]
pub fn scope_of(file: &SprintFile, calendar: Calendar) -> Option<Scope> {
    let started = file.sprint.started()?.at;
    let committed = file.sprint.committed.iter();
    let committed = committed.map(|one| Commitment { task: one.task.clone(), estimate: one.estimate });
    let mut changes = Vec::new();
    for record in &file.scope {
        for entry in &record.changes {
            let change = match entry.action {
                ScopeAction::Added => ScopeChangeKind::Added(entry.estimate),
                ScopeAction::Removed => ScopeChangeKind::Removed,
                ScopeAction::Estimated => ScopeChangeKind::Estimated(entry.estimate),
                ScopeAction::Cancelled | ScopeAction::Carried => continue,
            };
            changes.push(ScopeChange { at: record.at, task: entry.task.clone(), change });
        }
    }
    Some(Scope {
        started,
        days: sprint_days(file, calendar.day_of(started)),
        committed: committed.collect(),
        changes,
        capacity: file.sprint.capacity,
        blackout: file.sprint.blackout.iter().copied().collect(),
    })
}

/// Returns the digest of all that a sprint's numbers are computed from: SHA-256 in hex, over one line a fact.
#[must_use]
pub fn inputs_digest(items: &[Item], scope: &Scope, window: &Window) -> String {
    let mut text = String::new();
    let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let minutes = |time: Option<Minutes>| time.map_or(-1, |time| i64::from(time.0));
    let mut line = |words: &[&dyn std::fmt::Debug]| {
        let _ = writeln!(text, "{words:?}");
    };
    line(&[&"window", &at(window.from), &at(window.to), &window.calendar.offset_text()]);
    line(&[&"scope", &at(scope.started), &scope.days, &minutes(scope.capacity), &scope.blackout]);
    for one in &scope.committed {
        line(&[&"committed", &one.task.as_str(), &minutes(one.estimate)]);
    }
    for change in &scope.changes {
        let (word, estimate) = match change.change {
            ScopeChangeKind::Added(estimate) => ("added", estimate),
            ScopeChangeKind::Removed => ("removed", None),
            ScopeChangeKind::Estimated(estimate) => ("estimated", estimate),
        };
        line(&[&word, &at(change.at), &change.task.as_str(), &minutes(estimate)]);
    }
    for item in items {
        let times = (minutes(item.estimate), minutes(item.spent));
        line(&[&"task", &item.id.as_str(), &item.kind, &item.stage.as_str(), &times, &item.cancelled]);
        let documentation = item.documentation.as_ref().map(Stage::as_str);
        line(&[&"pipeline", &documentation, &item.assignee]);
        for stage in &item.stages {
            line(&[&"stage", &stage.stage.as_str(), &stage.roles]);
        }
        for step in &item.moves {
            line(&[
                &"move",
                &at(step.at),
                &step.by,
                &step.from.as_str(),
                &step.to.as_str(),
                &step.kind.as_str(),
            ]);
        }
        for vote in &item.votes {
            let words = (&vote.role, vote.verdict.as_str(), &vote.by, vote.stage.as_str());
            line(&[&"vote", &at(vote.at), &words, &vote.round]);
        }
        for finding in &item.findings {
            let words = (finding.severity.as_str(), &finding.role, finding.state.as_str());
            line(&[&"finding", &at(finding.opened), &words, &finding.resolved.map(at)]);
        }
    }
    digest_of(text.as_bytes())
}
