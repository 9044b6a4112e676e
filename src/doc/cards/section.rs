//! A card below its heading: metadata lines, then sections under bold labels or under headings.
//!
//! Both dialects are one grammar. Before the first heading, a line that is a bold label begins a section; from the
//! first heading on only headings of that level do, and labels belong to the text.

use std::collections::BTreeSet;

use super::body;
use super::body::Layout;
use super::field::{self, Field, Key, Name};
use super::lines::{self, Kind, Line};
use crate::doc::{is_heading, markdown};
use crate::model::{BoxCount, Field as TaskField};

/// A line of a part, with its number in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// Counted from 1.
    pub(crate) number: usize,
    /// The text, as it shall be in the task.
    pub(crate) text: String,
    /// What the line says, where it may be metadata.
    pub(crate) field: Option<Field<'a>>,
    /// Whether a line here that begins with a known name is a mistake: plain text of no code, above the sections.
    pub(crate) may_be_metadata: bool,
}

/// A section of a card, or what is above the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Part<'a> {
    /// The name; empty above the first section.
    pub(crate) name: String,
    /// Number of the line that names it, or of the first line.
    pub(crate) line: usize,
    /// Its lines.
    pub(crate) entries: Vec<Entry<'a>>,
    /// Present where the text must be taken as it is written.
    pub(crate) layout: Option<Layout>,
    /// Whether it was computed when the document was rendered.
    pub(crate) is_derived: bool,
}

impl Part<'_> {
    /// Returns the lines without the blank ones around them, and without those that `taken` names.
    pub(crate) fn content(&self, taken: &BTreeSet<usize>) -> Vec<String> {
        let kept = self.entries.iter().filter(|entry| !taken.contains(&entry.number));
        let mut content: Vec<&str> = kept.map(|entry| entry.text.as_str()).collect();
        let is_blank =
            |line: &&str| if self.layout.is_some() { line.is_empty() } else { line.trim().is_empty() };
        while content.last().is_some_and(is_blank) {
            content.pop();
        }
        let above = content.iter().take_while(|line| is_blank(line)).count();
        content.drain(..above);
        let added = self.layout.as_ref().map_or(0, |layout| layout.added).min(content.len());
        content.truncate(content.len() - added);
        content.into_iter().map(str::to_owned).collect()
    }

    /// Returns the number of the last line that is neither blank nor `taken`.
    pub(crate) fn last_line(&self, taken: &BTreeSet<usize>) -> usize {
        let is_text = |entry: &&Entry<'_>| !entry.text.trim().is_empty() && !taken.contains(&entry.number);
        let last = self.entries.iter().rev().find(is_text);
        last.map_or(self.line, |entry| entry.number)
    }
}

/// A card's parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts<'a> {
    /// Metadata and what else is above the first section.
    pub(crate) preamble: Part<'a>,
    /// The sections, in order.
    pub(crate) sections: Vec<Part<'a>>,
}

/// Takes the lines below a card's heading apart.
pub(crate) fn read<'a>(lines: &[Line<'a>]) -> Parts<'a> {
    let level = section_level(lines);
    let mut reader = Reader { parts: Parts::default(), level, in_metadata: true, under_headings: false };
    reader.parts.preamble.line = lines.first().map_or(0, |line| line.number);
    for (at, line) in lines.iter().enumerate() {
        reader.take(line, &lines[at + 1..]);
    }
    reader.parts
}

/// The level at which headings part this card: the highest that it has.
fn section_level(lines: &[Line<'_>]) -> usize {
    lines.iter().filter_map(Line::heading).map(|(level, _)| level).min().unwrap_or(7)
}

struct Reader<'a> {
    parts: Parts<'a>,
    level: usize,
    in_metadata: bool,
    under_headings: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, line: &Line<'a>, below: &[Line<'a>]) {
        let derived = if line.kind == Kind::Text { body::read_derived(line.text) } else { None };
        let start = derived.map(|name| (name, "", None)).or_else(|| self.section_start(line, below));
        if let Some((name, inline, layout)) = start {
            self.in_metadata = false;
            self.under_headings |= line.heading().is_some();
            let (name, is_derived) = (name.to_owned(), derived.is_some());
            let mut part = Part { name, line: line.number, entries: Vec::new(), layout, is_derived };
            if !inline.is_empty() {
                part.entries.push(Entry {
                    number: line.number,
                    text: inline.to_owned(),
                    field: None,
                    may_be_metadata: false,
                });
            }
            self.parts.sections.push(part);
            return;
        }
        let is_marked = !self.parts.sections.is_empty() || self.parts.preamble.layout.is_some();
        let marked = if is_marked || line.is_fenced() { None } else { body::read_comment(line.text) };
        if let Some(("", layout)) = marked {
            self.in_metadata = false;
            self.parts.preamble.layout = Some(layout);
            return;
        }
        let entry = self.entry(line);
        self.in_metadata &= line.is_blank() || entry.field.is_some();
        self.current().entries.push(entry);
    }

    fn current(&mut self) -> &mut Part<'a> {
        self.parts.sections.last_mut().unwrap_or(&mut self.parts.preamble)
    }

    fn entry(&mut self, line: &Line<'a>) -> Entry<'a> {
        let number = line.number;
        if self.current().layout.is_some() {
            return Entry {
                number,
                text: body::unescape_line(line).to_owned(),
                field: None,
                may_be_metadata: false,
            };
        }
        let field = if line.is_fenced() { None } else { self.field(line.text) };
        let text = match line.kind {
            Kind::Heading { level, .. } => {
                // A section is of level 2 in a task, so what is below it moves up with it.
                let depth = (level + 2).saturating_sub(self.level).clamp(1, 6);
                format!("{}{}", "#".repeat(depth), &line.text[level..])
            }
            _ => line.text.to_owned(),
        };
        Entry { number, text, field, may_be_metadata: line.kind == Kind::Text }
    }

    fn field(&self, text: &'a str) -> Option<Field<'a>> {
        if self.in_metadata {
            return field::read(text);
        }
        let field = field::read(text).filter(|field| field.bold && text.starts_with("**"))?;
        matches!(field.name, Name::Known(Key::Field(TaskField::Spent | TaskField::Estimate))).then_some(field)
    }

    /// Returns name and first words of the section that a line begins.
    fn section_start(
        &self,
        line: &Line<'a>,
        below: &[Line<'a>],
    ) -> Option<(&'a str, &'a str, Option<Layout>)> {
        if let Some((level, name)) = line.heading() {
            return (level == self.level).then_some((name, "", None));
        }
        if line.kind != Kind::Text || !line.text.starts_with("**") {
            return None;
        }
        if let Some((label, layout)) = body::read_comment(line.text) {
            let name = label.strip_prefix("**")?.strip_suffix(":** ")?;
            return Some((name, "", Some(layout)));
        }
        let (name, inline) = field::bold(line.text).filter(|_| !self.under_headings)?;
        let empty_field =
            self.in_metadata && inline.is_empty() && field::key(name).is_some() && !has_text(below);
        let begins = if inline.is_empty() { !empty_field } else { is_usual_section(name) };
        begins.then_some((name, inline, None))
    }
}

/// Whether text follows, and neither more metadata nor another section.
fn has_text(below: &[Line<'_>]) -> bool {
    let next = below.iter().find(|line| !line.is_blank());
    next.is_some_and(|next| match next.kind {
        Kind::Text => field::read(next.text).is_none(),
        Kind::Fenced => true,
        _ => false,
    })
}

/// Whether a label of this name begins a section even with text on its line.
pub(crate) fn is_usual_section(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "description",
        "objective",
        "deliverables",
        "acceptance criteria",
        "technical details",
        "testing",
        "implementation details",
        "blockers",
        "blockers/issues",
        "next steps",
    ];
    NAMES.contains(&name.to_lowercase().as_str()) || super::paths::is_list_of_files(name)
}

/// How the sections of a card are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `**Name:**`
    Labels,
    /// `#### Name`
    Headings,
}

/// A section as a card is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// The line that names it.
    pub(crate) label: String,
    /// The lines below.
    pub(crate) content: Vec<String>,
}

/// Writes a section so that it reads as a section of that name with that text; none if this style cannot.
pub(crate) fn write_plain(section: &body::Section, style: Style) -> Option<Written> {
    let usual = body::Section::usual(&section.name, section.block.content.clone());
    if *section != usual || super::value::one_line(&section.name) != section.name {
        return None;
    }
    let written = match style {
        Style::Labels => Written { label: format!("**{}:**", section.name), content: usual.block.content },
        Style::Headings => {
            let scanned = lines::scan_lines(usual.block.content.iter().map(String::as_str));
            Written {
                label: format!("#### {}", section.name),
                content: scanned.iter().map(lowered).collect(),
            }
        }
    };
    reads_back(&written, section).then_some(written)
}

fn lowered(line: &Line<'_>) -> String {
    if line.heading().is_some() { format!("##{}", line.text) } else { line.text.to_owned() }
}

/// Writes a section that has no plain form.
pub(crate) fn write_as_written(section: &body::Section) -> Written {
    let usual = body::Block::usual(Vec::new());
    let (content, added) = body::escape(&section.block.content);
    let shown = super::value::one_line(&section.name);
    let same =
        section.heading == body::usual_heading(&section.name) && shown == section.name && !shown.is_empty();
    let layout = Layout {
        heading: (!same).then(|| section.heading.clone()),
        above: (section.block.above != usual.above).then_some(section.block.above),
        below: (section.block.below != usize::from(!content.is_empty())).then_some(section.block.below),
        added,
        crlf: false,
    };
    let shown = if shown.is_empty() { "(unnamed)" } else { &shown };
    Written { label: format!("**{shown}:** {}", body::comment(&layout)), content }
}

fn reads_back(written: &Written, section: &body::Section) -> bool {
    // A field, a blank line, the section, a blank line: what is around it in a card.
    let around = ["Status: x", ""].into_iter().chain([written.label.as_str()]);
    let lines = around.chain(written.content.iter().map(String::as_str)).chain([""]);
    let lines = lines::scan_lines(lines);
    if !is_inside_one_card(&lines) {
        return false;
    }
    let parts = read(&lines);
    let [part] = parts.sections.as_slice() else { return false };
    parts.preamble.layout.is_none()
        && parts.preamble.entries.len() == 2
        && part.layout.is_none()
        && part.name == section.name
        && part.entries.iter().all(|entry| entry.field.is_none())
        && part.content(&BTreeSet::new()) == section.block.content
}

/// Whether nothing in these lines ends the card they are in, or hides what follows.
fn is_inside_one_card(lines: &[Line<'_>]) -> bool {
    let ends = lines.iter().any(|line| match line.kind {
        Kind::Heading { level, text } => level < 4 || (level == 4 && super::heading::read(text).is_some()),
        // A row of hyphens may be a rule or underline a heading, by what is above it in the end.
        Kind::Rule | Kind::Text => lines::is_rule(line.text) || lines::is_footer(line.text),
        Kind::Blank | Kind::Fenced => false,
    });
    !ends
        && !body::leaves_comment_open(lines)
        && lines::missing_closer(lines.iter().map(|line| line.text)).is_none()
}

/// Writes the text above the sections; none if it must be marked as written.
pub(crate) fn write_plain_preamble(content: &[String]) -> Option<Vec<String>> {
    let lines = ["Status: x", ""].into_iter().chain(content.iter().map(String::as_str)).chain([""]);
    let lines = lines::scan_lines(lines);
    let parts = read(&lines);
    let preamble = parts.preamble;
    let same = is_inside_one_card(&lines)
        && parts.sections.is_empty()
        && preamble.layout.is_none()
        && preamble.entries.iter().skip(1).all(|entry| is_no_metadata(entry))
        && preamble.content(&BTreeSet::from([1])) == content;
    same.then(|| content.to_vec())
}

fn is_no_metadata(entry: &Entry<'_>) -> bool {
    entry.field.as_ref().is_none_or(|field| field.name == Name::Other)
}

/// Whether a section lists what a task has to deliver: marks in it are ticks.
pub(crate) fn is_list_of_boxes(section: &str) -> bool {
    let name = section.trim_start_matches(|c: char| !c.is_alphanumeric());
    is_heading(name, "Deliverables") || is_heading(name, "Acceptance criteria")
}

/// Rewrites `- ✅ done` as `- [x] done`, and an open mark as `- [ ]`; any other line stays.
pub(crate) fn normalised(line: &str) -> String {
    let Some((lead, item)) = item(line) else { return line.to_owned() };
    let marks = [("✅", 'x'), ("☑", 'x'), ("✔", 'x'), ("✓", 'x'), ("⬜", ' '), ("☐", ' ')];
    let ticked = marks.iter().find_map(|(mark, tick)| Some((item.strip_prefix(mark)?, tick)));
    match ticked {
        Some((rest, tick)) => {
            let rest = rest.trim_start_matches('\u{fe0f}').trim_start();
            format!("{lead}[{tick}] {rest}").trim_end().to_owned()
        }
        None => line.to_owned(),
    }
}

/// Whether a line is a checkbox.
pub(crate) fn is_box(line: &str) -> bool {
    let item = item(line).map_or("", |(_, item)| item);
    item.strip_prefix('[').and_then(|rest| rest.split_once(']')).is_some_and(|(mark, after)| {
        mark.chars().count() <= 1 && !mark.starts_with(|c: char| c.is_ascii_digit()) && after.starts_with(' ')
    })
}

fn item(line: &str) -> Option<(&str, &str)> {
    let item = lines::list_item(line.trim_start())?;
    Some((&line[..line.len() - item.len()], item))
}

/// Counts the checkboxes of a body: those under Deliverables, and all.
pub(crate) fn count_boxes(body: &str) -> (BoxCount, BoxCount) {
    let counts = markdown::count(body, "Deliverables");
    (counts.under, counts.all)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Style, read, write_as_written, write_plain};
    use crate::doc::cards::body::{Block, Section};
    use crate::doc::cards::lines::scan;

    fn parts(text: &str) -> (Vec<String>, Vec<(String, String)>) {
        let lines = scan(text);
        let parts = read(&lines);
        let sections =
            parts.sections.iter().map(|part| (part.name.clone(), part.content(&BTreeSet::new()).join("\n")));
        (parts.preamble.content(&BTreeSet::new()), sections.collect())
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn labels_part_a_card_of_one_dialect() {
        let (_, sections) =
            parts("Status: x\n\n**Description:**\na\n\n**Note:** b\n\n**Testing:** c\nd\n\n**Own:**\n- e\n");
        assert_eq!(
            sections,
            pairs(&[("Description", "a\n\n**Note:** b"), ("Testing", "c\nd"), ("Own", "- e")])
        );
    }

    #[test]
    fn headings_part_a_card_of_the_other() {
        let text = "**Status:** x\n\n### Goal\na\n\n**Parts:**\n- b\n\n#### Deep\nc\n\n### Next\n```\n### code\n```\n";
        let (preamble, sections) = parts(text);
        assert_eq!(preamble, ["**Status:** x"]);
        let goal = "a\n\n**Parts:**\n- b\n\n### Deep\nc";
        assert_eq!(sections, pairs(&[("Goal", goal), ("Next", "```\n### code\n```")]));
    }

    #[test]
    fn sections_without_a_plain_form_are_known() {
        let section =
            |name: &str, text: &str| Section::usual(name, text.split('\n').map(str::to_owned).collect());
        for text in ["a", "- a\n\n  - b", "```\n# x\n**y:**\n```", "**Note:** remember"] {
            assert!(write_plain(&section("A", text), Style::Labels).is_some(), "{text}");
        }
        for text in ["**b:**", "# x", "a\n\n---\nb", "```\nx", "<!-- x", "**Time Spent:** 3h", "   \nx"] {
            assert!(write_plain(&section("A", text), Style::Labels).is_none(), "{text}");
        }
        for text in ["**b:**", "### x\ny\n#### z"] {
            assert!(write_plain(&section("A", text), Style::Headings).is_some(), "{text}");
        }
        assert!(write_plain(&section("T-1: x", "a"), Style::Headings).is_none());
        assert!(write_plain(&section("Status", "a: b"), Style::Labels).is_none());
    }

    #[test]
    fn text_as_written_comes_back() {
        let block = Block { above: 0, content: vec!["# a".into(), String::new(), "```".into()], below: 4 };
        let section = Section { name: "A".into(), heading: "## A ##".into(), block };
        let written = write_as_written(&section);
        let text = format!("\n{}\n{}\n\n**Next:**\n- x\n", written.label, written.content.join("\n"));
        let lines = scan(&text);
        let parts = read(&lines);
        assert_eq!(parts.sections.len(), 2);
        let layout = parts.sections[0].layout.clone().unwrap();
        assert_eq!(layout.heading.as_deref(), Some("## A ##"));
        assert_eq!((layout.above, layout.below), (Some(0), Some(4)));
        assert_eq!(parts.sections[0].content(&BTreeSet::new()), section.block.content);
    }
}

#[cfg(test)]
mod box_tests {
    use super::{is_list_of_boxes, normalised};

    #[test]
    fn marks_become_ticks() {
        assert_eq!(normalised("- ✅ done"), "- [x] done");
        assert_eq!(normalised("  1. ✔️ done"), "  1. [x] done");
        assert_eq!(normalised("* ⬜ open"), "* [ ] open");
        for line in ["- [x] done", "- [ ] open", "- plain ✅", "✅ no list", ""] {
            assert_eq!(normalised(line), line);
        }
    }

    #[test]
    fn knows_lists_of_boxes_by_name() {
        for name in ["Deliverables", "deliverables:", "📦 Deliverables", "Acceptance Criteria"] {
            assert!(is_list_of_boxes(name), "{name}");
        }
        assert!(!is_list_of_boxes("Undelivered"));
    }
}
