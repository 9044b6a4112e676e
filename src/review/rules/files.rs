//! `policy-owners`, `declared-files` and `standards`: what files changed, and who answers for them.

use std::collections::BTreeSet;

use super::super::facts::{FileFacts, RangeFacts};
use super::super::stage_exits::{Judged, kind_of};
use super::{About, Violations};
use crate::model::{
    Config, GateRule, Level, Suggestion, TRACKER_FOLDER, TaskId, fold_file_name, is_daily_record,
    is_in_tracker,
};
use crate::policy::{Fix, Route, is_permitted, is_selected, may_select};

/// Returns whether a path is what the gate judges by: the tracker's files that are no records, a tracker in another
/// place, and the mailmap, which says who is who.
pub(in crate::review) fn is_policy(path: &str) -> bool {
    let is_tracker = |part: &str| matches!(&*fold_file_name(part), TRACKER_FOLDER | "tracke~1");
    if is_in_tracker(path) {
        return !is_daily_record(path);
    }
    path.split('/').any(is_tracker) || fold_file_name(path) == ".mailmap"
}

/// Tells the same of a file: a link or an executable in the place of a record is policy.
pub(in crate::review) fn is_policy_file(file: &FileFacts) -> bool {
    is_policy(&file.path) || is_in_tracker(&file.path) && !file.is_daily_record()
}

/// Returns the roles that would review a file, had it come with a task.
pub(super) fn required_anywhere(config: &Config, path: &str) -> Vec<String> {
    let required = config.pipeline.stages.iter().flat_map(|stage| config.signoffs_of(stage.as_str()));
    let route = Route::of(config, None);
    let mut roles: Vec<String> = required.filter(|role| route.is_reviewed(role, path)).cloned().collect();
    roles.sort();
    roles.dedup();
    roles
}

/// Files that run the gate on the usual servers. A change of them is a warning: the server decides who may make it.
const RUNNERS: [&str; 4] = [".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".gitlab/**"];
/// Files by which coding agents are instructed: many are documents by their names, and no documentation.
const INSTRUCTIONS: [&str; 11] = [
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    ".claude/**",
    ".codex/**",
    ".cursor/**",
    ".cursorrules",
    ".gemini/**",
    ".github/copilot-instructions.md",
    ".github/instructions/**",
    ".mcp.json",
];

/// Returns why a file is to be looked at closely, whoever reviews it.
fn why_closely(path: &str) -> Option<&'static str> {
    let is_of = |globs: &[&str]| {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        may_select(&globs, path)
    };
    if is_of(&RUNNERS) {
        return Some("changes the workflow that may run this gate: look at it closely");
    }
    is_of(&INSTRUCTIONS).then_some("changes what coding agents are instructed to do here: look at it closely")
}

/// Returns the paths that what the gate judges by hangs on, and those that the policy protects.
#[must_use]
pub fn owned_paths(files: &[FileFacts], config: &Config) -> BTreeSet<String> {
    files.iter().filter(|file| is_owned(file, config)).map(|file| file.path.clone()).collect()
}

fn is_owned(file: &FileFacts, config: &Config) -> bool {
    let protect = &config.policy.gate.protect;
    is_policy_file(file) || may_select(protect, &file.path)
}

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    policy_owners(facts, book);
    submodules(facts, book);
    declared_files(facts, tasks, book);
    files_of_types(facts, tasks, book);
    unseen_by_roles(facts, tasks, book);
    landed_and_cancelled(facts, tasks, book);
    standards(facts, book);
}

/// What the gate judges by changes only with its owners' votes; where nobody is named, a change is a warning.
fn policy_owners(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    let rule = GateRule::PolicyOwners;
    if facts.is_own_policy {
        book.note(rule, "the base has no policy; this range brings it, and is judged by its own");
        return;
    }
    for file in &facts.files {
        let path = file.path.as_str();
        if is_owned(file, book.config) {
            if book.config.policy.gate.owners.is_none() {
                let message =
                    format!("{} {}, and nobody is named who answers for it", part_of(path), change_of(file));
                let fix = Some(Fix::Advice("name a role: [policy] owners = \"policy-owner\"".to_owned()));
                let about = About { file: Some(path), fix, ..About::default() };
                book.add_at(Level::Warn, rule, message, about);
            }
        } else if let Some(message) = why_closely(path) {
            let about = About { file: Some(path), ..About::default() };
            book.add_at(Level::Warn, rule, message, about);
        }
    }
}

fn change_of(file: &FileFacts) -> &'static str {
    match (&file.before, &file.after) {
        (None, _) => "is added",
        (_, None) => "is deleted",
        _ => "is changed",
    }
}

fn part_of(path: &str) -> &'static str {
    match (is_in_tracker(path) || fold_file_name(path) == ".mailmap", is_policy(path)) {
        (true, _) => "part of the policy",
        (false, true) => "another tracker in another place",
        (false, false) => "a protected file",
    }
}

/// Says that a file which the owners answer for lacks their approval, and whether it is one.
pub(super) fn owners_violation(
    facts: &RangeFacts<'_>,
    path: &str,
    task: Option<&TaskId>,
    book: &mut Violations<'_>,
) -> bool {
    let file = facts.files.iter().find(|file| file.path == path && is_owned(file, book.config));
    let Some(file) = file else { return false };
    let Some(owners) = book.config.policy.gate.owners.clone().filter(|_| !facts.is_own_policy) else {
        return is_policy_file(file);
    };
    let (what, action) = (part_of(path), change_of(file));
    let (message, fix) = match task {
        Some(id) => (
            format!("{what} {action} without the approval of {owners}"),
            Fix::RunAs {
                person: owners.clone(),
                command: Suggestion::tracker(["approve", id.as_str(), "--as", &owners]),
            },
        ),
        None => (
            format!("{what} {action} by commits of no task, so {owners} cannot approve it"),
            Fix::Advice("link the commit to a task: Task: ID".to_owned()),
        ),
    };
    let about = About { task, file: Some(path), fix: Some(fix), ..About::default() };
    book.add(GateRule::PolicyOwners, message, about);
    true
}

fn declared_files(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for task in tasks {
        let Some(after) = task.facts.after.as_ref().filter(|task| !task.files.is_empty()) else { continue };
        let mut beside: Vec<&str> = task
            .facts
            .commits
            .iter()
            .flat_map(|at| &facts.commits[*at].paths)
            .map(String::as_str)
            .filter(|path| !is_in_tracker(path) && !after.files.iter().any(|file| is_declared(file, path)))
            .collect();
        beside.sort_unstable();
        beside.dedup();
        for path in beside {
            let words = ["set", task.facts.id.as_str(), &format!("files+={path}")];
            let fix = Some(Fix::Run(Suggestion::tracker(words)));
            let about = About { task: Some(&task.facts.id), file: Some(path), fix, ..About::default() };
            book.add(
                GateRule::DeclaredFiles,
                format!("changes {path}, which is none of its target files"),
                about,
            );
        }
    }
}

/// Whoever chooses a type that skips sign-offs does not choose them away for every file: a task that has left its first
/// stage brings those that its type names, and others only where a role of its own stages reviews them.
fn files_of_types(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for task in tasks {
        let kind = kind_of(task.facts);
        let Some(rules) = kind.and_then(|kind| book.config.types.get(kind)) else { continue };
        let skipped = book.config.skipped_signoffs(kind.unwrap_or_default());
        let route = Route::of(book.config, kind);
        let has_left = task.facts.after.as_ref().is_some_and(|after| route.place(&after.stage) > Some(1));
        let Some((stage, roles)) = skipped.first().filter(|_| has_left) else { continue };
        let commits = task.facts.commits.iter().map(|at| &facts.commits[*at]);
        let own: BTreeSet<&String> = commits.flat_map(|commit| &commit.paths).collect();
        let of_range = facts.files.iter().map(|file| &file.path).filter(|path| own.contains(path));
        // What moves on answers for what it has landed before as well.
        let landed = facts.landing.changed.get(&task.facts.id).filter(|_| !task.moves.is_empty());
        let paths: BTreeSet<&String> = of_range.chain(landed.into_iter().flatten()).collect();
        let mut found = Vec::new();
        for path in paths.into_iter().filter(|path| !is_in_tracker(path) && !is_permitted(&rules.paths, path))
        {
            let unseen: Vec<&str> = required_anywhere(book.config, path)
                .iter()
                .filter_map(|role| roles.iter().find(|own| **own == role.as_str()).copied())
                .collect();
            if !unseen.is_empty() {
                let message = format!(
                    "is no file of a task of type {}, which skips {stage}, so {} never saw it",
                    kind.unwrap_or_default(),
                    unseen.join(" and ")
                );
                found.push((path.clone(), message));
            }
        }
        for (path, message) in found {
            let about = About { task: Some(&task.facts.id), file: Some(&path), ..About::default() };
            book.add(GateRule::CoveredFiles, message, about);
        }
    }
}

/// What a task has landed before its review stays, and nobody will look at it once the task is cancelled.
fn landed_and_cancelled(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for task in tasks {
        let own = task.facts;
        let (Some(before), Some(after)) = (&own.before, &own.after) else { continue };
        if after.cancelled.is_none() || before.cancelled.is_some() {
            continue;
        }
        let route = Route::of(book.config, kind_of(own));
        let seen = route.left(&after.history).into_iter().filter_map(|place| route.stage_at(place));
        let seen: BTreeSet<&String> = seen.flat_map(|stage| route.roles_of(stage)).collect();
        let is_unseen = |path: &&String| {
            let roles = required_anywhere(book.config, path);
            !roles.is_empty() && !roles.iter().any(|role| seen.contains(role))
        };
        let landed = facts.landing.changed.get(&own.id).into_iter().flatten();
        let unseen: Vec<&str> = landed.filter(is_unseen).map(String::as_str).collect();
        let Some(first) = unseen.first() else { continue };
        let more = if unseen.len() > 1 { format!(" and {} more", unseen.len() - 1) } else { String::new() };
        let message = format!("is cancelled, and nobody has approved what it changed: {first}{more}");
        let about = About { task: Some(&own.id), file: Some(first), ..About::default() };
        book.add_at(Level::Warn, GateRule::CoveredFiles, message, about);
    }
}

/// A submodule is a folder in every checkout: who reviews what lies in such a folder must see it by its name as well.
fn submodules(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    let route = Route::of(book.config, None);
    let roles = book.config.role_names();
    for file in
        facts.files.iter().filter(|file| file.after.as_ref().is_some_and(|after| after.is_submodule()))
    {
        let inside = format!("{}/file", file.path);
        let sees_inside_alone =
            |role: &&&str| route.is_reviewed(role, &inside) && !route.is_reviewed(role, &file.path);
        let unseen: Vec<&str> = roles.iter().filter(sees_inside_alone).copied().collect();
        if unseen.is_empty() {
            continue;
        }
        let (path, unseen) = (file.path.as_str(), unseen.join(" and "));
        let message = format!("{path} is a submodule, whose files are of {unseen}, under a name that is not");
        let fix = Some(Fix::Advice("give the submodule a name that is none of a file".to_owned()));
        let about = About { file: Some(path), fix, ..About::default() };
        book.add(GateRule::CoveredFiles, message, about);
    }
}

/// An approval of a role whose paths select nothing of what a task changed is worth nothing, and looks like one.
fn unseen_by_roles(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for task in tasks {
        let id = &task.facts.id;
        let paths: BTreeSet<&String> =
            task.facts.commits.iter().flat_map(|at| &facts.commits[*at].paths).collect();
        let own: Vec<&String> = paths.into_iter().filter(|path| !is_in_tracker(path)).collect();
        let route = Route::of(book.config, kind_of(task.facts));
        let asked: BTreeSet<&str> = task
            .leavings
            .iter()
            .flat_map(|leaving| &leaving.roles)
            .filter(|role| role.approvals().next().is_some())
            .filter(|role| role.approvals().all(|at| facts.landing.cast[at].files.is_empty()))
            .map(|role| role.role.as_str())
            .collect();
        let sees_nothing = |role: &&&str| {
            !book.config.role(role).rules.paths.is_empty()
                && !own.iter().any(|path| route.is_reviewed(role, path))
        };
        let roles: Vec<&str> = asked.iter().filter(sees_nothing).copied().collect();
        if roles.is_empty() || own.is_empty() {
            continue;
        }
        let message = format!("{} approved, whose paths select none of its files", roles.join(" and "));
        let record = task.facts.path.as_str();
        let about = About { task: Some(id), file: Some(record), ..About::default() };
        book.add_at(Level::Warn, GateRule::CoveredFiles, message, about);
    }
}

/// Returns whether a target file, a folder or a glob matches a path.
fn is_declared(declared: &str, path: &str) -> bool {
    let declared = declared.trim_start_matches("./");
    let folder = declared.trim_end_matches('/');
    path == declared
        || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        || is_selected(&[declared.to_owned()], path)
}

fn standards(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    for standard in &book.config.policy.gate.standards.clone() {
        let asks = facts.files.iter().find(|file| is_selected(&standard.when, &file.path));
        let answers = facts.files.iter().any(|file| is_selected(&standard.then, &file.path));
        let Some(file) = asks.filter(|_| !answers && standard.level != Level::Off) else { continue };
        let required = format!("{} changed, and nothing in {}", file.path, standard.then.join(", "));
        let message =
            standard.message.as_ref().map_or(required.clone(), |message| format!("{message}: {required}"));
        let about = About { file: Some(&file.path), ..About::default() };
        book.add_at(standard.level, GateRule::Standards, message, about);
    }
}

#[cfg(test)]
mod tests {
    use super::{is_declared, is_policy};
    use crate::model::is_daily_record;

    #[test]
    fn policy_files_are_distinguished_from_records_and_code() {
        for path in [
            ".tracker/config.toml",
            ".tracker/roles/qa.md",
            ".tracker/allowed_signers",
            ".tracker/templates/cards.md.j2",
            ".tracker/.gitattributes",
            ".tracker/config.yaml",
            "sub/.tracker/config.toml",
            "sub/.Tracker/tasks/TASK-1.md",
            ".TRACKER/config.toml",
            ".trac\u{212a}er/config.toml",
            ".trac\u{200c}ker/config.toml",
            ".tracker. /config.toml",
            ".tracker::$INDEX_ALLOCATION/config.toml",
            "TRACKE~1/config.toml",
            ".mailmap",
            ".Mailmap",
            ".tracker/tasks/run.sh",
            ".tracker/plans/build.rs",
            ".tracker/signoffs/TASK-1",
        ] {
            assert!(is_policy(path), "{path}");
        }
        for path in [
            ".tracker/tasks/TASK-1.md",
            ".tracker/signoffs/TASK-1/a.yaml",
            "src/tracker/config.toml",
            "a",
            "x/.mailmap",
        ] {
            assert!(!is_policy(path), "{path}");
        }
        assert!(is_daily_record(".tracker/notes/TASK-1/a.md") && !is_daily_record(".tracker/tasks"));
    }

    #[test]
    fn target_files_are_files_folders_or_globs() {
        for (declared, path) in [
            ("src/a.rs", "src/a.rs"),
            ("src", "src/a.rs"),
            ("src/", "src/x/a.rs"),
            ("src/**/*.rs", "src/x/a.rs"),
            ("./a", "a"),
        ] {
            assert!(is_declared(declared, path), "{declared} {path}");
        }
        assert!(!is_declared("src/a.rs", "src/a.rs.bak") && !is_declared("src", "srcs/a"));
    }
}
