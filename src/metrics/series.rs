//! Figures day by day, and by task: what charts are drawn from.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::compute::stage_order;
use super::life::Life;
use super::{Item, Percentiles, Scope, Window, days};
use crate::model::Stage;

/// A sprint's scope and what of it was done, in tasks, at the end of each day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burn {
    /// From the first day to the planned last one, or the last that numbers are of.
    pub days: Vec<NaiveDate>,
    /// Tasks in scope at the end of each day that has come.
    pub scope: Vec<u64>,
    /// Those of them that were complete.
    pub done: Vec<u64>,
}

/// Looks at a sprint at the end of each of its days. What is cancelled is never done.
#[must_use]
pub fn burn(items: &[Item], scope: &Scope, window: &Window) -> Burn {
    let calendar = window.calendar;
    let (first, last) = (calendar.day_of(window.from), calendar.day_of(window.to));
    let by_id: BTreeMap<_, _> = items.iter().map(|item| (&item.id, item)).collect();
    let (mut in_scope, mut done) = (Vec::new(), Vec::new());
    for day in days(first, last) {
        let moment = (calendar.end_of(day) - TimeDelta::seconds(1)).min(window.to);
        let state = scope.at(moment);
        let is_done = |item: &&&Item| Life::of(item, moment).finished().is_some_and(|at| window.contains(at));
        let complete = state.members.keys().filter_map(|id| by_id.get(id)).filter(is_done).count();
        in_scope.push(state.members.len() as u64);
        done.push(complete as u64);
    }
    Burn { days: days(first, last.max(scope.days.1)).collect(), scope: in_scope, done }
}

/// How many items had come into each stage or past it for good, at the end of each day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CumulativeFlow {
    /// The days.
    pub days: Vec<NaiveDate>,
    /// Stages in order, `complete` last, with a count for each day. No count is less than that of the day before or than
    /// that of the next stage.
    pub stages: Vec<(Stage, Vec<u64>)>,
}

/// Counts arrivals. An item that was sent back arrives again: what counts is the arrival after which it did not come
/// back before the stage, so that the right edge is where things are. Cancelled items are left out.
#[must_use]
pub fn cumulative_flow(items: &[Item], window: &Window) -> CumulativeFlow {
    let lives: Vec<Life<'_>> =
        items.iter().filter(|item| !item.cancelled).map(|item| Life::of(item, window.to)).collect();
    let calendar = window.calendar;
    let days: Vec<NaiveDate> = days(calendar.day_of(window.from), calendar.day_of(window.to)).collect();
    let mut order: Vec<Stage> = stage_order(lives.iter()).into_iter().cloned().collect();
    let complete = Stage::complete();
    let arrivals = |from: usize, order: &[Stage]| -> Vec<DateTime<Utc>> {
        let place = |life: &Life<'_>| {
            let later = order[from..].iter().find_map(|stage| life.item.place(stage));
            later.unwrap_or(life.item.stages.len() + 1)
        };
        let mut found: Vec<_> = lives.iter().filter_map(|life| life.arrived(place(life))).collect();
        found.sort_unstable();
        found
    };
    order.push(complete);
    let mut stages: Vec<(Stage, Vec<u64>)> = Vec::new();
    for (at, stage) in order.iter().enumerate() {
        let found = arrivals(at, &order);
        let before = stages.last().map(|(_, counts)| counts.clone());
        let count = |(index, day): (usize, &NaiveDate)| {
            let end = calendar.end_of(*day);
            let count = found.partition_point(|at| *at < end) as u64;
            before.as_ref().map_or(count, |before| count.min(before[index]))
        };
        let counts = days.iter().enumerate().map(count).collect();
        stages.push((stage.clone(), counts));
    }
    CumulativeFlow { days, stages }
}

/// One finished item: when, and how long it took in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The id.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Calendar time from start to finish, in seconds.
    pub cycle_time: i64,
}

/// Returns the items finished in the range whose cycle time is known, in the order in which they were finished.
#[must_use]
pub fn finished(items: &[Item], window: &Window) -> Vec<Finished> {
    let mut found: Vec<Finished> = items
        .iter()
        .filter_map(|item| {
            let life = Life::of(item, window.to);
            let at = life.finished().filter(|at| window.contains(*at))?;
            Some(Finished { id: item.id.to_string(), at, cycle_time: life.cycle_time()? })
        })
        .collect();
    found.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
    found
}

/// Work in progress by stage, with its age, and how old finished items were when they left each stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ageing {
    /// Stages in order.
    pub stages: Vec<StageAges>,
}

/// The ages of what is in a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageAges {
    /// The stage.
    pub stage: Stage,
    /// The age of each item that is in it, in seconds, by id.
    pub items: Vec<(String, i64)>,
    /// The ages at which finished items left it for good.
    pub pace: Option<Percentiles>,
}

/// Compares the age of what is in progress at the end of the range with the pace of what was finished until then.
#[must_use]
pub fn ageing(items: &[Item], window: &Window) -> Ageing {
    let lives: Vec<Life<'_>> = items.iter().map(|item| Life::of(item, window.to)).collect();
    let order = stage_order(lives.iter());
    let row = |stage: &&Stage| {
        let here = lives.iter().filter(|life| life.is_in_progress() && life.stage() == *stage);
        let age =
            |life: &Life<'_>| Some((life.item.id.to_string(), (window.to - life.started()?).num_seconds()));
        let mut ages: Vec<(String, i64)> = here.filter_map(age).collect();
        ages.sort();
        let left = lives.iter().filter(|life| life.finished().is_some()).filter_map(|life| {
            let last = life.visits().filter(|visit| visit.stage == *stage).last()?;
            Some((last.left - life.started()?).num_seconds())
        });
        StageAges { stage: (*stage).clone(), items: ages, pace: Percentiles::of(left.collect()) }
    };
    Ageing { stages: order.iter().map(row).collect() }
}

/// What varies by itself and what does not: natural process limits of daily counts, after Shewhart and Wheeler (XmR).
/// The method is one of averages: the centre is the average, the limits lie 2.66 average moving ranges to each side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessLimits {
    /// The average, in thousandths.
    pub centre: i64,
    /// The upper limit, in thousandths.
    pub upper: i64,
    /// The lower limit, in thousandths; not below 0.
    pub lower: i64,
    /// Indices of values outside the limits, or from the eighth on of as many in a row on one side of the centre.
    pub signals: Vec<usize>,
}

/// How many values in a row on one side of the centre are no accident.
const RUN: usize = 8;

impl ProcessLimits {
    /// Looks at values in their order; none where there are fewer than six, which are too few to tell.
    #[must_use]
    pub fn of(values: &[u32]) -> Option<Self> {
        let count = i64::try_from(values.len()).ok().filter(|count| *count >= 6)?;
        let sum: i64 = values.iter().map(|value| i64::from(*value)).sum();
        let ranges: i64 = values.windows(2).map(|pair| (i64::from(pair[0]) - i64::from(pair[1])).abs()).sum();
        let centre = sum * 1000 / count;
        let spread = ranges * 2660 / (count - 1);
        let (upper, lower) = (centre + spread, (centre - spread).max(0));
        let mut limits = Self { centre, upper, lower, signals: Vec::new() };
        limits.signals = limits.signals_in(values);
        Some(limits)
    }

    /// Returns the indices of values that these limits call signals: of those that they were made from, or of later ones.
    #[must_use]
    pub fn signals_in(&self, values: &[u32]) -> Vec<usize> {
        let mut signals = Vec::new();
        let (mut side, mut run) = (0, 0);
        for (at, value) in values.iter().enumerate() {
            let value = i64::from(*value) * 1000;
            let now = (value - self.centre).signum();
            run = if now != 0 && now == side { run + 1 } else { 1 };
            side = now;
            if value > self.upper || value < self.lower || (run >= RUN && side != 0) {
                signals.push(at);
            }
        }
        signals
    }
}
