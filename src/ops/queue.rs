//! `queue`: what can be worked on now, first things first.

use super::list::{Listing, lines, matching, read_query};
use super::{Result, Session};
use crate::model::Problem;
use crate::policy::derive;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct QueueRequest {
    /// A query that narrows it; empty for all that can be worked on.
    pub query: String,
    /// At most so many.
    pub limit: Option<usize>,
}

/// Lists what can be worked on: neither closed nor blocked, all dependencies done; by priority, then age.
pub fn queue(session: &Session<'_>, request: &QueueRequest) -> Result<(Listing, Vec<Problem>)> {
    let (config, mut problems) = session.snapshot().config_or_default();
    let query = read_query(session, &config, &request.query)?;
    let tasks = session.snapshot().tasks()?;
    let (summaries, found) = tasks.read();
    problems.extend(found);
    let derived = derive(&summaries, &config);
    let mut is_chosen = vec![false; summaries.len()];
    for at in matching(session, &query, &summaries, &derived) {
        is_chosen[at] = true;
    }
    let mut chosen = derived.queue(&summaries);
    chosen.retain(|&at| is_chosen[at]);
    let matched = chosen.len();
    chosen.truncate(request.limit.unwrap_or(usize::MAX));
    let tasks = lines(&chosen, &summaries, &derived);
    Ok((Listing { query: query.to_string(), tasks, matched, hidden: 0 }, problems))
}
