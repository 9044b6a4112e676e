//! Ids, queries, revisions, values and batches that are none.

use super::{HostileTracker, bomb};

#[test]
fn no_argument_becomes_a_path_or_a_hang() {
    let hostile = HostileTracker::new();
    let long = "x".repeat(100_000);
    let nested = "(".repeat(50_000);
    let negated = "-".repeat(100_000);
    let stars = format!("title:{}b", "*a".repeat(20_000));
    let words = format!("a{}", " or a".repeat(20_000));
    let nasty = "\u{1b}[2J\u{202e}";
    for id in [
        "../../outside/TASK-1",
        "/etc/passwd",
        "..",
        ".",
        "",
        "TASK-../x",
        "*",
        "TASK-1\0",
        nasty,
        &long,
        "--",
        "-x",
    ] {
        if id.contains('\0') {
            continue;
        }
        for command in ["show", "start", "log", "deps", "unblock"] {
            let ran = hostile.run(&[command, "--", id]);
            assert!(ran.status != Some(0), "{ran}");
        }
        hostile.run(&["set", "TASK-GOOD", &format!("depends_on+={id}")]);
        hostile.run(&["set", "TASK-GOOD", &format!("sprint={id}")]);
        hostile.run(&["new", "x", &format!("--id={id}")]);
        hostile.run(&["new", "x", &format!("--dep={id}")]);
        hostile.run(&["note", "--", id, "x"]);
        hostile.run(&["list", &format!("--at={id}")]);
    }
    for query in [
        long.as_str(),
        &nested,
        &negated,
        &stars,
        &words,
        nasty,
        "created:>999999999-01-01",
        "created<+999999999d",
        "updated<99999999999999999999w",
        "limit:1",
    ] {
        hostile.run(&["list", "-a", "--", query]);
    }
    for rev in [
        "HEAD",
        "@{-1}",
        "HEAD^{/(a*)*b}",
        ":/(a+)+$",
        "HEAD~99999999999999999999",
        "--upload-pack=x",
        "../..",
        nasty,
        "HEAD:.tracker",
        "@{upstream}",
        "HEAD@{999999999 years ago}",
    ] {
        hostile.run(&["list", &format!("--at={rev}")]);
    }
    for box_ in ["0", "99999999999999999999", "1-99999999999", "2-1", nasty, &long] {
        hostile.run(&["tick", "TASK-GOOD", "--", box_]);
    }
    for value in [
        nasty,
        &long,
        "a\nb: c",
        "\u{0085}\u{2028}",
        "--- \n...",
        "&a",
        "*a",
        "!!binary x",
        "%",
        "@",
        "`",
        "{a",
        "'",
        "\"",
        "\\",
    ] {
        for field in
            ["title", "assignee", "area", "tags", "files", "estimate", "created", "priority", "type", "own"]
        {
            hostile.run(&["set", "TASK-GOOD", &format!("{field}={value}")]);
        }
        hostile.run(&["note", "TASK-GOOD", "--", value]);
        hostile.run(&["block", "TASK-GOOD", "--", value]);
        hostile.run(&["show", "TASK-GOOD"]).exits(0);
    }
    hostile.run(&["doctor"]);
    hostile.nothing_outside_changed();
}

#[test]
fn no_batch_becomes_a_path_or_a_hang() {
    let hostile = HostileTracker::new();
    let batches: [Vec<u8>; 14] = [
        b"- title: x\n  id: ../../outside/x\n".to_vec(),
        b"- title: x\n  depends_on: [../../outside/x]\n".to_vec(),
        b"- title: x\n  sprint: ../../outside/x\n".to_vec(),
        b"- title: \"a\\nb: c\\e[2J\"\n".to_vec(),
        b"- title: a\n  id: TASK-GOOD\n".to_vec(),
        b"- title: a\n  id: TASK-1\n- title: b\n  id: TASK-1\n".to_vec(),
        b"- title: a\n  ref: a\n  depends_on: ['@b']\n- title: b\n  ref: b\n  depends_on: ['@a']\n".to_vec(),
        "[".repeat(1_000_000).into_bytes(),
        "- ".repeat(1_000_000).into_bytes(),
        "{\"title\":".repeat(200_000).into_bytes(),
        format!("- title: a\n  tags: [{}]\n", "x,".repeat(200_000)).into_bytes(),
        bomb().into_bytes(),
        b"\xff\xfe\0".to_vec(),
        vec![b'\n'; 17 * 1024 * 1024],
    ];
    for batch in batches {
        hostile.sandbox.write(".git/batch", batch);
        let ran = hostile.run(&["new", "--batch", ".git/batch"]);
        assert!(ran.status != Some(0) || ran.stdout.contains("Created"), "{ran}");
    }
    hostile.run(&["new", "--batch", "/dev/zero"]).exits(2);
    hostile.run(&["doctor"]).exits(0);
    hostile.nothing_outside_changed();
}
