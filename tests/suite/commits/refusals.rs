//! A commit that requires what cannot be is not made, and nothing is lost.

use super::*;

fn refused(sandbox: &Sandbox, message: &str) -> String {
    let before = head(sandbox);
    sandbox.write("src/a", "x\n");
    sandbox.git(&["add", "src/a"]);
    let done = git(sandbox, &["commit", "--message", message]);
    assert_eq!((done.status, done.stdout.as_str()), (1, ""), "{done}");
    assert_eq!(head(sandbox), before);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "M  src/a");
    assert_eq!(sandbox.read(".git/COMMIT_EDITMSG").trim_end(), message);
    assert!(done.stderr.contains("your message is in"), "{done}");
    done.stderr
}

#[test]
fn with_every_reason() {
    let sandbox = world();
    let message = refused(&sandbox, "No\n\nAdvance: TASK-9ZZZ, TASK-2BBB");
    assert!(message.contains("no task TASK-9ZZZ"), "{message}");
    assert!(message.contains("TASK-2BBB cannot leave dev"), "{message}");
    assert!(message.contains("the work"), "{message}");
    assert!(refused(&sandbox, "No\n\nAdvance: TASK-3CCC").contains("TASK-3CCC"));
    let message = refused(&sandbox, "No\n\nAdvance: TASK-1AAA\nFail: TASK-1AAA it is wrong");
    assert!(message.contains("contradicts"), "{message}");
    assert!(refused(&sandbox, "No\n\nFail: TASK-1AAA").contains("no reason is given"));
    assert!(refused(&sandbox, "No\n\nTask: TASK-9ZZZ").contains("no task TASK-9ZZZ"));
}

#[test]
fn an_unstaged_task_is_reported() {
    let sandbox = world();
    sandbox.write(path_of("TASK-4DDD"), task("TASK-4DDD", "", 'x'));
    let add = "git add .tracker/tasks/TASK-4DDD.md";
    sandbox.write("src/a", "x\n");
    let done = git(&sandbox, &["commit", "--all", "--message", "No\n\nAdvance: TASK-4DDD"]);
    assert!(done.stderr.contains(&format!("  unstaged  TASK-4DDD is not in the commit  {add}\n")), "{done}");
    let done = git(&sandbox, &["commit", "--quiet", "--all", "--message", "Yes\n\nTask: TASK-4DDD"]);
    let message = format!("tracker: TASK-4DDD is not in the commit: {add}; git commit --amend --no-edit\n");
    assert_eq!((done.status, done.stderr), (0, message));
    sandbox.git(&["add", ".tracker/tasks/TASK-4DDD.md"]);
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_eq!(moves(&sandbox, "TASK-4DDD"), ["none dev"]);
    assert_clean(&sandbox);
}

#[test]
#[cfg(unix)]
fn failures_name_their_cause_and_the_command_to_retry() {
    let sandbox = world();
    let parent = head(&sandbox);
    let hook = sandbox.read(".git/hooks/post-commit");
    sandbox.write(".git/hooks/post-commit", hook.replacen('\n', "\ntouch .git/refs/heads/main.lock\n", 1));
    let message = commit(&sandbox, "src/a", "End\n\nTask: TASK-1AAA");
    assert!(message.contains("File exists"), "{message}");
    let later = format!(": no task was moved; later, tracker apply {}..\n", &parent[..7]);
    assert!(message.ends_with(&later), "{message}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_is_staged_counts_not_what_lies_beside_it() {
    let sandbox = world();
    sandbox.write(path_of(OPEN), task(OPEN, "", 'x'));
    sandbox.write("src/a", "x\n");
    sandbox.git(&["add", "src/a"]);
    let done = git(&sandbox, &["commit", "--message", "No\n\nAdvance: TASK-2BBB"]);
    assert_eq!(done.status, 1, "{done}");
    let done = git(&sandbox, &["commit", "--quiet", "--all", "--message", "Yes\n\nAdvance: TASK-2BBB"]);
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(stage(&sandbox, OPEN), "qa");
}

#[test]
fn an_environment_that_is_broken_stops_no_commit() {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", "[[[");
    commit(&sandbox, "src/a", "Broken\n\nTask: TASK-1AAA");

    let sandbox = world();
    sandbox.git(&["rm", "--quiet", "-r", ".tracker"]);
    assert_eq!(commit(&sandbox, "src/a", "Gone\n\nTask: TASK-1AAA"), "");

    let sandbox = world();
    sandbox.write("src/a", "x\n");
    let done = sandbox.program_with("git", "", &["commit", "-qam", "x\n\nTask: TASK-1AAA"], |command| {
        command.env("PATH", "/usr/bin:/bin");
    });
    assert_eq!(done.status, 0);
    assert_eq!(done.stderr.lines().count(), 1, "{done}");
}

/// A policy that requires an approval in `dev`, and a task there.
fn reviewed() -> Sandbox {
    let sandbox = world();
    commit(&sandbox, "src/a", "Begin\n\nTask: TASK-1AAA");
    commit(&sandbox, "src/a", "To qa\n\nAdvance: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "qa");
    sandbox
}

/// Changes the policy in a commit that runs no hook.
fn commit_policy(sandbox: &Sandbox, text: Option<&str>) {
    match text {
        Some(text) => sandbox.write(".tracker/config.toml", text),
        None => std::fs::remove_file(sandbox.path().join(".tracker/config.toml")).unwrap(),
    }
    sandbox.git(&["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--all", "--message", "policy"]);
}

const UNREADABLE: [&str; 3] =
    ["format = 2\n[[[\n", "format = 99\n", "<<<<<<< a\nformat = 2\n=======\n>>>>>>> b\n"];

#[test]
fn an_unreadable_policy_moves_nothing() {
    for text in UNREADABLE {
        let sandbox = reviewed();
        commit_policy(&sandbox, Some(text));
        let line =
            text.lines().position(|line| line.starts_with("[[[") || line == "format = 99").unwrap_or(0) + 1;
        for directive in ["Advance: TASK-1AAA", "Task: TASK-2BBB", "Block: TASK-1AAA no"] {
            let message = refused(&sandbox, &format!("No\n\n{directive}"));
            assert!(message.contains(&format!(".tracker/config.toml:{line}")), "{directive} {message}");
        }
        // Neither where the check of the message is left out.
        let done = git(
            &sandbox,
            &["commit", "--quiet", "--no-verify", "--all", "--message", "x\n\nAdvance: TASK-1AAA"],
        );
        assert_eq!((done.status, done.stderr.lines().count()), (0, 1), "{done}");
        assert!(done.stderr.contains(".tracker/config.toml"), "{done}");
        assert_eq!(stage(&sandbox, READY), "qa");
    }
}

#[test]
fn a_missing_policy_moves_nothing_where_head_has_one() {
    let sandbox = reviewed();
    sandbox.git(&["rm", "--quiet", ".tracker/config.toml"]);
    sandbox.write("src/b", "x\n");
    let done = git(&sandbox, &["commit", "--all", "--message", "No\n\nAdvance: TASK-1AAA"]);
    assert_eq!(done.status, 1, "{done}");
    assert!(done.stderr.contains("git restore --staged --worktree .tracker/config.toml"), "{done}");
    let done = git(&sandbox, &["commit", "--all", "--no-verify", "--message", "No\n\nAdvance: TASK-1AAA"]);
    assert_eq!((done.status, done.stderr.lines().count()), (0, 1), "{done}");
    assert_eq!(stage(&sandbox, READY), "qa");
}

#[test]
fn under_an_unreadable_policy_records_are_not_committed() {
    let sandbox = reviewed();
    commit_policy(&sandbox, Some(UNREADABLE[0]));
    sandbox.write(path_of("TASK-4DDD"), task("TASK-4DDD", "", 'x'));
    sandbox.git(&["add", "."]);
    let done = git(&sandbox, &["commit", "--message", "No directive"]);
    assert_eq!(done.status, 1, "{done}");
    assert!(done.stderr.contains(".tracker/config.toml:2"), "{done}");
    // Not seen a second time either.
    assert_eq!(git(&sandbox, &["commit", "--message", "No directive"]).status, 1);
    // To stage it alone would lead to the same refusal.
    sandbox.write(".tracker/config.toml", "format = 2\nformat = 2\n");
    sandbox.git(&["add", "."]);
    let done = git(&sandbox, &["commit", "--message", "No directive"]);
    assert!(done.stderr.contains("correct it, then git add .tracker/config.toml"), "{done}");
}

#[test]
fn under_an_unreadable_policy_code_is_committed_with_one_line() {
    let sandbox = reviewed();
    commit_policy(&sandbox, Some(UNREADABLE[0]));
    let message = commit(&sandbox, "src/a", "Code alone");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains(".tracker/config.toml:2"), "{message}");
}

#[test]
fn a_commit_that_fixes_the_policy_passes() {
    let sandbox = reviewed();
    commit_policy(&sandbox, Some(UNREADABLE[0]));
    sandbox.write(".tracker/config.toml", CONFIG);
    let done = git(&sandbox, &["commit", "--quiet", "--all", "--message", "Fix\n\nTask: TASK-2BBB"]);
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(stage(&sandbox, OPEN), "dev");
    assert_eq!(commit(&sandbox, "src/a", "Code alone"), "");
}

#[test]
fn a_missing_policy_moves_nothing_and_doctor_reports_it() {
    let sandbox = reviewed();
    std::fs::remove_file(sandbox.path().join(".tracker/config.toml")).unwrap();
    for args in [["advance", "1aaa"].as_slice(), &["approve", "1aaa", "--as", "code-reviewer"]] {
        let done = sandbox.tracker(args);
        assert_ne!(done.status, 0, "{done}");
        assert!(done.stderr.contains("git restore --staged --worktree .tracker/config.toml"), "{done}");
    }
    let doctor = sandbox.tracker(&["doctor"]);
    assert_eq!(doctor.status, 1, "{doctor}");
    assert!(doctor.stdout.contains(".tracker/config.toml  is missing, and git has it"), "{doctor}");
    sandbox.tracker(&["doctor", "--fix"]);
    assert_eq!(sandbox.read(".tracker/config.toml"), CONFIG);
    assert_eq!(stage(&sandbox, READY), "qa");
}
