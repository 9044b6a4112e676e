//! Comments of another tracker as notes. A note has the name of its author with that of the other tracker, so that nobody
//! takes it for what a person here has written, and the address of the comment. It is what was there when it was read first.

use crate::doc::{create_note, without_conflict_markers};
use crate::model::{Note, RecordKind, RecordPath, TaskId, digest_of};
use crate::ops::written::WrittenTask;
use crate::ops::{Result, Session};
use crate::remote::{Comment, GithubRemote};
use crate::store::Change;

/// More of a comment is not taken over, in characters.
const LONGEST: usize = 32 * 1024;
/// How reports begin that are comments themselves.
const OWN: &str = "<!-- tracker";

/// Writes a note for each new comment on an issue. Returns how many.
pub(super) fn import_comments(
    session: &Session<'_>,
    name: &str,
    there: &mut GithubRemote<'_>,
) -> Result<usize> {
    let comments = there.comments()?;
    let own: Vec<&Comment> = comments.iter().filter(|own| !own.text.trim_start().starts_with(OWN)).collect();
    let mut count = 0;
    if !own.is_empty() {
        let locked = session.lock(&format!("sync {name}"))?;
        let snapshot = session.workspace().again(session.env()).snapshot();
        let (mut changes, mut tasks) = (Vec::new(), Vec::new());
        for comment in own {
            let Ok(id) = TaskId::parse(&comment.task) else { continue };
            let Some(path) = path_of(name, &id, comment) else { continue };
            let Some(file) =
                snapshot.task_file(&id)?.filter(|_| snapshot.read(&path).is_ok_and(|own| own.is_none()))
            else {
                continue;
            };
            changes.push(Change::create(path, create_note(&note_of(name, &id, comment))));
            let message = format!("noted from {name}: {}", comment.login);
            tasks.push(WrittenTask::changed(&crate::ops::session::parse(&file)?, vec![message], true));
            count += 1;
        }
        if !changes.is_empty() {
            session.finish(&locked, &changes, tasks)?;
        }
    }
    there.save();
    Ok(count)
}

/// The same path in every clone, so that a comment is one note however often it is read.
fn path_of(remote: &str, task: &TaskId, comment: &Comment) -> Option<String> {
    let digest = digest_of(format!("{remote}:{}", comment.id).as_bytes());
    let name = format!("{}-{}.md", comment.at.format("%Y%m%dT%H%M%SZ"), &digest[..5]);
    RecordPath::of_task(RecordKind::Note, task, &name).map(String::from)
}

fn note_of(remote: &str, task: &TaskId, comment: &Comment) -> Note {
    let plain = |text: &str| -> String {
        let text = text.replace("\r\n", "\n");
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(LONGEST).collect()
    };
    let (login, address) = (plain(&comment.login), plain(&comment.address));
    Note {
        task: task.clone(),
        at: comment.at,
        by: format!("{} ({remote})", login.replace('\n', " ")),
        kind: None,
        text: without_conflict_markers(&format!(
            "{}\n\n{}",
            plain(&comment.text).trim(),
            address.replace('\n', " ")
        )),
        signature: None,
    }
}
