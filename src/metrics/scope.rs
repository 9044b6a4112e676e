//! A sprint's scope at a moment: who is in it, with which estimate, and what changed on the way.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Scope, ScopeChangeKind};
use crate::model::{Minutes, TaskId};

/// The scope at a moment, and what changed since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeState<'s> {
    /// The tasks in it, with their estimates.
    pub members: BTreeMap<&'s TaskId, Option<Minutes>>,
    /// Tasks that came in.
    pub added: BTreeSet<&'s TaskId>,
    /// Tasks that went out.
    pub removed: BTreeSet<&'s TaskId>,
    /// Tasks whose estimate changed while they were in it.
    pub re_estimated: BTreeSet<&'s TaskId>,
}

impl Scope {
    /// Returns what was committed; of a task that is named twice the first entry counts.
    #[must_use]
    pub fn commitment(&self) -> BTreeMap<&TaskId, Option<Minutes>> {
        let mut committed = BTreeMap::new();
        for entry in &self.committed {
            committed.entry(&entry.task).or_insert(entry.estimate);
        }
        committed
    }

    /// Returns the scope at a moment, changes of that moment included. A change that changes nothing does not count:
    /// adding what is in, removing or estimating what is not, estimating the same.
    #[must_use]
    pub fn at(&self, moment: DateTime<Utc>) -> ScopeState<'_> {
        let mut state = ScopeState { members: self.commitment(), ..ScopeState::default() };
        let mut changes: Vec<_> = self.changes.iter().filter(|change| change.at <= moment).collect();
        changes.sort_by_key(|change| change.at);
        for change in changes {
            state.apply(&change.task, change.change);
        }
        state
    }
}

impl<'s> ScopeState<'s> {
    fn apply(&mut self, task: &'s TaskId, change: ScopeChangeKind) {
        match (change, self.members.get(task)) {
            (ScopeChangeKind::Added(estimate), None) => {
                self.members.insert(task, estimate);
                self.added.insert(task);
            }
            (ScopeChangeKind::Removed, Some(_)) => {
                self.members.remove(task);
                self.removed.insert(task);
            }
            (ScopeChangeKind::Estimated(estimate), Some(old)) if *old != estimate => {
                self.members.insert(task, estimate);
                self.re_estimated.insert(task);
            }
            _ => {}
        }
    }
}
