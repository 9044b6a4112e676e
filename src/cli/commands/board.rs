//! `tracker board`

use clap::Args;
use owo_colors::Style;
use unicode_width::UnicodeWidthStr;

use super::super::answer::{Answer, View};
use super::super::args::ReadArgs;
use super::super::door::Door;
use super::super::page::{Page, clean, cut};
use super::Reply;
use super::shared::{badge_cell, counted};
use crate::model::Badge;
use crate::ops;

pub(super) type Output = ops::Board;

/// So many tasks of a column are shown before the rest is only counted.
const SHOWN: usize = 12;
/// A column narrower than this says nothing; rather fewer beside each other.
const NARROWEST: usize = 22;

/// Shows the tasks as columns by stage, with their badges and the row of numbers.
#[derive(Debug, Args)]
pub(in crate::cli) struct Board {
    /// A query that narrows it, as for `tracker list`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Board {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.read(&self.read)?;
        let (board, problems) = ops::board(&session, &self.query.join(" "))?;
        Ok(Answer::of(board).with_problems(problems))
    }
}

impl View for ops::Board {
    fn show(&self, page: &mut Page) {
        show_metrics(self, page);
        page.gap();
        let across = (page.width() / NARROWEST).clamp(1, self.columns.len().max(1));
        let width = (page.width() - (across - 1) * 2) / across;
        for columns in self.columns.chunks(across) {
            show_columns(columns, width, page);
        }
        if !page.is_rich() {
            return;
        }
        let legend: Vec<String> = Badge::ALL.iter().map(|badge| format!("{} {}", badge.glyph(), badge.label())).collect();
        page.line(page.dim(&legend.join("   ")));
    }
}

fn show_metrics(board: &ops::Board, page: &mut Page) {
    let metrics = &board.metrics;
    let numbers = [
        (metrics.total as u64, "total", Style::new().bold()),
        (metrics.qa_approved as u64, "QA approved", Style::new().green()),
        (metrics.awaiting_qa as u64, "awaiting QA", Style::new().yellow()),
        (metrics.in_progress as u64, "in progress", Style::new().blue()),
        (metrics.pending_signoffs, "pending sign-offs", Style::new().yellow()),
        (metrics.open_issues, "open QA issues", Style::new().red()),
        (metrics.blocked as u64, "blocked", Style::new().red()),
    ];
    let said: Vec<String> = numbers
        .iter()
        .map(|(count, label, style)| {
            let shown = if *count == 0 { page.dim("0") } else { page.paint(&count.to_string(), *style) };
            format!("{shown} {label}")
        })
        .collect();
    page.line(said.join(" · "));
}

/// Shows columns beside each other; each task takes two lines, id with badge and title.
fn show_columns(columns: &[ops::BoardColumn], width: usize, page: &mut Page) {
    let heads: Vec<(String, Style)> = columns
        .iter()
        .map(|column| (format!("{} {}", clean(&column.stage), column.tasks.len()), Style::new().bold().underline()))
        .collect();
    show_row(&heads, width, page);
    let depth = columns.iter().map(|column| column.tasks.len().min(SHOWN)).max().unwrap_or(0);
    for at in 0..depth {
        let task = |column: &ops::BoardColumn| column.tasks.get(at).cloned();
        let first = columns.iter().map(|column| task(column).map_or_else(Default::default, |task| head(&task, page)));
        let first: Vec<_> = first.collect();
        show_row(&first, width, page);
        let second = columns.iter().map(|column| match task(column) {
            Some(task) => (format!("  {}", clean(&task.title)), Style::new()),
            None => (String::new(), Style::new()),
        });
        let second: Vec<_> = second.collect();
        show_row(&second, width, page);
    }
    let more: Vec<(String, Style)> = columns
        .iter()
        .map(|column| match column.tasks.len().saturating_sub(SHOWN) {
            0 => (String::new(), Style::new()),
            rest => (format!("… {} more", counted(rest, "task")), Style::new().dimmed()),
        })
        .collect();
    if more.iter().any(|(text, _)| !text.is_empty()) {
        show_row(&more, width, page);
    }
    page.gap();
}

fn head(task: &ops::TaskLine, page: &Page) -> (String, Style) {
    let mark = match (task.status.as_str(), Badge::parse(&task.badge)) {
        ("blocked", _) => page.pick("■", "blocked").to_owned(),
        (_, Some(badge)) if page.is_rich() => badge.glyph().to_owned(),
        _ => badge_cell(&task.badge, page).text().to_owned(),
    };
    let style = match task.priority.as_deref() {
        Some("critical") => Style::new().red().bold(),
        Some("high") => Style::new().yellow(),
        _ => Style::new().bold(),
    };
    (format!("{mark} {} {}", task.id, clean(task.assignee.as_deref().unwrap_or_default())), style)
}

fn show_row(cells: &[(String, Style)], width: usize, page: &mut Page) {
    let mut line = String::new();
    for (text, style) in cells {
        let text = cut(text, width);
        let padding = width.saturating_sub(text.width());
        line.push_str(&page.paint(&text, *style));
        line.push_str(&" ".repeat(padding + 2));
    }
    page.line(line);
}
