//! What people see of runs: lists, records of others, questions, what comes next.

use std::fs;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use super::tasks::task;
use super::{status, tracker, wait_until, world};
use crate::support::Sandbox;

fn typed(sandbox: &Sandbox, lines: &str) -> String {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("$ tracker {line}\n{}\n", tracker(sandbox, line))).collect()
}

fn ids(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let listed = tracker(sandbox, line);
    let value: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed}"));
    let runs = value["result"]["runs"].as_array().unwrap().iter();
    runs.map(|run| run["run"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn runs_of_both_kinds_are_listed_in_one_order_and_chosen_by_workflow_and_state() {
    let sandbox = world("retry: 0\nsteps: {a: {run: 'true'}}\n");
    sandbox.write(".tracker/workflows/bad.yaml", "retry: 0\nsteps: {a: {run: exit 3}}\n");
    task(&sandbox, "T-1", "Login form", "");
    let mut begun = Vec::new();
    for line in [
        "run start w --quiet",
        "run start bad --quiet",
        "run start --tasks T-1 --quiet",
        "run start w --quiet",
    ] {
        begun.insert(0, tracker(&sandbox, line).stdout.trim().to_owned());
    }
    assert_eq!(ids(&sandbox, "run list --json"), begun);
    assert_eq!(ids(&sandbox, "run list --json --limit 1"), begun[..1]);
    assert_eq!(ids(&sandbox, "run list --json --workflow w"), [begun[0].clone(), begun[3].clone()]);
    assert_eq!(ids(&sandbox, "run list --json --state failed,dev"), begun[1..3]);
    assert_snapshot!(tracker(&sandbox, "run list --limit 3"), @r"
    exit 0
    --- stdout
    RUN-MSJ8  w      success  1/1  2026-11-11 09:05
    RUN-FQ7T  tasks  dev      0/1  2026-11-11 09:04  tasks, 0 %
    RUN-XZRQ  bad    failed   0/1  2026-11-11 09:03
    --- stderr
    1 more
    ");
    // Neither kind can be taken for the other.
    let tasks = &begun[1];
    for line in ["pause", "retry", "approve", "why"] {
        let refused = tracker(&sandbox, &format!("run {line} {tasks}"));
        assert!(refused.stderr.contains("is a run of tasks: it has no steps"), "{line}: {refused}");
        assert!(refused.stderr.contains(&format!("tracker run progress {tasks}")), "{line}: {refused}");
    }
}

#[test]
fn of_a_run_that_was_not_started_here_the_record_is_shown() {
    let sandbox =
        world("retry: 0\nsteps: {a: {run: 'echo why >&2; exit 3'}, b: {run: 'true', needs: [a]}}\n");
    assert_eq!(tracker(&sandbox, "run start w").status, 1);
    fs::remove_dir_all(sandbox.path().join(".git/tracker/runs")).unwrap();
    assert_snapshot!(typed(&sandbox, "
        run status
        run why a
        run why b
        run why c
        run logs a
        run retry
    "), @r"
    $ tracker run status
    exit 1
    --- stdout
    RUN-8DD1  w  FAILED  0.0 s  started 2026-11-11 09:02
    STEP  STATUS   RETRIES  DURATION
    a     failed   -           0.0 s  exit 3: why
    b     skipped  -               -  needs a, which failed

    $ tracker run why a
    exit 0
    --- stdout
    a  failed: exit 3: why

    $ tracker run why b
    exit 0
    --- stdout
    b  skipped: needs a, which failed

    $ tracker run why c
    exit 2
    --- stderr
    error: RUN-8DD1 has no step `c`
      hint: expected a, b

    $ tracker run logs a
    exit 2
    --- stderr
    error: the logs of RUN-8DD1 are not here: there is only its record
      hint: the record has the last lines of what failed: tracker run status RUN-8DD1 --verbose

    $ tracker run retry
    exit 2
    --- stderr
    error: RUN-8DD1 was not started here: there is only its record
      hint: tracker run status RUN-8DD1 --verbose
    ");
}

#[test]
fn nothing_is_written_by_looking() {
    let sandbox = world("retry: 0\nsteps: {a: {run: echo printed}}\n");
    assert_eq!(tracker(&sandbox, "run start w").status, 0);
    let script = "mount -t tmpfs none /mnt && cp -a . /mnt/ && mount -o remount,ro /mnt && cd /mnt && \
                  tracker run list && tracker run status && tracker run why a && exec tracker run logs a";
    let output =
        sandbox.program_with("unshare", "", &["--map-root-user", "--mount", "sh", "-euc", script], |_| {});
    if output.stderr.contains("unshare") || output.stderr.contains("mount:") {
        eprintln!("LEFT OUT: this system lets no test mount a disk of its own: {}", output.stderr.trim());
        return;
    }
    assert!(output.status == 0 && output.stdout.ends_with("printed\n"), "{output}");
}

#[test]
fn a_question_is_in_the_inbox_and_an_answer_leads_on() {
    let sandbox = world(
        "retry: 0\nsteps:\n  which: {human: {ask: Which?, choices: [blue, green]}}\n  b: {run: 'true', needs: [which]}\n",
    );
    assert_eq!(tracker(&sandbox, "run start w").status, 1);
    let run = status(&sandbox);
    assert_eq!(run["steps"][0]["asks"]["choices"], serde_json::json!(["blue", "green"]));
    assert_snapshot!(typed(&sandbox, "
        inbox
        run status
        run answer which blue --no-resume
        inbox
        run status
        run approve
        run why b
    "), @r"
    $ tracker inbox
    exit 0
    --- stdout
    question  RUN-8DD1  w  Which? (blue, green)  2m  tracker run answer RUN-8DD1 which VALUE
    --- stderr
    1 for you

    $ tracker run status
    exit 0
    --- stdout
    RUN-8DD1  w  CREATED (waits for a person)  0.0 s  started 2026-11-11 09:02
    STEP   STATUS   RETRIES  DURATION
    which  pending  -               -  waits for a person: Which? (blue, green)
    b      pending  -               -  needs which, which waits for a person
    --- stderr
    tracker run answer RUN-8DD1 which blue|green

    $ tracker run answer which blue --no-resume
    exit 0
    --- stdout
    RUN-8DD1  `which` is answered: blue
    --- stderr
    tracker run resume RUN-8DD1

    $ tracker inbox
    exit 0
    --- stderr
    nothing waits for you

    $ tracker run status
    exit 0
    --- stdout
    RUN-8DD1  w  CREATED (answered, not gone on with)  0.0 s  started 2026-11-11 09:02
    STEP   STATUS   RETRIES  DURATION
    which  success  -               -
    b      pending  -               -  nothing drives the run
    --- stderr
    tracker run resume RUN-8DD1

    $ tracker run approve
    exit 2
    --- stderr
    error: RUN-8DD1 asks nothing now: it is answered
      hint: go on with it: tracker run resume RUN-8DD1

    $ tracker run why b
    exit 0
    --- stdout
    b  waits: nothing drives the run
    ");
    let by_agent = tracker(&sandbox, "inbox --agent builder-1");
    assert!(!by_agent.stdout.contains("question"), "{by_agent}");
    assert_eq!(tracker(&sandbox, "run resume").status, 0);
}

#[test]
fn the_first_event_names_the_run_and_a_handler_that_failed_is_retried() {
    let sandbox = world("retry: 0\nsteps: {a: {run: 'echo a >>noted'}}\non_success: {run: 'test -e told'}\n");
    let started = tracker(&sandbox, "run start w --events");
    let first: Value = serde_json::from_str(started.stdout.lines().next().unwrap()).unwrap();
    let id = first["run"].as_str().unwrap_or_else(|| panic!("{started}")).to_owned();
    sandbox.write("told", "");
    let retried = tracker(&sandbox, "run retry --events");
    assert!(retried.status == 0 && retried.stdout.lines().next().unwrap().contains(&id), "{retried}");
    assert_eq!(
        (status(&sandbox)["state"].as_str(), sandbox.read("noted").as_str()),
        (Some("success"), "a\n")
    );
}

#[test]
fn two_runs_never_write_the_same_files_at_once() {
    let sandbox = world(
        "retry: 0\nsteps: {a: {run: ': >begun; until test -e go; do sleep 0.02; done', files: [out]}}\n",
    );
    sandbox.write(".tracker/workflows/other.yaml", "retry: 0\nsteps: {b: {run: 'true', files: [out/b]}}\n");
    sandbox.write(".tracker/workflows/apart.yaml", "retry: 0\nsteps: {b: {run: 'true', files: [lib/b]}}\n");
    let mut command = sandbox.tracker_command(&["run", "start", "w"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| sandbox.path().join("begun").exists());
    let refused = tracker(&sandbox, "run start other");
    assert!(
        refused.status == 3 && refused.stderr.contains("is under way and may write `out/b` too"),
        "{refused}"
    );
    assert_eq!(tracker(&sandbox, "run start apart").status, 0);
    sandbox.write("go", "");
    assert!(child.wait().unwrap().success());
    assert_eq!(tracker(&sandbox, "run start other").status, 0);
}

#[test]
fn what_is_wrong_is_shown_where_people_look() {
    let sandbox = world(
        "retry: 0\nsteps:\n  gone: {argv: [no-such-program, x]}\n  binary: {run: 'head -c 300 /dev/zero >&2; exit 1'}\n",
    );
    assert_eq!(tracker(&sandbox, "run start w").status, 1);
    let run = status(&sandbox);
    assert_eq!(run["steps"][0]["why"], "failed: broken: there is no program `no-such-program`");
    assert_eq!(run["steps"][1]["why"], "failed: exit 1: (binary output)");
    let log = super::run_folder(&sandbox).join("events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replacen("\n{", "\nxx{", 1)).unwrap();
    let doctor = tracker(&sandbox, "doctor");
    assert!(doctor.status == 1 && doctor.stdout.contains("damaged at line 2"), "{doctor}");
}
