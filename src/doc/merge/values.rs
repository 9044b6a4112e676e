//! What a key is to say, and the lines that say it: three values to one, as parsed, whatever their spelling; then
//! lines found among what the sides wrote, joined from it, or given up. A candidate counts only if the parser reads
//! exactly that value from it and no comment is lost.

use std::collections::{HashMap, HashSet};

use super::front::{Part, are_kept};
use super::lines::{Change, join_orders, regions};
use super::versions::{SIDES, Side, Versions};
use crate::doc::edit::{ListItem, relist};
use crate::doc::task::moment;
use crate::doc::yaml::entries::Style;
use crate::doc::yaml::entries::items;
use crate::doc::yaml::{self, Node, one_line};
use crate::model::{Field, Minutes};

/// Returns the value that three versions of a key make together, its absence included; none where a person must
/// decide.
pub(super) fn merge(key: &str, versions: Versions<Option<&Node>>) -> Option<Option<Node>> {
    if let Some(lists) = lists(key, versions) {
        return merge_lists(lists, versions);
    }
    if let Some(decided) = versions.decide() {
        return Some(decided.cloned());
    }
    if key == Field::Spent.key()
        && let Some(sum) = merge_times(versions)
    {
        return Some(Some(sum));
    }
    match (versions.base, versions.ours?, versions.theirs?) {
        (base, Node::Map(ours), Node::Map(theirs)) => {
            let base = match base {
                Some(Node::Map(base)) => base.as_slice(),
                _ => &[],
            };
            merge_maps(Versions::new(base, ours, theirs)).map(|pairs| Some(Node::Map(pairs)))
        }
        (Some(Node::Text(base)), Node::Text(ours), Node::Text(theirs)) => {
            merge_lines(Versions::new(base, ours, theirs)).map(|text| Some(Node::Text(text)))
        }
        _ => None,
    }
}

/// Adds up what both sides added to a time; none where one of them took something off it, or cannot be read.
fn merge_times(versions: Versions<Option<&Node>>) -> Option<Node> {
    let minutes = |node: Option<&Node>| match node {
        None => Some(0),
        Some(Node::Text(text) | Node::Literal(text)) => Minutes::parse(text).map(|time| time.0),
        Some(_) => None,
    };
    let times = versions.map(minutes).transpose()?;
    let added = times.ours.checked_sub(times.base)?;
    let sum = times.theirs.checked_add(added).filter(|_| times.theirs >= times.base)?;
    Some(Node::Text(Minutes(sum).to_string()))
}

/// Joins texts of several lines; none where both changed the same ones.
fn merge_lines(texts: Versions<&String>) -> Option<String> {
    let lines = texts.map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut merged = String::new();
    for region in regions(lines.as_ref().map(Vec::as_slice)) {
        match region.change {
            Change::Same | Change::Ours => merged.extend(lines.ours[region.lines.ours].iter().copied()),
            Change::Theirs => merged.extend(lines.theirs[region.lines.theirs].iter().copied()),
            Change::Both => return None,
        }
    }
    Some(merged)
}

/// Joins mappings key by key.
fn merge_maps(maps: Versions<&[(Node, Node)]>) -> Option<Vec<(Node, Node)>> {
    let keys = maps.map(|map| map.iter().map(|(key, _)| key).collect::<Vec<_>>());
    let (keys, sequences) = numbered(keys.as_ref().map(Vec::as_slice));
    let index = maps.map(|map| map.iter().map(|(key, value)| (key, value)).collect::<HashMap<_, _>>());
    let mut merged: HashMap<usize, Node> = HashMap::new();
    for (number, key) in keys.iter().enumerate() {
        let versions = index.as_ref().map(|map| map.get(key).copied());
        merged.extend(merge(key.as_text().unwrap_or_default(), versions)?.map(|node| (number, node)));
    }
    let keep: HashSet<usize> = merged.keys().copied().collect();
    let compare = |a: usize, b: usize| one_line(keys[a]).cmp(&one_line(keys[b]));
    let order = join_orders(sequences.as_ref().map(Vec::as_slice), &keep, &compare).order;
    Some(
        order
            .into_iter()
            .filter_map(|number| Some((keys[number].clone(), merged.remove(&number)?)))
            .collect(),
    )
}

/// Returns the items of three versions, if all that are there are lists of distinct things.
fn lists<'n>(key: &str, versions: Versions<Option<&'n Node>>) -> Option<Versions<&'n [Node]>> {
    let any_list = SIDES.iter().any(|side| matches!(versions.of(*side), Some(Node::List(_))));
    let items = |node: Option<&'n Node>| -> Option<&'n [Node]> {
        match node {
            None | Some(Node::Null) => Some(&[]),
            Some(Node::List(items)) => Some(items.as_slice()),
            Some(node @ (Node::Text(_) | Node::Literal(_)))
                if Field::of_key(key).is_some_and(Field::is_list) =>
            {
                Some(std::slice::from_ref(node))
            }
            Some(_) => None,
        }
    };
    let lists = versions.map(items).transpose().filter(|_| any_list)?;
    let distinct = |items: &&[Node]| {
        let mut seen = HashSet::with_capacity(items.len());
        items.iter().all(|item| seen.insert(item))
    };
    [lists.base, lists.ours, lists.theirs].iter().all(distinct).then_some(lists)
}

fn merge_lists(lists: Versions<&[Node]>, versions: Versions<Option<&Node>>) -> Option<Option<Node>> {
    if let Some(decided) = versions.decide() {
        return Some(decided.cloned());
    }
    let lists = lists.map(|list| list.iter().collect::<Vec<_>>());
    let (items, sequences) = numbered(lists.as_ref().map(Vec::as_slice));
    let sets = sequences.as_ref().map(|sequence| sequence.iter().copied().collect::<HashSet<usize>>());
    let is_kept = |id: &usize| *sets.as_ref().map(|set| set.contains(id)).decide_or_greater();
    let keep: HashSet<usize> = (0..items.len()).filter(is_kept).collect();
    if is_edited_twice(&items, &sets) {
        return None;
    }
    let sort_keys: Vec<_> = items.iter().map(|item| sort_key(item)).collect();
    let joined =
        join_orders(sequences.as_ref().map(Vec::as_slice), &keep, &|a, b| sort_keys[a].cmp(&sort_keys[b]));
    if joined.is_disputed {
        return None;
    }
    let merged: Vec<Node> = joined.order.into_iter().map(|id| items[id].clone()).collect();
    // A key that one side took away stays away, unless the other side has something new to say.
    let is_removed = versions.base.is_some() && SIDES.iter().any(|side| versions.of(*side).is_none());
    Some((!(is_removed && merged.is_empty())).then_some(Node::List(merged)))
}

/// Whether both sides replaced the same mapping of the base by mappings that differ: an edit, not an addition.
fn is_edited_twice(items: &[&Node], sets: &Versions<HashSet<usize>>) -> bool {
    let is_map = |id: &&usize| matches!(items[**id], Node::Map(_));
    let is_replaced =
        sets.base.iter().filter(is_map).any(|id| !sets.ours.contains(id) && !sets.theirs.contains(id));
    let adds = |side: Side, other: Side| {
        let mut added = sets.of(side).difference(&sets.base).filter(is_map);
        added.any(|id| !sets.of(other).contains(id))
    };
    is_replaced && adds(Side::Ours, Side::Theirs) && adds(Side::Theirs, Side::Ours)
}

/// Numbers the items, equal ones alike.
fn numbered<'n>(lists: Versions<&[&'n Node]>) -> (Vec<&'n Node>, Versions<Vec<usize>>) {
    let mut items: Vec<&'n Node> = Vec::new();
    let mut numbers: HashMap<&'n Node, usize> = HashMap::new();
    let sequences = lists.map(|list| {
        let number = |item: &&'n Node| {
            let item = *item;
            *numbers.entry(item).or_insert_with(|| {
                items.push(item);
                items.len() - 1
            })
        };
        list.iter().map(number).collect()
    });
    (items, sequences)
}

/// Returns what orders additions at the same place: when they happened where they say so, then their content.
fn sort_key(node: &Node) -> (Option<i64>, String) {
    let at = field(node, "at").and_then(|text| moment(text).ok());
    (at.map(|time| time.timestamp()), one_line(node))
}

/// Returns a field of a mapping, as text.
pub(super) fn field<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    let Node::Map(pairs) = node else { return None };
    pairs.iter().find(|(key, _)| key.as_text() == Some(name)).and_then(|(_, value)| value.as_text())
}

/// Returns lines that say `value`; none where there is no way to write it without losing something.
pub(super) fn write(versions: Versions<Option<&Part<'_>>>, value: &Node) -> Option<String> {
    let texts = versions.map(|part| part.map_or("", |part| part.text));
    let is_good = |text: &String| are_kept(text, texts) && reads_as(text, versions, value);
    let decided = texts.decide().map(|text| (*text).to_owned());
    decided
        .filter(is_good)
        .or_else(|| by_line(texts).filter(is_good))
        .or_else(|| by_part(versions, value).filter(is_good))
        .or_else(|| by_item(versions, value).filter(is_good))
        .or_else(|| whole(versions, value).into_iter().find(is_good))
        .or_else(|| by_edit(versions, value).filter(is_good))
}

/// Whether a text says the value: as a side's own lines do, else as the parser reads it.
fn reads_as(text: &str, versions: Versions<Option<&Part<'_>>>, value: &Node) -> bool {
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
fn by_line(texts: Versions<&str>) -> Option<String> {
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

/// Joins the value of one side and the comment after it of the other.
fn by_part(versions: Versions<Option<&Part<'_>>>, value: &Node) -> Option<String> {
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
    let parts = Versions::new(versions.base.map_or(none, Part::split), ours.split(), theirs.split());
    let key = parts.map(|part| part.0);
    let after = parts.map(|part| part.2);
    let spelled = match (ours.value == value, theirs.value == value) {
        (true, true) => parts.map(|part| part.1).decide_or_greater().to_owned(),
        (true, false) => parts.ours.1,
        (false, true) => parts.theirs.1,
        // A sum, which neither side has.
        (false, false) => value.as_text()?,
    };
    Some([key.decide_or_greater(), spelled, after.decide_or_greater()].concat())
}

/// Returns the lines of the sides that say the value, the better commented one first.
fn whole(versions: Versions<Option<&Part<'_>>>, value: &Node) -> Vec<String> {
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
fn by_item(versions: Versions<Option<&Part<'_>>>, value: &Node) -> Option<String> {
    let Node::List(merged_items) = value else { return None };
    let (ours, theirs) = (versions.ours?, versions.theirs?);
    if merged_items.is_empty() || ours.entry.style != theirs.entry.style {
        return None;
    }
    let blocks = Versions::new(versions.base.and_then(block), Some(block(ours)?), Some(block(theirs)?));
    let blocks = blocks.map(|block| block.unwrap_or(Block { head: "", chunks: Vec::new(), tail: "" }));
    let mut joined = (*blocks.as_ref().map(|block| block.head).decide_or_greater()).to_owned();
    let chunks = blocks
        .as_ref()
        .map(|block| block.chunks.iter().copied().collect::<std::collections::HashMap<_, _>>());
    for item in merged_items {
        let chunk = chunks.as_ref().map(|chunks| chunks.get(item).copied());
        let text = match (chunk.ours, chunk.theirs) {
            (Some(ours), Some(theirs)) => {
                *Versions::new(chunk.base.unwrap_or_default(), ours, theirs).decide_or_greater()
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
fn by_edit(versions: Versions<Option<&Part<'_>>>, value: &Node) -> Option<String> {
    let Node::List(merged_items) = value else { return None };
    let mut frames: Vec<&Part<'_>> = SIDES.iter().filter_map(|side| *versions.of(*side)).collect();
    let is_restyled =
        |part: &Part<'_>| versions.base.is_some_and(|base| base.entry.style != part.entry.style);
    frames.sort_by_key(|part| (is_restyled(part), part.text.len(), part.text));
    let frame = frames.pop()?;
    let written = [frames.pop().map(written), Some(written(frame))].into_iter().flatten().flatten();
    let written: std::collections::HashMap<&Node, &str> = written.collect();
    let items: Vec<ListItem<'_>> =
        merged_items.iter().map(|node| ListItem { node, written: written.get(node).copied() }).collect();
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
