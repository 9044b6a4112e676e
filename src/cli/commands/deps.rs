//! `tracker deps`

use clap::Args;
use owo_colors::Style;
use unicode_width::UnicodeWidthStr;

use super::super::answer::{Answer, View};
use super::super::args::ReadArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::super::page::{Page, clean, cut};
use super::Reply;
use crate::ops;

pub(super) type Output = ops::DepsView;

/// Rows that lie deeper are not indented further.
const DEEPEST: usize = 12;

/// Shows which task waits for which, as a tree. Circles are named, and make the exit code 1.
#[derive(Debug, Args)]
pub(in crate::cli) struct Deps {
    /// One task, by a part of its id; all that depend on others where left out
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// What waits for the task, rather than what it waits for
    #[arg(short, long)]
    reverse: bool,
    /// Closed tasks too
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    read: ReadArgs,
}

impl Deps {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.read(&self.read)?;
        let request = ops::DepsRequest { wanted: self.id, reverse: self.reverse, all: self.all };
        let (view, problems) = ops::deps(&session, &request)?;
        let circular = !view.circles.is_empty();
        Ok(Answer::of(view).with_problems(problems).no_if(circular))
    }
}

impl View for ops::DepsView {
    fn show(&self, page: &mut Page) {
        let mut trunks: Vec<bool> = Vec::new();
        for row in &self.rows {
            trunks.truncate(row.depth);
            let lead = lead_of(row, &trunks, page);
            trunks.push(!row.is_last);
            page.line(format!("{}{}", page.dim(&lead), text_of(row, lead.width(), page)));
        }
        if self.rows.is_empty() && self.circles.is_empty() {
            page.line("No open task depends on another");
        }
        for circle in &self.circles {
            page.line(format!("{} {}", page.paint("circle:", Style::new().red().bold()), clean(circle)));
        }
        for unknown in &self.unknown {
            page.line(format!("{} {}", page.paint("no such task:", Style::new().red()), clean(unknown)));
        }
    }
}

/// Draws what stands before a row. From a certain depth on the depth is told as a number, so that a long chain
/// does not run out of the page.
fn lead_of(row: &ops::DepsRow, trunks: &[bool], page: &Page) -> String {
    let mut lead = String::new();
    if row.depth > DEEPEST {
        return format!("{:1$}{2} {3} ", "", (DEEPEST - 1) * 3, page.pick("…", "..."), row.depth);
    }
    for is_open in trunks.iter().skip(1) {
        lead.push_str(if *is_open { page.pick("│  ", "|  ") } else { "   " });
    }
    if row.depth > 0 {
        lead.push_str(if row.is_last { page.pick("└─ ", "`- ") } else { page.pick("├─ ", "|- ") });
    }
    lead
}

fn text_of(row: &ops::DepsRow, indent: usize, page: &Page) -> String {
    let (rich, plain, style) = match row.status.as_deref() {
        None => ("?", "missing", Style::new().red()),
        Some("completed") => ("✓", "complete", Style::new().green()),
        Some("cancelled") => ("⊘", "cancelled", Style::new().dimmed()),
        Some("blocked") => ("■", "blocked", Style::new().red()),
        Some(_) => ("○", row.stage.as_deref().unwrap_or_default(), Style::new().yellow()),
    };
    let mark = clean(page.pick(rich, plain)).into_owned();
    let again = if row.repeated { "  (shown above)" } else { "" };
    let title = clean(row.title.as_deref().unwrap_or("no such task")).into_owned();
    let used = indent + row.id.width() + mark.width() + again.width() + 4;
    let room = if page.is_cut() { page.width().saturating_sub(used).max(12) } else { usize::MAX };
    let title = cut(&title, room).into_owned();
    format!("{}  {}  {title}{}", page.bold(&row.id), page.paint(&mark, style), page.dim(again))
}
