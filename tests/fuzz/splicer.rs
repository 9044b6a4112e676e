//! Editing whatever can be read. The oracle shares nothing with the splicer: it asks the YAML parser what changed,
//! and compares bytes around the lines of the edited key, found by a plain search.

use fastrand::Rng;
use serde_yaml::{Mapping, Value as Yaml};
use tracker::doc::{Document, Edit, Scalar, Value};

use super::Tally;
use super::corpus::{Corpus, TEXTS};
use super::mutate::mutate;

const KEYS: &[&str] = &[
    "title",
    "type",
    "stage",
    "assignee",
    "area",
    "tags",
    "files",
    "depends_on",
    "blocked",
    "history",
    "reviewer",
    "spent",
    "source",
    "custom",
    "created",
    "new key",
    "links",
];

pub(crate) fn case(corpus: &Corpus, rng: &mut Rng, tally: &mut Tally) -> Result<(), String> {
    tally.input = mutate(&corpus.editable, rng);
    let Ok(document) = Document::markdown(&tally.input) else {
        tally.count("unreadable");
        return Ok(());
    };
    let edit = random_edit(rng);
    let before = document.text();
    let context = |wrong: String| format!("{wrong}\nedit: {edit:?}");
    match document.edit(std::slice::from_ref(&edit)) {
        Err(problem) => {
            let reason = problem.message.split(": ").last().unwrap_or_default();
            tally.count(&format!("refused: {}", reason.trim_matches(|c: char| !c.is_alphabetic())));
            let lines = before.split('\n').count();
            let placed = problem.line.is_some_and(|line| (1..=lines).contains(&line));
            if placed { Ok(()) } else { Err(context(format!("{problem:?}"))) }
        }
        Ok(after) if after == before => {
            tally.count("unchanged");
            agrees(&edit, before).map_err(context)
        }
        Ok(after) => {
            tally.count("edited");
            let checked = agrees(&edit, &after)
                .and_then(|()| others_same(&edit, before, &after))
                .and_then(|()| bytes_same(&edit, before, &after))
                .and_then(|()| again_unchanged(&edit, &after));
            checked.map_err(|wrong| context(format!("{wrong}\nafter: {after:?}")))
        }
    }
}

fn random_edit(rng: &mut Rng) -> Edit {
    let key = (*rng.choice(KEYS).unwrap()).to_owned();
    let text = |rng: &mut Rng| {
        let one = *rng.choice(TEXTS).unwrap();
        if rng.u8(0..4) == 0 { format!("{one}{}", rng.choice(TEXTS).unwrap()) } else { one.to_owned() }
    };
    match rng.u8(0..16) {
        0..4 => Edit::Set { key, value: Value::Text(text(rng)) },
        4 => Edit::Set { key, value: Value::Plain("2026-12-01".to_owned()) },
        5 => Edit::Set { key, value: Value::Integer(rng.i64(-9..99)) },
        6..9 => Edit::Set { key, value: Value::List((0..rng.usize(0..4)).map(|_| text(rng)).collect()) },
        9 => Edit::Remove { key },
        10 | 11 => Edit::AddItem { key, item: text(rng) },
        12 => Edit::RemoveItem {
            key,
            item: ["a", "b", "ui", "theme", "src/ui/theme.rs"][rng.usize(..5)].to_owned(),
        },
        13 => {
            let plain = Scalar::Plain("2026-11-11T15:30:00Z".to_owned());
            let entry = vec![("at".to_owned(), plain), ("by".to_owned(), Scalar::Text(text(rng)))];
            Edit::Append { key: if rng.bool() { "history".to_owned() } else { key }, entry }
        }
        14 => Edit::Tick { numbers: vec![rng.usize(1..5)], done: rng.bool() },
        _ => Edit::AppendToSection { heading: "Deliverables".to_owned(), text: "- [ ] more".to_owned() },
    }
}

/// Returns the offsets of the front matter, by a plain search.
fn front(text: &str) -> (usize, usize) {
    let start = text.find('\n').map_or(text.len(), |at| at + 1);
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            break;
        }
        at += line.len();
    }
    (start, at)
}

fn mapping(text: &str) -> Result<Mapping, String> {
    let (start, end) = front(text);
    match serde_yaml::from_str(&text[start..end]) {
        Ok(Yaml::Mapping(mapping)) => Ok(mapping),
        Ok(Yaml::Null) => Ok(Mapping::new()),
        other => Err(format!("no mapping: {other:?}")),
    }
}

fn body(text: &str) -> &str {
    let (_, end) = front(text);
    &text[end..]
}

/// Returns whether a YAML value is a text, or looks exactly like it.
fn is_text(value: &Yaml, text: &str) -> bool {
    match value {
        Yaml::String(found) => found == text,
        // The parser has lost how it was written; the edit left it alone because the text was equal.
        Yaml::Number(_) | Yaml::Bool(_) => !text.is_empty(),
        _ => false,
    }
}

/// Checks that the text says what the edit requires.
fn agrees(edit: &Edit, text: &str) -> Result<(), String> {
    let map = mapping(text)?;
    let items = |key: &str| match map.get(key) {
        Some(Yaml::Sequence(items)) => items.clone(),
        Some(Yaml::Null) | None => Vec::new(),
        Some(other) => vec![other.clone()],
    };
    let is_right = match edit {
        Edit::Set { key, value: Value::Text(text) | Value::Plain(text) } => {
            map.get(key).is_some_and(|value| is_text(value, text))
        }
        Edit::Set { key, value: Value::Integer(number) } => map.get(key).is_some_and(|value| {
            value.as_i64() == Some(*number) || value.as_str() == Some(&number.to_string())
        }),
        Edit::Set { key, value: Value::List(expected) } => {
            let found = items(key);
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(value, text)| is_text(value, text))
        }
        Edit::Remove { key } => !map.contains_key(key),
        Edit::AddItem { key, item } => items(key).iter().any(|value| is_text(value, item)),
        Edit::RemoveItem { key, item } => !items(key).contains(&Yaml::String(item.clone())),
        Edit::Append { key, entry } => items(key).last().is_some_and(|last| last.get(&entry[0].0).is_some()),
        Edit::Tick { .. } | Edit::AppendToSection { .. } | Edit::ReplaceBody(_) => true,
    };
    if is_right { Ok(()) } else { Err("the text does not say what was requested".to_owned()) }
}

/// Checks that every other key says what it contained, in the same order.
fn others_same(edit: &Edit, before: &str, after: &str) -> Result<(), String> {
    let edited = edit.key();
    let others = |text: &str| -> Result<Vec<String>, String> {
        let is_other = |(key, _): &(&Yaml, &Yaml)| key.as_str() != edited;
        Ok(mapping(text)?.iter().filter(is_other).map(|pair| format!("{pair:?}")).collect())
    };
    if others(before)? != others(after)? {
        return Err("another key changed".to_owned());
    }
    if edited.is_some() && body(before) != body(after) {
        return Err("the body changed".to_owned());
    }
    Ok(())
}

/// Checks the bytes around the edited entry, and the comments within it.
fn bytes_same(edit: &Edit, before: &str, after: &str) -> Result<(), String> {
    let Some(key) = edit.key() else {
        let (_, end) = front(before);
        return if after.starts_with(&before[..end]) {
            Ok(())
        } else {
            Err("the front matter changed".to_owned())
        };
    };
    let (start, end) = front(before);
    let mut keys: Vec<(usize, &str)> = Vec::new();
    let mut at = start;
    for line in before[start..end].split_inclusive('\n') {
        keys.extend(key_of(line).map(|name| (at, name)));
        at += line.len();
    }
    let parsed = mapping(before)?;
    if !parsed.keys().map(Yaml::as_str).eq(keys.iter().map(|(_, name)| Some(*name))) {
        // A value runs on at column 0, or a key needs more than a plain search.
        return Ok(());
    }
    let Some(index) = keys.iter().position(|(_, name)| *name == key) else {
        return inserted_lines(before, after);
    };
    let (from, to) = (keys[index].0, keys.get(index + 1).map_or(end, |(next, _)| *next));
    if !after.starts_with(&before[..from]) || !after.ends_with(&before[to..]) {
        return Err("bytes outside of the entry changed".to_owned());
    }
    let entry = &after[from..after.len() - (before.len() - to)];
    comments_below_same(&before[from..to], entry)?;
    if matches!(edit, Edit::Remove { .. }) { Ok(()) } else { comments_same(edit, &before[from..to], entry) }
}

/// Checks that the comments and blank lines below a value stay, as far as they are less far to the right.
fn comments_below_same(before: &str, after: &str) -> Result<(), String> {
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_content = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let first = lines.iter().skip(1).find(is_content).map_or(1, |line| depth(line));
    let is_below =
        |line: &&&str| line.starts_with('#') || (line.trim_start().starts_with('#') && depth(line) < first);
    // Blank lines between the value and these comments may be the value's own.
    let count = lines.iter().rev().take_while(is_below).count();
    let below = lines[lines.len() - count..].concat();
    let meaning = |text: &str| serde_yaml::from_str::<Yaml>(text).ok();
    let is_comment = meaning(before) == meaning(&before[..before.len() - below.len()]);
    if !is_comment || after.ends_with(&below) {
        Ok(())
    } else {
        Err(format!("what was below is gone: {below:?}"))
    }
}

/// Returns the key that a line seems to begin.
fn key_of(line: &str) -> Option<&str> {
    let line = line.trim_end_matches(['\r', '\n']);
    let colon = line
        .find(": ")
        .or_else(|| line.find(":\t"))
        .or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
    let elsewhere = [' ', '\t', '#', '-', ']', '}', '?', '%', '.'];
    (!line.starts_with(elsewhere)).then(|| line[..colon].trim_end().trim_matches(['"', '\'']))
}

/// Checks that nothing but whole lines was added.
fn inserted_lines(before: &str, after: &str) -> Result<(), String> {
    let added = after.len().checked_sub(before.len()).ok_or("a new key made the text shorter")?;
    let is_whole = |at: usize| before[..at].ends_with('\n') || before[at..].starts_with('\n');
    let fits = |at: usize| {
        before.is_char_boundary(at)
            && after.as_bytes()[..at] == before.as_bytes()[..at]
            && after.as_bytes()[at + added..] == before.as_bytes()[at..]
    };
    if (0..=before.len()).any(|at| fits(at) && is_whole(at)) {
        Ok(())
    } else {
        Err("a new key changed other bytes".to_owned())
    }
}

/// Checks that comments survive: those that are comments to the parser, too, and not on the lines of an item or
/// text that goes.
fn comments_same(edit: &Edit, before: &str, after: &str) -> Result<(), String> {
    let meaning = serde_yaml::from_str::<Yaml>(before).ok();
    let mut at = 0;
    for (number, line) in before.split_inclusive('\n').enumerate() {
        let content = line.trim_end_matches(['\r', '\n']);
        let found = content.rfind(" #").map(|comment| comment + 1).or(content.starts_with('#').then_some(0));
        if let Some(comment) = found {
            let without = || format!("{}{}", &before[..at + comment], &before[at + content.len()..]);
            let is_comment = || meaning.is_some() && serde_yaml::from_str::<Yaml>(&without()).ok() == meaning;
            let text = &content[comment..];
            let alone = content[..comment].trim().is_empty();
            let must_stay = number == 0
                || matches!(edit, Edit::AddItem { .. } | Edit::Append { .. })
                || (alone && is_list_edit(edit));
            // The whole is parsed only where it matters: there may be hundreds of comments.
            if must_stay && !after.contains(text) && is_comment() {
                return Err(format!("the comment {text:?} is gone"));
            }
        }
        at += line.len();
    }
    Ok(())
}

fn is_list_edit(edit: &Edit) -> bool {
    matches!(edit, Edit::RemoveItem { .. } | Edit::AddItem { .. })
}

/// Checks that the same edit changes nothing more.
fn again_unchanged(edit: &Edit, after: &str) -> Result<(), String> {
    if matches!(edit, Edit::Append { .. } | Edit::AppendToSection { .. } | Edit::RemoveItem { .. }) {
        return Ok(());
    }
    let document =
        Document::markdown(after.as_bytes()).map_err(|problems| format!("unreadable: {problems:?}"))?;
    match document.edit(std::slice::from_ref(edit)) {
        Ok(again) if again == after => Ok(()),
        other => Err(format!("edited again it is {other:?}")),
    }
}
