//! One run with a tracker in memory that answers what it should not, or of which something is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::{
    Capabilities, Intent, Landing, Local, LocalTask, Lost, Push, PushAnswer, Remote, RemoteItem,
    SyncDirection, SyncReport, SyncRequest, sync,
};
use crate::model::{SyncConflict, SyncField, SyncLink, SyncOrphan, SyncValue, SyncValues};

type Result<T> = std::result::Result<T, Infallible>;

fn titled(title: &str) -> SyncValues {
    [(SyncField::Title, SyncValue::text(title))].into()
}

/// This side: tasks by their ids, none where one is gone, with their links.
#[derive(Default)]
struct Here {
    tasks: BTreeMap<String, (Option<SyncValues>, Option<SyncLink>)>,
    /// A link that cannot be read is somewhere.
    is_unreadable: bool,
}

impl Local<Infallible> for Here {
    fn tasks(&mut self) -> Result<Vec<LocalTask>> {
        let task = |(id, (values, link)): (&String, &(Option<SyncValues>, Option<SyncLink>))| LocalTask {
            id: id.clone(),
            values: values.clone(),
            updated: None,
            link: link.clone(),
            selected: Ok("all are".to_owned()),
        };
        Ok(self.tasks.iter().map(task).collect())
    }

    fn accept(
        &mut self,
        _task: Option<&LocalTask>,
        _field: SyncField,
        value: &SyncValue,
    ) -> std::result::Result<SyncValue, String> {
        Ok(value.clone())
    }

    fn why_unknown(&self, _item: &RemoteItem) -> Option<String> {
        self.is_unreadable.then(|| "unreadable".to_owned())
    }

    fn new_id(&mut self, item: &RemoteItem) -> Result<String> {
        Ok(format!("NEW-{}", item.id))
    }

    fn write(&mut self, landings: &[Landing]) -> Result<Vec<std::result::Result<(), String>>> {
        for landing in landings {
            let task = self.tasks.entry(landing.task.clone()).or_default();
            if landing.is_new || !landing.here.is_empty() {
                task.0.get_or_insert_default().extend(landing.here.clone());
            }
            task.1 = Some(landing.link.clone());
        }
        Ok(vec![Ok(()); landings.len()])
    }

    fn journal(&mut self) -> Result<Vec<Intent>> {
        Ok(Vec::new())
    }

    fn set_journal(&mut self, _intents: &[Intent]) -> Result<()> {
        Ok(())
    }

    fn log(&mut self, _lost: &[Lost]) -> Result<()> {
        Ok(())
    }
}

/// The other side: items by their ids, with their keys.
struct There {
    items: BTreeMap<String, (Option<String>, String)>,
    can: Capabilities,
    /// The id that each answer has, whatever it is about.
    answers: Option<&'static str>,
    keeps_keys: bool,
    pushes: usize,
    may_write: bool,
}

impl There {
    fn new(items: &[&str]) -> Self {
        let fields = BTreeSet::from([SyncField::Title]);
        let item = |id: &&str| ((*id).to_owned(), (None, format!("title {id}")));
        Self {
            items: items.iter().map(item).collect(),
            can: Capabilities { fields, creates: true, keys: true, ..Capabilities::default() },
            answers: None,
            keeps_keys: true,
            pushes: 0,
            may_write: false,
        }
    }

    fn item(&self, id: &str) -> Option<RemoteItem> {
        let (key, title) = self.items.get(id)?;
        let (id, key) = (id.to_owned(), key.clone());
        Some(RemoteItem { id, key, version: "1".to_owned(), updated: None, fields: titled(title) })
    }
}

impl Remote<Infallible> for There {
    fn allow_writes(&mut self) {
        self.may_write = true;
    }

    fn capabilities(&mut self) -> Result<Capabilities> {
        Ok(self.can.clone())
    }

    fn pull(&mut self) -> Result<(Vec<RemoteItem>, Vec<String>)> {
        Ok((self.items.keys().filter_map(|id| self.item(id)).collect(), Vec::new()))
    }

    fn state(&mut self, ids: &[String]) -> Result<(Vec<RemoteItem>, Vec<String>)> {
        Ok((ids.iter().filter_map(|id| self.item(id)).collect(), Vec::new()))
    }

    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>> {
        self.pushes += changes.len();
        let mut written = Vec::new();
        for push in changes {
            let id = push.id.clone().unwrap_or_else(|| format!("of-{}", push.key));
            let item = self.items.entry(id.clone()).or_default();
            item.0 = self.keeps_keys.then(|| push.key.clone());
            if let Some(title) = push.fields.get(&SyncField::Title) {
                item.1 = title.to_string();
            }
            let id = self.answers.map_or(id, str::to_owned);
            written.push(PushAnswer::Written { id, version: "1".to_owned() });
        }
        Ok(written)
    }
}

fn run(here: &mut Here, there: &mut There) -> SyncReport {
    sync(here, there, &SyncRequest::default()).unwrap()
}

/// Makes a pair that agrees, and of which the item has its key.
fn pair() -> (Here, There) {
    let (mut here, mut there) = (Here::default(), There::new(&["1"]));
    let report = run(&mut here, &mut there);
    assert!(report.problems.is_empty() && here.tasks.contains_key("NEW-1"), "{report:?}");
    (here, there)
}

fn link(here: &Here, task: &str) -> SyncLink {
    here.tasks[task].1.clone().unwrap()
}

#[test]
fn an_answer_about_another_item_links_nothing() {
    let (mut here, mut there) = (Here::default(), There::new(&["1", "2"]));
    there.answers = Some("2");
    let report = run(&mut here, &mut there);
    assert_eq!(
        report.problems,
        ["NEW-1: the answer to its push to `1` is about `2`; its link stays"],
        "that of the other is right"
    );
    assert_eq!((link(&here, "NEW-1").id, link(&here, "NEW-2").id), ("1".to_owned(), "2".to_owned()));
    // Neither does a new item that is one of another task.
    here.tasks.insert("OWN".to_owned(), (Some(titled("Mine")), None));
    let report = run(&mut here, &mut there);
    let problem = "OWN: the answer to its creation is `2`, which is the item of NEW-2; it has no link";
    assert!(report.problems.contains(&problem.to_owned()), "{report:?}");
    assert_eq!(here.tasks["OWN"].1, None);
}

#[test]
fn keys_that_are_not_kept_are_written_once_a_run_and_reported() {
    let (mut here, mut there) = (Here::default(), There::new(&["1", "2", "3"]));
    there.keeps_keys = false;
    let report = run(&mut here, &mut there);
    assert_eq!((there.pushes, report.problems.len()), (3, 3), "{report:?}");
    assert_eq!(report.problems[0], "`1`: it does not keep NEW-1 as its key, though it was written");
}

#[test]
fn what_waits_for_a_person_is_counted_by_each_run() {
    let (mut here, mut there) = pair();
    here.tasks.insert("NEW-1".to_owned(), (Some(titled("Here")), Some(link(&here, "NEW-1"))));
    there.items.insert("1".to_owned(), (Some("NEW-1".to_owned()), "There".to_owned()));
    let dry = SyncRequest { is_dry: true, ..SyncRequest::default() };
    assert_eq!(sync(&mut here, &mut there, &dry).unwrap().waiting, 1);
    for _ in 0..2 {
        assert_eq!(run(&mut here, &mut there).waiting, 1);
    }
    let other = SyncRequest { only: Some(["OTHER".to_owned()].into()), ..SyncRequest::default() };
    assert_eq!(sync(&mut here, &mut there, &other).unwrap().waiting, 0);
    there.items.clear();
    assert_eq!(run(&mut here, &mut there).waiting, 2, "a field, and the item");
    let (mut here, mut there) = pair();
    assert_eq!(run(&mut here, &mut there).waiting, 0);
}

#[test]
fn what_is_gone_on_both_sides_waits_for_nobody() {
    let (mut here, mut there) = pair();
    let mut known = link(&here, "NEW-1");
    let (own, other) = (SyncValue::text("a"), SyncValue::text("b"));
    known.conflicts.insert(SyncField::Title, SyncConflict { here: own, there: other });
    here.tasks.insert("NEW-1".to_owned(), (None, Some(known)));
    let item = there.items.remove("1").unwrap();
    assert_eq!(run(&mut here, &mut there).waiting, 0);
    let found = link(&here, "NEW-1");
    assert_eq!((found.orphan, found.agreed), (Some(SyncOrphan::DeletedBoth), titled("title 1")));
    assert!(run(&mut here, &mut there).steps.is_empty(), "it was reported once");
    // An item that comes back does not bring the task with it: a person has deleted that.
    there.items.insert("1".to_owned(), item);
    assert_eq!(run(&mut here, &mut there).waiting, 2);
    assert_eq!(link(&here, "NEW-1").orphan, Some(SyncOrphan::DeletedHere));
    assert_eq!(here.tasks["NEW-1"].0, None);
}

#[test]
fn what_was_to_be_created_again_and_cannot_be_is_a_problem() {
    let (mut here, mut there) = pair();
    there.items.clear();
    there.can.creates = false;
    let requested = SyncLink { id: String::new(), ..link(&here, "NEW-1") };
    here.tasks.insert("NEW-1".to_owned(), (Some(titled("A")), Some(requested)));
    let problems = run(&mut here, &mut there).problems;
    assert_eq!(problems, ["NEW-1: it was to be created again, and items cannot be created there"]);
}

#[test]
fn no_task_is_made_of_an_item_whose_link_may_be_unreadable() {
    let (mut here, mut there) = (Here { is_unreadable: true, ..Here::default() }, There::new(&["1"]));
    let report = run(&mut here, &mut there);
    assert_eq!(report.skipped, [("1".to_owned(), "unreadable".to_owned())]);
    assert!(here.tasks.is_empty());
}

#[test]
fn only_a_run_that_writes_there_lets_it_write_where_it_lists() {
    let may_write = |direction, is_dry| {
        let mut there = There::new(&["1"]);
        let request = SyncRequest { direction, is_dry, ..SyncRequest::default() };
        sync(&mut Here::default(), &mut there, &request).unwrap();
        there.may_write
    };
    assert!(may_write(SyncDirection::Both, false) && may_write(SyncDirection::Push, false));
    assert!(!may_write(SyncDirection::Pull, false) && !may_write(SyncDirection::Both, true));
}
