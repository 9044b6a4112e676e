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
    legal-moves         error  every move follows the pipeline, and no history is rewritten
    earned-moves        error  a task left each stage with everything that the stage requires
    overrides           error  no override skipped missing requirements
    deliverables        error  the checkboxes that a stage requires are ticked
    open-findings       error  no blocking finding is open, and none is deleted or weakened
    self-approval       error  approvals are not by authors of what they cover
    role-members        error  votes are by members of their roles
    signed-votes        error  votes are signed if the policy requires it
    no-rewritten-votes  error  votes are never changed or deleted
    closed-sprints      error  a closed sprint stays as it was closed
    approved-plans      error  decisions about plans are by whom they name, and of the content as it was
    policy-owners       error  policy files change only with their owners' approval
    linked-commits      off    commits belong to tasks
    covered-files       error  changed files are covered by valid approvals
    declared-files      warn   a task changes only the files that it declares
    merge-stage         error  tasks have reached the stage that merging requires
    wip-limit           error  nobody has more tasks in progress than the limit
    broken-documents    error  records can be read
    merge-integrity     error  a merge of records contains only what its sides brought
    standards           error  a change of some files comes with changes of others
    commands            error  the project's own commands succeed

    on the server, whatever the policy says:
    kept-records  error  a push removes no records or policy from a branch
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
      A task left each stage with everything that the stage requires.

      requires  For each move to a later stage, the gate recomputes what the stage requires: as many sign-offs of each role as its quorum, present in the commit that made the move and valid for the files as the task had changed them by then, and no valid rejection at the base's tip or at the head.
      why       A hook can be skipped and a file can be edited by hand. A vote is only valid for what its author saw.
      example   TASK-7Q2M: left qa, without the approval of code-reviewer: that of Grace is stale: src/theme.rs changed
      fix       Take the task back to the stage (`tracker fail TASK WHY`, or `tracker reopen TASK` if it is complete) and ask the role to review again: `tracker approve TASK --as ROLE`. `tracker signoffs TASK` shows what each vote covers and why one does not count.
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
      A task left each stage with everything that the stage requires.

      requires  For each move to a later stage, the gate recomputes what the
                stage requires: as many sign-offs of each role as its
                quorum, present in the commit that made the move and valid
                for the files as the task had changed them by then, and no
                valid rejection at the base's tip or at the head.
      why       A hook can be skipped and a file can be edited by hand. A
                vote is only valid for what its author saw.
      example   TASK-7Q2M: left qa, without the approval of code-reviewer:
                that of Grace is stale: src/theme.rs changed
      fix       Take the task back to the stage (`tracker fail TASK WHY`, or
                `tracker reopen TASK` if it is complete) and ask the role to
                review again: `tracker approve TASK --as ROLE`. `tracker
                signoffs TASK` shows what each vote covers and why one does
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
      A push removes no records or policy from a branch.

      requires  A push to a branch that the policy judges may start from an older commit than the branch's tip, as a forced push does. It must then contain every record, and the policy, as the branch has them since. The default branch is not deleted while it has a tracker.
      why       The gate judges a push from the commit where it starts. A rejection or a stricter rule that was added later would be dropped unseen, together with the commit that added it.
      example   takes back what `main` has beyond where the push begins (.tracker/signoffs/TASK-7Q2M/20261111T100000Z-sec-1a2b3c4d.yaml)
      fix       `git pull --rebase`, then `git push` without `--force`. To remove something from a server's history, its administrators disable the hook.
      level     always error: checked by the hook of a server (`tracker hooks install --server`), and by pre-push if the configuration enables it

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
    assert_eq!((output.status, output.stdout.lines().count()), (0, 24), "{output}");
    assert_eq!(world().tracker(&["explain", "--at", "nowhere"]).status, 2);
}
