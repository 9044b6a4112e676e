//! GitLab CI: a job for each step. How a step has ended and what it has written is handed on as variables in a report, so a
//! job knows of the steps before it what the engine would.

use serde_json::{Map, Value, json};

use super::shell::{self, ReportFunctions, quote};
use super::{PipelineRequest, Plan, Refused, runs_folder};
use crate::model::{
    Action, Condition, Handler, Operand, Param, ValueKind, param_variable, span_text, state_variable,
};

/// Names that are no jobs.
const RESERVED: [&str; 15] = [
    "after_script",
    "before_script",
    "cache",
    "default",
    "image",
    "include",
    "nil",
    "pages",
    "services",
    "spec",
    "stages",
    "true",
    "false",
    "variables",
    "workflow",
];
/// Most jobs that one job can need.
const MOST_NEEDS: usize = 50;
const RECORD: &str = "tracker:record";

pub(super) fn refuse(plan: &Plan<'_>, refused: &mut Refused) {
    for (index, step) in plan.workflow.steps.iter().enumerate() {
        let name = step.name.as_str();
        if RESERVED.contains(&name) || name == "types" {
            refused.step(step, "", &format!("a job named `{name}`"), "rename the step");
        }
        if step.handler == Some(Handler::Cancel) {
            let hint = "leave `on_cancel` out; `on_exit` does not run there either where somebody cancels";
            refused.step(step, "", "what follows when somebody cancels", hint);
        }
        if step.handler.is_none() && plan.sources(index).len() > MOST_NEEDS {
            refused.step(step, "needs", &format!("more than {MOST_NEEDS} needs"), "put a step between them");
        }
        if matches!(step.action, Action::Ask(_)) && step.when.is_some() && !plan.is_static(index) {
            let hint = "let the condition look at parameters alone";
            refused.step(step, "when", "an approval that depends on earlier steps", hint);
        }
    }
}

pub(super) fn pipeline(plan: &Plan<'_>, request: &PipelineRequest<'_>) -> Value {
    let mut root = Map::new();
    let mut stages = vec!["steps"];
    stages.extend(plan.handlers().any(|(_, handler)| handler != Handler::Exit).then_some("handlers"));
    stages.extend(plan.handlers().any(|(_, handler)| handler == Handler::Exit).then_some("exit"));
    stages.extend(request.install.map(|_| "record"));
    root.insert("stages".into(), json!(stages));
    // What a machine interrupts begins again, as it does here; a step that fails is tried again by its own job.
    let retry = json!({"max": 2, "when": ["runner_system_failure", "scheduler_failure"]});
    let mut default = json!({"retry": retry});
    if let Some(image) = request.image {
        default["image"] = json!(image);
    }
    root.insert("default".into(), default);
    if !plan.workflow.params.is_empty() {
        let params = plan.workflow.params.iter();
        let params: Map<String, Value> =
            params.map(|param| (param_variable(param.name.as_str()), variable(param))).collect();
        root.insert("variables".into(), params.into());
    }
    for (index, step) in plan.workflow.steps.iter().enumerate() {
        root.insert(step.name.to_string(), job(plan, index));
    }
    if let Some(install) = request.install {
        root.insert(RECORD.into(), record(plan, request, install));
    }
    root.into()
}

/// Returns a parameter as a variable with a field in the form that starts a pipeline by hand.
fn variable(param: &Param) -> Value {
    let mut variable = Map::new();
    if let Some(about) = &param.about {
        variable.insert("description".into(), json!(about));
    }
    let value = param.default.clone().unwrap_or_default();
    variable.insert("value".into(), json!(value));
    let options: Vec<String> = match &param.kind {
        ValueKind::Choice(choices) => choices.clone(),
        ValueKind::Boolean => vec!["true".to_owned(), "false".to_owned()],
        ValueKind::Text | ValueKind::Integer => Vec::new(),
    };
    if !options.is_empty() {
        let none = Some(value.clone()).filter(|value| !options.contains(value));
        variable.insert("options".into(), none.into_iter().chain(options).collect());
    }
    if value.contains('$') {
        variable.insert("expand".into(), json!(false));
    }
    variable.into()
}

fn report(name: &str) -> String {
    format!(".tracker-{name}.env")
}

fn job(plan: &Plan<'_>, index: usize) -> Value {
    let step = &plan.workflow.steps[index];
    let name = step.name.as_str();
    let mut job = Map::new();
    let stage = match step.handler {
        None => "steps",
        Some(Handler::Exit) => "exit",
        Some(_) => "handlers",
    };
    job.insert("stage".into(), json!(stage));
    if step.handler.is_none() {
        let needs: Vec<&str> =
            plan.sources(index).into_iter().map(|need| plan.workflow.steps[need].name.as_str()).collect();
        job.insert("needs".into(), json!(needs));
    }
    let when = match (step.handler, &step.action) {
        (Some(Handler::Failure), _) => "on_failure",
        (Some(Handler::Exit), _) => "always",
        (_, Action::Ask(_)) => "manual",
        _ if plan.is_tolerant(index) => "always",
        _ => "on_success",
    };
    let rules: Vec<String> = plan.static_conditions(index).into_iter().map(rule).collect();
    match (rules.is_empty(), when) {
        (true, "on_success") => {}
        (true, when) => drop(job.insert("when".into(), json!(when))),
        (false, when) => {
            let condition = rules.join(" && ");
            let mut rule = json!({"if": condition});
            if when != "on_success" {
                rule["when"] = json!(when);
            }
            job.insert("rules".into(), json!([rule]));
        }
    }
    if !step.critical {
        job.insert("allow_failure".into(), json!(true));
    } else if when == "manual" {
        job.insert("allow_failure".into(), json!(false));
    }
    if let Some(longest) = shell::longest(step) {
        // Room for what a runner does before and after.
        let minutes = longest.as_secs().div_ceil(60) + 5;
        job.insert("timeout".into(), json!(span_text(std::time::Duration::from_secs(minutes * 60))));
    }
    job.insert("script".into(), json!([script(plan, index)]));
    let mut artifacts = json!({"when": "always", "reports": {"dotenv": report(name)}});
    let paths: Vec<String> =
        globs(step.files.iter().filter(|glob| !glob.starts_with('!')).map(String::as_str));
    if !paths.is_empty() {
        artifacts["paths"] = json!(paths);
        let without = globs(step.files.iter().filter_map(|glob| glob.strip_prefix('!')));
        if !without.is_empty() {
            artifacts["exclude"] = json!(without);
        }
    }
    job.insert("artifacts".into(), artifacts);
    job.into()
}

/// Returns globs as this target reads them: a pattern without a `/` is of any folder, and a folder is all that is in it.
fn globs<'g>(globs: impl Iterator<Item = &'g str>) -> Vec<String> {
    let each = |glob: &str| match glob.trim_start_matches('/') {
        inner if glob.trim_end_matches('/').contains('/') => vec![inner.to_owned()],
        inner => vec![inner.to_owned(), format!("**/{inner}")],
    };
    globs.flat_map(each).collect()
}

fn script(plan: &Plan<'_>, index: usize) -> String {
    let step = &plan.workflow.steps[index];
    let name = step.name.as_str();
    let (report, state) = (report(name), state_variable(name));
    let prefix = crate::model::output_variable(name, "");
    let mut functions = format!(
        "report=\"$PWD/{report}\"\n: >\"$report\"\nexport TRACKER_RUN=\"$CI_PIPELINE_ID\"\n\
         state() {{ printf '{state}=%s\\n{log}=%s\\n' \"$1\" \"$CI_JOB_URL\" >>\"$report\"; }}\n",
        log = log_variable(name),
    );
    if !step.outputs.is_empty() || matches!(step.action, Action::Ask(_)) {
        functions.push_str(&format!(
            "output() {{ printf '{prefix}%s=%s\\n' \"$(printf %s \"$1\" | tr a-z- A-Z_)\" \"$2\" >>\"$report\"; }}\n"
        ));
    }
    functions.push_str(&run_state(plan, step.handler));
    shell::program(plan, index, &ReportFunctions { functions, is_alone: true })
}

fn log_variable(name: &str) -> String {
    state_variable(name).replacen("_STATE_", "_LOG_", 1)
}

/// Returns the lines that tell a handler how the run has ended.
fn run_state(plan: &Plan<'_>, handler: Option<Handler>) -> String {
    let tells = |ends: &str, steps: Vec<usize>, state: &str| {
        let each = |step: usize| {
            let variable = state_variable(plan.workflow.steps[step].name.as_str());
            format!("case \"${variable}\" in {ends}) TRACKER_RUN_STATE={state} ;; esac\n")
        };
        steps.into_iter().map(each).collect::<String>()
    };
    let (critical, other): (Vec<usize>, Vec<usize>) =
        plan.plain_steps().partition(|step| plan.workflow.steps[*step].critical);
    let (may_be_out, always): (Vec<usize>, Vec<usize>) =
        critical.into_iter().partition(|step| !plan.static_conditions(*step).is_empty());
    let mut text = match handler {
        None => return String::new(),
        Some(Handler::Failure | Handler::Cancel) => return "export TRACKER_RUN_STATE=failed\n".to_owned(),
        Some(Handler::Success | Handler::Exit) => "export TRACKER_RUN_STATE=success\n".to_owned(),
    };
    text.push_str(&tells("failed", other, "partial_success"));
    if handler == Some(Handler::Exit) {
        // A job that has left no state was ended from outside, or could not begin.
        text.push_str(&tells("failed|pending|''", always, "failed"));
        text.push_str(&tells("failed|pending", may_be_out, "failed"));
    }
    text
}

/// Returns a condition of parameters as this target writes it.
fn rule(condition: &Condition) -> String {
    let operand = |operand: &Operand| match operand {
        Operand::Text(text) if text.contains('"') => format!("'{text}'"),
        Operand::Text(text) => format!("\"{text}\""),
        Operand::Value(reference) => match reference {
            crate::model::Reference::Param(name) => format!("${}", param_variable(name)),
            _ => "\"\"".to_owned(),
        },
    };
    match condition {
        Condition::And(one, other) => format!("({} && {})", rule(one), rule(other)),
        Condition::Or(one, other) => format!("({} || {})", rule(one), rule(other)),
        Condition::Not(inner) => negated(inner),
        Condition::Equal(one, other) => format!("{} == {}", operand(one), operand(other)),
        Condition::Different(one, other) => format!("{} != {}", operand(one), operand(other)),
        Condition::True(reference) => format!("{} == \"true\"", operand(&Operand::Value(reference.clone()))),
    }
}

/// Returns the opposite of a condition, for which this target has no sign.
fn negated(condition: &Condition) -> String {
    let not = |condition: &Condition| Box::new(Condition::Not(Box::new(condition.clone())));
    match condition {
        Condition::And(one, other) => rule(&Condition::Or(not(one), not(other))),
        Condition::Or(one, other) => rule(&Condition::And(not(one), not(other))),
        Condition::Not(inner) => rule(inner),
        Condition::Equal(one, other) => rule(&Condition::Different(one.clone(), other.clone())),
        Condition::Different(one, other) => rule(&Condition::Equal(one.clone(), other.clone())),
        Condition::True(reference) => {
            rule(&Condition::Different(Operand::Value(reference.clone()), Operand::Text("true".to_owned())))
        }
    }
}

/// Returns the job that brings back how the steps have ended.
fn record(plan: &Plan<'_>, request: &PipelineRequest<'_>, install: &str) -> Value {
    let mut line = format!(
        "tracker run record --workflow {} --run-url \"$CI_PIPELINE_URL\" --place gitlab",
        quote(request.path)
    );
    for param in &plan.workflow.params {
        line.push_str(&format!(" \\\n  --param {}=\"${}\"", param.name, param_variable(param.name.as_str())));
    }
    for step in &plan.workflow.steps {
        let name = step.name.as_str();
        line.push_str(&format!(" \\\n  --step {name}=\"${}:${}\"", state_variable(name), log_variable(name)));
    }
    let install = format!("if ! command -v tracker >/dev/null; then\n{}\nfi\n", install.trim_end());
    json!({
        "stage": "record",
        "when": "always",
        "allow_failure": true,
        "script": [install, format!("{line}\n")],
        "artifacts": {"paths": [runs_folder()]},
    })
}
