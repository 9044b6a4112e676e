//! `tracker list`

use clap::Args;
use owo_colors::Style;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::args::ReadArgs;
use super::super::door::Door;
use super::super::page::{Cell, Page};
use super::Reply;
use super::shared::{counted, show_lines};
use crate::cli::error::Failure;
use crate::ops;
use crate::query::Field;

pub(super) type Output = ops::Listing;

/// Lists the tasks that match a query; without one, every open task.
///
/// A query is terms side by side: stage:qa priority>=high tag:ui -assignee:ada "dark mode". Terms may be joined
/// by `or` and grouped by parentheses, `-` turns one around, commas give a choice: stage:dev,qa. Fields: id title
/// type priority stage status badge assignee area tag sprint dep file estimate spent created updated since blocked
/// cancelled source body; is:open is:closed is:blocked is:ready is:mine; has:FIELD no:FIELD.
#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// The query; put words with operators or spaces in quotes for your shell
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Closed tasks too, where there is no query
    #[arg(short, long)]
    all: bool,
    /// The order, such as priority,-created
    #[arg(short, long, value_name = "FIELDS", allow_hyphen_values = true)]
    sort: Option<String>,
    /// At most so many
    #[arg(short, long, value_name = "COUNT")]
    limit: Option<usize>,
    /// Only these fields, such as id,title,assignee
    #[arg(short, long, value_name = "FIELDS")]
    fields: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl List {
    pub(super) fn run(self, door: &Door) -> Reply {
        let fields = self.fields.as_deref().map(Field::parse_list).transpose();
        let fields = fields.map_err(|error| Failure::from(ops::Error::Query(error)))?;
        let request = ops::ListRequest {
            query: self.query.join(" "),
            all: self.all,
            sort: self.sort,
            limit: self.limit,
        };
        let session = door.read(&self.read)?;
        let (listing, problems) = ops::list(&session, &request)?;
        let answer = match fields {
            None => Answer::of(listing),
            Some(fields) => Answer::of(Chosen::new(listing, &fields)),
        };
        Ok(answer.with_problems(problems))
    }
}

impl View for ops::Listing {
    fn show(&self, page: &mut Page) {
        if page.is_quiet() {
            for task in &self.tasks {
                page.line(&task.id);
            }
            return;
        }
        show_lines(&self.tasks, page);
        page.line(page.dim(&summary(self)));
    }
}

fn summary(listing: &ops::Listing) -> String {
    let mut said = counted(listing.matched, "task");
    let shown = listing.tasks.len();
    if shown < listing.matched {
        said = format!("{shown} of {said}");
    }
    let issues = listing.tasks.iter().filter(|task| task.badge == "issues_found").count();
    if issues > 0 {
        said.push_str(&format!(", {issues} with issues"));
    }
    if listing.hidden > 0 {
        said.push_str(&format!("; {} closed: tracker list --all", listing.hidden));
    }
    said
}

/// A listing of chosen fields.
#[derive(Debug, Serialize)]
struct Chosen {
    query: String,
    matched: usize,
    hidden: usize,
    tasks: Vec<serde_json::Map<String, serde_json::Value>>,
}

impl Chosen {
    fn new(listing: ops::Listing, fields: &[Field]) -> Self {
        let pick = |task: &ops::TaskLine| {
            let all = serde_json::to_value(task).expect("plain data with text keys is always JSON");
            fields.iter().map(|field| (field.key().to_owned(), value_of(&all, *field))).collect()
        };
        let tasks = listing.tasks.iter().map(pick).collect();
        Self { query: listing.query, matched: listing.matched, hidden: listing.hidden, tasks }
    }
}

/// Returns a field of a line, which carries lengths of time under names that say the unit.
fn value_of(line: &serde_json::Value, field: Field) -> serde_json::Value {
    let minutes = || line.get(format!("{}_minutes", field.key()));
    line.get(field.key()).or_else(minutes).cloned().unwrap_or_default()
}

impl View for Chosen {
    fn show(&self, page: &mut Page) {
        let Some(first) = self.tasks.first() else { return };
        let heads = first.keys().map(|key| Cell::styled(key, Style::new().dimmed())).collect();
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(items) => {
                items.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(",")
            }
            serde_json::Value::Object(count) => {
                let number = |key: &str| count.get(key).map_or_else(String::new, ToString::to_string);
                format!("{}/{}", number("done"), number("total"))
            }
            other => other.to_string(),
        };
        let row = |task: &serde_json::Map<String, serde_json::Value>| {
            task.values().map(|value| Cell::new(text(value))).collect()
        };
        let mut rows: Vec<Vec<Cell>> = if page.is_quiet() { Vec::new() } else { vec![heads] };
        rows.extend(self.tasks.iter().map(row));
        let title = first.keys().position(|key| key == "title").unwrap_or(usize::MAX);
        page.columns(&rows, title, 0);
    }
}
