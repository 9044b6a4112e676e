//! `get`: tasks in full, a page at a time.

use serde_json::json;

use super::card::card;
use super::find::unknown_cursor;
use super::{Caller, World, given_or_active};
use crate::mcp::answer::{Answer, Budget};
use crate::mcp::arguments::GetArguments;
use crate::model::Problem;
use crate::ops::{self, ErrorKind, ErrorReport};

/// Most tasks at once.
const MOST: usize = 20;
/// Bytes of a page that are no part of the text.
const AROUND: usize = 120;

pub(in crate::mcp) fn get(
    world: &World,
    caller: &Caller,
    given: GetArguments,
) -> Result<Answer, ErrorReport> {
    let budget = Budget::of(given.max_bytes);
    let session = world.read(caller, given.at.as_deref())?;
    let ids = given_or_active(&session, given.ids)?;
    if ids.len() > MOST {
        let message = format!("{} ids at once (at most {MOST})", ids.len());
        return Err(ErrorReport::new(ErrorKind::Usage, message).hint("ask for the rest in another call"));
    }
    let (mut texts, mut tasks, mut problems) = (Vec::new(), Vec::new(), Vec::<Problem>::new());
    for id in &ids {
        let (shown, found) = ops::show(&session, id)?;
        texts.push(card(&shown));
        tasks.push(ops::brief_shown(&shown));
        problems.extend(found);
    }
    let text = texts.join("\n");
    let page = Page::of(&text, given.more.as_deref(), budget)?;
    let data = if page.start == 0 { json!({ "tasks": tasks }) } else { json!({ "text": page.text }) };
    let answer = Answer::new(page.text, data).more(page.more);
    Ok(if page.start == 0 { answer.with_problems(&problems) } else { answer })
}

/// A part of a text.
struct Page {
    text: String,
    start: usize,
    more: Option<String>,
}

impl Page {
    /// Cuts the part out that a cursor tells: where it begins, and of what. Where the text is another by now, it
    /// begins anew, with a line about that.
    fn of(text: &str, more: Option<&str>, budget: Budget) -> Result<Self, ErrorReport> {
        let digest = format!("{:08x}", crc32fast::hash(text.as_bytes()));
        let mut page = String::new();
        let start = match more.map(|more| (more, more.split_once('.'))) {
            None => 0,
            Some((more, Some((at, known)))) => {
                let at: usize = at.parse().map_err(|_| unknown_cursor(more))?;
                if known == digest && text.is_char_boundary(at) {
                    at
                } else {
                    page.push_str("changed since the last answer, from the beginning:\n");
                    0
                }
            }
            Some((more, None)) => return Err(unknown_cursor(more)),
        };
        let rest = &text[start..];
        if start > 0 && text.as_bytes()[start - 1] != b'\n' {
            // In the middle of a line: nothing of ours is as long.
            page.push_str("> …");
        }
        let room = budget.bytes().saturating_sub(AROUND);
        if rest.len() <= room {
            page.push_str(rest);
            return Ok(Self { text: page, start, more: None });
        }
        let mut end = room;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        end = rest[..end].rfind('\n').map_or(end, |at| at + 1);
        page.push_str(&rest[..end]);
        if !page.ends_with('\n') {
            page.push_str("…\n");
        }
        Ok(Self { text: page, start, more: Some(format!("{}.{digest}", start + end)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_the_whole_text_and_no_line_loses_its_mark() {
        let long = "x".repeat(1200);
        let text = format!("head\n> {long}\n> {}\nend\n", "ä\n> ".repeat(300));
        let (mut more, mut whole, mut pages) = (None::<String>, String::new(), 0);
        loop {
            let page = Page::of(&text, more.as_deref(), Budget::of(Some(500))).unwrap();
            assert!(page.text.len() <= 500, "{}", page.text.len());
            let is_marked = |line: &str| line.starts_with('>') || matches!(line, "head" | "end");
            assert!(page.text.lines().all(is_marked), "{}", page.text);
            whole.push_str(&page.text);
            pages += 1;
            more = page.more;
            if more.is_none() {
                break;
            }
        }
        assert_eq!(whole.replace("…\n> …", ""), text);
        assert!(pages > 3);
    }

    #[test]
    fn a_text_that_has_changed_begins_anew() {
        let budget = Budget::of(Some(500));
        let first = Page::of(&"a\n".repeat(900), None, budget).unwrap();
        let other = Page::of(&"b\n".repeat(900), first.more.as_deref(), budget).unwrap();
        assert!(other.text.starts_with("changed since") && other.start == 0);
        for wrong in ["x", "", "9", "y.z"] {
            assert!(Page::of("a", Some(wrong), budget).is_err(), "{wrong}");
        }
    }
}
