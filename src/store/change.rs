//! What a verb wants done to the files: plain data, so that it can be shown instead of done.

use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use crate::model::{RecordKind, RecordPath};

/// What a change does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeAction {
    /// The file is new, and may be edited later.
    Created,
    /// The file was there.
    Edited,
    /// The file is new, and is never edited: a vote, a note.
    Appended,
}

/// One file to create or to replace. Records are never deleted or renamed in daily work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path below the top of the working tree, with `/`.
    pub path: String,
    /// The text that is there now; none where the file is new.
    pub before: Option<String>,
    /// The text that shall be there.
    pub after: String,
}

impl Change {
    /// Makes the creation of a file.
    pub fn create(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), before: None, after: text.into() }
    }

    /// Makes the replacement of a file's text.
    pub fn replace(path: impl Into<String>, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self { path: path.into(), before: Some(before.into()), after: after.into() }
    }

    /// What kind of record it is; none for a file of another kind, such as a workflow of a server.
    #[must_use]
    pub fn kind(&self) -> Option<RecordKind> {
        RecordPath::parse(&self.path).map(|path| path.kind())
    }

    /// What becomes of the file.
    #[must_use]
    pub fn action(&self) -> ChangeAction {
        match (&self.before, self.kind()) {
            (Some(_), _) => ChangeAction::Edited,
            (None, Some(kind)) if kind.is_append_only() => ChangeAction::Appended,
            (None, _) => ChangeAction::Created,
        }
    }

    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before.as_deref() == Some(self.after.as_str())
    }

    /// Returns the change as a unified diff.
    #[must_use]
    pub fn diff(&self) -> String {
        let before = self.before.as_deref().unwrap_or("");
        let from = if self.before.is_some() { format!("a/{}", self.path) } else { "/dev/null".to_owned() };
        TextDiff::from_lines(before, &self.after)
            .unified_diff()
            .context_radius(2)
            .header(&from, &format!("b/{}", self.path))
            .to_string()
    }
}
