//! Merges: what the real git makes of two sides, and where a merge commit is something else.

use fastrand::Rng;
use tracker::git::{CommitId, MergeDifferences, Repository, merge_texts};

use super::open;
use crate::support::Sandbox;

fn id(sandbox: &Sandbox, revision: &str) -> CommitId {
    CommitId::parse(&sandbox.git(&["rev-parse", revision])).unwrap()
}

fn differences(sandbox: &Sandbox) -> (Repository, MergeDifferences) {
    let repository = open(sandbox);
    let sides = [id(sandbox, "HEAD^1"), id(sandbox, "HEAD^2")];
    let base = repository.merge_base(sides[0], sides[1]).unwrap();
    let found = repository.merge_differences(id(sandbox, "HEAD"), base, sides).unwrap();
    (repository, found)
}

/// A merge of two branches: both change `both`, each a file of its own, one in a folder; `change` may meddle.
fn merged(change: impl FnOnce(&Sandbox)) -> Sandbox {
    let sandbox = Sandbox::new();
    let commit = |message: &str| {
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--message", message]);
    };
    sandbox.write("both", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    sandbox.write("src/deep/one", "one\n");
    sandbox.write("src/deep/other", "other\n");
    sandbox.write("src/still", "still\n");
    commit("base");
    for (branch, line, own) in [("one", "2\n", "src/deep/one"), ("other", "8\n", "src/deep/other")] {
        sandbox.git(&["checkout", "--quiet", "-B", branch, "main"]);
        sandbox.write("both", sandbox.read("both").replace(line, "changed\n"));
        sandbox.write(format!("new/{branch}"), "new\n");
        sandbox.write(own, "changed\n");
        commit(branch);
    }
    sandbox.git(&["checkout", "--quiet", "one"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--no-commit", "other"]);
    change(&sandbox);
    commit("merge");
    sandbox
}

#[test]
fn a_clean_merge_is_what_its_sides_make_of_each_other() {
    let sandbox = merged(|_| {});
    let (repository, found) = differences(&sandbox);
    let nothing: Vec<String> = Vec::new();
    assert_eq!(found.changed, nothing);
    let [crossed] = found.crossed.as_slice() else { panic!("{found:?}") };
    assert_eq!(crossed.path, "both");
    let read =
        |state: Option<tracker::git::FileState>| repository.read_blob(state.unwrap().blob_id, 1000).unwrap();
    let (base, one, other) = (read(crossed.base), read(crossed.one), read(crossed.other));
    assert_eq!(merge_texts(&base, &one, &other), Some(read(crossed.result)));
}

#[test]
fn what_a_merge_does_of_its_own_is_found() {
    let sandbox = merged(|sandbox| {
        sandbox.write("src/still", "moved\n");
        sandbox.write("src/deep/other", "other\n");
        sandbox.write("more", "more\n");
        std::fs::remove_file(sandbox.path().join("new/other")).unwrap();
    });
    let (_, found) = differences(&sandbox);
    assert_eq!(found.changed, ["more", "new/other", "src/deep/other", "src/still"]);
}

#[test]
fn a_file_in_the_place_of_a_folder_is_found() {
    let sandbox = merged(|sandbox| {
        std::fs::remove_dir_all(sandbox.path().join("src/deep")).unwrap();
        sandbox.write("src/deep", "a file\n");
    });
    let (_, found) = differences(&sandbox);
    assert_eq!(found.changed, ["src/deep", "src/deep/one", "src/deep/other"]);
}

/// A text, and somebody's edits of it. Most lines are there once, as in real files.
fn edited(rng: &mut Rng, text: &[String]) -> Vec<String> {
    let mut lines = text.to_vec();
    for _ in 0..rng.usize(..5) {
        let at = rng.usize(..lines.len());
        let line = format!("{} {}", rng.u8(..4), rng.u32(..));
        match rng.u8(..3) {
            0 if lines.len() > 1 => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            _ => lines[at] = line,
        }
    }
    lines
}

#[test]
fn texts_merge_as_git_merges_them() {
    let (sandbox, mut rng) = (Sandbox::new(), Rng::with_seed(1));
    for round in 0..60 {
        let base: Vec<String> = (0..rng.usize(1..40)).map(|line| format!("line {line}")).collect();
        let (one, other) = (edited(&mut rng, &base), edited(&mut rng, &base));
        let end = |rng: &mut Rng| if rng.u8(..8) == 0 { "" } else { "\n" };
        let [base, one, other] = [base, one, other].map(|lines| lines.join("\n") + end(&mut rng));
        for (name, text) in [("base", &base), ("one", &one), ("other", &other)] {
            sandbox.write(name, text);
        }
        let args = ["merge-file", "-p", "-q", "--diff-algorithm=histogram", "one", "base", "other"];
        let output = sandbox.program_with("git", "", &args, |_| {});
        let expected = (output.status == 0).then_some(output.stdout);
        let found = merge_texts(base.as_bytes(), one.as_bytes(), other.as_bytes());
        let found = found.map(|text| String::from_utf8(text).unwrap());
        assert_eq!(found, expected, "round {round}\n{base}---\n{one}---\n{other}");
    }
}
