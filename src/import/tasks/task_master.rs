//! Task Master's `tasks.json`: tasks by tag, or in one list as older versions have it; ids are numbers or texts, and
//! subtasks have theirs within their task.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::json::{self, Object};
use super::{ImportInput, ImportedTask, Progress, Tasks, words};
use crate::model::{Field, Problem};

/// The tag of a list that has none.
const ONLY_TAG: &str = "master";

pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    lists(input.text).is_ok_and(|lists| {
        lists.iter().any(|(_, list)| list.iter().any(|task| task.has("id") && task.has("title")))
    })
}

/// Returns the lists of the text, each with its tag.
fn lists(text: &str) -> Result<Vec<(String, Vec<Object>)>, Problem> {
    let keys: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|error| json::broken(&error, 0))?;
    if let Some(list) = keys.get("tasks").filter(|list| list.get().starts_with('[')) {
        return Ok(vec![(ONLY_TAG.to_owned(), json::objects_in(list, text)?)]);
    }
    let mut found = Vec::new();
    for (tag, value) in &keys {
        let Ok(inner) = serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()) else { continue };
        if let Some(list) = inner.get("tasks").filter(|list| list.get().starts_with('[')) {
            found.push((tag.clone(), json::objects_in(list, text)?));
        }
    }
    Ok(found)
}

pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    let lists = match lists(input.text) {
        Ok(lists) => lists,
        Err(problem) => return Tasks::failed(problem),
    };
    if lists.is_empty() {
        return Tasks::failed(Problem::error("there is no list of tasks in it").at_line(1));
    }
    let mut found = Tasks::default();
    let has_tags = lists.len() > 1 || lists.iter().any(|(tag, _)| tag != ONLY_TAG);
    for (tag, list) in lists {
        for object in list {
            read_one(object, &ScalarContext { tag: &tag, above: None, has_tags }, &mut found);
        }
    }
    found
}

/// Where a task is.
struct ScalarContext<'a> {
    tag: &'a str,
    /// The id of the task that it is a part of.
    above: Option<&'a str>,
    has_tags: bool,
}

impl ScalarContext<'_> {
    fn key(&self, id: &str) -> String {
        format!("{}/{id}", self.tag)
    }

    /// Returns the key of what a dependency names: within a task's parts a number is one of them.
    fn key_of(&self, id: &str) -> String {
        match self.above {
            Some(above) if !id.contains('.') => self.key(&format!("{above}.{id}")),
            _ => self.key(id),
        }
    }
}

/// Keys that follow from the subtasks, or are about the tool's own work on the task.
const DERIVED: [&str; 6] =
    ["updatedAt", "parentId", "parentTaskId", "expansionPrompt", "recommendedSubtasks", "complexity"];

fn read_one(mut object: Object, place: &ScalarContext<'_>, found: &mut Tasks) {
    let line = object.line;
    let (Some(id), Some(title)) = (object.text("id"), object.text("title")) else {
        found.problems.push(Problem::error("the task has no `id` or no `title`").at_line(line));
        return;
    };
    let id = place.above.map_or_else(
        || id.clone(),
        |above| match id.strip_prefix(&format!("{above}.")) {
            Some(_) => id.clone(),
            None => format!("{above}.{id}"),
        },
    );
    let mut task = ImportedTask::new(place.key(&id), line, &title);
    task.parent = place.above.map(|above| place.key(above));
    task.depends_on = object.texts("dependencies").iter().map(|on| place.key_of(on)).collect();
    let status = object.text("status").unwrap_or_default();
    match words::progress(&status) {
        Some(progress) => task.progress = progress,
        None => {
            found.problems.push(Problem::warning(format!("unknown status `{status}`")).at_line(line));
            task.keep("status", &status);
        }
    }
    if let Some(text) = object.text("priority") {
        match words::priority(&text) {
            Some(priority) => task.set(Field::Priority, priority),
            None => task.keep("priority", &text),
        }
    }
    if place.has_tags {
        task.add(Field::Tags, [place.tag.to_owned()]);
        task.groups = vec![place.tag.to_owned()];
    }
    for (key, section) in
        [("description", "Description"), ("details", "Technical details"), ("testStrategy", "Testing")]
    {
        task.write_text(section, &object.text(key).unwrap_or_default());
    }
    for criterion in object.texts("acceptanceCriteria") {
        task.write_box("Acceptance criteria", &criterion, matches!(task.progress, Progress::Done(_)));
    }
    task.set(Field::Assignee, object.text("assignee").unwrap_or_default());
    task.created = object.text("createdAt").and_then(|text| words::day(&text));
    object.leave_out(&DERIVED);
    let parts = object.take("subtasks");
    found.problems.extend(object.keep_rest(&mut task));
    found.tasks.push(task);
    if let Some(Value::Array(parts)) = parts {
        for part in parts {
            if let Some(part) = Object::of(part, line) {
                let below = ScalarContext { tag: place.tag, above: Some(&id), has_tags: place.has_tags };
                read_one(part, &below, found);
            }
        }
    }
}
