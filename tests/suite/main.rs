//! All integration tests: one binary, one module per subject.

mod document_properties;
mod documents;
