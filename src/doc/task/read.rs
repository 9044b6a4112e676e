//! A task's file to a [`Task`].

use chrono::NaiveDate;

use super::KEYS;
use super::fields::{Fields, moment};
use super::history::read_history;
use crate::doc::printable::printable;
use crate::doc::source::Kind;
use crate::doc::yaml::{Node, one_line};
use crate::doc::{Document, markdown};
use crate::model::{IdError, Minutes, Priority, Problem, Severity, SprintId, Stage, Task, TaskId};

/// Reads a task.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and, where it is about one, its key. The
/// file is left for the caller to fill in. A document with nothing but warnings is a task that carries them.
pub fn read_task(bytes: &[u8]) -> Result<Task, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Markdown)?;
    let mut fields = Fields::new(&document, problems);
    let id = id(&mut fields);
    let title = title(&mut fields);
    let kind = fields.parsed("type", kind);
    let priority = fields.text("priority").map(Priority::parse);
    if let Some(Priority::Unknown(text)) = &priority {
        let problem = Problem::warning(format!("`{}` is not a known priority", printable(text)));
        fields.report("priority", problem.with_hint(format!("known are {}", Priority::KNOWN.join(", "))));
    }
    let stage = fields.parsed("stage", stage).unwrap_or_else(Stage::none);
    let assignee = fields.text("assignee").map(str::to_owned);
    let area = fields.text("area").map(str::to_owned);
    let tags = texts(&mut fields, "tags");
    let sprint = fields.parsed("sprint", |text| SprintId::parse(text).map_err(|error| id_problem(&error)));
    let depends_on = ids(&mut fields, "depends_on");
    let files = texts(&mut fields, "files");
    let estimate = fields.parsed("estimate", minutes);
    let spent = fields.parsed("spent", minutes);
    let created = fields.parsed("created", day);
    let blocked = reason(&mut fields, "blocked");
    let cancelled = reason(&mut fields, "cancelled");
    let source = fields.text("source").map(str::to_owned);
    let history = read_history(&mut fields);
    let unknown = unknown(&document);
    let problems = fields.into_problems();
    let (Some(id), Some(title)) = (id, title) else { return Err(problems) };
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    let (deliverables, boxes) = markdown::count(document.body(), "Deliverables");
    Ok(Task {
        id,
        title,
        kind,
        priority,
        stage,
        assignee,
        area,
        tags,
        sprint,
        depends_on,
        files,
        estimate,
        spent,
        created,
        blocked,
        cancelled,
        source,
        history,
        unknown,
        body: document.body().to_owned(),
        deliverables,
        boxes,
        warnings: problems,
    })
}

fn id(fields: &mut Fields<'_>) -> Option<TaskId> {
    fields.require(
        "id",
        "the task has no id",
        "add a line such as `id: TASK-7Q2M`, equal to the file's name",
    );
    fields.parsed("id", |text| TaskId::parse(text).map_err(|error| id_problem(&error)))
}

fn title(fields: &mut Fields<'_>) -> Option<String> {
    fields.require("title", "the task has no title", "add a line such as `title: Add dark mode`");
    let title = fields.text("title")?;
    if title.chars().any(char::is_control) {
        fields.report("title", Problem::warning("the title holds line breaks or control characters"));
    }
    Some(title.to_owned())
}

fn kind(text: &str) -> Result<String, Problem> {
    let valid = text.len() <= 40
        && text.as_bytes()[0].is_ascii_alphabetic()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if valid {
        return Ok(text.to_owned());
    }
    let problem = Problem::error(format!("`{}` is not a type's name", printable(text)));
    Err(problem.with_hint("a type is one word of letters, digits, `-` and `_`, such as `feature`"))
}

/// Reads a stage's name.
pub(super) fn stage(text: &str) -> Result<Stage, Problem> {
    Stage::parse(text).ok_or_else(|| {
        let problem = Problem::error(format!("`{}` is not a stage's name", printable(text)));
        match Stage::parse(&text.trim().to_lowercase()) {
            Some(stage) => problem.with_hint(format!("write `{stage}`")),
            None => problem.with_hint("a stage is lowercase letters, digits, `-` and `_`, such as `dev`"),
        }
    })
}

fn minutes(text: &str) -> Result<Minutes, Problem> {
    Minutes::parse(text).ok_or_else(|| {
        let problem = Problem::error(format!("`{}` is no length of time", printable(text)));
        problem.with_hint("write `45m`, `1h 30m` or `2d`")
    })
}

fn day(text: &str) -> Result<NaiveDate, Problem> {
    moment(text).map(|time| time.date_naive()).map_err(|_| {
        let problem = Problem::error(format!("`{}` is no day", printable(text)));
        problem.with_hint("write a day such as `2026-11-11`")
    })
}

fn id_problem(error: &IdError) -> Problem {
    Problem::error(format!("`{}` is not an id", error.text))
        .with_hint("an id looks like `TASK-7Q2M`: capital letters and digits, one hyphen")
}

fn texts(fields: &mut Fields<'_>, key: &str) -> Vec<String> {
    fields.list(key).into_iter().map(|(_, text)| text.to_owned()).collect()
}

fn ids(fields: &mut Fields<'_>, key: &str) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for (index, text) in fields.list(key) {
        match TaskId::parse(text) {
            Ok(id) => ids.push(id),
            Err(error) => fields.report_item(key, index, id_problem(&error)),
        }
    }
    ids
}

/// Reads `blocked` or `cancelled`: a reason, or a bare yes or no.
fn reason(fields: &mut Fields<'_>, key: &str) -> Option<String> {
    let value = fields.value(key)?;
    let Some(text) = value.as_text() else {
        return fields.text(key).map(str::to_owned);
    };
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["false", "no", "off"]) && !fields.is_quoted(key) {
        None
    } else if is(["true", "yes", "on"]) && !fields.is_quoted(key) {
        Some(String::new())
    } else {
        Some(text.to_owned())
    }
}

fn unknown(document: &Document) -> Vec<(String, String)> {
    let is_known = |name: &Node| name.as_text().is_some_and(|name| KEYS.contains(&name));
    let pairs = document.root().iter().filter(|(name, _)| !is_known(name));
    pairs.map(|(name, value)| (shown(name), shown(value))).collect()
}

/// Returns a scalar's text, or a list or mapping on one line.
fn shown(node: &Node) -> String {
    match node {
        Node::Null => String::new(),
        node => node.as_text().map_or_else(|| one_line(node), str::to_owned),
    }
}
