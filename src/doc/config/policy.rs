//! Roles, hooks and the policy.

use super::{Reader, Value, expected};
use crate::model::{
    Blocking, HookRules, OnCommit, PolicyRules, RoleRules, SelfApproval, Signatures, check_glob,
};

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
            _ => reader.unknown(path, key),
        });
        let is_closed = !rules.members.is_empty() && rules.members.iter().all(|member| !member.contains('*'));
        if let Some(span) = quorum_span.filter(|_| is_closed && rules.members.len() < rules.quorum as usize) {
            let message =
                format!("{} members can never be a quorum of {}", rules.members.len(), rules.quorum);
            self.warn(span, &format!("{path}.quorum"), message);
        }
        rules
    }

    pub(super) fn hook_rules(&mut self, value: &Value<'_>) -> HookRules {
        let mut rules = HookRules::default();
        self.table("hooks", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "on_commit" => {
                let known = [("fold", OnCommit::Fold), ("stage", OnCommit::Stage), ("off", OnCommit::Off)];
                rules.on_commit = reader.word(path, value, &known).unwrap_or_default();
            }
            "pre_push" => rules.pre_push = reader.switch(path, value).unwrap_or_default(),
            "pre_receive" => rules.pre_receive = reader.globs(path, value),
            _ => reader.unknown(path, key),
        });
        rules
    }

    pub(super) fn policy_rules(&mut self, value: &Value<'_>) -> PolicyRules {
        let mut rules = PolicyRules::default();
        self.table("policy", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "self_approval" => {
                let known = [("allow", SelfApproval::Allow), ("forbid", SelfApproval::Forbid)];
                rules.self_approval = reader.word(path, value, &known).unwrap_or_default();
            }
            "blocking_severity" => {
                let known = Blocking::ALL.map(|blocking| (blocking.as_str(), blocking));
                rules.blocking_severity = reader.word(path, value, &known).unwrap_or_default();
            }
            "signatures" => {
                let known =
                    [("off", Signatures::Off), ("warn", Signatures::Warn), ("require", Signatures::Require)];
                rules.signatures = reader.word(path, value, &known).unwrap_or_default();
            }
            "agents" => rules.agents = reader.patterns(path, value),
            name if reader.gate_key(&mut rules.gate, path, name, value) => {}
            _ => reader.unknown(path, key),
        });
        rules
    }

    /// Reads a list of patterns. An empty one matches nothing and is a slip of the pen.
    pub(super) fn patterns(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        let mut patterns = Vec::new();
        for (text, span) in self.texts(path, value) {
            if text.trim().is_empty() {
                self.error(span, path, "an item is empty".to_owned(), None);
            } else {
                patterns.push(text.trim().to_owned());
            }
        }
        patterns
    }

    /// Reads globs. One that cannot be read would select nothing: what it was to protect would be open to all.
    pub(super) fn globs(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        let mut globs = Vec::new();
        for (text, span) in self.texts(path, value) {
            match check_glob(text.trim()) {
                Ok(()) => globs.push(text.trim().to_owned()),
                Err(error) => {
                    let message = format!("invalid glob `{}`: {error}", text.escape_debug());
                    self.error(span, path, message, Some("such as `src/**` or `*.md`"));
                }
            }
        }
        globs
    }

    pub(super) fn count(&mut self, path: &str, value: &Value<'_>) -> Option<u32> {
        let number =
            value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.filter(|&number| number > 0);
        if number.is_none() {
            self.error(value.span(), path, expected("a number from 1", value), None);
        }
        number
    }
}
