//! What is known of plans: their content with its digest, and whose the decisions are that their histories name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::authorship::{Authorship, AuthorshipReader};
use super::{FactsReader, Result};
use crate::doc::{plan_digest, planned_task_digest, read_plan, read_task_of, signed_decision};
use crate::git::{CommitId, LogLimit, Repository};
use crate::model::{
    Person, Plan, PlanDecision, PlanId, PlanVerdict, Problem, RecordKind, RecordPath, SelfApproval, Task,
    TaskId,
};
use crate::policy::{Decider, DecisionDoubt, Trust, decision_doubt};
use crate::store::{LARGEST_FILE, Snapshot};

/// How many commits of a plan's file are read at first; most have fewer.
const USUAL_COMMITS: usize = 16;

/// A plan's file, read.
#[derive(Debug, Clone)]
pub struct PlanFile {
    /// What it says.
    pub plan: Plan,
    /// Path below the top of the working tree.
    pub path: String,
    /// The text as it is.
    pub text: String,
}

/// Reads all plans, the oldest first; what cannot be read is among the problems.
pub fn plan_files(snapshot: &Snapshot) -> Result<(Vec<PlanFile>, Vec<Problem>)> {
    let folder = RecordKind::Plan.folder();
    let (files, mut problems) = snapshot.records(folder, |bytes| Ok(bytes.to_vec()))?;
    let mut plans = Vec::new();
    for (name, bytes) in files {
        let path = format!("{folder}/{name}");
        let Some(id) = name.strip_suffix(".md").and_then(|id| PlanId::parse(id).ok()) else { continue };
        match read_plan(&id, &bytes) {
            Ok(plan) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                plans.push(PlanFile { plan, path, text });
            }
            Err(found) => problems.extend(found.into_iter().map(|problem| problem.in_file(&path))),
        }
    }
    plans.sort_by(|a, b| (a.plan.created, &a.plan.id).cmp(&(b.plan.created, &b.plan.id)));
    Ok((plans, problems))
}

/// What a plan would have done.
#[derive(Debug, Clone)]
pub struct PlanContent {
    /// Its tasks that can be read.
    pub tasks: BTreeMap<TaskId, Task>,
    /// The digest that an approval names.
    pub digest: String,
}

/// Reads the tasks of a plan.
pub fn plan_content(snapshot: &Snapshot, plan: &Plan) -> Result<PlanContent> {
    let mut tasks = BTreeMap::new();
    for planned in plan.tasks() {
        if !tasks.contains_key(planned.id)
            && let Some(task) = snapshot.readable_task(planned.id)?
        {
            tasks.insert(planned.id.clone(), task);
        }
    }
    let digest = plan_digest(plan, |id| tasks.get(id));
    Ok(PlanContent { tasks, digest })
}

/// A commit that changed a plan's file.
struct PlanCommit {
    id: CommitId,
    author: Person,
    at: DateTime<Utc>,
    /// The plan as it has it; none where that cannot be read.
    plan: Option<Plan>,
    /// Whether it has the decision and none of its parents does.
    adds_decision: bool,
    /// Whether it changed more than the history, and by itself.
    changes_content: bool,
}

impl FactsReader<'_> {
    /// Says why the last decision about a plan does not count, where it is about the content as it is now. What no commit
    /// has yet is taken for that of `me`.
    pub fn plan_doubt(
        &self,
        plan: &Plan,
        content: &PlanContent,
        me: Option<&Person>,
    ) -> Result<Option<DecisionDoubt>> {
        let decision = match plan.verdict(&content.digest) {
            PlanVerdict::Approved(decision) | PlanVerdict::Rejected(decision) => decision,
            PlanVerdict::Undecided | PlanVerdict::Changed(_) => return Ok(None),
        };
        let by = self.decider(plan, content, decision, me)?;
        Ok(decision_doubt(self.config(), decision, &by))
    }

    /// Says why a decision of a plan's history does not count, whatever it was about. One of a merge request is what commits
    /// say; what is staged is taken for that of `me`.
    pub(super) fn decision_doubt(
        &self,
        plan: &Plan,
        content: &PlanContent,
        decision: &PlanDecision,
        me: Option<&Person>,
    ) -> Result<Option<DecisionDoubt>> {
        let by = self.decider(plan, content, decision, me)?;
        Ok(decision_doubt(self.config(), decision, &by))
    }

    /// Returns the commits of the tip's history that added a decision.
    pub(super) fn commits_of_decision(&self, id: &PlanId, decision: &PlanDecision) -> Result<Vec<CommitId>> {
        let commits = self.plan_commits(id, Some(decision), false)?;
        Ok(commits.into_iter().filter(|commit| commit.adds_decision).map(|commit| commit.id).collect())
    }

    /// Says who made a decision that a plan's file names.
    fn decider(
        &self,
        plan: &Plan,
        content: &PlanContent,
        decision: &PlanDecision,
        me: Option<&Person>,
    ) -> Result<Decider> {
        let named = Person::parse(&decision.by)
            .unwrap_or_else(|| Person { name: decision.by.clone(), email: String::new() });
        let canonical = self.canonical(&named);
        let commits = self.plan_commits(&plan.id, Some(decision), self.forbids_self_approval())?;
        let text = || signed_decision(&plan.id, decision);
        let authorship = Authorship { by: &decision.by, signature: decision.signature.as_deref() };
        let trust_of = |author: &Person, as_of: DateTime<Utc>| -> Result<Trust> {
            let (repository, people, signers) = (self.repository(), self.people(), self.signers()?);
            Ok(AuthorshipReader { repository, people, signers, as_of }.trust(author, &authorship, &text))
        };
        let mut trust = Trust::Unverified;
        let mut is_committed = false;
        for commit in commits.iter().filter(|commit| commit.adds_decision) {
            is_committed = true;
            trust = trust.max(trust_of(&commit.author, commit.at)?);
        }
        if let Some(me) = me.filter(|_| !is_committed) {
            trust = trust_of(me, self.now())?;
        }
        let is_author = self.forbids_self_approval()
            && self.is_author_among(&commits, (plan, content), &canonical, me)?;
        Ok(Decider { named, canonical, trust, is_author })
    }

    fn forbids_self_approval(&self) -> bool {
        self.config().policy.self_approval == SelfApproval::Forbid
    }

    /// Whether somebody wrote a plan, or a part of it: its file, or what one of its tasks is to do. Where the policy lets
    /// authors approve, nobody is one: history is not read for what does not matter.
    pub fn is_plan_author(
        &self,
        plan: &Plan,
        content: &PlanContent,
        person: &Person,
        me: Option<&Person>,
    ) -> Result<bool> {
        if !self.forbids_self_approval() {
            return Ok(false);
        }
        let commits = self.plan_commits(&plan.id, None, true)?;
        self.is_author_among(&commits, (plan, content), &self.canonical(person), me)
    }

    /// The same where the commits of the plan's file are known.
    fn is_author_among(
        &self,
        commits: &[PlanCommit],
        (plan, content): (&Plan, &PlanContent),
        person: &Person,
        me: Option<&Person>,
    ) -> Result<bool> {
        let is_own = |author: &Person| self.canonical(author).is_same(person);
        let newest = commits.first().and_then(|commit| commit.plan.as_ref());
        let is_edited = newest.is_none_or(|newest| !is_same_content(newest, plan));
        let is_of_file = commits.iter().any(|commit| commit.changes_content && is_own(&commit.author))
            || is_edited && me.is_some_and(is_own);
        Ok(is_of_file || self.is_task_author(plan, content, &is_own, me.is_some_and(is_own))?)
    }

    /// Whether somebody wrote, or changed, what a task of a plan is to do; `is_me` says that what no commit has is theirs.
    fn is_task_author(
        &self,
        plan: &Plan,
        content: &PlanContent,
        is_own: &dyn Fn(&Person) -> bool,
        is_me: bool,
    ) -> Result<bool> {
        let Some(tip) = self.tip() else { return Ok(!content.tasks.is_empty() && is_me) };
        let paths: Vec<String> = plan.tasks().map(|planned| RecordPath::task_file(planned.id)).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let log = LogLimit { found: usize::MAX, visited: usize::MAX };
        let commits = self.repository().log_touching(tip, &paths, log)?.commits;
        for info in commits.iter().filter(|info| info.parents.len() < 2 && is_own(&info.author)) {
            for planned in plan.tasks() {
                let before = info.parents.first().map(|parent| self.task_content_at(*parent, planned.id));
                let after = self.task_content_at(info.id, planned.id)?;
                if after.is_some() && after != before.transpose()?.flatten() {
                    return Ok(true);
                }
            }
        }
        if !is_me {
            return Ok(false);
        }
        // What no commit has yet.
        for (id, task) in &content.tasks {
            if self.task_content_at(tip, id)? != Some(planned_task_digest(task)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the digest of what a task is to do as a commit has it; none where it has none that can be read.
    fn task_content_at(&self, commit: CommitId, id: &TaskId) -> Result<Option<String>> {
        let bytes = record_at(self.repository(), commit, &RecordPath::task_file(id))?;
        Ok(bytes.and_then(|bytes| read_task_of(id, &bytes).ok()).map(|task| planned_task_digest(&task)))
    }

    /// Returns the commits of the tip's history that changed a plan's file, the newest first: all of them, or as many as
    /// it takes to find the one that added the decision.
    fn plan_commits(
        &self,
        id: &PlanId,
        decision: Option<&PlanDecision>,
        all: bool,
    ) -> Result<Vec<PlanCommit>> {
        let Some(tip) = self.tip() else { return Ok(Vec::new()) };
        let path = plan_path(id);
        let has = |plan: Option<&Plan>| {
            plan.zip(decision).is_some_and(|(plan, decision)| plan.history.contains(decision))
        };
        let mut limit = if all { usize::MAX } else { USUAL_COMMITS };
        loop {
            let log = LogLimit { found: limit, visited: usize::MAX };
            let log = self.repository().log_touching(tip, &[&path], log)?;
            let mut commits = Vec::new();
            for info in log.commits {
                let plan = plan_at(self.repository(), info.id, id)?;
                let before: Vec<Option<Plan>> = info
                    .parents
                    .iter()
                    .map(|parent| plan_at(self.repository(), *parent, id))
                    .collect::<Result<_>>()?;
                let is_same = |before: &Option<Plan>| match (before, &plan) {
                    (Some(before), Some(plan)) => is_same_content(before, plan),
                    (before, plan) => before.is_none() && plan.is_none(),
                };
                let adds_decision = has(plan.as_ref()) && !before.iter().any(|plan| has(plan.as_ref()));
                let changes_content = info.parents.len() < 2 && !before.first().is_some_and(is_same);
                let (id, author, at) = (info.id, info.author, info.committer_time);
                commits.push(PlanCommit { id, author, at, plan, adds_decision, changes_content });
            }
            if log.is_complete || commits.iter().any(|commit| commit.adds_decision) {
                return Ok(commits);
            }
            limit = usize::MAX;
        }
    }
}

/// Returns the path of a plan's file.
#[must_use]
pub fn plan_path(id: &PlanId) -> String {
    format!("{}/{id}.md", RecordKind::Plan.folder())
}

/// Whether two plans differ in their histories at most.
fn is_same_content(one: &Plan, other: &Plan) -> bool {
    (&one.title, one.retries, &one.phases) == (&other.title, other.retries, &other.phases)
}

fn plan_at(repository: &Repository, commit: CommitId, id: &PlanId) -> Result<Option<Plan>> {
    Ok(record_at(repository, commit, &plan_path(id))?.and_then(|bytes| read_plan(id, &bytes).ok()))
}

/// Returns the bytes of a record as a commit has it; none where there is none, or no such commit: where a shallow clone ends,
/// its parents are missing.
fn record_at(repository: &Repository, commit: CommitId, path: &str) -> Result<Option<Vec<u8>>> {
    let Ok(Some(file)) = repository.tree_file(commit, path) else { return Ok(None) };
    Ok(Some(repository.read_blob(file.blob_id, LARGEST_FILE)?))
}
