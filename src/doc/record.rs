//! Any record: the one table of which reader reads which kind for what is wrong with it, and how versions of it are merged.

use super::merge::{Identity, Marks, Merge, RecordVersions, merge};
use super::sprint_list::merge_sprint_list;
use super::sync_link::merge_sync_links;
use super::{
    Document, escalation_warnings, read_any_run, read_config, read_escalation, read_finding, read_note,
    read_plan, read_receipt, read_role, read_scope_change, read_sprint, read_sync_link, read_task, read_vote,
    read_workflow, signers::signers_problems,
};
use crate::model::{PlanId, Problem, RecordFormat, RecordKind, RecordPath, Task, TaskId};

/// Reads a task and compares its id with the one that its path names: an edit that git carried into the wrong file is
/// found here.
pub fn read_task_of(id: &TaskId, bytes: &[u8]) -> Result<Task, Vec<Problem>> {
    let task = read_task(bytes)?;
    if task.id == *id {
        return Ok(task);
    }
    let line = Document::markdown(bytes).ok().and_then(|document| document.line_of("id"));
    let problem = Problem::error(format!("`{}` is not the id that the file's name says", task.id))
        .on_key("id")
        .with_hint(format!("write `id: {id}`, or rename the file to {}.md", task.id));
    Err(vec![problem.at_line(line.unwrap_or(1))])
}

/// Merges three versions of a record as its kind is merged: a link to an item of another tracker field by field, the
/// list of sprints by sprint, anything else key by key. With an `identity` no version may be another record.
///
/// # Errors
/// As [`merge`].
pub fn merge_record(
    record: Option<&RecordPath>,
    versions: RecordVersions<'_>,
    identity: Option<Identity<'_>>,
    marks: &Marks<'_>,
) -> Result<Merge, Problem> {
    if let Some(text) =
        record.and_then(RecordPath::linked_task).and_then(|task| merge_sync_links(&task, versions))
    {
        return Ok(Merge { text, conflicts: Vec::new() });
    }
    let is_list = record.is_some_and(|record| record.kind() == RecordKind::SprintHistory);
    if let Some(text) = is_list.then(|| merge_sprint_list(versions)).flatten() {
        return Ok(Merge { text, conflicts: Vec::new() });
    }
    let format = record.map_or(RecordFormat::Text, RecordPath::format);
    merge(format, versions, identity, marks)
}

/// Returns everything that is wrong with a record, warnings included.
#[must_use]
pub fn record_problems(path: &RecordPath, bytes: &[u8]) -> Vec<Problem> {
    let found = match path {
        RecordPath::Task(id) => read_task_of(id, bytes).map(|task| task.warnings),
        RecordPath::Sprint(id) => read_sprint(id, bytes).map(|sprint| sprint.warnings),
        RecordPath::OfTask { kind, task, .. } => problems_of_task(*kind, task, bytes),
        RecordPath::OfSprint { kind: RecordKind::ScopeChange, sprint, .. } => {
            read_scope_change(sprint, bytes).map(|change| change.warnings)
        }
        RecordPath::Named { kind: RecordKind::Role, name } => {
            read_role(name.as_str(), bytes).map(|guide| guide.warnings)
        }
        RecordPath::Named { kind: RecordKind::Workflow, .. } => {
            read_workflow(bytes).map(|(_, warnings)| warnings)
        }
        RecordPath::Named { kind: RecordKind::Run, name } => {
            read_any_run(name.as_str(), bytes).map(|_| Vec::new())
        }
        RecordPath::Named { kind: RecordKind::Escalation, name } => {
            read_escalation(name.as_str(), bytes).map(|own| escalation_warnings(&own))
        }
        RecordPath::OfRemote { kind: RecordKind::SyncLink, name, .. } => link_problems(name.as_str(), bytes),
        RecordPath::Named { kind: RecordKind::Plan, name } => plan_problems(name.as_str(), bytes),
        RecordPath::File(RecordKind::Config) => {
            read_config(bytes).map(|(config, warnings)| [config.errors, warnings].concat())
        }
        RecordPath::File(RecordKind::AllowedSigners) => Ok(signers_problems(bytes)),
        // Lines, or kinds that nothing reads yet.
        RecordPath::File(_)
        | RecordPath::Named { .. }
        | RecordPath::OfSprint { .. }
        | RecordPath::OfRemote { .. }
        | RecordPath::Placeholder(_) => Ok(Vec::new()),
    };
    found.unwrap_or_else(|problems| problems)
}

fn link_problems(name: &str, bytes: &[u8]) -> Result<Vec<Problem>, Vec<Problem>> {
    let id = TaskId::parse(name.trim_end_matches(".yaml"))
        .map_err(|error| vec![Problem::error(error.to_string())])?;
    read_sync_link(&id, bytes).map(|_| Vec::new())
}

fn plan_problems(name: &str, bytes: &[u8]) -> Result<Vec<Problem>, Vec<Problem>> {
    let id = PlanId::parse(name).map_err(|error| vec![Problem::error(error.to_string())])?;
    read_plan(&id, bytes).map(|plan| plan.warnings)
}

/// Reads a record in the folder of a task; the error is what makes it unusable.
fn problems_of_task(kind: RecordKind, task: &TaskId, bytes: &[u8]) -> Result<Vec<Problem>, Vec<Problem>> {
    match kind {
        RecordKind::Vote => read_vote(task, bytes).and_then(|vote| {
            if vote.task == *task {
                return Ok(vote.warnings);
            }
            let message = format!("the vote is on {}, and lies in the folder of {task}", vote.task);
            Err(vec![Problem::error(message).on_key("task")])
        }),
        RecordKind::Evidence => read_receipt(task, bytes).and_then(|receipt| {
            if receipt.task == *task {
                return Ok(receipt.warnings);
            }
            let message = format!("the receipt is of {}, and lies in the folder of {task}", receipt.task);
            Err(vec![Problem::error(message).on_key("task")])
        }),
        RecordKind::Finding => read_finding(task, bytes).map(|finding| finding.warnings),
        RecordKind::Note => read_note(task, bytes).map(|_| Vec::new()),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Marks, RecordPath, RecordVersions, merge_record};

    #[test]
    fn a_link_is_merged_field_by_field_and_any_other_record_key_by_key() {
        let text = |version: &str| format!("task: TASK-7Q2M\nid: '4'\nversion: '{version}'\n");
        let [base, ours, theirs] = ["1", "2", "3"].map(text);
        let versions =
            RecordVersions { base: Some(base.as_bytes()), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        let merged = |path: &str| {
            let record = RecordPath::parse(path).unwrap();
            merge_record(Some(&record), versions, None, &Marks::default()).unwrap()
        };
        let link = merged(".tracker/sync/forge/TASK-7Q2M.yaml");
        assert!(link.conflicts.is_empty() && !link.text.contains("version"), "{link:?}");
        assert_eq!(merged(".tracker/findings/TASK-7Q2M/F7XC.yaml").conflicts.len(), 1);
    }
}
