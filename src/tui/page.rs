//! What a command prints for a person, to read and to go on from: a plan, a sprint, a run and its log.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::call::{Answer, Call, Page};
use super::cursor::Cursor;
use super::keys::{KeyRow, PAGE};
use super::lists::Target;
use super::theme::Tone;
use super::view::{Action, DrawContext, Subject, View, Writer};

/// The page.
#[derive(Debug, Clone)]
pub(super) struct PageView {
    page: Page,
    /// Whether it is what a command has printed once: that one is not run again.
    is_fixed: bool,
    lines: Option<Vec<Line<'static>>>,
    cursor: Cursor,
}

impl PageView {
    pub(super) fn new(words: Vec<String>, width: u16, colour: bool) -> Self {
        let page = Page { words, width, colour };
        Self { page, is_fixed: false, lines: None, cursor: Cursor::default() }
    }

    /// Shows what a command has printed.
    pub(super) fn fixed(words: Vec<String>, lines: Vec<Line<'static>>) -> Self {
        let mut view = Self { is_fixed: true, ..Self::new(words, 0, false) };
        view.cursor.resize(lines.len());
        view.lines = Some(lines);
        view
    }

    /// Whether the end of it is what is followed: a log, whose last line is selected.
    fn is_log(&self) -> bool {
        self.page.is_log()
    }

    /// Returns the run that it shows.
    fn run(&self) -> Option<&str> {
        match self.page.words.as_slice() {
            [run, status, id, ..] if run == "run" && status == "status" => Some(id),
            _ => None,
        }
    }

    /// Returns the command that a key begins, for what is shown.
    fn command(&self, key: KeyCode) -> Option<String> {
        let [what, _, id, ..] = self.page.words.as_slice() else { return None };
        let verb = match (what.as_str(), key) {
            ("plan" | "run", KeyCode::Char('a')) => "approve",
            ("plan" | "run", KeyCode::Char('r')) => "reject",
            ("plan", KeyCode::Char('x')) => "execute",
            ("run", KeyCode::Char('x')) => "cancel",
            ("plan" | "run", KeyCode::Char('t')) => "retry",
            ("run", KeyCode::Char('p')) => "pause",
            ("escalations", KeyCode::Char('r')) => "resolve",
            ("sprint", KeyCode::Char('x')) => "close",
            _ => return None,
        };
        Some(format!("{what} {verb} {id} "))
    }

    fn line(&self) -> String {
        let line = self.lines.as_ref().and_then(|lines| lines.get(self.cursor.at));
        line.map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect()).unwrap_or_default()
    }

    /// Returns the first word of the selected line that is an id of a task.
    fn task(&self) -> Option<String> {
        let is_id = |word: &&str| {
            let (prefix, rest) = word.split_once('-').unwrap_or_default();
            let is_upper = |text: &str| {
                !text.is_empty() && text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            };
            is_upper(prefix) && is_upper(rest) && !["RUN", "PLAN", "SPRINT", "ESC"].contains(&prefix)
        };
        let line = self.line();
        let word_end = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
        line.split(word_end).find(is_id).map(str::to_owned)
    }
}

impl View for PageView {
    fn title(&self) -> String {
        match self.page.words.as_slice() {
            [_, what, _, step] if what == "logs" => format!("log of {step}"),
            [_, what, _] if what == "logs" => "log".to_owned(),
            [_, _, id] if id.contains('-') => id.clone(),
            words => words.join(" "),
        }
    }

    fn keys(&self) -> &'static [KeyRow] {
        &PAGE
    }

    fn call(&self) -> Call {
        Call::Page(self.page.clone())
    }

    fn take(&mut self, answer: Answer) {
        let Answer::Lines(lines) = answer else { return };
        let was_at_end = self.cursor.at + 1 >= self.cursor.len;
        self.cursor.resize(lines.len());
        if self.is_log() && was_at_end {
            self.cursor.go(usize::MAX);
        }
        self.lines = Some(lines);
    }

    fn on_key(&mut self, key: KeyEvent) -> Action {
        if self.cursor.on_key(key) {
            return Action::Taken;
        }
        let log = |words: &[&str]| {
            Action::Open(Target::Page(words.iter().map(|word| (*word).to_owned()).collect()))
        };
        match key.code {
            KeyCode::Enter => self.task().map_or(Action::Taken, |id| Action::Open(Target::Task(id))),
            KeyCode::Char('l') => match self.run() {
                // A line of the table of steps begins with the step.
                Some(run) => match self.line().split_whitespace().next() {
                    Some(step) if self.cursor.at > 0 => log(&["run", "logs", run, step]),
                    _ => log(&["run", "logs", run]),
                },
                None => Action::Ignored,
            },
            code => self.command(code).map_or(Action::Ignored, Action::Type),
        }
    }

    fn click(&mut self, _column: u16, line: u16) -> Action {
        if let Some(row) = self.cursor.row(line) {
            self.cursor.go(row);
        }
        Action::Taken
    }

    fn scroll(&mut self, lines: isize) {
        self.cursor.step(lines);
    }

    fn fit(&mut self, width: u16, height: u16, _now: DateTime<Utc>) {
        if !self.is_fixed {
            self.page.width = width;
        }
        self.cursor.fit(usize::from(height));
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, look: &DrawContext) {
        let Some(lines) = &self.lines else {
            Writer::new(buffer, area, 0, Style::new()).put("reading…", look.theme.style(Tone::Dim));
            return;
        };
        let top = self.cursor.top.min(lines.len());
        for (line, (at, text)) in (0u16..area.height).zip(lines.iter().enumerate().skip(top)) {
            let y = area.y + line;
            buffer.set_line(area.x, y, text, area.width);
            if at == self.cursor.at {
                buffer.set_style(Rect { y, height: 1, ..area }, look.theme.selected());
            }
        }
    }

    fn subject(&self) -> Option<Subject> {
        self.task().map(|id| Subject { id, ..Subject::default() })
    }
}
