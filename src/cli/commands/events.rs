//! `tracker events`

use std::time::Duration;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, count, seconds};
use crate::cli::completion;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::model::{EventKind, LogEvent};
use crate::ops;

/// Show what has happened to tasks, votes, findings, runs and workers
///
/// Each event is a line of JSON with its type, time, data and a cursor: `--since CURSOR` goes on after it, also after a
/// restart. Events are found by comparing the records with what they were, so that a pull shows too. The log is this working
/// tree's own and begins with the first look. See `tracker help events`.
///
/// Example: tracker events --follow --kind 'stage.*'
///
/// Example: tracker events --since 3f9a01c2-17
#[derive(Debug, Args)]
pub(in crate::cli) struct Events {
    /// Wait for what comes, and print it when it does
    #[arg(long, short)]
    follow: bool,
    /// After this event; `start` for all that are kept [default: the last 20, with --follow none]
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,
    /// Only this kind, such as stage.entered or worker.*; can be repeated
    #[arg(long, value_name = "KIND", value_delimiter = ',', add = completion::words(kinds))]
    kind: Vec<String>,
    /// Maximum number of events; with --follow it ends then
    #[arg(long, value_name = "N", value_parser = count)]
    limit: Option<usize>,
    /// What webhooks have still to send, instead
    #[arg(long, conflicts_with_all = ["follow", "since", "kind", "limit"])]
    outbox: bool,
    /// With --follow: end where nothing has come for this time
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "follow")]
    timeout: Option<Duration>,
}

fn kinds() -> Vec<String> {
    EventKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect()
}

/// Events.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    #[serde(flatten)]
    view: ops::EventsView,
    #[serde(skip)]
    is_following: bool,
    #[serde(skip)]
    is_outbox: bool,
}

impl Command for Events {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let mut session = context.read(&ReadArgs::default())?;
        let (is_following, is_outbox) = (self.follow, self.outbox);
        let request = ops::EventsRequest {
            since: self.since,
            kinds: self.kind,
            limit: self.limit,
            follow: self.follow,
            outbox: self.outbox,
            timeout: self.timeout,
        };
        let view = ops::events(&mut session, &request, |event| {
            crate::cli::write_stdout(line_of(event).as_bytes()).is_ok()
        })?;
        Ok(Answer::of(Response { view, is_following, is_outbox }))
    }
}

fn line_of(event: &LogEvent) -> String {
    format!("{}\n", serde_json::to_string(event).expect("plain data with text keys is always JSON"))
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        for line in &self.view.outbox {
            out.line(serde_json::to_string(line).expect("plain data with text keys is always JSON"));
        }
        for event in &self.view.events {
            out.line(line_of(event).trim_end());
        }
    }

    fn status(&self, out: &mut Output) {
        let more = match self.view.more {
            0 => String::new(),
            more => format!("{more} more; "),
        };
        let next = format!("{more}`tracker events --since {}` goes on here", self.view.cursor);
        if self.is_outbox {
            if self.view.outbox.is_empty() {
                out.line("no webhooks are configured: tracker help events");
            }
            return;
        }
        if !self.is_following || out.is_rich() {
            out.line(out.dim(&next));
        }
    }
}
