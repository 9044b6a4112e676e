//! Rounds that go well: what is found is fixed, proved and landed, and what is left is named.

use insta::assert_snapshot;

use super::{CONFIG, answer, claims, commit_all, last_round, message, tracker, world};

#[test]
fn a_worker_fixes_lands_and_escalates() {
    let sandbox = world(
        CONFIG,
        &[("a.txt", "BAD\nBAD\n"), ("b.txt", "fine\n"), ("c.txt", "UGLY BAD\n"), ("d.md", "BAD\n")],
    );
    assert_snapshot!(tracker(&sandbox, "worker run lint --once"), @r"
    exit 1
    --- stdout
    escalated  lint at f960ca6  4 findings in 3 files: 3 fixed, 1 left  0 ms
      landed 33831cf on main
      escalated ESC-352E1DCE
      fixed BAD in a.txt
      fixed BAD in c.txt
    --- stderr
    what is left waits for a person: `tracker escalations`
    ");
    assert_snapshot!(message(&sandbox, "HEAD"), @r"
    lint: fix 3 findings of BAD

    Tracker-Worker: lint
    Tracker-Fixes: BAD a.txt
    Tracker-Fixes: BAD c.txt
    Tracker-Escalates: ESC-352E1DCE
    ");
    let texts = ["a.txt", "b.txt", "c.txt", "d.md"].map(|path| sandbox.read(path));
    assert_eq!(texts, ["good\ngood\n", "fine\n", "UGLY good\n", "BAD\n"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(claims(&sandbox, ""), Vec::<String>::new());
    assert_snapshot!(tracker(&sandbox, "worker run lint --once"), @r"
    exit 0
    --- stderr
    nothing new on main; --all looks at all files
    ");
    assert_snapshot!(tracker(&sandbox, "worker"), @r"
    exit 0
    --- stdout
    lint      configured  watches commits  lint
    qa        built in    watches commits  ruff, isort, black, clippy, rustfmt, eslint, prettier
    rules     built in    watches commits
    security  built in    watches commits  semgrep
    test      built in    watches commits  pytest

    lint  idle  1 round  3 fixed  5m
    --- stderr
    configuration of main at 33831cf; `tracker worker run TYPE --once` makes a round
    ");
    assert_snapshot!(tracker(&sandbox, "worker show lint"), @r#"
    exit 0
    --- stdout
    lint  watches commits
      paths     *.txt
      limits    5m a command, 3 attempts

      lint  reports json
        detect  lint "$@"
        fix     sed -i s/BAD/good/g "$@"
    "#);
}

#[test]
fn a_clean_file_is_clean_and_leaves_a_record() {
    let sandbox = world(CONFIG, &[("a.txt", "fine\n")]);
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    assert_snapshot!(tracker(&sandbox, "worker run lint --once"), @r"
    exit 0
    --- stdout
    success  lint at 8804552  clean: 1 file  0 ms
    ");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
    let round = last_round(&sandbox);
    assert_eq!((round["outcome"].as_str(), round["found"].as_u64()), (Some("success"), Some(0)));
}

#[test]
fn later_rounds_look_at_what_others_have_changed_since() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    // Its own commit is nothing new.
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(answer(&sandbox, "worker log lint")["rounds"].as_array().unwrap().len(), 1);
    sandbox.write("b.txt", "BAD\n");
    commit_all(&sandbox, "More");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    let round = last_round(&sandbox);
    assert_eq!((round["files"].as_u64(), round["fixed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(sandbox.read("b.txt"), "good\n");
    assert_eq!(tracker(&sandbox, "worker run lint --once --all").status, 0);
    assert_eq!(last_round(&sandbox)["files"].as_u64(), Some(2));
    // A history that was rewritten is looked at as a whole.
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~3"]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(
        (last_round(&sandbox)["files"].as_u64(), sandbox.read("a.txt")),
        (Some(2), "good\n".to_owned())
    );
}

#[test]
fn files_can_be_named() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint b.txt").status, 0);
    assert_eq!((sandbox.read("a.txt"), sandbox.read("b.txt")), ("BAD\n".to_owned(), "good\n".to_owned()));
    // What was named is not all that is new.
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(sandbox.read("a.txt"), "good\n");
}

#[test]
fn a_formatter_needs_no_report() {
    let config =
        "[workers.lint]\n[workers.lint.tools.caps]\npaths = [\"*.txt\"]\nfix = 'sed -i \"s/ *$//\" \"$@\"'\n";
    let sandbox = world(config, &[("a.txt", "x  \n"), ("b.txt", "y\n"), ("c.md", "z  \n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(["a.txt", "b.txt", "c.md"].map(|path| sandbox.read(path)), ["x\n", "y\n", "z  \n"]);
    let round = last_round(&sandbox);
    assert_eq!((round["found"].as_u64(), round["fixed"].as_u64()), (Some(1), Some(1)));
    assert!(message(&sandbox, "HEAD").contains("Tracker-Fixes: format a.txt"));
}

#[test]
fn an_executor_fixes_what_tools_cannot() {
    let config = format!(
        "{}\n{}",
        CONFIG.replace(
            "[workers.lint.tools",
            "executor = \"fixer\"\ntask = \"TASK-7Q2M\"\n[workers.lint.tools"
        ),
        "[executors.fixer]\ncommand = [\"fixer\"]\nstages = [\"dev\"]\n"
    );
    let sandbox = world(&config, &[("a.txt", "UGLY\nBAD\n"), ("b.txt", "WORSE\n")]);
    let script =
        "#!/bin/sh\nsed -n 's/^- \\(.*\\):[0-9][0-9]* UGLY.*/\\1/p' | xargs -r sed -i s/UGLY/pretty/\n";
    super::install(&sandbox, "fixer", script);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(
        (sandbox.read("a.txt"), sandbox.read("b.txt")),
        ("pretty\ngood\n".to_owned(), "WORSE\n".to_owned())
    );
    assert_eq!(super::reasons(&sandbox), ["not_fixed"]);
    assert!(message(&sandbox, "HEAD").ends_with("\nTask: TASK-7Q2M"), "{}", message(&sandbox, "HEAD"));
}

#[test]
fn what_has_no_file_of_the_commit_is_not_lost() {
    let config = "[workers.lint]\n[workers.lint.tools.tests]\n\
                  detect = 'cat \"$HOME/report.xml\" >\"$TRACKER_REPORT\"; exit 1'\nreport = \"junit\"\n";
    let sandbox = world(config, &[("a.txt", "x\n")]);
    let report = |failed: &str| {
        let text =
            format!("<testsuite><testcase name=\"fits\" classname=\"cart\">{failed}</testcase></testsuite>");
        std::fs::write(sandbox.root().join("home/report.xml"), text).unwrap();
    };
    report("<failure message=\"1 is not 2\"/>");
    let output = tracker(&sandbox, "worker run lint --once");
    assert_eq!((output.status, super::reasons(&sandbox)), (1, vec!["no_fix".to_owned()]), "{output}");
    report("");
    sandbox.write("a.txt", "y\n");
    commit_all(&sandbox, "Right");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(super::reasons(&sandbox), Vec::<String>::new());
}

#[test]
fn a_trailer_that_somebody_wrote_hides_no_commit() {
    let sandbox = world(CONFIG, &[("a.txt", "fine\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    sandbox.write("a.txt", "BAD\n");
    commit_all(&sandbox, "Hide\n\nTracker-Worker: lint");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(sandbox.read("a.txt"), "good\n");
}
