//! A finding's file: one YAML mapping, created once. What becomes of it is appended to `resolutions`.

use super::printable::printable;
use super::source::Kind;
use super::task::{Entry, EntryKind, Fields, Writer, entries, moment, moment_text, unknown_but};
use super::words::{finding_id, person, role_name, task_id};
use super::yaml::Node;
use super::yaml::scalar::{self, ScalarContext};
use super::{Document, Edit, Scalar};
use crate::model::{
    Finding, FindingId, FindingSeverity, FindingState, Problem, Resolution, Severity, TaskId, ToolSource,
};

/// The keys of a finding in canonical order.
const KEYS: [&str; 15] = [
    "id",
    "task",
    "role",
    "severity",
    "title",
    "detail",
    "file",
    "line",
    "recommendation",
    "by",
    "at",
    "tool",
    "rule",
    "fingerprint",
    "resolutions",
];

const REQUIRED: [(&str, &str); 7] = [
    ("id", "F2"),
    ("task", "TASK-7Q2M"),
    ("role", "security-auditor"),
    ("severity", "high"),
    ("title", "token logged"),
    ("by", "Ada Lovelace <ada@example.com>"),
    ("at", "2026-11-11T15:30:00Z"),
];

const RESOLUTIONS: EntryKind = EntryKind {
    list: "resolutions",
    one: "resolution",
    plural: "resolutions",
    example: "{at: …, by: …, to: resolved, why: …}",
};

/// Reads a finding that lies in a task's folder.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and key; also that it is about another
/// task.
pub fn read_finding(folder: &TaskId, bytes: &[u8]) -> Result<Finding, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Yaml)?;
    let mut fields = Fields::new(&document, problems);
    fields.require_all("finding", &REQUIRED);
    let id = fields.parsed("id", finding_id);
    let task = fields.parsed("task", |text| match task_id(text)? {
        task if task == *folder => Ok(task),
        task => {
            let message = format!("the finding is about {task} and lies in the folder of {folder}");
            Err(Problem::error(message).with_hint("move it back, or correct its `task`"))
        }
    });
    let role = fields.parsed("role", role_name);
    let severity = severity(&mut fields);
    let title = fields.text("title").map(str::to_owned);
    let detail = fields.text("detail").map(str::to_owned);
    let file = fields.text("file").map(str::to_owned);
    let line = fields.parsed("line", |text| {
        let line = text.parse().ok().filter(|&line| line > 0);
        line.ok_or_else(|| Problem::error(format!("`{}` is no line: a number from 1", printable(text))))
    });
    let recommendation = fields.text("recommendation").map(str::to_owned);
    let by = fields.parsed("by", person);
    let at = fields.parsed("at", moment);
    let source = source(&mut fields);
    let found = entries(&mut fields, RESOLUTIONS);
    let resolutions = found.iter().filter_map(|entry| resolution(entry, &mut fields)).collect();
    let unknown = unknown_but(&document, |key| KEYS.contains(&key));
    let warnings = fields.into_problems();
    let (Some(id), Some(task), Some(role), Some(severity)) = (id, task, role, severity) else {
        return Err(warnings);
    };
    let (Some(title), Some(by), Some(at)) = (title, by, at) else { return Err(warnings) };
    if warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(warnings);
    }
    Ok(Finding {
        id,
        task,
        role,
        severity,
        title,
        detail,
        file,
        line,
        recommendation,
        by,
        at,
        source,
        resolutions,
        unknown,
        warnings,
    })
}

fn severity(fields: &mut Fields<'_>) -> Option<FindingSeverity> {
    let severity = fields.text("severity").map(FindingSeverity::parse);
    if let Some(FindingSeverity::Unknown(text)) = &severity {
        let problem =
            Problem::warning(format!("`{}` is not a known severity; it counts as critical", printable(text)));
        let hint = format!("known are {}", FindingSeverity::KNOWN.join(", "));
        fields.report("severity", problem.with_hint(hint));
    }
    severity
}

fn source(fields: &mut Fields<'_>) -> Option<ToolSource> {
    let tool = fields.text("tool").map(str::to_owned);
    let rule = fields.text("rule").map(str::to_owned);
    let fingerprint = fields.text("fingerprint").map(str::to_owned);
    let is_tool = tool.is_some() || rule.is_some() || fingerprint.is_some();
    is_tool.then(|| ToolSource { tool: tool.unwrap_or_default(), rule, fingerprint })
}

fn resolution(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<Resolution> {
    let at = entry.moment(fields, "at");
    let by = entry.required(fields, "by", person);
    let to = entry.required(fields, "to", |text| Ok(FindingState::parse(text)));
    if let Some(FindingState::Unknown(text)) = &to {
        let problem =
            Problem::warning(format!("`{}` is not a known state; it counts as open", printable(text)));
        let hint = format!("known are {}", FindingState::KNOWN.join(", "));
        entry.report(fields, "to", problem.with_hint(hint));
    }
    let why = entry.value("why").and_then(Node::as_text).map(str::to_owned);
    let signature = entry.value("signature").and_then(Node::as_text).map(str::to_owned);
    Some(Resolution { at: at?, by: by?, to: to?, why, signature })
}

/// Writes a new finding: the same bytes for the same finding.
#[must_use]
pub fn create_finding(finding: &Finding) -> String {
    let mut out = Writer::default();
    out.plain("id", finding.id.as_str());
    out.plain("task", finding.task.as_str());
    out.text("role", Some(&finding.role));
    out.text("severity", Some(finding.severity.as_str()));
    out.text("title", Some(&finding.title));
    out.long("detail", finding.detail.as_deref());
    out.text("file", finding.file.as_deref());
    finding.line.inspect(|line| out.plain("line", &line.to_string()));
    out.long("recommendation", finding.recommendation.as_deref());
    out.text("by", Some(&finding.by.to_string()));
    out.plain("at", &moment_text(finding.at));
    if let Some(source) = &finding.source {
        out.text("tool", Some(source.tool.as_str()).filter(|tool| !tool.is_empty()));
        out.text("rule", source.rule.as_deref());
        out.text("fingerprint", source.fingerprint.as_deref());
    }
    out.mappings("resolutions", finding.resolutions.iter().map(pairs));
    for (key, value) in finding.unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    out.finish_yaml()
}

fn pairs(resolution: &Resolution) -> Vec<(&'static str, String)> {
    let text = |text: &str| scalar::text(text, ScalarContext::Flow);
    let mut pairs = vec![
        ("at", moment_text(resolution.at)),
        ("by", text(&resolution.by.to_string())),
        ("to", text(resolution.to.as_str())),
    ];
    pairs.extend(resolution.why.as_deref().map(|why| ("why", text(why))));
    pairs.extend(resolution.signature.as_deref().map(|signature| ("signature", text(signature))));
    pairs
}

/// Returns what a signature of a resolution signs: the finding's ids, and all that the resolution says.
#[must_use]
pub fn signed_resolution(task: &TaskId, finding: &FindingId, resolution: &Resolution) -> String {
    let unsigned = Resolution { signature: None, ..resolution.clone() };
    let mut out = Writer::default();
    out.plain("task", task.as_str());
    out.plain("finding", finding.as_str());
    out.mappings(RESOLUTIONS.list, std::iter::once(pairs(&unsigned)));
    out.finish_yaml()
}

/// Returns the edit that resolves, waives or reopens a finding: one more line in its file, every other byte as it was.
#[must_use]
pub fn resolve_finding(resolution: &Resolution) -> Edit {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let at = moment_text(resolution.at);
    let mut entry = vec![
        ("at".to_owned(), Scalar::Plain(at)),
        ("by".to_owned(), text(&resolution.by.to_string())),
        ("to".to_owned(), text(resolution.to.as_str())),
    ];
    entry.extend(resolution.why.as_deref().map(|why| ("why".to_owned(), text(why))));
    entry.extend(resolution.signature.as_deref().map(|signature| ("signature".to_owned(), text(signature))));
    Edit::Append { key: RESOLUTIONS.list.to_owned(), entry }
}

#[cfg(test)]
mod tests {
    use super::{create_finding, read_finding, resolve_finding};
    use crate::doc::Document;
    use crate::model::{FindingState, Person, Resolution, TaskId};

    const TEXT: &str = "# by hand\nid: F2\ntask: TASK-7Q2M\nrole: tester\nseverity: high  # really\n\
                        title: slow\nby: Ken <ken@example.com>\nat: 2026-11-11T15:30:00Z\n";

    fn resolution(at: &str, to: FindingState) -> Resolution {
        let by = Person { name: "Ada".to_owned(), email: "ada@example.com".to_owned() };
        Resolution {
            at: at.parse().unwrap(),
            by,
            to,
            why: Some("cached: all of it".to_owned()),
            signature: None,
        }
    }

    #[test]
    fn resolving_appends_and_touches_nothing_else() {
        let task = TaskId::parse("TASK-7Q2M").unwrap();
        let document = Document::yaml(TEXT.as_bytes()).unwrap();
        let resolved = resolution("2026-11-12T10:00:00Z", FindingState::Resolved);
        let text = document.edit(&[resolve_finding(&resolved)]).unwrap();
        assert!(text.starts_with(TEXT), "{text}");
        let again = resolution("2026-11-13T10:00:00Z", FindingState::Open);
        let both = Document::yaml(text.as_bytes()).unwrap().edit(&[resolve_finding(&again)]).unwrap();
        assert!(both.starts_with(&text), "{both}");
        let finding = read_finding(&task, both.as_bytes()).unwrap();
        assert_eq!(finding.resolutions, [resolved, again]);
        assert!(finding.state().is_open());
        assert_eq!(read_finding(&task, create_finding(&finding).as_bytes()).unwrap(), finding);
    }
}
