//! `tracker log`

use clap::Args;
use owo_colors::Style;

use super::shared::{given_or_active, short_id};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, count};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean, clean_lines};
use crate::ops::{self, EventKind};

/// Show a task's history
///
/// Moves, votes, findings and notes, and the commits that changed the task's file, oldest first.
///
/// Example: tracker log 7q2m --limit 10
#[derive(Debug, Args)]
#[command(visible_alias = "history")]
pub(in crate::cli) struct Log {
    /// Task ID; a unique part is enough [default: the active task]
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// Maximum number of entries, the newest
    #[arg(short, long, value_name = "COUNT", value_parser = count)]
    limit: Option<usize>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Log {
    type Response = ops::TaskLog;

    fn run(self, context: &Context) -> Reply<ops::TaskLog> {
        let session = context.read(&self.read)?;
        let id = given_or_active(&session, "log", self.id)?;
        let (log, problems) = ops::log(&session, &id, self.limit)?;
        Ok(Answer::of(log).with_problems(problems))
    }
}

impl View for ops::TaskLog {
    fn show(&self, out: &mut Output) {
        out.line(format!("{}  {}", out.bold(&self.id), clean(&self.title)));
        for event in &self.events {
            show_event(event, out);
        }
    }

    fn status(&self, out: &mut Output) {
        if !self.is_complete {
            out.line(out.dim("older commits were not read"));
        }
    }
}

fn show_event(event: &ops::Event, out: &mut Output) {
    let (rich, plain) = match event.kind {
        EventKind::Created => ("✎", "created"),
        EventKind::Moved => ("→", "moved"),
        EventKind::Voted => ("◆", "voted"),
        EventKind::Found => ("!", "finding"),
        EventKind::Noted => ("❝", "noted"),
        EventKind::Committed => ("●", "commit"),
    };
    let mark = format!("{:1$}", out.glyph(rich, plain), if out.is_rich() { 1 } else { 7 });
    // Of its beginning a task keeps the day alone.
    let at = match event.kind {
        EventKind::Created => format!("{:16}", event.at.date_naive().to_string()),
        _ => out.time(event.at),
    };
    let at = out.dim(&at);
    let by = event.by.as_deref().map_or_else(String::new, |by| format!("{}  ", clean(by)));
    let by = out.paint(&by, Style::new().cyan());
    let commit = event.commit.as_deref().map_or_else(String::new, |id| format!("{}  ", short_id(id)));
    let commit = out.paint(&commit, Style::new().yellow());
    let mut lines = event.text.lines();
    out.line(format!("  {at}  {mark}  {by}{commit}{}", clean(lines.next().unwrap_or_default())));
    for line in lines {
        out.line(format!("      {}", clean_lines(line)));
    }
    for change in &event.changes {
        out.line(format!("      {}", out.dim(&clean(change))));
    }
}
