//! YAML as the tracker writes it, read without the YAML parser, which takes most of the time of a listing without
//! index and of a range whose commits brought many votes.
//!
//! One line per key: its value a word or two, a text in quotes without escapes, lists and mappings in brackets, lines of
//! a list below it, or a block of text. Whatever else there is, be it an escape, a comment or a blank line, is left to
//! the parser, as is all that is wrong: this reader says what the parser would say or nothing. A property test
//! checks it against that.

use super::Node;

/// Longest text read, in bytes: what has no three bytes for each value that the parser accepts.
const LONGEST: usize = 192 * 1024;
/// Most keys of one mapping: they are compared one by one.
const MOST_KEYS: usize = 24;
/// What begins an item below its key.
const ITEM: &str = "  - ";
/// What precedes each line of a block.
const INDENT: &str = "  ";
/// Brackets within brackets that are read.
const DEEPEST: usize = 4;

/// Reads a mapping; none if it is not of the plainest form.
pub(super) fn read(text: &str) -> Option<Node> {
    if text.len() > LONGEST || !text.ends_with('\n') || !is_plain(text) {
        return None;
    }
    let mut lines = text.split_terminator('\n').peekable();
    let mut map = Vec::with_capacity(16);
    while let Some(line) = lines.next() {
        let (key, rest) = line.split_once(':')?;
        let value = match rest.strip_prefix(' ') {
            Some(style @ ("|" | "|-")) => {
                let is_inside = |line: &&str| line.is_empty() || line.starts_with(INDENT);
                block(std::iter::from_fn(|| lines.next_if(is_inside)), style == "|")?
            }
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

/// Whether no character of a text ever means anything by itself, line ends apart.
fn is_plain(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~'));
    }
    let is_odd =
        |c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}');
    text.chars().all(|c| matches!(c, '\n' | ' '..='~') || !c.is_ascii() && !is_odd(c))
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

/// Reads the lines of a block of text. Blank ones that contain blanks, and those at the ends, are left to the parser.
fn block<'t>(lines: impl Iterator<Item = &'t str>, ends_line: bool) -> Option<Node> {
    let (mut text, mut is_blank) = (String::new(), true);
    for line in lines {
        let line = line.strip_prefix(INDENT).unwrap_or(line);
        let is_first = text.is_empty();
        is_blank = line.bytes().all(|byte| byte == b' ');
        if is_blank && !line.is_empty() || is_first && (is_blank || line.starts_with(' ')) {
            return None;
        }
        text.push_str(line);
        text.push('\n');
    }
    if is_blank {
        return None;
    }
    if !ends_line {
        text.pop();
    }
    Some(Node::Text(text))
}

/// Reads what follows `key: ` or the dash of an item.
fn value_beside(value: &str) -> Option<Node> {
    if !value.starts_with(['[', '{', '"', '\'']) {
        return scalar(value, is_block_text);
    }
    let mut flow = Flow { rest: value };
    let node = flow.value(0)?;
    flow.rest.is_empty().then_some(node)
}

/// What is left to read of one line.
struct Flow<'t> {
    rest: &'t str,
}

impl<'t> Flow<'t> {
    fn takes(&mut self, expected: &str) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            return None;
        }
        match self.rest.as_bytes().first()? {
            b'[' => self.list(depth + 1),
            b'{' => self.map(depth + 1),
            b'"' => self.double(),
            b'\'' => self.single(),
            _ => {
                let end = self.rest.find([',', ']', '}']).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                scalar(text, is_flow_text)
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Node> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        if self.takes("]") {
            return Some(Node::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.takes("]") {
                return Some(Node::List(items));
            }
            self.takes(", ").then_some(())?;
        }
    }

    fn map(&mut self, depth: usize) -> Option<Node> {
        self.rest = &self.rest[1..];
        let mut map = Vec::with_capacity(6);
        loop {
            let (key, rest) = self.rest.split_once(": ")?;
            self.rest = rest;
            let value = self.value(depth)?;
            add(&mut map, key, value)?;
            if self.takes("}") {
                return Some(Node::Map(map));
            }
            self.takes(", ").then_some(())?;
        }
    }

    /// Reads a text in double quotes in which nothing is escaped.
    fn double(&mut self) -> Option<Node> {
        let (text, rest) = self.rest[1..].split_once('"')?;
        self.rest = rest;
        (!text.contains('\\')).then(|| Node::text(text))
    }

    /// Reads a text in single quotes, of which two mean one.
    fn single(&mut self) -> Option<Node> {
        let mut text = String::new();
        loop {
            let (part, rest) = self.rest[1..].split_once('\'')?;
            text.push_str(part);
            self.rest = rest;
            if !rest.starts_with('\'') {
                return Some(Node::Text(text));
            }
            text.push('\'');
        }
    }
}

/// Reads a scalar that begins with a letter or digit, or as a path does, ends with no blank and is as a whole what
/// `is_text` says.
fn scalar(text: &str, is_text: fn(&str) -> bool) -> Option<Node> {
    let first = text.chars().next()?;
    if text.ends_with(' ') || !is_text(text) {
        return None;
    }
    if !first.is_ascii() {
        return Some(Node::text(text));
    }
    if !first.is_ascii_digit() {
        let is_path = || matches!(first, '.' | '/' | '_') && is_word(&text[1..]) && !is_special(text);
        return (is_word(text) || is_path()).then(|| Node::text(text));
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

/// Whether a text that begins with a dot is a number.
fn is_special(text: &str) -> bool {
    [".inf", ".nan"].iter().any(|word| text.eq_ignore_ascii_case(word))
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
        b' ' | b'_' | b'-' | b'.' | b'/' | b'(' | b')' | b'@' | b'+' | b'=' | b'~' | b'<' | b'>' | b'\'' => {
            true
        }
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
    fn reads_votes_as_the_tracker_writes_them() {
        let text = "by: Ada <ada@example.com>\nround: 1\ndigest: 2f670e59f6\nfiles:\n  - {path: .github/a@b+c.yml, \
                    from: [\"100644 38b820\", absent], to: \"100644 87219f\"}\n  - {path: 'it''s \"x\"', from: [absent], \
                    to: absent}\nnotes: |\n  One — two\n\n    # three\nfindings: []\nsignature: |-\n  -----BEGIN\n  \
                    x==\n";
        assert_eq!(read(text), by_parser(text).ok());
        assert!(matches!(read(text), Some(Node::Map(map)) if map.len() == 7));
    }

    #[test]
    fn leaves_the_rest_to_the_parser() {
        for text in [
            "",
            "a: b",
            "a:\n",
            "a: b\r\n",
            "a: 'b\n",
            "a: 'b' c\n",
            "a: \"b\\\"c\"\n",
            "a: \"b\" # c\n",
            "a: |\n",
            "a: |\n  \n",
            "a: |\n  b\n\n",
            "a: |\n   b\n",
            "a: |\n  b\n   \n  c\n",
            "a: |\n b\n",
            "a: >\n  b\n",
            "a: .5\n",
            "a: .Inf\n",
            "a: [\"b\": c]\n",
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
            "a: [[[[[[b]]]]]]\n",
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
            "—",
            "\u{feff}",
            "\\",
            "<",
            ".a",
            "\n\n",
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
            text().prop_map(|text| format!(" \"{text}\"")),
            text().prop_map(|text| format!(" '{text}'")),
            (list(), text())
                .prop_map(|(items, text)| format!(" {{a: [\"{}\"], b: '{text}'}}", items.join("\", \""))),
            (any::<bool>(), list()).prop_map(|(keeps, items)| {
                let lines: String = items.iter().map(|item| format!("\n  {item}")).collect();
                format!(" |{}{lines}", if keeps { "" } else { "-" })
            }),
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
