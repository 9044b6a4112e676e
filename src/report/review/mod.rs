//! A review in the forms that others read: a comment in a pull request, annotations, dashboards. Pure.
//!
//! Titles, paths, subjects and notes come from a repository, and whoever opens a pull request wrote them: each form
//! has one place where they are made harmless, and nothing gets into it another way.

mod escape;
mod fingerprint;
mod github;
mod gitlab;
mod junit;
mod markdown;
mod sarif;

pub use github::{github, github_stop};
pub use gitlab::gitlab;
pub use junit::junit;
pub use markdown::{brief, markdown};
pub use sarif::sarif;

use crate::model::RecordKind;
use crate::review::Violation;

/// Returns the file and line that a violation is shown at. What is about no file is shown at its task's, or at the
/// policy: a place that the forge knows, since it drops what has none.
fn place(violation: &Violation) -> (String, usize) {
    match (&violation.file, &violation.task) {
        (Some(file), _) => (file.clone(), violation.line.unwrap_or(1).max(1)),
        (None, Some(task)) => (format!("{}/{task}.md", RecordKind::Task.folder()), 1),
        (None, None) => (RecordKind::Config.file().to_owned(), 1),
    }
}
