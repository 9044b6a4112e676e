//! `conflicts`: every pair of branches merged in memory says what a real `git merge` of the two says, and each conflict names
//! whose the file is.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::Value;

use crate::support::Sandbox;

const TASK: &str = "---\nid: TASK-T3ST\ntitle: Remember the theme\ncreated: 2026-11-10\nstage: none\n---\n\n\
                    ## Description\n\nText.\n\n## Deliverables\n\n- [ ] one\n- [ ] two\n";

/// A tracker on `main` with a few files; records are merged by the tracker in a real merge too.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "Begin"]);
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let driver = "tracker merge-driver %O %A %B %L %P %S %X %Y";
    sandbox.git(&["config", "merge.tracker.driver", driver]);
    sandbox.write(".tracker/tasks/TASK-T3ST.md", TASK);
    sandbox.write(".tracker/tasks/TASK-0THR.md", TASK.replace("TASK-T3ST", "TASK-0THR"));
    for name in ["a", "b", "c"] {
        sandbox.write(format!("src/{name}.rs"), lines(name, 0..12));
        sandbox.write(format!("lib/{name}.rs"), lines(name, 20..32));
    }
    sandbox.write("top.txt", lines("top", 0..8));
    commit(&sandbox, "Ada", "Set up");
    sandbox
}

fn lines(name: &str, numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| format!("{name} line {number} of the file\n")).collect()
}

fn commit(sandbox: &Sandbox, name: &str, message: &str) {
    sandbox.git(&["add", "--all"]);
    let (user, email) = (format!("user.name={name}"), format!("user.email={name}@example.com"));
    sandbox.git(&["-c", &user, "-c", &email, "commit", "--quiet", "--allow-empty", "--message", message]);
}

fn branch(sandbox: &Sandbox, name: &str, from: &str) {
    sandbox.git(&["checkout", "--quiet", "-b", name, from]);
}

fn found(sandbox: &Sandbox, line: &[&str]) -> Value {
    let words: Vec<&str> = ["conflicts"].iter().chain(line).chain(&["--format", "json"]).copied().collect();
    let output = sandbox.tracker(&words);
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// Returns the files in conflict, by the two branches.
fn conflicts(sandbox: &Sandbox, line: &[&str]) -> BTreeMap<(String, String), Vec<String>> {
    let answer = found(sandbox, line);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pair = |pair: &Value| {
        let branches = [0, 1].map(|at| text(&pair["branches"][at]["branch"]));
        let files = pair["files"].as_array().unwrap().iter().map(|file| text(&file["path"])).collect();
        let [one, other] = branches;
        ((one, other), files)
    };
    crate::support::items(&answer["result"]["pairs"]).iter().map(pair).collect()
}

#[test]
fn a_conflict_names_the_files_and_whose_they_are() {
    let sandbox = world();
    for (name, by, text) in [("fix/cart", "Ken", "cart\n"), ("ui/theme", "Grace", "theme\n")] {
        branch(&sandbox, name, "main");
        sandbox.write("src/a.rs", format!("{text}{}", lines("a", 1..12)));
        sandbox.write(format!("src/{by}.rs"), "own\n");
        let task = TASK.replace("stage: none\n", &format!("stage: none\nassignee: {by}\n"));
        sandbox.write(".tracker/tasks/TASK-T3ST.md", task.replace("created:", "files: [src/a.rs]\ncreated:"));
        commit(&sandbox, by, "Work");
    }
    branch(&sandbox, "apart", "main");
    sandbox.write("lib/a.rs", "other\n");
    commit(&sandbox, "Bob", "Apart");
    let output = sandbox.tracker(&["conflicts"]);
    insta::assert_snapshot!(output, @r"
    exit 1
    --- stdout
    fix/cart (Ken) and ui/theme (Grace)
      .tracker/tasks/TASK-T3ST.md  Ken (assigned) and Grace (assigned)
      src/a.rs                     Ken (assigned) and Grace (assigned)
    --- stderr
    1 of 6 pairs of 4 branches in conflict
    ");
    // Whose the work is follows from claims first.
    sandbox.git(&["checkout", "--quiet", "fix/cart"]);
    let claimed = sandbox.tracker_with("", &["claim", "t3st"], |command| {
        command.env("TRACKER_AGENT", "builder-1");
    });
    assert_eq!(claimed.status, 0, "{claimed}");
    let output = sandbox.tracker(&["conflicts"]);
    assert!(output.stdout.contains("builder-1 (claimed) and Grace (assigned)"), "{output}");
    sandbox.git(&["branch", "--quiet", "-D", "ui/theme"]);
    assert_eq!(sandbox.tracker(&["conflicts"]).status, 0);
    // Branches without a commit in common are compared as a merge that is forced.
    sandbox.git(&["checkout", "--quiet", "--orphan", "begun-anew"]);
    sandbox.git(&["rm", "--quiet", "-r", "--force", "."]);
    sandbox.write("top.txt", "other\n");
    commit(&sandbox, "Bob", "Anew");
    sandbox.git(&["checkout", "--quiet", "main"]);
    let files = conflicts(&sandbox, &["--branches", "begun-anew", "--branches", "main"]);
    assert_eq!(files.into_values().collect::<Vec<_>>(), [["top.txt"]]);
}

#[test]
fn whoever_begins_a_task_is_shown_which_branches_change_its_files() {
    let sandbox = world();
    branch(&sandbox, "fix/cart", "main");
    sandbox.write("src/a.rs", "cart\n");
    commit(&sandbox, "Ken", "Work");
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.tracker(&["set", "t3st", "files=src/a.rs"]);
    sandbox.tracker(&["set", "0thr", "files=src/b.rs"]);
    let printed = "src/a.rs also changed on fix/cart (Ken)";
    let output = sandbox.tracker(&["start", "t3st"]);
    assert!(output.stdout.contains(printed), "{output}");
    let other = sandbox.tracker(&["start", "0thr"]);
    assert!(!other.stdout.contains("also changed"), "{other}");
}

#[test]
fn what_is_merged_old_or_not_asked_for_is_left_out() {
    let sandbox = world();
    for name in ["one", "two", "three"] {
        branch(&sandbox, name, "main");
        sandbox.write("src/a.rs", format!("{name}\n"));
        commit(&sandbox, "Ken", "Work");
    }
    // One built on another is no conflict, nor is one that is merged.
    branch(&sandbox, "on-one", "one");
    sandbox.write("src/a.rs", "one, and more\n");
    commit(&sandbox, "Ken", "More");
    let pairs = |line: &[&str]| conflicts(&sandbox, line).into_keys().collect::<Vec<_>>();
    let all = pairs(&[]);
    assert!(!all.contains(&("on-one".to_owned(), "one".to_owned())), "{all:?}");
    assert_eq!(all.len(), 5, "{all:?}");
    assert_eq!(pairs(&["--branches", "t*"]), [("three".to_owned(), "two".to_owned())]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-edit", "three"]);
    let all = pairs(&[]);
    assert!(all.iter().all(|(one, other)| one != "three" && other != "three"), "{all:?}");
    assert!(all.iter().any(|(one, other)| one == "main" || other == "main"), "{all:?}");
    let none = sandbox.tracker(&["conflicts", "--branches", "nothing/*"]);
    assert_eq!(none.status, 2, "{none}");
}

#[test]
fn files_are_merged_by_the_attributes_of_the_first_branch() {
    let sandbox = world();
    branch(&sandbox, "one", "main");
    sandbox.write(".gitattributes", "*.rs merge=union\n");
    sandbox.write("src/b.rs", format!("one\n{}", lines("b", 1..12)));
    sandbox.write("lib/d.rs", "new\n");
    commit(&sandbox, "Ken", "Work");
    branch(&sandbox, "other", "main");
    sandbox.write("src/b.rs", format!("other\n{}", lines("b", 1..12)));
    // A file in the place of a folder, which is for git itself to judge.
    std::fs::remove_dir_all(sandbox.path().join("lib")).unwrap();
    sandbox.write("lib", "a file\n");
    commit(&sandbox, "Grace", "Work");
    // The same texts, and a file that both add, are in conflict where no attributes choose how they are merged.
    branch(&sandbox, "plain", "main");
    sandbox.write("src/b.rs", format!("one\n{}", lines("b", 1..12)));
    sandbox.write("src/new.rs", "plain\n");
    commit(&sandbox, "Ada", "Work");
    branch(&sandbox, "third", "main");
    sandbox.write("src/b.rs", format!("other\n{}", lines("b", 1..12)));
    sandbox.write("src/new.rs", "third\n");
    commit(&sandbox, "Bob", "Work");
    branch(&sandbox, "apart", "main");
    sandbox.write(".gitattributes", "*.rs merge=union\n");
    sandbox.write("src/b.rs", format!("one\n{}", lines("b", 1..12)));
    sandbox.write("src/new.rs", "apart\n");
    commit(&sandbox, "Ken", "Work");
    let found = conflicts(&sandbox, &[]);
    let of = |one: &str, other: &str| found.get(&(one.to_owned(), other.to_owned()));
    assert_eq!(of("one", "other").unwrap(), &["lib~other"]);
    assert_eq!(of("plain", "third").unwrap(), &["src/b.rs", "src/new.rs"]);
    assert_eq!(of("apart", "third"), None);
}

#[test]
fn nothing_is_left_behind() {
    let sandbox = world();
    branch(&sandbox, "renames", "main");
    sandbox.git(&["mv", "src/a.rs", "src/z.rs"]);
    commit(&sandbox, "Ken", "Rename");
    branch(&sandbox, "edits", "main");
    sandbox.write("src/a.rs", format!("{}more\n", lines("a", 0..12)));
    sandbox.write("top.txt", "other\n");
    commit(&sandbox, "Ken", "Edit");
    let count = || sandbox.git(&["count-objects"]);
    let before = (count(), sandbox.git(&["status", "--porcelain"]), sandbox.git(&["for-each-ref"]));
    assert!(conflicts(&sandbox, &[]).is_empty(), "git follows the rename");
    assert_eq!((count(), sandbox.git(&["status", "--porcelain"]), sandbox.git(&["for-each-ref"])), before);
}

/// Changes something at random, as people and tools do.
fn edit(sandbox: &Sandbox, rng: &mut Rng) {
    let folder = ["src", "lib"][rng.usize(..2)];
    let path = format!("{folder}/{}.rs", ["a", "b", "c", "d"][rng.usize(..4)]);
    let file = sandbox.path().join(&path);
    match rng.u8(..12) {
        0 => {
            let _ = std::fs::remove_file(file);
        }
        1 if file.exists() => {
            let to = format!("{}/{}.rs", ["src", "lib", "new"][rng.usize(..3)], rng.u8(..4));
            let to = sandbox.path().join(to);
            if !to.parent().unwrap().is_file() {
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::rename(file, to).unwrap();
            }
        }
        2 => sandbox.write("top.txt", lines("top", 0..rng.u32(6..10))),
        3 if rng.u8(..4) == 0 => {
            let _ = std::fs::rename(sandbox.path().join("lib"), sandbox.path().join("library"));
        }
        // An earlier edit may have put a file in the folder's place.
        _ if sandbox.path().join(folder).is_file() => sandbox.write("top.txt", lines("again", 0..8)),
        4 => sandbox.write(format!("{folder}/new{}.rs", rng.u8(..3)), lines("new", 0..rng.u32(1..5))),
        5 if rng.u8(..4) == 0 => {
            let _ = std::fs::remove_dir_all(sandbox.path().join("lib"));
            sandbox.write("lib", "a file\n");
        }
        6 | 7 => {
            let id = ["TASK-T3ST", "TASK-0THR"][rng.usize(..2)];
            let record = format!(".tracker/tasks/{id}.md");
            let text = sandbox.read(&record);
            let text = match rng.u8(..4) {
                0 => text.replace("title: Remember", ["title: Forget", "title: Recall"][rng.usize(..2)]),
                1 => text.replace("- [ ] one", "- [x] one"),
                2 => text.replace("- [ ] two", "- [x] two"),
                _ => text.replace("Text.", ["Words.", "Other text."][rng.usize(..2)]),
            };
            sandbox.write(record, text);
        }
        8 if rng.u8(..4) == 0 => sandbox.write(".gitattributes", "*.rs merge=union\n"),
        _ if file.exists() => {
            let text = std::fs::read_to_string(&file).unwrap();
            let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
            let at = rng.usize(..=all.len());
            match rng.u8(..3) {
                0 if at < all.len() => drop(all.remove(at)),
                1 if at < all.len() => all[at] = format!("changed {}", rng.u8(..3)),
                _ => all.insert(at, format!("inserted {}", rng.u8(..3))),
            }
            let text: String = all.iter().map(|line| format!("{line}\n")).collect();
            std::fs::write(&file, text).unwrap();
        }
        _ => sandbox.write(&path, lines("again", 0..rng.u32(1..12))),
    }
}

/// Compares at least N random pairs of branches with what a real merge of them leaves in conflict.
pub(crate) fn as_git_merges(pairs: usize, seed: u64) -> usize {
    const BRANCHES: usize = 11;
    let (mut compared, mut in_conflict, mut seed) = (0, 0, seed);
    // Few branches may all agree by chance: then more are looked at, and at last it is no chance.
    while compared < pairs || (in_conflict * 20 <= compared && compared < pairs * 10) {
        let mut rng = Rng::with_seed(seed);
        seed += 1;
        let sandbox = world();
        let mut names = vec!["main".to_owned()];
        for at in 0..BRANCHES {
            let from =
                if rng.u8(..4) == 0 { names[rng.usize(..names.len())].clone() } else { "main".to_owned() };
            let name = format!("b{at:02}");
            branch(&sandbox, &name, &from);
            for _ in 0..rng.usize(1..4) {
                edit(&sandbox, &mut rng);
            }
            commit(&sandbox, "Ken", "Work");
            names.push(name);
        }
        let printed = conflicts(&sandbox, &["--branches", "b*"]);
        for one in 1..names.len() {
            for other in one + 1..names.len() {
                let (one, other) = (&names[one], &names[other]);
                sandbox.git(&["checkout", "--quiet", "--force", "--detach", one]);
                let merge = ["merge", "--quiet", "--no-edit", other.as_str()];
                let merged = sandbox.program_with("git", "", &merge, |_| {});
                let unmerged = sandbox.git(&["diff", "--name-only", "--diff-filter=U"]);
                // HEAD is detached, and what is put aside is named after it.
                let named = |path: &str| path.replace("~HEAD", &format!("~{one}"));
                let mut expected: Vec<String> = unmerged.lines().map(named).collect();
                expected.sort();
                expected.dedup();
                let mut own = printed.get(&(one.clone(), other.clone())).cloned().unwrap_or_default();
                own.sort();
                assert_eq!(own, expected, "seed {}: {one} and {other}: {merged}", seed - 1);
                assert_eq!(
                    expected.is_empty(),
                    merged.status == 0,
                    "seed {}: {one} and {other}: {merged}",
                    seed - 1
                );
                sandbox.git(&["reset", "--quiet", "--hard"]);
                sandbox.git(&["clean", "--quiet", "-fd"]);
                compared += 1;
                in_conflict += usize::from(!expected.is_empty());
            }
        }
    }
    assert!(in_conflict * 20 > compared, "{in_conflict} of {compared} in conflict show little");
    compared
}

#[test]
fn random_pairs_conflict_where_a_real_merge_does() {
    assert!(as_git_merges(50, 1) >= 50);
}

#[test]
fn a_train_says_which_branch_breaks_it() {
    let sandbox = world();
    for (name, file) in [("one", "src/a.rs"), ("two", "src/a.rs"), ("three", "src/b.rs")] {
        branch(&sandbox, name, "main");
        sandbox.write(file, format!("{name}\n"));
        commit(
            &sandbox,
            "Ken",
            &format!("Work\n\nTask: TASK-{}", if name == "one" { "T3ST" } else { "0THR" }),
        );
    }
    branch(&sandbox, "broken", "main");
    sandbox.write(".tracker/tasks/TASK-T3ST.md", "---\nid: TASK-T3ST\ntitle: [oops\n---\n");
    commit(&sandbox, "Ken", "Break it\n\nTask: TASK-T3ST");
    let output = sandbox.tracker(&["conflicts", "--train", "one", "two", "broken", "three", "main"]);
    insta::assert_snapshot!(output, @r"
    exit 1
    --- stdout
    ok one  can be merged
    error two  conflicts with what is before it
        src/a.rs
    error broken  is refused
        broken-documents  .tracker/tasks/TASK-T3ST.md: title: did not find expected ',' or ']'
    ok three  can be merged
    ok main  is merged
    --- stderr
    two breaks the train
    ");
    let alone = sandbox.tracker(&["conflicts", "--train", "two", "three"]);
    assert_eq!(alone.status, 0, "{alone}");
    assert_eq!(
        sandbox.git(&["rev-parse", "main"]),
        sandbox.git(&["merge-base", "main", "two"]),
        "nothing moves"
    );
}
