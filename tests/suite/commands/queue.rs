//! `tracker queue`

use super::{json, typed, world};
use insta::assert_snapshot;

#[test]
fn shows_what_can_begin_first_things_first() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        queue
        queue --limit 1 --quiet
        queue --stage none --quiet
        queue --assignee 'Ada Lovelace' --quiet
        queue --assignee @me --quiet
        queue --sprint SPRINT-1 --quiet
        queue type:bug or tag:ui --stage dev --quiet
        queue --stage nowhere
    "), @r#"
    $ tracker queue
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing  1d
    --- stderr
    1 task

    $ tracker queue --limit 1 --quiet
    exit 0
    --- stdout
    TASK-S3SS

    $ tracker queue --stage none --quiet
    exit 0
    --- stdout
    TASK-S3SS

    $ tracker queue --assignee 'Ada Lovelace' --quiet
    exit 0

    $ tracker queue --assignee @me --quiet
    exit 0

    $ tracker queue --sprint SPRINT-1 --quiet
    exit 0

    $ tracker queue type:bug or tag:ui --stage dev --quiet
    exit 0

    $ tracker queue --stage nowhere
    exit 2
    --- stderr
    error: unknown stage `nowhere` (expected none, dev, qa, sec, docs or complete)
      stage:"nowhere"
            ^^^^^^^^^
    "#);
}

#[test]
fn a_task_comes_up_when_what_it_waited_for_is_done() {
    let sandbox = world();
    let ids = || -> Vec<String> {
        let answer = json(&sandbox.tracker(&["queue", "--format", "json"]));
        let tasks = crate::support::items(&answer["result"]["tasks"]).to_vec();
        tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(), ["TASK-S3SS"]);
    sandbox.tracker(&["set-stage", "s3s", "complete"]);
    assert_eq!(ids(), ["TASK-EXP0"]);
    sandbox.tracker(&["block", "exp0", "no colours"]);
    assert_eq!(ids(), [""; 0]);
}

#[test]
fn tasks_that_others_have_started_are_left_out() {
    let sandbox = world();
    assert_eq!(sandbox.tracker(&["set", "d4r", "assignee=Grace"]).status, 0);
    let queue = sandbox.tracker(&["queue", "-q"]).stdout;
    assert!(!queue.contains("TASK-D4RK") && queue.contains("TASK-S3SS"), "{queue}");
}
