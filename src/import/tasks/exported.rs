//! The checklist that `tracker export` writes: what its lines are called and mean, for who writes it and who reads it again.
//!
//! A task is known by its id. Text that people have added below a task is its description; a box without an id is a new task.

use super::{ImportInput, ImportedTask, Progress, Tasks};
use crate::model::{Field, Minutes, Priority, Problem, TaskId};

/// The line by which the list is known: no page shows it.
pub const EXPORT_MARKER: &str = "<!-- tracker export -->";

/// The section of the boxes right below a task.
pub const BOXES: &str = "Deliverables";

/// What a line below a task says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The task that it is a part of.
    PartOf,
    /// The tasks that must be done first.
    DependsOn,
    /// One of its target files.
    File,
    /// Why it is blocked.
    Blocked,
    /// Why it was cancelled.
    Cancelled,
    /// How urgent it is, where that is ambiguous after the title.
    Priority,
    /// How much work it is, in the same case.
    Estimate,
    /// Who works on it, in the same case.
    Assignee,
}

const DETAILS: [(Detail, &str); 8] = [
    (Detail::PartOf, "Part of"),
    (Detail::DependsOn, "Depends on"),
    (Detail::File, "File"),
    (Detail::Blocked, "Blocked"),
    (Detail::Cancelled, "Cancelled"),
    (Detail::Priority, "Priority"),
    (Detail::Estimate, "Estimate"),
    (Detail::Assignee, "Assignee"),
];

impl Detail {
    /// Returns what the line begins with.
    #[must_use]
    pub fn name(self) -> &'static str {
        DETAILS.iter().find(|(detail, _)| *detail == self).map(|(_, name)| *name).expect("each has a row")
    }
}

/// What is after a title, in parentheses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TitleMarks {
    /// How urgent it is.
    pub priority: Option<String>,
    /// How much work it is.
    pub estimate: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
}

impl TitleMarks {
    /// Reads them; whatever is neither a priority nor an estimate is a name.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let is_estimate =
            |word: &str| Minutes::parse(word).is_some_and(|minutes| minutes.to_string() == word);
        let (mut marks, mut rest) = (Self::default(), text);
        let (word, others) = rest.split_once(", ").unwrap_or((rest, ""));
        if Priority::KNOWN.contains(&word) {
            (marks.priority, rest) = (Some(word.to_owned()), others);
        }
        let (word, others) = rest.split_once(", ").unwrap_or((rest, ""));
        if is_estimate(word) {
            (marks.estimate, rest) = (Some(word.to_owned()), others);
        }
        marks.assignee = (!rest.is_empty()).then(|| rest.to_owned());
        marks
    }

    /// Returns the words between the parentheses; none where reading them again would give something else.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let words: Vec<&str> = [&self.priority, &self.estimate, &self.assignee]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let text = words.join(", ");
        (Self::read(&text) == *self).then_some(text)
    }

    /// Returns them as lines below the task.
    pub fn details(&self) -> impl Iterator<Item = (Detail, String)> {
        let all = [
            (Detail::Priority, &self.priority),
            (Detail::Estimate, &self.estimate),
            (Detail::Assignee, &self.assignee),
        ];
        all.into_iter().filter_map(|(detail, text)| Some((detail, text.clone()?)))
    }
}

/// Whether it is such a list.
pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    input.text.lines().any(|line| line.trim() == EXPORT_MARKER)
}

/// Reads the list.
pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    let mut reader = Reader { section: BOXES.to_owned(), ..Reader::default() };
    for (at, line) in input.text.lines().enumerate() {
        reader.take(at + 1, line);
    }
    if let Some(first) = reader.outside {
        let problem = Problem::warning("text outside of any task is not imported").at_line(first);
        reader.found.problems.push(problem.with_hint("indent it below a task if it is needed"));
    }
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Tasks,
    area: Option<String>,
    /// The section of the boxes that follow.
    section: String,
    /// The first line of text that belongs to no task.
    outside: Option<usize>,
}

impl Reader {
    fn take(&mut self, number: usize, line: &str) {
        let (content, is_nested) = (line.trim(), line.starts_with([' ', '\t']));
        if content.is_empty() || content.starts_with("<!--") {
            return;
        }
        if let Some(area) = content.strip_prefix("## ").filter(|_| !is_nested) {
            self.area = Some(plain(area));
        } else if let Some((is_done, text)) = checkbox(content).filter(|_| !is_nested) {
            self.add_task(number, is_done, text);
        } else if let Some(task) = self.found.tasks.last_mut().filter(|_| is_nested) {
            let item = content.strip_prefix("- ").unwrap_or(content);
            if let Some((is_done, text)) = checkbox(content) {
                task.write_box(&self.section, &plain(text), is_done);
            } else if let Some((detail, value)) = detail(item) {
                apply(task, detail, value);
            } else if let Some(name) = item.strip_suffix(':').filter(|_| item.len() < content.len()) {
                self.section = plain(name);
            } else {
                task.write_text("Description", content);
            }
        } else if self.outside.is_none() && !content.starts_with("# ") {
            self.outside = Some(number);
        }
    }

    fn add_task(&mut self, number: usize, is_done: bool, text: &str) {
        self.section = BOXES.to_owned();
        let (title, marks) = parted(text);
        let (word, rest) = title.split_once(' ').unwrap_or((title, ""));
        let id = TaskId::parse(word).ok().filter(|_| !rest.is_empty());
        let title = plain(if id.is_some() { rest } else { title });
        let key = match &id {
            Some(id) => id.to_string(),
            None => super::checklist::digest(&[], &title),
        };
        let mut task = ImportedTask::new(key, number, &title);
        task.id = id.map(|id| id.to_string());
        task.progress = if is_done { Progress::Done(None) } else { Progress::Open };
        for (detail, value) in TitleMarks::read(&plain(marks)).details() {
            apply(&mut task, detail, &value);
        }
        if let Some(area) = &self.area {
            task.set(Field::Area, area.clone());
            task.groups = vec![area.clone()];
        }
        self.found.tasks.push(task);
    }
}

/// Gives a task what a line below it says, of which the marks of Markdown are read.
fn apply(task: &mut ImportedTask, detail: Detail, value: &str) {
    let value = plain(value);
    match detail {
        Detail::PartOf => task.parent = Some(value),
        Detail::DependsOn => task.depends_on.extend(value.split(", ").map(str::to_owned)),
        Detail::File => task.add(Field::Files, [value]),
        Detail::Blocked if task.progress == Progress::Open => task.progress = Progress::Blocked(value),
        Detail::Blocked => {}
        Detail::Cancelled => task.progress = Progress::Cancelled(value),
        Detail::Priority => task.set(Field::Priority, value),
        Detail::Estimate => task.set(Field::Estimate, value),
        Detail::Assignee => task.set(Field::Assignee, value),
    }
}

/// Reads `- [x] text`.
fn checkbox(content: &str) -> Option<(bool, &str)> {
    let marks = [("- [ ] ", false), ("- [x] ", true), ("- [X] ", true)];
    marks.iter().find_map(|(mark, is_done)| Some((*is_done, content.strip_prefix(mark)?.trim())))
}

/// Reads `Name: value`.
fn detail(item: &str) -> Option<(Detail, &str)> {
    let (name, value) = item.split_once(": ")?;
    let (detail, _) = DETAILS.iter().find(|(_, known)| *known == name)?;
    Some((*detail, value.trim()))
}

/// Parts a title from the marks after it: what is between the last parentheses, unless these are escaped.
fn parted(text: &str) -> (&str, &str) {
    let is_escaped = |at: usize| text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    let close = text.len().checked_sub(1).filter(|close| text.ends_with(')') && !is_escaped(*close));
    let open = close.and_then(|_| text.rfind(" ("));
    match (open, close) {
        (Some(open), Some(close)) => (&text[..open], &text[open + 2..close]),
        _ => (text, ""),
    }
}

/// Returns what a line of Markdown says: without the marks that keep its text from being markup, and without what only breaks
/// references.
fn plain(text: &str) -> String {
    if text == "(empty)" {
        return String::new();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let entity = if c == '&' { after.split_once(';') } else { None };
        if let Some((found, after)) = entity.and_then(|(name, after)| Some((entity_of(name)?, after))) {
            out.extend((found != '\u{200b}').then_some(found));
            rest = after;
        } else if let Some(next) =
            after.chars().next().filter(|next| c == '\\' && next.is_ascii_punctuation())
        {
            out.push(next);
            rest = &after[1..];
        } else {
            out.push(c);
            rest = after;
        }
    }
    out
}

fn entity_of(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        name => char::from_u32(name.strip_prefix('#')?.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::{TitleMarks, parted, plain};

    #[test]
    fn marks_are_read_as_they_were_written() {
        let marks = |priority: Option<&str>, estimate: Option<&str>, assignee: Option<&str>| TitleMarks {
            priority: priority.map(str::to_owned),
            estimate: estimate.map(str::to_owned),
            assignee: assignee.map(str::to_owned),
        };
        for (own, words) in [
            (marks(Some("high"), Some("1h 30m"), Some("Doe, Jane")), Some("high, 1h 30m, Doe, Jane")),
            (marks(None, Some("45m"), None), Some("45m")),
            (marks(None, None, Some("ada")), Some("ada")),
            (marks(Some("low"), None, Some("ada (QA)")), Some("low, ada (QA)")),
            (marks(None, None, None), Some("")),
            // Nobody could tell these from a priority and an estimate.
            (marks(None, None, Some("high")), None),
            (marks(None, None, Some("2h, ada")), None),
            (marks(Some("urgent"), None, Some("ada")), None),
        ] {
            assert_eq!(own.words().as_deref(), words, "{own:?}");
        }
    }

    #[test]
    fn a_title_ends_where_its_marks_begin() {
        for (text, expected) in [
            ("Fix (v2) (high)", ("Fix (v2)", "high")),
            (r"Fix (v2\)", (r"Fix (v2\)", "")),
            (r"Fix \\ (high)", (r"Fix \\", "high")),
            ("Fix (high) now", ("Fix (high) now", "")),
        ] {
            assert_eq!(parted(text), expected);
        }
        assert_eq!(
            plain(r"\=a @&#8203;b &lt;c&gt; &#124; \\ \(d &amp; &x; \n"),
            r"=a @b <c> | \ (d & &x; \n"
        );
    }
}
