//! What must not get through the gate as evidence, and beside each the honest work that does.

use tracker::doc::{create_receipt, read_receipt, receipt_digest, receipt_file_name};
use tracker::model::{Person, Receipt, TaskId, TreeEntry};

use super::{CONFIG, FOLDER, POLICY, RECORD, by, check, commit, receipts, world};
use crate::support::Sandbox;

struct Attack {
    name: &'static str,
    /// What the gate says.
    says: &'static str,
    play: fn(&Sandbox),
    /// Whether running the command again makes it honest.
    passes_again: bool,
}

/// Writes Ken's receipt anew, changed and with a digest that fits.
fn forged(sandbox: &Sandbox, change: impl FnOnce(&mut Receipt)) {
    by(sandbox, "Ken", "verify t3st");
    let [path] = receipts(sandbox).try_into().unwrap();
    let task = TaskId::parse("TASK-T3ST").unwrap();
    let mut receipt = read_receipt(&task, sandbox.read(&path).as_bytes()).unwrap();
    // As if it had never been: the commit is made again.
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    change(&mut receipt);
    receipt.digest = receipt_digest(&receipt);
    sandbox.write(format!("{FOLDER}/{}", receipt_file_name(&receipt)), create_receipt(&receipt));
    commit(sandbox, "Ken", "Evidence\n\nTask: TASK-T3ST");
}

fn breaks(sandbox: &Sandbox) {
    sandbox.write("src/theme.rs", "// light\n");
    commit(sandbox, "Ken", "Light\n\nTask: TASK-T3ST");
}

const ATTACKS: &[Attack] = &[
    Attack {
        name: "nothing was run",
        says: "without evidence of tester: nobody has run its command",
        play: |_| {},
        passes_again: false,
    },
    Attack {
        name: "an exit code written by hand, in a receipt of one's own work",
        says: "only reported by Ken",
        play: |sandbox| {
            breaks(sandbox);
            forged(sandbox, |receipt| receipt.exit = 0);
        },
        passes_again: false,
    },
    Attack {
        name: "an exit code edited",
        says: "its receipt was edited: the digest does not fit",
        play: |sandbox| {
            breaks(sandbox);
            by(sandbox, "Ada", "verify t3st");
            let [path] = receipts(sandbox).try_into().unwrap();
            let text = sandbox.read(&path);
            sandbox.git(&["reset", "--quiet", "--hard", "HEAD^"]);
            sandbox.write(&path, text.replace("exit: 1", "exit: 0"));
            commit(sandbox, "Ada", "Evidence\n\nTask: TASK-T3ST");
        },
        passes_again: false,
    },
    Attack {
        name: "somebody else's name",
        says: "only reported by Ada",
        play: |sandbox| {
            forged(sandbox, |receipt| receipt.by = Person::parse("Ada <ada@example.com>").unwrap());
        },
        passes_again: true,
    },
    Attack {
        name: "a receipt of another task",
        says: "its receipt is of TASK-0THR",
        play: |sandbox| {
            forged(sandbox, |receipt| receipt.task = TaskId::parse("TASK-0THR").unwrap());
        },
        passes_again: false,
    },
    Attack {
        name: "another command than the policy's",
        says: "another command was run than the policy names",
        play: |sandbox| forged(sandbox, |receipt| receipt.command = "true".to_owned()),
        passes_again: false,
    },
    Attack {
        name: "the branch's own policy",
        says: "another command was run than the policy names",
        play: |sandbox| {
            sandbox.write(CONFIG, POLICY.replace("sh check.sh", "true"));
            commit(sandbox, "Ken", "Easier\n\nTask: TASK-T3ST");
            forged(sandbox, |receipt| receipt.command = "true".to_owned());
        },
        passes_again: false,
    },
    Attack {
        name: "the branch requires no evidence any more",
        says: "nobody has run its command",
        play: |sandbox| {
            sandbox.write(CONFIG, POLICY.replace("requires = [\"evidence\"]\n", ""));
            commit(sandbox, "Ken", "Easier\n\nTask: TASK-T3ST");
        },
        passes_again: false,
    },
    Attack {
        name: "blobs that are not the task's",
        says: "it ran before src/theme.rs changed",
        play: |sandbox| {
            forged(sandbox, |receipt| {
                receipt.files[0].to = TreeEntry::File { mode: 0o100_644, blob: "a".repeat(40) };
            });
        },
        passes_again: false,
    },
    Attack {
        name: "no files at all",
        says: "it ran before src/theme.rs came in addition",
        play: |sandbox| forged(sandbox, |receipt| receipt.files.clear()),
        passes_again: false,
    },
    Attack {
        name: "blobs that the commit which it names does not show",
        says: "its receipt lists what its commit does not show",
        play: |sandbox| {
            let before = sandbox.git(&["rev-parse", "main"]);
            forged(sandbox, |receipt| receipt.commit = before);
        },
        passes_again: false,
    },
    Attack {
        name: "the code changes after the run",
        says: "it ran before src/theme.rs changed",
        play: |sandbox| {
            by(sandbox, "Ada", "verify t3st");
            breaks(sandbox);
        },
        passes_again: false,
    },
    Attack {
        name: "a date ahead of the clock",
        says: "its receipt is dated ahead of the clock",
        play: |sandbox| forged(sandbox, |receipt| receipt.at += chrono::TimeDelta::days(1)),
        passes_again: false,
    },
    Attack {
        name: "a receipt changed later",
        says: "changes a receipt",
        play: |sandbox| {
            by(sandbox, "Ada", "verify t3st");
            let [path] = receipts(sandbox).try_into().unwrap();
            let text = sandbox.read(&path);
            sandbox.write(&path, text.replace("checked TASK", "great TASK"));
            commit(sandbox, "Ada", "Nicer\n\nTask: TASK-T3ST");
        },
        passes_again: false,
    },
    Attack {
        name: "a failure removed",
        says: "deletes a receipt",
        play: |sandbox| {
            sandbox.write("flag", "");
            commit(sandbox, "Ken", "Flaky");
            breaks(sandbox);
            by(sandbox, "Bob", "verify t3st");
            let [path] = receipts(sandbox).try_into().unwrap();
            std::fs::remove_file(sandbox.path().join(path)).unwrap();
            commit(sandbox, "Ken", "Tidy\n\nTask: TASK-T3ST");
            sandbox.write("src/theme.rs", "// dark\n");
            commit(sandbox, "Ken", "Dark\n\nTask: TASK-T3ST");
            by(sandbox, "Ada", "verify t3st");
        },
        passes_again: false,
    },
    Attack {
        name: "an own pass copied behind an own failure",
        says: "it failed with exit code 1, run by Ada",
        play: |sandbox| {
            by(sandbox, "Ada", "verify t3st");
            let [first] = receipts(sandbox).try_into().unwrap();
            sandbox.write("check.sh", "exit 1\n");
            commit(sandbox, "Ken", "Another check");
            by(sandbox, "Ada", "verify t3st");
            let text = sandbox.read(&first);
            sandbox.write(format!("{FOLDER}/20991111T093300Z-tester-00000000.yaml"), text);
            sandbox.write("check.sh", "true\n");
            commit(sandbox, "Ada", "Evidence\n\nTask: TASK-T3ST");
        },
        passes_again: false,
    },
    Attack {
        name: "a receipt that is a link to another file",
        says: "is a symbolic link",
        play: |sandbox| {
            by(sandbox, "Ada", "verify t3st");
            let [path] = receipts(sandbox).try_into().unwrap();
            let text = sandbox.read(&path);
            sandbox.git(&["reset", "--quiet", "--hard", "HEAD^"]);
            sandbox.write("outside.yaml", text);
            std::fs::create_dir_all(sandbox.path().join(FOLDER)).unwrap();
            std::os::unix::fs::symlink("../../../outside.yaml", sandbox.path().join(&path)).unwrap();
            commit(sandbox, "Ada", "Evidence\n\nTask: TASK-T3ST");
        },
        passes_again: false,
    },
];

/// Approves as Ada and moves the task on, whatever the commands say of it.
fn lands(sandbox: &Sandbox) {
    by(sandbox, "Ada", "approve t3st");
    let text = sandbox.read(RECORD);
    if text.contains("stage: qa") {
        let moved = "  - {at: 2026-11-11T12:00:00Z, by: Ken, from: qa, to: sec, why: signed off by Ada}\n---";
        let text = text.replace("stage: qa", "stage: sec").replacen("\n---", &format!("\n{moved}"), 1);
        sandbox.write(RECORD, text);
        commit(sandbox, "Ken", "On\n\nTask: TASK-T3ST");
    }
}

#[test]
fn no_attack_gets_through() {
    let mut wrong = Vec::new();
    for attack in ATTACKS {
        let sandbox = world();
        (attack.play)(&sandbox);
        lands(&sandbox);
        let output = check(&sandbox, "");
        let again = check(&sandbox, "--run-evidence");
        let is_stopped = output.status == 1 && output.stdout.contains(attack.says);
        if !is_stopped || again.status != i32::from(!attack.passes_again) {
            wrong.push(format!("{}: {output}\nand again: {again}", attack.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn honest_work_gets_through_in_every_form() {
    type Play = fn(&Sandbox);
    let honest: [(&str, Play); 4] = [
        ("as it is", |sandbox| {
            by(sandbox, "Ada", "verify t3st");
        }),
        ("rebased on a base that went on", |sandbox| {
            by(sandbox, "Ada", "verify t3st");
            sandbox.git(&["checkout", "--quiet", "main"]);
            sandbox.write("README", "more\n");
            commit(sandbox, "Bob", "Read me\n\nTask: TASK-0THR");
            sandbox.git(&["checkout", "--quiet", "work"]);
            sandbox.git(&["rebase", "--quiet", "main"]);
        }),
        ("merged with a base that went on", |sandbox| {
            by(sandbox, "Ada", "verify t3st");
            sandbox.git(&["checkout", "--quiet", "main"]);
            sandbox.write("README", "more\n");
            commit(sandbox, "Bob", "Read me\n\nTask: TASK-0THR");
            sandbox.git(&["checkout", "--quiet", "work"]);
            sandbox.git(&["merge", "--quiet", "--no-edit", "main"]);
        }),
        ("verified by both, and once before the last change", |sandbox| {
            by(sandbox, "Bob", "verify t3st");
            sandbox.write("src/theme.rs", "// dark, too\n");
            commit(sandbox, "Ken", "Darker\n\nTask: TASK-T3ST");
            by(sandbox, "Ada", "verify t3st");
            by(sandbox, "Bob", "verify t3st");
        }),
    ];
    for (name, play) in honest {
        let sandbox = world();
        play(&sandbox);
        by(&sandbox, "Ada", "approve t3st");
        let output = check(&sandbox, "");
        assert_eq!(output.status, 0, "{name}: {output}");
        assert_eq!(super::stage(&sandbox), "sec", "{name}");
    }
}
