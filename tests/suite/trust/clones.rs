//! What is there is not what the working tree happens to hold: sparse, partial, shallow and bare clones, linked working
//! trees, submodules.

use super::{CONFIG, ID, RECORD, RULES, by, commit, commit_by, ok, run, world};
use crate::support::{Output, Sandbox};

/// A repository with a vote, to clone from; `work` has more work on it.
fn origin() -> Sandbox {
    let sandbox = world(RULES);
    commit(&sandbox, &format!("Do it\n\nTask: {ID}"));
    sandbox.write("src/theme.rs", "fn theme() { one() }\n");
    commit(&sandbox, &format!("More\n\nTask: {ID}"));
    ok(&by(&sandbox, "Bob", "reject t3st --as reviewer -m \"not yet\""));
    sandbox.git(&["checkout", "--quiet", "--", RECORD]);
    commit_by(&sandbox, "Bob", "Vote");
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    sandbox.write("src/theme.rs", "fn theme() { two() }\n");
    commit(&sandbox, &format!("Again\n\nTask: {ID}"));
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    sandbox
}

fn cloned(sandbox: &Sandbox, options: &[&str]) {
    let url = format!("file://{}", sandbox.path().display());
    let args = [&["clone", "--quiet", "--no-single-branch"], options, &[url.as_str(), "../clone"]].concat();
    sandbox.git(&args);
}

fn there(sandbox: &Sandbox, line: &str) -> Output {
    let words: Vec<&str> = line.split(' ').collect();
    sandbox.tracker_in("../clone", &words)
}

const READS: [&str; 6] = ["list", "show t3st", "queue", "board", "signoffs t3st", "doctor"];

/// Reads and writes that need the whole tracker name the command that brings it.
fn names(sandbox: &Sandbox, command: &str) {
    let config = sandbox.root().join("clone").join(CONFIG);
    let before = std::fs::read(&config).ok();
    there(sandbox, "init --profile plain --no-hooks");
    let writes = ["new Another", "set t3st priority=low", "advance t3st", "note t3st hello"];
    for line in READS.into_iter().chain(writes) {
        let output = there(sandbox, line);
        assert_eq!(output.status, 2, "{line}: {output}");
        assert!(output.stderr.contains(command), "{line}: {output}");
    }
    assert_eq!(std::fs::read(&config).ok(), before, "nothing is put in the place of the policy");
}

#[test]
fn a_sparse_checkout_has_the_tracker_or_names_what_brings_it() {
    // Nothing of it, a part of it, and the policy alone left out.
    for (what, folders) in [
        ("nothing", &["src"][..]),
        ("no votes", &["src", ".tracker/tasks"]),
        ("no tasks", &["src", ".tracker/signoffs"]),
    ] {
        let sandbox = origin();
        cloned(&sandbox, &["--sparse"]);
        sandbox.git_in("../clone", &[&["sparse-checkout", "set"], folders].concat());
        names(&sandbox, "git sparse-checkout add .tracker");
        // Commits are read as ever, and what is stated helps.
        ok(&there(&sandbox, "list --at main"));
        sandbox.git_in("../clone", &["sparse-checkout", "add", ".tracker"]);
        let list = there(&sandbox, "list");
        assert!(list.status == 0 && list.stdout.contains(ID), "{what}: {list}");
    }
    let sandbox = origin();
    cloned(&sandbox, &[]);
    sandbox.git_in("../clone", &["sparse-checkout", "set", "--no-cone", "/*", "!/.tracker/config.toml"]);
    names(&sandbox, "git sparse-checkout add .tracker");
}

#[test]
fn a_clone_without_a_checkout_names_what_makes_one() {
    let sandbox = origin();
    cloned(&sandbox, &["--no-checkout"]);
    names(&sandbox, "git checkout HEAD -- .tracker");
    sandbox.git_in("../clone", &["checkout", "HEAD", "--", ".tracker"]);
    ok(&there(&sandbox, "list"));
}

#[test]
fn a_policy_that_is_only_missing_is_never_the_default_one() {
    let sandbox = origin();
    std::fs::remove_file(sandbox.path().join(CONFIG)).unwrap();
    for line in ["list", "signoffs t3st", "board", "show t3st", "role"] {
        let output = run(&sandbox, line);
        assert!(output.stderr.contains("is missing, and HEAD has it"), "{line}: {output}");
        assert_eq!(output.status, 1, "{line}: {output}");
    }
}

#[test]
fn tasks_that_are_only_gone_from_the_working_tree_are_not_none() {
    let sandbox = origin();
    std::fs::remove_dir_all(sandbox.path().join(".tracker/tasks")).unwrap();
    for line in ["list", "board", "queue", "doctor", "new Another"] {
        let output = run(&sandbox, line);
        assert!(output.status == 2 && !output.stdout.contains("0 tasks"), "{line}: {output}");
        assert!(output.stderr.contains("`.tracker/tasks` is in git and not checked out"), "{line}: {output}");
    }
    // What it suggests brings them back; whoever takes them out of the index as well means it.
    let hint = run(&sandbox, "list").stderr;
    let command = hint.split('`').find(|part| part.starts_with("git ")).unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    sandbox.git(&words);
    assert!(run(&sandbox, "list").stdout.contains(ID));
    sandbox.git(&["rm", "--quiet", "-r", ".tracker/tasks"]);
    ok(&run(&sandbox, "list"));
}

#[test]
fn what_git_skips_is_named_with_the_command_that_ends_it() {
    for path in [".tracker/config.toml", ".tracker/tasks"] {
        let sandbox = origin();
        let listed = sandbox.git(&["ls-files", path]);
        let files: Vec<&str> = listed.lines().collect();
        sandbox.git(&[&["update-index", "--skip-worktree"], &files[..]].concat());
        files.iter().for_each(|file| std::fs::remove_file(sandbox.path().join(file)).unwrap());
        let _ = std::fs::remove_dir(sandbox.path().join(path));
        let second = if path.ends_with(".toml") { "init" } else { "list" };
        for line in ["start t3st", second] {
            let output = run(&sandbox, line);
            assert!(output.status != 0, "{path}: {line}: {output}");
            let hint = output.stderr.split("hint: ").nth(1).unwrap_or_default().trim();
            let hint = hint.trim_start_matches("run ").trim_matches('`');
            assert!(hint.contains("git update-index --no-skip-worktree"), "{path}: {line}: {output}");
            let done = sandbox.program_with("sh", "", &["-c", hint], |_| {});
            assert_eq!(done.status, 0, "{hint}: {done}");
            sandbox.git(&["checkout", "--", path]);
            assert!(run(&sandbox, "list").stdout.contains(ID), "{path}: {line}");
            sandbox.git(&[&["update-index", "--skip-worktree"], &files[..]].concat());
            files.iter().for_each(|file| std::fs::remove_file(sandbox.path().join(file)).unwrap());
            let _ = std::fs::remove_dir(sandbox.path().join(path));
        }
    }
}

#[test]
fn objects_that_a_partial_clone_lacks_are_named_with_what_fetches_them() {
    let sandbox = origin();
    for filter in ["tree:0", "blob:none"] {
        let _ = std::fs::remove_dir_all(sandbox.root().join("clone"));
        cloned(&sandbox, &["--filter", filter]);
        sandbox.git_in("../clone", &["branch", "work", "origin/work"]);
        let output = there(&sandbox, "review main..work");
        assert_eq!(output.status, 2, "{filter}: {output}");
        assert!(output.stderr.contains("git fetch --refetch --no-filter"), "{filter}: {output}");
        sandbox.git_in("../clone", &["fetch", "--quiet", "--refetch", "--no-filter"]);
        ok(&there(&sandbox, "review main..work"));
        let shown = there(&sandbox, "signoffs t3st");
        assert!(shown.stdout.contains("not yet"), "{filter}: {shown}");
    }
}

#[test]
fn a_shallow_clone_judges_no_range() {
    let sandbox = origin();
    cloned(&sandbox, &["--depth", "1"]);
    sandbox.git_in("../clone", &["branch", "work", "origin/work"]);
    for line in ["check --base main --head work", "review main..work"] {
        let output = there(&sandbox, line);
        assert!(output.status == 2 && output.stderr.contains("git fetch --unshallow"), "{line}: {output}");
    }
    let shown = there(&sandbox, "signoffs t3st");
    assert!(shown.stdout.contains("rejected") && shown.stderr.contains("git fetch --unshallow"), "{shown}");
    sandbox.git_in("../clone", &["fetch", "--quiet", "--unshallow"]);
    let shown = there(&sandbox, "signoffs t3st");
    assert!(!shown.stderr.contains("shallow"), "{shown}");
}

#[test]
fn a_bare_repository_answers_from_commits() {
    let sandbox = origin();
    cloned(&sandbox, &["--bare"]);
    let output = there(&sandbox, "list");
    assert!(output.status == 2 && output.stderr.contains("bare repository"), "{output}");
    let shown = there(&sandbox, "signoffs t3st --at main");
    assert!(shown.status == 0 && shown.stdout.contains("not yet"), "{shown}");
    let checked = there(&sandbox, "check --base main --head work");
    assert!(checked.status != 2, "{checked}");
}

#[test]
fn linked_working_trees_and_submodules_are_what_they_are() {
    let sandbox = origin();
    ok(&run(&sandbox, "hooks install"));
    sandbox.git(&["worktree", "add", "--quiet", "../linked", "work"]);
    let list = sandbox.tracker_in("../linked", &["list"]);
    assert!(list.status == 0 && list.stdout.contains(ID), "{list}");
    // What one of them leaves out, the other has.
    sandbox.git_in("../linked", &["sparse-checkout", "set", "src"]);
    let list = sandbox.tracker_in("../linked", &["list"]);
    assert!(list.status == 2 && list.stderr.contains("git sparse-checkout add .tracker"), "{list}");
    ok(&run(&sandbox, "list"));
    // A submodule has its own tracker, or none; that of the repository around it is not its.
    sandbox.git(&["init", "--quiet", "../other"]);
    sandbox.git_in("../other", &["commit", "--quiet", "--allow-empty", "-m", "Begin"]);
    sandbox.git(&["submodule", "--quiet", "add", "../other", "module"]);
    let list = sandbox.tracker_in("module", &["list"]);
    assert!(list.status == 2 && list.stderr.contains("there is no tracker"), "{list}");
    ok(&sandbox.tracker_in("module", &["init", "--profile", "plain", "--no-hooks"]));
    let list = sandbox.tracker_in("module", &["list"]);
    assert!(list.status == 0 && !list.stdout.contains(ID), "{list}");
}

#[test]
fn a_repository_whose_refs_cannot_be_read_is_refused_before_anything_is_written() {
    let sandbox = Sandbox::without_repository();
    let args = ["init", "--quiet", "--ref-format=reftable"];
    // An older git does not know them.
    if sandbox.program_with("git", "", &args, |_| {}).status != 0 {
        return;
    }
    for line in ["init", "new One", "hooks install", "list"] {
        let output = run(&sandbox, line);
        assert!(output.status == 2 && output.stderr.contains("git refs migrate"), "{line}: {output}");
    }
    assert!(!sandbox.path().join(".tracker").exists());
}
