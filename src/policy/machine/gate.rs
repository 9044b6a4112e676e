//! The gate of a stage: everything that keeps a task from leaving it.

use super::Case;
use crate::model::{Finding, FindingId, FindingSeverity, Problem, Requirement, Stage, TaskId};
use crate::policy::{VoteStatus, WhyNoEvidence, blocking_findings, evidence_roles, judge_evidence, round_of};

/// One thing that keeps a task in its stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Somebody decided that it will not be done.
    Cancelled,
    /// It is through.
    Completed,
    /// Its stage is none of its pipeline's.
    UnknownStage {
        /// The stage.
        stage: Stage,
        /// The first stage of its pipeline.
        first: Stage,
    },
    /// It is blocked by hand.
    Blocked(String),
    /// It waits for another task.
    WaitsFor {
        /// The other task.
        task: TaskId,
        /// Its title, where whoever refuses has looked it up.
        title: Option<String>,
    },
    /// A vote or a finding that cannot be read: nobody knows what it says.
    Unreadable(Problem),
    /// The sign-offs at hand were judged for another stage or round.
    Outdated,
    /// Required checkboxes are not checked.
    Unchecked {
        /// What requires them.
        requirement: Requirement,
        /// Their numbers, counted from 1 through the whole body, and their texts.
        boxes: Vec<(usize, String)>,
    },
    /// Approvals are missing.
    Signoff {
        /// The role.
        role: String,
        /// How many count.
        have: u32,
        /// How many are requested.
        need: u32,
        /// Members who could approve; empty where anyone can.
        waiting_for: Vec<String>,
        /// Whether a table of the configuration defines the role; for one that none does nobody can approve.
        is_defined: bool,
    },
    /// Somebody objects.
    Rejected {
        /// The role.
        role: String,
        /// Who.
        by: String,
        /// The first line of their notes.
        notes: Option<String>,
    },
    /// A role whose command must have been run has no evidence.
    Evidence {
        /// The role; none where the stage requires evidence and says not of what.
        role: Option<String>,
        /// Why not.
        why: WhyNoEvidence,
    },
    /// A finding of a severity that blocks is open.
    Finding {
        /// Its id.
        id: FindingId,
        /// How bad it is.
        severity: FindingSeverity,
        /// What it is.
        title: String,
        /// `file:line`, as far as they are known.
        place: Option<String>,
    },
}

/// Whether a task may leave its stage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gate {
    /// All that is missing, what outweighs the rest first.
    pub missing: Vec<Missing>,
}

impl Gate {
    /// Returns whether nothing is missing.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.missing.is_empty()
    }

    /// Returns whether sign-offs are all that is missing, and some are.
    #[must_use]
    pub fn waits_for_signoffs_only(&self) -> bool {
        let is_signoff =
            |missing: &Missing| matches!(missing, Missing::Signoff { .. } | Missing::Rejected { .. });
        !self.missing.is_empty() && self.missing.iter().all(is_signoff)
    }
}

/// Returns what keeps a task in its stage. A task that has not begun is kept back by what blocks it, and by nothing
/// else.
#[must_use]
pub fn gate(case: &Case<'_>) -> Gate {
    let mut missing = closed(case);
    if missing.is_empty() {
        missing.extend(unknown_stage(case));
        missing.extend(blocked(case));
        if !case.task.stage.is_none() {
            missing.extend(case.unreadable.iter().cloned().map(Missing::Unreadable));
            missing.extend(unchecked(case));
            missing.extend(unproven(case));
            missing.extend(signoffs(case));
            missing.extend(blocking_findings(case.config, case.findings).into_iter().map(finding));
        }
    }
    Gate { missing }
}

/// Says why nothing is left to do.
pub(super) fn closed(case: &Case<'_>) -> Vec<Missing> {
    if case.task.cancelled.is_some() {
        vec![Missing::Cancelled]
    } else if case.task.stage.is_complete() {
        vec![Missing::Completed]
    } else {
        Vec::new()
    }
}

/// Says that the task's stage is none of its pipeline's.
pub(super) fn unknown_stage(case: &Case<'_>) -> Option<Missing> {
    let stage = &case.task.stage;
    let stages = case.config.stages_of(case.task.kind.as_deref());
    let is_known = stage.is_none() || stage.is_complete() || stages.contains(stage);
    let first = stages.first().cloned().unwrap_or_else(Stage::complete);
    (!is_known).then(|| Missing::UnknownStage { stage: stage.clone(), first })
}

/// Says what blocks the task by hand.
pub(super) fn blocked_by_hand(case: &Case<'_>) -> Option<Missing> {
    case.task.blocked.clone().map(Missing::Blocked)
}

/// Says what blocks the task: by hand, then the tasks it waits for.
pub(super) fn blocked(case: &Case<'_>) -> Vec<Missing> {
    let waits = case.waits_for.iter().map(|task| Missing::WaitsFor { task: task.clone(), title: None });
    blocked_by_hand(case).into_iter().chain(waits).collect()
}

fn unchecked(case: &Case<'_>) -> Vec<Missing> {
    let rules = case.config.rules_of(case.task.stage.as_str());
    let open = |requirement: Requirement| {
        let asked = case.open_boxes.iter().filter(|open| open.is_required_by(requirement));
        asked.map(|open| (open.number, open.text.clone())).collect::<Vec<_>>()
    };
    let missing = rules.requires.iter().map(|&requirement| (requirement, open(requirement)));
    missing
        .filter(|(_, boxes)| !boxes.is_empty())
        .map(|(requirement, boxes)| Missing::Unchecked { requirement, boxes })
        .collect()
}

/// Says for which roles nobody has shown that the work is done.
fn unproven(case: &Case<'_>) -> Vec<Missing> {
    let (task, config) = (case.task, case.config);
    if !config.requires_evidence(task.stage.as_str()) {
        return Vec::new();
    }
    let roles = evidence_roles(config, &task.stage, case.evidence.named);
    if roles.is_empty() {
        return vec![Missing::Evidence { role: None, why: WhyNoEvidence::NobodyAsked }];
    }
    let missing = |role: &str| {
        let why = judge_evidence(&task.id, role, config, case.evidence).err()?;
        Some(Missing::Evidence { role: Some(role.to_owned()), why })
    };
    roles.into_iter().filter_map(missing).collect()
}

/// Says that the sign-offs at hand were judged before the task moved.
pub(super) fn outdated(case: &Case<'_>) -> Option<Missing> {
    let signoffs = case.signoffs;
    let fits = signoffs.task == case.task.id
        && signoffs.stage == case.task.stage
        && signoffs.round == round_of(case.task, case.config);
    (!fits).then_some(Missing::Outdated)
}

fn signoffs(case: &Case<'_>) -> Vec<Missing> {
    let mut missing: Vec<Missing> = outdated(case).into_iter().collect();
    if !missing.is_empty() {
        return missing;
    }
    for role in &case.signoffs.roles {
        for vote in role.votes.iter().filter(|vote| vote.status == VoteStatus::Rejection) {
            let first = vote.record.vote.notes.as_deref().and_then(|notes| notes.lines().next());
            missing.push(Missing::Rejected {
                role: role.role.clone(),
                by: vote.person.name.clone(),
                notes: first.map(str::to_owned),
            });
        }
        if role.missing() > 0 {
            missing.push(Missing::Signoff {
                role: role.role.clone(),
                have: role.quorum - role.missing(),
                need: role.quorum,
                waiting_for: role.waiting_for.clone(),
                is_defined: case.config.role(&role.role).is_defined,
            });
        }
    }
    missing
}

fn finding(finding: &Finding) -> Missing {
    Missing::Finding {
        id: finding.id.clone(),
        severity: finding.severity.clone(),
        title: finding.title.clone(),
        place: finding.place(),
    }
}
