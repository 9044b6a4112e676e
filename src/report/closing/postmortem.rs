//! The postmortem: what people have to say of a sprint, read from Markdown, and the document with its facts filled in.

use std::fmt::Write as _;

use super::texts::ClosingFacts;
use crate::doc::{is_heading, sections};
use crate::metrics::FigureName;
use crate::model::Problem;

/// What a part that nobody wrote says.
const NOT_WRITTEN: &str = "*Not written.*";

/// What the title of a document begins with that a close has written.
const TITLE: &str = "Postmortem of ";

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

/// Reads what people wrote: Markdown with a heading for each part, which may come twice. An action item is
/// `- KIND @OWNER: what to do`, the owner left out where there is none. The facts below the title of a document that a
/// close has written are no part of it.
///
/// # Errors
/// Where something is in none of the parts, or an action item is none, each with its line.
pub fn read_postmortem(text: &str, kinds: &[&str]) -> Result<Postmortem, Vec<Problem>> {
    let mut problems = outside_of_parts(text);
    let found = read_parts(text, kinds, &mut problems);
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Reads the document that an earlier close of a sprint has written, and that people may have written on in. What is in
/// none of the parts is a team's own template's.
///
/// # Errors
/// Where an action item is none, each with its line.
pub fn read_written_postmortem(text: &str, kinds: &[&str]) -> Result<Postmortem, Vec<Problem>> {
    let mut problems = Vec::new();
    let found = read_parts(text, kinds, &mut problems);
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn part_of(heading: &str) -> Option<Part> {
    Part::ALL.into_iter().find(|part| part.matches(heading))
}

fn read_parts(text: &str, kinds: &[&str], problems: &mut Vec<Problem>) -> Postmortem {
    let mut found = Postmortem::default();
    for section in sections(text) {
        let Some(part) = part_of(&section.heading) else { continue };
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
                    None => problems.push(no_action(line, section.line + 1 + at, kinds)),
                }
            }
        }
        match found.parts.iter_mut().find(|(heading, _)| *heading == part.heading()) {
            Some((_, text)) => {
                text.push_str(if part == Part::Actions { "\n" } else { "\n\n" });
                text.push_str(&own);
            }
            None => found.parts.push((part.heading(), own)),
        }
    }
    found
}

fn no_action(line: &str, number: usize, kinds: &[&str]) -> Problem {
    let message = format!("`{}` is no action item", line.chars().take(60).collect::<String>());
    let hint = format!("write `- {} @owner: what to do`; kinds are {}", kinds[0], kinds.join(", "));
    Problem::error(message).at_line(number).with_hint(hint)
}

/// Returns a problem for each text that is in none of the parts, and would be lost.
fn outside_of_parts(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let headings = Part::ALL.map(Part::heading).join(", ");
    let mut outside = |message: String, line: usize| {
        problems.push(Problem::error(message).at_line(line).with_hint(format!("the parts are {headings}")));
    };
    let sections = sections(text);
    let first = sections.first().map_or(usize::MAX, |section| section.line);
    let is_text = |line: &str| !without_hints(line).is_empty();
    if let Some(at) = text.lines().take(first.saturating_sub(1)).position(is_text) {
        outside("this is above the first heading, and in no part".to_owned(), at + 1);
    }
    // The level of the part that a heading is in, and whether what is below it is read as a whole.
    let mut within: Option<(usize, bool)> = None;
    for section in &sections {
        if let Some(part) = part_of(&section.heading) {
            within = Some((section.level, part != Part::Actions));
            continue;
        }
        let is_below = within.is_some_and(|(level, _)| section.level > level);
        if is_below && within.is_some_and(|(_, is_whole)| is_whole) {
            continue;
        }
        if !is_below {
            within = None;
        }
        let is_title = section.level == 1 && section.heading.starts_with(TITLE);
        if !is_title && is_text(&text[section.own.clone()]) {
            outside(format!("`{}` is no part of a postmortem", section.heading), section.line);
        }
    }
    problems
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
    /// Returns the same with the parts of an earlier one that nobody has written anew.
    #[must_use]
    pub fn or(mut self, earlier: Self) -> Self {
        let missing = self.open_parts();
        if missing.contains(&Part::Actions.heading()) {
            self.actions = earlier.actions;
        }
        self.parts.extend(earlier.parts.into_iter().filter(|(heading, _)| missing.contains(heading)));
        self
    }

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
    use super::{Part, Postmortem, read_postmortem, read_written_postmortem};

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

    #[test]
    fn nothing_that_was_written_is_lost() {
        let lines = |text: &str| -> Vec<Option<usize>> {
            read_postmortem(text, &KINDS).unwrap_err().iter().map(|problem| problem.line).collect()
        };
        assert_eq!(lines("All in one text.\n"), [Some(1)]);
        assert_eq!(lines("\nHello\n\n## Summary\n\nx\n\n## Thanks\n\nto all\n"), [Some(2), Some(8)]);
        assert_eq!(lines("## Action items\n\n- fix: a\n\n### Later\n\n- fix: b\n"), [Some(5)]);
        let twice = "## Lessons\n\nOne.\n\n### Tests\n\nMore.\n\n## Summary\n\nx\n\n## Lessons\n\nTwo.\n";
        let read = read_postmortem(twice, &KINDS).unwrap();
        assert_eq!(read.parts[0], ("Lessons", "One.\n\n### Tests\n\nMore.\n\nTwo.".to_owned()));
        let written = "# Postmortem of S1\n\n- Delivery: 1 of 1\n\n## Summary\n\n*Not written.*\n";
        assert_eq!(read_postmortem(written, &KINDS), Ok(Postmortem::default()));
    }

    #[test]
    fn what_was_written_earlier_stays_where_nobody_writes_it_anew() {
        let earlier = "# Ours\n\nA template.\n\n## Summary\n\nOld.\n\n## Lessons\n\nTest.\n\n## Action items\n\n- fix: a\n";
        let earlier = read_written_postmortem(earlier, &KINDS).unwrap();
        let now = read_postmortem("## Summary\n\nNew.\n", &KINDS).unwrap().or(earlier.clone());
        let text = |part: Part| now.parts.iter().find(|(heading, _)| *heading == part.heading()).unwrap();
        assert_eq!((text(Part::Summary).1.as_str(), text(Part::Lessons).1.as_str()), ("New.", "Test."));
        assert_eq!(now.actions, earlier.actions);
    }
}
