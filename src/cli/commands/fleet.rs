//! `tracker fleet`

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::shared::{counted, short_id};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View, write_line};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::completion::worker_types;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output};
use crate::model::span_text;
use crate::ops::{self, ActivitySeverity, FleetNews, FleetWorker, WorkerState};

/// Keep workers running, and see what they do
///
/// `fleet up` starts workers, starts them again when they end, each time after a longer wait, and ends them with itself. Without
/// a subcommand it shows the fleet. See `tracker help workers`.
///
/// Example: tracker fleet up --workers qa,rules
#[derive(Debug, Args)]
pub(in crate::cli) struct Fleet {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Start workers and keep them running, until Ctrl-C or `fleet down`
    Up(Up),
    /// Show the fleet: what each worker does, and has done
    Status,
    /// Show the workers, what waits for them, what happened last, and figures
    ///
    /// With --follow it shows that again whenever a worker does something: on a terminal in place, else one after the other; as
    /// JSON a line each. Ctrl-C ends it. `tracker tui --view fleet` has keys.
    Monitor(Monitor),
    /// Stop workers until `fleet resume`
    Pause(Names),
    /// Let paused workers go on
    Resume(Names),
    /// End the fleet, also one whose supervisor was killed
    Down,
}

#[derive(Debug, Args)]
struct Up {
    /// Types of the workers
    #[arg(long, short, value_name = "TYPES", value_delimiter = ',', required = true, add = worker_types())]
    workers: Vec<String>,
    /// How many workers of each type: a number, or a range such as 1..4 that follows what there is to do [default: 1]
    #[arg(long, short, value_name = "N", value_parser = worker_count)]
    n: Option<ops::WorkerCount>,
    /// Print every event as a line of JSON when it happens, and nothing else
    #[arg(long)]
    events: bool,
}

fn worker_count(text: &str) -> Result<ops::WorkerCount, String> {
    ops::WorkerCount::parse(text)
        .ok_or_else(|| "expected a number from 1 to 16, or a range such as 1..4".to_owned())
}

#[derive(Debug, Args)]
struct Monitor {
    /// Show it again whenever something happens
    #[arg(long, short)]
    follow: bool,
}

#[derive(Debug, Args)]
struct Names {
    /// Workers [default: all of the fleet]
    #[arg(value_name = "NAME", add = worker_types())]
    names: Vec<String>,
}

/// A fleet, or more of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// With what waits and what was done.
    Monitor(Box<ops::FleetMonitor>),
    /// The fleet alone.
    Fleet(Shown),
    /// It was shown as it came.
    Followed {},
}

/// A fleet.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown {
    #[serde(flatten)]
    fleet: ops::FleetView,
    #[serde(skip)]
    is_silent: bool,
}

impl Command for Fleet {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let answer = |fleet| Ok(Answer::of(Response::Fleet(Shown { fleet, is_silent: false })));
        match self.what.unwrap_or(What::Status) {
            What::Up(up) => up.run(context),
            What::Status => answer(ops::fleet_status(&context.read(&ReadArgs::default())?)?),
            What::Monitor(monitor) => monitor.run(context),
            What::Pause(names) => pause(context, &names, true),
            What::Resume(names) => pause(context, &names, false),
            What::Down => answer(ops::fleet_down(&context.write(&WriteArgs::default())?)?),
        }
    }
}

fn pause(context: &Context, names: &Names, paused: bool) -> Reply<Response> {
    let session = context.write(&WriteArgs::default())?;
    let fleet = ops::fleet_pause(&session, &names.names, paused)?;
    Ok(Answer::of(Response::Fleet(Shown { fleet, is_silent: false })))
}

/// Puts the cursor to the top and empties what is below it.
const TO_THE_TOP: &str = "\u{1b}[H\u{1b}[J";

impl Monitor {
    fn run(self, context: &Context) -> Reply<Response> {
        let mut session = context.read(&ReadArgs::default())?;
        if !self.follow {
            return Ok(Answer::of(Response::Monitor(Box::new(ops::fleet_monitor(&session)?))));
        }
        let mut before = String::new();
        ops::follow_fleet(&mut session, |seen| {
            let mut out = context.output();
            let text = if context.format().is_human() {
                show_monitor(seen, &mut out);
                let top = if out.is_rich() { TO_THE_TOP } else { "" };
                format!("{top}{}\n", out.into_text())
            } else {
                let mut line = Vec::new();
                write_line(seen, &mut line);
                String::from_utf8_lossy(&line).into_owned()
            };
            let is_new = text != before;
            before = text;
            !is_new || crate::cli::write_stdout(before.as_bytes()).is_ok()
        })?;
        Ok(Answer::of(Response::Followed {}))
    }
}

impl Up {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.write(&WriteArgs::default())?;
        let is_silent = self.events;
        let request = ops::FleetRequest { workers: self.workers, count: self.n.unwrap_or_default() };
        let fleet = ops::fleet_up(&session, &request, |news| match is_silent {
            true => {
                let line = match news {
                    FleetNews::Started { worker, pid } => {
                        json!({"event": "registered", "worker": worker, "pid": pid})
                    }
                    FleetNews::Ended { worker, again } => {
                        json!({"event": "ended", "worker": worker, "again_ms": u64::try_from(again.as_millis()).unwrap_or(u64::MAX)})
                    }
                    FleetNews::Paused { worker } => json!({"event": "paused", "worker": worker}),
                    FleetNews::Retired { worker } => json!({"event": "retired", "worker": worker}),
                };
                drop(crate::cli::write_stdout(format!("{line}\n").as_bytes()));
            }
            false if context.is_quiet() => {}
            false => context.say(&match news {
                FleetNews::Started { worker, pid } => format!("{worker} started, process {pid}"),
                FleetNews::Ended { worker, again } => {
                    format!("{worker} has ended; it is started again in {}", span_text(*again))
                }
                FleetNews::Paused { worker } => format!("{worker} paused"),
                FleetNews::Retired { worker } => format!("{worker} has nothing to do, and is ended"),
            }),
        })?;
        Ok(Answer::of(Response::Fleet(Shown { fleet, is_silent })))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Monitor(seen) => show_monitor(seen, out),
            Self::Fleet(shown) if !shown.is_silent => show_workers(&shown.fleet, out),
            Self::Fleet(_) | Self::Followed {} => {}
        }
    }

    fn status(&self, out: &mut Output) {
        let fleet = match self {
            Self::Monitor(seen) => &seen.fleet,
            Self::Fleet(shown) if !shown.is_silent => &shown.fleet,
            Self::Fleet(_) | Self::Followed {} => return,
        };
        let text = match (fleet.pid, fleet.since) {
            (Some(pid), Some(since)) => format!("up since {}, process {pid}", out.time(since)),
            _ => "not up; `tracker fleet up --workers TYPES` starts it".to_owned(),
        };
        out.line(out.dim(&text));
    }
}

fn show_workers(fleet: &ops::FleetView, out: &mut Output) {
    let rows: Vec<Vec<Cell>> = fleet.workers.iter().map(|worker| row(worker, out)).collect();
    out.columns(&rows, 6, 0);
}

fn show_monitor(seen: &ops::FleetMonitor, out: &mut Output) {
    show_workers(&seen.fleet, out);
    out.gap();
    let queues: Vec<Vec<Cell>> = seen.queues.iter().map(|queue| queue_row(queue, out)).collect();
    out.columns(&queues, 4, 0);
    out.gap();
    let activities: Vec<Vec<Cell>> = seen.activities.iter().map(|own| activity_row(own, out)).collect();
    out.columns(&activities, 3, 0);
    out.gap();
    let all = &seen.figures;
    let percent = |rate: Option<usize>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate} %"));
    let ms = |time: Option<u64>| time.map_or_else(|| "-".to_owned(), |time| format!("{time} ms"));
    let (rounds, found, fixed) = (counted(all.rounds, "round"), counted(all.found, "finding"), all.fixed);
    out.line(format!(
        "{rounds}, {found}, {fixed} fixed ({}), {} of rounds escalated",
        percent(all.fix_rate),
        percent(all.escalation_rate)
    ));
    out.line(format!("p50 {}, p95 {}, p99 {}", ms(all.p50_ms), ms(all.p95_ms), ms(all.p99_ms)));
}

fn queue_row(queue: &ops::WorkerQueue, out: &Output) -> Vec<Cell> {
    let commits = queue.commits.map_or_else(|| "-".to_owned(), |count| counted(count, "commit"));
    let up = queue.up_since.map_or_else(String::new, |since| format!("up {}", out.ago(since)));
    vec![
        Cell::styled(&queue.worker, Style::new().bold()),
        Cell::new(format!("{commits} waiting")),
        Cell::new(format!("{} waiting", counted(queue.files, "file"))),
        Cell::new(queue.task.as_deref().unwrap_or_default()),
        Cell::styled(up, Style::new().dimmed()),
    ]
}

fn activity_row(own: &ops::Activity, out: &Output) -> Vec<Cell> {
    let (word, style) = match own.severity {
        ActivitySeverity::Error => ("error", Style::new().red()),
        ActivitySeverity::Warning => ("warning", Style::new().yellow()),
        ActivitySeverity::Info => ("info", Style::new().green()),
    };
    vec![
        Cell::styled(word, style),
        Cell::new(&own.worker),
        Cell::new(short_id(&own.commit)),
        Cell::new(&own.text).wrap(),
        Cell::styled(out.ago(own.at), Style::new().dimmed()).right(),
    ]
}

fn row(worker: &FleetWorker, out: &Output) -> Vec<Cell> {
    let style = match worker.state {
        WorkerState::Idle => Style::new().green(),
        WorkerState::Working => Style::new().blue(),
        WorkerState::Error | WorkerState::Stale | WorkerState::Orphaned => Style::new().red(),
        WorkerState::Waiting => Style::new().yellow(),
        WorkerState::NeverStarted | WorkerState::Paused | WorkerState::Offline => Style::new().dimmed(),
    };
    vec![
        Cell::styled(&worker.worker, Style::new().bold()),
        Cell::styled(worker.state.words(), style),
        Cell::new(worker.since.map_or_else(String::new, |since| out.ago(since))),
        Cell::new(counted(worker.rounds, "round")),
        Cell::new(format!("{} fixed", worker.fixed)),
        Cell::new(format!("{} escalated", worker.escalated)),
        Cell::new(worker.why.clone().unwrap_or_default()).below(),
    ]
}
