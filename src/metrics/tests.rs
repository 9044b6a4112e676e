//! Figures worked out by hand, and laws of days and percentiles.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use proptest::prelude::*;

use super::*;
use crate::model::{Minutes, Move, MoveKind, Stage, TaskId, Verdict};

const HOUR: i64 = 60 * 60;

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-{text}:00Z").parse().unwrap()
}

fn stage(name: &str) -> Stage {
    Stage::parse(name).unwrap()
}

/// A task with moves such as `11-02T09:00 dev`; a word after it is the kind.
fn item(id: &str, moves: &[&str]) -> Item {
    let mut from = Stage::none();
    let read = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        let to = stage(words[1]);
        let kind = words.get(2).map_or(MoveKind::Advance, |word| MoveKind::parse(word));
        let step = Move {
            at: at(words[0]),
            by: "ada".to_owned(),
            agent: None,
            from: from.clone(),
            to: to.clone(),
            kind,
            why: None,
            signature: None,
        };
        from = to;
        step
    };
    let moves: Vec<Move> = moves.iter().map(read).collect();
    let reviewers = |name: &str| if name == "qa" { vec!["reviewer".to_owned()] } else { Vec::new() };
    Item {
        id: TaskId::parse(id).unwrap(),
        title: id.to_owned(),
        kind: None,
        stages: ["dev", "qa", "docs"]
            .map(|name| ItemStage { stage: stage(name), roles: reviewers(name) })
            .to_vec(),
        documentation: Some(stage("docs")),
        stage: from,
        estimate: Some(Minutes(120)),
        spent: None,
        created: None,
        moves,
        votes: Vec::new(),
        findings: Vec::new(),
        cancelled: false,
        blocked: false,
        assignee: None,
    }
}

fn vote(when: &str, verdict: Verdict) -> ItemVote {
    ItemVote {
        role: "reviewer".to_owned(),
        verdict,
        by: "ken".to_owned(),
        at: at(when),
        stage: stage("qa"),
        round: 1,
    }
}

/// Four tasks: one straight through, one sent back once, one in progress, one dropped.
fn items() -> Vec<Item> {
    let straight = ["11-02T09:00 dev start", "11-02T12:00 qa", "11-02T15:00 docs", "11-02T17:00 complete"];
    let looped = [
        "11-03T09:00 dev start",
        "11-03T10:00 qa",
        "11-03T12:00 dev fail",
        "11-03T15:00 qa",
        "11-04T09:00 docs",
        "11-04T10:00 complete override",
    ];
    let mut items = vec![
        item("TASK-A", &straight),
        item("TASK-B", &looped),
        item("TASK-C", &["11-05T09:00 dev start"]),
        item("TASK-D", &["11-05T09:00 dev start"]),
    ];
    items[0].spent = Some(Minutes(90));
    items[0].votes = vec![vote("11-02T14:00", Verdict::Approved)];
    items[1].estimate = None;
    items[1].votes = vec![vote("11-03T12:00", Verdict::Rejected), vote("11-03T16:30", Verdict::Approved)];
    items[3].cancelled = true;
    items
}

fn scope() -> Scope {
    let committed = ["TASK-A", "TASK-B", "TASK-X"].map(|id| Commitment {
        task: TaskId::parse(id).unwrap(),
        estimate: (id != "TASK-B").then_some(Minutes(120)),
    });
    let change = |when, id, change| ScopeChange { at: at(when), task: TaskId::parse(id).unwrap(), change };
    Scope {
        started: at("11-02T08:00"),
        days: (day("2026-11-02"), day("2026-11-06")),
        committed: committed.to_vec(),
        changes: vec![
            change("11-03T08:00", "TASK-C", ScopeChangeKind::Added(Some(Minutes(60)))),
            change("11-03T08:00", "TASK-C", ScopeChangeKind::Added(Some(Minutes(90)))),
            change("11-04T08:00", "TASK-C", ScopeChangeKind::Estimated(Some(Minutes(180)))),
            change("11-04T08:00", "TASK-D", ScopeChangeKind::Added(None)),
            change("11-05T08:00", "TASK-X", ScopeChangeKind::Removed),
        ],
        capacity: None,
        blackout: BTreeSet::new(),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn window() -> Window {
    Window { from: at("11-02T08:00"), to: at("11-06T18:00"), calendar: Calendar::utc() }
}

/// Figures as `path value`, those of nothing left out.
fn shown(numbers: &Numbers) -> String {
    let line = |figure: &Figure| {
        let value = serde_json::to_string(&figure.value).unwrap();
        let names = |ids: &[String]| ids.iter().map(|id| id.replace("TASK-", "")).collect::<String>();
        let missing =
            if figure.missing.is_empty() { String::new() } else { format!(" -{}", names(&figure.missing)) };
        format!("{} {} {}{missing}\n", figure.path(), value.replace('"', ""), names(&figure.tasks))
    };
    numbers.figures.iter().map(line).collect()
}

#[test]
fn figures_of_a_sprint_worked_out_by_hand() {
    let numbers = of(&items(), Some(&scope()), &window(), false);
    insta::assert_snapshot!(shown(&numbers), @r"
    committed 3 ABX
    committed_time 240 AX -B
    added 2 CD
    removed 1 X
    re_estimated 1 C
    scope 4 ABCD
    scope_time 300 AC -BD
    delivered 2 AB
    delivered_time 120 A -B
    delivery {part:2,of:4} AB
    commitment_met {part:2,of:3} AB
    done_before 0 
    cancelled 1 D
    carried_over 1 C
    re_opened 0 
    wip 1 C
    throughput {2026-11-02:1,2026-11-03:0,2026-11-04:1,2026-11-05:0,2026-11-06:0} AB
    cycle_time {n:2,min:28800,p50:28800,p70:90000,p85:90000,p95:90000,max:90000} AB
    sle {percent:85,seconds:90000} 
    age {n:1,min:118800,p50:118800,p70:118800,p85:118800,p95:118800,max:118800} C
    stage_time[dev] {n:2,min:10800,p50:10800,p70:14400,p85:14400,p95:14400,max:14400} AB
    stage_time[qa] {n:2,min:10800,p50:10800,p70:72000,p85:72000,p95:72000,max:72000} AB
    stage_time[docs] {n:2,min:3600,p50:3600,p70:7200,p85:7200,p95:7200,max:7200} AB
    flow_efficiency {n:2,min:200,p50:200,p70:625,p85:625,p95:625,max:625} AB
    first_pass_yield[dev] {part:2,of:2} AB
    first_pass_yield[qa] {part:1,of:2} A
    first_pass_yield[docs] {part:1,of:2} A
    rework_loops 1 B
    signoff_latency[reviewer] {n:3,min:5400,p50:7200,p70:7200,p85:7200,p95:7200,max:7200} AB
    spent_time 90 A -B
    estimate_ratio {n:1,min:750,p50:750,p70:750,p85:750,p95:750,max:750} A -B
    documented {part:1,of:2} A
    findings_raised 0 
    findings_open 0
    ");
}

#[test]
fn figures_without_a_sprint_are_of_all_items() {
    let numbers = of(&items(), None, &window(), true);
    assert_eq!(numbers.figure(FigureName::Committed), None);
    assert_eq!(numbers.count(FigureName::Wip), Some(1));
    assert_eq!(numbers.figure(FigureName::CycleTime).unwrap().tasks, ["TASK-A", "TASK-B"]);
}

#[test]
fn as_of_an_earlier_moment_later_moves_are_not_looked_at() {
    let window = Window { to: at("11-03T12:30"), ..window() };
    let numbers = of(&items(), Some(&scope()), &window, false);
    assert_eq!(numbers.count(FigureName::Delivered), Some(1));
    assert_eq!(numbers.figure(FigureName::Wip).unwrap().tasks, ["TASK-B"]);
    assert_eq!(numbers.count(FigureName::Added), Some(1));
}

#[test]
fn an_imported_move_says_where_and_not_when() {
    let imported = item("TASK-A", &["11-02T09:00 complete import"]);
    let begun = item("TASK-B", &["11-02T09:00 dev import", "11-03T09:00 complete"]);
    let numbers = of(&[imported, begun], None, &window(), false);
    let cycle_time = numbers.figure(FigureName::CycleTime).unwrap();
    assert_eq!(
        (&cycle_time.value, &cycle_time.missing[..]),
        (&Value::Nothing(()), &["TASK-B".to_owned()][..])
    );
    assert_eq!(numbers.figure(FigureName::Throughput).unwrap().tasks, ["TASK-B"]);
}

#[test]
fn a_clock_that_is_behind_takes_no_time_back() {
    let item = item("TASK-A", &["11-03T09:00 dev start", "11-02T09:00 qa", "11-03T11:00 complete"]);
    let numbers = of(&[item], None, &window(), false);
    let Value::Percentiles(times) = &numbers.figure(FigureName::CycleTime).unwrap().value else { panic!() };
    assert_eq!(times.p50, 2 * HOUR);
}

#[test]
fn differences_name_each_figure() {
    let frozen = of(&items(), Some(&scope()), &window(), false);
    let mut changed = items();
    let start = changed[2].moves[0].clone();
    changed[2].moves.push(Move { at: at("11-06T09:00"), to: stage("qa"), from: stage("dev"), ..start });
    let now = of(&changed, Some(&scope()), &window(), false);
    let names: Vec<String> = now.differences(&frozen).into_iter().map(|found| found.figure).collect();
    assert_eq!(names, ["first_pass_yield[dev]"]);
    let newer = Numbers { formulas: FORMULAS + 1, ..frozen.clone() };
    assert_eq!(frozen.differences(&newer)[0].figure, "formulas");
    let error = Numbers::read(&serde_json::to_value(&newer).unwrap()).unwrap_err();
    assert!(matches!(error, NumbersError::Newer(_)), "{error}");
    let damaged = serde_json::json!({"formulas": 1, "figures": [{"figure": "luck", "value": 1}]});
    assert!(matches!(Numbers::read(&damaged), Err(NumbersError::Malformed(_))));
}

#[test]
fn every_figure_says_what_it_is() {
    for name in FigureName::ALL {
        assert_eq!(FigureName::parse(name.as_str()), Some(*name));
        assert!(!name.formula().is_empty() && !name.inputs().is_empty() && !name.label().is_empty());
    }
}

#[test]
fn a_midnight_belongs_to_the_day_that_it_begins() {
    let berlin = Calendar::parse("+01:00").unwrap();
    assert_eq!(berlin.day_of(at("11-01T22:59")), day("2026-11-01"));
    assert_eq!(berlin.day_of(at("11-01T23:00")), day("2026-11-02"));
    assert_eq!(berlin.start_of(day("2026-11-02")), at("11-01T23:00"));
    // The night in which clocks are put forward has 24 hours like any other.
    assert_eq!(
        berlin.end_of(day("2026-03-29")) - berlin.start_of(day("2026-03-29")),
        chrono::TimeDelta::hours(24)
    );
    assert_eq!(days(day("2028-02-28"), day("2028-03-01")).count(), 3);
    assert_eq!(days(day("2026-02-28"), day("2026-03-01")).count(), 2);
    assert_eq!(days(day("2026-03-01"), day("2026-02-01")).count(), 0);
    for text in ["", "Z", "1:00", "+1:00", "+25:00", "+01:00 "] {
        assert_eq!(Calendar::parse(text), None, "{text}");
    }
}

#[test]
fn percentiles_are_values_that_were_measured() {
    let of = |values: &[i64]| Percentiles::of(values.to_vec()).map(|p| [p.p50, p.p70, p.p85, p.p95]);
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[7]), Some([7; 4]));
    assert_eq!(of(&[4, 1, 3, 2]), Some([2, 3, 4, 4]));
    let hundred: Vec<i64> = (1..=100).collect();
    assert_eq!(of(&hundred), Some([50, 70, 85, 95]));
    assert_eq!(of(&hundred[..20]), Some([10, 14, 17, 19]));
}

proptest! {
    #[test]
    fn a_percentile_is_the_least_value_that_enough_do_not_exceed(
        values in prop::collection::vec(-1000i64..1000, 1..60),
        percent in 1u32..=100,
    ) {
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let found = nearest_rank(&sorted, percent).unwrap();
        let up_to = |limit: i64| values.iter().filter(|value| **value <= limit).count() as u64;
        let needed = u64::from(percent) * values.len() as u64;
        prop_assert!(up_to(found) * 100 >= needed);
        let smaller = sorted.iter().rev().find(|value| **value < found);
        if let Some(smaller) = smaller {
            prop_assert!(up_to(*smaller) * 100 < needed);
        }
    }

    #[test]
    fn every_moment_lies_in_its_day_and_no_other(seconds in -60_000_000_000i64..200_000_000_000, quarters in -56i32..=56) {
        let calendar = Calendar::at(FixedOffset::east_opt(quarters * 900).unwrap());
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let day = calendar.day_of(at);
        prop_assert!(calendar.start_of(day) <= at && at < calendar.end_of(day));
        prop_assert_eq!(calendar.end_of(day), calendar.start_of(day.succ_opt().unwrap()));
        prop_assert_eq!(Calendar::parse(&calendar.offset_text()), Some(calendar));
    }
}
