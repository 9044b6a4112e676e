//! Why a report could not be rendered.

use minijinja::ErrorKind;

/// An error of a template.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template is wrong, or uses what it may not have.
    #[error("{}: {message}", place(.template, *.line))]
    Template {
        /// The template's file name.
        template: String,
        /// Line of the template, counted from 1, where it is known.
        line: Option<usize>,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
}

fn place(template: &str, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("template `{template}`, line {line}"),
        None => format!("template `{template}`"),
    }
}

impl Error {
    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Template { hint, .. } => hint.clone(),
        }
    }

    /// Copies what an error of the template engine says.
    pub(super) fn of(error: &minijinja::Error, template: &str) -> Self {
        let what = error.kind().to_string();
        let message = match error.detail() {
            Some(detail) if detail.starts_with(&what) => detail.to_owned(),
            Some(detail) => format!("{what}: {detail}"),
            None => what,
        };
        let hint = match error.kind() {
            ErrorKind::UndefinedError => "the names a template can use are printed by `--context`",
            ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest => {
                "templates have MiniJinja's own filters and functions, and the filter `line`"
            }
            ErrorKind::TemplateNotFound | ErrorKind::BadInclude => {
                "a report is one file: it includes no other"
            }
            ErrorKind::OutOfFuel => "the template takes too many steps; look for loops inside loops",
            ErrorKind::WriteFailure => "the report is longer than 256 MiB; look for loops inside loops",
            _ => "fix the template, or delete it to use the built-in one",
        };
        Self::Template { template: template.to_owned(), line: error.line(), message, hint: hint.to_owned() }
    }
}
