//! Context to text, through templates, pure.
//!
//! A report is built in two steps: plain data first (a context that can be printed as JSON and is the same for the
//! same tasks), then a template that lays it out. Teams override the template, not the code. Templates come from a
//! repository and are not trusted: they reach no file, their steps, depth and output are limited.
//!
//! A report is a row of [`REPORTS`], its template in `templates/reports/` and a file here that builds its context.

pub mod cards;
pub(crate) mod charts;
pub(crate) mod closing;
mod error;
mod render;
pub mod review;
pub mod sprint;

use chrono::NaiveDate;
use serde::Serialize;

pub use error::Error;

use crate::model::{Status, Task};

/// A report that `tracker report` renders.
#[derive(Debug)]
pub struct Report {
    /// What is typed after `tracker report`.
    pub name: &'static str,
    /// What it is, as help says it.
    pub about: &'static str,
    /// The built-in template.
    template: &'static str,
    /// Builds what the template lays out.
    context: fn(&ReportInput<'_>) -> Context,
}

/// The reports, in the order of the help.
pub static REPORTS: [Report; 1] = [Report {
    name: "cards",
    about: "All tasks as cards",
    template: include_str!("../../templates/reports/cards.md.j2"),
    context: |input| Context::of(&cards::CardsContext::of(input)),
}];

/// What reports are made of.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// All tasks, each with its derived status.
    pub tasks: &'a [(&'a Task, Status)],
    /// The title that the configuration gives its reports.
    pub title: Option<&'a str>,
    /// The project's name.
    pub project: Option<&'a str>,
    /// The day on which the report is written.
    pub today: NaiveDate,
}

/// The data of a report, ready for its template and for JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Context(minijinja::Value);

impl Context {
    fn of(data: &impl Serialize) -> Self {
        Self(minijinja::value::Serde(data).into())
    }
}

impl Report {
    /// Returns the report that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        REPORTS.iter().find(|report| report.name == name)
    }

    /// Returns the name of the template, which a team's own in `.tracker/templates/` has, too.
    #[must_use]
    pub fn template_name(&self) -> String {
        format!("{}.md.j2", self.name)
    }

    /// Builds the report's data.
    #[must_use]
    pub fn context(&self, input: &ReportInput<'_>) -> Context {
        (self.context)(input)
    }

    /// Lays out the data by the built-in template, or by a team's own in its place.
    ///
    /// # Errors
    /// Whatever is wrong with a template, with its line and what to do.
    pub fn render(&self, own_template: Option<&str>, context: &Context) -> Result<String, Error> {
        render::render(&self.template_name(), own_template.unwrap_or(self.template), context.0.clone())
    }
}
