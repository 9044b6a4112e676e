//! `tracker completions`

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::env::Shells;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;

/// Print the completion script for a shell
///
/// It completes task ids, with their titles, and roles.
///
/// Example: tracker completions bash >> ~/.bashrc
#[derive(Debug, Args)]
pub(in crate::cli) struct Completions {
    /// Shell
    #[arg(value_name = "SHELL", value_parser = PossibleValuesParser::new(["bash", "elvish", "fish", "powershell", "zsh"]))]
    shell: String,
}

/// A script.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// The shell it is for.
    shell: String,
    /// The script.
    script: String,
}

impl Command for Completions {
    type Response = Response;

    fn run(self, _door: &Context) -> Reply<Response> {
        let mut script = Vec::new();
        let shells = Shells::builtins();
        let written = shells
            .completer(&self.shell)
            .map(|shell| shell.write_registration("COMPLETE", "tracker", "tracker", "tracker", &mut script));
        match written {
            Some(Ok(())) => {
                let script = String::from_utf8_lossy(&script).into_owned();
                Ok(Answer::of(Response { shell: self.shell, script }))
            }
            _ => Err(Failure::usage_message(
                format!("unknown shell `{}`", self.shell),
                "expected bash, elvish, fish, powershell or zsh",
            )),
        }
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        out.raw(&self.script);
    }
}
