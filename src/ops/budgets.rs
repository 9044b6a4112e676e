//! Budgets: which tasks and sprints have cost as much as they may.

use super::cost::{CostBy, CostRequest, CostView, cost};
use super::{Result, Session};
use crate::model::{Budgets, Cost, TaskId};
use crate::policy::UsedBudget;

/// Returns the budgets that are used up, by what commits of HEAD say.
pub(super) fn used_budgets(session: &Session<'_>, budgets: &Budgets) -> Result<Vec<UsedBudget>> {
    let mut used = Vec::new();
    for by in [CostBy::Task, CostBy::Sprint] {
        let (view, _) = cost(session, &CostRequest { by, ..CostRequest::default() })?;
        used.extend(used_of(&view, by, budgets));
    }
    Ok(used)
}

fn used_of(view: &CostView, by: CostBy, budgets: &Budgets) -> Vec<UsedBudget> {
    let used = view.lines.iter().filter_map(|line| {
        let of = line.of.as_deref()?;
        let budget = budget_of(budgets, by, of).filter(|budget| line.cost.reaches(budget))?;
        Some(UsedBudget {
            task: if by == CostBy::Task { TaskId::parse(of).ok() } else { None },
            of: of.to_owned(),
            cost: line.cost.to_string(),
            budget: budget.to_string(),
        })
    });
    used.collect()
}

/// Returns the budget of what costs are summed by.
pub(super) fn budget_of<'b>(budgets: &'b Budgets, by: CostBy, of: &str) -> Option<&'b Cost> {
    match by {
        CostBy::Task => budgets.of_task(of),
        CostBy::Sprint => budgets.of_sprint(of),
        CostBy::Run | CostBy::Person | CostBy::Worker => None,
    }
}
