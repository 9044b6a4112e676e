//! Commits by the tasks they link, and what they changed.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use tracker::git::{CommitId, LinkParser, Repository};

use super::{open, repo_paths};
use crate::support::Sandbox;

/// `Task: ID` lines.
fn ids_in(message: &str) -> Vec<String> {
    message.lines().filter_map(|line| line.strip_prefix("Task: ")).map(str::to_owned).collect()
}

/// What the commits of a revision link.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Links {
    /// Each commit and what it links, newest first.
    commits: Vec<(CommitId, Vec<String>)>,
    is_complete: bool,
}

impl Links {
    fn of(&self, id: &str) -> Vec<CommitId> {
        let linking = |(_, ids): &&(CommitId, Vec<String>)| ids.iter().any(|own| own == id);
        self.commits.iter().filter(linking).map(|(commit, _)| *commit).collect()
    }
}

/// The links of a revision, and how many commits were read for them.
fn links_with(repository: &Repository, revision: &str, version: &str, limit: usize) -> (Links, usize) {
    let read = Cell::new(0);
    let ids_in = |message: &str| {
        read.set(read.get() + 1);
        ids_in(message)
    };
    let tip = repository.resolve(revision).unwrap();
    let parser = LinkParser { version, ids_in: &ids_in, folders: &[".tracker/votes"] };
    let graph = repository.commit_graph(&[tip], &parser, limit).unwrap();
    let linking = graph.newest_first(graph.linking_since(i64::MIN));
    for id in linking.iter().flat_map(|number| graph.links_of(*number)) {
        let both = |number: &u32| graph.links_of(*number).contains(&id);
        let searched: Vec<u32> = linking.iter().copied().filter(both).collect();
        assert_eq!(graph.newest_first(graph.linking(id)), searched, "{id}");
    }
    let commit = |number: u32| {
        let id = graph.id(number).unwrap();
        assert_eq!(graph.number(id), Some(number));
        (id, graph.links_of(number).into_iter().map(str::to_owned).collect())
    };
    let is_complete = graph.is_complete();
    (Links { commits: linking.into_iter().map(commit).collect(), is_complete }, read.get())
}

fn links(repository: &Repository, revision: &str) -> (Links, usize) {
    links_with(repository, revision, "1", usize::MAX)
}

fn subjects(repository: &Repository, links: &Links, id: &str) -> Vec<String> {
    let subject = |id: CommitId| repository.commit_info(id).unwrap().subject;
    links.of(id).into_iter().map(subject).collect()
}

fn commit(sandbox: &Sandbox, file: &str, subject: &str, task: &str) -> String {
    let message = if task.is_empty() { subject.to_owned() } else { format!("{subject}\n\nTask: {task}") };
    sandbox.commit_file(file, subject, &message)
}

fn history() -> Sandbox {
    let sandbox = Sandbox::new();
    commit(&sandbox, "a", "first", "T-1");
    for number in 0..40 {
        sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", &format!("filler {number}")]);
    }
    commit(&sandbox, "b", "second", "");
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    commit(&sandbox, "src/c", "side", "T-1");
    commit(&sandbox, "src/d", "side too", "T-2");
    sandbox.git(&["switch", "--quiet", "main"]);
    commit(&sandbox, "e", "main", "T-1");
    sandbox
}

fn cache(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join(".git/tracker/links")
}

#[test]
fn any_tip_is_answered_exactly_and_no_commit_is_read_twice() {
    let sandbox = history();
    let repository = open(&sandbox);
    let (main, read) = links(&repository, "main");
    assert_eq!((read, main.is_complete), (43, true));
    assert_eq!(subjects(&repository, &main, "T-1"), ["main", "first"]);
    assert!(main.of("T-2").is_empty() && main.of("T").is_empty());
    assert_eq!(links(&repository, "main"), (main, 0));

    // Another branch: only what it has for itself is read.
    let (side, read) = links(&repository, "side");
    assert_eq!(read, 2);
    assert_eq!(subjects(&repository, &side, "T-1"), ["side", "first"]);
    assert_eq!(subjects(&repository, &side, "T-2"), ["side too"]);
    assert_eq!(subjects(&repository, &links(&repository, "main~1").0, "T-1"), ["first"]);
    assert_eq!(links(&repository, "main~20"), (links(&repository, "main~30").0, 0));

    sandbox.git(&["merge", "--quiet", "--no-edit", "side"]);
    let (merged, _) = links(&repository, "main");
    assert_eq!(subjects(&repository, &merged, "T-1"), ["main", "side", "first"]);
    assert!(merged.is_complete);
    // Commits that were thrown away are no longer found.
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    assert_eq!(subjects(&repository, &links(&repository, "HEAD").0, "T-1"), ["first"]);
}

#[test]
fn the_memory_is_disposable() {
    let sandbox = history();
    let repository = open(&sandbox);
    let (expected, all) = links(&repository, "main");
    let bytes = fs::read(cache(&sandbox)).unwrap();
    let torn = [&bytes[..bytes.len() / 2], b"trklnk01", b"", &[&bytes[..100], b"x", &bytes[101..]].concat()];
    for torn in torn {
        fs::write(cache(&sandbox), torn).unwrap();
        assert_eq!(links(&repository, "main"), (expected.clone(), all));
        fs::remove_file(cache(&sandbox)).unwrap();
        assert_eq!(links(&repository, "main"), (expected.clone(), all));
        assert_eq!(fs::read(cache(&sandbox)).unwrap(), bytes);
    }
    assert_eq!(links_with(&repository, "main", "2", usize::MAX), (expected, all));
}

#[test]
fn a_limit_leaves_out_the_oldest_until_a_higher_one_is_given() {
    let sandbox = history();
    let repository = open(&sandbox);
    let (some, read) = links_with(&repository, "main", "1", 10);
    assert_eq!((read, some.is_complete), (10, false));
    assert_eq!(subjects(&repository, &some, "T-1"), ["main"]);
    assert_eq!(links_with(&repository, "main", "1", 10), (some, 0));
    let (all, read) = links_with(&repository, "main", "1", 100);
    assert_eq!((read, all.is_complete), (43, true));
    assert_eq!(subjects(&repository, &all, "T-1"), ["main", "first"]);
}

#[test]
fn a_shallow_clone_is_looked_at_again_when_it_is_deepened() {
    let sandbox = history();
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "--quiet", "--depth", "3", &url, "../shallow"]);
    let shallow = || Repository::open(&repo_paths(&sandbox, "../shallow")).unwrap();
    let (some, read) = links(&shallow(), "HEAD");
    assert_eq!((read, some.is_complete), (3, true));
    let changed = shallow().files_changed(&[shallow().resolve("HEAD~2").unwrap()]).unwrap();
    assert_eq!(changed, ["a"]);
    sandbox.git_in("../shallow", &["fetch", "--quiet", "--unshallow"]);
    let repository = shallow();
    assert_eq!(subjects(&repository, &links(&repository, "HEAD").0, "T-1"), ["main", "first"]);
}

#[test]
fn linked_worktrees_share_what_is_remembered() {
    let sandbox = history();
    sandbox.git(&["worktree", "add", "--quiet", "../linked", "side"]);
    links(&open(&sandbox), "side");
    let linked = Repository::open(&repo_paths(&sandbox, "../linked")).unwrap();
    assert_eq!(links(&linked, "HEAD").1, 0);
}

#[test]
fn files_and_people_of_commits_are_those_git_names() {
    let sandbox = history();
    sandbox.git(&["merge", "--quiet", "--no-edit", "side"]);
    sandbox.write("src/deep/é.rs", "x");
    sandbox.git(&["add", "."]);
    sandbox.git(&["mv", "a", "renamed"]);
    sandbox.git(&["rm", "--quiet", "src/c"]);
    let message = "last\n\nCo-authored-by: Eve <eve@example.com>\nTask: T-1";
    sandbox.git(&["commit", "--quiet", "--message", message, "--author", "Bob <bob@example.com>"]);
    let repository = open(&sandbox);
    let all: Vec<CommitId> =
        sandbox.git(&["rev-list", "HEAD"]).lines().map(|id| id.parse().unwrap()).collect();
    for commit in &all {
        let args = [
            "-c",
            "core.quotePath=false",
            "log",
            "-1",
            "-m",
            "--cc",
            "--no-renames",
            "--name-only",
            "--format=",
        ];
        let message = sandbox.git(&[&args[..], &[&commit.to_string()]].concat());
        let mut message: Vec<&str> = message.lines().collect();
        message.sort_unstable();
        assert_eq!(repository.files_changed(&[*commit]).unwrap(), message, "{commit}");
    }
    let changed = repository.files_changed(&all).unwrap();
    assert_eq!(changed, ["a", "b", "e", "renamed", "src/c", "src/d", "src/deep/é.rs"]);
    let people: Vec<String> = repository.authors(&all).unwrap().iter().map(ToString::to_string).collect();
    let expected = ["Ada Lovelace <ada@example.com>", "Bob <bob@example.com>", "Eve <eve@example.com>"];
    assert_eq!(people, expected);
}

#[test]
fn a_merge_changed_only_what_neither_side_had() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "base\n", "base");
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    sandbox.commit_file("a", "side\n", "side");
    sandbox.commit_file("b", "side\n", "side");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit_file("a", "main\n", "main");
    sandbox.program_with("git", "", &["merge", "side"], |_| {});
    sandbox.write("a", "both\n");
    sandbox.git(&["add", "a"]);
    sandbox.git(&["commit", "--quiet", "--no-edit"]);
    let repository = open(&sandbox);
    let head = repository.resolve("HEAD").unwrap();
    assert_eq!(repository.files_changed(&[head]).unwrap(), ["a"]);
}
