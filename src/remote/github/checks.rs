//! What check runs and statuses of other programs say of a commit.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::GithubRemote;
use super::client::moment;
use super::gate::{CONTEXT, statuses_path};
use crate::remote::{Error, repeated};

/// The exit codes for a check that failed, and for one whose time was over, as `timeout` has it.
const FAILED: i32 = 1;
const OUT_OF_TIME: i32 = 124;

/// What became of a check on one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckResult {
    /// The check.
    pub(crate) name: String,
    /// 0 where it succeeded.
    pub(crate) exit: i32,
    /// When it ended.
    pub(crate) at: DateTime<Utc>,
    pub(crate) millis: u64,
    /// GitHub's word for how it ended, and its page.
    pub(crate) text: String,
}

/// One run of a check; none of an outcome that says nothing.
type Run = Option<CheckResult>;

impl GithubRemote<'_> {
    /// Returns the checks that have ended on a commit, by name. Of several runs of one name the worst counts, and none while
    /// one of them is going on.
    pub(crate) fn check_results(&self, commit: &str) -> Result<Vec<CheckResult>, Error> {
        let path = self.client.place.api(&format!("/commits/{commit}/check-runs?per_page=100"));
        let runs = self.client.pages_of("list check runs", &path, "check_runs")?;
        let path = self.client.place.api(&statuses_path(commit));
        let statuses = self.client.pages_of("read the status of a commit", &path, "statuses")?;
        let runs = runs.iter().filter_map(|run| Some((run["name"].as_str()?, run_of(run))));
        let statuses = statuses.iter().filter_map(|own| Some((own["context"].as_str()?, status_of(own))));
        Ok(worst(runs.chain(statuses.filter(|(name, _)| !name.eq_ignore_ascii_case(CONTEXT)))))
    }
}

fn worst<'v>(runs: impl Iterator<Item = (&'v str, Run)>) -> Vec<CheckResult> {
    let mut by_name: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
    runs.for_each(|(name, run)| by_name.entry(name).or_default().push(run));
    let ended = by_name.into_values().filter_map(|runs| runs.into_iter().collect::<Option<Vec<_>>>());
    ended.filter_map(|runs| runs.into_iter().max_by_key(|run| (run.exit != 0, run.at))).collect()
}

/// What neither succeeded nor was skipped has failed, also in words that are newer than this program.
fn run_of(run: &Value) -> Run {
    let (started, at) = (moment(&run["started_at"]), moment(&run["completed_at"])?);
    if run["status"] != "completed" {
        return None;
    }
    let exit = match run["conclusion"].as_str()? {
        "success" => 0,
        "neutral" | "skipped" => return None,
        "timed_out" => OUT_OF_TIME,
        _ => FAILED,
    };
    let taken = started.map(|started| (at - started).num_milliseconds()).unwrap_or_default();
    let result = result(&run["name"], exit, at, (&run["conclusion"], &run["html_url"]));
    result.map(|result| CheckResult { millis: taken.max(0).unsigned_abs(), ..result })
}

fn status_of(status: &Value) -> Run {
    let exit = match status["state"].as_str()? {
        "success" => 0,
        "pending" => return None,
        _ => FAILED,
    };
    let word = (&status["state"], &status["target_url"]);
    result(&status["context"], exit, moment(&status["updated_at"])?, word)
}

fn result(name: &Value, exit: i32, at: DateTime<Utc>, (word, page): (&Value, &Value)) -> Run {
    let name = name.as_str()?;
    let plain = |text: &Value| repeated(text.as_str().unwrap_or_default());
    let text = format!("{}: {}\n{}", repeated(name), plain(word), plain(page)).trim_end().to_owned();
    Some(CheckResult { name: name.to_owned(), exit, at, millis: 0, text })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{run_of, status_of, worst};

    fn run(status: &str, conclusion: &str) -> Value {
        json!({"name": "test", "status": status, "conclusion": conclusion, "html_url": "https://x/1\u{1b}",
            "started_at": "2026-11-11T08:00:00Z", "completed_at": "2026-11-11T08:01:30Z"})
    }

    #[test]
    fn only_a_success_is_one() {
        let exit = |conclusion: &str| run_of(&run("completed", conclusion)).map(|run| run.exit);
        assert_eq!((exit("success"), exit("timed_out")), (Some(0), Some(124)));
        assert_eq!((exit("neutral"), exit("skipped")), (None, None));
        for conclusion in ["failure", "cancelled", "action_required", "stale", "startup_failure", "new"] {
            assert_eq!(exit(conclusion), Some(1), "{conclusion}");
        }
        assert_eq!(run_of(&run("in_progress", "success")), None);
        let found = run_of(&run("completed", "success")).unwrap();
        assert_eq!((found.millis, found.text.as_str()), (90_000, "test: success\nhttps://x/1"));
        let status = |state: &str| {
            let value = json!({"context": "ci", "state": state, "updated_at": "2026-11-11T08:00:00Z"});
            status_of(&value).map(|run| (run.exit, run.text))
        };
        assert_eq!(status("success"), Some((0, "ci: success".to_owned())));
        assert_eq!(status("error").map(|(exit, _)| exit), Some(1));
        assert_eq!(status("pending"), None);
    }

    #[test]
    fn of_one_name_the_worst_counts() {
        let of = |runs: &[Value]| {
            worst(runs.iter().map(|own| ("test", run_of(own))))
                .into_iter()
                .map(|run| run.exit)
                .collect::<Vec<_>>()
        };
        let (good, bad) = (run("completed", "success"), run("completed", "failure"));
        assert_eq!(of(&[good.clone(), bad.clone()]), [1]);
        assert_eq!(of(&[bad, good.clone()]), [1]);
        assert_eq!(of(&[good.clone(), good.clone()]), [0]);
        assert_eq!(of(&[good, run("queued", "")]), Vec::<i32>::new(), "one of them is going on");
    }
}
