//! `write`: a batch of changes, all of them or none.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::lines::written;
use super::{Caller, World, needed};
use crate::mcp::answer::Answer;
use crate::mcp::arguments::{FindingMove, WriteArguments, WriteKind, WriteOp, read_as, text_of};
use crate::model::{FindingState, NoteKind};
use crate::ops::{self, Assignment, AssignmentOperator, Draft, ErrorKind, ErrorReport, Session, Written};

/// Most operations at once.
const MOST: usize = 200;

pub(in crate::mcp) fn write(
    world: &World,
    caller: &Caller,
    given: WriteArguments,
) -> Result<Answer, ErrorReport> {
    let count = given.ops.len();
    if count == 0 || count > MOST {
        let message = format!("{count} ops (expected 1 to {MOST})");
        return Err(ErrorReport::new(ErrorKind::Usage, message));
    }
    let read = |(at, op): (usize, Value)| match op {
        Value::Object(op) => read_as::<WriteOp>(&format!("op {}", at + 1), &op),
        other => Err(ErrorReport::new(ErrorKind::Usage, format!("op {} is no object: {other}", at + 1))),
    };
    let operations = given.ops.into_iter().enumerate().map(read).collect::<Result<Vec<WriteOp>, _>>()?;
    let session = world.write(caller)?;
    let done = session.all_or_nothing("write", |session| {
        let mut batch = Batch { session, done: None, ids: HashMap::new() };
        let mut at = 0;
        while at < operations.len() {
            let length =
                batch.apply(&operations[at..]).map_err(|error| named(error, at, operations.len()))?;
            at += length;
        }
        Ok::<_, ErrorReport>(batch.done.unwrap_or_default())
    })?;
    Ok(Answer::new(written(&done), ops::brief_written(&done)))
}

/// Names the operation that was refused, where there are others.
fn named(mut report: ErrorReport, at: usize, count: usize) -> ErrorReport {
    if count > 1 {
        report.message = format!("op {}: {}", at + 1, report.message);
        report.hints.push("nothing of this batch was written".to_owned());
    }
    report
}

struct Batch<'b, 's> {
    session: &'b Session<'s>,
    done: Option<Written>,
    /// The ids of new tasks, by their names in this batch.
    ids: HashMap<String, String>,
}

impl Batch<'_, '_> {
    /// Does the first operation, and new tasks next to it with it: they may name each other. Returns how many it did.
    fn apply(&mut self, operations: &[WriteOp]) -> Result<usize, ErrorReport> {
        let (first, mut count) = (&operations[0], 1);
        let done = match first.op {
            WriteKind::New => {
                count = operations.iter().take_while(|op| op.op == WriteKind::New).count();
                self.create(&operations[..count])?
            }
            WriteKind::Set => ops::set(self.session, &[self.id(first)?], &self.assignments(first)?)?,
            WriteKind::Note => {
                let text = needed(first.text.as_deref(), "text", "note")?;
                ops::note(self.session, &self.id(first)?, text, note_kind(first)?)?
            }
            WriteKind::Tick | WriteKind::Untick => {
                let name = if first.op == WriteKind::Tick { "tick" } else { "untick" };
                needed(first.boxes.first(), "boxes", name)?;
                ops::tick(self.session, &self.id(first)?, &first.boxes, first.op == WriteKind::Tick)?
            }
            WriteKind::Edit => {
                let text = needed(first.text.as_deref(), "text", "edit")?;
                ops::edit_body(self.session, &self.id(first)?, first.old.as_deref(), text)?
            }
            WriteKind::Finding => {
                let finding = needed(first.finding.as_deref(), "finding", "finding")?;
                let to = match needed(first.state, "state", "finding")? {
                    FindingMove::Fixed => FindingState::Fixed,
                    FindingMove::Resolved => FindingState::Resolved,
                    FindingMove::Waived => FindingState::Waived,
                    FindingMove::Open => FindingState::Open,
                };
                let id = first.id.as_ref().map(|_| self.id(first)).transpose()?;
                ops::resolve(self.session, id.as_deref(), finding, to, first.text.as_deref())?
            }
        };
        match &mut self.done {
            Some(all) => all.add(done),
            None => self.done = Some(done),
        }
        Ok(count)
    }

    fn create(&mut self, operations: &[WriteOp]) -> Result<Written, ErrorReport> {
        let drafts = operations.iter().map(|op| self.draft(op)).collect::<Result<Vec<_>, _>>()?;
        let done = ops::new(self.session, &drafts)?;
        let made = done.tasks.iter().map(|task| task.id.clone());
        let names = drafts.iter().map(|draft| draft.reference.clone());
        self.ids.extend(names.zip(made).filter_map(|(name, id)| Some((name?, id))));
        Ok(done)
    }

    /// Makes a draft as a batch of the command line would have it, with its checks.
    fn draft(&self, op: &WriteOp) -> Result<Draft, ErrorReport> {
        let mut fields = Map::new();
        for (key, value) in &op.fields {
            fields.insert(key.clone(), self.with_ids(value));
        }
        let own = [
            ("ref", op.reference.clone().map(Value::from)),
            ("id", op.id.clone().map(Value::from)),
            ("title", op.title.clone().map(Value::from)),
            ("description", op.text.clone().map(Value::from)),
            ("deliverables", Some(json!(op.deliverables))),
            ("criteria", Some(json!(op.criteria))),
        ];
        fields.extend(own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        serde_json::from_value(Value::Object(fields))
            .map_err(|error| ErrorReport::new(ErrorKind::Usage, format!("a new task: {error}")))
    }

    /// Returns the id that an operation names: as it is, or that of a task which this batch has created.
    fn id(&self, op: &WriteOp) -> Result<String, ErrorReport> {
        let given = op.id.as_deref().ok_or_else(|| ErrorReport::new(ErrorKind::Usage, "`id` is missing"))?;
        let Some(name) = given.strip_prefix('@') else { return Ok(given.to_owned()) };
        self.ids.get(name).cloned().ok_or_else(|| {
            ErrorReport::new(ErrorKind::NotFound, format!("`@{name}` names no new task before it"))
                .hint("give a new task a `ref`")
        })
    }

    /// Replaces the names of tasks of this batch that were created before. Those created together are known to each other.
    fn with_ids(&self, value: &Value) -> Value {
        let id = |text: &str| text.strip_prefix('@').and_then(|name| self.ids.get(name));
        match value {
            Value::String(text) => id(text).map_or_else(|| value.clone(), |id| id.as_str().into()),
            Value::Array(items) => items.iter().map(|item| self.with_ids(item)).collect(),
            other => other.clone(),
        }
    }

    fn assignments(&self, op: &WriteOp) -> Result<Vec<Assignment>, ErrorReport> {
        let mut assignments = Vec::new();
        if let Some(title) = &op.title {
            assignments.push(assignment("title", title.clone()));
        }
        for (key, value) in &op.fields {
            let wrong =
                |message: String| ErrorReport::new(ErrorKind::Usage, format!("invalid `{key}`: {message}"));
            let text = match self.with_ids(value) {
                Value::Null => String::new(),
                Value::Bool(flag) => flag.to_string(),
                Value::Array(items) => {
                    let items =
                        items.into_iter().map(text_of).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
                    items.join(",")
                }
                value => text_of(value).map_err(wrong)?,
            };
            assignments.push(assignment(key, text));
        }
        if assignments.is_empty() {
            return Err(ErrorReport::new(ErrorKind::Usage, "`set` needs `fields`"));
        }
        Ok(assignments)
    }
}

fn assignment(key: &str, value: String) -> Assignment {
    let (name, operator) = match (key.strip_suffix('+'), key.strip_suffix('-')) {
        (Some(name), _) => (name, AssignmentOperator::Add),
        (_, Some(name)) => (name, AssignmentOperator::Remove),
        _ => (key, AssignmentOperator::Set),
    };
    Assignment { name: name.to_owned(), operator, value }
}

fn note_kind(op: &WriteOp) -> Result<Option<NoteKind>, ErrorReport> {
    let Some(given) = &op.kind else { return Ok(None) };
    match NoteKind::parse(given) {
        NoteKind::Unknown(word) => {
            let known = NoteKind::ALL.map(|kind| kind.as_str().to_owned()).join(", ");
            let message = format!("invalid kind `{}` of a note (expected {known})", word.escape_debug());
            Err(ErrorReport::new(ErrorKind::Usage, message))
        }
        kind => Ok(Some(kind)),
    }
}
