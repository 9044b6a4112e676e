//! What contains for every command: usage errors, `--quiet`, `--dry-run`, the lock, output that nobody reads.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

use super::{empty, json, records, typed, world};
use insta::assert_snapshot;

#[test]
fn usage_errors_exit_2_with_a_suggestion() {
    let sandbox = empty();
    assert_snapshot!(typed(&sandbox, "
        lst
        list --limt 3
        list --format yaml
        list --color sometimes
        new a --lock-timeout soon
    "), @r"
    $ tracker lst
    exit 2
    --- stderr
    error: unrecognized subcommand 'lst'

      tip: some similar subcommands exist: 'cost', 'stop', 'site', 'ls', 'list'

    Usage: tracker [OPTIONS] [COMMAND]

    For more information, try '--help'.

    $ tracker list --limt 3
    exit 2
    --- stderr
    error: unexpected argument '--limt' found

      tip: a similar argument exists: '--limit'

    Usage: tracker list --limit <COUNT> [QUERY]...

    For more information, try '--help'.

    $ tracker list --format yaml
    exit 2
    --- stderr
    error: invalid value 'yaml' for '--format <FORMAT>'
      [possible values: human, json, csv]

    For more information, try '--help'.

    $ tracker list --color sometimes
    exit 2
    --- stderr
    error: invalid value 'sometimes' for '--color <WHEN>'
      [possible values: auto, always, never]

    For more information, try '--help'.

    $ tracker new a --lock-timeout soon
    exit 2
    --- stderr
    error: invalid value 'soon' for '--lock-timeout <SECONDS>': expected a number of seconds, such as 10 or 0.5

    For more information, try '--help'.
    ");
    assert_eq!(sandbox.tracker(&[]).status, 0);
}

#[test]
fn usage_errors_are_json_with_json() {
    let sandbox = empty();
    assert_snapshot!(typed(&sandbox, "
        --format json list --limt 3
        new --format=json
        set-stage --format json
        nothing --format json
    "), @r#"
    $ tracker --format json list --limt 3
    exit 2
    --- stdout
    {"version":2,"command":"list","exit":2,"error":{"kind":"usage","message":"unexpected argument '--limt' found","hints":["a similar argument exists: '--limit'","Usage: tracker list --limit <COUNT> [QUERY]..."]}}

    $ tracker new --format=json
    exit 2
    --- stdout
    {"version":2,"command":"new","exit":2,"error":{"kind":"usage","message":"the following required arguments were not provided: <TITLE>...","hints":["Usage: tracker new --format <FORMAT> <TITLE>..."]}}

    $ tracker set-stage --format json
    exit 2
    --- stdout
    {"version":2,"command":"set-stage","exit":2,"error":{"kind":"usage","message":"the following required arguments were not provided: <ID> <STAGE>","hints":["Usage: tracker set-stage --format <FORMAT> <ID> <STAGE>"]}}

    $ tracker nothing --format json
    exit 2
    --- stdout
    {"version":2,"command":"tracker","exit":2,"error":{"kind":"usage","message":"unrecognized subcommand 'nothing'","hints":["a similar subcommand exists: 'note'","Usage: tracker [OPTIONS] [COMMAND]"]}}
    "#);
}

#[test]
fn long_help_is_more_than_the_summary() {
    let sandbox = empty();
    assert!(sandbox.tracker(&["list", "--help"]).stdout.contains("is:ready"), "the query language");
    assert!(!sandbox.tracker(&["list", "-h"]).stdout.contains("is:ready"));
    let help = sandbox.tracker(&["--help"]);
    assert_eq!(help.status, 0);
    assert!(help.stdout.contains("List the tasks that are ready to start"), "{help}");
}

#[test]
fn quiet_writes_print_ids_alone() {
    let sandbox = world();
    for line in [
        "new a --id TASK-D5RK",
        "set d5r priority=low",
        "start d5r",
        "block d5r why",
        "unblock d5r",
        "cancel d5r why",
        "reopen d5r",
        "set-stage d5r qa",
        "note d5r text",
    ] {
        let output = sandbox.tracker(&[&line.split(' ').collect::<Vec<_>>()[..], &["--quiet"]].concat());
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("TASK-D5RK\n", ""), "{line}");
    }
}

#[test]
fn dry_runs_write_nothing_at_all() {
    let sandbox = world();
    sandbox.tracker(&["cancel", "exp", "later"]);
    let git = || {
        let folder = walkdir::WalkDir::new(sandbox.path().join(".git/tracker"));
        let files = folder.into_iter().map(|entry| entry.unwrap().into_path());
        // Of these only time is lost with them: who had the lock last, what other branches have, which commits link
        // what, and what those changed.
        let is_cache =
            |path: &PathBuf| ["lock", "ids", "links", "changes"].iter().any(|name| path.ends_with(name));
        files.filter(|path| path.is_file() && !is_cache(path)).collect::<Vec<_>>()
    };
    let before = (records(&sandbox), git());
    for line in [
        "new a",
        "set d4r priority=low",
        "start s3s",
        "block d4r why",
        "cancel d4r why",
        "reopen exp",
        "note d4r text",
        "tick d4r 2",
        "untick d4r 1",
        "set-stage d4r qa",
        "doctor --fix",
        "role new tester",
        "init",
    ] {
        let output = sandbox.tracker(&[&line.split(' ').collect::<Vec<_>>()[..], &["--dry-run"]].concat());
        assert_eq!(output.status, 0, "{line}: {output}");
        assert_eq!((records(&sandbox), git()), before, "{line}");
    }
}

#[test]
fn a_taken_lock_names_its_holder() {
    let sandbox = world();
    sandbox.tracker(&["set", "d4r", "priority=low"]);
    let lock = File::options().write(true).open(sandbox.path().join(".git/tracker/lock")).unwrap();
    lock.lock().unwrap();
    let output = sandbox.tracker(&["set", "d4r", "priority=high", "--lock-timeout", "0.01"]);
    assert_eq!(output.status, 3);
    let seen = output.to_string();
    let pid: String =
        seen.split("process ").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    assert_snapshot!(seen.replace(&pid, "[PID]"), @r"
    exit 3
    --- stderr
    error: the tracker is locked by process [PID] (set d4r); waited 10ms
      hint: try again, or wait longer with `--lock-timeout 60`
    ");
    let error =
        json(&sandbox.tracker(&["block", "d4r", "why", "--lock-timeout", "0.01", "--format", "json"]));
    assert_eq!((&error["exit"], &error["error"]["kind"]), (&3.into(), &"locked".into()));
    assert_eq!(sandbox.tracker(&["list"]).status, 0, "readers take no lock");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let sandbox = world();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_tracker"))
        .current_dir(sandbox.path())
        .args(["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let sandbox = world();
    let output = sandbox.tracker_with("", &["list"], |command| {
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
    });
    assert_snapshot!(output, @r"
    exit 2
    --- stderr
    error: cannot write `standard output`: No space left on device (os error 28)
    ");
}
