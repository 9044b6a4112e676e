//! The gate of pull requests: attacks, each with the rule that stops it, and beside them honest work, which passes.
//!
//! Every case begins with one honest pull request: a task written down, worked on, reviewed by two people and
//! complete. A case changes something about it and asks the gate again.

mod attacks;
mod detours;
mod disguises;
mod histories;
mod honest;
mod kinds;
mod ranges;
mod reported;
mod rewritten;
mod rules;
mod signed;
mod trees;

use std::fs;
use std::sync::OnceLock;

use tracker::ops::{self, GateRequest, Session};
use tracker::review::{Review, Violation};
use tracker::store::Workspace;

use crate::support::{Output, Sandbox};

/// The task of the honest pull request.
const ID: &str = "TASK-T3ST";
const CONFIG: &str = ".tracker/config.toml";

const POLICY: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\", \"sec\"]
[stage.dev]
requires = [\"deliverables\"]
[stage.qa]
signoffs = [\"reviewer\"]
on_fail = \"dev\"
[stage.sec]
signoffs = [\"auditor\"]
on_fail = \"dev\"
[types.docs]
stages = [\"dev\"]
paths = [\"docs/**\"]
[roles.reviewer]
members = [\"ada@example.com\", \"bob@example.com\"]
paths = [\"src/**\", \"Cargo.toml\"]
[roles.auditor]
members = [\"sec@example.com\"]
paths = [\"src/**\"]
[roles.policy-owner]
members = [\"lead@example.com\"]
[policy]
self_approval = \"forbid\"
owners = \"policy-owner\"
merge_stage = \"qa\"
linked-commits = \"error\"
";

const TASK: &str = "\
---
id: TASK-T3ST
title: Remember the theme
type: feature
files: [src]
---

## Deliverables

- [ ] it is remembered

## Acceptance criteria

- [ ] also after a restart
";

/// A repository with the honest pull request on the branch `work`, to be merged into `main`.
struct World {
    sandbox: Sandbox,
}

impl World {
    /// Copies the honest pull request, which is made once.
    fn honest() -> Self {
        static MADE: OnceLock<Sandbox> = OnceLock::new();
        Self { sandbox: MADE.get_or_init(make).copied() }
    }

    /// Runs git as somebody.
    fn git_as(&self, name: &str, args: &[&str]) -> Output {
        let output = self.sandbox.program_with("git", "", args, |command| {
            identity(name, command);
        });
        assert_eq!(output.status, 0, "git {args:?}: {output}");
        output
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_as("Dev", args).stdout.trim_end().to_owned()
    }

    /// Runs the tracker as somebody. A vote that does not count is cast all the same.
    fn tracker_as(&self, name: &str, line: &str) -> Output {
        let words = shell_words::split(line).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = self.sandbox.tracker_with("", &words, |command| identity(name, command));
        let is_cast = output.status == 1 && output.stdout.contains("it does not count: ");
        assert!(output.status == 0 || is_cast, "tracker {line}: {output}");
        output
    }

    /// Commits all there is as somebody.
    fn commit_as(&self, name: &str, message: &str) {
        self.git_as(name, &["add", "--all"]);
        self.git_as(name, &["commit", "--quiet", "--allow-empty", "--no-verify", "--message", message]);
    }

    /// Runs the tracker as somebody, who commits what it wrote.
    fn does(&self, name: &str, line: &str, message: &str) {
        self.tracker_as(name, line);
        self.commit_as(name, message);
    }

    /// Commits all there is as the author of the work.
    fn commit(&self, message: &str) {
        self.commit_as("Dev", message);
    }

    /// Commits all there is as the author of the work, for the task.
    fn work(&self, subject: &str) {
        self.commit(&format!("{subject}\n\nTask: {ID}"));
    }

    /// Opens the task again and delivers it once more.
    fn deliver_again(&self) {
        self.tracker_as("Dev", &format!("reopen {ID}"));
        self.tracker_as("Dev", &format!("advance {ID}"));
        self.commit("Again");
    }

    fn write(&self, path: &str, text: &str) {
        self.sandbox.write(path, text);
    }

    fn append(&self, path: &str, text: &str) {
        self.write(path, &(self.sandbox.read(path) + text));
    }

    fn replace(&self, path: &str, old: &str, new: &str) {
        let text = self.sandbox.read(path);
        assert!(text.contains(old), "{path} has no {old}: {text}");
        self.write(path, &text.replace(old, new));
    }

    /// Returns the paths of a task's votes, oldest first.
    fn votes(&self) -> Vec<String> {
        let folder = format!(".tracker/signoffs/{ID}");
        let mut names: Vec<String> = fs::read_dir(self.sandbox.path().join(&folder))
            .unwrap()
            .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
            .collect();
        names.sort();
        names
    }

    fn review(&self) -> Review {
        self.review_of("main", "work")
    }

    fn review_of(&self, base: &str, head: &str) -> Review {
        self.try_review(base, head).unwrap()
    }

    fn try_review(&self, base: &str, head: &str) -> ops::Result<Review> {
        let env = self.sandbox.env("");
        let workspace = Workspace::discover(&env).unwrap();
        let snapshot = workspace.snapshot();
        let session = Session::new(&env, workspace, snapshot);
        let request = GateRequest {
            base: Some(base.to_owned()),
            head: Some(head.to_owned()),
            counts_lines: true,
            ..GateRequest::default()
        };
        Ok(ops::review(&session, &request)?.0)
    }

    /// Returns the violations as `rule: message`, those that shut the gate with `!` in front.
    fn verdict(&self) -> Vec<String> {
        messages(&self.review().verdict.violations)
    }
}

/// Opens the task again and has a high finding raised against it; returns its path.
fn finding(world: &World) -> String {
    world.deliver_again();
    world.tracker_as("Bob", &format!("reject {ID} --as reviewer --finding \"high: leaks @ src/theme.rs:2\""));
    world.commit_as("Bob", "Reject");
    let folder = format!(".tracker/findings/{ID}");
    let entry = std::fs::read_dir(world.sandbox.path().join(&folder)).unwrap().next().unwrap().unwrap();
    format!("{folder}/{}", entry.file_name().to_str().unwrap())
}

fn messages(violations: &[Violation]) -> Vec<String> {
    let mark = |violation: &Violation| if violation.is_error() { "!" } else { "" };
    violations
        .iter()
        .map(|violation| format!("{}{}: {}", mark(violation), violation.rule, violation.message))
        .collect()
}

fn identity(name: &str, command: &mut std::process::Command) {
    let email = format!("{}@example.com", name.to_lowercase());
    for (key, value) in [("NAME", name), ("EMAIL", &email)] {
        command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
    }
}

/// Plays the honest pull request.
fn make() -> Sandbox {
    let world = World { sandbox: Sandbox::new() };
    world.write("src/theme.rs", "fn theme() {\n    1\n}\n\nfn other() {\n    2\n}\n");
    world.write("README.md", "read me\n");
    world.tracker_as("Dev", "init --profile plain --no-hooks");
    world.write(".tracker/config.toml", POLICY);
    world.write(".tracker/roles/reviewer.md", "---\nrole: reviewer\n---\nLook at it.\n");
    world.write(".tracker/tasks/TASK-0THR.md", "---\nid: TASK-0THR\ntitle: Another\nstage: none\n---\n");
    world.commit("Begin");
    world.git(&["checkout", "--quiet", "-b", "work"]);
    world.write(&format!(".tracker/tasks/{ID}.md"), TASK);
    world.commit("Write a task down");
    world.tracker_as("Dev", "start t3st");
    world.replace("src/theme.rs", "    1\n", "    3\n");
    world.work("Remember the theme");
    world.tracker_as("Dev", "tick t3st 1");
    world.tracker_as("Dev", "advance t3st");
    world.work("Deliver");
    world.tracker_as("Ada", "approve t3st --as reviewer -m clean");
    world.commit_as("Ada", "Approve");
    world.tracker_as("Sec", "approve t3st --as auditor");
    world.commit_as("Sec", "Approve as well");
    assert!(world.sandbox.read(format!(".tracker/tasks/{ID}.md")).contains("stage: complete"));
    world.sandbox
}
