//! Tasks as lines: what lists, the inbox and answers of writes show.

use serde_json::Value;

use crate::mcp::advice::of_command;
use crate::mcp::text::{line, quoted};
use crate::model::{Badge, Status};
use crate::ops::{CountView, TaskAction, TaskLine, Written};

/// Longest value without quotes, in characters.
const LONGEST_BARE: usize = 40;

/// Returns the value of a field: bare where it is one plain word, else in quotes.
pub(super) fn value(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._@/+:#-".contains(c);
    let is_bare = !text.is_empty() && text.chars().all(is_plain) && text.chars().count() <= LONGEST_BARE;
    if is_bare { line(text) } else { quoted(text) }
}

/// The heads of the columns of [`cells`].
pub(super) const HEADS: [&str; 6] = ["ID", "STAGE", "PRIORITY", "STATE", "ASSIGNEE", "TITLE"];

/// Returns the cells of a task in a table.
pub(super) fn cells(task: &TaskLine) -> Vec<String> {
    let or_dash = |field: &Option<String>| field.as_deref().map_or_else(|| "-".to_owned(), value);
    let mut assignee = or_dash(&task.assignee);
    if let Some(flight) = task.in_flight.first() {
        let place = flight.branch.as_deref().or(flight.folder.as_deref()).unwrap_or("elsewhere");
        assignee = format!("{}@{}", value(&flight.by), value(place));
    }
    vec![
        task.id.clone(),
        value(&task.stage),
        or_dash(&task.priority),
        state(task),
        assignee,
        quoted(&task.title),
    ]
}

/// Returns what the stage does not tell of a task.
pub(super) fn state(task: &TaskLine) -> String {
    let count = |name: &str, count: CountView| format!("{name} {}/{}", count.done, count.total);
    match (task.status, task.badge) {
        (Status::Cancelled, _) => "cancelled".to_owned(),
        (Status::Blocked, _) if !task.waiting_for.is_empty() => {
            format!("waits for {}", task.waiting_for.join(","))
        }
        (Status::Blocked, _) => "blocked".to_owned(),
        (_, Badge::IssuesFound) => "issues".to_owned(),
        (Status::InProgress, _) if task.signoffs.total > 0 => count("votes", task.signoffs),
        (Status::Completed, _) => "done".to_owned(),
        _ if task.deliverables.total > 0 => count("boxes", task.deliverables),
        _ => "-".to_owned(),
    }
}

/// Tells what was written, a line for each task and each thing that happened.
pub(super) fn written(written: &Written) -> String {
    let mut text = String::new();
    for task in &written.tasks {
        let (id, title) = (&task.id, quoted(&task.title));
        let created = if task.action == TaskAction::Created { " created" } else { "" };
        let lines: Vec<String> = task.summary.iter().map(|each| happened(each)).collect();
        match lines.as_slice() {
            [only] if created.is_empty() => text.push_str(&format!("{id} {only} {title}\n")),
            several => {
                text.push_str(&format!("{id}{created} {title}\n"));
                several.iter().for_each(|each| text.push_str(&format!("  {each}\n")));
            }
        }
    }
    text
}

/// Returns what happened in quotes, and the call that goes on from there where the summary ends with a command.
fn happened(summary: &str) -> String {
    match summary.split_once("   ").filter(|(_, command)| command.starts_with("tracker ")) {
        Some((what, command)) => format!("{} -> {}", quoted(what), line(&of_command(command))),
        None => quoted(summary),
    }
}

/// How many of these come into a budget, as text and as data.
pub(super) fn fitting<'a>(items: impl Iterator<Item = (&'a str, &'a Value)>, bytes: usize) -> usize {
    let (mut text, mut data) = (0, 0);
    let fits = |(line, value): &(&str, &Value)| {
        text += line.len() + 1;
        data += value.to_string().len() + 1;
        text <= bytes && data <= bytes
    };
    items.take_while(fits).count()
}
