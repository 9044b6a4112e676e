//! `tracker report`

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View, pretty};
use crate::cli::args::{Format, ReadArgs, document_format};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean, clean_lines};
use crate::ops::{self, ReportRequest};
use crate::report::{self as reports, ReportFormat};
use crate::store;

/// Render a report as Markdown, as a page, or as data
///
/// A file such as cards.md.j2 in .tracker/templates/ takes the place of the built-in template; one such as cards.html.j2
/// that of the page. --context prints the data that a template gets.
///
/// Example: tracker report sprint SPRINT-1 --output report.html
///
/// Example: tracker report handoff --since yesterday
#[derive(Debug, Args)]
#[command(arg = document_format())]
pub(in crate::cli) struct Report {
    /// The report
    #[arg(value_name = "REPORT", value_parser = report_parser())]
    report: &'static reports::Report,
    /// Sprint; for cards, board and changelog [default: all], for sprint, plan and postmortem [default: the active one]
    #[arg(value_name = "SPRINT")]
    sprint: Option<String>,
    /// Since when, for activity and handoff: a day, a time ago such as 4h, or a revision [default: 7d]
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<String>,
    /// File to write to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Print the template's data as JSON
    #[arg(long, conflicts_with = "output")]
    context: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// Reads the name of a report.
fn report_parser() -> impl TypedValueParser<Value = &'static reports::Report> {
    let values = reports::REPORTS.iter().map(|report| PossibleValue::new(report.name).help(report.about));
    PossibleValuesParser::new(values)
        .map(|name| reports::Report::named(&name).expect("the parser knows the names of the table alone"))
}

/// A report.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// The file it was written to.
    output: Option<String>,
    #[serde(flatten)]
    report: ops::RenderedReport,
    /// Whether the data is what was requested.
    #[serde(skip)]
    is_data: bool,
}

impl Report {
    /// Returns the form of the document; none where only the data is requested.
    fn format(&self, context: &Context) -> Option<ReportFormat> {
        let is_page = |file: &String| file.ends_with(".html") || file.ends_with(".htm");
        match context.format() {
            _ if self.context => None,
            Format::Json if self.output.is_none() => None,
            Format::Html => Some(ReportFormat::Html),
            Format::Human | Format::Json if self.output.as_ref().is_some_and(is_page) => {
                Some(ReportFormat::Html)
            }
            _ => Some(ReportFormat::Markdown),
        }
    }
}

impl Command for Report {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.read(&self.read)?;
        let format = self.format(context);
        let request = ReportRequest { sprint: self.sprint, since: self.since, format };
        let (report, problems) = ops::report(&session, self.report, &request)?;
        if let Some(file) = &self.output {
            store::write_file(&context.path(file), report.text.as_bytes())?;
        }
        let response = Response { output: self.output, report, is_data: self.context };
        Ok(Answer::of(response).with_problems(problems))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match &self.output {
            Some(file) => out.line(format!("Wrote {}", clean(file))),
            None if self.is_data => out.raw(&pretty(&self.report.data)),
            // A terminal would obey what a title says; a file or a pipe takes the text as it is.
            None if out.is_rich() => out.line(clean_lines(&self.report.text)),
            None => out.raw(&self.report.text),
        }
    }

    fn rendered(&self, _format: Format) -> Option<String> {
        Some(self.report.text.clone())
    }
}
