//! Pipelines are written alike each time, quote what they are given, and what a target cannot express is refused.

use std::process::{Command, Stdio};

use super::*;
use crate::doc::read_workflow;

const TARGETS: [PipelineTarget; 3] = [PipelineTarget::Gitlab, PipelineTarget::Github, PipelineTarget::Argo];

fn export(document: &str, target: PipelineTarget) -> Result<String, Vec<String>> {
    let (workflow, _) = read_workflow(document.as_bytes()).unwrap();
    let request = PipelineRequest {
        target,
        name: "w",
        path: "w.yaml",
        digest: "00ff",
        image: (target == PipelineTarget::Argo).then_some("alpine:3"),
        install: None,
    };
    export_workflow(&workflow, document, &request)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn read(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).unwrap()
}

const ALL: &str = "\
params:
  to: {choices: [test, live], default: test}
  fast: {type: boolean, default: false}
  word: {default: 'it''s ${{ x }} $HOME'}
retry: 0
steps:
  build: {run: 'echo v=1 >\"$TRACKER_OUTPUT\"', outputs: [v], files: [dist/app]}
  test: {argv: [sh, -c, 'exit 0', '${step.build.v}', \"it's\"], needs: [build], env: {E: 'x${param.word}'}}
  live: {run: 'true', needs: [test], when: param.to == live}
";

#[test]
fn conditions_of_parameters_are_known_before_anything_runs() {
    let document = ALL.replace("${{ x }}", "x");
    let gitlab = read(&export(&document, PipelineTarget::Gitlab).unwrap());
    assert_eq!(gitlab["live"]["rules"][0]["if"], "$PARAM_TO == \"live\"");
    assert_eq!(gitlab["live"]["needs"], serde_json::json!(["build", "test"]));
    assert_eq!(gitlab["build"]["artifacts"]["paths"], serde_json::json!(["dist/app"]));
    let github = read(&export(&document, PipelineTarget::Github).unwrap());
    let condition = "${{ !cancelled() && needs.test.result == 'success' && inputs.to == 'live' }}";
    assert_eq!(github["jobs"]["live"]["if"], condition);
    assert_eq!(github["jobs"]["test"]["steps"][3]["env"]["OUTPUT_BUILD_V"], "${{ needs.build.outputs.v }}");
    let argo = read(&export(&document, PipelineTarget::Argo).unwrap());
    let tasks = &argo["spec"]["templates"][0]["dag"]["tasks"];
    assert_eq!(tasks[2]["when"], "{{= workflow.parameters['PARAM_TO'] == 'live' }}");
    assert_eq!(tasks[1]["depends"], "build.Succeeded");
}

#[test]
fn the_same_workflow_is_the_same_pipeline_and_names_its_digest() {
    for target in TARGETS {
        let document = ALL.replace("${{ x }}", "x");
        let text = export(&document, target).unwrap();
        assert_eq!(text, export(&document, target).unwrap());
        assert!(text.contains("\n# SHA-256 of the workflow: 00ff\n"), "{text}");
    }
}

#[test]
fn what_a_target_cannot_express_is_refused_at_once_with_its_place() {
    let document = "\
jobs: 1
params: {p: '${{ x }}'}
retry: {max: 2, jitter: 20%, backoff: linear}
steps:
  pages: {run: 'true'}
  ask: {human: {ask: 'Which?'}, needs: [pages]}
  go: {human: {approve: 'Go?'}, needs: [ask]}
  c: {run: 'echo {{x}}', needs: [pages], when: step.pages == failed}
  d: {run: 'true', needs: [c], when: step.c != success, files: ['*.o']}
on_cancel: {run: 'true'}
";
    let refused = |target| export(document, target).unwrap_err().join("\n");
    insta::assert_snapshot!(refused(PipelineTarget::Gitlab), @r"
    line 1: jobs: GitLab cannot express how many steps run at once
    line 5: steps.pages: GitLab cannot express a job named `pages`
    line 5: steps.pages.retry: GitLab cannot express a random wait (`jitter`)
    line 6: steps.ask.human: GitLab cannot express a question with an answer
    line 8: steps.c.retry: GitLab cannot express a random wait (`jitter`)
    line 9: steps.d.retry: GitLab cannot express a random wait (`jitter`)
    line 10: on_cancel: GitLab cannot express what follows when somebody cancels
    line 10: on_cancel.retry: GitLab cannot express a random wait (`jitter`)
    ");
    insta::assert_snapshot!(refused(PipelineTarget::Github), @r"
    line 1: jobs: GitHub cannot express how many steps run at once
    line 2: params: GitHub cannot express `${{` in the parameter `p`
    line 5: steps.pages.retry: GitHub cannot express a random wait (`jitter`)
    line 6: steps.ask.human: GitHub cannot express a question with an answer
    line 6: steps.ask.human: GitHub cannot express an approval: who approves is a setting of the repository
    line 7: steps.go.human: GitHub cannot express an approval: who approves is a setting of the repository
    line 8: steps.c.retry: GitHub cannot express a random wait (`jitter`)
    line 9: steps.d.retry: GitHub cannot express a random wait (`jitter`)
    line 9: steps.d.when: GitHub cannot express a condition that tells a skipped step from one that cannot begin
    line 10: on_cancel.retry: GitHub cannot express a random wait (`jitter`)
    ");
    insta::assert_snapshot!(refused(PipelineTarget::Argo), @r"
    line 5: steps.pages.retry: Argo cannot express a random wait (`jitter`)
    line 5: steps.pages.retry: Argo cannot express waits that grow by the same time
    line 6: steps.ask.human: Argo cannot express a question with an answer
    line 8: steps.c.retry: Argo cannot express a random wait (`jitter`)
    line 8: steps.c.retry: Argo cannot express waits that grow by the same time
    line 8: steps.c.run: Argo cannot express `{{` in lines for the shell
    line 9: steps.d.retry: Argo cannot express a random wait (`jitter`)
    line 9: steps.d.retry: Argo cannot express waits that grow by the same time
    line 9: steps.d.when: Argo cannot express a condition that tells a skipped step from one that cannot begin
    line 9: steps.d.files: Argo cannot express files by a pattern
    line 10: on_cancel: Argo cannot express what follows when somebody cancels
    line 10: on_cancel.retry: Argo cannot express a random wait (`jitter`)
    line 10: on_cancel.retry: Argo cannot express waits that grow by the same time
    ");
}

/// Runs the program of a step as the job of a target would, with these variables; returns its exit code and its report.
fn run_job(document: &str, step: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = read(&export(document, PipelineTarget::Gitlab).unwrap());
    let script = pipeline[step]["script"][0].as_str().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a real shell says whether the program is right")]
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = shell.envs(variables.iter().copied()).status().unwrap();
    let report = std::fs::read_to_string(folder.path().join(format!(".tracker-{step}.env"))).unwrap();
    (
        status.code().unwrap(),
        report.lines().filter(|line| !line.contains("_LOG_")).collect::<Vec<_>>().join(" "),
    )
}

#[test]
fn a_job_does_what_the_engine_does() {
    let document = "\
params: {n: {type: integer, default: 1}, x: y}
steps:
  out: {run: 'printf \"a=1\\na=2\\nb=x y=z\\n\" >\"$TRACKER_OUTPUT\"', outputs: [a, b], retry: 0}
  none: {run: 'true', outputs: [a], retry: 0}
  third: {run: 'test \"$TRACKER_ATTEMPT\" = 3', retry: {max: 2, delay: 1ms}}
  codes: {run: 'exit $((70 + TRACKER_ATTEMPT))', retry: {max: 5, delay: 1ms, on_exit: [71, 72]}}
  late: {run: 'sleep 5', timeout: 50ms, retry: 0}
  evil: {argv: [sh, -c, 'test \"$1\" = \"$PARAM_X\" && test \"$E\" = \"e$PARAM_X\"', sh, '${param.x}'], env: {E: 'e${param.x}'}, retry: 0}
  after: {run: 'exit 3', needs: [out], when: step.out.a == 2, retry: 0}
  then: {run: 'true', needs: [after], retry: 0}
";
    let job = |step: &str, variables: &[(&str, &str)]| {
        let values = [("PARAM_N", "7"), ("PARAM_X", "$(touch evil); `x` \" ' \\")];
        run_job(document, step, &[&values, variables].concat())
    };
    assert_eq!(
        job("out", &[]),
        (0, "OUTPUT_OUT_A=2 OUTPUT_OUT_B=x y=z TRACKER_STATE_OUT=success".to_owned())
    );
    assert_eq!(job("none", &[]), (1, "TRACKER_STATE_NONE=failed".to_owned()));
    assert_eq!(job("third", &[]), (0, "TRACKER_STATE_THIRD=success".to_owned()));
    assert_eq!(job("codes", &[]), (73, "TRACKER_STATE_CODES=failed".to_owned()));
    assert_eq!(job("late", &[]), (124, "TRACKER_STATE_LATE=failed".to_owned()));
    assert_eq!(job("evil", &[]).0, 0);
    assert_eq!(job("out", &[("PARAM_N", "x")]), (2, "TRACKER_STATE_OUT=failed".to_owned()));
    let ok = ("TRACKER_STATE_OUT", "success");
    assert_eq!(job("after", &[ok, ("OUTPUT_OUT_A", "2")]), (3, "TRACKER_STATE_AFTER=failed".to_owned()));
    assert_eq!(
        job("after", &[ok, ("OUTPUT_OUT_A", "$(x) = 2")]),
        (0, "TRACKER_STATE_AFTER=skipped".to_owned())
    );
    assert_eq!(job("after", &[]), (0, "TRACKER_STATE_AFTER=pending".to_owned()));
    assert_eq!(
        job("then", &[("TRACKER_STATE_AFTER", "skipped")]),
        (0, "TRACKER_STATE_THEN=skipped".to_owned())
    );
}

#[test]
fn lines_that_end_what_they_are_written_in_are_kept() {
    let document = "steps: {a: {run: \"cat <<'END_OF_STEP' >x\\n${{ a }}\\nEND_OF_STEP\\ntest \\\"$(cat x)\\\" = '${{ a }}'\\n\"}}\n";
    assert_eq!(run_job(document, "a", &[]).0, 0);
    let github = export(document, PipelineTarget::Github).unwrap();
    assert!(github.contains("${{ '${{' }} a }}") && !github.contains(" ${{ a }}"), "{github}");
}
