//! What the director looks at: the tasks in flight, what their commits changed, and what claims, escalations, workers, costs and
//! the gate say.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::location::TaskLocation;
use crate::facts::{Commits, Flight, KnownClaims};
use crate::git::{CommitId, Repository};
use crate::model::{Config, DirectorCheck, DirectorRule, GateRule, Problem, Task, TaskId, is_daily_record};
use crate::ops::budgets::used_budgets;
use crate::ops::claims::claims_of;
use crate::ops::conflicts::live_branches;
use crate::ops::escalations::escalations;
use crate::ops::in_flight::in_flight_of;
use crate::ops::workers::{RoundOutcome, WorkerPolicy, round_lines, worker_names};
use crate::ops::{GateRequest, Result, Session, review};
use crate::policy::{
    DirectedCommit, DirectedTask, DirectorFacts, EndedClaim, FailingWorker, OpenEscalation, RedGate,
    loops_since,
};
use crate::review::Violation;
use crate::store::Snapshot;

/// All that is known, and where each task goes on.
pub(super) struct Observation {
    pub(super) facts: DirectorFacts,
    pub(super) places: BTreeMap<TaskId, (String, TaskLocation)>,
    pub(super) problems: Vec<Problem>,
}

/// Looks at all that the rules are about.
pub(super) fn observe_work(
    session: &Session<'_>,
    config: &Config,
    base: &WorkerPolicy,
    gates: &mut KnownGates,
) -> Result<Observation> {
    let rules = &config.director;
    let has = |is: fn(&DirectorCheck) -> bool| rules.iter().any(|rule| is(&rule.check));
    let repository = session.workspace().repository()?;
    let mut problems = Vec::new();
    let claims = claims_of(session);
    let (snapshots, histories) = (HashMap::new(), HashMap::new());
    let mut reader =
        Reader { session, repository: &repository, rules, claims: &claims, snapshots, histories };
    let tasks = reader.tasks(&mut problems)?;
    let mut facts = DirectorFacts::default();
    let mut places = BTreeMap::new();
    for (task, place) in tasks {
        facts.tasks.push(reader.directed(&task, &place)?);
        places.insert(task.id.clone(), (task.title, place));
    }
    facts.claims = ended_claims(&claims, session.env().now());
    if has(|check| matches!(check, DirectorCheck::Escalations(_))) {
        let (open, unreadable) = open_escalations(session)?;
        facts.escalations = open;
        problems.extend(unreadable);
    }
    if has(|check| matches!(check, DirectorCheck::Gate)) {
        facts.gates = gates.read(session, &repository, base, &mut problems)?;
    }
    if has(|check| matches!(check, DirectorCheck::Failures(_))) {
        facts.workers = worker_names(session).iter().filter_map(|name| failing(session, name)).collect();
    }
    if has(|check| matches!(check, DirectorCheck::Budget)) {
        facts.budgets = used_budgets(session, &config.budgets)?;
    }
    Ok(Observation { facts, places, problems })
}

struct Reader<'r, 'e> {
    session: &'r Session<'e>,
    repository: &'r Repository,
    rules: &'r [DirectorRule],
    claims: &'r KnownClaims,
    /// The records of branches, by the commits that they end in.
    snapshots: HashMap<CommitId, Snapshot>,
    /// The commits of tasks, by the same.
    histories: HashMap<Option<CommitId>, Commits<'r>>,
}

impl Reader<'_, '_> {
    /// Reads the tasks that have begun and are open, each where it goes on.
    fn tasks(&mut self, problems: &mut Vec<Problem>) -> Result<Vec<(Task, TaskLocation)>> {
        let flights = in_flight_of(self.session);
        let snapshot = self.session.snapshot();
        let here = snapshot.tasks()?;
        let (summaries, found) = here.read();
        problems.extend(found);
        let since: HashMap<&str, _> = summaries.iter().map(|task| (task.id, task.since_at())).collect();
        let mut ids: Vec<&str> = summaries.iter().map(|task| task.id).collect();
        ids.extend(flights.ids().filter(|id| !since.contains_key(id)));
        let mut tasks = Vec::new();
        for id in ids {
            let Ok(id) = TaskId::parse(id) else { continue };
            let flight = flights.of(id.as_str(), since.get(id.as_str()).copied().flatten());
            let (task, place) = match flight.first() {
                Some(flight) => {
                    (self.task_there(&id, flight)?, TaskLocation::There(Box::new((*flight).clone())))
                }
                None => (snapshot.readable_task(&id)?, TaskLocation::Here),
            };
            let is_open = |task: &Task| !task.summary().is_closed() && !task.stage.is_none();
            tasks.extend(task.filter(is_open).map(|task| (task, place)));
        }
        Ok(tasks)
    }

    fn task_there(&mut self, id: &TaskId, flight: &Flight) -> Result<Option<Task>> {
        match (flight.commit, &flight.work_dir) {
            (_, Some(folder)) => {
                Ok(self.session.in_working_tree(Path::new(folder))?.snapshot().readable_task(id)?)
            }
            (Some(commit), None) => {
                if !self.snapshots.contains_key(&commit) {
                    let snapshot = self.session.workspace().snapshot_of_commit(Some(commit))?;
                    self.snapshots.insert(commit, snapshot);
                }
                Ok(self.snapshots[&commit].readable_task(id)?)
            }
            (None, None) => Ok(None),
        }
    }

    fn directed(&mut self, task: &Task, place: &TaskLocation) -> Result<DirectedTask> {
        let now = self.session.env().now();
        let claim = self.claims.of(task.id.as_str(), now).and_then(|known| known.held.claim.as_ref().ok());
        let begun = task.history.first().map_or(now, |step| step.at);
        let kind = task.kind.as_deref();
        let reads = |rule: &&DirectorRule| rule.check.reads_commits() && rule.is_for(kind, &task.stage);
        let commits = match self.rules.iter().find(reads) {
            Some(_) => self.commits(&task.id, place)?,
            None => Vec::new(),
        };
        Ok(DirectedTask {
            id: task.id.clone(),
            kind: task.kind.clone(),
            stage: task.stage.clone(),
            since: task.since(),
            assignee: task.assignee.clone(),
            is_blocked: task.blocked.is_some(),
            loops: loops_since(task, begun),
            worker: claim.map(|claim| claim.worker.clone()),
            commits,
        })
    }

    /// Returns the commits of a task where it goes on, oldest first.
    fn commits(&mut self, id: &TaskId, place: &TaskLocation) -> Result<Vec<DirectedCommit>> {
        let tip = match place {
            TaskLocation::Here => self.session.tip(self.repository)?,
            TaskLocation::There(flight) => match (&flight.commit, &flight.ref_name) {
                (Some(commit), _) => Some(*commit),
                (None, Some(name)) => self.repository.ref_commit(name)?,
                (None, None) => None,
            },
        };
        let repository = self.repository;
        let history = self.histories.entry(tip).or_insert_with(|| Commits::new(repository, tip));
        let mut commits = history.of(id)?;
        commits.reverse();
        let commit = |commit: CommitId| {
            let changes = repository.changes_of(commit)?.into_iter().map(|change| change.path);
            let paths = changes.filter(|path| !is_daily_record(path)).collect();
            Ok(DirectedCommit { id: commit.short(), paths })
        };
        commits.into_iter().map(commit).collect()
    }
}

fn ended_claims(claims: &KnownClaims, now: DateTime<Utc>) -> Vec<EndedClaim> {
    let ended = claims.all().filter_map(|known| known.held.claim.as_ref().ok());
    let ended = ended.filter(|claim| claim.has_ended(now)).map(|claim| EndedClaim {
        task: claim.task.clone(),
        worker: claim.worker.clone(),
        host: claim.host.clone(),
        ended: claim.ends(),
    });
    ended.collect()
}

fn open_escalations(session: &Session<'_>) -> Result<(Vec<OpenEscalation>, Vec<Problem>)> {
    let (view, problems) = escalations(session, false)?;
    let open = view.escalations.into_iter().map(|own| OpenEscalation {
        title: format!("{} {}: {}", own.tool, own.rule, own.title),
        id: own.id,
        worker: own.worker,
        since: own.since,
    });
    Ok((open.collect(), problems))
}

/// What the gate has refused of branches, by the commits that they end in and whose rules judged: neither changes.
#[derive(Debug, Default)]
pub(super) struct KnownGates(HashMap<(String, String, CommitId), Vec<RedGate>>);

impl KnownGates {
    /// Has the gate judge every live branch that it has not judged yet. One that cannot be judged is a problem of its own and
    /// stops nothing. That a task has not reached the stage in which it is merged is no fault of work in flight.
    fn read(
        &mut self,
        session: &Session<'_>,
        repository: &Repository,
        base: &WorkerPolicy,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<RedGate>> {
        let mut current = HashMap::new();
        let mut all = Vec::new();
        for (branch, tip) in live_branches(session, repository)? {
            let key = (base.commit.clone(), branch, tip);
            let gates = match self.0.remove(&key) {
                Some(gates) => gates,
                None => match red_gates(session, &base.branch, &key.1) {
                    Ok(gates) => gates,
                    Err(error) => {
                        problems.push(Problem::warning(format!("{} cannot be judged: {error}", key.1)));
                        continue;
                    }
                },
            };
            all.extend(gates.iter().cloned());
            current.insert(key, gates);
        }
        self.0 = current;
        Ok(all)
    }
}

fn red_gates(session: &Session<'_>, base: &str, branch: &str) -> Result<Vec<RedGate>> {
    let (base, head) = (Some(base.to_owned()), Some(branch.to_owned()));
    let (review, _) = review(session, &GateRequest { base, head, ..GateRequest::default() })?;
    let is_red =
        |violation: &Violation| violation.is_error() && violation.rule != GateRule::MergeStage.into();
    let red = review.verdict.violations.into_iter().filter(is_red);
    let gates = red.map(|violation| RedGate {
        branch: branch.to_owned(),
        rule: violation.rule.to_string(),
        task: violation.task.as_deref().and_then(|id| TaskId::parse(id).ok()),
        message: violation.message,
    });
    Ok(gates.collect())
}

/// Returns the rounds of a worker that have failed since the last that has not.
fn failing(session: &Session<'_>, name: &str) -> Option<FailingWorker> {
    let rounds = round_lines(session, name);
    let failed: Vec<_> = rounds
        .iter()
        .rev()
        .map(|(_, round)| round)
        .take_while(|round| round.outcome == RoundOutcome::Failed)
        .collect();
    let (last, first) = (failed.first()?, failed.last()?);
    Some(FailingWorker {
        name: name.to_owned(),
        count: u32::try_from(failed.len()).unwrap_or(u32::MAX),
        since: first.at,
        why: last.why.clone(),
    })
}
