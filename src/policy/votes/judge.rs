//! From votes to the sign-offs of a task in its stage.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::counting::{Candidate, Evidence, Question, count_votes};
use super::{Flaw, JudgedVote, RoleSignoff, Signoffs, Trust, VoteRecord, VoteStatus, WhyNot};
use crate::model::{Config, Person, Role, SelfApproval, Signatures, Stage, Task, TaskId, Verdict};
use crate::policy::history::PersonKey;
use crate::policy::{Route, Staleness, is_agent, is_member, is_member_meant, is_overridden, is_sound};

/// Judges all votes of a task in the stage that it is in. `criteria` is the digest of its acceptance text, `canonical`
/// the mailmap: it returns the one person that a name and address belong to.
#[must_use]
pub fn judge<'v>(
    task: &Task,
    config: &Config,
    records: &'v [VoteRecord],
    criteria: &str,
    canonical: impl Fn(&Person) -> Person,
) -> Signoffs<'v> {
    let route = Route::of(config, task.kind.as_deref());
    let mut people: Vec<(&VoteRecord, Person)> =
        records.iter().map(|record| (record, canonical(&record.vote.by))).collect();
    people.sort_by(|(a, _), (b, _)| (a.vote.at, &a.name).cmp(&(b.vote.at, &b.name)));
    let required = config.signoffs_of(task.stage.as_str());
    let mut questions: BTreeMap<(&str, &Stage), Vec<&(&VoteRecord, Person)>> = BTreeMap::new();
    for voted in &people {
        let vote = &voted.0.vote;
        let stage = if required.contains(&vote.role) { &task.stage } else { &vote.stage };
        questions.entry((&vote.role, stage)).or_default().push(voted);
    }
    let mut votes: BTreeMap<&str, Vec<JudgedVote<'v>>> = BTreeMap::new();
    let mut others = Vec::new();
    for ((role, stage), voted) in questions {
        let statuses = statuses(task, (config, route), stage, criteria, &voted);
        for ((record, person), status) in voted.into_iter().zip(statuses) {
            let is_here = required.contains(&record.vote.role)
                && (record.vote.stage == task.stage || status == VoteStatus::Rejection);
            let status = if is_here { status } else { elsewhere(task, config, record, status) };
            let vote = JudgedVote { record, person: person.clone(), status };
            match is_here {
                true => votes.entry(role).or_default().push(vote),
                false => others.push(vote),
            }
        }
    }
    others.sort_by(|a, b| (a.record.vote.at, &a.record.name).cmp(&(b.record.vote.at, &b.record.name)));
    let signoff =
        |role: &String| signoff(config, config.role(role), votes.remove(role.as_str()).unwrap_or_default());
    let roles = required.iter().map(signoff).collect();
    let round = route.round(&task.history, &task.stage);
    Signoffs { task: task.id.clone(), stage: task.stage.clone(), round, roles, others }
}

fn statuses(
    task: &Task,
    (config, route): (&Config, Route<'_>),
    stage: &Stage,
    criteria: &str,
    voted: &[&(&VoteRecord, Person)],
) -> Vec<VoteStatus> {
    let round = |stage: &Stage| route.round(&task.history, stage);
    let mut candidates = Vec::with_capacity(voted.len());
    for (record, person) in voted.iter().copied() {
        let vote = &record.vote;
        candidates.push(Candidate {
            voter: PersonKey::of(person),
            agent: vote.agent.as_deref(),
            verdict: &vote.verdict,
            stage: &vote.stage,
            round: vote.round,
            criteria: &vote.covers.criteria,
            flaw: flaw_of(record, person, &task.id, config, round(&vote.stage)),
            is_there: true,
        });
    }
    let question = Question {
        stage,
        round: round(stage),
        criteria,
        forbids_own_work: config.policy.self_approval == SelfApproval::Forbid,
        is_overridden: &|stage, round| is_overridden(route, &task.history, stage, round),
    };
    let Ok(statuses) = count_votes(&candidates, &question, &mut Known(voted));
    statuses
}

/// What was found out about votes before.
struct Known<'k, 'v>(&'k [&'k (&'v VoteRecord, Person)]);

impl Evidence for Known<'_, '_> {
    type Error = Infallible;

    fn is_after(&mut self, one: usize, other: usize) -> Result<bool, Infallible> {
        Ok(self.0[one].0.evidence.after.contains(&self.0[other].0.name))
    }

    fn is_shown(&mut self, vote: usize) -> Result<bool, Infallible> {
        Ok(!self.0[vote].0.evidence.is_unshown)
    }

    fn is_own_work(&mut self, vote: usize) -> Result<bool, Infallible> {
        Ok(self.0[vote].0.evidence.is_own_work)
    }

    fn stale(&mut self, vote: usize) -> Result<Vec<Staleness>, Infallible> {
        Ok(self.0[vote].0.evidence.stale.clone())
    }
}

/// Returns what a vote is worth that its stage or role sets apart.
fn elsewhere(task: &Task, config: &Config, record: &VoteRecord, status: VoteStatus) -> VoteStatus {
    let vote = &record.vote;
    let is_required = config.signoffs_of(vote.stage.as_str()).contains(&vote.role);
    match status {
        VoteStatus::Rejection if !is_required => VoteStatus::None(WhyNot::NotRequired),
        VoteStatus::Approval if vote.stage == task.stage => VoteStatus::None(WhyNot::NotRequired),
        VoteStatus::None(
            WhyNot::Stale(_) | WhyNot::OtherRound { .. } | WhyNot::OwnWork | WhyNot::NotShown,
        )
        | VoteStatus::Approval
            if vote.stage != task.stage =>
        {
            VoteStatus::None(WhyNot::OtherStage(vote.stage.clone()))
        }
        VoteStatus::None(WhyNot::Stale(_) | WhyNot::OtherRound { .. } | WhyNot::OwnWork) => {
            VoteStatus::None(WhyNot::NotRequired)
        }
        status => status,
    }
}

fn signoff<'v>(config: &Config, role: Role<'_>, votes: Vec<JudgedVote<'v>>) -> RoleSignoff<'v> {
    let of = |status: VoteStatus| -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for vote in votes.iter().filter(|vote| vote.status == status) {
            if !people.iter().any(|known| known.is_same(&vote.person)) {
                people.push(vote.person.clone());
            }
        }
        people
    };
    let (approvals, rejections) = (of(VoteStatus::Approval), of(VoteStatus::Rejection));
    let is_done = approvals.len() >= role.rules.quorum as usize && rejections.is_empty();
    let has_approved = |member: &str| {
        let mut approving = votes.iter().filter(|vote| vote.status == VoteStatus::Approval);
        approving.any(|vote| {
            let known_as = [&vote.person, &vote.record.vote.by];
            known_as.iter().any(|known_as| is_member_meant(config, member, known_as))
        })
    };
    let waiting = role.rules.members.iter().filter(|member| member.contains('*') || !has_approved(member));
    let waiting_for = if is_done { Vec::new() } else { waiting.cloned().collect() };
    let name = role.name.to_owned();
    RoleSignoff { role: name, quorum: role.rules.quorum, approvals, rejections, waiting_for, votes }
}

/// Says why a vote is none at all: it neither counts nor replaces another. `round` is the one that its stage is in.
#[must_use]
pub fn flaw_of(
    record: &VoteRecord,
    person: &Person,
    task: &TaskId,
    config: &Config,
    round: u32,
) -> Option<WhyNot> {
    let vote = &record.vote;
    let role = config.role(&vote.role);
    if vote.task != *task || record.folder != *task {
        let from = if vote.task == *task { &record.folder } else { &vote.task };
        return Some(WhyNot::Copied(from.clone()));
    }
    // What can be nobody's vote is no veto either.
    if record.flaw == Some(Flaw::Future) {
        return Some(WhyNot::Future);
    }
    if vote.round > round {
        return Some(WhyNot::UnbegunRound { cast: vote.round, now: round });
    }
    if let Verdict::Unknown(text) = &vote.verdict {
        return Some(WhyNot::UnknownVerdict(text.clone()));
    }
    if !role.is_defined {
        return Some(WhyNot::UndefinedRole(vote.role.clone()));
    }
    if !is_member(config, role, &[person, &vote.by]) {
        return Some(WhyNot::Outsider);
    }
    let agents = &config.policy.agents;
    let is_by_agent = vote.agent.is_some() || is_agent(agents, person) || is_agent(agents, &vote.by);
    if role.rules.people_only && is_by_agent {
        return Some(WhyNot::Agent);
    }
    // Doubts about the file must not lift a veto, so they touch no rejection.
    if vote.verdict == Verdict::Rejected { None } else { doubt(record, config) }
}

/// Says what is doubtful about a vote's file.
fn doubt(record: &VoteRecord, config: &Config) -> Option<WhyNot> {
    match record.flaw {
        Some(Flaw::Altered) => return Some(WhyNot::Altered),
        Some(Flaw::Copy) => return Some(WhyNot::Duplicate),
        Some(Flaw::BadSignature) => return Some(WhyNot::BadSignature),
        Some(Flaw::Future) | None => {}
    }
    if !is_sound(&record.vote) {
        return Some(WhyNot::Unsound);
    }
    if config.policy.signatures == Signatures::Require && record.trust != Trust::Signed {
        return Some(WhyNot::Unsigned);
    }
    (record.is_committed && record.trust == Trust::Unverified).then_some(WhyNot::Unattributed)
}
