//! Sprints: all of them, and one with its numbers and charts.

use serde::Serialize;

use super::Made;
use super::frame::Frame;
use super::overview::in_words;
use super::render::render;
use crate::ops::{self, ErrorReport, Session, SprintShown, SprintStatus};
use crate::report::charts::Chart;
use crate::report::sprint::{FigureGroup, groups};

pub(super) fn sprints(session: &Session<'_>, frame: &Frame) -> Made {
    let mut listing = ops::list_sprints(session).map_err(ErrorReport::from)?;
    listing.sprints.reverse();
    render("sprints.html", ("Sprints", "sprints"), frame, &listing)
}

#[derive(Debug, Serialize)]
struct SprintPage {
    shown: SprintShown,
    status: Option<SprintStatus>,
    figures: Vec<FigureGroup>,
    charts: Vec<Picture>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Picture {
    title: String,
    description: String,
    svg: String,
}

pub(super) fn sprint(session: &Session<'_>, name: &str, frame: &Frame) -> Made {
    let shown = ops::show_sprint(session, Some(name)).map_err(ErrorReport::from)?;
    let name = Some(shown.line.id.as_str());
    // Before its start there is neither.
    let (status, mut problems) = match ops::sprint_status(session, name) {
        Ok((status, problems)) => (Some(status), in_words(&problems)),
        Err(_) => (None, Vec::new()),
    };
    let charts = match ops::sprint_charts(session, name) {
        Ok((charts, found)) => {
            problems.extend(in_words(&found));
            charts.charts
        }
        Err(_) => Vec::new(),
    };
    let picture =
        |chart: Chart| Picture { svg: chart.svg(), title: chart.title, description: chart.description };
    let charts = charts.into_iter().map(picture).collect();
    let numbers = status.as_ref().and_then(|status| status.numbers.as_ref());
    let figures = numbers.map(groups).unwrap_or_default();
    problems.dedup();
    let title = shown.line.id.clone();
    let view = SprintPage { shown, status, figures, charts, problems };
    render("sprint.html", (&title, "sprints"), frame, &view)
}
