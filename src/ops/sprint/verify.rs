//! `sprint verify`: computes every number of a closed sprint again, from the commit that it was closed at, and compares its
//! documents with those that were written when it was closed.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::path_of;
use super::records::{SprintData, find_or_closed_last, gather_at};
use crate::facts::inputs_digest;
use crate::git::{CommitId, LogLimit};
use crate::metrics::{self, Calendar, Difference, Numbers};
use crate::model::{Config, RecordKind, RecordPath, SprintId, SprintState, Suggestion};
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, Reason};
use crate::report::closing::line_of;
use crate::store::SprintFile;

/// Whether one figure is the same today.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VerifiedFigure {
    /// Which.
    pub figure: String,
    /// Whether it is the same today.
    pub matches: bool,
    /// What the sprint's file says, and what is computed; only where they differ.
    pub difference: Option<Difference>,
}

/// A document of a closed sprint that was edited or removed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EditedDocument {
    /// Path below the top of the working tree.
    pub path: String,
    /// What of it is not as it was: the whole, its facts, or the sprint's line.
    pub part: DocumentPart,
    /// Whether it is gone.
    pub is_gone: bool,
}

/// What of a document a close writes, and nobody edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentPart {
    /// All of it.
    Whole,
    /// What is above the parts that people write.
    Facts,
    /// The sprint's line.
    Line,
}

impl DocumentPart {
    fn of(self, text: &str, id: &SprintId) -> String {
        match self {
            Self::Whole => text.to_owned(),
            Self::Facts => text.split("\n## ").next().unwrap_or_default().to_owned(),
            Self::Line => line_of(text, id).unwrap_or_default().to_owned(),
        }
    }
}

/// What verifying a sprint found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VerifiedSprint {
    /// The sprint.
    pub sprint: String,
    /// Whether every figure is the same, and all are computed from the same data.
    pub matches: bool,
    /// The commit that its numbers are of.
    pub commit: String,
    /// Every figure, in the order of reports.
    pub figures: Vec<VerifiedFigure>,
    /// Whether what they are computed from is what it was.
    pub same_inputs: bool,
    /// Whether the commit is in the history of HEAD.
    pub in_history: bool,
    /// The documents that are not as they were written when it was closed.
    pub documents: Vec<EditedDocument>,
    /// The commands that bring these back, or show what was changed in those that people go on writing.
    pub restore: Vec<String>,
    /// What else there is to say: an edited file, a rewritten history.
    pub notes: Vec<String>,
}

/// Computes a sprint's numbers from its data.
pub(super) fn numbers_of(data: &SprintData, config: &Config) -> Numbers {
    metrics::of(&data.found.items, data.scope.as_ref(), &data.window, config.sprints.per_person)
}

/// Computes the numbers of a closed sprint again.
pub fn verify_sprint(session: &Session<'_>, name: Option<&str>) -> Result<VerifiedSprint> {
    let file = find_or_closed_last(session, name)?;
    let tip = session.tip(&*session.workspace().repository()?)?;
    let mut verified = verified(session, &file, tip)?;
    if let Some(closing) = closing_commit(session, &file, tip)? {
        verified.documents = edited_documents(session, &file.sprint.id, closing)?;
        verified.matches &= verified.documents.is_empty();
        verified.restore = restore(&verified.documents, closing);
    }
    Ok(verified)
}

/// Returns the commands that bring edited documents back. Those that others write in as well are not overwritten.
fn restore(documents: &[EditedDocument], closing: CommitId) -> Vec<String> {
    let closing = closing.to_string();
    let (whole, parts): (Vec<_>, Vec<_>) =
        documents.iter().partition(|document| document.is_gone || document.part == DocumentPart::Whole);
    let command = |(verb, documents): (&'static str, Vec<&EditedDocument>)| {
        let paths = documents.iter().map(|document| document.path.as_str());
        let words = [verb, &closing[..SHORT], "--"].into_iter().chain(paths);
        (!documents.is_empty()).then(|| Suggestion::git(words).to_string())
    };
    [("checkout", whole), ("diff", parts)].into_iter().filter_map(command).collect()
}

/// Digits of a commit's id in a command.
const SHORT: usize = 12;

/// Maximum number of changes of a sprint's file that are looked through for the one that closed it.
const MOST_CHANGES: usize = 100;

/// Returns the first commit that has the sprint closed as it is now; none where history does not have it.
fn closing_commit(
    session: &Session<'_>,
    file: &SprintFile,
    tip: Option<CommitId>,
) -> Result<Option<CommitId>> {
    let Some(tip) = tip else { return Ok(None) };
    let (id, repository) = (&file.sprint.id, session.workspace().repository()?);
    let limit = LogLimit { found: MOST_CHANGES, visited: usize::MAX };
    let mut closing = None;
    for commit in repository.log_touching(tip, &[&path_of(id)], limit)?.commits {
        let then = session.workspace().snapshot_of_commit(Some(commit.id))?.sprint(id)?;
        match then.is_some_and(|then| then.sprint.closed() == file.sprint.closed()) {
            true => closing = Some(commit.id),
            false => break,
        }
    }
    Ok(closing)
}

/// Compares the documents of a sprint with those of the commit that closed it.
fn edited_documents(session: &Session<'_>, id: &SprintId, closing: CommitId) -> Result<Vec<EditedDocument>> {
    let then = session.workspace().snapshot_of_commit(Some(closing))?;
    let (config, _) = then.config()?;
    let folder = format!("{}/{id}", RecordKind::Sprint.folder());
    let own = then.record_files(&folder)?.into_iter().filter(|file| {
        matches!(RecordPath::parse(&file.path), Some(RecordPath::OfSprint { kind, .. }) if kind == RecordKind::SprintDocument)
    });
    let mut parts: Vec<(String, DocumentPart)> = own
        .map(|file| match file.path.ends_with("/POSTMORTEM.md") {
            true => (file.path, DocumentPart::Facts),
            false => (file.path, DocumentPart::Whole),
        })
        .collect();
    let list = config.sprints.history.unwrap_or_else(|| RecordKind::SprintHistory.file().to_owned());
    parts.push((list, DocumentPart::Line));
    let mut edited = Vec::new();
    for (path, part) in parts {
        let Some(before) = then.read(&path)? else { continue };
        let after = session.snapshot().read(&path)?;
        let text = |bytes: &[u8]| part.of(&String::from_utf8_lossy(bytes), id);
        if after.as_deref().map(text) != Some(text(&before)) {
            edited.push(EditedDocument { path, part, is_gone: after.is_none() });
        }
    }
    Ok(edited)
}

/// Computes the numbers of a closed sprint again, whose file it is; `tip` is whose history must have their commit.
pub(in crate::ops) fn verified(
    session: &Session<'_>,
    file: &SprintFile,
    tip: Option<CommitId>,
) -> Result<VerifiedSprint> {
    let id = file.sprint.id.clone();
    let attempt = || Attempt::ChangeSprint { action: "verify", sprint: id.clone() };
    let (Some(closed), Some(frozen)) = (file.sprint.closed().cloned(), file.sprint.numbers.clone()) else {
        let state = file.sprint.state();
        let next = if state == SprintState::Planned { "start" } else { "close" };
        let fix = Some(Suggestion::tracker(["sprint", next, id.as_str()]));
        return Err(Error::refused(attempt(), Reason::SprintIs { sprint: id.clone(), state, fix }));
    };
    let frozen = Numbers::read(&frozen).map_err(|error| Error::usage(format!("{id}: {error}")))?;
    let (Some(commit), Some(offset)) = (closed.commit.clone(), closed.offset) else {
        return Err(Error::usage(format!("{id} does not say which commit and offset its numbers are of")));
    };
    let repository = session.workspace().repository()?;
    let commit_id = CommitId::parse(&commit).map_err(|error| Error::usage(error.to_string()))?;
    if repository.commit_info(commit_id).is_err() {
        let fetch = Suggestion::git(["fetch", "origin", "tag", &id.tag()]);
        let message = format!("commit {} that the numbers of {id} are of is not here", &commit[..12]);
        return Err(Error::usage_with(
            message,
            format!("run `{fetch}`; in a shallow clone `git fetch --unshallow`"),
        ));
    }
    let snapshot = session.workspace().snapshot_of_commit(Some(commit_id))?;
    let (config, _) = snapshot.config()?;
    let data = gather_at(&snapshot, &config, file.clone(), closed.at, Calendar::at(offset))?;
    let now = numbers_of(&data, &config);
    let differences = now.differences(&frozen);
    let scope = data.scope.as_ref().expect("a closed sprint has started");
    let inputs = inputs_digest(&data.found.items, scope, &data.window);
    let same_inputs = closed.inputs.as_deref() == Some(&inputs);
    let base = tip.map(|tip| repository.merge_base(commit_id, tip)).transpose()?;
    let in_history = base.flatten() == Some(commit_id);
    let mut notes = Vec::new();
    if !in_history {
        let short = &commit[..12];
        notes.push(format!("commit {short} is not in the history of HEAD: the history was rewritten since"));
    }
    if !same_inputs {
        notes.push("the sprint's scope, dates or records were edited since it was closed".to_owned());
    }
    notes.extend(edited_since_tag(session, file)?);
    let figures = figures(&now, &frozen, &differences);
    Ok(VerifiedSprint {
        sprint: id.to_string(),
        matches: same_inputs && figures.iter().all(|figure| figure.matches),
        commit,
        figures,
        same_inputs,
        in_history,
        documents: Vec::new(),
        restore: Vec::new(),
        notes,
    })
}

fn figures(now: &Numbers, frozen: &Numbers, differences: &[Difference]) -> Vec<VerifiedFigure> {
    let mut names: Vec<String> = frozen.figures.iter().map(metrics::Figure::path).collect();
    let own = now.figures.iter().map(metrics::Figure::path);
    names.extend(own.filter(|name| !frozen.figures.iter().any(|figure| figure.path() == *name)));
    let heads = differences.iter().map(|one| one.figure.clone());
    let heads: Vec<String> = heads.filter(|name| !names.contains(name)).collect();
    names.extend(heads);
    let figure = |name: String| {
        let difference = differences.iter().find(|one| one.figure == name).cloned();
        VerifiedFigure { matches: difference.is_none(), figure: name, difference }
    };
    names.into_iter().map(figure).collect()
}

/// Says what of a closed sprint's files is not as its tag has it.
fn edited_since_tag(session: &Session<'_>, file: &SprintFile) -> Result<Option<String>> {
    let id = &file.sprint.id;
    let Ok(snapshot) = session.workspace().snapshot_at(&format!("refs/tags/{}", id.tag())) else {
        return Ok(None);
    };
    let Some(then) = snapshot.sprint(id)? else { return Ok(None) };
    // A sprint that was reopened and closed again has another tag, or none.
    let is_same_close = then.sprint.closed() == file.sprint.closed();
    let is_edited = then.text != file.text || then.scope != file.scope;
    Ok((is_same_close && is_edited)
        .then(|| format!("its files are not those of the tag {}: they were edited since", id.tag())))
}
