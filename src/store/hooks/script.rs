//! Hooks as texts: where our block goes, and the text without it.

use super::block::{BEGIN, END, Hook, Kind, block};

const SHEBANG: &str = "#!/bin/sh\n";
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox"];

/// Our block is there and cannot be distinguished from the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Torn;

/// A hook with our block in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ours {
    pub(super) kind: Kind,
    /// The text without the block.
    pub(super) rest: Vec<u8>,
    /// Whether the block is the one that would be put there now.
    pub(super) is_current: bool,
}

impl Ours {
    /// Whether the file contains nothing but what we wrote.
    pub(super) fn is_all_ours(&self) -> bool {
        self.kind != Kind::Embedded && self.rest == SHEBANG.as_bytes()
    }
}

/// Returns a hook of our own.
pub(super) fn whole(hook: Hook, kind: Kind) -> Vec<u8> {
    format!("{SHEBANG}{}\n", block(hook, kind)).into_bytes()
}

/// Whether our block can be in this text: a script for a shell of the family.
pub(super) fn is_shell_script(text: &[u8]) -> bool {
    if text.contains(&0) {
        return false;
    }
    let Some(rest) = text.strip_prefix(b"#!") else { return true };
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else { return false };
    if line.ends_with('\r') {
        return false;
    }
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let mut program = words.next();
    if program == Some("env") {
        program = words.find(|word| !word.starts_with('-') && !word.contains('='));
    }
    program.is_some_and(|program| SHELLS.contains(&program))
}

/// Puts our block after the first comments of a script that does not have it.
pub(super) fn embed(text: &[u8], hook: Hook, kind: Kind) -> Vec<u8> {
    let header: usize =
        text.split_inclusive(|byte| *byte == b'\n').take_while(|line| line[0] == b'#').map(<[u8]>::len).sum();
    let (header, rest) = text.split_at(header);
    let block = block(hook, kind);
    if header.is_empty() || header.ends_with(b"\n") {
        return [header, block.as_bytes(), b"\n", rest].concat();
    }
    // The last line has no end: ours has none either, and the text is the same again without both.
    [header, b"\n", block.as_bytes()].concat()
}

/// Finds our block; none where there is none.
pub(super) fn find(text: &[u8], hook: Hook) -> Result<Option<Ours>, Torn> {
    let Some(start) = line_of(text, BEGIN.trim_end()) else {
        return line_of(text, END).map_or(Ok(None), |_| Err(Torn));
    };
    let length = line_of(&text[start..], END).ok_or(Torn)?;
    let end = start + length + END.len();
    let written = &text[start..end];
    let second = &written[BEGIN.len().min(written.len())..];
    let kind = Kind::ALL.into_iter().find(|kind| second.starts_with(kind.line().as_bytes())).ok_or(Torn)?;
    let rest = match text.get(end) {
        Some(_) => [&text[..start], &text[end + 1..]].concat(),
        None => text[..start.saturating_sub(1)].to_owned(),
    };
    if line_of(&rest, BEGIN.trim_end()).is_some() {
        return Err(Torn);
    }
    Ok(Some(Ours { kind, rest, is_current: written == block(hook, kind).as_bytes() }))
}

/// Where a line begins that is exactly this.
fn line_of(text: &[u8], expected: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.strip_suffix(b"\n").unwrap_or(line) == expected.as_bytes() {
            return Some(at);
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPTS: [&str; 9] = [
        "",
        "#!/bin/sh",
        "#!/bin/sh\n",
        "#!/bin/sh\n# why\n\n# more\nexec other \"$@\"",
        "#!/usr/bin/env bash\nexit 0\n",
        "echo no shebang\n",
        "# only a comment",
        "#!/bin/sh\r\nexit 0\r\n",
        "\n\n#!/bin/sh\n",
    ];

    #[test]
    fn what_is_put_in_comes_out_again() {
        for script in SCRIPTS {
            for hook in Hook::ALL {
                let with = embed(script.as_bytes(), hook, Kind::Embedded);
                let ours = find(&with, hook).unwrap().unwrap();
                assert_eq!(String::from_utf8(ours.rest).unwrap(), script);
                assert_eq!((ours.kind, ours.is_current), (Kind::Embedded, true));
            }
        }
    }

    #[test]
    fn the_block_follows_the_first_comments() {
        let with = embed(SCRIPTS[3].as_bytes(), Hook::PostCommit, Kind::Embedded);
        let with = String::from_utf8(with).unwrap();
        let expected = "#!/bin/sh\n# why\n\
            # >>> tracker >>>\n\
            # Put here by `tracker hooks install`; `tracker hooks uninstall` takes it out.\n\
            if command -v tracker >/dev/null 2>&1; then\n  tracker hook post-commit \"$@\" || :\nelse\n  \
            echo 'tracker: not on PATH, so this commit moved no task' >&2\nfi\n\
            # <<< tracker <<<\n\n# more\nexec other \"$@\"";
        assert_eq!(with, expected);
    }

    #[test]
    fn shells_are_distinguished_from_other_interpreters() {
        let shells =
            ["", "echo", "#!/bin/sh -e\n", "#! /usr/bin/env -S bash -e\n", "#!/usr/bin/env A=b zsh\n"];
        for text in shells {
            assert!(is_shell_script(text.as_bytes()), "{text}");
        }
        let others = [
            "#!/usr/bin/env python3\n",
            "#!/usr/bin/fish\n",
            "#!/usr/bin/env\n",
            "#!/bin/sh\r\n",
            "\u{7f}ELF\0",
            "#!\n",
        ];
        for text in others {
            assert!(!is_shell_script(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_torn_block_is_reported() {
        let whole = String::from_utf8(whole(Hook::PrePush, Kind::Created)).unwrap();
        assert!(find(whole.as_bytes(), Hook::PrePush).unwrap().unwrap().is_all_ours());
        for torn in [
            whole.replace("# <<< tracker <<<\n", ""),
            whole.replace("# >>> tracker >>>\n", ""),
            whole.replace("# Made by", "# Changed:"),
            whole.repeat(2),
        ] {
            assert_eq!(find(torn.as_bytes(), Hook::PrePush), Err(Torn), "{torn}");
        }
    }
}
