//! SARIF in the shapes that tools write.

use crate::import::findings::tests::{refusal, report};
use crate::import::findings::{Found, ToolReport};

/// A run of one tool with these rules and results.
fn log(rules: &str, results: &str) -> String {
    format!(
        r#"{{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [
        {{"tool": {{"driver": {{"name": "probe", "rules": [{rules}]}}}}, "results": [{results}]}}]}}"#
    )
}

fn only(report: &ToolReport) -> Found {
    let [found] = report.found.as_slice() else { panic!("{report:?}") };
    found.clone()
}

fn rated(rule: &str, result: &str) -> String {
    let rules = format!(r#"{{"id": "R1"{rule}}}"#);
    let results = format!(r#"{{"ruleId": "R1", "message": {{"text": "x"}}{result}}}"#);
    only(&report(&log(&rules, &results))).severity.to_string()
}

#[test]
fn severity_is_the_score_of_the_rule_else_a_level() {
    for (rule, result, severity) in [
        (r#", "properties": {"security-severity": "9.1"}"#, r#", "level": "note""#, "critical"),
        (r#", "properties": {"security-severity": 7}"#, "", "high"),
        (r#", "properties": {"security-severity": "much"}"#, r#", "level": "note""#, "much"),
        (r#", "properties": {"security-severity": "CRITICAL"}"#, r#", "level": "note""#, "critical"),
        (r#", "properties": {"security-severity": "low"}"#, r#", "level": "error""#, "low"),
        (r#", "properties": {"security-severity": "0.0"}"#, "", "medium"),
        (r#", "properties": {"tags": ["security", "CRITICAL"]}"#, "", "critical"),
        (r#", "properties": {"tags": ["CRITICAL"]}"#, r#", "level": "note""#, "low"),
        (r#", "properties": {"security-severity": ["9"]}"#, r#", "level": "note""#, "high"),
        (r#", "properties": {"tags": ["x"]}, "defaultConfiguration": {"level": "error"}"#, "", "high"),
        ("", r#", "level": "error""#, "high"),
        ("", "", "medium"),
        ("", r#", "level": "none""#, "info"),
        ("", r#", "kind": "review""#, "medium"),
        ("", r#", "kind": "open", "level": "none""#, "medium"),
        ("", r#", "properties": {"security-severity": "8.0"}"#, "high"),
    ] {
        assert_eq!(rated(rule, result), severity, "{rule} {result}");
    }
}

#[test]
fn a_run_sets_the_level_of_a_rule() {
    let rated = |invocations: &str, result: &str| {
        let text = format!(
            r#"{{"version": "2.1.0", "runs": [{{"tool": {{
              "driver": {{"name": "probe", "rules": [
                {{"id": "R0"}}, {{"id": "R1", "guid": "g1", "defaultConfiguration": {{"level": "error"}}}}]}},
              "extensions": [{{"name": "pack", "rules": [{{"id": "R1x"}}]}}]}},
            "invocations": [{invocations}], "results": [{{"message": {{"text": "x"}}{result}}}]}}]}}"#
        );
        only(&report(&text)).severity.to_string()
    };
    let set = |descriptor: &str, more: &str| {
        format!(
            r#"{{"executionSuccessful": true, "ruleConfigurationOverrides": [
                {{"descriptor": {{{descriptor}}}, "configuration": {{{more}}}}}]}}"#
        )
    };
    let note = |descriptor: &str| set(descriptor, r#""level": "note""#);
    let (by_id, other) = (note(r#""id": "R1""#), note(r#""id": "R0""#));
    let r1 = r#", "ruleId": "R1""#;
    let from = |index: i64| format!(r#"{r1}, "provenance": {{"invocationIndex": {index}}}"#);
    for (invocations, result, severity) in [
        ("", r1, "high"),
        (&by_id, r1, "low"),
        (&by_id, r#", "ruleIndex": 1"#, "low"),
        (&by_id, r#", "ruleId": "R1/2""#, "low"),
        (&by_id, r#", "ruleId": "R1", "level": "error""#, "high"),
        (&by_id, r#", "ruleId": "R1", "level": "warning""#, "medium"),
        (&by_id, r#", "ruleId": "R0""#, "medium"),
        (&note(r#""index": 1"#), r1, "low"),
        (&note(r#""guid": "g1""#), r1, "low"),
        (&note(r#""index": 0, "toolComponent": {"index": 0}"#), r#", "ruleId": "R1x""#, "low"),
        (&note(r#""index": 0, "toolComponent": {"index": 0}"#), r1, "high"),
        (&note(r#""id": "R9""#), r#", "ruleId": "R9""#, "low"),
        (&set(r#""id": "R1""#, r#""enabled": true"#), r1, "high"),
        (&set(r#""id": "R1""#, r#""level": "none""#), r1, "info"),
        // Of several calls one has to be named.
        (&format!("{by_id}, {other}"), r1, "high"),
        (&format!("{by_id}, {other}"), &from(0), "low"),
        (&format!("{by_id}, {other}"), &from(1), "high"),
        (&format!("{by_id}, {other}"), &from(7), "high"),
        (&by_id, &from(-1), "high"),
    ] {
        assert_eq!(rated(invocations, result), severity, "{invocations} {result}");
    }
}

#[test]
fn a_rule_that_the_run_disabled_is_reported() {
    let text = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "probe", "rules": [{"id": "R0"}]}},
      "invocations": [{"executionSuccessful": true, "ruleConfigurationOverrides": [
        {"descriptor": {"index": 0}, "configuration": {"enabled": false}},
        {"descriptor": {"id": "R7"}, "configuration": {"enabled": false, "level": "error"}},
        {"descriptor": {"id": "R8"}, "configuration": {"level": "error"}}]}],
      "results": [{"ruleId": "R7", "message": {"text": "found all the same"}}]}]}"#;
    let report = report(text);
    let off = ["R0", "R7"].map(|rule| ("probe".to_owned(), rule.to_owned()));
    assert_eq!(report.turned_off.clone().into_iter().collect::<Vec<_>>(), off);
    assert_eq!(only(&report).severity.as_str(), "high");
}

#[test]
fn a_rule_is_found_by_index_and_by_id_in_extensions_too() {
    let text = r#"{"version": "2.1.0", "runs": [{"tool": {
        "driver": {"name": "CodeQL", "rules": [{"id": "a", "properties": {"security-severity": "1.0"}}]},
        "extensions": [{"name": "pack", "guid": "g", "rules": [
            {"id": "b"}, {"id": "js/x", "properties": {"security-severity": "9.8"}}]}]},
      "results": [
        {"ruleId": "js/x", "rule": {"id": "js/x", "index": 1, "toolComponent": {"index": 0}}, "message": {"text": "by index"}},
        {"rule": {"index": 1, "toolComponent": {"guid": "g"}}, "message": {"text": "by guid"}},
        {"ruleId": "js/x", "ruleIndex": 0, "message": {"text": "by id: the index leads astray"}},
        {"ruleId": "js/x/1", "message": {"text": "a part"}},
        {"ruleIndex": 7, "message": {"text": "no rule"}}]}]}"#;
    let found = report(text).found;
    let shown: Vec<_> = found.iter().map(|found| (found.rule.as_deref(), found.severity.as_str())).collect();
    let expected = [
        (Some("js/x"), "critical"),
        (Some("js/x"), "critical"),
        (Some("js/x"), "critical"),
        (Some("js/x/1"), "critical"),
        (None, "medium"),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn what_is_suppressed_or_well_is_no_finding() {
    let result =
        |more: &str| format!(r#"{{"message": {{"text": "{}"}}{more}}}"#, more.replace(['"', '\\'], "'"));
    let none = [
        r#", "kind": "pass""#,
        r#", "kind": "notApplicable""#,
        r#", "kind": "informational""#,
        r#", "baselineState": "absent""#,
        r#", "suppressions": [{"kind": "inSource"}]"#,
        r#", "suppressions": [{"kind": "external", "status": "accepted"}]"#,
    ];
    let some = [
        r#", "baselineState": "unchanged""#,
        r#", "suppressions": []"#,
        r#", "suppressions": [{"kind": "inSource"}, {"status": "underReview"}]"#,
        r#", "suppressions": [{"status": "rejected"}]"#,
    ];
    let all: Vec<String> = none.iter().chain(&some).map(|more| result(more)).collect();
    let report = report(&log("", &all.join(",")));
    assert_eq!((report.left_out, report.found.len()), (none.len(), some.len()), "{report:?}");
}

#[test]
fn words_come_from_the_result_or_its_rule() {
    let rules = r#"{"id": "R1", "messageStrings": {"default": {"text": "{0} uses {1} and {2}"}},
                    "shortDescription": {"text": "What it looks for"}, "help": {"text": "Do not."}, "helpUri": "https://example.com/r1"}"#;
    let title = |message: &str| only(&report(&log(rules, &format!(r#"{{"ruleId": "R1"{message}}}"#))));
    let filled = title(r#", "message": {"id": "default", "arguments": ["a", "{0}"]}"#);
    assert_eq!(filled.title, "a uses {0} and {2}");
    assert_eq!(title("").title, "What it looks for");
    let linked =
        title(r#", "message": {"text": "Flows from [input](1) to [a](https://x) [2]\nMore of it."}"#);
    assert_eq!(linked.title, "What it looks for", "of several lines the first is not the title");
    assert_eq!(linked.detail.as_deref(), Some("Flows from input to [a](https://x) [2]\nMore of it."));
    assert_eq!(linked.recommendation.as_deref(), Some("Do not.\n\nMore: https://example.com/r1"));
    let long = r#", "message": {"text": "A command is run\nthrough a shell. Give it as a\nlist."}"#;
    let of_rule = |rule: &str, message: &str| {
        only(&report(&log(rule, &format!(r#"{{"ruleId": "R1"{message}}}"#)))).title
    };
    let says_its_id = r#"{"id": "R1", "shortDescription": {"text": "Probe found R1"}}"#;
    assert_eq!(of_rule(says_its_id, long), "A command is run through a shell.");
    assert_eq!(of_rule("", r#", "message": {"text": "never true\nnote: it is"}"#), "never true");
    let fixed = title(r#", "message": {"text": "x"}, "fixes": [{"description": {"text": "Use b"}}]"#);
    assert_eq!(fixed.recommendation.as_deref(), Some("Use b\n\nMore: https://example.com/r1"));
}

#[test]
fn locations_are_relative_to_their_bases() {
    let text = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "probe"}},
      "originalUriBaseIds": {"TOP": {"uri": "file:///home/ada/repo/"}, "SRC": {"uri": "src/", "uriBaseId": "TOP"},
                             "LOOP": {"uri": "x/", "uriBaseId": "LOOP"}},
      "artifacts": [{"location": {"uri": "lib/b.rs", "uriBaseId": "TOP"}}],
      "results": [
        {"message": {"text": "1"}, "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "a%20b.rs", "uriBaseId": "SRC"}, "region": {"startLine": 4, "startColumn": 2}}}]},
        {"message": {"text": "2"}, "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]},
        {"message": {"text": "3"}, "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "c.rs", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 0}}}]},
        {"message": {"text": "4"}, "locations": [{"logicalLocations": []}]},
        {"message": {"text": "5"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "y", "uriBaseId": "LOOP"}}}]},
        {"message": {"text": "6"}, "locations": [{"physicalLocation": {"artifactLocation": {"index": -1}}}]}]}]}"#;
    let found = report(text).found;
    let shown: Vec<_> =
        found.iter().map(|found| (found.file.as_deref().unwrap_or_default(), found.line)).collect();
    assert_eq!(shown[..4], [("src/a b.rs", Some(4)), ("lib/b.rs", None), ("c.rs", None), ("", None)]);
    assert!(shown[4].0.ends_with("x/y"), "a base that is its own ends somewhere");
    assert_eq!(shown[5].0, "");
}

#[test]
fn fingerprints_are_taken_where_they_are_some() {
    let print = |prints: &str| {
        only(&report(&log("", &format!(r#"{{"message": {{"text": "x"}}, {prints}}}"#)))).fingerprint
    };
    let best = r#""partialFingerprints": {"a": "1", "primaryLocationLineHash": "39fa:1"}, "fingerprints": {"b": "2"}"#;
    assert_eq!(print(best).as_deref(), Some("39fa:1"));
    assert_eq!(print(r#""fingerprints": {"matchBasedId/v1": "requires login"}"#), None);
    assert_eq!(print(r#""fingerprints": {"matchBasedId/v1": "abc_0"}"#).as_deref(), Some("abc_0"));
}

#[test]
fn failed_runs_and_runs_for_other_purposes_are_recognised() {
    let text = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "CodeQL"}},
        "automationDetails": {"id": "python/2026-11-11"}, "results": [],
        "invocations": [{"executionSuccessful": false, "toolExecutionNotifications": [{"message": {"text": "out of memory"}}]}]}]}"#;
    let report = report(text);
    assert_eq!(report.tools, ["CodeQL (python)"]);
    let found = only(&report);
    assert_eq!((found.severity.as_str(), found.rule.as_deref()), ("high", Some("execution")));
    assert!(found.detail.unwrap().contains("out of memory"));
}

#[test]
fn an_error_that_a_tool_notifies_of_is_a_finding() {
    for kind in ["toolExecutionNotifications", "toolConfigurationNotifications"] {
        let text = |is_well: bool| {
            format!(
                r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "lint"}}}}, "results": [],
                "invocations": [{{"executionSuccessful": {is_well}, "{kind}": [
                  {{"level": "error", "message": {{"text": "unexpected token"}}, "locations": [
                    {{"physicalLocation": {{"artifactLocation": {{"uri": "src/c.js"}}, "region": {{"startLine": 7}}}}}}]}},
                  {{"message": {{"text": "slow"}}}}, {{"level": "note", "message": {{"text": "hello"}}}}]}}]}}]}}"#
            )
        };
        let found = only(&report(&text(true)));
        assert_eq!((found.title.as_str(), found.severity.as_str()), ("unexpected token", "high"));
        assert_eq!((found.file.as_deref(), found.line), (Some("src/c.js"), Some(7)), "{kind}");
        let failed = only(&report(&text(false)));
        let expected = "lint says that its run failed\nsrc/c.js:7: unexpected token\nslow\nhello";
        assert_eq!(failed.detail.as_deref(), Some(expected), "{kind}");
    }
}

#[test]
fn results_that_differ_in_words_or_in_the_place_in_the_program_are_several() {
    let in_package = |name: &str| {
        format!(
            r#"{{"ruleId": "CVE-1", "message": {{"text": "Package: {name}\nSeverity: HIGH"}}, "locations": [
            {{"physicalLocation": {{"artifactLocation": {{"uri": "image"}}, "region": {{"startLine": 1}}}}}}]}}"#
        )
    };
    let results = [in_package("openssl"), in_package("libssl3"), in_package("openssl")].join(",");
    let report_of =
        |results: &str| report(&log(r#"{"id": "CVE-1", "shortDescription": {"text": "bad"}}"#, results));
    let details: Vec<String> =
        report_of(&results).found.into_iter().filter_map(|found| found.detail).collect();
    assert_eq!(details, ["Package: openssl\nSeverity: HIGH", "Package: libssl3\nSeverity: HIGH"]);
    let in_function = |name: &str| {
        format!(
            r#"{{"message": {{"text": "m"}}, "locations": [{{"logicalLocations": [{{"fullyQualifiedName": "{name}"}}]}}]}}"#
        )
    };
    let results = [in_function("ns::f"), in_function("ns::g"), in_function("ns::f")].join(",");
    let found = report_of(&results).found;
    let shown: Vec<_> = found.iter().map(|found| (found.title.as_str(), found.detail.as_deref())).collect();
    assert_eq!(shown, [("m", Some("in ns::f\nm")), ("m", Some("in ns::g\nm"))]);
}

#[test]
fn where_id_and_index_of_a_rule_disagree_the_worse_counts() {
    let rules = r#"{"id": "A1", "defaultConfiguration": {"level": "error"}}, {"id": "A2", "defaultConfiguration": {"level": "note"}}"#;
    let of = |result: &str| report(&log(rules, &format!(r#"{{"message": {{"text": "x"}}, {result}}}"#)));
    let astray = of(r#""ruleId": "B1", "ruleIndex": 0"#);
    assert_eq!(only(&astray).severity.as_str(), "high");
    assert_eq!(astray.warnings[0].message, "a result names rule `B1` and the index of `A1`; counted as high");
    assert_eq!(
        only(&of(r#""ruleId": "B1", "ruleIndex": 1"#)).severity.as_str(),
        "medium",
        "no milder for it"
    );
    assert_eq!(
        only(&of(r#""ruleId": "A2", "ruleIndex": 0"#)).severity.as_str(),
        "low",
        "its id names a rule"
    );
    assert_eq!(only(&of(r#""ruleIndex": 0"#)).severity.as_str(), "high");
    assert!(of(r#""ruleId": "A1", "ruleIndex": 0"#).warnings.is_empty());
}

#[test]
fn a_log_without_runs_is_refused() {
    for (text, place, message) in [
        (r#"{"version": "2.0.0", "runs": []}"#, "version", "`2.0.0` is a version"),
        (r#"{"runs": []}"#, "version", "missing"),
        (r#"{"version": "2.1.0", "runs": []}"#, "runs", "no run"),
        (r#"{"version": "2.1.0", "$schema": "x"}"#, "runs", "no run"),
        (
            r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}}]}"#,
            "runs[0].results",
            "not looked",
        ),
        (
            r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {}}, "results": []}]}"#,
            "runs[0].tool.driver.name",
            "missing",
        ),
        (
            r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}, "results": [],
                "externalPropertyFileReferences": {"results": [{}]}}]}"#,
            "runs[0].results",
            "another file",
        ),
        (
            r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}, "results": [],
                "externalPropertyFileReferences": {"driver": {}}}]}"#,
            "runs[0].tool.driver",
            "another file",
        ),
        (
            r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a"}}, "results": []}],
                "inlineExternalProperties": [{"results": [{"level": "error", "message": {"text": "x"}}]}]}"#,
            "inlineExternalProperties",
            "not read",
        ),
    ] {
        let problem = refusal(text);
        assert_eq!(problem.key.as_deref(), Some(place), "{text}: {problem}");
        assert!(problem.message.contains(message), "{text}: {problem}");
    }
    let problem = refusal("{\"version\": \"2.1.0\", \"runs\": [\n{\"tool\": 7}]}");
    assert_eq!(problem.line, Some(2), "{problem}");
}
