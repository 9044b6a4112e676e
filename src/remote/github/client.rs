//! Requests to GitHub. `gh` makes them, with the login that it has: no token is read, kept or passed on here. Debian's
//! 2.23 is the oldest that is known to work.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::place::GithubPlace;
use crate::env::Env;
use crate::process::{self, Program};
use crate::remote::{Error, repeated};

/// One request takes no longer.
const LIMIT: Duration = Duration::from_secs(120);
/// Most that one request answers: a page of a hundred issues, each of the largest.
const MOST_OUTPUT: u64 = 64 * 1024 * 1024;
/// A limit that ends within this is waited for.
const PATIENCE: Duration = Duration::from_secs(90);
/// What GitHub requires after a secondary limit that names no time.
const SECONDARY: Duration = Duration::from_secs(60);
/// Number of times that a request is made again.
const RETRIES: u32 = 3;

/// What a request is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    /// Made twice, it does the same as once.
    Patch,
    /// Made twice, it does two things.
    Post,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
        }
    }
}

/// What GitHub answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// The status of HTTP; 0 where nobody knows whether the request was made.
    pub(super) status: u16,
    /// Names are in lowercase.
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// Reads what `gh api --include` prints; none where that is no answer.
    pub(super) fn read(printed: &[u8]) -> Option<Self> {
        let mut rest = printed;
        let mut line = || -> Option<String> {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let text = String::from_utf8_lossy(&rest[..end]).trim_end().to_owned();
            rest = &rest[end + 1..];
            Some(text)
        };
        let first = line()?;
        let status = first.strip_prefix("HTTP/")?.split_whitespace().nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let text = line()?;
            if text.is_empty() {
                break;
            }
            if let Some((name, value)) = text.split_once(':') {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Some(Self { status, headers, body: rest.to_vec() })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether what was requested is not there, or not there any more.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self.status, 301 | 302 | 307 | 308 | 404 | 410)
    }

    /// When it was answered, by the clock there.
    pub(super) fn date(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc2822(self.header("date")?).ok().map(|at| at.with_timezone(&Utc))
    }

    /// Returns the address of the next page.
    pub(super) fn next_page(&self) -> Option<&str> {
        let is_next = |part: &&str| part.split(';').skip(1).any(|word| word.trim() == "rel=\"next\"");
        let link = self.header("link")?.split(',').find(is_next)?;
        link.split(';').next()?.trim().strip_prefix('<')?.strip_suffix('>')
    }

    /// Returns why a request was refused.
    pub(super) fn reason(&self) -> String {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let mut text = match value["message"].as_str() {
            Some(message) => message.to_owned(),
            None => format!("HTTP {}", self.status),
        };
        for error in value["errors"].as_array().into_iter().flatten() {
            let part = |key: &str| error[key].as_str().unwrap_or_default();
            text.push_str(&match error.as_str() {
                Some(plain) => format!("; {plain}"),
                None => format!("; {} {} {}", part("field"), part("code"), part("message")),
            });
        }
        repeated(&text).trim().to_owned()
    }

    /// Returns how long requests are refused, and whether that is because of their number in an hour.
    fn limited(&self, now: DateTime<Utc>) -> Option<(Duration, bool)> {
        let number = |name: &str| self.header(name)?.parse::<i64>().ok();
        if !matches!(self.status, 403 | 429) {
            return None;
        }
        if let Some(seconds) = number("retry-after") {
            return Some((Duration::from_secs(seconds.max(1).unsigned_abs()), false));
        }
        if number("x-ratelimit-remaining") == Some(0) {
            let reset = number("x-ratelimit-reset")?;
            let left = reset - self.date().unwrap_or(now).timestamp();
            // The second in which it ends is still refused.
            return Some((Duration::from_secs(left.max(0).unsigned_abs() + 1), true));
        }
        let is_secondary = self.status == 429 || self.reason().to_lowercase().contains("rate limit");
        is_secondary.then_some((SECONDARY, false))
    }
}

/// GitHub, as `gh` reaches it.
pub(super) struct Client<'e> {
    env: &'e Env,
    /// The name of the other tracker.
    pub(super) name: String,
    pub(super) place: GithubPlace,
}

impl<'e> Client<'e> {
    pub(super) fn new(env: &'e Env, name: &str, place: GithubPlace) -> Self {
        Self { env, name: name.to_owned(), place }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.env.now()
    }

    pub(super) fn failed(&self, action: &'static str, why: impl Into<String>) -> Error {
        Error::Failed { name: self.name.clone(), action, why: why.into() }
    }

    fn unready(&self, why: impl Into<String>, hint: impl Into<String>) -> Error {
        Error::Unready { name: self.name.clone(), why: why.into(), hint: hint.into() }
    }

    /// Returns the version of `gh`.
    pub(super) fn version(&self) -> Result<String, Error> {
        let output = self.program("ask gh for its version").args(["--version"]).output();
        let output = output.map_err(|error| self.missing(error))?;
        Ok(output.stdout_text().lines().next().unwrap_or_default().to_owned())
    }

    fn program(&self, action: &'static str) -> Program {
        Program::new("gh", action)
            .in_its_own_repository()
            .variable("GH_PROMPT_DISABLED", "1")
            .variable("GH_NO_UPDATE_NOTIFIER", "1")
            .variable("NO_COLOR", "1")
            .variable("CLICOLOR_FORCE", "0")
            .time_limit(LIMIT)
            .output_limit(MOST_OUTPUT)
    }

    fn missing(&self, error: process::Error) -> Error {
        match error {
            process::Error::Missing { .. } => {
                self.unready("the program `gh` is not installed", "apt install gh, or https://cli.github.com")
            }
            error => error.into(),
        }
    }

    /// Makes a request, with an `If-None-Match` where an ETag is given. Limits that end soon are waited for, and what the
    /// server could not do is tried again where that does no harm.
    pub(super) fn request(
        &self,
        action: &'static str,
        (method, path): (Method, &str),
        etag: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply, Error> {
        for attempt in 0.. {
            let reply = self.once(action, (method, path), etag, body)?;
            let is_last = attempt >= RETRIES;
            if let Some((wait, is_hourly)) = reply.limited(self.now()) {
                if is_last || wait > PATIENCE {
                    return Err(self.limited(action, wait, is_hourly));
                }
                self.env.sleep(wait);
            } else if reply.status == 401 {
                return Err(self.not_logged_in("its login is not accepted, or has ended"));
            } else if (reply.status == 0 || reply.status >= 500) && method != Method::Post && !is_last {
                self.env.sleep(Duration::from_secs(1 << attempt));
            } else if method == Method::Get && (reply.status == 0 || reply.status >= 500) {
                return Err(self.failed(action, format!("it fails again and again: {}", reply.reason())));
            } else {
                return Ok(reply);
            }
        }
        unreachable!("attempts are counted, and the last returns")
    }

    fn once(
        &self,
        action: &'static str,
        (method, path): (Method, &str),
        etag: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply, Error> {
        let mut program = self
            .program(action)
            .args(["api", "--include", "--hostname", &self.place.host, "--method", method.as_str()])
            .args(["--header", "Accept: application/vnd.github+json"])
            .args(["--header", "X-GitHub-Api-Version: 2022-11-28"]);
        if let Some(etag) = etag {
            program = program.args(["--header".to_owned(), format!("If-None-Match: {etag}")]);
        }
        if let Some(body) = body {
            program = program.args(["--input", "-"]).input(body.to_string().as_bytes());
        }
        let output = match program.args([path]).output() {
            Ok(output) => output,
            Err(process::Error::TimedOut { .. }) => return Ok(Reply::default()),
            Err(error) => return Err(self.missing(error)),
        };
        if let Some(reply) = Reply::read(&output.stdout) {
            return Ok(reply);
        }
        let errors = output.stderr_text();
        if errors.contains("gh auth login") {
            return Err(self.not_logged_in("it is not logged in"));
        }
        let last = errors.trim().lines().last().unwrap_or("it printed nothing about why");
        let why = repeated(last);
        // Whether the request was made is not known.
        Ok(Reply { body: serde_json::json!({ "message": why }).to_string().into_bytes(), ..Reply::default() })
    }

    fn not_logged_in(&self, why: &str) -> Error {
        let host = &self.place.host;
        let hint = format!("gh auth login --hostname {host}; in a job: GH_TOKEN: ${{{{ github.token }}}}");
        self.unready(format!("gh cannot use {host}: {why}"), hint)
    }

    fn limited(&self, action: &'static str, wait: Duration, is_hourly: bool) -> Error {
        let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
        let until = self.now().checked_add_signed(chrono::TimeDelta::seconds(seconds.min(86_400)));
        let until = until.map_or_else(String::new, |at| format!(" until {}", at.format("%H:%M:%S UTC")));
        let what = if is_hourly { "its hourly limit is used up" } else { "it takes fewer requests at once" };
        let why = format!("{what}: no more requests{until}");
        let hint = format!("tracker sync {} goes on then with what is left", self.name);
        self.unready(format!("cannot {action}: {why}"), hint)
    }

    /// Reads all pages of a list. The first is read only where it has changed since `etag`.
    pub(super) fn pages(
        &self,
        action: &'static str,
        path: &str,
        etag: Option<&str>,
    ) -> Result<Option<Pages>, Error> {
        let reply = self.request(action, (Method::Get, path), etag, None)?;
        if reply.status == 304 { Ok(None) } else { self.pages_from(action, reply, None).map(Some) }
    }

    /// Reads all pages of a list that is the value of a key.
    pub(super) fn pages_of(&self, action: &'static str, path: &str, key: &str) -> Result<Vec<Value>, Error> {
        let reply = self.request(action, (Method::Get, path), None, None)?;
        self.pages_from(action, reply, Some(key)).map(|pages| pages.items)
    }

    /// Makes a request, and reads the one value that it answers with.
    pub(super) fn value(
        &self,
        action: &'static str,
        request: (Method, &str),
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let reply = self.request(action, request, None, body)?;
        if !reply.is_success() {
            return Err(self.refused(action, &reply));
        }
        let stopped = |_| self.failed(action, "it stopped in the middle of its answer");
        serde_json::from_slice(&reply.body).map_err(stopped)
    }

    /// Reads all pages of a list of something; none where it is not there any more.
    pub(super) fn pages_if_there(&self, action: &'static str, path: &str) -> Result<Option<Pages>, Error> {
        let reply = self.request(action, (Method::Get, path), None, None)?;
        if reply.is_gone() { Ok(None) } else { self.pages_from(action, reply, None).map(Some) }
    }

    fn pages_from(&self, action: &'static str, mut reply: Reply, key: Option<&str>) -> Result<Pages, Error> {
        let etag = reply.header("etag").map(str::to_owned);
        let mut pages = Pages { items: Vec::new(), etag, date: reply.date() };
        let mut seen = std::collections::HashSet::new();
        loop {
            pages.items.extend(self.list(action, &reply, key)?);
            let Some(next) = reply.next_page().map(str::to_owned) else { return Ok(pages) };
            // Another host would be given the login.
            let Some(path) = self.place.path_of(&next) else {
                return Err(self.failed(action, "its next page is elsewhere"));
            };
            if !seen.insert(path.to_owned()) {
                return Err(self.failed(action, format!("the page {path} comes again and again")));
            }
            reply = self.request(action, (Method::Get, path), None, None)?;
        }
    }

    fn list(&self, action: &'static str, reply: &Reply, key: Option<&str>) -> Result<Vec<Value>, Error> {
        if !reply.is_success() {
            return Err(self.refused(action, reply));
        }
        let value = serde_json::from_slice(&reply.body).map(|mut value: Value| match key {
            Some(key) => value[key].take(),
            None => value,
        });
        match value {
            Ok(Value::Array(items)) => Ok(items),
            _ => Err(self.failed(action, "it stopped in the middle: the answer is no list")),
        }
    }

    /// Explains an answer that leaves nothing to go on with.
    pub(super) fn refused(&self, action: &'static str, reply: &Reply) -> Error {
        let (place, why) = (self.place.to_string(), reply.reason());
        match reply.status {
            404 => {
                let hint = format!(
                    "tracker sync doctor {}; is the name right, and may this login see it?",
                    self.name
                );
                self.unready(format!("{place} is not there, or not for this login"), hint)
            }
            403 => {
                let hint = format!(
                    "gh auth status --hostname {} shows what it may do; in a job, tracker help sync names its permissions",
                    self.place.host
                );
                self.unready(format!("{place} refuses to {action}: {why}"), hint)
            }
            _ => self.failed(action, why),
        }
    }
}

/// The items of a list.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) items: Vec<Value>,
    /// By what the first page is known again.
    pub(super) etag: Option<String>,
    /// When the first page was answered.
    pub(super) date: Option<DateTime<Utc>>,
}

impl Pages {
    /// Returns the time of the last change that was seen for sure: what changes after its page was read is listed again.
    pub(super) fn seen_until(&self) -> Option<DateTime<Utc>> {
        let newest = self.items.iter().filter_map(|item| moment(&item["updated_at"])).max();
        newest.map(|at| self.date.map_or(at, |start| at.min(start)))
    }
}

/// Reads a time of an answer.
pub(super) fn moment(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Reply;

    fn reply(text: &str) -> Reply {
        Reply::read(text.replace('\n', "\r\n").as_bytes()).unwrap()
    }

    #[test]
    fn an_answer_is_read_as_gh_prints_it() {
        let text = "HTTP/2.0 200 OK\nEtag: W/\"a:b\"\nLink: <https://api.github.com/r?page=2>; rel=\"next\", <https://x/>; rel=\"last\"\nDate: Wed, 11 Nov 2026 10:00:00 GMT\n\n[]";
        let found = reply(text);
        assert_eq!((found.status, found.header("etag"), &*found.body), (200, Some("W/\"a:b\""), &b"[]"[..]));
        assert_eq!(found.next_page(), Some("https://api.github.com/r?page=2"));
        assert_eq!(found.date().unwrap().to_rfc3339(), "2026-11-11T10:00:00+00:00");
        assert_eq!(reply("HTTP/1.1 200 OK\nLink: <a>; rel=\"prev\"\n\n").next_page(), None);
        for text in ["", "gh: no such host\n", "HTTP/2.0 200 OK\r\nEtag: x\r\n"] {
            assert_eq!(Reply::read(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn limits_say_how_long() {
        let now = "2026-11-11T10:00:00Z".parse().unwrap();
        let wait = |text: &str| reply(text).limited(now).map(|(wait, is_hourly)| (wait.as_secs(), is_hourly));
        assert_eq!(wait("HTTP/2.0 403 Forbidden\nRetry-After: 30\n\n{}"), Some((30, false)));
        let hourly = "HTTP/2.0 403 Forbidden\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1794391260\n\n{}";
        assert_eq!(wait(hourly), Some((61, true)));
        assert_eq!(wait("HTTP/2.0 429 Too Many Requests\n\n{}"), Some((60, false)));
        let secondary =
            "HTTP/2.0 403 Forbidden\n\n{\"message\":\"You have exceeded a secondary rate limit.\"}";
        assert_eq!(wait(secondary), Some((60, false)));
        assert_eq!(wait("HTTP/2.0 403 Forbidden\n\n{\"message\":\"Resource not accessible\"}"), None);
        assert_eq!(wait("HTTP/2.0 200 OK\nX-RateLimit-Remaining: 0\n\n"), None);
        assert!(super::PATIENCE > Duration::from_secs(60));
    }

    #[test]
    fn what_was_refused_is_named() {
        let text = "HTTP/2.0 422 Unprocessable Entity\n\n{\"message\":\"Validation Failed\",\"errors\":[{\"resource\":\"Issue\",\"field\":\"title\",\"code\":\"too_long\",\"message\":\"is too long\"},\"odd\\u001b\"]}";
        assert_eq!(reply(text).reason(), "Validation Failed; title too_long is too long; odd");
        assert_eq!(reply("HTTP/2.0 502 Bad Gateway\n\n<html>").reason(), "HTTP 502");
    }
}
