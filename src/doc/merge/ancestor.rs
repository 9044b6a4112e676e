//! A common ancestor that is itself a merge with conflicts: git makes one where the branches have crossed.

use std::borrow::Cow;

/// Deepest nesting of such merges that is undone.
const DEEPEST: usize = 8;

/// Returns a text with every conflict undone to what it was before: the lines between `|||||||` and `=======`. A
/// text without conflicts, or with some that do not tell, stays as it is.
pub(super) fn undone(text: &str) -> Cow<'_, str> {
    let mut found = Cow::Borrowed(text);
    for _ in 0..DEEPEST {
        match undo_once(&found) {
            Some(undone) => found = Cow::Owned(undone),
            None => break,
        }
    }
    found
}

/// The part of a conflict that a line is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Ours,
    Base,
    Theirs,
}

fn undo_once(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut within, mut size, mut is_found) = (Within::Nothing, 0, false);
    for line in text.split_inclusive('\n') {
        let mark = |mark: char, size: usize| marker(line, mark) == Some(size);
        within = match within {
            Within::Nothing => match marker(line, '<') {
                Some(found) => {
                    (size, is_found) = (found, true);
                    Within::Ours
                }
                None => {
                    out.push_str(line);
                    Within::Nothing
                }
            },
            Within::Ours if mark('|', size) => Within::Base,
            // Without the ancestor's lines a conflict does not tell what was there.
            Within::Ours if mark('=', size) => return None,
            Within::Base if mark('=', size) => Within::Theirs,
            Within::Base => {
                out.push_str(line);
                Within::Base
            }
            Within::Theirs if mark('>', size) => Within::Nothing,
            other => other,
        };
    }
    (is_found && within == Within::Nothing).then_some(out)
}

/// Returns the length of the marker that a line is.
fn marker(line: &str, mark: char) -> Option<usize> {
    let size = line.len() - line.trim_start_matches(mark).len();
    (size >= 7 && matches!(line.as_bytes().get(size), None | Some(b' ' | b'\r' | b'\n'))).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::undone;

    #[test]
    fn goes_back_behind_conflicts() {
        let inner = "<<<<<<< a\n1\n||||||| b\n0\n=======\n2\n>>>>>>> c\n";
        assert_eq!(undone(&format!("x\n{inner}y\n")), "x\n0\ny\n");
        let outer = format!("<<<<<<<<< a\n1\n||||||||| b\n{inner}=========\n2\n>>>>>>>>> c\n");
        assert_eq!(undone(&outer), "0\n");
    }

    #[test]
    fn leaves_alone_what_does_not_tell() {
        for text in ["", "a\n=======\n", "<<<<<<< a\n1\n=======\n2\n>>>>>>> c\n", "<<<<<<< a\n||||||| b\n"] {
            assert_eq!(undone(text), text);
        }
    }
}
