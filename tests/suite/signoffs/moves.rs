//! Votes, and the moves that they earn or stop.

use super::{ONE, TWO, alone, by, files, ok, replace, signoffs_of, stage, votes, work, world};

#[test]
fn the_last_approval_moves_the_task_on() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    assert_eq!(stage(&sandbox), "qa");
    let output = by(&sandbox, "Bob", "approve t3st --as tester");
    assert!(ok(&output).stdout.contains("qa → sec"), "{output}");
    assert_eq!(stage(&sandbox), "sec");
    assert!(sandbox.read(".tracker/tasks/TASK-T3ST.md").contains("signed off by Ada, Bob"));
    let again = alone(&sandbox, "Bob", "approve t3st --as tester");
    assert_eq!(again.status, 1, "{again}");
}

#[test]
fn a_manual_stage_waits_for_somebody_to_finalise() {
    let sandbox = world(&format!("{ONE}advance = \"manual\"\n"));
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(stage(&sandbox), "qa");
    let output = by(&sandbox, "Ken", "advance t3st -m 'looks good'");
    assert!(ok(&output).stdout.contains("qa → sec"), "{output}");
}

#[test]
fn a_refusal_names_everything_missing() {
    let sandbox = world(&format!("{TWO}requires = [\"deliverables\", \"criteria\"]\n"));
    replace(
        &sandbox,
        ".tracker/tasks/TASK-T3ST.md",
        "stage: qa\n",
        "stage: qa\ndepends_on: [TASK-0THR]\nblocked: the design\n",
    );
    let folder = ".tracker/tasks/TASK-T3ST.md";
    let before = sandbox.read(folder);
    let output = alone(&sandbox, "Ken", "advance t3st");
    assert_eq!(output.status, 1, "{output}");
    for reason in [
        "TASK-T3ST cannot leave qa",
        "blocked",
        "the design",
        "waits for",
        "TASK-0THR",
        "it is remembered",
        "also after a restart",
        "approval of reviewer",
        "approval of tester",
        "tracker approve TASK-T3ST --as tester",
        "tracker tick TASK-T3ST",
    ] {
        assert!(output.stderr.contains(reason), "{reason}: {output}");
    }
    assert_eq!(sandbox.read(folder), before);
}

#[test]
fn a_rejection_is_a_veto_until_its_author_votes_again() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    let output = by(&sandbox, "Bob", "reject t3st --as tester -m 'it forgets'");
    assert!(ok(&output).stdout.contains("qa → dev"), "{output}");
    assert_eq!(stage(&sandbox), "dev");
    ok(&by(&sandbox, "Ken", "advance t3st"));
    assert_eq!(
        signoffs_of(&sandbox),
        "reviewer 0/1\n  Ada approved: it was cast in round 1, this is round 2\n\
         tester 0/1\n  Bob rejected: counts"
    );
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    ok(&by(&sandbox, "Eve", "approve t3st --as tester"));
    assert_eq!(stage(&sandbox), "qa", "somebody else's approval lifts no veto");
    ok(&by(&sandbox, "Bob", "approve t3st --as tester"));
    assert_eq!(stage(&sandbox), "sec");
}

#[test]
fn an_override_lifts_a_veto_and_is_marked() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Bob", "reject t3st -m no"));
    ok(&by(&sandbox, "Ken", "set-stage t3st sec -m 'the board decided'"));
    assert!(sandbox.read(".tracker/tasks/TASK-T3ST.md").contains("kind: override, why: the board decided"));
    ok(&by(&sandbox, "Ken", "set-stage t3st qa"));
    let shown = signoffs_of(&sandbox);
    assert_eq!(shown, "reviewer 0/1\n  Bob rejected: an override led the task past it");
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(stage(&sandbox), "sec");
}

#[test]
fn a_reason_that_reads_as_an_override_is_none() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Bob", "reject t3st -m no"));
    ok(&by(&sandbox, "Ken", "advance t3st -m 'override: me'"));
    assert_eq!(signoffs_of(&sandbox), "reviewer 0/1\n  Bob rejected: counts");
}

#[test]
fn a_rejection_needs_a_reason() {
    let record = ".tracker/tasks/TASK-T3ST.md";
    let sandbox = world(ONE);
    assert_eq!(alone(&sandbox, "Bob", "reject t3st").status, 2);
    assert_eq!(votes(&sandbox).len(), 0);
    // Its words need no quotes, and of the active task they are all that is given.
    ok(&by(&sandbox, "Bob", "reject t3st the contrast is 3.9"));
    assert!(sandbox.read(record).contains("the contrast is 3.9"), "{}", sandbox.read(record));
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Bob", "start t3st --force"));
    ok(&by(&sandbox, "Bob", "reject too bright"));
    assert!(sandbox.read(record).contains("too bright"), "{}", sandbox.read(record));
    assert_eq!(alone(&sandbox, "Bob", "reject t3st too bright -m twice").status, 2);
}

#[test]
fn an_approval_is_withdrawn() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    assert_eq!(alone(&sandbox, "Bob", "withdraw t3st").status, 1, "Bob has no vote");
    ok(&by(&sandbox, "Ada", "withdraw t3st -m 'too early'"));
    assert_eq!(
        signoffs_of(&sandbox),
        "reviewer 0/1\n  Ada approved: the same person voted again\n  Ada withdrawn: withdrawn\ntester 0/1"
    );
    assert_eq!(alone(&sandbox, "Ada", "withdraw t3st").status, 1, "it is withdrawn already");
}

#[test]
fn a_rejection_is_withdrawn_although_the_task_went_back() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Bob", "reject t3st -m no"));
    assert_eq!(stage(&sandbox), "dev");
    ok(&by(&sandbox, "Bob", "withdraw t3st --as reviewer"));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(stage(&sandbox), "sec");
}

#[test]
fn fail_sends_it_back_and_approvals_are_gone() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    let output = by(&sandbox, "Ken", "fail t3st does not build");
    assert!(ok(&output).stdout.contains("qa → dev"), "{output}");
    assert!(sandbox.read(".tracker/tasks/TASK-T3ST.md").contains("kind: fail, why: does not build"));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    assert!(signoffs_of(&sandbox).starts_with("reviewer 0/1"), "{}", signoffs_of(&sandbox));
    assert_eq!(alone(&sandbox, "Ken", "fail t3st").status, 2, "a reason is needed");
}

#[test]
fn other_stages_require_no_signoffs() {
    let sandbox = world(TWO);
    for line in ["approve t3st --as painter", "approve t3st"] {
        assert_eq!(alone(&sandbox, "Ada", line).status, 2, "{line}");
    }
    ok(&by(&sandbox, "Ken", "set-stage t3st dev"));
    assert_eq!(alone(&sandbox, "Ada", "approve t3st --as reviewer").status, 1);
    ok(&by(&sandbox, "Ken", "set-stage t3st qa"));
    ok(&by(&sandbox, "Ken", "cancel t3st no"));
    assert_eq!(alone(&sandbox, "Ada", "approve t3st --as reviewer").status, 1);
    assert_eq!(votes(&sandbox).len(), 0);
}

#[test]
fn a_dry_run_writes_nothing() {
    let sandbox = world(ONE);
    for line in
        ["approve t3st", "reject t3st -m no --finding 'high: bad'", "fail t3st why", "set-stage t3st sec"]
    {
        let output = alone(&sandbox, "Ada", &format!("{line} --dry-run"));
        ok(&output);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{line}");
    }
    ok(&by(&sandbox, "Ada", "reject t3st -m no --finding 'high: bad'"));
    let id = super::ask(&sandbox, "findings")["result"]["findings"][0]["id"].as_str().unwrap().to_owned();
    ok(&alone(&sandbox, "Ada", "withdraw t3st --dry-run"));
    ok(&alone(&sandbox, "Ada", &format!("findings resolve t3st {id} --dry-run")));
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_vote_at_an_earlier_commit_is_judged_by_that_commit() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    let then = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write("src/theme.rs", "// other\n");
    work(&sandbox, "More");
    assert!(signoffs_of(&sandbox).starts_with("reviewer 0/1"));
    let line = format!("signoffs t3st --at {then}");
    assert!(super::status_line(&sandbox, &line).starts_with("reviewer 1/1"));
    assert_eq!(super::status_line(&sandbox, "signoffs t3st --at HEAD~2"), "reviewer 0/1\ntester 0/1");
    assert_eq!(files(&sandbox, ".tracker/signoffs/TASK-T3ST").len(), 1);
}

#[test]
fn the_approval_that_completes_the_active_task_ends_it() {
    let sandbox = world(&format!("{ONE}[types.short]\nstages = [\"dev\", \"qa\"]\n"));
    ok(&by(&sandbox, "Ken", "set t3st type=short"));
    ok(&by(&sandbox, "Ken", "start t3st"));
    let active = sandbox.path().join(".git/tracker/active");
    assert!(active.exists());
    ok(&by(&sandbox, "Ada", "approve t3st"));
    assert_eq!(stage(&sandbox), "complete");
    assert!(!active.exists());
}

#[test]
fn a_vote_that_could_not_be_read_again_is_not_cast() {
    let sandbox = world(&format!("{ONE}[roles.reviewer]\npaths = [\"src/**\"]\n"));
    let deep = ["n".repeat(200), "m".repeat(200), "o".repeat(200)].join("/");
    for number in 0..1800 {
        sandbox.write(format!("src/{deep}/{number}"), "");
    }
    super::work(&sandbox, "Generate");
    let refused = super::alone(&sandbox, "Ada", "approve t3st");
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("cover 1801 files"), "{refused}");
    assert!(refused.stderr.contains("narrow `paths` of [roles.reviewer]"), "{refused}");
    assert!(super::votes(&sandbox).is_empty());
    super::replace(&sandbox, ".tracker/config.toml", "src/**", "src/*.rs");
    super::commit(&sandbox, "Narrow");
    ok(&by(&sandbox, "Ada", "approve t3st"));
}
