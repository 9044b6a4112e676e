//! `security_report.json` and `bugs.json`: a list of findings, each with a title, a severity, a place and a
//! recommendation. Agents write these by hand, so several names are understood for each.

use serde_json::{Map, Value};

use super::found::{Found, ToolReport};
use super::{ReportFormat, json, place, severity};
use crate::model::{FindingSeverity, Problem};

const LISTS: [&str; 4] = ["vulnerabilities", "bugs", "findings", "issues"];
const TITLE: [&str; 6] = ["issue", "title", "bug", "name", "summary", "message"];
const SEVERITY: [&str; 3] = ["severity", "level", "priority"];
const FILE: [&str; 4] = ["file", "path", "filename", "location"];
const LINE: [&str; 3] = ["line", "line_number", "start_line"];
const RECOMMENDATION: [&str; 6] =
    ["recommendation", "remediation", "suggestion", "suggested_fix", "fix", "solution"];
const DETAIL: [&str; 3] = ["description", "details", "detail"];
const RULE: [&str; 5] = ["rule", "rule_id", "cwe", "type", "category"];
const TOOL: [&str; 3] = ["tool", "scanner", "generator"];

/// Reads a report.
pub(super) fn read(text: &str, format: ReportFormat, top: &str) -> Result<ToolReport, Problem> {
    let whole: Value = json::parse(text)?;
    let empty = Map::new();
    let fields = whole.as_object().unwrap_or(&empty);
    let tool = text_of(fields, &TOOL).unwrap_or_else(|| format.as_str().to_owned());
    let (key, items) = list_of(&whole)?;
    let mut report = ToolReport::of(format);
    for (at, item) in items.iter().enumerate() {
        let pointer = format!("{key}[{at}]");
        let item = item
            .as_object()
            .ok_or_else(|| Problem::error("is no finding: expected an object").on_key(&pointer))?;
        report.found.push(found(item, &tool, top).map_err(|problem| problem.on_key(&pointer))?);
    }
    report.found.extend(uncounted(fields, &report.found, &tool));
    report.tools.push(super::found::name(&tool));
    Ok(report)
}

/// Returns the list of findings with the name it has.
fn list_of(whole: &Value) -> Result<(&'static str, &Vec<Value>), Problem> {
    if let Value::Array(items) = whole {
        return Ok(("", items));
    }
    let Some((key, value)) = LISTS.iter().find_map(|key| Some((*key, whole.get(key)?))) else {
        let problem = Problem::error("has no list of findings");
        return Err(problem.with_hint(format!("expected one of {}", LISTS.join(", "))));
    };
    match value {
        Value::Array(items) => Ok((key, items)),
        _ => Err(Problem::error("is no list").on_key(key)),
    }
}

fn found(item: &Map<String, Value>, tool: &str, top: &str) -> Result<Found, Problem> {
    let detail = text_of(item, &DETAIL);
    let Some(title) = text_of(item, &TITLE).or_else(|| detail.clone()) else {
        let hint = format!("expected one of {}", TITLE.join(", "));
        return Err(Problem::error("does not say what was found").with_hint(hint));
    };
    // What nobody has rated must not pass.
    let severity = text_of(item, &SEVERITY).map_or(FindingSeverity::High, |word| severity::of_word(&word));
    let (file, line) = place_of(item, top);
    let mut found = Found::new(tool, severity, &title)
        .of_rule(text_of(item, &RULE).as_deref())
        .at(file, line)
        .fixed_by(text_of(item, &RECOMMENDATION).as_deref());
    if let Some(more) = detail.filter(|detail| *detail != title) {
        found.detail = Found::new(tool, found.severity.clone(), &format!("{title}\n{more}")).detail;
    }
    Ok(found)
}

/// Reads `file` and `line`, or both from `file:line`.
fn place_of(item: &Map<String, Value>, top: &str) -> (Option<String>, Option<u32>) {
    let Some(file) = text_of(item, &FILE) else { return (None, None) };
    let line = text_of(item, &LINE).and_then(|text| first_number(&text));
    let (path, line) = match (file.rsplit_once(':'), line) {
        (Some((path, after)), None) if first_number(after).is_some() => (path, first_number(after)),
        (_, line) => (file.as_str(), line),
    };
    (Some(place::of_path(path, top)), line)
}

/// Reads `41`, and the first of `41-50`.
fn first_number(text: &str) -> Option<u32> {
    let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Returns what a summary counts as high or critical and the list does not show.
fn uncounted(fields: &Map<String, Value>, found: &[Found], tool: &str) -> Vec<Found> {
    let Some(summary) = fields.get("summary").and_then(Value::as_object) else { return Vec::new() };
    let missing = |severity: FindingSeverity| {
        let counted = summary.get(severity.as_str()).and_then(Value::as_u64)?;
        let shown = found.iter().filter(|found| found.severity == severity).count() as u64;
        let message = format!("the summary counts {counted} {severity} findings, and {shown} are listed");
        (counted > shown).then(|| Found::new(tool, severity, &message).of_rule(Some("summary")))
    };
    [FindingSeverity::Critical, FindingSeverity::High].into_iter().filter_map(missing).collect()
}

/// Returns the first of these keys that contains a text or a number.
fn text_of(item: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    keys.iter().filter_map(|key| item.get(*key)).find_map(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::import::findings::ReportFormat;
    use crate::import::findings::tests::{refusal, report};

    #[test]
    fn a_security_report_is_read() {
        let report = report(
            r#"{"scanner": "probe", "vulnerabilities": [
                {"issue": "Query is built from text", "severity": "critical", "file": "src/db.py", "line": 41,
                 "recommendation": "Bind the values", "cwe": "CWE-89"},
                {"issue": "Old hash", "severity": "Moderate", "file": "./src/hash.py:7"}]}"#,
        );
        assert_eq!(
            (report.format, report.tools.as_slice()),
            (ReportFormat::Security, &["probe".to_owned()][..])
        );
        let [query, hash] = report.found.as_slice() else { panic!("{report:?}") };
        assert_eq!((query.severity.as_str(), query.rule.as_deref()), ("critical", Some("CWE-89")));
        assert_eq!(query.recommendation.as_deref(), Some("Bind the values"));
        assert_eq!(
            (hash.severity.as_str(), hash.file.as_deref(), hash.line),
            ("medium", Some("src/hash.py"), Some(7))
        );
    }

    #[test]
    fn bugs_are_read_and_what_nobody_rated_is_high() {
        let report =
            report(r#"{"bugs": [{"title": "Crash on save", "description": "Every time.\nAlways."}]}"#);
        assert_eq!((report.format, report.found[0].severity.as_str()), (ReportFormat::Bugs, "high"));
        assert_eq!(report.found[0].detail.as_deref(), Some("Crash on save\nEvery time.\nAlways."));
    }

    #[test]
    fn a_summary_that_counts_more_than_is_listed_is_a_finding() {
        let report = report(r#"{"vulnerabilities": [], "summary": {"critical": 2, "high": 0, "low": 9}}"#);
        assert_eq!(report.found.len(), 1);
        assert!(report.found[0].title.contains("counts 2 critical"), "{report:?}");
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(refusal(r#"{"bugs": {}}"#).to_string(), "bugs: is no list");
        assert_eq!(refusal(r#"{"bugs": [{"title": "a"}, 7]}"#).key.as_deref(), Some("bugs[1]"));
        assert_eq!(
            refusal(r#"{"bugs": [{"severity": "low"}]}"#).to_string(),
            "bugs[0]: does not say what was found"
        );
    }
}
