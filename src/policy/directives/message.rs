//! A message to its lines: what is the subject, what git will remove, what is left.

use super::conflict::contradictions;
use super::line::{complete_line, near_miss, read_line, subject_ids};
use super::{Action, Directive, DirectiveError, Directives};
use crate::model::TaskId;

/// Which lines git removes before it makes the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments<'c> {
    /// None: the commit is made, or git is configured to keep all.
    None,
    /// Lines that begin with this, and all that is below a scissors line.
    Lines(&'c str),
}

/// What is after the comment mark in a scissors line; git requires no more and no less.
const SCISSORS: &str = "------------------------ >8 ------------------------";

/// How the subject of a commit begins that a rebase will join with another. It repeats that one's message, and what that
/// requires is not requested twice: it only belongs to the same tasks.
const AUTOSQUASH: [&str; 3] = ["fixup! ", "squash! ", "amend! "];

/// Reads what a commit message requires.
#[must_use]
pub fn parse_message(message: &str, comments: Comments<'_>) -> Directives {
    let mut found = Directives::default();
    let (mut subject_seen, mut only_links) = (false, false);
    // An editor on another system may have left `\r\n`, or `\r` alone.
    for (index, line) in message.split('\n').enumerate() {
        let line = line.trim_end();
        if is_scissors(line, comments) {
            break;
        }
        if line.trim_start().is_empty() || is_comment(line, comments) {
            continue;
        }
        if !subject_seen {
            subject_seen = true;
            found.subject = subject_ids(line);
            // Prose may begin like a directive, so that what is wrong with a subject is nobody's mistake.
            found.directives = read_line(line, index + 1).directives;
            only_links = AUTOSQUASH.iter().any(|mark| line.starts_with(mark));
            continue;
        }
        let read = read_line(line, index + 1);
        for mut directive in read.directives {
            if only_links {
                directive.action = Action::Link;
            }
            if !is_repeated(&found.directives, &directive) {
                found.directives.push(directive);
            }
        }
        found.errors.extend(read.error);
    }
    found.errors.extend(contradictions(&found.directives));
    found.errors.sort_by_key(|error| error.line);
    found
}

/// Returns a message whose directives name tasks by their whole ids, where some were parts of ids that `resolve` knows.
pub fn complete_ids(
    message: &str,
    comments: Comments<'_>,
    resolve: &dyn Fn(&str) -> Option<TaskId>,
) -> Option<String> {
    let (mut lines, mut is_new, mut is_over) = (Vec::new(), false, false);
    for line in message.split('\n') {
        let own = line.trim_end();
        is_over |= is_scissors(own, comments);
        let completed = match is_over || is_comment(own, comments) {
            true => None,
            false => complete_line(own, resolve),
        };
        is_new |= completed.is_some();
        lines.push(completed.map_or_else(|| line.to_owned(), |own_text| own_text + &line[own.len()..]));
    }
    is_new.then(|| lines.join("\n"))
}

/// Returns what is wrong with lines that lack nothing but a colon to be directives of a task that `resolve` knows, and of
/// which [`parse_message`] says nothing, since they may be prose as well.
pub fn near_misses(
    message: &str,
    comments: Comments<'_>,
    resolve: &dyn Fn(&str) -> Option<TaskId>,
) -> Vec<DirectiveError> {
    let lines = message.split('\n').map(str::trim_end).enumerate();
    let lines = lines.take_while(|(_, line)| !is_scissors(line, comments));
    let lines = lines.filter(|(_, line)| !is_comment(line, comments));
    let is_silent = |(at, line): &(usize, &str)| {
        let read = read_line(line, at + 1);
        read.directives.is_empty() && read.error.is_none()
    };
    lines.filter(is_silent).filter_map(|(at, line)| near_miss(line, at + 1, resolve)).collect()
}

/// Whether a directive repeats another one. Times add up, so those are never the same.
fn is_repeated(directives: &[Directive], new: &Directive) -> bool {
    let is_same = |old: &Directive| old.task == new.task && old.action == new.action;
    // Of a squash there are the lines of several commits, and two of them may say the same.
    !matches!(new.action, Action::Time(_) | Action::Cost(_)) && directives.iter().any(is_same)
}

fn is_comment(line: &str, comments: Comments<'_>) -> bool {
    match comments {
        Comments::Lines(mark) => !mark.is_empty() && line.starts_with(mark),
        Comments::None => false,
    }
}

fn is_scissors(line: &str, comments: Comments<'_>) -> bool {
    let Comments::Lines(mark) = comments else { return false };
    let rest = line.strip_prefix(mark).filter(|_| !mark.is_empty());
    rest.is_some_and(|rest| rest.strip_prefix(' ').unwrap_or(rest) == SCISSORS)
}
