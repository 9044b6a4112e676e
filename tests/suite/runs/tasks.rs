//! Runs of tasks: through the stages by hand, with a loop back.

use insta::assert_snapshot;
use serde_json::Value;

use super::tracker;
use crate::support::Sandbox;

pub(super) fn task(sandbox: &Sandbox, id: &str, title: &str, more: &str) {
    let text = format!("---\nid: {id}\ntitle: {title}\n{more}created: 2026-11-11\nstage: none\n---\n");
    sandbox.write(format!(".tracker/tasks/{id}.md"), text);
}

/// Makes a repository with a tracker and two tasks, of which the second waits for the first.
fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    task(&sandbox, "T-1", "Login form", "priority: high\n");
    task(&sandbox, "T-2", "Session store", "depends_on: [T-1]\n");
    sandbox
}

pub(super) fn progress(sandbox: &Sandbox) -> Value {
    let output = tracker(sandbox, "run progress --json");
    let value: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    value["result"].clone()
}

fn state(sandbox: &Sandbox) -> String {
    progress(sandbox)["state"].as_str().unwrap().to_owned()
}

fn works(sandbox: &Sandbox, line: &str) {
    let output = tracker(sandbox, line);
    assert_eq!(output.status, 0, "{line}: {output}");
}

const REPORT: &str = r#"{"vulnerabilities": [{"issue": "Token is logged", "severity": "high", "file": "src/auth.rs",
 "line": 41, "recommendation": "Log a digest of it"}]}"#;

#[test]
fn tasks_go_through_all_stages_with_a_loop_back_and_fix_tasks() {
    let sandbox = prepared();
    let started = sandbox.tracker(&["run", "start", "--tasks", "T-1,t-2", "--title", "Harden the login"]);
    assert_snapshot!(started, @r"
    exit 0
    --- stdout
    Started RUN-8DD1  2 tasks
    T-1  Login form
      joins RUN-8DD1
      none → dev
    T-2  Session store
      joins RUN-8DD1
      waits for T-1
    ");
    assert_snapshot!(tracker(&sandbox, "run progress"), @r"
    exit 0
    --- stdout
    RUN-8DD1  Harden the login  DEV  0/2 complete · 0 %
      none 1 · dev 1 · qa 0 · sec 0 · docs 0 · complete 0
    T-1  high  dev   Login form     work in dev
    T-2  -     none  Session store  waits for T-1
    --- stderr
    tracker advance T-1 · tracker show T-1
    ");
    // The first goes to sec, where a scanner finds something.
    works(&sandbox, "advance T-1");
    assert_eq!(state(&sandbox), "dev", "a task that has not begun is in front of dev");
    works(&sandbox, "set T-2 dep-=T-1");
    works(&sandbox, "advance T-2");
    works(&sandbox, "advance T-1 T-2");
    assert_eq!(state(&sandbox), "qa");
    works(&sandbox, "advance T-2");
    assert_eq!(state(&sandbox), "sec");
    sandbox.write("security_report.json", REPORT);
    let imported =
        tracker(&sandbox, "findings import security_report.json --task T-1 --as sec --create-tasks");
    assert_eq!(imported.status, 1, "{imported}");
    works(&sandbox, "fail T-1 high finding");
    let run = progress(&sandbox);
    assert_eq!((run["state"].as_str(), run["stage"].as_str()), (Some("sec_failed"), Some("dev")), "{run:#}");
    assert_eq!((run["loops"].as_u64(), run["total"].as_u64()), (Some(1), Some(3)));
    assert_snapshot!(tracker(&sandbox, "run status"), @r"
    exit 0
    --- stdout
    RUN-8DD1  Harden the login  SEC_FAILED  0/3 complete · 16 % · 1 loop back
      dev 2 · qa 0 · sec 1 · docs 0 · complete 0
    T-1        high  dev (failed sec)  Login form       open finding FC3PC high: Token is logged, src/auth.rs:41
    TASK-BMH6  high  dev               Token is logged  work in dev
    T-2        -     sec               Session store    work in sec
    --- stderr
    tracker findings resolve T-1 FC3PC · tracker advance TASK-BMH6 · tracker advance T-2
    ");
    let fix =
        run["tasks"].as_array().unwrap().iter().find(|task| task["title"] == "Token is logged").unwrap();
    let fix = fix["id"].as_str().unwrap().to_owned();
    let file = sandbox.read(format!(".tracker/tasks/{fix}.md"));
    for part in ["priority: high", "stage: dev", "`src/auth.rs:41`", "> Log a digest of it", "kind: start"] {
        assert!(file.contains(part), "{part} in {file}");
    }
    // A second import makes no second task, and the queue of the run has what can be worked on.
    tracker(&sandbox, "findings import security_report.json --task T-1 --as sec --create-tasks");
    let run_id = run["run"].as_str().unwrap();
    let queue = tracker(&sandbox, &format!("queue --run {run_id} stage:dev --quiet"));
    assert_eq!(queue.stdout.lines().collect::<Vec<_>>(), ["T-1", fix.as_str()], "{queue}");
    // Fixed: everything goes through.
    works(&sandbox, "findings resolve T-1 F -m fixed");
    works(&sandbox, &format!("done {fix} T-1 T-2"));
    assert_eq!(state(&sandbox), "ready_for_commit");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "--quiet", "-m", "Harden the login"]);
    assert_eq!(state(&sandbox), "completed");
    assert_eq!(tracker(&sandbox, "run progress --at HEAD --quiet").stdout.trim(), run_id);
    works(&sandbox, "doctor");
    assert_snapshot!(tracker(&sandbox, "run list"), @r"
    exit 0
    --- stdout
    RUN-8DD1  Harden the login  completed  3/3  2026-11-11 09:02  tasks, 100 %
    ");
}

#[test]
fn a_cancelled_run_keeps_its_tasks_and_queues_none() {
    let sandbox = prepared();
    works(&sandbox, "run start --tasks is:open");
    let run = progress(&sandbox)["run"].as_str().unwrap().to_owned();
    let part = run.trim_start_matches("RUN-").to_lowercase();
    let transcript: String = [
        "run start --tasks T-1".to_owned(),
        format!("run cancel {part} -m later"),
        format!("run cancel {part}"),
        "run progress".to_owned(),
        format!("queue --run {part}"),
        format!("set T-1 run={part}"),
        "run start --tasks T-9".to_owned(),
        "run start --tasks tag:none".to_owned(),
        "run start".to_owned(),
        "run progress x".to_owned(),
        format!("run resume {part}"),
        format!("queue --run {part} --quiet"),
        format!("list run:{run} --quiet"),
    ]
    .iter()
    .map(|line| format!("$ tracker {line}\n{}\n", tracker(&sandbox, line)))
    .collect();
    assert_snapshot!(transcript, @r"
    $ tracker run start --tasks T-1
    exit 2
    --- stderr
    error: T-1 is part of RUN-8DD1
      hint: leave it out, or cancel that run: tracker run cancel RUN-8DD1

    $ tracker run cancel 8dd1 -m later
    exit 0
    --- stdout
    RUN-8DD1  is cancelled; its tasks stay as they are

    $ tracker run cancel 8dd1
    exit 2
    --- stderr
    error: RUN-8DD1 was cancelled by Ada Lovelace

    $ tracker run progress
    exit 0
    --- stdout
    RUN-8DD1  CANCELLED  0/2 complete · 0 %
      cancelled by Ada Lovelace at 2026-11-11 09:05: later
      none 1 · dev 1 · qa 0 · sec 0 · docs 0 · complete 0
    T-1  high  dev   Login form
    T-2  -     none  Session store
    --- stderr
    tracker run resume RUN-8DD1

    $ tracker queue --run 8dd1
    exit 0
    --- stderr
    warning: RUN-8DD1 was cancelled by Ada Lovelace: it queues no tasks
      hint: tracker run resume RUN-8DD1
    0 tasks

    $ tracker set T-1 run=8dd1
    exit 2
    --- stderr
    error: RUN-8DD1 was cancelled by Ada Lovelace
      hint: tracker run resume RUN-8DD1

    $ tracker run start --tasks T-9
    exit 2
    --- stderr
    error: no task matches `T-9`
      hint: run `tracker list` to see all tasks

    $ tracker run start --tasks tag:none
    exit 2
    --- stderr
    error: no open task is chosen
      hint: name some: tracker run start --tasks ID,ID, or a query such as sprint:SPRINT-1

    $ tracker run start
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <NAME>

    Usage: tracker run start <NAME>

    For more information, try '--help'.

    $ tracker run progress x
    exit 2
    --- stderr
    error: no task run matches `x`
      hint: run `tracker run list` to see all runs

    $ tracker run resume 8dd1
    exit 0
    --- stdout
    RUN-8DD1  goes on

    $ tracker queue --run 8dd1 --quiet
    exit 0
    --- stdout
    T-1

    $ tracker list run:RUN-8DD1 --quiet
    exit 0
    --- stdout
    T-1
    T-2
    ");
    let record = sandbox.read(format!(".tracker/runs/{run}.yaml"));
    assert_snapshot!(record, @r"
    id: RUN-8DD1
    kind: tasks
    by: Ada Lovelace
    created: 2026-11-11T09:02:00Z
    history:
      - {at: 2026-11-11T09:05:00Z, by: Ada Lovelace, state: cancelled, why: later}
      - {at: 2026-11-11T09:14:00Z, by: Ada Lovelace, state: resumed}
    ");
    assert!(sandbox.read(".tracker/tasks/T-1.md").contains(&format!("run: {run}\n")));
    sandbox.write(
        ".tracker/tasks/T-2.md",
        "---\nid: T-2\ntitle: t\nrun: RUN-0000\ncreated: 2026-11-11\nstage: none\n---\n",
    );
    let doctor = tracker(&sandbox, "doctor");
    assert!(doctor.stdout.contains("no task run `RUN-0000`"), "{doctor}");
}

#[test]
fn a_step_waits_for_a_task_without_a_slot() {
    let sandbox = prepared();
    let workflow = "\
jobs: 1
retry: 0
steps:
  login: {task: T-1}
  reviewed: {task: {id: T-2, stage: qa}, critical: false}
  build: {run: 'true'}
  publish: {run: 'true', needs: [login, build]}
";
    sandbox.write(".tracker/workflows/w.yaml", workflow);
    sandbox.write(
        ".tracker/workflows/bad.yaml",
        "steps:\n  a: {task: T-3}\n  b: {task: {id: T-1, stage: Qa}, retry: 2}\n",
    );
    let mut transcript = String::new();
    for line in [
        "workflow check bad",
        "run start bad",
        "run start w",
        "run why login",
        "run why publish",
        "run answer login x",
        "run resume --quiet",
        "set-stage T-1 complete",
        "cancel T-2 not now",
        "run resume",
        "run why login",
        "run why reviewed",
    ] {
        transcript.push_str(&format!("$ tracker {line}\n{}\n", tracker(&sandbox, line)));
    }
    assert_snapshot!(transcript, @r"
    $ tracker workflow check bad
    exit 1
    --- stderr
    error: .tracker/workflows/bad.yaml:2:13: steps.a.task: unknown task `T-3`
      hint: did you mean `T-1`?
    error: .tracker/workflows/bad.yaml:3:30: steps.b.task.stage: `Qa` is not a stage to reach
    error: .tracker/workflows/bad.yaml:3:35: steps.b.retry: `retry` means nothing for a step that waits for a task
    1 workflow, 3 errors

    $ tracker run start bad
    exit 1
    --- stderr
    error: .tracker/workflows/bad.yaml:2:13: steps.a.task: unknown task `T-3`
      hint: did you mean `T-1`?
    error: .tracker/workflows/bad.yaml:3:30: steps.b.task.stage: `Qa` is not a stage to reach
    error: .tracker/workflows/bad.yaml:3:35: steps.b.retry: `retry` means nothing for a step that waits for a task

    $ tracker run start w
    exit 1
    --- stdout
    RUN-FQ7T  w  CREATED (waits for a task)  0.0 s  started 2026-11-11 09:04
    STEP      STATUS   RETRIES  DURATION
    login     pending  -               -  waits for T-1 to be complete
    reviewed  pending  -               -  waits for T-2 to reach qa
    build     success  -           0.0 s
    publish   pending  -               -  needs login, which waits for a task
    --- stderr
    RUN-FQ7T  w, 4 steps
    login  waits for T-1
    reviewed  waits for T-2 in qa
    build     0.0 s
    tracker run resume RUN-FQ7T

    $ tracker run why login
    exit 0
    --- stdout
    login  waits for T-1 to be complete

    $ tracker run why publish
    exit 0
    --- stdout
    publish  waits: needs login, which waits for a task

    $ tracker run answer login x
    exit 2
    --- stderr
    error: `login` asks nothing: it waits for a task

    $ tracker run resume --quiet
    exit 1
    --- stdout
    RUN-FQ7T

    $ tracker set-stage T-1 complete
    exit 0
    --- stdout
    T-1  none → complete  Login form

    $ tracker cancel T-2 not now
    exit 0
    --- stdout
    T-2  cancelled: not now  Session store

    $ tracker run resume
    exit 0
    --- stdout
    RUN-FQ7T  w  PARTIAL_SUCCESS  7m  started 2026-11-11 09:04
    STEP      STATUS   RETRIES  DURATION
    login     success  -               -
    reviewed  failed   -               -  T-2 was cancelled: not now
    build     success  -           0.0 s
    publish   success  -           0.0 s
    --- stderr
    RUN-FQ7T  w, 4 steps
    login  T-1 is complete
    reviewed  T-2 was cancelled: not now
    publish   0.0 s
    tracker run retry RUN-FQ7T

    $ tracker run why login
    exit 0
    --- stdout
    login  T-1 is complete

    $ tracker run why reviewed
    exit 0
    --- stdout
    reviewed  failed: T-2 was cancelled: not now
    ");
}
