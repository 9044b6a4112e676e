//! `import cards`: tasks from a document of task cards. Done again, it changes nothing.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::relations::{MOST_REPORTED, leave_out_relations, more_left_out};
use crate::doc::{Edit, append_move, create_task};
use crate::events::LongStep;
use crate::import::cards::{Card, CardsDocument, Decision, Planned, plan, read};
use crate::model::{Field, FieldValue, Problem, RecordPath, Stage, Task, TaskId};
use crate::ops::fields::edit_to;
use crate::ops::session::{parse, spliced};
use crate::ops::written::WrittenTask;
use crate::ops::{Result, Session, Written};
use crate::store::{Change, TaskFile};

/// What an import did.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CardsImport {
    /// What the document contained and what became of the parts that are no task, in one line.
    pub summary: String,
    /// The cards, in the document's order.
    pub cards: Vec<ImportedCard>,
    /// What was written.
    pub written: Written,
}

/// One card.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ImportedCard {
    /// The id.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the card says of it.
    pub status: String,
    /// `created`, `unchanged`, `updated`, `differs` or `id_taken`.
    pub action: &'static str,
    /// The fields that differ from the task that is there.
    pub differs: Vec<String>,
    /// Where each piece of the card went.
    pub placed: Vec<PlacedView>,
}

/// Where one piece of a card went.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlacedView {
    /// Its name in the card.
    pub what: String,
    /// Its lines in the document.
    pub lines: String,
    /// Where it is in the task.
    pub to: String,
}

/// Imports a document. With `update`, tasks that were imported from it and differ are made to say the same again.
pub fn import_cards(
    session: &Session<'_>,
    bytes: &[u8],
    name: &str,
    update: bool,
) -> Result<(CardsImport, Vec<Problem>)> {
    let document = read(bytes, name);
    let mut problems = document.problems.clone();
    let config = session.config()?;
    let locked = session.lock("import cards")?;
    let existing = existing(session, &document)?;
    let first_stage =
        |card: &Card| config.stages_of(card.kind()).first().cloned().unwrap_or_else(Stage::none);
    let mut tasks: Vec<Task> = document.cards.iter().map(|card| card.to_task(&first_stage(card))).collect();
    let left_out = leave_out_relations(session, &mut tasks)?;
    let more = more_left_out(left_out.len());
    for (at, relation, why) in left_out.into_iter().take(MOST_REPORTED) {
        let line = document.cards[at].line_of(relation);
        problems
            .push(Problem::error(why).in_file(name).at_line(line).with_hint("it is left out of the task"));
    }
    problems.extend(more);
    let planned = plan(tasks, |id| existing.get(id).map(|(_, task)| task));
    let (mut changes, mut written, mut cards) = (Vec::new(), Vec::new(), Vec::new());
    let step = session.begin(LongStep::Import, Some(document.cards.len()));
    for (card, planned) in document.cards.iter().zip(&planned) {
        step.advance(1);
        let change = change_for(planned, existing.get(&card.id), update)?;
        let action = action_of(planned, change.is_some());
        if matches!(planned.decision, Decision::IdTaken { .. }) {
            problems.push(id_taken(card, planned, name));
        }
        if let Some(change) = change {
            written.push(match change.before {
                None => WrittenTask::created(&planned.task, Vec::new()),
                Some(_) => {
                    WrittenTask::changed(&planned.task, vec!["updated from its card".to_owned()], true)
                }
            });
            changes.push(change);
        }
        cards.push(imported(card, planned, action));
    }
    let written = session.finish(&locked, &changes, written)?;
    Ok((CardsImport { summary: document.summary().to_string(), cards, written }, problems))
}

type Existing = HashMap<TaskId, (TaskFile, Task)>;

/// Reads the tasks that the document names and that are there. One that cannot be read stops the import.
fn existing(session: &Session<'_>, document: &CardsDocument) -> Result<Existing> {
    let mut existing = HashMap::new();
    for card in &document.cards {
        if let Some(file) = session.snapshot().task_file(&card.id)? {
            let task = parse(&file)?;
            existing.insert(card.id.clone(), (file, task));
        }
    }
    Ok(existing)
}

fn change_for(planned: &Planned, there: Option<&(TaskFile, Task)>, update: bool) -> Result<Option<Change>> {
    let task = &planned.task;
    match (&planned.decision, there) {
        (Decision::Create, _) => Ok(Some(Change::create(RecordPath::task_file(&task.id), create_task(task)))),
        (Decision::Differs { fields }, Some((file, old))) if update => {
            let edits: Vec<Edit> = fields.iter().flat_map(|field| edits_for(field, old, task)).collect();
            Ok(Some(spliced(file, &edits)?).filter(|change| !change.is_empty()))
        }
        _ => Ok(None),
    }
}

/// Returns the edits that make one field say what the card says.
fn edits_for(key: &str, old: &Task, card: &Task) -> Vec<Edit> {
    let own = || card.unknown.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    match Field::of_key(key) {
        _ if key == "body" => vec![Edit::ReplaceBody(card.body.clone())],
        Some(Field::History) => missing_moves(old, card),
        Some(field) => vec![edit_to(key.to_owned(), &card.value(field))],
        None => vec![edit_to(key.to_owned(), &FieldValue::text(own()))],
    }
}

/// A history is only ever added to.
fn missing_moves(old: &Task, card: &Task) -> Vec<Edit> {
    let missing = card.history.iter().filter(|step| !old.history.contains(step));
    missing.map(append_move).collect()
}

fn action_of(planned: &Planned, is_changed: bool) -> &'static str {
    match &planned.decision {
        Decision::Create => "created",
        Decision::Unchanged => "unchanged",
        Decision::Differs { .. } if is_changed => "updated",
        Decision::Differs { .. } => "differs",
        Decision::IdTaken { .. } => "id_taken",
    }
}

fn imported(card: &Card, planned: &Planned, action: &'static str) -> ImportedCard {
    let differs = match &planned.decision {
        Decision::Differs { fields } => fields.clone(),
        _ => Vec::new(),
    };
    let placed = card.placed.iter().map(|placed| PlacedView {
        what: placed.what.clone(),
        lines: placed.lines.to_string(),
        to: placed.to.clone(),
    });
    ImportedCard {
        id: card.id.to_string(),
        title: planned.task.title.clone(),
        status: card.status.as_str().to_owned(),
        action,
        differs,
        placed: placed.collect(),
    }
}

fn id_taken(card: &Card, planned: &Planned, name: &str) -> Problem {
    let Decision::IdTaken { source } = &planned.decision else { return Problem::error("the id is taken") };
    let whose = source.as_ref().map_or_else(
        || "a task that was not imported".to_owned(),
        |source| format!("a task that was imported from {source}"),
    );
    Problem::error(format!("{} is {whose}; the card was not imported", card.id))
        .in_file(name)
        .at_line(card.lines.first)
        .with_hint("give the card or the task another id")
}
