//! `workflow`: the workflows of a tracker, each read with all that is wrong with it.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::ci::install_command;
use super::{Error, Result, Session, Written};
use crate::doc::{self, PipelineRequest, PipelineTarget, read_workflow, read_workflow_of};
use crate::git::read_regular;
use crate::model::{
    Action, Param, Problem, Question, RecordKind, RecordPath, Severity, Step, Suggestion, ValueKind,
    Workflow, digest_of, nearest, span_text,
};
use crate::store::{Change, EntryKind, Snapshot};

/// A workflow, and the document that it was read from.
#[derive(Debug)]
pub(super) struct LoadedWorkflow {
    /// Its name: that of its file.
    pub(super) name: String,
    /// The path of the file, from the top of the working tree where it is below that.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    pub(super) workflow: Workflow,
    pub(super) warnings: Vec<Problem>,
}

/// Workflows, in the order of their names.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowsView {
    pub workflows: Vec<WorkflowLine>,
}

/// A workflow in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowLine {
    /// Its name.
    pub name: String,
    /// The path of its file.
    pub path: String,
    /// What it is for.
    pub about: Option<String>,
    /// How many steps it has; none where it cannot be read.
    pub steps: Option<usize>,
    /// Names of its parameters.
    pub params: Vec<String>,
    /// How many errors its file has.
    pub errors: usize,
}

/// A workflow as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowView {
    /// Its name.
    pub name: String,
    /// The path of its file.
    pub path: String,
    /// SHA-256 of the file: a run of it is frozen by this.
    pub digest: String,
    /// What it is for.
    pub about: Option<String>,
    /// Most steps that run at once.
    pub jobs: Option<u32>,
    /// Its parameters.
    pub params: Vec<ParamView>,
    /// Its steps in the order of the document, then its handlers.
    pub steps: Vec<WorkflowStep>,
}

/// A parameter.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ParamView {
    /// Its name.
    pub name: String,
    /// `string`, `integer`, `boolean` or `choice`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The values of a choice.
    pub choices: Vec<String>,
    /// Its value where none is given.
    pub default: Option<String>,
    /// Whether a value must be given.
    pub required: bool,
    /// What it is for.
    pub about: Option<String>,
}

/// A step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowStep {
    /// Its name.
    pub name: String,
    /// `run`, `argv`, `human` or `task`.
    pub action: &'static str,
    /// The lines, the program with its arguments, the question, or the task, in one line.
    pub does: String,
    /// Steps that must have ended before.
    pub needs: Vec<String>,
    /// The longest way to it from a step that needs nothing, in steps.
    pub level: usize,
    /// How often it is tried again.
    pub retries: u32,
    /// How long one attempt may take.
    pub timeout: Option<String>,
    /// Whether the run fails where it does.
    pub critical: bool,
    /// Its condition.
    pub when: Option<String>,
    /// What a person is asked, where it asks one.
    pub asks: Option<QuestionView>,
    /// Whether it is reused where nothing has changed.
    pub reusable: bool,
    /// Whether it is a handler, which runs after the last step.
    pub handler: bool,
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuestionView {
    /// The question.
    pub text: String,
    /// `approval`, which is given or refused; else what the answer is: `string`, `integer`, `boolean` or `choice`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The answers of a choice.
    pub choices: Vec<String>,
}

impl QuestionView {
    pub(super) fn of(question: &Question) -> Self {
        let kind = question.kind.as_ref();
        Self {
            text: question.text.clone(),
            kind: kind.map_or("approval", ValueKind::word),
            choices: kind.map(|kind| kind.choices().to_vec()).unwrap_or_default(),
        }
    }

    /// Whether it is answered by a value, and not approved or rejected.
    #[must_use]
    pub fn is_value(&self) -> bool {
        self.kind != "approval"
    }

    /// Returns the placeholder of the answer in a command: the choices, or `VALUE`.
    #[must_use]
    pub fn placeholder(&self) -> String {
        let words = self.choices.iter().all(|choice| choice.chars().all(|c| c.is_ascii_alphanumeric()));
        if self.choices.is_empty() || !words { "VALUE".to_owned() } else { self.choices.join("|") }
    }
}

/// What came of looking at workflows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WorkflowsChecked {
    /// The workflows that were looked at.
    pub workflows: Vec<WorkflowLine>,
}

/// Lists all workflows.
pub fn workflows(session: &Session<'_>) -> Result<(WorkflowsView, Vec<Problem>)> {
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for name in names(session.snapshot())? {
        let (line, found) = line_of(session, &name)?;
        lines.push(line);
        problems.extend(found);
    }
    Ok((WorkflowsView { workflows: lines }, problems))
}

/// Looks at these workflows, or at all, and returns everything that is wrong with them.
pub fn check_workflows(session: &Session<'_>, given: &[String]) -> Result<(WorkflowsChecked, Vec<Problem>)> {
    let all = if given.is_empty() { names(session.snapshot())? } else { given.to_vec() };
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for name in all {
        let (line, found) = line_of(session, &name)?;
        lines.push(line);
        problems.extend(found);
    }
    Ok((WorkflowsChecked { workflows: lines }, problems))
}

fn line_of(session: &Session<'_>, given: &str) -> Result<(WorkflowLine, Vec<Problem>)> {
    let (name, path, bytes) = read(session, given)?;
    let line = WorkflowLine { name, path, about: None, steps: None, params: Vec::new(), errors: 0 };
    let located = |problem: Problem, line: &WorkflowLine| problem.in_file(line.path.clone());
    Ok(match read_known(session, &bytes)? {
        Ok((workflow, warnings)) => {
            let problems = warnings.into_iter().map(|problem| located(problem, &line)).collect();
            let steps = workflow.steps.iter().filter(|step| step.handler.is_none()).count();
            let params = workflow.params.iter().map(|param| param.name.to_string()).collect();
            (WorkflowLine { about: workflow.about, steps: Some(steps), params, ..line }, problems)
        }
        Err(problems) => {
            let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
            let problems = problems.into_iter().map(|problem| located(problem, &line)).collect();
            (WorkflowLine { errors, ..line }, problems)
        }
    })
}

/// Shows a workflow.
pub fn show_workflow(session: &Session<'_>, given: &str) -> Result<(WorkflowView, Vec<Problem>)> {
    let LoadedWorkflow { name, path, bytes, workflow, warnings } = load_workflow(session, given)?;
    let levels = levels(&workflow);
    let steps = workflow.steps.iter().zip(&levels);
    let view = WorkflowView {
        name,
        path,
        digest: digest_of(&bytes),
        steps: steps.map(|(step, level)| WorkflowStep::of(step, *level, &workflow)).collect(),
        params: workflow.params.iter().map(ParamView::of).collect(),
        jobs: workflow.jobs,
        about: workflow.about,
    };
    Ok((view, warnings))
}

/// Creates a workflow to begin with.
pub fn new_workflow(session: &Session<'_>, name: &str) -> Result<Written> {
    const NEW: &str = include_str!("../../templates/workflow.yaml");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain);
    let Some(path) = RecordPath::workflow(name).map(String::from).filter(|_| is_name) else {
        let message = format!("invalid name of a workflow `{}`", name.escape_debug());
        return Err(Error::usage_with(
            message,
            "use letters, digits, `-` and `_`, a letter or a digit first",
        ));
    };
    let locked = session.lock(&format!("workflow new {name}"))?;
    if session.snapshot().read(&path)?.is_some() {
        let edit = Suggestion::tracker(["workflow", "show", name]);
        return Err(Error::usage_with(
            format!("there is a workflow `{name}`"),
            format!("look at it: {edit}"),
        ));
    }
    session.finish(&locked, &[Change::create(path, NEW)], Vec::new())
}

/// Reads a workflow by its name, or by the path of its file from the current directory.
pub(super) fn load_workflow(session: &Session<'_>, given: &str) -> Result<LoadedWorkflow> {
    let (name, path, bytes) = read(session, given)?;
    let located = |problems: Vec<Problem>| -> Vec<Problem> {
        problems.into_iter().map(|problem| problem.in_file(path.clone())).collect()
    };
    match read_known(session, &bytes)? {
        Ok((workflow, warnings)) => {
            let warnings = located(warnings);
            Ok(LoadedWorkflow { name, path, bytes, workflow, warnings })
        }
        Err(problems) => Err(Error::Broken(located(problems))),
    }
}

/// What to export.
#[derive(Debug, Clone)]
pub struct ExportRequest {
    /// A workflow's name, or the path of a file.
    pub workflow: String,
    /// The engine that it is for.
    pub target: PipelineTarget,
    /// The container image in which jobs run.
    pub image: Option<String>,
    /// Whether no job records the run.
    pub no_record: bool,
}

/// A workflow as a pipeline.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exported {
    /// The name of the workflow.
    pub workflow: String,
    /// The path of its file.
    pub path: String,
    /// SHA-256 of that file.
    pub digest: String,
    /// The pipeline, as YAML.
    pub pipeline: String,
}

/// Writes a workflow as a pipeline of another engine, or reports everything that the engine cannot express.
pub fn export_workflow(session: &Session<'_>, request: &ExportRequest) -> Result<(Exported, Vec<Problem>)> {
    let loaded = load_workflow(session, &request.workflow)?;
    let LoadedWorkflow { name, path, bytes, workflow, warnings } = loaded;
    let digest = digest_of(&bytes);
    let configured = session.config_or_default().0.ci.install;
    let install = (!request.no_record).then(|| install_command(configured.as_deref()));
    let request = PipelineRequest {
        target: request.target,
        name: &name,
        path: &path,
        digest: &digest,
        image: request.image.as_deref(),
        install: install.as_deref(),
    };
    let document = String::from_utf8_lossy(&bytes);
    let pipeline = doc::export_workflow(&workflow, &document, &request).map_err(|problems| {
        Error::Broken(problems.into_iter().map(|problem| problem.in_file(path.clone())).collect())
    })?;
    Ok((Exported { workflow: name, path, digest, pipeline }, warnings))
}

/// Reads a document, and compares the tasks that its steps wait for with those that there are.
fn read_known(session: &Session<'_>, bytes: &[u8]) -> Result<std::result::Result<Read, Vec<Problem>>> {
    // Few workflows wait for tasks, and there may be many tasks.
    let names_tasks = bytes.windows(5).any(|part| part == b"task:" || part == b"task\"");
    Ok(match names_tasks {
        true => read_workflow_of(bytes, session.snapshot().task_ids()?.into_iter().collect()),
        false => read_workflow(bytes),
    })
}

/// A workflow, and what is odd about its document.
type Read = (Workflow, Vec<Problem>);

fn read(session: &Session<'_>, given: &str) -> Result<(String, String, Vec<u8>)> {
    if let Some(path) = RecordPath::workflow(given).map(String::from)
        && let Some(bytes) = session.snapshot().read(&path)?
    {
        return Ok((given.to_owned(), path, bytes));
    }
    let is_path = given.contains('/') || [".yaml", ".yml"].iter().any(|ending| given.ends_with(ending));
    if !is_path {
        return Err(unknown(given, &names(session.snapshot())?));
    }
    let file = session.env().cwd().join(given);
    let bytes = read_regular(&file).map_err(Error::io("read", Path::new(given)))?;
    let name = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let top = session.workspace().work_dir();
    let below = file
        .canonicalize()
        .ok()
        .and_then(|file| Some(file.strip_prefix(top).ok()?.to_string_lossy().into_owned()));
    Ok((name, below.unwrap_or_else(|| given.to_owned()), bytes))
}

fn unknown(given: &str, names: &[String]) -> Error {
    let hint = match (nearest(given, names.iter().map(String::as_str)), names) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => format!("create one: {}", Suggestion::tracker(["workflow", "new", "checks"])),
        (None, names) => format!("expected {}, or the path of a file", names.join(", ")),
    };
    Error::not_found(format!("no workflow `{}`", given.escape_debug()), hint)
}

/// Returns the names of the workflows in the tracker's folder, sorted.
pub(super) fn names(snapshot: &Snapshot) -> Result<Vec<String>> {
    let entries = snapshot.list(RecordKind::Workflow.folder())?.into_iter();
    let files = entries.filter(|entry| entry.kind == EntryKind::File && !entry.name.starts_with('.'));
    Ok(files.filter_map(|entry| entry.name.strip_suffix(".yaml").map(str::to_owned)).collect())
}

/// Returns the longest way to each step from one that needs nothing; handlers come after all.
pub(super) fn levels(workflow: &Workflow) -> Vec<usize> {
    let mut levels = vec![0; workflow.steps.len()];
    for step in workflow.order() {
        let needs = workflow.steps[step].needs.iter();
        levels[step] = needs.map(|need| levels[*need] + 1).max().unwrap_or(0);
    }
    let last = levels.iter().max().copied().unwrap_or_default();
    let handlers = workflow.steps.iter().zip(&mut levels).filter(|(step, _)| step.handler.is_some());
    handlers.for_each(|(_, level)| *level = last + 1);
    levels
}

impl ParamView {
    fn of(param: &Param) -> Self {
        Self {
            name: param.name.to_string(),
            kind: param.kind.word(),
            choices: param.kind.choices().to_vec(),
            default: param.default.clone(),
            required: param.default.is_none(),
            about: param.about.clone(),
        }
    }
}

impl WorkflowStep {
    fn of(step: &Step, level: usize, workflow: &Workflow) -> Self {
        let (action, does) = match &step.action {
            Action::Shell(lines) => ("run", lines.trim().replace('\n', "; ")),
            Action::Program(words) => {
                let word = |word: &crate::model::Template| word.shown(workflow);
                ("argv", words.iter().map(word).collect::<Vec<_>>().join(" "))
            }
            Action::Ask(question) => ("human", question.shown()),
            Action::Await(goal) => ("task", goal.to_string()),
        };
        Self {
            name: step.name.to_string(),
            action,
            does,
            needs: step.needs.iter().map(|need| workflow.steps[*need].name.to_string()).collect(),
            level,
            retries: step.retry.max,
            timeout: step.timeout.map(span_text),
            critical: step.critical,
            when: step.when.as_ref().map(|when| when.text.clone()),
            asks: if let Action::Ask(question) = &step.action {
                Some(QuestionView::of(question))
            } else {
                None
            },
            reusable: step.inputs.is_some(),
            handler: step.handler.is_some(),
        }
    }
}
