//! `tracker report`

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::args::ReadArgs;
use super::super::door::Door;
use super::super::json::pretty;
use super::super::page::{Page, clean, clean_lines};
use super::Reply;
use crate::cli::error::Failure;
use crate::ops;

/// Renders a report. The template may be overridden in `.tracker/templates/`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Report {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every task as a card: active ones, archive, statistics (template cards.md.j2)
    Cards(Cards),
}

#[derive(Debug, Args)]
struct Cards {
    /// Write it to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Print the data that a template can use, as JSON
    #[arg(long, conflicts_with = "output")]
    context: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// A report.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The file it was written to.
    output: Option<String>,
    #[serde(flatten)]
    report: ops::CardsReport,
}

impl Report {
    pub(super) fn run(self, door: &Door) -> Reply {
        let What::Cards(cards) = self.what;
        let session = door.read(&cards.read)?;
        let (report, problems) = ops::cards_report(&session, cards.context)?;
        if let Some(file) = &cards.output {
            let written = std::fs::write(door.path(file), &report.text);
            written.map_err(|source| Failure::unwritable(file, &source))?;
        }
        Ok(Answer::of(Output { output: cards.output, report }).with_problems(problems))
    }
}

impl View for Output {
    fn show(&self, page: &mut Page) {
        match (&self.output, &self.report.context) {
            (Some(file), _) => page.line(format!("Wrote {}", clean(file))),
            (None, Some(context)) => page.raw(&pretty(context)),
            // A terminal would obey what a title says; a file or a pipe takes the text as it is.
            (None, None) if page.is_rich() => page.line(clean_lines(&self.report.text)),
            (None, None) => page.raw(&self.report.text),
        }
    }
}
