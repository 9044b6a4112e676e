//! `tracker status`, `tracker inbox`, `tracker signoffs` of all tasks: what a person sees who comes back to work.

use super::{commit, empty, json, typed, world};
use crate::support::{Output, Sandbox, items};
use insta::assert_snapshot;

const TEAM: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.qa]
signoffs = [\"reviewer\", \"tester\"]
on_fail = \"dev\"
[roles.reviewer]
[roles.tester]
members = [\"Grace\"]
[policy]
self_approval = \"forbid\"
";

/// Runs the tracker as somebody else.
fn as_person(sandbox: &Sandbox, name: &str, args: &[&str]) -> Output {
    sandbox.tracker_with("", args, |command| {
        let email = format!("{}@example.com", name.to_lowercase());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), &email);
        }
    })
}

/// Makes a task in review whose code Ada wrote.
fn in_review() -> (Sandbox, String) {
    let sandbox = empty();
    sandbox.write(".tracker/config.toml", TEAM);
    let created = sandbox.tracker(&["new", "Dark mode", "--priority", "high", "-q"]);
    let id = created.stdout.trim().to_owned();
    commit(&sandbox, "Plan it");
    assert_eq!(sandbox.tracker(&["start", &id]).status, 0);
    sandbox.write("theme.rs", "dark\n");
    commit(&sandbox, &format!("Make it dark\n\nTask: {id}"));
    assert_eq!(sandbox.tracker(&["advance", &id]).status, 0);
    commit(&sandbox, &format!("Ready for review\n\nTask: {id}"));
    (sandbox, id)
}

#[test]
fn a_screen_shows_the_task_the_inbox_and_what_is_next() {
    let sandbox = world();
    sandbox.tracker(&["start", "d4r"]);
    assert_snapshot!(typed(&sandbox, "
        status
        status --quiet
        inbox
    "), @r"
    $ tracker status
    exit 0
    --- stdout
    On TASK-D4RK  Add dark mode to the dashboard  dev · high · 1/2 done  branch main

    Next
      TASK-S3SS  Session expires while typing  critical

    Run: tracker tick TASK-D4RK 2 3
    --- stderr
    3 open tasks, 1 can begin

    $ tracker status --quiet
    exit 0
    --- stdout
    TASK-D4RK

    $ tracker inbox
    exit 0
    --- stderr
    nothing waits for you
    ");
    let alone = sandbox.tracker(&[]);
    assert_eq!((alone.status, &alone.stdout), (0, &sandbox.tracker(&["status"]).stdout));
    let answer = json(&sandbox.tracker(&["--format", "json"]));
    assert_eq!(answer["command"], "status");
    assert_eq!(answer["result"]["active"]["id"], "TASK-D4RK");
}

#[test]
fn without_a_tracker_the_help_is_shown() {
    let sandbox = Sandbox::new();
    let alone = sandbox.tracker(&[]);
    assert!(alone.status == 0 && alone.stdout.contains("Every day:"), "{alone}");
    assert_eq!(sandbox.tracker(&["status"]).status, 2);
}

#[test]
fn an_empty_tracker_says_how_to_begin() {
    let sandbox = empty();
    assert_snapshot!(sandbox.tracker(&[]), @r#"
    exit 0
    --- stdout
    No active task   branch main

    Run: tracker new "Title of a task"
    --- stderr
    0 open tasks, 0 can begin
    "#);
}

#[test]
fn a_required_vote_is_in_the_inbox_of_whoever_may_give_it() {
    let (sandbox, id) = in_review();
    assert!(sandbox.tracker(&["inbox"]).stdout.is_empty(), "the author cannot approve");
    assert_snapshot!(as_person(&sandbox, "Grace", &["inbox"]), @r"
    exit 0
    --- stdout
    review  TASK-8DD1  Dark mode  as reviewer  5m  tracker approve TASK-8DD1 --as reviewer
    review  TASK-8DD1  Dark mode  as tester    5m  tracker approve TASK-8DD1 --as tester
    --- stderr
    2 for you
    ");
    let bob = as_person(&sandbox, "Bob", &["inbox"]);
    assert!(bob.stdout.contains("as reviewer") && !bob.stdout.contains("as tester"), "{bob}");
    assert_snapshot!(sandbox.tracker(&["signoffs"]), @r"
    exit 0
    --- stdout
    TASK-8DD1  qa  reviewer  anyone  Dark mode  7m
    TASK-8DD1  qa  tester    Grace   Dark mode  7m
    --- stderr
    2 pending sign-offs
    ");
    // The suggested command does what it says, and the entry is gone.
    let answer = json(&as_person(&sandbox, "Bob", &["inbox", "--format", "json"]));
    let command = items(&answer["result"]["items"])[0]["command"].as_str().unwrap().to_owned();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(as_person(&sandbox, "Bob", &words).status, 0);
    assert!(as_person(&sandbox, "Bob", &["inbox"]).stdout.is_empty());
    assert_eq!(
        items(&json(&sandbox.tracker(&["signoffs", "--format", "json"]))["result"]["pending"]).len(),
        1
    );
    assert_eq!(sandbox.tracker(&["signoffs", "--query", "is:blocked"]).stdout, "");
    assert_eq!(sandbox.tracker(&["signoffs", "--verify"]).status, 2);
    assert!(sandbox.tracker(&["signoffs", &id]).stdout.contains("reviewer"));
}

#[test]
fn a_rejection_a_finding_and_a_mention_come_back_to_the_author() {
    let (sandbox, id) = in_review();
    let finding = "high: token is logged @ theme.rs:1";
    let rejected = as_person(&sandbox, "Bob", &["reject", &id, "--as", "reviewer", "--finding", finding]);
    assert_eq!(rejected.status, 0, "{rejected}");
    as_person(&sandbox, "Bob", &["note", &id, "@ada: see theme.rs, and mail me@ada"]);
    sandbox.tracker(&["new", "Another", "--assignee", "Ada Lovelace", "-q"]);
    commit(&sandbox, "Rejected");
    assert_snapshot!(sandbox.tracker(&["inbox"]), @r"
    exit 0
    --- stdout
    rejected  TASK-8DD1  Dark mode  rejected by Bob as reviewer: see its findings; FV5RF high: token is logged, theme.rs:1  6m  tracker show TASK-8DD1
    mention   TASK-8DD1  Dark mode  Bob: @ada: see theme.rs, and mail me@ada                                                5m  tracker show TASK-8DD1
    ready     TASK-WK59  Another                                                                                                tracker start TASK-WK59
    --- stderr
    3 for you
    ");
    // Answered is answered.
    sandbox.tracker(&["note", &id, "done"]);
    assert!(!sandbox.tracker(&["inbox"]).stdout.contains("mention"));
    assert!(as_person(&sandbox, "Bob", &["inbox"]).stdout.is_empty());
}
