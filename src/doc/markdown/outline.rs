//! The tasks that a plan's body lists: items that begin with a task's id, and the headings above them.

use super::boxes::list_item;
use super::sections::{Line, heading_in, lines};
use crate::model::TaskId;

/// The level of a heading that is a phase.
const PHASE: usize = 2;
/// The level of a heading that is a milestone.
const MILESTONE: usize = 3;

/// A list item that begins with the id of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct TaskItem<'t> {
    /// The heading of the second level above it.
    pub(in crate::doc) phase: Option<&'t str>,
    /// The heading of the third level above it, below that of the phase.
    pub(in crate::doc) milestone: Option<&'t str>,
    /// Numbers of those headings, for two of one name are two.
    pub(in crate::doc) part: (usize, usize),
    pub(in crate::doc) id: TaskId,
    /// The line within the body, counted from 1, and where it begins.
    pub(in crate::doc) line: usize,
    pub(in crate::doc) start: usize,
}

/// A line of text below the headings of its phase and milestone.
struct Placed<'t> {
    line: Line<'t>,
    phase: Option<&'t str>,
    milestone: Option<&'t str>,
    part: (usize, usize),
}

/// Returns the lines of a body that are text and no headings, each with its place.
fn placed(body: &str) -> impl Iterator<Item = Placed<'_>> {
    let (mut phase, mut milestone) = (None, None);
    let mut part = (0, 0);
    lines(body).filter(|line| line.is_text).filter_map(move |line| {
        match heading_in(line.text) {
            Some((level, heading)) if level <= PHASE => {
                phase = (level == PHASE).then_some(heading);
                (milestone, part) = (None, (part.0 + 1, 0));
            }
            Some((MILESTONE, heading)) => {
                milestone = Some(heading);
                part.1 += 1;
            }
            Some(_) => {}
            None => return Some(Placed { line, phase, milestone, part }),
        }
        None
    })
}

/// Returns the tasks that a body lists, in order. Code fences, comments and quotes list none.
pub(in crate::doc) fn task_items(body: &str) -> Vec<TaskItem<'_>> {
    let item = |Placed { line, phase, milestone, part }| {
        let (id, line, start) = (task_in(line.text)?, line.number, line.start);
        Some(TaskItem { phase, milestone, part, id, line, start })
    };
    placed(body).filter_map(item).collect()
}

/// Returns the items that stand among tasks and begin with no task's id, each with its line: who wrote one meant it to be
/// done. What is indented is a detail of the item above it.
pub(in crate::doc) fn items_among_tasks<'t>(body: &'t str, tasks: &[TaskItem<'_>]) -> Vec<(usize, &'t str)> {
    let is_among = |part: usize| tasks.iter().any(|task| task.part.0 == part);
    placed(body)
        .filter(|own| is_among(own.part.0) && !own.line.text.starts_with([' ', '\t']))
        .filter(|own| task_in(own.line.text).is_none())
        .filter_map(|own| Some((own.line.number, list_item(own.line.text)?)))
        .collect()
}

/// A heading that parts a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doc) struct PartHeading<'t> {
    /// 1 to 3.
    pub(in crate::doc) level: usize,
    pub(in crate::doc) text: &'t str,
    /// Where its line begins.
    pub(in crate::doc) start: usize,
}

/// Returns the headings that part a plan, those of phases and milestones and what ends them.
pub(in crate::doc) fn headings(body: &str) -> Vec<PartHeading<'_>> {
    let heading = |line: Line<'_>| -> Option<(usize, usize)> {
        let (level, _) = heading_in(line.text)?;
        (level <= MILESTONE).then_some((level, line.start))
    };
    let found = lines(body).filter(|line| line.is_text).filter_map(heading);
    let text = |start: usize| {
        let line = crate::doc::lines::without_ending(&body[start..crate::doc::lines::next(body, start)]);
        heading_in(line).map_or("", |(_, text)| text)
    };
    found.map(|(level, start)| PartHeading { level, text: text(start), start }).collect()
}

/// Returns the task whose id a list item begins with, emphasised or linked or not.
pub(in crate::doc) fn task_in(line: &str) -> Option<TaskId> {
    let text = list_item(line)?.trim_start_matches(['[', '*', '_', '`', '~']);
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(text.len());
    TaskId::parse(text[..end].trim_end_matches('_')).ok()
}

#[cfg(test)]
mod tests {
    use super::{items_among_tasks, task_items};

    #[test]
    fn finds_tasks_and_what_they_are_under() {
        let body = "- T-1 above\n# Plan\n- T-2\n## Base\n1. [ ] T-3: x\n### Data\n* **T-4** y\n  - [T-5](../tasks/T-5.md)\n\
                    #### Deeper\n+ T-6\n## Empty\n## Base\n- `T-7`\n```\n- T-8\n```\n<!--\n- T-9\n-->\n> - T-10\n\
                    - see T-11\n- t-12\n- T-13-b\nT-14\n";
        let found: Vec<String> = task_items(body)
            .iter()
            .map(|item| {
                format!("{:?} {:?} {:?} {} {}", item.phase, item.milestone, item.part, item.id, item.line)
            })
            .collect();
        assert_eq!(
            found,
            [
                "None None (0, 0) T-1 1",
                "None None (1, 0) T-2 3",
                "Some(\"Base\") None (2, 0) T-3 5",
                "Some(\"Base\") Some(\"Data\") (2, 1) T-4 7",
                "Some(\"Base\") Some(\"Data\") (2, 1) T-5 8",
                "Some(\"Base\") Some(\"Data\") (2, 1) T-6 10",
                "Some(\"Base\") None (4, 0) T-7 13",
            ]
        );
    }

    #[test]
    fn finds_items_that_are_no_tasks_but_stand_among_them() {
        let body = "- first\n## Base\n- T-1 x\n  - a detail\n* Delete production\n\ntext\n### Data\n1. see T-2\n## Notes\n- a note\n";
        let found = items_among_tasks(body, &task_items(body));
        assert_eq!(found, [(5, "Delete production"), (9, "see T-2")]);
    }
}
