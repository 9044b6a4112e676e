//! `cost`: what the lines `Cost: ID 12k tokens 0.30 USD` of commits sum up to, by task, sprint, run, person or worker. Nothing is
//! stored: each commit of the history counts once, and one that was copied to another branch as well is the same.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::budgets::budget_of;
use super::conflicts::live_branches;
use super::workers::{COST_TRAILER, is_squashed, worker_of};
use super::{ListRequest, Result, Session, list};
use crate::facts::Commits;
use crate::git::CommitInfo;
use crate::model::{Budgets, Cost, Person, Problem, Summary, TaskId};
use crate::policy::{Action, Comments, parse_message};

/// By what costs are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CostBy {
    /// The task.
    #[default]
    Task,
    /// The sprint of the task.
    Sprint,
    /// The run that the task is part of.
    Run,
    /// The author of the commit.
    Person,
    /// The worker that has made the commit.
    Worker,
}

/// What to sum.
#[derive(Debug, Clone, Default)]
pub struct CostRequest {
    /// Only tasks that match; empty for all, also those that are not there any more.
    pub query: String,
    /// By what.
    pub by: CostBy,
}

/// A sum, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostLine {
    /// Of what; none for what has no sprint, run or worker.
    pub of: Option<String>,
    /// The title, of a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The sum.
    #[serde(flatten)]
    pub sum: CostSum,
}

/// A sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostSum {
    /// What it is.
    #[serde(flatten)]
    pub cost: Cost,
    /// How many commits report it.
    pub commits: usize,
    /// What may be used, by a task and a sprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// Whether as much is used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exceeded: bool,
}

impl CostSum {
    fn of(cost: Cost, commits: usize, budget: Option<&Cost>) -> Self {
        let exceeded = budget.is_some_and(|budget| cost.reaches(budget));
        Self { cost, commits, budget: budget.map(ToString::to_string), exceeded }
    }
}

/// Sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostView {
    /// Sorted by what they are of.
    pub lines: Vec<CostLine>,
    /// The sum of all.
    pub total: Cost,
    /// How many commits say something of costs.
    pub commits: usize,
    /// Lines of commits that begin as costs and are none, so that nothing was counted: the commit and the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// The cost of a task, as a commit reports it.
pub(super) struct Entry {
    task: Option<TaskId>,
    cost: Cost,
    person: String,
    worker: Option<String>,
}

fn entries_of(commit: &CommitInfo) -> (Vec<Entry>, usize) {
    let directives = parse_message(&commit.message, Comments::None);
    let (person, worker) = (commit.author.name.clone(), worker_of(&commit.message).map(str::to_owned));
    let entry = |task: Option<&TaskId>, cost: &Cost| Entry {
        task: task.cloned(),
        cost: cost.clone(),
        person: person.clone(),
        worker: worker.clone(),
    };
    let costs = directives.directives.iter().filter_map(|own| match &own.action {
        Action::Cost(cost) => Some(entry(Some(&own.task), cost)),
        _ => None,
    });
    // Of a worker whose commits belong to no task.
    let trailer =
        commit.message.lines().filter_map(|line| line.strip_prefix(COST_TRAILER)?.strip_prefix(": "));
    let trailer = trailer.filter_map(Cost::parse).filter(|_| worker.is_some());
    let costs = costs.chain(trailer.map(|cost| entry(None, &cost)));
    let is_cost = |own: &&crate::policy::DirectiveError| own.key.eq_ignore_ascii_case("cost");
    (costs.collect(), directives.errors.iter().filter(is_cost).count())
}

/// What tells one piece of work from another. A commit that a rebase or a cherry-pick has made again on another branch keeps
/// its author, the time and the message, and once both branches are merged it is still one.
fn work_of(commit: &CommitInfo) -> (Person, DateTime<Utc>, String) {
    let lines = commit.message.lines().filter(|line| !line.starts_with("(cherry picked from commit "));
    (commit.author.clone(), commit.author_time, lines.collect::<Vec<_>>().join("\n").trim().to_owned())
}

/// Sums what the commits of a task say that it has cost; none where none does. Only these commits are read.
pub(super) fn cost_of_task(session: &Session<'_>, id: &TaskId, budgets: &Budgets) -> Result<Option<CostSum>> {
    let repository = session.workspace().repository()?;
    let (mut sum, mut count, mut seen) = (Cost::default(), 0, HashSet::new());
    for commit in Commits::new(&repository, session.tip(&repository)?).of(id)? {
        let commit = repository.commit_info(commit)?;
        let (entries, _) = entries_of(&commit);
        if entries.is_empty() || !seen.insert(work_of(&commit)) {
            continue;
        }
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.task.as_ref() == Some(id)).collect();
        own.iter().for_each(|entry| sum.add(&entry.cost));
        count += usize::from(!own.is_empty());
    }
    Ok((count > 0).then(|| CostSum::of(sum, count, budgets.of_task(id.as_str()))))
}

/// Returns the tasks that a query selects; none where it is empty, and all are meant.
fn selected(
    session: &Session<'_>,
    query: &str,
    problems: &mut Vec<Problem>,
) -> Result<Option<HashSet<String>>> {
    if query.trim().is_empty() {
        return Ok(None);
    }
    let request = ListRequest { query: query.to_owned(), all: true, ..ListRequest::default() };
    let (listing, found) = list(session, &request)?;
    *problems = found;
    Ok(Some(listing.tasks.into_iter().map(|task| task.id).collect()))
}

/// What a commit reports, each cost for itself.
pub(super) type Reported = Vec<Entry>;

/// Reads what the commits of the history report, and which of them have lines that cannot be read.
pub(super) fn reported(session: &Session<'_>) -> Result<(Vec<Reported>, Vec<String>)> {
    let repository = session.workspace().repository()?;
    let commits = match session.tip(&repository)? {
        Some(tip) => repository.commits_between(None, tip)?,
        None => Vec::new(),
    };
    let (mut all, mut unread, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    let reporting = commits.iter().filter(|commit| may_report(commit));
    for commit in reporting.filter(|commit| seen.insert(work_of(commit))) {
        let (entries, odd) = entries_of(commit);
        unread.extend((odd > 0).then(|| commit.id.to_string()));
        all.push(entries);
    }
    Ok((all, unread))
}

fn may_report(commit: &CommitInfo) -> bool {
    commit.message.to_ascii_lowercase().contains("cost:")
}

/// Reads what the commits of HEAD, of the branch that work is merged into and of all live branches report. Each counts once:
/// also one that a rebase or a cherry-pick has made again on another branch, and one whose branch was merged as a squash,
/// which keeps what it has cost.
pub(super) fn reported_everywhere(session: &Session<'_>) -> Result<Vec<Reported>> {
    let repository = session.workspace().repository()?;
    let target = repository.target_branch()?.map(|target| target.tip);
    let head = session.tip(&repository)?;
    let branches = live_branches(session, &repository)?.into_iter().map(|(_, tip)| tip);
    let Some(first) = target.or(head) else { return Ok(Vec::new()) };
    let tips = std::iter::once(first).chain(head).chain(branches);
    let (mut seen, mut all) = (HashSet::new(), Vec::new());
    for (at, tip) in tips.enumerate() {
        let base = Some(first).filter(|_| at > 0);
        let mut own = repository.commits_between(base, tip)?;
        own.retain(|commit| may_report(commit) && seen.insert(work_of(commit)));
        if own.is_empty() || (at > 0 && is_squashed(session, &repository, tip, first)?) {
            continue;
        }
        all.extend(own.iter().map(|commit| entries_of(commit).0));
    }
    Ok(all)
}

/// Sums what commits report, with the number of commits.
pub(super) fn sums(
    commits: &[Reported],
    by: CostBy,
    tasks: &[Summary<'_>],
) -> BTreeMap<Option<String>, (Cost, usize)> {
    let known: HashMap<&str, &Summary<'_>> = tasks.iter().map(|task| (task.id, task)).collect();
    let mut sums: BTreeMap<Option<String>, (Cost, usize)> = BTreeMap::new();
    for entries in commits {
        let mut named = HashSet::new();
        for entry in entries {
            let task = entry.task.as_ref().and_then(|task| known.get(task.as_str()));
            let key = match by {
                CostBy::Task => entry.task.as_ref().map(ToString::to_string),
                CostBy::Sprint => task.and_then(|task| task.sprint).map(str::to_owned),
                CostBy::Run => task.and_then(|task| task.run).map(str::to_owned),
                CostBy::Person => Some(entry.person.clone()),
                CostBy::Worker => entry.worker.clone(),
            };
            let (sum, commits) = sums.entry(key.clone()).or_default();
            sum.add(&entry.cost);
            *commits += usize::from(named.insert(key));
        }
    }
    sums
}

/// Sums what tasks have cost, as commits report it.
pub fn cost(session: &Session<'_>, request: &CostRequest) -> Result<(CostView, Vec<Problem>)> {
    let tasks = session.snapshot().tasks()?;
    let (summaries, mut problems) = tasks.read();
    let meant = selected(session, &request.query, &mut problems)?;
    let (mut commits, unread) = reported(session)?;
    if let Some(meant) = &meant {
        let is_meant = |own: &Entry| own.task.as_ref().is_some_and(|task| meant.contains(task.as_str()));
        commits.iter_mut().for_each(|entries| entries.retain(is_meant));
    }
    commits.retain(|entries| !entries.is_empty());
    let mut total = Cost::default();
    commits.iter().flatten().for_each(|entry| total.add(&entry.cost));
    let (config, _) = session.config_or_default();
    let line = |(of, (cost, commits)): (Option<String>, (Cost, usize))| {
        let id = of.as_deref().filter(|_| request.by == CostBy::Task);
        let title = id.and_then(|id| tasks.find(id)).map(|task| task.title.to_owned());
        let budget = of.as_deref().and_then(|of| budget_of(&config.budgets, request.by, of));
        CostLine { title, of, sum: CostSum::of(cost, commits, budget) }
    };
    let lines = sums(&commits, request.by, &summaries).into_iter().map(line).collect();
    Ok((CostView { lines, total, commits: commits.len(), unread }, problems))
}
