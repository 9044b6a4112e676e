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
    let world = signing(&["ada", "sec"], "");
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
        world.does("Ada", "approve 0thr --as reviewer --sign", "Approve");
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
            &"!signed-votes: the vote of Ada as reviewer does not count: no key in .tracker/allowed_signers fits its signature"
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
        world.does("Ada", "approve 0thr --as reviewer --sign", "Approve");
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
        world.does("Ada", "approve 0thr --as reviewer --sign", "Approve");
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
    world.commit("What Ada is to have written");
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

/// Whose keys are allowed where records are signed, and what the policy says beside that.
const SIGNERS: [&str; 4] = ["ada", "sec", "lead", "dev"];
const WARN_OF_OVERRIDES: &str = "overrides = \"warn\"\n";

/// A repository that requires signatures, in which these people have allowed keys, with `0thr` delivered on `signed`.
fn signing(people: &[&str], policy: &str) -> World {
    let world = World::honest();
    let keys: Vec<(&str, String)> = people.iter().map(|name| (*name, key(&world, name))).collect();
    key(&world, "eve");
    world.git(&["checkout", "--quiet", "main"]);
    world.append(".tracker/config.toml", &format!("signatures = \"require\"\n{policy}"));
    let signers: String = keys.iter().map(|(name, key)| format!("{name}@example.com {key}\n")).collect();
    world.write(".tracker/allowed_signers", &signers);
    world.commit_as("Lead", "Want signatures");
    world.git(&["checkout", "--quiet", "-b", "signed"]);
    world.write("src/other.rs", "fn other() {}\n");
    world.tracker_as("Dev", "start 0thr");
    world.commit("Work\n\nTask: TASK-0THR");
    world.tracker_as("Dev", "advance 0thr");
    world.commit("Deliver\n\nTask: TASK-0THR");
    world
}

/// The one finding that Ada raises against `0thr`, by its id; the task is delivered again.
fn raised(world: &World) -> String {
    sign_with(world, "ada");
    world.does(
        "Ada",
        "reject 0thr --as reviewer --finding \"high: leaks @ src/other.rs:1\" --sign",
        "Reject",
    );
    let folder = world.sandbox.path().join(".tracker/findings/TASK-0THR");
    let name = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().file_name();
    name.into_string().unwrap().trim_end_matches(".yaml").to_owned()
}

/// The reports of whose records are.
fn whose(world: &World) -> Vec<String> {
    let found = messages(&world.review_of("main", "signed").verdict.violations);
    found.into_iter().filter(|own| own.contains("is not signed") || own.contains("is by another")).collect()
}

/// What somebody does, whose key is used, who commits it, and the report.
type Action = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>);

#[test]
fn where_signatures_are_required_waivers_overrides_and_notes_are_signed_too() {
    const WAIVE: &str = "findings waive 0thr ID -m \"a false alarm\"";
    const RESOLVE: &str = "findings resolve 0thr ID";
    const OVERRIDE: &str = "set-stage 0thr complete -m hurry";
    const NOTE: &str = "note 0thr \"looked at it\"";
    let unsigned = Some("is not signed");
    let foreign = Some("the commit that says so is by another");
    let actions: &[(Action, &str)] = &[
        (("Ada", WAIVE, "ada", "Ada", None), "open-findings"),
        (("Ada", WAIVE, "", "Ada", unsigned), "open-findings"),
        (("Ada", WAIVE, "eve", "Ada", unsigned), "open-findings"),
        (("Ada", WAIVE, "dev", "Dev", foreign), "open-findings"),
        // Her signature says that it is hers, whoever commits it, as in a squash.
        (("Ada", WAIVE, "ada", "Dev", None), "open-findings"),
        (("Ada", RESOLVE, "", "Ada", unsigned), "open-findings"),
        (("Ada", RESOLVE, "ada", "Ada", None), "open-findings"),
        (("Lead", OVERRIDE, "lead", "Lead", None), "legal-moves"),
        (("Lead", OVERRIDE, "lead", "Dev", None), "legal-moves"),
        (("Lead", OVERRIDE, "", "Lead", unsigned), "legal-moves"),
        (("Lead", OVERRIDE, "dev", "Dev", foreign), "legal-moves"),
        (("Lead", OVERRIDE, "dev", "Lead", unsigned), "legal-moves"),
        (("Ada", NOTE, "ada", "Ada", None), "signed-votes"),
        (("Ada", NOTE, "", "Ada", unsigned), "signed-votes"),
        (("Ada", NOTE, "dev", "Dev", foreign), "signed-votes"),
    ];
    let world = signing(&SIGNERS, WARN_OF_OVERRIDES);
    let id = raised(&world);
    let begun = world.git(&["rev-parse", "HEAD"]);
    for ((by, line, with, commits, expected), rule) in actions {
        world.git(&["reset", "--quiet", "--hard", &begun]);
        world.git(&["clean", "--quiet", "-fd"]);
        match *with {
            "" => drop(world.git(&["config", "user.signingKey", ""])),
            with => sign_with(&world, with),
        }
        world.tracker_as(by, &line.replace("ID", &id));
        world.commit_as(commits, "Do it");
        let found = whose(&world);
        let name = format!("{by}: {line}, by the key of {with:?}, in a commit by {commits}");
        match expected {
            None => assert!(found.is_empty(), "{name}: {found:#?}"),
            Some(says) => {
                assert!(found.len() == 1 && found[0].contains(says), "{name}: {found:#?}");
                assert!(found[0].starts_with(&format!("!{rule}: ")), "{name}: {found:#?}");
            }
        }
    }
}

#[test]
fn a_signature_is_good_for_its_record_alone() {
    let world = signing(&SIGNERS, WARN_OF_OVERRIDES);
    let id = raised(&world);
    sign_with(&world, "ada");
    world.does("Ada", &format!("findings waive 0thr {id} -m \"a false alarm\""), "Waive");
    let path = format!(".tracker/findings/TASK-0THR/{id}.yaml");
    let text = world.sandbox.read(&path);
    let (_, line) = text.rsplit_once("  - ").unwrap();
    // Another reason, a later time, another finding.
    let other = text.replace(&id, "F0THER").replace("title: leaks", "title: leaks more");
    world.write(&path, &text.replace("a false alarm", "accepted by the board"));
    world.write(".tracker/findings/TASK-0THR/F0THER.yaml", &other);
    world.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
    world.commit("Tidy");
    assert!(line.contains("signature: "), "{line}");
    let found = whose(&world);
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn what_the_base_has_waived_needs_nobody_again() {
    let world = signing(&SIGNERS, WARN_OF_OVERRIDES);
    let id = raised(&world);
    world.git(&["branch", "other"]);
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "signed"]);
    sign_with(&world, "ada");
    world.does("Ada", &format!("findings waive 0thr {id} -m \"a false alarm\""), "Waive");
    world.git(&["checkout", "--quiet", "signed"]);
    world.write("src/more.rs", "more\n");
    world.commit("More\n\nTask: TASK-0THR");
    assert_eq!(whose(&world), [] as [&str; 0]);
}

#[test]
fn an_override_that_is_not_signed_is_a_no_until_it_is() {
    let world = signing(&["lead", "dev"], "");
    let unsigned = world.tracker_as("Lead", "set-stage 0thr sec -m hurry");
    assert!(
        unsigned.status == 1 && unsigned.stdout.contains("tracker undo, then the same again"),
        "{unsigned}"
    );
    sign_with(&world, "lead");
    assert_eq!(world.tracker_as("Lead", "undo").status, 0);
    let signed = world.tracker_as("Lead", "set-stage 0thr sec -m hurry");
    assert!(signed.status == 0 && !signed.stdout.contains("count"), "{signed}");
}
