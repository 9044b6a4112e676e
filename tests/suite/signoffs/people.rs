//! Whose votes count.

use super::{ONE, TWO, ask, by, commit, ok, signoffs_of, world};

#[test]
fn one_person_under_two_addresses_is_one() {
    let sandbox = world(&format!("{ONE}[roles.reviewer]\nquorum = 2\n"));
    sandbox.write(
        ".mailmap",
        "Ada Lovelace <ada@example.com>\nAda Lovelace <ada@example.com> <lovelace@example.com>\n",
    );
    commit(&sandbox, "Who is who");
    ok(&by(&sandbox, "Ada", "approve t3st"));
    ok(&by(&sandbox, "Lovelace", "approve t3st"));
    assert_eq!(
        signoffs_of(&sandbox),
        "reviewer 1/2\n  Ada Lovelace approved: the same person voted again\n  Ada Lovelace approved: counts"
    );
    ok(&by(&sandbox, "Bob", "approve t3st"));
    assert_eq!(super::stage(&sandbox), "sec");
}

#[test]
fn voting_twice_counts_once() {
    let sandbox = world(&format!("{ONE}[roles.reviewer]\nquorum = 2\n"));
    ok(&by(&sandbox, "Ada", "approve t3st"));
    ok(&by(&sandbox, "Ada", "approve t3st -m again"));
    assert!(signoffs_of(&sandbox).starts_with("reviewer 1/2"), "{}", signoffs_of(&sandbox));
}

#[test]
fn the_same_approval_again_is_no_other_vote() {
    let sandbox = world(&format!("{ONE}[roles.reviewer]\nquorum = 2\n"));
    let votes = || std::fs::read_dir(sandbox.path().join(".tracker/signoffs/TASK-T3ST")).unwrap().count();
    ok(&by(&sandbox, "Ada", "approve t3st -m fine"));
    let again = super::alone(&sandbox, "Ada", "approve t3st -m fine");
    assert!(ok(&again).stdout.contains("already approved as reviewer"), "{again}");
    assert_eq!((votes(), sandbox.git(&["status", "--porcelain"]).as_str()), (1, ""));
    ok(&by(&sandbox, "Ada", "approve t3st -m 'fine, and fast'"));
    ok(&by(&sandbox, "Bob", "approve t3st -m fine"));
    assert_eq!(votes(), 3, "other words and other people are votes of their own");
}

#[test]
fn an_approval_of_an_earlier_stage_is_shown_as_that() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Ada", "approve t3st -m fine"));
    assert_eq!(super::stage(&sandbox), "sec");
    let shown = sandbox.tracker(&["show", "t3st"]).stdout;
    assert!(shown.contains("  earlier  Ada  reviewer") && shown.contains("  approved in qa\n"), "{shown}");
}

#[test]
fn an_approval_of_an_earlier_round_is_shown_as_that() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    ok(&by(&sandbox, "Bob", "reject t3st --as tester -m no"));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    for words in [&["show", "t3st"][..], &["signoffs", "t3st"], &["review", "HEAD~3..HEAD"]] {
        let shown = sandbox.tracker(words).stdout;
        assert!(shown.contains("approved in round 1"), "{shown}");
        assert!(shown.lines().any(|line| line.contains("earlier ") && line.contains("Ada")), "{shown}");
        assert!(!shown.contains("void") && !shown.contains("this is round 2"), "{shown}");
    }
    // Programs get the word for it as before.
    let answer = super::ask(&sandbox, "signoffs t3st");
    assert_eq!(answer["result"]["roles"][0]["votes"][0]["reason"], "other_round");
}

#[test]
fn who_rejected_is_asked_once_to_vote_again() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Ada", "reject t3st -m no"));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    let inbox = super::alone(&sandbox, "Ada", "inbox").stdout;
    assert_eq!(inbox.matches("tracker approve TASK-T3ST --as reviewer").count(), 1, "{inbox}");
    assert!(inbox.contains("as reviewer, again"), "{inbox}");
}

#[test]
fn who_wrote_it_does_not_count_where_that_is_forbidden() {
    let sandbox = world(&format!("{ONE}[policy]\nself_approval = \"forbid\"\n"));
    let output = by(&sandbox, "Ken", "approve t3st");
    let says =
        "it does not count: its author wrote what it covers\n  ask somebody else to approve as reviewer\n";
    assert!(output.status == 1 && output.stdout.contains(says), "{output}");
    // Nor is that what the list of sign-offs tells its author to do.
    let listed = super::alone(&sandbox, "Ken", "signoffs t3st");
    assert!(
        listed.stdout.contains("approval of reviewer  ask somebody else to approve as reviewer"),
        "{listed}"
    );
    assert_eq!(signoffs_of(&sandbox), "reviewer 0/1\n  Ken approved: its author wrote what it covers");
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(super::stage(&sandbox), "sec");
}

#[test]
fn nor_does_who_co_wrote_it_by_any_address() {
    let sandbox = world(&format!("{ONE}[policy]\nself_approval = \"forbid\"\n"));
    sandbox.write(
        ".mailmap",
        "Ada Lovelace <ada@example.com>\nAda Lovelace <ada@example.com> <lovelace@example.com>\n",
    );
    sandbox.write("src/theme.rs", "// together\n");
    sandbox.git(&["add", "--all"]);
    let message = "Pair\n\nTask: TASK-T3ST\nCo-authored-by: Ada <lovelace@example.com>\n";
    sandbox.git(&["-c", "user.email=ken@example.com", "commit", "--quiet", "--message", message]);
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(
        signoffs_of(&sandbox),
        "reviewer 0/1\n  Ada Lovelace approved: its author wrote what it covers"
    );
}

#[test]
fn who_wrote_it_counts_where_nobody_forbids_it() {
    let sandbox = world(&format!("{ONE}[policy]\nself_approval = \"allow\"\n"));
    ok(&by(&sandbox, "Ken", "approve t3st"));
    assert_eq!(super::stage(&sandbox), "sec");
}

#[test]
fn outsiders_are_shown_and_do_not_count() {
    let sandbox = world(&format!("{TWO}[roles.reviewer]\nmembers = [\"ada@example.com\"]\n"));
    let output = by(&sandbox, "Bob", "approve t3st --as reviewer");
    assert!(ok(&output).stdout.contains("its author is no member of the role"), "{output}");
    ok(&by(&sandbox, "Bob", "reject t3st --as reviewer -m no"));
    assert_eq!(super::stage(&sandbox), "qa", "an outsider's rejection is no veto");
    let shown = signoffs_of(&sandbox);
    assert!(shown.starts_with("reviewer 0/1"), "{shown}");
    let answer = ask(&sandbox, "signoffs t3st");
    assert_eq!(answer["result"]["roles"][0]["waiting_for"][0], "ada@example.com");
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    assert!(signoffs_of(&sandbox).starts_with("reviewer 1/1"), "{}", signoffs_of(&sandbox));
}

#[test]
fn agents_do_not_count_for_people() {
    let rules =
        format!("{ONE}[roles.reviewer]\npeople_only = true\n[policy]\nagents = [\"bot@example.com\"]\n");
    let sandbox = world(&rules);
    let output = by(&sandbox, "Bot", "approve t3st");
    assert!(ok(&output).stdout.contains("only people sign off for this role"), "{output}");
    assert_eq!(super::stage(&sandbox), "qa");
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(super::stage(&sandbox), "sec");
}
