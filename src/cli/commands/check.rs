//! `tracker check`

use chrono::{DateTime, Utc};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::instant;
use super::verdict::{show_range, show_verdict, show_verdict_status, write_step_summary};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{Format, ReadArgs, review_formats};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Output, clean};
use crate::model::{GateRule, Problem};
use crate::ops::{self, GateRequest, RunAgain, Session};
use crate::report::review::ReviewFormat;
use crate::review::{RangeReview, Review, RuleOutcome, Verdict};

/// Check commits against the target branch's policy
///
/// Every move legal and earned, votes valid for the content as it is, commits linked, no change of policy without its
/// owners, no broken record. Exit code 0 is yes, 1 is no, 2 means that nothing could be checked.
///
/// Without --base, --head and --staged it checks that every record of the working tree can be read.
///
/// Example: tracker check --base origin/main
#[derive(Debug, Args)]
#[command(arg = review_formats())]
pub(in crate::cli) struct Check {
    /// Branch or commit to merge into; its policy applies
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Commit to merge [default: HEAD]
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Include staged changes
    #[arg(long, conflicts_with = "head")]
    staged: bool,
    /// Run the commands that the policy of --base names
    #[arg(long)]
    allow_commands: bool,
    /// Run again what receipts say was run, at the top of the working tree, which must be at --head
    #[arg(long, requires = "base")]
    run_evidence: bool,
    /// Judge keys and dates as of TIME, such as 2026-11-26T10:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant, requires = "base")]
    as_of: Option<DateTime<Utc>>,
    /// Show every violation
    #[arg(long)]
    full: bool,
}

/// Rules for which records alone are enough.
const OF_RECORDS: [GateRule; 3] = [GateRule::BrokenDocuments, GateRule::WipLimit, GateRule::Commands];

/// What the gate says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// What was looked at, and by whose rules.
    range: RangeReview,
    /// What the gate says.
    verdict: Verdict,
    #[serde(skip)]
    review: Review,
    #[serde(skip)]
    is_full: bool,
    /// The branch that a check of commits would be against; none where commits were checked, or there is none.
    #[serde(skip)]
    usual_base: Option<String>,
    #[serde(skip)]
    is_of_records: bool,
}

impl Command for Check {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let session =
            if self.is_of_records() { context.read(&ReadArgs::default())? } else { context.range()? };
        let (review, mut problems) = self.review(&session, context.format().of_review())?;
        problems.extend(write_step_summary(&review, context));
        let is_no = !review.verdict.is_yes();
        let output = Response {
            range: review.range.clone(),
            verdict: review.verdict.clone(),
            review,
            is_full: self.full,
            usual_base: if self.is_of_records() { ops::usual_base_of(&session) } else { None },
            is_of_records: self.is_of_records(),
        };
        Ok(Answer::of(output).with_problems(problems).no_if(is_no))
    }
}

impl Check {
    fn is_of_records(&self) -> bool {
        self.base.is_none() && self.head.is_none() && !self.staged
    }

    fn review(
        &self,
        session: &Session<'_>,
        format: Option<&ReviewFormat>,
    ) -> Result<(Review, Vec<Problem>), Failure> {
        let request = GateRequest {
            base: self.base.clone(),
            head: self.head.clone(),
            is_staged: self.staged,
            counts_lines: format.is_some_and(|format| format.counts_lines),
            runs_commands: self.allow_commands,
            evidence: if self.run_evidence { RunAgain::Now } else { RunAgain::No },
            as_of: self.as_of,
        };
        if self.is_of_records() {
            let (mut review, problems) = ops::check_records(session, &request)?;
            // The others cannot be judged without a range, and must not be listed as passed.
            let is_looked_at = |rule: &RuleOutcome| OF_RECORDS.contains(&rule.rule);
            review.verdict.rules.retain(is_looked_at);
            return Ok((review, problems));
        }
        Ok(ops::review(session, &request)?)
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        if !out.is_quiet() {
            show_range(&self.review, out);
        }
        show_verdict(&self.verdict, self.is_full, out);
    }

    fn status(&self, out: &mut Output) {
        show_verdict_status(&self.verdict, out);
        if self.is_of_records {
            let base = self.usual_base.as_ref();
            let more =
                base.map(|base| format!("; to check a branch run `tracker check --base {}`", clean(base)));
            out.line(out.dim(&format!("only the records were checked{}", more.unwrap_or_default())));
        }
    }

    fn brief(&self) -> Option<serde_json::Value> {
        let tells = |rule: &&RuleOutcome| rule.status.is_some() || rule.errors + rule.warnings > 0;
        let mut verdict = self.verdict.clone();
        verdict.rules = self.verdict.rules.iter().filter(tells).cloned().collect();
        let range =
            RangeReview { base_commit: None, head_commit: None, merge_base: None, ..self.range.clone() };
        Some(serde_json::json!({"range": range, "verdict": verdict}))
    }

    fn rendered(&self, format: Format) -> Option<String> {
        format.of_review().map(|format| (format.render)(&self.review))
    }
}
