//! What the parts of the page share: its length, its folds, its links, and how a commit or a file is written.

use super::super::escape::{address, code, prose, shell, text, visible, words};
use crate::review::{CommitReview, FileChange, FileReview, RangeReview, Web};

/// Longest title, in characters.
pub(super) const TITLE: usize = 120;
/// Longest name: of a person, a role, a stage, a field.
pub(super) const NAME: usize = 60;
/// Longest path.
pub(super) const PATH: usize = 200;

/// What says that a list goes on.
pub(super) const FOLDED: &str = "- … and ";

/// Returns how long a forge finds a text: they count as JavaScript does.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Returns the rows that fit into `room`, in order, and how many do not.
pub(super) fn fitted<T>(
    items: impl IntoIterator<Item = T>,
    room: usize,
    row: impl Fn(T) -> String,
) -> (String, usize) {
    let mut items = items.into_iter();
    let (mut kept, mut used) = (String::new(), 0);
    // Once one is left out all are: a reader must know where the list ends.
    while let Some(item) = items.next() {
        let row = row(item);
        used += length(&row);
        if used > room {
            return (kept, 1 + items.count());
        }
        kept.push_str(&row);
    }
    (kept, 0)
}

/// Returns the command that shows the whole range, as a span of code.
pub(super) fn command(range: &RangeReview) -> String {
    let words = match &range.base {
        Some(base) if range.head_commit.is_some() => shell(&format!("{base}..{}", range.head)),
        Some(base) => format!("{} --staged", shell(&format!("{base}.."))),
        None => shell(&range.head),
    };
    let words = if words.len() > NAME || words.contains('`') { "BASE..HEAD" } else { &words };
    code(&format!("tracker review {words} --full"), PATH)
}

/// Returns `1 task`, `2,000 tasks`.
pub(super) fn counted(count: usize, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {one}{plural}", grouped(count))
}

/// Returns a number with commas between its thousands.
pub(super) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns rows as a list, at most this many of them.
pub(super) fn list<T>(items: &[T], most: usize, row: impl Fn(&T) -> String) -> String {
    let shown = if items.len() > most { most.saturating_sub(1) } else { items.len() };
    let mut out: String = items[..shown].iter().map(|item| format!("- {}\n", row(item))).collect();
    if shown < items.len() {
        out.push_str(&format!("{FOLDED}{} more\n", grouped(items.len() - shown)));
    }
    out
}

/// Returns a commit: its short id, a link where commits can be looked at, and its subject.
pub(super) fn commit(commit: &CommitReview, web: Option<&Web>) -> String {
    let short: String = commit.id.chars().take(7).collect();
    let id = short_commit(&commit.id, &short, web);
    format!("{id} {} ({})", text(&commit.subject, TITLE), text(&commit.author, NAME))
}

/// Returns the first digits of a commit's id as code, a link where commits can be looked at.
pub(super) fn short_commit(id: &str, short: &str, web: Option<&Web>) -> String {
    linked(&code(short, NAME), web.map(|web| &web.commit), &address(id))
}

/// Returns a path as code, a link where files can be looked at and it is there.
pub(super) fn path(file: &str, web: Option<&Web>) -> String {
    linked(&code(file, PATH), web.map(|web| &web.file), &address(file))
}

/// Returns a line of a file as code, a link where files can be looked at.
pub(super) fn line(file: &str, line: usize, web: Option<&Web>) -> String {
    let end = format!("{}#L{line}", address(file));
    linked(&code(&format!("{file}:{line}"), PATH), web.map(|web| &web.file), &end)
}

/// Returns a file with its lines, and which votes cover it.
pub(super) fn file(file: &FileReview, web: Option<&Web>) -> String {
    let is_there = file.change != FileChange::Deleted;
    let name = path(&file.path, web.filter(|_| is_there));
    let lines = match (file.added, file.removed) {
        (Some(added), Some(removed)) => format!(" +{added} −{removed}"),
        _ => String::new(),
    };
    let change = match file.change {
        FileChange::Changed => String::new(),
        other => format!(" {}", other.as_str()),
    };
    let roles = file.covered_by.iter().take(8).map(|role| text(role, NAME)).collect::<Vec<_>>().join(", ");
    let seen = match (file.is_uncovered, roles.is_empty()) {
        (true, true) => " — **not covered**".to_owned(),
        (true, false) => format!(" — **not covered by all**: {roles}"),
        (false, true) => String::new(),
        (false, false) => format!(" — {roles}"),
    };
    format!("{name}{lines}{change}{seen}")
}

/// Returns a text as a link, where there is an address to link to. The text is Markdown already, the end of the
/// address is encoded.
pub(super) fn linked(markdown: &str, base: Option<&String>, end: &str) -> String {
    // An address that is cut would lead elsewhere, and an endless one is none.
    let Some(base) = base.filter(|base| base.starts_with("https://") && base.len() + end.len() <= 2 * PATH)
    else {
        return markdown.to_owned();
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:@%?=&".contains(c);
    if !base.chars().all(is_plain) || markdown.is_empty() {
        return markdown.to_owned();
    }
    format!("[{markdown}](<{base}{end}>)")
}

/// Returns what fixes something, or what is missing: the commands in it as code.
pub(super) fn with_commands(message: &str, longest: usize) -> String {
    let message = visible(message, longest);
    if message.contains('`') || !clauses(&message).any(is_command) {
        return prose(&message, longest);
    }
    let mut out = String::new();
    for clause in clauses(&message) {
        let end = clause.trim_end_matches([':', ',', ';', ' ']);
        if is_command(end) && !end.contains('|') {
            out.push_str(&code(end, longest));
            out.push_str(&clause[end.len()..]);
        } else {
            out.push_str(&words(clause));
        }
    }
    out
}

fn is_command(clause: &str) -> bool {
    clause.starts_with("tracker ") || clause.starts_with("git ")
}

/// Returns the parts of a sentence, each with the comma, colon or semicolon and the space that end it.
fn clauses(message: &str) -> impl Iterator<Item = &str> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = [", ", ": ", "; "].iter().filter_map(|mark| rest.find(mark)).min();
        let (clause, after) = rest.split_at(end.map_or(rest.len(), |end| end + 2));
        rest = after;
        Some(clause)
    })
}
