//! `tracker log`

use clap::Args;
use owo_colors::Style;

use super::super::answer::{Answer, View};
use super::super::args::{ReadArgs, count};
use super::super::complete::tasks;
use super::super::door::Door;
use super::super::page::{Page, clean, clean_lines};
use super::Reply;
use crate::ops::{self, EventKind};

pub(super) type Output = ops::TaskLog;

/// Tells a task's whole story in time order: its moves, its notes, and the commits that changed its file.
#[derive(Debug, Args)]
pub(in crate::cli) struct Log {
    /// The task, by a part of its id
    #[arg(value_name = "ID", add = tasks())]
    id: String,
    /// Only the newest so many
    #[arg(short, long, value_name = "COUNT", value_parser = count)]
    limit: Option<usize>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Log {
    pub(super) fn run(self, door: &Door) -> Reply {
        let session = door.read(&self.read)?;
        let (story, problems) = ops::log(&session, &self.id, self.limit)?;
        Ok(Answer::of(story).with_problems(problems))
    }
}

impl View for ops::TaskLog {
    fn show(&self, page: &mut Page) {
        page.line(format!("{}  {}", page.bold(&self.id), clean(&self.title)));
        for event in &self.events {
            show_event(event, page);
        }
    }

    fn remark(&self, page: &mut Page) {
        if !self.is_complete {
            page.line(page.dim("older commits were not looked at"));
        }
    }
}

fn show_event(event: &ops::Event, page: &mut Page) {
    let (rich, plain) = match event.kind {
        EventKind::Created => ("✎", "created"),
        EventKind::Moved => ("→", "moved"),
        EventKind::Voted => ("◆", "voted"),
        EventKind::Found => ("!", "finding"),
        EventKind::Noted => ("❝", "noted"),
        EventKind::Committed => ("●", "commit"),
    };
    let mark = format!("{:1$}", page.pick(rich, plain), if page.is_rich() { 1 } else { 7 });
    // Of its beginning a task keeps the day alone.
    let at = match event.kind {
        EventKind::Created => format!("{:16}", event.at.date_naive().to_string()),
        _ => page.time(event.at),
    };
    let at = page.dim(&at);
    let by = event.by.as_deref().map_or_else(String::new, |by| format!("{}  ", clean(by)));
    let by = page.paint(&by, Style::new().cyan());
    let commit = event.commit.as_deref().map_or_else(String::new, |id| format!("{}  ", &id[..id.len().min(7)]));
    let commit = page.paint(&commit, Style::new().yellow());
    let mut lines = event.text.lines();
    page.line(format!("  {at}  {mark}  {by}{commit}{}", clean(lines.next().unwrap_or_default())));
    for line in lines {
        page.line(format!("      {}", clean_lines(line)));
    }
    for change in &event.changes {
        page.line(format!("      {}", page.dim(&clean(change))));
    }
}
