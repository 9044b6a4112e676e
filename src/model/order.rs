//! The order in which people expect ids and tasks.

use std::cmp::{Ordering, Reverse};

use super::{Priority, Summary};

/// Compares two ids as people count: by prefix, then numbers by their value, then the rest by its letters:
/// `WH-9` comes before `WH-10`.
#[must_use]
pub fn compare_ids(a: &str, b: &str) -> Ordering {
    let (a_prefix, a_rest) = a.split_once('-').unwrap_or((a, ""));
    let (b_prefix, b_rest) = b.split_once('-').unwrap_or((b, ""));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let by_rest = || match (is_number(a_rest), is_number(b_rest)) {
        (true, true) => {
            let (a, b) = (a_rest.trim_start_matches('0'), b_rest.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        }
        (a_number, b_number) => b_number.cmp(&a_number).then_with(|| a_rest.cmp(b_rest)),
    };
    a_prefix.cmp(b_prefix).then_with(by_rest).then_with(|| a.cmp(b))
}

/// Compares two tasks by which one to do first: the more urgent, then what is due earlier, then the older, then by id.
///
/// A task without a day comes after those that have one.
#[must_use]
pub fn first_to_do(a: &Summary<'_>, b: &Summary<'_>) -> Ordering {
    urgency(a).cmp(&urgency(b)).then_with(|| compare_ids(a.id, b.id))
}

/// Sorts tasks of a list, which are given by their places, by which one to do first.
pub fn sort_by_first_to_do(places: &mut Vec<usize>, tasks: &[Summary<'_>]) {
    // What is read from a task is read once, and not for every comparison.
    let mut keyed: Vec<_> = places.iter().map(|&at| (urgency(&tasks[at]), at)).collect();
    keyed.sort_by(|(a, at), (b, other)| a.cmp(b).then_with(|| compare_ids(tasks[*at].id, tasks[*other].id)));
    *places = keyed.into_iter().map(|(_, at)| at).collect();
}

/// A task's place among others, ids apart: rank, day that it is due, and day that it was created.
type Urgency = (Reverse<u8>, (bool, Option<i32>), (bool, Option<i32>));

fn urgency(task: &Summary<'_>) -> Urgency {
    let missing_last = |day: Option<i32>| (day.is_none(), day);
    (Reverse(Priority::rank_of(task.priority)), missing_last(task.due), missing_last(task.created))
}

#[cfg(test)]
mod tests {
    use super::{compare_ids, first_to_do};
    use crate::model::Summary;

    #[test]
    fn numbers_count_and_letters_sort() {
        let mut ids = ["WH-10", "TASK-7Q2M", "WH-9", "TASK-3", "WH-010", "TASK-161FA", "A-1", "TASK-20"];
        ids.sort_by(|a, b| compare_ids(a, b));
        assert_eq!(ids, ["A-1", "TASK-3", "TASK-20", "TASK-161FA", "TASK-7Q2M", "WH-9", "WH-010", "WH-10"]);
    }

    #[test]
    fn what_is_due_earlier_is_done_first_where_both_are_as_urgent() {
        let task = |id, priority, due| Summary { priority: Some(priority), due, ..Summary::bare(id, "t") };
        let mut tasks = [
            task("A-1", "high", None),
            task("A-2", "high", Some(9)),
            task("A-3", "high", Some(8)),
            task("A-4", "critical", None),
        ];
        tasks.sort_by(first_to_do);
        assert_eq!(tasks.map(|task| task.id), ["A-4", "A-3", "A-2", "A-1"]);
    }
}
