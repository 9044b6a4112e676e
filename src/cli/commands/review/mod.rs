//! `tracker review`

mod page;

use chrono::{DateTime, Utc};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::instant;
use super::verdict::{show_verdict_status, write_step_summary};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{Format, review_formats};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::ops::{self, GateRequest};
use crate::report::review::brief;

/// Show a range of commits by task
///
/// Moves, votes and whether they count, checkboxes, findings, files and whether they are covered, what is missing, and the
/// verdict of `tracker check`. The exit code is 0 whatever the verdict.
///
/// BASE..HEAD and BASE...HEAD mean the same: the commits of HEAD that are not in BASE, as in a pull request. A branch alone
/// is compared with the remote's default branch. The default is the current branch.
///
/// Example: tracker review origin/main..HEAD
#[derive(Debug, Args)]
#[command(arg = review_formats())]
pub(in crate::cli) struct Review {
    /// BASE..HEAD, or a branch [default: the current branch]
    #[arg(value_name = "RANGE")]
    range: Option<String>,
    /// Include staged changes
    #[arg(long)]
    staged: bool,
    /// Print a pull request description: Markdown, without the verdict
    #[arg(long)]
    brief: bool,
    /// Judge keys and dates as of TIME, such as 2026-11-26T10:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
    /// Show long lists in full
    #[arg(long)]
    full: bool,
}

/// A range by task.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    #[serde(flatten)]
    review: crate::review::Review,
    #[serde(skip)]
    is_brief: bool,
    #[serde(skip)]
    is_full: bool,
}

impl Command for Review {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let (base, head) = ends(self.range.as_deref())?;
        if self.staged && head.is_some() {
            let message = "--staged needs the current commit as head";
            return Err(Failure::usage_message(
                message,
                "give only the base: `tracker review BASE.. --staged`",
            ));
        }
        let session = context.range()?;
        let request = GateRequest {
            base,
            head,
            is_staged: self.staged,
            counts_lines: true,
            as_of: self.as_of,
            ..GateRequest::default()
        };
        let (review, mut problems) = ops::review(&session, &request)?;
        problems.extend(write_step_summary(&review, context));
        let output = Response { review, is_brief: self.brief, is_full: self.full };
        Ok(Answer::of(output).with_problems(problems))
    }
}

/// Returns the two ends that a range names, where it names them. As in git, an end that is left out is the current
/// commit; a branch alone is a head without a base.
fn ends(range: Option<&str>) -> Result<(Option<String>, Option<String>), Failure> {
    let Some(range) = range else { return Ok((None, None)) };
    let Some((base, head)) = range.split_once("...").or_else(|| range.split_once("..")) else {
        return Ok((None, Some(range.to_owned())));
    };
    if base.is_empty() && head.is_empty() {
        let message = format!("expected a range such as `main..HEAD`, got `{range}`");
        return Err(Failure::usage_message(message, "leave the range out for the current branch"));
    }
    let base = if base.is_empty() { "HEAD" } else { base };
    Ok((Some(base.to_owned()), Some(head.to_owned()).filter(|head| !head.is_empty())))
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        if self.is_brief {
            out.raw(&brief(&self.review));
        } else {
            page::show(&self.review, self.is_full, out);
        }
    }

    fn status(&self, out: &mut Output) {
        if !self.is_brief {
            show_verdict_status(&self.review.verdict, out);
        }
    }

    fn rendered(&self, format: Format) -> Option<String> {
        let format = format.of_review()?;
        let render = format.render_brief.filter(|_| self.is_brief).unwrap_or(format.render);
        Some(render(&self.review))
    }
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn a_range_is_read_as_git_reads_it() {
        let read = |range: &str| {
            let (base, head) = ends(Some(range)).unwrap();
            [base, head].map(|end| end.unwrap_or_else(|| "-".to_owned())).join(" ")
        };
        assert_eq!(read("main..topic"), "main topic");
        assert_eq!(read("main...topic"), "main topic");
        assert_eq!(read("main.."), "main -");
        assert_eq!(read("..topic"), "HEAD topic");
        assert_eq!(read("topic"), "- topic");
        assert_eq!(read("v1.2..v1.3"), "v1.2 v1.3");
        assert!(ends(Some("..")).is_err() && ends(Some("...")).is_err());
        assert_eq!(ends(None).unwrap(), (None, None));
    }
}
