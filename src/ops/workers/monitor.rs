//! `fleet monitor`: the workers, what waits for each, what happened last, and figures; from the logs that workers append to.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::desk::{worker_folder, workers_folder};
use super::fleet::{FleetView, fleet_status};
use super::records::{Round, RoundOutcome, read_memory, read_rounds};
use super::status::read_status;
use super::types::Policy;
use super::view::worker_names;
use crate::git::{CommitId, Repository};
use crate::metrics::nearest_rank;
use crate::ops::claims::claims_remote;
use crate::ops::{Result, Session};
use crate::store::Watcher;

/// How many activities are shown.
const ACTIVITIES: usize = 10;

/// How much an activity matters, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivitySeverity {
    /// A round has failed.
    Error,
    /// Something is left for a person.
    Warning,
    /// Something is done, or waits.
    Info,
}

/// Something that a worker has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Activity {
    /// When.
    pub at: DateTime<Utc>,
    /// How much it matters.
    pub severity: ActivitySeverity,
    /// The worker.
    pub worker: String,
    /// The commit that it looked at.
    pub commit: String,
    /// What came of it, in words.
    pub text: String,
}

/// What waits for a worker, and since when its process lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerQueue {
    /// Its name.
    pub worker: String,
    /// The type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The task that its commits are linked to, where its type has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// How many commits of its branch it has not looked at; none where it has made no round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commits: Option<usize>,
    /// How many files wait because somebody else has claimed them.
    pub files: usize,
    /// When its process began, where that lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_since: Option<DateTime<Utc>>,
}

/// Figures of all rounds that are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FleetFigures {
    /// How many rounds.
    pub rounds: usize,
    /// How many findings there were.
    pub found: usize,
    /// How many of them were fixed.
    pub fixed: usize,
    /// Of a hundred findings, how many were fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_rate: Option<usize>,
    /// Of a hundred rounds, how many left something for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation_rate: Option<usize>,
    /// Half of the rounds took at most this, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<u64>,
    /// 95 % took at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<u64>,
    /// 99 % took at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<u64>,
}

/// A fleet, what waits for it and what it has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FleetMonitor {
    /// The fleet.
    #[serde(flatten)]
    pub fleet: FleetView,
    /// What waits for each worker.
    pub queues: Vec<WorkerQueue>,
    /// The last that happened, the worst first, then the newest.
    pub activities: Vec<Activity>,
    /// Figures.
    pub figures: FleetFigures,
}

/// Returns what the fleet does, and has done.
pub fn fleet_monitor(session: &Session<'_>) -> Result<FleetMonitor> {
    let fleet = fleet_status(session)?;
    let repository = session.workspace().repository()?;
    let remote = claims_remote(session, None).ok().flatten();
    // Without a configuration that can be read nothing is known of types: the rest is shown.
    let types = Policy::read(session, None).ok();
    let task_of = |kind: &str| types.as_ref()?.find(kind).ok()?.task.map(|task| task.to_string());
    let (mut queues, mut rounds) = (Vec::new(), Vec::new());
    for own in &fleet.workers {
        let folder = worker_folder(session.workspace(), &own.worker);
        let made = read_rounds(&folder);
        let last = made.last();
        let memory = last.map(|round| read_memory(&folder, &round.kind, &round.branch));
        let status = read_status(&folder).filter(|status| status.process.is_alive());
        let commits = match memory.as_ref().and_then(|memory| Some((memory, memory.seen.as_deref()?))) {
            Some((memory, seen)) => unseen(&repository, remote.as_deref(), &memory.branch, seen)?,
            None => None,
        };
        queues.push(WorkerQueue {
            worker: own.worker.clone(),
            kind: last.map(|round| round.kind.clone()),
            task: last.and_then(|round| task_of(&round.kind)),
            commits,
            files: memory.map_or(0, |memory| memory.queued.len()),
            up_since: status.map(|status| status.began),
        });
        rounds.extend(made);
    }
    rounds.sort_by(|a, b| (a.at, &a.worker).cmp(&(b.at, &b.worker)));
    Ok(FleetMonitor { activities: activities(&rounds), figures: figures(&rounds), fleet, queues })
}

/// Returns how many commits a branch has that a worker has not looked at; none where the branch is gone or begun anew.
pub(super) fn unseen(
    repository: &Repository,
    remote: Option<&str>,
    branch: &str,
    seen: &str,
) -> Result<Option<usize>> {
    let name = match remote {
        Some(remote) => format!("refs/remotes/{remote}/{branch}"),
        None => format!("refs/heads/{branch}"),
    };
    let (Some(tip), Ok(seen)) = (repository.ref_commit(&name)?, CommitId::parse(seen)) else {
        return Ok(None);
    };
    let Ok(base) = repository.merge_base(seen, tip) else { return Ok(None) };
    match base {
        Some(base) => Ok(Some(repository.commits_between(Some(base), tip)?.len())),
        None => Ok(None),
    }
}

/// Returns the last that happened of rounds in the order of time.
fn activities(rounds: &[Round]) -> Vec<Activity> {
    let activity = |round: &Round| {
        let severity = match round.outcome {
            RoundOutcome::Failed => ActivitySeverity::Error,
            RoundOutcome::Escalated => ActivitySeverity::Warning,
            RoundOutcome::Success | RoundOutcome::Queued | RoundOutcome::Working => ActivitySeverity::Info,
        };
        let text = match round.outcome {
            RoundOutcome::Failed => format!("failed: {}", round.why.as_deref().unwrap_or_default()),
            RoundOutcome::Queued => format!("{} files wait", round.queued),
            _ if round.found == 0 => "clean".to_owned(),
            _ => format!("{} found, {} fixed, {} left", round.found, round.fixed, round.remaining),
        };
        let (worker, commit) = (round.worker.clone(), round.commit.clone());
        Activity { at: round.at, severity, worker, commit, text }
    };
    let mut last: Vec<Activity> = rounds.iter().rev().take(ACTIVITIES).map(activity).collect();
    last.sort_by_key(|own| own.severity);
    last
}

fn figures(rounds: &[Round]) -> FleetFigures {
    let sum = |of: fn(&Round) -> usize| rounds.iter().map(of).sum::<usize>();
    let (found, fixed) = (sum(|round| round.found), sum(|round| round.fixed));
    let escalated = rounds.iter().filter(|round| round.outcome == RoundOutcome::Escalated).count();
    let percent = |part: usize, of: usize| (part * 100).checked_div(of);
    let mut took: Vec<u64> = rounds.iter().map(|round| round.ms).collect();
    took.sort_unstable();
    FleetFigures {
        rounds: rounds.len(),
        found,
        fixed,
        fix_rate: percent(fixed, found),
        escalation_rate: percent(escalated, rounds.len()),
        p50_ms: nearest_rank(&took, 50),
        p95_ms: nearest_rank(&took, 95),
        p99_ms: nearest_rank(&took, 99),
    }
}

/// Calls `observe` with what there is now and whenever a worker writes or a branch moves, until it returns that nobody looks.
pub fn follow_fleet(session: &mut Session<'_>, mut observe: impl FnMut(&FleetMonitor) -> bool) -> Result<()> {
    let root = workers_folder(session.workspace());
    // Before the first look: what is written meanwhile is not missed.
    let watcher = Watcher::with_local(session.workspace(), std::slice::from_ref(&root))?;
    loop {
        watcher.watch_local(&root);
        for name in worker_names(session) {
            watcher.watch_local(&worker_folder(session.workspace(), &name));
        }
        if !observe(&fleet_monitor(session)?) {
            return Ok(());
        }
        let _ = watcher.wait(None);
        session.refresh()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(at: u32, outcome: RoundOutcome, (found, fixed): (usize, usize), ms: u64) -> Round {
        let at = format!("2026-11-11T09:{at:02}:00Z").parse().unwrap();
        let why = (outcome == RoundOutcome::Failed).then(|| "no ruff".to_owned());
        let (worker, kind, branch, commit) = ("qa".into(), "qa".into(), "main".into(), "c".into());
        let remaining = found - fixed;
        Round {
            at,
            worker,
            kind,
            branch,
            commit,
            outcome,
            files: 1,
            found,
            fixed,
            remaining,
            queued: 0,
            ms,
            landed: None,
            fixes: Vec::new(),
            escalated: Vec::new(),
            closed: Vec::new(),
            cost: None,
            why,
            log: None,
        }
    }

    #[test]
    fn the_last_activities_are_the_worst_first_and_then_the_newest() {
        use RoundOutcome::{Escalated, Failed, Success};
        let mut rounds: Vec<Round> = (0..9).map(|at| round(at, Success, (0, 0), 1)).collect();
        rounds[0].outcome = Failed;
        rounds.extend([
            round(20, Failed, (0, 0), 1),
            round(21, Escalated, (3, 1), 1),
            round(22, Success, (2, 2), 1),
        ]);
        let shown: Vec<String> = activities(&rounds)
            .into_iter()
            .map(|own| format!("{} {}", own.at.format("%M"), own.text))
            .collect();
        assert_eq!(shown.len(), 10);
        assert_eq!(
            shown[..4],
            ["20 failed: no ruff", "21 3 found, 1 fixed, 2 left", "22 2 found, 2 fixed, 0 left", "08 clean"]
        );
    }

    #[test]
    fn figures_are_of_all_rounds_and_none_of_none() {
        assert_eq!(figures(&[]), FleetFigures::default());
        let rounds: Vec<Round> = (1..=100).map(|ms| round(0, RoundOutcome::Success, (2, 1), ms)).collect();
        let all = figures(&rounds);
        assert_eq!((all.fix_rate, all.escalation_rate), (Some(50), Some(0)));
        assert_eq!((all.p50_ms, all.p95_ms, all.p99_ms), (Some(50), Some(95), Some(99)));
        let none = figures(&[round(0, RoundOutcome::Escalated, (0, 0), 7)]);
        assert_eq!((none.fix_rate, none.escalation_rate, none.p99_ms), (None, Some(100), Some(7)));
    }
}
