//! `tracker forecast`

use chrono::NaiveDate;
use clap::Args;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output};
use crate::ops::{self, ForecastRequest, Question};

/// Forecast when open tasks will be done
///
/// Draws days of the team's own past at random, days on which nothing was finished included, and says how many of the
/// trials were done by when. Days off are those of `days_off` and `holidays` under `[reports]` in config.toml.
///
/// Example: tracker forecast --sprint SPRINT-1
///
/// Example: tracker forecast --how-many 2026-12-24 --backtest
#[derive(Debug, Args)]
pub(in crate::cli) struct Forecast {
    /// Query for the open tasks that are meant, as for `tracker list` [default: all]
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only tasks in the scope of this sprint; its days off are left out, and its last day is answered
    #[arg(long, value_name = "SPRINT")]
    sprint: Option<String>,
    /// Say when this many tasks will be done, instead of the open ones
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["how_many", "query", "sprint"])]
    when: Option<u32>,
    /// Say how many tasks will be done by the end of this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    how_many: Option<NaiveDate>,
    /// Calendar days of the past to draw from
    #[arg(long, value_name = "COUNT", default_value_t = 84, value_parser = clap::value_parser!(u32).range(7..=3660))]
    days: u32,
    /// A day on which nobody works; may be repeated
    #[arg(long, value_name = "DATE", value_parser = day)]
    blackout: Vec<NaiveDate>,
    /// Number of trials
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    trials: u32,
    /// Seed of the random numbers: the same seed gives the same answer
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Also say how good such forecasts have been
    #[arg(long)]
    backtest: bool,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Forecast {
    type Response = ops::Forecast;

    fn run(self, context: &Context) -> Reply<ops::Forecast> {
        let question = match (self.when, self.how_many) {
            (Some(count), _) => Question::When(count),
            (None, Some(day)) => Question::HowMany(day),
            (None, None) => Question::WhenDone,
        };
        let request = ForecastRequest {
            query: self.query.join(" "),
            sprint: self.sprint,
            question,
            blackout: self.blackout,
            days: self.days,
            trials: self.trials,
            seed: self.seed,
            backtest: self.backtest,
        };
        let session = context.read(&self.read)?;
        let (forecast, problems) = ops::forecast(&session, &request)?;
        Ok(Answer::of(forecast).with_problems(problems))
    }
}

impl View for ops::Forecast {
    fn show(&self, out: &mut Output) {
        let tasks = |count: u32| counted(count as usize, "task");
        match self.by {
            Some(day) => {
                out.line(format!("Done by the end of {day}"));
                let row = |least: &crate::metrics::forecast::AtLeast| {
                    let count = usize::try_from(least.count).unwrap_or(usize::MAX);
                    vec![percent(least.percent), Cell::new(format!("at least {}", counted(count, "task")))]
                };
                out.columns(&self.at_least.iter().map(row).collect::<Vec<_>>(), 1, 2);
            }
            None => {
                out.line(format!("{} done", tasks(self.items)));
                let row = |by: &crate::metrics::forecast::DoneBy| {
                    let day =
                        by.day.map_or_else(|| "in more than ten years".to_owned(), |day| format!("by {day}"));
                    let days = by.day.map_or_else(String::new, |day| {
                        let days = usize::try_from((day - self.today).num_days()).unwrap_or(0);
                        format!("in {}", counted(days, "day"))
                    });
                    vec![percent(by.percent), Cell::new(day), Cell::new(days)]
                };
                out.columns(&self.done_by.iter().map(row).collect::<Vec<_>>(), 2, 2);
            }
        }
        if let (Some(chance), Some(day)) = (self.chance, self.by) {
            out.line(format!("All {} done by {day}: {chance} %", counted(self.open as usize, "open task")));
        }
        if let Some(sprint) = &self.sprint {
            let open = counted(self.open as usize, "open task");
            // Where no day off is known, the days are not called working days.
            let all = usize::try_from((sprint.ends - self.today).num_days()).unwrap_or(0);
            let left = counted(sprint.days_left, if all == sprint.days_left { "day" } else { "working day" });
            out.line(match sprint.chance {
                Some(chance) => {
                    format!(
                        "All {open} of {} done by its end, {}, in {left}: {chance} %",
                        sprint.id, sprint.ends
                    )
                }
                None if sprint.ends == self.today => format!("{} ends today, with {open}", sprint.id),
                None => format!("{} ended on {}", sprint.id, sprint.ends),
            });
        }
        let sample = &self.sample;
        let finished = counted(usize::try_from(sample.finished).unwrap_or(usize::MAX), "task");
        out.line(format!(
            "From {finished} finished on {} of {} days, {} to {} (UTC{})",
            sample.active_days, sample.days, sample.from, sample.to, sample.offset
        ));
        if let Some(test) = &self.backtest {
            out.line(match test.windows {
                0 => "No forecast of the past can be compared yet with what came".to_owned(),
                windows => format!(
                    "The 85 % line of past forecasts held in {} of {windows}; in keeping with {} to {} %",
                    test.held, test.from, test.to
                ),
            });
        }
    }

    fn status(&self, out: &mut Output) {
        let text = format!("{} trials, seed {}; assumes days like those of the past", self.trials, self.seed);
        out.line(out.dim(&text));
    }
}

fn percent(percent: u32) -> Cell {
    Cell::new(format!("{percent} %")).right()
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "expected a day such as `2026-12-24`".to_owned())
}
