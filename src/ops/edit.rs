//! `edit`: a person changes a task's file in an editor. What they wrote is checked when they come back, and kept
//! when it is refused.

use std::fs;
use std::path::{Path, PathBuf};

use super::doctor::stage_by_hand;
use super::session::parse;
use super::set::Relations;
use super::written::WrittenTask;
use super::{Error, Result, Session, Written};
use crate::doc::read_task;
use crate::git::read_regular;
use crate::model::{Field, Problem, RecordPath, Stage, Task, TaskId};
use crate::policy::{Attempt, Hint, Reason, Refusal};
use crate::store::{Change, TaskFile};

/// A text laid out for the editor.
#[derive(Debug)]
pub struct PreparedEdit {
    /// The task.
    pub id: TaskId,
    /// The file to edit: a copy, outside the records.
    pub draft: PathBuf,
    /// Whether the draft contains what was refused the last time.
    pub is_resumed: bool,
    /// Where such a text was moved because the task has changed since it was begun.
    pub moved_to: Option<PathBuf>,
    original: String,
}

/// Copies a task's text to where an editor may change it. A text that was refused before is offered again, as long as
/// the task is what that text was begun from: otherwise it would overwrite what has changed since.
///
/// With `fresh` it is moved away, and the task's own text is laid out.
pub fn prepare_edit(session: &Session<'_>, id: &str, fresh: bool) -> Result<PreparedEdit> {
    let file = session.find_file(id)?;
    let original = text_of(&file)?;
    let workspace = session.workspace();
    let draft = workspace.local_path(&format!("edit/{}.md", file.id));
    let kept = read_draft(&draft).ok().filter(|kept| *kept != original);
    let base = read_draft(&workspace.local_path(&base_of(&file.id))).ok();
    let is_resumed = kept.is_some() && base.as_ref() == Some(&original) && !fresh;
    let is_own_text = kept.is_some() && kept != base;
    let moved_to =
        if is_own_text && !is_resumed { Some(move_away(session, &file.id, &draft)?) } else { None };
    if !is_resumed {
        workspace.write_local(&base_of(&file.id), original.as_bytes())?;
        workspace.write_local(&format!("edit/{}.md", file.id), original.as_bytes())?;
    }
    Ok(PreparedEdit { id: file.id, draft, is_resumed, moved_to, original })
}

/// Gives up what the editor left: a text of one's own is moved away, and the next edit begins with the task as it is.
/// Returns where that text is.
pub fn give_up_edit(session: &Session<'_>, edit: &PreparedEdit) -> Result<Option<PathBuf>> {
    if read_draft(&edit.draft).is_ok_and(|text| text == edit.original) {
        fs::remove_file(&edit.draft).map_err(Error::io("remove", &edit.draft))?;
        return Ok(None);
    }
    move_away(session, &edit.id, &edit.draft).map(Some)
}

/// Name of the local file with the text that a draft was begun from.
fn base_of(id: &TaskId) -> String {
    format!("edit/{id}.base")
}

/// Gives a draft a name of its own, beside what was moved away before.
fn move_away(session: &Session<'_>, id: &TaskId, draft: &Path) -> Result<PathBuf> {
    let free = (1..).map(|number| session.workspace().local_path(&format!("edit/{id}.{number}.md")));
    let path = free.into_iter().find(|path| !path.exists()).expect("numbers do not end");
    fs::rename(draft, &path).map_err(Error::io("rename", draft))?;
    Ok(path)
}

fn read_draft(draft: &Path) -> std::io::Result<String> {
    let not_text = |error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
    String::from_utf8(read_regular(draft)?).map_err(not_text)
}

fn text_of(file: &TaskFile) -> Result<String> {
    String::from_utf8(file.bytes.clone()).map_err(|error| {
        let line =
            file.bytes[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::Broken(vec![Problem::error("is not UTF-8 text").at_line(line).in_file(&file.path)])
    })
}

/// Takes back what the editor left. What is refused stays in the draft, and the error says where.
pub fn finish_edit(session: &Session<'_>, edit: &PreparedEdit) -> Result<Written> {
    let text = read_draft(&edit.draft).map_err(Error::io("read", &edit.draft))?;
    let locked = session.lock(&format!("edit {}", edit.id))?;
    let path = RecordPath::task_file(&edit.id);
    let current = session.snapshot().task_file(&edit.id)?;
    if current.as_ref().map(|file| file.bytes.as_slice()) != Some(edit.original.as_bytes()) {
        let refusal = Refusal::because(Attempt::Edit(edit.id.clone()), Reason::ChangedMeanwhile(path));
        return Err(refusal.with_hint(Hint::DraftKept(edit.draft.display().to_string())).into());
    }
    let task = checked(session, edit, &text).map_err(|problems| {
        let reasons = problems.into_iter().map(Reason::Broken).collect();
        Refusal::new(Attempt::Edit(edit.id.clone()), reasons).with_hint(Hint::ResumeEdit(edit.id.clone()))
    })?;
    let change = Change::replace(path, &edit.original, text);
    let mut summary = vec![if change.is_empty() { "nothing changed" } else { "edited" }.to_owned()];
    if !change.is_empty() && task.stage != task.recorded_stage() {
        let problem = stage_by_hand(&task);
        summary.push(format!("stage {}", problem.message));
        summary.extend(problem.hint);
    }
    let task = WrittenTask::changed(&task, summary, !change.is_empty());
    let written = session.finish(&locked, &[change], vec![task])?;
    if !session.is_dry() {
        let _ = fs::remove_file(session.workspace().local_path(&base_of(&edit.id)));
        fs::remove_file(&edit.draft).map_err(Error::io("remove", &edit.draft))?;
    }
    Ok(written)
}

/// Reads the new text as the task it must still be.
fn checked(
    session: &Session<'_>,
    edit: &PreparedEdit,
    text: &str,
) -> std::result::Result<Task, Vec<Problem>> {
    let file = TaskFile { id: edit.id.clone(), path: String::new(), bytes: text.as_bytes().to_vec() };
    let as_problems = |error: Error| match error {
        Error::Broken(problems) => problems,
        Error::Refused(refusal) => {
            let why: Vec<String> = refusal.reasons.iter().map(ToString::to_string).collect();
            let key = if matches!(refusal.attempt, Attempt::BePartOf { .. }) {
                Field::Parent
            } else {
                Field::DependsOn
            };
            vec![Problem::error(format!("{refusal}: {}", why.join(", "))).on_key(key.key())]
        }
        other => vec![Problem::error(other.to_string())],
    };
    let task = parse(&file).map_err(|error| {
        let mut problems = as_problems(error);
        // What is edited is a copy, whose name says nothing.
        if read_task(text.as_bytes()).is_ok_and(|task| task.id != edit.id) {
            for problem in &mut problems {
                problem.hint = Some(format!("write `id: {}`", edit.id));
            }
        }
        problems
    })?;
    let before = read_task(edit.original.as_bytes()).ok();
    if before.as_ref().is_none_or(|before| before.stage != task.stage) {
        refuse_unknown_stage(session, &task)?;
    }
    let has_same_relations =
        |before: Task| before.depends_on == task.depends_on && before.parent == task.parent;
    if !before.is_some_and(has_same_relations) {
        let tasks = session.snapshot().tasks().map_err(|error| as_problems(error.into()))?;
        Relations::among(&tasks.read().0).refuse_cycle(&task).map_err(as_problems)?;
    }
    Ok(task)
}

/// A stage that the task's pipeline does not have is a typing error here: nothing could lead out of it.
fn refuse_unknown_stage(session: &Session<'_>, task: &Task) -> std::result::Result<(), Vec<Problem>> {
    let (config, _) = session.config_or_default();
    let stages: Vec<Stage> = config.all_stages_of(task.kind.as_deref()).collect();
    if stages.contains(&task.stage) {
        return Ok(());
    }
    let reason = Reason::NoSuchStage { query: task.stage.to_string(), stages };
    Err(vec![Problem::error(reason.to_string()).on_key(Field::Stage.key())])
}
