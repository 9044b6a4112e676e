//! Lines of Markdown, each with what it is: enough of Markdown to find headings and to stay out of code.
//!
//! A fence counts only if it is closed: an opening fence that nothing closes would otherwise swallow every card
//! below it. Fences are also seen inside lists and quotations, where indentation is no code.

/// What one line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// Nothing but white space.
    Blank,
    /// The first or last line of a code fence, or a line inside it.
    Fenced,
    /// A heading that begins in the first column.
    Heading {
        /// 1 to 6.
        level: usize,
        /// Its text, without the closing number signs.
        text: &'a str,
    },
    /// A thematic break such as `---`.
    Rule,
    /// Anything else.
    Text,
}

/// One line of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: usize,
    /// The line without its ending.
    pub(crate) text: &'a str,
    /// What it is.
    pub(crate) kind: Kind<'a>,
}

impl<'a> Line<'a> {
    /// Returns level and text of a heading.
    pub(crate) fn heading(&self) -> Option<(usize, &'a str)> {
        match self.kind {
            Kind::Heading { level, text } => Some((level, text)),
            _ => None,
        }
    }

    /// Whether the line is blank.
    pub(crate) fn is_blank(&self) -> bool {
        self.kind == Kind::Blank
    }

    /// Whether the line opens a code fence that nothing closes.
    pub(crate) fn is_open_fence(&self) -> bool {
        !self.is_fenced() && opening(self.text).is_some()
    }

    /// Whether the line is inside a code fence, or its first or last line.
    pub(crate) fn is_fenced(&self) -> bool {
        self.kind == Kind::Fenced
    }
}

/// A run of lines, both ends included, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fence {
    mark: u8,
    length: usize,
}

/// Splits a text into lines and classifies each. A text that ends with a newline has an empty last line.
pub(crate) fn scan(text: &str) -> Vec<Line<'_>> {
    scan_lines(text.split('\n'))
}

/// Classifies each line; the first is number 1.
pub(crate) fn scan_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Line<'a>> {
    let texts: Vec<&str> = lines.into_iter().collect();
    let closers = longest_closers(&texts);
    let mut result = Vec::with_capacity(texts.len());
    let mut open: Option<Fence> = None;
    for (at, &text) in texts.iter().enumerate() {
        let kind = if let Some(fence) = open {
            if closes(text, fence) {
                open = None;
            }
            Kind::Fenced
        } else if let Some(fence) = opening(text).filter(|fence| closers[at + 1].reaches(*fence)) {
            open = Some(fence);
            Kind::Fenced
        } else {
            let before = at.checked_sub(1).map_or("", |before| texts[before]);
            outside_code(text, before)
        };
        result.push(Line { number: at + 1, text, kind });
    }
    result
}

/// Returns the line that would close a fence which the lines leave open.
pub(crate) fn missing_closer<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut open: Option<Fence> = None;
    for text in lines {
        match open {
            Some(fence) if closes(text, fence) => open = None,
            Some(_) => {}
            None => open = opening(text),
        }
    }
    open.map(|fence| char::from(fence.mark).to_string().repeat(fence.length))
}

/// The longest closing fences at or below a line, by mark. Known ahead, so that a fence which is never closed costs
/// no search to the end of the text.
#[derive(Clone, Copy, Default)]
struct Longest {
    backticks: usize,
    tildes: usize,
}

impl Longest {
    fn reaches(self, fence: Fence) -> bool {
        fence.length <= if fence.mark == b'`' { self.backticks } else { self.tildes }
    }
}

fn longest_closers(texts: &[&str]) -> Vec<Longest> {
    let mut result = vec![Longest::default(); texts.len() + 1];
    for at in (0..texts.len()).rev() {
        result[at] = result[at + 1];
        if let Some(Fence { mark, length }) = closing(texts[at]) {
            let place = if mark == b'`' { &mut result[at].backticks } else { &mut result[at].tildes };
            *place = (*place).max(length);
        }
    }
    result
}

fn fence(text: &str) -> Option<(Fence, &str)> {
    let mark = *text.as_bytes().first().filter(|mark| matches!(mark, b'`' | b'~'))?;
    let length = text.bytes().take_while(|byte| *byte == mark).count();
    (length >= 3).then(|| (Fence { mark, length }, &text[length..]))
}

fn opening(text: &str) -> Option<Fence> {
    let mut rest = text.trim_start();
    while let Some(inner) = rest.strip_prefix('>').or_else(|| list_item(rest)) {
        rest = inner.trim_start();
    }
    let (fence, info) = fence(rest)?;
    (fence.mark == b'~' || !info.contains('`')).then_some(fence)
}

fn closing(text: &str) -> Option<Fence> {
    let mut rest = text.trim_start();
    while let Some(inner) = rest.strip_prefix('>') {
        rest = inner.trim_start();
    }
    let (fence, info) = fence(rest)?;
    info.trim().is_empty().then_some(fence)
}

fn closes(text: &str, open: Fence) -> bool {
    closing(text).is_some_and(|fence| fence.mark == open.mark && fence.length >= open.length)
}

/// Returns what follows the mark of a list item, such as `- ` or `3. `.
pub(crate) fn list_item(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let marks: &[char] = if digits == 0 { &['-', '*', '+'] } else { &['.', ')'] };
    let rest = text[digits..].strip_prefix(marks)?;
    (digits < 10 && (rest.starts_with([' ', '\t']) || rest.is_empty())).then(|| rest.trim_start())
}

fn outside_code<'a>(text: &'a str, before: &str) -> Kind<'a> {
    if text.trim().is_empty() {
        return Kind::Blank;
    }
    if let Some((level, text)) = heading(text) {
        return Kind::Heading { level, text };
    }
    if is_rule(text) && !(text.trim_start().starts_with('-') && is_paragraph(before)) {
        return Kind::Rule;
    }
    Kind::Text
}

fn heading(text: &str) -> Option<(usize, &str)> {
    let level = text.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &text[level..];
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let rest = rest.trim();
    let open = rest.trim_end_matches('#');
    let closed = open.is_empty() || open.ends_with([' ', '\t']);
    Some((level, if closed { open.trim_end() } else { rest }))
}

/// Whether a line consists of three or more `-`, `*` or `_`, with or without spaces.
pub(crate) fn is_rule(text: &str) -> bool {
    let text = text.trim();
    let Some(mark) = text.chars().next().filter(|mark| matches!(mark, '-' | '*' | '_')) else { return false };
    text.chars().all(|c| c == mark || c == ' ' || c == '\t')
        && text.chars().filter(|c| *c == mark).count() >= 3
}

/// Whether a line says when the document was last written, as `*Last Updated: 2026-11-11*` does.
pub(crate) fn is_footer(text: &str) -> bool {
    let inner = text.trim_start_matches(['*', '_']);
    inner.len() < text.len() && inner.to_lowercase().starts_with("last updated")
}

/// A row of hyphens under a paragraph makes it a heading and is no rule.
fn is_paragraph(text: &str) -> bool {
    let text = text.trim_end();
    !(text.is_empty()
        || text.starts_with([' ', '\t', '#', '>', '|', '`', '~', '<'])
        || list_item(text).is_some()
        || is_rule(text))
}

#[cfg(test)]
mod tests {
    use super::{Kind, missing_closer, scan};

    fn kinds(text: &str) -> String {
        let letter = |kind| match kind {
            Kind::Blank => ' ',
            Kind::Fenced => 'c',
            Kind::Heading { level, .. } => char::from_digit(u32::try_from(level).unwrap(), 10).unwrap(),
            Kind::Rule => '-',
            Kind::Text => 't',
        };
        scan(text).into_iter().map(|line| letter(line.kind)).collect()
    }

    #[test]
    fn headings_in_code_are_code() {
        assert_eq!(kinds("# a\n```md\n# b\n~~~\n```\n## c"), "1cccc2");
        assert_eq!(kinds("~~~~\n# a\n~~~\n~~~~~\n# b"), "cccc1");
        assert_eq!(kinds("4. x\n   ```py\n   # y\n   ```\n# z"), "tccc1");
        assert_eq!(kinds("- ```\n  # y\n  ```\n# z"), "ccc1");
        assert_eq!(kinds("> ```\n> # y\n> ```\n# z"), "ccc1");
    }

    #[test]
    fn a_fence_that_nothing_closes_is_none() {
        assert_eq!(kinds("```\n# a\ntext"), "t1t");
        assert_eq!(kinds("````\n# a\n```\n# b"), "t1t1");
        assert_eq!(kinds("``` `x`\n# a\n"), "t1 ");
    }

    #[test]
    fn finds_the_closing_mark() {
        assert_eq!(missing_closer(["a", "  ````rust", "```"]).as_deref(), Some("````"));
        assert_eq!(missing_closer(["```", "x", "```"]), None);
    }

    #[test]
    fn rules_and_underlined_headings_differ() {
        assert_eq!(kinds("a\n\n---\nb\n---\n- c\n---\n* * *"), "t -ttt--");
    }

    #[test]
    fn headings_lose_their_closing_signs() {
        let text = |line: &str| match scan(line)[0].kind {
            Kind::Heading { text, .. } => text.to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(text("## a b ##"), "a b");
        assert_eq!(text("## C#"), "C#");
        assert_eq!(text("##"), "");
        assert_eq!(text("### ###"), "");
        assert_eq!(kinds("#no\n####### no\n #no"), "ttt");
    }

    #[test]
    fn openers_that_nothing_closes_cost_no_search_each() {
        let text = "```x\n".repeat(200_000);
        assert_eq!(scan(&text).len(), 200_001);
    }
}
