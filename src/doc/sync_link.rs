//! The record that links a task to an item of another tracker: one YAML mapping, which synchronising writes as a whole.

use super::Document;
use super::printable::printable;
use super::source::{self, Kind};
use crate::model::{Problem, SyncLink, TaskId};

/// Reads a link.
///
/// # Errors
/// What is wrong with it, with the line where that is known.
pub fn read_sync_link(task: &TaskId, bytes: &[u8]) -> Result<SyncLink, Vec<Problem>> {
    // There is one for each task that is linked: the text is parsed once, and again only where something is wrong.
    let text = source::check(bytes, Kind::Yaml)?.text;
    let read: Result<SyncLink, _> = serde_yaml::from_str(&text);
    let link = read.map_err(|error| {
        if let Err(problems) = Document::yaml(bytes) {
            return problems;
        }
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        vec![Problem::error(message).at_line(line).with_hint("restore the file with git")]
    })?;
    if link.task == task.as_str() {
        return Ok(link);
    }
    let message = format!("`{}` is not the task that the file's name says", printable(&link.task));
    let line = Document::yaml(bytes)?.line_of("task").unwrap_or(1);
    Err(vec![Problem::error(message).on_key("task").at_line(line)])
}

/// Writes a link.
#[must_use]
pub fn create_sync_link(link: &SyncLink) -> String {
    serde_yaml::to_string(link).expect("plain data with text keys is always YAML")
}

#[cfg(test)]
mod tests {
    use super::{create_sync_link, read_sync_link};
    use crate::model::{SyncConflict, SyncField, SyncLink, SyncValue, TaskId};

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let task = TaskId::parse("TASK-7Q2M").unwrap();
        let mut link = SyncLink::new("TASK-7Q2M", "1.10");
        link.agreed.insert(SyncField::Title, SyncValue::text("yes: no # \u{7f}"));
        link.agreed.insert(SyncField::Due, SyncValue::text("2026-12-01"));
        link.agreed.insert(SyncField::Body, SyncValue::text("a\n\n- [ ] b\n"));
        let labels = ["1", "x"].map(str::to_owned).into();
        link.agreed.insert(SyncField::Labels, SyncValue::Labels(labels));
        let conflict = SyncConflict { here: SyncValue::text("~"), there: SyncValue::text("null") };
        link.conflicts.insert(SyncField::Area, conflict);
        let text = create_sync_link(&link);
        assert_eq!(read_sync_link(&task, text.as_bytes()).unwrap(), link, "{text}");
        let other = TaskId::parse("TASK-3F8K").unwrap();
        let problems = read_sync_link(&other, text.as_bytes()).unwrap_err();
        assert_eq!(problems[0].message, "`TASK-7Q2M` is not the task that the file's name says");
        let twice = "task: TASK-7Q2M\nid: '1'\nagreed:\n  title: a\n  due: 2026-12-01\n  title: b\n";
        let problems = read_sync_link(&task, twice.as_bytes()).unwrap_err();
        assert_eq!(
            (problems[0].line, problems[0].message.contains("title")),
            (Some(6), true),
            "{problems:?}"
        );
    }
}
