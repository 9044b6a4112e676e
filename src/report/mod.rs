//! Context to text, through templates, pure.
//!
//! A report is built in two steps: plain data first (a context that can be printed as JSON and is the same for the
//! same records), then a template that lays it out. Teams override the template, not the code. Templates come from a
//! repository and are not trusted: they reach no file, their steps, depth and output are limited.
//!
//! A report is a row of [`REPORTS`] and its template in `templates/reports/`; `ops::report` gathers its data. Every
//! report is laid out as Markdown. As HTML it is that Markdown in a page, or, where a report has pictures, a template of
//! its own.

pub mod cards;
pub(crate) mod charts;
pub(crate) mod checklist;
pub(crate) mod closing;
pub(crate) mod director;
mod error;
pub(crate) mod graph;
pub(crate) mod listing;
mod page;
mod render;
pub mod review;
pub mod sprint;

use chrono::NaiveDate;
use serde::Serialize;

pub use error::Error;
pub(crate) use page::html_of;

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// Tasks as cards.
    Cards,
    /// Tasks by stage.
    Board,
    /// What became of a sprint.
    Sprint,
    /// What a sprint is to do.
    Plan,
    /// All closed sprints side by side.
    History,
    /// What happened.
    Activity,
    /// What somebody who takes the work over has to know.
    Handoff,
    /// What was learnt of a sprint.
    Postmortem,
    /// What was delivered.
    Changelog,
}

/// What a report can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportScope {
    /// It is of everything.
    Whole,
    /// It is of one sprint: the one that is named, else the one that is active.
    Sprint,
    /// It is of everything, or of the sprint that is named.
    MaybeSprint,
    /// It is of what happened since a moment.
    Since,
}

/// A report that `tracker report` renders.
#[derive(Debug)]
pub struct Report {
    /// Which it is.
    pub kind: ReportKind,
    /// What is typed after `tracker report`.
    pub name: &'static str,
    /// What it is, as help says it.
    pub about: &'static str,
    /// What it can be narrowed to.
    pub scope: ReportScope,
    /// The built-in template of the Markdown.
    markdown: &'static str,
    /// The built-in template of the page, where it is more than the Markdown.
    html: Option<&'static str>,
}

macro_rules! reports {
    ($($kind:ident $name:literal $scope:ident $about:literal $html:expr;)*) => {
        [$(Report {
            kind: ReportKind::$kind,
            name: $name,
            about: $about,
            scope: ReportScope::$scope,
            markdown: include_str!(concat!("../../templates/reports/", $name, ".md.j2")),
            html: $html,
        },)*]
    };
}

/// The reports, in the order of the help.
pub static REPORTS: [Report; 9] = reports! {
    Cards "cards" MaybeSprint "Tasks as cards, of all or of a sprint" None;
    Board "board" MaybeSprint "Tasks by stage, with the counts over all" None;
    Sprint "sprint" Sprint "Figures, tasks and charts of a sprint"
        Some(include_str!("../../templates/reports/sprint.html.j2"));
    Plan "plan" Sprint "Plan of a sprint: goal, capacity, tasks in order" None;
    History "history" Whole "All closed sprints, with their main figures" None;
    Activity "activity" Since "What happened, by task and by person" None;
    Handoff "handoff" Since "What whoever takes over has to know" None;
    Postmortem "postmortem" Sprint "Postmortem of a sprint" None;
    Changelog "changelog" MaybeSprint "What was delivered, made of tasks" None;
};

/// The form that a report is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReportFormat {
    /// Markdown.
    #[default]
    Markdown,
    /// One page that needs nothing else.
    Html,
}

/// A team's own templates, which take the place of the built-in ones.
#[derive(Debug, Clone, Default)]
pub struct OwnTemplates {
    /// Of the Markdown.
    pub markdown: Option<String>,
    /// Of the page.
    pub html: Option<String>,
}

impl OwnTemplates {
    /// Whether the built-in ones are taken.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.markdown.is_none() && self.html.is_none()
    }
}

/// The data of a report, ready for its template and for JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Context(minijinja::Value);

impl Context {
    /// Takes plain data.
    pub fn of(data: &dyn erased_serde::Serialize) -> Self {
        Self(minijinja::value::Serde(data).into())
    }
}

impl Report {
    /// Returns the report that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        REPORTS.iter().find(|report| report.name == name)
    }

    /// Returns the report of this kind.
    #[must_use]
    pub fn of(kind: ReportKind) -> &'static Self {
        REPORTS.iter().find(|report| report.kind == kind).expect("every kind has its row")
    }

    /// Returns the names of the templates, which a team's own in `.tracker/templates/` have, too: of the Markdown and of
    /// the page.
    #[must_use]
    pub fn template_names(&self) -> [String; 2] {
        [format!("{}.md.j2", self.name), format!("{}.html.j2", self.name)]
    }

    /// Lays out the data by the built-in template, or by a team's own in its place. A team's own Markdown makes the page,
    /// too, unless the team has a template of the page.
    ///
    /// # Errors
    /// Whatever is wrong with a template, with its line and what to do.
    pub fn render(
        &self,
        format: ReportFormat,
        own: &OwnTemplates,
        context: &Context,
    ) -> Result<String, Error> {
        let [markdown_name, html_name] = self.template_names();
        if format == ReportFormat::Html {
            let built_in = self.html.filter(|_| own.markdown.is_none());
            if let Some(template) = own.html.as_deref().or(built_in) {
                return render::render(&html_name, template, context.0.clone());
            }
        }
        let template = own.markdown.as_deref().unwrap_or(self.markdown);
        let text = render::render(&markdown_name, template, context.0.clone())?;
        match format {
            ReportFormat::Markdown => Ok(text),
            ReportFormat::Html => page::of_markdown(&text, self.about),
        }
    }
}

/// What cards are made of.
#[derive(Debug, Clone, Copy)]
pub struct CardsInput<'a> {
    /// The tasks, in any order.
    pub tasks: &'a [cards::CardInput<'a>],
    /// The title that the configuration gives its reports.
    pub title: Option<&'a str>,
    /// The project's name.
    pub project: Option<&'a str>,
    /// The day on which the report is written.
    pub today: NaiveDate,
}
