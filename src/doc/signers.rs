//! The list of allowed signers, looked through for lines by which nobody can ever sign.
//!
//! A line is `principals [options] kind key [comment]`, as `ssh-keygen` reads it: see "ALLOWED SIGNERS" in ssh-keygen(1).

use data_encoding::BASE64;

use crate::model::Problem;

/// What the kinds of keys begin with.
const KINDS: [&str; 3] = ["ssh-", "ecdsa-", "sk-"];

/// Returns a warning for each line that is no signer's.
pub(super) fn signers_problems(bytes: &[u8]) -> Vec<Problem> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let found = lines.filter_map(|(number, line)| Some((number, what_is_wrong(line)?)));
    let hint = "write `ADDRESS ssh-ed25519 AAAA…`, with what `ssh-add -L` or a .pub file shows";
    found
        .map(|(number, wrong)| {
            Problem::warning(format!("nobody can sign by this line: {wrong}")).at_line(number).with_hint(hint)
        })
        .collect()
}

fn what_is_wrong(line: &str) -> Option<String> {
    let words = words_of(line);
    // Options come between the principals and the key.
    let kind_at = (1..=2).find(|at| words.get(*at).is_some_and(|word| is_kind(word)));
    let Some(kind_at) = kind_at else {
        return Some(format!("it has no kind of key after `{}`", words[0]));
    };
    let kind = words[kind_at];
    let Some(key) = words.get(kind_at + 1) else {
        return Some(format!("it has no key after {kind}"));
    };
    match BASE64.decode(key.as_bytes()) {
        Ok(blob) if kind_in(&blob) == Some(kind.as_bytes()) => None,
        Ok(_) => Some(format!("its key is none of {kind}")),
        Err(_) => Some(format!("`{key}` is no key")),
    }
}

fn is_kind(word: &str) -> bool {
    KINDS.iter().any(|beginning| word.starts_with(beginning))
}

/// Returns the words of a line; what is in quotes is one with what is around it.
fn words_of(line: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let is_end = |c: char| {
        is_quoted ^= c == '"';
        !is_quoted && c.is_whitespace()
    };
    line.split(is_end).filter(|word| !word.is_empty()).collect()
}

/// Returns the kind that a key itself names, of which it begins with the length.
fn kind_in(blob: &[u8]) -> Option<&[u8]> {
    let (length, rest) = blob.split_first_chunk()?;
    rest.get(..u32::from_be_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::signers_problems;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJ8T5tE2nNQ0cVHnZ6uQY6m9dD0kF9p1O4xP8xJ0tq3B";

    #[test]
    fn a_line_by_which_nobody_can_sign_is_named() {
        let text = format!(
            "# the team\n\nada@example.com ssh-ed25519 {KEY} ada\n\
             \"bob@example.com,b@home\" namespaces=\"git, file\",valid-before=\"20300101\" ssh-ed25519 {KEY}\n\
             grace@example.com ssh-ed25519 AAAAgarbage\nken@example.com\nthis is not a signer\n\
             eve@example.com ssh-rsa {KEY}\nmal@example.com ssh-ed25519\n"
        );
        let found: Vec<String> = signers_problems(text.as_bytes())
            .iter()
            .map(|problem| format!("{:?} {}", problem.line, problem.message))
            .collect();
        assert_eq!(
            found,
            [
                "Some(5) nobody can sign by this line: `AAAAgarbage` is no key",
                "Some(6) nobody can sign by this line: it has no kind of key after `ken@example.com`",
                "Some(7) nobody can sign by this line: it has no kind of key after `this`",
                "Some(8) nobody can sign by this line: its key is none of ssh-rsa",
                "Some(9) nobody can sign by this line: it has no key after ssh-ed25519",
            ]
        );
    }
}
