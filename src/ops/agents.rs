//! What coding agents have of the tracker: a marked block in the files that they read, and the commands that they run at
//! events of their own.

use super::ci::default_branch;
use super::{Error, Result};
use crate::doc::{put_block, put_commands, take_commands};
use crate::store::{Change, Snapshot, Workspace};

/// The settings in which an agent finds what to run at its events.
const SETTINGS: &str = ".claude/settings.json";
/// When a session begins, and when it goes on after it was compacted: what an agent has to know.
const SESSION_START: &str = "SessionStart";
/// When an agent calls its task done: what `check` says against it. Exit code 2 means that the agent has to go on.
const TASK_COMPLETED: &str = "TaskCompleted";
const PRIME: &str = "tracker prime";

/// The files that agents read, and whether they are made where they are missing.
const FILES: [(&str, bool); 2] = [("AGENTS.md", true), ("CLAUDE.md", false)];
const MARKS: [&str; 2] = ["<!-- tracker:begin -->", "<!-- tracker:end -->"];
const TEXT: &str = include_str!("../../templates/init/agents.md");

/// Returns the changes that bring the block in the agents' files up to date. What is around it stays, byte for byte.
/// A file that is a link, as from one of them to the other, is left alone.
pub(super) fn agents_files(workspace: &Workspace, snapshot: &Snapshot) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let base = base(workspace)?;
    for (path, is_made) in FILES {
        let found = workspace.work_dir().join(path).symlink_metadata();
        if found.is_ok_and(|found| found.is_symlink()) {
            continue;
        }
        let before = snapshot.read(path)?.map(|bytes| {
            let hint = "the block is put into files that are UTF-8";
            String::from_utf8(bytes).map_err(|_| Error::usage_with(format!("{path} is no text"), hint))
        });
        match before.transpose()? {
            Some(before) => {
                let after = with_block(&before, &base);
                changes.push(Change::replace(path, &before, after));
            }
            None if is_made => changes.push(Change::create(path, with_block("", &base))),
            None => {}
        }
    }
    changes.extend(settings(workspace, snapshot)?);
    Ok(changes)
}

/// Returns the change that adds the tracker's commands to the settings of an agent.
fn settings(workspace: &Workspace, snapshot: &Snapshot) -> Result<Option<Change>> {
    let check = check_command(workspace)?;
    let Some(before) = settings_text(workspace, snapshot)? else { return Ok(None) };
    let commands = [(SESSION_START, PRIME), (TASK_COMPLETED, check.as_str())];
    let after = put_commands(&before, &commands).map_err(|error| {
        let hint =
            format!("add `{PRIME}` to its `{SESSION_START}` by hand, or correct it and run init again");
        Error::usage_with(format!("{SETTINGS} cannot be edited: {error}"), hint)
    })?;
    Ok(Some(match before.is_empty() {
        true => Change::create(SETTINGS, after),
        false => Change::replace(SETTINGS, before, after),
    }))
}

/// Returns the settings; empty where there are none, and nothing where they are a link.
fn settings_text(workspace: &Workspace, snapshot: &Snapshot) -> Result<Option<String>> {
    if workspace.work_dir().join(SETTINGS).symlink_metadata().is_ok_and(|found| found.is_symlink()) {
        return Ok(None);
    }
    let bytes = snapshot.read(SETTINGS)?.unwrap_or_default();
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| Error::usage_with(format!("{SETTINGS} is no text"), "it has to be UTF-8"))
}

/// Returns what work is checked against: the default branch as the remote has it, or here where there is no remote.
pub(super) fn base(workspace: &Workspace) -> Result<String> {
    let branch = default_branch(workspace)?;
    let of_remote = format!("origin/{branch}");
    let has_remote = workspace.repository()?.ref_commit(&format!("refs/remotes/{of_remote}"))?.is_some();
    Ok(if has_remote { of_remote } else { branch })
}

/// Returns the command that checks what is to be merged, with the exit code 2 for a no: where nothing can be checked, or
/// the tracker is not there, an agent is not kept from its end.
fn check_command(workspace: &Workspace) -> Result<String> {
    let base = base(workspace)?.replace('\'', "'\\''");
    Ok(format!("tracker check --base '{base}' --staged >&2; test $? -ne 1 || exit 2"))
}

/// Returns the settings from which the tracker's commands are to be taken: their path, and the text without them, none
/// where nothing else is left. Settings that cannot be read have none of them.
pub(super) fn settings_without(
    workspace: &Workspace,
    snapshot: &Snapshot,
) -> Result<Option<(&'static str, String, Option<String>)>> {
    let Some(before) = settings_text(workspace, snapshot)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let commands = [(SESSION_START, PRIME), (TASK_COMPLETED, "tracker check")];
    let Ok(after) = take_commands(&before, &commands) else { return Ok(None) };
    Ok(Some((SETTINGS, before, after)).filter(|(_, before, after)| Some(before) != after.as_ref()))
}

/// Puts the block where it was, or after the text.
fn with_block(text: &str, base: &str) -> String {
    put_block(text, MARKS, &format!("{}\n", TEXT.trim().replace("{base}", base)))
}

#[cfg(test)]
mod tests {
    use super::{TEXT, with_block};

    #[test]
    fn the_block_is_put_once_and_the_rest_stays() {
        let block = format!(
            "<!-- tracker:begin -->\n{}\n<!-- tracker:end -->\n",
            TEXT.trim().replace("{base}", "main")
        );
        let with_block = |text: &str| with_block(text, "main");
        let once = with_block("# Ours\n\nText.\n");
        assert_eq!(once, format!("# Ours\n\nText.\n\n{block}"));
        assert_eq!(with_block(&once), once);
        let old = once.replace("tracker prime", "another text") + "\nAfter.\n";
        assert_eq!(with_block(&old), once + "\nAfter.\n");
        assert_eq!(with_block(""), block);
    }
}
