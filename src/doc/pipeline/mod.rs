//! A workflow as a pipeline of another engine: jobs that are its steps, for GitLab CI, GitHub Actions and Argo Workflows.
//!
//! [`Plan`] is what all targets ask: which states and outputs a step looks at, which conditions are known before anything
//! runs. [`shell`] is a step as a program of the shell that does what the engine does here; the targets differ in how
//! values come to it and where it says how it has ended. What a target cannot express is refused, all at once, each with
//! its place in the document: a pipeline that is written does what the workflow does.
//!
//! Three things are of one machine, and the same everywhere else only where the workflow says them: a step sees the
//! files that steps before it declare in `files`, since each job has a working tree of its own; `inputs` reuse nothing,
//! since a job starts from nothing; and what a step leaves running is ended with its job.

mod argo;
mod github;
mod gitlab;
mod shell;
mod text;

use std::collections::BTreeSet;

use super::workflow::{At, Problems};
use crate::model::{Action, Condition, Operand, Problem, RecordKind, Reference, Step, StepState, Workflow};

/// An engine that pipelines are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PipelineTarget {
    /// GitLab CI.
    Gitlab,
    /// GitHub Actions.
    Github,
    /// Argo Workflows.
    Argo,
}

impl PipelineTarget {
    /// Returns its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Gitlab => "GitLab",
            Self::Github => "GitHub",
            Self::Argo => "Argo",
        }
    }
}

/// What to write.
#[derive(Debug, Clone)]
pub struct PipelineRequest<'r> {
    pub target: PipelineTarget,
    /// The name of the workflow.
    pub name: &'r str,
    /// The path of its file.
    pub path: &'r str,
    /// SHA-256 of its document.
    pub digest: &'r str,
    /// The container image in which jobs run.
    pub image: Option<&'r str>,
    /// The command that installs this program for the job that records the run; none where there is no such job.
    pub install: Option<&'r str>,
}

/// Most retries that are written as waits one after the other.
const MOST_RETRIES: u32 = 100;

/// Writes the pipeline of a workflow, of which `document` is the text.
///
/// # Errors
/// Everything that the target cannot express, each with its line and column.
pub fn export_workflow(
    workflow: &Workflow,
    document: &str,
    request: &PipelineRequest<'_>,
) -> Result<String, Vec<Problem>> {
    let plan = Plan::of(workflow, request.target);
    let mut refused = Refused { problems: Problems::default(), target: request.target };
    refused.of_all_targets(&plan);
    match request.target {
        PipelineTarget::Gitlab => gitlab::refuse(&plan, &mut refused),
        PipelineTarget::Github => github::refuse(&plan, &mut refused),
        PipelineTarget::Argo => argo::refuse(&plan, request, &mut refused),
    }
    let problems = refused.problems.placed(document);
    if !problems.is_empty() {
        return Err(problems);
    }
    let pipeline = match request.target {
        PipelineTarget::Gitlab => gitlab::pipeline(&plan, request),
        PipelineTarget::Github => github::pipeline(&plan, request),
        PipelineTarget::Argo => argo::pipeline(&plan, request),
    };
    Ok(format!("{}{}", header(request), text::document(&pipeline)))
}

fn header(request: &PipelineRequest<'_>) -> String {
    let PipelineRequest { target, name, path, digest, .. } = request;
    let target = target.title().to_lowercase();
    let path = super::printable::printable(path);
    format!(
        "# The workflow `{name}` of {path} as a pipeline.\n\
         # SHA-256 of the workflow: {digest}\n\
         # Written by `tracker workflow export {name} --to {target}`: change the workflow, and write this again.\n"
    )
}

/// Returns the folder in which records of runs are.
fn runs_folder() -> String {
    format!("{}/", RecordKind::Run.folder())
}

/// What all targets ask of a workflow.
struct Plan<'w> {
    workflow: &'w Workflow,
    /// All that a step needs, by whatever way, in the order of the document.
    ancestors: Vec<Vec<usize>>,
    /// Steps at whose state a condition looks.
    looked_at: BTreeSet<usize>,
    /// Steps whose condition is known before anything runs, and that are not looked at, nor anything that needs them. Only
    /// GitLab leaves their jobs out by these.
    statics: BTreeSet<usize>,
}

impl<'w> Plan<'w> {
    fn of(workflow: &'w Workflow, target: PipelineTarget) -> Self {
        let all = 0..workflow.steps.len();
        let ancestors: Vec<Vec<usize>> = all.clone().map(|step| workflow.ancestors(step)).collect();
        let states = workflow.steps.iter().filter_map(|step| Some(step.when.as_ref()?.condition.states()));
        let looked_at: BTreeSet<usize> = states.flatten().collect();
        let is_static = |step: &usize| {
            let is_of_params = workflow.steps[*step].when.as_ref().is_some_and(|when| {
                when.condition.references().iter().all(|reference| reference.step().is_none())
            });
            let is_watched = |other: usize| {
                looked_at.contains(&other) && (other == *step || ancestors[other].contains(step))
            };
            target == PipelineTarget::Gitlab && is_of_params && !all.clone().any(is_watched)
        };
        let statics = all.clone().filter(is_static).collect();
        Self { workflow, ancestors, looked_at, statics }
    }

    /// Whether the condition of a step is of parameters alone, and nothing depends on whether it was skipped but steps that
    /// are skipped with it.
    fn is_static(&self, step: usize) -> bool {
        self.statics.contains(&step)
    }

    /// Whether the job of a step has to look, when it begins, whether the step runs.
    fn is_guarded(&self, step: usize) -> bool {
        let decides = |step: &usize| self.workflow.steps[*step].when.is_some() && !self.is_static(*step);
        decides(&step) || self.ancestors[step].iter().any(decides)
    }

    /// Whether a step may begin where something before it has failed.
    fn is_tolerant(&self, step: usize) -> bool {
        let looks = |step: &usize| {
            self.workflow.steps[*step].when.as_ref().is_some_and(|when| !when.condition.states().is_empty())
        };
        looks(&step) || self.ancestors[step].iter().any(looks)
    }

    /// Returns the conditions that are known before anything runs, of a step and of all that it needs.
    fn static_conditions(&self, step: usize) -> Vec<&'w Condition> {
        let all = self.ancestors[step].iter().copied().chain([step]).filter(|step| self.is_static(*step));
        all.filter_map(|step| Some(&self.workflow.steps[step].when.as_ref()?.condition)).collect()
    }

    /// Returns the steps of which a step has to be given something: what it needs, what is before it and has outputs or
    /// files, and what its condition looks at.
    fn sources(&self, step: usize) -> Vec<usize> {
        let own = &self.workflow.steps[step];
        let looked_at = own.when.as_ref().map(|when| when.condition.states()).unwrap_or_default();
        let is_source = |other: &usize| {
            let other_step = &self.workflow.steps[*other];
            own.needs.contains(other)
                || looked_at.contains(other)
                || !other_step.outputs.is_empty()
                || !other_step.files.is_empty()
                || matches!(other_step.action, Action::Ask(_))
        };
        match own.handler {
            None => self.ancestors[step].iter().copied().filter(is_source).collect(),
            Some(_) => self.plain_steps().collect(),
        }
    }

    /// Yields the steps that are no handlers.
    fn plain_steps(&self) -> impl Iterator<Item = usize> + use<'w> {
        let steps = &self.workflow.steps;
        (0..steps.len()).filter(|step| steps[*step].handler.is_none())
    }

    /// Yields the handlers.
    fn handlers(&self) -> impl Iterator<Item = (usize, crate::model::Handler)> + use<'w> {
        self.workflow.steps.iter().enumerate().filter_map(|(index, step)| Some((index, step.handler?)))
    }
}

/// What a target cannot express.
struct Refused {
    problems: Problems,
    target: PipelineTarget,
}

impl Refused {
    /// Refuses a key of a step or of a handler; an empty key is the step as a whole.
    fn step(&mut self, step: &Step, key: &str, what: &str, hint: impl Into<String>) {
        let problem = self.problem(what, hint);
        let (steps, root) = (At::ROOT.key("steps"), At::ROOT);
        let at = if step.handler.is_some() { &root } else { &steps };
        let at = at.key(step.name.as_str());
        if key.is_empty() {
            self.problems.on_key(&at, problem);
        } else {
            self.problems.on_key(&at.key(key), problem);
        }
    }

    /// Refuses a key of the workflow.
    fn workflow(&mut self, key: &str, what: &str, hint: impl Into<String>) {
        let problem = self.problem(what, hint);
        self.problems.on_key(&At::ROOT.key(key), problem);
    }

    fn problem(&self, what: &str, hint: impl Into<String>) -> Problem {
        Problem::error(format!("{} cannot express {what}", self.target.title())).with_hint(hint)
    }

    fn of_all_targets(&mut self, plan: &Plan<'_>) {
        let is_limited = plan.workflow.jobs.is_some_and(|jobs| (jobs as usize) < plan.plain_steps().count());
        if is_limited && self.target != PipelineTarget::Argo {
            let hint = "leave `jobs` out, and write it here as `tracker run start --jobs N`";
            self.workflow("jobs", "how many steps run at once", hint);
        }
        for (index, step) in plan.workflow.steps.iter().enumerate() {
            if step.retry.jitter > 0 {
                self.step(step, "retry", "a random wait (`jitter`)", "leave `jitter` out");
            }
            if step.retry.max > MOST_RETRIES {
                self.step(step, "retry", "that many retries", format!("use at most {MOST_RETRIES}"));
            }
            if matches!(step.action, Action::Await(_)) {
                self.step(
                    step,
                    "task",
                    "a step that waits for a task",
                    "run this workflow with `tracker run start`",
                );
            }
            if let Action::Ask(question) = &step.action
                && question.kind.is_some()
            {
                self.step(step, "human", "a question with an answer", "use a parameter instead");
            }
            if self.target != PipelineTarget::Gitlab && plan.may_confuse(index) {
                let what = "a condition that tells a skipped step from one that cannot begin";
                self.step(step, "when", what, "compare the state with `failed` or `success`");
            }
        }
    }
}

impl Plan<'_> {
    /// Whether the condition of a step may be true where a step was skipped at whose state it looks, and that step may as well
    /// be one that cannot begin: jobs of both are skipped. In GitLab the job itself reports which.
    fn may_confuse(&self, step: usize) -> bool {
        let Some(when) = &self.workflow.steps[step].when else { return false };
        let is_both = |other: &usize| {
            let conditional = |step: &usize| self.workflow.steps[*step].when.is_some();
            let with_own = self.ancestors[*other].iter().chain([other]);
            !self.ancestors[*other].is_empty() && with_own.into_iter().any(conditional)
        };
        let looked_at = when.condition.states();
        looked_at.iter().any(is_both) && looks_for_skipped(&when.condition)
    }
}

/// Whether a condition compares a state with `skipped`, with a value, or for being different.
fn looks_for_skipped(condition: &Condition) -> bool {
    let is_state = |operand: &Operand| matches!(operand, Operand::Value(Reference::State(_)));
    let is_plain = |operand: &Operand| match operand {
        Operand::Text(text) => text != StepState::Skipped.as_str(),
        Operand::Value(_) => false,
    };
    match condition {
        Condition::And(one, other) | Condition::Or(one, other) => {
            looks_for_skipped(one) || looks_for_skipped(other)
        }
        Condition::Not(inner) => !matches!(**inner, Condition::True(_)) || looks_for_skipped(inner),
        Condition::Equal(one, other) => {
            (is_state(one) && !is_plain(other)) || (is_state(other) && !is_plain(one))
        }
        Condition::Different(one, other) => is_state(one) || is_state(other),
        Condition::True(_) => false,
    }
}

#[cfg(test)]
mod tests;
