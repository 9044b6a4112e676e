//! Check runs and statuses of pull requests as evidence of the tasks that they are about: those that the configuration names,
//! each for one role, on the very commit that they ran on, written to the branch of the pull request.

use super::github_reviews::{NOT_OWN, branch_as_known, is_of_record, on_branch_of, tasks_of};
use crate::git::CommitId;
use crate::model::{Person, Problem, SyncRemote, digest_of};
use crate::ops::evidence::{Reported, ReportedCheck, is_reported, record_check};
use crate::ops::{Result, Session};
use crate::remote::{CheckResult, GithubRemote, PullRequest};

/// What ran the checks for nobody.
const AGENT: &str = "github";

/// What was read of checks.
#[derive(Debug, Default)]
pub(super) struct ChecksRead {
    /// Receipts that were written, each as one line.
    pub(super) evidence: Vec<String>,
    pub(super) problems: Vec<Problem>,
}

/// Records the checks of the last commit of each pull request. What cannot be recorded is named, and the rest goes on.
pub(super) fn import_checks(
    session: &Session<'_>,
    (name, remote): (&str, &SyncRemote),
    there: &GithubRemote<'_>,
    pulls: &[PullRequest],
) -> Result<ChecksRead> {
    let mut read = ChecksRead::default();
    for pull in pulls.iter().filter(|pull| !pull.is_of_fork) {
        let tasks = tasks_of(session, pull);
        let Ok(commit) = CommitId::parse(&pull.head) else { continue };
        if tasks.is_empty() {
            continue;
        }
        for result in there.check_results(&pull.head)? {
            let Some(role) = remote.checks.get(&result.name) else { continue };
            for (task, is_own) in &tasks {
                let check = ReportedCheck {
                    task,
                    role,
                    by: name_of(name, &result),
                    commit,
                    exit: result.exit,
                    at: result.at,
                    millis: result.millis,
                    text: &result.text,
                };
                let reported = match is_own {
                    true => record(session, pull, &check)?,
                    false => Reported::Left(NOT_OWN.to_owned()),
                };
                match reported {
                    Reported::Written(text) => read.evidence.push(format!("{task}: {text}")),
                    Reported::Known => {}
                    Reported::Left(why) => {
                        let message = format!(
                            "check `{}` of pull request {} is no evidence of {task}: {why}",
                            result.name, pull.number
                        );
                        read.problems.push(Problem::warning(message));
                    }
                }
            }
        }
    }
    Ok(read)
}

/// Returns whose receipt it is: each check is one of its own, so that it replaces no other, with an address that nobody has.
fn name_of(remote: &str, result: &CheckResult) -> Person {
    let plain = |c: &char| !c.is_control() && !matches!(c, '<' | '>');
    let shown: String = result.name.chars().filter(plain).collect();
    let digest = digest_of(result.name.as_bytes());
    Person {
        name: format!("{} ({remote})", shown.trim()),
        email: format!("{}@{remote}.invalid", &digest[..12]),
    }
}

fn record(session: &Session<'_>, pull: &PullRequest, check: &ReportedCheck<'_>) -> Result<Reported> {
    if let Some(there) = branch_as_known(session, pull)?
        && is_reported(session, &there, check)?
    {
        return Ok(Reported::Known);
    }
    let writer = session.workspace().again(session.env());
    let snapshot = writer.snapshot();
    let writer = Session::new(session.env(), writer, snapshot).to_write(session.is_dry()).for_agent(AGENT);
    match on_branch_of(&writer, pull, |there| record_check(there, check)) {
        Err(error) if is_of_record(&error) => Ok(Reported::Left(error.to_string())),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;
    use crate::model::Person;
    use crate::remote::CheckResult;

    #[test]
    fn a_check_is_nobody_and_no_other_check() {
        let check = |name: &str| {
            let at = "2026-11-11T08:00:00Z".parse().unwrap();
            name_of(
                "forge",
                &CheckResult { name: name.to_owned(), exit: 0, at, millis: 0, text: String::new() },
            )
        };
        let odd = check("test <ada@example.com>\n");
        assert_eq!(Person::parse(&odd.to_string()).unwrap(), odd);
        assert!(odd.email.ends_with("@forge.invalid"), "{odd}");
        assert!(!check("test").is_same(&check("Test")) && check("test").is_same(&check("test")));
    }
}
