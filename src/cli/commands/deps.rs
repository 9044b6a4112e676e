//! `tracker deps`
//!
//! ```console
//! $ tracker deps
//! TASK-C0LR  blocked  Two
//! `- TASK-7Q2M  none  One
//! ```

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
    /// Only tasks that match this query, with what they depend on
    #[arg(long, value_name = "QUERY", conflicts_with = "id", default_value = "", hide_default_value = true)]
    query: String,
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
        let request =
            ops::DepsRequest { id: self.id, query: self.query, reverse: self.reverse, all: self.all };
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
        Some((format.render)(&self.graph()))
    }
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
