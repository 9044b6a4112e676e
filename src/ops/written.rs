//! What a verb wrote, or would write: per task in words, per file as a diff.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Task;
use crate::store::Change;

/// What a verb wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Written {
    /// Whether nothing was written because the caller asked so.
    pub dry_run: bool,
    /// The tasks it was about.
    pub tasks: Vec<WrittenTask>,
    /// The files it touched.
    pub files: Vec<WrittenFile>,
}

/// One task that a verb was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenTask {
    /// The id.
    pub id: String,
    /// The title.
    pub title: String,
    /// `created`, `changed` or `unchanged`.
    pub action: &'static str,
    /// What changed, in words.
    pub summary: Vec<String>,
}

/// One file that a verb touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenFile {
    /// Path below the top of the working tree.
    pub path: String,
    /// `create` or `edit`.
    pub action: &'static str,
    /// A unified diff; only where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

impl Written {
    pub(super) fn new(dry_run: bool, changes: &[Change], tasks: Vec<WrittenTask>) -> Self {
        let file = |change: &Change| WrittenFile {
            path: change.path.clone(),
            action: if change.before.is_some() { "edit" } else { "create" },
            diff: dry_run.then(|| change.diff()),
        };
        let files = changes.iter().filter(|change| !change.is_empty()).map(file).collect();
        Self { dry_run, tasks, files }
    }
}

impl WrittenTask {
    pub(super) fn created(task: &Task, summary: Vec<String>) -> Self {
        Self { id: task.id.to_string(), title: task.title.clone(), action: "created", summary }
    }

    pub(super) fn changed(task: &Task, summary: Vec<String>, is_changed: bool) -> Self {
        let action = if is_changed { "changed" } else { "unchanged" };
        Self { id: task.id.to_string(), title: task.title.clone(), action, summary }
    }
}
