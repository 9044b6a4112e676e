//! What a long operation tells on its way, to whoever wants to know. A command's answer is no event: it is what comes
//! last. Doors render events or forward them; here is only what happened.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// A part of an operation that can take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LongStep {
    /// Looking up the ids in use on all branches.
    ReadBranches,
    /// Reading which commits belong to which task, for the first time.
    ReadHistory,
    /// Reading the commits of a range.
    ReadRange,
    /// Comparing a range with the policy.
    CheckRange,
    /// Running the policy's own commands.
    RunCommands,
    /// Reading every file of the tracker.
    ReadRecords,
    /// Repairing files.
    FixRecords,
    /// Reading what another program has written.
    ReadImport,
    /// Turning that into records.
    Import,
    /// Applying what commits have earned.
    ApplyCommits,
    /// Running the commands of the demo.
    RunDemo,
}

impl fmt::Display for LongStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadBranches => "reading branches",
            Self::ReadHistory => "reading history",
            Self::ReadRange => "reading commits",
            Self::CheckRange => "checking",
            Self::RunCommands => "running commands",
            Self::ReadRecords => "reading records",
            Self::FixRecords => "repairing",
            Self::ReadImport => "reading the file",
            Self::Import => "importing",
            Self::ApplyCommits => "applying commits",
            Self::RunDemo => "running the demo",
        })
    }
}

/// What happened. Of each step one is started and one is finished, also where it failed in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A step has begun.
    Started {
        /// Which.
        step: LongStep,
        /// How much there is to do; none where that is not known.
        total: Option<u64>,
    },
    /// A part of it is done.
    Progress {
        /// Which.
        step: LongStep,
        /// How much is done.
        done: u64,
        /// How much there is to do.
        total: Option<u64>,
    },
    /// It has ended.
    Finished {
        /// Which.
        step: LongStep,
        /// How much was done.
        done: u64,
    },
}

/// Who is notified: nobody by default.
#[derive(Clone, Default)]
pub struct EventSink(Option<Arc<dyn Fn(Event) + Send + Sync>>);

impl EventSink {
    /// Calls a function, which several threads may call at once.
    #[must_use]
    pub fn new(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(sink)))
    }

    /// Begins a step, which ends when the answer is dropped.
    #[must_use]
    pub fn begin(&self, step: LongStep, total: Option<usize>) -> RunningStep {
        let total = total.map(|total| total as u64);
        self.emit(Event::Started { step, total });
        RunningStep { sink: self.clone(), step, done: AtomicU64::new(0), total }
    }

    fn emit(&self, event: Event) {
        if let Some(sink) = &self.0 {
            sink(event);
        }
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "EventSink" } else { "EventSink(none)" })
    }
}

/// A step that has begun and not ended.
#[derive(Debug)]
pub struct RunningStep {
    sink: EventSink,
    step: LongStep,
    done: AtomicU64,
    total: Option<u64>,
}

impl RunningStep {
    /// Reports that N more are done.
    pub fn advance(&self, by: usize) {
        let done = self.done.fetch_add(by as u64, Ordering::Relaxed) + by as u64;
        self.sink.emit(Event::Progress { step: self.step, done, total: self.total });
    }
}

impl Drop for RunningStep {
    fn drop(&mut self) {
        self.sink.emit(Event::Finished { step: self.step, done: self.done.load(Ordering::Relaxed) });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_step_begins_advances_and_ends_once() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seen_by_sink = Arc::clone(&seen);
        let step = EventSink::new(move |event| seen_by_sink.lock().unwrap().push(event))
            .begin(LongStep::Import, Some(3));
        step.advance(1);
        std::thread::scope(|scope| {
            scope.spawn(|| step.advance(2));
        });
        drop(step);
        EventSink::default().begin(LongStep::Import, None).advance(1);
        let (step, total) = (LongStep::Import, Some(3));
        assert_eq!(
            *seen.lock().unwrap(),
            [
                Event::Started { step, total },
                Event::Progress { step, done: 1, total },
                Event::Progress { step, done: 3, total },
                Event::Finished { step, done: 3 },
            ]
        );
    }

    #[test]
    fn an_event_is_a_line_of_json() {
        let event = Event::Progress { step: LongStep::ReadRange, done: 1, total: None };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(text, r#"{"event":"progress","step":"read_range","done":1,"total":null}"#);
    }
}
