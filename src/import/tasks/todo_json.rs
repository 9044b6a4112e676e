//! `todo.json`: a list of tasks with `id`, `task`, `priority` and `blocked_by`, as agents keep it for themselves.

use serde_json::Value;
use serde_json::value::RawValue;

use super::json::{self, Object};
use super::{ImportInput, ImportedTask, Progress, Tasks, words};
use crate::model::{Field, Problem};

/// Keys below which the list may be.
const LISTS: [&str; 4] = ["tasks", "todos", "todo", "items"];
/// Keys of what is to be done.
const TITLES: [&str; 4] = ["task", "title", "content", "name"];

pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    let Some(list) = list(input.text) else { return false };
    let first = list.as_ref().ok().and_then(|objects| objects.first());
    let is_task = first.is_some_and(|object| object.has("task") || object.has("content"));
    is_task || first.is_some() && input.file_name() == "todo.json"
}

/// Returns the objects of the list; none where the text is something else.
fn list(text: &str) -> Option<Result<Vec<Object>, Problem>> {
    if text.trim_start().starts_with('[') {
        return Some(json::objects(text));
    }
    let keys: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let list = LISTS.iter().find_map(|key| keys.get(*key))?;
    list.get().starts_with('[').then(|| json::objects_in(list, text))
}

pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    let objects = match list(input.text) {
        Some(Ok(objects)) => objects,
        Some(Err(problem)) => return Tasks::failed(problem),
        None => match serde_json::from_str::<Value>(input.text) {
            Err(error) => return Tasks::failed(json::broken(&error, 0)),
            Ok(_) => return Tasks::failed(Problem::error("there is no list of tasks in it").at_line(1)),
        },
    };
    let mut found = Tasks::default();
    for object in objects {
        read_one(object, &mut found);
    }
    found
}

fn read_one(mut object: Object, found: &mut Tasks) {
    let title = TITLES.iter().find_map(|key| object.text(key));
    let (Some(title), line) = (title, object.line) else {
        found.problems.push(Problem::error("the task has no `task`").at_line(object.line));
        return;
    };
    let id = object.text("id");
    let key = id.clone().unwrap_or_else(|| super::task::one_line(&title));
    let mut task = ImportedTask::new(key, line, &title);
    task.id = id;
    if let Some(text) = object.text("priority") {
        match words::priority(&text) {
            Some(priority) => task.set(Field::Priority, priority),
            None => {
                found
                    .problems
                    .push(Problem::warning(format!("cannot read `{text}` as a priority")).at_line(line));
                task.keep("priority", &text);
            }
        }
    }
    for key in ["blocked_by", "blockedBy", "depends_on", "dependencies"] {
        let on = object.texts(key);
        task.depends_on.extend(
            on.iter()
                .flat_map(|on| on.split(','))
                .map(|on| on.trim().to_owned())
                .filter(|on| !crate::doc::cards::value::is_placeholder(on)),
        );
    }
    task.parent = object.text("parent");
    let is_done = ["done", "completed"].iter().any(|key| object.text(key).is_some_and(|text| text == "true"));
    task.progress = if is_done { Progress::Done(None) } else { Progress::Open };
    if let Some(status) = object.text("status") {
        match words::progress(&status) {
            Some(progress) if !is_done => task.progress = progress,
            Some(_) => {}
            None => task.keep("status", &status),
        }
    }
    for (key, section) in
        [("description", "Description"), ("details", "Technical details"), ("notes", "Notes")]
    {
        task.write_text(section, &object.text(key).unwrap_or_default());
    }
    for criterion in object.texts("acceptance_criteria") {
        task.write_box("Acceptance criteria", &criterion, false);
    }
    task.add(Field::Files, object.texts("files"));
    task.add(Field::Tags, object.texts("tags"));
    task.set(Field::Type, object.text("type").unwrap_or_default());
    task.set(Field::Assignee, object.text("assignee").unwrap_or_default());
    task.set(Field::Estimate, object.text("estimate").unwrap_or_default());
    task.created = object.text("created").and_then(|text| words::day(&text));
    found.problems.extend(object.keep_rest(&mut task));
    found.tasks.push(task);
}
