//! Executions of plans that go on by themselves: a process of their own drives them, for callers that have other things to do.

use super::start::{ExecuteRequest, chosen_to_retry, has_failed, plan_ahead};
use super::tasks::RunPointer;
use super::view::{ExecutionState, PlanExecution, execution_of};
use crate::engine::{PlanTaskState, is_driven};
use crate::model::{PlanId, Suggestion};
use crate::ops::plan::find_plan;
use crate::ops::run::TrackerApart;
use crate::ops::{Error, Result, Session};

/// Executes a plan, or goes on with it; returns how far it is once a process drives it.
pub fn execute_plan_apart(session: &Session<'_>, request: &ExecuteRequest) -> Result<PlanExecution> {
    // What would be refused is refused before anything begins.
    let start = plan_ahead(session, request)?;
    let id = find_plan(session, Some(&start.plan), true)?.plan.id;
    if let Some(execution) = execution_of(session, &id)? {
        refuse_running(&id, &execution)?;
    }
    drive(session, &id, "execute", request)
}

/// Does tasks again that have failed; returns how far it is once a process drives it.
pub fn retry_plan_apart(session: &Session<'_>, request: &ExecuteRequest) -> Result<PlanExecution> {
    let id = find_plan(session, Some(&request.plan), false)?.plan.id;
    let Some(execution) = execution_of(session, &id)? else {
        let execute = Suggestion::tracker(["plan", "execute", id.as_str()]).to_string();
        return Err(Error::wrong_state(format!("{id} was not executed here"), format!("begin: {execute}")));
    };
    refuse_running(&id, &execution)?;
    let given = request.retry.as_deref().unwrap_or_default();
    let tasks: Vec<(&str, PlanTaskState)> =
        execution.tasks.iter().map(|task| (task.task.as_str(), task.status)).collect();
    // Whether a task that was completed is still done, the process looks at.
    let can_be_retried = |at: usize| {
        let state = tasks[at].1;
        Ok(has_failed(state) || matches!(state, PlanTaskState::Waiting | PlanTaskState::Completed))
    };
    chosen_to_retry(session, &id, given, &tasks, can_be_retried)?;
    plan_ahead(session, request)?;
    drive(session, &id, "retry", request)
}

fn refuse_running(id: &PlanId, execution: &PlanExecution) -> Result<()> {
    if execution.state != ExecutionState::Running {
        return Ok(());
    }
    let watch = Suggestion::tracker(["plan", "status", id.as_str(), "--watch"]).to_string();
    Err(Error::wrong_state(format!("{id} is being executed"), format!("watch it: {watch}")))
}

/// Starts a process for it, and waits until that drives the plan or has ended.
fn drive(session: &Session<'_>, id: &PlanId, verb: &str, request: &ExecuteRequest) -> Result<PlanExecution> {
    let mut words = vec!["plan".to_owned(), verb.to_owned()];
    words.extend(request.jobs.map(|jobs| format!("--jobs={jobs}")));
    words.extend(request.base.as_ref().map(|base| format!("--base={base}")));
    words.extend(["--".to_owned(), id.to_string()]);
    words.extend(request.retry.iter().flatten().cloned());
    let folder = RunPointer::folder(session);
    std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let errors = folder.join(format!("{id}.err"));
    let mut process = TrackerApart::start(session, &words, errors)?;
    let is_driving = || match RunPointer::read(session, id) {
        Some(pointer) => Ok(is_driven(&pointer.folder)?),
        None => Ok(false),
    };
    process.wait_until(&folder, &format!("{id} could not be executed"), is_driving)?;
    let execution = execution_of(session, id)?;
    execution.ok_or_else(|| {
        let status = Suggestion::tracker(["plan", "status", id.as_str()]).to_string();
        Error::wrong_state(format!("the process that executes {id} has not begun yet"), status)
    })
}
