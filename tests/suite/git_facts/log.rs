//! History: what touched a path, raised against git's own answer.

use tracker::git::LogLimit;

use super::open;
use crate::support::Sandbox;

const ALL: LogLimit = LogLimit { found: usize::MAX, visited: usize::MAX };

/// Two branches with a merge that takes one side's file, one that changes a file itself, and a root beside.
fn history() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.commit_file("src/a", "1", "first");
    sandbox.commit_file("b", "1", "second");
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    sandbox.commit_file("src/a", "2", "side changes a");
    sandbox.commit_file("b", "side", "side changes b");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit_file("src/c", "1", "main adds c");
    sandbox.git(&["merge", "--quiet", "--no-edit", "side"]);
    sandbox.git(&["switch", "--quiet", "--orphan", "root"]);
    sandbox.commit_file("src/a", "other", "another root");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-edit", "--allow-unrelated-histories", "-Xours", "root"]);
    sandbox.git(&["update-index", "--chmod=+x", "b"]);
    sandbox.git(&["commit", "--quiet", "--message", "b can be run"]);
    sandbox.git(&["rm", "--quiet", "src/c"]);
    sandbox.git(&["commit", "--quiet", "--message", "no c"]);
    sandbox
}

#[test]
fn finds_what_git_log_finds() {
    let sandbox = history();
    let repository = open(&sandbox);
    let head = repository.resolve("HEAD").unwrap();
    let cases: [&[&str]; 7] = [&["src"], &["src/a"], &["b"], &["src/c"], &["src/a", "b"], &["none"], &[]];
    for paths in cases {
        let log = repository.log_touching(head, paths, ALL).unwrap();
        assert!(log.is_complete);
        let found: Vec<String> = log.commits.iter().map(|commit| commit.id.to_string()).collect();
        let message = sandbox.git(&[&["log", "--format=%H", "--"], paths].concat());
        assert_eq!(found, message.lines().collect::<Vec<_>>(), "{paths:?}");
    }
}

#[test]
fn a_limit_ends_the_walk_and_is_reported() {
    let sandbox = history();
    let repository = open(&sandbox);
    let head = repository.resolve("HEAD").unwrap();
    let log = repository.log_touching(head, &["src"], LogLimit { found: 1, ..ALL }).unwrap();
    assert_eq!((log.commits.len(), log.is_complete), (1, false));
    let log = repository.log_touching(head, &["src"], LogLimit { visited: 0, ..ALL }).unwrap();
    assert_eq!((log.commits.len(), log.is_complete), (0, false));
}

#[test]
fn a_shallow_clone_ends_where_its_history_ends() {
    let sandbox = history();
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "--quiet", "--depth", "2", &url, "../shallow"]);
    let repo_paths = super::repo_paths(&sandbox, "../shallow");
    let repository = tracker::git::Repository::open(&repo_paths).unwrap();
    let head = repository.resolve("HEAD").unwrap();
    let log = repository.log_touching(head, &["src/c"], ALL).unwrap();
    let subjects: Vec<_> = log.commits.iter().map(|commit| &*commit.subject).collect();
    assert_eq!(subjects, ["no c", "b can be run"]);
}

#[test]
fn a_commit_has_author_time_and_message() {
    let sandbox = Sandbox::new();
    let message = "Remember the theme\nacross two lines\n\nTask: TASK-7Q2M\n";
    sandbox.commit_file("a", "a", message);
    let repository = open(&sandbox);
    let commit = repository.commit_info(repository.resolve("HEAD").unwrap()).unwrap();
    assert_eq!(commit.author.to_string(), "Ada Lovelace <ada@example.com>");
    assert_eq!(commit.author_time.to_rfc3339(), "2026-11-11T09:02:00+00:00");
    assert_eq!(commit.committer_time, commit.author_time);
    assert_eq!(commit.subject, "Remember the theme across two lines");
    assert_eq!(commit.message, message);
    assert!(commit.parents.is_empty());
}
