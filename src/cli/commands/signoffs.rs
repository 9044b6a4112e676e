//! `tracker signoffs`

use clap::Args;
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::{ago, bar, counted};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Cell, Output, clean};
use crate::model::by_agent;
use crate::ops::{self, CountView};

/// Show required sign-offs and which votes count
///
/// For each role that the stage requires: the votes, and for a vote that does not count the reason. Without an id it
/// lists the sign-offs that are pending on all tasks: for which role, who may give them, since when.
///
/// Example: tracker signoffs 7q2m --verify
///
/// Example: tracker signoffs --query sprint:SPRINT-1
#[derive(Debug, Args)]
pub(in crate::cli) struct Signoffs {
    /// Task ID; a unique part is enough [default: all tasks]
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// Only pending sign-offs of tasks that match, as for `tracker list`
    #[arg(long, value_name = "QUERY", conflicts_with_all = ["id", "verify", "base"])]
    query: Option<String>,
    /// Verify signatures by .tracker/allowed_signers of the target branch
    #[arg(long)]
    verify: bool,
    /// Verify them by the list at this commit [default: the remote's default branch]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Signoffs {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.read(&self.read)?;
        let verify = ops::Verify { always: self.verify || self.base.is_some(), base: self.base };
        let Some(id) = self.id else {
            if verify.always {
                let hint = "run `tracker signoffs ID --verify`";
                return Err(Failure::usage_message("signatures are verified of one task at a time", hint));
            }
            let (pending, problems) = ops::pending_signoffs(&session, &self.query.unwrap_or_default())?;
            return Ok(Answer::of(Response::Pending(pending)).with_problems(problems));
        };
        let (view, problems) = ops::signoffs(&session, &id, &verify)?;
        Ok(Answer::of(Response::Task(view)).with_problems(problems))
    }
}

/// The sign-offs of a task, or the pending ones of all.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    Task(ops::SignoffsView),
    Pending(ops::PendingSignoffs),
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Task(view) => view.show(out),
            Self::Pending(pending) => show_pending(&pending.pending, out),
        }
    }

    fn status(&self, out: &mut Output) {
        if let Self::Pending(pending) = self {
            let count = counted(pending.pending.len(), "pending sign-off");
            out.line(out.dim(&count));
        }
    }
}

fn show_pending(pending: &[ops::PendingSignoff], out: &mut Output) {
    let row = |signoff: &ops::PendingSignoff| {
        let who = match signoff.waiting_for.as_slice() {
            [] => "anyone".to_owned(),
            members => members.join(", "),
        };
        let branch = signoff.branch.as_ref().map_or_else(String::new, |branch| format!("on {branch}"));
        vec![
            Cell::styled(&signoff.task, Style::new().bold()),
            Cell::new(&signoff.stage),
            Cell::new(&signoff.role),
            Cell::styled(signoff.state.as_deref().unwrap_or_default(), Style::new().yellow()),
            Cell::styled(who, Style::new().cyan()).wrap(),
            Cell::new(&signoff.title),
            Cell::styled(ago(signoff.since, out), Style::new().dimmed()).right().minor(),
            Cell::new(branch).below(),
        ]
    };
    out.columns(&pending.iter().map(row).collect::<Vec<_>>(), 5, 0);
}

impl View for ops::SignoffsView {
    fn show(&self, out: &mut Output) {
        let since = ago(self.since, out);
        let round = if self.round > 1 { format!(", round {}", self.round) } else { String::new() };
        let stage = format!("{}{round}   since {since}", clean(&self.stage));
        out.line(format!("{}  {}   {}", out.bold(&self.id), clean(&self.title), out.dim(&stage)));
        if self.roles.is_empty() {
            out.line(format!("  no sign-offs required in `{}`", clean(&self.stage)));
        }
        self.show_votes(out);
        show_missing(&self.missing, out);
    }
}

impl ops::SignoffsView {
    /// Shows the roles that are asked with their votes, then the other votes.
    pub(super) fn show_votes(&self, out: &mut Output) {
        let names: Vec<Cell> = self.roles.iter().map(|role| Cell::new(&role.role)).collect();
        let width = names.iter().map(Cell::width).max().unwrap_or(0);
        for (role, name) in self.roles.iter().zip(&names) {
            show_role(role, &format!("{}{:2$}", out.bold(name.text()), "", width - name.width()), out);
        }
        if !self.others.is_empty() {
            out.gap();
            out.line(format!("  {}", out.dim("Other votes")));
            let rows: Vec<Vec<Cell>> = self.others.iter().map(|vote| vote_cells(vote, out)).collect();
            out.columns(&rows, 5, 2);
        }
    }
}

fn show_role(role: &ops::RoleView, name: &str, out: &mut Output) {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let progress = CountView { done: count(role.approved), total: role.quorum };
    let (rich, plain, style) = match role.done {
        true => ("✓", "done ", Style::new().green()),
        false => ("⧖", "waits", Style::new().yellow()),
    };
    let mark = out.paint(out.glyph(rich, plain), style);
    let waiting = match (role.done, role.waiting_for.as_slice()) {
        (true, _) => String::new(),
        (false, []) => "  waiting for anyone".to_owned(),
        (false, members) => format!("  waiting for {}", clean(&members.join(", "))),
    };
    // Who still has to vote is shown what the role looks for.
    let text = role.prompt.as_ref().filter(|_| !role.done);
    let text = text.map(|path| format!("  {}", clean(path))).unwrap_or_default();
    let rest = out.dim(&format!("{waiting}{text}"));
    out.line(format!("  {mark} {name}  {}{rest}", bar(progress, out)));
    let rows: Vec<Vec<Cell>> = role.votes.iter().map(|vote| vote_cells(vote, out)).collect();
    out.columns(&rows, 5, 6);
}

fn vote_cells(vote: &ops::VoteView, out: &Output) -> Vec<Cell> {
    let (rich, plain, style) = match (vote.counts, vote.verdict.as_str()) {
        (true, "approved") => ("✓", "approved", Style::new().green()),
        (true, _) => ("✗", "rejected", Style::new().red()),
        // It had its say where it was cast, and is not asked here.
        (false, _) if vote.earlier.is_some() => ("·", "earlier", Style::new().dimmed()),
        (false, _) => ("!", "no", Style::new().dimmed()),
    };
    let why = match (&vote.earlier, &vote.why_not, &vote.notes) {
        (Some(earlier), ..) => format!("{} {earlier}", vote.verdict),
        (None, Some(why), _) => format!("{}: {why}", vote.verdict),
        (None, None, Some(notes)) => format!("\"{}\"", notes.lines().next().unwrap_or_default()),
        (None, None, None) => String::new(),
    };
    vec![
        Cell::styled(out.glyph(rich, plain), style),
        Cell::styled(by_agent(&vote.by, vote.agent.as_deref()), Style::new().cyan()),
        Cell::new(&vote.role),
        Cell::styled(out.ago(vote.at), Style::new().dimmed()).minor(),
        Cell::new(&vote.trust),
        Cell::new(why).wrap(),
    ]
}

fn show_missing(missing: &[ops::MissingView], out: &mut Output) {
    if missing.is_empty() {
        return;
    }
    out.gap();
    let row = |missing: &ops::MissingView| {
        vec![
            Cell::styled(&missing.label, Style::new().yellow()),
            Cell::new(&missing.text).wrap(),
            // Of use to the reader: who may not vote is shown whom to ask.
            Cell::new(missing.next.as_deref().or(missing.suggestion.as_deref()).unwrap_or_default()).below(),
        ]
    };
    let rows: Vec<Vec<Cell>> = missing.iter().map(row).collect();
    out.columns(&rows, 1, 2);
}
