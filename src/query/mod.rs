//! The query language of `list`, `queue` and `board`, and the fields and orders that tasks are shown in. Pure.
//!
//! ```text
//! stage:qa priority>=high tag:ui -assignee:ada "dark mode"
//! (is:ready or assignee:@me) created>=-7d -title:"spike*"
//! ```
//!
//! # Terms
//!
//! Terms side by side must all hold; `or` between them means either, and binds weaker. `and` may be written.
//! Parentheses group. `-`, `!` or `not` before a term or a group turns it around. The case of keywords, fields
//! and values does not matter. A value with spaces, commas or parentheses is put into `"` or `'`; a backslash
//! takes the next character as it is. There is no space around an operator.
//!
//! A term without a field is searched in title, id and tags.
//!
//! # Operators
//!
//! `:` compares as people would, `=` requires the whole value, `!=` for anything else (also for no value at all).
//! `<` `<=` `>` `>=` compare what has an order; `created:>=2026-11` is the same as `created>=2026-11`. Commas
//! separate alternatives: `stage:dev,qa`. A field without a value matches no comparison, so `-estimate>2h` finds tasks
//! without an estimate as well. `*` means anything where it is not quoted, and then the whole value must
//! match: `title:dark*` finds what begins with "dark".
//!
//! | fields | `:` | order |
//! |--------|-----|-------|
//! | `type` `assignee` `area` `tag` | the whole value; `assignee:@me` is yourself | |
//! | `id` `dep` `sprint` | the id, or what follows its hyphen: `id:7q2m` | |
//! | `title` `blocked` `cancelled` `source` `body` | a part of the text | |
//! | `file` | like a line of `.gitignore`: without `/` a name anywhere, with `/` a path or anything below it; `*` stays within a folder, `**` does not | |
//! | `priority` | critical, high, medium, low; a task without one counts as medium | low < medium < high < critical, unknown words below all |
//! | `stage` | a stage of the pipeline, `none` or `complete` | none, the pipeline's, complete; a stage of no pipeline is nowhere |
//! | `status` `badge` (`qa`) | one of the known words | |
//! | `estimate` `spent` | a length: `45m`, `1h30m`, `2d` of eight hours | shorter < longer |
//! | `due` `created` `updated` `since` | a day, month or year: `2026-11-11`, `2026-11`, `2026`, `today`, `tomorrow`, `-7d`, `+7d` | earlier < later |
//!
//! A time is always a point on the calendar, never an age: `-7d` is the day seven days ago (`-2w` fourteen), so
//! `updated>=-7d` finds what changed in the last week and `updated<-7d` what did not. `-4h` is the moment four
//! hours ago. `7d` alone could mean either way, and is refused with both corrections. `>` means after the end of
//! a day or month, `<` before its beginning. Days are those of the user's clock, with today's offset all year.
//!
//! `has:x` and `no:x` ask whether a task has the field at all. `is:` knows `open` (neither complete nor
//! cancelled), `closed`, `blocked` (by hand or by a dependency), `ready` (can begin now), `overdue` and `mine`.
//!
//! # What it promises
//!
//! No text makes it panic or run away. [`Query`]'s `Display` is canonical: parsing it gives the same query.
//! Everything that can be resolved is resolved while parsing, so that matching ten thousand tasks costs less
//! than reading them; a body is only read where a `body` term decides.

mod date;
mod error;
mod expr;
mod parse;
mod pattern;
mod sort;
mod term;
#[cfg(test)]
mod tests;

pub(crate) use crate::model::nearest;
pub(crate) use date::{DAY_HINT, read_day, read_moment};
pub use error::Error;
pub(crate) use expr::Query;
pub use expr::{Context, Subject};
pub(crate) use sort::Sort;
pub(crate) use sort::parse_fields;
