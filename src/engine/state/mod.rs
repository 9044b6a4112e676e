//! The state of a run: what its events make of it, and what is to be done next. Pure.

mod again;
mod end;
mod step;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use step::Decision;
pub use step::{Attempt, Moment, Next, Rest, StepRun, millis};

use super::event::{Event, Logged, SkipReason, StopReason, Values};
use crate::model::{ANSWER, Action, AttemptEnd, Handler, RunState, StepState, Workflow};

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    pub workflow: Workflow,
    pub id: String,
    /// The name of the workflow.
    pub name: String,
    /// The path of the workflow's file.
    pub path: String,
    pub digest: String,
    pub params: Values,
    pub jobs: u32,
    pub by: String,
    pub agent: Option<String>,
    /// The task that it is for.
    pub task: Option<String>,
    pub created: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    pub state: RunState,
    /// The states that it has had, the present one last.
    pub history: Vec<(DateTime<Utc>, RunState)>,
    /// Why it is on hold, where it is.
    pub stopped: Option<StopReason>,
    /// Who lets nothing begin any more.
    pub paused_by: Option<String>,
    /// Who has cancelled it, until somebody retries it.
    pub cancelled_by: Option<String>,
    /// Who has cancelled it last.
    pub last_cancelled_by: Option<String>,
    pub steps: Vec<StepRun>,
    index: HashMap<String, usize>,
    dependents: Vec<Vec<usize>>,
    /// How many of its needs are not resolved, by step.
    unmet: Vec<usize>,
    /// Steps of which all needs are resolved and that have not begun.
    ready: BTreeSet<usize>,
    /// The same of questions that were not asked.
    questions: BTreeSet<usize>,
    /// Steps that wait for another attempt, by the time at which it is due.
    waiting: BTreeSet<(u64, usize)>,
    running: usize,
    /// How many steps, handlers apart, are not resolved.
    open: usize,
    /// Whether any step has outputs, or an answer.
    has_outputs: bool,
}

/// What a need has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolved {
    Passed,
    Skipped,
    /// It has failed, was cancelled, or could not begin.
    Lost,
}

impl Run {
    /// Makes a run of its first event; none where that is another.
    #[must_use]
    pub fn new(workflow: Workflow, first: &Logged) -> Option<Self> {
        let Event::Created { run, workflow: name, path, digest, params, jobs, by, agent, task } =
            &first.event
        else {
            return None;
        };
        let names = workflow.steps.iter().enumerate();
        let mut made = Self {
            index: names.map(|(index, step)| (step.name.to_string(), index)).collect(),
            dependents: workflow.dependents(),
            has_outputs: workflow.has_outputs(),
            steps: workflow.steps.iter().map(|_| StepRun::new()).collect(),
            workflow,
            id: run.clone(),
            name: name.clone(),
            path: path.clone(),
            digest: digest.clone(),
            params: params.clone(),
            jobs: *jobs,
            by: by.clone(),
            agent: agent.clone(),
            task: task.clone(),
            created: first.at,
            ended: None,
            state: RunState::Created,
            history: vec![(first.at, RunState::Created)],
            stopped: None,
            paused_by: None,
            cancelled_by: None,
            last_cancelled_by: None,
            unmet: Vec::new(),
            ready: BTreeSet::new(),
            questions: BTreeSet::new(),
            waiting: BTreeSet::new(),
            running: 0,
            open: 0,
        };
        made.arrange();
        Some(made)
    }

    /// Makes a run of all its events. Times are given by the clocks as they are now.
    #[must_use]
    pub fn replay(workflow: Workflow, events: &[Logged], now: Moment) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let mut run = Self::new(workflow, first)?;
        rest.iter().for_each(|logged| run.apply(logged, now));
        Some(run)
    }

    /// Returns the place of a step.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Returns how many steps run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running
    }

    /// Works out anew which steps can begin.
    fn arrange(&mut self) {
        self.ready.clear();
        self.questions.clear();
        self.waiting.clear();
        self.steps.iter_mut().for_each(|step| step.blocked_by = None);
        self.unmet = self.workflow.steps.iter().map(|step| step.needs.len()).collect();
        self.running = self.steps.iter().filter(|step| step.state == StepState::Running).count();
        self.open = self.workflow.steps.iter().filter(|step| step.handler.is_none()).count();
        for index in 0..self.steps.len() {
            if let (StepState::Retry, Some(due)) = (self.steps[index].state, self.steps[index].due) {
                self.waiting.insert((due, index));
            }
            if self.is_step(index) && self.unmet[index] == 0 {
                self.make_ready(index);
            }
        }
        for index in
            (0..self.steps.len()).filter(|index| self.steps[*index].state.is_end()).collect::<Vec<_>>()
        {
            self.resolve(index);
        }
    }

    fn is_step(&self, index: usize) -> bool {
        self.workflow.steps[index].handler.is_none()
    }

    fn resolved(&self, index: usize) -> Option<Resolved> {
        let step = &self.steps[index];
        match step.state {
            StepState::Success => Some(Resolved::Passed),
            StepState::Failed if !self.workflow.steps[index].critical => Some(Resolved::Passed),
            StepState::Skipped => Some(Resolved::Skipped),
            StepState::Failed | StepState::Cancelled => Some(Resolved::Lost),
            StepState::Pending if step.blocked_by.is_some() => Some(Resolved::Lost),
            _ => None,
        }
    }

    /// Counts a step as resolved for those that need it.
    fn resolve(&mut self, index: usize) {
        if !self.is_step(index) {
            return;
        }
        self.open -= 1;
        self.not_ready(index);
        for dependent in self.dependents[index].clone() {
            self.unmet[dependent] -= 1;
            if self.unmet[dependent] == 0 {
                self.make_ready(dependent);
            }
        }
    }

    fn make_ready(&mut self, index: usize) {
        let step = &self.steps[index];
        if step.state != StepState::Pending || step.is_asked {
            return;
        }
        match self.workflow.steps[index].action {
            Action::Ask(_) | Action::Await(_) => self.questions.insert(index),
            _ => self.ready.insert(index),
        };
    }

    fn not_ready(&mut self, index: usize) {
        self.ready.remove(&index);
        self.questions.remove(&index);
    }

    /// Takes in what has happened. Events of steps that there are not, or that cannot follow, change nothing.
    pub fn apply(&mut self, logged: &Logged, now: Moment) {
        let at = logged.at;
        match &logged.event {
            Event::Began { .. } => {
                self.stopped = None;
                self.paused_by = None;
                self.become_state(RunState::Running, at);
            }
            Event::Started { step, attempt, pid, birth, because } => {
                self.started(step, at, |started| Attempt {
                    number: *attempt,
                    pid: *pid,
                    birth: birth.clone(),
                    started,
                    because: because.clone(),
                    end: None,
                    ended: None,
                    millis: None,
                    message: None,
                });
            }
            Event::Ended { .. } => self.ended(logged, now),
            Event::Reused { step, from, inputs, outputs } => {
                self.end_pending(step, at, StepState::Success, |step| {
                    step.reused = Some((from.clone(), *inputs));
                    step.outputs.clone_from(outputs);
                });
            }
            Event::Skipped { step, because } => self.end_pending(step, at, StepState::Skipped, |step| {
                step.skipped = Some(because.clone());
            }),
            Event::Asked { step } => {
                if let Some(index) = self.find(step) {
                    self.steps[index].is_asked = true;
                    self.not_ready(index);
                }
            }
            Event::Answered { .. } => self.answered(logged),
            Event::Awaited { step, task, reached, message } => {
                let state = if *reached { StepState::Success } else { StepState::Failed };
                self.end_pending(step, at, state, |step| step.found(task, message));
            }
            Event::Paused { by } => self.paused_by = Some(by.clone()),
            Event::Cancelled { by } => self.cancel(by, at),
            Event::Retried { steps, forced, by } => self.retry(steps, *forced, by.as_ref(), at),
            Event::Stopped { because } => {
                self.stopped = Some(*because);
                let interrupted = *because == StopReason::Interrupted;
                self.become_state(if interrupted { RunState::Failed } else { RunState::Created }, at);
            }
            Event::Finished { state } => {
                self.ended = Some(at);
                self.become_state(*state, at);
            }
            // Of runs of tasks and of plans.
            _ => {}
        }
    }

    fn become_state(&mut self, state: RunState, at: DateTime<Utc>) {
        self.state = state;
        self.history.push((at, state));
    }

    fn started(&mut self, name: &str, at: DateTime<Utc>, attempt: impl FnOnce(DateTime<Utc>) -> Attempt) {
        let Some(index) = self.find(name) else { return };
        let step = &mut self.steps[index];
        if !step.state.leads_to(StepState::Running) {
            return;
        }
        if let Some(due) = step.due.take() {
            self.waiting.remove(&(due, index));
        }
        if step.state == StepState::Retry {
            step.retries += 1;
        }
        step.is_cancelled = false;
        step.become_state(StepState::Running, at);
        step.attempts.push(attempt(at));
        self.not_ready(index);
        self.running += 1;
    }

    fn ended(&mut self, logged: &Logged, now: Moment) {
        let Event::Ended { step, attempt, end, millis, outputs, retry_in, message } = &logged.event else {
            return;
        };
        let Some(index) = self.find(step) else { return };
        let step = &mut self.steps[index];
        let Some(last) =
            step.attempts.last_mut().filter(|last| last.number == *attempt && last.end.is_none())
        else {
            return;
        };
        last.end = Some(*end);
        last.ended = Some(logged.at);
        last.millis = Some(*millis);
        last.message.clone_from(message);
        self.running -= 1;
        step.outputs.clone_from(outputs);
        let state = match (end, retry_in) {
            (AttemptEnd::Exit(0), _) => StepState::Success,
            (AttemptEnd::Cancelled, _) => StepState::Cancelled,
            (_, Some(_)) => StepState::Retry,
            (_, None) => StepState::Failed,
        };
        step.become_state(state, logged.at);
        if let (StepState::Retry, Some(wait)) = (state, retry_in) {
            // What has passed of the wait: never more than all of it, and nothing where the clock was set back.
            let passed = (now.wall - logged.at).num_milliseconds().clamp(0, i64::MAX).unsigned_abs();
            let due = now.mono + wait.saturating_sub(passed);
            let wait = chrono::TimeDelta::milliseconds(i64::try_from(*wait).unwrap_or(i64::MAX));
            step.due_at = logged.at.checked_add_signed(wait);
            step.due = Some(due);
            self.waiting.insert((due, index));
        }
        if state.is_end() {
            self.resolve(index);
        }
    }

    fn answered(&mut self, logged: &Logged) {
        let Event::Answered { step, answer, approved, by } = &logged.event else { return };
        let state = if *approved { StepState::Success } else { StepState::Failed };
        self.end_pending(step, logged.at, state, |step| {
            step.is_asked = false;
            step.answered = Some((answer.clone(), by.clone()));
            step.outputs.insert(ANSWER.to_owned(), answer.clone());
        });
    }

    /// Ends a step that has not run.
    fn end_pending(
        &mut self,
        name: &str,
        at: DateTime<Utc>,
        state: StepState,
        change: impl FnOnce(&mut StepRun),
    ) {
        let Some(index) = self.find(name) else { return };
        if self.steps[index].state != StepState::Pending {
            return;
        }
        // One that cannot begin counts as resolved already.
        let is_resolved = self.steps[index].blocked_by.is_some();
        self.steps[index].become_state(state, at);
        change(&mut self.steps[index]);
        if !is_resolved {
            self.resolve(index);
        }
    }

    /// Returns what is to be done now. What is returned is to be applied as events before this is asked again.
    pub fn next(&mut self, mono: u64) -> Next {
        let mut next = Next::default();
        let mut slots = (self.jobs.max(1) as usize).saturating_sub(self.running);
        let is_paused = self.paused_by.is_some();
        if !is_paused {
            self.due(mono, &mut slots, &mut next);
            self.begin(slots, &mut next);
        }
        next.wake = self.waiting.first().map(|(due, _)| *due).filter(|_| !is_paused);
        let is_idle = self.running == 0 && next.is_empty() && (self.waiting.is_empty() || is_paused);
        if !is_idle {
            return next;
        }
        if self.open == 0 {
            next.skips = self.lost();
            if next.skips.is_empty() {
                self.handlers(&mut next);
            }
        } else {
            next.rest = if is_paused { Rest::Paused } else { Rest::Person };
        }
        next
    }

    /// Chooses attempts that are due again.
    fn due(&self, mono: u64, slots: &mut usize, next: &mut Next) {
        for (_, index) in self.waiting.iter().take_while(|(due, _)| *due <= mono) {
            if *slots == 0 {
                break;
            }
            *slots -= 1;
            next.starts.push(*index);
        }
    }

    /// Decides about the steps of which all needs are resolved, in the order of the document; questions first, which need
    /// no slot. Where nothing but steps that cannot begin was found, what that leads to is looked at too.
    fn begin(&mut self, mut slots: usize, next: &mut Next) {
        loop {
            let mut has_blocked = false;
            let mut at = self.questions.first().copied();
            while let Some(index) = at {
                has_blocked |= self.choose(index, next);
                at = self.questions.range(index + 1..).next().copied();
            }
            at = self.ready.first().copied();
            while let Some(index) = at.filter(|_| slots > 0) {
                let starts = next.starts.len();
                has_blocked |= self.choose(index, next);
                slots -= next.starts.len() - starts;
                at = self.ready.range(index + 1..).next().copied();
            }
            if !has_blocked || !next.is_empty() {
                return;
            }
        }
    }

    /// Finds the steps that cannot begin any more, for whoever only looks at the run.
    pub fn find_blocked(&mut self) {
        loop {
            let waiting: Vec<usize> = self.ready.iter().chain(&self.questions).copied().collect();
            let blocked = waiting.into_iter().filter_map(|index| match self.decide(index) {
                Decision::Block(need) => Some((index, need)),
                _ => None,
            });
            let blocked: Vec<(usize, usize)> = blocked.collect();
            if blocked.is_empty() {
                return;
            }
            for (index, need) in blocked {
                self.steps[index].blocked_by = Some(need);
                self.resolve(index);
            }
        }
    }

    /// Returns the steps that have not begun and cannot any more, once all others have ended.
    pub fn lost(&self) -> Vec<(usize, SkipReason)> {
        let name = |index: usize| self.workflow.steps[index].name.to_string();
        let blocked_by = |index: usize| {
            let step = &self.steps[index];
            step.blocked_by.filter(|_| step.state == StepState::Pending)
        };
        let mut roots: Vec<Option<usize>> = vec![None; self.steps.len()];
        let mut lost = Vec::new();
        for index in 0..self.steps.len() {
            let Some(need) = blocked_by(index) else { continue };
            let (mut way, mut at) = (vec![index], need);
            let root = loop {
                match (roots[at], blocked_by(at)) {
                    (Some(root), _) => break root,
                    (None, None) => break at,
                    (None, Some(next)) => {
                        way.push(at);
                        at = next;
                    }
                }
            };
            way.into_iter().for_each(|step| roots[step] = Some(root));
            lost.push((index, SkipReason::Lost { need: name(need), root: name(root) }));
        }
        lost
    }

    /// Returns the step because of which another cannot begin: that one, or what it needs by some way.
    #[must_use]
    pub fn root_of(&self, mut index: usize) -> usize {
        while let (StepState::Pending, Some(need)) = (self.steps[index].state, self.steps[index].blocked_by) {
            index = need;
        }
        index
    }

    /// Decides about one step; returns whether it cannot begin at all.
    fn choose(&mut self, index: usize, next: &mut Next) -> bool {
        match self.decide(index) {
            Decision::Start => next.starts.push(index),
            Decision::Ask => next.asks.push(index),
            Decision::Skip(reason) => next.skips.push((index, reason)),
            Decision::Block(need) => {
                self.steps[index].blocked_by = Some(need);
                self.resolve(index);
                return true;
            }
        }
        false
    }

    fn decide(&self, index: usize) -> Decision {
        let step = &self.workflow.steps[index];
        let looked_at = step.when.as_ref().map(|when| when.condition.states()).unwrap_or_default();
        let mut skipped = None;
        for need in &step.needs {
            // What the condition looks at may have ended in any way, but it must have ended.
            if looked_at.contains(need) && self.steps[*need].state.is_end() {
                continue;
            }
            match self.resolved(*need) {
                Some(Resolved::Passed) => {}
                Some(Resolved::Skipped) => skipped = skipped.or(Some(*need)),
                Some(Resolved::Lost) | None => return Decision::Block(*need),
            }
        }
        if let Some(need) = skipped {
            return Decision::Skip(SkipReason::Need { step: self.workflow.steps[need].name.to_string() });
        }
        if let Some(when) = &step.when
            && !when.condition.is_true(&|reference| self.value(reference))
        {
            return Decision::Skip(SkipReason::Condition { when: when.text.clone() });
        }
        match step.action {
            Action::Ask(_) | Action::Await(_) => Decision::Ask,
            _ => Decision::Start,
        }
    }

    /// Lets the handlers run one after the other, once all steps have ended.
    fn handlers(&self, next: &mut Next) {
        let state = self.outcome();
        for (index, step) in self.workflow.steps.iter().enumerate() {
            let Some(handler) = step.handler else { continue };
            if self.steps[index].state.is_end() {
                continue;
            }
            let is_meant = match handler {
                Handler::Success => state.is_good(),
                Handler::Failure => state == RunState::Failed,
                Handler::Cancel => state == RunState::Cancelled,
                Handler::Exit => true,
            };
            if is_meant {
                next.starts.push(index);
                return;
            }
            next.skips.push((index, SkipReason::Handler { state }));
        }
        if next.skips.is_empty() {
            next.rest = Rest::Done(state);
        }
    }

    /// Returns what a step is given of earlier steps: outputs of all that it needs, of a handler those of all steps.
    #[must_use]
    pub fn outputs_for(&self, index: usize) -> BTreeMap<(String, String), String> {
        let earlier = match self.is_step(index) {
            _ if !self.has_outputs => Vec::new(),
            true => self.workflow.ancestors(index),
            false => (0..self.steps.len()).filter(|other| self.is_step(*other)).collect(),
        };
        let of = |step: usize| {
            let name = self.workflow.steps[step].name.to_string();
            self.steps[step]
                .outputs
                .iter()
                .map(move |(key, value)| ((name.clone(), key.clone()), value.clone()))
        };
        earlier.into_iter().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests;
