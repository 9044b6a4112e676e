//! Templates of pages, and what they call.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::frame::Frame;
use super::history::History;
use crate::model::{Badge, Minutes, took};
use crate::ops::{ErrorKind, ErrorReport};
use crate::report::html_of;

/// A document.
pub(super) type Rendered = String;

/// The templates, by name.
const TEMPLATES: [(&str, &str); 18] = [
    ("layout.html", include_str!("../../templates/web/layout.html.j2")),
    ("parts.html", include_str!("../../templates/web/parts.html.j2")),
    ("overview.html", include_str!("../../templates/web/overview.html.j2")),
    ("board.html", include_str!("../../templates/web/board.html.j2")),
    ("task.html", include_str!("../../templates/web/task.html.j2")),
    ("inbox.html", include_str!("../../templates/web/inbox.html.j2")),
    ("reviews.html", include_str!("../../templates/web/reviews.html.j2")),
    ("review.html", include_str!("../../templates/web/review.html.j2")),
    ("sprints.html", include_str!("../../templates/web/sprints.html.j2")),
    ("sprint.html", include_str!("../../templates/web/sprint.html.j2")),
    ("plans.html", include_str!("../../templates/web/plans.html.j2")),
    ("plan.html", include_str!("../../templates/web/plan.html.j2")),
    ("runs.html", include_str!("../../templates/web/runs.html.j2")),
    ("run.html", include_str!("../../templates/web/run.html.j2")),
    ("graph.html", include_str!("../../templates/web/graph.html.j2")),
    ("fleet.html", include_str!("../../templates/web/fleet.html.j2")),
    ("projects.html", include_str!("../../templates/web/projects.html.j2")),
    ("error.html", include_str!("../../templates/web/error.html.j2")),
];

/// Returns the style that every chart brings along.
pub(crate) fn chart_style() -> &'static str {
    let chart = include_str!("../../templates/reports/chart.svg.j2");
    let style = chart.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    style.map_or("", |(style, _)| style)
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        // A field that is left out is none: asked after, never printed.
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the usual delimiters do not contradict each other"));
        environment.add_filter("time", |at: &str| Value::from_safe_string(time(at)));
        environment.add_filter("words", |word: &str| word.replace('_', " "));
        environment.add_filter("badge", badge);
        environment.add_filter("minutes", |minutes: u32| Minutes(minutes).to_string());
        environment.add_filter("millis", |millis: u64| took(millis));
        environment.add_filter("markdown", |text: &str| Value::from_safe_string(html_of(text).1));
        environment.add_filter("short", |id: &str| id.chars().take(8).collect::<String>());
        environment
            .add_filter("percent", |done: u64, total: u64| (done * 100).checked_div(total).unwrap_or(0));
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).expect("a test renders every template");
        }
        environment
    })
}

/// Writes text so that nothing in it is markup.
pub(crate) fn escaped(text: &str) -> String {
    minijinja::HtmlEscape(text).to_string()
}

/// Writes a time so that people and programs can read it; a script tells how long ago it is.
fn time(at: &str) -> String {
    match at.parse::<DateTime<Utc>>() {
        Ok(at) => {
            let exact = at.format("%Y-%m-%dT%H:%M:%SZ");
            format!("<time datetime=\"{exact}\">{} UTC</time>", at.format("%-d %b %Y %H:%M"))
        }
        // A day, or whatever else its file says.
        Err(_) => escaped(at),
    }
}

/// Returns the words of a badge.
fn badge(word: &str) -> String {
    let known = Badge::ALL.into_iter().find(|known| known.as_str() == word);
    known.map_or_else(|| word.to_owned(), |known| known.label().to_owned())
}

/// Lays out an answer by a template.
pub(super) fn render(
    template: &'static str,
    (title, active): (&str, &str),
    frame: &Frame,
    view: &dyn erased_serde::Serialize,
) -> Result<Rendered, ErrorReport> {
    let live = frame.live.as_ref();
    let here = frame.here.as_str();
    let context = context! {
        title, active,
        project => frame.project.as_str(),
        at => frame.at.as_deref(),
        history => live.and_then(|_| History::of(frame)).map(|history| Value::from(Serde(history))),
        is_live => live.is_some(),
        // As of a revision nobody can act.
        form_token => live.filter(|_| frame.at.is_none()).and_then(|live| live.form_token.as_deref()),
        // Where a form without scripts comes back to.
        here,
        // Every name in it is encoded.
        base => Value::from_safe_string(live.map(|live| live.base.clone()).unwrap_or_default()),
        known => live.map(|live| live.known.as_str()),
        person => live.map(|live| live.person.as_str()),
        link => frame.links(),
        view => Value::from(Serde(view)),
    };
    let rendered = environment().get_template(template).and_then(|template| template.render(context));
    rendered.map_err(|error| ErrorReport::new(ErrorKind::Template, error.to_string()))
}

/// Lays out why there is no other page.
pub(super) fn error(report: &ErrorReport, frame: &Frame) -> Result<Rendered, ErrorReport> {
    #[derive(Serialize)]
    struct View<'r> {
        message: &'r str,
        hints: &'r [String],
        reasons: &'r [crate::ops::ReasonView],
        caret: Option<String>,
    }
    let caret = report.caret.as_ref().map(|lines| lines.join("\n"));
    let view = View { message: &report.message, hints: &report.hints, reasons: &report.reasons, caret };
    render("error.html", ("Not shown", ""), frame, &view)
}
