//! Which commit of the range brought what a violation is about: the one that made a move, else the last to change the file.

use std::collections::HashMap;

use super::super::facts::{RangeFacts, RecordStep};
use super::Verdict;
use crate::model::{GateRule, Move, RecordPath, TaskId, is_daily_record};

/// Returns the first commit of the range that has a move of a task; none where the move is staged.
pub(super) fn by_move<'f>(facts: &'f RangeFacts<'_>, task: &TaskId, step: &Move) -> Option<&'f str> {
    let landing = &facts.landing;
    let mut leavings = landing.judgement.leavings.iter();
    let leaving = leavings.find(|leaving| leaving.task == *task && leaving.step == *step);
    if let Some(id) = leaving.and_then(|leaving| landing.commits.get(&leaving.at)) {
        return facts.range.head_commit.is_some().then_some(id);
    }
    facts.steps.iter().find_map(|own| match own {
        RecordStep::History { commit: Some(id), task: own, before, after, .. } => {
            (own == task && after.contains(step) && !before.contains(step)).then_some(id.as_str())
        }
        _ => None,
    })
}

/// Adds to violations that are about a file, and about no commit yet, the last commit that changed it: of the task that
/// they are about, if there is one; of a daily record the last of all. What is staged comes after all commits.
///
/// A task's record changes for many reasons, and which of them was wrong is known only to the rule.
pub(super) fn name_commits(facts: &RangeFacts<'_>, verdict: &mut Verdict) {
    if facts.range.head_commit.is_none() {
        return;
    }
    let is_record = |file: &str| matches!(RecordPath::parse(file), Some(RecordPath::Task(_)));
    let mut open: Vec<_> = verdict.violations.iter_mut().filter(|found| found.commit.is_none()).collect();
    open.retain(|found| {
        let is_broken = found.rule == GateRule::BrokenDocuments.into();
        found.file.as_deref().is_some_and(|file| is_broken || !is_record(file))
    });
    let files = open.iter().filter_map(|found| found.file.clone());
    let mut changes: HashMap<String, Vec<usize>> = files.map(|file| (file, Vec::new())).collect();
    if changes.is_empty() {
        return;
    }
    for (at, commit) in facts.commits.iter().enumerate() {
        for path in &commit.paths {
            if let Some(own) = changes.get_mut(path) {
                own.push(at);
            }
        }
    }
    for found in open {
        let of_file = found.file.as_ref().and_then(|file| changes.get(file)).into_iter().flatten();
        let task = found.task.as_deref();
        // Records are changed by whom it concerns, whatever their commit is about.
        let is_daily = found.file.as_deref().is_some_and(is_daily_record);
        let links = |at: &&usize| facts.commits[**at].links.iter().any(|id| Some(id.as_str()) == task);
        let last = of_file.clone().rfind(|at| !is_daily && links(at)).or(of_file.last());
        found.commit = last.map(|at| facts.commits[*at].id.clone());
    }
}
