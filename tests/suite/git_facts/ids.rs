//! Ids in use on other branches and in other working trees.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use tracker::git::IdsElsewhere;
use tracker::model::TaskId;

use super::repo_paths;
use crate::support::Sandbox;

fn load(sandbox: &Sandbox) -> IdsElsewhere {
    IdsElsewhere::load(&repo_paths(sandbox, ""), ".tracker").unwrap()
}

fn has(ids: &IdsElsewhere, id: &str) -> bool {
    ids.contains(&TaskId::parse(id).unwrap())
}

fn add(sandbox: &Sandbox, id: &str) -> String {
    sandbox.commit_file(&format!(".tracker/tasks/{id}.md"), "---\n---\n", id)
}

fn cache(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join(".git/tracker/ids")
}

#[test]
fn a_repository_without_commits_has_no_ids() {
    let sandbox = Sandbox::new();
    let ids = load(&sandbox);
    assert!(ids.is_empty() && !has(&ids, "TASK-1"));
    assert_eq!(ids.largest_number("TASK"), None);
}

#[test]
fn ids_of_all_branches_count_and_those_of_tags_do_not() {
    let sandbox = Sandbox::new();
    add(&sandbox, "TASK-1");
    for (branch, id) in [("side/a", "TASK-2"), ("gone", "TASK-3"), ("far", "TASK-44")] {
        sandbox.git(&["switch", "--quiet", "--create", branch, "main"]);
        add(&sandbox, id);
    }
    sandbox.git(&["tag", "kept", "gone"]);
    sandbox.git(&["update-ref", "refs/remotes/origin/far", "far"]);
    sandbox.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/far"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["branch", "--quiet", "-D", "far", "gone"]);
    sandbox.write(".tracker/tasks/not an id.md", "");
    sandbox.commit_file(".tracker/tasks/deep/TASK-5.md", "", "deep");
    for packed in [false, true] {
        let ids = load(&sandbox);
        let found = ["TASK-1", "TASK-2", "TASK-3", "TASK-44", "TASK-5"].map(|id| has(&ids, id));
        assert_eq!(found, [true, true, false, true, false], "packed: {packed}");
        assert_eq!((ids.len(), ids.largest_number("TASK")), (3, Some(44)));
        assert_eq!(ids.largest_number("BUG"), None);
        sandbox.git(&["pack-refs", "--all"]);
    }
    // The unpacked ref hides the packed one.
    sandbox.git(&["update-ref", "refs/remotes/origin/far", "main"]);
    assert!(!has(&load(&sandbox), "TASK-44"));
}

#[test]
fn uncommitted_ids_of_other_working_trees_are_taken() {
    let sandbox = Sandbox::new();
    add(&sandbox, "TASK-1");
    sandbox.git(&["worktree", "add", "--quiet", "--detach", "../second tree"]);
    sandbox.write("../second tree/.tracker/tasks/TASK-7.md", "");
    let ids = load(&sandbox);
    assert!(has(&ids, "TASK-7") && !has(&ids, "TASK-8"));
    assert_eq!(ids.largest_number("TASK"), Some(7));
    sandbox.write(".tracker/tasks/TASK-9.md", "");
    assert!(!has(&load(&sandbox), "TASK-9"), "the current working tree is not elsewhere");
    let second = IdsElsewhere::load(&repo_paths(&sandbox, "../second tree"), ".tracker").unwrap();
    assert!(has(&second, "TASK-9") && !has(&second, "TASK-7"));

    sandbox.git_in("../second tree", &["add", "."]);
    sandbox.git_in("../second tree", &["commit", "--quiet", "--message", "detached"]);
    fs::remove_file(sandbox.root().join("second tree/.tracker/tasks/TASK-7.md")).unwrap();
    assert!(has(&load(&sandbox), "TASK-7"), "a detached HEAD counts as a branch");
    fs::remove_dir_all(sandbox.root().join("second tree")).unwrap();
    assert!(has(&load(&sandbox), "TASK-1"));
}

#[test]
fn the_cache_is_disposable() {
    let sandbox = Sandbox::new();
    add(&sandbox, "TASK-1");
    add(&sandbox, "TASK-2");
    assert_eq!(load(&sandbox).len(), 2);
    let good = fs::read(cache(&sandbox)).unwrap();
    for at in [0, 14, 16, 30, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        fs::write(cache(&sandbox), bad).unwrap();
        assert_eq!(load(&sandbox).len(), 2, "byte {at}");
        assert_eq!(fs::read(cache(&sandbox)).unwrap(), good, "byte {at}");
    }
    for length in [0, 10, 40, good.len() - 4] {
        fs::write(cache(&sandbox), &good[..length]).unwrap();
        assert_eq!(load(&sandbox).len(), 2, "length {length}");
    }
    fs::remove_file(cache(&sandbox)).unwrap();
    fs::create_dir(cache(&sandbox)).unwrap();
    assert_eq!(load(&sandbox).len(), 2, "where it cannot be written");
    let left: Vec<_> = fs::read_dir(sandbox.path().join(".git/tracker")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_cache_answers_while_no_branch_moves() {
    let sandbox = Sandbox::new();
    let tip = add(&sandbox, "TASK-1");
    load(&sandbox);
    fs::remove_dir_all(sandbox.path().join(".git/objects").join(&tip[..2])).unwrap();
    assert!(has(&load(&sandbox), "TASK-1"));
    fs::remove_file(cache(&sandbox)).unwrap();
    assert!(load(&sandbox).is_empty(), "a branch whose objects are missing counts as empty");
}

#[test]
fn missing_objects_that_have_come_are_found() {
    let sandbox = Sandbox::new();
    add(&sandbox, "TASK-1");
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    let tip = add(&sandbox, "TASK-2");
    let object = sandbox.path().join(".git/objects").join(&tip[..2]).join(&tip[2..]);
    let away = sandbox.root().join("away");
    fs::rename(&object, &away).unwrap();
    let ids = load(&sandbox);
    assert!(has(&ids, "TASK-1") && !has(&ids, "TASK-2"));
    fs::rename(&away, &object).unwrap();
    sandbox.git(&["update-ref", "refs/heads/third", "main~0"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit_file("a", "a", "a");
    assert!(has(&load(&sandbox), "TASK-2"));
}

#[test]
fn partial_and_shallow_clones_never_fail() {
    let sandbox = Sandbox::new();
    add(&sandbox, "TASK-1");
    add(&sandbox, "TASK-2");
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", sandbox.path().display());
    for (name, args) in [
        ("shallow", &["--depth=1"][..]),
        ("blobless", &["--filter=blob:none"]),
        ("treeless", &["--filter=tree:0"]),
        ("none", &["--filter=tree:0", "--no-checkout"]),
    ] {
        let clone = format!("../{name}");
        sandbox.git(&[&["clone", "--quiet"], args, &[&url, &clone]].concat());
        let ids = IdsElsewhere::load(&repo_paths(&sandbox, &clone), ".tracker").unwrap();
        assert_eq!(ids.len(), if name == "none" { 0 } else { 2 }, "{name}");
    }
}

#[test]
fn sha256_repositories_and_bare_ones_work_as_well() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--object-format=sha256"]);
    add(&sandbox, "TASK-1");
    for _ in 0..2 {
        assert!(has(&load(&sandbox), "TASK-1"));
    }
    sandbox.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let bare = IdsElsewhere::load(&repo_paths(&sandbox, "../bare.git"), ".tracker").unwrap();
    assert!(has(&bare, "TASK-1"));
}

#[test]
fn two_trackers_in_one_repository_have_ids_of_their_own() {
    let sandbox = Sandbox::new();
    add(&sandbox, "TASK-1");
    sandbox.commit_file("web app/.tracker/tasks/WEB-1.md", "", "web");
    let of = |folder: &str| IdsElsewhere::load(&repo_paths(&sandbox, ""), folder).unwrap();
    for _ in 0..2 {
        assert!(has(&of(".tracker"), "TASK-1") && !has(&of(".tracker"), "WEB-1"));
        assert!(has(&of("web app/.tracker"), "WEB-1") && !has(&of("web app/.tracker/"), "TASK-1"));
    }
}

/// Whatever is done to the branches, the ids are those that git lists, with a cache and without.
#[test]
fn the_answer_is_always_what_the_branches_hold() {
    let sandbox = Sandbox::new();
    let mut random = fastrand::Rng::with_seed(7);
    let id = |number: u32| format!("TASK-{number}");
    add(&sandbox, &id(0));
    for step in 0..60 {
        let branch = format!("b{}", random.u32(..5));
        let exists = !sandbox.git(&["branch", "--list", &branch]).is_empty();
        sandbox.git(&["switch", "--quiet", "--detach"]);
        match random.u32(..6) {
            0 if exists => drop(sandbox.git(&["branch", "--quiet", "-D", &branch])),
            1 => drop(sandbox.git(&["pack-refs", "--all"])),
            2 => drop(sandbox.git(&["update-ref", &format!("refs/remotes/origin/{branch}"), "HEAD"])),
            _ => {
                let create: &[&str] = if exists { &[&branch] } else { &["--create", &branch] };
                sandbox.git(&[&["switch", "--quiet"], create].concat());
                let file = format!(".tracker/tasks/{}.md", id(random.u32(..30)));
                if random.u32(..4) == 0 && sandbox.path().join(&file).exists() {
                    sandbox.git(&["rm", "--quiet", &file]);
                    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "remove"]);
                } else {
                    sandbox.write(&file, step.to_string());
                    sandbox.git(&["add", &file]);
                    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "write"]);
                }
            }
        }
        let ids = load(&sandbox);
        let expected = listed(&sandbox);
        let found: BTreeSet<String> = (0..30).map(id).filter(|id| has(&ids, id)).collect();
        assert_eq!(found, expected, "step {step}");
        assert_eq!(ids.len(), expected.len(), "step {step}");
    }
}

fn listed(sandbox: &Sandbox) -> BTreeSet<String> {
    let format = "--format=%(objectname)";
    let mut tips = sandbox.git(&["for-each-ref", format, "refs/heads", "refs/remotes"]);
    tips.push('\n');
    tips.push_str(&sandbox.git(&["rev-parse", "HEAD"]));
    let tips: BTreeSet<&str> = tips.lines().collect();
    let mut ids = BTreeSet::new();
    for tip in tips {
        let names = sandbox.git(&["ls-tree", "--name-only", tip, ".tracker/tasks/"]);
        let stem = |name: &str| Some(name.strip_prefix(".tracker/tasks/")?.strip_suffix(".md")?.to_owned());
        ids.extend(names.lines().filter_map(stem));
    }
    ids
}
