//! Documents as files, each beside what is read of it. To add a case, add a file; `fixtures/README.md` says how.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tracker::doc;
use tracker::import::cards::{self, CardsDocument};
use tracker::model::{Severity, Stage};

use super::{comparable, fixture, fixtures, tasks};

/// Shows what was read: what is wrong, what is no card, and for each card where its parts went and its task's file.
fn shown(document: &CardsDocument) -> String {
    let mut out = format!("{}\n", document.summary());
    for problem in &document.problems {
        let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
        writeln!(out, "{severity}: {problem}").unwrap();
        if let Some(hint) = &problem.hint {
            writeln!(out, "  hint: {hint}").unwrap();
        }
    }
    for part in &document.parts {
        writeln!(out, "no card: {} {:?}, {}", part.kind.name(), part.name, part.lines).unwrap();
    }
    for card in &document.cards {
        writeln!(out, "\n{:=<80}\n{} {}, {}", "", card.id, card.status, card.lines).unwrap();
        for placed in &card.placed {
            writeln!(out, "  {} ({}) -> {}", placed.what, placed.lines, placed.to).unwrap();
        }
        out.push_str(&doc::create_task(&card.to_task(&Stage::parse("dev").unwrap())));
    }
    out
}

#[test]
fn documents_are_read_as_expected() {
    #[expect(clippy::disallowed_methods, reason = "a test asks the developer's own environment")]
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let mut failures = String::new();
    for path in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let actual = shown(&cards::read(&fs::read(&path).unwrap(), name));
        let expected = path.with_extension("txt");
        let found = fs::read_to_string(&expected).unwrap_or_default();
        if found != actual {
            if update {
                fs::write(&expected, &actual).unwrap();
            }
            let diff = similar::TextDiff::from_lines(&found, &actual);
            writeln!(failures, "\n{}", diff.unified_diff().header(name, "actual")).unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn a_task_is_the_same_once_it_is_a_file() {
    for path in fixtures() {
        let document = cards::read(&fs::read(&path).unwrap(), "cards.md");
        for task in tasks(&document) {
            let mut read = doc::read_task(doc::create_task(&task).as_bytes()).unwrap();
            read.warnings.clear();
            assert_eq!(read, task, "{}", path.display());
        }
    }
}

#[test]
fn encoding_twice_changes_nothing() {
    let clean = comparable(tasks(&fixture("both-dialects.md")));
    assert_eq!(clean.len(), 11);
    for name in ["doubly-encoded.md", "doubly-encoded-whole.md"] {
        let document = fixture(name);
        assert!(document.repairs.characters > 100, "{name}");
        assert_eq!(comparable(tasks(&document)), clean, "{name}");
    }
    assert_eq!(fixture("names-with-accents.md").repairs.characters, 0);
}

#[test]
fn the_source_is_the_file_and_the_id() {
    let document = cards::read(b"### TASK-7: x\nStatus: Done\n", "docs/old/TASK_CARDS.md");
    assert_eq!(tasks(&document)[0].source.as_deref(), Some("TASK_CARDS.md#TASK-7"));
    assert_eq!(document.problems[0].file, "docs/old/TASK_CARDS.md");
}

#[test]
fn a_summary_is_one_line() {
    let summary = fixture("both-dialects.md").summary().to_string();
    let expected = "11 tasks: 11 completed; 1 template skipped (line 7); archive note, statistics and footer are derived: not imported";
    assert_eq!(summary, expected);
    let none = cards::read(b"", "x.md");
    assert_eq!(none.summary().to_string(), "0 tasks");
    assert!(Path::new(&none.source).ends_with("x.md"));
}
