//! The items of a list and where they stand.

use std::ops::Range;

use super::entries::{Entry, Style};
use super::flow;
use crate::doc::lines;

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Item {
    /// The item's value, over several lines if need be; in a block list its comment is not told apart.
    pub(in crate::doc) value: Range<usize>,
    /// In a block list the item's whole lines; otherwise the same as `value`.
    pub(in crate::doc) lines: Range<usize>,
}

/// Finds the items of an entry's list; none where it is not written as a list.
pub(in crate::doc) fn items(text: &str, entry: &Entry) -> Option<Vec<Item>> {
    match entry.style {
        Style::FlowList => {
            let found = flow::scan(text.as_bytes(), entry.value.start, entry.value.end)?;
            Some(found.items.into_iter().map(|span| Item { value: span.clone(), lines: span }).collect())
        }
        Style::BlockList(indent) => block_items(text, entry, indent),
        _ => None,
    }
}

fn block_items(text: &str, entry: &Entry, indent: usize) -> Option<Vec<Item>> {
    let mut items: Vec<Item> = Vec::new();
    let mut at = entry.value.start;
    while at < entry.end {
        let end = lines::next(text, at).min(entry.end);
        let line = lines::without_ending(&text[at..end]);
        let content = line.trim_start_matches(' ');
        let depth = line.len() - content.len();
        if depth == indent && (content == "-" || content.starts_with("- ")) {
            let dash = at + indent + 1;
            let blanks = content[1..].len() - content[1..].trim_start_matches(' ').len();
            items.push(Item {
                value: dash + blanks..at + line.trim_end_matches(lines::BLANKS).len(),
                lines: at..end,
            });
        } else if is_content(content, depth, indent) {
            if depth <= indent {
                return None;
            }
            let item = items.last_mut()?;
            item.value.end = at + line.trim_end_matches(lines::BLANKS).len();
            item.lines.end = end;
        }
        at = end;
    }
    Some(items)
}

/// Tells whether a line belongs to an item. A comment does where it is indented further than the dash: it may be
/// text.
fn is_content(content: &str, depth: usize, indent: usize) -> bool {
    let is_comment = content.starts_with('#') && depth <= indent;
    !is_comment && !content.trim_matches(lines::BLANKS).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::entries::scan;
    use super::items;

    fn found(text: &str) -> Option<Vec<&str>> {
        let entries = scan(text, 0..text.len()).unwrap();
        Some(items(text, &entries[0])?.into_iter().map(|item| &text[item.lines]).collect())
    }

    #[test]
    fn finds_items_in_both_styles() {
        assert_eq!(found("a: [b, c]\n"), Some(vec!["b", "c"]));
        assert_eq!(
            found("a:\n  # first\n  - b # x\n\n  # second\n  -  c:\n      d\n# e\nf: g\n"),
            Some(vec!["  - b # x\n", "  -  c:\n      d\n"])
        );
        assert_eq!(found("a: b\n"), None);
        assert_eq!(found("a:\n  - b\n c: d\n"), None);
    }
}
