//! The result of a merge in parts: text that is merged, and conflicts that a person must resolve.

use std::fmt;

use super::versions::{Side, Versions};

/// What a conflict is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A key of the front matter or of a YAML record.
    Key(String),
    /// A section of the body, by its heading; empty for what is above the first one.
    Section(String),
    /// Lines of a text that is not read as a record.
    Lines,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Section(heading) if heading.is_empty() => f.write_str("text above the first heading"),
            Self::Section(heading) => write!(f, "section {heading}"),
            Self::Lines => f.write_str("lines"),
        }
    }
}

/// One field or section that both sides changed differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What it is about.
    pub subject: Subject,
    /// The line of its first marker in the merged text, counted from 1.
    pub line: usize,
}

/// How conflicts are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks<'a> {
    /// Names the common ancestor.
    pub base: &'a str,
    /// Names the side that is merged into.
    pub ours: &'a str,
    /// Names the side that is merged.
    pub theirs: &'a str,
    /// How many characters a marker has; at least seven.
    pub size: usize,
}

impl Default for Marks<'_> {
    fn default() -> Self {
        Self { base: "base", ours: "ours", theirs: "theirs", size: 7 }
    }
}

/// A part of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Merged lines.
    Text(String),
    /// Lines that both sides changed differently.
    Conflict { subject: Subject, sides: Versions<String> },
}

/// Whether no conflict is left.
pub(super) fn is_clean(pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
}

/// Returns the text with every conflict resolved for one side.
pub(super) fn resolved(pieces: &[Piece], side: Side) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Conflict { sides, .. } => sides.of(side),
        })
        .collect()
}

/// Writes the pieces, conflicts between markers.
pub(super) fn write(pieces: &[Piece], marks: &Marks<'_>, ending: &str) -> (String, Vec<Conflict>) {
    let mut text = String::new();
    let mut conflicts = Vec::new();
    let mut line = 1;
    for piece in pieces {
        let start = text.len();
        match piece {
            Piece::Text(merged) => text.push_str(merged),
            Piece::Conflict { subject, sides } => {
                conflicts.push(Conflict { subject: subject.clone(), line });
                let parts = [('<', marks.ours, &sides.ours), ('|', marks.base, &sides.base)];
                for (mark, label, content) in parts {
                    marker(&mut text, mark, label, marks.size, ending);
                    text.push_str(content);
                }
                marker(&mut text, '=', "", marks.size, ending);
                text.push_str(&sides.theirs);
                marker(&mut text, '>', marks.theirs, marks.size, ending);
            }
        }
        line += text[start..].matches('\n').count();
    }
    (text, conflicts)
}

/// Writes one marker on a line of its own. A label is a branch's name or a commit's subject, so it is shown without
/// what a terminal would obey.
fn marker(text: &mut String, mark: char, label: &str, size: usize, ending: &str) {
    text.extend(std::iter::repeat_n(mark, size.clamp(7, 255)));
    let label: String = label.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if !label.trim().is_empty() {
        text.push(' ');
        text.push_str(label.trim());
    }
    text.push_str(ending);
}
