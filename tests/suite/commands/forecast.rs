//! `tracker forecast`

use chrono::{Days, NaiveDate};
use insta::assert_snapshot;

use super::{typed, world};
use crate::support::Sandbox;

/// A tracker in which two tasks were finished on every third day of two months, and three are open.
pub(super) fn busy() -> Sandbox {
    let sandbox = world();
    let first: NaiveDate = "2026-09-10".parse().unwrap();
    for at in 0..60u64 {
        let day = first + Days::new(at);
        for half in (0..2).filter(|_| at % 3 == 0) {
            let id = format!("TASK-{:04}", at * 2 + half);
            let task = format!(
                "---\nid: {id}\ntitle: Done\ncreated: 2026-09-01\nstage: complete\nhistory:\n  \
                 - {{at: {day}T08:00:00Z, by: ada, from: none, to: dev, kind: start}}\n  \
                 - {{at: {day}T15:00:00Z, by: ada, from: dev, to: complete}}\n---\n"
            );
            sandbox.write(format!(".tracker/tasks/{id}.md"), &task);
        }
    }
    sandbox
}

#[test]
fn answers_say_what_they_are_made_from() {
    let sandbox = busy();
    assert_snapshot!(typed(&sandbox, "
        forecast
        forecast tag:ui --trials 1000 --seed 7
        forecast --when 20 --blackout 2026-11-14 --blackout 2026-11-15
        forecast --how-many 2026-12-24
        forecast -is:open
        forecast --when 4 --backtest --format json
    "), @r#"
    $ tracker forecast
    exit 0
    --- stdout
    3 tasks done
      50 %  by 2026-11-17  in 6 days
      70 %  by 2026-11-19  in 8 days
      85 %  by 2026-11-22  in 11 days
      95 %  by 2026-11-26  in 15 days
    From 41 tasks finished on 21 of 71 days, 2026-09-01 to 2026-11-10 (UTC+00:00)
    --- stderr
    100000 trials, seed 1; assumes days like those of the past

    $ tracker forecast tag:ui --trials 1000 --seed 7
    exit 0
    --- stdout
    1 task done
      50 %  by 2026-11-14  in 3 days
      70 %  by 2026-11-15  in 4 days
      85 %  by 2026-11-17  in 6 days
      95 %  by 2026-11-20  in 9 days
    From 41 tasks finished on 21 of 71 days, 2026-09-01 to 2026-11-10 (UTC+00:00)
    --- stderr
    1000 trials, seed 7; assumes days like those of the past

    $ tracker forecast --when 20 --blackout 2026-11-14 --blackout 2026-11-15
    exit 0
    --- stdout
    20 tasks done
      50 %  by 2026-12-17  in 36 days
      70 %  by 2026-12-22  in 41 days
      85 %  by 2026-12-28  in 47 days
      95 %  by 2027-01-04  in 54 days
    From 41 tasks finished on 21 of 71 days, 2026-09-01 to 2026-11-10 (UTC+00:00)
    --- stderr
    100000 trials, seed 1; assumes days like those of the past

    $ tracker forecast --how-many 2026-12-24
    exit 0
    --- stdout
    Done by the end of 2026-12-24
      50 %  at least 25 tasks
      70 %  at least 22 tasks
      85 %  at least 19 tasks
      95 %  at least 16 tasks
    All 3 open tasks done by 2026-12-24: 95 %
    From 41 tasks finished on 21 of 71 days, 2026-09-01 to 2026-11-10 (UTC+00:00)
    --- stderr
    100000 trials, seed 1; assumes days like those of the past

    $ tracker forecast -is:open
    exit 2
    --- stderr
    error: no open task matches `!is:open`
      hint: tracker list --all '!is:open'

    $ tracker forecast --when 4 --backtest --format json
    exit 0
    --- stdout
    {"version":2,"command":"forecast","exit":0,"result":{"query":"","open":3,"items":4,"sample":{"from":"2026-09-01","to":"2026-11-10","offset":"+00:00","days":71,"active_days":21,"finished":41},"trials":100000,"seed":1,"today":"2026-11-11","done_by":[{"percent":50,"day":"2026-11-17"},{"percent":70,"day":"2026-11-19"},{"percent":85,"day":"2026-11-22"},{"percent":95,"day":"2026-11-26"}],"at_least":[],"backtest":{"windows":2,"held":2,"from":34,"to":100}}}
    "#);
}

#[test]
fn too_little_is_a_no() {
    let sandbox = busy();
    assert_snapshot!(typed(&sandbox, "
        forecast --days 12
        forecast --when 3 --how-many 2026-12-24
        forecast --how-many soon
        forecast --how-many 2026-11-11
        forecast --days 1
    "), @r"
    $ tracker forecast --days 12
    exit 1
    --- stderr
    error: too little to forecast from: 4 days with a finished task in the last 12 days, at least 5 are needed
      hint: look further back: tracker forecast --days 365

    $ tracker forecast --when 3 --how-many 2026-12-24
    exit 2
    --- stderr
    error: the argument '--when <COUNT>' cannot be used with '--how-many <DATE>'

    Usage: tracker forecast --when <COUNT> [QUERY]...

    For more information, try '--help'.

    $ tracker forecast --how-many soon
    exit 2
    --- stderr
    error: invalid value 'soon' for '--how-many <DATE>': expected a day such as `2026-12-24`

    For more information, try '--help'.

    $ tracker forecast --how-many 2026-11-11
    exit 2
    --- stderr
    error: 2026-11-11 is not in the future; today is 2026-11-11

    $ tracker forecast --days 1
    exit 2
    --- stderr
    error: invalid value '1' for '--days <COUNT>': 1 is not in 7..=3660

    For more information, try '--help'.
    ");
}

#[test]
fn a_young_tracker_is_not_sent_further_back() {
    let output = world().tracker(&["forecast"]);
    assert_snapshot!(output, @r"
    exit 1
    --- stderr
    error: too little to forecast from: 1 day with a finished task in the last 4 days, at least 5 are needed, and the tracker has no earlier ones
      hint: ask again when there have been more days with a finished task
    ");
}

#[test]
fn days_off_are_those_of_the_configuration() {
    let sandbox = busy();
    let config =
        "format = 2\n[reports]\ndays_off = [\"sat\", \"sun\"]\nholidays = [2026-11-16, \"2026-11-17\"]\n";
    sandbox.write(".tracker/config.toml", config);
    let forecast = sandbox.tracker(&["forecast", "--when", "2"]).stdout;
    assert!(forecast.contains(" of 51 days"), "{forecast}");
    sandbox.write(
        ".tracker/config.toml",
        "format = 2\n[reports]\ndays_off = [\"sunday\"]\nholidays = [\"soon\"]\n",
    );
    let doctor = sandbox.tracker(&["doctor"]);
    assert!(doctor.stdout.contains("sunday") && doctor.stdout.contains("such as `2026-12-25`"), "{doctor}");
}

#[test]
fn a_sprint_has_its_own_tasks_days_off_and_last_day() {
    let sandbox = busy();
    let run = |line: &str| {
        let output = sandbox.tracker(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status, 0, "{line}: {output}");
        serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap_or_default()["result"].clone()
    };
    run("new One --id TASK-AAAA --sprint SPRINT-9");
    run("new Two --id TASK-BBBB --sprint SPRINT-9");
    run("sprint new SPRINT-9 --starts 2026-11-16 --ends 2026-11-20 --blackout 2026-11-18");
    let planned = run("forecast --sprint SPRINT-9 --format json");
    assert_eq!((&planned["open"], &planned["today"]), (&2.into(), &"2026-11-15".into()), "{planned}");
    assert_eq!(
        (&planned["sprint"]["days_left"], &planned["sprint"]["ends"]),
        (&4.into(), &"2026-11-20".into())
    );
    let chance = planned["sprint"]["chance"].as_u64().unwrap();
    assert!((50..=95).contains(&chance), "{planned}");
    assert!(planned["done_by"].as_array().unwrap().iter().all(|by| by["day"] != "2026-11-18"), "{planned}");
    run("sprint start SPRINT-9");
    // What its file says is not what is in its scope.
    let text = sandbox.read(".tracker/tasks/TASK-BBBB.md").replace("sprint: SPRINT-9\n", "");
    sandbox.write(".tracker/tasks/TASK-BBBB.md", text);
    assert_eq!(run("forecast --sprint SPRINT-9 --format json")["open"], 2);
    run("set-stage aaaa complete");
    assert_eq!(run("forecast --sprint SPRINT-9 --format json")["open"], 1);
    let shown = sandbox.tracker(&["forecast", "--sprint", "sprint-9"]).stdout;
    assert!(shown.contains("All 1 open task of SPRINT-9 done by its end, 2026-11-20, in "), "{shown}");
    run("sprint new LAST --starts 2026-11-09 --ends 2026-11-11");
    run("new Three --id TASK-CCCC --sprint LAST");
    let shown = sandbox.tracker(&["forecast", "--sprint", "LAST"]).stdout;
    assert!(shown.contains("LAST ends today, with 1 open task\n"), "{shown}");
}

#[test]
fn what_was_finished_when_follows_from_the_moves_in_their_order() {
    let sandbox = busy();
    // The last move claims to be earlier than the one above it: it counts as made at the same time.
    sandbox.write(
        ".tracker/tasks/TASK-0DDD.md",
        "---\nid: TASK-0DDD\ntitle: Odd clocks\ncreated: 2026-09-01\nstage: complete\nhistory:\n  \
         - {at: 2026-10-20T08:00:00Z, by: ada, from: none, to: dev, kind: start}\n  \
         - {at: 2026-08-20T08:00:00Z, by: ada, from: dev, to: complete}\n---\n",
    );
    let shown = sandbox.tracker(&["forecast"]).stdout;
    assert!(shown.contains("From 42 tasks finished on 22 of 71 days"), "{shown}");
}

#[test]
fn nothing_is_forecast_of_no_task() {
    let sandbox = busy();
    for line in ["sprint new SPRINT-1", "sprint add SPRINT-1 s3s"] {
        assert_eq!(sandbox.tracker(&line.split(' ').collect::<Vec<_>>()).status, 0, "{line}");
    }
    let meant = sandbox.tracker(&["forecast", "SPRINT-1"]);
    let expected = "error: no open task matches `SPRINT-1`\n  hint: tracker forecast --sprint SPRINT-1\n";
    assert!(meant.status == 2 && meant.stderr == expected, "{meant}");
    assert_eq!(sandbox.tracker(&["forecast", "nowhere", "--how-many", "2026-12-24"]).status, 2);
    assert_eq!(sandbox.tracker(&["forecast", "--how-many", "2026-12-24"]).status, 0);
}
