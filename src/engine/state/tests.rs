//! Simulations: a fake clock and a fake executor drive random graphs whose steps fail at random.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::doc::read_workflow;
use crate::engine::event::Cause;

struct Simulation {
    run: Run,
    events: Vec<Logged>,
    mono: u64,
    /// When each running step ends.
    ends: BTreeMap<(u64, usize), u32>,
    random: fastrand::Rng,
    most_running: usize,
    /// How often each attempt fails: of 100.
    failing: u32,
}

impl Simulation {
    fn new(text: &str, jobs: u32, seed: u64, failing: u32) -> Self {
        let (workflow, _) =
            read_workflow(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
        let created = Event::Created {
            run: "RUN-1".into(),
            workflow: "w".into(),
            path: "w.yaml".into(),
            digest: String::new(),
            params: Values::new(),
            jobs,
            by: "ada".into(),
            agent: None,
            task: None,
        };
        let first = Logged { at: DateTime::UNIX_EPOCH, event: created };
        let run = Run::new(workflow, &first).unwrap();
        let random = fastrand::Rng::with_seed(seed);
        Self { run, events: vec![first], mono: 0, ends: BTreeMap::new(), random, most_running: 0, failing }
    }

    fn moment(&self) -> Moment {
        let wall = DateTime::UNIX_EPOCH + chrono::TimeDelta::milliseconds(i64::try_from(self.mono).unwrap());
        Moment { wall, mono: self.mono }
    }

    fn emit(&mut self, event: Event) {
        let logged = Logged { at: self.moment().wall, event };
        self.run.apply(&logged, self.moment());
        self.events.push(logged);
    }

    fn name(&self, index: usize) -> String {
        self.run.workflow.steps[index].name.to_string()
    }

    fn start(&mut self, index: usize) {
        let attempt = u32::try_from(self.run.steps[index].attempts.len()).unwrap() + 1;
        let step = self.name(index);
        self.emit(Event::Started { step, attempt, pid: 1, birth: None, because: Cause::Always });
        self.ends.insert((self.mono + self.random.u64(1..500), index), attempt);
        self.most_running = self.most_running.max(self.run.running());
    }

    fn end(&mut self, index: usize, attempt: u32) {
        let fails = self.random.u32(..100) < self.failing;
        let retry = &self.run.workflow.steps[index].retry;
        let retries = self.run.steps[index].retries;
        let retry_in = (fails && retry.allows(retries, Some(1)))
            .then(|| u64::try_from(retry.wait(retries + 1, 500).as_millis()).unwrap());
        let end = AttemptEnd::Exit(i32::from(fails));
        let (step, outputs) = (self.name(index), Values::new());
        self.emit(Event::Ended { step, attempt, end, millis: 1, outputs, retry_in, message: None });
    }

    /// Drives the run until nothing is left to do; the answer is how it has ended.
    fn drive(&mut self) -> Rest {
        loop {
            let next = self.run.next(self.mono);
            for (index, because) in next.skips.clone() {
                let step = self.name(index);
                self.emit(Event::Skipped { step, because });
            }
            for index in next.asks.clone() {
                let step = self.name(index);
                self.emit(Event::Asked { step });
            }
            next.starts.iter().for_each(|index| self.start(*index));
            if !next.is_empty() {
                continue;
            }
            match next.rest {
                Rest::Busy => {}
                Rest::Done(state) => {
                    self.emit(Event::Finished { state });
                    return next.rest;
                }
                rest => return rest,
            }
            let first = self.ends.first_key_value().map(|((at, index), attempt)| (*at, *index, *attempt));
            match (first, next.wake) {
                (Some((at, ..)), Some(wake)) if wake < at && self.run.running() < self.run.jobs as usize => {
                    self.mono = self.mono.max(wake);
                }
                (Some((at, index, attempt)), _) => {
                    self.mono = self.mono.max(at);
                    self.ends.remove(&(at, index));
                    self.end(index, attempt);
                }
                (None, Some(wake)) => self.mono = self.mono.max(wake),
                (None, None) => panic!("nothing runs and nothing is due"),
            }
        }
    }
}

/// Writes a workflow of N steps, each with a few needs among the earlier ones.
fn graph(steps: usize, random: &mut fastrand::Rng) -> String {
    let mut text = String::from("steps:\n");
    for index in 0..steps {
        let needs: BTreeSet<usize> =
            (0..random.usize(..4)).filter(|_| index > 0).map(|_| random.usize(..index)).collect();
        let names: Vec<String> = needs.iter().map(|need| format!("s{need}")).collect();
        let retries = random.u32(..4);
        let critical = random.u32(..10) > 2;
        let when = match needs.first() {
            Some(need) if random.u32(..10) == 0 => format!(", when: step.s{need} != failed"),
            _ => String::new(),
        };
        text.push_str(&format!(
            "  s{index}: {{run: x, needs: [{}], retry: {{max: {retries}, delay: 10ms, cap: 1s}}, critical: {critical}{when}}}\n",
            names.join(", ")
        ));
    }
    text
}

/// Looks at the whole log: order, limit, retries, and that nothing runs again that has succeeded.
fn check(simulation: &Simulation, jobs: usize) {
    let run = &simulation.run;
    assert!(simulation.most_running <= jobs, "{} of {jobs}", simulation.most_running);
    let mut ended: BTreeMap<&str, StepState> = BTreeMap::new();
    for logged in &simulation.events {
        match &logged.event {
            Event::Started { step, .. } => {
                assert!(!ended.contains_key(step.as_str()), "{step} begins again");
                let spec = &run.workflow.steps[run.find(step).unwrap()];
                for need in &spec.needs {
                    let name = run.workflow.steps[*need].name.as_str();
                    assert!(ended.contains_key(name), "{step} begins before {name} has ended");
                    let may_lack = !run.workflow.steps[*need].critical || spec.when.is_some();
                    assert!(may_lack || ended[name] == StepState::Success, "{step} begins without {name}");
                }
            }
            Event::Ended { step, end, retry_in, .. } if retry_in.is_none() => {
                let state = if end.is_success() { StepState::Success } else { StepState::Failed };
                ended.insert(step, state);
            }
            Event::Skipped { step, .. } => {
                ended.insert(step, StepState::Skipped);
            }
            _ => {}
        }
    }
    for (index, step) in run.steps.iter().enumerate() {
        let max = run.workflow.steps[index].retry.max as usize;
        match step.state {
            StepState::Success => assert!(step.attempts.len() <= max + 1),
            StepState::Failed => assert_eq!(step.attempts.len(), max + 1, "{}", simulation.name(index)),
            StepState::Skipped => assert!(step.attempts.is_empty()),
            state => panic!("{} is left as {state:?}", simulation.name(index)),
        }
    }
}

/// As many graphs as PROPTEST_CASES says, where that is more.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases.max(1000), failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_graphs_keep_order_limit_and_retries(seed: u64, steps in 1..200_usize, jobs in 1..9_u32, failing in 0..60_u32) {
        let text = graph(steps, &mut fastrand::Rng::with_seed(seed));
        let mut simulation = Simulation::new(&text, jobs, seed, failing);
        let rest = simulation.drive();
        check(&simulation, jobs as usize);
        let lost = |index: &usize| simulation.run.steps[*index].state == StepState::Failed;
        let lost: Vec<usize> = (0..simulation.run.steps.len()).filter(lost).collect();
        let critical = lost.iter().any(|index| simulation.run.workflow.steps[*index].critical);
        let expected = match (lost.is_empty(), critical) {
            (true, _) => RunState::Success,
            (false, true) => RunState::Failed,
            (false, false) => RunState::PartialSuccess,
        };
        prop_assert_eq!(rest, Rest::Done(expected));
        // Whoever reads the log makes the same run of it.
        let replayed = Run::replay(simulation.run.workflow.clone(), &simulation.events, simulation.moment()).unwrap();
        for (one, other) in replayed.steps.iter().zip(&simulation.run.steps) {
            prop_assert_eq!((one.state, &one.history, one.retries), (other.state, &other.history, other.retries));
        }
    }

    #[test]
    fn a_retry_runs_what_failed_and_nothing_that_succeeded(seed: u64, steps in 1..100_usize) {
        let text = graph(steps, &mut fastrand::Rng::with_seed(seed));
        let mut simulation = Simulation::new(&text, 4, seed, 40);
        simulation.drive();
        let before: Vec<usize> = simulation.run.steps.iter().map(|step| step.attempts.len()).collect();
        let again = simulation.run.to_retry();
        let names: Vec<String> = again.iter().map(|index| simulation.name(*index)).collect();
        let kept: Vec<usize> = (0..steps)
            .filter(|index| simulation.run.steps[*index].state == StepState::Success && !again.contains(index))
            .collect();
        simulation.emit(Event::Retried { steps: names, forced: true, by: Some("ada".into()) });
        simulation.emit(Event::Began { process: 1 });
        simulation.failing = 0;
        let rest = simulation.drive();
        prop_assert_eq!(rest, Rest::Done(RunState::Success));
        for index in kept {
            prop_assert_eq!(simulation.run.steps[index].attempts.len(), before[index]);
        }
        let is_over = simulation.run.steps.iter().all(|step| matches!(step.state, StepState::Success | StepState::Skipped));
        prop_assert!(is_over);
    }
}

fn states(simulation: &Simulation) -> Vec<&'static str> {
    simulation.run.steps.iter().map(|step| step.state.as_str()).collect()
}

#[test]
fn a_question_takes_no_slot_and_is_asked_while_others_run() {
    let text =
        "steps:\n  a: {run: x}\n  b: {run: x}\n  ask: {human: {approve: Go?}}\n  c: {run: x, needs: [ask]}\n";
    let mut simulation = Simulation::new(text, 1, 1, 0);
    let next = simulation.run.next(0);
    assert_eq!((next.starts, next.asks), (vec![0], vec![2]));
    assert_eq!(simulation.drive(), Rest::Person);
    assert_eq!(states(&simulation), ["success", "success", "pending", "pending"]);
    simulation.emit(Event::Answered {
        step: "ask".into(),
        answer: "yes".into(),
        approved: true,
        by: "ada".into(),
    });
    assert_eq!(simulation.drive(), Rest::Done(RunState::Success));
}

#[test]
fn a_retry_that_waits_takes_no_slot() {
    let text = "steps:\n  a: {run: x, retry: {max: 1, delay: 1h, cap: 2h}}\n  b: {run: x}\n";
    let mut simulation = Simulation::new(text, 1, 1, 0);
    simulation.start(0);
    simulation.failing = 100;
    simulation.end(0, 1);
    assert_eq!(simulation.run.steps[0].state, StepState::Retry);
    let next = simulation.run.next(0);
    assert_eq!((next.starts, next.wake), (vec![1], Some(3_600_000)));
}

#[test]
fn a_clock_that_was_set_back_makes_no_wait_longer() {
    let text = "steps:\n  a: {run: x, retry: {max: 1, delay: 10s}}\n";
    let mut simulation = Simulation::new(text, 1, 1, 100);
    simulation.start(0);
    simulation.end(0, 1);
    let at = simulation.moment().wall;
    for (shift, due) in [(0, 10_000), (-3_600_000, 10_000), (4_000, 6_000), (3_600_000, 0)] {
        let now = Moment { wall: at + chrono::TimeDelta::milliseconds(shift), mono: 0 };
        let mut run = Run::replay(simulation.run.workflow.clone(), &simulation.events, now).unwrap();
        assert_eq!(run.next(0).wake, Some(due), "{shift}");
    }
}

#[test]
fn handlers_run_after_the_last_step_and_only_those_that_are_meant() {
    let text = "steps:\n  a: {run: x, retry: 0}\n  b: {run: x, needs: [a]}\non_success: {run: x}\non_failure: {run: x, retry: 0}\non_exit: {run: x, retry: 0}\n";
    let mut simulation = Simulation::new(text, 4, 1, 100);
    assert_eq!(simulation.drive(), Rest::Done(RunState::Failed));
    assert_eq!(states(&simulation), ["failed", "skipped", "skipped", "failed", "failed"]);
    let mut simulation = Simulation::new(text, 4, 1, 0);
    assert_eq!(simulation.drive(), Rest::Done(RunState::Success));
    assert_eq!(states(&simulation), ["success", "success", "success", "skipped", "success"]);
}

#[test]
fn what_could_not_begin_is_skipped_at_the_end_and_begins_after_a_retry() {
    let text = "steps:\n  a: {run: x, retry: 0}\n  b: {run: x, needs: [a]}\n  c: {run: x, needs: [b]}\n";
    let mut simulation = Simulation::new(text, 4, 1, 100);
    assert_eq!(simulation.drive(), Rest::Done(RunState::Failed));
    let skipped = |index: usize| simulation.run.steps[index].skipped.clone();
    let lost = |need: &str| Some(SkipReason::Lost { need: need.into(), root: "a".into() });
    assert_eq!((skipped(1), skipped(2)), (lost("a"), lost("b")));
    assert_eq!(simulation.run.to_retry(), [0]);
    // A retry of one step alone lets begin what waited for it.
    simulation.emit(Event::Retried { steps: vec!["a".into()], forced: true, by: Some("ada".into()) });
    assert_eq!(states(&simulation), ["pending", "pending", "pending"]);
    simulation.failing = 0;
    assert_eq!(simulation.drive(), Rest::Done(RunState::Success));
    assert_eq!(simulation.run.steps[1].retried, None);
}

#[test]
fn a_handler_that_failed_runs_again_without_the_others() {
    let text = "steps:\n  a: {run: x}\non_success: {run: x, retry: 0}\non_exit: {run: x}\n";
    let mut simulation = Simulation::new(text, 4, 1, 0);
    simulation.start(0);
    simulation.end(0, 1);
    simulation.ends.clear();
    simulation.failing = 100;
    simulation.start(1);
    simulation.end(1, 1);
    simulation.ends.clear();
    simulation.failing = 0;
    assert_eq!(simulation.drive(), Rest::Done(RunState::PartialSuccess));
    assert_eq!(simulation.run.to_retry(), [1]);
    let steps = vec!["on_success".to_owned()];
    // The same where an engine goes on after a crash.
    for by in [Some("ada".to_owned()), None] {
        let mut again = simulation.run.clone();
        let event = Event::Retried { steps: steps.clone(), forced: true, by };
        again.apply(&Logged { at: simulation.moment().wall, event }, simulation.moment());
        let states: Vec<&str> = again.steps.iter().map(|step| step.state.as_str()).collect();
        assert_eq!(states, ["success", "pending", "success"]);
        assert_eq!(again.next(0).starts, [1]);
    }
}

#[test]
fn what_was_cancelled_and_paused_begins_no_more() {
    let text = "steps:\n  a: {run: x}\n  b: {run: x, needs: [a]}\n  c: {run: x, retry: {delay: 1h}}\n";
    let mut simulation = Simulation::new(text, 4, 1, 0);
    simulation.start(0);
    simulation.emit(Event::Paused { by: "ada".into() });
    let next = simulation.run.next(0);
    assert_eq!((next.is_empty(), next.rest), (true, Rest::Busy));
    simulation.end(0, 1);
    assert_eq!(simulation.run.next(0).rest, Rest::Paused);
    simulation.emit(Event::Cancelled { by: "ada".into() });
    assert_eq!(simulation.drive(), Rest::Done(RunState::Cancelled));
    assert_eq!(states(&simulation), ["success", "cancelled", "cancelled"]);
}

#[test]
fn a_run_is_no_success_as_long_as_a_step_is_cancelled() {
    let text =
        "steps:\n  a: {run: x}\n  b: {run: x, needs: [a]}\non_success: {run: x}\non_cancel: {run: x}\n";
    let mut simulation = Simulation::new(text, 4, 1, 0);
    simulation.emit(Event::Cancelled { by: "ada".into() });
    assert_eq!(simulation.drive(), Rest::Done(RunState::Cancelled));
    let retry = |step: &str| {
        let steps = vec![step.to_owned()];
        Event::Retried { steps, forced: true, by: Some("ada".into()) }
    };
    simulation.emit(retry("a"));
    assert_eq!(simulation.drive(), Rest::Done(RunState::Cancelled));
    assert_eq!(states(&simulation), ["success", "cancelled", "skipped", "success"]);
    assert_eq!(simulation.run.last_cancelled_by.as_deref(), Some("ada"));
    simulation.emit(retry("b"));
    assert_eq!(simulation.drive(), Rest::Done(RunState::Success));
}

#[test]
fn a_condition_sees_how_its_need_has_ended() {
    let text = "steps:\n  a: {run: x, retry: 0}\n  rescue: {run: x, needs: [a], when: step.a == failed}\n  after: {run: x, needs: [rescue]}\n  \
                other: {run: x, needs: [a]}\n";
    let mut simulation = Simulation::new(text, 1, 1, 0);
    simulation.start(0);
    simulation.failing = 100;
    simulation.end(0, 1);
    simulation.failing = 0;
    simulation.ends.clear();
    assert_eq!(simulation.drive(), Rest::Done(RunState::Failed));
    assert_eq!(states(&simulation), ["failed", "success", "success", "skipped"]);
    let mut simulation = Simulation::new(text, 1, 1, 0);
    assert_eq!(simulation.drive(), Rest::Done(RunState::Success));
    assert_eq!(states(&simulation), ["success", "skipped", "skipped", "success"]);
}

#[test]
fn ten_thousand_steps_side_by_side_are_not_looked_at_again_and_again() {
    let steps: String = (0..10_000).map(|index| format!("  s{index}: {{argv: [x]}}\n")).collect();
    let mut simulation = Simulation::new(&format!("steps:\n{steps}"), 4, 1, 0);
    assert_eq!(simulation.drive(), Rest::Done(RunState::Success));
}

#[test]
fn each_cancel_ends_what_runs_then_and_handlers_that_have_not_begun_still_run() {
    let text = "steps:\n  a: {run: x}\n  b: {run: x, needs: [a]}\non_cancel: {run: x}\non_exit: {run: x}\n";
    let mut simulation = Simulation::new(text, 4, 1, 0);
    let flags = |run: &Run| run.steps.iter().map(|step| step.is_cancelled).collect::<Vec<_>>();
    let cancel = || Event::Cancelled { by: "ada".into() };
    let end = |step: &str| {
        let (step, outputs, end) = (step.to_owned(), Values::new(), AttemptEnd::Cancelled);
        Event::Ended { step, attempt: 1, end, millis: 1, outputs, retry_in: None, message: None }
    };
    simulation.start(0);
    simulation.emit(cancel());
    assert_eq!(flags(&simulation.run), [true, false, false, false]);
    simulation.emit(end("a"));
    assert_eq!(simulation.run.next(0).starts, [2]);
    simulation.start(2);
    assert!(!simulation.run.steps[2].is_cancelled, "what cleans up is not cancelled with the run");
    simulation.emit(cancel());
    assert!(simulation.run.steps[2].is_cancelled);
    simulation.emit(end("on_cancel"));
    assert_eq!(simulation.run.next(0).starts, [3]);
    simulation.ends.clear();
    assert_eq!(simulation.drive(), Rest::Done(RunState::Cancelled));
    assert_eq!(states(&simulation), ["cancelled", "cancelled", "cancelled", "success"]);
}
