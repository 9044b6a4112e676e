//! What earlier imports have brought: which task of a source is which here, what has left its source, and what has happened
//! to it there meanwhile.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::ImportFiles;
use crate::import::tasks::{
    ImportFormat, ImportedTask, Known, Matches, Named, Progress, Twin, find_twins, follow_moved, match_tasks,
};
use crate::model::{Field, Problem, RecordPath, Suggestion, Summary, TaskId};
use crate::ops::{Result, Session};

/// The tasks of one format that are here, and which of an import's they are.
pub(super) struct KnownTasks {
    format: ImportFormat,
    all: Vec<Known>,
    matches: Matches,
    /// What each file's tasks are read from.
    origins: HashMap<String, String>,
    /// What tasks are read from whole.
    whole: Vec<String>,
}

/// What has happened to a task in its source, in words for a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happened {
    Done,
    Reopened,
    Blocked,
    Cancelled,
    Gone,
}

/// Most ids that a report names.
const MOST_NAMED: usize = 8;

impl KnownTasks {
    /// Finds them.
    pub(super) fn find(
        session: &Session<'_>,
        files: &ImportFiles,
        format: ImportFormat,
        imported: &[ImportedTask],
    ) -> Result<Self> {
        let start = format!("{}:", format.name());
        let tasks = session.snapshot().tasks()?;
        let listed: HashSet<&str> = match format.has_our_ids() {
            true => imported.iter().map(|task| task.key.as_str()).collect(),
            false => HashSet::new(),
        };
        let (found, _) = tasks.select(|task| {
            listed.contains(task.id) || task.source.is_some_and(|source| source.starts_with(&start))
        });
        let known = |task: &Summary<'_>| match listed.contains(task.id) {
            true => Known::of_source(task, source_of(format, task.id)),
            false => Known::of(task),
        };
        let mut all: Vec<Known> = found.iter().filter_map(known).collect();
        let places: HashMap<&str, usize> =
            imported.iter().enumerate().map(|(at, task)| (task.key.as_str(), at)).collect();
        let named = |task: &ImportedTask| Named {
            source: source_of(format, &task.key),
            title: task.name().to_owned(),
            parent: task.parent.as_deref().and_then(|parent| places.get(parent).copied()),
            area: task.fields.get(&Field::Area).and_then(|values| values.first().cloned()),
        };
        let named: Vec<Named> = imported.iter().map(named).collect();
        if !format.has_global_ids() {
            let top = session.workspace().work_dir();
            follow_moved(&named, &mut all, |from| top.join(from).symlink_metadata().is_err());
        }
        let matches = match_tasks(&named, &all, format.is_numbered());
        let origins = files.files.iter().filter_map(|file| {
            let origin = file.origin(format)?.to_owned();
            Some((file.path.clone(), origin))
        });
        let whole = files.whole_origins(format).into_iter().map(str::to_owned).collect();
        Ok(Self { format, all, matches, origins: origins.collect(), whole })
    }

    /// Returns the task here that is one of the import, by its place there.
    pub(super) fn of(&self, place: usize) -> Option<&Known> {
        self.matches.known[place].map(|at| &self.all[at])
    }

    /// Returns the task of a source.
    pub(super) fn of_source(&self, source: &str) -> Option<&TaskId> {
        let is_it = |at: &usize| self.all[*at].source == source && !self.matches.is_set_aside(*at);
        let found = (0..self.all.len()).find(is_it);
        found.map(|at| &self.all[at].id)
    }

    /// Returns what a task of the import is read from.
    pub(super) fn origin(&self, task: &ImportedTask) -> Option<&str> {
        self.origins.get(&task.file).map(String::as_str)
    }

    /// Whether nobody knows if a task of the import is the one that had its number before.
    pub(super) fn is_doubtful(&self, place: usize) -> bool {
        self.matches.doubtful.contains(&place)
    }

    /// Yields the tasks whose number is another's now.
    pub(super) fn superseded(&self) -> impl Iterator<Item = &Known> {
        self.matches.superseded.iter().map(|at| &self.all[*at])
    }

    /// Refuses tasks that are called like those of another place, which still has them.
    pub(super) fn refuse_namesakes(&self, session: &Session<'_>, imported: &[ImportedTask]) -> Vec<Problem> {
        let mut places: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (place, task) in imported.iter().enumerate() {
            let known = self.of(place).and_then(|known| known.remembered.from.as_deref());
            if let (Some(old), Some(now)) = (known, self.origin(task))
                && old != now
                && !self.format.has_global_ids()
            {
                places.entry((old, now)).or_default().push(place);
            }
        }
        let top = session.workspace().work_dir();
        places.retain(|(old, _), _| top.join(old).symlink_metadata().is_ok());
        let refused = places.into_iter().map(|((old, _), at)| {
            let (first, others) = (&imported[at[0]], at.len() - 1);
            let more = if others > 0 { format!(", and {others} more") } else { String::new() };
            let old = if old.is_empty() { "the top of the working tree" } else { old };
            let message = format!("`{}`{more} was imported from {old}, which is still there", first.key);
            let hint = "the names are the same, the tasks may be others; --update says that they moved here";
            Problem::error(message).in_file(&first.file).at_line(first.line).with_hint(hint)
        });
        refused.collect()
    }

    /// Reports what is otherwise in the source than here and that an import does not change: progress, and tasks that are
    /// no longer there.
    pub(super) fn report(&self, imported: &[ImportedTask]) -> Vec<Problem> {
        let mut happened: BTreeMap<Happened, Vec<(Option<usize>, &TaskId)>> = BTreeMap::new();
        for (place, task) in imported.iter().enumerate() {
            if let Some(known) = self.of(place)
                && let Some(what) = Happened::to(known, &task.progress)
            {
                happened.entry(what).or_default().push((Some(place), &known.id));
            }
        }
        let is_matched: HashSet<usize> = self.matches.known.iter().flatten().copied().collect();
        for (at, known) in self.all.iter().enumerate() {
            let from = known.remembered.from.as_ref();
            let was_here = from.is_some_and(|from| self.whole.contains(from));
            if was_here && !known.is_closed && !is_matched.contains(&at) && !self.matches.is_set_aside(at) {
                happened.entry(Happened::Gone).or_default().push((None, &known.id));
            }
        }
        let report = |(what, tasks): (Happened, Vec<(Option<usize>, &TaskId)>)| {
            let (place, first) = tasks[0];
            let shown: Vec<&str> = tasks.iter().take(MOST_NAMED).map(|(_, id)| id.as_str()).collect();
            let more = tasks.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let problem = Problem::warning(format!("{}: {}{more}", what.words(), shown.join(", ")));
            let hint = format!("an import moves no task that is here: {}", what.command(first));
            let problem = match place {
                Some(place) => problem.in_file(&imported[place].file).at_line(imported[place].line),
                None => problem,
            };
            problem.with_hint(hint)
        };
        twin_problems(&self.all, &self.matches.twins).chain(happened.into_iter().map(report)).collect()
    }
}

/// Reports the tasks of all formats that were imported twice.
pub(in crate::ops) fn imported_twice(tasks: &[Summary<'_>]) -> Vec<Problem> {
    let is_imported = |known: &Known| {
        known.source.split_once(':').is_some_and(|(name, _)| ImportFormat::named(name).is_some())
    };
    let known: Vec<Known> = tasks.iter().filter_map(Known::of).filter(is_imported).collect();
    twin_problems(&known, &find_twins(&known)).collect()
}

/// Reports the tasks that were imported twice, but for those that somebody has cancelled.
fn twin_problems(known: &[Known], twins: &[Twin]) -> impl Iterator<Item = Problem> {
    let open = twins.iter().filter(|own| !known[own.twin].is_cancelled);
    open.map(|own| {
        let (kept, twin) = (&known[own.kept], &known[own.twin]);
        let message =
            format!("{} `{}` is {} once more: both are {}", twin.id, twin.title, kept.id, twin.source);
        let cancel =
            Suggestion::tracker(["cancel", twin.id.as_str(), &format!("imported twice: {}", kept.id)]);
        let problem = Problem::warning(message).in_file(RecordPath::task_file(&twin.id));
        problem.with_hint(format!("take over by hand what only {} has, then: {cancel}", twin.id))
    })
}

impl Happened {
    /// Returns what has happened to a task in its source since the last import, as far as it is otherwise here. What is done
    /// there is reported as long as it is open here.
    fn to(task: &Known, now: &Progress) -> Option<Self> {
        let last = task.remembered.progress.as_deref();
        let is_new = last.is_some_and(|last| last != now.word());
        match now {
            Progress::Done(_) => (!task.is_closed).then_some(Self::Done),
            Progress::Open | Progress::Begun => {
                let was_closed = matches!(last, Some("done" | "cancelled"));
                (is_new && was_closed && task.is_closed).then_some(Self::Reopened)
            }
            Progress::Blocked(_) => (is_new && !task.is_blocked && !task.is_closed).then_some(Self::Blocked),
            Progress::Cancelled(_) => (is_new && !task.is_cancelled).then_some(Self::Cancelled),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Done => "done in their source, open here",
            Self::Reopened => "reopened in their source, closed here",
            Self::Blocked => "blocked in their source, not here",
            Self::Cancelled => "cancelled in their source, not here",
            Self::Gone => "no longer in their source, open here",
        }
    }

    fn command(self, id: &TaskId) -> Suggestion {
        let id = id.as_str();
        match self {
            Self::Done => Suggestion::tracker(["done", id]),
            Self::Reopened => Suggestion::tracker(["reopen", id]),
            Self::Blocked => Suggestion::tracker(["block", id, "WHY"]),
            Self::Cancelled | Self::Gone => Suggestion::tracker(["cancel", id, "WHY"]),
        }
    }
}

/// Returns the `source` of a task.
pub(super) fn source_of(format: ImportFormat, key: &str) -> String {
    format!("{}:{key}", format.name())
}
