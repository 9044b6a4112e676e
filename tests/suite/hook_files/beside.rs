//! Every kind of hook that may be there already.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tracker::store::{Hook, HookChange, HookState};

use super::{World, executable, install_all, listing, uninstall_all};

/// What a commit makes our program note.
const OURS: &str = "tracker hook prepare-commit-msg .git/COMMIT_EDITMSG message\n\
    tracker hook commit-msg .git/COMMIT_EDITMSG\n\
    tracker hook post-commit\n";

#[test]
fn hooks_of_our_own_come_and_go() {
    let world = World::new();
    let before = listing(&world.sandbox.path().join(".git/hooks"));
    let files = world.files();
    for hook in Hook::ALL {
        assert_eq!(files.state(hook).unwrap(), HookState::Absent);
        assert_eq!(files.install(hook).unwrap(), HookChange::Created);
        assert_eq!(files.state(hook).unwrap(), HookState::Installed);
        let mode = fs::metadata(files.file(hook)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, (mode & 0o444) >> 2);
    }
    let installed = listing(&world.sandbox.path().join(".git/hooks"));
    for hook in Hook::ALL {
        assert_eq!(files.install(hook).unwrap(), HookChange::Unchanged);
    }
    assert_eq!(listing(&world.sandbox.path().join(".git/hooks")), installed);
    assert_eq!(world.commit().to_string(), "exit 0\n");
    assert_eq!(world.log(), OURS);
    for hook in Hook::ALL {
        assert_eq!(files.uninstall(hook).unwrap(), HookChange::Removed);
        assert_eq!(files.uninstall(hook).unwrap(), HookChange::Unchanged);
    }
    assert_eq!(listing(&world.sandbox.path().join(".git/hooks")), before);
}

#[test]
fn a_missing_program_is_one_line_and_the_commit_goes_on() {
    let line = "tracker: not on PATH, so this commit moved no task\n";
    let world = World::new();
    install_all(&world.files());
    let args = ["commit", "--quiet", "--allow-empty", "--message", "Next"];
    let output = world.git_with("", &args, false);
    assert_eq!((output.status, &*output.stderr), (0, line));
    uninstall_all(&world.files());
    for hook in Hook::ALL {
        executable(&world.hook(hook.name()), "#!/bin/sh\necho theirs >&2\n");
    }
    install_all(&world.files());
    let output = world.git_with("", &args, false);
    assert_eq!((output.status, &*output.stderr), (0, &*format!("theirs\ntheirs\n{line}theirs\n")));
}

/// Puts `make`'s hook in the place of all hooks of a commit; both must run, and every byte come back.
fn keeps_foreign_hook(world: &World, runs_before: bool, make: impl Fn(&World, &Path)) {
    let names = ["prepare-commit-msg", "commit-msg", "post-commit"];
    for name in names {
        make(world, &world.hook(name));
    }
    let theirs = |log: String| log.lines().filter(|line| line.starts_with("theirs")).count();
    let ours = |log: &str| log.lines().filter(|line| line.starts_with("tracker hook")).count();
    world.commit();
    let expected = if runs_before { 3 } else { 0 };
    assert_eq!(theirs(world.log()), expected);
    let folder = world.sandbox.path().join(".git/hooks");
    let before = listing(&folder);
    for _ in 0..2 {
        install_all(&world.files());
        let output = world.commit();
        assert_eq!(output.status, 0, "{output}");
        let log = world.log();
        assert_eq!(ours(&log), 3, "{log}");
        assert_eq!(theirs(log), expected);
    }
    uninstall_all(&world.files());
    assert_eq!(listing(&folder), before);
    world.commit();
    assert_eq!(theirs(world.log()), expected);
}

fn note(world: &World, word: &str) -> String {
    format!("echo \"{word} $0 $*\" >>'{}'\n", world.log_file().display())
}

#[test]
fn scripts() {
    for shebang in
        ["#!/bin/sh\n", "#!/usr/bin/env bash\n# Some tool made this\n", "", "#!/bin/sh -e\nset -u\n"]
    {
        for ending in ["", "exit 0\n", "exec true"] {
            let world = World::new();
            keeps_foreign_hook(&world, true, |world, file| {
                executable(file, &format!("{shebang}{}{ending}", note(world, "theirs")));
            });
        }
    }
}

#[test]
fn a_script_that_becomes_another_program() {
    let world = World::new();
    executable(&world.bin.join("other"), &format!("#!/bin/sh\n{}", note(&world, "theirs")));
    keeps_foreign_hook(&world, true, |_, file| executable(file, "#!/bin/sh\nexec other \"$@\""));
}

#[test]
fn another_language_a_program_and_a_link() {
    let world = World::new();
    keeps_foreign_hook(&world, true, |world, file| {
        let log = world.log_file();
        executable(file, &format!("#!/usr/bin/env python3\nopen({log:?}, 'a').write('theirs\\n')\n"));
    });
    // A program for the machine: here one that has the bytes of one.
    let world = World::new();
    keeps_foreign_hook(&world, false, |_, file| {
        fs::copy("/bin/true", file).unwrap();
    });
    let world = World::new();
    keeps_foreign_hook(&world, true, |world, file| {
        let shared = world.sandbox.path().join("hooks/shared");
        executable(&shared, &format!("#!/bin/sh\n{}", note(world, "theirs")));
        std::os::unix::fs::symlink("../../hooks/shared", file).unwrap();
    });
}

#[test]
fn hooks_that_git_does_not_run_or_that_are_write_protected() {
    let world = World::new();
    keeps_foreign_hook(&world, false, |world, file| {
        fs::write(file, format!("#!/bin/sh\n{}", note(world, "theirs"))).unwrap();
        fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    });
    let world = World::new();
    keeps_foreign_hook(&world, true, |world, file| {
        executable(file, &format!("#!/bin/sh\n{}", note(world, "theirs")));
        fs::set_permissions(file, Permissions::from_mode(0o555)).unwrap();
    });
}

#[test]
fn either_part_can_stop_a_commit() {
    let world = World::new();
    let theirs = |code: i32| format!("#!/usr/bin/env python3\nimport sys; sys.exit({code})\n");
    for text in [theirs(3), "#!/bin/sh\nexit 3\n".to_owned()] {
        executable(&world.hook("commit-msg"), &text);
        install_all(&world.files());
        assert_ne!(world.commit().status, 0);
        uninstall_all(&world.files());
    }
    fs::copy("/bin/false", world.hook("commit-msg")).unwrap();
    install_all(&world.files());
    assert_ne!(world.commit().status, 0);
    uninstall_all(&world.files());
    for text in [theirs(0), "#!/bin/sh\nexit 0\n".to_owned()] {
        executable(&world.hook("commit-msg"), &text);
        install_all(&world.files());
        assert_eq!(world.commit().status, 0);
        world.program("tracker", "refuses", 1);
        assert_ne!(world.commit().status, 0);
        world.program("tracker", "accepts", 0);
        uninstall_all(&world.files());
    }
}

#[test]
fn both_hooks_of_a_push_see_what_is_pushed() {
    for shebang in
        ["#!/bin/sh\n", "#!/bin/bash\nset -euo pipefail\n", "#!/usr/bin/env -S sh -e\n# x", "python"]
    {
        let world = World::new();
        world.sandbox.git(&["init", "--quiet", "--bare", "../remote repo"]);
        world.sandbox.git(&["remote", "add", "origin", "../remote repo"]);
        world.sandbox.git(&["branch", "side"]);
        let log = world.log_file();
        if shebang == "python" {
            let text = format!(
                "#!/usr/bin/env python3\nimport sys\nout = open({log:?}, 'a')\n\
                 for line in sys.stdin: out.write('theirs <' + line)\n"
            );
            executable(&world.hook("pre-push"), &text);
        } else {
            let text = format!(
                "{shebang}\nwhile read -r line; do echo \"theirs <$line\" >>'{}'; done\n",
                log.display()
            );
            executable(&world.hook("pre-push"), &text);
        }
        install_all(&world.files());
        let output = world.git(&["push", "--quiet", "origin", "main", "side"]);
        assert_eq!(output.status, 0, "{shebang}: {output}");
        let log = world.log();
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            log.lines().partition(|line| !line.starts_with("theirs"));
        assert_eq!(theirs.len(), 2, "{shebang}: {log}");
        let pushed: Vec<&str> = theirs.iter().map(|line| &line["theirs ".len()..]).collect();
        assert!(ours.concat().contains(pushed[0]) && ours.concat().contains(pushed[1]), "{shebang}: {log}");
        // Up to date: git runs the hook with nothing on its standard input.
        world.git(&["push", "--quiet", "origin", "main", "side"]);
        let log = world.log();
        assert!(!log.contains('<'), "{shebang}: {log}");
    }
}

#[test]
fn a_part_of_an_older_version_is_brought_up_to_date() {
    let world = World::new();
    let theirs = "#!/bin/sh\necho theirs\n";
    executable(&world.hook("commit-msg"), theirs);
    let files = world.files();
    files.install(Hook::CommitMsg).unwrap();
    let file = world.hook("commit-msg");
    let older = fs::read_to_string(&file).unwrap().replace("|| exit $?", "|| exit 1");
    fs::write(&file, older).unwrap();
    assert_eq!(files.state(Hook::CommitMsg).unwrap(), HookState::Outdated);
    assert_eq!(files.install(Hook::CommitMsg).unwrap(), HookChange::Updated);
    assert_eq!(files.state(Hook::CommitMsg).unwrap(), HookState::Installed);
    files.uninstall(Hook::CommitMsg).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), theirs);
}

#[test]
fn lines_that_a_user_adds_to_a_file_of_ours_stay() {
    let world = World::new();
    let files = world.files();
    files.install(Hook::PostCommit).unwrap();
    let file = world.hook("post-commit");
    let text = fs::read_to_string(&file).unwrap().replace("#!/bin/sh\n", "#!/bin/sh\necho mine\n");
    fs::write(&file, text).unwrap();
    assert_eq!(files.install(Hook::PostCommit).unwrap(), HookChange::Unchanged);
    assert_eq!(world.commit().stderr, "mine\n");
    assert_eq!(world.log(), "tracker hook post-commit\n");
    assert_eq!(files.uninstall(Hook::PostCommit).unwrap(), HookChange::Restored);
    assert_eq!(fs::read_to_string(&file).unwrap(), "#!/bin/sh\necho mine\n");
}

#[test]
fn a_torn_block_is_refused_and_left() {
    let world = World::new();
    let text = "#!/bin/sh\n# >>> tracker >>>\nsomething\n";
    executable(&world.hook("post-commit"), text);
    let files = world.files();
    for error in
        [files.install(Hook::PostCommit).unwrap_err(), files.uninstall(Hook::PostCommit).unwrap_err()]
    {
        assert!(error.to_string().ends_with("the tracker's block in it is torn"), "{error}");
    }
    assert_eq!(fs::read_to_string(world.hook("post-commit")).unwrap(), text);
}
