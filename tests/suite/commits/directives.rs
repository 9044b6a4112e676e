//! What the directives do, one after the other.

use super::*;

#[test]
fn block_and_unblock() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nBlock: TASK-1AAA waiting for the design");
    assert!(sandbox.read(path_of(READY)).contains("blocked: waiting for the design\n"));
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_clean(&sandbox);
    commit(&sandbox, "src/a", "x\n\nUnblock: TASK-1AAA");
    assert!(!sandbox.read(path_of(READY)).contains("blocked"));
    assert_clean(&sandbox);
}

#[test]
fn failing_sends_back() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    commit(&sandbox, "src/a", "x\n\nFail: TASK-1AAA the colours are wrong");
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa", "qa dev"]);
    assert!(sandbox.read(path_of(READY)).contains("the colours are wrong"));
    commit(&sandbox, "src/a", "x\n\nAdvance: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "qa");
    assert_clean(&sandbox);
}

#[test]
fn times_add_up() {
    let sandbox = world();
    commit(&sandbox, "src/a", "x\n\nTime: TASK-1AAA 1h 30m\nTime: TASK-1AAA 15m");
    commit(&sandbox, "src/a", "x\n\nTime: TASK-1AAA 15m");
    assert!(sandbox.read(path_of(READY)).contains("spent: 2h\n"), "{}", sandbox.read(path_of(READY)));
    assert_clean(&sandbox);
}

#[test]
fn moves_may_be_left_staged_or_to_others() {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", format!("{CONFIG}\n[hooks]\non_commit = \"stage\"\n"));
    sandbox.git(&["commit", "--quiet", "-am", "Stage"]);
    commit(&sandbox, "src/a", "x\n\nTask: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "none");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!("M  {}", path_of(READY)));
    sandbox.git(&["commit", "--quiet", "-m", "Moves"]);
    assert_eq!(moves(&sandbox, READY), ["none dev"]);

    let sandbox = world();
    sandbox.write(".tracker/config.toml", format!("{CONFIG}\n[hooks]\non_commit = \"off\"\n"));
    sandbox.git(&["commit", "--quiet", "-am", "Off"]);
    assert_eq!(commit(&sandbox, "src/a", "x\n\nTask: TASK-1AAA"), "");
    assert_eq!(stage(&sandbox, READY), "none");
    assert_clean(&sandbox);
}
