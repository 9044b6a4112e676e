//! A sprint of some thirty tasks, as its report shows it.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::*;
use crate::metrics::{Calendar, Commitment, ItemStage, ItemVote, ScopeChange, ScopeChangeKind};
use crate::model::{Move, MoveKind, SprintId, Stage, TaskId, Verdict};

fn stage(name: &str) -> Stage {
    Stage::parse(name).unwrap()
}

fn start() -> DateTime<Utc> {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

fn id(at: u32) -> TaskId {
    TaskId::parse(&format!("TASK-{at:04}")).unwrap()
}

/// A task that goes through its stages at a pace of its own; the last ones are not through yet, and every sixth is sent
/// back once.
fn item(at: u32) -> Item {
    let rng = &mut fastrand::Rng::with_seed(u64::from(at));
    let mut now = start() + TimeDelta::hours(i64::from(at) * 9 - 20);
    let stages = ["dev", "qa", "sec", "docs"];
    let mut way = vec!["none", "dev", "qa"];
    if at.is_multiple_of(6) {
        way.extend(["dev", "qa"]);
    }
    way.extend(["sec", "docs", "complete"]);
    if at > 22 {
        way.truncate(2 + (at % 4) as usize);
    }
    let mut moves = Vec::new();
    let mut votes = Vec::new();
    for pair in way.windows(2) {
        let kind = match pair {
            ["none", _] => MoveKind::Start,
            ["qa", "dev"] => MoveKind::Fail,
            _ => MoveKind::Advance,
        };
        if pair[0] == "qa" {
            let (at, role) = (now - TimeDelta::minutes(rng.i64(5..50)), "code-reviewer".to_owned());
            let verdict = if kind == MoveKind::Fail { Verdict::Rejected } else { Verdict::Approved };
            votes.push(ItemVote { role, verdict, by: "ken".to_owned(), at, stage: stage("qa"), round: 1 });
        }
        let (from, to) = (stage(pair[0]), stage(pair[1]));
        moves.push(Move {
            at: now,
            by: "ada".to_owned(),
            agent: None,
            from,
            to,
            kind,
            why: None,
            signature: None,
        });
        now += TimeDelta::minutes(rng.i64(60..1500));
    }
    let roles = |name: &str| if name == "qa" { vec!["code-reviewer".to_owned()] } else { Vec::new() };
    Item {
        id: id(at),
        title: format!("Task | <b>{at}</b> & \"more\""),
        kind: None,
        stages: stages.iter().map(|name| ItemStage { stage: stage(name), roles: roles(name) }).collect(),
        documentation: Some(stage("docs")),
        stage: stage(way[way.len() - 1]),
        estimate: Some(Minutes(60 + at * 5)),
        spent: (!at.is_multiple_of(4)).then_some(Minutes(90)),
        created: None,
        moves,
        votes,
        findings: Vec::new(),
        cancelled: at == 9,
        blocked: false,
        assignee: None,
    }
}

struct World {
    sprint: Sprint,
    items: Vec<Item>,
    scope: Scope,
    window: Window,
}

fn world(tasks: u32) -> World {
    let commit = |at| Commitment { task: id(at), estimate: (at != 3).then_some(Minutes(60 + at * 5)) };
    let added = |at: u32| ScopeChange {
        at: start() + TimeDelta::days(i64::from(at % 7)),
        task: id(at),
        change: ScopeChangeKind::Added(Some(Minutes(60))),
    };
    let removed =
        ScopeChange { at: start() + TimeDelta::days(5), task: id(2), change: ScopeChangeKind::Removed };
    let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
    let weekends = ["2026-11-07", "2026-11-08", "2026-11-14", "2026-11-15"].map(day);
    let window = Window {
        from: start(),
        to: "2026-11-14T17:00:00Z".parse().unwrap(),
        calendar: Calendar::parse("+01:00").unwrap(),
    };
    let mut sprint = Sprint::new(SprintId::parse("SPRINT-1").unwrap());
    sprint.title = Some("Dark mode & <i>friends</i>".to_owned());
    sprint.goal = Some("A dashboard | for the night".to_owned());
    let scope = Scope {
        started: start(),
        days: (day("2026-11-02"), day("2026-11-15")),
        committed: (0..tasks.min(24)).map(commit).collect(),
        changes: (24..tasks).map(added).chain((tasks > 2).then_some(removed)).collect(),
        capacity: None,
        blackout: BTreeSet::from(weekends),
    };
    World { sprint, items: (0..tasks).map(item).collect(), scope, window }
}

fn files(world: &World) -> Vec<(String, String)> {
    let numbers = crate::metrics::of(&world.items, Some(&world.scope), &world.window, false);
    let report = SprintReport {
        project: Some("Night shift"),
        sprint: &world.sprint,
        numbers: &numbers,
        scope: &world.scope,
        items: &world.items,
        window: &world.window,
        commit: None,
        evidence: Vec::new(),
        carried: vec![("TASK-0025".to_owned(), "SPRINT-2".to_owned())],
        merged: &["dark-mode".to_owned()],
        rubric: None,
    };
    documents(&report, &OwnTemplates::default()).unwrap()
}

fn file<'f>(files: &'f [(String, String)], name: &str) -> &'f str {
    &files.iter().find(|(file, _)| file == name).unwrap().1
}

#[test]
fn a_report_is_the_same_bytes_each_time() {
    assert_eq!(files(&world(32)), files(&world(32)));
    let names: Vec<String> = files(&world(32)).into_iter().map(|(name, _)| name).collect();
    insta::assert_snapshot!(names.join(" "), @"ageing.svg burn-down.svg burn-up.svg cumulative-flow.svg cycle-time.svg report.html report.md signoff-latency.svg stage-times.svg throughput.svg");
}

#[test]
fn an_empty_sprint_has_a_report() {
    let files = files(&world(0));
    assert!(file(&files, "report.md").contains("| - | no tasks |"));
    assert!(file(&files, "report.html").contains("<p>No tasks were in scope.</p>"));
}

#[test]
fn pictures_are_well_formed_and_say_what_they_show() {
    for count in [0, 1, 2, 32] {
        for (name, text) in files(&world(count)).iter().filter(|(name, _)| name.ends_with(".svg")) {
            let picture = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let root = picture.root_element();
            assert_eq!(root.attribute("role"), Some("img"), "{name}");
            for part in ["title", "desc"] {
                let found =
                    root.children().find(|child| child.has_tag_name(("http://www.w3.org/2000/svg", part)));
                assert!(found.is_some_and(|part| part.text().is_some_and(|text| text.len() > 4)), "{name}");
            }
            assert!(
                !text.contains("NaN") && !text.contains("inf") && !text.contains("-0 "),
                "{name}: {text}"
            );
        }
    }
}

#[test]
fn texts_of_strangers_are_texts() {
    let files = files(&world(32));
    let page = file(&files, "report.html");
    assert!(page.contains("Dark mode &amp; &lt;i&gt;friends&lt;&#x2f;i&gt;") && !page.contains("<b>"));
    assert!(
        !page.contains("<script") && !page.contains("http://")
            || page.matches("http://").count() == page.matches("http://www.w3.org/2000/svg").count()
    );
    let markdown = file(&files, "report.md");
    let options = comrak::Options {
        extension: comrak::options::Extension { table: true, ..Default::default() },
        ..Default::default()
    };
    let shown = comrak::markdown_to_html(markdown, &options);
    assert!(
        !shown.contains("<b>") && !shown.contains("<i>") && !shown.contains("raw HTML omitted"),
        "{shown}"
    );
    assert!(shown.contains("<td>Task | &lt;b&gt;5&lt;/b&gt; &amp; &quot;more&quot;</td>"), "{shown}");
}

#[test]
fn cumulative_flow_never_moves_backward() {
    let world = world(32);
    let flow = crate::metrics::series::cumulative_flow(&world.items, &world.window);
    for (stage, counts) in &flow.stages {
        assert!(counts.is_sorted(), "{stage}: {counts:?}");
    }
    for pair in flow.stages.windows(2) {
        assert!(pair[0].1.iter().zip(&pair[1].1).all(|(before, after)| before >= after), "{}", pair[1].0);
    }
}

#[test]
fn a_terminal_shows_the_same_as_text() {
    let world = world(32);
    let numbers = crate::metrics::of(&world.items, Some(&world.scope), &world.window, false);
    let report = SprintReport {
        project: None,
        sprint: &world.sprint,
        numbers: &numbers,
        scope: &world.scope,
        items: &world.items,
        window: &world.window,
        commit: None,
        evidence: Vec::new(),
        carried: Vec::new(),
        merged: &[],
        rubric: None,
    };
    let lines: Vec<String> = drawn(&report).iter().flat_map(|chart| chart.lines(80)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Burn-up (tasks)
      scope  ▆▆▆▆▇▇▇▇▇▇▇▇▇  31
      done   ·▁▁▂▂▃▃▄▄▅▅▅▅  21
    Burn-down (tasks left)
      even pace  ██▇▆▅▅▅▄▃▂▁···  0
      left       █████▇▇▆▅▄▄▄▄  10
    Cumulative flow (tasks)
      dev       ▁▂▃▃▄▅▅▆▇▇███  30
      qa        ▁▂▂▂▃▄▅▆▆▇▇▇█  27
      sec       ▁▂▂▂▃▄▅▅▆▇▇▇▇  24
      docs      ·▁▂▂▃▃▄▅▅▆▆▇▇  23
      complete  ·▁▁▂▂▃▄▅▅▆▆▆▆  21
    Cycle time (days from start to finish)
      50 % 2.2 days
      85 % 2.8 days
      95 % 3.1 days
      finished task         ▅ ▅   ▄▆  ▄▄    ▄█ ▆ ▄▃ ▇▆ ▅▅▃   ▆▆     ▆       21, at most 3.8
    Age of work in progress (days since start): dev, qa, sec, docs
      50 %              ▂▂▃▄
      85 %              ▂▄▅▅
      95 %              ▃▅▅▅
      task in progress      ▇ ▅ ▄       ▇ ▄ ▃          ▆          █  ▅    
    Throughput (tasks finished on a day)
      upper limit 5.1
      average 1.6
      finished         ·▂▃▅▂▅▃▅▂·  0
    Time in stage (days): dev, qa, sec, docs
      50 %      ▅              ▄              ▃              ▃          
      70 %        ▆              ▅              ▄              ▄        
      85 %          ▆              ▆              ▄              ▄      
      95 %            █              ▆              ▅              ▅    
    Sign-off latency (days): code-reviewer
      50 %                     ▅                                        
      70 %                            ▆                                 
      85 %                                   ▇                          
      95 %                                          █
    ");
}
