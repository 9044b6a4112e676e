//! How the jobs of a pipeline have ended, as the engines that run pipelines tell it: the jobs of GitLab's and of GitHub's
//! interface, GitHub's `needs` of a job, the nodes of an Argo workflow.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::model::StepState;

/// How a job has ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobReport {
    /// The state; none where the job has not begun or not ended, so that it says nothing.
    pub state: Option<StepState>,
    /// The address of its log.
    pub log: Option<String>,
    pub started: Option<DateTime<Utc>>,
    pub ended: Option<DateTime<Utc>>,
    /// How many jobs of that name there were.
    pub attempts: usize,
}

/// Reads a state as one of these engines writes it.
///
/// # Errors
/// A word that is none.
pub fn read_job_state(word: &str) -> Result<Option<StepState>, String> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "success" | "succeeded" => Some(StepState::Success),
        "failure" | "failed" | "error" | "timed_out" => Some(StepState::Failed),
        "skipped" | "omitted" => Some(StepState::Skipped),
        "cancelled" | "canceled" => Some(StepState::Cancelled),
        ""
        | "pending"
        | "created"
        | "manual"
        | "running"
        | "queued"
        | "waiting"
        | "in_progress"
        | "neutral"
        | "scheduled"
        | "preparing"
        | "waiting_for_resource"
        | "canceling"
        | "action_required" => None,
        _ => return Err(format!("unknown state `{}`", word.escape_debug())),
    })
}

/// Reads what an engine tells, by the names of its jobs.
///
/// # Errors
/// What is wrong with it.
pub fn read_jobs(text: &str) -> Result<BTreeMap<String, JobReport>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let mut jobs = BTreeMap::new();
    if let Some(nodes) = value.pointer("/status/nodes").and_then(Value::as_object) {
        for node in nodes.values() {
            argo_node(node, &mut jobs)?;
        }
        return Ok(jobs);
    }
    let list = value.as_array().or_else(|| value.get("jobs").and_then(Value::as_array));
    if let Some(list) = list {
        for job in list {
            listed_job(job, &mut jobs)?;
        }
        return Ok(jobs);
    }
    let needs = value.as_object().filter(|needs| needs.values().all(|need| need.get("result").is_some()));
    let expected =
        "expected the jobs of a pipeline of GitLab or GitHub, GitHub's `needs`, or an Argo workflow";
    for (name, need) in needs.ok_or(expected)? {
        // A job that may fail has succeeded for those that need it: its own word counts.
        let own = need.pointer("/outputs/_state").and_then(Value::as_str).filter(|word| !word.is_empty());
        let word = own.or_else(|| need.get("result").and_then(Value::as_str)).unwrap_or_default();
        let report = JobReport { state: read_job_state(word)?, attempts: 1, ..JobReport::default() };
        jobs.insert(name.clone(), report);
    }
    Ok(jobs)
}

fn text<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v str> {
    keys.iter().find_map(|key| value.get(*key)?.as_str()).filter(|text| !text.is_empty())
}

fn time(value: &Value, keys: &[&str]) -> Option<DateTime<Utc>> {
    text(value, keys).and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|time| time.to_utc())
}

/// Takes in a job of GitLab's or GitHub's list. Of several of one name the one that began last counts.
fn listed_job(job: &Value, jobs: &mut BTreeMap<String, JobReport>) -> Result<(), String> {
    let name = text(job, &["name"]).ok_or("a job has no `name`")?;
    let word = text(job, &["conclusion", "status"]).unwrap_or_default();
    let report = JobReport {
        state: read_job_state(word)?,
        log: text(job, &["web_url", "html_url"]).map(str::to_owned),
        started: time(job, &["started_at"]),
        ended: time(job, &["finished_at", "completed_at"]),
        attempts: 1,
    };
    let known = jobs.entry(name.to_owned()).or_default();
    let attempts = known.attempts + 1;
    if known.attempts == 0 || report.started >= known.started {
        *known = report;
    }
    known.attempts = attempts;
    Ok(())
}

/// Takes in a node of an Argo workflow: the one of all attempts of a task, not those of each.
fn argo_node(node: &Value, jobs: &mut BTreeMap<String, JobReport>) -> Result<(), String> {
    let Some(name) = text(node, &["displayName"]) else { return Ok(()) };
    if matches!(text(node, &["type"]), Some("DAG" | "Steps" | "StepGroup" | "TaskGroup")) {
        return Ok(());
    }
    let report = JobReport {
        state: read_job_state(text(node, &["phase"]).unwrap_or_default())?,
        log: None,
        started: time(node, &["startedAt"]),
        ended: time(node, &["finishedAt"]),
        attempts: node.get("children").and_then(Value::as_array).map_or(1, |children| children.len().max(1)),
    };
    jobs.insert(name.to_owned(), report);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(text: &str) -> Vec<(String, Option<&'static str>, usize)> {
        let jobs = read_jobs(text).unwrap().into_iter();
        jobs.map(|(name, job)| (name, job.state.map(StepState::as_str), job.attempts)).collect()
    }

    #[test]
    fn what_each_engine_tells_is_read() {
        let gitlab = r#"[{"name": "a", "status": "failed", "started_at": "2026-11-11T09:00:00.000Z", "web_url": "https://x/1"},
            {"name": "a", "status": "success", "started_at": "2026-11-11T09:01:00Z", "web_url": "https://x/2"},
            {"name": "b", "status": "manual", "started_at": null}]"#;
        assert_eq!(states(gitlab), [("a".to_owned(), Some("success"), 2), ("b".to_owned(), None, 1)]);
        assert_eq!(read_jobs(gitlab).unwrap()["a"].log.as_deref(), Some("https://x/2"));
        let github = r#"{"jobs": [{"name": "a", "status": "completed", "conclusion": "cancelled", "html_url": "https://x"}]}"#;
        assert_eq!(states(github), [("a".to_owned(), Some("cancelled"), 1)]);
        let needs = r#"{"a": {"result": "success", "outputs": {"_state": "failed"}}, "b": {"result": "skipped", "outputs": {}}}"#;
        assert_eq!(
            states(needs),
            [("a".to_owned(), Some("failed"), 1), ("b".to_owned(), Some("skipped"), 1)]
        );
        let argo = r#"{"status": {"nodes": {"x": {"displayName": "a", "type": "Retry", "phase": "Succeeded", "children": ["1", "2"]},
            "y": {"displayName": "w-1", "type": "DAG", "phase": "Succeeded"}}}}"#;
        assert_eq!(states(argo), [("a".to_owned(), Some("success"), 2)]);
        for wrong in ["", "[{}]", "{}x", "7", r#"{"a": 1}"#, r#"[{"name": "a", "status": "odd"}]"#] {
            assert!(read_jobs(wrong).is_err(), "{wrong}");
        }
    }
}
