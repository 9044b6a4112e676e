//! The report of code quality that GitLab shows in merge requests.

use serde::Serialize;

use super::fingerprint::fingerprints;
use super::place;
use super::with_suggestion;
use crate::review::{Review, Violation};

/// Longest description, in characters.
const LONGEST: usize = 1000;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// Returns the violations as issues of code quality.
pub(super) fn gitlab(review: &Review) -> String {
    let violations = &review.verdict.violations;
    let issues: Vec<Issue<'_>> = violations
        .iter()
        .zip(fingerprints(violations))
        .map(|(violation, print)| issue(violation, print))
        .collect();
    let text = serde_json::to_string_pretty(&issues).expect("plain data with text keys is always JSON");
    format!("{text}\n")
}

fn issue(violation: &Violation, fingerprint: String) -> Issue<'_> {
    let (path, begin) = place(violation);
    let severity = if violation.is_error() { "blocker" } else { "minor" };
    let description = with_suggestion(violation, " — ", LONGEST);
    Issue {
        description,
        check_name: violation.rule.as_str(),
        fingerprint,
        severity,
        location: Location { path, lines: Lines { begin } },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::model::{GateRule, Level};
    use crate::review::sample;

    /// What GitLab requires: <https://docs.gitlab.com/ci/testing/code_quality/>.
    fn schema() -> Value {
        serde_json::json!({
            "type": "array",
            "items": {
                "type": "object",
                "required": ["description", "check_name", "fingerprint", "severity", "location"],
                "additionalProperties": false,
                "properties": {
                    "description": { "type": "string", "minLength": 1 },
                    "check_name": { "type": "string", "minLength": 1 },
                    "fingerprint": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
                    "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                    "location": {
                        "type": "object",
                        "required": ["path", "lines"],
                        "additionalProperties": false,
                        "properties": {
                            "path": { "type": "string", "pattern": "^(?!\\./)[^/]" },
                            "lines": {
                                "type": "object",
                                "required": ["begin"],
                                "additionalProperties": false,
                                "properties": { "begin": { "type": "integer", "minimum": 1 } }
                            }
                        }
                    }
                }
            }
        })
    }

    /// Reads what is printed, and checks it against what GitLab requires.
    fn parsed(review: &Review) -> Vec<Value> {
        let value: Value = serde_json::from_str(&gitlab(review)).unwrap();
        let schema = jsonschema::validator_for(&schema()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let issues = value.as_array().unwrap().clone();
        let prints: BTreeSet<&str> =
            issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(prints.len(), issues.len(), "GitLab shows one of those that share a fingerprint");
        issues
    }

    #[test]
    fn issues_are_what_gitlab_reads() {
        let issues = parsed(&sample::review());
        let seen: Vec<(&str, &str, u64)> = issues
            .iter()
            .map(|issue| {
                let location = &issue["location"];
                let begin = location["lines"]["begin"].as_u64().unwrap();
                (issue["severity"].as_str().unwrap(), location["path"].as_str().unwrap(), begin)
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("blocker", "src/theme.rs", 1),
                ("blocker", ".tracker/config.toml", 12),
                ("minor", ".tracker/config.toml", 1)
            ]
        );
        assert_eq!(gitlab(&sample::empty()), "[]\n");
    }

    #[test]
    fn equal_violations_are_two_issues() {
        let twice =
            || sample::violation(GateRule::Standards, Level::Warn, None, "9fc01aa \"wip\" is no work");
        assert_eq!(parsed(&sample::judged(sample::empty(), vec![twice(), twice()])).len(), 2);
    }
}
