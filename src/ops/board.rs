//! `board`: tasks in columns by stage, and the counts over all of them.

use schemars::JsonSchema;
use serde::Serialize;

use super::claims::{add_claims, claims_of};
use super::in_flight::{add_flights, in_flight_of};
use super::select::{Selector, read_query};
use super::sync::add_links;
use super::view::TaskLine;
use super::{Result, Session};
use crate::model::{Problem, Stage};
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
}

/// One column.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BoardColumn {
    /// The stage.
    pub stage: String,
    /// By priority; without cancelled ones.
    pub tasks: Vec<TaskLine>,
}

/// Counts the tasks that match a query.
pub fn counts(session: &Session<'_>, text: &str) -> Result<Metrics> {
    let (config, mut problems) = session.config_or_default();
    let (query, _) = read_query(session, &config, text, None)?;
    let tasks = session.snapshot().tasks()?;
    let selector = Selector { session, config: &config, query: &query };
    let selection = selector.among(&tasks, &mut problems, |_| true)?;
    Ok(selection.derived.metrics_of(selection.matching.iter().copied()))
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
    let is_required = config.stages.values().any(|rules| !rules.signoffs.is_empty());
    let has_signoffs = is_required || metrics.qa_approved > 0;
    Ok((Board { query: query.to_string(), metrics, has_signoffs, columns }, problems))
}
