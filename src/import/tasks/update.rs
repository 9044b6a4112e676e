//! What importing a task again would change. A field that its source gives otherwise than at the last import follows it,
//! as long as nobody has changed the task's own; what people have changed stays. Progress is never among these fields.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use sha2::{Digest, Sha256};

use super::task::Progress;
use crate::doc::{Checkbox, Section, checkboxes, is_heading, sections};
use crate::model::{Field, FieldValue, Task};

/// The fields that an import gives a task and that a later one may change. The text is among them, as the last.
const FOLLOWING: [Field; 12] = [
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
    Field::Assignee,
    Field::Body,
];

/// What a later import makes of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// The fields that follow their source.
    pub take: Vec<Field>,
    /// The fields that both sides have changed: the task's own stays.
    pub differing: Vec<Field>,
    /// Whether people have changed the text that follows its source all the same.
    pub keeps_sections: bool,
    /// What `imported` is to say; none where it says that.
    pub imported: Option<String>,
}

/// What a task's `imported` says: digests of what its source gave it, where that was, and how far it was there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remembered {
    digests: HashMap<String, String>,
    /// The file or folder that it was read from, as seen from the top of the working tree.
    pub from: Option<String>,
    /// How far it was in its source: a word of [`Progress`].
    pub progress: Option<String>,
}

/// What separates the words of `imported`, and what a path has in its place.
const GAPS: [(&str, &str); 4] = [("%", "%25"), (" ", "%20"), ("\n", "%0A"), ("\r", "%0D")];

impl Remembered {
    /// Reads it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        for (key, value) in text.split(' ').filter_map(|pair| pair.split_once('=')) {
            match key {
                "from" => {
                    let plain = |text: String, (plain, coded): &(&str, &str)| text.replace(coded, plain);
                    found.from = Some(GAPS.iter().rev().fold(value.to_owned(), plain));
                }
                "progress" => found.progress = Some(value.to_owned()),
                _ => {
                    found.digests.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        found
    }

    /// Makes it of what a source gives a task.
    #[must_use]
    pub fn of(task: &Task, from: Option<&str>, progress: &Progress) -> Self {
        let digest = |field: &Field| Some((field.key().to_owned(), digest(task, *field)?));
        let digests = FOLLOWING.iter().filter_map(digest).collect();
        Self { digests, from: from.map(str::to_owned), progress: Some(progress.word().to_owned()) }
    }

    /// Returns the digest of the title that its source gave it.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.digests.get(Field::Title.key()).map(String::as_str)
    }
}

impl fmt::Display for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coded = |text: String, (plain, coded): &(&str, &str)| text.replace(plain, coded);
        let from = self.from.clone().map(|from| GAPS.iter().fold(from, coded));
        let digests =
            FOLLOWING.iter().filter_map(|field| Some((field.key(), self.digests.get(field.key())?.as_str())));
        let others = [("from", from.as_deref()), ("progress", self.progress.as_deref())];
        let others = others.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let pairs: Vec<String> = digests.chain(others).map(|(key, value)| format!("{key}={value}")).collect();
        f.write_str(&pairs.join(" "))
    }
}

/// Compares a task with what its source gives now. With `force` what both have changed follows the source; what only people
/// here have changed never does.
#[must_use]
pub fn update(there: &Task, source: &Task, force: bool) -> Update {
    let old = there.imported.as_deref().unwrap_or_default();
    let last = Remembered::parse(old);
    let given = Remembered::parse(source.imported.as_deref().unwrap_or_default());
    let mut update = Update::default();
    let mut next =
        Remembered { from: given.from.or(last.from), progress: given.progress, ..Remembered::default() };
    for field in FOLLOWING {
        let (own, given) = (digest(there, field), digest(source, field));
        let last = last.digests.get(field.key()).cloned();
        let mut base = given.clone();
        if given != own && given == last {
            base = last;
        } else if given != own {
            if own == last && there.imported.is_some() || force {
                update.take.push(field);
                update.keeps_sections |= field == Field::Body && own != last;
            } else {
                update.differing.push(field);
                base = last;
            }
        }
        next.digests.extend(base.map(|digest| (field.key().to_owned(), digest)));
    }
    let next = next.to_string();
    update.imported = (next != old).then_some(next);
    update
}

/// Compares a task with what a list of our own says of it, from which it was not imported: of what that leaves out it says
/// nothing, and of the text it has the checkboxes alone. With `force` all but the text follows the list.
#[must_use]
pub fn update_listed(there: &Task, listed: &Task, force: bool) -> Update {
    let boxes = |body: &str| checkboxes(body).into_iter().map(|found| found.text).collect::<Vec<_>>();
    let mut update = Update::default();
    for field in FOLLOWING {
        let is_other = match field {
            Field::Body => boxes(&there.body) != boxes(&listed.body),
            field => digest(listed, field).is_some_and(|given| Some(given) != digest(there, field)),
        };
        match is_other {
            true if force && field != Field::Body => update.take.push(field),
            true => update.differing.push(field),
            false => {}
        }
    }
    update
}

/// Returns the digest of a title.
#[must_use]
pub fn title_digest(title: &str) -> String {
    short_digest(title)
}

fn short_digest(text: &str) -> String {
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
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
    Some(short_digest(&text))
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

/// A source's text, as it becomes the task's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBody {
    /// The text.
    pub text: String,
    /// The boxes that are ticked here and that the text has no longer.
    pub lost_ticks: Vec<String>,
}

/// Returns a source's text with its checkboxes as far as the task's own are (which are done is progress), and with the
/// sections that only the task has where these are to stay.
#[must_use]
pub fn new_body(own: &str, given: &str, keeps_sections: bool) -> NewBody {
    let given = if keeps_sections { with_own_sections(own, given) } else { given.to_owned() };
    let mut known: HashMap<String, Vec<bool>> = HashMap::new();
    for found in checkboxes(own).into_iter().rev() {
        known.entry(found.text).or_default().push(found.done);
    }
    let mut lines: Vec<String> = given.split('\n').map(str::to_owned).collect();
    for found in checkboxes(&given) {
        let Some(done) = known.get_mut(&found.text).and_then(Vec::pop) else { continue };
        let line = &mut lines[found.line - 1];
        if let Some(open) = line.find('[').filter(|_| done != found.done) {
            line.replace_range(open + 1..open + 2, if done { "x" } else { " " });
        }
    }
    let lost = |found: &Checkbox| known.get_mut(&found.text).and_then(Vec::pop) == Some(true);
    let lost = checkboxes(own).into_iter().rev().filter(lost).map(|found| found.text);
    let mut lost_ticks: Vec<String> = lost.collect();
    lost_ticks.reverse();
    NewBody { text: lines.join("\n"), lost_ticks }
}

/// Adds the sections that only the task has to its source's text.
fn with_own_sections(own: &str, given: &str) -> String {
    let theirs = sections(given);
    let is_new = |section: &Section| !theirs.iter().any(|their| is_heading(&their.heading, &section.heading));
    let mut text = given.to_owned();
    let mut added: Option<usize> = None;
    for section in sections(own) {
        // What is below a section that was added came with it.
        if added.is_some_and(|level| section.level > level) {
            continue;
        }
        added = is_new(&section).then_some(section.level);
        if added.is_some() {
            text.truncate(text.trim_end_matches('\n').len());
            let marks = "#".repeat(section.level);
            let _ = write!(text, "\n\n{marks} {}\n\n{}\n", section.heading, section.text);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Remembered, new_body, update};
    use crate::import::tasks::Progress;
    use crate::model::{Field, Priority, Task, TaskId};

    fn task(title: &str, priority: Option<&str>, body: &str) -> Task {
        let id = TaskId::parse("TASK-1").unwrap();
        Task { priority: priority.map(Priority::parse), body: body.to_owned(), ..Task::new(id, title) }
    }

    fn imported(source: &Task) -> Task {
        Task { imported: Some(remembered(source)), ..source.clone() }
    }

    fn remembered(source: &Task) -> String {
        Remembered::of(source, None, &Progress::Open).to_string()
    }

    fn compared(there: &Task, source: &Task, force: bool) -> super::Update {
        update(there, &imported(source), force)
    }

    #[test]
    fn what_only_the_source_changed_follows_it() {
        let old = task("A", Some("high"), "\n- [ ] x\n");
        let there = imported(&old);
        assert_eq!(compared(&there, &old, false), super::Update::default());
        let ticked = Task { body: "\n- [x] x\n".to_owned(), ..there };
        assert_eq!(compared(&ticked, &old, false), super::Update::default());
        let new = task("B", None, "\n- [ ] x\n- [ ] y\n");
        let found = compared(&ticked, &new, false);
        assert_eq!(found.take, [Field::Title, Field::Priority, Field::Body]);
        assert_eq!(found.imported, Some(remembered(&new)));
    }

    #[test]
    fn what_people_changed_stays() {
        let old = task("A", Some("high"), "");
        let there = Task { title: "Mine".to_owned(), ..imported(&old) };
        assert_eq!(compared(&there, &old, false), super::Update::default());
        let new = task("B", Some("low"), "");
        let found = compared(&there, &new, false);
        assert_eq!(
            (found.take.as_slice(), found.differing.as_slice()),
            (&[Field::Priority][..], &[Field::Title][..])
        );
        // It is reported again, until both are the same.
        let later = Task { priority: Some(Priority::Low), imported: found.imported, ..there.clone() };
        let again = compared(&later, &new, false);
        assert_eq!(
            (again.take.len(), again.differing.as_slice(), again.imported),
            (0, &[Field::Title][..], None)
        );
        assert_eq!(compared(&there, &new, true).take, [Field::Title, Field::Priority]);
        let same = Task { title: "B".to_owned(), ..later };
        assert_eq!(compared(&same, &new, false).imported, Some(remembered(&new)));
    }

    #[test]
    fn ticks_are_the_tasks_own() {
        let own = "- [x] a\n- [ ] b\n- [x] gone\n";
        let found = new_body(own, "- [ ] a\n- [x] b\n- [x] new\n", false);
        assert_eq!(found.text, "- [x] a\n- [ ] b\n- [x] new\n");
        assert_eq!(found.lost_ticks, ["gone"]);
    }

    #[test]
    fn sections_that_people_added_stay_where_the_text_is_to_follow() {
        let own = "\n## Deliverables\n\n- [x] a\n\n## Notes\n\nmine\n\n### Below\n\nmore\n";
        let given = "\n## Deliverables\n\n- [ ] a\n- [ ] b\n";
        let joined = "\n## Deliverables\n\n- [x] a\n- [ ] b\n\n## Notes\n\nmine\n\n### Below\n\nmore\n";
        assert_eq!(new_body(own, given, true).text, joined);
        assert_eq!(new_body(own, given, false).text, "\n## Deliverables\n\n- [x] a\n- [ ] b\n");
        let there =
            Task { body: own.to_owned(), ..imported(&task("A", None, "\n## Deliverables\n\n- [ ] a\n")) };
        let found = compared(&there, &task("A", None, given), true);
        assert_eq!((found.take, found.keeps_sections), (vec![Field::Body], true));
    }

    #[test]
    fn what_only_people_changed_stays_even_where_the_source_counts() {
        let source = task("A", Some("high"), "");
        let there = Task { title: "Mine".to_owned(), ..imported(&source) };
        assert_eq!(compared(&there, &source, true), super::Update::default());
    }

    #[test]
    fn what_is_remembered_is_read_as_it_was_written() {
        let from = Some("a folder/100% of it=x");
        let remembered = Remembered::of(&task("A", None, "x"), from, &Progress::Begun);
        let text = remembered.to_string();
        assert!(text.ends_with(" from=a%20folder/100%25%20of%20it=x progress=begun"), "{text}");
        assert_eq!(Remembered::parse(&text), remembered);
    }
}
