//! The overview: counts, and cards of tasks in parts. And the board.

use serde::Serialize;

use super::Made;
use super::address::Overview;
use super::frame::Frame;
use super::render::render;
use crate::model::{Badge, Problem};
use crate::ops::{self, ErrorReport, OverviewRequest, Session, TaskLine};
use crate::policy::Metrics;

/// How many cards a page has.
pub(super) const CARDS: usize = 60;
/// How many cards a column of the board has: more than anybody looks through.
const IN_COLUMN: usize = 60;

#[derive(Debug, Serialize)]
struct OverviewView<'v, T> {
    metrics: &'v Metrics,
    tabs: Vec<Tab>,
    badge: Option<&'static str>,
    query: &'v str,
    tasks: &'v [T],
    matched: usize,
    /// The part that is shown, counted from 0, and how many there are.
    part: usize,
    parts: usize,
    problems: Vec<String>,
}

/// A choice of cards by their badge.
#[derive(Debug, Serialize)]
struct Tab {
    badge: Option<&'static str>,
    label: &'static str,
    count: usize,
}

/// Returns how many tasks have a badge.
fn count(metrics: &Metrics, badge: Badge) -> usize {
    match badge {
        Badge::Pending => metrics.pending,
        Badge::InProgress => metrics.in_progress,
        Badge::AwaitingQa => metrics.awaiting_qa,
        Badge::IssuesFound => metrics.issues_found,
        Badge::ReadyToFinalise => metrics.ready_to_finalise,
        Badge::Done => metrics.done,
        Badge::QaApproved => metrics.qa_approved,
    }
}

/// Returns the tabs: those of badges that some task has.
fn tabs(metrics: &Metrics) -> Vec<Tab> {
    let all = Tab { badge: None, label: "all", count: metrics.total };
    let tab = |badge: Badge| Tab {
        badge: Some(badge.as_str()),
        label: badge.label(),
        count: count(metrics, badge),
    };
    let used = Badge::ALL.into_iter().map(tab).filter(|tab| tab.count > 0);
    std::iter::once(all).chain(used).collect()
}

/// Writes problems of documents for a page.
pub(super) fn in_words(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

pub(super) fn overview(session: &Session<'_>, shown: &Overview, frame: &Frame) -> Made {
    let request = OverviewRequest {
        query: shown.query.clone(),
        badge: shown.badge,
        skip: shown.part.saturating_mul(CARDS),
        limit: Some(CARDS),
    };
    let (found, problems) = ops::overview(session, &request).map_err(ErrorReport::from)?;
    part(shown, (&found.metrics, &problems), (&found.tasks, found.matched), frame)
}

/// Lays out one part of an overview of all tasks, which were read once for all of its parts.
pub(super) fn part_of(all: &ops::Overview, problems: &[Problem], shown: &Overview, frame: &Frame) -> Made {
    let with_badge = || all.tasks.iter().filter(|task| shown.badge.is_none_or(|badge| task.badge == badge));
    let cards: Vec<&TaskLine> = with_badge().skip(shown.part.saturating_mul(CARDS)).take(CARDS).collect();
    part(shown, (&all.metrics, problems), (&cards, with_badge().count()), frame)
}

fn part(
    shown: &Overview,
    (metrics, problems): (&Metrics, &[Problem]),
    (tasks, matched): (&[impl Serialize], usize),
    frame: &Frame,
) -> Made {
    let view = OverviewView {
        tabs: tabs(metrics),
        metrics,
        badge: shown.badge.map(Badge::as_str),
        query: &shown.query,
        tasks,
        matched,
        part: shown.part,
        parts: matched.div_ceil(CARDS).max(1),
        problems: in_words(problems),
    };
    render("overview.html", ("Overview", "overview"), frame, &view)
}

#[derive(Debug, Serialize)]
struct BoardView<'v> {
    query: &'v str,
    columns: Vec<Column>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Column {
    stage: String,
    count: usize,
    tasks: Vec<TaskLine>,
    more: usize,
}

pub(super) fn board(session: &Session<'_>, query: &str, frame: &Frame) -> Made {
    let (board, problems) = ops::board(session, query).map_err(ErrorReport::from)?;
    let column = |column: ops::BoardColumn| {
        let (stage, count, mut tasks) = (column.stage, column.tasks.len(), column.tasks);
        tasks.truncate(IN_COLUMN);
        Column { stage, count, more: count - tasks.len(), tasks }
    };
    let columns = board.columns.into_iter().map(column).collect();
    let view = BoardView { query, columns, problems: in_words(&problems) };
    render("board.html", ("Board", "board"), frame, &view)
}
