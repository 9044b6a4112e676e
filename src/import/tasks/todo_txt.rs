//! todo.txt: a task a line, with `(A)`, `x`, days, `+project`, `@context` and `key:value`.

use sha2::{Digest, Sha256};

use super::{ImportInput, ImportedTask, Progress, Tasks, words};
use crate::doc::cards::value;
use crate::model::{Field, Problem};

pub(super) fn is_it(input: &ImportInput<'_>) -> bool {
    let name = input.file_name().to_ascii_lowercase();
    if name.ends_with("todo.txt") || name.ends_with("done.txt") {
        return true;
    }
    let is_marked = |line: &str| {
        let parts = Parts::of(line);
        parts.priority.is_some()
            || parts.is_done && parts.first.is_some()
            || line.split(' ').skip(1).any(is_tag)
    };
    let mut lines = input.text.lines().filter(|line| !line.trim().is_empty());
    (name.ends_with(".txt") || input.path == "-") && lines.any(is_marked)
}

/// What is before the words of a line.
#[derive(Default)]
struct Parts<'a> {
    is_done: bool,
    priority: Option<char>,
    first: Option<chrono::NaiveDate>,
    second: Option<chrono::NaiveDate>,
    words: &'a str,
}

impl<'a> Parts<'a> {
    fn of(line: &'a str) -> Self {
        let mut parts = Self { words: line.trim(), ..Self::default() };
        if let Some(rest) = parts.words.strip_prefix("x ") {
            (parts.is_done, parts.words) = (true, rest.trim_start());
        }
        parts.take_priority();
        parts.first = parts.take_day();
        parts.second = parts.first.and_then(|_| parts.take_day());
        parts.take_priority();
        parts
    }

    fn take_priority(&mut self) {
        let bytes = self.words.as_bytes();
        if let [b'(', letter @ b'A'..=b'Z', b')', b' ', ..] = bytes {
            self.priority = Some(char::from(*letter));
            self.words = self.words[3..].trim_start();
        }
    }

    fn take_day(&mut self) -> Option<chrono::NaiveDate> {
        let (word, rest) = self.words.split_once(' ')?;
        let day = chrono::NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()?;
        self.words = rest.trim_start();
        Some(day)
    }
}

fn is_tag(word: &str) -> bool {
    let rest = word.strip_prefix(['+', '@']);
    rest.is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

pub(super) fn read(input: &ImportInput<'_>) -> Tasks {
    let mut found = Tasks::default();
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (at, line) in input.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut task = read_line(line, at + 1, input.scope, &mut found.problems);
        let count = seen.entry(task.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            task.key = format!("{}~{count}", task.key);
        }
        found.tasks.push(task);
    }
    found
}

fn read_line(line: &str, number: usize, scope: &str, problems: &mut Vec<Problem>) -> ImportedTask {
    let parts = Parts::of(line);
    let mut task = ImportedTask::new("", number, "");
    let (mut title, mut priority, mut name) = (Vec::new(), parts.priority, None);
    let key_of = |id: &str| format!("{scope}/{id}");
    for word in parts.words.split_whitespace() {
        match word
            .split_once(':')
            .filter(|(key, value)| !key.is_empty() && !value.is_empty() && !value.starts_with("//"))
        {
            Some(("due", day)) if words::day(day).is_some() => task.set(Field::Due, day),
            Some(("pri", level)) if level.len() == 1 => {
                priority = level.chars().next().map(|c| c.to_ascii_uppercase());
            }
            Some(("id", id)) => name = Some(id.to_owned()),
            Some(("dep", on)) => task.depends_on.push(key_of(on)),
            Some(("p", parent)) => task.parent = Some(key_of(parent)),
            Some((key @ ("t" | "rec" | "h"), value)) => task.keep(key, value),
            _ => title.push(word),
        }
    }
    for word in title.iter().filter(|word| is_tag(word)) {
        match word.strip_prefix('+') {
            Some(project) if !task.fields.contains_key(&Field::Area) => task.set(Field::Area, project),
            Some(project) => task.add(Field::Tags, [project.to_owned()]),
            None => task.add(Field::Tags, [word[1..].to_owned()]),
        }
    }
    // In the middle of a sentence they are its words.
    let end = title.iter().rposition(|word| !is_tag(word)).map_or(title.len(), |last| last + 1);
    task.title = super::task::one_line(&title[..end].join(" "));
    task.key = key_of(&name.unwrap_or_else(|| digest(parts.words)));
    task.groups = task.fields.get(&Field::Area).cloned().unwrap_or_default();
    match priority {
        Some(letter @ 'A'..='D') => {
            let level = ["critical", "high", "medium", "low"][letter as usize - 'A' as usize];
            task.set(Field::Priority, level);
        }
        Some(letter) => {
            task.set(Field::Priority, "low");
            task.keep("priority", &letter.to_string());
        }
        None => {}
    }
    task.progress = if parts.is_done {
        Progress::Done(parts.first.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|time| time.and_utc()))
    } else {
        Progress::Open
    };
    task.created = if parts.is_done { parts.second } else { parts.first };
    if value::is_placeholder(&task.title) {
        problems.push(Problem::warning("the line has no words").at_line(number));
        task.title = super::task::one_line(line);
    }
    task
}

/// Returns what a task without an id is called: its words, digested.
fn digest(words: &str) -> String {
    let plain: Vec<&str> = words.split_whitespace().filter(|word| !word.starts_with("pri:")).collect();
    let digest = Sha256::digest(plain.join(" "));
    let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("~{hex}")
}
