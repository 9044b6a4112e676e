//! Evidence: runs the commands of roles, writes receipts of it, runs them again for the gate, and shows what they are
//! worth.
//!
//! What runs is what the policy of the branch names that the work will be merged into, and only because the caller asked
//! for it: nothing here is started by what a record says.

mod command;
mod reported;
mod rerun;
mod verify;
mod view;

pub(in crate::ops) use reported::{Reported, ReportedCheck, is_reported, record_check};
pub(in crate::ops) use rerun::rerun;
pub(crate) use verify::*;
pub(crate) use view::*;
