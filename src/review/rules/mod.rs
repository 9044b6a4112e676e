//! The rules of the gate, one idea a file. Each looks at facts and judged tasks, and writes breaches into a book.

mod commits;
mod files;
mod histories;
mod moves;
mod owners;
mod state;
mod votes;

pub(super) use files::{Cover, is_policy};

use std::collections::BTreeMap;

use super::facts::RangeFacts;
use super::passes::Judged;
use super::{Breach, RuleOutcome, Verdict};
use crate::model::{Config, GateRule, Level, TaskId};

/// Judges a range by every rule.
pub(super) fn judge(facts: &RangeFacts<'_>, config: &Config, tasks: &[Judged<'_>]) -> Verdict {
    let mut book = Book { config, breaches: Vec::new(), remarks: BTreeMap::new() };
    histories::judge(facts, tasks, &mut book);
    moves::judge(facts, tasks, &mut book);
    votes::judge(facts, tasks, &mut book);
    owners::judge(facts, &mut book);
    commits::judge(facts, tasks, &mut book);
    files::judge(facts, tasks, &mut book);
    state::judge(facts, tasks, &mut book);
    book.close()
}

/// Where breaches are written down.
struct Book<'c> {
    config: &'c Config,
    breaches: Vec<(GateRule, Breach)>,
    remarks: BTreeMap<GateRule, String>,
}

/// What a breach is about, beside its message.
#[derive(Default)]
struct About<'a> {
    task: Option<&'a TaskId>,
    commit: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
    mend: Option<String>,
}

impl Book<'_> {
    fn level_of(&self, rule: GateRule) -> Level {
        self.config.policy.gate.level_of(rule)
    }

    /// Writes a breach down at its rule's level.
    fn add(&mut self, rule: GateRule, message: impl Into<String>, about: About<'_>) {
        self.add_at(Level::Error, rule, message, about);
    }

    /// Writes a breach down at a level that is no higher than its rule's.
    fn add_at(&mut self, most: Level, rule: GateRule, message: impl Into<String>, about: About<'_>) {
        let level = self.level_of(rule).min(most);
        if level == Level::Off {
            return;
        }
        let breach = Breach {
            task: about.task.map(ToString::to_string),
            commit: about.commit.map(str::to_owned),
            file: about.file.map(str::to_owned),
            line: about.line,
            mend: about.mend,
            ..Breach::of(rule, level, message)
        };
        self.breaches.push((rule, breach));
    }

    fn remark(&mut self, rule: GateRule, text: impl Into<String>) {
        self.remarks.insert(rule, text.into());
    }

    fn close(mut self) -> Verdict {
        self.breaches.sort_by(|(one, a), (other, b)| {
            let key = |breach: &Breach| {
                (
                    !breach.is_error(),
                    breach.task.clone(),
                    breach.commit.clone(),
                    breach.file.clone(),
                    breach.message.clone(),
                )
            };
            (one, key(a)).cmp(&(other, key(b)))
        });
        self.breaches.dedup();
        let count = |rule: GateRule, is_error: bool| {
            let own =
                self.breaches.iter().filter(|(of, breach)| *of == rule && breach.is_error() == is_error);
            own.count()
        };
        let rules: Vec<RuleOutcome> = GateRule::ALL
            .into_iter()
            .map(|rule| RuleOutcome {
                rule: rule.as_str().to_owned(),
                level: self.level_of(rule).as_str().to_owned(),
                errors: count(rule, true),
                warnings: count(rule, false),
                remark: self.remarks.get(&rule).cloned(),
            })
            .collect();
        let sum = |of: &dyn Fn(&RuleOutcome) -> usize| rules.iter().map(of).sum();
        Verdict {
            errors: sum(&|rule| rule.errors),
            warnings: sum(&|rule| rule.warnings),
            rules,
            breaches: self.breaches.into_iter().map(|(_, breach)| breach).collect(),
        }
    }
}
