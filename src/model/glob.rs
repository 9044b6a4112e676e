//! Globs over paths, with git's own meaning.
//!
//! Each name between two `/` is matched as git does (`*`, `?`, `[a-c]`, `[[:alpha:]]`, `\*`); `**` crosses folders. A
//! pattern without a `/` matches at any depth, one with a `/` from the top. A pattern that matches a folder matches all
//! that is in it. Patterns come from a repository, so matching takes no more than length times length steps.

use std::fmt;

use gix_glob::wildmatch::Mode;

use super::same_name::{fold, fold_file_name, without_end};

/// Most `*` in one name: git's matcher gives up on more.
const MOST_STARS: usize = 32;
/// The classes of characters that git knows.
const CLASSES: [&str; 12] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
    "xdigit",
];

/// Why a glob cannot be read: it would select nothing, whatever was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GlobError {
    /// No name is in it.
    Empty,
    /// A `[` is not closed within its name.
    OpenBracket,
    /// Such as `[[:letter:]]`.
    UnknownClass(String),
    /// A `\` at the end of a name escapes nothing.
    OpenEscape,
    /// More than git's matcher follows.
    TooManyStars,
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it names nothing"),
            Self::OpenBracket => {
                f.write_str("a `[` is not closed before the next `/`; write `\\[` for a bracket")
            }
            Self::UnknownClass(class) => {
                write!(f, "unknown class `{class}` (expected {})", CLASSES.join(", "))
            }
            Self::OpenEscape => f.write_str("a `\\` escapes nothing"),
            Self::TooManyStars => write!(f, "a name has more than {MOST_STARS} `*`"),
        }
    }
}

impl std::error::Error for GlobError {}

/// Checks that a glob, with or without a `!` in front, is one that can select something.
///
/// # Errors
/// Why it cannot be read.
pub fn check_glob(glob: &str) -> Result<(), GlobError> {
    let mut names = names_of(glob.strip_prefix('!').unwrap_or(glob)).peekable();
    if names.peek().is_none() {
        return Err(GlobError::Empty);
    }
    names.try_for_each(check_name)
}

fn check_name(name: &str) -> Result<(), GlobError> {
    if name.bytes().filter(|byte| *byte == b'*').count() > MOST_STARS {
        return Err(GlobError::TooManyStars);
    }
    let mut rest = name;
    while let Some(at) = rest.find(['\\', '[']) {
        let after = &rest[at + 1..];
        rest = if rest.as_bytes()[at] == b'[' {
            after_class(after)?
        } else {
            let mut escaped = after.chars();
            escaped.next().ok_or(GlobError::OpenEscape)?;
            escaped.as_str()
        };
    }
    Ok(())
}

/// Returns what follows a `[` and its `]`.
fn after_class(text: &str) -> Result<&str, GlobError> {
    let text = text.strip_prefix(['!', '^']).unwrap_or(text);
    let mut rest = text;
    loop {
        let mut chars = rest.chars();
        let c = chars.next().ok_or(GlobError::OpenBracket)?;
        if c == ']' && rest.len() < text.len() {
            return Ok(chars.as_str());
        }
        rest = match (c, rest.strip_prefix("[:")) {
            ('\\', _) => {
                chars.next().ok_or(GlobError::OpenBracket)?;
                chars.as_str()
            }
            (_, Some(class)) if class.contains(":]") => {
                let (class, after) = class.split_once(":]").unwrap_or((class, ""));
                if !CLASSES.contains(&class) {
                    return Err(GlobError::UnknownClass(class.to_owned()));
                }
                after
            }
            _ => chars.as_str(),
        };
    }
}

/// Whether a list of globs selects a path. The last glob that matches decides; one that begins with `!`
/// takes paths out again. `!*.md` takes out files of that name, and not what lies in a folder called so: whoever makes the
/// folder would choose that nobody looks.
#[must_use]
pub fn is_selected(globs: &[String], path: &str) -> bool {
    decides(globs, |glob| matches(glob, path, Names::AsWritten), |glob| matches_file(glob, path))
}

/// Whether a list of globs permits a path: what needs no review, or what a worker may touch. A pattern of names permits
/// files of that name alone, and what is taken out is so in whatever spelling a checkout puts in its place.
#[must_use]
pub fn is_permitted(globs: &[String], path: &str) -> bool {
    decides(globs, |glob| matches_file(glob, path), |glob| matches(glob, path, Names::Folded))
}

/// Whether a list of globs selects a path, or what a checkout may put in its place: names that differ in case or in how
/// letters are composed are one on many systems ([`fold_file_name`]), and what is no folder matches where a glob has a
/// folder, since a link there leads anywhere. What is taken out must match as it is written. For lists of what somebody
/// has to look at; for what somebody may do there is [`is_permitted`].
#[must_use]
pub fn may_select(globs: &[String], path: &str) -> bool {
    decides(globs, |glob| matches(glob, path, Names::Folded), |glob| matches_file(glob, path))
}

/// Whether the last glob that matches selects, rather than takes out.
fn decides(globs: &[String], selects: impl Fn(&str) -> bool, takes_out: impl Fn(&str) -> bool) -> bool {
    let is_deciding = |glob: &&String| match glob.strip_prefix('!') {
        Some(taken_out) => takes_out(taken_out),
        None => selects(glob),
    };
    globs.iter().rev().find(is_deciding).is_some_and(|glob| !glob.starts_with('!'))
}

/// Whether a glob matches a path as it is written, a pattern of names the name of the file alone.
fn matches_file(glob: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches(glob, if is_of_names(glob) { name } else { path }, Names::AsWritten)
}

/// Whether a glob is a pattern of names, such as `*.md`, that matches at any depth.
fn is_of_names(glob: &str) -> bool {
    !glob.contains('/') && glob.contains(['*', '?', '['])
}

fn names_of(glob: &str) -> impl Iterator<Item = &str> {
    glob.split('/').filter(|name| !name.is_empty() && *name != ".")
}

/// How names are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Byte by byte.
    AsWritten,
    /// As file systems that fold names do.
    Folded,
}

/// Whether a glob matches a path below the repository, with `/`.
fn matches(glob: &str, path: &str, names: Names) -> bool {
    if glob == "**" {
        return !path.is_empty();
    }
    if names == Names::AsWritten && !path.starts_with(beginning(glob)) {
        return false;
    }
    let anchored = glob.trim_end_matches('/').contains('/');
    let only_folders = glob.ends_with('/');
    let mut pattern: Vec<&str> = names_of(glob).collect();
    if pattern.is_empty() {
        return false;
    }
    if !anchored {
        pattern.insert(0, "**");
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    folders_match(&pattern, &parts, only_folders, names)
}

/// Returns what every path begins with that a glob matches as it is written: whole names, and none where the glob is not
/// written in the plainest way.
fn beginning(glob: &str) -> &str {
    let plain = &glob[..glob.find(['*', '?', '[', '\\']).unwrap_or(glob.len())];
    let folders = plain.rfind('/').map_or("", |at| &plain[..=at]);
    let is_plain = !folders.starts_with(['/', '.']) && !folders.contains("//") && !folders.contains("/.");
    if is_plain && folders.len() < glob.len() { folders } else { "" }
}

/// Matches folder by folder; a pattern that is used up by a folder matches all that is in it. Only the last `**` is
/// ever tried again, so the time is quadratic at worst.
fn folders_match(pattern: &[&str], parts: &[&str], only_folders: bool, names: Names) -> bool {
    let (mut at, mut part) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while part < parts.len() {
        match pattern.get(at) {
            None => return true,
            Some(&"**") => {
                retry = Some((at, part));
                at += 1;
            }
            Some(glob) if name_matches(glob, parts[part], names) => {
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
    match (names, &pattern[at..]) {
        // A closing `**` is all within a folder and not the folder itself, so it must have had something to match.
        (Names::AsWritten, rest) => rest.is_empty() && !only_folders,
        (Names::Folded, [] | ["**"]) => true,
        (Names::Folded, _) => pattern[..at].iter().all(|name| !is_wild(name)),
    }
}

/// Whether some path may match both globs. What is in brackets may be any text; a name without wildcards at the end may be
/// that of a folder.
#[must_use]
pub fn may_overlap(one: &str, other: &str) -> bool {
    let split = |glob| -> Vec<&str> {
        let parts: Vec<&str> = names_of(glob).collect();
        let at_any_depth = !glob.contains('/');
        let may_be_folder = parts.last().is_some_and(|last| !is_wild(last));
        let any = |is_there: bool| is_there.then_some("**");
        any(at_any_depth).into_iter().chain(parts).chain(any(may_be_folder)).collect()
    };
    have_common(&split(one), &split(other), |name| *name == "**", |one, other| names_overlap(one, other))
}

/// Returns a glob of the first list that may match a path which the second matches too.
#[must_use]
pub fn first_overlap<'g>(globs: &'g [String], others: &[String]) -> Option<&'g str> {
    let is_taken_out = |glob: &str| globs.iter().any(|out| out.strip_prefix('!') == Some(glob));
    let overlaps = |glob: &&String| {
        let mut others = others.iter().filter(|other| !other.starts_with('!'));
        others.any(|other| may_be_one(glob, other) && !is_taken_out(other))
    };
    globs.iter().filter(|glob| !glob.starts_with('!')).find(overlaps).map(String::as_str)
}

/// The same of what somebody writes: a path without wildcards is that file, or all of that folder.
fn may_be_one(one: &str, other: &str) -> bool {
    if is_wild(one) || is_wild(other) {
        return may_overlap(one, other);
    }
    let (one, other): (Vec<&str>, Vec<&str>) = (names_of(one).collect(), names_of(other).collect());
    one.starts_with(&other) || other.starts_with(&one)
}

fn names_overlap(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> Vec<char> {
        let (plain, bracket) = name.split_once('[').map_or((name, None), |(plain, _)| (plain, Some('*')));
        plain.chars().chain(bracket).collect()
    };
    let is_like = |one: &char, other: &char| one == other || *one == '?' || *other == '?';
    have_common(&letters(one), &letters(other), |letter| *letter == '*', is_like)
}

/// Whether two patterns may match the same: an item that is any matches any number of items. Takes as many steps as the
/// one length times the other.
fn have_common<T>(
    one: &[T],
    other: &[T],
    is_any: impl Fn(&T) -> bool,
    is_like: impl Fn(&T, &T) -> bool,
) -> bool {
    // What the rests of the first pattern from the next item on have in common with each rest of the second.
    let mut below = vec![false; other.len() + 1];
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for beside in (0..=other.len()).rev() {
            row[beside] = match (one.get(at), other.get(beside)) {
                (None, None) => true,
                (Some(item), second) if is_any(item) => below[beside] || second.is_some() && row[beside + 1],
                (first, Some(item)) if is_any(item) => row[beside + 1] || first.is_some() && below[beside],
                (Some(first), Some(second)) => is_like(first, second) && below[beside + 1],
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

fn is_wild(glob: &str) -> bool {
    glob.contains(['*', '?', '[', '\\'])
}

fn name_matches(glob: &str, name: &str, names: Names) -> bool {
    let is_match = |glob: &str, name: &str, mode: Mode| match is_wild(glob) {
        true => gix_glob::wildmatch(glob.into(), name.into(), Mode::NO_MATCH_SLASH_LITERAL | mode),
        false if mode == Mode::IGNORE_CASE => glob.eq_ignore_ascii_case(name),
        false => glob == name,
    };
    if is_match(glob, name, Mode::empty()) {
        return true;
    }
    if names == Names::AsWritten {
        return false;
    }
    if glob.is_ascii() && name.is_ascii() {
        return is_match(glob, without_end(name), Mode::IGNORE_CASE);
    }
    is_match(&fold(glob), &fold_file_name(name), Mode::empty())
}

#[cfg(test)]
mod tests {
    use super::{GlobError, check_glob, first_overlap, is_permitted, is_selected, may_overlap, may_select};

    #[test]
    fn target_files_overlap_however_their_path_is_written() {
        let overlaps =
            |one: &str, other: &str| first_overlap(&[one.to_owned()], &[other.to_owned()]).is_some();
        for other in ["src/a.rs", "src//a.rs", "./src/a.rs", "src/./a.rs", "src//", "/src", ".", "src//*.rs"]
        {
            assert!(overlaps("src/a.rs", other) && overlaps(other, "src//a.rs"), "{other}");
        }
        for other in ["src/a.rsx", "sr", "src/b.rs", "a.rs"] {
            assert!(!overlaps("src/a.rs", other) && !overlaps(other, "src/a.rs"), "{other}");
        }
    }

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
            ("a\\[", "a["),
            ("src/[[:alpha:]]*.rs", "src/a1.rs"),
            ("[[:upper:][:digit:]_]*.md", "README.md"),
            ("[^a-c]x", "dx"),
            ("[\\]]x", "]x"),
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
    fn names_are_one_where_a_checkout_puts_them_in_one_place() {
        for (glob, path) in [
            ("SRC/**", "src/a"),
            ("src/**", "Src/a.rs"),
            ("src/**", "src./a.rs"),
            ("src/**", "s\u{200c}rc/a.rs"),
            ("s\u{e9}c/**", "se\u{301}c/a.rs"),
            ("se\u{301}c/*.rs", "S\u{c9}C/a.RS"),
            ("*.rs", "A.RS"),
            ("[a-c]x", "BX"),
            (".github/**", ".GitHub/workflows/x.yml"),
        ] {
            assert!(may_select(&[glob.to_owned()], path), "{glob} may select {path}");
            assert!(!selects(glob, path), "{glob} does not select {path} as it is written");
        }
        for (glob, path) in [("src/**", "srcs/a.rs"), ("src/**", "lib/Src/a.rs"), ("*.rs", "a.rss")] {
            assert!(!may_select(&[glob.to_owned()], path), "{glob} {path}");
        }
        let globs = ["src/**", "!src/generated/**"].map(str::to_owned);
        assert!(may_select(&globs, "src/Generated/a.rs"), "what is taken out is so as it is written");
        assert!(!may_select(&globs, "src/generated/a.rs"));
    }

    #[test]
    fn what_is_no_folder_belongs_to_whoever_has_the_folder() {
        for (glob, path) in [
            ("src/**", "src"),
            ("src/", "src"),
            ("src/*.rs", "src"),
            ("src/api/**", "src"),
            ("src/**/b.rs", "src"),
            ("lib/*/gen/**", "lib/a/gen"),
            (".github/workflows/**", ".github"),
        ] {
            assert!(may_select(&[glob.to_owned()], path), "{glob} may select {path}");
            assert!(!selects(glob, path), "{glob} does not select {path} as it is written");
        }
        for (glob, path) in [("src/**/b.rs", "lib"), ("*/src/**", "README.md"), ("**/src/**", "README.md")] {
            assert!(!may_select(&[glob.to_owned()], path), "{glob} {path}");
        }
        let globs = ["**", "!docs/**"].map(str::to_owned);
        assert!(may_select(&globs, "docs"), "a link in the place of what is taken out");
    }

    #[test]
    fn the_last_that_matches_decides() {
        let globs = ["src/**", "!src/generated/**", "src/generated/keep.rs"].map(str::to_owned);
        assert!(is_selected(&globs, "src/a.rs"));
        assert!(!is_selected(&globs, "src/generated/a.rs"));
        assert!(is_selected(&globs, "src/generated/keep.rs"));
        assert!(!is_selected(&globs, "docs/a.md"));
        let globs = ["**", "!docs/**", "!*.md"].map(str::to_owned);
        assert!(!is_selected(&globs, "lib/a.md") && !is_selected(&globs, "docs/a.rs"));
        assert!(is_selected(&globs, "lib/v1.md/a.rs"), "a folder is no document");
    }

    #[test]
    fn what_is_permitted_is_no_more_than_what_is_written() {
        let globs = ["docs/**", "*.md", "guide"].map(str::to_owned);
        for path in ["docs/a.rs", "README.md", "src/x/a.md", "guide/a.rs"] {
            assert!(is_permitted(&globs, path), "{path}");
        }
        for path in ["src/x.md/evil.rs", "x.md/a/b.rs", "Docs/a.rs", "README.MD", "docs"] {
            assert!(!is_permitted(&globs, path), "{path}");
        }
        let globs = ["**", "!src/**", "!*.sql"].map(str::to_owned);
        for path in ["src/a.rs", "Src/a.rs", "a.sql", "A.SQL", "x.sql/a"] {
            assert!(!is_permitted(&globs, path), "{path}");
        }
    }

    #[test]
    fn a_glob_that_selects_nothing_is_an_error() {
        for glob in [
            "src/**",
            "!*.md",
            "[[:alpha:]]*",
            "a[]]",
            "[!]a]x",
            "\\[",
            "[a\\]]",
            "größe*",
            "./a",
            "[[]x",
            "[[:]x",
        ] {
            assert_eq!(check_glob(glob), Ok(()), "{glob}");
        }
        for (glob, error) in [
            ("", GlobError::Empty),
            ("/", GlobError::Empty),
            ("!", GlobError::Empty),
            ("a[", GlobError::OpenBracket),
            ("[a/b]", GlobError::OpenBracket),
            ("[]", GlobError::OpenBracket),
            ("src/[[:letter:]].rs", GlobError::UnknownClass("letter".to_owned())),
            ("a\\", GlobError::OpenEscape),
            (&"*a".repeat(33), GlobError::TooManyStars),
        ] {
            assert_eq!(check_glob(glob), Err(error), "{glob}");
        }
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let glob = format!("{}b", "**/a*/".repeat(200));
        assert!(!selects(&glob, &"a/".repeat(2000)));
        assert!(!selects(&"*a".repeat(500), &"a".repeat(499)));
    }

    #[test]
    fn globs_that_may_match_one_path() {
        for (one, other, expected) in [
            ("src/**", "src/a.rs", true),
            ("src/**", "docs/**", false),
            ("src/*.rs", "src/*.md", false),
            ("src/*.rs", "src/gen_*", true),
            ("**/x.txt", "a/b/*.txt", true),
            ("**/x.txt", "a/b/*.md", false),
            ("*.log", "build/a.log", true),
            ("out/a?", "out/b1", false),
            ("out/[ab]", "out/c", true),
            ("out", "out/deep/er", true),
            ("*.log", "*.txt", false),
            ("src/**/*.rs", "src/**/*.md", false),
            ("**/a/*.rs", "**/b/**", true),
        ] {
            assert_eq!(may_overlap(one, other), expected, "{one} {other}");
            assert_eq!(may_overlap(other, one), expected, "{other} {one}");
        }
        // A repository chooses its globs: this must not take for ever.
        let stars = "*a".repeat(32);
        assert!(!may_overlap(&format!("{stars}b"), &format!("{stars}c")));
    }
}
