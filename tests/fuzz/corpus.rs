//! What the fuzzer starts from: every fixture, and snippets that YAML is particular about.

use std::fs;
use std::path::Path;

/// Documents of the fixtures.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// Every file of the fixtures that is a document, good or broken.
    pub(crate) documents: Vec<Vec<u8>>,
    /// Those that edits start from.
    pub(crate) editable: Vec<Vec<u8>>,
}

impl Corpus {
    pub(crate) fn load() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let (mut documents, mut editable) = (Vec::new(), Vec::new());
        for kind in ["documents/good", "documents/broken"] {
            for file in sorted(&root.join(kind)) {
                if file.extension().is_some_and(|ending| ending != "txt") {
                    let bytes = fs::read(&file).unwrap();
                    if kind.ends_with("good") && file.extension().is_some_and(|ending| ending == "md") {
                        editable.push(bytes.clone());
                    }
                    documents.push(bytes);
                }
            }
        }
        for folder in sorted(&root.join("edits")) {
            if let Ok(bytes) = fs::read(folder.join("before.md")) {
                documents.push(bytes.clone());
                editable.push(bytes);
            }
        }
        Self { documents, editable }
    }
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Values as they may be after a key.
pub(crate) const VALUES: &[&str] = &[
    "",
    " ",
    " x",
    " x y  # c",
    " x#y",
    " 'it''s' # c",
    " \"a \\\" # b\" # c",
    " \"a\n  b\"",
    " 'a\n\n  b'",
    " a\n  b",
    " a # c\n  # d",
    " [a, b] # c",
    " [ a , 'b, c', ]",
    " []",
    " [ ]",
    " [a,\n  b, # c\n  d\n]",
    " [\n  a,\n  b\n  ] # c",
    " [[a], {b: c}]",
    " {}",
    " {a: b, c: [d]}",
    " {a: b,\n  c: d}",
    "\n  - a\n  - b # c\n",
    "\n- a\n- b",
    "\n  # c\n  - a\n\n  - b",
    "\n  - a: b\n    c: d\n  - e",
    "\n  - |\n    t\n    # u\n  - v",
    "\n    -   a\n    -   'b'",
    "\n  -\n    a\n  - b",
    "\n  - - a\n    - b",
    "\n  a: b\n  c:\n    - d",
    "\n  text\n  more",
    " |\n  a\n  # b\n\n  c",
    " |-\n  a",
    " |+\n  a\n\n",
    " >-\n  a\n  b\n\n  c",
    " >2\n   a\n  b",
    " | # c\n  a",
    " &x a",
    " *x",
    " !t a",
    " !!str 2024",
    " &x [a, b]",
    " &x\n  - a",
    "\n  - &x a\n  - *x",
    " ~",
    " null # c",
    " true",
    " no",
    " 2024",
    " 1.10",
    " 0x1F",
    " .nan",
    " 2026-11-11",
    " a: b",
    " @x",
    " `x`",
    " %x",
    " - a",
    " ? a",
    " \"open",
    " 'open",
    " [open",
    " {open",
    " \u{1f680} n",
    "\ta",
    " a\t# b",
    " \"\\u00e9\\\n  b\"",
    " 'a' b",
    " [a] b",
    " a:b",
    " http://x/#y",
    " [http://x:8, a:b]",
    " [a#b, c #d\n ]",
    " ---",
    " ...",
    "\n  ---\n",
    " <<",
    " \u{2028}",
    " a\u{85}b: c",
    " a\rb: c",
    " \u{a0}x\u{a0} # c",
    "\n  - a\n    # c\n  # d\n  - b: |\n      t\n      # u\n    # v",
    " |1-\n  a\n # b\n  c",
    " \"a\" #c\n   # d",
    "\n  # c\n  \"a\" # d\n  # e",
    "\n  [a, b] # c",
    "\n  |\n  a",
    "\n  &x\n  - a",
    "\n  a: |\n    b\n  # c",
    " \u{feff}",
];

/// Lines as they may be anywhere.
pub(crate) const LINES: &[&str] = &[
    "",
    "   ",
    "# c",
    "  # c",
    "---",
    "...",
    "key: v",
    "tags: [a]",
    "title: t",
    "id: TASK-1",
    "- x",
    "  - x",
    "\t- x",
    "? x",
    ": x",
    "<<: *x",
    "'quoted key': v",
    "\"q\": v",
    "a b c: d",
    "a#b: c",
    "x:y",
    "- [ ] box",
    "## Deliverables",
    "```",
    "~~~~",
    "<!--",
    "-->",
    "%YAML 1.2",
    "<<<<<<< HEAD",
    "=======",
    ">>>>>>> b",
    "  continuation",
    "history: []",
    "1: one",
    "~: null",
    "? |\n  k\n: v",
    "{a: b}",
];

/// Texts to set values to.
pub(crate) const TEXTS: &[&str] = &[
    "x",
    "two words",
    "",
    " ",
    "a: b",
    "a #b",
    "#",
    "-",
    "- a",
    "'",
    "\"",
    "it's",
    "a\"b",
    "\\",
    "a\nb",
    "a\n",
    "\n",
    "a\n\nb\n",
    " lead",
    "trail ",
    "[a]",
    "{a}",
    "a, b",
    "a]",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "%",
    "@",
    "`",
    "?",
    "? a",
    ":",
    ":a",
    "a:",
    "a:b",
    "~",
    "null",
    "true",
    "No",
    "2024",
    "1.10",
    "0x1F",
    "1e3",
    ".inf",
    "2026-11-11",
    "12:30:00",
    "---",
    "--- a",
    "...",
    "\t",
    "a\tb",
    "\u{0}",
    "\u{1b}[31m",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{1f680}",
    "é",
    "a\r\nb",
    "\r",
    "<<",
    "=",
    "a  b",
    "a # b: c",
    "src/**/*.rs",
    "x\u{a0}y",
    "\u{fffe}",
    "-1",
    "+1",
    "0o7",
    "a,",
    ",a",
    "```",
    "---\nid: X\n---",
    "  a\nb",
    "a \nb",
    "\u{7f}",
    "\u{2003}x",
    "a:?b",
    "x\u{3000}",
];
