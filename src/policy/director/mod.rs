//! What the rules of the director find in all work in flight. Pure: what is known comes in, and what follows goes out.
//!
//! The message of a finding has only what stays the same as long as it is the same finding: with it a note is recognised, and a
//! reason for which a task was sent back. What changes from round to round, such as an age, is beside it.

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{DirectorCheck, DirectorRule, Stage, TaskId, WipOf, is_same_name, is_selected, span_text};

/// A task in flight.
#[derive(Debug, Clone)]
pub struct DirectedTask {
    /// Its id.
    pub id: TaskId,
    /// Its type.
    pub kind: Option<String>,
    /// The stage that it is in, where it goes on.
    pub stage: Stage,
    /// When it entered that.
    pub since: Option<DateTime<Utc>>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Whether somebody has blocked it.
    pub is_blocked: bool,
    /// How often it was sent back.
    pub loops: usize,
    /// The worker that has claimed it.
    pub worker: Option<String>,
    /// Its commits, oldest first; empty where no rule looks at them.
    pub commits: Vec<DirectedCommit>,
}

/// A commit of a task.
#[derive(Debug, Clone)]
pub struct DirectedCommit {
    /// The first digits of its id.
    pub id: String,
    /// The paths that it changed, records left out.
    pub paths: Vec<String>,
}

/// A claim whose lease has ended.
#[derive(Debug, Clone)]
pub struct EndedClaim {
    /// The task.
    pub task: TaskId,
    /// Whose it is.
    pub worker: String,
    /// The machine.
    pub host: String,
    /// When its lease ended.
    pub ended: DateTime<Utc>,
}

/// An escalation that is not resolved.
#[derive(Debug, Clone)]
pub struct OpenEscalation {
    /// Its id.
    pub id: String,
    /// The type of the worker.
    pub worker: String,
    /// The rule, and the message of the tool.
    pub title: String,
    /// Since when nobody has decided anything.
    pub since: DateTime<Utc>,
}

/// What keeps the gate shut for a branch.
#[derive(Debug, Clone)]
pub struct RedGate {
    /// The branch.
    pub branch: String,
    /// The rule of the gate.
    pub rule: String,
    /// The task that it is about.
    pub task: Option<TaskId>,
    /// What is wrong.
    pub message: String,
}

/// The last rounds of a worker, as far as they have failed.
#[derive(Debug, Clone)]
pub struct FailingWorker {
    /// Its name.
    pub name: String,
    /// How many have failed, one after the other.
    pub count: u32,
    /// When the first of them ended.
    pub since: DateTime<Utc>,
    /// Why the last one did.
    pub why: Option<String>,
}

/// A budget that is used up.
#[derive(Debug, Clone)]
pub struct UsedBudget {
    /// The task; none of a sprint.
    pub task: Option<TaskId>,
    /// What has the budget, as people name it.
    pub of: String,
    /// What it has cost.
    pub cost: String,
    /// What it may.
    pub budget: String,
}

/// All that is known.
#[derive(Debug, Clone, Default)]
pub struct DirectorFacts {
    /// The tasks that have begun and are open.
    pub tasks: Vec<DirectedTask>,
    /// The claims that have ended and were not released.
    pub claims: Vec<EndedClaim>,
    /// The escalations that are not resolved.
    pub escalations: Vec<OpenEscalation>,
    /// What the gate refuses.
    pub gates: Vec<RedGate>,
    /// Workers whose last round has failed.
    pub workers: Vec<FailingWorker>,
    /// Budgets that are used up.
    pub budgets: Vec<UsedBudget>,
}

/// Something that a rule has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorFinding {
    /// The rule, by its place in the configuration.
    pub rule: usize,
    /// The task that it is about.
    pub task: Option<TaskId>,
    /// What else it is about: a branch, an escalation, a worker, a sprint.
    pub about: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What is known beside that, and changes.
    pub details: Option<String>,
    /// The workers concerned; none where that is everybody.
    pub workers: Option<Vec<String>>,
}

impl DirectorFinding {
    fn of_task(task: &DirectedTask, message: String, details: Option<String>) -> Self {
        Self {
            rule: 0,
            task: Some(task.id.clone()),
            about: None,
            message,
            details,
            workers: Some(task.worker.iter().cloned().collect()),
        }
    }

    fn about(about: &str, message: String, workers: Option<Vec<String>>) -> Self {
        Self { rule: 0, task: None, about: Some(about.to_owned()), message, details: None, workers }
    }
}

/// Returns what the rules find, in their order and by task.
#[must_use]
pub fn director_findings(
    rules: &[DirectorRule],
    facts: &DirectorFacts,
    now: DateTime<Utc>,
) -> Vec<DirectorFinding> {
    let mut all = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let mut found = findings_of(rule, facts, now);
        found.sort_by(|a, b| (&a.task, &a.about, &a.message).cmp(&(&b.task, &b.about, &b.message)));
        found.dedup();
        all.extend(found.into_iter().map(|found| DirectorFinding { rule: at, ..found }));
    }
    all
}

fn findings_of(rule: &DirectorRule, facts: &DirectorFacts, now: DateTime<Utc>) -> Vec<DirectorFinding> {
    let tasks = || facts.tasks.iter().filter(|task| rule.is_for(task.kind.as_deref(), &task.stage));
    let is_meant = |id: Option<&TaskId>| {
        let is_open = rule.stages.is_empty() && rule.types.is_empty();
        is_open || tasks().any(|task| Some(&task.id) == id)
    };
    match &rule.check {
        DirectorCheck::Order { first, then } => {
            tasks().filter_map(|task| out_of_order(task, first, then)).collect()
        }
        DirectorCheck::Together { when, then } => {
            tasks().filter_map(|task| without_the_other(task, when, then)).collect()
        }
        DirectorCheck::Wip(of, most) => too_many(&tasks().collect::<Vec<_>>(), *of, *most),
        DirectorCheck::Age(most) => tasks().filter_map(|task| too_old(task, *most, now)).collect(),
        DirectorCheck::Loops(most) => {
            let loops = |task: &DirectedTask| u32::try_from(task.loops).unwrap_or(u32::MAX);
            let found = tasks().filter(|task| loops(task) > *most).map(|task| {
                let message = format!("was sent back {} times, more than {most}", task.loops);
                DirectorFinding::of_task(task, message, None)
            });
            found.collect()
        }
        DirectorCheck::Claims(after) => {
            let late = facts.claims.iter().filter(|claim| now - claim.ended >= delta(*after));
            late.filter(|claim| is_meant(Some(&claim.task))).map(stale_claim).collect()
        }
        DirectorCheck::Escalations(after) => {
            let late = facts.escalations.iter().filter(|own| now - own.since >= delta(*after));
            let found = late.map(|own| {
                let message = format!("waits for a decision since {}: {}", time_text(own.since), own.title);
                DirectorFinding::about(&own.id, message, Some(vec![own.worker.clone()]))
            });
            found.collect()
        }
        DirectorCheck::Gate => {
            let shut = facts.gates.iter().filter(|gate| is_meant(gate.task.as_ref()));
            shut.map(|gate| red_gate(gate, &facts.tasks)).collect()
        }
        DirectorCheck::Failures(most) => {
            let failing = facts.workers.iter().filter(|worker| worker.count >= *most);
            failing.map(failing_worker).collect()
        }
        DirectorCheck::Budget => {
            facts.budgets.iter().filter(|used| is_meant(used.task.as_ref())).map(used_up).collect()
        }
    }
}

fn delta(span: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX)
}

fn time_text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// Finds the first commit that changes what comes second, where none up to it changes what comes first.
fn out_of_order(task: &DirectedTask, first: &[String], then: &[String]) -> Option<DirectorFinding> {
    let path_in = |commit: &'_ DirectedCommit, globs: &[String]| {
        commit.paths.iter().find(|path| is_selected(globs, path)).cloned()
    };
    for commit in &task.commits {
        if path_in(commit, first).is_some() {
            return None;
        }
        // What is in both, such as a test beside the code, is both at once.
        if let Some(path) = path_in(commit, then) {
            let (id, first) = (&commit.id, first.join(", "));
            let message = format!("commit {id} changes {path}, and none before it changes {first}");
            return Some(DirectorFinding::of_task(task, message, None));
        }
    }
    None
}

fn without_the_other(task: &DirectedTask, when: &[String], then: &[String]) -> Option<DirectorFinding> {
    let mut paths = task.commits.iter().flat_map(|commit| &commit.paths);
    if task.commits.iter().flat_map(|commit| &commit.paths).any(|path| is_selected(then, path)) {
        return None;
    }
    let path = paths.find(|path| is_selected(when, path))?;
    let message = format!("{path} has changed, and nothing in {}", then.join(", "));
    Some(DirectorFinding::of_task(task, message, None))
}

/// Finds the tasks that came last where there are too many.
fn too_many(tasks: &[&DirectedTask], of: WipOf, most: u32) -> Vec<DirectorFinding> {
    let mut tasks: Vec<&DirectedTask> = tasks.iter().copied().filter(|task| !task.is_blocked).collect();
    tasks.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
    let most_here = usize::try_from(most).unwrap_or(usize::MAX);
    let is_same = |one: &DirectedTask, other: &DirectedTask| match of {
        WipOf::Stage => one.stage == other.stage,
        WipOf::Person => match (&one.assignee, &other.assignee) {
            (Some(one), Some(other)) => is_same_name(one, other),
            _ => false,
        },
    };
    let finding = |(at, task): (usize, &&DirectedTask)| {
        let before = tasks[..at].iter().filter(|other| is_same(task, other)).count();
        let all = tasks.iter().filter(|other| is_same(task, other)).count();
        let message = match of {
            WipOf::Stage => format!("is in {} over the limit of {most}", task.stage),
            WipOf::Person => {
                let name = task.assignee.as_deref().unwrap_or_default();
                format!("is in progress over the limit of {most} for {name}")
            }
        };
        (before >= most_here)
            .then(|| DirectorFinding::of_task(task, message, Some(format!("{all} are in progress"))))
    };
    tasks.iter().enumerate().filter_map(finding).collect()
}

fn too_old(task: &DirectedTask, most: std::time::Duration, now: DateTime<Utc>) -> Option<DirectorFinding> {
    let since = task.since.filter(|since| now - *since >= delta(most))?;
    let message = format!("is in {} since {}, longer than {}", task.stage, time_text(since), span_text(most));
    let hours = (now - since).num_hours();
    let age = if hours < 48 { format!("{hours} hours") } else { format!("{} days", hours / 24) };
    Some(DirectorFinding::of_task(task, message, Some(age)))
}

fn stale_claim(claim: &EndedClaim) -> DirectorFinding {
    let (worker, host, ended) = (&claim.worker, &claim.host, time_text(claim.ended));
    let message = format!("the claim of {worker} on {host} has ended at {ended} and was not released");
    DirectorFinding {
        rule: 0,
        task: Some(claim.task.clone()),
        about: None,
        message,
        details: None,
        workers: Some(vec![worker.clone()]),
    }
}

fn red_gate(gate: &RedGate, tasks: &[DirectedTask]) -> DirectorFinding {
    let own = tasks.iter().find(|task| Some(&task.id) == gate.task.as_ref());
    let worker: Vec<String> = own.and_then(|task| task.worker.clone()).into_iter().collect();
    let message = format!("{}: {}", gate.rule, gate.message);
    DirectorFinding { task: gate.task.clone(), ..DirectorFinding::about(&gate.branch, message, Some(worker)) }
}

fn failing_worker(worker: &FailingWorker) -> DirectorFinding {
    let message = format!("has failed in every round since {}", time_text(worker.since));
    let why = worker.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    let details = Some(format!("{} rounds{why}", worker.count));
    let own = Some(vec![worker.name.clone()]);
    DirectorFinding { details, ..DirectorFinding::about(&worker.name, message, own) }
}

fn used_up(used: &UsedBudget) -> DirectorFinding {
    let message = format!("has used up its budget of {}", used.budget);
    let details = Some(format!("it has cost {}", used.cost));
    let found = DirectorFinding { details, ..DirectorFinding::about(&used.of, message, None) };
    match &used.task {
        Some(task) => DirectorFinding { task: Some(task.clone()), about: None, ..found },
        None => found,
    }
}
