//! Tasks in a list, with a filter in the query language that is read with each key.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::answers::{Failed, Listing, TaskRow};
use super::call::{Answer, Call};
use super::cursor::Cursor;
use super::filter::Filter;
use super::keys::{KeyRow, LIST};
use super::lists::Target;
use super::text::{ago, width};
use super::theme::{Tone, mark, tone_of_priority};
use super::view::{Action, DrawContext, Subject, View, Writer};

/// Tasks that are read at first. More come before their place is reached.
const FIRST: usize = 500;
/// Longest ids and names that have a column of their own width.
const WIDEST_CELL: usize = 18;

/// The list.
#[derive(Debug, Clone, Default)]
pub(super) struct ListView {
    listing: Option<Listing>,
    filter: Filter,
    limit: usize,
    /// Whether the last task is to be selected when it is read.
    to_end: bool,
    /// Whether what is read next matches another filter.
    is_filtered: bool,
    cursor: Cursor,
    width: usize,
}

impl ListView {
    /// Begins with a query.
    pub(super) fn new(query: &str) -> Self {
        Self { filter: Filter::new(query), limit: FIRST, ..Self::default() }
    }

    fn rows(&self) -> &[TaskRow] {
        self.listing.as_ref().map_or(&[], |listing| &listing.tasks)
    }

    fn selected(&self) -> Option<&TaskRow> {
        self.rows().get(self.cursor.at)
    }

    fn filtered(&mut self) -> Action {
        self.limit = FIRST;
        self.is_filtered = true;
        self.filter.accept();
        Action::Read
    }

    /// Reads more where the selection comes near the end of what was read.
    fn more(&mut self) -> Action {
        let matched = self.listing.as_ref().map_or(0, |listing| listing.matched);
        let read = self.rows().len();
        if read < matched && self.cursor.at + self.cursor.page * 2 >= read && self.limit <= read {
            self.limit = read.saturating_mul(4).max(FIRST);
            return Action::Read;
        }
        Action::Taken
    }

    /// Reads all, for the last one.
    fn all(&mut self) -> Action {
        let matched = self.listing.as_ref().map_or(0, |listing| listing.matched);
        if self.rows().len() >= matched {
            return Action::Taken;
        }
        self.to_end = true;
        self.limit = matched;
        Action::Read
    }

    fn type_key(&mut self, key: KeyEvent) -> Action {
        if matches!(key.code, KeyCode::Down | KeyCode::Up) {
            self.cursor.on_key(key);
            return self.more();
        }
        if self.filter.on_key(key) { self.filtered() } else { Action::Taken }
    }

    fn counts(&self) -> String {
        let Some(listing) = &self.listing else {
            return if self.filter.error().is_some() { String::new() } else { "reading…".to_owned() };
        };
        let place = if listing.matched == 0 { 0 } else { self.cursor.at + 1 };
        match listing.hidden {
            0 => format!("{place}/{}", listing.matched),
            hidden => format!("{place}/{}, {hidden} closed (is:closed)", listing.matched),
        }
    }
}

/// How wide the columns of tasks are.
#[derive(Debug, Clone, Copy)]
struct Columns {
    id: usize,
    priority: usize,
    stage: usize,
    review: usize,
    assignee: usize,
    age: usize,
}

impl Columns {
    /// Fits them to what is shown; what there is no room for is left out.
    fn of(rows: &[TaskRow], room: usize) -> Self {
        let widest = |of: fn(&TaskRow) -> &str| {
            rows.iter().map(|row| width(of(row))).max().unwrap_or(0).min(WIDEST_CELL)
        };
        let has = |is: bool, columns: usize| if is { columns } else { 0 };
        let has_review = rows.iter().any(|row| row.signoffs.total > 0);
        Self {
            id: widest(|row| &row.id),
            priority: has(room >= 70, widest(|row| row.priority.as_deref().unwrap_or_default())),
            stage: widest(|row| &row.stage),
            review: has(room >= 80 && has_review, 6),
            assignee: has(room >= 80, widest(|row| row.assignee.as_deref().unwrap_or_default())),
            age: has(room >= 60, 9),
        }
    }

    fn title(self, room: usize) -> usize {
        let parts = [self.id, self.priority, self.stage, self.review, self.assignee, self.age];
        let taken: usize = parts.iter().filter(|part| **part > 0).map(|part| part + 1).sum();
        room.saturating_sub(taken + 2).max(8)
    }
}

/// Draws tasks, a line each.
pub(super) fn draw_rows(
    rows: &[TaskRow],
    selected: Option<usize>,
    area: Rect,
    buffer: &mut Buffer,
    look: &DrawContext,
) {
    let room = usize::from(area.width);
    let columns = Columns::of(rows, room);
    for (line, (at, row)) in (0u16..area.height).zip(rows.iter().enumerate()) {
        let is_selected = selected == Some(at);
        let base = if is_selected { look.theme.selected() } else { Style::new() };
        let style = |tone| if is_selected { Style::new() } else { look.theme.style(tone) };
        let (glyph, tone) = mark(row.status, row.badge);
        let mut cells = Writer::new(buffer, area, line, base);
        cells.column(glyph, 1, style(tone)).column(&row.id, columns.id, style(Tone::Strong));
        let priority = row.priority.as_deref();
        let mut cell = |text: &str, columns: usize, tone| {
            if columns > 0 {
                cells.column(text, columns, style(tone));
            }
        };
        cell(priority.unwrap_or_default(), columns.priority, tone_of_priority(priority));
        cell(&row.stage, columns.stage, tone);
        let review = match row.signoffs.total {
            0 => String::new(),
            total => format!("{}/{total}", row.signoffs.done),
        };
        cell(&review, columns.review, tone);
        cell(&row.title, columns.title(room), Tone::Plain);
        cell(row.assignee.as_deref().unwrap_or_default(), columns.assignee, Tone::Person);
        if columns.age > 0 {
            let age = row.since.map(|since| ago(since, look.now)).unwrap_or_default();
            cells.at_end(&age, style(Tone::Dim));
        }
    }
}

impl View for ListView {
    fn title(&self) -> String {
        self.counts()
    }

    fn keys(&self) -> &'static [KeyRow] {
        &LIST
    }

    fn call(&self) -> Call {
        Call::List { query: self.filter.text(), limit: self.limit }
    }

    fn take(&mut self, answer: Answer) {
        let Answer::Listing(listing) = answer else { return };
        let selected = self.selected().map(|row| row.id.clone());
        let place = selected.and_then(|id| listing.tasks.iter().position(|row| row.id == id));
        self.cursor.resize(listing.tasks.len());
        let end = std::mem::take(&mut self.to_end).then_some(usize::MAX);
        // Of other tasks the first is selected, unless the one that was is among them.
        let at = if std::mem::take(&mut self.is_filtered) { 0 } else { self.cursor.at };
        self.cursor.go(end.or(place).unwrap_or(at));
        self.listing = Some(listing);
        self.filter.accept();
    }

    fn refuse(&mut self, failed: &Failed) -> bool {
        self.filter.refuse(failed)
    }

    fn on_key(&mut self, key: KeyEvent) -> Action {
        if self.filter.is_open() {
            return self.type_key(key);
        }
        if self.cursor.on_key(key) {
            return match key.code {
                KeyCode::Char('G') | KeyCode::End => self.all(),
                _ => self.more(),
            };
        }
        match key.code {
            KeyCode::Char('/') => {
                self.filter.open();
                Action::Taken
            }
            KeyCode::Esc if !self.filter.is_empty() => {
                self.filter = Filter::default();
                self.filtered()
            }
            KeyCode::Enter => match self.selected() {
                Some(row) => Action::Open(Target::Task(row.id.clone())),
                None => Action::Taken,
            },
            _ => Action::Ignored,
        }
    }

    fn paste(&mut self, text: &str) -> Action {
        if self.filter.paste(text) { self.filtered() } else { Action::Ignored }
    }

    fn click(&mut self, _column: u16, line: u16) -> Action {
        let line = line.checked_sub(self.filter.height());
        let Some(row) = line.and_then(|line| self.cursor.row(line)) else { return Action::Taken };
        let is_again = row == self.cursor.at;
        self.cursor.go(row);
        match self.selected().filter(|_| is_again) {
            Some(row) => Action::Open(Target::Task(row.id.clone())),
            None => Action::Taken,
        }
    }

    fn scroll(&mut self, lines: isize) {
        self.cursor.step(lines);
    }

    fn fit(&mut self, width: u16, height: u16, _now: DateTime<Utc>) {
        self.width = usize::from(width);
        self.cursor.fit(usize::from(height.saturating_sub(self.filter.height())));
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, look: &DrawContext) {
        let area = self.filter.draw(area, buffer, look);
        let rows = self.rows();
        let top = self.cursor.top.min(rows.len());
        let end = rows.len().min(top + usize::from(area.height));
        draw_rows(&rows[top..end], self.cursor.at.checked_sub(top), area, buffer, look);
        if rows.is_empty() {
            let empty = match (&self.listing, self.filter.height() > 0) {
                (None, _) if self.filter.error().is_some() => "/ changes the filter",
                (None, _) => "reading the tasks…",
                (Some(_), true) => "no task matches",
                (Some(_), false) => "no open task; c creates one, /is:closed shows what is done",
            };
            Writer::new(buffer, area, 0, Style::new()).put(empty, look.theme.style(Tone::Dim));
        }
    }

    fn subject(&self) -> Option<Subject> {
        self.selected().map(|row| Subject { id: row.id.clone(), ..Subject::default() })
    }

    fn caret(&self) -> Option<(u16, u16)> {
        self.filter.caret(self.width)
    }
}
