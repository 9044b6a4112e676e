//! The gate where votes must be signed: by the keys that the base allows.

use super::{ID, World, messages};

/// Makes a key in the home and returns its public half.
fn key(world: &World, name: &str) -> String {
    let path = world.sandbox.root().join("home").join(name);
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path.display().to_string()];
    assert_eq!(world.sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
    std::fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
}

fn sign_with(world: &World, name: &str) {
    world.git(&["config", "gpg.format", "ssh"]);
    let path = world.sandbox.root().join("home").join(name).display().to_string();
    world.git(&["config", "user.signingKey", &path]);
}

/// Begins a pull request in a repository that wants signatures; `vote` has the reviewer's part.
fn verdict(vote: impl Fn(&World)) -> Vec<String> {
    let world = World::honest();
    let (ada, sec) = (key(&world, "ada"), key(&world, "sec"));
    key(&world, "eve");
    world.git(&["checkout", "--quiet", "main"]);
    world.append(".tracker/config.toml", "signatures = \"require\"\n");
    let signers = format!("ada@example.com {ada}\nsec@example.com {sec}\n");
    world.write(".tracker/allowed_signers", &signers);
    world.commit_as("Lead", "Want signatures");
    world.git(&["checkout", "--quiet", "-b", "signed"]);
    world.write("src/other.rs", "fn other() {}\n");
    world.tracker_as("Dev", "start 0thr");
    world.commit("Work\n\nTask: TASK-0THR");
    world.tracker_as("Dev", "advance 0thr");
    world.commit("Deliver\n\nTask: TASK-0THR");
    vote(&world);
    sign_with(&world, "sec");
    if world.sandbox.read(".tracker/tasks/TASK-0THR.md").contains("stage: sec") {
        world.tracker_as("Sec", "approve 0thr --as auditor --sign");
    }
    world.commit_as("Sec", "Approve as well");
    messages(&world.review_of("main", "signed").verdict.violations)
}

#[test]
fn votes_by_allowed_keys_pass() {
    let found = verdict(|world| {
        sign_with(world, "ada");
        world.tracker_as("Ada", "approve 0thr --as reviewer --sign");
        world.commit_as("Ada", "Approve");
    });
    let nothing: Vec<String> = Vec::new();
    assert_eq!(found, nothing);
}

#[test]
fn one_person_with_the_key_of_another_is_stopped() {
    let found = verdict(|world| {
        sign_with(world, "eve");
        world.tracker_as("Ada", "approve 0thr --as reviewer --sign");
        world.tracker_as("Dev", "set-stage 0thr sec -m hurry");
        world.commit_as("Ada", "Approve");
    });
    assert!(
        found.contains(
            &"!signed-votes: the vote of Ada as reviewer does not count: its signature does not fit"
                .to_owned()
        ),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|messages| messages.starts_with("!overrides: left qa by an override of Dev")),
        "{found:#?}"
    );
}

#[test]
fn a_key_that_the_range_itself_allows_does_not_count() {
    let found = verdict(|world| {
        let eve = std::fs::read_to_string(world.sandbox.root().join("home/eve.pub")).unwrap();
        world.append(".tracker/allowed_signers", &format!("ada@example.com {eve}"));
        world.commit("Another key\n\nTask: TASK-0THR");
        sign_with(world, "eve");
        world.tracker_as("Ada", "approve 0thr --as reviewer --sign");
        world.commit_as("Ada", "Approve");
    });
    assert!(
        found.iter().any(|messages| messages.starts_with("!policy-owners: part of the policy is changed")),
        "{found:#?}"
    );
    assert!(
        found
            .iter()
            .any(|messages| messages.starts_with("!earned-moves: left qa, without the approval of reviewer")),
        "{found:#?}"
    );
    assert!(found.iter().any(|messages| messages.starts_with("!signed-votes: ")), "{found:#?}");
}

#[test]
fn an_unsigned_vote_and_one_whose_signature_was_taken_off_are_stopped() {
    let unsigned = verdict(|world| {
        world.tracker_as("Ada", "approve 0thr --as reviewer");
        world.tracker_as("Dev", "set-stage 0thr sec -m hurry");
        world.commit_as("Ada", "Approve");
    });
    let says = "!signed-votes: the vote of Ada as reviewer does not count: it is not signed, and the policy wants that";
    assert!(unsigned.contains(&says.to_owned()), "{unsigned:#?}");
    let stripped = verdict(|world| {
        sign_with(world, "ada");
        world.tracker_as("Ada", "approve 0thr --as reviewer --sign");
        world.commit_as("Ada", "Approve");
        let folder = ".tracker/signoffs/TASK-0THR";
        let entry = std::fs::read_dir(world.sandbox.path().join(folder)).unwrap().next().unwrap().unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        let text = world.sandbox.read(&path);
        let at = text.find("signature:").unwrap();
        world.write(&path, &text[..at]);
        world.commit("Shorter");
    });
    assert!(
        stripped.iter().any(|messages| messages.starts_with("!no-rewritten-votes: changes a vote")),
        "{stripped:#?}"
    );
    assert!(stripped.iter().any(|messages| messages.starts_with("!earned-moves: left qa")), "{stripped:#?}");
}

#[test]
fn a_vote_in_the_name_of_another_does_not_count() {
    let world = World::honest();
    world.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    world.tracker_as("Ada", &format!("approve {ID} --as reviewer"));
    world.commit("What Ada is to have said");
    let review = world.review();
    assert_eq!(review.tasks[0].votes[0].trust.as_str(), "unverified");
    let why = "does not count: another than its author committed it, and it is not signed";
    assert_eq!(
        messages(&review.verdict.violations),
        [
            format!(
                "!earned-moves: left qa, without the approval of reviewer, by ada@example.com or bob@example.com: \
                 that of Ada {why}"
            ),
            format!("!signed-votes: the vote of Ada as reviewer {why}"),
        ]
    );
}
