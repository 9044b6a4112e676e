//! `sprint compare`: the figures of two sprints side by side, and whether they differ by more than one varies by itself.

use schemars::JsonSchema;
use serde::Serialize;

use super::records::{SprintData, find, gather};
use super::view::numbers_so_far;
use crate::metrics::series::{self, ProcessLimits};
use crate::metrics::{self, FigureName, Numbers, Value};
use crate::model::{SprintId, TaskId};
use crate::ops::{Result, Session};

/// Two sprints side by side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintComparison {
    /// Their names.
    pub sprints: [String; 2],
    /// Each figure that one of them has, in the order of reports.
    pub figures: Vec<ComparedFigure>,
    /// Whether what the second one did differs from the first by more than the first varies by itself.
    pub signals: Vec<ComparedSeries>,
}

/// One series of two sprints: the second beside the natural process limits of the first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparedSeries {
    /// `throughput` (tasks a day) or `cycle_time` (seconds, in the order in which tasks were finished).
    pub series: FigureName,
    /// Values of the first.
    pub before: usize,
    /// Values of the second.
    pub after: usize,
    /// The limits of the first, in thousandths; none where it has fewer than six values, which are too few to tell.
    pub limits: Option<(i64, i64)>,
    /// How many values of the second are signals: outside the limits, or from the eighth on of as many in a row on one
    /// side of the first's average. None means noise.
    pub signals: usize,
}

/// One figure of two sprints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparedFigure {
    /// Which.
    pub figure: String,
    /// What a person reads.
    pub label: String,
    /// What each says; none where it has no such figure.
    pub values: [Option<metrics::Value>; 2],
}

/// Compares two sprints figure by figure; one that is not closed is taken as it is now.
pub fn compare_sprints(session: &Session<'_>, names: [&str; 2]) -> Result<SprintComparison> {
    let (config, _) = session.config_or_default();
    let numbers = |name: &str| -> Result<(SprintId, Option<Numbers>, [Vec<u32>; 2])> {
        let data = gather(session, find(session, name)?)?;
        let numbers = numbers_so_far(&data, &config);
        let series = series_of(&data, numbers.as_ref());
        Ok((data.file.sprint.id, numbers, series))
    };
    let ((one, a, before), (other, b, after)) = (numbers(names[0])?, numbers(names[1])?);
    let signals = [FigureName::Throughput, FigureName::CycleTime].into_iter().zip(before.iter().zip(&after));
    let signals =
        signals.map(|(series, (before, after))| ComparedSeries::of(series, before, after)).collect();
    let mut figures: Vec<ComparedFigure> = Vec::new();
    for (at, numbers) in [a, b].into_iter().enumerate() {
        for figure in numbers.into_iter().flat_map(|numbers| numbers.figures) {
            let path = figure.path();
            match figures.iter_mut().find(|known| known.figure == path) {
                Some(known) => known.values[at] = Some(figure.value),
                None => {
                    let of = figure.of.as_ref().map(|of| format!(", {of}")).unwrap_or_default();
                    let label = format!("{}{of}", figure.figure.label());
                    let mut values = [None, None];
                    values[at] = Some(figure.value);
                    figures.push(ComparedFigure { figure: path, label, values });
                }
            }
        }
    }
    Ok(SprintComparison { sprints: [one.to_string(), other.to_string()], figures, signals })
}

/// Returns what a sprint finished on each working day, and how long each finished task took, in seconds.
fn series_of(data: &SprintData, numbers: Option<&Numbers>) -> [Vec<u32>; 2] {
    let daily = match numbers.and_then(|numbers| Some(&numbers.figure(FigureName::Throughput)?.value)) {
        Some(Value::Days(days)) => {
            let working = days.iter().filter(|(day, _)| !data.file.sprint.blackout.contains(day));
            working.map(|(_, count)| *count).collect()
        }
        _ => Vec::new(),
    };
    let members = data.scope.as_ref().map(|scope| scope.at(data.window.to).members).unwrap_or_default();
    let finished = series::finished(&data.found.items, &data.window).into_iter();
    let own = finished.filter(|one| TaskId::parse(&one.id).is_ok_and(|id| members.contains_key(&id)));
    [daily, own.map(|one| u32::try_from(one.cycle_time.max(0)).unwrap_or(u32::MAX)).collect()]
}

impl ComparedSeries {
    fn of(series: FigureName, before: &[u32], after: &[u32]) -> Self {
        let limits = ProcessLimits::of(before);
        Self {
            series,
            before: before.len(),
            after: after.len(),
            signals: limits.as_ref().map_or(0, |limits| limits.signals_in(after).len()),
            limits: limits.map(|limits| (limits.lower, limits.upper)),
        }
    }
}
