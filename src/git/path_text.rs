//! Paths as text. git's are bytes; those that are not UTF-8 are written so that no two paths have one text, and that
//! the text leads back to the file: else a file could hide behind the name of another.

use std::borrow::Cow;

use gix::bstr::{BStr, BString, ByteSlice};

/// Stands before the two digits of a byte that is no text, and before itself.
const MARK: char = char::REPLACEMENT_CHARACTER;

/// Returns a path as text. A byte that is not UTF-8 becomes `�` and two hexadecimal digits, and `�` is doubled.
pub(super) fn text_of(path: &BStr) -> String {
    if let Ok(text) = path.to_str()
        && !text.contains(MARK)
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(path.len() + 8);
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            text.push(c);
            if c == MARK {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("{MARK}{byte:02x}"));
        }
    }
    text
}

/// Returns the path that a text stands for.
pub(super) fn path_of(text: &str) -> Cow<'_, BStr> {
    if !text.contains(MARK) {
        return Cow::Borrowed(BStr::new(text));
    }
    let mut path = BString::default();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(MARK) {
        path.extend_from_slice(before.as_bytes());
        let byte = behind.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match byte {
            Some(byte) => {
                path.push(byte);
                &behind[2..]
            }
            None => {
                path.extend_from_slice(MARK.encode_utf8(&mut [0; 4]).as_bytes());
                behind.strip_prefix(MARK).unwrap_or(behind)
            }
        };
    }
    path.extend_from_slice(rest.as_bytes());
    Cow::Owned(path)
}

#[cfg(test)]
mod tests {
    use gix::bstr::{BStr, ByteSlice};

    use super::{path_of, text_of};

    #[test]
    fn every_path_has_a_text_of_its_own_that_leads_back() {
        let paths: [&[u8]; 8] = [
            b"src/a.rs",
            b"src/\xfe.rs",
            b"src/\xff.rs",
            b"\xe2\x82",
            "src/\u{fffd}.rs".as_bytes(),
            "src/\u{fffd}fe.rs".as_bytes(),
            "\u{fffd}\u{fffd}\u{fffd}".as_bytes(),
            "größe".as_bytes(),
        ];
        let mut texts: Vec<String> = paths.iter().map(|path| text_of(BStr::new(path))).collect();
        for (path, text) in paths.iter().zip(&texts) {
            assert_eq!(path_of(text).as_bytes(), *path, "{text}");
        }
        assert_eq!((texts[0].as_str(), texts[1].as_str()), ("src/a.rs", "src/\u{fffd}fe.rs"));
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), paths.len());
    }
}
