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

use super::flow::quoted_end;
use super::node::positions_of_key;
use super::{Node, quick, raw};
use crate::doc::lines;
use crate::doc::printable::printable;

/// Most values a document may expand to; 64 KiB without aliases cannot hold as many.
const MOST_VALUES: usize = 70_000;
/// The same of a workflow: one of 10,000 steps has 80,000.
const MOST_VALUES_OF_WORKFLOW: usize = 200_000;
/// Most bytes of text a document may expand to.
const MOST_TEXT: usize = 1024 * 1024;

/// Parses one YAML document.
pub(in crate::doc) fn parse(text: &str) -> Result<Node, Failure> {
    quick::read(text).map_or_else(|| by_parser(text), Ok)
}

/// Parses a workflow, which may have more values than a record.
pub(in crate::doc) fn parse_workflow(text: &str) -> Result<Node, Failure> {
    quick::read(text).map_or_else(|| within(text, MOST_VALUES_OF_WORKFLOW), Ok)
}

/// Parses one YAML document of whatever form.
pub(super) fn by_parser(text: &str) -> Result<Node, Failure> {
    within(text, MOST_VALUES)
}

fn within(text: &str, most_values: usize) -> Result<Node, Failure> {
    check_depth(text)?;
    let meter = Meter::new(most_values);
    let deserializer = serde_yaml::Deserializer::from_str(text);
    let built = Build { meter: &meter }.deserialize(deserializer);
    let mut node = built.map_err(|error| Failure::of(&error, meter.refusal.take(), text))?;
    if meter.has_rewritten.get() || meter.has_literals.get() && may_be_rewritten(text) {
        raw::restore(text, &mut node).map_err(|error| Failure::of(&error, None, text))?;
    }
    Ok(node)
}

/// Whether a text may hold a number or boolean that is not written as Rust would write it: `0x1F`, `+1`,
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

impl Meter {
    fn new(most_values: usize) -> Self {
        Self {
            values: Cell::new(most_values),
            text: Cell::new(MOST_TEXT),
            has_literals: Cell::new(false),
            has_rewritten: Cell::new(false),
            refusal: Cell::new(None),
        }
    }

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

/// Deepest nesting accepted.
const DEEPEST: usize = 64;

/// Refuses a text that is nested too deeply.
fn check_depth(text: &str) -> Result<(), Failure> {
    brackets(text.as_bytes())?;
    let too_deep = text.lines().position(|line| dashes(line) > DEEPEST);
    too_deep.map_or(Ok(()), |at| Err(failure(at + 1, "lists")))
}

fn failure(line: usize, what: &str) -> Failure {
    Failure { line, column: None, message: format!("{what} are nested more than {DEEPEST} deep") }
}

/// Counts the lists and keys that begin at the beginning of a line.
fn dashes(line: &str) -> usize {
    let words = line.split(' ').filter(|word| !word.is_empty());
    words.take_while(|word| matches!(*word, "-" | "?" | ":")).count()
}

/// Counts how deep brackets are within brackets. Those in a plain text outside of brackets are text.
fn brackets(bytes: &[u8]) -> Result<(), Failure> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let before = if at == 0 { b'\n' } else { bytes[at - 1] };
        let begins = matches!(before, b' ' | b'\t' | b'\n' | b'[' | b'{' | b',' | b':');
        at = match byte {
            b'"' | b'\'' if begins => quoted_end(bytes, at, bytes.len()).unwrap_or(at + 1),
            b'[' | b'{' => {
                depth += 1;
                at + 1
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ if depth == 0 && begins => word_end(bytes, at),
            _ => at + 1,
        };
        if depth > DEEPEST {
            let line = lines::number_in(bytes, at);
            return Err(failure(line, "brackets"));
        }
    }
    Ok(())
}

/// Returns where a value may begin after what is at `at`: after a blank, a dash, an anchor or tag, or after
/// the colon of a key; else at the end of the line, for it is text.
fn word_end(bytes: &[u8], at: usize) -> usize {
    let is_blank = |at: usize| bytes.get(at).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    match bytes[at] {
        b' ' | b'\t' | b'\r' | b'\n' => at + 1,
        b'-' | b'?' | b':' if is_blank(at + 1) => at + 1,
        b'&' | b'*' | b'!' => (at + 1..bytes.len()).find(|end| is_blank(*end)).unwrap_or(bytes.len()),
        _ => {
            let is_end = |end: &usize| bytes[*end] == b'\n' || (bytes[*end] == b':' && is_blank(end + 1));
            (at + 1..bytes.len()).find(is_end).map_or(bytes.len(), |end| end + 1)
        }
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Failure {
    /// The line within the text, counted from 1.
    pub(in crate::doc) line: usize,
    /// The column in that line, counted from 1, where it is known.
    pub(in crate::doc) column: Option<usize>,
    /// What is wrong, without a place.
    pub(in crate::doc) message: String,
}

/// Why we, and not the parser, refuse a text.
pub(super) enum Refusal {
    /// Its aliases multiply.
    Growth,
    /// This key is there twice.
    Twice(String),
}

impl Failure {
    /// Says what the parser, or a refusal of ours that the parser passed on, means.
    pub(super) fn of(error: &serde_yaml::Error, refusal: Option<Refusal>, text: &str) -> Self {
        let last = text.lines().count().max(1);
        let line = error.location().map_or(1, |location| location.line()).clamp(1, last);
        let column = error.location().filter(|at| at.line() == line).map(|at| at.column());
        match refusal {
            Some(Refusal::Growth) => {
                Self { line, column, message: "aliases expand to more than is accepted".to_owned() }
            }
            Some(Refusal::Twice(key)) => {
                let (line, column) = second_place_of(&key, text, line)
                    .map_or((line, column), |(line, column)| (line, Some(column)));
                Self { line, column, message: format!("the key `{}` is there twice", printable(&key)) }
            }
            None => Self { column, ..Self::of_parser(error, line, text) },
        }
    }

    fn of_parser(error: &serde_yaml::Error, line: usize, text: &str) -> Self {
        let whole = error.to_string();
        if whole.contains("more than one document") {
            let is_marker = |line: &str| line.starts_with("---") || line.starts_with("...");
            let line = text.lines().skip(1).position(is_marker).map_or(line, |at| at + 2);
            return Self { line, column: None, message: "there is more than one YAML document".to_owned() };
        }
        if whole.contains("recursion limit exceeded") {
            return Self { line, column: None, message: "values are nested too deeply".to_owned() };
        }
        // The place is stated by the caller, in the file's own lines.
        let message = whole.split(" at line ").next().unwrap_or(&whole);
        Self { line, column: None, message: message.to_owned() }
    }
}

/// Finds line and column of a key's second appearance at or below a line.
fn second_place_of(key: &str, text: &str, from: usize) -> Option<(usize, usize)> {
    let start = (1..from).fold(0, |at, _| lines::next(text, at));
    let second = start + positions_of_key(&text[start..], key).nth(1)?;
    let begin = text[..second].rfind('\n').map_or(0, |end| end + 1);
    Some((lines::number_at(text, second), text[begin..second].chars().count() + 1))
}

#[cfg(test)]
mod tests {
    use super::{Node, check_depth, parse};

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

    #[test]
    fn knows_where_it_is_too_deep() {
        assert!(check_depth(&format!("a: {}{}", "[".repeat(64), "]".repeat(64))).is_ok());
        assert_eq!(check_depth(&format!("a:\n  b: {}", "[".repeat(65))).unwrap_err().line, 2);
        assert!(check_depth(&format!("a: \"{}\"\nb: '{}'", "[".repeat(65), "{".repeat(65))).is_ok());
        assert!(check_depth(&format!("a:\n  {}x", "- ".repeat(64))).is_ok());
        for deep in ["- ", "? ", "-  ", "- ? "] {
            let text = format!("a:\n\n  {}x", deep.repeat(130 / deep.len() + 65));
            assert_eq!(check_depth(&text).unwrap_err().line, 3, "{deep}");
        }
    }

    #[test]
    fn brackets_in_a_plain_text_are_text() {
        let text = "{open ".repeat(100);
        assert!(check_depth(&format!("a: x {text}\nb: (x {text}\nc:\n  - x {text}\n")).is_ok());
        for begin in ["", "a: ", "- a: ", "'a': ", "a:\n  ", "- ? ", "a: &a ", "a: !t ", "a b:\t", "{a: b}\n"]
        {
            assert!(check_depth(&format!("{begin}{text}")).is_err(), "{begin}");
        }
    }
}
