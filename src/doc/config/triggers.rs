//! `[[on]]`: what is started when something happens.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::{Reader, Value, expected};
use crate::doc::printable::printable;
use crate::model::{Config, EventKind, KindPattern, Trigger, TriggerAction, is_worker_name, nearest};

const KEYS: [&str; 8] = ["event", "when", "run", "workflow", "params", "worker", "timeout", "limit"];

/// A table as far as it is read.
#[derive(Default)]
struct Draft {
    event: Option<KindPattern>,
    when: BTreeMap<String, String>,
    run: Option<String>,
    workflow: Option<String>,
    params: BTreeMap<String, String>,
    worker: Option<String>,
    timeout: Option<std::time::Duration>,
    limit: Option<u32>,
}

impl Reader<'_> {
    /// Reads all triggers.
    pub(super) fn triggers(&mut self, value: &Value<'_>, config: &mut Config) {
        let DeValue::Array(items) = value.get_ref() else {
            self.error(value.span(), "on", expected("tables, each under [[on]]", value), None);
            return;
        };
        for (at, item) in items.iter().enumerate() {
            let path = format!("on.{}", at + 1);
            config.triggers.extend(self.trigger(&path, item));
        }
    }

    fn trigger(&mut self, path: &str, value: &Value<'_>) -> Option<Trigger> {
        let mut draft = Draft::default();
        let before = (self.problems.len(), self.misfits.len());
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "event" => draft.event = reader.event_pattern(path, value),
            "when" => draft.when = reader.values_by_name(path, value),
            "run" => draft.run = reader.shell_command(path, value),
            "workflow" => draft.workflow = reader.program_word(path, value),
            "params" => draft.params = reader.values_by_name(path, value),
            "worker" => draft.worker = reader.worker_name(path, value),
            "timeout" => draft.timeout = reader.span(path, value),
            "limit" => draft.limit = reader.count(path, value),
            _ => reader.unknown(path, key, &KEYS),
        });
        if (self.problems.len(), self.misfits.len()) != before {
            return None;
        }
        let Some(event) = draft.event else {
            let hint = "write event = \"stage.entered\"; `tracker help events` lists them".to_owned();
            self.misfit(value.span(), path, "a trigger needs an `event`".to_owned(), hint);
            return None;
        };
        let has_params = !draft.params.is_empty();
        let action = match (draft.run, draft.workflow, draft.worker) {
            (Some(line), None, None) if !has_params => TriggerAction::Command(line),
            (None, Some(name), None) => TriggerAction::Workflow(name, draft.params),
            (None, None, Some(kind)) if !has_params => TriggerAction::Worker(kind),
            _ => {
                let message = "a trigger starts one thing".to_owned();
                let hint = "write one of run = \"COMMAND\", workflow = \"NAME\", with its `params`, or worker = \"TYPE\"";
                self.misfit(value.span(), path, message, hint);
                return None;
            }
        };
        Some(Trigger { event, when: draft.when, action, timeout: draft.timeout, limit: draft.limit })
    }

    pub(super) fn event_pattern(&mut self, path: &str, value: &Value<'_>) -> Option<KindPattern> {
        let text = self.text(path, value)?;
        let pattern = KindPattern::parse(&text);
        let can_trigger = |pattern: &KindPattern| {
            EventKind::ALL.iter().any(|kind| kind.can_trigger() && pattern.matches(*kind))
        };
        if pattern.as_ref().is_some_and(can_trigger) {
            return pattern;
        }
        let known = EventKind::ALL.iter().filter(|kind| kind.can_trigger()).map(|kind| kind.as_str());
        let (message, hint) = match (&pattern, nearest(&text, known)) {
            (Some(_), _) => (
                format!("`{}` starts nothing: it comes without end", printable(&text)),
                "`tracker help events` lists events".to_owned(),
            ),
            (None, Some(meant)) => {
                (format!("unknown event `{}`", printable(&text)), format!("did you mean `{meant}`?"))
            }
            (None, None) => (
                format!("unknown event `{}`", printable(&text)),
                "`tracker help events` lists events; `stage.*` means all that begin so".to_owned(),
            ),
        };
        self.misfit(value.span(), path, message, hint);
        None
    }

    /// Reads a table of texts, numbers and switches, as text.
    fn values_by_name(&mut self, path: &str, value: &Value<'_>) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        self.table(path, value, |reader, path, key, value| {
            let text = match value.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                DeValue::Integer(number) => Some(number.as_str().to_owned()),
                DeValue::Boolean(switch) => Some(switch.to_string()),
                _ => None,
            };
            match text {
                Some(text) => drop(values.insert(key.get_ref().to_string(), text)),
                None => reader.error(value.span(), path, expected("a text", value), None),
            }
        });
        values
    }

    /// Reads a word that is given to a program: it is no option.
    fn program_word(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        if text.is_empty() || text.starts_with('-') || text.contains(char::is_control) {
            self.error(value.span(), path, format!("`{}` is not a name", printable(&text)), None);
            return None;
        }
        Some(text)
    }

    fn worker_name(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        if !is_worker_name(&text) {
            let message = format!("`{}` is not the name of a type of workers", printable(&text));
            self.error(value.span(), path, message, None);
            return None;
        }
        Some(text)
    }
}
