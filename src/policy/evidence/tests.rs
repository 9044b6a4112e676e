//! Receipts, each with one thing that is otherwise.

use std::collections::BTreeMap;

use super::*;
use crate::model::{CoveredChange, TreeEntry};
use crate::policy::tests::example::{ADA, KEN, config, person, stage};

fn task() -> TaskId {
    TaskId::parse("TASK-7Q2M").unwrap()
}

fn policy() -> Config {
    let mut config = config();
    config.stages.get_mut("qa").unwrap().requires = vec![crate::model::Requirement::Evidence];
    config.roles.get_mut("tester").unwrap().verify = Some("make test".to_owned());
    config
}

fn receipt(email: &str, exit: i32) -> ReceiptRecord {
    let file = TreeEntry::File { mode: 0o100_644, blob: "a".repeat(40) };
    ReceiptRecord {
        name: "a.yaml".to_owned(),
        folder: task(),
        receipt: Receipt {
            task: task(),
            role: "tester".to_owned(),
            by: person(email),
            agent: None,
            at: chrono::DateTime::UNIX_EPOCH,
            commit: "c".repeat(40),
            command: "make test".to_owned(),
            exit,
            millis: 1,
            bytes: 0,
            output: "e".repeat(64),
            tail: None,
            files: vec![CoveredChange::to("src/a.rs", file)],
            digest: "d".repeat(64),
            signature: None,
            unknown: Vec::new(),
            warnings: Vec::new(),
        },
        person: person(email),
        trust: Trust::Attributed,
        is_committed: true,
        flaw: None,
        is_unshown: false,
        is_own_work: false,
        stale: Vec::new(),
    }
}

fn judged(receipts: &[ReceiptRecord], rerun: &Rerun) -> Result<EvidenceLevel, String> {
    let evidence = TaskEvidence { receipts, named: &[], rerun };
    judge_evidence(&task(), "tester", &policy(), evidence).map_err(|why| why.to_string())
}

fn again(exit: EndedAgain) -> Rerun {
    Rerun::Done(BTreeMap::from([("tester".to_owned(), exit)]))
}

#[test]
fn a_receipt_is_worth_what_is_known_of_who_ran_it() {
    let with = |change: &dyn Fn(&mut ReceiptRecord)| {
        let mut record = receipt(ADA, 0);
        change(&mut record);
        [record]
    };
    let weak = |have: &str| Err(format!("only {have} by ada, and checked is required"));
    assert_eq!(judged(&with(&|_| ()), &Rerun::Not), Ok(EvidenceLevel::Checked));
    assert_eq!(judged(&with(&|own| own.is_own_work = true), &Rerun::Not), weak("reported"));
    assert_eq!(judged(&with(&|own| own.trust = Trust::Unverified), &Rerun::Not), weak("reported"));
    let not_committed = with(&|own| (own.trust, own.is_committed) = (Trust::Unverified, false));
    assert_eq!(judged(&not_committed, &Rerun::Not), Ok(EvidenceLevel::Checked));
    let signed = with(&|own| (own.trust, own.is_own_work) = (Trust::Signed, true));
    assert_eq!(judged(&signed, &Rerun::Not), Ok(EvidenceLevel::Signed));
    let own = with(&|own| own.is_own_work = true);
    assert_eq!(judged(&own, &again(Some(0))), Ok(EvidenceLevel::Verified));
    assert_eq!(judged(&own, &Rerun::Later), Ok(EvidenceLevel::Reported));
    let outsider = [receipt("mallory@example.com", 0)];
    assert!(judged(&outsider, &Rerun::Not).is_err());
    assert_eq!(judged(&outsider, &again(Some(0))), Ok(EvidenceLevel::Verified));
}

#[test]
fn what_must_be_signed_is_not_let_through_for_later() {
    let mut config = policy();
    config.policy.evidence = EvidenceLevel::Signed;
    let receipts = [receipt(ADA, 0)];
    for rerun in [Rerun::Not, Rerun::Later, again(Some(0))] {
        let judged = judge_evidence(
            &task(),
            "tester",
            &config,
            TaskEvidence { receipts: &receipts, named: &[], rerun: &rerun },
        );
        assert!(matches!(judged, Err(WhyNoEvidence::Weak { .. })), "{rerun:?}");
    }
}

#[test]
fn whoever_saw_it_fail_must_see_it_pass() {
    let failed = "it failed with exit code 1, run by ken";
    let [good, bad] = [receipt(ADA, 0), receipt(KEN, 1)];
    assert_eq!(judged(&[bad.clone(), good.clone()], &Rerun::Not), Err(failed.to_owned()));
    assert_eq!(judged(&[good.clone(), bad.clone()], &Rerun::Not), Err(failed.to_owned()));
    assert!(judged(&[bad.clone(), good.clone(), receipt(KEN, 0)], &Rerun::Not).is_ok());
    // What failed on other content says nothing of this.
    let stale = ReceiptRecord { stale: vec![Staleness::FileChanged("a".to_owned())], ..bad };
    assert!(judged(&[good, stale], &Rerun::Not).is_ok());
}

#[test]
fn what_was_run_again_and_failed_is_no_evidence_whoever_signed_it() {
    let signed = ReceiptRecord { trust: Trust::Signed, ..receipt(ADA, 0) };
    for (exit, message) in
        [(Some(2), "run again, it failed with exit code 2"), (None, "run again, it did not come to its end")]
    {
        assert_eq!(judged(std::slice::from_ref(&signed), &again(exit)), Err(message.to_owned()));
    }
}

#[test]
fn what_does_not_fit_the_task_the_policy_or_the_content_counts_for_nothing() {
    type Change<'c> = &'c dyn Fn(&mut ReceiptRecord);
    let changes: [(&str, Change<'_>); 9] = [
        ("its receipt is of TASK-0THR", &|own| own.receipt.task = TaskId::parse("TASK-0THR").unwrap()),
        ("its receipt is of TASK-0THR", &|own| own.folder = TaskId::parse("TASK-0THR").unwrap()),
        ("another command was run than the policy names", &|own| own.receipt.command.push(' ')),
        ("it ran before a changed", &|own| own.stale = vec![Staleness::FileChanged("a".to_owned())]),
        ("its receipt lists what its commit does not show", &|own| own.is_unshown = true),
        ("its receipt was changed after it was added", &|own| own.flaw = Some(ReceiptFlaw::Altered)),
        ("its receipt is a copy of another", &|own| own.flaw = Some(ReceiptFlaw::Copy)),
        ("its receipt was edited: the digest does not fit", &|own| own.flaw = Some(ReceiptFlaw::Unsound)),
        ("its receipt is dated ahead of the clock", &|own| own.flaw = Some(ReceiptFlaw::Future)),
    ];
    for (message, change) in changes {
        let mut record = receipt(ADA, 0);
        record.trust = Trust::Signed;
        change(&mut record);
        assert_eq!(judged(&[record], &again(Some(0))), Err(message.to_owned()));
    }
    assert_eq!(judged(&[], &again(Some(0))), Err("nobody has run its command".to_owned()));
}

#[test]
fn a_role_without_a_command_or_without_a_table_has_no_evidence() {
    let receipts = [ReceiptRecord { trust: Trust::Signed, ..receipt(ADA, 0) }];
    let evidence = TaskEvidence { receipts: &receipts, named: &[], rerun: &Rerun::Not };
    for role in ["reviewer", "nobody"] {
        let judged = judge_evidence(&task(), role, &policy(), evidence);
        assert_eq!(judged, Err(WhyNoEvidence::NoCommand));
    }
}

#[test]
fn roles_and_checkboxes_are_counted() {
    let (config, receipts) = (policy(), [receipt(ADA, 0)]);
    let count = |named: &[&str], receipts: &[ReceiptRecord], at: &str| {
        let named: Vec<String> = named.iter().map(ToString::to_string).collect();
        let evidence = TaskEvidence { receipts, named: &named, rerun: &Rerun::Not };
        count_evidence(&task(), &stage(at), &config, evidence)
    };
    assert_eq!(count(&[], &receipts, "qa"), (1, 1));
    assert_eq!(count(&[], &[], "qa"), (0, 1));
    assert_eq!(count(&[], &receipts, "dev"), (0, 0));
    assert_eq!(count(&["tester", "tester", "reviewer"], &receipts, "qa"), (2, 3));
    assert_eq!(count(&["tester"], &receipts, "dev"), (1, 1));
    let named = ["reviewer".to_owned()];
    assert_eq!(evidence_roles(&config, &stage("qa"), &named), ["tester", "reviewer"]);
    assert!(evidence_roles(&config, &stage("dev"), &named).is_empty());
}
