//! The types that are built in, with the real tools where they are found. `TRACKER_WORKER_TOOLS`, folders of their programs,
//! makes all of them required.

use std::path::PathBuf;

use super::{last_round, reasons, world};
use crate::support::{Output, Sandbox};

/// Returns a `PATH` with these programs; none where one is not there.
fn path_with(names: &[&str]) -> Option<std::ffi::OsString> {
    let required = std::env::var_os("TRACKER_WORKER_TOOLS");
    let own = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = required
        .iter()
        .chain([&own])
        .flat_map(|paths| std::env::split_paths(paths).collect::<Vec<_>>())
        .collect();
    for name in names {
        if !folders.iter().any(|folder| folder.join(name).is_file()) {
            assert!(required.is_none(), "{name} is in none of TRACKER_WORKER_TOOLS and PATH");
            eprintln!("NOT TESTED: {name} is not installed; TRACKER_WORKER_TOOLS says where it is");
            return None;
        }
    }
    std::env::join_paths(folders).ok()
}

fn run(sandbox: &Sandbox, path: &std::ffi::OsStr, line: &str) -> Output {
    let words: Vec<&str> = line.split(' ').collect();
    sandbox.tracker_with("", &words, |command| {
        command.env("PATH", path);
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        for (name, folder) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
            command.env(name, std::env::var_os(name).unwrap_or_else(|| home.join(folder).into()));
        }
    })
}

#[test]
fn python_is_linted_sorted_and_formatted() {
    let Some(path) = path_with(&["ruff", "isort", "black"]) else { return };
    let config = "[workers.qa]\nuse = [\"ruff\", \"isort\", \"black\"]\n";
    let code = "import sys\nimport os\nfrom b import c,d\n\n\ndef f( x ):\n    unused = 1\n    return [sys.argv[x],c, d]\n";
    let sandbox = world(config, &[("a.py", code), ("b.py", "c = 1\nd = 2\n"), ("broken.py", "def f(:\n")]);
    let output = run(&sandbox, &path, "worker run qa --once");
    assert_eq!(output.status, 1, "{output}");
    let fixed =
        "import sys\n\nfrom b import c, d\n\n\ndef f(x):\n    unused = 1\n    return [sys.argv[x], c, d]\n";
    assert_eq!(
        (sandbox.read("a.py").as_str(), sandbox.read("broken.py").as_str()),
        (fixed, "def f(:\n"),
        "{output}"
    );
    assert!(reasons(&sandbox).iter().any(|reason| reason == "not_fixed"), "{output}");
    assert_eq!(run(&sandbox, &path, "worker run qa --once").status, 0, "nothing new");
}

#[test]
fn rust_is_linted_and_formatted() {
    let Some(path) = path_with(&["cargo", "cargo-clippy", "rustfmt"]) else { return };
    let config = "[workers.lint]\nuse = [\"clippy\", \"rustfmt\"]\n";
    let template = include_str!("../../../templates/workers/qa.toml").replace("[workers.qa", "[workers.lint");
    let tools: String = template
        .split("[workers.lint.tools.clippy]")
        .nth(1)
        .unwrap()
        .split("[workers.lint.tools.eslint]")
        .next()
        .unwrap()
        .to_owned();
    let code = "pub fn f(x:u32)->u32 {\n    return x;\n}\n";
    let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let sandbox = world(
        &format!("{config}[workers.lint.tools.clippy]{tools}"),
        &[
            ("src/lib.rs", code),
            ("Cargo.toml", manifest),
            ("Cargo.lock", "version = 3\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n"),
            (".gitignore", "target\n"),
        ],
    );
    let output = run(&sandbox, &path, "worker run lint --once");
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(sandbox.read("src/lib.rs"), "pub fn f(x: u32) -> u32 {\n    x\n}\n", "{output}");
    assert_eq!(last_round(&sandbox)["fixed"].as_u64(), Some(2), "{output}");
}
