//! What the gate says of a pull request: the status of its last commit, and one comment that is kept up to date, the same
//! that the workflow of `tracker init --ci github` writes.

use serde_json::{Value, json};

use super::GithubRemote;
use super::client::Method;
use crate::model::GateState;
use crate::remote::Error;

/// The name of the status. Check runs can be created by apps alone.
pub(super) const CONTEXT: &str = "tracker/gate";
/// Longest description that GitHub takes, in characters.
const LONGEST: usize = 140;
/// Whoever writes the comment of the workflow.
const WORKFLOW: &str = "github-actions[bot]";

/// The status of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateStatus {
    pub(crate) state: GateState,
    /// One line.
    pub(crate) description: String,
}

/// The comment with the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    id: u64,
    text: String,
}

impl GateStatus {
    /// Makes a status that GitHub takes as it is: a description is short, and has no character of four bytes.
    pub(crate) fn new(state: GateState, description: &str) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let plain = description.chars().map(plain).filter(|c| u32::from(*c) <= 0xffff);
        let mut description: String = plain.take(LONGEST + 1).collect();
        if description.chars().count() > LONGEST {
            description = description.chars().take(LONGEST - 1).chain(['…']).collect();
        }
        Self { state, description: description.trim().to_owned() }
    }
}

impl Report {
    /// Whether the text is the same, however its lines end.
    pub(crate) fn has_text(&self, text: &str) -> bool {
        self.text.replace("\r\n", "\n").trim_end() == text.trim_end()
    }
}

impl GithubRemote<'_> {
    /// Whether the last commit of a pull request has this very status.
    pub(crate) fn has_gate_status(&self, head: &str, status: &GateStatus) -> Result<bool, Error> {
        let path = self.client.place.api(&statuses_path(head));
        let known = self.client.pages_of("read the status of a commit", &path, "statuses")?;
        Ok(known.iter().any(|own| is_same(own, status)))
    }

    /// Sets the status of a commit.
    pub(crate) fn set_gate_status(&self, head: &str, status: &GateStatus) -> Result<(), Error> {
        let path = self.client.place.api(&format!("/statuses/{head}"));
        let GateStatus { state, description } = status;
        let body = json!({ "state": state.as_str(), "context": CONTEXT, "description": description });
        self.client.value("set the status of a commit", (Method::Post, &path), Some(&body)).map(|_| ())
    }

    /// Finds the comment with the report, which begins with `marker`: that of this login, otherwise that of the workflow.
    pub(crate) fn report(&self, number: u64, marker: &str) -> Result<Option<Report>, Error> {
        let path = self.client.place.api(&format!("/issues/{number}/comments?per_page=100"));
        let pages = self.client.pages("list comments", &path, None)?;
        let comments = pages.map(|pages| pages.items).unwrap_or_default();
        Ok(report_of(&comments, marker, self.login()?))
    }

    /// Writes the report: over the one that is there, or as a new comment.
    pub(crate) fn write_report(&self, number: u64, known: Option<&Report>, text: &str) -> Result<(), Error> {
        let (method, path) = match known {
            Some(report) => (Method::Patch, format!("/issues/comments/{}", report.id)),
            None => (Method::Post, format!("/issues/{number}/comments")),
        };
        let path = self.client.place.api(&path);
        let body = json!({ "body": text });
        self.client.value("write a comment", (method, &path), Some(&body)).map(|_| ())
    }

    /// Returns the login that `gh` has. A job's token may not read `/user`.
    fn login(&self) -> Result<&str, Error> {
        const ACTION: &str = "read whose login it is";
        if let Some(login) = self.login.get() {
            return Ok(login);
        }
        let body = json!({ "query": "{ viewer { login } }" });
        let value = self.client.value(ACTION, (Method::Post, "graphql"), Some(&body))?;
        let login = value["data"]["viewer"]["login"].as_str();
        let login = login.ok_or_else(|| self.client.failed(ACTION, "it names none"))?;
        Ok(self.login.get_or_init(|| login.to_owned()))
    }
}

/// Returns the path of the newest status of each name that a commit has.
pub(super) fn statuses_path(commit: &str) -> String {
    format!("/commits/{commit}/status?per_page=100")
}

fn is_same(value: &Value, status: &GateStatus) -> bool {
    let is_own = value["context"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(CONTEXT));
    is_own && value["state"] == status.state.as_str() && value["description"] == status.description.as_str()
}

fn report_of(comments: &[Value], marker: &str, login: &str) -> Option<Report> {
    let of = |author: &str| {
        comments.iter().find_map(|comment| {
            let text = comment["body"].as_str()?;
            let is_by = comment["user"]["login"].as_str()?.eq_ignore_ascii_case(author);
            let is_report = is_by && text.starts_with(marker.trim_end());
            is_report.then_some(Report { id: comment["id"].as_u64()?, text: text.to_owned() })
        })
    };
    of(login).or_else(|| of(WORKFLOW))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{GateStatus, LONGEST, is_same, report_of};
    use crate::model::GateState;

    fn comment(id: u64, login: &str, body: &str) -> Value {
        json!({"id": id, "user": {"login": login}, "body": body})
    }

    #[test]
    fn a_report_of_somebody_else_is_not_written_over() {
        let found = |comments: &[Value]| report_of(comments, "<!-- m -->\n", "ada-l").map(|report| report.id);
        let forged = comment(1, "mallory", "<!-- m -->\nall is well");
        let quoted = comment(2, "ada-l", "> <!-- m -->\nall is well");
        assert_eq!(found(&[forged.clone(), quoted.clone()]), None);
        let job = comment(3, "github-actions[bot]", "<!-- m -->\r\nx");
        assert_eq!(found(&[forged.clone(), job.clone()]), Some(3));
        assert_eq!(found(&[forged, quoted, job, comment(4, "Ada-L", "<!-- m -->\nx")]), Some(4));
    }

    #[test]
    fn a_status_is_one_that_github_takes_as_it_is() {
        let status = |text: &str| GateStatus::new(GateState::Error, text).description;
        assert_eq!(status(" a\nb\u{1f600} "), "a b");
        assert_eq!(status(&"é".repeat(LONGEST)).chars().count(), LONGEST);
        assert_eq!(status(&"é".repeat(LONGEST + 1)), format!("{}…", "é".repeat(LONGEST - 1)));
        let own = GateStatus::new(GateState::Success, "fine");
        let value =
            |context: &str, state: &str| json!({"context": context, "state": state, "description": "fine"});
        assert!(is_same(&value("Tracker/Gate", "success"), &own));
        assert!(!is_same(&value("tracker/gate", "failure"), &own) && !is_same(&value("ci", "success"), &own));
    }
}
