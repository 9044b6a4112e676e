//! What is somebody's work and in no commit of the plan is not lost, and branches are not moved under whoever has them.

use super::{CONFIG, Planned, states, status, tracker, world};

const ONE: [Planned<'_>; 1] = [("T-1", "Add a line", "", "")];

#[test]
fn a_merge_that_is_not_concluded_is_not_begun_anew() {
    let same = "#!/bin/sh\necho \"$TRACKER_TASK\" >>list\n";
    let sandbox = world(CONFIG, same, &[ONE[0], ("T-2", "Add another line", "", "")]);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1 --jobs 2").status, 1);
    let lost =
        states(&status(&sandbox, "PLAN-1")).into_iter().find(|state| state.ends_with("failed")).unwrap();
    let lost = lost.split(' ').next().unwrap().to_owned();
    let folder = sandbox.path().join(".git/tracker/worktrees/PLAN-1").join(&lost);
    let merge = format!("cd '{}' && ! git merge -q plan/PLAN-1; echo resolved >list", folder.display());
    assert_eq!(sandbox.program_with("sh", "", &["-c", &merge], |_| {}).status, 0);
    let again = tracker(&sandbox, &format!("plan retry PLAN-1 {lost}"));
    assert_eq!(again.status, 2, "{again}");
    assert!(again.stderr.contains("is not committed"), "{again}");
    assert_eq!(std::fs::read_to_string(folder.join("list")).unwrap(), "resolved\n");
    let commit = format!("cd '{}' && git commit -qam both", folder.display());
    assert_eq!(sandbox.program_with("sh", "", &["-c", &commit], |_| {}).status, 0);
    let again = tracker(&sandbox, &format!("plan retry PLAN-1 {lost}"));
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:list"]), "resolved");
}

#[test]
fn a_repository_within_the_working_tree_fails_the_task_and_stays() {
    let nested = "#!/bin/sh\nmkdir -p inner; cd inner && git init -q . && echo work >file && git add file && \
                  git -c user.name=a -c user.email=a@example.com commit -qm inner\nexit 0\n";
    let sandbox = world(CONFIG, nested, &ONE);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("left commits of another repository"), "{ran}");
    let kept = sandbox.path().join(".git/tracker/worktrees/PLAN-1/T-1.broken-1/inner/file");
    assert!(ran.stderr.contains(&kept.ancestors().nth(2).unwrap().display().to_string()), "{ran}");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "work\n", "{ran}");
}

#[test]
fn an_executor_may_reset_its_working_tree() {
    let reset = "#!/bin/sh\ngit reset -q --hard\necho done >line\n";
    let sandbox = world(CONFIG, reset, &ONE);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 0, "{ran}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:line"]), "done");
    let task = sandbox.git(&["show", "plan/PLAN-1:.tracker/tasks/T-1.md"]);
    assert!(task.contains("stage: complete") && task.contains("kind: start"), "{task}");
}

#[test]
fn a_branch_that_a_person_has_checked_out_is_neither_moved_nor_deleted() {
    // Somebody takes the plan's branch while it is executed.
    let takes = "#!/bin/sh\necho done >line\ngit worktree add -q \"$PWD/../../../../other\" plan/PLAN-1\n";
    let sandbox = world(CONFIG, takes, &ONE);
    let before = sandbox.git(&["rev-parse", "main"]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("`plan/PLAN-1` is checked out in"), "{ran}");
    assert_eq!(sandbox.git(&["rev-parse", "plan/PLAN-1"]), before);
    let other = sandbox.path().join(".git/other");
    sandbox.git(&["-C", &other.display().to_string(), "switch", "--quiet", "--detach"]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 0, "{ran}");
    // A task's branch, where a person does the work.
    let people = CONFIG.replace("[\"dev\"]", "[\"dev\", \"qa\"]");
    let sandbox = world(&people, "#!/bin/sh\necho done >line\n", &ONE);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
    let folder = sandbox.path().join(".git/tracker/worktrees/PLAN-1/T-1");
    sandbox.git(&["-C", &folder.display().to_string(), "switch", "--quiet", "--detach"]);
    let hers = sandbox.path().join(".git/hers").display().to_string();
    sandbox.git(&["worktree", "add", "--quiet", &hers, "plan-tasks/PLAN-1/T-1"]);
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 1, "{ran}");
    let shown = tracker(&sandbox, "plan status PLAN-1").to_string();
    assert!(shown.contains("`plan-tasks/PLAN-1/T-1` is checked out in"), "{shown}");
    assert_eq!(sandbox.git(&["-C", &hers, "status", "--porcelain"]), "");
}
