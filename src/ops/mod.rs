//! The verbs, one file per use case. Every door calls these; a rule stands in one place.
//!
//! An op takes a [`Session`] and a request, reads a snapshot, asks pure code what follows, and returns plain data:
//! what it found, or what it wrote. It prints nothing and knows no exit code.

mod block;
mod board;
mod ci;
mod completion;
mod demo;
mod deps;
mod diff;
mod doctor;
mod edit;
mod error;
mod explain;
mod fields;
mod gate;
mod hooks;
mod ids;
mod import_cards;
mod import_findings;
mod init;
mod list;
mod log;
mod merge_records;
mod moves;
mod new;
mod note;
mod queue;
mod report;
mod roles;
mod select;
mod session;
mod set;
mod show;
mod signoffs;
mod tick;
mod unmerged;
mod view;
mod written;

pub use block::{block, cancel, reopen, unblock};
pub use board::{Board, BoardColumn, board};
pub use ci::Server;
pub use completion::{Candidate, role_candidates, task_candidates};
pub use demo::{Demo, DemoStep, demo};
pub use deps::{DepsRequest, DepsRow, DepsView, deps};
pub use diff::{
    DiffFile, DiffFinding, DiffNote, DiffRequest, DiffSide, DiffStage, DiffTask, DiffView, DiffVote,
    DiffWarning, diff,
};
pub use doctor::{Diagnosis, DoctorFinding, DoctorRule, FormatUpgrade, doctor, upgrade_format};
pub use edit::{PreparedEdit, finish_edit, prepare_edit};
pub use error::Error;
pub use explain::{RuleView, Rules, explain};
pub use fields::{Assignment, AssignmentOperator};
pub use gate::{GateRequest, check_records, review};
pub use hooks::{
    Applied, BranchReport, HookReport, HookView, PostCommit, PushReport, apply, check_message, check_push,
    hooks_install, hooks_install_server, hooks_status, hooks_uninstall, judge_receive, post_commit,
    prepare_message,
};
pub use import_cards::{CardsImport, ImportedCard, PlacedView, import_cards};
pub use import_findings::{FindingsImport, FindingsImportRequest, ImportedFinding, import_findings};
pub use init::{InitRequest, Initialised, Profile, init};
pub use list::{ListRequest, Listing, list};
pub use log::{Event, EventKind, TaskLog, log};
pub use merge_records::{MergeRequest, MergedConflict, MergedRecord, merge_records};
pub use moves::{StartRequest, advance, fail, set_stage, start};
pub use new::{Draft, new, read_batch};
pub use note::note;
pub use queue::{QueueRequest, queue};
pub use report::{RenderedReport, report};
pub use roles::{RoleSummary, RoleText, RolesView, checklist, new_role, role, roles};
pub use select::{SelectedFields, SelectedTask, select_fields};
pub use session::Session;
pub use set::set;
pub use show::{Shown, show};
pub use signoffs::{
    FindingView, FindingsView, MissingView, RoleView, SignoffsView, Verify, VoteRequest, VoteView, approve,
    findings, reject, resolve, signoffs, withdraw,
};
pub use tick::tick;
pub use unmerged::explain_conflicts;
pub use view::{BoxView, CountView, DependencyView, MoveView, NoteView, StepView, TaskLine, TaskView};
pub use written::{TaskAction, Written, WrittenRecord, WrittenTask};

/// A result of an op.
pub type Result<T> = std::result::Result<T, Error>;
