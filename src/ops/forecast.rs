//! `forecast`: when tasks will be done, or how many will be done by a day, from the team's own past.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use schemars::JsonSchema;
use serde::Serialize;

use super::select::{Selector, read_query};
use super::{Error, Result, Session};
use crate::metrics::Calendar;
use crate::metrics::forecast::{self, AtLeast, Backtest, Blackout, DoneBy, Sample, Trials};
use crate::model::{Problem, Summary};

/// What to forecast.
#[derive(Debug, Clone)]
pub struct ForecastRequest {
    /// The open tasks that are meant; empty for all.
    pub query: String,
    /// The question.
    pub question: Question,
    /// Days on which nobody works, beside those of the configuration.
    pub blackout: Vec<NaiveDate>,
    /// How many calendar days of the past to draw from.
    pub days: u32,
    /// How many trials.
    pub trials: u32,
    /// What the random numbers begin with.
    pub seed: u64,
    /// Whether to say how good forecasts have been.
    pub backtest: bool,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// When the open tasks will be done.
    WhenDone,
    /// When this many tasks will be done.
    When(u32),
    /// How many tasks will be done by a day, and whether the open ones are among them.
    HowMany(NaiveDate),
}

/// A forecast, with all that it was made from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Forecast {
    /// The query in its canonical form.
    pub query: String,
    /// How many open tasks it selects.
    pub open: u32,
    /// How many tasks are asked about.
    pub items: u32,
    /// What was drawn from.
    pub sample: SampleView,
    /// How many trials.
    pub trials: u32,
    /// What the random numbers began with: the same seed gives the same answer.
    pub seed: u64,
    /// The day that the answer counts from; nothing of it is forecast.
    pub today: NaiveDate,
    /// By which day they are done, where that was asked.
    pub done_by: Vec<DoneBy>,
    /// How many are done by a day, where that was asked.
    pub at_least: Vec<AtLeast>,
    /// The day by which, where that was asked.
    pub by: Option<NaiveDate>,
    /// How likely it is, in percent, that all open tasks are done by that day. Never over 95 while any is open.
    pub chance: Option<u32>,
    /// How good such forecasts have been.
    pub backtest: Option<Backtest>,
}

/// The past that was drawn from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SampleView {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The offset from UTC that decided which day a moment is on.
    pub offset: String,
    /// How many days were drawn from: those on which nobody works are left out.
    pub days: usize,
    /// On how many of them a task was finished.
    pub active_days: usize,
    /// How many tasks were finished on them.
    pub finished: u64,
}

/// Answers from daily throughput of all tasks.
pub fn forecast(session: &Session<'_>, request: &ForecastRequest) -> Result<(Forecast, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (query, _) = read_query(session, &config, &request.query, None)?;
    let tasks = session.snapshot().tasks()?;
    let selector = Selector { session, config: &config, query: &query };
    let selection = selector.among(&tasks, &mut problems, |task| !task.is_closed())?;
    let open = u32::try_from(selection.matching.len()).unwrap_or(u32::MAX);
    let now = session.env().local_now();
    let (calendar, today) = (Calendar::at(*now.offset()), now.date_naive());
    let (all, _) = tasks.select(|_| true);
    let past = Past::of(&all, calendar);
    let blackout = Blackout {
        days: config.reports.holidays.iter().chain(&request.blackout).copied().collect(),
        weekdays: config.reports.days_off.clone(),
    };
    let window = past.window(today, request.days);
    let sample = Sample::of(&past.finished, window, &blackout);
    let trials = Trials { count: request.trials, seed: request.seed };
    let items = if let Question::When(items) = request.question { items } else { open };
    let (mut by, mut at_least, mut chance, mut done_by) = (None, Vec::new(), None, Vec::new());
    if let Question::HowMany(last) = request.question {
        if last <= today {
            return Err(Error::usage(format!("{last} is not in the future; today is {today}")));
        }
        by = Some(last);
        let totals = forecast::totals(&sample, today, last, &blackout, trials)?;
        at_least = totals.at_least();
        chance = Some(totals.chance(items));
    } else {
        done_by = forecast::when(&sample, items, today, &blackout, trials)?;
    }
    let backtest = request.backtest.then(|| past.backtest(today, items, request, &blackout));
    let query = query.to_string();
    let sample = SampleView::of(&sample, calendar);
    let (trials, seed) = (request.trials, request.seed);
    let found =
        Forecast { query, open, items, sample, trials, seed, today, done_by, at_least, by, chance, backtest };
    Ok((found, problems))
}

impl SampleView {
    fn of(sample: &Sample, calendar: Calendar) -> Self {
        Self {
            from: sample.window.0,
            to: sample.window.1,
            offset: calendar.offset_text(),
            days: sample.daily.len(),
            active_days: sample.active_days(),
            finished: sample.finished(),
        }
    }
}

/// Trials of each forecast of a backtest: its answer is one of some hundred days, and there may be hundreds.
const BACKTEST_TRIALS: u32 = 2_000;

/// What was finished when.
struct Past {
    finished: BTreeMap<NaiveDate, u32>,
    /// The first day of which anything is known.
    first: Option<NaiveDate>,
}

impl Past {
    /// Counts the tasks that are complete by the day of their last move there. What another tracker completed was not
    /// finished on the day of the import.
    fn of(tasks: &[Summary<'_>], calendar: Calendar) -> Self {
        let mut finished: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        let is_imported = |task: &Summary<'_>| task.source.is_some() && task.earned.is_empty();
        let done = tasks.iter().filter(|task| task.is_complete() && !is_imported(task));
        for at in done.filter_map(Summary::since_at) {
            *finished.entry(calendar.day_of(at)).or_default() += 1;
        }
        let created = tasks.iter().filter_map(Summary::created_day).min();
        let first = created.into_iter().chain(finished.keys().next().copied()).min();
        Self { finished, first }
    }

    /// The last days before today, as many as are asked for or as there are, one at least. Today is not over.
    fn window(&self, today: NaiveDate, days: u32) -> (NaiveDate, NaiveDate) {
        let last = today - Days::new(1);
        let earliest = today.checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN);
        (self.first.map_or(earliest, |first| first.max(earliest)).min(last), last)
    }

    /// Where less is known than is to be drawn from, half of it is drawn from and half is compared with.
    fn backtest(
        &self,
        today: NaiveDate,
        items: u32,
        request: &ForecastRequest,
        blackout: &Blackout,
    ) -> Backtest {
        let last = today - Days::new(1);
        let known = self.first.map_or(0, |first| (last - first).num_days());
        let length = request.days.min(u32::try_from(known / 2).unwrap_or(u32::MAX)).max(7);
        let trials = Trials { count: request.trials.min(BACKTEST_TRIALS), seed: request.seed };
        forecast::backtest(&self.finished, last, length, items.max(1), blackout, trials)
    }
}
