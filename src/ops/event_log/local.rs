//! What the runs and the workers of this clone have left: their own logs, of which each line is an event once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Happened;
use crate::engine::{self, Log, Logged};
use crate::model::{EventKind, RunId, digest_of};
use crate::ops::Session;
use crate::ops::workers::{
    Round, RoundOutcome, WorkerPulse, WorkerState, round_lines, worker_names, worker_pulse,
};

/// What is remembered of a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SeenWorker {
    /// Its process.
    process: Option<String>,
    /// Since when it makes the round whose beginning is in the log.
    at_work: Option<DateTime<Utc>>,
    /// The digest of the last round that is in the log.
    round: Option<String>,
}

/// What is remembered of runs and workers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenLocal {
    /// How many bytes and events the logs of runs had.
    runs: BTreeMap<String, (u64, usize)>,
    workers: BTreeMap<String, SeenWorker>,
}

impl SeenLocal {
    /// Looks at the logs; `old` is what was there before, none where nobody has looked.
    pub(super) fn look(session: &Session<'_>, old: Option<&Self>) -> (Self, Vec<Happened>) {
        let mut happened = Vec::new();
        let (mut runs, mut workers) = (BTreeMap::new(), BTreeMap::new());
        let folder = session.workspace().local_path("runs");
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let before = old.and_then(|old| old.runs.get(&name)).copied().unwrap_or_default();
            if RunId::parse(&name).is_ok()
                && let Some(now) = look_at_run(&name, &entry.path(), before, &mut happened)
            {
                runs.insert(name, now);
            }
        }
        for name in worker_names(session) {
            let before = old.and_then(|old| old.workers.get(&name)).cloned().unwrap_or_default();
            let now = look_at_worker(session, &name, before, &mut happened);
            workers.insert(name, now);
        }
        if old.is_none() {
            happened.clear();
        }
        happened.sort_by_key(|own| own.at);
        (Self { runs, workers }, happened)
    }
}

fn look_at_run(
    name: &str,
    folder: &Path,
    (bytes, events): (u64, usize),
    happened: &mut Vec<Happened>,
) -> Option<(u64, usize)> {
    let length = folder.join(Log::FILE).metadata().ok()?.len();
    if length == bytes {
        return Some((bytes, events));
    }
    // A log that is damaged is for who looks at the run.
    let Ok(logged) = Log::read(folder) else { return Some((bytes, events)) };
    happened.extend(logged.iter().skip(events).filter_map(|logged| run_event(name, logged)));
    Some((length, logged.len()))
}

fn run_event(run: &str, logged: &Logged) -> Option<Happened> {
    let (kind, data) = match &logged.event {
        engine::Event::Created { workflow, by, agent, .. } => {
            (EventKind::RunStarted, json!({ "run_id": run, "workflow": workflow, "by": by, "agent": agent }))
        }
        engine::Event::Planned { plan, branch, by, agent, .. } => (
            EventKind::RunStarted,
            json!({ "run_id": run, "plan": plan, "plan_branch": branch, "by": by, "agent": agent }),
        ),
        engine::Event::Stopped { because } => {
            (EventKind::RunStopped, json!({ "run_id": run, "because": because }))
        }
        engine::Event::Finished { state } => {
            (EventKind::RunEnded, json!({ "run_id": run, "state": state.as_str() }))
        }
        _ => return None,
    };
    Some(Happened::at(kind, logged.at, data))
}

fn look_at_worker(
    session: &Session<'_>,
    name: &str,
    mut seen: SeenWorker,
    happened: &mut Vec<Happened>,
) -> SeenWorker {
    let pulse = worker_pulse(session, name);
    let process = pulse.as_ref().map(|pulse| pulse.process.clone());
    if let Some(pulse) = pulse.as_ref().filter(|_| process != seen.process) {
        let data = json!({ "worker_id": name, "pid": pulse.pid });
        happened.push(Happened::at(EventKind::WorkerRegistered, pulse.began, data));
    }
    seen.process = process.or(seen.process);
    let lines = round_lines(session, name);
    let digests: Vec<String> = lines.iter().map(|(line, _)| digest_of(line)).collect();
    let known = digests.iter().rposition(|digest| Some(digest) == seen.round.as_ref()).map_or(0, |at| at + 1);
    for (_, round) in &lines[known..] {
        if seen.at_work.take().is_none() {
            let began = round.at - TimeDelta::milliseconds(i64::try_from(round.ms).unwrap_or_default());
            // Where the clocks of the two are of different precision, a round still begins after its process.
            let registered = pulse.as_ref().map_or(began, |pulse| pulse.began.min(round.at));
            happened.push(started(name, began.max(registered)));
        }
        happened.push(round_event(round));
    }
    seen.round = digests.last().cloned().or(seen.round);
    let at_work = pulse.filter(|pulse| pulse.state == WorkerState::Working && pulse.since > pulse.began);
    if let Some(pulse) = at_work.filter(|pulse| seen.at_work != Some(pulse.since)) {
        happened.push(started(name, pulse.since));
        seen.at_work = Some(pulse.since);
    }
    seen
}

fn started(worker: &str, at: DateTime<Utc>) -> Happened {
    Happened::at(EventKind::WorkerStarted, at, json!({ "worker_id": worker }))
}

fn round_event(round: &Round) -> Happened {
    let kind = match round.outcome {
        RoundOutcome::Failed => EventKind::WorkerFailed,
        _ => EventKind::WorkerCompleted,
    };
    let data = json!({
        "worker_id": round.worker, "qa_type": round.kind, "branch": round.branch, "source_commit": round.commit,
        "outcome": round.outcome.as_str(), "files_processed": round.files, "violations_found": round.found,
        "violations_fixed": round.fixed, "violations_remaining": round.remaining,
        "execution_time_ms": round.ms, "landed": round.landed, "reason": round.why,
    });
    Happened::at(kind, round.at, data)
}

/// Returns the signs of life that workers have given since; `seen` is when each gave its last.
pub(super) fn heartbeats(
    session: &Session<'_>,
    seen: &mut BTreeMap<String, SystemTime>,
) -> Vec<(DateTime<Utc>, Value)> {
    let mut beats = Vec::new();
    for name in worker_names(session) {
        let Some(pulse) = worker_pulse(session, &name) else { continue };
        let Some(beat) = pulse.beat.filter(|beat| seen.get(&name) != Some(beat)) else { continue };
        if seen.insert(name.clone(), beat).is_some() {
            let at = DateTime::<Utc>::from(beat);
            beats.push((at, heartbeat(session, &name, &pulse, at)));
        }
    }
    beats
}

fn heartbeat(session: &Session<'_>, name: &str, pulse: &WorkerPulse, at: DateTime<Utc>) -> Value {
    let rounds = round_lines(session, name);
    let status = match pulse.state {
        WorkerState::Working => "working",
        WorkerState::Error => "error",
        _ => "idle",
    };
    json!({
        "worker_id": name, "status": status, "tasks_completed": rounds.len(),
        "violations_fixed": rounds.iter().map(|(_, round)| round.fixed).sum::<usize>(),
        "escalations": rounds.iter().map(|(_, round)| round.escalated.len()).sum::<usize>(),
        "uptime_seconds": (at - pulse.began).num_seconds().max(0),
    })
}
