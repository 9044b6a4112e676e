//! Changing a document by splicing: new bytes for the value that changes, every other byte as it was.
//!
//! An edit is applied to a draft of the text and, in parallel, to the parsed values. Then the new text is parsed
//! and must say exactly what was intended, keys in the same order and the body untouched; otherwise the edit is
//! refused with its line. So a mistake of the scanners costs an edit, never a document.

mod body;
mod draft;
mod list;
mod set;

use super::Document;
use super::source;
use super::yaml::{self, Node};
use crate::model::Problem;
use draft::Draft;

/// A scalar to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A text: quoted where YAML would read it as something else.
    Text(String),
    /// A date, a time, a length or a boolean: as it is, without quotes where that is possible at all.
    Plain(String),
    /// A number.
    Integer(i64),
}

/// A value to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As [`Scalar::Text`].
    Text(String),
    /// As [`Scalar::Plain`].
    Plain(String),
    /// As [`Scalar::Integer`].
    Integer(i64),
    /// A list of texts.
    List(Vec<String>),
}

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Sets a top-level key, which is added where it is absent.
    Set {
        /// The key.
        key: String,
        /// Its new value.
        value: Value,
    },
    /// Removes a top-level key and its value.
    Remove {
        /// The key.
        key: String,
    },
    /// Adds an item to a list, unless it is there.
    AddItem {
        /// The list's key.
        key: String,
        /// The item.
        item: String,
    },
    /// Removes an item from a list, if it is there.
    RemoveItem {
        /// The list's key.
        key: String,
        /// The item.
        item: String,
    },
    /// Appends a mapping to a list such as `history`.
    Append {
        /// The list's key.
        key: String,
        /// The mapping.
        entry: Vec<(String, Scalar)>,
    },
    /// Ticks or unticks a check box of the body.
    Tick {
        /// Its number, counted from 1 through the whole body.
        number: usize,
        /// Whether it is to be ticked.
        done: bool,
    },
    /// Appends a text to a section of the body, which is added at the end where it is absent.
    AppendToSection {
        /// The section's heading, without `#`.
        heading: String,
        /// The text, without blank lines around it.
        text: String,
    },
    /// Replaces all that is below the front matter.
    ReplaceBody(String),
}

impl Edit {
    /// Returns the key it changes; none for a change of the body.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Set { key, .. }
            | Self::Remove { key }
            | Self::AddItem { key, .. }
            | Self::RemoveItem { key, .. }
            | Self::Append { key, .. } => Some(key),
            Self::Tick { .. } | Self::AppendToSection { .. } | Self::ReplaceBody(_) => None,
        }
    }
}

impl Document {
    /// Returns the text with the edits made, in order. Every byte that they do not concern is as it was; edits
    /// that change nothing return the same text.
    ///
    /// # Errors
    /// A problem with the line of the value that cannot be changed safely, and what to do instead. Then none of
    /// the edits is made.
    pub fn edit(&self, edits: &[Edit]) -> Result<String, Problem> {
        let draft = self.draft(edits)?;
        if draft.text == self.text() || is_as_intended(&draft) {
            return Ok(draft.text);
        }
        if draft.front.len() > source::FRONT_MATTER_CAP {
            let message = format!("more than {} bytes of YAML are not read again", source::FRONT_MATTER_CAP);
            return Err(Problem::error(message)
                .at_line(1)
                .with_hint("move long text below the front matter"));
        }
        Err(self.blame(edits))
    }

    fn draft(&self, edits: &[Edit]) -> Result<Draft, Problem> {
        let mut draft = Draft::of(self);
        for edit in edits {
            draft.apply(edit)?;
        }
        Ok(draft)
    }

    /// Finds the first of several edits that does not come out as intended.
    fn blame(&self, edits: &[Edit]) -> Problem {
        let comes_out =
            |count: &usize| self.draft(&edits[..*count]).is_ok_and(|draft| is_as_intended(&draft));
        let sound = (1..edits.len()).take_while(comes_out).count();
        Draft::of(self).refuse(edits[sound].key(), "what is around it would change too")
    }
}

/// Tells whether the draft's text says what its values say.
fn is_as_intended(draft: &Draft) -> bool {
    let parts = source::check(draft.text.as_bytes(), draft.kind);
    if !parts.is_ok_and(|parts| parts.front == draft.front && parts.body == draft.body) {
        return false;
    }
    match yaml::parse(&draft.text[draft.front.clone()]) {
        Ok(Node::Map(root)) => root == draft.root,
        Ok(Node::Null) => draft.root.is_empty(),
        _ => false,
    }
}
