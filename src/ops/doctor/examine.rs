//! Looking at every file of a tracker.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Finding, Mend};
use crate::doc::{Document, read_task};
use crate::events::LongStep;
use crate::model::{Problem, Severity, Stage, Summary, Task, TaskId};
use crate::ops::{Result, Session, init};
use crate::policy::{Graph, stage_order};
use crate::store::{EntryKind, Layout, Snapshot, is_temporary};

/// Files looked at, what is wrong with them, and what can be mended.
type Examined = (usize, Vec<Finding>, Vec<Mend>);

/// Examines all files below `.tracker`.
pub(super) fn examine(session: &Session<'_>) -> Result<Examined> {
    let snapshot = session.snapshot();
    let mut found = Examination::default();
    let paths = snapshot.walk()?;
    found.own_files(&paths);
    found.kinds(&paths);
    found.case(&paths);
    found.leftovers(&paths);
    found.all(
        "configuration",
        match session.workspace().policy(session.env(), snapshot) {
            Ok((config, mut warnings)) => {
                let older = config.write_problem();
                warnings.extend(older.map(|problem| Problem { severity: Severity::Warning, ..problem }));
                warnings
            }
            Err(crate::store::Error::Broken(problems)) => problems,
            Err(_) => snapshot.config_or_default().1,
        },
    );
    let mut tasks: Vec<Task> = Vec::new();
    let step = session.begin(LongStep::ReadRecords, Some(paths.len()));
    for (path, _) in paths.iter().filter(|(path, kind)| is_task_file(path) && *kind == EntryKind::File) {
        if is_lossy(path) {
            continue;
        }
        tasks.extend(found.task(session, path)?);
        step.advance(1);
    }
    let summaries: Vec<Summary<'_>> = tasks.iter().map(Task::summary).collect();
    found.references(&summaries);
    if let Ok((config, _)) = snapshot.config() {
        found.stages(&summaries, &stage_order(&config));
    }
    found.attachments(session, &paths)?;
    found.roles(session)?;
    found.findings.sort();
    found.findings.dedup();
    let files = paths.iter().filter(|(_, kind)| *kind != EntryKind::Folder).count();
    Ok((files, found.findings, found.mends))
}

/// Tells whether a path holds what stands in for bytes that are no text: there is no file of that name.
fn is_lossy(path: &str) -> bool {
    path.contains(char::REPLACEMENT_CHARACTER)
}

fn is_task_file(path: &str) -> bool {
    let Some(name) = path.strip_prefix(Layout::TASKS).and_then(|rest| rest.strip_prefix('/')) else {
        return false;
    };
    !name.contains('/') && !name.starts_with('.') && name.ends_with(".md")
}

#[derive(Default)]
struct Examination {
    findings: Vec<Finding>,
    mends: Vec<Mend>,
    /// The file and line where each id was found, as documents say it.
    ids: HashMap<String, (String, usize)>,
}

impl Examination {
    fn add(&mut self, rule: &'static str, problem: Problem) {
        self.findings.push(Finding::new(rule, problem));
    }

    fn add_fixable(&mut self, rule: &'static str, problem: Problem, mend: Mend) {
        let problem = problem.with_hint("tracker doctor --fix");
        self.findings.push(Finding { fixable: true, ..Finding::new(rule, problem) });
        self.mends.push(mend);
    }

    fn all(&mut self, rule: &'static str, problems: Vec<Problem>) {
        self.findings.extend(problems.into_iter().map(|problem| Finding::new(rule, problem)));
    }

    /// The files that `init` writes.
    fn own_files(&mut self, paths: &[(String, EntryKind)]) {
        for (path, text) in init::own_files() {
            if !paths.iter().any(|(found, _)| found == path) {
                let problem = Problem::warning("is missing").in_file(path);
                self.add_fixable("own-files", problem, Mend::Restore { path, text });
            }
        }
    }

    /// Links, pipes, folders in the place of files, folders too deep to look into, names that are no text.
    fn kinds(&mut self, paths: &[(String, EntryKind)]) {
        for (path, kind) in paths {
            if is_lossy(path) {
                let problem = Problem::error("the name is not UTF-8").in_file(path);
                self.add("file-name", problem.with_hint("rename it, or remove it"));
            }
            if *kind == EntryKind::Folder && path.split('/').count() >= Snapshot::DEEPEST {
                let problem = Problem::error("lies too deep; what is in it is not looked at").in_file(path);
                self.add("file-kind", problem.with_hint("no record lies so deep: remove it"));
            }
            let said = match kind {
                EntryKind::Link => "is a symbolic link; links are not followed",
                EntryKind::Other => "is not a regular file",
                EntryKind::Folder if is_task_file(path) => "is a folder where a task's file should be",
                EntryKind::File | EntryKind::Folder => continue,
            };
            let hint = "replace it by a regular file, or remove it";
            self.add("file-kind", Problem::error(said).in_file(path).with_hint(hint));
        }
    }

    /// Names that are one name on a file system that does not tell case apart.
    fn case(&mut self, paths: &[(String, EntryKind)]) {
        let mut by_lower: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (path, _) in paths {
            by_lower.entry(path.to_lowercase()).or_default().push(path);
        }
        for same in by_lower.into_values().filter(|same| same.len() > 1) {
            let message = format!("differs from {} only by case", same[0]);
            let hint = "rename one of them: on some systems they are the same file";
            self.add("same-but-for-case", Problem::error(message).in_file(same[1]).with_hint(hint));
        }
    }

    fn leftovers(&mut self, paths: &[(String, EntryKind)]) {
        for (path, kind) in paths {
            let name = path.rsplit('/').next().unwrap_or(path);
            if *kind == EntryKind::File && is_temporary(name) && !is_lossy(path) {
                let problem = Problem::warning("was left behind by a write that was killed").in_file(path);
                self.add_fixable("leftover", problem, Mend::RemoveLeftover { path: path.clone() });
            }
        }
    }

    /// One task's file: whether it can be read, and whether name and id agree. Returns the task where both hold,
    /// as other commands see it.
    fn task(&mut self, session: &Session<'_>, path: &str) -> Result<Option<Task>> {
        let name = path.rsplit('/').next().and_then(|name| name.strip_suffix(".md")).unwrap_or(path);
        let bytes = match session.snapshot().read(path) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => {
                self.add("broken-document", Problem::error(error.to_string()).in_file(path));
                return Ok(None);
            }
        };
        match read_task(&bytes) {
            Ok(mut task) => {
                let line =
                    || Document::markdown(&bytes).ok().and_then(|found| found.line_of("id")).unwrap_or(1);
                self.all("odd-value", located(std::mem::take(&mut task.warnings), path));
                self.name_and_id(session, path, name, task.id.as_str(), line())?;
                // Of ten thousand tasks the bodies are most of what is read, and none of what is asked from here on.
                task.body = String::new();
                Ok(Some(task).filter(|task| task.id.as_str() == name))
            }
            Err(problems) => {
                let marker = problems.iter().any(|problem| problem.message.contains("conflict"));
                let rule = if marker { "conflict-markers" } else { "broken-document" };
                let lacks_id = |problem: &Problem| {
                    problem.key.as_deref() == Some("id")
                        && Document::markdown(&bytes).is_ok_and(|document| document.line_of("id").is_none())
                };
                let (mendable, rest): (Vec<_>, Vec<_>) = problems
                    .into_iter()
                    .partition(|problem| TaskId::parse(name).is_ok() && lacks_id(problem));
                self.all(rule, located(rest, path));
                for problem in located(mendable, path) {
                    let mend = Mend::SetId { path: path.to_owned(), id: name.to_owned() };
                    self.add_fixable(rule, problem, mend);
                }
                Ok(None)
            }
        }
    }

    fn name_and_id(
        &mut self,
        session: &Session<'_>,
        path: &str,
        name: &str,
        id: &str,
        line: usize,
    ) -> Result<()> {
        if let Some((other, its_line)) = self.ids.insert(id.to_owned(), (path.to_owned(), line)) {
            // The one that is named like the id is right.
            let (wrong, line, right) =
                if name == id { (other.as_str(), its_line, path) } else { (path, line, other.as_str()) };
            let problem = Problem::error(format!("the id {id} is also that of {right}"));
            self.add("duplicate-id", problem.in_file(wrong).on_key("id").at_line(line));
        }
        if name == id {
            return Ok(());
        }
        let message = format!("the file is called {name}.md, and the id in it is {id}");
        let problem = Problem::error(message).in_file(path).at_line(line);
        let own_path = format!("{}/{id}.md", Layout::TASKS);
        if TaskId::parse(name).is_ok() {
            self.add_fixable(
                "wrong-file-name",
                problem,
                Mend::SetId { path: path.to_owned(), id: name.to_owned() },
            );
        } else if session.snapshot().read(&own_path)?.is_none() {
            self.add_fixable(
                "wrong-file-name",
                problem,
                Mend::Rename { from: path.to_owned(), to: own_path },
            );
        } else {
            self.add(
                "wrong-file-name",
                problem.with_hint(format!("{own_path} is there too: join the two by hand")),
            );
        }
        Ok(())
    }

    /// Dependencies on what is not there, and circles.
    fn references(&mut self, summaries: &[Summary<'_>]) {
        let graph = Graph::new(summaries);
        for (task, id) in graph.unknown() {
            let from = summaries[task].id;
            let problem = Problem::error(format!("`{id}` is no task here")).on_key("depends_on");
            let hint = format!("tracker set {from} depends_on-={id}");
            self.add("dangling-reference", problem.in_file(path_of(from)).with_hint(hint));
        }
        for cycle in graph.cycles() {
            let path = cycle.to_string();
            let mut ids = path.split(" → ");
            let (first, second) = (ids.next().unwrap_or_default(), ids.next().unwrap_or_default());
            let problem = Problem::error(format!("tasks wait for each other: {path}")).on_key("depends_on");
            let hint = format!("tracker set {first} depends_on-={second}");
            self.add("circle", problem.in_file(path_of(first)).with_hint(hint));
        }
    }

    /// Stages that no pipeline has.
    fn stages(&mut self, summaries: &[Summary<'_>], known: &[&str]) {
        for task in summaries {
            let stage = task.stage;
            if stage != Stage::NONE && stage != Stage::COMPLETE && !known.contains(&stage) {
                let problem = Problem::warning(format!("no pipeline has a stage `{stage}`")).on_key("stage");
                let hint = format!("tracker set-stage {} STAGE", task.id);
                self.add("unknown-stage", problem.in_file(path_of(task.id)).with_hint(hint));
            }
        }
    }

    /// Texts of roles that cannot be read, and of roles that nobody asks.
    fn roles(&mut self, session: &Session<'_>) -> Result<()> {
        let (guides, problems) = session.snapshot().roles()?;
        self.all("broken-document", problems);
        for guide in guides {
            let path = Layout::role(&guide.role);
            self.all("odd-value", located(guide.warnings, &path));
            let Ok((config, _)) = session.snapshot().config() else { continue };
            if !config.role_names().contains(&guide.role.as_str()) {
                let problem = Problem::warning(format!("the configuration has no role `{}`", guide.role));
                let hint = format!("name it in the `signoffs` of a stage, or as `[roles.{}]`", guide.role);
                self.add("unknown-role", problem.in_file(&path).with_hint(hint));
            }
        }
        Ok(())
    }

    /// Notes, votes and findings that cannot be read, and those of tasks that are not there: a folder a task.
    fn attachments(&mut self, session: &Session<'_>, paths: &[(String, EntryKind)]) -> Result<()> {
        let all: HashSet<&str> = paths.iter().map(|(path, _)| path.as_str()).collect();
        let snapshot = session.snapshot();
        for (path, _) in paths.iter().filter(|(_, kind)| *kind == EntryKind::Folder) {
            let Some((folder, name)) = path.rsplit_once('/') else { continue };
            if ![Layout::NOTES, Layout::SIGNOFFS, Layout::FINDINGS].contains(&folder) {
                continue;
            }
            let id = match TaskId::parse(name) {
                Ok(id) => id,
                Err(error) => {
                    self.add("wrong-file-name", Problem::warning(error.to_string()).in_file(path));
                    continue;
                }
            };
            let (what, problems) = match folder {
                Layout::NOTES => ("notes", snapshot.notes(&id)?.1),
                Layout::SIGNOFFS => ("votes", snapshot.votes(&id)?.1),
                _ => ("findings", snapshot.findings(&id)?.1),
            };
            self.all("broken-document", problems);
            if !all.contains(Layout::task(&id).as_str()) {
                let problem = Problem::warning(format!("holds {what} on {id}, which is no task here"));
                self.add("dangling-reference", problem.in_file(path));
            }
        }
        Ok(())
    }
}

fn path_of(id: &str) -> String {
    format!("{}/{id}.md", Layout::TASKS)
}

fn located(problems: Vec<Problem>, path: &str) -> Vec<Problem> {
    problems.into_iter().map(|problem| problem.in_file(path)).collect()
}
