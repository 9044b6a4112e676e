//! What can be worked on now, in the order to do it.

use crate::model::{Facts, Summary, first_to_do};

/// Returns the indices of the tasks that can be worked on: neither closed nor blocked, and all their dependencies
/// closed. The more urgent come first, then the older, then by id.
///
/// `facts` are those of `tasks`, in the same order.
#[must_use]
pub fn queue(tasks: &[Summary<'_>], facts: &[Facts]) -> Vec<usize> {
    let ready = |(at, facts): (usize, &Facts)| facts.ready.then_some(at);
    let mut queue: Vec<usize> = facts.iter().take(tasks.len()).enumerate().filter_map(ready).collect();
    queue.sort_by(|&a, &b| first_to_do(&tasks[a], &tasks[b]));
    queue
}
