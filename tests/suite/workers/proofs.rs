//! A fix that is none is put back, and why is escalated.

use super::{CONFIG, answer, commit_all, last_round, reasons, tracker, world};
use crate::support::Sandbox;

/// Makes a world in which the worker fixes by this command.
fn fixing_by(fix: &str, files: &[(&str, &str)]) -> Sandbox {
    world(&CONFIG.replace("sed -i s/BAD/good/g \"$@\"", fix), files)
}

#[test]
fn what_is_no_fix_is_put_back() {
    for (fix, reason) in [
        ("true", "not_fixed"),
        ("sed -i s/BAD/WORSE/ \"$@\"", "new_findings"),
        ("sed -i s/BAD/CRASH/ \"$@\"", "tool_failed"),
        ("sed -i s/BAD/good/ \"$@\"; echo more >>a.txt", "unstable"),
        ("sed -i s/BAD/good/ \"$@\"; echo x >>other.md", "outside_paths"),
        ("sed -i s/BAD/good/ \"$@\"; echo x >>.tracker/config.toml", "outside_paths"),
        ("sed -i s/BAD/good/ \"$@\"; echo x >new.txt", "outside_paths"),
        ("rm a.txt", "outside_paths"),
        ("sed -i s/BAD/good/ \"$@\"; chmod +x a.txt", "outside_paths"),
        ("rm a.txt; ln -s other.md a.txt", "outside_paths"),
        // Not what it was claimed for: it stays as it is, and the fix itself counts.
        ("sed -i s/BAD/good/ \"$@\"; echo x >>b.txt", ""),
    ] {
        let sandbox = fixing_by(fix, &[("a.txt", "BAD\n"), ("b.txt", "fine\n"), ("other.md", "x\n")]);
        let output = tracker(&sandbox, "worker run lint --once");
        let expected = if reason.is_empty() { 0 } else { 1 };
        assert_eq!(output.status, expected, "{fix}: {output}");
        let text = if reason.is_empty() { "good\n" } else { "BAD\n" };
        let texts = ["a.txt", "b.txt", "other.md"].map(|path| sandbox.read(path));
        assert_eq!(texts, [text, "fine\n", "x\n"], "{fix}");
        assert!(!sandbox.path().join("new.txt").exists());
        let found = reasons(&sandbox);
        assert_eq!(found, if reason.is_empty() { vec![] } else { vec![reason] }, "{fix}");
    }
}

#[test]
fn one_file_that_cannot_be_fixed_keeps_no_other_from_being() {
    let fix = "for f in \"$@\"; do case $f in b.txt) sed -i s/BAD/WORSE/ $f ;; *) sed -i s/BAD/good/ $f ;; esac; done";
    let sandbox = fixing_by(fix, &[("a.txt", "BAD\n"), ("b.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!((sandbox.read("a.txt"), sandbox.read("b.txt")), ("good\n".to_owned(), "BAD\n".to_owned()));
    let round = last_round(&sandbox);
    assert_eq!((round["fixed"].as_u64(), round["remaining"].as_u64()), (Some(1), Some(1)));
    let details = answer(&sandbox, "escalations")["escalations"][0]["details"].clone();
    assert_eq!(details.as_str(), Some("b.txt: WORSE (lint)"));
}

#[test]
fn a_file_that_a_formatter_cannot_read_is_escalated_and_others_are_formatted() {
    let config = "[workers.lint]\n[workers.lint.tools.form]\npaths = [\"*.txt\"]\n\
                  fix = 'for f in \"$@\"; do grep -q CRASH \"$f\" && { echo cannot read $f >&2; exit 123; }; sed -i \"s/ *$//\" \"$f\"; done'\n";
    let sandbox = world(config, &[("a.txt", "x  \n"), ("b.txt", "CRASH  \n"), ("c.txt", "y  \n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(["a.txt", "b.txt", "c.txt"].map(|path| sandbox.read(path)), ["x\n", "CRASH  \n", "y\n"]);
    assert_eq!(reasons(&sandbox), ["tool_failed"]);
}

#[test]
fn the_command_that_verifies_has_the_last_word() {
    let verify = |line: &str| {
        CONFIG.replace("[workers.lint.tools", &format!("verify = '{line}'\n[workers.lint.tools"))
    };
    let sandbox = world(&verify("! grep -q good a.txt"), &[("a.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(
        (sandbox.read("a.txt"), reasons(&sandbox)),
        ("BAD\n".to_owned(), vec!["verify_failed".to_owned()])
    );
    let sandbox = world(&verify("echo broken >&2; exit 1"), &[("a.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    let details = answer(&sandbox, "escalations")["escalations"][0]["details"].clone();
    assert!(details.as_str().unwrap().starts_with("it fails without the fix too\n"), "{details}");
    let sandbox = world(&verify("grep -q good a.txt"), &[("a.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
}

#[test]
fn what_a_person_has_reverted_is_not_done_again() {
    let sandbox = world(CONFIG, &[("a.txt", "one\nBAD\nthree\n"), ("b.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    let output = tracker(&sandbox, "worker run lint --once");
    assert_eq!(output.status, 1, "{output}");
    assert_eq!(
        (sandbox.read("a.txt"), reasons(&sandbox)),
        ("one\nBAD\nthree\n".to_owned(), vec!["reverted".to_owned()])
    );
    let details = answer(&sandbox, "escalations")["escalations"][0]["details"].clone();
    let revert = sandbox.git(&["rev-parse", "HEAD~1"]);
    assert_eq!(details.as_str(), Some(format!("reverted by {revert}").as_str()));
    // By hand, among other things, and after the file has grown.
    let sandbox = world(CONFIG, &[("a.txt", "one\nBAD\nthree\n"), ("b.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    sandbox.write("a.txt", "zero\none\nBAD\nthree\n");
    commit_all(&sandbox, "It was right");
    sandbox.write("a.txt", "zero\none\nBAD\nthree\nfour\n");
    commit_all(&sandbox, "More");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(sandbox.read("a.txt"), "zero\none\nBAD\nthree\nfour\n");
    // Another line of the same rule is another fix.
    sandbox.write("c.txt", "BAD too\n");
    commit_all(&sandbox, "New");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(sandbox.read("c.txt"), "good too\n");
}

#[test]
fn a_rule_that_people_decide_about_is_never_fixed() {
    let config = CONFIG.replace("report =", "architectural = [\"BAD\"]\nreport =");
    let sandbox = world(&config, &[("a.txt", "BAD\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(
        (sandbox.read("a.txt"), reasons(&sandbox)),
        ("BAD\n".to_owned(), vec!["architectural".to_owned()])
    );
    // Neither by the way, with something that may be fixed.
    let config = config.replace("s/BAD/good/g", "-e s/BAD/good/ -e s/UGLY/pretty/");
    let sandbox = world(&config, &[("a.txt", "BAD\nUGLY\n"), ("b.txt", "UGLY\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(
        (sandbox.read("a.txt"), sandbox.read("b.txt")),
        ("BAD\nUGLY\n".to_owned(), "pretty\n".to_owned())
    );
}
