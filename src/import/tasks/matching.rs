//! Which tasks of an import are here already.
//!
//! Where a tracker has ids of its own, a task is known by its source. In Markdown a number is only a place: somebody writes
//! a task above the others, and every number means another task. There the title counts first.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::update::{Remembered, title_digest};
use crate::model::{Stage, Summary};

/// A task as its source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Where it comes from: the format and its key there.
    pub source: String,
    /// Its title.
    pub title: String,
}

/// A task that was imported before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where it came from at the last import.
    pub source: String,
    /// Its title here.
    pub title: String,
    /// What the last import took note of.
    pub remembered: Remembered,
    /// Whether somebody has begun it, or cancelled it.
    pub has_progress: bool,
}

impl Known {
    /// Makes it of a task that has a source.
    #[must_use]
    pub fn of(task: &Summary<'_>, source: &str) -> Self {
        let is_touched = task.stage != Stage::none().as_str() || task.cancelled.is_some();
        Self {
            source: source.to_owned(),
            title: task.title.to_owned(),
            remembered: Remembered::parse(task.imported.unwrap_or_default()),
            has_progress: is_touched || task.deliverables.done > 0 || task.spent.is_some(),
        }
    }

    /// Whether its source or somebody here gave it this title.
    fn is_titled(&self, title: &str) -> bool {
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
}

/// Finds for each task of an import the one that is here. `is_numbered` says that a number is only a place.
#[must_use]
pub fn match_tasks(imported: &[Named], known: &[Known], is_numbered: bool) -> Matches {
    let mut by_source: HashMap<&str, usize> = HashMap::new();
    for (at, task) in known.iter().enumerate() {
        by_source.entry(task.source.as_str()).or_insert(at);
    }
    let same_source = |task: &Named| by_source.get(task.source.as_str()).copied();
    if !is_numbered {
        let known = imported.iter().map(same_source).collect();
        return Matches { known, ..Matches::default() };
    }
    let mut matching =
        Matching { imported, known, found: vec![None; imported.len()], is_free: vec![true; known.len()] };
    matching.pair(|at, task| same_source(task).filter(|own| known[*own].is_titled(&imported[at].title)));
    matching.by_unique_title();
    matching.pair(|_, task| same_source(task));
    matching.finish()
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

    /// Joins tasks of one list that have moved: their title is that of one task alone on both sides.
    fn by_unique_title(&mut self) {
        let mut titled: HashMap<(&str, String), Vec<usize>> = HashMap::new();
        for (at, task) in self.known.iter().enumerate().filter(|(at, _)| self.is_free[*at]) {
            let given = task.remembered.title().map(str::to_owned);
            let titles: HashSet<String> = given.into_iter().chain([title_digest(&task.title)]).collect();
            for title in titles {
                titled.entry((list_of(&task.source), title)).or_default().push(at);
            }
        }
        let mut moved: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
        for (at, task) in self.imported.iter().enumerate().filter(|(at, _)| self.found[*at].is_none()) {
            moved.entry((list_of(&task.source), title_digest(&task.title))).or_default().push(at);
        }
        for (title, places) in moved {
            if let (&[place], Some(&[own])) = (places.as_slice(), titled.get(&title).map(Vec::as_slice))
                && std::mem::take(&mut self.is_free[own])
            {
                self.found[place] = Some(own);
            }
        }
    }

    fn finish(self) -> Matches {
        let is_doubtful = |&(at, own): &(usize, usize)| {
            let (task, known) = (&self.imported[at], &self.known[own]);
            known.has_progress && !known.is_titled(&task.title) && !is_reworded(&known.title, &task.title)
        };
        let pairs = self.found.iter().enumerate().filter_map(|(at, own)| Some((at, (*own)?)));
        let doubtful = pairs.filter(is_doubtful).map(|(at, _)| at).collect();
        let taken: HashSet<&str> = self.imported.iter().map(|task| task.source.as_str()).collect();
        let is_superseded = |at: &usize| self.is_free[*at] && taken.contains(self.known[*at].source.as_str());
        let superseded = (0..self.known.len()).filter(is_superseded).collect();
        Matches { known: self.found, doubtful, superseded }
    }
}

/// Returns what a number is unique in.
fn list_of(source: &str) -> &str {
    source.rsplit_once('/').map_or(source, |(list, _)| list)
}

/// Whether a title may be another wording of the same task: most of its letters stand in the other, in their order.
fn is_reworded(one: &str, other: &str) -> bool {
    similar::TextDiff::from_chars(one.to_lowercase(), other.to_lowercase()).ratio() >= 0.6
}

#[cfg(test)]
mod tests {
    use super::{Known, Matches, Named, Remembered, match_tasks};

    fn named(all: &[(&str, &str)]) -> Vec<Named> {
        let named = |(number, title): &(&str, &str)| Named {
            source: format!("breakdown:a/{number}"),
            title: (*title).to_owned(),
        };
        all.iter().map(named).collect()
    }

    fn known(all: &[(&str, &str, bool)]) -> Vec<Known> {
        let known = |(number, title, has_progress): &(&str, &str, bool)| Known {
            source: format!("breakdown:a/{number}"),
            title: (*title).to_owned(),
            remembered: Remembered::default(),
            has_progress: *has_progress,
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
            Matches { known: vec![Some(0), Some(1), Some(2)], doubtful: vec![1], superseded: vec![] }
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
        let other_list = vec![Named { source: "breakdown:b/1".to_owned(), title: "A".to_owned() }];
        assert_eq!(match_tasks(&other_list, &before, true).known, [None]);
    }
}
