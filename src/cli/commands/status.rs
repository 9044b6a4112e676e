//! `tracker status`, `tracker inbox`: where the user is, and what waits for them.

use clap::Args;
use owo_colors::Style;

use super::shared::{ago, counted};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::ops::{self, InboxItem, InboxKind, StatusTask};

/// Show your active task, your inbox and what is next
///
/// `tracker` without a command shows the same. The inbox is cut to its first entries; see `tracker inbox`.
///
/// Example: tracker status
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Status {}

/// List what waits for you
///
/// Most urgent first, each with the command that deals with it: tasks of yours that were sent back or have findings, votes
/// that are required of your roles, notes that name you with `@` and that you have not answered, tasks of yours that can
/// begin.
///
/// Example: tracker inbox
#[derive(Debug, Args)]
pub(in crate::cli) struct Inbox {
    #[command(flatten)]
    read: ReadArgs,
}

/// Entries of the inbox that the status shows.
const SHOWN: usize = 5;

impl Command for Status {
    type Response = ops::StatusView;

    fn run(self, context: &Context) -> Reply<ops::StatusView> {
        let session = context.read(&ReadArgs::default())?;
        let (view, problems) = ops::status(&session)?;
        Ok(Answer::of(view).with_problems(problems))
    }
}

impl Command for Inbox {
    type Response = ops::Inbox;

    fn run(self, context: &Context) -> Reply<ops::Inbox> {
        let session = context.read(&self.read)?;
        let (inbox, problems) = ops::inbox(&session)?;
        Ok(Answer::of(inbox).with_problems(problems))
    }
}

impl View for ops::StatusView {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            self.active.iter().for_each(|task| out.line(&task.id));
            return;
        }
        let branch = self.branch.as_deref().map_or_else(String::new, |name| format!("branch {name}"));
        match &self.active {
            Some(task) => {
                let mut head = vec![Cell::styled(format!("On {}", task.id), Style::new().bold())];
                head.extend(cells(task).into_iter().skip(1));
                head.push(Cell::styled(&branch, Style::new().dimmed()).below());
                out.columns(&[head], 1, 0);
            }
            None => out.line(format!("No active task   {}", out.dim(&clean(&branch)))),
        }
        show_tasks("Also yours", &self.mine, self.mine_count, out);
        if !self.inbox.items.is_empty() {
            out.gap();
            out.line(out.bold(&format!("Inbox ({})", self.inbox.items.len())));
            show_items(&self.inbox.items[..self.inbox.items.len().min(SHOWN)], 2, out);
        }
        show_tasks("Next", &self.next, self.ready_count, out);
        let is_command = |text: &&String| text.starts_with("tracker ") || text.starts_with("git ");
        let (commands, advice): (Vec<&String>, Vec<&String>) = self.commands.iter().partition(is_command);
        if !self.commands.is_empty() {
            out.gap();
        }
        for (label, texts) in [("To do:", advice), ("Run:", commands)] {
            let texts: Vec<&str> = texts.into_iter().map(String::as_str).collect();
            if !texts.is_empty() {
                out.line(format!("{} {}", out.dim(label), clean(&texts.join("  or  "))));
            }
        }
    }

    fn status(&self, out: &mut Output) {
        let own = self.inbox.items.iter().filter(|item| item.kind == InboxKind::Ready).count();
        let open = counted(self.open_count, "open task");
        out.line(out.dim(&format!("{open}, {} can begin", self.ready_count + own)));
    }
}

pub(super) fn show_tasks(heading: &str, tasks: &[StatusTask], count: usize, out: &mut Output) {
    if tasks.is_empty() {
        return;
    }
    let more = if count > tasks.len() { format!(" ({} of {count})", tasks.len()) } else { String::new() };
    out.gap();
    out.line(out.bold(&format!("{heading}{more}")));
    out.columns(&tasks.iter().map(cells).collect::<Vec<_>>(), 1, 2);
}

/// Returns the id, the title, the stage, and what else there is to say of a task.
fn cells(task: &StatusTask) -> Vec<Cell> {
    let due = task.due.map(|day| format!("due {day}"));
    let done = task.deliverables.as_ref().map(|count| format!("{count} done"));
    let stage = (task.stage != "none").then(|| task.stage.clone());
    let facts = [stage, task.priority.clone(), done, due, task.blocked.clone()];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    vec![
        Cell::styled(&task.id, Style::new().bold()),
        Cell::new(&task.title),
        Cell::styled(facts.join(" · "), Style::new().dimmed()).below(),
    ]
}

impl View for ops::Inbox {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            self.items.iter().for_each(|item| out.line(&item.task));
            return;
        }
        show_items(&self.items, 0, out);
    }

    fn status(&self, out: &mut Output) {
        let text = match self.items.len() {
            0 => "nothing waits for you".to_owned(),
            count => format!("{count} for you"),
        };
        out.line(out.dim(&text));
    }
}

pub(super) fn show_items(items: &[InboxItem], indent: usize, out: &mut Output) {
    let row = |item: &InboxItem| {
        let style = match item.kind {
            InboxKind::Rejected | InboxKind::Finding => Style::new().red(),
            InboxKind::Review | InboxKind::Plan | InboxKind::Escalation | InboxKind::Director => {
                Style::new().yellow()
            }
            InboxKind::Mention | InboxKind::Question => Style::new().cyan(),
            InboxKind::Ready => Style::new().green(),
        };
        vec![
            Cell::styled(item.kind.label(), style),
            Cell::styled(&item.task, Style::new().bold()),
            Cell::new(&item.title),
            Cell::new(match &item.branch {
                Some(branch) => format!("{}, on {branch}", item.about),
                None => item.about.clone(),
            })
            .below(),
            Cell::styled(ago(item.since, out), Style::new().dimmed()).right(),
            Cell::new(item.command.to_string()).below(),
        ]
    };
    out.columns(&items.iter().map(row).collect::<Vec<_>>(), 2, indent);
}
