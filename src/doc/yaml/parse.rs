//! Text to [`Node`], by the YAML parser, within limits.
//!
//! Refuses duplicate keys, deep nesting and aliases that multiply; it never overflows the stack and never takes
//! more than a moment, whatever the text.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::failure::{Failure, Refusal};
use super::{Node, limits, quick, raw};

/// Most values a document may expand to; 64 KiB without aliases cannot hold as many.
const MOST_VALUES: usize = 70_000;
/// Most bytes of text a document may expand to.
const MOST_TEXT: usize = 1024 * 1024;

/// Parses one YAML document.
pub(in crate::doc) fn parse(text: &str) -> Result<Node, Failure> {
    quick::read(text).map_or_else(|| by_parser(text), Ok)
}

/// Parses one YAML document of whatever form.
pub(super) fn by_parser(text: &str) -> Result<Node, Failure> {
    limits::check(text)?;
    let meter = Meter::default();
    let deserializer = serde_yaml::Deserializer::from_str(text);
    let built = Build { meter: &meter }.deserialize(deserializer);
    let mut node = built.map_err(|error| Failure::of(&error, meter.refusal.take(), text))?;
    if meter.has_rewritten.get() || meter.has_literals.get() && may_be_rewritten(text) {
        raw::restore(text, &mut node).map_err(|error| Failure::of(&error, None, text))?;
    }
    Ok(node)
}

/// Tells whether a text may hold a number or boolean that is not written as Rust would write it: `0x1F`, `+1`,
/// `True`. Most do not, and are spared a second pass.
fn may_be_rewritten(text: &str) -> bool {
    // The plus of a time's offset from UTC follows a digit.
    let has_plus = text.as_bytes().windows(2).any(|pair| pair[1] == b'+' && !pair[0].is_ascii_alphanumeric());
    has_plus || ["0x", "0o", "0b", "True", "TRUE", "False", "FALSE"].iter().any(|part| text.contains(part))
}

/// What is left of the limits, and what was met on the way.
struct Meter {
    values: Cell<usize>,
    text: Cell<usize>,
    /// Whether there are numbers or booleans.
    has_literals: Cell<bool>,
    /// Whether one of them is surely or probably written in another way.
    has_rewritten: Cell<bool>,
    refusal: Cell<Option<Refusal>>,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            values: Cell::new(MOST_VALUES),
            text: Cell::new(MOST_TEXT),
            has_literals: Cell::new(false),
            has_rewritten: Cell::new(false),
            refusal: Cell::new(None),
        }
    }
}

impl Meter {
    fn take<E: de::Error>(&self, text: &str) -> Result<(), E> {
        let left = self.values.get().checked_sub(1).zip(self.text.get().checked_sub(text.len()));
        let Some((values, bytes)) = left else { return Err(self.refuse(Refusal::Growth)) };
        self.values.set(values);
        self.text.set(bytes);
        Ok(())
    }

    fn literal<E: de::Error>(&self, text: String) -> Result<Node, E> {
        self.take::<E>("")?;
        self.has_literals.set(true);
        Ok(Node::Literal(text))
    }

    fn refuse<E: de::Error>(&self, refusal: Refusal) -> E {
        self.refusal.set(Some(refusal));
        E::custom("refused")
    }
}

#[derive(Clone, Copy)]
struct Build<'m> {
    meter: &'m Meter,
}

impl<'de> DeserializeSeed<'de> for Build<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Build<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.meter.literal(value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        if value == 0 {
            // It is `-0`.
            self.meter.has_rewritten.set(true);
        }
        self.meter.literal(value.to_string())
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        self.meter.literal(value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        self.meter.literal(value.to_string())
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        self.meter.literal(value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        self.meter.has_rewritten.set(true);
        self.meter.literal(value.to_string())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        self.meter.take::<E>(text)?;
        Ok(Node::text(text))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.meter.take::<E>("")?;
        Ok(Node::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.meter.take::<A::Error>("")?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        self.meter.take::<A::Error>("")?;
        let mut map: Vec<(Node, Node)> = Vec::new();
        let mut seen = Keys::default();
        while let Some(key) = entries.next_key_seed(self)? {
            if !seen.insert(&map, &key) {
                let name = key.as_text().unwrap_or("null").to_owned();
                return Err(self.meter.refuse(Refusal::Twice(name)));
            }
            let value = entries.next_value_seed(self)?;
            map.push((key, value));
        }
        Ok(Node::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        let (tag, content) = tagged.variant::<String>()?;
        let inner = content.newtype_variant_seed(self)?;
        Ok(Node::Tagged(tag, Box::new(inner)))
    }
}

/// Keys seen so far: compared one by one while they are few, hashed once they are many.
#[derive(Default)]
struct Keys {
    many: HashSet<Node>,
}

impl Keys {
    const FEW: usize = 24;

    fn insert(&mut self, map: &[(Node, Node)], key: &Node) -> bool {
        if map.len() < Self::FEW {
            return map.iter().all(|(seen, _)| seen != key);
        }
        if self.many.is_empty() {
            self.many.extend(map.iter().map(|(seen, _)| seen.clone()));
        }
        self.many.insert(key.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, parse};

    fn value(text: &str) -> Node {
        match parse(text).unwrap() {
            Node::Map(mut entries) => entries.remove(0).1,
            other => other,
        }
    }

    #[test]
    fn keeps_the_text_of_numbers_and_booleans() {
        for text in ["2024", "0x1F", "-0b1", "1.10", "True", "+5", "-0", "1e3", ".inf"] {
            assert_eq!(value(&format!("a: {text}")), Node::Literal(text.to_owned()));
        }
        assert_eq!(value("a: [1.10, x, {b: 0o17}]"), {
            let inner = Node::Map(vec![(Node::text("b"), Node::Literal("0o17".to_owned()))]);
            Node::List(vec![Node::Literal("1.10".to_owned()), Node::text("x"), inner])
        });
        assert_eq!(value("a: 007"), Node::text("007"));
        assert_eq!(value("a: no"), Node::text("no"));
        assert_eq!(value("a: 2026-11-11"), Node::text("2026-11-11"));
        assert_eq!(value("a: ~"), Node::Null);
        assert_eq!(value(""), Node::Null);
    }

    #[test]
    fn keys_are_what_they_are_written_as() {
        let key = |text: &str| match parse(text).unwrap() {
            Node::Map(mut entries) => entries.remove(0).0,
            other => other,
        };
        assert_eq!(key("a b: x"), Node::text("a b"));
        assert_eq!(key("\"1\": x"), Node::text("1"));
        assert_eq!(key("1: x"), Node::Literal("1".to_owned()));
        assert_eq!(key("True: x"), Node::Literal("True".to_owned()));
        assert_eq!(key("'null': x"), Node::text("null"));
        assert_eq!(key("~: x"), Node::Null);
        assert_eq!(key("? [a]\n: x"), Node::List(vec![Node::text("a")]));
        assert_eq!(key("!t a: x"), Node::Tagged("t".to_owned(), Box::new(Node::text("a"))));
    }

    #[test]
    fn refuses_duplicates_with_a_line() {
        assert!(parse("a: 1\nb: 2\na: 3\n").unwrap_err().message.contains("`a` is there twice"));
        let many: String = (0..100).map(|n| format!("k{n}: x\n")).collect();
        assert!(parse(&many).is_ok());
        assert!(parse(&format!("{many}k7: x\n")).is_err());
    }

    #[test]
    fn refuses_what_would_grow_or_nest_without_end() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..9 {
            let list = vec![format!("*a{}", n - 1); 10].join(", ");
            bomb += &format!("a{n}: &a{n} [{list}]\n");
        }
        assert!(parse(&bomb).unwrap_err().message.contains("expand"));
        for nested in ["[", "{a: ", "- ", "? ", "{a: [", "- - ? "] {
            assert!(parse(&format!("k:\n  {}", nested.repeat(100_000 / nested.len()))).is_err(), "{nested}");
        }
    }
}
