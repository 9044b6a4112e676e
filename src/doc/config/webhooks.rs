//! `[webhooks.NAME]`: where events are sent.

use toml::de::DeValue;

use super::{Reader, Value, expected};
use crate::doc::printable::printable;
use crate::model::{Config, Webhook, is_webhook_url, is_worker_name};

const KEYS: [&str; 3] = ["url", "events", "secret"];

impl Reader<'_> {
    /// Reads all webhooks.
    pub(super) fn webhooks(&mut self, value: &Value<'_>, config: &mut Config) {
        self.table("webhooks", value, |reader, path, key, value| {
            let name = key.get_ref();
            if !is_worker_name(name) {
                let message = format!("`{}` is not the name of a webhook", printable(name));
                let hint = "lowercase letters, digits and `-`, beginning with a letter";
                reader.error(key.span(), path, message, Some(hint));
            }
            if let Some(webhook) = reader.webhook(path, value) {
                config.webhooks.insert(name.to_string(), webhook);
            }
        });
    }

    fn webhook(&mut self, path: &str, value: &Value<'_>) -> Option<Webhook> {
        let (mut url, mut events, mut secret) = (None, Vec::new(), None);
        let before = (self.problems.len(), self.misfits.len());
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "url" => url = reader.webhook_url(path, value),
            "events" => match value.get_ref() {
                DeValue::Array(items) => {
                    events = items.iter().filter_map(|item| reader.event_pattern(path, item)).collect();
                }
                _ => reader.error(value.span(), path, expected("a list of events", value), None),
            },
            "secret" => secret = reader.variable_name(path, value),
            _ => reader.unknown(path, key, &KEYS),
        });
        if (self.problems.len(), self.misfits.len()) != before {
            return None;
        }
        let (Some(url), Some(secret), false) = (url, secret, events.is_empty()) else {
            let message = "a webhook needs `url`, `events` and `secret`".to_owned();
            let hint = "secret = \"NAME\" is the variable that has it";
            self.misfit(value.span(), path, message, hint);
            return None;
        };
        Some(Webhook { url, events, secret })
    }

    fn webhook_url(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let url = self.text(path, value)?;
        if !is_webhook_url(&url) {
            let message = format!("`{}` is not an address that events are sent to", printable(&url));
            let hint = "write https://…, without a password; http is for this machine alone";
            self.error(value.span(), path, message, Some(hint));
            return None;
        }
        Some(url)
    }

    /// Reads the name of a variable: a secret itself has no place in a file that is committed.
    fn variable_name(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let name = self.text(path, value)?;
        let is_part = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_';
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(is_part);
        if !is_name {
            let message = "expected the name of a variable, such as `HOOK_SECRET`".to_owned();
            self.error(value.span(), path, message, Some("the secret itself is not committed"));
            return None;
        }
        Some(name)
    }
}
