//! What a verb wants done to the files: plain data, so that it can be shown instead of done.

use similar::TextDiff;

/// One file to create or to replace. Records are never deleted or renamed in daily work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path below the top of the working tree, with `/`.
    pub path: String,
    /// The text that stands there now; none where the file is new.
    pub before: Option<String>,
    /// The text that shall stand there.
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

    /// Tells whether nothing would change.
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
