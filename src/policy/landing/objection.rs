//! Objections to a merge.

use crate::model::{Move, Stage, TaskId};
use crate::policy::VoteStatus;
use crate::policy::history::{Commit, PersonKey};

/// What the votes for one role are worth.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JudgedRole {
    /// The role.
    pub role: String,
    /// How many people must approve.
    pub quorum: u32,
    /// The votes, by their places, and what each is worth.
    pub votes: Vec<(usize, VoteStatus)>,
}

/// A stage that a move of the range left, and that nothing led the task back to since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedLeaving {
    /// The task.
    pub task: TaskId,
    /// The move.
    pub step: Move,
    /// The stage.
    pub stage: Stage,
    /// The first commit that has the move.
    pub at: Commit,
    /// The roles that the stage requires, as things were at that commit.
    pub roles: Vec<JudgedRole>,
}

/// Who has seen what a merge makes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileCoverage {
    /// The roles whose approvals lead to it, sorted.
    pub covered_by: Vec<String>,
    /// The roles that should have approved it and have not, sorted.
    pub missing: Vec<String>,
}

/// One objection to a merge, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Objection {
    /// What is not allowed.
    pub ruling: Ruling,
    /// The task that it is about.
    pub task: Option<TaskId>,
    /// The commit that it is about.
    pub commit: Option<Commit>,
    /// The file that it is about.
    pub path: Option<String>,
    /// The role whose approval is missing.
    pub role: Option<String>,
}

impl Objection {
    pub(super) fn of(ruling: Ruling) -> Self {
        Self { ruling, task: None, commit: None, path: None, role: None }
    }
}

/// What a merge is not allowed to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ruling {
    /// A vote is gone, and the commit that took it out does not undo another.
    VoteRemoved,
    /// A vote is not what the base has under its name.
    VoteRewritten,
    /// Moves are gone from a task's history, and the commit that took them out does not undo another.
    HistoryShortened,
    /// The task is not in the stage that its last move leads to.
    WrongStage {
        /// Where the moves lead.
        expected: Stage,
    },
    /// One commit brings the votes of several tasks: merge, or squash each task for itself.
    Squash {
        /// The tasks, sorted.
        tasks: Vec<TaskId>,
    },
    /// A stage is left against a rejection.
    Veto {
        /// The stage.
        stage: Stage,
        /// Whose rejection it is.
        voter: PersonKey,
    },
    /// A stage is left without the approvals that it requires.
    Unearned {
        /// The stage.
        stage: Stage,
        /// Whose approvals cover the task as it was, sorted.
        approvals: Vec<PersonKey>,
        /// What was asked, and what each vote is worth.
        role: JudgedRole,
    },
    /// The file does not merge: merge the base, name the task, and have that reviewed.
    Conflict,
    /// The file is too large, or too much work, to be merged by the judge; it was taken for a conflict.
    TooMuchWork,
    /// The two histories have several bases that make different things of the file: merge the base.
    SeveralBases,
    /// No commit that changed the file names a task.
    Unlinked,
    /// No chain of approved changes leads from what the base has to what the merge has.
    Uncovered {
        /// The tasks of the file that have no approval of the role of what they last made of it, sorted.
        unapproved: Vec<TaskId>,
        /// Whether no stage of these tasks requires the role, and the usual pipeline does.
        is_off_route: bool,
    },
    /// What was approved arrives in part: the change of one of these tasks is missing.
    Incomplete {
        /// The tasks whose whole change must arrive, sorted.
        tasks: Vec<TaskId>,
    },
    /// Too many approved changes of one file to try every order.
    TooManyCombinations,
}
