//! Laws of merging, contained to random documents, random pairs of edits and junk.

use proptest::prelude::*;
use tracker::doc::{self, Document, Edit, Identity, Marks, Merge, RecordVersions, Scalar, Value};
use tracker::model::RecordFormat;

const BASE: &str = "\
---
# a task
id: TASK-7Q2M
title: Mend the fence   # by spring
stage: dev
tags: [wood, 'old paint']
depends_on:
- TASK-3F8K
# how long
estimate: 45m
x-crew:
  north: mo
  south: ida
history:
  - {at: 2026-11-11T10:00:00Z, by: ada, from: none, to: dev}
---

## Description

Two posts are rotten.
The gate hangs low.

## Deliverables

- [ ] New posts
- [x] Paint
- [ ] Hinges
  greased

### Later

1. [ ] Second coat

## Notes

- oak

";

/// One change of a document, by a person or by the tracker.
#[derive(Debug, Clone)]
enum Change {
    Edit(Edit),
    /// Deletes a line.
    Delete(usize),
    /// Puts a line of this text before a line.
    Insert(usize, String),
    /// Replaces a line.
    Replace(usize, String),
    /// Moves a line.
    Move(usize, usize),
    /// Turns the line endings.
    Endings,
    /// Takes the last line's ending away.
    Open,
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-d]{1,3}",
        "[a-d ]{1,6}",
        Just("a: b".to_owned()),
        Just("#".to_owned()),
        Just("2026".to_owned()),
        Just("'".to_owned()),
        Just("old paint".to_owned())
    ]
}

fn key() -> impl Strategy<Value = String> {
    let keys =
        ["title", "tags", "depends_on", "estimate", "x-crew", "x-new", "area", "spent", "stage", "history"];
    proptest::sample::select(keys.to_vec()).prop_map(str::to_owned)
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (key(), word()).prop_map(|(key, text)| Edit::Set { key, value: Value::Text(text) }),
        (key(), proptest::collection::vec(word(), 0..3))
            .prop_map(|(key, items)| Edit::Set { key, value: Value::List(items) }),
        key().prop_map(|key| Edit::Remove { key }),
        (key(), word()).prop_map(|(key, item)| Edit::AddItem { key, item }),
        (key(), word()).prop_map(|(key, item)| Edit::RemoveItem { key, item }),
        (0..4_u8, "[a-c]{1,2}").prop_map(|(minute, to)| {
            let at = Scalar::Plain(format!("2026-11-12T10:0{minute}:00Z"));
            let entry = vec![("at".to_owned(), at), ("to".to_owned(), Scalar::Text(to))];
            Edit::Append { key: "history".to_owned(), entry }
        }),
        (1..6_usize, any::<bool>()).prop_map(|(number, done)| Edit::Tick { numbers: vec![number], done }),
        (proptest::sample::select(vec!["Notes", "Deliverables", "New", "Later"]), word()).prop_map(
            |(heading, text)| Edit::AppendToSection {
                heading: heading.to_owned(),
                text: format!("- [ ] {text}")
            }
        ),
    ]
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        word(),
        word().prop_map(|text| format!("- [ ] {text}")),
        word().prop_map(|text| format!("  - [x] {text}")),
        word().prop_map(|text| format!("## {text}")),
        word().prop_map(|text| format!("### {text}")),
        word().prop_map(|text| format!("# {text}")),
        (key(), word()).prop_map(|(key, text)| format!("{key}: {text}")),
        Just(String::new()),
        Just("```".to_owned()),
        Just("---".to_owned()),
        Just("- TASK-3F8K".to_owned()),
        Just("- [ ] New posts".to_owned()),
        Just("## Notes".to_owned()),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => edit().prop_map(Change::Edit),
        1 => (0..50_usize).prop_map(Change::Delete),
        2 => (0..50_usize, line()).prop_map(|(at, text)| Change::Insert(at, text)),
        2 => (0..50_usize, line()).prop_map(|(at, text)| Change::Replace(at, text)),
        1 => (0..50_usize, 0..50_usize).prop_map(|(from, to)| Change::Move(from, to)),
        1 => Just(Change::Endings),
        1 => Just(Change::Open),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let place = |at: usize, count: usize| if count == 0 { 0 } else { at % count };
    let count = lines.len();
    match change {
        Change::Edit(edit) => {
            let document = Document::markdown(text.as_bytes());
            let edited = document.ok().and_then(|document| document.edit(std::slice::from_ref(edit)).ok());
            return edited.unwrap_or_else(|| text.to_owned());
        }
        Change::Delete(at) if count > 0 => drop(lines.remove(place(*at, count))),
        Change::Insert(at, line) => lines.insert(place(*at, count + 1), format!("{line}\n")),
        Change::Replace(at, line) if count > 0 => lines[place(*at, count)] = format!("{line}\n"),
        Change::Move(from, to) if count > 0 => {
            let line = lines.remove(place(*from, count));
            lines.insert(place(*to, count), line);
        }
        Change::Endings if text.contains("\r\n") => return text.replace("\r\n", "\n"),
        Change::Endings => return text.replace('\n', "\r\n"),
        Change::Open => return text.trim_end().to_owned(),
        Change::Delete(_) | Change::Replace(..) | Change::Move(..) => {}
    }
    lines.concat()
}

fn changed(text: &str, changes: &[Change]) -> String {
    changes.iter().fold(text.to_owned(), |text, change| apply(&text, change))
}

fn merge(base: Option<&str>, ours: &str, theirs: &str) -> Merge {
    let versions =
        RecordVersions { base: base.map(str::as_bytes), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
    doc::merge(RecordFormat::Markdown, versions, None, &Marks::default()).unwrap()
}

/// Exchanges the sides of every conflict.
fn exchanged(text: &str) -> String {
    let (mut out, mut parts, mut part) = (String::new(), [String::new(), String::new(), String::new()], None);
    for line in text.split_inclusive('\n') {
        match (line.get(..7), part) {
            (Some("<<<<<<<"), None) => (part, parts) = (Some(0), Default::default()),
            (Some("|||||||"), Some(0)) => part = Some(1),
            (Some("======="), Some(1)) => part = Some(2),
            (Some(">>>>>>>"), Some(2)) => {
                let ending = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                let [ours, base, theirs] = &parts;
                let marks = ["<<<<<<< ours", "||||||| base", "=======", ">>>>>>> theirs"];
                let [first, second, third, last] = marks.map(|mark| format!("{mark}{ending}"));
                out += &[&first, theirs, &second, base, &third, ours, &last].map(String::as_str).concat();
                part = None;
            }
            (_, Some(part)) => parts[part] += line,
            (_, None) => out += line,
        }
    }
    out
}

/// Lines that say something, ticks and endings aside.
fn lines_of(text: &str) -> Vec<String> {
    let bare = |line: &str| line.trim_end().replace("[x]", "[ ]");
    text.trim_start_matches('\u{feff}').lines().map(bare).filter(|line| !line.is_empty()).collect()
}

fn is_document(text: &str) -> bool {
    Document::markdown(text.as_bytes()).is_ok()
}

fn check(base: Option<&str>, ours: &str, theirs: &str) -> Result<(), TestCaseError> {
    let one = merge(base, ours, theirs);
    let other = merge(base, theirs, ours);
    prop_assert_eq!(one.conflicts.len(), other.conflicts.len(), "{}\n----\n{}", one.text, other.text);
    if one.conflicts.is_empty() {
        prop_assert_eq!(&one.text, &other.text);
        if is_document(ours) && is_document(theirs) && base.is_none_or(is_document) {
            prop_assert!(is_document(&one.text), "{}", one.text);
        }
    } else {
        prop_assert_eq!(exchanged(&one.text), other.text);
    }
    // Below the front matter, a line that one side added is there; in it, values are compared when it is merged.
    let body =
        |text: &str| Document::markdown(text.as_bytes()).ok().map(|document| lines_of(document.body()));
    let versions = (base.map_or(Some(Vec::new()), body), body(ours), body(theirs));
    if let (Some(base), Some(ours), Some(theirs)) = versions {
        let merged = lines_of(&one.text);
        for line in ours.iter().chain(&theirs).filter(|line| !base.contains(line)) {
            prop_assert!(merged.contains(line), "lost {line:?}\n{}", one.text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_orders_give_the_same(
        ours in proptest::collection::vec(change(), 1..5),
        theirs in proptest::collection::vec(change(), 1..5),
    ) {
        let (ours, theirs) = (changed(BASE, &ours), changed(BASE, &theirs));
        check(Some(BASE), &ours, &theirs)?;
        check(None, &ours, &theirs)?;
    }

    #[test]
    fn what_one_side_left_alone_is_the_other_sides(changes in proptest::collection::vec(change(), 0..6)) {
        let side = changed(BASE, &changes);
        for (ours, theirs) in [(side.as_str(), BASE), (BASE, side.as_str()), (side.as_str(), side.as_str())] {
            let merged = merge(Some(BASE), ours, theirs);
            prop_assert_eq!(merged.text, side.as_str());
            prop_assert!(merged.conflicts.is_empty());
        }
    }

    #[test]
    fn merging_again_changes_nothing(
        ours in proptest::collection::vec(change(), 1..4),
        theirs in proptest::collection::vec(change(), 1..4),
    ) {
        let (ours, theirs) = (changed(BASE, &ours), changed(BASE, &theirs));
        let merged = merge(Some(BASE), &ours, &theirs);
        if merged.conflicts.is_empty() {
            prop_assert_eq!(&merge(Some(&theirs), &merged.text, &theirs).text, &merged.text);
            prop_assert_eq!(&merge(Some(&ours), &ours, &merged.text).text, &merged.text);
        }
    }

    #[test]
    fn junk_is_merged_or_refused(
        base in proptest::collection::vec(line(), 0..12),
        ours in "(---\n)?([a-c]: [\\[{\\]}\"'a#&*| -]{0,5}\n){0,6}(---\n)?[\\PC\n\r]{0,60}",
        theirs in "(---\r?\n)?([a-c]: [\\[{\\]}\"'a#&*| -]{0,5}\r?\n){0,6}(---\n)?(.*\n){0,6}",
    ) {
        let base = format!("---\na: b\n---\n{}", base.join("\n"));
        for kind in [RecordFormat::Markdown, RecordFormat::Yaml, RecordFormat::Toml, RecordFormat::Text] {
            let versions = RecordVersions { base: Some(base.as_bytes()), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
            let merged = doc::merge(kind, versions, Some(Identity { key: "a", id: "b" }), &Marks::default());
            if kind == RecordFormat::Text {
                prop_assert!(merged.is_ok());
            }
        }
        let versions = RecordVersions { base: None, ours: ours.as_bytes(), theirs: b"\xff\x00" };
        prop_assert!(doc::merge(RecordFormat::Markdown, versions, None, &Marks::default()).is_err());
    }
}
