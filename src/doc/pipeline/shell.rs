//! A step as a program of the POSIX shell that does in a job what the engine does here: variables, attempts with their
//! waits, time limits, outputs. What a value is, is never a part of it: values are variables, in quotes.

use std::fmt::Write as _;
use std::time::Duration;

use super::Plan;
use crate::model::{
    ANSWER, Action, Condition, Operand, Param, Part, Reference, Step, Template, ValueKind, output_variable,
    param_variable, state_variable,
};

/// How a job says how its step has ended, and what it has written.
pub(super) struct ReportFunctions {
    /// Lines that define the shell functions `state STATE` and `output KEY VALUE`.
    pub(super) functions: String,
    /// Whether the job itself looks at conditions, tries again and keeps the time: not where the target does.
    pub(super) is_alone: bool,
}

/// Returns a text in single quotes.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Returns the program of a step.
pub(super) fn program(plan: &Plan<'_>, index: usize, says: &ReportFunctions) -> String {
    let step = &plan.workflow.steps[index];
    let mut text = String::from("set +e\n");
    text.push_str(&says.functions);
    if step.needs.is_empty() && step.handler.is_none() {
        plan.workflow.params.iter().for_each(|param| text.push_str(&check_param(param)));
    }
    if says.is_alone && plan.is_guarded(index) {
        text.push_str(&guard(plan, index));
    }
    let _ = writeln!(text, "dir=$(mktemp -d)\nexport TRACKER_STEP={}", quote(step.name.as_str()));
    if let Action::Shell(lines) = &step.action {
        let end = terminator(lines);
        let _ = writeln!(text, "cat >\"$dir/step\" <<'{end}'\n{}\n{end}", lines.trim_end_matches('\n'));
    }
    text.push_str(&attempts(plan, step, says));
    for output in &step.outputs {
        let value = format!("sed -n 's/^{output}=//p' \"$TRACKER_OUTPUT\" | tail -n 1");
        let _ = writeln!(text, "[ \"$code\" -ne 0 ] || output {output} \"$({value})\"");
    }
    if matches!(step.action, Action::Ask(_)) {
        let _ = writeln!(text, "[ \"$code\" -ne 0 ] || output {ANSWER} approved");
    }
    text.push_str("if [ \"$code\" -eq 0 ]; then state success; else state failed; fi\nexit \"$code\"\n");
    text
}

/// Returns a line that ends what is written to a file, and is none of its lines.
fn terminator(lines: &str) -> String {
    let mut end = "END_OF_STEP".to_owned();
    while lines.lines().any(|line| line == end) {
        end.push('_');
    }
    end
}

/// Returns the lines that end a job whose parameter has a value that it cannot have.
fn check_param(param: &Param) -> String {
    let variable = param_variable(param.name.as_str());
    let (pattern, expected) = match &param.kind {
        ValueKind::Text => return String::new(),
        ValueKind::Boolean => ("true|false".to_owned(), "true or false".to_owned()),
        ValueKind::Choice(choices) => {
            (choices.iter().map(|choice| quote(choice)).collect::<Vec<_>>().join("|"), choices.join(", "))
        }
        ValueKind::Integer => {
            let message = quote(&format!("invalid {} (expected a whole number)", param.name));
            return format!(
                "case \"${{{variable}#-}}\" in ''|*[!0-9]*) echo {message} >&2; state failed; exit 2 ;; esac\n"
            );
        }
    };
    let message = quote(&format!("invalid {} (expected {expected})", param.name));
    format!("case \"${variable}\" in {pattern}) ;; *) echo {message} >&2; state failed; exit 2 ;; esac\n")
}

/// Returns the lines that end a job whose step does not run: what it needs was lost or skipped, or its condition is false.
fn guard(plan: &Plan<'_>, index: usize) -> String {
    let step = &plan.workflow.steps[index];
    let looked_at = step.when.as_ref().map(|when| when.condition.states()).unwrap_or_default();
    let mut text = String::from(if step.needs.is_empty() { "" } else { "lost= skipped=\n" });
    for need in &step.needs {
        let other = &plan.workflow.steps[*need];
        let passed = match (looked_at.contains(need), other.critical) {
            (true, _) => "success|failed|cancelled|skipped) ;;",
            (false, true) => "success) ;; skipped) skipped=NEED ;;",
            (false, false) => "success|failed) ;; skipped) skipped=NEED ;;",
        };
        let passed = passed.replace("NEED", &quote(other.name.as_str()));
        let lost = quote(other.name.as_str());
        let _ = writeln!(
            text,
            "case \"${}\" in {passed} *) lost={lost} ;; esac",
            state_variable(other.name.as_str())
        );
    }
    let ends = |variable: &str, text: &str, state: &str| {
        format!("if [ -n \"${variable}\" ]; then echo \"{text}\"; state {state}; exit 0; fi\n")
    };
    if !step.needs.is_empty() {
        text.push_str(&ends("lost", "not run: it needs $lost, which has not succeeded", "pending"));
        text.push_str(&ends("skipped", "skipped: it needs $skipped, which was skipped", "skipped"));
    }
    if let Some(when) = step.when.as_ref().filter(|_| !plan.is_static(index)) {
        let message = quote(&format!("skipped: {} is false", when.text));
        let _ = writeln!(
            text,
            "if ! {{ {}; }}; then echo {message}; state skipped; exit 0; fi",
            test(plan, &when.condition)
        );
    }
    text
}

/// Returns a condition as a command that succeeds where it is true.
pub(super) fn test(plan: &Plan<'_>, condition: &Condition) -> String {
    let operand = |operand: &Operand| match operand {
        Operand::Text(text) => quote(&format!("={text}")),
        Operand::Value(reference) => format!("\"=${{{}}}\"", variable(plan, reference)),
    };
    match condition {
        Condition::And(one, other) => format!("{{ {}; }} && {{ {}; }}", test(plan, one), test(plan, other)),
        Condition::Or(one, other) => format!("{{ {}; }} || {{ {}; }}", test(plan, one), test(plan, other)),
        Condition::Not(inner) => format!("! {{ {}; }}", test(plan, inner)),
        Condition::Equal(one, other) => format!("[ {} = {} ]", operand(one), operand(other)),
        Condition::Different(one, other) => format!("[ {} != {} ]", operand(one), operand(other)),
        Condition::True(reference) => format!("[ \"=${{{}}}\" = '=true' ]", variable(plan, reference)),
    }
}

/// Returns the variable that has a value.
pub(super) fn variable(plan: &Plan<'_>, reference: &Reference) -> String {
    match reference {
        Reference::Param(name) => param_variable(name),
        Reference::State(step) => state_variable(plan.workflow.steps[*step].name.as_str()),
        Reference::Output(step, key) => output_variable(plan.workflow.steps[*step].name.as_str(), key),
    }
}

fn word(plan: &Plan<'_>, template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => quote(text),
        Part::Value(reference) => format!("\"${{{}}}\"", variable(plan, reference)),
    };
    template.0.iter().map(part).collect()
}

/// Returns the loop in which a step is tried until it succeeds, with the waits that the engine would make.
fn attempts(plan: &Plan<'_>, step: &Step, says: &ReportFunctions) -> String {
    let folder = step.cwd.as_deref().unwrap_or(".");
    let command = match &step.action {
        Action::Shell(_) => "sh -e \"$dir/step\"".to_owned(),
        Action::Program(words) => words.iter().map(|each| word(plan, each)).collect::<Vec<_>>().join(" "),
        Action::Ask(_) | Action::Await(_) => "true".to_owned(),
    };
    let limit = step.timeout.filter(|_| says.is_alone);
    let limited = limit.map_or_else(String::new, |limit| format!("timeout -k 5 {} ", seconds(limit)));
    let env = step.env.iter().map(|(name, value)| format!("export {name}={} && ", word(plan, value)));
    let run =
        format!("( cd {} && {}exec {limited}{command} ) </dev/null", quote(folder), env.collect::<String>());
    let waits: Vec<String> = match says.is_alone {
        true => (1..=step.retry.max).map(|retry| seconds(step.retry.wait(retry, 500))).collect(),
        false => Vec::new(),
    };
    let mut once = String::from(
        "export TRACKER_ATTEMPT_DIR=\"$dir/$TRACKER_ATTEMPT\"\n\
         export TRACKER_OUTPUT=\"$TRACKER_ATTEMPT_DIR/outputs\"\n\
         mkdir -p \"$TRACKER_ATTEMPT_DIR\" && : >\"$TRACKER_OUTPUT\"\n",
    );
    let _ = writeln!(once, "{run}\ncode=$? broken=");
    if !step.outputs.is_empty() {
        let names = step.outputs.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            once,
            "if [ \"$code\" -eq 0 ]; then\n  for key in {names}; do\n    \
             grep -q \"^$key=\" \"$TRACKER_OUTPUT\" || {{ echo \"it has not written the output $key to \\$TRACKER_OUTPUT\" >&2; code=1 broken=yes; }}\n  \
             done\nfi"
        );
    }
    if waits.is_empty() {
        return format!("export TRACKER_ATTEMPT=$((${{TRACKER_RETRY:-0}} + 1))\n{once}");
    }
    let once = once.lines().map(|line| format!("  {line}\n")).collect::<String>();
    let mut text = format!("export TRACKER_ATTEMPT=1\nfor wait in {} end; do\n{once}", waits.join(" "));
    text.push_str("  if [ \"$code\" -eq 0 ] || [ \"$wait\" = end ]; then break; fi\n");
    if let Some(codes) = &step.retry.on_exit {
        let codes = codes.iter().map(i32::to_string).collect::<Vec<_>>().join("|");
        let timed_out = if limit.is_some() { "124|137) break ;; " } else { "" };
        let _ = writeln!(text, "  case \"$code$broken\" in {timed_out}{codes}) ;; *) break ;; esac");
    }
    text.push_str(
        "  echo \"exit $code; another attempt in $wait s\" >&2\n  sleep \"$wait\"\n  \
         TRACKER_ATTEMPT=$((TRACKER_ATTEMPT + 1))\ndone\n",
    );
    text
}

/// Returns a time in seconds, with what is left of one behind a point.
pub(super) fn seconds(time: Duration) -> String {
    let (whole, millis) = (time.as_secs(), time.subsec_millis());
    if millis == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{millis:03}").trim_end_matches('0').to_owned()
    }
}

/// Returns the longest time that all attempts of a step take together; none where one may take any time.
pub(super) fn longest(step: &Step) -> Option<Duration> {
    let attempt = step.timeout? + Duration::from_secs(5);
    let waits = (1..=step.retry.max).map(|retry| step.retry.wait(retry, 500)).sum::<Duration>();
    Some(attempt.saturating_mul(step.retry.max.saturating_add(1)).saturating_add(waits))
}
