//! Where a task run is, by where its tasks are.

use chrono::{DateTime, Utc};

use super::stage_order;
use crate::model::{Config, MoveKind, Stage, Task, TaskRunState};

/// Where a task run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRunProgress {
    /// Its state.
    pub state: TaskRunState,
    /// The earliest stage that a task of it is in; none where all are closed.
    pub stage: Option<Stage>,
    /// How many tasks are in each stage, in the order of the pipeline, `none` and `complete` included.
    pub stages: Vec<(Stage, usize)>,
    /// How many tasks are complete.
    pub complete: usize,
    /// How many tasks there are, without those that are cancelled.
    pub total: usize,
    /// How many are cancelled.
    pub cancelled: usize,
    /// How many of the stages of all its tasks are passed, of a hundred.
    pub percent: u32,
    /// How often a task was sent back since the run began.
    pub loops: usize,
}

/// Returns the stage that a task was sent back from and has not gone on from since.
#[must_use]
pub fn sent_back_from(task: &Task) -> Option<&Stage> {
    let last = task.history.last()?;
    (last.kind == MoveKind::Fail && last.to == task.stage).then_some(&last.from)
}

/// Returns how often a task was sent back since then.
#[must_use]
pub fn loops_since(task: &Task, since: DateTime<Utc>) -> usize {
    task.history.iter().filter(|step| step.kind == MoveKind::Fail && step.at >= since).count()
}

impl TaskRunProgress {
    /// Works it out. `is_committed` is asked only where every task is complete: whether HEAD has all of them so.
    #[must_use]
    pub fn of(
        tasks: &[Task],
        config: &Config,
        since: DateTime<Utc>,
        is_cancelled: bool,
        is_committed: impl FnOnce() -> bool,
    ) -> Self {
        let order = stage_order(config);
        let rank = |stage: &Stage| order.iter().position(|name| *name == stage.as_str());
        let live: Vec<&Task> = tasks.iter().filter(|task| task.cancelled.is_none()).collect();
        let open: Vec<&Task> = live.iter().filter(|task| !task.stage.is_complete()).copied().collect();
        let of_task = |task: &Task| match task.stage.is_none() {
            true => config.stages_of(task.kind.as_deref()).first().cloned().unwrap_or_else(Stage::complete),
            false => task.stage.clone(),
        };
        let stage = open.iter().map(|task| of_task(task)).min_by_key(|stage| rank(stage));
        let failed = open.iter().filter_map(|task| sent_back_from(task)).max_by_key(|stage| rank(stage));
        let state = match (&stage, failed) {
            _ if is_cancelled => TaskRunState::Cancelled,
            _ if live.is_empty() && !tasks.is_empty() => TaskRunState::Cancelled,
            _ if live.iter().all(|task| task.stage.is_none()) => TaskRunState::Created,
            (None, _) if is_committed() => TaskRunState::Completed,
            (None, _) => TaskRunState::ReadyForCommit,
            (Some(_), Some(failed)) => TaskRunState::Failed(failed.clone()),
            (Some(stage), None) => TaskRunState::In(stage.clone()),
        };
        let (passed, all) =
            live.iter().map(|task| steps(task, config)).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        Self {
            state,
            stages: counts(&live, &order),
            stage,
            complete: live.len() - open.len(),
            total: live.len(),
            cancelled: tasks.len() - live.len(),
            percent: u32::try_from((passed * 100).checked_div(all).unwrap_or_default()).unwrap_or(100),
            loops: live.iter().map(|task| loops_since(task, since)).sum(),
        }
    }
}

/// Returns how many stages of its pipeline a task has passed, and how many there are.
fn steps(task: &Task, config: &Config) -> (usize, usize) {
    let stages = config.stages_of(task.kind.as_deref());
    let passed = match stages.iter().position(|stage| *stage == task.stage) {
        Some(at) => at,
        None if task.stage.is_complete() => stages.len(),
        None => 0,
    };
    (passed, stages.len())
}

fn counts(live: &[&Task], order: &[&str]) -> Vec<(Stage, usize)> {
    let names = [Stage::NONE].into_iter().chain(order.iter().copied()).chain([Stage::COMPLETE]);
    let known: Vec<Stage> = names.filter_map(Stage::parse).collect();
    // A stage that no pipeline has any more is counted too.
    let others = live.iter().map(|task| task.stage.clone()).filter(|stage| !known.contains(stage));
    let others: std::collections::BTreeSet<Stage> = others.collect();
    let count = |stage: Stage| {
        let tasks = live.iter().filter(|task| task.stage == stage).count();
        (stage, tasks)
    };
    let all = known.iter().cloned().chain(others).map(count);
    all.filter(|(stage, tasks)| *tasks > 0 || !stage.is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Move, TaskId};

    fn at(minute: u32) -> DateTime<Utc> {
        format!("2026-11-11T09:{minute:02}:00Z").parse().unwrap()
    }

    /// Makes a task that has been in these stages; one that comes before the last is a failure.
    fn task(id: &str, stages: &[&str]) -> Task {
        let mut task = Task::new(TaskId::parse(id).unwrap(), "t");
        let order = ["none", "dev", "qa", "sec", "docs", "complete"];
        let rank = |stage: &str| order.iter().position(|name| *name == stage);
        for (minute, stage) in stages.iter().enumerate() {
            let (from, to) = (task.stage.clone(), Stage::parse(stage).unwrap());
            let kind = if rank(stage) < rank(from.as_str()) { MoveKind::Fail } else { MoveKind::Advance };
            let at = at(u32::try_from(minute).unwrap());
            task.stage = to.clone();
            task.history.push(Move {
                at,
                by: "ada".into(),
                agent: None,
                from,
                to,
                kind,
                why: None,
                signature: None,
            });
        }
        task
    }

    fn progress(tasks: &[Task]) -> TaskRunProgress {
        TaskRunProgress::of(tasks, &Config::default(), at(0), false, || false)
    }

    fn state(tasks: &[Task]) -> String {
        progress(tasks).state.to_string()
    }

    #[test]
    fn a_run_is_where_the_last_of_its_tasks_is() {
        assert_eq!(state(&[]), "created");
        assert_eq!(state(&[task("A-1", &[]), task("A-2", &[])]), "created");
        // A task that waits to begin keeps the run in the first stage.
        assert_eq!(state(&[task("A-1", &[]), task("A-2", &["dev", "qa"])]), "dev");
        assert_eq!(state(&[task("A-1", &["dev", "qa", "sec"]), task("A-2", &["dev", "qa"])]), "qa");
        let all = ["dev", "qa", "sec", "docs", "complete"];
        assert_eq!(state(&[task("A-1", &all), task("A-2", &["dev"])]), "dev");
        assert_eq!(state(&[task("A-1", &all)]), "ready_for_commit");
        let committed = TaskRunProgress::of(&[task("A-1", &all)], &Config::default(), at(0), false, || true);
        assert_eq!(committed.state, TaskRunState::Completed);
        let cancelled = TaskRunProgress::of(&[task("A-1", &all)], &Config::default(), at(0), true, || true);
        assert_eq!(cancelled.state, TaskRunState::Cancelled);
    }

    #[test]
    fn a_failure_shows_until_the_task_has_gone_on() {
        let failed = task("A-1", &["dev", "qa", "sec", "dev"]);
        let in_qa = task("A-2", &["dev", "qa"]);
        let shown = progress(&[failed.clone(), in_qa.clone()]);
        assert_eq!((shown.state.to_string().as_str(), shown.stage.unwrap().as_str()), ("sec_failed", "dev"));
        assert_eq!(shown.loops, 1);
        // The later stage is named where several have failed.
        assert_eq!(state(&[failed, task("A-3", &["dev", "qa", "dev"])]), "sec_failed");
        let gone_on = task("A-1", &["dev", "qa", "sec", "dev", "qa"]);
        assert_eq!(state(&[gone_on.clone(), in_qa]), "qa");
        let later = TaskRunProgress::of(&[gone_on], &Config::default(), at(4), false, || false);
        assert_eq!(later.loops, 0, "what failed before the run is not its own");
    }

    #[test]
    fn tasks_are_counted_by_stage_and_cancelled_ones_apart() {
        let mut dropped = task("A-3", &["dev"]);
        dropped.cancelled = Some("no".into());
        let tasks =
            [task("A-1", &["dev", "qa"]), task("A-2", &["dev", "qa", "sec", "docs", "complete"]), dropped];
        let shown = progress(&tasks);
        let stages: Vec<(&str, usize)> = shown.stages.iter().map(|(stage, n)| (stage.as_str(), *n)).collect();
        assert_eq!(stages, [("dev", 0), ("qa", 1), ("sec", 0), ("docs", 0), ("complete", 1)]);
        assert_eq!((shown.complete, shown.total, shown.cancelled, shown.percent), (1, 2, 1, 62));
        let all = [Some("a"), Some("b")]
            .map(|why| Task { cancelled: why.map(str::to_owned), ..task("A-1", &["dev"]) });
        assert_eq!(state(&all), "cancelled");
    }
}
