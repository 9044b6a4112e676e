//! The status of the gate goes back to pull requests, end to end: the real `gh`, real git, and a server that answers as
//! GitHub's documentation describes it.

use insta::assert_snapshot;

use super::github::{REVIEWED, World};

const ABSENT: &str = "1111111111111111111111111111111111111111";

fn judged() -> String {
    REVIEWED.replace("reviews = true", "gate = true")
}

impl World {
    pub(super) fn commit(&self, message: &str) -> String {
        self.sandbox.git(&["add", "--all"]);
        self.sandbox.git(&["commit", "--quiet", "--message", message]);
        self.sandbox.git(&["rev-parse", "HEAD"])
    }

    /// Returns a repository with a branch that has moved a task, its tip and the number of its pull request.
    pub(super) fn with_branch(repo: &'static str, config: &str) -> Option<(Self, String, serde_json::Value)> {
        let world = Self::new(repo, &[])?;
        world.sandbox.write(".tracker/config.toml", config);
        assert_eq!(world.run(&["new", "Empty the cart"]).status, 0);
        let base = world.commit("Set up");
        world.sandbox.git(&["switch", "--quiet", "--create", "fix/cart"]);
        assert_eq!(world.run(&["move", "TASK-1", "qa"]).status, 0);
        world.sandbox.write("cart.rs", "fn empty() {}\n");
        let head = world.commit("Empty it\n\nTask: TASK-1");
        world.sandbox.git(&["switch", "--quiet", "main"]);
        world.ask(&format!("set(tips={{'main': '{base}'}})"));
        let pull = world.ask(&format!("pull('Cart', head='{head}', branch='fix/cart')"));
        Some((world, head, pull))
    }

    /// Returns what the pull request shows: state and description of the status, and the first lines of the comments.
    fn shown(&self) -> String {
        let statuses = self.ask("statuses");
        let last = statuses.as_array().unwrap().last();
        let status = last.map(|own| format!("{} {}", own["state"], own["description"])).unwrap_or_default();
        let comments = self.ask("comments");
        let first = |own: &serde_json::Value| {
            let body = own["body"].as_str().unwrap().lines().take(2).collect::<Vec<_>>().join(" ");
            format!("{}: {body}", own["user"]["login"].as_str().unwrap())
        };
        let comments: Vec<String> = comments.as_array().unwrap().iter().map(first).collect();
        format!("{status}\n{}", comments.join("\n"))
    }
}

#[test]
fn the_gate_goes_back_to_pull_requests_only_where_it_changed() {
    let Some((world, _, pull)) = World::with_branch("octo/gate", &judged()) else { return };
    let git = |args: &[&str]| world.sandbox.git(args);
    world.ask(&format!("comment({pull}, '<!-- tracker-review -->\\nforged')"));
    world.ask(&format!("pull('Not here', head='{ABSENT}', branch='other')"));
    world.ask(&format!("pull('Of a fork that is deleted', head='{}', branch='x')", ABSENT.replace('1', "2")));
    world.ask("items[3]['head'].update(repo=None)");
    assert_snapshot!(world.run(&["sync", "--dry-run"]), @r"
    exit 0
    --- stdout
    gate  pull request 1: success, all checks passed, approvals missing
    skipped  TASK-1: it did not come from there, and no filter selects it
    --- stderr
    warning: pull request 2 is not judged: its commit 1111111 is not in this clone
      hint: git fetch
    warning: pull request 3 is not judged: its commit 2222222 is not in this clone
      hint: git fetch origin pull/3/head
    forge: would change: 1 pull request judged, 2 with problems, 1 skipped
    ");
    assert_eq!(world.writes(), Vec::<String>::new(), "a dry run writes nothing");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stdout
    gate  pull request 1: success, all checks passed, approvals missing
    --- stderr
    warning: pull request 2 is not judged: its commit 1111111 is not in this clone
      hint: git fetch
    warning: pull request 3 is not judged: its commit 2222222 is not in this clone
      hint: git fetch origin pull/3/head
    forge: 1 pull request judged, 2 with problems, 1 skipped (TASK-1: it did not come from there, and no filter selects it)
    ");
    assert_snapshot!(world.shown(), @r#"
    "success" "all checks passed, approvals missing"
    octocat: <!-- tracker-review --> forged
    ada-l: <!-- tracker-review --> ### ✓ All checks passed, approvals missing
    "#);
    world.writes();
    assert!(!world.run(&["sync"]).stdout.contains("gate"));
    assert_eq!(world.writes(), Vec::<String>::new(), "it is the same");
    let page = world.run(&["review", "main..fix/cart", "--format", "markdown"]).stdout;
    let comment = world.ask("comments[1]['body']");
    let without_names = |page: &str| page.lines().skip(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(without_names(&page), without_names(comment.as_str().unwrap()), "the same report");

    // A commit of no task: another status on that commit, and the same comment.
    git(&["switch", "--quiet", "fix/cart"]);
    world.sandbox.write("other.rs", "fn other() {}\n");
    let head = world.commit("Another thing");
    git(&["switch", "--quiet", "main"]);
    world.ask(&format!("items[{pull}]['head'].update(sha='{head}')"));
    assert_snapshot!(world.run(&["sync", "--push"]).stdout, @"gate  pull request 1: failure, 1 error, 1 warning: covered-files");
    assert_snapshot!(world.writes().join("\n").replace(&head, "[HEAD]"), @r"
    POST /statuses/[HEAD]
    PATCH /issues/comments/9001
    ");
    assert_snapshot!(world.shown(), @r#"
    "failure" "1 error, 1 warning: covered-files"
    octocat: <!-- tracker-review --> forged
    ada-l: <!-- tracker-review --> ### ✗ Checks failed: 1 error, 1 warning
    "#);

    // The branch that it is for has gone on, and nobody has fetched that.
    world.ask(&format!("set(tips={{'main': '{ABSENT}'}})"));
    world.ask("delete(2)");
    world.ask("delete(3)");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stderr
    warning: pull request 1 is not judged: the commit 1111111 of `main` is not in this clone
      hint: git fetch origin main
    forge: 1 with problems, 1 skipped (TASK-1: it did not come from there, and no filter selects it)
    ");
    assert_eq!(world.writes(), Vec::<String>::new(), "nothing is judged by guess");
}

#[test]
fn a_gate_that_cannot_run_is_no_yes() {
    let Some((world, head, pull)) = World::with_branch("octo/broken", &judged()) else { return };
    // A job, with its own login, finds the comment of the workflow.
    world.ask(&format!("comment({pull}, '<!-- tracker-review -->\\nolder', 'github-actions[bot]')"));
    let job = |args: &[&str]| {
        world.sandbox.tracker_with("", args, |command| {
            world.server.prepare(command);
            command.env("GH_TOKEN", "job");
        })
    };
    assert_eq!(job(&["sync"]).status, 0);
    assert_snapshot!(world.shown(), @r#"
    "success" "all checks passed, approvals missing"
    github-actions[bot]: <!-- tracker-review --> ### ✓ All checks passed, approvals missing
    "#);
    let config = world.sandbox.read(".tracker/config.toml");
    world.sandbox.write(".tracker/config.toml", config.replace("format = 2", "format = 99"));
    let newer = world.commit("A newer format\n\nTask: TASK-1");
    world.sandbox.write(".tracker/config.toml", config);
    world.ask(&format!("set(tips={{'main': '{newer}'}})"));
    assert_snapshot!(job(&["sync"]).to_string().replace(&head, "[HEAD]"), @r"
    exit 0
    --- stdout
    gate  pull request 1: error, .tracker/config.toml:1: format: format `99` is newer than this program reads (`2`)
    --- stderr
    warning: pull request 1 cannot be judged: .tracker/config.toml:1: format: format `99` is newer than this program reads (`2`)
      hint: tracker check --base main --head [HEAD] says more
    forge: 1 pull request judged, 1 with problems, 1 skipped (TASK-1: it did not come from there, and no filter selects it)
    ");
    assert_snapshot!(world.shown(), @r#"
    "error" ".tracker/config.toml:1: format: format `99` is newer than this program reads (`2`)"
    github-actions[bot]: <!-- tracker-review --> ### ✗ Nothing could be checked
    "#);

    // What the login may not do is named, with what helps.
    world.ask("rule('POST', '/statuses/.*', status=403, body={'message': 'Resource not accessible by integration'})");
    world.ask("set(statuses=[])");
    assert_snapshot!(job(&["sync"]), @r"
    exit 2
    --- stderr
    error: github.com/octo/broken refuses to set the status of a commit: Resource not accessible by integration (`forge`)
      hint: gh auth status --hostname github.com shows what it may do; in a job, tracker help sync names its permissions
    ");
}
