//! Trees that git stores and checks out and that programs read each in their own way, beside those that look alike and
//! are well formed.

use super::{ID, World, messages};

/// Commits a tree of `src` by hand, in the order given: mode, name and content of each; folders hold one file.
fn commit_tree(world: &World, entries: &[(&str, &str)]) {
    let object = |kind: &str, bytes: &[u8]| {
        world.write("../object", "");
        std::fs::write(world.sandbox.root().join("object"), bytes).unwrap();
        world.git(&["hash-object", "-w", "--literally", "-t", kind, "../object"])
    };
    let tree = |entries: &[(&str, &str, String)]| {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend(format!("{mode} {name}\0").bytes());
            let digits = |at: usize| u8::from_str_radix(&id[at..at + 2], 16).unwrap();
            bytes.extend((0..id.len()).step_by(2).map(digits));
        }
        object("tree", &bytes)
    };
    let all: Vec<(&str, &str, String)> = entries
        .iter()
        .map(|(name, content)| match name.strip_suffix('/') {
            Some(folder) => {
                let inner = tree(&[("100644", "inner.rs", object("blob", content.as_bytes()))]);
                ("40000", folder, inner)
            }
            None => ("100644", *name, object("blob", content.as_bytes())),
        })
        .collect();
    let src = tree(&all);
    let listed = world.git(&["ls-tree", "HEAD"]);
    let top: Vec<(String, String, String)> = listed
        .lines()
        .map(|line| {
            let (about, name) = line.split_once('\t').unwrap();
            let words: Vec<&str> = about.split(' ').collect();
            let id = if name == "src" { src.clone() } else { words[2].to_owned() };
            (words[0].trim_start_matches('0').to_owned(), name.to_owned(), id)
        })
        .collect();
    let top: Vec<(&str, &str, String)> =
        top.iter().map(|(mode, name, id)| (mode.as_str(), name.as_str(), id.clone())).collect();
    let root = tree(&top);
    let message = format!("By hand\n\nTask: {ID}");
    let commit = world.git(&["commit-tree", &root, "-p", "HEAD", "-m", &message]);
    world.git(&["update-ref", "HEAD", &commit]);
}

#[test]
fn a_malformed_tree_is_refused_whatever_is_read_of_it() {
    const OK: &str = "fn theme() {\n    3\n}\n\nfn other() {\n    2\n}\n";
    let cases: [(&str, &[(&str, &str)]); 9] = [
        ("`theme.rs` is there twice", &[("theme.rs", OK), ("theme.rs", "evil")]),
        ("`theme.rs` is there twice", &[("theme.rs", OK), ("theme.rs.bak", "x"), ("theme.rs/", "evil")]),
        ("`theme.rs` is there twice", &[("theme.rs", OK), ("zoo.rs", "x"), ("theme.rs", "evil")]),
        ("`theme.rs` is out of order", &[("theme.rs", OK), ("a.rs", "evil")]),
        ("invalid name `a/b`", &[("a/b", "evil"), ("theme.rs", OK)]),
        ("invalid name `d/e`", &[("d/e/", "evil"), ("theme.rs", OK)]),
        ("invalid name `..`", &[("../", "evil"), ("theme.rs", OK)]),
        ("invalid name `.GIT`", &[(".GIT/", "evil"), ("theme.rs", OK)]),
        ("invalid name `git~1`", &[("git~1/", "evil"), ("theme.rs", OK)]),
    ];
    for (says, entries) in cases {
        let world = World::honest();
        commit_tree(&world, entries);
        let verdict = world.review().verdict;
        let expected = format!("!broken-documents: malformed tree in src: {says}");
        let found = messages(&verdict.violations);
        assert!(found.iter().any(|own| own.starts_with(&expected)), "{says}: {found:#?}");
        // Nor is it the better for a commit after it that has a tree of the same name in order.
        commit_tree(&world, &[("theme.rs", OK)]);
        let found = messages(&world.review().verdict.violations);
        assert!(found.iter().any(|own| own.starts_with(&expected)), "{says}, and fixed: {found:#?}");
    }
}

#[test]
fn a_tree_that_git_would_write_is_judged_by_its_files() {
    let world = World::honest();
    world.git(&["config", "core.protectNTFS", "false"]);
    for name in ["theme.rs.bak", "theme-old", "THEME", "git", "con.md"] {
        world.write(&format!("docs/{name}"), "words\n");
    }
    world.write("docs/theme/a", "words\n");
    world.work("Documents");
    let found = world.verdict();
    assert!(!found.iter().any(|own| own.contains("malformed")), "{found:#?}");
}

#[test]
fn what_the_base_has_already_is_nobody_elses_fault() {
    let world = World::honest();
    world.git(&["checkout", "--quiet", "-B", "main", "main"]);
    commit_tree(&world, &[("a/b", "x"), ("theme.rs", "fn theme() {\n    1\n}\n\nfn other() {\n    2\n}\n")]);
    world.git(&["checkout", "--quiet", "--force", "-B", "other", "main~1"]);
    world.git(&["update-ref", "refs/heads/other", "main"]);
    let tree = world.git(&["rev-parse", "main^{tree}"]);
    let commit = world.git(&["commit-tree", &tree, "-p", "main", "-m", "Nothing"]);
    let found = messages(&world.review_of("main", &commit).verdict.violations);
    assert_eq!(found, [""; 0]);
}
