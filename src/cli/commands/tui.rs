//! `tracker tui`

use std::io::IsTerminal;

use clap::Args;
use clap::builder::PossibleValuesParser;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::ops;
use crate::tui::{self, TuiRequest};

/// See and work on tasks, reviews, runs and plans in the terminal
///
/// Lists with a live filter, the board, tasks with their votes, the inbox, runs with their logs, plans, sprints and the fleet;
/// `?` shows the keys. It follows the files: what anybody on this machine writes shows at once. See `tracker help tui`.
///
/// Example: tracker tui stage:qa
///
/// Example: tracker tui --view inbox
#[derive(Debug, Args)]
pub(in crate::cli) struct Tui {
    /// Filter of the list, in the query language
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// View to begin with
    #[arg(long, short, value_name = "VIEW", value_parser = PossibleValuesParser::new(TuiRequest::views()))]
    view: Option<String>,
}

/// Nothing: what it shows is gone when it ends.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Viewed {}

impl Command for Tui {
    type Response = Viewed;

    fn run(self, context: &Context) -> Reply<Viewed> {
        if !context.format().is_human() {
            let hint = "leave the format out, or use `tracker list --format json`";
            return Err(Failure::usage_message("`tracker tui` prints no answer", hint));
        }
        let is_dumb = context.env().variable("TERM").is_none_or(|name| name == "dumb");
        let missing = match (std::io::stdin().is_terminal(), std::io::stdout().is_terminal()) {
            (_, false) => Some("standard output is not a terminal"),
            (false, _) => Some("standard input is not a terminal"),
            _ if is_dumb => Some("this terminal cannot move its cursor (TERM)"),
            _ => None,
        };
        if let Some(missing) = missing {
            let hint = "use `tracker list`, `tracker board`, `tracker inbox` and `tracker show`, or `tracker serve` for a browser";
            return Err(Failure::usage_message(format!("`tracker tui` needs a terminal: {missing}"), hint));
        }
        let workspace = ops::open(context.env())?;
        let request = TuiRequest {
            query: self.query.join(" "),
            view: self.view,
            colour: context.output().has_colour(),
        };
        tui::run(context.shared_env(), &workspace, &request)
            .map_err(|source| Failure::unwritable("the terminal", &source))?;
        Ok(Answer::of(Viewed {}))
    }
}

impl View for Viewed {
    fn show(&self, _out: &mut Output) {}
}
