//! An issue, as the values of a task and back.
//!
//! GitHub has fewer values than tasks: an open issue is pending, in progress or blocked, and has no assignee who has no
//! login. So a value there is read beside the one that both last agreed on, and where that one is written as what is there,
//! nothing has changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client::moment;
use crate::model::{SprintId, SyncField, SyncValue, SyncValues, TaskId, digest_of};
use crate::sync::RemoteItem;

/// What begins the line that an issue keeps the id of its task in. Nobody sees it in the rendered text.
const MARK: &str = "<!-- tracker:";
/// What ends it.
const MARK_END: &str = " -->";

/// The fields that issues have.
pub(super) const FIELDS: [SyncField; 6] = [
    SyncField::Title,
    SyncField::Status,
    SyncField::Assignee,
    SyncField::Labels,
    SyncField::Sprint,
    SyncField::Body,
];

/// The words of a status that is an end, and the one where nothing is known.
const PENDING: &str = "pending";
const COMPLETED: &str = "completed";
const QA_APPROVED: &str = "qa_approved";
const CANCELLED: &str = "cancelled";

/// What of an issue is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: String,
    pub(super) is_open: bool,
    /// Whether it was closed without being done.
    #[serde(default)]
    pub(super) is_not_planned: bool,
    #[serde(default)]
    pub(super) labels: BTreeSet<String>,
    /// Logins, in the order there.
    #[serde(default)]
    pub(super) assignees: Vec<String>,
    #[serde(default)]
    pub(super) milestone: Option<String>,
    #[serde(default)]
    pub(super) updated: Option<DateTime<Utc>>,
    /// The id that it keeps, where somebody who may write to the repository has made it.
    #[serde(default)]
    pub(super) key: Option<String>,
}

/// What an entry of the list of issues is.
pub(super) enum Entry {
    Issue(Box<Issue>),
    /// A pull request is listed among the issues.
    PullRequest,
    /// It has moved to another repository.
    Elsewhere,
}

/// How issues are read and written, as the configuration has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct GithubSettings {
    /// People here, by their login.
    pub(crate) people: BTreeMap<String, String>,
    /// Words there, by ours: `open`, `completed`, `not_planned`, or the label of an open issue.
    pub(crate) status: BTreeMap<String, String>,
}

impl Entry {
    /// Reads an entry. The error names it.
    pub(super) fn read(value: &Value, is_of: impl Fn(&str) -> bool) -> Result<Self, String> {
        let number = value["number"].as_u64().ok_or("an issue has no number")?;
        if !value["pull_request"].is_null() {
            return Ok(Self::PullRequest);
        }
        if !value["repository_url"].as_str().is_none_or(is_of) {
            return Ok(Self::Elsewhere);
        }
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        if !value["title"].is_string() {
            return Err(format!("`{number}`: its title is not a text"));
        }
        let name = |item: &Value| match item {
            Value::String(name) => Some(name.clone()),
            item => item["name"].as_str().map(str::to_owned),
        };
        let list = |key: &str| value[key].as_array().into_iter().flatten();
        let (body, key) = without_mark(&text("body"));
        // Whoever cannot write to the repository makes no issue that belongs to a task.
        let association = text("author_association");
        let is_trusted = ["OWNER", "MEMBER", "COLLABORATOR"].contains(&association.as_str())
            || value["user"]["type"].as_str() == Some("Bot");
        Ok(Self::Issue(Box::new(Issue {
            number,
            title: text("title"),
            body,
            is_open: text("state") != "closed",
            is_not_planned: ["not_planned", "duplicate"].contains(&text("state_reason").as_str()),
            labels: list("labels").filter_map(name).collect(),
            assignees: list("assignees").filter_map(|own| own["login"].as_str()).map(str::to_owned).collect(),
            milestone: value["milestone"]["title"].as_str().map(str::to_owned),
            updated: moment(&value["updated_at"]),
            key: key.filter(|_| is_trusted),
        })))
    }
}

/// Takes the id of a task out of a text.
fn without_mark(text: &str) -> (String, Option<String>) {
    let text = text.replace("\r\n", "\n");
    let (mut kept, mut key) = (String::with_capacity(text.len()), None);
    for line in text.split_inclusive('\n') {
        let inner = line.trim().strip_prefix(MARK).and_then(|rest| rest.strip_suffix(MARK_END));
        match inner.and_then(|id| TaskId::parse(id).ok()) {
            Some(id) => key = Some(id.to_string()),
            None => kept.push_str(line),
        }
    }
    (plain(&kept), key)
}

/// A text as tasks have it: no blank lines around it, and the last line ends.
fn plain(text: &str) -> String {
    let text = text.trim_matches('\n').trim_end();
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

/// A text as it is written there.
fn marked(text: &str, key: Option<&str>) -> String {
    let text = plain(text);
    let mark = key.map(|key| format!("{MARK}{key}{MARK_END}"));
    match (text.trim_end(), mark) {
        ("", Some(mark)) => mark,
        (text, Some(mark)) => format!("{text}\n\n{mark}"),
        (text, None) => text.to_owned(),
    }
}

/// Whether a text can be a login.
pub(super) fn is_login(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty() && text.len() <= 39 && !text.starts_with('-') && text.chars().all(is_plain)
}

/// How a status is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There<'w> {
    Open,
    /// Open, with a label.
    Labelled(&'w str),
    Completed,
    NotPlanned,
}

impl GithubSettings {
    fn word(&self, status: &str) -> There<'_> {
        match self.status.get(status).map(String::as_str) {
            Some("open") => There::Open,
            Some("closed" | "completed") => There::Completed,
            Some("not_planned") => There::NotPlanned,
            Some(label) => There::Labelled(label),
            None if [COMPLETED, QA_APPROVED].contains(&status) => There::Completed,
            None if status == CANCELLED => There::NotPlanned,
            None => There::Open,
        }
    }

    /// The labels that mean a status, and are no tags.
    fn status_labels(&self) -> BTreeSet<&str> {
        let label = |word: &'_ String| match self.word(word) {
            There::Labelled(label) => Some(label),
            _ => None,
        };
        self.status.keys().filter_map(label).collect()
    }

    fn login_of<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        let mapped = self.people.iter().find(|(_, person)| person.as_str() == name);
        mapped.map(|(login, _)| login.as_str()).or_else(|| is_login(name).then_some(name))
    }

    /// Returns who a login is here: as mapped, otherwise the login.
    pub(crate) fn person_of<'l>(&'l self, login: &'l str) -> Option<&'l str> {
        let mapped = self.people.iter().find(|(own, _)| own.eq_ignore_ascii_case(login));
        mapped.map(|(_, person)| person.as_str())
    }

    fn status_there<'i>(&'i self, issue: &'i Issue) -> There<'i> {
        if !issue.is_open {
            return if issue.is_not_planned { There::NotPlanned } else { There::Completed };
        }
        let label = self.status_labels().into_iter().find(|label| issue.labels.contains(*label));
        label.map_or(There::Open, There::Labelled)
    }

    fn status_of(&self, issue: &Issue, agreed: &str) -> String {
        let there = self.status_there(issue);
        if !agreed.is_empty() && self.word(agreed) == there {
            return agreed.to_owned();
        }
        let words = [PENDING, "in_progress", "blocked", COMPLETED, QA_APPROVED, CANCELLED];
        let found = words.into_iter().find(|word| self.word(word) == there);
        // A status that the configuration leaves no word for.
        let other = match there {
            There::NotPlanned => CANCELLED,
            There::Completed => COMPLETED,
            _ => PENDING,
        };
        found.unwrap_or(other).to_owned()
    }

    fn assignee_of(&self, issue: &Issue, agreed: &str) -> String {
        let is_login = |login: &&str| issue.assignees.iter().any(|own| own.eq_ignore_ascii_case(login));
        match self.login_of(agreed) {
            Some(login) if is_login(&login) => return agreed.to_owned(),
            // Somebody who has no login is assigned here alone.
            None if issue.assignees.is_empty() => return agreed.to_owned(),
            _ => {}
        }
        let first = issue.assignees.first().map_or("", String::as_str);
        self.person_of(first).unwrap_or(first).to_owned()
    }

    /// Returns an issue as an item. `link` has its task, and the values that both last agreed on.
    pub(super) fn item(&self, issue: &Issue, link: Option<&(String, SyncValues)>) -> RemoteItem {
        let agreed = |field: SyncField| {
            let value = link.and_then(|(_, agreed)| agreed.get(&field));
            value.map(ToString::to_string).unwrap_or_default()
        };
        let status_labels = self.status_labels();
        let is_tag = |label: &&String| !status_labels.contains(label.as_str());
        let sprint = issue.milestone.as_deref().and_then(SprintId::from_title);
        let fields = [
            (SyncField::Title, SyncValue::text(&issue.title)),
            (SyncField::Status, SyncValue::Text(self.status_of(issue, &agreed(SyncField::Status)))),
            (SyncField::Assignee, SyncValue::Text(self.assignee_of(issue, &agreed(SyncField::Assignee)))),
            (SyncField::Labels, SyncValue::Labels(issue.labels.iter().filter(is_tag).cloned().collect())),
            (SyncField::Sprint, SyncValue::text(sprint.map(|id| id.to_string()).unwrap_or_default())),
            (SyncField::Body, SyncValue::text(&issue.body)),
        ];
        RemoteItem {
            id: issue.number.to_string(),
            // What the record of the link has needs no mark in the text of others.
            key: link.map(|(task, _)| task.clone()).or_else(|| issue.key.clone()),
            version: issue.version(),
            updated: issue.updated,
            fields: fields.into(),
        }
    }

    /// Returns the request that gives an issue values; an empty one where it has them. `milestone` is the number of that of
    /// its sprint.
    pub(super) fn request(
        &self,
        issue: &Issue,
        fields: &SyncValues,
        key: Option<&str>,
        milestone: u64,
    ) -> Map<String, Value> {
        let mut body = Map::new();
        let text = |field: SyncField| fields.get(&field).map(ToString::to_string);
        if let Some(title) = text(SyncField::Title).filter(|title| *title != issue.title) {
            body.insert("title".to_owned(), json!(title));
        }
        let key = key.or(issue.key.as_deref());
        let own = text(SyncField::Body);
        let is_other =
            own.as_ref().is_some_and(|own| plain(own) != issue.body) || key != issue.key.as_deref();
        if is_other {
            body.insert("body".to_owned(), json!(marked(own.as_ref().unwrap_or(&issue.body), key)));
        }
        let status = text(SyncField::Status);
        let labels = self.labels_after(issue, fields.get(&SyncField::Labels), status.as_deref());
        if labels != issue.labels {
            body.insert("labels".to_owned(), json!(labels));
        }
        if let Some(name) = text(SyncField::Assignee) {
            let assignees = self.assignees_after(issue, &name);
            if assignees != issue.assignees {
                body.insert("assignees".to_owned(), json!(assignees));
            }
        }
        if let Some(sprint) = text(SyncField::Sprint) {
            let own = issue.milestone.as_deref().and_then(SprintId::from_title).map(|id| id.to_string());
            if !own.unwrap_or_default().eq_ignore_ascii_case(&sprint) {
                let number = if sprint.is_empty() { Value::Null } else { json!(milestone) };
                body.insert("milestone".to_owned(), number);
            }
        }
        let status = status.map(|status| self.word(&status));
        match status {
            Some(There::Completed) if issue.is_open || issue.is_not_planned => {
                body.insert("state".to_owned(), json!("closed"));
                body.insert("state_reason".to_owned(), json!("completed"));
            }
            Some(There::NotPlanned) if issue.is_open || !issue.is_not_planned => {
                body.insert("state".to_owned(), json!("closed"));
                body.insert("state_reason".to_owned(), json!("not_planned"));
            }
            Some(There::Open | There::Labelled(_)) if !issue.is_open => {
                body.insert("state".to_owned(), json!("open"));
            }
            _ => {}
        }
        body
    }

    fn labels_after(
        &self,
        issue: &Issue,
        tags: Option<&SyncValue>,
        status: Option<&str>,
    ) -> BTreeSet<String> {
        let status_labels = self.status_labels();
        let is_of_status = |label: &&String| status_labels.contains(label.as_str());
        let mut labels: BTreeSet<String> = match tags {
            Some(SyncValue::Labels(tags)) => tags.iter().filter(|tag| !is_of_status(tag)).cloned().collect(),
            _ => issue.labels.iter().filter(|label| !is_of_status(label)).cloned().collect(),
        };
        match status.map(|status| self.word(status)) {
            Some(There::Labelled(label)) => drop(labels.insert(label.to_owned())),
            Some(_) => {}
            None => labels.extend(issue.labels.iter().filter(is_of_status).cloned()),
        }
        labels
    }

    /// The one assignee here replaces the first of those there; the others stay.
    fn assignees_after(&self, issue: &Issue, name: &str) -> Vec<String> {
        let Some(login) = self.login_of(name) else {
            return if name.is_empty() {
                issue.assignees.iter().skip(1).cloned().collect()
            } else {
                issue.assignees.clone()
            };
        };
        if issue.assignees.iter().any(|own| own.eq_ignore_ascii_case(login)) {
            return issue.assignees.clone();
        }
        std::iter::once(login.to_owned()).chain(issue.assignees.iter().skip(1).cloned()).collect()
    }
}

impl Issue {
    /// Returns another text after every change of what is synchronised: times there have no more than seconds.
    pub(super) fn version(&self) -> String {
        let content = Self { updated: None, ..self.clone() };
        let text = serde_json::to_string(&content).expect("plain data with text keys is always JSON");
        digest_of(text.as_bytes())[..16].to_owned()
    }

    /// Names what of a request GitHub has left out: it does so, and reports nothing, where a login may not set it.
    pub(super) fn left_out(&self, request: &Map<String, Value>) -> Vec<&'static str> {
        let texts = |key: &str| -> Option<BTreeSet<String>> {
            let items = request.get(key)?.as_array()?;
            Some(items.iter().filter_map(Value::as_str).map(str::to_lowercase).collect())
        };
        let lower = |items: &mut dyn Iterator<Item = &String>| items.map(|own| own.to_lowercase()).collect();
        let mut missing = Vec::new();
        if texts("labels").is_some_and(|sent| sent != lower(&mut self.labels.iter())) {
            missing.push("labels");
        }
        if texts("assignees").is_some_and(|sent| sent != lower(&mut self.assignees.iter())) {
            missing.push("assignee");
        }
        if request.get("milestone").is_some_and(|sent| sent.is_null() != self.milestone.is_none()) {
            missing.push("sprint");
        }
        missing
    }
}
