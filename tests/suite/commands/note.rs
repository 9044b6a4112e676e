//! `tracker note`

use std::fs;

use super::{commit, json, records, typed, world};
use insta::assert_snapshot;

#[test]
fn writes_a_file_of_its_own() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(typed(&sandbox, "
        note d4r The table is in.
        note d4r -q -- -v is not an option here
        note d4r 'would be' --dry-run
    "), @r"
    $ tracker note d4r The table is in.
    exit 0
    --- stdout
    TASK-D4RK  noted: The table is in.  Add dark mode to the dashboard

    $ tracker note d4r -q -- -v is not an option here
    exit 0
    --- stdout
    TASK-D4RK

    $ tracker note d4r 'would be' --dry-run
    exit 0
    --- stdout
    TASK-D4RK  noted: would be  Add dark mode to the dashboard
    --- /dev/null
    +++ b/.tracker/notes/TASK-D4RK/20261111T090700Z-707e7.md
    @@ -0,0 +1,6 @@
    +---
    +at: 2026-11-11T09:07:00Z
    +by: Ada Lovelace
    +---
    +
    +would be
    --- stderr
    dry run: 1 file would change, nothing was written
    ");
    let after = records(&sandbox);
    let new: Vec<_> = after.iter().filter(|(path, _)| !before.contains_key(*path)).collect();
    assert_eq!(new.len(), 2);
    assert_snapshot!(format!("{}\n{}", new[0].0, new[0].1), @r"
    notes/TASK-D4RK/20261111T090500Z-a2df0.md
    ---
    at: 2026-11-11T09:05:00Z
    by: Ada Lovelace
    ---

    The table is in.
    ");
}

#[test]
fn reads_standard_input() {
    let sandbox = world();
    fs::write(sandbox.root().join("text"), "# Findings\n\n- one\n").unwrap();
    let input = fs::File::open(sandbox.root().join("text")).unwrap();
    let output = sandbox.tracker_with("", &["note", "d4r", "-"], |command| {
        command.stdin(input);
    });
    assert_snapshot!(output, @r"
    exit 0
    --- stdout
    TASK-D4RK  noted: # Findings…  Add dark mode to the dashboard
    ");
    let shown = json(&sandbox.tracker(&["show", "d4r", "--format", "json"]));
    assert_eq!(shown["result"]["task"]["notes"][0]["text"], "# Findings\n\n- one");
}

/// The output of a program, pasted into a note, is kept as it was; only who shows it takes care.
#[test]
fn what_a_terminal_obeys_is_kept_in_the_file_and_shown_harmless() {
    let sandbox = world();
    let (before, text) = (records(&sandbox), "a\u{1b}[31m\u{9b}2J\u{202e}b\n\u{7}c");
    for args in [
        &["note", "d4r", text, "--dry-run"][..],
        &["note", "d4r", text],
        &["show", "d4r"],
        &["log", "d4r"],
        &["show", "d4r", "--format", "json"],
        &["log", "d4r", "--format", "json"],
    ] {
        let seen = sandbox.tracker(args).to_string();
        assert!(seen.contains("1b") && seen.contains("9b"), "{args:?} {seen}");
        assert!(!seen.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']), "{args:?} {seen:?}");
    }
    let after = records(&sandbox);
    let (_, note) = after.iter().find(|(path, _)| !before.contains_key(*path)).unwrap();
    assert!(note.contains(text), "{note:?}");
    let shown = json(&sandbox.tracker(&["show", "d4r", "--format", "json"]));
    assert_eq!(shown["result"]["task"]["notes"][0]["text"], text);
}

#[test]
fn refuses_an_empty_note() {
    let sandbox = world();
    let before = records(&sandbox);
    assert_snapshot!(typed(&sandbox, "
        note d4r
        note d4r ' '
        note d4r -
        note zzz text
    "), @r"
    $ tracker note d4r
    exit 2
    --- stderr
    error: no text given
      hint: tracker note d4r TEXT

    $ tracker note d4r ' '
    exit 2
    --- stderr
    error: a note needs a text
      hint: tracker note ID TEXT, or - to read standard input

    $ tracker note d4r -
    exit 2
    --- stderr
    error: a note needs a text
      hint: tracker note ID TEXT, or - to read standard input

    $ tracker note zzz text
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks
    ");
    assert_eq!(records(&sandbox), before);
}

#[test]
fn a_text_may_begin_with_a_hyphen_and_a_misspelt_option_is_no_text() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        note d4r '- one item' --dry-run --quiet
        note d4r text --dry-runn
        block d4r -x
        block s3s -q - no - access
        new a -n -q --description '- [ ] a box' --criterion '-1 is refused'
    "), @r"
    $ tracker note d4r '- one item' --dry-run --quiet
    exit 0
    --- stdout
    TASK-D4RK

    $ tracker note d4r text --dry-runn
    exit 2
    --- stderr
    error: unexpected argument '--dry-runn' found

      tip: a similar argument exists: '--dry-run'
      tip: to pass '--dry-runn' as a value, use '-- --dry-runn'

    Usage: tracker note [OPTIONS] [ID] <TEXT>...

    For more information, try '--help'.

    $ tracker block d4r -x
    exit 2
    --- stderr
    error: invalid value '-x' for '[REASON]': unexpected argument; to pass it as text, use `-- -x`

    For more information, try '--help'.

    $ tracker block s3s -q - no - access
    exit 0
    --- stdout
    TASK-S3SS

    $ tracker new a -n -q --description '- [ ] a box' --criterion '-1 is refused'
    exit 0
    --- stdout
    TASK-8J8K
    ");
}

#[test]
fn notes_of_two_clones_meet_in_a_plain_merge() {
    let sandbox = world();
    sandbox.git_in("..", &["clone", "--quiet", "repo", "other"]);
    sandbox.tracker(&["note", "d4r", "from here"]);
    commit(&sandbox, "A note");
    sandbox.tracker_in("../other", &["note", "d4r", "from there"]);
    sandbox.git_in("../other", &["add", "--all"]);
    sandbox.git_in("../other", &["commit", "--quiet", "--message", "Another note"]);
    sandbox.git_in("../other", &["pull", "--quiet", "--no-rebase", "--no-edit"]);
    let shown = sandbox.tracker_in("../other", &["show", "d4r"]).stdout;
    assert!(shown.contains("from here") && shown.contains("from there"), "{shown}");
}

#[test]
fn text_stays_as_it_is_whatever_commands_it_names() {
    let sandbox = world();
    for (id, text) in
        [("d4r", "the board shows -is:closed tasks, list and ls do not"), ("s3s", "board -tag:ui")]
    {
        let words: Vec<&str> = text.split(' ').collect();
        let output = sandbox.tracker(&[&["note", id, "-q", "--"][..], &words].concat());
        assert_eq!(output.status, 0, "{output}");
        let shown = sandbox.tracker(&["show", id]);
        assert!(shown.stdout.contains(text), "{shown}");
    }
    let blocked = sandbox.tracker(&["block", "d4r", "--", "list", "-stage:dev"]);
    assert!(blocked.stdout.contains("list -stage:dev"), "{blocked}");
}

#[test]
fn usage_error_names_the_command_and_not_a_word_of_its_options() {
    let sandbox = world();
    let output = sandbox.tracker(&["-C", "list", "note", "--format", "json"]);
    assert!(output.stdout.contains(r#""command":"note""#), "{output}");
    let output = sandbox.tracker(&["note", "--unknown", "--", "--format", "json"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 2), "{output}");
}

#[test]
fn notes_of_one_second_keep_their_order() {
    let sandbox = world();
    for text in ["one", "two", "three", "four"] {
        let noted = sandbox.tracker_with("", &["note", "d4r", text], |command| {
            command.env("TRACKER_NOW", "2026-11-11T12:00:00Z");
        });
        assert_eq!(noted.status, 0, "{noted}");
    }
    let log = sandbox.tracker(&["log", "d4r"]).stdout;
    let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("{text}: {log}"));
    assert!(at("one") < at("two") && at("two") < at("three") && at("three") < at("four"), "{log}");
}
