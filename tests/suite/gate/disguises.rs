//! What is in disguise: files in the place of others, merges that hide work or only look as if they did, people who are
//! somebody else. Each beside the honest work that it looks like.

use tracker::review::Violation;

use super::{World, messages};

fn violations(world: &World) -> Vec<Violation> {
    world.review().verdict.violations
}

fn errors(world: &World) -> Vec<String> {
    let all = violations(world);
    messages(&all).into_iter().filter(|message| message.starts_with('!')).collect()
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
    let mut rng = fastrand::Rng::with_seed(3);
    let mut text = || (0..30_000).map(|_| if rng.bool() { "a\n" } else { "b\n" }).collect::<String>();
    let world = crossed(&text(), &text(), &text());
    let says = "!merge-integrity: data.txt: too large or too much work to be merged here";
    assert!(errors(&world).iter().any(|own| own.starts_with(says)), "{:#?}", errors(&world));
    // The same in a merge of the branch itself.
    let world = World::honest();
    let change = |branch: &str, text: String| {
        world.git(&["checkout", "--quiet", "-B", branch, "work"]);
        world.write("data.txt", &text);
        world.work("Data");
    };
    change("work", text());
    change("one", text());
    change("other", text());
    let merge = ["merge", "--quiet", "--strategy", "ours", "-m", "Merge", "-m", "Task: TASK-T3ST", "one"];
    world.git(&merge);
    world.git(&["branch", "--force", "work"]);
    assert!(errors(&world).iter().any(|own| own.starts_with(says)), "{:#?}", errors(&world));
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
