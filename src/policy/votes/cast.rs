//! A vote as the gate looks at it: what it says, which commit added it, and where it is.

use super::WhyNot;
use crate::model::{CoveredChange, Stage, TaskId, Verdict};
use crate::policy::history::{Commit, PersonKey};

/// The same thing at the base's tip, at the head and where the two parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sides<T> {
    /// At the base's tip.
    pub tip: T,
    /// At the head.
    pub head: T,
    /// Where they parted.
    pub base: T,
}

/// A vote, with what is known of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastVote {
    /// The file's path.
    pub path: String,
    /// The file's name, by which a later vote says that it replaces this one.
    pub name: String,
    /// The task.
    pub task: TaskId,
    /// The role it is cast for.
    pub role: String,
    /// What it says.
    pub verdict: Verdict,
    /// Whose it is.
    pub voter: PersonKey,
    /// The agent that cast it for that person.
    pub agent: Option<String>,
    /// The stage it is cast for.
    pub stage: Stage,
    /// The round of that stage, from 1.
    pub round: u32,
    /// Digest of the acceptance text that it approves.
    pub criteria: String,
    /// The changes it covers.
    pub files: Vec<CoveredChange>,
    /// Names of the voter's own earlier votes that it replaces.
    pub replaces: Vec<String>,
    /// The first commit that has its file.
    pub added: Commit,
    /// The commit that was looked at, where it is in this clone.
    pub looked_at: Option<Commit>,
    /// Why it is none at all: its digest does not fit, it lies with another task, nobody vouches for its author or that
    /// author has no say in the role, or its date or round is one that cannot be.
    pub flaw: Option<WhyNot>,
    /// Whether the base's tip or an ancestor of it contains it, or contained it.
    pub was_on_base: bool,
    /// On which sides its file is there.
    pub sides: Sides<bool>,
    /// Whether the tip has another file under its name.
    pub is_rewritten: bool,
}
