//! `tracker show`

use clap::Args;
use owo_colors::Style;
use serde_json::Value;

use super::claim::by;
use super::findings::finding_cells;
use super::shared::{self, ago, badge_cell, bar, given_or_active, minutes};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean, clean_lines};
use crate::model::{Field, Status, SyncOrphan, by_agent};
use crate::ops::{self, TaskLine, TaskView};

/// Show a task
///
/// Without an id it shows the active task: the one that you started last.
///
/// Example: tracker show 7q2m
#[derive(Debug, Args)]
#[command(alias = "view")]
pub(in crate::cli) struct Show {
    /// Task ID; a unique part is enough
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Show {
    type Response = ops::Shown;

    fn run(self, context: &Context) -> Reply<ops::Shown> {
        let session = context.read(&self.read)?;
        let id = given_or_active(&session, "show", self.id)?;
        let (shown, problems) = ops::show(&session, &id)?;
        Ok(Answer::of(shown).with_problems(problems).with_problems(ops::hooks_warning(&session)))
    }
}

impl View for ops::Shown {
    fn brief(&self) -> Option<serde_json::Value> {
        Some(ops::brief_shown(self))
    }

    fn show(&self, out: &mut Output) {
        match &self.task {
            Some(task) => {
                show_head(task, out);
                if let Some(branch) = &self.branch {
                    let label = out.paint("Only on branch:", Style::new().magenta());
                    out.line(format!("  {label} {}", clean(branch)));
                }
                show_signoffs(self, task, out);
                show_evidence(task, out);
                show_findings(task, out);
                show_dependencies(task, out);
                show_body(task, out);
                show_notes(task, out);
            }
            None => show_broken(self, out),
        }
        if !self.next.is_empty() && !out.is_quiet() {
            out.gap();
            out.line(format!("  {} {}", out.dim("Next:"), self.next.join("  or  ")));
        }
    }
}

/// Shows a document that cannot be read as a task: its lines, numbered as the problems name them.
fn show_broken(shown: &ops::Shown, out: &mut Output) {
    let state = out.paint("cannot be read as a task", Style::new().red());
    out.line(format!("{}  {state}", out.bold(&shown.id)));
    out.line(format!("  {}", out.dim(&clean(&shown.path))));
    out.gap();
    let text = shown.text.as_deref().unwrap_or_default();
    let width = text.lines().count().to_string().len();
    for (at, line) in text.lines().enumerate() {
        out.line(format!("  {}  {}", out.dim(&format!("{:>width$}", at + 1)), clean_lines(line)));
    }
}

fn show_head(task: &TaskView, out: &mut Output) {
    let line = &task.line;
    let badge = match line.status {
        Status::Cancelled => Cell::styled(out.glyph("⊘ cancelled", "cancelled"), Style::new().dimmed()),
        Status::Blocked => Cell::styled(out.glyph("■ blocked", "blocked"), Style::new().red()),
        _ => badge_cell(line.badge, out),
    };
    let head = vec![Cell::styled(&line.id, Style::new().bold()), Cell::new(&line.title).wrap(), badge];
    out.columns(&[head], 1, 0);
    let created = line.created.map(|day| format!("created {day}"));
    let due = line.due.map(|day| format!("due {day}"));
    let estimate = minutes(line.estimate_minutes).map(|time| format!("estimate {time}"));
    let spent = minutes(line.spent_minutes).map(|time| format!("spent {time}"));
    let tags = (!line.tags.is_empty()).then(|| format!("#{}", line.tags.join(" #")));
    let assignee = line.assignee.clone().or_else(|| Some("unassigned".to_owned()));
    let parent = line.parent.as_ref().map(|parent| format!("part of {parent}"));
    let facts = [line.kind.clone(), line.priority.clone(), line.area.clone(), assignee, line.sprint.clone()];
    let facts = facts.into_iter().chain([parent, estimate, spent, due, created, tags]).flatten();
    let facts = facts.chain(other_fields(line));
    out.flow(&facts.map(Cell::new).collect::<Vec<_>>(), 2);
    out.line(format!("  {}", pipeline(task, out)));
    show_files(task, out);
    show_cost(task, out);
    if let Some(claim) = &line.claim {
        let label = out.paint("Claimed:", Style::new().magenta());
        let seen = claim.fetched.map_or_else(String::new, |fetched| format!(", as of {}", out.time(fetched)));
        out.line(format!("  {label} {}{seen}", clean(&by(claim, out))));
    }
    for flight in &line.in_flight {
        let label = out.paint("In flight:", Style::new().magenta());
        let folder = flight.folder.as_ref().filter(|_| flight.branch.is_some());
        let folder = folder.map_or_else(String::new, |folder| format!(" in {folder}"));
        out.line(format!("  {label} {}{}", clean(&shared::flight(flight, out)), clean(&folder)));
    }
    for own in &line.synced {
        let label = out.dim("Linked:");
        let fields: Vec<&str> = own.conflicts.iter().map(|field| field.as_str()).collect();
        let conflict = match (own.orphan, fields.is_empty()) {
            (Some(SyncOrphan::DeletedThere), _) => ", gone there".to_owned(),
            (_, true) => String::new(),
            (_, false) => format!(", both sides have changed {}", fields.join(", ")),
        };
        out.line(format!("  {label} {}", clean(&format!("{}:{}{conflict}", own.remote, own.item))));
    }
    for (label, why) in [("Blocked:", &line.blocked), ("Cancelled:", &line.cancelled)] {
        if let Some(why) = why {
            out.line(format!("  {} {}", out.paint(label, Style::new().red()), clean(why)));
        }
    }
    for (key, value) in &task.unknown {
        out.line(format!("  {} {}", out.dim(&format!("{}:", clean(key))), clean(value)));
    }
}

/// Shows what it has cost, and whether that is as much as it may.
fn show_cost(task: &TaskView, out: &mut Output) {
    let Some(own) = &task.cost else { return };
    let commits = shared::counted(own.commits, "commit");
    let (text, style) = match &own.budget {
        Some(budget) if own.exceeded => {
            (format!("{} in {commits}, of a budget of {budget}: used up", own.cost), Style::new().red())
        }
        Some(budget) => (format!("{} in {commits}, of a budget of {budget}", own.cost), Style::new()),
        None => (format!("{} in {commits}", own.cost), Style::new()),
    };
    out.hanging(&Cell::styled("  Cost:", Style::new().dimmed()), 9, &Cell::styled(text, style));
}

/// Shows the target files, and who else is about to change them.
fn show_files(task: &TaskView, out: &mut Output) {
    if !task.line.files.is_empty() {
        let label = Cell::styled("  Files:", Style::new().dimmed());
        out.hanging(&label, 9, &Cell::new(task.line.files.join(", ")));
    }
    for shared in &task.shared_files {
        let label = Cell::styled("  Also:", Style::new().yellow());
        let who = shared.assignee.as_ref().map_or_else(String::new, |name| format!(", {name}"));
        let text = format!("{} in {} ({}{who})  {}", shared.file, shared.task, shared.stage, shared.title);
        out.hanging(&label, 9, &Cell::new(text));
    }
}

/// Fields that have a look of their own here, or are left to `--format json`.
const WITH_OWN_STYLE: [Field; 14] = [
    Field::Title,
    Field::Type,
    Field::Priority,
    Field::Area,
    Field::Tags,
    Field::Parent,
    Field::DependsOn,
    Field::Sprint,
    Field::Due,
    Field::Files,
    Field::Estimate,
    Field::Source,
    Field::Assignee,
    Field::Spent,
];

/// Returns every other field of the table that has a value, by its key.
fn other_fields(line: &TaskLine) -> Vec<String> {
    let values = serde_json::to_value(line).expect("plain data with text keys is always JSON");
    let shown = |field: Field| match values.get(field.key())? {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            (!items.is_empty()).then(|| format!("{} {}", field.key(), items.join(", ")))
        }
        Value::String(text) => Some(format!("{} {text}", field.key())),
        other => Some(format!("{} {other}", field.key())),
    };
    Field::settable().filter(|field| !WITH_OWN_STYLE.contains(field)).filter_map(shown).collect()
}

fn show_signoffs(shown: &ops::Shown, task: &TaskView, out: &mut Output) {
    let Some(signoffs) = &shown.signoffs else { return };
    out.gap();
    if !signoffs.roles.is_empty() {
        let title = out.bold(&format!("Sign-offs for {}", clean(&signoffs.stage)));
        out.line(format!("  {title}  {}", bar(task.line.signoffs, out)));
    }
    signoffs.show_votes(out);
}

/// Shows which commands must have been run on the task, and what is known of each.
fn show_evidence(task: &TaskView, out: &mut Output) {
    if task.evidence.is_empty() || matches!(task.line.status, Status::Completed | Status::Cancelled) {
        return;
    }
    out.gap();
    out.line(format!("  {}  {}", out.bold("Evidence"), shared::evidence(&task.line)));
    let row = |own: &ops::EvidenceView| {
        let (mark, style) = match own.level {
            Some(_) => (out.glyph("✓", "[x]"), Style::new().green()),
            None => (out.glyph("○", "[ ]"), Style::new().yellow()),
        };
        let text = own.level.as_ref().or(own.why_not.as_ref()).map_or("", String::as_str);
        vec![Cell::styled(mark, style), Cell::new(&own.role), Cell::new(text).wrap()]
    };
    let rows: Vec<Vec<Cell>> = task.evidence.iter().map(row).collect();
    out.columns(&rows, 2, 2);
}

fn show_findings(task: &TaskView, out: &mut Output) {
    if task.findings.is_empty() {
        return;
    }
    out.gap();
    out.line(format!("  {}", out.bold("Findings")));
    out.columns(&task.findings.iter().map(|finding| finding_cells(finding, out)).collect::<Vec<_>>(), 4, 2);
}

fn pipeline(task: &TaskView, out: &Output) -> String {
    let step = |step: &ops::StepView| match step.state {
        "passed" => format!("{}{}", clean(&step.stage), out.glyph(" ✓", "")),
        "current" => out.bold(&format!("[{}]", clean(&step.stage))),
        _ => out.dim(&clean(&step.stage)),
    };
    let steps: Vec<String> = task.pipeline.iter().map(step).collect();
    let since = ago(task.line.since, out);
    let since = if since.is_empty() { since } else { format!("   {}", out.dim(&format!("since {since}"))) };
    format!("{}{since}", steps.join(out.glyph(" ─ ", " > ")))
}

fn show_dependencies(task: &TaskView, out: &mut Output) {
    show_tasks("Depends on", &task.dependencies, out);
    let done = task.children.iter().filter(|child| !child.open).count();
    show_tasks(&format!("Parts {done}/{}", task.children.len()), &task.children, out);
}

fn show_tasks(heading: &str, tasks: &[ops::DependencyView], out: &mut Output) {
    if tasks.is_empty() {
        return;
    }
    out.gap();
    out.line(format!("  {}", out.bold(heading)));
    let row = |found: &ops::DependencyView| {
        let (rich, plain, style) = match (found.open, &found.title) {
            (_, None) => ("?", "missing", Style::new().red()),
            (true, _) => ("○", "open", Style::new().yellow()),
            (false, _) => ("✓", "done", Style::new().green()),
        };
        let title = found.title.as_deref().unwrap_or("unknown task, or it cannot be read");
        vec![Cell::styled(out.glyph(rich, plain), style), Cell::new(&found.id), Cell::new(title).wrap()]
    };
    let rows: Vec<Vec<Cell>> = tasks.iter().map(row).collect();
    out.columns(&rows, 2, 2);
}

/// Shows the body with its checkboxes numbered as `tick` takes them.
fn show_body(task: &TaskView, out: &mut Output) {
    let body = task.body.trim();
    if body.is_empty() {
        return;
    }
    out.gap();
    let mut boxes = task.checkboxes.iter();
    let mut next = boxes.next();
    for line in body.lines() {
        let text = clean_lines(line);
        let found = next.filter(|found| found.is_on(line));
        if let Some(found) = found {
            let indent = line.len() - line.trim_start().len();
            let mark = if found.done { out.glyph("✓", "[x]") } else { out.glyph("☐", "[ ]") };
            let style = if found.done { Style::new().green() } else { Style::new() };
            let mark = out.paint(mark, style);
            let indent = " ".repeat(indent);
            out.line(format!(
                "  {indent}{mark} {} {}",
                out.dim(&found.number.to_string()),
                clean(&found.text)
            ));
            next = boxes.next();
        } else if line.starts_with('#') {
            let heading = out.bold(&text);
            out.line(format!("  {heading}"));
        } else {
            out.line(format!("  {text}"));
        }
    }
}

fn show_notes(task: &TaskView, out: &mut Output) {
    if task.notes.is_empty() {
        return;
    }
    out.gap();
    out.line(format!("  {}", out.bold("Notes")));
    for note in &task.notes {
        // The person has started the director, and has not written this.
        let agent = note.kind.as_deref().filter(|kind| *kind == ops::DIRECTOR);
        let by = by_agent(&note.by, agent);
        out.line(format!("  {} {}", out.paint(&clean(&by), Style::new().cyan()), out.dim(&out.ago(note.at))));
        for line in note.text.trim_end().lines() {
            out.line(format!("    {}", clean_lines(line)));
        }
    }
}
