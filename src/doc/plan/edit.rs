//! Tasks put into a plan's list and taken out of it: lines are added and removed, every other byte stays. What would be read
//! otherwise than intended is refused.

use std::ops::Range;

use super::read_plan;
use crate::doc::markdown::{TaskItem, ends_in_text, headings, is_heading, task_in, task_items};
use crate::doc::{Document, lines};
use crate::model::{PlanId, Problem, TaskId};

/// Where in a plan tasks are put: by default below its last one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanPlace {
    /// The heading of the phase, which is added at the end where it is absent.
    pub phase: Option<String>,
    /// The heading of the milestone, which is added at the end of the phase where it is absent.
    pub milestone: Option<String>,
}

/// Returns the text of a plan with tasks put into it, each with its title as a label.
///
/// # Errors
/// Where the result would not be read as intended.
pub fn add_to_plan(
    file: &PlanId,
    text: &str,
    tasks: &[(TaskId, String)],
    place: &PlanPlace,
) -> Result<String, Problem> {
    let cannot = |why: &str| {
        let problem = Problem::error(format!("the tasks cannot be put into the plan: {why}"));
        problem.with_hint("edit its file by hand")
    };
    let start = body_start(text).ok_or_else(|| cannot("it cannot be read"))?;
    let body = &text[start..];
    let ending = lines::ending_near(text, text.len());
    let spot = spot_of(body, place);
    if spot.at >= body.trim_end().len() && !ends_in_text(body) {
        return Err(cannot("a code fence or comment is not closed"));
    }
    let items: Vec<String> = tasks.iter().enumerate().map(|(at, task)| spot.item(at, task)).collect();
    let new: Vec<&str> = spot.above.iter().chain(&items).map(String::as_str).collect();
    let (before, after) = body.split_at(spot.at);
    let above = &text[..start + spot.at];
    let is_blank = |line: Option<&str>| line.is_none_or(|line| line.trim().is_empty());
    let mut added = String::new();
    if !above.ends_with('\n') {
        added.push_str(ending);
    }
    if !spot.is_in_list && (before.is_empty() || !is_blank(before.lines().last())) {
        added.push_str(ending);
    }
    new.iter().for_each(|line| added.extend([line, ending]));
    if !spot.is_in_list && !is_blank(after.lines().next()) {
        added.push_str(ending);
    }
    let edited = format!("{}{before}{added}{after}", &text[..start]);
    let is_as_intended = is_put_into(file, [text, &edited], tasks);
    if is_as_intended { Ok(edited) } else { Err(cannot("what is around them would be read otherwise")) }
}

/// Whether of two texts of a plan the second lists the tasks of the first, in their order, and these in one place.
fn is_put_into(file: &PlanId, texts: [&str; 2], tasks: &[(TaskId, String)]) -> bool {
    let [old, new] = texts.map(|text| {
        let read = read_plan(file, text.as_bytes()).ok();
        read.map(|plan| plan.tasks().map(|task| task.id.clone()).collect::<Vec<_>>())
    });
    let (Some(old), Some(mut new)) = (old, new) else { return false };
    let added: Vec<&TaskId> = tasks.iter().map(|(id, _)| id).collect();
    let at = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    // The first of them may be what was there, too.
    let found = (0..=at)
        .rev()
        .find(|at| new.get(*at..*at + added.len()).is_some_and(|new| new.iter().eq(added.iter().copied())));
    let Some(at) = found else { return false };
    new.drain(at..at + added.len());
    new == old
}

/// Returns the text of a plan with tasks taken out of it, with what is indented below each.
///
/// # Errors
/// Where the result would not be read as intended.
pub fn remove_from_plan(file: &PlanId, text: &str, tasks: &[TaskId]) -> Result<String, Problem> {
    let cannot = || {
        let problem =
            Problem::error("the tasks cannot be taken out of the plan without changing what is around");
        problem.with_hint("edit its file by hand")
    };
    let start = body_start(text).ok_or_else(cannot)?;
    let body = &text[start..];
    let mut edited = text.to_owned();
    for item in task_items(body).iter().rev().filter(|item| tasks.contains(&item.id)) {
        let range = block_of(body, item);
        edited.replace_range(start + range.start..start + range.end, "");
    }
    let (old, new) = (read_plan(file, text.as_bytes()), read_plan(file, edited.as_bytes()));
    let (Ok(old), Ok(new)) = (old, new) else { return Err(cannot()) };
    let kept = old.tasks().map(|task| task.id).filter(|id| !tasks.contains(id));
    if kept.eq(new.tasks().map(|task| task.id)) { Ok(edited) } else { Err(cannot()) }
}

fn body_start(text: &str) -> Option<usize> {
    let document = Document::markdown(text.as_bytes()).ok()?;
    Some(text.len() - document.body().len())
}

/// Where new items go, and how they begin.
struct Spot {
    at: usize,
    /// Lines that come first: headings that are new.
    above: Vec<String>,
    /// What each item begins with; a number counts on.
    marker: String,
    /// Whether the items follow others.
    is_in_list: bool,
}

impl Spot {
    fn item(&self, at: usize, (id, title): &(TaskId, String)) -> String {
        let digits: String = self.marker.trim_start().chars().take_while(char::is_ascii_digit).collect();
        let marker = match digits.parse::<usize>() {
            Ok(number) => self.marker.replacen(&digits, &(number + 1 + at).to_string(), 1),
            Err(_) => self.marker.clone(),
        };
        let label: String = title.replace("<!--", "&lt;!--").chars().filter(|c| !c.is_control()).collect();
        format!("{marker} {id} {}", label.trim()).trim_end().to_owned()
    }
}

fn spot_of(body: &str, place: &PlanPlace) -> Spot {
    let items = task_items(body);
    let whole = 0..body.len();
    let parts = headings(body);
    // Where a heading's text ends: before the next one of its level or above.
    let region = |at: usize, level: usize| {
        let next = parts[at + 1..].iter().find(|next| next.level <= level);
        parts[at].start..next.map_or(body.len(), |next| next.start)
    };
    let find = |level: usize, name: &str, within: &Range<usize>| {
        parts.iter().position(|part| {
            part.level == level && within.contains(&part.start) && is_heading(part.text, name)
        })
    };
    let last_phase = || {
        let last = items.last().map_or(0, |item| item.start);
        let at = parts.iter().rposition(|part| part.level <= 2 && part.start < last);
        at.map_or(whole.clone(), |at| region(at, 2))
    };
    match (place.phase.as_deref(), place.milestone.as_deref()) {
        (None, None) => match items.last() {
            Some(last) => below_items(body, &items, &(0..last.start + 1)),
            None => at_end(body, &whole, Vec::new()),
        },
        (Some(phase), milestone) => {
            let Some(at) = find(2, phase, &whole) else {
                return at_end(body, &whole, titled(Some(phase), milestone));
            };
            let Some(milestone) = milestone else { return below_items(body, &items, &region(at, 3)) };
            let own = region(at, 2);
            match find(3, milestone, &own) {
                Some(at) => below_items(body, &items, &region(at, 3)),
                None => at_end(body, &own, titled(None, Some(milestone))),
            }
        }
        (None, Some(milestone)) => match find(3, milestone, &whole) {
            Some(at) => below_items(body, &items, &region(at, 3)),
            None => at_end(body, &last_phase(), titled(None, Some(milestone))),
        },
    }
}

/// Returns the lines of headings that are new, with blank lines below.
fn titled(phase: Option<&str>, milestone: Option<&str>) -> Vec<String> {
    let phase = phase.map(|name| format!("## {name}"));
    let milestone = milestone.map(|name| format!("### {name}"));
    phase.into_iter().chain(milestone).flat_map(|heading| [heading, String::new()]).collect()
}

/// Returns the spot below the last item of a part of the body, else at its end.
fn below_items(body: &str, items: &[TaskItem<'_>], within: &Range<usize>) -> Spot {
    let Some(last) = items.iter().rfind(|item| within.contains(&item.start)) else {
        return at_end(body, within, Vec::new());
    };
    let line = &body[last.start..lines::content_end(body, last.start)];
    let indent = line.len() - line.trim_start().len();
    let marker = line[indent..].split([' ', '\t']).next().unwrap_or("-");
    let marker = format!("{}{marker}", &line[..indent]);
    let is_boxed = line.contains("[ ]") || line.contains("[x]");
    let marker = if is_boxed { format!("{marker} [ ]") } else { marker };
    Spot { at: block_of(body, last).end, above: Vec::new(), marker, is_in_list: true }
}

/// Returns the spot at the end of a part of the body, before the blank lines that follow it.
fn at_end(body: &str, within: &Range<usize>, above: Vec<String>) -> Spot {
    let text = body[within.clone()].trim_end();
    let at = if text.is_empty() {
        within.start
    } else {
        lines::next(body, within.start + text.len() - 1).min(body.len())
    };
    Spot { at, above, marker: "-".to_owned(), is_in_list: false }
}

/// Returns where an item is, with the lines that are indented below it and list no other task.
fn block_of(body: &str, item: &TaskItem<'_>) -> Range<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(&body[item.start..lines::content_end(body, item.start)]);
    let mut end = lines::next(body, item.start);
    while end < body.len() {
        let line = &body[end..lines::content_end(body, end)];
        if line.trim().is_empty() || indent(line) <= own || task_in(line).is_some() {
            break;
        }
        end = lines::next(body, end);
    }
    item.start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> PlanId {
        PlanId::parse("PLAN-1").unwrap()
    }

    fn task(number: u32) -> (TaskId, String) {
        (TaskId::parse(&format!("T-{number}")).unwrap(), format!("Title {number}"))
    }

    fn place(phase: Option<&str>, milestone: Option<&str>) -> PlanPlace {
        PlanPlace { phase: phase.map(str::to_owned), milestone: milestone.map(str::to_owned) }
    }

    const FRONT: &str = "---\nid: PLAN-1\ntitle: x\n---\n";

    fn added(body: &str, at: &PlanPlace) -> String {
        let text = add_to_plan(&id(), &format!("{FRONT}{body}"), &[task(8), task(9)], at).unwrap();
        text.strip_prefix(FRONT).unwrap().to_owned()
    }

    #[test]
    fn tasks_come_below_the_others_of_their_part() {
        let body = "\nWhy.\n\n## Base\n\n- T-1 a\n  more\n\n### Rows\n1. T-2\n\n## Shop\nText.\n\n### Cart\n\n## Notes\n\nend\n";
        let new = "- T-8 Title 8\n- T-9 Title 9\n";
        let numbered = "2. T-8 Title 8\n3. T-9 Title 9\n";
        let cases = [
            (place(None, None), "1. T-2\n", numbered),
            (place(Some("base"), None), "  more\n", new),
            (place(Some("Base"), Some("Rows")), "1. T-2\n", numbered),
            (place(None, Some("rows")), "1. T-2\n", numbered),
            (place(Some("Shop"), None), "Text.\n", &format!("\n{new}")),
            (place(Some("Shop"), Some("Cart")), "### Cart\n", &format!("\n{new}")),
            (place(Some("Base"), Some("New")), "1. T-2\n", &format!("\n### New\n\n{new}")),
            (place(None, Some("New")), "1. T-2\n", &format!("\n### New\n\n{new}")),
            (place(Some("Last"), Some("New")), "end\n", &format!("\n## Last\n\n### New\n\n{new}")),
        ];
        for (at, after, new) in cases {
            assert_eq!(added(body, &at), body.replace(after, &format!("{after}{new}")), "{at:?}");
        }
    }

    #[test]
    fn line_endings_boxes_and_bodies_without_an_end_stay() {
        assert_eq!(added("", &place(None, None)), "\n- T-8 Title 8\n- T-9 Title 9\n");
        assert_eq!(added("\nWhy.", &place(None, None)), "\nWhy.\n\n- T-8 Title 8\n- T-9 Title 9\n");
        assert_eq!(
            added("\n- [x] T-1", &place(None, None)),
            "\n- [x] T-1\n- [ ] T-8 Title 8\n- [ ] T-9 Title 9\n"
        );
        let text = format!("{FRONT}\n* T-1\n\n## B\n").replace('\n', "\r\n");
        let edited = add_to_plan(&id(), &text, &[task(8)], &place(None, None)).unwrap();
        assert_eq!(edited, text.replace("* T-1\r\n", "* T-1\r\n* T-8 Title 8\r\n"));
    }

    #[test]
    fn what_would_hide_tasks_is_refused_or_escaped() {
        let body = "\n- T-1\n";
        let odd = (task(8).0, "a <!-- b".to_owned());
        let edited =
            add_to_plan(&id(), &format!("{FRONT}{body}"), &[odd, task(9)], &place(None, None)).unwrap();
        assert!(edited.ends_with("- T-8 a &lt;!-- b\n- T-9 Title 9\n"), "{edited}");
        for body in ["\n- T-1\n```\nx\n", "\n<!-- a\n"] {
            let at = place(Some("New"), None);
            assert!(add_to_plan(&id(), &format!("{FRONT}{body}"), &[task(8)], &at).is_err(), "{body}");
        }
    }

    #[test]
    fn tasks_are_taken_out_with_what_is_below_them() {
        let text = format!("{FRONT}\n## A\n- T-1 x\n  - why\n  - T-2 y\n- T-3\n\ntext\n");
        let edited = remove_from_plan(&id(), &text, &[task(1).0, task(3).0]).unwrap();
        assert_eq!(edited, format!("{FRONT}\n## A\n  - T-2 y\n\ntext\n"));
    }
}
