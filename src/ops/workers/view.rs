//! Workers as people and programs see them: the types, what runs, and what the rounds have come to.

use std::fs;

use schemars::JsonSchema;
use serde::Serialize;

use super::desk::{worker_folder, workers_folder};
use super::records::{Round, read_rounds};
use super::types::{Policy, WorkerPolicy, built_in_text};
use crate::model::{WorkerReport, WorkerWatch, is_worker_name, span_text};
use crate::ops::{Error, Result, Session};
use crate::store::Lock;

/// A worker that has worked on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerLine {
    /// Its name.
    pub worker: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether a process runs it now.
    pub running: bool,
    /// How many rounds it has made.
    pub rounds: usize,
    /// How many findings it has fixed.
    pub fixed: usize,
    /// Its last round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Round>,
}

/// Types, and workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkersView {
    /// Where the configuration comes from.
    pub policy: WorkerPolicy,
    /// The types that there are.
    pub types: Vec<WorkerTypeView>,
    /// The workers of this machine.
    pub workers: Vec<WorkerLine>,
}

/// A tool of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerToolView {
    /// Its name.
    pub tool: String,
    /// What reports; left out for a formatter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detect: Option<String>,
    /// What fixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The form of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// The files that it is for. Empty: all.
    pub paths: Vec<String>,
    /// The rules that people decide about.
    pub architectural: Vec<String>,
    /// Of a rule of the repository's own: what it finds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Of such a rule: what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A type of workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerTypeView {
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the program brings it.
    pub built_in: bool,
    /// Whether the configuration has it, or changes it.
    pub configured: bool,
    /// Where its work comes from.
    pub watch: String,
    /// The files that it may touch. Empty: all but records.
    pub paths: Vec<String>,
    /// Its tools, in their order.
    pub tools: Vec<WorkerToolView>,
    /// What must succeed with the fixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// The executor that fixes what tools cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// How often it is tried.
    pub attempts: u32,
    /// How long one command may take.
    pub timeout: String,
    /// What its rounds of one day may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// The text that the program brings, to be copied into the configuration and changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

/// Lists types and workers.
pub fn list_workers(session: &Session<'_>) -> Result<WorkersView> {
    let policy = Policy::read(session, None)?;
    let types: Result<Vec<WorkerTypeView>> = policy
        .names()
        .iter()
        .map(|name| Ok(WorkerTypeView { template: None, ..type_view(&policy, name)? }))
        .collect();
    let workers =
        worker_names(session).iter().map(|name| worker_line(session, name)).collect::<Result<_>>()?;
    Ok(WorkersView { types: types?, workers, policy: policy.from })
}

/// Returns the names of the workers of this machine, sorted.
pub(in crate::ops) fn worker_names(session: &Session<'_>) -> Vec<String> {
    let entries = fs::read_dir(workers_folder(session.workspace())).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| is_worker_name(name));
    names.sort();
    names
}

fn worker_line(session: &Session<'_>, name: &str) -> Result<WorkerLine> {
    let folder = worker_folder(session.workspace(), name);
    let rounds = read_rounds(&folder);
    Ok(WorkerLine {
        worker: name.to_owned(),
        kind: rounds.last().map(|round| round.kind.clone()),
        running: Lock::is_held(&folder.join("lock"))?,
        rounds: rounds.len(),
        fixed: rounds.iter().map(|round| round.fixed).sum(),
        last: rounds.into_iter().next_back(),
    })
}

/// Shows a type.
pub fn show_worker_type(session: &Session<'_>, name: &str) -> Result<WorkerTypeView> {
    type_view(&Policy::read(session, None)?, name)
}

fn type_view(policy: &Policy, name: &str) -> Result<WorkerTypeView> {
    let template = built_in_text(name);
    let kind = policy.known(name)?;
    let report = |report: WorkerReport| match report {
        WorkerReport::Sarif => "sarif",
        WorkerReport::Junit => "junit",
        WorkerReport::Json => "json",
        WorkerReport::Cargo => "cargo",
        WorkerReport::Eslint => "eslint",
    };
    let tools = kind.tools_in_order().into_iter().map(|(name, tool)| WorkerToolView {
        tool: name.to_owned(),
        detect: tool.detect.clone(),
        fix: tool.fix.clone(),
        report: tool.report.map(|form| report(form).to_owned()),
        paths: tool.paths.clone(),
        architectural: tool.architectural.clone(),
        pattern: tool.pattern.clone(),
        title: tool.title.clone(),
    });
    let watch = match kind.watch.unwrap_or_default() {
        WorkerWatch::Commits => "commits",
        WorkerWatch::Tasks => "tasks",
        WorkerWatch::Findings => "findings",
    };
    Ok(WorkerTypeView {
        kind: name.to_owned(),
        built_in: template.is_some(),
        configured: policy.config.workers.contains_key(name),
        watch: watch.to_owned(),
        paths: kind.paths.clone(),
        tools: tools.collect(),
        verify: kind.verify.clone(),
        executor: kind.executor.clone(),
        attempts: kind.most_attempts(),
        timeout: span_text(kind.time_limit()),
        budget: kind.budget.as_ref().map(ToString::to_string),
        template: template.map(str::to_owned),
    })
}

/// The rounds of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkerRounds {
    /// The worker, and whether it runs.
    pub worker: WorkerLine,
    /// Its rounds, the newest first.
    pub rounds: Vec<Round>,
}

/// Returns the last rounds of a worker.
pub fn worker_rounds(session: &Session<'_>, name: &str, most: usize) -> Result<WorkerRounds> {
    let folder = worker_folder(session.workspace(), name);
    if !is_worker_name(name) || !folder.is_dir() {
        return Err(Error::not_found(format!("unknown worker `{name}`"), "tracker worker"));
    }
    let mut rounds = read_rounds(&folder);
    rounds.reverse();
    rounds.truncate(most);
    Ok(WorkerRounds { worker: worker_line(session, name)?, rounds })
}
