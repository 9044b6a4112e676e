//! Bringing a list to hold given items, for the merge of records.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::draft::Draft;
use super::is_as_intended;
use crate::doc::Document;
use crate::doc::yaml::scalar::{self, Place};
use crate::doc::yaml::{self, Node, one_line};

/// An item of a list.
#[derive(Debug, Clone, Copy)]
pub(in crate::doc) struct Item<'a> {
    /// What it says.
    pub(in crate::doc) node: &'a Node,
    /// How somebody wrote it.
    pub(in crate::doc) written: Option<&'a str>,
}

/// Rewrites a text that is one key with a list, so that it holds these items. What stays keeps its bytes; none where
/// that cannot be done safely.
pub(in crate::doc) fn relist(text: &str, items: &[Item<'_>]) -> Option<String> {
    let document = Document::yaml(text.as_bytes()).ok()?;
    let mut draft = Draft::of(&document);
    draft.make_list(0).ok()?;
    let Node::List(old) = &draft.root[0].1 else { return None };
    let (old, new): (Vec<Node>, Vec<Node>) =
        (old.clone(), items.iter().map(|item| item.node.clone()).collect());
    let mut at = 0;
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if let DiffOp::Equal { len, .. } = op {
            at += len;
            continue;
        }
        // New items first: a list that becomes empty on the way would lose its style.
        for item in &items[op.new_range()] {
            draft.insert_item(0, at, &|place| write(item, place), item.node.clone()).ok()?;
            at += 1;
        }
        for _ in op.old_range() {
            draft.delete_item(0, at).ok()?;
        }
    }
    is_as_intended(&draft).then_some(draft.text)
}

/// Writes an item as somebody wrote it, where it means the same in its new place.
fn write(item: &Item<'_>, place: Place) -> String {
    let means_the_same = |written: &&str| {
        let probe = match place {
            Place::Block => format!("- {written}"),
            Place::Flow => format!("[{written}]"),
        };
        !written.contains(['\n', '#']) && yaml::parse(&probe) == Ok(Node::List(vec![item.node.clone()]))
    };
    match (item.written.filter(means_the_same), item.node) {
        (Some(written), _) => written.to_owned(),
        (None, Node::Text(text)) => scalar::text(text, place),
        (None, node) => one_line(node),
    }
}
