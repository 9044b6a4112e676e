//! One line of text that is typed.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use unicode_width::UnicodeWidthChar;

use super::text::clean;

/// Most characters that are typed.
const LONGEST: usize = 2000;

/// The text, and where the next character goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LineInput {
    text: Vec<char>,
    at: usize,
}

impl LineInput {
    /// Begins with a text.
    pub(super) fn new(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Self { at: text.len(), text }
    }

    pub(super) fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Inserts a text; line breaks become spaces.
    pub(super) fn insert(&mut self, text: &str) {
        for c in clean(text).chars().take(LONGEST.saturating_sub(self.text.len())) {
            self.text.insert(self.at, c);
            self.at += 1;
        }
    }

    /// Takes a key; returns whether it is one of editing.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> bool {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('a') if is_control => self.at = 0,
            KeyCode::Char('e') if is_control => self.at = self.text.len(),
            KeyCode::Char('u') if is_control => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            KeyCode::Char('k') if is_control => self.text.truncate(self.at),
            KeyCode::Char('w') if is_control => self.remove_word(),
            KeyCode::Backspace if is_alt || is_control => self.remove_word(),
            KeyCode::Char('h') if is_control => self.remove_before(),
            KeyCode::Char(c) if !is_control && !is_alt => self.insert(&c.to_string()),
            KeyCode::Backspace => self.remove_before(),
            KeyCode::Delete if self.at < self.text.len() => drop(self.text.remove(self.at)),
            KeyCode::Left => self.at = self.at.saturating_sub(1),
            KeyCode::Right => self.at = (self.at + 1).min(self.text.len()),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            _ => return false,
        }
        true
    }

    fn remove_before(&mut self) {
        if self.at > 0 {
            self.at -= 1;
            self.text.remove(self.at);
        }
    }

    fn remove_word(&mut self) {
        let before = &self.text[..self.at];
        let end = before.iter().rposition(|c| *c != ' ').map_or(0, |at| at + 1);
        let start = before[..end].iter().rposition(|c| *c == ' ').map_or(0, |at| at + 1);
        self.text.drain(start..self.at);
        self.at = start;
    }

    /// Returns the part that fits into a width, and the column of the cursor in it.
    pub(super) fn shown(&self, columns: usize) -> (String, usize) {
        let room = columns.saturating_sub(1).max(1);
        let width_of = |c: &char| c.width().unwrap_or(0);
        let mut before: usize = self.text[..self.at].iter().map(width_of).sum();
        let mut start = 0;
        while before > room {
            before -= width_of(&self.text[start]);
            start += 1;
        }
        let mut taken = 0;
        let fits = |c: &&char| {
            taken += width_of(c);
            taken <= room
        };
        (self.text[start..].iter().take_while(fits).collect(), before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(input: &mut LineInput, keys: &[(KeyCode, KeyModifiers)]) -> String {
        for (code, modifiers) in keys {
            input.on_key(KeyEvent::new(*code, *modifiers));
        }
        input.text()
    }

    #[test]
    fn a_line_is_edited_as_a_shell_does() {
        let (none, control) = (KeyModifiers::NONE, KeyModifiers::CONTROL);
        let mut input = LineInput::new("stage:qa tag:ui");
        assert_eq!(typed(&mut input, &[(KeyCode::Char('w'), control)]), "stage:qa ");
        assert_eq!(typed(&mut input, &[(KeyCode::Home, none), (KeyCode::Char('-'), none)]), "-stage:qa ");
        assert_eq!(typed(&mut input, &[(KeyCode::Delete, none), (KeyCode::Char('k'), control)]), "-");
        assert_eq!(typed(&mut input, &[(KeyCode::Backspace, none), (KeyCode::Backspace, none)]), "");
        assert!(!input.on_key(KeyEvent::new(KeyCode::Enter, none)));
    }

    #[test]
    fn what_is_pasted_is_one_line_without_commands() {
        let mut input = LineInput::default();
        input.insert("a\nb\u{1b}[0m");
        assert_eq!(input.text(), "a b[0m");
    }

    #[test]
    fn the_cursor_is_always_seen() {
        let mut input = LineInput::new("abcdefgh");
        assert_eq!(input.shown(5), ("efgh".to_owned(), 4));
        input.on_key(KeyEvent::new(KeyCode::Home, KeyModifiers::NONE));
        assert_eq!(input.shown(5), ("abcd".to_owned(), 0));
        assert_eq!(LineInput::new("日本語").shown(5), ("本語".to_owned(), 4));
    }
}
