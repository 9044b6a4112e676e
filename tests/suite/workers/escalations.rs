//! Escalations: seen by people, decided by people, closed by what closes them.

use insta::assert_snapshot;

use super::{CONFIG, answer, commit_all, message, tracker, world};

#[test]
fn people_see_and_decide() {
    let sandbox = world(CONFIG, &[("a.txt", "UGLY\nfine\nUGLY\n"), ("b.txt", "WORSE\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_snapshot!(tracker(&sandbox, "escalations"), @r"
    exit 0
    --- stdout
    ESC-2B753B6E  low  open  lint WORSE  WORSE is here: b.txt:1             the tool did not fix it  1m
    ESC-352E1DCE  low  open  lint UGLY   UGLY is here: a.txt:1, and 1 more  the tool did not fix it  1m
    --- stderr
    2 escalations
    ");
    assert_snapshot!(tracker(&sandbox, "inbox"), @r"
    exit 0
    --- stdout
    escalation  ESC-2B753B6E  lint WORSE: WORSE is here  low, 1 finding: the tool did not fix it   2m  tracker escalations show ESC-2B753B6E
    escalation  ESC-352E1DCE  lint UGLY: UGLY is here    low, 2 findings: the tool did not fix it  2m  tracker escalations show ESC-352E1DCE
    --- stderr
    2 for you
    ");
    let id = answer(&sandbox, "escalations")["escalations"][0]["id"].as_str().unwrap().to_owned();
    assert_snapshot!(sandbox.read(format!(".tracker/escalations/{id}.yaml")), @r"
    id: ESC-2B753B6E
    worker: lint
    tool: lint
    rule: WORSE
    reason: not_fixed
    severity: low
    title: WORSE is here
    remaining: 1
    attempts: 1
    files:
    - b.txt:1
    commit: a4fc42aa39935151aa460bcc742426eeb716f030
    at: 2026-11-11T09:04:00Z
    ");
    let refused = tracker(&sandbox, &format!("escalations resolve {id} --agent bot"));
    assert!(refused.status == 2 && refused.stderr.contains("an agent (bot) cannot decide"), "{refused}");
    assert_eq!(tracker(&sandbox, &format!("escalations acknowledge {id} -m mine")).status, 0);
    assert!(!tracker(&sandbox, "inbox").stdout.contains(&id));
    assert_snapshot!(tracker(&sandbox, &format!("escalations show {id}")), @r"
    exit 0
    --- stdout
    ESC-2B753B6E  WORSE: WORSE is here
      acknowledged · low · lint of lint · found at a4fc42a
      the tool did not fix it, after 1 attempt
      acknowledged by Ada Lovelace <ada@example.com>: mine

      b.txt:1
    ");
    assert_eq!(tracker(&sandbox, &format!("escalations resolve {id} -m stays")).status, 0);
    let again = tracker(&sandbox, &format!("escalations acknowledge {id}"));
    assert!(again.status == 2 && again.stderr.contains("resolved already"), "{again}");
    assert_eq!(answer(&sandbox, "escalations")["escalations"].as_array().unwrap().len(), 1);
    assert_eq!(answer(&sandbox, "escalations --all")["escalations"].as_array().unwrap().len(), 2);
    assert_eq!(tracker(&sandbox, "doctor").status, 0);
    // What a person has resolved stays so, until there is more of it.
    commit_all(&sandbox, "Decided");
    assert_eq!(tracker(&sandbox, "worker run lint --once --all").status, 1);
    assert_eq!(answer(&sandbox, "escalations")["escalations"].as_array().unwrap().len(), 1);
    sandbox.write("c.txt", "WORSE\n");
    commit_all(&sandbox, "More");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(answer(&sandbox, "escalations")["escalations"].as_array().unwrap().len(), 2);
}

#[test]
fn one_whose_findings_are_gone_closes_itself_and_names_the_commit() {
    let sandbox = world(CONFIG, &[("a.txt", "UGLY\n"), ("b.txt", "UGLY\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    // Lines that move say nothing new.
    sandbox.write("a.txt", "x\nUGLY\n");
    commit_all(&sandbox, "Move");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(sandbox.git(&["rev-parse", "HEAD~1"]), before);
    sandbox.write("a.txt", "pretty\n");
    commit_all(&sandbox, "One of two");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(answer(&sandbox, "escalations")["escalations"][0]["files"], serde_json::json!(["b.txt:1"]));
    sandbox.git(&["rm", "--quiet", "b.txt"]);
    commit_all(&sandbox, "The other");
    let gone = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    let all = answer(&sandbox, "escalations --all");
    assert_eq!(all["escalations"][0]["closed_by"].as_str(), Some(gone.as_str()), "{all}");
    assert_eq!(all["escalations"][0]["by"].as_str(), Some("worker lint"));
    assert!(message(&sandbox, "HEAD").starts_with("lint: close 1 escalation\n"));
    // It is opened again when they are back.
    sandbox.write("a.txt", "UGLY\n");
    commit_all(&sandbox, "Back");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    assert_eq!(answer(&sandbox, "escalations")["escalations"][0]["notes"].as_str(), Some("found again"));
}

#[test]
fn one_that_nobody_looks_at_becomes_worse() {
    let sandbox = world(CONFIG, &[("a.txt", "UGLY\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    let severity = |at: &str| {
        let output = sandbox.tracker_with("", &["escalations", "--format", "json"], |command| {
            command.env("TRACKER_NOW", at);
        });
        let value: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        value["result"]["escalations"][0]["severity"].as_str().unwrap().to_owned()
    };
    let times =
        ["2026-11-12T09:00:00Z", "2026-11-15T09:00:00Z", "2026-11-18T09:00:00Z", "2026-12-31T09:00:00Z"];
    assert_eq!(times.map(severity), ["low", "medium", "high", "critical"]);
}

#[test]
fn a_record_that_cannot_be_read_is_reported_and_stops_the_worker() {
    let sandbox = world(CONFIG, &[("a.txt", "UGLY\n")]);
    sandbox.write(".tracker/escalations/ESC-1.yaml", "id: ESC-2\nworker: lint\n");
    commit_all(&sandbox, "Broken");
    assert_eq!(tracker(&sandbox, "doctor").status, 1);
    let judged = tracker(&sandbox, "check --base HEAD~1");
    assert!(judged.status == 1 && judged.to_string().contains("ESC-1.yaml"), "{judged}");
    assert_ne!(tracker(&sandbox, "worker run lint --once").status, 0);
    let listed = tracker(&sandbox, "escalations");
    assert!(listed.stderr.contains("ESC-1.yaml"), "{listed}");
}
