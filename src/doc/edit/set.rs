//! Setting and removing top-level keys.

use super::draft::Draft;
use super::{Scalar, Value};
use crate::doc::lines;
use crate::doc::task::KEYS;
use crate::doc::yaml::entries::{Entry, Style};
use crate::doc::yaml::scalar::{self, Place};
use crate::doc::yaml::{self, Node, flow};
use crate::model::Problem;

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

impl Scalar {
    /// Returns the text that stands for it, without quotes.
    fn content(&self) -> String {
        match self {
            Self::Text(text) | Self::Plain(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
        }
    }

    /// Writes it anew.
    pub(super) fn write(&self, place: Place) -> String {
        match self {
            Self::Text(text) => scalar::text(text, place),
            Self::Plain(text) => scalar::plain(text, place),
            Self::Integer(number) => number.to_string(),
        }
    }
}

/// Returns what the YAML parser makes of a scalar as written.
pub(super) fn meaning(written: &str) -> Node {
    if written.starts_with(|c: char| c.is_alphabetic()) && !written.contains(['\n', ':', '#']) {
        let is_word = ["true", "false", "null"].iter().any(|word| written.eq_ignore_ascii_case(word));
        if !is_word {
            return Node::text(written);
        }
    }
    yaml::parse(written).unwrap_or(Node::Null)
}

/// Tells whether a value already says what it is to be set to.
fn says(node: &Node, value: &Value) -> bool {
    match value.scalar() {
        Ok(scalar) => node.as_text() == Some(&scalar.content()),
        Err(items) => match node {
            Node::List(nodes) => {
                nodes.len() == items.len()
                    && nodes.iter().zip(items).all(|(node, item)| node.as_text() == Some(item))
            }
            Node::Null => items.is_empty(),
            _ => items.len() == 1 && node.as_text() == Some(&items[0]),
        },
    }
}

impl Draft {
    pub(super) fn set(&mut self, key: &str, value: &Value) -> Result<(), Problem> {
        let index = self.index_of(key);
        match (index, value.scalar()) {
            (Some(index), _) if says(&self.root[index].1, value) => Ok(()),
            (Some(index), Ok(scalar)) => self.set_scalar(index, &scalar),
            (Some(index), Err(items)) => self.set_list(index, items),
            (None, Err([])) => Ok(()),
            (None, Err(items)) => {
                let written = write_list(items);
                let nodes = items.iter().map(|item| Node::text(item)).collect();
                self.insert_entry(key, &format!(" {written}"), Node::List(nodes))
            }
            (None, Ok(scalar)) => {
                let written = scalar.write(Place::Block);
                self.insert_entry(key, &format!(" {written}"), meaning(&written))
            }
        }
    }

    fn set_scalar(&mut self, index: usize, value: &Scalar) -> Result<(), Problem> {
        let entry = self.entry(index)?;
        let mut written = value.write(Place::Block);
        match entry.style {
            Style::Decorated => return Err(self.refuse(Some(&entry.key))),
            Style::Absent => self.splice(entry.colon..entry.colon, &format!(" {written}")),
            Style::Plain | Style::Single | Style::Double => {
                written = in_style(value, entry.style).unwrap_or(written);
                self.splice(entry.value.clone(), &written);
            }
            Style::FlowList | Style::FlowMap => {
                let found = flow::scan(self.text.as_bytes(), entry.value.start, entry.value.end);
                if found.is_none_or(|found| found.has_comment) {
                    return Err(self.refuse(Some(&entry.key)));
                }
                self.splice(entry.value.clone(), &written);
            }
            Style::Block => written = self.replace_block(&entry, value),
            Style::BlockList(_) | Style::Indented => self.replace_below(&entry, &written),
        }
        self.root[index].1 = meaning(&written);
        Ok(())
    }

    /// Replaces a block scalar, by another one where the new text has several lines.
    fn replace_block(&mut self, entry: &Entry, value: &Scalar) -> String {
        let header_end = lines::content_end(&self.text, entry.value.start);
        let header = &self.text[entry.value.start..header_end];
        let comment = header.find(" #").map_or("", |at| &header[at..]).to_owned();
        let ending = lines::ending_near(&self.text, header_end + 1);
        let block = match value {
            Scalar::Text(text) if text.contains('\n') => scalar::block(text, ending),
            _ => None,
        };
        let Some(block) = block else {
            let written = value.write(Place::Block);
            self.splice(entry.value.clone(), &format!("{written}{comment}"));
            return written;
        };
        let (head, content) = block.split_once(ending).unwrap_or((&block, ""));
        self.splice(entry.value.clone(), &format!("{head}{comment}{ending}{content}"));
        block
    }

    /// Replaces a value on lines of its own by one behind the key.
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

    /// Adds a key that is absent, where the canonical order of keys wants it. `written` is all that stands
    /// behind the colon.
    pub(super) fn insert_entry(&mut self, key: &str, written: &str, value: Node) -> Result<(), Problem> {
        let entries = self.entries(key)?;
        let (index, at) = match self.index_for(key) {
            0 => (0, entries.first().map_or(self.front.end, |first| first.start)),
            index => (index, entries[index - 1].end),
        };
        let name = scalar::text(key, Place::Block);
        self.insert_line(at, &format!("{name}:{written}"));
        self.root.insert(index, (Node::text(key), value));
        Ok(())
    }

    /// Returns the index that a new key is to have: behind the nearest key that the canonical order puts before
    /// it; a key without a place there comes last.
    fn index_for(&self, key: &str) -> usize {
        match KEYS.iter().position(|known| *known == key) {
            Some(rank) => {
                let before = KEYS[..rank].iter().rev().find_map(|known| self.index_of(known));
                before.map_or(0, |index| index + 1)
            }
            None => self.root.len(),
        }
    }
}

/// Writes a list between brackets.
pub(super) fn write_list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| scalar::text(item, Place::Flow)).collect();
    format!("[{}]", items.join(", "))
}

/// Writes a scalar in the quotes that were there, where they can hold it.
fn in_style(value: &Scalar, style: Style) -> Option<String> {
    let text = match value {
        Scalar::Integer(_) => return None,
        Scalar::Plain(text) if matches!(meaning(text), Node::Literal(_)) => return None,
        Scalar::Plain(text) | Scalar::Text(text) => text,
    };
    match style {
        Style::Single => Some(scalar::single(text).unwrap_or_else(|| scalar::double(text))),
        Style::Double => Some(scalar::double(text)),
        _ => None,
    }
}
