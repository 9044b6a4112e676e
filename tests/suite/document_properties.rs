//! Properties of reading, creating and editing documents.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tracker::doc::{
    self, Document, Edit, Value, append_move, create_note, create_task, read_note, read_task,
};
use tracker::model::{
    BoxCount, Minutes, Move, MoveKind, Note, NoteKind, Priority, SprintId, Stage, Task, TaskId,
};

/// Any text that is not blank, with a liking for what YAML is particular about.
fn text() -> impl Strategy<Value = String> {
    let odd = "[ a-z0-9:#'\"\\[\\]{},&*!|>%@`?~.=<\n\t\\\\-]{1,12}";
    let word = "(no|true|null|~|2024|1\\.10|0x1F|2026-11-11|---|12:30|y|<<|=|\\.inf|-|- a)";
    prop_oneof![3 => "\\PC{1,20}", 3 => odd, 1 => word, 1 => ".{1,20}"]
        .prop_filter("not blank", |text: &String| !text.trim().is_empty())
}

fn moment() -> impl Strategy<Value = chrono::DateTime<chrono::Utc>> {
    (0..4_000_000_000_i64, prop_oneof![Just(0), 0..1_000_000_000_u32])
        .prop_map(|(seconds, nanos)| chrono::DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn id() -> impl Strategy<Value = TaskId> {
    "[A-Z][A-Z0-9]{0,4}-[A-Z0-9]{1,6}".prop_map(|text| TaskId::parse(&text).unwrap())
}

fn stage() -> impl Strategy<Value = Stage> {
    "(none|dev|qa|null|true|no|[a-z][a-z0-9_-]{0,8})".prop_map(|text| Stage::parse(&text).unwrap())
}

fn step() -> impl Strategy<Value = Move> {
    (moment(), text(), option::of(text()), stage(), stage(), move_kind(), option::of(text())).prop_map(
        |(at, by, agent, from, to, kind, why)| Move { at, by, agent, from, to, kind, why, signature: None },
    )
}

fn move_kind() -> impl Strategy<Value = MoveKind> {
    "(advance|start|fail|override|reopen|revert|import|true|[a-z]{1,4})"
        .prop_map(|text| MoveKind::parse(&text))
}

fn body() -> impl Strategy<Value = String> {
    vec(prop_oneof!["\\PC{0,20}", "(- \\[[ x]\\] a|## Deliverables|```|---|<!--|)"], 0..6)
        .prop_map(|lines| lines.join("\n"))
        .prop_filter("no conflict", |body| !body.contains("<<<<<<<") && !body.contains(">>>>>>>"))
}

fn unknown() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((text(), prop_oneof![text(), Just("[a, b]".to_owned()), Just("{a: [b]}".to_owned())]), 0..3)
        .prop_filter("distinct and unknown keys", |pairs| {
            let mut keys: Vec<_> = pairs.iter().map(|(key, _)| key).collect();
            keys.sort();
            keys.dedup();
            keys.len() == pairs.len()
                && !keys.iter().any(|key| ["id", "title", "type", "area"].contains(&key.as_str()))
        })
}

prop_compose! {
    fn task()(
        (id, title, kind, priority) in (id(), text(), option::of("[A-Za-z][A-Za-z0-9_-]{0,8}"), option::of(text())),
        (stage, assignee, area, tags) in (stage(), option::of(text()), option::of(text()), vec(text(), 0..4)),
        (depends_on, files) in (vec(id(), 0..3), vec(text(), 0..3)),
        (estimate, spent) in (option::of(0..100_000_u32), option::of(0..100_000_u32)),
        (blocked, cancelled) in (option::of(prop_oneof![text(), Just(String::new())]), option::of(text())),
        (created, source) in (option::of(moment()), option::of(text())),
        (history, unknown, body) in (vec(step(), 0..3), unknown(), body()),
    ) -> Task {
        Task {
            kind, stage, assignee, area, tags, depends_on, files, blocked, cancelled, source, history,
            unknown, body,
            priority: priority.map(|text| Priority::parse(&text)),
            sprint: Some(SprintId::parse("SPRINT-1").unwrap()),
            estimate: estimate.map(Minutes),
            spent: spent.map(Minutes),
            created: created.map(|time| time.date_naive()),
            ..Task::new(id, title)
        }
    }
}

/// Leaves out what is derived from the body or of the document's form.
fn bare(task: Task) -> Task {
    Task { deliverables: BoxCount::default(), boxes: BoxCount::default(), warnings: Vec::new(), ..task }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::Text),
        1 => any::<i64>().prop_map(Value::Integer),
        1 => Just(Value::Plain("2026-12-01".to_owned())),
        2 => vec(text(), 0..4).prop_map(Value::List),
    ]
}

/// Returns a document with comments and blank lines between its keys.
fn commented(task: &Task) -> String {
    let created = create_task(task);
    let (front, body) = created.split_at(created.find("\n---\n").unwrap());
    let mut out = String::new();
    for (number, line) in front.lines().enumerate() {
        if number % 3 == 2 && !line.starts_with(' ') {
            out += "# about what is below\n\n";
        }
        out += line;
        out += "\n";
    }
    out + body.trim_start_matches('\n')
}

/// A quarter of proptest's cases, which `PROPTEST_CASES` sets: a task is costly to make up, and the fuzzer does more.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases / 4, failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_created_reads_back_the_same(task in task()) {
        let created = create_task(&task);
        let read = read_task(created.as_bytes());
        let read = read.map_err(|problems| TestCaseError::fail(format!("{created}\n{problems:?}")))?;
        prop_assert_eq!(bare(read), task, "{}", created);
    }

    #[test]
    fn a_note_reads_back_the_same(at in moment(), by in text(), text in body()) {
        let text = text.trim_matches('\n').to_owned();
        let kind = (text.len() % 2 == 0).then_some(NoteKind::Tried);
        let note = Note { task: TaskId::parse("TASK-1").unwrap(), at, by, kind, text, signature: None };
        prop_assert_eq!(read_note(&note.task, create_note(&note).as_bytes()).unwrap(), note);
    }

    #[test]
    fn what_is_set_is_read(task in task(), title in text(), reason in text(), tags in vec(text(), 1..4)) {
        let document = Document::markdown(commented(&task).as_bytes()).unwrap();
        let set = |key: &str, value| Edit::Set { key: key.to_owned(), value };
        let after = document.edit(&[
            set("title", Value::Text(title.clone())),
            set("blocked", Value::Text(reason.clone())),
            set("tags", Value::List(tags.clone())),
            set("stage", Value::Text("done".to_owned())),
        ]);
        let after = after.map_err(|problem| TestCaseError::fail(problem.to_string()))?;
        let read = bare(read_task(after.as_bytes()).unwrap());
        let stage = Stage::parse("done").unwrap();
        prop_assert_eq!(read, Task { title, blocked: Some(reason), tags, stage, ..task });
    }

    #[test]
    fn an_edit_touches_only_its_lines(task in task(), value in value(), key in "(title|area|tags|files|blocked|custom)") {
        let before = commented(&task);
        let document = Document::markdown(before.as_bytes()).unwrap();
        let after = document.edit(&[Edit::Set { key: key.clone(), value }]).unwrap();
        let others = |text: &str| -> Vec<String> {
            let name = format!("{key}:");
            text.split_inclusive('\n').filter(|line| !line.starts_with(&name)).map(str::to_owned).collect()
        };
        prop_assert_eq!(others(&before), others(&after));
    }

    #[test]
    fn items_come_and_go(task in task(), item in text()) {
        let mut task = task;
        task.tags.push("first".to_owned());
        prop_assume!(!task.tags.contains(&item));
        let before = commented(&task);
        let document = Document::markdown(before.as_bytes()).unwrap();
        let (key, item) = ("tags".to_owned(), item);
        let added = document.edit(&[Edit::AddItem { key: key.clone(), item: item.clone() }]).unwrap();
        prop_assert_eq!(read_task(added.as_bytes()).unwrap().tags.last().cloned(), Some(item.clone()));
        let document = Document::markdown(added.as_bytes()).unwrap();
        prop_assert_eq!(document.edit(&[Edit::RemoveItem { key, item }]).unwrap(), before);
    }

    #[test]
    fn moves_are_appended(task in task(), step in step()) {
        let document = Document::markdown(commented(&task).as_bytes()).unwrap();
        let after = document.edit(&[append_move(&step)]).unwrap();
        let mut history = task.history;
        history.push(step);
        prop_assert_eq!(read_task(after.as_bytes()).unwrap().history, history);
    }

    #[test]
    fn ticking_changes_one_byte(task in task(), number in 1..5_usize, done: bool) {
        let document = Document::markdown(create_task(&task).as_bytes()).unwrap();
        let boxes = doc::checkboxes(document.body());
        match document.edit(&[Edit::Tick { numbers: vec![number], done }]) {
            Ok(after) => {
                let differing = after.bytes().zip(document.text().bytes()).filter(|(a, b)| a != b).count();
                prop_assert_eq!(differing, usize::from(boxes[number - 1].done != done));
                prop_assert_eq!(after.len(), document.text().len());
            }
            Err(_) => prop_assert!(number > boxes.len()),
        }
    }

    #[test]
    fn boxes_are_ticked_together_as_one_by_one(task in task(), numbers in vec(1..5_usize, 0..4), done: bool) {
        let document = Document::markdown(create_task(&task).as_bytes()).unwrap();
        let singly: Vec<Edit> =
            numbers.iter().map(|&number| Edit::Tick { numbers: vec![number], done }).collect();
        let together = document.edit(&[Edit::Tick { numbers, done }]);
        prop_assert_eq!(together.ok(), document.edit(&singly).ok());
    }

    #[test]
    fn junk_never_panics(bytes in vec(any::<u8>(), 0..200), front in "([a-z]{1,3}: ?\\PC{0,10}\n|[ -:\\[\\]{}\"'#&*!|>\n]{0,20})*") {
        let _ = read_task(&bytes);
        let _ = doc::read_config(&bytes);
        let text = format!("---\n{front}\n---\nbody");
        let _ = read_task(text.as_bytes());
        if let Ok(document) = Document::markdown(text.as_bytes()) {
            let _ = document.edit(&[Edit::Set { key: "a".to_owned(), value: Value::Text("x".to_owned()) }]);
        }
    }
}
