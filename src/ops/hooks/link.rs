//! `prepare-commit-msg`: the message gets its link.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use crate::env::Env;
use crate::git::{Operation, read_regular};
use crate::model::{Cost, RecordPath, TaskId, is_daily_record};
use crate::ops::{Error, Result};
use crate::policy::{Action, Comments, Directives, parse_message};
use crate::store::{self, Hook, Workspace};

/// Where git keeps the messages of the commits that `git merge --squash` has joined, until they are committed.
const SQUASHED: &str = "SQUASH_MSG";
/// Where git keeps the message of a merge until it is committed, with the files that conflicted.
const MERGE_MESSAGE: &str = "MERGE_MSG";
/// A commit of the records of more tasks is a plan, and belongs to none of them.
const MOST_OF_RECORDS: usize = 3;

/// Adds `Task: ID` to a message that names no task: for the active one, or the one that the branch is named after; for the
/// tasks of a commit that changes nothing but their records; and of what `git merge --squash` joins, for every task that
/// one of the joined commits names, with its cost by their lines. Returns what is reported of it.
///
/// Messages that git or somebody else has written (a clean merge, an amended or reused one) are left alone. What a merge
/// that conflicts comes to is work, and named like any other.
pub fn prepare_message(env: &Env, file: &Path, kind: Option<&str>) -> Result<Vec<String>> {
    if kind == Some("commit") {
        return Ok(Vec::new());
    }
    let workspace = Workspace::discover(env)?;
    let is_own = match workspace.repo_paths().operation() {
        None => kind != Some("merge"),
        // A revert that git does not commit by itself, with `-n` or after a conflict, is a commit like any other.
        Some(Operation::Revert) => true,
        Some(Operation::Merge) => has_conflicts(&workspace),
        Some(_) => false,
    };
    if !is_own {
        return Ok(Vec::new());
    }
    let mut remarks = missing_hooks(&workspace, Hook::PrepareCommitMsg);
    let Some(found) = found(&workspace, kind) else { return Ok(remarks) };
    let path = env.cwd().join(file);
    let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
    // A message in another encoding is left alone: a line of ours could not be read back.
    let Ok(mut text) = String::from_utf8(bytes) else { return Ok(remarks) };
    let mark = comment_mark(&workspace, &text)?;
    let directives = parse_message(&text, Comments::Lines(&mark));
    let named = directives.tasks();
    let new = match found {
        Found::Squashed(joined) => Found::Squashed(joined.beside(&directives)),
        _ if !named.is_empty() => return Ok(remarks),
        active => match of_records(env, &workspace)? {
            Some(tasks) => Found::OfRecords(tasks),
            None => active,
        },
    };
    if new.tasks().is_empty() && new.costs().next().is_none() {
        return Ok(remarks);
    }
    for id in new.tasks() {
        text = with_trailer(&text, &format!("Task: {id}"), &mark);
    }
    for (id, cost) in new.costs() {
        text = with_trailer(&text, &format!("Cost: {id} {cost}"), &mark);
    }
    if let Found::Active(active) | Found::OfBranchName(active) = &new {
        workspace.adopt_active_task(active)?;
        if matches!(kind, None | Some("template")) {
            text = with_directives(&text, active, &mark);
        }
    }
    std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    remarks.extend(Some(new.to_string()).filter(|_| !new.tasks().is_empty()));
    remarks.extend(new.costs().map(|(id, cost)| format!("the joined commits of {id} have cost {cost}")));
    Ok(remarks)
}

/// The tasks that a commit is linked to, and why.
enum Found {
    Active(TaskId),
    OfBranchName(TaskId),
    OfRecords(Vec<TaskId>),
    Squashed(Joined),
}

impl Found {
    fn tasks(&self) -> &[TaskId] {
        match self {
            Self::Active(task) | Self::OfBranchName(task) => std::slice::from_ref(task),
            Self::OfRecords(tasks) | Self::Squashed(Joined { tasks, .. }) => tasks,
        }
    }

    fn costs(&self) -> impl Iterator<Item = (&TaskId, &Cost)> {
        match self {
            Self::Squashed(joined) => Some(&joined.costs),
            _ => None,
        }
        .into_iter()
        .flatten()
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::Active(_) => "active",
            Self::OfBranchName(_) => "named by the branch",
            Self::OfRecords(_) => "records only",
            Self::Squashed(_) => "of the joined commits",
        };
        let tasks: Vec<&str> = self.tasks().iter().map(TaskId::as_str).collect();
        write!(f, "linked to {} ({why})", tasks.join(", "))
    }
}

/// Whether files that are no records conflicted in the merge that is to be committed: git names them in its message.
fn has_conflicts(workspace: &Workspace) -> bool {
    let file = workspace.repo_paths().git_dir.join(MERGE_MESSAGE);
    let text = read_regular(&file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().skip_while(|line| !line.ends_with("Conflicts:")).skip(1);
    lines.any(|line| line.split_once('\t').is_some_and(|(_, path)| !is_daily_record(path)))
}

/// Returns what a commit may be linked to, before its message and its files are looked at.
fn found(workspace: &Workspace, kind: Option<&str>) -> Option<Found> {
    let joined = Joined::read(workspace);
    if !joined.tasks.is_empty() {
        return Some(Found::Squashed(joined));
    }
    if kind == Some("squash") {
        return None;
    }
    let active = workspace.active_task().filter(|id| exists(workspace, id)).map(Found::Active);
    active.or_else(|| named_by_branch(workspace).map(Found::OfBranchName))
}

/// Returns the tasks of a commit that changes nothing but records; none of them where there are too many, as of a plan.
fn of_records(env: &Env, workspace: &Workspace) -> Result<Option<Vec<TaskId>>> {
    let Some(head) = workspace.repository()?.head()?.commit else { return Ok(None) };
    let Some(changed) = workspace.snapshot_of_index(env)?.staged_records_alone(head)? else {
        return Ok(None);
    };
    // The policy is work like any other file.
    if !changed.iter().all(|path| is_daily_record(path)) {
        return Ok(None);
    }
    let task_of = |path: &String| match RecordPath::parse(path)? {
        RecordPath::Task(task) | RecordPath::OfTask { task, .. } => Some(task),
        _ => None,
    };
    let tasks: BTreeSet<TaskId> =
        changed.iter().filter_map(task_of).filter(|id| exists(workspace, id)).collect();
    let tasks: Vec<TaskId> = tasks.into_iter().collect();
    Ok(Some(if tasks.len() > MOST_OF_RECORDS { Vec::new() } else { tasks }))
}

fn exists(workspace: &Workspace, id: &TaskId) -> bool {
    workspace.work_dir().join(RecordPath::task_file(id)).is_file()
}

fn named_by_branch(workspace: &Workspace) -> Option<TaskId> {
    let branch = workspace.repo_paths().branch().ok()??;
    let words: Vec<&str> = branch.split(['/', '_', '.', '-']).collect();
    let pairs = words.windows(2).map(|pair| format!("{}-{}", pair[0], pair[1]).to_ascii_uppercase());
    pairs.filter_map(|text| TaskId::parse(&text).ok()).find(|id| exists(workspace, id))
}

/// What the commits that a squash is about to join have in their messages: no line of them counts once they are joined.
/// Their times are in the records already.
#[derive(Default)]
struct Joined {
    /// Tasks that one of them names.
    tasks: Vec<TaskId>,
    /// What each task has cost.
    costs: BTreeMap<TaskId, Cost>,
}

impl Joined {
    fn read(workspace: &Workspace) -> Self {
        let text = read_regular(&workspace.repo_paths().git_dir.join(SQUASHED)).unwrap_or_default();
        let mut joined = Self::default();
        for message in messages_in(&String::from_utf8_lossy(&text)) {
            let directives = parse_message(&message, Comments::None);
            for id in directives.tasks().into_iter().filter(|id| exists(workspace, id)) {
                if !joined.tasks.contains(id) {
                    joined.tasks.push(id.clone());
                }
            }
            for (task, cost) in costs_in(&directives) {
                joined.costs.entry(task.clone()).or_default().add(cost);
            }
        }
        joined.costs.retain(|id, _| joined.tasks.contains(id));
        joined
    }

    /// Leaves out what the message of the squash names itself.
    fn beside(mut self, own: &Directives) -> Self {
        let named = own.tasks();
        self.tasks.retain(|id| !named.contains(&id));
        self.costs.retain(|id, _| costs_in(own).all(|(task, _)| task != id));
        self
    }
}

fn costs_in(directives: &Directives) -> impl Iterator<Item = (&TaskId, &Cost)> {
    directives.directives.iter().filter_map(|directive| match &directive.action {
        Action::Cost(cost) => Some((&directive.task, cost)),
        _ => None,
    })
}

/// Returns the messages in a log, whose lines git indents by four spaces.
fn messages_in(log: &str) -> Vec<String> {
    let mut messages = Vec::new();
    for line in log.lines() {
        if line.starts_with("commit ") {
            messages.push(String::new());
        } else if let (Some(message), Some(own)) = (messages.last_mut(), line.strip_prefix("    ")) {
            message.push_str(own);
            message.push('\n');
        }
    }
    messages
}

/// Says which hooks of this clone are gone, in the first hook of a commit that is still there and speaks of it. A hook
/// without our part is none of ours to judge: somebody may call the tracker from hooks of their own.
pub(super) fn missing_hooks(workspace: &Workspace, own: Hook) -> Vec<String> {
    let hooks = [Hook::PrepareCommitMsg, Hook::CommitMsg, Hook::PostCommit];
    let states = || {
        let folder = workspace.repository().ok()?.hooks_folder().ok()?;
        let files = store::HookFiles::new(folder);
        hooks
            .iter()
            .map(|hook| files.state(*hook).ok().map(|state| (*hook, state.runs())))
            .collect::<Option<Vec<_>>>()
    };
    let Some(states) = states() else { return Vec::new() };
    let gone: Vec<&str> = states.iter().filter(|(_, runs)| !runs).map(|(hook, _)| hook.name()).collect();
    // `commit-msg` is run where something is requested; it speaks if it can.
    let speaks = [Hook::CommitMsg, Hook::PrepareCommitMsg, Hook::PostCommit];
    let first = speaks.into_iter().find(|hook| states.contains(&(*hook, true)));
    if gone.is_empty() || first != Some(own) {
        return Vec::new();
    }
    let what = if gone.contains(&"post-commit") { "commits move no task" } else { "commits are not checked" };
    vec![format!("{} without the tracker, so {what}: tracker hooks install", gone.join(" and "))]
}

/// Returns what comment lines begin with: as git is configured, and as its own help in the message shows where git
/// is configured to choose.
pub(super) fn comment_mark(workspace: &Workspace, text: &str) -> Result<String> {
    let repository = workspace.repository()?;
    let configured = ["core.commentString", "core.commentChar"].into_iter();
    let mark = configured.filter_map(|key| repository.config_text(key)).find(|mark| !mark.is_empty());
    Ok(match mark {
        Some(mark) if mark == "auto" => unused_mark(text),
        Some(mark) => mark,
        None => "#".to_owned(),
    })
}

fn unused_mark(text: &str) -> String {
    let helps = [" Please enter the commit message", " ------------------------ >8 ------------------------"];
    let is_help = |rest: &str| helps.iter().any(|help| rest.starts_with(help));
    let marks = text.lines().filter_map(|line| line.chars().next().map(|mark| (mark, line)));
    let found = marks.filter(|(mark, line)| is_help(&line[mark.len_utf8()..])).map(|(mark, _)| mark).next();
    found.unwrap_or('#').to_string()
}

/// Puts a line after the text, in the block of trailers if there is one, and before git's comments.
fn with_trailer(text: &str, line: &str, mark: &str) -> String {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_comment = |line: &str| line.starts_with(mark);
    let lines: Vec<&str> = text.lines().collect();
    let comments = lines.iter().position(|line| is_comment(line)).unwrap_or(lines.len());
    let end = lines[..comments].iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
    let is_trailer =
        |line: &str| line.split_once(": ").is_some_and(|(key, _)| !key.is_empty() && !key.contains(' '));
    let in_trailers = end > 1 && is_trailer(lines[end - 1]);
    let mut new: Vec<String> = lines[..end].iter().map(|line| (*line).to_owned()).collect();
    if !in_trailers {
        new.push(String::new());
        if end == 0 {
            new.push(String::new());
        }
    }
    new.push(line.to_owned());
    if end < lines.len() {
        new.extend(lines[end..].iter().map(|line| (*line).to_owned()));
    }
    let mut text = new.join(ending);
    text.push_str(ending);
    text
}

/// Puts the lines that move a task among the comments that git shows in an editor, and cuts off afterwards; below its
/// scissors where it cuts there. A message without comments is left alone.
fn with_directives(text: &str, id: &TaskId, mark: &str) -> String {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: Vec<&str> = text.lines().collect();
    let is_comment = |line: &str| line.starts_with(mark);
    let scissors = lines.iter().position(|line| is_comment(line) && line.contains(" >8 "));
    let first = scissors.or_else(|| lines.iter().position(|line| is_comment(line)));
    let Some(first) = first else { return text.to_owned() };
    let end = first + lines[first..].iter().take_while(|line| is_comment(line)).count();
    let help = [
        String::new(),
        format!(" Lines that move {id}, to be written above (more: tracker help commits):"),
        format!("   Advance: {id}     to its next stage"),
        format!("   Closes: {id}      as far as it has earned"),
        format!("   Fail: {id} why    back"),
        format!("   Time: {id} 1h     add to the time spent"),
    ];
    let help = help.iter().map(|line| format!("{mark}{line}"));
    let own = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let all: Vec<String> = own(&lines[..end]).into_iter().chain(help).chain(own(&lines[end..])).collect();
    format!("{}{ending}", all.join(ending))
}
