//! Adding, removing and replacing the items of a list, each in its own bytes, and writing a list anew.

use std::ops::Range;

use crate::diff::{Algorithm, DiffOp, steps};
use crate::doc::edit::draft::{Draft, write_list};
use crate::doc::edit::{Scalar, is_as_intended};
use crate::doc::yaml::entries::{Entry, Style};
use crate::doc::yaml::entries::{Item, items};
use crate::doc::yaml::scalar::{self, ScalarContext};
use crate::doc::yaml::{self, Node, flow, one_line};
use crate::doc::{Document, lines};
use crate::model::Problem;

/// Above this many comparisons two lists are taken to have nothing in common.
const MOST_COMPARISONS: usize = 250_000;

const NO_LIST: &str = "it is not written as a list";

impl Draft {
    pub(super) fn add_item(&mut self, key: &str, item: &str) -> Result<(), Problem> {
        let Some(index) = self.index_of(key) else {
            let written = write_list(&[item.to_owned()]);
            return self.insert_entry(key, &format!(" {written}"), Node::List(vec![Node::text(item)]));
        };
        let count = match &self.root[index].1 {
            Node::List(nodes) if nodes.iter().any(|node| node.as_text() == Some(item)) => return Ok(()),
            Node::List(nodes) => nodes.len(),
            node if node.as_text() == Some(item) => return Ok(()),
            Node::Null => 0,
            Node::Text(_) | Node::Literal(_) => 1,
            Node::Map(_) | Node::Tagged(..) => return Err(self.refuse(Some(key), NO_LIST)),
        };
        self.make_list(index)?;
        self.insert_item(index, count, &|place| scalar::text(item, place), Node::text(item))
    }

    pub(super) fn remove_item(&mut self, key: &str, item: &str) -> Result<(), Problem> {
        let Some(index) = self.index_of(key) else { return Ok(()) };
        let is_item = |node: &Node| node.as_text() == Some(item);
        match &self.root[index].1 {
            Node::Map(_) | Node::Tagged(..) => return Err(self.refuse(Some(key), NO_LIST)),
            node if is_item(node) => self.make_list(index)?,
            _ => {}
        }
        while let Node::List(nodes) = &self.root[index].1 {
            let Some(at) = nodes.iter().rposition(is_item) else { break };
            self.delete_item(index, at)?;
        }
        Ok(())
    }

    pub(super) fn set_list(&mut self, index: usize, items: &[String]) -> Result<(), Problem> {
        self.make_list(index)?;
        let Node::List(nodes) = &self.root[index].1 else { return Err(self.refuse_at(index, NO_LIST)) };
        let mut kept = common(nodes, items);
        kept.push((nodes.len(), items.len()));
        let (mut at, mut old, mut new) = (0, 0, 0);
        for (next_old, next_new) in kept {
            // New items first: a list that becomes empty on the way would lose its style.
            for item in &items[new..next_new] {
                self.insert_item(index, at, &|place| scalar::text(item, place), Node::text(item))?;
                at += 1;
            }
            self.delete_items(index, at..at + (next_old - old))?;
            (at, old, new) = (at + 1, next_old + 1, next_new + 1);
        }
        Ok(())
    }

    pub(super) fn append(&mut self, key: &str, entry: &[(String, Scalar)]) -> Result<(), Problem> {
        let (mut pairs, mut nodes) = (Vec::new(), Vec::new());
        for (name, value) in entry {
            let written = value.write(ScalarContext::Flow);
            pairs.push(format!("{}: {}", scalar::text(name, ScalarContext::Flow), written.text));
            nodes.push((Node::text(name), written.node));
        }
        let (mapping, node) = (format!("{{{}}}", pairs.join(", ")), Node::Map(nodes));
        let Some(index) = self.index_of(key) else {
            let ending = lines::ending_near(&self.text, self.front.start);
            return self.insert_entry(key, &format!("{ending}  - {mapping}"), Node::List(vec![node]));
        };
        let found = self.entry(index)?;
        let count = match &self.root[index].1 {
            Node::Null => 0,
            Node::List(nodes) => nodes.len(),
            _ => return Err(self.refuse(Some(key), NO_LIST)),
        };
        if count > 0 {
            return self.insert_item(index, count, &|_| mapping.clone(), node);
        }
        match found.style {
            Style::Absent => {}
            Style::Plain => self.splice(found.colon..found.value.end, ""),
            Style::FlowList if !self.has_comment(&found) => self.splice(found.colon..found.value.end, ""),
            _ => return Err(self.refuse(Some(key), NO_LIST)),
        }
        let line_end = lines::next(&self.text, found.colon).min(self.front.end);
        self.insert_line(line_end, &format!("  - {mapping}"));
        self.root[index].1 = Node::List(vec![node]);
        Ok(())
    }

    fn has_comment(&self, entry: &Entry) -> bool {
        flow::scan(self.text.as_bytes(), entry.value.start, entry.value.end)
            .is_none_or(|found| found.has_comment)
    }

    fn refuse_at(&self, index: usize, why: &str) -> Problem {
        self.refuse(self.root[index].0.as_text(), why)
    }

    /// Turns nothing or a single scalar into a list between brackets; leaves a list as it is.
    pub(super) fn make_list(&mut self, index: usize) -> Result<(), Problem> {
        let node = self.root[index].1.clone();
        let entry = self.entry(index)?;
        match node {
            Node::List(_) => return Ok(()),
            Node::Null if entry.style == Style::Absent => self.splice(entry.colon..entry.colon, " []"),
            Node::Null if entry.style == Style::Plain => self.splice(entry.value, "[]"),
            Node::Text(_) | Node::Literal(_) if matches!(entry.style, Style::Single | Style::Double) => {
                self.splice(entry.value.end..entry.value.end, "]");
                self.splice(entry.value.start..entry.value.start, "[");
            }
            Node::Text(ref text) | Node::Literal(ref text) if entry.style == Style::Plain => {
                let written = scalar::plain(text, ScalarContext::Flow);
                self.splice(entry.value, &format!("[{written}]"));
            }
            _ => return Err(self.refuse_at(index, NO_LIST)),
        }
        self.root[index].1 = Node::List(if node == Node::Null { Vec::new() } else { vec![node] });
        Ok(())
    }

    /// Finds a list's items, if they are as many as the parser found.
    fn items_of(&self, index: usize) -> Result<(Entry, Vec<Item>), Problem> {
        let entry = self.entry(index)?;
        let count = match &self.root[index].1 {
            Node::List(nodes) => nodes.len(),
            _ => return Err(self.refuse_at(index, NO_LIST)),
        };
        let found = items(&self.text, &entry).filter(|items| items.len() == count);
        found
            .map(|items| (entry, items))
            .ok_or_else(|| self.refuse_at(index, "its items cannot be distinguished"))
    }

    /// Writes a new item so that it becomes the one at `at`.
    pub(super) fn insert_item(
        &mut self,
        index: usize,
        at: usize,
        write: &dyn Fn(ScalarContext) -> String,
        node: Node,
    ) -> Result<(), Problem> {
        let (entry, items) = self.items_of(index)?;
        match entry.style {
            Style::BlockList(indent) => {
                self.insert_block_item(&items, at, indent, &write(ScalarContext::Block));
            }
            _ => self.insert_flow_item(&entry, &items, at, &write(ScalarContext::Flow)),
        }
        if let Node::List(nodes) = &mut self.root[index].1 {
            nodes.insert(at, node);
        }
        Ok(())
    }

    fn insert_block_item(&mut self, items: &[Item], at: usize, indent: usize, written: &str) {
        let model = &items[at.saturating_sub(1)];
        let gap = &self.text[model.lines.start + indent + 1..model.value.start];
        let gap = if gap.is_empty() || model.value.is_empty() { " " } else { gap };
        let line = format!("{}-{gap}{written}", " ".repeat(indent));
        let place = if at == 0 { items[0].lines.start } else { items[at - 1].lines.end };
        self.insert_line(place, &line);
    }

    fn insert_flow_item(&mut self, entry: &Entry, items: &[Item], at: usize, written: &str) {
        if items.is_empty() {
            let inner = entry.value.start + 1..entry.value.end - 1;
            let is_blank = self.text[inner.clone()].trim_matches(lines::BLANKS).is_empty();
            let place = if is_blank { inner } else { inner.end..inner.end };
            return self.splice(place, written);
        }
        if at == 0 {
            let start = items[0].value.start;
            return self.splice(start..start, &format!("{written}, "));
        }
        let before = items[at - 1].value.clone();
        let line_start = lines::start_of(&self.text, before.start);
        let is_alone = self.text[line_start..before.start].trim_matches(lines::BLANKS).is_empty();
        let line_end = lines::content_end(&self.text, before.end);
        let after = &self.text[before.end..line_end];
        let has_comma = after.trim_start_matches(lines::BLANKS).starts_with(',');
        let rest =
            after.trim_start_matches(lines::BLANKS).trim_start_matches(',').trim_start_matches(lines::BLANKS);
        if !is_alone || line_start <= entry.value.start || !(rest.is_empty() || rest.starts_with('#')) {
            return self.splice(before.end..before.end, &format!(", {written}"));
        }
        let indent = self.text[line_start..before.start].to_owned();
        let comma = if has_comma || at < items.len() { "," } else { "" };
        self.insert_line(lines::next(&self.text, before.end), &format!("{indent}{written}{comma}"));
        if !has_comma {
            self.splice(before.end..before.end, ",");
        }
    }

    /// Takes out items that follow each other. Of a list below its key all are found once: looking anew for each would take
    /// minutes of a long one.
    fn delete_items(&mut self, index: usize, range: Range<usize>) -> Result<(), Problem> {
        if range.is_empty() {
            return Ok(());
        }
        let (entry, items) = self.items_of(index)?;
        let Style::BlockList(_) = entry.style else {
            return range.clone().try_for_each(|_| self.delete_flow_item(index, range.start));
        };
        // From the end, so that what is before stays where it was found.
        for item in items[range.clone()].iter().rev() {
            self.refuse_marked(index, item)?;
            self.splice(item.lines.start..item.own_end, "");
        }
        if range.len() == items.len() {
            self.splice(entry.colon..entry.colon, " []");
        }
        if let Node::List(nodes) = &mut self.root[index].1 {
            nodes.drain(range);
        }
        Ok(())
    }

    fn refuse_marked(&self, index: usize, item: &Item) -> Result<(), Problem> {
        match self.text[item.value.clone()].starts_with(['&', '*', '!']) {
            true => Err(self.refuse_at(index, "the item carries an anchor, an alias or a tag")),
            false => Ok(()),
        }
    }

    /// Takes out one item, and the comma or the lines that are its own.
    pub(super) fn delete_item(&mut self, index: usize, at: usize) -> Result<(), Problem> {
        self.delete_items(index, at..at + 1)
    }

    fn delete_flow_item(&mut self, index: usize, at: usize) -> Result<(), Problem> {
        let (entry, items) = self.items_of(index)?;
        self.refuse_marked(index, &items[at])?;
        let range = self.flow_item_range(&entry, &items, at);
        let why = "the item shares its line and a comment with others";
        self.splice(range.ok_or_else(|| self.refuse_at(index, why))?, "");
        if let Node::List(nodes) = &mut self.root[index].1 {
            nodes.remove(at);
        }
        Ok(())
    }

    /// Returns the bytes to take out with a flow item: its line if it has one to itself, else it and a comma.
    fn flow_item_range(&self, entry: &Entry, items: &[Item], at: usize) -> Option<Range<usize>> {
        let item = items[at].value.clone();
        let line_start = lines::start_of(&self.text, item.start);
        let line_end = lines::content_end(&self.text, item.end);
        let after = self.text[item.end..line_end].trim_start_matches(lines::BLANKS);
        let rest = after.strip_prefix(',').unwrap_or(after).trim_start_matches(lines::BLANKS);
        let alone = self.text[line_start..item.start].trim_matches(lines::BLANKS).is_empty()
            && line_start > entry.value.start;
        if alone && (rest.is_empty() || rest.starts_with('#')) {
            return Some(line_start..lines::next(&self.text, item.end));
        }
        let range = if at + 1 < items.len() {
            item.start..items[at + 1].value.start
        } else if at > 0 {
            items[at - 1].value.end..item.end
        } else {
            let inner = entry.value.end - 1;
            let comma = self.text[item.end..inner].trim_matches(lines::BLANKS) == ",";
            item.start..if comma { inner } else { item.end }
        };
        let rest_of_line = self.text[range.clone()].replace(&self.text[item], "");
        (!rest_of_line.contains(['\n', '#'])).then_some(range)
    }
}

/// Returns the longest common subsequence of two lists, as pairs of indices.
fn common(nodes: &[Node], items: &[String]) -> Vec<(usize, usize)> {
    if nodes.len() * items.len() > MOST_COMPARISONS {
        return Vec::new();
    }
    let same = |old: usize, new: usize| nodes[old].as_text() == Some(&items[new]);
    let width = items.len() + 1;
    let mut lengths = vec![0_u32; (nodes.len() + 1) * width];
    for old in (0..nodes.len()).rev() {
        for new in (0..items.len()).rev() {
            lengths[old * width + new] = if same(old, new) {
                lengths[(old + 1) * width + new + 1] + 1
            } else {
                lengths[(old + 1) * width + new].max(lengths[old * width + new + 1])
            };
        }
    }
    let (mut old, mut new, mut pairs) = (0, 0, Vec::new());
    while old < nodes.len() && new < items.len() {
        if same(old, new) {
            pairs.push((old, new));
            (old, new) = (old + 1, new + 1);
        } else if lengths[(old + 1) * width + new] >= lengths[old * width + new + 1] {
            old += 1;
        } else {
            new += 1;
        }
    }
    pairs
}

/// An item of a list.
#[derive(Debug, Clone, Copy)]
pub(in crate::doc) struct ListItem<'a> {
    /// What it says.
    pub(in crate::doc) node: &'a Node,
    /// How somebody wrote it.
    pub(in crate::doc) written: Option<&'a str>,
}

/// Rewrites a text that is one key with a list, so that it contains these items. What stays keeps its bytes; none where
/// that cannot be done safely.
pub(in crate::doc) fn relist(text: &str, items: &[ListItem<'_>]) -> Option<String> {
    let document = Document::yaml(text.as_bytes()).ok()?;
    let mut draft = Draft::of(&document);
    draft.make_list(0).ok()?;
    let Node::List(old) = &draft.root[0].1 else { return None };
    let (old, new): (Vec<Node>, Vec<Node>) =
        (old.clone(), items.iter().map(|item| item.node.clone()).collect());
    let mut at = 0;
    for op in steps(Algorithm::Myers, &old, &new) {
        if let DiffOp::Equal { len, .. } = op {
            at += len;
            continue;
        }
        // New items first: a list that becomes empty on the way would lose its style.
        for item in &items[op.new_range()] {
            draft.insert_item(0, at, &|place| write(item, place), item.node.clone()).ok()?;
            at += 1;
        }
        draft.delete_items(0, at..at + op.old_range().len()).ok()?;
    }
    is_as_intended(&draft).then_some(draft.text)
}

/// Writes an item as somebody wrote it, where it means the same in its new place.
fn write(item: &ListItem<'_>, place: ScalarContext) -> String {
    let means_the_same = |written: &&str| {
        let probe = match place {
            ScalarContext::Block => format!("- {written}"),
            ScalarContext::Flow => format!("[{written}]"),
        };
        !written.contains(['\n', '#']) && yaml::parse(&probe) == Ok(Node::List(vec![item.node.clone()]))
    };
    match (item.written.filter(means_the_same), item.node) {
        (Some(written), _) => written.to_owned(),
        (None, Node::Text(text)) => scalar::text(text, place),
        (None, node) => one_line(node),
    }
}
