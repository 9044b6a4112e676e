//! Tasks of other trackers, written: matched by `source`, all or none of them.

use std::collections::{HashMap, HashSet};

use chrono::Utc;
use schemars::JsonSchema;
use serde::Serialize;

use super::ImportFiles;
use super::known::{KnownTasks, source_of};
use super::relations::{MOST_REPORTED, leave_out_relations, more_left_out};
use crate::doc::{Edit, create_task, read_task};
use crate::events::LongStep;
use crate::import::tasks::{
    FORMATS, ImportFormat, ImportedTask, Progress, Remembered, Tasks, Update, broken_json, new_body, read,
    update, update_listed,
};
use crate::model::{
    Config, Field, FieldValue, Move, MoveKind, Problem, RecordPath, Severity, Stage, Status, Task, TaskId,
    compare_ids, counted,
};
use crate::ops::fields::{ValueReader, edit_to};
use crate::ops::ids::IdMaker;
use crate::ops::new::in_order;
use crate::ops::session::{parse, spliced};
use crate::ops::set::Relations;
use crate::ops::written::WrittenTask;
use crate::ops::{Result, Session, Written};
use crate::store::{Change, TaskFile};

/// What an import did.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TasksImport {
    /// The format that was read; none where there was nothing to read.
    pub format: Option<&'static str>,
    /// What was found and done, in one line.
    pub summary: String,
    /// The tasks, in the order of their files.
    pub tasks: Vec<ImportedLine>,
    /// What was written.
    pub written: Written,
}

/// One imported task.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ImportedLine {
    /// The id here.
    pub id: String,
    /// The title.
    pub title: String,
    /// What it is in its source.
    pub source: String,
    /// The file that it was read from.
    pub file: String,
    /// Its line there.
    pub line: usize,
    /// How far it is: `not_started`, `in_progress`, `blocked`, `completed` or `cancelled`.
    pub status: &'static str,
    /// `created`, `updated`, `unchanged` or `differs`.
    pub action: &'static str,
    /// The fields that follow their source.
    pub fields: Vec<&'static str>,
    /// The fields that both the source and somebody here have changed: they are left as they are.
    pub differs: Vec<&'static str>,
}

/// Imports tasks. With `force`, what people have changed here follows the source, too.
pub fn import_tasks(
    session: &Session<'_>,
    files: &ImportFiles,
    format: Option<ImportFormat>,
    force: bool,
) -> Result<(TasksImport, Vec<Problem>)> {
    let locked = session.lock("import")?;
    let TasksToImport { format, changes, written, lines, summary, problems, .. } =
        tasks_to_import(session, files, format, force)?;
    let written = session.finish(&locked, &changes, written)?;
    let format = format.map(ImportFormat::name);
    Ok((TasksImport { format, summary, tasks: lines, written }, problems))
}

/// What an import is about to write.
pub(in crate::ops) struct TasksToImport {
    /// The format that was read; none where there was nothing to read.
    pub(in crate::ops) format: Option<ImportFormat>,
    /// With an error among the problems there are none.
    pub(in crate::ops) changes: Vec<Change>,
    pub(in crate::ops) written: Vec<WrittenTask>,
    /// The tasks, in the order of their files.
    pub(in crate::ops) lines: Vec<ImportedLine>,
    /// The headings above each of them, outermost first.
    pub(in crate::ops) groups: Vec<Vec<String>>,
    pub(in crate::ops) summary: String,
    pub(in crate::ops) problems: Vec<Problem>,
}

/// Reads tasks to be imported, and compares them with those that are here. Must be used under the lock.
pub(in crate::ops) fn tasks_to_import(
    session: &Session<'_>,
    files: &ImportFiles,
    format: Option<ImportFormat>,
    force: bool,
) -> Result<TasksToImport> {
    let format = format.or_else(|| files.files.iter().find_map(|file| file.format));
    let found = read_all(files, format);
    let mut problems = found.problems;
    if found.tasks.is_empty() && problems.iter().all(|problem| problem.severity != Severity::Error) {
        problems.push(nothing_found(files, format));
    }
    let is_broken = |problems: &[Problem]| problems.iter().any(|problem| problem.severity == Severity::Error);
    let Some(format) = format.filter(|_| !is_broken(&problems)) else {
        return Ok(TasksToImport {
            format: None,
            changes: Vec::new(),
            written: Vec::new(),
            lines: Vec::new(),
            groups: Vec::new(),
            summary: "nothing imported".to_owned(),
            problems,
        });
    };
    let config = session.config()?;
    let groups = found.tasks.iter().map(|task| task.groups.clone()).collect();
    let mut writer = Writer::new(session, &config, (files, format), found.tasks, problems)?;
    writer.plan()?;
    let outcome = writer.changes(force)?;
    let Outcome { changes, written, lines, problems } = outcome;
    let changes = if is_broken(&problems) { Vec::new() } else { changes };
    let written = if changes.is_empty() { Vec::new() } else { written };
    let summary = summary_of(format, &lines, is_broken(&problems));
    let lines = if is_broken(&problems) { Vec::new() } else { lines };
    Ok(TasksToImport { format: Some(format), changes, written, lines, groups, summary, problems })
}

/// Reads all files of one format. Two tasks of one name are an error.
fn read_all(files: &ImportFiles, format: Option<ImportFormat>) -> Tasks {
    let mut all = Tasks { tasks: Vec::new(), problems: files.problems.clone() };
    let Some(format) = format else { return all };
    let mut seen: HashMap<String, (String, usize)> = HashMap::new();
    for file in &files.files {
        let found = read(&file.input(), format);
        all.problems.extend(found.problems);
        for task in found.tasks {
            match seen.insert(task.key.clone(), (task.file.clone(), task.line)) {
                Some((file, line)) => {
                    let message = format!("`{}` is also what the task in {file}:{line} is called", task.key);
                    all.problems.push(Problem::error(message).in_file(&task.file).at_line(task.line));
                }
                None => all.tasks.push(task),
            }
        }
    }
    all
}

fn nothing_found(files: &ImportFiles, format: Option<ImportFormat>) -> Problem {
    let names = || FORMATS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    let file = files.files.first().map(|file| file.path.clone()).unwrap_or_default();
    if let Some(problem) =
        files.files.first().filter(|_| format.is_none()).and_then(|file| broken_json(&file.input()))
    {
        return problem.in_file(file);
    }
    match format {
        Some(format) => {
            let row = format.row();
            Problem::error(format!("no task found that {} would have", row.name))
                .in_file(file)
                .with_hint(format!("expected {}", row.about))
        }
        None if file.is_empty() => Problem::error("no file found that tasks could be imported from")
            .with_hint("name the file, and its format with --from"),
        None => Problem::error("unknown format")
            .in_file(file)
            .with_hint(format!("name it with --from, one of {}", names())),
    }
}

fn summary_of(format: ImportFormat, lines: &[ImportedLine], is_refused: bool) -> String {
    if is_refused {
        return format!("{}: nothing imported", format.name());
    }
    let count = |action: &str| lines.iter().filter(|line| line.action == action).count();
    let actions = ["created", "updated", "unchanged", "differs"].map(|action| (action, count(action)));
    let counts: Vec<String> = actions
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(action, count)| format!("{count} {action}"))
        .collect();
    format!("{}: {}, {}", format.name(), counted(lines.len(), "task"), counts.join(", "))
}

/// What one import is to do.
struct Outcome {
    changes: Vec<Change>,
    written: Vec<WrittenTask>,
    lines: Vec<ImportedLine>,
    problems: Vec<Problem>,
}

struct Writer<'w, 'e> {
    session: &'w Session<'e>,
    config: &'w Config,
    format: ImportFormat,
    imported: Vec<ImportedTask>,
    /// The tasks that were imported from this format before.
    known: KnownTasks,
    /// The tasks that are here already, at the places of their imported ones.
    there: Vec<Option<(TaskFile, Task)>>,
    ids: Vec<TaskId>,
    /// The tasks as their source gives them.
    tasks: Vec<Task>,
    problems: Vec<Problem>,
}

impl<'w, 'e> Writer<'w, 'e> {
    fn new(
        session: &'w Session<'e>,
        config: &'w Config,
        (files, format): (&ImportFiles, ImportFormat),
        imported: Vec<ImportedTask>,
        problems: Vec<Problem>,
    ) -> Result<Self> {
        let known = KnownTasks::find(session, files, format, &imported)?;
        let mut there = Vec::with_capacity(imported.len());
        for place in 0..imported.len() {
            let file = match known.of(place) {
                Some(known) => session.snapshot().task_file(&known.id)?,
                None => None,
            };
            there.push(file.map(|file| parse(&file).map(|task| (file, task))).transpose()?);
        }
        let (ids, tasks) = (Vec::new(), Vec::new());
        let mut writer = Self { session, config, format, imported, known, there, ids, tasks, problems };
        writer.find_ids()?;
        Ok(writer)
    }

    /// Gives each task its id: the one that it has here, its own where that is like ours and free, else a new one. New
    /// ones ascend, so that lists show a plan in its order.
    fn find_ids(&mut self) -> Result<()> {
        let mut ids: Vec<Option<TaskId>> =
            self.there.iter().map(|there| there.as_ref().map(|(_, task)| task.id.clone())).collect();
        if ids.iter().any(Option::is_none) {
            let mut maker = IdMaker::new(self.session, self.config)?;
            for (id, task) in ids.iter_mut().zip(&self.imported).filter(|(id, _)| id.is_none()) {
                let own = task.id.as_ref().and_then(|own| TaskId::parse(&own.to_ascii_uppercase()).ok());
                let Some(own) = own else { continue };
                match maker.claim(&own) {
                    Ok(()) => *id = Some(own),
                    Err(crate::ops::Error::Usage { .. }) => {
                        let problem = Problem::warning(format!("{own} is taken"));
                        self.problems
                            .push(at(task, problem).with_hint("the task is imported under another id"));
                    }
                    Err(error) => return Err(error),
                }
            }
            let missing = ids.iter().filter(|id| id.is_none()).count();
            let mut fresh = (0..missing).map(|_| maker.fresh()).collect::<Result<Vec<TaskId>>>()?;
            fresh.sort_by(|a, b| compare_ids(a.as_str(), b.as_str()));
            ids.iter_mut().filter(|id| id.is_none()).zip(fresh).for_each(|(id, fresh)| *id = Some(fresh));
        }
        self.ids = ids.into_iter().flatten().collect();
        Ok(())
    }

    /// Makes the tasks, as their source gives them.
    fn plan(&mut self) -> Result<()> {
        let step = self.session.begin(LongStep::Import, Some(self.imported.len()));
        let resolved = self.resolve_relations()?;
        for (at, (depends_on, parent)) in resolved.into_iter().enumerate() {
            step.advance(1);
            let mut task = self.task_of(at)?;
            task.depends_on = depends_on;
            task.parent = parent;
            self.tasks.push(task);
        }
        let left_out = leave_out_relations(self.session, &mut self.tasks)?;
        let more = more_left_out(left_out.len());
        for (count, (place, field, why)) in left_out.into_iter().enumerate() {
            let imported = &mut self.imported[place];
            imported.keep(field.name(), &why);
            if count >= MOST_REPORTED {
                continue;
            }
            let problem = Problem::warning(why).with_hint("it is left out, and kept in the task's text");
            self.problems.push(at(imported, problem));
        }
        self.problems.extend(more);
        for (task, imported) in self.tasks.iter_mut().zip(&self.imported) {
            task.body = imported.body();
            let remembered = Remembered::of(task, self.known.origin(imported), &imported.progress);
            task.imported = Some(remembered.to_string());
        }
        Ok(())
    }

    /// Finds the ids of what the tasks depend on and are parts of.
    fn resolve_relations(&mut self) -> Result<Vec<(Vec<TaskId>, Option<TaskId>)>> {
        let keys: HashMap<String, TaskId> =
            self.imported.iter().map(|task| task.key.clone()).zip(self.ids.iter().cloned()).collect();
        let known: HashSet<TaskId> = self.session.snapshot().task_ids()?.into_iter().collect();
        let find = |key: &str| {
            let id = keys.get(key).or_else(|| self.known.of_source(&source_of(self.format, key))).cloned();
            id.or_else(|| TaskId::parse(&key.to_ascii_uppercase()).ok().filter(|id| known.contains(id)))
        };
        let mut all = Vec::with_capacity(self.imported.len());
        for task in &mut self.imported {
            let mut depends_on: Vec<TaskId> = Vec::new();
            let mut missing = Vec::new();
            for on in &task.depends_on {
                match find(on) {
                    Some(id) if !depends_on.contains(&id) => depends_on.push(id),
                    Some(_) => {}
                    None => missing.push(("depends on", on.clone())),
                }
            }
            let parent = task.parent.as_deref().and_then(&find);
            if let (None, Some(parent)) = (&parent, &task.parent) {
                missing.push(("parent", parent.clone()));
            }
            for (name, key) in missing {
                let problem = Problem::warning(format!("no task is called `{key}`"));
                self.problems.push(at(task, problem).with_hint("it is kept in the task's text"));
                task.keep(name, &key);
            }
            all.push((depends_on, parent));
        }
        Ok(all)
    }

    /// Makes a task but for its relations and its text.
    fn task_of(&mut self, place: usize) -> Result<Task> {
        let resolve = |id: &str| Ok(id.to_owned());
        let reader = ValueReader::new(self.session, &resolve);
        let imported = &mut self.imported[place];
        let mut task = Task::new(self.ids[place].clone(), imported.name());
        for (field, values) in std::mem::take(&mut imported.fields) {
            if let Err(error) = reader.put(field, &values, &mut task) {
                imported.keep(field.name(), &values.join(", "));
                let problem = Problem::warning(error.to_string()).with_hint("it is kept in the task's text");
                self.problems.push(at(imported, problem));
            }
        }
        task.created = Some(imported.created.unwrap_or_else(|| self.session.env().today()));
        task.source = Some(source_of(self.format, &imported.key));
        self.put_progress(place, &mut task)?;
        Ok(task)
    }

    /// Gives a new task the progress that it has in its source.
    fn put_progress(&self, place: usize, task: &mut Task) -> Result<()> {
        if self.there[place].is_some() {
            return Ok(());
        }
        let now = self.session.env().now();
        let (to, at, why) = match &self.imported[place].progress {
            Progress::Open => return Ok(()),
            Progress::Blocked(why) => {
                task.blocked = Some(why.clone());
                return Ok(());
            }
            Progress::Cancelled(why) => {
                task.cancelled = Some(why.clone());
                return Ok(());
            }
            Progress::Begun => {
                let stages = self.config.stages_of(task.kind.as_deref());
                (stages.first().cloned().unwrap_or_else(Stage::none), now, "imported as in progress")
            }
            Progress::Done(at) => (Stage::complete(), at.unwrap_or(now).min(now), "imported as completed"),
        };
        task.history = vec![Move {
            at: at.with_timezone(&Utc),
            by: self.session.actor()?,
            agent: self.session.agent(),
            from: Stage::none(),
            to: to.clone(),
            kind: MoveKind::Import,
            why: Some(why.to_owned()),
            signature: None,
        }];
        task.stage = to;
        Ok(())
    }

    /// Compares the tasks with those that are here.
    fn changes(mut self, force: bool) -> Result<Outcome> {
        let (mut created, mut changes) = (Vec::new(), Vec::new());
        let (mut written, mut lines) = (Vec::new(), Vec::new());
        let mut is_related = false;
        for (place, mut task) in std::mem::take(&mut self.tasks).into_iter().enumerate() {
            let imported = &self.imported[place];
            let mut line = line_of(imported, &task);
            let Some((file, there)) = &self.there[place] else {
                self.problems.extend(unreadable(imported, &task));
                written.push(WrittenTask::created(&task, Vec::new()));
                created.push(task);
                lines.push(line);
                continue;
            };
            line.status = status_of(there).as_str();
            if self.known.is_doubtful(place) && !force {
                self.problems.push(doubt(imported, there));
                (line.action, line.differs) = ("differs", vec![Field::Title.key()]);
                lines.push(line);
                continue;
            }
            let update = self.compared(there, &mut task, force);
            let (edits, lost_ticks) = edits_of(&update, there, &task);
            let change = spliced(file, &edits)?;
            self.problems.extend(lost_ticks.iter().map(|text| lost_tick(imported, there, text)));
            line.fields = update.take.iter().map(|field| field.key()).collect();
            if there.source != task.source {
                line.fields.push(Field::Source.key());
            }
            line.differs = update.differing.iter().map(|field| field.key()).collect();
            line.action = match (line.fields.is_empty(), update.differing.is_empty()) {
                (false, _) => "updated",
                (true, false) => "differs",
                (true, true) => "unchanged",
            };
            is_related |= update.take.iter().any(|field| matches!(field, Field::DependsOn | Field::Parent));
            if !change.is_empty() {
                let message =
                    format!("{} from {}", line.fields.join(", "), task.source.as_deref().unwrap_or_default());
                written.push(WrittenTask::changed(there, vec![message], true));
                changes.push(change);
            }
            lines.push(line);
        }
        self.release_superseded(&mut changes, &mut written)?;
        let new: Vec<Change> = created
            .iter()
            .map(|task| Change::create(RecordPath::task_file(&task.id), create_task(task)))
            .collect();
        if is_related {
            self.report_cycles(&created, &changes)?;
        }
        self.problems.extend(self.known.report(&self.imported));
        if !force {
            self.problems.extend(self.known.refuse_namesakes(self.session, &self.imported));
        }
        let changes = in_order(&created, new).into_iter().chain(changes).collect();
        Ok(Outcome { changes, written, lines, problems: self.problems })
    }

    /// Compares a task with the one that is here. One that a list of our own names keeps the source that it has here.
    fn compared(&self, there: &Task, task: &mut Task, force: bool) -> Update {
        if self.format.has_our_ids() && there.source != task.source {
            task.source.clone_from(&there.source);
            return update_listed(there, task, force);
        }
        update(there, task, force)
    }

    /// Takes their source from the tasks whose number is another's now: it would lead to both.
    fn release_superseded(
        &mut self,
        changes: &mut Vec<Change>,
        written: &mut Vec<WrittenTask>,
    ) -> Result<()> {
        for known in self.known.superseded() {
            let Some(file) = self.session.snapshot().task_file(&known.id)? else { continue };
            let task = parse(&file)?;
            let keys = [Field::Source, Field::Imported];
            let edits: Vec<Edit> =
                keys.iter().map(|field| Edit::Remove { key: field.key().to_owned() }).collect();
            let problem =
                Problem::warning(format!("{} `{}` is no longer in its source", known.id, known.title));
            let hint = "its number is another task's now; it stays, and no import knows it any more";
            self.problems.push(problem.with_hint(hint));
            written.push(WrittenTask::changed(&task, vec!["no longer in its source".to_owned()], true));
            changes.push(spliced(&file, &edits)?);
        }
        Ok(())
    }

    /// Refuses what would make a cycle together with dependencies that people have added here.
    fn report_cycles(&mut self, created: &[Task], changes: &[Change]) -> Result<()> {
        let changed: Vec<Task> =
            changes.iter().filter_map(|change| read_task(change.after.as_bytes()).ok()).collect();
        let after: Vec<&Task> = created.iter().chain(&changed).collect();
        let new: HashSet<&str> = after.iter().map(|task| task.id.as_str()).collect();
        let there = self.session.snapshot().tasks()?;
        let mut all: Vec<_> = there.read().0.into_iter().filter(|task| !new.contains(task.id)).collect();
        let before = Relations::among(&there.read().0).cycles().len();
        all.extend(after.iter().map(|task| task.summary()));
        let cycles = Relations::among(&all).cycles();
        for (_, cycle) in cycles.iter().filter(|_| cycles.len() > before) {
            let problem = Problem::error(format!("the dependencies would make a cycle: {cycle}"));
            self.problems
                .push(problem.with_hint("nothing is imported; remove one of them here or in the source"));
        }
        Ok(())
    }
}

fn at(task: &ImportedTask, problem: Problem) -> Problem {
    problem.in_file(&task.file).at_line(task.line)
}

fn line_of(imported: &ImportedTask, task: &Task) -> ImportedLine {
    ImportedLine {
        id: task.id.to_string(),
        title: task.title.clone(),
        source: task.source.clone().unwrap_or_default(),
        file: imported.file.clone(),
        line: imported.line,
        status: status_of(task).as_str(),
        action: "created",
        fields: Vec::new(),
        differs: Vec::new(),
    }
}

/// Returns the status of a task, its dependencies aside.
fn status_of(task: &Task) -> Status {
    crate::policy::status_of(&task.summary(), |_| false)
}

/// A task that could not be read again must not be written.
fn unreadable(imported: &ImportedTask, task: &Task) -> Vec<Problem> {
    let Err(problems) = read_task(create_task(task).as_bytes()) else { return Vec::new() };
    let error = |problem: Problem| {
        at(imported, Problem::error(format!("the task cannot be written: {}", problem.message)))
    };
    problems.into_iter().filter(|problem| problem.severity == Severity::Error).map(error).collect()
}

/// Nobody knows whether a task is still the one that had its number.
fn doubt(imported: &ImportedTask, there: &Task) -> Problem {
    let message = format!(
        "{} is `{}` here, and what has its number is `{}` now",
        there.id,
        there.title,
        imported.name()
    );
    let hint = "it has progress, so it is left as it is: give another task another number, or say --update";
    at(imported, Problem::warning(message)).with_hint(hint)
}

fn lost_tick(imported: &ImportedTask, there: &Task, text: &str) -> Problem {
    let message = format!("{}: `{text}` is ticked here and no longer in the source", there.id);
    at(imported, Problem::warning(message)).with_hint("its box is gone from the task; git has the old text")
}

/// Returns what to change in a task, and the boxes that were ticked in it and are gone.
fn edits_of(update: &Update, there: &Task, task: &Task) -> (Vec<Edit>, Vec<String>) {
    let (mut edits, mut lost_ticks) = (Vec::new(), Vec::new());
    for field in &update.take {
        edits.push(match field {
            Field::Body => {
                let body = new_body(&there.body, &task.body, update.keeps_sections);
                lost_ticks = body.lost_ticks;
                Edit::ReplaceBody(body.text)
            }
            field => edit_to(field.key().to_owned(), &task.value(*field)),
        });
    }
    if there.source != task.source {
        edits.push(edit_to(Field::Source.key().to_owned(), &FieldValue::text(task.source.as_deref())));
    }
    if let Some(text) = &update.imported {
        edits.push(edit_to(Field::Imported.key().to_owned(), &FieldValue::text(Some(text))));
    }
    (edits, lost_ticks)
}
