//! What the records of a branch were when they were last looked at, and what has happened since: derived from two states, so
//! that a pull and an edit by hand show as a command does.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Happened;
use crate::doc::{read_escalation, read_finding, read_vote};
use crate::model::{
    Config, EscalationState, EventData, EventKind, FindingState, Move, MoveKind, RecordKind, RecordPath,
    Stage, Summary, TaskId,
};
use crate::ops::plan::tasks_held_back;
use crate::ops::{Result, Session};
use crate::policy::derive;
use crate::store::{EntryKind, Snapshot};

/// What is remembered of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenTask {
    stage: String,
    /// How many moves its history has.
    moves: usize,
    updated: Option<i64>,
    /// When its file was written, and its size: two moves within a second may leave nothing else.
    file: Option<(i64, u64)>,
    is_ready: bool,
    blocked: bool,
    cancelled: bool,
}

/// What is remembered of the records of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenRecords {
    tasks: BTreeMap<String, SeenTask>,
    /// The paths of votes.
    votes: BTreeSet<String>,
    /// Whether findings are open, by path.
    findings: BTreeMap<String, bool>,
    /// Whether escalations wait for somebody, by id.
    escalations: BTreeMap<String, bool>,
}

impl SeenRecords {
    /// Looks at the records; `old` is what they were, none where nobody has looked before.
    pub(super) fn look(session: &Session<'_>, old: Option<&Self>) -> Result<(Self, Vec<Happened>)> {
        let mut happened = Vec::new();
        let tasks = tasks(session, old.map(|old| &old.tasks), &mut happened)?;
        let mut seen = Self { tasks, ..Self::default() };
        let snapshot = session.snapshot();
        for (path, kind) in snapshot.walk()? {
            if matches!(kind, EntryKind::File)
                && let Some(record) = RecordPath::parse(&path)
            {
                seen.look_at(snapshot, old, &path, &record, &mut happened)?;
            }
        }
        if old.is_none() {
            happened.clear();
        }
        Ok((seen, happened))
    }

    fn look_at(
        &mut self,
        snapshot: &Snapshot,
        old: Option<&Self>,
        path: &str,
        record: &RecordPath,
        happened: &mut Vec<Happened>,
    ) -> Result<()> {
        match record {
            RecordPath::OfTask { kind: RecordKind::Vote, task, .. } => {
                let is_new = old.is_some_and(|old| !old.votes.contains(path));
                // What cannot be read yet is looked at again.
                if is_new && !self.vote(snapshot, path, task, happened)? {
                    return Ok(());
                }
                self.votes.insert(path.to_owned());
            }
            RecordPath::OfTask { kind: RecordKind::Finding, task, .. } => {
                let before = old.and_then(|old| old.findings.get(path)).copied();
                self.finding(snapshot, (path, task), before, happened)?;
            }
            RecordPath::Named { kind: RecordKind::Escalation, name } => {
                let before = old.and_then(|old| old.escalations.get(name.as_str())).copied();
                self.escalation(snapshot, (path, name.as_str()), before, happened)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn vote(
        &self,
        snapshot: &Snapshot,
        path: &str,
        task: &TaskId,
        happened: &mut Vec<Happened>,
    ) -> Result<bool> {
        let Some(Ok(vote)) = snapshot.read(path)?.map(|bytes| read_vote(task, &bytes)) else {
            return Ok(false);
        };
        let data = json!({
            "task_id": task.as_str(), "role": vote.role, "verdict": vote.verdict.as_str(),
            "by": vote.by.to_string(), "agent": vote.agent, "stage": vote.stage.as_str(), "round": vote.round,
        });
        happened.push(Happened::now(EventKind::VoteCast, data));
        Ok(true)
    }

    fn finding(
        &mut self,
        snapshot: &Snapshot,
        (path, task): (&str, &TaskId),
        before: Option<bool>,
        happened: &mut Vec<Happened>,
    ) -> Result<()> {
        let Some(Ok(finding)) = snapshot.read(path)?.map(|bytes| read_finding(task, &bytes)) else {
            self.findings.extend(before.map(|was| (path.to_owned(), was)));
            return Ok(());
        };
        let is_open = matches!(finding.state(), FindingState::Open | FindingState::Unknown(_));
        self.findings.insert(path.to_owned(), is_open);
        let kind = match (before.unwrap_or_default(), is_open) {
            (false, true) => EventKind::FindingOpened,
            (true, false) => EventKind::FindingClosed,
            _ => return Ok(()),
        };
        let data = json!({
            "task_id": task.as_str(), "finding_id": finding.id.as_str(), "severity": finding.severity.as_str(),
            "title": finding.title, "role": finding.role, "file": finding.file, "line": finding.line,
            "state": finding.state().as_str(),
        });
        happened.push(Happened::now(kind, data));
        Ok(())
    }

    fn escalation(
        &mut self,
        snapshot: &Snapshot,
        (path, id): (&str, &str),
        before: Option<bool>,
        happened: &mut Vec<Happened>,
    ) -> Result<()> {
        let Some(Ok(own)) = snapshot.read(path)?.map(|bytes| read_escalation(id, &bytes)) else {
            self.escalations.extend(before.map(|was| (id.to_owned(), was)));
            return Ok(());
        };
        let is_open = own.state() != EscalationState::Resolved;
        self.escalations.insert(id.to_owned(), is_open);
        let kind = match (before.unwrap_or_default(), is_open) {
            (false, true) => EventKind::EscalationNeeded,
            (true, false) => EventKind::EscalationResolved,
            _ => return Ok(()),
        };
        let data = json!({
            "worker_id": own.worker, "escalation_id": own.id, "reason": own.reason.to_string(),
            "rule": own.rule, "title": own.title, "severity": own.severity,
            "violations_remaining": own.remaining, "attempts": own.attempts,
            "files": own.files.iter().take(MOST_FILES).collect::<Vec<_>>(),
            "details": own.details.as_deref().map(beginning),
        });
        happened.push(Happened::now(kind, data));
        Ok(())
    }
}

/// Maximum number of files that an event names.
const MOST_FILES: usize = 50;

/// Returns the beginning of a long text.
fn beginning(text: &str) -> &str {
    /// In characters.
    const LONG: usize = 2000;
    text.char_indices().nth(LONG).map_or(text, |(end, _)| &text[..end])
}

fn tasks(
    session: &Session<'_>,
    old: Option<&BTreeMap<String, SeenTask>>,
    happened: &mut Vec<Happened>,
) -> Result<BTreeMap<String, SeenTask>> {
    let (config, _) = session.config_or_default();
    let snapshot = session.snapshot();
    let all = snapshot.tasks()?;
    let (summaries, _) = all.read();
    let derived = derive(&summaries, &config);
    let waiting = tasks_held_back(session, &config)?;
    let mut seen = BTreeMap::new();
    for (summary, facts) in summaries.iter().zip(&derived.facts) {
        let Ok(id) = TaskId::parse(summary.id) else { continue };
        let before = old.and_then(|old| old.get(summary.id));
        let mut now = SeenTask {
            stage: summary.stage.to_owned(),
            moves: before.map_or(0, |before| before.moves),
            updated: summary.updated,
            file: all.stat(summary.id).map(|stat| (stat.modified, stat.size)),
            is_ready: facts.ready && !waiting.contains(&id),
            blocked: summary.blocked.is_some(),
            cancelled: summary.cancelled.is_some(),
        };
        if before.is_none_or(|before| {
            (&before.stage, before.updated, before.file) != (&now.stage, now.updated, now.file)
        }) {
            let moves = snapshot.readable_task(&id)?.map(|task| task.history).unwrap_or_default();
            now.moves = moves.len();
            if old.is_some() {
                happened.extend(task_events(before, &now, &moves, summary, &config));
            }
        } else if before != Some(&now) {
            happened.extend(task_events(before, &now, &[], summary, &config));
        }
        seen.insert(summary.id.to_owned(), now);
    }
    // A file that is there and cannot be read is no task that is gone.
    let ids = snapshot.task_ids()?;
    for (id, before) in
        old.into_iter().flatten().filter(|(id, _)| !seen.contains_key(*id)).collect::<Vec<_>>()
    {
        if ids.iter().any(|own| own.as_str() == id) {
            seen.insert(id.clone(), before.clone());
        } else {
            let data = json!({ "task_id": id, "stage": before.stage });
            happened.push(Happened::now(EventKind::TaskRemoved, data));
        }
    }
    Ok(seen)
}

/// Returns what has happened to a task; `moves` is its history where that may have changed.
fn task_events(
    before: Option<&SeenTask>,
    now: &SeenTask,
    moves: &[Move],
    summary: &Summary<'_>,
    config: &Config,
) -> Vec<Happened> {
    let mut happened = Vec::new();
    let mut add = |kind, more: serde_json::Value| {
        let mut data = EventData::new();
        data.insert("task_id".into(), json!(summary.id));
        data.insert("title".into(), json!(summary.title));
        data.insert("task_type".into(), json!(summary.kind));
        data.insert("priority".into(), json!(summary.priority));
        data.extend(more.as_object().cloned().unwrap_or_default());
        data.retain(|_, value| !value.is_null());
        happened.push(Happened { kind, at: None, data });
    };
    if before.is_none() {
        add(EventKind::TaskCreated, json!({ "stage": now.stage, "assignee": summary.assignee }));
    }
    for entered in entered(before, now, moves) {
        add(EventKind::StageEntered, entered.data(summary, config));
        if entered.is_failure {
            add(
                EventKind::StageFailed,
                json!({ "stage": entered.from, "to": entered.to, "by": entered.by, "agent": entered.agent, "why": entered.why }),
            );
        }
        if entered.to == Stage::COMPLETE {
            add(EventKind::TaskCompleted, json!({ "by": entered.by, "agent": entered.agent }));
        }
    }
    let was = before.cloned().unwrap_or_default();
    if now.cancelled && !was.cancelled {
        add(EventKind::TaskCancelled, json!({ "why": summary.cancelled, "stage": now.stage }));
    }
    match (was.blocked, now.blocked) {
        (false, true) => add(EventKind::TaskBlocked, json!({ "why": summary.blocked, "stage": now.stage })),
        (true, false) => add(EventKind::TaskUnblocked, json!({ "stage": now.stage })),
        _ => {}
    }
    if now.is_ready && !was.is_ready {
        add(EventKind::TaskReady, json!({}));
    }
    happened
}

/// A stage that was entered.
#[derive(Debug, Default, PartialEq, Eq)]
struct Entered {
    from: Option<String>,
    to: String,
    kind: Option<String>,
    by: Option<String>,
    agent: Option<String>,
    why: Option<String>,
    at: Option<String>,
    is_failure: bool,
}

impl Entered {
    fn of(own: &Move) -> Self {
        Self {
            from: Some(own.from.as_str().to_owned()),
            to: own.to.as_str().to_owned(),
            kind: own.kind.key().map(str::to_owned),
            by: Some(own.by.clone()),
            agent: own.agent.clone(),
            why: own.why.clone(),
            at: Some(own.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            is_failure: own.kind == MoveKind::Fail,
        }
    }

    fn data(&self, summary: &Summary<'_>, config: &Config) -> serde_json::Value {
        let roles = config.signoffs_of(&self.to);
        json!({
            "stage": self.to, "from": self.from, "move": self.kind, "by": self.by, "agent": self.agent,
            "why": self.why, "at": self.at, "assignee": summary.assignee,
            "roles": (!roles.is_empty()).then_some(roles),
        })
    }
}

/// Returns the stages that were entered since: what the history has more, else the present stage, where another hand has
/// written that.
fn entered(before: Option<&SeenTask>, now: &SeenTask, moves: &[Move]) -> Vec<Entered> {
    let is_same = before.is_some_and(|before| before.stage == now.stage);
    // Of a task that is new here, imported perhaps, only where it is now.
    let known = before.map_or(moves.len().saturating_sub(1), |before| before.moves.min(moves.len()));
    let new: Vec<Entered> = moves[known..].iter().map(Entered::of).collect();
    let ends_here = new.last().is_some_and(|last| last.to == now.stage);
    if ends_here || is_same && new.is_empty() || before.is_none() && now.stage == Stage::NONE {
        return new;
    }
    let from = before.map(|before| before.stage.clone());
    vec![Entered { from, to: now.stage.clone(), ..Entered::default() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: &str, to: &str, kind: MoveKind) -> Move {
        let stage = |name| Stage::parse(name).unwrap();
        let at = "2026-11-11T09:00:00Z".parse().unwrap();
        Move {
            at,
            by: "ada".into(),
            agent: None,
            from: stage(from),
            to: stage(to),
            kind,
            why: None,
            signature: None,
        }
    }

    fn seen(stage: &str, moves: usize) -> SeenTask {
        SeenTask { stage: stage.into(), moves, ..SeenTask::default() }
    }

    fn kinds(before: Option<&SeenTask>, now: &SeenTask, moves: &[Move]) -> Vec<String> {
        let summary = Summary { stage: &now.stage, ..Summary::bare("T-1", "One") };
        let happened = task_events(before, now, moves, &summary, &Config::default());
        let text = |own: &Happened| match own.data.get("stage").and_then(|stage| stage.as_str()) {
            Some(stage) => format!("{} {stage}", own.kind.as_str()),
            None => own.kind.as_str().to_owned(),
        };
        happened.iter().map(text).collect()
    }

    #[test]
    fn each_move_since_is_an_event_and_none_twice() {
        let moves = [
            moved("none", "dev", MoveKind::Start),
            moved("dev", "qa", MoveKind::Advance),
            moved("qa", "dev", MoveKind::Fail),
            moved("dev", "complete", MoveKind::Override),
        ];
        let (old, now) = (seen("dev", 1), seen("complete", 4));
        let expected = [
            "stage.entered qa",
            "stage.entered dev",
            "stage.failed qa",
            "stage.entered complete",
            "task.completed",
        ];
        assert_eq!(kinds(Some(&old), &now, &moves), expected);
        assert_eq!(kinds(Some(&now), &now, &moves), [""; 0]);
        assert_eq!(
            kinds(None, &now, &moves),
            ["task.created complete", "stage.entered complete", "task.completed"]
        );
    }

    #[test]
    fn what_is_written_by_hand_is_an_event_without_a_history() {
        let (old, now) = (seen("dev", 0), seen("qa", 0));
        assert_eq!(kinds(Some(&old), &now, &[]), ["stage.entered qa"]);
        // A rebase has taken moves away.
        let moves = [moved("none", "dev", MoveKind::Start)];
        assert_eq!(kinds(Some(&seen("qa", 2)), &seen("dev", 1), &moves), ["stage.entered dev"]);
        assert_eq!(kinds(None, &seen("none", 0), &[]), ["task.created none"]);
    }

    #[test]
    fn what_a_task_waits_for_is_an_event_when_it_changes() {
        let ready = SeenTask { is_ready: true, ..seen("none", 0) };
        let blocked = SeenTask { blocked: true, ..seen("none", 0) };
        assert_eq!(kinds(Some(&blocked), &ready, &[]), ["task.unblocked none", "task.ready"]);
        assert_eq!(kinds(Some(&ready), &blocked, &[]), ["task.blocked none"]);
        let cancelled = SeenTask { cancelled: true, ..ready.clone() };
        assert_eq!(kinds(Some(&ready), &cancelled, &[]), ["task.cancelled none"]);
    }
}
