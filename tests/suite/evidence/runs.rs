//! What `verify` runs, on what, and what it writes down.

use std::time::{Duration, Instant};

use super::{CONFIG, POLICY, alone, by, check, commit, json, receipts, stage, world, world_with};
use crate::signoffs::signatures::{key, use_key};
use crate::support::Sandbox;

#[test]
fn a_reviewer_verifies_and_approves_and_the_gate_says_yes() {
    let sandbox = world();
    let output = by(&sandbox, "Ada", "approve t3st");
    assert_eq!(output.status, 0, "{output}");
    assert!(output.stdout.contains("waits for evidence of tester: nobody has run its command"), "{output}");
    assert_eq!(stage(&sandbox), "qa");
    let refused = alone(&sandbox, "Ken", "advance t3st");
    insta::assert_snapshot!(refused, @r"
    exit 1
    --- stderr
    error: TASK-T3ST cannot leave qa
      evidence  of tester: nobody has run its command  tracker verify TASK-T3ST --role tester
    ");
    let verified = by(&sandbox, "Ada", "verify t3st");
    insta::assert_snapshot!(verified, @r"
    exit 0
    --- stdout
    TASK-T3ST  Remember the theme
      tester passed after 0 s on 1 file: checked
      qa → sec
    ");
    assert_eq!(stage(&sandbox), "sec");
    insta::assert_snapshot!(check(&sandbox, ""), @r"
    exit 0
    --- stdout
    main..work · 3 commits · 1 task · 1 file · policy from main
    ok    [N] rules
    off   policy-owners covered-files
    --- stderr
    all checks passed
    ");
}

#[test]
fn a_receipt_says_what_was_run_on_which_blobs_by_whom() {
    let sandbox = world();
    by(&sandbox, "Ada", "verify t3st");
    let [path] = receipts(&sandbox).try_into().unwrap();
    let text = sandbox.read(&path);
    let blob = sandbox.git(&["rev-parse", "HEAD:src/theme.rs"]);
    let (head, digest) = (sandbox.git(&["rev-parse", "HEAD^"]), sha256("checked TASK-T3ST\n"));
    for line in [
        "task: TASK-T3ST",
        "role: tester",
        "by: Ada <ada@example.com>",
        &format!("commit: {head}"),
        "command: sh check.sh",
        "exit: 0",
        "bytes: 18",
        &format!("output: {digest}"),
        "tail: checked TASK-T3ST",
        &format!("{{path: src/theme.rs, from: [absent], to: \"100644 {blob}\"}}"),
    ] {
        let quoted = line.replace(": ", ": \"") + "\"";
        assert!(text.contains(line) || text.contains(&quoted), "{line}\n{text}");
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_command_that_fails_is_recorded_and_speaks_against_the_task_until_it_passes() {
    let sandbox = world();
    sandbox.write("src/theme.rs", "// light\n");
    commit(&sandbox, "Ken", "Light\n\nTask: TASK-T3ST");
    let output = by(&sandbox, "Ada", "verify t3st");
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stdout.contains("tester failed with exit code 1"), "{output}");
    let approved = by(&sandbox, "Ada", "approve t3st");
    assert!(approved.stdout.contains("it failed with exit code 1, run by Ada"), "{approved}");
    assert_eq!(stage(&sandbox), "qa");
    sandbox.write("src/theme.rs", "// dark again\n");
    commit(&sandbox, "Ken", "Dark\n\nTask: TASK-T3ST");
    assert_eq!(by(&sandbox, "Ada", "verify t3st").status, 0);
    by(&sandbox, "Ada", "approve t3st");
    assert_eq!((stage(&sandbox).as_str(), receipts(&sandbox).len()), ("sec", 2));
    assert_eq!(check(&sandbox, "").status, 0);
}

#[test]
fn what_nobody_committed_and_what_the_command_leaves_behind_is_not_run_on() {
    let sandbox = world();
    sandbox.write("src/theme.rs", "// dark, and more\n");
    let output = alone(&sandbox, "Ada", "verify t3st");
    assert_eq!(output.status, 2, "{output}");
    assert!(
        output.stderr.contains("the working tree has changes that no commit has: src/theme.rs"),
        "{output}"
    );
    sandbox.git(&["restore", "src/theme.rs"]);
    for command in ["echo x > src/theme.rs", "touch new file", "git commit -q --allow-empty -m more"] {
        sandbox.write("check.sh", format!("{command}\n"));
        commit(&sandbox, "Ken", "Another check");
        let output = alone(&sandbox, "Ada", "verify t3st");
        assert_eq!(output.status, 2, "{output}");
        assert!(output.stderr.contains("`sh check.sh` changed what it ran on"), "{output}");
        sandbox.git(&["reset", "--quiet", "--hard"]);
        sandbox.git(&["clean", "--quiet", "-fd"]);
    }
    assert!(receipts(&sandbox).is_empty());
    // What git ignores is nobody's content, and records are not what is tested.
    sandbox.write(".gitignore", "target\n");
    sandbox.write("check.sh", "mkdir -p target; touch target/x\n");
    commit(&sandbox, "Ken", "Build");
    alone(&sandbox, "Ada", "note t3st 'not committed yet'");
    assert_eq!(alone(&sandbox, "Ada", "verify t3st").status, 0);
}

#[test]
fn what_hangs_or_prints_without_end_is_stopped_and_is_no_pass() {
    for (line, exit, why) in
        [("sleep 60", 124, "(killed after 1 s)"), ("exec yes", 153, "(killed after 64 MiB of output)")]
    {
        let limit = if exit == 124 { "1s" } else { "50s" };
        let policy = POLICY.replace("sh check.sh\"", &format!("{line}\"\nverify_limit = \"{limit}\""));
        let sandbox = world_with(&policy);
        let started = Instant::now();
        let output = by(&sandbox, "Ada", "verify t3st");
        assert!(started.elapsed() < Duration::from_secs(20), "{line}");
        assert_eq!(output.status, 1, "{output}");
        let run = &sandbox.read(&receipts(&sandbox)[0]);
        assert!(run.contains(&format!("exit: {exit}")) && run.contains(why), "{run}");
        assert!(run.len() < 16 * 1024, "{}", run.len());
    }
}

#[test]
fn the_command_is_that_of_the_branch_that_the_work_goes_to() {
    let sandbox = world();
    sandbox.write(CONFIG, POLICY.replace("sh check.sh", "touch /tmp/never; true"));
    commit(&sandbox, "Ken", "Easier\n\nTask: TASK-T3ST");
    let output = json(&sandbox, "verify t3st --dry-run");
    assert_eq!(output["result"]["runs"][0]["command"], "sh check.sh");
    let output = by(&sandbox, "Ada", "verify t3st");
    assert_eq!(output.status, 0, "{output}");
    assert!(sandbox.read(&receipts(&sandbox)[0]).contains("sh check.sh"));
}

#[test]
fn nothing_runs_that_nobody_asked_for() {
    let sandbox = world();
    sandbox.write(CONFIG, POLICY.replace("sh check.sh", "touch ../ran"));
    commit(&sandbox, "Ken", "Set up");
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "work"]);
    sandbox.git(&["checkout", "--quiet", "-b", "more"]);
    for line in ["show t3st", "list", "board", "check --base main", "signoffs t3st", "verify t3st --dry-run"]
    {
        alone(&sandbox, "Ken", line);
        assert!(!sandbox.root().join("ran").exists(), "{line}");
    }
    alone(&sandbox, "Ada", "verify t3st");
    assert!(sandbox.root().join("ran").exists());
}

#[test]
fn what_cannot_be_verified_says_what_can() {
    let sandbox = world();
    let output = alone(&sandbox, "Ada", "verify t3st --role auditor");
    insta::assert_snapshot!(output, @r"
    exit 1
    --- stderr
    error: cannot verify TASK-T3ST
      role  the policy names no command for role `auditor`  tracker verify TASK-T3ST --role tester
    ");
    let sandbox = world_with(&POLICY.replace("verify = \"sh check.sh\"\n", ""));
    insta::assert_snapshot!(alone(&sandbox, "Ada", "verify t3st"), @r#"
    exit 1
    --- stderr
    error: cannot verify TASK-T3ST
      role  no role of its stage has a command  name the command in .tracker/config.toml: [roles.NAME] verify = "…"
    "#);
    by(&sandbox, "Ada", "approve t3st");
    assert_eq!(stage(&sandbox), "qa", "a stage that requires evidence of nothing lets nothing through");
}

/// Ken's own run, committed by himself, with the approval of Ada.
fn only_reported() -> Sandbox {
    let sandbox = world();
    by(&sandbox, "Ada", "approve t3st");
    let output = by(&sandbox, "Ken", "verify t3st");
    assert!(output.stdout.contains("reported; the gate wants checked"), "{output}");
    assert_eq!(stage(&sandbox), "sec", "whoever merges it runs it again");
    sandbox
}

#[test]
fn what_is_only_reported_is_run_again_by_the_gate() {
    let sandbox = only_reported();
    let refused = check(&sandbox, "");
    assert_eq!(refused.status, 1, "{refused}");
    let message = "left qa, without evidence of tester: only reported by Ken, and checked is required";
    assert!(refused.stdout.contains(message), "{refused}");
    assert_eq!(check(&sandbox, "--run-evidence").status, 0);
    // Where the work goes on, what it runs on is another tree.
    sandbox.write("src/theme.rs", "// dark, not committed\n");
    let output = check(&sandbox, "--run-evidence");
    assert_eq!(output.status, 2, "{output}");
    sandbox.git(&["restore", "src"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    assert_eq!(alone(&sandbox, "Ken", "check --base main --head work --run-evidence").status, 2);
}

#[test]
fn a_signature_says_who_ran_it_whoever_commits_it() {
    let sandbox = world();
    let ken = key(&sandbox, "ken");
    key(&sandbox, "eve");
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.write(".tracker/allowed_signers", format!("ken@example.com {ken}\n"));
    commit(&sandbox, "Ken", "Whose keys count");
    sandbox.git(&["checkout", "--quiet", "work"]);
    sandbox.git(&["merge", "--quiet", "--no-edit", "main"]);
    for (name, status) in [("eve", 1), ("ken", 0)] {
        use_key(&sandbox, name);
        let copy = sandbox.copied();
        copy.git(&[
            "config",
            "user.signingKey",
            &sandbox.root().join("home").join(name).display().to_string(),
        ]);
        let output = alone(&copy, "Ken", "verify t3st --sign");
        assert_eq!(output.status, 0, "{output}");
        by(&copy, "Ada", "approve t3st");
        let output = check(&copy, "");
        assert_eq!(output.status, status, "{name}: {output}");
    }
}
