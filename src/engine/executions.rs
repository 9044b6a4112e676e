//! Attempts of executors at the tasks of a task run: processes, their log, and what a crash has left of both.
//!
//! A task is the step of its attempts. The log knows of every process before that does anything; what came of an attempt
//! for its task is an event of its own, so that whoever comes after a crash neither repeats an attempt that has ended nor
//! acts on it twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Result;
use super::attempt::{AttemptFolder, Recipe};
use super::control::{POLL, Request, on_signals, waiting};
use super::event::{Cause, Event, Log, Logged, StopReason, TaskOutcome, Values};
use super::processes::{MARK, Orphan, Process, Processes, is_alive, mark, signed};
use super::state::{Moment, millis};
use crate::env::{Env, fail_point};
use crate::model::AttemptEnd;
use crate::process::{birth, kill_marked};
use crate::store::Lock;

/// An attempt at a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The task.
    pub task: String,
    /// Counted from 1, by task.
    pub attempt: u32,
    pub executor: String,
    /// The stage that the task was in.
    pub stage: String,
    /// The role that it votes for; none where it does the work of the stage.
    pub role: Option<String>,
    /// How many moves the task had made when it began: what it comes to counts for a task that has made no other since.
    pub moves: usize,
    /// How many rejections of the task in that stage there were when it began.
    pub rejections: usize,
    /// The commit that it began with, where it had a working tree of its own.
    pub base: Option<String>,
    pub started: DateTime<Utc>,
    pub pid: u32,
    pub birth: Option<String>,
    pub end: Option<AttemptEnd>,
    pub millis: u64,
    pub message: Option<String>,
    /// What has come of it for the task.
    pub outcome: Option<TaskOutcome>,
}

/// What to start.
#[derive(Debug)]
pub struct Work {
    pub task: String,
    pub executor: String,
    pub stage: String,
    pub role: Option<String>,
    pub moves: usize,
    /// How many rejections of the task in that stage there are.
    pub rejections: usize,
    pub command: Vec<String>,
    pub variables: Vec<(String, String)>,
    /// What it is given to read.
    pub brief: String,
    pub timeout: Option<Duration>,
    /// Where it is started, if not at the top of the working tree.
    pub folder: Option<PathBuf>,
    /// The commit that it begins with, where it has a working tree of its own.
    pub base: Option<String>,
}

/// Who is shown what has happened, once it is on disk.
pub type Observer<'e> = dyn FnMut(&Logged) + 'e;

/// The attempts of one task run, for the process that has its lock.
pub struct Executions<'e> {
    env: &'e Env,
    folder: PathBuf,
    top: PathBuf,
    log: Log,
    _lock: Lock,
    observe: Box<Observer<'e>>,
    /// All, in the order in which they began.
    pub all: Vec<Execution>,
    /// How many there were when a person was last asked to look.
    asked: usize,
    /// The tasks that somebody works at, each with the place of its attempt.
    active: Processes<String, usize>,
    interrupted: Arc<AtomicBool>,
}

impl<'e> Executions<'e> {
    /// Reads what has happened, and takes up what a crash has left: what still runs is waited for, for as long as
    /// `timeout` lets its executor take.
    pub fn open(
        env: &'e Env,
        (folder, top): (&Path, &Path),
        lock: Lock,
        observe: Box<Observer<'e>>,
        timeout: impl Fn(&str) -> Option<Duration>,
    ) -> Result<Self> {
        let (all, asked) = match Log::has_begun(folder) {
            true => replay(&Log::read(folder)?),
            false => (Vec::new(), 0),
        };
        let mut made = Self {
            env,
            folder: folder.to_path_buf(),
            top: top.to_path_buf(),
            log: Log::open(folder, true)?,
            _lock: lock,
            observe,
            all,
            asked,
            active: Processes::new(),
            interrupted: on_signals(),
        };
        made.emit(&[Event::Began { process: std::process::id() }])?;
        for at in 0..made.all.len() {
            made.take_up(at, &timeout)?;
        }
        Ok(made)
    }

    /// Reads the attempts of a run that somebody else may drive.
    pub fn read(folder: &Path) -> Result<Vec<Execution>> {
        match Log::has_begun(folder) {
            true => Ok(replay(&Log::read(folder)?).0),
            false => Ok(Vec::new()),
        }
    }

    fn take_up(&mut self, at: usize, timeout: &impl Fn(&str) -> Option<Duration>) -> Result<()> {
        let found = self.all[at].clone();
        if found.end.is_some() {
            return Ok(());
        }
        if found.is_alive() && self.left(&found).exit().is_none() {
            let limit = timeout(&found.executor);
            let Execution { task, attempt, pid, birth, started, .. } = found;
            let orphan = Orphan { attempt, pid, birth, started };
            self.active.adopt(task, orphan, Moment::now(self.env), limit, at);
            return Ok(());
        }
        let left = self.left(&found);
        let took =
            left.ended().map(|ended| (DateTime::<Utc>::from(ended) - found.started).num_milliseconds());
        let took = took.unwrap_or_default().max(0).unsigned_abs();
        self.end(at, left.exit().unwrap_or(AttemptEnd::Interrupted), took, None)
    }

    fn now(&self) -> u64 {
        Moment::now(self.env).mono
    }

    fn left(&self, execution: &Execution) -> AttemptFolder {
        AttemptFolder::of(&self.folder, &execution.task, execution.attempt)
    }

    fn mark(&self, below: &str) -> String {
        mark(&self.folder, below)
    }

    fn emit(&mut self, events: &[Event]) -> Result<()> {
        let at = self.env.now_millis();
        let logged: Vec<Logged> = events.iter().map(|event| Logged { at, event: event.clone() }).collect();
        logged.iter().for_each(|logged| self.log.append(logged));
        self.log.commit()?;
        logged.iter().for_each(|logged| (self.observe)(logged));
        Ok(())
    }

    /// Returns the attempts at a task.
    pub fn of<'s>(&'s self, task: &'s str) -> impl DoubleEndedIterator<Item = &'s Execution> {
        self.all.iter().filter(move |execution| execution.task == task)
    }

    /// Returns how many attempts at a task came to nothing since a person was last asked to look.
    #[must_use]
    pub fn lost(&self, task: &str) -> u32 {
        let recent = self.all.iter().skip(self.asked).filter(|execution| execution.task == task);
        let lost = recent
            .filter(|execution| matches!(execution.outcome, Some(TaskOutcome::Failed | TaskOutcome::Stays)));
        u32::try_from(lost.count()).unwrap_or(u32::MAX)
    }

    /// Returns the attempts that have ended and have not come to anything for their tasks yet.
    #[must_use]
    pub fn unjudged(&self) -> Vec<usize> {
        let is_open = |at: &usize| self.all[*at].end.is_some() && self.all[*at].outcome.is_none();
        (0..self.all.len()).filter(is_open).collect()
    }

    #[must_use]
    pub fn is_running(&self, task: &str) -> bool {
        self.active.has(task)
    }

    #[must_use]
    pub fn running(&self) -> usize {
        self.active.len()
    }

    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Returns the folder of an attempt.
    #[must_use]
    pub fn folder_of(&self, at: usize) -> AttemptFolder {
        self.left(&self.all[at])
    }

    /// Starts an attempt. One that cannot be started has ended at once.
    pub fn start(&mut self, work: Work) -> Result<()> {
        let attempt = self.of(&work.task).next_back().map_or(1, |last| last.attempt + 1);
        let folder = AttemptFolder::of(&self.folder, &work.task, attempt);
        let mark = self.mark(&format!("{}/{attempt}", work.task));
        let mut variables = work.variables;
        variables.push(("TRACKER_ATTEMPT".to_owned(), attempt.to_string()));
        variables.push(("TRACKER_BRIEF".to_owned(), format!("{mark}/brief.md")));
        variables.push((MARK.to_owned(), mark));
        let recipe = Recipe::Executor(work.command);
        let top = work.folder.as_deref().unwrap_or(&self.top);
        let prepared = folder.prepare(&recipe, top, "", &variables).and_then(|prepared| {
            folder.write_brief(&work.brief)?;
            Ok(prepared)
        });
        let started = prepared.map_err(|error| error.to_string()).and_then(|(program, stdout, stderr)| {
            program.start_held(stdout, stderr).map_err(|error| error.to_string())
        });
        let pid = started.as_ref().map_or(0, crate::process::Job::pid);
        let born = birth(pid).filter(|_| pid != 0);
        let because = Cause::Task {
            executor: work.executor.clone(),
            stage: work.stage.clone(),
            role: work.role.clone(),
            moves: work.moves,
            rejections: work.rejections,
            base: work.base.clone(),
        };
        let event = Event::Started { step: work.task.clone(), attempt, pid, birth: born, because };
        self.emit(std::slice::from_ref(&event))?;
        let at = self.all.len();
        note(&mut self.all, &Logged { at: self.env.now_millis(), event });
        match started {
            Ok(job) => {
                fail_point("run:held");
                let started = self.now();
                let deadline = work.timeout.map(|limit| started + millis(limit));
                let process = Process { attempt, pid, started: signed(started), deadline, about: at };
                self.active.add(work.task.clone(), process);
                self.active.release(work.task, job);
                Ok(())
            }
            Err(message) => self.end(at, AttemptEnd::Broken, 0, Some(message)),
        }
    }

    /// Waits until an attempt has ended, for a moment at most; ends what takes too long, and everything where this process
    /// is to end.
    pub fn wait(&mut self) -> Result<()> {
        self.stop_what_must();
        if self.active.is_empty() {
            return Ok(());
        }
        let Some(found) = self.active.wait(POLL) else { return Ok(()) };
        fail_point("run:ended");
        let at = found.process.about;
        let end = found.how(&self.folder_of(at));
        self.end(at, end, found.millis(self.now()), None)
    }

    /// Takes what other processes want of this one: to end. What else there is to want of a run, this kind of run has not.
    fn requests(&mut self) {
        for (request, path) in waiting(&self.folder) {
            if matches!(request, Some(Request::Cancel { .. } | Request::Pause { .. })) {
                self.interrupted.store(true, Ordering::Relaxed);
            }
            let _ = std::fs::remove_file(path);
        }
    }

    fn stop_what_must(&mut self) {
        self.requests();
        let why = self.is_interrupted().then_some(AttemptEnd::Interrupted);
        self.active.stop(self.now(), |_| why);
    }

    fn end(&mut self, at: usize, end: AttemptEnd, millis: u64, message: Option<String>) -> Result<()> {
        let execution = &self.all[at];
        let (step, attempt) = (execution.task.clone(), execution.attempt);
        kill_marked(MARK, &self.mark(&format!("{step}/")));
        let outputs = Values::new();
        let event = Event::Ended { step, attempt, end, millis, outputs, retry_in: None, message };
        self.record(event)
    }

    /// Takes down what has come of an attempt for its task.
    pub fn judge(&mut self, at: usize, outcome: TaskOutcome, message: &str) -> Result<()> {
        let execution = &self.all[at];
        let (step, attempt, message) = (execution.task.clone(), execution.attempt, message.to_owned());
        self.record(Event::Judged { step, attempt, outcome, message, commit: None })
    }

    /// Takes down what has happened to a plan or its tasks, or what has come of an attempt, with when that was.
    pub fn append(&mut self, event: Event) -> Result<Logged> {
        let logged = Logged { at: self.env.now_millis(), event };
        self.log.append(&logged);
        self.log.commit()?;
        note(&mut self.all, &logged);
        (self.observe)(&logged);
        Ok(logged)
    }

    fn record(&mut self, event: Event) -> Result<()> {
        self.emit(std::slice::from_ref(&event))?;
        note(&mut self.all, &Logged { at: self.env.now_millis(), event });
        Ok(())
    }

    /// Ends what is left, and takes down why the run is driven no further.
    pub fn stop(&mut self, because: StopReason) -> Result<()> {
        kill_marked(MARK, &self.mark(""));
        if because == StopReason::WaitsForPerson {
            self.asked = self.all.len();
        }
        self.emit(&[Event::Stopped { because }])
    }
}

impl Drop for Executions<'_> {
    /// Nothing is left running where driving has failed.
    fn drop(&mut self) {
        if !self.active.is_empty() {
            self.active.kill();
            kill_marked(MARK, &self.mark(""));
        }
    }
}

impl Execution {
    /// Whether its process runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.end.is_none() && is_alive(self.pid, self.birth.as_ref())
    }
}

/// Returns the attempts that a log tells of, and how many there were when a person was last asked to look.
fn replay(events: &[Logged]) -> (Vec<Execution>, usize) {
    let (mut all, mut asked) = (Vec::new(), 0);
    for logged in events {
        note(&mut all, logged);
        if matches!(logged.event, Event::Stopped { because: StopReason::WaitsForPerson }) {
            asked = all.len();
        }
    }
    (all, asked)
}

fn note(all: &mut Vec<Execution>, logged: &Logged) {
    let find = |all: &mut Vec<Execution>, step: &str, number: u32| {
        all.iter().rposition(|own| own.task == step && own.attempt == number)
    };
    match &logged.event {
        Event::Started {
            step,
            attempt,
            pid,
            birth,
            because: Cause::Task { executor, stage, role, moves, rejections, base },
        } => {
            all.push(Execution {
                task: step.clone(),
                attempt: *attempt,
                executor: executor.clone(),
                stage: stage.clone(),
                role: role.clone(),
                moves: *moves,
                rejections: *rejections,
                base: base.clone(),
                started: logged.at,
                pid: *pid,
                birth: birth.clone(),
                end: None,
                millis: 0,
                message: None,
                outcome: None,
            });
        }
        Event::Ended { step, attempt, end, millis, message, .. } => {
            if let Some(at) = find(all, step, *attempt) {
                (all[at].end, all[at].millis) = (Some(*end), *millis);
                all[at].message.clone_from(message);
            }
        }
        Event::Judged { step, attempt, outcome, message, .. } => {
            if let Some(at) = find(all, step, *attempt) {
                all[at].outcome = Some(*outcome);
                all[at].message = Some(message.clone());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(event: Event) -> Logged {
        Logged { at: "2026-11-11T09:00:00Z".parse().unwrap(), event }
    }

    fn attempt(task: &str, attempt: u32, outcome: Option<TaskOutcome>) -> Vec<Logged> {
        let (step, executor, stage) = (task.to_owned(), "dev".to_owned(), "dev".to_owned());
        let because = Cause::Task { executor, stage, role: None, moves: 1, rejections: 0, base: None };
        let mut events = vec![Event::Started { step: step.clone(), attempt, pid: 1, birth: None, because }];
        if let Some(outcome) = outcome {
            let (end, outputs) = (AttemptEnd::Exit(1), Values::new());
            let (step, millis, retry_in, message) = (step, 5, None, None);
            events.push(Event::Ended {
                step: step.clone(),
                attempt,
                end,
                millis,
                outputs,
                retry_in,
                message,
            });
            let message = "exit 1".into();
            events.push(Event::Judged { step, attempt, outcome, message, commit: None });
        }
        events.into_iter().map(logged).collect()
    }

    #[test]
    fn a_log_tells_what_came_of_each_attempt_and_when_a_person_was_asked() {
        let asked = logged(Event::Stopped { because: StopReason::WaitsForPerson });
        let interrupted = logged(Event::Stopped { because: StopReason::Interrupted });
        let mut events = attempt("T-1", 1, Some(TaskOutcome::Failed));
        events.push(asked);
        events.extend(attempt("T-1", 2, Some(TaskOutcome::Passed)));
        events.push(interrupted);
        events.extend(attempt("T-1", 3, None));
        let (all, asked) = replay(&events);
        assert_eq!((all.len(), asked), (3, 1), "an interruption asks nobody");
        let outcomes: Vec<_> = all.iter().map(|own| own.outcome).collect();
        assert_eq!(outcomes, [Some(TaskOutcome::Failed), Some(TaskOutcome::Passed), None]);
        assert_eq!((all[0].end, all[0].millis, all[2].end), (Some(AttemptEnd::Exit(1)), 5, None));
    }
}
