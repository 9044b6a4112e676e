//! `tracker init`

use super::{commit, empty, json, records, typed, world};
use crate::support::Sandbox;
use insta::assert_snapshot;

#[test]
fn creates_a_tracker_and_suggests_the_next_commands() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]), @r#"
    exit 0
    --- stdout
    Set up a tracker in [ROOT]/repo
      .tracker/config.toml
      .tracker/.gitattributes
      .tracker/.gitignore
    --- stderr
    Next: git add .tracker
          git commit -m "Set up the tracker"
          tracker new "Title of a task"
    "#);
    assert_snapshot!(sandbox.read(".tracker/config.toml"), @r#"
    # The tracker's configuration. It is read from the commit or working tree that a command looks at.
    format = 2
    project = "repo"
    id_prefix = "TASK"        # what new ids begin with
    id_scheme = "random"      # "random": two clones that create tasks at once do not collide; or "sequential"

    # The stages of every task, between none and complete, in order.
    [pipeline]
    stages = ["dev", "qa", "sec", "docs"]

    # A route of its own for one type of task.
    # [types.docs]
    # stages = ["dev", "docs"]

    [reports]
    # title = "Task Cards"   # of `tracker report cards`
    "#);
}

#[test]
fn twice_is_once() {
    let sandbox = empty();
    sandbox.write(".tracker/config.toml", "format = 2\n# ours\n");
    let before = records(&sandbox);
    assert_snapshot!(sandbox.tracker(&["init", "--project", "Other", "--no-hooks"]), @r"
    exit 0
    --- stdout
    [ROOT]/repo already has a tracker; nothing was changed
    ");
    assert_eq!(records(&sandbox), before);
}

#[test]
fn by_default_it_fits_one_person_installs_the_hooks_and_a_task_is_done_by_a_commit() {
    let sandbox = Sandbox::new();
    assert_snapshot!(typed(&sandbox, "
        init
        init
        hooks status
    "), @r#"
    $ tracker init
    exit 0
    --- stdout
    Set up a tracker in [ROOT]/repo
      .tracker/config.toml
      .tracker/.gitattributes
      .tracker/.gitignore
      hooks: prepare-commit-msg, commit-msg, post-commit, pre-push
    --- stderr
    Next: git add .tracker
          git commit -m "Set up the tracker"
          tracker new "Title of a task"

    $ tracker init
    exit 0
    --- stdout
    [ROOT]/repo already has a tracker; nothing was changed

    $ tracker hooks status
    exit 0
    --- stdout
    [ROOT]/repo/.git/hooks
      prepare-commit-msg  installed
      commit-msg          installed
      post-commit         installed
      pre-push            installed
      merge driver  registered
    "#);
    commit(&sandbox, "Set up the tracker");
    // What a newcomer types next, without quotes.
    let created = sandbox.tracker(&["new", "Fix", "the", "login", "button", "-q"]).stdout;
    let id = created.trim();
    assert_eq!(sandbox.tracker(&["start", id]).status, 0);
    sandbox.write("login.rs", "fixed\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", &format!("Fix it\n\nCloses: {id}")]);
    let shown = json(&sandbox.tracker(&["show", id, "--format", "json"]));
    let task = &shown["result"]["task"];
    assert_eq!(
        (&task["stage"], &task["badge"], &task["title"]),
        (&"complete".into(), &"done".into(), &"Fix the login button".into())
    );
}

#[test]
fn on_a_terminal_it_asks_what_no_option_says() {
    let sandbox = Sandbox::new();
    let asked = |answers: &str, command: &str| {
        std::fs::write(sandbox.root().join("answers"), answers).unwrap();
        sandbox.program_with("script", "", &["-qec", command, "/dev/null"], |script| {
            script.stdin(std::fs::File::open(sandbox.root().join("answers")).unwrap());
        })
    };
    if asked("", "true").status != 0 {
        eprintln!("LEFT OUT: no script(1) here to make a terminal");
        return;
    }
    // What is none of the profiles is asked again; a number and a name are the same.
    let set_up = asked("nobody\nteam\nn\ny\ntrunk\n", "tracker init --ci github");
    assert_eq!(set_up.status, 0, "{set_up}");
    for question in [
        "Who works in this repository?",
        "got `nobody`",
        "Install the git hooks?",
        "coding agents",
        "Default branch [main]",
    ] {
        assert!(set_up.stdout.contains(question), "{question}: {set_up}");
    }
    assert!(sandbox.path().join(".tracker/roles/code-reviewer.md").is_file(), "{set_up}");
    assert!(
        !sandbox.path().join(".git/hooks/post-commit").exists()
            && sandbox.read("AGENTS.md").contains("tracker prime")
    );
    assert!(sandbox.read(".github/workflows/tracker.yml").contains("branches: [\"trunk\"]"));
    // Where a tracker is there, nothing is left to ask, and an empty answer is the default.
    assert!(!asked("", "tracker init").stdout.contains('?'));
    std::fs::remove_dir_all(sandbox.path().join(".tracker")).unwrap();
    let by_default = asked("\n\n\n", "tracker init");
    assert!(by_default.stdout.contains("Profile [solo]"), "{by_default}");
    assert!(sandbox.path().join(".git/hooks/post-commit").exists(), "{by_default}");
    assert!(!sandbox.path().join(".tracker/roles").exists(), "{by_default}");
}

#[test]
fn a_clone_without_hooks_is_warned_until_it_has_them() {
    let sandbox = world();
    sandbox.git_in("..", &["clone", "--quiet", "repo", "clone"]);
    for args in [&["status"][..], &["show", "s3s"], &["start", "s3s"], &["doctor"], &[]] {
        let answer = sandbox.tracker_in("../clone", args);
        assert!(answer.to_string().contains("has no hooks of the tracker"), "{args:?}: {answer}");
    }
    assert_eq!(sandbox.tracker_in("../clone", &["hooks", "status"]).status, 1);
    let installed = sandbox.tracker_in("../clone", &["init"]);
    assert!(installed.stdout.contains("Installed the hooks"), "{installed}");
    assert_eq!(sandbox.tracker_in("../clone", &["hooks", "status"]).status, 0);
    assert!(!sandbox.tracker_in("../clone", &["show", "s3s"]).stderr.contains("hooks"));
}

#[test]
fn a_branch_without_the_tracker_is_shown_where_it_is() {
    let sandbox = world();
    sandbox.git(&["branch", "release", "main"]);
    sandbox.git(&["switch", "--quiet", "--orphan", "old"]);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Begin"]);
    assert_snapshot!(typed(&sandbox, "
        list
        init
    "), @r"
    $ tracker list
    exit 2
    --- stderr
    error: there is no tracker in `[ROOT]/repo`
      hint: `main` has one: run `git merge main`, or change to a branch that has it

    $ tracker init
    exit 2
    --- stderr
    error: `main` has a tracker, and a second one would conflict with it
      hint: run `git merge main`, or change to a branch that has it; `--force` sets up another all the same
    ");
    assert_eq!(sandbox.tracker(&["init", "--force", "--no-hooks"]).status, 0);
}

#[test]
fn hooks_that_cannot_be_installed_are_reported_and_the_tracker_is_there() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.root().join("elsewhere")).unwrap();
    let elsewhere = sandbox.root().join("elsewhere").display().to_string();
    sandbox.git(&["config", "core.hooksPath", &elsewhere]);
    let init = sandbox.tracker(&["init"]);
    assert!(init.status == 0 && init.stderr.contains("warning: the hooks are not installed"), "{init}");
    assert_eq!(sandbox.tracker(&["list"]).status, 0);
}

#[test]
fn instructions_for_agents_are_a_block_of_their_own() {
    let sandbox = Sandbox::new();
    sandbox.write("AGENTS.md", "# Ours\n\nBe kind.\n");
    std::os::unix::fs::symlink("AGENTS.md", sandbox.path().join("CLAUDE.md")).unwrap();
    assert_eq!(sandbox.tracker(&["init", "--agents", "--no-hooks"]).status, 0);
    let once = sandbox.read("AGENTS.md");
    assert!(once.starts_with("# Ours\n\nBe kind.\n\n<!-- tracker:begin -->\n"), "{once}");
    assert_eq!(sandbox.tracker(&["init", "--agents", "--no-hooks"]).status, 0);
    assert_eq!(sandbox.read("AGENTS.md"), once);
    let fresh = Sandbox::new();
    assert_eq!(fresh.tracker(&["init", "--agents", "--no-hooks"]).status, 0);
    assert!(fresh.read("AGENTS.md").contains("tracker prime"));
    assert!(!fresh.path().join("CLAUDE.md").exists());
}

/// Returns the command that an agent runs at an event, as its settings have it.
fn command_at(sandbox: &Sandbox, event: &str) -> String {
    let settings: serde_json::Value = serde_json::from_str(&sandbox.read(".claude/settings.json")).unwrap();
    let entries = settings["hooks"][event].as_array().unwrap();
    entries.last().unwrap()["hooks"][0]["command"].as_str().unwrap().to_owned()
}

#[test]
fn an_agent_is_primed_and_kept_from_its_end_by_what_check_says() {
    let sandbox = Sandbox::new();
    let own = "{\n  \"model\": \"large\",\n  \"hooks\": {\n    \"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"make\"}]}]\n  }\n}\n";
    sandbox.write(".claude/settings.json", own);
    let init = sandbox.tracker(&["init", "--profile", "team", "--agents", "--no-hooks"]);
    assert!(
        init.stdout.contains(".claude/settings.json")
            && init.stderr.contains("git add .claude/settings.json"),
        "{init}"
    );
    sandbox.tracker(&["new", "One", "--id", "TASK-0NE1"]);
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "-m", "Set up"]);
    let run = |event: &str| {
        let command = command_at(&sandbox, event);
        sandbox.program_with("sh", "", &["-c", &command], |_| {})
    };
    assert!(run("SessionStart").stdout.contains("You act for Ada Lovelace"));
    let done = run("TaskCompleted");
    assert_eq!((done.status, done.stdout.as_str()), (0, ""), "{done}");
    // A task that was moved by hand has earned nothing.
    let task = sandbox.read(".tracker/tasks/TASK-0NE1.md").replace("stage: none", "stage: complete");
    sandbox.write(".tracker/tasks/TASK-0NE1.md", task);
    sandbox.git(&["add", "."]);
    let done = run("TaskCompleted");
    assert!(done.status == 2 && done.stderr.contains("error") && done.stderr.contains("TASK-0NE1"), "{done}");
    // Without the program, or without a base, nobody is kept.
    let command = command_at(&sandbox, "TaskCompleted").replace("'main'", "'gone'");
    assert_eq!(sandbox.program_with("sh", "", &["-c", &command], |_| {}).status, 0);
    let gone = sandbox.program_with("/bin/sh", "", &["-c", &command], |sh| {
        sh.env("PATH", "/nowhere");
    });
    assert_eq!(gone.status, 0, "{gone}");
    let removed = sandbox.tracker(&["uninstall"]);
    assert!(removed.stdout.contains(".claude/settings.json"), "{removed}");
    assert_eq!(sandbox.read(".claude/settings.json"), own);
}

#[test]
fn settings_that_cannot_be_edited_are_refused_before_anything_is_written() {
    let sandbox = Sandbox::new();
    sandbox.write(".claude/settings.json", "// mine\n{}\n");
    let init = sandbox.tracker(&["init", "--agents", "--no-hooks"]);
    assert!(init.status == 2 && init.stderr.contains("by hand"), "{init}");
    assert!(!sandbox.path().join(".tracker/config.toml").exists());
    let fresh = Sandbox::new();
    fresh.tracker(&["init", "--agents", "--no-hooks"]);
    fresh.tracker(&["uninstall"]);
    assert!(!fresh.path().join(".claude/settings.json").exists());
}

/// The settings of MCP clients, with something of the user's own that has to stay.
#[cfg(feature = "mcp")]
const CLIENTS: [(&str, &str); 4] = [
    (".mcp.json", "{\n    \"mcpServers\": {\n        \"other\": {\"command\": \"x\"}\n    }\n}\n"),
    (".cursor/mcp.json", "{\"mcpServers\": {}, \"z\": 1.10}\n"),
    (".vscode/mcp.json", "{\n\t\"inputs\": []\n}\n"),
    (".codex/config.toml", "model = 'large' # mine\n"),
];

#[cfg(feature = "mcp")]
#[test]
fn clients_find_the_server_and_keep_what_is_theirs() {
    let sandbox = Sandbox::new();
    CLIENTS.into_iter().for_each(|(path, own)| sandbox.write(path, own));
    let init = sandbox.tracker(&["init", "--agents", "--no-hooks"]);
    assert_eq!(init.status, 0, "{init}");
    for (path, _) in CLIENTS {
        assert!(init.stdout.contains(path) && sandbox.read(path).contains("tracker"), "{init}");
    }
    let claude: serde_json::Value = serde_json::from_str(&sandbox.read(".mcp.json")).unwrap();
    let entry = &claude["mcpServers"]["tracker"];
    assert_eq!((&entry["command"], &entry["args"]), (&"tracker".into(), &serde_json::json!(["mcp"])));
    assert_eq!(claude["mcpServers"]["other"]["command"], "x");
    let again = sandbox.tracker(&["init", "--agents", "--no-hooks"]);
    assert!(again.stdout.ends_with("nothing was changed\n"), "{again}");
    assert_eq!(sandbox.tracker(&["uninstall"]).status, 0);
    for (path, own) in CLIENTS {
        // Of a table that has nothing but ours, nothing is left.
        let left = own.replace("{\"mcpServers\": {}, ", "{");
        assert_eq!(sandbox.read(path), left, "{path}");
    }
    // What was made for the server alone is gone with it.
    let fresh = Sandbox::new();
    assert_eq!(fresh.tracker(&["init", "--agents", "--no-hooks"]).status, 0);
    assert_eq!(fresh.tracker(&["uninstall"]).status, 0);
    assert!(CLIENTS.iter().all(|(path, _)| !fresh.path().join(path).exists()));
}

#[cfg(feature = "mcp")]
#[test]
fn settings_of_clients_that_cannot_be_edited_are_left_alone() {
    let sandbox = Sandbox::new();
    let own = "// mine\n{\"servers\": {}}\n";
    sandbox.write(".vscode/mcp.json", own);
    sandbox.write("elsewhere.json", "{}\n");
    std::os::unix::fs::symlink("elsewhere.json", sandbox.path().join(".mcp.json")).unwrap();
    let init = sandbox.tracker(&["init", "--agents", "--no-hooks"]);
    assert!(init.status == 0 && init.stderr.contains("warning: .vscode/mcp.json"), "{init}");
    assert!(init.stderr.contains("add by hand: \"tracker\": {"), "{init}");
    assert_eq!(
        (sandbox.read(".vscode/mcp.json").as_str(), sandbox.read("elsewhere.json").as_str()),
        (own, "{}\n")
    );
}

#[test]
fn uninstalling_leaves_the_records_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.write(".git/hooks/commit-msg", "#!/bin/sh\ntrue\n");
    let hook = sandbox.path().join(".git/hooks/commit-msg");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = sandbox.read(".git/config");
    sandbox.tracker(&["init"]);
    sandbox.tracker(&["new", "One"]);
    let records = records(&sandbox);
    let dry = sandbox.tracker(&["uninstall", "--dry-run"]);
    assert!(dry.stdout.contains("Would remove") && sandbox.path().join(".git/tracker").exists(), "{dry}");
    let done = sandbox.tracker(&["uninstall"]);
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(sandbox.read(".git/hooks/commit-msg"), "#!/bin/sh\ntrue\n");
    assert_eq!(sandbox.read(".git/config"), config);
    assert!(
        !sandbox.path().join(".git/tracker").exists()
            && !sandbox.path().join(".git/hooks/post-commit").exists()
    );
    assert_eq!(super::records(&sandbox), records);
    assert!(sandbox.tracker(&["uninstall"]).stdout.contains("nothing of the tracker"));
}

#[test]
fn dry_run_writes_nothing() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.tracker(&["init", "--dry-run", "--no-hooks"]), @r"
    exit 0
    --- stdout
    Would set up a tracker in [ROOT]/repo
      .tracker/config.toml
      .tracker/.gitattributes
      .tracker/.gitignore
    ");
    assert!(!sandbox.path().join(".tracker").exists());
}

#[test]
fn ids_may_be_numbers_with_a_prefix_of_ones_own() {
    let sandbox = Sandbox::new();
    assert_snapshot!(typed(&sandbox, "
        init --prefix web --sequential --quiet
        new one --quiet
        new two --quiet
    "), @r"
    $ tracker init --prefix web --sequential --quiet
    exit 0

    $ tracker new one --quiet
    exit 0
    --- stdout
    WEB-1

    $ tracker new two --quiet
    exit 0
    --- stdout
    WEB-2
    ");
    commit(&sandbox, "Two tasks");
}

#[test]
fn needs_a_repository() {
    let sandbox = Sandbox::without_repository();
    assert_snapshot!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]), @r"
    exit 2
    --- stderr
    error: `[ROOT]/repo` is not in a git repository
      hint: try: git init
    ");
    sandbox.git(&["init", "--quiet", "--bare", "bare.git"]);
    assert_snapshot!(sandbox.tracker_in("bare.git", &["init"]), @r"
    exit 2
    --- stderr
    error: `[ROOT]/repo/bare.git` is a bare repository and has no working tree
      hint: run it in a clone or a worktree of this repository
    ");
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.tracker(&["init", "--prefix", "7up"]), @r"
    exit 2
    --- stderr
    error: `7UP` cannot begin an id
      hint: at most 32 letters and digits, beginning with a letter, such as TASK or WEB
    ");
}

#[test]
fn a_workflow_uses_the_configured_install_command_and_default_branch() {
    let sandbox = Sandbox::new();
    sandbox.git(&["switch", "--quiet", "--create", "trunk"]);
    assert_eq!(sandbox.tracker(&["init", "--ci", "github"]).status, 0);
    let workflow = sandbox.read(".github/workflows/tracker.yml");
    assert!(workflow.contains("    branches: [\"trunk\"]\n"), "{workflow}");
    assert!(workflow.contains("BASE: refs/remotes/origin/${{ github.base_ref }}"), "{workflow}");
    assert!(workflow.contains(r#"select(.user.login == "github-actions[bot]" and"#), "{workflow}");
    assert_eq!(workflow.matches("\n          exit 1\n").count(), 3, "{workflow}");
    assert!(!workflow.contains("cargo install"), "{workflow}");
    // Nobody's tasks are published because somebody has a workflow.
    assert!(
        workflow.contains("  site:\n    if: github.event_name == 'push' && vars.TRACKER_SITE == 'yes'\n")
    );

    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n[ci]\ninstall = '''\none\ntwo\n'''\n"));
    assert_eq!(sandbox.tracker(&["init", "--ci", "gitlab"]).status, 0);
    let workflow = sandbox.read(".gitlab/tracker.yml");
    assert!(workflow.contains("  before_script:\n    - |\n      one\n      two\n"), "{workflow}");
    assert!(workflow.contains("    - if: $TRACKER_SITE == \"yes\" &&"), "{workflow}");
    sandbox.commit_file("a", "a", "a");
    sandbox.git(&["update-ref", "refs/remotes/origin/dev+1", "HEAD"]);
    sandbox.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/dev+1"]);
    sandbox.git(&["clean", "--quiet", "--force", ".github"]);
    assert_eq!(sandbox.tracker(&["init", "--ci", "github"]).status, 0);
    let workflow = sandbox.read(".github/workflows/tracker.yml");
    assert!(workflow.contains("    branches: [\"dev\\\\+1\"]\n"), "{workflow}");
    assert!(workflow.contains("        run: |\n          one\n          two\n"), "{workflow}");
}

/// Clones the repository and leaves everything but the files at its top out of the working tree.
fn sparse_clone(sandbox: &Sandbox, index: &str) {
    sandbox.git_in("..", &["clone", "--quiet", "--no-checkout", "repo", "clone"]);
    sandbox.git_in("../clone", &["sparse-checkout", "set", "--cone", index]);
    sandbox.git_in("../clone", &["checkout", "--quiet", "main"]);
}

#[test]
fn refuses_where_the_tracker_is_left_out_of_a_sparse_checkout() {
    let refused = ["--no-sparse-index", "--sparse-index"].map(|index| {
        let sandbox = world();
        sparse_clone(&sandbox, index);
        let init = sandbox.tracker_in("../clone", &["init"]).to_string();
        assert_eq!(sandbox.tracker_in("../clone", &["list"]).to_string(), init);
        assert_eq!(sandbox.tracker_in("../clone", &["init", "--dry-run"]).status, 2);
        assert_eq!(sandbox.tracker_in("../clone", &["new", "Another"]).status, 2);
        assert_eq!(sandbox.git_in("../clone", &["status", "--porcelain"]), "");
        assert!(!sandbox.root().join("clone/.tracker").exists());
        sandbox.git_in("../clone", &["sparse-checkout", "add", ".tracker"]);
        assert_eq!(sandbox.tracker_in("../clone", &["list"]).status, 0);
        init
    });
    assert_eq!(refused[0], refused[1]);
    assert_snapshot!(refused[0], @r"
    exit 2
    --- stderr
    error: the tracker of this repository is not checked out in `[ROOT]/clone`
      hint: run `git sparse-checkout add .tracker`
    ");
}

#[test]
fn refuses_where_the_tracker_was_deleted_by_hand() {
    let sandbox = world();
    std::fs::remove_dir_all(sandbox.path().join(".tracker")).unwrap();
    let init = sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]);
    assert_snapshot!(init, @r"
    exit 2
    --- stderr
    error: the tracker of this repository is not checked out in `[ROOT]/repo`
      hint: run `git checkout -- .tracker`
    ");
    assert_eq!(sandbox.tracker(&["show", "d4rk"]).to_string(), init.to_string());
    assert_eq!(sandbox.tracker(&["hooks", "install"]).to_string(), init.to_string());
    sandbox.git(&["checkout", "--", ".tracker"]);
    assert_eq!(sandbox.tracker(&["list"]).status, 0);
}

#[test]
fn refuses_to_write_a_single_file_over_the_one_that_is_committed() {
    let sandbox = world();
    std::fs::remove_file(sandbox.path().join(".tracker/config.toml")).unwrap();
    assert_snapshot!(sandbox.tracker(&["init", "--profile", "team"]), @r"
    exit 2
    --- stderr
    error: `.tracker/config.toml` is in git and not checked out in `[ROOT]/repo`
      hint: run `git checkout -- .tracker/config.toml`
    ");
    assert!(!sandbox.path().join(".tracker/config.toml").exists());
}

#[test]
fn refuses_in_a_clone_without_a_checkout() {
    let sandbox = world();
    sandbox.git_in("..", &["clone", "--quiet", "--no-checkout", "repo", "clone"]);
    assert_snapshot!(sandbox.tracker_in("../clone", &["init"]), @r"
    exit 2
    --- stderr
    error: the tracker of this repository is not checked out in `[ROOT]/clone`
      hint: run `git checkout HEAD -- .tracker`
    ");
    sandbox.git_in("../clone", &["checkout", "HEAD", "--", ".tracker"]);
    assert_eq!(sandbox.tracker_in("../clone", &["list"]).status, 0);
}

#[test]
fn refuses_where_the_tracker_is_staged_and_nowhere_else() {
    let sandbox = empty();
    sandbox.git(&["add", ".tracker"]);
    std::fs::remove_dir_all(sandbox.path().join(".tracker")).unwrap();
    assert_snapshot!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]), @r"
    exit 2
    --- stderr
    error: the tracker of this repository is not checked out in `[ROOT]/repo`
      hint: run `git checkout -- .tracker`
    ");
    sandbox.git(&["checkout", "--", ".tracker"]);
    assert_eq!(sandbox.tracker(&["list"]).status, 0);
}

#[test]
fn commits_go_on_where_the_tracker_is_left_out() {
    let sandbox = world();
    sparse_clone(&sandbox, "--sparse-index");
    sandbox.git_in("../clone", &["sparse-checkout", "add", ".tracker"]);
    assert_eq!(sandbox.tracker_in("../clone", &["hooks", "install"]).status, 0);
    sandbox.git_in("../clone", &["sparse-checkout", "set"]);
    std::fs::write(sandbox.root().join("clone/a"), "a").unwrap();
    sandbox.git_in("../clone", &["add", "a"]);
    let commit = sandbox.program_with("git", "../clone", &["commit", "--quiet", "--message", "Work"], |_| {});
    assert_snapshot!(commit, @r"
    exit 0
    --- stderr
    tracker: the tracker of this repository is not checked out in `[ROOT]/clone`; the commit continues without the tracker
    ");
    sandbox.git(&["rm", "--quiet", "-r", ".tracker"]);
    let commit = sandbox.program_with("git", "", &["commit", "--quiet", "--message", "No tracker"], |_| {});
    assert_snapshot!(commit, @r"
    exit 0
    ");
}
