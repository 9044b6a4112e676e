//! What is to be done on both sides, from what both have.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::reconcile::{Reconciled, reconcile, winner};
use super::side::{Capabilities, Local, LocalTask, Lost, RemoteItem};
use crate::model::{
    SyncConflict, SyncField, SyncLink, SyncOrphan, SyncPolicy, SyncSide, SyncValue, SyncValues,
};

/// Where changes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncDirection {
    /// Both ways.
    #[default]
    Both,
    /// From there to here.
    Pull,
    /// From here to there.
    Push,
}

/// How to synchronise.
#[derive(Debug, Clone, Default)]
pub struct SyncRequest {
    /// Which value stays where both sides have changed one field.
    pub policy: SyncPolicy,
    /// Where changes go.
    pub direction: SyncDirection,
    /// The tasks that it is about; none: all, and new items.
    pub only: Option<BTreeSet<String>>,
    /// What time it is: a change of later is as of now.
    pub now: DateTime<Utc>,
    /// Whether many changes are fine.
    pub is_confirmed: bool,
    /// Whether nothing is to be written.
    pub is_dry: bool,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A task is new.
    CreateHere,
    /// An item is new.
    CreateThere,
    /// A task, its item, or both change.
    Update,
    /// One of the two is gone.
    Orphan,
    /// Only the link changes.
    Link,
}

/// What is to be done with one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStep {
    /// What it does.
    pub kind: StepKind,
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// The item's version.
    pub version: Option<String>,
    /// Whether the item is to keep the task's id.
    pub marks: bool,
    /// The values of the task as they are.
    pub seen: SyncValues,
    /// The values of the task that change.
    pub here: SyncValues,
    /// The values of the item that change.
    pub there: SyncValues,
    /// The link from now on.
    pub link: SyncLink,
    /// Values that are replaced on one side.
    pub lost: Vec<Lost>,
    /// Why the pair was taken.
    pub why: String,
}

impl SyncStep {
    /// Whether something is written there.
    pub(super) fn pushes(&self) -> bool {
        self.kind == StepKind::CreateThere || !self.there.is_empty() || self.marks
    }
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct SyncPlan {
    pub(super) steps: Vec<SyncStep>,
    /// What is left as it is, and why.
    pub(super) skipped: Vec<(String, String)>,
    pub(super) problems: Vec<String>,
    /// How many decisions wait for a person once the steps are done.
    pub(super) waiting: usize,
}

/// The words of a status that is an end.
const CLOSED: [&str; 3] = ["completed", "qa_approved", "cancelled"];

/// What a plan is made from.
pub(super) struct Sides<'p> {
    pub(super) capabilities: &'p Capabilities,
    pub(super) tasks: &'p [LocalTask],
    pub(super) items: &'p [RemoteItem],
    /// By task: values that an item was created with, where it is not known whether it was.
    pub(super) created: &'p HashMap<String, SyncValues>,
    /// The tasks whose items were given their keys in this run.
    pub(super) keyed: &'p HashSet<String>,
}

/// Plans one round.
pub(super) fn plan<E>(
    sides: &Sides<'_>,
    request: &SyncRequest,
    local: &mut dyn Local<E>,
) -> Result<SyncPlan, E> {
    let mut items: BTreeMap<&str, &RemoteItem> = BTreeMap::new();
    for item in sides.items {
        items.entry(&item.id).or_insert(item);
    }
    let tasks = sides.tasks.iter().map(|task| (task.id.as_str(), task)).collect();
    let mut planner = Planner { sides, request, local, tasks, plan: SyncPlan::default() };
    let mut taken: HashSet<&str> = HashSet::new();
    let linked = |task: &&LocalTask| task.link.as_ref().is_some_and(|link| !link.id.is_empty());
    for task in sides.tasks.iter().filter(linked) {
        let Some(link) = &task.link else { continue };
        if !taken.insert(&link.id) {
            let problem = format!("{} and another task are both linked to `{}`", task.id, link.id);
            planner.plan.problems.push(problem);
            continue;
        }
        planner.linked(task, link, items.get(link.id.as_str()).copied());
    }
    let mut keys: BTreeMap<&str, Vec<&RemoteItem>> = BTreeMap::new();
    for item in items.values().filter(|item| !taken.contains(item.id.as_str())) {
        if let Some(key) = &item.key {
            keys.entry(key).or_default().push(item);
        }
    }
    for task in sides.tasks.iter().filter(|task| !linked(task)) {
        match keys.get(task.id.as_str()).and_then(|items| items.first()) {
            Some(item) if task.values.is_some() => {
                taken.insert(&item.id);
                let mut link = SyncLink::new(&task.id, &item.id);
                link.agreed = sides.created.get(&task.id).cloned().unwrap_or_default();
                planner.update(task, link, item, "created there for this task");
            }
            _ => planner.create_there(task),
        }
    }
    for item in items.values().filter(|item| !taken.contains(item.id.as_str())) {
        planner.create_here(item)?;
    }
    planner.plan.waiting = planner.waiting();
    Ok(planner.plan)
}

/// A pair while its fields are looked at.
struct Pair<'p> {
    task: &'p LocalTask,
    item: &'p RemoteItem,
    link: SyncLink,
    here: SyncValues,
    there: SyncValues,
    lost: Vec<Lost>,
}

fn lost_of(pair: &Pair<'_>, field: SyncField, (side, lost): (SyncSide, SyncValue), kept: SyncValue) -> Lost {
    Lost { task: pair.task.id.clone(), item: pair.item.id.clone(), field, side, lost, kept }
}

struct Planner<'p, 'l, E> {
    sides: &'p Sides<'p>,
    request: &'p SyncRequest,
    local: &'l mut dyn Local<E>,
    tasks: HashMap<&'p str, &'p LocalTask>,
    plan: SyncPlan,
}

impl<E> Planner<'_, '_, E> {
    fn is_selected(&self, task: &str) -> bool {
        self.request.only.as_ref().is_none_or(|only| only.contains(task))
    }

    fn linked(&mut self, task: &LocalTask, link: &SyncLink, item: Option<&RemoteItem>) {
        if link.orphan == Some(SyncOrphan::Unlinked) || !self.is_selected(&task.id) {
            return;
        }
        let orphan = match (&task.values, item) {
            (None, None) => SyncOrphan::DeletedBoth,
            (None, Some(_)) => SyncOrphan::DeletedHere,
            (Some(_), None) => SyncOrphan::DeletedThere,
            (Some(_), Some(item)) => {
                let link = SyncLink { orphan: None, ..link.clone() };
                return self.update(task, link, item, "linked");
            }
        };
        if link.orphan != Some(orphan) {
            let why = match orphan {
                SyncOrphan::DeletedHere => "the task is gone",
                SyncOrphan::DeletedBoth => "both are gone; the link keeps the last values",
                SyncOrphan::DeletedThere | SyncOrphan::Unlinked => "the item is gone",
            };
            let link = SyncLink { orphan: Some(orphan), ..link.clone() };
            let values = task.values.clone().unwrap_or_else(|| link.agreed.clone());
            let step = step(StepKind::Orphan, task.id.clone(), &values, link, why);
            self.plan.steps.push(step);
        }
    }

    /// Counts what a person has to decide once the steps are done.
    fn waiting(&self) -> usize {
        let planned: HashMap<&str, &SyncLink> =
            self.plan.steps.iter().map(|step| (step.task.as_str(), &step.link)).collect();
        let tasks = self.sides.tasks.iter().filter(|task| self.is_selected(&task.id));
        let links = tasks.filter_map(|task| planned.get(task.id.as_str()).copied().or(task.link.as_ref()));
        links.map(SyncLink::decisions).sum()
    }

    fn create_there(&mut self, task: &LocalTask) {
        let Some(values) = &task.values else { return };
        if !self.is_selected(&task.id) || self.request.direction == SyncDirection::Pull {
            return;
        }
        let is_requested = task.link.as_ref().is_some_and(|link| link.orphan.is_none());
        let why = match &task.selected {
            _ if is_requested => "it was decided to create it again",
            Ok(why) => why,
            Err(why) => return self.plan.skipped.push((task.id.clone(), why.clone())),
        };
        if !self.sides.capabilities.can_create() {
            let why = "items cannot be created there".to_owned();
            return match is_requested {
                true => {
                    self.plan.problems.push(format!("{}: it was to be created again, and {why}", task.id));
                }
                false => self.plan.skipped.push((task.id.clone(), why)),
            };
        }
        let has = |field: &SyncField| self.sides.capabilities.fields.contains(field);
        let known = values.iter().filter(|(field, _)| has(field));
        let there: SyncValues = known.map(|(field, value)| (*field, value.clone())).collect();
        let link = SyncLink { agreed: there.clone(), ..SyncLink::new(&task.id, "") };
        let step = step(StepKind::CreateThere, task.id.clone(), values, link, why);
        self.plan.steps.push(SyncStep { there, ..step });
    }

    fn create_here(&mut self, item: &RemoteItem) -> Result<(), E> {
        if self.request.only.is_some() || self.request.direction == SyncDirection::Push {
            return Ok(());
        }
        let mut link = SyncLink::new("", &item.id);
        let mut here = SyncValues::new();
        for (field, value) in &item.fields {
            if !self.sides.capabilities.fields.contains(field) || field.is_derived() {
                continue;
            }
            match self.local.accept(None, *field, value) {
                Ok(value) => drop(here.insert(*field, value)),
                Err(why) if *field == SyncField::Title => {
                    self.plan.problems.push(format!("`{}`: {why}", item.id));
                    return Ok(());
                }
                Err(why) => {
                    self.plan.problems.push(format!("`{}`: {why}; its {field} is left out", item.id));
                    link.declined.insert(*field, noted(value));
                }
            }
        }
        let status = here.get(&SyncField::Status).map(ToString::to_string).unwrap_or_default();
        let title = here.get(&SyncField::Title).map(ToString::to_string).unwrap_or_default();
        let why = match () {
            () if title.is_empty() => Some("it has no title".to_owned()),
            () if CLOSED.contains(&status.as_str()) => Some(format!("it is {status} there")),
            () => None,
        };
        if let Some(why) = self.local.why_unknown(item).or(why) {
            match self.id_of(item) {
                Ok(Some(task)) => {
                    self.plan.problems.push(format!("{task}: it was to be created again, and {why}"));
                }
                _ => self.plan.skipped.push((item.id.clone(), why)),
            }
            return Ok(());
        }
        link.task = match self.id_of(item) {
            Ok(Some(id)) => id,
            Ok(None) => self.local.new_id(item)?,
            Err(why) => {
                self.plan.skipped.push((item.id.clone(), why));
                return Ok(());
            }
        };
        link.agreed = here.clone();
        link.version = Some(item.version.clone());
        let why = if status.is_empty() { "new there".to_owned() } else { format!("{status} there, and new") };
        let step = step(StepKind::CreateHere, link.task.clone(), &here, link, &why);
        self.plan.steps.push(SyncStep { seen: SyncValues::new(), here, ..step });
        Ok(())
    }

    /// Returns the id that the task of a new item has: of one that is to be created again, its own. An item that has another
    /// task keeps it.
    fn id_of(&self, item: &RemoteItem) -> Result<Option<String>, String> {
        let Some(key) = &item.key else { return Ok(None) };
        let own = self.tasks.get(key.as_str());
        let link = own.and_then(|task| task.link.as_ref());
        match link.is_some_and(|link| link.id.is_empty() && link.orphan.is_none()) {
            true => Ok(Some(key.clone())),
            false => Err(format!("it belongs to {key}, which is not here")),
        }
    }

    fn update(&mut self, task: &LocalTask, link: SyncLink, item: &RemoteItem, why: &str) {
        let Some(values) = &task.values else { return };
        // Of an item without fields nothing is known.
        if !self.is_selected(&task.id) || item.fields.is_empty() {
            return;
        }
        let mut pair =
            Pair { task, item, link, here: SyncValues::new(), there: SyncValues::new(), lost: Vec::new() };
        for field in self.sides.capabilities.fields.iter().copied() {
            let (Some(own), Some(raw)) = (values.get(&field), item.fields.get(&field)) else { continue };
            if field.is_derived() {
                self.derive(&mut pair, field, own, raw);
                continue;
            }
            // What both have agreed on was accepted, also where it could not come from outside any more.
            let accepted = match pair.link.agreed.get(&field) {
                Some(agreed) if agreed == raw => Ok(raw.clone()),
                _ => self.local.accept(Some(task), field, raw),
            };
            let other = accepted.as_ref().ok().cloned();
            let found = match accepted {
                Ok(value) => {
                    pair.link.declined.remove(&field);
                    let winner = match self.is_read_only(field) {
                        true => Some(SyncSide::There),
                        false => winner(self.request.policy, self.newer(task, item)),
                    };
                    Some(reconcile(field, pair.link.agreed.get(&field), own, &value, winner))
                }
                Err(why) => self.decline(&mut pair, field, (own, raw), &why),
            };
            if let Some(found) = found {
                self.take(&mut pair, field, (own, other.as_ref().unwrap_or(raw)), found);
            }
        }
        self.finish(pair, values, why);
    }

    fn is_read_only(&self, field: SyncField) -> bool {
        self.sides.capabilities.read_only.contains(&field)
    }

    /// Whether values go to this side, and whether those of a field go to the other.
    fn ways(&self, field: SyncField) -> (bool, bool) {
        let direction = self.request.direction;
        (direction != SyncDirection::Push, direction != SyncDirection::Pull && !self.is_read_only(field))
    }

    /// What is counted here is the same there, whatever is there.
    fn derive(&self, pair: &mut Pair<'_>, field: SyncField, own: &SyncValue, raw: &SyncValue) {
        if own != raw {
            if !self.ways(field).1 {
                return;
            }
            // Somebody has changed it there.
            if pair.link.agreed.get(&field).is_some_and(|agreed| agreed != raw) {
                let loser = (SyncSide::There, raw.clone());
                pair.lost.push(lost_of(pair, field, loser, own.clone()));
            }
            pair.there.insert(field, own.clone());
        }
        pair.link.agreed.insert(field, own.clone());
    }

    /// What cannot be taken over stays there until the value here changes.
    fn decline(
        &mut self,
        pair: &mut Pair<'_>,
        field: SyncField,
        (own, raw): (&SyncValue, &SyncValue),
        why: &str,
    ) -> Option<Reconciled> {
        if pair.link.declined.get(&field) != Some(&noted(raw)) {
            let problem = format!("`{}`: {why}; {field} of {} stays", pair.item.id, pair.task.id);
            self.plan.problems.push(problem);
            pair.link.declined.insert(field, noted(raw));
        }
        let known = pair.link.agreed.entry(field).or_insert_with(|| own.clone());
        if known == own || !self.ways(field).1 {
            return None;
        }
        pair.link.declined.remove(&field);
        let found = reconcile(field, Some(raw), own, raw, None);
        Some(Reconciled { lost: Some((SyncSide::There, raw.clone())), ..found })
    }

    /// Notes what follows for both sides from a field that was reconciled.
    fn take(
        &self,
        pair: &mut Pair<'_>,
        field: SyncField,
        (own, other): (&SyncValue, &SyncValue),
        found: Reconciled,
    ) {
        if found.is_conflict() {
            let conflict = SyncConflict { here: found.here, there: found.there };
            pair.link.conflicts.insert(field, conflict);
            return;
        }
        pair.link.conflicts.remove(&field);
        let target = found.here;
        let (takes, pushes) = self.ways(field);
        if takes && target != *own {
            pair.here.insert(field, target.clone());
        }
        if pushes && target != *other {
            pair.there.insert(field, target.clone());
        }
        // What is not written on one side has still to be, and is agreed on only when it is.
        let now = match (takes, pushes) {
            (true, true) => &target,
            (false, _) => own,
            (true, false) => other,
        };
        pair.link.agreed.insert(field, now.clone());
        pair.lost.extend(found.lost.map(|loser| lost_of(pair, field, loser, target)));
    }

    fn finish(&mut self, pair: Pair<'_>, values: &SyncValues, why: &str) {
        let Pair { task, item, mut link, here, there, lost } = pair;
        let is_marked = !self.sides.capabilities.keys || item.key.as_deref() == Some(task.id.as_str());
        let is_lost = !is_marked && self.sides.keyed.contains(&task.id);
        if is_lost {
            let problem =
                format!("`{}`: it does not keep {} as its key, though it was written", item.id, task.id);
            self.plan.problems.push(problem);
        }
        let marks = !is_marked && !is_lost && self.request.direction != SyncDirection::Pull;
        let is_known = task.link.as_ref().is_some_and(|known| known.says_the_same(&link));
        if here.is_empty() && there.is_empty() && is_known && !marks {
            return;
        }
        link.version = Some(item.version.clone());
        let kind = match here.is_empty() && there.is_empty() {
            true => StepKind::Link,
            false => StepKind::Update,
        };
        let step = step(kind, task.id.clone(), values, link, why);
        let version = Some(item.version.clone());
        self.plan.steps.push(SyncStep { version, marks, here, there, lost, ..step });
    }

    /// Returns the side that was changed last. A clock that is ahead wins nothing.
    fn newer(&self, task: &LocalTask, item: &RemoteItem) -> SyncSide {
        let there = item.updated.map(|at| at.min(self.request.now));
        if there > task.updated { SyncSide::There } else { SyncSide::Here }
    }
}

fn step(kind: StepKind, task: String, values: &SyncValues, link: SyncLink, why: &str) -> SyncStep {
    SyncStep {
        kind,
        task,
        title: values.get(&SyncField::Title).map(ToString::to_string).unwrap_or_default(),
        version: None,
        marks: false,
        seen: values.clone(),
        here: SyncValues::new(),
        there: SyncValues::new(),
        link,
        lost: Vec::new(),
        why: why.to_owned(),
    }
}

/// Longest value that is noted as it is where it is not taken over, in bytes.
const LONGEST_NOTED: usize = 200;

/// Returns by what a value that was not taken over is known again: itself, or the digest of one that is long, of which nobody
/// knows how long.
fn noted(value: &SyncValue) -> SyncValue {
    let text = value.to_string();
    if text.len() <= LONGEST_NOTED {
        return value.clone();
    }
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    SyncValue::text(format!("{} bytes, sha256 {hex}", text.len()))
}
