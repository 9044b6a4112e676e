//! Webhooks out: each sends its events one after the other, in their order, and again where a server does not take one. How far
//! each has come is on disk, so that what happened meanwhile is sent later; a server that gets an event twice knows it by its id.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, TryRecvError};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::log::EventLog;
use super::post::{Post, Posted, post};
use super::{Happened, data_of};
use crate::git::read_regular;
use crate::model::{Cursor, EventKind, LogEvent, Webhook, retry_in, secret_key, sign};
use crate::ops::workers::Policy;
use crate::ops::{Error, Result, Session};
use crate::store::replace_unsynced;

const PROGRESS: &str = "webhooks.json";

/// How far a webhook has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    /// The last event that was taken, given up, or is none of its own.
    number: u64,
    /// How often the one after it was sent.
    attempts: u32,
    /// When that is sent again.
    again: Option<DateTime<Utc>>,
    /// Why it was not taken.
    why: Option<String>,
    /// Whether the server wants no more.
    is_gone: bool,
}

/// How far all have come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    log: String,
    sent: BTreeMap<String, Sent>,
}

/// What a webhook has still to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutboxLine {
    /// Its name.
    pub webhook: String,
    /// Where it sends.
    pub url: String,
    /// How many events wait.
    pub waiting: usize,
    /// The first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How often that was sent.
    pub attempts: u32,
    /// When it is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<DateTime<Utc>>,
    /// Why it was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether the server takes no more.
    pub gone: bool,
}

fn progress(log: &EventLog, last: &Cursor) -> Progress {
    let known = read_regular(&log.folder().join(PROGRESS)).ok();
    let known: Option<Progress> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let fresh = || Progress { log: last.log.clone(), ..Progress::default() };
    known.filter(|own| own.log == last.log).unwrap_or_else(fresh)
}

/// Returns what each webhook of the configuration that counts has still to send.
pub(super) fn outbox(session: &Session<'_>, log: &EventLog, last: &Cursor) -> Result<Vec<OutboxLine>> {
    let (policy, progress) = (Policy::read(session, None)?, progress(log, last));
    let events = log.after(None, 0)?;
    let line = |(name, hook): (&String, &Webhook)| {
        let sent =
            progress.sent.get(name).cloned().unwrap_or(Sent { number: last.number, ..Sent::default() });
        let mut waiting =
            events.iter().filter(|event| event.number() > sent.number && hook.sends(event.kind)).peekable();
        let next = waiting.peek().map(|event| event.cursor.clone());
        let Sent { attempts, again, why, is_gone, .. } = sent;
        let (webhook, url, waiting) = (name.clone(), hook.url.clone(), waiting.count());
        OutboxLine { webhook, url, waiting, next, attempts, again, why, gone: is_gone }
    };
    Ok(policy.config.webhooks.iter().map(line).collect())
}

/// Returns what the requests of a webhook are signed with.
fn key_of(session: &Session<'_>, name: &str, hook: &Webhook) -> Result<Vec<u8>> {
    let secret = session.env().variable(&hook.secret);
    secret.as_deref().and_then(secret_key).ok_or_else(|| {
        let what = if secret.is_some() { "no base 64 of at least 16 bytes" } else { "not set" };
        let message = format!("webhook `{name}` has no secret: {} is {what}", hook.secret);
        let hint = format!("export {}=whsec_…, for example of `openssl rand -base64 32`", hook.secret);
        Error::usage_with(message, hint)
    })
}

/// The webhooks of a process that sends.
pub(super) struct Outbox<'o> {
    log: &'o EventLog,
    progress: Progress,
    keys: BTreeMap<String, Vec<u8>>,
    under_way: BTreeMap<String, (LogEvent, Receiver<Posted>)>,
    /// The last event up to which there is nothing to send, by webhook.
    looked: BTreeMap<String, u64>,
}

impl<'o> Outbox<'o> {
    /// Begins where the last who sent has ended; a webhook that is new begins with what comes.
    pub(super) fn new(
        session: &Session<'_>,
        log: &'o EventLog,
        last: &Cursor,
        policy: &Policy,
    ) -> Result<Self> {
        let mut progress = progress(log, last);
        let (mut keys, mut refusal) = (BTreeMap::new(), None);
        for (name, hook) in &policy.config.webhooks {
            let new = || Sent { number: last.number, ..Sent::default() };
            let sent = progress.sent.entry(name.clone()).or_insert_with(new);
            match key_of(session, name, hook) {
                Ok(key) => {
                    sent.why = sent.why.take().filter(|_| sent.attempts > 0);
                    keys.insert(name.clone(), key);
                }
                // The others send all the same.
                Err(error) => {
                    sent.why = Some(error.to_string());
                    refusal = refusal.or(Some(error));
                }
            }
        }
        if let Some(refusal) = refusal.filter(|_| keys.is_empty() && policy.config.triggers.is_empty()) {
            return Err(refusal);
        }
        let (under_way, looked) = (BTreeMap::new(), BTreeMap::new());
        let outbox = Self { log, progress, keys, under_way, looked };
        outbox.save()?;
        Ok(outbox)
    }

    fn save(&self) -> Result<()> {
        let bytes = serde_json::to_vec(&self.progress).expect("plain data is always JSON");
        Ok(replace_unsynced(&self.log.folder().join(PROGRESS), &bytes)?)
    }

    /// Notes what has been taken, and sends what is due. It waits for nothing. Returns whether something is under way.
    pub(super) fn look(&mut self, session: &Session<'_>, policy: &Policy, last: u64) -> Result<bool> {
        for (name, hook) in &policy.config.webhooks {
            if let Some((event, receiver)) = self.under_way.get(name) {
                let posted = match receiver.try_recv() {
                    Ok(posted) => posted,
                    Err(TryRecvError::Empty) => continue,
                    Err(TryRecvError::Disconnected) => Err("the request was lost".to_owned()),
                };
                let event = event.clone();
                self.under_way.remove(name);
                self.note(session, name, &event, &posted)?;
            }
            self.send_next(session, name, hook, last)?;
        }
        Ok(!self.under_way.is_empty())
    }

    fn send_next(&mut self, session: &Session<'_>, name: &str, hook: &Webhook, last: u64) -> Result<()> {
        let (Some(sent), Some(key)) = (self.progress.sent.get(name), self.keys.get(name)) else {
            return Ok(());
        };
        let now = session.env().now();
        let is_early = sent.again.is_some_and(|again| now < again);
        if sent.is_gone
            || is_early
            || self.looked.get(name).copied().unwrap_or_default().max(sent.number) >= last
        {
            return Ok(());
        }
        let events = self.log.after(None, sent.number)?;
        let Some(event) = events.into_iter().find(|event| hook.sends(event.kind)) else {
            self.looked.insert(name.to_owned(), last);
            return Ok(());
        };
        let body = body_of(&event);
        let (id, at) = (format!("evt_{}", event.cursor), now.timestamp());
        let headers = vec![
            ("webhook-signature", sign(key, &id, at, &body)),
            ("webhook-timestamp", at.to_string()),
            ("webhook-id", id),
        ];
        let receiver = post(Post { url: hook.url.clone(), headers, body });
        self.under_way.insert(name.to_owned(), (event, receiver));
        Ok(())
    }

    fn note(&mut self, session: &Session<'_>, name: &str, event: &LogEvent, posted: &Posted) -> Result<()> {
        let sent = self.progress.sent.entry(name.to_owned()).or_default();
        let (kind, data) = after(sent, event, posted, session.env().now());
        self.save()?;
        let mut about =
            data_of(json!({ "webhook": name, "event": event.kind.as_str(), "cause": event.cursor }));
        about.extend(data_of(data));
        self.log.append(session, Happened { kind, at: None, data: about })?;
        Ok(())
    }
}

/// Returns how far a webhook has come after an attempt, and the event of that.
fn after(
    sent: &mut Sent,
    event: &LogEvent,
    posted: &Posted,
    now: DateTime<Utc>,
) -> (EventKind, serde_json::Value) {
    const GONE: u16 = 410;
    let attempts = sent.attempts + 1;
    let why = match posted {
        Ok(200..=299) => {
            *sent = Sent { number: event.number(), ..Sent::default() };
            return (EventKind::WebhookDelivered, json!({ "attempts": attempts }));
        }
        Ok(status) => format!("status {status}"),
        Err(why) => why.clone(),
    };
    let is_gone = *posted == Ok(GONE);
    let again = retry_in(attempts).filter(|_| !is_gone).map(|wait| now + wait);
    *sent = match again {
        Some(_) => Sent { attempts, again, why: Some(why.clone()), ..sent.clone() },
        None => Sent { number: event.number(), why: Some(why.clone()), is_gone, ..Sent::default() },
    };
    (
        EventKind::WebhookFailed,
        json!({ "attempts": attempts, "why": why, "again": again, "given_up": again.is_none() }),
    )
}

/// Returns what is sent of an event.
fn body_of(event: &LogEvent) -> String {
    let body = json!({ "type": event.kind, "timestamp": event.timestamp, "data": event.data });
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64) -> LogEvent {
        let timestamp = "2026-11-11T09:00:00Z".parse().unwrap();
        let data = data_of(json!({ "task_id": "T-1" }));
        LogEvent { cursor: format!("ab-{number}"), kind: EventKind::TaskCompleted, timestamp, depth: 0, data }
    }

    #[test]
    fn an_event_is_sent_until_it_is_taken_or_given_up() {
        let now: DateTime<Utc> = "2026-11-11T09:00:00Z".parse().unwrap();
        let mut sent = Sent { number: 3, ..Sent::default() };
        let (kind, _) = after(&mut sent, &event(5), &Err("no route".into()), now);
        assert_eq!((kind, sent.number, sent.attempts), (EventKind::WebhookFailed, 3, 1));
        assert_eq!(sent.again, Some(now + chrono::TimeDelta::seconds(5)));
        after(&mut sent, &event(5), &Ok(302), now);
        assert_eq!((sent.number, sent.attempts, sent.why.as_deref()), (3, 2, Some("status 302")));
        let (kind, data) = after(&mut sent, &event(5), &Ok(204), now);
        assert_eq!((kind, &sent), (EventKind::WebhookDelivered, &Sent { number: 5, ..Sent::default() }));
        assert_eq!(data["attempts"], 3);
        for _ in 0..crate::model::MOST_ATTEMPTS {
            after(&mut sent, &event(6), &Ok(500), now);
        }
        assert_eq!((sent.number, sent.attempts, sent.again, sent.is_gone), (6, 0, None, false), "it goes on");
        after(&mut sent, &event(7), &Ok(410), now);
        assert!(sent.is_gone && sent.number == 7);
    }

    #[test]
    fn what_is_sent_has_the_form_of_standard_webhooks() {
        let expected =
            r#"{"type":"task.completed","timestamp":"2026-11-11T09:00:00Z","data":{"task_id":"T-1"}}"#;
        assert_eq!(body_of(&event(1)), expected);
    }
}
