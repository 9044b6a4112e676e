//! Which format a report has, from its content; and JSON of strangers: bounded in depth, and errors that say where.

use std::collections::HashMap;

use serde::de::{DeserializeOwned, IgnoredAny};

use super::ReportFormat;
use crate::model::Problem;

/// Deepest nesting of a report.
const DEEPEST: usize = 200;

/// Parses a whole text. What follows the document is an error, as is its missing end.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    bounded(text)?;
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let why = message.strip_suffix(&place).unwrap_or(&message);
        let why = if error.is_eof() {
            "is cut off: the JSON does not end".to_owned()
        } else {
            format!("is not as expected: {why}")
        };
        Problem::error(format!("{why} (column {})", error.column())).at_line(error.line())
    })
}

/// Refuses a text that is nested too deep, before anything walks down there.
fn bounded(text: &str) -> Result<(), Problem> {
    let (mut depth, mut line, mut in_text, mut escaped) = (0_usize, 1, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'\n' => line += 1,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Problem::error(format!("is nested deeper than {DEEPEST} levels")).at_line(line));
        }
    }
    Ok(())
}

const HINT: &str = "say what it is: --from sarif, junit, security or bugs";

/// Detects the format of a report; `name` helps where the content can be two.
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
    let keys: HashMap<String, IgnoredAny> = parse(text)?;
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

#[cfg(test)]
mod tests {
    use super::parse;
    use serde_json::Value;

    #[test]
    fn errors_name_the_position() {
        let problem = |text: &str| parse::<Value>(text).unwrap_err().to_string();
        assert_eq!(problem("{\n \"a\": [1,"), "line 2: is cut off: the JSON does not end (column 9)");
        assert!(problem("{} {}").contains("trailing"), "{}", problem("{} {}"));
        assert!(problem(&"[".repeat(100_000)).contains("deeper"));
        let text = format!("{{\"a\": \"{}\"}}", "[{\\\"".repeat(1_000));
        assert!(parse::<Value>(&text).is_ok(), "brackets of a text are no depth");
    }
}
