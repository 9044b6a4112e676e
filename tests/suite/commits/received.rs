//! What a server takes: real pushes into real bare repositories with the hook in them.

use super::{CONFIG, OPEN, READY, commit, git, path_of, world};
use crate::support::{Output, Sandbox};

/// Beside the working tree: a path with a space.
const SERVER: &str = "../the server.git";

/// A world whose first commits a server has taken, before it began to judge.
fn served(config: &str) -> Sandbox {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", config);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--all", "--message", "Rules"]);
    sandbox.git(&["init", "--quiet", "--bare", SERVER]);
    sandbox.git(&["remote", "add", "origin", SERVER]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let installed = sandbox.tracker_in(SERVER, &["hooks", "install", "--server"]);
    assert_eq!(installed.status, 0, "{installed}");
    sandbox
}

fn push(sandbox: &Sandbox, args: &[&str]) -> Output {
    git(sandbox, &[&["push", "--quiet", "origin"], args].concat())
}

/// What the server's refs are.
fn refs(sandbox: &Sandbox) -> String {
    sandbox.git_in(SERVER, &["for-each-ref", "--format=%(refname) %(objectname)"])
}

/// A push that is refused, and after which the server is as it was.
fn refused(sandbox: &Sandbox, args: &[&str]) -> Output {
    let before = refs(sandbox);
    let pushed = push(sandbox, args);
    assert_ne!(pushed.status, 0, "{pushed}");
    assert_eq!(refs(sandbox), before, "{pushed}");
    let left = std::fs::read_dir(sandbox.path().join(SERVER).join("tracker"));
    let mut left = left.into_iter().flatten().map(|entry| entry.unwrap().file_name());
    assert!(!left.any(|name| name.to_string_lossy().starts_with("push-")));
    pushed
}

fn taken(sandbox: &Sandbox, args: &[&str]) {
    let pushed = push(sandbox, args);
    assert_eq!(pushed.status, 0, "{pushed}");
}

/// Writes a stage into a task by hand, past every rule.
fn cheat(sandbox: &Sandbox, id: &str) {
    let text = sandbox.read(path_of(id)).replace("created:", "stage: complete\ncreated:");
    sandbox.write(path_of(id), text);
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "Done, believe me"]);
}

fn break_it(sandbox: &Sandbox, id: &str) {
    sandbox.write(path_of(id), "---\nid: [\n---\n");
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "Break it"]);
}

#[test]
fn honest_work_is_taken_without_a_word() {
    let sandbox = served(CONFIG);
    commit(&sandbox, "src/a", &format!("Work\n\nAdvance: {READY}"));
    let pushed = push(&sandbox, &["main"]);
    assert_eq!((pushed.status, pushed.stderr.as_str()), (0, ""), "{pushed}");
    assert_eq!(sandbox.git_in(SERVER, &["rev-parse", "main"]), super::head(&sandbox));
}

#[test]
fn an_unearned_move_is_refused_and_nothing_of_the_push_lands() {
    let sandbox = served(CONFIG);
    cheat(&sandbox, OPEN);
    let pushed = refused(&sandbox, &["main"]);
    for message in
        ["remote: tracker: main is rejected: ", "legal-moves", OPEN, "nothing was pushed", "tracker check"]
    {
        assert!(pushed.stderr.contains(message), "{message}: {pushed}");
    }
    // The tag and the branch beside it do not land either.
    let pushed = refused(&sandbox, &["main", "main~1:refs/heads/side", "HEAD:refs/tags/v1"]);
    assert!(!pushed.stderr.contains("side is rejected"), "{pushed}");
    assert!(pushed.stderr.contains("nor any other branch"), "{pushed}");
}

#[test]
fn packs_and_single_objects_in_quarantine_are_read() {
    for limit in ["1", "10000"] {
        let sandbox = served(CONFIG);
        sandbox.git_in(SERVER, &["config", "receive.unpackLimit", limit]);
        commit(&sandbox, "src/b", &format!("Work\n\nTask: {READY}"));
        taken(&sandbox, &["main"]);
        cheat(&sandbox, OPEN);
        refused(&sandbox, &["main"]);
        sandbox.git_in(SERVER, &["gc", "--quiet"]);
        refused(&sandbox, &["main"]);
    }
}

#[test]
fn objects_of_another_repository_that_the_server_borrows_from_are_found() {
    let sandbox = served(CONFIG);
    sandbox.git(&["clone", "--quiet", "--bare", "--shared", SERVER, "../fork.git"]);
    let installed = sandbox.tracker_in("../fork.git", &["hooks", "install", "--server"]);
    assert_eq!(installed.status, 0, "{installed}");
    sandbox.git(&["remote", "set-url", "origin", "../fork.git"]);
    commit(&sandbox, "src/b", &format!("Work\n\nTask: {READY}"));
    taken(&sandbox, &["main"]);
    cheat(&sandbox, OPEN);
    assert_ne!(push(&sandbox, &["main"]).status, 0);
}

#[test]
fn work_in_progress_only_has_to_be_readable() {
    let sandbox = served(CONFIG);
    sandbox.git(&["switch", "--quiet", "--create", "feature"]);
    cheat(&sandbox, OPEN);
    taken(&sandbox, &["feature"]);
    break_it(&sandbox, READY);
    let pushed = refused(&sandbox, &["feature"]);
    assert!(pushed.stderr.contains("broken-documents") && pushed.stderr.contains("doctor"), "{pushed}");
    refused(&sandbox, &["feature:refs/heads/new"]);
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    sandbox.git(&["commit", "--quiet", "--amend", "--no-verify", "--message", "Other words"]);
    taken(&sandbox, &["--force", "feature"]);
    taken(&sandbox, &["--delete", "feature"]);
}

#[test]
fn branches_that_the_default_one_names_are_judged_as_well() {
    let sandbox = served(&format!("{CONFIG}\n[hooks]\npre_receive = [\"release/*\"]\n"));
    sandbox.git(&["switch", "--quiet", "--create", "release/1"]);
    commit(&sandbox, "src/b", &format!("Work\n\nTask: {READY}"));
    taken(&sandbox, &["release/1"]);
    cheat(&sandbox, OPEN);
    let pushed = refused(&sandbox, &["release/1"]);
    assert!(pushed.stderr.contains("release/1 is rejected"), "{pushed}");
    refused(&sandbox, &["HEAD:refs/heads/release/2"]);
    taken(&sandbox, &["HEAD:refs/heads/other/release/2"]);
    // A pushed list does not decide: it is the repository's own that counts.
    let own = sandbox.read(".tracker/config.toml").replace("release/*", "none");
    sandbox.write(".tracker/config.toml", own);
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "Loosen"]);
    refused(&sandbox, &["release/1"]);
}

#[test]
fn several_branches_are_all_reported() {
    let sandbox = served(&format!("{CONFIG}\n[hooks]\npre_receive = [\"release/*\"]\n"));
    cheat(&sandbox, OPEN);
    let pushed = refused(&sandbox, &["main", "main:refs/heads/release/1"]);
    assert!(
        pushed.stderr.contains("main is rejected") && pushed.stderr.contains("release/1 is rejected"),
        "{pushed}"
    );
}

#[test]
fn the_default_branch_is_not_deleted_with_the_tracker_in_it() {
    let sandbox = served(CONFIG);
    sandbox.git_in(SERVER, &["config", "receive.denyDeleteCurrent", "ignore"]);
    let pushed = refused(&sandbox, &["--delete", "main"]);
    assert!(pushed.stderr.contains("default branch"), "{pushed}");
}

#[test]
fn tags_are_not_judged() {
    let sandbox = served(CONFIG);
    break_it(&sandbox, READY);
    sandbox.git(&["tag", "light"]);
    sandbox.git(&["tag", "--annotate", "--message", "Heavy", "heavy"]);
    let pushed = push(&sandbox, &["light", "heavy", "HEAD:refs/notes/x"]);
    assert_eq!((pushed.status, pushed.stderr.as_str()), (0, ""), "{pushed}");
}

#[test]
fn a_force_push_takes_back_no_record() {
    let sandbox = served(CONFIG);
    let begin = super::head(&sandbox);
    sandbox.tracker(&["note", READY, "Nobody likes this note."]);
    sandbox.git(&["add", "--all"]);
    commit(&sandbox, "src/a", &format!("Note\n\nTask: {READY}"));
    taken(&sandbox, &["main"]);
    sandbox.git(&["reset", "--quiet", "--hard", &begin]);
    commit(&sandbox, "src/b", &format!("Other\n\nTask: {READY}"));
    let pushed = refused(&sandbox, &["--force", "main"]);
    assert!(pushed.stderr.contains("kept-records") && pushed.stderr.contains("notes/"), "{pushed}");
    assert_eq!(sandbox.tracker(&["explain", "kept-records"]).status, 0);
    refused(&sandbox, &["--force", &format!("{begin}:main")]);
    // With all that is there in it, a branch that begins elsewhere is as good as any.
    sandbox.git(&["checkout", "--quiet", "origin/main", "--", ".tracker", "src/a"]);
    sandbox.git(&["commit", "--quiet", "--amend", "--no-verify", "--no-edit"]);
    taken(&sandbox, &["--force", "main"]);
}

#[test]
fn the_first_push_is_accepted_and_a_dangling_head_is_reported() {
    let sandbox = world();
    sandbox.git(&["init", "--quiet", "--bare", "--initial-branch", "trunk", SERVER]);
    sandbox.git(&["remote", "add", "origin", SERVER]);
    sandbox.tracker_in(SERVER, &["hooks", "install", "--server"]);
    let pushed = push(&sandbox, &["main:develop"]);
    assert_eq!(pushed.status, 0, "{pushed}");
    assert!(pushed.stderr.contains("git symbolic-ref HEAD refs/heads/develop"), "{pushed}");
    taken(&sandbox, &["main:trunk"]);
    cheat(&sandbox, OPEN);
    refused(&sandbox, &["main:trunk"]);
}

#[test]
fn a_symbolic_ref_is_judged_as_its_target() {
    let sandbox = served(CONFIG);
    sandbox.git_in(SERVER, &["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    cheat(&sandbox, OPEN);
    let pushed = refused(&sandbox, &["main:alias"]);
    assert!(pushed.stderr.contains("main is rejected"), "{pushed}");
}

#[test]
fn objects_that_a_pusher_has_replaced_are_judged_as_they_are() {
    let sandbox = served(CONFIG);
    let (first, old) = (super::head(&sandbox), sandbox.git(&["rev-parse", "HEAD:.tracker/config.toml"]));
    sandbox.write("loose", "format = 2\n[policy]\nlegal-moves = \"off\"\nearned-moves = \"off\"\noverrides = \"off\"\ndeliverables = \"off\"\n");
    let new = sandbox.git(&["hash-object", "-w", "loose"]);
    std::fs::remove_file(sandbox.path().join("loose")).unwrap();
    let name = format!("refs/replace/{old}");
    sandbox.git(&["update-ref", &name, &new]);
    refused(&sandbox, &[&name]);
    sandbox.git(&["update-ref", "-d", &name]);
    // One that is there from before.
    sandbox.git_in(SERVER, &["fetch", "--quiet", "../repo", &format!("{new}:{name}")]);
    assert_eq!(super::head(&sandbox), first);
    cheat(&sandbox, OPEN);
    refused(&sandbox, &["main"]);
}

#[test]
fn rules_that_cannot_be_read_and_a_missing_tracker_let_nothing_in() {
    let sandbox = served(CONFIG);
    let hook = sandbox.path().join(SERVER).join("hooks/pre-receive");
    let text = std::fs::read(&hook).unwrap();
    std::fs::remove_file(&hook).unwrap();
    sandbox.write(".tracker/config.toml", "format = \"new\"\n");
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "Break the rules"]);
    taken(&sandbox, &["main"]);
    std::fs::write(&hook, &text).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    sandbox.write(".tracker/config.toml", CONFIG);
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "Fix the rules"]);
    let pushed = refused(&sandbox, &["main"]);
    assert!(pushed.stderr.contains("the rules of `main` cannot be read"), "{pushed}");
    refused(&sandbox, &["main:refs/heads/other"]);
    // No tracker on the PATH.
    let pushed =
        sandbox.program_with("git", "", &["push", "--quiet", "origin", "main:refs/heads/x"], |command| {
            command.env("PATH", "/usr/bin:/bin");
        });
    assert_ne!(pushed.status, 0, "{pushed}");
    assert!(pushed.stderr.contains("not on PATH, so nothing is taken"), "{pushed}");
}

#[test]
fn a_server_hook_is_installed_beside_others_and_removed() {
    let sandbox = served(CONFIG);
    sandbox.tracker_in(SERVER, &["hooks", "uninstall"]);
    let hook = format!("{SERVER}/hooks/pre-receive");
    let own = "#!/bin/sh\n# ours\nwhile read old new name; do echo \"own $name\" >&2; done\n";
    sandbox.write(&hook, own);
    std::fs::set_permissions(sandbox.path().join(&hook), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let states = |sandbox: &Sandbox, verb: &[&str]| {
        sandbox.tracker_in(SERVER, &[&["hooks"], verb].concat()).to_string()
    };
    assert!(states(&sandbox, &["status"]).contains("pre-receive  without the tracker"));
    assert!(states(&sandbox, &["install", "--server"]).contains("added to the hook that was there"));
    assert!(states(&sandbox, &["install", "--server"]).contains("unchanged"));
    commit(&sandbox, "src/a", &format!("Work\n\nTask: {READY}"));
    let pushed = push(&sandbox, &["main"]);
    assert!(pushed.status == 0 && pushed.stderr.contains("own refs/heads/main"), "{pushed}");
    cheat(&sandbox, OPEN);
    let pushed = refused(&sandbox, &["main"]);
    assert!(!pushed.stderr.contains("own refs"), "{pushed}");
    assert!(states(&sandbox, &["uninstall"]).contains("restored"));
    assert_eq!(sandbox.read(&hook), own);
    let clients = sandbox.tracker_in(SERVER, &["hooks", "install"]);
    assert!(clients.status == 2 && clients.stderr.contains("tracker hooks install --server"), "{clients}");
}

#[test]
fn commits_can_be_read_where_there_is_no_working_tree() {
    let sandbox = served(CONFIG);
    let bare = sandbox.tracker_in(SERVER, &["list", "--at", "main", "--format", "json"]);
    assert_eq!(bare.status, 0, "{bare}");
    assert_eq!(bare.stdout, sandbox.tracker(&["list", "--at", "main", "--format", "json"]).stdout);
    assert_eq!(sandbox.tracker_in(SERVER, &["list"]).status, 2);
}
