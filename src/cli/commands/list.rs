//! `tracker list`

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::shared::{counted, show_lines, show_tree};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{Format, QueryArgs, ReadArgs, count, list_formats};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::fields::queryable;
use crate::cli::output::Output;
use crate::cli::selection::{show_table, text};
use crate::model::{Badge, Field, FieldKind};
use crate::ops;
use crate::report::listing::{ListFormat, Table};

/// Whole lines, or with `--fields` only these fields of each.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    Whole(ops::Listing),
    SelectedFields(ops::SelectedFields),
}

/// List tasks that match a query
///
/// Without a query it lists every open task. Closed tasks are hidden unless the query names their stage or status, as
/// `is:closed` does.
///
/// A query is terms side by side: stage:qa priority>=high tag:ui -assignee:ada "dark mode". Terms may be joined by `or` and
/// grouped by parentheses; `-` negates a term; commas separate alternatives: stage:dev,qa. Beside the fields below
/// there are is:open is:closed is:blocked is:ready is:overdue is:mine, has:FIELD and no:FIELD. See `tracker help queries`.
///
/// Example: tracker list stage:qa -assignee:@me --sort priority,-created
#[derive(Debug, Args)]
#[command(visible_aliases = ["ls", "search"], alias = "find", after_long_help = queryable(), arg = list_formats())]
pub(in crate::cli) struct List {
    #[command(flatten)]
    which: QueryArgs,
    /// Include closed tasks
    #[arg(short, long)]
    all: bool,
    /// Sort order, such as priority,-created
    #[arg(short, long, value_name = "FIELDS", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Maximum number of tasks
    #[arg(short, long, value_name = "COUNT", value_parser = count)]
    limit: Option<usize>,
    /// Show each task below the one that it is a part of
    #[arg(long, conflicts_with = "fields")]
    tree: bool,
    /// Fields to show, such as id,title,assignee
    #[arg(short, long, value_name = "FIELDS")]
    fields: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for List {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let query = self.which.text();
        refuse_fields_as_query(&query)?;
        let fields = self.fields.as_deref().map(crate::query::parse_fields).transpose();
        let fields = fields.map_err(|error| Failure::from(ops::Error::Query(error)))?;
        let request =
            ops::ListRequest { query, all: self.all, sort: self.sort, limit: self.limit, tree: self.tree };
        let session = context.read(&self.read)?;
        let (listing, problems) = ops::list(&session, &request)?;
        // A spreadsheet has room for what a line on a terminal has not.
        let is_cell = |field: &Field| field.kind() != FieldKind::Body;
        let is_table = matches!(context.format(), Format::List(_));
        let fields = fields.or_else(|| is_table.then(|| Field::shown().filter(is_cell).collect()));
        let output = match fields {
            None => Response::Whole(listing),
            Some(fields) => Response::SelectedFields(ops::select_fields(&session, listing, &fields)),
        };
        Ok(Answer::of(output).with_problems(problems))
    }
}

/// Another tracker's `--json` takes fields; here they are a query, which finds nothing.
fn refuse_fields_as_query(query: &str) -> Result<(), Failure> {
    if query.contains(',') && !query.contains(' ') && crate::query::parse_fields(query).is_ok() {
        let hint = format!("run `tracker list --json --fields {query}`");
        return Err(Failure::usage_message(format!("`{query}` names fields, and a query is expected"), hint));
    }
    Ok(())
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Whole(listing) => listing.show(out),
            Self::SelectedFields(selected) => selected.show(out),
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::Whole(listing) => listing.status(out),
            Self::SelectedFields(selected) => selected.status(out),
        }
    }

    fn brief(&self) -> Option<Value> {
        if let Self::Whole(listing) = self { listing.brief() } else { None }
    }

    fn is_selected(&self) -> bool {
        matches!(self, Self::SelectedFields(_))
    }

    fn rendered(&self, format: Format) -> Option<String> {
        let (Format::List(format), Self::SelectedFields(selected)) = (format, self) else { return None };
        Some(table_of(selected, format))
    }
}

/// Writes the requested fields of tasks in a form that other programs read.
pub(super) fn table_of(selected: &ops::SelectedFields, format: &ListFormat) -> String {
    let heads: Vec<&str> = selected.fields.iter().map(|field| field.key()).collect();
    let cells = |task: &ops::SelectedTask| task.0.iter().map(|(key, value)| text(key, value)).collect();
    let rows: Vec<Vec<String>> = selected.tasks.iter().map(cells).collect();
    (format.render)(&Table { heads: &heads, rows: &rows })
}

impl View for ops::Listing {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            for task in &self.tasks {
                out.line(&task.id);
            }
            return;
        }
        match &self.tree {
            Some(tree) => show_tree(&self.tasks, tree, out),
            None => show_lines(&self.tasks, out),
        }
    }

    fn status(&self, out: &mut Output) {
        out.line(out.dim(&summary(self)));
    }

    fn brief(&self) -> Option<Value> {
        Some(ops::brief_listing(self))
    }
}

fn summary(listing: &ops::Listing) -> String {
    let mut summary = counted(listing.matched, "task");
    let shown = listing.tasks.len();
    if shown < listing.matched {
        summary = format!("{shown} of {summary}");
    }
    let issues = listing.tasks.iter().filter(|task| task.badge == Badge::IssuesFound).count();
    if issues > 0 {
        summary.push_str(&format!(", {issues} with issues"));
    }
    if listing.hidden > 0 {
        summary.push_str(&format!("; {} closed hidden, see `tracker list --all`", listing.hidden));
    }
    if let Some(claimed) = listing.claimed {
        summary.push_str(&format!("; {claimed} claimed by others, see `tracker claims`"));
    }
    if let Some(held) = listing.held {
        let plans = "tracker plan list --status draft,rejected";
        summary.push_str(&format!("; {held} in plans that are not approved, see `{plans}`"));
    }
    summary
}

impl View for ops::SelectedFields {
    fn show(&self, out: &mut Output) {
        let Some(first) = self.tasks.first() else { return };
        let keys: Vec<String> = first.0.keys().cloned().collect();
        let rows: Vec<_> = self.tasks.iter().map(|task| task.0.clone()).collect();
        show_table(&keys, &rows, out);
    }

    fn status(&self, out: &mut Output) {
        if self.tasks.len() < self.matched {
            out.line(out.dim(&format!("{} of {}", self.tasks.len(), counted(self.matched, "task"))));
        }
    }
}
