//! What can begin now, in the order to do it.

use crate::model::{Facts, Summary, sort_by_first_to_do};

/// Returns the indices of the tasks that can begin: neither begun nor closed nor blocked, and all their dependencies
/// closed. The more urgent come first, then the older, then by id.
///
/// `facts` are those of `tasks`, in the same order.
#[must_use]
pub fn queue(tasks: &[Summary<'_>], facts: &[Facts]) -> Vec<usize> {
    let ready = |(at, facts): (usize, &Facts)| facts.ready.then_some(at);
    let mut queue: Vec<usize> = facts.iter().take(tasks.len()).enumerate().filter_map(ready).collect();
    sort_by_first_to_do(&mut queue, tasks);
    queue
}

#[cfg(test)]
mod tests {
    use crate::model::{Config, Summary};
    use crate::policy::derive;

    #[test]
    fn urgent_then_old_then_by_id_and_only_what_can_begin() {
        let task = |id, priority, created| Summary { priority, created, ..Summary::bare(id, "t") };
        let waiting = |id, on| Summary { depends_on: vec![on].into(), ..task(id, Some("critical"), Some(1)) };
        let tasks = [
            task("T-10", Some("low"), Some(1)),
            task("T-9", None, Some(2)),
            task("T-8", Some("medium"), None),
            task("T-7", Some("medium"), Some(2)),
            task("T-6", Some("High"), Some(9)),
            task("T-5", Some("urgent"), Some(1)),
            waiting("T-4", "T-5"),
            waiting("T-3", "T-404"),
            Summary { blocked: Some("why"), ..task("T-2", Some("critical"), Some(1)) },
            Summary { stage: "complete", ..task("T-1", Some("critical"), Some(1)) },
            waiting("T-0", "T-1"),
            Summary { stage: "dev", ..task("T-11", Some("high"), Some(8)) },
        ];
        let derived = derive(&tasks, &Config::default());
        let ids: Vec<&str> = derived.queue(&tasks).into_iter().map(|at| tasks[at].id).collect();
        assert_eq!(ids, ["T-0", "T-6", "T-7", "T-9", "T-8", "T-10", "T-5"]);
    }
}
