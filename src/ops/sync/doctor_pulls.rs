//! What `sync doctor` says of pull requests: what is read of them, and what goes back to them.

use std::collections::BTreeSet;

use super::doctor::SyncDiagnosis;
use super::github_reviews::tasks_of;
use crate::model::SyncRemote;
use crate::ops::{Result, Session};
use crate::remote::{GithubRemote, PullRequest};

/// Most pull requests whose checks are looked at.
const MOST_LOOKED_AT: usize = 10;

/// Checks reviews, checks and the gate, as far as the configuration has them on.
pub(super) fn diagnose_pulls(
    session: &Session<'_>,
    (name, settings): (&str, &SyncRemote),
    there: &GithubRemote<'_>,
    found: &mut SyncDiagnosis,
) -> Result<()> {
    if !settings.reviews && settings.checks.is_empty() && !settings.gate {
        return Ok(());
    }
    let pulls = match there.pull_requests() {
        Ok(pulls) => pulls,
        Err(error) => {
            let hint = "the login needs the right to read pull requests: gh auth status shows its scopes";
            found.add(false, format!("pull requests: {error}"), Some(hint.to_owned()));
            return Ok(());
        }
    };
    let about_tasks =
        pulls.iter().filter(|pull| tasks_of(session, pull).values().any(|is_own| *is_own)).count();
    found.add(true, format!("pull requests: {} open, {about_tasks} about tasks", pulls.len()), None);
    if settings.reviews {
        let hint = format!("write LOGIN = \"Name <address>\" under [sync.{name}.people]");
        let text = format!("reviews: {} logins have a person", settings.people.len());
        found.add(!settings.people.is_empty(), text, Some(hint));
    }
    checks(settings, there, &pulls, found)?;
    if settings.gate {
        let is_whole = !session.workspace().repository()?.is_shallow();
        let hint = "git fetch --unshallow; in a job: actions/checkout with fetch-depth: 0";
        found.add(is_whole, "gate: this clone has what pull requests are judged by", Some(hint.to_owned()));
    }
    Ok(())
}

/// A check is known by its name: one that no pull request has is most likely misspelt.
fn checks(
    settings: &SyncRemote,
    there: &GithubRemote<'_>,
    pulls: &[PullRequest],
    found: &mut SyncDiagnosis,
) -> Result<()> {
    if settings.checks.is_empty() {
        return Ok(());
    }
    let mut names = BTreeSet::new();
    for pull in pulls.iter().take(MOST_LOOKED_AT) {
        names.extend(there.check_results(&pull.head)?.into_iter().map(|result| result.name));
    }
    if names.is_empty() {
        found.add(true, "checks: none has ended on an open pull request", None);
        return Ok(());
    }
    let ended = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    for (check, role) in &settings.checks {
        let hint = Some(format!("names are compared in every letter; ended there: {ended}"));
        found.add(names.contains(check), format!("check: `{check}` is evidence for {role}"), hint);
    }
    Ok(())
}
