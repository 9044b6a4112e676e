//! Synchronisation of two trackers: what follows for each field from what both sides last agreed on, and the order in
//! which it is written, so that a crash at any point loses nothing and creates nothing twice. Pure: both sides are behind
//! the traits [`Local`] and [`Remote`], and this module reads neither files nor the clock.
//!
//! One round reads both sides, plans, and writes in batches. What loses against a change of the other side is logged before
//! anything is written. Then the batch is noted in a journal, written there, written here together with the links that say
//! what both agree on now, and taken out of the journal. The next run looks first at what the journal still has.

mod conformance;
mod drive;
mod lines;
mod plan;
mod reconcile;
mod side;

pub use conformance::{ConformanceCase, conformance};
pub use drive::{MOST_CREATIONS, MOST_UPDATES, SyncReport, sync};
pub use plan::{StepKind, SyncDirection, SyncRequest, SyncStep};
pub use side::{Capabilities, Intent, Landing, Local, LocalTask, Lost, Push, PushAnswer, Remote, RemoteItem};

#[cfg(test)]
mod tests;
