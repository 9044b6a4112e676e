//! `sync`: this tracker and another one agree. What follows for each field is decided in [`crate::sync`], how another tracker
//! is reached in [`crate::remote`]; here are the tasks and links of this one, and the verbs.

mod configure;
mod conformance;
mod doctor;
mod doctor_pulls;
mod github;
mod github_checks;
mod github_gate;
mod github_notes;
mod github_reviews;
mod here;
mod install;
mod links;
mod own_program;
mod reach;
mod resolve;
mod run;
mod values;
mod view;

pub(crate) use configure::{SyncAdded, add_remote, remove_remote};
pub(crate) use conformance::{ConformanceView, test_program};
pub(crate) use doctor::{SyncDiagnosis, diagnose_sync};
pub(crate) use install::{InstallFor, SyncInstall, install_sync};
pub(crate) use links::SyncedView;
pub(in crate::ops) use links::add_links;
pub(crate) use resolve::resolve_sync;
pub(crate) use run::{LastSync, SyncLine, SyncOptions, SyncRun, sync_remote};
pub(crate) use view::{RemoteStatus, SyncLog, SyncStatus, SyncWaiting, last_sync, sync_log, sync_status};
