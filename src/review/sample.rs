//! Made-up reviews, for tests of how they look.

use chrono::{DateTime, Utc};

use super::*;
use crate::model::Suggestion;
use crate::model::{
    FindingSeverity, FindingState, GateRule, Level, RecordKind, Stage, Verdict as VoteVerdict,
};
use crate::policy::{Fix, Missing, Trust};

/// Returns a time some hours after a fixed one.
pub(crate) fn at(hours: i64) -> DateTime<Utc> {
    "2026-11-11T06:00:00Z".parse::<DateTime<Utc>>().expect("a time") + chrono::Duration::hours(hours)
}

/// Makes a commit of Ada's.
pub(crate) fn commit(id: &str, subject: &str) -> CommitReview {
    CommitReview { id: format!("{id:0<40}"), subject: subject.to_owned(), author: "Ada Lovelace".to_owned() }
}

/// Makes a changed file.
pub(crate) fn file(path: &str, lines: (u32, u32), covered_by: &[&str]) -> FileReview {
    FileReview {
        path: path.to_owned(),
        change: FileChange::Changed,
        added: Some(lines.0),
        removed: Some(lines.1),
        covered_by: covered_by.iter().map(|role| (*role).to_owned()).collect(),
        is_uncovered: covered_by.is_empty(),
    }
}

/// Makes a move.
pub(crate) fn moved(from: &str, to: &str, hours: i64) -> MoveReview {
    let stage = |name: &str| Stage::parse(name).expect("a stage");
    MoveReview {
        from: stage(from),
        to: stage(to),
        by: "Ada Lovelace".to_owned(),
        at: at(hours),
        why: None,
        is_override: false,
    }
}

/// Makes a vote that counts.
pub(crate) fn vote(role: &str, by: &str, trust: Trust) -> VoteReview {
    VoteReview {
        role: role.to_owned(),
        verdict: VoteVerdict::Approved,
        by: by.to_owned(),
        agent: None,
        at: at(2),
        stage: Stage::parse("qa").expect("a stage"),
        trust,
        counts: true,
        reason: None,
        why_not: None,
        earlier: None,
        notes: None,
        is_new: true,
    }
}

/// Makes a violation that shuts the gate.
pub(crate) fn violation(rule: GateRule, level: Level, task: Option<&str>, message: &str) -> Violation {
    Violation { task: task.map(str::to_owned), ..Violation::of(rule, level, message) }
}

/// Judges: counts the violations by rule and by task.
pub(crate) fn judged(mut review: Review, violations: Vec<Violation>) -> Review {
    let count = |rule: GateRule, is_error: bool| {
        let of_rule =
            |violation: &&Violation| violation.rule == rule.into() && violation.is_error() == is_error;
        violations.iter().filter(of_rule).count()
    };
    let outcome = |rule: GateRule| RuleOutcome {
        rule,
        level: if rule == GateRule::WipLimit { Level::Off } else { rule.default_level() },
        errors: count(rule, true),
        warnings: count(rule, false),
        status: (rule == GateRule::Commands).then(|| "not run: --allow-commands runs them".to_owned()),
    };
    let errors = violations.iter().filter(|violation| violation.is_error()).count();
    let warnings = violations.len() - errors;
    for task in &mut review.tasks {
        let own = violations.iter().filter(|violation| violation.task.as_ref() == Some(&task.id));
        task.errors = own.clone().filter(|violation| violation.is_error()).count();
        task.warnings = own.filter(|violation| !violation.is_error()).count();
    }
    review.verdict = Verdict { rules: GateRule::ALL.map(outcome).to_vec(), violations, errors, warnings };
    review
}

/// Returns a range without tasks and violations.
pub(crate) fn empty() -> Review {
    let range = RangeReview {
        base: Some("origin/main".to_owned()),
        base_commit: Some(format!("{:0<40}", "1a2b3c4")),
        head: "dark-mode".to_owned(),
        head_commit: Some(format!("{:0<40}", "5c23a34")),
        merge_base: Some(format!("{:0<40}", "1a2b3c4")),
        policy: "origin/main".to_owned(),
        ..RangeReview::default()
    };
    let review =
        Review { range, tasks: Vec::new(), unlinked: Unlinked::default(), verdict: Verdict::default() };
    judged(review, Vec::new())
}

/// Returns a range with one task that is well, one that is not, and work that belongs to none.
pub(crate) fn review() -> Review {
    let mut review = empty();
    review.range = RangeReview { commits: 4, files: 5, added: Some(232), removed: Some(219), ..review.range };
    review.tasks = vec![colours(), dark()];
    review.unlinked = Unlinked {
        commits: vec![commit("9fc01aa", "wip")],
        files: vec![FileReview { change: FileChange::Added, ..file("notes.txt", (7, 1), &[]) }],
        policy: vec![FileReview { is_uncovered: false, ..file(RecordKind::Config.file(), (1, 1), &[]) }],
    };
    judged(review, violations())
}

fn dark() -> TaskReview {
    TaskReview {
        id: "TASK-7Q2M".to_owned(),
        title: "Add dark mode to the dashboard".to_owned(),
        stage_before: Stage::parse("dev"),
        stage: Stage::parse("sec"),
        moves: vec![
            MoveReview { why: Some("all boxes ticked".to_owned()), ..moved("dev", "qa", 0) },
            MoveReview { is_override: true, ..moved("qa", "sec", 3) },
        ],
        votes: vec![
            VoteReview {
                notes: Some("clean, follows conventions".to_owned()),
                counts: false,
                reason: Some("stale"),
                why_not: Some("src/theme.rs changed in 4be1c2f".to_owned()),
                ..vote("code-reviewer", "Grace", Trust::Signed)
            },
            vote("test-automator", "Ken", Trust::Attributed),
        ],
        approved: 1,
        required: 2,
        ticked: vec!["toggle in settings".to_owned(), "colours from one table".to_owned()],
        unticked: vec!["remembers the choice".to_owned()],
        dropped: Vec::new(),
        fields: vec![FieldChange {
            key: "priority".to_owned(),
            before: Some("low".to_owned()),
            after: Some("high".to_owned()),
        }],
        is_reworded: true,
        findings: vec![FindingReview {
            id: "F2".to_owned(),
            severity: FindingSeverity::High,
            title: "token logged".to_owned(),
            place: Some("src/auth.rs:41".to_owned()),
            change: Some(FindingChange::Opened),
            by: Some("Grace".to_owned()),
            state: FindingState::Open,
            blocks: true,
        }],
        notes: 1,
        commits: vec![commit("4be1c2f", "Read the colours from one table"), commit("5c23a34", "Remember it")],
        files: vec![
            file("src/theme.rs", (120, 8), &[]),
            file("src/ui/switch.rs", (44, 0), &["code-reviewer", "test-automator"]),
        ],
        missing: vec![
            MissingReview(Missing::Signoff {
                role: "code-reviewer".to_owned(),
                have: 0,
                need: 1,
                is_defined: true,
                waiting_for: Vec::new(),
            }),
            MissingReview(Missing::Blocked("waiting for the design".to_owned())),
        ],
        ..TaskReview::default()
    }
}

fn colours() -> TaskReview {
    TaskReview {
        id: "TASK-3F8K".to_owned(),
        title: "One colour table".to_owned(),
        is_new: true,
        stage: Some(Stage::complete()),
        moves: vec![moved("none", "qa", 1), moved("qa", "complete", 2)],
        votes: vec![
            vote("code-reviewer", "Grace", Trust::Signed),
            vote("test-automator", "Ken", Trust::Signed),
        ],
        approved: 2,
        required: 2,
        commits: vec![commit("77aa001", "One table for all colours")],
        files: vec![file("src/colours.rs", (61, 210), &["code-reviewer"])],
        ..TaskReview::default()
    }
}

fn violations() -> Vec<Violation> {
    let task = Some("TASK-7Q2M");
    let earned = Violation {
        file: Some("src/theme.rs".to_owned()),
        suggestion: Some(Fix::Run(Suggestion::tracker(["approve", "TASK-7Q2M", "--as", "code-reviewer"]))),
        ..violation(
            GateRule::EarnedMoves,
            Level::Error,
            task,
            "TASK-7Q2M left qa, and the vote of code-reviewer is stale: src/theme.rs changed after it",
        )
    };
    let owners = Violation {
        file: Some(RecordKind::Config.file().to_owned()),
        line: Some(12),
        ..violation(
            GateRule::PolicyOwners,
            Level::Error,
            None,
            ".tracker/config.toml lowers the quorum of security-auditor; its owners have not voted",
        )
    };
    let linked = Violation {
        commit: Some(format!("{:0<40}", "9fc01aa")),
        suggestion: Some(Fix::Advice("write `Task: ID` into its message".to_owned())),
        ..violation(GateRule::LinkedCommits, Level::Warn, None, "9fc01aa \"wip\" belongs to no task")
    };
    vec![earned, owners, linked]
}

/// Returns the range with a task and more in which every text that a repository can bring is `text`.
pub(crate) fn everywhere(text: &str) -> Review {
    let own = || text.to_owned();
    let some = || Some(text.to_owned());
    let mut review = review();
    for task in &mut review.tasks {
        task.title = own();
        task.ticked = vec![own(); 2];
        task.unticked = vec![own(); 2];
        task.dropped = vec![own(); 2];
        let rejected = Missing::Rejected { role: own(), by: own(), notes: some() };
        task.missing = vec![MissingReview(Missing::Blocked(own())), MissingReview(rejected)];
        for made in &mut task.moves {
            *made = MoveReview { by: own(), why: some(), ..made.clone() };
        }
        for vote in &mut task.votes {
            vote.counts = false;
            vote.role = own();
            vote.verdict = VoteVerdict::Unknown(own());
            vote.by = own();
            (vote.why_not, vote.notes) = (some(), some());
        }
        task.fields = vec![FieldChange { key: own(), before: some(), after: some() }];
        for finding in &mut task.findings {
            finding.id = own();
            finding.severity = FindingSeverity::Unknown(own());
            finding.title = own();
            finding.state = FindingState::Unknown(own());
            (finding.place, finding.by) = (some(), some());
        }
        task.commits.iter_mut().for_each(|commit| scrawl_commit(commit, text));
        task.files.iter_mut().for_each(|file| scrawl_file(file, text));
    }
    review.unlinked.commits.iter_mut().for_each(|commit| scrawl_commit(commit, text));
    review.unlinked.files.iter_mut().for_each(|file| scrawl_file(file, text));
    review.unlinked.policy.iter_mut().for_each(|file| scrawl_file(file, text));
    review.range = RangeReview { base: some(), head: own(), policy: own(), ..review.range };
    for violation in &mut review.verdict.violations {
        *violation = Violation {
            message: own(),
            suggestion: some().map(Fix::Advice),
            file: some(),
            ..violation.clone()
        };
    }
    review
}

fn scrawl_commit(commit: &mut CommitReview, text: &str) {
    (commit.subject, commit.author) = (text.to_owned(), text.to_owned());
}

fn scrawl_file(file: &mut FileReview, text: &str) {
    file.path = text.to_owned();
    file.covered_by = vec![text.to_owned(); 2];
}
