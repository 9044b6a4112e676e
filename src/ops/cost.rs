//! `cost`: what the lines `Cost: ID 12k tokens 0.30 USD` of commits sum up to, by task, sprint, run, person or worker. Nothing is
//! stored: each commit of the history counts once.

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::budgets::budget_of;
use super::workers::{COST_TRAILER, worker_of};
use super::{ListRequest, Result, Session, list};
use crate::facts::Commits;
use crate::git::CommitInfo;
use crate::model::{Budgets, Cost, Problem, Summary, TaskId};
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

/// A sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostLine {
    /// Of what; none for what has no sprint, run or worker.
    pub of: Option<String>,
    /// The title, of a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The sum.
    #[serde(flatten)]
    pub cost: Cost,
    /// How many commits say so.
    pub commits: usize,
    /// What it may cost, of a task and a sprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// Whether it has cost as much.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exceeded: bool,
}

/// What a task has cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskCostView {
    /// The sum.
    #[serde(flatten)]
    pub cost: Cost,
    /// How many commits say so.
    pub commits: usize,
    /// What it may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// Whether it has cost as much.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exceeded: bool,
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
struct Entry {
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

/// Sums what the commits of a task say that it has cost; none where none does. Only these commits are read.
pub(super) fn cost_of_task(
    session: &Session<'_>,
    id: &TaskId,
    budgets: &Budgets,
) -> Result<Option<TaskCostView>> {
    let repository = session.workspace().repository()?;
    let (mut sum, mut count) = (Cost::default(), 0);
    for commit in Commits::new(&repository, session.tip(&repository)?).of(id)? {
        let (entries, _) = entries_of(&repository.commit_info(commit)?);
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.task.as_ref() == Some(id)).collect();
        own.iter().for_each(|entry| sum.add(&entry.cost));
        count += usize::from(!own.is_empty());
    }
    let budget = budgets.of_task(id.as_str());
    Ok((count > 0).then(|| TaskCostView {
        exceeded: budget.is_some_and(|budget| sum.reaches(budget)),
        budget: budget.map(ToString::to_string),
        cost: sum,
        commits: count,
    }))
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

/// Sums what commits say that tasks have cost.
pub fn cost(session: &Session<'_>, request: &CostRequest) -> Result<(CostView, Vec<Problem>)> {
    let tasks = session.snapshot().tasks()?;
    let (summaries, mut problems) = tasks.read();
    let known: HashMap<&str, &Summary<'_>> = summaries.iter().map(|task| (task.id, task)).collect();
    let meant = selected(session, &request.query, &mut problems)?;
    let repository = session.workspace().repository()?;
    let commits = match session.tip(&repository)? {
        Some(tip) => repository.commits_between(None, tip)?,
        None => Vec::new(),
    };
    let mut sums: BTreeMap<Option<String>, (Cost, usize)> = BTreeMap::new();
    let mut view = CostView { lines: Vec::new(), total: Cost::default(), commits: 0, unread: Vec::new() };
    for commit in commits.iter().filter(|commit| commit.message.to_ascii_lowercase().contains("cost:")) {
        let (entries, unread) = entries_of(commit);
        view.unread.extend((unread > 0).then(|| commit.id.to_string()));
        let is_meant = |own: &&Entry| {
            meant
                .as_ref()
                .is_none_or(|meant| own.task.as_ref().is_some_and(|task| meant.contains(task.as_str())))
        };
        let mut has_any = false;
        let mut named = HashSet::new();
        for entry in entries.iter().filter(is_meant) {
            has_any = true;
            let task = entry.task.as_ref().and_then(|task| known.get(task.as_str()));
            let key = match request.by {
                CostBy::Task => entry.task.as_ref().map(ToString::to_string),
                CostBy::Sprint => task.and_then(|task| task.sprint).map(str::to_owned),
                CostBy::Run => task.and_then(|task| task.run).map(str::to_owned),
                CostBy::Person => Some(entry.person.clone()),
                CostBy::Worker => entry.worker.clone(),
            };
            let (sum, commits) = sums.entry(key.clone()).or_default();
            sum.add(&entry.cost);
            *commits += usize::from(named.insert(key));
            view.total.add(&entry.cost);
        }
        view.commits += usize::from(has_any);
    }
    let (config, _) = session.config_or_default();
    let line = |(of, (cost, commits)): (Option<String>, (Cost, usize))| {
        let task = of.as_deref().filter(|_| request.by == CostBy::Task).and_then(|id| known.get(id));
        let budget = of.as_deref().and_then(|of| budget_of(&config.budgets, request.by, of));
        let exceeded = budget.is_some_and(|budget| cost.reaches(budget));
        let (title, budget) = (task.map(|task| task.title.to_owned()), budget.map(ToString::to_string));
        CostLine { title, of, cost, commits, budget, exceeded }
    };
    view.lines = sums.into_iter().map(line).collect();
    Ok((view, problems))
}
