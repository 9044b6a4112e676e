//! A place in a list that is longer than the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Which row is selected, and which is the first that is seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) at: usize,
    pub(super) top: usize,
    pub(super) len: usize,
    /// How many rows are seen at once.
    pub(super) page: usize,
}

impl Cursor {
    /// Sets how many rows there are.
    pub(super) fn resize(&mut self, len: usize) {
        self.len = len;
        self.go(self.at);
    }

    /// Sets how many are seen at once.
    pub(super) fn fit(&mut self, page: usize) {
        self.page = page;
        self.go(self.at);
    }

    /// Selects a row, the last one where there are fewer.
    pub(super) fn go(&mut self, at: usize) {
        self.at = at.min(self.len.saturating_sub(1));
        let page = self.page.max(1);
        self.top = self.top.min(self.len.saturating_sub(page)).min(self.at);
        if self.at >= self.top + page {
            self.top = self.at + 1 - page;
        }
    }

    /// Selects the row this many further on.
    pub(super) fn step(&mut self, by: isize) {
        self.go(self.at.saturating_add_signed(by));
    }

    /// Moves by a key; returns whether it is one that moves.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> bool {
        let page = isize::try_from(self.page.max(2)).unwrap_or(isize::MAX) - 1;
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('d') if is_control => self.step(page / 2 + 1),
            KeyCode::Char('u') if is_control => self.step(-(page / 2 + 1)),
            KeyCode::Char('f') if is_control => self.step(page),
            KeyCode::Char('b') if is_control => self.step(-page),
            KeyCode::Char('n') if is_control => self.step(1),
            KeyCode::Char('p') if is_control => self.step(-1),
            _ if is_control => return false,
            KeyCode::Char('j') | KeyCode::Down => self.step(1),
            KeyCode::Char('k') | KeyCode::Up => self.step(-1),
            KeyCode::Char('g') | KeyCode::Home => self.go(0),
            KeyCode::Char('G') | KeyCode::End => self.go(usize::MAX),
            KeyCode::PageDown => self.step(page),
            KeyCode::PageUp => self.step(-page),
            _ => return false,
        }
        true
    }

    /// Returns the row that is drawn on a line of the list.
    pub(super) fn row(&self, line: u16) -> Option<usize> {
        let row = self.top + usize::from(line);
        (row < self.len && usize::from(line) < self.page).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(cursor: &Cursor) -> (usize, usize) {
        (cursor.at, cursor.top)
    }

    #[test]
    fn the_selected_row_is_always_seen() {
        let mut cursor = Cursor::default();
        cursor.fit(5);
        cursor.resize(20);
        cursor.step(4);
        assert_eq!(seen(&cursor), (4, 0));
        cursor.step(1);
        assert_eq!(seen(&cursor), (5, 1));
        cursor.go(usize::MAX);
        assert_eq!(seen(&cursor), (19, 15));
        cursor.step(-4);
        assert_eq!(seen(&cursor), (15, 15));
        cursor.step(-1);
        assert_eq!(seen(&cursor), (14, 14));
        cursor.fit(3);
        assert_eq!(seen(&cursor), (14, 14));
        cursor.fit(50);
        assert_eq!(seen(&cursor), (14, 0));
        cursor.resize(3);
        assert_eq!(seen(&cursor), (2, 0));
        cursor.resize(0);
        assert_eq!(seen(&cursor), (0, 0));
    }

    #[test]
    fn a_line_beyond_the_list_is_no_row() {
        let mut cursor = Cursor::default();
        cursor.fit(5);
        cursor.resize(7);
        cursor.go(6);
        assert_eq!((cursor.row(0), cursor.row(4), cursor.row(5)), (Some(2), Some(6), None));
        cursor.resize(2);
        assert_eq!(cursor.row(2), None);
    }
}
