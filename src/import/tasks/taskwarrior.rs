//! Taskwarrior's `task export`.

use super::json::{self, Object};
use super::{ImportInput, ImportedTask, Progress, Tasks, words};
use crate::doc::words_of_others;
use crate::model::{Field, Problem, counted};

pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    json::first(input.text)
        .is_some_and(|first| first.contains_key("uuid") && first.contains_key("description"))
}

pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    // Without `rc.json.array` it writes one object a line, with a comma between two.
    let lines: String = match input.text.trim_start().starts_with('[') {
        true => input.text.to_owned(),
        false => {
            input.text.lines().map(|line| format!("{}\n", line.trim_end().trim_end_matches(','))).collect()
        }
    };
    let objects = match json::objects(&lines) {
        Ok(objects) => objects,
        Err(problem) => return Tasks::failed(problem),
    };
    let mut found = Tasks::default();
    let mut templates = Vec::new();
    for mut object in objects {
        // What recurs has a template beside its instances, and only these are to be done.
        match object.text("status") {
            Some(status) if status == "recurring" => templates.push(object.line),
            status => read_one(object, &status.unwrap_or_default(), &mut found),
        }
    }
    if let Some(line) = templates.first() {
        let count = counted(templates.len(), "template");
        let message = format!("{count} of recurring tasks not imported");
        found.problems.push(Problem::warning(message).at_line(*line));
    }
    found
}

fn read_one(mut object: Object, status: &str, found: &mut Tasks) {
    let line = object.line;
    let (Some(uuid), Some(title)) = (object.text("uuid"), object.text("description")) else {
        found.problems.push(Problem::error("the task has no `uuid` or no `description`").at_line(line));
        return;
    };
    let mut task = ImportedTask::new(uuid, line, &title);
    let end = object.text("end").and_then(|text| words::time(&text));
    let start = object.text("start");
    task.progress = match status {
        "completed" => Progress::Done(end),
        "deleted" => Progress::Cancelled("deleted".to_owned()),
        _ if start.is_some() => Progress::Begun,
        _ => Progress::Open,
    };
    if let Some(text) = object.text("priority") {
        match words::priority(&text) {
            Some(priority) => task.set(Field::Priority, priority),
            None => task.keep("priority", &text),
        }
    }
    if let Some(project) = object.text("project") {
        task.groups = project.split('.').map(str::to_owned).collect();
        task.set(Field::Area, project);
    }
    task.add(Field::Tags, object.texts("tags"));
    task.depends_on =
        object.texts("depends").iter().flat_map(|on| on.split(',')).map(|on| on.trim().to_owned()).collect();
    if let Some(text) = object.text("due") {
        match words::day(&text) {
            Some(day) => task.set(Field::Due, day.to_string()),
            None => task.keep("due", &text),
        }
    }
    task.created = object.text("entry").and_then(|text| words::day(&text));
    for mut note in object.list("annotations") {
        let at = note.text("entry").and_then(|text| words::day(&text)).map(|day| format!("{day}: "));
        let text = super::task::one_line(&note.text("description").unwrap_or_default());
        let note = words_of_others(&format!("- {}{text}", at.unwrap_or_default()));
        task.write("Notes", [note]);
    }
    for key in ["scheduled", "wait", "until", "recur", "parent"] {
        task.keep(key, &object.text(key).unwrap_or_default());
    }
    object.leave_out(&["id", "urgency", "modified", "mask", "imask", "rtype", "last", "template"]);
    found.problems.extend(object.keep_rest(&mut task));
    found.tasks.push(task);
}

#[cfg(test)]
mod tests {
    use super::{ImportInput, read};

    #[test]
    fn a_template_of_what_recurs_is_no_task() {
        let text = "[{\"uuid\":\"a\",\"description\":\"weekly\",\"status\":\"recurring\",\"recur\":\"weekly\"},\n\
                    {\"uuid\":\"b\",\"description\":\"weekly\",\"status\":\"pending\",\"parent\":\"a\"}]";
        let found = read(&ImportInput { path: "tw.json", scope: "", text });
        assert_eq!(found.tasks.iter().map(|task| task.key.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(found.problems[0].to_string(), "line 1: 1 template of recurring tasks not imported");
    }
}
