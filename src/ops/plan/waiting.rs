//! What waits for an approval of a plan: for people the drafts, and for tasks their turn.

use std::collections::HashSet;

use super::decide::warning;
use super::found::{PlanAtHand, check_plan, plans_at_hand};
use crate::model::{Config, PlanState, Problem, TaskId};
use crate::ops::{Result, Session};
use crate::policy::{PlanFault, approver_doubt};

/// Returns the drafts that the user may approve, the oldest first. One without tasks is none yet.
pub(in crate::ops) fn drafts_to_approve(session: &Session<'_>, config: &Config) -> Result<Vec<PlanAtHand>> {
    let (plans, _) = plans_at_hand(session, config)?;
    let is_draft =
        |plan: &PlanAtHand| plan.state() == PlanState::Draft && plan.file.plan.tasks().next().is_some();
    let drafts: Vec<PlanAtHand> = plans.into_iter().filter(is_draft).collect();
    if drafts.is_empty() {
        return Ok(drafts);
    }
    let repository = session.workspace().repository()?;
    let reader = session.facts(&repository, config)?;
    let Ok(me) = repository.identity(session.env()) else { return Ok(Vec::new()) };
    let (canonical, agent) = (reader.canonical(&me), session.agent());
    let mut mine = Vec::new();
    for plan in drafts {
        let is_author = reader.is_plan_author(&plan.file.plan, &plan.content, &me, Some(&me))?;
        if approver_doubt(config, &[&canonical, &me], agent.as_deref(), is_author).is_none() {
            mine.push(plan);
        }
    }
    Ok(mine)
}

/// Returns the tasks that must not begin: those of plans that are drafts or rejected, and of none that is approved.
pub(in crate::ops) fn tasks_held_back(session: &Session<'_>, config: &Config) -> Result<HashSet<TaskId>> {
    let (plans, _) = plans_at_hand(session, config)?;
    let (approved, others): (Vec<_>, Vec<_>) = plans.into_iter().partition(|plan| plan.state().is_approved());
    let ids = |plans: Vec<PlanAtHand>| -> HashSet<TaskId> {
        plans.iter().flat_map(|plan| plan.file.plan.tasks().map(|task| task.id.clone())).collect()
    };
    let (free, mut held) = (ids(approved), ids(others));
    held.retain(|id| !free.contains(id));
    Ok(held)
}

/// Returns what is wrong with the plans that somebody may still go by.
pub(in crate::ops) fn plan_problems(session: &Session<'_>) -> Result<Vec<Problem>> {
    let (config, _) = session.config_or_default();
    let (plans, _) = plans_at_hand(session, &config)?;
    let mut problems = Vec::new();
    let is_live = |plan: &&PlanAtHand| !matches!(plan.state(), PlanState::Rejected | PlanState::Completed);
    for plan in plans.iter().filter(is_live) {
        for fault in check_plan(session, &config, &plan.file)? {
            match fault {
                // Cycles are reported elsewhere; the rest is for whoever approves.
                PlanFault::Empty | PlanFault::Waits { .. } | PlanFault::NoFiles { .. } => {}
                fault => problems.push(warning(&plan.file, &fault)),
            }
        }
    }
    Ok(problems)
}
