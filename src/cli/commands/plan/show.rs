//! How plans look to a person.

use owo_colors::Style;

use crate::cli::answer::View;
use crate::cli::commands::shared::{bar, counted, show_diff};
use crate::cli::output::{Cell, Output, clean};
use crate::model::{PlanState, Status};
use crate::ops::{PlanFaultView, PlanLine, PlanListing, PlanPart, PlanShown, PlanTaskView, PlanWritten};

/// Shows what was written.
pub(super) fn written(written: &PlanWritten, out: &mut Output) {
    if out.is_quiet() {
        out.line(&written.plan);
        return;
    }
    let first = written.summary.first().map(String::as_str).unwrap_or_default();
    let title = out.dim(&clean(&written.title));
    out.line(format!("{}  {}  {title}", out.bold(&written.plan), clean(first)));
    written.summary.iter().skip(1).for_each(|line| out.line(format!("  {}", clean(line))));
    if let [record] = written.written.records.as_slice()
        && record.diff.is_none()
    {
        out.line(format!("  {}", out.dim(&clean(&record.path))));
    }
    if !written.written.tasks.is_empty() {
        written.written.show(out);
    } else {
        for diff in written.written.records.iter().filter_map(|record| record.diff.as_deref()) {
            show_diff(diff, out);
        }
    }
}

fn state_cell(state: PlanState) -> Cell {
    let style = match state {
        PlanState::Draft => Style::new().yellow(),
        PlanState::Approved => Style::new().green(),
        PlanState::Rejected => Style::new().red(),
        PlanState::InProgress => Style::new().blue(),
        PlanState::Completed => Style::new().dimmed(),
    };
    Cell::styled(state.as_str(), style)
}

/// Says what the branch of a plan has that HEAD does not have.
fn on_branch(line: &PlanLine) -> Option<String> {
    let own = line.branch.as_ref()?;
    Some(format!("{} of {} done on {}, not merged here", own.tasks.done, own.tasks.total, own.branch))
}

/// Shows plans, one a line.
pub(super) fn list(list: &PlanListing, out: &mut Output) {
    let row = |line: &PlanLine| {
        let about: Vec<String> = line.why.iter().cloned().chain(on_branch(line)).collect();
        vec![
            Cell::styled(&line.id, Style::new().bold()),
            state_cell(line.state),
            Cell::new(bar(line.tasks, out)).right(),
            Cell::new(&line.title),
            Cell::styled(about.join(" · "), Style::new().dimmed()).below(),
        ]
    };
    let rows: Vec<Vec<Cell>> = list.plans.iter().map(row).collect();
    out.columns(&rows, 3, 0);
    let hidden = match list.hidden {
        0 => String::new(),
        hidden => format!(", {hidden} in other states"),
    };
    out.line(out.dim(&format!("{}{hidden}", counted(list.plans.len(), "plan"))));
}

/// Shows one plan.
pub(super) fn plan(shown: &PlanShown, out: &mut Output) {
    let line = &shown.line;
    let state = state_cell(line.state);
    let counts = format!("{} of {}", line.tasks.done, line.tasks.total);
    let cells = [
        Cell::styled(&line.id, Style::new().bold()),
        Cell::new(&line.title),
        state,
        Cell::new(match out.is_rich() {
            true => format!("{}  {counts}", bar(line.tasks, out).split(' ').next().unwrap_or_default()),
            false => counts,
        }),
    ];
    out.flow(&cells, 0);
    let mut parts: Vec<String> = line.why.iter().map(|why| clean(why).into_owned()).collect();
    parts.extend(on_branch(line));
    parts.extend((line.cancelled > 0).then(|| format!("{} cancelled", line.cancelled)));
    parts.extend(shown.retries.map(|count| format!("retries {count}")));
    parts.extend(line.source.as_deref().map(|source| clean(source).into_owned()));
    parts.extend(line.created.map(|day| format!("created {day}")));
    if !parts.is_empty() {
        out.line(format!("  {}", parts.join(" · ")));
    }
    for phase in &shown.phases {
        show_phase(phase, out);
    }
    show_history(shown, out);
    show_faults(&shown.faults, out);
    if let Some(next) = shown.next.as_ref().filter(|_| !out.is_quiet()) {
        out.gap();
        out.line(format!("  Next: {next}"));
    }
}

fn show_phase(phase: &PlanPart, out: &mut Output) {
    out.gap();
    if let Some(name) = &phase.name {
        out.line(format!("  {}  {}", out.bold(&clean(name)), bar(phase.count, out)));
    }
    for milestone in &phase.milestones {
        if let Some(name) = &milestone.name {
            out.line(format!("    {}  {}", clean(name), bar(milestone.count, out)));
        }
        let indent = if milestone.name.is_some() { 6 } else { 4 };
        let rows: Vec<Vec<Cell>> = milestone.tasks.iter().map(|task| cells_of(task, out)).collect();
        out.columns(&rows, 4, indent);
    }
}

fn cells_of(task: &PlanTaskView, out: &Output) -> Vec<Cell> {
    let (mark, style) = match task.status {
        None => (out.glyph("✗", "missing"), Style::new().red()),
        Some(Status::Completed) => (out.glyph("✓", "done"), Style::new().green()),
        Some(Status::InProgress) => (out.glyph("▶", "begun"), Style::new().blue()),
        Some(Status::Cancelled) => (out.glyph("⊘", "cancelled"), Style::new().dimmed()),
        Some(Status::Blocked) => (out.glyph("·", "waits"), Style::new().dimmed()),
        Some(Status::NotStarted) => (out.glyph("·", "ready"), Style::new()),
    };
    let waits = match task.waits_for.as_slice() {
        [] => String::new(),
        ids => format!("after {}", ids.join(", ")),
    };
    vec![
        Cell::styled(task.number.to_string(), Style::new().dimmed()).right(),
        Cell::styled(mark, style),
        Cell::styled(&task.id, Style::new().bold()),
        Cell::new(task.stage.as_deref().unwrap_or("-")),
        Cell::new(task.title.as_deref().unwrap_or("there is no such task")),
        Cell::styled(task.assignee.as_deref().unwrap_or_default(), Style::new().cyan()).minor(),
        Cell::styled(waits, Style::new().dimmed()).minor(),
    ]
}

fn show_history(shown: &PlanShown, out: &mut Output) {
    let row = |decision: &crate::ops::PlanDecisionView| {
        let about = if decision.is_current || decision.kind == "reopened" { "" } else { "of other content" };
        vec![
            Cell::new(out.time(decision.at)),
            Cell::new(&decision.kind),
            Cell::new(&decision.by),
            Cell::styled(about, Style::new().dimmed()),
            Cell::new(decision.why.as_deref().unwrap_or_default()).wrap(),
        ]
    };
    let rows: Vec<Vec<Cell>> = shown.history.iter().map(row).collect();
    if !rows.is_empty() {
        out.gap();
        out.line("  Decisions");
        out.columns(&rows, 4, 2);
    }
}

fn show_faults(faults: &[PlanFaultView], out: &mut Output) {
    if faults.is_empty() {
        return;
    }
    out.gap();
    for fault in faults {
        let (rich, plain, style) = match fault.is_error {
            true => ("✗", "error", Style::new().red()),
            false => ("!", "warn ", Style::new().yellow()),
        };
        let mark = out.glyph(rich, plain);
        let head = Cell::styled(format!("{mark} {:10}", fault.label), style);
        let place = fault.line.map_or_else(String::new, |line| format!(" (line {line})"));
        let indent = mark.chars().count() + 1 + 10 + 2;
        out.hanging(&head, indent, &Cell::new(format!("{}{place}", fault.message)));
        out.columns(&[vec![Cell::styled(&fault.fix, Style::new().dimmed())]], 1, indent);
    }
}
