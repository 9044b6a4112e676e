//! The index's cache of trees: what it says is what the next commit takes.

use std::fs;

use super::{DEV, OTHER, TASK, assert_clean, creating, fold, moved, moving, repository};

#[test]
fn a_staged_file_in_the_same_folder_goes_into_the_next_commit() {
    let sandbox = repository();
    sandbox.write(OTHER, "staged\n");
    sandbox.write(".tracker/tasks/TASK-9.md", "new\n");
    sandbox.git(&["add", ".tracker"]);
    // `write-tree` fills the cache with the trees of the index, which are not those of HEAD.
    sandbox.git(&["write-tree"]);
    fold(&sandbox, &[moving(TASK, DEV)]);
    sandbox.git(&["commit", "--quiet", "--message", "Next"]);
    let committed = sandbox.git(&["show", "--name-status", "--format="]);
    assert_eq!(committed, format!("M\t{OTHER}\nA\t.tracker/tasks/TASK-9.md"));
    assert_eq!(sandbox.git(&["show", &format!("HEAD:{TASK}")]), moved(DEV).trim_end());
    assert_clean(&sandbox, "");
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn new_folders_get_into_the_cache() {
    let sandbox = repository();
    sandbox.git(&["write-tree"]);
    let edits = [
        creating(".tracker/notes/TASK-1/a.md", "a\n"),
        creating(".tracker/notes/TASK-1/b.md", "b\n"),
        creating("zoo.md", "zoo\n"),
        moving(TASK, DEV),
    ];
    fold(&sandbox, &edits);
    assert_clean(&sandbox, "");
    sandbox.commit_file(".tracker/notes/TASK-1/c.md", "c\n", "Next");
    assert_clean(&sandbox, "");
    let listed = sandbox.git(&["ls-tree", "-r", "--name-only", "HEAD", ".tracker/notes"]);
    assert_eq!(listed.lines().count(), 3);
}

#[test]
fn many_rounds_of_random_staging_end_in_the_same_trees() {
    let sandbox = repository();
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..12 {
        for _ in 0..random.usize(0..4) {
            let path = match random.u8(0..4) {
                0 => OTHER.to_owned(),
                1 => format!("src/module{}/file{}.rs", random.u8(0..3), random.u8(0..4)),
                2 => format!(".tracker/tasks/TASK-N{}.md", random.u8(0..9)),
                _ => format!("new{}/file", random.u8(0..3)),
            };
            sandbox.write(&path, format!("{round} {}\n", random.u8(..)));
            if random.bool() {
                sandbox.git(&["add", &path]);
            }
        }
        if random.bool() {
            sandbox.git(&["write-tree"]);
        }
        let text = sandbox.git(&["show", &format!("HEAD:{TASK}")]) + "\n";
        let text = if text.contains("stage: qa") { text.replace("stage: qa", "stage: dev") } else { text };
        sandbox.write(TASK, &text);
        sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Back", "--", TASK]);
        let status = sandbox.git(&["status", "--porcelain"]);
        fold(&sandbox, &[moving(TASK, &text)]);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), status, "round {round}");
        let cached = sandbox.git(&["write-tree"]);
        let index = sandbox.root().join("fresh index");
        let _ = fs::remove_file(&index);
        let listing = sandbox.git(&["ls-files", "--stage"]) + "\n";
        let input = sandbox.root().join("listing");
        fs::write(&input, listing).unwrap();
        sandbox.program_with("git", "", &["update-index", "--index-info"], |command| {
            command.env("GIT_INDEX_FILE", &index).stdin(fs::File::open(&input).unwrap());
        });
        let fresh = sandbox.program_with("git", "", &["write-tree"], |command| {
            command.env("GIT_INDEX_FILE", &index);
        });
        assert_eq!(cached, fresh.stdout.trim(), "round {round}");
    }
}
