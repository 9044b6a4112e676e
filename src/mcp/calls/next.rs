//! `next`: where the agent is, what waits, and what it can begin.

use serde_json::json;

use super::lines::{cells, value};
use super::{Caller, World};
use crate::mcp::advice::of_command;
use crate::mcp::answer::Answer;
use crate::mcp::arguments::NextArguments;
use crate::mcp::text::{line, quoted, table};
use crate::ops::{self, ErrorReport, InboxItem, QueueRequest, StatusTask};

/// Most tasks that are ready to start, where the caller does not say.
const READY: usize = 5;
/// Most at all.
const MOST_READY: usize = 50;
/// Most entries of the inbox.
const INBOX: usize = 20;

pub(in crate::mcp) fn next(
    world: &World,
    caller: &Caller,
    given: NextArguments,
) -> Result<Answer, ErrorReport> {
    let session = world.read(caller, None)?;
    let (status, mut problems) = ops::status(&session)?;
    let person = session.actor().unwrap_or_else(|_| "nobody: set `git config user.name`".to_owned());
    let branch =
        status.branch.as_deref().map_or_else(String::new, |branch| format!(", on branch {}", value(branch)));
    let mut text = format!("for {} as agent {}{branch}\n", quoted(&person), value(&caller.agent));
    match &status.active {
        Some(active) => text.push_str(&format!("active {}\n", task_line(active))),
        None => text.push_str("no active task\n"),
    }
    for command in status.commands.iter().filter(|_| status.active.is_some()).take(1) {
        text.push_str(&format!("  next step: {}\n", line(&of_command(command))));
    }
    let items = &status.inbox.items[..status.inbox.items.len().min(INBOX)];
    items.iter().for_each(|item| text.push_str(&item_line(item)));
    if let Some(more) = status.inbox.items.len().checked_sub(INBOX).filter(|more| *more > 0) {
        text.push_str(&format!("and {more} more in the inbox\n"));
    }
    status.mine.iter().for_each(|mine| text.push_str(&format!("yours {}\n", task_line(mine))));

    let limit = given.limit.unwrap_or(READY).min(MOST_READY);
    let query = given.query.unwrap_or_default();
    let request = QueueRequest { query, limit: Some(limit), run: None };
    let (queue, found) = ops::queue(&session, &request)?;
    problems.extend(found.into_iter().filter(|problem| !problems.contains(problem)).collect::<Vec<_>>());
    text.push_str(&format!("{} ready to start\n", crate::model::counted(queue.matched, "task")));
    table(&queue.tasks.iter().map(cells).collect::<Vec<_>>())
        .iter()
        .for_each(|line| text.extend([line, "\n"]));
    if let Some(held) = queue.held {
        text.push_str(&format!("{held} more wait for the approval of a plan\n"));
    }
    let inbox = items.iter().map(|item| {
        let help = of_command(&item.command.to_string());
        json!({"kind": item.kind, "task": item.task, "title": item.title, "about": item.about, "help": help})
    });
    let data = json!({
        "person": person, "agent": caller.agent, "branch": status.branch, "active": status.active,
        "inbox": inbox.collect::<Vec<_>>(), "yours": status.mine, "ready": ops::brief_listing(&queue)["tasks"],
        "ready_count": queue.matched,
    });
    Ok(Answer::new(text, data).with_problems(&problems))
}

fn task_line(task: &StatusTask) -> String {
    let facts =
        [task.priority.as_deref().map(value), task.deliverables.clone(), task.blocked.as_deref().map(quoted)];
    let facts: String = facts.into_iter().flatten().map(|fact| format!(" {fact}")).collect();
    format!("{} {}{facts} {}", task.id, value(&task.stage), quoted(&task.title))
}

fn item_line(item: &InboxItem) -> String {
    let branch = item.branch.as_ref().map_or_else(String::new, |branch| format!(" on {}", value(branch)));
    let about = if item.about.is_empty() { String::new() } else { format!(" {}", quoted(&item.about)) };
    let help = line(&of_command(&item.command.to_string()));
    format!(
        "inbox {} {}{branch} {}{about} -> {help}\n",
        item.kind.label(),
        value(&item.task),
        quoted(&item.title)
    )
}
