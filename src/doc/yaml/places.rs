//! Where the values of a document are: lines and columns, by a parser that keeps them.
//!
//! What a text means is for [`super::parse()`] to say. This is read only where a problem is to be shown, of a text that
//! has been parsed already.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser};

/// A step from a value to one within it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::doc) enum Segment {
    /// The value of a key.
    Key(String),
    /// An item of a list, counted from 0.
    Item(usize),
}

/// Where a value is, and what is within it.
#[derive(Debug, Clone)]
pub(in crate::doc) struct PositionTree {
    /// Line and column in characters, both counted from 1.
    at: (usize, usize),
    /// Of a mapping: each key, where it is, and its value.
    entries: Vec<(String, (usize, usize), PositionTree)>,
    /// Of a list.
    items: Vec<PositionTree>,
}

impl PositionTree {
    /// Reads the places of a document; none where this parser does not understand it.
    pub(in crate::doc) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new() };
        loop {
            match reader.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (event, at) => return reader.value(&event, at),
            }
        }
    }

    /// Finds a value, or its key where `is_key`. Where the way ends early, it is the place where it ends.
    pub(in crate::doc) fn find(&self, path: &[Segment], is_key: bool) -> (usize, usize) {
        let Some((first, rest)) = path.split_first() else { return self.at };
        match first {
            Segment::Key(key) => match self.entries.iter().find(|(name, ..)| name == key) {
                Some((_, at, _)) if is_key && rest.is_empty() => *at,
                Some((.., place)) => place.find(rest, is_key),
                None => self.at,
            },
            Segment::Item(index) => self.items.get(*index).map_or(self.at, |item| item.find(rest, is_key)),
        }
    }
}

struct Reader<'t, I: saphyr_parser::Input> {
    parser: Parser<'t, I>,
    anchors: HashMap<usize, PositionTree>,
}

fn position(marker: Marker) -> (usize, usize) {
    (marker.line(), marker.col() + 1)
}

impl<'t, I: saphyr_parser::Input> Reader<'t, I> {
    fn next(&mut self) -> Option<(Event<'t>, (usize, usize))> {
        let (event, span) = self.parser.next_event()?.ok()?;
        Some((event, position(span.start)))
    }

    fn value(&mut self, event: &Event<'t>, at: (usize, usize)) -> Option<PositionTree> {
        let mut place = PositionTree { at, entries: Vec::new(), items: Vec::new() };
        let anchor = match event {
            Event::Alias(anchor) => return Some(PositionTree { at, ..self.anchors.get(anchor)?.clone() }),
            Event::Scalar(_, _, anchor, _) => anchor,
            Event::SequenceStart(anchor, _) => loop {
                match self.next()? {
                    (Event::SequenceEnd, _) => break anchor,
                    (event, at) => place.items.push(self.value(&event, at)?),
                }
            },
            Event::MappingStart(anchor, _) => loop {
                let (event, at) = self.next()?;
                let name = match &event {
                    Event::MappingEnd => break anchor,
                    Event::Scalar(name, ..) => name.to_string(),
                    _ => String::new(),
                };
                self.value(&event, at)?;
                let (event, value_at) = self.next()?;
                let value = self.value(&event, value_at)?;
                place.entries.push((name, at, value));
            },
            _ => return None,
        };
        if *anchor > 0 {
            self.anchors.insert(*anchor, place.clone());
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{PositionTree, Segment};

    #[test]
    fn finds_keys_values_and_items() {
        let text = "# a comment\nsteps:\n  build:\n    run: |\n      make\n    needs: [fmt,  'lint']\n  copy: &c {run: x}\n  same: *c\n";
        let place = PositionTree::read(text).unwrap();
        let key = |name: &str| Segment::Key(name.to_owned());
        let build = [key("steps"), key("build")];
        assert_eq!(place.find(&build, true), (3, 3));
        let needs = [key("steps"), key("build"), key("needs")];
        assert_eq!(place.find(&needs, true), (6, 5));
        let second = [needs.as_slice(), &[Segment::Item(1)]].concat();
        assert_eq!(place.find(&second, false), (6, 19));
        assert_eq!(place.find(&[key("steps"), key("same")], false), (8, 9));
        assert_eq!(place.find(&[key("steps"), key("same"), key("run")], true), (7, 13));
        assert_eq!(place.find(&[key("nothing")], true), (2, 1));
        assert!(PositionTree::read("a: [").is_none());
    }
}
