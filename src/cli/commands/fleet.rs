//! `tracker fleet`

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::completion::worker_types;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output};
use crate::model::span_text;
use crate::ops::{self, FleetNews, FleetWorker, WorkerState};

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
    /// Stop workers until `fleet resume`
    Pause(Names),
    /// Let paused workers go on
    Resume(Names),
    /// End the fleet, also one whose supervisor was killed
    Down,
}

#[derive(Debug, Args)]
struct Up {
    /// Types of the workers, one of each
    #[arg(long, short, value_name = "TYPES", value_delimiter = ',', required = true, add = worker_types())]
    workers: Vec<String>,
    /// Print every event as a line of JSON when it happens, and nothing else
    #[arg(long)]
    events: bool,
}

#[derive(Debug, Args)]
struct Names {
    /// Workers [default: all of the fleet]
    #[arg(value_name = "NAME", add = worker_types())]
    names: Vec<String>,
}

/// A fleet.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    #[serde(flatten)]
    fleet: ops::FleetView,
    #[serde(skip)]
    is_silent: bool,
}

impl Command for Fleet {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let answer = |fleet| Ok(Answer::of(Response { fleet, is_silent: false }));
        match self.what.unwrap_or(What::Status) {
            What::Up(up) => up.run(context),
            What::Status => answer(ops::fleet_status(&context.read(&ReadArgs::default())?)?),
            What::Pause(names) => pause(context, &names, true),
            What::Resume(names) => pause(context, &names, false),
            What::Down => answer(ops::fleet_down(&context.write(&WriteArgs::default())?)?),
        }
    }
}

fn pause(context: &Context, names: &Names, paused: bool) -> Reply<Response> {
    let session = context.write(&WriteArgs::default())?;
    let fleet = ops::fleet_pause(&session, &names.names, paused)?;
    Ok(Answer::of(Response { fleet, is_silent: false }))
}

impl Up {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.write(&WriteArgs::default())?;
        let is_silent = self.events;
        let fleet = ops::fleet_up(&session, &ops::FleetRequest { workers: self.workers }, |news| {
            match is_silent {
                true => {
                    let line = match news {
                        FleetNews::Started { worker, pid } => {
                            json!({"event": "registered", "worker": worker, "pid": pid})
                        }
                        FleetNews::Ended { worker, again } => {
                            json!({"event": "ended", "worker": worker, "again_ms": u64::try_from(again.as_millis()).unwrap_or(u64::MAX)})
                        }
                        FleetNews::Paused { worker } => json!({"event": "paused", "worker": worker}),
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
                }),
            }
        })?;
        Ok(Answer::of(Response { fleet, is_silent }))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        if self.is_silent {
            return;
        }
        let rows: Vec<Vec<Cell>> = self.fleet.workers.iter().map(|worker| row(worker, out)).collect();
        out.columns(&rows, 6, 0);
    }

    fn status(&self, out: &mut Output) {
        if self.is_silent {
            return;
        }
        let text = match (self.fleet.pid, self.fleet.since) {
            (Some(pid), Some(since)) => format!("up since {}, process {pid}", out.time(since)),
            _ => "not up; `tracker fleet up --workers TYPES` starts it".to_owned(),
        };
        out.line(out.dim(&text));
    }
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
