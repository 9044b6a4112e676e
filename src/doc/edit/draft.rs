//! A text that is being edited, with the values it is meant to have; setting and removing its keys.

use std::ops::Range;

use crate::doc::edit::{Edit, Scalar, Value};
use crate::doc::source::Kind;
use crate::doc::yaml::entries::{self, Entry, Style, plain_part};
use crate::doc::yaml::scalar::{self, ScalarContext};
use crate::doc::yaml::{self, Node, flow};
use crate::doc::{Document, lines};
use crate::model::{Field, Problem, TaskId};

/// The text so far, and what it is meant to say.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) front: Range<usize>,
    pub(super) body: usize,
    pub(super) root: Vec<(Node, Node)>,
}

impl Draft {
    pub(super) fn of(document: &Document) -> Self {
        let source = document.source();
        // Only the fences of Markdown are between front matter and body.
        let kind = if source.body == source.front.end { Kind::Yaml } else { Kind::Markdown };
        Self {
            text: source.text.clone(),
            kind,
            front: source.front.clone(),
            body: source.body,
            root: document.root().to_vec(),
        }
    }

    pub(super) fn apply(&mut self, edit: &Edit) -> Result<(), Problem> {
        match edit {
            Edit::Set { key, value } => self.set(key, value),
            Edit::Remove { key } => self.remove(key),
            Edit::AddItem { key, item } => self.add_item(key, item),
            Edit::RemoveItem { key, item } => self.remove_item(key, item),
            Edit::Append { key, entry } => self.append(key, entry),
            Edit::Tick { numbers, done } => self.tick(numbers, *done),
            Edit::AppendToSection { heading, text } => self.append_to_section(heading, text),
            Edit::ReplaceBody(body) => self.replace_body(body),
        }
    }

    /// Returns the index of a key among the values.
    pub(super) fn index_of(&self, key: &str) -> Option<usize> {
        self.root.iter().position(|(name, _)| name.as_text() == Some(key))
    }

    /// Finds the entries of the text, if they are the ones the parser found.
    pub(super) fn entries(&self, key: &str) -> Result<Vec<Entry>, Problem> {
        let same = |entries: &Vec<Entry>| {
            entries.len() == self.root.len()
                && entries.iter().zip(&self.root).all(|(entry, (name, _))| name.as_text() == Some(&entry.key))
        };
        let found = entries::scan(&self.text, self.front.clone()).filter(same);
        found.ok_or_else(|| self.refuse(Some(key), "not every key is on a line of its own"))
    }

    /// Finds one entry of the text.
    pub(super) fn entry(&self, index: usize) -> Result<Entry, Problem> {
        let key = self.root[index].0.as_text().unwrap_or_default();
        Ok(self.entries(key)?.swap_remove(index))
    }

    /// Replaces a part of the front matter.
    pub(super) fn splice(&mut self, range: Range<usize>, with: &str) {
        let (removed, added) = (range.len(), with.len());
        self.text.replace_range(range, with);
        self.front.end = self.front.end + added - removed;
        self.body = self.body + added - removed;
    }

    /// Adds a line to the front matter at the beginning of a line, or at the end of a text that lacks its last
    /// line ending and goes on lacking it.
    pub(super) fn insert_line(&mut self, at: usize, line: &str) {
        let ending = lines::ending_near(&self.text, at);
        let unfinished = at > self.front.start && !self.text[..at].ends_with('\n');
        let with = if unfinished { format!("{ending}{line}") } else { format!("{line}{ending}") };
        self.splice(at..at, &with);
    }

    /// Makes the problem of a value that cannot be edited safely, or of the body.
    pub(super) fn refuse(&self, key: Option<&str>, why: &str) -> Problem {
        let line = key.map_or_else(|| lines::number_at(&self.text, self.body), |key| self.line_of(key));
        let subject = if key.is_some() { "" } else { "the body " };
        let problem = Problem::error(format!("{subject}cannot be changed here: {why}"));
        let problem = problem.at_line(line).with_hint(self.hint());
        match key {
            Some(key) => problem.on_key(key),
            None => problem,
        }
    }

    /// Returns the hint to do by hand what cannot be done here.
    pub(super) fn hint(&self) -> String {
        let id = self.index_of("id").and_then(|index| self.root[index].1.as_text());
        match id.and_then(|id| TaskId::parse(id).ok()) {
            Some(id) => format!("change it by hand: `tracker edit {id}`"),
            None => "change it by hand".to_owned(),
        }
    }

    fn line_of(&self, key: &str) -> usize {
        let entries = entries::scan(&self.text, self.front.clone()).unwrap_or_default();
        let entry = entries.iter().find(|entry| entry.key == key);
        lines::number_at(&self.text, entry.map_or(self.front.start, |entry| entry.start))
    }
}

impl Value {
    /// Returns the value as a scalar, or its items.
    fn scalar(&self) -> Result<Scalar, &[String]> {
        match self {
            Self::Text(text) => Ok(Scalar::Text(text.clone())),
            Self::Plain(text) => Ok(Scalar::Plain(text.clone())),
            Self::Integer(number) => Ok(Scalar::Integer(*number)),
            Self::List(items) => Err(items),
        }
    }
}

/// A scalar as it is to be in the text, and what the parser must make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Written {
    pub(in crate::doc) text: String,
    pub(super) node: Node,
}

impl Scalar {
    /// Writes it anew.
    pub(in crate::doc) fn write(&self, place: ScalarContext) -> Written {
        match self {
            Self::Text(text) => Written { text: scalar::text(text, place), node: Node::text(text) },
            Self::Integer(number) => {
                Written { text: number.to_string(), node: Node::Literal(number.to_string()) }
            }
            Self::Plain(text) => {
                let written = scalar::plain(text, place);
                let node = if written == *text { yaml::parse(text).ok() } else { None };
                Written { text: written, node: node.unwrap_or_else(|| Node::text(text)) }
            }
        }
    }

    /// Writes it in the style that was there, where that can hold it.
    fn write_as(&self, style: Style) -> Written {
        let written = self.write(ScalarContext::Block);
        let quoted = match (&written.node, style) {
            (Node::Text(text), Style::Single) => scalar::single(text).unwrap_or_else(|| scalar::double(text)),
            (Node::Text(text), Style::Double) => scalar::double(text),
            _ => return written,
        };
        Written { text: quoted, node: written.node }
    }

    /// Whether a value already says this.
    fn is_stated_by(&self, node: &Node) -> bool {
        match self {
            Self::Text(text) | Self::Plain(text) => node.as_text() == Some(text),
            Self::Integer(number) => node.as_text() == Some(&number.to_string()),
        }
    }
}

/// Whether a list, or a single scalar in its place, already contains these items.
fn contains(node: &Node, items: &[String]) -> bool {
    let nodes = match node {
        Node::List(nodes) => nodes.as_slice(),
        Node::Null => &[],
        node => std::slice::from_ref(node),
    };
    nodes.len() == items.len() && nodes.iter().zip(items).all(|(node, item)| node.as_text() == Some(item))
}

impl Draft {
    pub(super) fn set(&mut self, key: &str, value: &Value) -> Result<(), Problem> {
        match (self.index_of(key), value.scalar()) {
            (Some(index), Ok(scalar)) => self.set_scalar(index, &scalar),
            (Some(index), Err(items)) if contains(&self.root[index].1, items) => Ok(()),
            (Some(index), Err(items)) => self.set_list(index, items),
            (None, Ok(scalar)) => {
                let written = scalar.write(ScalarContext::Block);
                self.insert_entry(key, &format!(" {}", written.text), written.node)
            }
            (None, Err([])) => Ok(()),
            (None, Err(items)) => {
                let nodes = items.iter().map(|item| Node::text(item)).collect();
                self.insert_entry(key, &format!(" {}", write_list(items)), Node::List(nodes))
            }
        }
    }

    fn set_scalar(&mut self, index: usize, value: &Scalar) -> Result<(), Problem> {
        let node = &self.root[index].1;
        let is_stated = value.is_stated_by(node);
        // `no` and `"no"` are the same text, but where a reason is requested only the second one is a reason.
        let quotes_matter = node.as_text().is_some_and(scalar::is_switch);
        if is_stated && !quotes_matter {
            return Ok(());
        }
        let entry = self.entry(index)?;
        let is_quoted = matches!(entry.style, Style::Single | Style::Double);
        if is_stated && is_quoted == matches!(value, Scalar::Text(_)) {
            return Ok(());
        }
        let written = value.write_as(entry.style);
        match entry.style {
            Style::Decorated => {
                return Err(self.refuse(Some(&entry.key), "it carries an anchor, an alias or a tag"));
            }
            Style::Absent => self.splice(entry.colon..entry.colon, &format!(" {}", written.text)),
            Style::Plain | Style::Single | Style::Double => self.splice(entry.value, &written.text),
            Style::FlowList | Style::FlowMap => {
                let found = flow::scan(self.text.as_bytes(), entry.value.start, entry.value.end);
                if found.is_none_or(|found| found.has_comment) {
                    return Err(self.refuse(Some(&entry.key), "there are comments between its brackets"));
                }
                self.splice(entry.value, &written.text);
            }
            Style::Block => self.replace_block(&entry, &written),
            Style::BlockList(_) | Style::Indented => self.replace_below(&entry, &written.text),
        }
        self.root[index].1 = written.node;
        Ok(())
    }

    /// Replaces a block scalar, by another one where the new text has several lines.
    fn replace_block(&mut self, entry: &Entry, written: &Written) {
        let header_end = lines::content_end(&self.text, entry.value.start);
        let header = &self.text[entry.value.start..header_end];
        let comment = header[plain_part(header).len()..].to_owned();
        let ending = lines::ending_near(&self.text, entry.end);
        let block = match &written.node {
            Node::Text(text) if text.contains('\n') => scalar::block(text, ending),
            _ => None,
        };
        let block = block.unwrap_or_else(|| written.text.clone());
        let (head, content) = block.find(ending).map_or((block.as_str(), ""), |at| block.split_at(at));
        self.splice(entry.value.clone(), &format!("{head}{comment}{content}"));
    }

    /// Replaces a value on lines of its own by one after the key.
    pub(super) fn replace_below(&mut self, entry: &Entry, written: &str) {
        let whole = lines::start_of(&self.text, entry.value.start)..entry.end;
        self.splice(whole, "");
        self.splice(entry.colon..entry.colon, &format!(" {written}"));
    }

    pub(super) fn remove(&mut self, key: &str) -> Result<(), Problem> {
        let Some(index) = self.index_of(key) else { return Ok(()) };
        let entry = self.entry(index)?;
        self.splice(entry.start..entry.end, "");
        self.root.remove(index);
        Ok(())
    }

    /// Adds a key that is absent, where the canonical order of keys wants it. `written` is all that is
    /// after the colon.
    pub(super) fn insert_entry(&mut self, key: &str, written: &str, value: Node) -> Result<(), Problem> {
        let entries = self.entries(key)?;
        let (index, at) = match self.index_for(key) {
            0 => (0, entries.first().map_or(self.front.end, |first| first.start)),
            index => (index, entries[index - 1].end),
        };
        let name = scalar::text(key, ScalarContext::Block);
        self.insert_line(at, &format!("{name}:{written}"));
        self.root.insert(index, (Node::text(key), value));
        Ok(())
    }

    /// Returns the index that a new key is to have: after the nearest key that a new file has before it; a key
    /// without a place there comes above `created`, or last.
    fn index_for(&self, key: &str) -> usize {
        let before = Field::in_file().take_while(|field| field.key() != key).collect::<Vec<_>>();
        if Field::of_key(key).is_none() {
            return self.index_of(Field::Created.key()).unwrap_or(self.root.len());
        }
        let nearest = before.iter().rev().find_map(|field| self.index_of(field.key()));
        nearest.map_or(0, |index| index + 1)
    }
}

/// Writes a list between brackets.
pub(super) fn write_list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| scalar::text(item, ScalarContext::Flow)).collect();
    format!("[{}]", items.join(", "))
}
