//! Other trackers as they are reached: by a program that speaks JSON lines, as a table of a database, or as the
//! issues of a repository. What they answer is untrusted: an item that
//! cannot be read is named and passed over, and an answer that stops in the middle is none.

mod github;
mod map;
#[cfg(feature = "postgres")]
mod postgres;
mod program;
mod protocol;

#[cfg(feature = "postgres")]
pub(crate) use self::postgres::{PostgresPlace, PostgresRemote, RowCount, TableSettings, read_env_file};
pub(crate) use github::{
    CheckResult, Comment, GateStatus, GithubPlace, GithubRemote, GithubSettings, PullRequest, Review,
    ReviewState,
};
pub(crate) use map::StatusMap;
pub(crate) use program::ProgramRemote;

/// Maximum length of a message of another tracker that is repeated, in characters.
const LONGEST_REASON: usize = 300;

/// Returns a text of another tracker as one that can be repeated in an error.
fn repeated(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect()
}

/// Why another tracker gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program could not be run.
    #[error(transparent)]
    Process(#[from] crate::process::Error),
    /// It ended with an error.
    #[error("`{name}` cannot {action}: {why}")]
    Failed {
        /// The other tracker.
        name: String,
        /// What it was to do.
        action: &'static str,
        /// What it printed about that.
        why: String,
    },
    /// Something has to be set up first, or waited for.
    #[error("{why} (`{name}`)")]
    Unready {
        /// The other tracker.
        name: String,
        /// What is missing.
        why: String,
        /// What to do.
        hint: String,
    },
}
