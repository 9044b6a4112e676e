//! `tracker report`

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use serde_json::Value;

use super::world;
use crate::support::Sandbox;

/// Runs the tracker with words split at spaces; `_` means a space within a word. A vote that does not count is cast all the
/// same.
fn run(sandbox: &Sandbox, line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
    let output = sandbox.tracker(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let is_cast = output.status == 1 && output.stdout.contains("it does not count: ");
    assert!(output.status == 0 || is_cast, "{line}: {output}");
    output.stdout
}

fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// A closed sprint with one delivered and one carried task, and the sprint after it, planned.
fn closed() -> Sandbox {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile solo");
    run(&sandbox, "new Wire_|_<b>bold</b> --id TASK-0NE1 --type feature --estimate 2h --sprint SPRINT-1");
    run(
        &sandbox,
        "new Second --id TASK-TW02 --priority high --sprint SPRINT-1 --deliverable a_switch --depends-on 0ne1",
    );
    run(&sandbox, "new Third --id TASK-THR3");
    run(
        &sandbox,
        "sprint new SPRINT-1 --title Dark_mode --goal One_*table* --starts 2026-11-11 --ends 2026-11-24 --capacity 8h",
    );
    run(&sandbox, "sprint new SPRINT-2");
    commit(&sandbox, "Plan");
    run(&sandbox, "sprint start SPRINT-1");
    run(&sandbox, "start 0ne1");
    sandbox.write("src/one.txt", "one\n");
    run(&sandbox, "set-stage 0ne1 complete");
    commit(&sandbox, "Task: TASK-0NE1");
    sandbox.write("post.md", "## Summary\n\nIt *went* well.\n\n## Action items\n\n- fix: the flaky test\n");
    run(&sandbox, "sprint close SPRINT-1 --carry-over SPRINT-2 --from post.md");
    sandbox
}

#[test]
fn every_report_is_markdown_a_page_and_data() {
    let sandbox = closed();
    for name in [
        "cards",
        "board",
        "sprint SPRINT-1",
        "plan",
        "history",
        "activity",
        "handoff",
        "postmortem SPRINT-1",
        "changelog",
    ] {
        let markdown = run(&sandbox, &format!("report {name}"));
        // Cards keep titles as they are: an import reads them back.
        let is_text = name == "cards" || !markdown.contains("<b>");
        assert!(markdown.starts_with("# ") && is_text, "{name}: {markdown}");
        // What is until now is another thing a minute later.
        let again = run(&sandbox, &format!("report {name} --format markdown"));
        assert!(again == markdown || name == "activity" || name == "handoff", "{name}");
        let page = run(&sandbox, &format!("report {name} --format html"));
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{name}: {page}");
        assert!(
            !page.contains("<script") && !page.contains("<b>") && !page.contains("<img"),
            "{name}: {page}"
        );
        let answer: Value =
            serde_json::from_str(&run(&sandbox, &format!("report {name} --format json"))).unwrap();
        let data: Value = serde_json::from_str(&run(&sandbox, &format!("report {name} --context"))).unwrap();
        assert!(data.is_object(), "{name}: {data}");
        assert_eq!(answer["result"]["report"], name.split(' ').next().unwrap());
        assert_eq!(answer["result"]["data"].is_object(), data.is_object(), "{name}");
    }
    run(&sandbox, "report board --output board.html");
    assert!(sandbox.read("board.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_closed_sprint_is_reported_as_its_close_wrote_it() {
    let sandbox = closed();
    run(&sandbox, "set 0ne1 title=Renamed type=bug estimate=40h");
    commit(&sandbox, "Rename");
    for (report, file) in [
        ("sprint SPRINT-1", "report.md"),
        ("sprint SPRINT-1 --format html", "report.html"),
        ("postmortem SPRINT-1", "POSTMORTEM.md"),
        ("changelog SPRINT-1", "CHANGELOG.md"),
    ] {
        let written = sandbox.read(format!(".tracker/sprints/SPRINT-1/{file}"));
        assert_eq!(run(&sandbox, &format!("report {report}")), written, "{report}");
    }
}

#[test]
fn a_plan_has_its_tasks_in_order_with_what_they_wait_for() {
    let sandbox = closed();
    run(&sandbox, "set thr3 sprint=SPRINT-2");
    assert_eq!(sandbox.tracker(&["set", "tw02", "depends_on+=THR3"]).status, 0);
    let plan: Value = serde_json::from_str(&run(&sandbox, "report plan --context")).unwrap();
    let ids: Vec<&str> =
        plan["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().position(|id| *id == "TASK-TW02"), Some(ids.len() - 1), "{ids:?}");
    assert_eq!(
        (&plan["carried"][0]["task"], &plan["carried"][0]["sprint"]),
        (&"TASK-TW02".into(), &"SPRINT-1".into())
    );
    assert_eq!(plan["actions"][0]["title"], "the flaky test");
    let text = run(&sandbox, "report plan SPRINT-1");
    assert!(text.contains("> One *table*") && text.contains("- Capacity: 8h; 6h are spare"), "{text}");
    assert!(text.contains("### TASK-TW02 Second\n\n- [ ] a switch"), "{text}");
}

#[test]
fn a_handoff_tells_what_was_done_decided_tried_and_left() {
    let sandbox = closed();
    run(&sandbox, "note tw02 --kind decision one_table");
    run(&sandbox, "note tw02 --kind tried a_cache");
    run(&sandbox, "note tw02 --kind cause the_clock");
    run(&sandbox, "start tw02");
    let config =
        sandbox.read(".tracker/config.toml") + "\n[reports]\nrun = [\"make run\"]\ntest = [\"make test\"]\n";
    sandbox.write(".tracker/config.toml", config);
    let text = run(&sandbox, "report handoff --since 2d");
    for part in [
        "- **TASK-0NE1** Wire &#124; &lt;b&gt;bold&lt;/b&gt; (done, Ada Lovelace, ",
        "## Decisions\n\n- TASK-TW02 Second (Ada Lovelace, ",
        "  > one table\n",
        "## Tried and ruled out\n\n- TASK-TW02",
        "- **Cause** (Ada Lovelace, ",
        "| `src/one.txt` | TASK-0NE1 |",
        "1. **TASK-TW02** Second: dev, in progress",
        "Next: `tracker tick TASK-TW02 1`",
        "make test\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!run(&sandbox, "report handoff --since HEAD").contains("src/one.txt"));
    let wrong = sandbox.tracker(&["report", "handoff", "--since", "long ago"]);
    assert!(wrong.status == 2 && wrong.stderr.contains("invalid time `long ago`"), "{wrong}");
}

#[test]
fn activity_is_by_task_and_by_person() {
    let sandbox = closed();
    let data: Value = serde_json::from_str(&run(&sandbox, "report activity --context")).unwrap();
    let task = data["tasks"].as_array().unwrap().iter().find(|task| task["id"] == "TASK-0NE1").unwrap();
    let kinds: Vec<&str> =
        task["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "moved", "moved", "committed"]);
    assert_eq!(data["people"][0]["name"], "Ada Lovelace");
    assert!(run(&sandbox, "report activity --since tomorrow").contains("Nothing happened."));
}

#[test]
fn reports_say_what_they_can_be_narrowed_to() {
    let sandbox = closed();
    for (line, part) in [
        ("report history SPRINT-1", "report `history` is of no single sprint"),
        ("report board --since 7d", "report `board` takes no --since"),
        ("report sprint SPRINT-2", "SPRINT-2 has not started"),
        ("report board SPRINT-9", "no sprint `SPRINT-9`"),
        ("--format sarif report board", "has no format `sarif`"),
        ("--format html list", "has no format `html`"),
    ] {
        let output = sandbox.tracker(&line.split(' ').collect::<Vec<_>>());
        assert!(output.status == 2 && output.stderr.contains(part), "{line}: {output}");
    }
}

#[test]
fn a_template_of_the_team_s_takes_the_place_and_a_broken_one_names_its_line() {
    let sandbox = closed();
    sandbox.write(".tracker/templates/board.md.j2", "# Ours\n\n{{ metrics.total }} tasks\n");
    assert_eq!(run(&sandbox, "report board"), "# Ours\n\n3 tasks\n".replace('3', "4"));
    assert!(run(&sandbox, "report board --format html").contains("<title>Ours</title>"));
    sandbox.write(".tracker/templates/board.html.j2", "<p>{{ metrics.total }}</p>\n");
    assert_eq!(run(&sandbox, "report board --format html"), "<p>4</p>\n");
    sandbox.write(".tracker/templates/board.md.j2", "# Ours\n\n{{ metric.total }}\n");
    let broken = sandbox.tracker(&["report", "board"]);
    assert!(broken.status != 0 && broken.stderr.contains("template `board.md.j2`, line 3"), "{broken}");
    assert!(run(&sandbox, "report board --context").contains("\"metrics\""));
}

#[test]
fn cards_show_votes_and_findings_and_an_import_leaves_them_out() {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile team");
    run(&sandbox, "new One --id TASK-0NE1 --template --deliverable a_table");
    run(&sandbox, "start 0ne1");
    run(&sandbox, "set-stage 0ne1 qa");
    sandbox.write("one.txt", "one\n");
    commit(&sandbox, "Task: TASK-0NE1");
    run(&sandbox, "approve 0ne1 --as code-reviewer -m clean");
    sandbox.write(
        "bugs.json",
        r#"[{"severity": "high", "title": "Leaks a `token`", "file": "one.txt", "line": 1}]"#,
    );
    let _ = sandbox.tracker(&["findings", "import", "bugs.json", "--task", "0ne1", "--as", "test-automator"]);
    let cards = run(&sandbox, "report cards");
    assert!(cards.contains("**Sign-offs:** <!-- tracker: derived -->\n- ✗ issues found\n"), "{cards}");
    assert!(cards.contains("- ✅ code-reviewer: approved by Ada Lovelace, 2026-"), "{cards}");
    assert!(cards.contains("- ❌ test-automator: rejected by Ada Lovelace"), "{cards}");
    assert!(cards.contains(" high: Leaks a \\`token\\`, one.txt:1 (test-automator)"), "{cards}");
    assert!(cards.contains("**Technical details:**"), "{cards}");
    let (other, body) = (Sandbox::new(), |sandbox: &Sandbox| {
        sandbox.read(".tracker/tasks/TASK-0NE1.md").split_once("\n---\n").unwrap().1.to_owned()
    });
    run(&other, "init --profile team");
    other.write("cards.md", cards);
    run(&other, "import cards cards.md");
    assert_eq!(body(&other), body(&sandbox));
}

#[test]
fn a_report_takes_the_place_of_the_old_one_in_one_step() {
    let sandbox = world();
    let args = ["report", "cards", "--output", "cards.md"];
    assert_eq!(sandbox.tracker(&args).status, 0);
    let inode = || fs::metadata(sandbox.path().join("cards.md")).unwrap().ino();
    let (first, kept) = (sandbox.read("cards.md"), inode());
    fs::hard_link(sandbox.path().join("cards.md"), sandbox.path().join("old.md")).unwrap();
    assert_eq!(sandbox.tracker(&["new", "More"]).status, 0);
    assert_eq!(sandbox.tracker(&args).status, 0);
    assert_ne!((sandbox.read("cards.md"), inode()), (first.clone(), kept));
    assert_eq!(sandbox.read("old.md"), first, "the old bytes were not written over");
}

#[test]
fn a_report_follows_no_link_and_leaves_nothing_behind() {
    let sandbox = world();
    sandbox.write("outside.md", "kept\n");
    symlink(sandbox.path().join("outside.md"), sandbox.path().join("cards.md")).unwrap();
    for (file, part) in
        [("cards.md", "symbolic link"), ("none/cards.md", "none/cards.md"), (".tracker", "file")]
    {
        let output = sandbox.tracker(&["report", "cards", "--output", file]);
        assert_eq!(output.status, 2, "{file}: {output}");
        assert!(output.stderr.contains(part), "{file}: {output}");
    }
    assert_eq!(sandbox.read("outside.md"), "kept\n");
    let names = fs::read_dir(sandbox.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".tmp")));
    assert_eq!(sandbox.tracker(&["report", "cards", "--output", "/dev/null"]).status, 0);
}
