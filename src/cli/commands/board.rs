//! `tracker board`

use clap::Args;
use owo_colors::Style;
use unicode_width::UnicodeWidthStr;

use super::findings::of_task;
use super::shared::{badge_cell, evidence, in_flight, priority_cell, status_cell};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{QueryArgs, ReadArgs};
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean, truncate};
use crate::model::{Badge, Status};
use crate::ops;

/// Maximum number of tasks of a column shown before the rest is only counted.
const SHOWN: usize = 12;
/// A column narrower than this says nothing; rather fewer beside each other.
const NARROWEST: usize = 22;
/// A column wider than this is hard to read across.
const WIDEST: usize = 44;
/// Between two columns.
const GAP: usize = 2;

/// Show tasks in columns by stage
///
/// Each task with its badge, and the counts of the whole board above them.
///
/// Example: tracker board sprint:SPRINT-1
#[derive(Debug, Args)]
pub(in crate::cli) struct Board {
    #[command(flatten)]
    which: QueryArgs,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Board {
    type Response = ops::Board;

    fn run(self, context: &Context) -> Reply<ops::Board> {
        let session = context.read(&self.read)?;
        let (mut board, problems) = ops::board(&session, &self.which.text())?;
        ops::add_board_links(&session, &mut board);
        Ok(Answer::of(board).with_problems(problems))
    }
}

impl View for ops::Board {
    fn brief(&self) -> Option<serde_json::Value> {
        Some(ops::brief_board(self))
    }

    fn show(&self, out: &mut Output) {
        show_metrics(self, out);
        if !out.truncates() {
            show_as_lists(self, out);
            show_findings(&self.findings, self.findings.len(), out);
            return;
        }
        out.gap();
        for (columns, widths) in rows_of_columns(&self.columns, out.width()) {
            show_columns(columns, &widths, out);
        }
        show_findings(&self.findings, SHOWN, out);
        let legend = |badge: &Badge| {
            Cell::styled(format!("{} {}", badge.glyph(), badge.label()), Style::new().dimmed())
        };
        let is_used = |badge: &&Badge| self.has_signoffs || !badge.is_of_signoffs();
        out.flow(&Badge::ALL.iter().filter(is_used).map(legend).collect::<Vec<_>>(), 0);
    }
}

/// Shows one stage below the other, with nothing cut: for pipes.
fn show_as_lists(board: &ops::Board, out: &mut Output) {
    for column in &board.columns {
        out.line(head_of(column));
        let row = |task: &ops::TaskLine| {
            vec![
                Cell::new(&task.id),
                priority_cell(task.priority.as_deref()),
                status_cell(task, out),
                Cell::new(&task.title),
                Cell::new(evidence(task)),
                Cell::new(task.assignee.as_deref().unwrap_or_default()),
                Cell::new(in_flight(task, out)),
                Cell::new(synced(task)),
            ]
        };
        let rows: Vec<Vec<Cell>> = column.tasks.iter().map(row).collect();
        out.columns(&rows, 3, 2);
    }
}

/// Names the open findings, a number of them at most.
fn show_findings(findings: &[ops::FindingView], most: usize, out: &mut Output) {
    if findings.is_empty() {
        return;
    }
    out.line(format!("findings {}", findings.len()));
    let rows: Vec<Vec<Cell>> = findings.iter().take(most).map(|finding| of_task(finding, out)).collect();
    out.columns(&rows, 5, 2);
    if findings.len() > most {
        out.line(format!("  {} more: tracker findings", findings.len() - most));
    }
}

fn head_of(column: &ops::BoardColumn) -> String {
    format!("{} {}", clean(&column.stage), column.tasks.len())
}

/// Puts the columns into as few rows as leave each a width that says something. An empty column takes no more
/// than its head.
fn rows_of_columns(columns: &[ops::BoardColumn], width: usize) -> Vec<(&[ops::BoardColumn], Vec<usize>)> {
    let shares = |columns: &[ops::BoardColumn]| {
        let (empty, full): (Vec<_>, Vec<_>) = columns.iter().partition(|column| column.tasks.is_empty());
        let heads: usize = empty.iter().map(|column| head_of(column).width()).sum();
        let left = width.saturating_sub(heads + (columns.len() - 1) * GAP);
        let share = (left / full.len().max(1)).min(WIDEST);
        let width_of = |column: &ops::BoardColumn| match column.tasks.is_empty() {
            true => head_of(column).width(),
            false => share,
        };
        let fits = if full.is_empty() { left > 0 } else { share >= NARROWEST };
        (fits, columns.iter().map(width_of).collect::<Vec<_>>())
    };
    let mut rows = Vec::new();
    for count in 1..=columns.len() {
        rows = columns.chunks(columns.len().div_ceil(count)).map(|row| (row, shares(row))).collect();
        if rows.iter().all(|(_, (fits, _))| *fits) {
            break;
        }
    }
    rows.into_iter().map(|(row, (_, widths))| (row, widths)).collect()
}

fn show_metrics(board: &ops::Board, out: &mut Output) {
    let metrics = &board.metrics;
    let plural = |count: u64, one: &str| if count == 1 { one.to_owned() } else { format!("{one}s") };
    let numbers = [
        (false, metrics.total as u64, "total".to_owned(), Style::new().bold()),
        (true, metrics.qa_approved as u64, "QA approved".to_owned(), Style::new().green()),
        (false, metrics.done as u64, "done".to_owned(), Style::new().green()),
        (true, metrics.awaiting_qa as u64, "awaiting QA".to_owned(), Style::new().yellow()),
        (false, metrics.in_progress as u64, "in progress".to_owned(), Style::new().blue()),
        (
            true,
            metrics.pending_signoffs,
            plural(metrics.pending_signoffs, "pending sign-off"),
            Style::new().yellow(),
        ),
        (true, metrics.rejections, plural(metrics.rejections, "rejection"), Style::new().red()),
        (
            false,
            metrics.blocking_findings,
            plural(metrics.blocking_findings, "blocking finding"),
            Style::new().red(),
        ),
        (false, metrics.blocked as u64, "blocked".to_owned(), Style::new().red()),
    ];
    let shown = |(is_of_signoffs, count, label, style): &(bool, u64, String, Style)| {
        let style = if *count == 0 { Style::new().dimmed() } else { *style };
        let is_shown = board.has_signoffs || !is_of_signoffs;
        is_shown.then(|| Cell::styled(format!("{count} {label}"), style))
    };
    out.flow(&numbers.iter().filter_map(shown).collect::<Vec<_>>(), 0);
}

/// Shows columns beside each other; each task takes two lines, id with badge and title.
fn show_columns(columns: &[ops::BoardColumn], widths: &[usize], out: &mut Output) {
    let nothing = || (String::new(), Style::new());
    let head = |column| (head_of(column), Style::new().bold().underline());
    show_row(columns.iter().map(head), widths, out);
    let depth = columns.iter().map(|column| column.tasks.len().min(SHOWN)).max().unwrap_or(0);
    for at in 0..depth {
        let tasks = || columns.iter().map(|column| column.tasks.get(at));
        let firsts: Vec<_> =
            tasks().map(|task| task.map_or_else(nothing, |task| first_line(task, out))).collect();
        show_row(firsts.into_iter(), widths, out);
        let second = |task: &ops::TaskLine| (format!("  {}", clean(&task.title)), Style::new());
        show_row(tasks().map(|task| task.map_or_else(nothing, second)), widths, out);
        if tasks().flatten().any(|task| !task.synced.is_empty()) {
            let item = |task: &ops::TaskLine| (format!("  {}", clean(&synced(task))), Style::new().dimmed());
            show_row(tasks().map(|task| task.map_or_else(nothing, item)), widths, out);
        }
        if tasks().flatten().any(is_elsewhere) {
            let third = |task: &ops::TaskLine| {
                let place =
                    if is_elsewhere(task) { format!("  {}", in_flight(task, out)) } else { String::new() };
                (clean(&place).into_owned(), Style::new().magenta())
            };
            let thirds: Vec<_> = tasks().map(|task| task.map_or_else(nothing, third)).collect();
            show_row(thirds.into_iter(), widths, out);
        }
    }
    let more = |column: &ops::BoardColumn| match column.tasks.len().saturating_sub(SHOWN) {
        0 => nothing(),
        rest => (format!("… {rest} more"), Style::new().dimmed()),
    };
    if columns.iter().any(|column| column.tasks.len() > SHOWN) {
        show_row(columns.iter().map(more), widths, out);
    }
    out.gap();
}

/// Names the items of other trackers that a task is linked to.
fn synced(task: &ops::TaskLine) -> String {
    let name = |own: &ops::SyncedView| format!("{}:{}", own.remote, own.item);
    task.synced.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// Whether somebody has claimed it, or works on it elsewhere.
fn is_elsewhere(task: &ops::TaskLine) -> bool {
    task.claim.is_some() || !task.in_flight.is_empty()
}

fn first_line(task: &ops::TaskLine, out: &Output) -> (String, Style) {
    let mark = match task.status {
        Status::Blocked => out.glyph("■", "blocked").to_owned(),
        _ if out.is_rich() => task.badge.glyph().to_owned(),
        _ => badge_cell(task.badge, out).text().to_owned(),
    };
    let style = match task.priority.as_deref() {
        Some("critical") => Style::new().red().bold(),
        Some("high") => Style::new().yellow(),
        _ => Style::new().bold(),
    };
    let assignee = task.assignee.as_deref().map_or_else(String::new, |name| format!(" {}", clean(name)));
    let evidence = evidence(task);
    let evidence = if evidence.is_empty() { evidence } else { format!(" {evidence}") };
    (format!("{mark} {}{assignee}{evidence}", task.id), style)
}

fn show_row(cells: impl Iterator<Item = (String, Style)>, widths: &[usize], out: &mut Output) {
    let mut line = String::new();
    for ((text, style), &width) in cells.zip(widths) {
        let text = truncate(&text, width);
        let padding = width.saturating_sub(text.width());
        line.push_str(&out.paint(&text, style));
        line.push_str(&" ".repeat(padding + GAP));
    }
    out.line(line);
}
