//! `tracker report`

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use super::world;

#[test]
fn a_report_takes_the_place_of_the_old_one_in_one_step() {
    let sandbox = world();
    let args = ["report", "cards", "--output", "cards.md"];
    assert_eq!(sandbox.tracker(&args).status, 0);
    let inode = || fs::metadata(sandbox.path().join("cards.md")).unwrap().ino();
    let (first, kept) = (sandbox.read("cards.md"), inode());
    fs::hard_link(sandbox.path().join("cards.md"), sandbox.path().join("old.md")).unwrap();
    assert_eq!(sandbox.tracker(&["new", "More"]).status, 0);
    assert_eq!(sandbox.tracker(&args).status, 0);
    assert_ne!((sandbox.read("cards.md"), inode()), (first.clone(), kept));
    assert_eq!(sandbox.read("old.md"), first, "the old bytes were not written over");
}

#[test]
fn a_report_follows_no_link_and_leaves_nothing_behind() {
    let sandbox = world();
    sandbox.write("outside.md", "kept\n");
    symlink(sandbox.path().join("outside.md"), sandbox.path().join("cards.md")).unwrap();
    for (file, part) in
        [("cards.md", "symbolic link"), ("none/cards.md", "none/cards.md"), (".tracker", "file")]
    {
        let output = sandbox.tracker(&["report", "cards", "--output", file]);
        assert_eq!(output.status, 2, "{file}: {output}");
        assert!(output.stderr.contains(part), "{file}: {output}");
    }
    assert_eq!(sandbox.read("outside.md"), "kept\n");
    let names = fs::read_dir(sandbox.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".tmp")));
    assert_eq!(sandbox.tracker(&["report", "cards", "--output", "/dev/null"]).status, 0);
}
