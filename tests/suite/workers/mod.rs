//! Workers, end to end: real git, and tools that are small scripts of ours.

mod costs;
mod escalations;
mod failures;
mod fleet;
mod kept;
mod proofs;
mod real_tools;
mod rounds;
mod rules;
mod shared;
mod watching;

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Output, Sandbox};

/// Reports every line with BAD, UGLY or WORSE in it, as a list of findings; fails on a file with CRASH.
const LINT: &str = r#"#!/bin/sh
printf '{"tool": "lint", "bugs": ['
gap=
for file in "$@"; do
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        case "$line" in *CRASH*) echo "lint: cannot read $file" >&2; exit 3 ;; esac
        for rule in BAD UGLY WORSE; do
            case "$line" in
            *$rule*)
                printf '%s{"rule": "%s", "title": "%s is here", "severity": "low", "file": "%s", "line": %d}' \
                    "$gap" "$rule" "$rule" "$file" "$number"
                gap=', '
                ;;
            esac
        done
    done <"$file"
done
echo ']}'
"#;

/// The worker of most tests: it fixes BAD, and nothing else.
pub(crate) const CONFIG: &str = r#"
[workers.lint]
paths = ["*.txt"]
[workers.lint.tools.lint]
detect = 'lint "$@"'
fix = 'sed -i s/BAD/good/g "$@"'
report = "json"
"#;

/// Makes a repository with this configuration of workers, and files.
pub(crate) fn world(config: &str, files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    install(&sandbox, "lint", LINT);
    configure(&sandbox, config);
    for (path, text) in files {
        sandbox.write(path, text);
    }
    commit_all(&sandbox, "Begin");
    sandbox
}

/// Puts a script where the tests find programs.
pub(super) fn install(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.root().join("bin").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
}

pub(super) fn configure(sandbox: &Sandbox, config: &str) {
    let before = sandbox.read(".tracker/config.toml");
    let before = before.split("\n[workers").next().unwrap().to_owned();
    sandbox.write(".tracker/config.toml", format!("{before}\n{config}"));
}

pub(super) fn commit_all(sandbox: &Sandbox, message: &str) {
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", message]);
}

/// Runs the tracker with the scripts in its path.
pub(crate) fn tracker(sandbox: &Sandbox, line: &str) -> Output {
    tracker_in(sandbox, "", line)
}

pub(super) fn tracker_in(sandbox: &Sandbox, folder: &str, line: &str) -> Output {
    let words: Vec<&str> = line.split_whitespace().collect();
    sandbox.tracker_with(folder, &words, |command| {
        command.env("PATH", path_with(sandbox)).env("TRACKER_HOST", "box");
    })
}

pub(crate) fn path_with(sandbox: &Sandbox) -> std::ffi::OsString {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let own = [sandbox.root().join("bin")];
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&paths))).unwrap()
}

/// Returns the result of a command line that answers in JSON.
pub(super) fn answer(sandbox: &Sandbox, line: &str) -> Value {
    let output = tracker(sandbox, &format!("{line} --format json"));
    let value: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    value["result"].clone()
}

/// Returns the last round of the worker `lint`.
pub(super) fn last_round(sandbox: &Sandbox) -> Value {
    answer(sandbox, "worker log lint")["rounds"][0].clone()
}

/// Returns the refs of claims, but for the one that all change.
pub(super) fn claims(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    crate::claims::claim_refs(sandbox, folder)
}

pub(super) fn message(sandbox: &Sandbox, revision: &str) -> String {
    sandbox.git(&["log", "-1", "--format=%B", revision])
}

/// Returns the reasons of the open escalations, sorted.
pub(super) fn reasons(sandbox: &Sandbox) -> Vec<String> {
    let view = answer(sandbox, "escalations");
    let mut reasons: Vec<String> = crate::support::items(&view["escalations"])
        .iter()
        .map(|own| own["reason"].as_str().unwrap().to_owned())
        .collect();
    reasons.sort();
    reasons
}
