//! Triggers: what `[[on]]` starts when something happens, one after the other in the order of the events.
//!
//! How far it has come is written before anything is started: who is killed starts nothing twice. What is noticed while a trigger
//! runs may be its doing and is one deeper than what it was started for; from a depth on, and from a number an hour on for
//! the same task, run or worker, nothing is started and that is an event.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::follow::Feed;
use super::log::{EventLog, EventSources, line_of};
use super::webhooks::Outbox;
use super::{Happened, chain};
use crate::engine::on_signals;
use crate::git::{CommitId, open_to_append, read_regular};
use crate::model::{Cursor, EventKind, LogEvent, Trigger, TriggerAction, digest_of, event_variables};
use crate::ops::workers::Policy;
use crate::ops::workflows::{LoadedWorkflow, load_workflow};
use crate::ops::{Error, Result, Session};
use crate::process::{GroupSignal, JobEnd, Program, kill_marked, signal_group};
use crate::store::{FolderWatcher, Lock, remove_if_there, replace_unsynced};

const PROGRESS: &str = "triggers.json";
/// The variable by which all that a trigger has started is found again.
pub(in crate::ops) const TRIGGER_VARIABLE: &str = "TRACKER_TRIGGER";
/// How many triggers may be started, each by what the one before has done.
const DEEPEST: u32 = 5;
/// How often is looked whether what was started has ended.
const LOOK: Duration = Duration::from_millis(20);
/// How often is looked whether this process is to end.
const SIGNALS: Duration = Duration::from_millis(500);
/// Longest event that is given whole, in bytes: the system takes no longer variable.
const LONGEST: usize = 100_000;

/// What is shown while triggers run.
pub enum TriggerNews<'n> {
    /// It waits for events from here on.
    Waiting {
        /// How many triggers there are.
        triggers: usize,
        /// The branch whose configuration they are from.
        branch: &'n str,
    },
    /// A trigger has started something, or was not allowed to.
    Happened(&'n LogEvent),
}

/// What triggers have done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TriggersView {
    /// How many were started.
    pub started: usize,
    /// How many of those have failed.
    pub failed: usize,
    /// How many were not started: they would go on for ever.
    pub refused: usize,
}

/// A trigger is started for all of its subjects together at most this many times as often as for one.
const SUBJECTS: u32 = 10;

/// A start of a trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fired {
    trigger: String,
    subject: String,
    at: DateTime<Utc>,
}

/// How far triggers have come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    log: String,
    /// The last event that was looked at.
    number: u64,
    /// How many of the triggers for that event were started.
    done: usize,
    /// What was started within the last hour.
    fired: Vec<Fired>,
}

impl Progress {
    /// Returns why a trigger is not started; none where it may be. What it is started for is counted.
    fn refusal(
        &mut self,
        trigger: &Trigger,
        key: &str,
        event: &LogEvent,
        now: DateTime<Utc>,
    ) -> Option<String> {
        self.fired.retain(|fired| now - fired.at < TimeDelta::hours(1));
        if event.depth >= DEEPEST {
            return Some(format!("{DEEPEST} triggers have led to it, each by what the one before has done"));
        }
        let subject = event.subject().unwrap_or_default().to_owned();
        let is_same = |fired: &&Fired| fired.trigger == key && fired.subject == subject;
        let most = trigger.most_an_hour();
        if self.fired.iter().filter(is_same).count() >= most as usize {
            let of = if subject.is_empty() { String::new() } else { format!(" for {subject}") };
            return Some(format!("it was started {most} times within an hour{of}"));
        }
        // What it does where nobody sees that it is its doing would go on with another subject each time.
        let most = most.saturating_mul(SUBJECTS);
        if self.fired.iter().filter(|fired| fired.trigger == key).count() >= most as usize {
            return Some(format!("it was started {most} times within an hour; `limit` allows more"));
        }
        self.fired.push(Fired { trigger: key.to_owned(), subject, at: now });
        None
    }
}

/// Returns what a trigger is known by: its text.
fn key_of(trigger: &Trigger) -> String {
    digest_of(format!("{:?} {:?} {:?}", trigger.event, trigger.when, trigger.action).as_bytes())[..16]
        .to_owned()
}

/// Starts what triggers are for, until it is ended or nothing has come for a time.
pub fn run_triggers(
    session: &mut Session<'_>,
    timeout: Option<Duration>,
    mut observe: impl FnMut(&TriggerNews<'_>),
) -> Result<TriggersView> {
    let log = EventLog::of(session)?;
    let _lock = Lock::acquire(&log.folder().join("triggers.lock"), Duration::ZERO, "run triggers")?;
    let policy = Policy::read(session, None)?;
    if policy.config.triggers.is_empty() && policy.config.webhooks.is_empty() {
        let message = format!("there are no triggers in the configuration of {}", policy.from.branch);
        let hint = "write [[on]] or [webhooks.NAME] tables and commit them: tracker help events";
        return Err(Error::usage_with(message, hint));
    }
    let interrupted = on_signals();
    // What one that was killed has left is ended before anything is started.
    kill_marked(TRIGGER_VARIABLE, &log.folder().to_string_lossy());
    chain::end(log.folder())?;
    let mut feed = Feed::new(session)?;
    let last = log.update(session, EventSources::All)?;
    let mut runner = Runner::new(&log, &last, &interrupted);
    let mut outbox = Outbox::new(session, &log, &last, &policy)?;
    // The event that it was killed over is looked at again, for the triggers that were not started.
    feed.number = runner.progress.number.saturating_sub(1);
    observe(&TriggerNews::Waiting { triggers: policy.config.triggers.len(), branch: &policy.from.branch });
    let mut idle = Duration::ZERO;
    while !interrupted.load(Ordering::Relaxed) {
        let events = feed.more(session, &log)?;
        let events: Vec<LogEvent> = events.into_iter().filter(|event| event.kind.can_trigger()).collect();
        if !events.is_empty() {
            // What counts is what is committed now.
            let policy = Policy::read(session, None)?;
            for event in &events {
                runner.event(session, &policy, event, &mut observe)?;
            }
            session.refresh()?;
            log.update(session, EventSources::All)?;
            continue;
        }
        if outbox.look(session, &policy, feed.number)? {
            feed.wait(session, &log, Some(LOOK))?;
            continue;
        }
        let left = timeout.map_or(SIGNALS, |limit| limit.saturating_sub(idle).min(SIGNALS));
        if !feed.wait(session, &log, Some(left))? {
            idle += left;
            if timeout.is_some_and(|limit| idle >= limit) {
                break;
            }
        }
    }
    // Who ends in order goes on with nothing: what happens while nobody is there starts nothing.
    remove_if_there(&log.folder().join(PROGRESS))?;
    Ok(runner.view)
}

struct Runner<'r> {
    log: &'r EventLog,
    interrupted: &'r AtomicBool,
    progress: Progress,
    view: TriggersView,
}

impl<'r> Runner<'r> {
    fn new(log: &'r EventLog, last: &Cursor, interrupted: &'r AtomicBool) -> Self {
        let known = read_regular(&log.folder().join(PROGRESS)).ok();
        let known: Option<Progress> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let known = known.filter(|own| own.log == last.log && own.number <= last.number);
        let fresh =
            || Progress { log: last.log.clone(), number: last.number, done: usize::MAX, fired: Vec::new() };
        Self { log, interrupted, progress: known.unwrap_or_else(fresh), view: TriggersView::default() }
    }

    /// Starts what is for an event.
    fn event(
        &mut self,
        session: &mut Session<'_>,
        policy: &Policy,
        event: &LogEvent,
        observe: &mut impl FnMut(&TriggerNews<'_>),
    ) -> Result<()> {
        let number = event.number();
        let done = match number.cmp(&self.progress.number) {
            std::cmp::Ordering::Less => return Ok(()),
            std::cmp::Ordering::Equal => self.progress.done,
            std::cmp::Ordering::Greater => 0,
        };
        (self.progress.number, self.progress.done) = (number, done);
        for (at, trigger) in policy.config.triggers.iter().enumerate().skip(done) {
            if self.interrupted.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.progress.done = at + 1;
            if trigger.is_for(event) {
                self.fire(session, policy, (at, trigger), event, observe)?;
            }
        }
        self.save()
    }

    fn save(&self) -> Result<()> {
        let bytes = serde_json::to_vec(&self.progress).expect("plain data is always JSON");
        Ok(replace_unsynced(&self.log.folder().join(PROGRESS), &bytes)?)
    }

    fn fire(
        &mut self,
        session: &mut Session<'_>,
        policy: &Policy,
        (at, trigger): (usize, &Trigger),
        event: &LogEvent,
        observe: &mut impl FnMut(&TriggerNews<'_>),
    ) -> Result<()> {
        let refusal = self.progress.refusal(trigger, &key_of(trigger), event, session.env().now());
        self.save()?;
        let name = format!("on[{}]", at + 1);
        let about = |more: serde_json::Value| {
            let mut data = super::data_of(json!({
                "trigger": name, "starts": trigger.action.summary(), "event": event.kind.as_str(),
                "cause": event.cursor, "about": event.subject(),
            }));
            data.extend(super::data_of(more));
            data
        };
        let mut report = |session: &Session<'_>, kind: EventKind, data| -> Result<()> {
            let happened = Happened { kind, at: None, data };
            let cursor = self.log.append(session, happened.clone())?.to_string();
            let (timestamp, data) = (session.env().now(), happened.data);
            observe(&TriggerNews::Happened(&LogEvent { cursor, kind, timestamp, depth: event.depth, data }));
            Ok(())
        };
        if let Some(why) = refusal {
            self.view.refused += 1;
            return report(session, EventKind::TriggerRefused, about(json!({ "why": why })));
        }
        self.view.started += 1;
        report(session, EventKind::TriggerStarted, about(json!({})))?;
        chain::begin(self.log.folder(), event.depth + 1)?;
        let begun = session.env().monotonic();
        let place = (self.log.folder(), self.interrupted);
        let end = unchanged(session, policy, trigger).and_then(|()| start(session, place, trigger, event));
        // What it has done is noticed while it counts as its doing.
        session.refresh()?;
        self.log.update(session, EventSources::All)?;
        chain::end(self.log.folder())?;
        let ms = u64::try_from((session.env().monotonic() - begun).as_millis()).unwrap_or(u64::MAX);
        let (exit, why) = match end {
            Ok(JobEnd::Exit(exit)) => (Some(exit), None),
            Ok(JobEnd::Signal(signal)) => (None, Some(format!("signal {signal}"))),
            Err(error) => (None, Some(error.to_string())),
        };
        self.view.failed += usize::from(exit != Some(0));
        report(session, EventKind::TriggerEnded, about(json!({ "exit": exit, "why": why, "ms": ms })))
    }
}

/// Refuses a workflow that is another here than on the branch whose configuration counts.
fn unchanged(session: &Session<'_>, policy: &Policy, trigger: &Trigger) -> Result<()> {
    let TriggerAction::Workflow(name, _) = &trigger.action else { return Ok(()) };
    let LoadedWorkflow { path, bytes, .. } = load_workflow(session, name)?;
    let commit = CommitId::parse(&policy.from.commit).map_err(|error| Error::usage(error.to_string()))?;
    let committed = session.workspace().snapshot_of_commit(Some(commit))?.read(&path)?;
    if committed.as_ref() == Some(&bytes) {
        return Ok(());
    }
    let message = format!("`{path}` is not the one that is committed on {}", policy.from.branch);
    Err(Error::usage_with(message, "a trigger starts nothing else"))
}

/// Starts what a trigger is for, and waits until it has ended. Nothing of the event is part of a line for the shell.
fn start(
    session: &Session<'_>,
    (folder, interrupted): (&Path, &AtomicBool),
    trigger: &Trigger,
    event: &LogEvent,
) -> Result<JobEnd> {
    let path = folder.join("triggers.log");
    let log = open_to_append(&path).map_err(Error::io("open", &path))?;
    let action = "start what a trigger is for";
    let own = |words: Vec<String>| -> Result<Program> {
        let own = session.env().program().map_err(Error::io("find", Path::new("tracker")))?;
        let own = own.to_string_lossy().into_owned();
        let line =
            ["-c".to_owned(), "exec \"$@\" >&2".to_owned(), "sh".to_owned(), own, "--plain".to_owned()];
        Ok(Program::new("sh", action).args(line.into_iter().chain(words)))
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let program = match &trigger.action {
        TriggerAction::Command(line) => Program::shell(&format!("exec >&2\n{line}"), action),
        TriggerAction::Worker(kind) => own(words(&["worker", "run", kind, "--once"]))?,
        TriggerAction::Workflow(name, params) => {
            let value =
                |name: &String| event.data.get(name).map(crate::model::plain_text).unwrap_or_default();
            let params = params.iter().map(|(param, name)| format!("--param={param}={}", value(name)));
            own(words(&["run", "start", name]).into_iter().chain(params).collect())?
        }
    };
    let mut program = program.in_folder(session.workspace().work_dir()).in_its_own_repository();
    program = program.variable(TRIGGER_VARIABLE, folder.to_string_lossy().into_owned());
    let whole = line_of(event);
    if whole.len() <= LONGEST {
        program = program.variable("TRACKER_EVENT", whole.trim_end());
    }
    for (name, value) in event_variables(event) {
        program = program.variable(&name, value);
    }
    let process = program.start_apart(log).map_err(|error| Error::usage(error.to_string()))?;
    wait(session, folder, process, trigger.time_limit(), interrupted)
}

fn wait(
    session: &Session<'_>,
    folder: &Path,
    mut process: crate::process::Apart,
    limit: Duration,
    interrupted: &AtomicBool,
) -> Result<JobEnd> {
    let (begun, watcher) = (session.env().monotonic(), FolderWatcher::new(folder));
    let mut why = None;
    loop {
        if let Some(end) = process.ended().map_err(Error::io("wait for", folder))? {
            return why.map_or(Ok(end), |why| Err(Error::usage(why)));
        }
        if interrupted.load(Ordering::Relaxed) || session.env().monotonic() - begun > limit {
            why = Some(match interrupted.load(Ordering::Relaxed) {
                true => "it was ended with whoever ran it".to_owned(),
                false => format!("it was ended after {}", crate::model::span_text(limit)),
            });
            process.pid().into_iter().for_each(|pid| signal_group(pid, GroupSignal::Kill));
            kill_marked(TRIGGER_VARIABLE, &folder.to_string_lossy());
        }
        watcher.wait(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventData, KindPattern};

    fn event(task: &str, depth: u32) -> LogEvent {
        let data: EventData = [("task_id".to_owned(), json!(task))].into_iter().collect();
        let timestamp = "2026-11-11T09:00:00Z".parse().unwrap();
        LogEvent { cursor: "ab-7".into(), kind: EventKind::StageEntered, timestamp, depth, data }
    }

    #[test]
    fn a_trigger_that_would_go_on_for_ever_is_refused() {
        let action = TriggerAction::Command("true".into());
        let event_pattern = KindPattern::parse("stage.entered").unwrap();
        let trigger =
            Trigger { event: event_pattern, when: [].into(), action, timeout: None, limit: Some(2) };
        let mut progress = Progress { log: "ab".into(), number: 0, done: 0, fired: Vec::new() };
        let now: DateTime<Utc> = "2026-11-11T09:00:00Z".parse().unwrap();
        let mut refusal = |task: &str, depth, minutes| {
            progress.refusal(&trigger, "k", &event(task, depth), now + TimeDelta::minutes(minutes))
        };
        assert_eq!(refusal("T-1", 0, 0), None);
        assert_eq!(refusal("T-1", 4, 1), None);
        assert_eq!(refusal("T-1", 0, 2).unwrap(), "it was started 2 times within an hour for T-1");
        assert_eq!(refusal("T-2", 0, 2), None, "another task counts apart");
        assert!(refusal("T-3", 5, 2).unwrap().starts_with("5 triggers have led to it"));
        assert_eq!(refusal("T-1", 0, 60), None, "the first is an hour ago");
        assert!(refusal("T-1", 0, 60).is_some());
        let started = (0..30).filter(|at| refusal(&format!("T-{at}x"), 0, 130).is_none()).count();
        assert_eq!(started, 20, "and ten times the limit for all");
    }
}
