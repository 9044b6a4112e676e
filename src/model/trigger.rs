//! Triggers: what is started when something happens.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{KindPattern, LogEvent};

/// How long what a trigger starts may take.
const TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// How often a trigger is started for one task, run or worker within an hour.
const MOST_AN_HOUR: u32 = 10;

/// What a trigger starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerAction {
    /// A line for the shell, with the event in its environment.
    Command(String),
    /// A workflow, and which parameter takes its value from which of the event's data.
    Workflow(String, BTreeMap<String, String>),
    /// A round of a worker of this type.
    Worker(String),
}

impl TriggerAction {
    /// Returns it in a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Command(line) => format!("command `{line}`"),
            Self::Workflow(name, _) => format!("workflow {name}"),
            Self::Worker(kind) => format!("worker {kind}"),
        }
    }
}

/// `[[on]]`: what is started when something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The kinds of events that it is for.
    pub event: KindPattern,
    /// Data that such an event must have, as text.
    pub when: BTreeMap<String, String>,
    /// What is started.
    pub action: TriggerAction,
    /// How long that may take; a default if none.
    pub timeout: Option<Duration>,
    /// How often it is started for one subject within an hour; a default if none.
    pub limit: Option<u32>,
}

impl Trigger {
    /// Whether it is for an event.
    #[must_use]
    pub fn is_for(&self, event: &LogEvent) -> bool {
        let has = |(name, value): (&String, &String)| {
            event.data.get(name).is_some_and(|found| plain_text(found) == *value)
        };
        event.kind.can_trigger() && self.event.matches(event.kind) && self.when.iter().all(has)
    }

    /// Returns how long what it starts may take.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }

    /// Returns how often it is started for one subject within an hour.
    #[must_use]
    pub fn most_an_hour(&self) -> u32 {
        self.limit.unwrap_or(MOST_AN_HOUR)
    }
}

/// Returns a value of an event's data as text: a text itself, anything else as JSON.
#[must_use]
pub fn plain_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the variables that describe an event to a program. A value is cut where the system would not take it, and is never
/// part of a command.
#[must_use]
pub fn event_variables(event: &LogEvent) -> Vec<(String, String)> {
    /// Longest value, in bytes.
    const LONGEST: usize = 16 * 1024;
    let data =
        event.data.iter().filter(|(name, _)| name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_'));
    let own = [("CURSOR", event.cursor.clone()), ("TYPE", event.kind.as_str().to_owned())];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    let all = own.chain(data.map(|(name, value)| (name.to_ascii_uppercase(), plain_text(value))));
    all.map(|(name, value)| {
        let mut value = value.replace('\0', "\u{fffd}");
        let end = (0..=LONGEST.min(value.len())).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
        value.truncate(end);
        (format!("TRACKER_EVENT_{name}"), value)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EventKind;

    fn event(kind: EventKind, data: &serde_json::Value) -> LogEvent {
        let data = data.as_object().unwrap().clone();
        let timestamp = "2026-11-11T09:00:00Z".parse().unwrap();
        LogEvent { cursor: "ab-7".into(), kind, timestamp, depth: 0, data }
    }

    fn trigger(event: &str, when: &[(&str, &str)]) -> Trigger {
        let when = when.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let action = TriggerAction::Worker("qa".into());
        Trigger { event: KindPattern::parse(event).unwrap(), when, action, timeout: None, limit: None }
    }

    #[test]
    fn a_trigger_is_for_its_kinds_with_all_of_its_data() {
        let entered = event(EventKind::StageEntered, &serde_json::json!({"stage": "qa", "round": 2}));
        assert!(trigger("stage.entered", &[]).is_for(&entered));
        assert!(trigger("stage.*", &[("stage", "qa"), ("round", "2")]).is_for(&entered));
        assert!(!trigger("stage.*", &[("stage", "qa"), ("round", "3")]).is_for(&entered));
        assert!(
            !trigger("stage.*", &[("task_type", "bug")]).is_for(&entered),
            "what is not there is no match"
        );
        let own = event(EventKind::TriggerEnded, &serde_json::json!({}));
        assert!(!trigger("trigger.*", &[]).is_for(&own), "what triggers do themselves starts none");
    }

    #[test]
    fn an_event_is_in_variables_that_the_system_takes() {
        let long = "ü".repeat(20_000);
        let data = serde_json::json!({"task_id": "T-1", "why": "a\0b; $(rm)", "n": 3, "bad=name": "x", "long": long});
        let variables = event_variables(&event(EventKind::StageFailed, &data));
        let of = |name: &str| variables.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        assert_eq!(of("TRACKER_EVENT_TYPE"), Some("stage.failed"));
        assert_eq!(of("TRACKER_EVENT_CURSOR"), Some("ab-7"));
        assert_eq!(of("TRACKER_EVENT_WHY"), Some("a\u{fffd}b; $(rm)"));
        assert_eq!(of("TRACKER_EVENT_N"), Some("3"));
        assert_eq!(of("TRACKER_EVENT_LONG").map(str::len), Some(16 * 1024));
        assert!(variables.iter().all(|(name, _)| !name.contains('=')));
    }
}
