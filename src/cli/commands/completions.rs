//! `tracker completions`

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::env::Shells;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::Page;
use super::Reply;
use crate::cli::error::Failure;

/// Prints the completion script of a shell. It completes ids, with their titles.
///
/// For bash: tracker completions bash >> ~/.bashrc
#[derive(Debug, Args)]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = PossibleValuesParser::new(["bash", "elvish", "fish", "powershell", "zsh"]))]
    shell: String,
}

/// A script.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The shell it is for.
    shell: String,
    /// The script.
    script: String,
}

impl Completions {
    pub(super) fn run(self, _door: &Door) -> Reply {
        let mut script = Vec::new();
        let shells = Shells::builtins();
        let written = shells
            .completer(&self.shell)
            .map(|shell| shell.write_registration("COMPLETE", "tracker", "tracker", "tracker", &mut script));
        match written {
            Some(Ok(())) => {
                let script = String::from_utf8_lossy(&script).into_owned();
                Ok(Answer::of(Output { shell: self.shell, script }))
            }
            _ => Err(Failure::usage_message(format!("`{}` is no shell known here", self.shell), "such as bash")),
        }
    }
}

impl View for Output {
    fn show(&self, page: &mut Page) {
        page.raw(&self.script);
    }
}
