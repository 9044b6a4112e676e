//! When a number of tasks will be done, and how many by a day: Monte Carlo over the team's own daily throughput.
//!
//! A trial draws one day of the past after another, each as likely as any other, days on which nothing was finished
//! included, until enough is done or the last day is over. Days on which nobody works are taken out of the past that is
//! drawn from and stepped over in what is to come. The answer says how many of the trials were done by which day.
//!
//! It assumes that the days to come are like those of the past, and that a task is a task. A forecast from fewer than
//! [`LEAST_ACTIVE_DAYS`] days with a finished task is refused, and no answer says more than [`MOST_LIKELY`] percent while
//! work remains: what has not happened in the past of a few weeks is not impossible.
//!
//! The numbers drawn come from `fastrand` (wyrand), begun with a seed that the answer names: the same input and seed
//! give the same answer on every machine.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::percentile::nearest_rank;

/// Days with a finished task that a forecast needs.
pub const LEAST_ACTIVE_DAYS: usize = 5;
/// The highest probability that is claimed, in percent.
pub const MOST_LIKELY: u32 = 95;
/// The probabilities that are answered, in percent.
pub const PROBABILITIES: [u32; 4] = [50, 70, 85, 95];
/// Number of parts that trials run in.
const PARTS: u32 = 16;
/// Days after which a trial ends: ten years.
const LONGEST: u32 = 3660;

/// What a team has finished, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The first and the last day that were looked at.
    pub window: (NaiveDate, NaiveDate),
    /// What was finished on each of them, days without included, those on which nobody works left out.
    pub daily: Vec<u32>,
}

impl Sample {
    /// Takes the days of a window from what was finished when.
    #[must_use]
    pub fn of(
        finished: &BTreeMap<NaiveDate, u32>,
        window: (NaiveDate, NaiveDate),
        blackout: &Blackout,
    ) -> Self {
        let days = super::days(window.0, window.1).filter(|day| !blackout.contains(*day));
        let daily = days.map(|day| finished.get(&day).copied().unwrap_or(0)).collect();
        Self { window, daily }
    }

    /// How many tasks were finished.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.daily.iter().map(|count| u64::from(*count)).sum()
    }

    /// On how many days at least one was.
    #[must_use]
    pub fn active_days(&self) -> usize {
        self.daily.iter().filter(|count| **count > 0).count()
    }
}

/// Days on which nobody works.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blackout {
    /// Single days.
    pub days: BTreeSet<NaiveDate>,
    /// Days of every week.
    pub weekdays: Vec<chrono::Weekday>,
}

impl Blackout {
    /// Whether nobody works on a day.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.days.contains(&day) || self.weekdays.contains(&chrono::Datelike::weekday(&day))
    }

    /// Returns the working days after a day. At least one in ten years is one.
    fn after(&self, day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let next = move |at: u64| day.checked_add_days(Days::new(at));
        (1..=u64::from(LONGEST) * 7).map_while(next).filter(|day| !self.contains(*day))
    }
}

/// How a forecast is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trials {
    /// How many.
    pub count: u32,
    /// What the random numbers begin with.
    pub seed: u64,
}

/// Why there is no forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForecastError {
    /// Too little is known.
    #[error("too little to forecast from: {active} {} with a finished task in the last {days} days, at least {LEAST_ACTIVE_DAYS} are needed", if *.active == 1 { "day" } else { "days" })]
    TooFewDays {
        /// Days with a finished task.
        active: usize,
        /// Days that were looked at.
        days: usize,
    },
}

/// A day and how likely it is that enough is done by its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoneBy {
    /// Percentage of trials…
    pub percent: u32,
    /// …were done by the end of this day; none where they took more than ten years.
    pub day: Option<NaiveDate>,
}

/// A count and how likely it is that at least as many are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AtLeast {
    /// Percentage of trials…
    pub percent: u32,
    /// …at least this many were done.
    pub count: u64,
}

/// Answers when `items` tasks will be done, counting from the day after `today`.
///
/// # Errors
/// Where too little is known of the past.
pub fn when(
    sample: &Sample,
    items: u32,
    today: NaiveDate,
    blackout: &Blackout,
    trials: Trials,
) -> Result<Vec<DoneBy>, ForecastError> {
    if items == 0 {
        return Ok(PROBABILITIES.into_iter().map(|percent| DoneBy { percent, day: Some(today) }).collect());
    }
    let draws = Draws::of(sample)?;
    let mut needed = trials.run(|rng| draws.days_for(items, rng));
    needed.sort_unstable();
    let working: Vec<NaiveDate> =
        blackout.after(today).take(needed.last().map_or(0, |most| *most as usize)).collect();
    let answer = |percent| {
        let days = nearest_rank(&needed, percent).filter(|days| *days <= LONGEST);
        let day = days
            .and_then(|days| days.checked_sub(1).map_or(Some(today), |at| working.get(at as usize).copied()));
        DoneBy { percent, day }
    };
    Ok(PROBABILITIES.into_iter().map(answer).collect())
}

/// How many tasks each trial had done by the end of a day, the most first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals(Vec<u64>);

/// Counts what each trial has done from the day after `today` to the end of `last`.
///
/// # Errors
/// Where too little is known of the past.
pub fn totals(
    sample: &Sample,
    today: NaiveDate,
    last: NaiveDate,
    blackout: &Blackout,
    trials: Trials,
) -> Result<Totals, ForecastError> {
    let working = blackout.after(today).take_while(|day| *day <= last).count();
    let (draws, days) = (Draws::of(sample)?, u32::try_from(working).unwrap_or(LONGEST));
    let mut done = trials.run(|rng| draws.total(days, rng));
    done.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Totals(done))
}

impl Totals {
    /// Answers how many tasks will be done.
    #[must_use]
    pub fn at_least(&self) -> Vec<AtLeast> {
        let answer = |percent| AtLeast { percent, count: nearest_rank(&self.0, percent).unwrap_or(0) };
        PROBABILITIES.into_iter().map(answer).collect()
    }

    /// Returns how likely it is that `items` tasks are done, in percent: rounded down, and never more than
    /// [`MOST_LIKELY`] while there is something to do.
    #[must_use]
    pub fn chance(&self, items: u32) -> u32 {
        if items == 0 {
            return 100;
        }
        let enough = self.0.partition_point(|done| *done >= u64::from(items)) as u64;
        let percent = enough * 100 / self.0.len().max(1) as u64;
        u32::try_from(percent).unwrap_or(0).min(MOST_LIKELY)
    }
}

impl Trials {
    /// Runs the trials, in parts that have random numbers of their own: the number of processors changes nothing.
    fn run<T: Send>(self, trial: impl Fn(&mut Rng) -> T + Sync) -> Vec<T> {
        let part = |at: u32| {
            let mut rng =
                Rng::with_seed(self.seed.wrapping_mul(u64::from(PARTS)).wrapping_add(u64::from(at)));
            let count = self.count / PARTS + u32::from(at < self.count % PARTS);
            (0..count).map(|_| trial(&mut rng)).collect::<Vec<T>>()
        };
        (0..PARTS).into_par_iter().flat_map_iter(part).collect()
    }
}

/// The days of a sample, made ready to be drawn from.
struct Draws<'s> {
    daily: &'s [u32],
}

impl<'s> Draws<'s> {
    fn of(sample: &'s Sample) -> Result<Self, ForecastError> {
        let (active, days) = (sample.active_days(), sample.daily.len());
        if active < LEAST_ACTIVE_DAYS {
            return Err(ForecastError::TooFewDays { active, days });
        }
        Ok(Self { daily: &sample.daily })
    }

    /// Draws two days from one random number: half of its bits are more than enough for each.
    fn two(&self, rng: &mut Rng) -> [u32; 2] {
        let random = rng.u64(..);
        let one = |half: u64| {
            let at = (half * self.daily.len() as u64) >> 32;
            self.daily[usize::try_from(at).expect("it is below the length")]
        };
        [one(random >> 32), one(random & 0xffff_ffff)]
    }

    /// Draws until this many are done, and returns how many days that took; one more than [`LONGEST`] where it never
    /// ends.
    fn days_for(&self, items: u32, rng: &mut Rng) -> u32 {
        let (mut done, mut days) = (0u32, 0);
        while done < items && days <= LONGEST {
            for count in self.two(rng) {
                done = done.saturating_add(count);
                days += 1;
                if done >= items || days > LONGEST {
                    break;
                }
            }
        }
        days
    }

    /// Draws a number of days and returns what was done on them.
    fn total(&self, days: u32, rng: &mut Rng) -> u64 {
        let pairs: u64 = (0..days / 2).map(|_| self.two(rng).map(u64::from).iter().sum::<u64>()).sum();
        pairs + if days % 2 == 1 { u64::from(self.two(rng)[0]) } else { 0 }
    }
}

/// How good forecasts would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Backtest {
    /// Forecasts that were made as of days of the past and could be compared with what came.
    pub windows: u64,
    /// Those whose tasks were done by the day that was forecast at 85 %.
    pub held: u64,
    /// The least share, in percent, that the counts are in keeping with: Wilson's interval at 95 %. Windows that overlap
    /// say less than it assumes.
    pub from: u32,
    /// The largest.
    pub to: u32,
}

impl Backtest {
    /// Sums up.
    #[must_use]
    pub fn of(windows: u64, held: u64) -> Self {
        let (from, to) = wilson(held, windows);
        Self { windows, held, from, to }
    }
}

/// Asks of days of the past, as if nothing later were known, by when the next `items` tasks would be done at 85 %, and
/// compares with when they were. A sample has as many days as the one that a forecast of today would have; the days
/// that are asked are as far apart as their answers, so that no two look at the same future.
#[must_use]
pub fn backtest(
    finished: &BTreeMap<NaiveDate, u32>,
    last: NaiveDate,
    length: u32,
    items: u32,
    blackout: &Blackout,
    trials: Trials,
) -> Backtest {
    let Some((first, _)) = finished.iter().find(|(_, count)| **count > 0) else { return Backtest::of(0, 0) };
    let (mut windows, mut held) = (0, 0);
    let Some(mut today) = first.checked_add_days(Days::new(u64::from(length))) else {
        return Backtest::of(0, 0);
    };
    while today < last {
        let from = today - Days::new(u64::from(length.max(1)) - 1);
        let sample = Sample::of(finished, (from, today), blackout);
        let answer = when(&sample, items, today, blackout, trials).ok();
        let forecast_day = answer.and_then(|answer| answer.into_iter().find(|by| by.percent == 85)?.day);
        // What nobody can know yet is not compared.
        let Some(forecast_day) = forecast_day.filter(|forecast_day| *forecast_day <= last) else {
            today = today + Days::new(1);
            continue;
        };
        let done: u64 =
            finished.range(today + Days::new(1)..=forecast_day).map(|(_, count)| u64::from(*count)).sum();
        windows += 1;
        held += u64::from(done >= u64::from(items));
        today = forecast_day;
    }
    Backtest::of(windows, held)
}

/// Wilson's interval of a share at 95 %, in percent, rounded outwards.
fn wilson(part: u64, of: u64) -> (u32, u32) {
    if of == 0 {
        return (0, 100);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of windows are small")]
    let (n, p) = (of as f64, part as f64 / of as f64);
    let z = 1.96f64;
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 100.0 / (1.0 + z * z / n);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 100")]
    let bound = |value: f64| value.clamp(0.0, 100.0) as u32;
    (bound(((middle - half) * scale).floor()), bound(((middle + half) * scale).ceil()))
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;

    const TRIALS: Trials = Trials { count: 2_000, seed: 7 };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn sample(daily: &[u32]) -> Sample {
        Sample { window: (day("2026-09-01"), day("2026-10-31")), daily: daily.to_vec() }
    }

    fn no_blackout() -> Blackout {
        Blackout::default()
    }

    #[test]
    fn one_a_day_is_done_in_as_many_days() {
        let found = when(&sample(&[1; 30]), 10, day("2026-11-01"), &no_blackout(), TRIALS).unwrap();
        assert!(found.iter().all(|by| by.day == Some(day("2026-11-11"))), "{found:?}");
        let found = totals(&sample(&[1; 30]), day("2026-11-01"), day("2026-11-11"), &no_blackout(), TRIALS);
        assert!(found.unwrap().at_least().iter().all(|least| least.count == 10));
        let none = when(&sample(&[1; 30]), 0, day("2026-11-01"), &no_blackout(), TRIALS).unwrap();
        assert!(none.iter().all(|by| by.day == Some(day("2026-11-01"))), "{none:?}");
    }

    #[test]
    fn days_on_which_nobody_works_are_stepped_over_and_not_drawn() {
        let weekend =
            Blackout { days: [day("2026-11-11")].into(), weekdays: vec![Weekday::Sat, Weekday::Sun] };
        // The 1st is a Sunday: five days from the 2nd, two without the 11th, and so on.
        let found = when(&sample(&[1; 30]), 10, day("2026-11-01"), &weekend, TRIALS).unwrap();
        assert_eq!(found[0].day, Some(day("2026-11-16")));
        let finished = BTreeMap::from([(day("2026-11-02"), 2), (day("2026-11-07"), 9)]);
        let sample = Sample::of(&finished, (day("2026-11-02"), day("2026-11-11")), &weekend);
        assert_eq!(sample.daily, [2, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn likelier_is_later_and_less() {
        let daily: Vec<u32> = (0..60).map(|at| u32::from(at % 4 == 0) * (1 + at % 3)).collect();
        let today = day("2026-11-01");
        let found = when(&sample(&daily), 12, today, &no_blackout(), TRIALS).unwrap();
        assert!(found.is_sorted_by_key(|by| by.day), "{found:?}");
        let found =
            totals(&sample(&daily), today, day("2026-12-01"), &no_blackout(), TRIALS).unwrap().at_least();
        assert!(found.is_sorted_by(|a, b| a.count >= b.count), "{found:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_answer() {
        let daily: Vec<u32> = (0..60).map(|at| u32::from(at % 4 == 0) * (1 + at % 3)).collect();
        let days = |seed| {
            let trials = Trials { count: 10_000, seed };
            let found = when(&sample(&daily), 30, day("2026-11-01"), &no_blackout(), trials).unwrap();
            found.iter().map(|by| by.day.unwrap().to_string()).collect::<Vec<_>>().join(" ")
        };
        insta::assert_snapshot!(days(1), @"2026-12-31 2027-01-08 2027-01-17 2027-01-28");
        assert_eq!(days(1), days(1));
    }

    #[test]
    fn too_little_is_refused() {
        let daily = [1, 0, 3, 0, 1, 0, 0, 1];
        let error = when(&sample(&daily), 3, day("2026-11-01"), &no_blackout(), TRIALS).unwrap_err();
        insta::assert_snapshot!(error, @"too little to forecast from: 4 days with a finished task in the last 8 days, at least 5 are needed");
        assert!(totals(&sample(&[]), day("2026-11-01"), day("2026-11-02"), &no_blackout(), TRIALS).is_err());
    }

    #[test]
    fn no_answer_is_certain_while_work_remains() {
        let chance = |items, last| {
            let found = totals(&sample(&[3; 30]), day("2026-11-01"), day(last), &no_blackout(), TRIALS);
            found.unwrap().chance(items)
        };
        assert_eq!(chance(1, "2026-11-30"), MOST_LIKELY);
        assert_eq!(chance(0, "2026-11-30"), 100);
        assert_eq!(chance(1, "2026-11-01"), 0);
        assert_eq!(chance(91, "2026-11-30"), 0);
    }

    /// Draws what a team finishes on a day: nothing on most days, sometimes several.
    fn draw(rng: &mut Rng, rate: f64) -> u32 {
        let mut count = 0;
        while count < 6 && rng.f64() < rate {
            count += 1;
        }
        count
    }

    #[test]
    fn what_is_called_85_percent_likely_comes_true_in_80_to_90_of_a_hundred() {
        let rng = &mut Rng::with_seed(2026);
        let today = day("2026-11-01");
        let mut held = 0;
        for seed in 0..1_000 {
            let rate = 0.2 + 0.4 * rng.f64();
            let past: Vec<u32> = (0..120).map(|_| draw(rng, rate)).collect();
            let trials = Trials { count: 400, seed };
            let found = when(&sample(&past), 20, today, &no_blackout(), trials).unwrap();
            let days = (found[2].day.unwrap() - today).num_days();
            let done: u32 = (0..days).map(|_| draw(rng, rate)).sum();
            held += u32::from(done >= 20);
        }
        assert!((800..=900).contains(&held), "{held} of 1000");
    }

    #[test]
    fn a_backtest_looks_at_what_came() {
        let rng = &mut Rng::with_seed(11);
        let first = day("2024-01-01");
        let finished: BTreeMap<NaiveDate, u32> =
            (0..900).map(|at| (first + Days::new(at), draw(rng, 0.4))).collect();
        let last = first + Days::new(899);
        let found = backtest(&finished, last, 120, 5, &no_blackout(), Trials { count: 400, seed: 1 });
        assert!(found.windows > 50, "{found:?}");
        assert!(found.from <= 85 && 85 <= found.to, "{found:?}");
        assert_eq!(backtest(&BTreeMap::new(), last, 120, 5, &no_blackout(), TRIALS), Backtest::of(0, 0));
        assert_eq!(Backtest::of(10, 10), Backtest { windows: 10, held: 10, from: 72, to: 100 });
    }
}
