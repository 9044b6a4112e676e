//! Executors that review, and people who say no: what a reviewer leaves is no part of the work, what has changed since is
//! reviewed again, and what was rejected is done again.

use super::{CONFIG, Planned, nothing_is_left, script, states, status, tracker, world};
use crate::support::Sandbox;

const ONE: [Planned<'_>; 1] = [("T-1", "Add the table", "", "work")];
const DO: &str =
    "#!/bin/sh\necho \"$TRACKER_ATTEMPT\" >>work\ncp \"$TRACKER_BRIEF\" \"$HOME/brief-$TRACKER_ATTEMPT\"\n";

/// Two roles review in the only stage, with an executor for both.
const REVIEWED: &str = "
[pipeline]
stages = [\"dev\"]
[stage.dev]
signoffs = [\"code-reviewer\", \"test-automator\"]
[roles.code-reviewer]
[roles.test-automator]
[executors.dev]
command = [\"./do\"]
[executors.review]
command = [\"./review\"]
roles = [\"code-reviewer\", \"test-automator\"]
";

/// A person signs off in the only stage.
const PEOPLE: &str = "
[pipeline]
stages = [\"dev\"]
[stage.dev]
signoffs = [\"boss\"]
[roles.boss]
people_only = true
[executors.dev]
command = [\"./do\"]
";

fn reviewed(review: &str) -> Sandbox {
    let sandbox = world(REVIEWED, DO, &ONE);
    script(&sandbox, "review", review);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "a reviewer"]);
    sandbox
}

#[test]
fn what_a_reviewer_leaves_is_no_part_of_the_work_and_is_kept() {
    let sandbox = reviewed("#!/bin/sh\necho 80% >coverage.txt\necho formatted >work\n");
    let ran = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ran.status, 0, "{ran}");
    assert!(ran.stderr.contains("; `coverage.txt`, `work` of it is no part of the work"), "{ran}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:work"]), "1");
    let names = sandbox.git(&["ls-tree", "--name-only", "plan/PLAN-1"]);
    assert!(!names.contains("coverage"), "{names}");
    let votes = sandbox.git(&["ls-tree", "-r", "--name-only", "plan/PLAN-1", ".tracker/signoffs"]);
    assert_eq!(votes.lines().count(), 2, "{votes}");
    let kept = sandbox.git(&["for-each-ref", "--format=%(refname)", "refs/tracker/attempts"]);
    assert_eq!(kept.lines().count(), 2, "{kept}");
    let first = kept.lines().next().unwrap();
    assert_eq!(sandbox.git(&["show", &format!("{first}:coverage.txt")]), "80%");
    nothing_is_left(&sandbox, "PLAN-1", &[]);
}

#[test]
fn a_vote_is_asked_for_again_where_what_it_covers_has_changed() {
    let config = REVIEWED
        .replace("\"test-automator\"]\n[roles", "\"boss\"]\n[roles.boss]\npeople_only = true\n[roles");
    let sandbox = world(&config, DO, &ONE);
    script(&sandbox, "review", "#!/bin/sh\necho \"$TRACKER_ROLE\" >>\"$HOME/votes\"\n");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "a reviewer"]);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
    let votes = || std::fs::read_to_string(sandbox.root().join("home/votes")).unwrap();
    assert_eq!(votes(), "code-reviewer\n", "nothing has changed");
    let change = "git worktree add -q ../w plan-tasks/PLAN-1/T-1 && cd ../w && echo person >>work && \
                  git commit -qam 'Repair it' -m 'Task: T-1' && cd ../repo && git worktree remove --force ../w";
    let changed = sandbox.program_with("sh", "", &["-c", change], |_| {});
    assert_eq!(changed.status, 0, "{changed}");
    let again = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(again.status, 1, "{again}");
    assert_eq!(votes(), "code-reviewer\ncode-reviewer\n", "{again}");
    let approve = ["approve", "T-1", "--as", "boss", "--branch", "plan-tasks/PLAN-1/T-1"];
    assert_eq!(sandbox.tracker(&approve).status, 0);
    let ended = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ended.status, 0, "{ended}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:work"]), "1\nperson");
}

#[test]
fn what_a_person_rejects_is_done_again_with_the_reason_in_the_brief() {
    let sandbox = world(PEOPLE, DO, &ONE);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
    for (round, why) in [(1, "no index on it"), (2, "no constraint either")] {
        let reject = ["reject", "T-1", "--as", "boss", "--branch", "plan-tasks/PLAN-1/T-1", "-m", why];
        let rejected = sandbox.tracker(&reject);
        assert_eq!(rejected.status, 0, "{rejected}");
        let again = tracker(&sandbox, "plan execute PLAN-1");
        assert_eq!(again.status, 1, "{again}");
        let brief =
            std::fs::read_to_string(sandbox.root().join(format!("home/brief-{}", round + 1))).unwrap();
        assert!(brief.contains(why), "{brief}");
        let execution = status(&sandbox, "PLAN-1");
        assert_eq!(states(&execution), ["T-1 waiting"]);
        let message = execution["tasks"][0]["message"].as_str().unwrap();
        assert!(message.ends_with(&format!("; done again since, in attempt {}", round + 1)), "{message}");
        // Once for each rejection.
        assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
        assert!(!sandbox.root().join(format!("home/brief-{}", round + 2)).exists());
    }
    // And where somebody wants it.
    assert_eq!(tracker(&sandbox, "plan retry PLAN-1 T-1").status, 1);
    let approve = ["approve", "T-1", "--as", "boss", "--branch", "plan-tasks/PLAN-1/T-1"];
    assert_eq!(sandbox.tracker(&approve).status, 0);
    let ended = tracker(&sandbox, "plan execute PLAN-1");
    assert_eq!(ended.status, 0, "{ended}");
    assert_eq!(sandbox.git(&["show", "plan/PLAN-1:work"]), "1\n2\n3\n4");
}

#[test]
fn work_in_the_working_tree_of_a_task_that_waits_is_not_reset_by_a_retry() {
    let config = CONFIG.replace("[\"dev\"]", "[\"dev\", \"docs\"]");
    let sandbox = world(&config, DO, &ONE);
    assert_eq!(tracker(&sandbox, "plan execute PLAN-1").status, 1);
    let file = sandbox.path().join(".git/tracker/worktrees/PLAN-1/T-1/work");
    std::fs::write(&file, "by hand\n").unwrap();
    let again = tracker(&sandbox, "plan retry PLAN-1 T-1");
    assert_eq!(again.status, 2, "{again}");
    assert!(again.stderr.contains("what was changed in the working tree of T-1 is not committed"), "{again}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "by hand\n");
}
