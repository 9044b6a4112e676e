//! What the evidence of a task is worth, as the doors show it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Config, Stage, TaskId};
use crate::policy::{TaskEvidence, evidence_roles, judge_evidence};

/// The evidence of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceView {
    /// The role.
    pub role: String,
    /// What it is worth: `reported`, `checked`, `verified` or `signed`; none where there is none that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Why it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// Returns what the evidence of each role is worth that a task is asked for in its stage.
pub(in crate::ops) fn evidence_views(
    (id, stage): (&TaskId, &Stage),
    config: &Config,
    evidence: TaskEvidence<'_>,
) -> Vec<EvidenceView> {
    let mut roles = evidence_roles(config, stage, &[]);
    for role in evidence.named {
        if !roles.contains(&role.as_str()) {
            roles.push(role);
        }
    }
    let view = |role: &str| {
        let judged = judge_evidence(id, role, config, evidence);
        EvidenceView {
            role: role.to_owned(),
            level: judged.as_ref().ok().map(ToString::to_string),
            why_not: judged.err().map(|why| why.to_string()),
        }
    };
    roles.into_iter().map(view).collect()
}
