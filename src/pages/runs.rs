//! Runs and plans: all of them, and one with what its steps or tasks have done.

use serde::Serialize;

use super::Made;
use super::frame::Frame;
use super::overview::in_words;
use super::render::render;
use crate::ops::{self, ErrorReport, PlanShown, RunsRequest, Session};

/// Most runs of the list.
const RUNS: usize = 100;
/// Most lines of a log.
const LINES: usize = 400;

pub(super) fn plans(session: &Session<'_>, frame: &Frame) -> Made {
    let (mut listing, _) = ops::list_plans(session, &[]).map_err(ErrorReport::from)?;
    listing.plans.reverse();
    render("plans.html", ("Plans", "plans"), frame, &listing)
}

#[derive(Debug, Serialize)]
struct PlanPage {
    #[serde(flatten)]
    plan: PlanShown,
    next_step: Option<String>,
    /// What its execution has done, where there is one.
    execution: Option<ops::PlanExecution>,
    problems: Vec<String>,
}

pub(super) fn plan(session: &Session<'_>, id: &str, frame: &Frame) -> Made {
    let (plan, problems) = ops::show_plan(session, Some(id)).map_err(ErrorReport::from)?;
    let execution = match frame.at {
        Some(_) => None,
        None => ops::plan_status(session, Some(&plan.line.id)).ok(),
    };
    let title = format!("{} {}", plan.line.id, plan.line.title);
    let next_step = plan.next.as_ref().map(ToString::to_string);
    let view = PlanPage { plan, next_step, execution, problems: in_words(&problems) };
    render("plan.html", (&title, "plans"), frame, &view)
}

pub(super) fn runs(session: &Session<'_>, frame: &Frame) -> Made {
    let request = RunsRequest { limit: Some(RUNS), ..RunsRequest::default() };
    let (listing, _) = ops::list_runs(session, &request).map_err(ErrorReport::from)?;
    render("runs.html", ("Runs", "runs"), frame, &listing)
}

#[derive(Debug, Serialize)]
struct RunPage {
    run: Option<ops::RunView>,
    tasks: Option<ops::TaskRunView>,
    /// What the step that failed first, or that ran last, has printed.
    log: Option<ops::RunLogs>,
}

pub(super) fn run(session: &Session<'_>, id: &str, frame: &Frame) -> Made {
    // The run of a plan is what the plan's page shows.
    if let Some((executed, _)) = ops::plan_executed_by(session, id) {
        return plan(session, executed.as_str(), frame);
    }
    let is_of_tasks = ops::task_run_meant(session, Some(id)).map_err(ErrorReport::from)?;
    let view = if is_of_tasks.is_some() {
        let (tasks, _) = ops::run_progress(session, Some(id)).map_err(ErrorReport::from)?;
        RunPage { run: None, tasks: Some(tasks), log: None }
    } else {
        let run = ops::run_status(session, Some(id)).map_err(ErrorReport::from)?;
        let log = match (&frame.live, &frame.at) {
            (Some(_), None) => ops::run_logs(session, std::slice::from_ref(&run.run), None, LINES).ok(),
            _ => None,
        };
        RunPage { run: Some(run), tasks: None, log }
    };
    render("run.html", (id, "runs"), frame, &view)
}
