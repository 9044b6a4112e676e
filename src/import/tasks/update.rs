//! What importing a task again would change. A field that its source gives otherwise than at the last import follows it,
//! as long as nobody has changed the task's own; what people have changed stays. Progress is never among these fields.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::doc::checkboxes;
use crate::model::{Field, FieldValue, Task};

/// The fields that an import gives a task and that a later one may change. The text is among them, as the last.
const FOLLOWING: [Field; 11] = [
    Field::Title,
    Field::Type,
    Field::Priority,
    Field::Area,
    Field::Tags,
    Field::Parent,
    Field::DependsOn,
    Field::Due,
    Field::Files,
    Field::Estimate,
    Field::Body,
];

/// What a later import makes of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// The fields that follow their source.
    pub take: Vec<Field>,
    /// The fields that both sides have changed: the task's own stays.
    pub differing: Vec<Field>,
    /// The digests that the task is to have; none where they are what it has.
    pub imported: Option<String>,
}

/// Returns the digests of what a source gives a task.
#[must_use]
pub fn digests(task: &Task) -> String {
    let digests = FOLLOWING.iter().filter_map(|field| Some((*field, digest(task, *field)?)));
    written(digests)
}

fn written(digests: impl Iterator<Item = (Field, String)>) -> String {
    digests.map(|(field, digest)| format!("{}={digest}", field.key())).collect::<Vec<_>>().join(" ")
}

/// Compares a task with what its source gives now; with `force` everything follows the source.
#[must_use]
pub fn update(there: &Task, source: &Task, force: bool) -> Update {
    let old = there.imported.as_deref().unwrap_or_default();
    let last: HashMap<&str, &str> = old.split(' ').filter_map(|pair| pair.split_once('=')).collect();
    let mut update = Update::default();
    let mut next: Vec<(Field, String)> = Vec::new();
    for field in FOLLOWING {
        let (own, given) = (digest(there, field), digest(source, field));
        let last = last.get(field.key()).map(|digest| (*digest).to_owned());
        let mut base = given.clone();
        if given != own && (force || given != last) {
            if force || own == last && there.imported.is_some() {
                update.take.push(field);
            } else {
                update.differing.push(field);
                base = last;
            }
        }
        next.extend(base.map(|digest| (field, digest)));
    }
    let next = written(next.into_iter());
    update.imported = (next != old).then_some(next);
    update
}

/// Returns a digest of a field's value; none where it has none.
fn digest(task: &Task, field: Field) -> Option<String> {
    let text = match field {
        Field::Body => without_ticks(&task.body),
        field => match task.value(field) {
            FieldValue::Missing => return None,
            FieldValue::List(items) => items.iter().collect::<Vec<_>>().join("\n"),
            value => value.to_string(),
        },
    };
    if text.is_empty() {
        return None;
    }
    let digest = Sha256::digest(text);
    Some(digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect())
}

/// Returns a text as it is with no checkbox ticked and without blanks around it.
fn without_ticks(body: &str) -> String {
    let lines = body.lines().map(|line| match mark_in(line) {
        Some(at) => format!("{} {}", &line[..at], line[at + 1..].trim_end()),
        None => line.trim_end().to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

/// Returns where the mark of a line's ticked checkbox is.
fn mark_in(line: &str) -> Option<usize> {
    let content = line.trim_start();
    let rest = crate::doc::cards::lines::list_item(content)?;
    let is_ticked = rest.starts_with("[x]") || rest.starts_with("[X]");
    is_ticked.then(|| line.len() - rest.len() + 1)
}

/// Returns a source's text with its checkboxes as far as the task's own are: which are done is progress.
#[must_use]
pub fn with_ticks_of(own: &str, given: &str) -> String {
    let mut known: HashMap<String, Vec<bool>> = HashMap::new();
    for found in checkboxes(own).into_iter().rev() {
        known.entry(found.text).or_default().push(found.done);
    }
    let mut lines: Vec<String> = given.split('\n').map(str::to_owned).collect();
    for found in checkboxes(given) {
        let Some(done) = known.get_mut(&found.text).and_then(Vec::pop) else { continue };
        let line = &mut lines[found.line - 1];
        if let Some(open) = line.find('[').filter(|_| done != found.done) {
            line.replace_range(open + 1..open + 2, if done { "x" } else { " " });
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{digests, update, with_ticks_of};
    use crate::model::{Field, Priority, Task, TaskId};

    fn task(title: &str, priority: Option<&str>, body: &str) -> Task {
        let id = TaskId::parse("TASK-1").unwrap();
        Task { priority: priority.map(Priority::parse), body: body.to_owned(), ..Task::new(id, title) }
    }

    fn imported(source: &Task) -> Task {
        Task { imported: Some(digests(source)), ..source.clone() }
    }

    #[test]
    fn what_only_the_source_changed_follows_it() {
        let old = task("A", Some("high"), "\n- [ ] x\n");
        let there = imported(&old);
        assert_eq!(update(&there, &old, false), super::Update::default());
        let ticked = Task { body: "\n- [x] x\n".to_owned(), ..there };
        assert_eq!(update(&ticked, &old, false), super::Update::default());
        let new = task("B", None, "\n- [ ] x\n- [ ] y\n");
        let found = update(&ticked, &new, false);
        assert_eq!(found.take, [Field::Title, Field::Priority, Field::Body]);
        assert_eq!(found.imported, Some(digests(&new)));
    }

    #[test]
    fn what_people_changed_stays() {
        let old = task("A", Some("high"), "");
        let there = Task { title: "Mine".to_owned(), ..imported(&old) };
        assert_eq!(update(&there, &old, false), super::Update::default());
        let new = task("B", Some("low"), "");
        let found = update(&there, &new, false);
        assert_eq!(
            (found.take.as_slice(), found.differing.as_slice()),
            (&[Field::Priority][..], &[Field::Title][..])
        );
        // It is reported again, until both are the same.
        let later = Task { priority: Some(Priority::Low), imported: found.imported, ..there.clone() };
        let again = update(&later, &new, false);
        assert_eq!(
            (again.take.len(), again.differing.as_slice(), again.imported),
            (0, &[Field::Title][..], None)
        );
        assert_eq!(update(&there, &new, true).take, [Field::Title, Field::Priority]);
        let same = Task { title: "B".to_owned(), ..later };
        assert_eq!(update(&same, &new, false).imported, Some(digests(&new)));
    }

    #[test]
    fn ticks_are_the_tasks_own() {
        let own = "- [x] a\n- [ ] b\n- [x] gone\n";
        assert_eq!(with_ticks_of(own, "- [ ] a\n- [x] b\n- [x] new\n"), "- [x] a\n- [ ] b\n- [x] new\n");
    }
}
