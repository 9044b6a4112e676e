//! What follows from all tasks together, in one pass.

use super::status::{facts_of, status_when};
use super::{Graph, Metrics, Tally, badge_of, queue};
use crate::model::{Config, Facts, Summary};

/// What is derived of all tasks. Indices are those of the slice of tasks it was derived from.
#[derive(Debug, Clone)]
pub struct Derived<'a> {
    /// What is derived of each task.
    pub facts: Vec<Facts>,
    /// The votes that count for each task, with `required` filled in.
    pub tallies: Vec<Tally>,
    /// Which task waits for which.
    pub graph: Graph<'a>,
}

/// Derives what follows from tasks that nobody has voted on.
#[must_use]
pub fn derive<'a>(tasks: &[Summary<'a>], config: &Config) -> Derived<'a> {
    derive_with(tasks, config, |_| Tally::default(), |_| false)
}

/// Derives what follows from tasks and their votes; `tally` is asked once per task. They may be some of many:
/// `is_closed` tells of an id that is none of theirs whether its task is complete or cancelled.
#[must_use]
pub fn derive_with<'a>(
    tasks: &[Summary<'a>],
    config: &Config,
    tally: impl Fn(&Summary<'a>) -> Tally,
    is_closed: impl Fn(&str) -> bool,
) -> Derived<'a> {
    let graph = Graph::of_some(tasks, is_closed);
    let tallies: Vec<Tally> = tasks.iter().map(|task| tally(task).or_required_by(task, config)).collect();
    let facts = tasks
        .iter()
        .zip(&tallies)
        .enumerate()
        .map(|(at, (task, tally))| {
            let status = status_when(task, || graph.is_blocked(at));
            facts_of(status, badge_of(task, config, *tally))
        })
        .collect();
    Derived { facts, tallies, graph }
}

impl Derived<'_> {
    /// Returns what can begin now, first things first; `tasks` are those it was derived from.
    #[must_use]
    pub fn queue(&self, tasks: &[Summary<'_>]) -> Vec<usize> {
        queue(tasks, &self.facts)
    }

    /// Returns the numbers over some of the tasks; an index that no task has is passed over.
    pub fn metrics_of(&self, tasks: impl IntoIterator<Item = usize>) -> Metrics {
        let both = |at: usize| Some((*self.facts.get(at)?, *self.tallies.get(at)?));
        Metrics::of(tasks.into_iter().filter_map(both))
    }
}

#[cfg(test)]
mod tests {
    use super::{derive, derive_with};
    use crate::model::{Badge, Config, StageRules, Status, Summary};
    use crate::policy::{Metrics, Tally};

    fn config() -> Config {
        let mut config = Config::default();
        let signoffs = ["a", "b", "c"].map(str::to_owned).to_vec();
        config.stages.insert("qa".to_owned(), StageRules { signoffs, ..StageRules::default() });
        config
    }

    fn tasks() -> Vec<Summary<'static>> {
        let task = |id, stage| Summary { stage, ..Summary::bare(id, "t") };
        vec![
            task("T-0", "complete"),
            Summary { depends_on: vec!["T-0"].into(), ..task("T-1", "none") },
            Summary { depends_on: vec!["T-1"].into(), ..task("T-2", "dev") },
            task("T-3", "qa"),
            Summary { cancelled: Some("no"), ..task("T-4", "qa") },
            Summary { depends_on: vec!["T-4"].into(), ..task("T-5", "none") },
            Summary { depends_on: vec!["T-404"].into(), ..task("T-6", "none") },
            Summary { depends_on: vec!["T-7"].into(), ..task("T-7", "none") },
        ]
    }

    #[test]
    fn every_task_gets_its_facts() {
        let derived = derive(&tasks(), &config());
        let status: Vec<Status> = derived.facts.iter().map(|facts| facts.status).collect();
        use Status::{Blocked, Cancelled, Completed, InProgress, NotStarted};
        assert_eq!(
            status,
            [Completed, NotStarted, Blocked, InProgress, Cancelled, NotStarted, Blocked, Blocked]
        );
        let ready: Vec<usize> = (0..8).filter(|&at| derived.facts[at].ready).collect();
        assert_eq!(ready, [1, 5]);
        assert_eq!(derived.facts[3].badge, Badge::AwaitingQa);
        assert_eq!(derived.tallies[3].required, 3);
    }

    #[test]
    fn metrics_count_each_task_once() {
        let derived = derive(&tasks(), &config());
        let expected = Metrics {
            total: 8,
            pending: 4,
            in_progress: 1,
            awaiting_qa: 1,
            done: 1,
            cancelled: 1,
            blocked: 3,
            ready: 2,
            pending_signoffs: 3,
            ..Metrics::default()
        };
        assert_eq!(derived.metrics_of(0..derived.facts.len()), expected);
        assert_eq!(
            derived.metrics_of([3, 99]),
            Metrics { total: 1, awaiting_qa: 1, pending_signoffs: 3, ..Metrics::default() }
        );
    }

    #[test]
    fn votes_change_badges_and_counts() {
        let tally = |task: &Summary<'_>| match task.id {
            "T-3" => {
                Tally { approved: 2, required: 3, rejected: 1, blocking_findings: 2, ..Tally::default() }
            }
            "T-4" => {
                Tally { approved: 0, required: 3, rejected: 5, blocking_findings: 0, ..Tally::default() }
            }
            _ => Tally::default(),
        };
        let (tasks, config) = (tasks(), config());
        let derived = derive_with(&tasks, &config, tally, |_| false);
        let metrics = derived.metrics_of(0..derived.facts.len());
        assert_eq!((metrics.issues_found, metrics.awaiting_qa), (1, 0));
        assert_eq!(
            (metrics.pending_signoffs, metrics.rejections, metrics.blocking_findings),
            (1, 1, 2),
            "a cancelled task counts no more"
        );
    }
}
