//! One line: whether it is a directive, and for what.

use super::{Action, Directive, DirectiveError, DirectiveErrorKind};
use crate::model::{Cost, Minutes, TaskId, is_one_typo};

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
    Cost,
}

const WORDS: [(&str, Word); 20] = [
    ("task", Word::Task),
    ("advance", Word::Advance),
    ("close", Word::Borrowed),
    ("closes", Word::Borrowed),
    ("closed", Word::Borrowed),
    ("fix", Word::Borrowed),
    ("fixes", Word::Borrowed),
    ("fixed", Word::Borrowed),
    ("resolve", Word::Borrowed),
    ("resolves", Word::Borrowed),
    ("resolved", Word::Borrowed),
    ("complete", Word::Borrowed),
    ("completes", Word::Borrowed),
    ("completed", Word::Borrowed),
    ("done", Word::Borrowed),
    ("fail", Word::Fail),
    ("block", Word::Block),
    ("unblock", Word::Unblock),
    ("time", Word::Time),
    ("cost", Word::Cost),
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
    let Some((key, rest)) = line.split_once(':') else { return read_without_colon(line, number) };
    let Some(word) = word_of(key) else { return Read::default() };
    let complain = |kind| Some(DirectiveError { line: number, key: key.to_owned(), kind });
    if rest.is_empty() && word != Word::Borrowed {
        // Headings of prose are `Task:` and `Time:`, never these.
        let is_fatal = matches!(word, Word::Advance | Word::Unblock);
        let kind = if is_fatal { DirectiveErrorKind::NoId } else { DirectiveErrorKind::Prose };
        return Read { directives: Vec::new(), error: complain(kind) };
    }
    // `Time:12` is no more a directive than `https://…`.
    if !rest.starts_with([' ', '\t']) {
        return Read::default();
    }
    let is_borrowed = word == Word::Borrowed;
    let rest_of_borrowed = rest;
    let (ids, rest) = if is_borrowed { (borrowed_ids(rest), "") } else { leading_ids(rest) };
    if ids.is_empty() {
        let kind = match meant_as_id(rest) {
            _ if is_borrowed => {
                match rest_of_borrowed.split(',').map(str::trim).find(|item| is_marked_part(item)) {
                    Some(item) => DirectiveErrorKind::Unresolved(item.to_owned()),
                    None => return Read::default(),
                }
            }
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

/// Warns of `Fixes TASK-7Q2M`, as other trackers have it: a line of nothing but a word of ours and ids, without the colon.
fn read_without_colon(line: &str, number: usize) -> Read {
    let Some((key, rest)) = line.split_once([' ', '\t']) else { return Read::default() };
    let is_word = word_of(key).is_some_and(|word| !takes_more(word));
    let mut items = rest.split(',').map(str::trim);
    if !is_word || !items.all(|item| own_id(item).is_some() || is_like_a_part(item.trim_start_matches('#'))) {
        return Read::default();
    }
    let kind = DirectiveErrorKind::NoColon(rest.trim().to_owned());
    Read { directives: Vec::new(), error: Some(DirectiveError { line: number, key: key.to_owned(), kind }) }
}

/// Returns what is wrong with a line that is a directive but for its colon, the blank after it or a letter of its word, where
/// a task of ours follows: it directs nothing. `resolve` knows a task by a part of its id.
pub(super) fn near_miss(
    line: &str,
    number: usize,
    resolve: &dyn Fn(&str) -> Option<TaskId>,
) -> Option<DirectiveError> {
    let task_in = |rest: &str| {
        let part = rest.split_whitespace().next()?.trim_matches(['#', ',', '.', ';', ':', '`']);
        resolve(part).filter(|_| own_id(part).is_some() || is_part(part))
    };
    let error = |key: &str, kind| Some(DirectiveError { line: number, key: key.to_owned(), kind });
    let misspelt = || {
        let (key, rest) = line.split_once([':', WIDE_COLON])?;
        let meant = meant_word(key.trim_end())?;
        let task = task_in(rest)?;
        error(key.trim_end(), DirectiveErrorKind::Misspelt(format!("{meant}: {task}")))
    };
    misspelt().or_else(|| {
        let (key, rest) = line.split_once([' ', '\t'])?;
        word_of(key)?;
        error(key, DirectiveErrorKind::NoColon(task_in(rest)?.to_string()))
    })
}

const WIDE_COLON: char = '\u{ff1a}';

/// Returns the word that a line begins with, or that it misspells by one letter, as it is to be written.
fn meant_word(key: &str) -> Option<String> {
    // A directive is at the beginning of its line: what git or a person has indented is quoted.
    if key.starts_with(char::is_whitespace) {
        return None;
    }
    let lower = key.to_lowercase();
    let is_near = |word: &&str| lower.len() > 3 && is_one_typo(&lower, word);
    let word = DIRECTIVE_WORDS.into_iter().find(|word| *word == lower);
    let word = word.or_else(|| DIRECTIVE_WORDS.into_iter().find(is_near))?;
    let (first, rest) = word.split_at(1);
    Some(first.to_uppercase() + rest)
}

/// Whether something else follows the ids.
fn takes_more(word: Word) -> bool {
    matches!(word, Word::Fail | Word::Block | Word::Time | Word::Cost)
}

fn word_of(key: &str) -> Option<Word> {
    WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(key)).map(|(_, word)| *word)
}

/// Whether a text is a part of an id after a `#`, as other trackers mark theirs: `#12` is a number of theirs.
fn is_marked_part(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(is_like_a_part)
}

/// Whether a text is rather a part of an id than a word of prose.
fn is_like_a_part(text: &str) -> bool {
    is_part(text) && text.bytes().any(|c| c.is_ascii_digit())
}

/// Whether a text may be what follows the dash of an id, or the first three characters of it or more.
fn is_part(text: &str) -> bool {
    (3..=PART).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric())
        && text.bytes().any(|c| c.is_ascii_alphabetic())
}

/// Maximum length of a part of an id; a longer one may be a commit's.
const PART: usize = 6;

/// Returns a line in which parts of ids are whole ids, where `resolve` knows them; none where there is nothing to complete.
pub(super) fn complete_line(line: &str, resolve: &dyn Fn(&str) -> Option<TaskId>) -> Option<String> {
    let (key, rest) = line.split_once(':')?;
    let word = word_of(key).filter(|_| rest.starts_with([' ', '\t']))?;
    let has_more = takes_more(word);
    let text = rest.trim_start();
    // A reason or a time follows the first blank that no comma is before.
    let list = if has_more { text.split_once([' ', '\t']).map_or(text, |(first, _)| first) } else { text };
    let complete = |item: &str| -> Option<String> {
        let own = item.trim();
        if own_id(own).is_some() {
            return Some(own.to_owned());
        }
        let part = own.strip_prefix('#').unwrap_or(own);
        // Prose may begin with any word.
        let is_meant = !has_more || part.bytes().any(|c| c.is_ascii_digit());
        Some(resolve(part).filter(|_| is_meant && is_part(part))?.to_string())
    };
    let whole: Vec<String> = list.split(',').map(complete).collect::<Option<_>>()?;
    let completed = format!("{key}: {}{}", whole.join(", "), &text[list.len()..]);
    let is_new = list.split(',').any(|item| own_id(item.trim()).is_none());
    is_new.then_some(completed)
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
        Word::Block if rest.is_empty() => Err(DirectiveErrorKind::NoReason),
        Word::Block => Ok(Action::Block(rest.to_owned())),
        Word::Time if ids.len() > 1 => Err(DirectiveErrorKind::SharedTime),
        Word::Time => {
            let time = Minutes::parse(rest).filter(|minutes| minutes.0 > 0);
            time.map(Action::Time).ok_or_else(|| DirectiveErrorKind::NotATime(rest.to_owned()))
        }
        Word::Cost if ids.len() > 1 => Err(DirectiveErrorKind::SharedCost),
        Word::Cost => {
            let cost = Cost::parse(rest).filter(|cost| !cost.is_none());
            cost.map(Action::Cost).ok_or_else(|| DirectiveErrorKind::NotACost(rest.to_owned()))
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
