//! The postmortem: what people have to say of a sprint, read from Markdown, and the document with its facts filled in.

use std::fmt::Write as _;

use super::texts::ClosingFacts;
use crate::doc::{is_heading, sections};
use crate::metrics::FigureName;
use crate::model::Problem;

/// What a part that nobody wrote says.
const NOT_WRITTEN: &str = "*Not written.*";

/// A part that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What the sprint was.
    Summary,
    /// What it achieved.
    Achievements,
    /// What got in its way, and how that was resolved.
    Issues,
    /// What went well.
    WentWell,
    /// What went wrong.
    WentWrong,
    /// Where luck helped.
    Lucky,
    /// What was learnt.
    Lessons,
    /// What the next sprint should do.
    Recommendations,
    /// What is to be done, by whom.
    Actions,
}

impl Part {
    /// All of them, in the document's order.
    pub const ALL: [Self; 9] = [
        Self::Summary,
        Self::Achievements,
        Self::Issues,
        Self::WentWell,
        Self::WentWrong,
        Self::Lucky,
        Self::Lessons,
        Self::Recommendations,
        Self::Actions,
    ];

    /// Returns its heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Achievements => "Achievements",
            Self::Issues => "Issues and how they were resolved",
            Self::WentWell => "What went well",
            Self::WentWrong => "What went wrong",
            Self::Lucky => "Where we were lucky",
            Self::Lessons => "Lessons",
            Self::Recommendations => "Recommendations",
            Self::Actions => "Action items",
        }
    }

    fn matches(self, heading: &str) -> bool {
        let others: &[&str] = match self {
            Self::Achievements => &["Key achievements"],
            Self::Issues => &["Issues"],
            Self::Lessons => &["Lessons learned"],
            Self::Actions => &["Actions"],
            _ => &[],
        };
        is_heading(heading, self.heading()) || others.iter().any(|other| is_heading(heading, other))
    }
}

/// One line of the action items.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ActionItem {
    /// `prevent`, `detect`, `mitigate`, `process` or `fix`.
    pub kind: String,
    /// Who does it.
    pub owner: Option<String>,
    /// What is to be done.
    pub title: String,
}

/// The data of the template `postmortem`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct PostmortemContext {
    /// The sprint's name.
    pub sprint: String,
    /// Its title.
    pub title: Option<String>,
    /// What is known of it: computed, in words.
    pub facts: Vec<FactRow>,
    /// A line for each kind of evidence, ready to be written.
    pub evidence: Vec<String>,
    /// Tasks that go on in another sprint: id and sprint.
    pub carried: Vec<(String, String)>,
    /// Branches that were merged for the close.
    pub merged: Vec<String>,
    /// The parts that people write, in order.
    pub parts: Vec<PartView>,
    /// What is to be done, by whom.
    pub actions: Vec<ActionItem>,
}

/// A fact.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FactRow {
    /// What it is.
    pub name: &'static str,
    /// What it says.
    pub value: String,
}

/// A part of a postmortem.
#[derive(Debug, Clone, serde::Serialize)]
pub struct PartView {
    /// Its heading.
    pub heading: &'static str,
    /// Markdown; none where nobody wrote it.
    pub text: Option<String>,
}

/// What people wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Postmortem {
    /// The parts with their texts; those that nobody wrote are not there.
    pub parts: Vec<(&'static str, String)>,
    /// The action items.
    pub actions: Vec<ActionItem>,
}

/// Reads what people wrote: Markdown with a heading for each part. An action item is `- KIND @OWNER: what to do`, the
/// owner left out where there is none.
///
/// # Errors
/// Where a heading is none of the parts', or an action item is none, each with its line.
pub fn read_postmortem(text: &str, kinds: &[&str]) -> Result<Postmortem, Vec<Problem>> {
    let mut found = Postmortem::default();
    let mut problems = Vec::new();
    for section in sections(text) {
        let Some(part) = Part::ALL.into_iter().find(|part| part.matches(&section.heading)) else {
            continue;
        };
        let own = without_hints(&section.text);
        if own.is_empty() || own == NOT_WRITTEN {
            continue;
        }
        if part == Part::Actions {
            for (at, line) in text[section.own.clone()].lines().enumerate() {
                let line = line.trim();
                if line.is_empty() || line.starts_with("<!--") {
                    continue;
                }
                match action(line, kinds) {
                    Some(action) => found.actions.push(action),
                    None => {
                        let message =
                            format!("`{}` is no action item", line.chars().take(60).collect::<String>());
                        let hint = format!(
                            "write `- {} @owner: what to do`; kinds are {}",
                            kinds[0],
                            kinds.join(", ")
                        );
                        problems.push(Problem::error(message).at_line(section.line + 1 + at).with_hint(hint));
                    }
                }
            }
        }
        if !found.parts.iter().any(|(heading, _)| *heading == part.heading()) {
            found.parts.push((part.heading(), own));
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// What a template says to whoever fills it in is a comment.
fn without_hints(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("<!--")).collect();
    lines.join("\n").trim().to_owned()
}

fn action(line: &str, kinds: &[&str]) -> Option<ActionItem> {
    let rest = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "))?.trim();
    let rest = rest.strip_prefix("[ ]").unwrap_or(rest).trim();
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let kind = kinds.iter().find(|kind| rest[..end].eq_ignore_ascii_case(kind))?;
    let rest = rest[end..].trim_start();
    let (owner, title) = match rest.strip_prefix('@') {
        Some(rest) => {
            let (owner, title) = rest.split_once(':')?;
            (Some(owner.trim().to_owned()), title)
        }
        None => (None, rest.strip_prefix(':')?),
    };
    let title = title.trim();
    let is_sound = !title.is_empty() && owner.as_ref().is_none_or(|owner| !owner.is_empty());
    is_sound.then(|| ActionItem { kind: (*kind).to_owned(), owner, title: title.to_owned() })
}

impl Postmortem {
    /// Returns the parts that nobody wrote.
    #[must_use]
    pub fn open_parts(&self) -> Vec<&'static str> {
        let written = |part: &Part| self.parts.iter().any(|(heading, _)| *heading == part.heading());
        Part::ALL.iter().filter(|part| !written(part)).map(|part| part.heading()).collect()
    }

    /// Returns the data of the document: the facts, then every part, written or not.
    #[must_use]
    pub fn context(&self, facts: &ClosingFacts<'_>) -> PostmortemContext {
        let mut rows = Vec::new();
        let mut row = |name: &'static str, value: String| rows.push(FactRow { name, value });
        row("Dates", format!("{} to {}", facts.days.0, facts.days.1));
        if let Some((at, commit)) = facts.closed {
            row("Closed", format!("{at} at {commit}"));
        }
        for name in [
            FigureName::Delivery,
            FigureName::CommitmentMet,
            FigureName::Added,
            FigureName::Removed,
            FigureName::ReEstimated,
            FigureName::ReOpened,
            FigureName::CarriedOver,
            FigureName::Sle,
            FigureName::ReworkLoops,
        ] {
            if let Some(figure) = facts.numbers.figure(name) {
                row(name.label(), super::value_text(&figure.value, name));
            }
        }
        let part = |part: Part| {
            let text = self.parts.iter().find(|(heading, _)| *heading == part.heading());
            PartView { heading: part.heading(), text: text.map(|(_, text)| text.clone()) }
        };
        PostmortemContext {
            sprint: facts.sprint.id.to_string(),
            title: facts.sprint.title.clone(),
            facts: rows,
            evidence: facts.evidence_lines(),
            carried: facts.carried.iter().map(|(task, to)| (task.to_string(), to.to_string())).collect(),
            merged: facts.merged.to_vec(),
            parts: Part::ALL.into_iter().map(part).collect(),
            actions: self.actions.clone(),
        }
    }

    /// Returns what an editor is given: every part with what it is for.
    #[must_use]
    pub fn template(&self, kinds: &[&str]) -> String {
        let mut out =
            String::from("<!-- Write below the headings; lines such as this one are left out. -->\n");
        for part in Part::ALL {
            let _ = write!(out, "\n## {}\n\n", part.heading());
            if part == Part::Actions {
                let _ = writeln!(out, "<!-- - KIND @OWNER: what to do; kinds are {} -->", kinds.join(", "));
            }
            if let Some((_, text)) = self.parts.iter().find(|(heading, _)| *heading == part.heading()) {
                let _ = writeln!(out, "{text}");
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Postmortem, read_postmortem};

    const KINDS: [&str; 2] = ["prevent", "fix"];

    #[test]
    fn reads_what_people_write() {
        let text = "# Notes\n\n## Summary\n\nIt went on.\n\n## what went well:\n<!-- hint -->\n\n## Action items\n\n\
                    - prevent @Ada L.: check links\n- Fix: the flaky test\n";
        let read = read_postmortem(text, &KINDS).unwrap();
        assert_eq!(read.parts[0], ("Summary", "It went on.".to_owned()));
        assert_eq!(read.actions.len(), 2);
        assert_eq!(
            (read.actions[0].owner.as_deref(), read.actions[1].kind.as_str()),
            (Some("Ada L."), "fix")
        );
        assert_eq!(read.open_parts().len(), Part::ALL.len() - 2);
        assert_eq!(read_postmortem(&read.template(&KINDS), &KINDS).unwrap(), read);
        assert_eq!(Postmortem::default().open_parts().len(), 9);
    }

    #[test]
    fn a_line_that_is_no_action_is_refused_with_its_line() {
        let problems =
            read_postmortem("## Action items\n\n- fix: a\n- somebody should\n", &KINDS).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(4)]);
    }
}
