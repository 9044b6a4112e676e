//! What linters print that have no SARIF of their own: cargo's messages (clippy, the compiler), and eslint's JSON.

use serde::Deserialize;

use super::found::{Found, ToolReport, name};
use super::{ReportFormat, json, place};
use crate::model::{FindingSeverity, Problem};

#[derive(Deserialize)]
struct CargoLine {
    reason: String,
    message: Option<CargoMessage>,
}

#[derive(Deserialize)]
struct CargoMessage {
    level: String,
    message: String,
    code: Option<CargoCode>,
    #[serde(default)]
    spans: Vec<CargoSpan>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct CargoCode {
    code: String,
}

#[derive(Deserialize)]
struct CargoSpan {
    file_name: String,
    line_start: u32,
    column_start: u32,
    is_primary: bool,
}

/// Reads the messages of `cargo … --message-format json`, a line each. Without the line that says that the build has
/// finished the report is cut off.
pub(super) fn read_cargo(text: &str, top: &str) -> Result<ToolReport, Problem> {
    let mut report = ToolReport::of(ReportFormat::Cargo);
    let mut has_finished = false;
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: CargoLine = json::parse(line).map_err(|problem| problem.at_line(at + 1))?;
        has_finished |= line.reason == "build-finished";
        let Some(message) = line.message.filter(|_| line.reason == "compiler-message") else { continue };
        // Sums, such as `2 warnings emitted`, have no place.
        let Some(span) = message.spans.iter().find(|span| span.is_primary).or(message.spans.first()) else {
            continue;
        };
        let rule = message.code.as_ref().map_or(message.level.as_str(), |code| code.code.as_str());
        let severity = match message.level.as_str() {
            "error" | "error: internal compiler error" => FindingSeverity::High,
            "warning" => FindingSeverity::Low,
            _ => FindingSeverity::Info,
        };
        let words = message.rendered.as_deref().unwrap_or(&message.message);
        let mut found = Found::new("cargo", severity, words).titled(Some(message.message.clone()));
        found =
            found.of_rule(Some(rule)).at(Some(place::of_path(&span.file_name, top)), Some(span.line_start));
        found.column = Some(span.column_start);
        report.found.push(found);
    }
    if !has_finished {
        return Err(Problem::error("is cut off: it does not say that the build has finished"));
    }
    report.tools.push(name("cargo"));
    Ok(report)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EslintFile {
    file_path: String,
    messages: Vec<EslintMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EslintMessage {
    rule_id: Option<String>,
    severity: u8,
    message: String,
    line: Option<u32>,
    column: Option<u32>,
    #[serde(default)]
    fatal: bool,
}

/// Reads what `eslint --format json` prints. What is no rule's is that the file does not parse.
pub(super) fn read_eslint(text: &str, top: &str) -> Result<ToolReport, Problem> {
    let files: Vec<EslintFile> = json::parse(text)?;
    let mut report = ToolReport::of(ReportFormat::Eslint);
    for file in files {
        for message in file.messages {
            let severity = match (message.fatal, message.severity) {
                (true, _) => FindingSeverity::High,
                (false, 2) => FindingSeverity::Medium,
                (false, _) => FindingSeverity::Low,
            };
            let rule = message.rule_id.as_deref().unwrap_or("parse");
            let mut found = Found::new("eslint", severity, &message.message).of_rule(Some(rule));
            found = found.at(Some(place::of_path(&file.file_path, top)), message.line);
            found.column = message.column;
            report.found.push(found);
        }
    }
    report.tools.push(name("eslint"));
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::{read_cargo, read_eslint};

    #[test]
    fn messages_of_cargo_are_findings_with_rule_and_place() {
        let message = r#"{"reason":"compiler-message","message":{"level":"warning","message":"unneeded `return`","code":{"code":"clippy::needless_return"},"spans":[{"file_name":"src/lib.rs","line_start":3,"column_start":5,"is_primary":true}],"rendered":"warning: unneeded"}}"#;
        let sum = r#"{"reason":"compiler-message","message":{"level":"warning","message":"1 warning emitted","code":null,"spans":[]}}"#;
        let end = r#"{"reason":"build-finished","success":true}"#;
        let report = read_cargo(&format!("{message}\n{sum}\n{end}\n"), "/r").unwrap();
        let found = &report.found[0];
        assert_eq!(report.found.len(), 1);
        assert_eq!(
            (found.rule.as_deref(), found.file.as_deref(), found.line, found.title.as_str()),
            (Some("clippy::needless_return"), Some("src/lib.rs"), Some(3), "unneeded `return`")
        );
        for text in [message, "{\"reason\":", "error: no such command"] {
            assert!(read_cargo(text, "/r").is_err(), "{text}");
        }
    }

    #[test]
    fn messages_of_eslint_are_findings_and_what_does_not_parse_is_one() {
        let text = r#"[{"filePath":"/r/a.js","messages":[
            {"ruleId":"no-var","severity":2,"message":"Unexpected var","line":1,"column":1},
            {"ruleId":null,"fatal":true,"severity":2,"message":"Parsing error: x","line":2,"column":3}]},
            {"filePath":"/r/b.js","messages":[]}]"#;
        let report = read_eslint(text, "/r").unwrap();
        let found: Vec<_> =
            report.found.iter().map(|f| (f.rule.as_deref().unwrap(), f.file.as_deref().unwrap())).collect();
        assert_eq!(found, [("no-var", "a.js"), ("parse", "a.js")]);
        assert!(read_eslint("[{\"filePath\": \"a\"", "/r").is_err());
    }
}
