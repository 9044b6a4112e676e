//! Pipelines and the rules of their stages.

use std::collections::HashSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value, not_a_role, not_a_stage};
use crate::model::{Advance, Config, Requirement, Stage, StageRules, TypeRules, is_role_name};

impl Reader<'_> {
    pub(super) fn stage_rules(&mut self, path: &str, value: &Value<'_>) -> StageRules {
        let mut rules = StageRules::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "signoffs" => rules.signoffs = reader.roles(path, value),
            "on_fail" => rules.on_fail = reader.target(path, value),
            "advance" => {
                let known = [("auto", Advance::Auto), ("manual", Advance::Manual)];
                rules.advance = reader.word(path, value, &known).unwrap_or_default();
            }
            "requires" => rules.requires = reader.requirements(path, value),
            _ => reader.unknown(path, key),
        });
        rules
    }

    fn roles(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        let mut roles: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        for (text, span) in self.texts(path, value) {
            if !is_role_name(&text) {
                self.error(span, path, not_a_role(&text), None);
            } else if !seen.insert(text.clone()) {
                let hint = "name each role once; how many people must approve is the role's `quorum`";
                self.error(span, path, format!("`{text}` is there twice"), Some(hint));
            } else {
                roles.push(text);
            }
        }
        roles
    }

    fn requirements(&mut self, path: &str, value: &Value<'_>) -> Vec<Requirement> {
        let known = Requirement::ALL.map(|requirement| (requirement.as_str(), requirement));
        let mut requires = Vec::new();
        for (text, span) in self.texts(path, value) {
            requires
                .extend(self.word_of(path, &text, span, &known).filter(|found| !requires.contains(found)));
        }
        requires
    }

    /// Reads the stage that a failure sends a task to.
    fn target(&mut self, path: &str, value: &Value<'_>) -> Option<Stage> {
        let text = self.text(path, value)?;
        match Stage::parse(&text) {
            None => self.error(value.span(), path, not_a_stage(&text), None),
            Some(stage) if stage.is_complete() => {
                self.error(value.span(), path, "a failure completes nothing".to_owned(), None);
            }
            Some(stage) => return Some(stage),
        }
        None
    }

    pub(super) fn type_rules(&mut self, path: &str, value: &Value<'_>) -> TypeRules {
        let mut rules = TypeRules::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "stages" => rules.stages = Some(reader.stages(path, value)),
            _ => reader.unknown(path, key),
        });
        rules
    }

    pub(super) fn stages(&mut self, path: &str, value: &Value<'_>) -> Vec<Stage> {
        let mut stages: Vec<Stage> = Vec::new();
        let mut seen = HashSet::new();
        for (text, span) in self.texts(path, value) {
            match Stage::parse(&text) {
                None => self.error(span, path, not_a_stage(&text), None),
                Some(stage) if stage.is_none() || stage.is_complete() => {
                    let hint = "every pipeline begins at `none` and ends at `complete`; leave the two out";
                    self.error(span, path, format!("`{stage}` is not for a pipeline to name"), Some(hint));
                }
                Some(stage) if !seen.insert(stage.to_string()) => {
                    self.error(span, path, format!("`{stage}` is there twice"), Some("name each stage once"));
                }
                Some(stage) => stages.push(stage),
            }
        }
        stages
    }

    /// Warns of rules for stages that no pipeline has, and refuses a failure that leads forward.
    pub(super) fn check_stages(&mut self, table: &DeTable<'_>, config: &Config) {
        let typed = config.types.values().filter_map(|rules| rules.stages.as_deref());
        let pipelines: Vec<&[Stage]> = typed.chain([config.pipeline.stages.as_slice()]).collect();
        let Some(DeValue::Table(stages)) = table.get("stage").map(Spanned::get_ref) else { return };
        for (key, value) in stages {
            let name = key.get_ref().as_ref();
            let path = format!("stage.{name}");
            let places: Vec<(&[Stage], usize)> = pipelines
                .iter()
                .filter_map(|stages| Some((*stages, stages.iter().position(|stage| stage.as_str() == name)?)))
                .collect();
            if places.is_empty() {
                if Stage::parse(name).is_some() {
                    self.warn(key.span(), &path, format!("no pipeline has a stage `{name}`"));
                }
                continue;
            }
            let Some(target) = config.rules_of(name).on_fail.as_ref().filter(|stage| !stage.is_none()) else {
                continue;
            };
            if !places.iter().any(|(stages, at)| stages[..*at].contains(target)) {
                let span = value.get_ref().get("on_fail").map_or(key.span(), Spanned::span);
                let hint = "a failure sends a task back; leave `on_fail` out for the pipeline's first stage";
                let message = format!("`{target}` comes before `{name}` in no pipeline");
                self.error(span, &format!("{path}.on_fail"), message, Some(hint));
            }
        }
    }
}
