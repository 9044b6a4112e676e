//! `tracker report`

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View, pretty};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean, clean_lines};
use crate::ops;
use crate::report as reports;
use crate::store;

/// Render a report
///
/// A file such as cards.md.j2 in .tracker/templates/ takes the place of the built-in template.
///
/// Example: tracker report cards --output CARDS.md
#[derive(Debug, Args)]
pub(in crate::cli) struct Report {
    /// The report
    #[arg(value_name = "REPORT", value_parser = report_parser())]
    report: &'static reports::Report,
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
}

impl Command for Report {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.read(&self.read)?;
        let (report, problems) = ops::report(&session, self.report, self.context)?;
        if let Some(file) = &self.output {
            store::write_file(&context.path(file), report.text.as_bytes())?;
        }
        Ok(Answer::of(Response { output: self.output, report }).with_problems(problems))
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
