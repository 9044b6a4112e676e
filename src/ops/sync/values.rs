//! The values of a task that other trackers share, and how a value from outside becomes one. What comes from outside moves a
//! task only where anybody may: it is begun, blocked or cancelled. Nothing outside earns a stage or ticks a checkbox.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::doc::{Edit, Value, checkboxes, without_conflict_markers};
use crate::model::Badge;
use crate::model::{
    Config, Field, Move, MoveKind, Stage, Status, SyncField, SyncKind, SyncValue, SyncValues, Task,
};
use crate::ops::fields::{ValueReader, edit_to};
use crate::ops::moves::move_edits;
use crate::ops::{Error, Result, Session};
use crate::policy::{Tally, badge_of, status_of};

/// A longer text is not synchronised, in bytes: the record of the link has to be read again.
const LONGEST_TEXT: usize = 48 * 1024;
/// A longer line is none, in bytes.
const LONGEST_LINE: usize = 500;

/// Longer metadata of another tracker is not taken over, in bytes.
const LONGEST_METADATA: usize = 4096;
/// The key of the metadata of another tracker.
const METADATA: &str = "metadata";

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
    /// Whether a task that is reviewed is completed for the other tracker.
    is_review_done: bool,
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
        SyncField::Sprint => Field::Sprint,
        SyncField::Labels => Field::Tags,
        SyncField::Dependencies => Field::DependsOn,
        SyncField::Status
        | SyncField::Body
        | SyncField::Metadata
        | SyncField::Progress
        | SyncField::Signoffs => return None,
    })
}

impl<'s, 'e> TaskValues<'s, 'e> {
    pub(super) fn new(
        session: &'s Session<'e>,
        config: &'s Config,
        (remote, kind): (&'s str, Option<SyncKind>),
    ) -> Self {
        // An issue whose work is reviewed stays open.
        let is_review_done = kind != Some(SyncKind::Github);
        Self { session, config, remote, is_review_done, reader: ValueReader::new(session, &unresolved) }
    }

    /// The tag of tasks that came from there, which only this side has.
    fn own_tag(&self) -> String {
        format!("{}-sync", self.remote)
    }

    /// Returns the values of a task; `approved` are the approvals that count in its stage.
    pub(super) fn of(&self, task: &Task, approved: u32) -> SyncValues {
        let own_tag = self.own_tag();
        let value = |field: SyncField| match (field, plain_field(field)) {
            (SyncField::Labels, _) => {
                SyncValue::Labels(task.tags.iter().filter(|tag| **tag != own_tag).cloned().collect())
            }
            (SyncField::Dependencies, _) => {
                SyncValue::Labels(task.depends_on.iter().map(ToString::to_string).collect())
            }
            (SyncField::Body, _) => SyncValue::Text(plain_body(&task.body)),
            (SyncField::Metadata, _) => {
                let found = task.unknown.iter().find(|(key, _)| key == METADATA);
                SyncValue::Text(found.map(|(_, text)| text.clone()).unwrap_or_default())
            }
            (SyncField::Progress, _) => SyncValue::Text(self.progress(task).to_string()),
            (SyncField::Signoffs, _) => SyncValue::Text(self.signoffs(task, approved)),
            (_, Some(own)) => SyncValue::Text(task.value(own).to_string()),
            (_, None) => SyncValue::text(self.status(task)),
        };
        SyncField::ALL.into_iter().map(|field| (field, value(field))).collect()
    }

    /// Counts the stages of its pipeline that a task has passed, in percent; all of them only at the end.
    fn progress(&self, task: &Task) -> usize {
        let stages = self.config.stages_of(task.kind.as_deref());
        let at = stages.iter().position(|stage| *stage == task.stage).unwrap_or_default();
        if task.stage.is_complete() { 100 } else { at * 100 / stages.len().max(1) }
    }

    /// Counts the approvals of the whole pipeline, such as `2/3`; of a task that has not begun, none.
    fn signoffs(&self, task: &Task, approved: u32) -> String {
        let summary = task.summary();
        let quorum_of = |stage: &str| -> u32 {
            let roles = self.config.signoffs_of(stage).iter();
            roles.map(|role| self.config.role(role).rules.quorum).fold(0, u32::saturating_add)
        };
        let (mut found, mut required) = (0u32, 0u32);
        for stage in self.config.stages_of(task.kind.as_deref()) {
            let quorum = quorum_of(stage.as_str());
            required = required.saturating_add(quorum);
            if summary.earned.iter().any(|earned| earned == stage.as_str()) {
                found = found.saturating_add(quorum);
            } else if *stage == task.stage {
                found = found.saturating_add(approved.min(quorum));
            }
        }
        if task.stage.is_none() || required == 0 { String::new() } else { format!("{found}/{required}") }
    }

    /// A stage that people sign off in is one whose work is done, unless it is the first; only a task that has earned all approvals is approved. One that waits for another is not blocked by that: the other side
    /// knows the order itself.
    fn status(&self, task: &Task) -> &'static str {
        let summary = task.summary();
        match status_of(&summary, |_| false) {
            Status::Cancelled => CANCELLED,
            Status::Blocked => BLOCKED,
            Status::NotStarted => PENDING,
            Status::Completed => match badge_of(&summary, self.config, Tally::default()) {
                Badge::QaApproved => QA_APPROVED,
                _ => COMPLETED,
            },
            Status::InProgress => {
                let first = self.config.stages_of(task.kind.as_deref()).first();
                let is_review = !self.config.signoffs_of(task.stage.as_str()).is_empty();
                if self.is_review_done && is_review && first != Some(&task.stage) {
                    COMPLETED
                } else {
                    IN_PROGRESS
                }
            }
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
            // The caller has replaced the ids of items by those of tasks.
            (SyncField::Dependencies, SyncValue::Labels(_)) => Ok(value.clone()),
            (SyncField::Progress | SyncField::Signoffs, SyncValue::Text(text)) => {
                Ok(SyncValue::text(text.trim()))
            }
            (SyncField::Metadata, SyncValue::Text(text)) => {
                if text.len() > LONGEST_METADATA || text.chars().any(char::is_control) {
                    return Err(format!("metadata is one line of at most {LONGEST_METADATA} bytes"));
                }
                Ok(value.clone())
            }
            (_, SyncValue::Text(text)) => {
                let text = text.trim();
                is_line(text)?;
                if text.is_empty() && field != SyncField::Title {
                    return Ok(field.empty());
                }
                if text.starts_with('@') && field == SyncField::Assignee {
                    return Err(format!("`{text}` is not a name"));
                }
                match field {
                    SyncField::Type => self.keeps_stages(own, text)?,
                    // A word such as tomorrow would mean another day at every run.
                    SyncField::Due => is_date(text)?,
                    _ => {}
                }
                let own = plain_field(field).ok_or("no task has such a value")?;
                let value = self.reader.scalar(own, text).map_err(why)?;
                Ok(SyncValue::Text(value.to_string()))
            }
            (_, SyncValue::Labels(_)) => Err(format!("{field} is a list there")),
        }
    }

    /// Refuses a type that would give a task which has begun other stages: those that it has left would be left out.
    fn keeps_stages(&self, own: Option<&SyncValues>, kind: &str) -> std::result::Result<(), String> {
        let Some(own) = own else { return Ok(()) };
        let word = |field| own.get(&field).map(ToString::to_string).unwrap_or_default();
        let before = Some(word(SyncField::Type)).filter(|kind| !kind.is_empty());
        let has_begun = word(SyncField::Status) != PENDING;
        match has_begun && self.config.stages_of(before.as_deref()) != self.config.stages_of(Some(kind)) {
            true => Err(format!("a task that has begun does not become a {kind}, which has other stages")),
            false => Ok(()),
        }
    }

    /// A checkbox that is ticked outside is not ticked here by that.
    fn accept_body(&self, own: Option<&SyncValues>, text: &str) -> std::result::Result<String, String> {
        let text = without_conflict_markers(&plain_body(text));
        if text.len() > LONGEST_TEXT {
            return Err(format!("the text has {} bytes, and at most {LONGEST_TEXT} are taken", text.len()));
        }
        if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            return Err("the text has control characters".to_owned());
        }
        let there =
            own.and_then(|own| own.get(&SyncField::Body)).map(ToString::to_string).unwrap_or_default();
        // Each tick here allows one there, in the same section: others may use the same words.
        let mut ticks: HashMap<(Option<String>, String), usize> = HashMap::new();
        for found in checkboxes(&there).into_iter().filter(|found| found.done) {
            *ticks.entry((found.section, found.text)).or_default() += 1;
        }
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        for found in checkboxes(&text).into_iter().filter(|found| found.done) {
            let left = ticks.get_mut(&(found.section, found.text)).filter(|left| **left > 0);
            if let Some(left) = left {
                *left -= 1;
                continue;
            }
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
                list_edits(Field::Tags, &task.tags, labels, &self.own_tag())
            }
            (SyncField::Dependencies, SyncValue::Labels(tasks)) => {
                let own: Vec<String> = task.depends_on.iter().map(ToString::to_string).collect();
                list_edits(Field::DependsOn, &own, tasks, "")
            }
            (SyncField::Metadata, value) => {
                let (key, text) = (METADATA.to_owned(), value.to_string());
                match text.is_empty() {
                    true => vec![Edit::Remove { key }],
                    false => vec![Edit::Set { key, value: Value::Text(text) }],
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
                (SyncField::Metadata, _, SyncValue::Text(text)) if !text.is_empty() => {
                    task.unknown.push((METADATA.to_owned(), text.clone()));
                }
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

/// Returns the edits that make a list of a task that of the other side, `kept` aside.
fn list_edits(field: Field, own: &[String], there: &BTreeSet<String>, kept: &str) -> Vec<Edit> {
    let key = || field.key().to_owned();
    let gone: BTreeSet<&String> = own.iter().filter(|item| !there.contains(*item) && *item != kept).collect();
    let new = there.iter().filter(|item| !own.contains(item));
    let added: Vec<Edit> = new.map(|item| Edit::AddItem { key: key(), item: item.clone() }).collect();
    if added.is_empty() && gone.len() == own.len() {
        return vec![Edit::Remove { key: key() }];
    }
    let removed = gone.into_iter().map(|item| Edit::RemoveItem { key: key(), item: item.clone() });
    added.into_iter().chain(removed).collect()
}

/// Refuses what is not written as a date.
fn is_date(text: &str) -> std::result::Result<(), String> {
    let date = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
    date.map(|_| ()).ok_or_else(|| format!("`{text}` is no date, such as 2026-11-30"))
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
