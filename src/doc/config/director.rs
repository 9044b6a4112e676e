//! `[[director.rule]]`: what the director looks at, and what it does about it; and `[budgets]`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value, expected, not_a_stage};
use crate::doc::printable::printable;
use crate::model::{
    Budgets, Config, DirectorCheck, DirectorRule, NamedThing, Pauses, SprintId, Stage, TaskId, WipOf,
    is_worker_name, nearest,
};

const KEYS: [&str; 13] = [
    "name",
    "check",
    "stages",
    "types",
    "note",
    "send_back",
    "pause",
    "first",
    "then",
    "when",
    "per",
    "limit",
    "after",
];
const BUDGET_KEYS: [&str; 4] = ["task", "sprint", "tasks", "sprints"];

/// A table as far as it is read.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    check: Option<String>,
    stages: Vec<Stage>,
    types: Vec<String>,
    notes: Option<bool>,
    sends_back: bool,
    pauses: Pauses,
    first: Vec<String>,
    then: Vec<String>,
    when: Vec<String>,
    per: Option<WipOf>,
    limit: Option<u32>,
    after: Option<std::time::Duration>,
    /// The keys that are there, of those that not every check has.
    keys: Vec<&'static str>,
}

impl Draft {
    /// Returns what is looked at, and the keys that it has; where a key is missing or names nothing, what to write instead.
    fn checked(&self) -> Result<(DirectorCheck, &'static [&'static str]), &'static str> {
        let globs = |globs: &[String], hint| if globs.is_empty() { Err(hint) } else { Ok(globs.to_vec()) };
        let limit = |hint| self.limit.ok_or(hint);
        let after = |hint| self.after.ok_or(hint);
        Ok(match self.check.as_deref().unwrap_or_default() {
            "order" => {
                let hint = "first = [\"tests/**\"] and then = [\"src/**\"]";
                let (first, then) = (globs(&self.first, hint)?, globs(&self.then, hint)?);
                (DirectorCheck::Order { first, then }, &["first", "then"])
            }
            "together" => {
                let hint = "when = [\"models/**\"] and then = [\"migrations/**\"]";
                let (when, then) = (globs(&self.when, hint)?, globs(&self.then, hint)?);
                (DirectorCheck::Together { when, then }, &["when", "then"])
            }
            "wip" => {
                let most = limit("limit = 3, and per = \"stage\" or \"person\"")?;
                (DirectorCheck::Wip(self.per.unwrap_or_default(), most), &["per", "limit"])
            }
            "age" => (DirectorCheck::Age(after("after = \"3d\"")?), &["after"]),
            "loops" => (DirectorCheck::Loops(limit("limit = 2")?), &["limit"]),
            "claims" => (DirectorCheck::Claims(after("after = \"1h\"")?), &["after"]),
            "escalations" => (DirectorCheck::Escalations(after("after = \"3d\"")?), &["after"]),
            "gate" => (DirectorCheck::Gate, &[]),
            "failures" => (DirectorCheck::Failures(limit("limit = 3")?), &["limit"]),
            _ => (DirectorCheck::Budget, &[]),
        })
    }
}

impl Reader<'_> {
    /// Reads all rules.
    pub(super) fn director(&mut self, value: &Value<'_>, config: &mut Config) {
        self.table("director", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "rule" => {
                let DeValue::Array(items) = value.get_ref() else {
                    let message = expected("tables, each under [[director.rule]]", value);
                    return reader.error(value.span(), path, message, None);
                };
                for (at, item) in items.iter().enumerate() {
                    let path = format!("{path}.{}", at + 1);
                    let Some(rule) = reader.director_rule(&path, item) else { continue };
                    if config.director.iter().any(|own| own.name == rule.name) {
                        let message = format!("another rule is named `{}`", printable(&rule.name));
                        reader.misfit(item.span(), &path, message, "each rule has a name of its own");
                    } else {
                        config.director.push(rule);
                    }
                }
            }
            _ => reader.unknown(path, key, &["rule"]),
        });
    }

    fn director_rule(&mut self, path: &str, value: &Value<'_>) -> Option<DirectorRule> {
        let mut draft = Draft::default();
        let before = (self.problems.len(), self.misfits.len());
        self.table(path, value, |reader, path, key, value| {
            let name = key.get_ref().as_ref();
            match KEYS.iter().find(|own| **own == name) {
                Some(name) => reader.director_key(&mut draft, path, name, value),
                // What a rule is limited by and nobody reads would make it another rule.
                None => {
                    let message = format!("unknown key `{}`", printable(name));
                    reader.misfit(key.span(), path, message, format!("expected {}", KEYS.join(", ")));
                }
            }
        });
        if (self.problems.len(), self.misfits.len()) != before {
            return None;
        }
        let (Some(name), Some(check)) = (&draft.name, &draft.check) else {
            let hint =
                "write name = \"tests-first\" and check = \"order\"; `tracker help director` lists checks";
            self.misfit(value.span(), path, "a rule needs a `name` and a `check`".to_owned(), hint);
            return None;
        };
        let (found, keys) = match draft.checked() {
            Ok(found) => found,
            Err(hint) => {
                self.misfit(
                    value.span(),
                    path,
                    format!("the check `{check}` lacks a key"),
                    format!("write {hint}"),
                );
                return None;
            }
        };
        let odd = draft.keys.iter().find(|key| !keys.contains(key)).copied();
        let odd = odd.or((draft.sends_back && !found.is_about_tasks()).then_some("send_back"));
        if let Some(odd) = odd {
            let message = format!("`{odd}` has no effect with the check `{check}`");
            self.misfit(value.span(), path, message, "see `tracker help director`");
            return None;
        }
        Some(DirectorRule {
            name: name.clone(),
            check: found,
            stages: draft.stages,
            types: draft.types,
            notes: draft.notes.unwrap_or(true),
            sends_back: draft.sends_back,
            pauses: draft.pauses,
        })
    }

    fn director_key(&mut self, draft: &mut Draft, path: &str, key: &'static str, value: &Value<'_>) {
        match key {
            "name" => draft.name = self.director_name(path, value),
            "check" => draft.check = self.director_check(path, value),
            "stages" => {
                for (text, span) in self.texts(path, value) {
                    match Stage::parse(&text) {
                        Some(stage) => draft.stages.push(stage),
                        None => self.error(span, path, not_a_stage(&text), None),
                    }
                }
            }
            "types" => {
                for (text, span) in self.texts(path, value) {
                    self.named(span, path, NamedThing::TaskType, &text);
                    draft.types.push(text);
                }
            }
            "note" => draft.notes = self.switch(path, value),
            "send_back" => draft.sends_back = self.switch(path, value).unwrap_or_default(),
            "pause" => draft.pauses = self.pauses(path, value),
            key => {
                draft.keys.push(key);
                match key {
                    "first" => draft.first = self.globs(path, value),
                    "then" => draft.then = self.globs(path, value),
                    "when" => draft.when = self.globs(path, value),
                    "limit" => draft.limit = self.count(path, value),
                    "after" => draft.after = self.age(path, value),
                    _ => {
                        let known = [("stage", WipOf::Stage), ("person", WipOf::Person)];
                        draft.per = self.word(path, value, &known);
                    }
                }
            }
        }
    }

    fn director_name(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        if !is_worker_name(&text) {
            let message = format!("`{}` is not the name of a rule", printable(&text));
            self.error(
                value.span(),
                path,
                message,
                Some("lowercase letters, digits and `-`, such as `tests-first`"),
            );
            return None;
        }
        Some(text)
    }

    fn director_check(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        if DirectorCheck::NAMES.contains(&text.as_str()) {
            return Some(text);
        }
        let message = format!("unknown check `{}`", printable(&text));
        let hint = match nearest(&text, DirectorCheck::NAMES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("expected {}", DirectorCheck::NAMES.join(", ")),
        };
        self.misfit(value.span(), path, message, hint);
        None
    }

    fn pauses(&mut self, path: &str, value: &Value<'_>) -> Pauses {
        match value.get_ref() {
            DeValue::Boolean(true) => Pauses::Concerned,
            DeValue::Boolean(false) => Pauses::Nobody,
            DeValue::Array(_) => {
                let mut names = Vec::new();
                for (text, span) in self.texts(path, value) {
                    if is_worker_name(&text) {
                        names.push(text);
                    } else {
                        let message = format!("`{}` is not the name of a worker", printable(&text));
                        self.error(span, path, message, None);
                    }
                }
                Pauses::Named(names)
            }
            _ => {
                let what = "`true`, for the workers concerned, or a list of names";
                self.error(value.span(), path, expected(what, value), None);
                Pauses::Nobody
            }
        }
    }

    /// Reports stages that no pipeline has: the rule would look at nothing.
    pub(super) fn check_director(&mut self, table: &DeTable<'_>, config: &Config) {
        let rules = table.get("director").and_then(|table| table.get_ref().get("rule"));
        let Some(DeValue::Array(items)) = rules.map(Spanned::get_ref) else { return };
        let own = config.types.values().filter_map(|rules| rules.stages.as_ref());
        let known: Vec<&Stage> = own.chain([&config.pipeline.stages]).flatten().collect();
        for (at, item) in items.iter().enumerate() {
            let Some(DeValue::Array(stages)) = item.get_ref().get("stages").map(Spanned::get_ref) else {
                continue;
            };
            for stage in stages {
                let Some(name) = stage.get_ref().as_str() else { continue };
                if known.iter().any(|own| own.as_str() == name) || Stage::parse(name).is_none() {
                    continue;
                }
                let message = format!("unknown stage `{}`", printable(name));
                let hint = match nearest(name, known.iter().map(|own| own.as_str())) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "a stage of the pipeline, or of a type's own".to_owned(),
                };
                self.misfit(stage.span(), &format!("director.rule.{}.stages", at + 1), message, hint);
            }
        }
    }

    /// Reads what tasks and sprints may cost.
    pub(super) fn budgets(&mut self, value: &Value<'_>) -> Budgets {
        let mut budgets = Budgets::default();
        self.table("budgets", value, |reader, path, key, value| match key.get_ref().as_ref() {
            "task" => budgets.task = reader.cost(path, value),
            "sprint" => budgets.sprint = reader.cost(path, value),
            "tasks" => reader.table(path, value, |reader, path, key, value| {
                let id = TaskId::parse(key.get_ref());
                let Ok(id) = id else {
                    let message = format!("`{}` is not the id of a task", printable(key.get_ref()));
                    return reader.error(
                        key.span(),
                        path,
                        message,
                        Some("write the whole id, such as `TASK-7Q2M`"),
                    );
                };
                reader.named(key.span(), path, NamedThing::Task, id.as_str());
                budgets.tasks.extend(reader.cost(path, value).map(|cost| (id, cost)));
            }),
            "sprints" => reader.table(path, value, |reader, path, key, value| {
                let Ok(id) = SprintId::parse(key.get_ref()) else {
                    let message = format!("`{}` is not the name of a sprint", printable(key.get_ref()));
                    return reader.error(key.span(), path, message, None);
                };
                reader.named(key.span(), path, NamedThing::Sprint, id.as_ref());
                budgets.sprints.extend(reader.cost(path, value).map(|cost| (id, cost)));
            }),
            _ => reader.unknown(path, key, &BUDGET_KEYS),
        });
        budgets
    }
}
