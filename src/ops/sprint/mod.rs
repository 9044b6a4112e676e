//! `sprint`: plan, start, follow and close sprints.
//!
//! A task's own `sprint` key says what is planned. From its start on a sprint's scope is data of its own: every change of
//! membership, and of an estimate, appends a record, whichever command makes it ([`scope_changes`]). So nothing that is
//! computed of a sprint depends on what a task says today.

mod actions;
mod audit;
mod branches;
mod close;
mod closing;
mod compare;
mod documents;
mod plan;
mod records;
mod reports;
mod verify;
mod view;

pub(crate) use actions::{ActionView, ActionsView, sprint_actions};
pub(crate) use audit::{Audit, AuditRule};
pub(crate) use close::{
    CloseRequest, ClosedSprint, EvidenceFile, abort_close, close_sprint, postmortem_template,
};
pub(crate) use compare::*;
pub(super) use documents::computed_documents;
pub(crate) use plan::*;
pub(super) use records::{misspelt, no_such_sprint, scope_changes};
pub(crate) use reports::{SprintChartsView, sprint_charts};
pub(super) use reports::{
    changelog_context, history_context, in_order, last_tests, lines_of, plan_context, postmortem_context,
    sprint_context, sprint_members, sprint_named,
};
pub(super) use verify::verified;
pub(crate) use verify::{DocumentPart, VerifiedSprint, verify_sprint};
pub(crate) use view::*;
pub(super) use view::{SprintAhead, sprint_ahead, sprint_drift};
