//! The line that a list is filtered by.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::answers::Failed;
use super::input::LineInput;
use super::theme::Tone;
use super::view::{DrawContext, Writer};

/// Columns of the mark in front of the text.
const MARK: usize = 2;

/// A filter. It has a line of the screen while it is typed, and while it leaves something out.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    line: LineInput,
    /// What was filtered by before it was opened; none while it is closed.
    before: Option<String>,
    /// Why it cannot be read.
    error: Option<String>,
}

impl Filter {
    pub(super) fn new(text: &str) -> Self {
        Self { line: LineInput::new(text), ..Self::default() }
    }

    pub(super) fn text(&self) -> String {
        self.line.text()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Whether keys are typed into it.
    pub(super) fn is_open(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn open(&mut self) {
        self.before = Some(self.text());
    }

    /// Takes a key while it is open: Enter closes it, Esc also takes back what was typed. Returns whether what is filtered by may
    /// be another.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Enter => {
                self.before = None;
                false
            }
            KeyCode::Esc => {
                self.line = LineInput::new(&self.before.take().unwrap_or_default());
                true
            }
            _ => {
                let before = self.text();
                self.line.on_key(key);
                self.text() != before
            }
        }
    }

    /// Takes pasted text; returns whether it is open.
    pub(super) fn paste(&mut self, text: &str) -> bool {
        if self.is_open() {
            self.line.insert(text);
        }
        self.is_open()
    }

    /// Notes that it can be read.
    pub(super) fn accept(&mut self) {
        self.error = None;
    }

    /// Takes why nothing could be read; returns whether that is for this line to show.
    pub(super) fn refuse(&mut self, failed: &Failed) -> bool {
        let is_shown = self.height() > 0;
        if is_shown {
            self.error = Some(failed.message.clone());
        }
        is_shown
    }

    /// Returns why it cannot be read.
    pub(super) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns how many lines of the screen it has.
    pub(super) fn height(&self) -> u16 {
        u16::from(self.is_open() || !self.is_empty())
    }

    /// Draws it at the top, if it has a line; returns the area below.
    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer, look: &DrawContext) -> Rect {
        let height = self.height();
        if height > 0 {
            let tone = if self.is_open() { Tone::Strong } else { Tone::Accent };
            let shown = self.line.shown(usize::from(area.width).saturating_sub(MARK)).0;
            let mut line = Writer::new(buffer, area, 0, Style::new());
            line.put("/ ", look.theme.style(Tone::Dim)).put(&shown, look.theme.style(tone));
            if let Some(error) = &self.error {
                line.put("   ", Style::new()).put(error, look.theme.style(Tone::Bad));
            }
        }
        Rect { y: area.y + height, height: area.height.saturating_sub(height), ..area }
    }

    /// Returns the column and the line of the caret in an area of this width; none while it is closed.
    pub(super) fn caret(&self, width: usize) -> Option<(u16, u16)> {
        let (_, column) = self.line.shown(width.saturating_sub(MARK));
        self.is_open().then(|| (u16::try_from(column + MARK).unwrap_or(0), 0))
    }
}
