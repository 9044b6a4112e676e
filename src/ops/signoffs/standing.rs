//! `signoffs`: who is asked for what, since when, which votes count and why the others do not.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Dossier, Files};
use crate::model::{Config, Problem, Task};
use crate::ops::error::Reason;
use crate::ops::{Result, Session};
use crate::policy::{JudgedVote, RoleStanding, Weight, gate};
use crate::store::Layout;

/// How a task stands with its reviewers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SignoffsView {
    /// The task.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The stage it is in.
    pub stage: String,
    /// Its how-many-th stay there.
    pub round: u32,
    /// When it entered the stage.
    pub since: Option<DateTime<Utc>>,
    /// The roles that the stage asks.
    pub roles: Vec<RoleView>,
    /// Votes in other stages, and for roles that are not asked.
    pub others: Vec<VoteView>,
    /// What keeps the task in its stage, each with the command that mends it.
    pub missing: Vec<MissingView>,
}

/// One role.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RoleView {
    /// Its name.
    pub role: String,
    /// The file that says what it is told, with a prompt for agents and a checklist for people; none where there is none.
    pub prompt: Option<String>,
    /// How many approvals count.
    pub approved: usize,
    /// How many are asked for.
    pub quorum: u32,
    /// Whether it has signed off.
    pub done: bool,
    /// Members who could still approve; empty where anyone can.
    pub waiting_for: Vec<String>,
    /// Its votes, by time.
    pub votes: Vec<VoteView>,
}

/// One vote.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VoteView {
    /// The role it was cast for.
    pub role: String,
    /// What it says.
    pub verdict: String,
    /// Whose it is.
    pub by: String,
    /// Their address.
    pub email: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The stage it was cast in.
    pub stage: String,
    /// `signed`, `attributed` or `unverified`.
    pub trust: String,
    /// Whether it counts.
    pub counts: bool,
    /// One word for why it does not.
    pub reason: Option<String>,
    /// Why it does not, in words.
    pub why_not: Option<String>,
    /// What it says beside the verdict.
    pub notes: Option<String>,
}

/// Something that is missing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MissingView {
    /// One word.
    pub label: String,
    /// What it is about.
    pub text: String,
    /// The command that mends it.
    pub mend: Option<String>,
}

/// Tells how a task stands with its reviewers. With `verify`, signatures are checked.
pub fn signoffs(session: &Session<'_>, wanted: &str, verify: bool) -> Result<(SignoffsView, Vec<Problem>)> {
    let (config, mut problems) = session.snapshot().config_or_default();
    let repository = session.workspace().repository()?;
    let files = Files::of(session, &repository, &config, verify)?;
    let dossier = Dossier::read(&files, &session.snapshot().find(wanted)?)?;
    problems.extend(dossier.problems.iter().cloned());
    Ok((view_of(session, &config, &dossier), problems))
}

/// Reads what is known of one task, and asks git only where there are votes or some are asked for.
pub(in crate::ops) fn seen(session: &Session<'_>, config: &Config, task: Task) -> Result<Dossier> {
    let asks = !config.signoffs_of(task.stage.as_str()).is_empty();
    let has_votes = !session.snapshot().list(&Layout::signoffs_of(&task.id))?.is_empty();
    if task.summary().is_closed() || !(asks || has_votes) {
        return Dossier::without_votes(session.snapshot(), task);
    }
    let repository = session.workspace().repository()?;
    Dossier::of(&Files::of(session, &repository, config, false)?, task)
}

/// Shows how a task stands.
pub(in crate::ops) fn view_of(session: &Session<'_>, config: &Config, dossier: &Dossier) -> SignoffsView {
    let standing = dossier.signoffs(config);
    let case = dossier.case(config, &standing, "", session.env().now());
    let gate = gate(&case);
    let missing = gate.missing.iter().map(|missing| {
        let reason = Reason::from(missing.reason(&dossier.task.id));
        MissingView { label: reason.label.to_owned(), text: reason.text, mend: reason.mend }
    });
    // A folder that cannot be listed tells no more than one that is not there.
    let texts = session.snapshot().role_files().unwrap_or_default();
    SignoffsView {
        id: dossier.task.id.to_string(),
        title: dossier.task.title.clone(),
        stage: dossier.task.stage.to_string(),
        round: standing.round,
        since: dossier.task.since(),
        roles: standing.roles.iter().map(|role| role_of(role, &texts)).collect(),
        others: standing.others.iter().map(VoteView::from).collect(),
        missing: missing.collect(),
    }
}

fn role_of(role: &RoleStanding<'_>, texts: &BTreeMap<String, String>) -> RoleView {
    RoleView {
        role: role.role.clone(),
        prompt: texts.get(&role.role).cloned(),
        approved: role.approvals.len(),
        quorum: role.quorum,
        done: role.has_signed_off(),
        waiting_for: role.waiting_for.clone(),
        votes: role.votes.iter().map(VoteView::from).collect(),
    }
}

impl From<&JudgedVote<'_>> for VoteView {
    fn from(judged: &JudgedVote<'_>) -> Self {
        let vote = &judged.ballot.vote;
        let why = judged.weight.why_not();
        Self {
            role: vote.role.clone(),
            verdict: vote.verdict.to_string(),
            by: judged.person.name.clone(),
            email: judged.person.email.clone(),
            at: vote.at,
            stage: vote.stage.to_string(),
            trust: judged.ballot.trust.as_str().to_owned(),
            counts: !matches!(judged.weight, Weight::None(_)),
            reason: why.map(|why| why.word().to_owned()),
            why_not: why.map(ToString::to_string),
            notes: vote.notes.clone(),
        }
    }
}
