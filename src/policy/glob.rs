//! Globs over paths, as `.gitignore` writes them.
//!
//! `*` and `?` stay within one folder, `**` crosses folders, `[a-c]` is one of some characters. A pattern without a
//! `/` matches at any depth, one with a `/` from the top. A pattern that matches a folder matches all that is in
//! it. Patterns come from a repository, so matching takes no more than length times length steps.

/// Tells whether a list of globs selects a path. The last glob that matches decides; one that begins with `!`
/// takes paths out again.
#[must_use]
pub fn is_selected(globs: &[String], path: &str) -> bool {
    let deciding = globs.iter().rev().find(|glob| matches(glob.strip_prefix('!').unwrap_or(glob), path));
    deciding.is_some_and(|glob| !glob.starts_with('!'))
}

/// Tells whether a glob matches a path below the repository, with `/`.
fn matches(glob: &str, path: &str) -> bool {
    let anchored = glob.trim_end_matches('/').contains('/');
    let only_folders = glob.ends_with('/');
    let mut pattern: Vec<&str> = glob.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if pattern.is_empty() {
        return false;
    }
    if !anchored {
        pattern.insert(0, "**");
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    folders_match(&pattern, &parts, only_folders)
}

/// Matches folder by folder; a pattern that is used up by a folder matches all that is in it. Only the last `**` is
/// ever tried again, so the time is quadratic at worst.
fn folders_match(pattern: &[&str], parts: &[&str], only_folders: bool) -> bool {
    let (mut at, mut part) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while part < parts.len() {
        match pattern.get(at) {
            None => return true,
            Some(&"**") => {
                retry = Some((at, part));
                at += 1;
            }
            Some(glob) if name_matches(glob, parts[part]) => {
                at += 1;
                part += 1;
            }
            Some(_) => match retry {
                Some((stars, tried)) => {
                    retry = Some((stars, tried + 1));
                    at = stars + 1;
                    part = tried + 1;
                }
                None => return false,
            },
        }
    }
    // A closing `**` is all within a folder and not the folder itself, so it must have had something to match.
    at == pattern.len() && !only_folders
}

/// Matches one name. Only the last `*` is ever tried again.
pub(super) fn name_matches(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut next) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while next < name.len() {
        let step = match glob.get(at) {
            Some('*') => {
                retry = Some((at, next));
                at += 1;
                continue;
            }
            Some(_) => one_matches(&glob[at..], name[next]),
            None => None,
        };
        match (step, retry) {
            (Some(length), _) => {
                at += length;
                next += 1;
            }
            (None, Some((star, tried))) => {
                retry = Some((star, tried + 1));
                at = star + 1;
                next = tried + 1;
            }
            (None, None) => return false,
        }
    }
    glob[at..].iter().all(|&c| c == '*')
}

/// Matches one character; returns how much of the glob stands for it.
fn one_matches(glob: &[char], c: char) -> Option<usize> {
    match glob {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == c).then_some(2),
        ['[', rest @ ..] => match class(rest, c) {
            Some((length, is_in)) => is_in.then_some(length + 1),
            // A bracket that is not closed is a bracket.
            None => (c == '[').then_some(1),
        },
        [literal, ..] => (*literal == c).then_some(1),
        [] => None,
    }
}

/// Reads `abc]`, `a-z]`, `!a]`: its length, and whether the character is in it. None where it is not closed.
fn class(glob: &[char], c: char) -> Option<(usize, bool)> {
    let negated = matches!(glob.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut is_in = false;
    loop {
        match *glob.get(at)? {
            ']' if at > first => return Some((at + 1, is_in != negated)),
            low => {
                let range =
                    glob.get(at + 1) == Some(&'-') && glob.get(at + 2).is_some_and(|&high| high != ']');
                let high = if range { glob[at + 2] } else { low };
                is_in |= (low..=high).contains(&c);
                at += if range { 3 } else { 1 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_selected;

    fn selects(glob: &str, path: &str) -> bool {
        is_selected(&[glob.to_owned()], path)
    }

    #[test]
    fn selects_as_git_does() {
        for (glob, path) in [
            ("src/**", "src/a.rs"),
            ("src/**", "src/a/b.rs"),
            ("src/", "src/a/b.rs"),
            ("src", "src/a.rs"),
            ("src", "lib/src/a.rs"),
            ("/src", "src/a.rs"),
            ("*.rs", "src/a.rs"),
            ("src/*.rs", "src/a.rs"),
            ("**/a.rs", "a.rs"),
            ("**/a.rs", "x/y/a.rs"),
            ("src/**/b.rs", "src/b.rs"),
            ("src/**/b.rs", "src/x/y/b.rs"),
            ("**", "a"),
            ("a?c", "abc"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]x", "]x"),
            ("a[", "a["),
            ("\\*", "*"),
            ("docs/*", "docs/a/b.md"),
            ("./src/a.rs", "src/a.rs"),
            ("größe*", "größen.md"),
        ] {
            assert!(selects(glob, path), "{glob} selects {path}");
        }
        for (glob, path) in [
            ("src/**", "src"),
            ("src/**", "lib/src/a.rs"),
            ("src/", "src"),
            ("/src", "lib/src/a.rs"),
            ("src/*.rs", "src/x/a.rs"),
            ("*.rs", "a.rss"),
            ("a?c", "a/c"),
            ("[!a-c]x", "bx"),
            ("", "a"),
            ("/", "a"),
            ("SRC/**", "src/a"),
        ] {
            assert!(!selects(glob, path), "{glob} does not select {path}");
        }
    }

    #[test]
    fn the_last_that_matches_decides() {
        let globs = ["src/**", "!src/generated/**", "src/generated/keep.rs"].map(str::to_owned);
        assert!(is_selected(&globs, "src/a.rs"));
        assert!(!is_selected(&globs, "src/generated/a.rs"));
        assert!(is_selected(&globs, "src/generated/keep.rs"));
        assert!(!is_selected(&globs, "docs/a.md"));
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let glob = format!("{}b", "**/a*/".repeat(200));
        assert!(!selects(&glob, &"a/".repeat(2000)));
        assert!(!selects(&"*a".repeat(500), &"a".repeat(499)));
    }
}
