//! Where git looks for hooks, and the tools that put hooks there.

use std::fs;

use tracker::git::{self, HooksRefusal, Repository};
use tracker::store::{Hook, HookChange};

use super::{World, executable, install_all, listing, uninstall_all};

fn folder(world: &World, at: &str) -> Result<std::path::PathBuf, HooksRefusal> {
    let repo_paths = git::discover(&world.sandbox.env(at)).unwrap();
    Repository::open(&repo_paths).unwrap().hooks_folder()
}

#[test]
fn linked_worktrees_and_folders_below_share_the_hooks() {
    let world = World::new();
    world.sandbox.git(&["worktree", "add", "--quiet", "-b", "side-1", "../linked tree é"]);
    fs::create_dir(world.sandbox.path().join("sub")).unwrap();
    let hooks = world.sandbox.path().join(".git/hooks");
    for at in ["", "sub", "../linked tree é"] {
        assert_eq!(folder(&world, at).unwrap(), hooks, "{at}");
    }
    install_all(&world.files_in("../linked tree é"));
    for at in ["", "sub", "../linked tree é"] {
        world.git_with(
            at,
            &["commit", "--quiet", "--allow-empty", "--message", "x\n\nAdvance: TASK-1"],
            true,
        );
        assert_eq!(world.log().lines().count(), 3, "{at}");
    }
}

#[test]
fn a_path_inside_is_honoured_and_one_outside_refused() {
    let world = World::new();
    let set = |value: &str| world.sandbox.git(&["config", "core.hooksPath", value]);
    let top = world.sandbox.path();
    set("team hooks/é");
    assert_eq!(folder(&world, "").unwrap(), top.join("team hooks/é"));
    install_all(&world.files());
    world.commit();
    assert_eq!(world.log().lines().count(), 3);
    uninstall_all(&world.files());
    fs::create_dir_all(top.join("sub")).unwrap();
    assert_eq!(folder(&world, "sub").unwrap(), top.join("team hooks/é"));
    set(".git/my-hooks");
    assert_eq!(folder(&world, "").unwrap(), top.join(".git/my-hooks"));
    set(&top.join("absolute").display().to_string());
    assert_eq!(folder(&world, "").unwrap(), top.join("absolute"));

    let outside = |value: &str, place: &std::path::Path| {
        set(value);
        let refusal = folder(&world, "").unwrap_err();
        assert_eq!(
            refusal,
            HooksRefusal::Outside { folder: place.to_owned(), is_configured: true, is_of_worktree: false }
        );
        assert!(refusal.hint().contains("core.hooksPath"));
    };
    outside("../hooks", &world.sandbox.root().join("hooks"));
    outside("/dev/null", "/dev/null".as_ref());
    std::os::unix::fs::symlink(world.sandbox.root().join("home"), top.join("link")).unwrap();
    outside("link/hooks", &world.sandbox.root().join("home/hooks"));
    set("");
    assert_eq!(folder(&world, "").unwrap_err(), HooksRefusal::Empty);
    world.sandbox.git(&["config", "--unset", "core.hooksPath"]);

    fs::rename(top.join(".git/hooks"), world.sandbox.root().join("hooks")).unwrap();
    std::os::unix::fs::symlink("../../hooks", top.join(".git/hooks")).unwrap();
    let refusal = folder(&world, "").unwrap_err();
    assert!(matches!(refusal, HooksRefusal::Outside { is_configured: false, .. }), "{refusal}");
}

#[test]
fn the_way_out_of_a_refusal_works() {
    let world = World::new();
    world.sandbox.git(&["config", "core.hooksPath", "../hooks"]);
    let hint = folder(&world, "").unwrap_err().hint();
    let command = hint.split("own: ").nth(1).unwrap().split("; or").next().unwrap();
    let done = world.sandbox.program_with("sh", "", &["-c", command], |_| {});
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(folder(&world, "").unwrap(), world.sandbox.path().join(".git/hooks"));
}

/// The hooks that husky 9 makes: git runs those in `_`, and they run the user's beside, executable or not.
#[test]
fn husky() {
    let world = World::new();
    let top = world.sandbox.path();
    let helper = "#!/usr/bin/env sh\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n\n\
        [ ! -f \"$s\" ] && exit 0\n\nsh -e \"$s\" \"$@\"\nc=$?\n\nexit $c\n";
    let make = || {
        executable(&top.join(".husky/_/h"), helper);
        for name in ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "pre-push"] {
            let text = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"";
            executable(&top.join(".husky/_").join(name), text);
        }
    };
    make();
    world.sandbox.git(&["config", "core.hooksPath", ".husky/_"]);
    let log = world.log_file();
    fs::write(top.join(".husky/pre-commit"), format!("echo theirs >>'{}'\n", log.display())).unwrap();
    fs::write(top.join(".husky/commit-msg"), format!("echo theirs >>'{}'\n", log.display())).unwrap();
    let before = listing(&top.join(".husky"));
    install_all(&world.files());
    // A new installation of husky leaves ours alone.
    make();
    assert_eq!(world.files().file(Hook::PostCommit), top.join(".husky/post-commit"));
    assert_eq!(world.commit().status, 0);
    let log = world.log();
    assert_eq!(log.lines().filter(|line| *line == "theirs").count(), 2, "{log}");
    assert_eq!(log.lines().filter(|line| line.starts_with("tracker hook")).count(), 3, "{log}");
    uninstall_all(&world.files());
    assert_eq!(listing(&top.join(".husky")), before);
}

/// What `pre-commit install` and `lefthook install` write, shortened in the middle.
#[test]
fn pre_commit_and_lefthook() {
    let pre_commit = "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n\
        # ID: 138fd403232d2ddd5efb44317e38bf03\n\n# start templated\nINSTALL_PYTHON=/nowhere/python3\n\
        ARGS=(hook-impl --config=.pre-commit-config.yaml --hook-type=commit-msg)\n# end templated\n\n\
        HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\nARGS+=(--hook-dir \"$HERE\" -- \"$@\")\n\n\
        if [ -x \"$INSTALL_PYTHON\" ]; then\n    exec \"$INSTALL_PYTHON\" -mpre_commit \"${ARGS[@]}\"\n\
        elif command -v pre-commit > /dev/null; then\n    exec pre-commit \"${ARGS[@]}\"\nelse\n    exit 1\nfi\n";
    let lefthook = "#!/bin/sh\n\nif [ \"$LEFTHOOK_VERBOSE\" = \"1\" -o \"$LEFTHOOK_VERBOSE\" = \"true\" ]; then\n  \
        set -x\nfi\n\nif [ \"$LEFTHOOK\" = \"0\" ]; then\n  exit 0\nfi\n\ncall_lefthook()\n{\n  \
        if test -n \"$LEFTHOOK_BIN\"\n  then\n    \"$LEFTHOOK_BIN\" \"$@\"\n  else\n    lefthook \"$@\"\n  fi\n}\n\n\
        call_lefthook run \"post-commit\" \"$@\"\n";
    let world = World::new();
    for tool in ["pre-commit", "lefthook"] {
        let text = format!("#!/bin/sh\necho \"theirs $*\" >>'{}'\n", world.log_file().display());
        executable(&world.bin.join(tool), &text);
    }
    executable(&world.hook("commit-msg"), pre_commit);
    executable(&world.hook("post-commit"), lefthook);
    let before = listing(&world.sandbox.path().join(".git/hooks"));
    let files = world.files();
    assert_eq!(files.install(Hook::CommitMsg).unwrap(), HookChange::Embedded);
    assert_eq!(files.install(Hook::PostCommit).unwrap(), HookChange::Embedded);
    assert_eq!(world.commit().status, 0);
    let log = world.log();
    let lines: Vec<&str> = log.lines().map(|line| line.split(" --").next().unwrap()).collect();
    let expected = [
        "tracker hook commit-msg .git/COMMIT_EDITMSG",
        "theirs hook-impl",
        "tracker hook post-commit",
        "theirs run post-commit",
    ];
    assert_eq!(lines, expected, "{log}");
    uninstall_all(&files);
    assert_eq!(listing(&world.sandbox.path().join(".git/hooks")), before);
}
