//! `tracker deps`
//!
//! ```console
//! $ tracker deps
//! TASK-C0LR  blocked  Two
//! `- TASK-7Q2M  none  One
//! ```

use std::collections::HashMap;

use clap::Args;
use owo_colors::Style;
use unicode_width::UnicodeWidthStr;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{Format, ReadArgs, graph_formats};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean, truncate};
use crate::ops;
use crate::report::graph::{GraphNode, NodeState, TaskGraph};

/// Rows that lie deeper are not indented further.
const DEEPEST: usize = 12;

/// Show dependencies between tasks
///
/// As a tree, or with --format as a graph in which what must be done first is on the left. The exit code is 1 if there is a
/// dependency cycle.
///
/// Example: tracker deps 7q2m --reverse
#[derive(Debug, Args)]
#[command(arg = graph_formats())]
pub(in crate::cli) struct Deps {
    /// Task ID; a unique part is enough [default: all tasks with dependencies]
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// Show what depends on the task instead of what it depends on
    #[arg(short, long)]
    reverse: bool,
    /// Include closed tasks
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Deps {
    type Response = ops::DepsView;

    fn run(self, context: &Context) -> Reply<ops::DepsView> {
        let session = context.read(&self.read)?;
        let request = ops::DepsRequest { id: self.id, reverse: self.reverse, all: self.all };
        let (view, problems) = ops::deps(&session, &request)?;
        let circular = !view.cycles.is_empty();
        Ok(Answer::of(view).with_problems(problems).no_if(circular))
    }
}

impl View for ops::DepsView {
    fn show(&self, out: &mut Output) {
        let mut trunks: Vec<bool> = Vec::new();
        for row in &self.rows {
            trunks.truncate(row.depth);
            let lead = lead_of(row, &trunks, out);
            trunks.push(!row.is_last);
            out.line(format!("{}{}", out.dim(&lead), text_of(row, lead.width(), out)));
        }
        if self.rows.is_empty() && self.cycles.is_empty() {
            out.line("no open task depends on another");
        }
        for cycle in &self.cycles {
            out.line(format!("{} {}", out.paint("cycle:", Style::new().red().bold()), clean(cycle)));
        }
        for unknown in &self.unknown {
            out.line(format!("{} {}", out.paint("unknown task:", Style::new().red()), clean(unknown)));
        }
    }

    fn rendered(&self, format: Format) -> Option<String> {
        let Format::Graph(format) = format else { return None };
        Some((format.render)(&graph_of(self)))
    }
}

/// Makes a graph of the forest, in which each task is once.
fn graph_of(view: &ops::DepsView) -> TaskGraph {
    let mut graph = TaskGraph::default();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut above: Vec<usize> = Vec::new();
    for row in &view.rows {
        let at = *places.entry(&row.id).or_insert_with(|| {
            graph.nodes.push(node_of(row));
            graph.nodes.len() - 1
        });
        above.truncate(row.depth);
        if let Some(other) = above.last() {
            // What is below waits for what is above where dependents are shown, else the other way round.
            graph.edges.push(if view.is_reverse { (*other, at) } else { (at, *other) });
        }
        above.push(at);
    }
    graph
}

fn node_of(row: &ops::DepsRow) -> GraphNode {
    let state = match row.status.as_deref() {
        None => NodeState::Unknown,
        Some("completed" | "cancelled") => NodeState::Closed,
        Some("blocked") => NodeState::Blocked,
        Some(_) => NodeState::Open,
    };
    let label = row.title.clone().unwrap_or_else(|| "unknown task".to_owned());
    GraphNode { id: row.id.clone(), label, state }
}

/// Draws what is before a row. From a certain depth on the depth is shown as a number, so that a long chain
/// does not run out of the page.
fn lead_of(row: &ops::DepsRow, trunks: &[bool], out: &Output) -> String {
    let mut lead = String::new();
    if row.depth > DEEPEST {
        return format!("{:1$}{2} {3} ", "", (DEEPEST - 1) * 3, out.glyph("…", "..."), row.depth);
    }
    for is_open in trunks.iter().skip(1) {
        lead.push_str(if *is_open { out.glyph("│  ", "|  ") } else { "   " });
    }
    if row.depth > 0 {
        lead.push_str(if row.is_last { out.glyph("└─ ", "`- ") } else { out.glyph("├─ ", "|- ") });
    }
    lead
}

fn text_of(row: &ops::DepsRow, indent: usize, out: &Output) -> String {
    let (rich, plain, style) = match row.status.as_deref() {
        None => ("?", "missing", Style::new().red()),
        Some("completed") => ("✓", "complete", Style::new().green()),
        Some("cancelled") => ("⊘", "cancelled", Style::new().dimmed()),
        Some("blocked") => ("■", "blocked", Style::new().red()),
        Some(_) => ("○", row.stage.as_deref().unwrap_or_default(), Style::new().yellow()),
    };
    let mark = clean(out.glyph(rich, plain)).into_owned();
    let again = if row.repeated { "  (shown above)" } else { "" };
    let title = clean(row.title.as_deref().unwrap_or("unknown task")).into_owned();
    let used = indent + row.id.width() + mark.width() + again.width() + 4;
    let room = if out.truncates() { out.width().saturating_sub(used).max(12) } else { usize::MAX };
    let title = truncate(&title, room).into_owned();
    format!("{}  {}  {title}{}", out.bold(&row.id), out.paint(&mark, style), out.dim(again))
}
