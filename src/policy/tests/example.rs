//! One task, its rules and its votes: what the tests of votes and of the machine begin with.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{
    Config, Coverage, CoveredChange, Move, MoveKind, Person, RoleRules, Stage, StageRules, Task, TaskId,
    TreeEntry, Verdict, Vote,
};
use crate::policy::coverage::is_covered;
use crate::policy::{Trust, VoteEvidence, VoteRecord, coverage_digest};

pub(in crate::policy) const ADA: &str = "ada@example.com";
pub(in crate::policy) const KEN: &str = "ken@example.com";

pub(in crate::policy) fn stage(name: &str) -> Stage {
    Stage::parse(name).unwrap()
}

pub(in crate::policy) fn person(email: &str) -> Person {
    let name = email.split('@').next().unwrap();
    Person { name: name.to_owned(), email: email.to_owned() }
}

pub(in crate::policy) fn moved(from: &str, to: &str, kind: MoveKind, why: &str) -> Move {
    Move {
        at: DateTime::UNIX_EPOCH,
        by: "ada".to_owned(),
        agent: None,
        from: stage(from),
        to: stage(to),
        kind,
        why: Some(why.to_owned()),
        signature: None,
    }
}

pub(in crate::policy) fn task_in(name: &str) -> Task {
    let mut task = Task {
        stage: stage(name),
        history: vec![moved("none", "dev", MoveKind::Start, "started")],
        ..Task::new(TaskId::parse("TASK-7Q2M").unwrap(), "Add dark mode")
    };
    if name != "dev" {
        task.history.push(moved("dev", name, MoveKind::Advance, "done"));
    }
    task
}

pub(in crate::policy) fn file(path: &str, blob: &str) -> CoveredChange {
    CoveredChange::to(path, TreeEntry::File { mode: 0o100_644, blob: blob.repeat(40) })
}

/// The files that the task changed.
pub(in crate::policy) fn files() -> Vec<CoveredChange> {
    vec![file("src/a.rs", "a"), file("docs/b.md", "b"), file(".tracker/tasks/TASK-7Q2M.md", "c")]
}

/// A config in which `qa` asks a reviewer, who reviews `src`, and a tester, of whom two must agree.
pub(in crate::policy) fn config() -> Config {
    let mut config = Config::default();
    let signoffs = ["reviewer", "tester"].map(str::to_owned).to_vec();
    config.stages.insert("qa".to_owned(), StageRules { signoffs, ..StageRules::default() });
    let rules = |members: &[&str], quorum, paths: &[&str]| RoleRules {
        members: members.iter().map(|text| (*text).to_owned()).collect(),
        quorum,
        people_only: false,
        paths: paths.iter().map(|text| (*text).to_owned()).collect(),
        ..RoleRules::default()
    };
    config.roles.insert("reviewer".to_owned(), rules(&[], 1, &["src/**"]));
    config.roles.insert("tester".to_owned(), rules(&[ADA, KEN, "eve@example.com"], 2, &[]));
    config
}

/// A sound vote, cast some minutes after the beginning.
pub(in crate::policy) fn vote_record(minute: i64, email: &str, role: &str, verdict: Verdict) -> VoteRecord {
    let task = task_in("qa");
    let config = config();
    let reviewed = files().into_iter().filter(|file| is_covered(config.role(role), &file.path));
    let covers = Coverage::of("c", reviewed);
    let mut record = VoteRecord {
        name: format!("{minute:03}-{role}"),
        folder: task.id.clone(),
        trust: Trust::Attributed,
        flaw: None,
        is_committed: true,
        evidence: VoteEvidence::default(),
        vote: Vote {
            task: task.id,
            role: role.to_owned(),
            verdict,
            by: person(email),
            agent: None,
            at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute),
            stage: stage("qa"),
            round: 1,
            commit: "0".repeat(40),
            covers,
            replaces: Vec::new(),
            notes: None,
            findings: Vec::new(),
            signature: None,
            unknown: Vec::new(),
            warnings: Vec::new(),
        },
    };
    seal(&mut record);
    record
}

/// Gives a vote the digest of what it says.
pub(in crate::policy) fn seal(record: &mut VoteRecord) {
    record.vote.covers.digest = coverage_digest(&record.vote);
}

/// Returns the votes as they are known once each was committed after the one before it, by time.
pub(in crate::policy) fn in_order(records: &[VoteRecord]) -> Vec<VoteRecord> {
    let mut records = records.to_vec();
    let known = records.clone();
    for record in &mut records {
        let own = known.iter().filter(|other| {
            other.vote.by.email.eq_ignore_ascii_case(&record.vote.by.email)
                && other.vote.role == record.vote.role
                && other.vote.at < record.vote.at
        });
        record.evidence.after = own.map(|other| other.name.clone()).collect();
    }
    records
}
