//! One task: to read, to vote on, to tick.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::answers::Shown;
use super::call::{Answer, Call};
use super::cursor::Cursor;
use super::dialog::{Dialog, VoteForm};
use super::document::{Act, DocumentLine, lines_of};
use super::keys::{KeyRow, TASK};
use super::lists::Target;
use super::theme::Tone;
use super::view::{Action, DrawContext, Subject, View, Writer};
use super::write::{Verdict, Write};

/// The task.
#[derive(Debug, Clone)]
pub(super) struct TaskView {
    id: String,
    /// The role that it was opened for.
    role: Option<String>,
    shown: Option<Box<Shown>>,
    /// What is drawn, as of a time: it shows how long ago things were.
    lines: Vec<DocumentLine>,
    as_of: Option<DateTime<Utc>>,
    cursor: Cursor,
    width: usize,
}

impl TaskView {
    pub(super) fn new(id: String, role: Option<String>) -> Self {
        Self { id, role, shown: None, lines: Vec::new(), as_of: None, cursor: Cursor::default(), width: 80 }
    }

    fn act(&self) -> Option<&Act> {
        self.lines.get(self.cursor.at)?.act.as_ref()
    }

    fn do_act(&self) -> Action {
        match self.act() {
            Some(Act::Check(number, done)) => {
                Action::Write(Write::Check { id: self.id.clone(), number: *number, done: !done })
            }
            Some(Act::Task(id)) => Action::Open(Target::Task(id.clone())),
            None => Action::Taken,
        }
    }

    /// Selects the next section, or the one before.
    fn section(&mut self, forward: bool) {
        let is_heading = |at: &usize| self.lines.get(*at).is_some_and(|line| line.is_heading);
        let at = self.cursor.at;
        let found = match forward {
            true => (at + 1..self.lines.len()).find(is_heading),
            false => (0..at).rev().find(is_heading),
        };
        self.cursor.go(found.unwrap_or(if forward { usize::MAX } else { 0 }));
    }

    fn vote(&self, verdict: Verdict) -> Action {
        let Some(subject) = self.subject().filter(|_| self.shown.is_some()) else { return Action::Taken };
        Action::Ask(Dialog::Vote(VoteForm::new(subject, verdict)))
    }
}

impl View for TaskView {
    fn title(&self) -> String {
        self.id.clone()
    }

    fn keys(&self) -> &'static [KeyRow] {
        &TASK
    }

    fn call(&self) -> Call {
        Call::Task(self.id.clone())
    }

    fn take(&mut self, answer: Answer) {
        let Answer::Task(shown) = answer else { return };
        self.shown = Some(shown);
        self.as_of = None;
    }

    fn on_key(&mut self, key: KeyEvent) -> Action {
        if self.cursor.on_key(key) {
            return Action::Taken;
        }
        match key.code {
            KeyCode::Char(' ') if matches!(self.act(), Some(Act::Check(..))) => self.do_act(),
            KeyCode::Char(' ') => {
                self.cursor.step(isize::try_from(self.cursor.page).unwrap_or(1) - 1);
                Action::Taken
            }
            KeyCode::Enter => self.do_act(),
            KeyCode::Char('a') => self.vote(Verdict::Approve),
            KeyCode::Char('r') => self.vote(Verdict::Reject),
            KeyCode::Char(']') => {
                self.section(true);
                Action::Taken
            }
            KeyCode::Char('[') => {
                self.section(false);
                Action::Taken
            }
            _ => Action::Ignored,
        }
    }

    fn click(&mut self, _column: u16, line: u16) -> Action {
        let Some(row) = self.cursor.row(line) else { return Action::Taken };
        let is_again = row == self.cursor.at;
        self.cursor.go(row);
        if is_again { self.do_act() } else { Action::Taken }
    }

    fn scroll(&mut self, lines: isize) {
        self.cursor.step(lines);
    }

    fn fit(&mut self, width: u16, height: u16, now: DateTime<Utc>) {
        self.cursor.fit(usize::from(height));
        let width = usize::from(width).saturating_sub(1);
        if (self.width, self.as_of) != (width, Some(now)) {
            (self.width, self.as_of) = (width, Some(now));
            let lines = self.shown.as_ref().map(|shown| lines_of(shown, width, now));
            self.lines = lines.unwrap_or_default();
            self.cursor.resize(self.lines.len());
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, look: &DrawContext) {
        if self.shown.is_none() {
            Writer::new(buffer, area, 0, Style::new()).put("reading…", look.theme.style(Tone::Dim));
            return;
        }
        for (line, (at, text)) in (0u16..area.height).zip(self.lines.iter().enumerate().skip(self.cursor.top))
        {
            let is_selected = at == self.cursor.at;
            let base = if is_selected { look.theme.selected() } else { Style::new() };
            let mut writer = Writer::new(buffer, area, line, base);
            for (part, tone) in &text.parts {
                let style = if is_selected { Style::new() } else { look.theme.style(*tone) };
                writer.put(part, style);
            }
        }
    }

    fn subject(&self) -> Option<Subject> {
        let roles = self.shown.as_ref().and_then(|shown| shown.signoffs.as_ref());
        let roles = roles.map(|signoffs| signoffs.roles.iter().map(|role| role.role.clone()).collect());
        let seen = self.shown.as_ref().and_then(|shown| shown.seen.clone());
        let (id, role) = (self.id.clone(), self.role.clone());
        Some(Subject { id, seen, roles: roles.unwrap_or_default(), role })
    }
}
