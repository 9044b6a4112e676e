//! `import`: tasks from the files of other trackers. Done again, it changes nothing.
//!
//! Task cards bring whole tasks, with ids and histories, and have a verb of their own. All other formats end in
//! [`crate::import::tasks::ImportedTask`], and [`tasks`] is the one that writes these.

mod cards;
mod files;
mod known;
mod relations;
mod tasks;

pub(crate) use cards::*;
pub(crate) use files::*;
pub(in crate::ops) use known::imported_twice;
pub(crate) use tasks::*;
