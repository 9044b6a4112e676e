//! What of a document is no card, and what an import found, in numbers and in one line.

use std::fmt;

use crate::doc::cards::lines::{self, Line};
use crate::doc::cards::{heading, section};
use crate::import::cards::{CardsDocument, Lines};
use crate::model::{Status, counted};

/// What a part of the document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The document's title and what introduces it.
    Title,
    /// A card to copy, with an id such as `TASK-XXXX`.
    Template,
    /// A heading above cards, with a note at most.
    Group,
    /// The note that finished tasks are moved here.
    Archive,
    /// Numbers: the tracker derives them.
    Statistics,
    /// When the document was last written: git knows.
    Footer,
    /// Anything else. It is reported.
    Other,
}

impl Kind {
    /// Returns what a summary calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Template => "template",
            Self::Group => "heading",
            Self::Archive => "archive note",
            Self::Statistics => "statistics",
            Self::Footer => "footer",
            Self::Other => "other text",
        }
    }
}

/// A part of the document that is no card.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// What it is for.
    pub kind: Kind,
    /// Its heading; empty where it has none.
    pub name: String,
    /// Where it is.
    pub lines: Lines,
}

/// Takes apart lines that belong to no card.
pub(super) fn parts(lines: &[Line<'_>]) -> Vec<Part> {
    let starts = (0..lines.len()).filter(|&at| at == 0 || lines[at].heading().is_some());
    let starts: Vec<usize> = starts.collect();
    let end = |index: usize| starts.get(index + 1).copied().unwrap_or(lines.len());
    starts.iter().enumerate().flat_map(|(index, &start)| part(&lines[start..end(index)])).collect()
}

fn part(lines: &[Line<'_>]) -> Vec<Part> {
    let text = |line: &&Line<'_>| !line.is_blank() && !super::document::is_separator(line);
    let Some(first) = lines.iter().find(text) else { return Vec::new() };
    let footer = lines.iter().rev().find(text).filter(|line| lines::is_footer(line.text));
    let mut rest =
        lines.iter().filter(text).filter(|line| footer.is_none_or(|footer| footer.number != line.number));
    let (name, has_text) = match first.heading() {
        Some((_, name)) => (name.to_owned(), rest.clone().count() > 1),
        None => (String::new(), rest.clone().count() > 0),
    };
    let mut parts = Vec::new();
    if let Some(last) = rest.next_back() {
        let kind = kind(lines, first, &name, has_text);
        let first = template_line(lines).filter(|_| kind == Kind::Template).unwrap_or(first.number);
        parts.push(Part { kind, name, lines: Lines { first, last: last.number } });
    }
    if let Some(line) = footer {
        let lines = Lines { first: line.number, last: line.number };
        parts.push(Part { kind: Kind::Footer, name: String::new(), lines });
    }
    parts
}

fn kind(lines: &[Line<'_>], first: &Line<'_>, name: &str, has_text: bool) -> Kind {
    let name = name.to_lowercase();
    let contains = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if template_line(lines).is_some() {
        return Kind::Template;
    }
    let is_for_people = contains(&["template", "how to", "statistic", "metrics", "summary"]);
    match first.heading() {
        None => Kind::Other,
        Some(_) if !is_for_people && lines.iter().any(is_work) => Kind::Other,
        Some((1, _)) => Kind::Title,
        Some(_) if contains(&["archive"]) => Kind::Archive,
        Some(_) if contains(&["statistic", "metrics", "summary"]) => Kind::Statistics,
        Some(_) if !has_text || contains(&["tasks", "backlog", "template", "how to"]) => Kind::Group,
        Some(_) => Kind::Other,
    }
}

/// Whether a line is a checkbox or a row of a table: work that somebody keeps outside of cards.
fn is_work(line: &Line<'_>) -> bool {
    let is_row = || line.text.trim_start().starts_with('|') && line.text.trim_end().ends_with('|');
    !line.is_fenced() && (section::is_box(line.text) || is_row())
}

/// Returns the line on which a template begins: its fence, or its heading.
fn template_line(lines: &[Line<'_>]) -> Option<usize> {
    let is_template = |line: &Line<'_>| {
        let text = line.text.trim_start();
        let heading = text.trim_start_matches('#');
        let card = if heading.len() < text.len() { heading::read(heading) } else { None };
        card.is_some_and(|(id, _)| line.is_fenced() || heading::is_placeholder(&id))
    };
    let at = lines.iter().position(is_template)?;
    let fence = lines[..at].iter().rposition(|line| !line.is_fenced()).map_or(0, |before| before + 1);
    Some(lines[fence].number)
}

/// How many tasks have one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct StatusCount {
    /// The status, such as `in_progress`.
    pub status: &'static str,
    /// How many.
    pub tasks: usize,
}

/// The counts of one document, and its parts that are no task.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// How many cards became tasks.
    pub tasks: usize,
    /// How many tasks have each status, in the order people read them; those with none are left out.
    pub statuses: Vec<StatusCount>,
    /// How many doubly encoded characters were repaired.
    pub repaired: usize,
    /// What is no task.
    pub parts: Vec<Part>,
}

impl Summary {
    /// Counts a document.
    pub(super) fn of(document: &CardsDocument) -> Self {
        let count = |status| document.cards.iter().filter(|card| card.status == status).count();
        let statuses =
            Status::ALL.map(|status| StatusCount { status: status.as_str(), tasks: count(status) });
        Self {
            tasks: document.cards.len(),
            statuses: statuses.into_iter().filter(|count| count.tasks > 0).collect(),
            repaired: document.repairs.characters,
            parts: document.parts.clone(),
        }
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.kind == kind)
    }
}

/// Joins `a`, `b` and `c` as people do.
fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |count: &StatusCount| format!("{} {}", count.tasks, count.status.replace('_', " "));
        let statuses: Vec<String> = self.statuses.iter().map(shown).collect();
        write!(f, "{}", counted(self.tasks, "task"))?;
        if !statuses.is_empty() {
            write!(f, ": {}", statuses.join(", "))?;
        }
        let templates: Vec<String> =
            self.of_kind(Kind::Template).map(|part| part.lines.first.to_string()).collect();
        if !templates.is_empty() {
            let lines = if templates.len() == 1 { "line" } else { "lines" };
            write!(
                f,
                "; {} skipped ({lines} {})",
                counted(templates.len(), "template"),
                templates.join(", ")
            )?;
        }
        if self.repaired > 0 {
            write!(f, "; {} repaired", counted(self.repaired, "doubly encoded character"))?;
        }
        let derived = [Kind::Archive, Kind::Statistics, Kind::Footer];
        let derived: Vec<&str> =
            derived.into_iter().filter(|kind| self.of_kind(*kind).next().is_some()).map(Kind::name).collect();
        if !derived.is_empty() {
            let are = if derived.len() == 1 { "is" } else { "are" };
            write!(f, "; {} {are} derived: not imported", list(&derived))?;
        }
        let other: Vec<String> = self.of_kind(Kind::Other).map(|part| part.lines.to_string()).collect();
        if !other.is_empty() {
            write!(f, "; text outside of any card: {}", other.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use super::parts;
    use crate::doc::cards::lines::scan;

    fn found(text: &str) -> Vec<(Kind, String)> {
        let lines = scan(text);
        parts(&lines).into_iter().map(|part| (part.kind, part.lines.to_string())).collect()
    }

    #[test]
    fn names_every_part() {
        let text = "# Cards\n\nHello.\n\n## Template\n\n```md\n### TASK-XXXX: x\n```\n\n---\n\n## Active Tasks\n\n\
                    ## Completed Tasks Archive\n\n[moved here]\n\n## Statistics\n- 5\n\n---\n\n*Last Updated: x*\n";
        let expected = [
            (Kind::Title, "lines 1-3"),
            (Kind::Template, "lines 7-9"),
            (Kind::Group, "line 13"),
            (Kind::Archive, "lines 15-17"),
            (Kind::Statistics, "lines 19-20"),
            (Kind::Footer, "line 24"),
        ];
        let expected: Vec<_> = expected.iter().map(|(kind, lines)| (*kind, (*lines).to_owned())).collect();
        assert_eq!(found(text), expected);
    }

    #[test]
    fn boxes_and_tables_are_named_wherever_they_are() {
        for text in
            ["# Board\n\n- [ ] one\n", "## Backlog\n\n| a | b |\n|---|---|\n", "## Archive\n- [x] done\n"]
        {
            assert_eq!(found(text)[0].0, Kind::Other, "{text}");
        }
        for text in
            ["# Board\n\n- a list\n", "## How to use\n- [ ] tick\n", "## Backlog\n```\n- [ ] code\n```\n"]
        {
            assert_ne!(found(text)[0].0, Kind::Other, "{text}");
        }
    }

    #[test]
    fn what_it_cannot_name_is_other_text() {
        let lines = scan("## Ideas\n\nPaint it.\n");
        assert_eq!(parts(&lines)[0].kind, Kind::Other);
        assert_eq!(found("plain text\n"), [(Kind::Other, "line 1".to_owned())]);
    }
}
