//! Text for a person: aligned, fitted to the terminal's width, coloured where that is requested, and with nothing in
//! it that a terminal would obey.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::IsTerminal;

use chrono::{DateTime, NaiveDate, Utc};
use clap::ValueEnum;
use owo_colors::{OwoColorize, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::layout::{self, Column, Fit, Place};
use crate::env::{self, Env};
use crate::model::is_obeyed;

/// Columns assumed where there is no terminal to ask.
const WIDTH_WITHOUT_TERMINAL: usize = 100;
/// Where nothing is cut, a longer text pushes the rest of its own row aside and not that of all rows.
const WIDEST_PADDING: usize = 60;
/// A text after a head has at least this many columns.
const NARROWEST: usize = 12;
/// A line below a row begins no further in than this.
const WIDEST_INDENT: usize = 16;
/// So old a time is shown as a date, in days.
const OLD: i64 = 30;

/// Wider columns are not aligned where nothing is cut.
const WIDEST_COLUMN: usize = 120;

/// When to use colour and glyphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Colour {
    #[default]
    Auto,
    Always,
    Never,
}

/// What the page may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutputStyle {
    colour: bool,
    glyphs: bool,
    truncates: bool,
    width: usize,
}

impl OutputStyle {
    /// Decides for stdout: colour and glyphs only on a terminal, by default.
    pub(super) fn of_stdout(colour: Colour, env: &Env) -> Self {
        let stdout = std::io::stdout();
        let support = anstream::AutoStream::choice(&stdout);
        Self::decide(colour, support, stdout.is_terminal(), terminal_size::terminal_size_of(&stdout), env)
    }

    /// Decides for stderr.
    pub(super) fn of_stderr(colour: Colour, env: &Env) -> Self {
        let stderr = std::io::stderr();
        let support = anstream::AutoStream::choice(&stderr);
        Self::decide(colour, support, stderr.is_terminal(), terminal_size::terminal_size_of(&stderr), env)
    }

    /// Decides without knowing what the user wants: for errors before the arguments are read.
    pub(super) fn plain() -> Self {
        Self { colour: false, glyphs: false, truncates: false, width: WIDTH_WITHOUT_TERMINAL }
    }

    fn decide(
        colour: Colour,
        support: anstream::ColorChoice,
        is_terminal: bool,
        size: Option<(terminal_size::Width, terminal_size::Height)>,
        env: &Env,
    ) -> Self {
        let colour = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => support != anstream::ColorChoice::Never,
        };
        let rich = colour || is_terminal;
        let asked = env.variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let width = asked.or_else(|| size.map(|(width, _)| usize::from(width.0)));
        let width = width.unwrap_or(WIDTH_WITHOUT_TERMINAL).max(40);
        Self { colour, glyphs: rich, truncates: rich, width }
    }
}

/// Returns how many lines the terminal of stderr has.
pub(super) fn terminal_height() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(_, height)| usize::from(height.0))
}

/// A text being written for a person.
pub(super) struct Output {
    style: OutputStyle,
    quiet: bool,
    now: DateTime<Utc>,
    /// The day of the user's own clock. Asking for it reads the time zone, too much for each row.
    today: NaiveDate,
    text: String,
}

impl Output {
    pub(super) fn new(style: OutputStyle, quiet: bool, now: DateTime<Utc>) -> Self {
        Self { style, quiet, now, today: env::local(now).date_naive(), text: String::new() }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether colour may be used.
    #[cfg(feature = "tui")]
    pub(super) fn has_colour(&self) -> bool {
        self.style.colour
    }

    /// Whether glyphs may be used.
    pub(super) fn is_rich(&self) -> bool {
        self.style.glyphs
    }

    pub(super) fn width(&self) -> usize {
        self.style.width
    }

    /// Whether long lines should be cut to the width: on a terminal only, never where they are piped.
    pub(super) fn truncates(&self) -> bool {
        self.style.truncates
    }

    /// Returns the rich form on a terminal and the plain form elsewhere.
    pub(super) fn glyph<'a>(&self, rich: &'a str, plain: &'a str) -> &'a str {
        if self.style.glyphs { rich } else { plain }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref().trim_end());
        self.text.push('\n');
    }

    /// Adds an empty line, unless the page is empty or ends with one.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Adds text that is an answer in itself, byte for byte.
    pub(super) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Returns the text in a style, or as it is where there is no colour.
    pub(super) fn paint(&self, text: &str, style: Style) -> String {
        if self.style.colour && !text.is_empty() { text.style(style).to_string() } else { text.to_owned() }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(text, Style::new().bold())
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(text, Style::new().dimmed())
    }

    /// Returns a time as a distance from now (`3h`, `2d`), or the date where it lies far back.
    pub(super) fn ago(&self, at: DateTime<Utc>) -> String {
        let seconds = (self.now - at).num_seconds();
        match seconds {
            i64::MIN..=-60 => self.time(at),
            -59..=59 => "now".to_owned(),
            60..=3599 => format!("{}m", seconds / 60),
            3600..=86_399 => format!("{}h", seconds / 3600),
            _ if seconds / 86_400 < OLD => format!("{}d", seconds / 86_400),
            _ => env::local(at).date_naive().to_string(),
        }
    }

    /// Returns a day as a distance from today in whole days, or the day itself where it lies far back.
    pub(super) fn days_ago(&self, day: NaiveDate) -> String {
        match (self.today - day).num_days() {
            0 => "today".to_owned(),
            days if (1..OLD).contains(&days) => format!("{days}d"),
            _ => day.to_string(),
        }
    }

    /// Returns a time by the user's own clock.
    pub(super) fn time(&self, at: DateTime<Utc>) -> String {
        env::local(at).format("%Y-%m-%d %H:%M").to_string()
    }

    /// Adds rows as aligned columns. On a terminal that is too narrow the column `flexible` is cut, or broken where its
    /// cells wrap, and the others go where their cells say; see [`layout`].
    pub(super) fn columns(&mut self, rows: &[Vec<Cell>], flexible: usize, indent: usize) {
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let column_of = |at: usize| {
            let cells = || rows.iter().filter_map(|row| row.get(at));
            let fit = cells().map(|cell| cell.fit).max().unwrap_or_default();
            let fit = if at == flexible && fit == Fit::Whole { Fit::Cut } else { fit };
            let word = if fit == Fit::Wrap { cells().map(Cell::longest_word).max() } else { None };
            Column { width: cells().map(Cell::width).max().unwrap_or(0), word: word.unwrap_or(0), fit }
        };
        let columns: Vec<Column> = (0..count).map(column_of).collect();
        if self.truncates() {
            let places = layout::places(&columns, self.style.width.saturating_sub(indent));
            rows.iter().for_each(|row| self.fitted_row(row, &columns, &places, indent));
            return;
        }
        // One endless text must not make every other row as long.
        let most = |at: usize| if at == flexible { WIDEST_PADDING } else { WIDEST_COLUMN };
        let widths: Vec<usize> =
            columns.iter().enumerate().map(|(at, column)| column.width.min(most(at))).collect();
        for row in rows {
            self.pad(indent);
            for (cell, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
                self.cell(cell, &cell.text, cell.width, *width);
            }
            self.end_row();
        }
    }

    /// Adds a row to a terminal: as many lines as its broken texts take, then what has lines of its own.
    fn fitted_row(&mut self, row: &[Cell], columns: &[Column], places: &[Place], indent: usize) {
        let lines_of = |(at, cell): (usize, &Cell)| match places[at] {
            Place::Beside(width) if cell.width <= width => Some((width, vec![cell.text.clone()])),
            Place::Beside(width) if columns[at].fit == Fit::Wrap => Some((width, folded(&cell.text, width))),
            Place::Beside(width) => Some((width, vec![truncate(&cell.text, width).into_owned()])),
            Place::Below | Place::LeftOut => None,
        };
        let beside: Vec<_> =
            row.iter().enumerate().filter_map(|cell| Some((cell.1, lines_of(cell)?))).collect();
        let height = beside.iter().map(|(_, (_, lines))| lines.len()).max().unwrap_or(0);
        for line in 0..height {
            self.pad(indent);
            for (cell, (width, lines)) in &beside {
                let text = lines.get(line).map_or("", String::as_str);
                self.cell(cell, text, text.width(), *width);
            }
            self.end_row();
        }
        let first = places.iter().find_map(|place| match place {
            Place::Beside(width) => Some(width + layout::GAP),
            _ => None,
        });
        let below = row.iter().zip(places).filter(|(cell, place)| **place == Place::Below && cell.width > 0);
        for (cell, _) in below {
            self.pad(indent + first.unwrap_or(0).min(WIDEST_INDENT));
            self.cell(cell, &cell.text, cell.width, 0);
            self.end_row();
        }
    }

    /// Adds a text in a cell's style, and the space after it.
    fn cell(&mut self, cell: &Cell, text: &str, columns: usize, width: usize) {
        let padding = width.saturating_sub(columns);
        if cell.right {
            self.pad(padding);
        }
        if self.style.colour {
            let painted = self.paint(text, cell.style);
            self.text.push_str(&painted);
        } else {
            self.text.push_str(text);
        }
        self.pad(if cell.right { 0 } else { padding } + layout::GAP);
    }

    fn end_row(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    fn pad(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }

    /// Adds parts side by side with ` · ` between them, on as many lines as the width requires.
    pub(super) fn flow(&mut self, parts: &[Cell], indent: usize) {
        const BETWEEN: &str = " · ";
        let (mut line, mut columns) = (String::new(), 0);
        for part in parts {
            if columns > 0
                && self.truncates()
                && indent + columns + BETWEEN.width() + part.width() > self.style.width
            {
                self.line(format!("{:indent$}{line}", ""));
                (line, columns) = (String::new(), 0);
            }
            if columns > 0 {
                line.push_str(BETWEEN);
                columns += BETWEEN.width();
            }
            line.push_str(&self.paint(&part.text, part.style));
            columns += part.width();
        }
        self.line(format!("{:indent$}{line}", ""));
    }

    /// Adds a text after a head; where it does not fit a terminal, it goes on in lines of its own, as far in.
    pub(super) fn hanging(&mut self, head: &Cell, indent: usize, text: &Cell) {
        let room = self.style.width.saturating_sub(indent).max(NARROWEST);
        let lines = if self.truncates() { wrapped(&text.text, room) } else { vec![text.text.clone()] };
        let padding = indent.saturating_sub(head.width());
        let head = format!("{}{:padding$}", self.paint(&head.text, head.style), "");
        for (at, line) in lines.iter().enumerate() {
            let line = self.paint(line, text.style);
            self.line(if at == 0 { format!("{head}{line}") } else { format!("{:indent$}{line}", "") });
        }
    }

    /// Returns the page without what a runner of GitHub's would obey anywhere in a line.
    pub(super) fn escape_workflow_commands(mut self) -> Self {
        self.text = self.text.replace("##[", "# #[");
        self
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// One cell of a row: text that is safe to print, and its style.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    /// In columns.
    width: usize,
    style: Style,
    right: bool,
    fit: Fit,
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        let text = clean(text.as_ref()).into_owned();
        let width = if text.is_ascii() { text.len() } else { text.width() };
        Self { text, width, style: Style::new(), right: false, fit: Fit::Whole }
    }

    pub(super) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { style, ..Self::new(text) }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }

    fn longest_word(&self) -> usize {
        self.text.split(' ').map(str::width).max().unwrap_or(0)
    }

    /// Breaks the text into lines where there is too little room, instead of cutting it: where it is the answer.
    pub(super) fn wrap(self) -> Self {
        Self { fit: Fit::Wrap, ..self }
    }

    /// Gives it a line of its own, whole, where there is too little room: for commands.
    pub(super) fn below(self) -> Self {
        Self { fit: Fit::Below, ..self }
    }

    /// Leaves its column out where there is too little room.
    pub(super) fn minor(self) -> Self {
        Self { fit: Fit::Minor, ..self }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }
}

/// Returns the text with all that a terminal would obey made visible: control characters, escape sequences, and
/// the marks that reverse the direction of writing. Line ends count as control characters.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
    if text.bytes().all(is_plain) || !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' => cleaned.push(' '),
            c if is_obeyed(c) => {
                let _ = write!(cleaned, "\\u{{{:x}}}", u32::from(c));
            }
            c => cleaned.push(c),
        }
    }
    Cow::Owned(cleaned)
}

/// Returns a text of several lines with each line cleaned.
pub(super) fn clean_lines(text: &str) -> String {
    text.lines().map(|line| clean(&line.replace('\t', "    ")).into_owned()).collect::<Vec<_>>().join("\n")
}

/// Breaks a text into lines of N columns, between words; a word that is longer than a line stays whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Breaks a text into lines of N columns, between words; a word that is longer than a line is broken as well.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrapped(text, width) {
        let (mut part, mut columns) = (String::new(), 0);
        for c in line.chars() {
            let wide = c.width().unwrap_or(0);
            if columns + wide > width && !part.is_empty() {
                lines.push(std::mem::take(&mut part));
                columns = 0;
            }
            part.push(c);
            columns += wide;
        }
        lines.push(part);
    }
    lines
}

/// Truncates a text to a width in columns, with an ellipsis where something was cut.
pub(super) fn truncate(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut columns) = (String::new(), 1);
    for c in text.chars() {
        columns += c.width().unwrap_or(0);
        if columns > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(clean("a\u{1b}[2Jb\u{7}\u{202e}c"), "a\\u{1b}[2Jb\\u{7}\\u{202e}c");
        assert_eq!(clean("two\nlines"), "two lines");
        assert!(matches!(clean("plain ü 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn workflow_commands_are_escaped() {
        let mut out = Output::new(OutputStyle::plain(), false, DateTime::UNIX_EPOCH);
        out.line("warning: ##[stop-commands]x.md is broken");
        assert_eq!(out.escape_workflow_commands().into_text(), "warning: # #[stop-commands]x.md is broken\n");
    }

    #[test]
    fn breaks_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("日本 語です", 6), ["日本", "語です"]);
        assert_eq!(wrapped("", 7), [""]);
        assert_eq!(wrapped("a muchtoolong b", 5), ["a", "muchtoolong", "b"]);
    }

    #[test]
    fn in_a_column_a_long_word_is_broken_too() {
        assert_eq!(folded("a muchtoolong b", 5), ["a", "mucht", "oolon", "g", "b"]);
        assert_eq!(folded("日本語です", 5), ["日本", "語で", "す"]);
    }

    #[test]
    fn a_narrow_terminal_keeps_texts_and_commands_whole() {
        let style = OutputStyle { truncates: true, width: 44, ..OutputStyle::plain() };
        let mut out = Output::new(style, false, DateTime::UNIX_EPOCH);
        let reason = |label: &str, text: &str, command: &str| {
            vec![Cell::new(label), Cell::new(text).wrap(), Cell::new(command).below()]
        };
        let rows = [
            reason(
                "missing",
                "approval of code-reviewer for src/theme.rs",
                "tracker approve TASK-7Q2M --as code-reviewer",
            ),
            reason("open", "finding F2QX", ""),
        ];
        out.columns(&rows, 1, 2);
        insta::assert_snapshot!(out.into_text(), @r"
        missing  approval of code-reviewer for
                 src/theme.rs
                 tracker approve TASK-7Q2M --as code-reviewer
        open     finding F2QX
        ");
    }

    #[test]
    fn cuts_by_columns_not_by_letters() {
        assert_eq!(truncate("日本語です", 5), "日本…");
        assert_eq!(truncate("short", 5), "short");
    }
}
