//! Which votes count, and why the others do not.
//!
//! A vote is judged when it is used, against the content as it is: nothing about its validity is stored. Facts from
//! outside come in as data: the votes with what git knows of their files ([`VoteRecord`]), and what history says of what
//! they cover ([`VoteEvidence`]).
//!
//! # What lifts a veto
//!
//! A rejection counts, in every later round, until the same person votes again for that role in that stage or an
//! override leads the task on. What is doubtful about a *file* never lifts a veto: an approval whose file was
//! altered, whose signature is bad or whose digest does not fit replaces nothing, and a rejection in the same state
//! counts.
//!
//! # Who is a person
//!
//! `people_only` roles do not count votes of those whom `[policy] agents` names, nor votes that name the agent which
//! cast them for a person. An agent that does neither cannot be distinguished from the person whose name it uses; where that
//! matters, `signatures = "require"` and a key that the agent does not have tell them apart.

mod cast;
mod counting;
mod evidence;
mod judge;
mod status;

#[cfg(test)]
mod tests;

pub use cast::{CastVote, Sides};
pub use counting::{Candidate, Evidence, Question, count_votes};
pub use evidence::{OwnWork, VoteClaim, VoteHistory, VoteTurn};
pub use judge::{flaw_of, judge};
pub use status::{VoteStatus, WhyNot};

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Staleness, Tally, round_of};
use crate::model::{Config, Finding, Person, Stage, Task, TaskId, Vote};

/// How sure it is that a vote is by the person it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Nothing but the file says so.
    Unverified,
    /// The commit that added the file is by that person.
    Attributed,
    /// A key of that person signed it.
    Signed,
}

impl Trust {
    /// Returns the word that people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Attributed => "attributed",
            Self::Signed => "signed",
        }
    }
}

/// What is wrong with a vote's file, as git and the signature tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// It is dated ahead of the clock.
    Future,
    /// It was changed after it was added.
    Altered,
    /// It is another vote's text under a name of its own: nobody voted again.
    Copy,
    /// It has a signature that does not fit it, or is by nobody allowed.
    BadSignature,
}

/// A vote, with what is known of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoteRecord {
    /// The file's name: tells votes of one second apart.
    pub name: String,
    /// The task in whose folder it lies.
    pub folder: TaskId,
    /// What it says.
    pub vote: Vote,
    /// How sure it is whose it is.
    pub trust: Trust,
    /// What is wrong with its file.
    pub flaw: Option<Flaw>,
    /// Whether a commit has it. What is not committed yet will be attributed to who commits it.
    pub is_committed: bool,
    /// What history says of it.
    pub evidence: VoteEvidence,
}

/// What history says of a vote, as seen from a tip.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoteEvidence {
    /// Names of the same person's votes for the role that it comes after.
    pub after: BTreeSet<String>,
    /// Whether the voter wrote any of what it covers.
    pub is_own_work: bool,
    /// Whether that depends on votes on other tasks.
    pub depends_on_others: bool,
    /// Whether it lists what the commit that it looked at does not show.
    pub is_unshown: bool,
    /// What it does not cover of what the task has changed.
    pub stale: Vec<Staleness>,
}

/// A vote and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedVote<'v> {
    /// The vote.
    pub record: &'v VoteRecord,
    /// Whose it is, by the mailmap.
    pub person: Person,
    /// What it is worth.
    pub status: VoteStatus,
}

/// The sign-off of one role in a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSignoff<'v> {
    /// The role.
    pub role: String,
    /// How many people must approve.
    pub quorum: u32,
    /// Whose approvals count, by time.
    pub approvals: Vec<Person>,
    /// Whose rejections count, by time.
    pub rejections: Vec<Person>,
    /// Members who could still approve, as the configuration names them; empty where anyone can, and where nobody
    /// is waited for.
    pub waiting_for: Vec<String>,
    /// All votes for the role in this stage, by time.
    pub votes: Vec<JudgedVote<'v>>,
}

impl RoleSignoff<'_> {
    /// Returns how many approvals are missing.
    #[must_use]
    pub fn missing(&self) -> u32 {
        self.quorum.saturating_sub(count(&self.approvals))
    }

    /// Returns whether the role has signed off: its quorum is there and nobody objects.
    #[must_use]
    pub fn has_signed_off(&self) -> bool {
        self.missing() == 0 && self.rejections.is_empty()
    }
}

/// The sign-offs of a task in the stage that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signoffs<'v> {
    /// The task.
    pub task: TaskId,
    /// The stage they were judged for.
    pub stage: Stage,
    /// The round they were judged for.
    pub round: u32,
    /// The roles that the stage asks, in the configuration's order.
    pub roles: Vec<RoleSignoff<'v>>,
    /// Votes in other stages and for roles that are not required, by time. A rejection among them still counts, but it
    /// keeps only its own stage's gate shut.
    pub others: Vec<JudgedVote<'v>>,
}

impl Signoffs<'_> {
    /// Returns the sign-offs of a task whose votes are looked at elsewhere.
    #[must_use]
    pub fn without_votes(task: &Task, config: &Config) -> Self {
        let (roles, others) = (Vec::new(), Vec::new());
        let (id, stage, round) = (task.id.clone(), task.stage.clone(), round_of(task, config));
        Self { task: id, stage, round, roles, others }
    }

    /// Returns whether every required role has signed off; also where none is required.
    #[must_use]
    pub fn are_complete(&self) -> bool {
        self.roles.iter().all(RoleSignoff::has_signed_off)
    }

    /// Returns the numbers of badges and progress bars; `blocking` are the findings that keep the gate shut.
    #[must_use]
    pub fn tally<'f>(&self, blocking: impl IntoIterator<Item = &'f Finding>) -> Tally {
        let sum =
            |of: &dyn Fn(&RoleSignoff<'_>) -> u32| self.roles.iter().map(of).fold(0, u32::saturating_add);
        let elsewhere = self.others.iter().filter(|vote| vote.status == VoteStatus::Rejection).count();
        Tally {
            approved: sum(&|role| role.quorum - role.missing()),
            required: sum(&|role| role.quorum),
            rejected: sum(&|role| count(&role.rejections))
                .saturating_add(u32::try_from(elsewhere).unwrap_or(u32::MAX)),
            blocking_findings: u32::try_from(blocking.into_iter().count()).unwrap_or(u32::MAX),
            ..Tally::default()
        }
    }
}

fn count(people: &[Person]) -> u32 {
    u32::try_from(people.len()).unwrap_or(u32::MAX)
}
