//! How things look that several commands show: what was written, lines of tasks, badges, bars.

use chrono::{DateTime, NaiveDate, Utc};
use owo_colors::Style;

use super::claim::claimed;
use crate::cli::answer::View;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Cell, Output, clean, truncate};
pub(super) use crate::model::counted;
use crate::model::{Badge, Minutes, Status, Suggestion};
use crate::ops::{self, Branch, CountView, FlightView, Session, TaskAction, TaskLine, Written, WrittenTask};

/// Maximum number of items of a checklist shown beside a vote.
const MOST_ITEMS: usize = 7;

impl View for Written {
    fn brief(&self) -> Option<serde_json::Value> {
        Some(ops::brief_written(self))
    }

    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            for task in &self.tasks {
                out.line(&task.id);
            }
            return;
        }
        for task in &self.tasks {
            show_written_task(task, self, out);
        }
        for diff in self.records.iter().filter_map(|file| file.diff.as_deref()) {
            show_diff(diff, out);
        }
    }

    fn status(&self, out: &mut Output) {
        if self.dry_run {
            let files = counted(self.records.len(), "file");
            out.line(out.dim(&format!("dry run: {files} would change, nothing was written")));
        }
    }
}

fn show_written_task(task: &WrittenTask, written: &Written, out: &mut Output) {
    let id = out.bold(&task.id);
    if task.action == TaskAction::Created {
        let word = if written.dry_run { "Would create" } else { "Created" };
        out.line(format!("{word} {id}  {}", clean(&task.title)));
        if let [file] = written.records.as_slice() {
            out.line(format!("  {}", out.dim(&clean(&file.path))));
        }
        return;
    }
    let title = out.dim(&truncate(&clean(&task.title), 40));
    match task.summary.as_slice() {
        [summary] => out.line(format!("{id}  {}  {title}", clean(summary))),
        several => {
            out.line(format!("{id}  {title}"));
            for line in several {
                out.line(format!("  {}", clean(line)));
            }
        }
    }
}

/// Shows a unified diff.
pub(super) fn show_diff(diff: &str, out: &mut Output) {
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => Style::new().bold(),
            Some(b'+') => Style::new().green(),
            Some(b'-') => Style::new().red(),
            Some(b'@') => Style::new().cyan(),
            _ => Style::new(),
        };
        // Byte for byte what would be written, but for what a terminal would obey.
        let text: Vec<_> = line.split('\t').map(clean).collect();
        let shown = out.paint(&text.join("\t"), style);
        out.raw(&shown);
        out.raw("\n");
    }
}

/// Returns the cell of a priority.
pub(super) fn priority_cell(priority: Option<&str>) -> Cell {
    let style = match priority {
        Some("critical") => Style::new().red().bold(),
        Some("high") => Style::new().yellow(),
        Some("low") => Style::new().dimmed(),
        _ => Style::new(),
    };
    Cell::styled(priority.unwrap_or("-"), style)
}

/// Returns the cell that tells a task's state: blocked, cancelled, sign-offs, deliverables.
pub(super) fn status_cell(task: &TaskLine, out: &Output) -> Cell {
    match task.status {
        Status::Cancelled => {
            return Cell::styled(out.glyph("⊘ cancelled", "cancelled"), Style::new().dimmed());
        }
        Status::Blocked => return Cell::styled(out.glyph("■ blocked", "blocked"), Style::new().red()),
        _ => {}
    }
    if task.badge == Badge::IssuesFound {
        return badge_cell(task.badge, out);
    }
    if task.signoffs.total > 0 && task.status == Status::InProgress {
        return Cell::new(bar(task.signoffs, out));
    }
    if task.deliverables.total > 0 && task.status != Status::Completed {
        return Cell::styled(bar(task.deliverables, out), Style::new());
    }
    badge_cell(task.badge, out)
}

/// Returns the cell of a badge: its glyph and its words.
pub(super) fn badge_cell(badge: Badge, out: &Output) -> Cell {
    let style = match badge {
        Badge::Pending => Style::new().dimmed(),
        Badge::InProgress => Style::new().blue(),
        Badge::AwaitingQa => Style::new().yellow(),
        Badge::IssuesFound => Style::new().red(),
        Badge::ReadyToFinalise => Style::new().cyan(),
        Badge::Done => Style::new().dimmed(),
        Badge::QaApproved => Style::new().green(),
    };
    let text =
        if out.is_rich() { format!("{} {}", badge.glyph(), badge.label()) } else { badge.label().to_owned() };
    Cell::styled(text, style)
}

/// A terminal narrower than this has no room for bars.
const ROOM_FOR_BARS: usize = 100;

/// Returns a bar of eight columns, where there is room for it, and the two numbers.
pub(super) fn bar(count: CountView, out: &Output) -> String {
    const WIDTH: u32 = 8;
    let numbers = format!("{}/{}", count.done, count.total);
    if !out.is_rich() || count.total == 0 || out.width() < ROOM_FOR_BARS {
        return numbers;
    }
    let full = (u64::from(count.done.min(count.total)) * u64::from(WIDTH) / u64::from(count.total)) as usize;
    format!("{}{} {numbers}", "█".repeat(full), "░".repeat(WIDTH as usize - full))
}

/// Returns a length of time as people write it.
pub(super) fn minutes(minutes: Option<u32>) -> Option<String> {
    minutes.map(|minutes| Minutes(minutes).to_string())
}

/// Returns a time as a distance from now.
pub(super) fn ago(at: Option<DateTime<Utc>>, out: &Output) -> String {
    at.map_or_else(String::new, |at| out.ago(at))
}

/// Returns how long ago a task last changed. Of a task that has not moved only the day is known.
fn last_change(task: &TaskLine, out: &Output) -> String {
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).map(|time| time.and_utc());
    match task.created {
        Some(day) if task.updated == midnight(day) => out.days_ago(day),
        _ => ago(task.updated, out),
    }
}

/// Returns who has claimed a task, and where it goes on: `qa on fix/cart (bob, 2h)`, and how many other places there are.
pub(super) fn in_flight(task: &TaskLine, out: &Output) -> String {
    let claim = task.claim.as_ref().map(|claim| claimed(claim, out));
    let place = Some(place_in_flight(task, out)).filter(|place| !place.is_empty());
    claim.into_iter().chain(place).collect::<Vec<_>>().join("; ")
}

fn place_in_flight(task: &TaskLine, out: &Output) -> String {
    let Some(first) = task.in_flight.first() else { return String::new() };
    let more = match task.in_flight.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    format!("{}{more}", flight(first, out))
}

/// Returns one place where a task goes on.
pub(super) fn flight(flight: &FlightView, out: &Output) -> String {
    let place = flight.branch.as_deref().or(flight.folder.as_deref()).unwrap_or_default();
    let uncommitted = if flight.committed { "" } else { ", not committed" };
    format!("{} on {place} ({}, {}{uncommitted})", flight.stage, flight.by, out.ago(flight.since))
}

/// Shows tasks as one line each.
pub(super) fn show_lines(tasks: &[TaskLine], out: &mut Output) {
    let rows: Vec<Vec<Cell>> = tasks.iter().map(|task| cells_of_line(task, out)).collect();
    out.columns(&rows, 4, 0);
}

/// Returns how much of the evidence is there that is asked for: `3/4 verified`; nothing where none is.
pub(super) fn evidence(task: &TaskLine) -> String {
    let is_open = !matches!(task.status, Status::Completed | Status::Cancelled);
    let count = task.evidence.filter(|_| is_open);
    count.map_or_else(String::new, |count| format!("{}/{} verified", count.done, count.total))
}

/// Returns a task as a row: id, priority, stage, state, title, assignee, last change, where it goes on.
fn cells_of_line(task: &TaskLine, out: &Output) -> Vec<Cell> {
    vec![
        Cell::styled(&task.id, Style::new().bold()),
        priority_cell(task.priority.as_deref()),
        Cell::new(&task.stage),
        status_cell(task, out),
        Cell::new(&task.title),
        Cell::styled(evidence(task), Style::new().dimmed()).minor(),
        Cell::styled(task.assignee.as_deref().unwrap_or_default(), Style::new().cyan()).minor(),
        Cell::styled(last_change(task, out), Style::new().dimmed()).right().minor(),
        Cell::styled(in_flight(task, out), Style::new().magenta()).below(),
    ]
}

/// Shows tasks as one line each, below what they are a part of. Of a task that has parts it shows how many are closed.
pub(super) fn show_tree(tasks: &[TaskLine], tree: &[Branch], out: &mut Output) {
    let row = |(task, branch): (&TaskLine, &Branch), out: &Output| {
        let mut cells = cells_of_line(task, out);
        let mark = if branch.depth > 0 { out.glyph("└ ", "- ") } else { "" };
        let indent = "  ".repeat(branch.depth.saturating_sub(1));
        cells[0] = Cell::styled(format!("{indent}{mark}{}", task.id), Style::new().bold());
        if branch.parts.total > 0 && task.status != Status::Cancelled {
            cells[3] = Cell::new(format!("{} parts", bar(branch.parts, out)));
        }
        cells
    };
    let rows: Vec<Vec<Cell>> = tasks.iter().zip(tree).map(|line| row(line, out)).collect();
    out.columns(&rows, 4, 0);
}

/// Reminds a person at a terminal of what the role goes through that they vote for.
pub(super) fn show_checklist(context: &Context, session: &Session<'_>, id: &str, role: Option<&str>) {
    if !context.is_attended() {
        return;
    }
    if let Some((role, items)) = ops::checklist(session, id, role) {
        context.say(&format!("{role} goes through:"));
        for item in items.iter().take(MOST_ITEMS) {
            context.say(&format!("  ☐ {item}"));
        }
        if items.len() > MOST_ITEMS {
            let show = Suggestion::tracker(["role", "show", &role]);
            context.say(&format!("  … and {} more: {show}", items.len() - MOST_ITEMS));
        }
    }
}

/// Takes a word that is no task out of the place of one: of the active task the text alone is given.
pub(super) fn take_text(session: &Session<'_>, id: &mut Option<String>) -> Option<String> {
    let is_active = session.workspace().active_task().is_some();
    id.take_if(|id| is_active && !session.names_task(id).unwrap_or(true))
}

/// Returns the task that a command is about: the one that was given, else the active one.
pub(super) fn given_or_active(
    session: &Session<'_>,
    command: &str,
    given: Option<String>,
) -> Result<String, Failure> {
    let active = || session.workspace().active_task().map(|id| id.to_string());
    given.or_else(active).ok_or_else(|| {
        let hint = format!("run `tracker {command} ID`, or `tracker start ID` first");
        Failure::usage_message("no task given and none is active", hint)
    })
}

/// Returns the tasks that a command is about: those that were given, else the active one.
pub(super) fn given_or_active_tasks(
    session: &Session<'_>,
    command: &str,
    given: Vec<String>,
) -> Result<Vec<String>, Failure> {
    if given.is_empty() { Ok(vec![given_or_active(session, command, None)?]) } else { Ok(given) }
}

/// Returns the first digits of a commit's id, as `git log --oneline` shows it.
pub(super) fn short_id(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

/// Reads a moment that is given on the command line.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let read = DateTime::parse_from_rfc3339(text.trim());
    read.map(|at| at.to_utc()).map_err(|_| "expected a time such as `2026-11-26T10:00:00Z`".to_owned())
}
