//! The processes of attempts that run: threads wait for them, and what is asked to end is ended when its time is over.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::attempt::AttemptFolder;
use super::state::{Moment, millis};
use crate::model::AttemptEnd;
use crate::process::{GroupSignal, Job, JobEnd, birth, signal_group};

/// How long what was asked to end may take before it is ended, in milliseconds.
const GRACE: u64 = 5_000;
/// The variable by which processes of an attempt are found again, wherever they have moved to.
pub(super) const MARK: &str = "TRACKER_ATTEMPT_DIR";

/// An attempt that runs. Times are in milliseconds of the clock that only goes on.
pub(super) struct Process<T> {
    pub attempt: u32,
    pub pid: u32,
    /// Before zero where another engine has started it.
    pub started: i64,
    pub deadline: Option<u64>,
    /// What else its engine wants to know when it has ended.
    pub about: T,
}

/// An attempt whose process has ended.
pub(super) struct Ended<K, T> {
    pub key: K,
    pub process: Process<T>,
    /// How; none where the process was not started by this engine: what it has left says so.
    pub end: Option<JobEnd>,
    /// Why it was asked to end.
    pub asked: Option<AttemptEnd>,
}

impl<K, T> Ended<K, T> {
    /// Says how the attempt has ended: where nobody has seen it, by what it has left. What was asked to end and has done what
    /// it does all the same has succeeded, unless its time was over.
    pub(super) fn how(&self, left: &AttemptFolder) -> AttemptEnd {
        let by_itself = match self.end {
            Some(JobEnd::Exit(code)) => AttemptEnd::Exit(code),
            Some(JobEnd::Signal(number)) => AttemptEnd::Signal(number),
            None => left.exit().unwrap_or(AttemptEnd::Interrupted),
        };
        match self.asked {
            Some(why) if why == AttemptEnd::TimedOut || !by_itself.is_success() => why,
            _ => by_itself,
        }
    }

    /// Returns how long it took, in milliseconds.
    pub(super) fn millis(&self, now: u64) -> u64 {
        (signed(now) - self.process.started).max(0).unsigned_abs()
    }
}

/// Returns a time as one that can be before zero.
pub(super) fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// What is known of a process that another engine has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub attempt: u32,
    pub pid: u32,
    pub birth: Option<String>,
    pub started: DateTime<Utc>,
}

struct Running<T> {
    process: Process<T>,
    /// Why it was asked to end, and when it will be ended.
    ending: Option<(AttemptEnd, u64)>,
}

/// The attempts that run, of one each step or task.
pub(super) struct Processes<K, T> {
    running: BTreeMap<K, Running<T>>,
    send: Sender<(K, u32, Option<JobEnd>)>,
    receive: Receiver<(K, u32, Option<JobEnd>)>,
    /// Jobs for the threads that wait, each for one at a time.
    jobs: Sender<(K, u32, Job)>,
    next_job: Arc<Mutex<Receiver<(K, u32, Job)>>>,
    waiters: usize,
}

impl<K: Ord + Clone + Send + 'static, T> Processes<K, T> {
    pub(super) fn new() -> Self {
        let (send, receive) = channel();
        let (jobs, next_job) = channel();
        let next_job = Arc::new(Mutex::new(next_job));
        Self { running: BTreeMap::new(), send, receive, jobs, next_job, waiters: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn has<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.running.contains_key(key)
    }

    /// Takes one in that has been started, and is held or runs.
    pub(super) fn add(&mut self, key: K, process: Process<T>) {
        self.running.insert(key, Running { process, ending: None });
    }

    /// Lets a process that was held go, and waits for it.
    pub(super) fn release(&mut self, key: K, mut job: Job) {
        job.release();
        let Some(attempt) = self.running.get(&key).map(|running| running.process.attempt) else { return };
        while self.waiters < self.running.len() {
            self.start_waiter();
        }
        // The threads are there as long as this is.
        let _ = self.jobs.send((key, attempt, job));
    }

    /// Starts a thread that waits for one process after the other: a thread for each would cost more than the wait.
    fn start_waiter(&mut self) {
        self.waiters += 1;
        let (send, next_job) = (self.send.clone(), Arc::clone(&self.next_job));
        std::thread::spawn(move || {
            loop {
                let next = next_job.lock().map_or(None, |next| next.recv().ok());
                let Some((key, attempt, job)) = next else { return };
                let end = job.wait().unwrap_or(JobEnd::Signal(0));
                // Nobody listens any more when the engine has failed.
                let _ = send.send((key, attempt, Some(end)));
            }
        });
    }

    /// Waits for a process that another engine has started, for as long as it may still take.
    pub(super) fn adopt(&mut self, key: K, orphan: Orphan, now: Moment, timeout: Option<Duration>, about: T) {
        let Orphan { attempt, pid, birth: born, started } = orphan;
        let passed = (now.wall - started).num_milliseconds().max(0);
        let deadline = timeout.map(|limit| now.mono + millis(limit).saturating_sub(passed.unsigned_abs()));
        let started = signed(now.mono) - passed;
        let send = self.send.clone();
        self.add(key.clone(), Process { attempt, pid, started, deadline, about });
        std::thread::spawn(move || {
            while birth(pid) == born {
                std::thread::park_timeout(Duration::from_millis(10));
            }
            let _ = send.send((key, attempt, None));
        });
    }

    /// Asks those to end that `why` names, or whose time is over; ends those that have had the time to.
    pub(super) fn stop(&mut self, now: u64, why: impl Fn(&K) -> Option<AttemptEnd>) {
        for (key, running) in &mut self.running {
            let Running { process, ending } = running;
            let late = || process.deadline.filter(|at| now >= *at).map(|_| AttemptEnd::TimedOut);
            match (&ending, why(key).or_else(late)) {
                (None, Some(why)) => {
                    signal_group(process.pid, GroupSignal::Terminate);
                    *ending = Some((why, now + GRACE));
                }
                (Some((_, at)), _) if now >= *at => signal_group(process.pid, GroupSignal::Kill),
                _ => {}
            }
        }
    }

    /// Ends all, at once.
    pub(super) fn kill(&self) {
        self.running.values().for_each(|running| signal_group(running.process.pid, GroupSignal::Kill));
    }

    /// Returns when the next is to be asked to end, or to be ended.
    pub(super) fn due(&self) -> Option<u64> {
        let at = |running: &Running<T>| running.ending.map_or(running.process.deadline, |(_, at)| Some(at));
        self.running.values().filter_map(at).min()
    }

    /// Waits until one has ended, for some time at most.
    pub(super) fn wait(&mut self, limit: Duration) -> Option<Ended<K, T>> {
        let (key, attempt, end) = self.receive.recv_timeout(limit).ok()?;
        if self.running.get(&key)?.process.attempt != attempt {
            return None;
        }
        let Running { process, ending } = self.running.remove(&key)?;
        Some(Ended { key, process, end, asked: ending.map(|(why, _)| why) })
    }
}

/// Whether a process is the one that was started with this birth, and runs.
pub(super) fn is_alive(pid: u32, born: Option<&String>) -> bool {
    born.is_some() && birth(pid).as_ref() == born
}

/// Returns the folder of all attempts of a run, of those of a step, or of one, as the variable of their processes has it. No
/// two runs of one machine have the same.
pub(super) fn mark(run: &Path, below: &str) -> String {
    format!("{}/steps/{below}", run.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(end: Option<JobEnd>, asked: Option<AttemptEnd>) -> Ended<u8, ()> {
        let process = Process { attempt: 1, pid: 1, started: -2_000, deadline: None, about: () };
        Ended { key: 0, process, end, asked }
    }

    #[test]
    fn what_was_asked_to_end_has_succeeded_where_it_has_unless_its_time_was_over() {
        let folder = tempfile::tempdir().unwrap();
        let left = AttemptFolder::of(folder.path(), "a", 1);
        let (good, bad) = (Some(JobEnd::Exit(0)), Some(JobEnd::Signal(15)));
        let (over, cancelled) = (AttemptEnd::TimedOut, AttemptEnd::Cancelled);
        for (end, asked, expected) in [
            (good, None, AttemptEnd::Exit(0)),
            (good, Some(cancelled), AttemptEnd::Exit(0)),
            (good, Some(over), over),
            (bad, Some(cancelled), cancelled),
            (bad, None, AttemptEnd::Signal(15)),
            (None, None, AttemptEnd::Interrupted),
            (None, Some(over), over),
        ] {
            assert_eq!(ended(end, asked).how(&left), expected, "{end:?} {asked:?}");
        }
        assert_eq!(ended(good, None).millis(500), 2_500);
        std::fs::create_dir_all(folder.path().join("steps/a/1")).unwrap();
        std::fs::write(folder.path().join("steps/a/1/exit"), "3\n").unwrap();
        assert_eq!(ended(None, None).how(&left), AttemptEnd::Exit(3));
    }

    #[test]
    fn one_that_another_engine_has_started_has_what_is_left_of_its_time() {
        let mut processes: Processes<u8, ()> = Processes::new();
        let wall = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(100);
        let orphan = |seconds: i64| {
            let started = wall - chrono::TimeDelta::seconds(seconds);
            Orphan { attempt: 1, pid: 0, birth: None, started }
        };
        let now = Moment { wall, mono: 7 };
        processes.adopt(1, orphan(40), now, Some(Duration::from_secs(60)), ());
        assert_eq!((processes.due(), processes.running[&1].process.started), (Some(20_007), -39_993));
        processes.adopt(1, orphan(90), now, Some(Duration::from_secs(60)), ());
        assert_eq!(processes.due(), Some(7), "its time is over");
        processes.adopt(1, orphan(-90), now, None, ());
        assert_eq!(
            (processes.due(), processes.running[&1].process.started),
            (None, 7),
            "the clock was set back"
        );
    }
}
