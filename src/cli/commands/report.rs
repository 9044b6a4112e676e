//! `tracker report`

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::pretty;
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Output, clean, clean_lines};
use crate::ops;

/// Render a report
///
/// A file of the template's name in `.tracker/templates/` takes the place of the built-in template.
///
/// Example: tracker report cards --output CARDS.md
#[derive(Debug, Args)]
pub(in crate::cli) struct Report {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Render all tasks as cards (template cards.md.j2)
    Cards(Cards),
}

#[derive(Debug, Args)]
struct Cards {
    /// File to write to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Print the template's data as JSON
    #[arg(long, conflicts_with = "output")]
    context: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// A report.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// The file it was written to.
    output: Option<String>,
    #[serde(flatten)]
    report: ops::CardsReport,
}

impl Command for Report {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let What::Cards(cards) = self.what;
        let session = context.read(&cards.read)?;
        let (report, problems) = ops::cards_report(&session, cards.context)?;
        if let Some(file) = &cards.output {
            let written = std::fs::write(context.path(file), &report.text);
            written.map_err(|source| Failure::unwritable(file, &source))?;
        }
        Ok(Answer::of(Response { output: cards.output, report }).with_problems(problems))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match (&self.output, &self.report.context) {
            (Some(file), _) => out.line(format!("Wrote {}", clean(file))),
            (None, Some(context)) => out.raw(&pretty(context)),
            // A terminal would obey what a title says; a file or a pipe takes the text as it is.
            (None, None) if out.is_rich() => out.line(clean_lines(&self.report.text)),
            (None, None) => out.raw(&self.report.text),
        }
    }
}
