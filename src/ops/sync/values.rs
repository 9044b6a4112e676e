//! The values of a task that other trackers share, and how a value from outside becomes one. What comes from outside moves a
//! task only where anybody may: it is begun, blocked or cancelled. Nothing outside earns a stage or ticks a checkbox.

use std::collections::{BTreeSet, HashSet};

use crate::doc::{Edit, checkboxes};
use crate::model::Badge;
use crate::model::{Config, Field, Move, MoveKind, Stage, Status, SyncField, SyncValue, SyncValues, Task};
use crate::ops::fields::{ValueReader, edit_to};
use crate::ops::moves::move_edits;
use crate::ops::{Error, Result, Session};
use crate::policy::{Tally, badge_of, status_of};

/// A longer text is not synchronised, in bytes: the record of the link has to be read again.
const LONGEST_TEXT: usize = 48 * 1024;
/// A longer line is none, in bytes.
const LONGEST_LINE: usize = 500;

/// The words that a status has between trackers.
const PENDING: &str = "pending";
const IN_PROGRESS: &str = "in_progress";
const BLOCKED: &str = "blocked";
const COMPLETED: &str = "completed";
const QA_APPROVED: &str = "qa_approved";
const CANCELLED: &str = "cancelled";

/// Reads and writes the values of tasks.
pub(super) struct TaskValues<'s, 'e> {
    session: &'s Session<'e>,
    config: &'s Config,
    remote: &'s str,
    reader: ValueReader<'s>,
}

fn unresolved(id: &str) -> Result<String> {
    Ok(id.to_owned())
}

/// The fields of tasks that are taken over as they are.
fn plain_field(field: SyncField) -> Option<Field> {
    Some(match field {
        SyncField::Title => Field::Title,
        SyncField::Priority => Field::Priority,
        SyncField::Type => Field::Type,
        SyncField::Assignee => Field::Assignee,
        SyncField::Area => Field::Area,
        SyncField::Estimate => Field::Estimate,
        SyncField::Due => Field::Due,
        SyncField::Labels => Field::Tags,
        SyncField::Status | SyncField::Body => return None,
    })
}

impl<'s, 'e> TaskValues<'s, 'e> {
    pub(super) fn new(session: &'s Session<'e>, config: &'s Config, remote: &'s str) -> Self {
        Self { session, config, remote, reader: ValueReader::new(session, &unresolved) }
    }

    /// The tag of tasks that came from there, which only this side has.
    fn own_tag(&self) -> String {
        format!("{}-sync", self.remote)
    }

    /// Returns the values of a task. `is_open` is asked for each task that it depends on.
    pub(super) fn of(&self, task: &Task, is_open: impl Fn(&str) -> bool) -> SyncValues {
        let own_tag = self.own_tag();
        let value = |field: SyncField| match (field, plain_field(field)) {
            (SyncField::Labels, _) => {
                SyncValue::Labels(task.tags.iter().filter(|tag| **tag != own_tag).cloned().collect())
            }
            (SyncField::Body, _) => SyncValue::Text(plain_body(&task.body)),
            (_, Some(own)) => SyncValue::Text(task.value(own).to_string()),
            (_, None) => SyncValue::text(self.status(task, &is_open)),
        };
        SyncField::ALL.into_iter().map(|field| (field, value(field))).collect()
    }

    /// A stage that people sign off in is one whose work is done; only a task that has earned all approvals is approved.
    fn status(&self, task: &Task, is_open: impl Fn(&str) -> bool) -> &'static str {
        let summary = task.summary();
        match status_of(&summary, is_open) {
            Status::Cancelled => CANCELLED,
            Status::Blocked => BLOCKED,
            Status::NotStarted => PENDING,
            Status::Completed => match badge_of(&summary, self.config, Tally::default()) {
                Badge::QaApproved => QA_APPROVED,
                _ => COMPLETED,
            },
            Status::InProgress if self.config.signoffs_of(task.stage.as_str()).is_empty() => IN_PROGRESS,
            Status::InProgress => COMPLETED,
        }
    }

    /// Returns a value from outside as a task would have it, or why none can.
    pub(super) fn accept(
        &self,
        own: Option<&SyncValues>,
        field: SyncField,
        value: &SyncValue,
    ) -> std::result::Result<SyncValue, String> {
        let why = |error: Error| error.to_string();
        match (field, value) {
            (SyncField::Labels, SyncValue::Labels(labels)) => {
                let mut items = BTreeSet::new();
                for label in labels.iter().map(|label| label.trim()).filter(|label| !label.is_empty()) {
                    is_line(label)?;
                    items.insert(self.reader.item(Field::Tags, label).map_err(why)?);
                }
                items.remove(&self.own_tag());
                Ok(SyncValue::Labels(items))
            }
            (SyncField::Body, SyncValue::Text(text)) => self.accept_body(own, text).map(SyncValue::Text),
            (SyncField::Status, SyncValue::Text(text)) => self.accept_status(own, text),
            (_, SyncValue::Text(text)) => {
                let text = text.trim();
                is_line(text)?;
                if text.is_empty() && field != SyncField::Title {
                    return Ok(field.empty());
                }
                if text.starts_with('@') && field == SyncField::Assignee {
                    return Err(format!("`{text}` is not a name"));
                }
                let own = plain_field(field).ok_or("no task has such a value")?;
                let value = self.reader.scalar(own, text).map_err(why)?;
                Ok(SyncValue::Text(value.to_string()))
            }
            (_, SyncValue::Labels(_)) => Err(format!("{field} is a list there")),
        }
    }

    /// A checkbox that is ticked outside is not ticked here by that.
    fn accept_body(&self, own: Option<&SyncValues>, text: &str) -> std::result::Result<String, String> {
        let text = plain_body(&text.replace("\r\n", "\n"));
        if text.len() > LONGEST_TEXT {
            return Err(format!("the text has {} bytes, and at most {LONGEST_TEXT} are taken", text.len()));
        }
        if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            return Err("the text has control characters".to_owned());
        }
        let there =
            own.and_then(|own| own.get(&SyncField::Body)).map(ToString::to_string).unwrap_or_default();
        let ticked: HashSet<String> =
            checkboxes(&there).into_iter().filter(|found| found.done).map(|found| found.text).collect();
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        for found in checkboxes(&text).into_iter().filter(|found| found.done && !ticked.contains(&found.text))
        {
            let line = &mut lines[found.line - 1];
            if let Some(open) = line.find('[') {
                line.replace_range(open + 1..open + 2, " ");
            }
        }
        Ok(lines.join("\n"))
    }

    fn accept_status(&self, own: Option<&SyncValues>, text: &str) -> std::result::Result<SyncValue, String> {
        is_line(text)?;
        let known = [PENDING, IN_PROGRESS, BLOCKED, COMPLETED, QA_APPROVED, CANCELLED];
        let word = text.trim().to_ascii_lowercase();
        let word = match Status::of_other_trackers(&word) {
            _ if known.contains(&word.as_str()) => word.as_str(),
            Some(Status::NotStarted) => PENDING,
            Some(Status::InProgress) => IN_PROGRESS,
            Some(Status::Completed) => COMPLETED,
            Some(Status::Cancelled) => CANCELLED,
            _ if word.is_empty() => PENDING,
            _ => return Err(format!("unknown status `{text}`; map it under [sync.{}.status]", self.remote)),
        };
        let Some(own) = own else { return Ok(SyncValue::text(word)) };
        let now = own.get(&SyncField::Status).map(ToString::to_string).unwrap_or_default();
        let may_follow = match word {
            _ if word == now => true,
            BLOCKED | CANCELLED => now != CANCELLED && now != QA_APPROVED,
            IN_PROGRESS => now == PENDING,
            _ => false,
        };
        match may_follow {
            true => Ok(SyncValue::text(word)),
            false => Err(format!("a task that is {now} here does not become {word} from outside")),
        }
    }

    /// Returns the edits that give a task a value. It was accepted before.
    pub(super) fn edits(&self, task: &Task, field: SyncField, value: &SyncValue) -> Result<Vec<Edit>> {
        let key = |field: Field| field.key().to_owned();
        Ok(match (field, value) {
            (SyncField::Body, value) => vec![Edit::ReplaceBody(task_body(&value.to_string()))],
            (SyncField::Labels, SyncValue::Labels(labels)) => {
                let own: BTreeSet<&String> = task.tags.iter().collect();
                let tag = self.own_tag();
                let gone =
                    own.iter().filter(|tag_there| !labels.contains(**tag_there) && ***tag_there != tag);
                let remove =
                    |item: &&String| Edit::RemoveItem { key: key(Field::Tags), item: (*item).clone() };
                let new = labels.iter().filter(|label| !own.contains(label));
                let add = |item: &String| Edit::AddItem { key: key(Field::Tags), item: item.clone() };
                let (added, removed): (Vec<Edit>, Vec<Edit>) =
                    (new.map(add).collect(), gone.map(remove).collect());
                match added.is_empty() && removed.len() == task.tags.len() {
                    true => vec![Edit::Remove { key: key(Field::Tags) }],
                    false => [added, removed].concat(),
                }
            }
            (SyncField::Status, value) => self.status_edits(task, &value.to_string())?,
            (_, value) => {
                let Some(own) = plain_field(field) else { return Ok(Vec::new()) };
                let mut after = task.clone();
                let text = value.to_string();
                if text.is_empty() {
                    return Ok(vec![Edit::Remove { key: key(own) }]);
                }
                self.reader.put(own, &[text], &mut after)?;
                vec![edit_to(key(own), &after.value(own))]
            }
        })
    }

    fn status_edits(&self, task: &Task, word: &str) -> Result<Vec<Edit>> {
        let why = |field: Field| {
            let text = format!("{word} in {}", self.remote);
            vec![edit_to(field.key().to_owned(), &crate::model::FieldValue::text(Some(&text)))]
        };
        Ok(match word {
            BLOCKED => why(Field::Blocked),
            CANCELLED => why(Field::Cancelled),
            IN_PROGRESS if task.stage.is_none() => {
                move_edits(&self.begun(task, MoveKind::Start, "in progress")?)
            }
            _ => Vec::new(),
        })
    }

    fn begun(&self, task: &Task, kind: MoveKind, what: &str) -> Result<Move> {
        let first = self.config.stages_of(task.kind.as_deref()).first().cloned();
        Ok(Move {
            at: self.session.env().now(),
            by: self.session.actor()?,
            agent: self.session.agent(),
            from: Stage::none(),
            to: first.unwrap_or_else(Stage::complete),
            kind,
            why: Some(format!("{what} in {}", self.remote)),
            signature: None,
        })
    }

    /// Gives a new task its values.
    pub(super) fn fill(&self, task: &mut Task, values: &SyncValues) -> Result<()> {
        for (field, value) in values {
            match (field, plain_field(*field), value) {
                (SyncField::Body, ..) => task.body = task_body(&value.to_string()),
                (_, Some(own), SyncValue::Text(text)) => {
                    self.reader.put(own, std::slice::from_ref(text), task)?;
                }
                (_, Some(own), SyncValue::Labels(labels)) => {
                    self.reader.put(own, &labels.iter().cloned().collect::<Vec<_>>(), task)?;
                }
                _ => {}
            }
        }
        task.tags.push(self.own_tag());
        match values.get(&SyncField::Status).map(ToString::to_string).as_deref() {
            Some(BLOCKED) => task.blocked = Some(format!("blocked in {}", self.remote)),
            Some(IN_PROGRESS) => {
                let step = self.begun(task, MoveKind::Import, "imported as in progress")?;
                task.stage = step.to.clone();
                task.history = vec![step];
            }
            _ => {}
        }
        Ok(())
    }
}

fn is_line(text: &str) -> std::result::Result<(), String> {
    if text.len() > LONGEST_LINE {
        return Err(format!("a line has {} bytes, and at most {LONGEST_LINE} are taken", text.len()));
    }
    if text.chars().any(char::is_control) {
        return Err("a line has control characters".to_owned());
    }
    Ok(())
}

/// A text as both sides have it: no blank lines around it, and the last line ends.
fn plain_body(body: &str) -> String {
    let body = body.replace("\r\n", "\n");
    let text = body.trim_matches('\n').trim_end();
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

fn task_body(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n{text}") }
}
