//! Other tools' files, pure: text in, tasks or findings and a report of what went where out.
//!
//! Nothing of a file is dropped in silence: what is no task is named with its lines, and a report that cannot be
//! read whole is no report.

pub mod cards;
pub(crate) mod evidence;
pub mod findings;
pub(crate) mod jobs;
pub mod tasks;
