//! The Markdown below the front matter, as far as a task needs it: check boxes and sections.
//!
//! No Markdown parser: a walk over lines that knows code fences and HTML comments. Headings are ATX (`## …`).

mod acceptance;
mod boxes;
mod sections;
mod walk;

pub use acceptance::{acceptance_text, open_boxes};
pub use boxes::{CheckBox, check_boxes};
pub(super) use boxes::{box_marks, count, find_box, list_item};
pub(super) use sections::begins_list_item;
pub use sections::{Section, is_heading, sections};
pub(super) use walk::ends_in_text;
