//! Tasks in columns by stage.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::answers::{Board, Column, Failed, TaskRow};
use super::call::{Answer, Call};
use super::cursor::Cursor;
use super::filter::Filter;
use super::keys::{KeyRow, LIST};
use super::lists::Target;
use super::theme::{Tone, mark, tone_of_priority};
use super::view::{Action, DrawContext, Subject, View, Writer};

/// A column narrower than this is no use; rather fewer beside each other.
const NARROWEST: u16 = 24;
/// Lines of a card: its id and who has it, its title.
const CARD: u16 = 2;

/// The board.
#[derive(Debug, Clone, Default)]
pub(super) struct BoardView {
    board: Option<Board>,
    filter: Filter,
    /// The column of the selected task, and the first one that is seen.
    column: usize,
    left: usize,
    /// One for each column.
    cursors: Vec<Cursor>,
    width: u16,
    height: u16,
}

impl BoardView {
    fn columns(&self) -> &[Column] {
        self.board.as_ref().map_or(&[], |board| &board.columns)
    }

    fn selected(&self) -> Option<&TaskRow> {
        let at = self.cursors.get(self.column)?.at;
        self.columns().get(self.column)?.tasks.get(at)
    }

    /// Returns how many columns are beside each other, and how wide each is.
    fn seen(&self) -> (usize, u16) {
        let count = self.columns().len().max(1);
        let beside = usize::from((self.width / NARROWEST).max(1)).min(count);
        (beside, self.width / u16::try_from(beside).unwrap_or(1))
    }

    /// Selects another column, of those that have tasks.
    fn step(&mut self, forward: bool) {
        let count = self.columns().len();
        let has_tasks = |at: &usize| self.columns().get(*at).is_some_and(|column| !column.tasks.is_empty());
        let next = match forward {
            true => (self.column + 1..count).find(has_tasks),
            false => (0..self.column).rev().find(has_tasks),
        };
        self.column = next.unwrap_or(self.column);
        self.show_column();
    }

    fn show_column(&mut self) {
        let (beside, _) = self.seen();
        self.left = self.left.min(self.column);
        if self.column >= self.left + beside {
            self.left = self.column + 1 - beside;
        }
        self.left = self.left.min(self.columns().len().saturating_sub(beside));
    }

    fn fit_cursors(&mut self) {
        let lines = self.height.saturating_sub(1 + self.filter.height());
        let page = usize::from(lines / CARD);
        let counts: Vec<usize> = self.columns().iter().map(|column| column.tasks.len()).collect();
        self.cursors.resize(counts.len(), Cursor::default());
        for (cursor, count) in self.cursors.iter_mut().zip(counts) {
            cursor.fit(page);
            cursor.resize(count);
        }
    }

    fn filtered(&mut self) -> Action {
        self.filter.accept();
        Action::Read
    }

    fn draw_column(&self, at: usize, area: Rect, buffer: &mut Buffer, look: &DrawContext) {
        let (Some(column), Some(cursor)) = (self.columns().get(at), self.cursors.get(at)) else { return };
        let head = format!("{} {}", column.stage, column.tasks.len());
        let tone = if at == self.column { Tone::Strong } else { Tone::Dim };
        Writer::new(buffer, area, 0, Style::new()).put(&head, look.theme.style(tone));
        let cards = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        for (card, (place, row)) in column.tasks.iter().enumerate().skip(cursor.top).enumerate() {
            let line = u16::try_from(card).unwrap_or(u16::MAX).saturating_mul(CARD);
            if line + CARD > cards.height {
                break;
            }
            let is_selected = at == self.column && place == cursor.at;
            let base = if is_selected { look.theme.selected() } else { Style::new() };
            let style = |tone| if is_selected { Style::new() } else { look.theme.style(tone) };
            let (glyph, tone) = mark(row.status, row.badge);
            let who = row.assignee.as_deref().unwrap_or_default();
            Writer::new(buffer, cards, line, base)
                .put(&format!("{glyph} "), style(tone))
                .put(&row.id, style(Tone::Strong))
                .put(" ", Style::new())
                .put(who, style(Tone::Person));
            Writer::new(buffer, cards, line + 1, base)
                .put(&format!("  {}", row.title), style(tone_of_priority(row.priority.as_deref())));
        }
    }
}

impl View for BoardView {
    fn title(&self) -> String {
        let (beside, _) = self.seen();
        match self.columns().len() {
            0 => "reading…".to_owned(),
            count if count > beside => {
                format!("stages {}–{} of {count}", self.left + 1, self.left + beside)
            }
            _ => String::new(),
        }
    }

    fn keys(&self) -> &'static [KeyRow] {
        &LIST
    }

    fn call(&self) -> Call {
        Call::Board { query: self.filter.text() }
    }

    fn take(&mut self, answer: Answer) {
        let Answer::Board(board) = answer else { return };
        let selected = self.selected().map(|row| row.id.clone());
        let is_first = self.board.is_none();
        self.board = Some(board);
        self.filter.accept();
        self.fit_cursors();
        let place = selected.and_then(|id| {
            let place_in = |column: &Column| column.tasks.iter().position(|row| row.id == id);
            self.columns().iter().enumerate().find_map(|(at, column)| Some((at, place_in(column)?)))
        });
        if let Some((column, row)) = place {
            self.column = column;
            self.cursors[column].go(row);
        } else if is_first || self.selected().is_none() {
            let first = self.columns().iter().position(|column| !column.tasks.is_empty());
            self.column = first.unwrap_or(0);
        }
        self.show_column();
    }

    fn refuse(&mut self, failed: &Failed) -> bool {
        self.filter.refuse(failed)
    }

    fn on_key(&mut self, key: KeyEvent) -> Action {
        if self.filter.is_open() {
            return if self.filter.on_key(key) { self.filtered() } else { Action::Taken };
        }
        match key.code {
            KeyCode::Char('h') | KeyCode::Left => self.step(false),
            KeyCode::Char('l') | KeyCode::Right => self.step(true),
            KeyCode::Char('/') => self.filter.open(),
            KeyCode::Esc if !self.filter.is_empty() => {
                self.filter = Filter::default();
                return self.filtered();
            }
            KeyCode::Enter => {
                return self
                    .selected()
                    .map_or(Action::Taken, |row| Action::Open(Target::Task(row.id.clone())));
            }
            _ => {
                let column = self.column;
                let moved = self.cursors.get_mut(column).is_some_and(|cursor| cursor.on_key(key));
                return if moved { Action::Taken } else { Action::Ignored };
            }
        }
        Action::Taken
    }

    fn paste(&mut self, text: &str) -> Action {
        if self.filter.paste(text) { self.filtered() } else { Action::Ignored }
    }

    fn click(&mut self, column: u16, line: u16) -> Action {
        let (beside, wide) = self.seen();
        let at = usize::from(column / wide.max(1));
        let head = 1 + self.filter.height();
        let Some(line) = line.checked_sub(head).filter(|_| at < beside) else { return Action::Taken };
        let before = (self.column, self.cursors.get(self.column).map(|cursor| cursor.at));
        let at = at + self.left;
        let Some(row) = self.cursors.get(at).and_then(|cursor| cursor.row(line / CARD)) else {
            return Action::Taken;
        };
        self.column = at;
        self.cursors[at].go(row);
        match self.selected().filter(|_| before == (at, Some(row))) {
            Some(row) => Action::Open(Target::Task(row.id.clone())),
            None => Action::Taken,
        }
    }

    fn scroll(&mut self, lines: isize) {
        if let Some(cursor) = self.cursors.get_mut(self.column) {
            cursor.step(lines);
        }
    }

    fn fit(&mut self, width: u16, height: u16, _now: DateTime<Utc>) {
        (self.width, self.height) = (width, height);
        self.fit_cursors();
        self.show_column();
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, look: &DrawContext) {
        let area = self.filter.draw(area, buffer, look);
        if self.board.is_none() {
            Writer::new(buffer, area, 0, Style::new()).put("reading the board…", look.theme.style(Tone::Dim));
        }
        let (beside, wide) = self.seen();
        for place in 0..beside {
            let x = area.x + wide * u16::try_from(place).unwrap_or(0);
            let column = Rect { x, width: wide.saturating_sub(1), ..area };
            self.draw_column(self.left + place, column, buffer, look);
        }
    }

    fn subject(&self) -> Option<Subject> {
        self.selected().map(|row| Subject { id: row.id.clone(), ..Subject::default() })
    }

    fn caret(&self) -> Option<(u16, u16)> {
        self.filter.caret(usize::from(self.width))
    }
}
