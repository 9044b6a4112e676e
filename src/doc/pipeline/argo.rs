//! Argo Workflows: a task of one graph for each step, each in a container with the repository in it. Attempts, conditions and
//! limits are Argo's own.

use serde_json::{Map, Value, json};

use super::shell::{self, ReportFunctions};
use super::{PipelineRequest, Plan, Refused};
use crate::model::{
    Action, Backoff, Condition, Handler, Operand, Param, Part, Reference, Step, StepState, Template,
    ValueKind, output_variable, param_variable,
};

/// Where the repository is in a container.
const SOURCE: &str = "/workspace/source";
/// Where a step leaves its outputs.
const OUTPUTS: &str = "/tmp/tracker-outputs";

pub(super) fn refuse(plan: &Plan<'_>, request: &PipelineRequest<'_>, refused: &mut Refused) {
    if request.image.is_none() {
        refused.workflow("steps", "steps without a container image", "name one with --image IMAGE");
    }
    let has_conditions = plan.workflow.steps.iter().any(|step| step.when.is_some());
    let mut names = std::collections::BTreeSet::new();
    for (index, step) in plan.workflow.steps.iter().enumerate() {
        if !names.insert(task_name(step)) {
            refused.step(step, "", "names that differ only in `_` and `-`", "rename the step");
        }
        texts(plan, index, refused);
        retries(step, refused);
        if step.handler == Some(Handler::Cancel) {
            refused.step(step, "", "what follows when somebody cancels", "leave `on_cancel` out");
        }
        if has_conditions && !step.critical && step.handler.is_none() {
            let what = "`critical: false` beside conditions";
            refused.step(step, "critical", what, "leave it out, or export to gitlab or github");
        }
        if step.files.iter().any(|file| file.contains(['*', '?', '[', '!', '\\'])) {
            refused.step(step, "files", "files by a pattern", "name the folder or the file");
        }
        let gives = |other: &&usize| {
            let other = &plan.workflow.steps[**other];
            !other.outputs.is_empty() || !other.files.is_empty()
        };
        let sources = if step.handler.is_some() { Vec::new() } else { plan.sources(index) };
        let may_miss = |other: &&usize| plan.is_tolerant(index) || !plan.workflow.steps[**other].critical;
        if let Some(source) = sources.iter().filter(gives).find(may_miss) {
            let name = &plan.workflow.steps[*source].name;
            let what = format!("outputs or files of `{name}` where that may have failed or been skipped");
            refused.step(
                step,
                "needs",
                &what,
                format!("let `{}` need nothing that may not have succeeded", step.name),
            );
        }
    }
}

/// Refuses what Argo takes for its own in texts, and values that it does not have where they are used.
fn texts(plan: &Plan<'_>, index: usize, refused: &mut Refused) {
    let step = &plan.workflow.steps[index];
    let words: &[Template] = match &step.action {
        Action::Shell(lines) => {
            if lines.contains("{{") {
                let hint = "put these lines into a script of the repository, and run that";
                refused.step(step, "run", "`{{` in lines for the shell", hint);
            }
            &[]
        }
        Action::Program(words) => words,
        Action::Ask(_) | Action::Await(_) => &[],
    };
    let templates = || words.iter().chain(step.env.iter().map(|(_, template)| template));
    let has_braces = |template: &Template| {
        template.0.iter().any(|part| matches!(part, Part::Text(text) if text.contains("{{")))
    };
    if templates().any(has_braces) {
        refused.step(step, "", "`{{` in arguments and variables", "write them without it");
    }
    if templates().flat_map(Template::references).any(|reference| matches!(reference, Reference::State(_))) {
        refused.step(step, "", "the state of a step as a value", "use `when` instead");
    }
    if step.handler.is_none() {
        return;
    }
    let lines = if let Action::Shell(lines) = &step.action { lines.as_str() } else { "" };
    let is_output = |reference: &Reference| matches!(reference, Reference::Output(..));
    if lines.contains("OUTPUT_") && lines.replace("TRACKER_OUTPUT", "").contains("OUTPUT_")
        || templates().flat_map(Template::references).any(is_output)
    {
        refused.step(
            step,
            "",
            "outputs of steps for a handler",
            "let a step write them to a file that is kept",
        );
    }
    let has_other = plan.plain_steps().any(|step| !plan.workflow.steps[step].critical);
    if has_other && step.handler != Some(Handler::Failure) && lines.contains("TRACKER_RUN_STATE") {
        let hint = "let the handler not look at $TRACKER_RUN_STATE";
        refused.step(step, "", "whether a run has succeeded in part", hint);
    }
}

fn retries(step: &Step, refused: &mut Refused) {
    let retry = &step.retry;
    if retry.max < 2 {
        return;
    }
    if retry.backoff == Backoff::Linear {
        refused.step(
            step,
            "retry",
            "waits that grow by the same time",
            "use `backoff: exponential` or `constant`",
        );
    }
    if retry.backoff == Backoff::Exponential && !retry.factor.is_multiple_of(100) {
        refused.step(step, "retry", "a factor that is no whole number", "use a whole `factor`");
    }
}

/// Returns the name of a step among the tasks, in which `_` is not allowed.
fn task_name(step: &Step) -> String {
    step.name.as_str().replace('_', "-")
}

fn template_name(step: &Step) -> String {
    format!("step-{}", task_name(step))
}

pub(super) fn pipeline(plan: &Plan<'_>, request: &PipelineRequest<'_>) -> Value {
    let mut parameters = vec![
        json!({"name": "repository", "description": "Address from which the repository is fetched"}),
        json!({"name": "revision", "value": "HEAD", "description": "Commit, branch or tag"}),
    ];
    parameters.extend(plan.workflow.params.iter().map(parameter));
    let tasks: Vec<Value> = plan.plain_steps().map(|index| task(plan, index)).collect();
    let mut templates = vec![json!({"name": "steps", "dag": {"failFast": false, "tasks": tasks}})];
    let handlers: Vec<usize> = plan.handlers().map(|(index, _)| index).collect();
    if !handlers.is_empty() {
        let steps: Vec<Value> = handlers.iter().map(|index| json!([handler(plan, *index)])).collect();
        templates.push(json!({"name": "handlers", "steps": steps}));
    }
    let image = request.image.unwrap_or_default();
    templates.extend((0..plan.workflow.steps.len()).map(|index| template(plan, index, image)));
    let mut spec = Map::new();
    spec.insert("entrypoint".into(), json!("steps"));
    if !handlers.is_empty() {
        spec.insert("onExit".into(), json!("handlers"));
    }
    spec.extend(plan.workflow.jobs.map(|jobs| ("parallelism".to_owned(), json!(jobs))));
    spec.insert("arguments".into(), json!({ "parameters": parameters }));
    spec.insert("templates".into(), templates.into());
    let prefix: String = request.name.to_ascii_lowercase().replace('_', "-");
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": format!("{prefix}-")},
        "spec": spec,
    })
}

/// Returns a parameter. `repository` and `revision` are those of the pipeline, so the workflow's own have a name in front.
fn parameter(param: &Param) -> Value {
    let mut parameter = json!({"name": param_variable(param.name.as_str())});
    if let Some(default) = &param.default {
        parameter["value"] = json!(default);
    }
    let values: Vec<String> = match &param.kind {
        ValueKind::Choice(choices) => choices.clone(),
        ValueKind::Boolean => vec!["true".to_owned(), "false".to_owned()],
        ValueKind::Text | ValueKind::Integer => Vec::new(),
    };
    if !values.is_empty() {
        parameter["enum"] = json!(values);
    }
    if let Some(about) = &param.about {
        parameter["description"] = json!(about);
    }
    parameter
}

fn task(plan: &Plan<'_>, index: usize) -> Value {
    let step = &plan.workflow.steps[index];
    let mut task = json!({"name": task_name(step), "template": template_name(step)});
    let has_conditions = plan.workflow.steps.iter().any(|step| step.when.is_some());
    let needs: Vec<String> = step.needs.iter().map(|need| task_name(&plan.workflow.steps[*need])).collect();
    if !needs.is_empty() && has_conditions {
        let looked_at = step.when.as_ref().map(|when| when.condition.states()).unwrap_or_default();
        let depends = step.needs.iter().zip(&needs).map(|(need, name)| match looked_at.contains(need) {
            true => format!("({name}.Succeeded || {name}.Failed || {name}.Errored || {name}.Skipped)"),
            false => format!("{name}.Succeeded"),
        });
        task["depends"] = json!(depends.collect::<Vec<_>>().join(" && "));
    } else if !needs.is_empty() {
        task["dependencies"] = json!(needs);
    }
    if !step.critical {
        task["continueOn"] = json!({"failed": true, "error": true});
    }
    if let Some(when) = &step.when {
        task["when"] = json!(format!("{{{{= {} }}}}", expression(plan, &when.condition)));
    }
    let (mut parameters, mut artifacts) = (Vec::new(), Vec::new());
    for source in plan.sources(index) {
        let other = &plan.workflow.steps[source];
        let from = task_name(other);
        for (key, variable) in outputs_of(other) {
            let value = format!("{{{{tasks.{from}.outputs.parameters.{key}}}}}");
            parameters.push(json!({"name": variable, "value": value}));
        }
        for number in 1..=other.files.len() {
            let name = format!("{from}-file-{number}");
            let value = format!("{{{{tasks.{from}.outputs.artifacts.file-{number}}}}}");
            artifacts.push(json!({"name": name, "from": value, "optional": true}));
        }
    }
    let mut arguments = Map::new();
    if !parameters.is_empty() {
        arguments.insert("parameters".into(), parameters.into());
    }
    if !artifacts.is_empty() {
        arguments.insert("artifacts".into(), artifacts.into());
    }
    if !arguments.is_empty() {
        task["arguments"] = arguments.into();
    }
    task
}

/// Returns the outputs of a step, with the variables in which later ones find them.
fn outputs_of(step: &Step) -> Vec<(&str, String)> {
    let name = step.name.as_str();
    step.outputs.iter().map(|key| (key.as_str(), output_variable(name, key.as_str()))).collect()
}

fn handler(plan: &Plan<'_>, index: usize) -> Value {
    let step = &plan.workflow.steps[index];
    let mut task = json!({
        "name": task_name(step),
        "template": template_name(step),
        "continueOn": {"failed": true, "error": true},
    });
    match step.handler {
        Some(Handler::Success) => task["when"] = json!("{{workflow.status}} == Succeeded"),
        Some(Handler::Failure) => task["when"] = json!("{{workflow.status}} != Succeeded"),
        _ => {}
    }
    task
}

fn template(plan: &Plan<'_>, index: usize, image: &str) -> Value {
    let step = &plan.workflow.steps[index];
    if let Action::Ask(_) = &step.action {
        return json!({"name": template_name(step), "suspend": {}});
    }
    let mut template = json!({"name": template_name(step)});
    let sources = if step.handler.is_some() { Vec::new() } else { plan.sources(index) };
    let git =
        json!({"repo": "{{workflow.parameters.repository}}", "revision": "{{workflow.parameters.revision}}"});
    let mut artifacts = vec![json!({"name": "source", "path": SOURCE, "git": git})];
    let mut env: Vec<Value> = Vec::new();
    for param in &plan.workflow.params {
        let variable = param_variable(param.name.as_str());
        env.push(json!({"name": variable, "value": format!("{{{{workflow.parameters.{variable}}}}}")}));
    }
    let mut parameters = Vec::new();
    for source in sources {
        let other = &plan.workflow.steps[source];
        for (_, variable) in outputs_of(other) {
            env.push(json!({"name": variable, "value": format!("{{{{inputs.parameters.{variable}}}}}")}));
            parameters.push(json!({ "name": variable }));
        }
        for (number, file) in other.files.iter().enumerate() {
            let name = format!("{}-file-{}", task_name(other), number + 1);
            artifacts.push(json!({"name": name, "path": below_source(file), "optional": true}));
        }
    }
    env.push(json!({"name": "TRACKER_RUN", "value": "{{workflow.name}}"}));
    if step.retry.max > 0 {
        env.push(json!({"name": "TRACKER_RETRY", "value": "{{retries}}"}));
    }
    if step.handler.is_some() {
        env.push(json!({"name": "TRACKER_STATUS", "value": "{{workflow.status}}"}));
    }
    let mut inputs = Map::new();
    if !parameters.is_empty() {
        inputs.insert("parameters".into(), parameters.into());
    }
    inputs.insert("artifacts".into(), artifacts.into());
    template["inputs"] = inputs.into();
    template["outputs"] = outputs(step);
    if template["outputs"] == json!({}) {
        template.as_object_mut().expect("it is one").remove("outputs");
    }
    if step.retry.max > 0 {
        template["retryStrategy"] = retry_strategy(step);
    }
    if let Some(timeout) = step.timeout {
        template["activeDeadlineSeconds"] = json!(timeout.as_millis().div_ceil(1000).max(1).to_string());
    }
    template["script"] = json!({
        "image": image,
        "command": ["sh"],
        "workingDir": SOURCE,
        "env": env,
        "source": source(plan, index),
    });
    template
}

fn below_source(file: &str) -> String {
    format!("{SOURCE}/{}", file.trim_matches('/'))
}

fn outputs(step: &Step) -> Value {
    let parameter = |key: &str| json!({"name": key, "valueFrom": {"path": format!("{OUTPUTS}/{key}")}});
    let parameters: Vec<Value> = step.outputs.iter().map(|name| parameter(name.as_str())).collect();
    let artifact = |(number, file): (usize, &String)| json!({"name": format!("file-{}", number + 1), "path": below_source(file), "optional": true});
    let artifacts: Vec<Value> = step.files.iter().enumerate().map(artifact).collect();
    let mut outputs = Map::new();
    if !parameters.is_empty() {
        outputs.insert("parameters".into(), parameters.into());
    }
    if !artifacts.is_empty() {
        outputs.insert("artifacts".into(), artifacts.into());
    }
    outputs.into()
}

fn source(plan: &Plan<'_>, index: usize) -> String {
    let step = &plan.workflow.steps[index];
    let run_state = match step.handler {
        Some(_) => {
            "case \"$TRACKER_STATUS\" in Succeeded) TRACKER_RUN_STATE=success ;; *) TRACKER_RUN_STATE=failed ;; esac\n\
             export TRACKER_RUN_STATE\n"
        }
        None => "",
    };
    let functions = format!(
        "mkdir -p {OUTPUTS}\nstate() {{ :; }}\noutput() {{ printf %s \"$2\" >\"{OUTPUTS}/$1\"; }}\n{run_state}"
    );
    shell::program(plan, index, &ReportFunctions { functions, is_alone: false })
}

fn retry_strategy(step: &Step) -> Value {
    let retry = &step.retry;
    let mut strategy = json!({"limit": retry.max.to_string(), "retryPolicy": "Always"});
    if !retry.delay.is_zero() {
        // Whole seconds: the next that is not shorter.
        let mut backoff = json!({"duration": retry.delay.as_millis().div_ceil(1000).to_string()});
        if retry.backoff == Backoff::Exponential {
            backoff["factor"] = json!((retry.factor / 100).to_string());
            backoff["cap"] = json!(retry.cap.as_secs().max(1).to_string());
        }
        strategy["backoff"] = backoff;
    }
    if let Some(codes) = &retry.on_exit {
        let codes = codes.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
        strategy["expression"] = json!(format!("asInt(lastRetry.exitCode) in [{codes}]"));
    }
    strategy
}

/// Returns a condition as an expression over values, which are no part of its text.
fn expression(plan: &Plan<'_>, condition: &Condition) -> String {
    let both = |one, sign, other| format!("({} {sign} {})", expression(plan, one), expression(plan, other));
    match condition {
        Condition::And(one, other) => both(one, "&&", other),
        Condition::Or(one, other) => both(one, "||", other),
        Condition::Not(inner) => format!("!({})", expression(plan, inner)),
        Condition::Equal(one, other) => format!("{} == {}", operand(plan, one), operand(plan, other)),
        Condition::Different(one, other) => format!("{} != {}", operand(plan, one), operand(plan, other)),
        Condition::True(reference) => format!("{} == 'true'", value(plan, reference)),
    }
}

fn operand(plan: &Plan<'_>, operand: &Operand) -> String {
    match operand {
        Operand::Text(text) => literal(text),
        Operand::Value(reference) => value(plan, reference),
    }
}

fn literal(text: &str) -> String {
    let each = |c: char| match c {
        c if c.is_ascii_alphanumeric() || " _-./:@".contains(c) => c.to_string(),
        c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    format!("'{}'", text.chars().map(each).collect::<String>())
}

fn value(plan: &Plan<'_>, reference: &Reference) -> String {
    match reference {
        Reference::Param(name) => format!("workflow.parameters['{}']", param_variable(name)),
        Reference::Output(step, key) => {
            format!("tasks['{}'].outputs.parameters['{key}']", task_name(&plan.workflow.steps[*step]))
        }
        Reference::State(step) => {
            let status = format!("tasks['{}'].status", task_name(&plan.workflow.steps[*step]));
            let is =
                |phases: &str, state: StepState| format!("{status} in [{phases}] ? '{}' : ", state.as_str());
            format!(
                "({}{}'{}')",
                is("'Succeeded'", StepState::Success),
                is("'Failed', 'Error'", StepState::Failed),
                StepState::Skipped.as_str()
            )
        }
    }
}
