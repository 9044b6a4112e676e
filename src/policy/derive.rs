//! What follows from all tasks together, in one pass.

use super::standing::{facts_of, status_when};
use super::{Graph, Metrics, Tally, badge_of, queue};
use crate::model::{Config, Facts, Summary};

/// What is derived of all tasks. Indices are those of the slice of tasks it was derived from.
#[derive(Debug, Clone)]
pub struct Derived<'a> {
    /// What is derived of each task.
    pub facts: Vec<Facts>,
    /// The votes that count for each task, with `required` filled in.
    pub tallies: Vec<Tally>,
    /// Which task waits for which.
    pub graph: Graph<'a>,
}

/// Derives what follows from tasks that nobody has voted on.
#[must_use]
pub fn derive<'a>(tasks: &[Summary<'a>], config: &Config) -> Derived<'a> {
    derive_with(tasks, config, |_| Tally::default())
}

/// Derives what follows from tasks and their votes; `tally` is asked once per task.
#[must_use]
pub fn derive_with<'a>(
    tasks: &[Summary<'a>],
    config: &Config,
    tally: impl Fn(&Summary<'a>) -> Tally,
) -> Derived<'a> {
    let graph = Graph::new(tasks);
    let tallies: Vec<Tally> = tasks.iter().map(|task| tally(task).or_asked_by(task, config)).collect();
    let facts = tasks
        .iter()
        .zip(&tallies)
        .enumerate()
        .map(|(at, (task, tally))| {
            let status = status_when(task, || graph.is_held_up(at));
            facts_of(status, badge_of(task, config, *tally))
        })
        .collect();
    Derived { facts, tallies, graph }
}

impl Derived<'_> {
    /// Returns what can be worked on now, first things first; `tasks` are those it was derived from.
    #[must_use]
    pub fn queue(&self, tasks: &[Summary<'_>]) -> Vec<usize> {
        queue(tasks, &self.facts)
    }

    /// Returns the numbers over all tasks.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics_of(0..self.facts.len())
    }

    /// Returns the numbers over some of the tasks; an index that no task has is passed over.
    pub fn metrics_of(&self, tasks: impl IntoIterator<Item = usize>) -> Metrics {
        let both = |at: usize| Some((*self.facts.get(at)?, *self.tallies.get(at)?));
        Metrics::of(tasks.into_iter().filter_map(both))
    }
}
