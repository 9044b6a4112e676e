//! Attacks by a detour: what was done is undone, unreadable or out of sight at the head, and has had its effect.

use super::World;

fn errors(world: &World) -> Vec<String> {
    world.verdict().into_iter().filter(|said| said.starts_with('!')).collect()
}

/// Has main merge the pull request, and goes on from before that with what main was until then. `before` says whether
/// the pull request's commit is the first of the two places where they parted, by id.
fn cross(world: &World, before: bool, args: &[&str]) {
    world.git(&["checkout", "--quiet", "main"]);
    world.write("src/fix.rs", "fixed\n");
    world.commit_as("Lead", "Mend a hole");
    let mended = world.git(&["rev-parse", "HEAD"]);
    world.git(&["checkout", "--quiet", "work"]);
    let mut tries = 0;
    while (world.git(&["rev-parse", "HEAD"]) < mended) != before {
        tries += 1;
        let message = format!("Approve as well, {tries}");
        world.git_as("Sec", &["commit", "--quiet", "--amend", "--no-verify", "--message", &message]);
    }
    world.git(&["checkout", "--quiet", "main"]);
    world.git_as("Lead", &["merge", "--quiet", "--no-ff", "--no-verify", "--message", "Take it", "work"]);
    world.git(&["checkout", "--quiet", "work"]);
    let merge = ["merge", "--quiet", "--no-verify", "--message", "Catch up"];
    world.git(&[&merge, args, &[mended.as_str()]].concat());
}

#[test]
fn a_merge_that_crosses_another_takes_nothing_back() {
    for before in [true, false] {
        let world = World::honest();
        cross(&world, before, &["--strategy", "ours"]);
        let says = "src/fix.rs changed without a task, so auditor, reviewer never saw it";
        assert_eq!(errors(&world), [format!("!covered-files: {says}")], "{before}");
        let world = World::honest();
        cross(&world, before, &[]);
        world.git(&["checkout", "--quiet", "main"]);
        world.replace("src/theme.rs", "    3\n", "    5\n");
        world.commit_as("Lead", "Go on");
        assert!(errors(&world).is_empty(), "{before}: {:?}", errors(&world));
    }
}
