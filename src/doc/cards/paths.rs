//! The paths that a card's lists of files name.

use std::collections::HashSet;

use super::{field, lines, value};

/// The name of the section that contains nothing but a task's files.
pub(crate) const SECTION: &str = "Files";

/// What a section says about files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Found {
    /// The paths, in order.
    pub(crate) paths: Vec<String>,
    /// Whether the whole section is a list of paths and says nothing more.
    pub(crate) nothing_else: bool,
}

/// The files of a card: the lists of its sections, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Union {
    /// The paths.
    pub(crate) paths: Vec<String>,
    seen: HashSet<String>,
}

impl Union {
    /// Adds a list: the first as it is, of a later one what is not there yet.
    pub(crate) fn add(&mut self, found: &Found) {
        let is_first = self.paths.is_empty();
        for path in &found.paths {
            if self.seen.insert(path.clone()) || is_first {
                self.paths.push(path.clone());
            }
        }
    }
}

/// Whether a section of this name lists files.
pub(crate) fn is_list_of_files(name: &str) -> bool {
    const OTHERS: [&str; 16] = [
        "created", "modified", "changed", "touched", "updated", "added", "deleted", "removed", "affected",
        "edited", "target", "new", "and", "or", "involved", "key",
    ];
    let name = name.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    name.contains("files")
        && words.peek().is_some()
        && words.all(|word| word == "files" || OTHERS.contains(&word))
}

/// Reads the paths of a section: of the whole section if its name says so, else of the lists below such labels in it.
pub(crate) fn in_section<'a>(name: &str, content: impl IntoIterator<Item = &'a str>) -> Found {
    let whole = is_list_of_files(name);
    let mut found = Found { paths: Vec::new(), nothing_else: whole };
    let mut listing = whole;
    for line in lines::scan_lines(content) {
        if line.is_blank() {
            continue;
        }
        if let Some((label, _)) = label(line.text).filter(|_| !whole && !line.is_fenced()) {
            listing = is_list_of_files(label);
            continue;
        }
        let item = if listing && !line.is_fenced() { item(line.text) } else { None };
        found.nothing_else &= item.as_ref().is_some_and(|(_, has_more)| !has_more);
        found.paths.extend(item.map(|(path, _)| path));
    }
    found.nothing_else &= !found.paths.is_empty();
    found
}

fn label(line: &str) -> Option<(&str, &str)> {
    if line.starts_with("**") { field::bold(line) } else { None }
}

/// Reads one line of a list: its path, and whether it says more than that.
fn item(line: &str) -> Option<(String, bool)> {
    let item = lines::list_item(line.trim_start())?.trim();
    if let Some(path) = value::unquote(item) {
        return Some((path, false));
    }
    let item = item.strip_prefix("**").and_then(|item| item.strip_suffix("**")).unwrap_or(item);
    let (path, rest) = match item.strip_prefix('`') {
        Some(quoted) => quoted.split_once('`')?,
        None => item.split_at(item.find([' ', '\t']).unwrap_or(item.len())),
    };
    let path = path.trim_end_matches([',', ';', ':']);
    let path = path.strip_prefix("./").unwrap_or_else(|| path.trim_start_matches('/'));
    is_path(path).then(|| (path.to_owned(), !rest.trim().is_empty()))
}

fn is_path(text: &str) -> bool {
    let named = text.contains('/') || text.trim_matches('.').contains('.') || text.starts_with('.');
    let bare = matches!(text, "Makefile" | "Dockerfile" | "README" | "LICENSE" | "CHANGELOG" | "justfile");
    (named || bare)
        && text.contains(char::is_alphanumeric)
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '`' | '"'))
        && !text.contains("://")
        && text.split('/').all(|part| part != "..")
}

/// Writes a path as a line of a list, so that it reads as the same path.
pub(crate) fn write(path: &str) -> String {
    let plain = format!("- {path}");
    let same =
        !path.starts_with('"') && value::is_plain(path) && item(&plain) == Some((path.to_owned(), false));
    if same { plain } else { format!("- {}", value::quote(path)) }
}

#[cfg(test)]
mod tests {
    use super::{in_section, is_list_of_files, write};

    fn found(name: &str, text: &str) -> (Vec<String>, bool) {
        let found = in_section(name, text.lines());
        (found.paths, found.nothing_else)
    }

    #[test]
    fn knows_lists_of_files_by_name() {
        for name in ["Files", "Files Created/Modified", "files modified", "Modified Files", "New Files"] {
            assert!(is_list_of_files(name), "{name}");
        }
        for name in ["Profiles", "File format", "Files we should talk about", "", "Created"] {
            assert!(!is_list_of_files(name), "{name}");
        }
    }

    #[test]
    fn takes_the_path_and_tells_if_there_is_more() {
        let paths = |list: &[&str]| list.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found("Files", "- `/a/b.rs`\n- ./c.md\n\n* /Makefile"),
            (paths(&["a/b.rs", "c.md", "Makefile"]), true)
        );
        assert_eq!(found("Files", "- a/b.rs (new)"), (paths(&["a/b.rs"]), false));
        assert_eq!(
            found("Files", "- `a/b.rs` - what it does\n  - nested words"),
            (paths(&["a/b.rs"]), false)
        );
        assert_eq!(found("Files", "1. **`/a/b.rs`**\n   - Added x"), (paths(&["a/b.rs"]), false));
        assert_eq!(found("Files", "none yet"), (Vec::new(), false));
        assert_eq!(found("Files", "- ../secret.txt\n- http://x.y/z"), (Vec::new(), false));
        assert_eq!(found("Files", ""), (Vec::new(), false));
    }

    #[test]
    fn finds_lists_below_labels() {
        let text = "**Parts:**\n- x.rs\n\n**Files Created:**\n- a.rs - why\n\n**Then:**\n- b.rs";
        assert_eq!(found("Details", text), (vec!["a.rs".to_owned()], false));
    }

    #[test]
    fn what_it_writes_it_reads() {
        for path in
            ["src/a.rs", "/etc/x", "a b", "", "-", "a\nb", "\"q\"", "x", "`a`", "./a.rs", "a.rs,", "```"]
        {
            assert_eq!(found("Files", &write(path)), (vec![path.to_owned()], true), "{path:?}");
        }
    }
}
