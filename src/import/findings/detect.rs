//! Which format a report has, from its content.

use std::collections::HashMap;

use serde::de::IgnoredAny;

use super::{ReportFormat, json};
use crate::model::Problem;

const HINT: &str = "say what it is: --from sarif, junit, security or bugs";

/// Tells the format of a report; `name` helps where the content can be two.
pub(super) fn format_of(text: &str, name: &str) -> Result<ReportFormat, Problem> {
    let text = text.trim_start();
    match text.as_bytes().first() {
        // Its reader says best what is wrong with XML that is no JUnit report.
        Some(b'<') => Ok(ReportFormat::Junit),
        Some(b'{') => of_object(text, name),
        Some(b'[') => by_name(name).ok_or_else(unknown),
        _ => Err(Problem::error("is neither JSON nor XML").with_hint(HINT)),
    }
}

fn of_object(text: &str, name: &str) -> Result<ReportFormat, Problem> {
    let keys: HashMap<String, IgnoredAny> = json::parse(text)?;
    let has = |key: &str| keys.contains_key(key);
    if has("runs") || has("$schema") && has("version") {
        Ok(ReportFormat::Sarif)
    } else if has("bugs") {
        Ok(ReportFormat::Bugs)
    } else if has("vulnerabilities") {
        Ok(ReportFormat::Security)
    } else if has("findings") || has("issues") {
        Ok(by_name(name).unwrap_or(ReportFormat::Security))
    } else {
        Err(unknown())
    }
}

fn by_name(name: &str) -> Option<ReportFormat> {
    let name = name.to_ascii_lowercase();
    if name.contains("bug") {
        Some(ReportFormat::Bugs)
    } else {
        name.contains("secur").then_some(ReportFormat::Security)
    }
}

fn unknown() -> Problem {
    Problem::error("is of no known format").with_hint(HINT)
}
