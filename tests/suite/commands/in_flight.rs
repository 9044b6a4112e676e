//! Work on other branches and in other working trees: who sees it, who is refused, and votes without a checkout.

use std::collections::BTreeSet;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;

use super::{commit, empty, json, world};
use crate::support::{Output, Sandbox, items};

const REVIEWED: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.qa]
signoffs = [\"reviewer\"]
on_fail = \"dev\"
[roles.reviewer]
";

/// Runs the tracker as somebody else, in a folder given from the repository's top.
fn as_person(sandbox: &Sandbox, folder: impl AsRef<Path>, name: &str, args: &[&str]) -> Output {
    sandbox.tracker_with(folder, args, |command| {
        let email = format!("{}@example.com", name.to_lowercase());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), &email);
        }
    })
}

/// Makes a task that waits for votes on branch `fix`, and returns to `main`, which does not have its moves.
fn on_a_branch() -> Sandbox {
    on_a_branch_for(2)
}

/// The same, with as many votes.
fn on_a_branch_for(quorum: u32) -> Sandbox {
    let sandbox = empty();
    sandbox.write(".tracker/config.toml", format!("{REVIEWED}quorum = {quorum}\n"));
    sandbox.write(
        ".tracker/tasks/TASK-C4RT.md",
        "---\nid: TASK-C4RT\ntitle: Fix the cart\ncreated: 2026-11-10\nstage: none\n---\n",
    );
    commit(&sandbox, "Plan it");
    sandbox.git(&["switch", "--quiet", "--create", "fix"]);
    assert_eq!(sandbox.tracker(&["start", "c4rt"]).status, 0);
    sandbox.write("cart.rs", "fixed\n");
    commit(&sandbox, "Fix it\n\nTask: TASK-C4RT");
    assert_eq!(sandbox.tracker(&["advance", "c4rt"]).status, 0);
    commit(&sandbox, "For review\n\nTask: TASK-C4RT");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox
}

#[test]
fn a_narrow_terminal_shows_where_the_work_goes_on_and_whole_commands() {
    let sandbox = on_a_branch();
    let narrow = |args: &[&str]| {
        let output = sandbox.tracker_with("", &[args, &["--color", "always"]].concat(), |command| {
            command.env("COLUMNS", "60");
        });
        anstream::adapter::strip_str(&format!("{}{}", output.stdout, output.stderr)).to_string()
    };
    let list = narrow(&["list"]);
    assert!(list.contains("Fix the cart") && list.contains("\n           qa on fix ("), "{list}");
    let pending = narrow(&["signoffs"]);
    assert!(pending.contains("reviewer") && pending.contains("\n           on fix\n"), "{pending}");
    assert!(narrow(&["inbox"]).contains("tracker approve TASK-C4RT --as reviewer --branch fix\n"));
    assert!(narrow(&["start", "c4rt"]).contains("git switch fix\n"));
}

#[test]
fn what_goes_on_elsewhere_is_not_proposed_to_be_started() {
    let sandbox = on_a_branch();
    let shown = as_person(&sandbox, "", "Bob", &["show", "c4rt"]).stdout;
    let next = "  Next: tracker approve TASK-C4RT --as reviewer --branch fix  or  git switch fix\n";
    assert!(shown.ends_with(next), "{shown}");
}

#[test]
fn what_is_started_in_another_working_tree_is_seen_and_refused() {
    let sandbox = world();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "session", "../other"]);
    assert_eq!(as_person(&sandbox, "../other", "Bob", &["start", "s3s"]).status, 0);
    assert_snapshot!(sandbox.tracker(&["list", "s3ss"]), @r"
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing  1d  dev on session (Bob, 1m, not committed)
    --- stderr
    1 task
    ");
    assert_snapshot!(sandbox.tracker(&["start", "s3s"]), @r"
    exit 1
    --- stderr
    error: TASK-S3SS cannot start
      in progress  dev on [ROOT]/other (Bob)  go on in [ROOT]/other
      hint: `--force` starts it all the same
    ");
    assert_eq!(sandbox.tracker(&["queue", "-q"]).stdout, "");
    let shown = json(&sandbox.tracker(&["show", "s3s", "--format", "json"]));
    assert_eq!(shown["result"]["task"]["in_flight"][0]["by"], "Bob");
    assert_eq!(sandbox.tracker(&["start", "s3s", "--force"]).status, 0);
}

#[test]
fn what_a_branch_has_moved_is_seen_until_it_is_merged() {
    let sandbox = on_a_branch();
    assert_snapshot!(sandbox.tracker(&["list"]), @r"
    exit 0
    --- stdout
    TASK-C4RT  -  none  pending  Fix the cart  1d  qa on fix (Ada Lovelace, 5m)
    --- stderr
    1 task
    ");
    assert_snapshot!(sandbox.tracker(&["board"]), @r"
    exit 0
    --- stdout
    1 total · 0 QA approved · 0 done · 0 awaiting QA · 0 in progress · 0 pending sign-offs · 0 rejections · 0 blocking findings · 0 blocked
    none 1
      TASK-C4RT  -  pending  Fix the cart  qa on fix (Ada Lovelace, 6m)
    dev 0
    qa 0
    complete 0
    ");
    let shown = sandbox.tracker(&["show", "c4rt"]);
    assert!(shown.stdout.contains("In flight: qa on fix (Ada Lovelace"), "{shown}");
    let refused = sandbox.tracker(&["start", "c4rt"]);
    assert!(refused.status == 1 && refused.stderr.contains("git switch fix"), "{refused}");
    sandbox.git(&["merge", "--quiet", "--no-ff", "--no-edit", "fix"]);
    let merged = json(&sandbox.tracker(&["list", "--format", "json"]));
    assert!(items(&merged["result"]["tasks"])[0].get("in_flight").is_none(), "{merged}");
    // A squash has the same moves.
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert!(sandbox.tracker(&["list"]).stdout.contains("on fix"));
    sandbox.git(&["merge", "--quiet", "--squash", "fix"]);
    commit(&sandbox, "Squashed");
    assert!(!sandbox.tracker(&["list"]).stdout.contains("on fix"));
}

#[test]
fn what_is_remembered_of_branches_follows_them() {
    let sandbox = on_a_branch();
    let seen =
        || -> Value { json(&sandbox.tracker(&["list", "--format", "json"]))["result"]["tasks"].clone() };
    let first = seen();
    assert_eq!(first, seen(), "from the cache as without it");
    sandbox.write(".git/tracker/in-flight", "damaged");
    assert_eq!(first, seen());
    // From the branch, main has nothing that the branch does not have; from a branch that main left behind, it has.
    sandbox.git(&["switch", "--quiet", "fix"]);
    assert!(seen()[0].get("in_flight").is_none());
    sandbox.git(&["switch", "--quiet", "--create", "old", "main"]);
    sandbox.git(&["branch", "--quiet", "--force", "main", "fix"]);
    sandbox.git(&["branch", "--quiet", "-D", "fix"]);
    assert_eq!(seen()[0]["in_flight"][0]["branch"], "main");
    // A branch without a commit in 90 days is not read.
    let later = sandbox.tracker_with("", &["list", "--format", "json"], |command| {
        command.env("TRACKER_NOW", "2027-03-01T00:00:00Z");
    });
    assert!(json(&later)["result"]["tasks"][0].get("in_flight").is_none(), "{later}");
}

#[test]
fn a_vote_from_main_says_where_and_is_cast_there_without_a_checkout() {
    let sandbox = on_a_branch();
    assert_snapshot!(as_person(&sandbox, "", "Bob", &["approve", "c4rt"]), @r"
    exit 1
    --- stderr
    error: cannot vote on TASK-C4RT
      in progress  qa on fix (Ada Lovelace)  tracker approve TASK-C4RT --branch fix
    ");
    assert_snapshot!(as_person(&sandbox, "", "Bob", &["inbox"]), @r"
    exit 0
    --- stdout
    review  TASK-C4RT  Fix the cart  as reviewer, on fix  6m  tracker approve TASK-C4RT --as reviewer --branch fix
    --- stderr
    1 for you
    ");
    let listed = sandbox.tracker(&["signoffs"]);
    assert!(listed.stdout.ends_with("  on fix\n"), "{listed}");
    let before = sandbox.git(&["rev-parse", "fix"]);
    let status = sandbox.git(&["status", "--porcelain"]);
    let dry = as_person(&sandbox, "", "Bob", &["approve", "c4rt", "--branch", "fix", "--dry-run"]);
    assert_eq!((dry.status, sandbox.git(&["rev-parse", "fix"])), (0, before.clone()), "{dry}");
    let voted = as_person(&sandbox, "", "Bob", &["approve", "c4rt", "--branch", "fix", "-m", "fine"]);
    assert_eq!(voted.status, 0, "{voted}");
    assert_eq!(sandbox.git(&["rev-parse", "fix~1"]), before);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), status, "the working tree is as it was");
    assert_snapshot!(sandbox.git(&["log", "-1", "--format=%an <%ae>%n%B", "fix"]), @r"
    Bob <bob@example.com>
    TASK-C4RT: approved as reviewer

    Task: TASK-C4RT
    ");
    sandbox.git(&["fsck", "--strict"]);
    // The last vote moves the task.
    let last = as_person(&sandbox, "", "Eve", &["approve", "c4rt", "--branch", "fix"]);
    assert!(last.stdout.contains("qa → complete"), "{last}");
    sandbox.git(&["switch", "--quiet", "fix"]);
    let signoffs = json(&sandbox.tracker(&["signoffs", "c4rt", "--format", "json"]));
    let counted = items(&signoffs["result"]["others"]).iter().filter(|vote| vote["trust"] == "attributed");
    assert_eq!(counted.count(), 2, "{signoffs}");
    for args in [
        &["approve", "c4rt", "--branch", "nowhere"][..],
        &["approve", "c4rt", "--branch", "fix"],
        &["approve", "c4rt", "--push"],
    ] {
        assert_eq!(sandbox.tracker(args).status, 2, "{args:?}");
    }
}

#[test]
fn a_vote_on_a_branch_is_on_what_was_seen_of_the_branch() {
    let sandbox = on_a_branch();
    sandbox.git(&["switch", "--quiet", "fix"]);
    let shown = json(&sandbox.tracker(&["show", "c4rt", "--format", "json"]));
    let seen = shown["result"]["seen"].as_str().unwrap();
    let vote = ["approve", "c4rt", "--branch", "fix", "--seen", seen];
    sandbox.git(&["switch", "--quiet", "main"]);
    let voted = as_person(&sandbox, "", "Bob", &vote);
    assert_eq!(voted.status, 0, "{voted}");
    // What came to the branch since was not seen, even where nothing came to the commit that is checked out.
    let late = as_person(&sandbox, "", "Eve", &vote);
    assert!(late.status == 1 && late.stderr.contains(&seen[..8]), "{late}");
}

#[test]
fn a_branch_that_is_being_rebased_is_not_voted_on() {
    let sandbox = on_a_branch();
    sandbox.git(&["worktree", "add", "--quiet", "../desk", "fix"]);
    let desk = sandbox.root().join("desk").display().to_string();
    let rebase =
        ["-C", &desk, "-c", "sequence.editor=sed -i.bak 1s/pick/edit/", "rebase", "--quiet", "--interactive"];
    let stopped = sandbox.program_with("git", "", &[&rebase[..], &["main"]].concat(), |_| {});
    assert_eq!(stopped.status, 0, "{stopped}");
    let before = sandbox.git(&["rev-parse", "fix"]);
    let voted = as_person(&sandbox, "", "Bob", &["approve", "c4rt", "--branch", "fix"]);
    assert!(voted.status == 2 && voted.stderr.contains("`fix` is checked out in "), "{voted}");
    let there = as_person(&sandbox, "../desk", "Bob", &["approve", "c4rt", "--branch", "fix"]);
    assert!(there.status == 2 && there.stderr.contains("`fix` is being rebased here"), "{there}");
    assert_eq!(sandbox.git(&["rev-parse", "fix"]), before);
    sandbox.git(&["-C", &desk, "rebase", "--continue"]);
}

#[test]
fn a_vote_on_a_branch_is_the_vote_of_a_checkout() {
    let (there, here) = (on_a_branch(), on_a_branch());
    as_person(&there, "", "Bob", &["approve", "c4rt", "--branch", "fix", "-m", "fine"]);
    here.git(&["switch", "--quiet", "fix"]);
    as_person(&here, "", "Bob", &["approve", "c4rt", "-m", "fine"]);
    there.git(&["switch", "--quiet", "fix"]);
    let votes = |sandbox: &Sandbox| -> Vec<String> {
        let folder = sandbox.path().join(".tracker/signoffs/TASK-C4RT");
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        files
            .map(|text| text.lines().filter(|line| !line.starts_with("at:")).collect::<Vec<_>>().join("\n"))
            .collect()
    };
    assert_eq!(votes(&there), votes(&here));
    assert_eq!(there.read(".tracker/tasks/TASK-C4RT.md"), here.read(".tracker/tasks/TASK-C4RT.md"));
}

#[test]
fn a_vote_is_pushed_with_a_lease_and_none_of_many_is_lost() {
    let sandbox = on_a_branch_for(9);
    sandbox.git(&["init", "--quiet", "--bare", "../remote"]);
    sandbox.git(&["remote", "add", "origin", "../remote"]);
    sandbox.git(&["push", "--quiet", "origin", "main", "fix"]);
    let names = ["Bob", "Eve", "Kim", "Lou", "Max"];
    for name in names {
        sandbox.git(&["clone", "--quiet", "../remote", &format!("../{name}")]);
    }
    let refused = as_person(&sandbox, "../Bob", "Bob", &["approve", "c4rt", "--branch", "fix"]);
    assert!(refused.status == 2 && refused.stderr.contains("--push"), "{refused}");
    std::thread::scope(|scope| {
        for name in names {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let args = ["approve", "c4rt", "--branch", "fix", "--push"];
                let voted = as_person(sandbox, format!("../{name}"), name, &args);
                assert_eq!(voted.status, 0, "{name}: {voted}");
            });
        }
    });
    sandbox.git(&["fetch", "--quiet"]);
    let files = sandbox.git(&["ls-tree", "-r", "--name-only", "origin/fix", ".tracker/signoffs"]);
    assert_eq!(files.lines().count(), names.len(), "{files}");
    let authors = sandbox.git(&["log", "--format=%an", "main..origin/fix"]);
    let authors: BTreeSet<&str> = authors.lines().collect();
    assert!(names.iter().all(|name| authors.contains(name)), "{authors:?}");
}

#[test]
fn one_of_many_that_take_the_next_task_wins_each() {
    let sandbox = empty();
    for title in ["One", "Two", "Three", "Four"] {
        sandbox.tracker(&["new", title]);
    }
    commit(&sandbox, "Four tasks");
    for name in ["a", "b"] {
        sandbox.git(&["worktree", "add", "--quiet", "-b", name, &format!("../{name}")]);
    }
    let answers: Vec<Output> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..8)
            .map(|at| {
                let (sandbox, folder) = (&sandbox, ["", "../a", "../b"][at % 3]);
                scope.spawn(move || as_person(sandbox, folder, &format!("P{at}"), &["start", "--next", "-q"]))
            })
            .collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let won: Vec<&str> =
        answers.iter().filter(|answer| answer.status == 0).map(|answer| answer.stdout.trim()).collect();
    let distinct: BTreeSet<&str> = won.iter().copied().collect();
    assert_eq!(won.len(), distinct.len(), "{won:?}");
    let refused = answers.iter().filter(|answer| answer.status != 0);
    for answer in refused {
        assert!(answer.status == 1 && answer.stderr.contains("no task can begin"), "{answer}");
    }
    assert_eq!(won.len(), 4, "{won:?}");
}

#[test]
fn what_is_assigned_to_somebody_else_is_neither_begun_nor_waited_for_as_ready() {
    let sandbox = world();
    sandbox.tracker(&["set", "s3s", "assignee=Grace"]);
    let watched = sandbox.tracker(&["watch", "--ready", "id=TASK-S3SS", "--timeout", "0"]);
    assert_eq!(watched.status, 1, "{watched}");
    for words in [&["start", "s3s"][..], &["advance", "s3s"], &["done", "s3s"]] {
        let refused = sandbox.tracker(words);
        assert!(refused.status == 1 && refused.stderr.contains("to Grace"), "{refused}");
    }
    assert_eq!(as_person(&sandbox, "", "Grace", &["advance", "s3s"]).status, 0);
}

#[test]
fn the_next_task_may_be_narrowed() {
    let sandbox = world();
    assert_snapshot!(sandbox.tracker(&["start", "--next", "type:bug", "or", "type:docs"]), @r"
    exit 0
    --- stdout
    TASK-S3SS  Session expires while typing
      assignee = Ada Lovelace
      none → dev
    ");
    assert_snapshot!(sandbox.tracker(&["start", "--next", "tag:nothing"]), @r"
    exit 1
    --- stderr
    error: no task can begin
      queue  every open task is started, blocked, waiting, or somebody else's  tracker list
    ");
    assert_eq!(sandbox.tracker(&["start"]).status, 2);
}

#[test]
fn a_task_that_only_a_branch_has_is_shown_from_there() {
    let sandbox = super::empty();
    super::commit(&sandbox, "Set up");
    sandbox.git(&["switch", "--quiet", "--create", "fix/cart"]);
    sandbox.tracker(&["new", "Only there", "--id", "TASK-0N1Y"]);
    super::commit(&sandbox, "Plan");
    sandbox.git(&["switch", "--quiet", "main"]);
    insta::assert_snapshot!(super::typed(&sandbox, "
        show 0n1y
        show 0n1y --json
        show n0ne
    "), @r#"
    $ tracker show 0n1y
    exit 0
    --- stdout
    TASK-0N1Y  Only there  pending
      unassigned · created 2026-11-11
      [none] > dev > qa > sec > docs > complete
      Only on branch: fix/cart

      Next: git switch fix/cart

    $ tracker show 0n1y --json
    exit 0
    --- stdout
    {"result":{"branch":"fix/cart","task":{"id":"TASK-0N1Y","title":"Only there","stage":"none","created":"2026-11-11"},"next":["git switch fix/cart"]}}

    $ tracker show n0ne
    exit 2
    --- stderr
    error: no task matches `n0ne`
      hint: run `tracker list` to see all tasks
    "#);
}
