//! The steps of a workflow, and the workflow as a whole.

use std::collections::HashMap;
use std::time::Duration;

use super::expression::{self, Name};
use super::keys::{self, RESERVED, TYPES};
use super::{At, Problems, graph, unknown};
use crate::doc::printable::printable;
use crate::doc::yaml::Node;
use crate::model::{
    ANSWER, Action, Handler, Param, Problem, Question, Reference, Retry, Stage, Step, TaskGoal, TaskId,
    Template, When, Workflow, param_variable,
};

/// What steps have of the workflow around them.
struct Scope<'n> {
    params: Vec<Param>,
    env: Vec<(String, Template)>,
    retry: Retry,
    timeout: Option<Duration>,
    /// The place of each step by its name.
    places: HashMap<&'n str, usize>,
    /// The names of outputs that each step writes.
    outputs: Vec<Vec<&'n str>>,
}

/// Reads the document as a whole; none where it has no steps at all.
pub(super) fn workflow(root: &Node, problems: &mut Problems) -> Option<Workflow> {
    let entries = problems.known(root, &At::ROOT, keys::WORKFLOW);
    let value = |key: &str| entries.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let at = |key: &'static str| At { parent: Some(&At::ROOT), segment: Some(super::Step::Key(key)) };
    let steps = value("steps").map(|node| problems.entries(node, &at("steps"), "steps as `name: …`"));
    let Some(steps) = steps.filter(|steps| !steps.is_empty()) else {
        if !problems.has_errors() {
            let problem = Problem::error("the workflow has no steps");
            problems.on_key(&At::ROOT, problem.with_hint("add `steps:` and below it `build: {run: make}`"));
        }
        return None;
    };
    let mut scope = Scope {
        params: value("params").map(|node| problems.params(node, &at("params"))).unwrap_or_default(),
        env: Vec::new(),
        retry: value("retry")
            .map_or_else(Retry::default, |node| problems.retry(node, &at("retry"), &Retry::default())),
        timeout: value("timeout").and_then(|node| problems.limit(node, &at("timeout"))),
        places: steps.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect(),
        outputs: steps.iter().map(|(_, node)| declared_outputs(node)).collect(),
    };
    let handlers = Handler::ALL.into_iter().filter_map(|handler| Some((handler, value(handler.key())?)));
    let handlers: Vec<(Handler, &Node)> = handlers.collect();
    scope.outputs.resize(steps.len() + handlers.len(), Vec::new());
    if let Some(node) = value("env") {
        scope.env = variables(node, &at("env"), Vec::new(), &scope, problems);
    }
    let mut read = Vec::with_capacity(steps.len());
    for (name, node) in &steps {
        read.extend(step(name, None, (node, &at("steps").key(name)), &scope, problems));
    }
    let all_are_read = read.len() == steps.len();
    for (handler, node) in handlers {
        let key = handler.key();
        read.extend(step(key, Some(handler), (node, &at(key)), &scope, problems));
    }
    let workflow = Workflow {
        about: value("about").and_then(|node| problems.text(node, &at("about"))).map(str::to_owned),
        params: scope.params,
        jobs: value("jobs").and_then(|node| problems.count(node, &at("jobs"), 1)),
        steps: read,
    };
    if all_are_read {
        graph::check(&workflow, problems);
    }
    Some(workflow)
}

fn declared_outputs(node: &Node) -> Vec<&str> {
    let Node::Map(pairs) = node else { return Vec::new() };
    let value =
        |key: &str| pairs.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value);
    match (value("outputs"), value("human")) {
        (_, Some(_)) => vec![ANSWER],
        (Some(Node::List(items)), _) => items.iter().filter_map(Node::as_text).collect(),
        (Some(node), _) => node.as_text().into_iter().collect(),
        (None, None) => Vec::new(),
    }
}

/// Reads a step, or a handler, which is one with fewer keys.
fn step(
    text: &str,
    handler: Option<Handler>,
    (node, at): (&Node, &At<'_>),
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Step> {
    if !matches!(node, Node::Map(_)) {
        let problem = Problem::error(format!("expected `key: value` lines, found {}", node.kind()));
        return problems.no(at, problem.with_hint(format!("write `{}: {{run: …}}`", printable(text))));
    }
    let entries = problems.known(node, at, if handler.is_some() { keys::HANDLER } else { keys::STEP });
    let name = problems.name(text, at);
    if handler.is_none() && Handler::ALL.into_iter().any(|handler| handler.key() == text) {
        problems.on_key(at, Problem::error(format!("`{text}` is a handler, which is beside `steps`")));
    }
    let action = action(handler.is_some(), &entries, at, scope, problems);
    // What is wrong besides is reported too: the step is not used where there is an error.
    let mut step = Step::new(name?, action.unwrap_or(Action::Program(Vec::new())), scope);
    step.handler = handler;
    step.critical = handler.is_none();
    let is_waiting = step.action.waits();
    for (key, value) in entries {
        let at = at.key(key);
        match key {
            "cwd" | "timeout" | "retry" | "env" | "outputs" | "files" | "inputs" if is_waiting => {
                let what =
                    if matches!(step.action, Action::Ask(_)) { "asks a person" } else { "waits for a task" };
                let message = format!("`{key}` means nothing for a step that {what}");
                problems.on_key(&at, Problem::error(message));
            }
            "about" => step.about = problems.text(value, &at).map(str::to_owned),
            "needs" => step.needs = needs(text, value, &at, scope, problems),
            "env" => step.env = variables(value, &at, step.env, scope, problems),
            "cwd" => {
                step.cwd =
                    problems.text(value, &at).filter(|path| problems.is_below(path, &at)).map(str::to_owned);
            }
            "timeout" => step.timeout = problems.limit(value, &at),
            "retry" => step.retry = problems.retry(value, &at, &scope.retry),
            "critical" => step.critical = problems.boolean(value, &at).unwrap_or(true),
            "when" => step.when = problems.when(value, &at, scope),
            "outputs" => step.outputs = problems.names(value, &at),
            "files" => step.files = problems.globs(value, &at),
            "inputs" => step.inputs = Some(problems.globs(value, &at)),
            _ => {}
        }
    }
    Some(step)
}

impl Step {
    fn new(name: crate::model::StepName, action: Action, scope: &Scope<'_>) -> Self {
        let is_waiting = action.waits();
        Self {
            name,
            about: None,
            action,
            needs: Vec::new(),
            env: scope.env.clone(),
            cwd: None,
            timeout: scope.timeout.filter(|_| !is_waiting),
            retry: if is_waiting { Retry { max: 0, ..Retry::default() } } else { scope.retry.clone() },
            critical: true,
            when: None,
            outputs: Vec::new(),
            files: Vec::new(),
            inputs: None,
            handler: None,
        }
    }
}

/// Reads what a step does, of which there must be one thing.
fn action(
    is_handler: bool,
    entries: &[(&str, &Node)],
    at: &At<'_>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Action> {
    const ACTIONS: [&str; 4] = ["run", "argv", "human", "task"];
    let mut found = entries.iter().filter(|(key, _)| ACTIONS.contains(key));
    let Some((key, value)) = found.next() else {
        let (what, hint) = match is_handler {
            true => ("handler", "add `run: …` for the shell, or `argv: […]` for a program"),
            false => (
                "step",
                "add `run: …` for the shell, `argv: […]` for a program, `human: …` for a question, or `task: ID`",
            ),
        };
        problems.on_key(at, Problem::error(format!("the {what} does nothing")).with_hint(hint));
        return None;
    };
    if let Some((other, _)) = found.next() {
        problems.on_key(
            &at.key(other),
            Problem::error(format!("the step has `{key}` already; it does one thing")),
        );
    }
    let at = at.key(key);
    match *key {
        "run" => shell(value, &at, problems),
        "argv" => program(value, &at, scope, problems),
        "task" => goal(value, &at, problems),
        _ => question(value, &at, problems),
    }
}

/// Reads the task that a step waits for: its id, or a mapping with the stage that it must have reached.
fn goal(node: &Node, at: &At<'_>, problems: &mut Problems) -> Option<Action> {
    if !matches!(node, Node::Map(_)) {
        return problems.task_id(node, at).map(|task| Action::Await(TaskGoal { task, stage: None }));
    }
    let (mut task, mut stage) = (None, None);
    for (key, value) in problems.known(node, at, keys::TASK) {
        let at = at.key(key);
        match key {
            "id" => task = problems.task_id(value, &at),
            _ => {
                stage = problems.text(value, &at).and_then(|text| match Stage::parse(text) {
                    Some(stage) if !stage.is_none() => Some(stage),
                    _ => problems
                        .no(&at, Problem::error(format!("`{}` is not a stage to reach", printable(text)))),
                });
            }
        }
    }
    if task.is_none() && !problems.has_errors() {
        problems.on_key(at, Problem::error("the task has no `id`").with_hint("write `task: TASK-7Q2M`"));
    }
    Some(Action::Await(TaskGoal { task: task?, stage: stage.filter(|stage| !stage.is_complete()) }))
}

fn shell(node: &Node, at: &At<'_>, problems: &mut Problems) -> Option<Action> {
    let text = problems.text(node, at)?;
    if text.contains('\0') {
        return problems.no(at, Problem::error("the line has a NUL character"));
    }
    if let Some((_, rest)) = text.split_once("${param.").or_else(|| text.split_once("${step.")) {
        let name = rest.split('}').next().unwrap_or_default();
        let variable = match (text.contains("${param."), name.split_once('.')) {
            (false, Some((step, key))) => crate::model::output_variable(step, key),
            _ => param_variable(name),
        };
        let problem = Problem::error("values are never put into lines for the shell");
        return problems
            .no(at, problem.with_hint(format!("the step is given it as a variable: \"${variable}\"")));
    }
    Some(Action::Shell(text.to_owned()))
}

fn program(node: &Node, at: &At<'_>, scope: &Scope<'_>, problems: &mut Problems) -> Option<Action> {
    let Node::List(items) = node else {
        let problem = Problem::error(format!("expected a list, found {}", node.kind()));
        return problems
            .no(at, problem.with_hint("write `argv: [program, argument]`, or `run:` for the shell"));
    };
    if items.is_empty() {
        return problems.no(at, Problem::error("expected a program, found an empty list"));
    }
    let mut words = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = at.item(index);
        match item.as_text() {
            // An argument may be empty, the program may not.
            Some(text) if index > 0 || !text.is_empty() => words.extend(problems.template(text, &at, scope)),
            Some(_) => problems.on_value(&at, Problem::error("expected a program, found an empty text")),
            None => problems.on_value(&at, Problem::error(format!("expected text, found {}", item.kind()))),
        }
    }
    (words.len() == items.len()).then_some(Action::Program(words))
}

fn question(node: &Node, at: &At<'_>, problems: &mut Problems) -> Option<Action> {
    let (mut approve, mut ask, mut word, mut choices) = (None, None, None, None);
    for (key, value) in problems.known(node, at, keys::HUMAN) {
        let at = at.key(key);
        match key {
            "approve" => approve = problems.text(value, &at),
            "ask" => ask = problems.text(value, &at),
            "type" => word = problems.word(value, &at, TYPES),
            _ => choices = Some(problems.choices(value, &at)),
        }
    }
    let (text, kind) = match (approve, ask) {
        (Some(text), None) if word.is_none() && choices.is_none() => (text, None),
        (None, Some(text)) => (text, Some(problems.kind(word, choices, None, at))),
        (Some(_), None) => {
            return problems.no(
                at,
                Problem::error("an approval is given or refused; `type` and `choices` are for `ask`"),
            );
        }
        _ => {
            let problem = Problem::error("a person is asked one thing: `approve` or `ask`");
            return problems.no(at, problem.with_hint("write `human: {approve: Deploy to production?}`"));
        }
    };
    Some(Action::Ask(Question { text: text.to_owned(), kind }))
}

fn needs(own: &str, node: &Node, at: &At<'_>, scope: &Scope<'_>, problems: &mut Problems) -> Vec<usize> {
    let mut needs = Vec::new();
    for (index, name) in problems.texts(node, at) {
        let item = at.item(index);
        let at = if matches!(node, Node::List(_)) { &item } else { at };
        match scope.places.get(name) {
            _ if name == own => problems.on_value(at, Problem::error("the step needs itself")),
            Some(step) if needs.contains(step) => {
                problems.on_value(at, Problem::warning(format!("`{name}` is there twice")));
            }
            Some(step) => needs.push(*step),
            None => problems
                .on_value(at, unknown("step", name, scope.places.keys().copied().filter(|key| *key != own))),
        }
    }
    needs
}

/// Reads variables beside those that are there already, whose place one of the same name takes.
fn variables(
    node: &Node,
    at: &At<'_>,
    mut variables: Vec<(String, Template)>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Vec<(String, Template)> {
    for (name, value) in problems.entries(node, at, "variables as `NAME: value`") {
        let at = at.key(name);
        if !is_variable(name, &at, problems) {
            continue;
        }
        let template = match value {
            Node::Null => Some(Template::of_text("")),
            node => match node.as_text() {
                Some(text) => problems.template(text, &at, scope),
                None => problems.no(&at, Problem::error(format!("expected text, found {}", node.kind()))),
            },
        };
        if let Some(template) = template {
            variables.retain(|(other, _)| other != name);
            variables.push((name.to_owned(), template));
        }
    }
    variables
}

fn is_variable(name: &str, at: &At<'_>, problems: &mut Problems) -> bool {
    let is_name = name.bytes().next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_')
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    if !is_name {
        problems.on_key(at, Problem::error(format!("`{}` is no name of a variable", printable(name))));
    } else if let Some(reserved) = RESERVED.into_iter().find(|reserved| name.starts_with(reserved)) {
        problems
            .on_key(at, Problem::error(format!("variables that begin with `{reserved}` are set by tracker")));
        return false;
    }
    is_name
}

impl Problems {
    /// Reads the whole id of a task; one that there is not is reported where it is known which there are.
    fn task_id(&mut self, node: &Node, at: &At<'_>) -> Option<TaskId> {
        let text = self.text(node, at)?;
        let Ok(id) = TaskId::parse(text) else {
            let problem = Problem::error(format!("`{}` is not an id", printable(text)));
            return self.no(at, problem.with_hint("write the whole id, such as TASK-7Q2M"));
        };
        if let Some(known) = &self.tasks
            && !known.contains(&id)
        {
            let problem = unknown("task", text, known.iter().map(TaskId::as_str));
            return self.no(at, problem);
        }
        Some(id)
    }

    fn template(&mut self, text: &str, at: &At<'_>, scope: &Scope<'_>) -> Option<Template> {
        match expression::template(text, &mut |name| scope.resolve(name)) {
            _ if text.contains('\0') => self.no(at, Problem::error("the text has a NUL character")),
            Ok(template) => Some(template),
            Err(message) => self.no(at, Problem::error(message)),
        }
    }

    fn when(&mut self, node: &Node, at: &At<'_>, scope: &Scope<'_>) -> Option<When> {
        let text = self.text(node, at)?;
        match expression::condition(text, &mut |name| scope.resolve(name)) {
            Ok(condition) => Some(When { text: text.to_owned(), condition }),
            Err(message) => self.no(at, Problem::error(message)),
        }
    }
}

impl Scope<'_> {
    /// Says what a name in a text or a condition means.
    fn resolve(&self, name: Name<'_>) -> Result<Reference, String> {
        let meant = |word: &str, known: &mut dyn Iterator<Item = &str>| {
            let known: Vec<&str> = known.collect();
            let meant = crate::model::nearest(word, known.iter().copied());
            meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"))
        };
        let step = |name: &str| {
            self.places.get(name).copied().ok_or_else(|| {
                format!("unknown step `{}`{}", printable(name), meant(name, &mut self.places.keys().copied()))
            })
        };
        match name {
            Name::Param(name) if self.params.iter().any(|param| param.name.as_str() == name) => {
                Ok(Reference::Param(name.to_owned()))
            }
            Name::Param(name) => {
                let hint = meant(name, &mut self.params.iter().map(|param| param.name.as_str()));
                Err(format!("unknown parameter `{}`{hint}", printable(name)))
            }
            Name::State(name) => step(name).map(Reference::State),
            Name::Output(name, key) => {
                let step = step(name)?;
                let outputs = &self.outputs[step];
                if outputs.contains(&key) {
                    return Ok(Reference::Output(step, key.to_owned()));
                }
                let hint = match (meant(key, &mut outputs.iter().copied()), outputs.as_slice()) {
                    (_, [ANSWER]) => format!("; the answer is `step.{}.{ANSWER}`", printable(name)),
                    (hint, _) if hint.is_empty() => format!("; add it to `outputs` of `{name}`"),
                    (hint, _) => hint,
                };
                Err(format!("`{name}` has no output `{}`{hint}", printable(key)))
            }
        }
    }
}
