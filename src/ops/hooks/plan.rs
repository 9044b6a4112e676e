//! What a commit earns: from its message and from what it changed of votes and tasks, judged from its parent's state.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::times::{Times, times_of};
use crate::doc::{Document, Edit, Value, read_task};
use crate::facts::{FactsReader, Prefixes, TaskFacts, has_failed};
use crate::git::CommitId;
use crate::model::{
    Config, Minutes, Move, MoveKind, RecordKind, RecordPath, Stage, Task, TaskId, is_daily_record,
};
use crate::ops::Result;
use crate::ops::moves::move_edits;
use crate::ops::session::parse;
use crate::ops::signoffs::{rejected_because, summary_of};
use crate::policy::{self, Action, Directives, MovePlan};
use crate::store::{Snapshot, TaskFile, Workspace};

/// A commit, or one that is about to be made.
pub(super) struct CommitContext<'a> {
    pub(super) repository: &'a crate::git::Repository,
    pub(super) config: &'a Config,
    /// The records of its parent.
    pub(super) before: &'a Snapshot,
    /// Its own records.
    pub(super) own: &'a Snapshot,
    /// The records that are to be changed: its own, or later ones.
    pub(super) after: &'a Snapshot,
    /// The records that go along from the working tree, in place of its own.
    pub(super) along: &'a BTreeMap<TaskId, TaskFile>,
    /// Returns the task as the commits after it have it; of a commit just made there are none.
    pub(super) later: &'a dyn Fn(&TaskId) -> Result<Vec<Task>>,
    pub(super) times: TimeRule<'a>,
    /// Where linked commits are looked for.
    pub(super) tip: Option<CommitId>,
    pub(super) directives: &'a Directives,
    /// The paths that the commit changed.
    pub(super) changed: &'a [String],
    pub(super) author: &'a str,
    /// The agent that commits for its author, where the commit is being made.
    pub(super) agent: Option<String>,
    pub(super) at: DateTime<Utc>,
    /// What time it is now.
    pub(super) now: DateTime<Utc>,
}

/// Which time is added to a record.
#[derive(Clone, Copy)]
pub(super) enum TimeRule<'a> {
    /// What the message says, of a commit that was just made, unless its record shows it.
    New {
        /// The message of the commit that it replaces, where it was amended.
        amended: Option<&'a Times>,
    },
    /// What was found to be missing.
    Missing(&'a Times),
}

/// What one task is to become.
pub(super) struct Planned {
    pub(super) id: TaskId,
    pub(super) path: String,
    pub(super) edits: Vec<Edit>,
    /// The text that goes along from the working tree, in place of the commit's.
    pub(super) along: Option<Vec<u8>>,
    /// Minutes to add to what was spent.
    pub(super) spent: i64,
    pub(super) messages: Vec<String>,
    /// Whether it is complete then.
    pub(super) completes: bool,
}

impl Planned {
    /// Says that the text of the working tree went along; none where the commit's own was edited.
    pub(super) fn along_message(&self) -> Option<String> {
        self.along.as_ref().map(|_| format!("{}  added {}, which goes along", self.id, self.path))
    }

    /// Splices what is planned into a text of the task's file; none where that text does not allow it. Time is added to
    /// what this text has.
    pub(super) fn edited(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut edits = self.edits.clone();
        if self.spent != 0 {
            let spent = plus(read_task(bytes).ok()?.spent, self.spent);
            edits.push(match spent {
                Minutes(0) => Edit::Remove { key: "spent".to_owned() },
                spent => Edit::Set { key: "spent".to_owned(), value: Value::Text(spent.to_string()) },
            });
        }
        Some(Document::markdown(bytes).ok()?.edit(&edits).ok()?.into_bytes())
    }
}

fn plus(spent: Option<Minutes>, added: i64) -> Minutes {
    let sum = i64::from(spent.unwrap_or_default().0) + added;
    Minutes(u32::try_from(sum.max(0)).unwrap_or(u32::MAX))
}

/// What a commit earns, and what it requires in vain.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Planned>,
    pub(super) refusals: Vec<policy::Refusal>,
    pub(super) unknown: Vec<TaskId>,
    /// What else was not done, and why.
    pub(super) left: Vec<String>,
}

impl CommitContext<'_> {
    /// Plans what becomes of every task that the commit names or touches.
    pub(super) fn plan(&self) -> Result<Plan> {
        let mut plan = Plan::default();
        let named: BTreeSet<TaskId> = self.directives.tasks().into_iter().cloned().collect();
        let touched = self.touched();
        for id in named.union(&touched) {
            let along = self.along.get(id).cloned();
            let Some(file) = along.map_or_else(|| self.after.task_file(id), |file| Ok(Some(file)))? else {
                self.note_unknown(id, &mut plan)?;
                continue;
            };
            // A document that is broken is reported by every command; a commit must go on.
            let Ok(task) = parse(&file) else { continue };
            self.plan_task(&file, task, named.contains(id), touched.contains(id), &mut plan)?;
        }
        Ok(plan)
    }

    /// Returns a task as the commit has it, with what goes along.
    pub(super) fn own_task(&self, id: &TaskId) -> Result<Option<Task>> {
        match self.along.get(id) {
            Some(file) => Ok(file.parse().ok()),
            None => Ok(self.own.readable_task(id)?),
        }
    }

    /// An id in prose or of another tracker is nobody's mistake.
    fn note_unknown(&self, id: &TaskId, plan: &mut Plan) -> Result<()> {
        let own: Vec<_> = self.directives.directives.iter().filter(|own| own.task == *id).collect();
        if own.is_empty() {
            return Ok(());
        }
        let prefixes = Prefixes::of(self.after, self.config)?;
        if own.iter().any(|directive| prefixes.is_meant(directive)) {
            plan.unknown.push(id.clone());
        }
        Ok(())
    }

    /// Returns the tasks whose record or votes the commit changed.
    fn touched(&self) -> BTreeSet<TaskId> {
        let task_of = |path: &String| match RecordPath::parse(path)? {
            RecordPath::Task(task)
            | RecordPath::OfTask { kind: RecordKind::Vote | RecordKind::Evidence, task, .. } => Some(task),
            _ => None,
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
        let before = self.before.readable_task(&task.id)?;
        let (mut edits, mut messages) = self.field_edits(&task)?;
        let spent = self.spent(before.as_ref(), &task, plan)?;
        if spent != 0 {
            let (sum, change) =
                (plus(task.spent, spent), Minutes(u32::try_from(spent.abs()).unwrap_or(u32::MAX)));
            let less = if spent < 0 { "less" } else { "more" };
            messages.push(format!("spent {change} {less}, {sum} in all"));
        }
        let is_unassigned = task.assignee.is_none();
        let made = self.made(before.as_ref(), &task)?;
        let moves = self.moves(task, &made, is_named, is_touched, plan)?;
        for step in &moves {
            edits.extend(move_edits(&step.step));
            messages.push(summary_of(step));
        }
        // Whoever starts a task by a command gets it, too.
        if is_unassigned && moves.iter().any(|step| step.step.kind == MoveKind::Start) {
            let value = Value::Text(self.author.to_owned());
            edits.push(Edit::Set { key: "assignee".to_owned(), value });
        }
        let completes = moves.last().is_some_and(|step| step.to().is_complete());
        let along = self.along.get(&file.id).map(|file| file.bytes.clone());
        if !edits.is_empty() || spent != 0 || along.is_some() {
            let (id, path) = (file.id.clone(), file.path.clone());
            plan.tasks.push(Planned { id, path, edits, along, spent, messages, completes });
        }
        Ok(())
    }

    /// Returns the moves that the commit contains already, and those that were made afterwards: for it, with its author's
    /// name and time, or later, out of the stage that it was to leave.
    fn made(&self, before: Option<&Task>, after: &Task) -> Result<Vec<Move>> {
        let own = self.own_task(&after.id)?;
        let since = before.map_or(0, |task| task.history.len());
        let brought_along = own.iter().flat_map(|task| task.history.iter().skip(since));
        let is_its = |step: &&Move| step.by == self.author && step.at.timestamp() == self.at.timestamp();
        let is_later = |step: &&Move| step.at > self.at && !step.from.is_none();
        let contained = own.as_ref().map_or(since, |task| task.history.len());
        let later = after.history.iter().enumerate().skip(since);
        let later = later.filter(|(at, step)| is_its(step) || *at >= contained && is_later(step));
        let later = later.map(|(_, step)| step);
        let mut made: Vec<Move> = brought_along.chain(later).cloned().collect();
        let was = before.map_or_else(Stage::none, |task| task.stage.clone());
        if let Some(own) = own.filter(|own| made.is_empty() && own.stage != was) {
            // Moved by hand, with no word in the history.
            made.push(Move {
                at: self.at,
                by: self.author.to_owned(),
                agent: None,
                from: was,
                to: own.stage,
                kind: MoveKind::Advance,
                why: None,
                signature: None,
            });
        }
        Ok(made)
    }

    /// Returns the minutes to add to a task's record. A record that the commit changes by another time than its message
    /// says was changed by hand, and is left so.
    fn spent(&self, before: Option<&Task>, after: &Task, plan: &mut Plan) -> Result<i64> {
        let amended = match self.times {
            TimeRule::Missing(times) => return Ok(times.get(&after.id).copied().unwrap_or_default().into()),
            TimeRule::New { amended } => amended.and_then(|times| times.get(&after.id)),
        };
        let time = times_of(self.directives).get(&after.id).copied().unwrap_or_default();
        if time == 0 && amended.is_none() {
            return Ok(0);
        }
        let own = self.own_task(&after.id)?;
        let spent = |task: Option<&Task>| i64::from(task.and_then(|task| task.spent).unwrap_or_default().0);
        let shown = spent(own.as_ref()) - spent(before);
        let is_of_amended = amended.is_some_and(|time| i64::from(*time) == shown);
        if shown == 0 || is_of_amended {
            return Ok(i64::from(time) - shown);
        }
        if time > 0 && shown != i64::from(time) {
            let minutes = Minutes(time);
            plan.left.push(format!(
                "{}: the commit changes `spent` itself, so `Time: {minutes}` was not added",
                after.id
            ));
        }
        Ok(0)
    }

    /// Returns the edits of `Block` and `Unblock`. What the commit contains already is not done again.
    fn field_edits(&self, after: &Task) -> Result<(Vec<Edit>, Vec<String>)> {
        let (mut edits, mut messages) = (Vec::new(), Vec::new());
        for directive in self.directives.directives.iter().filter(|directive| directive.task == after.id) {
            match &directive.action {
                Action::Block(why) if after.blocked.is_none() && !self.was_blocked_since(&after.id)? => {
                    edits.push(Edit::Set { key: "blocked".to_owned(), value: Value::Text(why.to_owned()) });
                    messages.push(format!("blocked: {why}"));
                }
                Action::Unblock if after.blocked.is_some() && !self.was_unblocked_since(&after.id)? => {
                    edits.push(Edit::Remove { key: "blocked".to_owned() });
                    messages.push("no longer blocked by hand".to_owned());
                }
                _ => {}
            }
        }
        Ok((edits, messages))
    }

    /// Whether the commit's block was there once, in the commit itself or later: then whoever lifted it meant
    /// to.
    fn was_blocked_since(&self, id: &TaskId) -> Result<bool> {
        let own = self.own_task(id)?;
        Ok(own.is_some_and(|task| task.blocked.is_some())
            || (self.later)(id)?.iter().any(|task| task.blocked.is_some()))
    }

    /// Whether the block that is there now is not the one that the commit lifts: that one was lifted later, or
    /// was not there, and this one came later.
    fn was_unblocked_since(&self, id: &TaskId) -> Result<bool> {
        let own = self.own_task(id)?;
        let was_blocked = own.is_some_and(|task| task.blocked.is_some());
        Ok((self.later)(id)?.iter().any(|task| task.blocked.is_some() != was_blocked))
    }

    /// Returns the moves of one task, each judged in the state that the one before leaves.
    fn moves(
        &self,
        task: Task,
        made: &[Move],
        is_named: bool,
        is_touched: bool,
        plan: &mut Plan,
    ) -> Result<Vec<MovePlan>> {
        let reader = FactsReader::new(self.repository, self.after, self.tip, self.config, self.now);
        let id = task.id.clone();
        let own = self.directives.directives.iter().filter(|directive| directive.task == id);
        // Where the commit has left a stage already, it has done what it requires: it is amended, or moved by hand.
        let is_done = made.iter().any(leaves_a_stage);
        let requested = own.map(|directive| (&directive.action, directive.is_borrowed));
        let requested =
            requested.filter(|(action, _)| matches!(action, Action::Advance | Action::Fail(_)) && !is_done);
        let actions: Vec<(&Action, bool)> = requested.collect();
        let is_requested = !actions.is_empty();
        let is_open = task.cancelled.is_none() && !task.stage.is_complete();
        // Whoever plans, votes or notes does not begin the work.
        let is_work = self.changed.is_empty() || !self.changed.iter().all(|path| is_daily_record(path));
        let begins =
            is_named && is_open && task.stage.is_none() && made.is_empty() && (is_requested || is_work);
        let requires_signoffs = !self.config.signoffs_of(task.stage.as_str()).is_empty();
        let has_no_action = !(is_requested || begins || is_touched && requires_signoffs && !is_done);
        if has_no_action {
            return Ok(Vec::new());
        }
        let mut moves = Vec::new();
        let mut facts = match self.may_have_votes(&task)? {
            true => reader.task(task)?,
            false => TaskFacts::without_votes(self.after, task)?,
        };
        if begins {
            let step = self.judged(&facts, |case| policy::start(case).map(policy::Outcome::plan));
            match step {
                Ok(Some(step)) => self.take(step, &mut facts, &mut moves),
                Ok(None) => {}
                // A link begins a task where it can; only a directive that requires a move insists.
                Err(refusal) if is_requested => plan.refusals.push(refusal),
                Err(_) => return Ok(moves),
            }
        }
        for (action, is_borrowed) in &actions {
            self.follow(action, *is_borrowed, &mut facts, &mut moves, plan);
        }
        if moves.is_empty() && is_touched && !is_done {
            moves.extend(self.by_votes(&facts));
        }
        Ok(moves)
    }

    /// Follows one directive. `Closes:` and its like request the end: the task goes as far as it has earned.
    fn follow(
        &self,
        action: &Action,
        is_borrowed: bool,
        facts: &mut TaskFacts,
        moves: &mut Vec<MovePlan>,
        plan: &mut Plan,
    ) {
        let step = match action {
            Action::Advance => self.judged(facts, |case| policy::advance(case, None)),
            Action::Fail(why) => self.judged(facts, |case| policy::fail(case, why)),
            _ => return,
        };
        match step {
            Ok(step) => self.take(step, facts, moves),
            Err(refusal) => return plan.refusals.push(refusal),
        }
        while is_borrowed && !facts.task.stage.is_complete() {
            match self.judged(facts, |case| policy::advance(case, None)) {
                Ok(step) => self.take(step, facts, moves),
                Err(refusal) => return plan.left.push(stopped(&facts.task, &refusal)),
            }
        }
    }

    /// Whether git must be read for what the votes on a task cover, and for those that are gone: votes are
    /// there, or requested in its stage or in the one it may begin with, or it has been sent back once.
    fn may_have_votes(&self, task: &Task) -> Result<bool> {
        let first = self.config.stages_of(task.kind.as_deref()).first().filter(|_| task.stage.is_none());
        let requires_votes = [Some(&task.stage), first].into_iter().flatten().any(|stage| {
            let stage = stage.as_str();
            !self.config.signoffs_of(stage).is_empty() || self.config.requires_evidence(stage)
        });
        let has_failed = has_failed(task);
        Ok(requires_votes
            || has_failed
            || !self.after.list(&RecordKind::Vote.folder_of(&task.id))?.is_empty())
    }

    /// Returns the move that votes make by themselves.
    fn by_votes(&self, facts: &TaskFacts) -> Option<MovePlan> {
        let signoffs = facts.signoffs(self.config);
        let case = facts.case(self.config, &signoffs, (self.author, self.agent.as_deref()), self.at);
        match self.new_rejection(&signoffs) {
            Some(why) => policy::fail(&case, &why).ok(),
            None => policy::auto_advance(&case),
        }
    }

    /// Returns why a rejection that the commit brings sends the task back. One of an earlier round has done so.
    fn new_rejection(&self, signoffs: &policy::Signoffs<'_>) -> Option<String> {
        let folder = RecordKind::Vote.folder_of(&signoffs.task);
        let is_new = |vote: &&policy::JudgedVote<'_>| {
            let path = format!("{folder}/{}", vote.record.name);
            vote.status == policy::VoteStatus::Rejection
                && vote.record.vote.round == signoffs.round
                && self.changed.contains(&path)
        };
        let found = signoffs.roles.iter().flat_map(|role| &role.votes).find(is_new)?;
        Some(rejected_because(&found.record.vote))
    }

    fn judged<T>(
        &self,
        facts: &TaskFacts,
        ask: impl Fn(&policy::Case<'_>) -> std::result::Result<T, policy::Refusal>,
    ) -> std::result::Result<T, policy::Refusal> {
        let signoffs = facts.signoffs(self.config);
        ask(&facts.case(self.config, &signoffs, (self.author, self.agent.as_deref()), self.at))
    }

    fn take(&self, step: MovePlan, facts: &mut TaskFacts, moves: &mut Vec<MovePlan>) {
        step.apply(&mut facts.task);
        moves.push(step);
    }
}

/// Whether a move is what a directive requires: a start comes before that, and a task that was opened again waits for it.
pub(super) fn leaves_a_stage(step: &Move) -> bool {
    !step.from.is_none() && step.kind != MoveKind::Reopen
}

/// Says where a task stops on its way to the end, and what is missing there.
fn stopped(task: &Task, refusal: &policy::Refusal) -> String {
    let missing = refusal.rows().into_iter().map(|row| format!("{} {}", row.label, row.message));
    format!("{} stops in {}: {}", task.id, task.stage, missing.collect::<Vec<_>>().join("; "))
}

/// Returns the path of a task that is written down, where it is unknown only because nobody has staged it.
pub(super) fn unstaged(workspace: &Workspace, id: &TaskId) -> Option<String> {
    Some(RecordPath::task_file(id)).filter(|path| workspace.work_dir().join(path).is_file())
}
