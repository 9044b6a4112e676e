//! `tracker hook`: what git's hooks call.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Output, clean};
use crate::model::Suggestion;
use crate::review::RuleName;
use crate::{ops, store};

/// Maximum number of violations of a branch shown before the rest is only counted.
const SHOWN: usize = 20;

/// Run one git hook
#[derive(Debug, Args)]
#[command(hide = true)]
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
    /// Checks the directives of the message
    CommitMsg {
        /// The message's file
        file: PathBuf,
    },
    /// Folds the moves that the commit has earned into it
    PostCommit {},
    /// Checks what is about to be pushed
    PrePush {
        /// Name of the remote
        remote: Option<String>,
        /// Where it is
        url: Option<String>,
    },
    /// Judges what somebody pushes to this repository
    PreReceive {},
}

/// What a hook says.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Response {
    /// The answer to a push.
    push: ops::PushReport,
}

impl Command for Hook {
    type Response = Response;

    /// A considered no stops a commit; nothing else does that goes wrong in here. On a server whatever goes wrong
    /// stops a push.
    fn run(self, context: &Context) -> Reply<Response> {
        if let Which::PreReceive {} = self.which {
            let report = ops::judge_receive(context.env(), &lines()?)?;
            return Ok(response(report));
        }
        let goes_on = if matches!(self.which, Which::PrePush { .. }) { "push" } else { "commit" };
        match self.work(context) {
            Ok(answer) => Ok(answer),
            Err(ops::Error::Refused(refusal)) => Err(ops::Error::Refused(refusal).into()),
            // A commit from before the tracker, or one that removes it.
            Err(ops::Error::Store(
                store::Error::NoTracker { .. }
                | store::Error::NotCheckedOut { tracked: store::Tracked::Committed, .. },
            )) => Ok(Answer::of(Response::default())),
            Err(error) => {
                context.say(&format!("tracker: {error}; the {goes_on} continues without the tracker"));
                Ok(Answer::of(Response::default()))
            }
        }
    }
}

impl Hook {
    /// Reads the words after `tracker hook`, as our hooks write them.
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

    fn work(self, context: &Context) -> Result<Answer<Response>, ops::Error> {
        let mut problems = Vec::new();
        match self.which {
            Which::PrepareCommitMsg { file, kind, .. } => {
                for line in ops::prepare_message(context.env(), &file, kind.as_deref())? {
                    context.say(&format!("tracker: {line}"));
                }
            }
            Which::CommitMsg { file } => problems = ops::check_message(context.env(), &file)?,
            Which::PostCommit {} => {
                let outcome = ops::post_commit(context.env())?;
                for line in outcome.messages.iter().chain(&outcome.left) {
                    context.say(&format!("tracker: {line}"));
                }
            }
            Which::PrePush { remote, .. } => {
                let lines = std::io::read_to_string(std::io::stdin()).unwrap_or_default();
                return Ok(response(ops::check_push(context.env(), &remote.unwrap_or_default(), &lines)?));
            }
            Which::PreReceive {} => {}
        }
        Ok(Answer::of(Response::default()).with_problems(problems))
    }
}

fn lines() -> Result<String, Failure> {
    std::io::read_to_string(std::io::stdin())
        .map_err(|source| Failure::unreadable_input("standard input", &source))
}

fn response(push: ops::PushReport) -> Answer<Response> {
    let is_no = !push.is_accepted();
    Answer::of(Response { push }).no_if(is_no)
}

impl View for Response {
    /// Standard output is git's.
    fn show(&self, _page: &mut Output) {}

    fn status(&self, out: &mut Output) {
        for message in &self.push.messages {
            out.line(format!("tracker: {}", clean(message)));
        }
        for branch in self.push.branches.iter().filter(|branch| !branch.violations.is_empty()) {
            show_branch(branch, out);
        }
        if !self.push.is_accepted() {
            out.line(self.closing());
        }
    }
}

impl Response {
    /// Says what became of the push as a whole, and where more can be seen.
    fn closing(&self) -> String {
        let branches = &self.push.branches;
        let others = if branches.len() > 1 { ", nor any other branch of this push" } else { "" };
        let is_judged = |branch: &&ops::BranchReport| {
            !branch.is_accepted
                && branch.violations.iter().any(|violation| violation.rule != RuleName::KeptRecords)
        };
        let closer = branches.iter().find(is_judged).map(|branch| match branch.judged_by {
            ops::PushCheck::Gate => {
                let base = format!("origin/{}", branch.branch);
                let check = Suggestion::tracker(["check", "--base", &base]).to_string();
                format!("; for details run `{}`", clean(&check))
            }
            ops::PushCheck::Readable => "; for details run `tracker doctor`".to_owned(),
        });
        format!("nothing was pushed{others}{}", closer.unwrap_or_default())
    }
}

/// Shows the violations of a branch: the rule, what is wrong, what to do.
fn show_branch(branch: &ops::BranchReport, out: &mut Output) {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        branch.violations.iter().partition(|violation| violation.is_error());
    let counts = [(errors.len(), "error"), (warnings.len(), "warning")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, one)| counted(*count, one));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let word = if branch.is_accepted { "may be pushed" } else { "is rejected" };
    out.line(format!("tracker: {} {word}: {counts}", clean(&branch.branch)));
    let shown = || errors.iter().chain(&warnings).take(SHOWN);
    let width = shown().map(|violation| violation.rule.as_str().len()).max().unwrap_or(0);
    for violation in shown() {
        let mark = if violation.is_error() { out.glyph("✗", "x") } else { "!" };
        let place = match (&violation.task, &violation.file, violation.line) {
            (_, Some(file), Some(line)) => format!("{file}:{line}: "),
            (_, Some(file), None) if !violation.message.contains(file.as_str()) => format!("{file}: "),
            (Some(task), None, _) if !violation.message.contains(task.as_str()) => format!("{task}: "),
            _ => String::new(),
        };
        let (rule, message) = (violation.rule, clean(&violation.message));
        out.line(format!("  {mark} {rule:width$}  {}{message}", clean(&place)));
        if let Some(suggestion) = &violation.suggestion {
            out.line(format!("    {:width$}  {}", "", out.dim(&clean(&suggestion.to_string()))));
        }
    }
    if branch.violations.len() > SHOWN {
        out.line(format!("  … and {} more", branch.violations.len() - SHOWN));
    }
}
