//! A task's change of a path.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::graph::{Ancestors, descendants, maximal, minimal};
use super::merge::Merges;
use super::{Commit, History};
use crate::model::{CoveredChange, TaskId, TreeEntry};

/// What a task's commits made of a path, seen from a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is there after the last of them.
    pub to: TreeEntry,
    /// What they were led here from: sorted, each once.
    pub from: Vec<TreeEntry>,
    /// Where in the graph it lies.
    pub span: Rc<Span>,
}

/// The part of the graph that some commits of a task take up.
#[derive(Debug, PartialEq, Eq)]
pub struct Span {
    /// The last of them, or the first commit that joins the last ones.
    pub end: Commit,
    /// What they were led here from; empty where they began with nothing.
    pub sources: Vec<Commit>,
}

/// What the commits of one task changed.
#[derive(Debug, Default)]
struct TaskPaths {
    by_path: BTreeMap<String, Vec<Commit>>,
    oldest: Option<Commit>,
}

/// The commits of a task seen from one commit.
struct View {
    paths: Rc<TaskPaths>,
    seen: Ancestors,
    base: Option<Ancestors>,
}

/// The changes of tasks, over one history, remembered.
pub struct Changes<'h, H: History> {
    history: &'h H,
    /// What the base has is taken for granted: only where it has all of a task's commits do all of them count.
    base: Option<Commit>,
    tasks: HashMap<TaskId, Rc<TaskPaths>>,
    spans: HashMap<(Commit, Vec<Commit>), Rc<Span>>,
    merges: Merges,
}

impl<'h, H: History> Changes<'h, H> {
    /// Makes the changes on top of a base.
    pub fn new(history: &'h H, base: Option<Commit>) -> Self {
        let (tasks, spans, merges) = (HashMap::new(), HashMap::new(), Merges::default());
        Self { history, base, tasks, spans, merges }
    }

    /// Returns the history that they are of.
    pub fn history(&self) -> &'h H {
        self.history
    }

    /// Merges two entries over a third, content as text; none where they conflict.
    pub fn merge(
        &mut self,
        base: &TreeEntry,
        one: &TreeEntry,
        other: &TreeEntry,
    ) -> Result<Option<TreeEntry>, H::Error> {
        self.merges.merge(self.history, base, one, other)
    }

    /// Returns what a clean merge of two commits has at a path; none where they conflict, or where several bases make
    /// of it different things.
    pub fn merged(&mut self, one: Commit, other: Commit, path: &str) -> Result<Option<TreeEntry>, H::Error> {
        let bases = self.history.merge_bases(one, other)?;
        let ours = self.history.entry(one, path)?;
        let theirs = self.history.entry(other, path)?;
        if bases.is_empty() {
            return self.merge(&TreeEntry::Absent, &ours, &theirs);
        }
        let mut merged = None;
        for base in bases.iter() {
            let base = self.history.entry(*base, path)?;
            let next = self.merge(&base, &ours, &theirs)?;
            if next.is_none() || merged.as_ref().is_some_and(|merged| Some(merged) != next.as_ref()) {
                return Ok(None);
            }
            merged = next;
        }
        Ok(merged)
    }

    /// Returns a task's change of a path as seen from a commit; none where it changed nothing there.
    pub fn of(&mut self, task: &TaskId, at: Commit, path: &str) -> Result<Option<Change>, H::Error> {
        let view = self.view(task, at)?;
        let Some(commits) = view.paths.by_path.get(path) else { return Ok(None) };
        self.in_view(&view, at, path, commits)
    }

    /// Returns a task's changes of all paths that are requested, as seen from a commit, by path.
    pub fn of_task(
        &mut self,
        task: &TaskId,
        at: Commit,
        is_relevant: &dyn Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Change>, H::Error> {
        let view = self.view(task, at)?;
        let paths = Rc::clone(&view.paths);
        let mut changes = BTreeMap::new();
        for (path, commits) in paths.by_path.iter().filter(|(path, _)| is_relevant(path)) {
            if let Some(change) = self.in_view(&view, at, path, commits)? {
                changes.insert(path.clone(), change);
            }
        }
        Ok(changes)
    }

    /// Returns the commits of a task that changed a path, anywhere in the history, ascending.
    pub fn commits_on(&mut self, task: &TaskId, path: &str) -> Result<Vec<Commit>, H::Error> {
        Ok(self.paths(task)?.by_path.get(path).cloned().unwrap_or_default())
    }

    /// Whether a task's commits, seen from a commit, made what is listed of the paths that they changed: led them
    /// there, from what one of them or a merge among them began with. How much of it the base had when the list was
    /// made cannot be determined any more, so each of these is allowed.
    pub fn shows(&mut self, task: &TaskId, at: Commit, files: &[CoveredChange]) -> Result<bool, H::Error> {
        let view = self.view(task, at)?;
        for file in files {
            let commits = view.paths.by_path.get(&file.path).map_or(&[][..], Vec::as_slice);
            let seen: Vec<Commit> =
                commits.iter().filter(|commit| view.seen.has(**commit)).copied().collect();
            if seen.is_empty() {
                return Ok(false);
            }
            let span = self.span(at, &seen, &seen);
            if self.history.entry(span.end, &file.path)? != file.to {
                return Ok(false);
            }
            let begun = may_begin_with(self.history, &seen, span.end);
            for from in &file.from {
                if !self.any_has(&begun, &file.path, from)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn any_has(&self, commits: &[Commit], path: &str, entry: &TreeEntry) -> Result<bool, H::Error> {
        for commit in commits {
            if self.history.entry(*commit, path)? == *entry {
                return Ok(true);
            }
        }
        Ok(commits.is_empty() && *entry == TreeEntry::Absent)
    }

    fn view(&mut self, task: &TaskId, at: Commit) -> Result<View, H::Error> {
        let paths = self.paths(task)?;
        let floor = paths.oldest.unwrap_or(at);
        let seen = Ancestors::of(self.history, &[at], floor);
        let base = self.base.map(|base| Ancestors::of(self.history, &[base], floor));
        Ok(View { paths, seen, base })
    }

    fn in_view(
        &mut self,
        view: &View,
        at: Commit,
        path: &str,
        commits: &[Commit],
    ) -> Result<Option<Change>, H::Error> {
        let seen: Vec<Commit> = commits.iter().filter(|commit| view.seen.has(**commit)).copied().collect();
        if seen.is_empty() {
            return Ok(None);
        }
        let is_new = |commit: &&Commit| view.base.as_ref().is_none_or(|base| !base.has(**commit));
        let new: Vec<Commit> = seen.iter().filter(is_new).copied().collect();
        let span = self.span(at, if new.is_empty() { &seen } else { &new }, &seen);
        let to = self.history.entry(span.end, path)?;
        let mut from = Vec::with_capacity(span.sources.len().max(1));
        for source in &span.sources {
            from.push(self.history.entry(*source, path)?);
        }
        if from.is_empty() {
            from.push(TreeEntry::Absent);
        }
        from.sort();
        from.dedup();
        Ok(Some(Change { to, from, span }))
    }

    fn span(&mut self, at: Commit, new: &[Commit], all: &[Commit]) -> Rc<Span> {
        let key = (at, [new, all].concat());
        if let Some(known) = self.spans.get(&key) {
            return Rc::clone(known);
        }
        let last = maximal(self.history, all);
        let end = match last.as_slice() {
            [only] => *only,
            several => self.joint(at, several),
        };
        // What is an ancestor of another has been taken up by it.
        let begun = begun_with(self.history, &minimal(self.history, new), end);
        let span = Rc::new(Span { end, sources: maximal(self.history, &begun) });
        self.spans.insert(key, Rc::clone(&span));
        span
    }

    /// Returns the first commit, on the way to one that has them all, that has all of some commits.
    fn joint(&self, at: Commit, commits: &[Commit]) -> Commit {
        let Some(floor) = commits.iter().min() else { return at };
        let mut joint = Ancestors::of(self.history, &[at], *floor);
        for commit in commits {
            let above = descendants(self.history, &[*commit], *floor, at);
            joint.keep(&above);
        }
        joint.iter().next().unwrap_or(at)
    }

    fn paths(&mut self, task: &TaskId) -> Result<Rc<TaskPaths>, H::Error> {
        if let Some(known) = self.tasks.get(task) {
            return Ok(Rc::clone(known));
        }
        let mut paths = TaskPaths::default();
        for commit in self.history.commits_of(task)?.iter() {
            for path in self.history.changed(*commit)?.iter() {
                paths.by_path.entry(path.clone()).or_default().push(*commit);
            }
            paths.oldest = Some(paths.oldest.map_or(*commit, |oldest| oldest.min(*commit)));
        }
        let paths = Rc::new(paths);
        self.tasks.insert(task.clone(), Rc::clone(&paths));
        Ok(paths)
    }
}

/// Returns what some commits are on, and the other side of every merge between them and the end.
fn begun_with<H: History>(history: &H, commits: &[Commit], end: Commit) -> Vec<Commit> {
    let mut begun: Vec<Commit> =
        commits.iter().flat_map(|commit| history.parents(*commit)).copied().collect();
    if let Some(floor) = commits.iter().min() {
        let within = Ancestors::of(history, &[end], *floor);
        let led = descendants(history, commits, *floor, end);
        for merge in within.iter() {
            let (ours, theirs): (Vec<Commit>, Vec<Commit>) =
                history.parents(merge).iter().partition(|parent| led.has(**parent));
            if !ours.is_empty() {
                begun.extend(theirs);
            }
        }
    }
    begun.sort_unstable();
    begun.dedup();
    begun
}

/// Returns what some commits are on, and all sides of every merge between them and the end.
fn may_begin_with<H: History>(history: &H, commits: &[Commit], end: Commit) -> Vec<Commit> {
    let mut begun: Vec<Commit> =
        commits.iter().flat_map(|commit| history.parents(*commit)).copied().collect();
    if let Some(floor) = commits.iter().min() {
        let led = descendants(history, commits, *floor, end);
        let within = Ancestors::of(history, &[end], *floor);
        let merges = within.iter().filter(|commit| led.has(*commit) && history.parents(*commit).len() > 1);
        begun.extend(merges.flat_map(|merge| history.parents(merge)).copied());
    }
    begun.sort_unstable();
    begun.dedup();
    begun
}
