//! The list of sprints, the changelog, and marked blocks of other documents.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Serialize;

use crate::doc::{ending_near, put_block};
use crate::metrics::{FigureName, Item, Numbers, Value};
use crate::model::{EvidenceCounts, Sprint, SprintEvidence, SprintId, TaskId};

/// What is known of a sprint when it is closed.
#[derive(Debug, Clone, Copy)]
pub struct ClosingFacts<'f> {
    /// The sprint.
    pub sprint: &'f Sprint,
    /// Its first and last day.
    pub days: (NaiveDate, NaiveDate),
    /// The moment of its close, as people read it, and the commit that the numbers are of; none before.
    pub closed: Option<(&'f str, &'f str)>,
    /// The numbers.
    pub numbers: &'f Numbers,
    /// The tasks that were ever in it.
    pub items: &'f [Item],
    /// What was attached.
    pub evidence: &'f [SprintEvidence],
    /// What was attached to the last sprint.
    pub last_evidence: &'f [SprintEvidence],
    /// The tasks that go on in another sprint.
    pub carried: &'f BTreeMap<TaskId, SprintId>,
    /// The branches that were merged for it.
    pub merged: &'f [String],
}

impl ClosingFacts<'_> {
    /// Returns the name and the title.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.sprint.title {
            Some(title) => format!("{}: {}", self.sprint.id, escaped(title)),
            None => self.sprint.id.to_string(),
        }
    }

    /// Returns the name and the title for what is no Markdown.
    #[must_use]
    pub fn plain_title(&self) -> String {
        match &self.sprint.title {
            Some(title) => format!("{}: {}", self.sprint.id, title.replace(char::is_control, " ")),
            None => self.sprint.id.to_string(),
        }
    }

    /// Returns what was delivered, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let value = |name: FigureName| self.numbers.figure(name).map(|figure| &figure.value);
        let delivery = value(FigureName::Delivery).map(|value| match value {
            Value::Share { part, of } if *of > 0 => {
                format!("{part} of {of} delivered ({} %)", super::percent(*part, *of))
            }
            Value::Share { part, of } => format!("{part} of {of} delivered"),
            _ => "nothing delivered".to_owned(),
        });
        let mut parts: Vec<String> = delivery.into_iter().collect();
        for (name, word) in [(FigureName::Added, "added"), (FigureName::Removed, "removed")] {
            let count = self.numbers.count(name).filter(|count| *count > 0);
            parts.extend(count.map(|count| format!("{count} {word}")));
        }
        if let Some(Value::Expectation { percent, seconds }) = value(FigureName::Sle) {
            parts.push(format!("cycle time {percent} % within {}", super::span(*seconds)));
        }
        parts.join(", ")
    }

    /// Returns a line for each kind of evidence, with the last sprint's beside it.
    #[must_use]
    pub fn evidence_lines(&self) -> Vec<String> {
        let line = |evidence: &SprintEvidence| {
            let last = self.last_evidence.iter().find(|last| last.counts.kind() == evidence.counts.kind());
            let last = last.map(|last| format!("; {} in the last sprint", counts_text(last.counts)));
            let files = evidence.files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", ");
            format!("{}{} ({files})", counts_text(evidence.counts), last.unwrap_or_default())
        };
        self.evidence.iter().map(line).collect()
    }
}

fn counts_text(counts: EvidenceCounts) -> String {
    match counts {
        EvidenceCounts::Tests { total, failed, skipped } => {
            format!("{total} tests, {failed} failed, {skipped} skipped")
        }
        EvidenceCounts::Coverage { lines, covered } => {
            format!("{covered} of {lines} lines covered ({} %)", super::percent(covered, lines))
        }
    }
}

/// Returns a title without what Markdown or HTML would take for markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The data of the template `changelog`: what was delivered. It is made of tasks and never of commits.
#[derive(Debug, Clone, Serialize)]
pub struct ChangelogContext {
    /// The project's name; none where it is of one sprint.
    pub project: Option<String>,
    /// Whether it is of one sprint.
    pub is_of_one: bool,
    /// What is not in a closed sprint, then the closed sprints, newest first.
    pub sections: Vec<ChangelogSection>,
}

/// A part of a changelog.
#[derive(Debug, Clone, Serialize)]
pub struct ChangelogSection {
    /// The sprint; none for what is in no closed one.
    pub sprint: Option<String>,
    /// The sprint's title.
    pub title: Option<String>,
    /// The day of its end.
    pub day: Option<String>,
    /// What was delivered, by what it is for whoever uses it.
    pub groups: Vec<ChangelogGroup>,
}

/// Changes of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct ChangelogGroup {
    /// `Added`, `Changed`, `Fixed`, `Security` or `Documentation`.
    pub name: &'static str,
    /// The tasks, in the order of their ids.
    pub tasks: Vec<ChangelogTask>,
}

/// A task that was delivered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ChangelogTask {
    /// The id.
    pub id: String,
    /// Its title.
    pub title: String,
}

impl ChangelogSection {
    /// Groups tasks, each with its type.
    #[must_use]
    pub fn of<'t>(tasks: impl IntoIterator<Item = (Option<&'t str>, ChangelogTask)>) -> Self {
        let mut groups: BTreeMap<(u8, &'static str), Vec<ChangelogTask>> = BTreeMap::new();
        for (kind, task) in tasks {
            let group = match kind.unwrap_or_default() {
                "feature" | "enhancement" => (0, "Added"),
                "bug" | "bugfix" | "fix" => (2, "Fixed"),
                "security" => (3, "Security"),
                "docs" | "documentation" => (4, "Documentation"),
                _ => (1, "Changed"),
            };
            groups.entry(group).or_default().push(task);
        }
        groups.values_mut().for_each(|tasks| tasks.sort());
        let group = |((_, name), tasks)| ChangelogGroup { name, tasks };
        Self { sprint: None, title: None, day: None, groups: groups.into_iter().map(group).collect() }
    }

    /// Groups what a sprint delivered.
    #[must_use]
    pub fn of_sprint(facts: &ClosingFacts<'_>) -> Self {
        let delivered = facts.numbers.figure(FigureName::Delivered).map_or(&[][..], |figure| &figure.tasks);
        let items = facts.items.iter().filter(|item| delivered.iter().any(|id| *id == *item.id.as_str()));
        let task = |item: &Item| ChangelogTask { id: item.id.to_string(), title: item.title.clone() };
        Self {
            sprint: Some(facts.sprint.id.to_string()),
            title: facts.sprint.title.clone(),
            day: Some(facts.days.1.to_string()),
            ..Self::of(items.map(|item| (item.kind.as_deref(), task(item))))
        }
    }
}

/// Returns the sprint's line of the list of sprints; `folder` is the way from the list to the sprint's folder.
#[must_use]
pub fn history_line(facts: &ClosingFacts<'_>, folder: &str) -> String {
    let id = &facts.sprint.id;
    let title = facts.sprint.title.as_ref().map(|title| format!(" {}", escaped(title))).unwrap_or_default();
    format!(
        "- {} [{id}]({folder}/report.md){title}: {}; [postmortem]({folder}/POSTMORTEM.md)",
        facts.days.1,
        facts.summary()
    )
}

/// Returns a sprint's line of the list of sprints.
#[must_use]
pub fn line_of<'t>(text: &'t str, id: &SprintId) -> Option<&'t str> {
    let own = format!(" [{id}](");
    text.lines().find(|line| line.starts_with("- ") && line.contains(&own))
}

/// Puts a sprint's line into the list of sprints: in the place of the one it has, else at the end.
#[must_use]
pub fn put_line(text: Option<&str>, id: &SprintId, line: &str) -> String {
    let text = text.unwrap_or("# Sprints\n\n");
    let mut lines: Vec<&str> = text.lines().collect();
    let own = line_of(text, id);
    match lines.iter().position(|one| Some(*one) == own) {
        Some(at) => lines[at] = line,
        None => lines.push(line),
    }
    let ending = ending_near(text, 0);
    lines.join(ending) + ending
}

const BLOCK: [&str; 2] = ["<!-- tracker:sprint -->", "<!-- /tracker:sprint -->"];

/// Returns what the marked block of a document says.
#[must_use]
pub fn block_of(facts: &ClosingFacts<'_>, next: Option<&SprintId>) -> String {
    let mut out = format!(
        "Last sprint: {}, {} to {}. {}.\n",
        facts.title(),
        facts.days.0,
        facts.days.1,
        facts.summary()
    );
    if let Some(next) = next {
        let carried: Vec<&str> = facts.carried.keys().map(TaskId::as_str).collect();
        let _ = write!(out, "Next sprint: {next}");
        if !carried.is_empty() {
            let _ = write!(out, ", with {} carried over", carried.join(", "));
        }
        out.push_str(".\n");
    }
    out
}

/// Puts the block into a document, in place of the one that it has.
#[must_use]
pub fn put_sprint_block(text: Option<&str>, block: &str) -> String {
    put_block(text.unwrap_or_default(), BLOCK, block)
}

#[cfg(test)]
mod tests {
    use super::{put_line, put_sprint_block};
    use crate::model::SprintId;

    #[test]
    fn a_block_is_kept_up_to_date_and_nothing_else() {
        let first = put_sprint_block(Some("# Status\n\nBy hand.\n"), "one\n");
        assert_eq!(first, "# Status\n\nBy hand.\n\n<!-- tracker:sprint -->\none\n<!-- /tracker:sprint -->\n");
        let second = put_sprint_block(Some(&format!("{first}more\n")), "two\n");
        assert_eq!(second, format!("{first}more\n").replace("one", "two"));
        let other = "# Status\r\n\r\nBy hand.\r\n";
        let block = "<!-- tracker:sprint -->\r\none\r\n<!-- /tracker:sprint -->\r\n";
        assert_eq!(put_sprint_block(Some(other), "one\n"), format!("{other}\r\n{block}"), "endings are kept");
        assert_eq!(put_sprint_block(None, "x\n"), "<!-- tracker:sprint -->\nx\n<!-- /tracker:sprint -->\n");
    }

    #[test]
    fn a_sprint_has_one_line() {
        let id = SprintId::parse("S-1").unwrap();
        assert_eq!(put_line(Some("# Ours\r\n"), &id, "- a"), "# Ours\r\n- a\r\n");
        let one = put_line(None, &id, "- 2026-11-24 [S-1](S-1/report.md): a");
        let two =
            put_line(Some(&one), &SprintId::parse("S-10").unwrap(), "- 2026-12-08 [S-10](S-10/report.md): b");
        let again = put_line(Some(&two), &id, "- 2026-11-24 [S-1](S-1/report.md): c");
        assert_eq!(
            again,
            "# Sprints\n\n- 2026-11-24 [S-1](S-1/report.md): c\n- 2026-12-08 [S-10](S-10/report.md): b\n"
        );
    }
}
