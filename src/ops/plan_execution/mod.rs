//! `plan execute`, `plan status` and `plan retry`: an approved plan is executed.
//!
//! The plan's branch is `plan/PLAN-4F2K`, that of a task `plan-tasks/PLAN-4F2K/TASK-7Q2M`; working trees of tasks are below
//! the git folder that all working trees share. What has happened is in the log of a run ([`crate::engine`]); what is
//! merged is in git. Whatever kills the process, the same command goes on from these two.

mod apart;
mod aside;
mod drive;
mod examine;
mod failure;
mod forecast;
mod gate;
mod integrate;
mod record;
mod reverted;
mod runs;
mod start;
mod tasks;
mod view;
mod waits;
mod worktree;

pub(crate) use apart::{execute_plan_apart, retry_plan_apart};
pub(super) use runs::plan_runs;
pub(crate) use runs::{cancel_plan_run, plan_executed_by, plan_run_logs, plan_run_meant};
pub(crate) use start::{ExecuteRequest, execute_plan, plan_ahead};
pub(crate) use view::PlanBranch;
pub(super) use view::progress_here;
pub(crate) use view::{ExecutedTask, ExecutionState, PlanExecution, PlanStart, plan_status, watch_plan};
pub(super) use worktree::{clear as clear_worktree, lock as lock_worktrees};

use crate::engine::Logged;

/// What is shown while a plan is executed, once it is on disk.
pub enum PlanNews<'n> {
    /// It begins.
    Start(&'n PlanStart),
    /// Something has happened.
    Event(&'n Logged),
    /// A task is in another state.
    Task {
        /// The plan.
        plan: &'n str,
        /// How it is now.
        view: &'n ExecutedTask,
        /// How many tasks have ended.
        ended: usize,
        /// How many there are.
        total: usize,
    },
}

/// Who is shown it.
pub type PlanObserver<'o> = Box<dyn FnMut(&PlanNews<'_>) + 'o>;
