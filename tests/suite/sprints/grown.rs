//! A repository grown by real commits and hooks: two sprints of 30 tasks with loops back, a carry-over, a merge and a squash
//! merge. Its figures are those that `two-sprints.md` works out by hand.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::run;
use crate::support::Sandbox;

const DAY: i64 = 24 * 60 * 60;

fn grown() -> Sandbox {
    let sandbox = Sandbox::without_repository();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/repositories/two-sprints.sh");
    let output = sandbox.program_with("sh", "", &[script.to_str().unwrap()], |_| {});
    assert_eq!(output.status, 0, "{output}");
    sandbox
}

/// Returns a closed sprint's figures by their paths.
fn figures(sandbox: &Sandbox, sprint: &str) -> BTreeMap<String, Value> {
    let shown = sandbox.tracker(&["sprint", "show", sprint, "--format", "json"]);
    let answer: Value = serde_json::from_str(&shown.stdout).unwrap();
    let figures = answer["result"]["numbers"]["figures"].as_array().unwrap().clone();
    let path = |figure: &Value| match figure["of"].as_str() {
        Some(of) => format!("{}[{of}]", figure["figure"].as_str().unwrap()),
        None => figure["figure"].as_str().unwrap().to_owned(),
    };
    figures.iter().map(|figure| (path(figure), figure["value"].clone())).collect()
}

fn share(part: u32, of: u32) -> Value {
    json!({"part": part, "of": of})
}

/// Percentiles of whole days: the smallest, 50, 70, 85 and 95 %, the largest.
fn days(n: u32, of: [i64; 6]) -> Value {
    let [min, p50, p70, p85, p95, max] = of.map(|days| days * DAY);
    json!({"n": n, "min": min, "p50": p50, "p70": p70, "p85": p85, "p95": p95, "max": max})
}

#[test]
fn the_figures_are_those_worked_out_by_hand() {
    let sandbox = grown();
    let first = [
        ("committed", json!(16)),
        ("added", json!(2)),
        ("removed", json!(1)),
        ("re_estimated", json!(1)),
        ("scope", json!(17)),
        ("delivered", json!(13)),
        ("delivery", share(13, 17)),
        ("commitment_met", share(11, 16)),
        ("cancelled", json!(1)),
        ("carried_over", json!(3)),
        ("re_opened", json!(0)),
        ("committed_time", json!(37 * 60)),
        ("scope_time", json!(38 * 60)),
        ("delivered_time", json!(32 * 60)),
        ("wip", json!(2)),
        ("cycle_time", days(13, [1, 2, 3, 7, 7, 7])),
        ("sle", json!({"percent": 85, "seconds": 7 * DAY})),
        ("rework_loops", json!(2)),
        ("first_pass_yield[dev]", share(14, 14)),
        ("first_pass_yield[qa]", share(2, 4)),
        ("first_pass_yield[docs]", share(3, 3)),
        ("signoff_latency[reviewer]", days(6, [1, 1, 1, 3, 3, 3])),
        ("documented", share(3, 3)),
        (
            "throughput",
            json!({"2026-11-02": 0, "2026-11-03": 1, "2026-11-04": 2, "2026-11-05": 1, "2026-11-06": 3, "2026-11-07": 0,
                   "2026-11-08": 0, "2026-11-09": 2, "2026-11-10": 2, "2026-11-11": 2, "2026-11-12": 0, "2026-11-13": 0}),
        ),
    ];
    let second = [
        ("committed", json!(15)),
        ("added", json!(0)),
        ("removed", json!(0)),
        ("scope", json!(15)),
        ("delivered", json!(13)),
        ("delivery", share(13, 15)),
        ("commitment_met", share(13, 15)),
        ("cancelled", json!(1)),
        ("carried_over", json!(1)),
        ("wip", json!(0)),
        ("cycle_time", days(13, [1, 2, 3, 7, 9, 9])),
        ("rework_loops", json!(1)),
        ("first_pass_yield[qa]", share(2, 3)),
        ("first_pass_yield[docs]", share(4, 4)),
    ];
    for (sprint, expected) in [("SPRINT-A", &first[..]), ("SPRINT-B", &second[..])] {
        let found = figures(&sandbox, sprint);
        for (figure, value) in expected {
            assert_eq!(found.get(*figure), Some(value), "{figure} of {sprint}");
        }
        assert!(run(&sandbox, &format!("sprint verify {sprint}")).contains("match"));
    }
    assert_eq!(sandbox.git(&["tag"]), "sprint/SPRINT-A\nsprint/SPRINT-B");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let report = sandbox.read(".tracker/sprints/SPRINT-A/report.md");
    assert!(report.contains("- `four`"), "{report}");
    assert_eq!(sandbox.tracker(&["doctor"]).stdout.matches("error ").count(), 0);
    let compared = run(&sandbox, "sprint compare SPRINT-A SPRINT-B");
    let signal = "Throughput a day  signal: SPRINT-A varies from 0.0 to 3.9 by itself; signals in SPRINT-B: 1 of 11 days\n";
    assert!(compared.contains(signal) && compared.contains("\nCycle time  "), "{compared}");
    let narrow = sandbox.tracker_with(
        "",
        &["sprint", "compare", "SPRINT-A", "SPRINT-B", "--color", "always"],
        |command| {
            command.env("COLUMNS", "80");
        },
    );
    assert!(narrow.stdout.lines().next().is_some_and(|heads| heads.contains("SPRINT-B")), "{narrow}");
    assert!(!narrow.stdout.contains('…'), "{narrow}");
    let backward = run(&sandbox, "sprint compare SPRINT-C SPRINT-A");
    assert!(backward.contains("not known: SPRINT-C has 0 days, fewer than six"), "{backward}");
    let charts = run(&sandbox, "sprint charts SPRINT-A");
    assert!(
        charts.starts_with("SPRINT-A\n\nBurn-up (tasks)\n  scope  ") && charts.contains("\nThroughput ("),
        "{charts}"
    );
    let wide = sandbox.tracker_with("", &["sprint", "charts", "SPRINT-A", "--color", "always"], |command| {
        command.env("COLUMNS", "50");
    });
    assert!(wide.stdout.lines().all(|line| line.chars().count() <= 90), "{wide}");
}
