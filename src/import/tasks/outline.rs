//! The outline of a Markdown checklist: groups under headings, checkboxes nested in them, and the text around these. A
//! list item without a box that has boxes below it is a heading of these.
//!
//! Nesting is by indentation alone, so that lists which Markdown would take apart, for a blank too few, are read as
//! they were meant. Code fences hold no checkboxes.

use std::collections::HashSet;

use super::labels;
use crate::doc::cards::lines::{self, Line};

/// A line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextLine<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
    /// Whether it is part of a code fence.
    pub(super) is_fenced: bool,
}

impl TextLine<'_> {
    pub(super) fn indent(&self) -> usize {
        indent_of(self.text)
    }
}

/// A checkbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    /// The item that it is nested in, as its place in the group.
    pub(super) parent: Option<usize>,
    /// What is between the brackets.
    pub(super) mark: char,
    /// `- [ ]*`: may be left out.
    pub(super) is_optional: bool,
    /// What is after the box.
    pub(super) text: &'a str,
    /// The list items without a box that it is nested in, outermost first, up to the next one with a box.
    pub(super) under: Vec<&'a str>,
    /// What is below it and belongs to it, but for the checkboxes there.
    pub(super) below: Vec<TextLine<'a>>,
    indent: usize,
}

/// What is under one heading, up to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Group<'a> {
    /// The headings above, outermost first, and its own; without the title of the document.
    pub(super) path: Vec<&'a str>,
    /// The line of its heading; 0 for what is above the first.
    pub(super) line: usize,
    /// Text above its first item.
    pub(super) intro: Vec<TextLine<'a>>,
    pub(super) items: Vec<Item<'a>>,
    /// Text below its first item that belongs to none.
    pub(super) outro: Vec<TextLine<'a>>,
    /// The list items without a box, of which none is nested in one with a box, that the next line may be nested in.
    bullets: Vec<TextLine<'a>>,
}

/// Reads the groups of a text, those without items included.
pub(super) fn read(text: &str) -> Vec<Group<'_>> {
    let mut groups = vec![Group::default()];
    let mut headings: Vec<(usize, &str)> = Vec::new();
    let mut is_after_blank = true;
    let lines = lines::scan(text);
    let comments = comments_in(&lines);
    for (at, line) in lines.into_iter().enumerate() {
        if comments.contains(&at) {
            if let Some(group) = groups.last_mut() {
                group.take_text(&line, is_after_blank);
            }
        } else if let Some((level, name)) = line.heading() {
            headings.retain(|(above, _)| *above < level);
            headings.push((level, name));
            let path = headings.iter().filter(|(level, _)| *level > 1).map(|(_, name)| *name).collect();
            groups.push(Group { path, line: line.number, ..Group::default() });
        } else if let Some(group) = groups.last_mut() {
            group.take(&line, is_after_blank);
        }
        is_after_blank = line.is_blank();
    }
    groups
}

/// Returns the places of the lines in HTML comments that begin a line and that something ends: what is in them is for nobody.
fn comments_in(lines: &[Line<'_>]) -> HashSet<usize> {
    let mut found = HashSet::new();
    let ends: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].text.contains("-->")).collect();
    let mut at = 0;
    while at < lines.len() {
        let begins = !lines[at].is_fenced() && lines[at].text.trim_start().starts_with("<!--");
        let end = ends.get(ends.partition_point(|end| *end < at)).filter(|_| begins);
        if let Some(end) = end {
            found.extend(at..=*end);
            at = *end;
        }
        at += 1;
    }
    found
}

impl<'a> Group<'a> {
    fn take(&mut self, line: &Line<'a>, is_after_blank: bool) {
        if let Some(mut item) = checkbox(line) {
            self.bullets.retain(|bullet| bullet.indent() < item.indent);
            // What is above the bullet has nothing to do with what is below it.
            let line = self.bullets.last().map_or(0, |bullet| bullet.number);
            let is_above = |at: &usize| self.items[*at].indent < item.indent && self.items[*at].line > line;
            item.parent = self.chain().find(is_above);
            if item.parent.is_none() {
                item.under = self.bullets.iter().filter_map(bullet_of).collect();
                let is_heading = |text: &TextLine<'_>| self.bullets.contains(text);
                self.intro.retain(|text| !is_heading(text));
                self.outro.retain(|text| !is_heading(text));
            }
            if !self.outro.is_empty() && item.indent == 0 {
                item.parent = None;
            }
            self.items.push(item);
            return;
        }
        self.take_text(line, is_after_blank);
    }

    fn take_text(&mut self, line: &Line<'a>, is_after_blank: bool) {
        let text = TextLine { number: line.number, text: line.text, is_fenced: line.is_fenced() };
        let owner = self.owner_of(line, is_after_blank);
        if owner.is_none() && bullet_of(&text).is_some() {
            self.bullets.retain(|bullet| bullet.indent() < text.indent());
            self.bullets.push(text);
        }
        if self.items.is_empty() {
            self.intro.push(text);
        } else if let Some(at) = owner {
            self.items[at].below.push(text);
        } else {
            self.outro.push(text);
        }
    }

    /// Yields the last item and those that it is nested in, innermost first.
    fn chain(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.items.len().checked_sub(1), |at| self.items[*at].parent)
    }

    /// Returns the item that a line of text belongs to.
    fn owner_of(&self, line: &Line<'_>, is_after_blank: bool) -> Option<usize> {
        let last = self.items.len().checked_sub(1)?;
        let is_apart = !self.outro.is_empty()
            && self.outro.last().is_some_and(|text| text.number > self.items[last].line);
        if is_apart {
            return None;
        }
        if line.is_blank() {
            return Some(last);
        }
        let indent = indent_of(line.text);
        let owner = self.chain().find(|at| self.items[*at].indent < indent);
        // A line at the margin goes on with the paragraph above it, unless it begins something.
        let begins = is_after_blank
            || lines::list_item(line.text.trim_start()).is_some()
            || line.text.starts_with(['*', '_', '>', '|', '#', '<']);
        owner.or((!begins && !lines::is_rule(line.text)).then_some(last))
    }
}

/// Returns what a list item without a box is called; none of what is no such item, or announces what is below it.
fn bullet_of<'a>(text: &TextLine<'a>) -> Option<&'a str> {
    if text.is_fenced || labels::label(text.text).is_some() {
        return None;
    }
    lines::list_item(text.text.trim_start()).map(str::trim).filter(|name| !name.is_empty())
}

/// Whether a letter between brackets may be the mark of a checkbox. Others are words, such as Spec Kit's `[P]`, or numbers.
pub(super) fn is_mark(mark: char) -> bool {
    !mark.is_alphanumeric() || matches!(mark, 'x' | 'X' | 'o')
}

/// Reads a line with a checkbox.
fn checkbox<'a>(line: &Line<'a>) -> Option<Item<'a>> {
    if line.is_fenced() || line.is_blank() {
        return None;
    }
    let content = lines::list_item(line.text.trim_start())?;
    let rest = content.strip_prefix('[')?;
    let (inner, rest) = rest.split_once(']')?;
    // OpenSpec takes `[ x]` and `[]` for boxes as well.
    let mut marks = inner.trim().chars();
    let mark = marks.next().unwrap_or(' ');
    if marks.next().is_some() || !is_mark(mark) {
        return None;
    }
    let (is_optional, rest) = match rest.strip_prefix('*') {
        Some(rest) if rest.starts_with([' ', '\t']) => (true, rest),
        _ => (false, rest),
    };
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| Item {
        line: line.number,
        parent: None,
        mark,
        is_optional,
        text: rest.trim(),
        under: Vec::new(),
        below: Vec::new(),
        indent: indent_of(line.text),
    })
}

/// Returns the columns before the text of a line; a tab goes to the next multiple of four.
fn indent_of(text: &str) -> usize {
    let blanks = text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    blanks.fold(0, |columns, byte| if byte == b'\t' { (columns / 4 + 1) * 4 } else { columns + 1 })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn boxes_are_nested_by_indentation() {
        let hidden = read(
            "- [ ] a\n<!--\n- [ ] b\n-->\n- [ ] c\n<!-- - [ ] d -->\n```\n<!--\n```\n- [ ] e\n<!-- open\n- [ ] f\n",
        );
        let shown: Vec<&str> = hidden[0].items.iter().map(|item| item.text).collect();
        assert_eq!(shown, ["a", "c", "e", "f"], "what nothing ends hides nothing");
        let marks = |text| read(text)[0].items.iter().map(|item| item.mark).collect::<String>();
        assert_eq!(
            marks("- [ x] a\n- [X ] b\n- [] c\n- [  ] d\n- [xx] e\n- [1] f\n- [P] g\n- [o] h\n"),
            "xX  o"
        );
        let text = "# Title\nabout\n\n## A\nintro\n- [ ] one\n   more\n  - [x] two\n\t- [-] three\n      - note\n- [ ]* four\nlazy\n\nafter\n\
                    ```\n- [ ] code\n```\n\n## B\n1. [X] five\n";
        let groups = read(text);
        let names: Vec<_> = groups.iter().map(|group| group.path.join("/")).collect();
        assert_eq!(names, ["", "", "A", "B"]);
        let items = &groups[2].items;
        let shape: Vec<_> =
            items.iter().map(|item| (item.text, item.parent, item.mark, item.is_optional)).collect();
        assert_eq!(
            shape,
            [
                ("one", None, ' ', false),
                ("two", Some(0), 'x', false),
                ("three", Some(1), '-', false),
                ("four", None, ' ', true)
            ]
        );
        assert_eq!(items[0].below.len(), 1);
        assert_eq!(items[1].below.len(), 0);
        assert_eq!(items[2].below[0].text, "      - note");
        assert_eq!(items[3].below[0].text, "lazy");
        assert_eq!(groups[2].intro[0].text, "intro");
        let outro: Vec<_> = groups[2].outro.iter().map(|line| line.text).collect();
        assert_eq!(outro, ["after", "```", "- [ ] code", "```", ""]);
        assert_eq!(groups[3].items[0].mark, 'X');
    }

    #[test]
    fn a_bullet_without_a_box_is_a_heading_of_the_boxes_below_it() {
        let text = "- [x] a\n- R\n  - [ ] b\n    more\n    - [ ] c\n  - S\n    - [ ] d\n- [ ] e\n- text\n";
        let group = &read(text)[0];
        let shape: Vec<_> =
            group.items.iter().map(|item| (item.text, item.parent, item.under.join("/"))).collect();
        let expected =
            [("a", None, ""), ("b", None, "R"), ("c", Some(1), ""), ("d", None, "R/S"), ("e", None, "")];
        assert_eq!(shape, expected.map(|(text, parent, under)| (text, parent, under.to_owned())));
        assert_eq!(group.items[1].below[0].text, "    more");
        assert_eq!(group.outro.iter().map(|line| line.text).collect::<Vec<_>>(), ["- text", ""]);
        // What announces the boxes is no heading: they are of what is above.
        assert_eq!(read("- [ ] a\n- Deliverables:\n  - [ ] b\n")[0].items[1].parent, Some(0));
    }
}
