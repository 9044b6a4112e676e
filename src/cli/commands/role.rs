//! `tracker role`

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::{counted, show_diff};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::completion::roles;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean, clean_lines};
use crate::ops::{self, RoleSummary, RoleText};

/// Show roles: who may sign off, and their instructions
///
/// Members and quorum come from the configuration, prompt and checklist from the role's file in `.tracker/roles`. Without
/// a subcommand it lists all roles.
///
/// Example: tracker role show code-reviewer
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(visible_alias = "roles")]
pub(in crate::cli) struct Role {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show a role: members, quorum, prompt and checklist
    Show(Show),
    /// Create the file of a role, with a prompt and a checklist to edit
    New(New),
}

#[derive(Debug, Args)]
struct Show {
    /// Role
    #[arg(value_name = "ROLE", add = roles())]
    role: String,
    /// Print only the prompt
    #[arg(long)]
    prompt: bool,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct New {
    /// Role
    #[arg(value_name = "ROLE", add = roles())]
    role: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// Roles, one role, or the text that was written.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
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

impl Command for Role {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            None => {
                let (view, problems) = ops::roles(&context.read(&self.read)?)?;
                Ok(Answer::of(Response::List(view)).with_problems(problems))
            }
            Some(What::Show(show)) => {
                let (role, problems) = ops::role(&context.read(&show.read)?, &show.role)?;
                let is_empty = show.prompt && role.prompt.is_empty();
                let shown = Response::One(Box::new(Shown { role, is_prompt: show.prompt }));
                Ok(Answer::of(shown).with_problems(problems).no_if(is_empty))
            }
            Some(What::New(new)) => {
                let written = ops::new_role(&context.write(&new.write)?, &new.role)?;
                Ok(Answer::of(Response::Written(written)))
            }
        }
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::List(view) => show_list(view, out),
            Self::One(shown) if shown.is_prompt => show_prompt(&shown.role, out),
            Self::One(shown) => show_role(&shown.role, out),
            Self::Written(written) => show_written(written, out),
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::One(shown) if shown.role.prompt.is_empty() => {
                let name = &shown.role.summary.role;
                out.line(clean(&format!("{name} has no instructions yet; run `tracker role new {name}`")));
            }
            Self::Written(written) => View::status(written, out),
            Self::List(view) => out.line(out.dim(&counted(view.roles.len(), "role"))),
            Self::One(_) => {}
        }
    }
}

fn show_list(view: &ops::RolesView, out: &mut Output) {
    if out.is_quiet() {
        view.roles.iter().for_each(|role| out.line(&role.role));
        return;
    }
    let row = |role: &RoleSummary| {
        vec![
            Cell::styled(&role.role, Style::new().bold()),
            Cell::new(stages(role)),
            Cell::new(quorum(role)),
            Cell::new(people(role)),
            Cell::styled(
                if role.file.is_some() { "has instructions" } else { "no instructions" },
                Style::new().dimmed(),
            ),
            Cell::styled(holders(role), Style::new().cyan()).wrap(),
            Cell::styled(role.title.as_deref().unwrap_or_default(), Style::new().dimmed()).minor(),
        ]
    };
    let rows: Vec<Vec<Cell>> = view.roles.iter().map(row).collect();
    out.columns(&rows, 5, 0);
}

fn stages(role: &RoleSummary) -> String {
    match (role.configured, role.stages.is_empty()) {
        (false, _) => "not configured".to_owned(),
        (true, true) => "not required".to_owned(),
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
    let you = if role.yours && !role.members.is_empty() { ", including you" } else { "" };
    if role.members.is_empty() { "anyone".to_owned() } else { format!("{}{you}", role.members.join(", ")) }
}

fn show_role(role: &RoleText, out: &mut Output) {
    let summary = &role.summary;
    let title = summary.title.as_deref().unwrap_or_default();
    out.line(format!("{}  {}", out.bold(&clean(&summary.role)), clean(title)));
    let facts = [stages(summary), quorum(summary), people(summary).to_owned(), holders(summary)];
    let mut facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    if !summary.paths.is_empty() {
        facts.push(summary.paths.join(", "));
    }
    facts.extend(summary.file.clone());
    out.flow(&facts.iter().map(Cell::new).collect::<Vec<_>>(), 2);
    if !role.prompt.is_empty() {
        out.gap();
        show_prompt(role, out);
    }
    if !role.checklist.is_empty() {
        out.gap();
        out.line(out.bold("Checklist"));
        for item in &role.checklist {
            out.line(format!("  {} {}", out.glyph("☐", "-"), clean(item)));
        }
    }
}

fn show_prompt(role: &RoleText, out: &mut Output) {
    for line in role.prompt.lines() {
        out.line(clean_lines(line));
    }
}

fn show_written(written: &ops::Written, out: &mut Output) {
    for file in &written.records {
        if out.is_quiet() {
            out.line(clean(&file.path));
            continue;
        }
        let word = if written.dry_run { "Would write" } else { "Wrote" };
        out.line(format!("{word} {}", clean(&file.path)));
        if let Some(diff) = &file.diff {
            show_diff(diff, out);
        }
    }
}
