//! Nothing that is merged nowhere is lost, and a worker that was killed goes on.

use super::{CONFIG, claims, commit_all, path_with, tracker, world};
use crate::support::Sandbox;

/// Makes a world in which the commit of the worker was not taken.
fn refused() -> Sandbox {
    let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "fine\n")]);
    sandbox.write("b.txt", "mine\n");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 2);
    sandbox.git(&["restore", "."]);
    sandbox
}

fn bundles(sandbox: &Sandbox) -> Vec<String> {
    let folder = sandbox.path().join(".git/tracker/bundles");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().display().to_string()).collect()
}

#[test]
fn what_is_merged_nowhere_is_not_removed() {
    let sandbox = refused();
    let refused_removal = tracker(&sandbox, "worker remove lint");
    assert_eq!(refused_removal.status, 2, "{refused_removal}");
    assert!(refused_removal.stderr.contains("merged nowhere"), "{refused_removal}");
    assert!(sandbox.path().join(".git/tracker/workers/lint/tree").is_dir());
    assert_eq!(tracker(&sandbox, "worker remove lint --force").status, 0);
    assert_eq!(sandbox.git(&["for-each-ref", "refs/heads/workers"]), "");
    assert_eq!(sandbox.git(&["worktree", "list"]).lines().count(), 1);
    let [bundle] = bundles(&sandbox).try_into().unwrap();
    sandbox.git(&["fetch", "--quiet", &bundle, "refs/heads/workers/lint:refs/heads/back"]);
    assert_eq!(sandbox.git(&["show", "back:a.txt"]), "good");
}

#[test]
fn what_was_merged_is_removed_also_where_it_was_squashed() {
    for squash in [false, true] {
        let sandbox = refused();
        if squash {
            sandbox.git(&["merge", "--quiet", "--squash", "workers/lint"]);
            sandbox.git(&["commit", "--quiet", "--message", "Squashed"]);
            sandbox.commit_file("c.txt", "more\n", "More");
        } else {
            sandbox.git(&["merge", "--quiet", "workers/lint"]);
        }
        let removed = tracker(&sandbox, "worker remove lint");
        assert_eq!(removed.status, 0, "{removed}");
        assert_eq!(bundles(&sandbox), Vec::<String>::new());
    }
}

#[test]
fn a_worker_that_begins_anew_keeps_what_it_had() {
    let sandbox = refused();
    // Its own fix is not made again on top: somebody has edited the file.
    sandbox.write("a.txt", "other\n");
    commit_all(&sandbox, "Other");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(bundles(&sandbox).len(), 1);
    // After a month it is gone.
    let [bundle] = bundles(&sandbox).try_into().unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(31 * 24 * 60 * 60);
    std::fs::File::options().write(true).open(bundle).unwrap().set_modified(old).unwrap();
    sandbox.write("a.txt", "BAD\n");
    commit_all(&sandbox, "More");
    assert_eq!(tracker(&sandbox, "worker run lint --once").status, 0);
    assert_eq!(bundles(&sandbox), Vec::<String>::new());
}

#[test]
fn a_worker_that_was_killed_goes_on() {
    for point in ["worker:claimed", "worker:committed", "claim:made", "claim:requested"] {
        let sandbox = world(CONFIG, &[("a.txt", "BAD\n"), ("b.txt", "UGLY\n")]);
        let killed = sandbox.tracker_with("", &["worker", "run", "lint", "--once"], |command| {
            command.env("PATH", path_with(&sandbox)).env("TRACKER_FAIL_POINT", point);
        });
        assert_eq!(killed.status, -1, "{point}: {killed}");
        assert_eq!(sandbox.read("a.txt"), "BAD\n", "{point}");
        let again = tracker(&sandbox, "worker run lint --once");
        assert_eq!(again.status, 1, "{point}: {again}");
        assert_eq!(sandbox.read("a.txt"), "good\n", "{point}");
        assert_eq!(claims(&sandbox, ""), Vec::<String>::new(), "{point}");
        assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "2", "{point}");
    }
}
