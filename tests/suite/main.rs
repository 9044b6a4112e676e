//! All tests from outside, in one binary: it links once. One module per subject.

#![expect(clippy::unwrap_used, reason = "what fails here is a failing test")]

mod support;
mod watchdog;

mod cards;
mod commands;
mod concurrency;
mod crash;
mod disk;
mod document_properties;
mod documents;
mod git_facts;
mod hostile;
mod house;
mod readme;
