//! Workflows: a graph of steps, as a document in `.tracker/workflows` describes it.
//!
//! A step names its predecessors by their place in [`Workflow::steps`]. What a step is given of parameters and of the
//! outputs of earlier steps reaches it as variables or arguments, never as a part of a line for the shell.

mod condition;
mod retry;

use std::fmt;
use std::time::Duration;

pub use condition::{Condition, Operand, When};
pub use retry::{Backoff, Retry};

use crate::model::{Stage, TaskId, is_role_name};

/// The name of a step, a parameter or an output: a letter, then letters, digits, `_` and `-`. It is the name of a folder
/// and, in capitals, a part of a variable's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepName(Box<str>);

impl StepName {
    /// Reads a name; none where it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_role_name(text).then(|| Self(text.into()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Returns the variable in which a step finds a parameter: `PARAM_TARGET`.
#[must_use]
pub fn param_variable(name: &str) -> String {
    format!("PARAM_{}", in_capitals(name))
}

/// Returns the variable in which a step finds an output of an earlier one: `OUTPUT_BUILD_VERSION`.
#[must_use]
pub fn output_variable(step: &str, key: &str) -> String {
    format!("OUTPUT_{}_{}", in_capitals(step), in_capitals(key))
}

/// Returns the variable in which a job of a pipeline finds the state of an earlier step: `TRACKER_STATE_BUILD`.
#[must_use]
pub fn state_variable(step: &str) -> String {
    format!("TRACKER_STATE_{}", in_capitals(step))
}

fn in_capitals(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// A workflow. A document that has been read has no cycle, and every place of a step below is one that there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workflow {
    /// What it is for, in a line.
    pub about: Option<String>,
    /// Its parameters, in the order of the document.
    pub params: Vec<Param>,
    /// Most steps that run at once; as many as there are processors where it does not say.
    pub jobs: Option<u32>,
    /// Its steps in the order of the document, then its handlers.
    pub steps: Vec<Step>,
}

impl Workflow {
    /// Returns the steps so that each comes after all that it needs; without those that are part of a cycle or need one.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        let dependents = self.dependents();
        let mut unmet: Vec<usize> = self.steps.iter().map(|step| step.needs.len()).collect();
        let mut free: Vec<usize> = (0..unmet.len()).filter(|step| unmet[*step] == 0).collect();
        let mut order = Vec::with_capacity(unmet.len());
        while let Some(step) = free.pop() {
            order.push(step);
            for next in &dependents[step] {
                unmet[*next] -= 1;
                if unmet[*next] == 0 {
                    free.push(*next);
                }
            }
        }
        order
    }

    /// Returns, for each step, the steps that need it.
    #[must_use]
    pub fn dependents(&self) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.steps.len()];
        for (index, step) in self.steps.iter().enumerate() {
            step.needs.iter().for_each(|need| dependents[*need].push(index));
        }
        dependents
    }

    /// Whether any step has outputs, or is given an answer.
    #[must_use]
    pub fn has_outputs(&self) -> bool {
        let is_program = |step: &Step| matches!(step.action, Action::Shell(_) | Action::Program(_));
        self.steps.iter().any(|step| !step.outputs.is_empty() || !is_program(step))
    }

    /// Returns everything that a step needs, by whatever way, in the order of the document.
    #[must_use]
    pub fn ancestors(&self, step: usize) -> Vec<usize> {
        // A mark for each step costs less than a set of those that were seen.
        let mut is_seen = vec![false; self.steps.len()];
        let mut open = self.steps[step].needs.clone();
        while let Some(next) = open.pop() {
            if !std::mem::replace(&mut is_seen[next], true) {
                open.extend(&self.steps[next].needs);
            }
        }
        (0..is_seen.len()).filter(|step| is_seen[*step]).collect()
    }
}

/// A parameter of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: StepName,
    /// What its values are.
    pub kind: ValueKind,
    /// Its value where none is given; none where one must be.
    pub default: Option<String>,
    /// What it is for.
    pub about: Option<String>,
}

/// What values a parameter or an answer can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueKind {
    /// Any line of text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// One of these.
    Choice(Vec<String>),
}

impl ValueKind {
    /// Reads a value, and returns it as steps are given it.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn read(&self, text: &str) -> Result<String, String> {
        let value = match self {
            Self::Text => Some(text.to_owned()).filter(|text| !text.contains(['\n', '\r', '\0'])),
            Self::Integer => text.trim().parse::<i64>().ok().map(|number| number.to_string()),
            Self::Boolean => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" => Some("true".to_owned()),
                "false" | "no" => Some("false".to_owned()),
                _ => None,
            },
            Self::Choice(choices) => choices.iter().find(|choice| *choice == text).cloned(),
        };
        value.ok_or_else(|| self.expected())
    }

    /// Says what its values are.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Text => "one line of text".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Choice(choices) => choices.join(", "),
        }
    }

    /// Returns its name in a document.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Choice(_) => "choice",
        }
    }

    /// Returns the values of a choice; none of anything else.
    #[must_use]
    pub fn choices(&self) -> &[String] {
        if let Self::Choice(choices) = self { choices } else { &[] }
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name, which no other has.
    pub name: StepName,
    /// What it does, in a line.
    pub about: Option<String>,
    /// What it does.
    pub action: Action,
    /// What must have ended before it begins.
    pub needs: Vec<usize>,
    /// Variables that it is given, those of the workflow first.
    pub env: Vec<(String, Template)>,
    /// The folder in which it runs, below the top of the working tree.
    pub cwd: Option<String>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How often it is tried again, and when.
    pub retry: Retry,
    /// Whether the run fails where it does.
    pub critical: bool,
    /// Whether it runs at all, once what it needs has ended.
    pub when: Option<When>,
    /// The outputs that it must write.
    pub outputs: Vec<StepName>,
    /// The files that it may write, as globs.
    pub files: Vec<String>,
    /// The files that it reads, as globs: with them it is reused where nothing has changed.
    pub inputs: Option<Vec<String>>,
    /// When it runs, where it is a handler and no step.
    pub handler: Option<Handler>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Runs lines of the POSIX shell, with `set -e`.
    Shell(String),
    /// Runs a program.
    Program(Vec<Template>),
    /// Asks a person.
    Ask(Question),
    /// Waits for a task.
    Await(TaskGoal),
}

impl Action {
    /// Whether it waits, without a process and without a slot.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self, Self::Ask(_) | Self::Await(_))
    }
}

/// The task that a step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskGoal {
    /// The task.
    pub task: TaskId,
    /// The stage that it must have reached; none where it must be complete.
    pub stage: Option<Stage>,
}

impl fmt::Display for TaskGoal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stage {
            Some(stage) => write!(f, "{} in {stage}", self.task),
            None => write!(f, "{}", self.task),
        }
    }
}

/// How a task that a step waits for is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskSight {
    /// It is not yet where it must be: the stage that it is in.
    Open(Stage),
    /// It is.
    Reached(Stage),
    /// It never will be: why.
    Lost(String),
}

/// What a person is asked. It waits without a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// What the answer can be; none for an approval, which is given or refused.
    pub kind: Option<ValueKind>,
}

impl Question {
    /// Returns the question with what can be answered, where not any text can.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.kind {
            None | Some(ValueKind::Text) => self.text.clone(),
            Some(kind) => format!("{} ({})", self.text, kind.expected()),
        }
    }
}

/// The output in which the answer to a question is found.
pub const ANSWER: &str = "answer";

/// When a handler runs, after the last of the steps has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handler {
    /// Where the run has succeeded, also in part.
    Success,
    /// Where it has failed.
    Failure,
    /// Where it was cancelled.
    Cancel,
    /// However it went, last.
    Exit,
}

impl Handler {
    /// All, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Cancel, Self::Exit];

    /// Returns its key in a document, which is also its name among the steps.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Success => "on_success",
            Self::Failure => "on_failure",
            Self::Cancel => "on_cancel",
            Self::Exit => "on_exit",
        }
    }
}

/// A value that is known when the step begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// A parameter.
    Param(String),
    /// The state in which a step has ended.
    State(usize),
    /// An output of a step.
    Output(usize, String),
}

impl Reference {
    /// Returns the step whose state or output it is.
    #[must_use]
    pub fn step(&self) -> Option<usize> {
        match self {
            Self::State(step) | Self::Output(step, _) => Some(*step),
            Self::Param(_) => None,
        }
    }
}

/// A text with values in it, such as `--target=${param.target}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// A value.
    Value(Reference),
}

impl Template {
    /// Makes the template of a text without values.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self(vec![Part::Text(text.to_owned())])
    }

    /// Puts the values in. One that there is not is empty.
    #[must_use]
    pub fn fill(&self, value: &dyn Fn(&Reference) -> Option<String>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(reference) => value(reference).unwrap_or_default(),
        };
        self.0.iter().map(part).collect()
    }

    /// Returns it as a document writes it.
    #[must_use]
    pub fn shown(&self, workflow: &Workflow) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.replace("${", "$${"),
            Part::Value(Reference::Param(name)) => format!("${{param.{name}}}"),
            Part::Value(Reference::State(step)) => format!("${{step.{}}}", workflow.steps[*step].name),
            Part::Value(Reference::Output(step, key)) => {
                format!("${{step.{}.{key}}}", workflow.steps[*step].name)
            }
        };
        self.0.iter().map(part).collect()
    }

    /// Yields what it refers to.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter_map(|part| if let Part::Value(value) = part { Some(value) } else { None })
    }
}
