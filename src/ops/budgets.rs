//! Budgets: which tasks and sprints have cost as much as they may.

use super::cost::{CostBy, reported_everywhere, sums};
use super::{Result, Session};
use crate::model::{Budgets, Cost, TaskId};
use crate::policy::UsedBudget;

/// Returns the budgets that are used up, by what the commits of all live branches report.
pub(super) fn used_budgets(session: &Session<'_>, budgets: &Budgets) -> Result<Vec<UsedBudget>> {
    if budgets.is_empty() {
        return Ok(Vec::new());
    }
    let commits = reported_everywhere(session)?;
    let tasks = session.snapshot().tasks()?;
    let (tasks, _) = tasks.read();
    let mut used = Vec::new();
    for by in [CostBy::Task, CostBy::Sprint] {
        let used_of = |(of, (cost, _)): (Option<String>, (Cost, usize))| {
            let of = of?;
            let budget = budget_of(budgets, by, &of).filter(|budget| cost.reaches(budget))?.to_string();
            let task = if by == CostBy::Task { TaskId::parse(&of).ok() } else { None };
            Some(UsedBudget { task, of, cost: cost.to_string(), budget })
        };
        used.extend(sums(&commits, by, &tasks).into_iter().filter_map(used_of));
    }
    Ok(used)
}

/// Returns the budget of what costs are summed by.
pub(super) fn budget_of<'b>(budgets: &'b Budgets, by: CostBy, of: &str) -> Option<&'b Cost> {
    match by {
        CostBy::Task => budgets.of_task(of),
        CostBy::Sprint => budgets.of_sprint(of),
        CostBy::Run | CostBy::Person | CostBy::Worker => None,
    }
}
