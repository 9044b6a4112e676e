//! What `[policy]` tells the gate.

use super::{Reader, Value, expected, not_a_role, not_a_stage};
use crate::model::{GateCommand, GateRule, GateRules, Level, Stage, Standard, is_role_name};

use toml::de::DeValue;

impl Reader<'_> {
    /// Reads a key of `[policy]` that is the gate's; false for one that is not.
    pub(super) fn gate_key(
        &mut self,
        rules: &mut GateRules,
        path: &str,
        key: &str,
        value: &Value<'_>,
    ) -> bool {
        match key {
            "owners" => rules.owners = self.role_name(path, value),
            "protect" => rules.protect = self.globs(path, value),
            "merge_stage" => rules.merge_stage = self.stage_name(path, value),
            "wip_limit" => rules.wip_limit = self.count(path, value),
            "standard" => rules.standards = self.list_of(path, value, Self::standard),
            "command" => rules.commands = self.list_of(path, value, Self::command),
            name => {
                let Some(rule) = GateRule::parse(name) else { return false };
                if let Some(level) = self.level(path, value) {
                    rules.levels.insert(rule, level);
                }
            }
        }
        true
    }

    fn level(&mut self, path: &str, value: &Value<'_>) -> Option<Level> {
        self.word(path, value, &Level::ALL.map(|level| (level.as_str(), level)))
    }

    fn role_name(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let name = self.text(path, value)?;
        if !is_role_name(&name) {
            self.error(value.span(), path, not_a_role(&name), None);
            return None;
        }
        Some(name)
    }

    fn stage_name(&mut self, path: &str, value: &Value<'_>) -> Option<Stage> {
        let name = self.text(path, value)?;
        let stage = Stage::parse(&name);
        if stage.is_none() {
            self.error(value.span(), path, not_a_stage(&name), None);
        }
        stage
    }

    /// Reads a list of tables, `[[…]]`.
    fn list_of<T>(
        &mut self,
        path: &str,
        value: &Value<'_>,
        read: impl Fn(&mut Self, &str, &Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let DeValue::Array(items) = value.get_ref() else {
            let hint = format!("write [[{path}]]");
            self.error(value.span(), path, expected("a list of tables", value), Some(&hint));
            return Vec::new();
        };
        let each = |(at, item)| read(self, &format!("{path}[{at}]"), item);
        items.iter().enumerate().filter_map(each).collect()
    }

    fn standard(&mut self, path: &str, value: &Value<'_>) -> Option<Standard> {
        let mut standard = Standard { when: Vec::new(), then: Vec::new(), level: Level::Warn, message: None };
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "when" => standard.when = reader.globs(path, value),
            "then" => standard.then = reader.globs(path, value),
            "level" => standard.level = reader.level(path, value).unwrap_or(Level::Error),
            "message" => standard.message = reader.text(path, value),
            _ => reader.unknown(path, key),
        });
        let is_whole = !standard.when.is_empty() && !standard.then.is_empty();
        if !is_whole {
            let hint = "when = [\"src/**\"] and then = [\"tests/**\"]";
            self.error(value.span(), path, "a standard needs `when` and `then`".to_owned(), Some(hint));
        }
        is_whole.then_some(standard)
    }

    fn command(&mut self, path: &str, value: &Value<'_>) -> Option<GateCommand> {
        let (mut name, mut run, mut level) = (None, None, Level::Error);
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "name" => name = reader.text(path, value),
            "run" => run = reader.text(path, value),
            "level" => level = reader.level(path, value).unwrap_or(Level::Error),
            _ => reader.unknown(path, key),
        });
        match (name, run) {
            (Some(name), Some(run)) => Some(GateCommand { name, run, level }),
            _ => {
                let hint = "name = \"lint\" and run = \"make lint\"";
                self.error(value.span(), path, "a command needs `name` and `run`".to_owned(), Some(hint));
                None
            }
        }
    }
}
