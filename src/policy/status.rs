//! Derives one task's status and badge.

use crate::model::{Badge, Config, Facts, Stage, Status, Summary};

/// The votes and findings that count for a task in the stage it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Approvals that count, at most one per role and place in its quorum.
    pub approved: u32,
    /// Approvals that the stage requires; 0 where nobody has counted yet.
    pub required: u32,
    /// Rejections that count.
    pub rejected: u32,
    /// Open findings that keep the task in its stage.
    pub blocking_findings: u32,
    /// What is asked of its evidence: roles of its stage, and checkboxes that name one.
    pub evidence: u32,
    /// How much of that is shown.
    pub proven: u32,
}

impl Tally {
    /// Returns the tally with `required` filled in from the configuration where nobody has counted: the quorum
    /// of each role that the task's stage asks, and the evidence of those that have a command.
    #[must_use]
    pub fn or_required_by(self, task: &Summary<'_>, config: &Config) -> Self {
        let (mut tally, roles) = (self, config.signoffs_of(task.stage));
        if tally.required == 0 {
            let quorums = roles.iter().map(|role| config.role(role).rules.quorum);
            tally.required = quorums.fold(0, u32::saturating_add);
        }
        if tally.evidence == 0 && config.requires_evidence(task.stage) {
            let asked = roles.iter().filter(|role| config.role(role).rules.verify.is_some());
            tally.evidence = u32::try_from(asked.count()).unwrap_or(u32::MAX);
        }
        tally
    }

    /// Returns how many approvals are missing.
    #[must_use]
    pub fn missing(&self) -> u32 {
        self.required.saturating_sub(self.approved)
    }

    /// Returns how many rejections and blocking findings are open.
    #[must_use]
    pub fn issues(&self) -> u32 {
        self.rejected.saturating_add(self.blocking_findings)
    }
}

/// Derives a task's status. `is_open` says whether the task of an id is neither complete nor cancelled; for an
/// id that no task has it answers yes, because a mistyped id must not let work begin.
pub fn status_of(task: &Summary<'_>, is_open: impl Fn(&str) -> bool) -> Status {
    status_when(task, || task.depends_on.iter().any(&is_open))
}

/// Derives a task's status; `is_blocked` says whether one of its dependencies is open.
pub(super) fn status_when(task: &Summary<'_>, is_blocked: impl FnOnce() -> bool) -> Status {
    if task.cancelled.is_some() {
        Status::Cancelled
    } else if task.stage == Stage::COMPLETE {
        Status::Completed
    } else if task.blocked.is_some() || is_blocked() {
        Status::Blocked
    } else if task.stage == Stage::NONE {
        Status::NotStarted
    } else {
        Status::InProgress
    }
}

/// Derives a task's badge from its stage and from the votes that count there.
///
/// Issues come before everything but completion: a task that a rejection sent back shows them in whatever stage
/// it is in. Without a tally, a stage that asks roles awaits all of them.
#[must_use]
pub fn badge_of(task: &Summary<'_>, config: &Config, tally: Tally) -> Badge {
    let tally = tally.or_required_by(task, config);
    if task.stage == Stage::COMPLETE {
        if is_earned(task, config) { Badge::QaApproved } else { Badge::Done }
    } else if tally.issues() > 0 {
        Badge::IssuesFound
    } else if task.stage == Stage::NONE {
        Badge::Pending
    } else if tally.required == 0 {
        Badge::InProgress
    } else if tally.missing() > 0 {
        Badge::AwaitingQa
    } else {
        Badge::ReadyToFinalise
    }
}

/// Returns whether some stage of a task's pipeline requires approvals, and the task left each that does with them.
fn is_earned(task: &Summary<'_>, config: &Config) -> bool {
    let stages = config.stages_of(task.kind).iter();
    let mut asking = stages.filter(|stage| !config.signoffs_of(stage.as_str()).is_empty()).peekable();
    asking.peek().is_some() && asking.all(|stage| task.earned.iter().any(|earned| earned == stage.as_str()))
}

/// Puts status and badge together.
#[must_use]
pub fn facts_of(status: Status, badge: Badge) -> Facts {
    Facts { status, badge, ready: status == Status::NotStarted }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Tally, badge_of, status_of};
    use crate::model::{Badge, Config, Stage, StageRules, Status, Summary};

    fn config() -> Config {
        let rules = StageRules {
            signoffs: vec!["code-reviewer".to_owned(), "test-automator".to_owned()],
            ..StageRules::default()
        };
        let silent = StageRules::default();
        let stages = BTreeMap::from([("qa".to_owned(), rules), ("sec".to_owned(), silent)]);
        Config { stages, ..Config::default() }
    }

    fn at<'a>(stage: &'a str) -> Summary<'a> {
        Summary { stage, ..Summary::bare("TASK-1", "t") }
    }

    #[test]
    fn status_is_the_first_that_applies() {
        let waiting = Summary { depends_on: vec!["TASK-2"].into(), ..at("dev") };
        let open = |_: &str| true;
        let closed = |_: &str| false;
        assert_eq!(status_of(&at("none"), open), Status::NotStarted);
        assert_eq!(status_of(&at("dev"), open), Status::InProgress);
        assert_eq!(status_of(&at("no-such-stage"), open), Status::InProgress);
        assert_eq!(status_of(&waiting, open), Status::Blocked);
        assert_eq!(status_of(&waiting, closed), Status::InProgress);
        assert_eq!(status_of(&Summary { blocked: Some("why"), ..waiting.clone() }, closed), Status::Blocked);
        assert_eq!(status_of(&Summary { blocked: Some("why"), ..at("complete") }, open), Status::Completed);
        assert_eq!(status_of(&Summary { cancelled: Some(""), ..at("complete") }, open), Status::Cancelled);
    }

    #[test]
    fn without_votes_the_stage_alone_decides() {
        let config = config();
        for (stage, badge) in [
            ("none", Badge::Pending),
            ("dev", Badge::InProgress),
            ("qa", Badge::AwaitingQa),
            ("sec", Badge::InProgress),
            ("complete", Badge::Done),
        ] {
            assert_eq!(badge_of(&at(stage), &config, Tally::default()), badge, "{stage}");
        }
    }

    #[test]
    fn votes_and_findings_decide_a_stage_with_signoffs() {
        let tally = |approved, rejected, blocking_findings| Tally {
            approved,
            required: 2,
            rejected,
            blocking_findings,
            ..Tally::default()
        };
        let badge = |stage, tally| badge_of(&at(stage), &config(), tally);
        assert_eq!(badge("qa", tally(1, 0, 0)), Badge::AwaitingQa);
        assert_eq!(badge("qa", tally(2, 0, 0)), Badge::ReadyToFinalise);
        assert_eq!(badge("qa", tally(3, 0, 0)), Badge::ReadyToFinalise);
        assert_eq!(badge("qa", tally(2, 1, 0)), Badge::IssuesFound);
        assert_eq!(badge("qa", tally(2, 0, 1)), Badge::IssuesFound);
        assert_eq!(badge("dev", Tally { rejected: 1, ..Tally::default() }), Badge::IssuesFound);
        assert_eq!(badge("complete", tally(2, 1, 1)), Badge::Done);
    }

    #[test]
    fn approved_is_what_left_each_asking_stage_by_an_advance() {
        let stages = ["dev", "qa", "sec", "audit"].map(|stage| Stage::parse(stage).unwrap()).to_vec();
        let mut config = config();
        config.pipeline.stages = stages;
        let badge = |config: &Config, earned: Vec<&'static str>| {
            badge_of(&Summary { earned: earned.into(), ..at("complete") }, config, Tally::default())
        };
        assert_eq!(badge(&config, vec!["qa"]), Badge::QaApproved);
        assert_eq!(badge(&config, vec!["dev", "sec", "audit"]), Badge::Done);
        assert_eq!(badge(&config, vec![]), Badge::Done);
        config.stages.entry("audit".to_owned()).or_default().signoffs.push("auditor".to_owned());
        assert_eq!(badge(&config, vec!["dev", "qa", "sec"]), Badge::Done);
        assert_eq!(badge(&config, vec!["audit", "qa"]), Badge::QaApproved);
        assert_eq!(badge(&Config::default(), vec!["dev", "qa"]), Badge::Done);
    }
}
