//! `find`: the tasks that a query selects, a page at a time.

use serde_json::{Value, json};

use super::lines::{HEADS, cells, fitting};
use super::{Caller, World};
use crate::mcp::answer::{Answer, Budget, without_empty};
use crate::mcp::arguments::FindArguments;
use crate::mcp::text::table;
use crate::ops::{self, ErrorKind, ErrorReport, ListRequest, TaskLine};

/// Most tasks of a page.
const PAGE: usize = 500;
/// How far the place of the last task of a page is looked for, where others were added before it meanwhile.
const MOVED: usize = 50;
/// Bytes of a page that are no tasks.
const AROUND: usize = 200;

/// Where a list goes on: after a number of tasks, the last of which was this one.
struct Cursor<'c> {
    after: usize,
    last: &'c str,
}

impl<'c> Cursor<'c> {
    fn read(text: &'c str) -> Result<Self, ErrorReport> {
        let parts = text.split_once('.').and_then(|(after, last)| Some((after.parse().ok()?, last)));
        let (after, last) = parts.ok_or_else(|| unknown_cursor(text))?;
        Ok(Self { after, last })
    }

    /// Returns where the next page begins: after the last task, wherever that is now.
    fn start(&self, tasks: &[TaskLine]) -> usize {
        let from = self.after.saturating_sub(MOVED).min(tasks.len());
        let found = tasks[from..].iter().position(|task| task.id == self.last);
        found.map_or(self.after.min(tasks.len()), |at| from + at + 1)
    }
}

/// The error of a `more` that no answer gave.
pub(super) fn unknown_cursor(text: &str) -> ErrorReport {
    let message = format!("invalid `more` `{}`", text.escape_debug());
    ErrorReport::new(ErrorKind::Usage, message)
        .hint("repeat it from the last answer, with the same other arguments")
}

pub(in crate::mcp) fn find(
    world: &World,
    caller: &Caller,
    given: FindArguments,
) -> Result<Answer, ErrorReport> {
    let budget = Budget::of(given.max_bytes);
    let cursor = given.more.as_deref().map(Cursor::read).transpose()?;
    let session = world.read(caller, given.at.as_deref())?;
    let after = cursor.as_ref().map_or(0, |cursor| cursor.after);
    let page = PAGE.min(given.limit.unwrap_or(PAGE));
    let limit = Some(after.saturating_add(page + MOVED));
    let request = ListRequest { query: given.query, sort: given.sort, limit, ..ListRequest::default() };
    let (mut listing, problems) = ops::list(&session, &request)?;
    let start = cursor.map_or(0, |cursor| cursor.start(&listing.tasks));
    listing.tasks = listing.tasks.split_off(start);
    listing.tasks.truncate(page);

    let heads = HEADS.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(heads).chain(listing.tasks.iter().map(cells)).collect();
    let lines = table(&rows);
    let (matched, hidden) = (listing.matched, listing.hidden);
    let data = without_empty(ops::brief_listing(&listing)).unwrap_or_default();
    let tasks = data["tasks"].as_array().cloned().unwrap_or_default();
    let pairs = lines[1..].iter().map(String::as_str).zip(&tasks);
    let shown = fitting(pairs, budget.bytes().saturating_sub(AROUND)).max(usize::from(!tasks.is_empty()));

    let more = (start + shown < matched && shown > 0)
        .then(|| format!("{}.{}", start + shown, listing.tasks[shown - 1].id));
    let closed =
        if hidden > 0 { format!(", {hidden} closed ones left out: is:closed") } else { String::new() };
    let place = if start > 0 { format!("{} to {} of ", start + 1, start + shown) } else { String::new() };
    let mut text = format!("{place}{}{closed}\n", crate::model::counted(matched, "task"));
    let lines = if shown > 0 { &lines[..=shown] } else { &[] };
    lines.iter().for_each(|line| text.extend([line, "\n"]));
    let tasks: Vec<Value> = tasks.into_iter().take(shown).collect();
    let data =
        json!({ "tasks": tasks, "matched": matched, "hidden": Some(hidden).filter(|count| *count > 0) });
    Ok(Answer::new(text, data).more(more).with_problems(&problems))
}
