//! Beads: one issue a line, as `.beads/issues.jsonl` has them.

use super::json::{self, Object};
use super::{ImportInput, ImportedTask, Progress, Tasks, words};
use crate::model::{Field, Problem, counted};

/// Keys that are derived, or about its own storage.
const OWN_KEYS: [&str; 14] = [
    "updated_at",
    "content_hash",
    "created_by",
    "owner",
    "closed_by_session",
    "compaction_level",
    "original_size",
    "source_repo",
    "dependency_count",
    "dependent_count",
    "comment_count",
    "sender",
    "ephemeral",
    "is_template",
];

pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    let is_ours = || {
        json::first(input.text).is_some_and(|first| {
            first.contains_key("id")
                && first.contains_key("title")
                && (first.contains_key("issue_type")
                    || first.contains_key("created_at")
                    || first.contains_key("status"))
                && !first.contains_key("number")
        })
    };
    input.text.trim_start().starts_with('{') && is_ours()
}

pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    let objects = match json::objects(input.text) {
        Ok(objects) => objects,
        Err(problem) => return Tasks::failed(problem),
    };
    let mut found = Tasks::default();
    let mut deleted = Vec::new();
    for object in objects {
        read_one(object, &mut found, &mut deleted);
    }
    if let Some(line) = deleted.first() {
        let message = format!("{} deleted, not imported", counted(deleted.len(), "issue"));
        found.problems.push(Problem::warning(message).at_line(*line));
    }
    // An issue whose name continues another's is a part of it.
    let keys: std::collections::HashSet<String> = found.tasks.iter().map(|task| task.key.clone()).collect();
    for task in found.tasks.iter_mut().filter(|task| task.parent.is_none()) {
        let above = task.key.rsplit_once('.').map(|(above, _)| above.to_owned());
        task.parent = above.filter(|above| keys.contains(above));
    }
    found
}

fn read_one(mut object: Object, found: &mut Tasks, deleted: &mut Vec<usize>) {
    let line = object.line;
    let (Some(id), Some(title)) = (object.text("id"), object.text("title")) else {
        found.problems.push(Problem::error("the issue has no `id` or no `title`").at_line(line));
        return;
    };
    let status = object.text("status").unwrap_or_default();
    if status == "tombstone" {
        deleted.push(line);
        return;
    }
    let mut task = ImportedTask::new(id.clone(), line, &title);
    task.id = Some(id);
    read_progress(&status, &mut object, &mut task, found);
    if let Some(text) = object.text("priority") {
        match words::priority(&text) {
            Some(priority) => task.set(Field::Priority, priority),
            None => task.keep("priority", &text),
        }
        // Its fifth priority, the backlog, is one below our lowest.
        if text == "4" {
            task.add(Field::Tags, ["backlog".to_owned()]);
        }
    }
    task.set(Field::Type, object.text("issue_type").unwrap_or_default());
    task.set(Field::Assignee, object.text("assignee").unwrap_or_default());
    task.add(Field::Tags, object.texts("labels"));
    task.created = object.text("created_at").and_then(|text| words::day(&text));
    task.set(
        Field::Due,
        object
            .text("due_at")
            .and_then(|text| words::day(&text))
            .map(|day| day.to_string())
            .unwrap_or_default(),
    );
    if let Some(minutes) = object.text("estimated_minutes") {
        task.set(Field::Estimate, format!("{minutes}m"));
    }
    read_text(&mut object, &mut task);
    for relation in object.list("dependencies") {
        read_relation(relation, &mut task);
    }
    if matches!(&task.progress, Progress::Blocked(_)) && !task.depends_on.is_empty() && status == "blocked" {
        task.progress = Progress::Open;
    }
    object.leave_out(&OWN_KEYS);
    found.problems.extend(object.keep_rest(&mut task));
    found.tasks.push(task);
}

fn read_progress(status: &str, object: &mut Object, task: &mut ImportedTask, found: &mut Tasks) {
    let closed = object.text("closed_at").and_then(|text| words::time(&text));
    let reason = object.text("close_reason");
    task.progress = match words::progress(status) {
        Some(Progress::Done(_)) => Progress::Done(closed),
        Some(progress) => progress,
        None => {
            found.problems.push(Problem::warning(format!("unknown status `{status}`")).at_line(object.line));
            task.keep("status", status);
            Progress::Open
        }
    };
    task.keep("close_reason", &reason.unwrap_or_default());
}

fn read_text(object: &mut Object, task: &mut ImportedTask) {
    for (key, section) in
        [("description", "Description"), ("design", "Technical details"), ("notes", "Notes")]
    {
        task.write_words(section, &object.text(key).unwrap_or_default());
    }
    read_criteria(&object.text("acceptance_criteria").unwrap_or_default(), task);
    for mut comment in object.list("comments") {
        let (author, at) =
            (comment.text("author").unwrap_or_default(), comment.text("created_at").unwrap_or_default());
        task.write_comment(&author, &at, &comment.text("text").unwrap_or_default());
    }
}

/// Reads criteria: a list, of boxes or not, or a text.
fn read_criteria(text: &str, task: &mut ImportedTask) {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let item = crate::doc::cards::lines::list_item(line.trim_start()).unwrap_or(line.trim());
        let done = item.starts_with("[x] ") || item.starts_with("[X] ");
        let text = ["[x] ", "[X] ", "[ ] "].iter().find_map(|mark| item.strip_prefix(mark)).unwrap_or(item);
        task.write_box("Acceptance criteria", text, done);
    }
}

fn read_relation(mut relation: Object, task: &mut ImportedTask) {
    let Some(on) = relation.text("depends_on_id").or_else(|| relation.text("id")) else { return };
    let kind = relation.text("type").or_else(|| relation.text("dependency_type")).unwrap_or_default();
    match kind.as_str() {
        "" | "blocks" | "conditional-blocks" | "waits-for" => task.depends_on.push(on),
        "parent-child" => task.parent = Some(on),
        other => task.keep(other, &on),
    }
}
