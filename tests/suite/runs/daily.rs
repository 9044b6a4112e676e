//! What people do with runs every day.

use std::fs;
use std::process::Stdio;

use insta::assert_snapshot;

use super::{is_left, run_folder, state_of, states, status, tracker, wait_until, world};
use crate::support::Sandbox;

const RELEASE: &str = "\
about: Release
params:
  target: debug
  deploy: {type: boolean, default: false}
retry: 0
steps:
  fmt: {run: echo formatted, inputs: ['src/**']}
  build:
    run: |
      echo \"building $PARAM_TARGET\"
      echo version=1.2.3 >\"$TRACKER_OUTPUT\"
    needs: [fmt]
    outputs: [version]
  test: {run: 'echo 41 passed; echo \"tests::theme_is_kept\" >&2; exit 101', needs: [build], retry: {max: 3, delay: 1s}}
  ask: {human: {approve: Deploy?}, needs: [build], when: param.deploy}
  publish: {argv: [echo, 'v=${step.build.version}'], needs: [test]}
on_failure: {run: 'echo \"$TRACKER_RUN_STATE\" >seen'}
on_exit: {run: 'true'}
";

fn typed(sandbox: &Sandbox, lines: &str) -> String {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("$ tracker {line}\n{}\n", tracker(sandbox, line))).collect()
}

#[test]
fn a_run_that_fails_is_explained_fixed_and_retried() {
    let sandbox = world(RELEASE);
    sandbox.write("src/a.rs", "a");
    let started = tracker(&sandbox, "run start w");
    assert_eq!(started.status, 1, "{started}");
    let run = status(&sandbox);
    assert_eq!(run["state"], "failed");
    let expected = ["success", "success", "failed", "skipped", "skipped", "success", "success"];
    assert_eq!(states(&run).iter().map(|(_, state)| state.as_str()).collect::<Vec<_>>(), expected);
    assert_eq!(run["steps"][2]["attempts"].as_array().unwrap().len(), 4);
    assert_eq!(run["errors"][3]["lines"][0], "tests::theme_is_kept");
    assert_eq!(sandbox.read("seen"), "failed\n");
    for (step, why) in [
        ("test", "failed: exit 101 after 3 retries: tests::theme_is_kept"),
        ("publish", "skipped: needs test, which failed"),
        ("ask", "skipped: `param.deploy` is false: param.deploy is false"),
        ("fmt", "ran: it had not succeeded here before"),
        ("build", "ran: it has no `inputs` and always runs"),
    ] {
        let answered = tracker(&sandbox, &format!("run why {step}"));
        assert_eq!(answered.stdout, format!("{step}  {why}\n"));
    }
    let logs = tracker(&sandbox, "run logs");
    assert!(logs.stdout.contains("41 passed") && logs.stdout.contains("tests::theme_is_kept"), "{logs}");
    for line in ["run retry --step publish", "run resume", "run why nothing"] {
        let refused = tracker(&sandbox, line);
        assert!(refused.status == 2 && refused.stderr.contains("  hint: "), "{line}: {refused}");
    }
    // An edit changes nothing of what has begun, and is shown.
    sandbox.write(".tracker/workflows/w.yaml", RELEASE.replace("exit 101", "exit 0"));
    assert_eq!(tracker(&sandbox, "run retry").status, 1);
    assert_eq!(status(&sandbox)["revision"], "behind");
    assert_eq!(tracker(&sandbox, "run start w").status, 0);
    assert_eq!(status(&sandbox)["steps"][0]["reused"], true);
    sandbox.write("src/a.rs", "changed");
    assert_eq!(tracker(&sandbox, "run start w").status, 0);
    let why = tracker(&sandbox, "run why fmt").stdout;
    assert!(why.starts_with("fmt  ran: `src/a.rs` changed, "), "{why}");
    assert_eq!(fs::read_dir(sandbox.path().join(".tracker/runs")).unwrap().count(), 3);
    let doctor = tracker(&sandbox, "doctor");
    assert_eq!(doctor.status, 0, "{doctor}");
}

#[test]
fn wrong_parameters_are_all_named() {
    let sandbox =
        world("params: {n: {type: integer}, to: {choices: [test, live]}}\nsteps: {a: {run: 'true'}}\n");
    assert_snapshot!(typed(&sandbox, "
        run start w -p n=x -p too=live
        run start nothing
        run status
        run start w -p n=7 -p to=live
        run resume
        run retry
        run pause
        run cancel
        run approve
        run logs nothing nothing
    "), @r"
    $ tracker run start w -p n=x -p too=live
    exit 2
    --- stderr
    error: invalid n `x` (expected a whole number); unknown parameter `too`; did you mean `to`?; the parameter `to` has no default: give it with --param to=…

    $ tracker run start nothing
    exit 2
    --- stderr
    error: no workflow `nothing`
      hint: expected w, or the path of a file

    $ tracker run status
    exit 2
    --- stderr
    error: there are no runs here
      hint: start one: tracker run start NAME; `tracker workflow` lists what there is

    $ tracker run start w -p n=7 -p to=live
    exit 0
    --- stdout
    RUN-MSJ8  w  SUCCESS  0.0 s  started 2026-11-11 09:05
    STEP  STATUS   RETRIES  DURATION
    a     success  0/3         0.0 s
    --- stderr
    RUN-MSJ8  w, 1 step
    a  0.0 s

    $ tracker run resume
    exit 2
    --- stderr
    error: RUN-MSJ8 has ended as success
      hint: start another: tracker run start w

    $ tracker run retry
    exit 2
    --- stderr
    error: nothing of RUN-MSJ8 has failed
      hint: run one again: tracker run retry RUN-MSJ8 --step STEP

    $ tracker run pause
    exit 2
    --- stderr
    error: RUN-MSJ8 has ended as success
      hint: there is nothing to pause

    $ tracker run cancel
    exit 2
    --- stderr
    error: RUN-MSJ8 has ended as success
      hint: there is nothing to cancel

    $ tracker run approve
    exit 2
    --- stderr
    error: RUN-MSJ8 asks nothing now

    $ tracker run logs nothing nothing
    exit 2
    --- stderr
    error: no run matches `nothing`
      hint: run `tracker run list` to see all runs
    ");
}

#[test]
fn a_person_is_asked_and_the_same_run_goes_on() {
    let sandbox = world(
        "steps:\n  which: {human: {ask: Which?, choices: [one, two]}}\n  go: {human: {approve: Go on?}, needs: [which]}\n  \
                         last: {run: 'echo \"$OUTPUT_WHICH_ANSWER\" >chosen', needs: [go]}\n",
    );
    for (line, status) in [
        ("run start w", 1),
        ("run approve", 2),
        ("run answer three", 2),
        ("run answer two", 1),
        ("run reject go --no-resume", 0),
        ("run resume", 1),
        ("run retry", 1),
        ("run approve", 0),
    ] {
        let answered = tracker(&sandbox, line);
        assert_eq!(answered.status, status, "{line}: {answered}");
    }
    assert_eq!(sandbox.read("chosen"), "two\n");
}

/// Starts a run in the background, without the test's clock, and waits until a file is there.
fn in_background(sandbox: &Sandbox, file: &str) -> std::process::Child {
    let mut command = sandbox.tracker_command(&["run", "start", "w"]);
    command.env_remove("TRACKER_NOW").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    wait_until(|| sandbox.path().join(file).exists());
    child
}

#[test]
fn a_paused_run_lets_what_runs_end_and_is_gone_on_with() {
    let sandbox = world(
        "steps:\n  a: {run: ': >begun; sleep 0.3; echo a >>noted', retry: 0}\n  b: {run: 'echo b >>noted', needs: [a]}\n",
    );
    let mut child = in_background(&sandbox, "begun");
    assert_eq!(tracker(&sandbox, "run pause").status, 0);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let run = status(&sandbox);
    assert_eq!((run["state"].as_str(), run["hold"].as_str()), (Some("created"), Some("paused")));
    assert_eq!(sandbox.read("noted"), "a\n");
    let resumed = tracker(&sandbox, "run resume");
    assert_eq!(resumed.status, 0, "{resumed}");
    assert_eq!(sandbox.read("noted"), "a\nb\n");
}

#[test]
fn a_cancelled_run_ends_all_of_its_processes() {
    let sandbox = world(
        "steps:\n  a: {run: 'sleep 300 & setsid sleep 300 & : >begun; sleep 300'}\n  b: {run: 'true', needs: [a]}\non_cancel: {run: ': >seen'}\n",
    );
    let mut child = in_background(&sandbox, "begun");
    assert_eq!(tracker(&sandbox, "run cancel").status, 0);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let run = status(&sandbox);
    assert_eq!(run["state"], "cancelled");
    assert_eq!((state_of(&run, "a"), state_of(&run, "b")), ("cancelled".into(), "cancelled".into()));
    assert!(sandbox.path().join("seen").exists());
    assert!(!is_left(&sandbox));
}

#[test]
fn an_interrupt_ends_what_runs_and_the_run_can_be_gone_on_with() {
    let sandbox = world("steps:\n  a: {run: ': >begun; test -e go || sleep 300; echo a >>noted'}\n");
    let mut child = in_background(&sandbox, "begun");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run = status(&sandbox);
    assert_eq!((run["state"].as_str(), run["hold"].as_str()), (Some("failed"), Some("interrupted")));
    assert!(!is_left(&sandbox));
    sandbox.write("go", "");
    assert_eq!(tracker(&sandbox, "run resume").status, 0);
    assert_eq!(sandbox.read("noted"), "a\n");
}

#[test]
fn what_takes_too_long_is_ended_even_where_it_does_not_want_to() {
    let sandbox = world(
        "retry: 0\nsteps:\n  deaf: {run: 'trap \"\" TERM; : >begun; while :; do sleep 0.1; done', timeout: 200ms}\n",
    );
    let mut child = in_background(&sandbox, "begun");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let run = status(&sandbox);
    assert_eq!(run["steps"][0]["attempts"][0]["end"], "timed out", "{run:#}");
    assert_eq!(run["steps"][0]["why"], "failed: it took longer than 200ms");
    assert!(!is_left(&sandbox));
}

#[test]
fn much_output_and_output_of_any_bytes_is_kept() {
    let sandbox = world(
        "retry: 0\nsteps:\n  much: {run: 'head -c 100000000 /dev/zero; printf \"\\377\\033[31mend\\n\"'}\n  left: {run: 'sleep 300 & echo gone'}\n",
    );
    let ran = tracker(&sandbox, "run start w --events");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let kept = run_folder(&sandbox).join("steps/much/1/stdout");
    assert_eq!(fs::metadata(kept).unwrap().len(), 100_000_010);
    let logs = tracker(&sandbox, "run logs much --lines 1");
    assert!(
        logs.stdout.ends_with("\\u{1b}[31mend\n"),
        "{:?}",
        logs.stdout.chars().rev().take(40).collect::<String>()
    );
    assert!(!is_left(&sandbox));
}

#[test]
fn values_never_become_a_part_of_a_line_for_the_shell() {
    let sandbox = world(
        "params: {x: y}\nsteps:\n  a: {run: 'printf %s \"$PARAM_X\" >a'}\n  b: {argv: [cp, a, '${param.x}']}\n  c: {argv: [sh, -c, 'printf %s \"$E\" >c'], env: {E: 'e${param.x}'}}\n",
    );
    let evil = "$(touch evil); `touch evil`; ' \" && touch evil";
    let param = format!("x={evil}");
    assert_eq!(sandbox.tracker(&["run", "start", "w", "--param", &param]).status, 0);
    assert_eq!(sandbox.read("a"), evil);
    assert_eq!(sandbox.read("c"), format!("e{evil}"));
    assert!(sandbox.path().join(evil).exists() && !sandbox.path().join("evil").exists());
}

#[test]
fn a_watcher_sees_events_as_they_happen_and_old_runs_are_pruned() {
    let sandbox = world("steps:\n  a: {run: ': >begun; sleep 0.3'}\n  b: {run: 'true', needs: [a]}\n");
    let mut child = in_background(&sandbox, "begun");
    let watched = tracker(&sandbox, "run status --watch --events");
    assert!(child.wait().unwrap().success());
    let last = watched.stdout.lines().last().unwrap();
    assert!(last.contains("\"finished\""), "{watched}");
    assert_eq!(tracker(&sandbox, "run start w").status, 0);
    let pruned = tracker(&sandbox, "run prune --keep 1");
    assert_eq!(pruned.stdout.lines().count(), 1, "{pruned}");
    assert_eq!(fs::read_dir(sandbox.path().join(".git/tracker/runs")).unwrap().count(), 1);
    let list = tracker(&sandbox, "run list");
    assert_eq!(list.stdout.lines().count(), 2, "{list}");
    assert_eq!(states(&status(&sandbox)).len(), 2);
}

#[test]
fn what_a_step_prints_is_followed_over_its_attempts() {
    let sandbox = world(
        "steps:\n  a: {run: 'echo \"one $TRACKER_ATTEMPT\"; : >begun; sleep 0.3; echo two >&2; printf \"end\\377\"; exit 3', retry: {max: 1, delay: 50ms}}\n",
    );
    let mut child = in_background(&sandbox, "begun");
    let followed = tracker(&sandbox, "run logs a --follow");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let text = &followed.stdout;
    assert!(
        text.starts_with("one 1\n") && text.contains("==> stdout of attempt 2 <==\none 2\n"),
        "{followed}"
    );
    assert_eq!((text.matches("two\n").count(), text.matches("end\u{fffd}\n").count()), (2, 2), "{followed}");
    assert!(followed.status == 0 && followed.stderr == "failed\n", "{followed}");
    assert_eq!(tracker(&sandbox, "run logs --follow").status, 2);
}

#[test]
fn on_a_terminal_a_watched_run_is_drawn_by_level_with_a_timeline() {
    let sandbox = world(
        "retry: 0\nsteps:\n  a: {run: ': >begun; sleep 0.1; echo printed; sleep 0.4'}\n  b: {run: 'true', needs: [a]}\n",
    );
    let on_terminal = |command: &str| {
        sandbox.program_with("script", "", &["-qec", command, "/dev/null"], |own| {
            own.env_remove("TRACKER_NOW").env("TERM", "xterm").env("COLUMNS", "80").env("NO_COLOR", "1");
        })
    };
    if on_terminal("true").status != 0 {
        eprintln!("LEFT OUT: no script(1) here to make a terminal");
        return;
    }
    let mut child = in_background(&sandbox, "begun");
    let watched = on_terminal("tracker run status --watch --step a");
    assert!(child.wait().unwrap().success());
    for part in ["0  ▶ a", "1  · b", "▒", "a attempt 1", "printed", "SUCCESS"] {
        assert!(watched.stdout.contains(part), "{part}: {watched}");
    }
}

#[test]
fn a_workflow_of_a_file_runs_where_there_is_no_tracker() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "ci/w.yaml",
        "retry: 0\nsteps: {a: {run: echo ran, inputs: [ci/*]}, b: {run: exit 4, needs: [a]}}\n",
    );
    assert_eq!(tracker(&sandbox, "workflow check ci/w.yaml").status, 0);
    let lines = [
        ("run status", 2),
        ("run start w", 2),
        ("run start ci/w.yaml", 1),
        ("run status", 1),
        ("run logs a", 0),
        ("run retry", 1),
        ("run list", 0),
        ("workflow export ci/w.yaml --to gitlab", 0),
    ];
    for (line, status) in lines {
        let answered = tracker(&sandbox, line);
        assert_eq!(answered.status, status, "{line}: {answered}");
    }
    assert!(!sandbox.path().join(".tracker").exists());
    let again = tracker(&sandbox, "run start ci/w.yaml");
    assert!(again.stdout.contains("a     reused"), "{again}");
}

#[test]
fn the_checks_of_this_repository_are_a_workflow() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/checks.yaml")).unwrap();
    sandbox.write(".ci/checks.yaml", text);
    let checked = tracker(&sandbox, "workflow check .ci/checks.yaml");
    assert!(checked.status == 0 && !checked.stderr.contains("warning"), "{checked}");
    let shown = tracker(&sandbox, "workflow show .ci/checks.yaml");
    assert!(shown.stdout.matches("reusable").count() >= 5, "{shown}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_outputs_is_an_error_of_the_step() {
    let sandbox = world(
        "retry: 0\nsteps:\n  a: {run: 'rm -f \"$TRACKER_OUTPUT\"; mkfifo \"$TRACKER_OUTPUT\"', outputs: [x]}\n",
    );
    let ended = sandbox.tracker(&["run", "start", "w"]);
    assert!(
        ended.status == 1 && sandbox.tracker(&["run", "why", "a"]).stdout.contains("not a regular file"),
        "{ended}"
    );
}

#[test]
fn a_step_that_is_asked_to_end_may_clean_up() {
    let sandbox = world(
        "retry: 0\nsteps:\n  a: {run: \"trap 'sleep 0.3; echo cleaned >seen; exit 1' TERM; : >begun; sleep 20 & wait\", }\n  \
         b: {argv: [sh, -c, \"trap 'sleep 0.3; echo cleaned >too; exit 1' TERM; : >also; sleep 20 & wait\"]}\n",
    );
    let mut child = in_background(&sandbox, "begun");
    wait_until(|| sandbox.path().join("also").exists());
    assert_eq!(tracker(&sandbox, "run cancel").status, 0);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!((sandbox.read("seen").as_str(), sandbox.read("too").as_str()), ("cleaned\n", "cleaned\n"));
}

#[test]
fn outputs_that_no_variable_can_hold_fail_their_step() {
    for (what, expected) in
        [("head -c 70000 /dev/zero | tr '\\0' x", "longer than 64 KiB"), ("printf '\\0'", "NUL")]
    {
        let sandbox = world(&format!(
            "retry: 0\nsteps:\n  a:\n    run: |\n      (printf x=; {what}; echo) >$TRACKER_OUTPUT\n    outputs: [x]\n"
        ));
        assert_eq!(tracker(&sandbox, "run start w").status, 1);
        let why = tracker(&sandbox, "run why a");
        assert!(why.stdout.contains(expected), "{why}");
    }
}

#[test]
fn a_dry_run_of_a_workflow_starts_nothing() {
    let sandbox = world("steps:\n  a: {run: ': >seen'}\n");
    let dry = tracker(&sandbox, "run start w --dry-run");
    assert!(dry.status == 2 && dry.stderr.contains("tracker workflow show w"), "{dry}");
    assert!(!sandbox.path().join("seen").exists());
}

#[test]
fn a_step_of_the_newest_run_comes_before_a_part_of_an_id_and_only_people_answer() {
    let sandbox = world(
        "steps:\n  m: {run: echo printed}\n  ask: {human: {ask: How many?, type: integer}, needs: [m]}\n",
    );
    assert_eq!(tracker(&sandbox, "run start w").status, 1);
    let letters: String = ('a'..='z').map(|letter| format!("  {letter}: {{run: echo printed}}\n")).collect();
    let other = world(&format!("steps:\n{letters}"));
    let first = |id: &str| {
        id.chars().next().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase())
    };
    let letter = (0..12).find_map(|_| {
        assert_eq!(tracker(&other, "run start w").status, 0);
        tracker(&other, "run list").stdout.split("RUN-").skip(1).find_map(first)
    });
    let logs = tracker(&other, &format!("run logs {}", letter.unwrap()));
    assert_eq!(logs.stdout, "printed\n", "{logs}");
    let by_agent = tracker(&sandbox, "run answer 5 --agent builder-1");
    assert!(by_agent.status == 1 && by_agent.stderr.contains("builder-1 is an agent"), "{by_agent}");
    let answered = tracker(&sandbox, "run answer -5");
    assert!(answered.status == 0 && answered.stdout.contains("-5"), "{answered}");
}

#[test]
fn what_an_attempt_has_left_elsewhere_is_gone_before_the_next() {
    let sandbox = world(
        "steps:\n  a:\n    run: |\n      test -e left && { sleep 0.2; grep -q . \"/proc/$(cat left)/cmdline\" && : >both; exit 0; }\n      \
         setsid sh -c 'trap \"\" TERM; echo $$ >new; mv new left; exec sleep 300' & sleep 300\n    timeout: 1s\n    \
         retry: {max: 1, delay: 10ms}\n",
    );
    let mut child = in_background(&sandbox, "left");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!sandbox.path().join("both").exists());
}

#[test]
fn a_handler_that_hangs_is_ended_by_another_cancel() {
    let sandbox = world(
        "steps:\n  a: {run: ': >begun; sleep 300'}\non_cancel: {run: ': >cleaning; sleep 300'}\non_exit: {run: ': >seen'}\n",
    );
    let mut child = in_background(&sandbox, "begun");
    assert_eq!(tracker(&sandbox, "run cancel").status, 0);
    wait_until(|| sandbox.path().join("cleaning").exists());
    assert_eq!(tracker(&sandbox, "run cancel").status, 0);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let run = status(&sandbox);
    assert_eq!(run["state"], "cancelled");
    assert_eq!(
        (state_of(&run, "on_cancel"), state_of(&run, "on_exit")),
        ("cancelled".into(), "success".into())
    );
    assert!(sandbox.path().join("seen").exists() && !is_left(&sandbox));
}

#[test]
fn why_something_waits_says_that_the_run_is_held_and_why_a_step_cannot_be_retried() {
    let sandbox = world(
        "steps:\n  a: {run: ': >begun; exit 1', retry: {max: 1, delay: 1h, cap: 1h}}\n  b: {run: 'exit 1', retry: 0}\n  c: {run: 'true', needs: [b]}\n",
    );
    let mut child = in_background(&sandbox, "begun");
    assert_eq!(tracker(&sandbox, "run pause").status, 0);
    child.wait().unwrap();
    assert_snapshot!(typed(&sandbox, "run why a\n run retry --step c"), @r"
    $ tracker run why a
    exit 0
    --- stdout
    a  waits: exit 1; retry 1 of 1 once the run goes on: Ada Lovelace paused the run

    $ tracker run retry --step c
    exit 2
    --- stderr
    error: `c` cannot be retried: cannot begin: needs b, which failed
      hint: retry what decided that instead
    ");
}

#[test]
fn a_run_may_be_for_a_task_that_its_steps_are_given() {
    let sandbox = world("retry: 0\nsteps:\n  a: {run: 'echo \"$TRACKER_TASK\" >>noted', inputs: [src]}\n");
    for task in ["One", "Two"] {
        assert_eq!(sandbox.tracker(&["new", task]).status, 0);
    }
    let tasks = tracker(&sandbox, "list --quiet").stdout;
    let tasks: Vec<&str> = tasks.lines().collect();
    for task in tasks.iter().chain(&tasks) {
        let ran = sandbox.tracker(&["run", "start", "w", "--task", &task[5..]]);
        assert_eq!(ran.status, 0, "{ran}");
        assert!(ran.stdout.contains(&format!("\n  for {task}\n")), "{ran}");
        let run = status(&sandbox);
        assert_eq!(run["task"].as_str(), Some(*task));
        let record = sandbox.read(format!(".tracker/runs/{}.yaml", run["run"].as_str().unwrap()));
        assert!(record.contains(&format!("\ntask: {task}\n")), "{record}");
    }
    assert_eq!(
        sandbox.read("noted"),
        format!("{}\n", tasks.join("\n")),
        "what was done for one is reused for it"
    );
    assert!(tracker(&sandbox, "run why a").stdout.contains("reused"));
    assert_snapshot!(typed(&sandbox, "run start w --task TASK-NONE\n run start w"), @r"
    $ tracker run start w --task TASK-NONE
    exit 2
    --- stderr
    error: no task matches `TASK-NONE`
      hint: run `tracker list` to see all tasks

    $ tracker run start w
    exit 0
    --- stdout
    RUN-ATPH  w  SUCCESS  0.0 s  started 2026-11-11 09:15
    STEP  STATUS   RETRIES  DURATION
    a     success  -           0.0 s
    --- stderr
    RUN-ATPH  w, 1 step
    a  0.0 s
    ");
    assert!(status(&sandbox)["task"].is_null());
}
