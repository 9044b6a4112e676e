//! The tasks that a query selects, with what is derived of them: as little of the others as the query allows. And
//! `list --fields`: of each task only the fields that were requested.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::doc::Document;
use crate::facts::{TallyContext, tallies};
use crate::model::{Config, Facts, Field, FieldKind, Problem, Summary, TaskId};
use crate::ops::{Listing, Result, Session, TaskLine};
use crate::policy::{Derived, derive_with, stage_order};
use crate::query::{Context, Query, Sort, Subject};
use crate::store::Tasks;

/// What to choose from, and by what.
pub(super) struct Selector<'c, 's> {
    pub(super) session: &'c Session<'s>,
    pub(super) config: &'c Config,
    pub(super) query: &'c Query,
}

/// Tasks, what is derived of them, and which of them the query requires.
pub(super) struct Selection<'t> {
    pub(super) summaries: Vec<Summary<'t>>,
    pub(super) derived: Derived<'t>,
    /// Indices of those that match.
    pub(super) matching: Vec<usize>,
}

impl Selector<'_, '_> {
    /// Chooses among the tasks that are requested at all. Where the query requires nothing that is derived, it is
    /// derived only of the tasks that match. What cannot be read is added to the problems.
    pub(super) fn among<'t>(
        &self,
        tasks: &'t Tasks,
        problems: &mut Vec<Problem>,
        may_match: impl Fn(&Summary<'_>) -> bool,
    ) -> Result<Selection<'t>> {
        let needs_facts = self.query.needs_facts();
        let mut closed = Vec::new();
        let (summaries, found) = tasks.select(|task| {
            let is_selected = may_match(task) && (needs_facts || self.matches(task, None));
            if !is_selected && task.is_closed() {
                closed.push(task.id);
            }
            is_selected
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
        Ok(Selection { summaries, derived, matching })
    }

    pub(super) fn matches(&self, task: &Summary<'_>, facts: Option<&Facts>) -> bool {
        let subject = facts.map_or_else(|| Subject::underived(task), |facts| Subject::new(task, facts));
        let body = || body_of(self.session, task.id).map(Cow::Owned);
        self.query.matches(&subject.with_body(&body))
    }
}

impl Selection<'_> {
    /// Puts those that match into an order.
    pub(super) fn sort(&mut self, sort: &Sort) {
        let subject = |&at: &usize| Subject::new(&self.summaries[at], &self.derived.facts[at]);
        let subjects: Vec<Subject<'_>> = self.matching.iter().map(subject).collect();
        self.matching = sort.order(&subjects).into_iter().map(|place| self.matching[place]).collect();
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

/// Reads a query, and the order in which to list what matches, against this tracker's stages and, where it requires
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
    let names_me = query.contains("@me") || query.contains("mine");
    if names_me { own_names(session) } else { Vec::new() }
}

/// Returns the names that the user goes by: the part of the address before the `@`, the name, the address. None where
/// git does not know the user.
pub(super) fn own_names(session: &Session<'_>) -> Vec<String> {
    let person = session.workspace().repository().and_then(|found| Ok(found.identity(session.env())?));
    let Ok(person) = person else { return Vec::new() };
    let local = person.email.split_once('@').map(|(local, _)| local.to_owned());
    local.into_iter().chain([person.name, person.email]).collect()
}

/// Reads the body of a task; none where its file cannot be read.
pub(super) fn body_of(session: &Session<'_>, id: &str) -> Option<String> {
    let file = session.snapshot().task_file(&TaskId::parse(id).ok()?).ok()??;
    Some(Document::markdown(&file.bytes).ok()?.body().to_owned())
}

/// A listing of some fields.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SelectedFields {
    /// The query in its canonical form.
    pub query: String,
    /// The tasks, in order.
    pub tasks: Vec<SelectedTask>,
    /// How many match, those beyond the limit included.
    pub matched: usize,
    /// How many closed tasks were left out that match: the query says nothing of them.
    pub hidden: usize,
    /// The fields, in the order they were requested.
    #[serde(skip)]
    pub fields: Vec<Field>,
}

/// The fields of a task that were requested, in the order they were requested.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct SelectedTask(pub Map<String, Value>);

impl JsonSchema for SelectedTask {
    fn schema_name() -> Cow<'static, str> {
        "SelectedTask".into()
    }

    /// Any of the fields of a line, and the body.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = TaskLine::json_schema(generator);
        schema.remove("required");
        schema.insert("description".to_owned(), "The fields selected with `--fields`.".into());
        schema.insert("additionalProperties".to_owned(), false.into());
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            let body =
                json_schema!({ "description": "The Markdown below the front matter.", "type": "string" });
            properties.insert(Field::Body.key().to_owned(), body.to_value());
        }
        schema
    }
}

/// Selects fields of a listing, under the names that whole lines have.
#[must_use]
pub fn select_fields(session: &Session<'_>, listing: Listing, fields: &[Field]) -> SelectedFields {
    let selected = |line: &TaskLine| {
        let all = serde_json::to_value(line).expect("plain data with text keys is always JSON");
        let value = |field: &Field| match field {
            Field::Body => (field.key().to_owned(), body_of(session, &line.id).unwrap_or_default().into()),
            _ => {
                let key = key_of(*field);
                let value = all.get(&key).cloned().unwrap_or_default();
                (key, value)
            }
        };
        SelectedTask(fields.iter().map(value).collect())
    };
    let tasks = listing.tasks.iter().map(selected).collect();
    let (query, matched, hidden) = (listing.query, listing.matched, listing.hidden);
    SelectedFields { query, tasks, matched, hidden, fields: fields.to_vec() }
}

/// Returns the name of a field in a line, where a length of time says its unit.
fn key_of(field: Field) -> String {
    match field.kind() {
        FieldKind::Duration => format!("{}_minutes", field.key()),
        _ => field.key().to_owned(),
    }
}
