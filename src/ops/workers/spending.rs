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

/// Returns what was reported; none where nothing was.
///
/// # Errors
/// The line that is no cost.
pub(super) fn reported(folder: &Path) -> std::result::Result<Option<Cost>, String> {
    let text = read_regular(&cost_file(folder)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut sum = Cost::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let cost = Cost::parse(line);
        sum.add(
            &cost.ok_or_else(|| {
                format!("`{}` is no cost, such as 12k tokens 0.30 USD", line.escape_debug())
            })?,
        );
    }
    Ok((!sum.is_none()).then_some(sum))
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

/// Pauses a worker whose rounds of the last day have cost as much as it may.
pub(super) fn refuse_used_up(
    folder: &Path,
    name: &str,
    budget: Option<&Cost>,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(budget) = budget else { return Ok(()) };
    let mut sum = Cost::default();
    let rounds = read_rounds(folder).into_iter().filter(|round| now - round.at < PERIOD);
    rounds.filter_map(|round| Cost::parse(&round.cost?)).for_each(|cost| sum.add(&cost));
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
