//! Text to nouns and back, pure: what a document says, and how to change one value of it and nothing else.
//!
//! Reading ([`read_task`], [`read_note`], [`read_config`]) reports every problem with its line. Creating
//! ([`create_task`], [`create_note`]) writes new documents in canonical form. Editing ([`Document::edit`]) splices
//! new bytes into an existing text and proves, by parsing both, that only the intended value differs; what it
//! cannot prove it refuses. A user's document is never serialised again.
//!
//! The YAML and TOML parsers stay inside this module. Nothing here touches a file, the clock or git.

mod batch;
pub(crate) mod cards;
mod config;
mod document;
mod edit;
mod lines;
mod markdown;
mod note;
mod printable;
mod salvage;
mod source;
mod task;
mod yaml;

pub use batch::{Draft, read_batch};
pub use config::read_config;
pub use document::Document;
pub use edit::{Edit, Scalar, Value};
pub use markdown::{CheckBox, Section, check_boxes, is_heading, sections};
pub use note::{create_note, read_note};
pub use task::{create_task, read_task};
