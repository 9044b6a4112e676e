//! `tracker log`

use super::{commit, empty, typed, world};
use insta::assert_snapshot;

#[test]
fn lists_moves_notes_and_commits_in_time_order() {
    let sandbox = world();
    sandbox.tracker(&["note", "d4r", "The table is in.\nUse it."]);
    sandbox.tracker(&["tick", "d4r", "2"]);
    sandbox.tracker(&["set", "d4r", "priority=low", "tags-=theme", "due=2026-12-24", "parent=s3s"]);
    sandbox.tracker(&["set-stage", "d4r", "qa", "--why", "shown to Ken"]);
    commit(&sandbox, "Move the colours into a table");
    assert_snapshot!(sandbox.tracker(&["log", "d4r"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      2026-11-08        created  Add dark mode to the dashboard
      2026-11-09 09:00  moved    Ada Lovelace  none → dev  started
      2026-11-11 09:03  commit   Ada Lovelace  77fb4a2  Four tasks
          added
      2026-11-11 09:05  noted    Ada Lovelace  The table is in.
          Use it.
      2026-11-11 09:08  moved    Ada Lovelace  dev → qa  override: shown to Ken
      2026-11-11 09:10  commit   Ada Lovelace  dbda661  Move the colours into a table
          priority high → low
          tags ui, theme → ui
          parent nothing → TASK-S3SS
          due nothing → 2026-12-24
          stage dev → qa
          ticked two colours from one table
    ");
    assert_snapshot!(sandbox.tracker(&["log", "d4r", "--limit", "2"]), @r"
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard
      2026-11-11 09:08  moved    Ada Lovelace  dev → qa  override: shown to Ken
      2026-11-11 09:10  commit   Ada Lovelace  dbda661  Move the colours into a table
          priority high → low
          tags ui, theme → ui
          parent nothing → TASK-S3SS
          due nothing → 2026-12-24
          stage dev → qa
          ticked two colours from one table
    ");
}

#[test]
fn a_task_without_commits_has_a_log() {
    let sandbox = empty();
    sandbox.tracker(&["new", "First", "--id", "TASK-1"]);
    assert_snapshot!(typed(&sandbox, "
        log 1
        log zzz
        log 1 --limit all
    "), @r"
    $ tracker log 1
    exit 0
    --- stdout
    TASK-1  First
      2026-11-11        created  First

    $ tracker log zzz
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks

    $ tracker log 1 --limit all
    exit 2
    --- stderr
    error: invalid value 'all' for '--limit <COUNT>': expected a number, such as 10

    For more information, try '--help'.
    ");
}
