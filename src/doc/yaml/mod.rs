//! YAML as this crate needs it: parsed to a small tree, scanned for spans, written scalar by scalar.
//!
//! Two independent readings of one text. [`parse()`] asks the YAML parser what a text means; [`entries`] finds
//! where that meaning is. An edit trusts the second only as far as the first confirms it. The parser's
//! types stay inside [`mod@parse`] and [`raw`]; [`quick`] spares most documents the parser. [`places`] finds lines and
//! columns for messages.

pub(super) mod entries;
pub(super) mod flow;
mod node;
mod parse;
mod places;
mod quick;
mod raw;
pub(super) mod scalar;

pub(super) use node::{Node, one_line, position_of_key};
pub(super) use parse::{Failure, parse, parse_workflow};
pub(super) use places::{PositionTree, Segment};
