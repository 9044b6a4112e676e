//! `post-commit`: folds the moves that a commit has earned into it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::UNIX_EPOCH;

use schemars::JsonSchema;
use serde::Serialize;

use super::link::missing_hooks;
use super::message::unreadable;
use super::plan::{CommitContext, Plan, Planned, TimeRule, unstaged};
use super::times::{Times, times_of};
use crate::env::Env;
use crate::git::{CommitId, Fold, FoldEdit, HeadAction, HeadMove, Operation, Repository, fold, peek_head};
use crate::model::{Config, OnCommit, Problem, RecordKind, RecordPath, TRACKER_FOLDER, Task, TaskId};
use crate::ops::target_policy::target_policy_here;
use crate::ops::{Error, Result, Session};
use crate::policy::{Action, Comments, Directives, Reason, parse_message};
use crate::process::Program;
use crate::store::{Change, Hook, Snapshot, TaskFile, Workspace};

/// What became of a commit.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PostCommit {
    /// What was done, a line each.
    pub messages: Vec<String>,
    /// What was not done, and why.
    pub left: Vec<String>,
}

/// Folds into HEAD's commit what it has earned.
pub fn post_commit(env: &Env) -> Result<PostCommit> {
    let workspace = Workspace::open(env)?;
    if has_nothing_to_do(&workspace) {
        return Ok(PostCommit::default());
    }
    let repository = workspace.repository()?;
    let Some(head) = repository.head()?.commit else { return Ok(PostCommit::default()) };
    let commit = repository.commit_info(head)?;
    let directives = parse_message(&commit.message, Comments::None);
    let parent = commit.parents.first().copied();
    let records = |commit| repository.tree_id(commit, TRACKER_FOLDER);
    let has_records = records(head)? != parent.map(records).transpose()?.flatten();
    if directives.tasks().is_empty() && !has_records {
        return Ok(PostCommit::default());
    }
    let changed = if has_records { repository.files_changed(&[head])? } else { Vec::new() };
    let last_move = workspace.repo_paths().last_head_move();
    let is_own = last_move.as_ref().is_none_or(|step| step.action.is_own_commit());
    let amended = times_of_amended(&repository, last_move.as_ref());
    let operation = operation_of(&workspace, last_move.as_ref(), &directives);
    if operation.is_none() && (!is_own || commit.parents.len() > 1) {
        return Ok(PostCommit::default());
    }
    let before = has_records.then(|| workspace.snapshot_of_commit(parent)).transpose()?;
    let after = workspace.snapshot_of_commit(Some(head))?;
    let config = match policy_after(&workspace, &after, before.as_ref()) {
        Ok(config) => config,
        Err(error) => return Ok(PostCommit::not_moved(&error, parent)),
    };
    if config.hooks.on_commit == OnCommit::Off {
        return Ok(PostCommit::default());
    }
    let session = Session::new(env, workspace, after);
    let context = CommitContext {
        repository: &repository,
        config: &config,
        before: before.as_ref().unwrap_or(session.snapshot()),
        own: session.snapshot(),
        along: &BTreeMap::new(),
        after: session.snapshot(),
        later: &|_| Ok(Vec::new()),
        times: TimeRule::New { amended: amended.as_ref() },
        tip: Some(head),
        directives: &directives,
        changed: &changed,
        author: &commit.author.name,
        agent: env.agent(),
        at: commit.author_time,
        now: env.now(),
    };
    let plan = context.plan()?;
    let later = Later(parent);
    if let Some(operation) = operation {
        return Ok(during_operation(operation, &plan, &later));
    }
    let outcome = write_moves(&session, context, plan, (head, &later))?;
    copy_notes(&session, last_move, head);
    Ok(outcome)
}

/// Returns what git is in the middle of. Of a revert without a conflict there is nothing but its word in the reflog: it is
/// one where the message directs something.
fn operation_of(
    workspace: &Workspace,
    last_move: Option<&HeadMove>,
    directives: &Directives,
) -> Option<Operation> {
    let is_revert = last_move.is_some_and(|step| step.action.is_revert());
    let directs = directives.directives.iter().any(|directive| directive.action != Action::Link);
    let found = workspace.repo_paths().operation();
    found.or((is_revert && directs).then_some(Operation::Revert))
}

/// Returns the records of tasks that a commit moves or names, as the working tree has them, where these go on from what is
/// committed: the moves of the commit would be there a second time. A record of which somebody has chosen a part stays,
/// unless moves would.
fn brought_along(
    context: &CommitContext<'_>,
    plan: &Plan,
    workspace: &Workspace,
) -> Result<BTreeMap<TaskId, TaskFile>> {
    let work_tree = workspace.snapshot();
    let mut along = BTreeMap::new();
    let moved = plan.tasks.iter().map(|task| &task.id);
    let tasks: BTreeSet<&TaskId> = moved.chain(context.directives.tasks()).collect();
    for id in tasks {
        let path = RecordPath::Task(id.clone()).to_string();
        let Some(own) = context.own.task_file(id)? else { continue };
        let Ok(Some(mut now)) = work_tree.task_file(id) else { continue };
        if !own.bytes.contains(&b'\r') {
            now.bytes = with_line_feeds(&now.bytes);
        }
        let (Ok(was), Ok(task)) = (own.parse(), now.parse()) else { continue };
        let is_chosen = context.changed.contains(&path) && task.history.len() == was.history.len();
        if now.bytes != own.bytes && task.history.starts_with(&was.history) && !is_chosen {
            along.insert(id.clone(), now);
        }
    }
    Ok(along)
}

/// Returns a text with the line endings that git commits it with.
fn with_line_feeds(bytes: &[u8]) -> Vec<u8> {
    let is_kept = |at: usize| bytes[at] != b'\r' || bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|at| is_kept(*at)).map(|at| bytes[at]).collect()
}

/// Copies the notes of an amended commit to the one that was folded, where the user's settings want notes to be copied.
/// Git copies them after this hook, and to the commit from before the fold.
fn copy_notes(session: &Session<'_>, last_move: Option<HeadMove>, head: CommitId) {
    let amended = last_move.filter(|step| step.action == HeadAction::Amend).and_then(|step| step.from);
    let folded = session.workspace().repo_paths().head_commit().filter(|now| *now != head);
    let (Some(from), Some(to)) = (amended, folded) else { return };
    let copy = Program::new("git", "copy notes").args(["notes", "copy", "--for-rewrite=amend", "--stdin"]);
    let copy = copy.in_folder(session.workspace().work_dir());
    // A note more or less stops no commit, and nobody reads what a hook says of it.
    let _ = copy.input(format!("{from} {to}\n").as_bytes()).output();
}

/// Writes the moves of a plan where the configuration wants them: into the commit, or into the index.
fn write_moves(
    session: &Session<'_>,
    context: CommitContext<'_>,
    plan: Plan,
    (head, later): (CommitId, &Later),
) -> Result<PostCommit> {
    let along = brought_along(&context, &plan, session.workspace())?;
    let context = CommitContext { along: &along, ..context };
    let plan = if along.is_empty() { plan } else { context.plan()? };
    let mut outcome = PostCommit::of(session, &plan, context.changed);
    let left_out = left_out(&context, &plan, session.workspace())?;
    match context.config.hooks.on_commit {
        OnCommit::Stage => stage(session, &plan, &left_out, &mut outcome)?,
        _ => fold_into(session, context.repository, (head, later), (&plan, &left_out), &mut outcome)?,
    }
    forget_completed(session, &plan, &outcome)?;
    Ok(outcome)
}

/// Returns the time in the message of the commit that was just amended; none where none was.
fn times_of_amended(repository: &Repository, last_move: Option<&HeadMove>) -> Option<Times> {
    let amended = last_move.filter(|step| step.action == HeadAction::Amend)?.from?;
    let message = repository.commit_info(amended).ok()?.message;
    Some(times_of(&parse_message(&message, Comments::None)))
}

/// Maximum number of records of a commit that are checked for whether they can be read.
const MOST_RECORDS: usize = 500;

/// Says which records the commit leaves that cannot be read.
fn unreadable_in(snapshot: &Snapshot, changed: &[String]) -> Vec<String> {
    let records = changed.iter().filter_map(|path| Some((path, RecordPath::parse(path)?)));
    let found = records.take(MOST_RECORDS).filter_map(|(path, record)| unreadable(&record, path, snapshot));
    found.map(|problem| format!("{problem}: correct it, then git commit --amend")).collect()
}

impl PostCommit {
    fn of(session: &Session<'_>, plan: &Plan, changed: &[String]) -> Self {
        let mut left = left(session.workspace(), plan);
        left.extend(plan.left.iter().cloned());
        left.extend(unreadable_in(session.snapshot(), changed));
        left.extend(missing_hooks(session.workspace(), Hook::PostCommit));
        Self { messages: messages(plan), left }
    }

    fn not_moved(error: &Error, parent: Option<CommitId>) -> Self {
        let left = vec![format!("{error}: no task was moved; later, {}", Later(parent))];
        Self { left, ..Self::default() }
    }
}

/// Reads the policy that a commit leaves. One that it removes is missing, not empty.
fn policy_after(workspace: &Workspace, after: &Snapshot, before: Option<&Snapshot>) -> Result<Config> {
    let has_policy =
        |snapshot: &Snapshot| Ok::<_, Error>(snapshot.read(RecordKind::Config.file())?.is_some());
    if let Some(before) = before
        && has_policy(before)?
        && !has_policy(after)?
    {
        let problem = Problem::error("is missing, and HEAD~ has it").in_file(RecordKind::Config.file());
        return Err(Error::Broken(vec![problem]));
    }
    let config = after.config()?.0;
    match config.write_problem() {
        Some(problem) => Err(Error::Broken(vec![problem])),
        None => Ok(target_policy_here(workspace, after, &config)?.map_or(config, |target| target.config)),
    }
}

/// The command that makes up for a commit's moves, whatever has been committed on top of it since: it names the parent.
struct Later(Option<CommitId>);

impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(parent) => write!(f, "tracker apply {}..", parent.short()),
            // No range has the first commit of all.
            None => f.write_str("git commit --amend --no-edit"),
        }
    }
}

/// What failed, and the system's message.
fn with_causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A task that the commit completes is no longer the active one.
fn forget_completed(session: &Session<'_>, plan: &Plan, outcome: &PostCommit) -> Result<()> {
    let workspace = session.workspace();
    let Some(active) = workspace.active_task().filter(|_| !outcome.messages.is_empty()) else {
        return Ok(());
    };
    if plan.tasks.iter().any(|task| task.completes && task.id == active) {
        workspace.set_active_task(None)?;
    }
    Ok(())
}

/// Whether a commit changed no record and names at most tasks that have begun, and whose records nobody has changed since the
/// parent, so that nobody has to look closer.
fn has_nothing_to_do(workspace: &Workspace) -> bool {
    let Some(seen) = peek_head(workspace.repo_paths(), TRACKER_FOLDER).filter(|seen| !seen.has_changed)
    else {
        return false;
    };
    let directives = parse_message(&seen.message, Comments::None);
    let snapshot = workspace.snapshot();
    let has_begun = |id: &TaskId| {
        let task = snapshot.readable_task(id).ok().flatten();
        task.is_some_and(|task| task.cancelled.is_some() || !task.stage.is_none())
    };
    directives.directives.iter().all(|directive| directive.action == Action::Link)
        && directives
            .tasks()
            .into_iter()
            .all(|id| has_begun(id) && !may_be_uncommitted(workspace, id, seen.parent_time))
}

/// Whether a task's record was written after the parent was committed, which has it otherwise then, or was checked out since.
fn may_be_uncommitted(workspace: &Workspace, id: &TaskId, parent_time: Option<i64>) -> bool {
    let path = workspace.work_dir().join(RecordPath::Task(id.clone()).to_string());
    let written = path.metadata().and_then(|file| file.modified()).ok();
    let written = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let (Some(written), Some(parent_time)) = (written, parent_time) else { return true };
    i64::try_from(written.as_secs()).is_ok_and(|written| written >= parent_time)
}

/// What git makes by itself is not changed under its hands. What has its moves already needs no word.
fn during_operation(operation: Operation, plan: &Plan, later: &Later) -> PostCommit {
    let tasks: Vec<&str> = plan.tasks.iter().map(|task| task.id.as_str()).collect();
    if tasks.is_empty() {
        return PostCommit::default();
    }
    let tasks = tasks.join(", ");
    let left = format!("a {operation} is under way: {tasks} did not move; after it, {later}");
    PostCommit { messages: Vec::new(), left: vec![left] }
}

fn messages(plan: &Plan) -> Vec<String> {
    let shown = plan.tasks.iter().filter(|task| !task.messages.is_empty());
    shown.map(|task| format!("{}  {}", task.id, task.messages.join(", "))).collect()
}

fn left(workspace: &Workspace, plan: &Plan) -> Vec<String> {
    let reason = |refusal: &crate::policy::Refusal| {
        let reasons: Vec<String> =
            refusal.reasons.iter().map(|reason| format!("{} {reason}", reason.label())).collect();
        format!("{refusal}: {}", reasons.join("; "))
    };
    let unknown = plan.unknown.iter().map(|id| match unstaged(workspace, id) {
        Some(path) => format!("{id} is not in the commit: git add {path}; git commit --amend --no-edit"),
        None => Reason::UnknownTask(id.clone()).to_string(),
    });
    plan.refusals.iter().map(reason).chain(unknown).collect()
}

/// Votes, findings and notes of a task that a commit moves, which are in the working tree and not in the commit: `git commit -a`
/// knows no new files.
struct LeftOut {
    task: TaskId,
    /// Path and content of each.
    files: Vec<(String, Vec<u8>)>,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.files.iter().map(|(path, _)| path.as_str()).collect();
        let is_note = |path: &&str| path.starts_with(RecordKind::Note.folder());
        let why = if names.iter().all(is_note) { "which goes along" } else { "which the move depends on" };
        write!(f, "{}  added {}, {why}", self.task, names.join(", "))
    }
}

/// Returns what a commit leaves out of that which the moves in it depend on.
fn left_out(context: &CommitContext<'_>, plan: &Plan, workspace: &Workspace) -> Result<Vec<LeftOut>> {
    let work_tree = workspace.snapshot();
    let mut all = Vec::new();
    let task_of = |path: &String| match RecordPath::parse(path) {
        Some(RecordPath::Task(id)) => Some(id),
        _ => None,
    };
    let moved: BTreeSet<TaskId> = plan.tasks.iter().map(|task| task.id.clone()).collect();
    let changed: BTreeSet<TaskId> = context.changed.iter().filter_map(task_of).collect();
    for id in moved.union(&changed) {
        let moves = |task: Option<Task>| task.map_or(0, |task| task.history.len());
        let is_moved = moves(context.own_task(id)?) > moves(context.before.readable_task(id)?);
        if !is_moved && !moved.contains(id) {
            continue;
        }
        // What was written about the task goes along with any move; votes and findings with those that they may have made.
        let kinds = [
            (RecordKind::Vote, is_moved),
            (RecordKind::Finding, is_moved),
            (RecordKind::Evidence, is_moved),
            (RecordKind::Note, true),
        ];
        let mut files = Vec::new();
        for kind in kinds.into_iter().filter_map(|(kind, goes_along)| goes_along.then_some(kind)) {
            let folder = kind.folder_of(id);
            let has: BTreeSet<String> =
                context.own.list(&folder)?.into_iter().map(|entry| entry.name).collect();
            for entry in work_tree.list(&folder)?.into_iter().filter(|entry| !has.contains(&entry.name)) {
                let path = format!("{folder}/{}", entry.name);
                let Some(record) = RecordPath::parse(&path) else { continue };
                let is_readable = unreadable(&record, &path, &work_tree).is_none();
                let bytes = work_tree.read(&path).ok().flatten().filter(|_| is_readable);
                files.extend(bytes.map(|bytes| (path, bytes)));
            }
        }
        if !files.is_empty() {
            all.push(LeftOut { task: id.clone(), files });
        }
    }
    Ok(all)
}

fn fold_into(
    session: &Session<'_>,
    repository: &crate::git::Repository,
    (head, later): (CommitId, &Later),
    (plan, left_out): (&Plan, &[LeftOut]),
    outcome: &mut PostCommit,
) -> Result<()> {
    let new =
        |path: &String, bytes: &Vec<u8>| FoldEdit { path: path.clone(), before: None, after: bytes.clone() };
    let files = left_out.iter().flat_map(|left_out| &left_out.files);
    let mut edits: Vec<FoldEdit> = files.map(|(path, bytes)| new(path, bytes)).collect();
    for task in &plan.tasks {
        let Some(file) = session.snapshot().task_file(&task.id)? else { continue };
        match task.edited(task.along.as_ref().unwrap_or(&file.bytes)) {
            Some(after) => edits.push(FoldEdit { path: file.path, before: Some(file.bytes), after }),
            None => outcome.left.push(format!("{} cannot be edited safely: tracker doctor", task.path)),
        }
    }
    if edits.is_empty() {
        return Ok(());
    }
    let again = |path: &str, text: &[u8]| {
        if edits.iter().any(|edit| edit.path == path && edit.before.is_none()) {
            return Some(text.to_owned());
        }
        let task = plan.tasks.iter().find(|task| task.path == path)?;
        task.edited(text)
    };
    let _locked = session.lock("post-commit")?;
    let request = Fold {
        head,
        edits: &edits,
        reflog: "tracker: fold the moves that the commit earned",
        index_file: session.workspace().repo_paths().index_file(session.env()),
        edit_again: &again,
    };
    match fold(repository, &request) {
        Ok(folded) => {
            outcome.messages.extend(plan.tasks.iter().filter_map(Planned::along_message));
            outcome.messages.extend(left_out.iter().map(LeftOut::to_string));
            let left = folded.left.iter();
            outcome
                .left
                .extend(left.map(|left| format!("{} has other edits and was left as it is", left.path)));
        }
        Err(refusal) => {
            outcome.messages.clear();
            let refusal = with_causes(&refusal);
            outcome.left.push(format!("{refusal}: no task was moved; later, {later}"));
        }
    }
    Ok(())
}

/// Leaves the moves in the working tree, staged for the next commit.
fn stage(session: &Session<'_>, plan: &Plan, left_out: &[LeftOut], outcome: &mut PostCommit) -> Result<()> {
    let locked = session.lock("post-commit")?;
    let now = session.workspace().snapshot();
    for task in &plan.tasks {
        let Some(file) = now.task_file(&task.id)? else { continue };
        match task.edited(&file.bytes) {
            Some(after) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                locked.apply(&[Change::replace(&task.path, text(&file.bytes), text(&after))])?;
            }
            None => outcome.left.push(format!("{} cannot be edited safely: tracker doctor", task.path)),
        }
    }
    let mut paths: Vec<&str> = plan.tasks.iter().map(|task| task.path.as_str()).collect();
    paths.extend(left_out.iter().flat_map(|left_out| &left_out.files).map(|(path, _)| path.as_str()));
    if paths.is_empty() {
        return Ok(());
    }
    // The one way of the hooks that starts a git process: whoever chose it wants the index changed as git does.
    let git = Program::new("git", "stage the records").args(["add", "--"]).args(&paths);
    let added = git.in_folder(session.workspace().work_dir()).output();
    if !added.is_ok_and(|added| added.is_success()) {
        outcome.left.push(format!("{} could not be staged", paths.join(", ")));
    }
    Ok(())
}
