//! `tracker export`

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View, pretty};
use crate::cli::args::{Format, QueryArgs, ReadArgs, export_formats};
use crate::cli::commands::list::table_of;
use crate::cli::commands::shared::counted;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean, clean_lines};
use crate::import::tasks::{Detail, TitleMarks};
use crate::model::{Field, Minutes};
use crate::ops;
use crate::ops::plain;
use crate::report::checklist::{ChecklistBox, ChecklistTask, checklist};
use crate::report::listing::{LIST_FORMATS, ListFormat};
use crate::store;

/// Export tasks, closed ones too, as a checklist, as CSV or as JSON
///
/// JSON has everything: all fields, what is derived of them, history, notes and text. CSV has a column a field, the text
/// among them. Markdown is a list of checkboxes by area, as forges render it; `tracker import` reads
/// it again.
///
/// Example: tracker export --format csv --output tasks.csv
///
/// Example: tracker export area:ui is:open
#[derive(Debug, Args)]
#[command(arg = export_formats())]
pub(in crate::cli) struct Export {
    #[command(flatten)]
    which: QueryArgs,
    /// Sort order, such as priority,-created
    #[arg(short, long, value_name = "FIELDS", allow_hyphen_values = true)]
    sort: Option<String>,
    /// File to write to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// What was exported.
#[derive(Serialize, JsonSchema)]
pub(super) struct Response {
    /// The file it was written to.
    output: Option<String>,
    #[serde(flatten)]
    export: ops::Export,
    /// The text of the form that was requested.
    #[serde(skip)]
    document: String,
}

/// The form of the document.
enum Form {
    Checklist,
    Table(&'static ListFormat),
    Json,
}

/// Returns the form that was requested, or that the name of the file says.
fn form_of(format: Format, output: Option<&str>) -> Form {
    let ending = output.and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending);
    let of_table = LIST_FORMATS.iter().find(|format| ending == Some(format.name));
    match (format, of_table) {
        (Format::List(format), _) | (Format::Human, Some(format)) => Form::Table(format),
        (Format::Json, _) => Form::Json,
        (Format::Human, None) if ending == Some("json") => Form::Json,
        _ => Form::Checklist,
    }
}

impl Command for Export {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.read(&self.read)?;
        let (query, sort) = (self.which.text(), self.sort);
        let request = ops::ListRequest { query, all: true, sort, ..ops::ListRequest::default() };
        let (listing, mut problems) = ops::list(&session, &request)?;
        let (export, unread) = ops::export(&session, listing.clone())?;
        problems.extend(unread);
        let document = match form_of(context.format(), self.output.as_deref()) {
            Form::Table(format) => {
                let fields: Vec<Field> = Field::shown().collect();
                table_of(&ops::select_fields(&session, listing, &fields), format)
            }
            Form::Json => pretty(&plain(&export)),
            Form::Checklist => checklist(&export.tasks.iter().map(checklist_task).collect::<Vec<_>>()),
        };
        if let Some(file) = &self.output {
            store::write_file(&context.path(file), document.as_bytes())?;
        }
        Ok(Answer::of(Response { output: self.output, export, document }).with_problems(problems))
    }
}

fn checklist_task(task: &ops::ExportedTask) -> ChecklistTask<'_> {
    let line = &task.line;
    let marks = TitleMarks {
        priority: line.priority.clone(),
        estimate: line.estimate_minutes.map(|minutes| Minutes(minutes).to_string()),
        assignee: line.assignee.clone(),
    };
    let parent = line.parent.iter().map(|parent| (Detail::PartOf, parent.clone()));
    let depends_on = (!line.depends_on.is_empty()).then(|| (Detail::DependsOn, line.depends_on.join(", ")));
    let files = line.files.iter().map(|file| (Detail::File, file.clone()));
    let blocked = line.blocked.iter().map(|why| (Detail::Blocked, why.clone()));
    let cancelled = line.cancelled.iter().map(|why| (Detail::Cancelled, why.clone()));
    let boxes = task.checkboxes.iter().map(|own| ChecklistBox {
        section: own.section.as_deref(),
        text: &own.text,
        is_done: own.done,
    });
    ChecklistTask {
        id: &line.id,
        title: &line.title,
        is_done: line.stage == crate::model::Stage::complete().as_str(),
        marks,
        area: line.area.as_deref(),
        details: parent.chain(depends_on).chain(files).chain(blocked).chain(cancelled).collect(),
        boxes: boxes.collect(),
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match &self.output {
            Some(file) => out.line(format!("Wrote {}", clean(file))),
            // A terminal would obey what a title says; a file or a pipe takes the text as it is.
            None if out.is_rich() => out.line(clean_lines(&self.document)),
            None => out.raw(&self.document),
        }
    }

    fn status(&self, out: &mut Output) {
        out.line(out.dim(&counted(self.export.tasks.len(), "task")));
    }

    fn rendered(&self, _format: Format) -> Option<String> {
        Some(match &self.output {
            Some(file) => format!("Wrote {}\n", clean(file)),
            None => self.document.clone(),
        })
    }
}
