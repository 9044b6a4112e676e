//! Importing again: nothing happens, unless something is new.

use tracker::doc;
use tracker::import::cards::{self, Decision, plan};
use tracker::model::{Priority, Task};

use super::{fixture, tasks};

/// Decides about tasks of a document where `there` are the tasks of the tracker.
fn decisions(imported: Vec<Task>, there: &[Task]) -> Vec<Decision> {
    let planned = plan(imported, |id| there.iter().find(|task| task.id == *id));
    planned.into_iter().map(|planned| planned.decision).collect()
}

#[test]
fn a_second_import_changes_nothing() {
    for name in ["both-dialects.md", "every-status.md", "odd-metadata.md", "structure.md"] {
        let imported = tasks(&fixture(name));
        assert!(decisions(imported.clone(), &[]).iter().all(|decision| *decision == Decision::Create));
        let from_files: Vec<Task> =
            imported.iter().map(|task| doc::read_task(doc::create_task(task).as_bytes()).unwrap()).collect();
        let again = decisions(imported, &from_files);
        assert!(again.iter().all(|decision| *decision == Decision::Unchanged), "{name}: {again:?}");
    }
}

#[test]
fn an_edited_task_differs_by_line() {
    let imported = tasks(&fixture("both-dialects.md"));
    let mut there = imported.clone();
    there[0].priority = Some(Priority::Low);
    there[0].body.push_str("\n## More\n");
    there[4].unknown[0].1 = "CA".to_owned();
    there[4].unknown.push(("team".to_owned(), "engine".to_owned()));
    there[7].body = there[7].body.replace('\n', "\r\n");
    let decisions = decisions(imported, &there);
    let differs = |fields: &[&str]| Decision::Differs {
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
    };
    assert_eq!(decisions[0], differs(&["priority", "body"]));
    assert_eq!(decisions[1], Decision::Unchanged);
    assert_eq!(decisions[4], differs(&["assigned", "team"]));
    assert_eq!(decisions[7], Decision::Unchanged);
}

#[test]
fn a_card_whose_source_changed_differs() {
    let before = tasks(&cards::read(b"### TASK-1: a\nStatus: TODO\n", "cards.md"));
    let after = tasks(&cards::read(b"### TASK-1: b\nStatus: DONE\nCompleted: 2026-01-02\n", "cards.md"));
    let fields = ["title", "stage", "history"].map(str::to_owned).to_vec();
    assert_eq!(decisions(after, &before), [Decision::Differs { fields }]);
}

#[test]
fn an_id_that_belongs_to_another_task_is_left_alone() {
    let imported = tasks(&cards::read(b"### TASK-1: a\nStatus: TODO\n", "cards.md"));
    let mut there = imported.clone();
    there[0].source = None;
    assert_eq!(decisions(imported.clone(), &there), [Decision::IdTaken { source: None }]);
    let source = Some("other.md#TASK-1".to_owned());
    there[0].source.clone_from(&source);
    assert_eq!(decisions(imported, &there), [Decision::IdTaken { source }]);
}
