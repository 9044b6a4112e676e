//! The tasks that a query asks for, with what is derived of them: as little of the others as the query allows.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::view::TaskLine;
use super::{Result, Session};
use crate::doc::Document;
use crate::facts::{TallyContext, tallies};
use crate::model::{Config, Facts, Problem, Summary, TaskId};
use crate::policy::{Derived, derive_with, stage_order};
use crate::query::{Context, Query, Sort, Subject};
use crate::store::Tasks;

/// What to choose from, and by what.
pub(super) struct Choice<'c, 's> {
    pub(super) session: &'c Session<'s>,
    pub(super) config: &'c Config,
    pub(super) query: &'c Query,
}

/// Tasks, what is derived of them, and which of them the query asks for.
pub(super) struct Chosen<'t> {
    pub(super) summaries: Vec<Summary<'t>>,
    pub(super) derived: Derived<'t>,
    /// Indices of those that match.
    pub(super) matching: Vec<usize>,
}

impl Choice<'_, '_> {
    /// Chooses among the tasks that are wanted at all. Where the query asks for nothing that is derived, it is
    /// derived only of the tasks that match. What cannot be read is added to the problems.
    pub(super) fn among<'t>(
        &self,
        tasks: &'t Tasks,
        problems: &mut Vec<Problem>,
        is_wanted: impl Fn(&Summary<'_>) -> bool,
    ) -> Result<Chosen<'t>> {
        let needs_facts = self.query.needs_facts();
        let mut closed = Vec::new();
        let (summaries, found) = tasks.select(|task| {
            let is_chosen = is_wanted(task) && (needs_facts || self.matches(task, None));
            if !is_chosen && task.is_closed() {
                closed.push(task.id);
            }
            is_chosen
        });
        problems.extend(found);
        let closed: HashSet<&str, RandomState> = closed.into_iter().collect();
        let is_closed = |id: &str| closed.contains(id);
        let (session, config) = (self.session, self.config);
        let context = TallyContext {
            env: session.env(),
            workspace: session.workspace(),
            snapshot: session.snapshot(),
            config,
        };
        let tallies = tallies(&context, tasks, problems)?;
        let tally = |task: &Summary<'_>| tallies.get(task.id).copied().unwrap_or_default();
        let derived = derive_with(&summaries, config, tally, is_closed);
        let mut matching: Vec<usize> = (0..summaries.len()).collect();
        if needs_facts {
            matching.retain(|&at| self.matches(&summaries[at], Some(&derived.facts[at])));
        }
        Ok(Chosen { summaries, derived, matching })
    }

    fn matches(&self, task: &Summary<'_>, facts: Option<&Facts>) -> bool {
        let subject = facts.map_or_else(|| Subject::underived(task), |facts| Subject::new(task, facts));
        let body = || body_of(self.session, task.id).map(Cow::Owned);
        self.query.matches(&subject.with_body(&body))
    }
}

impl Chosen<'_> {
    /// Puts those that match into an order.
    pub(super) fn sort(&mut self, sort: &Sort) {
        let subject = |at: usize| Subject::new(&self.summaries[at], &self.derived.facts[at]);
        self.matching.sort_by(|&a, &b| sort.compare(&subject(a), &subject(b)));
    }

    /// Makes lines of some.
    pub(super) fn lines(&self, some: &[usize]) -> Vec<TaskLine> {
        let line = |&at: &usize| {
            let open = self.derived.graph.open_dependencies(at);
            TaskLine::new(&self.summaries[at], self.derived.facts[at], self.derived.tallies[at], open)
        };
        some.iter().map(line).collect()
    }
}

/// Reads a query, and the order in which to list what matches, against this tracker's stages and, where it asks for
/// them, the user's own names.
pub(super) fn read_query(
    session: &Session<'_>,
    config: &Config,
    text: &str,
    sort: Option<&str>,
) -> Result<(Query, Sort)> {
    let me = names(session, text);
    let me: Vec<&str> = me.iter().map(String::as_str).collect();
    let stages = stage_order(config);
    let context = Context { now: session.env().local_now(), me: &me, stages: &stages };
    let query = Query::parse(text, &context)?;
    let sort = sort.map_or_else(|| Ok(Sort::default()), |text| Sort::parse(text, &context))?;
    Ok((query, sort))
}

/// Returns the names the user goes by, where a query says "me": only then git is asked, which takes a moment.
fn names(session: &Session<'_>, query: &str) -> Vec<String> {
    let is_asked = query.contains("@me") || query.contains("mine");
    let ask = || session.workspace().repository().and_then(|found| Ok(found.identity(session.env())?));
    let Some(person) = is_asked.then(ask).and_then(|asked| asked.ok()) else { return Vec::new() };
    let local = person.email.split_once('@').map(|(local, _)| local.to_owned());
    local.into_iter().chain([person.name, person.email]).collect()
}

/// Reads the body of a task; none where its file cannot be read.
pub(super) fn body_of(session: &Session<'_>, id: &str) -> Option<String> {
    let file = session.snapshot().task_file(&TaskId::parse(id).ok()?).ok()??;
    Some(Document::markdown(&file.bytes).ok()?.body().to_owned())
}
