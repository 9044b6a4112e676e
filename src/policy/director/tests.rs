//! What each check finds, and what it leaves alone.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::model::Pauses;

fn now() -> DateTime<Utc> {
    "2026-11-11T12:00:00Z".parse().unwrap()
}

fn rule(check: DirectorCheck) -> DirectorRule {
    DirectorRule {
        name: "rule".to_owned(),
        check,
        stages: Vec::new(),
        types: Vec::new(),
        notes: true,
        sends_back: false,
        pauses: Pauses::Nobody,
    }
}

fn task(id: &str, stage: &str, hours: i64) -> DirectedTask {
    DirectedTask {
        id: TaskId::parse(&format!("TASK-{id}")).unwrap(),
        kind: None,
        stage: Stage::parse(stage).unwrap(),
        since: Some(now() - TimeDelta::hours(hours)),
        assignee: None,
        is_blocked: false,
        loops: 0,
        worker: None,
        commits: Vec::new(),
    }
}

fn commits(paths: &[&[&str]]) -> Vec<DirectedCommit> {
    let commit = |(at, paths): (usize, &&[&str])| DirectedCommit {
        id: format!("c{at}"),
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    paths.iter().enumerate().map(commit).collect()
}

fn messages(rule: DirectorRule, facts: &DirectorFacts) -> Vec<String> {
    let text = |found: DirectorFinding| {
        let about = found.task.map(|task| task.to_string()).or(found.about).unwrap_or_default();
        format!("{about} {}", found.message)
    };
    director_findings(&[rule], facts, now()).into_iter().map(text).collect()
}

fn of_tasks(rule: DirectorRule, tasks: &[DirectedTask]) -> Vec<String> {
    messages(rule, &DirectorFacts { tasks: tasks.to_vec(), ..DirectorFacts::default() })
}

fn globs(globs: &[&str]) -> Vec<String> {
    globs.iter().map(|glob| (*glob).to_owned()).collect()
}

#[test]
fn tests_come_before_or_with_the_code() {
    let order =
        || rule(DirectorCheck::Order { first: globs(&["tests/**"]), then: globs(&["src/**", "lib/**"]) });
    let found = |paths: &[&[&str]]| {
        of_tasks(order(), &[DirectedTask { commits: commits(paths), ..task("0NE1", "dev", 1) }])
    };
    for fine in [
        &[&["tests/a"][..], &["src/a"]][..],
        &[&["src/a", "tests/a"]],
        &[&["docs/a"], &["tests/a", "src/a"]],
        &[&["docs/a"]],
        &[],
    ] {
        assert_eq!(found(fine), Vec::<String>::new(), "{fine:?}");
    }
    let late = "TASK-0NE1 commit c1 changes lib/b, and none before it changes tests/**";
    assert_eq!(found(&[&["docs/a"], &["docs/b", "lib/b"], &["tests/b"]]), [late]);
}

#[test]
fn a_model_changes_with_its_migration_in_whatever_order() {
    let together =
        || rule(DirectorCheck::Together { when: globs(&["models/**"]), then: globs(&["migrations/**"]) });
    let found = |paths: &[&[&str]]| {
        of_tasks(together(), &[DirectedTask { commits: commits(paths), ..task("0NE1", "dev", 1) }])
    };
    assert_eq!(found(&[&["models/a"], &["migrations/1"]]), Vec::<String>::new());
    assert_eq!(found(&[&["migrations/1"]]), Vec::<String>::new());
    let alone = "TASK-0NE1 models/a has changed, and nothing in migrations/**";
    assert_eq!(found(&[&["src/a"], &["models/a"]]), [alone]);
}

#[test]
fn those_that_came_last_are_over_a_limit_of_work_in_progress() {
    let blocked = DirectedTask { is_blocked: true, ..task("BL0K", "qa", 9) };
    let tasks = [task("0NE1", "qa", 3), task("TW02", "qa", 1), task("TRE3", "dev", 1), blocked];
    let of_stage = || rule(DirectorCheck::Wip(WipOf::Stage, 1));
    assert_eq!(of_tasks(of_stage(), &tasks), ["TASK-TW02 is in qa over the limit of 1"]);
    assert_eq!(of_tasks(rule(DirectorCheck::Wip(WipOf::Stage, 2)), &tasks), Vec::<String>::new());
    let of = |name: &str, id: &str, hours| DirectedTask {
        assignee: (!name.is_empty()).then(|| name.to_owned()),
        ..task(id, "dev", hours)
    };
    let tasks = [
        of("Ada", "AAAA", 1),
        of("ada", "BBBB", 2),
        of("Ken", "CCCC", 1),
        of("", "DDDD", 1),
        of("", "EEEE", 1),
    ];
    let of_person = rule(DirectorCheck::Wip(WipOf::Person, 1));
    assert_eq!(of_tasks(of_person, &tasks), ["TASK-AAAA is in progress over the limit of 1 for Ada"]);
}

#[test]
fn age_and_loops_count_from_their_limits_on_in_the_stages_of_the_rule() {
    let age = || rule(DirectorCheck::Age(Duration::from_secs(3 * 3600)));
    let tasks = [task("0NE1", "qa", 3), task("TW02", "qa", 2), task("TRE3", "dev", 99)];
    let old = "TASK-0NE1 is in qa since 2026-11-11 09:00, longer than 3h";
    let in_qa = DirectorRule { stages: vec![Stage::parse("qa").unwrap()], ..age() };
    assert_eq!(of_tasks(in_qa, &tasks), [old]);
    let bugs = DirectorRule { types: vec!["bug".to_owned()], ..age() };
    assert_eq!(of_tasks(bugs, &tasks), Vec::<String>::new());
    let looped = |loops| DirectedTask { loops, ..task("0NE1", "dev", 1) };
    let loops = || rule(DirectorCheck::Loops(2));
    assert_eq!(of_tasks(loops(), &[looped(2)]), Vec::<String>::new());
    assert_eq!(of_tasks(loops(), &[looped(3)]), ["TASK-0NE1 was sent back 3 times, more than 2"]);
    // An age grows and the finding stays the same.
    let facts = DirectorFacts { tasks: tasks.to_vec(), ..DirectorFacts::default() };
    let later = |hours| director_findings(&[age()], &facts, now() + TimeDelta::hours(hours));
    assert_eq!(later(2)[0].message, later(50)[0].message);
    assert_ne!(later(2)[0].details, later(50)[0].details);
}

#[test]
fn what_is_forgotten_is_found_after_its_time_and_names_its_worker() {
    let ended = now() - TimeDelta::hours(2);
    let claim = EndedClaim {
        task: TaskId::parse("TASK-0NE1").unwrap(),
        worker: "qa".into(),
        host: "box".into(),
        ended,
    };
    let own = OpenEscalation {
        id: "ESC-1".into(),
        worker: "qa".into(),
        title: "F401: unused".into(),
        since: ended,
    };
    let facts = DirectorFacts { claims: vec![claim], escalations: vec![own], ..DirectorFacts::default() };
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let claims = |after| rule(DirectorCheck::Claims(hours(after)));
    assert_eq!(messages(claims(3), &facts), Vec::<String>::new());
    let stale = "TASK-0NE1 the claim of qa on box has ended at 2026-11-11 10:00 and was not released";
    assert_eq!(messages(claims(2), &facts), [stale]);
    let waits = "ESC-1 waits for a decision since 2026-11-11 10:00: F401: unused";
    let escalations = |after| rule(DirectorCheck::Escalations(hours(after)));
    assert_eq!(messages(escalations(2), &facts), [waits]);
    assert_eq!(messages(escalations(3), &facts), Vec::<String>::new());
    for check in [claims(1), escalations(1)] {
        assert_eq!(director_findings(&[check], &facts, now())[0].workers, Some(vec!["qa".to_owned()]));
    }
}

#[test]
fn gates_workers_and_budgets_are_found_as_they_are() {
    let id = TaskId::parse("TASK-0NE1").unwrap();
    let gate = RedGate {
        branch: "fix".into(),
        rule: "earned-moves".into(),
        task: Some(id.clone()),
        message: "no".into(),
    };
    let worker = FailingWorker { name: "qa".into(), count: 3, since: now(), why: Some("no ruff".into()) };
    let used = |task: Option<TaskId>| UsedBudget {
        of: task.as_ref().map_or("SPRINT-1".into(), ToString::to_string),
        task,
        cost: "2.00 USD".into(),
        budget: "1.00 USD".into(),
    };
    let facts = DirectorFacts {
        tasks: vec![DirectedTask { worker: Some("fixer".into()), ..task("0NE1", "dev", 1) }],
        gates: vec![gate],
        workers: vec![worker],
        budgets: vec![used(None), used(Some(id))],
        ..DirectorFacts::default()
    };
    let of = |check: DirectorCheck| director_findings(&[rule(check)], &facts, now());
    let shut = &of(DirectorCheck::Gate)[0];
    assert_eq!((shut.message.as_str(), shut.about.as_deref()), ("earned-moves: no", Some("fix")));
    assert_eq!(shut.workers, Some(vec!["fixer".to_owned()]));
    assert_eq!(of(DirectorCheck::Failures(4)), []);
    let failing = &of(DirectorCheck::Failures(3))[0];
    assert_eq!(failing.message, "has failed in every round since 2026-11-11 12:00");
    assert_eq!(failing.details.as_deref(), Some("3 rounds: no ruff"));
    let used = of(DirectorCheck::Budget);
    assert_eq!(used.len(), 2);
    assert!(
        used.iter()
            .all(|used| used.workers.is_none() && used.message == "has used up its budget of 1.00 USD")
    );
    // Only the tasks in the stages of the rule.
    let in_qa = DirectorRule { stages: vec![Stage::parse("qa").unwrap()], ..rule(DirectorCheck::Gate) };
    assert_eq!(messages(in_qa, &facts), Vec::<String>::new());
}
