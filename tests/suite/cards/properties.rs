//! Properties: what is rendered is read as the same tasks; no input makes a reader panic.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use tracker::doc;
use tracker::import::cards;
use tracker::model::{Minutes, Move, MoveKind, Priority, SprintId, Stage, Task, TaskId};

use super::{comparable, render, tasks};

/// Lines that could be taken for something else, and such as people write.
const LINES: &[&str] = &[
    "",
    "",
    "",
    " ",
    "   \t",
    "A sentence with `code`, *stress* and a [link](x).",
    "- item",
    "  - nested",
    "- [ ] open",
    "- [x] done",
    "- ✅ marked",
    "1. first",
    "12. twelfth",
    "| a | b |",
    "|---|---|",
    "> quoted",
    "---",
    "***",
    "* * *",
    "___",
    " ---",
    "Text\n---",
    "# One",
    "## Two",
    "### Three",
    "#### Four",
    "##### Five",
    "###### Six",
    "####### Seven",
    "#no",
    " ## Two, indented",
    "    ### Three, in code",
    "##",
    "## Closed ##",
    "### TASK-1: A card",
    "#### TASK-2 — A card",
    "## TASK-XXXX: A template",
    "**Label:**",
    " **Label:**",
    "**Label:** and text",
    "**Label**:",
    "**bold** text",
    "**Status:** done",
    "**Time Spent:** 2h",
    "**Branch:**",
    "**Files Created:**",
    "**Testing:** by hand",
    "**Description:**",
    "**History:**",
    "Status: COMPLETED",
    "Note: remember",
    "note: remember",
    "\"key\": value",
    "- Created: 2026-01-01",
    "Title: \"x\"",
    "```",
    "```rust",
    "````",
    "~~~",
    "  ```",
    "- ```",
    "> ```",
    "``` `inline` ```",
    "<!-- a comment -->",
    "<!-- open",
    "-->",
    "<!-- tracker: as written -->",
    " <!-- tracker: as written {\"above\":9} -->",
    "**X:** <!-- tracker: as written -->",
    "<!-- tracker: task cards ✓ -->",
    "*Last Updated: today*",
    "- src/a.rs",
    "- `src/b.rs` - why",
    "- /c/d.rs (new)",
    "- no moves recorded",
    "- 2026-01-01T00:00:00Z none → dev by ada: started",
    "âœ… encoded twice",
    "naïve „Spaß“",
    "\u{1b}[2J",
    "\u{feff}",
    "\u{202e}",
    "trailing  ",
    "\ttab",
    "a\\b",
    "{{ x }}{% raw %}",
    "<script>alert(1)</script>",
];

const NAMES: &[&str] = &[
    "Description",
    "Objective",
    "Deliverables",
    "deliverables",
    "Acceptance criteria",
    "Technical details",
    "Files",
    "Files Created/Modified",
    "History",
    "Blockers/Issues",
    "Next Steps",
    "Status",
    "Branch",
    "Time Spent",
    "Usage: **bold**",
    "A `name`",
    "TASK-7: a card",
    "TASK-XXXX: x",
    "#",
    "x #",
    "",
    " padded",
    "Notes:**",
    "-->",
    "\u{1b}[0m",
    "tracker: as written",
];

const WORDS: &[&str] = &[
    "",
    " ",
    "ada",
    "Ada Lovelace <ada@example.com>",
    "CA, CC",
    "CA (first)",
    "none",
    "-",
    "n/a",
    "a: b",
    "\"q\"",
    "`x`",
    "two\nlines",
    "\u{1b}[2J",
    "\u{202e}",
    "x #",
    "#tag",
    "a,b",
    "[a]",
    "2026-01-01",
    "a — b",
    "→",
    "true",
    "**b**",
    "a (by an open dependency)",
    "|",
    "é",
    "âœ…",
    " padded ",
    "\u{a0}",
    "yes",
    "TASK-1",
    "<!-- -->",
    "imported as completed",
    "C#",
    "Title: \"x\"",
    "\\",
    "a\u{2028}b",
];

const PATHS: &[&str] = &[
    "src/a.rs",
    "src/b.rs",
    "c/d.rs",
    "README.md",
    "Makefile",
    "/abs",
    "with space.rs",
    "x",
    "",
    "a - b",
    "`t`",
    "../up",
    "\"q\"",
    "*.rs",
    "```",
    "a.rs,",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![select(WORDS).prop_map(str::to_owned), "[a-z]{1,8}( [a-z]{1,6}){0,3}"]
}

fn body() -> impl Strategy<Value = String> {
    let line = || select(LINES).prop_map(str::to_owned);
    let section =
        (prop_oneof![4 => Just("## "), 1 => Just("##  "), 1 => Just("##")], select(NAMES), vec(line(), 0..9))
            .prop_map(|(mark, name, lines)| format!("{mark}{name}\n{}", lines.join("\n")));
    let usual = (select(NAMES), vec(line(), 1..6))
        .prop_map(|(name, lines)| format!("## {name}\n\n{}\n", lines.join("\n")));
    let parts = vec(prop_oneof![3 => usual, 1 => section], 0..5);
    let usual = (select(&["", "\n", "\n\n", "\ntext\n\n"][..]), parts.clone())
        .prop_map(|(before, parts)| format!("{before}{}", parts.join("\n")));
    let odd = (vec(line(), 0..9), parts)
        .prop_map(|(lines, parts)| format!("{}\n{}", lines.join("\n"), parts.join("\n")));
    (prop_oneof![3 => usual, 1 => odd], prop::bool::weighted(0.1))
        .prop_map(|(body, crlf)| if crlf { body.replace('\n', "\r\n") } else { body })
}

fn stage() -> impl Strategy<Value = Stage> {
    select(&["none", "dev", "qa", "complete"][..]).prop_map(|name| Stage::parse(name).unwrap())
}

fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    let seconds = prop_oneof![0..4_000_000_000_i64, (0..40_000_i64).prop_map(|day| day * 86_400)];
    (seconds, prop_oneof![3 => Just(0), 1 => 0..1_000_000_000_u32])
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn step() -> impl Strategy<Value = Move> {
    let why = of(prop_oneof![
        word(),
        Just("imported as completed".to_owned()),
        Just("imported as in progress".to_owned())
    ]);
    let kind = "(advance|start|fail|override|import|[a-z]{1,4})".prop_map(|text| MoveKind::parse(&text));
    (moment(), word(), of(word()), stage(), stage(), kind, why).prop_map(
        |(at, by, agent, from, to, kind, why)| Move { at, by, agent, from, to, kind, why, signature: None },
    )
}

fn unknown() -> impl Strategy<Value = Vec<(String, String)>> {
    let keys = ["branch", "assigned", "external_id", "Reviewer", "status", "two words", "é", "branch.name"];
    vec((select(keys.to_vec()), word()), 0..4).prop_map(|pairs| {
        let mut seen = HashSet::new();
        let pairs = pairs.into_iter().filter(|(key, _)| seen.insert(*key));
        pairs.map(|(key, value)| (key.to_owned(), value)).collect()
    })
}

fn id() -> impl Strategy<Value = TaskId> {
    "(TASK|WH|A1)-[A-Z0-9]{1,5}".prop_filter_map("a template's id is no task's", |text| {
        TaskId::parse(&text).ok().filter(|id| !id.suffix().bytes().all(|byte| byte == b'X'))
    })
}

prop_compose! {
    fn any_status()(
        stage in stage(),
        history in vec(step(), 0..4),
        blocked in of(word()),
        cancelled in of(word()),
        created in of((0..40_000_i32).prop_map(|day| NaiveDate::from_num_days_from_ce_opt(719_163 + day).unwrap())),
        assignee in of(word()),
        estimate in of(0..5_000_u32),
        spent in of(0..5_000_u32),
    ) -> Task {
        let id = TaskId::parse("TASK-1").unwrap();
        Task {
            stage, assignee, estimate: estimate.map(Minutes), spent: spent.map(Minutes), created, blocked, cancelled,
            history,
            ..Task::new(id, "")
        }
    }
}

prop_compose! {
    fn task()(
        any_status in any_status(),
        id in id(),
        title in word(),
        kind in of("[a-z][a-z0-9_-]{0,8}"),
        priority in of(select(&["critical", "high", "medium", "low", "P1", "a | b", "none", ""][..])),
        area in of(word()),
        tags in vec(word(), 0..3).prop_map(each_once),
        sprint in of(Just("SPRINT-1")),
        depends_on in vec(id(), 0..3),
        files in prop_oneof![Just(Vec::new()), vec(select(PATHS).prop_map(str::to_owned), 0..4)],
        unknown in unknown(),
        body in body(),
    ) -> Task {
        Task {
            id, title, kind, area, tags, depends_on, files, unknown, body,
            priority: priority.map(Priority::parse),
            sprint: sprint.map(|id| SprintId::parse(id).unwrap()),
            ..any_status
        }
    }
}

/// A tag given twice is one.
fn each_once(mut tags: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    tags
}

/// Counts of boxes follow from the body, so they are no part of what must come back.
fn without_counts(mut tasks: Vec<Task>) -> Vec<Task> {
    for task in &mut tasks {
        task.deliverables = tracker::model::BoxCount::default();
        task.boxes = task.deliverables;
    }
    tasks
}

/// A third of the usual number: these cases are large.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(3), failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_rendered_is_read_as_the_same_tasks(all in vec(task(), 1..5)) {
        let mut seen = HashSet::new();
        let all: Vec<Task> = all.into_iter().filter(|task| seen.insert(task.id.clone())).collect();
        let text = render(&all);
        let document = cards::read(text.as_bytes(), "cards.md");
        prop_assert!(document.problems.iter().all(|problem| problem.line.is_some()), "{text}");
        let (read, all) = (without_counts(comparable(tasks(&document))), without_counts(comparable(all)));
        for (read, task) in read.iter().zip(&all) {
            prop_assert_eq!(read, task, "{}", text);
        }
        prop_assert_eq!(read.len(), all.len(), "{}", text);
    }

    #[test]
    fn a_document_renders_as_it_was(all in vec(task(), 1..4)) {
        let mut seen = HashSet::new();
        let all: Vec<Task> = all.into_iter().filter(|task| seen.insert(task.id.clone())).collect();
        let text = render(&all);
        let read = tasks(&cards::read(text.as_bytes(), "cards.md"));
        prop_assert_eq!(render(&read), text);
    }

    #[test]
    fn no_text_makes_a_reader_panic(lines in vec(prop_oneof![select(LINES), select(NAMES), select(WORDS)], 0..60)) {
        let text = format!("### TASK-1: x\n{}", lines.join("\n"));
        let document = cards::read(text.as_bytes(), "cards.md");
        let tasks = comparable(tasks(&document));
        // What was read of any text is a task like any other.
        for task in &tasks {
            let file = doc::create_task(task);
            let mut read = doc::read_task(file.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}\n{file}"));
            read.warnings.clear();
            prop_assert_eq!(without_counts(vec![read]), without_counts(vec![task.clone()]));
        }
        let again = cards::read(render(&tasks).as_bytes(), "cards.md");
        prop_assert_eq!(comparable(super::tasks(&again)), tasks);
    }

    #[test]
    fn a_damaged_document_makes_no_reader_panic(
        name in select(&["both-dialects.md", "doubly-encoded.md", "odd-metadata.md", "structure.md"][..]),
        edits in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 1..12),
    ) {
        let text = std::fs::read_to_string(format!("fixtures/imports/cards/{name}")).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        for (at, other, what) in edits {
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[other]),
                2 => lines.swap(at, other),
                _ => lines[at] = lines[at].char_indices().nth(7).map_or("", |(end, _)| &lines[at][..end]),
            }
        }
        let tasks = comparable(tasks(&cards::read(lines.join("\n").as_bytes(), "cards.md")));
        let again = cards::read(render(&tasks).as_bytes(), "cards.md");
        prop_assert_eq!(comparable(super::tasks(&again)), tasks);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _ = cards::read(&bytes, "cards.md");
    }
}
