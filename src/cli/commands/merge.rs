//! `tracker merge`

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean, clean_lines};
use crate::ops;

/// Merge a branch, with its records merged field by field
///
/// A merge of git's for which this program is the merge driver, whether one is registered or not: where a forge cannot
/// merge a pull request, merge the target branch like this and push. Exit code 1 means that there are conflicts.
///
/// Example: tracker merge origin/main
#[derive(Debug, Args)]
pub(in crate::cli) struct Merge {
    /// Branch or commit
    #[arg(value_name = "REV")]
    revision: String,
    /// Message of the merge commit [default: git's]
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Further arguments of `git merge`, such as `--no-ff`
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

impl Command for Merge {
    type Response = ops::MergeResult;

    fn run(self, context: &Context) -> Reply<ops::MergeResult> {
        let request =
            ops::MergeOfBranch { revision: self.revision, message: self.message, arguments: self.arguments };
        let result = ops::merge(context.env(), &request)?;
        let is_no = !result.merged;
        Ok(Answer::of(result).no_if(is_no))
    }
}

impl View for ops::MergeResult {
    fn show(&self, out: &mut Output) {
        if !out.is_quiet() {
            for line in self.output.lines() {
                out.line(clean_lines(line));
            }
        }
        for path in &self.conflicts {
            out.line(format!("conflict  {}", clean(path)));
        }
    }

    fn status(&self, out: &mut Output) {
        if !self.conflicts.is_empty() {
            out.line("Resolve the conflicts, `git add` the files and `git commit`; or `git merge --abort`");
        }
    }
}
