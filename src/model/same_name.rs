//! When two texts are the same to a person: in whatever case, and with letters composed or decomposed.
//!
//! Texts are compared so and written as they were given: names of people, tags, words of a query.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Returns a text with its letters composed (NFC).
#[must_use]
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// Returns a text without its case, its letters composed.
#[must_use]
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Composed before, for the case of a letter is that of the whole, and after, for it may be taken apart by that.
    text.nfc().flat_map(folded).collect::<String>().nfc().collect()
}

/// Returns a name of a file or folder as the file systems of macOS and Windows find it, where a checkout of it ends up in
/// the same place: without case, composed, without characters of no width, streams, and dots and spaces at the end.
#[must_use]
pub(crate) fn fold_file_name(name: &str) -> Cow<'_, str> {
    // Nearly all names are so already.
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/_-.".contains(&byte);
    if name.bytes().all(is_plain) && !name.ends_with('.') {
        return Cow::Borrowed(name);
    }
    let has_width = |c: &char| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let name =
        if name.is_ascii() { fold(name) } else { fold(&name.chars().filter(has_width).collect::<String>()) };
    without_end(&name).to_owned().into()
}

/// Leaves out of a name what Windows does: a stream, and dots and spaces at the end.
#[must_use]
pub(crate) fn without_end(name: &str) -> &str {
    name.split_once(':').map_or(name, |(name, _)| name).trim_end_matches(['.', ' '])
}

/// Yields a character without its case: `Straße` and `STRASSE` come out the same, so do all three sigmas.
fn folded(c: char) -> impl Iterator<Item = char> {
    // Down, up, down: only the way up takes ß apart, and only the way down takes capital ẞ there.
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Returns whether two names are the same to a person.
#[must_use]
pub(crate) fn is_same_name(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { a == b || fold(a) == fold(b) }
}

/// Whether something is assigned, and to somebody else than a person.
#[must_use]
pub(crate) fn is_of_another(assignee: Option<&str>, person: &str) -> bool {
    assignee.is_some_and(|assignee| !is_same_name(assignee, person))
}

/// Whether a text mentions somebody: as `@` and the name, both as words of their own.
#[must_use]
pub(crate) fn is_mentioned(name: &str, text: &str) -> bool {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let (name, text) = (fold(name), fold(text));
    let mentions = |(at, _): (usize, &str)| {
        let is_begun = text[..at].chars().next_back().is_some_and(|c| is_of_word(c) || c == '.');
        let Some(rest) = text[at + 1..].strip_prefix(&name) else { return false };
        let mut rest = rest.chars();
        // A full stop ends a sentence, or goes on as an address.
        let is_longer = match rest.next() {
            Some('.' | '@') => rest.next().is_some_and(is_of_word),
            next => next.is_some_and(is_of_word),
        };
        !is_begun && !is_longer
    };
    !name.is_empty() && text.match_indices('@').any(mentions)
}

#[cfg(test)]
mod tests {
    use super::{composed, fold, fold_file_name, is_mentioned, is_same_name};

    #[test]
    fn case_is_no_difference_in_any_script() {
        for (a, b) in
            [("Straße", "STRASSE"), ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"), ("ẞ", "ss"), ("ДОМ", "дом"), ("Ǆ", "ǆ")]
        {
            assert!(is_same_name(a, b), "{a} {b}");
        }
        assert!(!is_same_name("Zoe", "Zoë"));
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        for (a, b) in [
            ("Zoe\u{308}", "Zo\u{eb}"),
            ("E\u{301}tude", "\u{c9}TUDE"),
            ("\u{1100}\u{1161}", "\u{ac00}"),
            ("A\u{30a}", "\u{212b}"),
            ("q\u{307}\u{323}", "Q\u{323}\u{307}"),
        ] {
            assert!(is_same_name(a, b), "{a} {b}");
            assert!(composed(a).chars().count() <= a.chars().count(), "{a}");
        }
    }

    #[test]
    fn names_of_files_are_folded_as_checkouts_find_them() {
        for name in ["src", "Src", "SRC.", "src. .", "s\u{200c}rc", "src:$DATA", "src::$X", "\u{17f}rc"] {
            assert_eq!(fold_file_name(name), "src", "{name}");
        }
        assert_eq!(fold_file_name("se\u{301}c"), fold_file_name("S\u{c9}C"));
        assert_eq!(fold_file_name(".github"), ".github");
    }

    #[test]
    fn a_mention_is_a_word_of_its_own() {
        for text in ["@ada please", "ask @Ada.", "(@ADA)", "x\n@ada", "@ada: look", "@bob @ada"] {
            assert!(is_mentioned("Ada", text), "{text}");
        }
        for text in ["ada", "@adam", "me@ada", "@ada-b", "@ada.b", "@ada@example.com", "", "@"] {
            assert!(!is_mentioned("ada", text), "{text}");
        }
        assert!(is_mentioned("Ada Lovelace", "cc @ada lovelace") && !is_mentioned("", "@"));
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for c in '\0'..=char::MAX {
            let once = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }
}
