//! What may be pushed: before git pushes, where the configuration requires it, and on the server, before any of it is
//! taken.
//!
//! Tags and other refs are not judged; `refs/replace` is not taken, since those change what everybody reads. The policy
//! judges the default branch, and those that `[hooks] pre_receive` of the default branch names: there a push takes nothing
//! back that is on the branch, be it a record or code. To the other branches people push work in progress, whose records
//! only have to be readable.

use crate::doc::record_problems;
use crate::env::Env;
use crate::git::{self, BlobId, CommitId, FileMode, Repository, USUAL_TARGETS};
use crate::model::{
    GateRule, Level, Problem, RecordKind, RecordPath, Severity, TRACKER_FOLDER, is_in_tracker,
};
use crate::ops::gate::{GateRequest, review};
use crate::ops::target_policy::anchored;
use crate::ops::{Error, Result, Session};
use crate::policy::{Fix, is_selected};
use crate::review::{RuleName, Violation};
use crate::store;
use crate::store::{LARGEST_FILE, Snapshot, Workspace, unexpected};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The outcome of a push.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PushReport {
    /// Each branch of the push that was looked at.
    pub branches: Vec<BranchReport>,
    /// What else those who run the repository should know.
    pub messages: Vec<String>,
}

impl PushReport {
    /// Whether every branch may become what is pushed.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.branches.iter().all(|branch| branch.is_accepted)
    }
}

/// Judges what git is about to take, each line as git hands it over: old commit, new commit, ref.
pub fn judge_receive(env: &Env, lines: &str) -> Result<PushReport> {
    let updates =
        lines.lines().filter(|line| !line.is_empty()).map(received_update).collect::<Result<Vec<_>>>()?;
    let mut report = PushReport::default();
    report.branches.extend(lines.lines().filter_map(replacement).map(|name| {
        let message = format!("`{name}` would change what everybody reads in this repository");
        report_on(
            name,
            PushCheck::Gate,
            vec![refused(message, "push the commits themselves, without refs/replace")],
        )
    }));
    if updates.iter().all(Option::is_none) {
        return Ok(report);
    }
    let (workspace, _quarantine) = Workspace::receiving(env)?;
    let repository = workspace.repository()?;
    let default = own_default_branch(&repository)?;
    let snapshot = workspace.snapshot_of_commit(default.1)?;
    let session = Session::new(env, workspace, snapshot);
    let judge = Judge::new(&session, Some(default.clone()))?;
    for mut update in updates.into_iter().flatten() {
        let whole = format!("refs/heads/{}", update.branch);
        // A name for another branch: git moves that one.
        if let Some(target) = repository.symbolic_target(&whole)? {
            update.branch = target.strip_prefix("refs/heads/").unwrap_or(&target).to_owned();
        }
        let brings_tracker = match update.new {
            Some(new) => repository.tree_id(new, TRACKER_FOLDER)?.is_some(),
            None => false,
        };
        if default.1.is_none() && update.branch != default.0 && brings_tracker && report.messages.is_empty() {
            report.messages.push(format!(
                "HEAD names `{}`, which is not there, so no policy judges; on the server: git symbolic-ref \
                 HEAD refs/heads/{}",
                default.0, update.branch
            ));
        }
        report.branches.push(judge.of(&update)?);
    }
    Ok(report)
}

/// Reads a line; none for a ref that is no branch.
fn received_update(line: &str) -> Result<Option<Update>> {
    let strange = || {
        Error::usage_with(
            format!("invalid line `{line}` on stdin (expected OLD NEW REF)"),
            "git runs this hook",
        )
    };
    let mut words = line.splitn(3, ' ');
    let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) else {
        return Err(strange());
    };
    let commit = |text: &str| text.parse::<CommitId>().map(existing).map_err(|_| strange());
    let (old, new) = (commit(old)?, commit(new)?);
    Ok(name.strip_prefix("refs/heads/").map(|branch| Update { branch: branch.to_owned(), old, new }))
}

/// Returns the ref of a line that brings an object in the place of another.
fn replacement(line: &str) -> Option<&str> {
    let mut words = line.splitn(3, ' ').skip(1);
    let (new, name) = (words.next()?, words.next()?);
    let is_deletion = new.bytes().all(|digit| digit == b'0');
    (name.starts_with("refs/replace/") && !is_deletion).then_some(name)
}

/// Git says "none" in zeros.
fn existing(commit_id: CommitId) -> Option<CommitId> {
    commit_id.as_bytes().iter().any(|byte| *byte != 0).then_some(commit_id)
}

/// Returns the branch that HEAD names, with its commit.
fn own_default_branch(repository: &Repository) -> Result<(String, Option<CommitId>)> {
    let head = repository.symbolic_target("HEAD")?;
    let named =
        head.as_deref().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or("main").to_owned();
    for name in [named.as_str()].into_iter().chain(USUAL_TARGETS) {
        if let Some(commit_id) = repository.ref_commit(&format!("refs/heads/{name}"))? {
            return Ok((name.to_owned(), Some(commit_id)));
        }
    }
    Ok((named, None))
}

/// What a pushed branch is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PushCheck {
    /// Everything that the policy requires.
    Gate,
    /// Only that records can be read.
    Readable,
}

/// What became of a branch that somebody pushes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BranchReport {
    /// Its name, without `refs/heads/`.
    pub branch: String,
    pub judged_by: PushCheck,
    /// Whether it may become so.
    pub is_accepted: bool,
    /// Its violations, and what else there is to know.
    pub violations: Vec<Violation>,
}

/// What a branch is to become.
#[derive(Debug)]
struct Update {
    /// Without `refs/heads/`.
    branch: String,
    /// What it is; none for a new one.
    old: Option<CommitId>,
    /// What it is to be; none where it is to go.
    new: Option<CommitId>,
}

/// The side that is pushed to.
struct Judge<'a> {
    session: &'a Session<'a>,
    repository: Rc<Repository>,
    /// The default branch by name; what it is now.
    default: Option<(String, Option<CommitId>)>,
    /// Globs of the other branches that the policy judges.
    gated: Vec<String>,
}

impl<'a> Judge<'a> {
    /// Reads which branches are judged, from the default branch.
    fn new(session: &'a Session<'a>, default: Option<(String, Option<CommitId>)>) -> Result<Self> {
        let repository = session.workspace().repository()?;
        let mut judge = Self { session, repository, default, gated: Vec::new() };
        if let Some((name, Some(commit_id))) = judge.default.clone() {
            let hooks = judge.rules_of(&name, commit_id)?.hooks;
            judge.gated = anchored(&hooks.pre_receive);
        }
        Ok(judge)
    }

    /// Judges one branch.
    fn of(&self, update: &Update) -> Result<BranchReport> {
        let Some(new) = update.new else { return self.deletion(update) };
        let branch = &update.branch;
        let base = update.old.or_else(|| self.default.as_ref().and_then(|(_, commit)| *commit));
        let parted = match base {
            Some(base) => self.repository.merge_base(base, new)?,
            None => None,
        };
        let is_gated = self.is_gated(branch);
        let rules = base.filter(|base| is_gated && self.has_rules(*base).unwrap_or(true));
        let Some(base) = rules else {
            let violations = unreadable(&self.repository, parted, new)?;
            return Ok(report_on(branch, PushCheck::Readable, violations));
        };
        self.rules_of(branch, base)?;
        let request = GateRequest {
            base: Some(base.to_string()),
            head: Some(new.to_string()),
            ..GateRequest::default()
        };
        let mut violations = Vec::new();
        if update.old.is_some() && parted != Some(base) {
            violations.extend(self.taken_back(branch, parted, base, new)?);
        }
        if base != new {
            violations.extend(review(self.session, &request)?.0.verdict.violations);
        }
        Ok(report_on(branch, PushCheck::Gate, violations))
    }

    fn is_gated(&self, branch: &str) -> bool {
        self.default.as_ref().is_some_and(|(name, _)| name == branch) || is_selected(&self.gated, branch)
    }

    fn has_rules(&self, commit_id: CommitId) -> Result<bool> {
        Ok(self.repository.tree_file(commit_id, RecordKind::Config.file())?.is_some())
    }

    /// Reads the rules of a branch as it is.
    ///
    /// # Errors
    /// Where they are broken: nothing can be judged by them, and nothing is let through unjudged.
    fn rules_of(&self, branch: &str, commit_id: CommitId) -> Result<crate::model::Config> {
        let snapshot = self.session.workspace().snapshot_of_commit(Some(commit_id))?;
        match snapshot.config() {
            Ok((config, _)) => Ok(config),
            Err(store::Error::Broken(problems)) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                let hint = "nothing is accepted until those who run the repository have fixed them, with this \
                     hook set aside";
                Err(Error::usage_with(format!("the rules of `{branch}` cannot be read: {first}"), hint))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn deletion(&self, update: &Update) -> Result<BranchReport> {
        let branch = &update.branch;
        let is_default = self.default.as_ref().is_some_and(|(name, _)| name == branch);
        let has_tracker =
            |commit| self.repository.tree_id(commit, TRACKER_FOLDER).map(|found| found.is_some());
        let has_tracker = update.old.map_or(Ok(false), has_tracker)?;
        let is_gated = self.is_gated(branch);
        let mut violations = Vec::new();
        if has_tracker && is_default {
            let message = format!("`{branch}` is the default branch: its rules and records would go with it");
            violations.push(refused(message, "make another branch the default one first"));
        } else if has_tracker && is_gated && !self.is_in_default(update.old)? {
            let message = format!("`{branch}` is judged, and the default branch lacks commits of it");
            let fix = "merge it into the default branch first, or take its name out of `pre_receive`";
            violations.push(refused(message, fix));
        }
        Ok(report_on(branch, if is_gated { PushCheck::Gate } else { PushCheck::Readable }, violations))
    }

    /// Whether the default branch has a commit: with its branch nothing of it goes.
    fn is_in_default(&self, commit: Option<CommitId>) -> Result<bool> {
        let (Some((_, Some(default))), Some(commit)) = (&self.default, commit) else { return Ok(false) };
        Ok(self.repository.merge_base(*default, commit)? == Some(commit))
    }

    /// Returns what the branch has, and what is pushed in its place does not: a vote that somebody does not like must
    /// not go by a push that begins before it, nor a rule, nor code that was reviewed.
    fn taken_back(
        &self,
        branch: &str,
        parted: Option<CommitId>,
        old: CommitId,
        new: CommitId,
    ) -> Result<Vec<Violation>> {
        let had: Vec<_> = self.repository.changes_between(parted, old)?;
        let brought = self.repository.changes_between(Some(old), new)?;
        let differs: BTreeSet<&str> = brought.iter().map(|change| change.path.as_str()).collect();
        let lost = had.into_iter().filter(|change| differs.contains(change.path.as_str()));
        let mut violations: Vec<Violation> = lost
            .map(|change| {
                let message = format!("takes back what `{branch}` has beyond where the push begins");
                let fix = if is_in_tracker(&change.path) {
                    format!("git pull --rebase, then push without --force, onto {}", old.short())
                } else {
                    "take it back by a commit of its own: git revert, a task, and its votes".to_owned()
                };
                Violation { file: Some(change.path), ..refused(message, &fix) }
            })
            .collect();
        // Records first: of a long list only the beginning is shown.
        let of_code = |violation: &Violation| !violation.file.as_deref().is_some_and(is_in_tracker);
        violations.sort_by_key(of_code);
        Ok(violations)
    }
}

fn refused(message: String, fix: &str) -> Violation {
    let violation = Violation::of(RuleName::KeptRecords, Level::Error, message);
    Violation { suggestion: Some(Fix::Advice(fix.to_owned())), ..violation }
}

fn report_on(branch: &str, judged_by: PushCheck, violations: Vec<Violation>) -> BranchReport {
    let is_accepted = !violations.iter().any(Violation::is_error);
    BranchReport { branch: branch.to_owned(), judged_by, is_accepted, violations }
}

/// Returns the records that differ between two commits and cannot be read in the new one.
fn unreadable(repository: &Repository, old: Option<CommitId>, new: CommitId) -> Result<Vec<Violation>> {
    let mut problems = Vec::new();
    for (path, (mode, blob_id)) in changed(repository, old, new)? {
        let found = match (unexpected(&path, mode.into()), RecordPath::parse(&path)) {
            (Some(problem), _) => vec![problem],
            (None, Some(record)) => match repository.read_blob(blob_id, LARGEST_FILE) {
                Ok(bytes) => record_problems(&record, &bytes),
                Err(error @ git::Error::TooLarge { .. }) => vec![Problem::error(error.to_string())],
                Err(error) => return Err(error.into()),
            },
            (None, None) => Vec::new(),
        };
        let errors = found.into_iter().filter(|problem| problem.severity == Severity::Error);
        problems.extend(errors.map(|problem| violation(problem.in_file(&path))));
    }
    Ok(problems)
}

/// Returns the files below the tracker's folder that the new commit has otherwise than the old one.
fn changed(
    repository: &Repository,
    old: Option<CommitId>,
    new: CommitId,
) -> Result<BTreeMap<String, (FileMode, BlobId)>> {
    let Some(old) = old else {
        let files = repository.tree_files(new, TRACKER_FOLDER)?.into_iter();
        return Ok(files.map(|file| (file.path, (file.mode, file.blob_id))).collect());
    };
    if repository.tree_id(old, TRACKER_FOLDER)? == repository.tree_id(new, TRACKER_FOLDER)? {
        return Ok(BTreeMap::new());
    }
    let changes = repository.changes_between(Some(old), new)?.into_iter();
    let inside = changes.filter(|change| is_in_tracker(&change.path));
    Ok(inside
        .filter_map(|change| Some((change.path, change.after.map(|now| (now.mode, now.blob_id))?)))
        .collect())
}

fn violation(problem: Problem) -> Violation {
    Violation {
        file: Some(problem.file.clone()),
        line: problem.line,
        suggestion: problem.hint.clone().map(Fix::Advice),
        ..Violation::of(GateRule::BrokenDocuments, Level::Error, problem.message)
    }
}

/// Judges the commits that git is about to push to a remote, each line as git hands it over: local ref, local
/// commit, remote ref, remote commit. A deletion is not looked at.
///
/// It is requested by the configuration of the remote's default branch, or of the working tree: what is checked out
/// need not be what is pushed. `remote` is a name, or a place as `git push` takes it.
pub fn check_push(env: &Env, remote: &str, lines: &str) -> Result<PushReport> {
    let updates: Vec<Update> = lines.lines().filter_map(pushed_update).collect();
    if updates.is_empty() {
        return Ok(PushReport::default());
    }
    let workspace = Workspace::anywhere(env)?;
    let repository = workspace.repository()?;
    let remote = repository.remote_at(remote);
    let default = remote_default_branch(&repository, remote.as_deref(), &updates)?;
    let of_target = match &default {
        Some((_, Some(commit))) => Some(workspace.snapshot_of_commit(Some(*commit))?),
        _ => None,
    };
    let is_requested = |snapshot: &Snapshot| Ok::<bool, store::Error>(snapshot.config()?.0.hooks.pre_push);
    let is_requested_there =
        of_target.as_ref().is_some_and(|snapshot| is_requested(snapshot).unwrap_or(false));
    if !is_requested_there {
        workspace.require_tracker(env)?;
        if !is_requested(&workspace.snapshot())? {
            return Ok(PushReport::default());
        }
    }
    let snapshot = of_target.unwrap_or_else(|| workspace.snapshot());
    let session = Session::new(env, workspace, snapshot);
    let judge = Judge::new(&session, default)?;
    let mut report = PushReport::default();
    for mut update in updates {
        // What the remote has and this clone does not: git will ask to fetch it first.
        let is_here = |commit: &CommitId| repository.commit_info(*commit).is_ok();
        if update.old.is_some_and(|old| !is_here(&old)) {
            let known =
                |remote: &String| repository.ref_commit(&format!("refs/remotes/{remote}/{}", update.branch));
            update.old = remote.as_ref().map_or(Ok(None), known)?;
        }
        report.branches.push(judge.of(&update)?);
    }
    Ok(report)
}

fn pushed_update(line: &str) -> Option<Update> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, new, name, old] = words.as_slice() else { return None };
    let new = existing(new.parse().ok()?)?;
    let branch = name.strip_prefix("refs/heads/")?.to_owned();
    Some(Update { branch, old: old.parse().ok().and_then(existing), new: Some(new) })
}

/// Returns the default branch of a remote, as far as it is known here: where it is being pushed, as the remote has it.
fn remote_default_branch(
    repository: &Repository,
    remote: Option<&str>,
    updates: &[Update],
) -> Result<Option<(String, Option<CommitId>)>> {
    let tracking = remote.map(|remote| format!("refs/remotes/{remote}/"));
    let named = match &tracking {
        Some(tracking) => repository.symbolic_target(&format!("{tracking}HEAD"))?,
        None => None,
    };
    let named = named.as_deref().zip(tracking.as_deref());
    let named = named.and_then(|(name, tracking)| name.strip_prefix(tracking)).map(str::to_owned);
    for name in named.iter().map(String::as_str).chain(USUAL_TARGETS) {
        let pushed = updates.iter().find(|update| update.branch == name);
        let known = pushed.and_then(|update| update.old).filter(|old| repository.commit_info(*old).is_ok());
        let commit_id = match (known, &tracking) {
            (Some(old), _) => Some(old),
            (None, Some(tracking)) => repository.ref_commit(&format!("{tracking}{name}"))?,
            (None, None) => None,
        };
        if commit_id.is_some() {
            return Ok(Some((name.to_owned(), commit_id)));
        }
    }
    Ok(None)
}
