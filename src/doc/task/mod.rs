//! A task's file: its keys, reading and creating it.

mod create;
mod fields;
mod read;

pub(super) use create::Writer;
pub(crate) use create::signed_move;
pub use create::{append_move, create_task};
pub(super) use fields::{Entry, EntryKind, entries};
pub(super) use fields::{Fields, expected, moment, moment_text};
pub use read::read_task;
pub(super) use read::{id_problem, stage, unknown_but};
