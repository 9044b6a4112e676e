//! Which votes count: one row for each rule.

use super::{Flaw, Signoffs, Trust, VoteRecord, VoteStatus, WhyNot, judge};
use crate::model::{
    Config, MoveKind, Person, PolicyRules, RoleRules, SelfApproval, Signatures, Task, TaskId, Verdict,
};
use crate::policy::tests::example::{ADA, KEN, config, in_order, moved, seal, stage, task_in, vote_record};
use crate::policy::{Staleness, Tally};

fn approval(minute: i64, email: &str, role: &str) -> VoteRecord {
    vote_record(minute, email, role, Verdict::Approved)
}

fn rejection(minute: i64, email: &str, role: &str) -> VoteRecord {
    vote_record(minute, email, role, Verdict::Rejected)
}

/// Changes a vote and gives it the digest of what it says then.
fn with(record: VoteRecord, change: impl FnOnce(&mut VoteRecord)) -> VoteRecord {
    let mut record = tampered(record, change);
    seal(&mut record);
    record
}

/// Changes a vote and leaves its digest as it was.
fn tampered(mut record: VoteRecord, change: impl FnOnce(&mut VoteRecord)) -> VoteRecord {
    change(&mut record);
    record
}

fn judged<'v>(task: &Task, config: &Config, records: &'v [VoteRecord]) -> Signoffs<'v> {
    judge(task, config, records, "c", Person::clone)
}

/// Returns the status_of of the vote of each name, in order of names.
fn statuses_of(task: &Task, config: &Config, records: &[VoteRecord]) -> Vec<VoteStatus> {
    let records = &in_order(records);
    let signoffs = judged(task, config, records);
    let votes = signoffs.roles.iter().flat_map(|role| &role.votes).chain(&signoffs.others);
    let mut found: Vec<_> = votes.map(|vote| (vote.record.name.clone(), vote.status.clone())).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found.len(), records.len(), "every vote is shown");
    found.into_iter().map(|(_, status_of)| status_of).collect()
}

fn status_of(task: &Task, config: &Config, record: VoteRecord) -> VoteStatus {
    statuses_of(task, config, &[record]).remove(0)
}

fn not(why: WhyNot) -> VoteStatus {
    VoteStatus::None(why)
}

#[test]
fn a_sound_approval_counts() {
    assert_eq!(status_of(&task_in("qa"), &config(), approval(1, KEN, "reviewer")), VoteStatus::Approval);
}

#[test]
fn each_reason_not_to_count() {
    let mut strict = config();
    strict.policy.signatures = Signatures::Require;
    strict.policy.self_approval = SelfApproval::Forbid;
    strict.policy.agents = vec!["claude".to_owned()];
    strict.roles.get_mut("tester").unwrap().people_only = true;
    strict.roles.get_mut("tester").unwrap().members = Vec::new();
    let signed = |record: VoteRecord| with(record, |record| record.trust = Trust::Signed);
    let other = TaskId::parse("TASK-1").unwrap();
    let changed = vec![Staleness::FileChanged("src/a.rs".to_owned())];
    let stale = with(approval(1, KEN, "reviewer"), |record| {
        record.evidence.stale = vec![Staleness::FileChanged("src/a.rs".to_owned())];
    });
    let own = |email: &str| {
        with(approval(1, email, "reviewer"), |record| {
            record.trust = Trust::Signed;
            record.evidence.is_own_work = true;
        })
    };
    let mut lenient = config();
    lenient.roles.insert("designer".to_owned(), RoleRules::default());
    let mut named = lenient.clone();
    named.policy.signatures = Signatures::Warn;
    named.roles.get_mut("tester").unwrap().members = vec!["Grace".to_owned()];
    let rows: Vec<(&str, &Config, VoteRecord, WhyNot)> = vec![
        (
            "copied into this folder",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.vote.task = other.clone()),
            WhyNot::Copied(other),
        ),
        ("outside the members", &lenient, approval(1, "bob@example.com", "tester"), WhyNot::Outsider),
        (
            "named like a member, where signatures tell who signs",
            &named,
            with(approval(1, "mallory@example.com", "tester"), |record| {
                record.vote.by.name = "Grace".to_owned();
            }),
            WhyNot::Outsider,
        ),
        (
            "a role that no table defines",
            &lenient,
            approval(1, KEN, "reviwer"),
            WhyNot::UndefinedRole("reviwer".to_owned()),
        ),
        (
            "a rejection for a role that no table defines",
            &lenient,
            vote_record(1, KEN, "reviwer", Verdict::Rejected),
            WhyNot::UndefinedRole("reviwer".to_owned()),
        ),
        ("stale", &lenient, stale, WhyNot::Stale(changed)),
        (
            "an earlier round",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.vote.round = 0),
            WhyNot::OtherRound { cast: 0, now: 1 },
        ),
        (
            "a round that has not begun",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.vote.round = 3),
            WhyNot::UnbegunRound { cast: 3, now: 1 },
        ),
        (
            "a rejection of a round that has not begun",
            &lenient,
            with(rejection(1, KEN, "reviewer"), |record| record.vote.round = 99),
            WhyNot::UnbegunRound { cast: 99, now: 1 },
        ),
        (
            "a rejection from the future",
            &lenient,
            with(rejection(1, KEN, "reviewer"), |record| record.flaw = Some(Flaw::Future)),
            WhyNot::Future,
        ),
        (
            "committed by another",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.trust = Trust::Unverified),
            WhyNot::Unattributed,
        ),
        (
            "another change than its commit shows",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.evidence.is_unshown = true),
            WhyNot::NotShown,
        ),
        (
            "another acceptance text",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.vote.covers.criteria = "d".to_owned()),
            WhyNot::Stale(vec![Staleness::CriteriaChanged]),
        ),
        (
            "another stage",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.vote.stage = stage("sec")),
            WhyNot::OtherStage(stage("sec")),
        ),
        ("a role that is not required", &lenient, approval(1, KEN, "designer"), WhyNot::NotRequired),
        (
            "tampered with",
            &lenient,
            tampered(approval(1, KEN, "reviewer"), |record| record.vote.covers.files.clear()),
            WhyNot::Unsound,
        ),
        (
            "altered",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.flaw = Some(Flaw::Altered)),
            WhyNot::Altered,
        ),
        (
            "badly signed",
            &lenient,
            with(approval(1, KEN, "reviewer"), |record| record.flaw = Some(Flaw::BadSignature)),
            WhyNot::BadSignature,
        ),
        ("not signed", &strict, approval(1, KEN, "reviewer"), WhyNot::Unsigned),
        ("an agent", &strict, signed(approval(1, "claude@bots.example", "tester")), WhyNot::Agent),
        ("the author", &strict, own("dev@example.com"), WhyNot::OwnWork),
        (
            "an unknown verdict",
            &lenient,
            vote_record(1, KEN, "reviewer", Verdict::Unknown("maybe".to_owned())),
            WhyNot::UnknownVerdict("maybe".to_owned()),
        ),
        ("withdrawn", &lenient, vote_record(1, KEN, "reviewer", Verdict::Withdrawn), WhyNot::Withdrawn),
    ];
    for (what, config, record, why) in rows {
        assert_eq!(status_of(&task_in("qa"), config, record), not(why), "{what}");
    }
    // What is no reason.
    assert_eq!(status_of(&task_in("qa"), &config(), own("dev@example.com")), VoteStatus::Approval);
    let uncommitted = with(approval(1, KEN, "reviewer"), |record| {
        record.trust = Trust::Unverified;
        record.is_committed = false;
    });
    assert_eq!(status_of(&task_in("qa"), &config(), uncommitted), VoteStatus::Approval);
    let brought = with(rejection(1, KEN, "reviewer"), |record| record.trust = Trust::Unverified);
    assert_eq!(status_of(&task_in("qa"), &config(), brought), VoteStatus::Rejection, "whoever brought it");
    let agent = signed(approval(1, "claude@bots.example", "reviewer"));
    assert_eq!(
        status_of(&task_in("qa"), &strict, agent),
        VoteStatus::Approval,
        "the role is not for people only"
    );
}

#[test]
fn an_agent_replaces_no_vote_of_its_person() {
    let (config, task) = (config(), task_in("qa"));
    let by_agent = |mut record: VoteRecord, name: &str| {
        record.vote.agent = Some(name.to_owned());
        record
    };
    let after = |mut record: VoteRecord, other: &VoteRecord| {
        record.evidence.after.insert(other.name.clone());
        record
    };
    let first = rejection(1, KEN, "reviewer");
    let agents = after(by_agent(approval(2, KEN, "reviewer"), "builder-1"), &first);
    let superseded = not(WhyNot::Superseded);
    let counted = statuses_of(&task, &config, &[first.clone(), agents]);
    assert_eq!(counted, [VoteStatus::Rejection, superseded.clone()], "it counts still");
    let own = after(approval(2, KEN, "reviewer"), &first);
    assert_eq!(statuses_of(&task, &config, &[first, own]), [superseded.clone(), VoteStatus::Approval]);
    let agents = by_agent(rejection(1, KEN, "reviewer"), "builder-1");
    for (name, expected) in [
        (None, [superseded.clone(), VoteStatus::Approval]),
        (Some("builder-1"), [superseded.clone(), VoteStatus::Approval]),
        (Some("builder-2"), [VoteStatus::Rejection, superseded]),
    ] {
        let later = after(approval(2, KEN, "reviewer"), &agents);
        let later = name.map_or(later.clone(), |name| by_agent(later, name));
        assert_eq!(statuses_of(&task, &config, &[agents.clone(), later]), expected, "{name:?}");
    }
}

#[test]
fn the_last_vote_of_a_person_speaks() {
    let superseded = || not(WhyNot::Superseded);
    let config = config();
    let task = task_in("qa");
    let by = |minute, verdict| vote_record(minute, KEN, "reviewer", verdict);
    use Verdict::{Approved, Rejected, Withdrawn};
    for (first, second, expected) in [
        (Approved, Rejected, VoteStatus::Rejection),
        (Rejected, Approved, VoteStatus::Approval),
        (Rejected, Withdrawn, not(WhyNot::Withdrawn)),
        (Approved, Withdrawn, not(WhyNot::Withdrawn)),
        (Approved, Approved, VoteStatus::Approval),
    ] {
        let records = [by(2, second), by(1, first)];
        assert_eq!(statuses_of(&task, &config, &records), [superseded(), expected]);
    }
    let other = [by(1, Rejected), approval(2, ADA, "reviewer")];
    assert_eq!(
        statuses_of(&task, &config, &other),
        [VoteStatus::Rejection, VoteStatus::Approval],
        "nobody lifts another's veto"
    );
    let role = [by(1, Rejected), approval(2, KEN, "tester")];
    assert_eq!(
        statuses_of(&task, &config, &role),
        [VoteStatus::Rejection, VoteStatus::Approval],
        "each role for itself"
    );
}

#[test]
fn what_is_doubtful_lifts_no_veto() {
    let task = task_in("qa");
    let lenient = config();
    let mut strict = config();
    strict.policy.signatures = Signatures::Require;
    type Row<'c> = (&'static str, &'c Config, fn(&mut VoteRecord));
    let doubtful: [Row<'_>; 4] = [
        ("altered", &lenient, |record| record.flaw = Some(Flaw::Altered)),
        ("badly signed", &lenient, |record| record.flaw = Some(Flaw::BadSignature)),
        ("not signed", &strict, |record| record.trust = Trust::Attributed),
        ("tampered with", &lenient, |record| record.vote.covers.digest = "0".repeat(64)),
    ];
    for (what, config, spoil) in doubtful {
        for verdict in [Verdict::Approved, Verdict::Withdrawn] {
            let records =
                [rejection(1, KEN, "reviewer"), tampered(vote_record(2, KEN, "reviewer", verdict), spoil)];
            assert_eq!(statuses_of(&task, config, &records)[0], VoteStatus::Rejection, "{what}");
        }
        assert_eq!(
            status_of(&task, config, tampered(rejection(1, KEN, "reviewer"), spoil)),
            VoteStatus::Rejection,
            "{what}"
        );
    }
}

#[test]
fn a_rejection_counts_until_its_author_votes_again() {
    let mut task = task_in("qa");
    let config = config();
    let rejected = rejection(1, KEN, "reviewer");
    let early = approval(1, ADA, "tester");
    task.history
        .extend([moved("qa", "dev", MoveKind::Fail, "x"), moved("dev", "qa", MoveKind::Advance, "done")]);
    let records = [rejected.clone(), early];
    let found = statuses_of(&task, &config, &records);
    assert_eq!(found, [VoteStatus::Rejection, not(WhyNot::OtherRound { cast: 1, now: 2 })]);
    let again = with(approval(9, KEN, "reviewer"), |record| record.vote.round = 2);
    let records = [rejected.clone(), again];
    assert_eq!(statuses_of(&task, &config, &records), [not(WhyNot::Superseded), VoteStatus::Approval]);
    // Sent back, it still shows.
    let mut back = task_in("qa");
    back.history.push(moved("qa", "dev", MoveKind::Fail, "x"));
    back.stage = stage("dev");
    let records = [rejected];
    let signoffs = judged(&back, &config, &records);
    assert_eq!(signoffs.tally([]), Tally { rejected: 1, ..Tally::default() });
    assert!(signoffs.are_complete(), "and keeps no other stage's gate shut");
}

#[test]
fn an_override_that_leads_on_replaces_rejections() {
    let config = config();
    let rejected = || rejection(1, KEN, "reviewer");
    for (moves, expected) in [
        (vec![moved("qa", "sec", MoveKind::Override, "shipped")], not(WhyNot::Overridden)),
        (
            vec![moved("qa", "dev", MoveKind::Fail, "x"), moved("dev", "complete", MoveKind::Override, "")],
            not(WhyNot::Overridden),
        ),
        (vec![moved("qa", "dev", MoveKind::Override, "back")], VoteStatus::Rejection),
        (vec![moved("qa", "sec", MoveKind::Advance, "override: trust me")], VoteStatus::Rejection),
        (vec![moved("qa", "sec", MoveKind::Unknown("Override".to_owned()), "x")], VoteStatus::Rejection),
        (vec![moved("qa", "sec", MoveKind::Advance, "done")], VoteStatus::Rejection),
    ] {
        let mut task = task_in("qa");
        task.stage = moves.last().unwrap().to.clone();
        task.history.extend(moves.clone());
        assert_eq!(status_of(&task, &config, rejected()), expected, "{moves:?}");
    }
    // Rejected once more after the override, it counts.
    let mut task = task_in("qa");
    task.history.extend([
        moved("qa", "sec", MoveKind::Override, ""),
        moved("sec", "dev", MoveKind::Fail, "x"),
        moved("dev", "qa", MoveKind::Advance, ""),
    ]);
    let again = with(rejected(), |record| record.vote.round = 2);
    assert_eq!(status_of(&task, &config, again), VoteStatus::Rejection);
}

#[test]
fn a_quorum_counts_people() {
    let canonical = |person: &Person| match person.email.as_str() {
        "ken@home.example" => crate::policy::tests::example::person(KEN),
        _ => person.clone(),
    };
    let config = config();
    let task = task_in("qa");
    let tester = |records: &[VoteRecord]| {
        let signoffs = judge(&task, &config, records, "c", canonical);
        let role = &signoffs.roles[1];
        (role.approvals.len(), role.missing(), role.has_signed_off(), role.waiting_for.clone())
    };
    let ken = approval(1, KEN, "tester");
    let home = approval(2, "ken@home.example", "tester");
    let ada = approval(3, ADA, "tester");
    let rest = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let one = (1, 1, false, rest(&[ADA, "eve@example.com"]));
    assert_eq!(tester(std::slice::from_ref(&ken)), one);
    assert_eq!(tester(&[ken.clone(), home.clone()]), one, "two addresses are one person");
    assert_eq!(tester(&[ken, home, ada.clone()]), (2, 0, true, rest(&[])));
    let eve = rejection(4, "eve@example.com", "tester");
    let vetoed = [approval(1, KEN, "tester"), ada, eve];
    assert_eq!(tester(&vetoed), (2, 0, false, rest(&["eve@example.com"])), "a veto outweighs a quorum");
}

#[test]
fn the_tally_counts_no_more_than_the_quorum() {
    let records = [
        approval(1, KEN, "reviewer"),
        approval(2, ADA, "reviewer"),
        approval(3, ADA, "tester"),
        rejection(4, KEN, "tester"),
    ];
    let config = config();
    let signoffs = judged(&task_in("qa"), &config, &records);
    let expected = Tally { approved: 2, required: 3, rejected: 1, blocking_findings: 0, ..Tally::default() };
    assert_eq!(signoffs.tally([]), expected);
    let nobody = Config { policy: PolicyRules::default(), ..Config::default() };
    assert_eq!(judged(&task_in("qa"), &nobody, &[]).tally([]), Tally::default());
}

#[test]
fn two_branches_that_made_one_move_begin_one_round() {
    let mut task = task_in("qa");
    task.history.push(moved("dev", "qa", MoveKind::Advance, "done elsewhere"));
    assert_eq!(status_of(&task, &config(), approval(1, KEN, "reviewer")), VoteStatus::Approval);
}
