//! `tracker findings`

mod import;

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output};
use crate::model::FindingState;
use crate::ops;

/// List, import, resolve and waive findings
///
/// A finding is a problem that a reviewer or a tool reported about a task. Whoever wrote what it is about marks it as
/// fixed; the next approval of the role that reported it resolves it.
///
/// Example: tracker findings 7q2m
///
/// Example: tracker findings severity:high,critical assignee:@me
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Findings {
    #[command(subcommand)]
    what: Option<What>,
    /// Task, finding, or a query: severity:high, role:…, state:waived, and terms about their tasks [default: all]
    #[arg(value_name = "ID|QUERY", add = tasks())]
    words: Vec<String>,
    /// Include resolved and waived findings
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    Import(import::Import),
    /// Mark a finding as fixed, for the role that reported it to see
    #[command(alias = "fixed")]
    Fix(Change),
    /// Resolve a finding
    #[command(alias = "settle")]
    Resolve(Change),
    /// Waive a finding: accept it, with a reason
    Waive(Change),
    /// Reopen a finding
    Reopen(Change),
}

#[derive(Debug, Args)]
struct Change {
    /// Finding ID, or the beginning of it; its task before it, where several have such a finding
    #[arg(value_names = ["TASK", "FINDING"], num_args = 1..=2, required = true, add = tasks())]
    words: Vec<String>,
    /// Reason
    #[arg(long, short = 'm', value_name = "REASON")]
    why: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Findings, or what became of one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// A list.
    List(ops::FindingsView),
    /// A report was imported.
    Imported(Box<ops::FindingsImport>),
    /// A finding was fixed, resolved, waived or reopened.
    Written(ops::Written),
}

impl Command for Findings {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let (change, to) = match self.what {
            None => {
                let session = context.read(&self.read)?;
                let (view, problems) = ops::findings(&session, &self.words, self.all)?;
                return Ok(Answer::of(Response::List(view)).with_problems(problems));
            }
            Some(What::Import(import)) => return import.run(context),
            Some(What::Fix(change)) => (change, FindingState::Fixed),
            Some(What::Resolve(change)) => (change, FindingState::Resolved),
            Some(What::Waive(change)) => (change, FindingState::Waived),
            Some(What::Reopen(change)) => (change, FindingState::Open),
        };
        let session = context.write(&change.write)?;
        let (task, finding) = match change.words.as_slice() {
            [task, finding] => (Some(task.as_str()), finding.as_str()),
            words => (None, words.first().map_or("", String::as_str)),
        };
        let written = ops::resolve(&session, task, finding, to, change.why.as_deref())?;
        Ok(Answer::of(Response::Written(written)))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Written(written) => written.show(out),
            Self::Imported(import) => import.show(out),
            Self::List(view) => show_list(view, out),
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::Written(written) => written.status(out),
            Self::Imported(import) => import.status(out),
            Self::List(view) => out.line(out.dim(&counted(view.findings.len(), "finding"))),
        }
    }
}

fn show_list(view: &ops::FindingsView, out: &mut Output) {
    if out.is_quiet() {
        view.findings.iter().for_each(|finding| out.line(&finding.id));
        return;
    }
    let rows: Vec<Vec<Cell>> = view.findings.iter().map(|finding| of_task(finding, out)).collect();
    out.columns(&rows, 5, 0);
}

/// Returns what a list of several tasks shows of a finding.
pub(super) fn of_task(finding: &ops::FindingView, out: &Output) -> Vec<Cell> {
    let mut cells = finding_cells(finding, out);
    cells.insert(1, Cell::styled(&finding.task, Style::new().bold()));
    cells
}

/// Returns what a list shows of a finding, beside its task.
pub(super) fn finding_cells(finding: &ops::FindingView, out: &Output) -> Vec<Cell> {
    let style = match finding.severity.as_str() {
        "critical" => Style::new().red().bold(),
        "high" => Style::new().red(),
        "medium" => Style::new().yellow(),
        _ => Style::new().dimmed(),
    };
    let (rich, plain) = if finding.blocks { ("✗", "blocks") } else { ("·", "") };
    vec![
        Cell::styled(out.glyph(rich, plain), style),
        Cell::new(&finding.id),
        Cell::styled(&finding.severity, style),
        Cell::new(&finding.state),
        Cell::new(&finding.title).wrap(),
        Cell::styled(finding.place.as_deref().unwrap_or_default(), Style::new().cyan()).below(),
        Cell::styled(finding.fix.as_deref().unwrap_or_default(), Style::new().bold()).below(),
        Cell::styled(format!("{} as {}", finding.by, finding.role), Style::new().dimmed()).below(),
    ]
}
