//! The audit before a close: everything that a sprint leaves unfinished, each with the command that resolves it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::actions::last_actions;
use super::branches::{Branch, git};
use super::close::{CloseRequest, Disposal};
use super::records::SprintData;
use super::view::sprint_drift;
use crate::facts::{TaskRecords, carried, scope_now};
use crate::metrics::{Item, ItemVote};
use crate::model::{
    Config, MoveKind, Severity, SprintEvidence, SprintId, Stage, Suggestion, Task, TaskId, Verdict,
};
use crate::ops::signoffs::{facts_of_task, view_of};
use crate::ops::{Result, Session};
use crate::policy::Route;
use crate::store::Tasks;

/// So often a task may be carried over before somebody has to say what becomes of it.
const MOST_CARRIES: usize = 2;

/// What an audit looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuditRule {
    /// A task is neither complete nor cancelled, and nobody says what becomes of it.
    OpenTask,
    /// A complete task has an open finding.
    OpenFinding,
    /// A task was completed by an override, or at a time that no move says, or that is still to come.
    Override,
    /// A complete task has left a stage without a vote that the stage requires.
    MissingVotes,
    /// A branch has work on a task of the sprint and is not merged.
    UnmergedBranch,
    /// A task is blocked and nobody says why.
    BlockedWithoutReason,
    /// A delivered task has no estimate, or no time spent.
    NoTime,
    /// Actions of the last sprint are open.
    OpenActions,
    /// A task would be carried over once more, after many times.
    CarriedOften,
    /// Evidence that the configuration requires is missing.
    Evidence,
    /// Tests failed.
    FailedTests,
    /// A task's file and the scope disagree.
    Drift,
    /// A record cannot be read.
    Broken,
    /// Records are not committed.
    Uncommitted,
}

impl AuditRule {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::OpenTask,
        Self::OpenFinding,
        Self::Override,
        Self::MissingVotes,
        Self::UnmergedBranch,
        Self::BlockedWithoutReason,
        Self::NoTime,
        Self::OpenActions,
        Self::CarriedOften,
        Self::Evidence,
        Self::FailedTests,
        Self::Drift,
        Self::Broken,
        Self::Uncommitted,
    ];

    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenTask => "open-task",
            Self::OpenFinding => "open-finding",
            Self::Override => "override",
            Self::MissingVotes => "missing-votes",
            Self::UnmergedBranch => "unmerged-branch",
            Self::BlockedWithoutReason => "blocked-without-reason",
            Self::NoTime => "no-time",
            Self::OpenActions => "open-actions",
            Self::CarriedOften => "carried-often",
            Self::Evidence => "evidence",
            Self::FailedTests => "failed-tests",
            Self::Drift => "drift",
            Self::Broken => "broken",
            Self::Uncommitted => "uncommitted",
        }
    }

    /// Whether a close can go on in spite of it, where somebody says so: not where the numbers would not be those of a
    /// commit, or of all records.
    #[must_use]
    pub fn can_be_allowed(self) -> bool {
        !matches!(self, Self::OpenTask | Self::Drift | Self::Broken | Self::Uncommitted)
    }
}

/// One thing that an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditItem {
    /// What it is about.
    pub rule: AuditRule,
    /// Whether the sprint is not closed because of it.
    pub refuses: bool,
    /// The task.
    pub task: Option<String>,
    /// What is wrong.
    pub message: String,
    /// Commands that resolve it, one or another.
    pub suggestions: Vec<String>,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Audit {
    /// The sprint that was closed before this one, where its postmortem requested something.
    pub last_sprint: Option<String>,
    /// How many of its actions are done.
    pub actions_done: usize,
    /// How many there are.
    pub actions: usize,
    /// Tasks in the scope.
    pub tasks: usize,
    /// Tasks of those that are complete.
    pub complete: usize,
    /// Everything that was found, what refuses the close first.
    pub items: Vec<AuditItem>,
}

impl Audit {
    /// Whether the sprint can be closed.
    #[must_use]
    pub fn passes(&self) -> bool {
        !self.items.iter().any(|item| item.refuses)
    }
}

/// What is audited.
pub(super) struct Auditor<'a, 'e> {
    pub(super) session: &'a Session<'e>,
    pub(super) request: &'a CloseRequest,
    /// The policy that the session goes by.
    pub(super) policy: &'a Config,
    /// The tasks as they are now.
    pub(super) tasks: &'a Tasks,
    pub(super) data: &'a SprintData,
    pub(super) disposals: &'a BTreeMap<TaskId, Disposal>,
    pub(super) branches: &'a [Branch],
    pub(super) evidence: &'a [SprintEvidence],
    /// How often tasks were carried over so far.
    pub(super) carries: &'a BTreeMap<TaskId, usize>,
    /// The name of the sprint that open tasks could go on in.
    pub(super) next_name: &'a str,
    /// Paths of records with uncommitted changes.
    pub(super) uncommitted: &'a [String],
}

impl Auditor<'_, '_> {
    pub(super) fn audit(&self) -> Result<Audit> {
        let id = self.data.file.sprint.id.clone();
        let last = last_actions(self.session, &id)?;
        let scope = scope_now(&self.data.file);
        let mut audit = Audit {
            last_sprint: None,
            actions_done: 0,
            actions: 0,
            tasks: scope.len(),
            complete: 0,
            items: Vec::new(),
        };
        self.records(&mut audit);
        if let Some((last, actions)) = last.filter(|(_, actions)| !actions.is_empty()) {
            audit.last_sprint = Some(last.to_string());
            audit.actions = actions.len();
            audit.actions_done = actions.iter().filter(|action| action.done).count();
            for action in actions.iter().filter(|action| !action.done) {
                let message = format!("action of {last} is open: {}", action.title);
                let show = Suggestion::tracker(["show", &action.task]);
                note(&mut audit, AuditRule::OpenActions, Some(&action.task), message, vec![show.to_string()]);
            }
        }
        let known = self.data.found.records.iter().map(|records| (&records.task.id, records));
        let known: BTreeMap<&TaskId, &TaskRecords> = known.filter(|_| self.uncommitted.is_empty()).collect();
        for task in scope.keys() {
            if let Some(records) = known.get(task) {
                self.task(&id, records, &mut audit)?;
            } else if let Some(task) = self.session.snapshot().readable_task(task)? {
                let (records, _) = TaskRecords::read(self.session.snapshot(), task)?;
                self.task(&id, &records, &mut audit)?;
            }
        }
        self.branches(&mut audit);
        self.evidence(&mut audit)?;
        for drift in sprint_drift(self.tasks, &self.data.file) {
            let fix = vec![drift.suggestion.to_string()];
            let message = format!("{}: {}", drift.id, drift.message);
            self.refuse(&mut audit, AuditRule::Drift, Some(&drift.id), message, fix);
        }
        audit.items.sort_by(|a, b| (!a.refuses, a.rule, &a.task).cmp(&(!b.refuses, b.rule, &b.task)));
        Ok(audit)
    }

    /// Adds what refuses the close, unless it is allowed.
    fn refuse(
        &self,
        audit: &mut Audit,
        rule: AuditRule,
        task: Option<&str>,
        message: String,
        mut suggestions: Vec<String>,
    ) {
        let is_allowed = rule.can_be_allowed() && self.request.allow.contains(&rule);
        if rule.can_be_allowed() && !is_allowed {
            suggestions.push(format!("--allow {}", rule.as_str()));
        }
        add(audit, (rule, !is_allowed), task, message, suggestions);
    }

    fn records(&self, audit: &mut Audit) {
        if let [first, ..] = self.uncommitted {
            let count = self.uncommitted.len();
            let message = match count {
                1 => format!("{first} has changes that are not committed"),
                _ => format!("{first} and {} more records have changes that are not committed", count - 1),
            };
            let add = Suggestion::git(["add", crate::model::TRACKER_FOLDER]).to_string();
            let fix = vec![format!("{add}, then git commit")];
            self.refuse(audit, AuditRule::Uncommitted, None, message, fix);
        }
        let broken = self.data.found.problems.iter().filter(|problem| problem.severity == Severity::Error);
        for problem in broken {
            let fix = vec![Suggestion::tracker(["doctor"]).to_string()];
            self.refuse(audit, AuditRule::Broken, None, problem.to_string(), fix);
        }
    }

    fn task(&self, sprint: &SprintId, records: &TaskRecords, audit: &mut Audit) -> Result<()> {
        let task = &records.task;
        let id = task.id.clone();
        let name = Some(id.as_str());
        if task.stage.is_complete() && task.cancelled.is_none() {
            audit.complete += 1;
            self.complete(records, audit);
            return Ok(());
        }
        if task.cancelled.is_some() {
            return Ok(());
        }
        if task.blocked.as_deref().is_some_and(|why| why.trim().is_empty()) {
            let fix = Suggestion::tracker(["block", id.as_str(), "REASON"]).to_string();
            let message = format!("{id} is blocked, and nobody says why");
            self.refuse(audit, AuditRule::BlockedWithoutReason, name, message, vec![fix]);
        }
        match self.disposals.get(&id) {
            Some(Disposal::Drop(_)) => {}
            Some(Disposal::CarryOver(to)) => self.carried(&id, to, audit),
            None if self.is_carried(task) || self.is_merged_first(&id) => {}
            None => {
                let stage = task.stage.to_string();
                let facts = facts_of_task(self.session, self.policy, task.clone())?;
                let missing = view_of(self.session, self.policy, &facts).missing;
                let mut message = format!("{id} is open ({stage})");
                let mut fix = vec![
                    Suggestion::tracker(["sprint", "close", sprint.as_str(), "--carry-over", self.next_name])
                        .to_string(),
                    Suggestion::tracker(["sprint", "close", sprint.as_str(), "--drop", id.as_str(), "why"])
                        .to_string(),
                ];
                for one in &missing {
                    message.push_str(&format!("; {} {}", one.label, one.text));
                    fix.extend(one.next.clone().or_else(|| one.suggestion.clone()));
                }
                self.refuse(audit, AuditRule::OpenTask, name, message, fix);
            }
        }
        Ok(())
    }

    /// Whether a close that was taken back has moved a task on, and it is there still.
    fn is_carried(&self, task: &Task) -> bool {
        let to = carried(&self.data.file).get(&task.id).cloned();
        to.is_some() && to == task.sprint
    }

    /// Whether a branch on which a task is complete is merged first.
    fn is_merged_first(&self, task: &TaskId) -> bool {
        self.branches.iter().any(|branch| self.merges_first(branch) && branch.tasks.contains(task))
    }

    fn complete(&self, TaskRecords { task, findings, .. }: &TaskRecords, audit: &mut Audit) {
        let id = &task.id;
        let name = Some(id.as_str());
        for finding in findings.iter().filter(|one| one.state().is_open() || one.state().awaits_review()) {
            let number = finding.id.as_str();
            let message =
                format!("{id} is complete, and finding {number} {}: {}", finding.state(), finding.title);
            let fix = vec![
                Suggestion::tracker(["findings", "resolve", id.as_str(), number]).to_string(),
                Suggestion::tracker(["findings", "waive", id.as_str(), number, "--why", "REASON"])
                    .to_string(),
            ];
            self.refuse(audit, AuditRule::OpenFinding, name, message, fix);
        }
        if let Some(step) = task.history.iter().find(|step| step.at > self.data.window.to) {
            let message = format!(
                "{id} has a move of {}, which is still to come and does not count",
                step.at.date_naive()
            );
            let fix = vec![Suggestion::tracker(["log", id.as_str()]).to_string()];
            note(audit, AuditRule::Override, name, message, fix);
        } else if task.history.last().is_none_or(|step| step.to != task.stage) {
            let message = format!("{id} was set to complete by hand: no move says when");
            let fix = vec![Suggestion::tracker(["set-stage", id.as_str(), "complete"]).to_string()];
            self.refuse(audit, AuditRule::Override, name, message, fix);
        } else if task.history.last().is_some_and(|step| step.kind == MoveKind::Override) {
            let message = format!("{id} was completed by an override");
            let fix = vec![Suggestion::tracker(["log", id.as_str()]).to_string()];
            note(audit, AuditRule::Override, name, message, fix);
        }
        self.votes(id, audit);
        let lacks = match (task.estimate, task.spent) {
            (None, None) => Some(("no estimate and no time spent", "estimate=TIME", "spent=TIME")),
            (None, Some(_)) => Some(("no estimate", "estimate=TIME", "")),
            (Some(_), None) => Some(("no time spent", "spent=TIME", "")),
            (Some(_), Some(_)) => None,
        };
        if let Some((what, first, second)) = lacks {
            let words = ["set", id.as_str(), first, second];
            let set = Suggestion::tracker(words.into_iter().filter(|word| !word.is_empty()));
            note(audit, AuditRule::NoTime, name, format!("{id} has {what}"), vec![set.to_string()]);
        }
    }

    fn carried(&self, id: &TaskId, to: &SprintId, audit: &mut Audit) {
        let times = self.carries.get(id).copied().unwrap_or_default();
        if times >= MOST_CARRIES {
            let message = format!("{id} was carried over {times} times, and would be again to {to}");
            let own = self.data.file.sprint.id.as_str();
            let fix = vec![
                Suggestion::tracker(["sprint", "close", own, "--drop", id.as_str(), "why"]).to_string(),
                Suggestion::tracker(["new", "…", "--parent", id.as_str()]).to_string(),
            ];
            self.refuse(audit, AuditRule::CarriedOften, Some(id.as_str()), message, fix);
        }
    }

    fn votes(&self, id: &TaskId, audit: &mut Audit) {
        let items = &self.data.found.items;
        let Ok(at) = items.binary_search_by(|item| item.id.cmp(id)) else { return };
        for (stage, role) in missing_votes(&items[at], self.policy) {
            let message = format!("{id} has left {stage} without an approval of {role}");
            let fix = vec![Suggestion::tracker(["log", id.as_str()]).to_string()];
            self.refuse(audit, AuditRule::MissingVotes, Some(id.as_str()), message, fix);
        }
    }

    /// Whether a close would merge a branch first, of which this is a dry run.
    fn merges_first(&self, branch: &Branch) -> bool {
        self.request.merge && self.session.is_dry() && branch.is_finished
    }

    fn branches(&self, audit: &mut Audit) {
        for branch in self.branches {
            if self.merges_first(branch) {
                self.merged_first(branch, audit);
                continue;
            }
            let open: BTreeSet<&TaskId> = self.disposals.keys().collect();
            let is_going_on = branch.tasks.iter().all(|task| open.contains(task));
            let tasks: Vec<&str> = branch.tasks.iter().map(TaskId::as_str).collect();
            let message =
                format!("branch {} has work on {} and is not merged", branch.name, tasks.join(", "));
            let merge = Suggestion::git(["merge", &branch.name]).to_string();
            if is_going_on && !branch.is_finished {
                note(audit, AuditRule::UnmergedBranch, None, message, vec![merge]);
            } else {
                let own = self.data.file.sprint.id.as_str();
                let mut fix = vec![merge];
                if branch.is_finished {
                    fix.insert(0, Suggestion::tracker(["sprint", "close", own, "--merge"]).to_string());
                }
                self.refuse(audit, AuditRule::UnmergedBranch, None, message, fix);
            }
        }
    }

    /// Says what a close would do first of which this is a dry run.
    fn merged_first(&self, branch: &Branch, audit: &mut Audit) {
        let reference = format!("refs/heads/{}", branch.name);
        let merge = ["merge-tree", "--write-tree", "--name-only", "HEAD", &reference];
        let fix = vec![Suggestion::git(["merge", &branch.name]).to_string()];
        match git(self.session, &merge, "try a merge") {
            Err(error) if error.to_string().contains("CONFLICT") => {
                let message = format!("branch {} cannot be merged first: it conflicts", branch.name);
                self.refuse(audit, AuditRule::UnmergedBranch, None, message, fix);
            }
            _ => {
                let tasks: Vec<&str> = branch.tasks.iter().map(TaskId::as_str).collect();
                let (name, tasks) = (&branch.name, tasks.join(", "));
                let message =
                    format!("branch {name} is merged first; what is shown here is without it ({tasks})");
                note(audit, AuditRule::UnmergedBranch, None, message, Vec::new());
            }
        }
    }

    fn evidence(&self, audit: &mut Audit) -> Result<()> {
        for kind in &self.policy.sprints.evidence {
            if self.evidence.iter().any(|evidence| evidence.counts.kind() == kind) {
                continue;
            }
            let option = if kind == "tests" { "--junit" } else { "--coverage" };
            let own = self.data.file.sprint.id.as_str();
            let fix = Suggestion::tracker(["sprint", "close", own, option, "FILE"]).to_string();
            self.refuse(audit, AuditRule::Evidence, None, format!("no {kind} are attached"), vec![fix]);
        }
        for evidence in self.evidence {
            if let crate::model::EvidenceCounts::Tests { failed, total, .. } = evidence.counts
                && failed > 0
            {
                let message = format!("{failed} of {total} tests failed ({})", evidence.files.join(", "));
                self.refuse(audit, AuditRule::FailedTests, None, message, Vec::new());
            }
        }
        Ok(())
    }
}

/// Returns the votes that nobody has cast of those that the stages require which a task has left by a plain advance, each
/// stage with the role. Whether a vote that is there counts is for the gate to say, as is whether a role that reviews
/// some files only was to vote: that depends on what was changed.
fn missing_votes(item: &Item, policy: &Config) -> Vec<(Stage, String)> {
    let route = Route::of(policy, item.kind.as_deref());
    let reviews_all = |role: &&String| policy.roles.get(*role).is_none_or(|rules| rules.paths.is_empty());
    let mut missing = Vec::new();
    for (at, step) in item.moves.iter().enumerate().filter(|(_, step)| step.kind == MoveKind::Advance) {
        let Some(own) = item.stages.iter().find(|stage| stage.stage == step.from) else { continue };
        let round = route.round(&item.moves[..at], &step.from);
        for role in own.roles.iter().filter(reviews_all) {
            let is_it = |vote: &ItemVote| {
                vote.role == *role
                    && vote.stage == step.from
                    && vote.verdict == Verdict::Approved
                    && vote.round == round
            };
            if !item.votes.iter().any(is_it) {
                missing.push((step.from.clone(), role.clone()));
            }
        }
    }
    missing
}

/// Adds what is only reported.
fn note(audit: &mut Audit, rule: AuditRule, task: Option<&str>, message: String, suggestions: Vec<String>) {
    add(audit, (rule, false), task, message, suggestions);
}

fn add(
    audit: &mut Audit,
    (rule, refuses): (AuditRule, bool),
    task: Option<&str>,
    message: String,
    suggestions: Vec<String>,
) {
    let task = task.map(str::to_owned);
    audit.items.push(AuditItem { rule, refuses, task, message, suggestions });
}
