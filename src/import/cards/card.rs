//! One card: from its lines to a task, and a record of where each line went.

use chrono::NaiveDate;

use crate::doc::cards::body::Layout;
use crate::doc::cards::body::{self, Block, Body};
use crate::doc::cards::field::Key;
use crate::doc::cards::lines::{self, Line};
use crate::doc::cards::section::{self, Part, Parts};
use crate::doc::cards::{moves, paths, value};
use crate::doc::is_heading;
use crate::model::{Field, Move, Problem, Stage, Status, Task, TaskId};

use super::Lines;
use super::metadata::{self, Metadata};

/// Where one piece of a card went.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Placed {
    /// The metadata line's or section's name, as the card writes it.
    pub what: String,
    /// Where it is in the document.
    pub lines: Lines,
    /// Where it is in the task, for a person to read.
    pub to: String,
}

/// A card of the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The id, as the heading gives it.
    pub id: TaskId,
    /// Where the card is; the first line is its heading.
    pub lines: Lines,
    /// The status that the card gives; not started where it gives none.
    pub status: Status,
    /// Where each piece of the card went, in the document's order.
    pub placed: Vec<Placed>,
    /// Completed, and no line says when.
    pub(super) is_undated: bool,
    /// The lines that name other tasks.
    relations: Vec<(Field, usize)>,
    task: Task,
    /// The day on which a card in progress was begun, as far as it tells.
    begun: Option<NaiveDate>,
}

impl Card {
    /// Makes the task. A card in progress that names no stage is in `first_stage`, the first of its pipeline.
    #[must_use]
    pub fn to_task(&self, first_stage: &Stage) -> Task {
        let mut task = self.task.clone();
        if self.status == Status::InProgress {
            if task.stage.is_none() {
                task.stage = first_stage.clone();
            }
            let step = self.begun.and_then(|day| {
                moves::implied(Status::InProgress, day, task.assignee.as_deref(), &task.stage)
            });
            task.history.extend(step);
        }
        task
    }

    /// Returns the line that gives a field which names other tasks, else the card's first.
    #[must_use]
    pub fn line_of(&self, field: Field) -> usize {
        let line = self.relations.iter().find(|(name, _)| *name == field).map(|(_, line)| *line);
        line.unwrap_or(self.lines.first)
    }

    /// Returns the task's type, which chooses its pipeline.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.task.kind.as_deref()
    }
}

/// What reading a card needs to know beside its lines.
pub(super) struct Heading<'a> {
    pub(super) id: TaskId,
    pub(super) title: &'a str,
    pub(super) lines: Lines,
    /// File name and id.
    pub(super) source: String,
}

/// Reads the lines below a card's heading.
pub(super) fn read(heading: Heading<'_>, below: &[Line<'_>]) -> (Card, Vec<Problem>) {
    let parts = section::read(below);
    let metadata = metadata::read(heading.id.clone(), &parts);
    let mut builder =
        Builder { sections: Vec::new(), files: paths::Union::default(), history: None, metadata };
    let blockers = first_blocker(&parts);
    builder.take_sections(&parts);
    builder.check_derived_days();
    let preamble = parts.preamble.content(&builder.metadata.taken);
    builder.place_preamble(&parts.preamble, &preamble);
    let crlf = parts.preamble.layout.as_ref().is_some_and(|layout| layout.crlf);
    let sections = std::mem::take(&mut builder.sections);
    let body = Body { preamble: block(preamble, parts.preamble.layout.as_ref()), sections, crlf }.join();
    builder.finish(heading, body, blockers)
}

struct Builder {
    sections: Vec<body::Section>,
    files: paths::Union,
    history: Option<Vec<Move>>,
    metadata: Metadata,
}

impl Builder {
    fn take_sections(&mut self, parts: &Parts<'_>) {
        let has_description = parts.sections.iter().any(|part| is_heading(&part.name, "Description"));
        for part in &parts.sections {
            let content = part.content(&self.metadata.taken);
            let lines = Lines { first: part.line, last: part.last_line(&self.metadata.taken) };
            let (what, mut to) = (part.name.clone(), Vec::new());
            if part.is_derived {
                to.push("left out: it is computed".to_owned());
            } else if let Some(layout) = &part.layout {
                let section = as_written(part, content, layout);
                to.push(format!("body: {}", section.heading));
                self.sections.push(section);
            } else if let Some(history) = self.history_of(part, &content) {
                to.push(format!("history ({} moves)", history.len()));
                self.history = Some(history);
            } else {
                let found = paths::in_section(&part.name, content.iter().map(String::as_str));
                if !found.paths.is_empty() {
                    to.push(format!("files ({})", found.paths.len()));
                }
                self.files.add(&found);
                if !found.nothing_else {
                    let section = plain(part, content, has_description);
                    to.push(format!("body: {}", section.heading));
                    self.sections.push(section);
                }
            }
            self.metadata.placed.push(super::Placed { what, lines, to: to.join(" and ") });
        }
    }

    fn history_of(&self, part: &Part<'_>, content: &[String]) -> Option<Vec<Move>> {
        let named = self.history.is_none() && is_heading(&part.name, moves::SECTION);
        if named { moves::read(content.iter().map(String::as_str)) } else { None }
    }

    /// Keeps in the body what a line says about days and the task does not: derived days need no line.
    fn check_derived_days(&mut self) {
        let status = self.status();
        let metadata = &mut self.metadata;
        if let Some(date) = metadata.date {
            let completed = (status == Status::Completed).then_some(date);
            let (created, ended) =
                (*metadata.task.created.get_or_insert(date), metadata.completed.or(completed));
            if created != date && ended != Some(date) {
                metadata.leave(Key::Date);
            }
            metadata.completed = ended;
        }
        let last = self.history.as_ref().map(|history| history.iter().map(|step| step.at.date_naive()).max());
        let completed = metadata.completed.filter(|_| status == Status::Completed);
        if metadata.completed.is_some() && completed.is_none() {
            metadata.leave(Key::Completed);
        }
        let derived = match last {
            Some(last) => last.max(metadata.task.created).max(completed),
            None if status == Status::InProgress => metadata.updated,
            None if status == Status::Completed => completed.or(metadata.updated).max(metadata.task.created),
            None => metadata.task.created,
        };
        if metadata.updated.is_some() && metadata.updated != derived {
            metadata.leave(Key::Field(Field::Updated));
        }
    }

    fn status(&self) -> Status {
        self.metadata.status.map_or(Status::NotStarted, |reading| reading.status)
    }

    fn place_preamble(&mut self, part: &Part<'_>, content: &[String]) {
        let text = part.entries.iter().filter(|entry| !entry.text.trim().is_empty() && entry.field.is_none());
        let numbers: Vec<usize> = text.map(|entry| entry.number).collect();
        if let (Some(&first), Some(&last), false) = (numbers.first(), numbers.last(), content.is_empty()) {
            let what = "text above the sections".to_owned();
            self.metadata.placed.push(Placed { what, lines: Lines { first, last }, to: "body".to_owned() });
        }
    }

    fn finish(mut self, heading: Heading<'_>, body: String, blocker: Option<String>) -> (Card, Vec<Problem>) {
        let status = self.status();
        let (history, begun) = self.history(status);
        let (stage, blocked, cancelled) = self.stage_of(status, blocker);
        let metadata = self.metadata;
        let mut placed = metadata.placed;
        placed.sort_by_key(|placed| placed.lines.first);
        let (deliverables, boxes) = section::count_boxes(&body);
        let title = metadata.title.unwrap_or_else(|| match heading.title {
            "" => format!("Untitled {}", heading.id),
            title => title.to_owned(),
        });
        let task = Task {
            title,
            stage,
            files: self.files.paths,
            blocked,
            cancelled,
            source: Some(heading.source),
            history,
            body,
            deliverables,
            boxes,
            ..metadata.task
        };
        let relation = |(key, line): (&Key, &usize)| match key {
            Key::Field(field @ (Field::DependsOn | Field::Parent)) => Some((*field, *line)),
            _ => None,
        };
        let relations = metadata.lines.iter().filter_map(relation).collect();
        let (lines, is_undated) = (heading.lines, metadata.is_undated);
        let card = Card { id: heading.id, lines, status, placed, is_undated, relations, task, begun };
        (card, metadata.problems)
    }

    /// Returns the moves, and for a card in progress the day on which it was begun.
    fn history(&mut self, status: Status) -> (Vec<Move>, Option<NaiveDate>) {
        let metadata = &mut self.metadata;
        let by = metadata.task.assignee.as_deref();
        let given = self.history.take();
        match status {
            Status::Completed => {
                let mut history = given.clone().unwrap_or_default();
                let is_recorded = history.last().is_some_and(|step| step.to.is_complete());
                let day = metadata.completed.or(metadata.updated.filter(|_| given.is_none()));
                let step = day.and_then(|day| moves::implied(status, day, by, &Stage::complete()));
                metadata.is_undated = given.is_none() && step.is_none();
                if let Some(mut step) = step.filter(|_| !is_recorded) {
                    step.from = history.last().map_or_else(Stage::none, |last| last.to.clone());
                    history.push(step);
                }
                (history, None)
            }
            Status::InProgress if given.is_none() => (Vec::new(), metadata.updated.or(metadata.task.created)),
            _ => (given.unwrap_or_default(), None),
        }
    }

    /// Returns stage, why it is blocked and why it is cancelled.
    fn stage_of(
        &mut self,
        status: Status,
        blocker: Option<String>,
    ) -> (Stage, Option<String>, Option<String>) {
        let metadata = &mut self.metadata;
        let given = metadata.stage.take();
        let stage = match status {
            Status::Completed => Stage::complete(),
            Status::NotStarted => Stage::none(),
            _ => given.clone().unwrap_or_else(Stage::none),
        };
        if let Some(given) = given.filter(|given| *given != stage) {
            let line = metadata.lines.get(&Key::Field(Field::Stage)).copied().unwrap_or_default();
            let problem = Problem::warning(format!("`{given}` contradicts the card's status")).at_line(line);
            metadata.problems.push(problem.on_key("stage").with_hint("the status is used"));
        }
        let by_hand =
            status == Status::Blocked && !metadata.status.is_some_and(|reading| reading.by_dependency);
        let no_reason = |word: &str| format!("imported as {word}");
        let blocked = metadata.task.blocked.take();
        let blocked = blocked.or_else(|| by_hand.then(|| blocker.unwrap_or_else(|| no_reason("blocked"))));
        let cancelled = metadata.task.cancelled.take();
        let cancelled = cancelled.or_else(|| (status == Status::Cancelled).then(|| no_reason("cancelled")));
        (stage, blocked, cancelled)
    }
}

impl Metadata {
    /// Leaves a line in the body after all.
    fn leave(&mut self, key: Key) {
        let Some(line) = self.lines.get(&key) else { return };
        self.taken.remove(line);
        if let Some(placed) = self.placed.iter_mut().find(|placed| placed.lines.first == *line) {
            placed.to = "body".to_owned();
        }
    }
}

fn plain(part: &Part<'_>, mut content: Vec<String>, has_description: bool) -> body::Section {
    if section::is_list_of_boxes(&part.name) {
        let lines = lines::scan_lines(content.iter().map(String::as_str));
        let normalised = lines.iter().map(|line| match line.is_fenced() {
            true => line.text.to_owned(),
            false => section::normalised(line.text),
        });
        content = normalised.collect();
    }
    let is_objective = is_heading(&part.name, "Objective") && !has_description;
    let name = if is_objective { "Description" } else { &part.name };
    body::Section::usual(name, content)
}

fn as_written(part: &Part<'_>, content: Vec<String>, layout: &Layout) -> body::Section {
    let heading = layout.heading.clone().unwrap_or_else(|| body::usual_heading(&part.name));
    body::Section { name: part.name.clone(), heading, block: block(content, Some(layout)) }
}

fn block(content: Vec<String>, layout: Option<&Layout>) -> Block {
    let usual = Block::usual(content);
    let Some(layout) = layout else { return usual };
    Block { above: layout.above.unwrap_or(usual.above), below: layout.below.unwrap_or(usual.below), ..usual }
}

/// Returns the first line of the section that names blockers, without the marks of a list.
fn first_blocker(parts: &Parts<'_>) -> Option<String> {
    let part = parts.sections.iter().find(|part| part.name.to_lowercase().starts_with("blocker"))?;
    let line = part.entries.iter().map(|entry| entry.text.trim()).find(|line| !line.is_empty())?;
    let item = lines::list_item(line).unwrap_or(line);
    let item = item.strip_prefix("[ ] ").or_else(|| item.strip_prefix("[x] ")).unwrap_or(item).trim();
    (!value::is_placeholder(item.trim_end_matches('.'))).then(|| item.to_owned())
}
