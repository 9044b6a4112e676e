//! What importing a task again would do: nothing, unless it is new.

use crate::model::{Field, FieldKind, Task, TaskId};

/// What to do with one imported task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// No task has this id.
    Create,
    /// The task is there and says the same.
    Unchanged,
    /// The task was imported from this card and says something else: one of the two was edited since. It is left
    /// alone unless an update was requested.
    Differs {
        /// The keys that differ, unknown ones and `body` included, in the order of a task's file.
        fields: Vec<String>,
    },
    /// The id belongs to a task that was not imported from this card.
    IdTaken {
        /// Where that task came from, if it was imported.
        source: Option<String>,
    },
}

/// One imported task and what to do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The task, as the card tells it.
    pub task: Task,
    /// What to do.
    pub decision: Decision,
}

/// Compares imported tasks with those that are there. A task is matched by its id and its source.
pub fn plan<'a>(tasks: Vec<Task>, existing: impl Fn(&TaskId) -> Option<&'a Task>) -> Vec<Planned> {
    let planned = tasks.into_iter().map(|task| {
        let decision = match existing(&task.id) {
            None => Decision::Create,
            Some(there) if there.source != task.source => Decision::IdTaken { source: there.source.clone() },
            Some(there) => match differences(there, &task) {
                fields if fields.is_empty() => Decision::Unchanged,
                fields => Decision::Differs { fields },
            },
        };
        Planned { task, decision }
    });
    planned.collect()
}

fn differences(there: &Task, card: &Task) -> Vec<String> {
    let differs = |field: &Field| match field.kind() {
        FieldKind::Id => false,
        FieldKind::Moves => there.history != card.history,
        // A task is matched by its source.
        _ => *field != Field::Source && there.value(*field) != card.value(*field),
    };
    let mut fields: Vec<String> =
        Field::in_file().filter(differs).map(|field| field.key().to_owned()).collect();
    let value = |task: &Task, name: &str| {
        task.unknown.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    for (name, _) in there.unknown.iter().chain(&card.unknown) {
        if value(there, name) != value(card, name) && !fields.contains(name) {
            fields.push(name.clone());
        }
    }
    if text(&there.body) != text(&card.body) {
        fields.push("body".to_owned());
    }
    fields
}

/// Line endings and blank lines around a body are no difference: a file may need them.
fn text(body: &str) -> String {
    body.replace("\r\n", "\n").trim_matches('\n').to_owned()
}
