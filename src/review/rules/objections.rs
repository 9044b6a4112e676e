//! Objections to a merge by the rules of sign-offs, each under the rule of the gate that it breaks.

use std::collections::BTreeSet;

use super::super::facts::{RangeFacts, RangeTask, RecordStep};
use super::super::stage_exits::Vote;
use super::files::{owners_violation, required_anywhere};
use super::votes::{rewritten, rule_against};
use super::{About, Violations};
use crate::model::{GateRule, Level, Stage, Suggestion, TaskId, Verdict};
use crate::policy::landing::{JudgedRole, Objection, Ruling};
use crate::policy::{Fix, Missing, WhyNot};

pub(super) fn judge(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    let mut uncovered = Vec::new();
    for objection in &facts.landing.judgement.objections {
        of_objection(facts, objection, &mut uncovered, book);
    }
    for file in uncovered {
        say_uncovered(facts, &file, book);
    }
}

/// A file that roles should have seen and have not: reported once, for all of them.
struct Uncovered<'f> {
    path: &'f str,
    task: Option<&'f TaskId>,
    is_off_route: bool,
    roles: Vec<&'f str>,
}

impl<'f> Uncovered<'f> {
    fn join(self, files: &mut Vec<Self>) {
        let key = |file: &Self| (file.path, file.task, file.is_off_route);
        match files.iter_mut().find(|known| key(known) == key(&self)) {
            Some(known) => known.roles.extend(self.roles),
            None => files.push(self),
        }
    }
}

fn of_objection<'f>(
    facts: &'f RangeFacts<'_>,
    objection: &'f Objection,
    files: &mut Vec<Uncovered<'f>>,
    book: &mut Violations<'_>,
) {
    let commit = objection.commit.and_then(|commit| facts.landing.commits.get(&commit));
    let task = objection.task.as_ref().and_then(|id| facts.tasks.iter().find(|task| task.id == *id));
    let record = task.map(|task| task.path.as_str());
    let about = || About {
        task: objection.task.as_ref(),
        commit: commit.map(String::as_str),
        file: objection.path.as_deref().or(record),
        ..About::default()
    };
    match &objection.ruling {
        Ruling::VoteRemoved => of_vote(facts, &about(), true, book),
        Ruling::VoteRewritten => of_vote(facts, &about(), false, book),
        Ruling::HistoryShortened => shortened(facts, task, &about(), book),
        Ruling::WrongStage { expected } => wrong_stage(task, expected, &about(), book),
        Ruling::Squash { tasks } => {
            let message = format!("one commit brings the votes on {}: whose they are is lost", all_of(tasks));
            let way = "merge the branch instead, or squash the commits of each task for itself";
            book.add(GateRule::EarnedMoves, message, About { fix: advice(way), ..about() });
        }
        Ruling::Veto { stage, .. } => veto(facts, objection, stage, &about(), book),
        Ruling::Unearned { stage, role, .. } => unearned(facts, task, stage, role, &about(), book),
        Ruling::Conflict => {
            let message = format!("{} conflicts with {}", name(objection), base(facts));
            book.add(GateRule::MergeIntegrity, message, About { fix: merge_base(facts), ..about() });
        }
        Ruling::TooMuchWork => {
            let message = format!(
                "{}: too large or too much work to be merged here, so its clean merge is not known",
                name(objection)
            );
            let way = format!("rebase on {}, so that there is nothing to merge", base(facts));
            book.add(GateRule::MergeIntegrity, message, About { fix: advice(&way), ..about() });
        }
        Ruling::SeveralBases => {
            let message = format!("{} merges in several ways: the histories have crossed", name(objection));
            book.add(GateRule::MergeIntegrity, message, About { fix: merge_base(facts), ..about() });
        }
        Ruling::Unlinked => unlinked(facts, objection, book),
        Ruling::Uncovered { .. } | Ruling::Incomplete { .. } if is_conflict(facts, objection, book) => {}
        Ruling::Uncovered { unapproved, is_off_route } => {
            if let Some(file) = uncovered(facts, objection, unapproved, *is_off_route, book) {
                file.join(files);
            }
        }
        Ruling::Incomplete { tasks } => incomplete(objection, tasks, &about(), book),
        Ruling::TooManyCombinations => {
            let message = format!("{}: too many approved changes to try every order", name(objection));
            let way = "merge the tasks that changed it one after the other";
            book.add(GateRule::CoveredFiles, message, About { fix: advice(way), ..about() });
        }
    }
}

/// Whether a file is refused already since it does not merge: nothing of it will land.
fn is_conflict(facts: &RangeFacts<'_>, objection: &Objection, book: &Violations<'_>) -> bool {
    let conflicts = |other: &Objection| {
        matches!(other.ruling, Ruling::Conflict | Ruling::SeveralBases | Ruling::TooMuchWork)
            && other.path.is_some()
            && other.path == objection.path
    };
    book.level_of(GateRule::MergeIntegrity) == Level::Error
        && facts.landing.judgement.objections.iter().any(conflicts)
}

fn incomplete(objection: &Objection, tasks: &[TaskId], about: &About<'_>, book: &mut Violations<'_>) {
    let what = if tasks.len() == 1 { "change" } else { "changes" };
    let message =
        format!("{}: the approved {what} of {} would not arrive whole", name(objection), all_of(tasks));
    let fix = advice("bring what was approved, or have what is there approved");
    book.add(GateRule::CoveredFiles, message, About { task: tasks.first(), ..about.with(fix) });
}

fn name(objection: &Objection) -> &str {
    objection.path.as_deref().unwrap_or("a file")
}

fn base<'f>(facts: &'f RangeFacts<'_>) -> &'f str {
    facts.range.base.as_deref().unwrap_or("the base")
}

fn merge_base(facts: &RangeFacts<'_>) -> Option<Fix> {
    facts.range.base.as_ref().map(|base| Fix::Run(Suggestion::git(["merge", base])))
}

fn advice(text: &str) -> Option<Fix> {
    Some(Fix::Advice(text.to_owned()))
}

fn all_of(tasks: &[TaskId]) -> String {
    tasks.iter().map(TaskId::to_string).collect::<Vec<_>>().join(", ")
}

/// A vote that is gone or changed, where no commit of the range is known to have done that.
fn of_vote(facts: &RangeFacts<'_>, about: &About<'_>, is_deleted: bool, book: &mut Violations<'_>) {
    let is_reported = |step: &RecordStep| matches!(step, RecordStep::Vote { path, .. } if Some(path.as_str()) == about.file);
    if !facts.steps.iter().any(is_reported) {
        rewritten(about, is_deleted, book);
    }
}

fn shortened(facts: &RangeFacts<'_>, task: Option<&RangeTask>, about: &About<'_>, book: &mut Violations<'_>) {
    let is_reported = |step: &RecordStep| {
        let RecordStep::History { task: id, before, after, .. } = step else { return false };
        about.task == Some(id) && before.iter().any(|step| !after.contains(step))
    };
    // What a commit took out is reported for that commit, a deleted record for the record.
    if facts.steps.iter().any(is_reported) || task.is_some_and(|task| task.is_deleted) {
        return;
    }
    let message = "moves that the base has are no longer in the history";
    let fix = about.file.map(super::moves::restore);
    book.add(GateRule::LegalMoves, message, about.with(fix));
}

fn wrong_stage(task: Option<&RangeTask>, expected: &Stage, about: &About<'_>, book: &mut Violations<'_>) {
    let Some(after) = task.and_then(|task| task.after.as_ref()) else { return };
    let was_so = |old: &crate::model::Task| old.stage == after.stage && old.history == after.history;
    if task.and_then(|task| task.before.as_ref()).is_some_and(was_so) {
        return;
    }
    let message = format!("`stage` says {}, and the history ends in {expected}: set by hand", after.stage);
    let words = ["set-stage", after.id.as_str(), after.stage.as_str()];
    let fix = Some(Fix::Run(Suggestion::tracker(words)));
    book.add(GateRule::LegalMoves, message, about.with(fix));
}

fn veto(
    facts: &RangeFacts<'_>,
    objection: &Objection,
    stage: &Stage,
    about: &About<'_>,
    book: &mut Violations<'_>,
) {
    let at = facts.landing.cast.iter().position(|vote| Some(&vote.path) == objection.path.as_ref());
    let Some((at, id)) = at.zip(objection.task.as_ref()) else { return };
    let missing = facts.rejection(&facts.landing.votes[at]);
    let fix = Some(missing.fix(id));
    let message = format!("left {stage}, although it is rejected {missing}");
    book.add(GateRule::EarnedMoves, message, about.with(fix));
}

fn unearned(
    facts: &RangeFacts<'_>,
    task: Option<&RangeTask>,
    stage: &Stage,
    role: &JudgedRole,
    about: &About<'_>,
    book: &mut Violations<'_>,
) {
    let Some(task) = task else { return };
    let missing = facts.missing_of(role, book.config);
    let Some(missing) = missing.iter().find(|missing| matches!(missing, Missing::Signoff { .. })) else {
        return;
    };
    let message = format!("left {stage}, without the {missing}{}", exceptions(facts, role));
    let fix = Some(super::moves::fix_of(task, missing));
    book.add(GateRule::EarnedMoves, message, about.with(fix));
    for (at, status) in &role.votes {
        let Some(vote) = facts.vote(*at, status) else { continue };
        not_counted(facts, &task.id, vote, Level::Error, book);
    }
}

/// Says why approvals do not count.
pub(super) fn exceptions(facts: &RangeFacts<'_>, role: &JudgedRole) -> String {
    let exception = |(at, status): &(usize, crate::policy::VoteStatus)| {
        let vote = facts.vote(*at, status)?;
        let why = status.why_not()?;
        let name = (facts.people)(&vote.record.vote.by).name;
        let is_approval = vote.record.vote.verdict == Verdict::Approved;
        (is_approval && *why != WhyNot::Superseded).then(|| match why {
            WhyNot::Stale(_) => format!("that of {name} is {why}"),
            _ => format!("that of {name} does not count: {why}"),
        })
    };
    let all: Vec<String> = role.votes.iter().filter_map(exception).collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join("; ")) }
}

/// Names the rule by which a vote does not count.
pub(super) fn not_counted(
    facts: &RangeFacts<'_>,
    id: &TaskId,
    vote: Vote<'_>,
    most: Level,
    book: &mut Violations<'_>,
) {
    let Some(why) = vote.status.why_not() else { return };
    let Some(rule) = rule_against(why) else { return };
    let (name, role) = ((facts.people)(&vote.record.vote.by).name, &vote.record.vote.role);
    let file = Some(facts.landing.cast[vote.at].path.as_str());
    let about = About { task: Some(id), file, ..About::default() };
    book.add_at(most, rule, format!("the vote of {name} as {role} does not count: {why}"), about);
}

/// A file that came with no task was seen by nobody.
fn unlinked(facts: &RangeFacts<'_>, objection: &Objection, book: &mut Violations<'_>) {
    let path = name(objection);
    if owners_violation(facts, path, None, book) {
        return;
    }
    let roles = required_anywhere(book.config, path);
    if roles.is_empty() {
        return;
    }
    let message = format!("{path} changed without a task, so {} never saw it", roles.join(", "));
    let about =
        About { file: Some(path), fix: advice("link the commit to a task: Task: ID"), ..About::default() };
    book.add(GateRule::CoveredFiles, message, about);
}

/// Returns the message for a file that a role has not seen; none where that is reported otherwise.
fn uncovered<'f>(
    facts: &'f RangeFacts<'_>,
    objection: &'f Objection,
    unapproved: &'f [TaskId],
    is_off_route: bool,
    book: &mut Violations<'_>,
) -> Option<Uncovered<'f>> {
    let (path, role) = (name(objection), objection.role.as_deref().unwrap_or_default());
    let owners = facts
        .tasks
        .iter()
        .filter(|task| task.commits.iter().any(|at| facts.commits[*at].paths.iter().any(|own| own == path)));
    let ids: BTreeSet<&TaskId> = owners.map(|task| &task.id).collect();
    let task = unapproved.first().or(ids.first().copied());
    if book.config.policy.gate.owners.as_deref() == Some(role) && owners_violation(facts, path, task, book) {
        return None;
    }
    // Where the move itself was not earned for want of the same approval, that is reported already.
    let is_reported = |other: &Objection| {
        matches!(other.ruling, Ruling::Unearned { .. })
            && other.role.as_deref() == Some(role)
            && other.task.as_ref().is_some_and(|id| ids.contains(id))
    };
    let is_error = book.level_of(GateRule::EarnedMoves) == Level::Error;
    if is_error && facts.landing.judgement.objections.iter().any(is_reported) {
        return None;
    }
    Some(Uncovered { path, task, is_off_route, roles: vec![role] })
}

fn say_uncovered(facts: &RangeFacts<'_>, file: &Uncovered<'_>, book: &mut Violations<'_>) {
    let (path, task) = (file.path, file.task);
    let roles = file.roles.join(" and ");
    let form = |one: &'static str, many: &'static str| if file.roles.len() == 1 { one } else { many };
    let no_approval = || format!("{roles} {} no valid approval of {path} as it is now", form("has", "have"));
    let (message, fix) = match task {
        Some(id) if is_cancelled(facts, id) => (
            format!("{path} changed for a task that is cancelled, so {roles} will not see it"),
            advice("take the change back, or link the commit to a task that is open"),
        ),
        Some(_) if file.is_off_route => (
            format!(
                "{roles} {} {path}, which no stage of this task's type requires",
                form("reviews", "review")
            ),
            advice("give the task a type whose stages require that role, and have it reviewed"),
        ),
        Some(id) => (no_approval(), Some(Fix::Run(back_to_review(facts, id)))),
        None => (no_approval(), None),
    };
    let about = About { task, file: Some(path), fix, ..About::default() };
    book.add(GateRule::CoveredFiles, message, about);
}

/// The command that sends a task back to where it can be reviewed again.
fn back_to_review(facts: &RangeFacts<'_>, id: &TaskId) -> Suggestion {
    let task = facts.tasks.iter().find(|task| task.id == *id);
    let is_complete = task.and_then(|task| task.after.as_ref()).is_some_and(|task| task.stage.is_complete());
    super::moves::back(id, is_complete, "changed after review")
}

fn is_cancelled(facts: &RangeFacts<'_>, id: &TaskId) -> bool {
    let task = facts.tasks.iter().find(|task| task.id == *id);
    task.and_then(|task| task.after.as_ref()).is_some_and(|task| task.cancelled.is_some())
}

/// Whether a commit of the range undoes an earlier one exactly.
pub(super) fn is_revert(facts: &RangeFacts<'_>, commit: Option<&str>) -> bool {
    let landing = &facts.landing;
    let mut reverts = landing.judgement.reverts.keys().filter_map(|commit| landing.commits.get(commit));
    commit.is_some_and(|commit| reverts.any(|id| id == commit))
}

/// Whether an exact revert deleted the record of a task.
pub(super) fn is_reverted(facts: &RangeFacts<'_>, task: &RangeTask) -> bool {
    let deleting = facts.commits.iter().rev().find(|commit| commit.paths.contains(&task.path));
    deleting.is_some_and(|commit| is_revert(facts, Some(&commit.id)))
}
