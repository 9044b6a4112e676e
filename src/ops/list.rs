//! `list`: the tasks that a query asks for.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::TaskLine;
use super::{Result, Session};
use crate::doc::Document;
use crate::model::{Config, Problem, Summary, TaskId};
use crate::policy::{Derived, derive, stage_order};
use crate::query::{Context, Query, Sort, Subject};

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// The query; empty asks for every open task.
    pub query: String,
    /// Closed tasks too, where there is no query.
    pub all: bool,
    /// The order; the default one where left out.
    pub sort: Option<String>,
    /// At most so many.
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
    /// How many closed tasks were left out because there was no query.
    pub hidden: usize,
}

/// Lists tasks; what cannot be read is among the problems.
pub fn list(session: &Session<'_>, request: &ListRequest) -> Result<(Listing, Vec<Problem>)> {
    let (config, mut problems) = session.snapshot().config_or_default();
    let me = names(session, &request.query);
    let (me, stages): (Vec<&str>, _) = (me.iter().map(String::as_str).collect(), stage_order(&config));
    let context = Context { now: session.env().local_now(), me: &me, stages: &stages };
    let query = Query::parse(&request.query, &context)?;
    let sort =
        request.sort.as_deref().map_or_else(|| Ok(Sort::default()), |text| Sort::parse(text, &context))?;
    let tasks = session.snapshot().tasks()?;
    let (summaries, found) = tasks.read();
    problems.extend(found);
    let derived = derive(&summaries, &config);
    let mut chosen = matching(session, &query, &summaries, &derived);
    let before = chosen.len();
    if request.query.trim().is_empty() && !request.all {
        chosen.retain(|&at| !summaries[at].is_closed());
    }
    let hidden = before - chosen.len();
    let matched = chosen.len();
    order(&mut chosen, &sort, &summaries, &derived);
    chosen.truncate(request.limit.unwrap_or(usize::MAX));
    let listing =
        Listing { query: query.to_string(), tasks: lines(&chosen, &summaries, &derived), matched, hidden };
    Ok((listing, problems))
}

/// Reads a query against this tracker's stages and, where it asks for them, the user's own names.
pub(super) fn read_query(session: &Session<'_>, config: &Config, text: &str) -> Result<Query> {
    let me = names(session, text);
    let me: Vec<&str> = me.iter().map(String::as_str).collect();
    let stages = stage_order(config);
    let context = Context { now: session.env().local_now(), me: &me, stages: &stages };
    Ok(Query::parse(text, &context)?)
}

/// Returns the names the user goes by, where a query says "me": only then git is asked, which takes a moment.
fn names(session: &Session<'_>, query: &str) -> Vec<String> {
    let is_asked = query.contains("@me") || query.contains("mine");
    let ask = || session.workspace().repository().and_then(|found| Ok(found.identity(session.env())?));
    let Some(person) = is_asked.then(ask).and_then(|asked| asked.ok()) else { return Vec::new() };
    let local = person.email.split_once('@').map(|(local, _)| local.to_owned());
    local.into_iter().chain([person.name, person.email]).collect()
}

/// Puts indices of tasks into an order.
pub(super) fn order(chosen: &mut [usize], sort: &Sort, summaries: &[Summary<'_>], derived: &Derived<'_>) {
    let subject = |at: usize| Subject::new(&summaries[at], &derived.facts[at]);
    chosen.sort_by(|&a, &b| sort.compare(&subject(a), &subject(b)));
}

/// Returns the indices of the tasks that a query asks for.
pub(super) fn matching(
    session: &Session<'_>,
    query: &Query,
    summaries: &[Summary<'_>],
    derived: &Derived<'_>,
) -> Vec<usize> {
    let matches = |at: usize| {
        let body = || body_of(session, summaries[at].id).map(Cow::Owned);
        query.matches(&Subject::new(&summaries[at], &derived.facts[at]).with_body(&body))
    };
    (0..summaries.len()).filter(|&at| matches(at)).collect()
}

pub(super) fn body_of(session: &Session<'_>, id: &str) -> Option<String> {
    let file = session.snapshot().task_file(&TaskId::parse(id).ok()?).ok()??;
    Some(Document::markdown(&file.bytes).ok()?.body().to_owned())
}

/// Makes lines of the chosen tasks.
pub(super) fn lines(chosen: &[usize], summaries: &[Summary<'_>], derived: &Derived<'_>) -> Vec<TaskLine> {
    let line = |&at: &usize| {
        let open = derived.graph.open_dependencies(at);
        TaskLine::new(&summaries[at], derived.facts[at], derived.tallies[at], open)
    };
    chosen.iter().map(line).collect()
}
