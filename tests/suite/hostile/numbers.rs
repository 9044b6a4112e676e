//! More of something than anybody has.

use std::fs;

use super::HostileTracker;

/// Number of files that are no tasks, and a tenth as many folders of notes on none.
pub(crate) fn junk(count: usize) {
    let hostile = HostileTracker::new();
    let folder = hostile.sandbox.path().join(".tracker/tasks");
    for n in 0..count {
        fs::write(folder.join(format!("junk {n}.md")), "x").unwrap();
        if n.is_multiple_of(10) {
            fs::create_dir_all(hostile.sandbox.path().join(format!(".tracker/notes/X-{n}"))).unwrap();
        }
    }
    let listed = hostile.run(&["list"]);
    listed.exits(1).complains_of("junk");
    assert!(listed.stdout.contains("TASK-GOOD"));
    hostile.read_all("TASK-GOOD", &[]);
    hostile.write_all("TASK-GOOD");
}

#[test]
fn thousands_of_junk_files_are_borne() {
    junk(3_000);
}

/// A chain of N tasks, each waiting for the next, and a cycle at its end.
pub(crate) fn chain(count: usize) {
    let hostile = HostileTracker::new();
    for n in 0..count {
        let next = (n + 1) % count;
        let text = format!("---\nid: C-{n}\ntitle: x\ndepends_on: [C-{next}]\n---\n");
        hostile.sandbox.write(format!(".tracker/tasks/C-{n}.md"), text);
    }
    hostile.read_all("C-0", &[]);
    hostile.sandbox.write(
        format!(".tracker/tasks/C-{}.md", count - 1),
        format!("---\nid: C-{}\ntitle: x\n---\n", count - 1),
    );
    hostile.read_all("C-0", &[]);
    assert!(hostile.run(&["deps"]).stdout.len() < 1_000 * count, "the tree is wider than anybody can read");
    hostile.run(&["set", &format!("C-{}", count - 1), "depends_on+=C-0"]).exits(1);
    hostile.run(&["doctor"]);
}

#[test]
fn long_chains_are_borne() {
    chain(1_000);
}
