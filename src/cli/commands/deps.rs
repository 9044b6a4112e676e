//! `tracker deps`

use clap::Args;
use owo_colors::Style;

use super::super::answer::{Answer, View};
use super::super::args::ReadArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::super::page::{Page, clean};
use super::Reply;
use crate::ops;

pub(super) type Output = ops::DepsView;

/// So many levels are drawn; what lies deeper says how deep, or a long chain would be as wide as it is long.
const DEEPEST: usize = 40;

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
            let mut lead = String::new();
            let hidden = trunks.len().saturating_sub(DEEPEST);
            if hidden > 0 {
                lead.push_str(&format!("{hidden} deeper "));
            }
            for is_open in trunks.iter().skip(1 + hidden) {
                lead.push_str(if *is_open { page.pick("│  ", "|  ") } else { "   " });
            }
            if row.depth > 0 {
                lead.push_str(if row.is_last { page.pick("└─ ", "`- ") } else { page.pick("├─ ", "|- ") });
            }
            trunks.push(!row.is_last);
            page.line(format!("{}{}", page.dim(&lead), text_of(row, page)));
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

fn text_of(row: &ops::DepsRow, page: &Page) -> String {
    let (rich, plain, style) = match row.status.as_deref() {
        None => ("?", "missing", Style::new().red()),
        Some("completed") => ("✓", "complete", Style::new().green()),
        Some("cancelled") => ("⊘", "cancelled", Style::new().dimmed()),
        Some("blocked") => ("■", "blocked", Style::new().red()),
        Some(_) => ("○", row.stage.as_deref().unwrap_or_default(), Style::new().yellow()),
    };
    let mark = page.paint(&clean(page.pick(rich, plain)), style);
    let title = clean(row.title.as_deref().unwrap_or("no such task")).into_owned();
    let again = if row.repeated { page.dim("  (shown above)") } else { String::new() };
    format!("{}  {mark}  {title}{again}", page.bold(&row.id))
}
