//! `tracker tui`: the tracker in a terminal, seen and worked on.
//!
//! A door that keeps nothing but what is on the screen. Its model is pure: a state takes a [`message`] and returns
//! [`effects`](message::Effect), and is drawn into a buffer of cells. Whatever reads or writes the tracker is a process of
//! its own, the same program, as a shell would call it: what hangs, fails or waits for a lock does so without the view, and what
//! it shows is what the command line prints. Changes come by one watch on the files; nothing is asked again and again.

mod ansi;
mod answers;
mod app;
mod board;
mod call;
mod cursor;
mod dialog;
mod document;
mod filter;
mod input;
mod keys;
mod list;
mod lists;
mod message;
mod page;
mod requests;
mod runtime;
mod screen;
mod table;
mod task;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod view;
mod write;

pub(crate) use keys::help;
pub(crate) use runtime::{TuiRequest, run};
