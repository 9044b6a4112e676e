//! Rules of the repository's own: numbered, about lines that are added, with a fix or for people.

use super::{answer, commit_all, install, last_round, message, tracker, world};

const RULES: &str = r#"
[workers.rules]
paths = ["*.py"]
[workers.rules.rules.9]
title = "print instead of the logger"
pattern = '(^|[^a-z])print[(]'
fix = 'sed -i "s/print(/log.info(/" "$@"'
[workers.rules.rules.37]
title = "settings are read in config.py alone"
pattern = 'os[.]environ'
architectural = true
severity = "high"
fix = 'sed -i /environ/d "$@"'
"#;

#[test]
fn rules_are_about_lines_that_are_added() {
    let sandbox = world(RULES, &[("a.py", "x = 1\n")]);
    assert_eq!(tracker(&sandbox, "worker run rules --once").status, 0);
    sandbox.write("old.txt", "x\n");
    sandbox.write("a.py", "x = 1\nprint(x)\ny = os.environ\n");
    commit_all(&sandbox, "More");
    let output = tracker(&sandbox, "worker run rules --once");
    assert_eq!(output.status, 1, "{output}");
    assert_eq!(sandbox.read("a.py"), "x = 1\nlog.info(x)\ny = os.environ\n");
    let text = message(&sandbox, "HEAD");
    assert!(
        text.starts_with("rules: fix 1 finding of 9\n") && text.contains("Tracker-Fixes: 9 a.py"),
        "{text}"
    );
    let view = answer(&sandbox, "escalations")["escalations"][0].clone();
    assert_eq!(
        (view["rule"].as_str(), view["reason"].as_str(), view["severity"].as_str()),
        (Some("37"), Some("architectural"), Some("high"))
    );
    // A later edit of the file neither hides the old line nor finds it again as new.
    sandbox.write("a.py", "# more\nx = 1\nlog.info(x)\ny = os.environ\n");
    commit_all(&sandbox, "A comment");
    assert_eq!(tracker(&sandbox, "worker run rules --once").status, 1);
    assert_eq!(super::reasons(&sandbox), ["architectural"]);
    sandbox.write("a.py", "x = 1\n");
    commit_all(&sandbox, "Gone");
    assert_eq!(tracker(&sandbox, "worker run rules --once").status, 0);
    assert_eq!(super::reasons(&sandbox), Vec::<String>::new());
}

#[test]
fn a_line_that_was_there_before_is_nobodys_now() {
    let sandbox = world("[workers.rules]\n[workers.rules.rules.1]\npattern = '('\n", &[("a.py", "x\n")]);
    let output = tracker(&sandbox, "worker run rules --once");
    assert!(output.status == 2 && output.stderr.contains("1: its pattern cannot be read"), "{output}");
    for (rule, message) in [
        ("[workers.rules.rules.one]\npattern = 'x'\n", "does not number a rule"),
        ("[workers.rules.rules.1]\ntitle = 'x'\n", "a rule needs a `pattern`"),
        ("[workers.rules.rules.1]\npattern = 'x'\nseverity = 'awful'\n", "unknown severity `awful`"),
    ] {
        super::configure(&sandbox, &format!("[workers.rules]\n{rule}"));
        commit_all(&sandbox, message);
        let output = tracker(&sandbox, "worker run rules --once");
        assert!(output.status != 0 && output.stderr.contains(message), "{rule}: {output}");
    }
    let sandbox = world("", &[("a.py", "x\n")]);
    let output = tracker(&sandbox, "worker run rules --once");
    assert!(output.stderr.contains("neither a tool nor a rule"), "{output}");
}

#[test]
fn the_history_has_the_very_fix_and_what_failed() {
    let sandbox = world(super::CONFIG, &[("a.txt", "one\nBAD\n"), ("b.txt", "BAD\nUGLY\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    insta::assert_snapshot!(tracker(&sandbox, "worker history --rule bad"), @r"
    exit 0
    --- stdout
    BAD  a.txt  by lint in c7e061b, 1m
    @@ -1,2 +1,2 @@
     one
    -BAD
    +good
    BAD  b.txt  by lint in c7e061b, 1m
    @@ -1,2 +1,2 @@
    -BAD
    +good
     UGLY
    --- stderr
    2 fixes, 0 escalations
    ");
    let view = answer(&sandbox, "worker history");
    assert_eq!(view["failures"][0]["rule"].as_str(), Some("UGLY"), "{view}");
    sandbox.write("a.txt", "one\nBAD\n");
    commit_all(&sandbox, "It was right");
    let by = sandbox.git(&["rev-parse", "HEAD"]);
    let view = answer(&sandbox, "worker history --rule BAD --file a.txt");
    assert_eq!(view["fixes"].as_array().unwrap().len(), 1, "{view}");
    assert_eq!(view["fixes"][0]["reverted_by"].as_str(), Some(by.as_str()));
    assert_eq!(crate::support::items(&answer(&sandbox, "worker history --rule NONE")["fixes"]).len(), 0);
}

#[test]
fn an_executor_is_given_what_was_accepted_before() {
    let config = super::CONFIG
        .replace("[workers.lint.tools", "executor = \"fixer\"\n[workers.lint.tools")
        .replace("fix =", "# fix =")
        + "[executors.fixer]\ncommand = [\"fixer\"]\nstages = [\"dev\"]\n";
    let sandbox = world(&config, &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    let script = "#!/bin/sh\ncat >>\"$HOME/briefs\"\nsed -i s/BAD/good/ *.txt\n";
    install(&sandbox, "fixer", script);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    let briefs = || std::fs::read_to_string(sandbox.root().join("home/briefs")).unwrap();
    assert!(
        briefs().contains("- a.txt:1 BAD (lint): BAD is here\n") && !briefs().contains("accepted"),
        "{}",
        briefs()
    );
    sandbox.write("b.txt", "BAD too\n");
    commit_all(&sandbox, "More");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert!(briefs().contains("BAD in a.txt:\n@@ -1 +1 @@\n-BAD\n+good\n"), "{}", briefs());
    assert_eq!(last_round(&sandbox)["fixed"].as_u64(), Some(1));
}
