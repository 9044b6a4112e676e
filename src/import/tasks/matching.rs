//! Which tasks of an import are here already.
//!
//! Where a tracker has ids of its own, a task is known by its source. In Markdown a number is only a place: somebody writes
//! a task above the others, and every number means another task. There the title counts first.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::twins::{Twin, find_twins};
use super::update::{Remembered, title_digest};
use crate::model::{Stage, Summary, TaskId};

/// A task as its source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Where it comes from: the format and its key there.
    pub source: String,
    /// Its title.
    pub title: String,
    /// The place of the task among these that it is a part of.
    pub parent: Option<usize>,
    /// The part of the work that the headings above it name.
    pub area: Option<String>,
}

/// A task that was imported before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where it came from at the last import.
    pub source: String,
    /// Its id.
    pub id: TaskId,
    /// The id of the task that it is a part of.
    pub parent: Option<String>,
    /// The part of the work.
    pub area: Option<String>,
    /// Its title here.
    pub title: String,
    /// What the last import took note of.
    pub remembered: Remembered,
    /// Whether somebody has begun it, or cancelled it.
    pub has_progress: bool,
    /// Whether it is complete or cancelled.
    pub is_closed: bool,
    /// Whether it is cancelled.
    pub is_cancelled: bool,
    /// Whether it is blocked by hand.
    pub is_blocked: bool,
}

impl Known {
    /// Makes it of a task; none where that has no source.
    #[must_use]
    pub fn of(task: &Summary<'_>) -> Option<Self> {
        Self::of_source(task, task.source?.to_owned())
    }

    /// Makes it of a task that is known by another name than its source.
    #[must_use]
    pub fn of_source(task: &Summary<'_>, source: String) -> Option<Self> {
        let is_touched = task.stage != Stage::none().as_str() || task.cancelled.is_some();
        Some(Self {
            source,
            id: TaskId::parse(task.id).ok()?,
            parent: task.parent.map(str::to_owned),
            area: task.area.map(str::to_owned),
            title: task.title.to_owned(),
            remembered: Remembered::parse(task.imported.unwrap_or_default()),
            has_progress: is_touched || task.deliverables.done > 0 || task.spent.is_some(),
            is_closed: task.is_closed(),
            is_cancelled: task.cancelled.is_some(),
            is_blocked: task.blocked.is_some(),
        })
    }

    /// Whether its source or somebody here gave it this title.
    pub(super) fn is_titled(&self, title: &str) -> bool {
        self.title == title || self.remembered.title() == Some(title_digest(title).as_str())
    }
}

/// What belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matches {
    /// For each task of the import the one that is here, by its place among the known.
    pub known: Vec<Option<usize>>,
    /// Tasks of the import whose number belongs to a task that has another title and progress of its own: nobody knows whether
    /// they are the same.
    pub doubtful: Vec<usize>,
    /// Known tasks whose number now belongs to another.
    pub superseded: Vec<usize>,
    /// Known tasks that are others once more: no import knows them.
    pub twins: Vec<Twin>,
}

impl Matches {
    /// Whether a known task is of its source no more: its number is another's now, or another is the same task.
    #[must_use]
    pub fn is_set_aside(&self, known: usize) -> bool {
        self.superseded.contains(&known) || self.twins.iter().any(|own| own.twin == known)
    }
}

/// Finds for each task of an import the one that is here. `is_numbered` says that a number is only a place.
#[must_use]
pub fn match_tasks(imported: &[Named], known: &[Known], is_numbered: bool) -> Matches {
    let twins = find_twins(known);
    let mut is_free = vec![true; known.len()];
    twins.iter().for_each(|own| is_free[own.twin] = false);
    let mut by_source: HashMap<&str, usize> = HashMap::new();
    for (at, task) in known.iter().enumerate().filter(|(at, _)| is_free[*at]) {
        by_source.entry(task.source.as_str()).or_insert(at);
    }
    let same_source = |task: &Named| by_source.get(task.source.as_str()).copied();
    if !is_numbered {
        let known = imported.iter().map(same_source).collect();
        return Matches { known, twins, ..Matches::default() };
    }
    let mut matching = Matching { imported, known, found: vec![None; imported.len()], is_free };
    matching.by_title(false);
    // Several may be called `Verify that all tests pass`: each in the part of the work that it is in.
    while matching.by_title(true) {}
    matching.pair(|at, task| same_source(task).filter(|own| known[*own].is_titled(&imported[at].title)));
    matching.pair(|_, task| same_source(task));
    matching.finish(twins)
}

struct Matching<'m> {
    imported: &'m [Named],
    known: &'m [Known],
    found: Vec<Option<usize>>,
    is_free: Vec<bool>,
}

impl Matching<'_> {
    /// Joins what is still alone with what `find` returns for it.
    fn pair(&mut self, find: impl Fn(usize, &Named) -> Option<usize>) {
        for (at, task) in self.imported.iter().enumerate() {
            if self.found[at].is_some() {
                continue;
            }
            if let Some(own) = find(at, task).filter(|own| self.is_free[*own]) {
                self.found[at] = Some(own);
                self.is_free[own] = false;
            }
        }
    }

    /// Joins tasks of one list whose title is that of one task alone on both sides: of the whole list, or of the same part of
    /// it. Returns whether there were any.
    fn by_title(&mut self, within_parts: bool) -> bool {
        let of_id: HashMap<&str, usize> =
            self.known.iter().enumerate().map(|(at, task)| (task.id.as_str(), at)).collect();
        let part = |parent: Option<usize>, area: Option<&String>| match (within_parts, parent) {
            (false, _) => (None, None),
            (true, Some(parent)) => (Some(parent), None),
            (true, None) => (None, area.cloned()),
        };
        let mut titled: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, task) in self.known.iter().enumerate().filter(|(at, _)| self.is_free[*at]) {
            let given = task.remembered.title().map(str::to_owned);
            let titles: HashSet<String> = given.into_iter().chain([title_digest(&task.title)]).collect();
            let parent = task.parent.as_deref().and_then(|id| of_id.get(id).copied());
            for title in titles {
                let key = (list_of(&task.source), part(parent, task.area.as_ref()), title);
                titled.entry(key).or_default().push(at);
            }
        }
        let mut moved: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, task) in self.imported.iter().enumerate().filter(|(at, _)| self.found[*at].is_none()) {
            // What is a part of a new task is new where only parts are compared.
            let parent = match task.parent.map(|parent| self.found[parent]) {
                Some(None) if within_parts => continue,
                parent => parent.flatten(),
            };
            let key = (list_of(&task.source), part(parent, task.area.as_ref()), title_digest(&task.title));
            moved.entry(key).or_default().push(at);
        }
        let mut is_any = false;
        for (key, places) in moved {
            if let (&[place], Some(&[own])) = (places.as_slice(), titled.get(&key).map(Vec::as_slice))
                && std::mem::take(&mut self.is_free[own])
            {
                self.found[place] = Some(own);
                is_any = true;
            }
        }
        is_any
    }

    fn finish(self, twins: Vec<Twin>) -> Matches {
        let is_doubtful = |&(at, own): &(usize, usize)| {
            let (task, known) = (&self.imported[at], &self.known[own]);
            known.has_progress && !known.is_titled(&task.title) && !is_reworded(&known.title, &task.title)
        };
        let pairs = self.found.iter().enumerate().filter_map(|(at, own)| Some((at, (*own)?)));
        let doubtful = pairs.filter(is_doubtful).map(|(at, _)| at).collect();
        let taken: HashSet<&str> = self.imported.iter().map(|task| task.source.as_str()).collect();
        // A twin is not free: what it is once more has its number.
        let is_superseded = |at: &usize| self.is_free[*at] && taken.contains(self.known[*at].source.as_str());
        let superseded = (0..self.known.len()).filter(is_superseded).collect();
        Matches { known: self.found, doubtful, superseded, twins }
    }
}

/// Returns what a number is unique in.
pub(super) fn list_of(source: &str) -> &str {
    source.rsplit_once('/').map_or(source, |(list, _)| list)
}

/// Whether a title may be another wording of the same task: most of its letters stand in the other, in their order.
fn is_reworded(one: &str, other: &str) -> bool {
    similar::TextDiff::from_chars(one.to_lowercase(), other.to_lowercase()).ratio() >= 0.6
}

#[cfg(test)]
mod tests {
    use super::{Known, Matches, Named, Remembered, TaskId, match_tasks};

    fn named(all: &[(&str, &str)]) -> Vec<Named> {
        let named = |(number, title): &(&str, &str)| Named {
            source: format!("breakdown:a/{number}"),
            title: (*title).to_owned(),
            parent: None,
            area: None,
        };
        all.iter().map(named).collect()
    }

    fn known(all: &[(&str, &str, bool)]) -> Vec<Known> {
        let known = |(number, title, has_progress): &(&str, &str, bool)| Known {
            source: format!("breakdown:a/{number}"),
            id: TaskId::parse(&format!("TASK-{}", number.replace('.', "0"))).unwrap(),
            parent: None,
            area: None,
            title: (*title).to_owned(),
            remembered: Remembered::default(),
            has_progress: *has_progress,
            is_closed: false,
            is_cancelled: false,
            is_blocked: false,
        };
        all.iter().map(known).collect()
    }

    #[test]
    fn a_task_above_the_others_moves_their_numbers_and_not_their_progress() {
        let before = known(&[("1", "Schema", true), ("2", "Loader", true), ("3", "Pages", false)]);
        let now = named(&[("1", "Licence"), ("2", "Schema"), ("3", "Loader"), ("4", "Pages")]);
        let found = match_tasks(&now, &before, true);
        assert_eq!(found.known, [None, Some(0), Some(1), Some(2)]);
        assert!(found.doubtful.is_empty() && found.superseded.is_empty(), "{found:?}");
        let by_number = match_tasks(&now, &before, false);
        assert_eq!(by_number.known, [Some(0), Some(1), Some(2), None], "where ids are ids, they count");
    }

    #[test]
    fn another_title_is_another_wording_or_a_doubt() {
        let before = known(&[("1", "Add the schema", true), ("2", "Loader", true), ("3", "Pages", false)]);
        let now = named(&[("1", "Add the new schema"), ("2", "Payment of taxes"), ("3", "Search")]);
        let found = match_tasks(&now, &before, true);
        assert_eq!(
            found,
            Matches { known: vec![Some(0), Some(1), Some(2)], doubtful: vec![1], ..Matches::default() }
        );
    }

    #[test]
    fn a_removed_task_leaves_its_number_to_the_next() {
        let before = known(&[("1", "Schema", true), ("2", "Loader", false)]);
        let found = match_tasks(&named(&[("1", "Loader")]), &before, true);
        assert_eq!((found.known, found.superseded), (vec![Some(1)], vec![0]));
    }

    #[test]
    fn titles_that_several_have_tell_nothing() {
        let before = known(&[("1", "Write tests", true), ("3", "Write tests", false), ("4", "A", false)]);
        let now = named(&[("2", "Write tests"), ("3", "Write tests"), ("5", "Write tests"), ("6", "A")]);
        let found = match_tasks(&now, &before, true);
        assert_eq!(found.known, [None, Some(1), None, Some(2)]);
        let other_list = vec![Named { source: "breakdown:b/1".to_owned(), ..now[3].clone() }];
        assert_eq!(match_tasks(&other_list, &before, true).known, [None]);
    }

    #[test]
    fn titles_that_each_part_has_are_known_by_their_part() {
        let mut before = known(&[
            ("1", "Models", true),
            ("1.2", "Verify", true),
            ("2", "Pages", false),
            ("2.2", "Verify", false),
        ]);
        before[1].parent = Some("TASK-1".to_owned());
        before[3].parent = Some("TASK-2".to_owned());
        let mut now = named(&[
            ("1", "Licence"),
            ("1.2", "Verify"),
            ("2", "Models"),
            ("2.2", "Verify"),
            ("3", "Pages"),
            ("3.2", "Verify"),
        ]);
        for at in [1, 3, 5] {
            now[at].parent = Some(at - 1);
        }
        assert_eq!(match_tasks(&now, &before, true).known, [None, None, Some(0), Some(1), Some(2), Some(3)]);
        // Under headings, no task is a part of another.
        for task in &mut before {
            task.area =
                Some(if task.id.as_str().starts_with("TASK-1") { "models" } else { "pages" }.to_owned());
            task.parent = None;
        }
        for (at, task) in now.iter_mut().enumerate() {
            (task.parent, task.area) = (None, Some(["licence", "models", "pages"][at / 2].to_owned()));
        }
        assert_eq!(match_tasks(&now, &before, true).known, [None, None, Some(0), Some(1), Some(2), Some(3)]);
    }
}
