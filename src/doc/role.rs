//! A role's file: a title as front matter, below it instructions for an agent in this role, and under the heading
//! Checklist what a person goes through.

use super::source::Kind;
use super::task::{Fields, Writer, unknown_but};
use super::words::role_name;
use super::{Document, is_heading, markdown, sections};
use crate::model::{Problem, RoleGuide, Severity};

const KEYS: [&str; 2] = ["role", "title"];

/// Keys that belong into the configuration, where the policy of the target branch is read.
const RULES: [&str; 4] = ["members", "quorum", "people_only", "paths"];

const CHECKLIST: &str = "Checklist";

/// Reads instructions for a role; `name` is its file's name without the ending.
///
/// # Errors
/// All problems of the document, warnings included, each with its line and key.
pub fn read_role(name: &str, bytes: &[u8]) -> Result<RoleGuide, Vec<Problem>> {
    let (document, problems) = Document::open(bytes, Kind::Markdown)?;
    let mut fields = Fields::new(&document, problems);
    if let Err(problem) = role_name(name) {
        fields.report("role", problem.at_line(1));
    }
    if let Some(written) = fields.text("role").filter(|written| *written != name) {
        let problem = Problem::error(format!("the file of the role `{name}` says `{written}`"));
        fields.report("role", problem.with_hint("leave the key out: a role is called as its file is"));
    }
    let title = fields.text("title").map(str::to_owned);
    for key in RULES.into_iter().filter(|key| document.value(key).is_some()) {
        let problem = Problem::warning("the rules of a role are not read from here");
        fields.report(key, problem.with_hint(format!("set it in `config.toml`, under `[roles.{name}]`")));
    }
    let unknown = unknown_but(&document, |key| KEYS.contains(&key));
    let warnings = fields.into_problems();
    if warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(warnings);
    }
    let (prompt, checklist) = parts(document.body());
    Ok(RoleGuide { role: name.to_owned(), title, prompt, checklist, unknown, warnings })
}

/// Takes a body apart: the text without the checklist, and the checklist's items.
fn parts(body: &str) -> (String, Vec<String>) {
    let found = sections(body).into_iter().find(|section| is_heading(&section.heading, CHECKLIST));
    let Some(section) = found else { return (body.trim().to_owned(), Vec::new()) };
    let heading = super::lines::start_of(body, section.own.start.saturating_sub(1));
    let items = section.text.lines().filter_map(markdown::list_item).map(str::to_owned).collect();
    let below = body[section.own.start..].find(section.text.as_str()).unwrap_or(0);
    let end = section.own.start + below + section.text.len();
    let (before, after) = (body[..heading].trim(), body[end..].trim());
    let gap = if before.is_empty() || after.is_empty() { "" } else { "\n\n" };
    (format!("{before}{gap}{after}"), items)
}

/// Writes a new role's file.
#[must_use]
pub fn create_role(guide: &RoleGuide) -> String {
    let mut out = Writer::default();
    out.text("title", guide.title.as_deref());
    for (key, value) in guide.unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
        out.unknown(key, value);
    }
    let mut body = String::new();
    if !guide.prompt.trim().is_empty() {
        body = format!("\n{}\n", guide.prompt.trim());
    }
    if !guide.checklist.is_empty() {
        let items: String = guide.checklist.iter().map(|item| format!("- [ ] {item}\n")).collect();
        body.push_str(&format!("\n## {CHECKLIST}\n\n{items}"));
    }
    out.finish(&body)
}
