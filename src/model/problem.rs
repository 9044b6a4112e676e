//! What is wrong with a document: reported with file, line and key, and with what to do.

use std::fmt;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document is used; what is odd about it is reported.
    Warning,
    /// The document cannot be used.
    Error,
}

/// One thing wrong with one document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// Path below the repository, with `/`; empty until the reader of the file fills it in.
    pub file: String,
    /// Line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// Column of that line in characters, counted from 1, where it is known.
    pub column: Option<usize>,
    /// The key it is about, such as `history[2].at`.
    pub key: Option<String>,
    /// What is wrong: a lowercase fragment with the user's own value in backticks.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the document can still be used.
    pub severity: Severity,
    /// Whether it is a merge that nobody has resolved: how to go on depends on what git is in the middle of.
    pub is_conflict: bool,
}

impl Problem {
    /// Makes an error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            line: None,
            column: None,
            key: None,
            message: message.into(),
            hint: None,
            severity: Severity::Error,
            is_conflict: false,
        }
    }

    /// Makes the error of a document with the markers of a merge in it.
    #[must_use]
    pub fn conflict() -> Self {
        Self { is_conflict: true, ..Self::error("the file contains a merge conflict") }
    }

    /// Makes a warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// Adds the line, counted from 1.
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// Adds the column, counted from 1.
    #[must_use]
    pub fn at_column(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }

    /// Adds the key.
    #[must_use]
    pub fn on_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            if let Some(column) = self.column {
                write!(f, "{column}:")?;
            }
            f.write_str(" ")?;
        } else if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
