//! `commit-msg`: the message is checked against what it requires, and the records for what can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::link::{comment_mark, missing_hooks};
use super::plan::{CommitContext, Plan, TimeRule, unstaged};
use crate::doc::record_problems;
use crate::env::Env;
use crate::git::{CommitId, Operation};
use crate::model::{Config, Problem, RecordKind, RecordPath, Severity, TRACKER_FOLDER, TaskId};
use crate::ops::target_policy::target_policy_here;
use crate::ops::{Error, Result, Session};
use crate::policy::{
    Action, Attempt, Comments, DirectiveError, Directives, Hint, Reason, Refusal, complete_ids, near_misses,
    parse_message,
};
use crate::process::callers;
use crate::store::{self, Hook, Purpose, Snapshot, Workspace};

/// Checks what a message requires against what is staged, and refuses the commit with every reason.
pub fn check_message(env: &Env, file: &Path) -> Result<Vec<Problem>> {
    let path = env.cwd().join(file);
    let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    let is_silent = |found: &Directives| found.directives.is_empty() && found.errors.is_empty();
    // Most messages require nothing even where comments count, or no more than a link that is there: no
    // repository is opened for those where the configuration is known to be readable.
    let at_most = parse_message(&text, Comments::None);
    let workspace = Workspace::open(env)?;
    let is_text = std::str::from_utf8(&bytes).is_ok();
    let has_parts =
        is_text && complete_ids(&text, Comments::None, &|_| TaskId::parse("TASK-0").ok()).is_some();
    let work_tree = workspace.snapshot();
    let here = |part: &str| work_tree.resolve(part, Purpose::Write).ok();
    let is_meant = has_parts || !near_misses(&text, Comments::None, &here).is_empty();
    let is_granted =
        !is_meant && (is_silent(&at_most) || at_most.errors.is_empty() && are_granted(&workspace, &at_most));
    let operation = workspace.repo_paths().operation();
    if operation.is_some_and(|operation| operation != Operation::Merge)
        || operation.is_none() && is_granted && workspace.is_policy_marked_read()
    {
        return Ok(Vec::new());
    }
    let mark = comment_mark(&workspace, &text)?;
    let staged = workspace.snapshot_of_index(env)?;
    let resolve = |part: &str| staged.resolve(part, Purpose::Write).ok();
    if has_parts && let Some(completed) = complete_ids(&text, Comments::Lines(&mark), &resolve) {
        // The message outlives the ids that make a part unique today.
        std::fs::write(&path, &completed).map_err(Error::io("write", &path))?;
        text = completed;
    }
    let directives = parse_message(&text, Comments::Lines(&mark));
    let broken = match operation {
        Some(_) => unreadable_in_merge(&workspace, &staged)?,
        None => unreadable_of(&staged, &directives)?,
    };
    if !broken.is_empty() {
        return Err(rejected(broken.into_iter().map(Reason::Broken).collect(), &path));
    }
    if operation == Some(Operation::Merge) {
        return check_merge_message(&staged, &directives, &path);
    }
    let config = match policy_of_commit(env, &workspace, &staged, !is_silent(&directives), is_granted)? {
        Policy::Readable(config) => config,
        Policy::NotNeeded(warning) => return Ok(warning),
        Policy::Unreadable(reasons) => return Err(rejected(reasons, &path)),
    };
    let remarks = missing_hooks(&workspace, Hook::CommitMsg).into_iter().map(Problem::warning);
    let mut warnings: Vec<Problem> = remarks.collect();
    warnings.extend(near_misses(&text, Comments::Lines(&mark), &here).iter().map(warning_of));
    if is_granted || is_silent(&directives) {
        return Ok(warnings);
    }
    let (fatal, odd): (Vec<&DirectiveError>, Vec<_>) =
        directives.errors.iter().partition(|error| error.is_fatal());
    warnings.extend(odd.into_iter().map(warning_of));
    let mut reasons: Vec<Reason> = fatal.into_iter().cloned().map(Reason::Message).collect();
    reasons.extend(reasons_against(env, workspace, staged, &config, &directives)?);
    if reasons.is_empty() { Ok(warnings) } else { Err(rejected(reasons, &path)) }
}

fn warning_of(error: &DirectiveError) -> Problem {
    Problem::warning(error.to_string()).with_hint(error.hint())
}

/// Returns what is wrong with the records that a merge would change, where they cannot be read. A configuration that cannot
/// be is for the policy to say.
fn unreadable_in_merge(workspace: &Workspace, staged: &Snapshot) -> Result<Vec<Problem>> {
    let repository = workspace.repository()?;
    let head = repository.head()?.commit;
    let before: BTreeSet<_> = match head {
        Some(head) => repository.tree_files(head, TRACKER_FOLDER)?.into_iter().collect(),
        None => BTreeSet::new(),
    };
    let changed = staged.staged_files(TRACKER_FOLDER).into_iter().filter(|file| !before.contains(file));
    let records = changed.filter_map(|file| Some((RecordPath::parse(&file.path)?, file.path)));
    let records = records.filter(|(record, _)| *record != RecordPath::File(RecordKind::Config));
    Ok(records.filter_map(|(record, path)| unreadable(&record, &path, staged)).collect())
}

/// Returns what is wrong with the records that a move rests on: the task's own, its votes and findings.
fn unreadable_of(staged: &Snapshot, directives: &Directives) -> Result<Vec<Problem>> {
    let moved = directives.directives.iter().filter(|directive| directive.action != Action::Link);
    let tasks: BTreeSet<&TaskId> = moved.map(|directive| &directive.task).collect();
    let mut problems = Vec::new();
    for id in tasks {
        let mut paths = vec![RecordPath::task_file(id)];
        for kind in [RecordKind::Vote, RecordKind::Finding, RecordKind::Evidence] {
            let folder = kind.folder_of(id);
            paths.extend(staged.list(&folder)?.into_iter().map(|entry| format!("{folder}/{}", entry.name)));
        }
        let records = paths.iter().filter_map(|path| Some((RecordPath::parse(path)?, path)));
        problems.extend(records.filter_map(|(record, path)| unreadable(&record, path, staged)));
    }
    Ok(problems)
}

/// Returns what keeps a record from being read; the first of it, for one mistake makes many.
pub(super) fn unreadable(record: &RecordPath, path: &str, snapshot: &Snapshot) -> Option<Problem> {
    let found = match snapshot.read(path) {
        Ok(bytes) => record_problems(record, &bytes?),
        Err(error) => vec![Problem::error(error.to_string())],
    };
    let mut errors = found.into_iter().filter(|problem| problem.severity == Severity::Error);
    errors.next().map(|problem| {
        let hint = problem.hint.clone().unwrap_or_else(|| "tracker doctor".to_owned());
        problem.in_file(path).with_hint(hint)
    })
}

/// Checks the message of a merge. Git makes most merges without running the hook that moves tasks, so none does: what is
/// requested is reported, and how to do it.
fn check_merge_message(staged: &Snapshot, directives: &Directives, message: &Path) -> Result<Vec<Problem>> {
    let mut unknown = Vec::new();
    let mut left: BTreeSet<&str> = BTreeSet::new();
    for directive in &directives.directives {
        let is_known = staged.task_file(&directive.task)?.is_some();
        if !is_known && !directive.is_borrowed {
            unknown.push(Reason::UnknownTask(directive.task.clone()));
        } else if is_known && directive.action != Action::Link {
            left.insert(directive.task.as_str());
        }
    }
    if !unknown.is_empty() {
        return Err(rejected(unknown, message));
    }
    let names: Vec<&str> = left.into_iter().collect();
    let warning = format!("{} stays as it is: a merge moves no task", names.join(", "));
    let warning = Problem::warning(warning).with_hint("after the merge: tracker apply HEAD~..");
    Ok(if names.is_empty() { Vec::new() } else { vec![warning] })
}

fn rejected(reasons: Vec<Reason>, message: &Path) -> Error {
    let hint = Hint::MessageKept(message.display().to_string());
    Refusal::new(Attempt::Commit, reasons).with_hint(hint).into()
}

/// What the policy says of a commit that is about to be made.
enum Policy {
    Readable(Box<Config>),
    /// It cannot be read, and the commit contains nothing that it would judge: what to warn of.
    NotNeeded(Vec<Problem>),
    Unreadable(Vec<Reason>),
}

/// Reads the staged policy. One that cannot be read stops a commit with directives or records.
fn policy_of_commit(
    env: &Env,
    workspace: &Workspace,
    staged: &Snapshot,
    has_directives: bool,
    is_granted: bool,
) -> Result<Policy> {
    let mut may_pass = !has_directives;
    let problems = match workspace.policy(env, staged) {
        Ok((config, _)) => {
            let Some(problem) = config.write_problem() else {
                workspace.mark_policy_read();
                let target = target_policy_here(workspace, staged, &config)?;
                return Ok(Policy::Readable(Box::new(target.map_or(config, |target| target.config))));
            };
            // A link that is there already moves nothing.
            may_pass |= is_granted;
            vec![problem]
        }
        Err(store::Error::Broken(problems)) => problems,
        Err(error) => vec![Problem::error(error.to_string()).in_file(RecordKind::Config.file())],
    };
    // A commit that removes the tracker needs none of its rules.
    if staged.list(TRACKER_FOLDER)?.is_empty() {
        return Ok(Policy::NotNeeded(Vec::new()));
    }
    let head = workspace.repository()?.head()?.commit;
    if may_pass && !changes_records(workspace, staged, head)? {
        let first = problems.into_iter().next();
        let warning = first
            .map(|problem| Problem { hint: problem.hint.clone(), ..Problem::warning(problem.to_string()) });
        return Ok(Policy::NotNeeded(warning.into_iter().collect()));
    }
    let reason = |problem| Reason::UnreadablePolicy { problem, path: RecordKind::Config.file().to_owned() };
    Ok(Policy::Unreadable(problems.into_iter().map(reason).collect()))
}

fn changes_records(workspace: &Workspace, staged: &Snapshot, head: Option<CommitId>) -> Result<bool> {
    let Some(head) = head else { return Ok(true) };
    if staged.is_of(head)? {
        return Ok(false);
    }
    let repository = workspace.repository()?;
    let files = |files: Vec<crate::git::TreeFile>| -> BTreeSet<_> {
        files.into_iter().map(|file| (file.path, file.mode, file.blob_id)).collect()
    };
    Ok(files(repository.tree_files(head, TRACKER_FOLDER)?) != files(staged.staged_files(TRACKER_FOLDER)))
}

/// Whether a message requires nothing that can be refused: no move, and no task that is unknown. A task that is
/// only just written down may be linked before it is committed.
fn are_granted(workspace: &Workspace, directives: &Directives) -> bool {
    directives.directives.iter().all(|directive| {
        !matches!(directive.action, Action::Advance | Action::Fail(_))
            && workspace.work_dir().join(RecordPath::task_file(&directive.task)).is_file()
    })
}

/// Judges the message from HEAD's state. Nobody says whether HEAD is about to be amended: where HEAD's own message
/// requires the same moves, and it may be, the message is let through if it passes from the state of HEAD's parent.
fn reasons_against(
    env: &Env,
    workspace: Workspace,
    staged: Snapshot,
    config: &Config,
    directives: &Directives,
) -> Result<Vec<Reason>> {
    let repository = workspace.repository()?;
    let head = repository.head()?.commit;
    let commit = head.map(|head| repository.commit_info(head)).transpose()?;
    let parent = commit.as_ref().and_then(|commit| commit.parents.first().copied());
    let may_amend =
        commit.as_ref().is_some_and(|commit| repeats(&commit.message, directives) && !is_beside());
    let author = repository.identity(env)?.name;
    let unchanged = head.map_or(Ok(false), |head| staged.is_of(head))?;
    let at_head = (!unchanged).then(|| workspace.snapshot_of_commit(head)).transpose()?;
    let at_parent = workspace.snapshot_of_commit(parent)?;
    let session = Session::new(env, workspace, staged);
    let judged = |own: &Snapshot, before: &Snapshot, tip: Option<CommitId>| -> Result<Plan> {
        let context = CommitContext {
            repository: &repository,
            config,
            before,
            own,
            along: &BTreeMap::new(),
            after: own,
            later: &|_| Ok(Vec::new()),
            times: TimeRule::New { amended: None },
            tip,
            directives,
            changed: &[],
            author: &author,
            agent: env.agent(),
            at: env.now(),
            now: env.now(),
        };
        context.plan()
    };
    let before = at_head.as_ref().unwrap_or(session.snapshot());
    let plan = judged(session.snapshot(), before, head)?;
    if is_fine(&plan) || (may_amend && is_fine(&judged(session.snapshot(), &at_parent, head)?)) {
        return Ok(Vec::new());
    }
    let unknown = plan.unknown.iter().map(|id| match unstaged(session.workspace(), id) {
        Some(path) => Reason::Unstaged { task: id.clone(), path },
        None => Reason::UnknownTask(id.clone()),
    });
    let mut reasons: Vec<Reason> = unknown.collect();
    if plan.refusals.is_empty() {
        return Ok(reasons);
    }
    // What the working tree has, and the commit leaves out, need not be done again.
    let with_all = judged(&session.workspace().snapshot(), before, head)?;
    let is_partial = is_partial_commit(env, session.workspace());
    reasons.extend(plan.refusals.iter().map(|refusal| reason_of(refusal, &with_all, is_partial)));
    Ok(reasons)
}

/// Whether the commit that is being made is known to be another one than HEAD: `git commit` has made the call, and not to
/// amend. An alias may be either, and not every system tells.
fn is_beside() -> bool {
    let is_commit = |line: &Vec<String>| line.iter().skip(1).any(|word| word == "commit");
    // Git takes the beginning of an option for it.
    let amends = |line: &Vec<String>| line.iter().any(|word| word.starts_with("--am"));
    callers().iter().find(|line| is_commit(line)).is_some_and(|line| !amends(line))
}

/// Whether a message requires every move that the directives require.
fn repeats(message: &str, directives: &Directives) -> bool {
    let old = parse_message(message, Comments::None);
    let mut moves =
        directives.directives.iter().filter(|new| matches!(new.action, Action::Advance | Action::Fail(_)));
    moves.all(|new| old.directives.iter().any(|old| old.task == new.task && old.action == new.action))
}

/// The reason of a refusal, where `with_all` is what would come of a commit of all that the working tree has.
fn reason_of(refusal: &Refusal, with_all: &Plan, is_partial: bool) -> Reason {
    let task = refusal.attempt.task();
    let is_refused = with_all.refusals.iter().any(|other| other.attempt.task() == task)
        || with_all.unknown.iter().any(|id| Some(id) == task);
    match task.filter(|_| !is_refused) {
        Some(task) => Reason::LeftOut { task: task.clone(), is_partial },
        None => Reason::Task(refusal.clone()),
    }
}

/// Whether git makes the commit of other files than those that are staged: `git commit FILE` has an index of its own.
fn is_partial_commit(env: &Env, workspace: &Workspace) -> bool {
    workspace
        .repo_paths()
        .index_file(env)
        .file_name()
        .is_some_and(|name| name != "index" && name != "index.lock")
}

fn is_fine(plan: &Plan) -> bool {
    plan.refusals.is_empty() && plan.unknown.is_empty()
}
