//! What claims say to commands that do not ask the remote.

use insta::assert_snapshot;

use super::{answer, by, with_remote, world};

#[test]
fn who_has_a_task_is_seen_by_queue_start_list_board_and_show() {
    let sandbox = world(&[("TASK-C4RT", "src/cart"), ("TASK-F1LE", "src/cart/a.rs"), ("TASK-M3NV", "")]);
    assert_eq!(by(&sandbox, "builder-1", "", "claim c4rt").status, 0);
    assert_snapshot!(by(&sandbox, "builder-2", "", "queue"), @r"
    exit 0
    --- stdout
    TASK-M3NV  -  none  pending  Task TASK-M3NV  1d
    --- stderr
    1 task; 2 claimed by others, see `tracker claims`
    ");
    assert_snapshot!(by(&sandbox, "builder-2", "", "start c4rt"), @r"
    exit 1
    --- stderr
    error: TASK-C4RT cannot start
      claimed  by builder-1 on box, until 2026-11-11 10:04:00 UTC  tracker claims
      hint: `--force` starts it all the same
    ");
    assert_snapshot!(by(&sandbox, "builder-2", "", "start f1le"), @r"
    exit 1
    --- stderr
    error: TASK-F1LE cannot start
      claimed  src/cart/a.rs with TASK-C4RT by builder-1 on box, until 2026-11-11 10:04:00 UTC  tracker claims
      hint: `--force` starts it all the same
    ");
    assert_snapshot!(by(&sandbox, "builder-2", "", "list"), @r"
    exit 0
    --- stdout
    TASK-C4RT  -  none  pending  Task TASK-C4RT  1d  claimed by builder-1 (box, 4m)
    TASK-F1LE  -  none  pending  Task TASK-F1LE  1d
    TASK-M3NV  -  none  pending  Task TASK-M3NV  1d
    --- stderr
    3 tasks
    ");
    assert_snapshot!(by(&sandbox, "builder-2", "", "board"), @r"
    exit 0
    --- stdout
    3 total · 0 done · 0 in progress · 0 blocking findings · 0 blocked
    none 3
      TASK-C4RT  -  pending  Task TASK-C4RT  claimed by builder-1 (box, 5m)
      TASK-F1LE  -  pending  Task TASK-F1LE
      TASK-M3NV  -  pending  Task TASK-M3NV
    dev 0
    qa 0
    sec 0
    docs 0
    complete 0
    ");
    assert_snapshot!(by(&sandbox, "builder-2", "", "show c4rt"), @r"
    exit 0
    --- stdout
    TASK-C4RT  Task TASK-C4RT  pending
      unassigned · created 2026-11-10
      [none] > dev > qa > sec > docs > complete
      Files: src/cart
      Claimed: by builder-1 on box, since 2026-11-11 09:04, until 2026-11-11 10:04

      Next: tracker claims
    ");
    // Who has it sees it as its own.
    assert_snapshot!(by(&sandbox, "builder-1", "", "queue"), @r"
    exit 0
    --- stdout
    TASK-C4RT  -  none  pending  Task TASK-C4RT  1d  claimed by you (box, 7m)
    TASK-F1LE  -  none  pending  Task TASK-F1LE  1d
    TASK-M3NV  -  none  pending  Task TASK-M3NV  1d
    --- stderr
    3 tasks
    ");
    assert_eq!(by(&sandbox, "builder-1", "", "start c4rt").status, 0);
    let listed = answer(&by(&sandbox, "builder-2", "", "list c4rt --format json"));
    assert_eq!(listed["tasks"][0]["claim"]["worker"], "builder-1");
    assert_eq!(answer(&by(&sandbox, "builder-2", "", "queue --json"))["claimed"], 1);
    assert_eq!(by(&sandbox, "builder-2", "", "start f1le --force").status, 0);
    // A commit has no claims.
    let at = answer(&by(&sandbox, "builder-2", "", "list --at HEAD --format json"));
    assert!(at["tasks"][0].get("claim").is_none(), "{at}");
}

#[test]
fn what_was_fetched_last_is_shown_with_its_age_and_no_remote_is_asked() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    with_remote(&sandbox, &["a", "b"]);
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt").status, 0);
    assert_snapshot!(by(&sandbox, "b", "../b", "claims --offline"), @r"
    exit 0
    --- stderr
    0 claims of origin, never fetched
    ");
    assert_eq!(by(&sandbox, "b", "../b", "queue -q").stdout, "TASK-C4RT\n");
    assert_snapshot!(by(&sandbox, "b", "../b", "claims"), @r"
    exit 0
    --- stdout
    TASK-C4RT  valid  a  box  3m  until 2026-11-11 10:09
    --- stderr
    1 claim on origin, fetched now
    ");
    std::fs::rename(sandbox.root().join("remote"), sandbox.root().join("gone")).unwrap();
    assert_eq!(by(&sandbox, "b", "../b", "queue -q").stdout, "");
    assert_snapshot!(by(&sandbox, "b", "../b", "list"), @r"
    exit 0
    --- stdout
    TASK-C4RT  -  none  pending  Task TASK-C4RT  1d  claimed by a (box, 5m, seen 2m)
    --- stderr
    1 task
    ");
    assert_snapshot!(by(&sandbox, "b", "../b", "start c4rt"), @r"
    exit 1
    --- stderr
    error: TASK-C4RT cannot start
      claimed  by a on box, until 2026-11-11 10:09:00 UTC, as of 2026-11-11 09:12:00 UTC  tracker claims
      hint: `--force` starts it all the same
    ");
    assert_snapshot!(by(&sandbox, "b", "../b", "claims --offline"), @r"
    exit 0
    --- stdout
    TASK-C4RT  valid  a  box  7m  until 2026-11-11 10:09
    --- stderr
    1 claim on origin, fetched 4m ago
    ");
    assert_snapshot!(by(&sandbox, "b", "../b", "claims"), @r"
    exit 2
    --- stderr
    error: cannot fetch the claims of `origin`: '[ROOT]/repo/../remote' does not appear to be a git repository
      hint: run `tracker doctor --remote`, or `git ls-remote origin`
    ");
    assert_snapshot!(by(&sandbox, "b", "../b", "claim c4rt"), @r"
    exit 2
    --- stderr
    error: cannot fetch the claims of `origin`: '[ROOT]/repo/../remote' does not appear to be a git repository
      hint: run `tracker doctor --remote`, or `git ls-remote origin`
    ");
    // The refs of claims are not in the history that people look at.
    assert_eq!(sandbox.git_in("../b", &["log", "--all", "--format=%s"]), "Plan");
    std::fs::rename(sandbox.root().join("gone"), sandbox.root().join("remote")).unwrap();
    assert_eq!(by(&sandbox, "a", "../a", "release").status, 0);
    assert_eq!(by(&sandbox, "b", "../b", "claims -q").stdout, "");
    assert_eq!(by(&sandbox, "b", "../b", "queue -q").stdout, "TASK-C4RT\n");
    // Packed refs are read as well.
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt").status, 0);
    assert_eq!(by(&sandbox, "b", "../b", "claims -q").status, 0);
    sandbox.git_in("../b", &["pack-refs", "--all"]);
    assert_eq!(by(&sandbox, "b", "../b", "queue -q").stdout, "");
}
