//! `signoffs`: which sign-offs are required, since when, which votes count and why the others do not.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::TaskFacts;
use crate::git::Repository;
use crate::model::{Config, Person, Problem, RecordKind, SelfApproval, Signatures, Suggestion, Task};
use crate::ops::{Result, Session};
use crate::policy::{
    Fix, JudgedVote, Missing, RoleSignoff, Trust, VoteStatus, WhyNot, gate, is_member_meant,
};

/// The sign-off status of a task.
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
    /// The roles that the stage requires.
    pub roles: Vec<RoleView>,
    /// Votes in other stages, and for roles that are not required.
    pub others: Vec<VoteView>,
    /// What keeps the task in its stage, each with the command that fixes it.
    pub missing: Vec<MissingView>,
}

/// One role.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RoleView {
    /// Its name.
    pub role: String,
    /// The path of its instructions: a prompt for agents and a checklist for people.
    pub prompt: Option<String>,
    /// How many approvals count.
    pub approved: usize,
    /// How many are requested.
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
    /// The agent that cast it for them.
    pub agent: Option<String>,
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
    /// Where it had its say, if that was in another stage or an earlier round, as `in round 1`.
    #[serde(skip)]
    pub earlier: Option<String>,
}

/// Something that is missing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MissingView {
    /// One word.
    pub label: String,
    /// What it is about.
    pub text: String,
    /// The command that fixes it.
    pub suggestion: Option<String>,
    /// The same for the current user: the command where it would count, else whom to ask for what.
    pub next: Option<String>,
}

/// Whether signatures are checked, and by whose list.
#[derive(Debug, Clone, Default)]
pub struct Verify {
    /// Checks them also where the policy does not require it.
    pub always: bool,
    /// The commit whose list of allowed signers counts; by default, the remote's default branch.
    pub base: Option<String>,
}

/// Returns the sign-off status of a task.
///
/// Who may sign comes from the branch that the work is to be merged into, not from the work itself.
pub fn signoffs(session: &Session<'_>, query: &str, verify: &Verify) -> Result<(SignoffsView, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let repository = session.workspace().repository()?;
    let mut reader = session.facts(&repository, &config)?.verifying(verify.always);
    if verify.always {
        let signers = signers_of_target(session, &repository, verify.base.as_deref(), &mut problems)?;
        reader = reader.signed_by(signers);
    }
    let (_, task) = session.find(query)?;
    let facts = reader.task(task)?;
    problems.extend(facts.problems.iter().cloned());
    if config.policy.signatures == Signatures::Warn {
        problems.extend(unsigned(&config, &facts));
    }
    Ok((view_of(session, &config, &facts), problems))
}

/// Warns of the votes that count without a signature.
fn unsigned(config: &Config, facts: &TaskFacts) -> Vec<Problem> {
    let signoffs = facts.signoffs(config);
    let votes = signoffs.roles.iter().flat_map(|role| &role.votes);
    let unsigned = votes.filter(|vote| vote.status.why_not().is_none() && vote.record.trust != Trust::Signed);
    let problem = |vote: &JudgedVote<'_>| {
        let path = format!("{}/{}", RecordKind::Vote.folder_of(&facts.task.id), vote.record.name);
        let message = format!("the vote of {} as {} is not signed", vote.person.name, vote.record.vote.role);
        Problem::warning(message).in_file(path).with_hint("vote again with --sign")
    };
    unsigned.map(problem).collect()
}

/// Returns the list of allowed signers of the target branch. None, and a warning, where no such branch is known.
fn signers_of_target(
    session: &Session<'_>,
    repository: &Repository,
    base: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<Option<String>> {
    let target = match base {
        Some(base) => Some(repository.resolve_base(base)?),
        None => repository.resolve_base("refs/remotes/origin/HEAD").ok(),
    };
    if target.is_none() {
        let message = "no target branch is known: signatures are checked by the list of this checkout";
        let hint = "--base REV names the branch the work goes to; git remote set-head origin --auto";
        problems.push(Problem::warning(message).in_file(RecordKind::AllowedSigners.file()).with_hint(hint));
        return Ok(None);
    }
    let bytes = session.workspace().snapshot_of_commit(target)?.read(RecordKind::AllowedSigners.file())?;
    Ok(Some(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()))
}

/// Reads what is known of one task, and asks git only where there are votes or some are required.
pub(in crate::ops) fn facts_of_task(session: &Session<'_>, config: &Config, task: Task) -> Result<TaskFacts> {
    if !has_open_votes(session, config, &task)? {
        return Ok(TaskFacts::without_votes(session.snapshot(), task)?);
    }
    let repository = session.workspace().repository()?;
    Ok(session.facts(&repository, config)?.task(task)?)
}

/// Whether a task is open and its stage requires votes, or has some: only then its commits tell anything.
pub(in crate::ops) fn has_open_votes(session: &Session<'_>, config: &Config, task: &Task) -> Result<bool> {
    let stage = task.stage.as_str();
    let requires = !config.signoffs_of(stage).is_empty() || config.requires_evidence(stage);
    let has = |kind: RecordKind| {
        Ok::<_, crate::ops::Error>(!session.snapshot().list(&kind.folder_of(&task.id))?.is_empty())
    };
    let has_votes = has(RecordKind::Vote)? || has(RecordKind::Evidence)?;
    Ok(!task.summary().is_closed() && (requires || has_votes))
}

/// Makes the status of what is known of a task.
pub(in crate::ops) fn view_of(session: &Session<'_>, config: &Config, facts: &TaskFacts) -> SignoffsView {
    let signoffs = facts.signoffs(config);
    let case = facts.case(config, &signoffs, ("", None), session.env().now());
    let gate = gate(&case);
    let me = current_user(session, facts);
    let missing = gate.missing.iter().map(|missing| {
        let next = next_of(session, config, facts, missing).map(|next| next.to_string());
        // A second approval of one person adds nothing.
        let is_given = matches!(missing, Missing::Signoff { role, .. } if has_approved(config, facts, role, me.as_ref()));
        let fix = next.clone().filter(|_| is_given);
        let fix = fix.or_else(|| Some(fix_of(config, facts, missing).to_string()));
        let next = next.or_else(|| fix.clone());
        MissingView { label: missing.label().to_owned(), text: missing.to_string(), suggestion: fix, next }
    });
    // A folder that cannot be listed is as good as one that is not there.
    let texts = session.snapshot().role_files().unwrap_or_default();
    SignoffsView {
        id: facts.task.id.to_string(),
        title: facts.task.title.clone(),
        stage: facts.task.stage.to_string(),
        round: signoffs.round,
        since: facts.task.since(),
        roles: signoffs.roles.iter().map(|role| role_of(role, &texts)).collect(),
        others: signoffs.others.iter().map(VoteView::from).collect(),
        missing: missing.collect(),
    }
}

/// Returns the command that casts an approval which counts.
fn approval(config: &Config, facts: &TaskFacts, role: &str) -> Suggestion {
    let mut words = vec!["approve", facts.task.id.as_str(), "--as", role];
    if config.policy.signatures == Signatures::Require {
        words.push("--sign");
    }
    Suggestion::tracker(words)
}

/// Returns what gets the task past what is missing, whoever does it.
fn fix_of(config: &Config, facts: &TaskFacts, missing: &Missing) -> Fix {
    match missing {
        Missing::Signoff { role, is_defined: true, .. } => Fix::Run(approval(config, facts, role)),
        Missing::Rejected { role, by, .. } => {
            Fix::RunAs { person: by.clone(), command: approval(config, facts, role) }
        }
        _ => missing.fix(&facts.task.id),
    }
}

/// Returns what the current user can do about what is missing: cast a vote, or ask somebody for it; fix a finding that is
/// about their own work. None where anyone can do something about it.
pub(in crate::ops) fn next_of(
    session: &Session<'_>,
    config: &Config,
    facts: &TaskFacts,
    missing: &Missing,
) -> Option<Fix> {
    let me = current_user(session, facts);
    let is_author = |role: &str| me.as_ref().is_some_and(|me| facts.is_author(config, role, me));
    if let Missing::Finding { id, .. } = missing {
        let finding = facts.findings.iter().find(|finding| finding.id == *id)?;
        let command = Suggestion::tracker(["findings", "fix", facts.task.id.as_str(), id.as_str()]);
        return is_author(&finding.role).then_some(Fix::Run(command));
    }
    let who = missing.who_to_ask()?;
    let is_me = |pattern: &String| me.as_ref().is_some_and(|me| is_member_meant(config, pattern, me));
    let command = |role: &str| Some(Fix::Run(approval(config, facts, role)));
    let is_for_people = |role: &str| session.agent().is_some() && config.role(role).rules.people_only;
    let request = match missing {
        Missing::Signoff { is_defined: false, .. } => return Some(fix_of(config, facts, missing)),
        Missing::Signoff { role, .. } | Missing::Rejected { role, .. } if is_for_people(role) => {
            let person = if who.is_empty() { "a person".to_owned() } else { who.join(" or ") };
            return Some(Fix::RunAs { person, command: approval(config, facts, role) });
        }
        Missing::Rejected { role, .. } if who.iter().any(is_me) => return command(role),
        Missing::Rejected { role, .. } => format!("vote again as {role}"),
        Missing::Signoff { role, .. } if who.is_empty() || who.iter().any(is_me) => {
            let is_own = is_author(role) && config.policy.self_approval == SelfApproval::Forbid;
            if !is_own && !has_approved(config, facts, role, me.as_ref()) {
                return command(role);
            }
            return Some(Fix::Advice(format!("ask somebody else to approve as {role}")));
        }
        Missing::Signoff { role, .. } => format!("approve as {role}"),
        _ => return None,
    };
    Some(Fix::Advice(format!("ask {} to {request}", who.join(" or "))))
}

fn current_user(session: &Session<'_>, facts: &TaskFacts) -> Option<Person> {
    let me = session.workspace().repository().ok()?.identity(session.env()).ok()?;
    Some(facts.canonical(&me))
}

/// Whether somebody's approval counts already: a second one of theirs adds nothing.
fn has_approved(config: &Config, facts: &TaskFacts, role: &str, me: Option<&Person>) -> bool {
    let Some(me) = me else { return false };
    let signoffs = facts.signoffs(config);
    let votes = signoffs.roles.iter().filter(|own| own.role == role).flat_map(|role| &role.votes);
    let mut approvals = votes.filter(|vote| vote.status == VoteStatus::Approval);
    approvals.any(|vote| vote.person.is_same(me))
}

fn role_of(role: &RoleSignoff<'_>, texts: &BTreeMap<String, String>) -> RoleView {
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
        let vote = &judged.record.vote;
        let why = judged.status.why_not();
        Self {
            role: vote.role.clone(),
            verdict: vote.verdict.to_string(),
            by: judged.person.name.clone(),
            agent: vote.agent.clone(),
            email: judged.person.email.clone(),
            at: vote.at,
            stage: vote.stage.to_string(),
            trust: judged.record.trust.as_str().to_owned(),
            counts: !matches!(judged.status, VoteStatus::None(_)),
            reason: why.map(|why| why.word().to_owned()),
            why_not: why.map(ToString::to_string),
            earlier: why.and_then(WhyNot::earlier),
            notes: vote.notes.clone(),
        }
    }
}
