//! `tracker findings`

mod import;

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::tasks;
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output};
use crate::model::FindingState;
use crate::ops;

/// List, import, resolve and waive findings
///
/// A finding is a problem that a reviewer or a tool reported about a task.
///
/// Example: tracker findings 7q2m
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Findings {
    #[command(subcommand)]
    what: Option<What>,
    /// The task, by a part of its id; all where left out
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// Settled and waived ones too
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read what a tool found
    Import(import::Import),
    /// Say that a finding is mended
    Settle(Resolve),
    /// Say that a finding stays, and why
    Waive(Resolve),
    /// Open a finding again
    Reopen(Resolve),
}

#[derive(Debug, Args)]
struct Resolve {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// The finding, by its id or the beginning of it
    #[arg(value_name = "FINDING")]
    finding: String,
    /// Why
    #[arg(long, short = 'm', value_name = "WHY")]
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
    /// A finding was settled, waived or opened again.
    Written(ops::Written),
}

impl Command for Findings {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let (resolve, to) = match self.what {
            None => {
                let session = context.read(&self.read)?;
                let (view, problems) = ops::findings(&session, self.id.as_deref(), self.all)?;
                return Ok(Answer::of(Response::List(view)).with_problems(problems));
            }
            Some(What::Import(import)) => return import.run(context),
            Some(What::Settle(resolve)) => (resolve, FindingState::Resolved),
            Some(What::Waive(resolve)) => (resolve, FindingState::Waived),
            Some(What::Reopen(resolve)) => (resolve, FindingState::Open),
        };
        let session = context.write(&resolve.write)?;
        let written = ops::resolve(&session, &resolve.id, &resolve.finding, to, resolve.why.as_deref())?;
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
            Self::List(_) => {}
        }
    }
}

fn show_list(view: &ops::FindingsView, out: &mut Output) {
    let row = |finding: &ops::FindingView, out: &Output| {
        let style = match finding.severity.as_str() {
            "critical" => Style::new().red().bold(),
            "high" => Style::new().red(),
            "medium" => Style::new().yellow(),
            _ => Style::new().dimmed(),
        };
        let (rich, plain) = if finding.blocks { ("✗", "blocks") } else { ("·", "") };
        vec![
            Cell::styled(out.pick(rich, plain), style),
            Cell::styled(&finding.task, Style::new().bold()),
            Cell::new(&finding.id),
            Cell::styled(&finding.severity, style),
            Cell::new(&finding.state),
            Cell::new(&finding.title),
            Cell::styled(finding.place.as_deref().unwrap_or_default(), Style::new().cyan()),
            Cell::styled(finding.fix.as_deref().unwrap_or_default(), Style::new().bold()),
            Cell::styled(format!("{} as {}", finding.by, finding.role), Style::new().dimmed()),
        ]
    };
    let rows: Vec<Vec<Cell>> = view.findings.iter().map(|finding| row(finding, out)).collect();
    out.columns(&rows, 5, 0);
    out.line(out.dim(&counted(view.findings.len(), "finding")));
}
