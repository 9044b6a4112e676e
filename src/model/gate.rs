//! The rules of the gate, and how strictly each is enforced.

use std::collections::BTreeMap;
use std::fmt;

use super::Stage;

/// How strictly a rule is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It is not looked at.
    Off,
    /// A violation is reported and stops nothing.
    Warn,
    /// A violation shuts the gate.
    Error,
}

impl Level {
    /// All of them, the most lenient first.
    pub const ALL: [Self; 3] = [Self::Off, Self::Warn, Self::Error];

    /// Returns the word of the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A rule of the gate: a key of `[policy]`, with a level as its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GateRule {
    /// Every move is one that the pipeline has, and no history is rewritten.
    LegalMoves,
    /// Every stage that was left had what it requires.
    EarnedMoves,
    /// No override led a task past what was missing.
    Overrides,
    /// The boxes that a stage requires are ticked.
    Deliverables,
    /// No finding of a blocking severity is open, and none is deleted or weakened.
    OpenFindings,
    /// Approvals are not by those who wrote what they cover.
    SelfApproval,
    /// Votes are by members of their roles.
    RoleMembers,
    /// Votes are signed where the policy wants that.
    SignedVotes,
    /// Votes are never changed or deleted.
    NoRewrittenVotes,
    /// A closed sprint stays as it was closed.
    ClosedSprints,
    /// What is decided about a plan is by whom it names, who may, and about the content as it was then.
    ApprovedPlans,
    /// What the gate judges by changes only with its owners' votes.
    PolicyOwners,
    /// Commits belong to tasks.
    LinkedCommits,
    /// Files that reviewers are to see were seen by them.
    CoveredFiles,
    /// A task changes the files that it declares.
    DeclaredFiles,
    /// A task is far enough to be merged.
    MergeStage,
    /// Nobody works on more at once than is agreed.
    WipLimit,
    /// Records can be read.
    BrokenDocuments,
    /// A merge of records contains what its sides brought, and nothing else.
    MergeIntegrity,
    /// What a change of some files requires in others.
    Standards,
    /// The project's own commands say yes.
    Commands,
}

impl GateRule {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 21] = [
        Self::LegalMoves,
        Self::EarnedMoves,
        Self::Overrides,
        Self::Deliverables,
        Self::OpenFindings,
        Self::SelfApproval,
        Self::RoleMembers,
        Self::SignedVotes,
        Self::NoRewrittenVotes,
        Self::ClosedSprints,
        Self::ApprovedPlans,
        Self::PolicyOwners,
        Self::LinkedCommits,
        Self::CoveredFiles,
        Self::DeclaredFiles,
        Self::MergeStage,
        Self::WipLimit,
        Self::BrokenDocuments,
        Self::MergeIntegrity,
        Self::Standards,
        Self::Commands,
    ];

    /// Returns its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LegalMoves => "legal-moves",
            Self::EarnedMoves => "earned-moves",
            Self::Overrides => "overrides",
            Self::Deliverables => "deliverables",
            Self::OpenFindings => "open-findings",
            Self::SelfApproval => "self-approval",
            Self::RoleMembers => "role-members",
            Self::SignedVotes => "signed-votes",
            Self::NoRewrittenVotes => "no-rewritten-votes",
            Self::ClosedSprints => "closed-sprints",
            Self::ApprovedPlans => "approved-plans",
            Self::PolicyOwners => "policy-owners",
            Self::LinkedCommits => "linked-commits",
            Self::CoveredFiles => "covered-files",
            Self::DeclaredFiles => "declared-files",
            Self::MergeStage => "merge-stage",
            Self::WipLimit => "wip-limit",
            Self::BrokenDocuments => "broken-documents",
            Self::MergeIntegrity => "merge-integrity",
            Self::Standards => "standards",
            Self::Commands => "commands",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text)
    }

    /// Returns the level that it has where the configuration does not say.
    #[must_use]
    pub fn default_level(self) -> Level {
        match self {
            Self::LinkedCommits | Self::DeclaredFiles | Self::WipLimit => Level::Warn,
            _ => Level::Error,
        }
    }
}

impl fmt::Display for GateRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a change of some files requires in others: `[[policy.standard]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standard {
    /// Globs of the files whose change asks.
    pub when: Vec<String>,
    /// Globs of the files of which one must change as well.
    pub then: Vec<String>,
    /// How strictly it is enforced.
    pub level: Level,
    /// The message for a person.
    pub message: Option<String>,
}

/// A command of the project's own that says yes or no: `[[policy.command]]`. It runs only where the caller allows
/// it on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateCommand {
    /// Its name in reports.
    pub name: String,
    /// What the shell runs, at the top of the working tree.
    pub run: String,
    /// How strictly it is enforced.
    pub level: Level,
}

/// The settings of `[policy]` for the gate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateRules {
    /// Levels that the configuration gives.
    pub levels: BTreeMap<GateRule, Level>,
    /// The role whose approval a change of the policy needs.
    pub owners: Option<String>,
    /// Globs of further files that only change with the owners' approval.
    pub protect: Vec<String>,
    /// The stage that a task must have reached to be merged.
    pub merge_stage: Option<Stage>,
    /// How many tasks one person may have in progress.
    pub wip_limit: Option<u32>,
    /// What a change of some files requires in others.
    pub standards: Vec<Standard>,
    /// Commands of the project's own.
    pub commands: Vec<GateCommand>,
}

impl GateRules {
    /// Returns how strictly a rule is enforced.
    #[must_use]
    pub fn level_of(&self, rule: GateRule) -> Level {
        self.levels.get(&rule).copied().unwrap_or_else(|| rule.default_level())
    }
}
