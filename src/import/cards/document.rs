//! The whole document: which lines are cards, and which are not.

use std::collections::{HashMap, HashSet};

use crate::doc::cards::field::{Key, Name};
use crate::doc::cards::lines::{self, Kind, Line};
use crate::doc::cards::{heading, section, value};
use crate::model::{Field, Problem, Severity, TaskId};

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
    document.problems.sort_by_key(|problem| (std::cmp::Reverse(problem.severity), problem.line));
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
        let problem = Problem::error("the file contains a NUL byte").at_line(line_of(offset));
        return Err(problem.with_hint("a document of cards is a text file"));
    }
    let conflict = text.lines().position(is_conflict_marker);
    if let Some(at) = conflict {
        let problem = Problem::conflict().at_line(at + 1);
        return Err(problem.with_hint("resolve the merge, then import again"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    // A carriage return alone ends a line of Markdown, too.
    let is_ours = text.lines().take(5).any(|line| line == RENDERED);
    Ok(if is_ours { text } else { text.replace('\r', "\n") })
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
    if repaired.is_some() {
        report_near_misses(&lines, &cards, &mut document.problems);
    }
    let (outside, undated) = take_cards(&lines, cards, document);
    report_outside(&outside, document);
    report_undated(&undated, document);
    if document.cards.is_empty()
        && !document.problems.iter().any(|problem| problem.severity == Severity::Error)
    {
        document.problems.push(no_cards(&lines));
    }
}

/// Takes the cards, and gives back the lines between them and the cards without a day of completion.
fn take_cards<'l, 'a>(
    lines: &'l [Line<'a>],
    cards: Vec<Found<'a>>,
    document: &mut CardsDocument,
) -> (Vec<&'l [Line<'a>]>, Vec<(TaskId, usize)>) {
    let (mut between, mut undated, mut end) = (Vec::new(), Vec::new(), 0);
    let file = document.source.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let mut seen: HashMap<TaskId, usize> = HashMap::new();
    for found in cards {
        between.push(&lines[end..found.start]);
        end = found.end;
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
        if card.is_undated {
            undated.push((card.id.clone(), number));
        }
        document.cards.push(card);
        document.problems.extend(problems);
    }
    between.push(&lines[end..]);
    (between, undated)
}

/// Takes apart what is no card, and names in one warning what is not imported.
fn report_outside(between: &[&[Line<'_>]], document: &mut CardsDocument) {
    document.parts.extend(between.iter().flat_map(|lines| outside::parts(lines)));
    let other: Vec<Lines> = document
        .parts
        .iter()
        .filter(|part| part.kind == outside::Kind::Other)
        .map(|part| part.lines)
        .collect();
    let Some(first) = other.first() else { return };
    let locations: Vec<String> = other.iter().map(ToString::to_string).collect();
    let problem =
        Problem::warning(format!("text outside of any card is not imported: {}", locations.join(", ")));
    document
        .problems
        .push(problem.at_line(first.first).with_hint("add it to a task by hand if it is needed"));
}

fn report_undated(cards: &[(TaskId, usize)], document: &mut CardsDocument) {
    let Some((id, line)) = cards.first() else { return };
    let message = match cards.len() - 1 {
        0 => format!("{id} gives no day of completion"),
        1 => format!("{id} and {} give no day of completion", cards[1].0),
        more => format!("{id} and {more} others give no day of completion"),
    };
    let hint = "a `Completed:` line gives one; without it the history is empty";
    document.problems.push(Problem::warning(message).at_line(*line).with_hint(hint));
}

/// Says how a card begins, and names the heading that comes nearest.
fn no_cards(lines: &[Line<'_>]) -> Problem {
    let headings = || lines.iter().filter(|line| line.heading().is_some_and(|(level, _)| level > 1));
    let is_near = |line: &&Line<'_>| {
        let text = line.text.to_lowercase();
        ["task", "card"].iter().any(|word| text.contains(word)) || heading::named_id(line.text).is_some()
    };
    let nearest = headings().find(is_near).or_else(|| headings().next());
    let problem = Problem::error("no task card found");
    let how = "a card begins with a heading such as `### TASK-7Q2M: Title`";
    match nearest {
        Some(line) => {
            let shown = value::one_line(line.text);
            problem.at_line(line.number).with_hint(format!("{how}; the nearest is `{shown}`"))
        }
        None => problem.with_hint(how),
    }
}

fn report_repairs(document: &mut CardsDocument) {
    let see = |numbers: &[usize]| {
        let list = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        format!("look at {} {list}", if numbers.len() == 1 { "line" } else { "lines" })
    };
    let Repairs { restored, left, .. } = &document.repairs;
    let mut problems = Vec::new();
    if let Some(&first) = restored.first() {
        let problem =
            Problem::warning("a doubly encoded character had lost a byte; the likeliest one was put there");
        problems.push(problem.at_line(first).with_hint(see(restored)));
    }
    if let Some(&first) = left.first() {
        let problem =
            Problem::warning("text that looks doubly encoded could not be repaired and is kept as it is");
        problems.push(problem.at_line(first).with_hint(see(left)));
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
    /// Whether the heading is written as this program writes it.
    is_usual: bool,
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
        let end = (0..inside.len()).find(|&at| {
            ends_card(&inside[at], card.level) || is_set_apart(&inside[..at], &inside[at], card.level)
        });
        let length = end.unwrap_or(inside.len());
        let is_last = card.start + 1 + length == lines.len();
        card.end = card.start + 1 + without_separators(&inside[..length], is_last);
    }
    found
}

fn candidate<'a>(at: usize, line: &Line<'a>) -> Option<Found<'a>> {
    let (level, text) = line.heading().filter(|(level, _)| (2..=4).contains(level))?;
    let heading::Heading { id, title, is_usual } = heading::read_any(text)?;
    (!heading::is_placeholder(&id)).then_some(Found { id, title, level, is_usual, start: at, end: at + 1 })
}

/// Drops headings such as `### UTF-8: notes`: without metadata, and with a prefix that no card with metadata has. A
/// heading in another spelling is a card's beside usual ones only at their level and with their prefix.
fn drop_other_headings(lines: &[Line<'_>], found: &mut Vec<Found<'_>>, problems: &mut Vec<Problem>) {
    let has_metadata = |card: &Found<'_>| {
        let below = lines[card.start + 1..].iter().find(|line| !line.is_blank());
        below.is_some_and(|line| {
            let below = section::read(std::slice::from_ref(line));
            let is_field = |entry: &section::Entry<'_>| match &entry.field {
                Some(field) => card.is_usual || matches!(field.name, Name::Known(_)),
                None => false,
            };
            below.preamble.entries.iter().any(is_field)
        })
    };
    let kind_of = |card: &Found<'_>| (card.id.prefix().to_owned(), card.level);
    let sure = |usual: bool| -> HashSet<(String, usize)> {
        found.iter().filter(|card| card.is_usual == usual && has_metadata(card)).map(kind_of).collect()
    };
    let usual = sure(true);
    let without = usual.is_empty() && found.iter().any(|card| card.is_usual);
    // Cards without any metadata are cards where their headings are as usual.
    let plain: HashSet<(String, usize)> = if without {
        found.iter().filter(|card| card.is_usual).map(kind_of).collect()
    } else {
        HashSet::new()
    };
    let lenient = if usual.is_empty() && plain.is_empty() { sure(false) } else { HashSet::new() };
    let prefixes: HashSet<&str> =
        usual.iter().chain(&plain).chain(&lenient).map(|(prefix, _)| prefix.as_str()).collect();
    found.retain(|card| {
        let kind = kind_of(card);
        if !card.is_usual {
            return usual.contains(&kind) || plain.contains(&kind) || lenient.contains(&kind);
        }
        let is_card = prefixes.contains(card.id.prefix());
        if !is_card {
            let problem = Problem::warning(format!("`{}` has no metadata and is read as a heading", card.id));
            let hint = "if it is a card, give it a `Status:` line";
            problems.push(problem.at_line(lines[card.start].number).with_hint(hint));
        }
        is_card
    });
}

/// Warns of lines that look like a card's heading and are not taken for one.
fn report_near_misses(lines: &[Line<'_>], cards: &[Found<'_>], problems: &mut Vec<Problem>) {
    let prefixes: HashSet<&str> = cards.iter().map(|card| card.id.prefix()).collect();
    let levels: HashSet<usize> = cards.iter().map(|card| card.level).collect();
    let starts: HashSet<usize> = cards.iter().map(|card| card.start).collect();
    let reported: HashSet<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
    let is_like = |id: &TaskId| prefixes.contains(id.prefix()) && !heading::is_placeholder(id);
    for (at, line) in lines.iter().enumerate().filter(|(at, _)| !starts.contains(at)) {
        let below = lines.get(at + 1).map_or("", |line| line.text);
        let is_near = match line.kind {
            Kind::Heading { level, text } if levels.contains(&level) => {
                heading::named_id(text).as_ref().is_some_and(is_like) || has_status(&lines[at + 1..])
            }
            Kind::Heading { text, .. } => heading::read_any(text).is_some_and(|heading| is_like(&heading.id)),
            Kind::Text => nearly_a_heading(line.text, below).is_some_and(|id| is_like(&id)),
            Kind::Blank | Kind::Fenced | Kind::Rule => false,
        };
        if is_near && !reported.contains(&Some(line.number)) {
            let shown = value::one_line(line.text);
            let problem = Problem::warning(format!("`{shown}` is not read as the heading of a card"));
            let hint =
                "a card begins with a heading such as `### TASK-7Q2M: Title`, on the level of the others";
            problems.push(problem.at_line(line.number).with_hint(hint));
        }
    }
}

/// Whether the lines below a heading begin with a status, as a card's do.
fn has_status(below: &[Line<'_>]) -> bool {
    let Some(first) = below.iter().find(|line| !line.is_blank()) else { return false };
    let read = section::read(std::slice::from_ref(first));
    let is_status = |entry: &section::Entry<'_>| {
        let field = entry.field.as_ref();
        field.is_some_and(|field| matches!(field.name, Name::Known(Key::Field(Field::Status))))
    };
    read.preamble.entries.iter().any(is_status)
}

/// Reads a line that would be a heading of a card but for a space, or that is one in another form of Markdown.
fn nearly_a_heading(text: &str, below: &str) -> Option<TaskId> {
    let bare = text.trim();
    let is_underlined =
        below.len() >= 3 && (below.bytes().all(|c| c == b'-') || below.bytes().all(|c| c == b'='));
    let is_bold = bare.starts_with("**") && bare.ends_with("**");
    let hashes = bare.trim_start_matches('#');
    (is_underlined || is_bold || hashes.len() < bare.len())
        .then(|| heading::read_any(hashes).map(|found| found.id))?
}

/// Whether a heading on the cards' own level is below a rule: it parts the document, unless it is a usual
/// section of a card.
fn is_set_apart(above: &[Line<'_>], line: &Line<'_>, card: usize) -> bool {
    let Some((level, text)) = line.heading() else { return false };
    let before = above.iter().rev().find(|line| !line.is_blank());
    level == card
        && before.is_some_and(is_separator)
        && !section::is_usual_section(text.trim_end_matches(':'))
}

fn ends_card(line: &Line<'_>, card: usize) -> bool {
    let Some((level, text)) = line.heading() else { return false };
    if heading::read(text).is_some_and(|(id, _)| (2..=4).contains(&level) && heading::is_placeholder(&id)) {
        return true;
    }
    // The sections of a card on level 2 may be on that level, too; parts of the document end it.
    let may_be_section = level == card && level == 2 && !is_document_heading(text);
    (level <= 2 || level < card) && !may_be_section
}

fn is_document_heading(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = ["archive", "statistic", "metrics", "summary", "template", "tasks", "backlog"];
    words.iter().any(|word| text.contains(word))
}

/// Whether a line only sets parts of a document apart. An indented rule is the text of a card.
pub(super) fn is_separator(line: &Line<'_>) -> bool {
    line.kind == Kind::Rule && !line.text.starts_with(' ')
}

/// Returns how many of a card's lines are its own: rules below it are not, nor is the document's last line.
fn without_separators(lines: &[Line<'_>], is_last: bool) -> usize {
    let is_own = |line: &Line<'_>| !line.is_blank() && !is_separator(line);
    let end_of = |lines: &[Line<'_>]| lines.iter().rposition(is_own).map_or(0, |last| last + 1);
    let mut end = end_of(lines);
    if is_last && end.checked_sub(1).is_some_and(|last| lines::is_footer(lines[last].text)) {
        end = end_of(&lines[..end - 1]);
    }
    // Lines of spaces may be text that is kept as it is written.
    end + lines[end..].iter().take_while(|line| line.is_blank()).count()
}
