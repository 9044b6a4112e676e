//! One task with all that the machine looks at, to be changed and asked.

use chrono::{DateTime, Utc};

use crate::model::{Config, Finding, OpenBox, Person, Problem, Task, TaskId, Verdict};
use crate::policy::Refusal;
use crate::policy::machine::gate::Gate;
use crate::policy::machine::{Case, MovePlan, advance, auto_advance, gate};
use crate::policy::tests::example::{ADA, KEN, config, in_order, task_in, vote_record};
use crate::policy::{TaskEvidence, VoteRecord, judge};

/// A task with all that is known of it.
pub(super) struct World {
    pub(super) task: Task,
    pub(super) config: Config,
    pub(super) records: Vec<VoteRecord>,
    pub(super) findings: Vec<Finding>,
    pub(super) unreadable: Vec<Problem>,
    pub(super) open_boxes: Vec<OpenBox>,
    pub(super) waits_for: Vec<TaskId>,
}

pub(super) fn world(stage: &str) -> World {
    World {
        task: task_in(stage),
        config: config(),
        records: Vec::new(),
        findings: Vec::new(),
        unreadable: Vec::new(),
        open_boxes: Vec::new(),
        waits_for: Vec::new(),
    }
}

impl World {
    pub(super) fn with<T>(&self, ask: impl FnOnce(&Case<'_>) -> T) -> T {
        let records = in_order(&self.records);
        let signoffs = judge(&self.task, &self.config, &records, "c", Person::clone);
        ask(&Case {
            task: &self.task,
            config: &self.config,
            signoffs: &signoffs,
            findings: &self.findings,
            unreadable: &self.unreadable,
            open_boxes: &self.open_boxes,
            waits_for: &self.waits_for,
            evidence: TaskEvidence::NONE,
            actor: "ada",
            agent: None,
            now: now(),
        })
    }

    pub(super) fn advance(&self) -> Result<MovePlan, Refusal> {
        self.with(|case| advance(case, None))
    }

    pub(super) fn auto(&self) -> Option<MovePlan> {
        self.with(auto_advance)
    }

    pub(super) fn gate(&self) -> Gate {
        self.with(gate)
    }

    pub(super) fn signed_off(mut self) -> Self {
        let votes = [(1, ADA, "reviewer"), (2, ADA, "tester"), (3, KEN, "tester")];
        self.records =
            votes.map(|(minute, who, role)| vote_record(minute, who, role, Verdict::Approved)).to_vec();
        self
    }
}

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}
