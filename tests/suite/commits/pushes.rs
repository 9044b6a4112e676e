//! What a push is checked against.

use super::{CONFIG, OPEN, READY, commit, path_of, world};
use crate::support::Sandbox;

/// A world with a remote beside it, and the hook requested or not.
fn with_remote(pre_push: bool) -> Sandbox {
    let sandbox = world();
    sandbox.write(".tracker/config.toml", format!("{CONFIG}\n[hooks]\npre_push = {pre_push}\n"));
    sandbox.git(&["commit", "--quiet", "--all", "--message", "Ask for the hook"]);
    sandbox.git(&["init", "--quiet", "--bare", "../remote"]);
    sandbox.git(&["remote", "add", "origin", "../remote"]);
    sandbox
}

fn break_a_record(sandbox: &Sandbox) {
    sandbox.write(path_of(READY), "---\nid: [\n---\n");
    sandbox.git(&["commit", "--quiet", "--all", "--message", "Break it"]);
}

#[test]
fn pre_push_refuses_unreadable_records_if_configured() {
    let sandbox = with_remote(true);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let pushed = sandbox.git(&["rev-parse", "origin/main"]);
    break_a_record(&sandbox);
    let push = sandbox.program_with("git", "", &["push", "--quiet", "origin", "main"], |_| {});
    assert_ne!(push.status, 0, "{push}");
    assert!(push.stderr.contains(&path_of(READY)) && push.stderr.contains("nothing was pushed"), "{push}");
    assert_eq!(sandbox.git(&["ls-remote", "origin", "main"]).split('\t').next(), Some(pushed.as_str()));
    sandbox.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    sandbox.git(&["push", "--quiet", "origin", "HEAD~1:refs/heads/other"]);
    sandbox.git(&["push", "--quiet", "origin", ":refs/heads/other"]);
}

#[test]
fn pre_push_does_nothing_by_default() {
    let sandbox = with_remote(false);
    break_a_record(&sandbox);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
}

#[test]
fn the_gate_judges_what_goes_to_the_default_branch_as_the_server_has_it() {
    let sandbox = with_remote(true);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    commit(&sandbox, "src/a", &format!("Work\n\nAdvance: {READY}"));
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let text = sandbox.read(path_of(OPEN)).replace("created:", "stage: complete\ncreated:");
    sandbox.write(path_of(OPEN), text);
    // Rules that are loosened along the way do not judge.
    sandbox.write(
        ".tracker/config.toml",
        format!(
            "{CONFIG}\n[hooks]\npre_push = true\n[policy]\nlegal-moves = \"off\"\nearned-moves = \"off\"\n"
        ),
    );
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "Done, believe me"]);
    let push = |args: &[&str]| {
        sandbox.program_with("git", "", &[&["push", "--quiet", "origin"], args].concat(), |_| {})
    };
    let refused = push(&["main"]);
    assert_ne!(refused.status, 0, "{refused}");
    assert!(refused.stderr.contains("main is rejected") && refused.stderr.contains(OPEN), "{refused}");
    let elsewhere = push(&["main:wip", "HEAD:refs/tags/v1"]);
    assert_eq!((elsewhere.status, elsewhere.stderr.as_str()), (0, ""), "{elsewhere}");
    assert_eq!(push(&["--delete", "wip"]).status, 0);
}

#[test]
fn the_gate_judges_a_push_to_an_address_and_from_a_tree_without_a_tracker() {
    let sandbox = with_remote(true);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    commit(&sandbox, "src/a", &format!("Work\n\nAdvance: {READY}"));
    let good = sandbox.git(&["rev-parse", "HEAD"]);
    break_a_record(&sandbox);
    sandbox.git(&["branch", "broken"]);
    let place = sandbox.root().join("remote").display().to_string();
    let push = |to: &str, what: &str| sandbox.program_with("git", "", &["push", "--quiet", to, what], |_| {});
    for to in [place.clone(), format!("file://{place}")] {
        let refused = push(&to, "main");
        assert!(refused.status == 1 && refused.stderr.contains("main is rejected"), "{to}: {refused}");
    }
    sandbox.git(&["switch", "--quiet", "--orphan", "pages"]);
    sandbox.write("index.html", "<p>");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Pages"]);
    assert!(!sandbox.path().join(".tracker").exists());
    for what in ["broken:main", "+pages:main"] {
        let refused = push("origin", what);
        assert!(refused.status == 1 && refused.stderr.contains("main is rejected"), "{what}: {refused}");
    }
    for (to, what) in [("origin", "pages"), (place.as_str(), &format!("{good}:main"))] {
        let pushed = push(to, what);
        assert_eq!((pushed.status, pushed.stderr.as_str()), (0, ""), "{what}: {pushed}");
    }
}
