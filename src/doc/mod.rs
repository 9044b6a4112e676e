//! Text to nouns and back, pure: what a document says, and how to change one value of it and nothing else.
//!
//! Reading ([`read_task`], [`read_note`], [`read_vote`], [`read_finding`], [`read_role`], [`read_config`]) reports
//! every problem with its line. Creating ([`create_task`], [`create_note`], [`create_vote`], …) writes new documents in canonical form. Editing ([`Document::edit`]) splices
//! new bytes into an existing text and proves, by parsing both, that only the intended value differs; what it
//! cannot prove it refuses. Merging ([`merge()`]) joins what two sides changed, field by field, under the same proof. A
//! user's document is never serialised again.
//!
//! The YAML and TOML parsers stay inside this module. Nothing here touches a file, the clock or git.

mod batch;
pub(crate) mod cards;
mod claim;
mod config;
mod document;
mod edit;
mod escalation;
mod finding;
mod front;
mod lines;
mod markdown;
mod merge;
mod note;
mod pipeline;
mod plan;
mod printable;
mod receipt;
mod record;
mod recover;
mod role;
mod run;
mod servers;
mod settings;
mod signers;
mod source;
mod sprint;
mod sprint_list;
mod sync_link;
mod task;
mod upgrade;
mod vote;
mod words;
mod workflow;
mod yaml;

pub(crate) use batch::{Draft, read_batch};
pub(crate) use claim::{LARGEST_CLAIM, claim_text, read_claim};
pub use config::read_config;
pub(crate) use config::{add_sync_table, config_values, names_keys, remove_sync_table, resolve_member_keys};
pub use document::Document;
pub use edit::{Edit, Scalar, Value};
pub(crate) use escalation::{
    create_escalation, decide_escalation, escalation_warnings, read_escalation, update_escalation,
};
pub use finding::{create_finding, read_finding};
pub(crate) use finding::{resolve_finding, signed_resolution};
pub(crate) use front::{FrontMatter, read_front_matter};
pub(crate) use lines::ending_near;
pub(crate) use markdown::words_of_others;
pub(crate) use markdown::{Checkbox, Section, open_boxes, verified_by};
pub use markdown::{acceptance_text, checkboxes, is_heading, put_block, sections};
pub use merge::{Conflict, Identity, Marks, Merge, RecordVersions, Subject, merge};
pub(crate) use note::signed_note;
pub use note::{create_note, read_note};
pub(crate) use pipeline::{PipelineRequest, PipelineTarget, export_workflow};
pub(crate) use plan::{PlanPlace, add_to_plan, remove_from_plan};
pub use plan::{
    append_decision, create_plan, digest_of_history, plan_digest, planned_task_digest, read_plan,
    signed_decision,
};
pub(crate) use receipt::signed_receipt;
pub use receipt::{create_receipt, read_receipt, receipt_digest, receipt_file_name};
pub(crate) use record::{merge_record, read_task_of, record_problems};
pub use role::{create_role, read_role};
pub(crate) use run::{
    AnyRun, create_run, create_task_run, decide_task_run, is_task_run, read_any_run, read_run, read_task_run,
};
pub(crate) use servers::ServerList;
pub(crate) use settings::{put_commands, take_commands};
pub(crate) use source::{is_like_conflict_marker, plain_text, without_conflict_markers};
pub(crate) use sprint::{
    append_event, committed_block, create_scope_change, create_sprint, evidence_block, read_scope_change,
    read_sprint, set_block,
};
pub(crate) use sync_link::{create_sync_link, read_sync_link};
pub(crate) use task::signed_move;
pub use task::{append_move, create_task, read_task};
pub(crate) use upgrade::{upgrade_config, upgrade_task};
pub(crate) use vote::signed_text;
pub use vote::{create_vote, read_vote, vote_file_name};
pub(crate) use workflow::{read_workflow, read_workflow_of, workflow_schema};
