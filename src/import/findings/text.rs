//! The text of a report, in the encodings that XML and JSON allow.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

use crate::model::Problem;

/// A report's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded<'b> {
    pub(super) text: Cow<'b, str>,
    /// Where in the text a replacement character means bytes that are not UTF-8, in rising order.
    pub(super) replaced: Vec<usize>,
}

/// Decodes a report: by its byte order mark, by how it begins, by what an XML declaration says, else as UTF-8. Bytes
/// that are not UTF-8 are replaced, for a format to accept or to refuse; in any other encoding they are an error.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Problem> {
    let (encoding, bytes) = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => {
            return Err(Problem::error("is UTF-32 text").at_line(1).with_hint("save it as UTF-8"));
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => (UTF_8, rest),
        [0xff, 0xfe, rest @ ..] | rest @ [b'<' | b'{' | b'[', 0, ..] => (UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] | rest @ [0, b'<' | b'{' | b'[', ..] => (UTF_16BE, rest),
        _ => (declared(bytes)?, bytes),
    };
    if encoding == UTF_8 {
        return Ok(decode_utf8(bytes));
    }
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(Decoded { text, replaced: Vec::new() }),
        None => Err(Problem::error(format!("is not {} text", encoding.name())).at_line(1)),
    }
}

/// Returns the encoding that an XML declaration names. One of two bytes cannot be recognised in single bytes: such a
/// declaration is left over from before the file was written as UTF-8.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, Problem> {
    let label = declared_label(bytes).unwrap_or("UTF-8");
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) if encoding != REPLACEMENT => Ok(encoding),
        _ => {
            let message = format!("declares the encoding `{}`, which is not known", label.escape_debug());
            Err(Problem::error(message).at_line(1).with_hint("save it as UTF-8"))
        }
    }
}

fn declared_label(bytes: &[u8]) -> Option<&str> {
    let rest = bytes.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = rest.iter().position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(&rest[..end]).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

fn decode_utf8(bytes: &[u8]) -> Decoded<'_> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), replaced: Vec::new() };
    }
    let (mut text, mut replaced) = (String::with_capacity(bytes.len()), Vec::new());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            replaced.push(text.len());
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Decoded { text: Cow::Owned(text), replaced }
}

/// Says that a text is not UTF-8 at an offset.
pub(super) fn not_utf8(text: &str, offset: usize) -> Problem {
    let line = text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
    Problem::error("is not UTF-8 text").at_line(line)
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn text(bytes: &[u8]) -> String {
        decode(bytes).unwrap_or_else(|problem| panic!("{problem}")).text.into_owned()
    }

    fn utf16(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        mark.encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn what_is_declared_is_obeyed() {
        let xml =
            |label: &str, byte: &[u8]| [format!("<?xml encoding=\"{label}\"?><a>").as_bytes(), byte].concat();
        for (label, byte, letter) in [
            ("ISO-8859-1", &b"\xe9"[..], 'é'),
            ("iso-8859-15", b"\xa4", '€'),
            ("windows-1252", b"\x80", '€'),
            ("US-ASCII", b"x", 'x'),
            ("Shift_JIS", b"\x82\xa0", 'あ'),
            ("utf-16", "é".as_bytes(), 'é'),
            ("UTF-8", "é".as_bytes(), 'é'),
        ] {
            assert!(text(&xml(label, byte)).ends_with(letter), "{label}");
        }
        for label in ["ebcdic-cp-us", "UTF-7", "iso-2022-kr", ""] {
            assert!(decode(&xml(label, b"x")).unwrap_err().message.contains("not known"), "{label}");
        }
        assert!(decode(&xml("Shift_JIS", b"\x82")).unwrap_err().message.contains("not Shift_JIS"));
    }

    #[test]
    fn utf16_is_known_by_its_mark_and_by_how_it_begins() {
        for source in ["<testsuite/>", "{\"a\": \"é\"}", "[\"😀\"]"] {
            for mark in [true, false] {
                assert_eq!(text(&utf16(source, mark, u16::to_le_bytes)), source);
                assert_eq!(text(&utf16(source, mark, u16::to_be_bytes)), source);
            }
        }
        assert!(decode(b"\xff\xfe{\0\0\xd8").unwrap_err().message.contains("UTF-16LE"));
        assert!(decode(b"<\0\0\0").unwrap_err().message.contains("UTF-32"));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_known_by_their_place() {
        let decoded = decode(b"a\xff\xfeb\xe2\x82").unwrap();
        assert_eq!((decoded.text.as_ref(), decoded.replaced), ("a\u{fffd}\u{fffd}b\u{fffd}", vec![1, 4, 8]));
    }
}
