//! The runs of plans, from outside: as a list has them, what their executors have printed, and ending one.

use super::tasks::RunPointer;
use crate::engine::{Asked, Log, PlanRun, Request, StopReason, ask, is_driven};
use crate::model::{PlanId, RunState, Suggestion};
use crate::ops::run::{Meant, RunChanged, RunHold, RunLine, RunLogs, attempt_logs, meant};
use crate::ops::{Error, Result, Session};

/// Returns the id of the plan's run that a word means; none where that is no run of a plan.
#[must_use]
pub fn plan_run_meant(session: &Session<'_>, given: &str) -> Option<String> {
    plan_executed_by(session, given).map(|(_, run)| run)
}

/// Returns the plan that a run executes which a word means, with the run; none where that is no run of a plan.
pub fn plan_executed_by(session: &Session<'_>, given: &str) -> Option<(PlanId, String)> {
    let mut all = RunPointer::all(session);
    match meant(given, all.iter().map(|(_, pointer)| pointer.run.as_str())) {
        Meant::One(at) => {
            let (plan, pointer) = all.swap_remove(at);
            Some((plan, pointer.run))
        }
        _ => None,
    }
}

fn pointer_of(session: &Session<'_>, run: &str) -> Result<(PlanId, RunPointer)> {
    let found = RunPointer::all(session).into_iter().find(|(_, pointer)| pointer.run == run);
    found.ok_or_else(|| Error::usage(format!("{run} is no run of a plan")))
}

/// Returns the last lines that an attempt at a task of a plan has printed: of the last one, of the task that was tried last
/// where none is named.
pub fn plan_run_logs(
    session: &Session<'_>,
    run: &str,
    task: Option<&str>,
    attempt: Option<u32>,
    lines: usize,
) -> Result<RunLogs> {
    let (_, pointer) = pointer_of(session, run)?;
    let hint = "see which there are: tracker plan status PLAN".to_owned();
    attempt_logs(session, (run, &pointer.folder), (task, attempt), lines, hint)
}

/// Ends the execution of a plan that another process drives: what runs is asked to end, and nothing else begins.
pub fn cancel_plan_run(session: &Session<'_>, run: &str) -> Result<RunChanged> {
    let (plan, pointer) = pointer_of(session, run)?;
    let next = Suggestion::tracker(["plan", "execute", plan.as_str()]).to_string();
    if !is_driven(&pointer.folder)? {
        let message = format!("nothing drives {run}, which executes {plan}");
        return Err(Error::wrong_state(message, format!("go on with it: {next}")));
    }
    let by = session.actor()?;
    match ask(session.env(), &pointer.folder, &Request::Cancel { by })? {
        Asked::Taken => Ok(RunChanged {
            run: run.to_owned(),
            message: format!("is being ended; what {plan} has done stays"),
            next: Some(next),
            result: None,
        }),
        Asked::Ended => Err(Error::wrong_state(format!("{run} has ended meanwhile"), next)),
        Asked::Unanswered => Err(crate::engine::Error::Unanswered { run: run.to_owned() }.into()),
    }
}

/// Returns the runs of plans on this machine as a list of runs has them; one that cannot be read is left out.
pub(in crate::ops) fn plan_runs(session: &Session<'_>) -> Vec<RunLine> {
    let line = |(plan, pointer): (PlanId, RunPointer)| {
        let run = PlanRun::replay(&Log::read(&pointer.folder).ok()?)?;
        let execution = super::view::execution_of(session, &plan).ok()??;
        let is_driven = is_driven(&pointer.folder).ok()?;
        let hold = match run.stopped {
            Some(StopReason::WaitsForPerson) => Some(RunHold::WaitsForPerson),
            Some(_) => Some(RunHold::Interrupted),
            None if run.finished.is_none() => Some(RunHold::Interrupted),
            None => None,
        };
        Some(RunLine {
            run: pointer.run,
            workflow: plan.to_string(),
            state: run.finished.filter(|_| !is_driven).unwrap_or(RunState::Running),
            hold: hold.filter(|_| !is_driven),
            created: run.created,
            done: execution.completed,
            steps: execution.total,
            here: true,
            place: None,
        })
    };
    RunPointer::all(session).into_iter().filter_map(line).collect()
}
