//! The house test: reads the map in `src/lib.rs` and contains the code to it, and to the house style where a
//! machine can.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file, in lines.
const LONGEST_FILE: usize = 600;
/// Longest function, in lines.
const LONGEST_FUNCTION: usize = 60;
/// Names that say nothing.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "common", "helper", "helpers", "misc", "stuff"];
/// What reads the world.
const READS: [&str; 10] = [
    "env::var",
    "env::current_dir",
    "env::current_exe",
    "env::args",
    "env::temp_dir",
    "SystemTime::now",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "thread::sleep",
];
/// Where a crate may be named: what it brings is copied to plain data at that border.
const BORDERS: [(&str, &[&str]); 23] = [
    ("gix", &["src/git/"]),
    ("gix_glob", &["src/model/"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("clap_mangen", &["src/cli/"]),
    ("fs4", &["src/store/"]),
    ("notify", &["src/store/"]),
    ("serde_yaml", &["src/doc/"]),
    ("minijinja", &["src/report/", "src/pages/"]),
    ("comrak", &["src/report/"]),
    ("quick_xml", &["src/import/"]),
    ("rmcp", &["src/mcp/"]),
    ("tokio", &["src/mcp/", "src/remote/postgres/", "src/server/"]),
    ("postgres", &["src/remote/"]),
    ("rustls", &["src/remote/postgres/"]),
    ("tokio_rustls", &["src/remote/postgres/"]),
    ("webpki_roots", &["src/remote/postgres/"]),
    ("axum", &["src/mcp/http.rs", "src/server/"]),
    ("hyper", &["src/server/"]),
    ("hyper_util", &["src/server/"]),
    ("percent_encoding", &["src/pages/"]),
    ("ureq", &["src/ops/event_log/"]),
    ("ratatui", &["src/tui/"]),
];

/// One source file.
struct Source {
    /// Path below the top, with `/`.
    path: String,
    text: String,
    /// Lines without comments, outside tests; the number counts from 1.
    code: Vec<(usize, String)>,
}

impl Source {
    fn read(path: &Path, top: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(top).unwrap().to_str().unwrap().replace('\\', "/");
        let is_test = path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs");
        let code = if is_test { Vec::new() } else { outside_tests(&text) };
        Self { path, text, code }
    }

    /// Returns the module below `src` that the file belongs to; none for the roots of crates.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let module = inside.split('/').next()?;
        let module = module.strip_suffix(".rs").unwrap_or(module);
        (!matches!(module, "lib" | "main" | "bin")).then_some(module)
    }
}

/// Returns the lines that are compiled into the program, without their comments: an item below `#[cfg(test)]` is left
/// out up to its own end, and what follows it is read.
fn outside_tests(text: &str) -> Vec<(usize, String)> {
    let mut code = Vec::new();
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    while let Some((number, line)) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            code.push((number, without_comment(line).to_owned()));
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let closing = format!("{indent}}}");
        let ends = |line: &str| {
            let is_own = line.strip_prefix(indent).is_some_and(|rest| !rest.starts_with([' ', '#']));
            line == closing || is_own && line.trim_end().ends_with([';', '}', ','])
        };
        lines.by_ref().find(|(_, line)| ends(line));
    }
    code
}

fn without_comment(line: &str) -> &str {
    line.find("//").filter(|at| !line[..*at].ends_with(':')).map_or(line, |at| &line[..at])
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(top().join("src"))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect();
    found.sort();
    found.iter().map(|path| Source::read(path, &top())).collect()
}

/// Reads the table of `lib.rs`: modules with their layers, in its order.
fn layers() -> Vec<(String, u32)> {
    let map = fs::read_to_string(top().join("src/lib.rs")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix("//! |")?.split('|').map(str::trim).collect();
        Some((cells.get(1)?.trim_matches('`').to_owned(), cells.first()?.parse().ok()?))
    };
    map.lines().filter_map(row).collect()
}

/// Returns the modules of this crate that a line names, `use crate::{a, b}` included.
fn modules_named(line: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &line[at + "crate::".len()..];
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        match rest.strip_prefix('{') {
            None => named.push(word(rest)),
            Some(group) => {
                let mut depth = 0;
                for part in group.split_inclusive([',', '{', '}']) {
                    if depth == 0 {
                        named.push(word(part.trim_start()));
                    }
                    depth += part.matches('{').count();
                    depth = depth.saturating_sub(part.matches('}').count());
                }
            }
        }
    }
    named.retain(|name: &String| !name.is_empty());
    named
}

fn assert_none(offences: &[String], rule: &str) {
    assert!(offences.is_empty(), "{rule}\n{}\n", offences.join("\n"));
}

#[test]
fn the_map_names_every_module_once_and_lowest_first() {
    let layers = layers();
    let mut on_disk: Vec<String> =
        sources().iter().filter_map(|source| source.module().map(str::to_owned)).collect();
    on_disk.dedup();
    let mut mapped: Vec<String> = layers.iter().map(|(module, _)| module.clone()).collect();
    mapped.sort();
    assert_eq!(mapped, on_disk, "the table in src/lib.rs against the folders of src");
    assert!(layers.is_sorted_by_key(|(_, layer)| *layer), "the table in src/lib.rs is in layer order");
}

#[test]
fn imports_point_down() {
    let layers: BTreeMap<String, u32> = layers().into_iter().collect();
    let mut offences = Vec::new();
    for source in sources() {
        let Some(own) = source.module() else { continue };
        for (number, line) in &source.code {
            for named in modules_named(line).iter().filter(|named| *named != own) {
                // Not a module of the map: something that the crate's root defines.
                let Some(layer) = layers.get(named) else { continue };
                if *layer >= layers[own] {
                    let line = line.trim();
                    offences.push(format!("{}:{number}: {own} names {named}: {line}", source.path));
                }
            }
        }
    }
    assert_none(&offences, "a module may name lower layers and itself, see the table in src/lib.rs");
}

#[test]
fn foreign_types_stay_behind_their_border() {
    let mut offences = Vec::new();
    for source in sources() {
        for (number, line) in &source.code {
            for (foreign, homes) in BORDERS {
                let path = format!("{foreign}::");
                let starts_word =
                    |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
                let named = line.match_indices(&path).any(|(at, _)| starts_word(at));
                if named && !homes.iter().any(|home| source.path.starts_with(home)) {
                    offences.push(format!("{}:{number}: {}", source.path, line.trim()));
                }
            }
        }
    }
    assert_none(&offences, "copy to plain data at the border");
}

#[test]
fn only_env_reads_the_world() {
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| source.module() != Some("env")) {
        for (number, line) in &source.code {
            if READS.iter().any(|read| line.contains(read)) {
                offences.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none(&offences, "ask `Env`");
}

#[test]
fn only_process_starts_programs() {
    let starts_program = |line: &str| line.contains("Command::new(") && !line.contains("clap::Command::new(");
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| source.module() != Some("process")) {
        for (number, line) in source.code.iter().filter(|(_, line)| starts_program(line)) {
            offences.push(format!("{}:{number}: {}", source.path, line.trim()));
        }
    }
    assert_none(&offences, "start it with `process::Program`");
}

#[test]
fn only_the_table_of_records_spells_their_folder() {
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with("src/model/record/")) {
        for (number, line) in &source.code {
            // Prose may name a file to a person: a path is a text without spaces.
            let texts = line.split("\".tracker").skip(1).filter_map(|rest| rest.split('"').next());
            if texts.into_iter().any(|rest| (rest.is_empty() || rest.starts_with('/')) && !rest.contains(' '))
            {
                offences.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none(&offences, "ask `RecordPath` and `RecordKind`");
}

#[test]
fn every_module_has_docs() {
    let silent = |source: &Source| !source.text.starts_with("//! ");
    let offences: Vec<String> = sources().into_iter().filter(silent).map(|source| source.path).collect();
    assert_none(&offences, "a module opens with `//!`");
}

#[test]
fn no_empty_names() {
    let mut offences = Vec::new();
    for source in sources() {
        let names = source.path.trim_end_matches(".rs").split('/');
        if names.into_iter().any(|name| EMPTY_NAMES.contains(&name)) {
            offences.push(source.path);
        }
    }
    assert_none(&offences, "name the idea");
}

#[test]
fn a_module_is_a_file_or_a_folder_not_both() {
    let sources = sources();
    let paths: Vec<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let both = |path: &&&str| {
        let folder = format!("{}/", path.trim_end_matches(".rs"));
        paths.iter().any(|other| other.starts_with(&folder))
    };
    let offences: Vec<String> = paths.iter().filter(both).map(|path| (*path).to_owned()).collect();
    assert_none(&offences, "`foo/mod.rs`, never `foo.rs` beside `foo/`");
}

#[test]
fn files_hold_one_idea() {
    let mut offences = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            offences.push(format!("{}: {lines} lines", source.path));
        }
    }
    assert_none(&offences, "split what does not fit into a file");
}

#[test]
fn functions_do_one_thing() {
    let mut offences = Vec::new();
    for source in sources() {
        let mut open: Option<(usize, String)> = None;
        for (number, line) in &source.code {
            let indent = &line[..line.len() - line.trim_start().len()];
            let words: Vec<&str> = line.split_whitespace().collect();
            let begins =
                words.iter().take(4).any(|word| *word == "fn") && !line.trim_end().ends_with(['}', ';']);
            if begins {
                open = Some((*number, format!("{indent}}}")));
            } else if let Some((start, end)) = &open
                && line == end
            {
                if number - start >= LONGEST_FUNCTION {
                    offences.push(format!("{}:{start}: {} lines", source.path, number - start + 1));
                }
                open = None;
            }
        }
    }
    assert_none(&offences, "split what does not fit on a screen");
}

#[test]
fn nothing_panics_or_silences_on_purpose() {
    let mut offences = Vec::new();
    for source in sources() {
        for (number, line) in &source.code {
            let silenced = line.contains("#[allow(") || line.contains("#![allow(");
            if line.contains(".unwrap()") || silenced {
                offences.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none(&offences, "`expect(\"why it is so\")` for invariants, `#[expect(lint, reason)]` for lints");
}

#[test]
fn the_reader_of_imports_sees_them_all() {
    assert_eq!(modules_named("use crate::{git, store::{Change, Layout}, model};"), ["git", "store", "model"]);
    assert_eq!(modules_named("let a = crate::env::now(crate::model::Id);"), ["env", "model"]);
    assert!(modules_named("let a = mycrate::env::now();").is_empty());
}

#[test]
fn code_below_a_test_module_is_read() {
    let read = |text: &str| outside_tests(text).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(read("a\n#[cfg(test)]\nmod tests;\nb\n"), [1, 4]);
    assert_eq!(read("a\n#[cfg(test)]\nmod tests {\n    use b;\n    fn c() {\n    }\n}\nd\n"), [1, 8]);
    assert_eq!(read("impl A {\n    #[cfg(test)]\n    fn b() {\n        c;\n    }\n    d\n}\n"), [1, 6, 7]);
    assert_eq!(read("#[cfg(test)]\n#[expect(dead_code)]\nfn a(\n    b: C,\n) {\n    d;\n}\ne\n"), [8]);
}
