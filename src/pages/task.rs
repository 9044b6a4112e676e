//! A task: its state, its sign-offs, what is to be done, its text, and all that happened.

use serde::Serialize;

use super::Made;
use super::frame::Frame;
use super::overview::in_words;
use super::render::render;
use crate::ops::{self, ErrorReport, LastSync, Session, Shown, SyncedView};

#[derive(Debug, Serialize)]
struct TaskPage {
    #[serde(flatten)]
    shown: Shown,
    /// The last run with each other tracker that it is linked to, on this machine.
    syncs: Vec<SyncedPage>,
    /// What happened, the latest first; none where git was not asked.
    events: Vec<ops::Event>,
    /// The stage that comes next in its pipeline.
    next_stage: Option<String>,
    /// The roles that a vote can be cast for now.
    roles: Vec<String>,
    problems: Vec<String>,
}

/// An item of another tracker, and how the last run with that went here.
#[derive(Debug, Serialize)]
struct SyncedPage {
    #[serde(flatten)]
    item: SyncedView,
    last: Option<LastSync>,
}

/// Most events of a page.
const EVENTS: usize = 100;

pub(super) fn task(session: &Session<'_>, id: &str, frame: &Frame) -> Made {
    let (shown, problems) = ops::show(session, id).map_err(ErrorReport::from)?;
    // A site has a page of every task: reading the history of each would be the history times the tasks.
    let is_live = frame.live.is_some() && shown.branch.is_none();
    let mut events = if is_live {
        ops::log(session, &shown.id, None).map(|(log, _)| log.events).unwrap_or_default()
    } else {
        Vec::new()
    };
    events.reverse();
    events.truncate(EVENTS);
    let steps = shown.task.as_ref().map(|task| task.pipeline.as_slice()).unwrap_or_default();
    let next_stage = steps.iter().find(|step| step.state == "ahead").map(|step| step.stage.clone());
    let open = shown.signoffs.iter().flat_map(|signoffs| &signoffs.roles);
    let roles = open.map(|role| role.role.clone()).collect();
    let title = match &shown.task {
        Some(task) => format!("{} {}", task.line.id, task.line.title),
        None => shown.id.clone(),
    };
    let synced = shown.task.iter().flat_map(|task| task.line.synced.clone());
    let last =
        |remote: &str| (frame.live.is_some() && frame.at.is_none()).then(|| ops::last_sync(session, remote));
    let syncs = synced.map(|item| SyncedPage { last: last(&item.remote).flatten(), item }).collect();
    let view = TaskPage { shown, syncs, events, next_stage, roles, problems: in_words(&problems) };
    render("task.html", (&title, ""), frame, &view)
}
