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

/// Counts brackets, by rules that know quotes and nothing else.
fn brackets(bytes: &[u8]) -> Result<(), Failure> {
    let (mut at, mut depth, mut line) = (0, 0_usize, 1);
    let mut before = b' ';
    while let Some(&byte) = bytes.get(at) {
        let begins = matches!(before, b' ' | b'\t' | b'\n' | b'[' | b'{' | b',' | b':');
        match byte {
            b'"' | b'\'' if begins => {
                if let Some(end) = quoted_end(bytes, at, bytes.len()) {
                    line += bytes[at..end].iter().filter(|&&byte| byte == b'\n').count();
                    before = b'"';
                    at = end;
                    continue;
                }
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' => line += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(failure(line, "brackets"));
        }
        before = byte;
        at += 1;
    }
    Ok(())
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
}
