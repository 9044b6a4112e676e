//! `prepare-commit-msg` and `commit-msg`: the message gets its link, and is held to what it asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::plan::{CommitContext, Plan, unstaged};
use crate::env::Env;
use crate::git::CommitId;
use crate::model::{Config, Problem, RecordKind, RecordPath, TRACKER_FOLDER, TaskId};
use crate::ops::{Error, Result, Session};
use crate::policy::{
    Action, Attempt, Comments, DirectiveError, Directives, Hint, Reason, Refusal, parse_message,
};
use crate::store::{self, Snapshot, Workspace};

fn io(deed: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Store(store::Error::Io { deed, path, source })
}

/// Adds `Task: ID` for the active task, or for the one that the branch is named after, to a message that names none.
///
/// Messages that git or somebody else has written (`merge`, `squash`, an amended or reused one) are left alone.
pub fn prepare_message(env: &Env, file: &Path, kind: Option<&str>) -> Result<()> {
    if matches!(kind, Some("merge" | "squash" | "commit")) {
        return Ok(());
    }
    let workspace = Workspace::discover(env)?;
    if workspace.places().operation().is_some() {
        return Ok(());
    }
    let Some(id) = active(&workspace) else { return Ok(()) };
    let path = env.cwd().join(file);
    let bytes = std::fs::read(&path).map_err(io("read", &path))?;
    // A message in another encoding is left alone: a line of ours could not be read back.
    let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
    let mark = comment_mark(&workspace, &text)?;
    if !parse_message(&text, Comments::Lines(&mark)).tasks().is_empty() {
        return Ok(());
    }
    std::fs::write(&path, linked(&text, &id, &mark)).map_err(io("write", &path))
}

fn active(workspace: &Workspace) -> Option<TaskId> {
    let exists = |id: &TaskId| workspace.work_dir().join(RecordPath::task_file(id)).is_file();
    workspace.active_task().filter(exists).or_else(|| {
        let branch = workspace.places().branch().ok()??;
        let words: Vec<&str> = branch.split(['/', '_', '.', '-']).collect();
        let pairs = words.windows(2).map(|pair| format!("{}-{}", pair[0], pair[1]).to_ascii_uppercase());
        pairs.filter_map(|text| TaskId::parse(&text).ok()).find(exists)
    })
}

/// Returns what comment lines begin with: as git is configured, and as its own help in the message shows where git
/// was told to choose.
fn comment_mark(workspace: &Workspace, text: &str) -> Result<String> {
    let repository = workspace.repository()?;
    let configured = ["core.commentString", "core.commentChar"].into_iter();
    let mark = configured.filter_map(|key| repository.config_text(key)).find(|mark| !mark.is_empty());
    Ok(match mark {
        Some(mark) if mark == "auto" => chosen_mark(text),
        Some(mark) => mark,
        None => "#".to_owned(),
    })
}

fn chosen_mark(text: &str) -> String {
    let helps = [" Please enter the commit message", " ------------------------ >8 ------------------------"];
    let is_help = |rest: &str| helps.iter().any(|help| rest.starts_with(help));
    let marks = text.lines().filter_map(|line| line.chars().next().map(|mark| (mark, line)));
    let found = marks.filter(|(mark, line)| is_help(&line[mark.len_utf8()..])).map(|(mark, _)| mark).next();
    found.unwrap_or('#').to_string()
}

/// Puts the link behind the text, in the block of trailers if there is one, and before git's comments.
fn linked(text: &str, id: &TaskId, mark: &str) -> String {
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
    new.push(format!("Task: {id}"));
    if end < lines.len() {
        new.extend(lines[end..].iter().map(|line| (*line).to_owned()));
    }
    let mut text = new.join(ending);
    text.push_str(ending);
    text
}

/// Checks what a message asks for against what is staged, and refuses the commit with every reason.
pub fn check_message(env: &Env, file: &Path) -> Result<Vec<Problem>> {
    let path = env.cwd().join(file);
    let bytes = std::fs::read(&path).map_err(io("read", &path))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let is_silent = |found: &Directives| found.directives.is_empty() && found.errors.is_empty();
    // Most messages ask for nothing even where comments count, or for no more than a link that is there: no
    // repository is opened for those where the configuration is known to be readable.
    let at_most = parse_message(&text, Comments::None);
    let workspace = Workspace::open(env)?;
    let is_granted = is_silent(&at_most) || at_most.errors.is_empty() && are_granted(&workspace, &at_most);
    if workspace.places().operation().is_some() || is_granted && workspace.is_policy_marked_read() {
        return Ok(Vec::new());
    }
    let directives = parse_message(&text, Comments::Lines(&comment_mark(&workspace, &text)?));
    let staged = workspace.snapshot_of_index(env)?;
    let config = match policy_of_commit(env, &workspace, &staged, !is_silent(&directives), is_granted)? {
        Policy::Readable(config) => config,
        Policy::NotNeeded(warning) => return Ok(warning),
        Policy::Unreadable(reasons) => return Err(rejected(reasons, &path)),
    };
    if is_granted || is_silent(&directives) {
        return Ok(Vec::new());
    }
    let (fatal, odd): (Vec<&DirectiveError>, Vec<_>) =
        directives.errors.iter().partition(|error| error.is_fatal());
    let warnings = odd.iter().map(|error| Problem::warning(error.to_string()).with_hint(error.hint()));
    let warnings = warnings.collect();
    let mut reasons: Vec<Reason> = fatal.into_iter().cloned().map(Reason::Message).collect();
    reasons.extend(reasons_against(env, workspace, staged, &config, &directives)?);
    if reasons.is_empty() { Ok(warnings) } else { Err(rejected(reasons, &path)) }
}

fn rejected(reasons: Vec<Reason>, message: &Path) -> Error {
    let hint = Hint::MessageKept(message.display().to_string());
    Refusal::new(Attempt::Commit, reasons).with_hint(hint).into()
}

/// What the policy says of a commit that is about to be made.
enum Policy {
    Readable(Box<Config>),
    /// It cannot be read, and the commit holds nothing that it would judge: what to warn of.
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
                return Ok(Policy::Readable(Box::new(config)));
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

/// Whether a message asks for nothing that can be refused: no move, and no task that is unknown. A task that is
/// only just written down may be linked before it is committed.
fn are_granted(workspace: &Workspace, directives: &Directives) -> bool {
    directives.directives.iter().all(|directive| {
        !matches!(directive.action, Action::Advance | Action::Fail(_))
            && workspace.work_dir().join(RecordPath::task_file(&directive.task)).is_file()
    })
}

/// Judges the message from HEAD's state. Nobody says whether HEAD is about to be amended: where HEAD's own message
/// asks for the same moves, the message is let through if it passes from the state of HEAD's parent.
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
    let may_amend = commit.as_ref().is_some_and(|commit| repeats(&commit.message, directives));
    let author = repository.identity(env)?.name;
    let unchanged = head.map_or(Ok(false), |head| staged.is_of(head))?;
    let at_head = (!unchanged).then(|| workspace.snapshot_of_commit(head)).transpose()?;
    let at_parent = workspace.snapshot_of_commit(parent)?;
    let session = Session::new(env, workspace, staged);
    let judged = |before: &store::Snapshot, tip: Option<CommitId>| -> Result<Plan> {
        let context = CommitContext {
            repository: &repository,
            config,
            before,
            own: session.snapshot(),
            after: session.snapshot(),
            later: &|_| Ok(Vec::new()),
            claimed: &BTreeMap::new(),
            tip,
            directives,
            changed: &[],
            author: &author,
            at: env.now(),
            now: env.now(),
        };
        context.plan()
    };
    let plan = judged(at_head.as_ref().unwrap_or(session.snapshot()), head)?;
    if is_fine(&plan) || (may_amend && is_fine(&judged(&at_parent, head)?)) {
        return Ok(Vec::new());
    }
    let unknown = plan.unknown.iter().map(|id| match unstaged(session.workspace(), id) {
        Some(path) => Reason::Unstaged { task: id.clone(), path },
        None => Reason::UnknownTask(id.clone()),
    });
    let refused = plan.refusals.iter().cloned().map(Reason::Task);
    Ok(unknown.chain(refused).collect())
}

/// Whether a message asks for every move that the directives ask for.
fn repeats(message: &str, directives: &Directives) -> bool {
    let old = parse_message(message, Comments::None);
    let mut moves =
        directives.directives.iter().filter(|new| matches!(new.action, Action::Advance | Action::Fail(_)));
    moves.all(|new| old.directives.iter().any(|old| old.task == new.task && old.action == new.action))
}

fn is_fine(plan: &Plan) -> bool {
    plan.refusals.is_empty() && plan.unknown.is_empty()
}
