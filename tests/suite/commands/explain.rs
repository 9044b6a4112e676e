//! `tracker explain`

use super::{json, typed, world};
use crate::support::Sandbox;
use insta::assert_snapshot;

#[test]
fn all_rules_are_listed_with_the_level_that_they_have_here() {
    let sandbox = world();
    sandbox.write(
        ".tracker/config.toml",
        "format = 2\n[pipeline]\nstages = [\"dev\"]\n[policy]\nlinked-commits = \"off\"\nwip-limit = \"error\"\n",
    );
    assert_snapshot!(typed(&sandbox, "explain"), @r"
    $ tracker explain
    exit 0
    --- stdout
    legal-moves         error  every move is one that the pipeline has, and no history is rewritten
    earned-moves        error  every stage that was left had what it asks for
    overrides           error  no override led a task past what was missing
    deliverables        error  the boxes that a stage asks for are ticked
    open-findings       error  no finding that blocks is open, and none is deleted or weakened
    self-approval       error  approvals are not by those who wrote what they cover
    role-members        error  votes are by members of their roles
    signed-votes        error  votes are signed where the policy wants that
    no-rewritten-votes  error  votes are never changed or deleted
    policy-owners       error  what the gate judges by changes only with its owners' votes
    linked-commits      off    commits belong to tasks
    covered-files       error  files that reviewers are to see were seen by them
    declared-files      warn   a task changes the files that it declares
    merge-stage         error  a task is far enough to be merged
    wip-limit           error  nobody works on more at once than is agreed
    broken-documents    error  records can be read
    merge-integrity     error  a merge of records holds what its sides brought, and nothing else
    standards           error  what a change of some files asks for in others
    commands            error  the project's own commands say yes

    on the server, whatever the policy says:
    kept-records  error  no push takes back what a branch has of the tracker
    --- stderr
    details: tracker explain RULE
    ");
    let answer = json(&sandbox.tracker(&["explain", "linked-commits", "--format", "json"]));
    let rule = &answer["result"]["rules"][0];
    assert_eq!((&rule["level"], &rule["default_level"]), (&"off".into(), &"warn".into()));
}

#[test]
fn one_rule_is_explained_in_full() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        explain Earned-Moves
        explain earned
        explain nothing-like-it
    "), @r#"
    $ tracker explain Earned-Moves
    exit 0
    --- stdout
    earned-moves  error
      Every stage that was left had what it asks for.

      requires  For each move on, the gate computes again what the stage asks for: sign-offs of each role, as many as its quorum, there in the commit that made the move and for what the task had changed by then, and no rejection that is valid, at the base's tip or at the head.
      why       A hook can be skipped and a file can be edited by hand. A vote is about what its author saw.
      example   TASK-7Q2M: left qa, without the approval of code-reviewer: that of Grace is stale: src/theme.rs changed
      fix       Take the task back to the stage (`tracker fail TASK WHY`, or `tracker reopen TASK` where it is complete) and ask the role to look again: `tracker approve TASK --as ROLE`. `tracker signoffs TASK` tells what each vote covers and why one does not count.
      level     in .tracker/config.toml, by default error:
                [policy]
                earned-moves = "error"    # or "warn", or "off"

    $ tracker explain earned
    exit 2
    --- stderr
    error: unknown rule `earned`
      hint: did you mean `earned-moves`?

    $ tracker explain nothing-like-it
    exit 2
    --- stderr
    error: unknown rule `nothing-like-it`
      hint: run `tracker explain` to list all rules
    "#);
    let output = sandbox.tracker_with("", &["explain", "earned-moves", "--color", "always"], |command| {
        command.env("COLUMNS", "72");
    });
    assert_snapshot!(anstream::adapter::strip_str(&output.stdout).to_string(), @r#"
    earned-moves  error
      Every stage that was left had what it asks for.

      requires  For each move on, the gate computes again what the stage
                asks for: sign-offs of each role, as many as its quorum,
                there in the commit that made the move and for what the task
                had changed by then, and no rejection that is valid, at the
                base's tip or at the head.
      why       A hook can be skipped and a file can be edited by hand. A
                vote is about what its author saw.
      example   TASK-7Q2M: left qa, without the approval of code-reviewer:
                that of Grace is stale: src/theme.rs changed
      fix       Take the task back to the stage (`tracker fail TASK WHY`, or
                `tracker reopen TASK` where it is complete) and ask the role
                to look again: `tracker approve TASK --as ROLE`. `tracker
                signoffs TASK` tells what each vote covers and why one does
                not count.
      level     in .tracker/config.toml, by default error:
                [policy]
                earned-moves = "error"    # or "warn", or "off"
    "#);
}

#[test]
fn the_rule_of_a_server_is_marked_as_one() {
    assert_snapshot!(typed(&world(), "
        explain kept-records
        explain kept-record
    "), @r"
    $ tracker explain kept-records
    exit 0
    --- stdout
    kept-records  error
      No push takes back what a branch has of the tracker.

      requires  A push to a branch that the policy judges may begin before where the branch is now, as a forced one does. It then holds every record, and the policy, as the branch has them beyond that. And the default branch is not deleted while there is a tracker in it.
      why       The gate judges a push from where it begins. A rejection or a stricter rule that came later would go unseen, with the commit that brought it.
      example   takes back what `main` has beyond where the push begins (.tracker/signoffs/TASK-7Q2M/20261111T100000Z-sec-1a2b3c4d.yaml)
      fix       `git pull --rebase`, then `git push` without `--force`. What has to go from a server's history is for those who run it, with the hook set aside.
      level     always error: checked by the hook of a server (`tracker hooks install --server`), and by pre-push if the configuration asks for that

    $ tracker explain kept-record
    exit 2
    --- stderr
    error: unknown rule `kept-record`
      hint: did you mean `kept-records`?
    ");
    let rules = json(&world().tracker(&["explain", "--format", "json"]));
    let rules = crate::support::items(&rules["result"]["rules"]);
    let of_server: Vec<_> = rules.iter().filter(|rule| rule["checked_by"] == "server").collect();
    assert_eq!((of_server.len(), &of_server[0]["rule"]), (1, &"kept-records".into()));
}

#[test]
fn a_rule_means_the_same_where_there_is_no_tracker() {
    let output = Sandbox::without_repository().tracker(&["explain"]);
    assert_eq!((output.status, output.stdout.lines().count()), (0, 22), "{output}");
    assert_eq!(world().tracker(&["explain", "--at", "nowhere"]).status, 2);
}
