//! Triggers: what is started, when, by whose word, and when no more.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{commit_all, events, world};
use crate::support::{Output, Sandbox};

fn configure(sandbox: &Sandbox, triggers: &str) {
    let config = sandbox.read(".tracker/config.toml");
    let config = config.split("\n[[on]]").next().unwrap().to_owned();
    sandbox.write(".tracker/config.toml", format!("{config}\n{triggers}"));
}

/// Runs triggers in the background, until nothing has come for a second; returns once it waits.
fn exec(sandbox: &Sandbox) -> (Child, String) {
    let mut command = sandbox.tracker_command(&["watch", "--exec", "--timeout", "1"]);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut first).unwrap();
    child.stderr = Some(errors.into_inner());
    (child, first)
}

fn answer(child: Child) -> String {
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("{what}");
}

fn types(sandbox: &Sandbox) -> Vec<String> {
    events(sandbox, "start").0.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

fn kill(pid: u32) -> bool {
    Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success()
}

#[test]
fn what_is_committed_is_started_once_with_the_event_in_its_environment() {
    let sandbox = world();
    let triggers = r#"
[[on]]
event = "stage.entered"
when = { stage = "dev" }
run = 'echo "$TRACKER_EVENT_TASK_ID $TRACKER_EVENT_TITLE" >>../seen'
"#;
    configure(&sandbox, triggers);
    let title = "a'; touch ../pwned; $(touch ../pwned) `touch ../pwned` \"";
    sandbox.tracker(&["new", title, "--id", "TASK-EV1L"]);
    let refused = sandbox.tracker(&["watch", "--exec", "--timeout", "0"]);
    assert!(
        refused.status == 2 && refused.stderr.contains("there are no triggers"),
        "only committed: {refused}"
    );
    commit_all(&sandbox, "Notify");
    configure(&sandbox, &triggers.replace("../seen", "../edited"));
    // What happens before anybody runs triggers starts nothing.
    sandbox.tracker(&["start", "0ne1"]);
    let (child, first) = exec(&sandbox);
    assert_eq!(first, "1 trigger of main; Ctrl-C ends it\n");
    let second = sandbox.tracker(&["watch", "--exec"]);
    assert_eq!(second.status, 3, "one for all: {second}");
    sandbox.tracker(&["start", "ev1l"]);
    assert_eq!(answer(child), "1 started, 0 failed, 0 not started\n");
    let seen = sandbox.read("../seen");
    assert_eq!(seen, format!("TASK-EV1L {title}\n"));
    for never in ["pwned", "edited"] {
        assert!(!sandbox.root().join(never).exists(), "{never}");
    }
    let types = types(&sandbox);
    assert_eq!(types[types.len() - 3..], ["stage.entered", "trigger.started", "trigger.ended"]);
}

#[test]
fn what_triggers_itself_ends_and_says_so() {
    let sandbox = world();
    configure(
        &sandbox,
        r#"
[[on]]
event = "stage.entered"
when = { stage = "dev" }
run = '"$TRACKER" set-stage "$TRACKER_EVENT_TASK_ID" qa --why loop; "$TRACKER" set-stage "$TRACKER_EVENT_TASK_ID" dev --why loop'
"#,
    );
    commit_all(&sandbox, "Loop");
    let mut command = sandbox.tracker_command(&["watch", "--exec", "--timeout", "1"]);
    let program = command.get_program().to_owned();
    let mut child =
        command.env("TRACKER", program).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut String::new()).unwrap();
    sandbox.tracker(&["start", "0ne1"]);
    let printed: Vec<String> = errors.lines().map_while(Result::ok).collect();
    assert_eq!(answer(child), "5 started, 0 failed, 1 not started\n", "{printed:#?}");
    let last = printed.last().unwrap();
    assert!(last.contains("was not started: 5 triggers have led to it"), "{last}");
    let refused =
        events(&sandbox, "start").0.into_iter().find(|event| event["type"] == "trigger.refused").unwrap();
    assert_eq!(refused["data"]["about"], "TASK-0NE1", "{refused}");
}

#[test]
fn who_is_killed_starts_nothing_twice_and_goes_on() {
    let sandbox = world();
    configure(
        &sandbox,
        "\n[[on]]\nevent = \"stage.entered\"\nrun = 'echo \"$TRACKER_EVENT_STAGE\" >>../seen; \
         test \"$TRACKER_EVENT_STAGE\" = qa || exec sleep 60'\n",
    );
    commit_all(&sandbox, "Slow");
    let (mut child, _) = exec(&sandbox);
    sandbox.tracker(&["start", "0ne1"]);
    let has =
        |text: &str| std::fs::read_to_string(sandbox.root().join("seen")).is_ok_and(|seen| seen == text);
    wait_for("the first", || has("dev\n"));
    assert!(kill(child.id()));
    child.wait().unwrap();
    sandbox.tracker(&["advance", "0ne1"]);
    let (child, _) = exec(&sandbox);
    assert_eq!(answer(child), "1 started, 0 failed, 0 not started\n");
    assert!(has("dev\nqa\n"), "{}", sandbox.read("../seen"));
}

#[test]
fn a_workflow_and_a_worker_are_started_too() {
    let sandbox = crate::workers::world(crate::workers::CONFIG, &[("a.txt", "BAD\n")]);
    let workflow = "params: {task: {type: string}}\nsteps: {note: {run: 'echo \"$PARAM_TASK\" >>../seen'}}\n";
    sandbox.write(".tracker/workflows/note.yaml", workflow);
    configure(
        &sandbox,
        "\n[[on]]\nevent = \"task.created\"\nworkflow = \"note\"\nparams = { task = \"task_id\" }\n\
         \n[[on]]\nevent = \"task.created\"\nworker = \"lint\"\n",
    );
    commit_all(&sandbox, "Both");
    let mut command = sandbox.tracker_command(&["watch", "--exec", "--timeout", "1"]);
    command.env("PATH", crate::workers::path_with(&sandbox)).env("TRACKER_HOST", "box");
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut String::new()).unwrap();
    child.stderr = Some(errors.into_inner());
    sandbox.tracker(&["new", "One", "--id", "TASK-0NE1"]);
    assert_eq!(
        answer(child),
        "2 started, 0 failed, 0 not started\n",
        "{:#?}",
        sandbox.read(".git/tracker/events/triggers.log")
    );
    assert_eq!(sandbox.read("../seen"), "TASK-0NE1\n");
    assert_eq!(sandbox.read("a.txt"), "good\n");
    // One that is another than the one that is committed is not.
    sandbox.write(".tracker/workflows/note.yaml", workflow.replace("../seen", "../edited"));
    let mut command = sandbox.tracker_command(&["watch", "--exec", "--timeout", "1"]);
    command.env("PATH", crate::workers::path_with(&sandbox)).env("TRACKER_HOST", "box");
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut String::new()).unwrap();
    sandbox.tracker(&["new", "Two", "--id", "TASK-TW02"]);
    let lines: Vec<String> = errors.lines().map_while(Result::ok).collect();
    assert_eq!(answer(child), "2 started, 1 failed, 0 not started\n");
    assert!(lines[1].contains("is not the one that is committed on main"), "{lines:#?}");
    assert!(!sandbox.root().join("edited").exists());
}

#[test]
fn a_move_is_pushed_to_another_tracker() {
    use crate::sync::program;
    if !program::has_python() {
        return;
    }
    let sandbox = program::world("id,title\n1,One\n", &[]);
    let id = sandbox.tracker(&["sync"]).stdout.split_whitespace().nth(2).unwrap().to_owned();
    configure(&sandbox, "\n[[on]]\nevent = \"stage.*\"\nrun = '\"$TRACKER\" sync csv --push'\n");
    commit_all(&sandbox, "Push moves");
    let mut command = sandbox.tracker_command(&["watch", "--exec", "--timeout", "1"]);
    let program = command.get_program().to_owned();
    let mut child =
        command.env("TRACKER", program).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut String::new()).unwrap();
    child.stderr = Some(errors.into_inner());
    assert_eq!(sandbox.tracker(&["start", &id]).status, 0);
    assert_eq!(answer(child), "1 started, 0 failed, 0 not started\n");
    assert!(sandbox.read("tasks.csv").contains("in_progress"), "{}", sandbox.read("tasks.csv"));
}

#[test]
fn a_fleet_starts_what_triggers_are_for_and_ends_it() {
    let sandbox = crate::workers::world(crate::workers::CONFIG, &[("a.txt", "fine\n")]);
    configure(&sandbox, "\n[[on]]\nevent = \"task.created\"\nrun = 'echo $$ >../seen; exec sleep 60'\n");
    commit_all(&sandbox, "Notify");
    let mut command = sandbox.tracker_command(&["fleet", "up", "--workers", "lint", "--events"]);
    command
        .env("PATH", crate::workers::path_with(&sandbox))
        .env_remove("TRACKER_NOW")
        .env_remove("TRACKER_SEED");
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let progress = sandbox.path().join(".git/tracker/events/triggers.lock");
    wait_for("it waits", || progress.exists());
    wait_for("it has looked", || sandbox.path().join(".git/tracker/events/log.jsonl").exists());
    sandbox.tracker(&["new", "One"]);
    let seen = || std::fs::read_to_string(sandbox.root().join("seen")).unwrap_or_default();
    wait_for("it is started", || seen().ends_with('\n'));
    let down: Output = sandbox.tracker(&["fleet", "down"]);
    assert_eq!(down.status, 0, "{down}");
    assert!(child.wait().unwrap().success());
    assert!(!kill(seen().trim().parse().unwrap()), "what it started has ended with it");
}

#[test]
fn a_trigger_that_cannot_be_meant_is_refused_with_its_line() {
    let sandbox = world();
    for (triggers, message) in [
        ("[[on]]\nevent = \"stage.entred\"\nrun = \"true\"", "did you mean `stage.entered`?"),
        ("[[on]]\nevent = \"trigger.ended\"\nrun = \"true\"", "comes without end"),
        ("[[on]]\nrun = \"true\"", "a trigger needs an `event`"),
        ("[[on]]\nevent = \"task.ready\"", "a trigger starts one thing"),
        ("[[on]]\nevent = \"task.ready\"\nrun = \"true\"\nworker = \"qa\"", "a trigger starts one thing"),
        ("[[on]]\nevent = \"task.ready\"\nworkflow = \"--detach\"", "is not a name"),
        ("[on]\nevent = \"task.ready\"", "each under [[on]]"),
    ] {
        configure(&sandbox, &format!("\n{triggers}\n"));
        let output = sandbox.tracker(&["doctor"]);
        assert!(output.status != 0 && output.to_string().contains(message), "{triggers}: {output}");
        let config = sandbox.read(".tracker/config.toml");
        sandbox.write(".tracker/config.toml", config.split("\n[on").next().unwrap());
    }
}
