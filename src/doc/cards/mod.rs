//! The task-card dialect: how one task is written as a card of a `TASK_CARDS.md` document.
//!
//! What `import` reads and `report` writes must agree to the letter, or a rendered document would not come back
//! as the tasks it was rendered from. So both directions of every piece are here, side by side: values on a
//! line, metadata lines, statuses, sections, moves, file lists. Nothing here knows a whole document or a whole
//! task, and nothing reads a file.

pub(crate) mod body;
pub(crate) mod field;
pub(crate) mod heading;
pub(crate) mod lines;
pub(crate) mod moves;
pub(crate) mod paths;
pub(crate) mod section;
pub(crate) mod status;
pub(crate) mod value;
