//! From bytes to a text whose parts are known: what comes before YAML or Markdown is looked at.
//!
//! Owns the checks that need no parser: conflict markers, UTF-8, NUL, the byte order mark, the fences of the
//! front matter and its size. It refuses bytes it cannot keep exactly; it never repairs them.

use std::ops::Range;

use super::lines;
use crate::model::Problem;

/// Longest front matter accepted, in bytes: YAML parsers are quadratic in places, and no task needs more.
pub(super) const FRONT_MATTER_CAP: usize = 64 * 1024;

/// Longest file of nothing but YAML accepted, in bytes: a vote names every file that it covers.
const YAML_CAP: usize = 1024 * 1024;

const BOM: &str = "\u{feff}";

/// How a document embeds its YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Front matter between `---` lines, then Markdown.
    Markdown,
    /// The whole file is YAML.
    Yaml,
}

/// A checked text and where its parts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The exact text.
    pub(super) text: String,
    /// The YAML, without fences and byte order mark.
    pub(super) front: Range<usize>,
    /// Where the body begins.
    pub(super) body: usize,
}

/// Returns the text of a file that is neither Markdown nor YAML, without its byte order mark.
pub(crate) fn plain_text(bytes: &[u8]) -> Result<&str, Vec<Problem>> {
    if let Some(problem) = conflict_marker(bytes) {
        return Err(vec![problem]);
    }
    let text = utf8(bytes)?;
    Ok(text.strip_prefix(BOM).unwrap_or(text))
}

/// Checks the bytes of a document and finds its parts.
pub(super) fn check(bytes: &[u8], kind: Kind) -> Result<Source, Vec<Problem>> {
    if let Some(problem) = conflict_marker(bytes) {
        return Err(vec![problem]);
    }
    let text = utf8(bytes)?;
    let start = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let (front, body) = match kind {
        Kind::Markdown => fences(text, start)?,
        Kind::Yaml => (start..text.len(), text.len()),
    };
    let (what, cap, hint) = match kind {
        Kind::Markdown => ("front matter", FRONT_MATTER_CAP, "move long text below the front matter"),
        Kind::Yaml => ("document", YAML_CAP, "a record is small; restore it with git"),
    };
    if front.len() > cap {
        let message = format!("the {what} is {} bytes long; at most {cap} are read", front.len());
        return Err(vec![Problem::error(message).at_line(1).with_hint(hint)]);
    }
    Ok(Source { text: text.to_owned(), front, body })
}

/// Whether a text contains a merge conflict.
pub(super) fn has_conflict(text: &str) -> bool {
    conflict_marker(text.as_bytes()).is_some()
}

/// Returns the line of the first marker of a merge conflict.
pub(super) fn conflict_line(text: &str) -> Option<usize> {
    conflict_marker(text.as_bytes()).and_then(|problem| problem.line)
}

/// What begins the lines that `git merge` leaves in a file.
const CONFLICT_MARKS: [&str; 3] = ["<<<<<<<", "|||||||", ">>>>>>>"];

/// Whether a line of a text from elsewhere would be taken for one of a merge that nobody has resolved.
pub(crate) fn is_like_conflict_marker(line: &str) -> bool {
    CONFLICT_MARKS.iter().any(|mark| line.starts_with(mark))
}

/// Puts a blank before the lines of a text from elsewhere that would be taken for those of a merge which nobody has
/// resolved.
pub(crate) fn without_conflict_markers(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.flat_map(|line| [if is_like_conflict_marker(line) { " " } else { "" }, line]).collect()
}

/// Finds what `git merge` leaves in a file. A lone `=======` is a Markdown heading's underline, so it does not count.
fn conflict_marker(bytes: &[u8]) -> Option<Problem> {
    let is_line = |at: usize, mark: &[u8]| {
        (at == 0 || bytes[at - 1] == b'\n')
            && matches!(bytes.get(at + mark.len()), None | Some(b' ' | b'\r' | b'\n'))
    };
    // Searched for as wholes: their letters alone are in every table and quote.
    let first = |mark: &[u8]| memchr::memmem::find_iter(bytes, mark).find(|at| is_line(*at, mark));
    let at = CONFLICT_MARKS.into_iter().filter_map(|mark| first(mark.as_bytes())).min()?;
    let problem = Problem::conflict().at_line(lines::number_in(bytes, at));
    Some(problem.with_hint("resolve the merge by hand, then `tracker doctor`"))
}

fn utf8(bytes: &[u8]) -> Result<&str, Vec<Problem>> {
    let line_of = |offset: usize| lines::number_in(bytes, offset);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let problem = Problem::error("the file is UTF-16, not UTF-8").at_line(1);
        return Err(vec![problem.with_hint("save it as UTF-8")]);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let byte = bytes.get(offset).copied().unwrap_or_default();
        let problem = Problem::error(format!("byte `0x{byte:02x}` is not UTF-8")).at_line(line_of(offset));
        vec![problem.with_hint("save the file as UTF-8")]
    })?;
    match memchr::memchr(0, bytes) {
        Some(offset) => {
            let problem = Problem::error("the file contains a NUL byte").at_line(line_of(offset));
            Err(vec![problem.with_hint("restore the file with git")])
        }
        None => Ok(text),
    }
}

/// Finds the YAML between the two fences, and where the body begins.
fn fences(text: &str, start: usize) -> Result<(Range<usize>, usize), Vec<Problem>> {
    let is_fence = |line: &str| line.trim_end_matches(lines::BLANKS) == "---";
    let front = lines::next(text, start);
    if !is_fence(&text[start..front]) {
        let message = if start == text.len() {
            "the file is empty"
        } else {
            "the file does not begin with a `---` line"
        };
        let hint = "the file begins with YAML between two `---` lines";
        return Err(vec![Problem::error(message).at_line(1).with_hint(hint)]);
    }
    let mut at = front;
    while at < text.len() {
        let end = lines::next(text, at);
        let line = &text[at..end];
        if is_fence(line) || line.trim_end_matches(lines::BLANKS) == "..." {
            return Ok((front..at, end));
        }
        at = end;
    }
    let problem = Problem::error("the front matter is not closed by a second `---` line").at_line(1);
    Err(vec![problem.with_hint("write `---` on a line of its own below the last key")])
}

#[cfg(test)]
mod tests {
    use super::{Kind, check};

    fn line_and_message(bytes: &[u8]) -> (Option<usize>, String) {
        let problems = check(bytes, Kind::Markdown).unwrap_err();
        (problems[0].line, problems[0].message.clone())
    }

    #[test]
    fn finds_the_parts() {
        let source = check("\u{feff}---\r\na: 1\r\n--- \r\nbody".as_bytes(), Kind::Markdown).unwrap();
        assert_eq!(&source.text[source.front.clone()], "a: 1\r\n");
        assert_eq!(&source.text[source.body..], "body");
        let source = check(b"---\na: 1\n---", Kind::Markdown).unwrap();
        assert_eq!(&source.text[source.body..], "");
    }

    #[test]
    fn names_the_line_of_what_it_refuses() {
        assert_eq!(
            line_and_message(b"---\na: \xff\n---\n"),
            (Some(2), "byte `0xff` is not UTF-8".to_owned())
        );
        assert_eq!(line_and_message(b"---\na: 1\n---\n\0").0, Some(4));
        assert_eq!(line_and_message(b"---\na: 1\n---\n\n<<<<<<< HEAD\nx\n").0, Some(5));
        assert_eq!(line_and_message(b"title\n").0, Some(1));
    }

    #[test]
    fn a_heading_underline_is_no_conflict() {
        assert!(check(b"---\na: 1\n---\nTitle\n=======\n", Kind::Markdown).is_ok());
    }
}
