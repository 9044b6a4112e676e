//! Pull requests and their reviews.

use serde_json::Value;

use super::GithubRemote;
use super::client::Method;
use crate::remote::Error;

/// An open pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullRequest {
    pub(crate) number: u64,
    /// The branch that it brings.
    pub(crate) branch: String,
    /// The branch that it is for.
    pub(crate) base: String,
    /// The last commit of the branch, as GitHub has it.
    pub(crate) head: String,
    /// Its title and text.
    pub(crate) text: String,
    /// Whether its branch is one of another repository.
    pub(crate) is_of_fork: bool,
}

/// The verdict of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReviewState {
    Approved,
    ChangesRequested,
    Dismissed,
}

/// The last review of one person that has a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Review {
    pub(crate) login: String,
    pub(crate) state: ReviewState,
    /// The commit that was reviewed.
    pub(crate) commit: String,
    pub(crate) address: String,
    pub(crate) text: String,
}

impl GithubRemote<'_> {
    /// Returns the open pull requests.
    pub(crate) fn pull_requests(&self) -> Result<Vec<PullRequest>, Error> {
        let path = self.client.place.api("/pulls?state=open&per_page=100");
        let pages = self.client.pages("list pull requests", &path, None)?;
        let own = |value: &Value| {
            // There is none where the fork was deleted.
            let url = value["head"]["repo"]["url"].as_str().unwrap_or_default();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            Some(PullRequest {
                number: value["number"].as_u64()?,
                branch: value["head"]["ref"].as_str()?.to_owned(),
                base: text(&value["base"]["ref"]),
                head: value["head"]["sha"].as_str()?.to_owned(),
                text: format!("{}\n\n{}", text(&value["title"]), text(&value["body"])),
                is_of_fork: !self.client.place.is_of(url),
            })
        };
        Ok(pages.map(|pages| pages.items.iter().filter_map(own).collect()).unwrap_or_default())
    }

    /// Returns the commit at the end of a branch.
    pub(crate) fn branch_tip(&self, name: &str) -> Result<String, Error> {
        const ACTION: &str = "read a branch";
        let value = self.client.value(ACTION, (Method::Get, &self.client.place.branch(name)), None)?;
        let tip = value["object"]["sha"].as_str().map(str::to_owned);
        tip.ok_or_else(|| self.client.failed(ACTION, format!("`{name}` has no commit")))
    }

    /// Returns the last review of each person that approves, requests changes or was dismissed.
    pub(crate) fn reviews(&self, number: u64) -> Result<Vec<Review>, Error> {
        let path = self.client.place.api(&format!("/pulls/{number}/reviews?per_page=100"));
        let pages = self.client.pages("list reviews", &path, None)?;
        let mut last: Vec<Review> = Vec::new();
        // They are listed as they were submitted.
        for review in pages.map(|pages| pages.items).unwrap_or_default().iter().filter_map(review_of) {
            last.retain(|own| own.login != review.login);
            last.push(review);
        }
        Ok(last)
    }
}

fn review_of(value: &Value) -> Option<Review> {
    let state = match value["state"].as_str()? {
        "APPROVED" => ReviewState::Approved,
        "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
        "DISMISSED" => ReviewState::Dismissed,
        _ => return None,
    };
    Some(Review {
        login: value["user"]["login"].as_str()?.to_owned(),
        state,
        commit: value["commit_id"].as_str()?.to_owned(),
        address: value["html_url"].as_str()?.to_owned(),
        text: value["body"].as_str().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ReviewState, review_of};

    #[test]
    fn only_what_says_something_is_a_review() {
        let review = |state: &str| {
            let value = json!({"state": state, "user": {"login": "a"}, "commit_id": "c", "html_url": "u", "body": null});
            review_of(&value).map(|review| review.state)
        };
        assert_eq!(review("APPROVED"), Some(ReviewState::Approved));
        assert_eq!(review("CHANGES_REQUESTED"), Some(ReviewState::ChangesRequested));
        assert_eq!(review("DISMISSED"), Some(ReviewState::Dismissed));
        assert_eq!((review("COMMENTED"), review("PENDING")), (None, None));
        assert_eq!(
            review_of(&json!({"state": "APPROVED", "user": null, "commit_id": "c", "html_url": "u"})),
            None
        );
    }
}
