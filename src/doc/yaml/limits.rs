//! Limits checked before the parser sees a text: its time is quadratic in the depth of brackets.

use super::Failure;
use super::flow::quoted_end;

/// Deepest nesting of brackets accepted.
const DEEPEST: usize = 64;

/// Refuses brackets nested too deeply, by a count that knows quotes and nothing else.
pub(super) fn check(text: &str) -> Result<(), Failure> {
    let bytes = text.as_bytes();
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
            let message = format!("brackets are nested more than {DEEPEST} deep");
            return Err(Failure { line, message });
        }
        before = byte;
        at += 1;
    }
    Ok(())
}
