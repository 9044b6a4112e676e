//! What stages, hooks and the policy require, as the configuration says.

use super::{EvidenceLevel, GateRules, Stage};

/// When a task leaves a stage that requires sign-offs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Advance {
    /// By itself, once all that the stage requires is there.
    #[default]
    Auto,
    /// When somebody finalises it.
    Manual,
}

/// What a stage requires besides sign-offs: checkboxes that are ticked, and evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Requirement {
    /// Those under Deliverables.
    Deliverables,
    /// Those under Acceptance criteria.
    Criteria,
    /// All of the body.
    Boxes,
    /// Receipts of the commands of its roles, and of those that checkboxes name.
    Evidence,
}

impl Requirement {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Deliverables, Self::Criteria, Self::Boxes, Self::Evidence];

    /// Returns the word of the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deliverables => "deliverables",
            Self::Criteria => "criteria",
            Self::Boxes => "boxes",
            Self::Evidence => "evidence",
        }
    }
}

/// A checkbox that is not ticked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenBox {
    /// Its number, counted from 1 through the whole body.
    pub number: usize,
    /// What is after it.
    pub text: String,
    /// Whether it is under Deliverables.
    pub is_deliverable: bool,
    /// Whether it is under Acceptance criteria.
    pub is_criterion: bool,
}

impl OpenBox {
    /// Whether a requirement requires it.
    #[must_use]
    pub fn is_required_by(&self, requirement: Requirement) -> bool {
        match requirement {
            Requirement::Deliverables => self.is_deliverable,
            Requirement::Criteria => self.is_criterion,
            Requirement::Boxes => true,
            Requirement::Evidence => false,
        }
    }
}

/// What one stage requires.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageRules {
    /// Roles whose sign-off the stage requires.
    pub signoffs: Vec<String>,
    /// Where a failure sends the task; the first stage of its pipeline where this is not set.
    pub on_fail: Option<Stage>,
    /// Whether the last sign-off moves the task on.
    pub advance: Advance,
    /// What else must be there.
    pub requires: Vec<Requirement>,
}

/// What becomes of the moves that a commit earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCommit {
    /// They become part of the commit.
    #[default]
    Fold,
    /// They are left staged for the next commit.
    Stage,
    /// There are none.
    Off,
}

/// Settings of the git hooks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HookRules {
    /// What becomes of the moves that a commit earns.
    pub on_commit: OnCommit,
    /// Whether the gate runs before a push.
    pub pre_push: bool,
    /// Globs of branches that pushes are judged on by the policy, besides the default one. Pushes to the others only
    /// have to bring records that can be read.
    pub pre_receive: Vec<String>,
}

/// Whether those who wrote something may approve it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SelfApproval {
    /// Their approval counts like any other.
    #[default]
    Allow,
    /// Their approval does not count.
    Forbid,
}

/// What an approval without a valid signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signatures {
    /// As much as any other.
    #[default]
    Off,
    /// As much as any other, and it is stated.
    Warn,
    /// Nothing.
    Require,
}

/// The least severity of an open finding that keeps a gate shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Blocking {
    /// None does.
    Off,
    /// `critical`
    Critical,
    /// `high` and worse.
    #[default]
    High,
    /// `medium` and worse.
    Medium,
    /// `low` and worse.
    Low,
    /// All do.
    Info,
}

impl Blocking {
    /// All of them, the most lenient first.
    pub const ALL: [Self; 6] = [Self::Off, Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// Returns the word of the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }

    /// Whether an open finding of this rank, as [`super::FindingSeverity::rank`] gives it, keeps a gate shut.
    #[must_use]
    pub fn blocks(self, rank: u8) -> bool {
        match self {
            Self::Off => false,
            Self::Critical => rank >= 5,
            Self::High => rank >= 4,
            Self::Medium => rank >= 3,
            Self::Low => rank >= 2,
            Self::Info => true,
        }
    }
}

/// Which votes count and which findings block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRules {
    /// Whether those who wrote something may approve it.
    pub self_approval: SelfApproval,
    /// The least severity of an open finding that keeps a gate shut.
    pub blocking_severity: Blocking,
    /// What an approval without a valid signature is worth.
    pub signatures: Signatures,
    /// What evidence is worth at least that the gate lets through.
    pub evidence: EvidenceLevel,
    /// Who is an agent: addresses or names, `*` for anything; those of [`PolicyRules::KNOWN_AGENTS`] always are. An
    /// agent that borrows a person's name and address is distinguished by a signature only.
    pub agents: Vec<String>,
    /// The settings of the gate of pull requests.
    pub gate: GateRules,
}

impl PolicyRules {
    /// What forges call the accounts of programs.
    pub const KNOWN_AGENTS: [&str; 2] = ["*[bot]", "*[bot]@*"];
}

impl Default for PolicyRules {
    fn default() -> Self {
        Self {
            self_approval: SelfApproval::default(),
            blocking_severity: Blocking::default(),
            signatures: Signatures::default(),
            evidence: EvidenceLevel::Checked,
            agents: Self::KNOWN_AGENTS.map(str::to_owned).to_vec(),
            gate: GateRules::default(),
        }
    }
}
