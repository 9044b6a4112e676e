//! Front matter as the tracker writes it, read without the YAML parser, which takes most of the time of a listing
//! without index.
//!
//! One line per key, its value a word or two, a list in brackets, or lines of a list below it. Whatever else
//! there is, be it a quote, a comment or a blank line, is left to the parser, as is all that is wrong: this reader
//! says what the parser would say or nothing. A property test checks it against that.

use super::Node;

/// Longest text read, in bytes.
const LONGEST: usize = 64 * 1024;
/// Most keys of one mapping: they are compared one by one.
const MOST_KEYS: usize = 24;
/// What begins an item below its key.
const ITEM: &str = "  - ";

/// Reads a mapping; none if it is not of the plainest form.
pub(super) fn read(text: &str) -> Option<Node> {
    if text.len() > LONGEST || !text.ends_with('\n') || !text.chars().all(is_plain) {
        return None;
    }
    let mut lines = text.split_terminator('\n').peekable();
    let mut map = Vec::with_capacity(16);
    while let Some(line) = lines.next() {
        let (key, rest) = line.split_once(':')?;
        let value = match rest.strip_prefix(' ') {
            Some(value) => value_beside(value)?,
            None if rest.is_empty() => {
                let mut items = Vec::new();
                while let Some(item) = lines.next_if(|line| line.starts_with(ITEM)) {
                    items.push(value_beside(&item[ITEM.len()..])?);
                }
                (!items.is_empty()).then_some(Node::List(items))?
            }
            None => return None,
        };
        add(&mut map, key, value)?;
    }
    (!map.is_empty()).then_some(Node::Map(map))
}

/// Whether a character never means anything by itself, line ends apart.
fn is_plain(c: char) -> bool {
    matches!(c, '\n' | ' '..='~') || !c.is_ascii() && c.is_alphanumeric()
}

/// Adds an entry whose key is a word that is not there yet.
fn add(map: &mut Vec<(Node, Node)>, key: &str, value: Node) -> Option<()> {
    let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_new = || map.iter().all(|(seen, _)| seen.as_text() != Some(key));
    if !is_name || !is_word(key) || key.len() > 64 || map.len() >= MOST_KEYS || !is_new() {
        return None;
    }
    map.push((Node::text(key), value));
    Some(())
}

/// Reads what follows `key: ` or after the dash of an item.
fn value_beside(value: &str) -> Option<Node> {
    if let Some(list) = between(value, '[', ']') {
        let items = list.split(", ").filter(|_| !list.is_empty());
        return items.map(|item| scalar(item, is_flow_text)).collect::<Option<_>>().map(Node::List);
    }
    if let Some(entries) = between(value, '{', '}') {
        let mut map = Vec::with_capacity(6);
        for entry in entries.split(", ") {
            let (key, value) = entry.split_once(": ")?;
            add(&mut map, key, scalar(value, is_flow_text)?)?;
        }
        return Some(Node::Map(map));
    }
    scalar(value, is_block_text)
}

fn between(value: &str, open: char, close: char) -> Option<&str> {
    value.strip_prefix(open)?.strip_suffix(close)
}

/// Reads a scalar that begins with a letter or digit, ends with no blank and is as a whole what `is_text` says.
fn scalar(text: &str, is_text: fn(&str) -> bool) -> Option<Node> {
    let first = text.chars().next()?;
    if !first.is_alphanumeric() || text.ends_with(' ') || !is_text(text) {
        return None;
    }
    if !first.is_ascii_digit() {
        return (!first.is_ascii() || is_word(text)).then(|| Node::text(text));
    }
    let bytes = text.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        let is_as_written = first != '0' && text.len() <= 18;
        return is_as_written.then(|| Node::Literal(text.to_owned()));
    }
    let has = |any_of: &[u8]| bytes.iter().any(|byte| any_of.contains(byte));
    let is_based = first == '0' && matches!(bytes.get(1), Some(b'x' | b'o' | b'b'));
    let is_no_number =
        !bytes.iter().all(|byte| b"0123456789.eE+-".contains(byte)) || has(b"-") && !has(b"eE");
    (is_no_number && !is_based).then(|| Node::text(text))
}

/// Whether a text that begins with a letter is text: no boolean and not nothing.
fn is_word(text: &str) -> bool {
    const NO_WORDS: [&str; 3] = ["null", "true", "false"];
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && !NO_WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a line contains no end of a scalar: no comment and no second key.
fn is_block_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    !bytes.ends_with(b":") && !bytes.windows(2).any(|pair| pair == b": " || pair == b" #")
}

/// Whether a text between brackets contains none and no comma, key or comment, nor what might be one.
fn is_flow_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b' ' | b'_' | b'-' | b'.' | b'/' | b'(' | b')' => true,
        b':' => bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric),
        byte => byte.is_ascii_alphanumeric() || !byte.is_ascii(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse::by_parser;
    use super::read;
    use crate::doc::yaml::Node;

    #[test]
    fn reads_what_the_tracker_writes() {
        let text = "id: TASK-1\ntitle: Größer: no, \"it's\" 50% & more [x] #1\n";
        assert_eq!(read(text), None);
        let text = "id: TASK-1\ntitle: Größer, \"it's\" 50% & more [x]#1\ntags: [ui, a b]\nfiles: []\n\
                    estimate: 2d\nspent: 90\ncreated: 2026-01-11\nhistory:\n  - {at: 2026-10-11T15:30:00Z, by: ada, \
                    from: none, to: dev}\nnotes:\n  - a\n  - b c\n";
        assert_eq!(read(text), by_parser(text).ok());
        assert!(matches!(read(text), Some(Node::Map(map)) if map.len() == 9));
    }

    #[test]
    fn leaves_the_rest_to_the_parser() {
        for text in [
            "",
            "a: b",
            "a:\n",
            "a: b\r\n",
            "a: 'b'\n",
            "a: b # c\n",
            "a: b: c\n",
            "a: b:\n",
            "a: b\n  c\n",
            "# a\n",
            "a: b\na: c\n",
            "a: {b: c, b: d}\n",
            "a: true\n",
            "a: Null\n",
            "true: a\n",
            "a: 0x1F\n",
            "a: 1.5\n",
            "a: 1e-3\n",
            "a: 0\n",
            "a: 007\n",
            "a: [b,c]\n",
            "a: [b, ]\n",
            "a: [[b]]\n",
            "a: b \n",
            "a: \u{85}b\n",
            "a: &b c\n",
            "a:  b\n",
            "a: {b}\n",
            "a: {}\n",
            "--- a\n",
            "...\n",
            "a:\n- b\n",
            "a: b\n  - c\n",
            "a: -\n",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "a",
            "b1",
            "true",
            "No",
            "null",
            "0",
            "07",
            "12",
            "1.5",
            "1e3",
            "2026-01-11",
            "2026-10-11T15:30:00Z",
            "0x1F",
            "0b1",
            "45m",
            "2d",
            "é",
            "inf",
            "NaN",
            ".",
            "-",
            "/",
            "_",
            "+",
            ":",
            ": ",
            " ",
            " #",
            "#",
            ", ",
            ",",
            "[",
            "]",
            "{",
            "}",
            "'",
            "\"",
            "&",
            "*",
            "!",
            "|",
            ">",
            "%",
            "@",
            "`",
            "?",
            "~",
            "=",
            "<<",
            "\n",
            "\n  ",
            "\n  - ",
            "\t",
            "\r",
            "---",
            "\u{85}",
            "\u{2028}",
            "\u{a0}",
            "٣",
        ];
        prop_oneof![3 => Just("a".to_owned()), 5 => proptest::sample::select(PIECES).prop_map(str::to_owned)]
    }

    fn value() -> impl Strategy<Value = String> {
        let text = || proptest::collection::vec(piece(), 1..5).prop_map(|pieces| pieces.concat());
        let list = || proptest::collection::vec(text(), 0..4);
        prop_oneof![
            text().prop_map(|text| format!(" {text}")),
            list().prop_map(|items| format!(" [{}]", items.join(", "))),
            proptest::collection::vec((text(), text()), 0..4).prop_map(|pairs| {
                let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("\n  - {{{}}}", pairs.join(", "))
            }),
            list().prop_map(|items| items.iter().map(|item| format!("\n  - {item}")).collect()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_parser_or_gives_up(
            entries in proptest::collection::vec((prop_oneof![4 => "[a-z]{1,2}", 1 => piece()], value()), 1..4)
        ) {
            let text: String = entries.iter().map(|(key, value)| format!("{key}:{value}\n")).collect();
            if let Some(node) = read(&text) {
                prop_assert_eq!(Some(node), by_parser(&text).ok(), "{:?}", text);
            }
        }
    }
}
