//! `tracker role`

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::args::{ReadArgs, WriteArgs};
use super::super::complete::roles;
use super::super::door::Door;
use super::super::page::{Cell, Page, clean, clean_lines};
use super::Reply;
use super::shared::{counted, show_diff};
use crate::ops::{self, RoleSummary, RoleText};

/// Tells of the roles that sign off: who may vote, by the configuration, and what the role is told, by its file in
/// `.tracker/roles`. Without a subcommand it lists them.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Role {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show one role: its rules, what it is told, its checklist
    Show(Show),
    /// Write a text for a role, to begin with
    New(New),
}

#[derive(Debug, Args)]
struct Show {
    /// The role
    #[arg(value_name = "ROLE", add = roles())]
    role: String,
    /// Print what an agent in this role is told, and nothing else
    #[arg(long)]
    prompt: bool,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct New {
    /// The role
    #[arg(value_name = "ROLE", add = roles())]
    role: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// Roles, one role, or the text that was written.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Output {
    /// A list.
    List(ops::RolesView),
    /// One role.
    One(Box<Shown>),
    /// A text was written.
    Written(ops::Written),
}

/// A role as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Shown {
    role: RoleText,
    #[serde(skip)]
    is_prompt: bool,
}

impl Role {
    pub(super) fn run(self, door: &Door) -> Reply {
        match self.what {
            None => {
                let (view, problems) = ops::roles(&door.read(&self.read)?)?;
                Ok(Answer::of(Output::List(view)).with_problems(problems))
            }
            Some(What::Show(show)) => {
                let (role, problems) = ops::role(&door.read(&show.read)?, &show.role)?;
                let is_empty = show.prompt && role.prompt.is_empty();
                let shown = Output::One(Box::new(Shown { role, is_prompt: show.prompt }));
                Ok(Answer::of(shown).with_problems(problems).no_if(is_empty))
            }
            Some(What::New(new)) => {
                let written = ops::new_role(&door.write(&new.write)?, &new.role)?;
                Ok(Answer::of(Output::Written(written)))
            }
        }
    }
}

impl View for Output {
    fn show(&self, page: &mut Page) {
        match self {
            Self::List(view) => show_list(view, page),
            Self::One(shown) if shown.is_prompt => show_prompt(&shown.role, page),
            Self::One(shown) => show_role(&shown.role, page),
            Self::Written(written) => show_written(written, page),
        }
    }

    fn remark(&self, page: &mut Page) {
        match self {
            Self::One(shown) if shown.role.prompt.is_empty() => {
                let name = &shown.role.summary.role;
                page.line(clean(&format!("{name} is told nothing yet: tracker role new {name}")));
            }
            Self::Written(written) => View::remark(written, page),
            Self::List(_) | Self::One(_) => {}
        }
    }
}

fn show_list(view: &ops::RolesView, page: &mut Page) {
    let row = |role: &RoleSummary| {
        vec![
            Cell::styled(&role.role, Style::new().bold()),
            Cell::new(stages(role)),
            Cell::new(quorum(role)),
            Cell::new(people(role)),
            Cell::styled(if role.file.is_some() { "has a text" } else { "no text" }, Style::new().dimmed()),
            Cell::styled(holders(role), Style::new().cyan()),
            Cell::styled(role.title.as_deref().unwrap_or_default(), Style::new().dimmed()),
        ]
    };
    let rows: Vec<Vec<Cell>> = view.roles.iter().map(row).collect();
    page.columns(&rows, 5, 0);
    page.line(page.dim(&counted(view.roles.len(), "role")));
}

fn stages(role: &RoleSummary) -> String {
    match (role.configured, role.stages.is_empty()) {
        (false, _) => "not configured".to_owned(),
        (true, true) => "never asked".to_owned(),
        (true, false) => role.stages.join(", "),
    }
}

fn quorum(role: &RoleSummary) -> String {
    format!("{} to approve", role.quorum)
}

fn people(role: &RoleSummary) -> &'static str {
    if role.people_only { "people only" } else { "" }
}

fn holders(role: &RoleSummary) -> String {
    let you = if role.yours && !role.members.is_empty() { ", you among them" } else { "" };
    if role.members.is_empty() { "anyone".to_owned() } else { format!("{}{you}", role.members.join(", ")) }
}

fn show_role(role: &RoleText, page: &mut Page) {
    let summary = &role.summary;
    let title = summary.title.as_deref().unwrap_or_default();
    page.line(format!("{}  {}", page.bold(&clean(&summary.role)), clean(title)));
    let facts = [stages(summary), quorum(summary), people(summary).to_owned(), holders(summary)];
    let mut facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    if !summary.paths.is_empty() {
        facts.push(summary.paths.join(", "));
    }
    facts.extend(summary.file.clone());
    page.flow(&facts.iter().map(Cell::new).collect::<Vec<_>>(), 2);
    if !role.prompt.is_empty() {
        page.gap();
        show_prompt(role, page);
    }
    if !role.checklist.is_empty() {
        page.gap();
        page.line(page.bold("Checklist"));
        for item in &role.checklist {
            page.line(format!("  {} {}", page.pick("☐", "-"), clean(item)));
        }
    }
}

fn show_prompt(role: &RoleText, page: &mut Page) {
    for line in role.prompt.lines() {
        page.line(clean_lines(line));
    }
}

fn show_written(written: &ops::Written, page: &mut Page) {
    for file in &written.files {
        if page.is_quiet() {
            page.line(clean(&file.path));
            continue;
        }
        let word = if written.dry_run { "Would write" } else { "Wrote" };
        page.line(format!("{word} {}", clean(&file.path)));
        if let Some(diff) = &file.diff {
            show_diff(diff, page);
        }
    }
}
