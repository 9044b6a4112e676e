//! A server keeps what it has taken: nothing leaves a judged branch but by a commit.

use super::{ID, RULES, commit, ok, run, world};
use crate::support::{Output, Sandbox};

/// Makes a server with the hook in place, and pushes reviewed code to `main` and `release/1`, which it judges both.
fn served() -> Sandbox {
    let rules = format!("{RULES}[hooks]\npre_receive = [\"release/*\"]\n[policy]\nearned-moves = \"off\"\n");
    let sandbox = world(&rules);
    sandbox.git(&["clone", "--quiet", "--bare", ".", "../server"]);
    ok(&sandbox.tracker_in("../server", &["hooks", "install", "--server"]));
    sandbox.git(&["remote", "add", "origin", "../server"]);
    sandbox.write("src/theme.rs", "fn theme() { fixed() }\n");
    commit(&sandbox, &format!("Fix it\n\nTask: {ID}"));
    ok(&push(&sandbox, &["main"]));
    ok(&push(&sandbox, &["main:refs/heads/release/1"]));
    ok(&push(&sandbox, &["main:refs/heads/topic"]));
    sandbox
}

fn push(sandbox: &Sandbox, refs: &[&str]) -> Output {
    let args = [&["push", "--quiet", "origin"], refs].concat();
    sandbox.program_with("git", "", &args, |_| {})
}

fn tip(sandbox: &Sandbox, name: &str) -> String {
    sandbox.git_in("../server", &["rev-parse", "--verify", "--quiet", name])
}

#[test]
fn judged_branches_are_not_rewound() {
    let sandbox = served();
    let before = ["main", "release/1"].map(|branch| tip(&sandbox, branch));
    sandbox.git(&["switch", "--quiet", "--create", "other", "main~1"]);
    sandbox.write("src/theme.rs", "fn theme() { other() }\n");
    commit(&sandbox, &format!("Something else in its place\n\nTask: {ID}"));
    sandbox.git(&["switch", "--quiet", "--orphan", "unrelated"]);
    commit(&sandbox, "Another history");
    for branch in ["main", "release/1"] {
        let target = |from: &str| format!("+{from}:refs/heads/{branch}");
        for from in ["main~1", "other", "unrelated"] {
            let refused = push(&sandbox, &[&target(from)]);
            assert_ne!(refused.status, 0, "{from} to {branch}: {refused}");
            assert!(refused.stderr.contains("takes back what"), "{from} to {branch}: {refused}");
            assert!(refused.stderr.contains("git revert"), "says what to do: {refused}");
        }
        let deleted = push(&sandbox, &["--delete", branch]);
        assert!(branch == "release/1" || deleted.status != 0, "{branch}: {deleted}");
    }
    assert_eq!(tip(&sandbox, "main"), before[0]);
}

#[test]
fn a_judged_branch_is_deleted_only_where_nothing_goes_with_it() {
    let sandbox = served();
    sandbox.write("src/theme.rs", "fn theme() { hotfix() }\n");
    commit(&sandbox, &format!("Only in the release\n\nTask: {ID}"));
    ok(&push(&sandbox, &["main:refs/heads/release/1"]));
    let refused = push(&sandbox, &["--delete", "release/1"]);
    assert_ne!(refused.status, 0, "{refused}");
    assert!(refused.stderr.contains("the default branch lacks commits of it"), "{refused}");
    // In one push with what would come in its place.
    let refused = push(&sandbox, &[":refs/heads/release/1", "main~1:refs/heads/release/2"]);
    assert_ne!(refused.status, 0, "{refused}");
    // Merged, nothing is lost.
    ok(&push(&sandbox, &["main"]));
    ok(&push(&sandbox, &["--delete", "release/1"]));
}

#[test]
fn work_in_progress_is_rewritten_at_will() {
    let sandbox = served();
    ok(&push(&sandbox, &["+main~1:refs/heads/topic"]));
    ok(&push(&sandbox, &["--delete", "topic"]));
    // A judged branch may begin elsewhere where it keeps all that it has.
    sandbox.git(&["switch", "--quiet", "--create", "again", "main~1"]);
    sandbox.write("src/theme.rs", "fn theme() { fixed() }\n");
    commit(&sandbox, &format!("The same, told anew\n\nTask: {ID}"));
    ok(&push(&sandbox, &["+again:refs/heads/release/1"]));
}

#[test]
fn replacements_are_not_taken() {
    let sandbox = served();
    sandbox.git(&["replace", "main", "main~1"]);
    let name = sandbox.git(&["for-each-ref", "--format=%(refname)", "refs/replace"]);
    for refs in [&[name.as_str()][..], &["main:refs/heads/topic", &name], &["refs/*:refs/*"]] {
        let refused = push(&sandbox, refs);
        assert_ne!(refused.status, 0, "{refs:?}: {refused}");
        assert!(refused.stderr.contains("would change what everybody reads"), "{refused}");
    }
    assert_eq!(sandbox.git_in("../server", &["for-each-ref", "refs/replace"]), "");
    // One that is there from before can be taken away.
    sandbox.git_in("../server", &["replace", "main", "main~1"]);
    ok(&push(&sandbox, &["--delete", &name]));
    ok(&run(&sandbox, "doctor"));
}
