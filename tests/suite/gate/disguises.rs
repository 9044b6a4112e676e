//! What is in disguise: files in the place of others, merges that hide work or only look as if they did, people who are
//! somebody else. Each beside the honest work that it looks like.

use tracker::review::Violation;

use super::{CONFIG, ID, World, messages};

fn violations(world: &World) -> Vec<Violation> {
    world.review().verdict.violations
}

fn errors(world: &World) -> Vec<String> {
    let all = violations(world);
    messages(&all).into_iter().filter(|message| message.starts_with('!')).collect()
}

/// Whether a role must still approve a file.
fn is_uncovered(world: &World, path: &str) -> bool {
    violations(world).iter().any(|own| {
        own.is_error() && own.rule.as_str() == "covered-files" && own.file.as_deref() == Some(path)
    })
}

#[test]
fn a_file_is_of_the_role_in_whose_folder_a_checkout_puts_it() {
    for path in ["Src/evil.rs", "src./evil.rs", "s\u{200c}rc/evil.rs", "cargo.TOML"] {
        let world = World::honest();
        world.write(path, "evil\n");
        world.work("More");
        assert!(is_uncovered(&world, path), "{path}: {:#?}", errors(&world));
    }
    for path in ["lib/more.rs", "Srcs/more.rs", "lib/Src/more.rs"] {
        let world = World::honest();
        world.write(path, "more\n");
        world.work("More");
        assert_eq!(errors(&world), [""; 0], "{path}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_in_the_place_of_a_folder_is_of_the_role_that_has_the_folder() {
    let link = |path: &str| {
        let world = World::honest();
        world.write("lib/theme.rs", "evil\n");
        if path == "src" {
            world.git(&["rm", "--quiet", "-r", "src"]);
        }
        std::os::unix::fs::symlink("lib", world.sandbox.path().join(path)).unwrap();
        world.work("A link");
        world
    };
    assert!(is_uncovered(&link("src"), "src"));
    assert_eq!(errors(&link("source")), [""; 0]);
}

/// Has the branch and main change a file, each in its own way.
fn crossed(base: &str, own: &str, main: &str) -> World {
    let world = World::honest();
    world.git(&["checkout", "--quiet", "main"]);
    world.write("data.txt", base);
    world.commit_as("Other", "Data");
    world.git(&["checkout", "--quiet", "work"]);
    world.git(&["rebase", "--quiet", "main"]);
    world.write("data.txt", own);
    world.work("Change the data");
    world.git(&["checkout", "--quiet", "main"]);
    world.write("data.txt", main);
    world.commit_as("Other", "Change it as well");
    world.git(&["checkout", "--quiet", "work"]);
    world
}

#[test]
fn merges_that_would_take_hours_are_refused_at_once() {
    let lines: Vec<String> = (0..30_000).map(|line| format!("{line}\n")).collect();
    // Lines that change places with their neighbours.
    let text = |run: usize| lines.chunks(run).flat_map(|run| run.iter().rev().cloned()).collect::<String>();
    let edited = text(1).replacen("20000\n", "changed\n", 1);
    let world = crossed(&text(1), &text(2), &edited);
    let says = "!merge-integrity: data.txt: too large or too much work to be merged here";
    assert!(errors(&world).iter().any(|own| own.starts_with(says)), "{:#?}", errors(&world));
    // The same in a merge of the branch itself.
    let world = World::honest();
    let change = |branch: &str, text: String| {
        world.git(&["checkout", "--quiet", "-B", branch, "work"]);
        world.write("data.txt", &text);
        world.work("Data");
    };
    change("work", text(1));
    change("one", text(2));
    change("other", edited);
    let merge = ["merge", "--quiet", "--strategy", "ours", "-m", "Merge", "-m", "Task: TASK-T3ST", "one"];
    world.git(&merge);
    world.git(&["branch", "--force", "work"]);
    assert!(errors(&world).iter().any(|own| own.starts_with(says)), "{:#?}", errors(&world));
}

#[test]
fn lines_that_are_there_again_and_again_are_merged_as_git_merges_them() {
    let lines: Vec<String> = (0..12_000).map(|line| format!("  item {}\n", line % 7)).collect();
    let with = |changes: &[usize]| {
        let mut lines = lines.clone();
        changes.iter().for_each(|at| lines[*at] = format!("changed {at}\n"));
        lines.concat()
    };
    let world = crossed(&with(&[]), &with(&[2, 6_000]), &with(&[3_000, 11_990]));
    assert_eq!(errors(&world), [""; 0]);
    let world =
        crossed(&with(&[]), &with(&[2, 6_000]), &with(&[3_000, 11_990]).replacen("item 2\n", "no\n", 1));
    let says = "!merge-integrity: data.txt conflicts with main";
    assert!(errors(&world).iter().any(|own| own.starts_with(says)), "{:#?}", errors(&world));
}

#[test]
fn a_file_that_conflicts_is_reported_for_that_alone() {
    let world = World::honest();
    world.git(&["checkout", "--quiet", "main"]);
    world.replace("src/theme.rs", "    1\n", "    9\n");
    world.commit_as("Other", "The same line");
    world.git(&["checkout", "--quiet", "work"]);
    assert_eq!(errors(&world), ["!merge-integrity: src/theme.rs conflicts with main"]);
    // Where that is no error, what reviewers approved is still missed.
    world.git(&["checkout", "--quiet", "main"]);
    world.replace(CONFIG, "linked-commits", "merge-integrity = \"off\"\nlinked-commits");
    world.commit_as("Other", "Policy");
    world.git(&["checkout", "--quiet", "work"]);
    let found = errors(&world);
    assert!(!found.is_empty() && found.iter().all(|own| own.contains("src/theme.rs")), "{found:#?}");
}

#[test]
fn records_that_would_take_hours_to_merge_conflict() {
    let mut rng = fastrand::Rng::with_seed(4);
    let mut task = || {
        let body: String = (0..40_000).map(|_| if rng.bool() { "a\n" } else { "b\n" }).collect();
        format!("---\nid: TASK-0THR\ntitle: Another\nstage: none\n---\n\n{body}")
    };
    let path = ".tracker/tasks/TASK-0THR.md";
    let world = World::honest();
    world.git(&["checkout", "--quiet", "main"]);
    world.write(path, &task());
    world.commit_as("Other", "Much");
    world.git(&["checkout", "--quiet", "-b", "ours"]);
    world.write(path, &task());
    world.commit("Other words");
    world.git(&["checkout", "--quiet", "main"]);
    world.write(path, &task());
    world.commit_as("Other", "Others");
    let found = messages(&world.review_of("main", "ours").verdict.violations);
    let says = "!merge-integrity: .tracker/tasks/TASK-0THR.md conflicts with main";
    assert!(found.iter().any(|own| own.starts_with(says)), "{found:#?}");
    // A merge that nobody can compute is reported, whatever it has.
    world.git(&["checkout", "--quiet", "ours"]);
    world.git(&["merge", "--quiet", "--strategy", "ours", "-m", "Merge", "main"]);
    let found = messages(&world.review_of("main~1", "ours").verdict.violations);
    assert!(found.iter().any(|own| own.contains("what neither side has")), "{found:#?}");
}

#[test]
fn large_files_are_merged_as_git_merges_them() {
    let lines: Vec<String> = (0..250_000).map(|line| format!("a line of data {line:06}\n")).collect();
    let with = |changes: &[usize]| {
        let mut lines = lines.clone();
        changes.iter().for_each(|at| "changed\n".clone_into(&mut lines[*at]));
        lines.concat()
    };
    assert!(with(&[]).len() > 4 * 1024 * 1024);
    let world = crossed(&with(&[]), &with(&[0, 125_000]), &with(&[60_000, 249_999]));
    assert_eq!(errors(&world), [""; 0]);
    let world = crossed(&with(&[]), &with(&[0, 125_000]), &with(&[60_000]).replace("000000\n", "no\n"));
    let says = "!merge-integrity: data.txt conflicts with main";
    assert!(errors(&world).iter().any(|own| own.starts_with(says)), "{:#?}", errors(&world));
}

/// Merges two branches at once that changed one file in different places.
fn octopus(change: impl Fn(&World)) -> World {
    let world = World::honest();
    let list: Vec<String> = (1..=40).map(|line| format!("line {line}\n")).collect();
    world.write("lib/list.txt", &list.concat());
    world.work("A list");
    for (branch, line) in [("one", "line 1\n"), ("other", "line 40\n")] {
        world.git(&["checkout", "--quiet", "-b", branch, "work"]);
        world.replace("lib/list.txt", line, "changed\n");
        world.work("Change it");
    }
    world.git(&["checkout", "--quiet", "work"]);
    world.work("Something else");
    world.git(&["merge", "--quiet", "-m", "Integrate", "one", "other"]);
    change(&world);
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--amend", "--no-edit", "--no-verify"]);
    assert_eq!(world.git(&["rev-parse", "HEAD^3"]).len(), 40);
    world
}

#[test]
fn an_octopus_is_what_its_parents_merge_to() {
    assert_eq!(errors(&octopus(|_| {})), [""; 0]);
    for (old, new) in [("line 20\n", "evil\n"), ("line 2\n", "changed\nline 2\n")] {
        let world = octopus(|world| world.replace("lib/list.txt", old, new));
        let says = "is a merge with changes of its own and belongs to no task";
        assert!(errors(&world).iter().any(|own| own.contains(says)), "{:#?}", errors(&world));
    }
}

#[test]
fn co_authors_of_every_form_do_not_approve() {
    let is_reported = |trailers: &str| {
        let world = World::honest();
        world.append("src/theme.rs", "// more\n");
        world.commit(&format!("More\n\nTask: {ID}\n{trailers}"));
        world.deliver_again();
        let args = ["approve", ID, "--as", "reviewer"];
        world.sandbox.tracker_with("", &args, |command| super::identity("Bob", command));
        world.commit_as("Bob", "Approve");
        violations(&world).iter().any(|own| own.rule.as_str() == "self-approval")
    };
    for trailers in [
        "Co-authored-by: Bob <bob@example.com>",
        "Co-authored-by: Zed <zed@example.com>, Bob <bob@example.com>",
        "Co-authored-by: Bob\n <bob@example.com>",
        "Co-authored-by: Zed <zed@example.com>\n\tbob@example.com",
    ] {
        assert!(is_reported(trailers), "{trailers}");
    }
    assert!(!is_reported("Co-authored-by: Zed <zed@example.com>, Kim <kim@example.com>"));
    assert!(!is_reported("Reviewed-by: Zed\n <zed@example.com>"));
}

#[test]
fn a_note_is_its_authors_to_change() {
    let messages = |world: &World| -> Vec<String> {
        messages(&violations(world)).into_iter().filter(|own| own.contains("a note of")).collect()
    };
    let noted = || {
        let world = World::honest();
        world.tracker_as("Carol", "note 0thr unsafe");
        world.commit_as("Carol", "A note");
        let folder = ".tracker/notes/TASK-0THR";
        let mut names = std::fs::read_dir(world.sandbox.path().join(folder)).unwrap();
        let name = names.next().unwrap().unwrap().file_name().into_string().unwrap();
        (world, format!("{folder}/{name}"))
    };
    for (who, expected) in [("Dev", &["no-rewritten-votes: deletes a note of Carol"][..]), ("Carol", &[])] {
        let (world, path) = noted();
        world.git(&["rm", "--quiet", &path]);
        world.commit_as(who, "Tidy");
        assert_eq!(messages(&world), expected, "{who}");
    }
    let (world, path) = noted();
    world.replace(&path, "unsafe", "safe");
    world.work("Typo");
    assert_eq!(messages(&world), ["no-rewritten-votes: changes a note of Carol"]);
    // A merge that leaves out what main has.
    let world = World::honest();
    world.git(&["checkout", "--quiet", "main"]);
    world.tracker_as("Carol", "note 0thr unsafe");
    world.commit_as("Carol", "A note");
    world.git(&["checkout", "--quiet", "work"]);
    world.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "main"]);
    assert_eq!(messages(&world), [""; 0]);
    world.git(&["rm", "--quiet", "-r", ".tracker/notes"]);
    world.git(&["commit", "--quiet", "--amend", "--no-edit", "--no-verify"]);
    assert_eq!(messages(&world), ["no-rewritten-votes: deletes a note of Carol"]);
}

#[test]
fn a_move_in_anothers_name_is_reported() {
    let messages = |who: &str, message: &str| -> Vec<String> {
        let world = World::honest();
        world.tracker_as("Ada", &format!("reopen {ID}"));
        world.commit_as(who, message);
        messages(&violations(&world)).into_iter().filter(|own| own.contains("in a commit of")).collect()
    };
    assert_eq!(messages("Dev", "Again"), ["legal-moves: complete → dev by Ada comes in a commit of Dev"]);
    assert_eq!(messages("Ada", "Again"), [""; 0]);
    assert_eq!(messages("Dev", "Again\n\nCo-authored-by: Ada <ada@example.com>"), [""; 0]);
}
