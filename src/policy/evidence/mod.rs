//! What receipts are worth: which roles must have run their command on a task, and whether that is shown.
//!
//! A receipt is judged when it is used, by the policy and the content as they are: only the command that the policy names
//! counts, only on the changes that the task has, and the last receipt of a person is that person's. One that failed speaks
//! against the role until whoever ran it has run it again, or the content is another.
//!
//! An exit code in a file is a claim. Of whoever did the work it stays reported, however well it is written; a member of
//! the role who did not is checked; what a check has run again itself is verified; a key makes it signed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Staleness, Trust, is_member};
use crate::model::{Config, EvidenceLevel, Person, Receipt, Stage, TaskId};

/// What is wrong with a receipt's file, as git tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptFlaw {
    /// It is dated ahead of the clock.
    Future,
    /// It was changed after it was added.
    Altered,
    /// It is another receipt's text under a name of its own: nobody ran anything again.
    Copy,
    /// Its digest is not that of what it says.
    Unsound,
}

/// A receipt, with what is known of its file and what history says of it, as seen from a tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRecord {
    /// The file's name.
    pub name: String,
    /// The task in whose folder it lies.
    pub folder: TaskId,
    /// What it says.
    pub receipt: Receipt,
    /// Whose it is, by the mailmap.
    pub person: Person,
    /// How sure that is.
    pub trust: Trust,
    /// Whether a commit has it. What is not committed yet will be attributed to who commits it.
    pub is_committed: bool,
    /// What is wrong with its file.
    pub flaw: Option<ReceiptFlaw>,
    /// Whether it lists what the commit that it ran on does not show.
    pub is_unshown: bool,
    /// Whether whoever ran it wrote any of what it covers.
    pub is_own_work: bool,
    /// What it does not cover of what the task has changed.
    pub stale: Vec<Staleness>,
}

/// How a command has ended that was run again: its exit code; none where it was stopped, or has changed the tree.
pub type EndedAgain = Option<i32>;

/// Whether commands are run again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Rerun {
    /// They are not: receipts are worth what they are.
    #[default]
    Not,
    /// They will be where the work is merged: what is only reported goes on until then.
    Later,
    /// They were, by role.
    Done(BTreeMap<String, EndedAgain>),
}

/// What is known of the evidence of a task.
#[derive(Debug, Clone, Copy)]
pub struct TaskEvidence<'a> {
    /// Its receipts, oldest first.
    pub receipts: &'a [ReceiptRecord],
    /// The role that each of its checkboxes names which names one.
    pub named: &'a [String],
    /// Whether commands are run again.
    pub rerun: &'a Rerun,
}

impl TaskEvidence<'_> {
    /// No receipts, and no checkbox that requires any.
    pub const NONE: TaskEvidence<'static> = TaskEvidence { receipts: &[], named: &[], rerun: &Rerun::Not };
}

/// Why a role has no evidence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WhyNoEvidence {
    /// The stage requires some, and neither its roles nor checkboxes say of what.
    NobodyAsked,
    /// The policy names no command for it.
    NoCommand,
    /// Nobody has run it.
    NotRun,
    /// It failed.
    Failed {
        /// Who ran it.
        by: String,
        /// The exit code.
        exit: i32,
    },
    /// It failed when it was run again.
    FailedAgain(EndedAgain),
    /// Another command was run.
    OtherCommand,
    /// It was run on another task.
    OtherTask(TaskId),
    /// What it ran on has changed.
    Stale(Vec<Staleness>),
    /// It lists what the commit that it ran on does not show.
    NotShown,
    /// Something is wrong with its file.
    Flaw(ReceiptFlaw),
    /// It is worth less than the policy requires.
    Weak {
        /// Who ran it.
        by: String,
        /// What it is worth.
        have: EvidenceLevel,
        /// What is required.
        need: EvidenceLevel,
    },
}

impl fmt::Display for WhyNoEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyAsked => f.write_str("neither its roles nor checkboxes name a command to run"),
            Self::NoCommand => f.write_str("the policy names no command for it"),
            Self::NotRun => f.write_str("nobody has run its command"),
            Self::Failed { by, exit } => write!(f, "it failed with exit code {exit}, run by {by}"),
            Self::FailedAgain(Some(exit)) => write!(f, "run again, it failed with exit code {exit}"),
            Self::FailedAgain(None) => f.write_str("run again, it did not come to its end"),
            Self::OtherCommand => f.write_str("another command was run than the policy names"),
            Self::OtherTask(task) => write!(f, "its receipt is of {task}"),
            Self::Stale(stale) => {
                f.write_str("it ran before ")?;
                match stale.as_slice() {
                    [] => f.write_str("the task's last change"),
                    [one] => write!(f, "{one}"),
                    [one, more @ ..] => write!(f, "{one}, and {} more", more.len()),
                }
            }
            Self::NotShown => f.write_str("its receipt lists what its commit does not show"),
            Self::Flaw(ReceiptFlaw::Future) => f.write_str("its receipt is dated ahead of the clock"),
            Self::Flaw(ReceiptFlaw::Altered) => f.write_str("its receipt was changed after it was added"),
            Self::Flaw(ReceiptFlaw::Copy) => f.write_str("its receipt is a copy of another"),
            Self::Flaw(ReceiptFlaw::Unsound) => {
                f.write_str("its receipt was edited: the digest does not fit")
            }
            Self::Weak { by, have, need } => write!(f, "only {have} by {by}, and {need} is required"),
        }
    }
}

/// What a role's evidence is worth.
pub type RoleEvidence = Result<EvidenceLevel, WhyNoEvidence>;

/// Returns the roles that must have run their command before a task leaves a stage: those that sign it off and have one,
/// and those that checkboxes name. None where the stage requires no evidence.
#[must_use]
pub fn evidence_roles<'a>(config: &'a Config, stage: &Stage, named: &'a [String]) -> Vec<&'a str> {
    let mut roles: Vec<&str> = Vec::new();
    if !config.requires_evidence(stage.as_str()) {
        return roles;
    }
    let own =
        config.signoffs_of(stage.as_str()).iter().filter(|role| config.role(role).rules.verify.is_some());
    for role in own.chain(named) {
        if !roles.contains(&role.as_str()) {
            roles.push(role);
        }
    }
    roles
}

/// Judges the receipts of a role.
pub fn judge_evidence(
    task: &TaskId,
    role: &str,
    config: &Config,
    evidence: TaskEvidence<'_>,
) -> RoleEvidence {
    let rules = config.role(role);
    let command = rules.rules.verify.as_deref().filter(|_| rules.is_defined);
    let Some(command) = command else { return Err(WhyNoEvidence::NoCommand) };
    let again = match evidence.rerun {
        Rerun::Done(ended) => ended.get(role),
        Rerun::Not | Rerun::Later => None,
    };
    if let Some(failed) = again.filter(|ended| **ended != Some(0)) {
        return Err(WhyNoEvidence::FailedAgain(*failed));
    }
    let (mut valid, mut why) = (Vec::<&ReceiptRecord>::new(), WhyNoEvidence::NotRun);
    for record in evidence.receipts.iter().filter(|record| record.receipt.role == role) {
        match doubt(record, task, command) {
            Some(doubt) => why = doubt,
            None => {
                valid.retain(|other| !other.person.is_same(&record.person));
                valid.push(record);
            }
        }
    }
    let failed = valid.iter().find(|record| !record.receipt.is_passing());
    if let Some(failed) = failed {
        let (by, exit) = (failed.person.name.clone(), failed.receipt.exit);
        return Err(WhyNoEvidence::Failed { by, exit });
    }
    let level = |record: &ReceiptRecord| match level(record, role, config) {
        level if again.is_some() => level.max(EvidenceLevel::Verified),
        level => level,
    };
    let best = valid.into_iter().map(|record| (level(record), record)).max_by_key(|(level, _)| *level);
    let Some((have, record)) = best else { return Err(why) };
    let need = match (config.policy.evidence, evidence.rerun) {
        (EvidenceLevel::Signed, _) => EvidenceLevel::Signed,
        (_, Rerun::Later) => EvidenceLevel::Reported,
        (need, _) => need,
    };
    if have < need {
        return Err(WhyNoEvidence::Weak { by: record.person.name.clone(), have, need });
    }
    Ok(have)
}

fn doubt(record: &ReceiptRecord, task: &TaskId, command: &str) -> Option<WhyNoEvidence> {
    let receipt = &record.receipt;
    if receipt.task != *task || record.folder != *task {
        let from = if receipt.task == *task { &record.folder } else { &receipt.task };
        return Some(WhyNoEvidence::OtherTask(from.clone()));
    }
    if let Some(flaw) = record.flaw {
        return Some(WhyNoEvidence::Flaw(flaw));
    }
    if receipt.command != command {
        return Some(WhyNoEvidence::OtherCommand);
    }
    if !record.stale.is_empty() {
        return Some(WhyNoEvidence::Stale(record.stale.clone()));
    }
    record.is_unshown.then_some(WhyNoEvidence::NotShown)
}

fn level(record: &ReceiptRecord, role: &str, config: &Config) -> EvidenceLevel {
    if record.trust == Trust::Signed {
        return EvidenceLevel::Signed;
    }
    let is_theirs = record.trust == Trust::Attributed || !record.is_committed;
    let is_member = is_member(config, config.role(role), &[&record.person, &record.receipt.by]);
    if is_theirs && is_member && !record.is_own_work {
        return EvidenceLevel::Checked;
    }
    EvidenceLevel::Reported
}

/// Counts what is asked of a task in its stage, each checkbox that names a role and each role of the stage that none names,
/// and how much of that is shown.
#[must_use]
pub fn count_evidence(
    task: &TaskId,
    stage: &Stage,
    config: &Config,
    evidence: TaskEvidence<'_>,
) -> (u32, u32) {
    let of_stage = evidence_roles(config, stage, &[]);
    let others = of_stage.into_iter().filter(|role| !evidence.named.iter().any(|named| named == role));
    let asked: Vec<&str> = evidence.named.iter().map(String::as_str).chain(others).collect();
    let roles: BTreeSet<&str> = asked.iter().copied().collect();
    let is_shown = |role: &&str| judge_evidence(task, role, config, evidence).is_ok();
    let shown: BTreeSet<&str> = roles.into_iter().filter(is_shown).collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (count(asked.iter().filter(|role| shown.contains(*role)).count()), count(asked.len()))
}

#[cfg(test)]
mod tests;
