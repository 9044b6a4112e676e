//! Many tasks to be written down, from one YAML, JSON or JSON Lines text.

use serde::Deserialize;

use super::{source, yaml};
use crate::model::Problem;

/// Largest batch, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// A task to be written down: what a person or an agent says of it, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What others of the same batch call it, as `@REF`.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// An id of its own instead of a new one.
    #[serde(default)]
    pub id: Option<String>,
    /// One line.
    pub title: String,
    /// Chooses the pipeline.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Option<String>,
    /// Who works on it.
    #[serde(default)]
    pub assignee: Option<String>,
    /// The part of the product.
    #[serde(default)]
    pub area: Option<String>,
    /// Free labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The sprint it is planned for.
    #[serde(default)]
    pub sprint: Option<String>,
    /// Tasks that must be done first: ids, parts of ids, or `@REF`.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// Target files.
    #[serde(default)]
    pub files: Vec<String>,
    /// How long it should take.
    #[serde(default)]
    pub estimate: Option<String>,
    /// Markdown.
    #[serde(default)]
    pub description: Option<String>,
    /// Deliverables, each a check box.
    #[serde(default)]
    pub deliverables: Vec<String>,
    /// Acceptance criteria, each a check box.
    #[serde(default)]
    pub criteria: Vec<String>,
}

impl Draft {
    /// Returns the Markdown of a new task: a section for each thing that was said.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = String::new();
        let mut section = |heading: &str, text: &str| {
            if !text.trim().is_empty() {
                body.push_str(&format!("\n## {heading}\n\n{}\n", text.trim()));
            }
        };
        let one_line =
            |text: &String| format!("- [ ] {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
        let boxes = |items: &[String]| items.iter().map(one_line).collect::<Vec<_>>().join("\n");
        section("Description", self.description.as_deref().unwrap_or_default());
        section("Deliverables", &boxes(&self.deliverables));
        section("Acceptance criteria", &boxes(&self.criteria));
        body
    }
}

/// Reads a batch: a list of tasks in YAML or JSON, or one JSON object per line.
///
/// # Errors
/// Every problem found, with its line where it is known.
pub fn read_batch(bytes: &[u8]) -> Result<Vec<Draft>, Vec<Problem>> {
    if bytes.len() > LARGEST {
        let message = format!("{} bytes; a batch has at most {LARGEST}", bytes.len());
        return Err(vec![Problem::error(message).with_hint("split it")]);
    }
    let text = source::plain_text(bytes)?;
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let drafts = if first.trim_start().starts_with('{') { json_lines(text)? } else { list(text)? };
    if drafts.is_empty() {
        return Err(vec![Problem::error("there is no task in it").with_hint("- title: What is to be done")]);
    }
    Ok(drafts)
}

fn json_lines(text: &str) -> Result<Vec<Draft>, Vec<Problem>> {
    let (mut drafts, mut problems) = (Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(draft) => drafts.push(draft),
            Err(error) => problems.push(Problem::error(error.to_string()).at_line(at + 1)),
        }
    }
    if problems.is_empty() { Ok(drafts) } else { Err(problems) }
}

fn list(text: &str) -> Result<Vec<Draft>, Vec<Problem>> {
    if text.trim_start().starts_with('[')
        && let Ok(drafts) = serde_json::from_str(text)
    {
        return Ok(drafts);
    }
    yaml::parse(text).map_err(|failure| vec![Problem::error(failure.message).at_line(failure.line)])?;
    serde_yaml::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let hint = "a batch is a list: `- title: What is to be done`, or one JSON object per line";
        vec![Problem::error(error.to_string()).at_line(line).with_hint(hint)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_yaml_json_and_json_lines_alike() {
        let yaml = "- title: A\n  ref: a\n- title: B\n  depends_on: ['@a']\n";
        let json = r#"[{"title":"A","ref":"a"},{"title":"B","depends_on":["@a"]}]"#;
        let lines = "{\"title\":\"A\",\"ref\":\"a\"}\n\n{\"title\":\"B\",\"depends_on\":[\"@a\"]}\n";
        let drafts = read_batch(yaml.as_bytes()).unwrap();
        assert_eq!(drafts.len(), 2);
        assert_eq!(drafts, read_batch(json.as_bytes()).unwrap());
        assert_eq!(drafts, read_batch(lines.as_bytes()).unwrap());
    }

    #[test]
    fn a_misspelt_field_is_refused_with_its_line() {
        let problems = read_batch(b"- title: A\n- title: B\n  pritority: high\n").unwrap_err();
        assert!(problems[0].to_string().contains("pritority"), "{problems:?}");
        assert!(problems[0].line.is_some());
        let problems = read_batch(b"{\"title\":\"A\"}\n{\"titel\":\"B\"}\n").unwrap_err();
        assert_eq!(problems[0].line, Some(2));
    }
}
