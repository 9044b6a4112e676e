//! Which of some known words a mistyped one was meant to be.

/// Longest word worth comparing, in characters: the comparison is quadratic.
const LONGEST: usize = 40;

/// Returns the known word that is nearest to a mistyped one, if one is near: one it begins or ends, or one that a few
/// typing errors turn into it.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters =
        |word: &str| -> String { word.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect() };
    let word = letters(word);
    let length = word.chars().count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let allowed = (length / 3).max(1);
    let rate = |candidate: &'a str| {
        let letters = letters(candidate);
        let of_it = letters.chars().count();
        let begins = length >= 2 && letters.starts_with(&word);
        let ends = length >= 4 && letters.ends_with(&word);
        let distance = match of_it.abs_diff(length) {
            _ if begins || ends => 1,
            // Too far without a look at the letters.
            longer if longer > allowed => return None,
            _ => strsim::osa_distance(&word, &letters),
        };
        // A word of which nothing is left is no correction.
        (distance <= allowed && distance < of_it).then_some((distance, candidate))
    };
    known.into_iter().filter_map(rate).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Whether a word is another but for one typing error: a letter too many, too few, another, or two in each other's place.
#[must_use]
pub fn is_one_typo(word: &str, other: &str) -> bool {
    // Words of other lengths are not compared: one of them may be as long as somebody likes.
    word.chars().count().abs_diff(other.chars().count()) <= 1 && strsim::osa_distance(word, other) == 1
}

#[cfg(test)]
mod tests {
    use super::{is_one_typo, nearest};

    #[test]
    fn finds_what_was_meant() {
        let known = ["stage", "status", "since", "title", "priority"];
        for (word, meant) in [
            ("staeg", Some("stage")),
            ("Stag", Some("stage")),
            ("pri", Some("priority")),
            ("tittle", Some("title")),
            ("iority", Some("priority")),
            ("prioirty", Some("priority")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest(&"s".repeat(100_000), known), None);
    }

    #[test]
    fn one_typing_error_is_not_none_and_not_two() {
        for (word, other, is) in [
            ("titel", "title", true),
            ("tile", "title", true),
            ("title", "title", false),
            ("tiel", "title", false),
            ("größe", "grösse", false),
            ("größe", "größen", true),
        ] {
            assert_eq!(is_one_typo(word, other), is, "{word}");
        }
        assert!(!is_one_typo(&"t".repeat(10_000_000), "title"), "a long word is not compared");
    }
}
