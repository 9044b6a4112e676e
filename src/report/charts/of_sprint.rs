//! The charts of a sprint, from its items and its scope.

use chrono::NaiveDate;

use super::{Axis, Chart, Layer, LayerKind, Point, count, in_days, position};
use crate::metrics::series::{self, ProcessLimits, StageAges};
use crate::metrics::{Figure, FigureName, Item, Numbers, Percentiles, Scope, Value, Window};
use crate::report::closing::span;

/// What the charts of a sprint are drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SprintCharts<'a> {
    pub(crate) items: &'a [Item],
    pub(crate) scope: &'a Scope,
    pub(crate) window: &'a Window,
    pub(crate) numbers: &'a Numbers,
}

/// Returns all charts of which there is anything to show.
pub(crate) fn all(input: &SprintCharts<'_>) -> Vec<Chart> {
    let state = input.scope.at(input.window.to);
    let is_in_scope = |item: &&Item| state.members.contains_key(&item.id);
    let items: Vec<Item> = input.items.iter().filter(is_in_scope).cloned().collect();
    let all_items = input;
    // Like the figures, charts of flow look at what is in scope at the end.
    let input = &SprintCharts { items: &items, ..*input };
    let found = [
        burn_up(all_items.items, all_items.scope, all_items.window),
        burn_down(all_items),
        cumulative_flow(input),
        cycle_times(input),
        ageing(input),
        throughput(input),
        percentiles(input, FigureName::StageTime, "stage-times", "stage"),
        percentiles(input, FigureName::SignoffLatency, "signoff-latency", "role"),
    ];
    found.into_iter().flatten().collect()
}

fn layer(label: &str, kind: LayerKind, style: usize, points: Vec<Point>) -> Layer {
    Layer { label: label.to_owned(), kind, style, points }
}

fn rule(label: String, style: usize, y: f64) -> Layer {
    Layer { label, kind: LayerKind::Rule, style, points: vec![Point::at(0.0, y)] }
}

fn daily(counts: &[u64]) -> Vec<Point> {
    counts.iter().enumerate().map(|(at, value)| Point::at(position(at), count(*value))).collect()
}

/// Draws how far a sprint is.
pub(crate) fn burn_up(items: &[Item], scope: &Scope, window: &Window) -> Option<Chart> {
    let burn = series::burn(items, scope, window);
    let (scope, done) = (*burn.scope.last()?, *burn.done.last()?);
    let most = burn.scope.iter().max().copied().unwrap_or(0);
    Some(Chart {
        name: "burn-up",
        title: "Burn-up".to_owned(),
        description: format!(
            "Tasks done by the end of each day, against the scope. At the end {done} of {scope} tasks were done."
        ),
        x: Axis::of_days(&burn.days),
        y: Axis::from_zero("tasks", count(most)),
        layers: vec![
            layer("scope", LayerKind::Steps, 1, daily(&burn.scope)),
            layer("done", LayerKind::Steps, 0, daily(&burn.done)),
        ],
    })
}

fn burn_down(input: &SprintCharts<'_>) -> Option<Chart> {
    let burn = series::burn(input.items, input.scope, input.window);
    let open: Vec<u64> = burn.scope.iter().zip(&burn.done).map(|(scope, done)| scope - done).collect();
    let (first, last) = (*burn.scope.first()?, *open.last()?);
    let most = open.iter().chain([&first]).max().copied().unwrap_or(0);
    Some(Chart {
        name: "burn-down",
        title: "Burn-down".to_owned(),
        description: format!(
            "Tasks of the scope that were not done at the end of each day, against an even pace{}. \
             At the end {last} were left.",
            if input.scope.blackout.is_empty() { "" } else { " on working days" }
        ),
        x: Axis::of_days(&burn.days),
        y: Axis::from_zero("tasks left", count(most)),
        layers: vec![
            layer("even pace", LayerKind::Line, 4, even_pace(&burn.days, first, input.scope)),
            layer("left", LayerKind::Steps, 0, daily(&open)),
        ],
    })
}

/// A line from the first scope to nothing, level on days on which nobody works.
fn even_pace(days: &[NaiveDate], first: u64, scope: &Scope) -> Vec<Point> {
    let is_working = |day: &&NaiveDate| !scope.blackout.contains(day);
    let working = days.iter().skip(1).filter(is_working).count().max(1);
    let mut worked = 0;
    let point = |(at, day): (usize, &NaiveDate)| {
        worked += usize::from(at > 0 && is_working(&day));
        let left = count(first) * (1.0 - position(worked) / position(working));
        Point::at(position(at), left.max(0.0))
    };
    days.iter().enumerate().map(point).collect()
}

fn cumulative_flow(input: &SprintCharts<'_>) -> Option<Chart> {
    let flow = series::cumulative_flow(input.items, input.window);
    let most = flow.stages.iter().filter_map(|(_, counts)| counts.last()).max().copied()?;
    if most == 0 {
        return None;
    }
    let bands = flow.stages.iter().enumerate().map(|(at, (stage, counts))| Layer {
        label: stage.to_string(),
        kind: LayerKind::Area,
        style: at,
        points: daily(counts),
    });
    let last: Vec<String> = flow
        .stages
        .iter()
        .filter_map(|(stage, counts)| Some(format!("{} in {stage} or beyond", counts.last()?)))
        .collect();
    Some(Chart {
        name: "cumulative-flow",
        title: "Cumulative flow".to_owned(),
        description: format!(
            "Tasks that had reached each stage for good by the end of each day. At the end: {}.",
            last.join(", ")
        ),
        x: Axis::of_days(&flow.days),
        y: Axis::from_zero("tasks", count(most)),
        layers: bands.collect(),
    })
}

/// A percentile: its name, its style, and its value.
type Mark<'m> = (&'m str, usize, fn(&Percentiles) -> i64);

/// The percentiles of one figure, as rules.
fn percentile_rules(found: &Percentiles) -> Vec<Layer> {
    let rules = [("50 %", found.p50, 2), ("85 %", found.p85, 1), ("95 %", found.p95, 3)];
    rules
        .into_iter()
        .map(|(name, value, style)| rule(format!("{name} {}", span(value)), style, in_days(value)))
        .collect()
}

fn cycle_times(input: &SprintCharts<'_>) -> Option<Chart> {
    let finished = series::finished(input.items, input.window);
    let found = Percentiles::of(finished.iter().map(|item| item.cycle_time).collect())?;
    let calendar = input.window.calendar;
    let first = calendar.day_of(input.window.from);
    let days: Vec<NaiveDate> = crate::metrics::days(first, calendar.day_of(input.window.to)).collect();
    let point = |item: &series::Finished| Point {
        x: in_days((item.at - calendar.start_of(first)).num_seconds())
            .min(position(days.len().saturating_sub(1).max(1))),
        y: in_days(item.cycle_time),
        label: Some(format!("{}: {}", item.id, span(item.cycle_time))),
    };
    let mut layers = percentile_rules(&found);
    layers.push(layer("finished task", LayerKind::Points, 0, finished.iter().map(point).collect()));
    Some(Chart {
        name: "cycle-time",
        title: "Cycle time".to_owned(),
        description: format!(
            "How long each finished task took, by the day on which it was finished. Half of {} took at most {}, 85 % at \
             most {}.",
            found.n,
            span(found.p50),
            span(found.p85)
        ),
        x: Axis::of_days(&days),
        y: Axis::from_zero("days from start to finish", in_days(found.max)),
        layers,
    })
}

fn ageing(input: &SprintCharts<'_>) -> Option<Chart> {
    let ageing = series::ageing(input.items, input.window);
    let oldest = ageing.stages.iter().flat_map(|ages| &ages.items).max_by_key(|(_, age)| *age)?.clone();
    let paces = || ageing.stages.iter().filter_map(|ages| ages.pace.as_ref());
    let most = paces().map(|pace| pace.p95).max().unwrap_or(0).max(oldest.1);
    let mut layers = Vec::new();
    let lines: [Mark<'_>; 3] =
        [("50 %", 2, |pace| pace.p50), ("85 %", 1, |pace| pace.p85), ("95 %", 3, |pace| pace.p95)];
    for (label, style, value) in lines {
        let stages = ageing.stages.iter().enumerate();
        let points = stages
            .filter_map(|(at, ages)| Some(Point::at(position(at), in_days(value(ages.pace.as_ref()?)))));
        layers.push(layer(label, LayerKind::Levels, style, points.collect()));
    }
    let mut points = Vec::new();
    for (at, StageAges { items, .. }) in ageing.stages.iter().enumerate() {
        for (index, (id, age)) in items.iter().enumerate() {
            let x = position(at) + (position(index + 1) / position(items.len() + 1) - 0.5) * 0.7;
            points.push(Point { x, y: in_days(*age), label: Some(format!("{id}: {}", span(*age))) });
        }
    }
    let open = points.len();
    layers.push(layer("task in progress", LayerKind::Points, 0, points));
    Some(Chart {
        name: "ageing",
        title: "Age of work in progress".to_owned(),
        description: format!(
            "How old each of {open} tasks in progress is, by stage, against the age at which finished tasks left that \
             stage. The oldest is {}, {}.",
            oldest.0,
            span(oldest.1)
        ),
        x: Axis::of_names("stage", ageing.stages.iter().map(|ages| ages.stage.to_string())),
        y: Axis::from_zero("days since start", in_days(most)),
        layers,
    })
}

fn throughput(input: &SprintCharts<'_>) -> Option<Chart> {
    let Value::Days(daily_counts) = &input.numbers.figure(FigureName::Throughput)?.value else { return None };
    let working: Vec<(NaiveDate, u32)> = daily_counts
        .iter()
        .filter(|(day, _)| !input.scope.blackout.contains(day))
        .map(|(day, count)| (*day, *count))
        .collect();
    let values: Vec<u32> = working.iter().map(|(_, count)| *count).collect();
    let days: Vec<NaiveDate> = working.iter().map(|(day, _)| *day).collect();
    let most = values.iter().max().copied()?;
    let total: u32 = values.iter().sum();
    let off: u32 = daily_counts.values().sum::<u32>() - total;
    let off = if off > 0 { format!(" ({off} more on days off)") } else { String::new() };
    let points: Vec<Point> =
        values.iter().enumerate().map(|(at, value)| Point::at(position(at), f64::from(*value))).collect();
    let mut layers = Vec::new();
    let mut top = f64::from(most);
    let mut described = "There are too few days for natural process limits.".to_owned();
    if let Some(limits) = ProcessLimits::of(&values) {
        let [centre, upper, lower] = [limits.centre, limits.upper, limits.lower].map(thousandths);
        top = top.max(upper);
        layers.push(rule(format!("upper limit {upper:.1}"), 1, upper));
        layers.push(rule(format!("average {centre:.1}"), 2, centre));
        if limits.lower > 0 {
            layers.push(rule(format!("lower limit {lower:.1}"), 1, lower));
        }
        let signals: Vec<Point> = limits.signals.iter().map(|at| points[*at].clone()).collect();
        described = match signals.len() {
            0 => format!("All days lie within the natural process limits ({lower:.1} to {upper:.1}): noise."),
            1 => format!("1 day is a signal: outside {lower:.1} to {upper:.1}, or the eighth on one side."),
            signals => {
                format!("{signals} days are signals: outside {lower:.1} to {upper:.1}, or eight on one side.")
            }
        };
        if !signals.is_empty() {
            layers.push(layer("signal", LayerKind::Points, 1, signals));
        }
    }
    layers.push(layer("finished", LayerKind::Line, 0, points));
    Some(Chart {
        name: "throughput",
        title: "Throughput".to_owned(),
        description: format!("Tasks finished on each working day, {total} in all{off}. {described}"),
        x: Axis::of_days(&days),
        y: Axis::from_zero("tasks finished on a day", top),
        layers,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of tasks have fewer digits than a float")]
fn thousandths(value: i64) -> f64 {
    value as f64 / 1000.0
}

/// A column of marks for each stage or role.
fn percentiles(input: &SprintCharts<'_>, name: FigureName, file: &'static str, of: &str) -> Option<Chart> {
    let row = |figure: &Figure| match &figure.value {
        Value::Percentiles(found) => Some((figure.of.clone()?, *found)),
        _ => None,
    };
    let rows: Vec<(String, Percentiles)> = input.numbers.each(name).filter_map(row).collect();
    let most = rows.iter().map(|(_, found)| found.p95).max()?;
    let marks: [Mark<'_>; 4] = [
        ("50 %", 2, |found| found.p50),
        ("70 %", 0, |found| found.p70),
        ("85 %", 1, |found| found.p85),
        ("95 %", 3, |found| found.p95),
    ];
    let layers = marks.into_iter().enumerate().map(|(rank, (label, style, value))| {
        let point = |(at, (of, found)): (usize, &(String, Percentiles))| Point {
            x: position(at) + (position(rank) - 1.5) * 0.12,
            y: in_days(value(found)),
            label: Some(format!("{of}: {label} at most {}", span(value(found)))),
        };
        layer(label, LayerKind::Points, style, rows.iter().enumerate().map(point).collect())
    });
    let described: Vec<String> = rows
        .iter()
        .map(|(of, found)| {
            format!("{of}: half at most {}, 85 % at most {}", span(found.p50), span(found.p85))
        })
        .collect();
    Some(Chart {
        name: file,
        title: name.label().to_owned(),
        description: format!("Percentiles by {of}. {}.", described.join("; ")),
        x: Axis::of_names(of, rows.iter().map(|(of, _)| of.clone())),
        y: Axis::from_zero("days", in_days(most)),
        layers: layers.collect(),
    })
}
