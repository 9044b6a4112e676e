//! `tracker hook`: what git's hooks call.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::Page;
use super::Reply;
use crate::model::Problem;
use crate::{ops, store};

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

/// What a hook says: nothing, on standard output.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {}

impl Hook {
    /// Reads the words behind `tracker hook`, as our hooks write them.
    pub(super) fn from_words(words: &[OsString]) -> Option<Self> {
        let (name, words) = words.split_first()?;
        if words.iter().any(|word| word.as_encoded_bytes().starts_with(b"-")) {
            return None;
        }
        let text = |word: Option<&OsString>| word.map(|word| word.clone().into_string().ok());
        let which = match (name.to_str()?, words) {
            ("prepare-commit-msg", [file, rest @ ..]) if rest.len() <= 2 => Which::PrepareCommitMsg {
                file: file.into(),
                kind: text(rest.first()).map_or(Some(None), |kind| kind.map(Some))?,
                commit: text(rest.get(1)).map_or(Some(None), |commit| commit.map(Some))?,
            },
            ("commit-msg", [file]) => Which::CommitMsg { file: file.into() },
            ("post-commit", []) => Which::PostCommit {},
            _ => return None,
        };
        Some(Self { which })
    }

    /// A considered no stops a commit; nothing else does that goes wrong in here.
    pub(super) fn run(self, door: &Door) -> Reply {
        match self.work(door) {
            Ok(problems) => Ok(Answer::of(Output {}).with_problems(problems)),
            Err(ops::Error::Refused(refusal)) => Err(ops::Error::Refused(refusal).into()),
            // A commit from before the tracker, or one that removes it.
            Err(ops::Error::Store(store::Error::NoTracker { .. })) => Ok(Answer::of(Output {})),
            Err(error) => {
                door.say(&format!("tracker: {error}; the commit goes on without the tracker"));
                Ok(Answer::of(Output {}))
            }
        }
    }

    fn work(self, door: &Door) -> Result<Vec<Problem>, ops::Error> {
        match self.which {
            Which::PrepareCommitMsg { file, kind, .. } => {
                ops::prepare_message(door.env(), &file, kind.as_deref())?;
            }
            Which::CommitMsg { file } => return ops::check_message(door.env(), &file),
            Which::PostCommit {} => {
                let outcome = ops::post_commit(door.env())?;
                for line in outcome.said.iter().chain(&outcome.left) {
                    door.say(&format!("tracker: {line}"));
                }
            }
            Which::PrePush { .. } => {
                let lines = std::io::read_to_string(std::io::stdin()).unwrap_or_default();
                ops::check_push(door.env(), &lines)?;
            }
        }
        Ok(Vec::new())
    }
}

impl View for Output {
    /// Standard output is git's.
    fn show(&self, _page: &mut Page) {}
}
