//! Tasks as a list of checkboxes, as forges render it and as `tracker import` reads it again. Pure.

use std::fmt::Write as _;

use super::review::escape;
use crate::import::tasks::{BOXES, Detail, EXPORT_MARKER, TitleMarks};

/// A task of the list. Its texts may be a stranger's.
#[derive(Debug, Clone, Default)]
pub struct ChecklistTask<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Whether it is complete.
    pub is_done: bool,
    /// What is after the title, in parentheses.
    pub marks: TitleMarks,
    /// The heading that it is under; none where it has no area.
    pub area: Option<&'a str>,
    /// What is below it.
    pub details: Vec<(Detail, String)>,
    /// Its checkboxes, in their order.
    pub boxes: Vec<ChecklistBox<'a>>,
}

/// A checkbox of a task.
#[derive(Debug, Clone, Copy)]
pub struct ChecklistBox<'a> {
    /// The heading that it is under in the task.
    pub section: Option<&'a str>,
    /// What it says.
    pub text: &'a str,
    /// Whether it is ticked.
    pub is_done: bool,
}

/// Writes the list: by area in the order in which these come, those without one first. `tracker import` reads it again.
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
    if !tasks.is_empty() {
        let _ = writeln!(text, "{EXPORT_MARKER}");
    }
    for area in areas {
        text.push('\n');
        if let Some(area) = area {
            let _ = write!(text, "## {}\n\n", line(area));
        }
        tasks.iter().filter(|task| task.area == area).for_each(|task| write_task(&mut text, task));
    }
    text
}

/// Returns a whole text, on one line.
fn line(text: &str) -> String {
    escape::text(text, usize::MAX)
}

fn write_task(text: &mut String, task: &ChecklistTask<'_>) {
    let mark = |done: bool| if done { 'x' } else { ' ' };
    let marks = task.marks.words();
    let title = line(task.title);
    let _ = write!(text, "- [{}] {} ", mark(task.is_done), task.id);
    match (marks.as_deref().unwrap_or_default(), title.strip_suffix(')')) {
        // Else the end of the title would be read as the marks.
        ("", Some(start)) => {
            let _ = writeln!(text, "{start}\\)");
        }
        ("", None) => {
            let _ = writeln!(text, "{title}");
        }
        (marks, _) => {
            let _ = writeln!(text, "{title} ({})", line(marks).replace('(', "\\("));
        }
    }
    let of_marks = task.marks.details().filter(|_| marks.is_none());
    for (detail, value) in of_marks.chain(task.details.iter().cloned()) {
        let _ = writeln!(text, "  - {}: {}", detail.name(), line(&value));
    }
    let mut section = BOXES;
    for own in &task.boxes {
        let of = own.section.unwrap_or(BOXES);
        if of != section {
            let _ = writeln!(text, "  - {}:", line(of));
            section = of;
        }
        let indent = if section == BOXES { "  " } else { "    " };
        let _ = writeln!(text, "{indent}- [{}] {}", mark(own.is_done), line(own.text));
    }
}

#[cfg(test)]
mod tests {
    use super::{ChecklistBox, ChecklistTask, Detail, TitleMarks, checklist};

    fn boxed<'a>(section: Option<&'a str>, text: &'a str, is_done: bool) -> ChecklistBox<'a> {
        ChecklistBox { section, text, is_done }
    }

    #[test]
    fn a_list_has_its_tasks_by_area_and_nobodys_markup() {
        let plain =
            ChecklistTask { id: "TASK-1", title: "Plain (v2)", is_done: true, ..ChecklistTask::default() };
        let marks = TitleMarks {
            priority: Some("high".to_owned()),
            estimate: Some("45m".to_owned()),
            assignee: None,
        };
        let full = ChecklistTask {
            id: "TASK-2",
            title: "# See <b>@eve</b>\n- [x] all",
            area: Some("ui"),
            marks,
            details: vec![(Detail::DependsOn, "TASK-1".to_owned())],
            boxes: vec![
                boxed(Some("Deliverables"), "one", true),
                boxed(Some("Acceptance criteria"), "two *", false),
                boxed(Some("Deliverables"), "three", false),
            ],
            ..ChecklistTask::default()
        };
        let odd = ChecklistTask {
            id: "TASK-3",
            title: "Odd",
            marks: TitleMarks { assignee: Some("high".to_owned()), ..TitleMarks::default() },
            ..ChecklistTask::default()
        };
        assert_eq!(
            checklist(&[full, plain, odd]),
            "<!-- tracker export -->\n\n- [x] TASK-1 Plain (v2\\)\n- [ ] TASK-3 Odd\n  - Assignee: high\n\n## ui\n\n\
             - [ ] TASK-2 \\# See &lt;b&gt;@&#8203;eve&lt;/b&gt; - \\[x\\] all (high, 45m)\n  \
             - Depends on: TASK-1\n  - [x] one\n  - Acceptance criteria:\n    - [ ] two \\*\n  - Deliverables:\n  - [ ] three\n"
        );
        assert_eq!(checklist(&[]), "");
    }
}
