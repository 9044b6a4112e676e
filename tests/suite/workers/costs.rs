//! What workers cost: reported by a file, in rounds and commits, and a budget that pauses.

use super::{answer, commit_all, last_round, message, tracker, world};

const CONFIG: &str = r#"
[workers.lint]
paths = ["*.txt"]
budget = "1M tokens 0.50 USD"
[workers.lint.tools.lint]
detect = 'lint "$@"'
fix = 'sed -i s/BAD/good/g "$@"; cat price >"$TRACKER_COST"'
report = "json"
"#;

#[test]
fn what_a_round_has_cost_is_in_its_commit_and_a_budget_pauses() {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("price", "2k tokens 0.20 USD\n\n0.05 USD\n")]);
    let run = || tracker(&sandbox, "worker run lint --once");
    assert_eq!(run().status, 0);
    assert_eq!(last_round(&sandbox)["cost"], "2000 tokens 0.25 USD");
    let text = message(&sandbox, "main");
    assert!(text.contains("\nTracker-Cost: 2000 tokens 0.25 USD"), "{text}");
    let change = |text: &str| {
        sandbox.write("a.txt", text);
        commit_all(&sandbox, text);
    };
    // A line that is no cost fails the round: nothing is landed whose cost is not known.
    sandbox.write("price", "free\n");
    change("BAD again\n");
    let failed = run();
    assert!(failed.status == 2 && failed.stderr.contains("`free` is no cost"), "{failed}");
    sandbox.write("price", "0.25 USD\n");
    change("BAD once more\n");
    assert_eq!(run().status, 0, "{}", last_round(&sandbox));
    change("BAD for the third time\n");
    let paused = run();
    let why = "lint is paused: it has cost 2000 tokens 0.50 USD within a day, of a budget of 1000000 tokens 0.50 USD";
    assert!(paused.status == 2 && paused.stderr.contains(why), "{paused}");
    assert_eq!(sandbox.read("a.txt"), "BAD for the third time\n");
    let by_worker = answer(&sandbox, "cost --by worker");
    assert_eq!(by_worker["lines"][0]["of"], "lint", "{by_worker}");
    assert_eq!(by_worker["total"]["money"]["USD"], "0.50", "{by_worker}");
}

#[test]
fn a_task_that_has_used_up_its_budget_pauses_who_works_for_it() {
    let config = CONFIG.replace("budget = \"1M tokens 0.50 USD\"", "task = \"TASK-0NE1\"");
    let config = format!("{config}\n[budgets]\ntask = \"0.30 USD\"\n");
    let sandbox = world(&config, &[("a.txt", "BAD\n"), ("price", "0.30 USD\n")]);
    assert_eq!(tracker(&sandbox, "new One --id TASK-0NE1").status, 0);
    commit_all(&sandbox, "One");
    let run = || tracker(&sandbox, "worker run lint --once");
    assert_eq!(run().status, 0, "{}", last_round(&sandbox));
    sandbox.write("a.txt", "BAD again\n");
    commit_all(&sandbox, "Again");
    let paused = run();
    let why = "lint is paused: TASK-0NE1 has cost 0.30 USD, of a budget of 0.30 USD";
    assert!(paused.status == 2 && paused.stderr.contains(why), "{paused}");
    assert_eq!(sandbox.read("a.txt"), "BAD again\n");
}

/// An executor that fixes nothing and says what it has cost, and something that is no cost where there is a file for that.
const EXECUTOR: &str = r#"
[executors.fixer]
command = ["sh", "-c", "cat >/dev/null; echo call >>$HOME/calls; echo '0.40 USD' >>$TRACKER_COST; cat $HOME/also >>$TRACKER_COST || true"]
[workers.lint]
paths = ["*.txt"]
executor = "fixer"
attempts = 5
budget = "1 USD"
[workers.lint.tools.lint]
detect = 'lint "$@"'
report = "json"
"#;

#[test]
fn a_budget_ends_a_round_before_its_attempts_are_used() {
    let sandbox = world(EXECUTOR, &[("a.txt", "UGLY\n")]);
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 1);
    let calls = || std::fs::read_to_string(sandbox.root().join("home/calls")).unwrap().lines().count();
    assert_eq!(calls(), 3, "the third reaches it");
    let escalations = answer(&sandbox, "escalations");
    assert_eq!(escalations["escalations"][0]["reason"], "budget", "{escalations}");
    sandbox.write("a.txt", "UGLIER\nUGLY\n");
    commit_all(&sandbox, "More");
    let paused = tracker(&sandbox, "worker run lint --once");
    assert!(paused.status == 2 && paused.stderr.contains("lint is paused: it has cost 1.20 USD"), "{paused}");
    assert_eq!(calls(), 3);
}

#[test]
fn what_is_no_cost_hides_no_other_from_the_budget() {
    let sandbox = world(EXECUTOR, &[("a.txt", "UGLY\n")]);
    std::fs::write(sandbox.root().join("home/also"), "total: 12,000\n").unwrap();
    let failed = tracker(&sandbox, "worker run lint --once");
    assert!(failed.status == 2 && failed.stderr.contains("`total: 12,000` is no cost"), "{failed}");
    let paused = tracker(&sandbox, "worker run lint --once");
    assert!(paused.status == 2 && paused.stderr.contains("lint is paused: it has cost 1.20 USD"), "{paused}");
}
