//! The rules of the director: what is looked at in all work in flight, and what is done about it. And budgets, which one of its
//! rules watches.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Cost, Problem, SprintId, Stage, TaskId};

/// What a rule of the director looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectorCheck {
    /// Of the commits of a task, one that changes `first` comes before, or is, the first that changes `then`.
    Order {
        /// Globs of the files that change first, such as tests.
        first: Vec<String>,
        /// Globs of the files that change after them.
        then: Vec<String>,
    },
    /// A task that changes `when` changes `then` as well.
    Together {
        /// Globs of the files whose change asks, such as models.
        when: Vec<String>,
        /// Globs of the files of which one must change as well, such as migrations.
        then: Vec<String>,
    },
    /// No more tasks are in progress than this, of each stage or of each person.
    Wip(WipOf, u32),
    /// No task is in a stage for longer.
    Age(Duration),
    /// No task is sent back more often.
    Loops(u32),
    /// No claim is there for longer after its lease has ended.
    Claims(Duration),
    /// No escalation waits for a decision for longer.
    Escalations(Duration),
    /// The gate accepts every branch.
    Gate,
    /// Of no worker this number of rounds has failed, one after the other.
    Failures(u32),
    /// No task and no sprint has cost as much as it may.
    Budget,
}

impl DirectorCheck {
    /// The words of the configuration.
    pub const NAMES: [&'static str; 10] =
        ["order", "together", "wip", "age", "loops", "claims", "escalations", "gate", "failures", "budget"];

    /// Returns the word of the configuration.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let at = match self {
            Self::Order { .. } => 0,
            Self::Together { .. } => 1,
            Self::Wip(..) => 2,
            Self::Age(_) => 3,
            Self::Loops(_) => 4,
            Self::Claims(_) => 5,
            Self::Escalations(_) => 6,
            Self::Gate => 7,
            Self::Failures(_) => 8,
            Self::Budget => 9,
        };
        Self::NAMES[at]
    }

    /// Whether each of its findings is about a task, which can be sent back.
    #[must_use]
    pub fn is_about_tasks(&self) -> bool {
        !matches!(self, Self::Escalations(_) | Self::Failures(_))
    }

    /// Whether it looks at what commits of tasks have changed.
    #[must_use]
    pub fn reads_commits(&self) -> bool {
        matches!(self, Self::Order { .. } | Self::Together { .. })
    }
}

/// Of what the work in progress is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WipOf {
    /// Of each stage.
    #[default]
    Stage,
    /// Of each assignee.
    Person,
}

/// Which workers a rule pauses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Pauses {
    /// None.
    #[default]
    Nobody,
    /// Those that a finding is about: the one that fails, the one whose escalation it is, the one that has claimed the task;
    /// where a budget is used up, all.
    Concerned,
    /// These.
    Named(Vec<String>),
}

/// `[[director.rule]]`: what is looked at, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorRule {
    /// Its name, which notes and reasons begin with.
    pub name: String,
    /// What it looks at.
    pub check: DirectorCheck,
    /// Only tasks in these stages; empty for all that have begun.
    pub stages: Vec<Stage>,
    /// Only tasks of these types; empty for all.
    pub types: Vec<String>,
    /// Whether a note is added to the task.
    pub notes: bool,
    /// Whether the task is sent back.
    pub sends_back: bool,
    /// Which workers are paused.
    pub pauses: Pauses,
}

impl DirectorRule {
    /// Whether it is about tasks of a type in a stage.
    #[must_use]
    pub fn is_for(&self, kind: Option<&str>, stage: &Stage) -> bool {
        (self.stages.is_empty() || self.stages.contains(stage))
            && (self.types.is_empty() || kind.is_some_and(|kind| self.types.iter().any(|own| own == kind)))
    }
}

/// What a name in the configuration is of, where only other records say whether there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedThing {
    /// A task with a budget of its own.
    Task,
    /// A sprint with a budget of its own.
    Sprint,
    /// A type of the tasks that a rule looks at.
    TaskType,
}

impl NamedThing {
    /// The word of messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Sprint => "sprint",
            Self::TaskType => "type",
        }
    }
}

/// A name in the configuration of what other records have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigName {
    /// What has it.
    pub of: NamedThing,
    /// The name.
    pub name: String,
    /// What is wrong where nothing has it, and the line.
    pub problem: Problem,
}

/// `[budgets]`: what tasks and sprints may cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Budgets {
    /// Each task.
    pub task: Option<Cost>,
    /// Each sprint.
    pub sprint: Option<Cost>,
    /// Tasks with a budget of their own.
    pub tasks: BTreeMap<TaskId, Cost>,
    /// Sprints with a budget of their own.
    pub sprints: BTreeMap<SprintId, Cost>,
}

impl Budgets {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns what a task may cost.
    #[must_use]
    pub fn of_task(&self, id: &str) -> Option<&Cost> {
        let own = self.tasks.iter().find(|(task, _)| task.as_str() == id);
        own.map(|(_, cost)| cost).or(self.task.as_ref())
    }

    /// Returns what a sprint may cost.
    #[must_use]
    pub fn of_sprint(&self, id: &str) -> Option<&Cost> {
        let own = self.sprints.iter().find(|(sprint, _)| sprint.as_ref() == id);
        own.map(|(_, cost)| cost).or(self.sprint.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_of_its_own_takes_the_place_of_the_one_of_all() {
        let of = |text: &str| Cost::parse(text).unwrap();
        let budgets = Budgets {
            task: Some(of("1 USD")),
            tasks: [(TaskId::parse("TASK-0NE1").unwrap(), of("5 USD"))].into(),
            ..Budgets::default()
        };
        assert_eq!(budgets.of_task("TASK-0NE1"), Some(&of("5 USD")));
        assert_eq!(budgets.of_task("TASK-TW02"), Some(&of("1 USD")));
        assert_eq!(budgets.of_sprint("SPRINT-1"), None);
        assert!(Budgets::default().is_empty() && !budgets.is_empty());
    }
}
