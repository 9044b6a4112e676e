//! The forms of `git commit`: each moves what it has earned, and leaves everything else as it was.

use std::fs;

use super::*;

#[test]
fn a_linked_commit_starts_the_task() {
    let sandbox = world();
    let message = commit(&sandbox, "src/a", "Begin\n\nTask: TASK-2BBB");
    assert_eq!(message, "tracker: TASK-2BBB  none → dev\n");
    assert_eq!(moves(&sandbox, OPEN), ["none dev"]);
    assert_eq!(commit(&sandbox, "src/a", "Go on\n\nTask: TASK-2BBB"), "");
    assert_eq!(moves(&sandbox, OPEN), ["none dev"]);
    assert_clean(&sandbox);
}

#[test]
fn the_commit_is_the_same_but_for_the_task() {
    let sandbox = world();
    let parent = head(&sandbox);
    let before = sandbox.git(&["log", "-1", "--format=%an %ae %cn %ce"]);
    commit(&sandbox, "src/a", "End\n\nAdvance: TASK-1AAA");
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%P %B"]), format!("{parent} End\n\nAdvance: TASK-1AAA"));
    assert_eq!(sandbox.git(&["log", "-1", "--format=%an %ae %cn %ce"]), before);
    let unfolded = sandbox.git(&["log", "-1", "--format=%at %ct", "HEAD@{1}"]);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%at %ct"]), unfolded);
    assert_eq!(sandbox.git(&["show", "--name-only", "--format="]), format!("{}\nsrc/a", path_of(READY)));
    assert_clean(&sandbox);
}

#[test]
fn amended_twice_is_moved_once() {
    let sandbox = world();
    commit(&sandbox, "src/a", "End\n\nAdvance: TASK-1AAA\nTime: TASK-1AAA 10m");
    for message in [None, Some("Reworded\n\nAdvance: TASK-1AAA\nTime: TASK-1AAA 10m")] {
        let mut args = vec!["commit", "--quiet", "--amend", "--no-edit"];
        if let Some(message) = message {
            args = vec!["commit", "--quiet", "--amend", "--reset-author", "--message", message];
        }
        let done = git(&sandbox, &args);
        assert_eq!((done.status, done.stderr.as_str()), (0, ""));
        assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
        assert!(sandbox.read(path_of(READY)).contains("spent: 10m\n"));
        assert_clean(&sandbox);
    }
}

#[test]
fn a_manual_move_is_not_repeated_and_a_manual_start_is_no_move() {
    let sandbox = world();
    assert_eq!(sandbox.tracker(&["start", "1aaa"]).status, 0);
    let done = git(&sandbox, &["commit", "--quiet", "-a", "-m", "All\n\nAdvance: TASK-1AAA"]);
    assert_eq!(done.stderr, "tracker: TASK-1AAA  dev → qa   needs code-reviewer\n");
    let sandbox = world();
    sandbox.tracker(&["start", "1aaa"]);
    assert_eq!(sandbox.tracker(&["advance", "1aaa"]).status, 0);
    let done = git(&sandbox, &["commit", "--quiet", "-a", "-m", "All\n\nAdvance: TASK-1AAA"]);
    assert_eq!((done.status, done.stderr.as_str()), (0, ""));
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
}

#[test]
fn what_a_command_has_written_of_a_task_goes_along_with_a_commit_that_links_it() {
    let sandbox = world();
    let record = path_of(OPEN);
    assert_eq!(sandbox.tracker(&["start", "2bbb"]).status, 0);
    sandbox.write("src/a", "x\n");
    sandbox.git(&["add", "src/a"]);
    // The active task is linked without a word of the user's.
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Begin it"]);
    assert!(done.stderr.contains(&format!("added {record}, which goes along")), "{done}");
    assert_eq!(moves(&sandbox, OPEN), ["none dev"]);
    assert_clean(&sandbox);
    // What is not a move goes along, too; a commit that changes nothing of it is left alone.
    assert_eq!(sandbox.tracker(&["tick", "2bbb", "1"]).status, 0);
    sandbox.write("src/a", "y\n");
    assert_eq!(git(&sandbox, &["commit", "--quiet", "-m", "Go on", "src/a"]).status, 0);
    assert!(sandbox.git(&["show", &format!("HEAD:{record}")]).contains("- [x] the work"));
    assert_clean(&sandbox);
    sandbox.write("src/a", "z\n");
    let done = git(&sandbox, &["commit", "--quiet", "-m", "End it", "src/a"]);
    assert!(done.status == 0 && !done.stderr.contains("goes along"), "{done}");
    // A commit that names another task, or none, takes nothing along.
    assert_eq!(sandbox.tracker(&["set", "2bbb", "priority=high"]).status, 0);
    assert_eq!(sandbox.tracker(&["stop"]).status, 0);
    commit(&sandbox, "src/a", "Something else\n\nTask: TASK-1AAA");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!(" M {record}"));
}

#[test]
fn what_a_command_has_written_of_a_task_goes_along_with_its_move_and_no_move_is_there_twice() {
    let started = || {
        let sandbox = world();
        assert_eq!(sandbox.tracker(&["start", "2bbb"]).status, 0);
        assert_eq!(sandbox.tracker(&["tick", "2bbb", "1"]).status, 0);
        sandbox.write("src/a", "x\n");
        sandbox.git(&["add", "src/a"]);
        sandbox
    };
    let record = path_of(OPEN);
    // Where the stage requires what was left out, the commit is refused with the command that helps.
    let sandbox = started();
    let refused = git(&sandbox, &["commit", "--quiet", "-m", "Do it", "-m", "Closes: TASK-2BBB"]);
    assert!(refused.status == 1 && refused.stderr.contains("git add .tracker\n"), "{refused}");
    // Where it does not, only the code was added, and the record goes along: the start is there once, with the tick.
    let free = CONFIG.replace("requires = [\"deliverables\"]", "");
    let sandbox = started();
    sandbox.write(".tracker/config.toml", &free);
    sandbox.git(&["add", ".tracker/config.toml"]);
    let done = git(&sandbox, &["commit", "--quiet", "-m", "Do it", "-m", "Closes: TASK-2BBB"]);
    assert!(done.stderr.contains("TASK-2BBB  dev → qa") && done.stderr.contains(&record), "{done}");
    assert_eq!(moves(&sandbox, OPEN), ["none dev", "dev qa"]);
    assert!(sandbox.git(&["show", &format!("HEAD:{record}")]).contains("- [x] the work"));
    assert_clean(&sandbox);
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    assert_eq!(moves(&sandbox, OPEN), ["none dev", "dev qa"]);
    assert_clean(&sandbox);
    // Moved by a command, it is not moved again by the commit.
    let sandbox = started();
    sandbox.write(".tracker/config.toml", &free);
    assert_eq!(sandbox.tracker(&["advance", "2bbb"]).status, 0);
    let done = git(
        &sandbox,
        &["commit", "--quiet", "-m", "Do it", "-m", "Advance: TASK-2BBB", "src", ".tracker/config.toml"],
    );
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(moves(&sandbox, OPEN), ["none dev", "dev qa"], "{done}");
    assert_clean(&sandbox);
    // Of a record that was staged, what was not staged stays, but for moves.
    let sandbox = world();
    sandbox.tracker(&["start", "1aaa"]);
    sandbox.git(&["add", "."]);
    sandbox.tracker(&["set", "1aaa", "priority=high"]);
    commit(&sandbox, "src/a", "Do it\n\nAdvance: TASK-1AAA");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), format!(" M {}", path_of(READY)));
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
}

#[test]
fn without_verification_what_is_earned_moves_and_the_rest_is_named() {
    let sandbox = world();
    sandbox.write("src/a", "new\n");
    let message = "End\n\nAdvance: TASK-1AAA, TASK-2BBB\nTask: TASK-9ZZZ";
    let done = git(&sandbox, &["commit", "--quiet", "--no-verify", "-a", "-m", message]);
    assert_eq!(done.status, 0);
    assert!(done.stderr.contains("TASK-1AAA  none → dev, dev → qa"), "{done}");
    assert!(done.stderr.contains("TASK-2BBB cannot leave dev"), "{done}");
    assert!(done.stderr.contains("no task TASK-9ZZZ"), "{done}");
    assert_eq!((stage(&sandbox, READY), stage(&sandbox, OPEN)), ("qa".to_owned(), "dev".to_owned()));
    assert_clean(&sandbox);
}

#[test]
fn nothing_else_slips_in() {
    for form in [&["--", "src/a"][..], &["--patch"][..], &["--only", "src/a"][..]] {
        let sandbox = world();
        let other = task(OPEN, "", ' ').replace("Do ", "Really do ");
        sandbox.write(path_of(OPEN), &other);
        sandbox.git(&["add", "."]);
        sandbox.write(path_of(CLOSED), task(CLOSED, "stage: complete\n", ' '));
        sandbox.write("src/a", "x\n");
        sandbox.write("untracked", "");
        let is_patch = form == ["--patch"];
        if is_patch {
            sandbox.git(&["reset", "--quiet"]);
        }
        let before = sandbox.git(&["status", "--porcelain"]).replace(" M src/a\n", "");
        let mut args = vec!["commit", "--quiet", "--message", "One\n\nAdvance: TASK-1AAA"];
        args.extend(form);
        let done = sandbox.program_with("git", "", &args, |command| {
            let answers = sandbox.root().join("answers");
            fs::write(&answers, "n\nn\ny\n").unwrap();
            command.stdin(fs::File::open(answers).unwrap());
        });
        assert_eq!(done.status, 0, "{done}");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), before, "{form:?}");
        let changed = sandbox.git(&["show", "--name-only", "--format="]);
        assert_eq!(changed, format!("{}\nsrc/a", path_of(READY)), "{form:?}");
        assert_eq!(sandbox.read(path_of(OPEN)), other);
    }
}

#[test]
fn all_is_committed_at_once() {
    let sandbox = world();
    sandbox.write("src/a", "x\n");
    sandbox.write(path_of(OPEN), task(OPEN, "", 'x'));
    sandbox.git(&["commit", "--quiet", "-a", "-m", "All\n\nAdvance: TASK-2BBB"]);
    assert_eq!(stage(&sandbox, OPEN), "qa");
    assert_clean(&sandbox);
}

#[test]
fn no_commit_no_move() {
    let sandbox = world();
    let before = head(&sandbox);
    let nothing = git(&sandbox, &["commit", "--message", "None\n\nTask: TASK-1AAA"]);
    assert_eq!(nothing.status, 1);
    sandbox.write("src/a", "x\n");
    let aborted = sandbox.program_with("git", "", &["commit", "-a"], |command| {
        command.env("GIT_EDITOR", "false");
    });
    assert_eq!(aborted.status, 1);
    assert_eq!(head(&sandbox), before);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), " M src/a");
}

#[test]
fn the_first_commit_of_a_repository_moves_too() {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    install(&sandbox);
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "--message", "First\n\nAdvance: TASK-1AAA"]);
    assert_eq!(moves(&sandbox, READY), ["none dev", "dev qa"]);
    assert_eq!(sandbox.git(&["log", "--format=%s"]), "First");
    assert_clean(&sandbox);
}

#[test]
fn repo_paths() {
    let sandbox = world();
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    commit(&sandbox, "src/a", "Detached\n\nTask: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "dev");
    assert_clean(&sandbox);

    let sandbox = world();
    let deep = ["commit", "--quiet", "--allow-empty", "-m", "Deep\n\nTask: TASK-1AAA"];
    sandbox.git_in("src", &deep);
    assert_eq!(stage(&sandbox, READY), "dev");
    assert_clean(&sandbox);

    let sandbox = world();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "it's-branch", "../it's ünder"]);
    sandbox.git_in("../it's ünder", &deep);
    assert_eq!(sandbox.git_in("../it's ünder", &["status", "--porcelain"]), "");
    assert_eq!(stage_at(&sandbox, "it's-branch", READY), "dev");

    let sandbox = world();
    let top = sandbox.path();
    let done = sandbox.program_with("git", sandbox.root(), &deep, |command| {
        command.env("GIT_DIR", top.join(".git")).env("GIT_WORK_TREE", &top);
    });
    assert_eq!(done.stderr, "tracker: TASK-1AAA  none → dev\n");
    assert_clean(&sandbox);
}

#[test]
fn a_signed_commit_stays_signed() {
    let sandbox = world();
    crate::folding::signed::sign_with_ssh(&sandbox);
    commit(&sandbox, "src/a", "Signed\n\nAdvance: TASK-1AAA");
    assert_eq!(stage(&sandbox, READY), "qa");
    sandbox.git(&["verify-commit", "HEAD"]);
    assert_clean(&sandbox);
}

#[test]
fn two_at_once_in_two_worktrees_both_move() {
    let sandbox = world();
    sandbox.git(&["worktree", "add", "--quiet", "../other"]);
    let args = ["commit", "--quiet", "--allow-empty", "-m", "One\n\nTask: TASK-1AAA"];
    std::thread::scope(|scope| {
        let started = ["", "../other"].map(|folder| {
            let mut command = sandbox.git_command(folder);
            command.args(args);
            scope.spawn(move || command.output().unwrap().status.success())
        });
        assert!(started.into_iter().all(|each| each.join().unwrap()));
    });
    for folder in ["", "../other"] {
        let text = sandbox.git_in(folder, &["show", &format!("HEAD:{}", path_of(READY))]);
        assert!(text.contains("stage: dev"), "{folder} {text}");
        assert_eq!(sandbox.git_in(folder, &["status", "--porcelain"]), "");
    }
}
