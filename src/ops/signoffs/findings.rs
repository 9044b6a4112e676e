//! `findings`: what is raised against tasks, and what became of it.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::Serialize;

use super::cast::sign_where_required;
use crate::doc::{Document, resolve_finding, signed_resolution};
use crate::model::{
    Config, Finding, FindingSeverity, FindingState, Problem, RecordKind, Resolution, Suggestion, TaskId,
};
use crate::ops::import_findings::FixTasks;
use crate::ops::list::{ListRequest, list};
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{Attempt, Reason};
use crate::store::Change;

/// Findings of one task or of all.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingsView {
    /// The findings: by task, the worst first.
    pub findings: Vec<FindingView>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingView {
    /// The task.
    pub task: String,
    /// Its id within the task.
    pub id: String,
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// `open`, `resolved` or `waived`.
    pub state: String,
    /// What was found.
    pub title: String,
    /// The whole text, where that is more than the title.
    pub detail: Option<String>,
    /// `file:line`, as far as they are known.
    pub place: Option<String>,
    /// What to do about it.
    pub recommendation: Option<String>,
    /// The tool that found it, where one did.
    pub tool: Option<String>,
    /// What the tool looked for.
    pub rule: Option<String>,
    /// The role that found it.
    pub role: String,
    /// Who wrote it down.
    pub by: String,
    /// Whether it keeps its task in its stage.
    pub blocks: bool,
    /// The task that fixes it, where an import made one.
    pub fix: Option<String>,
}

impl FindingView {
    fn of(finding: &Finding, config: &Config) -> Self {
        let threshold = config.policy.blocking_severity;
        Self {
            task: finding.task.to_string(),
            id: finding.id.to_string(),
            severity: finding.severity.to_string(),
            state: finding.state().to_string(),
            title: finding.title.clone(),
            detail: finding.detail.clone(),
            place: finding.place(),
            tool: finding.source.as_ref().map(|source| source.tool.clone()),
            rule: finding.source.as_ref().and_then(|source| source.rule.clone()),
            recommendation: finding.recommendation.clone(),
            role: finding.role.clone(),
            by: finding.by.name.clone(),
            fix: None,
            blocks: finding.state().is_open() && threshold.blocks(finding.severity.rank()),
        }
    }
}

/// Returns the findings that somebody has to do something about, the worst first.
pub(in crate::ops) fn unresolved_findings(findings: &[Finding], config: &Config) -> Vec<FindingView> {
    let is_blocking = |finding: &&Finding| finding.state().is_open() || finding.state().awaits_review();
    let mut found: Vec<&Finding> = findings.iter().filter(is_blocking).collect();
    found.sort_by(|a, b| worst_first(a, b));
    found.into_iter().map(|finding| FindingView::of(finding, config)).collect()
}

fn worst_first(a: &Finding, b: &Finding) -> Ordering {
    FindingSeverity::worst_first(&a.severity, &b.severity).then_with(|| a.id.cmp(&b.id))
}

/// Returns the tasks that have findings, sorted.
fn tasks_with_findings(session: &Session<'_>) -> Result<Vec<TaskId>> {
    let entries = session.snapshot().list(RecordKind::Finding.folder())?;
    Ok(entries.iter().filter_map(|entry| TaskId::parse(&entry.name).ok()).collect())
}

/// Which findings are meant: terms of their own, and which tasks.
#[derive(Debug, Default)]
struct FindingQuery {
    terms: Vec<(String, Vec<String>)>,
    tasks: Option<Vec<TaskId>>,
    id: Option<String>,
}

/// What a term of a query may ask of a finding itself; anything else is asked of its task.
const FINDING_TERMS: [&str; 3] = ["severity", "role", "state"];

impl FindingQuery {
    /// Reads the words that say which: the id of a task or of a finding, or a query.
    fn read(session: &Session<'_>, words: &[String]) -> Result<Self> {
        if let [word] = words
            && !word.contains(':')
        {
            return match session.resolve(word) {
                Ok(id) => Ok(Self { tasks: Some(vec![id]), ..Self::default() }),
                Err(error) => match find_anywhere(session, word)?.as_slice() {
                    [] => Err(error),
                    _ => Ok(Self { id: Some(word.to_ascii_uppercase()), ..Self::default() }),
                },
            };
        }
        let own = |word: &String| {
            let (name, values) = word.split_once(':')?;
            let values = values.split(',').map(str::to_ascii_lowercase).collect();
            FINDING_TERMS.contains(&name).then(|| (name.to_owned(), values))
        };
        let terms: Vec<_> = words.iter().filter_map(own).collect();
        let others: Vec<&str> = words.iter().filter(|word| own(word).is_none()).map(String::as_str).collect();
        if others.is_empty() {
            return Ok(Self { terms, ..Self::default() });
        }
        let request = ListRequest { query: others.join(" "), all: true, ..ListRequest::default() };
        let (listing, _) = list(session, &request)?;
        let tasks = listing.tasks.iter().filter_map(|line| TaskId::parse(&line.id).ok()).collect();
        Ok(Self { terms, tasks: Some(tasks), id: None })
    }

    fn matches(&self, finding: &Finding) -> bool {
        let has = |(name, values): &(String, Vec<String>)| {
            let value = match name.as_str() {
                "severity" => finding.severity.as_str(),
                "role" => finding.role.as_str(),
                _ => finding.state().as_str(),
            };
            values.iter().any(|one| *one == value.to_ascii_lowercase())
        };
        self.terms.iter().all(has) && self.id.as_ref().is_none_or(|id| finding.id.as_str().starts_with(id))
    }

    /// Whether the words say themselves what a list leaves out otherwise.
    fn names_closed(&self) -> bool {
        self.id.is_some() || self.terms.iter().any(|(name, _)| name == "state")
    }
}

/// Returns the findings of all tasks whose id begins so, each with its task.
fn find_anywhere(session: &Session<'_>, part: &str) -> Result<Vec<(TaskId, Finding)>> {
    let part = part.to_ascii_uppercase();
    let mut matches = Vec::new();
    if !part.starts_with('F') {
        return Ok(matches);
    }
    for task in tasks_with_findings(session)? {
        let (found, _) = session.snapshot().findings(&task)?;
        let named = found.into_iter().filter(|(_, finding)| finding.id.as_str().starts_with(&part));
        matches.extend(named.map(|(_, finding)| (task.clone(), finding)));
    }
    Ok(matches)
}

/// Returns the one task that has a finding of this id.
fn task_of_finding(session: &Session<'_>, part: &str) -> Result<TaskId> {
    let matches = find_anywhere(session, part)?;
    match matches.as_slice() {
        [(task, _)] => Ok(task.clone()),
        [] => match session.find(part) {
            Ok((_, task)) => {
                let list = Suggestion::tracker(["findings", task.id.as_str()]);
                Err(Error::usage_with(format!("which finding of {}?", task.id), list.to_string()))
            }
            Err(_) => {
                Err(Error::not_found(format!("no task has a finding `{part}`"), "tracker findings --all"))
            }
        },
        several => {
            let ids: Vec<String> = several.iter().map(|(task, each)| format!("{task} {}", each.id)).collect();
            Err(Error::usage_with(format!("`{part}` matches {}", ids.join(", ")), "give the task, too"))
        }
    }
}

/// Lists findings: those that the words name, else of all tasks; open ones only, unless `all`.
pub fn findings(session: &Session<'_>, words: &[String], all: bool) -> Result<(FindingsView, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let asked = FindingQuery::read(session, words)?;
    let ids = match &asked.tasks {
        Some(tasks) => tasks.clone(),
        None => tasks_with_findings(session)?,
    };
    let all = all || asked.names_closed();
    let keep = |finding: &Finding| (all || finding.state().is_open()) && asked.matches(finding);
    let (findings, broken) = views_of(session, &config, ids, keep)?;
    problems.extend(broken);
    Ok((FindingsView { findings }, problems))
}

/// Returns the open findings of those tasks that a board has.
pub(in crate::ops) fn open_findings(
    session: &Session<'_>,
    config: &Config,
    is_shown: impl Fn(&str) -> bool,
) -> Result<(Vec<FindingView>, Vec<Problem>)> {
    let mut ids = tasks_with_findings(session)?;
    ids.retain(|id| is_shown(id.as_str()));
    views_of(session, config, ids, |finding| finding.state().is_open())
}

/// Reads the findings of some tasks, of each the worst first.
fn views_of(
    session: &Session<'_>,
    config: &Config,
    ids: Vec<TaskId>,
    keep: impl Fn(&Finding) -> bool,
) -> Result<(Vec<FindingView>, Vec<Problem>)> {
    let (mut views, mut problems, mut fixes) = (Vec::new(), Vec::new(), None);
    for id in ids {
        let (found, broken) = session.snapshot().findings(&id)?;
        problems.extend(broken);
        let mut found: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).filter(&keep).collect();
        found.sort_by(worst_first);
        if fixes.is_none() && found.iter().any(|finding| finding.source.is_some()) {
            fixes = Some(FixTasks::find(session)?);
        }
        views.extend(found.iter().map(|finding| {
            let fix = fixes.as_ref().and_then(|fixes| fixes.of(finding));
            FindingView { fix: fix.map(str::to_owned), ..FindingView::of(finding, config) }
        }));
    }
    Ok((views, problems))
}

/// Marks a finding as fixed, resolves or waives it, or opens it again. Without a task it is looked for in all.
pub fn resolve(
    session: &Session<'_>,
    query: Option<&str>,
    finding: &str,
    to: FindingState,
    why: Option<&str>,
) -> Result<Written> {
    if to == FindingState::Waived && why.is_none_or(|why| why.trim().is_empty()) {
        return Err(Error::usage_with("say why it is waived", "tracker findings waive ID FINDING -m WHY"));
    }
    let by = session.workspace().repository()?.identity(session.env())?;
    let locked = session.lock("findings")?;
    let (_, task) = match query {
        Some(query) => session.find(query)?,
        None => session.find(task_of_finding(session, finding)?.as_str())?,
    };
    let (found, _) = session.snapshot().findings(&task.id)?;
    let (name, found) = named(&task.id, &found, finding)?;
    let (config, _) = session.config_or_default();
    let is_closing = matches!(to, FindingState::Resolved | FindingState::Waived);
    if is_closing && session.agent().is_some() && config.role(&found.role).rules.people_only {
        let (role, finding) = (found.role.clone(), found.id.to_string());
        return Err(Error::refused(
            Attempt::CloseFinding(task.id),
            Reason::FindingForPeople { role, finding },
        ));
    }
    let summary = format!("{} {to}: {}", found.id, found.title);
    if *found.state() == to {
        let task = WrittenTask::changed(&task, vec![format!("{} is {to} already", found.id)], false);
        return session.finish(&locked, &[], vec![task]);
    }
    // The latest counts: a clock that ran ahead must not outweigh what is recorded now.
    let at = found.resolution().map_or(found.at, |last| last.at).max(session.env().now());
    let why = why.map(str::trim).map(str::to_owned);
    let mut resolution = Resolution { at, by, to, why, signature: None };
    let text = signed_resolution(&task.id, &found.id, &resolution);
    let (signature, unsigned) = sign_where_required(session, &config, &text)?;
    resolution.signature = signature;
    let path = format!("{}/{name}", RecordKind::Finding.folder_of(&task.id));
    let bytes = session.snapshot().read(&path)?.unwrap_or_default();
    let located = |problem: Problem| Error::Broken(vec![problem.in_file(&path)]);
    let document = Document::yaml(&bytes).map_err(Error::Broken)?;
    let after = document.edit(&[resolve_finding(&resolution)]).map_err(located)?;
    let changes = [Change::replace(&path, document.text(), after)];
    let summary = std::iter::once(summary).chain(unsigned).collect();
    session.finish(&locked, &changes, vec![WrittenTask::changed(&task, summary, true)])
}

/// Returns the one finding of a task that a part of an id names, with its file's name.
fn named<'f>(task: &TaskId, found: &'f [(String, Finding)], part: &str) -> Result<(&'f str, &'f Finding)> {
    let part_of = part.to_ascii_uppercase();
    let matches: Vec<_> = found.iter().filter(|(_, each)| each.id.as_str().starts_with(&part_of)).collect();
    match matches.as_slice() {
        [(name, only)] => Ok((name, only)),
        [] => {
            let message = format!("{task} has no finding `{part}`");
            Err(Error::not_found(message, format!("tracker findings {task} --all")))
        }
        several => {
            let ids: Vec<String> = several.iter().map(|(_, each)| each.id.to_string()).collect();
            Err(Error::usage_with(format!("`{part}` matches {}", ids.join(", ")), "give more of it"))
        }
    }
}
