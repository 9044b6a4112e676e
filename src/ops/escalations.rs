//! Escalations: what workers could not fix, and what people decide about it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::written::Written;
use super::{Error, Result, Session};
use crate::doc::{Document, decide_escalation, read_escalation};
use crate::model::{
    Escalation, EscalationState, EscalationStep, FindingSeverity, Problem, RecordKind, RecordPath,
    STALE_ESCALATION,
};
use crate::store::{Change, EntryKind, Snapshot};

/// An escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EscalationView {
    /// Its id.
    pub id: String,
    /// What has become of it.
    pub state: EscalationState,
    /// The type of the worker.
    pub worker: String,
    /// The tool.
    pub tool: String,
    /// The rule.
    pub rule: String,
    /// Why it was not fixed, as a word.
    pub reason: String,
    /// The same for people.
    pub reason_text: String,
    /// How bad it is now: one level worse for each three days in which nobody decides about it.
    pub severity: FindingSeverity,
    /// What the tool says.
    pub title: String,
    /// How many findings there are.
    pub remaining: usize,
    /// How often it was tried to fix them.
    pub attempts: u32,
    /// Where: `PATH:LINE`.
    pub files: Vec<String>,
    /// The commit in which they were found.
    pub commit: String,
    /// When they were found first.
    pub at: DateTime<Utc>,
    /// Since when nobody has decided anything.
    pub since: DateTime<Utc>,
    /// What was printed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Who decided last, or the worker that closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What they noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The commit without the findings, where a worker has closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
}

/// Escalations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EscalationsView {
    /// The worst first.
    pub escalations: Vec<EscalationView>,
    /// How many resolved ones are not shown.
    pub hidden: usize,
}

/// An escalation and its file.
struct EscalationFile {
    path: String,
    text: String,
    escalation: Escalation,
}

impl EscalationView {
    fn new(own: Escalation, now: DateTime<Utc>) -> Self {
        let last = own.history.last().cloned();
        Self {
            state: own.state(),
            severity: own.severity_at(now),
            since: own.since(),
            reason: own.reason.to_string(),
            reason_text: own.reason.words().to_owned(),
            id: own.id,
            worker: own.worker,
            tool: own.tool,
            rule: own.rule,
            title: own.title,
            remaining: own.remaining,
            attempts: own.attempts,
            files: own.files,
            commit: own.commit,
            at: own.at,
            details: own.details,
            by: last.as_ref().map(|step| step.by.clone()),
            notes: last.as_ref().and_then(|step| step.notes.clone()),
            closed_by: last.and_then(|step| step.commit),
        }
    }
}

fn files(snapshot: &Snapshot) -> Result<(Vec<EscalationFile>, Vec<Problem>)> {
    let folder = RecordKind::Escalation.folder();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for entry in snapshot.list(folder)?.into_iter().filter(|entry| matches!(entry.kind, EntryKind::File)) {
        let path = format!("{folder}/{}", entry.name);
        let Some(RecordPath::Named { kind: RecordKind::Escalation, name }) = RecordPath::parse(&path) else {
            continue;
        };
        let bytes = snapshot.read(&path)?.unwrap_or_default();
        match read_escalation(name.as_str(), &bytes) {
            Ok(escalation) => {
                files.push(EscalationFile {
                    path,
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                    escalation,
                });
            }
            Err(found) => problems.extend(found.into_iter().map(|problem| problem.in_file(&path))),
        }
    }
    Ok((files, problems))
}

/// Lists escalations: those that are open, or all.
pub fn escalations(session: &Session<'_>, is_all: bool) -> Result<(EscalationsView, Vec<Problem>)> {
    let now = session.env().now();
    let (files, problems) = files(session.snapshot())?;
    let mut all: Vec<EscalationView> =
        files.into_iter().map(|file| EscalationView::new(file.escalation, now)).collect();
    let count = all.len();
    all.retain(|own| is_all || own.state != EscalationState::Resolved);
    all.sort_by(|a, b| {
        FindingSeverity::worst_first(&a.severity, &b.severity).then_with(|| (a.at, &a.id).cmp(&(b.at, &b.id)))
    });
    let hidden = count - all.len();
    Ok((EscalationsView { escalations: all, hidden }, problems))
}

/// Returns the open escalations that nobody has looked at, or not for a while.
pub(super) fn escalations_to_decide(session: &Session<'_>) -> Result<Vec<EscalationView>> {
    let (view, _) = escalations(session, false)?;
    let is_waiting = |own: &EscalationView| {
        let age = session.env().now() - own.since;
        own.state == EscalationState::Open || age >= STALE_ESCALATION
    };
    Ok(view.escalations.into_iter().filter(is_waiting).collect())
}

/// Shows one escalation, by a unique part of its id.
pub fn show_escalation(session: &Session<'_>, id: &str) -> Result<EscalationView> {
    Ok(EscalationView::new(find(session, id)?.escalation, session.env().now()))
}

fn find(session: &Session<'_>, given: &str) -> Result<EscalationFile> {
    let (files, _) = files(session.snapshot())?;
    let part = given.trim().to_ascii_uppercase();
    let part = part.strip_prefix("ESC-").unwrap_or(&part);
    let own = |file: &EscalationFile| file.escalation.id.trim_start_matches("ESC-").starts_with(part);
    let mut found: Vec<EscalationFile> = files.into_iter().filter(own).filter(|_| !part.is_empty()).collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let message = format!("no escalation matches `{}`", given.escape_debug());
            Err(Error::not_found(message, "run `tracker escalations --all` to see all"))
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|file| file.escalation.id.as_str()).collect();
            let message = format!("`{}` can be several escalations", given.escape_debug());
            Err(Error::usage_with(message, format!("one of {}", names.join(", "))))
        }
    }
}

/// Acknowledges or resolves escalations. That is for people: a worker closes one whose findings are gone.
pub fn decide_escalations(
    session: &Session<'_>,
    ids: &[String],
    to: EscalationState,
    notes: Option<&str>,
) -> Result<Written> {
    if let Some(agent) = session.agent() {
        let message = format!("an agent ({agent}) cannot decide about escalations");
        return Err(Error::usage_with(message, "a person does; a worker closes one whose findings are gone"));
    }
    let locked = session.lock(&format!("decide about {}", ids.join(" ")))?;
    let by = session.workspace().repository()?.identity(session.env())?.to_string();
    let mut changes: Vec<Change> = Vec::new();
    for id in ids {
        let EscalationFile { path, text, escalation } = find(session, id)?;
        if escalation.state() == to || changes.iter().any(|change| change.path == path) {
            continue;
        }
        if escalation.state() == EscalationState::Resolved {
            let message = format!("{} is resolved already", escalation.id);
            return Err(Error::wrong_state(message, "it is opened again where its worker finds more of it"));
        }
        let notes = notes.map(str::to_owned);
        let step = EscalationStep { at: session.env().now(), by: by.clone(), to, notes, commit: None };
        let document = Document::yaml(text.as_bytes()).map_err(Error::Broken)?;
        let edited = document.edit(&[decide_escalation(&step)]);
        let after = edited.map_err(|problem| Error::Broken(vec![problem.in_file(&path)]))?;
        changes.push(Change::replace(path, text, after));
    }
    session.finish(&locked, &changes, Vec::new())
}
