//! The whole document: which lines are cards, and which are not.

use std::collections::{HashMap, HashSet};

use crate::doc::cards::heading;
use crate::doc::cards::lines::{self, Kind, Line};
use crate::doc::cards::section;
use crate::model::{Problem, TaskId};

use super::card::{self, Card, Heading};
use super::encoding::{self, Repairs};
use super::outside::{self, Part};
use super::{Lines, Summary};

/// What a rendered document says of itself. The mark shows whether it was encoded twice on the way.
const RENDERED: &str = "<!-- tracker: task cards ✓ -->";

/// A document of task cards, taken apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CardsDocument {
    /// The file, as it was named.
    pub source: String,
    /// The cards, in the document's order.
    pub cards: Vec<Card>,
    /// What is no card, in the document's order.
    pub parts: Vec<Part>,
    /// What was repaired.
    pub repairs: Repairs,
    /// What is wrong. A card that an error is about is not among the cards.
    pub problems: Vec<Problem>,
}

impl CardsDocument {
    /// Returns the counts of what was found, and what became of the rest.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }
}

/// Reads a document of task cards. `source_name` is the file: its last part and the id are a task's source.
#[must_use]
pub fn read(bytes: &[u8], source_name: &str) -> CardsDocument {
    let mut document = CardsDocument { source: source_name.to_owned(), ..CardsDocument::default() };
    match text(bytes) {
        Ok(text) => read_text(&text, &mut document),
        Err(problem) => document.problems.push(problem),
    }
    document.problems.sort_by_key(|problem| problem.line);
    for problem in &mut document.problems {
        problem.file = source_name.to_owned();
    }
    document
}

fn text(bytes: &[u8]) -> Result<String, Problem> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Problem::error("the file is UTF-16, not UTF-8").at_line(1).with_hint("save it as UTF-8"));
    }
    let line_of = |offset: usize| bytes[..offset].iter().filter(|byte| **byte == b'\n').count() + 1;
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let problem = Problem::error("the file is not UTF-8").at_line(line_of(error.valid_up_to()));
        problem.with_hint("save it as UTF-8")
    })?;
    if let Some(offset) = text.find('\0') {
        let problem = Problem::error("the file holds a NUL byte").at_line(line_of(offset));
        return Err(problem.with_hint("a document of cards is a text file"));
    }
    let conflict = text.lines().position(is_conflict_marker);
    if let Some(at) = conflict {
        let problem = Problem::error("the file holds a merge conflict").at_line(at + 1);
        return Err(problem.with_hint("resolve the merge, then import again"));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n"))
}

/// A task's file with such a line is refused as a merge that nobody resolved.
fn is_conflict_marker(line: &str) -> bool {
    let marks = ["<<<<<<<", "|||||||", ">>>>>>>"];
    let rest = marks.iter().find_map(|mark| line.strip_prefix(mark));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']))
}

fn read_text(text: &str, document: &mut CardsDocument) {
    let repaired =
        if text.lines().take(5).any(|line| line == RENDERED) { None } else { Some(encoding::repair(text)) };
    let text = repaired.as_ref().map_or(text, |repaired| repaired.text.trim_start_matches('\u{feff}'));
    document.repairs = repaired.as_ref().map(|repaired| repaired.repairs.clone()).unwrap_or_default();
    report_repairs(document);
    let lines = lines::scan(text);
    report_open_fences(&lines, document);
    let cards = find_cards(&lines, &mut document.problems);
    let mut outside = 0;
    let file = document.source.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let mut seen: HashMap<TaskId, usize> = HashMap::new();
    for found in cards {
        document.add_outside(&lines[outside..found.start]);
        outside = found.end;
        let number = lines[found.start].number;
        if let Some(first) = seen.get(&found.id) {
            let problem =
                Problem::error(format!("`{}` is also the id of the card on line {first}", found.id));
            let hint = format!("give the card on line {number} an id of its own; it is not imported");
            document.problems.push(problem.at_line(number).with_hint(hint));
            continue;
        }
        seen.insert(found.id.clone(), number);
        let source = format!("{file}#{}", found.id);
        let last = lines[found.start..found.end].iter().rev().find(|line| !line.is_blank());
        let span = Lines { first: number, last: last.map_or(number, |line| line.number) };
        let heading = Heading { id: found.id, title: found.title, lines: span, source };
        let (card, problems) = card::read(heading, &lines[found.start + 1..found.end]);
        document.cards.push(card);
        document.problems.extend(problems);
    }
    document.add_outside(&lines[outside..]);
    if document.cards.is_empty() && document.problems.is_empty() {
        let problem = Problem::error("the file holds no task cards");
        let hint = "a card begins with a heading such as `### TASK-7Q2M: Title`";
        document.problems.push(problem.with_hint(hint));
    }
}

impl CardsDocument {
    fn add_outside(&mut self, lines: &[Line<'_>]) {
        let (parts, problems) = outside::parts(lines);
        self.parts.extend(parts);
        self.problems.extend(problems);
    }
}

fn report_repairs(document: &mut CardsDocument) {
    let look_at = |numbers: &[usize]| {
        let list = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        format!("look at {} {list}", if numbers.len() == 1 { "line" } else { "lines" })
    };
    let Repairs { restored, left, .. } = &document.repairs;
    let mut problems = Vec::new();
    if let Some(&first) = restored.first() {
        let problem =
            Problem::warning("a doubly encoded character had lost a byte; the likeliest one was put there");
        problems.push(problem.at_line(first).with_hint(look_at(restored)));
    }
    if let Some(&first) = left.first() {
        let problem =
            Problem::warning("text that looks doubly encoded could not be repaired and is kept as it is");
        problems.push(problem.at_line(first).with_hint(look_at(left)));
    }
    document.problems.extend(problems);
}

fn report_open_fences(lines: &[Line<'_>], document: &mut CardsDocument) {
    for line in lines.iter().filter(|line| line.is_open_fence()) {
        let problem =
            Problem::warning("the code fence is not closed and is read as text").at_line(line.number);
        document.problems.push(problem.with_hint("close it, or headings in the code may be read as cards"));
    }
}

/// A card's place among the lines: from its heading to before what follows it.
struct Found<'a> {
    id: TaskId,
    title: &'a str,
    level: usize,
    start: usize,
    end: usize,
}

fn find_cards<'a>(lines: &[Line<'a>], problems: &mut Vec<Problem>) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> =
        lines.iter().enumerate().filter_map(|(at, line)| candidate(at, line)).collect();
    drop_other_headings(lines, &mut found, problems);
    let starts: Vec<usize> = found.iter().map(|card| card.start).chain([lines.len()]).collect();
    for (card, next) in found.iter_mut().zip(starts.into_iter().skip(1)) {
        let inside = &lines[card.start + 1..next];
        let length = inside.iter().position(|line| ends_card(line, card.level)).unwrap_or(inside.len());
        card.end = card.start + 1 + without_separators(&inside[..length]);
    }
    found
}

fn candidate<'a>(at: usize, line: &Line<'a>) -> Option<Found<'a>> {
    let (level, text) = line.heading().filter(|(level, _)| (2..=4).contains(level))?;
    let (id, title) = heading::read(text)?;
    (!heading::is_placeholder(&id)).then_some(Found { id, title, level, start: at, end: at + 1 })
}

/// Drops headings such as `### UTF-8: notes`: without metadata, and with a prefix that no card with metadata has.
fn drop_other_headings(lines: &[Line<'_>], found: &mut Vec<Found<'_>>, problems: &mut Vec<Problem>) {
    let has_metadata = |card: &Found<'_>| {
        let below = lines[card.start + 1..].iter().find(|line| !line.is_blank());
        below.is_some_and(|line| {
            let below = section::read(std::slice::from_ref(line));
            below.preamble.entries.iter().any(|entry| entry.field.is_some())
        })
    };
    let sure: HashSet<String> =
        found.iter().filter(|card| has_metadata(card)).map(|card| card.id.prefix().to_owned()).collect();
    if sure.is_empty() {
        return;
    }
    found.retain(|card| {
        let is_card = sure.contains(card.id.prefix());
        if !is_card {
            let problem = Problem::warning(format!("`{}` has no metadata and is read as a heading", card.id));
            let hint = "if it is a card, give it a `Status:` line";
            problems.push(problem.at_line(lines[card.start].number).with_hint(hint));
        }
        is_card
    });
}

fn ends_card(line: &Line<'_>, card: usize) -> bool {
    let Some((level, text)) = line.heading() else { return false };
    if heading::read(text).is_some_and(|(id, _)| (2..=4).contains(&level) && heading::is_placeholder(&id)) {
        return true;
    }
    // The sections of a card on level 2 may stand on that level, too; parts of the document end it.
    let may_be_section = level == card && level == 2 && !is_document_heading(text);
    (level <= 2 || level < card) && !may_be_section
}

fn is_document_heading(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = ["archive", "statistic", "metrics", "summary", "template", "tasks", "backlog"];
    words.iter().any(|word| text.contains(word))
}

/// Tells whether a line only sets parts of a document apart. An indented rule is the text of a card.
pub(super) fn is_separator(line: &Line<'_>) -> bool {
    line.kind == Kind::Rule && !line.text.starts_with(' ')
}

/// Returns how many of a card's lines are its own: rules and the document's last line are not.
fn without_separators(lines: &[Line<'_>]) -> usize {
    let is_own = |line: &Line<'_>| !line.is_blank() && !is_separator(line) && !lines::is_footer(line.text);
    let end = lines.iter().rposition(is_own).map_or(0, |last| last + 1);
    // Lines of spaces may be text that is kept as it is written.
    end + lines[end..].iter().take_while(|line| line.is_blank()).count()
}
