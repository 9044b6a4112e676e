//! The nouns: ids, people, tasks, stages, moves, notes, votes, findings, roles, configuration, and the problems a
//! document can have.
//!
//! Pure data. Nothing here reads a file, asks the clock or knows YAML.

/// Serialises types as the text that they display: enums are words wherever they are printed.
macro_rules! serialize_as_text {
    ($($name:ident),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                String::json_schema(generator)
            }
        }
    )*};
}

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

serialize_as_text!(FindingSeverity, FindingState, GateRule, Level, Stage, Verdict);
