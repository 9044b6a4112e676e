//! All tests from outside, in one binary: it links once. One module per subject.

#![expect(clippy::unwrap_used, reason = "what fails here is a failing test")]

mod support;

mod document_properties;
mod documents;
mod git_facts;
mod merge_driver;
mod merges;
