//! `tracker land`

use clap::Args;

use super::claim::{RemoteArgs, show_lost};
use super::shared::{counted, short_id};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::WriteArgs;
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::model::Suggestion;
use crate::ops::{self, WhyNotLanded};

/// Push your commits and end their claim, both or neither
///
/// One atomic push moves the branch forward to the current commit and deletes the claim, and fails where the claim is not
/// yours any more: what a worker does after its claim was taken can never land. Without a remote the same happens in the
/// clone, where a working tree that has the branch checked out follows, if nothing in it is changed.
///
/// The branch is the one that the current branch follows, else the one of the same name; it only moves forward.
///
/// Example: tracker land 7q2m --into main
#[derive(Debug, Args)]
pub(in crate::cli) struct Land {
    /// Tasks whose claims end [default: those of the one claim of this working tree]
    #[arg(value_name = "ID", add = tasks())]
    ids: Vec<String>,
    /// Branch to move forward [default: the one that the current branch follows]
    #[arg(long, value_name = "BRANCH")]
    into: Option<String>,
    /// Nonce of the claim, where it was made in another working tree
    #[arg(long, value_name = "NONCE")]
    nonce: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Land {
    type Response = ops::Landed;

    fn run(self, context: &Context) -> Reply<ops::Landed> {
        let session = context.write(&self.write)?;
        let held = ops::HeldRequest { ids: self.ids, nonce: self.nonce, remote: self.remote.remote };
        let request = ops::LandRequest { held, into: self.into };
        let result = ops::land(&session, &request)?;
        let is_no = !result.landed;
        Ok(Answer::of(result).no_if(is_no))
    }
}

impl View for ops::Landed {
    fn show(&self, out: &mut Output) {
        let branch = match &self.remote {
            Some(remote) => format!("{remote}/{}", self.branch),
            None => self.branch.clone(),
        };
        let (branch, commit) = (clean(&branch).into_owned(), short_id(&self.commit));
        match &self.why {
            None => {
                let word = if self.dry_run { "Would land" } else { "Landed" };
                let tasks = self.tasks.join(", ");
                out.line(format!("{word} {commit} on {branch}; the claim of {tasks} has ended"));
            }
            Some(WhyNotLanded::ClaimLost { lost }) => {
                out.line(format!("Not landed: {commit} stays where it is, and {branch} too"));
                show_lost(lost, out);
            }
            Some(WhyNotLanded::BranchMoved) => {
                out.line(format!("Not landed: {branch} has commits that {commit} does not come after"));
                let update = match &self.remote {
                    Some(remote) => Suggestion::git(["pull", "--rebase", remote, &self.branch]),
                    None => Suggestion::git(["rebase", &self.branch]),
                };
                out.line(format!(
                    "  run `{}`, and land again: the claim is still yours",
                    clean(&update.to_string())
                ));
            }
            Some(WhyNotLanded::Refused { reason }) => {
                out.line(format!("Not landed: {branch} was refused: {}", clean(reason)));
            }
        }
    }

    fn status(&self, out: &mut Output) {
        if self.uncommitted > 0 {
            let files = counted(self.uncommitted, "changed file");
            out.line(format!("{files} not committed: not landed"));
        }
    }
}
