//! `run`: start workflows, follow them, and act on them.
//!
//! A run lives in the folder of its log below the git directory until it is pruned; what is committed of it is its record.
//! Commands that change a run either drive it themselves, or hand what they want to the engine that does.

mod apart;
mod control;
mod elsewhere;
mod found;
mod prune;
mod record;
mod start;
mod tasks;
mod view;
mod watch;
mod why;

pub(super) use apart::TrackerApart;
pub(crate) use apart::{cancel_run_apart, resume_run_apart, retry_run_apart, start_run_apart, wait_for_run};
pub(crate) use control::{AnswerRequest, RunChanged, answer_run, cancel_run, pause_run};
pub(crate) use elsewhere::{RecordRequest, record_run};
pub(crate) use found::run_candidates;
pub(super) use found::{Meant, damaged_runs, meant, run_folder, run_questions};
pub(crate) use prune::{PrunedRuns, prune_runs};
pub(super) use record::{shown, time};
pub(crate) use start::{RetryRequest, RunObserver, RunRequest, resume_run, retry_run, start_run};
pub(super) use start::{free_id, take_lock};
pub(crate) use tasks::{
    Ask, DriveRequest, RunTask, TaskDrive, TaskObserver, TaskRunDecided, TaskRunLine, TaskRunRequest,
    TaskRunStarted, TaskRunView, TaskWait, Trigger, decide_run, drive_tasks, run_progress, start_task_run,
    task_run_logs, task_run_meant, why_task,
};
pub(super) use tasks::{
    Decider, Decision, ExecutorRules, Judgement, Losses, OwnPlace, Predecessor, attempt_logs, judge,
};
pub(super) use tasks::{open_runs, queued_of_run, run_to_join, task_runs};
pub(crate) use view::{
    AttemptView, ListedRun, Revision, RunHold, RunLine, RunLogs, RunView, RunsRequest, RunsView, StepLine,
    list_runs, run_logs, run_status,
};
pub(crate) use watch::{Printed, Watched as WatchedRun, follow_logs, watch_run};
pub(crate) use why::{Why, why_step};
