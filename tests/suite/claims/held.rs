//! What is claimed excludes: the task, and its target files.

use insta::assert_snapshot;

use super::{answer, by, claim_refs, world};

#[test]
fn one_worker_has_a_task_and_the_others_are_shown_who() {
    let sandbox = world(&[("TASK-C4RT", ""), ("TASK-M3NV", "")]);
    assert_snapshot!(by(&sandbox, "builder-1", "", "claim c4rt"), @r"
    exit 0
    --- stdout
    Claimed TASK-C4RT until 2026-11-11 10:04
    --- stderr
    in this clone; go on with `tracker start`, and `tracker renew` while you work
    ");
    assert_snapshot!(by(&sandbox, "builder-2", "", "claim c4rt"), @r"
    exit 1
    --- stdout
    TASK-C4RT  lost  claimed by builder-1 on box, since 2026-11-11 09:04, until 2026-11-11 10:04
    --- stderr
    nothing was claimed; `tracker claim --next` takes what is free
    ");
    // Not again, also by the same worker: it may be another process.
    assert_snapshot!(by(&sandbox, "builder-1", "", "claim c4rt"), @r"
    exit 1
    --- stdout
    TASK-C4RT  lost  claimed by builder-1 on box, in this working tree, since 2026-11-11 09:04, until 2026-11-11 10:04
    --- stderr
    nothing was claimed; `tracker claim --next` takes what is free
    ");
    let lost = by(&sandbox, "builder-2", "", "claim c4rt --json");
    assert_eq!(lost.status, 1, "{lost}");
    let lost = answer(&lost);
    assert_eq!(lost["won"], false);
    let held = &lost["lost_to"][0]["held"];
    assert_eq!(
        (&held["worker"], &held["host"], &held["attempt"]),
        (&"builder-1".into(), &"box".into(), &1.into())
    );
    assert_eq!((&held["person"], &held["own"]), (&"Ada Lovelace".into(), &false.into()));
    assert_eq!(claim_refs(&sandbox, ""), ["TASK-C4RT"]);
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn a_target_file_is_claimed_with_its_task() {
    let sandbox = world(&[
        ("TASK-TH3M", "src/ui/**"),
        ("TASK-C0L0", "'docs/colours.md', 'src/ui/colours.rs'"),
        ("TASK-0THR", "src/api.rs"),
    ]);
    assert_eq!(by(&sandbox, "a", "", "claim th3m").status, 0);
    assert_snapshot!(by(&sandbox, "b", "", "claim c0l0"), @r"
    exit 1
    --- stdout
    TASK-C0L0  lost  src/ui/colours.rs is claimed with TASK-TH3M by a on box, since 2026-11-11 09:04, until 2026-11-11 10:04
    --- stderr
    nothing was claimed; `tracker claim --next` takes what is free
    ");
    // All of them or none.
    assert_snapshot!(by(&sandbox, "b", "", "claim 0thr c0l0"), @r"
    exit 1
    --- stdout
    TASK-C0L0  lost  src/ui/colours.rs is claimed with TASK-TH3M by a on box, since 2026-11-11 09:04, until 2026-11-11 10:04
    --- stderr
    nothing was claimed; `tracker claim --next` takes what is free
    ");
    assert_eq!(claim_refs(&sandbox, ""), ["TASK-TH3M"]);
    assert_eq!(by(&sandbox, "a", "", "release").status, 0);
    assert_snapshot!(by(&sandbox, "b", "", "claim 0thr c0l0 th3m"), @r"
    exit 0
    --- stdout
    Claimed TASK-0THR until 2026-11-11 10:09
      with src/api.rs
    Claimed TASK-C0L0 until 2026-11-11 10:09
      with docs/colours.md, src/ui/colours.rs
    Claimed TASK-TH3M until 2026-11-11 10:09
      with src/ui/**
    --- stderr
    in this clone; go on with `tracker start`, and `tracker renew` while you work
    ");
    let nonce = |id: &str| {
        answer(&by(&sandbox, "b", "", "claims --json"))["claims"]
            .as_array()
            .unwrap()
            .iter()
            .find(|claim| claim["task"] == id)
            .map(|claim| claim["nonce"].clone())
    };
    assert_eq!(nonce("TASK-0THR"), nonce("TASK-TH3M"));
}

#[test]
fn what_is_closed_or_unknown_is_not_claimed_and_a_dry_run_claims_nothing() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    assert_snapshot!(by(&sandbox, "a", "", "claim c4rt --dry-run"), @r"
    exit 0
    --- stdout
    Would claim TASK-C4RT until 2026-11-11 10:04
    --- stderr
    dry run: nothing was claimed
    ");
    assert_eq!(claim_refs(&sandbox, ""), Vec::<String>::new());
    assert_eq!(sandbox.tracker(&["cancel", "c4rt", "not", "needed"]).status, 0);
    assert_snapshot!(by(&sandbox, "a", "", "claim c4rt"), @r"
    exit 1
    --- stderr
    error: TASK-C4RT cannot be claimed
      closed  it is cancelled  tracker reopen TASK-C4RT
    ");
    assert_snapshot!(by(&sandbox, "a", "", "claim --next"), @r"
    exit 1
    --- stderr
    error: no task can be claimed
      queue  every open task is started, blocked, waiting, or somebody else's  tracker list
    ");
    for line in [
        "claim zzz",
        "claim",
        "claim c4rt --next",
        "claim c4rt --lease 0s",
        "claim c4rt --lease 8000h",
        "renew",
        "release",
        "land",
        "release --force",
        "claim c4rt --remote nowhere",
    ] {
        assert_eq!(by(&sandbox, "a", "", line).status, 2, "{line}");
    }
    assert_eq!(claim_refs(&sandbox, ""), Vec::<String>::new());
}

#[test]
fn a_claim_is_released_by_who_has_it() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    assert_eq!(by(&sandbox, "a", "", "claim c4rt").status, 0);
    assert_snapshot!(by(&sandbox, "b", "", "release c4rt"), @r"
    exit 1
    --- stdout
    TASK-C4RT  claimed  by a on box, since 2026-11-11 09:04, until 2026-11-11 10:04
    ");
    sandbox.git(&["worktree", "add", "--quiet", "-b", "other", "../other"]);
    assert_eq!(by(&sandbox, "a", "../other", "release c4rt").status, 1, "another working tree");
    assert_eq!(claim_refs(&sandbox, ""), ["TASK-C4RT"]);
    let nonce = answer(&by(&sandbox, "a", "", "claims --json"))["claims"][0]["nonce"].clone();
    let nonce = nonce.as_str().unwrap();
    assert_eq!(by(&sandbox, "b", "../other", &format!("renew c4rt --nonce {nonce}")).status, 0);
    assert_eq!(by(&sandbox, "a", "", "release").status, 0);
    assert_snapshot!(by(&sandbox, "a", "", "release c4rt"), @r"
    exit 1
    --- stdout
    TASK-C4RT  not claimed  nobody has a claim of it  tracker claim TASK-C4RT
    ");
    assert_eq!(by(&sandbox, "a", "", "claim c4rt").status, 0);
    assert_snapshot!(by(&sandbox, "b", "", "release c4rt --force"), @r"
    exit 0
    --- stdout
    Released TASK-C4RT, which was claimed by a on box, since 2026-11-11 09:13, until 2026-11-11 10:13
    ");
    assert_eq!(by(&sandbox, "a", "", "renew c4rt").status, 1);
    assert_eq!(claim_refs(&sandbox, ""), Vec::<String>::new());
}

#[test]
fn a_claim_that_cannot_be_read_is_valid_until_somebody_removes_it() {
    let sandbox = world(&[("TASK-C4RT", ""), ("TASK-F1LE", "a.rs"), ("TASK-P1A1", "")]);
    sandbox.write("junk", "{\"format\": 2}\u{1b}[2J");
    let junk = sandbox.git(&["hash-object", "-w", "junk"]);
    sandbox.git(&["update-ref", "refs/tracker/claims/TASK-C4RT", &junk]);
    assert_snapshot!(by(&sandbox, "a", "", "claim c4rt"), @r"
    exit 1
    --- stdout
    TASK-C4RT  lost  claimed by somebody: its claim cannot be read, it is not a claim
    --- stderr
    nothing was claimed; `tracker claim --next` takes what is free
    ");
    // Nobody knows which files it has.
    assert_eq!(by(&sandbox, "a", "", "claim f1le").status, 1);
    assert_eq!(by(&sandbox, "a", "", "claim p1a1").status, 0);
    assert_snapshot!(by(&sandbox, "a", "", "claims"), @r"
    exit 0
    --- stdout
    TASK-C4RT  unreadable  it is not a claim
    TASK-P1A1  yours       a                  box  1m  until 2026-11-11 10:08
    --- stderr
    2 claims in this clone
    ");
    assert_snapshot!(by(&sandbox, "a", "", "start c4rt"), @r"
    exit 1
    --- stderr
    error: TASK-C4RT cannot start
      claimed  by somebody whose claim cannot be read  tracker claims
      hint: `--force` starts it all the same
    ");
    assert_eq!(by(&sandbox, "a", "", "release c4rt").status, 1);
    assert_eq!(by(&sandbox, "a", "", "release c4rt --force").status, 0);
    assert_eq!(by(&sandbox, "a", "", "claim c4rt f1le").status, 0);
    // Names that are no task's are nobody's.
    sandbox.git(&["update-ref", "refs/tracker/claims/probe-1", &junk]);
    assert_eq!(answer(&by(&sandbox, "a", "", "claims --json"))["claims"].as_array().unwrap().len(), 3);
}

#[test]
fn a_name_that_no_claim_can_have_is_refused_and_claims_nothing() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    let refused = by(&sandbox, &"n".repeat(401), ".", "claim c4rt");
    assert!(refused.status == 2 && refused.stderr.contains("at most 400 bytes"), "{refused}");
    assert_eq!(by(&sandbox, &"n".repeat(400), ".", "claim c4rt").status, 0);
    assert_eq!(by(&sandbox, &"n".repeat(400), ".", "renew c4rt").status, 0);
}
