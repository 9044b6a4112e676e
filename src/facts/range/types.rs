//! What is known of a range, as plain data.

use std::fmt;
use std::rc::Rc;

use crate::git::FileMode;
use crate::model::{
    Finding, FindingId, FindingSeverity, Move, OpenBox, Person, Resolution, SprintId, Task, TaskId, Verdict,
    is_daily_record, is_same_name,
};
use crate::policy::{ReceiptRecord, Trust};

/// A file on one side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Mode as in a tree, such as `0o100644`.
    pub mode: u32,
    /// Id of the content, in hex.
    pub blob: String,
}

impl FileState {
    /// Whether it is a commit of another repository.
    #[must_use]
    pub fn is_submodule(&self) -> bool {
        self.mode == FileMode::Submodule.bits()
    }
}

/// What speaks against a file of a sprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SprintDoubt {
    /// The sprint is closed at the base's tip, and the range does not reopen it.
    Closed(SprintId),
    /// The sprint has begun at the base's tip, and what it committed to then, or a change of its scope since, is otherwise.
    Begun(SprintId),
    /// The sprint has begun at the base's tip, and has not at the head.
    NotBegun(SprintId),
    /// The range closes the sprint, and these figures are not what is computed from its records.
    Figures(SprintId, Vec<String>),
    /// The range closes the sprint, and its figures cannot be computed: why.
    NotComputed(SprintId, String),
    /// It is a page of a sprint that is not closed, or not there.
    PageOfNone(SprintId),
    /// Lines of the list of closed sprints are gone or changed.
    ListChanged,
}

/// One file that differs between the merge base and the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// The path below the repository.
    pub path: String,
    /// What it was.
    pub before: Option<FileState>,
    /// What it is.
    pub after: Option<FileState>,
    /// Lines added and removed, where they were counted.
    pub lines: Option<(u32, u32)>,
}

impl FileFacts {
    /// Whether it is one of the records that are written every day. What becomes a link, a submodule or an executable is
    /// none.
    #[must_use]
    pub fn is_daily_record(&self) -> bool {
        let is_plain = |state: &FileState| state.mode == FileMode::Plain.bits();
        is_daily_record(&self.path) && self.after.as_ref().is_none_or(is_plain)
    }
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its whole id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it, as the commit says.
    pub author: Person,
    /// Who committed it.
    pub committer: Person,
    /// Whom it names as co-authors.
    pub co_authors: Vec<Person>,
    /// How many parents it has.
    pub parents: usize,
    /// The tasks that its message names.
    pub links: Vec<TaskId>,
    /// What it names as a task and is none at the head.
    pub unknown: Vec<TaskId>,
    /// The paths that it changed against its parents; of a merge, those that it changed by
    /// itself.
    pub paths: Vec<String>,
}

impl CommitFacts {
    /// Returns the first seven digits of its id.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }

    /// Whether a name in a record is that of its author, a co-author or its committer, or of the one person that they are
    /// to `people`.
    #[must_use]
    pub fn is_by(&self, name: &str, people: &dyn Fn(&Person) -> Person) -> bool {
        let is_named =
            |person: &Person| is_same_name(&person.name, name) || is_same_name(&person.email, name);
        let mut own = [&self.author, &self.committer].into_iter().chain(&self.co_authors);
        own.any(|person| is_named(person) || is_named(&people(person)))
    }
}

/// One task that the range touches.
#[derive(Debug, Clone)]
pub struct RangeTask {
    /// Its id.
    pub id: TaskId,
    /// Its record's path.
    pub path: String,
    /// As it was at the merge base; none where it was not there or could not be read.
    pub before: Option<Task>,
    /// As it is at the head; none where it is gone or cannot be read.
    pub after: Option<Task>,
    /// The type whose pipeline judges: a task that had begun keeps its route, whatever the range makes of its type.
    pub judged_kind: Option<String>,
    /// Whether the base has cancelled it since the two parted.
    pub is_cancelled_at_tip: bool,
    /// Whether its record is gone at the head.
    pub is_deleted: bool,
    /// Whether the base itself has another new task of this id.
    pub collides: bool,
    /// Its findings at the merge base.
    pub findings_before: Vec<Finding>,
    /// Its findings at the head.
    pub findings: Vec<Finding>,
    /// Whose the resolutions, overrides and notes are that the range brings.
    pub credits: Vec<Credit>,
    /// Its receipts at the head, oldest first.
    pub receipts: Vec<ReceiptRecord>,
    /// The role that each of its checkboxes names which names one.
    pub verified_by: Vec<String>,
    /// Boxes that are not ticked at the head.
    pub open_boxes: Vec<OpenBox>,
    /// The tasks it depends on that are open at the head.
    pub waits_for: Vec<TaskId>,
    /// Those among the tasks which it depended on at the merge base, and does not at the head, that are open at the head.
    pub waited_for: Vec<TaskId>,
    /// How many notes the range brings.
    pub notes: usize,
    /// The commits of the range that link it, by their place in the list of the range's commits.
    pub commits: Vec<usize>,
}

/// A record that says whose it is, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The task.
    pub task: TaskId,
    /// The record.
    pub record: Credited,
    /// How sure it is.
    pub trust: Trust,
}

/// What is credited to somebody besides votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credited {
    /// What became of a finding.
    Resolution(FindingId, Resolution),
    /// A move that overrode what was missing.
    Override(Move),
    /// A note.
    Note {
        /// Its path.
        path: String,
        /// Whom it names.
        by: String,
    },
}

impl RangeTask {
    /// Returns how sure it is whose a record is; where several commits brought it, by the best of them.
    #[must_use]
    pub fn trust_of(&self, record: &Credited) -> Trust {
        let own = self.credits.iter().filter(|credit| credit.record == *record);
        own.map(|credit| credit.trust).max().unwrap_or(Trust::Unverified)
    }
}

/// What one commit did to a record that is only ever added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordStep {
    /// It changed a task's history: before and after.
    History {
        /// The commit; none for what is staged.
        commit: Option<String>,
        /// The task.
        task: TaskId,
        /// The record.
        path: String,
        /// The history in its parent.
        before: Rc<[Move]>,
        /// The history that it has.
        after: Rc<[Move]>,
    },
    /// It changed or deleted a vote.
    Vote {
        /// The commit; none for what is staged.
        commit: Option<String>,
        /// The task in whose folder the vote lies.
        task: TaskId,
        /// The vote.
        path: String,
        /// Whether the vote is gone.
        is_deleted: bool,
        /// The finding; none where that cannot be read.
        verdict: Option<Verdict>,
    },
    /// It changed or deleted a receipt.
    Receipt {
        /// The commit; none for what is staged.
        commit: Option<String>,
        /// The task in whose folder the receipt lies.
        task: TaskId,
        /// The receipt.
        path: String,
        /// Whether the receipt is gone.
        is_deleted: bool,
    },
    /// It changed or deleted a note.
    Note {
        /// The commit; none for what a merge dropped.
        commit: Option<String>,
        /// The task in whose folder the note is.
        task: TaskId,
        /// The note.
        path: String,
        /// Whether the note is gone.
        is_deleted: bool,
        /// Who wrote it, as it says; none where that cannot be read.
        by: Option<String>,
    },
    /// It deleted a finding, or made one less bad.
    Finding {
        /// The commit; none for what is staged.
        commit: Option<String>,
        /// The task in whose folder it lies.
        task: TaskId,
        /// The finding.
        path: String,
        /// What was done to it.
        action: FindingAction,
    },
}

/// What a commit does to a finding that its reviewer should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingAction {
    /// The file is gone.
    Deleted {
        /// The finding.
        id: FindingId,
        /// How bad it was.
        severity: FindingSeverity,
    },
    /// A merge leaves out what one of its sides had.
    DroppedByMerge,
    /// It is less bad than it was.
    Lowered {
        /// The finding.
        id: FindingId,
        /// How bad it was.
        from: FindingSeverity,
        /// How bad it is.
        to: FindingSeverity,
    },
    /// What became of it is no longer there.
    TakenBack(FindingId),
    /// It says something else.
    Rewritten(FindingId),
}

impl fmt::Display for FindingAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted { id, severity } => write!(f, "deletes finding {id} ({severity})"),
            Self::DroppedByMerge => f.write_str("a merge drops a finding"),
            Self::Lowered { id, from, to } => write!(f, "makes finding {id} {to} where it was {from}"),
            Self::TakenBack(id) => write!(f, "takes back what became of finding {id}"),
            Self::Rewritten(id) => write!(f, "rewrites finding {id}"),
        }
    }
}

/// A record at a merge commit that differs from what the field merge of its parents gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedRecord {
    /// The merge commit.
    pub commit: String,
    /// The record.
    pub path: String,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// Whether the field merge left something for a person to resolve.
    pub had_conflict: bool,
    /// The lines that differ, as `-expected` and `+found`; the first few.
    pub difference: Vec<String>,
}
