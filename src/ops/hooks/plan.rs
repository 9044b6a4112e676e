//! What a commit earns: from its message and from what it changed of votes and tasks, judged from its parent's state.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::doc::{Document, Edit, Value};
use crate::git::CommitId;
use crate::model::{Config, Minutes, Stage, Task, TaskId};
use crate::ops::moves::edits_of;
use crate::ops::session::parse;
use crate::ops::signoffs::{Dossier, Files, said_of};
use crate::ops::{Refusal, Result};
use crate::policy::{self, Action, Directives, MovePlan};
use crate::store::{Layout, Snapshot, TaskFile};

/// A commit, or one that is about to be made.
pub(super) struct Occasion<'a> {
    pub(super) repository: &'a crate::git::Repository,
    pub(super) config: &'a Config,
    /// The records of its parent.
    pub(super) before: &'a Snapshot,
    /// Its own records.
    pub(super) after: &'a Snapshot,
    /// Where linked commits are looked for.
    pub(super) tip: Option<CommitId>,
    pub(super) directives: &'a Directives,
    /// The paths that the commit changed.
    pub(super) changed: &'a [String],
    pub(super) author: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// What one task is to become.
pub(super) struct Planned {
    pub(super) id: TaskId,
    pub(super) path: String,
    pub(super) edits: Vec<Edit>,
    pub(super) said: Vec<String>,
}

/// What a commit earns, and what it asks for in vain.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Planned>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) unknown: Vec<TaskId>,
}

impl Occasion<'_> {
    /// Plans what becomes of every task that the commit names or touches.
    pub(super) fn plan(&self) -> Result<Plan> {
        let mut plan = Plan::default();
        let named: BTreeSet<TaskId> = self.directives.tasks().into_iter().cloned().collect();
        let touched = self.touched();
        for id in named.union(&touched) {
            let Some(file) = self.after.task_file(id)? else {
                self.note_unknown(id, &mut plan);
                continue;
            };
            // A document that is broken is reported by every command; a commit must go on.
            let Ok(task) = parse(&file) else { continue };
            self.plan_task(&file, task, named.contains(id), touched.contains(id), &mut plan)?;
        }
        Ok(plan)
    }

    /// An id in prose or of another tracker is nobody's mistake.
    fn note_unknown(&self, id: &TaskId, plan: &mut Plan) {
        let mut own = self.directives.directives.iter().filter(|directive| directive.task == *id);
        if own.any(|directive| !directive.is_borrowed || id.prefix() == self.config.id_prefix) {
            plan.unknown.push(id.clone());
        }
    }

    /// Returns the tasks whose record or votes the commit changed.
    fn touched(&self) -> BTreeSet<TaskId> {
        let task_of = |path: &String| {
            let record =
                path.strip_prefix(Layout::TASKS).and_then(|rest| rest.strip_prefix('/')?.strip_suffix(".md"));
            let vote =
                || path.strip_prefix(Layout::SIGNOFFS)?.strip_prefix('/')?.split_once('/').map(|(id, _)| id);
            TaskId::parse(record.or_else(vote)?).ok()
        };
        self.changed.iter().filter_map(task_of).collect()
    }

    fn plan_task(
        &self,
        file: &TaskFile,
        task: Task,
        is_named: bool,
        is_touched: bool,
        plan: &mut Plan,
    ) -> Result<()> {
        let before = self.before.task_file(&task.id)?.and_then(|file| parse(&file).ok());
        let was = before.as_ref().map_or_else(Stage::none, |task| task.stage.clone());
        let has_moved = task.stage != was;
        let (mut edits, mut said) = self.field_edits(before.as_ref(), &task);
        if !has_moved {
            let moves = self.moves(task, is_named, is_touched, plan)?;
            for step in &moves {
                edits.extend(edits_of(step));
                said.push(said_of(step));
            }
        }
        if !edits.is_empty() {
            let id = file.id.clone();
            plan.tasks.push(Planned { id, path: file.path.clone(), edits, said });
        }
        Ok(())
    }

    /// Returns the edits of `Block`, `Unblock` and `Time`. What the commit holds already is not done again.
    fn field_edits(&self, before: Option<&Task>, after: &Task) -> (Vec<Edit>, Vec<String>) {
        let (mut edits, mut said) = (Vec::new(), Vec::new());
        let mut spent = None;
        for directive in self.directives.directives.iter().filter(|directive| directive.task == after.id) {
            match &directive.action {
                Action::Block(why) if after.blocked.is_none() => {
                    let why = if why.is_empty() { "by a commit" } else { why };
                    edits.push(Edit::Set { key: "blocked".to_owned(), value: Value::Text(why.to_owned()) });
                    said.push(format!("blocked: {why}"));
                }
                Action::Unblock if after.blocked.is_some() => {
                    edits.push(Edit::Remove { key: "blocked".to_owned() });
                    said.push("no longer blocked by hand".to_owned());
                }
                Action::Time(time) => *spent.get_or_insert(0) += time.0,
                _ => {}
            }
        }
        let spent_before = before.and_then(|task| task.spent).unwrap_or_default();
        if let Some(spent) = spent
            && after.spent.unwrap_or_default() == spent_before
        {
            let total = Minutes(spent_before.0.saturating_add(spent));
            edits.push(Edit::Set { key: "spent".to_owned(), value: Value::Text(total.to_string()) });
            said.push(format!("spent {} more, {total} in all", Minutes(spent)));
        }
        (edits, said)
    }

    /// Returns the moves of one task, each judged in the state that the one before leaves.
    fn moves(&self, task: Task, is_named: bool, is_touched: bool, plan: &mut Plan) -> Result<Vec<MovePlan>> {
        let files = Files::at(self.repository, self.after, self.tip, self.config);
        let id = task.id.clone();
        let own = self.directives.directives.iter().filter(|directive| directive.task == id);
        let actions: Vec<&Action> = own.map(|directive| &directive.action).collect();
        let is_wanted = actions.iter().any(|action| matches!(action, Action::Advance | Action::Fail(_)));
        let is_open = task.cancelled.is_none() && !task.stage.is_complete();
        let begins = is_named && is_open && task.stage.is_none();
        let asks = !self.config.signoffs_of(task.stage.as_str()).is_empty();
        let is_nothing_asked = !(is_wanted || begins || is_touched && asks);
        if is_nothing_asked {
            return Ok(Vec::new());
        }
        let mut moves = Vec::new();
        let mut dossier = Dossier::of(&files, task)?;
        if begins {
            let step = self.judged(&dossier, |case| policy::start(case).map(policy::Outcome::plan));
            match step {
                Ok(Some(step)) => self.take(step, &mut dossier, &mut moves),
                Ok(None) => {}
                // A link begins a task where it can; only a directive that asks for a move insists.
                Err(refusal) if is_wanted => plan.refusals.push(refusal.into()),
                Err(_) => return Ok(moves),
            }
        }
        for action in &actions {
            let step = match action {
                Action::Advance => self.judged(&dossier, |case| policy::advance(case, None)),
                Action::Fail(why) => self.judged(&dossier, |case| policy::fail(case, why)),
                _ => continue,
            };
            match step {
                Ok(step) => self.take(step, &mut dossier, &mut moves),
                Err(refusal) => plan.refusals.push(refusal.into()),
            }
        }
        if moves.is_empty() && is_touched {
            let signoffs = dossier.signoffs(self.config);
            moves.extend(policy::auto_advance(&dossier.case(self.config, &signoffs, self.author, self.at)));
        }
        Ok(moves)
    }

    fn judged<T>(
        &self,
        dossier: &Dossier,
        ask: impl Fn(&policy::Case<'_>) -> std::result::Result<T, policy::Refusal>,
    ) -> std::result::Result<T, policy::Refusal> {
        let signoffs = dossier.signoffs(self.config);
        ask(&dossier.case(self.config, &signoffs, self.author, self.at))
    }

    fn take(&self, step: MovePlan, dossier: &mut Dossier, moves: &mut Vec<MovePlan>) {
        step.apply(&mut dossier.task);
        moves.push(step);
    }
}

/// Splices edits into a text of a task's file; none where that text does not allow it.
pub(super) fn edited(bytes: &[u8], edits: &[Edit]) -> Option<Vec<u8>> {
    Some(Document::markdown(bytes).ok()?.edit(edits).ok()?.into_bytes())
}
