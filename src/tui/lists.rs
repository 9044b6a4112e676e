//! Lists that are not of tasks, as rows: the inbox, runs, plans, sprints, the fleet.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::answers::Count;
use super::theme::Tone;
use crate::model::PlanId;

/// Most runs that are listed.
pub(super) const MOST_RUNS: &str = "500";

/// A row: its cells, and what Enter opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) cells: Vec<EntryCell>,
    pub(super) target: Target,
}

/// A text and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryCell {
    pub(super) text: String,
    pub(super) tone: Tone,
    /// A time is shown as how long ago it was.
    pub(super) at: Option<DateTime<Utc>>,
}

/// What a row opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A task.
    Task(String),
    /// A task, for a vote as a role.
    Review { task: String, role: String },
    /// What a command prints.
    Page(Vec<String>),
    /// A run, whose log can be read as well.
    Run(String),
}

fn cell(text: impl Into<String>, tone: Tone) -> EntryCell {
    EntryCell { text: text.into(), tone, at: None }
}

fn since(at: Option<DateTime<Utc>>) -> EntryCell {
    EntryCell { text: String::new(), tone: Tone::Dim, at }
}

fn page(words: &[&str]) -> Target {
    Target::Page(words.iter().map(|word| (*word).to_owned()).collect())
}

/// Returns what a state means, whatever has it.
fn tone_of_state(state: &str) -> Tone {
    match state {
        "success" | "completed" | "complete" | "approved" | "closed" => Tone::Good,
        "failed" | "rejected" | "stopped" => Tone::Bad,
        "running" | "in_progress" | "active" | "fixing" => Tone::Info,
        "retry" | "partial_success" | "paused" | "waits_for_person" | "interrupted" | "draft" => {
            Tone::Warning
        }
        _ => Tone::Plain,
    }
}

fn words_of(state: &str) -> String {
    state.replace('_', " ")
}

/// What `inbox` answers.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Inbox {
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    kind: String,
    task: String,
    title: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    since: Option<DateTime<Utc>>,
    #[serde(default)]
    branch: Option<String>,
}

pub(super) fn of_inbox(inbox: Inbox) -> Vec<Entry> {
    let entry = |item: Item| {
        let tone = match item.kind.as_str() {
            "rejected" | "finding" | "escalation" => Tone::Bad,
            "review" | "plan" | "question" => Tone::Warning,
            _ => Tone::Info,
        };
        let target = match item.kind.as_str() {
            "plan" => page(&["plan", "show", &item.task]),
            "question" => Target::Run(item.task.clone()),
            "escalation" => page(&["escalations", "show", &item.task]),
            _ => match item.role {
                Some(role) => Target::Review { task: item.task.clone(), role },
                None => Target::Task(item.task.clone()),
            },
        };
        let branch = item.branch.map_or_else(String::new, |branch| format!("@{branch}"));
        let cells = vec![
            cell(&item.kind, tone),
            cell(&item.task, Tone::Strong),
            cell(item.title, Tone::Plain),
            cell(item.about, Tone::Dim),
            cell(branch, Tone::Accent),
            since(item.since),
        ];
        Entry { id: format!("{} {}", item.kind, item.task), cells, target }
    };
    inbox.items.into_iter().map(entry).collect()
}

/// What `run list` answers.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Runs {
    #[serde(default)]
    runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Run {
    Workflow {
        run: String,
        workflow: String,
        state: String,
        #[serde(default)]
        hold: Option<String>,
        created: DateTime<Utc>,
        done: usize,
        steps: usize,
        #[serde(default)]
        place: Option<String>,
    },
    Tasks {
        run: String,
        #[serde(default)]
        title: Option<String>,
        state: String,
        complete: usize,
        total: usize,
        created: DateTime<Utc>,
    },
}

pub(super) fn of_runs(runs: Runs) -> Vec<Entry> {
    let entry = |run: Run| match run {
        Run::Workflow { run, workflow, state, hold, created, done, steps, place } => {
            let state = hold.unwrap_or(state);
            let cells = vec![
                cell(&run, Tone::Strong),
                cell(words_of(&state), tone_of_state(&state)),
                cell(format!("{done}/{steps}"), Tone::Plain),
                cell(&workflow, Tone::Plain),
                cell(place.unwrap_or_default(), Tone::Dim),
                since(Some(created)),
            ];
            // The steps of a plan are its tasks, and what became of them is for the plan to show.
            let target = match PlanId::parse(&workflow) {
                Ok(plan) => page(&["plan", "status", plan.as_str()]),
                Err(_) => Target::Run(run.clone()),
            };
            Entry { target, id: run, cells }
        }
        Run::Tasks { run, title, state, complete, total, created } => {
            let cells = vec![
                cell(&run, Tone::Strong),
                cell(words_of(&state), tone_of_state(&state)),
                cell(format!("{complete}/{total}"), Tone::Plain),
                cell(title.unwrap_or_else(|| "tasks".to_owned()), Tone::Plain),
                cell("tasks", Tone::Dim),
                since(Some(created)),
            ];
            Entry { target: page(&["run", "progress", &run]), id: run, cells }
        }
    };
    runs.runs.into_iter().map(entry).collect()
}

/// What `plan list` answers.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Plans {
    #[serde(default)]
    plans: Vec<Plan>,
}

#[derive(Debug, Deserialize)]
struct Plan {
    id: String,
    title: String,
    state: String,
    #[serde(default)]
    changed: bool,
    tasks: Count,
    #[serde(default)]
    branch: Option<PlanBranch>,
}

/// What the branch of a plan has that is not merged.
#[derive(Debug, Deserialize)]
struct PlanBranch {
    branch: String,
    tasks: Count,
}

pub(super) fn of_plans(plans: Plans) -> Vec<Entry> {
    let entry = |plan: Plan| {
        let aside = match &plan.branch {
            _ if plan.changed => "changed since".to_owned(),
            Some(PlanBranch { branch, tasks: Count { done, total } }) => {
                format!("{done} of {total} on {branch}, not merged here")
            }
            None => String::new(),
        };
        let cells = vec![
            cell(&plan.id, Tone::Strong),
            cell(words_of(&plan.state), tone_of_state(&plan.state)),
            cell(format!("{} of {}", plan.tasks.done, plan.tasks.total), Tone::Plain),
            cell(plan.title, Tone::Plain),
            cell(aside, Tone::Warning),
        ];
        Entry { target: page(&["plan", "show", &plan.id]), id: plan.id, cells }
    };
    plans.plans.into_iter().map(entry).collect()
}

/// What `sprint list` answers.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Sprints {
    #[serde(default)]
    sprints: Vec<Sprint>,
}

#[derive(Debug, Deserialize)]
struct Sprint {
    id: String,
    #[serde(default)]
    title: Option<String>,
    state: String,
    #[serde(default)]
    starts: Option<NaiveDate>,
    #[serde(default)]
    ends: Option<NaiveDate>,
    tasks: usize,
    complete: usize,
    #[serde(default)]
    goal: Option<String>,
}

pub(super) fn of_sprints(sprints: Sprints) -> Vec<Entry> {
    let entry = |sprint: Sprint| {
        let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        let span = match (sprint.starts, sprint.ends) {
            (None, None) => String::new(),
            (starts, ends) => format!("{} – {}", day(starts), day(ends)),
        };
        let what = if sprint.state == "closed" { "show" } else { "status" };
        let cells = vec![
            cell(&sprint.id, Tone::Strong),
            cell(words_of(&sprint.state), tone_of_state(&sprint.state)),
            cell(format!("{}/{}", sprint.complete, sprint.tasks), Tone::Plain),
            cell(sprint.goal.or(sprint.title).unwrap_or_default(), Tone::Plain),
            cell(span, Tone::Dim),
        ];
        Entry { target: page(&["sprint", what, &sprint.id]), id: sprint.id, cells }
    };
    sprints.sprints.into_iter().map(entry).collect()
}

/// What `fleet status` answers.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Fleet {
    #[serde(default)]
    workers: Vec<Worker>,
}

#[derive(Debug, Deserialize)]
struct Worker {
    worker: String,
    state: String,
    #[serde(default)]
    since: Option<DateTime<Utc>>,
    #[serde(default)]
    rounds: usize,
    #[serde(default)]
    fixed: usize,
    #[serde(default)]
    escalated: usize,
    #[serde(default)]
    failed: usize,
    #[serde(default)]
    why: Option<String>,
}

pub(super) fn of_fleet(fleet: Fleet) -> Vec<Entry> {
    let entry = |worker: Worker| {
        let alarm = |count: usize, tone| if count > 0 { tone } else { Tone::Dim };
        let cells = vec![
            cell(&worker.worker, Tone::Strong),
            cell(words_of(&worker.state), tone_of_state(&worker.state)),
            cell(format!("{} rounds", worker.rounds), Tone::Plain),
            cell(worker.why.unwrap_or_default(), Tone::Dim),
            cell(format!("{} fixed", worker.fixed), Tone::Good),
            cell(format!("{} escalated", worker.escalated), alarm(worker.escalated, Tone::Warning)),
            cell(format!("{} failed", worker.failed), alarm(worker.failed, Tone::Bad)),
            since(worker.since),
        ];
        Entry { target: page(&["worker", "show", &worker.worker]), id: worker.worker, cells }
    };
    fleet.workers.into_iter().map(entry).collect()
}
