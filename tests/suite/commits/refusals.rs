//! A commit that asks for what cannot be is not made, and nothing is lost.

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
    assert!(done.stderr.contains("the commit was not made; your message is in"), "{done}");
    done.stderr
}

#[test]
fn with_every_reason() {
    let sandbox = world();
    let said = refused(&sandbox, "No\n\nAdvance: TASK-9ZZZ, TASK-2BBB");
    assert!(said.contains("TASK-9ZZZ is no task here"), "{said}");
    assert!(said.contains("TASK-2BBB cannot leave dev"), "{said}");
    assert!(said.contains("the work"), "{said}");
    assert!(refused(&sandbox, "No\n\nAdvance: TASK-3CCC").contains("TASK-3CCC"));
    let said = refused(&sandbox, "No\n\nAdvance: TASK-1AAA\nFail: TASK-1AAA it is wrong");
    assert!(said.contains("contradicts"), "{said}");
    assert!(refused(&sandbox, "No\n\nFail: TASK-1AAA").contains("a failure needs a reason"));
    assert!(refused(&sandbox, "No\n\nTask: TASK-9ZZZ").contains("TASK-9ZZZ is no task here"));
}

#[test]
fn a_task_that_nobody_has_staged_is_said_to_be_so() {
    let sandbox = world();
    sandbox.write(path_of("TASK-4DDD"), task("TASK-4DDD", "", 'x'));
    let add = "git add .tracker/tasks/TASK-4DDD.md";
    sandbox.write("src/a", "x\n");
    let done = git(&sandbox, &["commit", "--all", "--message", "No\n\nAdvance: TASK-4DDD"]);
    assert!(done.stderr.contains(&format!("  unstaged  TASK-4DDD is not in the commit  {add}\n")), "{done}");
    let done = git(&sandbox, &["commit", "--quiet", "--all", "--message", "Yes\n\nTask: TASK-4DDD"]);
    let said = format!("tracker: TASK-4DDD is not in the commit: {add}; git commit --amend --no-edit\n");
    assert_eq!((done.status, done.stderr), (0, said));
    sandbox.git(&["add", ".tracker/tasks/TASK-4DDD.md"]);
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_eq!(moves(&sandbox, "TASK-4DDD"), ["none dev"]);
    assert_clean(&sandbox);
}

#[test]
#[cfg(unix)]
fn what_could_not_be_done_is_told_with_its_cause_and_what_makes_up_for_it() {
    let sandbox = world();
    let parent = head(&sandbox);
    let hook = sandbox.read(".git/hooks/post-commit");
    sandbox.write(".git/hooks/post-commit", hook.replacen('\n', "\ntouch .git/refs/heads/main.lock\n", 1));
    let said = commit(&sandbox, "src/a", "End\n\nTask: TASK-1AAA");
    assert!(said.contains("File exists"), "{said}");
    let later = format!(": no task was moved; later, tracker apply {}..\n", &parent[..7]);
    assert!(said.ends_with(&later), "{said}");
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
