//! `status`: where the user is, on one screen: the active task, what waits for them, what is next.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::hooks::gone_hooks;
use super::inbox::{Inbox, OpenTasks};
use super::show::next_step;
use super::{Result, Session, TaskLine};
use crate::model::{Problem, Suggestion};

/// Maximum number of tasks in each list.
const SHOWN: usize = 5;

/// Where the user is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusView {
    /// The current branch; none where HEAD is detached.
    pub branch: Option<String>,
    /// The active task: the one that commits are linked to.
    pub active: Option<StatusTask>,
    /// The user's other tasks in progress.
    pub mine: Vec<StatusTask>,
    /// How many these are, those beyond the first few included.
    pub mine_count: usize,
    /// What waits for the user, most urgent first.
    pub inbox: Inbox,
    /// The first tasks that can begin and are nobody's.
    pub next: Vec<StatusTask>,
    /// How many these are.
    pub ready_count: usize,
    /// How many tasks are open.
    pub open_count: usize,
    /// What to do next, most useful first.
    pub commands: Vec<String>,
}

/// A task, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusTask {
    /// The id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The stage it is in.
    pub stage: String,
    /// Its priority.
    pub priority: Option<String>,
    /// The day by which it should be done.
    pub due: Option<NaiveDate>,
    /// Deliverables that are done, and how many there are: `1/2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliverables: Option<String>,
    /// Why it cannot go on: `blocked`, or what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
}

/// Returns where the user is.
pub fn status(session: &Session<'_>) -> Result<(StatusView, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let tasks = session.snapshot().tasks()?;
    let open = OpenTasks::read(session, &config, &tasks, "", &mut problems)?;
    let inbox = open.inbox(&mut problems)?;
    let selection = &open.selection;
    let active = session.workspace().active_task();
    let lines = |some: &[usize]| selection.lines(some).iter().map(StatusTask::from).collect::<Vec<_>>();
    let is_active = |at: usize| active.as_ref().is_some_and(|id| id.as_str() == selection.summaries[at].id);
    let is_begun = |at: usize| selection.summaries[at].stage != "none";
    let mine = selection.matching.iter().copied();
    let mine: Vec<usize> =
        mine.filter(|&at| is_begun(at) && !is_active(at) && open.is_mine(&selection.summaries[at])).collect();
    // The user's own are in the inbox.
    let mut next = selection.derived.queue(&selection.summaries);
    next.retain(|&at| {
        let task = &selection.summaries[at];
        task.assignee.is_none() && !open.is_elsewhere(task) && !open.is_held(task)
    });
    problems.extend(gone_hooks(session.workspace())?);
    problems.extend(session.target_policy_warning());
    let view = StatusView {
        branch: session.workspace().repo_paths().branch()?,
        active: (0..selection.summaries.len()).find(|&at| is_active(at)).and_then(|at| lines(&[at]).pop()),
        mine_count: mine.len(),
        mine: lines(&mine[..mine.len().min(SHOWN)]),
        ready_count: next.len(),
        next: lines(&next[..next.len().min(SHOWN)]),
        open_count: selection.summaries.len(),
        inbox,
        commands: Vec::new(),
    };
    let step = active.filter(|_| view.active.is_some());
    let step = step.and_then(|id| next_step(session, &config, &id).ok().flatten());
    let commands = commands(&view, step);
    Ok((StatusView { commands, ..view }, problems))
}

/// What brings the user forward: the next step of the active task, the first thing of the inbox, or a task to begin.
fn commands(view: &StatusView, step: Option<String>) -> Vec<String> {
    let show = |task: &StatusTask| Suggestion::tracker(["show", task.id.as_str()]).to_string();
    let mut commands: Vec<String> = step.or_else(|| view.active.as_ref().map(show)).into_iter().collect();
    commands.extend(view.inbox.items.first().map(|item| item.command.to_string()));
    if view.active.is_none() {
        commands.extend(
            view.next.first().map(|task| Suggestion::tracker(["start", task.id.as_str()]).to_string()),
        );
    }
    if view.open_count == 0 {
        commands.push(Suggestion::tracker(["new", "Title of a task"]).to_string());
    }
    commands.dedup();
    commands
}

impl From<&TaskLine> for StatusTask {
    fn from(line: &TaskLine) -> Self {
        let waits =
            (!line.waiting_for.is_empty()).then(|| format!("waits for {}", line.waiting_for.join(", ")));
        let count = line.deliverables;
        Self {
            id: line.id.clone(),
            title: line.title.clone(),
            stage: line.stage.clone(),
            priority: line.priority.clone(),
            due: line.due,
            deliverables: (count.total > 0).then(|| format!("{}/{}", count.done, count.total)),
            blocked: line.blocked.as_ref().map(|why| format!("blocked: {why}")).or(waits),
        }
    }
}
