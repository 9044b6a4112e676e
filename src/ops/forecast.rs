//! `forecast`: when tasks will be done, or how many will be done by a day, from the team's own past.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::select::{Selector, read_query};
use super::sprint::{SprintAhead, sprint_ahead};
use super::{Error, Result, Session};
use crate::facts::item_without_votes;
use crate::metrics::forecast::{self, AtLeast, Backtest, Blackout, DoneBy, Sample, Trials};
use crate::metrics::{Calendar, days};
use crate::model::{Config, Problem, Suggestion, Summary, TaskId};
use crate::store::TaskFile;

/// What to forecast.
#[derive(Debug, Clone)]
pub struct ForecastRequest {
    /// The open tasks that are meant; empty for all.
    pub query: String,
    /// The sprint whose open tasks alone are meant, and whose days off and last day count.
    pub sprint: Option<String>,
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
    /// The sprint that it is of.
    pub sprint: Option<SprintForecast>,
    /// How good such forecasts have been.
    pub backtest: Option<Backtest>,
}

/// How likely it is that a sprint is done in time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintForecast {
    /// Its name.
    pub id: String,
    /// Its first day.
    pub starts: NaiveDate,
    /// Its last day.
    pub ends: NaiveDate,
    /// Days on which somebody works that are left, today left out.
    pub days_left: usize,
    /// How likely it is, in percent, that all of its open tasks are done by the end of its last day; none on that day
    /// and after it: nothing of today is forecast.
    pub chance: Option<u32>,
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
    let sprint = request.sprint.as_deref().map(|name| sprint_ahead(session, name)).transpose()?;
    let is_member = |task: &Summary<'_>| {
        sprint
            .as_ref()
            .is_none_or(|sprint| TaskId::parse(task.id).is_ok_and(|id| sprint.members.contains(&id)))
    };
    let selector = Selector { session, config: &config, query: &query };
    let selection = selector.among(&tasks, &mut problems, |task| !task.is_closed() && is_member(task))?;
    let open = u32::try_from(selection.matching.len()).unwrap_or(u32::MAX);
    let asks_open = match request.question {
        Question::WhenDone => true,
        Question::HowMany(_) => !request.query.trim().is_empty(),
        Question::When(_) => false,
    };
    if open == 0 && sprint.is_none() && asks_open {
        return Err(nothing_open(session, request));
    }
    let now = session.env().local_now();
    let calendar = Calendar::at(*now.offset());
    let own_days_off = sprint.iter().flat_map(|sprint| &sprint.blackout);
    let blackout = Blackout {
        days: config.reports.holidays.iter().chain(&request.blackout).chain(own_days_off).copied().collect(),
        weekdays: config.reports.days_off.clone(),
    };
    let today = now.date_naive();
    let past = Past::read(session, &config, calendar, request, today)?;
    let sample = Sample::of(&past.finished, past.window(today, request.days), &blackout);
    let items = if let Question::When(items) = request.question { items } else { open };
    let ask = Ask { sample: &sample, blackout: &blackout, items, request };
    let answer = ask.answer(today, sprint.as_ref()).map_err(|error| match error {
        Error::Forecast(error) if past.is_all_of(sample.window.0) => Error::ForecastTooEarly(error),
        error => error,
    })?;
    let backtest = request.backtest.then(|| past.backtest(today, items, request, &blackout));
    let found = Forecast {
        query: query.to_string(),
        open,
        items,
        sample: SampleView::of(&sample, calendar),
        backtest,
        ..answer
    };
    Ok((found, problems))
}

/// Where no task is open, nothing is forecast: "done by today" is what somebody would take along who has mistyped a query.
fn nothing_open(session: &Session<'_>, request: &ForecastRequest) -> Error {
    let query = request.query.trim();
    if query.is_empty() {
        return Error::usage("no task is open: there is nothing to forecast");
    }
    let message = format!("no open task matches `{query}`");
    let hint = match sprint_ahead(session, query) {
        Ok(_) => Suggestion::tracker(["forecast", "--sprint", query]),
        Err(_) => Suggestion::tracker(["list", "--all", query]),
    };
    Error::usage_with(message, hint.to_string())
}

/// What is asked of which past.
struct Ask<'a> {
    sample: &'a Sample,
    blackout: &'a Blackout,
    items: u32,
    request: &'a ForecastRequest,
}

impl Ask<'_> {
    /// Answers from the day after today, or from the first day of a sprint that is to come.
    fn answer(&self, today: NaiveDate, sprint: Option<&SprintAhead>) -> Result<Forecast> {
        let trials = Trials { count: self.request.trials, seed: self.request.seed };
        let before = sprint.and_then(|sprint| sprint.starts.pred_opt()).filter(|before| *before > today);
        let from = before.unwrap_or(today);
        let mut found = Forecast::empty(self.sample, trials, from);
        if let Question::HowMany(last) = self.request.question {
            if last <= from {
                return Err(Error::usage(format!("{last} is not in the future; today is {today}")));
            }
            let totals = forecast::totals(self.sample, from, last, self.blackout, trials)?;
            found.by = Some(last);
            found.at_least = totals.at_least();
            found.chance = Some(totals.chance(self.items));
        } else {
            found.done_by = forecast::when(self.sample, self.items, from, self.blackout, trials)?;
        }
        if let Some(sprint) = sprint {
            let has_days = from < sprint.ends;
            let chance = || forecast::totals(self.sample, from, sprint.ends, self.blackout, trials);
            let ahead = days(from, sprint.ends).skip(1).filter(|day| !self.blackout.contains(*day));
            found.sprint = Some(SprintForecast {
                id: sprint.id.to_string(),
                starts: sprint.starts,
                ends: sprint.ends,
                days_left: ahead.count(),
                chance: if has_days { Some(chance()?.chance(self.items)) } else { None },
            });
        }
        Ok(found)
    }
}

impl Forecast {
    fn empty(sample: &Sample, trials: Trials, today: NaiveDate) -> Self {
        Self {
            query: String::new(),
            open: 0,
            items: 0,
            sample: SampleView::of(sample, Calendar::utc()),
            trials: trials.count,
            seed: trials.seed,
            today,
            done_by: Vec::new(),
            at_least: Vec::new(),
            by: None,
            chance: None,
            sprint: None,
            backtest: None,
        }
    }
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
    /// Counts the tasks that are complete by the day on which they were finished. Of the files only those are read that
    /// can tell of a day that is requested; what another tracker completed was not finished on the day of the import.
    fn read(
        session: &Session<'_>,
        config: &Config,
        calendar: Calendar,
        request: &ForecastRequest,
        today: NaiveDate,
    ) -> Result<Self> {
        let tasks = session.snapshot().tasks()?;
        let (all, _) = tasks.select(|_| true);
        let earliest = today.checked_sub_days(Days::new(u64::from(request.days)));
        let earliest = earliest.filter(|_| !request.backtest).map(|day| calendar.start_of(day));
        let is_recent = |task: &&Summary<'_>| {
            task.is_complete()
                && earliest.is_none_or(|earliest| task.updated_at().is_some_and(|at| at >= earliest))
        };
        let ids: Vec<TaskId> =
            all.iter().filter(is_recent).filter_map(|task| TaskId::parse(task.id).ok()).collect();
        let files: Vec<_> = ids.iter().map(|id| session.snapshot().task_file(id)).collect();
        let now = session.env().now();
        let finished_at = |file: crate::store::Result<Option<TaskFile>>| {
            let task = file.ok().flatten()?.parse().ok()?;
            item_without_votes(config, &task).finished(now)
        };
        let moments: Vec<DateTime<Utc>> = files.into_par_iter().filter_map(finished_at).collect();
        let mut finished: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        for at in moments {
            *finished.entry(calendar.day_of(at)).or_default() += 1;
        }
        let created = all.iter().filter_map(Summary::created_day).min();
        let first = created.into_iter().chain(finished.keys().next().copied()).min();
        Ok(Self { finished, first })
    }

    /// Whether nothing is known of the days before one.
    fn is_all_of(&self, day: NaiveDate) -> bool {
        self.first.is_none_or(|first| first >= day)
    }

    /// The last days before today, as many as are requested or as there are, one at least. Today is not over.
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
