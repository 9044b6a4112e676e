//! Looking at every file of a tracker: by the table of records, and for what is no record.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{DoctorFinding, DoctorRule, Fix};
use crate::doc::{Document, read_task, record_problems};
use crate::events::LongStep;
use crate::model::{
    Config, Field, NotARecord, Problem, RecordKind, RecordPath, Severity, SprintId, SprintState, Stage,
    Suggestion, Summary, TRACKER_FOLDER, Task, TaskId,
};
use crate::ops::config_names::unknown_names;
use crate::ops::import::imported_twice;
use crate::ops::init::own_files;
use crate::ops::not_committed::{converted, ignored};
use crate::ops::plan::plan_problems;
use crate::ops::run::{damaged_runs, task_runs};
use crate::ops::sprint::{misspelt, sprint_drift};
use crate::ops::{Result, Session};
use crate::policy::{Graph, stage_order};
use crate::store::{self, EntryKind, Snapshot, Tasks, is_temporary, unexpected_among};

/// Files looked at, what is wrong with them, and what can be repaired.
pub(super) type Examined = (usize, Vec<DoctorFinding>, Vec<Fix>);

/// What is there, sorted by path.
type Entries = [(String, EntryKind)];

pub(super) fn examine(session: &Session<'_>) -> Result<Examined> {
    let snapshot = session.snapshot();
    let entries = snapshot.walk()?;
    let mut found = Examination::new(session, &entries);
    found.own_files()?;
    found.git_settings()?;
    found.names();
    found.configuration();
    let tasks = found.records()?;
    found.unexpected()?;
    let summaries: Vec<Summary<'_>> = tasks.iter().map(Task::summary).collect();
    found.references(&summaries);
    found.stages_by_hand(&tasks);
    found.repeated_moves(&tasks);
    for problem in imported_twice(&summaries) {
        found.add(DoctorRule::ImportedTwice, problem);
    }
    if let Ok((config, _)) = snapshot.config() {
        found.stages(&summaries, &stage_order(&config));
        // Instructions of an executor are in the file of its role, of its stage, or of its own name.
        let executors = config.executors.iter();
        let executors = executors.flat_map(|(name, own)| {
            std::iter::once(name.as_str()).chain(own.stages.iter().map(Stage::as_str))
        });
        found.roles(&config.role_names().into_iter().chain(executors).collect::<Vec<_>>());
        found.left_to_later_roles(&config);
    }
    found.owners();
    found.sprints()?;
    for problem in plan_problems(session)? {
        found.add(DoctorRule::Plan, problem);
    }
    for problem in damaged_runs(session) {
        found.add(DoctorRule::BrokenDocument, problem);
    }
    let Examination { mut findings, fixes, .. } = found;
    findings.sort();
    findings.dedup();
    let files = entries.iter().filter(|(_, kind)| *kind != EntryKind::Folder).count();
    Ok((files, findings, fixes))
}

/// Says that a task's stage is not where its history ends, and how to make a move of that.
pub(in crate::ops) fn stage_by_hand(task: &Task) -> Problem {
    let ends = task.recorded_stage();
    let message = format!("set by hand: it is {}, and the history ends in {ends}", task.stage);
    let record = Suggestion::tracker(["set-stage", task.id.as_str(), task.stage.as_str()]);
    Problem::warning(message)
        .on_key(Field::Stage.key())
        .with_hint(format!("{record} makes a move of it, which a gate can judge"))
}

/// Whether a path contains replacements for bytes that are no text: there is no file of that name.
fn is_lossy(path: &str) -> bool {
    path.contains(char::REPLACEMENT_CHARACTER)
}

struct Examination<'a> {
    session: &'a Session<'a>,
    entries: &'a Entries,
    findings: Vec<DoctorFinding>,
    fixes: Vec<Fix>,
    /// The file and line where each id was found, as documents say it.
    ids: HashMap<TaskId, (String, usize)>,
    /// Files that are dealt with, beyond being no records.
    explained: HashSet<String>,
}

impl<'a> Examination<'a> {
    fn new(session: &'a Session<'a>, entries: &'a Entries) -> Self {
        let (findings, fixes) = (Vec::new(), Vec::new());
        Self { session, entries, findings, fixes, ids: HashMap::new(), explained: HashSet::new() }
    }

    fn snapshot(&self) -> &'a Snapshot {
        self.session.snapshot()
    }

    fn has(&self, path: &str) -> bool {
        self.entries.binary_search_by(|(own, _)| own.as_str().cmp(path)).is_ok()
    }

    /// The records among the entries that are there as plain files.
    fn record_paths(&self) -> impl Iterator<Item = (&'a str, RecordPath)> + use<'a> {
        let files = self.entries.iter().filter(|(_, kind)| *kind == EntryKind::File);
        files.filter_map(|(path, _)| Some((path.as_str(), RecordPath::parse(path)?)))
    }

    fn add(&mut self, rule: DoctorRule, problem: Problem) {
        self.findings.push(DoctorFinding::new(rule, problem));
    }

    fn add_fixable(&mut self, rule: DoctorRule, problem: Problem, fix: Fix) {
        let problem = problem.with_hint("tracker doctor --fix");
        self.findings.push(DoctorFinding { fixable: true, ..DoctorFinding::new(rule, problem) });
        self.fixes.push(fix);
    }

    fn all(&mut self, rule: DoctorRule, problems: Vec<Problem>, path: &str) {
        let problems = problems.into_iter().map(|problem| problem.in_file(path));
        self.findings.extend(problems.map(|problem| DoctorFinding::new(rule, problem)));
    }

    /// Roles that name no paths leave to roles of later stages what those name, documentation as it is meant; where it is
    /// code, that is rarely what was meant.
    fn left_to_later_roles(&mut self, config: &Config) {
        let is_prose = |glob: &&String| {
            glob.starts_with('!')
                || [".md", ".txt", ".rst", ".adoc"].iter().any(|ending| glob.ends_with(ending))
                || glob.split('/').any(|part| ["doc", "docs", "documentation"].contains(&part))
        };
        let stages = &config.pipeline.stages;
        for (at, stage) in stages.iter().enumerate() {
            let later = stages[at + 1..].iter().flat_map(|stage| config.signoffs_of(stage.as_str()));
            let later: BTreeSet<&String> = later.collect();
            for role in config.signoffs_of(stage.as_str()) {
                let has_paths = !config.role(role).rules.paths.is_empty();
                if has_paths || !config.role(role).is_defined || later.contains(role) {
                    continue;
                }
                for other in &later {
                    let paths = &config.role(other).rules.paths;
                    let Some(code) = paths.iter().find(|glob| !is_prose(glob)) else { continue };
                    let message = format!("{role} has no `paths`, and so leaves `{code}` to {other}");
                    let hint = "if it reviews these files, too: paths = [\"**\"]";
                    let problem = Problem::warning(message).in_file(RecordKind::Config.file());
                    let problem = Problem { key: Some(format!("roles.{role}")), ..problem };
                    self.add(DoctorRule::Configuration, problem.with_hint(hint));
                }
            }
        }
    }

    /// The files that `init` writes.
    fn own_files(&mut self) -> Result<()> {
        for (path, text) in own_files() {
            let file = path.to_string();
            if !self.has(&file) {
                let text = self.as_git_has_it(&file)?.unwrap_or(text);
                let problem = Problem::warning("is missing").in_file(file);
                self.add_fixable(DoctorRule::OwnFiles, problem, Fix::Restore { path, text });
            }
        }
        let config = RecordKind::Config.file();
        if !self.has(config) {
            match self.as_git_has_it(config)? {
                Some(text) => {
                    let fix = Fix::Restore { path: RecordPath::File(RecordKind::Config), text };
                    let problem = Problem::error("is missing, and git has it").in_file(config);
                    self.add_fixable(DoctorRule::OwnFiles, problem, fix);
                }
                None => {
                    let problem = Problem::warning("is missing; the default configuration applies");
                    self.add(DoctorRule::OwnFiles, problem.in_file(config).with_hint("tracker init"));
                }
            }
        }
        Ok(())
    }

    /// What git leaves out of commits, but for what it has already, or commits otherwise than it is.
    fn git_settings(&mut self) -> Result<()> {
        if !self.snapshot().is_work_tree() {
            return Ok(());
        }
        let workspace = self.session.workspace();
        let index_file = workspace.repo_paths().index_file(self.session.env());
        let staged = workspace.repository()?.staged(&index_file)?;
        let records = self.record_paths().map(|(path, _)| path).filter(|path| staged.file(path).is_none());
        let mut problems = ignored(workspace, &records.collect::<Vec<_>>())?;
        problems.extend(converted(workspace)?);
        problems.into_iter().for_each(|problem| self.add(DoctorRule::GitSettings, problem));
        Ok(())
    }

    /// Returns a file of the working tree as it is staged, else as it was committed last.
    fn as_git_has_it(&self, path: &str) -> Result<Option<String>> {
        if !self.snapshot().is_work_tree() {
            return Ok(None);
        }
        let workspace = self.session.workspace();
        let staged = workspace.snapshot_of_index(self.session.env())?.read(path)?;
        let bytes = match staged {
            Some(bytes) => Some(bytes),
            None => {
                let head = workspace.repository()?.head()?.commit;
                workspace.snapshot_of_commit(head)?.read(path)?
            }
        };
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Names that are no text, that are one on some file systems, that lie too deep, and what was left behind.
    fn names(&mut self) {
        let mut by_lower: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (path, kind) in self.entries {
            by_lower.entry(path.to_lowercase()).or_default().push(path);
            let name = path.rsplit('/').next().unwrap_or(path);
            if is_lossy(path) {
                let problem = Problem::error("the name is not UTF-8").in_file(path);
                self.add(DoctorRule::FileName, problem.with_hint("rename it, or remove it"));
            } else if *kind == EntryKind::File && is_temporary(name) {
                let problem = Problem::warning("was left behind by a write that was killed").in_file(path);
                self.add_fixable(DoctorRule::Leftover, problem, Fix::RemoveLeftover { path: path.clone() });
            }
            if *kind == EntryKind::Folder && path.split('/').count() >= Snapshot::DEEPEST {
                let problem = Problem::error("lies too deep; what is in it is not looked at").in_file(path);
                self.add(DoctorRule::FileKind, problem.with_hint("no record lies so deep: remove it"));
            }
        }
        for same in by_lower.into_values().filter(|same| same.len() > 1) {
            let message = format!("differs from {} only by case", same[0]);
            let hint = "rename one of them: on some systems they are the same file";
            self.add(DoctorRule::SameButForCase, Problem::error(message).in_file(same[1]).with_hint(hint));
        }
    }

    fn configuration(&mut self) {
        let (env, snapshot) = (self.session.env(), self.snapshot());
        // Of a file that is missing the own files tell.
        let problems = match self.session.workspace().policy(env, snapshot) {
            Ok((config, mut warnings)) => {
                let older = config.write_problem();
                warnings.extend(older.map(|problem| Problem { severity: Severity::Warning, ..problem }));
                warnings.extend(unknown_names(self.session, &config, None).unwrap_or_default());
                warnings.extend(config.errors);
                warnings.extend(self.session.target_policy_warning());
                warnings
            }
            Err(store::Error::Broken(problems)) if self.has(RecordKind::Config.file()) => problems,
            Err(store::Error::Broken(_)) => Vec::new(),
            Err(_) => snapshot.config_or_default().1,
        };
        self.all(DoctorRule::Configuration, problems, RecordKind::Config.file());
    }

    /// Stages that no move led to: a gate refuses them.
    fn stages_by_hand(&mut self, tasks: &[Task]) {
        let by_hand = tasks.iter().filter(|task| task.stage != task.recorded_stage());
        let problems = by_hand.map(|task| stage_by_hand(task).in_file(RecordPath::task_file(&task.id)));
        self.findings.extend(problems.map(|problem| DoctorFinding::new(DoctorRule::StageByHand, problem)));
    }

    /// Moves that are there twice, line by line: a gate refuses them.
    fn repeated_moves(&mut self, tasks: &[Task]) {
        for task in tasks {
            let repeated = (1..task.history.len()).filter(|at| task.repeats_move(*at));
            for step in repeated.map(|at| &task.history[at]) {
                let message = format!("{} → {} by {} is there twice", step.from, step.to, step.by);
                let problem = Problem::error(message).on_key(Field::History.key());
                let problem = problem.with_hint("delete one of the two lines");
                self.add(DoctorRule::RepeatedMove, problem.in_file(RecordPath::task_file(&task.id)));
            }
        }
    }

    /// Reads every record. Returns the tasks that can be read and are what their names say.
    fn records(&mut self) -> Result<Vec<Task>> {
        let mut tasks = Vec::new();
        let step = self.session.begin(LongStep::ReadRecords, Some(self.record_paths().count()));
        for (file, path) in self.record_paths() {
            step.advance(1);
            match path {
                // Reported by itself.
                RecordPath::File(RecordKind::Config) => {}
                RecordPath::Task(id) => tasks.extend(self.task(file, &id)?),
                path => {
                    let problems = match self.snapshot().read(file) {
                        Ok(bytes) => record_problems(&path, &bytes.unwrap_or_default()),
                        Err(error) => vec![Problem::error(error.to_string())],
                    };
                    let (errors, warnings) =
                        problems.into_iter().partition(|problem| problem.severity == Severity::Error);
                    self.all(DoctorRule::BrokenDocument, errors, file);
                    self.all(DoctorRule::OddValue, warnings, file);
                }
            }
        }
        Ok(tasks)
    }

    fn task(&mut self, file: &str, id: &TaskId) -> Result<Option<Task>> {
        let bytes = match self.snapshot().read(file) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => {
                self.all(DoctorRule::BrokenDocument, vec![Problem::error(error.to_string())], file);
                return Ok(None);
            }
        };
        match read_task(&bytes) {
            Ok(mut task) => {
                self.all(DoctorRule::OddValue, std::mem::take(&mut task.warnings), file);
                let line = line_of_id(&bytes);
                self.note_id(file, id == &task.id, &task.id, line);
                if task.id != *id {
                    let message = format!("the file is called {id}.md, and the id in it is {}", task.id);
                    let problem = Problem::error(message).in_file(file).at_line(line.unwrap_or(1));
                    let fix = Fix::SetId { path: file.to_owned(), id: id.clone() };
                    self.add_fixable(DoctorRule::WrongFileName, problem, fix);
                    return Ok(None);
                }
                // Of ten thousand tasks the bodies are most of what is read, and none of what is asked from here on.
                task.body = String::new();
                Ok(Some(task))
            }
            Err(problems) => {
                let is_unmerged = problems.iter().any(|problem| problem.is_conflict);
                let rule = if is_unmerged { DoctorRule::ConflictMarkers } else { DoctorRule::BrokenDocument };
                let lacks_id = Document::markdown(&bytes).is_ok_and(|found| found.line_of("id").is_none());
                for problem in problems {
                    let problem = problem.in_file(file);
                    if lacks_id && problem.key.as_deref() == Some("id") {
                        let fix = Fix::SetId { path: file.to_owned(), id: id.clone() };
                        self.add_fixable(rule, problem, fix);
                    } else {
                        self.add(rule, problem);
                    }
                }
                Ok(None)
            }
        }
    }

    /// Notes where an id was found. Of two files the one that is named like the id is right.
    fn note_id(&mut self, file: &str, is_named_so: bool, id: &TaskId, line: Option<usize>) {
        let line = line.unwrap_or(1);
        let Some((other, its_line)) = self.ids.insert(id.clone(), (file.to_owned(), line)) else { return };
        let (wrong, line, right) =
            if is_named_so { (other.as_str(), its_line, file) } else { (file, line, other.as_str()) };
        let problem = Problem::error(format!("the id {id} is also that of {right}"));
        self.add(DoctorRule::DuplicateId, problem.in_file(wrong).on_key("id").at_line(line));
    }

    /// What is no record, and where it should be.
    fn unexpected(&mut self) -> Result<()> {
        for (path, kind) in self.entries.iter().filter(|(path, _)| !is_lossy(path)) {
            if *kind != EntryKind::File {
                continue;
            }
            match RecordPath::check(path) {
                Err(NotARecord::NotAnId(RecordKind::Task, _)) => self.misnamed_task(path)?,
                Err(NotARecord::Misplaced(kind)) => self.misplaced(path, kind)?,
                _ => {}
            }
        }
        let lossless: Vec<_> = self.entries.iter().filter(|(path, _)| !is_lossy(path)).cloned().collect();
        for problem in unexpected_among(&lossless) {
            if self.explained.contains(&problem.file) {
                continue;
            }
            let kind = lossless.iter().find(|(path, _)| *path == problem.file).map(|(_, kind)| *kind);
            let rule = match (kind, RecordPath::check(&problem.file)) {
                (Some(EntryKind::File), Err(NotARecord::Misplaced(_))) => DoctorRule::Misplaced,
                (Some(EntryKind::File), _) => DoctorRule::WrongFileName,
                _ => DoctorRule::FileKind,
            };
            self.add(rule, problem);
        }
        Ok(())
    }

    /// A file among the tasks whose name is no id.
    fn misnamed_task(&mut self, path: &str) -> Result<()> {
        let bytes = self.snapshot().read(path)?.unwrap_or_default();
        let Ok(task) = read_task(&bytes) else { return Ok(()) };
        let line = line_of_id(&bytes);
        self.note_id(path, false, &task.id, line);
        self.explained.insert(path.to_owned());
        let name = path.rsplit('/').next().unwrap_or(path);
        let message = format!("the file is called {name}, and the id in it is {}", task.id);
        let problem = Problem::error(message).in_file(path).at_line(line.unwrap_or(1));
        let to = RecordPath::Task(task.id);
        if self.has(&to.to_string()) {
            let hint = format!("{to} is there too: join the two by hand");
            self.add(DoctorRule::WrongFileName, problem.with_hint(hint));
        } else {
            let fix = Fix::Rename { from: path.to_owned(), to };
            self.add_fixable(DoctorRule::WrongFileName, problem, fix);
        }
        Ok(())
    }

    /// A file in a folder where no record is read. It goes where it belongs if it is sound there and nothing is in its
    /// place.
    fn misplaced(&mut self, path: &str, kind: RecordKind) -> Result<()> {
        let inside = &path[kind.folder().len() + 1..];
        let name = inside.rsplit('/').next().unwrap_or(inside);
        let home = match inside.split_once('/') {
            Some((owner, _)) if kind.has_owners() => format!("{}/{owner}/{name}", kind.folder()),
            _ => format!("{}/{name}", kind.folder()),
        };
        let Some(to) = RecordPath::parse(&home) else { return Ok(()) };
        let problem =
            store::unexpected(path, EntryKind::File).unwrap_or_else(|| Problem::error("is misplaced"));
        self.explained.insert(path.to_owned());
        let bytes = self.snapshot().read(path)?.unwrap_or_default();
        let is_sound = record_problems(&to, &bytes).iter().all(|own| own.severity == Severity::Warning);
        let is_free = !self.has(&home) && !self.fixes.iter().any(|fix| fix.is_to(&to));
        if is_sound && is_free {
            self.add_fixable(DoctorRule::Misplaced, problem, Fix::Move { from: path.to_owned(), to });
        } else if is_free {
            self.add(DoctorRule::Misplaced, problem.with_hint(format!("repair it, and move it to {to}")));
        } else {
            let hint = format!("{to} is there too: join the two by hand");
            self.add(DoctorRule::Misplaced, problem.with_hint(hint));
        }
        Ok(())
    }

    /// Dependencies on what is not there, and cycles.
    fn references(&mut self, summaries: &[Summary<'_>]) {
        let graph = Graph::new(summaries);
        for (task, id) in graph.unknown() {
            let from = summaries[task].id;
            let problem = Problem::error(format!("`{id}` is no task here")).on_key("depends_on");
            let hint = format!("tracker set {from} depends_on-={id}");
            self.add(DoctorRule::DanglingReference, problem.in_file(task_file(from)).with_hint(hint));
        }
        for cycle in graph.cycles() {
            let path = cycle.to_string();
            let mut ids = path.split(" → ");
            let (first, second) = (ids.next().unwrap_or_default(), ids.next().unwrap_or_default());
            let problem = Problem::error(format!("tasks wait for each other: {path}")).on_key("depends_on");
            let hint = format!("tracker set {first} depends_on-={second}");
            self.add(DoctorRule::Cycle, problem.in_file(task_file(first)).with_hint(hint));
        }
    }

    fn stages(&mut self, summaries: &[Summary<'_>], known: &[&str]) {
        for task in summaries {
            let stage = task.stage;
            if stage != Stage::NONE && stage != Stage::COMPLETE && !known.contains(&stage) {
                let problem = Problem::warning(format!("no pipeline has a stage `{stage}`")).on_key("stage");
                let hint = format!("tracker set-stage {} STAGE", task.id);
                self.add(DoctorRule::UnknownStage, problem.in_file(task_file(task.id)).with_hint(hint));
            }
        }
    }

    /// Texts of roles that no stage requires.
    fn roles(&mut self, known: &[&str]) {
        for (file, path) in self.record_paths() {
            let RecordPath::Named { kind: RecordKind::Role, name } = path else { continue };
            if !known.contains(&name.as_str()) {
                let problem = Problem::warning(format!("the configuration has no role `{name}`"));
                let hint = format!("name it in the `signoffs` of a stage, or as `[roles.{name}]`");
                self.add(DoctorRule::UnknownRole, problem.in_file(file).with_hint(hint));
            }
        }
    }

    /// Tasks of active sprints that were edited by hand: the records of the scope do not have it. Of a sprint that is
    /// broken its own file tells.
    fn sprints(&mut self) -> Result<()> {
        let (ids, tasks) = (self.snapshot().sprint_ids()?, self.snapshot().tasks()?);
        if !ids.is_empty() {
            self.unknown_sprints(&tasks, &ids);
        }
        self.unknown_runs(&tasks)?;
        for id in ids {
            let Ok(Some(file)) = self.snapshot().sprint(&id) else { continue };
            if file.sprint.state() != SprintState::Active {
                continue;
            }
            for drift in sprint_drift(&tasks, &file) {
                let problem = Problem::warning(drift.message).on_key("sprint");
                let problem = problem.in_file(task_file(&drift.id)).with_hint(drift.suggestion.to_string());
                self.add(DoctorRule::SprintScope, problem);
            }
        }
        Ok(())
    }

    /// Open tasks whose sprint is not there, in a repository that has sprints: no list of a sprint shows them.
    fn unknown_sprints(&mut self, tasks: &Tasks, ids: &[SprintId]) {
        let (summaries, _) = tasks.select(|task| !task.is_closed());
        for task in summaries {
            let Some(name) =
                task.sprint.filter(|name| !ids.iter().any(|id| id.as_str().eq_ignore_ascii_case(name)))
            else {
                continue;
            };
            let hint = match misspelt(name, ids) {
                Some(near) => Suggestion::tracker(["set", task.id, &format!("sprint={near}")]).to_string(),
                None => Suggestion::tracker(["sprint", "new", name]).to_string(),
            };
            let problem = Problem::warning(format!("no sprint `{}`", name.escape_debug()));
            self.add(
                DoctorRule::DanglingReference,
                problem.on_key("sprint").in_file(task_file(task.id)).with_hint(hint),
            );
        }
    }

    /// Open tasks whose task run is not there: nothing queues or drives them.
    fn unknown_runs(&mut self, tasks: &Tasks) -> Result<()> {
        let (summaries, _) = tasks.select(|task| !task.is_closed() && task.run.is_some());
        if summaries.is_empty() {
            return Ok(());
        }
        let (runs, _) = task_runs(self.snapshot())?;
        for task in summaries {
            let Some(run) = task.run.filter(|own| !runs.iter().any(|run| run.id == *own)) else { continue };
            let problem = Problem::warning(format!("no task run `{}`", run.escape_debug()));
            let hint = Suggestion::tracker(["set", task.id, "run="]).to_string();
            self.add(
                DoctorRule::DanglingReference,
                problem.on_key("run").in_file(task_file(task.id)).with_hint(hint),
            );
        }
        Ok(())
    }

    /// Folders of tasks that are not there.
    fn owners(&mut self) {
        let owned = self.record_paths().filter(|(_, path)| path.kind().is_of_task());
        let owned = owned.filter_map(|(_, path)| Some((path.task()?.clone(), path.kind())));
        for (id, kind) in owned.collect::<BTreeSet<_>>() {
            if !self.has(&RecordPath::Task(id.clone()).to_string()) {
                let problem = Problem::warning(format!("contains {kind}s of {id}, which is no task here"));
                self.add(DoctorRule::DanglingReference, problem.in_file(kind.folder_of(&id)));
            }
        }
    }
}

impl Fix {
    fn is_to(&self, path: &RecordPath) -> bool {
        matches!(self, Self::Move { to, .. } | Self::Rename { to, .. } if to == path)
    }
}

fn line_of_id(bytes: &[u8]) -> Option<usize> {
    Document::markdown(bytes).ok()?.line_of("id")
}

fn task_file(id: &str) -> String {
    RecordPath::parse(&format!("{}/{id}.md", RecordKind::Task.folder()))
        .map_or_else(|| TRACKER_FOLDER.to_owned(), String::from)
}
