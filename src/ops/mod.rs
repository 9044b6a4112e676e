//! The verbs, one file per use case. Every door calls these; a rule is in one place.
//!
//! An op takes a [`Session`] and a request, reads a snapshot, asks pure code what follows, and returns plain data:
//! what it found, or what it wrote. It prints nothing and knows no exit code. What is `pub` in a file here is for the doors.

mod block;
mod board;
mod ci;
mod completion;
mod demo;
mod deps;
mod diff;
mod doctor;
mod edit;
mod error;
mod explain;
mod fields;
mod forecast;
mod gate;
mod hooks;
mod ids;
mod import_cards;
mod import_findings;
mod init;
mod list;
mod log;
mod merge_records;
mod moves;
mod new;
mod not_committed;
mod note;
mod queue;
mod report;
mod roles;
mod select;
mod session;
mod set;
mod show;
mod signoffs;
mod sprint;
mod tick;
mod unmerged;
mod view;
mod written;

pub(crate) use block::*;
pub(crate) use board::*;
pub(crate) use ci::*;
pub(crate) use completion::*;
pub(crate) use demo::*;
pub(crate) use deps::*;
pub(crate) use diff::*;
pub(crate) use doctor::*;
pub(crate) use edit::*;
pub use error::Error;
pub(crate) use explain::*;
pub(crate) use fields::*;
pub(crate) use forecast::*;
pub(crate) use gate::*;
pub use gate::{GateRequest, review};
pub(crate) use hooks::*;
pub(crate) use import_cards::*;
pub(crate) use import_findings::*;
pub(crate) use init::*;
pub(crate) use list::*;
pub(crate) use log::*;
pub(crate) use merge_records::*;
pub(crate) use moves::*;
pub(crate) use new::*;
pub(crate) use not_committed::*;
pub(crate) use note::*;
pub(crate) use queue::*;
pub(crate) use report::*;
pub(crate) use roles::*;
pub(crate) use select::*;
pub use session::Session;
pub(crate) use set::*;
pub(crate) use show::*;
pub(crate) use signoffs::*;
pub(crate) use sprint::*;
pub(crate) use tick::*;
pub(crate) use unmerged::*;
pub(crate) use view::*;
pub(crate) use written::*;

/// A result of an op.
pub type Result<T> = std::result::Result<T, Error>;
