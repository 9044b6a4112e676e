//! Where the folders are.

use std::fs;

use tracker::git::{self, Error};

use super::repo_paths;
use crate::support::Sandbox;

#[test]
fn a_plain_repository_is_found_from_its_top_and_from_below() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path().join("src/größe und mehr")).unwrap();
    for folder in ["", "src", "src/größe und mehr", "src/../src/."] {
        let repo_paths = repo_paths(&sandbox, folder);
        assert_eq!(repo_paths.work_dir.as_ref(), Some(&sandbox.path()), "{folder}");
        assert_eq!(repo_paths.git_dir, sandbox.path().join(".git"));
        assert_eq!(repo_paths.common_dir, repo_paths.git_dir);
        assert!(repo_paths.other_work_dirs().is_empty());
    }
}

#[test]
fn outside_of_a_repository_the_answer_is_that_there_is_none() {
    let sandbox = Sandbox::without_repository();
    let error = git::discover(&sandbox.env("")).unwrap_err();
    assert!(matches!(error, Error::NotARepository { .. }));
    assert_eq!(error.to_string(), format!("`{}` is not in a git repository", sandbox.path().display()));
    assert_eq!(error.hint().unwrap(), "try: git init");
}

#[test]
fn a_folder_that_is_gone_is_an_error_of_its_own() {
    let sandbox = Sandbox::new();
    let error = git::discover(&sandbox.env("gone")).unwrap_err();
    assert!(matches!(error, Error::Io { action: "find", .. }), "{error}");
}

#[test]
fn the_search_stops_at_a_ceiling() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path().join("a/b")).unwrap();
    let ceiling = |folder: &str, ceiling: &str| {
        let env = sandbox.env(folder).with_variable("GIT_CEILING_DIRECTORIES", sandbox.path().join(ceiling));
        git::discover(&env).is_ok()
    };
    assert!(!ceiling("a/b", "a") && !ceiling("a/b", ""));
    assert!(ceiling("", "") && ceiling("a", "a/b"));
}

#[test]
fn linked_working_trees_know_each_other() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "a", "a");
    sandbox.git(&["worktree", "add", "--quiet", "-b", "second", "../zweiter baum é"]);
    sandbox.git(&["worktree", "add", "--quiet", "--detach", "../third"]);
    let [second, third] = ["zweiter baum é", "third"].map(|name| sandbox.root().join(name));
    let main = sandbox.path();
    assert_eq!(repo_paths(&sandbox, "").other_work_dirs(), [third.clone(), second.clone()]);

    fs::create_dir(second.join("sub")).unwrap();
    let linked = repo_paths(&sandbox, "../zweiter baum é/sub");
    assert_eq!(linked.work_dir.as_ref(), Some(&second));
    assert_eq!(linked.common_dir, main.join(".git"));
    assert_eq!(linked.git_dir.parent(), Some(&*main.join(".git/worktrees")));
    assert_eq!(linked.other_work_dirs(), [main.clone(), third.clone()]);

    fs::remove_dir_all(&third).unwrap();
    assert_eq!(linked.other_work_dirs(), [main]);
}

#[test]
fn a_bare_repository_has_no_working_tree_but_its_linked_ones_do() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "a", "a");
    sandbox.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let bare = repo_paths(&sandbox, "../bare.git");
    assert_eq!(bare.work_dir, None);
    assert_eq!(bare.git_dir, sandbox.root().join("bare.git"));
    assert_eq!(repo_paths(&sandbox, "../bare.git/refs"), bare);

    sandbox.git_in("../bare.git", &["worktree", "add", "--quiet", "../tree", "main"]);
    let tree = sandbox.root().join("tree");
    let linked = repo_paths(&sandbox, "../tree");
    assert_eq!(linked.work_dir.as_ref(), Some(&tree));
    assert_eq!(linked.common_dir, bare.git_dir);
    assert!(linked.other_work_dirs().is_empty());
    assert_eq!(bare.other_work_dirs(), [tree]);
}

#[test]
fn core_bare_and_core_worktree_are_respected() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "core.bare", "true"]);
    assert_eq!(repo_paths(&sandbox, "").work_dir, None);
    sandbox.git(&["config", "core.bare", "false"]);
    sandbox.git(&["config", "core.worktree", "../../home"]);
    assert_eq!(repo_paths(&sandbox, "").work_dir, Some(sandbox.root().join("home")));
}

#[test]
fn the_git_dir_may_be_elsewhere() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--separate-git-dir", "../elsewhere"]);
    let repo_paths = repo_paths(&sandbox, "");
    assert_eq!(repo_paths.work_dir, Some(sandbox.path()));
    assert_eq!(repo_paths.git_dir, sandbox.root().join("elsewhere"));
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let library = Sandbox::new();
    library.commit_file("lib.rs", "", "library");
    let sandbox = Sandbox::new();
    sandbox.git(&["submodule", "--quiet", "add", &library.path().display().to_string(), "deps/lib"]);
    let inner = repo_paths(&sandbox, "deps/lib");
    assert_eq!(inner.work_dir, Some(sandbox.path().join("deps/lib")));
    assert_eq!(inner.git_dir, sandbox.path().join(".git/modules/deps/lib"));
    assert_eq!(repo_paths(&sandbox, "deps").work_dir, Some(sandbox.path()));

    sandbox.git_in("deps/lib", &["worktree", "add", "--quiet", "../../../library"]);
    let linked = repo_paths(&sandbox, "../library");
    assert_eq!(linked.other_work_dirs(), [sandbox.path().join("deps/lib")]);
}

#[test]
fn a_git_file_without_target_is_reported() {
    let sandbox = Sandbox::new();
    sandbox.write("inner/.git", "gitdir: ../nowhere\n");
    let error = git::discover(&sandbox.env("inner")).unwrap_err();
    assert!(matches!(error, Error::NotAGitDir { .. }), "{error}");
    sandbox.write("inner/.git", "nonsense\n");
    let error = git::discover(&sandbox.env("inner")).unwrap_err();
    assert!(matches!(error, Error::Io { action: "read", .. }), "{error}");
}

#[test]
fn variables_name_the_repository_as_in_a_hook() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("sub/a", "a", "a");
    let git_dir = sandbox.path().join(".git");

    let repo_paths = git::discover(&sandbox.env("").with_variable("GIT_DIR", ".git")).unwrap();
    assert_eq!(repo_paths.work_dir, Some(sandbox.path()));
    assert_eq!(repo_paths.git_dir, git_dir);

    let from_afar = sandbox.env("../home").with_variable("GIT_DIR", &git_dir);
    assert_eq!(git::discover(&from_afar).unwrap().work_dir, Some(sandbox.root().join("home")));
    let with_tree = sandbox.env("../home").with_variable("GIT_DIR", &git_dir);
    let with_tree = with_tree.with_variable("GIT_WORK_TREE", sandbox.path());
    assert_eq!(git::discover(&with_tree).unwrap().work_dir, Some(sandbox.path()));

    let wrong = sandbox.env("").with_variable("GIT_DIR", "sub");
    let error = git::discover(&wrong).unwrap_err();
    assert!(error.to_string().starts_with("GIT_DIR names `"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_on_the_way() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("sub")).unwrap();
    std::os::unix::fs::symlink(sandbox.path().join("sub"), sandbox.root().join("link")).unwrap();
    assert_eq!(repo_paths(&sandbox, "../link").work_dir, Some(sandbox.path()));
    assert_eq!(repo_paths(&sandbox, "../link/..").work_dir, Some(sandbox.path()));
}
