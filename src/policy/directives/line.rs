//! One line: whether it is a directive, and for what.

use super::{Action, Directive, DirectiveError, DirectiveErrorKind};
use crate::model::{Minutes, TaskId};

/// What a line turned out to be.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) directives: Vec<Directive>,
    pub(super) error: Option<DirectiveError>,
}

/// What a word at the beginning of a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Task,
    Advance,
    /// A word of other trackers that means `Advance`.
    Borrowed,
    Fail,
    Block,
    Unblock,
    Time,
}

const WORDS: [(&str, Word); 10] = [
    ("task", Word::Task),
    ("advance", Word::Advance),
    ("closes", Word::Borrowed),
    ("fixes", Word::Borrowed),
    ("resolves", Word::Borrowed),
    ("completes", Word::Borrowed),
    ("fail", Word::Fail),
    ("block", Word::Block),
    ("unblock", Word::Unblock),
    ("time", Word::Time),
];

/// The words that directives begin with, in lower case.
pub const DIRECTIVE_WORDS: [&str; WORDS.len()] = {
    let mut words = [""; WORDS.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = WORDS[at].0;
        at += 1;
    }
    words
};

/// Reads a line without its ending.
pub(super) fn read_line(line: &str, number: usize) -> Read {
    let Some((key, rest)) = line.split_once(':') else { return Read::default() };
    let Some(&(_, word)) = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(key)) else {
        return Read::default();
    };
    // `Time:12` is no more a directive than `https://…`.
    if !rest.starts_with([' ', '\t']) {
        return Read::default();
    }
    let complain = |kind| Some(DirectiveError { line: number, key: key.to_owned(), kind });
    let is_borrowed = word == Word::Borrowed;
    let (ids, rest) = if is_borrowed { (borrowed_ids(rest), "") } else { leading_ids(rest) };
    if ids.is_empty() {
        let kind = match meant_as_id(rest) {
            _ if is_borrowed => return Read::default(),
            Some(text) => DirectiveErrorKind::NotAnId(text.to_owned()),
            None => DirectiveErrorKind::Prose,
        };
        return Read { directives: Vec::new(), error: complain(kind) };
    }
    match action(word, &ids, rest) {
        Ok(action) => {
            let directive = |task| Directive { task, action: action.clone(), line: number, is_borrowed };
            Read { directives: ids.into_iter().map(directive).collect(), error: None }
        }
        Err(kind) => Read { directives: Vec::new(), error: complain(kind) },
    }
}

fn action(word: Word, ids: &[TaskId], rest: &str) -> Result<Action, DirectiveErrorKind> {
    let rest = rest.trim();
    let bare = |action: Action| match rest {
        "" => Ok(action),
        rest => Err(DirectiveErrorKind::Trailing(rest.to_owned())),
    };
    match word {
        Word::Task => bare(Action::Link),
        Word::Advance | Word::Borrowed => bare(Action::Advance),
        Word::Unblock => bare(Action::Unblock),
        Word::Fail if rest.is_empty() => Err(DirectiveErrorKind::NoReason),
        Word::Fail => Ok(Action::Fail(rest.to_owned())),
        Word::Block => Ok(Action::Block(rest.to_owned())),
        Word::Time if ids.len() > 1 => Err(DirectiveErrorKind::SharedTime),
        Word::Time => {
            let time = Minutes::parse(rest).filter(|minutes| minutes.0 > 0);
            time.map(Action::Time).ok_or_else(|| DirectiveErrorKind::NotATime(rest.to_owned()))
        }
    }
}

/// Reads ids with commas between them; returns them and what follows the last one.
fn leading_ids(text: &str) -> (Vec<TaskId>, &str) {
    let mut ids = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let end = rest.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(rest.len());
        let Some(id) = own_id(&rest[..end]) else { return (ids, rest) };
        push(&mut ids, id);
        let after = rest[end..].trim_start();
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return (ids, after),
        }
    }
}

/// Reads a list of which only some may be ids of ours. One item of several words makes all of it prose.
fn borrowed_ids(text: &str) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for item in text.split(',').map(str::trim) {
        if item.contains(char::is_whitespace) {
            return Vec::new();
        }
        own_id(item).into_iter().for_each(|id| push(&mut ids, id));
    }
    ids
}

fn push(ids: &mut Vec<TaskId>, id: TaskId) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

fn own_id(text: &str) -> Option<TaskId> {
    TaskId::parse(&text.to_ascii_uppercase()).ok()
}

/// Returns the first word of a text if it was probably meant as an id: it contains a digit and nothing but what ids
/// hold, such as `7Q2M` or `TASK_7Q2M`.
fn meant_as_id(text: &str) -> Option<&str> {
    let word = text.split([',', ' ', '\t']).next()?;
    let is_like = word.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'#'))
        && word.bytes().any(|c| c.is_ascii_digit())
        && word.bytes().any(|c| c.is_ascii_alphabetic());
    is_like.then_some(word)
}

/// Returns the ids of a subject, each once. In prose they must be written as ids are, in capitals.
pub(super) fn subject_ids(subject: &str) -> Vec<TaskId> {
    let mut ids = Vec::new();
    let words = subject.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.')));
    for word in words {
        let word = word.trim_matches(['.', '-', '_', '/']);
        TaskId::parse(word).into_iter().for_each(|id| push(&mut ids, id));
    }
    ids
}
