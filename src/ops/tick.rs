//! `tick`, `untick`: checkboxes by number or by text.

use std::collections::BTreeSet;

use super::session::Step;
use super::{Error, Result, Session, Written};
use crate::doc::{Checkbox, Edit, checkboxes};
use crate::model::fold;

/// Checks or unchecks boxes of one task. Each of `boxes` is a number, a range such as `1-3`, `all`, or a part of the
/// text.
pub fn tick(session: &Session<'_>, id: &str, boxes: &[String], done: bool) -> Result<Written> {
    let command = if done { "tick" } else { "untick" };
    session.change(command, &[id.to_owned()], |task, _| {
        let all = checkboxes(&task.body);
        let mut numbers = BTreeSet::new();
        for selector in boxes {
            numbers.extend(numbers_of(selector, &all, task.id.as_str())?);
        }
        let selected = || all.iter().filter(|found| numbers.contains(&found.number));
        let changed: Vec<usize> =
            selected().filter(|found| found.done != done).map(|found| found.number).collect();
        let edits = if changed.is_empty() { Vec::new() } else { vec![Edit::Tick { numbers: changed, done }] };
        let state = |found: &Checkbox| if found.done == done { "already " } else { "" };
        let word = if done { "checked" } else { "unchecked" };
        let messages = selected()
            .map(|found| format!("{}{word} {} {}", state(found), found.number, found.text))
            .collect();
        Ok(Step { edits, messages })
    })
}

fn numbers_of(selector: &str, all: &[Checkbox], id: &str) -> Result<Vec<usize>> {
    if all.is_empty() {
        let hint = format!("write checkboxes as `- [ ] text` with `tracker edit {id}`");
        return Err(Error::not_found(format!("no checkboxes in {id}"), hint));
    }
    if selector == "all" {
        return Ok(all.iter().map(|found| found.number).collect());
    }
    let range = selector.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let number = selector.parse().ok().map(|number: usize| (number, number));
    if let Some((from, to)) = number.or(range) {
        if from == 0 || from > to || to > all.len() {
            let message = format!("no checkbox {selector} in {id} (it has {})", all.len());
            return Err(Error::not_found(message, format!("run `tracker show {id}`")));
        }
        return Ok((from..=to).collect());
    }
    by_text(selector, all, id)
}

fn by_text(selector: &str, all: &[Checkbox], id: &str) -> Result<Vec<usize>> {
    let lower = fold(selector);
    let exact: Vec<&Checkbox> = all.iter().filter(|found| fold(&found.text) == lower).collect();
    let part = || all.iter().filter(|found| fold(&found.text).contains(&lower)).collect();
    let matches: Vec<&Checkbox> = if exact.is_empty() { part() } else { exact };
    match matches.as_slice() {
        [only] => Ok(vec![only.number]),
        [] => Err(Error::not_found(
            format!("no checkbox of {id} matches `{selector}`"),
            format!("run `tracker show {id}`"),
        )),
        several => {
            let some = several.iter().take(5).map(|found| format!("{} {}", found.number, found.text));
            let hint = format!("use the number: {}", some.collect::<Vec<_>>().join("; "));
            Err(Error::usage_with(format!("`{selector}` matches {} checkboxes of {id}", several.len()), hint))
        }
    }
}
