//! `--format json`: what every command prints is what `tracker schema` says.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::Value;

use super::{json, typed, world};
use crate::readme::{planned, transcripts};
use crate::support::Sandbox;
use insta::assert_snapshot;

/// One call of each command at least, answers and refusals, in an order in which they make sense.
const CALLS: &str = "
    init
    help queries
    list
    list --all --sort -created
    list --fields id,title,type,priority,stage,status,badge,ready,assignee,area,tag,sprint,dep,file,estimate,spent,created,updated,since,blocked,cancelled,source,deliverables,boxes,body
    list --fields estimate
    list stage:nowhere
    ls nothing:at:all
    show d4r
    show s3s
    show br0k
    show zzz
    show task
    queue
    queue --stage nowhere
    status
    inbox
    signoffs
    start --next is:blocked
    merge nowhere
    merge HEAD
    prime
    watch --inbox --timeout 0
    events
    events --since start --kind task.* --limit 1
    events --since ab-1
    watch --exec --timeout 0
    claim s3s --lease 5h
    claim s3s
    claim --next is:blocked
    claims
    queue
    show s3s
    renew
    renew zzz
    land --dry-run
    release
    release s3s
    doctor --remote
    start d4r --force
    stop
    new Mistyped --id TASK-RMV1
    rm rmv1
    done d4r
    assign d4r
    tag d4r ui
    undo --dry-run
    rm d4r
    uninstall --dry-run
    init --dry-run --profile team
    board
    board tag:ui
    forecast
    cost
    cost is:closed --by worker
    forecast is:closed
    forecast --how-many 2026-12-24
    plan list
    plan show
    plan new Cart
    plan show
    plan list --status draft
    plan list --status nowhere
    plan add nosuch d4r
    new One --type docs
    new Two --dry-run
    new Three --priority urgent
    new --batch nowhere.yaml
    set d4r priority=low
    set d4r priority=low --dry-run
    set d4r stage=qa
    set br0k priority=low
    set s3s depends_on=exp0
    edit d4r
    start s3s
    start exp
    tick d4r 2
    tick d4r 9
    untick d4r 2
    note d4r text
    note zzz text
    block d4r why
    block c0de why
    unblock d4r
    cancel d4r why
    reopen d4r
    reopen d4r
    set-stage d4r qa
    set-stage d4r nowhere
    signoffs d4r
    approve d4r
    approve d4r --as reviewer --dry-run
    approve d4r --as reviewer -m fine
    signoffs d4r --verify
    show d4r
    advance d4r
    withdraw d4r
    withdraw d4r
    reject d4r --as tester
    reject d4r --as tester --finding high:bad
    list d4r
    board d4r
    role
    roles --at HEAD
    role show reviewer
    role show reviewer --prompt
    role show nobody
    role new reviewer --dry-run
    role new reviewer
    role new reviewer
    worker
    worker show qa
    worker log qa
    worker history
    fleet
    fleet monitor
    fleet pause
    fleet down
    worker remove qa
    escalations
    escalations --all
    escalations show zzz
    escalations resolve zzz
    sync
    sync status
    sync resolve zzz a --ours
    workflow new checks
    workflow
    workflow check
    workflow show checks
    workflow show nothing
    workflow schema
    run start checks
    run start nothing
    run status
    run list
    run why lint
    run why nothing
    run logs build
    run retry --step test
    run resume
    run cancel
    run approve
    run prune --keep 0 --dry-run
    findings
    findings import scan.sarif --task s3s --as tester --create-tasks --dry-run
    findings import scan.sarif --task s3s --as tester
    findings import nothing.xml --task s3s --as tester
    findings import scan.sarif --task s3s --as nobody
    findings import nowhere.sarif --task d4r
    findings waive d4r F
    findings settle d4r F
    findings d4r --all
    advance d4r
    signoffs d4r
    signoffs zzz
    fail d4r why
    fail d4r why
    hooks status
    apply HEAD..HEAD
    log d4r
    log zzz
    deps
    deps d4r --reverse
    deps zzz
    diff
    diff HEAD HEAD d4r
    diff zzz
    doctor
    doctor --fix --dry-run
    check
    check --base nowhere
    check --base HEAD
    check --staged
    review nowhere..HEAD
    review HEAD..HEAD
    review --staged
    review ..
    explain
    explain earned-moves
    explain nothing
    schema
    schema list
    schema nothing
    completions bash
    completions nothing
    man
    man .tracker/config.toml
    reference
    sprint list
    sprint new SPRINT-1 --goal less
    sprint new a/b
    sprint start SPRINT-1
    sprint add SPRINT-1 exp
    sprint remove SPRINT-1 exp --why later
    sprint status
    sprint show nobody
    sprint show
    sprint compare SPRINT-1 SPRINT-1
    sprint reopen SPRINT-1 why
    import cards cards.md
    import cards nowhere.md
    import
    export area:ui
    report cards
    site ../pages
    demo --into ..
    list --at nowhere
    list --limit many
    -C nowhere list
";

/// No answers to people: an error, and what git calls with its own arguments.
const OF_PROGRAMS: [&str; 7] = ["error", "hook", "mcp", "merge-driver", "page", "serve", "tui"];

fn schemas(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.tracker(&["schema"]).stdout).unwrap()
}

fn assert_valid(validator: &Validator, value: &Value, call: &str) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    assert!(errors.is_empty(), "{call}: {errors:#?}\n{value:#}");
}

/// Makes a call in JSON and contains its answer to the schema. Returns the command that answered; none for an error.
fn answered(sandbox: &Sandbox, schemas: &Value, call: &str) -> Option<String> {
    let words = shell_words::split(call).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--format", "json"]).collect();
    let output = sandbox.tracker_with("", &words, |command| {
        command.env("GIT_EDITOR", "true");
    });
    let value = json(&output);
    let command = value["command"].as_str().unwrap();
    let is_error = value.get("error").is_some();
    let name = if is_error { "error" } else { command };
    let schema = &schemas[name];
    assert!(schema.is_object(), "{call}: there is no schema of {name}");
    assert_valid(&jsonschema::validator_for(schema).unwrap(), &value, call);
    assert_eq!(value["version"], 2, "{call}");
    (!is_error).then(|| name.to_owned())
}

#[test]
fn answers_and_errors_match_their_schemas() {
    let sandbox = world();
    sandbox.write(".tracker/tasks/TASK-BR0K.md", "---\nid: TASK-BR0K\ntitle: [oops\n---\n");
    let config = sandbox.read(".tracker/config.toml");
    let asks = "\n[stage.qa]\nsignoffs = [\"reviewer\", \"tester\"]\n[roles.reviewer]\n[roles.tester]\n";
    sandbox.write(".tracker/config.toml", config + asks);
    sandbox.write("cards.md", include_str!("../../../templates/demo/TASK_CARDS.md"));
    sandbox.write("scan.sarif", include_str!("../../../fixtures/findings/semgrep.sarif"));
    sandbox.write("nothing.xml", "<testsuite/>");
    let schemas = schemas(&sandbox);
    let mut seen = BTreeSet::new();
    for call in CALLS.lines().map(str::trim).filter(|call| !call.is_empty()) {
        seen.extend(answered(&sandbox, &schemas, call));
    }
    for (_, transcript) in transcripts() {
        let sandbox = planned();
        for call in transcript.lines().filter_map(|line| line.strip_prefix("//! $ tracker ")) {
            seen.extend(answered(&sandbox, &schemas, call));
        }
    }
    let executed = crate::plan_execution::world(
        crate::plan_execution::CONFIG,
        "#!/bin/sh\n",
        &[("T-1", "Add the table", "", "src/a.rs")],
    );
    let evidence = crate::evidence::world();
    for call in ["conflicts", "conflicts --train work"] {
        seen.extend(answered(&evidence, &schemas, call));
    }
    for call in ["verify t3st --dry-run", "verify t3st", "show t3st", "list", "review main..work"] {
        seen.extend(answered(&evidence, &schemas, call));
    }
    for call in ["plan execute PLAN-1", "plan status PLAN-1"] {
        seen.extend(answered(&executed, &schemas, call));
    }
    let config = crate::workers::CONFIG.replace("lint \"$@\"", "\"$HOME/../bin/lint\" \"$@\"");
    let rule = "[[director.rule]]\nname = \"waits\"\ncheck = \"escalations\"\nafter = \"1s\"\n";
    let worked = crate::workers::world(&format!("{config}\n{rule}"), &[("a.txt", "BAD UGLY\n")]);
    worked.write(".git/tracker/workers/lint/log", "one\n");
    for call in [
        "worker run lint --once",
        "worker log lint",
        "worker history",
        "worker logs lint",
        "fleet monitor",
        "director",
        "director run --once",
        "escalations",
        "escalations show 352e",
        "escalations resolve 352e",
    ] {
        seen.extend(answered(&worked, &schemas, call));
    }
    seen.extend(answered(&worked, &schemas, "worker remove lint"));
    seen.extend(answered(&super::forecast::busy(), &schemas, "forecast"));
    let item = r#"{"id":"1","key":"TASK-1","version":1,"fields":{"title":"A"}}"#;
    let synced = crate::sync::program::scripted(&[item], &[]);
    for call in [
        "sync --pull",
        "sync status",
        "sync log",
        "sync doctor",
        "sync install --cron",
        "sync test 'exit 3' --cases 1",
        "sync remove forge",
    ] {
        seen.extend(answered(&synced, &schemas, call));
    }
    let all: BTreeSet<String> = schemas.as_object().unwrap().keys().cloned().collect();
    let missed: Vec<&String> =
        all.difference(&seen).filter(|name| !OF_PROGRAMS.contains(&name.as_str())).collect();
    assert!(missed.is_empty(), "no call of {missed:?} answers here");
}

#[test]
fn the_schema_would_notice() {
    let sandbox = world();
    let schemas = schemas(&sandbox);
    let validator = jsonschema::validator_for(&schemas["list"]).unwrap();
    let mut value = json(&sandbox.tracker(&["list", "--format", "json"]));
    assert!(validator.is_valid(&value));
    value["result"]["tasks"][0]["title"] = 7.into();
    assert!(!validator.is_valid(&value));
    let mut value = json(&sandbox.tracker(&["list", "--fields", "id", "--format", "json"]));
    value["result"]["tasks"][0]["bogus"] = 7.into();
    assert!(!validator.is_valid(&value));
}

#[test]
fn keys_without_a_value_and_empty_lists_are_left_out() {
    fn assert_full(value: &Value, call: &str, depth: usize) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| assert_full(item, call, depth + 1)),
            Value::Object(keys) => {
                for (key, value) in keys {
                    // What the answer itself consists of is there also when it is empty.
                    let is_empty = depth != 1 && value.as_array().is_some_and(Vec::is_empty);
                    assert!(!value.is_null() && !is_empty, "{call}: {key}");
                    assert_full(value, call, depth + 1);
                }
            }
            _ => {}
        }
    }
    let sandbox = world();
    for call in [
        "list",
        "list --fields id,assignee,tags",
        "show s3s",
        "board",
        "deps",
        "doctor",
        "list zzz",
        "start exp",
    ] {
        let words: Vec<&str> = call.split(' ').chain(["--format", "json"]).collect();
        assert_full(&json(&sandbox.tracker(&words)), call, 0);
    }
    for (call, list) in
        [("list zzz", "tasks"), ("queue zzz", "tasks"), ("findings", "findings"), ("deps", "cycles")]
    {
        let words: Vec<&str> = call.split(' ').chain(["--format", "json"]).collect();
        assert_eq!(json(&sandbox.tracker(&words))["result"][list], serde_json::json!([]), "{call}");
    }
    assert_snapshot!(sandbox.tracker(&["list", "d4rk", "--format", "json"]), @r#"
    exit 0
    --- stdout
    {"version":2,"command":"list","exit":0,"result":{"query":"d4rk","tasks":[{"id":"TASK-D4RK","title":"Add dark mode to the dashboard","type":"feature","priority":"high","stage":"dev","status":"in_progress","badge":"in_progress","ready":false,"assignee":"Ada Lovelace","area":"ui","tags":["ui","theme"],"sprint":"SPRINT-1","depends_on":["TASK-C0DE"],"files":["src/ui/theme.rs"],"estimate_minutes":45,"created":"2026-11-08","updated":"2026-11-09T09:00:00Z","since":"2026-11-09T09:00:00Z","deliverables":{"done":1,"total":2},"boxes":{"done":1,"total":3},"signoffs":{"done":0,"total":0}}],"matched":1,"hidden":0}}
    "#);
}

#[test]
fn what_was_written_has_the_stage_and_the_fields() {
    let sandbox = world();
    let task = |words: &[&str]| {
        let answer = json(&sandbox.tracker(&[words, &["--format", "json"]].concat()));
        let task = answer["result"]["tasks"][0].as_object().unwrap().clone();
        let kept = ["stage", "stage_before", "assignee", "fields"];
        Value::Object(task.into_iter().filter(|(key, _)| kept.contains(&key.as_str())).collect())
    };
    let started = task(&["start", "s3s"]);
    let assigned = serde_json::json!([{ "key": "assignee", "after": "Ada Lovelace" }]);
    let expected = serde_json::json!(
        { "stage": "dev", "stage_before": "none", "assignee": "Ada Lovelace", "fields": assigned }
    );
    assert_eq!(started, expected);
    let moved = task(&["advance", "s3s", "--dry-run"]);
    assert_eq!((&moved["stage"], &moved["stage_before"]), (&"qa".into(), &"dev".into()), "{moved}");
    let set = task(&["set", "s3s", "priority=low"]);
    let changed = serde_json::json!([{ "key": "priority", "before": "critical", "after": "low" }]);
    assert_eq!((set.get("stage_before"), &set["fields"]), (None, &changed), "{set}");
}

#[test]
fn what_is_not_there_is_not_found() {
    let sandbox = world();
    for call in [
        "show zzzz",
        "role show nosuch",
        "findings resolve d4r F2QX",
        "explain nosuch",
        "list --at nosuch",
        "tick d4r 9",
        "diff nosuch",
        "sprint show nosuch",
    ] {
        let words: Vec<&str> = call.split(' ').chain(["--format", "json"]).collect();
        assert_eq!(json(&sandbox.tracker(&words))["error"]["kind"], "not_found", "{call}");
    }
}

#[test]
fn an_error_has_a_word_to_branch_on_and_what_to_try() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        show d4rl --format json
        list stage:qq --format json
        start exp --format json
        set s3s depends_on=exp --format json
    "), @r#"
    $ tracker show d4rl --format json
    exit 2
    --- stdout
    {"version":2,"command":"show","exit":2,"error":{"kind":"not_found","message":"no task matches `d4rl`","hints":["did you mean TASK-D4RK?"]}}

    $ tracker list stage:qq --format json
    exit 2
    --- stdout
    {"version":2,"command":"list","exit":2,"error":{"kind":"query","message":"unknown stage `qq` (expected none, dev, qa, sec, docs or complete)","hints":["did you mean `qa`?"],"position":{"text":"stage:qq","column":7,"length":2}}}

    $ tracker start exp --format json
    exit 1
    --- stdout
    {"version":2,"command":"start","exit":1,"error":{"kind":"refused","message":"TASK-EXP0 cannot start","hints":["`--force` starts it all the same"],"reasons":[{"label":"waits for","message":"TASK-S3SS  Session expires while typing","suggestion":"tracker show TASK-S3SS"}]}}

    $ tracker set s3s depends_on=exp --format json
    exit 1
    --- stdout
    {"version":2,"command":"set","exit":1,"error":{"kind":"refused","message":"TASK-S3SS cannot depend on TASK-EXP0: that would be a cycle","reasons":[{"label":"cycle","message":"TASK-S3SS → TASK-EXP0 → TASK-S3SS","suggestion":"tracker deps"}]}}
    "#);
}

#[test]
fn schema_of_one_command_by_any_of_its_names() {
    let sandbox = Sandbox::without_repository();
    assert_eq!(sandbox.tracker(&["schema", "ls"]).stdout, sandbox.tracker(&["schema", "list"]).stdout);
    assert_eq!(sandbox.tracker(&["schema", "set-stage"]).status, 0);
    let unknown = sandbox.tracker(&["schema", "nothing"]);
    assert_eq!(unknown.status, 2);
    let expected = "error: unknown command `nothing`\n  hint: expected init, uninstall, status, inbox, prime, watch, events, new, list, show, ";
    assert!(unknown.stderr.starts_with(expected) && unknown.stderr.ends_with(", error\n"), "{unknown}");
}

/// Lines that a day is made of, as they are typed.
const EVERY_DAY: &str = "
    list
    queue
    show d4r
    start s3s --force
    tick d4r 2
    note d4r went well
    signoffs d4r
    inbox
    status
    board
";

#[test]
fn json_of_every_day_takes_at_most_twice_the_bytes_of_the_text() {
    let world = world();
    let mut measured = String::new();
    let mut sums = (0, 0);
    for line in EVERY_DAY.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split(' ').collect();
        let text = world.copied().tracker(&words).stdout.len();
        let (bytes, brief) = short(&world, &words);
        assert!(brief["version"].is_null() && brief["exit"].is_null(), "{brief}");
        measured.push_str(&format!("{:<8} {text:>4} {bytes:>5}\n", words[0]));
        sums = (sums.0 + text, sums.1 + bytes);
    }
    assert_snapshot!(measured, @r"
    list      264   462
    queue      69   141
    show      535   670
    start      81   109
    tick       80   107
    note       60    87
    signoffs   92   162
    inbox       0    24
    status    198   351
    board     348   745
    ");
    assert!(sums.1 <= 2 * sums.0, "{sums:?}");
}

#[test]
fn short_json_has_the_keys_of_the_whole() {
    let world = world();
    for line in EVERY_DAY.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split(' ').collect();
        let mut schema = json_of_schema(&world, words[0]);
        optional(&mut schema);
        let (_, brief) = short(&world, &words);
        let validator = Validator::new(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&brief).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
    }
}

/// Returns what `--json` prints, and how many bytes it takes.
fn short(world: &Sandbox, words: &[&str]) -> (usize, Value) {
    let printed = world.copied().tracker(&[words, &["--json"]].concat()).stdout;
    (printed.len(), serde_json::from_str(&printed).unwrap())
}

fn json_of_schema(world: &Sandbox, command: &str) -> Value {
    serde_json::from_str(&world.tracker(&["schema", command]).stdout).unwrap()
}

/// Makes every key optional.
fn optional(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("required");
            object.values_mut().for_each(optional);
        }
        Value::Array(items) => items.iter_mut().for_each(optional),
        _ => {}
    }
}

#[test]
fn every_answer_can_be_narrowed_and_limited() {
    let world = world();
    assert_snapshot!(typed(&world, "
        queue --fields id,title
        show d4r --fields id,estimate,checkboxes --json
        signoffs --fields task,role
        board --fields id --json
        status --fields branch,open_count
        new Never written --fields titel
        list --max-bytes 120
        list --max-bytes 300 --json
        show d4r --max-bytes 100
        list --max-bytes 9
    "), @r#"
    $ tracker queue --fields id,title
    exit 0
    --- stdout
    id         title
    TASK-S3SS  Session expires while typing
    --- stderr
    1 task

    $ tracker show d4r --fields id,estimate,checkboxes --json
    exit 0
    --- stdout
    {"result":{"task":{"id":"TASK-D4RK","estimate_minutes":45,"checkboxes":[{"number":1,"section":"Deliverables","text":"toggle in settings","done":true},{"number":2,"section":"Deliverables","text":"two colours from one table","done":false},{"number":3,"section":"Acceptance criteria","text":"nobody is blinded","done":false}]}}}

    $ tracker signoffs --fields task,role
    exit 0
    --- stderr
    0 pending sign-offs

    $ tracker board --fields id --json
    exit 0
    --- stdout
    {"result":{"columns":[{"tasks":[{"id":"TASK-S3SS"},{"id":"TASK-EXP0"}]},{"tasks":[{"id":"TASK-D4RK"}]},{"tasks":[{"id":"TASK-C0DE"}]}]}}

    $ tracker status --fields branch,open_count
    exit 0
    --- stdout
    branch  open_count
    main    3
    --- stderr
    3 open tasks, 1 can begin

    $ tracker new Never written --fields titel
    exit 2
    --- stderr
    error: unknown field `titel`
      hint: did you mean `title`?

    $ tracker list --max-bytes 120
    exit 0
    --- stdout
    TASK-S3SS  critical  none  pending  Session expires while typing                     1d
    more: 2 lines
    --- stderr
    3 tasks; 1 closed hidden, see `tracker list --all`

    $ tracker list --max-bytes 300 --json
    exit 0
    --- stdout
    {"result":{"tasks":[{"id":"TASK-S3SS","title":"Session expires while typing","priority":"critical","stage":"none","created":"2026-11-10"}],"hidden":1},"more":2}

    $ tracker show d4r --max-bytes 100
    exit 0
    --- stdout
    TASK-D4RK  Add dark mode to the dashboard  in progress
    more: 21 lines

    $ tracker list --max-bytes 9
    exit 2
    --- stderr
    error: invalid value '9' for '--max-bytes <BYTES>': expected a number of bytes, 100 at least

    For more information, try '--help'.
    "#);
    assert!(!world.tracker(&["list", "--all"]).stdout.contains("Never written"));
}
