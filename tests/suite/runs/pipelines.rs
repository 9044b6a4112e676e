//! Workflows as pipelines of other engines, and the records of runs that these have driven.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use super::{states, status, tracker, world};
use crate::support::Sandbox;

/// A graph of which only one order is possible.
const CHAIN: &str = "\
params: {target: debug, deploy: {type: boolean, default: false}}
retry: 0
env: {NOTES: NOTED}
steps:
  build:
    run: |
      echo build >>\"$NOTES\"
      mkdir -p out/deep
      echo \"$PARAM_TARGET\" >out/deep/target
      echo version=1.2.3 >\"$TRACKER_OUTPUT\"
    outputs: [version]
    files: ['out/**']
  flaky:
    run: 'echo flaky >>\"$NOTES\"; test \"$TRACKER_ATTEMPT\" -ge 3'
    needs: [build]
    retry: {max: 3, delay: 20ms}
    timeout: 20s
  lost: {run: 'echo lost >>\"$NOTES\"; exit 5', needs: [flaky], critical: false}
  told: {run: 'echo told >>\"$NOTES\"', needs: [lost], when: step.lost == failed}
  never: {run: 'echo never >>\"$NOTES\"', needs: [told], when: step.build.version == 8}
  after: {run: 'echo after >>\"$NOTES\"', needs: [never]}
  argv: {argv: [sh, -c, 'test \"$1\" = v1.2.3 && echo argv >>\"$NOTES\"', sh, 'v${step.build.version}'], needs: [told], cwd: out}
  read: {run: 'test \"$(cat out/deep/target)\" = debug; echo read >>\"$NOTES\"', needs: [argv]}
  deploy: {run: 'echo deploy >>\"$NOTES\"', needs: [read], when: param.deploy}
  LAST
on_exit: {run: 'echo \"$TRACKER_RUN_STATE $OUTPUT_BUILD_VERSION\" >>\"$NOTES\"'}
";

/// Returns the program that runs pipelines of GitLab here; none where there is none, which is printed loudly.
fn gitlab() -> Option<String> {
    let named = std::env::var("GITLAB_CI_LOCAL").ok();
    let program = named.clone().unwrap_or_else(|| "gitlab-ci-local".to_owned());
    let found = Command::new(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_found = found.is_ok_and(|status| status.success());
    assert!(is_found || named.is_none(), "GITLAB_CI_LOCAL does not run: {program}");
    if !is_found {
        eprintln!("LEFT OUT: no gitlab-ci-local here to run a pipeline of GitLab");
    }
    is_found.then_some(program)
}

/// Returns what each job has left: its state, where it has left one.
fn left_by_jobs(folder: &Path) -> BTreeMap<String, String> {
    let mut left = BTreeMap::new();
    for file in
        walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file())
    {
        let name = file.file_name().to_string_lossy().into_owned();
        let Some(step) = name.strip_prefix(".tracker-").and_then(|name| name.strip_suffix(".env")) else {
            continue;
        };
        let text = fs::read_to_string(file.path()).unwrap();
        let state = text.lines().find_map(|line| line.strip_prefix("TRACKER_STATE_")?.split_once('='));
        left.insert(step.to_owned(), state.map(|(_, state)| state.to_owned()).unwrap_or_default());
    }
    left
}

/// Runs a workflow here and as a pipeline of GitLab; both have to begin the same steps in the same order, and end alike.
fn runs_alike(program: &str, last: &str, is_good: bool) {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let notes = |name: &str| sandbox.root().join(name);
    let document =
        |name: &str| CHAIN.replace("LAST", last).replace("NOTED", &notes(name).display().to_string());
    sandbox.write(".tracker/workflows/w.yaml", document("here"));
    let here = tracker(&sandbox, "run start w --jobs 1");
    assert_eq!(here.status == 0, is_good, "{here}");
    let expected = status(&sandbox);
    sandbox.write(".tracker/workflows/w.yaml", document("there"));
    let exported = tracker(&sandbox, "workflow export w --to gitlab --no-record --output .gitlab-ci.yml");
    assert_eq!(exported.status, 0, "{exported}");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "w"]);
    let mut pipeline = Command::new(program);
    pipeline.current_dir(sandbox.path()).env("HOME", sandbox.root()).stdin(Stdio::null());
    let output = pipeline.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), is_good, "{text}");
    let read = |name: &str| fs::read_to_string(notes(name)).unwrap();
    let without_exit =
        |text: String| text.lines().filter(|line| !line.contains("1.2.3")).collect::<Vec<_>>().join(" ");
    if is_good {
        assert_eq!(read("here"), read("there"), "{text}");
    } else {
        // This program runs no later stage where a job did not begin, which GitLab does.
        assert_eq!(without_exit(read("here")), without_exit(read("there")), "{text}");
    }
    // What the jobs have left is what the record is made of.
    let left = left_by_jobs(&sandbox.path().join(".gitlab-ci-local/artifacts"));
    let steps: Vec<String> = states(&expected).iter().map(|(step, _)| step.clone()).collect();
    let mut words = vec!["run".to_owned(), "record".to_owned(), "--workflow".to_owned(), "w".to_owned()];
    words.extend(
        ["--place", "gitlab", "--run-url", "https://gitlab.example/-/pipelines/7"].map(str::to_owned),
    );
    for step in steps.iter().filter(|step| is_good || *step != "on_exit") {
        let state = left.get(step).cloned().unwrap_or_default();
        words.push("--step".to_owned());
        words.push(format!("{step}={state}:https://gitlab.example/-/jobs/{step}"));
    }
    let recorded = sandbox.tracker(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(recorded.status, 0, "{recorded}");
    let id = recorded.stdout.split("RUN-").nth(1).unwrap().split('.').next().unwrap().to_owned();
    let shown = tracker(&sandbox, &format!("run status RUN-{id} --json"));
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let of = |run: &serde_json::Value| -> Vec<(String, String)> {
        states(run).into_iter().filter(|(step, _)| is_good || step != "on_exit").collect()
    };
    assert_eq!(of(&shown["result"]), of(&expected), "{text}");
    assert_eq!(shown["result"]["state"], expected["state"]);
    assert_eq!(shown["result"]["place"], "gitlab");
}

#[test]
fn a_pipeline_of_gitlab_runs_as_the_workflow_does_here() {
    let Some(program) = gitlab() else { return };
    std::thread::scope(|scope| {
        scope.spawn(|| runs_alike(&program, "", true));
        scope.spawn(|| runs_alike(&program, "bad: {run: 'echo bad >>\"$NOTES\"; exit 4', needs: [read]}\n  stuck: {run: 'true', needs: [bad]}", false));
    });
}

#[test]
fn what_a_target_cannot_express_is_reported_with_its_line() {
    let sandbox = world(
        "jobs: 1\nsteps:\n  a: {run: 'true', retry: {jitter: 10%}}\n  pages: {run: 'true', needs: [a]}\n",
    );
    let refused = tracker(&sandbox, "workflow export w --to gitlab");
    assert_snapshot!(refused, @r"
    exit 1
    --- stderr
    error: .tracker/workflows/w.yaml:1:1: jobs: GitLab cannot express how many steps run at once
      hint: leave `jobs` out, and write it here as `tracker run start --jobs N`
    error: .tracker/workflows/w.yaml:3:20: steps.a.retry: GitLab cannot express a random wait (`jitter`)
      hint: leave `jitter` out
    error: .tracker/workflows/w.yaml:4:3: steps.pages: GitLab cannot express a job named `pages`
      hint: rename the step
    ");
    let schema = tracker(&sandbox, "workflow export w --to nowhere");
    assert_eq!(schema.status, 2, "{schema}");
}

#[test]
fn a_run_elsewhere_is_recorded_and_shown_like_one_of_here() {
    let sandbox = world(
        "params: {deploy: {type: boolean, default: false}}\nretry: 0\nsteps:\n  build: {run: 'true'}\n  test: {run: 'true', needs: [build]}\n  \
         go: {run: 'true', needs: [build], when: param.deploy}\n  publish: {run: 'true', needs: [test]}\n",
    );
    let jobs = r#"[{"name": "build", "status": "success", "web_url": "https://g/1", "started_at": "2026-11-11T08:00:00Z", "finished_at": "2026-11-11T08:00:07Z"},
        {"name": "test", "status": "failed", "web_url": "https://g/2", "started_at": "2026-11-11T08:00:08Z", "finished_at": "2026-11-11T08:01:08Z"},
        {"name": "publish", "status": "skipped", "web_url": "https://g/3"}]"#;
    sandbox.write("jobs.json", jobs);
    let line = "run record --workflow w --from jobs.json --place gitlab --run-url https://g/p/1";
    let recorded = tracker(&sandbox, line);
    assert_eq!(recorded.status, 0, "{recorded}");
    let again = tracker(&sandbox, line);
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(fs::read_dir(sandbox.path().join(".tracker/runs")).unwrap().count(), 1);
    let id = recorded.stdout.split("runs/").nth(1).unwrap().split('.').next().unwrap().to_owned();
    assert_snapshot!(tracker(&sandbox, "run list"), @r"
    exit 0
    --- stdout
    RUN-8DD1  w  failed  2/4  2026-11-11 08:00  gitlab
    ");
    assert_snapshot!(tracker(&sandbox, &format!("run status {id}")), @r"
    exit 1
    --- stdout
    RUN-8DD1  w  FAILED  1m 8s  started 2026-11-11 08:00
      ran on gitlab: https://g/p/1
    STEP     STATUS   RETRIES  DURATION
    build    success  -           7.0 s
    test     failed   -              1m  its job on gitlab failed
    go       skipped  -               -  `param.deploy` is false: param.deploy is false
    publish  skipped  -               -  needs test, which failed
    --- stderr
    log: https://g/2
    ");
    assert_snapshot!(sandbox.read(format!(".tracker/runs/{id}.yaml")), @r"
    id: RUN-8DD1
    workflow: w
    path: .tracker/workflows/w.yaml
    digest: beec5b18a1d85694abd1c40880487313fd2f580c9157a8b0df5db2667fa0acb5
    place: gitlab
    url: https://g/p/1
    params:
      deploy: 'false'
    state: failed
    by: Ada Lovelace
    created: 2026-11-11T08:00:00Z
    ended: 2026-11-11T08:01:08Z
    steps:
    - step: build
      state: success
      attempts: 1
      took: 7s
      total: 7s
      why: ran on gitlab
      log: https://g/1
    - step: test
      state: failed
      attempts: 1
      took: 1m
      total: 1m
      why: 'failed: its job on gitlab failed'
      log: https://g/2
    - step: go
      state: skipped
      attempts: 0
      why: 'skipped: `param.deploy` is false: param.deploy is false'
    - step: publish
      state: skipped
      attempts: 0
      why: 'skipped: needs test, which failed'
      blocked_by: test
      log: https://g/3
    errors:
    - step: test
      attempt: 1
      at: 2026-11-11T08:01:08Z
      end: failed
      lines:
      - https://g/2
    history:
    - at: 2026-11-11T08:00:00Z
      state: created
    - at: 2026-11-11T08:00:00Z
      state: running
    - at: 2026-11-11T08:01:08Z
      state: failed
    ");
    assert_eq!(tracker(&sandbox, "doctor").status, 0);
    for wrong in ["--step build=odd", "--step nothing=success", "--from w.json", "", "--step build"] {
        let refused = tracker(&sandbox, &format!("run record --workflow w {wrong}"));
        assert_eq!(refused.status, 2, "{wrong}: {refused}");
    }
}
