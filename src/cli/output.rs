//! Text for a person: aligned, fitted to the terminal's width, coloured where that is requested, and with nothing in
//! it that a terminal would obey.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::IsTerminal;

use chrono::{DateTime, NaiveDate, Utc};
use clap::ValueEnum;
use owo_colors::{OwoColorize, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::env::{self, Env};

/// Columns assumed where there is no terminal to ask.
const WIDTH_WITHOUT_TERMINAL: usize = 100;
/// Where nothing is cut, a longer text pushes the rest of its own row aside and not that of all rows.
const WIDEST_PADDING: usize = 60;
/// A text is cut to no less than this.
const NARROWEST: usize = 12;
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

    /// Adds rows as aligned columns. On a terminal the column `flexible` is cut so that each row fits.
    pub(super) fn columns(&mut self, rows: &[Vec<Cell>], flexible: usize, indent: usize) {
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width_of =
            |at: usize| rows.iter().filter_map(|row| row.get(at)).map(Cell::width).max().unwrap_or(0);
        let mut widths: Vec<usize> = (0..count).map(width_of).collect();
        if !self.truncates() {
            // One endless text must not make every other row as long.
            widths.iter_mut().for_each(|width| *width = (*width).min(WIDEST_COLUMN));
        }
        let used = widths.iter().filter(|width| **width > 0).count().saturating_sub(1) * 2 + indent;
        let total: usize = widths.iter().sum::<usize>() + used;
        if self.truncates() && total > self.style.width && flexible < count {
            widths[flexible] = widths[flexible].saturating_sub(total - self.style.width).max(NARROWEST);
            self.drop_columns(&mut widths, flexible, indent);
        }
        if let Some(width) = widths.get_mut(flexible).filter(|_| !self.truncates()) {
            *width = (*width).min(WIDEST_PADDING);
        }
        for row in rows {
            self.pad(indent);
            for (at, cell) in row.iter().enumerate().filter(|(at, _)| widths[*at] > 0) {
                self.cell(cell, widths[at]);
            }
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push('\n');
        }
    }

    /// Adds a cell of a row and the space after it.
    fn cell(&mut self, cell: &Cell, width: usize) {
        let (text, columns) = if self.truncates() && cell.width > width {
            let text = truncate(&cell.text, width);
            let columns = text.width();
            (text, columns)
        } else {
            (Cow::Borrowed(cell.text.as_str()), cell.width)
        };
        let padding = width.saturating_sub(columns);
        if cell.right {
            self.pad(padding);
        }
        if self.style.colour {
            let painted = self.paint(&text, cell.style);
            self.text.push_str(&painted);
        } else {
            self.text.push_str(&text);
        }
        self.pad(if cell.right { 2 } else { padding + 2 });
    }

    fn pad(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }

    /// Leaves out columns where a terminal is too narrow for all: those after the flexible one first, the last
    /// first, then those before it; never the first one, which says what the row is about.
    fn drop_columns(&self, widths: &mut [usize], flexible: usize, indent: usize) {
        let total = |widths: &[usize]| {
            let shown = widths.iter().filter(|width| **width > 0);
            indent + shown.map(|width| width + 2).sum::<usize>() - 2
        };
        for at in (flexible + 1..widths.len()).rev().chain((1..flexible).rev()) {
            if total(widths) <= self.style.width {
                return;
            }
            widths[at] = 0;
        }
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
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        let text = clean(text.as_ref()).into_owned();
        let width = if text.is_ascii() { text.len() } else { text.width() };
        Self { text, width, style: Style::new(), right: false }
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

    pub(super) fn width(&self) -> usize {
        self.width
    }
}

/// Whether a terminal obeys a character instead of showing it.
pub(super) fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    fn cuts_by_columns_not_by_letters() {
        assert_eq!(truncate("日本語です", 5), "日本…");
        assert_eq!(truncate("short", 5), "short");
    }
}
