//! Executors: the commands that do the work of stages and roles where a run drives its tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Config, Stage};

/// `[executors.NAME]` of the configuration. One that names neither stages nor roles works for the one of its own name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Executor {
    /// The program and its arguments. It is started without a shell.
    pub command: Vec<String>,
    /// The stages whose work it does.
    pub stages: Vec<Stage>,
    /// The roles that it votes for.
    pub roles: Vec<String>,
    /// The types of tasks that it is for. Empty: all.
    pub types: Vec<String>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// The report that it writes, below the top of the working tree: findings of the task.
    pub report: Option<String>,
}

/// What an executor is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty<'d> {
    /// The work of a stage.
    Stage(&'d Stage),
    /// The vote of a role.
    Role(&'d str),
}

impl Executor {
    /// Whether it does this, where this is its name.
    #[must_use]
    pub fn serves(&self, name: &str, duty: Duty<'_>) -> bool {
        let is_plain = self.stages.is_empty() && self.roles.is_empty();
        match duty {
            Duty::Stage(stage) => self.stages.contains(stage) || is_plain && name == stage.as_str(),
            Duty::Role(role) => self.roles.iter().any(|own| own == role) || is_plain && name == role,
        }
    }
}

/// Returns the executor that does something for tasks of a type: one that is for this type before one that is for all, then
/// the first by name.
#[must_use]
pub fn executor_for<'c>(
    executors: &'c BTreeMap<String, Executor>,
    duty: Duty<'_>,
    kind: Option<&str>,
) -> Option<(&'c str, &'c Executor)> {
    let is_for = |executor: &Executor| {
        executor.types.is_empty() || kind.is_some_and(|kind| executor.types.iter().any(|own| own == kind))
    };
    let serving = executors.iter().filter(|(name, executor)| executor.serves(name, duty) && is_for(executor));
    serving
        .min_by_key(|(_, executor)| executor.types.is_empty())
        .map(|(name, executor)| (name.as_str(), executor))
}

impl Config {
    /// Whether a name is that of a stage of some pipeline.
    #[must_use]
    pub fn has_stage(&self, name: &str) -> bool {
        let typed = self.types.values().filter_map(|rules| rules.stages.as_deref());
        typed.chain([self.pipeline.stages.as_slice()]).flatten().any(|stage| stage.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executor_works_for_what_it_names_or_for_its_own_name() {
        let stage = |name: &str| Stage::parse(name).unwrap();
        let (qa, docs) = (stage("qa"), stage("docs"));
        let named =
            Executor { stages: vec![qa.clone()], roles: vec!["tester".into()], ..Executor::default() };
        assert!(named.serves("any", Duty::Stage(&qa)) && named.serves("any", Duty::Role("tester")));
        assert!(!named.serves("docs", Duty::Stage(&docs)), "its name means nothing where it says what for");
        let plain = Executor::default();
        assert!(plain.serves("docs", Duty::Stage(&docs)) && plain.serves("docs", Duty::Role("docs")));
        assert!(!plain.serves("docs", Duty::Stage(&qa)));
        let typed = Executor { types: vec!["bug".into()], stages: vec![qa.clone()], ..Executor::default() };
        let executors = BTreeMap::from([("a".to_owned(), named), ("b".to_owned(), typed)]);
        let name = |kind| executor_for(&executors, Duty::Stage(&qa), kind).map(|(name, _)| name);
        assert_eq!((name(Some("bug")), name(Some("docs")), name(None)), (Some("b"), Some("a"), Some("a")));
        assert_eq!(executor_for(&executors, Duty::Stage(&docs), None), None);
    }
}
