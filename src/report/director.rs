//! A round of the director: what its rules have found, and what was done about it; as plain data, and as Markdown. Pure.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::review::escape::{prose, text};
use crate::model::counted;

/// Longest text of others in a line, in characters.
const LONGEST: usize = 300;

/// What the director does about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectorAction {
    /// It adds a note to the task.
    Note,
    /// It sends the task back.
    SendBack,
    /// It pauses a worker.
    Pause,
}

/// What has come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectorOutcome {
    /// It was done in this round.
    Done,
    /// An earlier round has done it.
    Before,
    /// It would be done.
    Planned,
    /// It cannot be done.
    Refused,
}

/// An action, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectorStep {
    /// What.
    pub action: DirectorAction,
    /// What has come of it.
    pub outcome: DirectorOutcome,
    /// To which: the stage, or the worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Why it cannot be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl DirectorStep {
    /// Returns it in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let to = self.to.as_deref().unwrap_or_default();
        let (done, not, would) = match self.action {
            DirectorAction::Note => ("noted".to_owned(), "not noted", "would be noted".to_owned()),
            DirectorAction::SendBack => {
                (format!("sent back to {to}"), "not sent back", format!("would be sent back to {to}"))
            }
            DirectorAction::Pause => (format!("{to} paused"), "not paused", format!("{to} would be paused")),
        };
        let why = self.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
        match self.outcome {
            DirectorOutcome::Done => done,
            DirectorOutcome::Planned => would,
            DirectorOutcome::Refused => format!("{not}{why}"),
            DirectorOutcome::Before => match self.action {
                DirectorAction::Note => "noted before".to_owned(),
                DirectorAction::SendBack => "sent back before".to_owned(),
                DirectorAction::Pause => format!("{to} paused before"),
            },
        }
    }
}

/// Something that a rule has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectorEntry {
    /// The rule.
    pub rule: String,
    /// What it looks at.
    pub check: String,
    /// The task that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The title of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the task goes on; left out where that is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What else it is about: a branch, an escalation, a worker, a sprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What is wrong. It stays the same as long as that does.
    pub message: String,
    /// What is known beside that, and changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// What was done about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<DirectorStep>,
}

impl DirectorEntry {
    /// Returns what it is about, as people name it.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.task.as_deref().or(self.about.as_deref()).unwrap_or_default()
    }

    /// Returns what is wrong, with what is known beside that.
    #[must_use]
    pub fn sentence(&self) -> String {
        let place = match (&self.task, &self.about, &self.branch) {
            (Some(_), Some(about), _) => format!(" (on {about})"),
            (Some(_), None, Some(branch)) => format!(" (on {branch})"),
            _ => String::new(),
        };
        let details = self.details.as_ref().map_or_else(String::new, |details| format!("; {details}"));
        format!("{}{place}{details}", self.message)
    }
}

/// A round in one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectorRepository {
    /// The folder of its working tree.
    pub folder: String,
    /// The branch whose rules are used.
    pub branch: String,
    /// The commit of that.
    pub commit: String,
    /// When the round was.
    pub at: DateTime<Utc>,
    /// How many rules there are.
    pub rules: usize,
    /// How many tasks are in flight.
    pub tasks: usize,
    /// What the rules have found.
    pub findings: Vec<DirectorEntry>,
}

/// A round of the director, in one repository or several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DirectorRound {
    /// One for each repository.
    pub repositories: Vec<DirectorRepository>,
}

impl DirectorRound {
    /// Whether there is something to act on.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        self.repositories.iter().any(|own| !own.findings.is_empty())
    }

    /// Returns it as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for (at, own) in self.repositories.iter().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            let folder = own.folder.rsplit('/').next().unwrap_or_default();
            let _ = writeln!(out, "{gap}# Director: {}\n", text(folder, LONGEST));
            let (count, date) = (own.findings.len(), own.at.format("%Y-%m-%d %H:%M"));
            let commit = own.commit.get(..7).unwrap_or(&own.commit);
            let _ = writeln!(
                out,
                "{date} UTC. {count} found by {} of {} ({commit}), {} in flight.",
                counted(own.rules, "rule"),
                text(&own.branch, LONGEST),
                counted(own.tasks, "task")
            );
            if own.findings.is_empty() {
                continue;
            }
            out.push_str("\n| rule | about | what | done |\n|---|---|---|---|\n");
            for found in &own.findings {
                let title = found
                    .title
                    .as_ref()
                    .map_or_else(String::new, |title| format!(" {}", text(title, LONGEST)));
                let steps: Vec<String> = found.actions.iter().map(DirectorStep::words).collect();
                let steps = if steps.is_empty() { String::new() } else { prose(&steps.join(", "), LONGEST) };
                let _ = writeln!(
                    out,
                    "| {} | **{}**{title} | {} | {steps} |",
                    text(&found.rule, LONGEST),
                    text(found.subject(), LONGEST),
                    prose(&found.sentence(), LONGEST),
                );
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(action: DirectorAction, outcome: DirectorOutcome, to: &str) -> DirectorStep {
        DirectorStep { action, outcome, to: Some(to.to_owned()), why: Some("it is closed".to_owned()) }
    }

    #[test]
    fn an_action_is_shown_in_words() {
        use DirectorAction::{Note, Pause, SendBack};
        use DirectorOutcome::{Before, Done, Planned, Refused};
        let words = |action, outcome| step(action, outcome, "dev").words();
        assert_eq!(words(Note, Done), "noted");
        assert_eq!(words(SendBack, Done), "sent back to dev");
        assert_eq!(words(SendBack, Refused), "not sent back: it is closed");
        assert_eq!(
            [words(Pause, Before), words(Pause, Planned)],
            ["dev paused before", "dev would be paused"]
        );
    }

    #[test]
    fn what_strangers_wrote_is_no_markdown() {
        let found = DirectorEntry {
            rule: "tests-first".to_owned(),
            check: "order".to_owned(),
            task: Some("TASK-0NE1".to_owned()),
            title: Some("a | b\n# <img> @ada".to_owned()),
            branch: Some("fix".to_owned()),
            about: None,
            message: "commit c1 changes src/|x".to_owned(),
            details: None,
            actions: vec![step(DirectorAction::Note, DirectorOutcome::Done, "")],
        };
        let own = DirectorRepository {
            folder: "/home/ada/repo".to_owned(),
            branch: "main".to_owned(),
            commit: "0123456789".to_owned(),
            at: "2026-11-11T09:00:00Z".parse().unwrap(),
            rules: 1,
            tasks: 2,
            findings: vec![found],
        };
        let round = DirectorRound {
            repositories: vec![own.clone(), DirectorRepository { findings: Vec::new(), ..own }],
        };
        let page = round.markdown();
        assert!(page.starts_with("# Director: repo\n\n2026-11-11 09:00 UTC. 1 found by 1 rule of main (0123456), 2 tasks in flight.\n"), "{page}");
        let row = page.lines().find(|line| line.contains("TASK-0NE1")).unwrap();
        assert!(row.ends_with("| noted |") && row.contains("(on fix)"), "{row}");
        assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
        assert!(!row.contains("<img>") && !row.contains("@ada"), "{row}");
        assert!(round.has_findings() && page.matches("# Director").count() == 2, "{page}");
    }
}
