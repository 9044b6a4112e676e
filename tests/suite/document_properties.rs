//! Properties of reading, creating and editing documents.
