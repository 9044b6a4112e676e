//! The engine: one process that drives a run until it ends, is paused, or waits for people alone.
//!
//! Each turn takes in what has come, decides what follows, starts the programs of that (which wait), writes everything to
//! the log at once, and only then lets the programs go. So the log knows of every process that has done anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::attempt::{AttemptFolder, Recipe};
use super::control::{POLL, on_signals, waiting};
use super::event::{Cause, Event, Log, Logged, StopReason, Values};
use super::processes::{Ended, MARK, Process, Processes, mark, signed};
use super::recover::{ended, recover};
use super::reuse::{Made, Memory};
use super::state::{Moment, Rest, Run, millis};
use super::{Error, Result};
use crate::env::{Env, fail_point};
use crate::model::{
    Action, AttemptEnd, RunState, StepState, TaskGoal, TaskSight, output_variable, param_variable,
};
use crate::process::{Job, birth, kill_marked};
use crate::store::Lock;

/// Where an engine has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driven {
    /// The run has ended.
    Finished(RunState),
    /// It has not.
    Stopped(StopReason),
}

/// Who is shown what has happened, once it is on disk.
pub type Observer<'e> = dyn FnMut(&Logged, &Run) + 'e;
/// Who writes the record of a run that ends.
pub type Recorder<'e> = dyn FnMut(&Run) -> std::result::Result<(), Error> + 'e;

/// Who says how a task is that a step waits for.
pub type TaskLook<'e> = dyn Fn(&TaskGoal) -> TaskSight + 'e;

/// How often tasks that steps wait for are looked at while something runs.
const LOOK: u64 = 250;

/// An engine.
pub struct Driver<'e> {
    env: &'e Env,
    /// The folder of the run.
    folder: PathBuf,
    top: PathBuf,
    memory: Memory,
    log: Log,
    run: Run,
    _lock: Lock,
    observe: Box<Observer<'e>>,
    record: Box<Recorder<'e>>,
    unseen: Vec<Logged>,
    held: Vec<(usize, Job)>,
    /// The steps that run, each with what it is made of.
    active: Processes<usize, Option<Made>>,
    taken: Vec<PathBuf>,
    interrupted: Arc<AtomicBool>,
    is_stopping: bool,
    /// Says how a task is that a step waits for, and when that was looked at last.
    tasks: Box<TaskLook<'e>>,
    looked: u64,
    /// When requests were looked for last.
    asked: Option<u64>,
}

/// What an engine works with.
pub struct Place<'p> {
    /// The folder of the run.
    pub folder: &'p Path,
    /// The local folder in which successes are remembered.
    pub reuse: &'p Path,
    /// The top of the working tree.
    pub top: &'p Path,
}

impl<'e> Driver<'e> {
    /// Makes the engine of a run whose lock is held.
    pub fn new(
        env: &'e Env,
        place: &Place<'_>,
        run: Run,
        lock: Lock,
        is_synced: bool,
        observe: Box<Observer<'e>>,
        record: Box<Recorder<'e>>,
    ) -> Result<Self> {
        Ok(Self {
            env,
            folder: place.folder.to_path_buf(),
            top: place.top.to_path_buf(),
            memory: Memory::of(place.reuse, &run.name, place.top),
            log: Log::open(place.folder, is_synced)?,
            run,
            _lock: lock,
            observe,
            record,
            unseen: Vec::new(),
            held: Vec::new(),
            active: Processes::new(),
            taken: Vec::new(),
            interrupted: on_signals(),
            is_stopping: false,
            tasks: Box::new(|goal| TaskSight::Lost(format!("nothing is known of {}", goal.task))),
            looked: 0,
            asked: None,
        })
    }

    /// Makes it look at tasks that steps wait for.
    #[must_use]
    pub fn looking_at(mut self, tasks: Box<TaskLook<'e>>) -> Self {
        self.tasks = tasks;
        self
    }

    /// Returns the run as it is now.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Takes in what somebody wants before the engine begins.
    pub fn emit_first(&mut self, event: Event) -> Result<()> {
        self.emit(event);
        self.commit()
    }

    /// Drives the run as far as it goes. Where that fails, nothing of it is left running.
    pub fn drive(&mut self) -> Result<Driven> {
        let driven = self.go_on();
        if driven.is_err() {
            self.active.kill();
            self.held.clear();
            kill_marked(MARK, &self.mark(""));
        }
        driven
    }

    fn go_on(&mut self) -> Result<Driven> {
        self.take_up()?;
        loop {
            self.requests();
            self.stop_what_must();
            if !self.is_stopping {
                self.look_at_tasks();
                self.advance();
            }
            self.commit()?;
            if let Some(driven) = self.rest()? {
                return Ok(driven);
            }
            self.wait();
        }
    }

    fn now(&self) -> Moment {
        Moment::now(self.env)
    }

    fn emit(&mut self, event: Event) {
        let now = self.now();
        let logged = Logged { at: now.wall, event };
        self.log.append(&logged);
        self.run.apply(&logged, now);
        self.unseen.push(logged);
    }

    fn mark(&self, below: &str) -> String {
        mark(&self.folder, below)
    }

    /// Writes what has been emitted, and lets go what was held until then.
    fn commit(&mut self) -> Result<()> {
        self.log.commit()?;
        for (step, job) in std::mem::take(&mut self.held) {
            fail_point("run:held");
            self.active.release(step, job);
            fail_point("run:released");
        }
        for logged in std::mem::take(&mut self.unseen) {
            (self.observe)(&logged, &self.run);
        }
        for path in std::mem::take(&mut self.taken) {
            let _ = fs::remove_file(path);
        }
        Ok(())
    }

    /// Begins where another engine has ended: takes in what that has left, waits for what still runs, and lets run again
    /// what was interrupted.
    fn take_up(&mut self) -> Result<()> {
        self.emit(Event::Began { process: std::process::id() });
        let (events, orphans) = recover(&self.run, &self.folder);
        for event in events {
            let event = self.with_retry(event);
            self.emit(event);
        }
        let now = self.now();
        for (step, orphan) in orphans {
            let timeout = self.run.workflow.steps[step].timeout;
            self.active.adopt(step, orphan, now, timeout, None);
        }
        // Of a run that was cancelled nothing but handlers begins again.
        let may_run = |index: usize| {
            self.run.cancelled_by.is_none() || self.run.workflow.steps[index].handler.is_some()
        };
        let is_interrupted = |index: &usize| {
            let step = &self.run.steps[*index];
            let last = step.attempts.last().and_then(|attempt| attempt.end);
            step.state == StepState::Failed && last == Some(AttemptEnd::Interrupted) && may_run(*index)
        };
        let interrupted: Vec<usize> = (0..self.run.steps.len()).filter(is_interrupted).collect();
        if !interrupted.is_empty() {
            let name = |index: usize| self.run.workflow.steps[index].name.to_string();
            let steps: Vec<String> = interrupted.iter().map(|index| name(*index)).collect();
            for step in &steps {
                kill_marked(MARK, &self.mark(&format!("{step}/")));
            }
            self.emit(Event::Retried { steps, forced: false, by: None });
        }
        fail_point("run:taken-up");
        self.commit()
    }

    /// Takes in what other processes want.
    fn requests(&mut self) {
        let now = self.now().mono;
        if self.asked.is_some_and(|at| now < at + millis(POLL)) && !self.env.has_fixed_clock() {
            return;
        }
        self.asked = Some(now);
        for (request, path) in waiting(&self.folder) {
            if let Some(request) = request {
                self.emit(request.into_event());
            }
            self.taken.push(path);
        }
    }

    /// Ends what takes too long, and everything where the run was cancelled or this process is to end.
    fn stop_what_must(&mut self) {
        self.is_stopping |= self.interrupted.load(Ordering::Relaxed);
        let (steps, is_stopping) = (&self.run.steps, self.is_stopping);
        // What cleans up after a cancelled run has begun later, and is not cancelled with it.
        self.active.stop(Moment::now(self.env).mono, |step| match steps[*step].is_cancelled {
            _ if is_stopping => Some(AttemptEnd::Interrupted),
            true => Some(AttemptEnd::Cancelled),
            false => None,
        });
    }

    /// Looks at the tasks that steps wait for: at once where nothing runs, now and then where something does.
    fn look_at_tasks(&mut self) {
        let now = self.now().mono;
        if !self.active.is_empty() && now < self.looked + LOOK {
            return;
        }
        self.looked = now;
        let sights =
            self.run.awaited().map(|(index, goal)| (index, goal.task.to_string(), (self.tasks)(goal)));
        for (index, task, sight) in sights.collect::<Vec<_>>() {
            let step = self.run.workflow.steps[index].name.to_string();
            match sight {
                TaskSight::Open(_) => {}
                TaskSight::Reached(stage) => {
                    let message =
                        if stage.is_complete() { "is complete".to_owned() } else { format!("is in {stage}") };
                    self.emit(Event::Awaited { step, task, reached: true, message });
                }
                TaskSight::Lost(message) => self.emit(Event::Awaited { step, task, reached: false, message }),
            }
        }
    }

    /// Does what is to be done now, until nothing more follows.
    fn advance(&mut self) {
        loop {
            let next = self.run.next(self.now().mono);
            if next.is_empty() {
                return;
            }
            let name = |run: &Run, index: usize| run.workflow.steps[index].name.to_string();
            for (index, because) in next.skips {
                let step = name(&self.run, index);
                self.emit(Event::Skipped { step, because });
            }
            let has_asked = !next.asks.is_empty();
            for index in next.asks {
                let step = name(&self.run, index);
                self.emit(Event::Asked { step });
            }
            if has_asked {
                self.looked = 0;
                self.look_at_tasks();
            }
            for index in next.starts {
                self.start(index);
            }
        }
    }

    /// Starts a step, or reuses what it has done.
    fn start(&mut self, index: usize) {
        let values = self.values(index);
        let step = &self.run.workflow.steps[index];
        let state = &self.run.steps[index];
        let made =
            step.inputs.as_ref().map(|_| self.memory.look(&self.run.id, step, &self.run.workflow, &values));
        let retry =
            state.attempts.last().and_then(|attempt| attempt.end).filter(|_| state.state == StepState::Retry);
        let cause = match (retry, &state.retried, &made) {
            _ if step.handler.is_some() && retry.is_none() => Cause::Handler { state: self.run.outcome() },
            (Some(end), ..) => Cause::Failed { end, retry: state.retries + 1 },
            (None, Some(by), _) if state.is_forced() => Cause::Retried { by: by.clone() },
            (None, retried, Some(made)) => match (self.memory.find(step, made), retried) {
                (Ok(made), _) => {
                    let (from, inputs, outputs) = (made.run, made.inputs.len(), made.outputs);
                    let step = step.name.to_string();
                    return self.emit(Event::Reused { step, from, inputs, outputs });
                }
                (Err(_), Some(by)) => Cause::Retried { by: by.clone() },
                (Err(cause), None) => cause,
            },
            (None, Some(by), None) => Cause::Retried { by: by.clone() },
            (None, None, None) => Cause::Always,
        };
        self.spawn(index, values, cause, made);
    }

    fn spawn(
        &mut self,
        index: usize,
        mut variables: Vec<(String, String)>,
        because: Cause,
        made: Option<Made>,
    ) {
        let step = &self.run.workflow.steps[index];
        let name = step.name.to_string();
        let attempt = self.run.steps[index].attempts.last().map_or(1, |attempt| attempt.number + 1);
        let value = |reference: &crate::model::Reference| self.run.value(reference);
        variables.extend(step.env.iter().map(|(name, template)| (name.clone(), template.fill(&value))));
        if step.handler.is_some() {
            variables.push(("TRACKER_RUN_STATE".to_owned(), self.run.outcome().as_str().to_owned()));
        }
        let own = [("TRACKER_RUN", self.run.id.clone()), ("TRACKER_STEP", name.clone())];
        variables.extend(own.map(|(name, value)| (name.to_owned(), value)));
        variables.push(("TRACKER_ATTEMPT".to_owned(), attempt.to_string()));
        variables.push((MARK.to_owned(), self.mark(&format!("{name}/{attempt}"))));
        if attempt > 1 {
            // What the attempt before has left outside of its group would be in the way of this one.
            kill_marked(MARK, &self.mark(&format!("{name}/")));
        }
        let recipe = match &step.action {
            Action::Shell(lines) => Recipe::Run(lines.clone()),
            Action::Program(words) => Recipe::Argv(words.iter().map(|word| word.fill(&value)).collect()),
            Action::Ask(_) | Action::Await(_) => return,
        };
        let started =
            self.held_job(&name, attempt, &recipe, step.cwd.as_deref().unwrap_or_default(), &variables);
        let timeout = step.timeout.map(millis);
        let now = self.now().mono;
        match started {
            Ok(job) => {
                let pid = job.pid();
                self.emit(Event::Started { step: name, attempt, pid, birth: birth(pid), because });
                let deadline = timeout.map(|timeout| now + timeout);
                self.active.add(index, Process { attempt, pid, started: signed(now), deadline, about: made });
                self.held.push((index, job));
                fail_point("run:spawned");
            }
            Err(message) => {
                self.emit(Event::Started { step: name.clone(), attempt, pid: 0, birth: None, because });
                let (end, outputs, message) = (AttemptEnd::Broken, Values::new(), Some(message));
                let event =
                    Event::Ended { step: name, attempt, end, millis: 0, outputs, retry_in: None, message };
                let event = self.with_retry(event);
                self.emit(event);
            }
        }
    }

    fn held_job(
        &self,
        step: &str,
        attempt: u32,
        recipe: &Recipe,
        cwd: &str,
        variables: &[(String, String)],
    ) -> std::result::Result<Job, String> {
        let folder = self.top.join(cwd);
        if !cwd.is_empty() && !folder.is_dir() {
            return Err(format!("there is no folder `{cwd}`"));
        }
        if let Recipe::Argv(words) = recipe
            && let Some(program) = words.first()
            && !self.is_program(program, &folder, variables)
        {
            return Err(format!("there is no program `{}`", program.escape_debug()));
        }
        let left = AttemptFolder::of(&self.folder, step, attempt);
        let (program, stdout, stderr) =
            left.prepare(recipe, &folder, cwd, variables).map_err(|error| error.to_string())?;
        program.start_held(stdout, stderr).map_err(|error| error.to_string())
    }

    /// Whether there is such a program: a file by its path from the folder in which it is to run, or one that is on the `PATH`.
    fn is_program(&self, name: &str, folder: &Path, variables: &[(String, String)]) -> bool {
        if name.contains('/') {
            return folder.join(name).exists();
        }
        let own =
            variables.iter().rev().find(|(variable, _)| variable == "PATH").map(|(_, value)| value.into());
        let Some(path) = own.or_else(|| self.env.variable_os("PATH")) else { return true };
        std::env::split_paths(&path).any(|place| folder.join(place).join(name).exists())
    }

    /// Returns the variables that a step is given of the run: parameters, and outputs of earlier steps.
    fn values(&self, index: usize) -> Vec<(String, String)> {
        let params = self.run.params.iter().map(|(name, value)| (param_variable(name), value.clone()));
        let outputs = self.run.outputs_for(index).into_iter();
        let outputs = outputs.map(|((step, key), value)| (output_variable(&step, &key), value));
        // What is done for another task is not what this one is given.
        let task = self.run.task.iter().map(|task| ("TRACKER_TASK".to_owned(), task.clone()));
        params.chain(outputs).chain(task).collect()
    }

    /// Says whether another attempt follows one that has failed.
    fn with_retry(&self, event: Event) -> Event {
        let Event::Ended { step, attempt, end, millis: took, outputs, message, .. } = event else {
            return event;
        };
        let may_follow = !end.is_success()
            && !matches!(end, AttemptEnd::Interrupted | AttemptEnd::Cancelled)
            && self.run.cancelled_by.is_none();
        let retry_in = self.run.find(&step).filter(|_| may_follow).and_then(|index| {
            let retry = &self.run.workflow.steps[index].retry;
            let retries = self.run.steps[index].retries;
            let wait = || millis(retry.wait(retries + 1, self.env.random_below(1001)));
            retry.allows(retries, end.exit()).then(wait)
        });
        Event::Ended { step, attempt, end, millis: took, outputs, retry_in, message }
    }

    fn ended(&mut self, found: Ended<usize, Option<Made>>) {
        fail_point("run:ended");
        let (index, attempt) = (found.key, found.process.attempt);
        let step = &self.run.workflow.steps[index];
        let folder = AttemptFolder::of(&self.folder, step.name.as_str(), attempt);
        let took = found.millis(self.now().mono);
        let event = ended(&self.run, index, attempt, found.how(&folder), &folder, Some(took));
        let made = found.process.about;
        if let (Event::Ended { end: AttemptEnd::Exit(0), outputs, .. }, Some(made)) = (&event, made) {
            self.memory.remember(step, made, outputs);
        }
        let event = self.with_retry(event);
        let is_interrupted = matches!(&event, Event::Ended { end: AttemptEnd::Interrupted, .. });
        self.emit(event);
        if is_interrupted && !self.is_stopping {
            let steps = vec![self.run.workflow.steps[index].name.to_string()];
            self.emit(Event::Retried { steps, forced: false, by: None });
        }
    }

    /// Returns how the engine has ended, where nothing is left to do.
    fn rest(&mut self) -> Result<Option<Driven>> {
        if !self.active.is_empty() {
            return Ok(None);
        }
        if self.is_stopping {
            return self.stop(StopReason::Interrupted).map(Some);
        }
        let next = self.run.next(self.now().mono);
        match next.rest {
            Rest::Busy => Ok(None),
            Rest::Paused => self.stop(StopReason::Paused).map(Some),
            Rest::Person if self.run.awaited().next().is_some() && !self.run.asks_person() => {
                self.stop(StopReason::WaitsForTask).map(Some)
            }
            Rest::Person => self.stop(StopReason::WaitsForPerson).map(Some),
            Rest::Done(state) => {
                kill_marked(MARK, &self.mark(""));
                let now = self.now();
                let finished = Logged { at: now.wall, event: Event::Finished { state } };
                let mut run = self.run.clone();
                run.apply(&finished, now);
                fail_point("run:done");
                (self.record)(&run)?;
                fail_point("run:recorded");
                self.log.append(&finished);
                self.run = run;
                self.unseen.push(finished);
                self.commit()?;
                Ok(Some(Driven::Finished(state)))
            }
        }
    }

    fn stop(&mut self, because: StopReason) -> Result<Driven> {
        kill_marked(MARK, &self.mark(""));
        self.emit(Event::Stopped { because });
        self.commit()?;
        Ok(Driven::Stopped(because))
    }

    /// Waits until something has ended, is due, or may have been requested.
    fn wait(&mut self) {
        let now = self.now().mono;
        let due = self.run.next(now).wake.into_iter().chain(self.active.due()).min();
        let left = due.map(|due| Duration::from_millis(due.saturating_sub(now)));
        if self.active.is_empty() && self.env.has_fixed_clock() {
            return self.env.sleep(left.unwrap_or(POLL));
        }
        let mut limit = left.unwrap_or(POLL).min(POLL);
        while let Some(found) = self.active.wait(limit) {
            self.ended(found);
            limit = Duration::ZERO;
        }
    }
}
