//! `sync`: one run with one other tracker.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::github::{Parts, sync_beside};
use super::github_gate::GateLine;
use super::here::{Here, local_folder};
use super::reach::{Reached, reach};
use crate::model::{Config, Problem, SyncField, SyncRemote, nearest};
use crate::ops::select::read_query;
use crate::ops::{Error, Result, Session};
use crate::query::Query;
use crate::store::{self, Lock};
use crate::sync::{
    MOST_CREATIONS, MOST_UPDATES, StepKind, SyncDirection, SyncReport, SyncRequest, SyncStep, sync,
};

/// What to synchronise.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// The other tracker; the only one where none is given.
    pub remote: Option<String>,
    /// Tasks; all where none is given.
    pub tasks: Vec<String>,
    /// Where changes go.
    pub direction: SyncDirection,
    /// Whether many changes are fine.
    pub is_confirmed: bool,
    /// A file of variables that say where a database is.
    pub env_file: Option<PathBuf>,
}

/// What was synchronised.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncRun {
    /// The other tracker.
    pub remote: String,
    /// Whether nothing was written because the caller asked so.
    pub dry_run: bool,
    /// What was done, or would be.
    pub steps: Vec<SyncLine>,
    /// What was left as it is, and why.
    pub skipped: Vec<SyncSkipped>,
    /// Whether nothing was done because many changes, or the loss of most linked items, are confirmed first.
    pub needs_yes: bool,
    /// How many changes nobody knows the outcome of; the next run finds out.
    pub unknown: usize,
    /// How many fields a person has to decide on.
    pub conflicts: usize,
    /// How many decisions wait for a person: fields that both sides have changed, and pairs of which one is gone.
    pub waiting: usize,
    /// How many comments became notes.
    pub notes: usize,
    /// Votes that reviews became, each as one line.
    pub votes: Vec<String>,
    /// Receipts that checks became, each as one line.
    pub evidence: Vec<String>,
    /// Pull requests that got another status of the gate or another report, or would.
    pub gate: Vec<GateLine>,
    /// How many items and tasks could not be read or written.
    pub problems: usize,
}

/// One pair that was synchronised.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncLine {
    /// What was done.
    pub kind: StepKind,
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// The item.
    pub item: String,
    /// The fields of the task that changed.
    pub here: Vec<SyncField>,
    /// The fields of the item that changed.
    pub there: Vec<SyncField>,
    /// The fields of which the value of one side was replaced; the log has it.
    pub lost: Vec<SyncField>,
    /// The fields that a person has to decide on.
    pub conflicts: Vec<SyncField>,
    /// Why the pair was taken.
    pub why: String,
}

/// What was left as it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncSkipped {
    /// The task or the item.
    pub what: String,
    /// Why.
    pub why: String,
}

/// The last run, as this machine remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastSync {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How many pairs changed.
    pub changes: usize,
    /// What went wrong.
    pub problems: Vec<String>,
    /// Whether items can be created there; not known of a run that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_create: Option<bool>,
}

pub(super) const LAST: &str = "last.json";

/// Finds another tracker in the configuration, by its name, or the only one.
pub(super) fn find_remote<'c>(config: &'c Config, name: Option<&str>) -> Result<(&'c str, &'c SyncRemote)> {
    let names = || config.sync.keys().map(String::as_str);
    if config.sync.is_empty() {
        let hint = "add one: tracker sync add NAME --command 'python3 tools/sync.py'; see tracker help sync";
        return Err(Error::not_found("there is no other tracker to synchronise with", hint));
    }
    let found = match name {
        Some(name) => config.sync.get_key_value(name),
        None if config.sync.len() == 1 => config.sync.first_key_value(),
        None => {
            let hint = format!("one of {}", names().collect::<Vec<_>>().join(", "));
            return Err(Error::usage_with("there are several other trackers; name one", hint));
        }
    };
    match (found, name.and_then(|name| nearest(name, names()))) {
        (Some((name, remote)), _) => Ok((name, remote)),
        (None, Some(near)) => {
            let message = format!("unknown remote `{}`", name.unwrap_or_default());
            Err(Error::not_found(message, format!("did you mean `{near}`?")))
        }
        (None, None) => {
            let message = format!("unknown remote `{}`", name.unwrap_or_default());
            Err(Error::not_found(message, format!("one of {}", names().collect::<Vec<_>>().join(", "))))
        }
    }
}

/// Synchronises with another tracker.
pub fn sync_remote(session: &Session<'_>, options: &SyncOptions) -> Result<(SyncRun, Vec<Problem>)> {
    let config = session.config()?;
    let (name, settings) = find_remote(&config, options.remote.as_deref())?;
    let folder = local_folder(session, name);
    std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let Some(_lock) = Lock::try_acquire(&folder.join("lock"), &format!("sync {name}"))? else {
        let message = format!("another process synchronises with `{name}`");
        return Err(Error::usage_with(
            message,
            format!("wait for it; tracker sync status {name} shows the last run"),
        ));
    };
    let only: BTreeSet<String> =
        options.tasks.iter().map(|id| Ok(session.resolve(id)?.to_string())).collect::<Result<_>>()?;
    let filter = filter_of(session, &config, (name, settings))?;
    let request = SyncRequest {
        policy: settings.policy,
        direction: options.direction,
        only: (!only.is_empty()).then_some(only),
        now: session.env().now(),
        is_confirmed: options.is_confirmed,
        is_dry: session.is_dry(),
    };
    let mut here = Here::new(session, &config, (name, settings), filter);
    let mut there = reach(session, &config, (name, settings), options.env_file.as_deref())?;
    let result = sync(&mut here, &mut there, &request);
    let records = std::mem::take(&mut here.problems);
    if !session.is_dry() {
        let last = last_of(session, &result);
        let bytes = serde_json::to_vec(&last).expect("plain data with text keys is always JSON");
        store::replace_unsynced(&folder.join(LAST), &bytes)?;
    }
    let report = result?;
    let mut problems = problems_of(name, &report);
    problems.extend(records);
    let mut run = SyncRun::new(name, session.is_dry(), &report);
    if let Reached::Github(there) = &mut there
        && request.only.is_none()
        && !run.needs_yes
    {
        let parts = Parts::of(settings, options.direction, session.is_dry());
        let beside = sync_beside(session, (name, settings), there, parts)?;
        run.problems += beside.problems.len();
        (run.notes, run.votes, run.gate) = (beside.notes, beside.votes, beside.gate);
        run.evidence = beside.evidence;
        problems.extend(beside.problems);
    }
    Ok((run, problems))
}

/// Returns what went wrong, with the commands that help.
fn problems_of(name: &str, report: &SyncReport) -> Vec<Problem> {
    let mut problems: Vec<Problem> = report.problems.iter().map(Problem::warning).collect();
    if let Some((creations, updates)) = report.to_confirm {
        let message = format!(
            "{creations} creations and {updates} updates: more than {MOST_CREATIONS} or {MOST_UPDATES} are confirmed first"
        );
        let hint = format!("look at them with --dry-run, then: tracker sync {name} --yes");
        problems.push(Problem::error(message).with_hint(hint));
    }
    if let Some((left, linked)) = report.vanished {
        let message = format!("`{name}` has {left} of {linked} linked items: nothing is taken for deleted");
        let hint = format!(
            "is it the right file, database or repository? if they were deleted: tracker sync {name} --yes"
        );
        problems.push(Problem::error(message).with_hint(hint));
    }
    if report.unknown > 0 {
        let message = format!("{} of the changes got no answer", report.unknown);
        let hint = format!("tracker sync {name} finds out what has become of them");
        problems.push(Problem::error(message).with_hint(hint));
    }
    problems
}

fn filter_of<'r>(
    session: &Session<'_>,
    config: &Config,
    (name, settings): (&str, &'r SyncRemote),
) -> Result<Option<(Query, &'r str)>> {
    let Some(text) = &settings.filter else { return Ok(None) };
    let read = read_query(session, config, text, None).map_err(|error| {
        let message = format!("[sync.{name}] filter = {text:?}: {error}");
        Error::usage_with(message, format!("tracker sync doctor {name}; tracker edit config"))
    })?;
    Ok(Some((read.0, text.as_str())))
}

fn last_of(session: &Session<'_>, result: &Result<SyncReport>) -> LastSync {
    let at = session.env().now();
    match result {
        Ok(report) => {
            let changes = report.steps.iter().filter(|step| step.kind != StepKind::Link).count();
            let changes = if report.needs_confirmation() { 0 } else { changes };
            LastSync { at, changes, problems: report.problems.clone(), can_create: Some(report.can_create) }
        }
        Err(error) => LastSync { at, changes: 0, problems: vec![error.to_string()], can_create: None },
    }
}

impl SyncRun {
    fn new(name: &str, dry_run: bool, report: &SyncReport) -> Self {
        let skipped = |(what, why): &(String, String)| SyncSkipped { what: what.clone(), why: why.clone() };
        // That both sides agree already is no news.
        let is_news = |step: &&SyncStep| step.kind != StepKind::Link || !step.link.conflicts.is_empty();
        let steps: Vec<SyncLine> = report.steps.iter().filter(is_news).map(SyncLine::of).collect();
        Self {
            remote: name.to_owned(),
            dry_run,
            skipped: report.skipped.iter().map(skipped).collect(),
            needs_yes: report.needs_confirmation(),
            unknown: report.unknown,
            conflicts: steps.iter().map(|step| step.conflicts.len()).sum(),
            waiting: report.waiting,
            problems: report.problems.len(),
            notes: 0,
            votes: Vec::new(),
            evidence: Vec::new(),
            gate: Vec::new(),
            steps,
        }
    }
}

impl SyncLine {
    fn of(step: &SyncStep) -> Self {
        Self {
            kind: step.kind,
            task: step.task.clone(),
            title: step.title.clone(),
            item: step.link.id.clone(),
            here: step.here.keys().copied().collect(),
            there: step.there.keys().copied().collect(),
            lost: step.lost.iter().map(|lost| lost.field).collect(),
            conflicts: step.link.conflicts.keys().copied().collect(),
            why: step.why.clone(),
        }
    }
}
