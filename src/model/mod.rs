//! The nouns: ids, people, tasks, stages, moves, notes, votes, findings, roles, configuration, and the problems a
//! document can have.
//!
//! Pure data. Nothing here reads a file, asks the clock or knows YAML.

mod config;
mod duration;
mod field;
mod field_value;
mod finding;
mod gate;
mod glob;
mod id;
mod nearest;
mod order;
mod person;
mod priority;
mod problem;
mod record;
mod role;
mod rules;
mod stage;
mod status;
mod suggestion;
mod task;
mod texts;
mod vote;

pub use config::{CiSettings, Config, IdScheme, Pipeline, ReportSettings, TypeRules};
pub use duration::Minutes;
pub use field::{Field, FieldRow};
pub use field_value::{Editing, FieldKind, FieldPart, FieldValue, InvalidValue};
pub use finding::{Finding, FindingId, FindingSeverity, FindingState, Resolution, ToolSource};
pub use gate::{GateCommand, GateRule, GateRules, Level, Standard};
pub use glob::{GlobError, check_glob, is_selected};
pub use id::{IdError, SprintId, TaskId};
pub use nearest::nearest;
pub use order::{compare_ids, first_to_do};
pub use person::Person;
pub use priority::Priority;
pub use problem::{Problem, Severity};
pub use record::{
    NotARecord, RecordFormat, RecordKind, RecordName, RecordPath, TRACKER_FOLDER, is_daily_record,
    is_in_tracker,
};
pub use role::{Role, RoleGuide, RoleRules, is_role_name};
pub use rules::{
    Advance, Blocking, HookRules, OnCommit, OpenBox, PolicyRules, Requirement, SelfApproval, Signatures,
    StageRules,
};
pub use stage::{Move, MoveKind, Stage};
pub use status::{Badge, Facts, Status};
pub use suggestion::Suggestion;
pub use task::{BoxCount, Note, Summary, Task};
pub use texts::Texts;
pub use vote::{AcceptanceText, Coverage, CoverageFormat, CoveredChange, TreeEntry, Verdict, Vote};
