//! How texts look: what others wrote is marked, so that no word of it can pass for a word of ours.
//!
//! A title, a reason or a name is one line in quotes. A text of several lines begins each of them with `>`. Neither can be
//! ended from within, and nothing in them is invisible.

use std::fmt::Write as _;

use crate::model::is_obeyed;

/// Longest line in quotes, in characters.
const LONGEST: usize = 200;

/// Whether a character is there and cannot be seen: what it says would be read by a model alone.
fn is_hidden(c: char) -> bool {
    is_obeyed(c)
        || matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{fe00}'..='\u{fe0e}' | '\u{e0100}'..='\u{e01ef}')
}

fn push_visible(c: char, out: &mut String) {
    if is_hidden(c) {
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
    } else {
        out.push(c);
    }
}

/// Returns a text as one line of ours, with what it quotes of others.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\r' | '\t') { out.push(' ') } else { push_visible(c, &mut out) }
    }
    out
}

/// Returns what somebody wrote as one line in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for (at, c) in text.trim().chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '"' | '\\' => out.extend(['\\', c]),
            c => push_visible(c, &mut out),
        }
    }
    out.push('"');
    out
}

/// Adds what somebody wrote, each line marked; `mark` gives what is beside the mark of a line.
pub(super) fn push_block(text: &str, mark: impl Fn(usize) -> Option<usize>, out: &mut String) {
    for (at, written) in text.trim_end().lines().enumerate() {
        let number = mark(at).map(|number| number.to_string()).unwrap_or_default();
        let gap = if written.is_empty() { "" } else { " " };
        let _ = write!(out, ">{number}{gap}");
        for c in written.chars() {
            if c == '\t' { out.push(c) } else { push_visible(c, out) }
        }
        out.push('\n');
    }
}

/// Returns rows as aligned columns; the last column is not padded.
pub(super) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate().filter(|(at, _)| widths[*at] > 0) {
            line.push_str(cell);
            if at + 1 < row.len() {
                line.extend(std::iter::repeat_n(' ', widths[at] + 1 - cell.chars().count()));
            }
        }
        line.truncate(line.trim_end().len());
        line
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_cannot_end_its_quotes_nor_hide() {
        assert_eq!(
            quoted("a\"\n> b \\ \u{1b}[2J\u{202e}\u{e0041}"),
            r#""a\" > b \\ \u{1b}[2J\u{202e}\u{e0041}""#
        );
        assert_eq!(quoted(&"ä".repeat(300)).chars().count(), LONGEST + 3);
    }

    #[test]
    fn every_line_of_a_block_is_marked() {
        let mut out = String::new();
        push_block("one\n\n- [ ] two\r\nend\u{2028}of\tit\n\n", |at| (at == 2).then_some(1), &mut out);
        assert_eq!(out, "> one\n>\n>1 - [ ] two\n> end\\u{2028}of\tit\n");
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row(["A", "", "long", "x"]), row(["BCD", "", "s", "y"])];
        assert_eq!(table(&rows), ["A   long x", "BCD s    y"]);
    }
}
