//! All tests from outside, in one binary: it links once. One module per subject.

#![expect(clippy::disallowed_methods, reason = "tests start programs and wait for them")]
#![expect(clippy::unwrap_used, reason = "what fails here is a failing test")]

mod support;
mod watchdog;

mod cards;
mod claims;
mod commands;
mod commits;
mod concurrency;
mod conflicts;
mod crash;
mod director;
mod disk;
mod document_properties;
mod documents;
mod events;
mod evidence;
mod figures;
mod folding;
mod format;
mod gate;
mod git_facts;
mod hook_files;
mod hostile;
mod house;
mod imports;
#[cfg(feature = "mcp")]
mod mcp;
mod merge_driver;
mod merges;
mod plan_execution;
mod plans;
mod races;
mod readme;
mod runs;
#[cfg(feature = "web")]
mod serve;
mod signoffs;
mod sprints;
mod sync;
mod tool_reports;
mod trust;
#[cfg(feature = "tui")]
mod tui;
mod words;
mod workers;
