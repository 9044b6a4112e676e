//! A list that is not of tasks: rows of cells, of which one may be wide.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::call::{Answer, Call};
use super::cursor::Cursor;
use super::filter::Filter;
use super::keys::{KeyRow, TABLE};
use super::lists::{Entry, EntryCell, Target};
use super::text::{ago, width};
use super::theme::Tone;
use super::view::{Action, DrawContext, Subject, View, Writer};

/// Widest column of the others.
const WIDEST_CELL: usize = 20;
/// The cell that takes what is left.
const WIDE: usize = 3;

/// The table.
#[derive(Debug, Clone)]
pub(super) struct TableView {
    call: Call,
    /// The wide cell of the inbox comes one before that of the others.
    wide: usize,
    /// What is shown where there is nothing.
    empty: &'static str,
    entries: Option<Vec<Entry>>,
    filter: Filter,
    cursor: Cursor,
    width: usize,
}

impl TableView {
    pub(super) fn new(call: Call, empty: &'static str) -> Self {
        let wide = if call == Call::Inbox { WIDE - 1 } else { WIDE };
        Self {
            call,
            wide,
            empty,
            entries: None,
            filter: Filter::default(),
            cursor: Cursor::default(),
            width: 0,
        }
    }

    /// Returns the entries that have what is typed, in any cell.
    fn shown(&self) -> Vec<&Entry> {
        let part = self.filter.text().to_lowercase();
        let has = |cell: &EntryCell| cell.text.to_lowercase().contains(&part);
        let all = self.entries.iter().flatten();
        all.filter(|entry| part.is_empty() || entry.cells.iter().any(has)).collect()
    }

    fn selected(&self) -> Option<&Entry> {
        self.shown().get(self.cursor.at).copied()
    }

    fn open(&self) -> Action {
        self.selected().map_or(Action::Taken, |entry| Action::Open(entry.target.clone()))
    }

    fn filtered(&mut self) -> Action {
        let count = self.shown().len();
        self.cursor.resize(count);
        Action::Taken
    }

    fn type_key(&mut self, key: KeyEvent) -> Action {
        match key.code {
            KeyCode::Esc => self.filter = Filter::default(),
            KeyCode::Down | KeyCode::Up => drop(self.cursor.on_key(key)),
            _ => drop(self.filter.on_key(key)),
        }
        self.filtered()
    }

    fn draw_entry(
        &self,
        entry: &Entry,
        widths: &[usize],
        mut line: Writer<'_>,
        look: &DrawContext,
        is_selected: bool,
    ) {
        let taken: usize = widths.iter().filter(|width| **width > 0).map(|width| width + 1).sum();
        let wide = line.room().saturating_sub(taken + 1).max(8);
        for (at, cell) in entry.cells.iter().enumerate() {
            let columns = if at == self.wide { wide } else { widths.get(at).copied().unwrap_or(0) };
            if columns > 0 {
                let style = if is_selected { Style::new() } else { look.theme.style(cell.tone) };
                line.column(&text_of(cell, look), columns, style);
            }
        }
    }
}

fn text_of(cell: &EntryCell, look: &DrawContext) -> String {
    cell.at.map_or_else(|| cell.text.clone(), |at| ago(at, look.now))
}

/// Returns how wide each column is; the wide one takes what is left, and the last ones are left out where that is little.
fn widths_of(entries: &[&Entry], wide: usize, room: usize, look: &DrawContext) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for entry in entries {
        for (at, cell) in entry.cells.iter().enumerate() {
            if widths.len() <= at {
                widths.push(0);
            }
            if at != wide {
                widths[at] = widths[at].max(width(&text_of(cell, look)).min(WIDEST_CELL));
            }
        }
    }
    let taken =
        |widths: &[usize]| widths.iter().filter(|width| **width > 0).map(|width| width + 1).sum::<usize>();
    for at in (wide + 1..widths.len()).rev() {
        if taken(&widths) + 24 > room {
            widths[at] = 0;
        }
    }
    widths
}

impl View for TableView {
    fn title(&self) -> String {
        match &self.entries {
            None => "reading…".to_owned(),
            Some(_) => {
                let count = self.shown().len();
                format!("{}/{count}", if count == 0 { 0 } else { self.cursor.at + 1 })
            }
        }
    }

    fn keys(&self) -> &'static [KeyRow] {
        &TABLE
    }

    fn call(&self) -> Call {
        self.call.clone()
    }

    fn take(&mut self, answer: Answer) {
        let Answer::Entries(entries) = answer else { return };
        let selected = self.selected().map(|entry| entry.id.clone());
        self.entries = Some(entries);
        self.filtered();
        let place = selected.and_then(|id| self.shown().iter().position(|entry| entry.id == id));
        self.cursor.go(place.unwrap_or(self.cursor.at));
    }

    fn on_key(&mut self, key: KeyEvent) -> Action {
        if self.filter.is_open() {
            return self.type_key(key);
        }
        if self.cursor.on_key(key) {
            return Action::Taken;
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
            KeyCode::Enter => self.open(),
            KeyCode::Char('l') => match self.selected().map(|entry| &entry.target) {
                Some(Target::Run(run)) => {
                    Action::Open(Target::Page(["run", "logs", run].map(str::to_owned).to_vec()))
                }
                _ => Action::Ignored,
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
        if is_again { self.open() } else { Action::Taken }
    }

    fn scroll(&mut self, lines: isize) {
        self.cursor.step(lines);
    }

    fn fit(&mut self, width: u16, height: u16, _now: DateTime<Utc>) {
        self.width = usize::from(width);
        self.cursor.fit(usize::from(height.saturating_sub(self.filter.height())));
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, look: &DrawContext) {
        let dim = look.theme.style(Tone::Dim);
        let area = self.filter.draw(area, buffer, look);
        let entries = self.shown();
        if entries.is_empty() {
            let empty = match &self.entries {
                None => "reading…",
                Some(all) if all.is_empty() => self.empty,
                Some(_) => "nothing has this in it",
            };
            Writer::new(buffer, area, 0, Style::new()).put(empty, dim);
        }
        let top = self.cursor.top.min(entries.len());
        let seen = &entries[top..entries.len().min(top + usize::from(area.height))];
        let widths = widths_of(seen, self.wide, usize::from(area.width), look);
        for (line, (at, entry)) in (0u16..).zip(seen.iter().enumerate()) {
            let is_selected = top + at == self.cursor.at;
            let base = if is_selected { look.theme.selected() } else { Style::new() };
            let line = Writer::new(buffer, area, line, base);
            self.draw_entry(entry, &widths, line, look, is_selected);
        }
    }

    fn subject(&self) -> Option<Subject> {
        match &self.selected()?.target {
            Target::Task(id) => Some(Subject { id: id.clone(), ..Subject::default() }),
            Target::Review { task, role } => {
                Some(Subject { id: task.clone(), role: Some(role.clone()), ..Subject::default() })
            }
            Target::Page(_) | Target::Run(_) => None,
        }
    }

    fn caret(&self) -> Option<(u16, u16)> {
        self.filter.caret(self.width)
    }
}
