//! The machine: one row for each rule of the pipeline.

mod properties;
mod world;

use world::{World, now, world};

use super::{Case, MovePlan, Outcome, advance, auto_advance, fail, set_stage, start};
use crate::model::{
    Advance, Blocking, Config, Finding, FindingId, FindingSeverity, FindingState, MoveKind, OpenBox, Person,
    Problem, Requirement, Resolution, StageRules, Task, TaskId, TypeRules, Verdict,
};
use crate::policy::TaskEvidence;
use crate::policy::tests::example::{ADA, KEN, in_order, moved, person, seal, stage, task_in, vote_record};
use crate::policy::{Reason, Refusal, judge};

fn open_box(number: usize, is_deliverable: bool, is_criterion: bool) -> OpenBox {
    OpenBox { number, text: format!("thing {number}"), is_deliverable, is_criterion }
}

fn finding(id: &str, severity: &str) -> Finding {
    Finding {
        id: FindingId::parse(id).unwrap(),
        task: task_in("qa").id,
        role: "reviewer".to_owned(),
        severity: FindingSeverity::parse(severity),
        title: "token logged".to_owned(),
        detail: None,
        file: Some("src/auth.rs".to_owned()),
        line: Some(41),
        recommendation: None,
        by: person(KEN),
        at: now(),
        source: None,
        resolutions: Vec::new(),
        unknown: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Shows a refusal as a person sees it.
fn shown(refusal: &Refusal) -> Vec<String> {
    let rows = refusal.rows().into_iter().map(|row| {
        let fix = row.fix.map_or_else(|| "-".to_owned(), |fix| fix.to_string());
        format!("{}  {}  {fix}", row.label, row.message)
    });
    std::iter::once(refusal.to_string()).chain(rows).collect()
}

fn path(result: Result<MovePlan, Refusal>) -> String {
    match result {
        Ok(plan) => format!("{} → {}", plan.from(), plan.to()),
        Err(refusal) => refusal.reasons.iter().map(Reason::label).collect::<Vec<_>>().join(", "),
    }
}

#[test]
fn the_default_pipeline_from_end_to_end() {
    let mut world = World { config: Config::default(), ..world("dev") };
    world.task.stage = stage("none");
    world.task.history.clear();
    let mut stages = Vec::new();
    while let Ok(plan) = world.advance() {
        assert_eq!((plan.step.by.as_str(), plan.step.at), ("ada", now()));
        plan.apply(&mut world.task);
        stages.push(world.task.stage.to_string());
    }
    assert_eq!(stages, ["dev", "qa", "sec", "docs", "complete"]);
    assert_eq!(world.task.history.len(), 5);
    let refused = shown(&world.advance().unwrap_err());
    assert_eq!(
        refused,
        ["TASK-7Q2M cannot leave complete", "closed  it is complete  tracker reopen TASK-7Q2M"]
    );
}

#[test]
fn a_type_has_a_route_of_its_own() {
    let mut world = world("dev");
    let stages = Some(vec![stage("dev"), stage("docs")]);
    world.config.types.insert("docs".to_owned(), TypeRules { stages, ..TypeRules::default() });
    world.task.kind = Some("docs".to_owned());
    assert_eq!(path(world.advance()), "dev → docs");
    world.task.stage = stage("qa");
    assert_eq!(
        shown(&world.advance().unwrap_err())[1],
        "stage  `qa` is not a stage of its pipeline  tracker set-stage TASK-7Q2M dev"
    );
    assert_eq!(path(world.with(|case| fail(case, "x"))), "stage");
    world
        .config
        .types
        .insert("docs".to_owned(), TypeRules { stages: Some(Vec::new()), ..TypeRules::default() });
    world.task.stage = stage("none");
    assert_eq!(path(world.advance()), "none → complete", "a pipeline without stages");
}

#[test]
fn a_refusal_names_everything_missing() {
    let mut world = world("qa");
    let rules = world.config.stages.get_mut("qa").unwrap();
    rules.requires = vec![Requirement::Deliverables, Requirement::Criteria];
    world.task.blocked = Some("waiting for the design".to_owned());
    world.waits_for = vec![TaskId::parse("TASK-3F8K").unwrap()];
    world.open_boxes = vec![open_box(1, true, false), open_box(3, true, false), open_box(4, false, true)];
    world.findings = vec![finding("F2", "high"), finding("F3", "low"), finding("F1", "critical")];
    let mut rejected = vote_record(1, KEN, "tester", Verdict::Rejected);
    rejected.vote.notes = Some("too slow\nby far".to_owned());
    world.records = vec![rejected, vote_record(2, ADA, "tester", Verdict::Approved)];
    assert_eq!(
        shown(&world.advance().unwrap_err()),
        [
            "TASK-7Q2M cannot leave qa",
            "blocked  waiting for the design  tracker unblock TASK-7Q2M",
            "waits for  TASK-3F8K  tracker show TASK-3F8K",
            "unchecked  deliverables 1 thing 1, 3 thing 3  tracker tick TASK-7Q2M 1 3",
            "unchecked  acceptance criterion 4 thing 4  tracker tick TASK-7Q2M 4",
            "missing  approval of reviewer  tracker approve TASK-7Q2M --as reviewer",
            "rejected  by ken as tester: too slow  ken: tracker approve TASK-7Q2M --as tester",
            "missing  approval of tester, 1 of 2, by ken@example.com or eve@example.com  \
             tracker approve TASK-7Q2M --as tester",
            "open  finding F1 critical: token logged, src/auth.rs:41  tracker findings resolve TASK-7Q2M F1",
            "open  finding F2 high: token logged, src/auth.rs:41  tracker findings resolve TASK-7Q2M F2",
        ]
    );
    assert!(!world.gate().waits_for_signoffs_only());
}

#[test]
fn what_cannot_be_read_is_no_consent() {
    let mut world = world("qa").signed_off();
    assert_eq!(path(world.advance()), "qa → sec");
    let problem = Problem::error("the file is UTF-16, not UTF-8")
        .in_file("signoffs/a.yaml")
        .with_hint("save it as UTF-8");
    world.unreadable = vec![problem];
    assert_eq!(
        shown(&world.advance().unwrap_err()),
        [
            "TASK-7Q2M cannot leave qa",
            "unreadable  signoffs/a.yaml: the file is UTF-16, not UTF-8  save it as UTF-8",
        ]
    );
    assert!(world.auto().is_none());
    world.task.stage = stage("none");
    world.task.history.clear();
    assert_eq!(path(world.advance()), "none → dev", "nothing rests on it yet");
}

#[test]
fn boxes_keep_a_stage_that_requires_them() {
    let boxes = [open_box(1, true, false), open_box(2, false, true), open_box(3, false, false)];
    for (requirement, keep) in [
        (Requirement::Deliverables, [true, false, false]),
        (Requirement::Criteria, [false, true, false]),
        (Requirement::Boxes, [true, true, true]),
    ] {
        for (open, keeps) in boxes.iter().zip(keep) {
            let mut world = world("dev");
            let rules = StageRules { requires: vec![requirement], ..StageRules::default() };
            world.config.stages.insert("dev".to_owned(), rules);
            world.open_boxes = vec![open.clone()];
            assert_eq!(!world.gate().is_open(), keeps, "{requirement:?} {open:?}");
            world.open_boxes.clear();
            assert!(world.gate().is_open(), "no box is an open box");
        }
    }
}

#[test]
fn open_findings_that_block_keep_the_gate_shut() {
    for (threshold, severity, shuts) in [
        (Blocking::High, "critical", true),
        (Blocking::High, "high", true),
        (Blocking::High, "medium", false),
        (Blocking::High, "catastrophic", true),
        (Blocking::Critical, "high", false),
        (Blocking::Info, "info", true),
        (Blocking::Off, "critical", false),
    ] {
        let mut world = world("dev");
        world.config.policy.blocking_severity = threshold;
        world.findings = vec![finding("F1", severity)];
        assert_eq!(!world.gate().is_open(), shuts, "{threshold:?} {severity}");
        for (state, is_open) in [("resolved", true), ("waived", true), ("open", !shuts), ("gone", !shuts)] {
            let to = FindingState::parse(state);
            world.findings[0].resolutions =
                vec![Resolution { at: now(), by: person(ADA), to, why: None, signature: None }];
            assert_eq!(world.gate().is_open(), is_open, "{state}");
        }
    }
}

#[test]
fn the_last_sign_off_moves_a_task_on() {
    let done = world("qa").signed_off();
    let plan = done.auto().unwrap();
    assert_eq!((plan.to().as_str(), plan.step.why.as_deref()), ("sec", Some("signed off by ada, ken")));
    let missing = World { records: done.records[..2].to_vec(), ..world("qa").signed_off() };
    assert_eq!(missing.auto(), None);
    assert!(missing.gate().waits_for_signoffs_only());
    let mut manual = world("qa").signed_off();
    manual.config.stages.get_mut("qa").unwrap().advance = Advance::Manual;
    assert_eq!(manual.auto(), None);
    assert_eq!(path(manual.advance()), "qa → sec", "ready, and somebody finalises it");
    let silent = world("dev");
    assert_eq!(silent.auto(), None, "a stage without sign-offs never advances by itself");
    assert!(silent.gate().is_open());
    let blocked = World { waits_for: vec![task_in("dev").id], ..world("qa").signed_off() };
    assert_eq!(blocked.auto(), None);
}

#[test]
fn closed_and_blocked_tasks_stay() {
    let cancelled = |world: &mut World| world.task.cancelled = Some(String::new());
    let complete = |world: &mut World| world.task.stage = stage("complete");
    let blocked = |world: &mut World| world.task.blocked = Some(String::new());
    let waiting = |world: &mut World| world.waits_for = vec![TaskId::parse("TASK-1").unwrap()];
    type Row = (fn(&mut World), [&'static str; 4]);
    let rows: [Row; 4] = [
        (cancelled, ["closed", "closed", "closed", "closed"]),
        (complete, ["closed", "closed", "closed", "complete → sec"]),
        (blocked, ["blocked", "stays", "blocked", "qa → sec"]),
        (waiting, ["waits for", "stays", "qa → dev", "qa → sec"]),
    ];
    for (change, expected) in rows {
        let mut world = world("qa").signed_off();
        change(&mut world);
        let outcome = |outcome: Result<Outcome, Refusal>| match outcome {
            Ok(Outcome::Stays(_)) => "stays".to_owned(),
            other => path(other.map(|outcome| outcome.plan().unwrap())),
        };
        let found = [
            path(world.advance()),
            outcome(world.with(start)),
            path(world.with(|case| fail(case, "x"))),
            outcome(world.with(|case| set_stage(case, "sec", None))),
        ];
        assert_eq!(found, expected);
        assert_eq!(world.auto(), None);
        world.task.stage = stage("none");
        world.task.cancelled.get_or_insert_default();
        assert!(world.with(start).is_err());
    }
    let mut waiting = world("dev");
    waiting.task.stage = stage("none");
    waiting.waits_for = vec![TaskId::parse("TASK-1").unwrap()];
    assert_eq!(
        shown(&waiting.with(start).unwrap_err()),
        ["TASK-7Q2M cannot start", "waits for  TASK-1  tracker show TASK-1"]
    );
}

#[test]
fn a_failure_leads_back() {
    for (at, on_fail, expected) in [
        ("sec", None, "sec → dev"),
        ("sec", Some("qa"), "sec → qa"),
        ("sec", Some("none"), "sec → none"),
        ("sec", Some("docs"), "sec → dev"),
        ("qa", Some("elsewhere"), "qa → dev"),
        ("dev", None, "stage"),
        ("none", None, "not begun"),
        ("complete", None, "closed"),
        ("review", None, "stage"),
    ] {
        let mut world = world(at);
        let rules = StageRules { on_fail: on_fail.map(stage), ..StageRules::default() };
        world.config.stages.insert(at.to_owned(), rules);
        assert_eq!(path(world.with(|case| fail(case, "too slow"))), expected, "{at} {on_fail:?}");
    }
    let plan = world("sec").with(|case| fail(case, " too slow ")).unwrap();
    assert_eq!((plan.step.kind, plan.step.why.as_deref()), (MoveKind::Fail, Some("too slow")));
    assert_eq!(path(world("sec").with(|case| fail(case, " "))), "reason");
}

#[test]
fn after_a_failure_approvals_are_required_again() {
    let mut world = world("qa").signed_off();
    world.with(|case| fail(case, "too slow")).unwrap().apply(&mut world.task);
    let plan = world.advance().unwrap();
    assert_eq!(plan.signoffs, ["reviewer", "tester"]);
    plan.apply(&mut world.task);
    assert_eq!(path(world.advance()), "missing, missing");
    assert_eq!(world.auto(), None);
    for record in &mut world.records {
        record.vote.round = 2;
        seal(record);
    }
    assert_eq!(path(world.advance()), "qa → sec");
}

#[test]
fn an_override_goes_anywhere_and_is_marked() {
    let set = |to: &str, why: Option<&str>| world("qa").with(|case| set_stage(case, to, why));
    let plan = |to: &str, why: Option<&str>| set(to, why).unwrap().plan().unwrap().step;
    assert_eq!(plan("docs", Some("shipped")).reason().as_deref(), Some("override: shipped"));
    let bare = plan("NONE", Some(" "));
    assert_eq!((bare.kind, bare.why), (MoveKind::Override, None));
    assert_eq!(plan("complete", None).to, stage("complete"));
    assert_eq!(set("qa", None), Ok(Outcome::Stays(stage("qa"))));
    assert_eq!(
        shown(&set("review", None).unwrap_err())[1],
        "stage  unknown stage `review` (expected none, dev, qa, sec, docs, complete)  -"
    );
    assert!(set("../x\u{1b}", None).is_err_and(|refusal| !refusal.reasons[0].to_string().contains('\u{1b}')));
}

#[test]
fn the_kind_of_a_move_does_not_depend_on_its_reason() {
    let step = |why: &str| world("dev").with(|case| advance(case, Some(why))).unwrap().step;
    for why in ["override: trust me", "failed: x", "started"] {
        assert_eq!((step(why).kind, step(why).why.as_deref()), (MoveKind::Advance, Some(why)));
    }
    assert_eq!(step("  ").why, None);
}

#[test]
fn sign_offs_of_one_stage_move_nothing_out_of_another() {
    let world = world("qa").signed_off();
    let records = in_order(&world.records);
    let signoffs = judge(&world.task, &world.config, &records, "c", Person::clone);
    let mut task = world.task.clone();
    let ask = |task: &Task| {
        let case = Case {
            task,
            config: &world.config,
            signoffs: &signoffs,
            findings: &[],
            unreadable: &[],
            open_boxes: &[],
            waits_for: &[],
            evidence: TaskEvidence::NONE,
            actor: "ada",
            agent: None,
            now: now(),
        };
        (path(advance(&case, None)), auto_advance(&case).is_some())
    };
    assert_eq!(ask(&task), ("qa → sec".to_owned(), true));
    task.stage = stage("sec");
    assert_eq!(ask(&task), ("outdated".to_owned(), false));
    task.stage = stage("qa");
    task.history.extend([moved("qa", "dev", MoveKind::Fail, "x"), moved("dev", "qa", MoveKind::Advance, "")]);
    assert_eq!(ask(&task), ("outdated".to_owned(), false));
}
