//! The gate judges open pull requests as `check --base` does, and what it says goes back to them: a status and a report.
//! A commit that is not in this clone is judged by nobody; where the gate cannot run, the status is no yes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::git::{CommitId, Repository};
use crate::model::{GateState, Problem, counted};
use crate::ops::gate::{GateRequest, review};
use crate::ops::{Result, Session};
use crate::remote::{GateStatus, GithubRemote, PullRequest};
use crate::report::review::{MARKER, markdown, markdown_failure};
use crate::review::Verdict;

/// A pull request that got another status of the gate or another report, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GateLine {
    /// Its number.
    pub pull_request: u64,
    /// What the gate says.
    pub state: GateState,
    /// The same in one line.
    pub description: String,
    /// Whether the status changed, and not only the report.
    pub is_new_status: bool,
}

/// What went back.
#[derive(Debug, Default)]
pub(super) struct GateSent {
    pub(super) lines: Vec<GateLine>,
    pub(super) problems: Vec<Problem>,
}

/// What the gate says of one pull request.
struct Judgement {
    status: GateStatus,
    /// The comment.
    report: String,
    /// Why it could not run.
    problem: Option<Problem>,
}

/// Judges each of the pull requests whose commits are in this clone, and sends what changed. In a dry run nothing is sent.
pub(super) fn send_gate(
    session: &Session<'_>,
    there: &GithubRemote<'_>,
    pulls: &[PullRequest],
) -> Result<GateSent> {
    let mut sent = GateSent::default();
    let repository = session.workspace().repository()?;
    if repository.is_shallow() && !pulls.is_empty() {
        let message = "no pull request is judged: this clone lacks older commits";
        let hint = "git fetch --unshallow; in a job: actions/checkout with fetch-depth: 0";
        sent.problems.push(Problem::warning(message).with_hint(hint));
        return Ok(sent);
    }
    let mut tips: BTreeMap<&str, String> = BTreeMap::new();
    for pull in pulls {
        if !tips.contains_key(pull.base.as_str()) {
            tips.insert(&pull.base, there.branch_tip(&pull.base)?);
        }
        let tip = &tips[pull.base.as_str()];
        if let Some(missing) = missing(&repository, pull, tip) {
            sent.problems.push(missing);
            continue;
        }
        let judgement = judge(session, &repository, pull, tip)?;
        sent.lines.extend(send(session, there, pull, &judgement)?);
        sent.problems.extend(judgement.problem);
    }
    Ok(sent)
}

/// Returns what is to be reported where a commit is not in this clone.
fn missing(repository: &Repository, pull: &PullRequest, tip: &str) -> Option<Problem> {
    let is_here = |id: &str| CommitId::parse(id).is_ok() && repository.resolve_base(id).is_ok();
    let short = |id: &str| id.chars().take(7).collect::<String>();
    let (what, fetch) = match (is_here(&pull.head), is_here(tip)) {
        (true, true) => return None,
        (false, _) => (format!("its commit {}", short(&pull.head)), format!("pull/{}/head", pull.number)),
        (true, false) => (format!("the commit {} of `{}`", short(tip), pull.base), pull.base.clone()),
    };
    let message = format!("pull request {} is not judged: {what} is not in this clone", pull.number);
    let remote =
        if fetch == pull.base || pull.is_of_fork { format!(" origin {fetch}") } else { String::new() };
    Some(Problem::warning(message).with_hint(format!("git fetch{remote}")))
}

/// Judges by the rules of the branch that a pull request is for, as it is there now.
fn judge(session: &Session<'_>, repository: &Repository, pull: &PullRequest, tip: &str) -> Result<Judgement> {
    let mut base = tip.to_owned();
    for folder in ["refs/remotes/origin", "refs/heads"] {
        let name = format!("{folder}/{}", pull.base);
        if repository.ref_commit(&name)?.is_some_and(|commit| commit.to_string() == tip) {
            base = name;
            break;
        }
    }
    let request = GateRequest {
        base: Some(base),
        head: Some(pull.head.clone()),
        counts_lines: true,
        ..GateRequest::default()
    };
    Ok(match review(session, &request) {
        Ok((found, _)) => {
            let state = if found.verdict.is_yes() { GateState::Success } else { GateState::Failure };
            let status = GateStatus::new(state, &description(&found.verdict));
            Judgement { status, report: markdown(&found), problem: None }
        }
        Err(error) => {
            let why = error.to_string();
            let message = format!("pull request {} cannot be judged: {why}", pull.number);
            let hint = format!("tracker check --base {} --head {} says more", pull.base, pull.head);
            Judgement {
                status: GateStatus::new(GateState::Error, &why),
                report: markdown_failure(&why),
                problem: Some(Problem::warning(message).with_hint(hint)),
            }
        }
    })
}

/// Summarises a verdict in one line, which is the same whenever it is judged.
fn description(verdict: &Verdict) -> String {
    let Verdict { errors, warnings, .. } = *verdict;
    let counts = [(errors, "error"), (warnings, "warning")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, noun)| counted(count, noun)).collect();
    let counts = counts.join(", ");
    if verdict.is_yes() {
        let missing = if verdict.awaits_approvals() { ", approvals missing" } else { "" };
        let with = if counts.is_empty() { counts } else { format!(", with {counts}") };
        return format!("all checks passed{missing}{with}");
    }
    let rules = verdict.rules.iter().filter(|rule| rule.errors > 0).map(|rule| rule.rule.to_string());
    format!("{counts}: {}", rules.collect::<Vec<_>>().join(", "))
}

/// Sends the status first: it is what branches are protected by.
fn send(
    session: &Session<'_>,
    there: &GithubRemote<'_>,
    pull: &PullRequest,
    judgement: &Judgement,
) -> Result<Option<GateLine>> {
    let Judgement { status, report, .. } = judgement;
    let is_new_status = !there.has_gate_status(&pull.head, status)?;
    if is_new_status && !session.is_dry() {
        there.set_gate_status(&pull.head, status)?;
    }
    let known = there.report(pull.number, MARKER)?;
    let is_new_report = !known.as_ref().is_some_and(|known| known.has_text(report));
    if is_new_report && !session.is_dry() {
        there.write_report(pull.number, known.as_ref(), report)?;
    }
    let (state, description) = (status.state, status.description.clone());
    let line = GateLine { pull_request: pull.number, state, description, is_new_status };
    Ok((is_new_status || is_new_report).then_some(line))
}

#[cfg(test)]
mod tests {
    use super::description;
    use crate::model::{GateRule, Level};
    use crate::review::{RuleOutcome, Verdict};

    #[test]
    fn a_verdict_is_one_line() {
        let rule = |rule, errors, status: Option<&str>| RuleOutcome {
            rule,
            level: Level::Error,
            errors,
            warnings: 0,
            status: status.map(str::to_owned),
        };
        let verdict = |rules, errors, warnings| Verdict { rules, errors, warnings, ..Verdict::default() };
        assert_eq!(description(&verdict(Vec::new(), 0, 0)), "all checks passed");
        let awaits = vec![rule(GateRule::EarnedMoves, 0, Some("one is missing"))];
        assert_eq!(
            description(&verdict(awaits, 0, 1)),
            "all checks passed, approvals missing, with 1 warning"
        );
        let no = vec![rule(GateRule::EarnedMoves, 2, None), rule(GateRule::LinkedCommits, 0, None)];
        assert_eq!(description(&verdict(no, 2, 0)), "2 errors: earned-moves");
    }
}
