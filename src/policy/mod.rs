//! Rules: what follows from tasks and configuration and is never stored.
//!
//! Status, badge, whether a task can be worked on, the graph of dependencies, the queue and the metrics row.
//! Pure: [`derive()`] looks at every task once and returns what follows; nothing here reads, writes or asks the
//! clock.
//!
//! # What blocks
//!
//! A dependency holds a task up until the task it names is complete or cancelled. A dependency on an id that no
//! task has holds it up too: a mistyped id must not let work begin too early. Such ids are listed by
//! [`Graph::unknown`], so that every command can say so.

mod cycle;
#[cfg(test)]
mod cycle_tests;
mod derive;
mod graph;
mod metrics;
mod pipeline;
mod queue;
mod standing;
mod tree;

pub use cycle::Cycle;
pub use derive::{Derived, derive, derive_with};
pub use graph::{Dependency, Graph};
pub use metrics::Metrics;
pub use pipeline::stage_order;
pub use queue::queue;
pub use standing::{Tally, badge_of, facts_of, status_of};
pub use tree::{Branch, Direction};
