//! Backlog.md: a task a file, with front matter, and sections between comments that its program keeps.

use super::{ImportInput, ImportedTask, Progress, Tasks, words};
use crate::doc::cards::body::Body;
use crate::doc::{FrontMatter, read_front_matter, words_of_others};
use crate::model::{Field, Problem};

pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    let is_in_folder =
        ["backlog", ".backlog"].iter().any(|folder| input.is_below(folder)) && is_in_part(input);
    if is_in_folder && is_meant(input) {
        return true;
    }
    let mut lines = input.text.lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return false;
    }
    let front: Vec<&str> = lines.take_while(|line| line.trim_end() != "---").collect();
    let has = |key: &str| front.iter().any(|line| line.starts_with(key));
    let others = ["created_date:", "dependencies:", "labels:", "assignee:"];
    has("id:") && has("title:") && has("status:") && others.iter().any(|key| has(key))
}

/// Whether a file is in one of the parts of a backlog's folder.
fn is_in_part(input: &ImportInput<'_>) -> bool {
    let folder = input.path.rsplit('/').nth(1).unwrap_or_default();
    matches!(folder, "tasks" | "completed" | "drafts" | "archive")
}

/// Whether a file in a folder of tasks is meant to be one: it begins with front matter, or is named `task-7 - …`.
pub(super) fn is_meant(input: &ImportInput<'_>) -> bool {
    let stem = input.file_name().split(" - ").next().unwrap_or_default();
    let stem = stem.strip_suffix(".md").unwrap_or(stem);
    let number = stem.rsplit_once('-').map(|(_, number)| number).unwrap_or_default();
    let is_numbered = number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    is_numbered || input.text.lines().next().is_some_and(|line| line.trim_end() == "---")
}

pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    let front = match read_front_matter(&quoted_names(input.text)) {
        Ok(front) => front,
        Err(problems) => return Tasks { tasks: Vec::new(), problems },
    };
    let (Some(id), Some(title)) = (front.text("id"), front.text("title")) else {
        return Tasks::failed(Problem::error("the task has no `id` or no `title`").at_line(1));
    };
    let mut found = Tasks::default();
    let mut task = ImportedTask::new(id.to_ascii_uppercase(), 1, &title);
    task.id = Some(task.key.clone());
    read_fields(input, &front, &mut task, &mut found.problems);
    read_body(&front.body, &mut task);
    found.tasks.push(task);
    found
}

fn read_fields(
    input: &ImportInput<'_>,
    front: &FrontMatter,
    task: &mut ImportedTask,
    problems: &mut Vec<Problem>,
) {
    read_progress(input, front, task, problems);
    if let Some(text) = front.text("priority") {
        match words::priority(&text) {
            Some(priority) => task.set(Field::Priority, priority),
            None => task.keep("priority", &text),
        }
    }
    let people: Vec<String> =
        front.list("assignee").iter().map(|name| name.trim_start_matches('@').to_owned()).collect();
    task.set(Field::Assignee, people.first().cloned().unwrap_or_default());
    if people.len() > 1 {
        task.keep("assignee", &people.join(", "));
    }
    task.add(Field::Tags, front.list("labels"));
    if let Some(milestone) = front.text("milestone") {
        task.groups = vec![milestone.clone()];
        task.add(Field::Tags, [milestone]);
    }
    task.add(Field::Files, front.list("modified_files"));
    task.depends_on = front.list("dependencies").iter().map(|on| on.to_ascii_uppercase()).collect();
    task.parent =
        front.text("parent_task_id").or_else(|| front.text("parent")).map(|on| on.to_ascii_uppercase());
    task.created = front.text("created_date").and_then(|text| words::day(&text));
    task.set(Field::Type, front.text("type").unwrap_or_default().to_ascii_lowercase());
    keep_rest(front, task, problems);
}

/// Keeps what no field has in the task's text.
fn keep_rest(front: &FrontMatter, task: &mut ImportedTask, problems: &mut Vec<Problem>) {
    const KNOWN: [&str; 16] = [
        "id",
        "title",
        "status",
        "priority",
        "assignee",
        "labels",
        "milestone",
        "modified_files",
        "dependencies",
        "parent_task_id",
        "parent",
        "created_date",
        "type",
        "updated_date",
        "ordinal",
        "subtasks",
    ];
    for (key, values, line) in front.keys().filter(|(key, ..)| !KNOWN.contains(key)) {
        if values.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        task.keep(key, &values.join(", "));
        if !matches!(key, "references" | "documentation" | "reporter" | "onStatusChange") {
            let problem =
                Problem::warning(format!("no field for `{}`", super::task::one_line(key))).at_line(line);
            problems.push(problem.with_hint("it is kept in the task's text"));
        }
    }
}

fn read_progress(
    input: &ImportInput<'_>,
    front: &FrontMatter,
    task: &mut ImportedTask,
    problems: &mut Vec<Problem>,
) {
    let status = front.text("status").unwrap_or_default();
    let is_archived = input.is_below("archive");
    let is_draft = status.eq_ignore_ascii_case("draft") || input.is_below("drafts");
    task.progress = match words::progress(&status) {
        _ if input.is_below("completed") => Progress::Done(None),
        Some(done @ Progress::Done(_)) => done,
        _ if is_archived => Progress::Cancelled("archived".to_owned()),
        _ if is_draft => Progress::Open,
        Some(progress) => progress,
        None => {
            let problem = Problem::warning(format!("unknown status `{}`", super::task::one_line(&status)));
            problems
                .push(problem.at_line(front.line_of("status")).with_hint("it is kept in the task's text"));
            task.keep("status", &status);
            Progress::Open
        }
    };
    if is_draft {
        task.add(Field::Tags, ["draft".to_owned()]);
    }
}

/// Gives a task the sections of the text, without the comments that part them.
fn read_body(body: &str, task: &mut ImportedTask) {
    let body = Body::split(&without_markers(body));
    task.write_text("Description", &body.preamble.content.join("\n"));
    for section in &body.sections {
        let name = match section.name.to_ascii_lowercase().as_str() {
            "acceptance criteria" => "Acceptance criteria",
            "description" => "Description",
            _ => section.name.as_str(),
        };
        let content: Vec<String> = section.block.content.iter().map(|line| without_number(line)).collect();
        task.write_text(name, &content.join("\n"));
    }
}

/// Returns a text without the comments that part its sections. Of descriptions and comments it is known where they end:
/// what is in them is words.
fn without_markers(body: &str) -> String {
    let lines: Vec<&str> = body.lines().collect();
    let mut plain: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let end = match line.trim() {
            "<!-- COMMENTS:BEGIN -->" => "<!-- COMMENTS:END -->",
            "<!-- SECTION:DESCRIPTION:BEGIN -->" => "<!-- SECTION:DESCRIPTION:END -->",
            _ if is_marker(line) => continue,
            _ => {
                plain.push((*line).to_owned());
                continue;
            }
        };
        if let Some(length) = lines[at..].iter().position(|line| line.trim() == end) {
            let words: Vec<&str> =
                lines[at..at + length].iter().copied().filter(|line| !is_marker(line)).collect();
            plain.push(words_of_others(&words.join("\n")));
            at += length + 1;
        }
    }
    plain.join("\n")
}

/// Whether a line is one of the comments between which the program keeps a section.
fn is_marker(line: &str) -> bool {
    let inner = line.trim().strip_prefix("<!--").and_then(|line| line.strip_suffix("-->"));
    inner.is_some_and(|inner| {
        let inner = inner.trim();
        (inner.ends_with(":BEGIN") || inner.ends_with(":END"))
            && inner.bytes().all(|c| c.is_ascii_uppercase() || matches!(c, b':' | b'_' | b'-'))
    })
}

/// Takes the number out of a checkbox: `- [ ] #2 text`. Boxes have numbers of their own here.
fn without_number(line: &str) -> String {
    let numbered = ["- [ ] #", "- [x] #", "- [X] #"].iter().find(|start| line.starts_with(**start));
    let Some(start) = numbered else { return line.to_owned() };
    let rest = line[start.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
    match rest.strip_prefix(' ') {
        Some(rest) if line.as_bytes().get(start.len()).is_some_and(u8::is_ascii_digit) => {
            format!("{}{rest}", &start[..start.len() - 1])
        }
        _ => line.to_owned(),
    }
}

/// Puts names such as `@ada` into quotes where older versions have left them out: YAML has no plain text like that.
fn quoted_names(text: &str) -> String {
    let mut fences = 0;
    let quoted = |line: &str| {
        fences += usize::from(line.trim_end() == "---");
        let at = line
            .find('@')
            .filter(|at| fences == 1 && (line[..*at].ends_with(": ") || line[..*at].ends_with("- ")));
        match at {
            Some(at) => format!("{}'{}'", &line[..at], line[at..].trim_end().replace('\'', "''")),
            None => line.to_owned(),
        }
    };
    text.split('\n').map(quoted).collect::<Vec<_>>().join("\n")
}
