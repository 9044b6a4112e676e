//! From votes to sign-offs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Content, Flaw, JudgedVote, RoleStanding, Signoffs, Trust, VoteRecord, VoteStatus, WhyNot};
use crate::model::{Config, Coverage, Person, Role, SelfApproval, Signatures, Stage, Task, Verdict};
use crate::policy::rounds::overridden_round;
use crate::policy::{
    covered_by, explain, is_agent, is_covered, is_member, is_member_meant, is_sound, round_in, round_of,
};

/// Judges all votes of a task in the stage that it is in. `canonical` is the mailmap: it returns the one person
/// behind a name and address.
#[must_use]
pub fn judge<'v>(
    task: &Task,
    config: &Config,
    ballots: &'v [VoteRecord],
    content: &Content,
    canonical: impl Fn(&Person) -> Person,
) -> Signoffs<'v> {
    let mut judge = Judge {
        task,
        config,
        content,
        canonical: &canonical,
        round: round_of(task),
        scopes: BTreeMap::new(),
    };
    let mut people: Vec<(&VoteRecord, Person)> =
        ballots.iter().map(|ballot| (ballot, canonical(&ballot.vote.by))).collect();
    people.sort_by(|(a, _), (b, _)| (a.vote.at, &a.name).cmp(&(b.vote.at, &b.name)));
    let latest = judge.latest(&people);
    let asked = config.signoffs_of(task.stage.as_str());
    let mut votes: BTreeMap<&str, Vec<JudgedVote<'v>>> = BTreeMap::new();
    let mut others = Vec::new();
    for (ballot, person) in people {
        let is_latest = latest.get(&place_of(ballot, &person)).is_some_and(|name| *name == ballot.name);
        let weight = judge.weight(ballot, &person, is_latest);
        let vote = JudgedVote { ballot, person, weight };
        let is_asked = ballot.vote.stage == task.stage && asked.contains(&ballot.vote.role);
        match is_asked {
            true => votes.entry(&ballot.vote.role).or_default().push(vote),
            false => others.push(vote),
        }
    }
    let standing =
        |role: &String| standing(config, config.role(role), votes.remove(role.as_str()).unwrap_or_default());
    let roles = asked.iter().map(standing).collect();
    Signoffs { task: task.id.clone(), stage: task.stage.clone(), round: judge.round, roles, others }
}

fn standing<'v>(config: &Config, role: Role<'_>, votes: Vec<JudgedVote<'v>>) -> RoleStanding<'v> {
    let of = |weight: VoteStatus| -> Vec<Person> {
        votes.iter().filter(|vote| vote.weight == weight).map(|vote| vote.person.clone()).collect()
    };
    let (approvals, rejections) = (of(VoteStatus::Approval), of(VoteStatus::Rejection));
    let is_done = approvals.len() >= role.rules.quorum as usize && rejections.is_empty();
    let has_approved = |member: &str| {
        let mut approving = votes.iter().filter(|vote| vote.weight == VoteStatus::Approval);
        approving.any(|vote| {
            [&vote.person, &vote.ballot.vote.by]
                .iter()
                .any(|known_as| is_member_meant(config, member, known_as))
        })
    };
    let waiting = role.rules.members.iter().filter(|member| member.contains('*') || !has_approved(member));
    let waiting_for = if is_done { Vec::new() } else { waiting.cloned().collect() };
    let name = role.name.to_owned();
    RoleStanding { role: name, quorum: role.rules.quorum, approvals, rejections, waiting_for, votes }
}

/// A person's place among the votes: a later vote replaces an earlier one of the same place.
type Place = (String, String, Stage);

fn place_of(ballot: &VoteRecord, person: &Person) -> Place {
    (person.email.to_lowercase(), ballot.vote.role.clone(), ballot.vote.stage.clone())
}

struct Judge<'a> {
    task: &'a Task,
    config: &'a Config,
    content: &'a Content,
    canonical: &'a dyn Fn(&Person) -> Person,
    round: u32,
    scopes: BTreeMap<String, Scope>,
}

/// What a role reviews of a task, as it is now.
struct Scope {
    covers: Coverage,
    authors: BTreeSet<String>,
}

impl Judge<'_> {
    /// Returns the name of the vote that speaks for each person, of those that may replace others.
    fn latest(&self, people: &[(&VoteRecord, Person)]) -> BTreeMap<Place, String> {
        let mut latest: BTreeMap<Place, (u32, String)> = BTreeMap::new();
        // By time: of votes in one round, the later replaces the earlier.
        for (ballot, person) in people.iter().filter(|(ballot, person)| self.unfit(ballot, person).is_none())
        {
            let entry = latest.entry(place_of(ballot, person)).or_insert((0, String::new()));
            if ballot.vote.round >= entry.0 {
                *entry = (ballot.vote.round, ballot.name.clone());
            }
        }
        latest.into_iter().map(|(place, (_, name))| (place, name)).collect()
    }

    /// Says why a vote is none at all: it neither counts nor replaces another.
    fn unfit(&self, ballot: &VoteRecord, person: &Person) -> Option<WhyNot> {
        let vote = &ballot.vote;
        let role = self.config.role(&vote.role);
        if vote.task != self.task.id || ballot.folder != self.task.id {
            let from = if vote.task == self.task.id { &ballot.folder } else { &vote.task };
            return Some(WhyNot::Copied(from.clone()));
        }
        // What can be nobody's vote is no veto either.
        if ballot.flaw == Some(Flaw::Future) {
            return Some(WhyNot::Future);
        }
        let latest = round_in(self.task, &vote.stage);
        if vote.round > latest {
            return Some(WhyNot::UnbegunRound { cast: vote.round, now: latest });
        }
        if let Verdict::Unknown(text) = &vote.verdict {
            return Some(WhyNot::UnknownVerdict(text.clone()));
        }
        if !role.is_defined {
            return Some(WhyNot::UndefinedRole(vote.role.clone()));
        }
        if !is_member(self.config, role, &[person, &vote.by]) {
            return Some(WhyNot::Outsider);
        }
        let agents = &self.config.policy.agents;
        if role.rules.people_only && (is_agent(agents, person) || is_agent(agents, &vote.by)) {
            return Some(WhyNot::Agent);
        }
        // Doubts about the file must not lift a veto, so they touch no rejection.
        if vote.verdict == Verdict::Rejected { None } else { self.doubt(ballot) }
    }

    /// Says what is doubtful about a vote's file.
    fn doubt(&self, ballot: &VoteRecord) -> Option<WhyNot> {
        match ballot.flaw {
            Some(Flaw::Future) => return Some(WhyNot::Future),
            Some(Flaw::Altered) => return Some(WhyNot::Altered),
            Some(Flaw::BadSignature) => return Some(WhyNot::BadSignature),
            None => {}
        }
        if !is_sound(&ballot.vote) {
            return Some(WhyNot::Unsound);
        }
        let wanted = self.config.policy.signatures == Signatures::Require;
        (wanted && ballot.trust != Trust::Signed).then_some(WhyNot::Unsigned)
    }

    fn weight(&mut self, ballot: &VoteRecord, person: &Person, is_latest: bool) -> VoteStatus {
        if let Some(why) = self.unfit(ballot, person) {
            return VoteStatus::None(why);
        }
        if !is_latest {
            return VoteStatus::None(WhyNot::Superseded);
        }
        let vote = &ballot.vote;
        let is_asked = self.config.signoffs_of(vote.stage.as_str()).contains(&vote.role);
        match vote.verdict {
            Verdict::Approved => self.approval(ballot, person, is_asked),
            Verdict::Rejected if !is_asked => VoteStatus::None(WhyNot::NotAsked),
            Verdict::Rejected if vote.round <= overridden_round(self.task, self.config, &vote.stage) => {
                VoteStatus::None(WhyNot::Overridden)
            }
            Verdict::Rejected => VoteStatus::Rejection,
            Verdict::Withdrawn | Verdict::Unknown(_) => VoteStatus::None(WhyNot::Withdrawn),
        }
    }

    fn approval(&mut self, ballot: &VoteRecord, person: &Person, is_asked: bool) -> VoteStatus {
        let vote = &ballot.vote;
        if vote.stage != self.task.stage {
            return VoteStatus::None(WhyNot::OtherStage(vote.stage.clone()));
        }
        if !is_asked {
            return VoteStatus::None(WhyNot::NotAsked);
        }
        if vote.round != self.round {
            return VoteStatus::None(WhyNot::OtherRound { cast: vote.round, now: self.round });
        }
        let forbids = self.config.policy.self_approval == SelfApproval::Forbid;
        let scope = self.scope(&vote.role);
        let stale = explain(&vote.covers, &scope.covers);
        if !stale.is_empty() {
            return VoteStatus::None(WhyNot::Stale(stale));
        }
        if forbids && scope.authors.contains(&person.email.to_lowercase()) {
            return VoteStatus::None(WhyNot::OwnWork);
        }
        VoteStatus::Approval
    }

    fn scope(&mut self, role: &str) -> &Scope {
        if !self.scopes.contains_key(role) {
            let scope = self.look(self.config.role(role));
            self.scopes.insert(role.to_owned(), scope);
        }
        &self.scopes[role]
    }

    fn look(&self, role: Role<'_>) -> Scope {
        let files = covered_by(role, &self.content.files);
        let covers = Coverage::of(&self.content.criteria, files);
        let touches = |paths: &[String]| paths.iter().any(|path| is_covered(role, path));
        let commits = self.content.commits.iter().filter(|commit| touches(&commit.paths));
        let authors = commits.flat_map(|commit| &commit.authors);
        let authors = authors.map(|author| (self.canonical)(author).email.to_lowercase()).collect();
        Scope { covers, authors }
    }
}
