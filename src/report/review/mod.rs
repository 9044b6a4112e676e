//! A review in the forms that others read: a comment in a pull request, annotations, dashboards. Pure.
//!
//! Titles, paths, subjects and notes come from a repository, and whoever opens a pull request wrote them: each form
//! has one place where they are made harmless, and nothing gets into it another way.
//!
//! A format is a file here and a row of [`FORMATS`]: the options of the commands, their help and the tests follow from it.

pub(super) mod escape;
mod fingerprint;
mod github;
mod gitlab;
mod junit;
mod markdown;
mod sarif;

pub(crate) use markdown::{MARKER, markdown_failure};
pub use markdown::{brief, markdown};

use escape::visible;

use crate::model::RecordKind;
use crate::review::{Review, Violation};

/// A format in which other programs read a review.
#[derive(Debug)]
pub struct ReviewFormat {
    /// What is typed after `--format`.
    pub name: &'static str,
    /// What it is for, as help says it.
    pub about: &'static str,
    /// Makes the text.
    pub render: fn(&Review) -> String,
    /// Makes the description of a pull request, without the verdict.
    pub render_brief: Option<fn(&Review) -> String>,
    /// Whether the text shows how many lines were changed, which have to be counted then.
    pub counts_lines: bool,
    /// Says why nothing could be judged, for a runner that shows on a pull request only what stdout says. Such a runner
    /// obeys lines of stderr, too.
    pub failure: Option<fn(&Failure<'_>) -> String>,
}

/// Why nothing could be judged.
#[derive(Debug)]
pub struct Failure<'a> {
    /// The command that failed.
    pub title: &'a str,
    /// File and line, where it is about one.
    pub place: Option<(&'a str, Option<usize>)>,
    /// What is wrong, and what to do.
    pub lines: &'a [&'a str],
}

/// The formats, in the order of the help.
pub static FORMATS: [ReviewFormat; 5] = [
    ReviewFormat {
        name: "markdown",
        about: "A comment for a pull request, to be updated in place",
        render: markdown,
        render_brief: Some(brief),
        counts_lines: true,
        failure: None,
    },
    ReviewFormat {
        name: "github",
        about: "Annotations of the files of a pull request, and the summary of the step",
        render: github::github,
        render_brief: None,
        counts_lines: true,
        failure: Some(github::failure),
    },
    ReviewFormat {
        name: "sarif",
        about: "Code scanning",
        render: sarif::sarif,
        render_brief: None,
        counts_lines: false,
        failure: None,
    },
    ReviewFormat {
        name: "junit",
        about: "Test reports",
        render: junit::junit,
        render_brief: None,
        counts_lines: false,
        failure: None,
    },
    ReviewFormat {
        name: "gitlab",
        about: "Code quality reports of GitLab",
        render: gitlab::gitlab,
        render_brief: None,
        counts_lines: false,
        failure: None,
    },
];

/// Returns the summary of a violation, and after `lead` what fixes it; neither longer than `longest`.
fn with_suggestion(violation: &Violation, lead: &str, longest: usize) -> String {
    let summary = visible(&violation.summary(), longest);
    match &violation.suggestion {
        Some(fix) => format!("{summary}{lead}{}", visible(&fix.to_string(), longest)),
        None => summary,
    }
}

/// Returns the file and line that a violation is shown at. What is about no file is shown at its task's, or at the
/// policy: a place that the forge knows, since it drops what has none.
fn place(violation: &Violation) -> (String, usize) {
    match (&violation.file, &violation.task) {
        (Some(file), _) => (file.clone(), violation.line.unwrap_or(1).max(1)),
        (None, Some(task)) => (format!("{}/{task}.md", RecordKind::Task.folder()), 1),
        (None, None) => (RecordKind::Config.file().to_owned(), 1),
    }
}
