//! `tracker page`: makes one page for `tracker serve`, which starts a process for each.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::pages::PageRequest;

/// Make a page for `tracker serve`
///
/// Reads the request as JSON from standard input, and prints the page's status and then the page.
///
/// Example: printf '{"path":"/","query":"","live":{"form_token":null,"person":"","known":""}}' | tracker page
#[derive(Debug, Args)]
#[command(hide = true)]
pub(in crate::cli) struct Page {}

/// A page.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MadePage {
    /// Its status, as HTTP counts.
    status: u16,
    /// The document.
    html: String,
}

impl Command for Page {
    type Response = MadePage;

    fn run(self, context: &Context) -> Reply<MadePage> {
        let request: PageRequest = serde_json::from_slice(&context.read_input("-")?).map_err(|error| {
            Failure::usage_message(format!("the request cannot be read: {error}"), "`tracker serve` sends it")
        })?;
        let page = request.answer(context.env());
        Ok(Answer::of(MadePage { status: page.status, html: page.html }))
    }
}

impl View for MadePage {
    fn show(&self, out: &mut Output) {
        out.raw(&format!("{}\n{}", self.status, self.html));
    }
}
