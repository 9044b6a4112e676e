//! Documents that no person wrote: each is named as broken or shown as what it is, and borne by every command.

use std::fs;

use super::Fate::{self, Broken, Sound};
use super::{ALL_AT_ONCE, HostileTracker, bomb, each, task};
use crate::watchdog::{Watched, watch_within};

/// Hostile documents: a name, what comes of it, its text for an id.
pub(super) type Document = (&'static str, Fate, fn(&str) -> Vec<u8>);

const DOCUMENTS: &[Document] = &[
    ("alias bomb", Broken, |id| task(id, &bomb(), "")),
    ("text bomb", Broken, |id| {
        task(id, &format!("a: &a {}\nb: [{}]", "x".repeat(30_000), vec!["*a"; 8_000].join(",")), "")
    }),
    ("flow nested deep", Broken, |id| task(id, &format!("a: {}", "[".repeat(100_000)), "")),
    ("flow nested within the cap", Broken, |id| task(id, &format!("a: {}", "[".repeat(60_000)), "")),
    ("maps nested within the cap", Broken, |id| task(id, &format!("a: {}", "{a: ".repeat(15_000)), "")),
    ("block nested deep", Broken, |id| task(id, &format!("a:\n  {}", "- ".repeat(50_000)), "")),
    ("block nested within the cap", Broken, |id| task(id, &format!("a:\n  {}x", "- ".repeat(30_000)), "")),
    ("keys nested within the cap", Broken, |id| task(id, &format!("a:\n  {}", "? ".repeat(30_000)), "")),
    ("block by lines", Broken, |id| {
        let lines: String = (1..350).map(|n| format!("{}k:\n", " ".repeat(n))).collect();
        task(id, &format!("a:\n{lines}"), "")
    }),
    ("open quotes", Broken, |id| task(id, &format!("a: {}", "\"\\\" ".repeat(15_000)), "")),
    ("open single quotes", Broken, |id| task(id, &format!("a: [{}", "' '' ".repeat(12_001)), "")),
    ("question marks", Broken, |id| task(id, &format!("a: {{{}", "?,".repeat(30_000)), "")),
    ("colons", Broken, |id| task(id, &format!("{}x", "a: ".repeat(20_000)), "")),
    ("tags", Broken, |id| task(id, &format!("a: {}", "!a ".repeat(20_000)), "")),
    ("anchors", Broken, |id| task(id, &format!("a: {}", "&a ".repeat(20_000)), "")),
    ("NUL", Broken, |id| task(id, "a: \"x\0y\"", "")),
    ("NUL in the body", Broken, |id| task(id, "", "\0")),
    ("invalid UTF-8", Broken, |id| [task(id, "", ""), b"\xff\xfe\xc0\x80".to_vec()].concat()),
    ("UTF-16", Broken, |_| b"\xff\xfe-\0-\0-\0\n\0".to_vec()),
    ("duplicate keys", Broken, |id| task(id, "title: Again", "")),
    ("duplicate ids", Broken, |id| task(id, "id: TASK-OTHER", "")),
    ("conflict markers", Broken, |id| task(id, "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> theirs", "")),
    ("conflict in the body", Broken, |id| task(id, "", "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\u{1b}[2J")),
    ("empty", Broken, |_| Vec::new()),
    ("no end of front matter", Broken, |id| format!("---\nid: {id}\ntitle: x\n").into_bytes()),
    ("only bytes", Broken, |_| (0..=255).cycle().take(70_000).collect()),
    ("another id", Broken, |_| task("TASK-GOOD", "", "")),
    ("id as a path", Broken, |_| task("../../outside/x", "", "")),
    ("id as an absolute path", Broken, |_| task("/tmp/x", "", "")),
    ("id as a list", Broken, |_| task("[TASK-1]", "", "")),
    ("id with escapes", Broken, |_| task("\"TASK-\\e[2J\"", "", "")),
    ("id as a number", Broken, |_| task("99999999999999999999999999", "", "")),
    ("depends on a path", Broken, |id| task(id, "depends_on: [../../outside/x]", "")),
    ("sprint is a path", Broken, |id| task(id, "sprint: ../../outside/x", "")),
    ("stage is a path", Broken, |id| task(id, "stage: ../../outside/x", "")),
    ("type is a path", Broken, |id| task(id, "type: ../../outside/x", "")),
    ("many wrong ids", Broken, |id| task(id, &format!("depends_on: [{}]", "a,".repeat(20_000)), "")),
    ("many empty items", Sound, |id| task(id, &format!("tags: [{}]", "'',".repeat(15_000)), "")),
    ("many lines of wrong ids", Broken, |id| {
        task(id, &format!("depends_on:\n{}", "- a\n".repeat(15_000)), "")
    }),
    ("much wrong history", Broken, |id| task(id, &format!("history:\n{}", "- {at: x}\n".repeat(6_000)), "")),
    ("year 999999999", Broken, |id| {
        task(id, "history: [{at: 999999999-01-01T00:00:00Z, by: a, from: none, to: dev}]", "")
    }),
    ("year 99999", Broken, |id| task(id, "created: 99999-01-01", "")),
    ("year +262142", Sound, |id| task(id, "created: +262142-12-31", "")),
    ("year -262143", Sound, |id| task(id, "created: -262143-01-01", "")),
    ("ends of time", Broken, |id| {
        task(
            id,
            "stage: dev\nhistory:\n- {at: +262142-12-31T23:59:59Z, by: a, from: none, to: dev}\n- {at: -262143-01-01T00:00:00Z, by: a, from: none, to: dev}",
            "",
        )
    }),
    ("huge estimate", Broken, |id| task(id, "estimate: 99999999999999999999d", "")),
    ("large estimate", Broken, |id| task(id, "estimate: 4294967295d", "")),
    ("largest estimate", Sound, |id| task(id, "estimate: 4294967295m\nspent: 4294967295m", "")),
    ("estimate not a number", Broken, |id| task(id, "estimate: .nan", "")),
    ("10,000 keys", Broken, |id| {
        task(id, &(0..10_000).map(|n| format!("k{n}: v\n")).collect::<String>(), "")
    }),
    ("as many keys as fit", Sound, |id| {
        task(id, &(0..6_000).map(|n| format!("k{n}: v\n")).collect::<String>(), "")
    }),
    ("as many same keys as fit", Broken, |id| task(id, &"k: v\n".repeat(12_000), "")),
    ("a megabyte on a line", Sound, |id| task(id, "", &"x".repeat(1_000_000))),
    ("a megabyte of stars", Sound, |id| task(id, "", &"*a_`[".repeat(200_000))),
    ("a megabyte of brackets", Sound, |id| task(id, "", &"[".repeat(1_000_000))),
    ("a megabyte of quotes", Sound, |id| task(id, "", &"> ".repeat(500_000))),
    ("a megabyte of nested items", Sound, |id| task(id, "", &"- ".repeat(500_000))),
    ("a megabyte of fences", Sound, |id| task(id, "", &"```\n".repeat(250_000))),
    ("50,000 boxes", Sound, |id| task(id, "", &"- [ ] same\n".repeat(50_000))),
    ("50,000 headings", Sound, |id| task(id, "", &"## Deliverables\n".repeat(50_000))),
    ("boxes far to the right", Sound, |id| task(id, "", &format!("- x\n{}- [ ] far\n", " ".repeat(200_000)))),
    ("nested boxes", Sound, |id| {
        task(id, "", &(0..1_500).map(|n| format!("{}- [ ] deep\n", "  ".repeat(n))).collect::<String>())
    }),
    ("escapes in the title", Sound, |id| {
        format!("---\nid: {id}\ntitle: \"\\e[2J\\e]0;pwned\\a\\x9b31m\\u202Egnp\\u2066\\u061c\"\n---\n")
            .into_bytes()
    }),
    ("raw escapes in the body", Sound, |id| task(id, "", "## \u{9b}2J\u{202e}\n- [ ] \u{202e}box\u{2066}")),
    ("escapes in every field", Sound, |id| {
        let nasty = "\"a\\e[2Jb\\u202ec\"";
        let fields = ["assignee", "area", "priority", "blocked", "source", "other"];
        let fields: String = fields.iter().map(|field| format!("{field}: {nasty}\n")).collect();
        task(id, &format!("{fields}tags: [{nasty}]\nfiles: [{nasty}]\n\"k\\e[2J\": {nasty}"), "")
    }),
    ("a title of many escapes", Sound, |id| {
        format!("---\nid: {id}\ntitle: \"{}\"\n---\n", "\\e".repeat(30_000)).into_bytes()
    }),
    ("a title of wide letters", Sound, |id| {
        format!("---\nid: {id}\ntitle: {}\n---\n", "語".repeat(21_000)).into_bytes()
    }),
    ("a title over lines", Sound, |id| {
        format!("---\nid: {id}\ntitle: \"a\\nTASK-FAKE  high  dev\"\n---\n").into_bytes()
    }),
    ("an assignee of many escapes", Sound, |id| {
        task(id, &format!("assignee: \"{}\"", "\\e".repeat(30_000)), "")
    }),
    ("a priority of many escapes", Sound, |id| {
        task(id, &format!("priority: \"{}\"", "\\e".repeat(30_000)), "")
    }),
    ("a long unknown key", Sound, |id| task(id, &format!("? {}\n: x", "k".repeat(60_000)), "")),
    ("a merge key", Sound, |id| task(id, "a: &a {b: 1}\nc: {<<: *a}", "")),
    ("thousands of dependencies", Sound, |id| {
        let ids: Vec<String> = (0..6_000).map(|n| format!("X-{n}")).collect();
        task(id, &format!("depends_on: [{}]", ids.join(",")), "")
    }),
];

/// One tracker with every n-th of the documents.
pub(super) fn documents(nth: usize) -> (HostileTracker, Vec<(String, &'static Document)>) {
    let hostile = HostileTracker::new();
    let cases = DOCUMENTS.iter().enumerate().step_by(nth);
    let named: Vec<_> = cases.map(|(n, case)| (format!("BAD-{n}"), case)).collect();
    for (id, (_, _, text)) in &named {
        hostile.sandbox.write(format!(".tracker/tasks/{id}.md"), text(id));
    }
    (hostile, named)
}

pub(super) fn hold_to_fate(listed: &Watched, named: &[(String, &Document)]) {
    let answer: serde_json::Value =
        serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed}"));
    let items = |value: &serde_json::Value, key: &str| -> Vec<String> {
        crate::support::items(value).iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    let shown = items(&answer["result"]["tasks"], "id");
    assert!(shown.contains(&"TASK-GOOD".to_owned()));
    let errors: Vec<_> =
        crate::support::items(&answer["problems"]).iter().filter(|it| it["severity"] == "error").collect();
    for (id, (name, fate, _)) in named {
        let file = format!(".tracker/tasks/{id}.md");
        let is_named = errors.iter().any(|it| it["file"] == file.as_str());
        let is_shown = shown.contains(id);
        assert_eq!((is_named, is_shown), (*fate == Broken, *fate == Sound), "{id}, {name}");
    }
    assert_eq!(listed.status, Some(1));
}

#[test]
fn a_list_shows_the_sound_and_names_the_broken() {
    let (hostile, named) = documents(1);
    // JSON escapes what a terminal obeys in its own way.
    let words = ["list", "--all", "--format", "json"];
    let list = || watch_within(&mut hostile.sandbox.tracker_command(&words), ALL_AT_ONCE);
    hold_to_fate(&list(), &named);
    // The second time from the index, if there is one.
    hold_to_fate(&list(), &named);
    hostile.run(&["list", "--all"]).exits(1);
    hostile.read_all("BAD-0", &[]);
    watch_within(&mut hostile.sandbox.tracker_command(&["doctor"]), ALL_AT_ONCE).decent().exits(1);
    hostile.nothing_outside_changed();
}

/// Every command on every n-th of the documents, each in a tracker of its own; a document that cannot be read is not
/// written either. Returns how many were tried.
pub(crate) fn every_command_on_every(nth: usize) -> usize {
    let name = |(name, ..): &&Document| (*name).to_owned();
    each(DOCUMENTS.iter().step_by(nth), name, |(name, fate, text)| {
        let hostile = HostileTracker::new();
        let path = ".tracker/tasks/BAD-1.md";
        hostile.sandbox.write(path, text("BAD-1"));
        hostile.edit("BAD-1");
        if *fate == Broken {
            assert!(fs::read(hostile.sandbox.path().join(path)).unwrap() == text("BAD-1"), "{name}: changed");
        }
        hostile.read_all("BAD-1", &[]);
        hostile.write_all("BAD-1");
        hostile.nothing_outside_changed();
    });
    DOCUMENTS.len().div_ceil(nth)
}

#[test]
fn every_command_bears_some_documents_one_by_one() {
    every_command_on_every(15);
}

#[test]
fn every_command_bears_every_document() {
    let (hostile, named) = documents(1);
    each(
        &named,
        |(id, (name, ..))| format!("{id}: {name}"),
        |(id, (name, fate, text))| {
            hostile.run(&["show", id]);
            hostile.run(&["set", id, "assignee=ada", "tags+=x"]);
            hostile.run(&["tick", id, "1"]);
            if *fate == Broken {
                let path = format!(".tracker/tasks/{id}.md");
                let bytes = fs::read(hostile.sandbox.path().join(path)).unwrap();
                assert!(bytes == text(id), "{name}: changed");
            }
        },
    );
    hostile.nothing_outside_changed();
}
