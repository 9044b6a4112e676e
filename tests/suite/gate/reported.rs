//! What is reported beside the verdict: directives that nobody carried out, hooks that are gone, and commands that somebody
//! is to copy. Each attack beside the honest work that looks like it.

use std::fs;

use super::{CONFIG, ID, World, identity};

/// The task that nobody has begun.
const OTHER: &str = "TASK-0THR";

struct Row {
    name: &'static str,
    attack: fn(&World),
    twin: fn(&World),
}

fn check(rows: &[Row], is_reported: impl Fn(&World) -> bool) {
    let mut wrong = Vec::new();
    for row in rows {
        for (play, is_attack) in [(row.attack, true), (row.twin, false)] {
            let world = World::honest();
            play(&world);
            if is_reported(&world) != is_attack {
                wrong.push(format!(
                    "{}: {}",
                    row.name,
                    if is_attack { "nothing is reported" } else { "honest" }
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn out_of(world: &World, args: &[&str]) -> String {
    world.sandbox.tracker_with("", args, |command| identity("Dev", command)).to_string()
}

fn apply(world: &World) {
    world.does("Dev", "apply HEAD~..", "Apply");
}

/// Makes a branch of one commit that has a directive, and goes back to `work`.
fn side(world: &World, body: &str) {
    world.git(&["checkout", "--quiet", "-b", "side"]);
    world.write("lib/side.rs", "side\n");
    world.commit(&format!("Beside\n\n{body}"));
    world.git(&["checkout", "--quiet", "work"]);
    world.write("lib/more.rs", "more\n");
    world.work("More");
}

const WAYS_TO_COMMIT: &[Row] = &[
    Row {
        name: "a directive alone in the subject, without hooks",
        attack: |world| world.commit("Advance: TASK-0THR"),
        twin: |world| {
            world.commit("Advance: TASK-0THR");
            apply(world);
        },
    },
    Row {
        name: "a merge that requests a move",
        attack: |world| {
            side(world, "Task: TASK-0THR");
            world.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "-m", "Advance: TASK-0THR", "side"]);
        },
        twin: |world| {
            side(world, "Task: TASK-0THR");
            world.git(&[
                "merge",
                "--quiet",
                "--no-ff",
                "-m",
                "Merge",
                "-m",
                "It will advance TASK-0THR",
                "side",
            ]);
        },
    },
    Row {
        name: "a squash of a forge, which lists messages as they were",
        attack: |world| {
            side(world, "Advance: TASK-0THR");
            world.git(&["merge", "--quiet", "--squash", "side"]);
            world.commit("Beside (#7)\n\n* Beside\n\nAdvance: TASK-0THR\n\n* More");
        },
        twin: |world| {
            side(world, "Advance: TASK-0THR");
            world.git(&["merge", "--quiet", "--squash", "side"]);
            // git itself indents what it lists.
            world.git(&["commit", "--quiet", "--no-verify", "--no-edit"]);
        },
    },
    Row {
        name: "a program that runs no hooks",
        attack: |world| {
            out_of(world, &["hooks", "install"]);
            world.git(&[
                "-c",
                "core.hooksPath=/dev/null",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "Advance: TASK-0THR",
            ]);
        },
        twin: |world| {
            out_of(world, &["hooks", "install"]);
            world.git(&["commit", "--quiet", "--allow-empty", "-m", "Advance: TASK-0THR"]);
        },
    },
];

#[test]
fn what_no_hook_has_done_is_reported() {
    for command in [&["doctor"][..], &["check", "--base", "main"], &["review", "main..work"]] {
        check(WAYS_TO_COMMIT, |world| {
            let text = out_of(world, command);
            text.contains(&format!("says `Advance: {OTHER}`, and that was not done"))
        });
    }
}

fn hook(world: &World, name: &str) -> std::path::PathBuf {
    world.sandbox.path().join(".git/hooks").join(name)
}

const LOST_HOOKS: &[Row] = &[
    Row {
        name: "one that is deleted",
        attack: |world| fs::remove_file(hook(world, "post-commit")).unwrap(),
        twin: |_| {},
    },
    Row {
        name: "one that another tool has written over",
        attack: |world| {
            fs::write(hook(world, "commit-msg"), "#!/bin/sh\nnpx commitlint --edit \"$1\"\n").unwrap();
        },
        twin: |world| {
            let text = fs::read_to_string(hook(world, "commit-msg")).unwrap();
            fs::write(hook(world, "commit-msg"), text + "\n: npx commitlint --edit \"$1\"\n").unwrap();
        },
    },
    Row {
        name: "a folder of hooks that git is led to",
        attack: |world| {
            fs::create_dir(world.sandbox.path().join(".husky")).unwrap();
            world.git(&["config", "core.hooksPath", ".husky"]);
        },
        twin: |world| drop(world.git(&["config", "core.hooksPath", ".git/hooks"])),
    },
];

#[test]
fn hooks_that_are_gone_are_reported() {
    let rows: Vec<Row> = LOST_HOOKS.iter().map(|row| Row { ..*row }).collect();
    let mut wrong = Vec::new();
    for row in rows {
        for (play, is_attack) in [(row.attack, true), (row.twin, false)] {
            let world = World::honest();
            out_of(&world, &["hooks", "install"]);
            play(&world);
            let status = world.sandbox.tracker(&["hooks", "status"]).status;
            let doctor = out_of(&world, &["doctor"]).contains("tracker hooks install");
            if (status != 0) != is_attack || doctor != is_attack {
                wrong.push(format!("{}: attack {is_attack}, status {status}, doctor {doctor}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a shell would run, were it not quoted.
const EVIL: [&str; 5] =
    ["a; touch pwned", "$(touch pwned)", "it's `touch pwned`", "a\"b && touch pwned", "-x|touch pwned"];

/// Runs suggested commands in a shell in which `tracker` and `git` only show their arguments; returns these.
fn run(world: &World, suggestions: &[String]) -> Vec<Vec<String>> {
    let mut seen = Vec::new();
    for suggestion in suggestions {
        let show = "show() { printf '%s\\n' \"$@\"; }\ntracker() { show \"$@\"; }\ngit() { show \"$@\"; }";
        let script = format!("{show}\n{suggestion}\n");
        let output = world.sandbox.program_with("sh", "", &["-c", &script], |_| {});
        assert_eq!(output.status, 0, "{suggestion}: {output}");
        seen.push(output.stdout.lines().map(str::to_owned).collect());
    }
    assert!(!world.sandbox.path().join("pwned").exists(), "{suggestions:?}");
    seen
}

fn commands_of(review: tracker::review::Review) -> Vec<String> {
    let fixes = review.verdict.violations.into_iter().filter_map(|violation| violation.suggestion);
    let texts = fixes.map(|fix| fix.to_string());
    texts.filter(|text| text.starts_with("tracker ") || text.starts_with("git ")).collect()
}

#[test]
fn a_name_of_a_file_is_one_word_of_a_suggested_command() {
    for evil in EVIL {
        let world = World::honest();
        world.git(&["checkout", "--quiet", "-b", "stricter"]);
        let rule = "linked-commits = \"error\"\n";
        world.replace(CONFIG, rule, &format!("{rule}declared-files = \"error\"\n"));
        world.commit_as("Lead", "Stricter");
        world.git(&["checkout", "--quiet", "work"]);
        world.write(&format!("lib/{evil}"), "x\n");
        world.work("A file");
        let mut commands = commands_of(world.review_of("stricter", "work"));
        commands.retain(|text| text.contains("files+="));
        assert_eq!(commands.len(), 1, "{evil}");
        assert_eq!(run(&world, &commands)[0].last(), Some(&format!("files+=lib/{evil}")));
    }
}

#[test]
fn a_name_of_a_branch_is_one_word_of_a_suggested_command() {
    for evil in ["a;touch${IFS}pwned", "$(touch${IFS}pwned)", "it's`touch${IFS}pwned`", "a&&touch${IFS}pwned"]
    {
        let world = World::honest();
        world.git(&["checkout", "--quiet", "-b", evil, "main"]);
        world.replace("src/theme.rs", "    1\n", "    9\n");
        world.commit_as("Other", "The same line");
        world.git(&["checkout", "--quiet", "work"]);
        let commands = commands_of(world.review_of(evil, "work"));
        let merges: Vec<Vec<String>> = run(&world, &commands);
        assert!(merges.iter().any(|words| words.iter().any(|word| word == evil)), "{evil}: {commands:?}");
        // A page that a forge shows has the command for the whole range.
        let page = out_of(&world, &["review", &format!("{evil}..work"), "--format", "markdown"]);
        let shown = page.lines().filter_map(|line| line.split("tracker review ").nth(1));
        for words in shown.filter_map(|rest| rest.split(" --full").next()) {
            let words = words.replace("&amp;", "&").replace("&#39;", "'");
            run(&world, &[format!("tracker review {words}")]);
        }
    }
}

#[test]
fn what_the_rest_of_the_repository_ignores_or_converts_is_committed_as_it_is() {
    let world = World { sandbox: crate::support::Sandbox::new() };
    world.write(".gitignore", "*.yaml\n*.md\n");
    world.write(".gitattributes", "*.md filter=upper ident\n*.yaml working-tree-encoding=UTF-16\n");
    world.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    let made = world.tracker_as("Dev", "init --profile team");
    assert!(!made.to_string().contains("ignored by git"), "{made}");
    world.tracker_as("Dev", "new \"A task\" --id TASK-AAAA");
    world.commit("Begin");
    assert_eq!(
        world.git(&["show", "HEAD:.tracker/tasks/TASK-AAAA.md"]).lines().nth(1),
        Some("id: TASK-AAAA")
    );
    assert!(out_of(&world, &["doctor"]).contains("nothing wrong"));
    // What init had written before did not say so.
    world.write(".tracker/.gitignore", ".*.tmp\n");
    world.write(".tracker/.gitattributes", "* text eol=lf merge=tracker\n");
    world.tracker_as("Dev", "set-stage aaaa qa -m x");
    let voted = out_of(&world, &["approve", "aaaa", "--as", "code-reviewer"]);
    assert!(
        voted.contains("is ignored by git (`*.yaml`, line 1 of .gitignore), so no commit has it"),
        "{voted}"
    );
    let doctor = out_of(&world, &["doctor"]);
    for says in
        ["is ignored by git (`*.yaml`, line 1 of .gitignore)", "have `filter=upper ident` for records (*.md)"]
    {
        assert!(doctor.contains(says), "{says}: {doctor}");
    }
}

#[test]
fn a_tracker_that_is_ignored_whole_is_reported() {
    let world = World { sandbox: crate::support::Sandbox::new() };
    world.write(".gitignore", ".*\n!.gitignore\n");
    let made = world.tracker_as("Dev", "init");
    assert!(made.to_string().contains("is ignored by git (`.*`, line 1 of .gitignore)"), "{made}");
}

#[test]
fn an_unknown_id_that_begins_as_others_do_stops_a_commit() {
    let world = World::honest();
    world.write(".tracker/tasks/PROJ-1.md", "---\nid: PROJ-1\ntitle: Imported\nstage: none\n---\n");
    world.commit("Import");
    out_of(&world, &["hooks", "install"]);
    let commit = |line: &str| {
        let args = ["commit", "--quiet", "--allow-empty", "-m", "Work", "-m", line];
        world.sandbox.program_with("git", "", &args, |command| identity("Dev", command))
    };
    assert_eq!(commit("Closes: PROJ-999").status, 1);
    assert_eq!(commit("Closes: GH-999").status, 0, "an id of another tracker");
}

/// Something that is not allowed, and the commit that brings it.
struct Wrong {
    name: &'static str,
    rule: &'static str,
    play: fn(&World),
    /// What others do afterwards.
    then: fn(&World),
}

fn nothing(_: &World) {}

/// Writes a move into the record that nobody has earned.
fn moved_by_hand(world: &World) {
    let record = format!(".tracker/tasks/{ID}.md");
    world.replace(&record, "stage: qa", "stage: sec");
    let step = "  - {at: 2026-11-12T10:00:00Z, by: Dev, from: qa, to: sec}\n---\n\n## Deliverables";
    world.replace(&record, "---\n\n## Deliverables", step);
    world.work("On");
}

const WRONGS: &[Wrong] = &[
    Wrong {
        name: "a file that changes after the votes, for the task",
        rule: "covered-files",
        play: |world| {
            world.write("src/evil.rs", "evil\n");
            world.work("More");
        },
        then: nothing,
    },
    Wrong {
        name: "a file that changes twice",
        rule: "covered-files",
        play: |world| {
            world.write("src/evil.rs", "evil\n");
            world.work("More");
            world.write("src/evil.rs", "worse\n");
            world.work("More and more");
        },
        then: nothing,
    },
    Wrong {
        name: "a file of no task",
        rule: "covered-files",
        play: |world| {
            world.write("src/evil.rs", "evil\n");
            world.commit_as("Mal", "Nothing");
        },
        then: nothing,
    },
    Wrong {
        name: "a file that another task changes as well, and lawfully",
        rule: "covered-files",
        play: |world| {
            world.replace("src/theme.rs", "    2\n", "    5\n");
            world.work("More");
        },
        then: |world| {
            world.tracker_as("Dev", "start 0thr");
            world.replace("src/theme.rs", "fn other", "fn another");
            world.commit("Second\n\nTask: TASK-0THR");
            world.does("Dev", "advance 0thr", "Deliver the second");
            world.does("Bob", "approve 0thr --as reviewer", "Approve the second");
            world.does("Sec", "approve 0thr --as auditor", "Approve the second as well");
        },
    },
    Wrong {
        name: "the policy",
        rule: "policy-owners",
        play: |world| {
            world.append(CONFIG, "[roles.other]\nquorum = 1\n");
            world.work("Less is enough");
        },
        then: nothing,
    },
    Wrong {
        name: "an override",
        rule: "overrides",
        play: |world| world.does("Lead", "set-stage 0thr complete -m hurry", "Hurry"),
        then: |world| world.does("Dev", "set 0thr priority=high", "Plan"),
    },
    Wrong {
        name: "an approval of one's own work",
        rule: "self-approval",
        play: |world| {
            world.tracker_as("Dev", &format!("reopen {ID}"));
            world.replace("src/theme.rs", "    3\n", "    4\n");
            world.commit_as("Bob", &format!("More\n\nTask: {ID}"));
            world.tracker_as("Dev", &format!("advance {ID}"));
            world.commit("Again");
            world.does("Bob", &format!("approve {ID} --as reviewer"), "Approve");
        },
        then: |world| world.does("Lead", &format!("set-stage {ID} complete -m hurry"), "Hurry"),
    },
    Wrong {
        name: "a move that nobody has earned",
        rule: "earned-moves",
        play: |world| {
            world.deliver_again();
            moved_by_hand(world);
        },
        then: |world| world.does("Dev", &format!("set {ID} priority=high"), "Plan"),
    },
    Wrong {
        name: "a finding that is waived by whom it is about",
        rule: "open-findings",
        play: |world| {
            world.deliver_again();
            world.tracker_as(
                "Bob",
                &format!("reject {ID} --as reviewer --finding \"high: leaks @ src/theme.rs:2\""),
            );
            // It is raised by a commit for the task, and waived by one that names none.
            world.commit_as("Bob", &format!("Reject\n\nTask: {ID}"));
            let folder = world.sandbox.path().join(format!(".tracker/findings/{ID}"));
            let name = fs::read_dir(folder).unwrap().next().unwrap().unwrap().file_name();
            let id = name.to_str().unwrap().trim_end_matches(".yaml");
            world.does("Dev", &format!("findings waive {ID} {id} -m fine"), "Nothing to see");
        },
        then: nothing,
    },
    Wrong {
        name: "a move past a rejection",
        rule: "earned-moves",
        play: |world| {
            world.deliver_again();
            world.tracker_as("Ada", &format!("approve {ID} --as reviewer"));
            world.git(&["checkout", "--quiet", "--", &format!(".tracker/tasks/{ID}.md")]);
            world.commit_as("Ada", "Approve");
            world.tracker_as("Bob", &format!("reject {ID} --as reviewer -m no"));
            world.git(&["checkout", "--quiet", "--", &format!(".tracker/tasks/{ID}.md")]);
            world.commit_as("Bob", "Reject");
            moved_by_hand(world);
        },
        then: nothing,
    },
];

#[test]
fn every_wrong_is_reported_at_its_commit() {
    let mut wrong = Vec::new();
    for row in WRONGS {
        let world = World::honest();
        (row.play)(&world);
        let id = world.git(&["rev-parse", "HEAD"]);
        (row.then)(&world);
        world.write("docs/more.md", "more\n");
        world.work("Describe");
        let violations = world.review().verdict.violations;
        let mut own = violations.iter().filter(|own| own.is_error() && own.rule.as_str() == row.rule);
        if !own.any(|own| own.commit.as_ref() == Some(&id)) {
            wrong.push(format!("{}: {id} of {violations:#?}", row.name));
            continue;
        }
        let short = &id[..7];
        for args in
            [&["check", "--base", "main", "--full"][..], &["review", "--format", "markdown", "main..work"]]
        {
            let text = out_of(&world, args);
            let is_named = |line: &str| line.contains(row.rule) && line.contains(short);
            // A terminal's lines are broken; the commit comes last.
            if !text.lines().any(is_named) && !text.contains(&format!("{short})")) {
                wrong.push(format!("{}: {args:?} does not name {short}: {text}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
