//! The Markdown below the front matter, as far as a task needs it: checkboxes and sections.
//!
//! No Markdown parser: a walk over lines that knows code fences and HTML comments. Headings are ATX (`## …`).

mod boxes;
mod near;
mod others;
mod outline;
mod sections;

pub(crate) use boxes::Checkbox;
pub use boxes::acceptance_text;
pub use boxes::checkboxes;
pub(super) use boxes::{box_marks, count, every_mark, list_item, without_ticks};
pub(crate) use boxes::{open_boxes, verified_by};
pub(super) use near::{Meant, near_misses};
pub(crate) use others::words_of_others;
pub(super) use outline::{TaskItem, headings, items_among_tasks, task_in, task_items};
pub(crate) use sections::Section;
pub(super) use sections::{begins_list_item, ends_in_text};
pub use sections::{is_heading, put_block, sections};
