//! The texts of a closed sprint: report, postmortem, line of the list of sprints, changelog, and the block that other
//! documents carry. Pure: the same data gives the same bytes.

mod figures;
mod postmortem;
mod texts;

pub use figures::{percent, permille_text, span, value_text};
pub(crate) use postmortem::{
    ActionItem, Postmortem, PostmortemContext, read_postmortem, read_written_postmortem,
};
pub(crate) use texts::{
    ChangelogContext, ChangelogSection, ChangelogTask, ClosingFacts, block_of, history_line, line_of,
    put_line, put_sprint_block,
};
