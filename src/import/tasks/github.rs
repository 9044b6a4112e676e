//! Issues as `gh issue list --json number,title,…` prints them.

use super::json::{self, Object};
use super::{ImportInput, ImportedTask, Progress, Tasks, words};
use crate::model::{Field, Problem};

pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    json::first(input.text).is_some_and(|first| first.contains_key("number") && first.contains_key("title"))
}

pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    let objects = match json::objects(input.text) {
        Ok(objects) => objects,
        Err(problem) => return Tasks::failed(problem),
    };
    let mut found = Tasks::default();
    for object in objects {
        read_one(object, &mut found);
    }
    found
}

/// Returns the repository of an issue's address: `https://github.com/OWNER/NAME/issues/12`.
fn repository(url: &str) -> Option<String> {
    let (_, path) = url.split_once("://")?;
    let mut parts = path.split('/').skip(1);
    let (owner, name, kind) = (parts.next()?, parts.next()?, parts.next()?);
    matches!(kind, "issues" | "pull").then(|| format!("{owner}/{name}"))
}

fn read_one(mut object: Object, found: &mut Tasks) {
    let line = object.line;
    let (Some(number), Some(title)) = (object.text("number"), object.text("title")) else {
        let hint = "ask for them: gh issue list --json number,title,body,state,labels,assignees,url";
        found
            .problems
            .push(Problem::error("the issue has no `number` or no `title`").at_line(line).with_hint(hint));
        return;
    };
    let repository = object.text("url").and_then(|url| repository(&url)).unwrap_or_default();
    let key = |number: &str| format!("{repository}#{number}");
    let mut task = ImportedTask::new(key(&number), line, &title);
    task.write_words("Description", &object.text("body").unwrap_or_default());
    let closed = object.text("closedAt").and_then(|text| words::time(&text));
    let reason = object.text("stateReason").unwrap_or_default().to_lowercase();
    let state = object.text("state").unwrap_or_default().to_lowercase();
    task.progress = match (state.as_str(), reason.as_str()) {
        ("closed", "not_planned" | "duplicate") => Progress::Cancelled(reason.replace('_', " ")),
        ("closed" | "merged", _) => Progress::Done(closed),
        _ => Progress::Open,
    };
    for label in object.texts("labels") {
        read_label(&label, &mut task);
    }
    let assignees = object.texts("assignees");
    task.set(Field::Assignee, assignees.first().cloned().unwrap_or_default());
    if assignees.len() > 1 {
        task.keep("assignees", &assignees.join(", "));
    }
    if let Some(milestone) = object.take("milestone") {
        let text = |key: &str| milestone.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        task.add(Field::Tags, [text("title").to_owned()]);
        task.set(Field::Due, words::day(text("dueOn")).map(|day| day.to_string()).unwrap_or_default());
        task.groups = vec![text("title").to_owned()];
    }
    task.created = object.text("createdAt").and_then(|text| words::day(&text));
    for mut comment in object.list("comments") {
        let author = comment.texts("author").pop().unwrap_or_default();
        let at = comment.text("createdAt").unwrap_or_default();
        task.write_comment(&author, &at, &comment.text("body").unwrap_or_default());
    }
    let author = object.texts("author").pop().unwrap_or_default();
    task.keep("author", &author);
    object.leave_out(&["updatedAt", "id", "closed", "isPinned", "reactionGroups"]);
    found.problems.extend(object.keep_rest(&mut task));
    found.tasks.push(task);
}

/// Takes a label: one that tells a priority or a type is that field, too.
fn read_label(label: &str, task: &mut ImportedTask) {
    let lower = label.to_lowercase();
    let value = |names: &[&str]| {
        let (name, value) = lower.split_once([':', '/'])?;
        names.contains(&name.trim()).then(|| value.trim().to_owned())
    };
    let level = value(&["priority", "prio", "p"]).or_else(|| {
        let is_level =
            lower.len() == 2 && lower.starts_with('p') && lower.ends_with(|c: char| c.is_ascii_digit());
        is_level.then(|| lower.clone())
    });
    if let Some(priority) = level.and_then(|level| words::priority(&level)) {
        task.set(Field::Priority, priority);
    }
    let kind = value(&["type", "kind"]).or_else(|| match lower.as_str() {
        "bug" => Some("bug".to_owned()),
        "enhancement" | "feature" => Some("feature".to_owned()),
        "documentation" | "docs" => Some("docs".to_owned()),
        _ => None,
    });
    if let Some(kind) = kind {
        task.set(Field::Type, kind);
    }
    if let Some(area) = value(&["area", "component"]) {
        task.set(Field::Area, area);
    }
    task.add(Field::Tags, [label.to_owned()]);
}
