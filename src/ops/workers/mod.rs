//! Workers: headless processes that find something in the files of new commits, fix it, prove the fix, land it, and escalate
//! what is left. `worker run`, `worker`, `worker show`, `worker log`, `worker remove`.
//!
//! A worker is started by a person, and its commands come from the configuration that is committed on the branch which others
//! are merged into. It has a working tree of its own and claims files before it lands what it has changed in them.
//!
//! ```text
//! <common git dir>/tracker/workers/NAME/
//!     tree/             its working tree, on the branch workers/NAME
//!     lock              held by the process that runs it
//!     rounds.jsonl      a line for each round
//!     cost              what the present round has cost so far
//!     state.json        what it has seen
//!     status.json       what its process does, with a heartbeat beside it
//!     log               what it prints where a fleet has started it
//! <common git dir>/tracker/fleet/           the supervisor: its process, its lock
//! <common git dir>/tracker/bundles/worker-*.bundle   work that was merged nowhere, for 30 days
//! ```

mod added;
mod clean;
mod desk;
mod escalate;
mod fixing;
mod fleet;
mod fleet_triggers;
mod history;
mod logs;
mod monitor;
mod records;
mod reverts;
mod round;
mod run;
mod scale;
mod spending;
mod status;
mod tool;
mod types;
mod view;
mod work;

pub(in crate::ops) use clean::is_squashed;
pub(crate) use clean::{WorkerRemoved, remove_worker};
pub(in crate::ops) use desk::workers_folder;
pub(crate) use fleet::{
    FleetNews, FleetRequest, FleetView, FleetWorker, fleet_down, fleet_pause, fleet_status, fleet_up,
};
pub(crate) use history::{HistoryRequest, WorkerHistory, worker_history};
pub(crate) use logs::{WorkerLogs, follow_worker_logs, worker_logs};
pub(crate) use monitor::{
    Activity, ActivitySeverity, FleetMonitor, WorkerQueue, fleet_monitor, follow_fleet,
};
pub(in crate::ops) use records::round_lines;
pub(crate) use records::{Round, RoundOutcome};
pub(in crate::ops) use reverts::worker_of;
pub(crate) use run::{WorkerNews, WorkerRequest, WorkerRun, run_worker};
pub(crate) use scale::WorkerCount;
pub(in crate::ops) use spending::COST_TRAILER;
pub(crate) use status::WorkerState;
pub(in crate::ops) use status::{WorkerPulse, worker_pulse};
pub(in crate::ops) use types::{Policy, WorkerPolicy};
pub(in crate::ops) use view::worker_names;
pub(crate) use view::{
    WorkerLine, WorkerRounds, WorkerTypeView, WorkersView, list_workers, show_worker_type, worker_rounds,
};
