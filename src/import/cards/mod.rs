//! `TASK_CARDS.md`: one Markdown document with a card per task, in both of the dialects that teams write.
//!
//! [`read`] takes a whole document apart: cards, and the parts that are no card (title, template, archive note,
//! statistics). Each [`Card`] becomes a [`crate::model::Task`] and tells where each of its lines went. [`plan()`]
//! compares cards with the tasks that are there, so that importing twice changes nothing.
//!
//! Text that was encoded twice is repaired. What cannot be understood stays in the task's body as it is; nothing
//! here decides by itself to overwrite a task.

mod card;
mod document;
mod encoding;
mod metadata;
mod outside;
mod plan;

pub(crate) use card::{Card, Placed};
pub use document::{CardsDocument, read};
pub(crate) use outside::Summary;
pub use outside::{Kind, Part};
pub(crate) use plan::Planned;
pub use plan::{Decision, plan};

/// A run of lines of the document, both ends included, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Lines {
    /// The first line.
    pub first: usize,
    /// The last line.
    pub last: usize,
}

impl std::fmt::Display for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(f, "line {}", self.first)
        } else {
            write!(f, "lines {}-{}", self.first, self.last)
        }
    }
}
