//! `list`: the tasks that match a query.

use std::cell::Cell;

use schemars::JsonSchema;
use serde::Serialize;

use super::in_flight::{add_flights, in_flight_of};
use super::select::{Selector, read_query};
use super::view::TaskLine;
use super::{Result, Session};
use crate::model::{Problem, Summary};

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// Empty for every open task.
    pub query: String,
    /// Include closed tasks also where the query says nothing of them.
    pub all: bool,
    /// Sort order; the default one if none.
    pub sort: Option<String>,
    /// Maximum number of tasks.
    pub limit: Option<usize>,
}

/// Tasks that match.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Listing {
    /// The query in its canonical form.
    pub query: String,
    /// The tasks, in order.
    pub tasks: Vec<TaskLine>,
    /// How many match, those beyond the limit included.
    pub matched: usize,
    /// How many closed tasks were left out that match: the query says nothing of them.
    pub hidden: usize,
}

/// Lists tasks; what cannot be read is among the problems.
pub fn list(session: &Session<'_>, request: &ListRequest) -> Result<(Listing, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (query, sort) = read_query(session, &config, &request.query, request.sort.as_deref())?;
    let tasks = session.snapshot().tasks()?;
    let hides_closed = !request.all && !query.is_about_closing();
    let hidden = Cell::new(0);
    let selector = Selector { session, config: &config, query: &query };
    let is_listed = |task: &Summary<'_>| {
        let is_hidden = hides_closed && task.is_closed();
        hidden.set(hidden.get() + usize::from(is_hidden && selector.matches(task, None)));
        !is_hidden
    };
    let mut selection = selector.among(&tasks, &mut problems, is_listed)?;
    selection.sort(&sort);
    let matched = selection.matching.len();
    let shown = &selection.matching[..matched.min(request.limit.unwrap_or(usize::MAX))];
    let mut tasks = selection.lines(shown);
    add_flights(&in_flight_of(session), &mut tasks);
    Ok((Listing { query: query.to_string(), tasks, matched, hidden: hidden.get() }, problems))
}
