//! Signed votes.

use super::{ONE, TWO, alone, ask, by, commit, ok, replace, signoffs_of, stage, status_line, votes, world};
use crate::support::Sandbox;

/// Makes a key in the home and returns its public half.
pub(crate) fn key(sandbox: &Sandbox, name: &str) -> String {
    let path = sandbox.root().join("home").join(name);
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path.display().to_string()];
    assert_eq!(sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
    std::fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
}

pub(crate) fn use_key(sandbox: &Sandbox, name: &str) {
    sandbox.git(&["config", "gpg.format", "ssh"]);
    let path = sandbox.root().join("home").join(name).display().to_string();
    sandbox.git(&["config", "user.signingKey", &path]);
}

fn signing(rules: &str) -> Sandbox {
    let sandbox = world(rules);
    let ada = key(&sandbox, "ada");
    key(&sandbox, "eve");
    sandbox.write(".tracker/allowed_signers", format!("ada@example.com {ada}\n"));
    commit(&sandbox, "Whose keys count");
    use_key(&sandbox, "ada");
    sandbox
}

fn trust(sandbox: &Sandbox, line: &str) -> String {
    ask(sandbox, line)["result"]["roles"][0]["votes"][0]["trust"].as_str().unwrap().to_owned()
}

#[test]
fn a_signed_vote_is_verified_and_survives_a_squash() {
    let sandbox = signing(TWO);
    sandbox.git(&["checkout", "--quiet", "-b", "topic"]);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer --sign"));
    assert_eq!(trust(&sandbox, "signoffs t3st --verify"), "signed");
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--squash", "topic"]);
    sandbox.git(&["-c", "user.email=eve@example.com", "commit", "--quiet", "--message", "Squash"]);
    assert_eq!(trust(&sandbox, "signoffs t3st --verify"), "signed");
    assert!(signoffs_of(&sandbox).starts_with("reviewer 1/1"));
}

#[test]
fn a_signature_by_another_key_or_of_another_text_does_not_fit() {
    let bad =
        "reviewer 0/1\n  Ada approved: no key in .tracker/allowed_signers fits its signature\ntester 0/1";
    let sandbox = signing(TWO);
    use_key(&sandbox, "eve");
    let output = by(&sandbox, "Ada", "approve t3st --as reviewer --sign");
    assert!(output.stdout.contains("no key in .tracker/allowed_signers fits its signature"), "{output}");
    assert_eq!(status_line(&sandbox, "signoffs t3st --verify"), bad);
    let sandbox = signing(TWO);
    ok(&alone(&sandbox, "Ada", "approve t3st --as reviewer --sign -m fine"));
    replace(&sandbox, &votes(&sandbox)[0], "fine", "great");
    commit(&sandbox, "Vote");
    assert_eq!(status_line(&sandbox, "signoffs t3st --verify"), bad);
}

#[test]
fn a_vote_signed_by_one_in_the_name_of_another_does_not_fit() {
    let sandbox = signing(TWO);
    ok(&by(&sandbox, "Bob", "approve t3st --as reviewer --sign"));
    assert!(
        status_line(&sandbox, "signoffs t3st --verify")
            .contains("no key in .tracker/allowed_signers fits its signature")
    );
}

#[test]
fn where_signatures_are_required_nothing_else_moves_a_task() {
    let sandbox = signing(&format!("{ONE}[policy]\nsignatures = \"require\"\n"));
    let output = by(&sandbox, "Ada", "approve t3st");
    assert!(ok(&output).stdout.contains("it is not signed"), "{output}");
    assert_eq!(stage(&sandbox), "qa");
    use_key(&sandbox, "eve");
    ok(&by(&sandbox, "Ada", "approve t3st --sign"));
    assert_eq!(stage(&sandbox), "qa", "a key that nobody allowed");
    use_key(&sandbox, "ada");
    ok(&by(&sandbox, "Ada", "approve t3st --sign"));
    assert_eq!(stage(&sandbox), "sec");
}

#[test]
fn without_a_key_there_is_nothing_to_sign_with() {
    let sandbox = world(ONE);
    let output = alone(&sandbox, "Ada", "approve t3st --sign");
    assert_eq!(output.status, 2, "{output}");
    assert!(output.stderr.contains("cannot be signed"), "{output}");
    assert!(output.stderr.contains("hint"), "{output}");
    assert_eq!(votes(&sandbox).len(), 0);
}

#[test]
fn allowed_signers_come_from_the_target_branch() {
    let sandbox = signing(TWO);
    let target = sandbox.git(&["rev-parse", "HEAD"]);
    let eve = std::fs::read_to_string(sandbox.root().join("home/eve.pub")).unwrap();
    sandbox.write(".tracker/allowed_signers", format!("ada@example.com {eve}"));
    commit(&sandbox, "Eve's key is Ada's");
    use_key(&sandbox, "eve");
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer --sign"));
    let here = ask(&sandbox, "signoffs t3st --verify");
    assert!(here["problems"].to_string().contains("no target branch is known"), "{here}");
    assert_eq!(trust(&sandbox, "signoffs t3st --verify"), "signed");
    let bad = "no key in .tracker/allowed_signers fits its signature";
    assert!(status_line(&sandbox, &format!("signoffs t3st --base {target}")).contains(bad));
    sandbox.git(&["update-ref", "refs/remotes/origin/main", &target]);
    sandbox.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    assert!(status_line(&sandbox, "signoffs t3st --verify").contains(bad));
    assert_eq!(trust(&sandbox, "signoffs t3st --base HEAD"), "signed");
    assert_eq!(sandbox.tracker(&["signoffs", "t3st", "--base", "nowhere"]).status, 2);
}

#[test]
fn where_signatures_are_wished_for_one_without_counts_and_is_named() {
    let sandbox = signing(&format!("{TWO}[policy]\nsignatures = \"warn\"\n"));
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    let shown = sandbox.tracker(&["signoffs", "t3st"]);
    assert_eq!(shown.status, 0, "{shown}");
    assert!(shown.stderr.contains("the vote of Ada as reviewer is not signed"), "{shown}");
    assert!(signoffs_of(&sandbox).starts_with("reviewer 1/1"));
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer --sign"));
    let shown = sandbox.tracker(&["signoffs", "t3st"]);
    assert_eq!(shown.stderr, "", "{shown}");
    assert!(shown.stdout.contains("signed"), "{shown}");
}
