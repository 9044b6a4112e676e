//! Texts without their case.

use std::borrow::Cow;

/// Up to this length a text is searched as it stands; a longer one is folded once and searched in linear time.
const SHORT: usize = 256;

/// Yields a character without its case: `Straße` and `STRASSE` come out the same, so do all three sigmas.
fn folded(c: char) -> impl Iterator<Item = char> {
    // Down, up, down: only the way up takes ß apart, and only the way down takes capital ẞ there.
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Yields a text's characters without their case.
pub(super) fn folded_chars(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(folded)
}

/// Returns a text without its case.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { folded_chars(text).collect() }
}

/// A text to be searched, which compares equal to folded texts. Short ASCII, nearly everything, is not copied.
pub(super) struct Haystack<'a> {
    text: Cow<'a, str>,
}

impl<'a> Haystack<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let as_it_stands = text.len() <= SHORT && text.is_ascii();
        Self { text: if as_it_stands { Cow::Borrowed(text) } else { Cow::Owned(fold(text)) } }
    }

    /// Returns the whole of it.
    pub(super) fn rest(&self) -> Rest<'_> {
        Rest(&self.text)
    }
}

/// The part of a haystack that is still to be matched. Needles are folded texts.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    pub(super) fn without_prefix(self, needle: &str) -> Option<Self> {
        let (head, tail) = self.0.split_at_checked(needle.len())?;
        head.eq_ignore_ascii_case(needle).then_some(Self(tail))
    }

    pub(super) fn without_suffix(self, needle: &str) -> Option<Self> {
        let (head, tail) = self.0.split_at_checked(self.0.len().checked_sub(needle.len())?)?;
        tail.eq_ignore_ascii_case(needle).then_some(Self(head))
    }

    /// Returns what follows the first place where the needle stands.
    pub(super) fn after(self, needle: &str) -> Option<Self> {
        let at = if self.0.len() > SHORT {
            self.0.find(needle)
        } else {
            find(self.0.as_bytes(), needle.as_bytes())
        }?;
        self.0.get(at + needle.len()..).map(Self)
    }
}

/// Finds a folded needle in a short text, letting the case of ASCII letters aside.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((first, others)) = needle.split_first() else { return Some(0) };
    hay.windows(needle.len()).position(|window| {
        window[0].to_ascii_lowercase() == *first && window[1..].eq_ignore_ascii_case(others)
    })
}

#[cfg(test)]
mod tests {
    use super::{Haystack, fold};

    #[test]
    fn folding_forgets_case_in_every_script() {
        for (a, b) in
            [("Straße", "STRASSE"), ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"), ("ẞ", "ss"), ("ДОМ", "дом"), ("Ǆ", "ǆ")]
        {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for c in '\0'..=char::MAX {
            let once = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    #[test]
    fn short_and_long_texts_are_searched_alike() {
        for text in ["Dark Mode", "Dunkler Mödus Dark Mode", &format!("{}Dark MODE", "x".repeat(1000))] {
            let hay = Haystack::new(text);
            assert!(hay.rest().after("dark mode").is_some(), "{text}");
            assert!(hay.rest().after("dark moder").is_none(), "{text}");
            assert!(hay.rest().after("dark").and_then(|rest| rest.after("dark")).is_none(), "{text}");
        }
    }
}
