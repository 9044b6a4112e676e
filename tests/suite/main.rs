//! All integration tests: one binary, one module per subject.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod document_properties;
mod documents;
