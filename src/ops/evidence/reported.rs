//! Checks that ran elsewhere, such as on a pull request: a receipt in the name of the check, which is nobody's, so that it
//! stays reported whoever is a member of the role. Nothing is moved by it.

use chrono::{DateTime, Utc};

use super::command::Ran;
use super::verify::receipt_of;
use crate::doc::{create_receipt, read_receipt, receipt_digest, receipt_file_name};
use crate::facts::FactsReader;
use crate::git::CommitId;
use crate::model::{Person, Receipt, RecordKind, TaskId, counted, digest_of, is_daily_record};
use crate::ops::written::WrittenTask;
use crate::ops::{Result, Session};
use crate::store::{Change, Snapshot};

/// A check that has ended elsewhere.
#[derive(Debug, Clone)]
pub(in crate::ops) struct ReportedCheck<'r> {
    pub(in crate::ops) task: &'r TaskId,
    /// The role whose command it is taken for.
    pub(in crate::ops) role: &'r str,
    /// What ran it.
    pub(in crate::ops) by: Person,
    /// The commit that it ran on.
    pub(in crate::ops) commit: CommitId,
    pub(in crate::ops) exit: i32,
    /// When it ended.
    pub(in crate::ops) at: DateTime<Utc>,
    pub(in crate::ops) millis: u64,
    /// What is known of its output: a few lines.
    pub(in crate::ops) text: &'r str,
}

/// What has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) enum Reported {
    /// It is written.
    Written(String),
    /// It was before, or covers nothing.
    Known,
    /// It cannot be, and why.
    Left(String),
}

/// Whether the last receipt of this check says the same of the same content already: only records have changed since.
pub(in crate::ops) fn is_reported(
    session: &Session<'_>,
    there: &Snapshot,
    check: &ReportedCheck<'_>,
) -> Result<bool> {
    let Some(last) = last_of(there, check)? else { return Ok(false) };
    if last.at >= check.at {
        return Ok(true);
    }
    let Ok(commit) = CommitId::parse(&last.commit) else { return Ok(false) };
    if last.exit != check.exit || command_of(session, check.role)?.as_ref() != Some(&last.command) {
        return Ok(false);
    }
    let repository = session.workspace().repository()?;
    let changes = repository.changes_between(Some(commit), check.commit);
    Ok(changes.is_ok_and(|changes| changes.iter().all(|change| is_daily_record(&change.path))))
}

/// Writes the receipt of a check. It covers what the task had changed at the commit that the check ran on.
pub(in crate::ops) fn record_check(session: &Session<'_>, check: &ReportedCheck<'_>) -> Result<Reported> {
    let config = session.config()?;
    let Some(command) = command_of(session, check.role)? else {
        let why = format!("role `{0}` runs nothing: write `verify` under [roles.{0}]", check.role);
        return Ok(Reported::Left(why));
    };
    let repository = session.workspace().repository()?;
    let locked = session.lock(&format!("record {} of {}", check.role, check.task))?;
    let (_, task) = session.find(check.task.as_str())?;
    let reader = session.facts(&repository, &config)?;
    let tip = reader.tip();
    if tip.is_none_or(|tip| repository.merge_base(check.commit, tip).ok().flatten() != Some(check.commit)) {
        let short = check.commit.short();
        return Ok(Reported::Left(format!("{short} is not part of the branch any more, or not fetched")));
    }
    let now = session.env().now();
    let then = FactsReader::new(&repository, session.snapshot(), Some(check.commit), &config, now);
    let facts = then.task(task)?;
    let ran = Ran {
        exit: check.exit,
        is_whole: true,
        millis: check.millis,
        bytes: check.text.len() as u64,
        output: digest_of(check.text.as_bytes()),
        tail: Some(check.text.to_owned()),
    };
    let role = config.role(check.role);
    let mut receipt = receipt_of(session, &config, &facts, (role, &command), (&check.by, check.commit), ran);
    receipt.at = check.at;
    receipt.digest = receipt_digest(&receipt);
    let last = last_of(session.snapshot(), check)?;
    let is_same = |last: &Receipt| {
        let is_same =
            (last.exit, &last.files, &last.command) == (receipt.exit, &receipt.files, &receipt.command);
        is_same || last.at >= receipt.at
    };
    if receipt.files.is_empty() || last.as_ref().is_some_and(is_same) {
        return Ok(Reported::Known);
    }
    let outcome = if receipt.is_passing() { "passed" } else { "failed" };
    let files = counted(receipt.files.len(), "file");
    let summary = format!("{} {outcome} on {files}, reported by {}", receipt.role, receipt.by.name);
    let folder = RecordKind::Evidence.folder_of(&receipt.task);
    let path = format!("{folder}/{}", receipt_file_name(&receipt));
    let written = WrittenTask::changed(&facts.task, vec![summary.clone()], true);
    session.finish(&locked, &[Change::create(path, create_receipt(&receipt))], vec![written])?;
    Ok(Reported::Written(summary))
}

/// Returns the last receipt that this check has of the task.
fn last_of(there: &Snapshot, check: &ReportedCheck<'_>) -> Result<Option<Receipt>> {
    let folder = RecordKind::Evidence.folder_of(check.task);
    let (receipts, _) = there.records(&folder, |bytes| read_receipt(check.task, bytes))?;
    let is_own = |receipt: &Receipt| receipt.role == check.role && receipt.by.is_same(&check.by);
    let own = receipts.into_iter().map(|(_, receipt)| receipt).filter(is_own);
    Ok(own.max_by_key(|receipt| receipt.at))
}

/// Returns what a role runs, by the policy of the branch that the work will be merged into.
fn command_of(session: &Session<'_>, role: &str) -> Result<Option<String>> {
    let config = session.config()?;
    let role = config.role(role);
    Ok(role.rules.verify.clone().filter(|_| role.is_defined))
}
