//! Workers beside others: claims, remotes, branches that move on, and commands that a branch brings.

use super::{CONFIG, claims, commit_all, configure, install, last_round, tracker, tracker_in, world};
use crate::claims::with_remote;

const TASK: &str = "---\nid: TASK-C4RT\ntitle: Cart\nfiles: [a.txt]\ncreated: 2026-11-10\nstage: none\n---\n";

#[test]
fn files_that_somebody_has_claimed_wait() {
    let sandbox =
        world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "BAD\n"), (".tracker/tasks/TASK-C4RT.md", TASK)]);
    assert_eq!(tracker(&sandbox, "claim c4rt --lease 4h --agent ken").status, 0);
    let output = tracker(&sandbox, "worker run lint --once");
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stdout.contains("1 file wait: /a.txt is claimed by ken"), "{output}");
    assert_eq!((sandbox.read("a.txt"), sandbox.read("b.txt")), ("BAD\n".to_owned(), "good\n".to_owned()));
    assert_eq!(claims(&sandbox, ""), ["TASK-C4RT"]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1, "they still wait");
    assert_eq!(tracker(&sandbox, "release c4rt --agent ken").status, 0);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(sandbox.read("a.txt"), "good\n");
}

#[test]
fn an_escalation_about_a_file_that_waits_stays_open() {
    let sandbox = world(CONFIG, &[("a.txt", "UGLY\n"), (".tracker/tasks/TASK-C4RT.md", TASK)]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    sandbox.write("a.txt", "UGLY\nBAD\n");
    commit_all(&sandbox, "Worse");
    assert_eq!(tracker(&sandbox, "claim c4rt --lease 4h --agent ken").status, 0);
    for all in ["", " --all"] {
        let output = tracker(&sandbox, &format!("worker run lint --once{all}"));
        assert!(output.status == 1 && output.stdout.contains("a.txt is claimed by ken"), "{output}");
        let open = tracker(&sandbox, "escalations");
        assert!(open.stdout.contains("a.txt"), "{open}");
    }
}

#[test]
fn a_worker_lands_on_the_remote() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "UGLY\n")]);
    with_remote(&sandbox, &["clone"]);
    assert_eq!(tracker_in(&sandbox, "../clone", "worker run lint --once").status, 1);
    assert_eq!(sandbox.git_in("../remote", &["show", "main:a.txt"]), "good");
    assert_eq!(claims(&sandbox, "../remote"), Vec::<String>::new());
    // What the clone has checked out is the person's.
    assert_eq!(sandbox.git_in("../clone", &["show", "HEAD:a.txt"]), "BAD");
    assert_eq!(sandbox.git_in("../clone", &["status", "--porcelain"]), "");
}

#[test]
fn a_branch_that_moves_on_meanwhile_is_looked_at_again() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    with_remote(&sandbox, &["clone", "other"]);
    // The first time somebody else is faster.
    let lint = super::LINT.replace(
        "gap=\n",
        "gap=\nif mkdir \"$HOME/once\" 2>/dev/null; then (cd \"$OTHER\" && echo BAD >b.txt && git commit -qam Faster && git push -q) >&2; fi\n",
    );
    install(&sandbox, "lint", &lint);
    let output = sandbox.tracker_with("../clone", &["worker", "run", "lint", "--once"], |command| {
        command.env("PATH", super::path_with(&sandbox)).env("OTHER", sandbox.root().join("other"));
    });
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(sandbox.git_in("../remote", &["show", "main:a.txt"]), "good");
    assert_eq!(sandbox.git_in("../remote", &["show", "main:b.txt"]), "good");
    assert_eq!(
        sandbox.git_in("../remote", &["log", "-2", "--format=%s", "main"]),
        "lint: fix 2 findings of BAD\nFaster"
    );
}

#[test]
fn commands_that_a_branch_brings_are_not_executed() {
    let sandbox = world(CONFIG, &[("a.txt", "fine\n")]);
    sandbox.git(&["switch", "--quiet", "--create", "pull"]);
    configure(&sandbox, &CONFIG.replace("lint \"$@\"", "touch \"$HOME/executed\"; lint \"$@\""));
    sandbox.write("a.txt", "BAD\n");
    commit_all(&sandbox, "A pull request");
    let tree = sandbox.git(&["rev-parse", "pull"]);
    assert_eq!(tracker(&sandbox, "worker run lint --once --branch pull").status, 0);
    assert!(!sandbox.root().join("home/executed").exists());
    assert_eq!((sandbox.git(&["rev-parse", "pull~1"]), sandbox.read("a.txt")), (tree, "good\n".to_owned()));
    // Neither are those that somebody edits, here or on main.
    sandbox.git(&["switch", "--quiet", "main"]);
    configure(&sandbox, &CONFIG.replace("lint \"$@\"", "touch \"$HOME/executed\"; lint \"$@\""));
    assert_eq!(tracker(&sandbox, "worker run lint --once --all").status, 0);
    assert!(!sandbox.root().join("home/executed").exists());
}

#[test]
fn work_comes_from_tasks_and_from_findings_too() {
    let config =
        CONFIG.replace("[workers.lint]", "[workers.lint]\nwatch = \"tasks\"\nquery = \"priority:high\"");
    let task = TASK.replace("created:", "priority: high\ncreated:");
    let other = TASK.replace("C4RT", "D4RT").replace("a.txt", "b.txt");
    let sandbox = world(
        &config,
        &[
            ("a.txt", "BAD\n"),
            ("b.txt", "BAD\n"),
            (".tracker/tasks/TASK-C4RT.md", &task),
            (".tracker/tasks/TASK-D4RT.md", &other),
        ],
    );
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!((sandbox.read("a.txt"), sandbox.read("b.txt")), ("good\n".to_owned(), "BAD\n".to_owned()));
    configure(&sandbox, &CONFIG.replace("[workers.lint]", "[workers.lint]\nwatch = \"findings\""));
    sandbox.write(
        ".tracker/findings/TASK-D4RT/F2.yaml",
        "id: F2\ntask: TASK-D4RT\nrole: tester\nseverity: low\ntitle: bad\nfile: b.txt\nby: Ken <ken@example.com>\nat: 2026-11-11T08:00:00Z\n",
    );
    commit_all(&sandbox, "A finding");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(
        (sandbox.read("b.txt"), last_round(&sandbox)["files"].as_u64()),
        ("good\n".to_owned(), Some(1))
    );
}
