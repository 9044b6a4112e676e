//! Nothing of a card is lost: each of its lines is found again in its task.

use std::fs;

use tracker::import::cards;
use tracker::model::{Minutes, Status, Task};

use super::{fixture, fixtures, tasks};

/// Returns whether a task says what a line of its card says.
fn is_kept(task: &Task, status: Status, line: &str) -> bool {
    let line = line.trim();
    let marked = line.replacen("- ✅ ", "- [x] ", 1);
    if task.body.lines().any(|text| text.trim() == line || text.trim() == marked) {
        return true;
    }
    let label = line.strip_prefix("**").and_then(|line| line.strip_suffix(":**"));
    if label.is_some_and(|name| is_section(task, name)) {
        return true;
    }
    if line.starts_with('#') {
        return is_section(task, line.trim_start_matches('#').trim());
    }
    let item = line.trim_start_matches(['-', '*']).trim();
    if task.files.iter().any(|path| item.trim_matches('`').trim_start_matches('/') == path) {
        return true;
    }
    let item = item.trim_start_matches(['>', ' ']);
    let Some((name, value)) = item.split_once([':', '：']) else { return false };
    let name = name.trim().trim_matches(['*', '_']).trim_end().to_lowercase();
    is_field(task, status, &name, value.trim_start_matches(['*', '_']).trim())
}

fn is_section(task: &Task, name: &str) -> bool {
    let is_heading =
        |line: &str, name: &str| line.starts_with('#') && line.trim_start_matches('#').trim() == name;
    let in_body = |name: &str| task.body.lines().any(|line| is_heading(line, name));
    in_body(name)
        || (name == "Objective" && in_body("Description"))
        || (name.starts_with("Files") && !task.files.is_empty())
}

fn is_field(task: &Task, status: Status, name: &str, value: &str) -> bool {
    let day = |day: Option<chrono::NaiveDate>| day.is_some_and(|day| value.contains(&day.to_string()));
    let is_value = |text: &str| text == value || text == value.trim_matches('`');
    let unknown = |key: &str| task.unknown.iter().any(|(name, text)| name == key && is_value(text));
    let moved = day(task.history.last().map(|step| step.at.date_naive()));
    let empty = value.is_empty() || value == "YYYY-MM-DD" || value == "unassigned";
    empty
        || match name {
            "status" => {
                !matches!(status, Status::NotStarted)
                    || ["NOT_STARTED", "To do", "TODO"].iter().any(|word| value.contains(word))
            }
            "assigned" | "assigned to" | "assignee" => {
                task.assignee.as_deref() == Some(value) || unknown("assigned")
            }
            "priority" => {
                task.priority.as_ref().is_some_and(|priority| priority.as_str() == value.to_lowercase())
            }
            "created" => day(task.created),
            "date" => day(task.created),
            "updated" => moved || day(task.created),
            "completed" => moved,
            "branch" => unknown("branch"),
            "time spent" => Minutes::parse(value) == task.spent,
            "estimate" => Minutes::parse(value) == task.estimate,
            "type" => task.kind.as_deref() == Some(value),
            "area" => task.area.as_deref() == Some(value),
            "sprint" => task.sprint.as_ref().is_some_and(|sprint| sprint.as_str() == value),
            "tags" | "labels" => task.tags.iter().all(|tag| value.contains(tag)),
            "depends on" => task.depends_on.iter().all(|id| value.to_uppercase().contains(id.as_str())),
            "parent" => task.parent.as_ref().is_some_and(|parent| parent.as_str() == value),
            "stage" => task.stage.as_str() == value || status != Status::InProgress,
            "cancelled" => task.cancelled.as_ref().is_some_and(|reason| reason.contains(value)),
            name => unknown(name),
        }
}

/// Returns the lines of cards that their tasks do not say. `clean` is the document as it was meant to be encoded.
fn lost(clean: &str, document: &cards::CardsDocument) -> Vec<String> {
    let lines: Vec<&str> = clean.lines().collect();
    let tasks = tasks(document);
    let mut lost = Vec::new();
    for (card, task) in document.cards.iter().zip(&tasks) {
        for line in &lines[card.lines.first..card.lines.last] {
            if !line.trim().is_empty() && !is_kept(task, card.status, line) {
                lost.push(format!("{}: {line}", card.id));
            }
        }
    }
    lost
}

#[test]
fn every_line_of_a_card_is_found_in_its_task() {
    for path in fixtures() {
        let bytes = fs::read(&path).unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let document = cards::read(&bytes, "cards.md");
        if document.repairs.characters == 0 {
            assert_eq!(lost(text, &document), Vec::<String>::new(), "{}", path.display());
        }
    }
}

#[test]
fn every_line_of_a_doubly_encoded_card_is_found_in_its_task() {
    let clean = fs::read_to_string("fixtures/imports/cards/both-dialects.md").unwrap();
    assert_eq!(lost(&clean, &fixture("doubly-encoded.md")), Vec::<String>::new());
}

#[test]
fn every_line_of_a_document_is_in_a_card_or_in_a_named_part() {
    for path in fixtures() {
        let bytes = fs::read(&path).unwrap();
        let document = cards::read(&bytes, "cards.md");
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        if document.cards.is_empty() {
            continue;
        }
        let cards = document.cards.iter().map(|card| card.lines);
        let spans: Vec<_> = cards.chain(document.parts.iter().map(|part| part.lines)).collect();
        // A card that is refused is named by its problem.
        let refused: Vec<_> =
            document.problems.iter().filter(|problem| problem.message.contains("also the id")).collect();
        for (at, line) in text.lines().enumerate() {
            let number = at + 1;
            let named = spans.iter().any(|span| (span.first..=span.last).contains(&number));
            let of_refused = refused
                .iter()
                .any(|problem| problem.line.is_some_and(|first| (first..first + 5).contains(&number)));
            let heading_of_template = line == "## Template for New Tasks";
            let separator = line.trim().is_empty() || line.trim() == "---";
            assert!(
                named || of_refused || heading_of_template || separator,
                "{}:{number}: {line}",
                path.display()
            );
        }
    }
}
