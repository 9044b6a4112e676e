//! A task's body, taken apart into its `##` sections and put together again, byte for byte.

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
