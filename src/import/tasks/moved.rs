//! Lists of tasks whose file was moved or renamed since they were imported.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::matching::{Known, Named, list_of};

/// Gives the tasks of a list that has moved the sources that they have at its new place: a list of which nothing is known,
/// while the file of another is gone, and most of that one's tasks have their number and title in the new one. Where two
/// may have become it, neither has.
pub fn follow_moved(imported: &[Named], known: &mut [Known], is_gone: impl Fn(&str) -> bool) {
    let known_lists: HashSet<String> = known.iter().map(|task| list_of(&task.source).to_owned()).collect();
    let mut lists: BTreeMap<&str, HashMap<&str, &str>> = BTreeMap::new();
    for task in imported {
        let list = list_of(&task.source);
        lists.entry(list).or_default().insert(&task.source[list.len()..], &task.title);
    }
    lists.retain(|list, _| !known_lists.contains(*list));
    let mut old: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, task) in known.iter().enumerate() {
        if task.remembered.from.as_deref().is_some_and(&is_gone) {
            old.entry(list_of(&task.source).to_owned()).or_default().push(at);
        }
    }
    let is_it = |new: &HashMap<&str, &str>, list: &str, places: &[usize]| {
        let number = |at: usize| &known[at].source[list.len()..];
        let is_there = |at: &&usize| new.get(number(**at)).is_some_and(|title| known[**at].is_titled(title));
        places.iter().filter(is_there).count() * 2 > places.len()
    };
    let mut moves: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (list, places) in &old {
        let new: Vec<&str> =
            lists.iter().filter(|(_, tasks)| is_it(tasks, list, places)).map(|(list, _)| *list).collect();
        if let [new] = new.as_slice() {
            moves.entry(new).or_default().push(list);
        }
    }
    let moves: Vec<(&str, &str)> = moves
        .into_iter()
        .filter_map(|(new, old)| Some((new, *old.first().filter(|_| old.len() == 1)?)))
        .collect();
    for (new, list) in moves {
        for at in &old[list] {
            known[*at].source = format!("{new}{}", &known[*at].source[list.len()..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::follow_moved;
    use crate::import::tasks::matching::{Known, Named};
    use crate::import::tasks::update::Remembered;
    use crate::model::TaskId;

    fn named(text: &str) -> Named {
        let words: Vec<&str> = text.split(' ').collect();
        let source = format!("breakdown:{}/{}", words[0], words[1]);
        Named { source, title: words[2].to_owned(), parent: None, area: None }
    }

    fn known(at: usize, text: &str) -> Known {
        let Named { source, title, .. } = named(text);
        let mut remembered = Remembered::default();
        remembered.from = text.split(' ').next().map(str::to_owned);
        Known {
            source,
            id: TaskId::parse(&format!("T-{at}")).unwrap(),
            parent: None,
            area: None,
            title,
            remembered,
            has_progress: false,
            is_closed: false,
            is_cancelled: false,
            is_blocked: false,
        }
    }

    /// Returns the sources of what is known, each task of both a `list number title`.
    fn after(tasks: &[&str], imported: &[&str], gone: &[&str]) -> Vec<String> {
        let imported: Vec<Named> = imported.iter().map(|text| named(text)).collect();
        let mut tasks: Vec<Known> = tasks.iter().enumerate().map(|(at, text)| known(at, text)).collect();
        follow_moved(&imported, &mut tasks, |file| gone.contains(&file));
        tasks.into_iter().map(|task| task.source.replace("breakdown:", "")).collect()
    }

    #[test]
    fn a_list_is_known_at_its_new_place() {
        let old = ["a 1 Reset", "a 1.1 Implement", "a 2 Mail"];
        // One has another title, one is new.
        let new = ["b 1 Reset", "b 1.1 Write", "b 2 Mail", "b 3 Test"];
        assert_eq!(after(&old, &new, &["a"]), ["b/1", "b/1.1", "b/2"]);
        // The old one is still there.
        assert_eq!(after(&old, &new, &[]), ["a/1", "a/1.1", "a/2"]);
        assert_eq!(
            after(&old, &["b 1 Other", "b 1.1 Implement", "b 3 Mail"], &["a"]),
            ["a/1", "a/1.1", "a/2"]
        );
        // The new one is known.
        assert_eq!(after(&["a 1 Reset", "b 1 Reset"], &["b 1 Reset"], &["a"]), ["a/1", "b/1"]);
    }

    #[test]
    fn what_several_may_have_become_is_nothing() {
        assert_eq!(after(&["a 1 Reset"], &["b 1 Reset", "c 1 Reset"], &["a"]), ["a/1"]);
        assert_eq!(after(&["a 1 Reset", "b 1 Reset"], &["c 1 Reset"], &["a", "b"]), ["a/1", "b/1"]);
    }
}
