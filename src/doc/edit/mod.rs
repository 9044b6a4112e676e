//! Changing a document by splicing: new bytes for the value that changes, every other byte as it was.
//!
//! An edit is applied to a draft of the text and, in parallel, to the parsed values. Then the new text is parsed
//! and must say exactly what was intended, keys in the same order and the body untouched; otherwise the edit is
//! refused with its line. So a mistake of the scanners costs an edit, never a document.

mod body;
mod draft;
mod list;

use super::Document;
use super::source;
use super::yaml::{self, Node};
use crate::model::Problem;
use draft::Draft;
pub(super) use list::{ListItem, relist};

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
    /// Ticks or unticks checkboxes of the body.
    Tick {
        /// Their numbers, counted from 1 through the whole body.
        numbers: Vec<usize>,
        /// Whether they are to be ticked.
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
        Err(self.refused_edit(edits))
    }

    fn draft(&self, edits: &[Edit]) -> Result<Draft, Problem> {
        let mut draft = Draft::of(self);
        for edit in edits {
            draft.apply(edit)?;
        }
        Ok(draft)
    }

    /// Finds the first of several edits that does not come out as intended.
    fn refused_edit(&self, edits: &[Edit]) -> Problem {
        let comes_out =
            |count: &usize| self.draft(&edits[..*count]).is_ok_and(|draft| is_as_intended(&draft));
        let sound = (1..edits.len()).take_while(comes_out).count();
        Draft::of(self).refuse(edits[sound].key(), "what is around it would change too")
    }
}

/// Whether the draft's text says what its values say.
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

#[cfg(test)]
mod tests {
    use super::{Document, Edit, Value};

    const TEXT: &str = "---\nid: TASK-1\ntitle: x\nstage: &s dev\n---\nbody\n";

    fn set(key: &str, value: &str) -> Edit {
        Edit::Set { key: key.to_owned(), value: Value::Text(value.to_owned()) }
    }

    #[test]
    fn all_edits_are_made_or_none() {
        let document = Document::markdown(TEXT.as_bytes()).unwrap();
        let problem = document.edit(&[set("title", "y"), set("stage", "qa"), set("area", "ui")]).unwrap_err();
        assert_eq!((problem.line, problem.key.as_deref()), (Some(4), Some("stage")));
        assert!(problem.hint.unwrap().contains("tracker edit TASK-1"));
        assert_eq!(document.text(), TEXT);
    }

    #[test]
    fn what_would_not_be_read_again_is_not_written() {
        let document = Document::markdown(TEXT.as_bytes()).unwrap();
        assert!(document.edit(&[set("title", &"x".repeat(60_000))]).is_ok());
        let problem = document.edit(&[set("title", &"x".repeat(70_000))]).unwrap_err();
        assert!(problem.message.contains("65536"));
        let conflict = Edit::ReplaceBody("a\n>>>>>>> b\n".to_owned());
        assert!(document.edit(&[conflict]).unwrap_err().message.contains("conflict"));
    }

    #[test]
    fn the_first_edit_that_fails_is_named() {
        // An anchor may go only when nothing refers to it.
        let text = TEXT.replace("title: x", "title: x\narea: *s").replace("stage: &s dev\n", "");
        let text = text.replace("id: TASK-1\n", "id: TASK-1\nstage: &s dev\n");
        let document = Document::markdown(text.as_bytes()).unwrap();
        let remove = |key: &str| Edit::Remove { key: key.to_owned() };
        let problem = document.edit(&[set("title", "y"), remove("stage"), set("type", "bug")]).unwrap_err();
        assert_eq!(problem.key.as_deref(), Some("stage"));
        assert!(document.edit(&[remove("area"), remove("stage")]).is_ok());
    }
}
