//! What comes to the model, and what it has done.

use chrono::{DateTime, Utc};
use ratatui::crossterm::event::Event;

use super::answers::Failed;
use super::call::{Answer, Call};
use super::write::{Done, Write};

/// Something that has happened.
#[derive(Debug)]
pub(super) enum Message {
    /// A key, a click, a paste.
    Input(Event),
    /// The terminal has another size: columns and lines.
    Resized(u16, u16),
    /// Files of the tracker have changed.
    Changed,
    Read {
        call: Call,
        answer: Result<Answer, Failed>,
    },
    Written {
        write: Write,
        done: Result<Done, Failed>,
    },
    /// The editor has ended; why its text was not taken, where it was not.
    Edited {
        id: String,
        failed: Option<Failed>,
    },
    /// Somebody suspends it from outside.
    Suspended,
    /// A signal that ends programs.
    Signal(i32),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Read(Call),
    Write(Write),
    /// Opens a task in the editor, which takes the terminal meanwhile.
    Edit(String),
    /// Gives the terminal back until somebody brings the program to the foreground again.
    Suspend,
    /// Draws every cell anew.
    Redraw,
    /// Ends; by this signal where one has come.
    Quit(Option<i32>),
}

/// The time by which a message is taken.
pub(super) type Now = DateTime<Utc>;
