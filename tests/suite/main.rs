//! All end-to-end tests, in one binary: it links once.

#![expect(clippy::unwrap_used, reason = "what fails here is a failing test")]

mod support;

mod git_facts;
