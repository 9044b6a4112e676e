//! `queue`: the tasks that are ready to start, by priority.

use super::claims::{add_claims, claims_of, is_claimed};
use super::in_flight::in_flight_of;
use super::plan::tasks_held_back;
use super::run::queued_of_run;
use super::select::{Selector, read_query};
use super::{Listing, Result, Session, TaskLine};
use crate::model::{Problem, Status, is_of_another, sort_by_first_to_do};

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct QueueRequest {
    /// Empty for all.
    pub query: String,
    /// Maximum number of tasks.
    pub limit: Option<usize>,
    /// Only tasks of this task run, those that have begun too.
    pub run: Option<String>,
}

/// Lists the tasks of the queue that a person may start without force: those of nobody else.
pub(super) fn queue_for(
    session: &Session<'_>,
    query: &str,
    person: &str,
) -> Result<(Vec<TaskLine>, Vec<Problem>)> {
    let request = QueueRequest { query: query.to_owned(), ..QueueRequest::default() };
    let (mut listing, problems) = queue(session, &request)?;
    listing.tasks.retain(|task| !is_of_another(task.assignee.as_deref(), person));
    Ok((listing.tasks, problems))
}

/// Lists tasks that are neither closed nor blocked nor begun, here or elsewhere, and whose dependencies are complete; by
/// priority, then age. What is in a plan that nobody has approved waits for that. Of a task run all that can be worked on are listed, in whatever stage they are.
pub fn queue(session: &Session<'_>, request: &QueueRequest) -> Result<(Listing, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (query, _) = read_query(session, &config, &request.query, None)?;
    let tasks = session.snapshot().tasks()?;
    let selector = Selector { session, config: &config, query: &query };
    let run = request.run.as_deref().map(|run| queued_of_run(session, run, &mut problems)).transpose()?;
    let selection = selector.among(&tasks, &mut problems, |task| !task.is_closed())?;
    let mut is_selected = vec![false; selection.summaries.len()];
    selection.matching.iter().for_each(|&at| is_selected[at] = true);
    let mut queue = match &run {
        None => selection.derived.queue(&selection.summaries),
        Some((_, true)) => Vec::new(),
        Some((run, false)) => {
            let is_free = |&at: &usize| {
                selection.summaries[at].run == Some(run)
                    && selection.derived.facts[at].status != Status::Blocked
            };
            let mut free: Vec<usize> = (0..selection.summaries.len()).filter(is_free).collect();
            sort_by_first_to_do(&mut free, &selection.summaries);
            free
        }
    };
    queue.retain(|&at| is_selected[at]);
    let in_flight = in_flight_of(session);
    queue.retain(|&at| {
        let task = &selection.summaries[at];
        in_flight.of(task.id, task.since_at()).is_empty()
    });
    let (claims, now) = (claims_of(session), session.env().now());
    let before = queue.len();
    if !claims.is_empty() {
        queue.retain(|&at| !is_claimed(&claims, &selection.summaries[at], now));
    }
    let claimed = Some(before - queue.len()).filter(|count| *count > 0);
    let mut held = None;
    if run.is_none() {
        let tasks = tasks_held_back(session, &config)?;
        let before = queue.len();
        queue.retain(|&at| !tasks.contains(selection.summaries[at].id));
        held = Some(before - queue.len()).filter(|count| *count > 0);
    }
    let matched = queue.len();
    queue.truncate(request.limit.unwrap_or(usize::MAX));
    let mut tasks = selection.lines(&queue);
    add_claims(session, &claims, &mut tasks);
    let query = query.to_string();
    Ok((Listing { query, tasks, matched, hidden: 0, held, claimed, tree: None }, problems))
}
