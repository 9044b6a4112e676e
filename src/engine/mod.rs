//! Runs of workflows: what has happened, what follows, and the processes that do it.
//!
//! [`state`] is pure: events in, the state of a run and what is to be done next out; it has no clock, no file and no
//! process, so that thousands of runs can be simulated. [`event`] is the log, the truth of a live run: lines of JSON that
//! are only ever appended, each on disk before anything follows from it. [`attempt`] is the folder of one attempt, which
//! the attempt's own shell fills: whoever comes after a crash reads there what became of it. [`drive`] is the engine:
//! one process, in the foreground of a command, that has the lock of its run. [`executions`] does the same for the tasks of
//! a task run or a plan; both keep their processes in [`processes`]. [`plan`] is what the log of a plan's run says of its
//! tasks.
//!
//! ```text
//! <git dir>/tracker/runs/RUN-4F2K/
//!     workflow.yaml            the document as it was when the run began
//!     events.jsonl             the log
//!     lock                     held by the engine
//!     control/*.json           requests of other processes to the engine
//!     steps/NAME/ATTEMPT/      command.json, stdout, stderr, outputs, exit
//! <git dir>/tracker/reuse/WORKFLOW/STEP.json   what its last successes were made of
//! ```
//!
//! Nothing here is executed because a repository contains it: an engine is started by a person's command.

mod attempt;
mod control;
mod drive;
mod event;
mod executions;
mod plan;
mod processes;
mod recover;
mod reuse;
mod state;

pub(crate) use attempt::AttemptFolder;
pub(crate) use control::{Asked, Request, ask, is_driven, on_signals, try_lock};
pub(crate) use drive::{Driver, Place};
pub(crate) use event::{Cause, Conflict, Event, Follower, Log, Logged, SkipReason, StopReason, TaskOutcome};
pub(crate) use executions::{Execution, Executions, Work};
pub(crate) use plan::{PlanRun, PlanTaskState, TaskEnd, TaskLife, lost};
pub(crate) use recover::recover;
pub(crate) use state::{Moment, Run, StepRun};

use std::path::PathBuf;

/// Why a run could not be driven on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// A line of the log, not the last, cannot be read.
    #[error("`{}` is damaged at line {line}: {message}", path.display())]
    Damaged {
        /// The log.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// Another engine drives the run.
    #[error("{run} is driven by another process")]
    Locked {
        /// The run.
        run: String,
    },
    /// A run that is driven may write the same file.
    #[error("{run} is under way and may write `{file}` too")]
    Writes {
        /// The other run.
        run: String,
        /// The file, or the pattern, as a workflow has it.
        file: String,
    },
    /// The engine of the run takes no request.
    #[error("the process that drives {run} does not answer; it will find the request when it goes on")]
    Unanswered {
        /// The run.
        run: String,
    },
    /// The lock could not be taken, or the record not be written.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
}

impl Error {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

/// A result of the engine.
pub type Result<T> = std::result::Result<T, Error>;
