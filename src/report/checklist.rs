//! Tasks as a list of checkboxes, as forges render it and as breakdowns are written. Pure.

use std::fmt::Write as _;

use super::review::escape;

/// Most characters of a text.
const LONGEST: usize = 1000;

/// A task of the list. Its texts may be a stranger's.
#[derive(Debug, Clone, Default)]
pub struct ChecklistTask<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Whether it is complete.
    pub is_done: bool,
    /// What is after the title, in parentheses: priority, estimate, assignee.
    pub marks: Vec<String>,
    /// The heading that it is under; none where it has no area.
    pub area: Option<&'a str>,
    /// What is below it: a name and its values.
    pub details: Vec<(&'static str, String)>,
    /// Its checkboxes, with whether they are ticked.
    pub boxes: Vec<(&'a str, bool)>,
}

/// Writes the list: by area in the order in which these come, those without one first.
#[must_use]
pub fn checklist(tasks: &[ChecklistTask<'_>]) -> String {
    let mut areas: Vec<Option<&str>> = Vec::new();
    for task in tasks {
        if !areas.contains(&task.area) {
            areas.push(task.area);
        }
    }
    areas.sort_by_key(Option::is_some);
    let mut text = String::new();
    for area in areas {
        if !text.is_empty() {
            text.push('\n');
        }
        if let Some(area) = area {
            let _ = write!(text, "## {}\n\n", escape::text(area, LONGEST));
        }
        tasks.iter().filter(|task| task.area == area).for_each(|task| write_task(&mut text, task));
    }
    text
}

fn write_task(text: &mut String, task: &ChecklistTask<'_>) {
    let mark = |done: bool| if done { 'x' } else { ' ' };
    let _ = write!(text, "- [{}] {} {}", mark(task.is_done), task.id, escape::text(task.title, LONGEST));
    if !task.marks.is_empty() {
        let marks: Vec<String> = task.marks.iter().map(|own| escape::text(own, LONGEST)).collect();
        let _ = write!(text, " ({})", marks.join(", "));
    }
    text.push('\n');
    for (name, value) in &task.details {
        let _ = writeln!(text, "  - {name}: {}", escape::text(value, LONGEST));
    }
    for (what, done) in &task.boxes {
        let _ = writeln!(text, "  - [{}] {}", mark(*done), escape::text(what, LONGEST));
    }
}

#[cfg(test)]
mod tests {
    use super::{ChecklistTask, checklist};

    #[test]
    fn a_list_has_its_tasks_by_area_and_nobodys_markup() {
        let plain = ChecklistTask { id: "TASK-1", title: "Plain", is_done: true, ..ChecklistTask::default() };
        let full = ChecklistTask {
            id: "TASK-2",
            title: "# See <b>@eve</b>\n- [x] all",
            area: Some("ui"),
            marks: vec!["high".to_owned(), "45m".to_owned()],
            details: vec![("Depends on", "TASK-1".to_owned())],
            boxes: vec![("one", true), ("two *", false)],
            ..ChecklistTask::default()
        };
        let text = checklist(&[full, plain]);
        assert_eq!(
            text,
            "- [x] TASK-1 Plain\n\n## ui\n\n- [ ] TASK-2 \\# See &lt;b&gt;@&#8203;eve&lt;/b&gt; - \\[x\\] all (high, 45m)\n  \
             - Depends on: TASK-1\n  - [x] one\n  - [ ] two \\*\n"
        );
        assert_eq!(checklist(&[]), "");
    }
}
