//! `tracker hook`: what git's hooks call.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::Page;
use super::Reply;
use crate::ops;

/// Does the work of one git hook.
#[derive(Debug, Args)]
pub(in crate::cli) struct Hook {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Adds the link to the active task
    PrepareCommitMsg {
        /// The message's file
        file: PathBuf,
        /// Where the message comes from
        kind: Option<String>,
        /// The commit it comes from
        commit: Option<String>,
    },
    /// Checks what the message asks for
    CommitMsg {
        /// The message's file
        file: PathBuf,
    },
    /// Folds the moves that the commit has earned into it
    PostCommit {},
    /// Checks what is about to be pushed
    PrePush {
        /// Name of the remote, and where it is
        rest: Vec<String>,
    },
}

/// What a hook did.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// What was done, a line each.
    said: Vec<String>,
    /// What was not done, and why.
    left: Vec<String>,
}

impl Hook {
    pub(super) fn run(self, door: &Door) -> Reply {
        let mut output = Output { said: Vec::new(), left: Vec::new() };
        let mut problems = Vec::new();
        match self.which {
            Which::PrepareCommitMsg { file, kind, .. } => {
                ops::prepare_message(door.env(), &file, kind.as_deref())?;
            }
            Which::CommitMsg { file } => problems = ops::check_message(door.env(), &file)?,
            Which::PostCommit {} => {
                let outcome = ops::post_commit(door.env())?;
                output = Output { said: outcome.said, left: outcome.left };
            }
            Which::PrePush { .. } => {}
        }
        Ok(Answer::of(output).with_problems(problems))
    }
}

impl View for Output {
    fn show(&self, page: &mut Page) {
        for said in self.said.iter().chain(&self.left) {
            page.line(format!("tracker: {}", super::super::page::clean(said)));
        }
    }
}
