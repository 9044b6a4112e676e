//! The items of a list and where they stand.

use std::ops::Range;

use super::entries::{Entry, Style, opens_block};
use super::flow;
use crate::doc::lines;

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Item {
    /// The item's value, over several lines if need be; in a block list its comment is not told apart.
    pub(in crate::doc) value: Range<usize>,
    /// In a block list the item's whole lines, with the comments below it that are indented further than its dash;
    /// otherwise the same as `value`.
    pub(in crate::doc) lines: Range<usize>,
    /// Where its lines end without those comments, unless they may be text.
    pub(in crate::doc) own_end: usize,
}

/// Finds the items of an entry's list; none where it is not written as a list.
pub(in crate::doc) fn items(text: &str, entry: &Entry) -> Option<Vec<Item>> {
    match entry.style {
        Style::FlowList => {
            let found = flow::scan(text.as_bytes(), entry.value.start, entry.value.end)?;
            let item = |span: Range<usize>| Item { value: span.clone(), own_end: span.end, lines: span };
            Some(found.items.into_iter().map(item).collect())
        }
        Style::BlockList(indent) => block_items(text, entry, indent),
        _ => None,
    }
}

fn block_items(text: &str, entry: &Entry, indent: usize) -> Option<Vec<Item>> {
    let mut items: Vec<Item> = Vec::new();
    let mut holds_block = false;
    let mut at = entry.value.start;
    while at < entry.end {
        let end = lines::next(text, at).min(entry.end);
        let line = text[at..end].trim_end_matches(lines::BLANKS);
        let content = line.trim_start_matches(' ');
        let depth = line.len() - content.len();
        let is_comment = content.starts_with('#');
        if depth == indent && (content == "-" || content.starts_with("- ")) {
            let value = at + line.len() - content[1..].trim_start_matches(' ').len()..at + line.len();
            items.push(Item { value, lines: at..end, own_end: end });
            holds_block = opens_block(line);
        } else if content.is_empty() || is_comment && depth <= indent {
            // It stands between the items.
        } else if depth <= indent {
            return None;
        } else {
            holds_block |= opens_block(line);
            let item = items.last_mut()?;
            item.lines.end = end;
            if !is_comment || holds_block {
                item.own_end = end;
                item.value.end = at + line.len();
            }
        }
        at = end;
    }
    Some(items)
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
        assert_eq!(found("a:\n  - b\n    # c\n"), Some(vec!["  - b\n    # c\n"]));
        assert_eq!(found("a: b\n"), None);
        assert_eq!(found("a:\n  - b\n c: d\n"), None);
    }
}
