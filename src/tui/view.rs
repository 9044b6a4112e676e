//! What every view has: what it reads, how it takes keys, and how it is drawn.

use std::fmt;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::answers::Failed;
use super::call::{Answer, Call};
use super::dialog::Dialog;
use super::keys::KeyRow;
use super::lists::Target;
use super::text::{clean, truncate, width};
use super::theme::Theme;
use super::write::Write;

/// How and when something is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct DrawContext {
    pub(super) theme: Theme,
    pub(super) now: DateTime<Utc>,
}

/// What a view requests after a key.
#[derive(Debug)]
pub(super) enum Action {
    /// The key is none of its own.
    Ignored,
    /// Nothing more.
    Taken,
    /// What it shows is to be read.
    Read,
    /// Something is shown above it.
    Open(Target),
    Write(Write),
    Ask(Dialog),
    /// A command line is begun, to be completed and run by the user.
    Type(String),
}

/// The task that is selected, or shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) id: String,
    /// What has been seen of it, where it is shown in full.
    pub(super) seen: Option<String>,
    /// The roles that a vote can be cast for.
    pub(super) roles: Vec<String>,
    /// The one of them that it was selected for.
    pub(super) role: Option<String>,
}

/// One view.
pub(super) trait View: fmt::Debug {
    /// Returns its name, as the first line of the screen has it.
    fn title(&self) -> String;

    /// Returns its own keys.
    fn keys(&self) -> &'static [KeyRow];

    /// Returns what it shows.
    fn call(&self) -> Call;

    /// Takes what was read.
    fn take(&mut self, answer: Answer);

    /// Takes that nothing could be read; returns whether it shows why itself.
    fn refuse(&mut self, _failed: &Failed) -> bool {
        false
    }

    /// Takes a key.
    fn on_key(&mut self, key: KeyEvent) -> Action;

    /// Takes text that was pasted.
    fn paste(&mut self, _text: &str) -> Action {
        Action::Ignored
    }

    /// Takes a click on a cell of its area.
    fn click(&mut self, _column: u16, _line: u16) -> Action {
        Action::Taken
    }

    /// Moves the selection by lines.
    fn scroll(&mut self, _lines: isize) {}

    /// Takes the size of its area, and by which time it is drawn.
    fn fit(&mut self, width: u16, height: u16, now: DateTime<Utc>);

    fn draw(&self, area: Rect, buffer: &mut Buffer, look: &DrawContext);

    /// Returns the task that is selected.
    fn subject(&self) -> Option<Subject> {
        None
    }

    /// Returns where the cursor of the terminal is, where something is typed.
    fn caret(&self) -> Option<(u16, u16)> {
        None
    }
}

/// A line that is written from left to right.
pub(super) struct Writer<'b> {
    buffer: &'b mut Buffer,
    x: u16,
    y: u16,
    end: u16,
    base: Style,
}

impl<'b> Writer<'b> {
    /// Begins a line; all of it has a style.
    pub(super) fn new(buffer: &'b mut Buffer, area: Rect, line: u16, base: Style) -> Self {
        let y = area.y + line;
        if line < area.height {
            buffer.set_style(Rect { y, height: 1, ..area }, base);
        }
        let end = if line < area.height { area.right() } else { area.x };
        Self { buffer, x: area.x, y, end, base }
    }

    /// Returns the columns that are left.
    pub(super) fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Writes a text, truncated to what is left.
    pub(super) fn put(&mut self, text: &str, style: Style) -> &mut Self {
        let text = truncate(&clean(text), self.room());
        if !text.is_empty() {
            let (x, _) = self.buffer.set_stringn(self.x, self.y, &text, self.room(), self.base.patch(style));
            self.x = x;
        }
        self
    }

    /// Writes a text into a column of a width, and a space after it.
    pub(super) fn column(&mut self, text: &str, columns: usize, style: Style) -> &mut Self {
        let columns = columns.min(self.room());
        let text = truncate(&clean(text), columns);
        let start = self.x;
        self.put(&text, style);
        let taken = u16::try_from(columns + 1).unwrap_or(u16::MAX);
        self.x = start.saturating_add(taken).min(self.end);
        self
    }

    /// Writes a text at the end of the line, where there is room.
    pub(super) fn at_end(&mut self, text: &str, style: Style) -> &mut Self {
        let text = clean(text);
        let taken = width(&text);
        if taken <= self.room() {
            self.x = self.end - u16::try_from(taken).unwrap_or(0);
            self.put(&text, style);
        }
        self
    }
}
