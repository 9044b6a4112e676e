//! The text of numbers and booleans, which the parser's typed values have lost.
//!
//! A second pass over the same text that knows each value's kind from the first, so that it can require every
//! literal as a string. It runs only where the first pass met a literal.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Node;

/// Puts the written text into every literal of `node`, which was parsed of `text`.
pub(super) fn restore(text: &str, node: &mut Node) -> Result<(), serde_yaml::Error> {
    Restore(node).deserialize(serde_yaml::Deserializer::from_str(text))
}

struct Restore<'n>(&'n mut Node);

impl<'de> DeserializeSeed<'de> for Restore<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0 {
            Node::Literal(text) => deserializer.deserialize_str(Literal(text)),
            Node::List(items) => deserializer.deserialize_seq(List(items)),
            Node::Map(entries) => deserializer.deserialize_map(Map(entries)),
            Node::Null | Node::Text(_) | Node::Tagged(..) => {
                deserializer.deserialize_ignored_any(IgnoredAny).map(|IgnoredAny| ())
            }
        }
    }
}

struct Literal<'n>(&'n mut String);

impl Visitor<'_> for Literal<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or boolean")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        text.clone_into(self.0);
        Ok(())
    }
}

struct List<'n>(&'n mut [Node]);

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for node in self.0 {
            items.next_element_seed(Restore(node))?;
        }
        Ok(())
    }
}

struct Map<'n>(&'n mut [(Node, Node)]);

impl<'de> Visitor<'de> for Map<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        for (key, value) in self.0 {
            if entries.next_key_seed(Restore(key))?.is_some() {
                entries.next_value_seed(Restore(value))?;
            }
        }
        Ok(())
    }
}
