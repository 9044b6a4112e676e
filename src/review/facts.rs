//! All that is known of a range, and what its judging needs besides.

use std::collections::BTreeMap;

use super::RangeReview;
pub(crate) use crate::facts::{
    CommitFacts, Credited, FileFacts, MergedRecord, PlanDoubt, PlanDoubtKind, RangeLanding, RangeTask,
    RecordStep, SprintDoubt,
};
use crate::git::MalformedTree;
use crate::model::{Person, Problem, TaskId};
use crate::policy::Rerun;

/// Returns the one person that a name and address belong to, as the base's mailmap says.
pub type People<'a> = &'a dyn Fn(&Person) -> Person;

/// All that is known of a range.
pub struct RangeFacts<'a> {
    /// What is looked at.
    pub range: RangeReview,
    /// Whether the head's own rules judge, because the base has none.
    pub is_own_policy: bool,
    /// The malformed trees that the commits bring.
    pub malformed: Vec<MalformedTree>,
    /// The commits, each after its parents.
    pub commits: Vec<CommitFacts>,
    /// The files that differ between the merge base and the head, by path.
    pub files: Vec<FileFacts>,
    /// The tasks that the range touches, by id.
    pub tasks: Vec<RangeTask>,
    /// What it lands, and what the rules of sign-offs say of it.
    pub landing: RangeLanding,
    /// What the range changed of tasks' histories and of votes, commit by commit.
    pub steps: Vec<RecordStep>,
    /// Records that the range changed and that cannot be read at the head.
    pub broken: Vec<Problem>,
    /// Files of sprints against which something speaks.
    pub sprint_doubts: Vec<(String, SprintDoubt)>,
    /// What speaks against the plans that the range changed.
    pub plan_doubts: Vec<PlanDoubt>,
    /// Records of merge commits that are not what the field merge of their parents gives.
    pub merged: Vec<MergedRecord>,
    /// Whose they are: the tasks in progress at the head, by assignee. Filled in only where a limit is agreed.
    pub in_progress: BTreeMap<String, Vec<TaskId>>,
    /// Results of the project's own commands; none where the caller did not allow them.
    pub commands: Option<Vec<CommandOutcome>>,
    /// What came of commands that were run again for evidence.
    pub rerun: Rerun,
    /// Who is who.
    pub people: People<'a>,
}

/// The result of one of the project's own commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutcome {
    /// Its name.
    pub name: String,
    /// Whether it succeeded.
    pub is_yes: bool,
    /// The last line that it printed.
    pub message: String,
}
