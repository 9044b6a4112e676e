//! A name in a file is not a person, and a date in a file is not the time.

use super::{ID, RECORD, RULES, TASK, by, commit, commit_by, ok, run, world};
use crate::support::Sandbox;

/// A branch on which Bob has raised a finding that blocks; returns its id.
fn found() -> (Sandbox, String) {
    let sandbox = world(&format!("{RULES}members = [\"bob@example.com\", \"carol@example.com\"]\n"));
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    let line = "reject t3st --as reviewer --finding \"high: leaks @ src/theme.rs:1\"";
    ok(&by(&sandbox, "Bob", line));
    // Only the finding is looked at here.
    sandbox.write(RECORD, TASK);
    std::fs::remove_dir_all(sandbox.path().join(".tracker/signoffs")).unwrap();
    commit_by(&sandbox, "Bob", "Found");
    let folder = sandbox.path().join(".tracker/findings").join(ID);
    let entry = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let name = entry.file_name().into_string().unwrap();
    (sandbox, name.trim_end_matches(".yaml").to_owned())
}

/// What the rule says of findings that were closed by somebody else than whom they name.
fn doubts(sandbox: &Sandbox) -> Vec<String> {
    let output = run(sandbox, "check --base main --full");
    let lines =
        output.stdout.lines().filter(|line| line.contains("open-findings") && !line.starts_with("ok"));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_resolution_counts_where_the_commit_is_by_whom_it_names() {
    for action in ["waive", "resolve"] {
        let (sandbox, id) = found();
        let line = format!("findings {action} t3st {id} --why \"a false alarm\"");
        ok(&by(&sandbox, "Bob", &line));
        let path = format!(".tracker/findings/{ID}/{id}.yaml");
        let closed = sandbox.read(&path);
        // Bob does it himself.
        commit_by(&sandbox, "Bob", "Close it");
        assert_eq!(doubts(&sandbox), [] as [String; 0], "{action}");
        sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
        // Mallory does it in his name, also in the commit that adds it.
        sandbox.write(&path, &closed);
        commit_by(&sandbox, "Mallory", "Tidy");
        let refused = doubts(&sandbox);
        assert!(refused.len() == 1 && refused[0].contains("by Bob, and the commit"), "{action}: {refused:?}");
        sandbox.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
        sandbox.write(&path, &closed);
        commit_by(&sandbox, "Mallory", "Found and closed");
        assert_eq!(doubts(&sandbox).len(), 1, "{action}");
        // Bob, who sees it, says so himself.
        ok(&by(&sandbox, "Bob", &format!("findings reopen t3st {id}")));
        ok(&by(&sandbox, "Bob", &line));
        commit_by(&sandbox, "Bob", "It is one, I looked");
        assert_eq!(doubts(&sandbox), [] as [String; 0], "{action}");
    }
}

#[test]
fn the_second_address_of_a_person_is_that_person() {
    let (sandbox, id) = found();
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write(".mailmap", "Bob <bob@example.com> <bob@home.example>\n");
    commit(&sandbox, "Who is who");
    sandbox.git(&["switch", "--quiet", "work"]);
    sandbox.git(&["rebase", "--quiet", "main"]);
    ok(&by(&sandbox, "Bob", &format!("findings waive t3st {id} --why \"a false alarm\"")));
    sandbox.git(&["add", "--all"]);
    sandbox.git(&[
        "-c",
        "user.email=bob@home.example",
        "-c",
        "user.name=B",
        "commit",
        "--quiet",
        "-m",
        "Waive",
    ]);
    assert_eq!(doubts(&sandbox), [] as [String; 0]);
    // A mailmap that the range brings makes nobody anybody.
    let (sandbox, id) = found();
    ok(&by(&sandbox, "Bob", &format!("findings waive t3st {id} --why \"a false alarm\"")));
    sandbox.write(".mailmap", "Bob <bob@example.com> <mallory@example.com>\n");
    commit_by(&sandbox, "Mallory", "Tidy");
    assert_eq!(doubts(&sandbox).len(), 1);
}
