//! Breakdowns of work as Markdown checklists: those of Agent OS (both versions), Spec Kit, OpenSpec, Kiro, and plain
//! ones that people write.
//!
//! A numbered checkbox is a task, and so is one that is nested in none; the other checkboxes are deliverables of the task
//! that they are nested in. What a group says of dependencies is of all of its tasks; a dependency on a group is one
//! on its outermost tasks. Text of a group goes to its first task, what is below its tasks to the one that completes it:
//! `2.0`, or else the last.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::labels::{self, Label};
use super::outline::{self, Group, Item, TextLine};
use super::references::{self, Reference};
use super::{ImportFormat, ImportInput, ImportedTask, Progress, Tasks, words};
use crate::doc::cards::value;
use crate::model::{Field, Problem};

/// Most dependencies that one text may have.
const MOST_DEPENDENCIES: usize = 100_000;

/// Headings that name no part of the work.
const PLAIN_HEADINGS: [&str; 7] =
    ["tasks", "task list", "implementation tasks", "implementation plan", "spec tasks", "todo", "backlog"];

/// Whether it is a checklist of Spec Kit: its tasks are numbered `T001`.
pub(super) fn is_spec_kit(input: &ImportInput<'_>) -> bool {
    boxes(input)
        .any(|(text, _)| labels::number(text).is_some_and(|(number, _)| number.starts_with(['T', 't'])))
}

/// Whether it is the checklist of a spec of Kiro: its tasks name requirements.
pub(super) fn is_kiro(input: &ImportInput<'_>) -> bool {
    let names_requirements =
        |line: &str| line.trim_start().trim_start_matches("- ").starts_with("_Requirements:");
    has_numbers(input) && (input.is_below(".kiro") || input.text.lines().any(names_requirements))
}

/// Whether it is the checklist of a change of OpenSpec: `## 1. …`, and below it `1.1`, `1.2`, at the margin.
pub(super) fn is_openspec(input: &ImportInput<'_>) -> bool {
    if input.is_below("openspec") {
        return boxes(input).next().is_some();
    }
    let groups = outline::read(input.text);
    let mut with_items = groups.iter().filter(|group| !group.items.is_empty()).peekable();
    with_items.peek().is_some() && with_items.all(is_openspec_group)
}

fn is_openspec_group(group: &Group<'_>) -> bool {
    let Some((number, _)) = group.path.last().and_then(|name| labels::number(name)) else { return false };
    let start = format!("{number}.");
    group.items.iter().all(|item| {
        labels::number(item.text).is_some_and(|(of, _)| {
            item.parent.is_none() && of.starts_with(&start) && of != format!("{number}.0")
        })
    })
}

/// Whether it has any checkboxes.
pub(super) fn is_breakdown(input: &ImportInput<'_>) -> bool {
    boxes(input).next().is_some()
}

fn has_numbers(input: &ImportInput<'_>) -> bool {
    boxes(input).any(|(text, _)| labels::number(text).is_some())
}

/// Yields what is after each checkbox of a Markdown text, and its indentation in bytes.
fn boxes<'a>(input: &ImportInput<'a>) -> impl Iterator<Item = (&'a str, usize)> {
    let is_json = input.text.trim_start().starts_with(['{', '[']) && !input.file_name().ends_with(".md");
    let lines = input.text.lines().filter(move |_| !is_json);
    lines.filter_map(|line| {
        let content = line.trim_start();
        let item = crate::doc::cards::lines::list_item(content)?.strip_prefix('[')?;
        let (mark, text) = item.split_once(']')?;
        let text = text.strip_prefix('*').unwrap_or(text);
        let mut marks = mark.trim().chars();
        let is_box = marks.next().is_none_or(outline::is_mark) && marks.next().is_none();
        (is_box && text.starts_with([' ', '\t'])).then(|| (text.trim(), line.len() - content.len()))
    })
}

/// Reads a checklist.
pub(super) fn read(input: &ImportInput<'_>, format: ImportFormat) -> Tasks {
    let mut reader = Reader {
        input,
        format,
        built: Vec::new(),
        groups: Vec::new(),
        outside: Vec::new(),
        problems: Vec::new(),
        keys: HashMap::new(),
        numbers: HashMap::new(),
        first: HashMap::new(),
    };
    for group in outline::read(input.text) {
        reader.take(&group);
    }
    reader.finish()
}

/// A task on its way.
struct Built {
    task: ImportedTask,
    group: usize,
    number: Option<String>,
    /// The task that it is nested in.
    parent: Option<usize>,
    /// What it says of dependencies, each with its line.
    depends_on: Vec<(usize, String)>,
}

#[derive(Default)]
struct GroupBuilt {
    number: Option<u32>,
    depends_on: Vec<(usize, String)>,
    /// The tasks in it that are nested in no other, or none of this group.
    outermost: Vec<usize>,
}

struct Reader<'r, 'a> {
    input: &'r ImportInput<'a>,
    format: ImportFormat,
    built: Vec<Built>,
    groups: Vec<GroupBuilt>,
    /// Lines of text that belong to no task.
    outside: Vec<usize>,
    problems: Vec<Problem>,
    /// How many tasks have a key.
    keys: HashMap<String, usize>,
    /// The first task of each group that has a number; of `2.0` also as `2`.
    numbers: HashMap<(usize, String), usize>,
    /// The first task of all that has a number.
    first: HashMap<String, usize>,
}

impl Reader<'_, '_> {
    fn take(&mut self, group: &Group<'_>) {
        if group.items.is_empty() {
            let has_text = |line: &&TextLine<'_>| {
                !line.text.trim().is_empty() && !crate::doc::cards::lines::is_rule(line.text)
            };
            self.outside.extend(group.intro.iter().filter(has_text).map(|line| line.number));
            return;
        }
        let name = group.path.last().copied().unwrap_or_default();
        self.groups.push(GroupBuilt { number: group_number(name), ..GroupBuilt::default() });
        let first = self.built.len();
        let mut tasks: Vec<Option<usize>> = Vec::with_capacity(group.items.len());
        let has_text = |line: &&TextLine<'_>| !line.text.trim().is_empty();
        let text: Vec<TextLine<'_>> =
            group.intro.iter().chain(&group.outro).filter(has_text).copied().collect();
        let mut numbered_at = 0;
        for item in &group.items {
            let above =
                std::iter::successors(item.parent, |at| group.items[*at].parent).find_map(|at| tasks[at]);
            let around = item.parent.map_or(&text, |parent| &group.items[parent].below);
            let section = section_of(around, item, numbered_at);
            let number = labels::number(item.text);
            numbered_at = if number.is_some() { item.line } else { numbered_at };
            let is_task =
                number.is_some() || above.is_none() && (section.is_none() || self.built.len() == first);
            tasks.push(if is_task { Some(self.add_task(group, item, above)) } else { None });
            if !is_task {
                let owner = above.unwrap_or_else(|| self.completing(first));
                self.add_box(group, item, owner, section.unwrap_or("Deliverables"));
            }
        }
        self.add_text_of_group(group, first);
    }

    /// Returns the task of the group that completes it: `2.0`, else the last that is nested in no other.
    fn completing(&self, first: usize) -> usize {
        let is_head =
            |at: &usize| self.built[*at].number.as_ref().is_some_and(|number| number.ends_with(".0"));
        let outermost = self.groups.last().map(|group| group.outermost.as_slice()).unwrap_or_default();
        outermost.iter().copied().find(is_head).or(outermost.last().copied()).unwrap_or(first)
    }

    fn add_task(&mut self, group: &Group<'_>, item: &Item<'_>, parent: Option<usize>) -> usize {
        let (number, text) =
            labels::number(item.text).map_or((None, item.text), |(number, text)| (Some(number), text));
        let marks = labels::marks(text);
        let key = self.key(group, number, &marks.title, item.line);
        let title = if marks.title.is_empty() { number.unwrap_or(item.text) } else { &marks.title };
        let mut task = ImportedTask::new(key, item.line, title);
        task.progress = progress_of(item.mark);
        let path = [group.path.as_slice(), item.under.as_slice()].concat();
        task.groups = path.iter().map(|name| super::task::one_line(name)).collect();
        if let Some(area) = area(&path) {
            task.set(Field::Area, area);
        }
        task.set(Field::Priority, marks.priority.unwrap_or_default());
        task.set(Field::Estimate, marks.estimate.unwrap_or_default());
        task.add(Field::Tags, marks.tags);
        if item.is_optional {
            task.add(Field::Tags, ["optional".to_owned()]);
        }
        if self.format == ImportFormat::SpecKit {
            task.add(Field::Files, labels::paths_in(text));
        }
        let depends_on = marks.depends_on.into_iter().map(|text| (item.line, text)).collect();
        let at = self.built.len();
        let group_at = self.groups.len() - 1;
        let number = number.map(str::to_owned);
        let parent = parent.or_else(|| self.parent_by_number(number.as_deref()?, group_at));
        if let Some(number) = &number {
            self.remember(number, group_at, at);
        }
        self.built.push(Built { task, group: group_at, number, parent, depends_on });
        if parent.is_none_or(|parent| self.built[parent].group != group_at) {
            self.groups[group_at].outermost.push(at);
        }
        self.add_text(at, &item.below);
        at
    }

    /// Returns what the task is called in its source: by its number, else by its words.
    fn key(&mut self, group: &Group<'_>, number: Option<&str>, title: &str, line: usize) -> String {
        let name = number.map_or_else(|| digest(&group.path, title), str::to_owned);
        let count = self.keys.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 {
            return format!("{}/{name}", self.input.scope);
        }
        if number.is_some() {
            let problem = Problem::warning(format!("`{name}` is the number of {count} tasks"));
            self.problems.push(
                problem.at_line(line).with_hint("give each a number of its own: they are matched by it"),
            );
        }
        format!("{}/{name}~{count}", self.input.scope)
    }

    /// Returns the task of the group whose number this one continues: `1` or `1.0` for `1.2`.
    fn parent_by_number(&self, number: &str, group: usize) -> Option<usize> {
        let (stem, last) = number.rsplit_once('.')?;
        if last == "0" { None } else { self.numbers.get(&(group, stem.to_owned())).copied() }
    }

    /// Takes note of a task's number.
    fn remember(&mut self, number: &str, group: usize, at: usize) {
        let number = number.to_ascii_lowercase();
        for name in [number.strip_suffix(".0").unwrap_or(&number), &number] {
            self.numbers.entry((group, name.to_owned())).or_insert(at);
            self.first.entry(name.to_owned()).or_insert(at);
        }
    }

    fn add_box(&mut self, group: &Group<'_>, item: &Item<'_>, owner: usize, section: &str) {
        let is_box = |at: &usize| labels::number(group.items[*at].text).is_none();
        let parents = std::iter::successors(item.parent, |at| group.items[*at].parent).take_while(is_box);
        let indent =
            "  ".repeat(parents.count().saturating_sub(usize::from(self.built[owner].number.is_none())));
        let task = &mut self.built[owner].task;
        let mark = if matches!(progress_of(item.mark), Progress::Done(_)) { 'x' } else { ' ' };
        task.write(section, [format!("{indent}- [{mark}] {}", super::task::one_line(item.text))]);
        task.write(section, dedented(&item.below).into_iter().map(|line| format!("{indent}  {line}")));
    }

    fn add_text_of_group(&mut self, group: &Group<'_>, first: usize) {
        let last = self.completing(first);
        let name = group.path.last().copied().unwrap_or_default();
        if let Some(priority) = labels::marks(name).priority {
            for built in &mut self.built[first..] {
                built.task.fields.entry(Field::Priority).or_insert_with(|| vec![priority.to_owned()]);
            }
        }
        for (at, text) in [(first, &group.intro), (last, &group.outro)] {
            let own = self.built[at].depends_on.len();
            let assignee = self.built[at].task.fields.get(&Field::Assignee).cloned();
            self.add_text(at, text);
            let of_group = self.built[at].depends_on.split_off(own);
            self.groups[self.built[at].group].depends_on.extend(of_group);
            // Whoever is named for the group works on all of it.
            let named = self.built[at]
                .task
                .fields
                .get(&Field::Assignee)
                .filter(|now| Some(*now) != assignee.as_ref());
            if let Some(named) = named.cloned() {
                for built in &mut self.built[first..] {
                    built.task.fields.entry(Field::Assignee).or_insert_with(|| named.clone());
                }
            }
        }
    }

    /// Gives a task the text that belongs to it: what labels announce goes to fields, the rest is its description.
    fn add_text(&mut self, at: usize, text: &[TextLine<'_>]) {
        let mut description: Vec<TextLine<'_>> = Vec::new();
        let mut lines = text.iter().peekable();
        while let Some(line) = lines.next() {
            let Some((label, value)) = labels::label(line.text).filter(|_| !line.is_fenced) else {
                description.push(*line);
                continue;
            };
            let is_item = crate::doc::cards::lines::list_item(line.text.trim_start()).is_some();
            let takes = |next: &TextLine<'_>| {
                let is_deeper = next.indent() > line.indent() || next.indent() == line.indent() && !is_item;
                is_deeper
                    && crate::doc::cards::lines::list_item(next.text.trim_start()).is_some()
                    && !next.is_fenced
            };
            let mut values: Vec<(usize, &str)> = Vec::new();
            if value.is_empty() {
                let mut ahead = lines.clone();
                while ahead.peek().is_some_and(|next| next.text.trim().is_empty()) {
                    ahead.next();
                }
                if ahead.peek().is_some_and(|next| takes(next)) {
                    lines = ahead;
                    while let Some(next) = lines.next_if(|next| takes(next)) {
                        let item =
                            crate::doc::cards::lines::list_item(next.text.trim_start()).unwrap_or_default();
                        values.push((next.number, item));
                    }
                }
            } else {
                values.push((line.number, value));
            }
            if let Err(why) = self.apply(at, label, &values) {
                let hint = "the line is kept in the task's text";
                self.problems.push(Problem::warning(why).at_line(line.number).with_hint(hint));
                description.extend(text.iter().filter(|other| {
                    other.number == line.number || values.iter().any(|(number, _)| *number == other.number)
                }));
            }
        }
        let description = dedented(&description).join("\n");
        self.built[at].task.write_text("Description", &description);
    }

    /// Gives a task what a label announces.
    fn apply(&mut self, at: usize, label: Label, values: &[(usize, &str)]) -> Result<(), String> {
        let built = &mut self.built[at];
        let task = &mut built.task;
        let all = values.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(", ");
        if value::is_placeholder(&all) && !matches!(label, Label::Criteria | Label::Deliverables) {
            return Ok(());
        }
        let unread = |what: &str| format!("cannot read `{}` as {what}", super::task::one_line(&all));
        match label {
            Label::Depends => {
                built.depends_on.extend(values.iter().map(|(line, text)| (*line, (*text).to_owned())));
            }
            Label::Estimate => {
                let minutes = words::estimate(&all).ok_or_else(|| unread("an estimate"))?;
                task.set(Field::Estimate, minutes.to_string());
            }
            Label::Priority => {
                task.set(Field::Priority, words::priority(&all).ok_or_else(|| unread("a priority"))?);
            }
            Label::Files => {
                let paths: Option<Vec<Vec<String>>> =
                    values.iter().map(|(_, value)| labels::path_list(value)).collect();
                task.add(Field::Files, paths.ok_or_else(|| unread("paths"))?.into_iter().flatten());
            }
            Label::Criteria => {
                values.iter().for_each(|(_, text)| task.write_box("Acceptance criteria", text, false));
            }
            Label::Deliverables => {
                values.iter().for_each(|(_, text)| task.write_box("Deliverables", text, false));
            }
            Label::Assignee => {
                let first = value::read_person(&all).first.unwrap_or_default();
                task.set(Field::Assignee, first.trim_start_matches('@'));
            }
            Label::Due => {
                task.set(Field::Due, words::day(&all).ok_or_else(|| unread("a day"))?.to_string());
            }
            Label::Tags => task.add(Field::Tags, value::read_list(&all)),
            Label::Type => {
                let kind = all.trim_matches('`').to_ascii_lowercase();
                if kind.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_') {
                    return Err(unread("a type"));
                }
                task.set(Field::Type, kind);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Tasks {
        let keys: Vec<String> = self.built.iter().map(|built| built.task.key.clone()).collect();
        let mut count = 0;
        for at in 0..self.built.len() {
            let group = self.built[at].group;
            let own = std::mem::take(&mut self.built[at].depends_on);
            let texts: Vec<(usize, String)> =
                own.into_iter().chain(self.groups[group].depends_on.clone()).collect();
            let mut on: Vec<String> = Vec::new();
            for (line, text) in texts {
                on.extend(self.resolve(at, line, &text, &keys));
            }
            let mut seen = std::collections::HashSet::new();
            on.retain(|key| *key != keys[at] && seen.insert(key.clone()));
            count += on.len();
            if count > MOST_DEPENDENCIES {
                let message =
                    format!("more than {MOST_DEPENDENCIES} dependencies between the tasks of one file");
                return Tasks::failed(
                    Problem::error(message)
                        .with_hint("name the tasks that must be done first, not whole groups"),
                );
            }
            self.built[at].task.depends_on = on;
            self.built[at].task.parent = self.built[at].parent.map(|parent| keys[parent].clone());
        }
        self.report_outside();
        self.problems.sort_by_key(|problem| problem.line);
        self.problems.dedup();
        Tasks { tasks: self.built.into_iter().map(|built| built.task).collect(), problems: self.problems }
    }

    /// Returns the keys of what a text names; what nothing here is called by is returned as it is.
    fn resolve(&mut self, at: usize, line: usize, text: &str, keys: &[String]) -> Vec<String> {
        let found = references::read(text);
        for word in &found.unread {
            let why = format!("`{}` names no task", super::task::one_line(word));
            self.problems
                .push(Problem::warning(why).at_line(line).with_hint("it is kept in the task's text"));
            self.built[at].task.keep("depends on", word);
        }
        let mut on = Vec::new();
        for reference in found.found {
            match reference {
                Reference::AllAbove => {
                    let above = &self.groups[..self.built[at].group];
                    on.extend(above.iter().flat_map(|group| &group.outermost).map(|at| keys[*at].clone()));
                }
                Reference::Group(number) => match self.group_of(number) {
                    Some(group) => on.extend(group.outermost.iter().map(|at| keys[*at].clone())),
                    None => on.push(self.named(at, &number.to_string(), keys)),
                },
                Reference::Task(name) => on.extend(
                    match (self.task_of(at, &name), name.parse().ok().and_then(|n| self.group_of(n))) {
                        (Some(found), _) => vec![keys[found].clone()],
                        (None, Some(group)) => group.outermost.iter().map(|at| keys[*at].clone()).collect(),
                        (None, None) => vec![name],
                    },
                ),
            }
        }
        on
    }

    fn named(&self, at: usize, name: &str, keys: &[String]) -> String {
        self.task_of(at, name).map_or_else(|| name.to_owned(), |found| keys[found].clone())
    }

    fn group_of(&self, number: u32) -> Option<&GroupBuilt> {
        self.groups.iter().find(|group| group.number == Some(number))
    }

    /// Returns the task of a number: in the same group before any other.
    fn task_of(&self, at: usize, name: &str) -> Option<usize> {
        let key = (self.built[at].group, name.to_ascii_lowercase());
        self.numbers.get(&key).or_else(|| self.first.get(&key.1)).copied()
    }

    fn report_outside(&mut self) {
        let mut runs: Vec<super::super::cards::Lines> = Vec::new();
        for line in std::mem::take(&mut self.outside) {
            match runs.last_mut().filter(|run| line <= run.last + 2) {
                Some(run) => run.last = line,
                None => runs.push(super::super::cards::Lines { first: line, last: line }),
            }
        }
        if let Some(first) = runs.first() {
            let shown: Vec<String> = runs.iter().take(8).map(ToString::to_string).collect();
            let more =
                if runs.len() > 8 { format!(" and {} more places", runs.len() - 8) } else { String::new() };
            let message = format!("text outside of any task is not imported: {}{more}", shown.join(", "));
            let problem = Problem::warning(message).at_line(first.first);
            self.problems
                .push(problem.with_hint("it stays where it is; add it to a task by hand if it is needed"));
        }
    }
}

/// Returns the section that the label right above a checkbox announces, unless a numbered task is between the two.
fn section_of(around: &[TextLine<'_>], item: &Item<'_>, numbered_at: usize) -> Option<&'static str> {
    let above = &around[..around.partition_point(|line| line.number < item.line)];
    let last = above.iter().rev().find(|line| !line.text.trim().is_empty())?;
    match labels::label(last.text) {
        _ if last.number < numbered_at => None,
        Some((Label::Criteria, "")) => Some("Acceptance criteria"),
        Some((Label::Deliverables, "")) => Some("Deliverables"),
        _ => None,
    }
}

fn progress_of(mark: char) -> Progress {
    match mark {
        'x' | 'X' | '✓' | '✔' | '✅' => Progress::Done(None),
        '-' | '~' | '/' | '>' | '.' | 'o' => Progress::Begun,
        _ => Progress::Open,
    }
}

/// Returns the number of a group: `Task Group 2: …`, `Phase 3: …`, `1. …`.
fn group_number(name: &str) -> Option<u32> {
    let lower = name.to_ascii_lowercase();
    let word = ["task group ", "group ", "phase ", "section ", "milestone ", "step "];
    let rest = word.iter().find_map(|word| lower.strip_prefix(word)).unwrap_or(&lower);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let ends = rest[digits..].is_empty() || rest[digits..].starts_with(['.', ':', ')', ' ', '-']);
    if ends { rest[..digits].parse().ok() } else { None }
}

/// Returns the part of the work that headings name, without their numbers.
fn area(path: &[&str]) -> Option<String> {
    let parts = path.iter().filter_map(|name| {
        let plain = labels::marks(name).title;
        let name = match (group_number(&plain), plain.split_once(':')) {
            (Some(_), Some((_, name))) => name.trim().to_owned(),
            (Some(_), None) => labels::number(&plain).map_or(plain.clone(), |(_, name)| name.to_owned()),
            _ => plain,
        };
        let name = super::task::one_line(&name);
        (!name.is_empty() && !PLAIN_HEADINGS.contains(&name.to_lowercase().as_str())).then_some(name)
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" / "))
}

/// Returns what a task without a number is called: its words, digested.
pub(super) fn digest(path: &[&str], title: &str) -> String {
    let digest = Sha256::digest(format!("{}\n{title}", path.join("\n")));
    let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("~{hex}")
}

/// Returns lines without the indentation that all of them have.
fn dedented(lines: &[TextLine<'_>]) -> Vec<String> {
    let is_blank = |line: &&TextLine<'_>| line.text.trim().is_empty();
    let start = lines.iter().position(|line| !is_blank(&line)).unwrap_or(lines.len());
    let end = lines.iter().rposition(|line| !is_blank(&line)).map_or(start, |last| last + 1);
    let lines = &lines[start..end];
    let least = lines.iter().filter(|line| !is_blank(line)).map(TextLine::indent).min().unwrap_or_default();
    let cut = |line: &TextLine<'_>| {
        let mut columns = 0;
        let blanks = line.text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
        let cut = blanks.take_while(|byte| {
            columns += if *byte == b'\t' { 4 } else { 1 };
            columns <= least
        });
        line.text[cut.count()..].trim_end().to_owned()
    };
    lines.iter().map(cut).collect()
}
