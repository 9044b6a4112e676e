//! Claims as the objects of their refs: one JSON document, which only this program writes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{Claim, LONGEST_CLAIM_NAME, TaskId};

/// The version of this format. A claim of another is valid, and nobody knows whose it is.
const FORMAT: u32 = 1;
/// Largest object that is read, in bytes.
pub const LARGEST_CLAIM: u64 = 256 * 1024;

#[derive(Serialize, Deserialize)]
struct Text {
    format: u32,
    task: String,
    worker: String,
    person: String,
    host: String,
    nonce: String,
    attempt: u32,
    since: DateTime<Utc>,
    renewed: DateTime<Utc>,
    until: DateTime<Utc>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
}

/// Reads the object of a claim's ref.
///
/// # Errors
/// Why it is no claim of this task.
pub fn read_claim(task: &TaskId, bytes: &[u8]) -> Result<Claim, String> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| "it is not a claim".to_owned())?;
    if head.format != FORMAT {
        return Err(format!("it has format {}, and this program reads {FORMAT}", head.format));
    }
    let text: Text = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if text.task != task.as_str() {
        return Err(format!("it is a claim of `{}`", text.task.escape_debug()));
    }
    let names = [&text.worker, &text.person, &text.host, &text.nonce];
    if names.iter().any(|name| name.trim().is_empty() || name.len() > LONGEST_CLAIM_NAME) {
        return Err("it does not say whose it is".to_owned());
    }
    if text.until < text.renewed {
        return Err("it ends before it begins".to_owned());
    }
    Ok(Claim {
        task: task.clone(),
        worker: text.worker,
        person: text.person,
        host: text.host,
        nonce: text.nonce,
        attempt: text.attempt,
        since: text.since,
        renewed: text.renewed,
        until: text.until,
        files: text.files,
        branch: text.branch,
    })
}

/// Returns the object of a claim's ref.
#[must_use]
pub fn claim_text(claim: &Claim) -> String {
    let claim = claim.clone();
    let text = Text {
        format: FORMAT,
        task: claim.task.to_string(),
        worker: claim.worker,
        person: claim.person,
        host: claim.host,
        nonce: claim.nonce,
        attempt: claim.attempt,
        since: claim.since,
        renewed: claim.renewed,
        until: claim.until,
        files: claim.files,
        branch: claim.branch,
    };
    let json = serde_json::to_string_pretty(&text).expect("plain data with text keys is always JSON");
    format!("{json}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        let at = |text: &str| text.parse().unwrap();
        Claim {
            task: TaskId::parse("TASK-7Q2M").unwrap(),
            worker: "builder-1".to_owned(),
            person: "Ada Lovelace".to_owned(),
            host: "box".to_owned(),
            nonce: "0123456789abcdef".to_owned(),
            attempt: 2,
            since: at("2026-11-11T09:00:00Z"),
            renewed: at("2026-11-11T09:30:00Z"),
            until: at("2026-11-11T10:30:00Z"),
            files: vec!["src/ui/**".to_owned()],
            branch: Some("fix/ü\u{1b}".to_owned()),
        }
    }

    #[test]
    fn a_claim_comes_back_as_it_was() {
        let claim = claim();
        assert_eq!(read_claim(&claim.task, claim_text(&claim).as_bytes()), Ok(claim.clone()));
        let plain = Claim { files: Vec::new(), branch: None, ..claim };
        assert_eq!(read_claim(&plain.task, claim_text(&plain).as_bytes()), Ok(plain));
    }

    #[test]
    fn what_is_no_claim_of_the_task_says_why() {
        let claim = claim();
        let text = claim_text(&claim);
        let read = |text: &str| read_claim(&claim.task, text.as_bytes()).unwrap_err();
        assert_eq!(read("probe"), "it is not a claim");
        assert_eq!(
            read(&text.replace("\"format\": 1", "\"format\": 2")),
            "it has format 2, and this program reads 1"
        );
        assert_eq!(read(&text.replace("TASK-7Q2M", "TASK-0THR")), "it is a claim of `TASK-0THR`");
        assert_eq!(read(&text.replace("builder-1", " ")), "it does not say whose it is");
        assert_eq!(read(&text.replace("T10:30", "T09:29")), "it ends before it begins");
        for length in 0..text.len() - 2 {
            assert!(read_claim(&claim.task, &text.as_bytes()[..length]).is_err(), "{length}");
        }
    }
}
