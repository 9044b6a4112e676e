//! What a worker has cost: its tools and its executor report it by a file, its rounds and commits have it, and a budget pauses it.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use super::records::read_rounds;
use super::status::set_paused;
use crate::git::read_regular;
use crate::model::{Budgets, Cost, TaskId};
use crate::ops::budgets::used_budgets;
use crate::ops::{Error, Result, Session};
use crate::store;

/// The variable that has the path of the file in which costs are reported.
pub(super) const COST_VARIABLE: &str = "TRACKER_COST";
/// The trailer of a commit that is linked to no task.
pub(in crate::ops) const COST_TRAILER: &str = "Tracker-Cost";
/// For which time a budget is.
const PERIOD: TimeDelta = TimeDelta::days(1);

/// Returns the file in which costs of the present round are reported.
pub(super) fn cost_file(folder: &Path) -> PathBuf {
    folder.join("cost")
}

/// What was reported in a round.
pub(super) struct Reported {
    /// The sum of the lines that are costs; none where there are none.
    pub(super) cost: Option<Cost>,
    /// What is wrong with the first line that is none.
    pub(super) unreadable: Option<String>,
}

/// Reads what was reported. A line that is no cost hides none of the others.
pub(super) fn reported(folder: &Path) -> Reported {
    let text = read_regular(&cost_file(folder)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let (mut sum, mut unreadable) = (Cost::default(), None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match Cost::parse(line) {
            Some(cost) => sum.add(&cost),
            None => unreadable = unreadable.or_else(|| Some(line.escape_debug().to_string())),
        }
    }
    let unreadable = unreadable.map(|line| format!("`{line}` is no cost, such as 12k tokens 0.30 USD"));
    Reported { cost: (!sum.is_none()).then_some(sum), unreadable }
}

/// Forgets what was reported: a round has it.
pub(super) fn forget(folder: &Path) -> Result<()> {
    Ok(store::remove_if_there(&cost_file(folder))?)
}

/// Returns the line of a commit that has the cost.
pub(super) fn line_of(cost: &Cost, task: Option<&TaskId>) -> String {
    match task {
        Some(task) => format!("Cost: {task} {cost}\n"),
        None => format!("{COST_TRAILER}: {cost}\n"),
    }
}

/// Returns what the rounds of the last day have cost, and the one that is being made.
fn cost_of_day(folder: &Path, now: DateTime<Utc>) -> Cost {
    let rounds = read_rounds(folder).into_iter().filter(|round| now - round.at < PERIOD);
    let mut sum = reported(folder).cost.unwrap_or_default();
    rounds.filter_map(|round| Cost::parse(&round.cost?)).for_each(|cost| sum.add(&cost));
    sum
}

/// Whether a worker has cost as much within a day as it may.
pub(super) fn is_used_up(folder: &Path, budget: Option<&Cost>, now: DateTime<Utc>) -> bool {
    budget.is_some_and(|budget| cost_of_day(folder, now).reaches(budget))
}

/// Pauses a worker whose rounds of the last day have cost as much as it may.
pub(super) fn refuse_used_up(
    folder: &Path,
    name: &str,
    budget: Option<&Cost>,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(budget) = budget else { return Ok(()) };
    let sum = cost_of_day(folder, now);
    if !sum.reaches(budget) {
        return Ok(());
    }
    set_paused(folder, true)?;
    let message = format!("{name} is paused: it has cost {sum} within a day, of a budget of {budget}");
    Err(Error::usage_with(message, format!("tomorrow, or with another budget: tracker fleet resume {name}")))
}

/// Pauses a worker that works for a task which has cost as much as it may, or whose sprint has.
pub(super) fn refuse_used_up_task(
    session: &Session<'_>,
    (folder, name): (&Path, &str),
    task: Option<&TaskId>,
    budgets: &Budgets,
) -> Result<()> {
    let Some(id) = task.filter(|_| !budgets.is_empty()) else { return Ok(()) };
    let sprint = session.snapshot().readable_task(id)?.and_then(|task| task.sprint);
    let sprint = sprint.as_ref().map(AsRef::as_ref);
    let used = used_budgets(session, budgets)?;
    let is_meant = |of: &str| of == id.as_str() || Some(of) == sprint;
    let Some(used) = used.into_iter().find(|used| is_meant(&used.of)) else { return Ok(()) };
    set_paused(folder, true)?;
    let message =
        format!("{name} is paused: {} has cost {}, of a budget of {}", used.of, used.cost, used.budget);
    Err(Error::usage_with(message, format!("with another budget: tracker fleet resume {name}")))
}
