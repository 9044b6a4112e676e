//! Work lands with the end of its claim or not at all.

use insta::assert_snapshot;

use super::{by, by_slow_clock, claim_refs, with_remote, world};
use crate::support::Sandbox;

fn commit(sandbox: &Sandbox, folder: &str, file: &str, text: &str) {
    sandbox.write(format!("{folder}/{file}"), text);
    sandbox.git_in(folder, &["add", "--all"]);
    sandbox.git_in(folder, &["commit", "--quiet", "--message", &format!("Change {file}\n\nTask: TASK-C4RT")]);
}

fn subject(sandbox: &Sandbox, folder: &str, branch: &str) -> String {
    sandbox.git_in(folder, &["log", "-1", "--format=%s", branch])
}

#[test]
fn work_and_the_end_of_its_claim_land_together() {
    let sandbox = world(&[("TASK-C4RT", "cart.rs")]);
    with_remote(&sandbox, &["a"]);
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt").status, 0);
    sandbox.git_in("../a", &["switch", "--quiet", "--create", "fix"]);
    commit(&sandbox, "../a", "cart.rs", "fixed\n");
    assert_snapshot!(by(&sandbox, "a", "../a", "land --into main --dry-run"), @r"
    exit 0
    --- stdout
    Would land 08b4a6f on origin/main; the claim of TASK-C4RT has ended
    ");
    assert_eq!(subject(&sandbox, "../remote", "main"), "Plan");
    sandbox.write("../a/cart.rs", "more\n");
    assert_snapshot!(by(&sandbox, "a", "../a", "land --into main"), @r"
    exit 0
    --- stdout
    Landed 08b4a6f on origin/main; the claim of TASK-C4RT has ended
    --- stderr
    1 changed file not committed: not landed
    ");
    assert_eq!(subject(&sandbox, "../remote", "main"), "Change cart.rs");
    assert_eq!(claim_refs(&sandbox, "../remote"), Vec::<String>::new());
    assert_eq!(by(&sandbox, "a", "../a", "land c4rt --into main").status, 1, "nothing is claimed");
}

#[test]
fn a_stale_holder_can_never_land() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    with_remote(&sandbox, &["a", "b"]);
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt --lease 1m").status, 0);
    commit(&sandbox, "../a", "cart.rs", "late\n");
    assert_eq!(by(&sandbox, "b", "../b", "claim c4rt").status, 0);
    commit(&sandbox, "../b", "cart.rs", "in time\n");
    let before = sandbox.git_in("../remote", &["for-each-ref"]);
    // By a clock that is slow nothing has expired, and of the other nothing was fetched: the push itself fails.
    let late = |line: &str| by_slow_clock(&sandbox, "a", "../a", line);
    assert_snapshot!(late("land"), @r"
    exit 1
    --- stdout
    Not landed: 1805ee5 stays where it is, and origin/main too
    TASK-C4RT  claimed  by b on box, since 2026-11-11 09:12, until 2026-11-11 10:12
    ");
    assert_eq!(late("renew").status, 1);
    assert_eq!(by(&sandbox, "a", "../a", "land").status, 1);
    assert_eq!(sandbox.git_in("../remote", &["for-each-ref"]), before);
    assert_eq!(by(&sandbox, "b", "../b", "land").status, 0);
    assert_eq!(subject(&sandbox, "../remote", "main"), "Change cart.rs");
    assert_eq!(late("land c4rt").status, 1);
}

#[test]
fn a_branch_that_has_moved_is_no_loss_of_the_claim() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    with_remote(&sandbox, &["a"]);
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt").status, 0);
    commit(&sandbox, "../a", "cart.rs", "a\n");
    sandbox.commit_file("other.rs", "b\n", "Other");
    sandbox.git(&["push", "--quiet"]);
    assert_snapshot!(by(&sandbox, "a", "../a", "land"), @r"
    exit 1
    --- stdout
    Not landed: origin/main has commits that 5050b35 does not come after
      run `git pull --rebase origin main`, and land again: the claim is still yours
    ");
    assert_eq!(subject(&sandbox, "../remote", "main"), "Other");
    sandbox.git_in("../a", &["pull", "--quiet", "--rebase", "origin", "main"]);
    assert_eq!(by(&sandbox, "a", "../a", "land").status, 0);
    assert_eq!(subject(&sandbox, "../remote", "main"), "Change cart.rs");
}

#[test]
fn without_a_remote_the_working_tree_that_has_the_branch_follows() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    sandbox.git(&["worktree", "add", "--quiet", "-b", "fix", "../tree"]);
    assert_eq!(by(&sandbox, "a", "../tree", "claim c4rt --lease 9m").status, 0);
    commit(&sandbox, "../tree", "cart.rs", "fixed\n");
    assert_eq!(by(&sandbox, "b", "", "land c4rt --into main").status, 1, "it is not b's");
    // What somebody has changed there is not touched.
    sandbox.write(".tracker/tasks/TASK-C4RT.md", "mine\n");
    assert_snapshot!(by(&sandbox, "a", "../tree", "land --into main"), @r"
    exit 1
    --- stdout
    Not landed: main was refused: Working directory has unstaged changes
    ");
    assert_eq!((subject(&sandbox, "", "main"), claim_refs(&sandbox, "").len()), ("Plan".to_owned(), 1));
    sandbox.git(&["restore", "."]);
    assert_snapshot!(by(&sandbox, "a", "../tree", "land --into main"), @r"
    exit 0
    --- stdout
    Landed 7873e20 on main; the claim of TASK-C4RT has ended
    ");
    assert_eq!(
        (sandbox.read("cart.rs"), sandbox.git(&["status", "--porcelain"])),
        ("fixed\n".to_owned(), String::new())
    );
    assert_eq!(claim_refs(&sandbox, ""), Vec::<String>::new());
    // On the branch that is checked out there is nothing to move.
    assert_eq!(by(&sandbox, "a", "../tree", "claim c4rt --lease 1m").status, 0);
    assert_eq!(by(&sandbox, "b", "", "claim c4rt").status, 0);
    commit(&sandbox, "../tree", "cart.rs", "late\n");
    assert_eq!(by(&sandbox, "a", "../tree", "land --into main").status, 1);
    assert_eq!(sandbox.read("cart.rs"), "fixed\n");
    assert_eq!(by(&sandbox, "b", "", "land").status, 0);
    assert_eq!(claim_refs(&sandbox, ""), Vec::<String>::new());
}

#[test]
fn nothing_lands_while_git_is_in_the_middle_of_something() {
    let sandbox = world(&[("TASK-C4RT", "cart.rs")]);
    with_remote(&sandbox, &["a", "b"]);
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt").status, 0);
    commit(&sandbox, "../a", "cart.rs", "mine\n");
    commit(&sandbox, "../b", "cart.rs", "theirs\n");
    sandbox.git_in("../b", &["push", "--quiet"]);
    sandbox.git_in("../a", &["fetch", "--quiet"]);
    let rebase = sandbox.git_command("../a").args(["rebase", "--quiet", "origin/main"]).output().unwrap();
    assert!(!rebase.status.success(), "a conflict");
    // HEAD is the commit of the other here.
    let refused = by(&sandbox, "a", "../a", "land --into main");
    assert!(refused.status == 2 && refused.stderr.contains("git rebase --continue"), "{refused}");
    assert_eq!(claim_refs(&sandbox, "../remote").len(), 1);
    sandbox.git_in("../a", &["checkout", "--theirs", "cart.rs"]);
    sandbox.git_in("../a", &["add", "cart.rs"]);
    sandbox.git_in("../a", &["-c", "core.editor=true", "rebase", "--continue"]);
    assert_eq!(by(&sandbox, "a", "../a", "land --into main").status, 0);
    assert_eq!(sandbox.git_in("../remote", &["show", "main:cart.rs"]), "mine");
}

#[test]
fn a_name_that_git_gives_no_branch_is_refused() {
    let sandbox = world(&[("TASK-C4RT", "")]);
    with_remote(&sandbox, &["a"]);
    assert_eq!(by(&sandbox, "a", "../a", "claim c4rt").status, 0);
    commit(&sandbox, "../a", "cart.rs", "mine\n");
    for name in ["HEAD", "a..b", "a:b", "*", "x.lock", "/", "a//b"] {
        let refused = by(&sandbox, "a", "../a", &format!("land --into {name}"));
        assert!(refused.status == 2 && refused.stderr.contains("invalid branch name"), "{name}: {refused}");
    }
    assert_eq!(claim_refs(&sandbox, "../remote").len(), 1);
    assert_eq!(
        sandbox.git_in("../remote", &["for-each-ref", "--format=%(refname)", "refs/heads"]),
        "refs/heads/main"
    );
}
