//! Limits checked before the parser sees a text: its time is quadratic in the depth of brackets, and of lists that
//! begin on one line.

use super::Failure;
use super::flow::quoted_end;

/// Deepest nesting accepted.
const DEEPEST: usize = 64;

/// Refuses a text that is nested too deeply.
pub(super) fn check(text: &str) -> Result<(), Failure> {
    brackets(text.as_bytes())?;
    let too_deep = text.lines().position(|line| dashes(line) > DEEPEST);
    too_deep.map_or(Ok(()), |at| Err(failure(at + 1, "lists")))
}

fn failure(line: usize, what: &str) -> Failure {
    Failure { line, message: format!("{what} are nested more than {DEEPEST} deep") }
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
            let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            return Err(failure(line, "brackets"));
        }
    }
    Ok(())
}

/// Returns where a value may begin behind what stands at `at`: behind a blank, a dash, an anchor or tag, or behind
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

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn knows_where_it_is_too_deep() {
        assert!(check(&format!("a: {}{}", "[".repeat(64), "]".repeat(64))).is_ok());
        assert_eq!(check(&format!("a:\n  b: {}", "[".repeat(65))).unwrap_err().line, 2);
        assert!(check(&format!("a: \"{}\"\nb: '{}'", "[".repeat(65), "{".repeat(65))).is_ok());
        assert!(check(&format!("a:\n  {}x", "- ".repeat(64))).is_ok());
        for deep in ["- ", "? ", "-  ", "- ? "] {
            let text = format!("a:\n\n  {}x", deep.repeat(130 / deep.len() + 65));
            assert_eq!(check(&text).unwrap_err().line, 3, "{deep}");
        }
    }

    #[test]
    fn brackets_in_a_plain_text_are_text() {
        let text = "{open ".repeat(100);
        assert!(check(&format!("a: x {text}\nb: (x {text}\nc:\n  - x {text}\n")).is_ok());
        for begin in ["", "a: ", "- a: ", "'a': ", "a:\n  ", "- ? ", "a: &a ", "a: !t ", "a b:\t", "{a: b}\n"]
        {
            assert!(check(&format!("{begin}{text}")).is_err(), "{begin}");
        }
    }
}
