//! What is to be done about a task now, and what its executor is given. Task runs, which share one working tree, and plans,
//! of which each task has one of its own, decide it alike.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::brief::{BriefOf, Predecessor, brief};
use super::drive::Trigger;
use super::{TaskWait, progress};
use crate::engine::{Execution, TaskOutcome, Work};
use crate::facts::TaskFacts;
use crate::model::{
    AttemptEnd, Config, Duty, Executor, RecordKind, RecordPath, RoleGuide, Suggestion, Task, Verdict,
    executor_for,
};
use crate::ops::import_findings::FixTasks;
use crate::ops::{Error, Result, Session};
use crate::policy::{Fix, Missing, Signoffs, VoteRecord, VoteStatus, WhyNot, gate, sent_back_from};
use crate::store::Snapshot;

/// What HEAD says of executors and roles when driving begins.
pub(in crate::ops) struct ExecutorRules {
    pub(super) executors: BTreeMap<String, Executor>,
    guides: BTreeMap<String, RoleGuide>,
}

impl ExecutorRules {
    pub(in crate::ops) fn read(session: &Session<'_>) -> Result<Self> {
        let head = session.workspace().repository()?.head()?.commit;
        let committed = head.map(|head| session.workspace().snapshot_of_commit(Some(head))).transpose()?;
        let config = committed.as_ref().map(|snapshot| snapshot.config()).transpose()?;
        let executors = config.map(|(config, _)| config.executors).unwrap_or_default();
        if executors.is_empty() {
            let file = RecordKind::Config.file();
            let hint = match session.config()?.executors.is_empty() {
                true => {
                    "add [executors.dev] with command = [\"program\"] to the configuration: tracker help config"
                }
                false => "commit the configuration: commands are taken from HEAD",
            };
            return Err(Error::usage_with(format!("{file} of HEAD has no executors"), hint));
        }
        let guides = committed.as_ref().map_or_else(|| Ok(Vec::new()), guides_of)?;
        let guides = guides.into_iter().map(|guide| (guide.role.clone(), guide)).collect();
        Ok(Self { executors, guides })
    }

    pub(in crate::ops) fn executor(&self, name: &str) -> Option<&Executor> {
        self.executors.get(name)
    }
}

fn guides_of(snapshot: &Snapshot) -> Result<Vec<RoleGuide>> {
    Ok(snapshot.roles()?.0)
}

/// What is done about a task now.
pub(in crate::ops) enum Decision {
    /// Nothing is left to do.
    Closed,
    /// It goes on by itself: it waits for another task of the run.
    Waits,
    /// It can enter its first stage, or leave one.
    Moves,
    /// An executor works on it.
    Works { executor: String, role: Option<String> },
    /// Only a person can bring it forward.
    Person(TaskWait),
    /// It has failed as often as it may, and a person must look: how often it failed, and why at last.
    Exhausted { failed: String, wait: TaskWait },
}

/// What is known where it is decided.
pub(in crate::ops) struct Decider<'d, 'e> {
    /// Where the records of the task are read.
    pub(in crate::ops) session: &'d Session<'e>,
    pub(in crate::ops) rules: &'d ExecutorRules,
    /// The id of the run.
    pub(in crate::ops) run: &'d str,
    /// The attempts at all its tasks, in the order in which they began.
    pub(in crate::ops) executions: &'d [Execution],
    /// How many of them there were when this process began.
    pub(in crate::ops) before: usize,
    /// Attempts up to this number do not say that the work of a stage is done: the task has begun anew since.
    pub(in crate::ops) forgiven: u32,
}

/// How often a task has failed, and how often it may.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Losses {
    pub(in crate::ops) lost: u32,
    pub(in crate::ops) most: u32,
}

/// What an executor in a plan is given beside its task.
#[derive(Debug, Default)]
pub(in crate::ops) struct OwnPlace {
    /// Its working tree.
    pub(in crate::ops) folder: Option<PathBuf>,
    /// The commit that it begins with.
    pub(in crate::ops) base: Option<String>,
    pub(in crate::ops) plan: Option<String>,
    pub(in crate::ops) predecessors: Vec<Predecessor>,
    pub(in crate::ops) variables: Vec<(&'static str, String)>,
}

impl Decider<'_, '_> {
    fn of_task(&self, task: &Task) -> impl DoubleEndedIterator<Item = &Execution> {
        let id = task.id.to_string();
        self.executions.iter().filter(move |own| own.task == id)
    }

    pub(in crate::ops) fn facts(&self, config: &Config, task: Task) -> Result<TaskFacts> {
        let repository = self.session.workspace().repository()?;
        Ok(self.session.facts(&repository, config)?.task(task)?)
    }

    fn missing(&self, config: &Config, facts: &TaskFacts, signoffs: &Signoffs<'_>) -> Vec<Missing> {
        let actor = self.session.actor().unwrap_or_default();
        gate(&facts.case(config, signoffs, (actor.as_str(), None), self.session.env().now())).missing
    }

    /// Decides it; `only` is the executor that is started by hand, where one is.
    pub(in crate::ops) fn decide(
        &self,
        config: &Config,
        facts: &TaskFacts,
        fixes: &FixTasks,
        losses: Losses,
        only: Option<&Trigger>,
    ) -> Decision {
        let task = &facts.task;
        let id = task.id.as_str();
        let signoffs = facts.signoffs(config);
        let missing = self.missing(config, facts, &signoffs);
        for missing in &missing {
            match missing {
                Missing::Cancelled | Missing::Completed => return Decision::Closed,
                Missing::WaitsFor { .. } => return Decision::Waits,
                Missing::Blocked(_) | Missing::UnknownStage { .. } | Missing::Unreadable(_) => {
                    return Decision::Person(progress::wait(self.session, config, facts, missing.clone()));
                }
                _ => {}
            }
        }
        if task.stage.is_none() {
            return if only.is_some() { Decision::Waits } else { Decision::Moves };
        }
        let open = facts.findings.iter().filter(|finding| finding.state().is_open());
        let is_being_fixed = |finding| fixes.open_fix_of(finding).is_some_and(|fix| fix != id);
        if sent_back_from(task).is_some() && open.into_iter().any(is_being_fixed) {
            return Decision::Waits;
        }
        let work = self.work(config, facts, (&signoffs, &missing), losses.most);
        match (only, work) {
            (Some(only), Some((executor, role))) => {
                let is_it =
                    executor == only.role || role.as_deref().unwrap_or(task.stage.as_str()) == only.role;
                if is_it { Decision::Works { executor, role } } else { Decision::Waits }
            }
            (Some(_), None) => Decision::Waits,
            (None, Some(_)) if losses.lost >= losses.most => self.exhausted(task, losses.lost),
            (None, Some((executor, role))) => self.unless_broken(task, executor, role, losses.lost),
            (None, None) => self.for_person(config, facts, missing),
        }
    }

    /// Returns the executor that the task waits for, and the role that it is to vote for. Work that was rejected since is to
    /// be done again; a vote is to be cast again, up to `most` times, where what it covers has changed.
    fn work(
        &self,
        config: &Config,
        facts: &TaskFacts,
        (signoffs, missing): (&Signoffs<'_>, &[Missing]),
        most: u32,
    ) -> Option<(String, Option<String>)> {
        let task = &facts.task;
        let kind = task.kind.as_deref();
        let is_of_visit = |own: &&Execution| own.moves == task.history.len() && own.attempt > self.forgiven;
        let is_passed = |own: &&Execution| own.outcome == Some(TaskOutcome::Passed);
        let passed = || self.of_task(task).filter(is_of_visit).filter(is_passed);
        let is_rejected = missing.iter().any(|missing| matches!(missing, Missing::Rejected { .. }));
        let is_answered = |own: &Execution| !is_rejected || own.rejections >= rejections(facts);
        let is_done = passed().any(|own| own.role.is_none() && is_answered(own));
        let of_stage = executor_for(&self.rules.executors, Duty::Stage(&task.stage), kind);
        if let Some((executor, _)) = of_stage.filter(|_| !is_done) {
            return Some((executor.to_owned(), None));
        }
        let roles = missing.iter().filter_map(|missing| match missing {
            Missing::Signoff { role, .. } | Missing::Rejected { role, .. } => Some(role),
            _ => None,
        });
        let is_stale = |role: &str| {
            let votes = signoffs.roles.iter().filter(|own| own.role == role).flat_map(|own| &own.votes);
            votes.last().is_some_and(|vote| matches!(vote.status, VoteStatus::None(WhyNot::Stale(_))))
        };
        let has_voted = |role: &str| {
            let votes = passed().filter(|own| own.role.as_deref() == Some(role)).count();
            votes > 0 && !(is_stale(role) && votes < most as usize)
        };
        let mut open = roles.filter(|role| {
            let is_for_people = config.role(role).rules.people_only;
            !has_voted(role) && !is_for_people
        });
        open.find_map(|role| {
            let (executor, _) = executor_for(&self.rules.executors, Duty::Role(role), kind)?;
            Some((executor.to_owned(), Some(role.clone())))
        })
    }

    fn exhausted(&self, task: &Task, lost: u32) -> Decision {
        let last = self.of_task(task).next_back();
        let why = last.and_then(|last| last.message.clone()).unwrap_or_default();
        let times = if lost == 1 { "once".to_owned() } else { format!("{lost} times") };
        let logs = Suggestion::tracker(["run", "logs", self.run, task.id.as_str()]);
        let message = format!("failed {times}, and a person must look: {why}");
        let wait = TaskWait::new(message, Some(Fix::Run(logs)));
        Decision::Exhausted { failed: format!("failed {times}: {why}"), wait }
    }

    /// Does not start again what could not be started at all in this stage.
    fn unless_broken(&self, task: &Task, executor: String, role: Option<String>, lost: u32) -> Decision {
        let mut recent = self.executions.iter().skip(self.before);
        let last = recent.rfind(|own| own.task == task.id.as_str());
        let is_broken = last.is_some_and(|own| own.executor == executor && own.end.is_some_and(cannot_run));
        if is_broken { self.exhausted(task, lost.max(1)) } else { Decision::Works { executor, role } }
    }

    /// Says what a person can do for a task that no executor works on.
    fn for_person(&self, config: &Config, facts: &TaskFacts, missing: Vec<Missing>) -> Decision {
        let wait = match missing.into_iter().next() {
            Some(missing) => {
                let is_rejected = matches!(missing, Missing::Rejected { .. });
                let mut wait = progress::wait(self.session, config, facts, missing);
                let last = self.of_task(&facts.task).rfind(|own| own.role.is_none());
                if let Some(again) = last.filter(|own| is_rejected && own.rejections > 0) {
                    wait.message.push_str(&format!("; done again since, in attempt {}", again.attempt));
                }
                wait
            }
            None if config.signoffs_of(facts.task.stage.as_str()).is_empty() => {
                let advance = Suggestion::tracker(["advance", facts.task.id.as_str()]);
                let message = format!("no executor works for {}", facts.task.stage);
                TaskWait::new(message, Some(Fix::Run(advance)))
            }
            None => progress::work(config, &facts.task),
        };
        Decision::Person(wait)
    }

    /// Returns what to start for an executor.
    pub(in crate::ops) fn work_of(
        &self,
        config: &Config,
        facts: &TaskFacts,
        executor: &str,
        role: Option<&str>,
        own: OwnPlace,
    ) -> Work {
        let task = &facts.task;
        let rules = self.rules.executor(executor).cloned().unwrap_or_default();
        let place = role.unwrap_or(task.stage.as_str());
        let guide = self.rules.guides.get(place).or_else(|| self.rules.guides.get(executor));
        let missing = self.missing(config, facts, &facts.signoffs(config));
        let last = self.of_task(task).next_back();
        let last = last.filter(|last| matches!(last.outcome, Some(TaskOutcome::Stays | TaskOutcome::Failed)));
        let text = brief(&BriefOf {
            run: self.run,
            facts,
            role,
            prompt: guide.map(|guide| guide.prompt.as_str()),
            checklist: guide.map(|guide| guide.checklist.as_slice()).unwrap_or_default(),
            missing: &missing,
            last: last.and_then(|last| last.message.as_deref()),
            plan: own.plan.as_deref(),
            predecessors: &own.predecessors,
        });
        let mut variables = vec![
            ("TRACKER_RUN", self.run.to_owned()),
            ("TRACKER_TASK", task.id.to_string()),
            ("TRACKER_TASK_FILE", RecordPath::task_file(&task.id)),
            ("TRACKER_STAGE", task.stage.to_string()),
            ("TRACKER_FILES", task.files.join("\n")),
            ("TRACKER_AGENT", executor.to_owned()),
        ];
        variables.extend(role.map(|role| ("TRACKER_ROLE", role.to_owned())));
        variables.extend(own.variables);
        Work {
            task: task.id.to_string(),
            executor: executor.to_owned(),
            stage: task.stage.to_string(),
            role: role.map(str::to_owned),
            moves: task.history.len(),
            rejections: rejections(facts),
            command: rules.command,
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            brief: text,
            timeout: rules.timeout,
            folder: own.folder,
            base: own.base,
        }
    }
}

/// Returns how many rejections there are of a task in the stage that it is in, whoever has voted again since.
fn rejections(facts: &TaskFacts) -> usize {
    let is_rejection =
        |own: &&VoteRecord| own.vote.verdict == Verdict::Rejected && own.vote.stage == facts.task.stage;
    facts.votes.iter().filter(is_rejection).count()
}

/// Whether an attempt has ended because there is no such program, or it is none.
fn cannot_run(end: AttemptEnd) -> bool {
    matches!(end, AttemptEnd::Broken | AttemptEnd::Exit(125..=127))
}
