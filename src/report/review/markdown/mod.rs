//! A review as Markdown: a comment in a pull request that is updated in place.
//!
//! Forges refuse a comment that is too long, and a refused comment tells nothing: the page has a limit that it
//! keeps whatever the range. Details go first, then rows of the table; what is left out is counted, with the
//! command that shows it.

mod brief;
mod page;
mod parts;
mod table;
mod task;
#[cfg(test)]
mod tests;

pub use brief::brief;
pub use page::markdown;
pub(crate) use page::{MARKER, markdown_failure};
