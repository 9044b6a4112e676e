//! The nouns: ids, people, tasks, claims, stages, moves, notes, links, votes, findings, roles, workflows, runs, plans, events, configuration, and the problems a
//! document can have.
//!
//! Pure data. Nothing here reads a file, reads the clock or knows YAML.

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

mod claim;
mod config;
mod cost;
mod director;
mod duration;
mod escalation;
mod event;
mod executor;
mod field;
mod field_value;
mod finding;
mod gate;
mod glob;
mod hex;
mod id;
mod nearest;
mod obeyed;
mod order;
mod person;
mod plan;
mod priority;
mod problem;
mod receipt;
mod record;
mod role;
mod rules;
mod run;
mod same_name;
mod signer;
mod sprint;
mod stage;
mod status;
mod suggestion;
mod sync;
mod task;
mod task_run;
mod texts;
mod trigger;
mod vote;
mod webhook;
mod worker;
mod workflow;

pub(crate) use claim::{
    CLAIM_REFS, CLOCK_SKEW, Claim, ClaimRef, FILES_REF, LONGEST_CLAIM_NAME, LONGEST_LEASE, USUAL_LEASE,
};
pub use config::{Config, Pipeline};
pub(crate) use config::{IdScheme, ReportSettings, TypeRules};
pub(crate) use cost::Cost;
pub(crate) use director::{Budgets, ConfigName, DirectorCheck, DirectorRule, NamedThing, Pauses, WipOf};
pub use duration::Minutes;
pub(crate) use duration::{parse_age, parse_span, span_text, took};
pub(crate) use escalation::{
    Escalation, EscalationReason, EscalationState, EscalationStep, STALE_ESCALATION, path_of_place,
};
pub(crate) use event::{Cursor, EventData, EventKind, KindPattern, LogEvent};
pub(crate) use executor::{Duty, Executor, executor_for};
pub use field::Field;
pub use field_value::{Editing, FieldPart};
pub(crate) use field_value::{FieldKind, FieldValue, InvalidValue};
pub use finding::Finding;
pub(crate) use finding::{FindingId, Resolution, ToolSource};
pub use finding::{FindingSeverity, FindingState};
pub use gate::Standard;
pub(crate) use gate::{GateCommand, GateRule, GateRules, Level};
pub(crate) use glob::{check_glob, first_overlap, is_permitted, is_selected, may_overlap, may_select};
pub(crate) use hex::{digest_of, to_hex};
pub(crate) use id::{IdError, id_letter};
pub use id::{PlanId, RunId, TaskId};
pub(crate) use nearest::{is_one_typo, nearest};
pub(crate) use obeyed::is_obeyed;
pub(crate) use order::{compare_ids, first_to_do, sort_by_first_to_do};
pub use person::Person;
pub(crate) use person::by_agent;
pub use plan::{
    MOST_RETRIES, Milestone, Phase, Plan, PlanDecision, PlanDecisionKind, PlanProgress, PlanRules, PlanState,
    PlanVerdict, PlannedTask, RETRIES, retries_of,
};
pub use priority::Priority;
pub use problem::{Problem, Severity};
pub use receipt::{EvidenceLevel, Receipt};
pub(crate) use record::{NotARecord, TRACKER_FOLDER, is_in_tracker};
pub use record::{RecordFormat, RecordKind, RecordPath, is_daily_record};
pub(crate) use role::{Role, is_role_name};
pub use role::{RoleGuide, RoleRules};
pub use rules::{Advance, PolicyRules, SelfApproval, Signatures, StageRules};
pub(crate) use rules::{Blocking, HookRules, OnCommit, OpenBox, Requirement};
pub(crate) use run::{AttemptEnd, ErrorRecord, RunRecord, RunState, StateRecord, StepRecord, StepState};
pub use sprint::SprintId;
pub(crate) use sprint::{
    CloseStep, CommittedTask, EvidenceCounts, ScopeAction, ScopeEntry, ScopeRecord, ScoreRubric, Sprint,
    SprintAction, SprintEvent, SprintEvidence, SprintRules, SprintState,
};
pub use stage::{Move, MoveKind, Stage};
pub(crate) use status::Badge;
pub use status::{Facts, Status};
pub(crate) use suggestion::Suggestion;
pub use sync::{
    GateState, RepositoryName, SYNC_COLUMNS, SyncConflict, SyncField, SyncKind, SyncLink, SyncOrphan,
    SyncPolicy, SyncRemote, SyncSide, SyncValue, SyncValues,
};
pub(crate) use task::Summary;
pub use task::{BoxCount, Note, NoteKind, Task};
pub(crate) use task_run::{TaskRun, TaskRunChange, TaskRunDecision, TaskRunKind, TaskRunState};
pub use texts::{Texts, counted};
pub(crate) use trigger::{Trigger, TriggerAction, event_variables, plain_text};
pub use vote::{AcceptanceText, Coverage, CoverageFormat, CoveredChange, TreeEntry, Verdict, Vote};
#[cfg(test)]
pub(crate) use webhook::MOST_ATTEMPTS;
pub(crate) use webhook::{Webhook, is_webhook_url, retry_in, secret_key, sign};

pub(crate) use worker::{
    ToolFinding, WorkerReport, WorkerTool, WorkerType, WorkerWatch, is_rule_number, is_worker_name,
};
pub(crate) use workflow::{
    ANSWER, Action, Backoff, Condition, Handler, Operand, Param, Part, Question, Reference, Retry, Step,
    StepName, TaskGoal, TaskSight, Template, ValueKind, When, Workflow, output_variable, param_variable,
    state_variable,
};

serialize_as_text!(
    Badge,
    FindingSeverity,
    FindingState,
    GateRule,
    Level,
    PlanState,
    RunState,
    Stage,
    Status,
    StepState,
    Verdict
);
pub(crate) use same_name::{composed, fold, fold_file_name, is_mentioned, is_of_another, is_same_name};
pub(crate) use signer::{SignerLine, is_key_kind};
