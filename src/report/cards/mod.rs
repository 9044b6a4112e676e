//! The task-cards document: every task as a card, in the form that teams write by hand.
//!
//! [`CardsContext::of`] builds the data of the template `cards`. What it writes, `import::cards` reads back as the same
//! tasks: values and sections are written by `doc::cards`, which also reads them.

mod card;
mod review;
mod sections;
mod statistics;

use serde::Serialize;

use super::CardsInput;
use crate::model::{Priority, Status, Task};

pub(crate) use card::Card;
pub use card::Field;
pub(crate) use review::{CardFinding, CardReview, CardSignoff};
pub(crate) use statistics::Statistics;

/// A task that becomes a card.
#[derive(Debug, Clone, PartialEq)]
pub struct CardInput<'a> {
    /// The task.
    pub task: &'a Task,
    /// Its derived status.
    pub status: Status,
    /// What is known of its sign-offs and findings; none where nobody is asked and nothing was found.
    pub review: Option<CardReview>,
}

/// The data of the template `cards`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CardsContext {
    /// The document's title.
    pub title: String,
    /// The project's name.
    pub project: Option<String>,
    /// The day on which it is written, as `2026-11-11`.
    pub today: String,
    /// Tasks with something left to do: the most urgent first, then by id.
    pub active: Vec<Card>,
    /// Completed and cancelled tasks, by id.
    pub archive: Vec<Card>,
    /// Counts and sums.
    pub statistics: Statistics,
}

impl CardsContext {
    /// Builds the data of tasks.
    #[must_use]
    pub fn of(input: &CardsInput<'_>) -> Self {
        let mut sorted: Vec<&CardInput<'_>> = input.tasks.iter().collect();
        sorted.sort_by(|a, b| a.task.id.cmp(&b.task.id));
        let statistics = Statistics::of(&sorted);
        let (archived, mut active): (Vec<_>, Vec<_>) =
            sorted.into_iter().partition(|input| input.status.is_closed());
        active.sort_by(|a, b| Priority::most_urgent_first(word(a.task), word(b.task)));
        let title = match (input.title, input.project) {
            (Some(title), _) => title.to_owned(),
            (None, Some(project)) => format!("Task Cards - {project}"),
            (None, None) => "Task Cards".to_owned(),
        };
        Self {
            title,
            project: input.project.map(str::to_owned),
            today: input.today.to_string(),
            active: active.into_iter().map(Card::of).collect(),
            archive: archived.into_iter().map(Card::of).collect(),
            statistics,
        }
    }
}

fn word(task: &Task) -> Option<&str> {
    task.priority.as_ref().map(Priority::as_str)
}
