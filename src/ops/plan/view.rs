//! Plans as the doors show them: all of them as lines, one with its tasks under phases and milestones.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::found::{PlanAtHand, at_hand, check_plan, find_plan, plans_at_hand};
use crate::model::{
    Person, PlanDecision, PlanId, PlanState, Problem, Status, Suggestion, Summary, Task, TaskId, by_agent,
};
use crate::ops::plan_execution::PlanBranch;
use crate::ops::{CountView, Error, Result, Session};
use crate::policy::{Derived, PlanFault, derive};

/// A plan in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanLine {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Derived: `draft`, `approved`, `rejected`, `in_progress`, `completed`.
    pub state: PlanState,
    /// Why it is in that state, where a decision has to do with it.
    pub why: Option<String>,
    /// Whether somebody has changed it since the last decision.
    pub changed: bool,
    /// Its tasks, and how many of them are complete.
    pub tasks: CountView,
    /// What its branch has of them, where HEAD does not have that yet.
    pub branch: Option<PlanBranch>,
    /// How many of its tasks will not be done.
    pub cancelled: u32,
    /// Where its breakdown was imported from.
    pub source: Option<String>,
    /// The day it was written down.
    pub created: Option<NaiveDate>,
    /// Its file.
    pub path: String,
}

/// All plans.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanListing {
    /// The plans, the oldest first.
    pub plans: Vec<PlanLine>,
    /// How many there are in other states.
    pub hidden: usize,
}

/// One plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanShown {
    /// What a list says of it.
    #[serde(flatten)]
    pub line: PlanLine,
    /// How many more attempts each task has after the first, where the plan says.
    pub retries: Option<u32>,
    /// The digest of its content, which an approval names.
    pub digest: String,
    /// Its phases, with their milestones.
    pub phases: Vec<PlanPart>,
    /// What people have decided about it, the oldest first.
    pub history: Vec<PlanDecisionView>,
    /// What is wrong with it.
    pub faults: Vec<PlanFaultView>,
    /// What brings it forward.
    pub next: Option<Suggestion>,
}

/// A phase or a milestone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanPart {
    /// Its heading; none for tasks that are above every heading.
    pub name: Option<String>,
    /// Its tasks, and how many of them are complete.
    pub count: CountView,
    /// Its milestones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<PlanPart>,
    /// Its tasks, of a milestone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<PlanTaskView>,
}

/// A task of a plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanTaskView {
    /// Its place in the plan, counted from 1.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// Its title; none where there is no such task.
    pub title: Option<String>,
    /// Its status, such as `not_started`; none where there is no such task.
    pub status: Option<Status>,
    /// Its stage.
    pub stage: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Its target files.
    pub files: Vec<String>,
    /// The tasks that must be done first.
    pub depends_on: Vec<String>,
    /// Those of them that are open.
    pub waits_for: Vec<String>,
}

/// A decision about a plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanDecisionView {
    /// When, as the file says.
    pub at: DateTime<Utc>,
    /// Who, with the agent that worked for them.
    pub by: String,
    /// `approved`, `rejected` or `reopened`.
    pub kind: String,
    /// Why.
    pub why: Option<String>,
    /// Whether it is about the content as it is now.
    pub is_current: bool,
}

/// Something that is wrong with a plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanFaultView {
    /// Whether it keeps the plan from being approved and executed.
    pub is_error: bool,
    /// One word or two that sort it.
    pub label: &'static str,
    /// What it is.
    pub message: String,
    /// The line of the plan's file.
    pub line: Option<usize>,
    /// What gets past it.
    pub fix: String,
}

/// Lists plans in some states; in all where none is given.
pub fn list_plans(session: &Session<'_>, states: &[String]) -> Result<(PlanListing, Vec<Problem>)> {
    let states = states.iter().map(|word| state_of(word)).collect::<Result<Vec<_>>>()?;
    let (config, mut problems) = session.config_or_default();
    let (plans, broken) = plans_at_hand(session, &config)?;
    problems.extend(broken);
    let all = plans.len();
    let lines = plans.iter().map(line_of);
    let plans: Vec<PlanLine> =
        lines.filter(|line| states.is_empty() || states.contains(&line.state)).collect();
    Ok((PlanListing { hidden: all - plans.len(), plans }, problems))
}

fn state_of(word: &str) -> Result<PlanState> {
    PlanState::parse(&word.trim().to_ascii_lowercase().replace('-', "_")).ok_or_else(|| {
        let known = PlanState::ALL.map(PlanState::as_str).join(", ");
        Error::usage_with(format!("invalid state `{}`", word.escape_debug()), format!("expected {known}"))
    })
}

fn line_of(plan: &PlanAtHand) -> PlanLine {
    let own = &plan.file.plan;
    let count = |test: &dyn Fn(&Task) -> bool| {
        let ids: std::collections::BTreeSet<&TaskId> = own.tasks().map(|task| task.id).collect();
        let tasks = ids.into_iter().filter_map(|id| plan.content.tasks.get(id));
        u32::try_from(tasks.filter(|task| test(task)).count()).unwrap_or(u32::MAX)
    };
    let total = u32::try_from(own.tasks().count()).unwrap_or(u32::MAX);
    let done = count(&|task| task.summary().is_complete());
    let changed = matches!(plan.verdict(), crate::model::PlanVerdict::Changed(_));
    PlanLine {
        id: own.id.to_string(),
        title: own.title.clone(),
        state: plan.state(),
        why: plan.why(),
        changed,
        tasks: CountView { done, total },
        branch: plan.branch.clone(),
        cancelled: count(&|task| task.cancelled.is_some()),
        source: own.source.clone(),
        created: own.created,
        path: plan.file.path.clone(),
    }
}

/// Shows one plan, by default the newest.
pub fn show_plan(session: &Session<'_>, given: Option<&str>) -> Result<(PlanShown, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let file = find_plan(session, given, false)?;
    problems.extend(file.plan.warnings.iter().map(|problem| problem.clone().in_file(&file.path)));
    let faults = check_plan(session, &config, &file)?;
    let plan = at_hand(session, &config, file)?;
    let tasks = session.snapshot().tasks()?;
    let (summaries, _) = tasks.read();
    let derived = derive(&summaries, &config);
    let mut number = 0;
    let own = &plan.file.plan;
    let phases = own.phases.iter().map(|phase| {
        let milestones = phase.milestones.iter().map(|milestone| {
            let tasks: Vec<PlanTaskView> = milestone
                .tasks
                .iter()
                .map(|id| {
                    number += 1;
                    task_view(number, id, &summaries, &derived)
                })
                .collect();
            PlanPart { name: milestone.name.clone(), count: count_of(&tasks), milestones: Vec::new(), tasks }
        });
        let milestones: Vec<PlanPart> = milestones.collect();
        let count = milestones.iter().fold(CountView { done: 0, total: 0 }, |sum, part| CountView {
            done: sum.done + part.count.done,
            total: sum.total + part.count.total,
        });
        PlanPart { name: phase.name.clone(), count, milestones, tasks: Vec::new() }
    });
    let shown = PlanShown {
        line: line_of(&plan),
        retries: own.retries,
        digest: plan.content.digest.clone(),
        phases: phases.collect(),
        history: own.history.iter().map(|decision| decision_view(&plan, decision)).collect(),
        next: next_of(&plan, &faults),
        faults: faults.iter().map(|fault| PlanFaultView::of(plan.id(), fault)).collect(),
    };
    Ok((shown, problems))
}

fn task_view(number: usize, id: &TaskId, summaries: &[Summary<'_>], derived: &Derived<'_>) -> PlanTaskView {
    let at = derived.graph.task(id.as_str());
    let task = at.map(|at| &summaries[at]);
    let texts = |texts: Option<&crate::model::Texts<'_>>| -> Vec<String> {
        texts.into_iter().flat_map(|texts| texts.iter()).map(str::to_owned).collect()
    };
    let open = at.into_iter().flat_map(|at| derived.graph.open_dependencies(at));
    PlanTaskView {
        number,
        id: id.to_string(),
        title: task.map(|task| task.title.to_owned()),
        status: at.map(|at| derived.facts[at].status),
        stage: task.map(|task| task.stage.to_owned()),
        assignee: task.and_then(|task| task.assignee).map(str::to_owned),
        files: texts(task.map(|task| &task.files)),
        depends_on: texts(task.map(|task| &task.depends_on)),
        waits_for: open.map(|dependency| dependency.id.to_owned()).collect(),
    }
}

fn count_of(tasks: &[PlanTaskView]) -> CountView {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let done = tasks.iter().filter(|task| task.status == Some(Status::Completed)).count();
    CountView { done: count(done), total: count(tasks.len()) }
}

fn decision_view(plan: &PlanAtHand, decision: &PlanDecision) -> PlanDecisionView {
    let by = Person::parse(&decision.by).map_or_else(|| decision.by.clone(), |person| person.name);
    PlanDecisionView {
        at: decision.at,
        by: by_agent(&by, decision.agent.as_deref()),
        kind: decision.kind.to_string(),
        why: decision.why.clone(),
        is_current: decision.digest.as_deref() == Some(&plan.content.digest),
    }
}

impl PlanFaultView {
    /// Shows what is wrong with a plan.
    pub(in crate::ops) fn of(plan: &PlanId, fault: &PlanFault) -> Self {
        Self {
            is_error: fault.is_error(),
            label: fault.label(),
            message: fault.to_string(),
            line: fault.line(),
            fix: fault.fix(plan).to_string(),
        }
    }
}

fn next_of(plan: &PlanAtHand, faults: &[PlanFault]) -> Option<Suggestion> {
    let id = plan.id().as_str();
    match plan.state() {
        PlanState::Draft if faults.iter().any(PlanFault::is_error) => None,
        PlanState::Draft => Some(Suggestion::tracker(["plan", "approve", id])),
        PlanState::Rejected => Some(Suggestion::tracker(["plan", "reopen", id])),
        PlanState::Approved | PlanState::InProgress | PlanState::Completed => None,
    }
}
