//! What `tracker help executors` promises, with an executor for each sentence that does not keep to it.

use super::{CONFIG, states, status, tracker, world};
use crate::support::Sandbox;

/// Executes a plan of one task with an executor and returns the state of the task, with why.
fn one(config: &str, executor: &str, files: &str) -> (Sandbox, String, String) {
    let sandbox = world(config, executor, &[("T-1", "Add the table", "", files)]);
    // By the clock of the machine, which a time-out and the time of a report are compared with.
    sandbox.tracker_with("", &["plan", "execute", "PLAN-1"], |command| {
        command.env_remove("TRACKER_NOW");
    });
    let execution = status(&sandbox, "PLAN-1");
    let message = execution["tasks"][0]["message"].as_str().unwrap_or_default().to_owned();
    let state = states(&execution).remove(0);
    (sandbox, state.trim_start_matches("T-1 ").to_owned(), message)
}

#[test]
fn variables_and_brief_are_given() {
    let prints = "#!/bin/sh
cat >stdin
cmp -s stdin \"$TRACKER_BRIEF\" || exit 1
for name in TASK TASK_FILE STAGE RUN ATTEMPT ROLE FILES AGENT PLAN PREDECESSORS; do
  eval \"echo $name=\\${TRACKER_$name-unset}\" | tr '\\n' ' ' >>seen-$TRACKER_TASK
done
cat \"$TRACKER_BRIEF\" >brief-$TRACKER_TASK
rm stdin
echo did $TRACKER_TASK
";
    let sandbox = world(CONFIG, prints, &[("T-1", "Add the table", "", ""), ("T-2", "Read it", "T-1", "")]);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
    let seen = sandbox.git(&["show", "plan/PLAN-1:seen-T-2"]);
    let expected = "TASK=T-2 TASK_FILE=.tracker/tasks/T-2.md STAGE=dev RUN=RUN-";
    assert!(seen.starts_with(expected), "{seen}");
    assert!(seen.ends_with("ATTEMPT=1 ROLE=unset FILES= AGENT=dev PLAN=PLAN-1 PREDECESSORS=T-1"), "{seen}");
    let brief = sandbox.git(&["show", "plan/PLAN-1:brief-T-2"]);
    let (_, depends) = brief.split_once("## What it depends on\n\n- T-1 Add the table, merged as ").unwrap();
    assert!(depends.contains("changed brief-T-1, seen-T-1\n  last line: did T-1\n"), "{brief}");
}

#[test]
fn commands_are_those_of_head() {
    let sandbox = world(CONFIG, "#!/bin/sh\n", &[("T-1", "Add the table", "", "")]);
    let edited = sandbox.read(".tracker/config.toml").replace("./do", "touch\", \"/nowhere/evil");
    sandbox.write(".tracker/config.toml", edited);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 0);
}

#[test]
fn exit_codes_time_outs_and_signals() {
    let limited = format!("{CONFIG}timeout = \"200ms\"\n");
    for (config, executor, why, attempts) in [
        (CONFIG, "#!/bin/sh\necho too hard\nexit 7\n", "failed 3 times: dev: exit 7: too hard", 3),
        (CONFIG, "#!/bin/sh\nexit 127\n", "failed once: exit 127", 1),
        (CONFIG, "no program at all", "failed once: exit 12", 1),
        (CONFIG, "#!/bin/sh\nkill -9 $$\n", "failed 3 times: ", 3),
        (
            &limited,
            "#!/bin/sh\ntest $TRACKER_ATTEMPT = 1 || exit 5\nsleep 60\n",
            "failed 3 times: dev: exit 5",
            3,
        ),
    ] {
        let (sandbox, state, message) = one(config, executor, "");
        assert_eq!(state, "failed", "{executor}: {message}");
        assert!(message.starts_with(why), "{executor}: {message}");
        assert_eq!(status(&sandbox, "PLAN-1")["tasks"][0]["attempts"], attempts, "{executor}");
    }
}

#[test]
fn a_report_outranks_the_exit_code_and_is_not_committed() {
    let config = format!("{CONFIG}report = \"bugs.json\"\n");
    let found = |severity: &str| {
        format!(
            "#!/bin/sh\necho x >a\necho '{{\"vulnerabilities\": [{{\"issue\": \"It leaks\", \"severity\": \"{severity}\", \"file\": \"a\"}}]}}' >bugs.json\n"
        )
    };
    for (executor, expected) in [
        (found("critical"), "bugs.json: critical: It leaks"),
        ("#!/bin/sh\necho x >a\n".to_owned(), "it has not written bugs.json"),
        ("#!/bin/sh\necho x >a\necho '{' >bugs.json\n".to_owned(), "the report bugs.json could not be read"),
    ] {
        let (_, state, message) = one(&config, &executor, "a");
        assert_eq!(state, "failed", "{message}");
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let (sandbox, state, message) = one(&config, &found("low"), "a");
    assert_eq!(state, "completed", "{message}");
    assert_eq!(sandbox.git(&["ls-tree", "--name-only", "plan/PLAN-1"]), ".tracker\na\ndo");
}

#[test]
fn the_last_attempt_is_given_to_the_next_and_retries_are_those_of_the_task_the_plan_or_the_configuration() {
    let executor = "#!/bin/sh
if test $TRACKER_ATTEMPT -gt 1; then git show $TRACKER_LAST_ATTEMPT:half >whole; exit; fi
echo half a line >half
exit 1
";
    let (sandbox, state, message) = one(CONFIG, executor, "");
    assert_eq!(state, "completed", "{message}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:whole"]), "half a line");
    assert!(!sandbox.git(&["ls-tree", "--name-only", "plan/PLAN-1"]).contains("half"));
    let config = format!("{CONFIG}\n[plans]\nretries = 0\n");
    let (_, state, message) = one(&config, executor, "");
    assert_eq!((state.as_str(), message.as_str()), ("failed", "failed once: dev: exit 1"));
}

#[test]
fn what_it_leaves_running_ends_and_ignored_files_are_not_committed() {
    let executor = "#!/bin/sh\necho '*.log' >.gitignore; echo x >a.log; echo y >a\n(sleep 300 & echo $! >\"$HOME/left\")\n";
    let (sandbox, state, message) = one(CONFIG, executor, "");
    assert_eq!(state, "completed", "{message}");
    let names = sandbox.git(&["ls-tree", "--name-only", "plan/PLAN-1"]);
    assert!(names.contains("a\n") && !names.contains("a.log"), "{names}");
    let left = std::fs::read_to_string(sandbox.root().join("home/left")).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", left.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
}
