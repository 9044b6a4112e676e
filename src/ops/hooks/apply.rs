//! `apply RANGE`: what the hooks would have done, for merges made on a server. Done twice it is done once.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::{CommitContext, TimeRule};
use super::times::{Times, missing_times};
use crate::doc::read_task;
use crate::events::LongStep;
use crate::git::{CommitId, CommitInfo, LogLimit, Repository};
use crate::model::{RecordPath, Task, TaskId};
use crate::ops::session::parse;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{Comments, parse_message};
use crate::store::{Change, LARGEST_FILE};

/// What was applied.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Applied {
    /// How many commits were looked at.
    pub commits: usize,
    /// What was written.
    pub written: Written,
    /// What was not done, and why.
    pub left: Vec<String>,
}

/// Applies what the commits of a range have earned to the working tree, oldest first. A commit that contains its moves
/// already, and one that was applied before, changes nothing.
pub fn apply(session: &Session<'_>, range: &str) -> Result<Applied> {
    let repository = session.workspace().repository()?;
    let (base, tip) = ends(&repository, range)?;
    let config = session.config()?;
    let commits = repository.commits_between(base, tip)?;
    let mut applied = Applied {
        commits: commits.len(),
        written: Written::new(session.is_dry(), &[], Vec::new()),
        left: Vec::new(),
    };
    let missing = missing_by_commit(session, &repository, &commits, (base, tip))?;
    let nothing = Times::new();
    let step = session.begin(LongStep::ApplyCommits, Some(applied.commits));
    for commit in commits {
        step.advance(1);
        let commit_id = commit.id;
        let directives = parse_message(&commit.message, Comments::None);
        let changed = repository.files_changed(&[commit_id])?;
        let before = session.workspace().snapshot_of_commit(commit.parents.first().copied())?;
        let own = session.workspace().snapshot_of_commit(Some(commit_id))?;
        let locked = session.lock("apply")?;
        let now = session.workspace().snapshot();
        let later = |id: &TaskId| versions_since(&repository, commit_id, id);
        let context = CommitContext {
            repository: &repository,
            later: &later,
            config: &config,
            before: &before,
            own: &own,
            along: &BTreeMap::new(),
            after: &now,
            times: TimeRule::Missing(missing.get(&commit_id).unwrap_or(&nothing)),
            tip: Some(commit_id),
            directives: &directives,
            changed: &changed,
            author: &commit.author.name,
            agent: None,
            at: commit.author_time,
            now: session.env().now(),
        };
        let plan = context.plan()?;
        applied.left.extend(plan.left);
        let unknown = plan.unknown.iter().map(|id| format!("no task {id}"));
        let left = unknown.chain(plan.refusals.iter().map(ToString::to_string));
        applied.left.extend(left.map(|text| format!("{}: {text}", commit_id.short())));
        for task in plan.tasks {
            let Some(file) = now.task_file(&task.id)? else { continue };
            let Some(after) = task.edited(&file.bytes) else {
                applied.left.push(format!("{} cannot be edited safely: tracker doctor", task.path));
                continue;
            };
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let change = Change::replace(&task.path, text(&file.bytes), text(&after));
            let written = WrittenTask::changed(&parse(&file)?, task.messages, true);
            let written = session.finish(&locked, &[change], vec![written])?;
            applied.written.add(written);
        }
    }
    Ok(applied)
}

/// Returns the time of a range's commits that neither they nor what came after them show, the working tree included.
fn missing_by_commit(
    session: &Session<'_>,
    repository: &Repository,
    commits: &[CommitInfo],
    (base, tip): (Option<CommitId>, CommitId),
) -> Result<BTreeMap<CommitId, Times>> {
    let head = repository.head()?.commit.unwrap_or(tip);
    let within: BTreeSet<CommitId> = commits.iter().map(|commit| commit.id).collect();
    let later = if head == tip { Vec::new() } else { repository.commits_between(base, head)? };
    let later = later.iter().filter(|commit| !within.contains(&commit.id));
    let work_tree = session.workspace().snapshot();
    let mut by_commit: BTreeMap<CommitId, Times> = BTreeMap::new();
    for missing in missing_times(repository, commits.iter().chain(later), head, &work_tree)? {
        by_commit.entry(missing.commit_id).or_default().insert(missing.task, missing.minutes);
    }
    Ok(by_commit)
}

/// Maximum number of commits looked at for what became of a task.
const MOST_VISITED: usize = 20_000;

/// Returns a task as the commits of HEAD's history that are not older than this one have changed it.
fn versions_since(repository: &Repository, commit: CommitId, id: &TaskId) -> Result<Vec<Task>> {
    let Some(head) = repository.head()?.commit else { return Ok(Vec::new()) };
    let since: BTreeSet<CommitId> =
        repository.commits_between(Some(commit), head)?.into_iter().map(|commit| commit.id).collect();
    let path = RecordPath::task_file(id);
    let limit = LogLimit { found: usize::MAX, visited: MOST_VISITED.min(since.len() + 1) };
    let mut versions = Vec::new();
    for commit in repository.log_touching(head, &[&path], limit)?.commits {
        let file = repository.tree_file(commit.id, &path)?.filter(|_| since.contains(&commit.id));
        let Some(file) = file else { continue };
        let bytes = repository.read_blob(file.blob_id, LARGEST_FILE)?;
        versions.extend(read_task(&bytes).ok());
    }
    Ok(versions)
}

fn ends(repository: &Repository, range: &str) -> Result<(Option<CommitId>, CommitId)> {
    // As in `review` and `diff`, `A...B` is what B has and A has not: of a list of commits that is `A..B`.
    let ends = range.split_once("...").or_else(|| range.split_once(".."));
    let Some((base, tip)) = ends else {
        return Err(Error::usage_with(
            format!("`{range}` is no range"),
            "such as origin/main~3..origin/main",
        ));
    };
    let tip = repository.resolve(if tip.is_empty() { "HEAD" } else { tip })?;
    // The zeros that servers give for a branch that is new.
    let base = if base.bytes().all(|digit| digit == b'0') { None } else { Some(repository.resolve(base)?) };
    Ok((base, tip))
}
