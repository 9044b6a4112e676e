//! GitHub Actions: a job for each step, with its conditions as conditions of the job where the two compare alike, and in the
//! job itself where they do not (GitHub ignores case).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shell::{self, ReportFunctions};
use super::{PipelineRequest, Plan, Refused, runs_folder};
use crate::model::{
    Action, Condition, Handler, Operand, Param, Reference, Step, StepState, ValueKind, output_variable,
    param_variable, state_variable,
};

const CHECKOUT: &str = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683";
const UPLOAD: &str = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02";
const DOWNLOAD: &str = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093";
/// Maximum number of inputs of a workflow.
const MOST_INPUTS: usize = 25;
/// The output of a job that is the state of its step. No output of a step begins with `_`.
const STATE: &str = "_state";
const RECORD: &str = "_record";

pub(super) fn refuse(plan: &Plan<'_>, refused: &mut Refused) {
    if plan.workflow.params.len() > MOST_INPUTS {
        let hint = "put values into a file that a step reads";
        refused.workflow("params", &format!("more than {MOST_INPUTS} parameters"), hint);
    }
    for param in plan.workflow.params.iter().filter(|param| {
        let texts = param.default.iter().chain(&param.about);
        texts.into_iter().any(|text| text.contains("${{"))
    }) {
        let what = format!("`${{{{` in the parameter `{}`", param.name);
        refused.workflow("params", &what, "write the text without it");
    }
    let mut names: BTreeMap<String, &Step> = BTreeMap::new();
    for step in &plan.workflow.steps {
        if let Some(other) = names.insert(step.name.as_str().to_lowercase(), step) {
            let what = format!("names that differ only in case from others, as from `{}`", other.name);
            refused.step(step, "", &what, "rename the step");
        }
        if matches!(step.action, Action::Ask(_)) {
            let hint = "make what follows a workflow of its own, or export to gitlab or argo";
            refused.step(step, "human", "an approval: who approves is a setting of the repository", hint);
        }
    }
}

pub(super) fn pipeline(plan: &Plan<'_>, request: &PipelineRequest<'_>) -> Value {
    let inputs = plan.workflow.params.iter();
    let inputs: Map<String, Value> = inputs.map(|param| (param.name.to_string(), input(param))).collect();
    let dispatch = if inputs.is_empty() { Value::Null } else { json!({ "inputs": inputs }) };
    let mut jobs = Map::new();
    for (index, step) in plan.workflow.steps.iter().enumerate() {
        jobs.insert(step.name.to_string(), job(plan, index, request.image));
    }
    if let Some(install) = request.install {
        jobs.insert(RECORD.into(), record(plan, request, install));
    }
    json!({
        "name": request.name,
        "on": {"workflow_dispatch": dispatch},
        "permissions": {"contents": "read"},
        "jobs": jobs,
    })
}

fn input(param: &Param) -> Value {
    let mut input = Map::new();
    if let Some(about) = &param.about {
        input.insert("description".into(), json!(about));
    }
    let default = param.default.as_deref();
    let (kind, default) = match &param.kind {
        ValueKind::Text => ("string", default.map(|value| json!(value))),
        ValueKind::Integer => {
            ("number", default.map(|value| value.parse::<i64>().map_or(json!(value), |number| json!(number))))
        }
        ValueKind::Boolean => ("boolean", default.map(|value| json!(value == "true"))),
        ValueKind::Choice(_) => ("choice", default.map(|value| json!(value))),
    };
    input.insert("type".into(), json!(kind));
    input.insert("required".into(), json!(default.is_none()));
    if let ValueKind::Choice(choices) = &param.kind {
        input.insert("options".into(), json!(choices));
    }
    input.extend(default.map(|value| ("default".to_owned(), value)));
    input.into()
}

fn job(plan: &Plan<'_>, index: usize, image: Option<&str>) -> Value {
    let step = &plan.workflow.steps[index];
    let mut job = Map::new();
    job.insert("runs-on".into(), json!("ubuntu-latest"));
    job.extend(image.map(|image| ("container".to_owned(), json!(image))));
    let needs = needs(plan, index);
    let names: Vec<&str> = needs.iter().map(|need| plan.workflow.steps[*need].name.as_str()).collect();
    if !names.is_empty() {
        job.insert("needs".into(), json!(names));
    }
    job.extend(condition(plan, index).map(|text| ("if".to_owned(), json!(format!("${{{{ {text} }}}}")))));
    if !step.critical {
        job.insert("continue-on-error".into(), json!(true));
    }
    if let Some(longest) = shell::longest(step) {
        // Room for what a runner does before and after.
        job.insert("timeout-minutes".into(), json!(longest.as_secs().div_ceil(60) + 5));
    }
    let of_step = |key: &str| json!(format!("${{{{ steps.step.outputs.{key} }}}}"));
    let outputs = step.outputs.iter().map(|name| name.as_str()).chain([STATE]);
    let outputs: Map<String, Value> = outputs.map(|key| (key.to_owned(), of_step(key))).collect();
    job.insert("outputs".into(), outputs.into());
    job.insert("steps".into(), steps(plan, index).into());
    job.into()
}

/// Returns the jobs that a job waits for: those of which it is given something; of a handler all steps, and for the last
/// handler the others.
fn needs(plan: &Plan<'_>, index: usize) -> Vec<usize> {
    let mut needs = plan.sources(index);
    if let Some(handler) = plan.workflow.steps[index].handler {
        needs.extend(plan.handlers().filter(|(_, other)| *other < handler).map(|(other, _)| other));
    }
    needs
}

fn steps(plan: &Plan<'_>, index: usize) -> Vec<Value> {
    let step = &plan.workflow.steps[index];
    let name = step.name.as_str();
    let mut steps = vec![json!({"uses": CHECKOUT, "with": {"persist-credentials": false}})];
    for source in needs(plan, index).into_iter().filter(|need| !plan.workflow.steps[*need].files.is_empty()) {
        let from = plan.workflow.steps[source].name.as_str();
        steps.push(json!({
            "uses": DOWNLOAD,
            // What was skipped has left nothing.
            "continue-on-error": true,
            "with": {"name": format!("files-{from}"), "path": ".tracker-files"},
        }));
        let unpack = format!(
            "if [ -f .tracker-files/{from}.tar ]; then tar -xf .tracker-files/{from}.tar; fi\nrm -rf .tracker-files\n"
        );
        steps.push(json!({"name": format!("Files of {from}"), "shell": "sh", "run": unpack}));
    }
    let functions = format!(
        "export TRACKER_RUN=\"$GITHUB_RUN_ID\"\nstate() {{ printf '{STATE}=%s\\n' \"$1\" >>\"$GITHUB_OUTPUT\"; }}\n\
         output() {{ printf '%s=%s\\n' \"$1\" \"$2\" >>\"$GITHUB_OUTPUT\"; }}\n"
    );
    let program = shell::program(plan, index, &ReportFunctions { functions, is_alone: true });
    // What looks like an expression to GitHub is written as one that is the text.
    let program = program.replace("${{", "${{ '${{' }}");
    let mut run = json!({"id": "step", "name": name, "shell": "sh"});
    let env = variables(plan, index);
    if !env.is_empty() {
        run["env"] = env.into();
    }
    run["run"] = json!(program);
    steps.push(run);
    if !step.files.is_empty() {
        let paths: Vec<String> = step.files.iter().flat_map(|glob| pathspecs(glob)).collect();
        let pack = format!(
            "git ls-files -z --others --modified -- {} |\n  tar --create --null --files-from=- --ignore-failed-read --file=\"$RUNNER_TEMP/{name}.tar\"\n",
            paths.join(" ")
        );
        steps.push(json!({"name": "Files", "if": "always()", "shell": "sh", "run": pack.replace("${{", "${{ '${{' }}")}));
        steps.push(json!({
            "uses": UPLOAD,
            "if": "always()",
            "with": {
                "name": format!("files-{name}"),
                "path": format!("${{{{ runner.temp }}}}/{name}.tar"),
                "if-no-files-found": "ignore",
                "overwrite": true,
            },
        }));
    }
    steps
}

/// Returns a glob as pathspecs of git, which mean what globs mean here: one without a `/` is of any folder, and a folder is
/// all that is in it.
fn pathspecs(glob: &str) -> Vec<String> {
    let (sign, glob) = match glob.strip_prefix('!') {
        Some(rest) => ("exclude,", rest),
        None => ("", glob),
    };
    let inner = glob.trim_matches('/');
    let any = if glob.trim_end_matches('/').contains('/') { "" } else { "**/" };
    [format!(":({sign}top,glob){any}{inner}"), format!(":({sign}top,glob){any}{inner}/**")]
        .map(|spec| shell::quote(&spec))
        .into()
}

/// Returns the variables of a step: parameters, outputs of what is before it, and states where it looks at them.
fn variables(plan: &Plan<'_>, index: usize) -> Map<String, Value> {
    let step = &plan.workflow.steps[index];
    let expression = |text: String| json!(format!("${{{{ {text} }}}}"));
    let mut variables = Map::new();
    for param in &plan.workflow.params {
        let name = param.name.as_str();
        variables.insert(param_variable(name), expression(format!("inputs.{name}")));
    }
    for source in plan.sources(index) {
        let other = &plan.workflow.steps[source];
        let name = other.name.as_str();
        for key in &other.outputs {
            let value = expression(format!("needs.{name}.outputs.{key}"));
            variables.insert(output_variable(name, key.as_str()), value);
        }
        if plan.is_guarded(index) || plan.looked_at.contains(&source) {
            variables.insert(state_variable(name), expression(state(other)));
        }
    }
    if let Some(handler) = step.handler {
        variables.insert("TRACKER_RUN_STATE".into(), run_state(plan, handler));
    }
    variables
}

/// Returns an expression that is the state in which a step has ended. Where a job may fail, its result is a success.
fn state(step: &Step) -> String {
    let name = step.name.as_str();
    format!(
        "needs.{name}.outputs.{STATE} || (needs.{name}.result == 'failure' && 'failed' || needs.{name}.result)"
    )
}

fn run_state(plan: &Plan<'_>, handler: Handler) -> Value {
    let other = plan.plain_steps().map(|step| &plan.workflow.steps[step]).filter(|step| !step.critical);
    let is_lost: Vec<String> =
        other.map(|step| format!("needs.{}.outputs.{STATE} == 'failed'", step.name)).collect();
    let partial = if is_lost.is_empty() {
        "'success'".to_owned()
    } else {
        format!("({}) && 'partial_success' || 'success'", is_lost.join(" || "))
    };
    json!(match handler {
        Handler::Failure => "failed".to_owned(),
        Handler::Cancel => "cancelled".to_owned(),
        Handler::Success => format!("${{{{ {partial} }}}}"),
        Handler::Exit => format!(
            "${{{{ contains(needs.*.result, 'cancelled') && 'cancelled' || contains(needs.*.result, 'failure') && 'failed' || {partial} }}}}"
        ),
    })
}

/// Returns when the job of a step runs; none where it always does.
fn condition(plan: &Plan<'_>, index: usize) -> Option<String> {
    let step = &plan.workflow.steps[index];
    match step.handler {
        Some(Handler::Success) => return Some("!cancelled() && !failure()".to_owned()),
        Some(Handler::Failure) => return Some("failure()".to_owned()),
        Some(Handler::Cancel) => return Some("cancelled()".to_owned()),
        Some(Handler::Exit) => return Some("always()".to_owned()),
        None => {}
    }
    let looked_at = step.when.as_ref().map(|when| when.condition.states()).unwrap_or_default();
    let mut parts = Vec::new();
    for need in &step.needs {
        let other = &plan.workflow.steps[*need];
        let name = other.name.as_str();
        parts.push(match (looked_at.contains(need), may_be_skipped(plan, *need)) {
            // One that was skipped here may as well be one that could not begin.
            (true, false) => format!("needs.{name}.result != 'skipped'"),
            (true, true) => continue,
            (false, _) => format!("needs.{name}.result == 'success'"),
        });
        if !looked_at.contains(need) && plan.is_guarded(*need) {
            parts.push(format!(
                "needs.{name}.outputs.{STATE} != 'skipped' && needs.{name}.outputs.{STATE} != 'pending'"
            ));
        }
    }
    parts.extend(step.when.iter().filter_map(|when| native(plan, &when.condition)));
    if parts.is_empty() && step.needs.is_empty() {
        return None;
    }
    parts.insert(0, "!cancelled()".to_owned());
    Some(parts.join(" && "))
}

/// Whether a step may be skipped: it or something before it has a condition.
fn may_be_skipped(plan: &Plan<'_>, step: usize) -> bool {
    plan.ancestors[step].iter().chain([&step]).any(|step| plan.workflow.steps[*step].when.is_some())
}

/// Returns a condition as GitHub writes it; none where GitHub would compare otherwise, so that the job has to look.
fn native(plan: &Plan<'_>, condition: &Condition) -> Option<String> {
    let both = |one: &Condition, sign: &str, other: &Condition| {
        Some(format!("({} {sign} {})", native(plan, one)?, native(plan, other)?))
    };
    match condition {
        Condition::And(one, other) => both(one, "&&", other),
        Condition::Or(one, other) => both(one, "||", other),
        Condition::Not(inner) => Some(format!("!({})", native(plan, inner)?)),
        Condition::Equal(one, other) => compared(plan, one, "==", other),
        Condition::Different(one, other) => compared(plan, one, "!=", other),
        Condition::True(Reference::Param(name)) if kind_of(plan, name) == Some(&ValueKind::Boolean) => {
            Some(format!("inputs.{name}"))
        }
        Condition::True(_) => None,
    }
}

fn kind_of<'p>(plan: &'p Plan<'_>, param: &str) -> Option<&'p ValueKind> {
    plan.workflow.params.iter().find(|each| each.name.as_str() == param).map(|param| &param.kind)
}

fn compared(plan: &Plan<'_>, one: &Operand, sign: &str, other: &Operand) -> Option<String> {
    let ((Operand::Value(reference), Operand::Text(text)) | (Operand::Text(text), Operand::Value(reference))) =
        (one, other)
    else {
        return None;
    };
    match reference {
        Reference::State(step) if StepState::parse(text).is_some() => {
            Some(format!("({}) {sign} '{text}'", state(&plan.workflow.steps[*step])))
        }
        Reference::Param(name) => match kind_of(plan, name)? {
            ValueKind::Boolean if matches!(text.as_str(), "true" | "false") => {
                Some(format!("inputs.{name} {sign} {text}"))
            }
            ValueKind::Choice(choices) if choices.contains(text) => {
                let twins = choices.iter().filter(|choice| choice.to_lowercase() == text.to_lowercase());
                let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
                (twins.count() == 1 && is_plain).then(|| format!("inputs.{name} {sign} '{text}'"))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Returns the job that brings back how the steps have ended.
fn record(plan: &Plan<'_>, request: &PipelineRequest<'_>, install: &str) -> Value {
    let names: Vec<&str> = plan.workflow.steps.iter().map(|step| step.name.as_str()).collect();
    let mut line = format!(
        "printf '%s' \"$NEEDS\" |\n  tracker run record --workflow {} --from - --place github \\\n  \
         --run-url \"$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID\"",
        shell::quote(request.path)
    );
    let mut env = Map::new();
    for param in &plan.workflow.params {
        let (name, variable) = (param.name.as_str(), param_variable(param.name.as_str()));
        line.push_str(&format!(" \\\n  --param {name}=\"${variable}\""));
        env.insert(variable, json!(format!("${{{{ inputs.{name} }}}}")));
    }
    env.insert("NEEDS".into(), json!("${{ toJSON(needs) }}"));
    let install = format!("if ! command -v tracker >/dev/null; then\n{}\nfi\n", install.trim_end());
    json!({
        "runs-on": "ubuntu-latest",
        "needs": names,
        "if": "${{ always() }}",
        "continue-on-error": true,
        "steps": [
            {"uses": CHECKOUT, "with": {"persist-credentials": false}},
            {"name": "Install", "run": install},
            {"name": "Record", "env": env, "run": format!("{line}\n")},
            {"uses": UPLOAD, "with": {"name": "run-record", "path": runs_folder(), "include-hidden-files": true}},
        ],
    })
}
