//! The fleet: workers, what they have done, what they leave for people, and what the director has found.

use serde::Serialize;

use super::Made;
use super::frame::Frame;
use super::overview::in_words;
use super::render::render;
use crate::ops::{self, ErrorReport, EscalationView, FleetMonitor, FleetWorker, Session, WorkerQueue};
use crate::report::director::{DirectorEntry, DirectorRepository, DirectorStep};

#[derive(Debug, Serialize)]
struct FleetPage {
    /// What is of this machine; none as of a revision.
    monitor: Option<FleetMonitor>,
    workers: Vec<Worker>,
    escalations: Vec<EscalationView>,
    round: Option<Round>,
    problems: Vec<String>,
}

/// A worker, with what waits for it.
#[derive(Debug, Serialize)]
struct Worker {
    words: &'static str,
    queue: Option<WorkerQueue>,
    #[serde(flatten)]
    own: FleetWorker,
}

/// The last round of the director.
#[derive(Debug, Serialize)]
struct Round {
    shown: Vec<Found>,
    #[serde(flatten)]
    own: DirectorRepository,
}

#[derive(Debug, Serialize)]
struct Found {
    rule: String,
    task: Option<String>,
    title: Option<String>,
    subject: String,
    sentence: String,
    done: String,
}

pub(super) fn fleet(session: &Session<'_>, frame: &Frame) -> Made {
    let (escalations, problems) = ops::escalations(session, false).map_err(ErrorReport::from)?;
    // What workers do is of this machine and of now: no commit has it.
    let (monitor, round) = match frame.at {
        Some(_) => (None, None),
        None => {
            let monitor = ops::fleet_monitor(session).map_err(ErrorReport::from)?;
            (Some(monitor), ops::last_director_round(session))
        }
    };
    let workers = monitor.as_ref().map(workers).unwrap_or_default();
    let view = FleetPage {
        monitor,
        workers,
        escalations: escalations.escalations,
        round: round.map(|own| Round { shown: own.findings.iter().map(found).collect(), own }),
        problems: in_words(&problems),
    };
    render("fleet.html", ("Fleet", "fleet"), frame, &view)
}

fn workers(monitor: &FleetMonitor) -> Vec<Worker> {
    let queue = |name: &str| monitor.queues.iter().find(|queue| queue.worker == name).cloned();
    let worker =
        |own: &FleetWorker| Worker { words: own.state.words(), queue: queue(&own.worker), own: own.clone() };
    monitor.fleet.workers.iter().map(worker).collect()
}

fn found(own: &DirectorEntry) -> Found {
    let done: Vec<String> = own.actions.iter().map(DirectorStep::words).collect();
    Found {
        rule: own.rule.clone(),
        task: own.task.clone(),
        title: own.title.clone(),
        subject: own.subject().to_owned(),
        sentence: own.sentence(),
        done: done.join(", "),
    }
}
