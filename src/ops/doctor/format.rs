//! Brings a tracker of an older format over: the one op that writes to such a tracker. In a commit of its own, all of
//! it or nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use schemars::JsonSchema;
use serde::Serialize;

use crate::doc::{upgrade_config, upgrade_task};
use crate::model::{Config, Problem, RecordKind, RecordPath, Task};
use crate::ops::session::parse;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::process::{Output, Program};
use crate::store::{Change, TaskFile};

/// What brought a tracker to the current format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FormatUpgrade {
    /// The format it had.
    pub from: u32,
    /// The format it has now, or would have.
    pub to: u32,
    /// What was written.
    pub written: Written,
    /// The commit that contains it; none where nothing was to be done, or the caller requested a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Rewrites the configuration and the tasks of an older format and commits them alone. Nothing is done to a tracker of
/// the current format.
pub(super) fn upgrade(session: &Session<'_>) -> Result<FormatUpgrade> {
    let locked = session.lock_any_format("doctor --upgrade")?;
    let from = session.config()?.format;
    let unchanged = || FormatUpgrade {
        from,
        to: Config::FORMAT,
        written: Written::new(session.is_dry(), &[], Vec::new()),
        commit: None,
    };
    if from == Config::FORMAT {
        return Ok(unchanged());
    }
    if !session.is_dry() {
        refuse_if_changed(session)?;
    }
    refuse_if_not_checked_out(session)?;
    let (changes, tasks) = changes(session)?;
    if session.is_dry() {
        return Ok(FormatUpgrade { written: Written::new(true, &changes, tasks), ..unchanged() });
    }
    locked.apply(&changes)?;
    let commit = match commit(session, &changes, from) {
        Ok(commit) => commit,
        Err(error) => {
            let back = |change: &Change| {
                Change::replace(&change.path, &change.after, change.before.clone().unwrap_or_default())
            };
            locked.apply(&changes.iter().map(back).collect::<Vec<_>>())?;
            return Err(error);
        }
    };
    Ok(FormatUpgrade { written: Written::new(false, &changes, tasks), commit: Some(commit), ..unchanged() })
}

fn changes(session: &Session<'_>) -> Result<(Vec<Change>, Vec<WrittenTask>)> {
    let snapshot = session.snapshot();
    let (mut changes, mut tasks, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    let path = RecordKind::Config.file();
    let bytes = snapshot.read(path)?.unwrap_or_default();
    let in_file = |problems: Vec<Problem>, path: &str| -> Vec<Problem> {
        problems.into_iter().map(|problem| problem.in_file(path)).collect()
    };
    match upgrade_config(&bytes) {
        Ok(after) => changes.push(Change::replace(path, String::from_utf8_lossy(&bytes), after)),
        Err(problems) => broken.extend(in_file(problems, path)),
    }
    let first_commits = first_days(session)?;
    for id in snapshot.task_ids()? {
        let Some(file) = snapshot.task_file(&id)? else { continue };
        match upgraded(&file, &first_commits) {
            Ok(Some((change, task))) => {
                changes.push(change);
                tasks.push(task);
            }
            Ok(None) => {}
            Err(Error::Broken(problems)) => broken.extend(problems),
            Err(error) => return Err(error),
        }
    }
    if broken.is_empty() { Ok((changes, tasks)) } else { Err(Error::Broken(broken)) }
}

fn upgraded(
    file: &TaskFile,
    first_commits: &BTreeMap<String, NaiveDate>,
) -> Result<Option<(Change, WrittenTask)>> {
    let task = parse(file)?;
    let created = first_day(&task, first_commits.get(&file.path).copied());
    let after = upgrade_task(&file.bytes, created).map_err(|problems| {
        Error::Broken(problems.into_iter().map(|problem| problem.in_file(&file.path)).collect())
    })?;
    let change = Change::replace(&file.path, String::from_utf8_lossy(&file.bytes), after);
    if change.is_empty() {
        return Ok(None);
    }
    let mut messages = Vec::new();
    if let (None, Some(day)) = (task.created, created) {
        messages.push(format!("created {day}"));
    }
    Ok(Some((change, WrittenTask::changed(&task, messages, true))))
}

/// Returns the day on which a task was there for the first time, as far as its history or git tells.
fn first_day(task: &Task, committed: Option<NaiveDate>) -> Option<NaiveDate> {
    let moved = task.history.iter().map(|step| step.at.date_naive()).min();
    task.created.or_else(|| [moved, committed].into_iter().flatten().min())
}

/// Returns the day of the first commit that added each task's file. In a shallow clone the oldest commits seem to add
/// everything, so those without a parent tell nothing there.
fn first_days(session: &Session<'_>) -> Result<BTreeMap<String, NaiveDate>> {
    let is_shallow = git(session, &["rev-parse", "--is-shallow-repository"], b"")?;
    let is_shallow = is_shallow.stdout_text().trim() != "false";
    let folder = crate::model::RecordKind::Task.folder();
    let arguments =
        ["log", "--diff-filter=A", "--no-renames", "--name-only", "--format=commit %at %p", "--", folder];
    let log = git(session, &arguments, b"")?;
    let (mut days, mut day) = (BTreeMap::new(), None);
    // Where there is no commit yet, nothing tells.
    for line in log.stdout_text().lines().filter(|_| log.is_success()) {
        let Some(commit) = line.strip_prefix("commit ") else {
            if let Some(day) = day.filter(|_| !line.is_empty()) {
                let first: &mut NaiveDate = days.entry(line.to_owned()).or_insert(day);
                *first = day.min(*first);
            }
            continue;
        };
        let (at, parents) = commit.split_once(' ').unwrap_or((commit, ""));
        let time = at.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        day = time.filter(|_| !(is_shallow && parents.is_empty())).map(|time| time.date_naive());
    }
    Ok(days)
}

fn refuse_if_changed(session: &Session<'_>) -> Result<()> {
    let folder = crate::model::RecordKind::Config.folder();
    let status = git(session, &["status", "--porcelain", "-z", "--untracked-files=all", "--", folder], b"")?;
    if !status.is_success() {
        return Err(Error::usage(format!("git status failed: {}", status.stderr_text().trim())));
    }
    let text = status.stdout_text();
    let mut changed = text.split('\0').filter_map(|entry| entry.get(3..)).filter(|path| !path.is_empty());
    let Some(first) = changed.next() else { return Ok(()) };
    let more = match changed.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("`{first}`{more} has changes that are not committed");
    Err(Error::usage_with(
        message,
        "git stash --include-untracked, then tracker doctor --fix --upgrade; git stash pop after its commit",
    ))
}

/// A task that a sparse checkout leaves out would stay in the older format.
fn refuse_if_not_checked_out(session: &Session<'_>) -> Result<()> {
    let head = session.workspace().repository()?.head()?.commit;
    let committed = session.workspace().snapshot_of_commit(head)?;
    for id in committed.task_ids()? {
        if session.snapshot().task_file(&id)?.is_none() {
            let message = format!("`{}` is in HEAD and not checked out", RecordPath::Task(id));
            return Err(Error::usage_with(message, "git sparse-checkout disable"));
        }
    }
    Ok(())
}

/// Commits the changed files and nothing else: what is staged of others stays staged, and no hook runs.
fn commit(session: &Session<'_>, changes: &[Change], from: u32) -> Result<String> {
    let message = format!(
        "tracker: bring the records to format {}\n\nWritten by `tracker doctor --fix --upgrade`: the configuration's \
         number, the order of keys,\n`created`, `stage` and the kinds of moves; all else is as it was in format {from}.\n",
        Config::FORMAT
    );
    let paths: Vec<u8> = changes.iter().flat_map(|change| change.path.bytes().chain([0])).collect();
    let arguments = [
        "commit",
        "--quiet",
        "--no-verify",
        "--cleanup=verbatim",
        "--message",
        &message,
        "--only",
        "--pathspec-from-file=-",
        "--pathspec-file-nul",
    ];
    let output = git(session, &arguments, &paths)?;
    if !output.is_success() {
        let messages = output.stderr_text();
        let message = format!("git commit failed, and nothing was changed: {}", messages.trim());
        return Err(Error::usage(message));
    }
    let head = session.workspace().repository()?.head()?.commit;
    Ok(head.map(|head| head.to_string()).unwrap_or_default())
}

fn git(session: &Session<'_>, arguments: &[&str], input: &[u8]) -> Result<Output> {
    let program = Program::new("git", "bring the records over")
        .args(["--literal-pathspecs", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"])
        .args(arguments)
        .in_folder(session.workspace().work_dir())
        .input(input);
    program.output().map_err(|error| Error::usage(error.to_string()))
}
