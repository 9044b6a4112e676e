//! The rules of the gate, one idea a file. Each looks at facts and judged tasks, and writes violations into a book.

mod brought;
mod commits;
mod files;
mod moves;
mod objections;
mod plans;
mod state;
mod votes;

pub(super) use files::is_policy_file;
pub(crate) use files::owned_paths;

use std::collections::{BTreeMap, HashSet};

use super::facts::RangeFacts;
use super::stage_exits::Judged;
use super::{RuleOutcome, Verdict, Violation};
use crate::model::{Config, GateRule, Level, TaskId};
use crate::policy::Fix;

/// Judges a range by every rule.
pub(super) fn judge(facts: &RangeFacts<'_>, config: &Config, tasks: &[Judged<'_>]) -> Verdict {
    let mut book = Violations { config, violations: Vec::new(), statuses: BTreeMap::new() };
    objections::judge(facts, &mut book);
    moves::judge(facts, tasks, &mut book);
    votes::judge(facts, tasks, &mut book);
    commits::judge(facts, tasks, &mut book);
    files::judge(facts, tasks, &mut book);
    state::judge(facts, tasks, &mut book);
    plans::judge(facts, &mut book);
    let mut verdict = book.close();
    brought::name_commits(facts, &mut verdict);
    verdict
}

/// Where violations are written down.
struct Violations<'c> {
    config: &'c Config,
    violations: Vec<(GateRule, Violation)>,
    statuses: BTreeMap<GateRule, String>,
}

/// What a violation is about, beside its message.
#[derive(Default)]
struct About<'a> {
    task: Option<&'a TaskId>,
    commit: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
    fix: Option<Fix>,
}

impl About<'_> {
    /// Returns the same with what fixes it.
    fn with(&self, fix: Option<Fix>) -> Self {
        Self { task: self.task, commit: self.commit, file: self.file, line: self.line, fix }
    }

    fn violation(self, rule: GateRule, level: Level, message: impl Into<String>) -> Violation {
        Violation {
            task: self.task.map(ToString::to_string),
            commit: self.commit.map(str::to_owned),
            file: self.file.map(str::to_owned),
            line: self.line,
            suggestion: self.fix,
            ..Violation::of(rule, level, message)
        }
    }
}

impl Violations<'_> {
    fn level_of(&self, rule: GateRule) -> Level {
        self.config.policy.gate.level_of(rule)
    }

    /// Writes a violation down at its rule's level.
    fn add(&mut self, rule: GateRule, message: impl Into<String>, about: About<'_>) {
        self.add_at(Level::Error, rule, message, about);
    }

    /// Writes a violation down that shuts the gate, whatever the level of its rule.
    fn add_always(&mut self, rule: GateRule, message: impl Into<String>, about: About<'_>) {
        self.violations.push((rule, about.violation(rule, Level::Error, message)));
    }

    /// Writes a violation down at a level that is no higher than its rule's.
    fn add_at(&mut self, most: Level, rule: GateRule, message: impl Into<String>, about: About<'_>) {
        let level = self.level_of(rule).min(most);
        if level == Level::Off {
            return;
        }
        self.violations.push((rule, about.violation(rule, level, message)));
    }

    fn note(&mut self, rule: GateRule, text: impl Into<String>) {
        self.statuses.insert(rule, text.into());
    }

    fn close(mut self) -> Verdict {
        self.violations.sort_by(|(one, a), (other, b)| {
            let key = |violation: &Violation| {
                (
                    !violation.is_error(),
                    violation.task.clone(),
                    violation.commit.clone(),
                    violation.file.clone(),
                    violation.message.clone(),
                )
            };
            (one, key(a)).cmp(&(other, key(b)))
        });
        // What shuts the gate is not set once more as a warning.
        let mut known = HashSet::new();
        self.violations.retain(|(rule, own)| {
            known.insert((*rule, own.task.clone(), own.commit.clone(), own.file.clone(), own.message.clone()))
        });
        let count = |rule: GateRule, is_error: bool| {
            let own = self
                .violations
                .iter()
                .filter(|(of, violation)| *of == rule && violation.is_error() == is_error);
            own.count()
        };
        let rules: Vec<RuleOutcome> = GateRule::ALL
            .into_iter()
            .map(|rule| RuleOutcome {
                rule,
                level: self.level_of(rule),
                errors: count(rule, true),
                warnings: count(rule, false),
                status: self.statuses.get(&rule).cloned(),
            })
            .collect();
        let sum = |of: &dyn Fn(&RuleOutcome) -> usize| rules.iter().map(of).sum();
        Verdict {
            errors: sum(&|rule| rule.errors),
            warnings: sum(&|rule| rule.warnings),
            rules,
            violations: self.violations.into_iter().map(|(_, violation)| violation).collect(),
        }
    }
}
