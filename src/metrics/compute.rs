//! Every figure, from items, a scope and a range.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::life::Life;
use super::scope::ScopeState;
use super::{Figure, FigureName, Item, Percentiles, Scope, Value, Window, days};
use crate::model::{FindingSeverity, FindingState, Minutes, Stage, TaskId, Verdict};

/// What figures are computed from, looked at once.
pub(super) struct Computation<'a> {
    window: &'a Window,
    scope: Option<(&'a Scope, ScopeState<'a>)>,
    /// The items that figures of flow and quality look at, by id.
    lives: BTreeMap<&'a TaskId, Life<'a>>,
    /// Those finished in the range, with the moment.
    finished: BTreeMap<&'a TaskId, DateTime<Utc>>,
    figures: Vec<Figure>,
}

impl<'a> Computation<'a> {
    pub(super) fn new(items: &'a [Item], scope: Option<&'a Scope>, window: &'a Window) -> Self {
        let scope = scope.map(|scope| (scope, scope.at(window.to)));
        let is_member =
            |item: &&Item| scope.as_ref().is_none_or(|(_, state)| state.members.contains_key(&item.id));
        let lives: BTreeMap<_, _> =
            items.iter().filter(is_member).map(|item| (&item.id, Life::of(item, window.to))).collect();
        let finished = lives
            .iter()
            .filter_map(|(id, life)| Some((*id, life.finished().filter(|at| window.contains(*at))?)))
            .collect();
        Self { window, scope, lives, finished, figures: Vec::new() }
    }

    pub(super) fn figures(mut self, people: bool) -> Vec<Figure> {
        self.scope_figures();
        self.delivery();
        self.flow();
        self.stages();
        self.quality();
        self.signoffs();
        self.findings();
        if people {
            self.people();
        }
        self.figures.sort_by_key(|figure| figure.figure);
        self.figures
    }

    fn add(&mut self, figure: FigureName, value: Value, tasks: Vec<String>) {
        self.figures.push(Figure { figure, of: None, value, tasks, missing: Vec::new() });
    }

    fn add_of(&mut self, figure: FigureName, of: &str, value: Value, tasks: Vec<String>) {
        self.figures.push(Figure { figure, of: Some(of.to_owned()), value, tasks, missing: Vec::new() });
    }

    fn add_count(&mut self, figure: FigureName, tasks: Vec<String>) {
        self.add(figure, Value::Count(tasks.len() as u64), tasks);
    }

    /// Adds a sum of minutes, and names those that do not say. Nothing where nobody says.
    fn add_sum(
        &mut self,
        figure: FigureName,
        minutes: impl IntoIterator<Item = (&'a TaskId, Option<Minutes>)>,
    ) {
        let (mut tasks, mut missing, mut sum) = (Vec::new(), Vec::new(), 0u64);
        for (id, minutes) in minutes {
            match minutes {
                Some(minutes) => {
                    sum += u64::from(minutes.0);
                    tasks.push(id.to_string());
                }
                None => missing.push(id.to_string()),
            }
        }
        let is_unknown = tasks.is_empty() && !missing.is_empty();
        let value = if is_unknown { Value::Nothing(()) } else { Value::Count(sum) };
        self.figures.push(Figure { figure, of: None, value, tasks, missing });
    }

    /// Adds percentiles of what is known of each item, and names those of whom it is not.
    fn add_percentiles(
        &mut self,
        figure: FigureName,
        values: impl IntoIterator<Item = (&'a TaskId, Option<i64>)>,
    ) {
        let (mut tasks, mut missing, mut known) = (Vec::new(), Vec::new(), Vec::new());
        for (id, value) in values {
            match value {
                Some(value) => {
                    known.push(value);
                    tasks.push(id.to_string());
                }
                None => missing.push(id.to_string()),
            }
        }
        let value = Percentiles::of(known).map_or(Value::Nothing(()), Value::Percentiles);
        self.figures.push(Figure { figure, of: None, value, tasks, missing });
    }

    /// Committed, added, removed, re-estimated, in scope.
    fn scope_figures(&mut self) {
        let Some((scope, state)) = self.scope.clone() else { return };
        let committed = scope.commitment();
        self.add_count(FigureName::Committed, ids(committed.keys().copied()));
        self.add_sum(FigureName::CommittedTime, committed);
        self.add_count(FigureName::Added, ids(state.added));
        self.add_count(FigureName::Removed, ids(state.removed));
        self.add_count(FigureName::ReEstimated, ids(state.re_estimated));
        self.add_count(FigureName::Scope, ids(state.members.keys().copied()));
        self.add_sum(FigureName::ScopeTime, state.members);
    }

    /// What became of the tasks in scope.
    fn delivery(&mut self) {
        let Some((scope, state)) = self.scope.clone() else { return };
        let of = state.members.len() as u64;
        let delivered = ids(self.finished.keys().copied());
        let gone: Vec<String> = ids(state.members.keys().copied().filter(|id| !self.lives.contains_key(id)));
        let part = delivered.len() as u64;
        self.figures.push(Figure {
            figure: FigureName::Delivered,
            of: None,
            value: Value::Count(part),
            tasks: delivered.clone(),
            missing: gone,
        });
        let estimates: Vec<_> = self.finished.keys().map(|id| (*id, state.members[id])).collect();
        self.add_sum(FigureName::DeliveredTime, estimates);
        self.add(FigureName::Delivery, Value::Share { part, of }, delivered);
        let committed = scope.commitment();
        let met = ids(self.finished.keys().copied().filter(|id| committed.contains_key(id)));
        let share = Value::Share { part: met.len() as u64, of: committed.len() as u64 };
        self.add(FigureName::CommitmentMet, share, met);
        let before = self.ids_where(|life| life.is_complete() && !self.finished.contains_key(&life.item.id));
        self.add_count(FigureName::DoneBefore, before);
        self.add_count(FigureName::Cancelled, self.ids_where(|life| life.item.cancelled));
        let open = self.ids_where(|life| !life.item.cancelled && !life.stage().is_complete());
        self.add_count(FigureName::CarriedOver, open);
    }

    /// Work in progress, throughput, cycle time, age, flow efficiency.
    fn flow(&mut self) {
        let window = *self.window;
        let left_complete = |life: &Life<'_>| {
            life.steps.iter().any(|step| step.from.is_complete() && window.contains(step.at))
        };
        self.add_count(FigureName::ReOpened, self.ids_where(left_complete));
        self.add_count(FigureName::Wip, self.ids_where(Life::is_in_progress));
        let calendar = window.calendar;
        let mut daily: BTreeMap<_, u32> =
            days(calendar.day_of(window.from), calendar.day_of(window.to)).map(|day| (day, 0)).collect();
        for at in self.finished.values() {
            *daily.entry(calendar.day_of(*at)).or_default() += 1;
        }
        self.add(FigureName::Throughput, Value::Days(daily), ids(self.finished.keys().copied()));
        let cycle_times: Vec<_> =
            self.finished_lives().map(|life| (&life.item.id, life.cycle_time())).collect();
        let known = cycle_times.iter().filter_map(|(_, time)| *time).collect();
        let expectation = Percentiles::of(known)
            .map_or(Value::Nothing(()), |times| Value::Expectation { percent: 85, seconds: times.p85 });
        self.add_percentiles(FigureName::CycleTime, cycle_times);
        self.add(FigureName::Sle, expectation, Vec::new());
        let to = window.to;
        let ages: Vec<_> = self
            .lives
            .values()
            .filter(|life| life.is_in_progress())
            .map(|life| (&life.item.id, life.started().map(|start| (to - start).num_seconds())))
            .collect();
        self.add_percentiles(FigureName::Age, ages);
        let shares: Vec<_> =
            self.finished_lives().map(|life| (&life.item.id, flow_efficiency(life))).collect();
        self.add_percentiles(FigureName::FlowEfficiency, shares);
    }

    /// Time in each stage and first-pass yield.
    fn stages(&mut self) {
        for stage in self.stage_order() {
            let mut times: BTreeMap<&TaskId, i64> = BTreeMap::new();
            for life in self.finished_lives().filter(|life| life.cycle_time().is_some()) {
                for visit in life.visits().filter(|visit| visit.stage == stage) {
                    *times.entry(&life.item.id).or_default() += (visit.left - visit.entered).num_seconds();
                }
            }
            if let Some(found) = Percentiles::of(times.values().copied().collect()) {
                let value = Value::Percentiles(found);
                self.add_of(FigureName::StageTime, stage.as_str(), value, ids(times.into_keys()));
            }
        }
        for stage in self.stage_order() {
            let (mut of, mut passed) = (0, Vec::new());
            for life in self.lives.values() {
                let Some(first) = life.steps.iter().find(|step| step.from == stage) else { continue };
                if !first.is_dated() || !self.window.contains(first.at) {
                    continue;
                }
                of += 1;
                if first.is_earned() {
                    passed.push(life.item.id.to_string());
                }
            }
            if of > 0 {
                let value = Value::Share { part: passed.len() as u64, of };
                self.add_of(FigureName::FirstPassYield, stage.as_str(), value, passed);
            }
        }
    }

    /// Rework, time spent, documentation.
    fn quality(&mut self) {
        let window = *self.window;
        let (mut loops, mut sent_back) = (0, Vec::new());
        for life in self.lives.values() {
            let back = life.steps.iter().filter(|step| step.is_backward && step.is_dated());
            let back = back.filter(|step| window.contains(step.at)).count() as u64;
            loops += back;
            if back > 0 {
                sent_back.push(life.item.id.to_string());
            }
        }
        self.add(FigureName::ReworkLoops, Value::Count(loops), sent_back);
        let spent: Vec<_> = self.finished_lives().map(|life| (&life.item.id, life.item.spent)).collect();
        self.add_sum(FigureName::SpentTime, spent);
        let ratio = |life: &Life<'a>| {
            let estimate = match &self.scope {
                Some((_, state)) => state.members.get(&life.item.id).copied().flatten(),
                None => life.item.estimate,
            };
            let estimate = i64::from(estimate.filter(|estimate| estimate.0 > 0)?.0);
            Some(i64::from(life.item.spent?.0) * 1000 / estimate)
        };
        let ratios: Vec<_> = self.finished_lives().map(|life| (&life.item.id, ratio(life))).collect();
        self.add_percentiles(FigureName::EstimateRatio, ratios);
        let (mut of, mut documented) = (0, Vec::new());
        for life in self.finished_lives() {
            let Some(stage) = &life.item.documentation else { continue };
            of += 1;
            let last = life.steps.iter().rev().find(|step| step.from == stage);
            if last.is_some_and(|step| step.is_earned()) {
                documented.push(life.item.id.to_string());
            }
        }
        let share = Value::Share { part: documented.len() as u64, of };
        self.add(FigureName::Documented, share, documented);
    }

    /// How long each role took to answer.
    fn signoffs(&mut self) {
        let mut latencies: BTreeMap<&str, Vec<(i64, &TaskId)>> = BTreeMap::new();
        for (role, latency, _, life) in signoff_latencies(self.lives.values(), self.window) {
            latencies.entry(role).or_default().push((latency, &life.item.id));
        }
        for (role, found) in latencies {
            let values = found.iter().map(|(latency, _)| *latency).collect();
            let Some(percentiles) = Percentiles::of(values) else { continue };
            let tasks: BTreeSet<&TaskId> = found.into_iter().map(|(_, id)| id).collect();
            self.add_of(FigureName::SignoffLatency, role, Value::Percentiles(percentiles), ids(tasks));
        }
    }

    /// Findings raised and open, together and by severity.
    fn findings(&mut self) {
        let (mut raised, mut open) = (Vec::new(), Vec::new());
        for life in self.lives.values() {
            for finding in &life.item.findings {
                let found = (finding.severity.clone(), life.item.id.to_string());
                if self.window.contains(finding.opened) {
                    raised.push(found.clone());
                }
                let is_resolved = matches!(finding.state, FindingState::Resolved | FindingState::Waived)
                    && finding.resolved.is_none_or(|at| at <= self.window.to);
                if finding.opened <= self.window.to && !is_resolved {
                    open.push(found);
                }
            }
        }
        for (name, mut found) in [(FigureName::FindingsRaised, raised), (FigureName::FindingsOpen, open)] {
            let count = Value::Count(found.len() as u64);
            self.add(name, count, texts(found.iter().map(|(_, id)| id)));
            found.sort_by(|(a, _), (b, _)| severity_order(a).cmp(&severity_order(b)));
            for group in found.chunk_by(|(a, _), (b, _)| a == b) {
                let tasks = texts(group.iter().map(|(_, id)| id));
                self.add_of(name, group[0].0.as_str(), Value::Count(group.len() as u64), tasks);
            }
        }
    }

    /// Finished tasks and votes of each person.
    fn people(&mut self) {
        let mut finished: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for life in self.finished_lives() {
            let Some(assignee) = &life.item.assignee else { continue };
            finished.entry(assignee).or_default().push(life.item.id.to_string());
        }
        let mut votes: BTreeMap<&str, Vec<&TaskId>> = BTreeMap::new();
        for life in self.lives.values() {
            let cast = life.item.votes.iter().filter(|vote| self.window.contains(vote.at));
            for vote in cast.filter(|vote| is_answer(&vote.verdict)) {
                votes.entry(&vote.by).or_default().push(&life.item.id);
            }
        }
        for (person, tasks) in finished {
            self.add_of(FigureName::FinishedBy, person, Value::Count(tasks.len() as u64), tasks);
        }
        for (person, tasks) in votes {
            let count = Value::Count(tasks.len() as u64);
            let tasks: BTreeSet<&TaskId> = tasks.into_iter().collect();
            self.add_of(FigureName::VotesBy, person, count, ids(tasks));
        }
    }

    fn finished_lives(&self) -> impl Iterator<Item = &Life<'a>> {
        self.finished.keys().map(|id| &self.lives[id])
    }

    fn ids_where(&self, is_meant: impl Fn(&Life<'a>) -> bool) -> Vec<String> {
        self.lives.values().filter(|life| is_meant(life)).map(|life| life.item.id.to_string()).collect()
    }

    fn stage_order(&self) -> Vec<&'a Stage> {
        stage_order(self.lives.values())
    }
}

/// Returns the stages that items go through or went through: in the order of the longest pipeline, then what shorter
/// ones add, then those that no pipeline has any more, by name.
pub(super) fn stage_order<'l, 'a: 'l>(lives: impl Iterator<Item = &'l Life<'a>> + Clone) -> Vec<&'a Stage> {
    let names = |life: &Life<'a>| life.item.stages.iter().map(|own| &own.stage).collect::<Vec<_>>();
    let mut pipelines: Vec<Vec<&Stage>> = lives.clone().map(names).collect();
    pipelines.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    pipelines.dedup();
    let mut order: Vec<&Stage> = Vec::new();
    for stage in pipelines.into_iter().flatten() {
        if !order.contains(&stage) {
            order.push(stage);
        }
    }
    let is_own = |stage: &&Stage| !stage.is_none() && !stage.is_complete();
    let visited: BTreeSet<&Stage> =
        lives.flat_map(|life| life.steps.iter().map(|step| step.from).chain([life.stage()])).collect();
    let others: Vec<&Stage> =
        visited.into_iter().filter(is_own).filter(|stage| !order.contains(stage)).collect();
    order.extend(others);
    order
}

/// Returns, for each stay in a stage that requires a role and that the role answered in the range: the role, the time
/// to its first approval or rejection in seconds, when that was, and whose stay it is.
pub(super) fn signoff_latencies<'l, 'a: 'l>(
    lives: impl Iterator<Item = &'l Life<'a>>,
    window: &Window,
) -> Vec<(&'a str, i64, DateTime<Utc>, &'l Life<'a>)> {
    let mut found = Vec::new();
    for life in lives {
        for visit in life.visits().filter(|visit| visit.is_dated) {
            for role in life.item.roles_of(visit.stage).unwrap_or_default() {
                let votes =
                    life.item.votes.iter().filter(|vote| vote.role == *role && vote.stage == *visit.stage);
                let during = votes.filter(|vote| is_answer(&vote.verdict)).map(|vote| vote.at);
                let first = during.filter(|at| (visit.entered..=visit.left).contains(at)).min();
                if let Some(at) = first.filter(|at| window.contains(*at)) {
                    found.push((role.as_str(), (at - visit.entered).num_seconds(), at, life));
                }
            }
        }
    }
    found
}

/// Time in stages that require no sign-off, of the cycle time, in parts of a thousand; none where that is unknown or no
/// time at all.
fn flow_efficiency(life: &Life<'_>) -> Option<i64> {
    let total = life.cycle_time().filter(|total| *total > 0)?;
    let is_work = |stage: &Stage| life.item.roles_of(stage).is_some_and(<[String]>::is_empty);
    let worked: i64 = life
        .visits()
        .filter(|visit| is_work(visit.stage))
        .map(|visit| (visit.left - visit.entered).num_seconds())
        .sum();
    Some(worked * 1000 / total)
}

fn is_answer(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Approved | Verdict::Rejected)
}

/// The known severities, worst first, then the others by name.
fn severity_order(severity: &FindingSeverity) -> (usize, &str) {
    let known = FindingSeverity::KNOWN.iter().position(|word| *word == severity.as_str());
    (known.unwrap_or(FindingSeverity::KNOWN.len()), severity.as_str())
}

fn ids<'i>(ids: impl IntoIterator<Item = &'i TaskId>) -> Vec<String> {
    ids.into_iter().map(TaskId::to_string).collect()
}

/// Ids, each once, sorted.
fn texts<'i>(ids: impl Iterator<Item = &'i String>) -> Vec<String> {
    ids.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}
