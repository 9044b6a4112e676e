//! `tracker escalations`

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::{counted, short_id};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::completion::escalations;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::model::EscalationState;
use crate::ops::{self, EscalationView};

/// List what workers could not fix, and decide about it
///
/// An escalation is one rule of a tool and one reason, with all places. It closes itself when a worker no longer finds them, and
/// counts as one level worse for each three days in which nobody decides about it. One that a person has resolved is opened
/// again only where there is more of it. See `tracker help workers`.
///
/// Example: tracker escalations resolve 1ae8 -m "the name is part of the interface"
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(visible_alias = "escalation")]
pub(in crate::cli) struct Escalations {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List escalations
    List(List),
    /// Show an escalation, with what was printed
    Show(Show),
    /// Say that you look after escalations
    Acknowledge(Decide),
    /// Resolve escalations: they are done, or stay as they are
    Resolve(Decide),
}

#[derive(Debug, Args)]
struct List {
    /// Include resolved escalations
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Show {
    /// Escalation; a unique part of its id is enough
    #[arg(value_name = "ID", add = escalations())]
    id: String,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Decide {
    /// Escalations; a unique part of each id is enough
    #[arg(value_name = "ID", required = true, add = escalations())]
    ids: Vec<String>,
    /// Notes: what was done, or why it stays
    #[arg(long, short = 'm', value_name = "TEXT")]
    notes: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// What was requested.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// A list.
    List(ops::EscalationsView),
    /// One escalation.
    Shown(Box<EscalationView>),
    /// Records were written.
    Written {
        /// What they are from now on.
        state: EscalationState,
        /// What was written.
        #[serde(flatten)]
        written: ops::Written,
    },
}

impl Command for Escalations {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what.unwrap_or(What::List(self.list)) {
            What::List(list) => {
                let session = context.read(&list.read)?;
                let (view, problems) = ops::escalations(&session, list.all)?;
                Ok(Answer::of(Response::List(view)).with_problems(problems))
            }
            What::Show(show) => {
                let session = context.read(&show.read)?;
                Ok(Answer::of(Response::Shown(Box::new(ops::show_escalation(&session, &show.id)?))))
            }
            What::Acknowledge(decide) => decide.run(context, EscalationState::Acknowledged),
            What::Resolve(decide) => decide.run(context, EscalationState::Resolved),
        }
    }
}

impl Decide {
    fn run(self, context: &Context, state: EscalationState) -> Reply<Response> {
        let session = context.write(&self.write)?;
        let written = ops::decide_escalations(&session, &self.ids, state, self.notes.as_deref())?;
        Ok(Answer::of(Response::Written { state, written }))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::List(view) => {
                let rows: Vec<Vec<Cell>> = view.escalations.iter().map(|own| row(own, out)).collect();
                out.columns(&rows, 4, 0);
            }
            Self::Shown(own) => show(own, out),
            Self::Written { state, written } => {
                for record in &written.records {
                    let name = record.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".yaml");
                    out.line(format!("{}  {}", out.bold(&clean(name)), state.as_str()));
                }
                for diff in written.records.iter().filter_map(|file| file.diff.as_deref()) {
                    super::shared::show_diff(diff, out);
                }
            }
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::List(view) => {
                let hidden = if view.hidden > 0 {
                    format!("; {} resolved hidden", view.hidden)
                } else {
                    String::new()
                };
                out.line(out.dim(&format!("{}{hidden}", counted(view.escalations.len(), "escalation"))));
            }
            Self::Written { written, .. } => written.status(out),
            Self::Shown(_) => {}
        }
    }
}

fn style_of(own: &EscalationView) -> Style {
    match own.severity.rank() {
        5.. => Style::new().red().bold(),
        4 => Style::new().red(),
        3 => Style::new().yellow(),
        _ => Style::new().dimmed(),
    }
}

fn row(own: &EscalationView, out: &Output) -> Vec<Cell> {
    let first = own.files.first().map_or("", String::as_str);
    let more =
        if own.files.len() > 1 { format!(", and {} more", own.files.len() - 1) } else { String::new() };
    vec![
        Cell::styled(&own.id, Style::new().bold()),
        Cell::styled(own.severity.as_str(), style_of(own)),
        Cell::new(own.state.as_str()),
        Cell::new(format!("{} {}", own.tool, own.rule)),
        Cell::new(format!("{}: {first}{more}", own.title)).wrap(),
        Cell::new(&own.reason_text).below(),
        Cell::styled(out.ago(own.since), Style::new().dimmed()).right(),
    ]
}

fn show(own: &EscalationView, out: &mut Output) {
    let state = own.state.as_str();
    out.line(format!("{}  {}", out.bold(&own.id), clean(&format!("{}: {}", own.rule, own.title))));
    let facts = format!(
        "{state} · {} · {} of {} · found at {}",
        own.severity,
        own.tool,
        own.worker,
        short_id(&own.commit)
    );
    out.line(clean(&format!("  {facts}")));
    out.line(clean(&format!("  {}, after {}", own.reason_text, counted(own.attempts as usize, "attempt"))));
    if let Some(by) = &own.by {
        let notes = own.notes.as_ref().map_or_else(String::new, |notes| format!(": {notes}"));
        let at =
            own.closed_by.as_ref().map_or_else(String::new, |commit| format!(" at {}", short_id(commit)));
        out.line(clean(&format!("  {state} by {by}{at}{notes}")));
    }
    out.gap();
    own.files.iter().for_each(|place| out.line(clean(&format!("  {place}"))));
    if own.remaining > own.files.len() {
        out.line(format!("  {} in all", counted(own.remaining, "finding")));
    }
    if let Some(details) = &own.details {
        out.gap();
        details.lines().for_each(|line| out.line(format!("  {}", out.dim(&clean(line)))));
    }
}
