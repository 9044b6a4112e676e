//! What the text of a checklist's item says beside its title: labelled lines such as `Effort: 2h`, and marks such as
//! `(P0)` or `(depends on 1.1)` in the item's own line.

use super::words;

/// What a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Depends,
    Estimate,
    Priority,
    Files,
    Criteria,
    Deliverables,
    Assignee,
    Due,
    Tags,
    Type,
}

const LABELS: [(Label, &[&str]); 9] = [
    (Label::Depends, &["dependencies", "dependency", "depends on", "depends", "blocked by", "deps"]),
    (
        Label::Estimate,
        &[
            "effort",
            "estimate",
            "estimated effort",
            "estimated time",
            "effort estimate",
            "time estimate",
            "estimation",
        ],
    ),
    (Label::Priority, &["priority", "prio"]),
    (
        Label::Criteria,
        &[
            "acceptance criteria",
            "acceptance",
            "done when",
            "definition of done",
            "checkpoint",
            "success criteria",
        ],
    ),
    (Label::Deliverables, &["deliverables", "deliverable"]),
    (
        Label::Assignee,
        &["assigned implementer", "assigned to", "assigned", "assignee", "implementer", "owner", "agent"],
    ),
    (Label::Due, &["due", "due date", "deadline"]),
    (Label::Tags, &["tags", "labels"]),
    (Label::Type, &["type"]),
];

/// Reads `**Label:** value`, `- Label: value` or `_Label: value_`. The value may be empty.
pub(super) fn label(line: &str) -> Option<(Label, &str)> {
    let (name, value) = any_label(line)?;
    let lower = name.to_lowercase();
    let is_file =
        lower == "file" || lower == "target file" || crate::doc::cards::paths::is_list_of_files(&lower);
    let known = || LABELS.iter().find(|(_, names)| names.contains(&lower.as_str())).map(|(label, _)| *label);
    let found = if is_file { Some(Label::Files) } else { known() };
    found.map(|label| (label, value))
}

/// Takes a labelled line apart: its label without marks, and its value.
fn any_label(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = crate::doc::cards::lines::list_item(line).unwrap_or(line);
    let marks: &[char] = &['*', '_'];
    let begun = line.trim_start_matches(marks);
    let (name, value) = begun.split_once(':')?;
    let name = name.trim_end_matches(marks).trim();
    let is_marked = begun.len() < line.len();
    let value =
        if is_marked { value.trim_start_matches(marks).trim().trim_end_matches(marks) } else { value };
    let is_name = !name.is_empty() && name.len() <= 40 && !name.contains(['`', '(', '[', '/', '.']);
    is_name.then(|| (name, value.trim()))
}

/// What an item's own line says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// The line without the marks.
    pub(super) title: String,
    pub(super) priority: Option<&'static str>,
    pub(super) estimate: Option<String>,
    /// What it depends on, as the line has it.
    pub(super) depends_on: Vec<String>,
    pub(super) tags: Vec<String>,
}

/// Takes the marks between parentheses, brackets and backticks out of an item's line.
pub(super) fn marks(text: &str) -> Marks {
    let mut marks = Marks::default();
    let mut rest = text;
    let mut title = String::new();
    while let Some(at) = rest.find(['(', '[', '`']) {
        let open = rest.as_bytes()[at];
        let close = match open {
            b'(' => ')',
            b'[' => ']',
            _ => '`',
        };
        let inner = rest[at + 1..].split_once(close);
        title.push_str(&rest[..at]);
        match inner {
            // A link's text is no mark.
            Some((inner, after)) if !after.starts_with('(') && marks.take(inner) => {
                if title.ends_with(' ') && after.starts_with(' ') {
                    title.pop();
                }
                rest = after;
            }
            Some((inner, after)) => {
                title.push_str(&rest[at..at + inner.len() + 2]);
                rest = after;
            }
            None => {
                title.push_str(&rest[at..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    title.push_str(rest);
    marks.title = title.trim().trim_matches('*').trim().to_owned();
    marks
}

impl Marks {
    /// Takes a mark; returns whether it is one.
    fn take(&mut self, text: &str) -> bool {
        let text = text.trim();
        let lower = text.to_lowercase();
        let of = |names: &[&str]| {
            let name = names.iter().find(|name| lower.starts_with(**name))?;
            let rest = text[name.len()..].trim_start();
            Some(rest.strip_prefix(':').unwrap_or(rest).trim())
        };
        let is_level =
            lower.len() == 2 && lower.starts_with('p') && lower.ends_with(|c: char| c.is_ascii_digit());
        let is_story = lower
            .strip_prefix("us")
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()));
        if is_level || lower.starts_with("priority:") {
            self.priority = words::priority(text).or(self.priority);
            words::priority(text).is_some()
        } else if let Some(on) = of(&["depends on", "depends:", "deps:", "dependencies:", "blocked by"]) {
            self.depends_on.push(on.to_owned());
            true
        } else if text == "P" {
            self.tags.push("parallel".to_owned());
            true
        } else if is_story {
            self.tags.push(text.to_owned());
            true
        } else if lower == "optional" {
            self.tags.push(lower);
            true
        } else {
            let length = of(&["effort", "estimate", "est."]).unwrap_or(text);
            self.take_estimate(length)
        }
    }

    fn take_estimate(&mut self, text: &str) -> bool {
        let Some(minutes) = words::estimate(text) else { return false };
        self.estimate = Some(minutes.to_string());
        true
    }
}

/// Splits the number off an item's line: `1.`, `1.2`, `2.0)`, `T001`, `Task 3:`; bold or not.
pub(super) fn number(text: &str) -> Option<(&str, &str)> {
    let plain = text.trim_start_matches('*').trim_start();
    let named = ["Task ", "task ", "Step "].iter().find_map(|word| plain.strip_prefix(word));
    let rest = named.unwrap_or(plain);
    let is_letter = rest.starts_with(['T', 't']) && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let start = usize::from(is_letter);
    let length = rest[start..].bytes().take_while(|c| c.is_ascii_digit() || *c == b'.').count();
    let (number, after) = rest.split_at(start + length);
    let stem = number.trim_end_matches('.');
    let is_number =
        stem.len() > start && stem[start..].split('.').all(|part| !part.is_empty() && part.len() < 8);
    let is_apart = after.is_empty() || after.starts_with([' ', '\t', '*', ')', ':']);
    let has_end = is_apart && stem.len() < number.len() || after.starts_with([')', ':']);
    let is_dotted = stem.contains('.');
    // `3 retries` is no number, and `1.2 Retries`, `T003 Retries` and `Task 3` are.
    let is_clear =
        has_end || ((is_dotted || is_letter || named.is_some()) && after.starts_with([' ', '\t', '*', '-']));
    let is_clear = is_clear || after.is_empty() && (is_dotted || is_letter);
    let after = after.trim_start_matches([')', ':', '*', ' ', '\t']);
    let after = after.strip_prefix("- ").unwrap_or(after);
    (is_number && is_clear).then_some((stem, after.trim()))
}

/// Returns the paths that a text names, in backticks or not: words with a slash whose last part has an ending.
pub(super) fn paths_in(text: &str) -> Vec<String> {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '`' | ',' | ';' | '(' | ')' | '"' | '\''));
    let is_file = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let (stem, ending) = name.rsplit_once('.').unwrap_or_default();
        path.contains('/') && !ending.is_empty() && (!stem.is_empty() || ending.len() > 1) && is_path(path)
    };
    let mut found: Vec<String> = Vec::new();
    for path in
        words.map(|word| word.trim_end_matches(['.', ':', '!', '?']).trim_matches('*')).filter(is_file)
    {
        let path = path.trim_start_matches("./").to_owned();
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// Reads a list of paths after a label: all of its words that can be paths, else nothing.
pub(super) fn path_list(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let items: Vec<&str> = if quoted.is_empty() { text.split(',').collect() } else { quoted };
    let paths = items.iter().map(|item| {
        let item = item.trim();
        // `src/a.rs (new)`, `src/a.rs - the parser`
        let path = item.split([' ', '\t']).next().unwrap_or(item).trim_end_matches([':', ';']);
        let path = path.strip_prefix("./").unwrap_or(path);
        is_path(path).then(|| path.to_owned())
    });
    paths.collect::<Option<Vec<String>>>().filter(|paths| !paths.is_empty())
}

fn is_path(text: &str) -> bool {
    let is_odd =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '`' | '"' | '<' | '>' | '{' | '}');
    !text.is_empty()
        && !text.starts_with(['/', '-', '~'])
        && text.contains(char::is_alphanumeric)
        && !text.contains("://")
        && !text.contains(is_odd)
        && text.split('/').all(|part| part != "..")
}

#[cfg(test)]
mod tests {
    use super::{Label, label, marks, number, path_list, paths_in};

    #[test]
    fn reads_labels_in_all_their_forms() {
        assert_eq!(label("**Dependencies:** Task Group 1"), Some((Label::Depends, "Task Group 1")));
        assert_eq!(label("  - Effort: 2h"), Some((Label::Estimate, "2h")));
        assert_eq!(label("_Depends: 1.1, 1.2_"), Some((Label::Depends, "1.1, 1.2")));
        assert_eq!(label("- File: `src/a.rs`"), Some((Label::Files, "`src/a.rs`")));
        assert_eq!(label("**Acceptance Criteria:**"), Some((Label::Criteria, "")));
        assert_eq!(label("**Checkpoint**: it runs"), Some((Label::Criteria, "it runs")));
        for other in ["- see https://a.b", "Fields: a, b", "text", "_Requirements: 1.1_"] {
            assert_eq!(label(other), None, "{other}");
        }
    }

    #[test]
    fn takes_marks_and_leaves_words() {
        let found =
            marks("Add `User` (P0) to [the docs](x) (depends on T001, T002) [P] [US1] (2h) in (some) place");
        assert_eq!(found.title, "Add `User` to [the docs](x) in (some) place");
        assert_eq!((found.priority, found.estimate.as_deref()), (Some("critical"), Some("2h")));
        assert_eq!(found.depends_on, ["T001, T002"]);
        assert_eq!(found.tags, ["parallel", "US1"]);
        for text in ["a (", "a [b", "`", "x (y) `z` [w]"] {
            assert_eq!(marks(text).title, text);
        }
    }

    #[test]
    fn numbers_are_no_amounts() {
        assert_eq!(number("1. Schema"), Some(("1", "Schema")));
        assert_eq!(number("1.2 Tests"), Some(("1.2", "Tests")));
        assert_eq!(number("**1.0 Complete the layer**"), Some(("1.0", "Complete the layer**")));
        assert_eq!(number("T001 [P] x"), Some(("T001", "[P] x")));
        assert_eq!(number("Task 3: x"), Some(("3", "x")));
        for text in ["3 retries", "Tests", "1.2.x of it", "T-shirts", ""] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn finds_paths() {
        assert_eq!(
            paths_in("Create the model in src/models/user.py, see `docs/a.md` and http://x.y/z.w."),
            ["src/models/user.py", "docs/a.md"]
        );
        assert_eq!(paths_in("and/or v1.2 ../x/y.z /etc/passwd.d"), Vec::<String>::new());
        assert_eq!(path_list("`a.rs`, `b/c.rs` (new)"), Some(vec!["a.rs".to_owned(), "b/c.rs".to_owned()]));
        assert_eq!(
            path_list("Makefile, src/x.rs - new"),
            Some(vec!["Makefile".to_owned(), "src/x.rs".to_owned()])
        );
        assert_eq!(path_list("../x"), None);
    }
}
