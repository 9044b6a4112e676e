//! What a key is to say: three values to one, as parsed, whatever their spelling.

use std::collections::{HashMap, HashSet};

use super::super::diff3::{Change, regions};
use super::super::order;
use super::super::three::{SIDES, Side, Three};
use crate::doc::task::moment;
use crate::doc::yaml::{Node, one_line};
use crate::model::Field;

/// Returns the value that three versions of a key make together, its absence included; none where a person must
/// decide.
pub(super) fn merge(key: &str, versions: Three<Option<&Node>>) -> Option<Option<Node>> {
    if let Some(lists) = lists(key, versions) {
        return merge_lists(lists, versions);
    }
    if let Some(decided) = versions.decide() {
        return Some(decided.cloned());
    }
    match (versions.base, versions.ours?, versions.theirs?) {
        (base, Node::Map(ours), Node::Map(theirs)) => {
            let base = match base {
                Some(Node::Map(base)) => base.as_slice(),
                _ => &[],
            };
            merge_maps(Three::new(base, ours, theirs)).map(|pairs| Some(Node::Map(pairs)))
        }
        (Some(Node::Text(base)), Node::Text(ours), Node::Text(theirs)) => {
            merge_lines(Three::new(base, ours, theirs)).map(|text| Some(Node::Text(text)))
        }
        _ => None,
    }
}

/// Joins texts of several lines; none where both changed the same ones.
fn merge_lines(texts: Three<&String>) -> Option<String> {
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
fn merge_maps(maps: Three<&[(Node, Node)]>) -> Option<Vec<(Node, Node)>> {
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
    let order = order::join(sequences.as_ref().map(Vec::as_slice), &keep, &compare).order;
    Some(
        order
            .into_iter()
            .filter_map(|number| Some((keys[number].clone(), merged.remove(&number)?)))
            .collect(),
    )
}

/// Returns the items of three versions, if all that are there are lists of distinct things.
fn lists<'n>(key: &str, versions: Three<Option<&'n Node>>) -> Option<Three<&'n [Node]>> {
    let any_list = SIDES.iter().any(|side| matches!(versions.of(*side), Some(Node::List(_))));
    let items = |node: Option<&'n Node>| -> Option<&'n [Node]> {
        match node {
            None | Some(Node::Null) => Some(&[]),
            Some(Node::List(items)) => Some(items.as_slice()),
            Some(node @ (Node::Text(_) | Node::Literal(_)))
                // One text may stand in place of a list of one.
                if Field::of_key(key).is_some_and(Field::is_list) => {
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

fn merge_lists(lists: Three<&[Node]>, versions: Three<Option<&Node>>) -> Option<Option<Node>> {
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
        order::join(sequences.as_ref().map(Vec::as_slice), &keep, &|a, b| sort_keys[a].cmp(&sort_keys[b]));
    if joined.is_disputed {
        return None;
    }
    let merged: Vec<Node> = joined.order.into_iter().map(|id| items[id].clone()).collect();
    // A key that one side took away stays away, unless the other side has something new to say.
    let is_removed = versions.base.is_some() && SIDES.iter().any(|side| versions.of(*side).is_none());
    Some((!(is_removed && merged.is_empty())).then_some(Node::List(merged)))
}

/// Tells whether both sides replaced the same mapping of the base by mappings that differ: an edit, not an addition.
fn is_edited_twice(items: &[&Node], sets: &Three<HashSet<usize>>) -> bool {
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
fn numbered<'n>(lists: Three<&[&'n Node]>) -> (Vec<&'n Node>, Three<Vec<usize>>) {
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
