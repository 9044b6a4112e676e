//! Why an op gave no answer.

use std::path::Path;

use crate::model::{Problem, Suggestion};
use crate::policy::{Attempt, Reason, Refusal};
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
    /// What was named is in a state in which that cannot be done.
    #[error("{message}")]
    WrongState {
        /// In which state it is.
        message: String,
        /// What can be done instead, or before.
        hint: Option<String>,
    },
    /// What was named is not there.
    #[error("{message}")]
    NotFound {
        /// What is not there.
        message: String,
        /// What is there, or what lists it.
        hint: String,
    },
    /// A remote does not do what it was to do, and nothing was changed.
    #[error("{message}")]
    Remote {
        /// What it does not do.
        message: String,
        /// What to try.
        hint: String,
    },
    /// Nobody knows whether something was changed.
    #[error("{message}")]
    Unknown {
        /// Why not.
        message: String,
        /// What shows the outcome, once that is possible.
        hint: String,
    },
    /// A report's template cannot be rendered.
    #[error(transparent)]
    Report(#[from] crate::report::Error),
    /// There is too little to forecast from, and all that is known was looked at.
    #[error("{0}, and the tracker has no earlier ones")]
    ForecastTooEarly(crate::metrics::forecast::ForecastError),
    /// There is too little to forecast from.
    #[error(transparent)]
    Forecast(#[from] crate::metrics::forecast::ForecastError),
    /// A run could not be driven.
    #[error(transparent)]
    Run(#[from] crate::engine::Error),
    /// Another tracker gave no answer.
    #[error(transparent)]
    OtherTracker(#[from] crate::remote::Error),
    /// The rules say no.
    #[error("{0}")]
    Refused(Refusal),
    /// Somebody else has moved the branch that was to be written to.
    #[error("`{0}` has moved on again and again")]
    BranchMoved(String),
    /// A vote was to cover what the voter has not seen.
    #[error("`{id}` is not what you saw any more: {what}")]
    Unseen {
        /// The task.
        id: String,
        /// What has changed.
        what: String,
        /// The command that shows it.
        look: Suggestion,
    },
    /// Documents that the verb needs are broken.
    #[error("{}", .0.first().map_or_else(|| "a document is broken".to_owned(), ToString::to_string))]
    Broken(Vec<Problem>),
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

    /// Makes the error of a state in which something cannot be done, with a hint.
    pub fn wrong_state(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::WrongState { message: message.into(), hint: Some(hint.into()) }
    }

    /// Makes the error of a name that nothing has.
    pub fn not_found(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::NotFound { message: message.into(), hint: hint.into() }
    }

    /// Makes the closure that turns an I/O error into one that names the action, such as `read`, and the path.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let error = store::Error::io(action, path.to_path_buf());
        move |source| Self::Store(error(source))
    }

    /// Makes a refusal with one reason.
    pub fn refused(attempt: Attempt, reason: impl Into<Reason>) -> Self {
        Self::Refused(Refusal::because(attempt, reason))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<git::Error> for Error {
    fn from(error: git::Error) -> Self {
        Self::Store(error.into())
    }
}
