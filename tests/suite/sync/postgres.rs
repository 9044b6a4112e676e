//! Synchronisation with a table of a PostgreSQL database, end to end: a real server, and what `psql` sees.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::server::{Server, server};
use crate::support::{Output, Sandbox};

/// The table as its owners make it.
const SCHEMA: &str = "\
CREATE TABLE legion_tasks (
    id UUID PRIMARY KEY,
    project_name VARCHAR(100),
    title TEXT NOT NULL,
    description TEXT,
    task_type VARCHAR(50),
    priority VARCHAR(20),
    status VARCHAR(50),
    assigned_agent VARCHAR(100),
    feature_area VARCHAR(100),
    estimated_duration_minutes INTEGER,
    dependencies JSONB,
    metadata JSONB,
    synced_to_project BOOLEAN DEFAULT FALSE,
    synced_task_id INTEGER,
    synced_at TIMESTAMP,
    created_at TIMESTAMP DEFAULT NOW(),
    updated_at TIMESTAMP DEFAULT NOW()
);
";
const DARK: &str = "a1b2c3d4-5678-90ab-cdef-1234567890ab";
const OTHER: &str = "b2b2c3d4-5678-90ab-cdef-1234567890ab";
const CONFIG: &str = "\
format = 2
id_scheme = \"sequential\"
[pipeline]
stages = [\"dev\", \"qa\"]
[stage.qa]
signoffs = [\"code-reviewer\", \"security-auditor\", \"test-automator\"]
advance = \"manual\"
[roles.code-reviewer]
[roles.security-auditor]
[roles.test-automator]
";

/// A tracker and a database beside it.
struct World {
    sandbox: Sandbox,
    server: &'static Server,
    database: &'static str,
}

impl World {
    /// Makes a database with the schema and these rows; none where there is no server.
    fn new(database: &'static str, rows: &str) -> Option<Self> {
        let server = server()?;
        server.database(database, &format!("{SCHEMA}{rows}"));
        let world = Self { sandbox: Sandbox::new(), server, database };
        assert_eq!(world.run(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
        world.sandbox.write(".tracker/config.toml", CONFIG);
        let added = world.run(&["sync", "add", "legion", "--postgres", "--project", "Magnus"]);
        assert_eq!(added.status, 0, "{added}");
        world.commit();
        Some(world)
    }

    fn commit(&self) {
        self.sandbox.git(&["add", "--all"]);
        self.sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Records"]);
    }

    /// Runs the tracker with the variables of the database.
    fn run(&self, args: &[&str]) -> Output {
        self.sandbox.tracker_with("", args, |command| self.prepare(command))
    }

    fn prepare(&self, command: &mut std::process::Command) {
        command
            .env("LEGION_DB_HOST", self.server.folder())
            .env("LEGION_DB_NAME", self.database)
            .env("LEGION_DB_USER", "postgres");
    }

    /// Returns an answer without the folder of the server.
    fn masked(&self, output: &Output) -> String {
        output.to_string().replace(&self.server.folder().display().to_string(), "[SOCKET]")
    }

    fn sql(&self, sql: &str) -> String {
        self.server.sql(self.database, sql)
    }

    /// What the other side sees of a task.
    fn seen(&self) -> String {
        self.sql(
            "SELECT status, metadata->'magnus_sync'->>'progress_percentage', \
             metadata->'magnus_sync'->>'qa_sign_offs', updated_at > created_at FROM legion_tasks",
        )
    }
}

/// Inserts a row of the project.
fn row(id: &str, values: &str) -> String {
    format!("INSERT INTO legion_tasks (id, project_name, {values};\n").replacen(
        "VALUES (",
        &format!("VALUES ('{id}', 'Magnus', "),
        1,
    )
}

fn dark() -> String {
    row(
        DARK,
        "title, description, task_type, priority, status, feature_area, estimated_duration_minutes) VALUES (\
         'Add Dark Mode to Dashboard', 'Implement dark mode toggle for all dashboard pages', 'feature', 'medium', \
         'pending', 'ui-enhancement', 45)",
    )
}

#[test]
fn a_row_goes_from_pending_to_qa_approved() {
    // 1 to 3: a task is created there, taken, and seen here.
    let Some(world) = World::new("ten_steps", &dark()) else { return };
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stdout
    new here  TASK-1  a1b2c3d4-5678-90ab-cdef-1234567890ab  Add Dark Mode to Dashboard  pending there, and new
    --- stderr
    legion: 1 new here
    ");
    assert_snapshot!(world.sandbox.read(".tracker/tasks/TASK-1.md"), @r"
    ---
    id: TASK-1
    title: Add Dark Mode to Dashboard
    type: feature
    priority: medium
    area: ui-enhancement
    tags: [legion-sync]
    estimate: 45m
    source: legion:a1b2c3d4-5678-90ab-cdef-1234567890ab
    created: 2026-11-11
    stage: none
    ---

    Implement dark mode toggle for all dashboard pages
    ");
    assert_snapshot!(world.sql("SELECT synced_to_project, synced_task_id, synced_at IS NOT NULL, metadata FROM legion_tasks"), @r#"t|1|t|{"magnus_sync": {"task": "TASK-1"}}"#);
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stderr
    legion: nothing to do
    ");
    // 4: work begins.
    assert_eq!(world.run(&["start", "1"]).status, 0);
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stdout
    changed  TASK-1  a1b2c3d4-5678-90ab-cdef-1234567890ab  Add Dark Mode to Dashboard  status, assignee, signoffs to legion
    --- stderr
    legion: 1 changed
    ");
    assert_snapshot!(world.seen(), @"in_progress||0/3|t");
    // 5 and 6: it is done, and waits for approvals.
    assert_eq!(world.run(&["advance", "1"]).status, 0);
    world.commit();
    assert_eq!(world.run(&["sync"]).status, 0);
    assert_snapshot!(world.seen(), @"completed|50|0/3|t");
    // 7: agents approve.
    for role in ["code-reviewer", "security-auditor", "test-automator"] {
        assert_eq!(world.run(&["approve", "1", "--as", role, "--notes", "fine"]).status, 0);
        world.commit();
        if role == "security-auditor" {
            assert_snapshot!(world.run(&["sync", "--push"]), @r"
            exit 0
            --- stdout
            changed  TASK-1  a1b2c3d4-5678-90ab-cdef-1234567890ab  Add Dark Mode to Dashboard  signoffs to legion
            --- stderr
            legion: 1 changed
            ");
            assert_snapshot!(world.seen(), @"completed|50|2/3|t");
        }
    }
    // 8 to 10: it is finalised, and the database sees that.
    assert_eq!(world.run(&["advance", "1"]).status, 0);
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stdout
    changed  TASK-1  a1b2c3d4-5678-90ab-cdef-1234567890ab  Add Dark Mode to Dashboard  status, progress, signoffs to legion
    --- stderr
    legion: 1 changed
    ");
    assert_snapshot!(world.seen(), @"qa_approved|100|3/3|t");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stderr
    legion: nothing to do
    ");
    assert_snapshot!(world.run(&["sync", "status"]), @r"
    exit 0
    --- stdout
    legion  tracking 1 task · last run 1m, 0 changes
      TASK-1  a1b2c3d4-5678-90ab-cdef-1234567890ab
    ");
}

#[test]
fn a_bad_row_is_named_and_the_others_are_taken() {
    let long = "repeat('x', 10485760)";
    let rows = [
        row(
            "00000000-0000-0000-0000-000000000001",
            &format!("title, description, status) VALUES ('Long', {long}, 'pending')"),
        ),
        row("00000000-0000-0000-0000-000000000002", "title) VALUES (E'A\\u001b[2Jtitle')"),
        row(
            "00000000-0000-0000-0000-000000000003",
            "title, status, estimated_duration_minutes, dependencies, metadata) VALUES ('Odd', 'resting', -5, '{\"a\":1}', '[1]')",
        ),
        row("00000000-0000-0000-0000-000000000004", "title, status) VALUES ('  ', 'pending')"),
        row(
            "00000000-0000-0000-0000-000000000005",
            "title, description) VALUES ('[x](y) ''; DROP TABLE legion_tasks; --', E'---\\nid: TASK-9\\n---\\n- [x] paid')",
        ),
        row("00000000-0000-0000-0000-000000000006", "title, status) VALUES ('Over', 'Completed')"),
        row(
            "00000000-0000-0000-0000-000000000007",
            "title, synced_to_project, synced_task_id) VALUES ('Taken', TRUE, 12)",
        ),
        row(
            "00000000-0000-0000-0000-000000000008",
            "title, metadata) VALUES ('Claims a task', '{\"magnus_sync\": {\"task\": \"TASK-77\"}}')",
        ),
        row(
            "00000000-0000-0000-0000-000000000009",
            "title, dependencies) VALUES ('A', '[\"00000000-0000-0000-0000-000000000010\"]')",
        ),
        row(
            "00000000-0000-0000-0000-000000000010",
            "title, dependencies) VALUES ('B', '[\"00000000-0000-0000-0000-000000000009\", \"no\"]')",
        ),
    ];
    let Some(world) = World::new("bad_rows", &rows.concat()) else { return };
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stdout
    new here  TASK-1  00000000-0000-0000-0000-000000000001  Long                                   pending there, and new
    new here  TASK-2  00000000-0000-0000-0000-000000000003  Odd                                    new there
    new here  TASK-3  00000000-0000-0000-0000-000000000005  [x](y) '; DROP TABLE legion_tasks; --  pending there, and new
    new here  TASK-4  00000000-0000-0000-0000-000000000009  A                                      pending there, and new
    new here  TASK-5  00000000-0000-0000-0000-000000000010  B                                      pending there, and new
    changed   TASK-4  00000000-0000-0000-0000-000000000009  A                                      dependencies from legion
    --- stderr
    warning: `00000000-0000-0000-0000-000000000001`: description has more than 65536 bytes; it is left out
    warning: `00000000-0000-0000-0000-000000000002`: a line has control characters
    warning: `00000000-0000-0000-0000-000000000003`: dependencies is not a list of ids; it is left out
    warning: `00000000-0000-0000-0000-000000000003`: estimated_duration_minutes is not a number of minutes; it is left out
    warning: `00000000-0000-0000-0000-000000000003`: unknown status `resting`; map it under [sync.legion.status]; its status is left out
    warning: `00000000-0000-0000-0000-000000000004`: a task needs a title
    warning: `00000000-0000-0000-0000-000000000010`: TASK-5 cannot depend on TASK-4, which depends on it; dependencies of TASK-5 stays
    legion: 5 new here, 1 changed, 7 with problems, 1 skipped (00000000-0000-0000-0000-000000000008: it belongs to TASK-77, which is not here)
    ");
    assert_snapshot!(world.sandbox.read(".tracker/tasks/TASK-3.md"), @r#"
    ---
    id: TASK-3
    title: "[x](y) '; DROP TABLE legion_tasks; --"
    tags: [legion-sync]
    source: legion:00000000-0000-0000-0000-000000000005
    created: 2026-11-11
    stage: none
    ---

    ---
    id: TASK-9
    ---
    - [ ] paid
    "#);
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stderr
    warning: `00000000-0000-0000-0000-000000000001`: description has more than 65536 bytes; it is left out
    warning: `00000000-0000-0000-0000-000000000002`: a line has control characters
    warning: `00000000-0000-0000-0000-000000000003`: dependencies is not a list of ids; it is left out
    warning: `00000000-0000-0000-0000-000000000003`: estimated_duration_minutes is not a number of minutes; it is left out
    warning: `00000000-0000-0000-0000-000000000004`: a task needs a title
    legion: 5 with problems, 1 skipped (00000000-0000-0000-0000-000000000008: it belongs to TASK-77, which is not here)
    ");
    assert_snapshot!(world.masked(&world.run(&["sync", "doctor"])), @r"
    exit 0
    --- stdout
    ✓ project: Magnus
    ✓ connection: it answers, and has title, status, priority, type, assignee, area, estimate, body, dependencies, metadata, progress, signoffs
    ✓ writable: fields can be changed there
    ✓ new items cannot be created there
    ✓ 3 items in scope
    ✓ status: 1 pending; closed ones are not taken
    ✓ table: postgres@[SOCKET]/bad_rows, table legion_tasks
    ✓ rows of `Magnus`: 10
    ✓ flags: 6 rows are marked as synced, 4 are not
    ✓ not synced: 2 no status, 1 Completed, 1 pending; completed and cancelled ones are not taken
    ✓ tracking 5 tasks
    ✓ 0 tasks wait for a person
    ✓ 0 unfinished changes
    ");
    assert_eq!(world.run(&["doctor"]).status, 0);
    // One row that cannot be written keeps no other from being written.
    world.sql("ALTER TABLE legion_tasks ADD CHECK (title <> 'Refused')");
    for (id, title) in [("1", "Refused"), ("2", "Written")] {
        assert_eq!(world.run(&["set", id, &format!("title={title}")]).status, 0);
    }
    assert_snapshot!(world.run(&["sync"]), @r#"
    exit 0
    --- stdout
    changed  TASK-2  00000000-0000-0000-0000-000000000003  Written  title to legion
    --- stderr
    warning: TASK-1: not written there: new row for relation "legion_tasks" violates check constraint "legion_tasks_title_check"
    warning: `00000000-0000-0000-0000-000000000001`: description has more than 65536 bytes; it is left out
    warning: `00000000-0000-0000-0000-000000000002`: a line has control characters
    warning: `00000000-0000-0000-0000-000000000003`: dependencies is not a list of ids; it is left out
    warning: `00000000-0000-0000-0000-000000000003`: estimated_duration_minutes is not a number of minutes; it is left out
    warning: `00000000-0000-0000-0000-000000000004`: a task needs a title
    legion: 1 changed, 6 with problems, 1 skipped (00000000-0000-0000-0000-000000000008: it belongs to TASK-77, which is not here)
    "#);
}

#[test]
fn what_the_server_does_not_do_is_reported() {
    let Some(world) = World::new("trouble", "") else { return };
    let with = |args: &[&str], name: &str, value: &str| {
        world.sandbox.tracker_with("", args, |command| {
            world.prepare(command);
            command.env(name, value);
        })
    };
    assert_snapshot!(world.masked(&with(&["sync"], "LEGION_DB_HOST", "/nowhere")), @r"
    exit 2
    --- stderr
    error: `legion` cannot connect: postgres@/nowhere/trouble: error connecting to server: No such file or directory (os error 2)
      hint: nothing is lost: the next run goes on; tracker sync doctor shows what is wrong
    ");
    assert_snapshot!(world.masked(&with(&["sync", "doctor"], "LEGION_DB_NAME", "no_such")), @r#"
    exit 1
    --- stdout
    ✓ project: Magnus
    ✗ connection: `legion` cannot connect: postgres@[SOCKET]/no_such: database "no_such" does not exist
        set LEGION_DB_HOST, _PORT, _NAME, _USER and _PASSWORD, or PGHOST, PGPORT, …; see tracker help sync
    "#);
    assert_snapshot!(with(&["sync"], "LEGION_DB_SSLMODE", "perhaps"), @r"
    exit 2
    --- stderr
    error: invalid sslmode `perhaps` (expected one of disable, allow, prefer, require, verify-ca, verify-full)
      hint: tracker help sync names the variables
    ");
    // A file of variables counts where somebody names it, and what is set comes first.
    world.sandbox.write("db.env", "LEGION_DB_NAME=no_such\nLEGION_DB_PORT=1\n");
    assert_eq!(world.run(&["sync"]).status, 0);
    assert_snapshot!(world.masked(&world.run(&["sync", "--env-file", "db.env"])), @r"
    exit 2
    --- stderr
    error: `legion` cannot connect: postgres@[SOCKET]:1/trouble: error connecting to server: No such file or directory (os error 2)
      hint: nothing is lost: the next run goes on; tracker sync doctor shows what is wrong
    ");
    // Rows that may not be changed are taken all the same, and `doctor` reports why they are not marked.
    let reader = "CREATE ROLE trouble_reader LOGIN; GRANT SELECT ON legion_tasks TO trouble_reader;";
    world.sql(&format!("{reader}{}", dark()));
    assert_snapshot!(with(&["sync"], "LEGION_DB_USER", "trouble_reader"), @r"
    exit 0
    --- stdout
    new here  TASK-1  a1b2c3d4-5678-90ab-cdef-1234567890ab  Add Dark Mode to Dashboard  pending there, and new
    --- stderr
    legion: 1 new here
    ");
    assert_snapshot!(world.masked(&with(&["sync", "doctor"], "LEGION_DB_USER", "trouble_reader")), @r"
    exit 1
    --- stdout
    ✓ project: Magnus
    ✓ connection: it answers, and has title, status, priority, type, assignee, area, estimate, body, dependencies, metadata, progress, signoffs
    ✗ writable: fields can be changed there
        all of its fields are read-only there: grant the user UPDATE, or look at what the program reports
    ✓ new items cannot be created there
    ✓ 1 items in scope
    ✓ status: 1 pending; closed ones are not taken
    ✓ table: trouble_reader@[SOCKET]/trouble, table legion_tasks
    ✓ rows of `Magnus`: 1
    ✓ flags: 0 rows are marked as synced, 1 are not
    ✓ not synced: 1 pending; completed and cancelled ones are not taken
    ✓ tracking 1 tasks
    ✓ 0 tasks wait for a person
    ✓ 0 unfinished changes
    ");
    // A project of another spelling has no rows.
    world.sql("UPDATE legion_tasks SET project_name = 'magnus'");
    assert!(world.run(&["sync", "doctor"]).stdout.contains(
        "✗ rows of `Magnus`: 0\n    there are rows of magnus; the name is the same in every letter\n"
    ));
    world.sql("UPDATE legion_tasks SET project_name = 'Magnus'");
    world.sql("ALTER TABLE legion_tasks RENAME COLUMN title TO subject");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 2
    --- stderr
    error: `legion` cannot read the table: the table `legion_tasks` has no column `title`
      hint: nothing is lost: the next run goes on; tracker sync doctor shows what is wrong
    ");
    let config = world.sandbox.read(".tracker/config.toml") + "[sync.legion.columns]\ntitle = \"subject\"\n";
    world.sandbox.write(".tracker/config.toml", config);
    world.commit();
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 0
    --- stderr
    legion: nothing to do
    ");
    world.sql("ALTER TABLE legion_tasks RENAME TO other_tasks");
    assert_snapshot!(world.run(&["sync"]), @r"
    exit 2
    --- stderr
    error: `legion` cannot read the table: there is no table `legion_tasks`
      hint: nothing is lost: the next run goes on; tracker sync doctor shows what is wrong
    ");
}

#[test]
fn a_server_that_stops_in_the_middle_loses_nothing() {
    // The connection ends while rows are written.
    let stop = "CREATE FUNCTION stop() RETURNS trigger AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); \
                PERFORM pg_sleep(10); RETURN NEW; END $$ LANGUAGE plpgsql; \
                CREATE TRIGGER stop BEFORE UPDATE ON legion_tasks FOR EACH ROW EXECUTE FUNCTION stop();";
    let Some(world) = World::new("stopped", &format!("{}{stop}", dark())) else { return };
    let output = world.run(&["sync"]);
    let is_reported = output.stderr.starts_with("error: `legion` cannot write rows: ");
    assert!(output.status == 2 && is_reported, "{output}");
    assert_eq!(world.sql("SELECT synced_to_project FROM legion_tasks"), "f\n");
    let status = world.run(&["sync", "status"]).stdout;
    assert!(status.contains("\n  ! 1 change unfinished; the next run goes on with them\n"), "{status}");
    world.sql("DROP TRIGGER stop ON legion_tasks");
    assert_eq!(world.run(&["sync"]).status, 0);
    assert_eq!(world.sql("SELECT synced_to_project FROM legion_tasks"), "t\n");
    assert_eq!(world.run(&["list", "--fields", "id"]).stdout, "id\nTASK-1\n");
    assert_eq!(world.run(&["sync"]).stderr, "legion: nothing to do\n");
}

#[test]
fn two_clones_at_once_take_each_row_once() {
    let rows: Vec<String> = (0..15)
        .map(|at| {
            row(
                &format!("00000000-0000-0000-0000-0000000000{at:02}"),
                &format!("title) VALUES ('Task {at}')"),
            )
        })
        .collect();
    let Some(world) = World::new("two_clones", &rows.concat()) else { return };
    let config = world.sandbox.read(".tracker/config.toml").replace("sequential", "random");
    world.sandbox.write(".tracker/config.toml", config);
    world.commit();
    let other = World { sandbox: world.sandbox.copied(), server: world.server, database: world.database };
    let world = &world;
    let start = |world: &World| {
        let mut command = world.sandbox.tracker_command(&["sync", "--quiet"]);
        world.prepare(&mut command);
        command.spawn().unwrap()
    };
    let mut running = [start(world), start(world), start(&other), start(&other)];
    // Of two in one clone one may be sent away; nothing else may fail.
    let codes: Vec<Option<i32>> = running.iter_mut().map(|child| child.wait().unwrap().code()).collect();
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 2))), "{codes:?}");
    for clone in [world, &other] {
        assert_eq!(clone.run(&["sync"]).status, 0);
        assert_eq!(clone.run(&["sync"]).stderr, "legion: nothing to do\n");
    }
    assert_eq!(world.sql("SELECT count(*), count(DISTINCT synced_task_id), count(DISTINCT metadata->'magnus_sync'->'task') FROM legion_tasks WHERE synced_to_project"), "15|15|15\n");
    // A row that both have taken is the same task in both.
    let both = [world, &other].map(|world| world.run(&["list", "--fields", "id,source"]).stdout);
    let lines: BTreeSet<&str> = both.iter().flat_map(|list| list.lines().skip(1)).collect();
    assert_eq!(lines.len(), 15, "{both:?}");
}

#[test]
fn again_and_again_takes_what_is_new() {
    use std::io::{BufRead, BufReader};
    let Some(world) = World::new("again", &dark()) else { return };
    let mut command = world.sandbox.tracker_command(&["sync", "--every", "5m"]);
    world.prepare(&mut command);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "legion: 1 new here");
    assert_eq!(lines.next().unwrap(), "legion: nothing to do");
    world.sql(&row(OTHER, "title) VALUES ('Another')"));
    let news = lines.by_ref().find(|line| line != "legion: nothing to do");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(news.unwrap(), "legion: 1 new here");
    assert_eq!(world.sql("SELECT count(*) FROM legion_tasks WHERE synced_to_project"), "2\n");
    assert_snapshot!(world.run(&["show", "1"]), @r"
    exit 0
    --- stdout
    TASK-1  Add Dark Mode to Dashboard  pending
      feature · medium · ui-enhancement · unassigned · estimate 45m · created 2026-11-11 · #legion-sync
      [none] > dev > qa > complete
      Linked: legion:a1b2c3d4-5678-90ab-cdef-1234567890ab

      Implement dark mode toggle for all dashboard pages

      Next: tracker start TASK-1
    ");
    assert_snapshot!(world.run(&["board"]), @r"
    exit 0
    --- stdout
    2 total · 0 QA approved · 0 done · 0 awaiting QA · 0 in progress · 0 pending sign-offs · 0 rejections · 0 blocking findings · 0 blocked
    none 2
      TASK-1  medium  pending  Add Dark Mode to Dashboard  legion:a1b2c3d4-5678-90ab-cdef-1234567890ab
      TASK-2  -       pending  Another                     legion:b2b2c3d4-5678-90ab-cdef-1234567890ab
    dev 0
    qa 0
    complete 0
    ");
}
