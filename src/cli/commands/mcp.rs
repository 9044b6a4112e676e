//! `tracker mcp`

use std::io::IsTerminal;
use std::sync::Arc;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::mcp;

/// Serve the Model Context Protocol on standard input and output
///
/// A client such as a coding agent starts it, with `mcp` as its only argument; `tracker init --agents` writes the settings of
/// the usual ones. It ends at the end of its input. See `tracker help mcp`.
///
/// Example: tracker mcp
#[derive(Debug, Args)]
pub(in crate::cli) struct Mcp {
    /// Answer one request over HTTP, as `tracker serve` hands it on
    #[cfg(feature = "web")]
    #[arg(long, hide = true)]
    http: bool,
}

/// Nothing: the answers are the protocol's.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Served {}

/// Answers the request on standard input.
#[cfg(feature = "web")]
fn answer(context: &Context) -> Result<(), Failure> {
    use std::io::Write as _;
    let request = serde_json::from_slice(&context.read_input("-")?).map_err(|error| {
        Failure::usage_message(format!("the request cannot be read: {error}"), "`tracker serve` sends it")
    })?;
    let answered = || -> std::io::Result<()> {
        let answer = mcp::answer(Arc::clone(context.shared_env()), request)?;
        std::io::stdout().write_all(serde_json::to_string(&answer)?.as_bytes())
    };
    answered().map_err(|source| Failure::cannot_serve(&source))
}

impl Command for Mcp {
    type Response = Served;

    fn run(self, context: &Context) -> Reply<Served> {
        if !context.format().is_human() {
            let hint = "leave the format out: standard output is the protocol's";
            return Err(Failure::usage_message("`tracker mcp` prints no answer", hint));
        }
        #[cfg(feature = "web")]
        if self.http {
            answer(context)?;
            return Ok(Answer::of(Served {}));
        }
        if std::io::stdin().is_terminal() {
            context.say("this is for programs: it reads JSON-RPC, a message a line; Ctrl-D ends it, `tracker help mcp` tells more");
        }
        mcp::serve(Arc::clone(context.shared_env())).map_err(|source| Failure::cannot_serve(&source))?;
        Ok(Answer::of(Served {}))
    }
}

impl View for Served {
    fn show(&self, _out: &mut Output) {}
}
