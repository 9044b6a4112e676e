//! What `.tracker/config.toml` says: project, pipeline, types, reports.

use std::collections::BTreeMap;

use super::Stage;

/// How new ids are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdScheme {
    /// Random characters: two clones that create tasks at once do not collide.
    #[default]
    Random,
    /// Numbers in a row, for those who want them.
    Sequential,
}

/// The stages between `none` and `complete`, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Names of the stages, in order.
    pub stages: Vec<Stage>,
}

/// What one stage asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageRules {
    /// Roles whose sign-off the stage asks for.
    pub signoffs: Vec<String>,
}

/// What one task type changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeRules {
    /// The stages of this type's own pipeline, where it has one.
    pub stages: Option<Vec<Stage>>,
}

/// Settings of reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportSettings {
    /// Title of the task-cards document.
    pub title: Option<String>,
}

/// The configuration of one tracker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Version of the file format.
    pub format: u32,
    /// Name of the project, for reports.
    pub project: Option<String>,
    /// What new ids begin with.
    pub id_prefix: String,
    /// How new ids are made.
    pub id_scheme: IdScheme,
    /// The pipeline of tasks whose type has none of its own.
    pub pipeline: Pipeline,
    /// What stages ask for, by name.
    pub stages: BTreeMap<String, StageRules>,
    /// What task types change, by name.
    pub types: BTreeMap<String, TypeRules>,
    /// Settings of reports.
    pub reports: ReportSettings,
}

impl Config {
    /// The format this program writes and the newest it reads.
    pub const FORMAT: u32 = 1;

    /// Returns the stages that a task of this type goes through, without `none` and `complete`.
    #[must_use]
    pub fn stages_of(&self, kind: Option<&str>) -> &[Stage] {
        kind.and_then(|kind| self.types.get(kind))
            .and_then(|rules| rules.stages.as_deref())
            .unwrap_or(&self.pipeline.stages)
    }

    /// Returns the roles whose sign-off a stage asks for.
    #[must_use]
    pub fn signoffs_of(&self, stage: &str) -> &[String] {
        self.stages.get(stage).map_or(&[], |rules| &rules.signoffs)
    }
}

impl Default for Config {
    fn default() -> Self {
        let stage = |name: &str| Stage::parse(name).expect("a literal stage name is valid");
        Self {
            format: Self::FORMAT,
            project: None,
            id_prefix: "TASK".to_owned(),
            id_scheme: IdScheme::Random,
            pipeline: Pipeline { stages: ["dev", "qa", "sec", "docs"].into_iter().map(stage).collect() },
            stages: BTreeMap::new(),
            types: BTreeMap::new(),
            reports: ReportSettings::default(),
        }
    }
}
