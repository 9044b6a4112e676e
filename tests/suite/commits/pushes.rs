//! What a push is held to.

use super::{CONFIG, READY, path_of, world};
use crate::support::Sandbox;

/// A world with a remote beside it, and the hook asked for or not.
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
fn records_that_cannot_be_read_are_not_pushed_where_that_is_asked_for() {
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
fn a_push_is_nobodys_business_where_nobody_asked() {
    let sandbox = with_remote(false);
    break_a_record(&sandbox);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
}
