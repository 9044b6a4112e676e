//! Closing: the audit refuses with a list, one commit and one tag hold everything, and a stop half-way is gone on from.

use insta::assert_snapshot;
use serde_json::Value;

use super::{commit, run, scope};
use crate::support::{Output, Sandbox};

/// A sprint of three tasks that has started: one delivered, one begun, one not; the sprint after it is planned.
pub(super) fn started() -> Sandbox {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile solo --no-hooks");
    run(&sandbox, "new One --id TASK-0NE1 --estimate 2h --sprint SPRINT-1 --type feature");
    run(&sandbox, "new Two --id TASK-TW02 --estimate 1h --sprint SPRINT-1");
    run(&sandbox, "new Three --id TASK-THR3 --sprint SPRINT-1");
    run(&sandbox, "sprint new SPRINT-1 --title Dark_mode --starts 2026-11-11 --ends 2026-11-24");
    run(&sandbox, "sprint new SPRINT-2");
    commit(&sandbox, "Plan");
    run(&sandbox, "sprint start SPRINT-1");
    run(&sandbox, "start 0ne1");
    run(&sandbox, "set 0ne1 spent=3h");
    run(&sandbox, "set-stage 0ne1 complete");
    run(&sandbox, "start tw02");
    commit(&sandbox, "Work");
    sandbox
}

pub(super) fn close(sandbox: &Sandbox, more: &[&str]) -> Output {
    let words: Vec<&str> = ["sprint", "close", "SPRINT-1"].iter().chain(more).copied().collect();
    sandbox.tracker(&words)
}

fn result(output: &Output) -> Value {
    serde_json::from_str::<Value>(&output.stdout).unwrap()["result"].clone()
}

#[test]
fn the_audit_names_everything_with_the_command_that_resolves_it() {
    let sandbox = started();
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_snapshot!(close(&sandbox, &[]).to_string(), @r"
    exit 1
    --- stdout
    Audit
             1 of 3 tasks complete
      error  TASK-THR3 is open (none)                tracker sprint close SPRINT-1 --carry-over SPRINT-2, or tracker sprint close SPRINT-1 --drop TASK-THR3 why
      error  TASK-TW02 is open (dev)                 tracker sprint close SPRINT-1 --carry-over SPRINT-2, or tracker sprint close SPRINT-1 --drop TASK-TW02 why
      warn   TASK-0NE1 was completed by an override  tracker log TASK-0NE1
    Nothing was changed.
    ");
    run(&sandbox, "set tw02 priority=high");
    let uncommitted = close(&sandbox, &["--carry-over", "SPRINT-2"]);
    assert!(uncommitted.stdout.contains("TASK-TW02.md has changes that are not committed"), "{uncommitted}");
    assert_eq!((uncommitted.status, sandbox.git(&["rev-parse", "HEAD"])), (1, head));
    let nowhere = close(&sandbox, &["--carry-over", "SPRINT-9"]);
    let hint = "no sprint `SPRINT-9`\n  hint: run `tracker sprint new SPRINT-9`";
    assert!(nowhere.status == 2 && nowhere.stderr.contains(hint), "{nowhere}");
    let narrow = sandbox.tracker_with("", &["sprint", "close", "SPRINT-1", "--color", "always"], |command| {
        command.env("COLUMNS", "60");
    });
    for whole in ["TASK-TW02 is open (dev)", "tracker sprint close SPRINT-1 --drop TASK-TW02 why"] {
        assert!(narrow.stdout.contains(whole), "{whole}: {narrow}");
    }
}

#[test]
fn a_close_is_one_commit_and_one_tag() {
    let sandbox = started();
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write("staged.txt", "mine");
    sandbox.git(&["add", "staged.txt"]);
    let dry = close(&sandbox, &["--carry-over", "SPRINT-2", "--drop", "thr3", "too large", "--dry-run"]);
    assert!(dry.status == 0 && dry.stdout.contains("Would close SPRINT-1"), "{dry}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "A  staged.txt");
    sandbox.write(
        "postmortem.txt",
        "## Summary\n\nGood.\n\n## Actions\n\n- prevent @Ada: check links\n- fix: flaky test\n",
    );
    let answer = close(
        &sandbox,
        &[
            "--carry-over",
            "SPRINT-2",
            "--drop",
            "thr3",
            "too large",
            "--from",
            "postmortem.txt",
            "--format",
            "json",
        ],
    );
    let closed = result(&answer);
    assert_eq!(
        (answer.status, &closed["closed"], &closed["tag"]),
        (0, &true.into(), &"sprint/SPRINT-1".into()),
        "{answer}"
    );
    assert_eq!((&closed["parts_written"], closed["parts_open"].as_array().unwrap().len()), (&2.into(), 7));
    assert_eq!(sandbox.git(&["rev-parse", "HEAD^"]), before);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "A  staged.txt\n?? postmortem.txt");
    assert_eq!(sandbox.git(&["cat-file", "-t", "sprint/SPRINT-1"]), "tag");
    assert_eq!(sandbox.git(&["rev-parse", "sprint/SPRINT-1^{commit}"]), sandbox.git(&["rev-parse", "HEAD"]));
    assert_eq!(
        scope(&sandbox, "SPRINT-1"),
        [
            "- {task: TASK-THR3, change: cancelled, why: too large}\n- {task: TASK-TW02, change: carried, to: SPRINT-2}"
        ]
    );
    assert!(sandbox.read(".tracker/tasks/TASK-TW02.md").contains("sprint: SPRINT-2\n"));
    assert!(sandbox.read(".tracker/tasks/TASK-THR3.md").contains("cancelled: too large\n"));
    let history = sandbox.read(".tracker/sprints/SPRINT_HISTORY.md");
    assert!(
        history.contains("[SPRINT-1](SPRINT-1/report.md) Dark mode: 1 of 3 delivered (33 %)"),
        "{history}"
    );
    let changes = sandbox.read(".tracker/sprints/SPRINT-1/CHANGELOG.md");
    assert_eq!(changes, "# Changes of SPRINT-1: Dark mode\n\n## Added\n\n- One (TASK-0NE1)\n");
    let actions = run(&sandbox, "sprint actions");
    assert!(actions.contains("prevent  check links") && actions.contains("0 of 2 actions"), "{actions}");
    assert!(run(&sandbox, "sprint verify").contains("match, computed from commit"));
    assert_eq!(sandbox.tracker(&["doctor"]).status, 0);
    let again = close(&sandbox, &[]);
    assert!(again.status == 1 && again.stderr.contains("SPRINT-1 is closed"), "{again}");
}

#[test]
fn a_task_that_was_completed_by_hand_or_without_its_votes_is_named() {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile team --no-hooks");
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", config.replace("paths = [\"**\", \"!docs/**\", \"!*.md\"]\n", ""));
    run(&sandbox, "new One --id TASK-0NE1 --sprint SPRINT-1");
    run(&sandbox, "new Two --id TASK-TW02 --sprint SPRINT-1");
    run(&sandbox, "sprint new SPRINT-1");
    commit(&sandbox, "Plan");
    run(&sandbox, "sprint start SPRINT-1");
    let edit = |id: &str, stage: &str| {
        let path = format!(".tracker/tasks/{id}.md");
        sandbox.write(&path, sandbox.read(&path).replace("stage: none\n", stage));
    };
    edit("TASK-0NE1", "stage: complete\n");
    let steps = [("none", "dev"), ("dev", "qa"), ("qa", "sec"), ("sec", "docs"), ("docs", "complete")];
    let step = |(from, to): (&str, &str)| {
        format!("  - {{at: 2026-11-11T09:00:00Z, by: Ada, from: {from}, to: {to}}}\n")
    };
    edit("TASK-TW02", &format!("stage: complete\nhistory:\n{}", steps.map(step).concat()));
    commit(&sandbox, "By hand");
    let refused = close(&sandbox, &[]);
    for message in [
        "TASK-0NE1 was set to complete by hand: no move says when",
        "TASK-TW02 has left qa without an approval of code-reviewer",
        "TASK-TW02 has left qa without an approval of test-automator",
    ] {
        assert!(refused.status == 1 && refused.stdout.contains(message), "{message}: {refused}");
    }
    assert!(!refused.stdout.contains("security-auditor"), "it may have had no file to review: {refused}");
    let allowed = close(&sandbox, &["--allow", "override", "--allow", "missing-votes"]);
    assert_eq!(allowed.status, 0, "{allowed}");
    assert!(
        sandbox
            .read(".tracker/sprints/SPRINT-1/sprint.yaml")
            .contains("why: \"allowed override, missing-votes\"")
    );
}

#[test]
fn votes_are_looked_for_in_the_round_in_which_they_were_cast() {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile solo --no-hooks");
    sandbox.write(
        ".tracker/config.toml",
        "format = 2\n[pipeline]\nstages = [\"dev\", \"qa\", \"sec\"]\n[stage.qa]\nsignoffs = [\"reviewer\"]\non_fail = \
         \"dev\"\n[stage.sec]\nsignoffs = [\"auditor\"]\non_fail = \"dev\"\n[roles.reviewer]\n[roles.auditor]\n",
    );
    run(&sandbox, "new One --id TASK-0NE1 --sprint SPRINT-1");
    run(&sandbox, "sprint new SPRINT-1");
    commit(&sandbox, "Plan");
    run(&sandbox, "sprint start SPRINT-1");
    // Sent back from qa, it comes to sec for the first time in its second round.
    for line in ["start 0ne1", "advance 0ne1", "fail 0ne1 broken", "advance 0ne1"] {
        run(&sandbox, line);
        commit(&sandbox, "Work");
    }
    for role in ["reviewer", "auditor"] {
        run(&sandbox, &format!("approve 0ne1 --as {role}"));
        commit(&sandbox, "Vote");
    }
    let task = sandbox.read(".tracker/tasks/TASK-0NE1.md");
    assert!(task.contains("stage: complete\n"), "{task}");
    let closed = close(&sandbox, &[]);
    assert!(closed.status == 0 && closed.stdout.contains("1 of 1 delivered"), "{closed}");
}

#[test]
fn what_a_clock_elsewhere_has_put_a_little_later_is_delivered() {
    let sandbox = started();
    let path = ".tracker/tasks/TASK-TW02.md";
    sandbox.tracker_with("", &["set-stage", "tw02", "complete"], |command| {
        command.env("TRACKER_NOW", "2026-11-20T10:05:00Z");
    });
    assert!(sandbox.read(path).contains("at: 2026-11-20T10:05:00Z"), "{}", sandbox.read(path));
    commit(&sandbox, "Finish");
    let closed = sandbox.tracker_with("", &["sprint", "close", "--drop", "thr3", "no"], |command| {
        command.env("TRACKER_NOW", "2026-11-20T10:00:00Z");
    });
    assert!(closed.status == 0 && closed.stdout.contains("2 of 3 delivered"), "{closed}");
    assert!(run(&sandbox, "sprint verify").contains("match"));
    let years = started();
    years.tracker_with("", &["set-stage", "tw02", "complete"], |command| {
        command.env("TRACKER_NOW", "2036-11-20T10:05:00Z");
    });
    commit(&years, "Finish");
    let closed = close(&years, &["--drop", "thr3", "no"]);
    let message = "TASK-TW02 has a move of 2036-11-20, which is still to come and does not count";
    assert!(closed.status == 0 && closed.stdout.contains(message), "{closed}");
}

#[test]
fn what_people_wrote_stays_when_the_sprint_is_closed_again() {
    let sandbox = started();
    sandbox.write("notes.md", "## Summary\n\nGood.\n\n## Action items\n\n- fix @Ada: the clock\n");
    assert_eq!(close(&sandbox, &["--carry-over", "SPRINT-2", "--from", "notes.md"]).status, 0);
    let path = ".tracker/sprints/SPRINT-1/POSTMORTEM.md";
    let written = "## Lessons\n\nWrite more tests.\n";
    sandbox.write(path, sandbox.read(path).replace("## Lessons\n\n*Not written.*\n", written));
    commit(&sandbox, "Lessons");
    run(&sandbox, "sprint reopen SPRINT-1 forgot_one");
    commit(&sandbox, "Reopen");
    sandbox.write(
        "notes.md",
        "## Summary\n\nBetter.\n\n## Action items\n\n- fix @Ada: the clock\n- prevent: more\n",
    );
    let again = close(&sandbox, &["--tag", "again", "--from", "notes.md"]);
    assert!(again.status == 0 && again.stdout.contains("3 parts written"), "{again}");
    let text = sandbox.read(path);
    assert!(text.contains(written) && text.contains("Better.") && !text.contains("Good."), "{text}");
    let actions = run(&sandbox, "sprint actions");
    assert!(actions.matches("the clock").count() == 1 && actions.contains("0 of 2 actions"), "{actions}");
    sandbox.write("notes.md", "It was good.\n");
    run(&sandbox, "sprint reopen SPRINT-1 forgot_two");
    commit(&sandbox, "Reopen");
    let lost = close(&sandbox, &["--tag", "third", "--from", "notes.md"]);
    assert!(
        lost.status == 1 && lost.stderr.contains("postmortem:1: this is above the first heading"),
        "{lost}"
    );
}

#[test]
fn what_came_back_after_the_sprint_was_reopened_is_not_carried_over() {
    let sandbox = started();
    assert_eq!(close(&sandbox, &["--carry-over", "SPRINT-2"]).status, 0);
    run(&sandbox, "sprint reopen SPRINT-1 forgot_one");
    let carried = || run(&sandbox, "sprint show SPRINT-1").matches("carried over to SPRINT-2").count();
    assert_eq!(carried(), 2);
    run(&sandbox, "set tw02 sprint=SPRINT-1");
    assert_eq!(carried(), 1);
    run(&sandbox, "set-stage tw02 complete");
    commit(&sandbox, "Two after all");
    assert_eq!(close(&sandbox, &["--tag", "again"]).status, 0);
    let report = sandbox.read(".tracker/sprints/SPRINT-1/report.md");
    assert!(report.contains("## Carried over\n\n- TASK-THR3 to SPRINT-2\n\n"), "{report}");
    assert_eq!(run(&sandbox, "report sprint SPRINT-1"), report);
}

#[test]
fn evidence_is_summed_and_bound_to_the_commit() {
    let sandbox = started();
    let config = sandbox.read(".tracker/config.toml") + "\n[sprints]\nevidence = [\"tests\", \"coverage\"]\n";
    sandbox.write(".tracker/config.toml", config);
    commit(&sandbox, "Ask for evidence");
    let missing = close(&sandbox, &["--carry-over", "SPRINT-2"]);
    assert_eq!((missing.status, missing.stdout.matches("are attached").count()), (1, 2), "{missing}");
    sandbox.write(
        "a.xml",
        "<testsuite><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>",
    );
    sandbox.write("b.xml", "<testsuite><testcase name='c'/></testsuite>");
    sandbox.write("lcov.info", "SF:a\nLF:10\nLH:9\nend_of_record\n");
    let evidence =
        ["--carry-over", "SPRINT-2", "--junit", "a.xml", "--junit", "b.xml", "--coverage", "lcov.info"];
    let failed = close(&sandbox, &evidence);
    assert!(failed.status == 1 && failed.stdout.contains("1 of 3 tests failed (a.xml, b.xml)"), "{failed}");
    let allowed: Vec<&str> = evidence.iter().copied().chain(["--allow", "failed-tests"]).collect();
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(close(&sandbox, &allowed).status, 0);
    let text = sandbox.read(".tracker/sprints/SPRINT-1/sprint.yaml");
    assert!(
        text.contains("{kind: tests, total: 3, failed: 1, skipped: 0, files: [a.xml, b.xml], digest:"),
        "{text}"
    );
    assert!(text.contains("{kind: coverage, lines: 10, covered: 9, files: [lcov.info], digest:"), "{text}");
    assert!(
        text.contains(&format!("commit: {head}}}")) && text.contains("why: allowed failed-tests"),
        "{text}"
    );
    assert!(sandbox.read(".tracker/sprints/SPRINT-1/report.md").contains("9 of 10 lines covered (90 %)"));
}

#[test]
fn finished_branches_are_merged_first_and_named() {
    let sandbox = started();
    sandbox.git(&["switch", "--quiet", "--create", "two"]);
    run(&sandbox, "set-stage tw02 complete");
    commit(&sandbox, "Finish two");
    sandbox.git(&["switch", "--quiet", "main"]);
    let refused = close(&sandbox, &["--drop", "thr3", "no"]);
    assert!(refused.status == 1 && refused.stdout.contains("branch two has work on TASK-TW02"), "{refused}");
    let closed = close(&sandbox, &["--drop", "thr3", "no", "--merge"]);
    assert_eq!(closed.status, 0, "{closed}");
    let report = sandbox.read(".tracker/sprints/SPRINT-1/report.md");
    assert!(
        report.contains("## Merged branches\n\n- `two`") && report.contains("| Delivered | 2 |"),
        "{report}"
    );
    assert!(run(&sandbox, "sprint verify").contains("match"));
}

#[test]
fn a_dry_run_says_which_branches_are_merged_first_and_which_conflict() {
    let sandbox = started();
    for (branch, task) in [("one", "tw02"), ("two", "thr3")] {
        sandbox.git(&["switch", "--quiet", "--create", branch, "main"]);
        run(&sandbox, &format!("set-stage {task} complete"));
        sandbox.commit_file(&format!("{branch}.txt"), "theirs\n", "Theirs");
        commit(&sandbox, "Finish");
    }
    sandbox.git(&["switch", "--quiet", "main"]);
    let refused = close(&sandbox, &["--carry-over", "SPRINT-2"]);
    let merge = "branch one has work on TASK-TW02 and is not merged  tracker sprint close SPRINT-1 --merge";
    assert!(
        refused.status == 1 && refused.stdout.contains(merge),
        "finished work is not carried over: {refused}"
    );
    let dry = close(&sandbox, &["--merge", "--dry-run"]);
    let first = "branch one is merged first; what is shown here is without it (TASK-TW02)";
    assert!(dry.status == 0 && dry.stdout.contains(first), "{dry}");
    sandbox.commit_file("two.txt", "ours\n", "Ours");
    let conflict = close(&sandbox, &["--merge", "--dry-run"]);
    let second = "branch two cannot be merged first: it conflicts";
    assert!(conflict.status == 1 && conflict.stdout.contains(second), "{conflict}");
}

#[test]
fn a_branch_that_conflicts_stops_the_close_before_it_begins() {
    let sandbox = started();
    sandbox.git(&["switch", "--quiet", "--create", "two"]);
    run(&sandbox, "set-stage tw02 complete");
    sandbox.commit_file("a.txt", "theirs\n", "Theirs");
    commit(&sandbox, "Finish two");
    sandbox.git(&["switch", "--quiet", "main"]);
    let head = sandbox.commit_file("a.txt", "ours\n", "Ours");
    let stopped = close(&sandbox, &["--drop", "thr3", "no", "--merge"]);
    assert!(stopped.status == 2 && stopped.stderr.contains("git merge two"), "{stopped}");
    assert_eq!(
        (sandbox.git(&["rev-parse", "HEAD"]), sandbox.git(&["status", "--porcelain"])),
        (head, String::new())
    );
}

#[test]
fn a_task_that_was_carried_over_twice_needs_a_decision() {
    let sandbox = started();
    for (name, next) in [("SPRINT-1", "SPRINT-2"), ("SPRINT-2", "SPRINT-3")] {
        let _ = sandbox.tracker(&["sprint", "new", next]);
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Plan the next one"]);
        if name != "SPRINT-1" {
            run(&sandbox, &format!("sprint start {name}"));
            commit(&sandbox, "Start");
        }
        run(&sandbox, &format!("sprint close {name} --carry-over {next}"));
    }
    run(&sandbox, "sprint new SPRINT-4");
    run(&sandbox, "sprint start SPRINT-3");
    commit(&sandbox, "Start");
    let refused = sandbox.tracker(&["sprint", "close", "SPRINT-3", "--carry-over", "SPRINT-4"]);
    assert!(refused.status == 1 && refused.stdout.contains("was carried over 2 times"), "{refused}");
    run(&sandbox, "sprint close SPRINT-3 --carry-over SPRINT-4 --allow carried-often");
    assert!(sandbox.read(".tracker/sprints/SPRINT-3/sprint.yaml").contains("why: allowed carried-often"));
}

#[test]
fn only_the_last_one_is_reopened_and_that_is_recorded() {
    let sandbox = started();
    assert_eq!(close(&sandbox, &["--carry-over", "SPRINT-2"]).status, 0);
    let frozen = sandbox.read(".tracker/sprints/SPRINT-1/sprint.yaml");
    run(&sandbox, "sprint start SPRINT-2");
    commit(&sandbox, "Start");
    run(&sandbox, "sprint new SPRINT-3");
    commit(&sandbox, "Plan");
    run(&sandbox, "sprint close SPRINT-2 --carry-over SPRINT-3");
    let refused = sandbox.tracker(&["sprint", "reopen", "SPRINT-1", "forgot one"]);
    assert!(refused.status == 1 && refused.stderr.contains("SPRINT-2 was closed after it"), "{refused}");
    assert_eq!(sandbox.read(".tracker/sprints/SPRINT-1/sprint.yaml"), frozen);
    let added = sandbox.tracker(&["sprint", "add", "SPRINT-1", "0ne1"]);
    assert_eq!(added.status, 1, "{added}");
    let reopened = run(&sandbox, "sprint reopen SPRINT-2 forgot_one");
    assert!(reopened.contains("`tracker sprint close SPRINT-2 --tag sprint/SPRINT-2-2`"), "{reopened}");
    let text = sandbox.read(".tracker/sprints/SPRINT-2/sprint.yaml");
    assert!(text.contains("action: reopened, why: forgot one") && !text.contains("numbers:"), "{text}");
    commit(&sandbox, "Reopen");
    let tagged = sandbox.tracker(&["sprint", "close", "SPRINT-2", "--carry-over", "SPRINT-3"]);
    assert!(tagged.status == 2 && tagged.stderr.contains("there is a tag sprint/SPRINT-2"), "{tagged}");
    run(&sandbox, "sprint close SPRINT-2 --carry-over SPRINT-3 --tag sprint/SPRINT-2b");
    assert!(run(&sandbox, "sprint verify SPRINT-2").contains("match"));
}

#[test]
fn a_hook_that_refuses_the_commit_only_delays_it() {
    let sandbox = started();
    let hook = sandbox.path().join(".git/hooks/commit-msg");
    std::fs::write(&hook, "#!/bin/sh\necho not today >&2\nexit 1\n").unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    let refused = close(&sandbox, &["--carry-over", "SPRINT-2"]);
    assert!(refused.status == 2 && refused.stderr.contains("not today"), "{refused}");
    assert!(refused.stderr.contains("`tracker sprint close SPRINT-1` goes on from here"), "{refused}");
    let status = sandbox.git(&["status", "--porcelain"]);
    assert_eq!(sandbox.tracker(&["sprint", "close", "--abort"]).status, 0);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{status}");
    assert_eq!(close(&sandbox, &["--carry-over", "SPRINT-2"]).status, 2);
    std::fs::remove_file(hook).unwrap();
    let gone_on = close(&sandbox, &[]);
    assert!(gone_on.status == 0 && gone_on.stdout.contains("continued"), "{gone_on}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert!(run(&sandbox, "sprint verify").contains("match"));
}

#[test]
fn the_steps_and_documents_are_the_team_s_own() {
    let sandbox = started();
    let config = sandbox.read(".tracker/config.toml")
        + "\n[sprints]\nsteps = [\"report\", \"history\", \"documents\"]\nhistory = \"docs/SPRINTS.md\"\n\
           documents = [\"docs/STATUS.md\"]\n";
    sandbox.write(".tracker/config.toml", config);
    sandbox.write("docs/STATUS.md", "# Status\n\nBy hand.\n");
    commit(&sandbox, "Configure");
    assert_eq!(close(&sandbox, &["--carry-over", "SPRINT-2"]).status, 0);
    let status = sandbox.read("docs/STATUS.md");
    assert!(
        status
            .starts_with("# Status\n\nBy hand.\n\n<!-- tracker:sprint -->\nLast sprint: SPRINT-1: Dark mode"),
        "{status}"
    );
    assert!(status.contains("Next sprint: SPRINT-2, with TASK-THR3, TASK-TW02 carried over."), "{status}");
    assert!(sandbox.read("docs/SPRINTS.md").contains("(../.tracker/sprints/SPRINT-1/report.md)"));
    assert_eq!(sandbox.git(&["tag"]), "");
    assert!(!sandbox.path().join(".tracker/sprints/SPRINT-1/POSTMORTEM.md").exists());
    for path in ["../out.md", "/etc/x", ".git/config", "a//b"] {
        let text = format!("format = 2\n[sprints]\nhistory = \"{path}\"\n");
        sandbox.write(".tracker/config.toml", text);
        assert_eq!(sandbox.tracker(&["doctor"]).status, 1, "{path}");
    }
}

#[test]
fn the_tag_is_signed_where_git_signs_tags() {
    for setting in ["tag.gpgSign", "tag.forceSignAnnotated"] {
        let sandbox = started();
        crate::folding::signed::sign_with_ssh(&sandbox);
        sandbox.git(&["config", setting, "true"]);
        let tag =
            ["--carry-over", "SPRINT-2", "--tag", "v1.0-alpha1", "--tag-message", "Sprint 1: reliability"];
        let closed = close(&sandbox, &tag);
        assert_eq!(closed.status, 0, "{closed}");
        let text = sandbox.git(&["cat-file", "tag", "v1.0-alpha1"]);
        assert!(text.contains("Sprint 1: reliability\n-----BEGIN SSH SIGNATURE-----"), "{setting}: {text}");
        sandbox.git(&["verify-tag", "v1.0-alpha1"]);
        assert_eq!(sandbox.git(&["log", "-1", "--format=%G?"]), "G", "{setting}");
        assert_eq!(sandbox.tracker(&["sprint", "verify"]).status, 0);
    }
}

#[test]
fn on_a_terminal_the_postmortem_is_written_in_the_editor() {
    let sandbox = started();
    let editor = sandbox.root().join("home/editor");
    std::fs::write(
        &editor,
        "#!/bin/sh\nsed -i 's/^## Summary$/## Summary\\n\\nIt went well./; s/^## Action items$/## Action items\\n\\n- fix @Ada: the clock/' \"$1\"\n",
    )
    .unwrap();
    std::process::Command::new("chmod").arg("+x").arg(&editor).status().unwrap();
    let on_terminal = |command: &str| {
        sandbox.program_with("script", "", &["-qec", command, "/dev/null"], |own| {
            own.env("EDITOR", &editor).env("TERM", "xterm").env_remove("NO_COLOR");
        })
    };
    if on_terminal("true").status != 0 {
        eprintln!("LEFT OUT: no script(1) here to make a terminal");
        return;
    }
    let refused = on_terminal("tracker sprint close");
    assert!(refused.stdout.contains("Nothing was changed."), "{refused}");
    let closed = on_terminal("tracker sprint close --carry-over SPRINT-2");
    assert_eq!(closed.status, 0, "{closed}");
    assert!(closed.stdout.contains("2 parts written, 7 not written"), "{closed}");
    let text = sandbox.read(".tracker/sprints/SPRINT-1/POSTMORTEM.md");
    assert!(
        text.contains("## Summary\n\nIt went well.\n") && text.contains("- fix @Ada: the clock"),
        "{text}"
    );
    assert!(run(&sandbox, "sprint actions").contains("the clock"));
    assert!(!sandbox.path().join(".git/tracker/postmortem.md").exists(), "the draft was taken");
}

#[test]
fn scores_are_off_until_the_configuration_has_a_rubric() {
    let sandbox = started();
    let close = |sandbox: &Sandbox| close(sandbox, &["--carry-over", "SPRINT-2"]);
    let plain = sandbox.copied();
    assert_eq!(close(&plain).status, 0);
    assert!(!plain.read(".tracker/sprints/SPRINT-1/report.md").contains("## Scores"));
    let config = sandbox.read(".tracker/config.toml")
        + "\n[sprints.scores]\ndelivery = 2\ndocumentation = 0\ngrades = [80, 60, 40, 20]\nanswer_within = 48\n";
    sandbox.write(".tracker/config.toml", config);
    commit(&sandbox, "Score");
    assert_eq!(close(&sandbox).status, 0);
    let report = sandbox.read(".tracker/sprints/SPRINT-1/report.md");
    assert!(report.contains("| Delivery | 33 % | 2 |") && report.contains("Grade **"), "{report}");
    // What the rubric says later changes nothing of what was closed.
    sandbox.write(".tracker/config.toml", "format = 2\n");
    commit(&sandbox, "Score no more");
    assert_eq!(run(&sandbox, "report sprint SPRINT-1"), report);
    let shown = sandbox.tracker(&["sprint", "show", "SPRINT-1"]);
    assert!(shown.stdout.contains("Grade ") && shown.stdout.contains("33 %"), "{shown}");
    sandbox.write(".tracker/config.toml", "format = 2\n[sprints.scores]\ngrades = [1, 2, 3, 4]\nspeed = 1\n");
    let doctor = sandbox.tracker(&["doctor"]);
    assert!(
        doctor.stdout.contains("four falling percentages") && doctor.stdout.contains("speed"),
        "{doctor}"
    );
}

#[test]
fn an_empty_sprint_can_be_closed() {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile plain --no-hooks");
    run(&sandbox, "sprint new SPRINT-1");
    run(&sandbox, "sprint start SPRINT-1");
    commit(&sandbox, "Start");
    let closed = close(&sandbox, &[]);
    assert!(closed.status == 0 && closed.stdout.contains("0 of 0 delivered"), "{closed}");
    assert!(run(&sandbox, "sprint verify").contains("match"));
}

/// The named points of a close. They exist in debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_close_that_is_killed_is_gone_on_with() {
    const POINTS: [&str; 11] = [
        "close:planned",
        "close:noted",
        "write:created@3",
        "transaction:begun",
        "write:renamed@2",
        "write:renamed@7",
        "transaction:ended",
        "close:written",
        "close:committed",
        "close:tagged",
        "none",
    ];
    let base = started();
    let count = base.git(&["rev-list", "--count", "HEAD"]).parse::<usize>().unwrap();
    let mut trees = Vec::new();
    for point in POINTS {
        let sandbox = base.copied();
        let run = |point: &str| {
            let mut command =
                sandbox.tracker_command(&["sprint", "close", "SPRINT-1", "--carry-over", "SPRINT-2"]);
            command.env("TRACKER_NOW", "2026-11-20T10:00:00Z").env("TRACKER_SEED", "7");
            command.env("TRACKER_FAIL_POINT", point).output().unwrap()
        };
        let died = run(point);
        assert_eq!(died.status.success(), point == "none", "{point}");
        if point == "close:committed" {
            let abort = sandbox.copied().tracker(&["sprint", "close", "--abort"]);
            let stays = "The close of SPRINT-1 is committed and stays";
            assert!(abort.status == 0 && abort.stdout.starts_with(stays), "{abort}");
        }
        if point != "none" && point != "close:tagged" {
            let again = run("");
            assert!(again.status.success(), "{point}: {}", String::from_utf8_lossy(&again.stderr));
        }
        if point == "close:tagged" {
            // Only the note of it was left; the next call reports that it is closed.
            run("");
        }
        assert_eq!(
            sandbox.git(&["rev-list", "--count", "HEAD"]).parse::<usize>().unwrap(),
            count + 1,
            "{point}"
        );
        assert_eq!(sandbox.git(&["tag"]), "sprint/SPRINT-1", "{point}");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{point}");
        trees.push(sandbox.git(&["rev-parse", "HEAD^{tree}"]));
    }
    trees.dedup();
    assert_eq!(trees.len(), 1, "the same result as without a kill");
}
