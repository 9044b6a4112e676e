//! The keys of a workflow's document: one table, from which the reader takes what it knows and editors their schema.

use serde_json::{Map, Value, json};

use crate::model::Handler;

/// What can be the value of a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Condition,
    /// A text, a number or a boolean.
    Scalar,
    Program,
    Choices,
    /// One text or a list of them.
    OneOrTexts,
    /// The same of names.
    Names,
    /// The same of paths, or globs, below the top of the working tree.
    Paths,
    Path,
    Boolean,
    Count {
        least: u32,
    },
    Percent,
    Factor,
    /// A time on a clock.
    Span,
    /// The same, above zero.
    Limit,
    Word(&'static [&'static str]),
    ExitCodes,
    Variables,
    Params,
    Steps,
    /// A number of retries, or a mapping.
    Retry,
    Human,
    /// An id, or a mapping.
    Task,
    Handler,
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    shape: Shape,
    about: &'static str,
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, about }
}

pub(super) const BACKOFFS: &[&str] = &["constant", "linear", "exponential"];
pub(super) const TYPES: &[&str] = &["string", "integer", "boolean", "choice"];

const STEP_ENV: Key =
    key("env", Shape::Variables, "Variables of the step; ${param.NAME} and ${step.NAME.KEY} are values");
const CWD: Key = key("cwd", Shape::Path, "Folder in which it runs, from the top of the working tree");
const TIMEOUT: Key = key("timeout", Shape::Limit, "How long one attempt may take, such as 90s or 10m");
const RETRY: Key =
    key("retry", Shape::Retry, "How often it is tried again, and when: a number, or a mapping");
const RUN: Key =
    key("run", Shape::Text, "Lines of the POSIX shell, run with `set -e`; values come as variables");
const ARGV: Key = key("argv", Shape::Program, "A program and its arguments, started without a shell");
const ABOUT: Key = key("about", Shape::Text, "What it is for, in a line");

pub(super) const WORKFLOW: &[Key] = &[
    ABOUT,
    key("params", Shape::Params, "Parameters: a name with its default, or with a mapping"),
    key("env", Shape::Variables, "Variables of every step; ${param.NAME} is a value"),
    key("jobs", Shape::Count { least: 1 }, "Most steps that run at once"),
    key("timeout", Shape::Limit, "How long one attempt of any step may take, unless the step says"),
    key("retry", Shape::Retry, "How often any step is tried again, unless the step says"),
    key("steps", Shape::Steps, "The steps, by name"),
    key("on_success", Shape::Handler, "Runs after the last step where the run has succeeded"),
    key("on_failure", Shape::Handler, "Runs after the last step where the run has failed"),
    key("on_cancel", Shape::Handler, "Runs where the run was cancelled"),
    key("on_exit", Shape::Handler, "Runs last, however the run has ended"),
];

pub(super) const STEP: &[Key] = &[
    ABOUT,
    RUN,
    ARGV,
    key("human", Shape::Human, "A question to a person, which waits without a process"),
    key(
        "task",
        Shape::Task,
        "A task that must be complete, or have reached `stage`; it waits without a process",
    ),
    key("needs", Shape::OneOrTexts, "Steps that must have ended before"),
    STEP_ENV,
    CWD,
    TIMEOUT,
    RETRY,
    key("critical", Shape::Boolean, "Whether the run fails where it does (default: true)"),
    key("when", Shape::Condition, "Condition, such as `step.test == failed and param.deploy`"),
    key("outputs", Shape::Names, "Names that it writes as `name=value` lines into $TRACKER_OUTPUT"),
    key("files", Shape::Paths, "Files that it may write, as globs"),
    key("inputs", Shape::Paths, "Files that it reads, as globs: it is reused where nothing has changed"),
];

pub(super) const TASK: &[Key] = &[
    key("id", Shape::Text, "The task's whole id"),
    key("stage", Shape::Text, "The stage that it must have reached, if not complete"),
];

pub(super) const HANDLER: &[Key] = &[ABOUT, RUN, ARGV, STEP_ENV, CWD, TIMEOUT, RETRY];

pub(super) const PARAM: &[Key] = &[
    ABOUT,
    key("type", Shape::Word(TYPES), "What its values are (default: that of `default`)"),
    key("default", Shape::Scalar, "Its value where none is given; without it, one must be"),
    key("choices", Shape::Choices, "The values of a choice"),
];

pub(super) const HUMAN: &[Key] = &[
    key("approve", Shape::Text, "What to approve: yes lets the run go on, no fails the step"),
    key("ask", Shape::Text, "A question; the answer is the output `answer`"),
    key("type", Shape::Word(TYPES), "What the answer is (default: string)"),
    key("choices", Shape::Choices, "The answers of a choice"),
];

pub(super) const RETRIES: &[Key] = &[
    key("max", Shape::Count { least: 0 }, "How often at most, the first attempt not counted (default: 3)"),
    key("backoff", Shape::Word(BACKOFFS), "How the wait grows (default: exponential)"),
    key("delay", Shape::Span, "The first wait (default: 1s)"),
    key("factor", Shape::Factor, "By how much each wait is longer than the one before (default: 2)"),
    key("cap", Shape::Span, "The longest wait (default: 5m)"),
    key("jitter", Shape::Percent, "By how much a wait is changed at random, such as 20% (default: 0%)"),
    key("on_exit", Shape::ExitCodes, "Exit codes that are worth another attempt (default: all)"),
];

/// Names of variables that the tracker itself sets.
pub(super) const RESERVED: [&str; 3] = ["TRACKER_", "PARAM_", "OUTPUT_"];

/// Returns the JSON Schema of a workflow, for editors.
#[must_use]
pub fn workflow_schema() -> Value {
    let mut schema = mapping(WORKFLOW, &["steps"]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Workflow of tracker");
    schema
}

fn mapping(keys: &[Key], required: &[&str]) -> Value {
    let property = |key: &Key| {
        let mut value = key.shape.schema();
        value["description"] = json!(key.about);
        (key.name.to_owned(), value)
    };
    let properties: Map<String, Value> = keys.iter().map(property).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Lets a mapping have one of these keys, and beside it not those that mean nothing then.
fn one_of_keys(schema: &mut Value, keys: &[(&str, &[&str])]) {
    let form = |(key, without): &(&str, &[&str])| {
        let without: Map<String, Value> =
            without.iter().map(|key| ((*key).to_owned(), json!(false))).collect();
        json!({"required": [key], "properties": without})
    };
    schema["oneOf"] = keys.iter().map(form).collect();
}

/// Lets a mapping have `choices` where its type is a choice, and there only.
fn with_choices(mut schema: Value) -> Value {
    schema["if"] = json!({"properties": {"type": {"const": "choice"}}, "required": ["type"]});
    schema["then"] = json!({"required": ["choices"]});
    schema["dependentSchemas"] = json!({"choices": {"properties": {"type": {"const": "choice"}}}});
    schema
}

/// What a [`crate::model::StepName`] looks like.
const NAME: &str = "^[A-Za-z][A-Za-z0-9_-]{0,63}$";
/// A text that is not blank.
const TEXT: &str = r"\S";
const COUNT: &str = r"^\+?[0-9]+$";
/// A path, or a glob, that does not leave the folder in which it begins.
const PATH: &str = r"^(?!!*/)(?!!*(.*/)?\.\.(/|$)).*\S";
const SPAN: &str = r"^\s*([0-9]+\.?[0-9]*|\.[0-9]+|(([0-9]+\.?[0-9]*|\.[0-9]+)\s*(h|m|s|ms)\s*)+)\s*$";
const CODE: &str = r"^(0*[1-9][0-9]?|0*1[0-9][0-9]|0*2[0-4][0-9]|0*25[0-5])$";

impl Shape {
    fn schema(self) -> Value {
        let scalar = json!({"type": ["string", "number", "boolean"]});
        let matching = |pattern: &str| json!({"type": ["string", "number", "boolean"], "pattern": pattern});
        let one_or_list =
            |item: &Value| json!({"anyOf": [item, {"type": "array", "items": item}, {"type": "null"}]});
        match self {
            Self::Text => matching(TEXT),
            Self::Condition => json!({"type": "string", "pattern": TEXT}),
            Self::Scalar => json!({"type": ["string", "number", "boolean", "null"]}),
            Self::Program => {
                json!({"type": "array", "minItems": 1, "prefixItems": [matching("^.")], "items": scalar})
            }
            Self::Choices => {
                let several = json!({"type": "array", "minItems": 1, "items": matching(TEXT)});
                json!({"anyOf": [matching(TEXT), several]})
            }
            Self::OneOrTexts => one_or_list(&matching(TEXT)),
            Self::Names => one_or_list(&json!({"type": "string", "pattern": NAME})),
            Self::Path => matching(PATH),
            Self::Paths => one_or_list(&matching(PATH)),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Count { least } => {
                json!({"type": ["integer", "string"], "minimum": least, "maximum": u32::MAX, "pattern": COUNT})
            }
            Self::Percent => {
                json!({"type": ["string", "integer"], "minimum": 0, "maximum": 100, "pattern": r"^\s*(0*100|0*[0-9]{1,2})%*\s*$"})
            }
            Self::Factor => {
                json!({"type": ["number", "string"], "minimum": 1, "maximum": 1000, "pattern": r"^[0-9.]+$"})
            }
            Self::Span => json!({"type": ["string", "number"], "minimum": 0, "pattern": SPAN}),
            Self::Limit => {
                let above_zero = json!({"pattern": "[1-9]"});
                json!({"type": ["string", "number"], "exclusiveMinimum": 0, "pattern": SPAN, "allOf": [above_zero]})
            }
            Self::Word(words) => json!({"enum": words}),
            Self::ExitCodes => one_or_list(
                &json!({"type": ["integer", "string"], "minimum": 1, "maximum": 255, "pattern": CODE}),
            ),
            Self::Variables => {
                let mut name = String::from("^");
                RESERVED.iter().for_each(|word| name.push_str(&format!("(?!{word})")));
                name.push_str("[A-Za-z_][A-Za-z0-9_]*$");
                json!({"type": "object", "propertyNames": {"pattern": name}, "additionalProperties": Self::Scalar.schema()})
            }
            _ => self.schema_of_parts(),
        }
    }

    /// Of what is a mapping, or may be one.
    fn schema_of_parts(self) -> Value {
        /// What means nothing for a step that waits.
        const OF_PROGRAMS: &[&str] = &["cwd", "timeout", "retry", "env", "outputs", "files", "inputs"];
        let named = |values: Value| json!({"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": values});
        match self {
            Self::Params => {
                named(json!({"anyOf": [Self::Scalar.schema(), with_choices(mapping(PARAM, &[]))]}))
            }
            Self::Steps => {
                let mut step = mapping(STEP, &[]);
                one_of_keys(
                    &mut step,
                    &[("run", &[]), ("argv", &[]), ("human", OF_PROGRAMS), ("task", OF_PROGRAMS)],
                );
                let mut steps = named(step);
                steps["minProperties"] = json!(1);
                let handlers: Vec<&str> = Handler::ALL.into_iter().map(Handler::key).collect();
                steps["propertyNames"]["not"] = json!({"enum": handlers});
                steps
            }
            Self::Retry => json!({"anyOf": [Self::Count { least: 0 }.schema(), mapping(RETRIES, &[])]}),
            Self::Human => {
                let mut human = with_choices(mapping(HUMAN, &[]));
                one_of_keys(&mut human, &[("approve", &["type", "choices"]), ("ask", &[])]);
                human
            }
            Self::Task => json!({"anyOf": [{"type": "string"}, mapping(TASK, &["id"])]}),
            _ => {
                let mut handler = mapping(HANDLER, &[]);
                one_of_keys(&mut handler, &[("run", &[]), ("argv", &[])]);
                handler
            }
        }
    }
}
