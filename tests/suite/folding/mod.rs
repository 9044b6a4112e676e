//! Folding into HEAD: the same commit with other files, raised against the real git in every form of repository.

mod cached_trees;
mod desk;
mod forms;
mod refusals;
pub(crate) mod signed;

use std::path::PathBuf;

use tracker::git::{self, CommitId, Fold, FoldEdit, FoldRefusal, Folded, Repository};

use crate::support::Sandbox;

const TASK: &str = ".tracker/tasks/TASK-1.md";
const OTHER: &str = ".tracker/tasks/TASK-2.md";
const DEV: &str = "---\ntitle: One\nstage: dev\n---\n\nfirst\nsecond\nthird\nfourth\nfifth\n";

/// The move that all tests fold: in any text that has the line, whatever else it has.
fn moved(text: &str) -> String {
    text.replace("stage: dev\n", "stage: qa\n")
}

fn edit_again(_: &str, text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    text.contains("stage: dev\n").then(|| moved(text).into_bytes())
}

fn moving(path: &str, text: &str) -> FoldEdit {
    FoldEdit { path: path.to_owned(), before: Some(text.into()), after: moved(text).into_bytes() }
}

fn creating(path: &str, text: &str) -> FoldEdit {
    FoldEdit { path: path.to_owned(), before: None, after: text.into() }
}

/// A repository with two tasks and some code, whose user has just committed.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    sandbox
}

fn fill(sandbox: &Sandbox) {
    for number in 0..30 {
        sandbox.write(format!("src/module{}/file{number}.rs", number % 3), format!("// {number}\n"));
    }
    sandbox.write(TASK, DEV);
    sandbox.write(OTHER, DEV);
    sandbox.git(&["add", "."]);
    sandbox.git(&["commit", "--quiet", "--message", "Start"]);
}

fn fold_in(sandbox: &Sandbox, folder: &str, edits: &[FoldEdit]) -> Result<Folded, FoldRefusal> {
    let env = sandbox.env(folder);
    let repo_paths = git::discover(&env).unwrap();
    let repository = Repository::open(&repo_paths).unwrap();
    let head = repository.head().unwrap().commit.unwrap();
    fold_at(&repository, head, repo_paths.index_file(&env), edits)
}

fn fold_at(
    repository: &Repository,
    head: CommitId,
    index_file: PathBuf,
    edits: &[FoldEdit],
) -> Result<Folded, FoldRefusal> {
    git::fold(
        repository,
        &Fold { head, edits, reflog: "tracker: TASK-1 to qa", index_file, edit_again: &edit_again },
    )
}

fn fold(sandbox: &Sandbox, edits: &[FoldEdit]) -> Folded {
    fold_in(sandbox, "", edits).unwrap()
}

/// What must hold after any fold: sound objects, the commit alike but for its tree, and the same again: nothing.
fn assert_folded(sandbox: &Sandbox, folder: &str, folded: &Folded, edits: &[FoldEdit]) {
    let git = |args: &[&str]| sandbox.git_in(folder, args);
    let (new, old) = (folded.commit.to_string(), folded.previous.to_string());
    assert_ne!(new, old);
    assert_eq!(git(&["rev-parse", "HEAD"]), new);
    let without_tree = |id: &str| {
        let text = git(&["cat-file", "-p", id]);
        text.split_once('\n').unwrap().1.to_owned()
    };
    assert_eq!(without_tree(&new), without_tree(&old));
    let mut changed: Vec<&str> = edits.iter().map(|edit| &*edit.path).collect();
    changed.sort_unstable();
    let diff = git(&["diff-tree", "-r", "--name-only", &old, &new]);
    assert_eq!(diff.lines().collect::<Vec<_>>(), changed);
    for edit in edits {
        let text = git(&["show", &format!("{new}:{}", edit.path)]);
        assert_eq!(text.trim_end(), String::from_utf8_lossy(&edit.after).trim_end());
    }
    assert_eq!(git(&["fsck", "--strict", "--no-dangling"]), "");
    assert!(fold_in(sandbox, folder, edits).unwrap().is_nothing());
    assert_eq!(git(&["rev-parse", "HEAD"]), new);
}

/// Nothing staged, nothing edited.
fn assert_clean(sandbox: &Sandbox, folder: &str) {
    let git = |args: &[&str]| sandbox.git_in(folder, args);
    // First of all, for `status` fixes what it finds in the index.
    assert_eq!(git(&["diff-files", "--name-only"]), "");
    assert_eq!(git(&["diff-index", "--cached", "--name-only", "HEAD"]), "");
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(git(&["write-tree"]), git(&["rev-parse", "HEAD^{tree}"]));
}
