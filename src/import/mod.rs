//! Other trackers' files to tasks, pure: text in, tasks and a report of what went where out.
//!
//! Nothing of a file is dropped in silence: what is no task is named with its lines.

pub mod cards;
