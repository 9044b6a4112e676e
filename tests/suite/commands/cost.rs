//! `tracker cost`: what commits say that tasks have cost.

use super::{empty, json};

#[test]
fn lines_of_commits_are_summed_by_what_one_wants_to_know() {
    let sandbox = empty();
    sandbox.tracker(&["hooks", "install"]);
    for (title, id) in [("One", "TASK-0NE1"), ("Two", "TASK-TW02")] {
        assert_eq!(sandbox.tracker(&["new", title, "--id", id]).status, 0);
    }
    sandbox.tracker(&["set", "0ne1", "sprint=SPRINT-1"]);
    sandbox.git(&["add", "--all"]);
    let commit = |message: &str| {
        let mut command = sandbox.git_command("");
        command.args(["commit", "--quiet", "--allow-empty", "--message", message]).output().unwrap()
    };
    assert!(
        commit("Begin\n\nCost: TASK-0NE1 12k tokens 0.10 USD\nCost: TASK-TW02 0.2 USD, 1.005 EUR")
            .status
            .success()
    );
    assert!(
        commit("Go on\n\nCost: 0ne1 0.20 USD\n\nTracker-Worker: qa").status.success(),
        "a part of an id is enough"
    );
    let refused = commit("Bad\n\nCost: TASK-0NE1 0.3 dollars");
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && text.contains("`0.3 dollars` is no cost"), "{text}");
    let by = |what: &str| {
        let view = json(&sandbox.tracker(&["cost", "--by", what, "--format", "json"]))["result"].clone();
        let line = |own: &serde_json::Value| format!("{} {} {}", own["of"], own["tokens"], own["money"]);
        let lines: Vec<String> = crate::support::items(&view["lines"]).iter().map(line).collect();
        (lines, view["total"]["money"].to_string())
    };
    let total = r#"{"EUR":"1.005","USD":"0.50"}"#;
    let one = r#"12000 {"USD":"0.30"}"#;
    let two = r#"0 {"EUR":"1.005","USD":"0.20"}"#;
    assert_eq!(by("task").0, [format!("\"TASK-0NE1\" {one}"), format!("\"TASK-TW02\" {two}")]);
    assert_eq!(by("sprint").0, [format!("null {two}"), format!("\"SPRINT-1\" {one}")]);
    assert_eq!(by("worker").0[1], r#""qa" 0 {"USD":"0.20"}"#);
    assert_eq!(by("person").1, total);
    let shown = sandbox.tracker(&["cost", "id=TASK-TW02"]);
    assert_eq!(
        shown.stdout,
        "TASK-TW02  0.20 USD 1.005 EUR  1 commit  Two\n".replace("0.20 USD 1.005 EUR", "1.005 EUR 0.20 USD")
    );
    assert_eq!(shown.stderr, "1.005 EUR 0.20 USD in 1 commit\n");
}

#[test]
fn a_budget_of_tasks_and_sprints_is_shown_where_it_is_used_up() {
    let sandbox = empty();
    for (title, id) in [("One", "TASK-0NE1"), ("Two", "TASK-TW02")] {
        assert_eq!(sandbox.tracker(&["new", title, "--id", id]).status, 0);
    }
    sandbox.tracker(&["set", "0ne1", "sprint=SPRINT-1"]);
    let config = sandbox.read(".tracker/config.toml");
    let budgets = "[budgets]\ntask = \"1 USD\"\nsprint = \"2 USD\"\ntasks = { TASK-TW02 = \"5 USD\" }\n";
    sandbox.write(".tracker/config.toml", format!("{config}\n{budgets}"));
    sandbox.git(&["add", "--all"]);
    let message = "Begin\n\nCost: TASK-0NE1 1.20 USD\nCost: TASK-TW02 1.30 USD";
    sandbox.git(&["commit", "--quiet", "--message", message]);
    let shown = sandbox.tracker(&["cost"]).stdout;
    assert_eq!(
        shown,
        "TASK-0NE1  1.20 USD  1 commit  budget of 1.00 USD used up  One\n\
         TASK-TW02  1.30 USD  1 commit  budget of 5.00 USD          Two\n"
    );
    let sprints = json(&sandbox.tracker(&["cost", "--by", "sprint", "--format", "json"]))["result"].clone();
    assert_eq!(
        (&sprints["lines"][1]["budget"], &sprints["lines"][1]["exceeded"]),
        (&"2.00 USD".into(), &serde_json::Value::Null)
    );
    let one = sandbox.tracker(&["show", "0ne1"]).stdout;
    assert!(one.contains("Cost:  1.20 USD in 1 commit, of a budget of 1.00 USD: used up"), "{one}");
    let two = json(&sandbox.tracker(&["show", "tw02", "--format", "json"]))["result"]["task"]["cost"].clone();
    assert_eq!(
        two,
        serde_json::json!({"tokens": 0, "money": {"USD": "1.30"}, "commits": 1, "budget": "5.00 USD"})
    );
}

#[test]
fn work_that_was_copied_to_another_branch_is_paid_once() {
    let sandbox = empty();
    assert_eq!(sandbox.tracker(&["new", "One", "--id", "TASK-0NE1"]).status, 0);
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Plan"]);
    sandbox.git(&["checkout", "--quiet", "-b", "feature"]);
    sandbox.write("f", "1\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Work\n\nCost: TASK-0NE1 1k tokens"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Beside"]);
    sandbox.git(&["cherry-pick", "-x", "feature"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "feature"]);
    let total = json(&sandbox.tracker(&["cost", "--format", "json"]))["result"]["total"].clone();
    assert_eq!(total["tokens"], 1000);
    let shown =
        json(&sandbox.tracker(&["show", "0ne1", "--format", "json"]))["result"]["task"]["cost"].clone();
    assert_eq!((&shown["tokens"], &shown["commits"]), (&1000.into(), &1.into()));
    for line in [&["cost"][..], &["show", "0ne1"]] {
        let schema = serde_json::from_str(&sandbox.tracker(&["schema", line[0]]).stdout).unwrap();
        let document = json(&sandbox.tracker(&[line, &["--format", "json"]].concat()));
        assert!(jsonschema::is_valid(&schema, &document), "{line:?}: {document}");
    }
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "More\n\nCost: TASK-0NE1 1k tokens"]);
    let total = json(&sandbox.tracker(&["cost", "--format", "json"]))["result"]["total"].clone();
    assert_eq!(total["tokens"], 2000);
}
