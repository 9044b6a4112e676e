//! `tracker show`

use clap::Args;
use owo_colors::Style;

use super::super::answer::{Answer, View};
use super::super::args::ReadArgs;
use super::super::complete::tasks;
use super::super::door::Door;
use super::super::page::{Cell, Page, clean, clean_lines};
use super::Reply;
use super::shared::{ago, badge_cell, bar, minutes};
use crate::cli::error::Failure;
use crate::ops::{self, TaskView};

pub(super) type Output = ops::Shown;

/// Shows one task in full; without an id, the one you work on.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Show {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.read(&self.read)?;
        let active = || session.workspace().active_task().map(|id| id.to_string());
        let none = || Failure::usage_message("no task is named and none is active", "tracker show ID");
        let id = self.id.or_else(active).ok_or_else(none)?;
        let (shown, problems) = ops::show(&session, &id)?;
        Ok(Answer::of(shown).with_problems(problems))
    }
}

impl View for ops::Shown {
    fn show(&self, page: &mut Page) {
        match &self.task {
            Some(task) => {
                show_head(task, page);
                show_dependencies(task, page);
                show_body(task, page);
                show_notes(task, page);
            }
            None => show_broken(self, page),
        }
        if !self.next.is_empty() && !page.is_quiet() {
            page.gap();
            page.line(format!("  {} {}", page.dim("Next:"), self.next.join("  or  ")));
        }
    }
}

/// Shows a document that cannot be read as a task: its lines, numbered as the problems name them.
fn show_broken(shown: &ops::Shown, page: &mut Page) {
    let state = page.paint("cannot be read as a task", Style::new().red());
    page.line(format!("{}  {state}", page.bold(&shown.id)));
    page.line(format!("  {}", page.dim(&clean(&shown.path))));
    page.gap();
    let text = shown.text.as_deref().unwrap_or_default();
    let width = text.lines().count().to_string().len();
    for (at, line) in text.lines().enumerate() {
        page.line(format!("  {}  {}", page.dim(&format!("{:>width$}", at + 1)), clean_lines(line)));
    }
}

fn show_head(task: &TaskView, page: &mut Page) {
    let line = &task.line;
    let standing = match line.status.as_str() {
        "cancelled" => Cell::styled(page.pick("⊘ cancelled", "cancelled"), Style::new().dimmed()),
        "blocked" => Cell::styled(page.pick("■ blocked", "blocked"), Style::new().red()),
        _ => badge_cell(&line.badge, page),
    };
    let head = vec![Cell::styled(&line.id, Style::new().bold()), Cell::new(&line.title), standing];
    page.columns(&[head], 1, 0);
    let created = line.created.map(|day| format!("created {day}"));
    let estimate = minutes(line.estimate_minutes).map(|time| format!("estimate {time}"));
    let spent = minutes(line.spent_minutes).map(|time| format!("spent {time}"));
    let tags = (!line.tags.is_empty()).then(|| format!("#{}", line.tags.join(" #")));
    let assignee = line.assignee.clone().or_else(|| Some("unassigned".to_owned()));
    let facts = [line.kind.clone(), line.priority.clone(), line.area.clone(), assignee, line.sprint.clone()];
    let facts = facts.into_iter().chain([estimate, spent, created, tags]).flatten();
    page.flow(&facts.map(Cell::new).collect::<Vec<_>>(), 2);
    page.line(format!("  {}", pipeline(task, page)));
    for (label, why) in [("Blocked:", &line.blocked), ("Cancelled:", &line.cancelled)] {
        if let Some(why) = why {
            page.line(format!("  {} {}", page.paint(label, Style::new().red()), clean(why)));
        }
    }
    for (key, value) in &task.unknown {
        page.line(format!("  {} {}", page.dim(&format!("{}:", clean(key))), clean(value)));
    }
    if line.signoffs.total > 0 {
        page.line(format!("  sign-offs {}", bar(line.signoffs, page)));
    }
}

fn pipeline(task: &TaskView, page: &Page) -> String {
    let step = |step: &ops::StepView| match step.state {
        "passed" => format!("{}{}", clean(&step.stage), page.pick(" ✓", "")),
        "current" => page.bold(&format!("[{}]", clean(&step.stage))),
        _ => page.dim(&clean(&step.stage)),
    };
    let steps: Vec<String> = task.pipeline.iter().map(step).collect();
    let since = ago(task.line.since, page);
    let since = if since.is_empty() { since } else { format!("   {}", page.dim(&format!("since {since}"))) };
    format!("{}{since}", steps.join(page.pick(" ─ ", " > ")))
}

fn show_dependencies(task: &TaskView, page: &mut Page) {
    if task.dependencies.is_empty() {
        return;
    }
    page.gap();
    page.line(format!("  {}", page.bold("Depends on")));
    let row = |found: &ops::DependencyView| {
        let (rich, plain, style) = match (found.open, &found.title) {
            (_, None) => ("?", "missing", Style::new().red()),
            (true, _) => ("○", "open", Style::new().yellow()),
            (false, _) => ("✓", "done", Style::new().green()),
        };
        let title = found.title.as_deref().unwrap_or("no such task, or it cannot be read");
        vec![Cell::styled(page.pick(rich, plain), style), Cell::new(&found.id), Cell::new(title)]
    };
    let rows: Vec<Vec<Cell>> = task.dependencies.iter().map(row).collect();
    page.columns(&rows, 2, 2);
}

/// Shows the body with its check boxes numbered as `tick` takes them.
fn show_body(task: &TaskView, page: &mut Page) {
    let body = task.body.trim();
    if body.is_empty() {
        return;
    }
    page.gap();
    let mut boxes = task.check_boxes.iter();
    let mut next = boxes.next();
    for line in body.lines() {
        let text = clean_lines(line);
        let found = next.filter(|found| is_box(line, &found.text));
        if let Some(found) = found {
            let indent = line.len() - line.trim_start().len();
            let mark = if found.done { page.pick("✓", "[x]") } else { page.pick("☐", "[ ]") };
            let style = if found.done { Style::new().green() } else { Style::new() };
            let mark = page.paint(mark, style);
            let indent = " ".repeat(indent);
            page.line(format!("  {indent}{mark} {} {}", page.dim(&found.number.to_string()), clean(&found.text)));
            next = boxes.next();
        } else if line.starts_with('#') {
            let heading = page.bold(&text);
            page.line(format!("  {heading}"));
        } else {
            page.line(format!("  {text}"));
        }
    }
}

fn is_box(line: &str, text: &str) -> bool {
    let line = line.trim();
    line.ends_with(text.trim()) && line.contains('[') && line.contains(']')
}

fn show_notes(task: &TaskView, page: &mut Page) {
    if task.notes.is_empty() {
        return;
    }
    page.gap();
    page.line(format!("  {}", page.bold("Notes")));
    for note in &task.notes {
        page.line(format!("  {} {}", page.paint(&clean(&note.by), Style::new().cyan()), page.dim(&page.ago(note.at))));
        for line in note.text.trim_end().lines() {
            page.line(format!("    {}", clean_lines(line)));
        }
    }
}
