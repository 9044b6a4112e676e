//! The lines of one key: found among what the sides wrote, joined from it, or given up.
//!
//! What the key is to say is settled before (`values`). A candidate counts only if the parser reads exactly that from
//! it and no comment is lost.

use super::super::diff3::{Change, regions};
use super::super::three::{SIDES, Three};
use super::comments;
use super::record::Part;
use crate::doc::edit::{Item, relist};
use crate::doc::yaml::entries::Style;
use crate::doc::yaml::items::items;
use crate::doc::yaml::{self, Node};

/// Returns lines that say `value`; none where there is no way to write it without losing something.
pub(super) fn write(versions: Three<Option<&Part<'_>>>, value: &Node) -> Option<String> {
    let texts = versions.map(|part| part.map_or("", |part| part.text));
    let is_good = |text: &String| comments::are_kept(text, texts) && says(text, versions, value);
    let decided = texts.decide().map(|text| (*text).to_owned());
    decided
        .filter(is_good)
        .or_else(|| by_line(texts).filter(is_good))
        .or_else(|| by_part(versions, value).filter(is_good))
        .or_else(|| by_item(versions, value).filter(is_good))
        .or_else(|| whole(versions, value).into_iter().find(is_good))
        .or_else(|| by_edit(versions, value).filter(is_good))
}

/// Tells whether a text says the value: as a side's own lines do, else as the parser reads it.
fn says(text: &str, versions: Three<Option<&Part<'_>>>, value: &Node) -> bool {
    let own = SIDES.iter().filter_map(|side| *versions.of(*side)).find(|part| part.text == text);
    if let Some(part) = own {
        return part.value == value;
    }
    match yaml::parse(text) {
        Ok(Node::Map(pairs)) => matches!(pairs.as_slice(), [(_, found)] if found == value),
        _ => false,
    }
}

/// Joins lines that the sides changed apart from each other.
fn by_line(texts: Three<&str>) -> Option<String> {
    let lines = texts.map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    if lines.ours.len() < 2 || lines.theirs.len() < 2 {
        return None;
    }
    let mut joined = String::new();
    for region in regions(lines.as_ref().map(Vec::as_slice)) {
        match region.change {
            Change::Same | Change::Ours => joined.extend(lines.ours[region.lines.ours].iter().copied()),
            Change::Theirs => joined.extend(lines.theirs[region.lines.theirs].iter().copied()),
            Change::Both => return None,
        }
    }
    Some(joined)
}

/// Joins the value of one side and the comment behind it of the other.
fn by_part(versions: Three<Option<&Part<'_>>>, value: &Node) -> Option<String> {
    let is_inline = |part: &Part<'_>| {
        matches!(
            part.entry.style,
            Style::Plain | Style::Single | Style::Double | Style::FlowList | Style::FlowMap
        )
    };
    let (ours, theirs) = (versions.ours?, versions.theirs?);
    let all_inline = [Some(ours), Some(theirs), versions.base].into_iter().flatten().all(is_inline);
    if !all_inline {
        return None;
    }
    let none = ("", "", "");
    let parts = Three::new(versions.base.map_or(none, Part::split), ours.split(), theirs.split());
    let key = parts.map(|part| part.0);
    let behind = parts.map(|part| part.2);
    let spelled = match (ours.value == value, theirs.value == value) {
        (true, true) => parts.map(|part| part.1).decide_or_greater().to_owned(),
        (true, false) => parts.ours.1,
        (false, true) => parts.theirs.1,
        (false, false) => return None,
    };
    Some([key.decide_or_greater(), spelled, behind.decide_or_greater()].concat())
}

/// Returns the lines of the sides that say the value, the better commented one first.
fn whole(versions: Three<Option<&Part<'_>>>, value: &Node) -> Vec<String> {
    let sides = SIDES.iter().filter_map(|side| *versions.of(*side));
    let mut found: Vec<String> =
        sides.filter(|part| part.value == value).map(|part| part.text.to_owned()).collect();
    found.sort_by(|a, b| (b.matches('#').count(), b).cmp(&(a.matches('#').count(), a)));
    found
}

/// The parts of a list that has its items on lines of their own.
struct Block<'d> {
    head: &'d str,
    /// Each item's value and its lines, the comments above them included.
    chunks: Vec<(&'d Node, &'d str)>,
    tail: &'d str,
}

/// Joins lists that have their items on lines of their own, in the same place.
fn by_item(versions: Three<Option<&Part<'_>>>, value: &Node) -> Option<String> {
    let Node::List(wanted) = value else { return None };
    let (ours, theirs) = (versions.ours?, versions.theirs?);
    if wanted.is_empty() || ours.entry.style != theirs.entry.style {
        return None;
    }
    let blocks = Three::new(versions.base.and_then(block), Some(block(ours)?), Some(block(theirs)?));
    let blocks = blocks.map(|block| block.unwrap_or(Block { head: "", chunks: Vec::new(), tail: "" }));
    let mut joined = (*blocks.as_ref().map(|block| block.head).decide_or_greater()).to_owned();
    let chunks = blocks
        .as_ref()
        .map(|block| block.chunks.iter().copied().collect::<std::collections::HashMap<_, _>>());
    for item in wanted {
        let chunk = chunks.as_ref().map(|chunks| chunks.get(item).copied());
        let text = match (chunk.ours, chunk.theirs) {
            (Some(ours), Some(theirs)) => {
                *Three::new(chunk.base.unwrap_or_default(), ours, theirs).decide_or_greater()
            }
            (ours, theirs) => ours.or(theirs)?,
        };
        joined.push_str(text);
    }
    joined.push_str(blocks.as_ref().map(|block| block.tail).decide_or_greater());
    Some(joined)
}

/// Takes a block list apart.
fn block<'d>(part: &Part<'d>) -> Option<Block<'d>> {
    let (Style::BlockList(_), Node::List(nodes)) = (part.entry.style, part.value) else { return None };
    let entry = part.local_entry();
    let found = items(part.text, &entry)?;
    if found.len() != nodes.len() {
        return None;
    }
    let mut at = found.first()?.lines.start;
    let head = &part.text[..at];
    let mut chunks = Vec::with_capacity(nodes.len());
    for (item, node) in found.iter().zip(nodes) {
        chunks.push((node, &part.text[at..item.lines.end]));
        at = item.lines.end;
    }
    Some(Block { head, chunks, tail: &part.text[at..] })
}

/// Rewrites the list of one side: of the one that changed its style, else of the longer one.
fn by_edit(versions: Three<Option<&Part<'_>>>, value: &Node) -> Option<String> {
    let Node::List(wanted) = value else { return None };
    let mut frames: Vec<&Part<'_>> = SIDES.iter().filter_map(|side| *versions.of(*side)).collect();
    let is_restyled =
        |part: &Part<'_>| versions.base.is_some_and(|base| base.entry.style != part.entry.style);
    frames.sort_by_key(|part| (is_restyled(part), part.text.len(), part.text));
    let frame = frames.pop()?;
    let written = [frames.pop().map(written), Some(written(frame))].into_iter().flatten().flatten();
    let written: std::collections::HashMap<&Node, &str> = written.collect();
    let items: Vec<Item<'_>> =
        wanted.iter().map(|node| Item { node, written: written.get(node).copied() }).collect();
    relist(frame.text, &items)
}

/// Returns a list's items as they are written.
fn written<'d>(part: &Part<'d>) -> Vec<(&'d Node, &'d str)> {
    let nodes = match part.value {
        Node::List(nodes) => nodes.as_slice(),
        _ => return Vec::new(),
    };
    let found = items(part.text, &part.local_entry()).filter(|found| found.len() == nodes.len());
    found
        .unwrap_or_default()
        .iter()
        .zip(nodes)
        .map(|(item, node)| (node, &part.text[item.value.clone()]))
        .collect()
}
