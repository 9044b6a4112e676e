//! `board`: tasks in columns by stage, and the counts over all of them. And the same tasks as one list, in parts.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::claims::{add_claims, claims_of};
use super::in_flight::{add_flights, add_work, in_flight_of};
use super::select::{Selector, read_query};
use super::signoffs::{FindingView, open_findings};
use super::sync::add_links;
use super::view::TaskLine;
use super::{Result, Session};
use crate::model::{Badge, Problem, Stage};
use crate::policy::{Metrics, stage_order};

/// The board.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Board {
    /// The query in its canonical form.
    pub query: String,
    /// Counts over all tasks that match.
    pub metrics: Metrics,
    /// Whether some stage requires sign-offs, or a task has earned them: elsewhere a board does not speak of QA.
    pub has_signoffs: bool,
    /// A column for each stage, `none` first and `complete` last.
    pub columns: Vec<BoardColumn>,
    /// The open findings of the tasks in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingView>,
}

/// One column.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BoardColumn {
    /// The stage.
    pub stage: String,
    /// By priority; without cancelled ones.
    pub tasks: Vec<TaskLine>,
}

/// Which tasks an overview shows.
#[derive(Debug, Clone, Default)]
pub struct OverviewRequest {
    /// The query; empty for every task, closed ones included.
    pub query: String,
    /// Only tasks with this badge. They are counted whatever their badge.
    pub badge: Option<Badge>,
    /// How many of the tasks to leave out at the beginning.
    pub skip: usize,
    /// Maximum number of tasks.
    pub limit: Option<usize>,
}

/// Counts over the tasks that match a query, and some of them.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Counts over all tasks that match, whatever their badge.
    pub metrics: Metrics,
    /// The tasks that were requested, in order.
    pub tasks: Vec<TaskLine>,
    /// How many match and have the badge.
    pub matched: usize,
}

/// Counts the tasks that match a query, and returns those that were requested.
pub fn overview(session: &Session<'_>, request: &OverviewRequest) -> Result<(Overview, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (query, sort) = read_query(session, &config, &request.query, None)?;
    let tasks = session.snapshot().tasks()?;
    let selector = Selector { session, config: &config, query: &query };
    let mut selection = selector.among(&tasks, &mut problems, |_| true)?;
    let metrics = selection.derived.metrics_of(selection.matching.iter().copied());
    if let Some(badge) = request.badge {
        let facts = &selection.derived.facts;
        selection.matching.retain(|&at| facts[at].badge == badge);
    }
    selection.sort(&sort);
    let matched = selection.matching.len();
    let from = request.skip.min(matched);
    let to = request.limit.map_or(matched, |limit| matched.min(from.saturating_add(limit)));
    let mut tasks = selection.lines(&selection.matching[from..to]);
    add_work(session, &mut tasks);
    Ok((Overview { metrics, tasks, matched }, problems))
}

/// Adds which items of other trackers the tasks are linked to: a file is read for each that is.
pub fn add_board_links(session: &Session<'_>, board: &mut Board) {
    board.columns.iter_mut().for_each(|column| add_links(session, &mut column.tasks));
}

/// Returns the tasks that match a query by stage.
pub fn board(session: &Session<'_>, text: &str) -> Result<(Board, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (query, sort) = read_query(session, &config, text, None)?;
    let tasks = session.snapshot().tasks()?;
    let selector = Selector { session, config: &config, query: &query };
    let mut selection = selector.among(&tasks, &mut problems, |_| true)?;
    let metrics = selection.derived.metrics_of(selection.matching.iter().copied());
    selection.sort(&sort);
    let summaries = &selection.summaries;
    let shown: Vec<usize> =
        selection.matching.iter().copied().filter(|&at| summaries[at].cancelled.is_none()).collect();
    let mut stages: Vec<&str> = [Stage::NONE].into_iter().chain(stage_order(&config)).collect();
    for &at in &shown {
        // A stage that no pipeline has still shows its tasks.
        if !stages.contains(&summaries[at].stage) && summaries[at].stage != Stage::COMPLETE {
            stages.push(summaries[at].stage);
        }
    }
    stages.push(Stage::COMPLETE);
    let (in_flight, claims) = (in_flight_of(session), claims_of(session));
    let column = |stage: &str| {
        let inside: Vec<usize> = shown.iter().copied().filter(|&at| summaries[at].stage == stage).collect();
        let mut tasks = selection.lines(&inside);
        add_flights(&in_flight, &mut tasks);
        add_claims(session, &claims, &mut tasks);
        BoardColumn { stage: stage.to_owned(), tasks }
    };
    let columns = stages.into_iter().map(column).collect();
    let ids: BTreeSet<&str> = shown.iter().map(|&at| summaries[at].id).collect();
    let (findings, broken) = open_findings(session, &config, |id| ids.contains(id))?;
    for problem in broken {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let is_required = config.stages.values().any(|rules| !rules.signoffs.is_empty());
    let has_signoffs = is_required || metrics.qa_approved > 0;
    Ok((Board { query: query.to_string(), metrics, has_signoffs, columns, findings }, problems))
}
