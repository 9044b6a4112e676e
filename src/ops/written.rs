//! What an op wrote, or would write: per task in words, per record as a diff.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::doc::read_task;
use crate::model::{RecordKind, RecordPath, Stage, Task, TaskId};
use crate::review::{FieldChange, changed_fields};
use crate::store::{Change, ChangeAction};

/// What an op wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Written {
    /// Whether nothing was written because the caller asked so.
    pub dry_run: bool,
    /// The tasks it was about.
    pub tasks: Vec<WrittenTask>,
    /// The records it touched.
    pub records: Vec<WrittenRecord>,
}

/// One task that an op was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenTask {
    /// The id.
    pub id: String,
    /// The title.
    pub title: String,
    /// What became of it.
    pub action: TaskAction,
    /// The stage that it is in now, or would be.
    pub stage: Stage,
    /// The stage that it was in before, where it moved.
    pub stage_before: Option<Stage>,
    /// Who works on it now, or would.
    pub assignee: Option<String>,
    /// The fields of its file that changed, but for the stage and the history.
    pub fields: Vec<FieldChange>,
    /// What changed, in words.
    pub summary: Vec<String>,
    /// Of a vote, and of an override that is not signed where it must be: whether it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<bool>,
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskAction {
    /// It is new.
    Created,
    /// It, or what belongs to it, is otherwise than before.
    Changed,
    /// It is as it was.
    Unchanged,
}

/// One record that an op touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenRecord {
    /// Path below the top of the working tree.
    pub path: String,
    /// What kind of record it is; left out for a file of another kind, such as a workflow of a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RecordKind>,
    /// What became of it.
    pub action: ChangeAction,
    /// A unified diff; only where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

impl Written {
    /// Whether all of it counts.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.tasks.iter().all(|task| task.counts != Some(false))
    }

    pub(super) fn new(dry_run: bool, changes: &[Change], tasks: Vec<WrittenTask>) -> Self {
        let record = |change: &Change| WrittenRecord {
            path: change.path.clone(),
            kind: change.kind(),
            action: change.action(),
            diff: dry_run.then(|| change.diff()),
        };
        let records = changes.iter().filter(|change| !change.is_empty()).map(record).collect();
        let by_path: HashMap<&str, &Change> =
            changes.iter().map(|change| (change.path.as_str(), change)).collect();
        let mut tasks = tasks;
        for task in &mut tasks {
            let path = TaskId::parse(&task.id).map(|id| RecordPath::task_file(&id));
            if let Some(change) = path.ok().and_then(|path| by_path.get(path.as_str())) {
                task.compare(change);
            }
        }
        Self { dry_run, tasks, records }
    }

    /// Adds what was written next: each task and each record is there once.
    pub fn add(&mut self, next: Self) {
        for task in next.tasks {
            match self.tasks.iter_mut().find(|known| known.id == task.id) {
                Some(known) => known.followed_by(task),
                None => self.tasks.push(task),
            }
        }
        for record in next.records {
            match self.records.iter_mut().find(|known| known.path == record.path) {
                Some(known) => {
                    let diffs = [known.diff.take(), record.diff].into_iter().flatten();
                    known.diff = diffs.reduce(|all, diff| all + &diff);
                }
                None => self.records.push(record),
            }
        }
    }
}

impl WrittenTask {
    pub(super) fn created(task: &Task, summary: Vec<String>) -> Self {
        Self::of(task, TaskAction::Created, summary)
    }

    pub(super) fn changed(task: &Task, summary: Vec<String>, is_changed: bool) -> Self {
        Self::of(task, if is_changed { TaskAction::Changed } else { TaskAction::Unchanged }, summary)
    }

    fn of(task: &Task, action: TaskAction, summary: Vec<String>) -> Self {
        Self {
            id: task.id.to_string(),
            title: task.title.clone(),
            action,
            stage: task.stage.clone(),
            stage_before: None,
            assignee: task.assignee.clone(),
            fields: Vec::new(),
            summary,
            counts: None,
        }
    }

    /// Fills in what becomes of its file.
    fn compare(&mut self, change: &Change) {
        let Change { before: Some(before), after, .. } = change else { return };
        if let (Ok(before), Ok(after)) = (read_task(before.as_bytes()), read_task(after.as_bytes())) {
            self.stage_before = (before.stage != after.stage).then(|| before.stage.clone());
            self.fields = changed_fields(&before, &after);
            self.stage = after.stage;
            self.assignee = after.assignee;
        }
    }

    /// Adds what became of the same task next.
    fn followed_by(&mut self, next: Self) {
        self.summary.extend(next.summary);
        self.stage_before =
            self.stage_before.take().or(next.stage_before).filter(|stage| *stage != next.stage);
        (self.stage, self.assignee) = (next.stage, next.assignee);
        for change in next.fields {
            match self.fields.iter_mut().find(|known| known.key == change.key) {
                Some(known) => known.after = change.after,
                None => self.fields.push(change),
            }
        }
    }
}
