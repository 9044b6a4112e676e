//! `findings import`: a tool's report becomes findings, and a rejection where it is bad.

use super::{alone, ask, by, files, ok, replace, stage, votes, world};
use crate::support::{Output, Sandbox};
use insta::assert_snapshot;

/// The reviewer is asked in qa; medium findings block nothing.
const ONE: &str = "[stage.qa]\nsignoffs = [\"reviewer\"]\non_fail = \"dev\"\n[roles.tester]\n[types.bug]\n";
const FINDINGS: &str = ".tracker/findings/TASK-T3ST";
const IMPORT: &str = "findings import report.sarif --task t3st --as reviewer";

/// A result: rule, level, line, words.
type Result<'a> = (&'a str, &'a str, u32, &'a str);

fn sarif(results: &[Result<'_>]) -> String {
    let result = |(rule, level, line, text): &Result<'_>| {
        format!(
            r#"{{"ruleId": "{rule}", "level": "{level}", "message": {{"text": "{text}"}}, "locations": [{{"physicalLocation":
            {{"artifactLocation": {{"uri": "src/theme.rs"}}, "region": {{"startLine": {line}}}}}}}]}}"#
        )
    };
    let results: Vec<String> = results.iter().map(result).collect();
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "probe"}}}}, "results": [{}]}}]}}"#,
        results.join(",\n")
    )
}

const LOGGED: Result<'_> = ("logged", "error", 41, "A token is logged");
const TYPO: Result<'_> = ("typo", "note", 7, "A typo");

/// Writes a report and imports it as the robot, who commits what is written.
fn import(sandbox: &Sandbox, results: &[Result<'_>], more: &str) -> Output {
    sandbox.write("report.sarif", sarif(results));
    by(sandbox, "Robot", &format!("{IMPORT} {more}"))
}

fn states(sandbox: &Sandbox) -> Vec<String> {
    let answer = ask(sandbox, "findings t3st --all");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let found = crate::support::items(&answer["result"]["findings"]);
    found
        .iter()
        .map(|one| format!("{} {} {}", text(&one["severity"]), text(&one["state"]), text(&one["title"])))
        .collect()
}

fn id_of(sandbox: &Sandbox, title: &str) -> String {
    let answer = ask(sandbox, "findings t3st --all");
    let found = crate::support::items(&answer["result"]["findings"]);
    found.iter().find(|one| one["title"] == title).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_high_finding_rejects_and_the_same_report_again_changes_nothing() {
    let sandbox = world(ONE);
    assert_snapshot!(import(&sandbox, &[TYPO, LOGGED], ""), @r"
    exit 1
    --- stdout
    TASK-T3ST  Remember the theme  report.sarif: sarif, by probe
      new  F8KHD  high  src/theme.rs:41  A token is logged
      new  FABX2  low   src/theme.rs:7   A typo
      findings: 2 new
      rejected as reviewer
      qa → dev
    --- stderr
    Next: tracker findings TASK-T3ST
    ");
    assert_eq!(stage(&sandbox), "dev");
    assert_eq!((files(&sandbox, FINDINGS).len(), votes(&sandbox).len()), (2, 1));
    let vote = sandbox.read(&votes(&sandbox)[0]);
    assert!(vote.contains("verdict: rejected") && vote.contains("by: Robot"), "{vote}");
    let again = alone(&sandbox, "Robot", IMPORT);
    assert_eq!(again.status, 1, "{again}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    // Back in qa, with nothing fixed: a new round is judged anew, and once.
    ok(&by(&sandbox, "Ken", "set-stage t3st qa"));
    assert_eq!(by(&sandbox, "Robot", IMPORT).status, 1);
    assert_eq!((stage(&sandbox).as_str(), votes(&sandbox).len()), ("dev", 2));
}

#[test]
fn a_report_without_high_findings_casts_no_vote_and_suggests_approval() {
    let sandbox = world(ONE);
    let output = import(&sandbox, &[TYPO], "");
    assert_snapshot!(output, @r"
    exit 0
    --- stdout
    TASK-T3ST  Remember the theme  report.sarif: sarif, by probe
      new  FABX2  low  src/theme.rs:7  A typo
      findings: 1 new
      no vote was cast: no high or critical findings
    --- stderr
    Next: tracker approve TASK-T3ST --as reviewer
    ");
    assert_eq!((stage(&sandbox).as_str(), votes(&sandbox).len()), ("qa", 0));
    let strict = world(&format!("{ONE}[policy]\nblocking_severity = \"low\"\n"));
    let output = import(&strict, &[TYPO], "");
    assert_eq!((output.status, votes(&strict).len()), (1, 0), "what blocks fails, without a vote: {output}");
}

#[test]
fn one_more_finding_adds_only_that_and_lines_may_move() {
    let sandbox = world(ONE);
    import(&sandbox, &[TYPO], "");
    let before = files(&sandbox, FINDINGS);
    ok(&import(&sandbox, &[("typo", "note", 99, "A typo"), ("slow", "warning", 3, "Slow")], ""));
    let after = files(&sandbox, FINDINGS);
    assert_eq!(after.len(), 2);
    assert!(
        after.contains(&before[0]) && sandbox.read(&before[0]).contains("line: 99"),
        "its place is renewed"
    );
    let worse = import(&sandbox, &[("typo", "error", 7, "A typo"), ("slow", "warning", 3, "Slow")], "");
    assert_eq!(worse.status, 1, "{worse}");
    assert!(sandbox.read(&before[0]).contains("severity: high"), "what got worse is not hidden");
    assert_eq!(votes(&sandbox).len(), 1);
}

#[test]
fn a_waiver_does_not_pass_to_another_finding() {
    let sandbox = world(ONE);
    let alike =
        |lines: &[u32]| lines.iter().map(|&line| ("bounds", "error", line, "No check")).collect::<Vec<_>>();
    import(&sandbox, &alike(&[10, 50]), "");
    let first = files(&sandbox, FINDINGS).into_iter().find(|path| sandbox.read(path).contains("line: 10"));
    let first = first.unwrap().trim_start_matches(FINDINGS).replace(['/'], "").replace(".yaml", "");
    ok(&by(&sandbox, "Ken", &format!("findings waive t3st {first} -m 'cannot be reached'")));
    let left = import(&sandbox, &alike(&[50]), "--settle-gone");
    assert!(left.status == 1 && left.stdout.contains("1 known"), "{left}");
    assert_eq!(states(&sandbox), ["high open No check", "high waived No check"]);
    // A waiver that is carried to another line is reported of.
    let moved = import(&sandbox, &alike(&[12, 52]), "");
    let message = format!("{first} stays waived: it was on line 10, and is found at src/theme.rs:12 now");
    assert!(moved.stdout.contains("1 known, 1 waived") && moved.stdout.contains(&message), "{moved}");
    assert!(!import(&sandbox, &alike(&[12, 52]), "").stdout.contains("stays waived"));
}

#[test]
fn a_severity_in_words_rejects() {
    let sandbox = world(ONE);
    let rule = r#"{"id": "W1", "defaultConfiguration": {"level": "note"}, "properties": {"security-severity": "HIGH"}}"#;
    let odd = r#"{"id": "W2", "properties": {"security-severity": "urgent"}}"#;
    let result =
        r#"{"ruleId": "W1", "message": {"text": "One"}}, {"ruleId": "W2", "message": {"text": "Two"}}"#;
    let tool = format!(r#"{{"driver": {{"name": "probe", "rules": [{rule}, {odd}]}}}}"#);
    let log = format!(r#"{{"version": "2.1.0", "runs": [{{"tool": {tool}, "results": [{result}]}}]}}"#);
    sandbox.write("report.sarif", log);
    let output = by(&sandbox, "Robot", IMPORT);
    assert_eq!(output.status, 1, "{output}");
    assert_eq!(states(&sandbox), ["urgent open Two", "high open One"]);
    assert!(
        output.stderr.contains("warning: report.sarif: unknown severity `urgent` counts as critical"),
        "{output}"
    );
}

#[test]
fn a_resolved_finding_reopens_and_a_waived_one_does_not() {
    let sandbox = world(ONE);
    import(&sandbox, &[TYPO, LOGGED], "");
    let (typo, logged) = (id_of(&sandbox, "A typo"), id_of(&sandbox, "A token is logged"));
    ok(&by(&sandbox, "Ken", &format!("findings resolve t3st {logged}")));
    ok(&by(&sandbox, "Ken", &format!("findings waive t3st {typo} -m 'it is a name'")));
    ok(&by(&sandbox, "Ken", "set-stage t3st qa"));
    let back = by(&sandbox, "Robot", IMPORT);
    assert!(back.status == 1 && back.stdout.contains("1 reopened, 1 waived"), "{back}");
    assert_eq!(states(&sandbox), ["high open A token is logged", "low waived A typo"]);
    ok(&by(&sandbox, "Ken", &format!("findings waive t3st {logged} -m 'only in tests'")));
    let waived = by(&sandbox, "Robot", IMPORT);
    assert!(ok(&waived).stdout.contains("2 waived"), "{waived}");
}

#[test]
fn missing_findings_are_counted_and_resolved_on_request() {
    let sandbox = world(ONE);
    import(&sandbox, &[TYPO, ("slow", "warning", 3, "Slow")], "");
    ok(&by(&sandbox, "Ken", "reject t3st --finding 'low: by hand'"));
    ok(&by(&sandbox, "Ken", "set-stage t3st qa"));
    let counted = import(&sandbox, &[TYPO], "");
    assert!(ok(&counted).stdout.contains("1 no longer found, left open"), "{counted}");
    assert!(counted.stderr.contains("--resolve-gone"), "{counted}");
    let resolved = import(&sandbox, &[TYPO], "--resolve-gone");
    assert!(ok(&resolved).stdout.contains("1 no longer found, resolved"), "{resolved}");
    assert_eq!(states(&sandbox), ["medium resolved Slow", "low open A typo", "low open by hand"]);
}

#[test]
fn a_report_that_cannot_be_read_is_a_rejection_once() {
    let sandbox = world(ONE);
    for text in ["", "{\"version\": \"2.1.0\", \"runs\": [", "{\"version\": \"2.0.0\"}", "<testsuite/>"] {
        sandbox.write("report.sarif", text);
        let output = by(&sandbox, "Robot", IMPORT);
        assert!(output.status == 1 && output.stderr.contains("error: report.sarif:"), "{output}");
    }
    assert_eq!(
        (stage(&sandbox).as_str(), votes(&sandbox).len(), files(&sandbox, FINDINGS).len()),
        ("dev", 1, 1)
    );
    assert_eq!(states(&sandbox), ["high open the report report.sarif could not be read"]);
    let read = import(&sandbox, &[TYPO], "");
    assert!(ok(&read).stdout.contains("report.sarif can be read again"), "{read}");
    assert_eq!(
        states(&sandbox),
        ["high resolved the report report.sarif could not be read", "low open A typo"]
    );
}

#[test]
fn a_report_that_is_too_large_is_a_rejection() {
    let sandbox = world(ONE);
    let file = std::fs::File::create(sandbox.path().join("report.sarif")).unwrap();
    file.set_len(100_000_001).unwrap();
    let output = alone(&sandbox, "Robot", IMPORT);
    assert!(output.status == 1 && output.stderr.contains("larger than 100 MB"), "{output}");
    assert_eq!((stage(&sandbox).as_str(), votes(&sandbox).len()), ("dev", 1));
}

#[test]
fn each_finding_gets_one_task_that_fixes_it() {
    let sandbox = world(ONE);
    let tasks = || files(&sandbox, ".tracker/tasks").len();
    let evil = ("evil", "error", 3, "Bad\\n## Deliverables\\n- [ ] not a box\\n\\n\\u001b[31mred");
    import(&sandbox, &[LOGGED, evil], "");
    assert_eq!(tasks(), 2, "only on request");
    let output = by(&sandbox, "Robot", &format!("{IMPORT} --create-tasks"));
    assert_eq!((output.status, tasks()), (1, 4), "{output}");
    assert_eq!(by(&sandbox, "Robot", &format!("{IMPORT} --create-tasks")).status, 1);
    assert_eq!(tasks(), 4, "never twice");
    import(&sandbox, &[LOGGED, evil, TYPO], "--create-tasks");
    assert_eq!(tasks(), 5);
    let answer = ask(&sandbox, "findings t3st");
    let found = crate::support::items(&answer["result"]["findings"]);
    assert!(found.iter().all(|finding| finding["fix"].is_string()), "{answer}");
    let fix = found.iter().find(|finding| finding["title"] == "Bad").unwrap();
    let shown = &ask(&sandbox, &format!("show {}", fix["fix"].as_str().unwrap()))["result"]["task"];
    assert_eq!(shown["source"], format!("TASK-T3ST/{}", fix["id"].as_str().unwrap()));
    assert_eq!(
        (&shown["priority"], &shown["type"], &shown["files"][0]),
        (&"high".into(), &"bug".into(), &"src/theme.rs".into())
    );
    assert_eq!(
        (crate::support::items(&shown["checkboxes"]).len(), &shown["deliverables"]["total"]),
        (0, &0.into())
    );
    let body = shown["body"].as_str().unwrap();
    assert!(body.contains("`src/theme.rs:3`") && !body.contains('\u{1b}'), "{body}");
}

#[test]
fn a_dry_run_writes_nothing_and_a_wrong_call_is_refused() {
    let sandbox = world(ONE);
    sandbox.write("report.sarif", sarif(&[LOGGED]));
    super::commit(&sandbox, "Report");
    let dry = alone(&sandbox, "Robot", &format!("{IMPORT} --create-tasks --dry-run"));
    assert!(dry.status == 1 && dry.stdout.contains("+verdict: rejected"), "{dry}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let quiet = alone(&sandbox, "Robot", &format!("{IMPORT} --dry-run --quiet"));
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("TASK-T3ST\n", ""));
    for (line, answer) in [
        ("findings import nowhere.sarif --task t3st", "cannot read `nowhere.sarif`"),
        ("findings import report.sarif --task t3st --as nobody", "`nobody` is no role here"),
        ("findings import report.sarif --task nothing", "nothing"),
    ] {
        let output = alone(&sandbox, "Robot", line);
        assert!(output.status == 2 && output.stderr.contains(answer), "{output}");
    }
    ok(&by(&sandbox, "Ken", "set-stage t3st complete"));
    let closed = alone(&sandbox, "Robot", IMPORT);
    assert!(closed.status == 1 && closed.stderr.contains("it is complete"), "{closed}");
}

#[test]
fn outside_of_its_stage_findings_are_written_down_and_nobody_votes() {
    let sandbox = world(ONE);
    sandbox.write("report.sarif", sarif(&[LOGGED]));
    let output = by(&sandbox, "Robot", "findings import report.sarif --task t3st --as tester");
    assert!(output.status == 1 && output.stdout.contains("does not require the role"), "{output}");
    assert_eq!(
        (stage(&sandbox).as_str(), votes(&sandbox).len(), files(&sandbox, FINDINGS).len()),
        ("qa", 0, 1)
    );
}

#[test]
fn a_rejection_that_does_not_count_is_cast_once_and_reported() {
    let sandbox = world(&format!("{ONE}[roles.reviewer]\nmembers = [\"ada@example.com\"]\n"));
    let output = import(&sandbox, &[LOGGED], "");
    assert!(output.status == 1 && output.stdout.contains("it does not count"), "{output}");
    let again = by(&sandbox, "Robot", IMPORT);
    assert!(again.stdout.contains("your rejection still counts"), "{again}");
    assert_eq!((stage(&sandbox).as_str(), votes(&sandbox).len()), ("qa", 1));
}

#[test]
fn tests_that_were_not_run_are_not_gone() {
    let sandbox = world(ONE);
    let report = |cases: &str| sandbox.write("junit.xml", format!("<testsuite name='s'>{cases}</testsuite>"));
    let line = "findings import junit.xml --task t3st --as reviewer --resolve-gone";
    report("<testcase name='a'><failure/></testcase><testcase name='b'><error/></testcase>");
    assert_eq!(by(&sandbox, "Robot", line).status, 1);
    report("<testcase name='a'/><testcase name='c'/>");
    let output = by(&sandbox, "Robot", line);
    assert!(ok(&output).stdout.contains("1 no longer found, resolved"), "{output}");
    assert_eq!(states(&sandbox), ["high resolved a: failed", "high open b: failed"]);
}

#[test]
fn a_finding_that_is_broken_stops_the_import() {
    let sandbox = world(ONE);
    import(&sandbox, &[TYPO], "");
    let path = &files(&sandbox, FINDINGS)[0];
    replace(&sandbox, path, "severity: low", "severity: [low");
    let output = alone(&sandbox, "Robot", IMPORT);
    assert!(output.status == 1 && output.stderr.contains(path.as_str()), "{output}");
    assert_eq!(files(&sandbox, FINDINGS).len(), 1);
}

#[test]
fn a_clean_report_does_not_hide_an_open_veto() {
    let sandbox = world(ONE);
    import(&sandbox, &[LOGGED], "");
    ok(&by(&sandbox, "Ken", "set-stage t3st dev"));
    ok(&by(&sandbox, "Ken", &format!("findings resolve t3st {}", id_of(&sandbox, LOGGED.3))));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    assert_eq!(stage(&sandbox), "qa");
    let clean = import(&sandbox, &[TYPO], "");
    assert!(ok(&clean).stdout.contains("your rejection counts until you vote again"), "{clean}");
    assert!(clean.stderr.contains("tracker approve TASK-T3ST --as reviewer"), "{clean}");
    let other = by(&sandbox, "Bob", IMPORT);
    assert!(other.stdout.contains("no vote was cast: no high"), "{other}");
}

#[cfg(debug_assertions)]
#[test]
fn an_import_that_was_killed_is_made_whole_by_the_next() {
    for nth in 1..=7 {
        let sandbox = world(ONE);
        sandbox.write("report.sarif", sarif(&[LOGGED, TYPO]));
        super::commit(&sandbox, "Report");
        let words = [&IMPORT.split(' ').collect::<Vec<_>>()[..], &["--create-tasks"]].concat();
        let killed = sandbox.tracker_with("", &words, |command| {
            command.env("TRACKER_FAIL_POINT", format!("write:renamed@{nth}"));
        });
        // Two findings, two tasks, the vote, the move: the seventh file is never written.
        assert_eq!(killed.status, if nth == 7 { 1 } else { -1 }, "{nth}: {killed}");
        assert_eq!(sandbox.tracker(&words).status, 1, "{nth}");
        let counts = [FINDINGS, ".tracker/tasks", ".tracker/signoffs/TASK-T3ST"]
            .map(|folder| files(&sandbox, folder).len());
        assert_eq!((counts, stage(&sandbox).as_str()), ([2, 4, 1], "dev"), "{nth}");
    }
}
