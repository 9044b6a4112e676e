//! Who chooses a name, and what a repository says, chooses nothing.

use super::{ID, RULES, by, commit, commit_by, ok, run, world};
use crate::support::Sandbox;

/// A pull request whose last commit changes code that nobody has seen.
fn unseen() -> Sandbox {
    let sandbox = world(&format!("{RULES}[policy]\nlinked-commits = \"error\"\n"));
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    sandbox.write("src/theme.rs", "fn theme() { leak() }\n");
    commit(&sandbox, "No task, no review");
    sandbox
}

#[test]
fn objects_are_judged_as_they_are_whatever_replaces_them() {
    let sandbox = unseen();
    let harmless = ["commit-tree", "-p", "main", "-m", "Nothing", "-m", "Task: TASK-T3ST", "main^{tree}"];
    let harmless = sandbox.git(&harmless);
    let lines = ["check --base main", "review main..work", "list --at work", "diff main work"];
    let before: Vec<String> = lines.map(|line| run(&sandbox, line).to_string()).into();
    assert!(before[0].starts_with("exit 1"), "{}", before[0]);
    sandbox.git(&["replace", "work", &harmless]);
    for (line, before) in lines.into_iter().zip(&before) {
        assert_eq!(run(&sandbox, line).to_string(), *before, "{line}");
    }
    // A mirror, as a server that runs the check keeps one.
    sandbox.git(&["clone", "--quiet", "--mirror", ".", "../mirror"]);
    let output = sandbox.tracker_in("../mirror", &["check", "--base", "main", "--head", "work"]);
    assert_eq!(output.status, 1, "{output}");
    // Nor do replacements of a blob or of the base.
    sandbox.git(&["replace", "--delete", "work"]);
    sandbox.git(&["replace", "work:src/theme.rs", "main:src/theme.rs"]);
    sandbox.git(&["replace", "main", "work"]);
    assert_eq!(run(&sandbox, lines[0]).to_string(), before[0]);
}

#[test]
fn grafts_are_not_followed() {
    let sandbox = unseen();
    let before = run(&sandbox, "check --base main").to_string();
    let (work, main) = (sandbox.git(&["rev-parse", "work"]), sandbox.git(&["rev-parse", "main"]));
    sandbox.write(".git/info/grafts", format!("{main} {work}\n"));
    assert_eq!(run(&sandbox, "check --base main").to_string(), before);
}

#[test]
fn votes_are_stale_whatever_replaces_what_they_covered() {
    let sandbox = world(RULES);
    let seen = commit(&sandbox, &format!("Do it\n\nTask: {ID}"));
    sandbox.write("src/theme.rs", "fn theme() { one() }\n");
    commit(&sandbox, &format!("More\n\nTask: {ID}"));
    ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
    sandbox.git(&["checkout", "--quiet", "--", ".tracker/tasks"]);
    commit_by(&sandbox, "Bob", "Vote");
    sandbox.write("src/theme.rs", "fn theme() { leak() }\n");
    commit(&sandbox, &format!("Later\n\nTask: {ID}"));
    let signoffs_of = |sandbox: &Sandbox| run(sandbox, "signoffs t3st --format json").stdout;
    let before = signoffs_of(&sandbox);
    assert!(before.contains("stale"), "{before}");
    sandbox.git(&["replace", "HEAD:src/theme.rs", "HEAD~1:src/theme.rs"]);
    sandbox.git(&["replace", "HEAD~2", &seen]);
    assert_eq!(signoffs_of(&sandbox), before);
}

/// Every key by which git starts a program.
const PROGRAMS: [&str; 10] = [
    "gpg.ssh.program",
    "gpg.program",
    "gpg.ssh.defaultKeyCommand",
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.editor",
    "diff.external",
    "filter.x.clean",
    "filter.x.smudge",
];

/// Makes a program that leaves a mark when it is run, and returns its path and the mark's.
fn marking(sandbox: &Sandbox) -> (String, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let (program, mark) = (sandbox.root().join("home/program.sh"), sandbox.root().join("home/ran"));
    std::fs::write(&program, format!("#!/bin/sh\necho \"$@\" >>'{}'\nexit 1\n", mark.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (program.display().to_string(), mark)
}

#[test]
fn reading_starts_no_program_that_a_repository_names() {
    let sandbox = signed();
    let (program, mark) = marking(&sandbox);
    // A bare repository in the tree of a pull request, and the same settings in the repository itself.
    sandbox.git(&["clone", "--quiet", "--bare", ".", "vendor"]);
    for key in PROGRAMS {
        sandbox.git_in("vendor", &["config", key, &program]);
    }
    for key in PROGRAMS.into_iter().filter(|key| !key.starts_with("core.")) {
        sandbox.git(&["config", key, &program]);
    }
    for folder in ["vendor", ""] {
        for line in [
            "list --all --at main",
            "show t3st --at main",
            "signoffs t3st --verify --at work",
            "log t3st --at work",
            "diff main work",
            "review main..work",
            "check --base main --head work",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let output = sandbox.tracker_in(folder, &words);
            assert!(!mark.exists(), "{folder} {line} ran {program}: {output}");
        }
        let args = ["signoffs", "t3st", "--verify", "--at", "work", "--format", "json"];
        let shown = sandbox.tracker_in(folder, &args);
        assert!(shown.stdout.contains("\"trust\":\"signed\""), "{folder}: verified all the same: {shown}");
    }
}

#[test]
fn verification_takes_the_program_of_the_users_own_configuration() {
    let sandbox = signed();
    let (program, mark) = marking(&sandbox);
    sandbox.git(&["config", "--global", "gpg.ssh.program", &program]);
    run(&sandbox, "signoffs t3st --verify --at work");
    assert!(mark.exists(), "the user's own wrapper verifies");
}

/// A branch `work` on which Ada has signed an approval.
fn signed() -> Sandbox {
    let sandbox = world(&format!("{RULES}[policy]\nsignatures = \"require\"\n"));
    let path = sandbox.root().join("home/key").display().to_string();
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", &path];
    assert_eq!(sandbox.program_with("ssh-keygen", "", &args, |_| {}).status, 0);
    let public = std::fs::read_to_string(format!("{path}.pub")).unwrap();
    sandbox.write(".tracker/allowed_signers", format!("ada@example.com {public}"));
    commit(&sandbox, "Whose keys count");
    sandbox.git(&["config", "--global", "gpg.format", "ssh"]);
    sandbox.git(&["config", "--global", "user.signingKey", &path]);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer --sign"));
    commit_by(&sandbox, "Ada", "Vote");
    sandbox
}
