//! The rendered document: for people to read, and to be read back.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tracker::import::cards;

use super::{comparable, context, fixture, fixtures, render, render_by, tasks};

/// Renders what each document contains, and compares with the file of the same name in `fixtures/reports/cards`.
#[test]
fn documents_are_rendered_as_expected() {
    #[expect(clippy::disallowed_methods, reason = "a test asks the developer's own environment")]
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let mut failures = String::new();
    for name in ["both-dialects.md", "every-status.md", "odd-metadata.md", "structure.md"] {
        let actual = render(&tasks(&fixture(name)));
        let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports/cards").join(name);
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
fn what_was_imported_comes_back() {
    for path in fixtures() {
        let imported = tasks(&cards::read(&fs::read(&path).unwrap(), "cards.md"));
        let rendered = render(&imported);
        let document = cards::read(rendered.as_bytes(), "again.md");
        assert_eq!(document.repairs.characters, 0);
        assert_eq!(comparable(tasks(&document)), comparable(imported), "{}", path.display());
    }
}

#[test]
fn a_rendered_document_that_is_encoded_twice_comes_back() {
    let imported = tasks(&fixture("both-dialects.md"));
    let encoded: String = render(&imported).bytes().map(char::from).collect();
    let document = cards::read(encoded.as_bytes(), "again.md");
    assert!(document.repairs.characters > 100);
    assert_eq!(comparable(tasks(&document)), comparable(imported));
}

#[test]
fn a_card_written_by_hand_into_a_rendered_document_is_read() {
    let rendered = render(&tasks(&fixture("every-status.md")));
    let card = "### WH-12: By hand\nStatus: COMPLETED ✅\nCompleted: 2026-11-12\n\n**Deliverables:**\n- ✅ done\n\n---\n\n## Completed";
    let edited = rendered.replacen("---\n\n## Completed", card, 1);
    let tasks = tasks(&cards::read(edited.as_bytes(), "cards.md"));
    let task = tasks.iter().find(|task| task.id.as_str() == "WH-12").unwrap();
    assert_eq!(task.body, "\n## Deliverables\n\n- [x] done\n");
}

#[test]
fn no_value_leaves_its_line_or_acts_on_a_terminal() {
    let document =
        cards::read(b"### TASK-1: x\nStatus: Done\nCompleted: 2026-01-02\nAssigned: y\n", "cards.md");
    let mut task = tasks(&document).remove(0);
    let hostile = "x\n## Completed\n\u{1b}[2J\u{202e}\u{9b}31m <!--";
    hostile.clone_into(&mut task.title);
    task.assignee = Some(hostile.to_owned());
    task.area = Some(hostile.to_owned());
    task.tags = vec![hostile.to_owned()];
    task.files = vec![hostile.to_owned()];
    task.cancelled = Some(hostile.to_owned());
    task.history[0].by = hostile.to_owned();
    task.history[0].why = Some(hostile.to_owned());
    task.unknown = vec![(hostile.to_owned(), hostile.to_owned())];
    let text = render(std::slice::from_ref(&task));
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{text}");
    assert_eq!(text.matches("\n## Completed").count(), 1, "{text}");
    let read = tasks(&cards::read(text.as_bytes(), "cards.md"));
    assert_eq!(comparable(read), comparable(vec![task]));
}

#[test]
fn the_context_is_plain_data_and_the_same_each_time() {
    let mut imported = tasks(&fixture("every-status.md"));
    let json = serde_json::to_value(context(&imported)).unwrap();
    imported.reverse();
    assert_eq!(serde_json::to_value(context(&imported)).unwrap(), json);
    let ids = |part: &str| -> Vec<String> {
        json[part].as_array().unwrap().iter().map(|card| card["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("active"), ["WH-2", "WH-10", "WH-11", "WH-3", "WH-4", "WH-9", "WH-1"]);
    assert_eq!(ids("archive"), ["WH-5", "WH-6", "WH-7", "WH-8"]);
    assert_eq!(json["statistics"]["total"], 11);
    assert_eq!(json["statistics"]["time_estimated"], "16h");
    assert_eq!(json["active"][0]["metadata"][0]["value"], "BLOCKED 🔴 (by an open dependency)");
}

#[test]
fn a_template_of_ones_own_lays_out_the_same_data() {
    let context = context(&tasks(&fixture("every-status.md")));
    let source = "{% for card in active %}{{ card.id }} {{ card.title | line }}\n{% endfor %}";
    let text = render_by(Some(source), &context);
    assert!(text.starts_with("WH-2 Under way\nWH-10 What a template leaves behind\n"), "{text}");
}
