//! The steps of a workflow together: cycles of needs, values of steps that are not waited for, files that two write.

use std::collections::{BTreeSet, HashMap};

use super::{At, Problems};
use crate::doc::printable::printable;
use crate::model::{Action, Problem, Step, Template, Workflow, first_overlap, is_selected, output_variable};

/// Looks at everything that concerns more than one step.
pub(super) fn check(workflow: &Workflow, problems: &mut Problems) {
    let ranks = ranks(workflow, problems);
    references(workflow, problems);
    output_names(workflow, problems);
    Writers { workflow, ranks, found: BTreeSet::new() }.check(problems);
}

fn at_step<T>(step: &Step, look: impl FnOnce(&At<'_>) -> T) -> T {
    let steps = At::ROOT.key("steps");
    look(&steps.key(step.name.as_str()))
}

/// Returns a rank for every step, higher than those of what it needs; none of a step of a cycle, and of what needs that.
/// Every cycle is reported once.
fn ranks(workflow: &Workflow, problems: &mut Problems) -> Vec<Option<usize>> {
    let order = workflow.order();
    let mut ranks = vec![None; workflow.steps.len()];
    order.iter().enumerate().for_each(|(rank, step)| ranks[*step] = Some(rank));
    if order.len() == ranks.len() {
        return ranks;
    }
    let is_left = |step: usize| ranks[step].is_none();
    // Whatever is left needs something that is left: following that leads into a cycle.
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for start in (0..ranks.len()).filter(|step| is_left(*step)) {
        let mut way: Vec<usize> = Vec::new();
        let mut next = Some(start);
        while let Some(step) = next {
            if let Some(begin) = way.iter().position(|other| *other == step) {
                report_cycle(workflow, &way[begin..], problems);
                break;
            }
            if !seen.insert(step) {
                break;
            }
            way.push(step);
            next = workflow.steps[step].needs.iter().copied().find(|need| is_left(*need));
        }
    }
    ranks
}

fn report_cycle(workflow: &Workflow, cycle: &[usize], problems: &mut Problems) {
    /// More steps than these are counted.
    const MOST: usize = 8;
    let first = cycle.iter().copied().min().unwrap_or_default();
    let begin = cycle.iter().position(|step| *step == first).unwrap_or_default();
    let in_order = cycle[begin..].iter().chain(&cycle[..begin]);
    let mut names: Vec<String> = in_order.map(|step| format!("`{}`", workflow.steps[*step].name)).collect();
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let more = if more > 0 { format!(" needs {more} more, and the last") } else { String::new() };
    let message = format!("cycle: {}{more} needs `{}`", names.join(" needs "), workflow.steps[first].name);
    let problem = Problem::error(message).with_hint("a step can begin only when what it needs has ended");
    at_step(&workflow.steps[first], |at| problems.on_key(&at.key("needs"), problem));
}

/// Looks whether what a step refers to has ended when it begins.
fn references(workflow: &Workflow, problems: &mut Problems) {
    for (index, step) in workflow.steps.iter().enumerate().filter(|(_, step)| step.handler.is_none()) {
        let argv = match &step.action {
            Action::Program(words) => words.as_slice(),
            _ => &[],
        };
        let templates = step.env.iter().map(|(_, template)| template).chain(argv);
        let of_templates = templates.flat_map(Template::references).map(|reference| (None, reference));
        let of_condition = step.when.iter().flat_map(|when| when.condition.references());
        let of_condition = of_condition.map(|reference| (Some("when"), reference));
        let steps = of_condition.chain(of_templates).filter_map(|(key, own)| Some((key, own.step()?)));
        // What is needed directly has no need to be looked for.
        let others: BTreeSet<(Option<&str>, usize)> =
            steps.filter(|(_, other)| !step.needs.contains(other)).collect();
        if others.is_empty() {
            continue;
        }
        let ancestors = workflow.ancestors(index);
        for (key, other) in others {
            if ancestors.binary_search(&other).is_ok() {
                continue;
            }
            let other = &workflow.steps[other].name;
            let message = format!("refers to `{other}`, which the step does not need: it may not have ended");
            let problem =
                Problem::error(message).with_hint(format!("add `{other}` to `needs` of `{}`", step.name));
            at_step(step, |at| match key {
                Some(key) => problems.on_key(&at.key(key), problem),
                None => problems.on_key(at, problem),
            });
        }
    }
}

/// Two outputs that later steps would be given as the same variable.
fn output_names(workflow: &Workflow, problems: &mut Problems) {
    let mut variables: HashMap<String, (&Step, &str)> = HashMap::new();
    for step in &workflow.steps {
        for output in &step.outputs {
            let variable = output_variable(step.name.as_str(), output.as_str());
            if let Some((other, key)) = variables.insert(variable.clone(), (step, output.as_str())) {
                let message = format!(
                    "`{}.{key}` and `{}.{output}` are both given as ${variable}",
                    other.name, step.name
                );
                at_step(step, |at| problems.on_key(&at.key("outputs"), Problem::error(message)));
            }
        }
    }
}

/// Finds steps that may write one file, and of which none needs the other.
struct Writers<'w> {
    workflow: &'w Workflow,
    /// None of what is in no order: two of these are compared once the cycle is gone.
    ranks: Vec<Option<usize>>,
    found: BTreeSet<(usize, usize)>,
}

impl Writers<'_> {
    fn check(mut self, problems: &mut Problems) {
        let is_literal = |glob: &str| !glob.contains(['*', '?', '[', '\\', '!']);
        let mut literals: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut globs: Vec<(usize, &[String])> = Vec::new();
        let ordered =
            self.workflow.steps.iter().enumerate().filter(|(index, _)| self.ranks[*index].is_some());
        for (index, step) in ordered {
            if step.files.iter().all(|file| is_literal(file)) {
                let files = step.files.iter().map(|file| file.trim_end_matches('/'));
                files.for_each(|file| literals.entry(file).or_default().push(index));
            } else {
                globs.push((index, &step.files));
            }
        }
        for (file, steps) in &literals {
            let mut steps = steps.clone();
            steps.sort_by_key(|step| self.ranks[*step]);
            // Where each needs the one before it, all are in order.
            steps.windows(2).for_each(|two| self.pair(two[0], two[1], file, problems));
            let of_globs =
                globs.iter().filter(|(_, patterns)| is_selected(patterns, file)).map(|(index, _)| *index);
            // A file in a folder that another step writes as a whole.
            let of_folders =
                file.match_indices('/').filter_map(|(end, _)| literals.get(&file[..end])).flatten().copied();
            for other in of_globs.chain(of_folders) {
                steps.iter().for_each(|step| self.pair(other, *step, file, problems));
            }
        }
        for (position, (one, patterns)) in globs.iter().enumerate() {
            for (other, others) in &globs[position + 1..] {
                if let Some(file) = first_overlap(patterns, others) {
                    self.pair(*one, *other, file, problems);
                }
            }
        }
    }

    fn pair(&mut self, one: usize, other: usize, file: &str, problems: &mut Problems) {
        let pair = (one.min(other), one.max(other));
        if one == other || self.found.contains(&pair) || self.is_ordered(one, other) {
            return;
        }
        self.found.insert(pair);
        let (one, other) = (&self.workflow.steps[pair.0], &self.workflow.steps[pair.1]);
        let message =
            format!("`{}` and `{}` may both write `{}`, in any order", one.name, other.name, printable(file));
        let problem =
            Problem::error(message).with_hint(format!("add `{}` to `needs` of `{}`", one.name, other.name));
        at_step(other, |at| problems.on_key(&at.key("files"), problem));
    }

    /// Whether one of two steps needs the other by some way.
    fn is_ordered(&self, one: usize, other: usize) -> bool {
        let (earlier, later) = if self.ranks[one] < self.ranks[other] { (one, other) } else { (other, one) };
        let mut seen = BTreeSet::new();
        let mut open = vec![later];
        while let Some(step) = open.pop() {
            if step == earlier {
                return true;
            }
            let needs = self.workflow.steps[step].needs.iter().copied();
            open.extend(needs.filter(|need| self.ranks[*need] >= self.ranks[earlier] && seen.insert(*need)));
        }
        false
    }
}
