//! `sprint verify`: computes every number of a closed sprint again, from the commit that it was closed at.

use schemars::JsonSchema;
use serde::Serialize;

use super::records::{SprintData, find_or_closed_last, gather_at};
use crate::facts::inputs_digest;
use crate::git::CommitId;
use crate::metrics::{self, Calendar, Difference, Numbers};
use crate::model::{Config, SprintState, Suggestion};
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, Reason};
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
    verified(session, &file, tip)
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
        let fix =
            (state == SprintState::Active).then(|| Suggestion::tracker(["sprint", "close", id.as_str()]));
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
    let same_inputs =
        closed.inputs.as_deref() == Some(&inputs_digest(&data.found.items, scope, &data.window));
    let in_history = match tip {
        Some(tip) => repository.merge_base(commit_id, tip)? == Some(commit_id),
        None => false,
    };
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
