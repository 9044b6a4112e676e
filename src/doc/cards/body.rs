//! A task's body, taken apart into its `##` sections and put together again, byte for byte.
//!
//! Text that a card contains exactly as it was written.
//!
//! Most sections are plain: a label, their text, a blank line. What would be misread so, or lose blank lines, is
//! marked by a comment that no reader of the page sees. Its lines that could pass for structure have one more space
//! in front, which Markdown ignores, and reading takes that space away again.

use serde::{Deserialize, Serialize};

use super::lines::{self, Line};

/// Lines with the blank lines around them counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Block {
    /// Blank lines before the text; all of them where there is no text.
    pub(crate) above: usize,
    /// The text: neither its first nor its last line is empty.
    pub(crate) content: Vec<String>,
    /// Blank lines after the text.
    pub(crate) below: usize,
}

impl Block {
    fn of(lines: &[Line<'_>]) -> Self {
        let Some(last) = lines.iter().rposition(|line| !line.text.is_empty()) else {
            return Self { above: lines.len(), ..Self::default() };
        };
        let above = lines.iter().take_while(|line| line.text.is_empty()).count();
        let content = lines[above..=last].iter().map(|line| line.text.to_owned()).collect();
        Self { above, content, below: lines.len() - last - 1 }
    }

    /// Makes the block as it usually is: one blank line on either side of the text. A body begins with one, too: it
    /// follows the front matter.
    pub(crate) fn usual(content: Vec<String>) -> Self {
        Self { above: 1, below: usize::from(!content.is_empty()), content }
    }

    fn push_to(&self, lines: &mut Vec<String>) {
        lines.extend(std::iter::repeat_n(String::new(), self.above));
        lines.extend(self.content.iter().cloned());
        lines.extend(std::iter::repeat_n(String::new(), self.below));
    }
}

/// One section of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The heading's text.
    pub(crate) name: String,
    /// The heading's line.
    pub(crate) heading: String,
    /// What is below it.
    pub(crate) block: Block,
}

impl Section {
    /// Makes a section with the usual heading and blank lines.
    pub(crate) fn usual(name: &str, content: Vec<String>) -> Self {
        Self { name: name.to_owned(), heading: usual_heading(name), block: Block::usual(content) }
    }
}

/// Returns the line that the heading of a section usually is.
pub(crate) fn usual_heading(name: &str) -> String {
    format!("## {name}")
}

/// A body in parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Body {
    /// What is above the first section.
    pub(crate) preamble: Block,
    /// The sections, in order.
    pub(crate) sections: Vec<Section>,
    /// Whether every line ends in a carriage return and a newline.
    pub(crate) crlf: bool,
}

impl Body {
    /// Takes a body apart.
    pub(crate) fn split(text: &str) -> Self {
        let newlines = text.matches('\n').count();
        let crlf = newlines > 0 && text.matches("\r\n").count() == newlines;
        let unix = if crlf { text.replace("\r\n", "\n") } else { text.to_owned() };
        let lines = lines::scan(&unix);
        let starts: Vec<usize> = (0..lines.len()).filter(|at| section_name(&lines[*at]).is_some()).collect();
        let preamble = Block::of(&lines[..starts.first().copied().unwrap_or(lines.len())]);
        let ends = starts.iter().skip(1).copied().chain([lines.len()]);
        let sections = starts.iter().zip(ends).filter_map(|(&start, end)| {
            let name = section_name(&lines[start])?.to_owned();
            let heading = lines[start].text.to_owned();
            Some(Section { name, heading, block: Block::of(&lines[start + 1..end]) })
        });
        let sections = sections.collect();
        Self { preamble, sections, crlf }
    }

    /// Puts the body together.
    pub(crate) fn join(&self) -> String {
        let mut lines = Vec::new();
        self.preamble.push_to(&mut lines);
        for section in &self.sections {
            lines.push(section.heading.clone());
            section.block.push_to(&mut lines);
        }
        lines.join(if self.crlf { "\r\n" } else { "\n" })
    }
}

fn section_name<'a>(line: &Line<'a>) -> Option<&'a str> {
    line.heading().filter(|(level, _)| *level == 2).map(|(_, name)| name)
}

const OPEN: &str = "<!-- tracker: as written";
const CLOSE: &str = " -->";
/// More blank lines than anyone sets around a heading. A hostile document has billions.
const MOST_BLANKS: usize = 200;

/// What the plain form of a section does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Layout {
    /// The heading's line in the task, where it is not the name after two number signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) heading: Option<String>,
    /// Blank lines before the text, where they are not as usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) above: Option<usize>,
    /// Blank lines after the text, where they are not as usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) below: Option<usize>,
    /// Lines added at the end of the text to close what it leaves open.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) added: usize,
    /// The task's lines end in a carriage return.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) crlf: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Writes the comment that marks text as written.
pub(crate) fn comment(layout: &Layout) -> String {
    if *layout == Layout::default() {
        return format!("{OPEN}{CLOSE}");
    }
    let json = serde_json::to_string(layout).unwrap_or_default();
    // The heading must not end the comment. These characters are in the strings only.
    let json = json.replace('-', "\\u002d").replace('<', "\\u003c").replace('>', "\\u003e");
    let json: String = json.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("{OPEN} {json}{CLOSE}")
}

/// The mark of a section that was computed when the document was rendered.
pub(crate) const DERIVED: &str = "<!-- tracker: derived -->";

/// Returns the name of the derived section that a line begins.
pub(crate) fn read_derived(line: &str) -> Option<&str> {
    line.trim_end().strip_suffix(DERIVED)?.trim_end().strip_prefix("**")?.strip_suffix(":**")
}

/// Reads such a comment at the end of a line; returns what is before it.
pub(crate) fn read_comment(line: &str) -> Option<(&str, Layout)> {
    let (before, comment) = line.split_at(line.rfind(OPEN)?);
    let json = comment.strip_prefix(OPEN)?.trim_end().strip_suffix(CLOSE.trim_start())?.trim();
    let mut layout: Layout = serde_json::from_str(json).unwrap_or_default();
    layout.heading = layout.heading.filter(|heading| !heading.contains('\n'));
    layout.above = layout.above.map(|above| above.min(MOST_BLANKS));
    layout.below = layout.below.map(|below| below.min(MOST_BLANKS));
    Some((before, layout))
}

/// Writes text as it is, safely inside a card. Returns the lines and how many were added at the end.
pub(crate) fn escape(content: &[String]) -> (Vec<String>, usize) {
    let mut closed = content.to_vec();
    closed.extend(lines::missing_closer(content.iter().map(String::as_str)));
    let scanned = lines::scan_lines(closed.iter().map(String::as_str));
    let comment_is_open = leaves_comment_open(&scanned);
    let mut written: Vec<String> = scanned.iter().map(escape_line).collect();
    if comment_is_open {
        written.push("-->".to_owned());
    }
    let added = written.len() - content.len();
    (written, added)
}

fn escape_line(line: &Line<'_>) -> String {
    if !line.is_fenced() && could_be_structure(line.text) {
        return format!(" {}", line.text);
    }
    line.text.to_owned()
}

/// Takes back what [`escape`] did to one line.
pub(crate) fn unescape_line<'a>(line: &Line<'a>) -> &'a str {
    let inner = line.text.strip_prefix(' ').filter(|inner| !line.is_fenced() && could_be_structure(inner));
    inner.unwrap_or(line.text)
}

/// Whether a line, whatever its indentation, looks like one that parts a document or a card.
fn could_be_structure(text: &str) -> bool {
    let text = text.trim_start_matches(' ');
    text.starts_with('#')
        || text.starts_with("**")
        || text.starts_with("<!--")
        || lines::is_rule(text)
        || lines::is_footer(text)
}

/// Whether text opens a comment of HTML that it does not close: it would hide the rest of the page.
pub(crate) fn leaves_comment_open(lines: &[Line<'_>]) -> bool {
    let mut open = false;
    for line in lines.iter().filter(|line| !line.is_fenced()) {
        let mut rest = line.text;
        while let Some(at) = rest.find(if open { "-->" } else { "<!--" }) {
            rest = &rest[at + 3..];
            open = !open;
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::{Block, Body, Section};

    #[test]
    fn puts_together_what_it_took_apart() {
        let bodies = [
            "",
            "\n",
            "text",
            "text\n",
            "\n\ntext\n\n\n## A\n## B ##\n\n\n\nx\n",
            "## A\n\n```\n## code\n```\n\n##\nlast",
            "## A\r\n\r\nx\r\n",
            "## A\r\n\nmixed\r\n",
        ];
        for text in bodies {
            assert_eq!(Body::split(text).join(), text);
        }
    }

    #[test]
    fn writes_sections_as_people_do() {
        let sections = vec![Section::usual("A", vec!["x".to_owned()]), Section::usual("B", Vec::new())];
        let body = Body { preamble: Block::usual(vec!["top".to_owned()]), sections, crlf: false };
        assert_eq!(body.join(), "\ntop\n\n## A\n\nx\n\n## B\n");
        assert_eq!(Body::split(&body.join()), body);
        assert_eq!(Body { preamble: Block::usual(Vec::new()), ..Body::default() }.join(), "");
    }
}

#[cfg(test)]
mod layout_tests {
    use super::{Layout, comment, escape, read_comment, unescape_line};
    use crate::doc::cards::lines::scan_lines;

    #[test]
    fn a_layout_survives_its_comment() {
        let hostile = Layout {
            heading: Some("## a --> <script> <!-- tracker: as written -->".to_owned()),
            above: Some(0),
            below: Some(3),
            added: 1,
            crlf: true,
        };
        for layout in [Layout::default(), hostile] {
            let line = format!("**x:** {}", comment(&layout));
            assert_eq!(line.matches("-->").count(), 1, "{line}");
            assert_eq!(read_comment(&line), Some(("**x:** ", layout)));
        }
    }

    #[test]
    fn blank_lines_are_limited() {
        let (_, layout) = read_comment("<!-- tracker: as written {\"above\":99999999999} -->").unwrap();
        assert_eq!(layout.above, Some(super::MOST_BLANKS));
        assert_eq!(read_comment("<!-- tracker: as written {oops} -->"), Some(("", Layout::default())));
    }

    #[test]
    fn escaping_keeps_every_line_and_closes_what_is_open() {
        let text = ["# a", " **b:**", "---", "", "```", "# code", "```", "  <!-- x", "~~~", "# open"];
        let content: Vec<String> = text.iter().map(|line| (*line).to_owned()).collect();
        let (written, added) = escape(&content);
        assert_eq!(added, 2);
        assert!(written.iter().take(3).all(|line| line.starts_with(' ')), "{written:?}");
        let scanned = scan_lines(written.iter().map(String::as_str));
        let back: Vec<&str> = scanned.iter().take(content.len()).map(unescape_line).collect();
        assert_eq!(back, text);
    }
}
