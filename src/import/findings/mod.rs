//! Reports of scanners, linters and test runners to findings: SARIF 2.1.0, JUnit XML, and small JSON dialects.
//!
//! A report that cannot be read whole is an error and never an empty list: who finds nothing must have looked. No
//! file that a report names is ever opened; paths are text.

mod found;
mod json;
mod junit;
mod lint;
mod matching;
mod place;
mod sarif;
mod scanner;
mod severity;
mod text;
pub(in crate::import) mod xml;

pub(crate) use found::Found;
pub use found::ToolReport;
pub(crate) use matching::{FindingStatus, Matched};
pub use matching::{gone, matched};
pub(crate) use place::is_inside;

use schemars::JsonSchema;
use serde::Serialize;

use self::text::Decoded;
use crate::model::Problem;

/// Most bytes of a report.
pub const LARGEST: usize = 100_000_000;
/// Most findings of a report: each becomes a file.
const MOST: usize = 10_000;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// A scanner's `security_report.json`.
    Security,
    /// A tester's `bugs.json`.
    Bugs,
    /// Cargo's messages in JSON, a line each.
    Cargo,
    /// What eslint prints as JSON.
    Eslint,
}

impl ReportFormat {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Security => "security",
            Self::Bugs => "bugs",
            Self::Cargo => "cargo",
            Self::Eslint => "eslint",
        }
    }
}

/// Reads a report. `name` is its file's name and helps where the content does not tell the format; `top` is the
/// top of the working tree, below which absolute paths are made relative.
///
/// # Errors
/// Why it cannot be read, with the line or the place within it.
pub fn read(
    bytes: &[u8],
    name: &str,
    format: Option<ReportFormat>,
    top: &str,
) -> Result<ToolReport, Problem> {
    if bytes.len() > LARGEST {
        return Err(Problem::error(format!("is larger than {} MB", LARGEST / 1_000_000)));
    }
    let Decoded { text, replaced } = text::decode(bytes)?;
    let text = text.as_ref();
    if text.trim().is_empty() {
        return Err(Problem::error("is empty").with_hint("a tool that found nothing says so in its report"));
    }
    let format = match format {
        Some(format) => format,
        None => json::format_of(text, name)?,
    };
    // A test runner puts into its report what a program prints, whatever that is.
    if let Some(first) = replaced.first().filter(|_| format != ReportFormat::Junit) {
        return Err(text::not_utf8(text, *first));
    }
    let mut report = match format {
        ReportFormat::Sarif => sarif::read(text, top),
        ReportFormat::Junit => junit::read(text, &replaced, top),
        ReportFormat::Security | ReportFormat::Bugs => scanner::read(text, format, top),
        ReportFormat::Cargo => lint::read_cargo(text, top),
        ReportFormat::Eslint => lint::read_eslint(text, top),
    }?;
    report.tell_apart();
    report.warn_of_severities();
    if report.found.len() > MOST {
        let message = format!("has {} findings; at most {MOST} are taken", report.found.len());
        let hint = "leave out what the team does not act on, or take a baseline, in the tool's own settings";
        return Err(Problem::error(message).with_hint(hint));
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::{ReportFormat, ToolReport, read};
    use crate::model::Problem;

    pub(super) fn report(text: &str) -> ToolReport {
        read(text.as_bytes(), "report", None, "/home/ada/repo").unwrap_or_else(|problem| panic!("{problem}"))
    }

    pub(super) fn refusal(text: &str) -> Problem {
        read(text.as_bytes(), "report", None, "/home/ada/repo").unwrap_err()
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        for (text, message) in [
            ("", "empty"),
            (" \n\t", "empty"),
            ("{", "cut off"),
            ("{}", "format"),
            ("[]", "format"),
            ("<html></html>", "testsuite"),
            ("all is well", "neither"),
        ] {
            let problem = refusal(text).to_string();
            assert!(problem.contains(message), "{text}: {problem}");
        }
        let problem = read(b"{\n\"bugs\": \"\xff\"}", "x", Some(ReportFormat::Bugs), "/").unwrap_err();
        assert_eq!((problem.line, problem.message.as_str()), (Some(2), "is not UTF-8 text"));
    }

    #[test]
    fn reports_of_windows_tools_are_read() {
        let report = |text: &str| {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            read(&[b"\xff\xfe", &bytes[..]].concat(), "x", None, "/")
                .unwrap_or_else(|problem| panic!("{problem}"))
        };
        let bugs = report("{\"bugs\": [{\"title\": \"café\", \"severity\": \"low\"}]}");
        assert_eq!(bugs.found[0].title, "café");
        let sarif = "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"t\"}}, \"results\": []}]}";
        assert_eq!(report(sarif).format, ReportFormat::Sarif);
        let junit =
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><testsuite><testcase name=\"a\"/></testsuite>";
        assert_eq!(report(junit).format, ReportFormat::Junit);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_and_a_format_can_be_forced() {
        let text = "\u{feff}[{\"title\": \"slow\", \"severity\": \"low\"}]";
        let report = read(text.as_bytes(), "x", Some(ReportFormat::Bugs), "/").unwrap();
        assert_eq!((report.format, report.found.len()), (ReportFormat::Bugs, 1));
        assert!(read(text.as_bytes(), "x", Some(ReportFormat::Junit), "/").is_err());
        assert_eq!(read(text.as_bytes(), "my-bugs.json", None, "/").unwrap().format, ReportFormat::Bugs);
    }

    #[test]
    fn too_many_findings_are_no_report() {
        let one = "{\"title\":\"a\",\"severity\":\"low\",\"file\":\"a.py\",\"line\":";
        let many = |count: usize| {
            let all: Vec<String> = (1..=count).map(|line| format!("{one}{line}}}")).collect();
            format!("{{\"bugs\":[{}]}}", all.join(","))
        };
        assert_eq!(report(&many(10_000)).found.len(), 10_000);
        assert!(refusal(&many(10_001)).message.contains("10001 findings"));
    }
}
