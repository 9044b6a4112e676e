//! Records that git leaves out of commits, or commits otherwise than they are, by what the repository and its user say of
//! their paths.

use super::{Initialised, Result, Session, Written};
use crate::env::Env;
use crate::git::IgnoringLine;
use crate::model::{Problem, RecordKind, TRACKER_FOLDER};
use crate::store::{ChangeAction, Workspace};

/// Paths of records of every ending, there or not: an attribute may be for some of them alone.
const SAMPLES: [&str; 3] = ["config.toml", "tasks/TASK-0000.md", "signoffs/TASK-0000/vote.yaml"];

/// Warns of files that `init` wrote and git ignores.
pub fn ignored_at_init(env: &Env, made: &Initialised) -> Result<Vec<Problem>> {
    let paths: Vec<&str> = made.files.iter().map(String::as_str).collect();
    ignored(&Workspace::discover(env)?, &paths)
}

/// Warns of records that were made and git ignores.
pub fn ignored_records(session: &Session<'_>, written: &Written) -> Result<Vec<Problem>> {
    let is_new = |record: &&super::WrittenRecord| record.action != ChangeAction::Edited;
    let paths: Vec<&str> = written.records.iter().filter(is_new).map(|record| record.path.as_str()).collect();
    ignored(session.workspace(), &paths)
}

/// Warns of the first of some files that git ignores, and says how many there are.
pub(super) fn ignored(workspace: &Workspace, paths: &[&str]) -> Result<Vec<Problem>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let lines = workspace.repository()?.ignoring_lines(paths)?;
    let mut ignored = paths.iter().zip(lines).filter_map(|(path, line)| Some((*path, line?)));
    let Some((path, line)) = ignored.next() else { return Ok(Vec::new()) };
    let IgnoringLine { file, line, pattern } = line;
    let place = match file.as_deref().map(|file| file.strip_prefix(workspace.work_dir()).unwrap_or(file)) {
        Some(file) => format!("`{pattern}`, line {line} of {}", file.display()),
        None => format!("`{pattern}`"),
    };
    let more = match ignored.count() {
        0 => String::new(),
        count => format!("; so are {count} more files"),
    };
    let message = format!("is ignored by git ({place}), so no commit has it{more}");
    let hint = format!(
        "take {TRACKER_FOLDER} and what is in it out of what is ignored: `!{TRACKER_FOLDER}/**` below that line"
    );
    Ok(vec![Problem::warning(message).in_file(path).with_hint(hint)])
}

/// Warns of attributes by which git commits records otherwise than they are: nothing that reads a commit would know them.
pub(super) fn converted(workspace: &Workspace) -> Result<Vec<Problem>> {
    let repository = workspace.repository()?;
    for sample in SAMPLES {
        let found = repository.converting_attributes(&format!("{TRACKER_FOLDER}/{sample}"))?;
        if !found.is_empty() {
            let ending = sample.rsplit('.').next().unwrap_or_default();
            let message = format!(
                "git's attributes have `{}` for records (*.{ending}): what is committed cannot be read",
                found.join(" ")
            );
            let file = RecordKind::Attributes.file();
            let hint = format!(
                "write into {file}: * text eol=lf merge=tracker -filter -ident -working-tree-encoding"
            );
            return Ok(vec![Problem::warning(message).in_file(file).with_hint(hint)]);
        }
    }
    Ok(Vec::new())
}
