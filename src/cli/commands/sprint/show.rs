//! How sprints look to a person.

use owo_colors::Style;

use crate::cli::commands::shared::{counted, short_id};
use crate::cli::output::{Cell, Output, clean};
use crate::metrics::{FigureName, Numbers, Value};
use crate::model::Minutes;
use crate::ops::{
    ActionView, ActionsView, BurnUpDay, ComparedSeries, SprintChartsView, SprintComparison, SprintLine,
    SprintListing, SprintShown, SprintStatus,
};
use crate::report::charts::Chart;
use crate::report::closing::{span, value_text};
use crate::report::sprint::ScoresView;

/// Maximum number of days of a burn-up shown; of a longer one, its last.
const MOST_DAYS: usize = 28;
/// Maximum number of changes of scope shown; all are in the JSON.
const MOST_CHANGES: usize = 20;

/// Shows all sprints, one a line.
pub(super) fn list(list: &SprintListing, out: &mut Output) {
    let row = |line: &SprintLine| {
        vec![
            Cell::styled(&line.id, Style::new().bold()),
            state_cell(line.state),
            Cell::new(dates(line)),
            Cell::new(format!("{}/{}", line.complete, line.tasks)).right(),
            Cell::new(work(line)).right(),
            Cell::new(line.title.as_deref().or(line.goal.as_deref()).unwrap_or_default()),
        ]
    };
    let rows: Vec<Vec<Cell>> = list.sprints.iter().map(row).collect();
    out.columns(&rows, 5, 0);
    out.line(out.dim(&counted(list.sprints.len(), "sprint")));
}

fn state_cell(state: &str) -> Cell {
    let style = match state {
        "active" => Style::new().green(),
        "closed" => Style::new().dimmed(),
        _ => Style::new(),
    };
    Cell::styled(state, style)
}

fn dates(line: &SprintLine) -> String {
    match (line.starts, line.ends) {
        (None, None) => "-".to_owned(),
        (starts, ends) => {
            let text =
                |day: Option<chrono::NaiveDate>| day.map_or_else(|| "…".to_owned(), |day| day.to_string());
            format!("{} to {}", text(starts), text(ends))
        }
    }
}

fn work(line: &SprintLine) -> String {
    if line.estimate_minutes == 0 && line.without_estimate > 0 {
        return "-".to_owned();
    }
    Minutes(line.estimate_minutes).to_string()
}

fn head(line: &SprintLine, out: &mut Output) {
    let title = line.title.as_deref().map(|title| format!("  {}", clean(title))).unwrap_or_default();
    out.line(format!("{}{title}  {}  {}", out.bold(&line.id), line.state, dates(line)));
    if let Some(goal) = line.goal.as_deref().and_then(|goal| goal.lines().next()) {
        out.line(format!("  {}", clean(goal)));
    }
}

/// Shows one sprint in full.
pub(super) fn sprint(shown: &SprintShown, out: &mut Output) {
    head(&shown.line, out);
    let mut parts = vec![counted(shown.line.tasks, "task"), work(&shown.line)];
    parts.extend(shown.capacity_minutes.map(|minutes| format!("capacity {}", Minutes(minutes))));
    parts.extend(shown.phase.as_deref().map(|phase| format!("phase {}", clean(phase))));
    parts.extend((!shown.blackout.is_empty()).then(|| {
        let days: Vec<String> = shown.blackout.iter().map(ToString::to_string).collect();
        format!("nobody works on {}", days.join(", "))
    }));
    out.line(format!("  {}", parts.join(" · ")));
    out.gap();
    let row = |task: &crate::ops::SprintTask| {
        let carried = task.carried_to.as_ref().map(|to| format!("carried over to {to}"));
        vec![
            Cell::styled(&task.id, Style::new().bold()),
            match task.cancelled {
                true => Cell::styled("cancelled", Style::new().dimmed()),
                false => Cell::new(task.stage.as_deref().unwrap_or("missing")),
            },
            Cell::new(task.estimate_minutes.map_or_else(|| "-".to_owned(), |m| Minutes(m).to_string()))
                .right(),
            Cell::new(if task.committed { "" } else { "added" }),
            Cell::new(task.title.as_deref().unwrap_or_default()),
            Cell::styled(task.assignee.as_deref().unwrap_or_default(), Style::new().cyan()).minor(),
            Cell::new(carried.unwrap_or_default()).below(),
        ]
    };
    let rows: Vec<Vec<Cell>> = shown.scope.iter().map(row).collect();
    out.columns(&rows, 4, 2);
    let events: Vec<Vec<Cell>> = shown
        .history
        .iter()
        .map(|event| {
            let commit = event.commit.as_deref().map(|commit| format!("at {}", short_id(commit)));
            let why = event.why.as_deref().unwrap_or_default();
            vec![
                Cell::new(out.time(event.at)),
                Cell::new(event.action),
                Cell::new(&event.by),
                Cell::new(commit.unwrap_or_default()),
                Cell::new(why).wrap(),
            ]
        })
        .collect();
    out.gap();
    out.columns(&events, 4, 2);
    show_changes(shown, out);
    if let Some(numbers) = &shown.numbers {
        out.gap();
        show_numbers(numbers, out);
    }
    if let Some(scores) = &shown.scores {
        show_scores(&ScoresView::of(scores), out);
    }
}

fn show_scores(scores: &ScoresView, out: &mut Output) {
    let capped = if scores.is_capped { ", no better than the quality" } else { "" };
    out.gap();
    out.line(format!("Grade {}  {}{capped}", out.bold(&scores.grade), scores.total));
    let row = |score: &crate::report::sprint::ScoreRow| {
        let value = Cell::styled(&score.value, Style::new().bold()).right();
        vec![Cell::new(score.name), value, Cell::styled(score.formula, Style::new().dimmed()).wrap()]
    };
    out.columns(&scores.rows.iter().map(row).collect::<Vec<_>>(), 2, 2);
}

/// Shows charts, one below the other.
pub(super) fn charts(view: &SprintChartsView, out: &mut Output) {
    let title = view.title.as_deref().map(|title| format!("  {}", clean(title))).unwrap_or_default();
    out.line(format!("{}{title}", out.bold(&view.sprint)));
    for chart in &view.charts {
        out.gap();
        chart_lines(chart, out);
    }
    if view.charts.is_empty() {
        out.line("Nothing to draw yet");
    }
}

fn chart_lines(chart: &Chart, out: &mut Output) {
    for line in chart.lines(out.width()) {
        out.line(clean(&line));
    }
}

fn show_changes(shown: &SprintShown, out: &mut Output) {
    let from = shown.changes.len().saturating_sub(MOST_CHANGES);
    let row = |change: &crate::ops::ScopeChangeView| {
        let estimate = change.estimate_minutes.map(|minutes| Minutes(minutes).to_string());
        vec![
            Cell::new(out.time(change.at)),
            Cell::new(change.change),
            Cell::styled(&change.task, Style::new().bold()),
            Cell::new(estimate.unwrap_or_default()),
            Cell::new(&change.by),
            Cell::new(change.why.as_deref().unwrap_or_default()).wrap(),
        ]
    };
    let rows: Vec<Vec<Cell>> = shown.changes[from..].iter().map(row).collect();
    if !rows.is_empty() {
        out.gap();
        out.line(format!("  {} of scope", counted(shown.changes.len(), "change")));
        out.columns(&rows, 5, 2);
    }
}

/// Shows figures, one a line.
pub(super) fn show_numbers(numbers: &Numbers, out: &mut Output) {
    let row = |figure: &crate::metrics::Figure| {
        let of = figure.of.as_ref().map(|of| format!(" {of}")).unwrap_or_default();
        let missing = match figure.missing.len() {
            0 => String::new(),
            count => format!("{count} without data"),
        };
        vec![
            Cell::new(format!("{}{of}", figure.figure.label())),
            Cell::styled(value_text(&figure.value, figure.figure), Style::new().bold()).wrap(),
            Cell::styled(missing, Style::new().dimmed()),
        ]
    };
    let is_shown = |figure: &&crate::metrics::Figure| !matches!(figure.value, Value::Nothing(()));
    let rows: Vec<Vec<Cell>> = numbers.figures.iter().filter(is_shown).map(row).collect();
    out.columns(&rows, 1, 2);
}

/// Shows the status of a sprint.
pub(super) fn status(status: &SprintStatus, out: &mut Output) {
    head(&status.line, out);
    let line = &status.line;
    let mut parts = vec![format!("{} of {} complete", line.complete, line.tasks)];
    parts.extend(status.days_left.map(|days| format!("{} left", counted(days, "day"))));
    if let Some(numbers) = &status.numbers {
        for (name, word) in [
            (FigureName::Added, "added"),
            (FigureName::Removed, "removed"),
            (FigureName::ReEstimated, "re-estimated"),
            (FigureName::Cancelled, "cancelled"),
        ] {
            let count = numbers.count(name).filter(|count| *count > 0);
            parts.extend(count.map(|count| format!("{count} {word}")));
        }
    }
    out.line(format!("  {}", parts.join(" · ")));
    match &status.burn_up_chart {
        Some(chart) if out.is_rich() && status.burn_up.len() > 1 => {
            out.gap();
            chart_lines(chart, out);
        }
        _ => burn_up(&status.burn_up, out),
    }
    show_in_progress(status, out);
    let row = |id: &str, text: &str, command: &str| {
        vec![Cell::styled(id, Style::new().bold()), Cell::new(text).wrap(), Cell::new(command).below()]
    };
    let at_risk = status.at_risk.iter().map(|risk| row(&risk.id, &risk.why.join("; "), ""));
    section("At risk", out, &at_risk.collect::<Vec<_>>());
    let open = status.open_actions.iter().map(|action| row(&action.task, &action.title, ""));
    section("Open actions of the last sprint", out, &open.collect::<Vec<_>>());
    let drift = status.drift.iter().map(|one| row(&one.id, &one.message, &one.suggestion.to_string()));
    section("Edited by hand", out, &drift.collect::<Vec<_>>());
}

fn section(title: &str, out: &mut Output, rows: &[Vec<Cell>]) {
    if !rows.is_empty() {
        out.gap();
        out.line(format!("{title} ({})", rows.len()));
        out.columns(rows, 1, 2);
    }
}

fn show_in_progress(status: &SprintStatus, out: &mut Output) {
    if status.in_progress.is_empty() {
        return;
    }
    out.gap();
    let team = status.team_cycle_time.map_or_else(String::new, |team| {
        let marks = format!("50 % {}, 85 % {}, 95 % {}", span(team.p50), span(team.p85), span(team.p95));
        let tasks = counted(usize::try_from(team.n).unwrap_or(usize::MAX), "done task");
        format!("; the team's {tasks} took {marks}")
    });
    out.line(format!("In progress ({}){team}", status.in_progress.len()));
    let row = |task: &crate::ops::InProgress| {
        vec![
            Cell::styled(&task.id, Style::new().bold()),
            Cell::new(&task.stage),
            Cell::new(span(task.age)).right(),
            Cell::new(task.beyond.map_or_else(String::new, |percent| format!("over {percent} %"))),
            Cell::new(&task.title),
            Cell::styled(task.assignee.as_deref().unwrap_or_default(), Style::new().cyan()),
            Cell::styled(task.waits_for.join("; "), Style::new().dimmed()).below(),
        ]
    };
    let rows: Vec<Vec<Cell>> = status.in_progress.iter().map(row).collect();
    out.columns(&rows, 4, 2);
}

/// Shows what was in scope and what was complete, at the end of each day: one column a day.
fn burn_up(days: &[BurnUpDay], out: &mut Output) {
    let days = &days[days.len().saturating_sub(MOST_DAYS)..];
    let Some(last) = days.last().filter(|_| days.len() > 1) else { return };
    let width =
        days.iter().map(|day| day.scope.max(day.complete).to_string().len()).max().unwrap_or(1).max(2);
    let line = |name: &str, value: &dyn Fn(&BurnUpDay) -> String| {
        let cells: Vec<String> = days.iter().map(|day| format!("{:>width$}", value(day))).collect();
        format!("  {name:<9}{}", cells.join(" "))
    };
    out.gap();
    out.line(format!("Burn-up, {} to {}", days[0].day, last.day));
    out.line(line("day", &|day| day.day.format("%d").to_string()));
    out.line(line("scope", &|day| day.scope.to_string()));
    out.line(line("complete", &|day| day.complete.to_string()));
}

/// Shows two sprints side by side.
pub(super) fn compared(compared: &SprintComparison, out: &mut Output) {
    let [one, other] = &compared.sprints;
    let bold = Style::new().bold();
    let mut rows = vec![vec![Cell::new(""), Cell::styled(one, bold), Cell::styled(other, bold)]];
    for figure in &compared.figures {
        let name = FigureName::parse(figure.figure.split('[').next().unwrap_or_default());
        let text = |value: &Option<Value>| match (value, name) {
            (Some(value), Some(name)) => value_text(value, name),
            _ => "-".to_owned(),
        };
        let [a, b] = [text(&figure.values[0]), text(&figure.values[1])];
        if a != "-" || b != "-" {
            rows.push(vec![Cell::new(&figure.label), Cell::new(a).wrap(), Cell::new(b).wrap()]);
        }
    }
    out.columns(&rows, 1, 0);
    out.gap();
    compared.signals.iter().for_each(|series| signal(series, one, other, out));
}

/// Says of one series whether the second sprint differs from the first by more than that varies by itself.
fn signal(series: &ComparedSeries, one: &str, other: &str, out: &mut Output) {
    let (label, unit) = match series.series {
        FigureName::Throughput => ("Throughput a day", "days"),
        _ => ("Cycle time", "tasks"),
    };
    let value = |thousandths: i64| match series.series {
        FigureName::Throughput => format!("{}.{}", thousandths / 1000, thousandths % 1000 / 100),
        _ => span(thousandths / 1000),
    };
    let text = match series.limits {
        None => format!("not known: {one} has {} {unit}, fewer than six are too few to tell", series.before),
        Some((lower, upper)) => {
            let limits = format!("{one} varies from {} to {} by itself", value(lower), value(upper));
            match series.signals {
                0 => format!("noise: {limits}, and so do all {} {unit} of {other}", series.after),
                count => format!("signal: {limits}; signals in {other}: {count} of {} {unit}", series.after),
            }
        }
    };
    out.line(format!("{}  {text}", out.bold(label)));
}

/// Shows the actions of a postmortem.
pub(super) fn actions(view: &ActionsView, out: &mut Output) {
    let row = |action: &ActionView, out: &Output| {
        let (mark, style) = if action.done {
            (out.glyph("✓", "done"), Style::new().green())
        } else {
            (out.glyph("·", "open"), Style::new())
        };
        vec![
            Cell::styled(mark, style),
            Cell::styled(&action.task, Style::new().bold()),
            Cell::new(action.kind.as_deref().unwrap_or("-")),
            Cell::new(&action.title).wrap(),
            Cell::styled(action.owner.as_deref().unwrap_or_default(), Style::new().cyan()),
        ]
    };
    let rows: Vec<Vec<Cell>> = view.actions.iter().map(|action| row(action, out)).collect();
    out.columns(&rows, 3, 0);
    out.line(out.dim(&format!(
        "{} of {} of {} done",
        view.done,
        counted(view.actions.len(), "action"),
        view.sprint
    )));
}
