//! Rounds: both sides read, planned and written, in an order that a crash cannot hurt.

use std::collections::{HashMap, HashSet};

use super::plan::{Sides, StepKind, SyncDirection, SyncPlan, SyncRequest, SyncStep, plan};
use super::side::{Capabilities, Intent, Landing, Local, LocalTask, Push, PushAnswer, Remote, RemoteItem};
use crate::model::{SyncLink, SyncValues};

/// More creations than this are confirmed first.
pub const MOST_CREATIONS: usize = 20;
/// More other changes than this are confirmed first.
pub const MOST_UPDATES: usize = 40;
/// Of no more linked items than this, one that is left shows that the others were deleted.
const HANDFUL: usize = 5;
/// Maximum number of pairs that are written at once.
const BATCH: usize = 250;
/// Something that changes in every round is left to the next run.
const MOST_ROUNDS: usize = 5;

/// What was done, or would be.
#[derive(Debug, Default)]
pub struct SyncReport {
    /// The steps, in order.
    pub steps: Vec<SyncStep>,
    /// What is left as it is, and why.
    pub skipped: Vec<(String, String)>,
    /// What could not be read or written, with the name of the item.
    pub problems: Vec<String>,
    /// How many creations and how many other changes are to be confirmed; none where nothing is.
    pub to_confirm: Option<(usize, usize)>,
    /// How many linked items are left of how many, where that is too few to be believed: a file that was moved, another
    /// database. Then nothing was done.
    pub vanished: Option<(usize, usize)>,
    /// How many changes nobody knows the outcome of. The next run looks first at them.
    pub unknown: usize,
    /// How many decisions wait for a person.
    pub waiting: usize,
    /// Whether items can be created there.
    pub can_create: bool,
}

/// Synchronises until nothing is left to do.
pub fn sync<E>(
    local: &mut dyn Local<E>,
    remote: &mut dyn Remote<E>,
    request: &SyncRequest,
) -> Result<SyncReport, E> {
    let capabilities = remote.capabilities()?;
    let mut report = SyncReport { can_create: capabilities.can_create(), ..SyncReport::default() };
    if !request.is_dry && request.direction != SyncDirection::Pull {
        remote.allow_writes();
    }
    let mut keyed = HashSet::new();
    for round in 0..MOST_ROUNDS {
        let is_last = round + 1 == MOST_ROUNDS;
        let mut run = Round {
            capabilities: &capabilities,
            request,
            kept: Vec::new(),
            vanished: None,
            is_again: false,
            is_last,
            keyed,
            linked: HashMap::new(),
        };
        let plan = run.read(local, remote)?;
        report.problems.extend(plan.problems);
        report.problems.sort();
        report.problems.dedup();
        report.skipped = plan.skipped;
        report.waiting = plan.waiting;
        let (creations, updates) = size_of(&plan.steps);
        let is_large = creations > MOST_CREATIONS || updates > MOST_UPDATES;
        if is_large && round == 0 && !request.is_confirmed {
            report.to_confirm = Some((creations, updates));
        }
        report.vanished = run.vanished.filter(|_| !request.is_confirmed);
        if report.vanished.is_some() && round > 0 {
            break;
        }
        if request.is_dry || report.needs_confirmation() {
            report.steps = plan.steps;
            return Ok(report);
        }
        let known = report.steps.len();
        for batch in plan.steps.chunks(BATCH) {
            run.write(batch, local, remote, &mut report)?;
        }
        if !run.kept.is_empty() && report.unknown == 0 {
            local.set_journal(&[])?;
        }
        if report.unknown > 0 || report.steps.len() == known && !run.is_again {
            break;
        }
        keyed = run.keyed;
    }
    // What fails in one round fails in the next.
    report.problems.sort();
    report.problems.dedup();
    Ok(report)
}

impl SyncReport {
    /// Whether nothing was done because a person has to confirm it first.
    pub fn needs_confirmation(&self) -> bool {
        self.to_confirm.is_some() || self.vanished.is_some()
    }
}

/// Whether so few linked items are left that rather the other side is a wrong one, than that the others were deleted.
fn is_doubtful(linked: usize, left: usize) -> bool {
    left == 0 && linked > 1 || linked > HANDFUL && left * 2 < linked
}

/// Returns how many linked items there are, and how many of them are left.
fn count_linked(tasks: &[LocalTask], items: &[RemoteItem]) -> (usize, usize) {
    let items: HashSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    let links = tasks.iter().filter(|task| task.values.is_some()).filter_map(|task| task.link.as_ref());
    let linked: Vec<&str> = links
        .filter(|link| link.orphan.is_none() && !link.id.is_empty())
        .map(|link| link.id.as_str())
        .collect();
    (linked.len(), linked.iter().filter(|id| items.contains(**id)).count())
}

fn size_of(steps: &[SyncStep]) -> (usize, usize) {
    let is_creation = |step: &&SyncStep| matches!(step.kind, StepKind::CreateHere | StepKind::CreateThere);
    let creations = steps.iter().filter(is_creation).count();
    let links = steps.iter().filter(|step| step.kind == StepKind::Link).count();
    (creations, steps.len() - creations - links)
}

struct Round<'r> {
    capabilities: &'r Capabilities,
    request: &'r SyncRequest,
    /// Creations of which it is not known yet whether they were made.
    kept: Vec<Intent>,
    /// How many linked items are left of how many, where that is doubtful.
    vanished: Option<(usize, usize)>,
    /// Whether something has changed meanwhile.
    is_again: bool,
    /// Whether no round follows.
    is_last: bool,
    /// The tasks whose items were given their keys in this run.
    keyed: HashSet<String>,
    /// The tasks that have items, by them.
    linked: HashMap<String, String>,
}

impl Round<'_> {
    fn read<E>(&mut self, local: &mut dyn Local<E>, remote: &mut dyn Remote<E>) -> Result<SyncPlan, E> {
        let journal = local.journal()?;
        if !journal.is_empty() && !self.request.is_dry {
            self.replay(journal, local, remote)?;
        }
        let (mut items, mut problems) = remote.pull()?;
        let tasks = local.tasks()?;
        let known: HashSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        let links = tasks.iter().filter_map(|task| task.link.as_ref());
        let is_missing = |id: &&String| !id.is_empty() && !known.contains(id.as_str());
        let missing: Vec<String> = links.map(|link| &link.id).filter(is_missing).cloned().collect();
        if !missing.is_empty() {
            let (found, odd) = remote.state(&missing)?;
            items.extend(found);
            problems.extend(odd);
        }
        let (linked, left) = count_linked(&tasks, &items);
        self.vanished = is_doubtful(linked, left).then_some((left, linked));
        let created: HashMap<String, SyncValues> =
            self.kept.iter().map(|own| (own.landing.task.clone(), own.there.clone())).collect();
        let sides = Sides {
            capabilities: self.capabilities,
            tasks: &tasks,
            items: &items,
            created: &created,
            keyed: &self.keyed,
        };
        let mut plan = plan(&sides, self.request, local)?;
        plan.problems.extend(problems);
        let known = tasks.iter().filter_map(|task| task.link.as_ref());
        let links = known.chain(plan.steps.iter().map(|step| &step.link)).filter(|link| !link.id.is_empty());
        self.linked = links.map(|link| (link.id.clone(), link.task.clone())).collect();
        Ok(plan)
    }

    /// Finishes what was written there and not here, and drops what was written nowhere.
    fn replay<E>(
        &mut self,
        journal: Vec<Intent>,
        local: &mut dyn Local<E>,
        remote: &mut dyn Remote<E>,
    ) -> Result<(), E> {
        let tasks: HashMap<String, LocalTask> =
            local.tasks()?.into_iter().map(|task| (task.id.clone(), task)).collect();
        let link_of = |intent: &Intent| tasks.get(&intent.landing.task).and_then(|task| task.link.as_ref());
        let (created, changed): (Vec<Intent>, Vec<Intent>) =
            journal.into_iter().partition(|intent| intent.is_creation);
        self.kept = created;
        self.kept.retain(|intent| link_of(intent).is_none_or(|link| link.id.is_empty()));
        // Where the link is written, all of it is.
        let is_open =
            |intent: &Intent| link_of(intent).is_some_and(|link| !link.says_the_same(&intent.landing.link));
        let mut open = changed;
        open.retain(is_open);
        let ids: Vec<String> = open.iter().map(|intent| intent.landing.link.id.clone()).collect();
        let items = if ids.is_empty() { Vec::new() } else { remote.state(&ids)?.0 };
        let items: HashMap<&str, &RemoteItem> = items.iter().map(|item| (item.id.as_str(), item)).collect();
        let mut landings = Vec::new();
        for mut intent in open {
            let Some(item) = items.get(intent.landing.link.id.as_str()) else { continue };
            let task = tasks.get(&intent.landing.task);
            let mut is_there = |(field, value): (&_, &_)| {
                let found = item.fields.get(field).map(|raw| local.accept(task, *field, raw));
                found.is_some_and(|found| found.as_ref() == Ok(value))
            };
            if intent.version.as_deref() != Some(&item.version) && intent.there.iter().all(&mut is_there) {
                intent.landing.link.version = Some(item.version.clone());
                landings.push(intent.landing);
            }
        }
        local.write(&landings)?;
        local.set_journal(&self.kept)
    }

    fn write<E>(
        &mut self,
        steps: &[SyncStep],
        local: &mut dyn Local<E>,
        remote: &mut dyn Remote<E>,
        report: &mut SyncReport,
    ) -> Result<(), E> {
        let lost: Vec<_> = steps.iter().flat_map(|step| step.lost.iter().cloned()).collect();
        if !lost.is_empty() {
            local.log(&lost)?;
        }
        let pushing: Vec<&SyncStep> = steps.iter().filter(|step| step.pushes()).collect();
        let intents: Vec<Intent> = pushing.iter().map(|step| intent_of(step)).collect();
        let mut answers = Vec::new();
        if !intents.is_empty() {
            self.note(local, &intents)?;
            let pushes: Vec<Push> = pushing.iter().map(|step| push_of(step)).collect();
            answers = remote.push(&pushes)?;
            answers.resize(pushes.len(), PushAnswer::Unknown(None));
        }
        let answer_of = pushing.iter().map(|step| step.task.as_str()).zip(&answers);
        let answer_of: HashMap<&str, &PushAnswer> = answer_of.collect();
        let mut landed = Vec::new();
        for step in steps {
            let mut landing = landing_of(step);
            match answer_of.get(step.task.as_str()) {
                Some(PushAnswer::Written { id, version }) => {
                    if let Some(why) = self.why_other(&landing.link, id) {
                        report.problems.push(format!("{}: {why}", step.task));
                        continue;
                    }
                    self.keyed.insert(step.task.clone());
                    self.linked.insert(id.clone(), step.task.clone());
                    landing.link.id.clone_from(id);
                    landing.link.version = Some(version.clone());
                }
                Some(answer) => {
                    report.problems.extend(self.not_written(&step.task, answer));
                    continue;
                }
                None => {}
            }
            landed.push((step, landing));
        }
        let landings: Vec<Landing> = landed.iter().map(|(_, landing)| landing.clone()).collect();
        let written = if landings.is_empty() { Vec::new() } else { local.write(&landings)? };
        for ((step, landing), written) in landed.into_iter().zip(written) {
            match written {
                Ok(()) => report.steps.push(SyncStep { link: landing.link, ..step.clone() }),
                Err(why) => report.problems.push(format!("{}: not written here: {why}", step.task)),
            }
        }
        let is_unknown = |(_, answer): &(Intent, &PushAnswer)| matches!(answer, PushAnswer::Unknown(_));
        let unknown = intents.into_iter().zip(&answers).filter(is_unknown).map(|(intent, _)| intent);
        let unknown: Vec<Intent> = unknown.collect();
        report.unknown += unknown.len();
        self.kept.extend(unknown);
        if answers.is_empty() { Ok(()) } else { self.note(local, &[]) }
    }

    /// Returns why an answer cannot be about the item that was to be written.
    fn why_other(&self, link: &SyncLink, answered: &str) -> Option<String> {
        if !link.id.is_empty() {
            let is_other = link.id != answered;
            return is_other.then(|| {
                format!("the answer to its push to `{}` is about `{answered}`; its link stays", link.id)
            });
        }
        let other = self.linked.get(answered).filter(|task| **task != link.task)?;
        Some(format!(
            "the answer to its creation is `{answered}`, which is the item of {other}; it has no link"
        ))
    }

    /// Takes that the other side has not written a change, and returns what is to be reported of that.
    fn not_written(&mut self, task: &str, answer: &PushAnswer) -> Option<String> {
        match answer {
            PushAnswer::Refused(why) => Some(format!("{task}: not written there: {why}")),
            PushAnswer::Changed => {
                self.is_again = true;
                let why = "it changed there each time it was to be written; the next run tries again";
                self.is_last.then(|| format!("{task}: {why}"))
            }
            PushAnswer::Unknown(Some(why)) => {
                Some(format!("{task}: perhaps written there, perhaps not: {why}"))
            }
            PushAnswer::Written { .. } | PushAnswer::Unknown(None) => None,
        }
    }

    fn note<E>(&self, local: &mut dyn Local<E>, intents: &[Intent]) -> Result<(), E> {
        let all: Vec<Intent> = self.kept.iter().chain(intents).cloned().collect();
        local.set_journal(&all)
    }
}

fn landing_of(step: &SyncStep) -> Landing {
    Landing {
        task: step.task.clone(),
        is_new: step.kind == StepKind::CreateHere,
        seen: step.seen.clone(),
        here: step.here.clone(),
        link: step.link.clone(),
    }
}

fn intent_of(step: &SyncStep) -> Intent {
    Intent {
        is_creation: step.kind == StepKind::CreateThere,
        version: step.version.clone(),
        there: step.there.clone(),
        landing: landing_of(step),
    }
}

fn push_of(step: &SyncStep) -> Push {
    Push {
        id: (step.kind != StepKind::CreateThere).then(|| step.link.id.clone()),
        key: step.task.clone(),
        version: step.version.clone(),
        fields: step.there.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_doubtful;

    #[test]
    fn all_or_most_of_the_items_are_not_deleted_in_silence() {
        for (linked, left) in [(2, 0), (5, 0), (6, 2), (100, 49)] {
            assert!(is_doubtful(linked, left), "{left} of {linked}");
        }
        for (linked, left) in [(0, 0), (1, 0), (2, 1), (5, 1), (6, 3), (100, 50), (100, 100)] {
            assert!(!is_doubtful(linked, left), "{left} of {linked}");
        }
    }
}
