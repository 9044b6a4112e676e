//! What a postmortem requested: tasks that say which sprint they come from.

use schemars::JsonSchema;
use serde::Serialize;

use super::records::{find_or_closed_last, last_closed};
use crate::model::{Problem, SprintId, Stage, Summary};
use crate::ops::{Result, Session};

/// What an action item is for.
pub const ACTION_KINDS: [&str; 5] = ["prevent", "detect", "mitigate", "process", "fix"];

/// The tag of a task that is an action item.
pub(super) const ACTION_TAG: &str = "action";

/// One thing that a postmortem requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActionView {
    /// The id of its task.
    pub task: String,
    /// What is to be done.
    pub title: String,
    /// `prevent`, `detect`, `mitigate`, `process` or `fix`.
    pub kind: Option<String>,
    /// Who does it.
    pub owner: Option<String>,
    /// Where the task is.
    pub stage: String,
    /// Whether it is complete or cancelled.
    pub done: bool,
}

/// The actions of one sprint.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ActionsView {
    /// The sprint whose postmortem requested them.
    pub sprint: String,
    /// In the postmortem's order.
    pub actions: Vec<ActionView>,
    /// How many are done.
    pub done: usize,
}

/// Returns the `source` of a task that is the how-many-th action of a sprint.
pub(super) fn action_source(sprint: &SprintId, number: usize) -> String {
    format!("sprint/{sprint}#{number}")
}

/// Returns what the postmortem of a sprint requested, of those of its tasks that are there.
pub(super) fn actions_of(session: &Session<'_>, sprint: &SprintId) -> Result<Vec<ActionView>> {
    Ok(numbered_actions(session, sprint)?.into_iter().map(|(_, view)| view).collect())
}

/// Returns the same, each with its number.
pub(super) fn numbered_actions(session: &Session<'_>, sprint: &SprintId) -> Result<Vec<(usize, ActionView)>> {
    let start = format!("sprint/{sprint}#");
    let number = |task: &Summary<'_>| task.source?.strip_prefix(start.as_str())?.parse::<usize>().ok();
    let tasks = session.snapshot().tasks()?;
    let (found, _) = tasks.select(|task| number(task).is_some());
    let mut numbered: Vec<(usize, ActionView)> = found
        .iter()
        .map(|task| {
            let kind = task.tags.iter().find(|tag| ACTION_KINDS.contains(tag)).map(str::to_owned);
            let view = ActionView {
                task: task.id.to_owned(),
                title: task.title.to_owned(),
                kind,
                owner: task.assignee.map(str::to_owned),
                stage: task.stage.to_owned(),
                done: task.is_closed() || task.stage == Stage::COMPLETE,
            };
            (number(task).unwrap_or_default(), view)
        })
        .collect();
    numbered.sort_by(|(a, one), (b, other)| (a, &one.task).cmp(&(b, &other.task)));
    Ok(numbered)
}

/// Shows what the postmortem of a sprint requested; of the one that was closed last where none is named.
pub fn sprint_actions(session: &Session<'_>, name: Option<&str>) -> Result<(ActionsView, Vec<Problem>)> {
    let file = find_or_closed_last(session, name)?;
    let actions = actions_of(session, &file.sprint.id)?;
    let done = actions.iter().filter(|action| action.done).count();
    Ok((ActionsView { sprint: file.sprint.id.to_string(), actions, done }, Vec::new()))
}

/// Returns the sprint that was closed before this one, and what of its actions is open.
pub(super) fn last_actions(
    session: &Session<'_>,
    sprint: &SprintId,
) -> Result<Option<(SprintId, Vec<ActionView>)>> {
    let Some(last) = last_closed(session, sprint)? else { return Ok(None) };
    let actions = actions_of(session, &last.sprint.id)?;
    Ok(Some((last.sprint.id, actions)))
}
