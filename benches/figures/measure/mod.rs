//! Runs programs in turn and prints what they took.

mod process;
mod race;
mod table;

pub(crate) use process::{Process, Run, install, is_on_path, now};
pub(crate) use race::{Racer, Samples, race};
pub(crate) use table::{Row, Table};
