//! A task's file to a [`Task`], its moves included.

use crate::doc::markdown::Meant;
use crate::doc::printable::printable;
use crate::doc::source::Kind;
use crate::doc::task::Entry;
use crate::doc::task::fields::{EntryKind, Fields, entries, moment};
use crate::doc::yaml::{Node, one_line};
use crate::doc::{Document, markdown};
use crate::model::{
    Field, FieldKind, FieldValue, IdError, InvalidValue, Move, MoveKind, Problem, Severity, Stage, Task,
    TaskId, is_one_typo,
};

/// Reads a task.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and, where it is about one, its key. The
/// file is left for the caller to fill in. A document with nothing but warnings is a task that carries them.
pub fn read_task(bytes: &[u8]) -> Result<Task, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Markdown)?;
    let mut fields = Fields::new(&document, problems);
    let (id, title) = (id(&mut fields), title(&mut fields));
    let is_named = id.is_some() && title.is_some();
    let id = id.unwrap_or_else(|| TaskId::parse("A-0").expect("it has the form of an id"));
    let mut task = Task::new(id, title.unwrap_or_default());
    read_fields(&mut fields, &mut task);
    task.unknown = unknown_but(&document, |key| Field::of_key(key).is_some());
    task.warnings = fields.into_problems();
    if !is_named || task.warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(task.warnings);
    }
    let counts = markdown::count(document.body(), "Deliverables");
    (task.deliverables, task.boxes) = (counts.under, counts.all);
    if counts.odd > 0 {
        task.warnings.extend(odd_boxes(&document));
    }
    task.warnings.extend(near_misses(&document));
    task.warnings.extend(misspelt_keys(&document, &task.unknown));
    task.body = document.body().to_owned();
    Ok(task)
}

/// Names the boxes that are open by a mark which may have been meant as another.
fn odd_boxes(document: &Document) -> impl Iterator<Item = Problem> {
    let above = document.body_line() - 1;
    markdown::checkboxes(document.body()).into_iter().filter_map(move |found| {
        let mark = printable(found.odd_mark.as_deref()?);
        let problem = Problem::warning(format!("checkbox {} `[{mark}]` counts as open", found.number));
        Some(problem.at_line(above + found.line).with_hint("write `[x]` or `[ ]`"))
    })
}

/// Names what is not read as the box or heading that it looks like.
fn near_misses(document: &Document) -> impl Iterator<Item = Problem> {
    let above = document.body_line() - 1;
    markdown::near_misses(document.body()).into_iter().map(move |found| {
        let text = printable(&found.text);
        let problem = match found.meant {
            Meant::Checkbox => Problem::warning(format!("`{text}` is no checkbox, and counts for nothing"))
                .with_hint("write `- [ ] …` or `- [x] …`"),
            Meant::Heading(own) => {
                Problem::warning(format!("`{text}` is not `{own}`: the boxes below it count for nothing"))
                    .with_hint(format!("write `## {own}`"))
            }
        };
        problem.at_line(above + found.line)
    })
}

/// Names unknown keys that differ from a known one by their spelling alone.
fn misspelt_keys(document: &Document, unknown: &[(String, String)]) -> impl Iterator<Item = Problem> {
    unknown.iter().filter_map(|(key, _)| {
        let meant = Field::in_file().map(Field::key).find(|known| is_misspelt(key, known))?;
        let problem = Problem::warning(format!("unknown key `{}`", printable(key)));
        let problem = problem.with_hint(format!("did you mean `{meant}`?"));
        Some(match document.line_of(key) {
            Some(line) => problem.at_line(line),
            None => problem,
        })
    })
}

/// Whether a key is a known one but for its case, what is between its words, or one letter of a longer one.
fn is_misspelt(key: &str, known: &str) -> bool {
    let letters = |key: &str| -> String {
        key.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (own, known) = (letters(key), letters(known));
    // `assigned` is what an import keeps of a line that says more than a name.
    let is_typo = own.len() >= 5 && own != "assigned" && is_one_typo(&own, &known);
    !own.is_empty() && (own == known || is_typo)
}

/// Reads all fields but for id and title, which a task cannot be without.
fn read_fields(fields: &mut Fields<'_>, task: &mut Task) {
    for field in Field::in_file().filter(|field| !matches!(field, Field::Id | Field::Title)) {
        let value = match field.kind() {
            FieldKind::Moves => {
                task.history = read_history(fields);
                continue;
            }
            FieldKind::Labels | FieldKind::Tasks | FieldKind::Paths => list(fields, field),
            FieldKind::Reason => FieldValue::text(reason(fields, field.key())),
            _ => scalar(fields, field),
        };
        field.put(task, value);
    }
}

fn scalar<'d>(fields: &mut Fields<'d>, field: Field) -> FieldValue<'d> {
    let Some(text) = fields.text(field.key()) else { return FieldValue::Missing };
    match (field.kind(), field.parse_value(text)) {
        (FieldKind::Priority, Err(error)) => {
            fields.report(field.key(), Problem { severity: Severity::Warning, ..invalid(&error) });
            FieldValue::text(Some(text))
        }
        (_, Ok(value)) => value,
        (kind, Err(error)) => {
            let time = if kind == FieldKind::Date { moment(text).ok() } else { None };
            if let Some(time) = time {
                return FieldValue::Day(time.date_naive());
            }
            let problem = if kind == FieldKind::Stage { stage(text).err() } else { None };
            fields.report(field.key(), problem.unwrap_or_else(|| invalid(&error)));
            FieldValue::Missing
        }
    }
}

/// Makes the problem of a value that its field cannot have.
fn invalid(error: &InvalidValue) -> Problem {
    Problem::error(error.to_string()).with_hint(format!("expected {}", error.expected))
}

fn list<'d>(fields: &mut Fields<'d>, field: Field) -> FieldValue<'d> {
    let mut items = Vec::new();
    for (index, text) in fields.list(field.key()) {
        match field.parse_value(text) {
            Ok(_) => items.push(text),
            Err(error) => fields.report_item(field.key(), index, invalid(&error)),
        }
    }
    FieldValue::list(&items.into())
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
        fields.report("title", Problem::warning("the title contains line breaks or control characters"));
    }
    Some(title.to_owned())
}

/// Reads a stage's name.
pub(in crate::doc) fn stage(text: &str) -> Result<Stage, Problem> {
    Stage::parse(text).ok_or_else(|| {
        let problem = Problem::error(format!("invalid stage `{}`", printable(text)));
        match Stage::parse(&text.trim().to_lowercase()) {
            Some(stage) => problem.with_hint(format!("write `{stage}`")),
            None => problem.with_hint(format!("expected {}", FieldKind::Stage.expected())),
        }
    })
}

/// Makes the problem of a text that is no id.
pub(in crate::doc) fn id_problem(error: &IdError) -> Problem {
    Problem::error(format!("invalid id `{}`", error.text))
        .with_hint(format!("expected {}", FieldKind::Id.expected()))
}

/// Reads `blocked` or `cancelled`: a reason, or a bare yes or no.
fn reason<'d>(fields: &mut Fields<'d>, key: &str) -> Option<&'d str> {
    let value = fields.value(key)?;
    let Some(text) = value.as_text() else { return fields.text(key) };
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["false", "no", "off"]) && !fields.is_quoted(key) {
        None
    } else if is(["true", "yes", "on"]) && !fields.is_quoted(key) {
        Some("")
    } else {
        Some(text)
    }
}

/// Returns the keys that are none of the known ones, with the text of their values.
pub(in crate::doc) fn unknown_but(
    document: &Document,
    is_known: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let is_known = |name: &Node| name.as_text().is_some_and(&is_known);
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

const KEY: &str = "history";

/// Reads all moves that can be read; what is wrong with the others is reported with the entry and its field.
pub(super) fn read_history(fields: &mut Fields<'_>) -> Vec<Move> {
    let kind =
        EntryKind {
            list: KEY, one: "move", plural: "moves", example: "{at: …, by: …, from: …, to: …}"
        };
    entries(fields, kind).iter().filter_map(|entry| read_move(entry, fields)).collect()
}

fn read_move(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<Move> {
    let at = entry.moment(fields, "at");
    let by = entry.required(fields, "by", |text| Ok(text.to_owned()));
    let from: Option<Stage> = entry.required(fields, "from", stage);
    let to = entry.required(fields, "to", stage);
    let kind = entry.optional(fields, "kind", |text| match text {
        text if is_word(text) => Ok(MoveKind::parse(text)),
        text => {
            let problem = Problem::error(format!("invalid kind of move `{}`", printable(text)));
            Err(problem.with_hint(format!("expected {}, or no `kind`", MoveKind::KNOWN.join(", "))))
        }
    });
    if let Some(MoveKind::Unknown(text)) = &kind {
        let problem = Problem::warning(format!("unknown kind of move `{}`", printable(text)));
        let hint = format!("expected {}; it is judged as a plain advance", MoveKind::KNOWN.join(", "));
        entry.report(fields, "kind", problem.with_hint(hint));
    }
    let text = |field: &str| entry.value(field).and_then(Node::as_text).map(str::to_owned);
    let (agent, why, kind) = (text("agent"), text("why"), kind.unwrap_or_default());
    Some(Move { at: at?, by: by?, agent, from: from?, to: to?, kind, why, signature: text("signature") })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}
