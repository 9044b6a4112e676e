//! `covered-files`, `declared-files` and `standards`: what files changed, and who has seen them.

use super::super::facts::{FileFacts, RangeFacts};
use super::super::passes::Judged;
use super::{About, Violations};
use crate::model::{Config, GateRule, Level, Suggestion, TRACKER_FOLDER, is_daily_record, is_in_tracker};
use crate::policy::{is_covered, is_selected};

/// Tells whether a path is what the gate judges by: the tracker's files that are no records, a tracker in another
/// place, and the mailmap, which says who is who.
pub(in crate::review) fn is_policy(path: &str) -> bool {
    let is_tracker = |part: &str| matches!(folded(part).as_str(), TRACKER_FOLDER | "tracke~1");
    let is_own = is_in_tracker(path);
    let is_other = !is_own && path.split('/').any(is_tracker);
    is_own && !is_daily_record(path) || is_other || folded(path) == ".mailmap"
}

/// Tells the same of a file: a link or an executable in the place of a record is policy.
pub(in crate::review) fn is_policy_file(file: &FileFacts) -> bool {
    is_policy(&file.path) || is_in_tracker(&file.path) && !file.is_daily_record()
}

/// Reads a name as the file systems of macOS and Windows do, where a checkout of it ends up in the same place: without
/// case, characters of no width, streams, and dots and spaces at the end.
fn folded(name: &str) -> String {
    let has_width = |c: &char| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let name: String = name.chars().filter(has_width).flat_map(char::to_lowercase).collect();
    let name = name.split_once(':').map_or(name.as_str(), |(name, _)| name);
    name.trim_end_matches(['.', ' ']).to_owned()
}

/// Who has seen a file as it is at the head.
pub(in crate::review) struct Cover {
    /// Roles with a valid sign-off that covers it.
    pub(in crate::review) by: Vec<String>,
    /// Roles that should have, with the task and the stage that asked them.
    pub(in crate::review) missing: Vec<Demand>,
}

/// A sign-off that a file needed.
pub(in crate::review) struct Demand {
    pub(in crate::review) role: String,
    /// The task's place among those judged.
    pub(in crate::review) task: usize,
    /// Whether the range itself led the task out of the stage that asks: `earned-moves` tells of that.
    pub(in crate::review) is_of_range: bool,
    /// Whether the task's route never asks that role.
    pub(in crate::review) is_off_route: bool,
}

impl Cover {
    /// Looks at a file through the tasks whose linked commits changed it.
    pub(in crate::review) fn of(path: &str, tasks: &[(usize, &Judged<'_>)], config: &Config) -> Self {
        let (mut by, mut missing) = (Vec::new(), Vec::new());
        for &(at, task) in tasks {
            for (signoffs, is_of_range) in task
                .passed
                .iter()
                .map(|signoffs| (signoffs, task.passes.iter().any(|pass| pass.stage == signoffs.stage)))
            {
                for role in signoffs.roles.iter().filter(|role| is_covered(config.role(&role.role), path)) {
                    if role.has_signed_off() {
                        by.push(role.role.clone());
                    } else {
                        let role = role.role.clone();
                        missing.push(Demand { role, task: at, is_of_range, is_off_route: false });
                    }
                }
            }
            // An approval in the stage that the task is still in covers the file already.
            let current = task.current.iter().flat_map(|(signoffs, _)| &signoffs.roles);
            let covering =
                current.filter(|role| role.has_signed_off() && is_covered(config.role(&role.role), path));
            by.extend(covering.map(|role| role.role.clone()));
            let is_complete = task.facts.after.as_ref().is_some_and(|task| task.stage.is_complete());
            if is_complete {
                let asked = |role: &str| {
                    task.passed.iter().any(|signoffs| signoffs.roles.iter().any(|own| own.role == role))
                };
                let others = watching(config, path).into_iter().filter(|role| !asked(role));
                missing.extend(others.map(|role| Demand {
                    role,
                    task: at,
                    is_of_range: false,
                    is_off_route: true,
                }));
            }
        }
        by.sort();
        by.dedup();
        missing.retain(|demand| !by.contains(&demand.role));
        missing.sort_by(|a, b| (&a.role, a.task).cmp(&(&b.role, b.task)));
        missing.dedup_by(|a, b| a.role == b.role && a.task == b.task);
        Self { by, missing }
    }
}

/// Returns the roles that say which files they review, this one among them, and that some stage asks.
fn watching(config: &Config, path: &str) -> Vec<String> {
    let is_asked = |name: &String| config.stages.values().any(|stage| stage.signoffs.contains(name));
    let watches = |name: &String| {
        let role = config.role(name);
        !role.rules.paths.is_empty() && is_covered(role, path)
    };
    config.roles.keys().filter(|name| is_asked(name) && watches(name)).cloned().collect()
}

/// Returns the roles that would review a file, had it come with a task.
fn asked_anywhere(config: &Config, path: &str) -> Vec<String> {
    let asked = config.pipeline.stages.iter().flat_map(|stage| config.signoffs_of(stage.as_str()));
    let mut roles: Vec<String> = asked.filter(|role| is_covered(config.role(role), path)).cloned().collect();
    roles.sort();
    roles.dedup();
    roles
}

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    covered_files(facts, tasks, book);
    declared_files(facts, tasks, book);
    standards(facts, book);
}

fn covered_files(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    let owners = super::super::tasks::owners_of_files(facts);
    for file in facts.files.iter().filter(|file| !file.is_daily_record() && !is_policy_file(file)) {
        let own: Vec<(usize, &Judged<'_>)> =
            owners.get(file.path.as_str()).into_iter().flatten().map(|at| (*at, &tasks[*at])).collect();
        if own.is_empty() {
            unseen(file, book);
            continue;
        }
        let cover = Cover::of(&file.path, &own, book.config);
        if own.iter().all(|(_, task)| is_cancelled(task)) {
            of_cancelled(file, &own, &cover, book);
            continue;
        }
        for demand in cover.missing.iter().filter(|demand| !demand.is_of_range) {
            let id = &tasks[demand.task].facts.id;
            let (message, suggestion) = if demand.is_off_route {
                let message = format!(
                    "{} reviews {}, and the route of this task never asks it",
                    demand.role, file.path
                );
                (message, format!("tracker set {id} type=…, so that its stages ask {}", demand.role))
            } else {
                let message = format!("{} has no valid approval of {} as it is now", demand.role, file.path);
                (message, format!("tracker fail {id} \"changed after review\", then a new approval"))
            };
            let about = About {
                task: Some(id),
                file: Some(&file.path),
                suggestion: Some(suggestion),
                ..About::default()
            };
            book.add(GateRule::CoveredFiles, message, about);
        }
    }
}

/// A file that came with no task was seen by nobody.
fn unseen(file: &FileFacts, book: &mut Violations<'_>) {
    let roles = asked_anywhere(book.config, &file.path);
    if roles.is_empty() {
        return;
    }
    let message = format!("{} changed without a task, so {} never saw it", file.path, roles.join(", "));
    let suggestion = Some("link the commit to a task: Task: ID".to_owned());
    book.add(
        GateRule::CoveredFiles,
        message,
        About { file: Some(&file.path), suggestion, ..About::default() },
    );
}

fn is_cancelled(task: &Judged<'_>) -> bool {
    task.facts.after.as_ref().is_some_and(|task| task.cancelled.is_some())
}

/// What only a cancelled task brings will never be asked for, so it must have been seen before it was cancelled.
fn of_cancelled(file: &FileFacts, own: &[(usize, &Judged<'_>)], cover: &Cover, book: &mut Violations<'_>) {
    let mut roles = asked_anywhere(book.config, &file.path);
    roles.retain(|role| !cover.by.contains(role));
    let Some((_, task)) = own.first().filter(|_| !roles.is_empty()) else { return };
    let id = &task.facts.id;
    let message = format!(
        "{} changed for a task that is cancelled, so {} will not see it",
        file.path,
        roles.join(", ")
    );
    let suggestion = Some("take the change back, or link the commit to a task that is open".to_owned());
    let about = About { task: Some(id), file: Some(&file.path), suggestion, ..About::default() };
    book.add(GateRule::CoveredFiles, message, about);
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
            let suggestion = Some(Suggestion::tracker(words).to_string());
            let about =
                About { task: Some(&task.facts.id), file: Some(path), suggestion, ..About::default() };
            book.add(
                GateRule::DeclaredFiles,
                format!("changes {path}, which is none of its target files"),
                about,
            );
        }
    }
}

/// Tells whether a target file, a folder or a glob means a path.
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
        let asked = format!("{} changed, and nothing in {}", file.path, standard.then.join(", "));
        let message =
            standard.message.as_ref().map_or(asked.clone(), |message| format!("{message}: {asked}"));
        let about = About { file: Some(&file.path), ..About::default() };
        book.add_at(standard.level, GateRule::Standards, message, about);
    }
}

#[cfg(test)]
mod tests {
    use super::{is_declared, is_policy};
    use crate::model::is_daily_record;

    #[test]
    fn policy_is_told_from_records_and_from_code() {
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
