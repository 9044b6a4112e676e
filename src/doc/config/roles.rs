//! `[roles.NAME]`: who may vote for a role, what it reviews, and what it runs to see whether a task is done.

use super::{Reader, Value};
use crate::model::RoleRules;

impl Reader<'_> {
    pub(super) fn role_rules(&mut self, path: &str, value: &Value<'_>) -> RoleRules {
        let mut rules = RoleRules::default();
        let mut quorum_span = None;
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "members" => rules.members = reader.patterns(path, value),
            "quorum" => {
                quorum_span = Some(value.span());
                rules.quorum = reader.count(path, value).unwrap_or(1);
            }
            "people_only" => rules.people_only = reader.switch(path, value).unwrap_or_default(),
            "paths" => rules.paths = reader.globs(path, value),
            "verify" => rules.verify = reader.shell_lines(path, value),
            "verify_limit" => rules.verify_limit = reader.span(path, value).unwrap_or(rules.verify_limit),
            _ => {
                let known = ["members", "quorum", "people_only", "paths", "verify", "verify_limit"];
                reader.unknown(path, key, &known);
            }
        });
        let is_closed = !rules.members.is_empty() && rules.members.iter().all(|member| !member.contains('*'));
        if let Some(span) = quorum_span.filter(|_| is_closed && rules.members.len() < rules.quorum as usize) {
            let message =
                format!("{} members can never be a quorum of {}", rules.members.len(), rules.quorum);
            self.warn(span, &format!("{path}.quorum"), message);
        }
        rules
    }

    /// Reads lines for the shell.
    fn shell_lines(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        let wrong = if text.trim().is_empty() {
            "the command is empty"
        } else if text.contains('\0') {
            "the command has a NUL character"
        } else {
            return Some(text);
        };
        self.error(value.span(), path, wrong.to_owned(), Some("such as verify = \"cargo test\""));
        None
    }
}
