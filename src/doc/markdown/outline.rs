//! The tasks that a plan's body lists: items that begin with a task's id, and the headings above them.

use super::boxes::list_item;
use super::sections::{heading_in, lines};
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

/// Returns the tasks that a body lists, in order. Code fences, comments and quotes list none.
pub(in crate::doc) fn task_items(body: &str) -> Vec<TaskItem<'_>> {
    let (mut phase, mut milestone) = (None, None);
    let mut part = (0, 0);
    let mut items = Vec::new();
    for line in lines(body).filter(|line| line.is_text) {
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
            None => items.extend(task_in(line.text).map(|id| TaskItem {
                phase,
                milestone,
                part,
                id,
                line: line.number,
                start: line.start,
            })),
        }
    }
    items
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
    let heading = |line: super::sections::Line<'_>| -> Option<(usize, usize)> {
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
    use super::task_items;

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
}
