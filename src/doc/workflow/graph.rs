//! The steps of a workflow together: cycles of needs, values of steps that are not waited for, files that two write.

use std::collections::{BTreeSet, HashMap};

use super::{At, Problems};
use crate::doc::printable::printable;
use crate::model::{Action, Problem, Reference, Step, Workflow, is_selected, output_variable};

/// Looks at everything that concerns more than one step.
pub(super) fn check(workflow: &Workflow, problems: &mut Problems) {
    let Some(ranks) = ranks(workflow, problems) else { return };
    references(workflow, problems);
    output_names(workflow, problems);
    Writers { workflow, ranks, found: BTreeSet::new() }.check(problems);
}

fn at_step<T>(step: &Step, look: impl FnOnce(&At<'_>) -> T) -> T {
    let steps = At::ROOT.key("steps");
    look(&steps.key(step.name.as_str()))
}

/// Returns a rank for every step, higher than those of what it needs. Where there is none, every cycle is reported once.
fn ranks(workflow: &Workflow, problems: &mut Problems) -> Option<Vec<usize>> {
    let dependents = workflow.dependents();
    let mut unmet: Vec<usize> = workflow.steps.iter().map(|step| step.needs.len()).collect();
    let mut free: Vec<usize> = (0..unmet.len()).filter(|step| unmet[*step] == 0).collect();
    let mut ranks = vec![0; unmet.len()];
    let mut ranked = 0;
    while let Some(step) = free.pop() {
        ranks[step] = ranked;
        ranked += 1;
        for next in &dependents[step] {
            unmet[*next] -= 1;
            if unmet[*next] == 0 {
                free.push(*next);
            }
        }
    }
    if ranked == ranks.len() {
        return Some(ranks);
    }
    // Whatever is left needs something that is left: following that leads into a cycle.
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for start in (0..unmet.len()).filter(|step| unmet[*step] > 0) {
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
            next = workflow.steps[step].needs.iter().copied().find(|need| unmet[*need] > 0);
        }
    }
    None
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
        let templates: BTreeSet<&Reference> = templates.flat_map(|template| template.references()).collect();
        let conditions: BTreeSet<&Reference> =
            step.when.iter().flat_map(|when| when.condition.references()).collect();
        if templates.is_empty() && conditions.is_empty() {
            continue;
        }
        let ancestors = workflow.ancestors(index);
        let conditions = conditions.iter().map(|reference| (Some("when"), reference));
        let all = conditions.chain(templates.iter().map(|reference| (None, reference)));
        for (key, reference) in all {
            let (Reference::State(other) | Reference::Output(other, _)) = reference else { continue };
            if ancestors.binary_search(other).is_ok() {
                continue;
            }
            let other = &workflow.steps[*other].name;
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
    ranks: Vec<usize>,
    found: BTreeSet<(usize, usize)>,
}

impl Writers<'_> {
    fn check(mut self, problems: &mut Problems) {
        let is_literal = |glob: &str| !glob.contains(['*', '?', '[', '\\', '!']);
        let mut literals: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut globs: Vec<(usize, &[String])> = Vec::new();
        for (index, step) in self.workflow.steps.iter().enumerate() {
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
                if let Some(file) = overlap(patterns, others) {
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

/// Returns a glob of the first list that may match a path which the second matches too.
fn overlap<'g>(globs: &'g [String], others: &[String]) -> Option<&'g str> {
    let is_taken_out = |glob: &str| globs.iter().any(|out| out.strip_prefix('!') == Some(glob));
    let positive = |globs: &'g [String]| globs.iter().filter(|glob| !glob.starts_with('!'));
    let overlaps = |glob: &&String| {
        let mut others = others.iter().filter(|other| !other.starts_with('!'));
        others.any(|other| may_overlap(glob, other) && !is_taken_out(other))
    };
    positive(globs).find(overlaps).map(String::as_str)
}

/// Whether some path may match both globs. What is in brackets may be any character; a name without wildcards at the end
/// may be that of a folder.
fn may_overlap(one: &str, other: &str) -> bool {
    const ANY: &str = "**";
    let split = |glob: &str| -> Vec<String> {
        let at_any_depth = !glob.contains('/');
        let parts: Vec<&str> = glob.trim_matches('/').split('/').collect();
        let may_be_folder = parts.last().is_some_and(|last| !last.contains(['*', '?', '[', '\\']));
        let any = |is_there: bool| is_there.then_some(ANY);
        let parts = any(at_any_depth).into_iter().chain(parts).chain(any(may_be_folder));
        parts.map(str::to_owned).collect()
    };
    folders_overlap(&split(one), &split(other))
}

fn folders_overlap(one: &[String], other: &[String]) -> bool {
    match (one, other) {
        ([], rest) | (rest, []) => rest.iter().all(|part| part == "**"),
        ([any, rest @ ..], all) | (all, [any, rest @ ..]) if any == "**" => {
            folders_overlap(rest, all) || folders_overlap_after(any, rest, all)
        }
        ([a, one @ ..], [b, other @ ..]) => {
            names_overlap(a.as_bytes(), b.as_bytes()) && folders_overlap(one, other)
        }
    }
}

fn folders_overlap_after(any: &str, rest: &[String], all: &[String]) -> bool {
    let with_any: Vec<String> = std::iter::once(any.to_owned()).chain(rest.iter().cloned()).collect();
    match all {
        [] => true,
        [first, ..] if first == "**" => true,
        [_, below @ ..] => folders_overlap(&with_any, below),
    }
}

fn names_overlap(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        ([], []) => true,
        ([b'*', one @ ..], all) | (all, [b'*', one @ ..]) => {
            names_overlap(one, all)
                || matches!(all, [_, rest @ ..] if names_overlap(&[b"*", one].concat(), rest))
        }
        ([], _) | (_, []) => false,
        ([b'[', ..], _) | (_, [b'[', ..]) => true,
        ([a, one @ ..], [b, other @ ..]) => {
            (a == b || matches!((a, b), (b'?', _) | (_, b'?'))) && names_overlap(one, other)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::may_overlap;

    #[test]
    fn globs_that_may_match_one_path() {
        for (one, other, expected) in [
            ("src/**", "src/a.rs", true),
            ("src/**", "docs/**", false),
            ("src/*.rs", "src/*.md", false),
            ("src/*.rs", "src/gen_*", true),
            ("**/x.txt", "a/b/*.txt", true),
            ("**/x.txt", "a/b/*.md", false),
            ("*.log", "build/a.log", true),
            ("out/a?", "out/b1", false),
            ("out/[ab]", "out/c", true),
            ("out", "out/deep/er", true),
        ] {
            assert_eq!(may_overlap(one, other), expected, "{one} {other}");
            assert_eq!(may_overlap(other, one), expected, "{other} {one}");
        }
    }
}
