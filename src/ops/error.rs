//! Why an op gave no answer.

use crate::model::Problem;
use crate::{git, query, store};

/// An error of a verb.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files could not be read or written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A query, a sort order or a list of fields cannot be read.
    #[error(transparent)]
    Query(#[from] query::Error),
    /// A value that was given is none of those it can be.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to give instead.
        hint: Option<String>,
    },
    /// A report's template cannot be rendered.
    #[error(transparent)]
    Report(#[from] crate::report::Error),
    /// The rules say no.
    #[error("{}", .0.what)]
    Refused(Refusal),
    /// Documents that the verb needs are broken.
    #[error("{}", .0.first().map_or_else(|| "a document is broken".to_owned(), ToString::to_string))]
    Broken(Vec<Problem>),
}

/// A considered no: all that stands against it, each with the command that mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is refused.
    pub what: String,
    /// All reasons.
    pub reasons: Vec<Reason>,
    /// What was kept, so that nothing is lost.
    pub kept: Option<String>,
}

/// One reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// One word, such as `missing`.
    pub label: &'static str,
    /// What it is about.
    pub text: String,
    /// The command that mends it.
    pub mend: Option<String>,
}

impl Error {
    /// Makes a usage error.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// Makes a usage error with a hint.
    pub fn usage_with(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// Makes a refusal with one reason.
    pub fn refused(
        what: impl Into<String>,
        label: &'static str,
        text: impl Into<String>,
        mend: Option<String>,
    ) -> Self {
        let reasons = vec![Reason { label, text: text.into(), mend }];
        Self::Refused(Refusal { what: what.into(), reasons, kept: None })
    }
}

impl From<git::Error> for Error {
    fn from(error: git::Error) -> Self {
        Self::Store(error.into())
    }
}
