//! `tracker verify`: runs what roles run to see whether a task is done.

use clap::Args;
use serde_json::Value;

use super::shared::given_or_active;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::WriteArgs;
use crate::cli::completion::{roles, tasks};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean_lines};
use crate::ops::{self, VerifyRequest};

/// Run a role's command on a task and record a receipt
///
/// The command is what the policy of the branch names that the work will be merged into: `[roles.NAME] verify`. The
/// receipt says what was run, what came of it and on which files, and is stale once these change. A command that fails
/// is recorded too, and exits 1. See `tracker help evidence`.
///
/// Example: tracker verify 7q2m --role test-automator
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// Task ID; a unique part is enough [default: the active task]
    #[arg(value_name = "ID", add = tasks())]
    id: Option<String>,
    /// Role whose command to run [default: each that the task is asked for]
    #[arg(long, value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// Sign the receipt with the SSH key that git is configured with
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Verify {
    type Response = ops::Verified;

    fn run(self, context: &Context) -> Reply<ops::Verified> {
        let session = context.write(&self.write)?;
        let query = given_or_active(&session, "verify", self.id)?;
        let verified = ops::verify(&session, &VerifyRequest { query, role: self.role, sign: self.sign })?;
        let problems = ops::ignored_records(&session, &verified.written)?;
        let is_no = verified.runs.iter().any(|run| run.passed == Some(false));
        Ok(Answer::of(verified).with_problems(problems).no_if(is_no))
    }
}

impl View for ops::Verified {
    fn brief(&self) -> Option<Value> {
        let mut brief = self.written.brief()?;
        let runs = serde_json::to_value(&self.runs).expect("plain data with text keys is always JSON");
        brief.as_object_mut()?.insert("runs".to_owned(), runs);
        Some(brief)
    }

    fn show(&self, out: &mut Output) {
        let is_shown = !out.is_quiet();
        for run in self.runs.iter().filter(|run| run.passed == Some(false) && is_shown) {
            out.line(format!("{}  {}", out.bold(&run.role), clean_lines(run.command.trim())));
            for line in run.tail.iter().flat_map(|tail| tail.lines()) {
                out.line(format!("  {}", out.dim(&clean_lines(line))));
            }
        }
        self.written.show(out);
    }

    fn status(&self, out: &mut Output) {
        self.written.status(out);
    }
}
