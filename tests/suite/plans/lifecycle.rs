//! From a draft to an approval and back: what is decided is about the content as it is now.

use insta::assert_snapshot;

use super::{PLAN, commit, planned, run, state, tracker};
use crate::support::Sandbox;

#[test]
fn a_plan_is_created_and_filled() {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile solo --no-hooks");
    run(&sandbox, "new Add~the~table --id TASK-0NE1");
    run(&sandbox, "new Use~it --id TASK-TW02");
    let created = run(&sandbox, "plan new The~cart --retries 1 --quiet");
    let id = created.trim();
    run(&sandbox, &format!("plan add {id} 0ne1 --phase Base --milestone Data"));
    run(&sandbox, &format!("plan add {id} tw02"));
    let path = format!(".tracker/plans/{id}.md");
    assert_snapshot!(sandbox.read(&path).replace(id, "PLAN-ID"), @r"
    ---
    id: PLAN-ID
    title: The cart
    retries: 1
    created: 2026-11-11
    ---

    ## Base

    ### Data

    - TASK-0NE1 Add the table
    - TASK-TW02 Use it
    ");
    let twice = run(&sandbox, &format!("plan add {id} tw02"));
    assert!(twice.contains("TASK-TW02 is already there"), "{twice}");
    run(&sandbox, &format!("plan remove {id} 0ne1"));
    assert!(!sandbox.read(&path).contains("TASK-0NE1"));
    let gone = tracker(&sandbox, &format!("plan remove {id} 0ne1"));
    assert_eq!(gone.status, 2, "{gone}");
    assert_eq!(tracker(&sandbox, "plan new ~").status, 2);
}

#[test]
fn a_plan_is_shown_with_its_parts_and_what_is_next() {
    let sandbox = planned();
    run(&sandbox, "done 0ne1");
    run(&sandbox, "plan approve 0ne1 -m fine");
    assert_snapshot!(run(&sandbox, "plan show"), @r"
    PLAN-0NE1 · The cart · in_progress · 1 of 3
      approved by Ada Lovelace: fine · created 2026-11-11

      Base  1/2
        Data  1/2
          1  done   TASK-0NE1  complete  Add the table
          2  ready  TASK-TW02  none      Use it

      Docs  0/1
        3  ready  TASK-THR3  none  Document it

      Decisions
      2026-11-11 09:08  approved  Ada Lovelace  fine
    ");
    assert_snapshot!(run(&sandbox, "plan list"), @r"
    PLAN-0NE1  in_progress  1/3  The cart  approved by Ada Lovelace: fine
    1 plan
    ");
    assert_snapshot!(run(&sandbox, "plan list --status draft,rejected"), @"0 plans, 1 in other states");
    assert_snapshot!(tracker(&sandbox, "plan list --status done").to_string(), @r"
    exit 2
    --- stderr
    error: invalid state `done`
      hint: expected draft, approved, rejected, in_progress, completed
    ");
}

#[test]
fn an_approval_is_of_the_content_as_it_is_now() {
    let sandbox = planned();
    assert_eq!(state(&sandbox).0, "draft");
    run(&sandbox, "plan approve PLAN-0NE1");
    assert_eq!(state(&sandbox), ("approved".to_owned(), "approved by Ada Lovelace".to_owned()));
    commit(&sandbox, "approve");
    assert_eq!(state(&sandbox).0, "approved");
    // Progress, and what is for readers, changes nothing.
    run(&sandbox, "start 0ne1");
    run(&sandbox, "tag thr3 later");
    sandbox.write(PLAN, sandbox.read(PLAN).replace("Use it", "Use it well").replace("Why not.", "Because."));
    assert_eq!(state(&sandbox).0, "in_progress");
    // What is to be done does.
    let before = sandbox.read(".tracker/tasks/TASK-THR3.md");
    for edit in ["set thr3 title=Something~else", "set thr3 files+=src/lib.rs", "set thr3 depends_on+=tw02"] {
        run(&sandbox, edit);
        assert_eq!(state(&sandbox).0, "draft", "{edit}");
        sandbox.write(".tracker/tasks/TASK-THR3.md", &before);
        assert_eq!(state(&sandbox).0, "in_progress", "{edit}");
    }
    run(&sandbox, "plan remove 0ne1 thr3");
    assert_eq!(state(&sandbox), ("draft".to_owned(), "changed since Ada Lovelace approved it".to_owned()));
}

#[test]
fn a_wrong_state_is_refused_with_what_to_do() {
    let sandbox = planned();
    assert_snapshot!(tracker(&sandbox, "plan reopen 0ne1").to_string(), @r"
    exit 1
    --- stderr
    error: cannot reopen PLAN-0NE1
      draft  PLAN-0NE1 is a draft  tracker plan approve PLAN-0NE1
    ");
    run(&sandbox, "plan approve 0ne1");
    assert_snapshot!(tracker(&sandbox, "plan approve 0ne1").to_string(), @r"
    exit 1
    --- stderr
    error: cannot approve PLAN-0NE1
      approved  PLAN-0NE1 is approved by Ada Lovelace  tracker plan show PLAN-0NE1
    ");
    run(&sandbox, "plan reject 0ne1 too~large");
    assert_eq!(state(&sandbox), ("rejected".to_owned(), "rejected by Ada Lovelace: too large".to_owned()));
    assert_snapshot!(tracker(&sandbox, "plan approve 0ne1").to_string(), @r"
    exit 1
    --- stderr
    error: cannot approve PLAN-0NE1
      rejected  PLAN-0NE1 is rejected by Ada Lovelace: too large  tracker plan reopen PLAN-0NE1
    ");
    run(&sandbox, "plan reopen 0ne1");
    assert_eq!(state(&sandbox).0, "draft");
    assert_eq!(tracker(&sandbox, "plan reject 0ne1").status, 2);
    run(&sandbox, "plan approve 0ne1");
    run(&sandbox, "start 0ne1");
    assert_snapshot!(tracker(&sandbox, "plan reject 0ne1 no").to_string(), @r"
    exit 1
    --- stderr
    error: cannot reject PLAN-0NE1
      in_progress  PLAN-0NE1 is in progress: approved by Ada Lovelace  tracker plan reopen PLAN-0NE1
    ");
    for task in ["0ne1", "tw02", "thr3"] {
        run(&sandbox, &format!("done {task}"));
    }
    assert_eq!(state(&sandbox).0, "completed");
}

#[test]
fn what_is_wrong_with_a_plan_keeps_it_from_being_approved() {
    let sandbox = planned();
    run(&sandbox, "set thr3 files=src/table.rs");
    run(&sandbox, "new Other --id TASK-F0UR");
    let text = sandbox.read(PLAN);
    sandbox.write(PLAN, format!("{text}- TASK-0NE1\n- TASK-N0NE\n- TASK-F0UR\n"));
    let other = text.replace("PLAN-0NE1", "PLAN-TW02").replace("- TASK-0NE1\n- TASK-TW02 Use it\n", "");
    sandbox.write(".tracker/plans/PLAN-TW02.md", other);
    assert_snapshot!(tracker(&sandbox, "plan approve PLAN-0NE1").to_string(), @r"
    exit 1
    --- stderr
    error: cannot approve PLAN-0NE1
      other plan  TASK-THR3 is also a task of PLAN-TW02 (PLAN-0NE1.md:18)       tracker plan remove PLAN-0NE1 TASK-THR3
      same file   TASK-0NE1 and TASK-THR3 may both change `src/table.rs`, and neither depends on the other (PLAN-0NE1.md:18)  tracker set TASK-THR3 depends_on+=TASK-0NE1
      twice       TASK-0NE1 is there twice, first on line 13 (PLAN-0NE1.md:19)  delete line 19
      unknown     there is no task TASK-N0NE that can be read (PLAN-0NE1.md:20)  tracker plan remove PLAN-0NE1 TASK-N0NE
    ");
    // A plan that is rejected claims no tasks.
    sandbox.write(PLAN, text);
    run(&sandbox, "set thr3 depends_on+=0ne1");
    run(&sandbox, "plan reject PLAN-TW02 other");
    run(&sandbox, "plan approve PLAN-0NE1");
    // Files that wait for each other cannot be edited so; by hand they can.
    let task = sandbox.read(".tracker/tasks/TASK-0NE1.md");
    sandbox.write(".tracker/tasks/TASK-0NE1.md", task.replace("files:", "depends_on: [TASK-THR3]\nfiles:"));
    let refused = tracker(&sandbox, "plan approve PLAN-0NE1");
    assert!(refused.stderr.contains("tasks wait for each other: TASK-0NE1"), "{refused}");
    sandbox.write(PLAN, "---\nid: PLAN-0NE1\ntitle: x\n---\n");
    let refused = tracker(&sandbox, "plan approve PLAN-0NE1");
    assert!(refused.stderr.contains("it has no tasks"), "{refused}");
}

#[test]
fn what_no_plan_approves_is_left_out_of_the_queue_and_waits_for_who_may_approve() {
    let sandbox = planned();
    run(&sandbox, "new Other --id TASK-F0UR");
    assert_snapshot!(tracker(&sandbox, "queue").to_string(), @r"
    exit 0
    --- stdout
    TASK-F0UR  -  none  pending  Other  today
    --- stderr
    1 task; 2 in plans that are not approved, see `tracker plan list --status draft,rejected`
    ");
    assert_snapshot!(run(&sandbox, "inbox"), @"plan  PLAN-0NE1  The cart  3 tasks  tracker plan show PLAN-0NE1");
    assert_eq!(tracker(&sandbox, "start --next id:thr3").status, 1, "it is not started by chance either");
    let roles = "[roles.architect]\nmembers = [\"ken@example.com\"]\n";
    let config = sandbox.read(".tracker/config.toml");
    sandbox.write(".tracker/config.toml", format!("{config}\n{roles}\n[plans]\napprovers = \"architect\"\n"));
    assert!(!run(&sandbox, "inbox").contains("PLAN-0NE1"), "who may not approve is not asked");
    assert_snapshot!(tracker(&sandbox, "plan approve 0ne1").to_string(), @r"
    exit 1
    --- stderr
    error: cannot approve PLAN-0NE1
      approver  your approval would not count: only members of architect approve plans  ask ken@example.com
    ");
    sandbox.write(".tracker/config.toml", config);
    run(&sandbox, "plan approve 0ne1");
    let queue = run(&sandbox, "queue");
    assert!(queue.contains("TASK-0NE1") && queue.contains("TASK-THR3") && !queue.contains("plan"), "{queue}");
    assert!(!run(&sandbox, "inbox").contains("PLAN-0NE1"));
}

#[test]
fn doctor_names_what_is_wrong_with_a_plan_with_its_line() {
    let sandbox = planned();
    assert!(!tracker(&sandbox, "doctor").stdout.contains("PLAN-"));
    sandbox.write(PLAN, format!("{}- TASK-N0NE\n- TASK-0NE1\n", sandbox.read(PLAN)));
    let doctor = tracker(&sandbox, "doctor").stdout;
    let lines: Vec<&str> = doctor.lines().filter(|line| line.contains("PLAN-")).collect();
    assert_snapshot!(lines.join("\n"), @r"
    warning .tracker/plans/PLAN-0NE1.md:19  there is no task TASK-N0NE that can be read  plan
        tracker plan remove PLAN-0NE1 TASK-N0NE
    warning .tracker/plans/PLAN-0NE1.md:20  TASK-0NE1 is there twice, first on line 13  plan
    ");
    sandbox.write(PLAN, "---\nid: PLAN-TW02\ntitle: x\n---\n");
    let doctor = tracker(&sandbox, "doctor");
    assert!(doctor.status == 1 && doctor.stdout.contains("PLAN-0NE1.md"), "{doctor}");
}
