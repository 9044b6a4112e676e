//! Synchronisation with the issues of a repository on GitHub, end to end: the real `gh`, and a server that answers as
//! GitHub's documentation describes it.

use insta::assert_snapshot;
use serde_json::Value;

use super::github_server::{Github, github};
use crate::support::{Output, Sandbox};

/// A tracker, and a repository there.
pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) server: &'static Github,
    repo: &'static str,
}

impl World {
    /// Makes both; none where there is no server.
    pub(super) fn new(repo: &'static str, options: &[&str]) -> Option<Self> {
        let server = github()?;
        server.ask(&format!("repo('{repo}').now()"));
        let world = Self { sandbox: Sandbox::new(), server, repo };
        assert_eq!(world.run(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
        world.sandbox.git(&["remote", "add", "origin", &format!("git@github.com:{repo}.git")]);
        let added = world.run(&[&["sync", "add", "forge", "--github"], options].concat());
        assert_eq!(added.status, 0, "{added}");
        Some(world)
    }

    pub(super) fn run(&self, args: &[&str]) -> Output {
        self.sandbox.tracker_with("", args, |command| self.server.prepare(command))
    }

    /// Evaluates a method of the repository.
    pub(super) fn ask(&self, call: &str) -> Value {
        self.server.ask(&format!("repo('{}').{call}", self.repo))
    }

    /// Returns the requests since the last time.
    pub(super) fn requests(&self) -> Vec<String> {
        let log = self.ask("taken()");
        log.as_array().unwrap().iter().map(|own| own.as_str().unwrap().to_owned()).collect()
    }

    /// Returns how many requests have changed something since the last time.
    pub(super) fn writes(&self) -> Vec<String> {
        self.requests().into_iter().filter(|own| !own.starts_with("GET")).collect()
    }

    fn settings(&self, text: &str) {
        let config = self.sandbox.read(".tracker/config.toml");
        self.sandbox.write(".tracker/config.toml", format!("{config}{text}"));
    }
}

#[test]
fn issues_and_tasks_agree() {
    let Some(world) = World::new("octo/agree", &["--filter", "is:open"]) else { return };
    world.settings("\n[sync.forge.people]\nada-l = \"Ada Lovelace <ada@example.com>\"\n");
    world.ask("issue('Dark mode', body='As wished.\\r\\n\\r\\n- [x] all of it\\r\\n', labels=['ui', 'good first issue'], assignees=['ada-l'])");
    world.ask("issue('Old news', state='closed')");
    world.ask("pull('A pull request')");
    let new = ["new", "Export the board", "--tag", "board", "--sprint", "2026.48", "--assignee", "Bob Brown"];
    assert_eq!(world.run(&new).status, 0);
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stdout
    new there  TASK-FQ7T    4  Export the board  matches `is:open`
    new here   TASK-2B4PJ6  1  Dark mode         pending there, and new
    --- stderr
    forge: 1 new here, 1 new there
    ");
    assert_snapshot!(world.sandbox.read(".tracker/tasks/TASK-2B4PJ6.md"), @r"
    ---
    id: TASK-2B4PJ6
    title: Dark mode
    tags: [good first issue, ui, forge-sync]
    source: forge:1
    created: 2026-11-11
    stage: none
    assignee: Ada Lovelace
    ---

    As wished.

    - [ ] all of it
    ");
    assert_snapshot!(world.ask("seen(4)"), @r#"{"title":"Export the board","body":"<!-- tracker:TASK-FQ7T -->","state":"open","state_reason":null,"labels":["board"],"assignees":[],"milestone":"2026.48"}"#);
    assert_snapshot!(world.requests().join("\n"), @r"
    GET /issues?state=all&sort=created&direction=asc&per_page=100
    GET /issues?state=all&sort=created&direction=asc&per_page=100&since=2026-11-11T07%3A59%3A06Z
    GET /milestones?state=all&per_page=100
    POST /milestones
    POST /issues
    GET /issues?state=all&sort=created&direction=asc&per_page=100&since=2026-11-11T07%3A59%3A06Z
    GET /issues/comments?per_page=100
    ");
    assert_snapshot!(world.run(&["sync"]).stderr, @"forge: nothing to do");
    assert_eq!(
        world.requests().len(),
        2,
        "what has not changed costs one request for issues and one for comments"
    );

    // Both sides change different things of one pair, and then each closes it in its own way.
    world.ask("change(1, title='A dark mode', labels=['ui', 'good first issue', 'theme'])");
    assert_eq!(world.run(&["start", "TASK-2B4PJ6"]).status, 0);
    assert_eq!(world.run(&["set", "TASK-2B4PJ6", "tags+=night", "sprint=2026.49"]).status, 0);
    assert_snapshot!(world.run(&["sync"]).stdout, @"changed  TASK-2B4PJ6  1  Dark mode  title, labels from forge; status, labels, sprint to forge");
    assert_snapshot!(world.ask("seen(1)"), @r#"{"title":"A dark mode","body":"As wished.\r\n\r\n- [x] all of it\r\n","state":"open","state_reason":null,"labels":["good first issue","night","theme","ui"],"assignees":["ada-l"],"milestone":"2026.49"}"#);
    assert_eq!(world.run(&["sync"]).stderr, "forge: nothing to do\n");
    assert_eq!(world.run(&["move", "TASK-2B4PJ6", "complete"]).status, 0);
    world.ask("change(4, state='closed', state_reason='not_planned')");
    assert_snapshot!(world.run(&["sync"]).stdout, @r"
    changed  TASK-2B4PJ6  1  A dark mode       status to forge
    changed  TASK-FQ7T    4  Export the board  status from forge
    ");
    let state = |number: u64| {
        let seen = world.ask(&format!("seen({number})"));
        format!("{} {}", seen["state"].as_str().unwrap(), seen["state_reason"].as_str().unwrap_or_default())
    };
    assert_eq!((state(1).as_str(), state(4).as_str()), ("closed completed", "closed not_planned"));
    world.ask("change(1, state='open')");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stderr
    warning: `1`: a task that is completed here does not become pending from outside; status of TASK-2B4PJ6 stays
    forge: 1 with problems
    ");
    assert_eq!(world.run(&["sync"]).stderr, "forge: nothing to do\n");
    assert_eq!(world.run(&["doctor"]).status, 0);
}

#[test]
fn an_issue_whose_answer_is_lost_is_not_created_again() {
    let Some(world) = World::new("octo/lost", &["--filter", "is:open"]) else { return };
    assert_eq!(world.run(&["new", "One"]).status, 0);
    world.ask("rule('POST', '/issues', after=True)");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 1
    --- stderr
    error: 1 of the changes got no answer
      hint: tracker sync forge finds out what has become of them
    warning: TASK-FQ7T: perhaps written there, perhaps not: Server Error
    forge: 1 with problems
    ");
    assert_eq!(world.run(&["sync"]).status, 0);
    assert_eq!(world.writes(), ["POST /issues"], "the second run has found it");
    // What comes from outside has no task of ours, whatever it has in its text.
    world.ask("issue('Mine', body='<!-- tracker:TASK-ZZZZ -->', association='NONE')");
    assert_eq!(world.run(&["new", "Two"]).status, 0);
    let id = world.run(&["list", "--fields", "id,title"]).stdout;
    let id =
        id.lines().find(|line| line.contains("Two")).unwrap().split_whitespace().next().unwrap().to_owned();
    world.ask(&format!("issue('Yours', body='<!-- tracker:{id} -->', association='NONE')"));
    assert_eq!(world.run(&["sync"]).status, 0);
    assert_eq!(world.writes().len(), 1, "it has an issue of its own");
}

#[test]
fn deleted_and_transferred_issues_wait_for_a_person() {
    let Some(world) = World::new("octo/gone", &[]) else { return };
    for title in ["Deleted", "Transferred", "Stays"] {
        world.ask(&format!("issue('{title}')"));
    }
    world.ask("set(size=2)");
    assert_eq!(world.run(&["sync"]).status, 0);
    assert_eq!(
        world.requests().iter().filter(|own| own.contains("page=2")).count(),
        2,
        "a page in each of two rounds"
    );
    world.ask("delete(1)");
    world.ask("transfer(2, repo('octo/elsewhere'))");
    let later = |args: &[&str]| {
        world.sandbox.tracker_with("", args, |command| {
            world.server.prepare(command);
            command.env("TRACKER_NOW", "2026-11-13T00:00:00Z");
        })
    };
    assert_snapshot!(later(&["sync"]), @r"
    exit 0
    --- stdout
    gone  TASK-2B4PJ6  1  Deleted      the item is gone
    gone  TASK-M7FQG7  2  Transferred  the item is gone
    --- stderr
    forge: 2 gone, 2 to decide on
    tracker sync status forge shows what to decide
    ");
    assert_snapshot!(later(&["sync"]).stderr, @r"
    forge: 2 to decide on
    tracker sync status forge shows what to decide
    ");
}

#[test]
fn limits_are_waited_for_or_say_when_they_end() {
    let Some(world) = World::new("octo/limits", &["--filter", "is:open"]) else { return };
    assert_eq!(world.run(&["new", "One"]).status, 0);
    world.ask("rule('GET', '/issues', status=502, times=2)");
    world.ask("rule('GET', '/issues', status=429, headers={'Retry-After': '30'})");
    world.ask(
        "rule('POST', '/issues', status=403, body={'message': 'You have exceeded a secondary rate limit.'})",
    );
    let output = world.run(&["sync"]);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(world.requests().iter().filter(|own| own.starts_with("POST")).count(), 2);
    world.ask("rule('GET', '/issues', status=403, headers={'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': str(int(START.timestamp()) + 3000)})");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 2
    --- stderr
    error: cannot list issues: its hourly limit is used up: no more requests until 09:56:01 UTC (`forge`)
      hint: tracker sync forge goes on then with what is left
    ");
    world.ask("rule('GET', '/issues', status=500, times=9)");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 2
    --- stderr
    error: `forge` cannot list issues: it fails again and again: Server Error
      hint: nothing is lost: the next run goes on; tracker sync doctor shows what is wrong
    ");
    world.ask("set(rules=[])");

    // What GitHub refuses is named, and the rest goes on.
    assert_eq!(world.run(&["new", &"x".repeat(300)]).status, 0);
    assert_eq!(world.run(&["new", "Three", "--assignee", "hubot"]).status, 0);
    assert_eq!(world.run(&["new", "Four"]).status, 0);
    let output = world.run(&["sync"]);
    assert_snapshot!(output.stderr, @r"
    warning: TASK-00VE: not written there: Validation Failed; title too_long title is too long (maximum is 256 characters)
    warning: TASK-8J8K: not written there: Validation Failed; assignees invalid
    forge: 1 new there, 2 with problems
    ");
    assert_eq!(world.ask("seen(2)")["title"], "Four");
    world.ask("set(push=False)");
    let four = world.run(&["list", "--fields", "id,title"]).stdout;
    let four = four
        .lines()
        .find(|line| line.contains("Four"))
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(world.run(&["set", &four, "tags+=ui"]).status, 0);
    let output = world.run(&["sync"]);
    assert!(output.stderr.contains("issue 2: GitHub has left out its labels"), "{output}");
}

#[test]
fn what_is_missing_is_named_with_what_helps() {
    let Some(world) = World::new("octo/missing", &[]) else { return };
    let with = |name: &str, value: &str| {
        world.sandbox.tracker_with("", &["sync"], |command| {
            world.server.prepare(command);
            command.env(name, value);
        })
    };
    assert_snapshot!(with("GH_TOKEN", ""), @r"
    exit 2
    --- stderr
    error: gh cannot use github.com: it is not logged in (`forge`)
      hint: gh auth login --hostname github.com; in a job: GH_TOKEN: ${{ github.token }}
    ");
    assert_snapshot!(with("GH_TOKEN", "ended"), @r"
    exit 2
    --- stderr
    error: gh cannot use github.com: its login is not accepted, or has ended (`forge`)
      hint: gh auth login --hostname github.com; in a job: GH_TOKEN: ${{ github.token }}
    ");
    assert_snapshot!(with("PATH", "/nonexistent"), @r"
    exit 2
    --- stderr
    error: the program `gh` is not installed (`forge`)
      hint: apt install gh, or https://cli.github.com
    ");
    world.ask("issue('One')");
    world.ask("set(renamed='octo/new-name')");
    world.ask("change(1)");
    world.ask("items[1].update(repository_url='https://api.github.com/repos/octo/new-name')");
    assert_snapshot!(world.run(&["sync"]), @r#"
    exit 2
    --- stderr
    error: github.com/octo/missing is octo/new-name now (`forge`)
      hint: write repo = "octo/new-name" under [sync.forge]: tracker edit config
    "#);
    world.sandbox.git(&["remote", "set-url", "origin", "git@github.com:octo/nothing-here.git"]);
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 2
    --- stderr
    error: github.com/octo/nothing-here is not there, or not for this login (`forge`)
      hint: tracker sync doctor forge; is the name right, and may this login see it?
    ");
    world.sandbox.git(&["remote", "set-url", "origin", "/srv/git/app.git"]);
    assert_snapshot!(world.run(&["sync"]), @r#"
    exit 2
    --- stderr
    error: [sync.forge] does not say which repository, and no git remote does
      hint: write repo = "OWNER/NAME" under [sync.forge]: tracker edit config
    "#);
}

/// The same without `gh`: a program in its place that prints what it would.
#[test]
fn answers_are_read_as_gh_prints_them() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let add = ["sync", "add", "forge", "--github", "--repo", "ghe.example.com/octo/app"];
    assert_eq!(sandbox.tracker(&add).status, 0);
    let gh = "#!/bin/sh\necho \"$*\" >>../calls\nprintf 'HTTP/2.0 200 OK\\r\\nEtag: \"e\"\\r\\n\\r\\n'\necho '[{\"number\":1,\"title\":\"One\",\"state\":\"open\"},{\"number\":2}]'\n";
    sandbox.write("../bin/gh", gh);
    sandbox.program_with("chmod", "", &["+x", "../bin/gh"], |_| {});
    let output = sandbox.tracker_with("", &["sync"], |command| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = [sandbox.root().join("bin")].into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(paths).unwrap());
    });
    assert_snapshot!(output, @r"
    exit 0
    --- stdout
    new here  TASK-2B4PJ6  1  One  pending there, and new
    --- stderr
    warning: `2`: its title is not a text
    forge: 1 new here, 1 with problems
    ");
    assert_snapshot!(sandbox.read("../calls"), @r"
    api --include --hostname ghe.example.com --method GET --header Accept: application/vnd.github+json --header X-GitHub-Api-Version: 2022-11-28 repos/octo/app/issues?state=all&sort=created&direction=asc&per_page=100
    api --include --hostname ghe.example.com --method GET --header Accept: application/vnd.github+json --header X-GitHub-Api-Version: 2022-11-28 repos/octo/app/issues?state=all&sort=created&direction=asc&per_page=100
    api --include --hostname ghe.example.com --method GET --header Accept: application/vnd.github+json --header X-GitHub-Api-Version: 2022-11-28 repos/octo/app/issues/comments?per_page=100
    ");
}

#[test]
fn what_strangers_write_breaks_no_record() {
    let Some(world) = World::new("octo/strangers", &[]) else { return };
    world.ask("issue('One', body='Mind:\\n\\n<<<<<<< HEAD\\n||||||| base\\n>>>>>>> other')");
    world.ask("comment(1, 'See\\n<<<<<<< HEAD\\n>>>>>>> other')");
    assert_eq!(world.run(&["sync"]).stderr, "forge: 1 new here, 1 new note\n");
    let doctor = world.run(&["doctor"]);
    assert_eq!(doctor.status, 0, "{doctor}");
    let again = world.run(&["sync"]);
    assert_eq!(again.stderr, "forge: nothing to do\n", "{again}");
}

#[test]
fn comments_become_notes_once() {
    let Some(world) = World::new("octo/comments", &[]) else { return };
    world.ask("issue('One')");
    world.ask("comment(1, 'First.\\r\\n\\r\\nTask: TASK-1 done\\x1b[2J')");
    world.ask("comment(1, '<!-- tracker-review -->\\nA report')");
    let pull = world.ask("pull('A pull request')");
    world.ask(&format!("comment({pull}, 'on a pull request')"));
    assert_eq!(world.run(&["sync"]).stderr, "forge: 1 new here, 1 new note\n");
    let notes = || -> Vec<String> {
        let folder = world.sandbox.path().join(".tracker/notes/TASK-2B4PJ6");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| format!(".tracker/notes/TASK-2B4PJ6/{}", file.unwrap().file_name().to_str().unwrap()))
            .collect();
        names.sort();
        names
    };
    assert_snapshot!(world.sandbox.read(&notes()[0]), @r"
    ---
    at: 2026-11-11T08:00:03Z
    by: octocat (forge)
    ---

    First.

    Task: TASK-1 done^[[2J

    https://github.com/octo/comments/issues/1#issuecomment-9000
    ");
    assert_eq!(world.run(&["sync"]).stderr, "forge: nothing to do\n");
    world.requests();
    assert_eq!(world.run(&["sync"]).stderr, "forge: nothing to do\n");
    assert_eq!(world.requests().len(), 2, "one for the issues, one for the comments");
    world.ask("comment(1, 'Second')");
    // Of an issue that is new, older comments are read as well.
    world.ask("issue('Two')");
    world.ask("comment(3, 'Third')");
    assert_eq!(world.run(&["sync"]).stderr, "forge: 1 new here, 2 new notes\n");
    assert_eq!(world.run(&["sync"]).stderr, "forge: nothing to do\n");
    // Another clone has read nothing yet.
    std::fs::remove_dir_all(world.sandbox.path().join(".git/tracker/sync")).unwrap();
    assert_eq!(world.run(&["sync"]).stderr, "forge: nothing to do\n");
    assert_eq!(notes().len(), 2);
}

#[test]
fn the_doctor_says_what_is_missing() {
    let Some(world) = World::new("octo/doctor", &[]) else { return };
    let masked = |output: &Output| {
        let text = output.to_string();
        let version = text.lines().find(|line| line.contains("gh: gh version")).unwrap_or_default();
        text.replace(version, "✓ gh: gh version [VERSION]")
    };
    world.ask("issue('One')");
    assert_snapshot!(masked(&world.run(&["sync", "doctor"])), @r"
    exit 0
    --- stdout
    ✓ gh: gh version [VERSION]
    ✓ repository: github.com/octo/doctor
    ✓ it has issues
    ✓ rights: the login may set labels, assignees and milestones
    ✓ connection: it answers, and has title, status, assignee, labels, sprint, body
    ✓ writable: fields can be changed there
    ✓ new items can be created there
    ✓ 1 items in scope
    ✓ status: 1 pending; closed ones are not taken
    ✓ tracking 0 tasks
    ✓ 0 tasks wait for a person
    ✓ 0 unfinished changes
    ");
    world.ask("set(push=False, has_issues=False)");
    let found = world.run(&["sync", "doctor"]).stdout;
    assert!(found.contains("✗ it has issues\n    switch them on"), "{found}");
    assert!(found.contains("✗ rights: "), "{found}");
    world.sandbox.git(&["remote", "set-url", "origin", "git@github.com:octo/nothing-here.git"]);
    assert_snapshot!(world.run(&["sync", "doctor"]), @r"
    exit 1
    --- stdout
    ✗ gh: github.com/octo/nothing-here is not there, or not for this login (`forge`)
        tracker sync doctor forge; is the name right, and may this login see it?
    ");
}

pub(super) const REVIEWED: &str = "\
format = 2
id_scheme = \"sequential\"
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.qa]
signoffs = [\"code-reviewer\"]
advance = \"manual\"
[roles.code-reviewer]
[sync.forge]
kind = \"github\"
reviews = true
[sync.forge.people]
grace-h = \"Grace Hopper <grace@example.com>\"
";

#[test]
fn the_text_of_a_pull_request_chooses_no_task_that_its_own_commits_do_not() {
    let Some(world) = World::new("octo/stacked", &[]) else { return };
    let git = |args: &[&str]| world.sandbox.git(args);
    let commit = |message: &str| world.commit(message);
    world.sandbox.write(".tracker/config.toml", REVIEWED);
    assert_eq!(world.run(&["new", "Lower"]).status, 0);
    assert_eq!(world.run(&["new", "Upper"]).status, 0);
    commit("Set up");
    let mut head = String::new();
    for (branch, task) in [("lower", "TASK-1"), ("upper", "TASK-2")] {
        git(&["switch", "--quiet", "--create", branch]);
        assert_eq!(world.run(&["move", task, "qa"]).status, 0);
        world.sandbox.write(format!("{branch}.rs"), "fn main() {}\n");
        head = commit(&format!("Write {branch}\n\nTask: {task}"));
    }
    git(&["switch", "--quiet", "main"]);
    // Its diff has nothing of the other; its text was changed after the review.
    let pull = world.ask(&format!("pull('Upper', head='{head}', branch='upper', body='Task: TASK-1')"));
    world.ask(&format!("items[{pull}]['base'].update(ref='lower')"));
    world.ask(&format!("review({pull}, 'grace-h', 'APPROVED', '{head}')"));
    let output = world.run(&["sync"]);
    assert_eq!(output.stdout.trim(), "vote  TASK-2: approved as code-reviewer by Grace Hopper", "{output}");
    assert!(output.stderr.contains("is no vote on TASK-1: its commits, beyond the branch"), "{output}");
    let votes = git(&["ls-tree", "-r", "--name-only", "upper", ".tracker/signoffs/"]);
    assert!(votes.lines().count() == 1 && votes.contains("/TASK-2/"), "{votes}");
}

#[test]
fn reviews_become_votes_on_the_commit_that_was_reviewed() {
    let Some(world) = World::new("octo/reviews", &[]) else { return };
    let git = |args: &[&str]| world.sandbox.git(args);
    let commit = |message: &str| world.commit(message);
    world.sandbox.write(".tracker/config.toml", REVIEWED);
    assert_eq!(world.run(&["new", "Empty the cart"]).status, 0);
    commit("Set up");
    git(&["switch", "--quiet", "--create", "fix/cart"]);
    assert_eq!(world.run(&["move", "TASK-1", "qa"]).status, 0);
    world.sandbox.write("cart.rs", "fn empty() {}\n");
    let reviewed = commit("Empty it\n\nTask: TASK-1");
    git(&["switch", "--quiet", "main"]);
    let pull = world.ask(&format!("pull('Cart', head='{reviewed}', branch='fix/cart')"));
    world.ask(&format!("review({pull}, 'octocat', 'APPROVED', '{reviewed}')"));
    world.ask(&format!("review({pull}, 'grace-h', 'COMMENTED', '{reviewed}')"));
    world.ask(&format!("review({pull}, 'grace-h', 'APPROVED', '{reviewed}', 'Fine.')"));
    assert_snapshot!(world.run(&["sync"]), @r#"
    exit 0
    --- stdout
    vote  TASK-1: approved as code-reviewer by Grace Hopper
    --- stderr
    warning: the review of 1 by octocat is no vote: nobody is named for the login
      hint: write "octocat" = "Name <address>" under [sync.forge.people]
    forge: 1 new vote, 1 with problems, 1 skipped (TASK-1: it did not come from there, and no filter selects it)
    "#);
    let votes = || {
        let shown = git(&["ls-tree", "-r", "--name-only", "fix/cart", ".tracker/signoffs/"]);
        shown.lines().map(|path| git(&["show", &format!("fix/cart:{path}")])).collect::<Vec<String>>()
    };
    let vote = &votes()[0];
    assert!(vote.contains(&format!("commit: {reviewed}")) && vote.contains("agent: github"), "{vote}");
    assert!(vote.contains("pullrequestreview-702") && !vote.contains("signature"), "{vote}");
    assert_eq!(
        git(&["log", "-1", "--format=%an <%ae>, %cn", "fix/cart"]),
        "Grace Hopper <grace@example.com>, Ada Lovelace"
    );
    world.run(&["sync"]);
    assert_eq!(votes().len(), 1, "once");
    git(&["switch", "--quiet", "fix/cart"]);
    assert_snapshot!(world.run(&["signoffs", "TASK-1"]), @r#"
    exit 0
    --- stdout
    TASK-1  Empty the cart   qa   since 13m
      done  code-reviewer  1/1
          approved  Grace Hopper (github)  code-reviewer  8m  attributed  "Fine."
    "#);

    let again = world.run(&["sync"]);
    assert!(!again.stderr.contains("checked out"), "a branch that has the vote is not visited: {again}");

    // It is of the commit that was reviewed, and no signature.
    world.sandbox.write("cart.rs", "fn empty() { todo!() }\n");
    commit("Empty it otherwise\n\nTask: TASK-1");
    let stale = world.run(&["signoffs", "TASK-1"]).stdout;
    assert!(stale.contains("0/1") || stale.contains("stale") || stale.contains("changed"), "{stale}");
    git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let config = world.sandbox.read(".tracker/config.toml");
    let config = config.replace("[pipeline]", "[policy]\nsignatures = \"require\"\n[pipeline]");
    for branch in ["main", "fix/cart"] {
        git(&["switch", "--quiet", branch]);
        world.sandbox.write(".tracker/config.toml", &config);
        commit("Require signatures");
    }
    let unsigned = world.run(&["signoffs", "TASK-1"]).stdout;
    assert!(unsigned.contains("0/1") && unsigned.contains("not signed"), "{unsigned}");
    for branch in ["fix/cart", "main"] {
        git(&["switch", "--quiet", branch]);
        git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }

    // A review that requests changes is a veto; one that is dismissed is taken back.
    world.ask(&format!("review({pull}, 'grace-h', 'CHANGES_REQUESTED', '{reviewed}', 'Not yet.')"));
    assert_snapshot!(world.run(&["sync"]).stdout, @"vote  TASK-1: rejected as code-reviewer by Grace Hopper; qa → dev");
    world.ask(&format!("reviews[{pull}][3].update(state='DISMISSED')"));
    assert_snapshot!(world.run(&["sync"]).stdout, @"vote  TASK-1: withdrawn as code-reviewer by Grace Hopper");
    assert_eq!(votes().len(), 3);
    assert_eq!(world.run(&["sync"]).stdout, "");
}
