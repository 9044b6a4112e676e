//! More of each kind, by commands: what must not be believed, and beside it what must go on.

use super::{CONFIG, ID, RECORD, RULES, by, commit, commit_by, ok, replace, run, stage, world};
use crate::support::{Output, Sandbox};

fn git(sandbox: &Sandbox, args: &[&str]) -> Output {
    sandbox.program_with("git", "", args, |_| {})
}

/// A server that judges `main`, and what it has been given.
fn served() -> Sandbox {
    let sandbox = world(&format!("{RULES}[policy]\nearned-moves = \"off\"\n"));
    sandbox.write("src/theme.rs", "fn theme() { fixed() }\n");
    commit(&sandbox, &format!("Fix it\n\nTask: {ID}"));
    sandbox.git(&["clone", "--quiet", "--bare", ".", "../server"]);
    ok(&sandbox.tracker_in("../server", &["hooks", "install", "--server"]));
    sandbox.git(&["remote", "add", "origin", "../server"]);
    ok(&git(&sandbox, &["push", "--quiet", "origin", "main:refs/heads/topic"]));
    sandbox
}

#[test]
fn a_server_keeps_what_it_has_however_it_is_asked_to_lose_it() {
    // Each is tried from `other`, which has main's content in a commit of its own.
    for (name, refs, is_taken) in [
        ("a rewind alone", &["+main~1:main"][..], false),
        ("a rewind beside honest work, all at once", &["--atomic", "+main~1:main", "other:new"], false),
        ("a deletion and a creation, all at once", &["--atomic", ":main", "other:refs/heads/other"], false),
        ("a rewind in the name of a lease", &["--force-with-lease", "+main~1:main"], false),
        ("a new branch", &["other:new"], true),
        ("work in progress, rewritten", &["+main~1:topic"], true),
        ("work in progress, deleted", &[":topic"], true),
    ] {
        let sandbox = served();
        sandbox.git(&["switch", "--quiet", "--create", "other"]);
        sandbox.git(&[
            "commit",
            "--quiet",
            "--amend",
            "--no-edit",
            "--allow-empty",
            "--author=Eve <eve@x.y>",
        ]);
        let before = sandbox.git_in("../server", &["rev-parse", "main"]);
        let pushed = git(&sandbox, &[&["push", "--quiet", "origin"], refs].concat());
        assert_eq!(pushed.status == 0, is_taken, "{name}: {pushed}");
        assert_eq!(sandbox.git_in("../server", &["rev-parse", "main"]), before, "{name}");
    }
}

#[test]
fn a_base_by_its_id_is_that_commit() {
    let sandbox = world(RULES);
    let honest = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    replace(&sandbox, CONFIG, "signoffs = [\"reviewer\"]\n", "signoffs = []\n");
    let lax = commit(&sandbox, "Nobody is asked");
    sandbox.write("src/theme.rs", "fn theme() { more() }\n");
    commit(&sandbox, &format!("More\n\nTask: {ID}"));
    // A branch that is called like a commit which is not here, and one like a commit that is.
    let absent = "0123456789abcdef0123456789abcdef01234567";
    for name in [absent, &honest] {
        sandbox.git(&["update-ref", &format!("refs/heads/{name}"), &lax]);
    }
    let missing = run(&sandbox, &format!("check --base {absent}"));
    assert_eq!(missing.status, 2, "{missing}");
    let judged = run(&sandbox, &format!("check --base {honest} --full"));
    assert!(judged.stdout.contains("part of the policy"), "{judged}");
    // Nor may a branch take the place of an id of which somebody gives the first digits.
    let short = &honest[..9];
    ok(&run(&sandbox, &format!("check --base {short}")));
    sandbox.git(&["update-ref", &format!("refs/heads/{short}"), &lax]);
    let ambiguous = run(&sandbox, &format!("check --base {short}"));
    assert!(ambiguous.status == 2 && ambiguous.stderr.contains("is ambiguous"), "{ambiguous}");
    assert_ne!(run(&sandbox, &format!("check --base refs/heads/{short}")).status, 2);
    // A branch beside the remote's of the same name decides nothing.
    sandbox.git(&["update-ref", "refs/remotes/origin/main", &honest]);
    sandbox.git(&["update-ref", "refs/heads/origin/main", &lax]);
    let judged = run(&sandbox, "check --base origin/main --full");
    assert!(judged.status == 2 || judged.stdout.contains("part of the policy"), "{judged}");
}

/// A report of findings that differ by their lines alone.
fn alike(sandbox: &Sandbox, file: &str, lines: &[u32]) -> Output {
    let result = |line: &u32| {
        format!(
            "{{\"ruleId\": \"bounds\", \"level\": \"error\", \"message\": {{\"text\": \"No check\"}}, \"locations\": \
             [{{\"physicalLocation\": {{\"artifactLocation\": {{\"uri\": \"{file}\"}}, \"region\": {{\"startLine\": {line}}}}}}}]}}"
        )
    };
    let results: Vec<String> = lines.iter().map(result).collect();
    let report = format!(
        "{{\"version\": \"2.1.0\", \"runs\": [{{\"tool\": {{\"driver\": {{\"name\": \"probe\"}}}}, \"results\": [{}]}}]}}",
        results.join(", ")
    );
    sandbox.write("report.sarif", report);
    by(sandbox, "Robot", "findings import report.sarif --task t3st --as reviewer --resolve-gone")
}

/// The lines of the findings that block.
fn blocking(sandbox: &Sandbox) -> Vec<String> {
    let shown = run(sandbox, "findings t3st");
    let lines = shown.stdout.lines().filter(|line| line.starts_with("blocks"));
    let mut places: Vec<String> = lines
        .filter_map(|line| line.split_whitespace().find(|word| word.contains(".rs:")).map(str::to_owned))
        .collect();
    places.sort();
    places
}

#[test]
fn a_waiver_stays_with_the_place_that_it_is_for() {
    for (name, then, open) in [
        ("both moved a little", &[11, 49][..], &["src/a.rs:49"][..]),
        ("the open one moved next to the waived one", &[10, 12], &["src/a.rs:12"]),
        ("only the open one is left", &[50], &["src/a.rs:50"]),
        ("only the waived one is left", &[10], &[]),
        ("a third came", &[10, 50, 30], &["src/a.rs:30", "src/a.rs:50"]),
        ("they came closer, and passed one another", &[29, 31], &["src/a.rs:31"]),
    ] {
        let sandbox = world(RULES);
        alike(&sandbox, "src/a.rs", &[10, 50]);
        let folder = sandbox.path().join(".tracker/findings").join(ID);
        let names = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let first =
            names.filter(|name| std::fs::read_to_string(folder.join(name)).unwrap().contains("line: 10"));
        let first = first.last().unwrap();
        let line = format!("findings waive t3st {} -m \"never reached\"", first.trim_end_matches(".yaml"));
        ok(&by(&sandbox, "Ken", &line));
        alike(&sandbox, "src/a.rs", then);
        assert_eq!(blocking(&sandbox), open, "{name}");
        // In another file it is another.
        alike(&sandbox, "src/b.rs", &[10]);
        assert!(blocking(&sandbox).contains(&"src/b.rs:10".to_owned()), "{name}");
    }
}

#[test]
fn readers_agree_on_what_is_no_record() {
    for (path, text) in [
        (".tracker/signoffs/TASK-T3ST/a.yml", "verdict: rejected\n"),
        (".tracker/signoffs/task-t3st/a.yaml", "verdict: rejected\n"),
        (".tracker/findings/TASK-T3ST/old/F1.yaml", "id: F1\n"),
        (".tracker/tasks/TASK-AAAA.MD", "---\nid: TASK-AAAA\ntitle: x\n---\n"),
        (".tracker/tasks/TASK-AAAA.md.orig", "---\nid: TASK-AAAA\ntitle: x\n---\n"),
    ] {
        let sandbox = world(RULES);
        sandbox.git(&["switch", "--quiet", "--create", "work"]);
        sandbox.write(path, text);
        commit(&sandbox, "Something like a record");
        let name = path.rsplit('/').next().unwrap();
        for line in ["doctor", "check", "check --base main --full"] {
            let output = run(&sandbox, line);
            assert!(format!("{output}").contains(name), "{line} of {path}: {output}");
        }
    }
}

#[test]
fn near_misses_in_a_record_are_reported_with_their_line() {
    for (old, new, says) in [
        ("created:", "Blocked: the law\ncreated:", "did you mean `blocked`?"),
        ("created:", "depends-on: [TASK-0THR]\ncreated:", "did you mean `depends_on`?"),
        ("## Deliverables", "##Deliverables", "the boxes below it count for nothing"),
        ("## Deliverables", "**Deliverables**", "the boxes below it count for nothing"),
        ("- [x] it", "- [x] it\n-[ ] and fast", "is no checkbox"),
    ] {
        let sandbox = world(RULES);
        replace(&sandbox, RECORD, old, new);
        for line in ["doctor", "check"] {
            let output = run(&sandbox, line).to_string();
            assert!(output.contains(says) && output.contains("TASK-T3ST.md:"), "{line} of {new}: {output}");
        }
    }
    // Keys of somebody's own are nobody's mistake.
    let sandbox = world(RULES);
    replace(&sandbox, RECORD, "created:", "customer: acme\nassigned: Ada and others\ncreated:");
    let doctor = run(&sandbox, "doctor");
    assert!(!doctor.stdout.contains("unknown key"), "{doctor}");
}

#[test]
fn letters_and_their_case_are_one_however_they_are_written() {
    let sandbox = world(RULES);
    // `é` as one letter, and as two.
    let (one, two) = ("Zo\u{e9}", "Zoe\u{301}");
    ok(&run(&sandbox, &format!("set t3st assignee={one} tags+=Caf\u{e9}")));
    ok(&run(&sandbox, "set t3st tags+=cafe\u{301}"));
    let record = sandbox.read(RECORD);
    assert_eq!(record.matches("af").count(), 1, "one tag, once: {record}");
    for query in [format!("assignee:{two}"), "tag:cafe\u{301}".to_owned(), "tag:CAF\u{c9}".to_owned()] {
        let found = sandbox.tracker(&["list", &query]);
        assert!(found.stdout.contains(ID), "{query}: {found}");
    }
    let started = sandbox.tracker_with("", &["start", "t3st"], |command| {
        for (key, value) in [("NAME", two), ("EMAIL", "zoe@example.com")] {
            command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
        }
    });
    assert_eq!(started.status, 0, "{started}");
}

#[test]
fn a_merge_is_not_committed_with_the_marks_of_a_conflict() {
    let sandbox = world(RULES);
    ok(&run(&sandbox, "hooks install"));
    sandbox.git(&["branch", "other"]);
    replace(&sandbox, RECORD, "title: Remember the theme", "title: Remember the colours");
    commit(&sandbox, "One title");
    sandbox.git(&["switch", "--quiet", "other"]);
    replace(&sandbox, RECORD, "title: Remember the theme", "title: Remember the font");
    commit(&sandbox, "Another title");
    let merged = git(&sandbox, &["merge", "main"]);
    assert_ne!(merged.status, 0, "{merged}");
    let made = git(&sandbox, &["commit", "--quiet", "--all", "--message", "Merge"]);
    assert!(made.status != 0 && made.stderr.contains("merge conflict"), "{made}");
    // Resolved, it is committed.
    let text = sandbox.read(RECORD);
    let begin = text.find("<<<<<<<").unwrap();
    let end = text[begin..].find(">>>>>>>").unwrap() + begin;
    let rest = text[end..].split_once('\n').unwrap().1;
    sandbox.write(RECORD, format!("{}title: Remember both\n{rest}", &text[..begin]));
    ok(&git(&sandbox, &["commit", "--quiet", "--all", "--message", "Merge"]));
}

#[test]
fn what_a_revert_leaves_to_be_committed_is_linked_as_well() {
    for how in [&["revert", "--no-edit", "HEAD"][..], &["revert", "--no-commit", "HEAD"]] {
        let sandbox = world(RULES);
        ok(&run(&sandbox, "hooks install"));
        sandbox.write("src/theme.rs", "fn theme() { more() }\n");
        commit(&sandbox, "More");
        sandbox.git(&["switch", "--quiet", "--create", "work"]);
        ok(&run(&sandbox, "start t3st --force"));
        sandbox.git(&["commit", "--quiet", "--all", "--allow-empty", "--message", "Start"]);
        sandbox.write("src/theme.rs", "fn theme() { most() }\n");
        sandbox.git(&["commit", "--quiet", "--all", "--message", "Most"]);
        ok(&git(&sandbox, how));
        if how.contains(&"--no-commit") {
            ok(&git(&sandbox, &["commit", "--quiet", "--message", "Take it back"]));
        }
        let message = sandbox.git(&["log", "-1", "--format=%B"]);
        assert!(message.contains(&format!("Task: {ID}")), "{how:?}: {message}");
    }
}

#[test]
fn a_batch_and_a_report_are_written_whole_or_not_at_all() {
    let sandbox = world(RULES);
    let tasks = || std::fs::read_dir(sandbox.path().join(".tracker/tasks")).unwrap().count();
    let before = tasks();
    for (name, batch) in [
        (
            "an id twice",
            "{\"title\": \"a\", \"id\": \"TASK-AAAA\"}\n{\"title\": \"b\", \"id\": \"TASK-AAAA\"}\n",
        ),
        (
            "a dependency on nothing",
            "{\"title\": \"a\"}\n{\"title\": \"b\", \"depends_on\": [\"TASK-ZZZZ\"]}\n",
        ),
        ("a line that is cut off", "{\"title\": \"a\"}\n{\"title\": \"b\"\n"),
        (
            "a cycle",
            "{\"title\": \"a\", \"ref\": \"a\", \"depends_on\": [\"@b\"]}\n{\"title\": \"b\", \"ref\": \"b\", \"depends_on\": [\"@a\"]}\n",
        ),
    ] {
        sandbox.write("batch.jsonl", batch);
        assert_ne!(run(&sandbox, "new --batch batch.jsonl").status, 0, "{name}");
        assert_eq!(tasks(), before, "{name}");
    }
    // A report follows no link, and leaves what it cannot replace.
    sandbox.write("precious", "precious\n");
    std::os::unix::fs::symlink("precious", sandbox.path().join("cards.md")).unwrap();
    run(&sandbox, "report cards --output cards.md");
    assert_eq!(sandbox.read("precious"), "precious\n");
    ok(&run(&sandbox, "report cards --output own.md"));
    assert!(sandbox.read("own.md").contains("Remember the theme"));
}

#[test]
fn suggested_commands_quote_what_they_take_from_names() {
    let sandbox = world(&format!("{RULES}[policy]\ndeclared-files = \"error\"\n"));
    replace(&sandbox, RECORD, "created:", "files: [docs]\ncreated:");
    commit(&sandbox, "Declare");
    let evil = "$(touch pwned);`id`";
    let base = "main;$(touch${IFS}pwned)";
    sandbox.git(&["branch", base]);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    sandbox.write(format!("src/{evil}.rs"), "x\n");
    sandbox.write("src/theme.rs", "fn theme() { one() }\n");
    commit(&sandbox, &format!("Add\n\nTask: {ID}"));
    sandbox.git(&["switch", "--quiet", base]);
    sandbox.write("src/theme.rs", "fn theme() { two() }\n");
    commit(&sandbox, &format!("Add\n\nTask: {ID}"));
    sandbox.git(&["switch", "--quiet", "work"]);
    let output = sandbox.tracker(&["check", "--base", base, "--full"]);
    for line in output.stdout.lines() {
        for command in ["tracker set ", "git merge "] {
            let Some((_, command)) = line.split_once(command) else { continue };
            let words = shell_words::split(command).unwrap();
            let is_whole = |word: &String| word.contains(evil) || word == base;
            assert!(!command.contains("$(") || words.iter().any(is_whole), "{line}");
            assert!(!command.contains("$(") || command.contains('\''), "{line}");
        }
    }
    assert!(output.stdout.contains("git merge 'main;$(touch${IFS}pwned)'"), "{output}");
    assert!(!sandbox.path().join("pwned").exists());
}

#[test]
fn a_clone_that_lacks_something_says_what_and_never_less() {
    let sandbox = world(RULES);
    sandbox.git(&["clone", "--quiet", "--no-checkout", ".", "../clone"]);
    // Nothing is checked out: nothing is reported as missing, done or allowed.
    for line in ["list", "show t3st", "advance t3st", "approve t3st --as reviewer", "init", "new x"] {
        let words: Vec<&str> = line.split(' ').collect();
        let output = sandbox.tracker_in("../clone", &words);
        let text = format!("{output}");
        assert_ne!(output.status, 0, "{line}: {output}");
        assert!(!text.contains("no tracker") && !text.contains("0 tasks"), "{line}: {output}");
    }
    // In a folder below, from a working tree of a submodule's kind, and with the index as the only one who knows.
    sandbox.git_in("../clone", &["read-tree", "HEAD"]);
    let output = sandbox.tracker_in("../clone", &["init"]);
    assert_ne!(output.status, 0, "{output}");
    sandbox.git_in("../clone", &["checkout", "--quiet", "--force", "main"]);
    let shown = sandbox.tracker_in("../clone", &["list"]);
    assert!(shown.status == 0 && shown.stdout.contains(ID), "{shown}");
}

#[test]
fn who_does_honest_work_twice_is_asked_once() {
    // Both approve on branches of their own, one of which is merged into the other: each counts once.
    let sandbox = world(&RULES.replace("[roles.reviewer]\n", "[roles.reviewer]\nquorum = 2\n"));
    sandbox.git(&["switch", "--quiet", "--create", "one"]);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    commit_by(&sandbox, "Ada", "Approve");
    sandbox.git(&["switch", "--quiet", "--create", "two", "main"]);
    ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
    commit_by(&sandbox, "Bob", "Approve");
    sandbox.git(&["merge", "--quiet", "--no-edit", "one"]);
    assert_eq!(stage(&sandbox), "qa");
    ok(&by(&sandbox, "Bob", "advance t3st"));
    commit_by(&sandbox, "Bob", "Finish");
    let checked = run(&sandbox, "check --base main");
    assert_eq!((checked.status, stage(&sandbox).as_str()), (0, "complete"), "{checked}");
}
