//! A body as a flat sequence of sections, each with its own text only.

use super::super::three::Three;
use crate::doc::lines;
use crate::doc::markdown::sections;

/// Names a section: the headings above it with their levels, its own, and which of several alike it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    path: Vec<(usize, String)>,
    number: usize,
}

impl Name {
    /// Returns how deep it is; 0 for what stands above the first heading.
    pub(super) fn level(&self) -> usize {
        self.path.last().map_or(0, |(level, _)| *level)
    }
}

/// One section.
#[derive(Debug, Clone)]
pub(super) struct Block<'b> {
    pub(super) name: Name,
    /// The heading's text.
    pub(super) title: String,
    /// The heading's line.
    pub(super) heading: &'b str,
    /// The lines below it, up to the last one that is not blank.
    pub(super) content: &'b str,
    /// The blank lines before the next heading; none in the last section.
    pub(super) gap: Option<&'b str>,
    /// The blank lines at the end of the body, in the last section.
    pub(super) tail: &'b str,
}

impl Block<'_> {
    /// Returns heading and content.
    pub(super) fn text(&self) -> String {
        [self.heading, self.content].concat()
    }
}

/// Takes a body apart.
pub(super) fn blocks(body: &str) -> Vec<Block<'_>> {
    let sections = sections(body);
    let start_of_heading = |at: usize| match at.checked_sub(1) {
        Some(above) => sections[above].own.end,
        None => sections
            .first()
            .map_or(body.len(), |first| lines::start_of(body, first.own.start.saturating_sub(1))),
    };
    let mut blocks = Vec::with_capacity(sections.len() + 1);
    let mut seen = std::collections::HashMap::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let is_last = sections.is_empty();
    blocks.push(block(Name { path: Vec::new(), number: 0 }, "", "", &body[..start_of_heading(0)], is_last));
    for (at, section) in sections.iter().enumerate() {
        path.retain(|(level, _)| *level < section.level);
        path.push((section.level, bare(&section.heading)));
        let count: &mut usize = seen.entry(path.clone()).or_default();
        let name = Name { path: path.clone(), number: *count };
        *count += 1;
        let heading = &body[start_of_heading(at)..section.own.start];
        blocks.push(block(
            name,
            &section.heading,
            heading,
            &body[section.own.clone()],
            at + 1 == sections.len(),
        ));
    }
    blocks
}

fn block<'b>(name: Name, title: &str, heading: &'b str, own: &'b str, is_last: bool) -> Block<'b> {
    let content_end = lines_end(own);
    let (content, blank) = own.split_at(content_end);
    let (gap, tail) = if is_last { (None, blank) } else { (Some(blank), "") };
    Block { name, title: title.to_owned(), heading, content, gap, tail }
}

/// Returns where the last line ends that is not blank.
fn lines_end(text: &str) -> usize {
    let content = text.trim_end().len();
    if content == 0 { 0 } else { lines::next(text, content) }
}

/// Returns a heading as headings are compared.
fn bare(heading: &str) -> String {
    heading.trim().trim_end_matches(':').trim_end().to_lowercase()
}

/// Returns the blank lines between two sections. A version in which the section is the last has no say.
pub(super) fn gap(gaps: Three<Option<&str>>) -> &str {
    match (gaps.ours, gaps.theirs) {
        (Some(ours), Some(theirs)) => longer(Three::new(gaps.base.unwrap_or_default(), ours, theirs)),
        (Some(gap), None) | (None, Some(gap)) => gap,
        (None, None) => gaps.base.unwrap_or("\n"),
    }
}

/// Decides between blank lines: the longer where both changed them.
pub(super) fn longer(blanks: Three<&str>) -> &str {
    blanks.decide().copied().unwrap_or_else(|| {
        let (ours, theirs) = (blanks.ours, blanks.theirs);
        if (ours.len(), ours) >= (theirs.len(), theirs) { ours } else { theirs }
    })
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn every_byte_belongs_to_one_section() {
        for body in [
            "",
            "\n",
            "a",
            "\n## A\n\nb\n\n\n### C\n## A\n\nd\n\n",
            "# A",
            "x\n\n```\n# no\n",
            " # A \r\n\r\n# B",
        ] {
            let joined: String = blocks(body)
                .iter()
                .map(|block| {
                    [block.heading, block.content, block.gap.unwrap_or_default(), block.tail].concat()
                })
                .collect();
            assert_eq!(joined, body);
        }
    }
}
