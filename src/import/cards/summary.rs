//! What an import found, in numbers and in one line.

use std::fmt;

use crate::model::Status;

use super::{CardsDocument, Kind, Part};

/// How many tasks have one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct StatusCount {
    /// The status, such as `in_progress`.
    pub status: &'static str,
    /// How many.
    pub tasks: usize,
}

/// The counts of one document, and its parts that are no task.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// How many cards became tasks.
    pub tasks: usize,
    /// How many tasks have each status, in the order people read them; those with none are left out.
    pub statuses: Vec<StatusCount>,
    /// How many doubly encoded characters were repaired.
    pub repaired: usize,
    /// What is no task.
    pub parts: Vec<Part>,
}

impl Summary {
    /// Counts a document.
    pub(super) fn of(document: &CardsDocument) -> Self {
        let count = |status| document.cards.iter().filter(|card| card.status == status).count();
        let statuses =
            Status::ALL.map(|status| StatusCount { status: status.as_str(), tasks: count(status) });
        Self {
            tasks: document.cards.len(),
            statuses: statuses.into_iter().filter(|count| count.tasks > 0).collect(),
            repaired: document.repairs.characters,
            parts: document.parts.clone(),
        }
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.kind == kind)
    }
}

fn plural(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Joins `a`, `b` and `c` as people do.
fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |count: &StatusCount| format!("{} {}", count.tasks, count.status.replace('_', " "));
        let statuses: Vec<String> = self.statuses.iter().map(shown).collect();
        write!(f, "{}", plural(self.tasks, "task"))?;
        if !statuses.is_empty() {
            write!(f, ": {}", statuses.join(", "))?;
        }
        let templates: Vec<String> =
            self.of_kind(Kind::Template).map(|part| part.lines.first.to_string()).collect();
        if !templates.is_empty() {
            let lines = if templates.len() == 1 { "line" } else { "lines" };
            write!(
                f,
                "; {} skipped ({lines} {})",
                plural(templates.len(), "template"),
                templates.join(", ")
            )?;
        }
        if self.repaired > 0 {
            write!(f, "; {} repaired", plural(self.repaired, "doubly encoded character"))?;
        }
        let derived = [Kind::Archive, Kind::Statistics, Kind::Footer];
        let derived: Vec<&str> =
            derived.into_iter().filter(|kind| self.of_kind(*kind).next().is_some()).map(Kind::name).collect();
        if !derived.is_empty() {
            let are = if derived.len() == 1 { "is" } else { "are" };
            write!(f, "; {} {are} derived: not imported", list(&derived))?;
        }
        let other: Vec<String> = self.of_kind(Kind::Other).map(|part| part.lines.to_string()).collect();
        if !other.is_empty() {
            write!(f, "; no card: {}", other.join(", "))?;
        }
        Ok(())
    }
}
