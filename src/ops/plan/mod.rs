//! Plans: which tasks are done together, who has approved that as it is now, and how far it is.

mod decide;
mod found;
mod from;
mod view;
mod waiting;
mod write;

pub(crate) use decide::{PlanAction, decide_plan};
pub(crate) use found::plan_candidates;
pub(super) use found::{at_hand, check_plan, find_plan};
pub(crate) use from::{PlanFrom, draft_by_role, plan_from};
pub(crate) use view::{
    PlanDecisionView, PlanFaultView, PlanLine, PlanListing, PlanPart, PlanShown, PlanTaskView, list_plans,
    show_plan,
};
pub(in crate::ops) use waiting::{drafts_to_approve, plan_problems, tasks_held_back};
pub(crate) use write::{NewPlan, PlanAddition, PlanWritten, add_to_plan, new_plan, remove_from_plan};
