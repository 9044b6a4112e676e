//! A claim ends with its lease: then it is free for others, and its worker cannot go on. Each command of a sandbox runs a
//! minute after the one before.

use insta::assert_snapshot;

use super::{answer, by, by_slow_clock, claim_refs, world};

#[test]
fn a_claim_is_free_when_its_lease_ends_and_its_worker_cannot_go_on() {
    let sandbox = world(&[("TASK-C4RT", "a.rs")]);
    assert_eq!(by(&sandbox, "a", "", "claim c4rt --lease 2m").status, 0);
    assert_eq!(by(&sandbox, "b", "", "claim c4rt").status, 1);
    assert_snapshot!(by(&sandbox, "a", "", "renew"), @r"
    exit 1
    --- stdout
    TASK-C4RT  expired  its lease has ended at 2026-11-11 09:06  tracker claim TASK-C4RT
    --- stderr
    1 claim lost: stop the work; what has not landed cannot land by it
    ");
    assert_snapshot!(by(&sandbox, "a", "", "land"), @r"
    exit 1
    --- stdout
    Not landed: c67f6a5 stays where it is, and main too
    TASK-C4RT  expired  its lease has ended at 2026-11-11 09:06  tracker claim TASK-C4RT
    ");
    assert_snapshot!(by(&sandbox, "a", "", "claims"), @r"
    exit 0
    --- stdout
    TASK-C4RT  expired  a  box  4m  until 2026-11-11 09:06  a.rs
    --- stderr
    1 claim in this clone
    ");
    assert_snapshot!(by(&sandbox, "b", "", "claim c4rt"), @r"
    exit 0
    --- stdout
    Claimed TASK-C4RT until 2026-11-11 10:09
      with a.rs
    --- stderr
    in this clone, attempt 2; go on with `tracker start`, and `tracker renew` while you work
    ");
    assert_snapshot!(by(&sandbox, "a", "", "renew"), @r"
    exit 1
    --- stdout
    TASK-C4RT  claimed  by b on box, since 2026-11-11 09:09, until 2026-11-11 10:09
    --- stderr
    1 claim lost: stop the work; what has not landed cannot land by it
    ");
    assert_eq!(by(&sandbox, "a", "", "land").status, 1);
    assert_eq!(by(&sandbox, "b", "", "renew --lease 90s").status, 0);
    let claims = answer(&by(&sandbox, "b", "", "claims --json"));
    assert_eq!((&claims["claims"][0]["attempt"], &claims["claims"][0]["own"]), (&2.into(), &true.into()));
}

#[test]
fn a_renewed_claim_is_valid_for_longer() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    assert_eq!(by(&sandbox, "a", "", "claim c4rt --lease 3m").status, 0);
    for _ in 0..3 {
        assert_eq!(by(&sandbox, "a", "", "renew c4rt").status, 0);
        assert_eq!(by(&sandbox, "b", "", "claim c4rt").status, 1);
    }
}

#[test]
fn on_another_machine_it_is_free_a_minute_later() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    let elsewhere = || {
        sandbox.tracker_with("", &["claim", "c4rt"], |command| {
            command.env("TRACKER_AGENT", "b").env("TRACKER_HOST", "elsewhere");
        })
    };
    assert_eq!(by(&sandbox, "a", "", "claim c4rt --lease 1m").status, 0);
    assert_eq!(elsewhere().status, 1);
    assert_eq!(elsewhere().status, 0);
}

#[test]
fn what_has_expired_makes_room_for_its_files_and_cannot_come_back() {
    let sandbox = world(&[("TASK-0LD0", "src"), ("TASK-N3W0", "src/a.rs")]);
    assert_eq!(by(&sandbox, "a", "", "claim 0ld0 --lease 1m").status, 0);
    assert_eq!(by(&sandbox, "b", "", "claim n3w0").status, 0);
    assert_eq!(claim_refs(&sandbox, ""), ["TASK-N3W0"]);
    // By a clock that is slow the lease has not ended; the claim is gone all the same.
    let slow = |line: &str| by_slow_clock(&sandbox, "a", "", line);
    assert_snapshot!(slow("renew 0ld0"), @r"
    exit 1
    --- stdout
    TASK-0LD0  not claimed  nobody has a claim of it  tracker claim TASK-0LD0
    --- stderr
    1 claim lost: stop the work; what has not landed cannot land by it
    ");
    assert_eq!(slow("land 0ld0").status, 1);
    assert_eq!(slow("claim 0ld0").status, 1);
}
