//! YAML as this crate needs it: parsed to a small tree, scanned for spans, written scalar by scalar.
//!
//! Two independent readings of one text. [`parse`] asks the YAML parser what a text means; [`entries`] finds
//! where that meaning stands. An edit trusts the second only as far as the first confirms it. The parser's
//! types stay inside [`parse`], [`raw`] and [`failure`]; [`quick`] spares most documents the parser.

pub(super) mod entries;
mod failure;
pub(super) mod flow;
pub(super) mod items;
mod limits;
mod node;
mod one_line;
mod parse;
mod quick;
mod raw;
pub(super) mod scalar;

pub(super) use failure::Failure;
pub(super) use node::{Node, position_of_key};
pub(super) use one_line::one_line;
pub(super) use parse::parse;
