//! A document's own text within a message.

/// Longest piece of a document that a message contains, in characters.
const LONGEST: usize = 64;

/// Returns a text of the document as a message may hold it: not too long and without control characters.
pub(super) fn printable(text: &str) -> String {
    let mut out: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn shortens_and_defuses() {
        assert_eq!(printable("a\u{1b}[31m\n"), "a\u{fffd}[31m\u{fffd}");
        assert_eq!(printable(&"é".repeat(70)), format!("{}…", "é".repeat(64)));
    }
}
