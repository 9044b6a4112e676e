//! What stands against a merge.

use crate::model::{Stage, TaskId};
use crate::policy::history::{Commit, PersonKey};

/// One thing that stands against a merge, and where.
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
        /// How many people must approve.
        quorum: u32,
        /// Whose approvals cover the task as it was, sorted.
        approvals: Vec<PersonKey>,
        /// Whose do not, with the first path that they miss.
        stale: Vec<(PersonKey, String)>,
    },
    /// The file does not merge: merge the base, name the task, and have that reviewed.
    Conflict,
    /// The two histories have several bases that make different things of the file: merge the base.
    SeveralBases,
    /// No commit that changed the file names a task.
    Unlinked,
    /// No chain of approved changes leads from what the base has to what the merge has.
    Uncovered {
        /// The tasks of the file that have no approval of the role there, sorted.
        unapproved: Vec<TaskId>,
    },
    /// What was approved arrives in part: the change of one of these tasks is missing.
    Incomplete {
        /// The tasks whose whole change must arrive, sorted.
        tasks: Vec<TaskId>,
    },
    /// So many approved changes of one file that do not fit end to end that not all orders were tried.
    TooManyCombinations,
}
