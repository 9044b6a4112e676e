//! Another tracker as the issues of a repository on GitHub, reached by the program `gh` of whoever runs this.
//!
//! What was read is kept on this machine, so that the next run requests only what has changed since, and where nothing has,
//! for that alone. A list of what has changed leaves out what is deleted, so once a day all is listed. GitHub has no
//! conditional writes: each issue is read again right before it is written.

mod checks;
mod client;
mod comments;
mod gate;
mod issue;
mod kept;
mod place;
mod pulls;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use self::client::{Client, Method, Reply};
use self::issue::{Entry, FIELDS, Issue};
use self::kept::Kept;
use crate::env::Env;
use crate::model::{SprintId, SyncLink, SyncValues};
use crate::remote::Error;
use crate::sync::{Capabilities, Push, PushAnswer, Remote, RemoteItem};
pub(crate) use checks::CheckResult;
pub(crate) use comments::Comment;
pub(crate) use gate::GateStatus;
pub(crate) use issue::GithubSettings;
pub(crate) use place::GithubPlace;
pub(crate) use pulls::{PullRequest, Review, ReviewState};

/// The links of tasks, as they are now.
type Links<'e> = Box<dyn Fn() -> Vec<SyncLink> + 'e>;
/// Tasks with the values that both sides last agreed on, by the number of their issue.
type Linked = BTreeMap<u64, (String, SyncValues)>;

/// The issues of a repository.
pub(crate) struct GithubRemote<'e> {
    client: Client<'e>,
    settings: GithubSettings,
    links: Links<'e>,
    linked: Linked,
    /// Whether the links are those of this round.
    has_links: bool,
    kept: Kept,
    /// Where what was read is kept.
    file: PathBuf,
    /// Numbers of milestones by their title; none before they are needed.
    milestones: Option<BTreeMap<String, u64>>,
    /// Whose login it is, once it is needed.
    login: OnceCell<String>,
}

/// What `sync doctor` shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GithubFacts {
    pub(crate) version: String,
    pub(crate) place: String,
    pub(crate) has_issues: bool,
    pub(crate) can_push: bool,
}

/// What has become of a read.
enum Found {
    Issue(Box<Issue>),
    /// It was deleted, or is elsewhere.
    Gone,
}

impl<'e> GithubRemote<'e> {
    /// Names a repository. What was read is kept in `file`.
    pub(crate) fn new(
        env: &'e Env,
        (name, place): (&str, GithubPlace),
        settings: GithubSettings,
        file: PathBuf,
        links: Links<'e>,
    ) -> Self {
        let kept = Kept::read(&file, &place.to_string());
        let client = Client::new(env, name, place);
        Self {
            client,
            settings,
            links,
            linked: Linked::new(),
            has_links: false,
            kept,
            file,
            milestones: None,
            login: OnceCell::new(),
        }
    }

    /// Keeps what was read.
    pub(crate) fn save(&self) {
        self.kept.write(&self.file);
    }

    fn find_links(&mut self) {
        if self.has_links {
            return;
        }
        self.has_links = true;
        let linked = (self.links)().into_iter();
        self.linked =
            linked.filter_map(|link| Some((link.id.parse().ok()?, (link.task, link.agreed)))).collect();
    }

    fn item(&self, issue: &Issue) -> RemoteItem {
        self.settings.item(issue, self.linked.get(&issue.number))
    }

    /// Reads what has changed since the last time. Returns what cannot be used.
    fn refresh(&mut self) -> Result<Vec<String>, Error> {
        const ACTION: &str = "list issues";
        let query = self.kept.query(self.client.now());
        let path = self.client.place.api(&format!("/issues?{}", query.text));
        let Some(pages) = self.client.pages(ACTION, &path, query.etag.as_deref())? else {
            return Ok(Vec::new());
        };
        let (mut issues, mut problems) = (Vec::new(), Vec::new());
        for value in &pages.items {
            match Entry::read(value, |url| self.client.place.is_of(url)) {
                Ok(Entry::Issue(issue)) => issues.push(*issue),
                Ok(Entry::PullRequest) => {}
                Ok(Entry::Elsewhere) => return Err(self.renamed(value)),
                Err(problem) => problems.push(problem),
            }
        }
        let linked = &self.linked;
        let now = self.client.now();
        self.kept.take(&query, &pages, issues, now, |issue| {
            issue.is_open || issue.key.is_some() || linked.contains_key(&issue.number)
        });
        self.save();
        Ok(problems)
    }

    /// Returns what `gh` is, and what the repository and its login are like.
    pub(crate) fn facts(&self) -> Result<GithubFacts, Error> {
        const ACTION: &str = "read the repository";
        let version = self.client.version()?;
        let reply = self.client.request(ACTION, (Method::Get, &self.client.place.api("")), None, None)?;
        if !reply.is_success() {
            return Err(self.client.refused(ACTION, &reply));
        }
        let value: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        Ok(GithubFacts {
            version,
            place: self.client.place.to_string(),
            has_issues: value["has_issues"].as_bool() != Some(false),
            can_push: value["permissions"]["push"].as_bool() == Some(true),
        })
    }

    fn renamed(&self, value: &Value) -> Error {
        let url = value["repository_url"].as_str().unwrap_or_default();
        let name = self.client.place.path_of(url).and_then(|path| path.strip_prefix("repos/"));
        let name: String = name.unwrap_or("another repository").chars().filter(|c| !c.is_control()).collect();
        let why = format!("{} is {name} now", self.client.place);
        let hint = format!("write repo = \"{name}\" under [sync.{}]: tracker edit config", self.client.name);
        Error::Unready { name: self.client.name.clone(), why, hint }
    }

    /// Reads one issue.
    fn look(&self, number: u64) -> Result<Found, Error> {
        const ACTION: &str = "read an issue";
        let path = self.client.place.api(&format!("/issues/{number}"));
        let reply = self.client.request(ACTION, (Method::Get, &path), None, None)?;
        if reply.is_gone() {
            return Ok(Found::Gone);
        }
        if !reply.is_success() {
            return Err(self.client.refused(ACTION, &reply));
        }
        let failed = |why: String| self.client.failed(ACTION, why);
        let value: Value = serde_json::from_slice(&reply.body)
            .map_err(|_| failed(format!("`{number}`: the answer stops in the middle")))?;
        match Entry::read(&value, |url| self.client.place.is_of(url)).map_err(failed)? {
            // An issue that was transferred is read where it is now.
            Entry::Issue(issue) if issue.number == number => Ok(Found::Issue(issue)),
            _ => Ok(Found::Gone),
        }
    }

    /// Finds the number of the milestone of a sprint, and creates one where there is none.
    fn milestone(&mut self, sprint: &str) -> Result<Result<u64, String>, Error> {
        const ACTION: &str = "list milestones";
        if self.milestones.is_none() {
            let path = self.client.place.api("/milestones?state=all&per_page=100");
            let pages = self.client.pages(ACTION, &path, None)?;
            let items = pages.map(|pages| pages.items).unwrap_or_default();
            let number = |item: &Value| Some((sprint_of(item["title"].as_str()?)?, item["number"].as_u64()?));
            self.milestones = Some(items.iter().filter_map(number).collect());
        }
        let milestones = self.milestones.get_or_insert_default();
        if let Some(number) = milestones.get(&sprint.to_lowercase()) {
            return Ok(Ok(*number));
        }
        let path = self.client.place.api("/milestones");
        let body = serde_json::json!({ "title": sprint });
        let reply = self.client.request("create a milestone", (Method::Post, &path), None, Some(&body))?;
        let value: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        match value["number"].as_u64().filter(|_| reply.is_success()) {
            Some(number) => {
                self.milestones.get_or_insert_default().insert(sprint.to_lowercase(), number);
                Ok(Ok(number))
            }
            None => Ok(Err(format!("milestone `{sprint}`: {}", reply.reason()))),
        }
    }

    /// Makes the request that gives an issue values; why none can be made otherwise.
    fn request(
        &mut self,
        issue: &Issue,
        fields: &SyncValues,
        key: Option<&str>,
    ) -> Result<Result<Map<String, Value>, String>, Error> {
        let sprint = fields.get(&crate::model::SyncField::Sprint).map(ToString::to_string);
        let milestone = match sprint.filter(|sprint| !sprint.is_empty()) {
            Some(sprint) if issue.milestone.as_deref().and_then(sprint_of) != Some(sprint.to_lowercase()) => {
                self.milestone(&sprint)?
            }
            _ => Ok(0),
        };
        Ok(milestone.map(|number| self.settings.request(issue, fields, key, number)))
    }

    fn create(&mut self, push: &Push) -> Result<PushAnswer, Error> {
        // An answer that was lost leaves an issue with this key.
        if let Some(known) = self.kept.issues.values().find(|issue| issue.key.as_ref() == Some(&push.key)) {
            return Ok(PushAnswer::Written { id: known.number.to_string(), version: known.version() });
        }
        let empty = Issue { is_open: true, ..Issue::default() };
        let mut body = match self.request(&empty, &push.fields, Some(&push.key))? {
            Ok(body) => body,
            Err(why) => return Ok(PushAnswer::Refused(why)),
        };
        let (state, reason) = (body.remove("state"), body.remove("state_reason"));
        let path = self.client.place.api("/issues");
        let answer = self.write((Method::Post, &path), &body)?;
        let (PushAnswer::Written { id, .. }, Some(state)) = (&answer, state) else { return Ok(answer) };
        let closing = [("state".to_owned(), Some(state)), ("state_reason".to_owned(), reason)];
        let closing = closing.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let path = self.client.place.api(&format!("/issues/{id}"));
        self.write((Method::Patch, &path), &closing)
    }

    fn update(&mut self, number: u64, push: &Push) -> Result<PushAnswer, Error> {
        let issue = match self.look(number)? {
            Found::Issue(issue) => issue,
            Found::Gone => {
                self.kept.issues.remove(&number);
                return Ok(PushAnswer::Changed);
            }
        };
        self.kept.issues.insert(number, (*issue).clone());
        let version = issue.version();
        if push.version.as_ref() != Some(&version) {
            return Ok(PushAnswer::Changed);
        }
        match self.request(&issue, &push.fields, None)? {
            Ok(body) if body.is_empty() => Ok(PushAnswer::Written { id: number.to_string(), version }),
            Ok(body) => {
                let path = self.client.place.api(&format!("/issues/{number}"));
                self.write((Method::Patch, &path), &body)
            }
            Err(why) => Ok(PushAnswer::Refused(why)),
        }
    }

    fn write(&mut self, request: (Method, &str), body: &Map<String, Value>) -> Result<PushAnswer, Error> {
        let value = Value::Object(body.clone());
        let reply = self.client.request("write an issue", request, None, Some(&value))?;
        if reply.status == 0 || reply.status >= 500 {
            return Ok(PushAnswer::Unknown(Some(reply.reason())));
        }
        if !reply.is_success() {
            return Ok(PushAnswer::Refused(refused(&reply)));
        }
        let read = serde_json::from_slice(&reply.body).ok();
        let entry = read.map(|value: Value| Entry::read(&value, |url| self.client.place.is_of(url)));
        let Some(Ok(Entry::Issue(issue))) = entry else { return Ok(PushAnswer::Unknown(None)) };
        let (number, version, left_out) = (issue.number, issue.version(), issue.left_out(body));
        self.kept.issues.insert(number, *issue);
        if left_out.is_empty() {
            return Ok(PushAnswer::Written { id: number.to_string(), version });
        }
        let fields = left_out.join(" and ");
        Ok(PushAnswer::Refused(format!(
            "issue {number}: GitHub has left out its {fields}, which this login may not set or nobody has there"
        )))
    }
}

fn sprint_of(title: &str) -> Option<String> {
    SprintId::from_title(title).map(|id| id.as_str().to_lowercase())
}

fn refused(reply: &Reply) -> String {
    match reply.status {
        410 => "the repository has no issues: switch them on in its settings".to_owned(),
        403 | 404 => format!("this login may not write issues there: {}", reply.reason()),
        _ => reply.reason(),
    }
}

impl<E: From<Error>> Remote<E> for GithubRemote<'_> {
    fn capabilities(&mut self) -> Result<Capabilities, E> {
        Ok(Capabilities { fields: FIELDS.into(), creates: true, keys: true, ..Capabilities::default() })
    }

    fn pull(&mut self) -> Result<(Vec<RemoteItem>, Vec<String>), E> {
        self.has_links = false;
        self.find_links();
        let problems = self.refresh()?;
        Ok((self.kept.issues.values().map(|issue| self.item(issue)).collect(), problems))
    }

    fn state(&mut self, ids: &[String]) -> Result<(Vec<RemoteItem>, Vec<String>), E> {
        self.find_links();
        let mut items = Vec::new();
        for number in ids.iter().filter_map(|id| id.parse().ok()) {
            if let Some(issue) = self.kept.issues.get(&number) {
                items.push(self.item(issue));
            } else if let Found::Issue(issue) = self.look(number)? {
                items.push(self.item(&issue));
                self.kept.issues.insert(number, *issue);
            }
        }
        self.save();
        Ok((items, Vec::new()))
    }

    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>, E> {
        self.has_links = false;
        if changes.iter().any(|push| push.id.is_none()) {
            self.refresh()?;
        }
        let mut answers = Vec::with_capacity(changes.len());
        for push in changes {
            let answer = match push.id.as_ref().map(|id| id.parse()) {
                None => self.create(push),
                Some(Ok(number)) => self.update(number, push),
                Some(Err(_)) => Ok(PushAnswer::Refused("it is no number of an issue".to_owned())),
            };
            match answer {
                Ok(answer) => answers.push(answer),
                // What was written so far is kept; of the others nothing is known.
                Err(error) if !answers.is_empty() => {
                    answers.push(PushAnswer::Unknown(Some(error.to_string())));
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.save();
        Ok(answers)
    }
}
