//! SARIF 2.1.0: what code scanning reads.

use serde::Serialize;

use super::escape::{address, visible};
use super::fingerprint::fingerprints;
use super::place;
use super::with_suggestion;
use crate::model::{GateRule, Level};
use crate::review::{Review, Violation, explain};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Longest message, in characters.
const LONGEST: usize = 1000;
/// GitHub shows this many results, and refuses a file with many more.
const MOST: usize = 5000;

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    automation_details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_control_provenance: Option<[Provenance; 1]>,
    invocations: [Invocation; 1],
    results: Vec<Finding>,
    column_kind: &'static str,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Details {
    id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provenance {
    repository_uri: String,
    revision_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: [Place; 1],
    partial_fingerprints: Fingerprints,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[Logical; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

#[derive(Serialize)]
struct Logical {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fingerprints {
    // The one that GitHub knows.
    primary_location_line_hash: String,
}

/// Returns the violations as results of an analysis, errors before warnings where there are too many.
pub(super) fn sarif(review: &Review) -> String {
    let violations = &review.verdict.violations;
    let mut marked: Vec<(&Violation, String)> = violations.iter().zip(fingerprints(violations)).collect();
    let mut notifications = Vec::new();
    if marked.len() > MOST {
        marked.sort_by_key(|(violation, _)| !violation.is_error());
        let text = format!("{} more are left out; run tracker check to see all", marked.len() - MOST);
        notifications.push(Notification { message: Text { text } });
        marked.truncate(MOST);
    }
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "tracker",
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: GateRule::ALL.into_iter().map(described).collect(),
            },
        },
        automation_details: Details { id: "tracker/check/" },
        version_control_provenance: provenance(review).map(|provenance| [provenance]),
        invocations: [Invocation { execution_successful: true, tool_execution_notifications: notifications }],
        results: marked.into_iter().map(|(violation, print)| finding(violation, print)).collect(),
        column_kind: "unicodeCodePoints",
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    let text = serde_json::to_string_pretty(&log).expect("plain data with text keys is always JSON");
    format!("{text}\n")
}

fn described(rule: GateRule) -> Rule {
    let explained = explain(rule);
    let mut title = explained.title.to_owned();
    title[..1].make_ascii_uppercase();
    let level = if rule.default_level() == Level::Error { "error" } else { "warning" };
    Rule {
        id: explained.name,
        short_description: Text { text: title },
        full_description: Text { text: format!("{} {}", explained.requires, explained.why) },
        help: Text { text: explained.fix.to_owned() },
        default_configuration: Configuration { level },
    }
}

fn finding(violation: &Violation, fingerprint: String) -> Finding {
    let (path, start_line) = place(violation);
    let text = unlinked(&with_suggestion(violation, "\n", LONGEST));
    Finding {
        rule_id: violation.rule.as_str(),
        rule_index: GateRule::ALL.iter().position(|rule| violation.rule == (*rule).into()),
        level: if violation.is_error() { "error" } else { "warning" },
        message: Text { text },
        locations: [Place {
            physical_location: Physical {
                artifact_location: Artifact { uri: address(&path), uri_base_id: "%SRCROOT%" },
                region: Region { start_line },
            },
            logical_locations: violation
                .task
                .as_deref()
                .map(|task| [Logical { name: visible(task, LONGEST) }]),
        }],
        partial_fingerprints: Fingerprints { primary_location_line_hash: fingerprint },
    }
}

/// A message may hold links, `[text](target)`: ours never does.
fn unlinked(text: &str) -> String {
    if text.contains("](") {
        text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
    } else {
        text.to_owned()
    }
}

/// Returns where the head came from, where that is known.
fn provenance(review: &Review) -> Option<Provenance> {
    let web = review.range.web.as_ref()?;
    let repository = web.commit.strip_suffix("/-/commit/").or_else(|| web.commit.strip_suffix("/commit/"))?;
    let revision_id = review.range.head_commit.clone()?;
    Some(Provenance { repository_uri: repository.to_owned(), revision_id })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use serde_json::Value;

    use super::*;
    use crate::review::{Web, sample};

    /// Reads what is printed by three who know the standard: types made of its schema, the schema itself, and what
    /// code scanning requires beyond it.
    fn parsed(review: &Review) -> Value {
        let text = sarif(review);
        let value: Value = serde_json::from_str(&text).unwrap();
        // What the types do not know is dropped when they are read, so the same must come out.
        let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&typed).unwrap(), value);
        let asked = include_str!("../../../fixtures/schemas/code-scanning.json");
        for schema in [&published(), &serde_json::from_str(asked).unwrap()] {
            hold(&value, schema);
        }
        value
    }

    fn hold(value: &Value, schema: &Value) {
        let schema = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
        let errors: Vec<String> =
            schema.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    /// Returns the schema that the standard publishes: the package of the types has it among its sources.
    fn published() -> Value {
        let cargo = |args: &[&str]| {
            #[expect(clippy::disallowed_methods, reason = "the schema lies where cargo keeps the sources")]
            let output = Command::new(env!("CARGO"))
                .args(args)
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        // Packages that only other platforms need may not be on this machine.
        let version = cargo(&["--version", "--verbose"]);
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let about = cargo(&["metadata", "--offline", "--format-version", "1", "--filter-platform", host]);
        let about: Value = serde_json::from_str(&about).unwrap();
        let packages = about["packages"].as_array().unwrap();
        let types = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
        let folder = Path::new(types["manifest_path"].as_str().unwrap()).parent().unwrap();
        let text = std::fs::read_to_string(folder.join("src/schema.json")).unwrap();
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        // Its expression for languages has a bracket too many for a strict reader; no language is written.
        for holder in ["run", "toolComponent"] {
            let language = &mut schema["definitions"][holder]["properties"]["language"];
            language.as_object_mut().unwrap().remove("pattern");
        }
        schema
    }

    fn with_web(mut review: Review) -> Review {
        let repository = "https://example.com/ada/theme";
        let web =
            Web { commit: format!("{repository}/commit/"), file: format!("{repository}/blob/5c23a34/") };
        review.range.web = Some(web);
        review
    }

    #[test]
    fn results_are_what_code_scanning_reads() {
        let run = &parsed(&with_web(sample::review()))["runs"][0];
        assert_eq!(run["versionControlProvenance"][0]["repositoryUri"], "https://example.com/ada/theme");
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), GateRule::ALL.len());
        let results = run["results"].as_array().unwrap();
        let place = |at: usize| &results[at]["locations"][0]["physicalLocation"];
        assert_eq!(results.len(), 3);
        assert_eq!(place(0)["artifactLocation"]["uri"], "src/theme.rs");
        assert_eq!((&place(1)["region"]["startLine"], &results[1]["level"]), (&12.into(), &"error".into()));
        assert_eq!(place(2)["artifactLocation"]["uri"], ".tracker/config.toml");
        for found in results {
            let index = usize::try_from(found["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], found["ruleId"]);
        }
        assert_eq!(parsed(&sample::empty())["runs"][0]["results"], serde_json::json!([]));
    }

    #[test]
    fn hostile_paths_and_messages_stay_what_they_are() {
        let violation = Violation {
            file: Some("a:b/../[x](y) \"%2e\u{202e}.rs".to_owned()),
            ..sample::violation(
                GateRule::Standards,
                Level::Error,
                Some("T\n-1"),
                "see [here](https://evil) \u{1b}[2J",
            )
        };
        let log = parsed(&sample::judged(sample::empty(), vec![violation]));
        let found = &log["runs"][0]["results"][0];
        let uri = &found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "a%3Ab/../%5Bx%5D%28y%29%20%22%252e%E2%80%AE.rs");
        assert_eq!(found["message"]["text"], "T -1: see \\[here\\](https://evil) \\\\u{1b}\\[2J");
    }

    #[test]
    fn results_beyond_the_limit_are_counted() {
        let many = (0..6000).map(|at| {
            let level = if at < 100 { Level::Warn } else { Level::Error };
            sample::violation(GateRule::Standards, level, None, &format!("number {at}"))
        });
        let log = parsed(&sample::judged(sample::empty(), many.collect()));
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), MOST);
        let message = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(message.as_str().unwrap().starts_with("1000 more"), "{message}");
    }
}
