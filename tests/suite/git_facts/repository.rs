//! Revisions, trees and blobs.

use std::fs;

use tracker::git::{CommitId, Error, FileMode, IdsElsewhere, Repository};

use super::{open, repo_paths};
use crate::support::Sandbox;

#[test]
fn head_is_a_branch_or_a_commit_or_a_branch_without_commits() {
    let sandbox = Sandbox::new();
    let head = open(&sandbox).head().unwrap();
    assert_eq!((head.branch.as_deref(), head.commit), (Some("main"), None));
    assert_eq!(repo_paths(&sandbox, "").branch().unwrap().as_deref(), Some("main"));

    let first = sandbox.commit_file("a", "a", "a");
    sandbox.git(&["switch", "--quiet", "--create", "feature/größe"]);
    sandbox.git(&["pack-refs", "--all"]);
    let head = open(&sandbox).head().unwrap();
    assert_eq!(head.branch.as_deref(), Some("feature/größe"));
    assert_eq!(repo_paths(&sandbox, "").branch().unwrap(), head.branch);
    assert_eq!(head.commit.map(|id| id.to_string()), Some(first.clone()));

    sandbox.git(&["switch", "--quiet", "--detach"]);
    let repository = open(&sandbox);
    assert_eq!(repository.branch().unwrap(), None);
    assert_eq!(repo_paths(&sandbox, "").branch().unwrap(), None);
    assert_eq!(repository.head().unwrap().commit, Some(CommitId::parse(&first).unwrap()));
}

#[test]
fn any_revision_resolves_to_its_commit() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit_file("a", "a", "first words");
    let second = sandbox.commit_file("a", "b", "second");
    sandbox.git(&["tag", "--annotate", "v1", "--message", "one", "HEAD~1"]);
    sandbox.git(&["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    let repository = open(&sandbox);
    let cases = [
        ("HEAD", &second),
        ("main", &second),
        ("@", &second),
        ("HEAD~1", &first),
        ("v1", &first),
        ("v1^{commit}", &first),
        (&first[..8], &first),
        (&first, &first),
        ("main@{1}", &first),
        (":/first", &first),
        ("origin/main", &first),
    ];
    for (revision, commit) in cases {
        assert_eq!(&repository.resolve(revision).unwrap().to_string(), commit, "{revision}");
    }
}

#[test]
fn a_base_is_a_branch_or_a_commit_by_its_id_and_never_a_tag() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit_file("a", "a", "first");
    let second = sandbox.commit_file("a", "b", "second");
    let pushed = sandbox.commit_file("a", "c", "a commit of somebody else");
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    sandbox.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    sandbox.git(&["update-ref", "refs/heads/upstream/both", &first]);
    sandbox.git(&["update-ref", "refs/remotes/upstream/both", &second]);
    sandbox.git(&["update-ref", "refs/tags/v1", &pushed]);
    let repository = open(&sandbox);
    let resolved = |name: &str| repository.resolve_base(name).map(|id| id.to_string());
    for (name, commit) in [
        ("main", &second),
        ("origin/main", &second),
        ("upstream/both", &second),
        ("refs/heads/upstream/both", &first),
        ("refs/remotes/origin/main", &second),
        ("refs/tags/v1", &pushed),
        ("main~1", &first),
        ("HEAD", &second),
        ("@~", &first),
        (&first, &first),
        (&first[..7], &first),
    ] {
        assert_eq!(&resolved(name).unwrap(), commit, "{name}");
    }
    let message = |name: &str| resolved(name).unwrap_err().to_string();
    assert_eq!(message("v1"), "`v1` is a tag; expected a branch or a commit id");
    assert_eq!(message("v1~1"), "`v1~1` is a tag; expected a branch or a commit id");
    // The first is found by the second where whole names are looked for like short ones.
    for name in
        ["refs/heads/gone", "refs/remotes/origin/gone", "main", "origin/main", &first[..7], "FETCH_HEAD"]
    {
        sandbox.git(&["update-ref", &format!("refs/tags/{name}"), &pushed]);
    }
    let repository = open(&sandbox);
    let message = |name: &str| repository.resolve_base(name).unwrap_err().to_string();
    for name in
        ["refs/heads/gone", "refs/remotes/origin/gone", "no/such", ":/somebody", "FETCH_HEAD", "v1^{}"]
    {
        message(name);
    }
    assert_eq!(message("main"), "`main` is ambiguous: refs/heads/main and refs/tags/main have that name");
    message("main~1");
    message(&first[..7]);
    assert_eq!(
        message("origin/main"),
        "`origin/main` is ambiguous: refs/remotes/origin/main and refs/tags/origin/main have that name"
    );
    assert_eq!(repository.resolve_base("refs/heads/main").unwrap().to_string(), second);
    assert_eq!(repository.resolve_base(&first).unwrap().to_string(), first);
    assert!(repository.resolve_head("main").is_err());
    assert_eq!(repository.resolve_head("v1").unwrap().to_string(), pushed);
}

#[test]
fn what_is_no_commit_is_refused_with_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "a", "a");
    sandbox.commit_file("a", "b", "b");
    let repository = open(&sandbox);
    let error = repository.resolve("mian").unwrap_err();
    assert_eq!(error.to_string(), "`mian` is not a revision of this repository");
    assert_eq!(error.hint().unwrap(), "see: git branch --all, git tag");
    let error = repository.resolve("HEAD~1..HEAD").unwrap_err();
    assert_eq!(error.hint().unwrap(), "a range names no single commit; give one");
    assert!(repository.resolve("HEAD~5").unwrap_err().hint().unwrap().starts_with("commit "));
    for revision in ["", "HEAD~5", "..", "HEAD~1..HEAD", "^HEAD", "a..b", "@{u}", &"0".repeat(40)] {
        let error = repository.resolve(revision).unwrap_err();
        assert!(error.to_string().contains(&format!("`{revision}`")), "{revision}: {error}");
    }
    let error = repository.resolve("HEAD:a").unwrap_err();
    assert_eq!(error.to_string(), "`HEAD:a` is a blob, not a commit");
    let error = repository.resolve("HEAD^{tree}").unwrap_err();
    assert_eq!(error.to_string(), "`HEAD^{tree}` is a tree, not a commit");
}

#[test]
fn an_ambiguous_beginning_names_the_candidates() {
    let sandbox = Sandbox::new();
    for number in 0..900 {
        sandbox.write(format!("n/{number}"), number.to_string());
    }
    sandbox.git(&["add", "."]);
    let listing = sandbox.git(&["ls-files", "--stage"]);
    let mut beginnings: Vec<&str> = listing.lines().map(|line| &line[7..11]).collect();
    beginnings.sort_unstable();
    let twice = beginnings.windows(2).find(|pair| pair[0] == pair[1]).unwrap()[0];
    let error = open(&sandbox).resolve(twice).unwrap_err();
    assert!(
        matches!(&error, Error::AmbiguousRevision { candidates, .. } if candidates.len() == 2),
        "{error}"
    );
    assert_eq!(error.hint().unwrap(), "give more digits");
}

#[test]
fn a_shallow_clone_is_recognised() {
    let sandbox = Sandbox::new();
    let first = sandbox.commit_file("a", "a", "a");
    sandbox.commit_file("a", "b", "b");
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "--quiet", "--depth", "1", &url, "../shallow"]);
    let repository = Repository::open(&repo_paths(&sandbox, "../shallow")).unwrap();
    assert!(repository.is_shallow());
    for revision in [&*first, "HEAD~1"] {
        let error = repository.resolve(revision).unwrap_err();
        assert!(error.hint().unwrap().contains("git fetch --unshallow"), "{error}");
    }
    let error = repository.tree_files(CommitId::parse(&first).unwrap(), "").unwrap_err();
    assert!(matches!(error, Error::MissingObject { shallow: true, .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_commit_lists_its_files_below_a_folder() {
    let sandbox = Sandbox::new();
    let library = Sandbox::new();
    library.commit_file("lib.rs", "", "library");
    sandbox.write(".tracker/tasks/TASK-1.md", "one\n");
    sandbox.write(".tracker/tasks/deep/é à.md", "two\n");
    sandbox.write(".tracker/tasks.md", "beside\n");
    sandbox.write("run.sh", "#!/bin/sh\n");
    std::os::unix::fs::symlink("run.sh", sandbox.path().join("link")).unwrap();
    sandbox.git(&["submodule", "--quiet", "add", &library.path().display().to_string(), "lib"]);
    sandbox.git(&["add", "."]);
    sandbox.git(&["update-index", "--chmod=+x", "run.sh"]);
    sandbox.git(&["commit", "--quiet", "--message", "files"]);
    let repository = open(&sandbox);
    let head = repository.resolve("HEAD").unwrap();

    let listed = |prefix: &str| {
        let files = repository.tree_files(head, prefix).unwrap();
        files.into_iter().map(|file| (file.path, file.mode)).collect::<Vec<_>>()
    };
    let plain = |path: &str| (path.to_owned(), FileMode::Plain);
    let tasks = [plain(".tracker/tasks/TASK-1.md"), plain(".tracker/tasks/deep/é à.md")];
    assert_eq!(listed(".tracker/tasks"), tasks);
    assert_eq!(listed(".tracker/tasks/"), tasks);
    assert!(listed(".tracker/none").is_empty() && listed("run.sh").is_empty());
    let everything = [
        plain(".gitmodules"),
        plain(".tracker/tasks.md"),
        tasks[0].clone(),
        tasks[1].clone(),
        ("lib".to_owned(), FileMode::Submodule),
        ("link".to_owned(), FileMode::Link),
        ("run.sh".to_owned(), FileMode::Executable),
    ];
    assert_eq!(listed(""), everything);

    let file = repository.tree_file(head, ".tracker/tasks/TASK-1.md").unwrap().unwrap();
    assert_eq!(file.mode, FileMode::Plain);
    assert_eq!(repository.tree_file(head, "missing").unwrap(), None);
    assert_eq!(repository.tree_file(head, ".tracker").unwrap(), None);
    let tree = repository.tree_id(head, ".tracker/tasks").unwrap().unwrap().to_string();
    assert_eq!(tree, sandbox.git(&["rev-parse", "HEAD:.tracker/tasks"]));
    assert_eq!(repository.tree_id(head, "run.sh").unwrap(), None);
}

#[test]
fn a_blob_is_read_up_to_a_size() {
    let sandbox = Sandbox::new();
    sandbox.commit_file("a", "12345", "a");
    let repository = open(&sandbox);
    let head = repository.resolve("HEAD").unwrap();
    let blob = repository.tree_file(head, "a").unwrap().unwrap().blob_id;
    assert_eq!(repository.read_blob(blob, 5).unwrap(), b"12345");
    let error = repository.read_blob(blob, 4).unwrap_err();
    assert!(matches!(error, Error::TooLarge { size: 5, cap: 4, .. }), "{error}");

    let hex = blob.to_string();
    let object = sandbox.path().join(".git/objects").join(&hex[..2]).join(&hex[2..]);
    fs::remove_file(object).unwrap();
    let error = open(&sandbox).read_blob(blob, 5).unwrap_err();
    assert!(matches!(error, Error::MissingObject { shallow: false, .. }), "{error}");
}

#[test]
fn sha256_repositories_are_read_alike() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--object-format=sha256"]);
    let first = sandbox.commit_file("a", "a", "a");
    assert_eq!(first.len(), 64);
    let repository = open(&sandbox);
    let head = repository.resolve("HEAD").unwrap();
    assert_eq!(head.to_string(), first);
    let file = &repository.tree_files(head, "").unwrap()[0];
    assert_eq!(repository.read_blob(file.blob_id, 10).unwrap(), b"a");
    assert_eq!(repository.commit_info(head).unwrap().subject, "a");
}

#[test]
fn a_reftable_is_refused_with_the_way_out() {
    let sandbox = Sandbox::without_repository();
    let made = sandbox.program_with("git", "", &["init", "--quiet", "--ref-format=reftable"], |_| {});
    if made.status != 0 {
        return; // git before 2.45 has no reftables
    }
    let repo_paths = repo_paths(&sandbox, "");
    assert!(matches!(repo_paths.branch(), Err(Error::Reftable { .. })));
    assert!(matches!(IdsElsewhere::load(&repo_paths, ".tracker"), Err(Error::Reftable { .. })));
    let error = Repository::open(&repo_paths).unwrap_err();
    assert!(error.hint().unwrap().contains("git clone --ref-format=files"), "migrating fails with reflogs");
}
